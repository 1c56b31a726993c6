/* ranks: 1 2
 * Transitions between wells so deep that they happen once in e^30: rates two ways, fluxes through
 * any surface, the capacity enclosed. */
#include "passages.h"

static PetscInt Wells(const PetscReal x[])
{
  if (hypot(x[0] + 1, x[1]) < 0.3) return 1;
  if (hypot(x[0] - 1, x[1]) < 0.3) return 2;
  return x[0] > 0.2 && x[0] < 0.4 && x[1] < 0 ? 3 : 0;
}

/* All relative: 1e-10 is two orders above what sums of some 1e3 cells, each to 1e-15 times the
 * cycles or rounds it took, come to. */
#define CLOSE 1e-10

/* from 1 to `to`: where that is 3, a deep well is open. */
static PetscErrorCode Run(const char *drift, const char *V, PetscInt to)
{
  const PetscReal level[5] = {0, 1e-6, 0.3, 0.5, 0.9};
  const PetscBool balanced = strcmp(drift, "none") == 0 ? PETSC_TRUE : PETSC_FALSE;
  PetscReal flux[5];
  OttoPassage passage;
  OttoTransition t;
  Chain s;

  PetscFunctionBegin;
  PetscCall(ChainCreate(2, (PetscInt64[]){40, 20}, (PetscReal[]){-2, -1}, (PetscReal[]){2, 1},
                        (OttoBoundary[]){W, W},
                        OPTIONS("-potential_type", "formula", "-potential_formula", V,
                                "-drift_type", drift, "-drift_rate", "0.8"),
                        &s));
  PetscCall(MakePassage(&s, 3, Wells, OTTO_PASSAGE_AUTO, &passage));
  PetscCall(OttoPassageTransition(passage, 1, to, &t));
  PetscCall(OttoPassageLevelFlux(passage, &t, 5, level, flux));
  TestTrue(t.of_forward.converged && t.of_backward.converged && t.of_time.converged, "converged");
  TestTrue(t.flux_out > 0 && t.flux_out < 1e-10, "rare");
  TestTrue(t.of_time.cycles > 0, "mean times by aggregation");
  TestClose(t.flux_in, t.flux_out, CLOSE, "what leaves comes");
  for (int k = 0; k < 5; k++) TestClose(flux[k], t.flux_out, CLOSE, "flux through a surface");
  TestClose(t.rate_by_time, t.rate_ab, CLOSE, "rate two ways");
  TestClose(t.kac, t.kac_of, CLOSE, "Kac's formula");
  if (balanced) {
    TestTrue(t.capacity_lower <= t.flux_out * (1 + CLOSE) &&
                 t.flux_out <= t.capacity_upper * (1 + CLOSE),
             "the flux is in the enclosure, but for its own error");
    /* of an open well as deep, what rounding makes of q+ there is more than all that passes */
    TestTrue(to == 3 || t.capacity_upper - t.capacity_lower <= 1e-8 * t.flux_out,
             "which is narrow");
  }
  PetscCall(OttoTransitionFree(&t));
  PetscCall(OttoPassageDestroy(&passage));
  PetscCall(ChainDestroy(&s));
  PetscFunctionReturn(0);
}

#define DEEP "30*(x^2-1)^2+3*y^2+0.5*x"

static PetscErrorCode TestBalanced(void)
{
  PetscCall(Run("none", DEEP, 2));
  PetscCall(Run("none", DEEP, 3));
  return 0;
}

static PetscErrorCode TestDriven(void)
{
  PetscCall(Run("rotation", DEEP, 2));
  PetscCall(Run("rotation", DEEP, 3));
  return 0;
}

int main(void)
{
  return TestMain({TestBalanced, TestDriven});
}
