/* In units of 1/(n N) of the box a fine cell i spans [iN, (i+1)N], a coarse cell [Jn, (J+1)n]:
 * overlaps are whole numbers, at most two along an axis. Every rank adds up what its planes give to
 * the coarse planes they touch; those are then summed by their owners. */
#include <otto/transfer.h>
#include <petscsf.h>
#include <math.h>

struct _n_OttoTransfer {
  const OttoGridInfo *g;
  PetscInt64 n[OTTO_MAX_DIM], plane_cells; /* coarse */
  PetscInt64 first, planes;                /* coarse planes that own fine planes touch */
  PetscInt64 owned;                        /* coarse planes of this rank */
  PetscSF sf;                              /* coarse cells owned ← touched */
  PetscReal *touched;                      /* [planes · plane_cells] */
  PetscReal *most;                         /* likewise, of OttoTransferLogMeanExp() */
};

PetscErrorCode OttoGridCoarsen(OttoGrid fine, const PetscInt64 n[], OttoGrid *coarse)
{
  const OttoGridInfo *g = OttoGridGetInfo(fine);
  const PetscMPIInt ranks = (PetscMPIInt)PetscMin((PetscInt64)g->size, n[0]);
  const PetscBool member = g->rank < ranks ? PETSC_TRUE : PETSC_FALSE;
  MPI_Comm comm;

  PetscFunctionBegin;
  OttoNeedGrid(fine);
  *coarse = NULL;
  for (PetscInt j = 0; j < g->dim; j++)
    OttoCheckInput(n[j] >= 1 && n[j] <= g->n[j],
                   "a grid of %" PetscInt64_FMT " cells cannot be made coarser to %" PetscInt64_FMT,
                   g->n[j], n[j]);
  PetscCallMPI(MPI_Comm_split(g->comm, member ? 0 : MPI_UNDEFINED, g->rank, &comm));
  if (!member) PetscFunctionReturn(0);
  PetscCall(OttoGridCreate(comm, coarse));
  PetscCall(OttoGridSetBox(*coarse, g->dim, n, g->lower, g->upper, g->boundary));
  PetscCall(OttoGridSetUp(*coarse));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGridCoarseDestroy(OttoGrid *coarse)
{
  PetscFunctionBegin;
  if (!*coarse) PetscFunctionReturn(0);
  MPI_Comm comm = OttoGridGetInfo(*coarse)->comm;
  PetscCall(OttoGridDestroy(coarse));
  PetscCallMPI(MPI_Comm_free(&comm));
  PetscFunctionReturn(0);
}

/* Which coarse planes this rank touches, and who owns them. starts[ranks + 1]: of the coarse grid.
 */
static PetscErrorCode Connect(OttoTransfer s, PetscMPIInt ranks, const PetscInt64 starts[])
{
  const OttoGridInfo *g = s->g;
  PetscSFNode *remote;
  PetscMPIInt owner = 0;

  PetscFunctionBegin;
  s->first = g->start * s->n[0] / g->n[0];
  if (g->planes) s->planes = ((g->start + g->planes) * s->n[0] - 1) / g->n[0] + 1 - s->first;
  s->owned = g->rank < ranks ? starts[g->rank + 1] - starts[g->rank] : 0;
  const PetscInt64 cells = s->planes * s->plane_cells;
  PetscCall(PetscMalloc1(PetscMax(1, cells), &remote));
  for (PetscInt64 k = 0; k < cells; k++) {
    const PetscInt64 plane = s->first + k / s->plane_cells;
    while (starts[owner + 1] <= plane) owner++;
    remote[k].rank = owner;
    remote[k].index = (PetscInt)((s->first - starts[owner]) * s->plane_cells + k);
  }
  PetscCall(PetscSFCreate(g->comm, &s->sf));
  PetscCall(PetscSFSetGraph(s->sf, (PetscInt)(s->owned * s->plane_cells), (PetscInt)cells, NULL,
                            PETSC_OWN_POINTER, remote, PETSC_OWN_POINTER));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransferCreate(OttoGrid fine, const PetscInt64 n[], OttoGrid coarse,
                                  OttoTransfer *transfer)
{
  const OttoGridInfo *g = OttoGridGetInfo(fine), *c = coarse ? OttoGridGetInfo(coarse) : NULL;
  PetscMPIInt ranks = c ? c->size : 0;
  PetscInt64 *starts;
  OttoTransfer s;

  PetscFunctionBegin;
  OttoNeedGrid(fine);
  PetscCall(PetscNew(&s));
  *transfer = s;
  s->g = g;
  s->plane_cells = 1;
  for (PetscInt j = 0; j < OTTO_MAX_DIM; j++) {
    s->n[j] = j < g->dim ? n[j] : 1;
    if (j) s->plane_cells *= s->n[j];
  }
  PetscCallMPI(MPI_Bcast(&ranks, 1, MPI_INT, 0, g->comm));
  PetscCall(PetscMalloc1(ranks + 1, &starts));
  if (c) PetscCall(PetscArraycpy(starts, c->starts, ranks + 1));
  PetscCallMPI(MPI_Bcast(starts, ranks + 1, MPIU_INT64, 0, g->comm));
  PetscCall(Connect(s, ranks, starts));
  PetscCall(PetscFree(starts));
  PetscCall(OttoAgree(g->comm, PetscMalloc1(PetscMax(1, s->planes * s->plane_cells), &s->touched)));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransferDestroy(OttoTransfer *transfer)
{
  PetscFunctionBegin;
  if (!*transfer) PetscFunctionReturn(0);
  PetscCall(PetscSFDestroy(&(*transfer)->sf));
  PetscCall(PetscFree((*transfer)->touched));
  PetscCall(PetscFree((*transfer)->most));
  PetscCall(PetscFree(*transfer));
  PetscFunctionReturn(0);
}

/* The coarse cells that own fine cell `cell` overlaps: at[…] in `touched`, and the share of the
 * coarse cell each overlap is. Returns how many. */
static int Overlaps(const OttoTransfer s, PetscInt64 cell, PetscInt64 at[], PetscReal share[])
{
  PetscInt64 idx[OTTO_MAX_DIM];
  int count = 1;

  OttoGridCellIndex(s->g, cell, idx);
  at[0] = 0;
  share[0] = 1;
  for (PetscInt j = 0; j < s->g->dim; j++) {
    const PetscInt64 n = s->g->n[j], N = s->n[j], low = idx[j] * N, J = low / n;
    const PetscInt64 beyond = low + N - (J + 1) * n; /* of this cell in J + 1 */
    const PetscInt64 in = N - PetscMax(0, beyond), base = J - (j ? 0 : s->first);
    const int before = count;
    for (int k = 0; k < before; k++) {
      const PetscInt64 row = at[k] * N;
      const PetscReal part = share[k];
      at[k] = row + base;
      share[k] = part * (PetscReal)in / (PetscReal)n;
      if (beyond <= 0) continue;
      at[count] = row + base + 1;
      share[count++] = part * (PetscReal)beyond / (PetscReal)n;
    }
  }
  return count;
}

/* What was added up in `touched`, to its owners. */
static PetscErrorCode Deliver(OttoTransfer s, PetscReal owned[], MPI_Op op)
{
  PetscFunctionBegin;
  PetscCall(PetscSFReduceBegin(s->sf, MPIU_REAL, s->touched, owned, op));
  PetscCall(PetscSFReduceEnd(s->sf, MPIU_REAL, s->touched, owned, op));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransferMean(OttoTransfer s, Vec u, Vec v)
{
  const PetscScalar *values;
  PetscScalar *means = NULL, none = 0;
  PetscInt64 at[1 << OTTO_MAX_DIM];
  PetscReal share[1 << OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(s->touched, s->planes * s->plane_cells));
  PetscCall(VecGetArrayRead(u, &values));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    for (int k = Overlaps(s, c, at, share); k-- > 0;) s->touched[at[k]] += share[k] * values[c];
  PetscCall(VecRestoreArrayRead(u, &values));
  if (v) {
    PetscCall(VecZeroEntries(v));
    PetscCall(VecGetArray(v, &means));
  }
  PetscCall(Deliver(s, means ? means : &none, MPIU_SUM));
  if (v) PetscCall(VecRestoreArray(v, &means));
  PetscFunctionReturn(0);
}

/* Largest u of each coarse cell: on its owner in `owned`, and for every touched cell in s->most. */
static PetscErrorCode Most(OttoTransfer s, const PetscReal u[], PetscReal owned[])
{
  const PetscInt64 cells = s->planes * s->plane_cells;
  PetscInt64 at[1 << OTTO_MAX_DIM];
  PetscReal share[1 << OTTO_MAX_DIM];

  PetscFunctionBegin;
  if (!s->most) PetscCall(PetscMalloc1(PetscMax(1, cells), &s->most));
  for (PetscInt64 k = 0; k < cells; k++) s->touched[k] = -INFINITY;
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    for (int k = Overlaps(s, c, at, share); k-- > 0;)
      s->touched[at[k]] = PetscMax(s->touched[at[k]], u[c]);
  PetscCall(Deliver(s, owned, MPIU_MAX));
  PetscCall(PetscSFBcastBegin(s->sf, MPIU_REAL, owned, s->most, MPI_REPLACE));
  PetscCall(PetscSFBcastEnd(s->sf, MPIU_REAL, owned, s->most, MPI_REPLACE));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransferLogMeanExp(OttoTransfer s, Vec u, Vec v)
{
  const PetscInt64 own = s->owned * s->plane_cells;
  const PetscScalar *values;
  PetscScalar *logs = NULL;
  PetscReal *most, *sum;
  PetscInt64 at[1 << OTTO_MAX_DIM];
  PetscReal share[1 << OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(OttoAgree(s->g->comm, PetscMalloc2(own + 1, &most, own + 1, &sum)));
  for (PetscInt64 k = 0; k < own; k++) {
    most[k] = -INFINITY;
    sum[k] = 0;
  }
  PetscCall(VecGetArrayRead(u, &values));
  PetscCall(Most(s, values, most));
  PetscCall(PetscArrayzero(s->touched, s->planes * s->plane_cells));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    for (int k = Overlaps(s, c, at, share); k-- > 0;)
      if (values[c] > -INFINITY) s->touched[at[k]] += share[k] * exp(values[c] - s->most[at[k]]);
  PetscCall(VecRestoreArrayRead(u, &values));
  PetscCall(Deliver(s, sum, MPIU_SUM));
  if (v) {
    PetscCall(VecGetArray(v, &logs));
    for (PetscInt64 k = 0; k < own; k++) logs[k] = sum[k] > 0 ? most[k] + log(sum[k]) : -INFINITY;
    PetscCall(VecRestoreArray(v, &logs));
  }
  PetscCall(PetscFree2(most, sum));
  PetscFunctionReturn(0);
}
