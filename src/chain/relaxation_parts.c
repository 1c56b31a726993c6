/* The parts of the grid between which no rate leads: the generator's components, without those of
 * one cell that no rate leaves. */
#include "relaxation_impl.h"

/* What a component is: no rate leads out of its cells, one does, mass is lost. */
enum { STILL, MOVES, ABSORBS };

/* kind[components], the same on every rank. */
static PetscErrorCode Kinds(OttoGenerator generator, PetscMPIInt kind[])
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  const OttoRates *rates = OttoGeneratorGetRates(generator);
  const PetscInt *of = OttoGeneratorGetComponent(generator);

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    const PetscInt k = of ? of[c] : 0;
    if (k < 0 || !(rates->leave[c] > 0)) continue;
    kind[k] = PetscMax(kind[k], rates->killed && rates->killed[c] > 0 ? ABSORBS : MOVES);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, kind, (PetscMPIInt)OttoGeneratorGetComponents(generator),
                             MPI_INT, MPI_MAX, g->comm));
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckMost(PetscInt count, PetscInt most)
{
  PetscFunctionBegin;
  if (count > most)
    OttoFail(OTTO_ERR_SOLVER,
             "relaxation rates: the grid falls into %d parts between which nothing passes; at most "
             "%d are handled",
             (int)count, (int)most);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoModeParts(OttoGenerator generator, PetscInt most, PetscInt part[],
                             PetscInt *count, PetscBool **absorbs)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  const PetscInt *of = OttoGeneratorGetComponent(generator);
  const PetscInt all = OttoGeneratorGetComponents(generator);
  PetscMPIInt *kind = NULL;
  PetscInt *number = NULL;

  PetscFunctionBegin;
  *count = 0;
  PetscCall(OttoAgree(g->comm, PetscCalloc2(all, &kind, all, &number)));
  PetscCall(Kinds(generator, kind));
  for (PetscInt k = 0; k < all; k++) number[k] = kind[k] == STILL ? -1 : (*count)++;
  if (*count <= most) {
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      const PetscInt k = of ? of[c] : 0;
      part[c] = k < 0 ? -1 : number[k];
    }
    PetscCall(PetscMalloc1(most, absorbs));
    for (PetscInt k = 0; k < all; k++)
      if (number[k] >= 0) (*absorbs)[number[k]] = kind[k] == ABSORBS ? PETSC_TRUE : PETSC_FALSE;
  }
  PetscCall(PetscFree2(kind, number));
  PetscCall(OttoAgree(g->comm, CheckMost(*count, most)));
  PetscFunctionReturn(0);
}
