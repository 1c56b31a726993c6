/* The law of a Fokker-Planck run on coarser grids, carried along beside it. */
#include "space_error.h"
#include "run/space_chain.h"
#include <otto/signals.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct _n_OttoSpaceFokkerPlanck {
  OttoSpace space;
  OttoFokkerPlanck *fine;
  OttoStepping stepping;
  OttoFokkerPlanck law[OTTO_SPACE_LEVELS]; /* their grids belong to `space` */
  OttoDensityReport density[2];
  PetscInt modes;
  PetscReal known_from; /* before: data are rough */
  PetscBool begun;
  const OttoRunColumns *columns;
  OttoErrorColumn list[OTTO_FOKKER_PLANCK_ROW];
};

/* sqrt(2Dt) = 3h on the axis whose cells are widest in units of diffusion, where it is slowest. */
static PetscReal ResolvedFrom(const OttoFokkerPlanck *law)
{
  const OttoGridInfo *g = OttoGridGetInfo(law->grid);
  PetscReal t = 0, coupling[2];

  for (PetscInt j = 0; j < g->dim; j++) {
    OttoGeneratorCouplingRange(law->generator, j, coupling);
    if (g->n[j] > 1) t = PetscMax(t, 4.5 / coupling[0]);
  }
  return t;
}

PetscErrorCode OttoSpaceFokkerPlanckCreate(OttoRecord record, OttoFokkerPlanck *law,
                                           OttoStepping stepping, const OttoRunColumns *columns,
                                           const OttoDensityReport *p, const OttoDensityReport *q,
                                           PetscInt modes, OttoSpaceFokkerPlanck *space)
{
  PetscBool rough[2] = {PETSC_FALSE, PETSC_FALSE};
  OttoSpaceFokkerPlanck s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  *space = s;
  s->fine = law;
  s->stepping = stepping;
  s->columns = columns;
  s->density[0] = *p;
  if (law->q) s->density[1] = *q;
  s->modes = modes;
  for (PetscInt i = 0; i < columns->count; i++) {
    s->list[i] = columns->error[i];
    /* a density that vanishes at a face as x, and a current that does not: J²/p is not integrable
     */
    if (OttoGeneratorIsAbsorbing(law->generator) && !strncmp(s->list[i].name, "production", 10))
      s->list[i].kind = OTTO_ERROR_NONE;
  }
  PetscCall(OttoSpaceCreate(record, law->grid, columns->count, s->list, PETSC_FALSE, &s->space));
  if (!s->space.levels) PetscFunctionReturn(0);
  PetscCall(OttoSpaceChainWalls(&s->space, law->generator));
  /* what closed cells leave of a formula belongs to the fine cells, but where they are off walls */
  if (OttoGeneratorGetClosed(law->generator) && !s->space.off)
    s->density[0].on_grid = s->density[1].on_grid = PETSC_TRUE;
  /* what is smooth may still be a jump at a face that takes it */
  const PetscBool faces = OttoGeneratorIsAbsorbing(law->generator);
  if (!p->smooth || faces) PetscCall(OttoDensityIsRough(law->grid, law->p, &rough[0]));
  if (law->q && (!q->smooth || faces)) PetscCall(OttoDensityIsRough(law->grid, law->q, &rough[1]));
  if (rough[0] || rough[1]) s->space.rough = PETSC_TRUE;
  if (rough[0] || rough[1]) s->known_from = ResolvedFrom(law);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceFokkerPlanckDestroy(OttoSpaceFokkerPlanck *space)
{
  OttoSpaceFokkerPlanck s = *space;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < OTTO_SPACE_LEVELS; i++) {
    s->law[i].grid = NULL;
    PetscCall(OttoRunFokkerPlanckDestroy(&s->law[i]));
  }
  PetscCall(OttoSpaceDestroy(&s->space));
  PetscCall(PetscFree(*space));
  PetscFunctionReturn(0);
}

/* Everything but the densities, on the ranks that have the grid. PETSc's ksp_ and pc_ keys are made
 * for the fine grid and stay there; its monitors are not to speak twice. */
static PetscErrorCode MakeLaw(const OttoFokkerPlanck *fine, PetscBool steps, Vec V, const Vec M[],
                              const Vec f[], OttoFokkerPlanck *law)
{
  OttoSteadyReport report;

  PetscFunctionBegin;
  law->renyi_order = fine->renyi_order;
  law->pi_moves = fine->pi_moves;
  law->interval = fine->interval;
  PetscCall(OttoSpaceChainGenerator(law->grid, fine->generator, steps, V, M, f, &law->generator));
  PetscCall(
      OttoRunObservablesCreate(law->grid, OttoGeneratorGetOpen(law->generator), &law->observables));
  PetscCall(OttoResolventCreate(law->generator, &law->resolvent));
  PetscCall(OttoFlowCreateFokkerPlanck(law->generator, law->resolvent, law->p, law->q, &law->flow));
  PetscCall(OttoFlowSetFromOptions(law->flow));
  PetscCall(OttoFlowSetUp(law->flow));
  PetscCall(TSMonitorCancel(OttoFlowGetTS(law->flow)));
  if (!fine->pi) PetscFunctionReturn(0);
  PetscCall(OttoFieldCreate(law->grid, &law->pi));
  PetscCall(OttoFieldCreate(law->grid, &law->log_pi));
  PetscCall(OttoSteadyState(law->resolvent, law->pi, law->log_pi, &report));
  PetscCall(OttoGeneratorWeigh(law->generator, law->p, law->pi, law->log_pi));
  PetscFunctionReturn(0);
}

/* p or q on coarser grid i. */
static PetscErrorCode Density(OttoSpaceFokkerPlanck s, PetscInt i, PetscInt k, Vec fine, Vec *p)
{
  PetscFunctionBegin;
  PetscCall(OttoSpaceDensity(&s->space, i, k ? "q_" : "p_", fine, &s->density[k], p));
  if (i < s->space.levels && !s->density[k].on_grid)
    PetscCall(OttoSpaceChainOpen(&s->space, i, s->fine->generator, *p));
  PetscFunctionReturn(0);
}

/* The problem on coarser grid i. */
static PetscErrorCode SetUp(OttoSpaceFokkerPlanck s, PetscInt i)
{
  OttoFokkerPlanck *law = &s->law[i];
  PetscErrorCode code = 0;
  Vec V = NULL, M[OTTO_GENERATOR_MAX_DIM] = {NULL}, f[OTTO_GENERATOR_MAX_DIM] = {NULL};

  PetscFunctionBegin;
  law->grid = s->space.level[i].grid;
  PetscCall(OttoSpaceChainFields(&s->space, i, s->fine->generator, &V, M, f));
  PetscCall(Density(s, i, 0, s->fine->p, &law->p));
  if (s->fine->q && i < s->space.levels) PetscCall(Density(s, i, 1, s->fine->q, &law->q));
  if (law->grid && i < s->space.levels) code = MakeLaw(s->fine, s->space.steps, V, M, f, law);
  PetscCall(OttoSpaceSurvive(&s->space, i, code));
  PetscCall(VecDestroy(&V));
  for (PetscInt j = 0; j < OTTO_GENERATOR_MAX_DIM; j++) {
    PetscCall(VecDestroy(&M[j]));
    PetscCall(VecDestroy(&f[j]));
  }
  PetscFunctionReturn(0);
}

/* near: the run's own row. */
static PetscErrorCode CoarseRow(OttoFokkerPlanck *law, PetscReal t, const OttoRunColumns *columns,
                                const PetscReal near[], PetscReal row[])
{
  OttoFokkerPlanckSample sample;

  PetscFunctionBegin;
  if (!OttoSteppingIsAt(law->flow, t))
    OttoFail(OTTO_ERR_SOLVER, "its steps failed at t = %g", (double)OttoFlowGetTime(law->flow));
  PetscCall(OttoRunFokkerPlanckSample(law, t, &sample));
  OttoRunFokkerPlanckRow(&sample, columns->own, row);
  for (PetscInt k = 0; k < columns->densities; k++)
    PetscCall(OttoRunColumnsNear(columns, law->grid, k, k ? law->q : law->p, near, row));
  for (PetscInt k = 0; k < columns->densities; k++)
    PetscCall(OttoRunObservablesCompute(law->observables, k ? law->q : law->p,
                                        row + OttoRunColumnsObservedAt(columns, k), NULL, NULL));
  PetscFunctionReturn(0);
}

/* The run's row, and what each column's error is relative to at least. */
static PetscErrorCode FineRow(OttoSpaceFokkerPlanck s, const OttoFokkerPlanckSample *v,
                              PetscReal row[], PetscReal floor[])
{
  const OttoFokkerPlanck *law = s->fine;

  PetscFunctionBegin;
  OttoRunFokkerPlanckRow(v, s->columns->own, row);
  for (PetscInt k = 0; k < s->columns->densities; k++)
    PetscCall(OttoRunColumnsMoments(s->columns, k, k ? law->q : law->p, row));
  PetscCall(OttoFokkerPlanckFloors(law, s->columns, v, floor));
  OttoRunColumnsScales(s->columns, row, floor);
  for (PetscInt k = 0; k < s->columns->densities; k++) {
    const PetscInt at = OttoRunColumnsObservedAt(s->columns, k);
    PetscCall(OttoRunObservablesCompute(law->observables, k ? law->q : law->p, row + at, floor + at,
                                        s->space.beside + at));
  }
  PetscFunctionReturn(0);
}

/* At t = 0. */
static PetscErrorCode SetUpAll(OttoSpaceFokkerPlanck s)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->space.levels && !s->begun; i++) {
    PetscCall(SetUp(s, i));
    if (s->law[i].flow) PetscCall(OttoSteppingFollow(s->stepping, s->law[i].flow));
  }
  s->begun = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceFokkerPlanckKeep(OttoSpaceFokkerPlanck s, OttoKeep keep)
{
  PetscFunctionBegin;
  if (!s->space.table) PetscFunctionReturn(0);
  PetscCall(OttoKeepBegin(keep, "space", -1));
  PetscCall(SetUpAll(s));
  PetscCall(OttoSpaceKeep(&s->space, keep));
  for (PetscInt i = 0; i < OTTO_SPACE_LEVELS; i++) {
    if (!s->law[i].flow) continue; /* on this rank */
    PetscCall(OttoKeepBegin(keep, "law", i));
    PetscCall(OttoResolventKeep(s->law[i].resolvent, keep));
    PetscCall(OttoFlowKeep(s->law[i].flow, keep));
    PetscCall(OttoKeepEnd(keep));
  }
  PetscCall(OttoKeepEnd(keep));
  PetscFunctionReturn(0);
}

static PetscErrorCode Sample(OttoSpaceFokkerPlanck s, const OttoFokkerPlanckSample *v)
{
  PetscReal row[OTTO_FOKKER_PLANCK_ROW], floor[OTTO_FOKKER_PLANCK_ROW];
  char why[160];

  PetscFunctionBegin;
  PetscCall(SetUpAll(s));
  PetscCall(FineRow(s, v, row, floor));
  for (PetscInt i = 0; i < s->space.levels; i++) {
    PetscErrorCode code = s->law[i].grid ? CoarseRow(&s->law[i], v->t, s->columns, row,
                                                     s->space.row + i * s->columns->count)
                                         : 0;
    PetscCall(OttoSpaceSurvive(&s->space, i, code));
  }
  snprintf(why, sizeof why, "the densities are rough on this grid before t = %.4g (3 cells)",
           (double)s->known_from);
  if (!s->space.levels)
    PetscCall(OttoErrorTableNotKnown(s->space.table, v->t, s->space.why));
  else if (s->known_from == INFINITY)
    PetscCall(OttoErrorTableNotKnown(s->space.table, v->t,
                                     "the densities are rough on this grid, and along an axis of "
                                     "mobility 0 nothing diffuses"));
  else if (v->t < s->known_from)
    PetscCall(OttoErrorTableNotKnown(s->space.table, v->t, why));
  else
    PetscCall(OttoSpaceRow(&s->space, v->t, row, floor));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceFokkerPlanckSample(OttoSpaceFokkerPlanck s, const OttoFokkerPlanckSample *v)
{
  PetscFunctionBegin;
  if (!s->space.levels) PetscFunctionReturn(0);
  PetscCall(OttoRecordStageBegin(s->space.record, "space"));
  const PetscErrorCode code = Sample(s, v);
  if (code == OTTO_ERR_STOPPED) { /* the row of the series stands and ends the run */
    OttoErrorClear();
    PetscCall(OttoErrorTableNotKnown(s->space.table, v->t, "the run was stopped"));
  } else
    PetscCall(code);
  PetscCall(OttoRecordStageEnd(s->space.record));
  PetscFunctionReturn(0);
}

/* Whether the coarser laws have come as far as the fine one: not where a stop came between. */
static PetscErrorCode AreTogether(OttoSpaceFokkerPlanck s, PetscBool *together)
{
  const PetscReal t = OttoFlowGetTime(s->fine->flow);

  PetscFunctionBegin;
  *together = PETSC_TRUE;
  for (PetscInt i = 0; i < s->space.levels; i++)
    if (!s->begun || (s->law[i].flow && !OttoSteppingIsAt(s->law[i].flow, t)))
      *together = PETSC_FALSE;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, together, 1, MPIU_BOOL, MPI_LAND,
                             OttoGridGetInfo(s->fine->grid)->comm));
  PetscFunctionReturn(0);
}

/* mean[dim] and covariance[dim·dim] of p on the fine grid and, in rows, on the coarser ones. */
static PetscErrorCode AddMoments(OttoSpaceFokkerPlanck s)
{
  const PetscInt dim = OttoGridGetInfo(s->fine->grid)->dim, count = dim + dim * dim;
  PetscReal m[OTTO_SPACE_LEVELS + 1][OTTO_MAX_DIM * (OTTO_MAX_DIM + 1)] = {{0}}, mass;
  const PetscReal t = OttoFlowGetTime(s->fine->flow);
  PetscBool together = PETSC_FALSE;
  char name[64];

  PetscFunctionBegin;
  PetscCall(AreTogether(s, &together));
  if (!together) PetscFunctionReturn(0);
  PetscCall(OttoFieldMoments(s->fine->grid, s->fine->p, &mass, m[0], m[0] + dim));
  for (PetscInt i = 0; i < s->space.levels; i++) {
    const OttoFokkerPlanck *law = &s->law[i];
    if (law->grid) PetscCall(OttoFieldMoments(law->grid, law->p, &mass, m[i + 1], m[i + 1] + dim));
    PetscCall(OttoSpaceShare(&s->space, count, m[i + 1]));
  }
  for (PetscInt k = 0; k < count; k++) {
    const PetscReal coarse[OTTO_SPACE_LEVELS] = {m[1][k], m[2][k]};
    if (k < dim)
      snprintf(name, sizeof name, "mean_p[%d]", (int)k + 1);
    else
      snprintf(name, sizeof name, "covariance_p[%d,%d]", (int)(k / dim), (int)(k % dim) + 1);
    PetscCall(OttoErrorTableAddResult(s->space.table, name, k < dim ? "length" : "length^2",
                                      OTTO_ERROR_ABSOLUTE, t, m[0][k],
                                      OttoSpaceEstimate(&s->space, m[0][k], coarse, 0), 0));
  }
  PetscFunctionReturn(0);
}

/* rate[modes] and frequency[modes] of a coarse law, NaN where there are fewer, and what its
 * metastable sets are, [sets + sets²]. */
static PetscErrorCode CoarseRates(OttoFokkerPlanck *law, PetscInt modes, const OttoMetastable *sets,
                                  PetscReal rate[])
{
  const OttoGridInfo *g = OttoGridGetInfo(law->grid);
  OttoRelaxation spectrum = {0};

  PetscFunctionBegin;
  PetscCall(
      OttoRelaxationCompute(law->resolvent, (PetscInt)PetscMin(modes, g->cells - 1), &spectrum));
  for (PetscInt k = 0; k < modes; k++) {
    rate[k] = k < spectrum.count ? spectrum.rate[k] : NAN;
    rate[modes + k] = k < spectrum.count ? spectrum.frequency[k] : NAN;
  }
  PetscCall(OttoRunMetastableNumbers(law->generator, &spectrum, sets, rate + 2 * modes));
  PetscCall(OttoRelaxationFree(&spectrum));
  PetscFunctionReturn(0);
}

static PetscErrorCode AddOne(OttoSpaceFokkerPlanck s, const char *name, const char *unit,
                             PetscReal value, PetscReal *const rate[], PetscInt at, PetscReal floor)
{
  const PetscReal coarse[OTTO_SPACE_LEVELS] = {rate[0][at], rate[1][at]};

  PetscFunctionBegin;
  PetscCall(OttoErrorTableAddResult(s->space.table, name, unit, OTTO_ERROR_RELATIVE, 0, value,
                                    OttoSpaceEstimate(&s->space, value, coarse, 0), floor));
  PetscFunctionReturn(0);
}

/* Probabilities of sets, and rates between them, relative to the row's largest: of sets that hardly
 * meet there is next to none. */
static PetscErrorCode AddSets(OttoSpaceFokkerPlanck s, const OttoMetastable *fine,
                              PetscReal *const rate[], PetscInt at)
{
  const PetscInt m = fine->count;
  char name[64];

  PetscFunctionBegin;
  for (PetscInt k = 0; k < m; k++, at++) {
    snprintf(name, sizeof name, "metastable_probabilities[%d]", (int)k + 1);
    if (!isnan(fine->probability[k])) /* else it is not known, and said to be so */
      PetscCall(AddOne(s, name, "1", fine->probability[k], rate, at, 0));
  }
  for (PetscInt k = 0; k < m * m && m > 1 && !isnan(fine->rate[0]); k++, at++) {
    snprintf(name, sizeof name, "metastable_rates[%d,%d]", (int)(k / m) + 1, (int)(k % m) + 1);
    PetscCall(
        AddOne(s, name, "1/time", fine->rate[k], rate, at, fabs(fine->rate[k - k % m + k / m])));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode AddRates(OttoSpaceFokkerPlanck s, const OttoRelaxation *fine,
                               const OttoMetastable *sets)
{
  const PetscInt modes = s->modes, m = sets->count, count = 2 * modes + m + m * m;
  PetscReal *rate[OTTO_SPACE_LEVELS];
  PetscErrorCode code = 0;
  char name[64];

  PetscFunctionBegin;
  PetscCall(PetscCalloc2(count, &rate[0], count, &rate[1]));
  for (PetscInt i = 0; i < s->space.levels && !code; i++) {
    code = OttoSpaceSurvive(&s->space, i,
                            s->law[i].grid ? CoarseRates(&s->law[i], modes, sets, rate[i]) : 0);
    if (!code) PetscCall(OttoSpaceShare(&s->space, count, rate[i]));
  }
  for (PetscInt k = 0; k < 2 * fine->count && s->space.levels && !code; k++) {
    const PetscInt mode = k % fine->count, at = k < fine->count ? mode : modes + mode;
    const PetscReal value = k < fine->count ? fine->rate[mode] : fine->frequency[mode];
    snprintf(name, sizeof name, "relaxation_%s[%d]", k < fine->count ? "rates" : "frequencies",
             (int)mode + 1);
    /* a frequency counts relative to its rate as well: it may be next to nothing */
    PetscCall(AddOne(s, name, "1/time", value, rate, at, k < fine->count ? 0 : fine->rate[mode]));
  }
  if (s->space.levels && !code) PetscCall(AddSets(s, sets, rate, 2 * modes));
  PetscCall(PetscFree2(rate[0], rate[1]));
  PetscFunctionReturn(code);
}

PetscErrorCode OttoSpaceFokkerPlanckReport(OttoSpaceFokkerPlanck s, const OttoRelaxation *spectrum,
                                           const OttoMetastable *metastable)
{
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  if (s->space.levels) {
    PetscCall(OttoRecordStageBegin(s->space.record, "space"));
    PetscCall(AddMoments(s));
    if (s->modes && spectrum) code = AddRates(s, spectrum, metastable);
    if (code == OTTO_ERR_STOPPED) { /* what is there is reported, and ends the run */
      OttoErrorClear();
      PetscCall(OttoErrorTableNotKnown(s->space.table, -1, "the run was stopped"));
    } else
      PetscCall(code);
    PetscCall(OttoRecordStageEnd(s->space.record));
  }
  PetscCall(OttoSpaceReport(&s->space));
  if (code) PetscCall(OttoStopCheck(OttoGridGetInfo(s->fine->grid)->comm));
  PetscFunctionReturn(0);
}
