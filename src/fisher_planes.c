#include "fisher_planes.h"

PetscErrorCode OttoGhostedCreate(OttoGrid grid, const OttoPair *pair, const OttoKernel *kernel,
                                 PetscInt width, PetscInt slots, OttoGhosted *planes)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const size_t values = (size_t)(width * g->plane_cells);
  OttoHalo halo;

  PetscFunctionBegin;
  *planes = (OttoGhosted){.g = g, .pair = pair, .kernel = kernel, .width = width, .slots = slots};
  PetscCall(OttoPairGetArrays(pair, &planes->own));
  const PetscScalar *fields[4] = {planes->own.p, planes->own.q, planes->own.log_p,
                                  planes->own.log_q};
  PetscCall(OttoHaloCreate(grid, width, &halo));
  for (PetscInt f = 0; f < 4; f++) {
    if (f >= 2 && !(f == 2 ? pair->log_p : pair->log_q)) continue;
    PetscCall(OttoAgree(g->comm, PetscMalloc1(2 * values, &planes->halo[f])));
    PetscCall(OttoHaloExchange(halo, fields[f], planes->halo[f], planes->halo[f] + values));
  }
  PetscCall(OttoHaloDestroy(&halo));
  PetscCall(OttoAgree(g->comm, PetscMalloc1((size_t)(3 * slots * g->plane_cells), &planes->logs)));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGhostedDestroy(OttoGhosted *planes)
{
  PetscFunctionBegin;
  for (PetscInt f = 0; f < 4; f++) PetscCall(PetscFree(planes->halo[f]));
  PetscCall(PetscFree(planes->logs));
  PetscCall(OttoPairRestoreArrays(planes->pair, &planes->own));
  PetscFunctionReturn(0);
}

/* Values of field f (own array `own`) on local plane i; NULL where the pair has no such field. */
static const PetscReal *Values(const OttoGhosted *s, PetscInt f, const PetscScalar *own,
                               PetscInt64 i)
{
  if (i >= 0 && i < s->g->planes) return own ? own + i * s->g->plane_cells : NULL;
  PetscInt64 k = i < 0 ? s->width + i : s->width + i - s->g->planes;
  return s->halo[f] ? s->halo[f] + k * s->g->plane_cells : NULL;
}

static PetscInt Slot(const OttoGhosted *s, PetscInt64 i)
{
  return (PetscInt)((i + s->width) % s->slots);
}

void OttoGhostedTake(OttoGhosted *s, PetscInt64 i, OttoTotals *totals)
{
  const PetscInt64 n = s->g->plane_cells;
  PetscReal *lp = s->logs + 3 * n * Slot(s, i);

  s->plain[Slot(s, i)] = OttoPairAccumulate(
      s->kernel, n, Values(s, 0, s->own.p, i), Values(s, 1, s->own.q, i),
      Values(s, 2, s->own.log_p, i), Values(s, 3, s->own.log_q, i), totals, lp, lp + n, lp + 2 * n);
}

OttoPlane OttoGhostedGet(const OttoGhosted *s, PetscInt64 i)
{
  const PetscInt64 n = s->g->plane_cells;
  const PetscReal *lp = s->logs + 3 * n * Slot(s, i);

  return (OttoPlane){Values(s, 0, s->own.p, i), Values(s, 1, s->own.q, i), lp, lp + n, lp + 2 * n,
                     s->plain[Slot(s, i)]};
}
