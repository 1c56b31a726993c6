/*
 * The mesh of ranks that a transform there and back is estimated to cost least on: the rank with
 * the most cells sets the pace. An exchange among r ranks sends (r - 1)/r of what a rank has, in
 * r - 1 messages, and each is gone through twice.
 */
#include "mesh.h"

/* Seconds: what a cell costs a core, a message, a byte: estimates, the last two those of
 * a cluster whose cores share a network; where they are off by a factor of three the choice changes
 * between meshes that differ by little. */
#define CELL 60e-9
#define MESSAGE 2e-6
#define BYTE 1e-9

/* Of a slab's time, and in seconds: what another mesh must save to be taken. All else that a run
 * does to its boxes (ghosts, lines of an axis) is simplest, and files are read, by whole planes. */
#define WORTH 0.2
#define WORTH_SECONDS 1e-4

static PetscInt64 Largest(PetscInt64 n, PetscMPIInt ranks)
{
  return (n + ranks - 1) / ranks;
}

static PetscReal Cost(const OttoGridInfo *g, PetscMPIInt p0, PetscMPIInt p1)
{
  PetscReal cells = (PetscReal)(Largest(g->n[0], p0) * Largest(g->n[1], p1)), rest = 1;

  for (PetscInt j = 2; j < g->dim; j++) rest *= (PetscReal)g->n[j];
  cells *= rest;
  /* where there are fewer columns behind than ranks in a row of the mesh, all meet for axis 0 */
  const PetscReal meet = p1 > 1 && rest < p1 ? (PetscReal)p0 * p1 : (PetscReal)p0;
  const PetscReal messages = meet - 1 + (PetscReal)p1 - 1;
  const PetscReal share = (meet - 1) / meet + ((PetscReal)p1 - 1) / p1;
  return CELL * cells + 2 * MESSAGE * messages + 2 * BYTE * sizeof(PetscReal) * cells * share;
}

void OttoMeshChoose(const OttoGridInfo *g, PetscMPIInt mesh[2])
{
  const PetscBool slab = g->n[0] >= g->size ? PETSC_TRUE : PETSC_FALSE;
  PetscReal best = PETSC_MAX_REAL;

  mesh[0] = mesh[1] = 0;
  for (PetscMPIInt p1 = 1; p1 <= g->size; p1++) {
    const PetscMPIInt p0 = g->size / p1;
    if (p0 * p1 != g->size || p0 > g->n[0] || p1 > g->n[1]) continue;
    const PetscReal cost = Cost(g, p0, p1);
    if (!(cost < best)) continue;
    best = cost;
    mesh[0] = p0;
    mesh[1] = p1;
  }
  if (!slab) return;
  const PetscReal saves = Cost(g, g->size, 1) - best;
  if (saves > WORTH_SECONDS && saves > WORTH * (best + saves)) return;
  mesh[0] = g->size;
  mesh[1] = 1;
}

PetscMPIInt OttoMeshLargest(const OttoGridInfo *g, PetscMPIInt size)
{
  for (PetscMPIInt r = size; r > 1; r--)
    for (PetscMPIInt p1 = 1; p1 <= r && p1 <= g->n[1]; p1++)
      if (r % p1 == 0 && r / p1 <= g->n[0]) return r;
  return 1;
}
