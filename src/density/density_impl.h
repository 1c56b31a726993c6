/*
 * Private to density: what its members are.
 */
#pragma once
#include <otto/density.h>
#include <otto/options.h>

typedef struct {
  PetscBool averages; /* asked for: averages over cells instead of what the cell's centre says, and
                         a point mass spread over the cells nearest to it, its mean kept */
  PetscBool smooth;   /* answered: smooth on this grid */
  PetscBool averaged; /* answered: averages over cells would be other values */
  PetscBool on_grid;  /* answered: the values belong to cells of this grid */
  OttoInput input;    /* answered: what was done to a file's data */
} OttoDensityFacts;

/* A member's contract: fills values[local_cells] (zero on entry) with its density, in any unit of
 * mass, from the options under `prefix`. Collective; a failure is agreed by all ranks. The caller
 * checks signs and normalises. */
typedef PetscErrorCode (*OttoDensityFill)(OttoGrid grid, const char *prefix, PetscReal values[],
                                          OttoDensityFacts *facts);

/* A member as a function of the point, where it is one; all NULL where it has values in cells
 * alone. Points are in the box on axes that close or end, anywhere on open ones; values are in the
 * unit of what `fill` gives. */
typedef struct {
  /* what it makes of its options, in `data`. Collective; OTTO_ERR_INPUT as `fill`. */
  PetscErrorCode (*open)(OttoGrid grid, const char *prefix, void **data);
  /* at one point x[dim]; not finite or negative: the caller names it. Not collective. */
  PetscErrorCode (*value)(const OttoGridInfo *g, const void *data, const PetscReal x[],
                          PetscReal *value);
  /* its logarithm where the value underflows; NULL: it does not, or nothing better is known */
  PetscReal (*log_value)(const OttoGridInfo *g, const void *data, const PetscReal x[]);
  PetscErrorCode (*close)(void *data); /* frees it */
} OttoDensityFunctionOps;

/* What a member is. */
typedef struct {
  const char *key;   /* the option that messages about its values name */
  PetscBool level;   /* all cells alike: to permute them changes nothing */
  PetscBool point;   /* all its mass is at one point */
  PetscBool of_file; /* its values are those of the file that `key` names */
  PetscBool weighs;  /* its values have a mass of their own */
  OttoDensityFill fill;
  OttoDensityFunctionOps function;
} OttoDensityOps;

#define OTTO_MEMBER(name, Ops, ...) PETSC_INTERN const OttoDensityOps OttoDensityOps_##Ops;
#include "density.def"
#undef OTTO_MEMBER

/** The ops of the member that <prefix>density names, and its name. OTTO_ERR_INPUT. Not collective.
 */
PETSC_INTERN PetscErrorCode OttoDensityChoose(const char *prefix, const OttoDensityOps **member,
                                              const char **name);

/** The histogram of the points in a file: also what a potential is made of. As OttoDensityFill. */
PETSC_INTERN PetscErrorCode OttoDensityFill_samples(OttoGrid grid, const char *prefix,
                                                    PetscReal values[], OttoDensityFacts *facts);

/** A point of the box from option `key`: x[dim]. OTTO_ERR_INPUT where it is missing or outside. */
PETSC_INTERN PetscErrorCode OttoDensityGetPoint(const OttoGridInfo *g, const char *prefix,
                                                const char *key, PetscReal x[]);

/** A text that must be given; `what` says in words what it is. */
PETSC_INTERN PetscErrorCode OttoDensityGetText(const char *prefix, const char *key,
                                               const char *what, const char **text);

/** "x is outside the box …" unless x[dim] lies in the box (faces included). `what` begins the
 * message. Not collective. */
PETSC_INTERN PetscErrorCode OttoDensityCheckInside(const OttoGridInfo *g, const char *what,
                                                   const PetscReal x[]);

/** Moves blocks of `block` cells per side to pseudo-random places; the same for every density with
 * the same seed, on any number of ranks. Collective. */
PETSC_INTERN PetscErrorCode OttoDensityShuffle(OttoGrid grid, const char *prefix, PetscInt64 block,
                                               PetscInt64 seed, Vec *density);
