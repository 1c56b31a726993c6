/* One factor of an exact kernel along an axis: its parts, its panels, and the choice of the
 * instruction set. */
#include "stage_sets.h"
#include <stdlib.h>
#include <string.h>

static const struct {
  const char *key, *words;
  void (*apply)(const OttoStage *, const PetscReal[], PetscReal[], PetscReal[]);
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
  sets[Chosen()].apply(stage, in, out, maxima);
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
  for (PetscInt64 r = -stage->before; r < 0; r++) ExtendRow(stage, r, panel);
  for (PetscInt64 r = 0; r < stage->after; r++) ExtendRow(stage, stage->sources + r, panel);
}

PetscErrorCode OttoStageDestroy(OttoStage *stage)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(stage->first));
  PetscCall(PetscFree(stage->offset));
  PetscCall(PetscFree(stage->table));
  PetscCall(PetscFree(stage->near));
  PetscCall(PetscFree(stage->order));
  *stage = (OttoStage){0};
  PetscFunctionReturn(0);
}
