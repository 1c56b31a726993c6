/*
 * Logarithms where doubles end. A solution of (σ - Qᵀ)x = f, f ≥ 0, may fall by any factor from
 * cell to cell. Cells below FAINT are found from x_y = (f_y + Σ Q_xy x_x)/(σ + leave_y) by sweeps
 * forwards and backwards on log x, the others as they are; where these do not settle (many steps of
 * diffusion among faint cells), by aggregation on log x of all cells. Rates that underflow count
 * with their logarithms.
 */
#include "grid/edges.h"
#include "resolvent_impl.h"
#include <float.h>
#include <math.h>

#define ROUNDS 200 /* of sweeps, forwards and backwards */
#define GOOD 1e-6  /* relative change of a cell, times (1 + leave/σ), at which they end */
#define CYCLES 60  /* of aggregation, each of */
#define INNER 20   /* sweeps */
#define SETTLED 1e-6
#define DOUBTFUL 1e-2

typedef struct {
  OttoResolvent s;
  const OttoRates *r;
  OttoHalo halo;
  OttoSurrounded around; /* log_x */
  const PetscScalar *log_f;
  PetscScalar *log_x;
  PetscInt64 count, *cell; /* the faint ones */
} Faint;

/* log Q_xy x_x; z = log of the rate over that of the way back. */
static PetscReal Arrives(PetscReal rate, PetscReal back, PetscReal z, PetscReal log_x)
{
  if (log_x == -INFINITY) return -INFINITY;
  return OttoLogRate(rate, back, z) + log_x;
}

/* log x of a cell from its neighbours. */
static PetscReal Balanced(const Faint *a, PetscInt64 c)
{
  const OttoGridInfo *g = a->s->g;
  const OttoRates *r = a->r;
  PetscReal term[2 * OTTO_GENERATOR_MAX_DIM + 1], most, sum = 0;
  int count = 0;

  term[count++] = most = a->log_f[c];
  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscInt64 x = OttoEdgesNeighbour(g, c, j, -1), y = OttoEdgesNeighbour(g, c, j, 1);
    if (x >= 0)
      term[count++] =
          Arrives(r->up[j][x], r->down[j][x], r->force[j][x], *OttoSurroundedAt(&a->around, x));
    if (y >= 0)
      term[count++] =
          Arrives(r->down[j][c], r->up[j][c], -r->force[j][c], *OttoSurroundedAt(&a->around, y));
  }
  for (int i = 1; i < count; i++) most = PetscMax(most, term[i]);
  if (most == -INFINITY) return most;
  for (int i = 0; i < count; i++) sum += exp(term[i] - most);
  return most + log(sum) - log(a->s->sigma + r->leave[c]);
}

/* One sweep; largest error of a cell as far as it is of its own making, and the largest cell whose
 * error is beyond DOUBTFUL. */
static PetscErrorCode SweepFaint(Faint *a, PetscBool forwards, PetscReal *error,
                                 PetscReal *doubtful)
{
  PetscReal all[2] = {0, 0};

  PetscFunctionBegin;
  PetscCall(OttoHaloSurround(a->halo, a->log_x, &a->around));
  for (PetscInt64 i = 0; i < a->count; i++) {
    const PetscInt64 c = a->cell[forwards ? i : a->count - 1 - i];
    const PetscReal next = Balanced(a, c), before = a->log_x[c];
    a->log_x[c] = next;
    if (next == before) continue; /* both 0 among them */
    const PetscReal off = fabs(next - before) * (1 + a->r->leave[c] / a->s->sigma);
    all[0] = PetscMax(all[0], off);
    if (off > DOUBTFUL) all[1] = PetscMax(all[1], exp(PetscMax(next, before)));
  }
  PetscCall(OttoHaloRelease(a->halo, &a->around));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, all, 2, MPIU_REAL, MPIU_MAX, a->s->g->comm));
  *error = all[0];
  *doubtful = all[1];
  PetscFunctionReturn(0);
}

static PetscErrorCode Sweeps(Faint *a, PetscReal *error, PetscReal *doubtful)
{
  PetscReal one = 0, other = 0, doubts[2] = {0, 0};

  PetscFunctionBegin;
  for (PetscInt i = 0; i < ROUNDS; i++) {
    PetscCall(SweepFaint(a, PETSC_TRUE, &one, &doubts[0]));
    PetscCall(SweepFaint(a, PETSC_FALSE, &other, &doubts[1]));
    *error = PetscMax(one, other);
    *doubtful = PetscMax(doubts[0], doubts[1]);
    if (*error <= GOOD) break;
  }
  PetscFunctionReturn(0);
}

/* Cycles of aggregation on all cells. */
static PetscErrorCode Cycles(Faint *a, OttoSolveReport *report)
{
  OttoResolvent s = a->s;
  PetscReal change = INFINITY;

  PetscFunctionBegin;
  PetscCall(OttoResolventAggregation(s));
  OttoAggregationSetSource(s->aggregation, s->sigma, a->log_f);
  for (PetscInt i = 0; i < CYCLES && !(change <= SETTLED); i++) {
    PetscCall(OttoAggregationCycle(s->aggregation, INNER, a->log_x, &change));
    report->cycles++;
    report->applications += INNER;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode SolveFaint(Faint *a, OttoSolveReport *report)
{
  PetscReal error = INFINITY, doubtful = 0;

  PetscFunctionBegin;
  PetscCall(OttoGridGetHalo(a->s->grid, 1, &a->halo));
  PetscCall(Sweeps(a, &error, &doubtful));
  if (!(error <= GOOD)) {
    PetscCall(Cycles(a, report));
    PetscCall(Sweeps(a, &error, &doubtful));
  }
  report->doubtful = PetscMax(report->doubtful, doubtful);
  PetscFunctionReturn(0);
}

/* log x of cells that are not faint, a guess for the others: log x may hold one. */
static PetscErrorCode Begin(Faint *a, const PetscScalar x[], PetscBool guessed)
{
  const PetscInt64 cells = a->s->g->local_cells;

  PetscFunctionBegin;
  a->count = 0;
  for (PetscInt64 c = 0; c < cells; c++) {
    const PetscReal least = a->log_f[c] - log(a->s->sigma + a->r->leave[c]);
    if (x[c] >= OTTO_FAINT) {
      a->log_x[c] = log(x[c]);
      continue;
    }
    a->log_x[c] = PetscMax(guessed ? a->log_x[c] : -INFINITY, least);
    a->cell[a->count++] = c;
  }
  PetscFunctionReturn(0);
}

/* log_f of f where it is not given. */
static PetscErrorCode LogOf(Vec f, Vec log_f)
{
  const PetscScalar *values;
  PetscScalar *logs;
  PetscInt cells;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(f, &cells));
  PetscCall(VecGetArrayRead(f, &values));
  PetscCall(VecGetArray(log_f, &logs));
  for (PetscInt c = 0; c < cells; c++) logs[c] = values[c] > 0 ? log(values[c]) : -INFINITY;
  PetscCall(VecRestoreArray(log_f, &logs));
  PetscCall(VecRestoreArrayRead(f, &values));
  PetscFunctionReturn(0);
}

/* Cells of x below OTTO_FAINT that are not closed, on all ranks. */
static PetscErrorCode CountFaint(OttoResolvent s, Vec x, PetscInt64 *count)
{
  const PetscInt *part = OttoGeneratorGetComponent(s->generator); /* -1: closed */
  const PetscScalar *values;

  PetscFunctionBegin;
  *count = 0;
  PetscCall(VecGetArrayRead(x, &values));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    if (!(values[c] >= OTTO_FAINT) && !(part && part[c] < 0)) ++*count;
  PetscCall(VecRestoreArrayRead(x, &values));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, count, 1, MPIU_INT64, MPI_SUM, s->g->comm));
  PetscFunctionReturn(0);
}

/* x = exp(log x), where logarithms say more than x did. *needed: some cell that is not 0 is faint.
 */
static PetscErrorCode Finish(Faint *a, PetscScalar x[], PetscBool all, PetscBool *needed)
{
  PetscInt some = 0;

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < (all ? a->s->g->local_cells : a->count); i++) {
    const PetscInt64 c = all ? i : a->cell[i];
    x[c] = exp(a->log_x[c]);
    if (x[c] < OTTO_FAINT && a->log_x[c] > -INFINITY) some = 1;
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &some, 1, MPIU_INT, MPI_MAX, a->s->g->comm));
  *needed = some ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoResolventFindLogs(OttoResolvent s, Vec f, Vec log_f, Vec x, Vec *log_x,
                                     OttoSolveReport *report)
{
  Faint a = {.s = s, .r = OttoGeneratorGetRates(s->generator)};
  const PetscInt before = report->cycles;
  PetscBool guessed = PETSC_FALSE, needed = PETSC_FALSE;
  PetscInt64 faint = 0;
  PetscScalar *values;
  Vec source = log_f;

  PetscFunctionBegin;
  PetscCall(CountFaint(s, x, &faint));
  if (!log_x) {
    if (faint) report->doubtful = PetscMax(report->doubtful, OTTO_FAINT);
    PetscFunctionReturn(0);
  }
  guessed = *log_x ? PETSC_TRUE : PETSC_FALSE;
  if (faint) {
    if (!guessed) PetscCall(OttoFieldCreate(s->grid, log_x));
    if (!log_f) PetscCall(OttoFieldCreate(s->grid, &source));
    if (!log_f) PetscCall(LogOf(f, source));
    PetscCall(OttoAgree(s->g->comm, PetscMalloc1(s->g->local_cells, &a.cell)));
    PetscCall(VecGetArray(x, &values));
    PetscCall(VecGetArray(*log_x, &a.log_x));
    PetscCall(VecGetArrayRead(source, &a.log_f));
    PetscCall(Begin(&a, values, guessed));
    PetscCall(SolveFaint(&a, report));
    PetscCall(Finish(&a, values, report->cycles > before, &needed));
    PetscCall(VecRestoreArrayRead(source, &a.log_f));
    PetscCall(VecRestoreArray(*log_x, &a.log_x));
    PetscCall(VecRestoreArray(x, &values));
    PetscCall(PetscFree(a.cell));
    if (!log_f) PetscCall(VecDestroy(&source));
  }
  if (!needed) PetscCall(VecDestroy(log_x));
  PetscFunctionReturn(0);
}
