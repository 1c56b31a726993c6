/* ranks: 1 2 3 4
 * Sets of cells as targets: what leads to them is lost at the face where they begin, at the rate of
 * half an edge; the rest of the chain is as without them. */
#include "chain/generator_related.h"
#include "grid/edges.h"
#include "passages.h"
#include <otto/production.h>
#include <math.h>

static PetscInt Beyond(const PetscReal x[])
{
  return x[0] > 1 ? 1 : 0;
}

/* Of a uniform density: beside the set the mean of what passes the cell's lower face and of what is
 * lost by the upper one; along the other axis nothing is lost. Z: the force over an edge. */
static PetscErrorCode CheckCurrent(const Chain *s, PetscReal coupling, PetscReal Z)
{
  const PetscReal through = coupling * Z; /* B(-Z) - B(Z) = Z */
  const PetscReal lost = 2 * coupling * -0.5 * Z / expm1(-0.5 * Z);
  const PetscScalar *J;
  PetscInt64 idx[OTTO_MAX_DIM];
  Vec p, current[2];

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(s->grid, &p));
  PetscCall(VecSet(p, 1));
  for (int j = 0; j < 2; j++) PetscCall(VecDuplicate(p, &current[j]));
  PetscCall(OttoProductionCurrent(s->Q, p, current));
  PetscCall(VecGetArrayRead(current[0], &J));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    OttoGridCellIndex(s->g, c, idx);
    if (idx[0] == 3)
      TestClose(J[c], 0.5 * s->g->h[0] * (through + lost), 1e-12, "current beside a set");
    if (idx[0] == 2) TestClose(J[c], s->g->h[0] * through, 1e-12, "and before");
  }
  PetscCall(VecRestoreArrayRead(current[0], &J));
  for (int j = 0; j < 2; j++) PetscCall(VecDestroy(&current[j]));
  PetscCall(VecDestroy(&p));
  PetscFunctionReturn(0);
}

/* The set ends at a share of the edge, whichever way the force (Z over an edge) pulls: Q + √(QQ')
 * times what is beyond over what is left, or, swift, an edge of the length left and half an edge of
 * a longer time; so on chains made of this one; 0 and 1 stay finite. */
static PetscErrorCode CheckEnds(const Chain *s, PetscReal coupling, PetscReal Z, PetscBool swift)
{
  static const PetscReal shares[] = {0.1, 0.5, 0.7, 1, 0};
  const PetscReal least = 1e-3;
  OttoGenerator same;
  Vec end[2];

  PetscFunctionBegin;
  for (int j = 0; j < 2; j++) PetscCall(OttoFieldCreate(s->grid, &end[j]));
  for (int k = 0; k < 5; k++) {
    const PetscReal share = PetscClipInterval(shares[k], least, 1 - least);
    const PetscReal half = coupling * Z / -expm1(-0.5 * Z), to = coupling * Z / -expm1(-Z);
    const PetscReal plain = to * (1 + exp(-0.5 * Z) * (1 - share) / share);
    const PetscReal against = coupling * Z / -expm1(-share * Z);
    const PetscReal along = half / (1 + (share - 0.5) * (1 + exp(-0.5 * Z)));
    const PetscReal rate = !swift ? plain : Z > 0 ? along : against;
    for (int j = 0; j < 2; j++) PetscCall(VecSet(end[j], shares[k]));
    PetscCall(OttoGeneratorSetTargetEnds(s->Q, end, swift));
    PetscCall(OttoGeneratorCreateRelated(s->Q, OTTO_RELATED_SAME, PETSC_TRUE, NULL, &same));
    PetscCall(OttoGeneratorSetTargets(same, 1, OttoGeneratorGetTargetLabels(s->Q)));
    for (int of = 0; of < 2; of++) {
      const OttoRates *r = OttoGeneratorGetRates(of ? same : s->Q);
      for (PetscInt64 i = 0; i < r->losses; i++)
        TestClose(r->loss[i].rate, rate, 1e-12, "what is left of an edge");
    }
    PetscCall(OttoGeneratorDestroy(&same));
  }
  PetscCall(OttoGeneratorSetTargetEnds(s->Q, NULL, PETSC_FALSE));
  for (int j = 0; j < 2; j++) PetscCall(VecDestroy(&end[j]));
  PetscFunctionReturn(0);
}

/* Of a linear force the set that begins at x = 1 is the absorbing face of a box that ends there. */
static PetscErrorCode TestFace(void)
{
  const char *const *keys =
      OPTIONS("-potential_type", "formula", "-potential_formula", "3*x+y", "-drift_type",
              "constant", "-drift_force", "1,2", "-temperature", "0.7", "-mobility", "2,0.5");
  const PetscReal from = 2 * 2 * 0.7 / 0.0625, z = (1 - 3.) * 0.25 / (2 * 0.7);
  PetscReal lost = 0;
  Vec label;
  Chain s;

  PetscCall(ChainCreate(2, (PetscInt64[]){6, 4}, (PetscReal[]){0, 0}, (PetscReal[]){1.5, 1},
                        (OttoBoundary[]){W, W}, keys, &s));
  PetscCall(MakeLabels(s.grid, Beyond, &label));
  PetscCall(OttoGeneratorSetTargets(s.Q, 1, label));
  TestTrue(OttoGeneratorIsAbsorbing(s.Q) && OttoGeneratorGetTargets(s.Q) == 1, "a target absorbs");
  TestTrue(OttoGeneratorGetClosed(s.Q) == 8, "its cells are no states");
  const OttoRates *r = OttoGeneratorGetRates(s.Q);
  for (PetscInt64 i = 0; i < r->losses; i++) {
    PetscInt64 idx[OTTO_MAX_DIM];
    OttoGridCellIndex(s.g, r->loss[i].cell, idx);
    TestTrue(idx[0] == 3 && r->loss[i].face == OTTO_FACES, "what lies beside it");
    /* V up to 5 rounds to 1e-15, and is divided by h */
    TestClose(r->loss[i].rate, from * -z / expm1(-z), 1e-13, "(2D/h²) B(-z/2)");
    lost++;
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &lost, 1, MPIU_REAL, MPI_SUM, PETSC_COMM_WORLD));
  TestTrue(lost == 4, "four faces");
  PetscCall(CheckEnds(&s, 0.5 * from, 2 * z, PETSC_FALSE));
  PetscCall(CheckEnds(&s, 0.5 * from, 2 * z, PETSC_TRUE));
  PetscCall(CheckCurrent(&s, 0.5 * from, 2 * z));
  PetscCall(VecDestroy(&label));
  PetscCall(ChainDestroy(&s));
  return 0;
}

/* The same with a force towards the set. */
static PetscErrorCode TestEnds(void)
{
  Vec label;
  Chain s;

  PetscCall(ChainCreate(
      2, (PetscInt64[]){6, 4}, (PetscReal[]){0, 0}, (PetscReal[]){1.5, 1}, (OttoBoundary[]){W, W},
      OPTIONS("-potential_type", "formula", "-potential_formula", "y-3*x", "-temperature", "0.7"),
      &s));
  PetscCall(MakeLabels(s.grid, Beyond, &label));
  PetscCall(OttoGeneratorSetTargets(s.Q, 1, label));
  PetscCall(CheckEnds(&s, 0.7 / 0.0625, 3 * 0.25 / 0.7, PETSC_FALSE));
  PetscCall(CheckEnds(&s, 0.7 / 0.0625, 3 * 0.25 / 0.7, PETSC_TRUE));
  PetscCall(VecDestroy(&label));
  PetscCall(ChainDestroy(&s));
  return 0;
}

/* Two sets, one in two parts, one of them at an absorbing face of the box. */
static PetscInt Two(const PetscReal x[])
{
  if (x[0] < 0.3 && x[1] < 0.4) return 1;
  if (x[0] > 0.7 && x[1] > 0.6) return 1;
  return hypot(x[0] - 0.5, x[1] - 0.5) < 0.2 ? 2 : 0;
}

/* Rates of a chain without targets, and labels, by the numbers of edges. */
typedef struct {
  const OttoGridInfo *g;
  PetscReal *up[2], *down[2], *force[2];
  OttoSurrounded label;
  PetscInt64 beside; /* own open cells' faces to targets that have been seen */
} Whole;

static PetscErrorCode Keep(const Chain *s, Whole *whole)
{
  const size_t size = (size_t)(s->g->local_cells + OttoEdgesLowerGhosts(s->g));
  const OttoRates *r = OttoGeneratorGetRates(s->Q);

  PetscFunctionBegin;
  whole->g = s->g;
  for (PetscInt j = 0; j < 2; j++) {
    const size_t edges = OttoHaloServes(s->g, j) ? size : (size_t)s->g->local_cells;
    PetscCall(PetscMalloc3(size, &whole->up[j], size, &whole->down[j], size, &whole->force[j]));
    PetscCall(PetscArraycpy(whole->up[j], r->up[j], edges));
    PetscCall(PetscArraycpy(whole->down[j], r->down[j], edges));
    PetscCall(PetscArraycpy(whole->force[j], r->force[j], edges));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Forget(Whole *whole)
{
  PetscFunctionBegin;
  for (PetscInt j = 0; j < 2; j++)
    PetscCall(PetscFree3(whole->up[j], whole->down[j], whole->force[j]));
  PetscFunctionReturn(0);
}

/* Two halves of an edge in a row, through a state without volume at its middle that goes on as the
 * square roots of the rates are, are the edge. */
static PetscErrorCode CheckHalf(const Whole *whole, const OttoLoss *loss)
{
  const PetscInt axis = loss->through / 2;
  const int side = loss->through % 2 ? 1 : -1;
  const PetscInt64 y = OttoEdgesNeighbour(whole->g, loss->cell, axis, side);
  const PetscInt64 edge = side > 0 ? loss->cell : y;
  const PetscReal Q = (side > 0 ? whole->up : whole->down)[axis][edge];
  const PetscReal back = (side > 0 ? whole->down : whole->up)[axis][edge];

  TestTrue(loss->face == OTTO_FACES - 1 + (PetscInt)*OttoSurroundedAt(&whole->label, y),
           "the channel of the set beyond");
  /* a dozen roundings, of exponentials of z up to 30 */
  TestClose(loss->rate * sqrt(Q) / (sqrt(Q) + sqrt(back)), Q, 1e-14, "half an edge");
  return 0;
}

/* The chain's edges beside those kept: the same, but for those to targets, which are gone. */
typedef struct {
  Whole *whole;
  const OttoRates *now;
} Beside;

static void CompareEdges(const OttoEdges *e, void *context)
{
  Beside *b = (Beside *)context;
  const PetscReal *lx = OttoSurroundedAt(&b->whole->label, e->x);
  const PetscReal *ly = OttoSurroundedAt(&b->whole->label, e->y);

  for (PetscInt64 i = 0; i < e->n; i++) {
    const PetscReal up = b->now->up[e->axis][e->x + i], down = b->now->down[e->axis][e->x + i];
    const PetscReal z = b->now->force[e->axis][e->x + i];
    const PetscBool open = lx[i] == 0 && ly[i] == 0;
    if (open)
      TestTrue(up == b->whole->up[e->axis][e->x + i] && down == b->whole->down[e->axis][e->x + i] &&
                   z == b->whole->force[e->axis][e->x + i],
               "an edge between open cells is as it was");
    else
      TestTrue(up == 0 && down == 0 && z == 0, "no edge leads to or from a target");
    if (lx[i] == 0 && ly[i] > 0 && e->x < b->whole->g->local_cells) b->whole->beside++;
    if (ly[i] == 0 && lx[i] > 0 && e->y < b->whole->g->local_cells) b->whole->beside++;
  }
}

typedef struct {
  Whole *whole;
  const OttoRates *now;
  OttoSurrounded factor[2];
} Conducted;

static void CompareConducted(const OttoEdges *e, void *context)
{
  const Conducted *c = (const Conducted *)context;
  const PetscReal *factor = OttoSurroundedAt(&c->factor[e->axis], e->x);

  for (PetscInt64 i = 0; i < e->n; i++) {
    const PetscInt64 at = e->x + i;
    TestTrue(c->now->up[e->axis][at] == factor[i] * c->whole->up[e->axis][at] &&
                 c->now->down[e->axis][at] == factor[i] * c->whole->down[e->axis][at] &&
                 c->now->force[e->axis][at] == c->whole->force[e->axis][at],
             "an edge leads by its lower cell's factor, on ranks beside alike, by the same force");
  }
}

/* Edges that lead better or worse than their cells say: also of chains made of this one, and to
 * targets; away again, all is as before. */
static PetscErrorCode TestConduction(void)
{
  const char *const *keys =
      OPTIONS("-potential_type", "formula", "-potential_formula", "4*sin(5*x)*cos(3*y)",
              "-drift_type", "rotation", "-drift_rate", "3");
  Vec factor[2], label, p, before, rate;
  Conducted with = {.whole = &(Whole){0}};
  PetscReal off = 1, lost = 0;
  OttoGenerator same;
  PetscScalar *f;
  OttoHalo halo;
  Chain s;

  PetscCall(ChainCreate(2, (PetscInt64[]){13, 11}, (PetscReal[]){0, 0}, (PetscReal[]){1, 1},
                        (OttoBoundary[]){W, P}, keys, &s));
  PetscCall(OttoFieldCreate(s.grid, &p));
  PetscCall(VecDuplicate(p, &before));
  PetscCall(VecDuplicate(p, &rate));
  PetscCall(VecSet(p, 1));
  PetscCall(OttoGeneratorApply(s.Q, p, before));
  PetscCall(Keep(&s, with.whole));
  for (int j = 0; j < 2; j++) {
    PetscReal x[OTTO_MAX_DIM];
    PetscCall(OttoFieldCreate(s.grid, &factor[j]));
    PetscCall(VecGetArray(factor[j], &f));
    for (PetscInt64 c = 0; c < s.g->local_cells; c++) {
      OttoGridCellCentre(s.g, c, x);
      f[c] = 1 + j + x[0] * x[1];
    }
    PetscCall(VecRestoreArray(factor[j], &f));
  }
  PetscCall(OttoGeneratorSetConduction(s.Q, factor));
  PetscCall(OttoGridGetHalo(s.grid, 1, &halo));
  for (int j = 0; j < 2; j++) PetscCall(OttoFieldSurround(halo, factor[j], &with.factor[j]));
  with.now = OttoGeneratorGetRates(s.Q);
  OttoEdgesWalk(s.g, PETSC_TRUE, CompareConducted, &with);
  PetscCall(OttoGeneratorCreateRelated(s.Q, OTTO_RELATED_SAME, PETSC_TRUE, NULL, &same));
  with.now = OttoGeneratorGetRates(same);
  OttoEdgesWalk(s.g, PETSC_TRUE, CompareConducted, &with);
  PetscCall(OttoGeneratorDestroy(&same));
  for (int j = 1; j >= 0; j--) PetscCall(OttoFieldRelease(halo, factor[j], &with.factor[j]));
  PetscCall(VecSet(factor[0], 2));
  PetscCall(VecSet(factor[1], 2));
  PetscCall(OttoGeneratorSetConduction(s.Q, factor));
  PetscCall(MakeLabels(s.grid, Two, &label));
  for (int k = 0; k < 2; k++) { /* what is lost to targets: twice as much as without */
    const OttoRates *r = OttoGeneratorGetRates(s.Q);
    PetscReal sum = 0;
    if (k) PetscCall(OttoGeneratorSetConduction(s.Q, NULL));
    if (!k) PetscCall(OttoGeneratorSetTargets(s.Q, 2, label));
    for (PetscInt64 i = 0; i < r->losses; i++) sum += r->loss[i].rate;
    if (k) TestClose(lost, 2 * sum, 1e-13, "twice as much is lost");
    lost = sum;
  }
  PetscCall(OttoGeneratorSetTargets(s.Q, 0, NULL));
  PetscCall(OttoGeneratorApply(s.Q, p, rate));
  PetscCall(VecAXPY(rate, -1, before));
  PetscCall(VecNorm(rate, NORM_INFINITY, &off));
  TestTrue(off == 0, "without factors all is as before");
  PetscCall(Forget(with.whole));
  PetscCall(VecDestroy(&label));
  PetscCall(VecDestroy(&before));
  PetscCall(VecDestroy(&rate));
  PetscCall(VecDestroy(&p));
  for (int j = 0; j < 2; j++) PetscCall(VecDestroy(&factor[j]));
  PetscCall(ChainDestroy(&s));
  return 0;
}

/* With targets beside without; away again, all is as before. */
static PetscErrorCode TestSets(void)
{
  const char *const *keys =
      OPTIONS("-potential_type", "formula", "-potential_formula",
              "4*sin(5*x)*cos(3*y)+30*(x>0.85)*x", "-drift_type", "rotation", "-drift_rate", "3");
  const OttoBoundary boundary[] = {OTTO_BOUNDARY_ABSORBING_LOWER, P};
  PetscReal sums[2] = {0, 0}; /* killed, and by the list of losses */
  Vec label, p, rate, before;
  Whole whole = {0};
  OttoHalo halo;
  Chain s;

  PetscCall(ChainCreate(2, (PetscInt64[]){13, 11}, (PetscReal[]){0, 0}, (PetscReal[]){1, 1},
                        boundary, keys, &s));
  PetscCall(MakeLabels(s.grid, Two, &label));
  PetscCall(OttoFieldCreate(s.grid, &p));
  PetscCall(VecDuplicate(p, &rate));
  PetscCall(VecDuplicate(p, &before));
  PetscCall(VecSet(p, 1));
  PetscCall(OttoGeneratorApply(s.Q, p, before));
  PetscCall(Keep(&s, &whole));
  PetscCall(OttoGeneratorSetTargets(s.Q, 2, label));
  PetscCall(OttoGridGetHalo(s.grid, 1, &halo));
  PetscCall(OttoFieldSurround(halo, label, &whole.label));
  const OttoRates *r = OttoGeneratorGetRates(s.Q);
  OttoEdgesWalk(s.g, PETSC_TRUE, CompareEdges, &(Beside){&whole, r});
  for (PetscInt64 c = 0; c < s.g->local_cells; c++) sums[0] += r->killed[c];
  for (PetscInt64 i = 0; i < r->losses; i++) {
    sums[1] += r->loss[i].rate;
    if (r->loss[i].face >= OTTO_FACES) whole.beside--;
    if (r->loss[i].face >= OTTO_FACES) PetscCall(CheckHalf(&whole, &r->loss[i]));
    TestTrue(r->loss[i].face >= OTTO_FACES || r->loss[i].face == r->loss[i].through,
             "a face of the box is the cell's");
  }
  PetscCall(OttoFieldRelease(halo, label, &whole.label));
  TestTrue(whole.beside == 0, "every face to a target is a loss, once");
  TestClose(sums[1], sums[0], 1e-13, "killed is the sum of losses"); /* of some 50 terms */
  PetscCall(OttoGeneratorSetTargets(s.Q, 0, NULL));
  PetscCall(OttoGeneratorApply(s.Q, p, rate));
  PetscCall(VecAXPY(rate, -1, before));
  PetscReal off = 1;
  PetscCall(VecNorm(rate, NORM_INFINITY, &off));
  TestTrue(off == 0 && OttoGeneratorGetClosed(s.Q) == 0, "without targets all is as before");
  PetscCall(Forget(&whole));
  PetscCall(VecDestroy(&before));
  PetscCall(VecDestroy(&rate));
  PetscCall(VecDestroy(&p));
  PetscCall(VecDestroy(&label));
  PetscCall(ChainDestroy(&s));
  return 0;
}

/* A potential that moves fills the losses anew: as many as before, with the rates of the time. */
static PetscErrorCode TestMoving(void)
{
  PetscReal killed[2] = {0, 0};
  PetscInt64 losses[2] = {0, 0};
  Vec label;

  for (int moved = 0; moved < 2; moved++) {
    Chain s;
    PetscCall(ChainCreate(
        2, (PetscInt64[]){9, 7}, (PetscReal[]){0, 0}, (PetscReal[]){1, 1}, (OttoBoundary[]){W, P},
        OPTIONS("-potential_type", "formula", "-potential_formula", moved ? "2*t*x" : "3*x+0*t"),
        &s));
    PetscCall(MakeLabels(s.grid, Two, &label));
    PetscCall(OttoGeneratorSetTargets(s.Q, 2, label));
    for (int k = 0; k < 4; k++) PetscCall(OttoGeneratorSetTime(s.Q, 0.5 * k));
    const OttoRates *r = OttoGeneratorGetRates(s.Q);
    losses[moved] = r->losses;
    for (PetscInt64 c = 0; c < s.g->local_cells; c++) killed[moved] += r->killed[c];
    PetscCall(VecDestroy(&label));
    PetscCall(ChainDestroy(&s));
  }
  TestTrue(losses[0] == losses[1], "as many losses");
  TestClose(killed[1], killed[0], 1e-13, "of the same rates");
  return 0;
}

int main(void)
{
  return TestMain({TestFace, TestEnds, TestSets, TestConduction, TestMoving});
}
