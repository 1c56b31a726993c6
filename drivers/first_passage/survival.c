#include "survival.h"
#include "core/fault.h"
#include "run/extrapolate.h"
#include <otto/options.h>
#include <math.h>
#include <string.h>

#define PARTS 16        /* shortest steps of an interval between samples */
#define MOST 1024       /* of those that time_tolerance asks for */
#define DOUBLINGS 6     /* of pieces of the first one, each twice as long as all before */
#define GONE 30         /* exponents below which nothing is left that one would follow */
#define FAINTEST 1e-200 /* of what is left less is nothing */
#define LEAST 1e-8      /* tolerance: solves leave as much */
#define HIDDEN 1e-9     /* share of what is left by which rounding may spoil a step */
#define RESTS 1e-8      /* share by which what is left may differ from the slowest mode, */
#define TAKEN 1e-6      /* and what is taken of it from that mode's rate */
#define JUDGED 1e-12    /* of p: of less left, and taken, errors count as of so much */
#define NEVER 1e-3   /* of p in its mean time: as little is taken at t = 0 of what is 0 at ends */
#define SOLVES 1e-12 /* ksp_rtol: differences of runs magnify what solves leave */

static const OttoRunColumn columns[OTTO_SURVIVAL_COLUMNS] = {
#define OTTO_COLUMN(name, unit, kind, sentence, value) OTTO_COLUMN_LINE(name, unit, kind, sentence)
#include "series.def"
#undef OTTO_COLUMN
};

static void AllColumns(const OttoSurvivalSample *s, PetscReal row[])
{
#define OTTO_COLUMN(name, unit, kind, sentence, value)                                             \
  row[OTTO_SURVIVAL_##name] = (PetscReal)(value);
#include "series.def"
#undef OTTO_COLUMN
}

/* A channel by its number, sets by their letters. */
static PetscInt Slot(const OttoFirstPassage *law, PetscInt channel)
{
  if (channel < OTTO_FACES) return channel;
  return OTTO_FACES + (law->sets.letter[law->end[channel - OTTO_FACES] - 1] - 'a');
}

/* Columns but those of channels that take nothing. */
static PetscErrorCode ChooseColumns(OttoSurvival *s)
{
  const OttoRates *r = OttoGeneratorGetRates(s->law->generator);
  const PetscInt first = OTTO_SURVIVAL_killed_lower_1, b = OTTO_SURVIVAL_killed_b;

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < r->losses; i++) s->takes[Slot(s->law, r->loss[i].face)] = PETSC_TRUE;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, s->takes, OTTO_CHANNELS, MPIU_BOOL, MPI_LOR,
                             OttoGridGetInfo(s->law->grid)->comm));
  for (PetscInt i = 0; i < OTTO_SURVIVAL_COLUMNS; i++) {
    const OttoRunColumn *c = &columns[i];
    const PetscBool face = i >= first && i < b, set = i >= b && i < OTTO_SURVIVAL_steps;
    s->error[i] = (OttoErrorColumn){c->column.name, c->column.unit, c->kind};
    if ((face && !s->takes[i - first]) || (set && !s->takes[OTTO_FACES + 1 + i - b])) {
      s->error[i].kind = OTTO_ERROR_NONE;
      continue;
    }
    s->of[s->columns] = i;
    s->column[s->columns++] = c->column;
  }
  PetscFunctionReturn(0);
}

/* Keys of methods that the extrapolation does not know. */
static PetscErrorCode ReadKeys(OttoSurvival *s)
{
  static const char *const allowed[][2] = {{"ts_type", "beuler"}, {"ts_adapt_type", "none"}};
  PetscBool given = PETSC_FALSE, estimate = PETSC_TRUE;
  char key[32], text[64] = "";

  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) {
    PetscCall(PetscSNPrintf(key, sizeof key, "-%s", allowed[i][0]));
    PetscCall(PetscOptionsGetString(NULL, NULL, key, text, sizeof text, &given));
    OttoCheckInput(!given || !strcmp(text, allowed[i][1]),
                   "%s: '%s'; it must be %s: first-passage extrapolates steps of implicit Euler, "
                   "whose length ts_dt chooses",
                   allowed[i][0], text, allowed[i][1]);
  }
  OttoOptionsPetsc(PETSC_COMM_WORLD, PetscOptionsGetReal(NULL, NULL, "-ts_dt", &s->dt, &given));
  OttoCheckInput(!given || (s->dt > 0 && isfinite(s->dt)),
                 "ts_dt: %g; it must be above 0 and finite", (double)s->dt);
  PetscCall(OttoOptionsGetBool(NULL, "check_time", &estimate, NULL));
  if (estimate)
    PetscCall(OttoErrorTableCreate(s->record, "time", OTTO_SURVIVAL_COLUMNS, s->error, &s->table));
  else
    PetscCall(OttoRecordNotApplicable(s->record, "time_error", "check_time is no"));
  PetscFunctionReturn(0);
}

/* What starts in targets has arrived: it is taken out of p, and put down to them. */
static PetscErrorCode TakeArrived(OttoSurvival *s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->law->grid);
  OttoSum sum[OTTO_SETS + 1] = {{0, 0}};
  const PetscScalar *label;
  PetscScalar *p;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(s->law->sets.label, &label));
  PetscCall(VecGetArray(s->p[0], &p));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    const PetscInt k = (PetscInt)label[c];
    const PetscBool ends = k > 0 && s->law->sets.letter[k - 1] != 'a' ? PETSC_TRUE : PETSC_FALSE;
    OttoSumAdd(&sum[ends ? k : 0], p[c]);
    if (ends) p[c] = 0;
  }
  PetscCall(VecRestoreArray(s->p[0], &p));
  PetscCall(VecRestoreArrayRead(s->law->sets.label, &label));
  PetscCall(OttoSumReduce(g->comm, OTTO_SETS + 1, sum));
  for (PetscInt k = 1; k <= s->law->sets.count; k++)
    for (int run = 0; run < OTTO_SURVIVAL_RUNS; run++)
      s->killed[run][OTTO_FACES + (s->law->sets.letter[k - 1] - 'a')] =
          OttoSumValue(sum[k]) * g->cell_volume;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSurvivalCreate(OttoRecord record, const OttoFirstPassage *law, OttoSurvival *s)
{
  PetscFunctionBegin;
  s->record = record;
  s->law = law;
  PetscCall(ChooseColumns(s));
  if (record) PetscCall(ReadKeys(s));
  PetscCall(OttoGeneratorNorm(law->generator, &s->norm));
  PetscCall(OttoResolventCreate(law->generator, &s->resolvent));
  PetscCall(OttoResolventSetFromOptions(s->resolvent));
  PetscCall(OttoResolventSetTolerance(s->resolvent, SOLVES));
  for (int run = 0; run < OTTO_SURVIVAL_RUNS; run++) PetscCall(VecDuplicate(law->p, &s->p[run]));
  PetscCall(VecDuplicate(law->p, &s->f));
  PetscCall(VecCopy(law->p, s->p[0]));
  PetscCall(TakeArrived(s));
  for (int run = 1; run < OTTO_SURVIVAL_RUNS; run++) PetscCall(VecCopy(s->p[0], s->p[run]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSurvivalDestroy(OttoSurvival *s)
{
  PetscFunctionBegin;
  for (int run = 0; run < OTTO_SURVIVAL_RUNS; run++) PetscCall(VecDestroy(&s->p[run]));
  PetscCall(VecDestroy(&s->f));
  PetscCall(OttoResolventDestroy(&s->resolvent));
  PetscFunctionReturn(0);
}

static PetscErrorCode KeepSample(OttoSurvivalSample *s, const char *name, OttoKeep keep)
{
  PetscFunctionBegin;
  PetscCall(OttoKeepBegin(keep, name, -1));
  PetscCall(OttoKeepReal(keep, "t", &s->t));
  PetscCall(OttoKeepReal(keep, "mass", &s->mass));
  PetscCall(OttoKeepReal(keep, "flux", &s->flux));
  PetscCall(OttoKeepReal(keep, "killed_all", &s->killed_all));
  PetscCall(OttoKeepReals(keep, "killed", OTTO_CHANNELS, s->killed));
  PetscCall(OttoKeepInt64(keep, "steps", &s->steps));
  PetscCall(OttoKeepEnd(keep));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSurvivalKeep(OttoSurvival *s, OttoKeep keep)
{
  PetscFunctionBegin;
  PetscCall(OttoKeepBegin(keep, "survival", -1));
  PetscCall(OttoResolventKeep(s->resolvent, keep));
  for (int run = 0; run < OTTO_SURVIVAL_RUNS; run++) {
    PetscCall(OttoKeepBegin(keep, "run", run));
    PetscCall(OttoKeepVec(keep, "p", s->p[run]));
    PetscCall(OttoKeepReals(keep, "killed", OTTO_CHANNELS, s->killed[run]));
    PetscCall(OttoKeepEnd(keep));
  }
  PetscCall(OttoKeepReal(keep, "longest", &s->longest));
  PetscCall(OttoKeepReal(keep, "now", &s->now));
  PetscCall(OttoKeepReal(keep, "area", &s->area));
  PetscCall(OttoKeepReal(keep, "residual", &s->residual));
  PetscCall(OttoKeepInt64(keep, "steps", &s->steps));
  PetscCall(OttoKeepReal(keep, "killed_mass", &s->killed_mass));
  PetscCall(KeepSample(&s->last, "last", keep));
  PetscCall(KeepSample(&s->before, "before", keep));
  PetscCall(OttoKeepEnd(keep));
  PetscFunctionReturn(0);
}

/* What each channel takes of p in unit time. */
static PetscErrorCode Taken(const OttoSurvival *s, Vec p, PetscReal taken[])
{
  const OttoGridInfo *g = OttoGridGetInfo(s->law->grid);
  const OttoRates *r = OttoGeneratorGetRates(s->law->generator);
  OttoSum sum[OTTO_CHANNELS] = {{0, 0}};
  const PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(p, &values));
  for (PetscInt64 i = 0; i < r->losses; i++)
    OttoSumAdd(&sum[Slot(s->law, r->loss[i].face)], r->loss[i].rate * values[r->loss[i].cell]);
  PetscCall(VecRestoreArrayRead(p, &values));
  PetscCall(OttoSumReduce(g->comm, OTTO_CHANNELS, sum));
  for (PetscInt i = 0; i < OTTO_CHANNELS; i++) taken[i] = OttoSumValue(sum[i]) * g->cell_volume;
  PetscFunctionReturn(0);
}

/* ∫ |p/mass - law|. */
static PetscErrorCode Distance(const OttoSurvival *s, int run, Vec law, PetscReal *distance)
{
  PetscReal mass = 0;
  Vec difference;

  PetscFunctionBegin;
  PetscCall(OttoFieldIntegral(s->law->grid, s->p[run], &mass));
  PetscCall(VecDuplicate(law, &difference));
  PetscCall(VecCopy(s->p[run], difference));
  PetscCall(VecAXPBY(difference, -1, mass > 0 ? 1 / mass : INFINITY, law));
  PetscCall(VecNorm(difference, NORM_1, distance));
  *distance *= OttoGridGetInfo(s->law->grid)->cell_volume;
  PetscCall(VecDestroy(&difference));
  PetscFunctionReturn(0);
}

/* Whether what is left is the slowest mode, as which it then goes on: all together, and in what is
 * taken of it, which may be as nothing to that. */
static PetscErrorCode Rests(OttoSurvival *s, int run)
{
  PetscReal taken[OTTO_CHANNELS], distance = 0, mass = 0, flux = 0;

  PetscFunctionBegin;
  PetscCall(Distance(s, run, s->slowest->law, &distance));
  PetscCall(Taken(s, s->p[run], taken));
  PetscCall(OttoFieldIntegral(s->law->grid, s->p[run], &mass));
  for (PetscInt i = 0; i < OTTO_CHANNELS; i++) flux += taken[i];
  const PetscReal off = fabs(flux / (s->slowest->rate * mass) - 1);
  if (!(distance <= RESTS) || !(off <= TAKEN)) PetscFunctionReturn(0);
  s->rests[run] = PETSC_TRUE;
  PetscCall(VecCopy(s->slowest->law, s->p[run]));
  PetscCall(VecScale(s->p[run], mass));
  PetscFunctionReturn(0);
}

/* Whether rounding, ε ‖Q‖ dt of what is left, would hide what a step of dt takes, and what is left
 * is the slowest mode, of which a step is known. */
static PetscErrorCode IsMode(OttoSurvival *s, int run, PetscReal dt, PetscBool *is)
{
  const PetscReal hides = PETSC_MACHINE_EPSILON * s->norm * dt;

  PetscFunctionBegin;
  *is = PETSC_FALSE;
  if (!s->slowest || !(hides > HIDDEN)) PetscFunctionReturn(0);
  if (!s->rests[run]) PetscCall(Rests(s, run));
  *is = s->rests[run];
  PetscFunctionReturn(0);
}

/* p = (1 - dt Qᵀ)⁻¹ p. */
static PetscErrorCode Solve(OttoSurvival *s, int run, PetscReal dt)
{
  OttoSolveReport report;

  PetscFunctionBegin;
  PetscCall(OttoResolventSetShift(s->resolvent, 1 / dt));
  PetscCall(VecCopy(s->p[run], s->f));
  PetscCall(VecScale(s->f, 1 / dt));
  PetscCall(OttoResolventSolveDensity(s->resolvent, s->f, s->p[run], &report));
  if (!report.converged)
    OttoFail(OTTO_ERR_SOLVER, "a step of %g from t = %g: %s", (double)dt, (double)s->now,
             report.reason);
  s->residual = PetscMax(s->residual, report.residual);
  PetscFunctionReturn(0);
}

static PetscErrorCode Step(OttoSurvival *s, int run, PetscReal dt)
{
  PetscReal taken[OTTO_CHANNELS], mass = 0;
  PetscBool mode = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(OttoFieldIntegral(s->law->grid, s->p[run], &mass));
  s->steps += run == 0;
  if (mass < FAINTEST) { /* cells underflow */
    PetscCall(VecSet(s->p[run], 0));
    PetscFunctionReturn(0);
  }
  PetscCall(IsMode(s, run, dt, &mode));
  if (mode)
    PetscCall(VecScale(s->p[run], 1 / (1 + s->slowest->rate * dt)));
  else
    PetscCall(Solve(s, run, dt));
  if (run == 0) PetscCall(OttoFaultVec("p", s->p[0]));
  PetscCall(Taken(s, s->p[run], taken));
  for (PetscInt i = 0; i < OTTO_CHANNELS; i++) s->killed[run][i] += dt * taken[i];
  if (run > 0) PetscFunctionReturn(0);
  PetscCall(OttoFieldIntegral(s->law->grid, s->p[0], &mass));
  s->area += dt * mass;
  PetscFunctionReturn(0);
}

/* All runs to t in so many steps of the longest. */
static PetscErrorCode Advance(OttoSurvival *s, PetscReal t, PetscReal fours)
{
  const PetscInt64 count = (PetscInt64)PetscMax(1, fours);
  const PetscReal interval = t - s->now;

  PetscFunctionBegin;
  for (int run = 0, parts = 4; run < OTTO_SURVIVAL_RUNS; run++, parts /= 2)
    for (PetscInt64 i = 0; i < parts * count; i++)
      PetscCall(Step(s, run, interval / (PetscReal)(parts * count)));
  s->now = t;
  PetscFunctionReturn(0);
}

/* A mode of rate λ errs by λt (λdt)² 2/3 of itself at t when steps of dt and of 2 dt are
 * extrapolated by logarithms; half the tolerance is for that. */
PetscErrorCode OttoSurvivalFollow(OttoSurvival *s, const OttoFirstPassageTimes *times,
                                  PetscReal stop)
{
  PetscReal tolerance = 1e-2, rate = times->slowest.rate, longest = 0;

  PetscFunctionBegin;
  if (!(rate > 0)) {
    PetscCall(OttoFieldRange(s->law->grid, times->u[0], NULL, &longest));
    rate = 1 / longest;
  }
  PetscCall(OttoOptionsGetReal(NULL, "time_tolerance", 0, INFINITY, &tolerance, NULL));
  const PetscReal decay = PetscMin(rate * stop, GONE);
  if (times->slowest.known) s->slowest = &times->slowest;
  s->longest = sqrt(0.75 * PetscMin(PetscMax(tolerance, LEAST), 1) / decay) / rate;
  PetscFunctionReturn(0);
}

/* All pieces of the way to t. */
static PetscErrorCode Pieces(OttoSurvival *s, PetscReal t)
{
  const PetscReal first = s->now;

  PetscFunctionBegin;
  if (s->dt > 0) PetscCall(Advance(s, t, ceil((t - s->now) / (4 * s->dt) * (1 - 1e-9))));
  /* what is fast at first has gone when steps are long */
  for (int k = first > 0 ? 0 : DOUBLINGS; k >= 0 && s->dt == 0; k--) {
    const PetscReal to = ldexp(t, -k);
    const PetscReal wanted = ceil((to - s->now) / (4 * s->longest));
    PetscCall(Advance(s, to, PetscMax(PARTS / 4, PetscMin(wanted, MOST / 4))));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSurvivalAdvance(OttoSurvival *s, PetscReal t)
{
  PetscFunctionBegin;
  if (s->record) PetscCall(OttoRecordStageBegin(s->record, "steps"));
  const PetscErrorCode code = Pieces(s, t);
  if (s->record) PetscCall(OttoRecordStageEnd(s->record));
  PetscFunctionReturn(code);
}

static PetscErrorCode Take(const OttoSurvival *s, int run, OttoSurvivalSample *now)
{
  PetscReal taken[OTTO_CHANNELS];

  PetscFunctionBegin;
  *now = (OttoSurvivalSample){.t = s->now, .steps = s->steps};
  PetscCall(OttoFieldIntegral(s->law->grid, s->p[run], &now->mass));
  PetscCall(Taken(s, s->p[run], taken));
  for (PetscInt i = 0; i < OTTO_CHANNELS; i++) {
    now->flux += taken[i];
    now->killed[i] = s->killed[run][i];
    now->killed_all += s->killed[run][i];
  }
  PetscFunctionReturn(0);
}

/* What decays is extrapolated by its logarithm, what adds up as it is. */
static PetscBool Decays(PetscInt i)
{
  return i >= OTTO_SURVIVAL_mass_p && i <= OTTO_SURVIVAL_escape_rate ? PETSC_TRUE : PETSC_FALSE;
}

/* A mass that decays errs in its exponent, by rate times t, without end: one that no sample of any
 * size would meet is not what a run is judged by. */
void OttoSurvivalFloors(PetscReal time, PetscReal floor[])
{
  for (PetscInt i = 0; i < OTTO_SURVIVAL_COLUMNS; i++)
    floor[i] = i == OTTO_SURVIVAL_mass_p ? JUDGED : Decays(i) ? 1 / time : 1;
}

PetscBool OttoSurvivalJumps(PetscReal time, const PetscReal row[])
{
  return row[OTTO_SURVIVAL_t] == 0 && row[OTTO_SURVIVAL_passage_density] * time > NEVER
             ? PETSC_TRUE
             : PETSC_FALSE;
}

PetscErrorCode OttoSurvivalRow(OttoSurvival *s, PetscReal time, PetscReal row[])
{
  PetscReal all[OTTO_SURVIVAL_RUNS][OTTO_SURVIVAL_COLUMNS];
  PetscReal error[OTTO_SURVIVAL_COLUMNS], floor[OTTO_SURVIVAL_COLUMNS];
  OttoSurvivalSample now;

  PetscFunctionBegin;
  s->before = s->last;
  for (int run = 0; run < OTTO_SURVIVAL_RUNS; run++) {
    PetscCall(Take(s, run, &now));
    if (run == 0) s->last = now;
    AllColumns(&now, all[run]);
  }
  for (PetscInt i = 0; i < OTTO_SURVIVAL_COLUMNS; i++) {
    const PetscReal v[] = {all[0][i], all[1][i], all[2][i]};
    row[i] = v[0];
    error[i] = 0;
    if (s->error[i].kind != OTTO_ERROR_NONE) OttoRunExtrapolate(Decays(i), v, &row[i], &error[i]);
  }
  s->killed_mass = row[OTTO_SURVIVAL_killed_mass] = 1 - row[OTTO_SURVIVAL_mass_p];
  error[OTTO_SURVIVAL_killed_mass] = error[OTTO_SURVIVAL_mass_p];
  OttoSurvivalFloors(time, floor);
  if (s->table) PetscCall(OttoErrorTableAdd(s->table, s->now, row, error, floor));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSurvivalDistance(const OttoSurvival *s, Vec law, PetscReal *distance)
{
  PetscFunctionBegin;
  PetscCall(Distance(s, 0, law, distance));
  PetscFunctionReturn(0);
}
