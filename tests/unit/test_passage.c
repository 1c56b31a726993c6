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
        TestTrue(report.converged, "converged");
        /* cells of u are rounded: ε leave u of a source of 1, 1e-8 at most here */
        if (method == OTTO_PASSAGE_KRYLOV) TestTrue(report.relative <= 1e-8, "certified");
      }
      for (int j = 0; j < 2; j++) {
        const PetscReal coarse = fabs(time[1][j] - exact[j]), fine = fabs(time[2][j] - exact[j]);
        TestTrue(fabs(log2(coarse / fine) - 2) < 0.05, "second order");
        TestClose((4 * time[2][j] - time[1][j]) / 3, exact[j], 1e-6, "by Richardson");
      }
    }
  return 0;
}

/* ---- splitting ---- */

static PetscInt Ends(const PetscReal x[])
{
  return x[0] < -1 ? 1 : x[0] > 1 ? 2 : 0;
}

/* From the middle of symmetric wells either is as near: with an odd number of cells the middle is a
 * centre. */
static PetscErrorCode TestMiddle(void)
{
  OttoPassageReport report;
  OttoPassage passage;
  Chain s;
  Vec q;

  PetscCall(ChainCreate(1, (PetscInt64[]){203}, (PetscReal[]){-2}, (PetscReal[]){2},
                        (OttoBoundary[]){W},
                        OPTIONS("-potential_type", "formula", "-potential_formula", "(x^2-1)^2",
                                "-temperature", "0.125"),
                        &s));
  PetscCall(MakePassage(&s, 2, Ends, OTTO_PASSAGE_AUTO, &passage));
  PetscCall(OttoFieldCreate(s.grid, &q));
  for (PetscInt set = 1; set <= 2; set++) {
    const PetscScalar *values;
    PetscCall(OttoPassageSplitting(passage, OTTO_CHANNEL(set), q, &report));
    PetscCall(VecGetArrayRead(q, &values));
    TestClose(values[101], 0.5, 1e-11, "one half at the middle");
    TestClose(values[0], set == 1, 0, "itself in a set");
    PetscCall(VecRestoreArrayRead(q, &values));
  }
  PetscCall(VecDestroy(&q));
  PetscCall(OttoPassageDestroy(&passage));
  PetscCall(ChainDestroy(&s));
  return 0;
}

/* Of a walk with constant drift the exponentials are the chain's own: exit at the right from x,
 * (1 - e^{-vx/D})/(1 - e^{-vL/D}), holds to rounding on any grid, by faces of the box as by sets.
 */
static PetscInt Walls(const PetscReal x[])
{
  return x[0] < 0 ? 1 : x[0] > 3 ? 2 : 0;
}

static PetscErrorCode TestBiasedWalk(void)
{
  const PetscReal v = 1.3, D = 0.8, L = 3;

  for (int sets = 0; sets < 2; sets++)
    for (int drift = 0; drift < 2; drift++) {
      OttoPassageReport report;
      const PetscScalar *values;
      PetscReal x[OTTO_MAX_DIM];
      OttoPassage passage;
      Chain s;
      Vec q;
      PetscCall(ChainCreate(1, (PetscInt64[]){sets ? 50 : 30}, (PetscReal[]){sets ? -1 : 0},
                            (PetscReal[]){sets ? 4 : 3}, (OttoBoundary[]){sets ? W : A},
                            OPTIONS("-temperature", "0.8", "-potential_type", "formula",
                                    "-potential_formula", drift ? "0" : "-1.3*x", "-drift_type",
                                    drift ? "constant" : "none", "-drift_force", "1.3"),
                            &s));
      PetscCall(MakePassage(&s, sets ? 2 : 0, Walls, OTTO_PASSAGE_AUTO, &passage));
      PetscCall(OttoFieldCreate(s.grid, &q));
      PetscCall(
          OttoPassageSplitting(passage, sets ? OTTO_CHANNEL(2) : OTTO_FACE(0, 1), q, &report));
      PetscCall(VecGetArrayRead(q, &values));
      for (PetscInt64 c = 0; c < s.g->local_cells; c++) {
        OttoGridCellCentre(s.g, c, x);
        if (x[0] > 0 && x[0] < L)
          TestClose(values[c], expm1(-v * x[0] / D) / expm1(-v * L / D), 1e-11,
                    "exit at the right");
      }
      PetscCall(VecRestoreArrayRead(q, &values));
      TestTrue(report.absolute <= 1e-10, "certified");
      PetscCall(VecDestroy(&q));
      PetscCall(OttoPassageDestroy(&passage));
      PetscCall(ChainDestroy(&s));
    }
  return 0;
}

/* ---- deep wells ---- */

/* In one dimension the chain's own times are a double sum of positive terms, τ from x to the faces
 * above: Σ over edges above of (Σ_{z <= y} π_z)/(π_y Q_y,y+1), the last edge half. */
static PetscReal ByHand(const Chain *s, PetscInt64 from)
{
  const OttoRates *r = OttoGeneratorGetRates(s->Q);
  const PetscScalar *V;
  long double below = 0, sum = 0;

  if (VecGetArrayRead(OttoGeneratorGetPotential(s->Q), &V)) return NAN;
  for (PetscInt64 y = 0; y < s->g->cells; y++) {
    const long double pi = expl(-(long double)V[y] / OttoGeneratorGetTemperature(s->Q));
    const PetscReal rate = r->up[0][y] + r->killed[y];
    below += pi;
    if (y >= from) sum += below / (pi * rate);
    if (r->killed[y] > 0) break;
  }
  if (VecRestoreArrayRead(OttoGeneratorGetPotential(s->Q), &V)) return NAN;
  return (PetscReal)sum;
}

/* A barrier of 30 T: times of e^30, relative to themselves, on grids of cells that are boxes and of
 * many more. */
static PetscErrorCode TestDeep(void)
{
  for (int k = 0; k < 2; k++) {
    const PetscInt64 n = k ? 1200 : 400;
    OttoPassageReport report;
    const PetscScalar *values;
    OttoPassage passage;
    Chain s;
    Vec u;
    PetscCall(ChainCreate(
        1, &n, (PetscReal[]){-2}, (PetscReal[]){2}, (OttoBoundary[]){W},
        OPTIONS("-potential_type", "formula", "-potential_formula", "30*(x^2-1)^2"), &s));
    PetscCall(MakePassage(&s, 1, Right, OTTO_PASSAGE_AUTO, &passage));
    PetscCall(OttoFieldCreate(s.grid, &u));
    PetscCall(OttoPassageTimes(passage, 1, &u, &report));
    TestTrue(report.converged && report.cycles > 0, "by aggregation");
    PetscCall(VecGetArrayRead(u, &values));
    for (PetscInt64 c = 0; c < n * 29 / 40; c += 7)
      TestClose(values[c], ByHand(&s, c), 1e-10, "mean time of e^30");
    PetscCall(VecRestoreArrayRead(u, &values));
    PetscCall(VecDestroy(&u));
    PetscCall(OttoPassageDestroy(&passage));
    PetscCall(ChainDestroy(&s));
  }
  return 0;
}

int main(void)
{
  return TestMain({TestDoubleWell, TestMiddle, TestBiasedWalk, TestDeep});
}
