/*
 * Private to heat: a stage (stage.h) on logarithms, log out(a) = log Σ_b T(a, b) e^{in(b)}, for a
 * panel of 16 lines, whatever the range of T and of the data (MATHEMATICS 6.3).
 *
 * Targets go in groups of 32, sources in tiles of 8. Between the targets a0 + i of a group and the
 * sources b0 + c of a tile
 *
 *   log T(a0 + i, b0 + c) = alpha · (i - centre) + kappa(c) + log F(i, c),   F ≤ 1,
 *
 * kappa linear in c, all of them multiples of 1/64, so that sums of them are exact. What a tile
 * brings to the group's centre is at most e^B, B = max_c in + kappa; with S near the largest B of a
 * line, u = e^{in + kappa - S} ≤ 1 are numbers, and so are the sums over tiles of
 * e^{(alpha - G)(i - centre)} Σ_c F u, G one slope for the group. Where slopes within a group
 * differ too much for that, it goes by halves, at last target by target, with kappa all of log T.
 */
#pragma once
#include "stage_build.h"

#define OTTO_LOG_LEVELS 6 /* groups of 32, 16, 8, 4, 2 and 1 */

/** Pairs of groups of one size and tiles. Pairs alike, of one difference, share a class. */
typedef struct {
  PetscInt64 targets;        /* of a group */
  PetscInt64 classes, least; /* of one difference: class (along·a0 - across·b0 - least)/2^shift */
  int shift;
  PetscReal range;               /* -log F, the largest */
  PetscReal *alpha;              /* [classes] */
  PetscReal *kappa;              /* [classes][8]; -inf where T is 0 */
  PetscReal *most;               /* [classes]: the largest of them */
  PetscReal *near;               /* [classes][targets]: the largest F of a target */
  PetscInt64 size, zero, across; /* F(i, c) = f[class·size + zero + c·across + i] */
  PetscReal *f, *ratio;          /* F; F times derivative of T over T, NULL without */
} OttoLogLevel;

typedef struct {
  PetscInt64 targets, sources, blocks; /* as of a stage */
  OttoStageEnds ends;
  PetscInt64 before, after; /* rows beyond the ends, as of a stage */
  PetscInt order;           /* of the derivative */
  PetscInt64 *first;        /* [⌈targets/32⌉]: first source of a group's window, whole tiles off
                               row -before */
  PetscInt64 *tiles;        /* … and how many there are */
  PetscInt64 most_tiles;
  PetscBool rows; /* every pair is its own class: steps are no integers */
  PetscInt64 along, across;
  PetscInt levels;
  OttoLogLevel level[OTTO_LOG_LEVELS];
  size_t bytes;
} OttoLogStage;

/** Builds it; with part->kernel.order the derivative's mean comes with it. Not collective. */
PETSC_INTERN PetscErrorCode OttoLogStageCreate(const OttoStagePart *part, OttoLogStage *stage);
/** Frees it. Not collective. */
PETSC_INTERN PetscErrorCode OttoLogStageDestroy(OttoLogStage *stage);

/** Rows before -before … sources+after-1 of a panel of logarithms, from rows 0 … sources-1: `panel`
 * points at row 0. Not collective. */
PETSC_INTERN void OttoLogStageExtend(const OttoLogStage *stage, PetscReal panel[]);

/** Numbers of room that OttoLogStageApply() wants. Not collective. */
PETSC_INTERN size_t OttoLogStageRoom(const OttoLogStage *stage);

/**
 * out[8·blocks][16] = log T e^in, in[-before … sources+after)[16] at row 0; -inf is a true zero,
 * of data and of results. With part->kernel.order, mean[8·blocks][16] receives Σ T'(a, b) e^in(b) /
 * Σ T(a, b) e^in(b), 0 where nothing is; else it is NULL. All aligned to 64 bytes.
 *
 * Tiles are left out where they bring less than e^-38 of every target's sum, in all lines; which,
 * and in what order the others are added, depends on the lines that share the panel: to rounding,
 * the results do not. Not collective.
 */
PETSC_INTERN void OttoLogStageApply(const OttoLogStage *stage, const PetscReal in[],
                                    PetscReal out[], PetscReal mean[], PetscReal room[]);

/** Class of the pair of a group of that level from target a0 on and a tile from source b0 on. */
static inline PetscInt64 OttoLogClass(const OttoLogStage *s, const OttoLogLevel *level,
                                      PetscInt64 a0, PetscInt64 b0)
{
  if (s->rows) return a0 / level->targets * s->most_tiles + (b0 - s->first[a0 / 32]) / OTTO_TILE;
  return (s->along * a0 - s->across * b0 - level->least) >> level->shift;
}
