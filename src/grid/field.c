#include <otto/field.h>
#include "core/message.h"
#include <petscsf.h>
#include <math.h>

PetscErrorCode OttoFieldCreate(OttoGrid grid, Vec *field)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(OttoAgree(g->comm,
                      VecCreateMPI(g->comm, (PetscInt)g->local_cells, (PetscInt)g->cells, field)));
  PetscCall(OttoFieldSetBox(grid, 1, *field));
  PetscFunctionReturn(0);
}

#define BOX "OttoFieldBox" /* the name under which a Vec carries it */

static PetscErrorCode FreeBox(void *box)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(box));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFieldSetBox(OttoGrid grid, PetscInt fields, Vec v)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscContainer container;
  OttoFieldBox *box;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(PetscNew(&box));
  *box = (OttoFieldBox){.fields = fields, .dim = g->dim};
  PetscCall(PetscArraycpy(box->n, g->n, OTTO_MAX_DIM));
  PetscCall(PetscArraycpy(box->first, g->first, OTTO_MAX_DIM));
  PetscCall(PetscArraycpy(box->local, g->local, OTTO_MAX_DIM));
  PetscCall(PetscContainerCreate(PETSC_COMM_SELF, &container));
  PetscCall(PetscContainerSetPointer(container, box));
  PetscCall(PetscContainerSetUserDestroy(container, FreeBox));
  PetscCall(PetscObjectCompose((PetscObject)v, BOX, (PetscObject)container));
  PetscCall(PetscContainerDestroy(&container));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFieldGetBox(Vec v, const OttoFieldBox **box)
{
  PetscObject container = NULL;
  void *found = NULL;

  PetscFunctionBegin;
  PetscCall(PetscObjectQuery((PetscObject)v, BOX, &container));
  if (container) PetscCall(PetscContainerGetPointer((PetscContainer)container, &found));
  *box = (const OttoFieldBox *)found;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFieldMove(OttoGrid from, const PetscReal u[], OttoGrid to, PetscReal v[])
{
  const OttoGridInfo *a = OttoGridGetInfo(from), *b = OttoGridGetInfo(to);
  PetscSFNode *remote;
  PetscSF sf;

  PetscFunctionBegin;
  OttoNeedGrid(from);
  OttoNeedGrid(to);
  PetscCall(OttoAgree(a->comm, PetscMalloc1(PetscMax(1, b->local_cells), &remote)));
  for (PetscInt64 c = 0; c < b->local_cells; c++) {
    PetscInt64 idx[OTTO_MAX_DIM];
    PetscMPIInt owner;
    OttoGridCellIndex(b, c, idx);
    remote[c].index = (PetscInt)OttoGridOwner(a, idx, &owner);
    remote[c].rank = owner;
  }
  PetscCall(PetscSFCreate(a->comm, &sf));
  PetscCall(PetscSFSetGraph(sf, (PetscInt)a->local_cells, (PetscInt)b->local_cells, NULL,
                            PETSC_OWN_POINTER, remote, PETSC_OWN_POINTER));
  PetscCall(PetscSFBcastBegin(sf, MPIU_REAL, u, v, MPI_REPLACE));
  PetscCall(PetscSFBcastEnd(sf, MPIU_REAL, u, v, MPI_REPLACE));
  PetscCall(PetscSFDestroy(&sf));
  PetscFunctionReturn(0);
}

/* MPI_Op on pairs (hi, lo): the sum of two double-doubles. */
static void MPIAPI AddSums(void *in, void *inout, PetscMPIInt *count, MPI_Datatype *type)
{
  const OttoSum *a = (const OttoSum *)in;
  OttoSum *b = (OttoSum *)inout;

  (void)type;
  for (PetscMPIInt i = 0; i < *count; i++) {
    OttoSumAdd(&b[i], a[i].hi);
    OttoSumAdd(&b[i], a[i].lo);
  }
}

/* Made with the first sum, freed when PETSc ends. */
static MPI_Datatype pair = MPI_DATATYPE_NULL;
static MPI_Op add = MPI_OP_NULL;

static PetscErrorCode FreePair(void)
{
  PetscFunctionBegin;
  PetscCallMPI(MPI_Op_free(&add));
  PetscCallMPI(MPI_Type_free(&pair));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSumReduce(MPI_Comm comm, PetscInt64 count, OttoSum sums[])
{
  PetscFunctionBegin;
  if (add == MPI_OP_NULL) {
    PetscCallMPI(MPI_Type_contiguous(2, MPI_DOUBLE, &pair));
    PetscCallMPI(MPI_Type_commit(&pair));
    PetscCallMPI(MPI_Op_create(AddSums, 1, &add));
    PetscCall(PetscRegisterFinalize(FreePair));
  }
  PetscCall(OttoMessageJoin(sums, count, sizeof *sums, pair, add, comm));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFieldIntegral(OttoGrid grid, Vec u, PetscReal *integral)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *values;
  OttoSum sum = {0, 0};

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(VecGetArrayRead(u, &values));
  for (PetscInt64 c = 0; c < g->local_cells; c++) OttoSumAdd(&sum, values[c]);
  PetscCall(VecRestoreArrayRead(u, &values));
  PetscCall(OttoSumReduce(g->comm, 1, &sum));
  *integral = OttoSumValue(sum) * g->cell_volume;
  PetscFunctionReturn(0);
}

/* Independent comparisons that the compiler turns into vector code. */
#define LANES 16

PetscErrorCode OttoFieldRange(OttoGrid grid, Vec u, PetscReal *min, PetscReal *max)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *values;
  PetscReal range[3] = {-INFINITY, -INFINITY, 0}; /* -min, max, whether some value is NaN */
  PetscReal low[LANES], high[LANES], none[LANES] = {0};

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(VecGetArrayRead(u, &values));
  for (PetscInt k = 0; k < LANES; k++) low[k] = high[k] = g->local_cells ? values[0] : NAN;
  for (PetscInt64 c = 0; c + LANES <= g->local_cells; c += LANES)
    for (PetscInt k = 0; k < LANES; k++) {
      low[k] = values[c + k] < low[k] ? values[c + k] : low[k];
      high[k] = values[c + k] > high[k] ? values[c + k] : high[k];
      none[k] = values[c + k] == values[c + k] ? none[k] : 1;
    }
  for (PetscInt64 c = g->local_cells / LANES * LANES; c < g->local_cells; c++) {
    low[0] = PetscMin(low[0], values[c]);
    high[0] = PetscMax(high[0], values[c]);
    if (isnan(values[c])) none[0] = 1;
  }
  for (PetscInt k = 0; k < LANES; k++) {
    range[0] = -low[k] > range[0] ? -low[k] : range[0];
    range[1] = high[k] > range[1] ? high[k] : range[1];
    range[2] = PetscMax(range[2], none[k]);
  }
  PetscCall(VecRestoreArrayRead(u, &values));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, range, 3, MPIU_REAL, MPIU_MAX, g->comm));
  if (min) *min = range[2] > 0 ? NAN : -range[0];
  if (max) *max = range[2] > 0 ? NAN : range[1];
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFieldMoments(OttoGrid grid, Vec p, PetscReal *mass, PetscReal mean[],
                                PetscReal covariance[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *values;
  OttoSum first[1 + OTTO_MAX_DIM] = {{0, 0}}, second[OTTO_MAX_DIM * OTTO_MAX_DIM] = {{0, 0}};
  PetscReal x[OTTO_MAX_DIM];

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(VecGetArrayRead(p, &values));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    OttoSumAdd(&first[0], values[c]);
    for (PetscInt j = 0; j < g->dim; j++) OttoSumAdd(&first[1 + j], values[c] * x[j]);
  }
  PetscCall(OttoSumReduce(g->comm, 1 + g->dim, first));
  *mass = OttoSumValue(first[0]) * g->cell_volume;
  for (PetscInt j = 0; j < g->dim; j++)
    mean[j] = OttoSumValue(first[1 + j]) / OttoSumValue(first[0]);
  if (covariance) { /* centred, in a second pass: no cancellation */
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      OttoGridCellCentre(g, c, x);
      for (PetscInt i = 0; i < g->dim; i++)
        for (PetscInt j = 0; j < g->dim; j++)
          OttoSumAdd(&second[i * g->dim + j], values[c] * (x[i] - mean[i]) * (x[j] - mean[j]));
    }
    PetscCall(OttoSumReduce(g->comm, g->dim * g->dim, second));
    for (PetscInt i = 0; i < g->dim * g->dim; i++)
      covariance[i] = OttoSumValue(second[i]) / OttoSumValue(first[0]);
  }
  PetscCall(VecRestoreArrayRead(p, &values));
  PetscFunctionReturn(0);
}
