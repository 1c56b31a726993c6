/*
 * A stage applied to a panel, as a template: the file that includes it says
 *
 *   STAGE_APPLY    name of the function
 *   STAGE_BYTES    of a vector register
 *   STAGE_TARGETS, STAGE_VECTORS   partial sums in registers: targets × vectors of lines
 *
 * Every partial sum takes its addends one at a time, in the same order whatever these are: sets
 * with fused multiply-add agree to the last bit.
 */
#include "stage_sets.h"
#include <math.h>
#include <string.h>

typedef PetscReal StageVector __attribute__((vector_size(STAGE_BYTES), may_alias));

#define STAGE_LANES ((int)(STAGE_BYTES / sizeof(PetscReal)))
#define STAGE_START 3                     /* tiles before the first look at the partial sums */
#define STAGE_BATCH 6                     /* … and between two */
#define STAGE_LOST 3.1391327920480297e-17 /* e^-38 */

typedef struct {
  const PetscReal *table, *in; /* of its first source */
} StageTile;

/* out[STAGE_TARGETS][STAGE_VECTORS] = (or +=) the listed tiles. */
static inline void StagePart(PetscInt64 along, PetscInt64 across, PetscInt count,
                             const StageTile tile[], PetscInt64 target, PetscInt line, int more,
                             PetscReal out[])
{
  StageVector sum[STAGE_TARGETS][STAGE_VECTORS] = {{{0}}};

  out += OTTO_PANEL * target + line;
  if (more) {
#pragma GCC unroll 8
    for (int i = 0; i < STAGE_TARGETS; i++)
#pragma GCC unroll 8
      for (int v = 0; v < STAGE_VECTORS; v++)
        sum[i][v] = *(const StageVector *)(out + OTTO_PANEL * i + STAGE_LANES * v);
  }
  for (PetscInt k = 0; k < count; k++) {
    const PetscReal *t = tile[k].table + target * along, *in = tile[k].in + line;
    for (int j = 0; j < OTTO_TILE; j++, t += across, in += OTTO_PANEL) {
#pragma GCC unroll 8
      for (int i = 0; i < STAGE_TARGETS; i++)
#pragma GCC unroll 8
        for (int v = 0; v < STAGE_VECTORS; v++)
          sum[i][v] += t[i * along] * *(const StageVector *)(in + STAGE_LANES * v);
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < STAGE_TARGETS; i++)
#pragma GCC unroll 8
    for (int v = 0; v < STAGE_VECTORS; v++)
      *(StageVector *)(out + OTTO_PANEL * i + STAGE_LANES * v) = sum[i][v];
}

/* out[8][16] = (or +=) the listed tiles. */
static void StageAdd(const OttoStage *stage, PetscInt count, const StageTile tile[], int more,
                     PetscReal out[])
{
  for (int target = 0; target < OTTO_TILE; target += STAGE_TARGETS)
    for (int line = 0; line < OTTO_PANEL; line += STAGE_VECTORS * STAGE_LANES)
      StagePart(stage->along, stage->across, count, tile, target, line, more, out);
}

/* The largest source of each line in each whole or last tile of the panel, and in all of it. */
static void StageMaxima(PetscInt64 rows, const PetscReal in[], PetscReal maxima[],
                        PetscReal whole[])
{
  memset(whole, 0, OTTO_PANEL * sizeof *whole);
  for (PetscInt64 row = 0; row < rows; row += OTTO_TILE, in += OTTO_TILE * OTTO_PANEL) {
    PetscReal *largest = maxima + row / OTTO_TILE * OTTO_PANEL;
    if (row + OTTO_TILE <= rows) {
#pragma omp simd
      for (int line = 0; line < OTTO_PANEL; line++) {
        PetscReal most = in[line];
#pragma GCC unroll 8
        for (int j = 1; j < OTTO_TILE; j++)
          most = in[OTTO_PANEL * j + line] > most ? in[OTTO_PANEL * j + line] : most;
        largest[line] = most;
      }
    } else {
      memcpy(largest, in, OTTO_PANEL * sizeof *largest);
      for (PetscInt64 j = 1; j < rows - row; j++)
        for (int line = 0; line < OTTO_PANEL; line++)
          largest[line] = PetscMax(largest[line], in[OTTO_PANEL * j + line]);
    }
#pragma omp simd
    for (int line = 0; line < OTTO_PANEL; line++)
      whole[line] = largest[line] > whole[line] ? largest[line] : whole[line];
  }
}

/* e^-38 of the smallest partial sum of each line, over a block's targets. */
static void StageBound(PetscInt64 targets, const PetscReal out[], PetscReal bound[])
{
  PetscInt64 at[OTTO_TILE]; /* targets beyond the last bound nothing */

  for (int i = 0; i < OTTO_TILE; i++) at[i] = i < targets ? OTTO_PANEL * i : 0;
#pragma omp simd
  for (int line = 0; line < OTTO_PANEL; line++) {
    PetscReal least = out[line];
#pragma GCC unroll 8
    for (int i = 1; i < OTTO_TILE; i++)
      least = out[at[i] + line] < least ? out[at[i] + line] : least;
    bound[line] = STAGE_LOST * least;
  }
}

/* Whether sources up to the larger of a and b, under entries up to `near`, change a sum. */
static inline int StageMatters(PetscReal near, const PetscReal a[], const PetscReal b[],
                               const PetscReal bound[])
{
  int any = 0;

  if (near * a[0] > bound[0]) return 1; /* as a rule all lines answer alike */
#pragma omp simd reduction(| : any)
  for (int line = 0; line < OTTO_PANEL; line++)
    any |= (near * a[line] > bound[line]) | (near * b[line] > bound[line]);
  return any;
}

static void StageBlock(const OttoStage *stage, PetscInt64 block, const PetscReal in[],
                       const PetscReal maxima[], const PetscReal whole[], PetscReal out[])
{
  const PetscInt64 first = stage->first[block], row = first + stage->before;
  const PetscInt64 next = row % OTTO_TILE ? OTTO_PANEL : 0; /* a tile overlaps one or two */
  PetscReal bound[OTTO_PANEL] __attribute__((aligned(64))) = {0};
  StageTile tile[STAGE_BATCH];

  maxima += row / OTTO_TILE * OTTO_PANEL;
  for (PetscInt64 k = 0; k < stage->tiles;) {
    const PetscInt most = k ? STAGE_BATCH : STAGE_START;
    const int more = k > 0;
    PetscInt count = 0;
    for (; k < stage->tiles && count < most; k++) {
      const PetscInt64 w = stage->order[k];
      const PetscReal *largest = maxima + w * OTTO_PANEL;
      if (!StageMatters(stage->near[w], largest, largest + next, bound)) continue;
      tile[count].table = stage->table + stage->offset[block] + OTTO_TILE * w * stage->across;
      tile[count++].in = in + (first + OTTO_TILE * w) * OTTO_PANEL;
    }
    if (count || !more) StageAdd(stage, count, tile, more, out);
    if (k == stage->tiles) break;
    StageBound(stage->targets - OTTO_TILE * block, out, bound);
    if (!StageMatters(stage->near[stage->order[k]], whole, whole, bound)) break; /* nor any later */
  }
}

void STAGE_APPLY(const OttoStage *stage, const PetscReal in[], PetscReal out[], PetscReal maxima[])
{
  const PetscInt64 rows = stage->before + stage->sources + stage->after;
  PetscReal *whole = maxima + (rows / OTTO_TILE + 1) * OTTO_PANEL;

  StageMaxima(rows, in - stage->before * OTTO_PANEL, maxima, whole);
  for (PetscInt64 block = 0; block < stage->blocks; block++)
    StageBlock(stage, block, in, maxima, whole, out + block * OTTO_TILE * OTTO_PANEL);
}
