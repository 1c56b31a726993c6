/* Updates of potentials, and the marginals of the plan they make. */
#include "sinkhorn_impl.h"
#include "core/vecmath.h"

#define PIECE 1024

void OttoSinkhornKernelSet(OttoSinkhornKernel *k, PetscReal epsilon, PetscReal reach)
{
  k->epsilon = epsilon;
  k->lambda = epsilon / (reach * reach); /* 0 where reach is infinite */
  k->kappa = 1 / (1 + k->lambda);
  k->log_norm = 0;
  for (PetscInt j = 0; j < k->g->dim; j++)
    k->log_norm += log(PETSC_PI * epsilon / (k->g->h[j] * k->g->h[j])) / 2;
}

PetscReal OttoSinkhornRounding(const OttoSinkhornKernel *k)
{
  return 1e-13 + 4 * PETSC_MACHINE_EPSILON * k->largest;
}

/* ---- an update ---- */

OTTO_VECTOR_CLONES static PetscReal Load(PetscInt64 n, const PetscReal log_mass[],
                                         const PetscReal f[], PetscReal out[])
{
  PetscReal largest = 0;

#pragma omp simd reduction(max : largest)
  for (PetscInt64 i = 0; i < n; i++) {
    const PetscReal value = f[i] + log_mass[i], size = value > -INFINITY ? fabs(value) : 0;
    largest = size > largest ? size : largest;
    out[i] = value;
  }
  return largest;
}

OTTO_VECTOR_CLONES static PetscReal Store(PetscInt64 n, PetscReal norm, PetscReal kappa,
                                          const PetscReal logs[], PetscReal out[])
{
  PetscReal largest = 0;

#pragma omp simd reduction(max : largest)
  for (PetscInt64 i = 0; i < n; i++) {
    const PetscReal size = fabs(logs[i]);
    largest = size > largest ? size : largest;
    out[i] = -kappa * (logs[i] + norm);
  }
  return largest;
}

PetscErrorCode OttoSinkhornUpdate(OttoSinkhornKernel *k, const OttoSinkhornAtoms *atoms,
                                  const PetscReal f[], PetscReal out[])
{
  const PetscInt64 n = k->g->local_cells;
  PetscScalar *work;

  PetscFunctionBegin;
  PetscCall(VecGetArrayWrite(k->work, &work));
  PetscReal largest = Load(n, atoms->log_mass, f, work);
  PetscCall(VecRestoreArrayWrite(k->work, &work));
  PetscCall(OttoHeatApplyLog(k->heat, k->work, k->epsilon / 4, k->work));
  PetscCall(VecGetArray(k->work, &work));
  largest = PetscMax(largest, Store(n, k->log_norm, k->kappa, work, out));
  PetscCall(VecRestoreArray(k->work, &work));
  k->largest = PetscMax(k->largest, largest);
  k->applications++;
  PetscFunctionReturn(0);
}

/* log Σ e^{log mass - λ f}. */
static PetscErrorCode LogTotal(const OttoSinkhornKernel *k, const OttoSinkhornAtoms *atoms,
                               const PetscReal f[], PetscReal *total)
{
  const PetscInt64 n = k->g->local_cells;
  PetscReal most = -INFINITY;
  OttoSum sum = {0, 0};

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < n; c++) most = PetscMax(most, atoms->log_mass[c] - k->lambda * f[c]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPIU_REAL, MPIU_MAX, k->g->comm));
  for (PetscInt64 c = 0; c < n; c++)
    OttoSumAdd(&sum, exp(atoms->log_mass[c] - k->lambda * f[c] - most));
  PetscCall(OttoSumReduce(k->g->comm, 1, &sum));
  *total = most + log(OttoSumValue(sum));
  PetscFunctionReturn(0);
}

/* The plan of f + s and g - κ s has the masses of both marginals' targets, Σ p e^{-λ(f+s)} and
 * Σ q e^{-λ(g-κs)}, at once: there the dual is at its best along s, g following f. */
static PetscErrorCode Balance(OttoSinkhornKernel *k, OttoSinkhornProblem *s)
{
  PetscReal of_p = 0, of_q = 0;

  PetscFunctionBegin;
  PetscCall(LogTotal(k, s->p, s->f, &of_p));
  PetscCall(LogTotal(k, s->q, s->g, &of_q));
  const PetscReal shift = (of_p - of_q) / (k->lambda * (1 + k->kappa));
  for (PetscInt64 c = 0; c < k->g->local_cells; c++) {
    s->f[c] += shift;
    s->g[c] -= k->kappa * shift;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSinkhornRound(OttoSinkhornKernel *k, OttoSinkhornProblem *s)
{
  PetscFunctionBegin;
  k->largest = 0;
  PetscCall(OttoSinkhornUpdate(k, s->p, s->f, s->g));
  if (k->lambda > 0) PetscCall(Balance(k, s));
  PetscCall(OttoSinkhornUpdate(k, s->q, s->g, s->image));
  PetscFunctionReturn(0);
}

/* ---- marginals ---- */

OTTO_VECTOR_CLONES void OttoSinkhornResidual(const OttoSinkhornKernel *k, PetscInt64 n,
                                             const PetscReal log_mass[], const PetscReal f[],
                                             const PetscReal image[], PetscReal target[],
                                             PetscReal residual[])
{
  const PetscReal lambda = k->lambda;

#pragma omp simd
  for (PetscInt64 i = 0; i < n; i++) {
    const PetscReal log_target = log_mass[i] - lambda * f[i];
    const PetscReal found = log_target + (1 + lambda) * (f[i] - image[i]);
    target[i] = OttoExp(log_target);
    residual[i] = target[i] - OttoExp(found);
  }
}

PetscErrorCode OttoSinkhornMarginal(OttoSinkhornKernel *k, const OttoSinkhornAtoms *p,
                                    const PetscReal f[], const PetscReal image[], PetscReal *error)
{
  const PetscInt64 cells = k->g->local_cells;
  PetscReal target[PIECE], residual[PIECE];
  OttoSum sum[2] = {{0, 0}};

  PetscFunctionBegin;
  for (PetscInt64 at = 0; at < cells; at += PIECE) {
    const PetscInt64 n = PetscMin(PIECE, cells - at);
    PetscReal off = 0, all = 0;
    OttoSinkhornResidual(k, n, p->log_mass + at, f + at, image + at, target, residual);
    for (PetscInt64 i = 0; i < n; i++) {
      off += fabs(residual[i]);
      all += target[i];
    }
    OttoSumAdd(&sum[0], off);
    OttoSumAdd(&sum[1], all);
  }
  PetscCall(OttoSumReduce(k->g->comm, 2, sum));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &k->largest, 1, MPIU_REAL, MPIU_MAX, k->g->comm));
  const PetscReal total = OttoSumValue(sum[1]);
  *error = total > 0 ? OttoSumValue(sum[0]) / total : 0;
  PetscFunctionReturn(0);
}
