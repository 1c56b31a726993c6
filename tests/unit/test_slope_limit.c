/* ranks: 1 2 3
 * Fields that nowhere fall faster than a rate: the definition, by all pairs of cells.
 */
#include "descent.h"
#include "transport/slope_limit.h"

static double At(const PetscInt64 idx[])
{
  const double u = sin(7.3 * (double)idx[0] + 3.1 * (double)idx[1]);

  return u > 0.9 ? u : 1e-6 * (1.5 + u);
}

/* The largest of field(y) exp(−rate |x − y|₁), y all cells, the nearest way round a circle. */
static double Largest(const OttoGridInfo *g, PetscReal rate, const PetscInt64 x[])
{
  double most = 0;

  for (PetscInt64 i = 0; i < g->n[0]; i++)
    for (PetscInt64 k = 0; k < g->n[1]; k++) {
      const PetscInt64 y[2] = {i, k};
      double way = 0;
      for (int j = 0; j < 2; j++) {
        PetscInt64 apart = x[j] > y[j] ? x[j] - y[j] : y[j] - x[j];
        if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC) apart = PetscMin(apart, g->n[j] - apart);
        way += (double)apart * g->h[j];
      }
      most = fmax(most, At(y) * exp(-rate * way));
    }
  return most;
}

static PetscErrorCode TestPairs(void)
{
  const PetscInt64 n[] = {19, 14};
  const PetscReal low[] = {0, 0}, high[] = {1, 2}, rates[] = {0, 3, 40};
  const OttoBoundary kinds[] = {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX};
  OttoGrid grid;

  PetscFunctionBegin;
  for (int swap = 0; swap < 2; swap++) {
    const OttoBoundary boundary[2] = {kinds[swap], kinds[!swap]};
    PetscCall(MakeBox(2, n, low, high, boundary, &grid));
    const OttoGridInfo *g = OttoGridGetInfo(grid);
    for (int k = 0; k < 3; k++) {
      PetscReal *field;
      PetscInt64 idx[OTTO_MAX_DIM];
      PetscCall(PetscMalloc1(PetscMax(1, g->local_cells), &field));
      for (PetscInt64 c = 0; c < g->local_cells; c++) {
        OttoGridCellIndex(g, c, idx);
        field[c] = At(idx);
      }
      PetscCall(OttoSlopeLimit(grid, rates[k], field));
      for (PetscInt64 c = 0; c < g->local_cells; c++) {
        OttoGridCellIndex(g, c, idx);
        /* a product of up to 33 factors instead of one exponential */
        TestClose(field[c], Largest(g, rates[k], idx), 1e-13, "the largest of all cells");
      }
      PetscCall(PetscFree(field));
    }
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestPairs});
}
