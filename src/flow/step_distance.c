/* W2 of a step. */
#include "step_distance.h"
#include "core/fault.h"
#include "grid/axis.h"
#include <float.h>
#include <math.h>

/* Of rounding: places are sums of at most n masses, each off by as many roundings at most. */
#define ROUNDINGS 8

PetscErrorCode OttoStepDistanceCreate(OttoGrid grid, OttoStepDistance *s)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);

  PetscFunctionBegin;
  *s = (OttoStepDistance){.grid = grid};
  if (g->dim == 1 && g->boundary[0] != OTTO_BOUNDARY_PERIODIC) PetscFunctionReturn(0);
  PetscCall(OttoWassersteinCreate(grid, &s->solver));
  PetscCall(OttoWassersteinSetUp(s->solver));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStepDistanceDestroy(OttoStepDistance *s)
{
  PetscFunctionBegin;
  if (s->solver) PetscCall(OttoWassersteinDestroy(&s->solver));
  PetscFunctionReturn(0);
}

static PetscReal Total(const OttoBundle *b, int field)
{
  OttoSum sum = {0, 0};

  for (PetscInt64 i = 0; i < b->n; i++) OttoSumAdd(&sum, b->in[field][i * b->stride]);
  return OttoSumValue(sum);
}

/* ∫ (X − Y)² dm in cells² · mass of the second, X and Y the quantiles of two stairs: pieces end
 * where a cell of either does, on them X − Y is linear. */
static PetscErrorCode Quantiles(const OttoBundle *b, void *context)
{
  const PetscReal *p = b->in[0], *q = b->in[1];
  const PetscReal ratio = Total(b, 1) / Total(b, 0);
  PetscReal rest_p = p[0] * ratio, rest_q = q[0];
  PetscInt64 i = 0, j = 0;
  OttoSum sum = {0, 0};

  for (;;) {
    while (!(rest_p > 0) && ++i < b->n) rest_p = p[i * b->stride] * ratio;
    while (!(rest_q > 0) && ++j < b->n) rest_q = q[j * b->stride];
    if (i >= b->n || j >= b->n) break;
    const PetscReal m = PetscMin(rest_p, rest_q), mass_p = p[i * b->stride] * ratio;
    const PetscReal mass_q = q[j * b->stride];
    const PetscReal begin = (PetscReal)(i - j) + rest_q / mass_q - rest_p / mass_p;
    const PetscReal end = begin + m / mass_p - m / mass_q;
    OttoSumAdd(&sum, m * (begin * begin + begin * end + end * end) / 3);
    rest_p -= m;
    rest_q -= m;
  }
  *(PetscReal *)context = OttoSumValue(sum);
  return 0;
}

static PetscErrorCode OneAxis(OttoGrid grid, Vec before, Vec after, PetscReal *lower,
                              PetscReal *upper)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal found = 0, all = 0, mass = 0; /* by the rank that is handed the line */
  OttoAxis line;

  PetscFunctionBegin;
  PetscCall(OttoFieldIntegral(grid, after, &mass));
  PetscCall(OttoAxisCreate(grid, 0, 2, 1, &line));
  PetscCall(OttoAxisApplyFields(line, 2, (const Vec[]){before, after}, 0, NULL, Quantiles, &found));
  PetscCall(OttoAxisDestroy(&line));
  PetscCallMPI(MPI_Allreduce(&found, &all, 1, MPIU_REAL, MPIU_SUM, g->comm));
  const PetscReal w = g->h[0] * sqrt(all * g->cell_volume);
  const PetscReal off =
      ROUNDINGS * DBL_EPSILON * (PetscReal)g->n[0] * (g->upper[0] - g->lower[0]) * sqrt(mass);
  *lower = PetscMax(0, w - off);
  *upper = w + off;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStepDistanceFind(OttoStepDistance *s, Vec before, Vec after, PetscReal *lower,
                                    PetscReal *upper)
{
  OttoWassersteinResult found;

  PetscFunctionBegin;
  if (!s->solver) {
    PetscCall(OneAxis(s->grid, before, after, lower, upper));
    OttoFault("w2_lower", 1, lower);
    OttoFault("w2_upper", 1, upper);
    PetscFunctionReturn(0);
  }
  PetscCall(OttoWassersteinSolve(s->solver, before, after, &found));
  *lower = PetscMax(0, found.lower - found.cell_bias);
  *upper = found.upper + found.cell_bias;
  PetscFunctionReturn(0);
}
