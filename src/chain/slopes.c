#include "slopes.h"
#include <math.h>

/* φ'(r) and φ(r) - r φ'(r), each with the accuracy of p - q. */
static void Slopes(PetscReal p, PetscReal q, PetscReal a[], PetscReal b[])
{
  const PetscReal d = p - q, root_p = sqrt(p), root_q = sqrt(q), u = d / q;
  const PetscReal log_r = fabs(u) < 0.5 ? log1p(u) : log(p) - log(q), v = d / (p + q);

  a[OTTO_DIVERGENCE_KL] = log_r;
  b[OTTO_DIVERGENCE_KL] = -u;
  a[OTTO_DIVERGENCE_REVERSE_KL] = d / p;
  b[OTTO_DIVERGENCE_REVERSE_KL] = -log_r;
  a[OTTO_DIVERGENCE_CHI2] = 2 * u;
  b[OTTO_DIVERGENCE_CHI2] = -u * ((p + q) / q);
  a[OTTO_DIVERGENCE_HELLINGER2] = 0.5 * (d / root_p) / (root_p + root_q);
  b[OTTO_DIVERGENCE_HELLINGER2] = -0.5 * (d / root_q) / (root_p + root_q);
  a[OTTO_DIVERGENCE_JS] = 0.5 * (v > -0.5 ? log1p(v) : M_LN2 + log(p) - log(p + q));
  b[OTTO_DIVERGENCE_JS] = -0.5 * log1p(0.5 * u);
}

/* A slope may be beyond the doubles where nothing changes. */
static inline PetscReal Times(PetscReal slope, PetscReal change)
{
  return change == 0 ? 0 : slope * change;
}

PetscErrorCode OttoSlopesFinish(OttoGrid grid, OttoSlopeSums *sums, OttoSlopes *out)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);

  PetscFunctionBegin;
  PetscCall(OttoSumReduce(g->comm, OTTO_SMOOTH_COUNT, sums->change));
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, sums->square, OTTO_SMOOTH_COUNT, MPIU_REAL, MPIU_SUM, g->comm));
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, sums->largest, OTTO_SMOOTH_COUNT, MPIU_REAL, MPIU_MAX, g->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &sums->left, 1, MPIU_INT64, MPI_SUM, g->comm));
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    out->change[k] = OttoSumValue(sums->change[k]) * g->cell_volume;
    out->noise[k] = 4 * PETSC_MACHINE_EPSILON * sqrt(sums->square[k]) * g->cell_volume;
    out->largest[k] = sums->largest[k];
  }
  out->left = sums->left;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSlopesCompute(OttoGrid grid, const OttoPair *pair, Vec dp, Vec dq, Vec wp,
                                 Vec wq, OttoSlopes *out)
{
  const Vec fields[6] = {pair->p, pair->q, dp, dq, wp, wq};
  const PetscScalar *v[6];
  OttoSlopeSums sums = {0};

  PetscFunctionBegin;
  for (int i = 0; i < 6; i++) PetscCall(VecGetArrayRead(fields[i], &v[i]));
  for (PetscInt64 c = 0; c < OttoGridGetInfo(grid)->local_cells; c++) {
    PetscReal a[OTTO_SMOOTH_COUNT], b[OTTO_SMOOTH_COUNT];
    if (v[0][c] == 0 && v[1][c] == 0 && v[2][c] == 0 && v[3][c] == 0) continue; /* and stays so */
    if (!(v[0][c] > pair->resolved_p && v[1][c] > pair->resolved_q)) {
      sums.left++;
      continue;
    }
    Slopes(v[0][c], v[1][c], a, b);
    for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
      OttoSumAdd(&sums.change[k], Times(a[k], v[2][c]));
      OttoSumAdd(&sums.change[k], Times(b[k], v[3][c]));
      sums.square[k] += PetscSqr(Times(a[k], v[4][c])) + PetscSqr(Times(b[k], v[5][c]));
      sums.largest[k] = PetscMax(sums.largest[k], PetscMax(fabs(a[k]), fabs(b[k])));
    }
  }
  for (int i = 0; i < 6; i++) PetscCall(VecRestoreArrayRead(fields[i], &v[i]));
  PetscCall(OttoSlopesFinish(grid, &sums, out));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLeaveWeight(OttoGenerator generator, PetscReal scale, Vec p, Vec weight)
{
  const OttoRates *r = OttoGeneratorGetRates(generator);
  const PetscScalar *values;
  PetscScalar *out;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(p, &values));
  PetscCall(VecGetArray(weight, &out));
  const PetscInt64 cells = OttoGridGetInfo(OttoGeneratorGetGrid(generator))->local_cells;
  for (PetscInt64 c = 0; c < cells; c++) out[c] = scale * r->leave[c] * values[c];
  PetscCall(VecRestoreArray(weight, &out));
  PetscCall(VecRestoreArrayRead(p, &values));
  PetscFunctionReturn(0);
}
