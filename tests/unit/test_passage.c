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

/* ---- other chains ---- */

static PetscInt Outside(const PetscReal x[])
{
  return x[0] > 1 ? 1 : 0;
}

/* Of a Brownian path in the annulus 1 < r < 2, r = 1 + x, until it comes to the outer circle from
 * which the inner one turns it back: τ'' + τ'/r = -1, τ = 1 - r²/4 + log(r/2)/2. The circle is a
 * face of the box, or where a set begins. */
static PetscErrorCode Annulus(PetscInt64 n, PetscBool set, PetscReal *off)
{
  const PetscInt64 cells[2] = {set ? n + 3 : n, 4};
  const PetscReal outer = set ? 1 + 3 / (PetscReal)n : 1;
  OttoPassageReport report;
  const PetscScalar *values;
  OttoPassage passage;
  Chain s;
  Vec u;

  PetscFunctionBegin;
  PetscCall(ChainOptions(OPTIONS("-metric_type", "diagonal", "-metric_formula", "1, (1+x)^2")));
  PetscCall(MakeBox(2, cells, (PetscReal[]){0, 0}, (PetscReal[]){outer, 1},
                    (OttoBoundary[]){set ? W : OTTO_BOUNDARY_ABSORBING_UPPER, P}, &s.grid));
  s.g = OttoGridGetInfo(s.grid);
  PetscCall(OttoGeneratorCreate(s.grid, &s.Q));
  PetscCall(OttoGeneratorSetType(s.Q, "metric"));
  PetscCall(OttoGeneratorSetFromOptions(s.Q));
  PetscCall(OttoGeneratorSetUp(s.Q));
  PetscCall(MakePassage(&s, set ? 1 : 0, Outside, OTTO_PASSAGE_AUTO, &passage));
  PetscCall(OttoFieldCreate(s.grid, &u));
  PetscCall(OttoPassageTimes(passage, 1, &u, &report));
  TestTrue(report.converged && report.relative < 1e-9, "certified");
  PetscCall(VecGetArrayRead(u, &values));
  *off = 0;
  for (PetscInt64 c = 0; c < 4 * n; c++) {
    const PetscReal r = 1 + ((PetscReal)(c / 4) + 0.5) / (PetscReal)n;
    const PetscReal error = fabs(values[c] - (1 - r * r / 4 + 0.5 * log(r / 2)));
    *off = error <= *off ? *off : error;
  }
  PetscCall(VecRestoreArrayRead(u, &values));
  PetscCall(VecDestroy(&u));
  PetscCall(OttoPassageDestroy(&passage));
  PetscCall(OttoGeneratorDestroy(&s.Q));
  PetscCall(OttoGridDestroy(&s.grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestAnnulus(void)
{
  for (int set = 0; set < 2; set++) {
    PetscReal off[2] = {0, 0};
    for (int k = 0; k < 2; k++)
      PetscCall(Annulus(20 << k, set ? PETSC_TRUE : PETSC_FALSE, &off[k]));
    TestTrue(fabs(log2(off[0] / off[1]) - 2) < 0.1 && off[1] < 2e-4, "second order");
  }
  return 0;
}

/* ---- what cannot be reached, and what is refused ---- */

/* Two rooms with a wall between them, and a set in either or in one. */
static PetscInt InBoth(const PetscReal x[])
{
  return x[0] < 0.1 ? 1 : x[0] > 0.9 ? 2 : 0;
}
static PetscInt InOne(const PetscReal x[])
{
  return x[0] < 0.1 ? 1 : 0;
}
static PetscInt Touching(const PetscReal x[])
{
  return x[0] > 0.1 ? 0 : x[1] < 0.5 ? 1 : 2;
}

static PetscErrorCode Rooms(const char *V, Chain *s)
{
  PetscFunctionBegin;
  PetscCall(ChainCreate(2, (PetscInt64[]){20, 3}, (PetscReal[]){0, 0}, (PetscReal[]){1, 1},
                        (OttoBoundary[]){W, W},
                        OPTIONS("-potential_type", "formula", "-potential_formula", V), s));
  PetscFunctionReturn(0);
}

#define WALL "(abs(x-0.525)<0.01) ? inf : x"
#define COLUMN 10 /* of cells, where the wall is */

/* From the room without a set none is ever reached: times are infinite, probabilities 0. */
static PetscErrorCode CheckLost(const Chain *s, Vec moment[2], Vec first)
{
  const PetscScalar *u[2], *q;

  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) PetscCall(VecGetArrayRead(moment[k], &u[k]));
  PetscCall(VecGetArrayRead(first, &q));
  for (PetscInt64 c = 0; c < s->g->cells; c++) {
    const PetscInt64 column = c / 3;
    for (int k = 0; k < 2; k++) {
      if (column > COLUMN)
        TestTrue(u[k][c] == INFINITY, "for ever");
      else if (column == COLUMN || column < 2)
        TestTrue(u[k][c] == 0, "no time in a wall or a set");
      else
        TestTrue(u[k][c] > 0 && isfinite(u[k][c]), "a time");
    }
    TestClose(q[c], column < COLUMN, 1e-12, "reached for certain or never");
  }
  PetscCall(VecRestoreArrayRead(first, &q));
  for (int k = 0; k < 2; k++) PetscCall(VecRestoreArrayRead(moment[k], &u[k]));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestLost(void)
{
  for (int method = 1; method < 3; method++) {
    OttoPassageReport report[2], splitting;
    OttoQuasiStationary law;
    PetscInt64 lost = 0;
    OttoPassage passage;
    Vec moment[2], first;
    Chain s;
    PetscCall(Rooms(WALL, &s));
    PetscCall(MakePassage(&s, 1, InOne, (OttoPassageMethod)method, &passage));
    PetscCall(OttoPassageLost(passage, &lost));
    TestTrue(lost == 27, "nine columns of cells beyond the wall");
    PetscCall(OttoFieldCreate(s.grid, &moment[0]));
    PetscCall(OttoFieldCreate(s.grid, &moment[1]));
    PetscCall(OttoFieldCreate(s.grid, &first));
    PetscCall(OttoPassageTimes(passage, 2, moment, report));
    PetscCall(OttoPassageSplitting(passage, OTTO_CHANNEL(1), first, &splitting));
    TestTrue(report[1].converged && report[1].relative < 1e-9, "certified where there is a set");
    PetscCall(CheckLost(&s, moment, first));
    TestFails(OttoPassageQuasiStationary(passage, &law), OTTO_ERR_INPUT, "from 27 open cells");
    PetscCall(VecDestroy(&first));
    PetscCall(VecDestroy(&moment[0]));
    PetscCall(VecDestroy(&moment[1]));
    PetscCall(OttoPassageDestroy(&passage));
    PetscCall(ChainDestroy(&s));
  }
  return 0;
}

/* A and B in the left room, B in the right one as well: on the right nothing is on its way. */
static PetscInt InLeft(const PetscReal x[])
{
  if (x[0] > 0.55) return x[0] > 0.8 ? 2 : 0;
  return x[0] < 0.1 ? 1 : x[0] > 0.4 && x[0] < 0.5 ? 2 : 0;
}
/* And the other way round. */
static PetscInt InLeftTurned(const PetscReal x[])
{
  const PetscInt set = InLeft(x);
  return set ? 3 - set : 0;
}

/* Rates count no time in a room that has one set alone: they are those of the other room, closed.
 */
static PetscErrorCode TestRooms(void)
{
  for (int turned = 0; turned < 2; turned++) {
    OttoTransitionRates t[2];
    for (int alone = 0; alone < 2; alone++) {
      OttoPassage passage;
      Chain s;
      PetscCall(Rooms(alone ? "(x>0.51) ? inf : x" : WALL, &s));
      PetscCall(MakePassage(&s, 2, turned ? InLeftTurned : InLeft, OTTO_PASSAGE_AUTO, &passage));
      PetscCall(OttoPassageRates(passage, &t[alone]));
      PetscCall(OttoPassageDestroy(&passage));
      PetscCall(ChainDestroy(&s));
      TestClose(t[alone].share[0] + t[alone].share[1] + t[alone].never, 1, 1e-12, "all time");
      TestTrue((t[alone].never > 0) == !alone, "some of it in the other room");
    }
    TestTrue(t[0].out[0][1] < 0.8 * t[1].out[0][1], "of all time less is spent on the left");
    for (int a = 0; a < 2; a++) {
      TestClose(t[0].rate[a][1 - a], t[1].rate[a][1 - a], 1e-9, "from one set to the other");
      TestClose(t[0].rate[a][1 - a], t[0].rate_by_time[a][1 - a], 1e-9, "and by the mean time");
    }
  }
  return 0;
}

static PetscErrorCode TestRefused(void)
{
  PetscBool apart = PETSC_TRUE;
  OttoTransitionRates rates;
  OttoPassage passage;
  OttoTransition t;
  OttoPassageReport report[5];
  Vec u[5], label;
  Chain s;

  PetscCall(Rooms(WALL, &s));
  TestFails(OttoPassageCreate(s.Q, &passage), OTTO_ERR_INPUT, "no set and no face");
  PetscCall(MakeLabels(s.grid, InOne, &label));
  PetscCall(OttoGeneratorSetTargets(s.Q, 2, label));
  PetscCall(OttoPassageCreate(s.Q, &passage));
  TestFails(OttoPassageTimes(passage, 1, u, report), OTTO_ERR_STATE, "OttoPassageSetUp()");
  TestFails(OttoPassageSetUp(passage), OTTO_ERR_INPUT, "set 2 of 2 is empty");
  PetscCall(OttoPassageDestroy(&passage));
  PetscCall(OttoGeneratorSetTargets(s.Q, 9, label));
  PetscCall(OttoPassageCreate(s.Q, &passage));
  TestFails(OttoPassageSetUp(passage), OTTO_ERR_INPUT, "9 sets; there may be 8");
  PetscCall(OttoPassageDestroy(&passage));
  PetscCall(MakePassage(&s, 2, InBoth, OTTO_PASSAGE_AUTO, &passage));
  TestFails(OttoPassageTransition(passage, 1, 2, &t), OTTO_ERR_INPUT, "cannot be reached from");
  PetscCall(OttoPassageRates(passage, &rates));
  TestTrue(rates.rate[0][1] == 0 && rates.rate_by_time[1][0] == 0, "nothing passes");
  TestFails(OttoPassageTransition(passage, 1, 1, &t), OTTO_ERR_INPUT, "to itself");
  TestFails(OttoPassageTransition(passage, 1, 3, &t), OTTO_ERR_INPUT, "set 3; there are 2");
  TestFails(OttoPassageTimes(passage, 5, u, report), OTTO_ERR_INPUT, "passage_moments: 5");
  TestFails(OttoPassageTimesTo(passage, 0, 1, u, report), OTTO_ERR_INPUT, "set 0; there are 2");
  TestFails(OttoPassageSplitting(passage, OTTO_FACE(0, 1), label, report), OTTO_ERR_INPUT,
            "channel 1 absorbs nothing");
  PetscCall(OttoPassageDestroy(&passage));
  PetscCall(MakePassage(&s, 2, Touching, OTTO_PASSAGE_AUTO, &passage));
  TestFails(OttoPassageTransition(passage, 1, 2, &t), OTTO_ERR_INPUT, "a face in common");
  TestFails(OttoPassageRates(passage, &rates), OTTO_ERR_INPUT,
            "sets 1 and 2 have a face in common");
  PetscCall(OttoPassageAreApart(passage, &apart));
  TestTrue(!apart, "they touch");
  PetscCall(OttoPassageDestroy(&passage));
  PetscCall(VecDestroy(&label));
  PetscCall(ChainDestroy(&s));
  PetscCall(Rooms("x*t", &s));
  PetscCall(MakeLabels(s.grid, InBoth, &label));
  PetscCall(OttoGeneratorSetTargets(s.Q, 2, label));
  TestFails(OttoPassageCreate(s.Q, &passage), OTTO_ERR_INPUT, "may not depend on time");
  PetscCall(VecDestroy(&label));
  PetscCall(ChainDestroy(&s));
  return 0;
}

int main(void)
{
  return TestMain({TestDoubleWell, TestMiddle, TestBiasedWalk, TestDeep, TestAnnulus, TestLost,
                   TestRooms, TestRefused});
}
