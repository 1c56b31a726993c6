/* A stage on logarithms: its parts, its panels. */
#include "log_stage.h"
#include <math.h>
#include <string.h>

PetscErrorCode OttoLogStageDestroy(OttoLogStage *s)
{
  PetscFunctionBegin;
  PetscCall(PetscFree2(s->first, s->tiles));
  for (PetscInt i = 0; i < s->levels; i++) {
    OttoLogLevel *level = &s->level[i];
    PetscCall(PetscFree4(level->alpha, level->kappa, level->most, level->near));
    PetscCall(PetscFree(level->f));
    PetscCall(PetscFree(level->ratio));
  }
  *s = (OttoLogStage){0};
  PetscFunctionReturn(0);
}

size_t OttoLogStageRoom(const OttoLogStage *s)
{
  const PetscInt64 tiles = (s->before + s->sources + s->after) / OTTO_TILE, n = s->most_tiles;

  return (size_t)(tiles * (OTTO_PANEL + 1) + 1 +
                  n * (OTTO_PANEL * (1 + OTTO_TILE) + 2 * 32 + 4 + OTTO_LOG_LEVELS));
}

void OttoLogStageExtend(const OttoLogStage *s, PetscReal panel[])
{
  const PetscInt64 n = s->sources, end = n + s->after;
  const size_t size = OTTO_PANEL * sizeof *panel;

  for (PetscInt64 r = -s->before; r < end; r = r + 1 == 0 ? n : r + 1) {
    const PetscInt64 from = OttoStageRow(s->ends, n, r);
    if (from >= 0)
      memcpy(panel + r * OTTO_PANEL, panel + from * OTTO_PANEL, size);
    else
      for (int line = 0; line < OTTO_PANEL; line++) panel[r * OTTO_PANEL + line] = -INFINITY;
  }
}
