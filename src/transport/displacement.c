/* What a solve leaves: potentials, the map, densities on the way. */
#include "boxes.h"
#include "core/buffer.h"
#include "core/fault.h"
#include "quantiles.h"
#include "wasserstein_impl.h"

#define OttoNeedSolve(w) OttoNeed((w)->solved, "OttoWassersteinSolve()")

PetscErrorCode OttoWassersteinGetPotentials(OttoWasserstein w, Vec *phi, Vec *psi)
{
  PetscFunctionBegin;
  OttoNeedSolve(w);
  *phi = w->phi;
  *psi = w->psi;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoWassersteinGetMap(OttoWasserstein w, const Vec displacement[])
{
  const OttoGridInfo *g = w->g;
  PetscInt64 idx[OTTO_MAX_DIM];
  PetscScalar *d;

  PetscFunctionBegin;
  OttoNeedSolve(w);
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscCall(VecGetArray(displacement[j], &d));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      OttoGridCellIndex(g, c, idx);
      const PetscReal to = w->middle ? w->middle[c] : 0.5 * (w->lower[j][c] + w->upper[j][c]);
      d[c] = (to - ((PetscReal)idx[j] + 0.5)) * g->h[j];
    }
    PetscCall(VecRestoreArray(displacement[j], &d));
  }
  PetscFunctionReturn(0);
}

/* The boxes of cells on their way, and what is spread over them. */
static PetscErrorCode Boxes(OttoWasserstein w, PetscReal s, PetscReal *const lower[],
                            PetscReal *const upper[], PetscReal out[])
{
  PetscInt64 idx[OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < w->g->local_cells; c++) {
    OttoGridCellIndex(w->g, c, idx);
    for (PetscInt j = 0; j < w->g->dim; j++) {
      lower[j][c] = (1 - s) * (PetscReal)idx[j] + s * w->lower[j][c];
      upper[j][c] = (1 - s) * (PetscReal)(idx[j] + 1) + s * w->upper[j][c];
    }
  }
  PetscCall(OttoBoxesDeposit(w->grid, (const PetscReal *const *)lower,
                             (const PetscReal *const *)upper, w->p, out));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoWassersteinFrame(OttoWasserstein w, PetscReal s, Vec density)
{
  const OttoGridInfo *g = w->g;
  PetscReal *lower[3] = {NULL}, *upper[3] = {NULL};
  PetscErrorCode code = 0;
  PetscScalar *out;

  PetscFunctionBegin;
  OttoNeedSolve(w);
  OttoCheckInput(s >= 0 && s <= 1, "displacement interpolation at s = %g; it must be in [0, 1]",
                 (double)s);
  for (PetscInt j = 0; j < g->dim && !code; j++) {
    code = OttoBufferCreate((size_t)g->local_cells, &lower[j]);
    if (!code) code = OttoBufferCreate((size_t)g->local_cells, &upper[j]);
  }
  code = OttoAgree(g->comm, code);
  if (!code) {
    PetscCall(VecSet(density, 0));
    PetscCall(VecGetArray(density, &out));
    code = w->middle ? OttoQuantilesFrame(w->grid, w->p, w->q, s, out,
                                          (PetscReal *const[]){lower[0], upper[0]})
                     : Boxes(w, s, lower, upper, out);
    PetscCall(VecRestoreArray(density, &out));
    PetscCall(VecScale(density, w->mass));
    PetscCall(OttoFaultVec("frame", density));
  }
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscCall(OttoBufferDestroy(&lower[j]));
    PetscCall(OttoBufferDestroy(&upper[j]));
  }
  PetscFunctionReturn(code);
}
