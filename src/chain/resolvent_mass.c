/*
 * Mass stays in the pieces a chain falls into: a solution good to its L1 residual is rescaled piece
 * by piece. A piece that lies below the range of doubles as a whole is summed by logarithms.
 */
#include "resolvent_impl.h"
#include <math.h>

#define SMALL 1e-250 /* a piece whose largest f is below this is summed by logarithms */

typedef struct {
  PetscInt64 count;
  const PetscInt *of; /* the piece of a cell, -1: closed; NULL: one piece */
  PetscReal *top;     /* of every piece: 0, or the logarithm its values are taken relative to */
  PetscReal *factor;
  OttoSum *sums; /* of f, of x, and of what is killed of it. A product σ x is formed of sums alone:
                    in cells of like values its rounding has one sign, and adds up over steps */
} Pieces;

static PetscInt PieceOf(const Pieces *p, PetscInt64 c)
{
  return p->of ? p->of[c] : 0;
}

static PetscReal LogIn(const PetscScalar v[], const PetscScalar log_v[], PetscInt64 c)
{
  return log_v ? log_v[c] : v[c] > 0 ? log(v[c]) : -INFINITY;
}

static PetscErrorCode Tops(OttoResolvent s, const PetscScalar f[], const PetscScalar log_f[],
                           Pieces *p)
{
  const PetscMPIInt count = (PetscMPIInt)p->count;

  PetscFunctionBegin;
  for (PetscInt64 k = 0; k < p->count; k++) {
    p->factor[k] = 0;
    p->top[k] = -INFINITY;
  }
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    if (PieceOf(p, c) >= 0) p->factor[PieceOf(p, c)] = PetscMax(p->factor[PieceOf(p, c)], f[c]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, p->factor, count, MPIU_REAL, MPIU_MAX, s->g->comm));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    const PetscInt k = PieceOf(p, c);
    if (k >= 0 && p->factor[k] < SMALL) p->top[k] = PetscMax(p->top[k], LogIn(f, log_f, c));
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, p->top, count, MPIU_REAL, MPIU_MAX, s->g->comm));
  for (PetscInt64 k = 0; k < p->count; k++)
    if (p->top[k] == -INFINITY) p->top[k] = 0; /* all its f are 0 or none is small */
  PetscFunctionReturn(0);
}

static PetscErrorCode SumPieces(OttoResolvent s, const PetscScalar f[], const PetscScalar log_f[],
                                const PetscScalar x[], const PetscScalar log_x[], Pieces *p,
                                PetscReal *rescaled)
{
  const OttoRates *r = OttoGeneratorGetRates(s->generator);
  PetscReal total = 0, off = 0;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(p->sums, 3 * p->count));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    const PetscInt k = PieceOf(p, c);
    if (k < 0) continue;
    const PetscReal top = p->top[k], value = top == 0 ? x[c] : exp(LogIn(x, log_x, c) - top);
    OttoSumAdd(&p->sums[k], top == 0 ? f[c] : exp(LogIn(f, log_f, c) - top));
    OttoSumAdd(&p->sums[p->count + k], value);
    if (r->killed) OttoSumAdd(&p->sums[2 * p->count + k], r->killed[c] * value);
  }
  PetscCall(OttoSumReduce(s->g->comm, (PetscInt)(3 * p->count), p->sums));
  for (PetscInt64 k = 0; k < p->count; k++) {
    const PetscReal fed = OttoSumValue(p->sums[k]);
    const PetscReal back =
        s->sigma * OttoSumValue(p->sums[p->count + k]) + OttoSumValue(p->sums[2 * p->count + k]);
    p->factor[k] = back > 0 ? fed / back : 1;
    if (p->top[k] != 0) continue;
    total += fed;
    off += fabs(fed - back);
  }
  *rescaled = total > 0 ? off / total : 0;
  PetscFunctionReturn(0);
}

/* Rescales; a closed cell holds nothing. */
static void Rescale(OttoResolvent s, const Pieces *p, PetscScalar x[], PetscScalar log_x[])
{
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    const PetscInt k = PieceOf(p, c);
    x[c] = k < 0 ? 0 : x[c] * p->factor[k];
    if (log_x) log_x[c] = k < 0 ? -INFINITY : log_x[c] + log(p->factor[k]);
  }
}

PetscErrorCode OttoResolventConserve(OttoResolvent s, Vec f, Vec log_f, Vec x, Vec log_x,
                                     OttoSolveReport *report)
{
  const PetscScalar *of_f, *logs = NULL;
  PetscScalar *values, *log_values = NULL;
  Pieces p = {0};

  PetscFunctionBegin;
  p.count = OttoGeneratorGetComponents(s->generator);
  p.of = OttoGeneratorGetComponent(s->generator);
  PetscCall(OttoAgree(s->g->comm,
                      PetscMalloc3(p.count, &p.top, p.count, &p.factor, 3 * p.count, &p.sums)));
  PetscCall(VecGetArrayRead(f, &of_f));
  PetscCall(VecGetArray(x, &values));
  if (log_f) PetscCall(VecGetArrayRead(log_f, &logs));
  if (log_x) PetscCall(VecGetArray(log_x, &log_values));
  PetscCall(Tops(s, of_f, logs, &p));
  PetscCall(SumPieces(s, of_f, logs, values, log_values, &p, &report->rescaled));
  Rescale(s, &p, values, log_values);
  if (log_x) PetscCall(VecRestoreArray(log_x, &log_values));
  if (log_f) PetscCall(VecRestoreArrayRead(log_f, &logs));
  PetscCall(VecRestoreArray(x, &values));
  PetscCall(VecRestoreArrayRead(f, &of_f));
  PetscCall(PetscFree3(p.top, p.factor, p.sums));
  PetscFunctionReturn(0);
}
