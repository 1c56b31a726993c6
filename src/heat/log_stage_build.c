/* Stages on logarithms from kernels of the whole line. */
#include "log_stage.h"
#include <math.h>
#include <stdint.h>

#define GROUP 32
#define RANGE_MAX 150 /* of log F: a group's own slope adds as much (log_kernel.h) */

/* Of a part: log T and the derivative's ratio by difference, or by position. */
typedef struct {
  const OttoStagePart *part;
  PetscBool rows;
  PetscInt64 least, count; /* differences */
  PetscReal unit;          /* … in cells */
  long double *log, *ratio;
  long double lowest; /* log T of a source whose nearest image is another, at least */
} Entries;

static PetscErrorCode CreateEntries(const OttoLogStage *s, Entries *e)
{
  PetscInt64 most = -INT64_MAX;

  PetscFunctionBegin;
  if (e->rows) PetscFunctionReturn(0);
  e->least = INT64_MAX;
  for (PetscInt64 g = 0; g * GROUP < s->targets; g++) {
    const PetscInt64 a = s->along * g * GROUP, b = s->across * s->first[g];
    e->least = PetscMin(e->least, a - b - s->across * (OTTO_TILE * s->tiles[g] - 1));
    most = PetscMax(most, a + s->along * (GROUP - 1) - b);
  }
  e->count = most - e->least + 1;
  e->lowest = INFINITY;
  PetscCall(PetscMalloc2(e->count, &e->log, e->count, &e->ratio));
  const long double start =
      (long double)e->part->targets.start - (long double)e->part->sources.start;
  for (PetscInt64 i = 0; i < e->count; i++) {
    e->log[i] = OttoLineKernelLogValue(
        &e->part->kernel, (long double)e->unit * (long double)(e->least + i) + start, &e->ratio[i]);
    if (isfinite(e->log[i])) e->lowest = fminl(e->lowest, e->log[i]);
  }
  PetscFunctionReturn(0);
}

/* log T of target a and source b; -inf where another image of the source stands nearer. */
static long double Entry(const OttoLogStage *s, const Entries *e, PetscInt64 a, PetscInt64 b,
                         long double *ratio)
{
  if (!e->rows) {
    const PetscInt64 i = s->along * a - s->across * b - e->least;
    *ratio = e->ratio[i];
    return e->log[i];
  }
  const OttoStagePoints *t = &e->part->targets, *f = &e->part->sources;
  const long double x = (long double)t->step * (long double)a + (long double)t->start -
                        (long double)f->step * (long double)b - (long double)f->start;
  return OttoLineKernelLogValue(&e->part->kernel, x, ratio);
}

static PetscReal Whole(long double x) /* a multiple of 1/64 */
{
  return (PetscReal)(rintl(64 * x) / 64);
}

/* ---- one class ---- */

typedef struct {
  PetscInt64 targets;
  long double log[OTTO_TILE][GROUP], ratio[OTTO_TILE][GROUP];
  long double x[OTTO_TILE][GROUP];    /* differences, in units */
  long double line[OTTO_TILE][GROUP]; /* log T where F is 1 */
  PetscReal along, across;            /* units a target and a source */
} Pair;

/* The chord of log T over what is there of it, a unit. */
static PetscReal Chord(const Pair *p)
{
  long double low = INFINITY, high = -INFINITY, at_low = 0, at_high = 0;

  for (int c = 0; c < OTTO_TILE; c++)
    for (PetscInt64 i = 0; i < p->targets; i++) {
      if (p->log[c][i] == (long double)-INFINITY) continue;
      if (p->x[c][i] < low) low = p->x[c][i], at_low = p->log[c][i];
      if (p->x[c][i] > high) high = p->x[c][i], at_high = p->log[c][i];
    }
  return high > low ? (PetscReal)((at_high - at_low) / (high - low)) : 0;
}

/* alpha and kappa, and in p->log what they leave: log F. */
static void Fit(Pair *p, PetscReal *alpha, PetscReal kappa[])
{
  const PetscReal slope = Chord(p);
  const PetscBool integer = p->along == rint(p->along) && p->across == rint(p->across);
  const PetscReal unit = Whole((long double)slope);
  const PetscReal beta = integer ? p->across * unit : Whole((long double)(p->across * slope));
  long double most = -INFINITY;

  *alpha = integer ? p->along * unit : Whole((long double)(p->along * slope));
  for (int c = 0; c < OTTO_TILE; c++)
    for (PetscInt64 i = 0; i < p->targets; i++) {
      p->line[c][i] = (long double)(*alpha * (PetscReal)(i - p->targets / 2)) -
                      (long double)(beta * (c - OTTO_TILE / 2));
      p->log[c][i] -= p->line[c][i];
      most = fmaxl(most, p->log[c][i]);
    }
  const PetscReal whole = most > (long double)-INFINITY ? Whole(most) : -INFINITY;
  for (int c = 0; c < OTTO_TILE; c++) {
    kappa[c] = whole - beta * (c - OTTO_TILE / 2);
    for (PetscInt64 i = 0; i < p->targets && isfinite(whole); i++) {
      p->log[c][i] -= (long double)whole;
      p->line[c][i] += (long double)whole;
    }
  }
}

/* One target: kappa is all of log T. */
static void FitOne(Pair *p, PetscReal *alpha, PetscReal kappa[])
{
  *alpha = 0;
  for (int c = 0; c < OTTO_TILE; c++) {
    const PetscBool there = p->log[c][0] > (long double)-INFINITY ? PETSC_TRUE : PETSC_FALSE;
    kappa[c] = there ? Whole(p->log[c][0]) : -INFINITY;
    p->line[c][0] = (long double)kappa[c];
    if (there) p->log[c][0] -= (long double)kappa[c];
  }
}

/* F and its range: where a source stands for none, the line that bounds what it brings must not be
 * far above what its nearest image does. */
static void FillClass(OttoLogLevel *l, PetscInt64 class, long double lowest, Pair *p)
{
  PetscReal *kappa = l->kappa + OTTO_TILE * class, *near = l->near + l->targets * class;

  if (l->targets > 1)
    Fit(p, &l->alpha[class], kappa);
  else
    FitOne(p, &l->alpha[class], kappa);
  l->most[class] = -INFINITY;
  for (int c = 0; c < OTTO_TILE; c++) {
    l->most[class] = PetscMax(l->most[class], kappa[c]);
    for (PetscInt64 i = 0; i < l->targets; i++) {
      const PetscInt64 at = class * l->size + l->zero + c * l->across + i;
      l->f[at] = (PetscReal)expl(p->log[c][i]);
      if (l->ratio) l->ratio[at] = (PetscReal)(expl(p->log[c][i]) * p->ratio[c][i]);
      near[i] = PetscMax(near[i], l->f[at]);
      if (kappa[c] == -INFINITY) continue;
      const long double log_f = isfinite(p->log[c][i]) ? p->log[c][i] : lowest - p->line[c][i];
      l->range = PetscMax(l->range, (PetscReal)-log_f);
    }
  }
}

/* ---- levels ---- */

/* Classes of the groups of so many targets. */
static void CountClasses(const OttoLogStage *s, OttoLogLevel *l)
{
  PetscInt64 most = -INT64_MAX;

  l->least = INT64_MAX;
  while ((s->along * l->targets | s->across * OTTO_TILE) % (2 << l->shift) == 0) l->shift++;
  for (PetscInt64 g = 0; g * GROUP < s->targets; g++) {
    const PetscInt64 a = s->along * g * GROUP, b = s->across * s->first[g];
    l->least = PetscMin(l->least, a - b - s->across * OTTO_TILE * (s->tiles[g] - 1));
    most = PetscMax(most, a + s->along * (GROUP - l->targets) - b);
  }
  l->classes = ((most - l->least) >> l->shift) + 1;
  if (s->rows) l->classes = (s->targets + GROUP - 1) / GROUP * (GROUP / l->targets) * s->most_tiles;
  if (!s->rows && s->along == 1) {
    l->zero = (OTTO_TILE - 1) * s->across;
    l->across = -s->across;
    l->size = l->zero + l->targets;
  } else {
    l->across = l->targets;
    l->size = OTTO_TILE * l->targets;
  }
}

static PetscErrorCode CreateLevel(OttoLogStage *s, const Entries *e, PetscInt64 targets,
                                  OttoLogLevel *l)
{
  char *done;
  Pair pair = {.targets = targets,
               .along = e->rows ? e->part->targets.step : (PetscReal)s->along,
               .across = e->rows ? e->part->sources.step : (PetscReal)s->across};

  PetscFunctionBegin;
  *l = (OttoLogLevel){.targets = targets};
  CountClasses(s, l);
  const PetscInt64 reals = l->classes * l->size + OTTO_TILE;
  PetscCall(PetscCalloc4(l->classes, &l->alpha, OTTO_TILE * l->classes, &l->kappa, l->classes,
                         &l->most, targets * l->classes + OTTO_TILE, &l->near));
  PetscCall(PetscCalloc1(reals, &l->f));
  if (s->order) PetscCall(PetscCalloc1(reals, &l->ratio));
  s->bytes += sizeof(PetscReal) *
              (size_t)(l->classes * (2 + OTTO_TILE + targets) + reals * (s->order ? 2 : 1));
  PetscCall(PetscCalloc1(l->classes, &done));
  for (PetscInt64 a0 = 0; a0 < s->targets; a0 += targets)
    for (PetscInt64 tile = 0; tile < s->tiles[a0 / GROUP]; tile++) {
      const PetscInt64 b0 = s->first[a0 / GROUP] + OTTO_TILE * tile;
      const PetscInt64 class = OttoLogClass(s, l, a0, b0);
      if (done[class]) continue;
      done[class] = 1;
      for (int c = 0; c < OTTO_TILE; c++)
        for (PetscInt64 i = 0; i < targets; i++) {
          pair.log[c][i] = Entry(s, e, a0 + i, b0 + c, &pair.ratio[c][i]);
          pair.x[c][i] =
              (long double)pair.along * (long double)i - (long double)pair.across * (long double)c;
        }
      FillClass(l, class, e->lowest, &pair);
    }
  PetscCall(PetscFree(done));
  PetscFunctionReturn(0);
}

static PetscErrorCode DestroyLevel(OttoLogLevel *l)
{
  PetscFunctionBegin;
  PetscCall(PetscFree4(l->alpha, l->kappa, l->most, l->near));
  PetscCall(PetscFree(l->f));
  PetscCall(PetscFree(l->ratio));
  PetscFunctionReturn(0);
}

/* Whether slopes never differ by more than a group of this level may have. */
static PetscBool IsFlat(const OttoLogLevel *l)
{
  PetscReal low = INFINITY, high = -INFINITY;

  for (PetscInt64 i = 0; i < l->classes; i++) {
    low = PetscMin(low, l->alpha[i]);
    high = PetscMax(high, l->alpha[i]);
  }
  return (high - low) / 2 * (PetscReal)(l->targets / 2) <= RANGE_MAX ? PETSC_TRUE : PETSC_FALSE;
}

/* From the largest groups of which F does not range too far, down to where slopes never do. */
static PetscErrorCode CreateLevels(const OttoStagePart *part, OttoLogStage *s)
{
  Entries e = {.part = part, .rows = s->rows, .unit = 1};

  PetscFunctionBegin;
  if (s->along == 1 && s->across == 1) e.unit = part->targets.step;
  PetscCall(CreateEntries(s, &e));
  for (PetscInt64 targets = GROUP; targets > 0; targets /= 2) {
    OttoLogLevel *level = &s->level[s->levels];
    PetscCall(CreateLevel(s, &e, targets, level));
    if (level->range > RANGE_MAX && targets > 1) {
      PetscCall(DestroyLevel(level));
      continue;
    }
    s->levels++;
    if (IsFlat(level)) break;
  }
  if (e.log) PetscCall(PetscFree2(e.log, e.ratio));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLogStageCreate(const OttoStagePart *part, OttoLogStage *s)
{
  const PetscReal step = part->targets.step, other = part->sources.step;
  const PetscInt64 groups = (part->targets.count + GROUP - 1) / GROUP;
  PetscInt64 end, last = 0;

  PetscFunctionBegin;
  *s = (OttoLogStage){.targets = part->targets.count,
                      .sources = part->sources.count,
                      .blocks = (part->targets.count + OTTO_TILE - 1) / OTTO_TILE,
                      .ends = part->ends,
                      .order = part->kernel.order};
  PetscCall(PetscMalloc2(groups, &s->first, groups, &s->tiles));
  s->bytes = 2 * (size_t)groups * sizeof(PetscInt64);
  for (PetscInt64 g = 0; g < groups; g++) {
    const PetscInt64 to = PetscMin(s->blocks * OTTO_TILE, (g + 1) * GROUP) - 1;
    OttoStageWindow(part, g * GROUP, to, &s->first[g], &end);
    s->tiles[g] = (end - s->first[g] + OTTO_TILE - 1) / OTTO_TILE;
    s->most_tiles = PetscMax(s->most_tiles, s->tiles[g]);
    s->before = PetscMax(s->before, -s->first[g]);
    last = PetscMax(last, s->first[g] + OTTO_TILE * s->tiles[g]);
  }
  s->after = (PetscMax(last, s->sources) + OTTO_TILE - 1) / OTTO_TILE * OTTO_TILE - s->sources;
  s->rows =
      step != other && (step != rint(step) || other != rint(other)) ? PETSC_TRUE : PETSC_FALSE;
  s->along = step == other || s->rows ? 1 : (PetscInt64)step;
  s->across = step == other || s->rows ? 1 : (PetscInt64)other;
  PetscCall(CreateLevels(part, s));
  PetscFunctionReturn(0);
}
