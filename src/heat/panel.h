/*
 * Private to heat: the lines of an array, 16 at a time side by side, through some work.
 *
 * Lines l = a·inner + b of an array [outer][n][inner]: cell i stands at (a·n + i)·inner + b.
 */
#pragma once
#include "stage.h"

/** What is done to a panel: from rows [0, ins) of 16 lines at `panel`, which it owns and may write
 * over, to rows [0, outs), of which it returns the first. `width`: lines that are there; the work
 * sees to the others. `given`: they come from a field, not from another work. A work may have a
 * second result: then it adds this to rows [0, outs) of 16 lines at `second`. */
typedef struct {
  PetscInt64 ins, outs;
  PetscReal *panel, *second; /* second NULL: none */
  const PetscReal *(*work)(const void *context, PetscInt64 width, PetscBool given);
  const void *context;
} OttoPanelWork;

/** The lines of an array to be worked on. */
typedef struct {
  PetscInt64 lines, inner; /* the first so many; b < inner */
  PetscReal scale;         /* of what goes in */
  PetscBool given;         /* handed on to the work */
  PetscBool stream;        /* what comes out is not read again soon, and passes caches by */
  const PetscReal *before; /* what second results are added to, as `out` below … */
  PetscReal *second;       /* … and where the sums go, `before` or not; NULL: nowhere */
} OttoPanels;

/** out = the work on lines of scale·in: of [outer][ins][inner] into [outer][outs][inner]. `out` may
 * be `in` where ins == outs. Not collective. */
PETSC_INTERN void OttoPanelsApply(const OttoPanels *panels, const OttoPanelWork *work,
                                  const PetscReal in[], PetscReal out[]);
