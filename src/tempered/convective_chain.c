/*
 * The coefficient of the grid's own chain. With Δ_h u = Σ over neighbours (u_y − u_x)/h²,
 *
 *   ∂_s Υ(0) = −Σ (Δ_h ψ)(1 + log ψ) + Σ (Δ_h φ)(1 + log φ − log J),
 *
 * the second sum over cells that were not lost, exactly, whatever ψ and J are. Neighbours two cells
 * away make the same chain of step 2h, whose error is four times as large to leading order
 * (Richardson and Gaunt 1927).
 */
#include "convective_impl.h"
#include "grid/axis.h"

/* log of what is 0: as of the least number there is, so that what underflowed weighs nothing. */
#define LOG_LEAST (-745)

typedef struct {
  PetscInt step;
  OttoBoundary boundary;
  PetscReal scale; /* 1/(step h)² */
  OttoSum sum[2];
  PetscInt into; /* which of them */
} Chain;

/* The cell at i, or behind the face that i is beyond; -1: there is none. */
static PetscInt64 Behind(const Chain *s, PetscInt64 n, PetscInt64 i)
{
  const PetscBool closed = s->boundary == OTTO_BOUNDARY_PERIODIC;
  const PetscInt64 period = closed ? n : 2 * n;

  if (i >= 0 && i < n) return i;
  if (!closed && s->boundary != OTTO_BOUNDARY_NO_FLUX) return -1;
  i = (i % period + period) % period;
  return i < n ? i : 2 * n - 1 - i;
}

/* Σ (Δ_h u) f of lines; beyond an open face u is 0. */
static PetscErrorCode Lines(const OttoBundle *b, void *context)
{
  Chain *s = (Chain *)context;

  for (PetscInt64 i = 0; i < b->n; i++) {
    const PetscInt64 up = Behind(s, b->n, i + s->step), down = Behind(s, b->n, i - s->step);
    for (PetscInt64 l = 0; l < b->lines; l++) {
      const PetscReal *u = b->in[0] + l, here = u[i * b->stride], f = b->in[1][i * b->stride + l];
      const PetscReal change =
          ((up < 0 ? 0 : u[up * b->stride]) - here) - (here - (down < 0 ? 0 : u[down * b->stride]));
      if (change != 0 && f != 0) OttoSumAdd(&s->sum[s->into], s->scale * change * f);
    }
  }
  return 0;
}

static PetscErrorCode Add(OttoGrid grid, Vec u, Vec f, Chain *s)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) {
    OttoAxis lines;
    if (g->n[j] == 1) continue;
    s->boundary = g->boundary[j];
    s->scale = 1 / PetscSqr((PetscReal)s->step * g->h[j]);
    PetscCall(OttoAxisCreate(grid, j, 2, 0, &lines));
    PetscCall(OttoAxisApplyFields(lines, 2, (const Vec[]){u, f}, 0, NULL, Lines, s));
    PetscCall(OttoAxisDestroy(&lines));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveChain(OttoGrid grid, const OttoConvective *c, PetscInt step,
                                   PetscReal part[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *log_j;
  PetscScalar *a;
  Chain s = {.step = step, .into = 1};
  Vec f = NULL;

  PetscFunctionBegin;
  PetscCall(OttoConvectiveLog(grid, c->pushed, c->log_pushed, &f));
  PetscCall(VecGetArray(f, &a));
  for (PetscInt64 i = 0; i < g->local_cells; i++) a[i] = -1 - PetscMax(a[i], LOG_LEAST);
  PetscCall(VecRestoreArray(f, &a));
  PetscCall(Add(grid, c->pushed, f, &s));
  PetscCall(VecDestroy(&f));
  s.into = 0;
  PetscCall(OttoConvectiveLog(grid, c->phi, c->log_phi, &f));
  PetscCall(VecGetArray(f, &a));
  PetscCall(VecGetArrayRead(c->log_jacobian, &log_j));
  for (PetscInt64 i = 0; i < g->local_cells; i++)
    a[i] = OttoConvectiveLost(c, i) ? 0 : 1 + PetscMax(a[i], LOG_LEAST) - log_j[i];
  PetscCall(VecRestoreArrayRead(c->log_jacobian, &log_j));
  PetscCall(VecRestoreArray(f, &a));
  PetscCall(Add(grid, c->phi, f, &s));
  PetscCall(VecDestroy(&f));
  PetscCall(OttoSumReduce(g->comm, 2, s.sum));
  for (int k = 0; k < 2; k++) part[k] = OttoSumValue(s.sum[k]) * g->cell_volume;
  PetscFunctionReturn(0);
}
