/* Forms that are given scores or rates: sums over cells, no neighbours. */
#include "fisher_sums.h"
#include "divergence_totals.h"
#include "core/vecmath.h"
#include <math.h>

PetscErrorCode OttoFisherAddScores(OttoGrid grid, const OttoPair *pair, Vec score_p, Vec score_q,
                                   OttoFisher *out)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoSum sums[OTTO_FISHER_COUNT] = {{0, 0}};
  PetscReal square[3][OTTO_BLOCK], value[OTTO_FISHER_COUNT];
  const PetscScalar *sp, *sq;
  OttoPairArrays a;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(OttoPairGetArrays(pair, &a));
  PetscCall(VecGetArrayRead(score_p, &sp));
  PetscCall(VecGetArrayRead(score_q, &sq));
  for (PetscInt64 from = 0; from < g->local_cells; from += OTTO_BLOCK) {
    PetscInt n = (PetscInt)PetscMin(OTTO_BLOCK, g->local_cells - from);
    for (PetscInt i = 0; i < n; i++) { /* infinity: left out */
      PetscInt64 c = from + i;
      PetscReal d = sp[c] - sq[c];
      PetscBool has_p = a.log_p || a.p[c] > pair->resolved_p ? PETSC_TRUE : PETSC_FALSE;
      PetscBool has_q = a.log_q || a.q[c] > pair->resolved_q ? PETSC_TRUE : PETSC_FALSE;
      square[0][i] = has_p && has_q ? d * d : INFINITY;
      square[1][i] = has_p ? sp[c] * sp[c] : INFINITY;
      square[2][i] = has_q ? sq[c] * sq[c] : INFINITY;
    }
    if (a.log_p && a.log_q)
      OttoFisherWeighLogs(n, a.log_p + from, a.log_q + from, square[0], square[1], square[2],
                          value);
    else
      OttoFisherWeigh(n, a.p + from, a.q + from, square[0], square[1], square[2], value);
    OttoFisherSumAdd(sums, value, 1);
  }
  PetscCall(VecRestoreArrayRead(score_p, &sp));
  PetscCall(VecRestoreArrayRead(score_q, &sq));
  PetscCall(OttoPairRestoreArrays(pair, &a));
  PetscCall(OttoFisherFinish(grid, sums, out));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFisherRateKL(OttoGrid grid, const OttoPair *pair, Vec rate_p, Vec rate_q,
                                PetscReal *rate)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const OttoPairRule rule = {0, 0.5, pair->resolved_p, pair->resolved_q};
  PetscReal lp[OTTO_BLOCK], lq[OTTO_BLOCK], ratio[OTTO_BLOCK];
  const PetscScalar *rp, *rq;
  OttoPairArrays a;
  OttoSum sum = {0, 0};

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(OttoPairGetArrays(pair, &a));
  PetscCall(VecGetArrayRead(rate_p, &rp));
  PetscCall(VecGetArrayRead(rate_q, &rq));
  for (PetscInt64 from = 0; from < g->local_cells; from += OTTO_BLOCK) {
    PetscInt n = (PetscInt)PetscMin(OTTO_BLOCK, g->local_cells - from);
    OttoPairAccumulate(&rule, n, a.p + from, a.q + from, a.log_p ? a.log_p + from : NULL,
                       a.log_q ? a.log_q + from : NULL, NULL, lp, lq, ratio);
    for (PetscInt i = 0; i < n; i++) {
      PetscInt64 c = from + i;
      if (isfinite(ratio[i]))
        OttoSumAdd(&sum, a.p[c] * rp[c] * ratio[i] + (a.q[c] - a.p[c]) * rq[c]);
      else if (isfinite(lq[i])) /* what is left where p is 0 */
        OttoSumAdd(&sum, a.q[c] * rq[c]);
    }
  }
  PetscCall(VecRestoreArrayRead(rate_p, &rp));
  PetscCall(VecRestoreArrayRead(rate_q, &rq));
  PetscCall(OttoPairRestoreArrays(pair, &a));
  PetscCall(OttoSumReduce(g->comm, 1, &sum));
  *rate = OttoSumValue(sum) * g->cell_volume;
  PetscFunctionReturn(0);
}

/* log(p V), V the volume of the box, of n cells: NaN or -infinity as OttoCellLogs() gives log p.
 * With the accuracy of p V - 1 where p is nearly uniform, whatever the unit of length. */
static void RelativeLogs(const OttoPairRule *rule, PetscInt n, const PetscReal p[],
                         const PetscReal *log_p, PetscReal uniform, PetscReal out[])
{
  PetscReal lp[OTTO_BLOCK], lq[OTTO_BLOCK], constant[OTTO_BLOCK], log_constant[OTTO_BLOCK];

  for (PetscInt i = 0; i < n; i++) {
    constant[i] = uniform;
    log_constant[i] = log(uniform);
  }
  OttoPairAccumulate(rule, n, p, constant, log_p, log_p ? log_constant : NULL, NULL, lp, lq, out);
  for (PetscInt i = 0; i < n; i++)
    if (!isfinite(lp[i])) out[i] = lp[i];
}

PetscErrorCode OttoFisherRateEntropy(OttoGrid grid, Vec p, Vec log_p, PetscReal resolved_p,
                                     Vec rate_p, PetscReal *rate, PetscReal *lack)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscReal uniform = 1 / (g->cell_volume * (PetscReal)g->cells);
  const OttoPairRule rule = {0, 0.5, resolved_p, 0};
  const OttoPair pair = {.p = p,
                         .q = p,
                         .log_p = log_p,
                         .log_q = log_p,
                         .resolved_p = resolved_p,
                         .resolved_q = resolved_p};
  PetscReal logs[OTTO_BLOCK];
  const PetscScalar *rp;
  OttoPairArrays a;
  OttoSum sums[2] = {{0, 0}, {0, 0}};

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(OttoPairGetArrays(&pair, &a));
  PetscCall(VecGetArrayRead(rate_p, &rp));
  for (PetscInt64 from = 0; from < g->local_cells; from += OTTO_BLOCK) {
    PetscInt n = (PetscInt)PetscMin(OTTO_BLOCK, g->local_cells - from);
    const PetscReal *values = a.p + from;
    RelativeLogs(&rule, n, values, a.log_p ? a.log_p + from : NULL, uniform, logs);
    for (PetscInt i = 0; i < n; i++) {
      const PetscReal x = logs[i];
      if (!isfinite(x)) continue;
      OttoSumAdd(&sums[0], -values[i] * rp[from + i] * x);
      OttoSumAdd(&sums[1],
                 fabs(x) < 1 ? values[i] * OttoExpMinus(-x) : values[i] * x - values[i] + uniform);
    }
  }
  PetscCall(VecRestoreArrayRead(rate_p, &rp));
  PetscCall(OttoPairRestoreArrays(&pair, &a));
  PetscCall(OttoSumReduce(g->comm, 2, sums));
  *rate = OttoSumValue(sums[0]) * g->cell_volume;
  *lack = OttoSumValue(sums[1]) * g->cell_volume;
  PetscFunctionReturn(0);
}
