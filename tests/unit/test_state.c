/* ranks: 1 2
 * A forgotten set-up is told by every function that needs it, in one line that names both; none
 * goes on with the nothing it has. tests/driver/test_architecture.py sees to it that no function is
 * left out. */
#include "test.h"
#include "dissipation/space_error.h"
#include "fokker_planck/fokker_planck.h"
#include "information/fisher_beyond.h"
#include <otto/beckmann.h>
#include <otto/discrepancy.h>
#include <otto/passage.h>
#include <otto/sets.h>
#include <otto/symbol.h>
#include <otto/tempered.h>

#define NEEDS(first, call) TestFails(call, OTTO_ERR_STATE, first)
#define GRID(call) NEEDS("call OttoGridSetUp() first", call)
#define GENERATOR(call) NEEDS("call OttoGeneratorSetUp() first", call)
#define HEAT(call) NEEDS("call OttoHeatSetUp() first", call)
#define TRANSFORM(call) NEEDS("call OttoTransformSetUp() first", call)

static const PetscInt64 n[] = {8, 6};
static const PetscReal lower[] = {0, 0}, upper[] = {1, 1};
static const OttoBoundary boundary[] = {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX};

static PetscErrorCode Make(PetscBool set_up, OttoGrid *grid)
{
  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, grid));
  PetscCall(OttoGridSetBox(*grid, 2, n, lower, upper, boundary));
  if (set_up) PetscCall(OttoGridSetUp(*grid));
  TestTrue(OttoGridIsSetUp(*grid) == set_up, "whether it is set up");
  PetscFunctionReturn(0);
}

/* Fields, densities, sums. */
static PetscErrorCode TestGrid(void)
{
  OttoFlow flow;
  const OttoPair pair = {.p = NULL};
  PetscReal v[40] = {0};
  OttoGrid grid, coarse;
  OttoDensityReport report;
  OttoDivergences d = {0};
  OttoQuadrature quadrature;
  OttoFisher f;
  OttoHalo halo;
  OttoPoints points;
  OttoObservable observable;
  PetscBool rough;
  Vec u = NULL;

  PetscCall(Make(PETSC_FALSE, &grid));
  GRID(OttoFieldCreate(grid, &u));
  GRID(OttoFieldMove(grid, v, grid, v));
  GRID(OttoFieldIntegral(grid, u, v));
  GRID(OttoFieldSetBox(grid, 1, u));
  GRID(OttoFieldRange(grid, u, v, v));
  GRID(OttoFieldMoments(grid, u, v, v, v));
  GRID(OttoGridGetHalo(grid, 1, &halo));
  GRID(OttoPointsCreate(grid, 0, NULL, &points));
  GRID(OttoPointsCreateStencil(grid, 0, NULL, 6, &points));
  GRID(OttoDifference(grid, u, 0, u));
  GRID(OttoFlowCreate(grid, &flow));
  OttoDynamics dynamics;
  GRID(OttoDynamicsCreate(grid, &dynamics));
  OttoFlowMap flow_map;
  GRID(OttoFlowMapCreateCells(NULL, grid, 0, PETSC_FALSE, &flow_map));
  OttoSinkhorn sinkhorn;
  GRID(OttoSinkhornCreate(grid, &sinkhorn));
  GRID(OttoMomentsCompute(grid, u, v));
  GRID(OttoMarginalsCompute(grid, u, 0, v));
  GRID(OttoMarginalsComputePlane(grid, u, (PetscInt[]){0, 1}, v));
  GRID(OttoObservableCreate(grid, "observe", "x", NULL, &observable));
  OttoObservedSet set;
  GRID(OttoObservedSetCreate(grid, "observe_sets", "x", NULL, &set));
  GRID(OttoGridCoarsen(grid, n, &coarse));
  OttoTransfer transfer;
  GRID(OttoTransferCreate(grid, n, NULL, &transfer));
  GRID(OttoDensityCreate(grid, "p_", &u, &report));
  GRID(OttoDensityCreateAverages(grid, "p_", &u));
  OttoDensityFunction function;
  GRID(OttoDensityFunctionCreate(grid, "p_", &report, &function));
  OttoPushForwardReport pushed;
  GRID(OttoPushForwardExact(grid, NULL, NULL, u, NULL, &pushed));
  GRID(OttoPushForwardInterpolate(grid, u, NULL, u, &pushed));
  GRID(OttoPushForwardRemap(grid, u, NULL, 0, 1, 2, 0, 1, u, &pushed));
  GRID(OttoDensityIsRough(grid, u, &rough));
  GRID(OttoDensityHasEdges(grid, u, &rough));
  OttoPairBounds bounds = {0};
  GRID(OttoDivergenceCompute(grid, &pair, 1, 0.5, &d));
  GRID(OttoDivergenceAccount(grid, &pair, 1, 0.5, &bounds, &d));
  GRID(OttoDivergenceNoise(grid, &pair, 0.5, &d, v));
  GRID(OttoDivergenceEdge(grid, &pair, 1, 0.5, &d, v));
  GRID(OttoDivergenceQuadrature(grid, &pair, &quadrature));
  GRID(OttoFisherEdge(grid, &pair, &f));
  GRID(OttoFisherEdgeRates(grid, &pair, NULL, NULL, NULL, &f));
  GRID(OttoFisherEdgeForces(grid, &pair, NULL, NULL, NULL, NULL, &f));
  GRID(OttoFisherFD4(grid, &pair, &f));
  GRID(OttoFisherFD4WithDivergences(grid, &pair, 1, 0.5, &d, &f));
  GRID(OttoFisherAddScores(grid, &pair, u, u, &f));
  GRID(OttoFisherRateKL(grid, &pair, u, u, v));
  GRID(OttoMmd2(grid, u, u, 1, v));
  GRID(OttoEnergyDistance(grid, u, u, v));
  GRID(OttoHMinus1(grid, u, u, v));
  GRID(OttoFisherRateEntropy(grid, u, u, 0, u, v, v));
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

/* What stands on a grid. */
static PetscErrorCode TestObjects(void)
{
  OttoGrid grid;
  OttoGenerator Q;
  OttoHeat heat;
  OttoTransform transform;
  OttoTempered tempering;
  OttoConvectiveHeat convective;
  PetscReal share;
  OttoPotential V;
  OttoDrift drift;
  OttoMetric metric;
  OttoStorage storage;
  OttoRunColumns columns;
  OttoRunObservables observables;
  OttoSpaceTempered space;
  const OttoInput input = {0};
  OttoTimes times = {0};
  PetscReal *points;
  PetscInt64 missing;
  Vec u = NULL;

  PetscCall(Make(PETSC_FALSE, &grid));
  GRID(OttoGeneratorCreate(grid, &Q));
  OttoBeckmann beckmann;
  GRID(OttoBeckmannCreate(grid, &beckmann));
  OttoWasserstein wasserstein;
  GRID(OttoWassersteinCreate(grid, &wasserstein));
  GRID(OttoHeatCreate(grid, &heat));
  GRID(OttoTransformCreate(grid, &transform));
  GRID(OttoTransformLineTail(grid, u, 0, 0.5, &share));
  GRID(OttoPotentialCreate(grid, 1, &V));
  GRID(OttoDriftCreate(grid, &drift));
  GRID(OttoDriftCreateCells(grid, &u, &drift));
  GRID(OttoMetricCreate(grid, &metric));
  GRID(OttoMetricCreatePushed(NULL, NULL, grid, &metric));
  OttoEnergy energy;
  GRID(OttoEnergyCreate(grid, &energy));
  GRID(OttoTemperedCreate(grid, NULL, u, u, PETSC_TRUE, &tempering));
  GRID(OttoTemperedChoose(grid, NULL, u, u, 0, NULL, NULL, NULL));
  GRID(OttoConvectiveHeatCreate(grid, NULL, NULL, &convective));
  GRID(OttoConvectiveStartCompute(grid, NULL, NULL));
  GRID(OttoConvectiveResolve(grid, NULL, NULL));
  GRID(OttoFisherAddBeyond(grid, NULL, NULL, NULL, NULL));
  GRID(OttoStorageReadMasked(grid, "p_path", "x", "p", 0, u, &missing));
  GRID(OttoStorageReadMoment(grid, "p_path", "x", "p", 0, 0, u, &missing));
  GRID(OttoStorageReadSizes(grid, "p_path", "x", "p", &missing, &missing));
  GRID(OttoStorageReadField(grid, "p_path", "x", "p", u));
  GRID(OttoStorageReadSamples(grid, "p_path", "x", "p", &missing, &points));
  GRID(OttoStorageCreate(grid, "/tmp", &storage));
  GRID(OttoStorageCreateNamed(grid, "/tmp", "fields", &storage));
  GRID(OttoRunSetStorage(NULL, grid, "fields", &storage));
  GRID(OttoStorageKeep(grid, ".", "fields", &storage, NULL));
  GRID(OttoRunColumnsCreate(grid, 0, NULL, 1, &columns));
  GRID(OttoRunColumnsCreateObserved(grid, 0, NULL, 1, NULL, &columns));
  GRID(OttoRunObservablesCreate(grid, NULL, &observables));
  GRID(OttoRunColumnsNear(&columns, grid, 0, u, NULL, NULL));
  GRID(OttoRunCheckMemory(grid, NULL));
  GRID(OttoRunNeedMemory(grid, 8));
  GRID(OttoRunCheckStart(grid, NULL, &times));
  GRID(OttoRunCheckSample(NULL, grid, NULL, NULL, NULL));
  GRID(OttoRunSaveFields(NULL, grid, NULL, 0, 0));
  GRID(OttoRunDescribeInput(NULL, grid, "p_", &input));
  GRID(OttoRunMarginalsFromOptions(grid, &times));
  GRID(OttoRunSaveMarginals(NULL, grid, &times, 0, u, u));
  GRID(OttoRunReportMemory(NULL, grid, NULL, NULL));
  GRID(OttoSpaceTemperedCreate(NULL, grid, NULL, u, u, NULL, NULL, NULL, &space));
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

/* What a flow needs, of a generator and a resolvent that are set up. */
static PetscErrorCode NeedFlow(OttoGrid grid, OttoGenerator Q, OttoResolvent R, Vec u)
{
  OttoFlow flow;

  PetscCall(OttoFlowCreate(grid, &flow));
  NEEDS("call OttoFlowSetType() first", OttoFlowSetUp(flow));
  NEEDS("call OttoFlowSetType() first", OttoFlowSetFromOptions(flow));
  NEEDS("call OttoFlowSetType() with fokker_planck first", OttoFlowSetGenerator(flow, Q, R));
  TestFails(OttoFlowSetType(flow, "no_such_law"), OTTO_ERR_INPUT, "no_such_law");
  PetscCall(OttoFlowSetType(flow, "fokker_planck"));
  NEEDS("call OttoFlowSetDensities() first", OttoFlowSetUp(flow));
  PetscCall(OttoFlowSetDensities(flow, u, NULL));
  NEEDS("call OttoFlowSetGenerator() first", OttoFlowSetUp(flow));
  PetscCall(OttoFlowSetGenerator(flow, Q, R));
  NEEDS("call OttoFlowSetUp() first", OttoFlowAdvance(flow, 1));
  NEEDS("call OttoFlowSetUp() first", OttoFlowRest(flow));
  NEEDS("call OttoFlowSetUp() first", OttoFlowSetStep(flow, 1));
  NEEDS("call OttoFlowSetUp() first", OttoFlowSuggestStep(flow, 1));
  NEEDS("call OttoFlowSetUp() first", OttoFlowSetMethod(flow, TSCN));
  TestTrue(!OttoFlowIsSetUp(flow), "not set up");
  TestTrue(!strcmp(OttoFlowGetType(flow), "fokker_planck"), "by name");
  PetscCall(OttoFlowDestroy(&flow));
  return 0;
}

static PetscErrorCode TestSets(void)
{
  OttoGrid grid, unset;
  OttoSets sets, none = {.count = 0};
  PetscReal off;
  PetscInt64 tips;
  char place[200];
  OttoGenerator Q;

  PetscCall(Make(PETSC_FALSE, &unset));
  GRID(OttoSetsFromOptions(unset, &sets));
  GRID(OttoSetsCoarsen(&none, NULL, unset, &sets));
  PetscCall(OttoGridDestroy(&unset));
  PetscCall(Make(PETSC_TRUE, &grid));
  PetscCall(OttoSetsFromOptions(grid, &sets));
  PetscCall(OttoGeneratorCreate(grid, &Q));
  GENERATOR(OttoSetsAdmit(&sets, Q));
  GENERATOR(OttoSetsTarget(&sets, 0, NULL, Q));
  GENERATOR(OttoSetsFindEnds(&sets, Q, NULL, &off, &off));
  GENERATOR(OttoSetsLead(&sets, 1, 2, Q));
  GENERATOR(OttoSetsThin(&sets, Q, &tips, place, sizeof place));
  PetscCall(OttoGeneratorDestroy(&Q));
  PetscCall(OttoSetsDestroy(&sets));
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

/* What is made of a generator and is itself not set up by it. */
static PetscErrorCode NeedGenerator(OttoGenerator Q, Vec u)
{
  OttoRelaxation modes = {0};
  OttoCorrelation correlation;
  OttoMetastable sets;
  OttoObserver observer;
  OttoPassage passage;

  GENERATOR(OttoObserverCreate(Q, &observer));
  GENERATOR(OttoMetastableCompute(Q, &modes, 0, &sets));
  GENERATOR(OttoCorrelationCreate(Q, u, &correlation));
  GENERATOR(OttoPassageCreate(Q, &passage));
  return 0;
}

/* What may be set before, of the type that has it. */
static PetscErrorCode BeforeSetUp(OttoGenerator Q, Vec u, Vec J[])
{
  NEEDS("call OttoGeneratorSetType() with metric first", OttoGeneratorSetMetric(Q, NULL));
  PetscCall(OttoGeneratorSetType(Q, "metric"));
  NEEDS("call OttoGeneratorSetType() with fokker_planck first",
        OttoGeneratorSetTemperature(Q, 1, NULL));
  NEEDS("call OttoGeneratorSetType() with fokker_planck first", OttoGeneratorSetMobility(Q, J));
  NEEDS("call OttoGeneratorSetType() with fokker_planck first",
        OttoGeneratorSetNoise(Q, OTTO_NOISE_ITO));
  NEEDS("call OttoGeneratorSetType() with fokker_planck first", OttoGeneratorSetDrift(Q, J));
  PetscCall(OttoGeneratorSetType(Q, "fokker_planck"));
  TestTrue(!OttoGeneratorIsSetUp(Q), "not set up");
  TestFails(OttoGeneratorSetType(Q, "no_such_type"), OTTO_ERR_INPUT, "no_such_type");
  PetscCall(OttoGeneratorSetType(Q, "fokker_planck"));
  TestTrue(!strcmp(OttoGeneratorGetType(Q), "fokker_planck"), "by name");
  PetscCall(OttoGeneratorSetTargets(Q, 0, NULL));           /* may come early */
  PetscCall(OttoGeneratorSetTargetEnds(Q, J, PETSC_FALSE)); /* as may these */
  PetscCall(OttoGeneratorSetTargetEnds(Q, NULL, PETSC_FALSE));
  PetscCall(OttoGeneratorSetConduction(Q, J));
  TestTrue(OttoGeneratorGetConduction(Q, 1) == u, "as given");
  PetscCall(OttoGeneratorSetConduction(Q, NULL));
  TestTrue(!OttoGeneratorGetConduction(Q, 1), "as they are");
  NEEDS("call OttoGeneratorSetFromOptions() with a temperature_formula first",
        OttoGeneratorSetTemperatureField(Q, u));
  return 0;
}

static PetscErrorCode TestGenerator(void)
{
  PetscReal v[4], step = 0.1, rate, unsure;
  OttoDissipation lost;
  OttoProduction e;
  OttoResolvent R = NULL;
  OttoSolveReport report;
  OttoFlow flow;
  OttoStepTheorem theorem;
  OttoGenerator Q;
  OttoGrid grid;
  OttoWork work;
  Vec u, J[2];
  Mat M = NULL;
  PC pc;

  PetscCall(Make(PETSC_TRUE, &grid));
  PetscCall(OttoFieldCreate(grid, &u));
  PetscCall(VecSet(u, 1));
  J[0] = J[1] = u;
  PetscCall(OttoGeneratorCreate(grid, &Q));
  PetscCall(BeforeSetUp(Q, u, J));
  GENERATOR(OttoGeneratorSetTime(Q, 1));
  GENERATOR(OttoGeneratorLargestDrift(Q, v));
  GENERATOR(OttoGeneratorLargestSpeed(Q, v));
  GENERATOR(OttoGeneratorSteepness(Q, v, v));
  GENERATOR(OttoGeneratorNorm(Q, v));
  GENERATOR(OttoGeneratorAdmit(Q, "p_", u, v));
  GENERATOR(OttoGeneratorLeast(Q, u, v));
  GENERATOR(OttoGeneratorWeigh(Q, u, u, u));
  GENERATOR(OttoGeneratorApply(Q, u, u));
  GENERATOR(OttoGeneratorApplyBackward(Q, u, u, NULL));
  GENERATOR(OttoGeneratorInflow(Q, u, u));
  GENERATOR(OttoGeneratorEscape(Q, u, v));
  GENERATOR(OttoGeneratorGibbs(Q, u, NULL));
  GENERATOR(OttoGeneratorUnbiasedPotential(Q, u));
  GENERATOR(OttoGeneratorPeekPotential(Q, 1, u));
  GENERATOR(OttoGeneratorAssemble(Q, PETSC_FALSE, &M));
  GENERATOR(OttoGeneratorAssembleBackward(Q, &M));
  GENERATOR(OttoDissipationCompute(Q, &(OttoPair){.p = u, .q = u}, u, u, &lost));
  GENERATOR(OttoProductionCompute(Q, u, u, NULL, 0, &e));
  GENERATOR(OttoProductionComputeLogs(Q, u, NULL, u, NULL, 0, &e));
  GENERATOR(OttoProductionCurrent(Q, u, J));
  GENERATOR(OttoWorkCompute(Q, u, step, &work));
  PetscCall(NeedGenerator(Q, u));
  GENERATOR(OttoWorkOfPotential(Q, u, 0, step, 5, &rate, &unsure));
  GENERATOR(OttoResolventCreate(Q, &R));
  GENERATOR(OttoFlowCreateFokkerPlanck(Q, R, u, NULL, &flow));
  GENERATOR(OttoStepTheoremCreate(Q, OTTO_STEP_EULER, u, NULL, NULL, &theorem));
  PetscCall(OttoGeneratorSetUp(Q));
  TestTrue(OttoGeneratorIsSetUp(Q), "set up");
  PetscCall(OttoResolventCreate(Q, &R));
  NEEDS("call OttoResolventSetShift() first", OttoResolventSolve(R, u, u, &report));
  NEEDS("call OttoResolventSetShift() first", OttoResolventSolveDensity(R, u, u, &report));
  NEEDS("call OttoResolventSetShift() first",
        OttoResolventSolveDensityLogs(R, u, NULL, u, NULL, &report));
  NEEDS("call OttoResolventSetShift() first", OttoResolventGetOperators(R, &M, &u, &pc));
  PetscCall(NeedFlow(grid, Q, R, u));
  PetscCall(OttoResolventDestroy(&R));
  PetscCall(OttoGeneratorDestroy(&Q));
  PetscCall(VecDestroy(&u));
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

static PetscErrorCode TestHeat(void)
{
  PetscReal v[4];
  OttoGrid grid;
  OttoHeat heat;
  OttoHeatSource source = NULL;
  OttoTransform transform;
  OttoSpectrum spectrum = NULL;
  OttoSymbol symbol = NULL;
  OttoTempered tempering;
  OttoConvectiveHeat convective;
  OttoSpaceTempered space;
  const OttoPair *pair;
  Vec u;

  PetscCall(Make(PETSC_TRUE, &grid));
  PetscCall(OttoFieldCreate(grid, &u));
  PetscCall(VecSet(u, 1));
  const Vec both[2] = {u, u};
  const OttoSpectrum spectra[2] = {NULL, NULL};
  const OttoHeatSource sources[2] = {NULL, NULL};
  PetscCall(OttoTransformCreate(grid, &transform));
  TestTrue(!OttoTransformIsSetUp(transform), "not set up");
  TRANSFORM(OttoSpectrumCreate(transform, &spectrum));
  TRANSFORM(OttoTransformForward(transform, u, spectrum));
  TRANSFORM(OttoTransformInverse(transform, spectrum, NULL, u));
  TRANSFORM(OttoTransformInversePair(transform, spectra, NULL, both));
  TRANSFORM(OttoTransformApply(transform, u, NULL, u));
  TRANSFORM(OttoSymbolCreate(transform, NULL, NULL, &symbol));
  TRANSFORM(OttoSymbolCreateKernel(transform, NULL, &symbol));
  TRANSFORM(OttoTransformApplySymbol(transform, u, symbol, u));
  TRANSFORM(OttoTransformInverseSymbol(transform, spectrum, symbol, u));
  PetscCall(OttoTransformDestroy(&transform));
  PetscCall(OttoHeatCreate(grid, &heat));
  TestTrue(!OttoHeatIsSetUp(heat), "not set up");
  HEAT(OttoHeatSourceCreate(heat, u, &source));
  HEAT(OttoHeatCheckFisherForm(heat, OTTO_FISHER_EDGE));
  HEAT(OttoHeatRoughness(heat, source, u, v));
  HEAT(OttoHeatApply(heat, source, 0.1, u, NULL));
  HEAT(OttoHeatApplyLog(heat, u, 0.1, u));
  HEAT(OttoHeatScore(heat, source, 0.1, u, NULL, 0, u));
  HEAT(OttoHeatRate(heat, source, 0.1, u, NULL, u));
  HEAT(OttoHeatApplyPair(heat, sources, 0.1, both, NULL));
  HEAT(OttoHeatScorePair(heat, sources, 0.1, both, NULL, 0, both));
  HEAT(OttoHeatRatePair(heat, sources, 0.1, both, NULL, both));
  HEAT(OttoHeatScoreAndRate(heat, source, 0.1, 0, u, u));
  HEAT(OttoTemperedCreate(grid, heat, u, u, PETSC_TRUE, &tempering));
  HEAT(OttoConvectiveHeatCreate(grid, heat, NULL, &convective));
  HEAT(OttoRunCheckSample(NULL, grid, heat, NULL, NULL));
  HEAT(OttoRunReportMemory(NULL, grid, heat, NULL));
  HEAT(OttoSpaceTemperedCreate(NULL, grid, heat, u, u, NULL, NULL, NULL, &space));
  PetscCall(OttoHeatSetUp(heat));
  PetscCall(OttoTemperedCreate(grid, heat, u, u, PETSC_TRUE, &tempering));
  NEEDS("call OttoTemperedTakeSample() first", OttoTemperedGetPair(tempering, &pair));
  NEEDS("call OttoTemperedTakeSample() first", OttoTemperedLogRatio(tempering, u));
  PetscCall(OttoTemperedDestroy(&tempering));
  PetscCall(OttoHeatDestroy(&heat));
  PetscCall(VecDestroy(&u));
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

int main(void)
{
  return TestMain({TestGrid, TestObjects, TestSets, TestGenerator, TestHeat});
}
