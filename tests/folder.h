/* A folder of the test's own, the same on all ranks, which it leaves empty. */
#pragma once
#include "test.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];
static PetscMPIInt rank, ranks;

static inline PetscErrorCode BeginFolder(void)
{
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  strcpy(folder, "/tmp/otto-test-XXXXXX");
  if (rank == 0) TestTrue(mkdtemp(folder) != NULL, "a folder");
  PetscCallMPI(MPI_Bcast(folder, sizeof folder, MPI_CHAR, 0, PETSC_COMM_WORLD));
  PetscFunctionReturn(0);
}

static inline PetscErrorCode EndFolder(void)
{
  PetscFunctionBegin;
  if (rank == 0) TestTrue(!rmdir(folder), "nothing is left");
  PetscFunctionReturn(0);
}
