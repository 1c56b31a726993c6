/* One factor of an exact kernel along an axis: its parts, its panels, and the choice of the
 * instruction set. */
#include "stage_sets.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
  const char *key, *words;
  void (*apply)(const OttoStage *, const PetscReal[], const PetscReal[], PetscReal, PetscReal[],
                PetscReal[]);
  void (*logs)(const OttoLogStage *, const PetscReal[], PetscReal[], PetscReal[], PetscReal[]);
} sets[] = {/* the best first */
#ifdef OTTO_STAGE_SETS
            {"avx512", "AVX-512", OttoStageApply_AVX512, OttoLogStageApply_AVX512},
            {"avx2", "AVX2 and FMA", OttoStageApply_AVX2, OttoLogStageApply_AVX2},
#endif
            {"baseline", "baseline", OttoStageApply_Baseline, OttoLogStageApply_Baseline}};
static const size_t set_count = sizeof sets / sizeof *sets;
static size_t chosen;
static PetscBool decided = PETSC_FALSE;

/* Whether the machine has it. */
static PetscBool Has(size_t set)
{
#ifdef OTTO_STAGE_SETS
  const PetscBool avx2 =
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? PETSC_TRUE : PETSC_FALSE;
  if (set == 0)
    return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
               ? PETSC_TRUE
               : PETSC_FALSE;
  if (set == 1) return avx2;
#endif
  return set + 1 == set_count ? PETSC_TRUE : PETSC_FALSE;
}

void OttoStageLimit(const char limit[])
{
  chosen = 0;
  for (size_t i = 0; limit && i < set_count; i++)
    if (!strcmp(limit, sets[i].key)) chosen = i;
  while (!Has(chosen)) chosen++;
  decided = PETSC_TRUE;
}

static size_t Chosen(void)
{
  if (!decided) OttoStageLimit(getenv("OTTO_VECTORS"));
  return chosen;
}

const char *OttoStageVectors(void)
{
  return sets[Chosen()].words;
}

void OttoStageApply(const OttoStage *stage, const PetscReal in[], PetscReal out[],
                    PetscReal maxima[])
{
  sets[Chosen()].apply(stage, in, NULL, OTTO_STAGE_LOST, out, maxima);
}

void OttoStageApplyBounded(const OttoStage *stage, const PetscReal in[], const PetscReal known[],
                           PetscReal share, PetscReal out[], PetscReal maxima[])
{
  sets[Chosen()].apply(stage, in, known, share, out, maxima);
}

void OttoLogStageApply(const OttoLogStage *stage, const PetscReal in[], PetscReal out[],
                       PetscReal mean[], PetscReal room[])
{
  sets[Chosen()].logs(stage, in, out, mean, room);
}

PetscInt64 OttoStageRow(OttoStageEnds ends, PetscInt64 n, PetscInt64 r)
{
  const PetscInt64 period = ends == OTTO_ENDS_EVEN ? 2 * n : n;

  if (r >= 0 && r < n) return r;
  if (ends == OTTO_ENDS_ZERO) return -1;
  r = (r % period + period) % period;
  return r < n ? r : period - 1 - r;
}

static void ExtendRow(const OttoStage *stage, PetscInt64 r, PetscReal panel[])
{
  const size_t size = OTTO_PANEL * sizeof *panel;
  const PetscInt64 from = OttoStageRow(stage->ends, stage->sources, r);

  if (from < 0)
    memset(panel + r * OTTO_PANEL, 0, size);
  else
    memcpy(panel + r * OTTO_PANEL, panel + from * OTTO_PANEL, size);
}

void OttoStageExtend(const OttoStage *stage, PetscReal panel[])
{
  for (PetscInt64 r = 0; r < OTTO_BESIDE; r++) {
    ExtendRow(stage, -1 - r, panel);
    ExtendRow(stage, stage->sources + r, panel);
  }
}

/* ---- what follows from first and table ---- */

static OttoStagePlace Place(const OttoStage *s, PetscInt64 r)
{
  const PetscInt64 n = s->sources, period = s->ends == OTTO_ENDS_EVEN ? 2 * n : n;

  if (s->ends == OTTO_ENDS_ZERO) return (OttoStagePlace){r, r > -OTTO_TILE && r < n ? 1 : 0};
  r = (r % period + period) % period;
  return r < n ? (OttoStagePlace){r, 1} : (OttoStagePlace){period - 1 - r, -1};
}

/* Whether an earlier block has the same entries; few offsets differ among differences. */
static PetscBool IsSeen(const OttoStage *s, PetscInt64 block)
{
  for (PetscInt64 i = block - 1; i >= 0 && i >= block - 64; i--)
    if (s->offset[i] == s->offset[block]) return PETSC_TRUE;
  return PETSC_FALSE;
}

/* The largest entry of half a tile of a block. */
static PetscReal Largest(const OttoStage *s, PetscInt64 block, PetscInt64 tile, PetscInt64 half)
{
  const PetscInt64 first = tile * OTTO_TILE + half * (OTTO_TILE / 2);
  PetscReal most = 0;

  for (PetscInt64 i = 0; i < OTTO_TILE; i++)
    for (PetscInt64 j = first; j < first + OTTO_TILE / 2; j++)
      most = PetscMax(most, fabs(s->table[s->offset[block] + i * s->along + j * s->across]));
  return most;
}

/* Tiles by their largest entry over all blocks, and halves. */
static PetscErrorCode Rank(OttoStage *s)
{
  PetscReal *by;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(2 * s->tiles, &by));
  for (PetscInt64 block = 0; block < s->blocks; block++) {
    if (IsSeen(s, block)) continue;
    for (PetscInt64 i = 0; i < 2 * s->tiles; i++)
      by[i] = PetscMax(by[i], Largest(s, block, i / 2, i % 2));
  }
  for (PetscInt64 tile = 0; tile < s->tiles; tile++) {
    s->half[tile] = by[2 * tile] < by[2 * tile + 1] ? OTTO_TILE / 2 : 0;
    s->near_half[tile] = PetscMin(by[2 * tile], by[2 * tile + 1]);
    s->near[tile] = PetscMax(by[2 * tile], by[2 * tile + 1]);
    s->order[tile] = (PetscInt)tile;
  }
  for (PetscInt64 tile = 0; tile < s->tiles; tile++) by[tile] = -s->near[tile];
  PetscCall(PetscSortRealWithArrayInt((PetscInt)s->tiles, by, s->order));
  PetscCall(PetscFree(by));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStageComplete(OttoStage *s)
{
  PetscInt64 highest = s->first[0];

  PetscFunctionBegin;
  s->lowest = s->first[0];
  s->phase = (s->first[0] % OTTO_TILE + OTTO_TILE) % OTTO_TILE;
  for (PetscInt64 block = 0; block < s->blocks; block++) {
    if ((s->first[block] - s->first[0]) % OTTO_TILE) s->phase = 0;
    s->lowest = PetscMin(s->lowest, s->first[block]);
    highest = PetscMax(highest, s->first[block]);
  }
  const PetscInt64 places = highest - s->lowest + OTTO_TILE * s->tiles;
  PetscCall(PetscMalloc1(places, &s->place));
  PetscCall(PetscMalloc1(s->tiles, &s->near));
  PetscCall(PetscMalloc1(s->tiles, &s->near_half));
  PetscCall(PetscMalloc1(s->tiles, &s->order));
  PetscCall(PetscMalloc1(s->tiles, &s->half));
  for (PetscInt64 i = 0; i < places; i++) s->place[i] = Place(s, s->lowest + i);
  s->bytes += (size_t)places * sizeof *s->place +
              2 * (size_t)s->tiles * (sizeof(PetscReal) + sizeof(PetscInt));
  PetscCall(Rank(s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStageDestroy(OttoStage *stage)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(stage->first));
  PetscCall(PetscFree(stage->offset));
  PetscCall(PetscFree(stage->table));
  PetscCall(PetscFree(stage->near));
  PetscCall(PetscFree(stage->order));
  PetscCall(PetscFree(stage->near_half));
  PetscCall(PetscFree(stage->half));
  PetscCall(PetscFree(stage->place));
  *stage = (OttoStage){0};
  PetscFunctionReturn(0);
}
