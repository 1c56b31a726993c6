/*
 * Private to heat: the lines of an array, 16 at a time side by side, through some work.
 *
 * Lines l = a·inner + b of an array [outer][n][inner]: cell i stands at (a·n + i)·inner + b.
 */
#pragma once
#include "stage.h"

/** What is done to a panel: from rows [0, ins) of 16 lines at `panel`, which it owns and may write
 * over, to rows [0, outs), of which it returns the first. `width`: lines that are there. */
typedef struct {
  PetscInt64 ins, outs;
  PetscReal *panel;
  const PetscReal *(*work)(const void *context, PetscInt64 width);
  const void *context;
} OttoPanelWork;

/** out = the work on the first `lines` lines of scale·in: of [outer][ins][inner] into
 * [outer][outs][inner]. `out` may be `in` where ins == outs. Lines beyond the last of a panel are
 * zeros (of `absent`, for works on something else than values ≥ 0). `stream`: out is not read again
 * soon, and passes caches by. Not collective. */
PETSC_INTERN void OttoPanelsApply(const OttoPanelWork *work, PetscInt64 lines, PetscInt64 inner,
                                  PetscReal scale, PetscReal absent, PetscBool stream,
                                  const PetscReal in[], PetscReal out[]);
