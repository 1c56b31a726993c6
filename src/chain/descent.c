/* Ways downhill: directions, the order in which cells come, basins, and what is sent. */
#include "descent.h"
#include <math.h>

#define UNKNOWN (-1)

/* ---- directions ---- */

/* The best conducting of cell c's edges to cells of more π; of the same, to those of larger number.
 */
static PetscInt Downhill(const OttoDescent *d, const OttoSurrounded *log_pi, PetscInt64 c)
{
  PetscInt best = OTTO_DESCENT_BOTTOM;
  PetscReal most = 0;

  for (PetscInt face = 0; face < 2 * d->g->dim; face++) {
    const PetscInt64 y = OttoEdgesNeighbour(d->g, c, face / 2, face % 2 ? 1 : -1);
    if (y < 0) continue;
    const PetscReal conducts = d->along[face / 2][OttoDescentEdge(c, face, y)];
    const PetscReal here = log_pi->own[c], there = *OttoSurroundedAt(log_pi, y);
    if (there > here || (there == here && d->number[y] > d->number[c]))
      if (conducts > most) {
        most = conducts;
        best = face;
      }
  }
  return best;
}

static PetscErrorCode Directions(OttoDescent *d, const PetscBool open[], Vec log_pi)
{
  OttoSurrounded height;

  PetscFunctionBegin;
  PetscCall(OttoFieldSurround(d->halo, log_pi, &height));
  for (PetscInt64 c = 0; c < d->g->local_cells; c++)
    d->to[c] = !open[c]         ? OTTO_DESCENT_CLOSED
               : d->end[c] >= 0 ? OTTO_DESCENT_END
                                : Downhill(d, &height, c);
  PetscCall(OttoFieldRelease(d->halo, log_pi, &height));
  PetscFunctionReturn(0);
}

/* The cell that own cell c sends to; -1: a terminal, or nowhere. */
static PetscInt64 Target(const OttoDescent *d, PetscInt64 c)
{
  const PetscInt face = (PetscInt)d->to[c];

  return face < 0 ? -1 : OttoEdgesNeighbour(d->g, c, face / 2, face % 2 ? 1 : -1);
}

/* Cells after all own ones that send to them (Kahn 1962). */
static PetscErrorCode Order(OttoDescent *d)
{
  const PetscInt64 own = d->g->local_cells;
  signed char *before;
  PetscInt64 last = 0;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(own, &before));
  for (PetscInt64 c = 0; c < own; c++) {
    const PetscInt64 y = Target(d, c);
    if (y >= 0 && y < own) before[y]++;
  }
  for (PetscInt64 c = 0; c < own; c++)
    if (before[c] == 0 && d->to[c] != OTTO_DESCENT_CLOSED) d->order[last++] = c;
  for (PetscInt64 i = 0; i < last; i++) {
    const PetscInt64 y = Target(d, d->order[i]);
    if (y >= 0 && y < own && --before[y] == 0) d->order[last++] = y;
  }
  d->cells = last;
  PetscCall(PetscFree(before));
  PetscFunctionReturn(0);
}

/* ---- basins ---- */

/* Bottoms by ranks. */
static PetscErrorCode Bottoms(OttoDescent *d)
{
  PetscInt64 own = 0, next = 0;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < d->g->local_cells; c++) own += d->to[c] == OTTO_DESCENT_BOTTOM;
  PetscCallMPI(MPI_Exscan(&own, &next, 1, MPIU_INT64, MPI_SUM, d->g->comm));
  PetscCallMPI(MPI_Allreduce(&own, &d->basins, 1, MPIU_INT64, MPI_SUM, d->g->comm));
  for (PetscInt64 c = 0; c < d->g->local_cells; c++)
    d->basin[c] = d->to[c] == OTTO_DESCENT_END      ? 0
                  : d->to[c] == OTTO_DESCENT_BOTTOM ? (PetscReal)++next
                                                    : UNKNOWN;
  PetscFunctionReturn(0);
}

/* Every cell's basin is that of the cell it sends to, from rank to rank until all are known. */
static PetscErrorCode Basins(OttoDescent *d)
{
  PetscInt64 unknown = 1;

  PetscFunctionBegin;
  PetscCall(Bottoms(d));
  while (unknown) {
    OttoSurrounded beyond;
    unknown = 0;
    PetscCall(OttoHaloSurround(d->halo, d->basin, &beyond));
    for (PetscInt64 i = d->cells - 1; i >= 0; i--) {
      const PetscInt64 c = d->order[i];
      if (d->basin[c] == UNKNOWN) d->basin[c] = *OttoSurroundedAt(&beyond, Target(d, c));
      unknown += d->basin[c] == UNKNOWN;
    }
    PetscCall(OttoHaloRelease(d->halo, &beyond));
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &unknown, 1, MPIU_INT64, MPI_SUM, d->g->comm));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Allocate(OttoDescent *d)
{
  const PetscInt64 own = d->g->local_cells;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(own, &d->to, own, &d->basin, own, &d->order));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDescentCreate(OttoGrid grid, PetscReal *const along[], const PetscInt64 end[],
                                 const PetscBool open[], Vec log_pi, OttoDescent *d)
{
  PetscFunctionBegin;
  *d = (OttoDescent){.g = OttoGridGetInfo(grid), .along = along, .end = end};
  PetscCall(OttoGridGetHalo(grid, 1, &d->halo));
  PetscCall(OttoHaloNumbers(d->halo, &d->number));
  PetscCall(OttoAgree(d->g->comm, Allocate(d)));
  PetscCall(Directions(d, open, log_pi));
  PetscCall(OttoAgree(d->g->comm, Order(d)));
  PetscCall(Basins(d));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDescentDestroy(OttoDescent *d)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(d->number));
  PetscCall(PetscFree3(d->to, d->basin, d->order));
  PetscFunctionReturn(0);
}

/* ---- what is sent ---- */

/* From own cell to own cell, from those upstream on; sent[local_cells] is what goes beyond. */
static void Send(const OttoDescent *d, PetscReal excess[], PetscReal *const flow[],
                 PetscReal end_flow[], PetscReal sent[])
{
  const PetscInt64 own = d->g->local_cells;

  for (PetscInt64 i = 0; i < d->cells; i++) {
    const PetscInt64 c = d->order[i], y = Target(d, c);
    const PetscInt face = (PetscInt)d->to[c];
    const PetscReal all = excess[c];
    if (all == 0 || face == OTTO_DESCENT_BOTTOM) continue;
    excess[c] = 0;
    if (face == OTTO_DESCENT_END) {
      end_flow[d->end[c]] += all;
      continue;
    }
    flow[face / 2][OttoDescentEdge(c, face, y)] += face % 2 ? all : -all;
    if (y < own)
      excess[y] += all;
    else
      sent[c] = all;
  }
}

/* What cells beyond have sent to own ones. Arrays by edge have edges that cross on both sides. */
static void Receive(const OttoDescent *d, const OttoSurrounded *to, const OttoSurrounded *sent,
                    PetscReal excess[], PetscReal *const flow[])
{
  for (PetscInt64 c = 0; c < d->g->local_cells; c++)
    for (PetscInt face = 0; face < 2 * d->g->dim; face++) {
      if (!OttoHaloServes(d->g, face / 2)) continue;
      const PetscInt64 y = OttoEdgesNeighbour(d->g, c, face / 2, face % 2 ? 1 : -1);
      if (y < d->g->local_cells) continue;
      const PetscReal all = *OttoSurroundedAt(sent, y);
      if (all == 0 || *OttoSurroundedAt(to, y) != (PetscReal)(face ^ 1)) continue;
      excess[c] += all;
      flow[face / 2][OttoDescentEdge(c, face, y)] += face % 2 ? -all : all;
    }
}

PetscErrorCode OttoDescentPush(const OttoDescent *d, PetscReal excess[], PetscReal *const flow[],
                               PetscReal end_flow[])
{
  const PetscInt64 own = d->g->local_cells;
  OttoSurrounded to, beyond;
  PetscReal *sent, left = 1;

  PetscFunctionBegin;
  PetscCall(OttoAgree(d->g->comm, PetscMalloc1(own, &sent)));
  PetscCall(OttoHaloSurround(d->halo, d->to, &to));
  while (left > 0) {
    PetscCall(PetscArrayzero(sent, own));
    Send(d, excess, flow, end_flow, sent);
    PetscCall(OttoHaloSurround(d->halo, sent, &beyond));
    Receive(d, &to, &beyond, excess, flow);
    PetscCall(OttoHaloRelease(d->halo, &beyond));
    left = 0;
    for (PetscInt64 c = 0; c < own; c++) left = PetscMax(left, sent[c] != 0);
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &left, 1, MPIU_REAL, MPIU_MAX, d->g->comm));
  }
  PetscCall(OttoHaloRelease(d->halo, &to));
  PetscCall(PetscFree(sent));
  PetscFunctionReturn(0);
}
