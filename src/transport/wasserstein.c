/* The life of a solver of W2. */
#include "core/buffer.h"
#include "wasserstein_impl.h"
#include <otto/options.h>

#define AXES 3 /* at most */

const char *const OttoWassersteinReasons[] = {"exact", "gap reached", "gap stagnates",
                                              "iteration limit", NULL};

PetscErrorCode OttoWassersteinCreate(OttoGrid grid, OttoWasserstein *w)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal lower[OTTO_MAX_DIM] = {0}, upper[OTTO_MAX_DIM];
  OttoBoundary boundary[OTTO_MAX_DIM];

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  OttoCheckInput(g->dim <= AXES, "transport: a grid of %d axes; it takes 1 to %d", (int)g->dim,
                 AXES);
  for (PetscInt j = 0; j < g->dim; j++) {
    OttoCheckInput(!OttoBoundaryAbsorbs(g->boundary[j], 0),
                   "transport: grid_boundary absorbing; it takes periodic, no_flux and open");
    boundary[j] =
        g->boundary[j] == OTTO_BOUNDARY_PERIODIC ? OTTO_BOUNDARY_PERIODIC : OTTO_BOUNDARY_NO_FLUX;
    upper[j] = g->upper[j] - g->lower[j];
  }
  PetscCall(PetscNew(w));
  (*w)->gap = 1e-2;
  (*w)->iterations = 1000;
  PetscCall(OttoGridCreate(g->comm, &(*w)->grid));
  PetscCall(OttoGridSetBox((*w)->grid, g->dim, g->n, lower, upper, boundary));
  PetscCall(OttoGridSetMesh((*w)->grid, g->mesh[0], g->mesh[1]));
  PetscCall(OttoGridSetCuts((*w)->grid, g->cuts));
  PetscCall(OttoGridSetUp((*w)->grid));
  (*w)->g = OttoGridGetInfo((*w)->grid);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoWassersteinDestroy(OttoWasserstein *w)
{
  OttoWasserstein s = *w;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  if (!s->levels) {
    PetscCall(OttoBufferDestroy(&s->p));
    PetscCall(OttoBufferDestroy(&s->q));
    PetscCall(OttoBufferDestroy(&s->lower[0]));
    PetscCall(OttoBufferDestroy(&s->upper[0]));
    PetscCall(OttoBufferDestroy(&s->middle));
  }
  PetscCall(OttoLevelsDestroy(&s->levels));
  PetscCall(OttoCTransformDestroy(&s->c));
  PetscCall(VecDestroy(&s->phi));
  PetscCall(VecDestroy(&s->psi));
  PetscCall(PetscFree(s->history));
  PetscCall(OttoGridDestroy(&s->grid));
  PetscCall(PetscFree(*w));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoWassersteinSetGap(OttoWasserstein w, PetscReal gap)
{
  PetscFunctionBegin;
  OttoCheckInput(gap > 0 && gap <= 1, "transport_gap: %g; it must be above 0 and at most 1",
                 (double)gap);
  w->gap = gap;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoWassersteinSetIterations(OttoWasserstein w, PetscInt iterations)
{
  PetscFunctionBegin;
  OttoCheckInput(iterations >= 0, "transport_iterations: %d; it must be at least 0",
                 (int)iterations);
  w->iterations = iterations;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoWassersteinSetMethod(OttoWasserstein w, OttoWassersteinMethod method)
{
  PetscFunctionBegin;
  PetscCheck(!w->set_up, PETSC_COMM_SELF, PETSC_ERR_ORDER, "a method is chosen before the set-up");
  w->method = method;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoWassersteinSetFromOptions(OttoWasserstein w)
{
  PetscInt64 iterations = w->iterations;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReal(NULL, "transport_gap", 1e-12, 1, &w->gap, NULL));
  PetscCall(OttoOptionsGetInt(NULL, "transport_iterations", 0, 1000000, &iterations, NULL));
  w->iterations = (PetscInt)iterations;
  PetscFunctionReturn(0);
}

/* The iteration's grids; p, q and the map are its finest ascent's. */
static PetscErrorCode SetUpLevels(OttoWasserstein w)
{
  PetscFunctionBegin;
  PetscCall(OttoLevelsCreate(w->grid, &w->levels));
  const OttoAscent a = OttoLevelsFinest(w->levels);
  w->p = a->p;
  w->q = a->q;
  for (PetscInt j = 0; j < w->g->dim; j++) {
    w->lower[j] = a->lower[j];
    w->upper[j] = a->upper[j];
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode SetUpQuantiles(OttoWasserstein w)
{
  const size_t cells = (size_t)w->g->local_cells;
  PetscReal **const buffer[] = {&w->p, &w->q, &w->lower[0], &w->upper[0], &w->middle};
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  OttoCheckInput(w->g->dim == 1, "transport: quantiles on a grid of %d axes", (int)w->g->dim);
  PetscCall(OttoCTransformCreate(w->grid, &w->c));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(buffer) && !code; i++)
    code = OttoBufferCreate(cells, buffer[i]);
  PetscCall(OttoAgree(w->g->comm, code));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoWassersteinSetUp(OttoWasserstein w)
{
  PetscFunctionBegin;
  if (w->set_up) PetscFunctionReturn(0);
  if (w->method == OTTO_WASSERSTEIN_AUTO)
    w->method = w->g->dim == 1 ? OTTO_WASSERSTEIN_QUANTILES : OTTO_WASSERSTEIN_BACK_AND_FORTH;
  PetscCall(OttoFieldCreate(w->grid, &w->phi));
  PetscCall(OttoFieldCreate(w->grid, &w->psi));
  if (w->method == OTTO_WASSERSTEIN_QUANTILES)
    PetscCall(SetUpQuantiles(w));
  else
    PetscCall(SetUpLevels(w));
  w->set_up = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscBool OttoWassersteinIsSetUp(OttoWasserstein w)
{
  return w->set_up;
}

size_t OttoWassersteinBytes(OttoWasserstein w)
{
  const size_t cells = (size_t)w->g->local_cells * sizeof(PetscReal);

  if (w->levels) return 2 * cells + OttoLevelsBytes(w->levels);
  return w->c ? 7 * cells + OttoCTransformBytes(w->c) : 0;
}
