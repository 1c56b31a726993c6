/* How a run of first-passage is set up and taken down. */
#include "problem.h"
#include <otto/options.h>
#include <math.h>
#include <string.h>

#define MOST_STEPS 1e9
#define KEPT_FIELDS 3 /* in a checkpoint: what is left of p in all runs */
#define BYTES 1600    /* per cell; measured on 64 x 48 x 48 cells: 1440 */

static PetscErrorCode MakeGrid(OttoFirstPassageRun *s)
{
  PetscFunctionBegin;
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &s->grid));
  PetscCall(OttoGridSetFromOptions(s->grid));
  PetscCall(OttoGridSetUp(s->grid));
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  OttoCheckInput(g->dim <= OTTO_GENERATOR_MAX_DIM, "grid_n: %d axes; first-passage takes 1 to 3",
                 (int)g->dim);
  PetscCall(OttoRunNeedMemory(s->grid, BYTES * OttoSpaceMemory(s->grid)));
  PetscFunctionReturn(0);
}

static PetscBool FacesAbsorb(const OttoFirstPassageRun *s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);

  for (PetscInt j = 0; j < g->dim; j++)
    if (OttoBoundaryAbsorbs(g->boundary[j], 0)) return PETSC_TRUE;
  return PETSC_FALSE;
}

/* Whether there are rates to be found, between set_a and set_b. */
static PetscBool AreTwo(const OttoFirstPassageRun *s)
{
  const OttoSets *sets = &s->law.sets;

  return OttoSetsFind(sets, 'a') && OttoSetsFind(sets, 'b') && sets->count == 2 && !FacesAbsorb(s)
             ? PETSC_TRUE
             : PETSC_FALSE;
}

/* Parts of sets and walls that the grid has no cell for. */
static PetscErrorCode CheckThin(const OttoFirstPassageRun *s)
{
  PetscInt64 tips = 0;
  char place[200];

  PetscFunctionBegin;
  PetscCall(OttoSetsThin(&s->law.sets, s->law.generator, &tips, place, sizeof place));
  if (tips)
    PetscCall(OttoRecordAside(s->record, PETSC_TRUE,
                              "%s a tip lies between centres, and no cell has it (%lld in all)",
                              place, (long long)tips));
  PetscFunctionReturn(0);
}

/* Where a passage may end at all, and what is not to touch. */
static PetscErrorCode CheckEnds(const OttoFirstPassageRun *s)
{
  const OttoFirstPassage *law = &s->law;
  const PetscInt a = OttoSetsFind(&law->sets, 'a'), b = OttoSetsFind(&law->sets, 'b');
  PetscInt every[OTTO_SETS];

  PetscFunctionBegin;
  for (PetscInt k = 0; k < OTTO_SETS; k++) every[k] = k + 1;
  OttoCheckInput(law->ends || FacesAbsorb(s),
                 "set_b: missing; passages end in it, or where grid_boundary absorbs");
  if (AreTwo(s)) {
    PetscCall(OttoSetsApart(&law->sets, a, b));
    PetscCall(OttoSetsLead(&law->sets, a, b, law->generator));
    PetscCall(OttoSetsLead(&law->sets, b, a, law->generator));
  }
  PetscCall(OttoSetsTarget(&law->sets, law->sets.count, every, law->generator));
  PetscFunctionReturn(0);
}

static PetscErrorCode MakeLaw(OttoFirstPassageRun *s)
{
  OttoGenerator generator = NULL;
  PetscInt64 moments = 2;
  OttoSets sets;
  Vec p = NULL;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetInt(NULL, "passage_moments", 1, OTTO_PASSAGE_MOMENTS, &moments, NULL));
  PetscCall(OttoGeneratorCreate(s->grid, &generator));
  PetscCall(OttoGeneratorSetFromOptions(generator));
  PetscCall(OttoGeneratorSetUp(generator));
  PetscCall(OttoSetsFromOptions(s->grid, &sets));
  PetscCall(OttoDensityCreate(s->grid, "p_", &p, &s->report));
  PetscCall(OttoFirstPassageCreate(s->grid, generator, &sets, p, (PetscInt)moments, PETSC_FALSE,
                                   &s->law));
  PetscFunctionReturn(0);
}

static PetscErrorCode Keep(OttoKeep keep, PetscInt k, PetscReal t, void *context)
{
  OttoFirstPassageRun *s = (OttoFirstPassageRun *)context;

  PetscFunctionBegin;
  (void)k, (void)t;
  PetscCall(OttoFirstPassageSpaceKeep(&s->space, keep));
  PetscCall(OttoSurvivalKeep(&s->survival, keep));
  PetscFunctionReturn(0);
}

/* Whether any time is asked for. */
static PetscErrorCode MakeRun(OttoFirstPassageRun *s)
{
  static const char *const keys[] = {"time_start", "time_stop", "time_samples", "time_spacing"};
  static const OttoTimesDefaults defaults = {.spacing = OTTO_SPACING_LINEAR}; /* from 0 */
  PetscBool asked = PETSC_FALSE;
  const char *text;

  PetscFunctionBegin;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(keys); i++) {
    PetscCall(OttoOptionsGetText(NULL, keys[i], &text));
    if (text) asked = PETSC_TRUE;
  }
  if (asked) PetscCall(OttoRunCreate(s->record, &defaults, &s->run));
  if (asked) PetscCall(OttoRunSetKeepFunction(s->run, Keep, s));
  PetscCall(OttoOptionsGetText(NULL, "checkpoint_every", &text));
  OttoCheckInput(asked || !text,
                 "checkpoint_every: '%.100s', but no times are asked for: what stands between "
                 "samples is kept, not what stands between solves",
                 text);
  PetscCall(OttoOptionsGetText(NULL, "output_fields", &text));
  OttoCheckInput(!text || !strcmp(text, "all") || !strcmp(text, "none"),
                 "output_fields: '%.100s'; first-passage writes all its fields, or none", text);
  s->fields = text && !strcmp(text, "none") ? PETSC_FALSE : PETSC_TRUE;
  PetscFunctionReturn(0);
}

static PetscErrorCode Open(OttoFirstPassageRun *s)
{
  static const char *const answers[] = {"mass_p", "passage_density", "escape_rate"};
  const OttoSurvival *v = &s->survival;
  const PetscReal rows = s->run ? 800 * (PetscReal)OttoRunGetTimes(s->run)->count : 0;
  const PetscReal fields =
      s->fields ? OttoStorageBytes(s->grid, 1, 12 + s->law.moments + OTTO_CHANNELS) : 0;

  PetscFunctionBegin;
  PetscCall(OttoRecordOpen(s->record, v->columns, v->columns ? v->column : NULL,
                           OttoRunDiskBytes(s->run, s->grid, KEPT_FIELDS, rows + fields)));
  if (v->columns)
    PetscCall(OttoRecordAnswers(s->record, PETSC_STATIC_ARRAY_LENGTH(answers), answers));
  if (s->fields) PetscCall(OttoStorageCreate(s->grid, OttoRecordGetDir(s->record), &s->storage));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstPassagePrepare(const char *input, OttoFirstPassageRun *s)
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < OTTO_FIRST_PASSAGE_COUNT; k++) s->number[k] = NAN;
  PetscCall(OttoRecordCreate(PETSC_COMM_WORLD, "first-passage", input, &s->record));
  PetscCall(MakeRun(s));
  PetscCall(MakeGrid(s));
  PetscCall(MakeLaw(s));
  PetscCall(CheckThin(s));
  PetscCall(OttoFirstPassageSpaceCreate(s->record, &s->law, &s->report, &s->space));
  PetscCall(CheckEnds(s));
  PetscCall(OttoFirstPassageAim(&s->law, PETSC_FALSE));
  const char *away = OttoPassageGetTransient(s->law.passage);
  OttoCheckInput(
      !away || !AreTwo(s),
      "set_a, set_b: no rates lead from one to the other for ever, as transport (mobility "
      "0, velocity) leads away for good: %s; without set_a there are mean times",
      away);
  if (s->run) {
    PetscCall(OttoSurvivalCreate(s->record, &s->law, &s->survival));
    const PetscReal stop = OttoRunGetTimes(s->run)->stop, dt = s->survival.dt;
    OttoCheckInput(dt == 0 || stop / dt <= MOST_STEPS,
                   "ts_dt: %g; to time_stop, %g, that takes %.3g steps, more than %g", (double)dt,
                   (double)stop, (double)(stop / dt), MOST_STEPS);
    PetscCall(OttoFirstPassageSpaceRows(&s->space, &s->survival, OttoRunGetTimes(s->run)->count));
  }
  PetscCall(OttoOptionsCheckUnused());
  PetscCall(Open(s));
  PetscCall(OttoFirstPassageDescribe(s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstPassageEnd(OttoFirstPassageRun *s)
{
  PetscFunctionBegin;
  PetscCall(OttoSurvivalDestroy(&s->survival));
  PetscCall(OttoFirstPassageSpaceDestroy(&s->space));
  PetscCall(OttoFirstPassageDestroy(&s->law));
  PetscCall(OttoRunDestroy(&s->run));
  PetscCall(OttoRecordDestroy(&s->record));
  PetscCall(OttoGridDestroy(&s->grid));
  PetscFunctionReturn(0);
}
