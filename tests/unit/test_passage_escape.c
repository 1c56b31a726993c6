/* ranks: 1 2 3
 * What is left of a chain that loses mass: quasi-stationary laws and escape rates. */
#include "passages.h"
#include <otto/relaxation.h>

static PetscErrorCode Escape(OttoPassage passage, PetscReal rate, PetscReal tolerance,
                             PetscBool deep)
{
  OttoQuasiStationary q;
  OttoPassageReport report;
  Vec u, pi, log_pi;
  PetscScalar mean = 0;
  PetscReal mass = 0;

  PetscFunctionBegin;
  PetscCall(OttoPassageQuasiStationary(passage, &q));
  if (rate > 0) TestClose(q.rate, rate, tolerance, "escape rate");
  TestTrue(q.converged, "converged");
  TestTrue(q.lower <= q.rate * (1 + 1e-12) && q.rate <= q.upper * (1 + 1e-12), "enclosed");
  /* of a deep well the rate is far below what rounding of the law's cells makes of any of them */
  if (!deep) TestTrue(q.upper - q.lower <= 1e-8 * q.rate, "narrowly");
  if (!deep) TestTrue(q.residual <= 1e-8, "Qᵀν = -rate ν");
  PetscCall(OttoPassageGetSteady(passage, &pi, &log_pi));
  PetscCall(VecDuplicate(pi, &u));
  PetscCall(OttoPassageTimes(passage, 1, &u, &report));
  /* from the law itself the time is exponential, of mean 1/rate */
  PetscCall(VecDot(q.law, u, &mean));
  PetscCall(VecSum(q.law, &mass));
  TestClose(mean / mass * q.rate, 1, 1e-8, "mean time from the law");
  PetscCall(VecDestroy(&u));
  PetscCall(OttoQuasiStationaryFree(&q));
  PetscFunctionReturn(0);
}

/* sin(π(i + ½)/n) is the chain's own mode, of rate (4D/h²) sin²(π/2n). */
static PetscErrorCode TestInterval(void)
{
  const PetscReal n = 37, h = 1 / n;
  OttoPassage passage;
  Chain s;

  PetscCall(ChainCreate(1, (PetscInt64[]){37}, (PetscReal[]){0}, (PetscReal[]){1},
                        (OttoBoundary[]){A}, OPTIONS("-temperature", "0.3"), &s));
  PetscCall(MakePassage(&s, 0, NULL, OTTO_PASSAGE_AUTO, &passage));
  PetscCall(
      Escape(passage, 4 * 0.3 / (h * h) * pow(sin(0.5 * PETSC_PI * h), 2), 1e-9, PETSC_FALSE));
  PetscCall(OttoPassageDestroy(&passage));
  PetscCall(ChainDestroy(&s));
  return 0;
}

static PetscInt Right(const PetscReal x[])
{
  return x[0] > 1 ? 1 : 0;
}

/* Out of a well of 30 T, driven and not: the slowest killed mode of what finds modes. */
static PetscErrorCode TestWell(void)
{
  for (int drift = 0; drift < 2; drift++) {
    OttoRelaxation modes;
    OttoPassage passage;
    Chain s;
    PetscCall(ChainCreate(2, (PetscInt64[]){24, 15}, (PetscReal[]){-2, -1}, (PetscReal[]){2, 1},
                          (OttoBoundary[]){W, W},
                          OPTIONS("-potential_type", "formula", "-potential_formula",
                                  "30*(x^2-1)^2+3*y^2", "-drift_type", drift ? "rotation" : "none",
                                  "-drift_rate", "0.8"),
                          &s));
    PetscCall(MakePassage(&s, 1, Right, OTTO_PASSAGE_AUTO, &passage));
    PetscReal rate = 0;
    if (!drift) { /* by currents, to a part of itself */
      PetscCall(OttoRelaxationCompute(s.R, 1, &modes));
      rate = modes.rate[0];
      PetscCall(OttoRelaxationFree(&modes));
    }
    PetscCall(Escape(passage, rate, 1e-6, PETSC_TRUE));
    PetscCall(OttoPassageDestroy(&passage));
    PetscCall(ChainDestroy(&s));
  }
  return 0;
}

/* Two wells that keep for nearly as long: the slowest mode all the same, and soon. */
static PetscErrorCode TestTwoWells(void)
{
  for (int drift = 0; drift < 2; drift++) {
    OttoQuasiStationary q;
    OttoRelaxation modes;
    OttoPassage passage;
    Chain s;
    PetscCall(ChainCreate(2, (PetscInt64[]){30, 9}, (PetscReal[]){-1.4, -1}, (PetscReal[]){1.4, 1},
                          (OttoBoundary[]){A, W},
                          OPTIONS("-potential_type", "formula", "-potential_formula",
                                  "8*(x^2-1)^2+0.02*x", "-drift_type", drift ? "rotation" : "none",
                                  "-drift_rate", "0.5"),
                          &s));
    PetscCall(OttoRelaxationCompute(s.R, 2, &modes));
    PetscCall(MakePassage(&s, 0, NULL, OTTO_PASSAGE_AUTO, &passage));
    PetscCall(OttoPassageQuasiStationary(passage, &q));
    TestTrue(modes.rate[1] < 1.1 * modes.rate[0], "nearly as long");
    TestTrue(q.converged && q.solves < 40, "converged, and soon");
    TestClose(q.rate, modes.rate[0], 1e-8, "the slowest mode's rate"); /* eps_tol of ‖Q‖ */
    TestTrue(q.upper - q.lower <= 1e-8 * q.rate && q.lower <= q.rate * (1 + 1e-12) &&
                 q.rate <= q.upper * (1 + 1e-12),
             "enclosed");
    PetscCall(OttoQuasiStationaryFree(&q));
    PetscCall(OttoPassageDestroy(&passage));
    PetscCall(OttoRelaxationFree(&modes));
    PetscCall(ChainDestroy(&s));
  }
  return 0;
}

/* A wall cuts the interval: the longer part, which loses mass by one face alone, keeps longest,
 * with the rate of an interval twice its length. */
static PetscErrorCode TestParts(void)
{
  const PetscReal h = 1. / 40;
  OttoQuasiStationary q;
  const PetscScalar *law;
  PetscReal x[OTTO_MAX_DIM];
  OttoPassage passage;
  Chain s;

  PetscCall(ChainCreate(
      1, (PetscInt64[]){40}, (PetscReal[]){0}, (PetscReal[]){1}, (OttoBoundary[]){A},
      OPTIONS("-potential_type", "formula", "-potential_formula", "(abs(x-0.3125)<0.01) ? inf : 0"),
      &s));
  PetscCall(MakePassage(&s, 0, NULL, OTTO_PASSAGE_AUTO, &passage));
  PetscCall(OttoPassageQuasiStationary(passage, &q));
  TestClose(q.rate, 4 / (h * h) * pow(sin(0.25 * PETSC_PI / 27), 2), 1e-9, "of the longer part");
  TestTrue(q.lower <= q.rate * (1 + 1e-12) && q.upper >= q.rate * (1 - 1e-12), "enclosed");
  PetscCall(VecGetArrayRead(q.law, &law));
  for (PetscInt64 c = 0; c < s.g->local_cells; c++) {
    OttoGridCellCentre(s.g, c, x);
    TestTrue((law[c] > 0) == (x[0] > 0.33), "the law is that part's");
  }
  PetscCall(VecRestoreArrayRead(q.law, &law));
  PetscCall(OttoQuasiStationaryFree(&q));
  PetscCall(OttoPassageDestroy(&passage));
  PetscCall(ChainDestroy(&s));
  return 0;
}

int main(void)
{
  return TestMain({TestInterval, TestWell, TestTwoWells, TestParts});
}
