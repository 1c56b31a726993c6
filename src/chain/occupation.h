/* Private to passage*.c and tests: functions of the place a chain starts from, -C u = b, by the
 * occupation density x = π u of the time-reversed chain R, -Rᵀx = π b. */
#pragma once
#include <otto/passage.h>

typedef struct _n_OttoOccupation *OttoOccupation;

/** For functions of chain C; R its reverse (with detailed balance C itself), whose V is -T log π up
 * to a constant; log_pi of mass 1, -inf in closed cells. NULL for both: there is no positive π, and
 * -C is solved with as it stands, by Krylov alone. All must outlive it. Collective. */
PETSC_INTERN PetscErrorCode OttoOccupationCreate(OttoGenerator C, OttoGenerator R, Vec log_pi,
                                                 OttoOccupation *occupation);
PETSC_INTERN PetscErrorCode OttoOccupationDestroy(OttoOccupation *occupation);
/** Whether an own cell is one from which C is absorbed: open, and leading to what absorbs.
 * [local_cells]. Not collective. */
PETSC_INTERN const PetscBool *OttoOccupationPlays(OttoOccupation occupation);

/**
 * u ≥ 0 with -C u = b, b ≥ 0, which counts where OttoOccupationPlays(); u holds a first guess and
 * is 0 elsewhere. unit: 0: errors are relative, |b + C u| ≤ ε b; else the largest mean time of C,
 * +inf where that is not certified: ‖b + C u‖∞ · unit bounds them. Fills all of report. Collective.
 */
PETSC_INTERN PetscErrorCode OttoOccupationSolve(OttoOccupation occupation, OttoPassageMethod method,
                                                Vec b, PetscReal unit, Vec u,
                                                OttoPassageReport *report);
PETSC_INTERN PetscErrorCode OttoOccupationDescribe(OttoOccupation occupation, char text[],
                                                   size_t size);
PETSC_INTERN size_t OttoOccupationBytes(OttoOccupation occupation);
