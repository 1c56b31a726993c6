/*
 * OpenMPI's shared file pointers, which nothing here uses, take a semaphore "/OMPIO_<last part of
 * the path>" while a file is opened (component sharedfp/sm), whoever's and wherever the file is.
 * Its name alone is removed here: runs that have it open keep it.
 */
#include "shared_name.h"
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

PetscErrorCode OttoSharedNameForget(MPI_Comm comm, const char *path)
{
  const char *slash = strrchr(path, '/');
  char name[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  snprintf(name, sizeof name, "/OMPIO_%s", slash ? slash + 1 : path);
  sem_unlink(name);                /* mostly there is none */
  PetscCallMPI(MPI_Barrier(comm)); /* no rank opens before all nodes have forgotten */
  PetscFunctionReturn(0);
}
