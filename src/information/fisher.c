/* What the forms of Fisher information share: weights and sums. */
#include "fisher_sums.h"
#include "core/vecmath.h"
#include <math.h>

PetscErrorCode OttoFisherFinish(OttoGrid grid, OttoSum sums[], OttoFisher *out)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);

  PetscFunctionBegin;
  PetscCall(OttoSumReduce(g->comm, OTTO_FISHER_COUNT, sums));
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++)
    out->dissipation[k] += OttoSumValue(sums[k]) * g->cell_volume;
  out->fisher_p += OttoSumValue(sums[OTTO_FISHER_P]) * g->cell_volume;
  out->fisher_q += OttoSumValue(sums[OTTO_FISHER_Q]) * g->cell_volume;
  PetscFunctionReturn(0);
}

OTTO_VECTOR_CLONES void OttoFisherWeigh(PetscInt n, const PetscReal p[], const PetscReal q[],
                                        const PetscReal pair[], const PetscReal of_p[],
                                        const PetscReal of_q[], PetscReal value[OTTO_FISHER_COUNT])
{
  PetscReal kl = 0, reverse = 0, chi2 = 0, hellinger2 = 0, js = 0, fisher_p = 0, fisher_q = 0;

#pragma omp simd reduction(+ : kl, reverse, chi2, hellinger2, js, fisher_p, fisher_q)
  for (PetscInt i = 0; i < n; i++) {
    PetscReal x = p[i], y = q[i], square = pair[i] < INFINITY ? pair[i] : 0;
    PetscReal ratio = x / y, both = x * (y / (x + y)), root = y * sqrt(ratio), second = x * ratio;
    second = x > 0 ? second : 0; /* p or q may have underflowed to 0 */
    both = x > 0 && y > 0 ? both : 0;
    root = x > 0 && y > 0 ? root : 0;
    kl += x * square;
    reverse += y * square;
    chi2 += square > 0 ? second * square : 0;
    hellinger2 += root * square;
    js += both * square;
    fisher_p += of_p[i] < INFINITY ? x * of_p[i] : 0;
    fisher_q += of_q[i] < INFINITY ? y * of_q[i] : 0;
  }
  value[OTTO_DIVERGENCE_KL] = kl;
  value[OTTO_DIVERGENCE_REVERSE_KL] = reverse;
  value[OTTO_DIVERGENCE_CHI2] = 2 * chi2;
  value[OTTO_DIVERGENCE_HELLINGER2] = 0.25 * hellinger2;
  value[OTTO_DIVERGENCE_JS] = 0.5 * js;
  value[OTTO_FISHER_P] = fisher_p;
  value[OTTO_FISHER_Q] = fisher_q;
}

OTTO_VECTOR_CLONES void OttoFisherWeighKL(PetscInt n, const PetscReal p[], const PetscReal q[],
                                          const PetscReal pair[], const PetscReal of_p[],
                                          const PetscReal of_q[],
                                          PetscReal value[OTTO_FISHER_COUNT])
{
  PetscReal kl = 0, fisher_p = 0, fisher_q = 0;

#pragma omp simd reduction(+ : kl, fisher_p, fisher_q)
  for (PetscInt i = 0; i < n; i++) {
    kl += pair[i] < INFINITY ? p[i] * pair[i] : 0;
    fisher_p += of_p[i] < INFINITY ? p[i] * of_p[i] : 0;
    fisher_q += of_q[i] < INFINITY ? q[i] * of_q[i] : 0;
  }
  for (PetscInt k = 0; k < OTTO_FISHER_COUNT; k++) value[k] = 0;
  value[OTTO_DIVERGENCE_KL] = kl;
  value[OTTO_FISHER_P] = fisher_p;
  value[OTTO_FISHER_Q] = fisher_q;
}

void OttoFisherWeighLogs(PetscInt n, const PetscReal log_p[], const PetscReal log_q[],
                         const PetscReal pair[], const PetscReal of_p[], const PetscReal of_q[],
                         PetscReal value[OTTO_FISHER_COUNT])
{
  for (PetscInt k = 0; k < OTTO_FISHER_COUNT; k++) value[k] = 0;
  for (PetscInt i = 0; i < n; i++) {
    const PetscReal lp = log_p[i], lq = log_q[i];
    if (of_p[i] < INFINITY && lp > -INFINITY) value[OTTO_FISHER_P] += exp(lp) * of_p[i];
    if (of_q[i] < INFINITY && lq > -INFINITY) value[OTTO_FISHER_Q] += exp(lq) * of_q[i];
    if (!(pair[i] < INFINITY) || pair[i] == 0 || lp == -INFINITY || lq == -INFINITY) continue;
    value[OTTO_DIVERGENCE_KL] += exp(lp) * pair[i];
    value[OTTO_DIVERGENCE_REVERSE_KL] += exp(lq) * pair[i];
    value[OTTO_DIVERGENCE_CHI2] += 2 * exp(2 * lp - lq) * pair[i];
    value[OTTO_DIVERGENCE_HELLINGER2] += 0.25 * exp(0.5 * (lp + lq)) * pair[i];
    /* pq/(p+q) = min/(1 + min/max) */
    value[OTTO_DIVERGENCE_JS] += 0.5 * exp(fmin(lp, lq)) / (1 + exp(-fabs(lp - lq))) * pair[i];
  }
}
