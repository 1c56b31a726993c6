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

typedef PetscReal StageVector __attribute__((vector_size(STAGE_BYTES), may_alias));

#define STAGE_LANES ((int)(STAGE_BYTES / sizeof(PetscReal)))
#define STAGE_START 3 /* tiles before the first look at the partial sums */
#define STAGE_BATCH 6 /* … and between two */

typedef struct {
  const PetscReal *table, *in; /* of its first source */
  PetscInt64 step;             /* in to the next */
  PetscInt sources;            /* 8, or half of it */
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
    const PetscInt64 step = tile[k].step;
#pragma GCC unroll 4
    for (PetscInt j = 0; j < tile[k].sources; j++, t += across, in += step) {
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

static inline StageVector StageMax(StageVector a, StageVector b)
{
#if STAGE_BYTES == 64
  return (StageVector)_mm512_max_pd((__m512d)a, (__m512d)b);
#elif STAGE_BYTES == 32
  return (StageVector)_mm256_max_pd((__m256d)a, (__m256d)b);
#else
  for (int i = 0; i < STAGE_LANES; i++) a[i] = a[i] > b[i] ? a[i] : b[i];
  return a;
#endif
}

/* The largest source of each line in rows phase-16 … phase-9 of a panel, so far as it has them, in
 * the 8 rows from there on and so forth, and in all of it. */
static void StageMaxima(const OttoStage *stage, const PetscReal in[], PetscReal maxima[],
                        PetscReal whole[])
{
  const PetscInt64 end = stage->sources + OTTO_BESIDE;

  for (int line = 0; line < OTTO_PANEL; line += STAGE_LANES) {
    PetscReal *largest = maxima + line;
    StageVector all = {0};
    for (PetscInt64 row = stage->phase - 2 * OTTO_TILE; row < end; row += OTTO_TILE) {
      const PetscInt64 last = PetscMin(row + OTTO_TILE, end);
      StageVector most = {0};
      for (PetscInt64 r = PetscMax(row, -OTTO_BESIDE); r < last; r++)
        most = StageMax(most, *(const StageVector *)(in + OTTO_PANEL * r + line));
      *(StageVector *)largest = most;
      largest += OTTO_PANEL;
      all = StageMax(all, most);
    }
    *(StageVector *)(whole + line) = all;
  }
}

/* `share` of the smallest sum of each line, over a block's targets. */
static void StageBound(PetscInt64 targets, PetscReal share, const PetscReal out[],
                       PetscReal bound[])
{
  const PetscInt64 rows = PetscMin(OTTO_TILE, targets); /* those beyond the last bound nothing */

  for (int line = 0; line < OTTO_PANEL; line += STAGE_LANES) {
    StageVector least = *(const StageVector *)(out + line);
    for (PetscInt64 i = 1; i < rows; i++) {
      const StageVector sum = *(const StageVector *)(out + OTTO_PANEL * i + line);
      least = -StageMax(-least, -sum);
    }
    *(StageVector *)(bound + line) = share * least;
  }
}

/* Whether sources up to the larger of a and b, under entries up to `near`, change a sum. */
static inline int StageMatters(PetscReal near, const PetscReal a[], const PetscReal b[],
                               const PetscReal bound[])
{
#if STAGE_BYTES == 64
  const __m512d n = _mm512_set1_pd(near);
  int any = 0;
#pragma GCC unroll 2
  for (int line = 0; line < OTTO_PANEL; line += 8) {
    const __m512d most = _mm512_max_pd(_mm512_load_pd(a + line), _mm512_load_pd(b + line));
    any |= _mm512_cmp_pd_mask(_mm512_mul_pd(n, most), _mm512_load_pd(bound + line), _CMP_GT_OQ);
  }
  return any;
#elif STAGE_BYTES == 32
  const __m256d n = _mm256_set1_pd(near);
  __m256d any = _mm256_setzero_pd();
#pragma GCC unroll 4
  for (int line = 0; line < OTTO_PANEL; line += 4) {
    const __m256d most = _mm256_max_pd(_mm256_load_pd(a + line), _mm256_load_pd(b + line));
    const __m256d over =
        _mm256_cmp_pd(_mm256_mul_pd(n, most), _mm256_load_pd(bound + line), _CMP_GT_OQ);
    any = _mm256_or_pd(any, over);
  }
  return _mm256_movemask_pd(any);
#else
  int any = 0;
  for (int line = 0; line < OTTO_PANEL; line++)
    any |= (near * a[line] > bound[line]) | (near * b[line] > bound[line]);
  return any;
#endif
}

/* A panel of sources. */
typedef struct {
  const PetscReal *in;             /* row 0 */
  const PetscReal *maxima, *whole; /* see StageMaxima() */
} StagePanel;

/* Lists tiles of a block's window from place *k of the order on that matter, `most` at most; *k is
 * where the next begins, or the number of tiles where no later one matters. */
static inline PetscInt StageList(const OttoStage *s, const StagePanel *panel, PetscInt64 block,
                                 PetscInt most, const PetscReal bound[], PetscInt64 *k,
                                 StageTile tile[])
{
  const OttoStagePlace *places = s->place + (s->first[block] - s->lowest);
  const PetscReal *table = s->table + s->offset[block];
  PetscInt count = 0;

  for (; *k < s->tiles && count < most; ++*k) {
    const PetscInt64 at = s->order[*k];
    const OttoStagePlace place = places[OTTO_TILE * at];
    const PetscInt64 low =
        place.row - (place.step < 0 ? OTTO_TILE - 1 : 0) + 2 * OTTO_TILE - s->phase;
    const PetscReal *a = panel->maxima + low / OTTO_TILE * OTTO_PANEL,
                    *b = low % OTTO_TILE ? a + OTTO_PANEL : a; /* it overlaps one or two */
    if (place.step == 0) continue;
    if (!StageMatters(s->near[at], a, b, bound)) {
      if (StageMatters(s->near[at], panel->whole, panel->whole, bound)) continue;
      *k = s->tiles;
      break;
    }
    const int half = !StageMatters(s->near_half[at], a, b, bound);
    const PetscInt64 from = half ? s->half[at] : 0;
    tile[count++] = (StageTile){table + (OTTO_TILE * at + from) * s->across,
                                panel->in + (place.row + from * place.step) * OTTO_PANEL,
                                place.step * OTTO_PANEL, half ? OTTO_TILE / 2 : OTTO_TILE};
  }
  return count;
}

/* known: of the block, to hold the bound against; NULL: the partial sums. */
static void StageBlock(const OttoStage *s, const StagePanel *panel, PetscInt64 block,
                       const PetscReal known[], PetscReal share, PetscReal out[])
{
  const PetscInt64 targets = s->targets - OTTO_TILE * block;
  PetscReal bound[OTTO_PANEL] __attribute__((aligned(64))) = {0};
  StageTile tile[STAGE_BATCH];
  PetscInt64 k = 0;

  if (known) StageBound(targets, share, known, bound);
  for (int more = 0; !more || k < s->tiles; more = 1) {
    if (more && !known) StageBound(targets, share, out, bound);
    const PetscInt count =
        StageList(s, panel, block, more ? STAGE_BATCH : STAGE_START, bound, &k, tile);
    if (count || !more) StageAdd(s, count, tile, more, out);
  }
}

void STAGE_APPLY(const OttoStage *stage, const PetscReal in[], const PetscReal known[],
                 PetscReal share, PetscReal out[], PetscReal maxima[])
{
  PetscReal *whole = maxima + (stage->sources / OTTO_TILE + 5) * OTTO_PANEL;
  const StagePanel panel = {in, maxima, whole};

  StageMaxima(stage, in, maxima, whole);
  for (PetscInt64 block = 0; block < stage->blocks; block++) {
    const PetscInt64 at = block * OTTO_TILE * OTTO_PANEL;
    StageBlock(stage, &panel, block, known ? known + at : NULL, share, out + at);
  }
}
