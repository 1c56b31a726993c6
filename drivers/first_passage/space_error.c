#include "space_error.h"
#include "core/fault.h"
#include "run/space_chain.h"
#include <math.h>

/* Of log(Q_xy/Q_yx) over an edge: upwind's share 1 - tanh(z/2)/(z/2) of what diffuses is a quarter
 * there, and 2 z on the next grid's edges half. */
#define STREAMS 2

static const struct {
  const char *unit;
  PetscReal floor;
} numbers[OTTO_FIRST_PASSAGE_COUNT] = {
#define X(name, unit, floor) {unit, floor},
    OTTO_FIRST_PASSAGE_NUMBERS(X)
#undef X
};

/* The law on the ranks that have the grid, which takes sets and p over. */
static PetscErrorCode MakeLaw(const OttoFirstPassage *fine, PetscBool steps, OttoGrid grid, Vec V,
                              const Vec M[], const Vec f[], const OttoSets *sets, Vec p,
                              OttoFirstPassage *law)
{
  OttoGenerator generator = NULL;

  PetscFunctionBegin;
  law->sets = *sets;
  law->p = p;
  PetscCall(OttoSpaceChainGenerator(grid, fine->generator, steps, V, M, f, &generator));
  PetscCall(OttoFirstPassageCreate(grid, generator, sets, p, fine->moments, PETSC_TRUE, law));
  PetscFunctionReturn(0);
}

/* What the grids' ends of sets make of errors, `same` on both or not: of first order where
 * formulas' are beside files', whose cells coarser grids have for both, or files' sets have
 * corners, or where a force leads into a set that crosses cells in a step or two. */
static void Compare(OttoSpace *space, const OttoFirstPassage *fine, PetscBool same)
{
  if (same && fine->off == 0) return;
  if (fine->sets.on_grid && (fine->off > 0 || OttoGridGetInfo(fine->grid)->dim > 1))
    space->rough = PETSC_TRUE;
  else
    space->uneven = PETSC_TRUE;
  if (fine->drive > STREAMS) space->upwind = PETSC_TRUE;
}

/* Coarser grid i. */
static PetscErrorCode MakeLevel(OttoFirstPassageSpace *s, PetscInt i, const OttoFirstPassage *fine,
                                const OttoDensityReport *report)
{
  const OttoSpaceLevel *l = &s->space.level[i];
  PetscBool same = PETSC_TRUE;
  OttoSets sets;
  Vec V = NULL, p = NULL, M[OTTO_GENERATOR_MAX_DIM] = {NULL}, f[OTTO_GENERATOR_MAX_DIM] = {NULL};

  PetscFunctionBegin;
  PetscCall(OttoSpaceDensity(&s->space, i, "p_", fine->p, report, &p));
  if (i >= s->space.levels) PetscFunctionReturn(0);
  if (!report->on_grid) PetscCall(OttoSpaceChainOpen(&s->space, i, fine->generator, p));
  PetscCall(OttoSpaceChainFields(&s->space, i, fine->generator, &V, M, f));
  PetscErrorCode code = OttoSetsCoarsen(&fine->sets, l->transfer, l->grid, &sets);
  if (l->grid && !code)
    code = MakeLaw(fine, s->space.steps, l->grid, V, M, f, &sets, p, &s->law[i]);
  PetscCall(VecDestroy(&V));
  for (PetscInt j = 0; j < OTTO_GENERATOR_MAX_DIM; j++) {
    PetscCall(VecDestroy(&M[j]));
    PetscCall(VecDestroy(&f[j]));
  }
  PetscCall(OttoSpaceSurvive(&s->space, i, code));
  if (i >= s->space.levels) PetscFunctionReturn(0);
  PetscCall(OttoSetsAreSame(&fine->sets, l->transfer, l->grid ? &s->law[i].sets : &sets, &same));
  Compare(&s->space, fine, same);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstPassageSpaceCreate(OttoRecord record, const OttoFirstPassage *fine,
                                           const OttoDensityReport *report,
                                           OttoFirstPassageSpace *s)
{
  OttoErrorColumn *list = s->list;
  PetscBool rough = PETSC_FALSE;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < OTTO_SURVIVAL_COLUMNS; i++)
    list[i] = (OttoErrorColumn){"", "", OTTO_ERROR_NONE}; /* there are no times, as yet */
  PetscCall(
      OttoSpaceCreate(record, fine->grid, OTTO_SURVIVAL_COLUMNS, list, PETSC_FALSE, &s->space));
  if (!report->smooth) PetscCall(OttoDensityIsRough(fine->grid, fine->p, &rough));
  s->space.rough = rough;
  Compare(&s->space, fine, PETSC_TRUE);
  PetscCall(OttoSpaceChainWalls(&s->space, fine->generator));
  for (PetscInt i = 0; i < s->space.levels; i++) PetscCall(MakeLevel(s, i, fine, report));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstPassageSpaceDestroy(OttoFirstPassageSpace *s)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < OTTO_SPACE_LEVELS; i++) PetscCall(OttoFirstPassageDestroy(&s->law[i]));
  PetscCall(OttoSpaceDestroy(&s->space));
  PetscCall(PetscFree(s->row));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstPassageSpaceRows(OttoFirstPassageSpace *s, const OttoSurvival *survival,
                                         PetscInt times)
{
  PetscFunctionBegin;
  PetscCall(PetscArraycpy(s->list, survival->error, OTTO_SURVIVAL_COLUMNS));
  PetscCall(PetscMalloc1(times * OTTO_SURVIVAL_COLUMNS, &s->row));
  PetscFunctionReturn(0);
}

void OttoFirstPassageSpaceRow(OttoFirstPassageSpace *s, const PetscReal all[])
{
  for (PetscInt i = 0; i < OTTO_SURVIVAL_COLUMNS; i++)
    s->row[s->rows * OTTO_SURVIVAL_COLUMNS + i] = all[i];
  s->rows++;
}

PetscErrorCode OttoFirstPassageSpaceKeep(OttoFirstPassageSpace *s, OttoKeep keep)
{
  PetscFunctionBegin;
  PetscCall(OttoKeepBegin(keep, "space", -1));
  PetscCall(OttoKeepInt(keep, "rows", &s->rows));
  PetscCall(OttoKeepReals(keep, "row", (PetscInt64)s->rows * OTTO_SURVIVAL_COLUMNS, s->row));
  PetscCall(OttoKeepEnd(keep));
  PetscFunctionReturn(0);
}

/* The rows that there are, on a coarser grid whose targets end a passage. */
static PetscErrorCode FindRows(const OttoFirstPassageSpace *s, const OttoFirstPassage *law,
                               const OttoQuasiStationary *slowest, const OttoSurvival *like,
                               PetscReal time, PetscReal rows[])
{
  OttoSurvival survival = {.record = NULL};

  PetscFunctionBegin;
  PetscErrorCode code = OttoSurvivalCreate(NULL, law, &survival);
  survival.dt = like->dt;
  survival.longest = like->longest;
  if (slowest->known) survival.slowest = slowest;
  for (PetscInt k = 0; k < s->rows && !code; k++) {
    const PetscReal t = s->row[k * OTTO_SURVIVAL_COLUMNS + OTTO_SURVIVAL_t];
    if (k > 0) code = OttoSurvivalAdvance(&survival, t);
    if (!code) code = OttoSurvivalRow(&survival, time, rows + k * OTTO_SURVIVAL_COLUMNS);
  }
  PetscCall(OttoSurvivalDestroy(&survival));
  PetscFunctionReturn(code);
}

static PetscErrorCode FindTimes(const OttoFirstPassageSpace *s, OttoFirstPassage *law,
                                const OttoSurvival *like, PetscReal time, PetscReal number[],
                                PetscReal rows[])
{
  OttoFirstPassageTimes times = {.solver = ""};

  PetscFunctionBegin;
  PetscErrorCode code = OttoFirstPassageAim(law, PETSC_FALSE);
  if (!code) code = OttoFirstPassageFindTimes(law, &times);
  if (!code) code = OttoFirstPassageNumbersOfTimes(law, &times, number);
  if (!code && s->rows) code = FindRows(s, law, &times.slowest, like, time, rows);
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

/* Everything on coarser grid i, on the ranks that have it. */
static PetscErrorCode FindLevel(OttoFirstPassageSpace *s, PetscInt i, const OttoSurvival *like,
                                PetscReal time, PetscReal number[], PetscReal rows[])
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < OTTO_FIRST_PASSAGE_COUNT; k++) number[k] = NAN;
  if (!s->space.level[i].grid) PetscFunctionReturn(0);
  PetscErrorCode code = FindTimes(s, &s->law[i], like, time, number, rows);
  if (!code) code = FindWays(&s->law[i], number);
  PetscFunctionReturn(code);
}

/* Of the run's row and the coarser grids', which are in s->space.row. */
static PetscErrorCode TellRow(OttoFirstPassageSpace *s, PetscReal time, const PetscReal row[],
                              const PetscReal floor[])
{
  PetscFunctionBegin;
  PetscCall(OttoSpaceErrors(&s->space, row, floor));
  if (OttoSurvivalJumps(time, row)) {
    s->space.error[OTTO_SURVIVAL_passage_density] = s->space.error[OTTO_SURVIVAL_escape_rate] = NAN;
    PetscCall(OttoErrorTableNotKnown(s->space.table, -1,
                                     "at t = 0 p is not 0 where it is taken: passage_density and "
                                     "escape_rate are infinite there but for the cells' width"));
  }
  PetscCall(OttoErrorTableAdd(s->space.table, row[OTTO_SURVIVAL_t], row, s->space.error, floor));
  PetscFunctionReturn(0);
}

/* Of the coarser grids' numbers and rows, [levels][COUNT] and [levels][times][columns]. */
static PetscErrorCode Tell(OttoFirstPassageSpace *s, PetscReal time, const PetscReal number[],
                           PetscReal coarse[], const PetscReal rows[])
{
  const PetscInt columns = OTTO_SURVIVAL_COLUMNS, count = OTTO_FIRST_PASSAGE_COUNT;
  PetscReal floor[OTTO_SURVIVAL_COLUMNS];

  PetscFunctionBegin;
  OttoSurvivalFloors(time, floor);
  for (PetscInt k = 0; k < s->rows; k++) {
    for (PetscInt i = 0; i < s->space.levels; i++)
      PetscCall(
          PetscArraycpy(s->space.row + i * columns, rows + (i * s->rows + k) * columns, columns));
    const PetscReal *row = s->row + k * columns;
    PetscCall(TellRow(s, time, row, floor));
  }
  PetscCall(OttoSpaceShare(&s->space, OTTO_SPACE_LEVELS * count, coarse));
  OttoFault("coarse", 1, coarse);
  for (PetscInt k = 0; k < count; k++) {
    const PetscReal of[] = {coarse[k], coarse[count + k]}, least = numbers[k].floor;
    if (isnan(number[k])) continue;
    PetscCall(OttoErrorTableAddResult(s->space.table, OttoFirstPassageNames[k], numbers[k].unit,
                                      OTTO_ERROR_RELATIVE, 0, number[k],
                                      OttoSpaceEstimate(&s->space, number[k], of, least), least));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstPassageSpaceMeasure(OttoFirstPassageSpace *s, const OttoSurvival *survival,
                                            const PetscReal number[])
{
  const PetscReal time = number[OTTO_FIRST_PASSAGE_passage_time];
  const PetscInt each = s->rows * OTTO_SURVIVAL_COLUMNS;
  PetscReal coarse[OTTO_SPACE_LEVELS * OTTO_FIRST_PASSAGE_COUNT], *rows;

  PetscFunctionBegin;
  if (!s->space.table) PetscFunctionReturn(0);
  PetscCall(OttoRecordStageBegin(s->space.record, "space"));
  PetscCall(PetscCalloc1(OTTO_SPACE_LEVELS * each, &rows));
  for (PetscInt i = 0; i < s->space.levels; i++)
    PetscCall(OttoSpaceSurvive(
        &s->space, i,
        FindLevel(s, i, survival, time, coarse + i * OTTO_FIRST_PASSAGE_COUNT, rows + i * each)));
  if (s->space.levels)
    PetscCall(Tell(s, time, number, coarse, rows));
  else
    PetscCall(OttoErrorTableNotKnown(s->space.table, 0, s->space.why));
  PetscCall(PetscFree(rows));
  PetscCall(OttoRecordStageEnd(s->space.record));
  PetscFunctionReturn(0);
}
