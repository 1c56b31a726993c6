#include "boxes.h"
#include "parcels.h"
#include <math.h>

/* A deposit under way. */
typedef struct {
  const OttoGridInfo *g;
  const PetscReal *const *lower, *const *upper;
  const PetscReal *mass;
  PetscReal *out;
  PetscInt64 first[OTTO_BOX_DIM], local[OTTO_BOX_DIM]; /* the rank's cells, as sides of a box */
  PetscInt64 next;                                     /* cell */
  PetscBool thin;
} Deposit;

/* A run of cells of the last axis. */
static inline void AddRun(const OttoSpan *s, PetscReal mass, PetscReal row[])
{
  row[0] += mass * s->share[0];
  for (PetscInt64 k = 1; k < s->count - 1; k++) row[k] += mass * s->share[1];
  if (s->count > 1) row[s->count - 1] += mass * s->share[2];
}

/* Whether all cells of the box are this rank's, none of them twice. */
static inline PetscBool IsOwn(const Deposit *d, const OttoBox *box)
{
  for (PetscInt k = 0; k < OTTO_BOX_DIM; k++) {
    const OttoSpan *s = &box->side[k];
    if (s->step > 1 || s->cell < d->first[k] || s->cell + s->count > d->first[k] + d->local[k])
      return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

static inline void AddOwn(const Deposit *d, const OttoBox *box, PetscReal mass)
{
  const OttoSpan *s = box->side;

  for (PetscInt64 i = 0; i < s[0].count; i++)
    for (PetscInt64 j = 0; j < s[1].count; j++) {
      const PetscInt64 row = (s[0].cell + i - d->first[0]) * d->local[1] + s[1].cell + j;
      const PetscReal part = mass * OttoSpanShare(&s[0], i) * OttoSpanShare(&s[1], j);
      AddRun(&s[2], part, d->out + (row - d->first[1]) * d->local[2] + s[2].cell - d->first[2]);
    }
}

/* Cell by cell: wrapped, and posted where another rank has it. */
static PetscErrorCode AddAnywhere(const Deposit *d, const OttoBox *box, PetscReal mass,
                                  OttoParcels parcels)
{
  const OttoGridInfo *g = d->g;
  const OttoSpan *s = box->side;
  PetscInt64 at[OTTO_BOX_DIM] = {0, 0, 0}, idx[OTTO_BOX_DIM];
  PetscInt k = 0;

  PetscFunctionBegin;
  while (k >= 0) {
    PetscReal part = mass;
    PetscMPIInt owner;
    for (k = 0; k < OTTO_BOX_DIM; k++) part *= OttoSpanShare(&s[k], at[k]);
    for (PetscInt j = 0; j < g->dim; j++) {
      k = OTTO_BOX_DIM - g->dim + j;
      idx[j] = (s[k].cell + at[k] * s[k].step) % g->n[j];
    }
    const PetscInt64 place = OttoGridOwner(g, idx, &owner);
    if (owner == g->rank)
      d->out[place] += part;
    else
      PetscCall(OttoParcelsPost(parcels, owner, place, &part));
    for (k = OTTO_BOX_DIM - 1; k >= 0 && ++at[k] == s[k].count; k--) at[k] = 0;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Posts(OttoParcels parcels, void *context, PetscBool *done)
{
  Deposit *d = (Deposit *)context;
  OttoBox box = {{OTTO_SPAN_ALL, OTTO_SPAN_ALL, OTTO_SPAN_ALL}};

  PetscFunctionBegin;
  for (; d->next < d->g->local_cells && !OttoParcelsFull(parcels); d->next++) {
    const PetscReal mass = d->mass[d->next];
    if (mass == 0) continue;
    if (!OttoBoxOf(d->g, d->lower, d->upper, d->next, d->thin, &box))
      OttoFail(OTTO_ERR_NUMERICAL, "a map sends a cell to a place that is no number");
    if (IsOwn(d, &box))
      AddOwn(d, &box, mass);
    else
      PetscCall(AddAnywhere(d, &box, mass, parcels));
  }
  *done = (PetscBool)(d->next == d->g->local_cells);
  PetscFunctionReturn(0);
}

static PetscErrorCode Takes(PetscInt64 place, const PetscReal values[], void *context)
{
  ((Deposit *)context)->out[place] += values[0];
  return 0;
}

/* About the cells that boxes meet: the sides' widths and one more. */
PetscErrorCode OttoBoxesThin(const OttoGridInfo *g, const PetscReal *const lower[],
                             const PetscReal *const upper[], const PetscReal mass[],
                             PetscBool *thin)
{
  PetscReal cells = 0;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal box = 1;
    for (PetscInt j = 0; j < g->dim; j++) {
      const PetscReal width = fabs(upper[j][c] - lower[j][c]);
      box *= 1 + (g->boundary[j] == OTTO_BOUNDARY_PERIODIC ? width
                                                           : PetscMin(width, (PetscReal)g->n[j]));
    }
    cells += mass[c] == 0 ? 0 : floor(box); /* whole, so that the order of a sum is no matter */
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &cells, 1, MPIU_REAL, MPIU_SUM, g->comm));
  *thin = (PetscBool) !(cells <= (PetscReal)(OTTO_BOX_CELLS * g->cells));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBoxesDeposit(OttoGrid grid, const PetscReal *const lower[],
                                const PetscReal *const upper[], const PetscReal mass[],
                                PetscReal out[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Deposit d = {
      .g = g, .lower = lower, .upper = upper, .mass = mass, .out = out, .local = {1, 1, 1}};

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  OttoCheckInput(g->dim <= OTTO_BOX_DIM, "transport: the grid has %d axes: at most %d", (int)g->dim,
                 OTTO_BOX_DIM);
  for (PetscInt j = 0; j < g->dim; j++) {
    d.first[OTTO_BOX_DIM - g->dim + j] = g->first[j];
    d.local[OTTO_BOX_DIM - g->dim + j] = g->local[j];
  }
  PetscCall(OttoBoxesThin(g, lower, upper, mass, &d.thin));
  PetscCall(OttoParcelsSwap(g->comm, 1, Posts, Takes, &d));
  PetscFunctionReturn(0);
}
