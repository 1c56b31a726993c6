#include "density_impl.h"
#include <math.h>

typedef struct {
  const OttoGridInfo *g;
  PetscReal center[OTTO_MAX_DIM], radius;
} Ball;

static PetscErrorCode Read(const OttoGridInfo *g, const char *prefix, Ball *ball)
{
  PetscBool set;

  PetscFunctionBegin;
  ball->g = g;
  PetscCall(OttoDensityGetPoint(g, prefix, "center", ball->center));
  PetscCall(OttoOptionsGetReal(prefix, "radius", 0, INFINITY, &ball->radius, &set));
  OttoCheckInput(set, "%sradius: missing; a ball needs a radius above 0", prefix);
  OttoCheckInput(ball->radius > 0, "%sradius: %g must be above 0", prefix, (double)ball->radius);
  PetscFunctionReturn(0);
}

/* 1 in the ball; on the torus where periodic. */
static PetscErrorCode Inside(const PetscReal x[], const void *context, PetscReal *value)
{
  const Ball *ball = (const Ball *)context;
  const OttoGridInfo *g = ball->g;
  PetscReal r2 = 0;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscReal d = x[j] - ball->center[j];
    if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC) d = remainder(d, g->upper[j] - g->lower[j]);
    r2 += d * d;
  }
  *value = sqrt(r2) <= ball->radius ? 1 : 0;
  PetscFunctionReturn(0);
}

static PetscErrorCode Fill(OttoGrid grid, const char *prefix, PetscReal values[],
                           OttoDensityFacts *facts)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Ball ball = {.radius = 0};
  PetscReal x[OTTO_MAX_DIM], widest = 0;
  PetscInt64 cells = 0;

  PetscFunctionBegin;
  facts->averaged = PETSC_TRUE;
  PetscCall(Read(g, prefix, &ball));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    if (facts->averages)
      PetscCall(OttoDensityCellMean(g, c, Inside, &ball, &values[c]));
    else
      PetscCall(Inside(x, &ball, &values[c]));
    cells += values[c] > 0;
  }
  for (PetscInt j = 0; j < g->dim; j++) widest = PetscMax(widest, g->h[j]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &cells, 1, MPIU_INT64, MPI_SUM, g->comm));
  OttoCheckInput(cells > 0, "%sradius: %g holds no cell's centre; cells are up to %g wide", prefix,
                 (double)ball.radius, (double)widest);
  PetscFunctionReturn(0);
}

static PetscErrorCode Open(OttoGrid grid, const char *prefix, void **data)
{
  Ball *ball;

  PetscFunctionBegin;
  PetscCall(PetscNew(&ball));
  *data = ball;
  PetscCall(Read(OttoGridGetInfo(grid), prefix, ball));
  PetscFunctionReturn(0);
}

static PetscErrorCode At(const OttoGridInfo *g, const void *data, const PetscReal x[],
                         PetscReal *value)
{
  (void)g;
  return Inside(x, data, value);
}

static PetscErrorCode Close(void *data)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(data));
  PetscFunctionReturn(0);
}

const OttoDensityOps OttoDensityOps_Ball = {
    .key = "radius", .fill = Fill, .function = {.open = Open, .value = At, .close = Close}};
