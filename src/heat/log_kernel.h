/*
 * A stage on logarithms applied to a panel, as a template, behind stage_kernel.h: the file that
 * includes both says LOG_APPLY, the name of the function, besides.
 */
#include "core/vecmath.h"
#include "log_stage.h"

#define LOG_KEPT 44    /* tiles below e^-44 of a lower bound are left out: n e^-38 in all */
#define LOG_STEEP 150  /* half the slopes' range over half a group */
#define LOG_LEAST -500 /* log u: smaller ones change no sum, which is e^-300 at least */
#define LOG_LANES 8    /* targets whose tables go together */

/* Buffers of one application. */
typedef struct {
  const OttoLogStage *stage;
  const PetscReal *in;
  PetscReal *out, *mean;
  PetscReal *largest;                    /* [rows/8][16]: of each tile of the panel */
  PetscReal *peak;                       /* [tiles][16]: B of the tiles kept */
  PetscReal *u;                          /* [tiles][8][16] */
  PetscReal *v;                          /* [tiles][32]: e^{(alpha - G)(i - centre)} */
  PetscReal *brings;                     /* [tiles][32]: to a target at most, over the lines' S */
  PetscInt64 *class, *made;              /* [tiles]: of the tiles kept; whether u is there */
  PetscInt64 *next;                      /* [rows/8 + 1]: from a tile on, the next with mass */
  PetscInt64 *hint, hints;               /* tiles that were largest in some line */
  PetscInt64 *kept[OTTO_LOG_LEVELS + 1]; /* first sources of tiles that matter, by level */
  int empty;                             /* whether any line has no mass here */
  PetscReal low[OTTO_PANEL] __attribute__((aligned(64)));   /* the largest B */
  PetscReal slope[OTTO_PANEL] __attribute__((aligned(64))); /* alpha there */
  PetscReal scale[OTTO_PANEL] __attribute__((aligned(64))); /* S */
} LogWork;

/* ---- which tiles ---- */

/* The largest source of each tile of the panel, and where tiles have any mass. */
static void LogMaxima(const LogWork *w)
{
  const PetscInt64 tiles = (w->stage->before + w->stage->sources + w->stage->after) / OTTO_TILE;
  const PetscReal *in = w->in - w->stage->before * OTTO_PANEL;

  w->next[tiles] = tiles;
  for (PetscInt64 tile = tiles - 1; tile >= 0; tile--) {
    const PetscReal *row = in + tile * OTTO_TILE * OTTO_PANEL;
    PetscReal *largest = w->largest + tile * OTTO_PANEL, any = -INFINITY;
#pragma omp simd reduction(max : any)
    for (int line = 0; line < OTTO_PANEL; line++) {
      PetscReal most = row[line];
#pragma GCC unroll 8
      for (int c = 1; c < OTTO_TILE; c++)
        most = row[OTTO_PANEL * c + line] > most ? row[OTTO_PANEL * c + line] : most;
      largest[line] = most;
      any = most > any ? most : any;
    }
    w->next[tile] = any > -INFINITY ? tile : w->next[tile + 1];
  }
}

/* Whether sources of which a tile brings e^{peak + add} at most matter to any target of a group,
 * half of it `half` wide, in any line: against what the tiles of `low` bring at least. */
static inline int LogMatters(const LogWork *w, const PetscReal peak[], PetscReal add,
                             PetscReal alpha, PetscReal half, PetscReal kept)
{
  int any = 0;

#pragma omp simd reduction(| : any)
  for (int line = 0; line < OTTO_PANEL; line++)
    any |= peak[line] + add + fabs(alpha - w->slope[line]) * half > w->low[line] - kept;
  return any;
}

/* B of a tile, and the largest so far. */
static inline void LogPeak(LogWork *w, const PetscReal row[], const PetscReal kappa[],
                           PetscReal alpha, PetscReal peak[])
{
#pragma omp simd
  for (int line = 0; line < OTTO_PANEL; line++) {
    PetscReal most = row[line] + kappa[0];
#pragma GCC unroll 8
    for (int c = 1; c < OTTO_TILE; c++) {
      const PetscReal next = row[OTTO_PANEL * c + line] + kappa[c];
      most = next > most ? next : most;
    }
    peak[line] = most;
    w->slope[line] = most > w->low[line] ? alpha : w->slope[line];
    w->low[line] = most > w->low[line] ? most : w->low[line];
  }
}

/* Of the tiles from[count] those that matter to the group from target a0 on. */
static PetscInt64 LogKeep(LogWork *w, const OttoLogLevel *level, PetscInt64 a0, PetscInt64 count,
                          const PetscInt64 from[], PetscInt64 to[])
{
  const OttoLogStage *s = w->stage;
  const PetscReal half = (PetscReal)(level->targets / 2), kept = LOG_KEPT + level->range;
  PetscInt64 n = 0, left = 0;

  for (PetscInt64 i = 0; i < count; i++) {
    const PetscInt64 class = OttoLogClass(s, level, a0, from[i]);
    const PetscInt64 tile = (from[i] + s->before) / OTTO_TILE;
    const PetscReal alpha = level->alpha[class];
    if (!LogMatters(w, w->largest + tile * OTTO_PANEL, level->most[class], alpha, half, kept))
      continue;
    LogPeak(w, w->in + from[i] * OTTO_PANEL, level->kappa + OTTO_TILE * class, alpha,
            w->peak + n * OTTO_PANEL);
    w->class[n] = class;
    to[n++] = from[i];
  }
  for (PetscInt64 i = 0; i < n; i++) {
    const PetscReal alpha = level->alpha[w->class[i]];
    if (!LogMatters(w, w->peak + i * OTTO_PANEL, 0, alpha, half, kept)) continue;
    if (i > left)
      memcpy(w->peak + left * OTTO_PANEL, w->peak + i * OTTO_PANEL, OTTO_PANEL * sizeof *w->peak);
    w->class[left] = w->class[i];
    to[left++] = to[i];
  }
  return left;
}

/* The tiles with mass in a group's window. */
static PetscInt64 LogWindow(LogWork *w, PetscInt64 group, PetscInt64 list[])
{
  const OttoLogStage *s = w->stage;
  const PetscInt64 from = (s->first[group] + s->before) / OTTO_TILE, end = from + s->tiles[group];
  PetscInt64 count = 0;

  for (PetscInt64 tile = w->next[from]; tile < end; tile = w->next[tile + 1])
    list[count++] = tile * OTTO_TILE - s->before;
  return count;
}

/* Lower bounds of a group, to begin with: what the tiles bring that were largest a group ago. */
static void LogBegin(LogWork *w, const OttoLogLevel *level, PetscInt64 a0)
{
  const OttoLogStage *s = w->stage;
  const PetscInt64 group = a0 / 32, end = s->first[group] + OTTO_TILE * s->tiles[group];

  for (PetscInt64 i = 0; i < w->hints; i++) {
    if (w->hint[i] < s->first[group] || w->hint[i] >= end) continue;
    const PetscInt64 class = OttoLogClass(s, level, a0, w->hint[i]);
    LogPeak(w, w->in + w->hint[i] * OTTO_PANEL, level->kappa + OTTO_TILE * class,
            level->alpha[class], w->peak);
  }
}

/* For the next group: the tiles that are largest in some line. */
static void LogRemember(LogWork *w, PetscInt64 count, const PetscInt64 kept[])
{
  w->hints = 0;
  for (PetscInt64 t = 0; t < count; t++) {
    const PetscReal *peak = w->peak + t * OTTO_PANEL;
    int any = 0;
#pragma omp simd reduction(| : any)
    for (int line = 0; line < OTTO_PANEL; line++) any |= peak[line] >= w->low[line];
    if (any) w->hint[w->hints++] = kept[t];
  }
}

/* ---- sums ---- */

/* Slopes of the tiles kept towards G, and what these bring at most. */
static void LogSlopes(LogWork *w, const OttoLogLevel *level, PetscInt64 count, PetscReal slope)
{
  const PetscInt targets = (PetscInt)level->targets, centre = targets / 2;
  const PetscInt lanes = PetscMax(targets, LOG_LANES);

  for (PetscInt64 t = 0; t < count; t++) {
    const PetscReal by = level->alpha[w->class[t]] - slope;
    const PetscReal *near = level->near + targets * w->class[t], *peak = w->peak + t * OTTO_PANEL;
    PetscReal *v = w->v + t * 32, *brings = w->brings + t * 32, most = -INFINITY;
#pragma omp simd reduction(max : most)
    for (int line = 0; line < OTTO_PANEL; line++) {
      const PetscReal over = peak[line] - w->scale[line];
      most = over > most ? over : most;
    }
    const PetscReal top = OttoExpFrom(LOG_LEAST, most);
#pragma omp simd
    for (PetscInt i = 0; i < lanes; i++) {
      const PetscReal value = OttoExpFrom(LOG_LEAST, by * (i - centre));
      v[i] = i < targets ? value : 0;
      brings[i] = v[i] * near[i] * top;
    }
    w->made[t] = 0;
  }
}

/* u of a tile kept. */
static void LogSource(LogWork *w, const OttoLogLevel *level, PetscInt64 t, const PetscReal in[])
{
  const PetscReal *kappa = level->kappa + OTTO_TILE * w->class[t];
  PetscReal *u = w->u + t * OTTO_TILE * OTTO_PANEL;

  w->made[t] = 1;
  for (int c = 0; c < OTTO_TILE; c++, u += OTTO_PANEL, in += OTTO_PANEL)
#pragma omp simd
    for (int line = 0; line < OTTO_PANEL; line++)
      u[line] = OttoExpFrom(LOG_LEAST, in[line] + (kappa[c] - w->scale[line]));
}

/* F of eight targets from a0 + from on, times their v: part[8 sources][8]. */
static inline void LogTable(const OttoLogLevel *level, const PetscReal f[], const PetscReal v[],
                            PetscReal part[])
{
  for (int c = 0; c < OTTO_TILE; c++, f += level->across, part += LOG_LANES)
#pragma omp simd
    for (int i = 0; i < LOG_LANES; i++) part[i] = v[i] * f[i];
}

typedef struct {
  const OttoLogLevel *level;
  PetscInt64 a0, from, valid; /* eight targets from a0 + from on, so many of them there */
  PetscInt64 count;
  const PetscInt64 *kept;
} LogEight;

/* sum[8][16], and of the derivative, = (or +=) the listed tiles. */
static void LogAdd(LogWork *w, const LogEight *e, PetscInt count, const PetscInt list[], int more,
                   PetscReal sum[], PetscReal ratio[])
{
  PetscReal part[STAGE_BATCH][OTTO_TILE * LOG_LANES] __attribute__((aligned(64)));
  StageTile tile[STAGE_BATCH];
  OttoStage table = {.along = 1, .across = LOG_LANES};

  for (int which = 0; which < (ratio ? 2 : 1); which++) {
    for (PetscInt k = 0; k < count; k++) {
      const PetscInt64 t = list[k];
      const PetscReal *f = (which ? e->level->ratio : e->level->f) + w->class[t] * e->level->size;
      if (!w->made[t]) LogSource(w, e->level, t, w->in + e->kept[t] * OTTO_PANEL);
      LogTable(e->level, f + e->level->zero + e->from, w->v + t * 32 + e->from, part[k]);
      tile[k] = (StageTile){part[k], w->u + t * OTTO_TILE * OTTO_PANEL};
    }
    StageAdd(&table, count, tile, more, which ? ratio : sum);
  }
}

/* The smallest sum of each target over all lines with mass, times e^-38. */
static void LogBound(const LogWork *w, PetscInt64 valid, const PetscReal sum[], PetscReal bound[])
{
  for (int i = 0; i < LOG_LANES; i++) {
    PetscReal least = INFINITY;
#pragma omp simd reduction(min : least)
    for (int line = 0; line < OTTO_PANEL; line++) {
      const PetscReal value = w->low[line] > -INFINITY ? sum[OTTO_PANEL * i + line] : INFINITY;
      least = value < least ? value : least;
    }
    bound[i] = i < valid ? STAGE_LOST * least : INFINITY;
  }
}

/* The tiles among which those lie that bring most to the first and to the last of eight targets. */
static void LogMost(const LogWork *w, const LogEight *e, PetscInt64 most[2])
{
  PetscReal by[2] = {-1, -1};

  for (PetscInt64 t = 0; t < e->count; t++) {
    const PetscReal *brings = w->brings + t * 32 + e->from;
    for (int end = 0; end < 2; end++) {
      const PetscReal value = brings[end ? e->valid - 1 : 0];
      most[end] = value > by[end] ? t : most[end];
      by[end] = value > by[end] ? value : by[end];
    }
  }
}

static inline int LogAsked(const PetscReal brings[], const PetscReal bound[])
{
  int any = 0;

#pragma omp simd reduction(| : any)
  for (int i = 0; i < LOG_LANES; i++) any |= brings[i] > bound[i];
  return any;
}

/* Eight targets, or as many as the group has. */
static void LogTargets(LogWork *w, const LogEight *e, PetscReal slope)
{
  PetscReal sum[OTTO_TILE * OTTO_PANEL] __attribute__((aligned(64)));
  PetscReal ratio[OTTO_TILE * OTTO_PANEL] __attribute__((aligned(64)));
  PetscReal bound[LOG_LANES], *other = w->mean ? ratio : NULL;
  PetscInt64 most[2] = {0, 0};
  PetscInt list[STAGE_BATCH], n = 0;

  LogMost(w, e, most);
  const PetscInt64 low = PetscMin(most[0], most[1]), high = PetscMax(most[0], most[1]);
  for (PetscInt64 t = low; t <= high && t < e->count && n < STAGE_BATCH - 1; t++)
    list[n++] = (PetscInt)t;
  const PetscInt64 seen = low + n - 1; /* low … seen, and high */
  if (e->count && seen < high) list[n++] = (PetscInt)high;
  LogAdd(w, e, n, list, 0, sum, other);
  LogBound(w, e->valid, sum, bound);
  n = 0;
  for (PetscInt64 t = 0; t < e->count; t++) {
    if ((t >= low && t <= seen) || t == high || !LogAsked(w->brings + t * 32 + e->from, bound))
      continue;
    list[n++] = (PetscInt)t;
    if (n < STAGE_BATCH) continue;
    LogAdd(w, e, n, list, 1, sum, other);
    n = 0;
  }
  if (n) LogAdd(w, e, n, list, 1, sum, other);
  const PetscInt64 rows = PetscMin(OTTO_TILE, e->level->targets);
  for (PetscInt64 i = 0; i < rows; i++) {
    const PetscReal add = slope * (PetscReal)(e->from + i - e->level->targets / 2);
    const PetscInt64 at = (e->a0 + e->from + i) * OTTO_PANEL;
    const PetscReal *value = sum + i * OTTO_PANEL;
#pragma omp simd
    for (int line = 0; line < OTTO_PANEL; line++)
      w->out[at + line] = OttoLogPlus(value[line], w->scale[line] + add);
    for (int line = 0; other && line < OTTO_PANEL; line++)
      w->mean[at + line] = ratio[i * OTTO_PANEL + line] / value[line];
    for (int line = 0; w->empty && line < OTTO_PANEL; line++) {
      if (w->low[line] > -INFINITY) continue;
      w->out[at + line] = -INFINITY;
      if (other) w->mean[at + line] = 0;
    }
  }
}

/* The group of a level from target a0 on, of the tiles in w->kept[level]. */
static void LogGroup(LogWork *w, PetscInt at, PetscInt64 a0, PetscInt64 count)
{
  const OttoLogStage *s = w->stage;
  const OttoLogLevel *level = &s->level[at];
  PetscInt64 *kept = w->kept[at + 1];
  PetscReal low = INFINITY, high = -INFINITY;

  if (a0 >= s->blocks * OTTO_TILE) return;
  for (int line = 0; line < OTTO_PANEL; line++) {
    w->low[line] = -INFINITY;
    w->slope[line] = 0;
  }
  if (!at) LogBegin(w, level, a0);
  count = LogKeep(w, level, a0, count, w->kept[at], kept);
  if (!at) LogRemember(w, count, kept);
  for (PetscInt64 t = 0; t < count; t++) {
    const PetscReal alpha = level->alpha[w->class[t]];
    low = PetscMin(low, alpha);
    high = PetscMax(high, alpha);
  }
  if (at + 1 < s->levels && (high - low) / 2 * (PetscReal)(level->targets / 2) > LOG_STEEP) {
    const PetscInt64 part = s->level[at + 1].targets;
    for (PetscInt64 from = 0; from < level->targets; from += part)
      LogGroup(w, at + 1, a0 + from, count);
    return;
  }
  const PetscReal slope = count ? rint(32 * (low + high)) / 64 : 0;
  w->empty = 0;
  for (int line = 0; line < OTTO_PANEL; line++) {
    w->scale[line] = w->low[line] > -INFINITY ? rint(64 * w->low[line]) / 64 : 0;
    w->empty |= w->low[line] == -INFINITY;
  }
  LogSlopes(w, level, count, slope);
  for (PetscInt64 from = 0; from < level->targets && a0 + from < s->blocks * OTTO_TILE;
       from += OTTO_TILE) {
    const PetscInt64 there = PetscMin(OTTO_TILE, level->targets);
    const LogEight eight = {level, a0,  from, PetscMax(1, PetscMin(there, s->targets - a0 - from)),
                            count, kept};
    LogTargets(w, &eight, slope);
  }
}

void LOG_APPLY(const OttoLogStage *s, const PetscReal in[], PetscReal out[], PetscReal mean[],
               PetscReal room[])
{
  const PetscInt64 tiles = (s->before + s->sources + s->after) / OTTO_TILE, n = s->most_tiles;
  LogWork w = {.stage = s, .in = in, .out = out, .mean = s->order ? mean : NULL};

  w.largest = room, room += tiles * OTTO_PANEL;
  w.peak = room, room += n * OTTO_PANEL;
  w.u = room, room += n * OTTO_TILE * OTTO_PANEL;
  w.v = room, room += n * 32;
  w.brings = room, room += n * 32;
  w.class = (PetscInt64 *)room, room += n;
  w.made = (PetscInt64 *)room, room += n;
  w.next = (PetscInt64 *)room, room += tiles + 1;
  w.hint = (PetscInt64 *)room, room += n;
  for (int level = 0; level <= OTTO_LOG_LEVELS; level++)
    w.kept[level] = (PetscInt64 *)room, room += n;
  LogMaxima(&w);
  for (PetscInt64 group = 0; group * 32 < s->targets; group++) {
    const PetscInt64 count = LogWindow(&w, group, w.kept[0]);
    for (PetscInt64 a0 = 0; a0 < 32; a0 += s->level[0].targets)
      LogGroup(&w, 0, group * 32 + a0, count);
  }
}
