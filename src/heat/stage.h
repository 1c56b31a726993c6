/*
 * Private to heat: one factor of an exact kernel along an axis, out(a) = Σ_b T(a, b) in(b) with all
 * T ≥ 0, for 16 lines at once (a panel).
 *
 * Targets go in blocks of 8, sources in tiles of 8. A block looks at a window of tiles, the same
 * number for every block, which may reach beyond the line, over images of it too: each tile has its
 * place in the panel, where it is read upwards, or downwards in a mirror image. T comes from one
 * array, by strides: a Toeplitz factor, also one that changes the spacing, is a few hundred
 * numbers.
 */
#pragma once
#include <otto/otto.h>

#define OTTO_PANEL 16 /* lines */
#define OTTO_TILE 8   /* sources of a tile, targets of a block */
#define OTTO_BESIDE 8 /* rows of a panel of sources before the first and behind the last */

#define OTTO_STAGE_LOST 3.1391327920480297e-17 /* e^-38: less of a sum changes no bit of it */

/** What stands beyond the ends of a line of sources. */
typedef enum {
  OTTO_ENDS_PERIODIC,
  OTTO_ENDS_EVEN, /* its mirror image at the outer faces, and so on periodically */
  OTTO_ENDS_ZERO
} OttoStageEnds;

/** Where a tile stands in a panel. */
typedef struct {
  PetscInt64 row; /* of its first source, -7 … sources-1 */
  PetscInt step;  /* 1, or -1 in a mirror image; 0: beyond an open end, all zeros */
} OttoStagePlace;

typedef struct {
  PetscInt64 targets, sources; /* of a line */
  OttoStageEnds ends;
  PetscInt64 blocks;  /* ⌈targets/8⌉ */
  PetscInt64 tiles;   /* of a window */
  PetscInt64 *first;  /* [blocks]: first source of the window, of any sign */
  PetscInt64 *offset; /* [blocks]: T(8·block + i, first + j) = table[offset + i·along + j·across]
                         for i < 8, j < 8·tiles, targets beyond the last among them */
  PetscInt64 along, across;
  PetscReal *table;
  PetscReal *near;       /* [tiles]: the largest entry of a tile, over all blocks */
  PetscInt *order;       /* [tiles]: tiles of a window by `near`, the largest first */
  PetscReal *near_half;  /* [tiles]: the largest entry of the half with smaller ones */
  PetscInt *half;        /* [tiles]: where the other half begins, 0 or 4 */
  PetscInt64 phase;      /* first mod 8, if that is the same for all */
  PetscInt64 lowest;     /* the least of first */
  OttoStagePlace *place; /* of the tile from source r on: place[r - lowest] */
  size_t bytes;
} OttoStage;

/** Fills in near, order, near_half, half, phase, lowest and place from the rest. Not collective. */
PETSC_INTERN PetscErrorCode OttoStageComplete(OttoStage *stage);

/** Frees it. Not collective. */
PETSC_INTERN PetscErrorCode OttoStageDestroy(OttoStage *stage);

/** The row of a line of n sources, or -1 for none, that stands in row r of a panel. Not collective.
 */
PETSC_INTERN PetscInt64 OttoStageRow(OttoStageEnds ends, PetscInt64 n, PetscInt64 r);

/** Rows -8 … -1 and sources … sources+7 of a panel, from rows 0 … sources-1: `panel` points at row
 * 0. Not collective. */
PETSC_INTERN void OttoStageExtend(const OttoStage *stage, PetscReal panel[]);

/**
 * out[8·blocks][16] = T in, in[-8 … sources+8)[16] at row 0, both aligned to 64 bytes, in ≥ 0 and
 * finite. maxima[sources/8 + 6][16] is room.
 *
 * A block adds the tiles of its window by `order`, the 8 sources of each one after another. A tile,
 * or its farther half, is left out where near · (its largest source) ≤ e^-38 of the smallest
 * partial sum of the block's targets, in every line. Then no addend reaches half an ulp of any sum,
 * adding it changes no bit, and what is left out changes none: bits depend neither on pruning nor
 * on which lines share a panel. Windows of one phase prune best, on closed lines of whole tiles:
 * others take the larger maximum of the two tiles of the panel that one of theirs overlaps. Not
 * collective.
 */
PETSC_INTERN void OttoStageApply(const OttoStage *stage, const PetscReal in[], PetscReal out[],
                                 PetscReal maxima[]);

/** The same where T has negative entries: a tile is left out where near · (its largest source) is
 * at most `share` of the smallest of known[8·blocks][16] among the block's targets, in every line.
 * What is missing of out is then at most sources·share·known. Not collective. */
PETSC_INTERN void OttoStageApplyBounded(const OttoStage *stage, const PetscReal in[],
                                        const PetscReal known[], PetscReal share, PetscReal out[],
                                        PetscReal maxima[]);

/** The instruction set in use, in words: "AVX-512", "AVX2 and FMA", "baseline". It is decided once;
 * OTTO_VECTORS (avx512, avx2, baseline) in the environment limits it. Not collective. */
PETSC_INTERN const char *OttoStageVectors(void);

/** Decides again: the best set of the machine up to `limit` (avx512, avx2, baseline), any if NULL
 * or none of these. For tests. Not collective. */
PETSC_INTERN void OttoStageLimit(const char limit[]);
