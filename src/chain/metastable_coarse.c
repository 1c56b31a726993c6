/*
 * The chain between metastable sets: Q_c = (χᵀDχ)⁻¹ χᵀDQχ with D = diag π. Under detailed balance
 * -χᵀDQχ is Dirichlet's form of the memberships, a sum over edges of π_x Q_xy and of what they
 * change by: no term of it is small by cancellation. As χ spans what the slow modes span, the
 * eigenvalues of -Q_c are 0 and their rates.
 */
#include "metastable_impl.h"
#include "grid/edges.h"
#include "relaxation_lapack.h"
#include <math.h>

#define FASTEST                                                                                    \
  1e-8 /* of the fastest of the rates: what the eigenvalues of a matrix are known to */

typedef struct {
  const OttoGridInfo *g;
  const OttoRates *rates;
  const PetscScalar *log_pi;
  OttoSurrounded one, other;
  OttoSum form;
} Walk;

static void Visit(const OttoEdges *e, void *context)
{
  Walk *s = (Walk *)context;
  const PetscReal *up = s->rates->up[e->axis] + e->x, *logs = s->log_pi + e->x;
  const PetscReal *ax = OttoSurroundedAt(&s->one, e->x), *ay = OttoSurroundedAt(&s->one, e->y);
  const PetscReal *bx = OttoSurroundedAt(&s->other, e->x), *by = OttoSurroundedAt(&s->other, e->y);

  for (PetscInt64 i = 0; i < e->n; i++) {
    const PetscReal part = (ay[i] - ax[i]) * (by[i] - bx[i]);
    if (up[i] > 0 && isfinite(part)) /* nan where they are not known */
      OttoSumAdd(&s->form, up[i] * exp(logs[i]) * s->g->cell_volume * part);
  }
}

/* E = -χᵀDQχ [m²]; two fields at a time, as halos lend no more than a few. */
static PetscErrorCode Dirichlet(OttoGenerator generator, Vec log_pi, const OttoMetastable *out,
                                PetscReal E[])
{
  OttoGrid grid = OttoGeneratorGetGrid(generator);
  Walk s = {.g = OttoGridGetInfo(grid), .rates = OttoGeneratorGetRates(generator)};
  const PetscInt m = out->count;
  OttoHalo halo;

  PetscFunctionBegin;
  PetscCall(OttoGridGetHalo(grid, 1, &halo));
  PetscCall(VecGetArrayRead(log_pi, &s.log_pi));
  for (PetscInt a = 0; a < m; a++) {
    PetscCall(OttoFieldSurround(halo, out->membership[a], &s.one));
    for (PetscInt b = 0; b <= a; b++) {
      PetscCall(OttoFieldSurround(halo, out->membership[b], &s.other));
      s.form = (OttoSum){0};
      OttoEdgesWalk(s.g, PETSC_FALSE, Visit, &s);
      PetscCall(OttoFieldRelease(halo, out->membership[b], &s.other));
      PetscCall(OttoSumReduce(s.g->comm, 1, &s.form));
      E[a * m + b] = E[b * m + a] = OttoSumValue(s.form);
    }
    PetscCall(OttoFieldRelease(halo, out->membership[a], &s.one));
  }
  PetscCall(VecRestoreArrayRead(log_pi, &s.log_pi));
  PetscFunctionReturn(0);
}

/* overlap[m²] = χᵀDχ and probability[m]; and how far memberships are from what they must be. */
static PetscErrorCode Weigh(const OttoGridInfo *g, Vec log_pi, PetscReal overlap[],
                            OttoMetastable *out)
{
  const PetscInt m = out->count;
  const PetscScalar **chi, *logs;
  OttoSum *sum;
  PetscReal worst[2] = {0, 0};

  PetscFunctionBegin;
  PetscCall(PetscCalloc2(m, &chi, m * m + m, &sum));
  for (PetscInt k = 0; k < m; k++) PetscCall(VecGetArrayRead(out->membership[k], &chi[k]));
  PetscCall(VecGetArrayRead(log_pi, &logs));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    const PetscReal pi = exp(logs[c]) * g->cell_volume;
    PetscReal all = 0;
    if (!isfinite(chi[0][c])) continue;
    for (PetscInt a = 0; a < m; a++) {
      const PetscReal value = chi[a][c];
      all += value;
      worst[0] = PetscMax(worst[0], PetscMax(-value, value - 1));
      OttoSumAdd(&sum[m * m + a], pi * value);
      for (PetscInt b = 0; b <= a; b++) OttoSumAdd(&sum[a * m + b], pi * value * chi[b][c]);
    }
    worst[1] = PetscMax(worst[1], fabs(all - 1));
  }
  PetscCall(VecRestoreArrayRead(log_pi, &logs));
  for (PetscInt k = 0; k < m; k++) PetscCall(VecRestoreArrayRead(out->membership[k], &chi[k]));
  PetscCall(OttoSumReduce(g->comm, m * m + m, sum));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, worst, 2, MPIU_REAL, MPIU_MAX, g->comm));
  out->range = worst[0];
  out->sum = worst[1];
  for (PetscInt a = 0; a < m; a++) {
    out->probability[a] = OttoSumValue(sum[m * m + a]);
    for (PetscInt b = 0; b <= a; b++)
      overlap[a * m + b] = overlap[b * m + a] = OttoSumValue(sum[a * m + b]);
  }
  PetscCall(PetscFree2(chi, sum));
  PetscFunctionReturn(0);
}

/* How far the eigenvalues of -Q_c but the least are from the rates; infinite where LAPACK fails. */
static PetscErrorCode Compare(PetscInt m, const PetscReal Q[], const PetscReal rate[],
                              PetscReal *off)
{
  const int n = (int)m, room = 40 * (int)m;
  PetscReal *copy, *re, *im, *work, none = 0;
  int info = 0, one = 1;

  PetscFunctionBegin;
  PetscCall(PetscMalloc4(m * m, &copy, m, &re, m, &im, room, &work));
  for (PetscInt i = 0; i < m * m; i++)
    copy[i] = -Q[i]; /* the transposed, of the same eigenvalues */
  dgeev_("N", "N", &n, copy, &n, re, im, &none, &one, &none, &one, work, &room, &info);
  for (PetscInt i = 1; i < m; i++)
    for (PetscInt j = i; j > 0 && re[j] < re[j - 1]; j--) {
      const PetscReal swap = re[j];
      re[j] = re[j - 1];
      re[j - 1] = swap;
    }
  *off = info ? INFINITY : 0;
  for (PetscInt k = 0; k < m; k++) {
    const PetscReal right = k ? rate[k - 1] : 0, fastest = m > 1 ? rate[m - 2] : 1;
    const PetscReal part = fabs(re[k] - right) / (right + FASTEST * fastest);
    *off = part <= *off ? *off : part; /* nan stays */
  }
  PetscCall(PetscFree4(copy, re, im, work));
  PetscFunctionReturn(0);
}

/* What passes between the other sets, where a membership that differs by noise adds to rates. */
static PetscReal Exchange(const OttoMetastable *out, PetscInt k)
{
  const PetscInt m = out->count;
  PetscReal sum = 0;

  for (PetscInt a = 0; a < m; a++)
    for (PetscInt b = 0; b < m; b++)
      if (a != b && a != k && b != k) sum += out->share[a] * fabs(out->rate[a * m + b]) / 2;
  return sum;
}

/* Compares probabilities with shares, and takes back what is not known. */
static void Forget(OttoMetastable *out)
{
  const PetscInt m = out->count;
  PetscBool vague = out->vague > 0;

  out->mean = 0;
  for (PetscInt k = 0; k < m; k++) {
    const PetscReal off = fabs(out->probability[k] / out->share[k] - 1);
    if (!(out->noise[k] <= OTTO_METASTABLE_KNOWN))
      out->probability[k] = NAN;
    else if (!(off <= out->mean)) /* nan stays */
      out->mean = off;
  }
  if (out->unknown) out->mean = NAN;
  for (PetscInt k = 0; k < m; k++)
    if (!(out->noise[k] * Exchange(out, k) <= OTTO_METASTABLE_KNOWN * fabs(out->rate[k * m + k])))
      vague = m > 1 ? PETSC_TRUE : vague;
  if (!vague) return;
  for (PetscInt k = 0; k < m * m; k++) out->rate[k] = NAN;
  if (out->vague) out->crispness = NAN;
}

PetscErrorCode OttoModeCoarse(OttoGenerator generator, Vec log_pi, const PetscReal rate[],
                              OttoMetastable *out)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  const PetscInt m = out->count;
  long double *inverse;
  PetscReal *S, *E;

  PetscFunctionBegin;
  PetscCall(PetscCalloc3(m * m, &S, m * m, &E, m * m, &inverse));
  PetscCall(Weigh(g, log_pi, S, out));
  PetscCall(Dirichlet(generator, log_pi, out, E));
  out->crispness = 0;
  for (PetscInt a = 0; a < m; a++) { /* rows over their probability, however small it is */
    for (PetscInt b = 0; b < m; b++) {
      S[a * m + b] /= out->probability[a];
      E[a * m + b] /= out->probability[a];
    }
    out->crispness += S[a * m + a] / (PetscReal)m;
  }
  if (!OttoModeInverse(m, S, inverse))
    OttoFail(OTTO_ERR_SOLVER, "metastable sets: their memberships are not independent");
  for (PetscInt a = 0; a < m; a++)
    for (PetscInt b = 0; b < m; b++) {
      out->rate[a * m + b] = 0;
      for (PetscInt k = 0; k < m; k++)
        out->rate[a * m + b] -= (PetscReal)inverse[a * m + k] * E[k * m + b];
    }
  PetscCall(Compare(m, out->rate, rate, &out->off));
  PetscCall(PetscFree3(S, E, inverse));
  Forget(out);
  PetscFunctionReturn(0);
}
