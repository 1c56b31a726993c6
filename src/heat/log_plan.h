/*
 * Private to heat: an exact kernel along one axis on logarithms: the stages of its plan
 * (axis_plan.h), a panel of 16 lines through all of them.
 */
#pragma once
#include "axis_plan.h"
#include "log_stage.h"

typedef struct {
  OttoAxisPlan plan;
  PetscReal shift; /* of the targets */
  OttoLogStage stage[3];
  OttoLogStage last[2]; /* with the derivative of order 1 and 2, where its order says so */
} OttoLogPlan;

/** Room for panels: two of logarithms, one of means, one of second results, and that of the stages.
 */
typedef struct {
  size_t rows, numbers; /* of each panel; of `stages` */
  PetscReal *panel[4], *stages;
} OttoLogRoom;

/** For τ > 0, its targets `shift` cells further along (Gaussian; else 0). Not collective. */
PETSC_INTERN PetscErrorCode OttoLogPlanCreate(const OttoAxisKernel *kernel, PetscReal tau,
                                              PetscReal shift, OttoLogPlan *plan);
/** The last stage with the derivative of that order (1, 2; Gaussian), in 1/cells. Not collective.
 */
PETSC_INTERN PetscErrorCode OttoLogPlanDerivative(OttoLogPlan *plan, PetscInt order);
/** Frees it. Not collective. */
PETSC_INTERN PetscErrorCode OttoLogPlanDestroy(OttoLogPlan *plan);
/** Bytes of its tables. Not collective. */
PETSC_INTERN size_t OttoLogPlanBytes(const OttoLogPlan *plan);

/** Makes room for a plan's panels, where there is not enough; for the first, begin with {0}. Not
 * collective. */
PETSC_INTERN PetscErrorCode OttoLogRoomGrow(const OttoLogPlan *plan, OttoLogRoom *room);
/** Frees it. Not collective. */
PETSC_INTERN PetscErrorCode OttoLogRoomDestroy(OttoLogRoom *room);

/** Where rows of 16 logarithms go before OttoLogPanel() from stage `first` on. Not collective. */
PETSC_INTERN PetscReal *OttoLogPanelIn(const OttoLogPlan *plan, PetscInt first,
                                       const OttoLogRoom *room);
/** A panel through stages first … end-1: what comes out, in the room: logarithms, or with order 1
 * or 2 the last stage's means. unit2: times this its means of order 2 are added to the panel of
 * second results besides; 0: they are not. Not collective. */
PETSC_INTERN PetscReal *OttoLogPanel(const OttoLogPlan *plan, PetscInt first, PetscInt end,
                                     PetscInt order, PetscReal unit2, const OttoLogRoom *room);
