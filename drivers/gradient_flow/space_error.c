/* The law of a run of gradient-flow on coarser grids, carried along beside it. */
#include "space_error.h"
#include "run/space_chain.h"
#include <math.h>

/* T of exp(-V/T). */
static PetscReal Temperature(const OttoGradientLaw *law)
{
  const PetscReal T = OttoInternalTemperature(OttoEnergyGetInternal(law->energy));

  return T > 0 ? T : 1;
}

/* -V/T of the fine cells, in those beside a step of the formula of their means. */
static PetscErrorCode FineGibbs(const OttoGradientLaw *law, Vec log_gibbs, PetscBool *steps)
{
  const OttoEnergy energy = law->energy;
  const PetscReal T = Temperature(law);
  Vec fine = OttoEnergyGetField(energy);
  PetscReal most = 0;

  PetscFunctionBegin;
  *steps = PETSC_FALSE;
  PetscCall(OttoFieldRange(law->grid, fine, NULL, &most));
  if (!isinf(most) && !OttoEnergyIsTimeDependent(energy)) {
    PetscCall(
        OttoSpaceChainGibbs(law->grid, OttoEnergyGetPotential(energy), T, fine, log_gibbs, steps));
    PetscFunctionReturn(0);
  }
  PetscCall(VecCopy(fine, log_gibbs));
  PetscCall(VecScale(log_gibbs, -1 / T));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientSpaceCreate(OttoRecord record, OttoGradientLaw *law,
                                       OttoGradientStepping stepping, PetscInt samples,
                                       const OttoDensityReport report[2], OttoGradientSpace *s)
{
  PetscBool rough[2] = {PETSC_FALSE, PETSC_FALSE};
  PetscReal most = 0;
  Vec V = OttoEnergyGetField(law->energy), log_gibbs;

  PetscFunctionBegin;
  s->fine = law;
  s->stepping = stepping;
  s->density[0] = report[0];
  s->density[1] = report[1];
  if (V) PetscCall(OttoFieldRange(law->grid, V, NULL, &most));
  /* what closed cells leave of a formula belongs to the fine cells; and so does a mass */
  if (isinf(most)) s->density[0].on_grid = s->density[1].on_grid = PETSC_TRUE;
  PetscCall(OttoSpaceCreate(record, law->grid,
                            law->q ? OTTO_GRADIENT_ERRORS : OTTO_GRADIENT_ERRORS_ALONE,
                            OttoGradientErrors, PETSC_FALSE, &s->space));
  PetscCall(OttoGradientErrorsCreate(samples, &s->rows));
  if (!s->space.levels) PetscFunctionReturn(0);
  if (V) {
    PetscCall(VecDuplicate(V, &log_gibbs));
    PetscCall(FineGibbs(law, log_gibbs, &s->space.steps));
    PetscCall(VecDestroy(&log_gibbs));
  }
  for (PetscInt i = 0; i < s->space.columns; i++) s->space.no_zero[i] = PETSC_TRUE;
  if (!report[0].smooth) PetscCall(OttoDensityIsRough(law->grid, law->p, &rough[0]));
  if (law->q && !report[1].smooth) PetscCall(OttoDensityIsRough(law->grid, law->q, &rough[1]));
  s->space.off = s->space.steps;
  s->space.rough = rough[0] || rough[1] || s->space.steps ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientSpaceDestroy(OttoGradientSpace *s)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < OTTO_SPACE_LEVELS; i++) PetscCall(OttoGradientLawDestroy(&s->law[i]));
  PetscCall(OttoSpaceDestroy(&s->space));
  PetscCall(OttoGradientErrorsDestroy(&s->rows));
  PetscFunctionReturn(0);
}

/* V on coarser grid i where its values belong to the fine cells, or some are closed, or a formula
 * has steps: exp(-V/T) of a coarse cell is the mean of that of its fine ones. *V is NULL where the
 * options say all, and on ranks without. */
static PetscErrorCode CoarsePotential(OttoGradientSpace *s, PetscInt i, Vec *V)
{
  const OttoSpaceLevel *l = &s->space.level[i];
  Vec fine = OttoEnergyGetField(s->fine->energy), log_gibbs;
  PetscBool steps;
  PetscReal most = 0;

  PetscFunctionBegin;
  *V = NULL;
  if (!fine) PetscFunctionReturn(0);
  PetscCall(OttoFieldRange(s->fine->grid, fine, NULL, &most));
  if (!OttoPotentialIsOnGrid(OttoEnergyGetPotential(s->fine->energy)) && !s->space.steps &&
      (!isinf(most) || OttoEnergyIsTimeDependent(s->fine->energy)))
    PetscFunctionReturn(0);
  PetscCall(VecDuplicate(fine, &log_gibbs));
  PetscCall(FineGibbs(s->fine, log_gibbs, &steps));
  if (l->grid) PetscCall(OttoFieldCreate(l->grid, V));
  PetscCall(OttoTransferLogMeanExp(l->transfer, log_gibbs, *V));
  if (*V) PetscCall(VecScale(*V, -Temperature(s->fine)));
  PetscCall(VecDestroy(&log_gibbs));
  PetscFunctionReturn(0);
}

/* All but the densities, on the ranks that have the grid. */
static PetscErrorCode MakeLaw(OttoGrid grid, Vec V, OttoGradientLaw *law)
{
  PetscFunctionBegin;
  PetscCall(OttoGradientLawCreate(grid, V, law));
  PetscCall(OttoGradientLawBegin(law));
  PetscCall(OttoFlowSetCertified(law->flow, PETSC_FALSE));
  PetscFunctionReturn(0);
}

/* The problem on coarser grid i. */
static PetscErrorCode SetUp(OttoGradientSpace *s, PetscInt i)
{
  OttoGradientLaw *law = &s->law[i];
  OttoGrid grid = s->space.level[i].grid;
  PetscErrorCode code = 0;
  Vec V = NULL;

  PetscFunctionBegin;
  PetscCall(CoarsePotential(s, i, &V));
  PetscCall(OttoSpaceDensity(&s->space, i, "p_", s->fine->p, &s->density[0], &law->p));
  if (s->fine->q && i < s->space.levels)
    PetscCall(OttoSpaceDensity(&s->space, i, "q_", s->fine->q, &s->density[1], &law->q));
  if (grid && i < s->space.levels) code = MakeLaw(grid, V, law);
  PetscCall(OttoSpaceSurvive(&s->space, i, code));
  PetscCall(VecDestroy(&V));
  PetscFunctionReturn(0);
}

/* At t = 0. */
static PetscErrorCode SetUpAll(OttoGradientSpace *s)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->space.levels && !s->begun; i++) {
    PetscCall(SetUp(s, i));
    PetscCall(OttoGradientSteppingFollow(s->stepping, &s->law[i]));
  }
  s->begun = PETSC_TRUE;
  PetscFunctionReturn(0);
}

/* L1 distance of a coarse density from the means of the fine one: in mass. `coarse` NULL on ranks
 * without. */
static PetscErrorCode Apart(const OttoSpaceLevel *l, Vec fine, Vec coarse, PetscReal *apart)
{
  Vec mean = NULL;

  PetscFunctionBegin;
  if (coarse) PetscCall(VecDuplicate(coarse, &mean));
  PetscCall(OttoTransferMean(l->transfer, fine, mean));
  if (!coarse) PetscFunctionReturn(0);
  PetscCall(VecAXPY(mean, -1, coarse));
  PetscCall(VecNorm(mean, NORM_1, apart));
  *apart *= OttoGridGetInfo(l->grid)->cell_volume;
  PetscCall(VecDestroy(&mean));
  PetscFunctionReturn(0);
}

/* The row of coarser grid i. */
static PetscErrorCode CoarseRow(OttoGradientSpace *s, PetscInt i, PetscReal t)
{
  OttoGradientLaw *law = &s->law[i];
  PetscReal value[OTTO_GRADIENT_ERRORS] = {0};
  OttoGradientSample coarse;

  PetscFunctionBegin;
  if (law->flow && !OttoGradientIsAt(law->flow, t))
    OttoFail(OTTO_ERR_SOLVER, "its steps failed at t = %g", (double)OttoFlowGetTime(law->flow));
  if (!law->flow) PetscFunctionReturn(0);
  PetscCall(OttoGradientSampleTake(law, t, &coarse));
  OttoGradientErrorValues(&coarse, value);
  PetscCall(PetscArraycpy(s->space.row + i * s->space.columns, value, s->space.columns));
  PetscFunctionReturn(0);
}

/* How far coarser grid i is from the run: into its row. Collective on the fine grid's ranks. */
static PetscErrorCode Distances(OttoGradientSpace *s, PetscInt i)
{
  const OttoSpaceLevel *l = &s->space.level[i];
  PetscReal *row = s->space.row + i * s->space.columns;

  PetscFunctionBegin;
  PetscCall(Apart(l, s->fine->p, s->law[i].p, &row[OTTO_GRADIENT_ERROR_P]));
  if (s->fine->q) PetscCall(Apart(l, s->fine->q, s->law[i].q, &row[OTTO_GRADIENT_ERROR_Q]));
  PetscFunctionReturn(0);
}

/* The estimates of a sample; NaN where there are none. */
static PetscErrorCode Estimate(OttoGradientSpace *s, const OttoGradientSample *now)
{
  PetscReal fine[OTTO_GRADIENT_ERRORS], error[OTTO_GRADIENT_ERRORS] = {NAN, NAN, NAN, NAN, NAN};

  PetscFunctionBegin;
  OttoGradientErrorValues(now, fine);
  for (PetscInt i = 0; i < s->space.levels; i++) {
    PetscCall(OttoSpaceSurvive(&s->space, i, CoarseRow(s, i, now->t)));
    if (i < s->space.levels) PetscCall(Distances(s, i));
  }
  if (s->space.levels) {
    PetscCall(OttoSpaceErrors(&s->space, fine, NULL));
    PetscCall(PetscArraycpy(error, s->space.error, s->space.columns));
  }
  PetscCall(OttoGradientErrorsAdd(&s->rows, now, error));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientSpaceRow(OttoGradientSpace *s, const OttoGradientSample *now)
{
  PetscBool rough = PETSC_FALSE;

  PetscFunctionBegin;
  if (!s->space.table) PetscFunctionReturn(0);
  PetscCall(OttoRecordStageBegin(s->space.record, "space"));
  PetscCall(SetUpAll(s));
  if (s->density[0].point) PetscCall(OttoDensityIsRough(s->fine->grid, s->fine->p, &rough));
  if (now->t > 0 && !rough) PetscCall(Estimate(s, now));
  PetscCall(OttoRecordStageEnd(s->space.record));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientSpaceReport(OttoGradientSpace *s)
{
  PetscFunctionBegin;
  if (!s->space.table) {
    PetscCall(OttoSpaceReport(&s->space));
    PetscFunctionReturn(0);
  }
  PetscCall(OttoGradientErrorsTell(&s->rows, s->fine->mass, OttoGradientSteppingRange(s->stepping),
                                   s->space.table));
  if (!s->space.levels)
    PetscCall(OttoErrorTableNotKnown(s->space.table, -1, s->space.why));
  else if (!s->rows.count)
    PetscCall(OttoErrorTableNotKnown(s->space.table, -1, "p is as wide as the cell it began in"));
  PetscCall(OttoSpaceReport(&s->space));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientSpaceKeep(OttoGradientSpace *s, OttoKeep keep)
{
  PetscFunctionBegin;
  if (!s->space.table) PetscFunctionReturn(0);
  PetscCall(OttoKeepBegin(keep, "space", -1));
  PetscCall(SetUpAll(s));
  PetscCall(OttoSpaceKeep(&s->space, keep));
  PetscCall(OttoGradientErrorsKeep(&s->rows, keep));
  for (PetscInt i = 0; i < OTTO_SPACE_LEVELS; i++) {
    if (!s->law[i].flow) continue; /* on this rank */
    PetscCall(OttoKeepBegin(keep, "law", i));
    PetscCall(OttoFlowKeep(s->law[i].flow, keep));
    PetscCall(OttoKeepEnd(keep));
  }
  PetscCall(OttoKeepEnd(keep));
  PetscFunctionReturn(0);
}
