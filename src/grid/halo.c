#include "grid_impl.h"
#include "core/message.h"
#include <petscsf.h>

#define LENT_MOST 8                /* buffers that may be out at once */
#define MOST ((PetscInt64)1 << 30) /* bytes of a plane that is one unit */

struct _n_OttoHalo {
  const OttoGridInfo *g;
  PetscInt width;
  PetscInt64 cells;  /* ghosts */
  PetscSF sf;        /* units owned → units of ghosts */
  MPI_Datatype unit; /* what ghosts come in: planes where axis 1 is whole and they are no giants,
                      * else rows */
  PetscReal *buffer[LENT_MOST];
  PetscBool lent[LENT_MOST];
  OttoHalo next; /* of the grid's, of another width */
};

/* The position behind position i of an axis, which may lie beyond the faces. */
static PetscInt64 Behind(const OttoGridInfo *g, PetscInt axis, PetscInt64 i)
{
  const PetscInt64 n = g->n[axis];
  const PetscInt64 period = g->boundary[axis] == OTTO_BOUNDARY_PERIODIC ? n : 2 * n;

  i = ((i % period) + period) % period;
  return i < n ? i : 2 * n - 1 - i;
}

/* Which rows the ghosts are, in order of their numbers: their owners, and numbers there. */
static void FindRows(const OttoHalo s, PetscSFNode remote[])
{
  const OttoGridInfo *g = s->g;
  const PetscInt64 w = s->width, beside = g->mesh[1] > 1 ? w : 0;

  for (PetscInt64 i = -w; i < g->local[0] + w; i++) {
    if (i == 0 && !beside) i = g->local[0]; /* own planes are whole */
    for (PetscInt64 j = -beside; j < g->local[1] + beside; j++) {
      const PetscInt64 number = OttoHaloRow(g, s->width, i, j);
      const PetscInt64 idx[OTTO_MAX_DIM] = {Behind(g, 0, g->first[0] + i),
                                            g->dim > 1 ? Behind(g, 1, g->first[1] + j) : 0};
      PetscMPIInt owner;
      if (number < g->local_cells) continue;
      const PetscInt64 there = OttoGridOwner(g, idx, &owner);
      PetscSFNode *node = &remote[(number - g->local_cells) / g->row_cells];
      node->rank = owner;
      node->index = (PetscInt)(there / g->row_cells);
    }
  }
}

/* Rows into planes, where each of these comes from one rank. */
static void JoinRows(const OttoGridInfo *g, PetscInt planes, PetscSFNode remote[])
{
  for (PetscInt k = 0; k < planes; k++) {
    remote[k].rank = remote[k * g->local[1]].rank;
    remote[k].index = (PetscInt)(remote[k * g->local[1]].index / g->local[1]);
  }
}

static PetscErrorCode Create(OttoGrid grid, PetscInt width, OttoHalo *halo)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscInt64 plane = g->n[1] * g->row_cells * (PetscInt64)sizeof(PetscReal);
  const PetscBool whole = g->mesh[1] == 1 ? PETSC_TRUE : PETSC_FALSE;
  const PetscBool planes = whole && plane <= OttoMessageBytes(MOST) ? PETSC_TRUE : PETSC_FALSE;
  const PetscInt64 beside = whole ? 0 : width, per = planes ? g->local[1] : 1; /* rows of a unit */
  PetscMPIInt cells;
  PetscSFNode *remote;
  OttoHalo s;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(PetscNew(&s));
  s->g = g;
  s->width = width;
  const PetscInt64 rows =
      g->local_cells ? 2 * (width * (g->local[1] + 2 * beside) + g->local[0] * beside) : 0;
  s->cells = rows * g->row_cells;
  PetscCall(PetscMalloc1(PetscMax(1, rows), &remote));
  if (rows) FindRows(s, remote);
  const PetscInt units = (PetscInt)(rows / per);
  if (planes && rows) JoinRows(g, units, remote);
  PetscCall(PetscSFCreate(g->comm, &s->sf));
  PetscCall(PetscSFSetGraph(s->sf, (PetscInt)(g->local_cells / (per * g->row_cells)), units, NULL,
                            PETSC_OWN_POINTER, remote, PETSC_OWN_POINTER));
  PetscCall(OttoMessageCount(per * g->row_cells, "cells of a row", &cells));
  PetscCallMPI(MPI_Type_contiguous(cells, MPIU_REAL, &s->unit));
  PetscCallMPI(MPI_Type_commit(&s->unit));
  *halo = s;
  PetscFunctionReturn(0);
}

static PetscErrorCode DestroyHalos(OttoGrid grid)
{
  PetscFunctionBegin;
  while (grid->halos) {
    OttoHalo s = grid->halos;
    grid->halos = s->next;
    PetscCall(PetscSFDestroy(&s->sf));
    PetscCallMPI(MPI_Type_free(&s->unit));
    for (int k = 0; k < LENT_MOST; k++) PetscCall(PetscFree(s->buffer[k]));
    PetscCall(PetscFree(s));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGridGetHalo(OttoGrid grid, PetscInt width, OttoHalo *halo)
{
  PetscFunctionBegin;
  for (*halo = grid->halos; *halo; *halo = (*halo)->next)
    if ((*halo)->width == width) PetscFunctionReturn(0);
  PetscCall(Create(grid, width, halo));
  (*halo)->next = grid->halos;
  grid->halos = *halo;
  grid->destroy_halos = DestroyHalos;
  PetscFunctionReturn(0);
}

PetscInt64 OttoHaloCells(OttoHalo halo)
{
  return halo->cells;
}

static PetscErrorCode Lend(OttoHalo s, PetscReal **ghost)
{
  int k = 0;

  PetscFunctionBegin;
  while (k < LENT_MOST && s->lent[k]) k++;
  PetscCheck(k < LENT_MOST, PETSC_COMM_SELF, PETSC_ERR_PLIB, "ghosts are not given back");
  if (!s->buffer[k]) PetscCall(PetscCalloc1((size_t)PetscMax(1, s->cells), &s->buffer[k]));
  s->lent[k] = PETSC_TRUE;
  *ghost = s->buffer[k];
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHaloSurround(OttoHalo halo, const PetscReal own[], OttoSurrounded *field)
{
  PetscFunctionBegin;
  *field = (OttoSurrounded){.g = halo->g, .own = own};
  PetscCall(OttoAgree(halo->g->comm, Lend(halo, &field->ghost)));
  PetscCall(PetscSFBcastBegin(halo->sf, halo->unit, own, field->ghost, MPI_REPLACE));
  PetscCall(PetscSFBcastEnd(halo->sf, halo->unit, own, field->ghost, MPI_REPLACE));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHaloRelease(OttoHalo halo, OttoSurrounded *field)
{
  PetscFunctionBegin;
  for (int k = 0; k < LENT_MOST && field->ghost; k++)
    if (halo->buffer[k] == field->ghost) halo->lent[k] = PETSC_FALSE;
  *field = (OttoSurrounded){NULL};
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFieldSurround(OttoHalo halo, Vec v, OttoSurrounded *field)
{
  const PetscScalar *own;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(v, &own));
  PetscCall(OttoHaloSurround(halo, own, field));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFieldRelease(OttoHalo halo, Vec v, OttoSurrounded *field)
{
  PetscFunctionBegin;
  PetscCall(VecRestoreArrayRead(v, &field->own));
  PetscCall(OttoHaloRelease(halo, field));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHaloNumbers(OttoHalo halo, PetscReal **numbers)
{
  const OttoGridInfo *g = halo->g;
  const PetscInt64 own = g->local_cells;
  OttoSurrounded f;

  PetscFunctionBegin;
  PetscCall(OttoAgree(g->comm, PetscMalloc1((size_t)(own + halo->cells), numbers)));
  for (PetscInt64 c = 0; c < own; c++) (*numbers)[c] = (PetscReal)(g->offset + c);
  PetscCall(OttoHaloSurround(halo, *numbers, &f));
  PetscCall(PetscArraycpy(*numbers + own, f.ghost, halo->cells));
  PetscCall(OttoHaloRelease(halo, &f));
  PetscFunctionReturn(0);
}
