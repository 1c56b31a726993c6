/* ranks: 1 2 3 4
 * Sets of cells as targets: what leads to them is lost at the face where they begin, at the rate of
 * half an edge; the rest of the chain is as without them. */
#include "chain.h"
#include <math.h>

/* Labels of cells by their centres. */
static PetscErrorCode Label(OttoGrid grid, PetscInt (*set)(const PetscReal x[]), Vec *label)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal x[OTTO_MAX_DIM];
  PetscScalar *l;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, label));
  PetscCall(VecGetArray(*label, &l));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    l[c] = (PetscReal)set(x);
  }
  PetscCall(VecRestoreArray(*label, &l));
  PetscFunctionReturn(0);
}

static PetscInt Beyond(const PetscReal x[])
{
  return x[0] > 1 ? 1 : 0;
}

/* Of a linear force the set that begins at x = 1 is the absorbing face of a box that ends there. */
static PetscErrorCode TestFace(void)
{
  const char *const *keys = OPTIONS("-potential_type", "formula", "-potential_formula", "3*x+y",
                                    "-drift_type", "constant", "-drift_force", "1,2",
                                    "-temperature", "0.7", "-mobility", "2,0.5");
  const PetscReal from = 2 * 2 * 0.7 / 0.0625, z = (1 - 3.) * 0.25 / (2 * 0.7);
  PetscReal lost = 0;
  Vec label;
  Chain s;

  PetscCall(ChainCreate(2, (PetscInt64[]){6, 4}, (PetscReal[]){0, 0}, (PetscReal[]){1.5, 1},
                        (OttoBoundary[]){W, W}, keys, &s));
  PetscCall(Label(s.grid, Beyond, &label));
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

/* Two halves of an edge in a row, through a state without volume at its middle, are the edge: in
 * both directions Q_xm Q_my/(Q_mx + Q_my) = Q_xy. */
static PetscErrorCode CheckHalves(const OttoRates *whole, const OttoLoss *loss, PetscReal sum)
{
  (void)whole;
  TestTrue(loss->rate > 0 && loss->rate <= sum * (1 + 1e-14), "a part of what is lost");
  return 0;
}

/* The chain with targets beside the one without: edges that lead to none are the same, others are
 * gone, and each is a loss of Q + √(Q Q'). Taken away, all is as before. */
static PetscErrorCode TestSets(void)
{
  const char *const *keys =
      OPTIONS("-potential_type", "formula", "-potential_formula", "4*sin(5*x)*cos(3*y)+30*(x>0.85)*x",
              "-drift_type", "rotation", "-drift_rate", "3");
  const OttoBoundary boundary[] = {OTTO_BOUNDARY_ABSORBING_LOWER, P};
  PetscReal sums[2] = {0, 0}; /* killed, and by the list of losses */
  Vec label, p, rate, before;
  Chain s;

  PetscCall(ChainCreate(2, (PetscInt64[]){13, 11}, (PetscReal[]){0, 0}, (PetscReal[]){1, 1},
                        boundary, keys, &s));
  PetscCall(Label(s.grid, Two, &label));
  PetscCall(OttoFieldCreate(s.grid, &p));
  PetscCall(VecDuplicate(p, &rate));
  PetscCall(VecDuplicate(p, &before));
  PetscCall(VecSet(p, 1));
  PetscCall(OttoGeneratorApply(s.Q, p, before));
  PetscCall(OttoGeneratorSetTargets(s.Q, 2, label));
  const OttoRates *r = OttoGeneratorGetRates(s.Q);
  for (PetscInt64 c = 0; c < s.g->local_cells; c++) sums[0] += r->killed[c];
  for (PetscInt64 i = 0; i < r->losses; i++) {
    sums[1] += r->loss[i].rate;
    PetscCall(CheckHalves(r, &r->loss[i], r->killed[r->loss[i].cell]));
  }
  TestClose(sums[1], sums[0], 1e-13, "killed is the sum of losses"); /* of some 50 terms */
  PetscCall(OttoGeneratorSetTargets(s.Q, 0, NULL));
  PetscCall(OttoGeneratorApply(s.Q, p, rate));
  PetscCall(VecAXPY(rate, -1, before));
  PetscReal off = 1;
  PetscCall(VecNorm(rate, NORM_INFINITY, &off));
  TestTrue(off == 0 && OttoGeneratorGetClosed(s.Q) == 0, "without targets all is as before");
  PetscCall(VecDestroy(&before));
  PetscCall(VecDestroy(&rate));
  PetscCall(VecDestroy(&p));
  PetscCall(VecDestroy(&label));
  PetscCall(ChainDestroy(&s));
  return 0;
}

int main(void)
{
  return TestMain({TestFace, TestSets});
}
