#include "space_error.h"
#include "run/space_chain.h"
#include <math.h>

static const OttoErrorColumn list[OTTO_FIRST_PASSAGE_COUNT] = {
#define X(name, unit, floor) {#name, unit, OTTO_ERROR_RELATIVE},
    OTTO_FIRST_PASSAGE_NUMBERS(X)
#undef X
};
static const PetscReal floors[OTTO_FIRST_PASSAGE_COUNT] = {
#define X(name, unit, floor) floor,
    OTTO_FIRST_PASSAGE_NUMBERS(X)
#undef X
};

/* The law on the ranks that have the grid, which takes sets and p over. */
static PetscErrorCode MakeLaw(const OttoFirstPassage *fine, OttoGrid grid, Vec V, const Vec M[],
                              const OttoSets *sets, Vec p, OttoFirstPassage *law)
{
  OttoGenerator generator = NULL;

  PetscFunctionBegin;
  law->sets = *sets;
  law->p = p;
  PetscCall(OttoSpaceChainGenerator(grid, fine->generator, V, M, &generator));
  PetscCall(OttoFirstPassageCreate(grid, generator, sets, p, fine->moments, law));
  PetscFunctionReturn(0);
}

/* Coarser grid i; the errors of sets that it has elsewhere are of first order. */
static PetscErrorCode MakeLevel(OttoFirstPassageSpace *s, PetscInt i, const OttoFirstPassage *fine,
                                const OttoDensityReport *report)
{
  const OttoSpaceLevel *l = &s->space.level[i];
  PetscBool same = PETSC_TRUE;
  OttoSets sets;
  Vec V = NULL, p = NULL, M[OTTO_GENERATOR_MAX_DIM] = {NULL};

  PetscFunctionBegin;
  PetscCall(OttoSpaceDensity(&s->space, i, "p_", fine->p, report, &p));
  if (i >= s->space.levels) PetscFunctionReturn(0);
  PetscCall(OttoSpaceChainFields(&s->space, i, fine->generator, &V, M));
  PetscErrorCode code = OttoSetsCoarsen(&fine->sets, l->transfer, l->grid, &sets);
  if (l->grid && !code) code = MakeLaw(fine, l->grid, V, M, &sets, p, &s->law[i]);
  PetscCall(VecDestroy(&V));
  for (PetscInt j = 0; j < OTTO_GENERATOR_MAX_DIM; j++) PetscCall(VecDestroy(&M[j]));
  PetscCall(OttoSpaceSurvive(&s->space, i, code));
  if (i >= s->space.levels) PetscFunctionReturn(0);
  PetscCall(OttoSetsAreSame(&fine->sets, l->transfer, l->grid ? &s->law[i].sets : &sets, &same));
  if (!same) s->space.rough = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstPassageSpaceCreate(OttoRecord record, const OttoFirstPassage *fine,
                                           const OttoDensityReport *report,
                                           OttoFirstPassageSpace *s)
{
  PetscBool rough = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(
      OttoSpaceCreate(record, fine->grid, OTTO_FIRST_PASSAGE_COUNT, list, PETSC_FALSE, &s->space));
  if (!report->smooth) PetscCall(OttoDensityIsRough(fine->grid, fine->p, &rough));
  s->space.rough = rough;
  for (PetscInt i = 0; i < s->space.levels; i++) PetscCall(MakeLevel(s, i, fine, report));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstPassageSpaceDestroy(OttoFirstPassageSpace *s)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < OTTO_SPACE_LEVELS; i++) PetscCall(OttoFirstPassageDestroy(&s->law[i]));
  PetscCall(OttoSpaceDestroy(&s->space));
  PetscFunctionReturn(0);
}

static PetscErrorCode FindTimes(OttoFirstPassage *law, PetscReal number[])
{
  OttoFirstPassageTimes times = {.solver = ""};

  PetscFunctionBegin;
  PetscErrorCode code = OttoFirstPassageAim(law, PETSC_FALSE);
  if (!code) code = OttoFirstPassageFindTimes(law, &times);
  if (!code) code = OttoFirstPassageNumbersOfTimes(law, &times, number);
  PetscCall(OttoFirstPassageTimesFree(&times));
  PetscFunctionReturn(code);
}

static PetscErrorCode FindWays(OttoFirstPassage *law, PetscReal number[])
{
  OttoFirstPassageWays ways = {.channels = 0};

  PetscFunctionBegin;
  PetscErrorCode code = OttoFirstPassageAim(law, PETSC_TRUE);
  if (!code) code = OttoFirstPassageFindWays(law, &ways);
  if (!code) code = OttoFirstPassageNumbersOfWays(law, &ways, number);
  PetscCall(OttoFirstPassageWaysFree(&ways));
  PetscFunctionReturn(code);
}

PetscErrorCode OttoFirstPassageSpaceMeasure(OttoFirstPassageSpace *s, const PetscReal number[])
{
  PetscFunctionBegin;
  if (!s->space.table) PetscFunctionReturn(0);
  PetscCall(OttoRecordStageBegin(s->space.record, "space"));
  for (PetscInt i = 0; i < s->space.levels; i++) {
    PetscReal *row = s->space.row + i * OTTO_FIRST_PASSAGE_COUNT;
    PetscErrorCode code = 0;
    for (PetscInt k = 0; k < OTTO_FIRST_PASSAGE_COUNT; k++) row[k] = NAN;
    if (s->space.level[i].grid) code = FindTimes(&s->law[i], row);
    if (s->space.level[i].grid && !code) code = FindWays(&s->law[i], row);
    PetscCall(OttoSpaceSurvive(&s->space, i, code));
  }
  if (s->space.levels)
    PetscCall(OttoSpaceRow(&s->space, 0, number, floors));
  else
    PetscCall(OttoErrorTableNotKnown(s->space.table, 0, s->space.why));
  PetscCall(OttoRecordStageEnd(s->space.record));
  PetscFunctionReturn(0);
}
