/*
 * Private to heat: one factor of an exact kernel along an axis, out(a) = Σ_b T(a, b) in(b) with all
 * T ≥ 0, for 16 lines at once (a panel).
 *
 * Targets go in blocks of 8, sources in tiles of 8. A block looks at a window of tiles, the same
 * number for every block, which may reach beyond the line: a panel of sources has room for what
 * stands there (copies of a periodic or reflected line, zeros of an open one). T comes from one
 * array, by strides: a Toeplitz factor, also one that changes the spacing, is a few hundred
 * numbers.
 */
#pragma once
#include <otto/otto.h>

#define OTTO_PANEL 16 /* lines */
#define OTTO_TILE 8   /* sources of a tile, targets of a block */

/** What stands beyond the ends of a line of sources. */
typedef enum {
  OTTO_ENDS_PERIODIC,
  OTTO_ENDS_EVEN, /* its mirror image at the outer faces, and so on periodically */
  OTTO_ENDS_ZERO
} OttoStageEnds;

typedef struct {
  PetscInt64 targets, sources; /* of a line */
  OttoStageEnds ends;
  PetscInt64 blocks;        /* ⌈targets/8⌉ */
  PetscInt64 tiles;         /* of a window */
  PetscInt64 before, after; /* sources beyond the ends that windows reach: a panel has before +
                               sources + after rows */
  PetscInt64 *first;        /* [blocks]: first source of the window, -before ≤ first */
  PetscInt64 *offset; /* [blocks]: T(8·block + i, first + j) = table[offset + i·along + j·across]
                         for i < 8, j < 8·tiles, targets beyond the last among them */
  PetscInt64 along, across;
  PetscReal *table;
  PetscReal *near; /* [tiles]: the largest entry of a tile, over all blocks */
  PetscInt *order; /* [tiles]: tiles of a window by `near`, the largest first */
  size_t bytes;
} OttoStage;

/** Frees it. Not collective. */
PETSC_INTERN PetscErrorCode OttoStageDestroy(OttoStage *stage);

/** The row of a line of n sources, or -1 for none, that stands in row r of a panel. Not collective.
 */
PETSC_INTERN PetscInt64 OttoStageRow(OttoStageEnds ends, PetscInt64 n, PetscInt64 r);

/** Rows before -before … sources+after-1 of a panel, from rows 0 … sources-1: `panel` points at row
 * 0. Not collective. */
PETSC_INTERN void OttoStageExtend(const OttoStage *stage, PetscReal panel[]);

/**
 * out[8·blocks][16] = T in, in[-before … sources+after)[16] at row 0, both aligned to 64 bytes, in
 * ≥ 0 and finite. maxima[(before + sources + after)/8 + 2][16] is room.
 *
 * A block adds the tiles of its window by `order`, the 8 sources of each one after another. A tile
 * is left out where near · (its largest source) ≤ e^-38 of the smallest partial sum of the block's
 * targets, in every line. Then no addend reaches half an ulp of any sum, adding it changes no bit,
 * and what is left out changes none: bits depend neither on pruning nor on which lines share a
 * panel. (Windows that start at whole tiles of a panel, first ≡ -before mod 8, prune best: others
 * take the larger of the two maxima that a tile overlaps.) Not collective.
 */
PETSC_INTERN void OttoStageApply(const OttoStage *stage, const PetscReal in[], PetscReal out[],
                                 PetscReal maxima[]);

/** The instruction set in use, in words: "AVX-512", "AVX2 and FMA", "baseline". It is decided once;
 * OTTO_VECTORS (avx512, avx2, baseline) in the environment limits it. Not collective. */
PETSC_INTERN const char *OttoStageVectors(void);

/** Decides again: the best set of the machine up to `limit` (avx512, avx2, baseline), any if NULL
 * or none of these. For tests. Not collective. */
PETSC_INTERN void OttoStageLimit(const char limit[]);
