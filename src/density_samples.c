/* Points spread over cells with linear weights (cloud-in-cell). Every rank reads a share of the
 * points and sends each to the owners of the two planes of axis 0 it touches; a rank then deposits
 * in its own planes only. Beyond a periodic face the share wraps round; beyond any other it stays
 * in the cell at the edge, so that mass is kept. */
#include "density_impl.h"
#include <otto/storage.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>

/* The two cells of an axis that share a point at x, and the weight of the second. */
static PetscReal Spread(const OttoGridInfo *g, PetscInt axis, PetscReal x, PetscInt64 cell[2])
{
  const PetscInt64 n = g->n[axis];
  PetscReal position = (x - g->lower[axis]) / g->h[axis] - 0.5, left = floor(position);

  cell[0] = PetscMax(-1, PetscMin((PetscInt64)left, n - 1)); /* rounding at the upper face */
  cell[1] = cell[0] + 1;
  for (int side = 0; side < 2; side++) {
    if (g->boundary[axis] == OTTO_BOUNDARY_PERIODIC)
      cell[side] = (cell[side] + n) % n;
    else
      cell[side] = PetscMax(0, PetscMin(cell[side], n - 1));
  }
  return position - left;
}

void OttoDensityDeposit(const OttoGridInfo *g, const PetscReal x[], PetscReal values[])
{
  PetscInt64 cell[OTTO_MAX_DIM][2];
  PetscReal weight[OTTO_MAX_DIM];

  for (PetscInt j = 0; j < g->dim; j++) weight[j] = Spread(g, j, x[j], cell[j]);
  for (int corner = 0; corner < 1 << g->dim; corner++) {
    PetscInt64 local = 0;
    PetscReal part = 1;
    for (PetscInt j = 0; j < g->dim; j++) {
      int side = corner >> j & 1;
      local = local * g->n[j] + cell[j][side] - (j ? 0 : g->start);
      part *= side ? weight[j] : 1 - weight[j];
    }
    if (local >= 0 && local < g->local_cells) values[local] += part;
  }
}

/* First and, where it differs, second owner of a point; returns how many. */
static int Owners(const OttoGridInfo *g, const PetscReal x[], PetscMPIInt owner[2])
{
  PetscInt64 plane[2];

  Spread(g, 0, x[0], plane);
  owner[0] = OttoPlaneOwner(g, plane[0]);
  owner[1] = OttoPlaneOwner(g, plane[1]);
  return owner[0] == owner[1] ? 1 : 2;
}

/* Names the first point that is not finite or lies outside. The shares are in order, so the lowest
 * failing rank holds the first one in the file. */
static PetscErrorCode CheckPoints(const OttoGridInfo *g, const char *prefix, PetscInt64 count,
                                  const PetscReal x[])
{
  PetscInt64 before = 0;
  char what[80];
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Exscan(&count, &before, 1, MPIU_INT64, MPI_SUM, g->comm));
  if (g->rank == 0) before = 0;
  for (PetscInt64 i = 0; i < count && !code; i++) {
    snprintf(what, sizeof what, "%spath: point %" PetscInt64_FMT " (counted from 1), at", prefix,
             before + i + 1);
    code = OttoDensityCheckInside(g, what, &x[i * g->dim]);
  }
  PetscCall(OttoAgree(g->comm, code));
  PetscFunctionReturn(0);
}

/* Sums counts to displacements; returns the total. */
static PetscInt64 Displace(PetscMPIInt size, const PetscInt64 count[], PetscMPIInt short_count[],
                           PetscMPIInt displacement[])
{
  PetscInt64 total = 0;

  for (PetscMPIInt r = 0; r < size; r++) {
    short_count[r] = (PetscMPIInt)count[r];
    displacement[r] = (PetscMPIInt)total;
    total += count[r];
  }
  return total;
}

static PetscErrorCode Allocate(PetscInt dim, PetscInt64 sent, PetscInt64 got, PetscReal **packed,
                               PetscReal **mine)
{
  PetscFunctionBegin;
  PetscCheck(sent <= INT_MAX && got <= INT_MAX, PETSC_COMM_SELF, PETSC_ERR_SUP,
             "more than 2^31 points on one rank; use more ranks");
  PetscCall(PetscMalloc1(sent * dim + 1, packed));
  PetscCall(PetscMalloc1(got * dim + 1, mine));
  PetscFunctionReturn(0);
}

/* Sends points x[count][dim] to the owners of their planes; *mine[*got][dim] is what arrived. */
static PetscErrorCode Route(const OttoGridInfo *g, PetscInt64 count, const PetscReal x[],
                            PetscInt64 *got, PetscReal **mine)
{
  PetscMPIInt owner[2], *out, *out_at, *in, *in_at;
  PetscInt64 *sends, *receives, total, at;
  PetscReal *packed = NULL;
  MPI_Datatype point;

  PetscFunctionBegin;
  PetscCall(PetscCalloc2(g->size, &sends, g->size, &receives));
  PetscCall(PetscMalloc4(g->size, &out, g->size, &out_at, g->size, &in, g->size, &in_at));
  for (PetscInt64 i = 0; i < count; i++)
    for (int k = Owners(g, &x[i * g->dim], owner); k-- > 0;) sends[owner[k]]++;
  PetscCallMPI(MPI_Alltoall(sends, 1, MPIU_INT64, receives, 1, MPIU_INT64, g->comm));
  total = Displace(g->size, sends, out, out_at);
  *got = Displace(g->size, receives, in, in_at);
  PetscCall(OttoAgree(g->comm, Allocate(g->dim, total, *got, &packed, mine)));
  for (PetscInt64 i = 0; i < count; i++) {
    for (int k = Owners(g, &x[i * g->dim], owner); k-- > 0;) {
      at = out_at[owner[k]]++;
      PetscCall(PetscArraycpy(packed + at * g->dim, x + i * g->dim, g->dim));
    }
  }
  for (PetscMPIInt r = 0; r < g->size; r++) out_at[r] -= out[r];
  PetscCallMPI(MPI_Type_contiguous((PetscMPIInt)g->dim, MPIU_REAL, &point));
  PetscCallMPI(MPI_Type_commit(&point));
  PetscCallMPI(MPI_Alltoallv(packed, out, out_at, point, *mine, in, in_at, point, g->comm));
  PetscCallMPI(MPI_Type_free(&point));
  PetscCall(PetscFree(packed));
  PetscCall(PetscFree4(out, out_at, in, in_at));
  PetscCall(PetscFree2(sends, receives));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDensityFill_samples(OttoGrid grid, const char *prefix, PetscReal values[],
                                       OttoDensityFacts *facts)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const char *path, *dataset;
  char key[32];
  PetscInt64 count, got;
  PetscReal *points, *mine;

  PetscFunctionBegin;
  (void)facts;
  snprintf(key, sizeof key, "%spath", prefix);
  PetscCall(OttoDensityGetText(prefix, "path", "an HDF5 file", &path));
  PetscCall(OttoDensityGetText(prefix, "dataset", "a dataset of points in the file", &dataset));
  PetscCall(OttoStorageReadPoints(g->comm, key, path, dataset, g->dim, &count, &points));
  PetscErrorCode code = CheckPoints(g, prefix, count, points);
  if (!code) code = Route(g, count, points, &got, &mine);
  PetscCall(PetscFree(points));
  if (code) PetscFunctionReturn(code);
  for (PetscInt64 i = 0; i < got; i++) OttoDensityDeposit(g, &mine[i * g->dim], values);
  PetscCall(PetscFree(mine));
  PetscFunctionReturn(0);
}
