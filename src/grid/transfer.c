/* In units of 1/(n N) of the box a fine cell i spans [iN, (i+1)N], a coarse cell [Jn, (J+1)n]:
 * overlaps are whole numbers, at most two along an axis. Every rank adds up what its planes give to
 * the coarse cells they touch; those are then summed by their owners. */
#include <otto/transfer.h>
#include <petscsf.h>
#include <math.h>

struct _n_OttoTransfer {
  const OttoGridInfo *g;
  PetscInt64 n[OTTO_MAX_DIM];                          /* coarse */
  PetscInt64 first[OTTO_MAX_DIM], count[OTTO_MAX_DIM]; /* box of coarse cells that own ones touch */
  PetscInt64 cells, owned;                             /* coarse: touched, of this rank */
  PetscSF sf;                                          /* coarse cells owned ← touched */
  PetscReal *touched;                                  /* [cells] */
  PetscReal *most;                                     /* likewise, of OttoTransferLogMeanExp() */
};

PetscErrorCode OttoGridCoarsen(OttoGrid fine, const PetscInt64 n[], OttoGrid *coarse)
{
  const OttoGridInfo *g = OttoGridGetInfo(fine);
  MPI_Comm comm;

  PetscFunctionBegin;
  OttoNeedGrid(fine);
  const PetscMPIInt place[2] = {g->rank / g->mesh[1], g->rank % g->mesh[1]};
  const PetscMPIInt mesh[2] = {(PetscMPIInt)PetscMin(g->mesh[0], n[0]),
                               g->dim > 1 ? (PetscMPIInt)PetscMin(g->mesh[1], n[1]) : 1};
  const PetscBool member = place[0] < mesh[0] && place[1] < mesh[1] ? PETSC_TRUE : PETSC_FALSE;
  *coarse = NULL;
  for (PetscInt j = 0; j < g->dim; j++)
    OttoCheckInput(n[j] >= 1 && n[j] <= g->n[j],
                   "a grid of %" PetscInt64_FMT " cells cannot be made coarser to %" PetscInt64_FMT,
                   g->n[j], n[j]);
  PetscCallMPI(MPI_Comm_split(g->comm, member ? 0 : MPI_UNDEFINED, g->rank, &comm));
  if (!member) PetscFunctionReturn(0);
  PetscCall(OttoGridCreate(comm, coarse));
  PetscCall(OttoGridSetBox(*coarse, g->dim, n, g->lower, g->upper, g->boundary));
  PetscCall(OttoGridSetMesh(*coarse, mesh[0], mesh[1]));
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

/* The coarse grid as every rank must know it, those that have no part in it too: a grid of one rank
 * that says who owns what. */
static PetscErrorCode Plan(const OttoTransfer s, OttoGrid coarse, OttoGrid *plan)
{
  const OttoGridInfo *g = s->g, *c = coarse ? OttoGridGetInfo(coarse) : NULL;
  PetscMPIInt mesh[2] = {1, 1};
  PetscInt64 *cuts[2];

  PetscFunctionBegin;
  for (int j = 0; j < 2 && c; j++) mesh[j] = c->mesh[j];
  PetscCallMPI(MPI_Bcast(mesh, 2, MPI_INT, 0, g->comm));
  PetscCall(PetscMalloc2(mesh[0] + 1, &cuts[0], mesh[1] + 1, &cuts[1]));
  for (int j = 0; j < 2; j++) {
    if (c) PetscCall(PetscArraycpy(cuts[j], c->cuts[j], mesh[j] + 1));
    PetscCallMPI(MPI_Bcast(cuts[j], mesh[j] + 1, MPIU_INT64, 0, g->comm));
  }
  PetscCall(OttoGridCreate(PETSC_COMM_SELF, plan));
  PetscCall(OttoGridSetBox(*plan, g->dim, s->n, g->lower, g->upper, g->boundary));
  PetscCall(OttoGridSetMesh(*plan, mesh[0], mesh[1]));
  PetscCall(OttoGridSetCuts(*plan, (const PetscInt64 *const *)cuts));
  PetscCall(OttoGridSetUp(*plan));
  PetscCall(PetscFree2(cuts[0], cuts[1]));
  PetscFunctionReturn(0);
}

/* Which coarse cells this rank touches, and who owns them. */
static PetscErrorCode Connect(OttoTransfer s, const OttoGridInfo *plan)
{
  const OttoGridInfo *g = s->g;
  PetscSFNode *remote;

  PetscFunctionBegin;
  s->cells = g->local_cells ? 1 : 0;
  for (PetscInt j = 0; j < g->dim; j++) {
    s->first[j] = g->first[j] * s->n[j] / g->n[j];
    s->count[j] = ((g->first[j] + g->local[j]) * s->n[j] - 1) / g->n[j] + 1 - s->first[j];
    s->cells *= s->count[j];
  }
  PetscCall(PetscMalloc1(PetscMax(1, s->cells), &remote));
  for (PetscInt64 k = 0; k < s->cells; k++) {
    PetscInt64 idx[OTTO_MAX_DIM], rest = k;
    PetscMPIInt owner;
    for (PetscInt j = g->dim - 1; j >= 0; rest /= s->count[j], j--)
      idx[j] = s->first[j] + rest % s->count[j];
    remote[k].index = (PetscInt)OttoGridOwner(plan, idx, &owner);
    remote[k].rank = owner / plan->mesh[1] * g->mesh[1] + owner % plan->mesh[1];
  }
  PetscCall(PetscSFCreate(g->comm, &s->sf));
  PetscCall(PetscSFSetGraph(s->sf, (PetscInt)s->owned, (PetscInt)s->cells, NULL, PETSC_OWN_POINTER,
                            remote, PETSC_OWN_POINTER));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransferCreate(OttoGrid fine, const PetscInt64 n[], OttoGrid coarse,
                                  OttoTransfer *transfer)
{
  const OttoGridInfo *g = OttoGridGetInfo(fine);
  OttoTransfer s;
  OttoGrid plan;

  PetscFunctionBegin;
  OttoNeedGrid(fine);
  PetscCall(PetscNew(&s));
  *transfer = s;
  s->g = g;
  for (PetscInt j = 0; j < OTTO_MAX_DIM; j++) s->n[j] = j < g->dim ? n[j] : 1;
  s->owned = coarse ? OttoGridGetInfo(coarse)->local_cells : 0;
  PetscCall(Plan(s, coarse, &plan));
  PetscCall(Connect(s, OttoGridGetInfo(plan)));
  PetscCall(OttoGridDestroy(&plan));
  PetscCall(OttoAgree(g->comm, PetscMalloc1(PetscMax(1, s->cells), &s->touched)));
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
    const PetscInt64 in = N - PetscMax(0, beyond), base = J - s->first[j];
    const int before = count;
    for (int k = 0; k < before; k++) {
      const PetscInt64 row = at[k] * s->count[j];
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
  PetscCall(PetscArrayzero(s->touched, s->cells));
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
  const PetscInt64 cells = s->cells;
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
  const PetscInt64 own = s->owned;
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
  PetscCall(PetscArrayzero(s->touched, s->cells));
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
