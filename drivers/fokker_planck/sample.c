/* One sample of a Fokker-Planck run, and what it leaves behind. */
#include "run/pair.h"
#include "pair.h"
#include <otto/options.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

PetscErrorCode OttoRunFokkerPlanckOptions(OttoFokkerPlanck *s, PetscBool *two, PetscInt64 *modes)
{
  const char *q = NULL;

  PetscFunctionBegin;
  s->renyi_order = 0.5;
  PetscCall(OttoOptionsGetReal(NULL, "renyi_order", 0, INFINITY, &s->renyi_order, &s->renyi_asked));
  OttoCheckInput(s->renyi_order > 0 && isfinite(s->renyi_order),
                 "renyi_order: %g; it must be above 0 and finite (order 1 is kl)",
                 (double)s->renyi_order);
  PetscCall(OttoOptionsGetText(NULL, "q_density", &q));
  *two = q ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(OttoOptionsGetInt(NULL, "spectrum_count", 0, 100, modes, NULL));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunFokkerPlanckDestroy(OttoFokkerPlanck *s)
{
  PetscFunctionBegin;
  PetscCall(OttoObserverDestroy(&s->observer));
  PetscCall(OttoRunObservablesDestroy(&s->observables));
  PetscCall(OttoFlowDestroy(&s->flow));
  PetscCall(OttoResolventDestroy(&s->resolvent));
  PetscCall(OttoGeneratorDestroy(&s->generator));
  PetscCall(VecDestroy(&s->p));
  PetscCall(VecDestroy(&s->q));
  PetscCall(VecDestroy(&s->pi));
  PetscCall(VecDestroy(&s->log_pi));
  PetscCall(OttoGridDestroy(&s->grid));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunFokkerPlanckAdmit(OttoRecord record, OttoFokkerPlanck *s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const PetscInt64 closed = OttoGeneratorGetClosed(s->generator);
  PetscReal outside[2] = {0, 0};

  PetscFunctionBegin;
  PetscCall(OttoGeneratorAdmit(s->generator, "p_", s->p, &outside[0]));
  if (s->q) PetscCall(OttoGeneratorAdmit(s->generator, "q_", s->q, &outside[1]));
  if (!closed) PetscFunctionReturn(0);
  PetscCall(OttoRecordResult(record, "closed_cells", (PetscReal)closed));
  PetscCall(OttoRecordResult(record, "closed_fraction", (PetscReal)closed / (PetscReal)g->cells));
  PetscCall(
      OttoRecordResult(record, "components", (PetscReal)OttoGeneratorGetComponents(s->generator)));
  PetscCall(OttoRecordResult(record, "p_restricted", outside[0]));
  if (s->q) PetscCall(OttoRecordResult(record, "q_restricted", outside[1]));
  PetscFunctionReturn(0);
}

/* What the steady state is, in words. */
static PetscErrorCode NameSteadyState(OttoRecord record, const OttoFokkerPlanck *s, const char *why)
{
  const PetscInt parts = OttoGeneratorGetComponents(s->generator);
  char text[160];

  PetscFunctionBegin;
  if (!why && OttoGeneratorIsTimeDependent(s->generator))
    why = "exp(-V/T) of the moment";
  else if (!why)
    why = !OttoGeneratorKeepsGibbs(s->generator)                  ? "solved"
          : !OttoGeneratorIsBiased(s->generator)                  ? "exp(-V/T)"
          : OttoGeneratorGetNoise(s->generator) == OTTO_NOISE_ITO ? "exp(-V/T)/M"
                                                                  : "exp(-V/T)/sqrt(M)";
  snprintf(text, sizeof text, "%s", why);
  if (parts > 1 && !OttoGeneratorIsAbsorbing(s->generator))
    snprintf(text, sizeof text, "%s, in each of %d separate parts with the mass of p there", why,
             (int)parts);
  PetscCall(OttoRecordResultText(record, "steady_state", text));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunSteadyState(OttoRecord record, OttoFokkerPlanck *s)
{
  const PetscBool moves = OttoGeneratorIsTimeDependent(s->generator);
  const char *why = NULL;
  OttoSteadyReport report = {0};

  PetscFunctionBegin;
  if (OttoGeneratorIsAbsorbing(s->generator))
    why = "with absorbing axes there is none";
  else if (moves && !OttoGeneratorKeepsGibbs(s->generator))
    why = "with a drift, and forces that depend on time, there is none that lasts";
  PetscCall(NameSteadyState(record, s, why));
  if (why) {
    PetscCall(OttoRecordNotApplicable(record, "steady_error", why));
    PetscCall(OttoRecordNotApplicable(record, "steady_change", why));
    PetscFunctionReturn(0);
  }
  s->pi_moves = moves;
  PetscCall(OttoFieldCreate(s->grid, &s->pi));
  PetscCall(OttoFieldCreate(s->grid, &s->log_pi));
  PetscErrorCode code = OttoAgree(OttoGridGetInfo(s->grid)->comm,
                                  OttoSteadyState(s->resolvent, s->pi, s->log_pi, &report));
  if (code) { /* fields that are written after a failure hold no half-made π */
    PetscCall(VecDestroy(&s->pi));
    PetscCall(VecDestroy(&s->log_pi));
  }
  PetscCall(code);
  PetscCall(OttoGeneratorWeigh(s->generator, s->p, s->pi, s->log_pi));
  PetscCall(OttoRunCheckSteadyState(record, &report));
  PetscCall(OttoRecordResult(record, "steady_error", report.error));
  PetscCall(OttoRecordResult(record, "steady_residual", report.residual));
  PetscCall(OttoRecordResult(record, "steady_iterations", (PetscReal)report.iterations));
  PetscCall(OttoRecordResult(record, "steady_linear_iterations", (PetscReal)report.linear));
  PetscFunctionReturn(0);
}

/* F and KL to the steady state, and what rounding and cells that are left out leave of
 * F - T KL(p|π): of a term x log x, x (1 + |log x|); and Σ p |log p| <= H + 2 log max p. */
static PetscErrorCode FreeEnergy(const OttoFokkerPlanck *s, const OttoObservation *seen,
                                 OttoFokkerPlanckSample *out)
{
  const PetscReal T = OttoGeneratorGetTemperature(s->generator);
  const PetscReal logs = 1 + fabs(out->d.entropy_p) + 2 * PetscMax(0, log(out->d.max_p));
  const PetscBool doubts = OttoFlowIsImplicitEuler(s->flow);
  PetscReal lowest = 0;

  PetscFunctionBegin;
  out->energy = seen->work.energy;
  out->free_energy = out->energy - T * out->d.entropy_p;
  if (OttoGeneratorGetTemperatureField(s->generator)) out->free_energy = NAN;
  out->kl_p_pi = seen->steady[0].kl;
  out->kl_q_pi = seen->steady[1].kl;
  if (!s->pi) PetscFunctionReturn(0);
  out->slope_p_pi = seen->steady[0].slope;
  out->slope_q_pi = seen->steady[1].slope;
  for (int i = 0; i < 2 && doubts; i++)
    out->left_out = PetscMax(out->left_out, seen->steady[i].left);
  out->free_left = T * seen->steady[0].terms;
  /* π = exp((min V - V)/T)/Z, and twice T log p: in F and in KL */
  PetscCall(OttoFieldRange(s->grid, OttoGeneratorGetPotential(s->generator), &lowest, NULL));
  out->free_size = 2 * seen->work.energy_size + fabs(lowest) + 2 * T * logs +
                   fabs(out->free_energy - T * out->kl_p_pi - lowest);
  PetscFunctionReturn(0);
}

/* d kl/dt of p against q, found two ways. */
static PetscErrorCode Rate(const OttoFokkerPlanck *s, const OttoPair *pair,
                           const OttoObservation *seen, OttoFokkerPlanckSample *out)
{
  PetscFunctionBegin;
  out->fisher_rel = out->kl_rate = out->residual = NAN;
  if (!s->q) PetscFunctionReturn(0);
  out->fisher_rel = out->against.dissipation[OTTO_DIVERGENCE_KL];
  out->kl_rate = out->against.rate[OTTO_DIVERGENCE_KL];
  if (pair->resolved_p > 0 && seen->positive) {
    const OttoRates *r = OttoGeneratorGetRates(s->generator);
    OttoFisher edges;
    PetscCall(OttoFisherEdgeForces(s->grid, pair, r->up, r->down, r->force, r->killed, &edges));
    out->fisher_rel = edges.dissipation[OTTO_DIVERGENCE_KL];
  }
  if (out->fisher_rel == INFINITY)
    out->kl_rate = -INFINITY; /* a sum over the other cells is none */
  out->residual = fabs(out->kl_rate + out->fisher_rel) / out->fisher_rel;
  PetscFunctionReturn(0);
}

/* A time over which potentials that the steps resolve change little: a few of the steps so far, or
 * of those to the first sample. */
static PetscErrorCode Resolved(const OttoFokkerPlanck *s, const OttoFokkerPlanckSample *now,
                               PetscReal *step)
{
  PetscFunctionBegin;
  *step = s->interval / 10;
  if (now->t > 0 && now->flow.steps > 0)
    *step = 2 * now->t / (PetscReal)now->flow.steps;
  else if (!(*step > 0))
    PetscCall(TSGetTimeStep(OttoFlowGetTS(s->flow), step));
  PetscFunctionReturn(0);
}

/* What is observed at a time, and the pair whose columns are written. */
static PetscErrorCode Observe(OttoFokkerPlanck *s, PetscReal t, PetscReal step, OttoPair *pair,
                              OttoObservation *seen)
{
  OttoPair to_pi = {.q = NULL};

  PetscFunctionBegin;
  if (!s->observer) PetscCall(OttoObserverCreate(s->generator, &s->observer));
  PetscCall(OttoFokkerPlanckPair(s, s->p, s->q ? s->q : s->p, t, pair));
  if (s->pi) PetscCall(OttoFokkerPlanckPair(s, s->p, s->pi, t, &to_pi));
  const OttoObserved of = {.p = s->p,
                           .q = s->q,
                           .pi = s->pi,
                           .log_p = pair->log_p,
                           .log_q = s->q ? pair->log_q : NULL,
                           .log_pi = to_pi.log_q,
                           .resolved_p = pair->resolved_p,
                           .resolved_q = pair->resolved_q,
                           .pi_moves = s->pi_moves,
                           .order = s->renyi_order,
                           .step = step};
  PetscCall(OttoObserverCompute(s->observer, &of, seen));
  PetscFunctionReturn(0);
}

/* How steep forces are, found again where the rates have changed. */
static PetscErrorCode Steepness(OttoFokkerPlanck *s)
{
  const PetscInt64 state = OttoGeneratorState(s->generator);
  PetscReal peclet = 0, step = 0;

  PetscFunctionBegin;
  if (s->steep && state == s->steep_state) PetscFunctionReturn(0);
  PetscCall(OttoGeneratorSteepness(s->generator, &peclet, &step));
  s->peclet = PetscMax(s->peclet, peclet);
  s->step = PetscMax(s->step, step);
  s->steep_state = state;
  s->steep = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunFokkerPlanckSample(OttoFokkerPlanck *s, PetscReal t,
                                         OttoFokkerPlanckSample *out)
{
  OttoObservation seen;
  PetscReal tau = 0;
  OttoPair pair;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(out, sizeof *out));
  out->t = t;
  PetscCall(OttoGeneratorSetTime(s->generator, t));
  PetscCall(Steepness(s));
  if (s->pi_moves) PetscCall(OttoGeneratorGibbs(s->generator, s->pi, s->log_pi));
  if (s->pi_moves) PetscCall(OttoGeneratorWeigh(s->generator, s->p, s->pi, s->log_pi));
  PetscCall(OttoFlowGetReport(s->flow, &out->flow));
  PetscCall(Resolved(s, out, &tau));
  PetscCall(Observe(s, t, tau, &pair, &seen));
  out->d = seen.d;
  out->positive_p = seen.positive_p;
  out->against = seen.against;
  out->production = seen.production;
  out->work = seen.work;
  PetscCall(Rate(s, &pair, &seen, out));
  PetscCall(FreeEnergy(s, &seen, out));
  PetscFunctionReturn(0);
}

static PetscErrorCode SaveRatio(OttoStorage storage, OttoFokkerPlanck *s, PetscInt number,
                                PetscReal t)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const PetscScalar *p, *q;
  PetscScalar *out;
  OttoPair pair;
  Vec ratio;

  PetscFunctionBegin;
  PetscCall(OttoFokkerPlanckPair(s, s->p, s->q, t, &pair));
  PetscCall(OttoFieldCreate(s->grid, &ratio));
  PetscCall(VecGetArrayRead(s->p, &p));
  PetscCall(VecGetArrayRead(s->q, &q));
  PetscCall(VecGetArray(ratio, &out));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    out[c] = p[c] > pair.resolved_p && q[c] > pair.resolved_q ? log(p[c] / q[c]) : 0;
  PetscCall(VecRestoreArray(ratio, &out));
  PetscCall(VecRestoreArrayRead(s->q, &q));
  PetscCall(VecRestoreArrayRead(s->p, &p));
  PetscCall(OttoStorageWrite(storage, number, t, "log_ratio", "1",
                             "log(p/q), 0 where either is 0 or not resolved", ratio));
  PetscCall(VecDestroy(&ratio));
  PetscFunctionReturn(0);
}

/* Densities along the values of formulas. */
static PetscErrorCode SaveObserved(OttoStorage storage, OttoFokkerPlanck *s, PetscInt number,
                                   PetscReal t)
{
  static const char *const suffixes[] = {"", "_q", "_pi"};
  static const char *const names[] = {"p", "q", "the steady state"};
  const PetscBool one = OttoGeneratorGetTemperatureField(s->generator) ? PETSC_FALSE : PETSC_TRUE;
  const PetscReal T = one ? OttoGeneratorGetTemperature(s->generator) : 0; /* no free energy then */
  const Vec of[] = {s->p, s->q, s->pi};

  PetscFunctionBegin;
  for (int k = 0; k < 3; k++)
    if (of[k])
      PetscCall(OttoRunObservablesSave(s->observables, storage, number, t, of[k], suffixes[k],
                                       names[k], T));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunSaveFokkerPlanck(OttoStorage storage, OttoFokkerPlanck *s, PetscInt number,
                                       PetscReal t)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  Vec current[OTTO_GENERATOR_MAX_DIM], mobility[OTTO_GENERATOR_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(OttoGeneratorSetTime(s->generator, t));
  PetscCall(OttoStorageWrite(storage, number, t, "p", "1/volume", "density p", s->p));
  if (s->q) PetscCall(OttoStorageWrite(storage, number, t, "q", "1/volume", "density q", s->q));
  if (s->q) PetscCall(SaveRatio(storage, s, number, t));
  PetscCall(OttoStorageWrite(storage, number, t, "potential", "energy",
                             OttoGeneratorIsBiased(s->generator)
                                 ? "potential V and what the noise of the mobility adds to it"
                                 : "potential V",
                             OttoGeneratorGetPotential(s->generator)));
  for (PetscInt j = 0; j < g->dim; j++) mobility[j] = OttoGeneratorGetMobility(s->generator, j);
  if (mobility[0])
    PetscCall(OttoStorageWriteVector(storage, number, t, "mobility", "length^2/(energy time)",
                                     "mobility along each axis (in closed cells the largest of the "
                                     "open ones)",
                                     mobility));
  if (OttoGeneratorGetTemperatureField(s->generator))
    PetscCall(OttoStorageWrite(storage, number, t, "temperature", "energy", "temperature of place",
                               OttoGeneratorGetTemperatureField(s->generator)));
  if (OttoGeneratorGetOpen(s->generator))
    PetscCall(OttoStorageWrite(storage, number, t, "open", "1",
                               "1 in open cells, 0 in closed ones (where the potential written is "
                               "the largest of the open ones)",
                               OttoGeneratorGetOpen(s->generator)));
  if (s->pi)
    PetscCall(OttoStorageWrite(storage, number, t, "steady_state", "1/volume",
                               "steady state of the generator at this time", s->pi));
  for (PetscInt j = 0; j < g->dim; j++) PetscCall(OttoFieldCreate(s->grid, &current[j]));
  PetscCall(OttoProductionCurrent(s->generator, s->p, current));
  PetscCall(OttoStorageWriteVector(storage, number, t, "current", "1/(time area)",
                                   "probability current of p", current));
  for (PetscInt j = 0; j < g->dim; j++) PetscCall(VecDestroy(&current[j]));
  PetscCall(SaveObserved(storage, s, number, t));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunStorage(OttoRecord record, OttoFokkerPlanck *s, const OttoTimes *times,
                              const OttoRelaxation *spectrum, const OttoRunMetastable *metastable,
                              OttoStorage *file)
{
  PetscBool any = spectrum->count > 0 ? PETSC_TRUE : PETSC_FALSE;
  OttoStorage storage;

  PetscFunctionBegin;
  *file = NULL;
  for (PetscInt k = 0; k < times->count; k++)
    if (times->save[k]) any = PETSC_TRUE;
  if (!any) PetscFunctionReturn(0);
  PetscCall(OttoStorageCreate(s->grid, OttoRecordGetDir(record), file));
  storage = *file;
  for (PetscInt k = 0; k < spectrum->count; k++) {
    char name[32], text[120];
    snprintf(name, sizeof name, "mode_%d", (int)k + 1);
    snprintf(text, sizeof text, "relaxation mode of rate %.6g, largest value 1",
             (double)spectrum->rate[k]);
    PetscCall(OttoStorageWriteTimeless(storage, name, "1", text, spectrum->mode[k]));
  }
  PetscCall(OttoRunSaveMetastable(storage, spectrum, metastable));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunSaveLast(OttoRecord record, OttoFokkerPlanck *s, const OttoTimes *times,
                               PetscBool stopped, OttoStorage *storage)
{
  PetscFunctionBegin;
  if (!*storage) PetscCall(OttoStorageCreate(s->grid, OttoRecordGetDir(record), storage));
  PetscCall(OttoStorageNote(*storage, times->count, OttoFlowGetTime(s->flow),
                            stopped ? "state when the run was stopped"
                                    : "state at failure: the last good one"));
  PetscCall(OttoRunSaveFokkerPlanck(*storage, s, times->count, OttoFlowGetTime(s->flow)));
  PetscCall(OttoStorageClose(storage));
  PetscFunctionReturn(0);
}

PetscReal OttoRunFokkerPlanckBytes(const OttoFokkerPlanck *s, const OttoTimes *times,
                                   PetscInt modes)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  PetscInt samples = 0;

  for (PetscInt k = 0; k < times->count; k++) samples += times->save[k];
  return OttoStorageBytes(s->grid, samples,
                          samples * (7 + 2 * g->dim) + (PetscInt)OttoRunModeFields(modes)) +
         800 * (PetscReal)times->count + OttoRunMarginalBytes(s->grid, times) +
         (PetscReal)samples * OttoRunObservablesBytes(s->observables, 3);
}
