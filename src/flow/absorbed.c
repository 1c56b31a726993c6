/* With a = absorbed mass, da/dt = Σ killed_x p_x h^d beside dp/dt = Qᵀp: whatever the method, what
 * it takes from p it adds to a, to rounding, if its solves keep mass. */
#include "absorbed.h"

static PetscReal Escaping(OttoGenerator generator, const PetscScalar x[])
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  const PetscReal *killed = OttoGeneratorGetRates(generator)->killed;
  OttoSum sum = {0, 0};

  for (PetscInt64 c = 0; c < g->local_cells; c++)
    if (killed[c] > 0) OttoSumAdd(&sum, killed[c] * x[c]);
  return OttoSumValue(sum) * g->cell_volume;
}

PetscErrorCode OttoAbsorb(OttoGenerator generator, PetscInt blocks, Vec x, Vec of, PetscReal shift,
                          Vec out)
{
  const PetscInt64 cells = OttoGridGetInfo(OttoGeneratorGetGrid(generator))->local_cells;
  const PetscScalar *values, *add = NULL;
  PetscScalar *into;

  PetscFunctionBegin;
  PetscCall(VecGetArray(out, &into));
  if (x != out) PetscCall(VecGetArrayRead(x, &values));
  if (of) PetscCall(VecGetArrayRead(of, &add));
  for (PetscInt64 b = 0, at = blocks * cells; b < blocks; b++, at++)
    into[at] =
        ((add ? add[at] : 0) + Escaping(generator, (x == out ? into : values) + b * cells)) / shift;
  if (of) PetscCall(VecRestoreArrayRead(of, &add));
  if (x != out) PetscCall(VecRestoreArrayRead(x, &values));
  PetscCall(VecRestoreArray(out, &into));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoAbsorbed(OttoGenerator generator, PetscInt blocks, Vec state,
                            PetscReal absorbed[])
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  const PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(state, &values));
  for (PetscInt b = 0; b < blocks; b++) absorbed[b] = values[blocks * g->local_cells + b];
  PetscCall(VecRestoreArrayRead(state, &values));
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, absorbed, (PetscMPIInt)blocks, MPIU_REAL, MPIU_SUM, g->comm));
  PetscFunctionReturn(0);
}
