/* ranks: 1 2 3 4 5
 * Divergences, Fisher forms, quadratures, moments, marginals, ranges and coarser grids on every
 * mesh of the ranks are those of all ranks on the first axis: sums in another order, so to 1e-13 of
 * the largest of their kind. */
#include "fixture.h"

#define MOST 400

typedef struct {
  PetscInt count;
  PetscReal value[MOST], scale[MOST];
} Numbers;

static void Add(Numbers *s, PetscInt count, const PetscReal v[], PetscReal scale)
{
  for (PetscInt k = 0; k < count && s->count < MOST; k++) {
    s->value[s->count] = v[k];
    s->scale[s->count++] = scale > 0 ? scale : fabs(v[k]);
  }
}

/* Of the place alone, smooth, unlike on every axis; q with a zero where `holes`. */
static PetscErrorCode FillBoth(OttoGrid grid, PetscBool holes, Vec p, Vec q)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscScalar *a, *b;

  PetscFunctionBegin;
  PetscCall(VecGetArray(p, &a));
  PetscCall(VecGetArray(q, &b));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscInt64 idx[OTTO_MAX_DIM], sum = 0;
    PetscReal x = 0, y = 0;
    OttoGridCellIndex(g, c, idx);
    for (PetscInt j = 0; j < g->dim; j++) {
      const PetscReal u = ((PetscReal)idx[j] + 0.5) / (PetscReal)g->n[j];
      x += (0.6 + 0.1 * (PetscReal)j) * cos(2 * PETSC_PI * u);
      y += 0.5 * sin(2 * PETSC_PI * u + (PetscReal)j);
      sum = 3 * sum + idx[j];
    }
    a[c] = holes && sum % 7 == 0 ? 0 : exp(x);
    b[c] = holes && sum % 7 == 0 ? 0 : exp(y);
  }
  PetscCall(VecRestoreArray(q, &b));
  PetscCall(VecRestoreArray(p, &a));
  PetscFunctionReturn(0);
}

static void AddFisher(Numbers *s, const OttoFisher *f)
{
  Add(s, 1, &f->fisher_p, 0);
  Add(s, 1, &f->fisher_q, 0);
  Add(s, OTTO_SMOOTH_COUNT, f->dissipation, 0);
}

static PetscErrorCode Coarse(OttoGrid grid, Vec u, Numbers *s)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscInt64 n[OTTO_MAX_DIM];
  PetscReal range[2] = {0, -INFINITY}, square = 0;
  OttoTransfer transfer;
  OttoGrid coarse;
  Vec v = NULL;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) n[j] = PetscMax(1, g->n[j] * 2 / 3);
  PetscCall(OttoGridCoarsen(grid, n, &coarse));
  PetscCall(OttoTransferCreate(grid, n, coarse, &transfer));
  for (int logs = 0; logs < 2; logs++) {
    if (coarse) PetscCall(OttoFieldCreate(coarse, &v));
    PetscCall(logs ? OttoTransferLogMeanExp(transfer, u, v) : OttoTransferMean(transfer, u, v));
    range[0] = square = 0;
    range[1] = -INFINITY;
    if (v) {
      const PetscScalar *a;
      PetscCall(VecGetArrayRead(v, &a));
      for (PetscInt64 c = 0; c < OttoGridGetInfo(coarse)->local_cells; c++) {
        PetscInt64 idx[OTTO_MAX_DIM];
        PetscReal weight = 1; /* of the place */
        OttoGridCellIndex(OttoGridGetInfo(coarse), c, idx);
        for (PetscInt j = 0; j < g->dim; j++) weight += (PetscReal)((j + 2) * idx[j]);
        square += weight * a[c];
        range[1] = PetscMax(range[1], a[c]);
      }
      PetscCall(VecRestoreArrayRead(v, &a));
    }
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &square, 1, MPIU_REAL, MPIU_SUM, g->comm));
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &range[1], 1, MPIU_REAL, MPIU_MAX, g->comm));
    Add(s, 1, &square, 0);
    Add(s, 1, &range[1], 0);
    PetscCall(VecDestroy(&v));
  }
  PetscCall(OttoTransferDestroy(&transfer));
  PetscCall(OttoGridCoarseDestroy(&coarse));
  PetscFunctionReturn(0);
}

static PetscErrorCode Compute(OttoGrid grid, PetscBool holes, Numbers *s)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal raw[100] = {0}, line[64];
  OttoDivergences d = {0};
  OttoQuadrature quadrature;
  OttoFisher f;
  OttoPair pair = {.p = NULL};

  PetscFunctionBegin;
  s->count = 0;
  PetscCall(OttoFieldCreate(grid, &pair.p));
  PetscCall(OttoFieldCreate(grid, &pair.q));
  PetscCall(FillBoth(grid, holes, pair.p, pair.q));
  PetscCall(OttoDivergenceCompute(grid, &pair, ~0u, 0.5, &d));
  Add(s, OTTO_DIVERGENCE_COUNT, d.divergence, 0);
  Add(s, 1, &d.entropy_p, 0);
  Add(s, 1, &d.cross_entropy, 0);
  PetscCall(OttoFisherEdge(grid, &pair, &f)); /* with what flows into empty cells */
  AddFisher(s, &f);
  if (!holes) {
    PetscCall(OttoFisherFD4(grid, &pair, &f));
    AddFisher(s, &f);
    PetscCall(OttoFisherFD4WithDivergences(grid, &pair, ~0u, 0.5, &d, &f));
    Add(s, OTTO_DIVERGENCE_COUNT, d.divergence, 0);
    Add(s, 1, &f.dissipation[OTTO_DIVERGENCE_KL], 0);
    PetscCall(OttoDivergenceQuadrature(grid, &pair, &quadrature));
    Add(s, 1, &quadrature.tv_correction, 1e-2);
    Add(s, 1, &quadrature.tv_error, 1e-2);
    Add(s, 1, &quadrature.js_error, 1e-2);
    Add(s, 1, &quadrature.js_rate_error, 1);
    PetscCall(OttoMomentsCompute(grid, pair.p, raw));
    Add(s, 100, raw, 10);
    for (PetscInt j = 0; j < g->dim; j++) {
      PetscCall(OttoMarginalsCompute(grid, pair.q, j, line));
      Add(s, (PetscInt)g->n[j], line, 0);
    }
    PetscCall(Coarse(grid, pair.p, s));
  }
  PetscCall(VecDestroy(&pair.p));
  PetscCall(VecDestroy(&pair.q));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestMeshes(void)
{
  static const PetscInt64 sizes[][4] = {{11, 9, 1, 1}, {9, 8, 7, 1}, {6, 5, 4, 3}};
  static const OttoBoundary kinds[][4] = {{OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_PERIODIC,
                                           OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_PERIODIC},
                                          {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_NO_FLUX,
                                           OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX}};
  const PetscReal lower[4] = {-1, 0, 0.5, 0}, upper[4] = {1, 3, 2, 1};
  static Numbers expected, got;
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  for (PetscInt dim = 2; dim <= 4; dim++)
    for (int k = 0; k < 4; k++)
      for (PetscMPIInt p1 = 1; p1 <= size; p1++) {
        OttoGrid grid;
        if (size % p1) continue;
        PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &grid));
        PetscCall(OttoGridSetBox(grid, dim, sizes[dim - 2], lower, upper, kinds[k / 2]));
        PetscCall(OttoGridSetMesh(grid, size / p1, p1));
        PetscCall(OttoGridSetUp(grid));
        PetscCall(Compute(grid, k % 2 ? PETSC_TRUE : PETSC_FALSE, p1 == 1 ? &expected : &got));
        PetscCall(OttoGridDestroy(&grid));
        TestTrue(expected.count > 10, "there are numbers");
        for (PetscInt i = 0; p1 > 1 && i < expected.count; i++) {
          const PetscReal a = got.value[i], b = expected.value[i];
          const PetscBool same = a == b || fabs(a - b) <= 1e-13 * expected.scale[i];
          if (!same)
            fprintf(stderr, "dim %d kind %d p1 %d number %d: %.17g, expected %.17g\n", (int)dim, k,
                    p1, (int)i, a, b);
          TestTrue(same, "a number is the same on every mesh");
        }
      }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestMeshes});
}
