/* Private to drivers: interleaved timings, the best of several rounds, as ratios within one run. */
#pragma once
#include <otto/record.h>

typedef struct {
  const char *name;                       /* of the row shown */
  const char *result;                     /* name in `results` */
  PetscErrorCode (*run)(void *context);   /* one repetition; collective */
  void *context;
  PetscBool per_cell;                     /* the result is ns per local cell, else ms */
  PetscReal best;                         /* seconds, filled by OttoBenchRun(); the slowest rank's */
} OttoBenchItem;

/** Runs all items `rounds` times in turn, after one round that does not count, and keeps each one's
 * best time; items whose `run` is NULL are left out (best = NaN). Collective. */
PETSC_EXTERN PetscErrorCode OttoBenchRun(OttoGrid grid, PetscInt rounds, PetscInt count,
                                         OttoBenchItem items[]);

/** Shows the items in ms, ns per local cell and multiples of `floor` seconds, and puts them into
 * `results`. Collective. */
PETSC_EXTERN PetscErrorCode OttoBenchReport(OttoRecord record, OttoGrid grid, PetscReal floor,
                                            PetscInt count, const OttoBenchItem items[]);

/** Memory bandwidth of all ranks together, a = b + s·c on arrays beyond the caches, GB/s (24 bytes
 * an element, McCalpin's STREAM triad). Collective. */
PETSC_EXTERN PetscErrorCode OttoBenchTriad(MPI_Comm comm, PetscInt rounds, PetscReal *gb_per_s);

typedef struct _n_OttoBenchFFTW *OttoBenchFFTW;

/** Plans FFTW-MPI's real transform pair for a periodic grid of 2 or more axes. Collective. */
PETSC_EXTERN PetscErrorCode OttoBenchFFTWCreate(OttoGrid grid, OttoBenchFFTW *bench);
/** One pair, forward and inverse, without a multiplier; `bench` is an OttoBenchFFTW. */
PETSC_EXTERN PetscErrorCode OttoBenchFFTWPair(void *bench);
PETSC_EXTERN PetscErrorCode OttoBenchFFTWDestroy(OttoBenchFFTW *bench);
