/* The steady state of the chain that nothing ends, by which its time-reversed chain is made; and
 * whether there is one, and whether faces of the box take from it: where transport leads one way
 * alone (mobility 0 along an axis) cells may lead to others for good, and π vanishes there. */
#include "passage_impl.h"
#include "generator_related.h"
#include "reach.h"
#include "sets_impl.h"
#include <otto/steady.h>
#include <stdio.h>

/* The chain without targets and with closed faces. */
static PetscErrorCode Close(OttoPassage p, OttoGenerator *closed)
{
  PetscFunctionBegin;
  PetscCall(OttoGeneratorCreateRelated(p->generator, OTTO_RELATED_SAME, PETSC_FALSE, NULL, closed));
  const PetscInt parts = OttoGeneratorGetComponents(*closed);
  if (parts > 1 && !OttoGeneratorKeepsGibbs(*closed)) PetscCall(OttoGeneratorDestroy(closed));
  OttoCheckInput(*closed,
                 "first passages: the open cells fall into %d parts, and without exp(-V/T) nothing "
                 "says how much of a steady state is in each: take one at a time",
                 (int)parts);
  PetscFunctionReturn(0);
}

/* Whether an open cell, of a set or of none, stands at a face of the box that absorbs. */
static PetscErrorCode FindFaces(OttoPassage p, OttoGenerator closed)
{
  const PetscInt *part = OttoGeneratorGetComponent(closed);
  PetscInt64 idx[OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < p->g->local_cells; c++) {
    if (part && part[c] < 0) continue;
    OttoGridCellIndex(p->g, c, idx);
    for (PetscInt j = 0; j < p->g->dim; j++) {
      const OttoBoundary of = p->g->boundary[j];
      if ((idx[j] == 0 && OttoBoundaryAbsorbs(of, -1)) ||
          (idx[j] == p->g->n[j] - 1 && OttoBoundaryAbsorbs(of, 1)))
        p->faces = PETSC_TRUE;
    }
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &p->faces, 1, MPIU_BOOL, MPI_LOR, p->g->comm));
  PetscFunctionReturn(0);
}

/* The first of a number of cells, by where it lies, and what is marked from it on. */
static PetscErrorCode FromFirst(OttoGenerator closed, OttoReachWay way, PetscBool marked[],
                                char place[], size_t size, OttoCells *beyond, char there[])
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(closed));
  const PetscInt *part = OttoGeneratorGetComponent(closed);
  OttoCells open = OTTO_NO_CELLS, one;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    if (!(part && part[c] < 0)) OttoCellsAdd(g, c, &open);
  PetscCall(OttoCellsShare(g, &open, place, size));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    one = OTTO_NO_CELLS;
    OttoCellsAdd(g, c, &one);
    marked[c] = one.first == open.first ? PETSC_TRUE : PETSC_FALSE;
  }
  PetscCall(OttoReach(closed, way, marked));
  *beyond = OTTO_NO_CELLS;
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    if (!(part && part[c] < 0) && !marked[c]) OttoCellsAdd(g, c, beyond);
  PetscCall(OttoCellsShare(g, beyond, there, size));
  PetscFunctionReturn(0);
}

/* Whether every open cell leads to every other: else π vanishes somewhere. */
PetscErrorCode OttoPassageFindTransient(OttoPassage p)
{
  char place[80], there[80];
  PetscBool *marked;
  OttoGenerator closed;
  OttoCells beyond;

  PetscFunctionBegin;
  PetscCall(Close(p, &closed));
  PetscCall(FindFaces(p, closed));
  const PetscBool may = OttoGeneratorIsOneWay(closed) && !OttoGeneratorKeepsGibbs(closed);
  if (!may) {
    PetscCall(OttoGeneratorDestroy(&closed));
    PetscFunctionReturn(0);
  }
  PetscCall(OttoAgree(p->g->comm, PetscMalloc1(p->g->local_cells, &marked)));
  for (int way = 0; way < 2 && !p->transient; way++) {
    PetscCall(FromFirst(closed, way ? OTTO_REACH_AGAINST : OTTO_REACH_ALONG, marked, place,
                        sizeof place, &beyond, there));
    p->transient = beyond.count ? PETSC_TRUE : PETSC_FALSE;
  }
  PetscCall(PetscFree(marked));
  PetscCall(OttoGeneratorDestroy(&closed));
  if (p->transient)
    snprintf(p->away, sizeof p->away,
             "%" PetscInt64_FMT " open cells, one of them at %s, and the one at %s do not lead to "
             "each other",
             beyond.count, there, place);
  PetscFunctionReturn(0);
}

/* What stands for π where there is none. */
static PetscErrorCode MarkOpen(OttoPassage p, OttoGenerator closed)
{
  const PetscInt *part = OttoGeneratorGetComponent(closed);
  PetscScalar *logs;

  PetscFunctionBegin;
  PetscCall(VecGetArray(p->log_pi, &logs));
  for (PetscInt64 c = 0; c < p->g->local_cells; c++) logs[c] = part && part[c] < 0 ? -INFINITY : 0;
  PetscCall(VecRestoreArray(p->log_pi, &logs));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassageShared(OttoPassage p, PetscBool in[])
{
  const PetscScalar *label;
  OttoGenerator closed;
  int *has;

  PetscFunctionBegin;
  PetscCall(Close(p, &closed));
  const PetscInt *part = OttoGeneratorGetComponent(closed);
  const PetscInt parts = OttoGeneratorGetComponents(closed);
  PetscCall(OttoAgree(p->g->comm, PetscCalloc1(parts, &has)));
  PetscCall(VecGetArrayRead(OttoGeneratorGetTargetLabels(p->generator), &label));
  for (PetscInt64 c = 0; c < p->g->local_cells; c++)
    if (label[c] > 0 && (!part || part[c] >= 0))
      has[part ? part[c] : 0] |= (int)OTTO_ONE_SET((PetscInt)label[c]);
  PetscCall(VecRestoreArrayRead(OttoGeneratorGetTargetLabels(p->generator), &label));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, has, (PetscMPIInt)parts, MPI_INT, MPI_BOR, p->g->comm));
  for (PetscInt64 c = 0; c < p->g->local_cells; c++) {
    const PetscInt k = part ? part[c] : 0;
    in[c] = k >= 0 && (has[k] & (has[k] - 1)) ? PETSC_TRUE : PETSC_FALSE; /* two bits or more */
  }
  PetscCall(PetscFree(has));
  PetscCall(OttoGeneratorDestroy(&closed));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassageFindSteady(OttoPassage p)
{
  PetscErrorCode code = 0;
  OttoGenerator closed;
  OttoResolvent resolvent;
  OttoSteadyReport report;

  PetscFunctionBegin;
  PetscCall(Close(p, &closed));
  if (p->transient) {
    PetscCall(MarkOpen(p, closed));
  } else {
    PetscCall(OttoResolventCreate(closed, &resolvent));
    code = OttoSteadyState(resolvent, p->pi, p->log_pi, &report);
    PetscCall(OttoResolventDestroy(&resolvent));
  }
  PetscCall(OttoGeneratorDestroy(&closed));
  PetscFunctionReturn(code);
}
