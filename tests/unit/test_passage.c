/* First passages in one dimension against closed forms: mean times, splitting probabilities, wells
 * of any depth. */
#include "passages.h"

/* ---- mean times ---- */

static PetscInt Right(const PetscReal x[])
{
  return x[0] > 0.9 ? 1 : 0;
}

/* τ(x) = β ∫_x^0.9 e^{βV(y)} ∫_-2^y e^{-βV(z)} dz dy, by mpmath's quad with 30 digits, the inner
 * integral cut at -1 and 0, the outer at -1/2, 0, 1/2. */
static const struct {
  PetscReal beta, from_left, from_middle; /* x = -1, 0 */
} well[] = {{3, 26.37657474211274262703, 13.67822468405146765804},
            {5, 182.0950899045116350736, 91.61915002928054368585},
            {8, 3499.635367190954837811, 1750.444482606278387833}};

/* from x = -1 and 0, at the chain's own cells: n must make -1, 0 and 0.9 faces. */
static PetscErrorCode Double(PetscReal beta, PetscInt64 n, OttoPassageMethod method,
                             PetscReal time[2], OttoPassageReport *report)
{
  char T[40];
  OttoPassage passage;
  Chain s;
  Vec u;

  PetscFunctionBegin;
  snprintf(T, sizeof T, "%.17g", 1 / (double)beta);
  PetscCall(ChainCreate(
      1, &n, (PetscReal[]){-2}, (PetscReal[]){2}, (OttoBoundary[]){W},
      OPTIONS("-potential_type", "formula", "-potential_formula", "(x^2-1)^2", "-temperature", T),
      &s));
  PetscCall(MakePassage(&s, 1, Right, method, &passage));
  PetscCall(OttoFieldCreate(s.grid, &u));
  PetscCall(OttoPassageTimes(passage, 1, &u, report));
  time[0] = BesideFace(s.g, u, -1);
  time[1] = BesideFace(s.g, u, 0);
  PetscCall(VecDestroy(&u));
  PetscCall(OttoPassageDestroy(&passage));
  PetscCall(ChainDestroy(&s));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestDoubleWell(void)
{
  for (size_t i = 0; i < sizeof well / sizeof well[0]; i++)
    for (int method = 1; method < 3; method++) {
      const PetscReal exact[2] = {well[i].from_left, well[i].from_middle};
      PetscReal time[3][2];
      OttoPassageReport report;
      for (int k = 0; k < 3; k++) {
        PetscCall(Double(well[i].beta, 200 << k, (OttoPassageMethod)method, time[k], &report));
        printf("beta %g %s n %d: %.15g %.15g it %d cyc %d app %g res %g rel %g change %g %s\n",
               well[i].beta, OttoPassageMethodNames[method], 200 << k, time[k][0], time[k][1],
               (int)report.iterations, (int)report.cycles, report.applications, report.residual,
               report.relative, report.change, report.reason);
        TestTrue(report.converged, "converged");
        if (method == 1) TestTrue(report.relative <= 1e-9, "certified");
      }
      for (int j = 0; j < 2; j++) {
        const PetscReal coarse = fabs(time[1][j] - exact[j]), fine = fabs(time[2][j] - exact[j]);
        printf("order %g richardson %g\n", log2(coarse / fine),
               ((4 * time[2][j] - time[1][j]) / 3) / exact[j] - 1);
        TestTrue(fabs(log2(coarse / fine) - 2) < 0.05, "second order");
        TestClose((4 * time[2][j] - time[1][j]) / 3, exact[j], 1e-6, "by Richardson");
      }
    }
  return 0;
}

int main(void)
{
  return TestMain({TestDoubleWell});
}
