/* What a Fokker-Planck run is made of and how it went, for the summary. */
#include "stepping.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define STEEP 2. /* T over an edge */

static PetscErrorCode DescribeTemperature(OttoRecord record, const OttoFokkerPlanck *s)
{
  const Vec T = OttoGeneratorGetTemperatureField(s->generator);
  PetscReal least, most;

  PetscFunctionBegin;
  PetscCall(OttoRecordResult(record, "temperature", OttoGeneratorGetTemperature(s->generator)));
  if (!T) PetscFunctionReturn(0);
  PetscCall(OttoFieldRange(s->grid, T, &least, &most));
  PetscCall(OttoRecordResult(record, "temperature_least", least));
  PetscCall(OttoRecordResult(record, "temperature_most", most));
  if (!OttoGeneratorGetMobility(s->generator, 0))
    PetscCall(
        OttoRecordResultText(record, "noise", OttoNoiseNames[OttoGeneratorGetNoise(s->generator)]));
  PetscFunctionReturn(0);
}

/* A mobility of place, its convention, and what that makes of V. */
static PetscErrorCode DescribeMobility(OttoRecord record, const OttoFokkerPlanck *s)
{
  static const char *const potentials[] = {"V", "V + T/2 log M", "V + T log M"};
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const OttoNoise noise = OttoGeneratorGetNoise(s->generator);
  PetscReal ends[2][OTTO_MAX_DIM];

  PetscFunctionBegin;
  if (!OttoGeneratorGetMobility(s->generator, 0)) PetscFunctionReturn(0);
  for (PetscInt j = 0; j < g->dim; j++) {
    const Vec M = OttoGeneratorGetMobility(s->generator, j);
    PetscCall(OttoFieldRange(s->grid, M, &ends[0][j], &ends[1][j]));
  }
  PetscCall(OttoRecordResultText(record, "noise", OttoNoiseNames[noise]));
  PetscCall(OttoRecordResultList(record, "mobility_least", g->dim, ends[0]));
  PetscCall(OttoRecordResultList(record, "mobility_most", g->dim, ends[1]));
  PetscCall(OttoRecordResultText(record, "effective_potential",
                                 potentials[OttoGeneratorIsBiased(s->generator) ? noise : 0]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunDescribeFokkerPlanck(OttoRecord record, const OttoFokkerPlanck *s,
                                           const OttoRelaxation *spectrum, PetscInt modes)
{
  static const char smaller[] = "use -ts_type beuler, or smaller steps (ts_dt, ts_rtol)";

  PetscFunctionBegin;
  PetscCall(OttoRecordResultText(record, "potential", OttoGeneratorGetPotentialType(s->generator)));
  PetscCall(OttoRecordResultText(record, "drift", OttoGeneratorGetDriftType(s->generator)));
  PetscCall(OttoRecordResultText(record, "velocity", OttoGeneratorGetVelocityType(s->generator)));
  PetscCall(DescribeTemperature(record, s));
  PetscCall(DescribeMobility(record, s));
  PetscCall(OttoRunDescribeRelaxation(record, spectrum, modes));
  if (OttoFlowIsImplicitEuler(s->flow)) {
    PetscCall(OttoRecordAdvice(record, "monotone", "tighten the solves: a smaller ksp_rtol"));
    PetscCall(OttoRecordAdvice(record, "unreliable_mass",
                               "far tails are not resolved: a smaller ksp_rtol, or another ts_dt"));
  } else {
    PetscCall(OttoRecordAdvice(record, "monotone", smaller));
    PetscCall(OttoRecordAdvice(record, "positivity", smaller));
    PetscCall(OttoRecordAdvice(record, "unreliable_mass", smaller));
  }
  PetscCall(OttoRecordAdvice(record, "integral", "smaller steps (ts_dt, ts_rtol)"));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunSayFokkerPlanck(OttoRun run, const PetscReal row[])
{
  char said[120];

  PetscFunctionBegin;
  snprintf(said, sizeof said, "t = %-9.4g  F = %-10.6g  e_p = %-10.6g  %lld steps",
           (double)row[OTTO_FOKKER_PLANCK_t], (double)row[OTTO_FOKKER_PLANCK_free_energy],
           (double)row[OTTO_FOKKER_PLANCK_production], (long long)row[OTTO_FOKKER_PLANCK_steps]);
  PetscCall(OttoRunProgress(run, said));
  PetscFunctionReturn(0);
}

/* How steep forces were on the grid, and the drift that stands for slopes of the potential. */
static PetscErrorCode ReportSteepness(OttoRecord record, const OttoFokkerPlanck *s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const PetscReal *tilt = OttoGeneratorGetTilt(s->generator);
  PetscBool tilted = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(OttoRecordResult(record, "cell_peclet", s->peclet));
  PetscCall(OttoRecordResult(record, "largest_potential_step", s->step));
  for (PetscInt j = 0; j < g->dim; j++)
    if (tilt[j] != 0) tilted = PETSC_TRUE;
  if (tilted) PetscCall(OttoRecordResultList(record, "seam_force", g->dim, tilt));
  if (s->peclet > STEEP)
    PetscCall(OttoRecordAside(
        record, PETSC_TRUE,
        "forces are steep on this grid: up to %.3g T over an edge (cell Peclet number; the "
        "potential alone %.3g T); above %g the chain is not near the continuum there: more cells "
        "resolve them",
        (double)s->peclet, (double)s->step, STEEP));
  PetscFunctionReturn(0);
}

/* Of p as it stands. */
static PetscErrorCode ReportLast(OttoRecord record, const OttoFokkerPlanck *s, PetscReal mass_p)
{
  const PetscInt dim = OttoGridGetInfo(s->grid)->dim;
  PetscReal mean[OTTO_MAX_DIM], covariance[OTTO_MAX_DIM * OTTO_MAX_DIM], escape = 0, mass = 0;

  PetscFunctionBegin;
  PetscCall(OttoFieldMoments(s->grid, s->p, &mass, mean, covariance));
  PetscCall(OttoRecordResultList(record, "mean_p", dim, mean));
  PetscCall(OttoRecordResultList(record, "covariance_p", dim * dim, covariance));
  if (!OttoGeneratorIsAbsorbing(s->generator)) PetscFunctionReturn(0);
  PetscCall(OttoGeneratorEscape(s->generator, s->p, &escape));
  PetscCall(OttoRecordResult(record, "escape_rate", escape / mass_p));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunReportFokkerPlanck(OttoRecord record, const OttoFokkerPlanck *s,
                                         const OttoFokkerPlanckSample *last)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const OttoFlowReport *f = &last->flow;
  char solver[200] = "";
  PetscReal bytes;

  PetscFunctionBegin;
  PetscCall(ReportSteepness(record, s));
  PetscCall(OttoRecordResultText(record, "form", OttoResolventGetForm(s->resolvent)));
  PetscCall(OttoResolventDescribe(s->resolvent, solver, sizeof solver));
  PetscCall(OttoRecordResultText(record, "solver", solver));
  TSType type;
  PetscCall(TSGetType(OttoFlowGetTS(s->flow), &type));
  PetscCall(
      OttoRecordResultText(record, "stepping", OttoFlowIsImplicitEuler(s->flow) ? "beuler" : type));
  PetscCall(OttoRecordResult(record, "steps", (PetscReal)f->steps));
  PetscCall(OttoRecordResult(record, "rejected", (PetscReal)f->rejected));
  PetscCall(OttoRecordResult(record, "rejected_negative", (PetscReal)f->negative));
  PetscCall(OttoRecordResult(record, "iterations", (PetscReal)f->iterations));
  PetscCall(OttoRecordResult(record, "tail_cycles", (PetscReal)f->cycles));
  PetscCall(OttoRecordResult(record, "rescaled", f->rescaled));
  PetscCall(OttoRecordResult(record, "solve_residual", f->residual));
  PetscCall(OttoRecordResult(record, "mass_drift", f->mass_drift));
  if (OttoGeneratorIsAbsorbing(s->generator)) {
    PetscCall(OttoRecordResult(record, "killed_mass", f->absorbed[OTTO_FLOW_P]));
    if (s->q) PetscCall(OttoRecordResult(record, "killed_mass_q", f->absorbed[OTTO_FLOW_Q]));
  }
  if (OttoSteppingIsAt(s->flow, last->t)) PetscCall(ReportLast(record, s, last->d.mass_p));
  bytes = (PetscReal)(OttoGeneratorBytes(s->generator) + OttoResolventBytes(s->resolvent));
  bytes /= (PetscReal)PetscMax(1, g->local_cells);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &bytes, 1, MPIU_REAL, MPIU_MAX, g->comm));
  PetscCall(OttoRecordResult(record, "solver_bytes_per_cell", bytes));
  PetscFunctionReturn(0);
}
