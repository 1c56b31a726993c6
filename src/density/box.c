#include "density_impl.h"

typedef struct {
  PetscReal lower[OTTO_MAX_DIM], upper[OTTO_MAX_DIM];
} Box;

static PetscErrorCode Read(const OttoGridInfo *g, const char *prefix, Box *box)
{
  PetscFunctionBegin;
  PetscCall(OttoDensityGetPoint(g, prefix, "lower", box->lower));
  PetscCall(OttoDensityGetPoint(g, prefix, "upper", box->upper));
  for (PetscInt j = 0; j < g->dim; j++)
    OttoCheckInput(box->upper[j] > box->lower[j], "%supper: %g on axis %d is not above %slower %g",
                   prefix, (double)box->upper[j], (int)j + 1, prefix, (double)box->lower[j]);
  PetscFunctionReturn(0);
}

/* 1 in the box. */
static PetscErrorCode At(const OttoGridInfo *g, const void *data, const PetscReal x[],
                         PetscReal *value)
{
  const Box *box = (const Box *)data;

  PetscFunctionBegin;
  *value = 1;
  for (PetscInt j = 0; j < g->dim; j++)
    if (!(x[j] >= box->lower[j] && x[j] < box->upper[j])) *value = 0;
  PetscFunctionReturn(0);
}

/* The part of the cell of width h about x that lies between lower and upper. */
static PetscReal Overlap(PetscReal x, PetscReal h, PetscReal lower, PetscReal upper)
{
  return PetscMax(0, PetscMin(x + h / 2, upper) - PetscMax(x - h / 2, lower)) / h;
}

static PetscErrorCode Fill(OttoGrid grid, const char *prefix, PetscReal values[],
                           OttoDensityFacts *facts)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Box box;
  PetscReal x[OTTO_MAX_DIM], widest = 0;
  PetscInt64 cells = 0;

  PetscFunctionBegin;
  facts->averaged = PETSC_TRUE;
  PetscCall(Read(g, prefix, &box));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    PetscCall(At(g, &box, x, &values[c]));
    if (facts->averages) values[c] = 1;
    for (PetscInt j = 0; j < g->dim && facts->averages; j++)
      values[c] *= Overlap(x[j], g->h[j], box.lower[j], box.upper[j]);
    cells += values[c] > 0;
  }
  for (PetscInt j = 0; j < g->dim; j++) widest = PetscMax(widest, g->h[j]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &cells, 1, MPIU_INT64, MPI_SUM, g->comm));
  OttoCheckInput(cells > 0,
                 "%slower, %supper: no cell's centre lies between them; cells are up to %g wide",
                 prefix, prefix, (double)widest);
  PetscFunctionReturn(0);
}

static PetscErrorCode Open(OttoGrid grid, const char *prefix, void **data)
{
  Box *box;

  PetscFunctionBegin;
  PetscCall(PetscNew(&box));
  *data = box;
  PetscCall(Read(OttoGridGetInfo(grid), prefix, box));
  PetscFunctionReturn(0);
}

static PetscErrorCode Close(void *data)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(data));
  PetscFunctionReturn(0);
}

const OttoDensityOps OttoDensityOps_Box = {
    .key = "lower", .fill = Fill, .function = {.open = Open, .value = At, .close = Close}};
