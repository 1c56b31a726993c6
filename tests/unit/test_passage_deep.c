/* ranks: 1 2
 * Transitions between wells so deep that they happen once in e^30: rates two ways, fluxes through
 * any surface, the capacity enclosed. */
#include "passages.h"

/* Both wells; one and a strip of the way to the other, which is open. */
static PetscInt Wells(const PetscReal x[])
{
  if (hypot(x[0] + 1, x[1]) < 0.3) return 1;
  return hypot(x[0] - 1, x[1]) < 0.3 ? 2 : 0;
}
static PetscInt Open(const PetscReal x[])
{
  if (hypot(x[0] + 1, x[1]) < 0.3) return 1;
  return x[0] > 0.2 && x[0] < 0.4 && x[1] < 0 ? 2 : 0;
}
/* All three. */
static PetscInt Three(const PetscReal x[])
{
  return Wells(x) ? Wells(x) : Open(x) == 2 ? 3 : 0;
}

/* All relative: 1e-10 is two orders above what sums of some 1e3 cells, each to 1e-15 times the
 * cycles or rounds it took, come to. */
#define CLOSE 1e-10
/* Fluxes of a pair are known to 1e-12 of all that a set takes, of which one here is 4e-5. */
#define OF_ALL 1e-9

/* From set 1 to set 2; wells of open cells are as deep, or there are three sets. */
static PetscErrorCode Run(const char *drift, const char *V, PetscInt count,
                          PetscInt (*sets)(const PetscReal x[]))
{
  const PetscReal level[5] = {0, 1e-6, 0.3, 0.5, 0.9};
  const PetscBool balanced = strcmp(drift, "none") == 0 ? PETSC_TRUE : PETSC_FALSE;
  PetscReal flux[5], rounding[5];
  OttoTransitionRates rates;
  OttoPassage passage;
  OttoTransition t;
  Chain s;

  PetscFunctionBegin;
  PetscCall(ChainCreate(2, (PetscInt64[]){40, 20}, (PetscReal[]){-2, -1}, (PetscReal[]){2, 1},
                        (OttoBoundary[]){W, W},
                        OPTIONS("-potential_type", "formula", "-potential_formula", V,
                                "-drift_type", drift, "-drift_rate", "0.8"),
                        &s));
  PetscCall(MakePassage(&s, count, sets, OTTO_PASSAGE_AUTO, &passage));
  PetscCall(OttoPassageTransition(passage, 1, 2, &t));
  PetscCall(OttoPassageLevelFlux(passage, &t, 5, level, flux, rounding));
  TestTrue(t.of_forward.converged && t.of_backward.converged && t.of_time.converged, "converged");
  TestTrue(t.flux_out > 0 && t.flux_out < 1e-10, "rare");
  TestTrue(t.of_time.cycles > 0, "mean times by aggregation");
  TestClose(t.flux_in, t.flux_out, CLOSE, "what leaves comes");
  for (int k = 0; k < 5; k++) TestClose(flux[k], t.flux_out, CLOSE, "flux through a surface");
  PetscCall(OttoPassageRates(passage, &rates));
  TestTrue(rates.of_probability.converged && rates.of_time.converged, "converged");
  TestClose(rates.out[0][1], t.flux_out, 1e-15, "the same flux");
  for (PetscInt a = 0; a < count; a++)
    for (PetscInt b = 0; b < count; b++) {
      if (a == b) continue;
      TestClose(rates.in[a][b], rates.out[a][b], OF_ALL, "what leaves comes");
      TestClose(rates.rate_by_time[a][b], rates.rate[a][b], OF_ALL, "rate two ways");
    }
  TestClose(t.kac, t.kac_of, CLOSE, "Kac's formula");
  if (balanced && count == 2) {
    TestTrue(t.capacity_lower <= t.flux_out * (1 + CLOSE) &&
                 t.flux_out <= t.capacity_upper * (1 + CLOSE),
             "the flux is in the enclosure, but for its own error");
    TestTrue(t.capacity_upper - t.capacity_lower <= 1e-8 * t.flux_out, "which is narrow");
  }
  PetscCall(OttoTransitionFree(&t));
  PetscCall(OttoPassageDestroy(&passage));
  PetscCall(ChainDestroy(&s));
  PetscFunctionReturn(0);
}

static PetscInt Sides(const PetscReal x[])
{
  return x[0] < -1 ? 1 : x[0] > 1 ? 2 : 0;
}

/* A well between the sets, on whose ground q⁺ is 1/2 but for what passes: half the level sets lie
 * on one of its slopes each, the middle one inside, where what passes is a difference of e^30 times
 * as much. */
static PetscErrorCode TestBetween(void)
{
  static const char *const force[2][4] = {{"none", "0", "30*x^2+3*y^2", "1"},
                                          {"formula", "0-60*x,0-6*y+x", "0", "1"}};
  const PetscReal level[5] = {0, 0.2, 0.5, 0.7, 0.9};

  for (int k = 0; k < 2; k++) {
    PetscReal flux[5], rounding[5];
    OttoPassage passage;
    OttoTransition t;
    Chain s;

    PetscCall(ChainCreate(2, (PetscInt64[]){40, 12}, (PetscReal[]){-1.25, -1},
                          (PetscReal[]){1.25, 1}, (OttoBoundary[]){W, W},
                          OPTIONS("-potential_type", "formula", "-potential_formula", force[k][2],
                                  "-drift_type", force[k][0], "-drift_formula", force[k][1]),
                          &s));
    PetscCall(MakePassage(&s, 2, Sides, OTTO_PASSAGE_AUTO, &passage));
    PetscCall(OttoPassageTransition(passage, 1, 2, &t));
    PetscCall(OttoPassageLevelFlux(passage, &t, 5, level, flux, rounding));
    for (int i = 0; i < 5; i++)
      TestTrue(fabs(flux[i] - t.flux_out) <= CLOSE * t.flux_out + rounding[i], "but for rounding");
    TestTrue(rounding[0] < CLOSE * t.flux_out && rounding[4] < CLOSE * t.flux_out, "on slopes");
    TestTrue(rounding[2] > 1e-6 * t.flux_out, "inside the well");
    PetscCall(OttoTransitionFree(&t));
    PetscCall(OttoPassageDestroy(&passage));
    PetscCall(ChainDestroy(&s));
  }
  return 0;
}

#define DEEP "30*(x^2-1)^2+3*y^2+0.5*x"

static PetscErrorCode TestBalanced(void)
{
  PetscCall(Run("none", DEEP, 2, Wells));
  PetscCall(Run("none", DEEP, 2, Open));
  PetscCall(Run("none", DEEP, 3, Three));
  return 0;
}

static PetscErrorCode TestDriven(void)
{
  PetscCall(Run("rotation", DEEP, 2, Wells));
  PetscCall(Run("rotation", DEEP, 2, Open));
  PetscCall(Run("rotation", DEEP, 3, Three));
  return 0;
}

int main(void)
{
  return TestMain({TestBalanced, TestDriven, TestBetween});
}
