/* Private to gradient-flow: the law of a run, and a sample of it. */
#pragma once
#include <otto/divergence.h>
#include <otto/gradient_flow.h>
#include <otto/record.h>
#include <otto/run.h>
#include <otto/run_columns.h>

/** How mass is moved. */
typedef enum {
  OTTO_SCHEME_IMPLICIT,
  OTTO_SCHEME_SEMI_IMPLICIT,
  OTTO_SCHEME_JKO,
  OTTO_SCHEME_LJKO
} OttoScheme;

/** A density under an energy, and how it moves. */
typedef struct {
  OttoGrid grid;
  OttoScheme scheme;
  PetscReal tau; /* step of jko and ljko; 0 of others */
  OttoEnergy energy;
  OttoFlow flow;
  Vec p, q;          /* q: NULL with one density */
  PetscReal mass[2]; /* at the start */
  PetscReal renyi_order;
  PetscBool renyi_asked;
  PetscBool linear; /* the law is: divergences of two solutions fall */
} OttoGradientLaw;

/** All that is known at one time. */
typedef struct {
  PetscReal t;
  PetscReal mass[2], least[2];
  PetscReal second_moment;
  OttoEnergyParts energy, energy_q;
  OttoFluxSums sums, sums_q;
  PetscReal energy_rate, residual;
  PetscReal rate_scale;                 /* ∫ |ξ dp/dt|: what energy_rate is a sum of */
  PetscReal moment_rate, virial;        /* x from the origin */
  PetscReal middle_rate, middle_virial; /* the same from the middle of the box */
  PetscReal virial_scale;               /* of its terms' magnitudes */
  PetscReal w2_lower, w2_upper;
  OttoFlowReport flow;
  OttoDivergences d; /* with q */
} OttoGradientSample;

/** Columns: of p, and with q besides; and with moments of two densities at most. */
enum {
#define OTTO_COLUMN(name, unit, kind, sentence, value) OTTO_GRADIENT_##name,
#include "series.def"
#undef OTTO_COLUMN
  OTTO_GRADIENT_COLUMNS,
  OTTO_GRADIENT_ROW = OTTO_GRADIENT_COLUMNS + 2 * OTTO_MAX_MOMENTS
};
/** Columns with one density. */
#define OTTO_GRADIENT_ALONE OTTO_GRADIENT_mass_q

PETSC_EXTERN const OttoRunColumn OttoGradientColumns[OTTO_GRADIENT_COLUMNS];

/** flow_scheme (implicit). Not collective; OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoGradientReadScheme(OttoGradientLaw *law);
/** The law of the options on its grid, which is set up, without densities. `V`: values of the
 * potential in place of what the options say, or NULL. Collective. OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoGradientLawCreate(OttoGrid grid, Vec V, OttoGradientLaw *law);
/** The flow of its densities, from t = 0 on. Collective. OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoGradientLawBegin(OttoGradientLaw *law);
/** Frees all but the grid. Collective. */
PETSC_INTERN PetscErrorCode OttoGradientLawDestroy(OttoGradientLaw *law);

/** A sample of the law as it stands. Collective. */
PETSC_INTERN PetscErrorCode OttoGradientSampleTake(OttoGradientLaw *law, PetscReal t,
                                                   OttoGradientSample *now);
/** out = part of U in cells. Not collective. */
PETSC_INTERN PetscErrorCode OttoGradientInternal(OttoEnergy energy, OttoInternalPart part, Vec rho,
                                                 Vec out);
/** Its columns. Not collective. */
PETSC_INTERN void OttoGradientRow(const OttoGradientSample *now, PetscReal row[]);
/** What the energy of density b is a sum of, in magnitude: entropy's terms are of either sign. Not
 * collective. */
PETSC_INTERN PetscReal OttoGradientLevel(const OttoGradientLaw *law, PetscInt b,
                                         const OttoEnergyParts *parts);
/** OttoEnergyEvaluate() of the law's energy; NaN of a density that is negative somewhere, which its
 * own check says. Collective. */
PETSC_INTERN PetscErrorCode OttoGradientEnergy(const OttoGradientLaw *law, Vec rho,
                                               OttoEnergyParts *parts);
/** moment[dim] = ∫ x_j² u; spread[dim], unless NULL, the same about the middle of the box.
 * Collective.
 */
PETSC_INTERN PetscErrorCode OttoGradientMoments(OttoGrid grid, Vec u, PetscReal moment[],
                                                PetscReal spread[]);
/** d/dt Σ_j ∫ x_j² ρ over axes that have ends, by the continuum's law on this density (virial.c):
 * now->virial, of x from the origin, now->middle_virial, from the middle of the box, and the sum of
 * its terms' magnitudes; NaN with closed cells. P, field: written over. Collective. */
PETSC_INTERN PetscErrorCode OttoGradientVirial(OttoGradientLaw *law, Vec rho, Vec P, Vec field,
                                               OttoGradientSample *now);
