/* What a sample of dissipation sends on any number of ranks, by counting its messages, and what
 * they take. */
#include "scaling.h"
#include <math.h>

#define REAL ((PetscReal)sizeof(PetscReal))
#define CHUNK                                                                                      \
  131072.            /* reals of a message of an exchange (grid/exchange.c): a test counts them    \
                      */
#define LAYERS 2     /* planes of cells that dissipation by fourth-order differences asks for */
#define REDUCTIONS 5 /* the same on any ranks: a test counts them */

/* The values of `ranks` of them, so many on each, change hands: every part but a rank's own goes.
 */
static void Exchange(PetscReal values, PetscReal ranks, OttoTraffic *t)
{
  const PetscReal part = values / ranks;

  t->messages += (ranks - 1) * ceil(part / CHUNK);
  t->bytes += (ranks - 1) * part * REAL;
}

/* How many others are next to a rank along an axis of `ranks`, periodic. */
static PetscReal Beside(PetscReal ranks)
{
  return PetscMin(2, ranks - 1);
}

/* Ghosts of one field, corners among them; a neighbour on both sides gets one message. */
static void Halo(const PetscReal local[2], PetscReal rest, PetscReal p0, PetscReal p1,
                 OttoTraffic *t)
{
  const PetscReal one = p0 > 1 ? 2 * LAYERS : 0, two = p1 > 1 ? 2 * LAYERS : 0;

  t->messages += (1 + Beside(p0)) * (1 + Beside(p1)) - 1;
  t->bytes += ((local[0] + one) * (local[1] + two) - local[0] * local[1]) * rest * REAL;
}

OttoTraffic OttoScalingModel(PetscInt dim, const PetscReal n[], PetscReal p0, PetscReal p1)
{
  const PetscReal local[2] = {n[0] / p0, n[1] / p1};
  PetscReal rest = 1;
  OttoTraffic t = {.reductions = p0 * p1 > 1 ? REDUCTIONS : 0};

  for (PetscInt j = 2; j < dim; j++) rest *= n[j];
  /* of the last axis n/2 + 1 complex modes stand for n cells, once it has been transformed */
  const PetscReal halved = (n[dim - 1] + 2) / n[dim - 1], cells = local[0] * local[1] * rest;
  const PetscReal columns = dim > 2 ? rest * halved / 2 : 1; /* behind the first two axes */
  for (int density = 0; density < 2; density++) {
    Exchange(dim > 2 ? cells * halved : cells, p1, &t);
    Exchange(cells * halved, columns < p1 ? p0 * p1 : p0, &t);
    Halo(local, rest, p0, p1, &t);
  }
  return t;
}

PetscReal OttoScalingSeconds(const OttoTraffic *t, PetscReal ranks, PetscReal latency,
                             PetscReal bandwidth)
{
  return t->messages * latency + t->bytes / bandwidth + t->reductions * ceil(log2(ranks)) * latency;
}

PetscBool OttoScalingMesh(PetscInt dim, const PetscReal n[], PetscInt64 ranks, PetscReal latency,
                          PetscReal bandwidth, PetscReal mesh[2])
{
  PetscReal least = INFINITY;

  for (PetscInt64 p1 = 1; (PetscReal)p1 <= n[1]; p1++) {
    if (ranks % p1 || (PetscReal)(ranks / p1) > n[0]) continue;
    const OttoTraffic t = OttoScalingModel(dim, n, (PetscReal)(ranks / p1), (PetscReal)p1);
    const PetscReal seconds = OttoScalingSeconds(&t, (PetscReal)ranks, latency, bandwidth);
    if (seconds >= least) continue;
    least = seconds;
    mesh[0] = (PetscReal)(ranks / p1);
    mesh[1] = (PetscReal)p1;
  }
  return least < INFINITY ? PETSC_TRUE : PETSC_FALSE;
}
