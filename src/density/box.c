#include "density_impl.h"

/* The part of the cell of width h about x that lies between lower and upper. */
static PetscReal Overlap(PetscReal x, PetscReal h, PetscReal lower, PetscReal upper)
{
  return PetscMax(0, PetscMin(x + h / 2, upper) - PetscMax(x - h / 2, lower)) / h;
}

static PetscErrorCode Fill(OttoGrid grid, const char *prefix, PetscReal values[],
                           OttoDensityFacts *facts)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal lower[OTTO_MAX_DIM], upper[OTTO_MAX_DIM], x[OTTO_MAX_DIM];
  PetscInt64 cells = 0;
  PetscReal widest = 0;

  PetscFunctionBegin;
  facts->averaged = PETSC_TRUE;
  PetscCall(OttoDensityGetPoint(g, prefix, "lower", lower));
  PetscCall(OttoDensityGetPoint(g, prefix, "upper", upper));
  for (PetscInt j = 0; j < g->dim; j++)
    OttoCheckInput(upper[j] > lower[j], "%supper: %g on axis %d is not above %slower %g", prefix,
                   (double)upper[j], (int)j + 1, prefix, (double)lower[j]);
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    values[c] = 1;
    OttoGridCellCentre(g, c, x);
    for (PetscInt j = 0; j < g->dim; j++)
      values[c] *= facts->averages ? Overlap(x[j], g->h[j], lower[j], upper[j])
                                   : x[j] >= lower[j] && x[j] < upper[j];
    cells += values[c] > 0;
  }
  for (PetscInt j = 0; j < g->dim; j++) widest = PetscMax(widest, g->h[j]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &cells, 1, MPIU_INT64, MPI_SUM, g->comm));
  OttoCheckInput(cells > 0,
                 "%slower, %supper: no cell's centre lies between them; cells are up to %g wide",
                 prefix, prefix, (double)widest);
  PetscFunctionReturn(0);
}

const OttoDensityOps OttoDensityOps_Box = {.key = "lower", .fill = Fill};
