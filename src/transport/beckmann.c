/* Beckmann's problem: the solver's life. */
#include "beckmann_impl.h"
#include "core/buffer.h"
#include <otto/options.h>
#include <math.h>

const char *const OttoBeckmannReasons[] = {"exact", "gap reached", "gap stagnates",
                                           "iteration limit", NULL};

PetscErrorCode OttoBeckmannCreate(OttoGrid grid, OttoBeckmann *b)
{
  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(PetscNew(b));
  (*b)->grid = grid;
  (*b)->gap = 5e-2;
  (*b)->limit = 1000;
  PetscFunctionReturn(0);
}

/* What stands on the twin. */
static PetscErrorCode Clear(OttoBeckmann b)
{
  Vec *fields[] = {&b->delta, &b->target, &b->u, &b->ahead, &b->work, &b->smooth, &b->best_u};
  PetscReal **buffers[] = {&b->flux, &b->side[0], &b->side[1], &b->face, &b->best_face, &b->room};

  PetscFunctionBegin;
  PetscCall(OttoSymbolDestroy(&b->poisson));
  b->poisson = NULL;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(fields); i++) PetscCall(VecDestroy(fields[i]));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(buffers); i++)
    PetscCall(OttoBufferDestroy(buffers[i]));
  PetscCall(OttoTwinDestroy(&b->twin));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBeckmannDestroy(OttoBeckmann *b)
{
  PetscFunctionBegin;
  if (!*b) PetscFunctionReturn(0);
  PetscCall(Clear(*b));
  PetscCall(VecDestroy(&(*b)->difference));
  PetscCall(VecDestroy(&(*b)->returned));
  PetscCall(PetscFree((*b)->history));
  PetscCall(PetscFree(*b));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBeckmannSetGap(OttoBeckmann b, PetscReal gap)
{
  PetscFunctionBegin;
  OttoCheckInput(gap > 0 && isfinite(gap), "w1_gap = %g: it must be above 0", (double)gap);
  b->gap = gap;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBeckmannSetIterations(OttoBeckmann b, PetscInt iterations)
{
  PetscFunctionBegin;
  OttoCheckInput(iterations >= 1, "w1_iterations = %d: it must be 1 or more", (int)iterations);
  b->limit = iterations;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBeckmannSetFromOptions(OttoBeckmann b)
{
  PetscInt64 limit = b->limit;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReal(NULL, "w1_gap", 1e-12, 1, &b->gap, NULL));
  PetscCall(OttoOptionsGetInt(NULL, "w1_iterations", 1, 1000000, &limit, NULL));
  b->limit = (PetscInt)limit;
  PetscFunctionReturn(0);
}

/* (−Δ)⁻¹ of the 2·dim + 1 point Laplacian; context: the grid's facts. */
static PetscReal InverseLaplacian(PetscInt dim, const PetscReal kappa[], void *context)
{
  const OttoGridInfo *g = context;
  PetscReal lambda = 0;

  for (PetscInt j = 0; j < dim; j++) lambda += PetscSqr(2 / g->h[j] * sin(kappa[j] * g->h[j] / 2));
  return lambda > 0 ? 1 / lambda : 0;
}

/* Fields and buffers. */
static PetscErrorCode Allocate(OttoBeckmann b)
{
  const size_t cells = (size_t)b->g->local_cells, dim = (size_t)b->g->dim;
  struct {
    PetscReal **buffer;
    size_t count;
  } wanted[] = {{&b->best_face, dim * cells},
                {&b->face, dim * cells},
                {&b->side[0], dim * cells},
                {&b->side[1], dim * cells},
                {&b->flux, (size_t)OttoCorners(b->g) * dim * cells},
                {&b->room, (size_t)(otto_beckmann_rooms * OttoRunCells(b->g))}};
  const size_t count = dim > 1 ? PETSC_STATIC_ARRAY_LENGTH(wanted) : 1;

  PetscFunctionBegin;
  for (size_t i = 0; i < count; i++) {
    PetscCall(OttoAgree(b->g->comm, OttoBufferCreate(wanted[i].count, wanted[i].buffer)));
    memset(*wanted[i].buffer, 0, wanted[i].count * sizeof(PetscReal));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBeckmannBuild(OttoBeckmann b, PetscInt parts)
{
  const PetscBool line = OttoGridGetInfo(b->grid)->dim == 1 ? PETSC_TRUE : PETSC_FALSE;
  Vec *fields[] = {&b->delta, &b->best_u, &b->target, &b->u, &b->ahead, &b->work, &b->smooth};
  OttoGrid at = b->grid;

  PetscFunctionBegin;
  PetscCall(Clear(b));
  if (!line) {
    PetscCall(OttoTwinCreate(b->grid, PETSC_FALSE, parts, &b->twin));
    at = b->twin.grid;
  }
  b->parts = parts;
  b->g = OttoGridGetInfo(at);
  for (size_t i = 0; i < (line ? 2 : PETSC_STATIC_ARRAY_LENGTH(fields)); i++)
    PetscCall(OttoFieldCreate(at, fields[i]));
  PetscCall(Allocate(b));
  if (line) PetscFunctionReturn(0);
  PetscCall(OttoGridGetHalo(at, 1, &b->halo));
  PetscCall(
      OttoSymbolCreate(b->twin.transform, InverseLaplacian, (void *)(uintptr_t)b->g, &b->poisson));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBeckmannSetUp(OttoBeckmann b)
{
  const OttoGridInfo *g = OttoGridGetInfo(b->grid);
  PetscReal square = 0;

  PetscFunctionBegin;
  if (b->ready) PetscFunctionReturn(0);
  OttoCheckInput(g->dim <= 3, "grid_n: W1 is found on grids of 1 to 3 axes, not %d", (int)g->dim);
  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscBool periodic = g->boundary[j] == OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
    OttoCheckInput(!OttoBoundaryAbsorbs(g->boundary[j], 0),
                   "grid_boundary: axis %d is absorbing; it must be periodic, no_flux or open",
                   (int)j);
    square += PetscSqr((g->upper[j] - g->lower[j]) / (periodic ? 2 : 1));
  }
  b->diameter = sqrt(square);
  if (!b->difference) PetscCall(OttoFieldCreate(b->grid, &b->difference));
  if (!b->returned) PetscCall(OttoFieldCreate(b->grid, &b->returned));
  PetscCall(OttoBeckmannBuild(b, 1));
  b->ready = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscBool OttoBeckmannIsSetUp(OttoBeckmann b)
{
  return b->ready;
}

size_t OttoBeckmannBytes(OttoBeckmann b)
{
  if (!b->ready) return 0;
  const size_t cells = (size_t)b->g->local_cells, dim = (size_t)b->g->dim;
  if (dim == 1) return 4 * cells * sizeof(PetscReal);
  return ((9 + 4 * dim + (size_t)OttoCorners(b->g) * dim) * cells +
          (size_t)(otto_beckmann_rooms * OttoRunCells(b->g))) *
             sizeof(PetscReal) +
         OttoSymbolBytes(b->poisson) + OttoTransformBytes(b->twin.transform);
}
