/* One sample of a Fokker-Planck run, and what it leaves behind. */
#include "run/pair.h"
#include "pair.h"
#include "chain/slopes.h"
#include <otto/options.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Relative rounding of Qᵀπ in a cell: of some six flows, each as good as the π's it is made of. */
#define STEADY_ROUNDING 1e-13

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
    why = OttoGeneratorIsConservative(s->generator) ? "exp(-V/T)" : "solved";
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
  else if (moves && !OttoGeneratorIsConservative(s->generator))
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

/* ∫ V p and ∫ |V p|. */
static PetscErrorCode Energy(const OttoFokkerPlanck *s, PetscReal *energy, PetscReal *size)
{
  const PetscScalar *p, *V;
  OttoSum sum[2] = {{0, 0}, {0, 0}};
  Vec potential = OttoGeneratorGetPotential(s->generator);

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(s->p, &p));
  PetscCall(VecGetArrayRead(potential, &V));
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoSumAdd(&sum[0], p[c] * V[c]);
    OttoSumAdd(&sum[1], fabs(p[c] * V[c]));
  }
  PetscCall(VecRestoreArrayRead(potential, &V));
  PetscCall(VecRestoreArrayRead(s->p, &p));
  PetscCall(OttoSumReduce(g->comm, 2, sum));
  *energy = OttoSumValue(sum[0]) * g->cell_volume;
  *size = OttoSumValue(sum[1]) * g->cell_volume;
  PetscFunctionReturn(0);
}

/* KL(p|π) where π may have underflowed: then by logarithms. slope: largest |log(p/π)|.
 * left: at least the mass of cells that solves did not get right and KL therefore leaves out;
 * terms: Σ p (|log p| + |log π|) of all that it leaves out. */
static PetscErrorCode KLToSteady(const OttoFokkerPlanck *s, Vec p, PetscReal t, PetscReal *kl,
                                 PetscReal *slope, PetscReal *left, PetscReal *terms)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const PetscBool doubts = OttoFlowIsImplicitEuler(s->flow);
  PetscReal out[2] = {0, 0};
  const PetscScalar *values, *log_pi, *given = NULL;
  PetscScalar *logs;
  OttoDivergences d;
  OttoPair pair;
  Vec log_p;

  PetscFunctionBegin;
  PetscCall(OttoFokkerPlanckPair(s, p, s->pi, t, &pair));
  PetscCall(OttoFieldCreate(s->grid, &log_p));
  PetscCall(VecGetArrayRead(p, &values));
  PetscCall(VecGetArrayRead(s->log_pi, &log_pi));
  PetscCall(VecGetArray(log_p, &logs));
  *slope = 0;
  if (pair.log_p) PetscCall(VecGetArrayRead(pair.log_p, &given));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    logs[c] = given ? given[c] : values[c] > 0 ? log(values[c]) : -INFINITY;
    if (logs[c] > -INFINITY && (values[c] > pair.resolved_p || pair.resolved_p == 0)) {
      *slope = PetscMax(*slope, fabs(logs[c] - log_pi[c]));
    } else if (values[c] != 0) {
      out[0] += doubts ? values[c] : 0;
      out[1] += fabs(values[c]) * (fabs(log(fabs(values[c]))) + fabs(log_pi[c]) + 1);
    }
  }
  if (pair.log_p) PetscCall(VecRestoreArrayRead(pair.log_p, &given));
  PetscCall(VecRestoreArray(log_p, &logs));
  PetscCall(VecRestoreArrayRead(s->log_pi, &log_pi));
  PetscCall(VecRestoreArrayRead(p, &values));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, slope, 1, MPIU_REAL, MPIU_MAX, g->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, out, 2, MPIU_REAL, MPIU_SUM, g->comm));
  *left = PetscMax(*left, out[0] * g->cell_volume);
  *terms = out[1] * g->cell_volume;
  pair.log_p = log_p;
  pair.log_q = s->log_pi;
  PetscCall(OttoDivergenceCompute(s->grid, &pair, OTTO_MASK(OTTO_DIVERGENCE_KL), 0.5, &d));
  PetscCall(VecDestroy(&log_p));
  *kl = d.divergence[OTTO_DIVERGENCE_KL];
  PetscFunctionReturn(0);
}

/* F and KL to the steady state, and what rounding and cells that are left out leave of
 * F - T KL(p|π): of a term x log x, x (1 + |log x|); and Σ p |log p| <= H + 2 log max p. */
static PetscErrorCode FreeEnergy(const OttoFokkerPlanck *s, OttoFokkerPlanckSample *out)
{
  const PetscReal T = OttoGeneratorGetTemperature(s->generator), t = out->t;
  const PetscReal logs = 1 + fabs(out->d.entropy_p) + 2 * PetscMax(0, log(out->d.max_p));
  PetscReal lowest = 0, unused = 0;

  PetscFunctionBegin;
  PetscCall(Energy(s, &out->energy, &out->free_size));
  out->free_energy = out->energy - T * out->d.entropy_p;
  out->kl_p_pi = out->kl_q_pi = NAN;
  if (!s->pi) PetscFunctionReturn(0);
  PetscCall(
      KLToSteady(s, s->p, t, &out->kl_p_pi, &out->slope_p_pi, &out->left_out, &out->free_left));
  if (s->q)
    PetscCall(KLToSteady(s, s->q, t, &out->kl_q_pi, &out->slope_q_pi, &out->left_out, &unused));
  /* π = exp((min V - V)/T)/Z, and twice T log p: in F and in KL */
  PetscCall(OttoFieldRange(s->grid, OttoGeneratorGetPotential(s->generator), &lowest, NULL));
  out->free_size = 2 * out->free_size + fabs(lowest) + 2 * T * logs +
                   fabs(out->free_energy - T * out->kl_p_pi - lowest);
  out->free_left *= T;
  PetscFunctionReturn(0);
}

/* Entropy production, and what rounding and the residual of π leave of its identities. */
static PetscErrorCode Production(OttoFokkerPlanck *s, Vec weight, Vec image,
                                 OttoFokkerPlanckSample *out)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const PetscScalar *p, *w, *r, *pi, *log_pi;
  PetscReal sums[3] = {0, 0, 0};
  OttoPair pair;

  PetscFunctionBegin;
  PetscCall(OttoFokkerPlanckPair(s, s->p, s->p, out->t, &pair));
  if (out->positive_p) pair.resolved_p = 0; /* the identities hold for noise as well */
  PetscCall(OttoProductionComputeLogs(s->generator, s->p, pair.log_p, s->pi, s->log_pi,
                                      pair.resolved_p, &out->production));
  PetscCall(OttoLeaveWeight(s->generator, 1, s->p, weight));
  if (s->pi) PetscCall(OttoGeneratorApply(s->generator, s->pi, image));
  PetscCall(VecGetArrayRead(s->p, &p));
  PetscCall(VecGetArrayRead(weight, &w));
  PetscCall(VecGetArrayRead(image, &r));
  if (s->pi) PetscCall(VecGetArrayRead(s->pi, &pi));
  if (s->pi) PetscCall(VecGetArrayRead(s->log_pi, &log_pi));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (!(p[c] > 0)) continue;
    sums[2] += w[c];
    sums[0] += PetscSqr(w[c] * (1 + fabs(log(p[c])) + (s->pi ? fabs(log_pi[c]) : 0)));
    if (s->pi && pi[c] > 0) sums[1] += p[c] / pi[c] * fabs(r[c]);
  }
  if (s->pi) PetscCall(VecRestoreArrayRead(s->log_pi, &log_pi));
  if (s->pi) PetscCall(VecRestoreArrayRead(s->pi, &pi));
  PetscCall(VecRestoreArrayRead(image, &r));
  PetscCall(VecRestoreArrayRead(weight, &w));
  PetscCall(VecRestoreArrayRead(s->p, &p));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sums, 3, MPIU_REAL, MPIU_SUM, g->comm));
  out->production_noise = 4 * PETSC_MACHINE_EPSILON * sqrt(sums[0]) * g->cell_volume;
  /* a π good to rounding in every cell leaves no more than this; one that is not must be noticed */
  sums[1] = PetscMin(sums[1], STEADY_ROUNDING * sums[2]);
  out->steady_noise = sums[1] * g->cell_volume;
  PetscFunctionReturn(0);
}

/* What compares p with q; without a q, what concerns p alone. */
static PetscErrorCode Compare(OttoFokkerPlanck *s, PetscReal t, Vec work[],
                              OttoFokkerPlanckSample *out)
{
  Vec other = OttoFokkerPlanckOther(s);
  OttoPair pair;

  PetscFunctionBegin;
  PetscCall(OttoFokkerPlanckPair(s, s->p, s->q ? s->q : s->p, t, &pair));
  PetscCall(OttoDivergenceCompute(s->grid, &pair, OTTO_MASK_ALL, s->renyi_order, &out->d));
  PetscCall(OttoGeneratorLeast(s->generator, s->p, &out->d.min_p)); /* where there are states */
  if (s->q) PetscCall(OttoGeneratorLeast(s->generator, s->q, &out->d.min_q));
  if (!s->q) {
    for (PetscInt k = 0; k < OTTO_DIVERGENCE_COUNT; k++) out->d.divergence[k] = NAN;
    out->d.mass_q = out->d.min_q = out->d.max_q = out->d.entropy_q = out->d.cross_entropy = NAN;
    out->d.unreliable_p = out->d.unreliable_q = 0;
  }
  /* the identity holds for any positive numbers, noise among them */
  PetscCall(OttoFokkerPlanckPositive(s, s->p, &out->positive_p));
  PetscBool positive = out->positive_p;
  if (s->q && positive) PetscCall(OttoFokkerPlanckPositive(s, s->q, &positive));
  out->fisher_rel = out->kl_rate = out->residual = NAN;
  if (!other) PetscFunctionReturn(0);
  OttoPair against;
  PetscCall(OttoFokkerPlanckPair(s, s->p, other, t, &against));
  if (positive) against.resolved_p = against.resolved_q = 0;
  PetscCall(OttoDissipationCompute(s->generator, &against, work[0], work[1], work[2], work[3],
                                   &out->against));
  if (!s->q) PetscFunctionReturn(0);
  out->fisher_rel = out->against.dissipation[OTTO_DIVERGENCE_KL];
  out->kl_rate = out->against.rate[OTTO_DIVERGENCE_KL];
  if (pair.resolved_p > 0 && positive) {
    const OttoRates *r = OttoGeneratorGetRates(s->generator);
    OttoFisher edges;
    PetscCall(OttoFisherEdgeForces(s->grid, &pair, r->up, r->down, r->force, r->killed, &edges));
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

PetscErrorCode OttoRunFokkerPlanckSample(OttoFokkerPlanck *s, PetscReal t,
                                         OttoFokkerPlanckSample *out)
{
  Vec work[4];

  PetscFunctionBegin;
  PetscCall(PetscMemzero(out, sizeof *out));
  out->t = t;
  PetscCall(OttoGeneratorSetTime(s->generator, t));
  PetscReal peclet = 0, step = 0;
  PetscCall(OttoGeneratorSteepness(s->generator, &peclet, &step));
  s->peclet = PetscMax(s->peclet, peclet);
  s->step = PetscMax(s->step, step);
  if (s->pi_moves) PetscCall(OttoGeneratorGibbs(s->generator, s->pi, s->log_pi));
  if (s->pi_moves) PetscCall(OttoGeneratorWeigh(s->generator, s->p, s->pi, s->log_pi));
  for (int i = 0; i < 4; i++) PetscCall(OttoFieldCreate(s->grid, &work[i]));
  PetscCall(Compare(s, t, work, out));
  PetscCall(FreeEnergy(s, out));
  PetscCall(Production(s, work[0], work[1], out));
  PetscCall(OttoFlowGetReport(s->flow, &out->flow));
  PetscReal tau = 0;
  PetscCall(Resolved(s, out, &tau));
  PetscCall(OttoWorkCompute(s->generator, s->p, tau, &out->work));
  for (int i = 0; i < 4; i++) PetscCall(VecDestroy(&work[i]));
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

PetscErrorCode OttoRunSaveFokkerPlanck(OttoStorage storage, OttoFokkerPlanck *s, PetscInt number,
                                       PetscReal t)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  Vec current[OTTO_GENERATOR_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(OttoGeneratorSetTime(s->generator, t));
  PetscCall(OttoStorageWrite(storage, number, t, "p", "1/volume", "density p", s->p));
  if (s->q) PetscCall(OttoStorageWrite(storage, number, t, "q", "1/volume", "density q", s->q));
  if (s->q) PetscCall(SaveRatio(storage, s, number, t));
  PetscCall(OttoStorageWrite(storage, number, t, "potential", "energy", "potential V",
                             OttoGeneratorGetPotential(s->generator)));
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
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunStorage(OttoRecord record, OttoFokkerPlanck *s, const OttoTimes *times,
                              const OttoRelaxation *spectrum, OttoStorage *file)
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
  return OttoStorageBytes(s->grid, samples, samples * (6 + g->dim) + modes) +
         800 * (PetscReal)times->count + OttoRunMarginalBytes(s->grid, times);
}
