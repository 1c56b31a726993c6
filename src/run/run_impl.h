/* Private to run.c, pass.c, checkpoint.c and rows.c. */
#pragma once
#include <otto/run.h>

#define OTTO_RUN_STORAGES 2

typedef struct { /* a file of fields: OttoRunSetStorage() */
  OttoGrid grid;
  const char *name;
  OttoStorage *storage;
} OttoRunStorage;

struct _n_OttoRun {
  OttoRecord record;
  OttoTimes times;
  PetscInt next;                /* sample to be given next; the present one is before it */
  const char *stopped;          /* what ended it, a signal or a failure; NULL: nothing did */
  OttoRunKeepFunction function; /* of the driver, and what it is called with */
  void *context;
  OttoRunStorage storage[OTTO_RUN_STORAGES];
  PetscInt storages;
  OttoKeep keep; /* to be filled after sample keep_after, or, before the first, to be taken over */
  PetscInt keep_after;
  PetscInt64 every_samples; /* checkpoint_every; both 0: none */
  PetscReal every_seconds;
  PetscReal written;     /* when the last checkpoint was (MPI_Wtime), or the run began */
  OttoKeep from;         /* a checkpoint to be taken over before the first sample */
  const char *from_file; /* its name; stays there when it has been taken over */
  PetscErrorCode code;   /* what failed in OttoRunNext() */
  char why[600];         /* a failure that ended it in order: OttoRunStatus() */
};

/* Of pass.c: all that is kept of a run, which way ever. Collective. */
PETSC_INTERN PetscErrorCode OttoRunPass(OttoRun run, OttoKeep keep, OttoKeepDirection direction);

/* Refuses what a run that goes on cannot, before anything is made: other times. Collective;
 * OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoRunLookAhead(OttoRun run);

/* Of checkpoint.c: reads checkpoint_every and restart, and opens the checkpoint that the run goes
 * on from. Collective; OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoRunCheckpointFromOptions(OttoRun run);
PETSC_INTERN PetscErrorCode OttoRunCheckpointDestroy(OttoRun run);
/* Between two samples: takes over the checkpoint that was opened; passes through what is kept, and
 * writes it where it is time or the run stops. Collective. */
PETSC_INTERN PetscErrorCode OttoRunCheckpoint(OttoRun run);
/* Whether there are checkpoints, of this run or of that which it goes on with. */
PETSC_INTERN PetscBool OttoRunHasCheckpoints(OttoRun run);
