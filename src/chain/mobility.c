#include "mobility.h"
#include "magnitude.h"
#include "grid/edges.h"
#include <otto/field.h>
#include <math.h>
#include <stdio.h>

#define DIM OTTO_GENERATOR_MAX_DIM
/* Ratios of two axes' mobilities that differ by less are one: each of them rounds. */
#define SAME (16 * PETSC_MACHINE_EPSILON)

PetscErrorCode OttoMobilityCreate(OttoGrid grid, OttoMobility *mobility)
{
  OttoMobility s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  *mobility = s;
  s->grid = grid;
  s->g = OttoGridGetInfo(grid);
  snprintf(s->key, sizeof s->key, "mobility");
  for (PetscInt j = 0; j < s->g->dim; j++) {
    PetscCall(OttoFieldCreate(grid, &s->given[j]));
    s->value[j] = s->given[j];
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoMobilityDestroy(OttoMobility *mobility)
{
  OttoMobility s = *mobility;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  for (PetscInt j = 0; j < DIM; j++) {
    if (s->value[j] != s->given[j]) PetscCall(VecDestroy(&s->value[j]));
    PetscCall(VecDestroy(&s->given[j]));
    PetscCall(PetscFree(s->face[j]));
    PetscCall(PetscFree(s->force[j]));
  }
  PetscCall(PetscFree(*mobility));
  PetscFunctionReturn(0);
}

/* ---- values ---- */

static PetscErrorCode CheckCells(OttoMobility s, PetscInt axis, const PetscReal V[],
                                 const PetscReal M[])
{
  PetscReal x[OTTO_MAX_DIM];
  char point[160];

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    if (!isfinite(V[c]) || OttoIsRate(M[c])) continue;
    OttoGridCellCentre(s->g, c, x);
    OttoGridFormatPoint(s->g->dim, x, point, sizeof point);
    OttoFail(OTTO_ERR_INPUT,
             "%s: %g along axis %d at %s; it must be above 0 and finite, " OTTO_RATES_SAY, s->key,
             isnan(M[c]) ? NAN : (double)M[c], (int)axis + 1, point);
  }
  PetscFunctionReturn(0);
}

/* Whether an axis has the mobility 0 in every open cell. Collective. */
static PetscErrorCode IsZero(OttoMobility s, const PetscReal V[], const PetscReal M[],
                             PetscBool *zero)
{
  PetscFunctionBegin;
  *zero = PETSC_TRUE;
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    if (isfinite(V[c]) && M[c] != 0) *zero = PETSC_FALSE; /* NaN as well */
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, zero, 1, MPIU_BOOL, MPI_LAND, s->g->comm));
  PetscFunctionReturn(0);
}

/* Least, most and middle of an axis; closed cells get the most. Collective. */
static PetscErrorCode Summarise(OttoMobility s, PetscInt axis, const PetscReal V[], PetscReal M[])
{
  PetscReal ends[2] = {-INFINITY, -INFINITY}, open = 0;
  OttoSum sum[2] = {{0, 0}};
  PetscBool zero = PETSC_FALSE;

  PetscFunctionBegin;
  s->least[axis] = s->most[axis] = s->middle[axis] = 0;
  PetscCall(IsZero(s, V, M, &zero));
  for (PetscInt64 c = 0; c < s->g->local_cells && zero; c++) M[c] = 0;
  if (zero) PetscFunctionReturn(0);
  PetscCall(OttoAgree(s->g->comm, CheckCells(s, axis, V, M)));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    if (!isfinite(V[c])) continue;
    ends[0] = PetscMax(ends[0], -M[c]);
    ends[1] = PetscMax(ends[1], M[c]);
    OttoSumAdd(&sum[0], log(M[c]));
    open++;
  }
  OttoSumAdd(&sum[1], open);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, ends, 2, MPIU_REAL, MPIU_MAX, s->g->comm));
  PetscCall(OttoSumReduce(s->g->comm, 2, sum));
  const PetscBool any = OttoSumValue(sum[1]) > 0 ? PETSC_TRUE : PETSC_FALSE; /* or it is refused */
  s->least[axis] = any ? -ends[0] : 1;
  s->most[axis] = any ? ends[1] : 1;
  s->middle[axis] = any ? exp(OttoSumValue(sum[0]) / OttoSumValue(sum[1])) : 1;
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    if (!isfinite(V[c])) M[c] = s->most[axis];
  PetscFunctionReturn(0);
}

/* Whether an axis has the first one's mobility but for a factor. Collective. */
static PetscErrorCode IsShared(OttoMobility s, PetscInt axis, const PetscReal V[],
                               PetscBool *shared)
{
  const PetscScalar *M, *first;
  PetscReal ends[2] = {-INFINITY, -INFINITY};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(s->value[axis], &M));
  PetscCall(VecGetArrayRead(s->value[s->first], &first));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    if (!isfinite(V[c])) continue;
    ends[0] = PetscMax(ends[0], -M[c] / first[c]);
    ends[1] = PetscMax(ends[1], M[c] / first[c]);
  }
  PetscCall(VecRestoreArrayRead(s->value[s->first], &first));
  PetscCall(VecRestoreArrayRead(s->value[axis], &M));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, ends, 2, MPIU_REAL, MPIU_MAX, s->g->comm));
  *shared = ends[1] + ends[0] <= SAME * ends[1] ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* ---- faces ---- */

typedef struct {
  OttoMobility s;
  OttoSurrounded value[DIM];
} Filling;

static void FillFaces(const OttoEdges *e, void *context)
{
  Filling *fill = (Filling *)context;
  OttoMobility s = fill->s;
  const PetscReal *x = OttoSurroundedAt(&fill->value[e->axis], e->x);
  const PetscReal *y = OttoSurroundedAt(&fill->value[e->axis], e->y);
  PetscReal *face = s->face[e->axis] + e->x;
  PetscReal *force = s->force[e->axis] ? s->force[e->axis] + e->x : NULL;

  if (OttoMobilityIsStill(s, e->axis)) return;
  for (PetscInt64 i = 0; i < e->n; i++) face[i] = x[i] * (y[i] / (0.5 * (x[i] + y[i])));
  for (PetscInt64 i = 0; force && i < e->n; i++) force[i] = s->share * log(x[i] / y[i]);
}

static PetscErrorCode Allocate(OttoMobility s)
{
  const size_t own = (size_t)s->g->local_cells, edges = own + (size_t)OttoEdgesLowerGhosts(s->g);

  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->g->dim; j++) {
    const size_t size = OttoHaloServes(s->g, j) ? edges : own;
    PetscCall(PetscCalloc1(size, &s->face[j]));
    if (OttoMobilityDrives(s)) PetscCall(PetscCalloc1(size, &s->force[j]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Faces(OttoMobility s)
{
  Filling fill = {.s = s};
  OttoHalo halo;

  PetscFunctionBegin;
  PetscCall(OttoAgree(s->g->comm, Allocate(s)));
  PetscCall(OttoGridGetHalo(s->grid, 1, &halo));
  for (PetscInt j = 0; j < s->g->dim; j++)
    PetscCall(OttoFieldSurround(halo, s->value[j], &fill.value[j]));
  OttoEdgesWalk(s->g, PETSC_TRUE, FillFaces, &fill);
  for (PetscInt j = s->g->dim - 1; j >= 0; j--)
    PetscCall(OttoFieldRelease(halo, s->value[j], &fill.value[j]));
  PetscFunctionReturn(0);
}

/* Kept apart, a T log M drives unless it is the same all along every axis that diffuses: then it is
 * nothing. Collective. */
static PetscErrorCode KeepApart(OttoMobility s)
{
  PetscBool flat = PETSC_TRUE;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->g->dim; j++)
    for (PetscInt64 c = 0; s->force[j] && c < s->g->local_cells; c++)
      if (s->force[j][c] != 0) flat = PETSC_FALSE;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &flat, 1, MPIU_BOOL, MPI_LAND, s->g->comm));
  if (flat) s->share = 0;
  for (PetscInt j = 0; j < s->g->dim && flat; j++) PetscCall(PetscFree(s->force[j]));
  PetscFunctionReturn(0);
}

static PetscErrorCode SummariseAll(OttoMobility s, const PetscReal V[])
{
  PetscErrorCode code = 0;
  PetscScalar *M;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->g->dim && !code; j++) {
    PetscCall(VecGetArray(s->value[j], &M));
    code = Summarise(s, j, V, M);
    PetscCall(VecRestoreArray(s->value[j], &M));
  }
  PetscFunctionReturn(code);
}

/* Values apart from what is given. Collective. */
static PetscErrorCode Warm(OttoMobility s, Vec warmth)
{
  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->g->dim; j++) {
    PetscCall(OttoFieldCreate(s->grid, &s->value[j]));
    PetscCall(VecPointwiseMult(s->value[j], s->given[j], warmth));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoMobilitySetUp(OttoMobility s, PetscReal share, PetscBool apart, Vec V,
                                 Vec warmth)
{
  const PetscScalar *of_V;

  PetscFunctionBegin;
  s->share = share;
  s->apart = apart;
  s->shared = PETSC_TRUE;
  PetscCall(VecGetArrayRead(V, &of_V));
  PetscErrorCode code = SummariseAll(s, of_V);
  if (!code && warmth) {
    PetscCall(Warm(s, warmth));
    code = SummariseAll(s, of_V);
  }
  while (s->first < s->g->dim - 1 && (s->g->n[s->first] == 1 || OttoMobilityIsStill(s, s->first)))
    s->first++;
  for (PetscInt j = 0; j < s->g->dim && !code && s->shared; j++) {
    if (s->g->n[j] == 1 || j == s->first) continue; /* one cell has no differences */
    if (OttoMobilityIsStill(s, j)) continue;
    code = IsShared(s, j, of_V, &s->shared);
  }
  PetscCall(VecRestoreArrayRead(V, &of_V));
  PetscCall(code);
  PetscCall(Faces(s));
  if (apart) PetscCall(KeepApart(s));
  PetscFunctionReturn(0);
}

/* ---- what the noise brings ---- */

PetscBool OttoMobilityIsStill(OttoMobility s, PetscInt axis)
{
  return s->most[axis] == 0 ? PETSC_TRUE : PETSC_FALSE;
}

PetscBool OttoMobilityIsBias(OttoMobility s)
{
  return s && s->share > 0 && s->shared && !s->apart && s->most[s->first] > s->least[s->first]
             ? PETSC_TRUE
             : PETSC_FALSE;
}

PetscBool OttoMobilityDrives(OttoMobility s)
{
  return s && s->share > 0 && (!s->shared || s->apart) ? PETSC_TRUE : PETSC_FALSE;
}

PetscErrorCode OttoMobilityAddBias(OttoMobility s, PetscReal factor, PetscReal T, Vec V)
{
  const PetscScalar *M;
  PetscScalar *values;

  PetscFunctionBegin;
  if (!OttoMobilityIsBias(s)) PetscFunctionReturn(0);
  PetscCall(VecGetArrayRead(s->value[s->first], &M));
  PetscCall(VecGetArray(V, &values));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    if (isfinite(values[c])) values[c] += factor * s->share * T * log(M[c]);
  PetscCall(VecRestoreArray(V, &values));
  PetscCall(VecRestoreArrayRead(s->value[s->first], &M));
  PetscFunctionReturn(0);
}

size_t OttoMobilityBytes(OttoMobility s)
{
  const size_t warm = s && s->value[0] != s->given[0] ? 1 : 0;
  const size_t arrays = s ? ((OttoMobilityDrives(s) ? 3 : 2) + warm) * (size_t)s->g->dim : 0;

  return s ? arrays * (size_t)s->g->local_cells * sizeof(PetscReal) : 0;
}
