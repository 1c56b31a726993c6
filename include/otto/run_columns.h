/* Level 7: the columns of a series: those of a driver, then mean, resultant length and covariance
 * of p and, where there is one, q (moments.h). */
#pragma once
#include <otto/moments.h>

/* The longest row of any driver. */
#define OTTO_MAX_COLUMNS (32 + 2 * OTTO_MAX_MOMENTS)

typedef struct {
  OttoGrid grid;
  PetscInt own, each, count; /* columns of the driver, of the moments of one density, in all */
  const char **names;        /* [count] */
  char (*text)[96];
} OttoRunColumns;

/** The columns names[count], which must outlive them, and the moments of p, or of p and q
 * (densities: 1 or 2). Not collective. */
PETSC_EXTERN PetscErrorCode OttoRunColumnsCreate(OttoGrid grid, PetscInt count,
                                                 const char *const names[], PetscInt densities,
                                                 OttoRunColumns *columns);
/** Frees them. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRunColumnsDestroy(OttoRunColumns *columns);

/** The moments of u, which is p (density 0) or q (1), into their columns of row[columns->count].
 * Collective. */
PETSC_EXTERN PetscErrorCode OttoRunColumnsMoments(const OttoRunColumns *columns, PetscInt density,
                                                  Vec u, PetscReal row[]);
