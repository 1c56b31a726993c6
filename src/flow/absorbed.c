/* With a = mass absorbed at a face, da/dt = Σ rate_x p_x h^d over its cells beside dp/dt = Qᵀp:
 * whatever the method, what it takes from p it adds to these, to rounding, if its solves keep mass.
 */
#include "absorbed.h"

/* Of x, by every face. */
static void Escaping(OttoGenerator generator, const PetscScalar x[], PetscReal rate[OTTO_FACES])
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  const OttoRates *rates = OttoGeneratorGetRates(generator);
  OttoSum sum[OTTO_FACES] = {{0, 0}};

  for (PetscInt64 i = 0; i < rates->losses; i++)
    OttoSumAdd(&sum[rates->loss[i].face], rates->loss[i].rate * x[rates->loss[i].cell]);
  for (int f = 0; f < OTTO_FACES; f++) rate[f] = OttoSumValue(sum[f]) * g->cell_volume;
}

PetscErrorCode OttoAbsorb(OttoGenerator generator, PetscInt blocks, Vec x, Vec of, PetscReal shift,
                          Vec out)
{
  const PetscInt64 cells = OttoGridGetInfo(OttoGeneratorGetGrid(generator))->local_cells;
  const PetscScalar *values, *add = NULL;
  PetscScalar *into;
  PetscReal rate[OTTO_FACES];

  PetscFunctionBegin;
  PetscCall(VecGetArray(out, &into));
  if (x != out) PetscCall(VecGetArrayRead(x, &values));
  if (of) PetscCall(VecGetArrayRead(of, &add));
  for (PetscInt64 b = 0, at = blocks * cells; b < blocks; b++) {
    Escaping(generator, (x == out ? into : values) + b * cells, rate);
    for (int f = 0; f < OTTO_FACES; f++, at++) into[at] = ((add ? add[at] : 0) + rate[f]) / shift;
  }
  if (of) PetscCall(VecRestoreArrayRead(of, &add));
  if (x != out) PetscCall(VecRestoreArrayRead(x, &values));
  PetscCall(VecRestoreArray(out, &into));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoAbsorbed(OttoGenerator generator, PetscInt blocks, Vec state,
                            PetscReal killed[][OTTO_FACES])
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  const PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(state, &values));
  PetscCall(PetscArraycpy(killed[0], values + blocks * g->local_cells, blocks * OTTO_FACES));
  PetscCall(VecRestoreArrayRead(state, &values));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, killed[0], (PetscMPIInt)(blocks * OTTO_FACES), MPIU_REAL,
                             MPIU_SUM, g->comm));
  PetscFunctionReturn(0);
}
