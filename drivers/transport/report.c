/* Numbers and fields of a run of transport. */
#include "report.h"
#include <otto/storage.h>
#include <math.h>
#include <stdio.h>

PetscErrorCode OttoTransportOpen(OttoTransportRun *s)
{
  static const char *const answers[] = {"kl", "fisher_rel", "kl_bound"};
  const OttoRunColumns *c = &s->sweep.columns;
  const PetscInt dim = OttoGridGetInfo(s->grid)->dim;
  const PetscReal rows = s->sweep.run ? 700 * (PetscReal)OttoRunGetTimes(s->sweep.run)->count : 0;
  const PetscInt samples = 1 + (PetscInt)s->frames;
  const PetscReal fields =
      s->fields ? OttoStorageBytes(s->grid, samples, samples + 5 + 2 * dim) : 0;

  PetscFunctionBegin;
  PetscCall(OttoRecordOpen(
      s->record, c->count, c->column,
      OttoRunDiskBytes(s->parts ? s->parts : s->sweep.run, s->grid, 0, rows + fields)));
  if (c->count)
    PetscCall(OttoRecordAnswers(s->record, PETSC_STATIC_ARRAY_LENGTH(answers), answers));
  PetscCall(OttoRecordResultText(s->record, "p_density", s->report[0].type));
  PetscCall(OttoRecordResultText(s->record, "q_density", s->report[1].type));
  PetscCall(OttoRecordResult(s->record, "p_normalising_factor", s->report[0].factor));
  PetscCall(OttoRecordResult(s->record, "q_normalising_factor", s->report[1].factor));
  PetscCall(OttoRunDescribeInput(s->record, s->grid, "p_", &s->report[0].input));
  PetscCall(OttoRunDescribeInput(s->record, s->grid, "q_", &s->report[1].input));
  if (s->report[0].mass != s->report[1].mass)
    PetscCall(OttoRecordAside(
        s->record, PETSC_FALSE,
        isfinite(s->keys.reach) ? "masses %.6g of p and %.6g of q: sinkhorn weighs them, all else "
                                  "compares both scaled to 1"
                                : "masses %.6g of p and %.6g of q: both are scaled to 1",
        (double)s->report[0].mass, (double)s->report[1].mass));
  if (!s->sweep.run) PetscFunctionReturn(0);
  PetscCall(OttoRecordResultText(s->record, "heat_kernel", OttoHeatGetType(s->sweep.heat)));
  if (s->sweep.choice.kernel)
    PetscCall(OttoRecordResultText(s->record, "heat_kernel_reason", s->sweep.choice.reason));
  PetscFunctionReturn(0);
}

static PetscErrorCode Number(OttoRecord record, const char *name, PetscReal value)
{
  PetscFunctionBegin;
  PetscCall(OttoRecordResult(record, name, value));
  PetscFunctionReturn(0);
}

static PetscErrorCode Divergences(OttoRecord record, const OttoDivergences *d)
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < OTTO_DIVERGENCE_COUNT; k++)
    PetscCall(Number(record, OttoDivergenceNames[k], d->divergence[k]));
  PetscCall(Number(record, "entropy_p", d->entropy_p));
  PetscCall(Number(record, "entropy_q", d->entropy_q));
  PetscCall(Number(record, "cross_entropy", d->cross_entropy));
  PetscFunctionReturn(0);
}

/* An interval, how it was found, and as it closed. */
typedef struct {
  const char *name, *ended;
  PetscReal lower, upper, gap;
  PetscInt iterations, count;
  const OttoIntervalBounds *history; /* [count] */
} Interval;

static PetscErrorCode Named(OttoRecord record, const Interval *i, const char *part, PetscReal value)
{
  char whole[64];

  PetscFunctionBegin;
  snprintf(whole, sizeof whole, "%s_%s", i->name, part);
  PetscCall(OttoRecordResult(record, whole, value));
  PetscFunctionReturn(0);
}

static PetscErrorCode Say(OttoRecord record, const Interval *i)
{
  static const char *const parts[] = {"iterations", "lower", "upper"};
  PetscReal *list;
  char whole[64];

  PetscFunctionBegin;
  PetscCall(Named(record, i, "lower", i->lower));
  PetscCall(Named(record, i, "upper", i->upper));
  PetscCall(Named(record, i, "gap", i->gap));
  PetscCall(Named(record, i, "iterations", i->iterations));
  snprintf(whole, sizeof whole, "%s_ended", i->name);
  PetscCall(OttoRecordResultText(record, whole, i->ended));
  PetscCall(PetscMalloc1(3 * i->count + 1, &list));
  for (PetscInt k = 0; k < i->count; k++) {
    list[k] = i->history[k].iteration;
    list[i->count + k] = i->history[k].lower;
    list[2 * i->count + k] = i->history[k].upper;
  }
  for (PetscInt k = 0; k < 3; k++) {
    snprintf(whole, sizeof whole, "%s_history_%s", i->name, parts[k]);
    PetscCall(OttoRecordResultList(record, whole, i->count, list + k * i->count));
  }
  PetscCall(PetscFree(list));
  PetscFunctionReturn(0);
}

static PetscErrorCode W2(OttoRecord record, const OttoWassersteinResult *w)
{
  const Interval i = {.name = "w2",
                      .ended = OttoWassersteinReasons[w->reason],
                      .lower = w->lower,
                      .upper = w->upper,
                      .gap = w->gap,
                      .iterations = w->iterations,
                      .count = w->count,
                      .history = w->history};

  PetscFunctionBegin;
  PetscCall(Say(record, &i));
  PetscCall(Number(record, "w2_cell_bias", w->cell_bias));
  if (w->reason != OTTO_WASSERSTEIN_EXACT && w->reason != OTTO_WASSERSTEIN_REACHED)
    PetscCall(OttoRecordAdvice(record, "w2_gap",
                               w->reason == OTTO_WASSERSTEIN_LIMIT
                                   ? "the interval holds, and may close further: raise "
                                     "transport_iterations"
                                   : "the interval holds, but no longer closes: more cells, or a "
                                     "larger transport_gap"));
  PetscFunctionReturn(0);
}

static PetscErrorCode W1(OttoRecord record, const OttoBeckmannResult *w)
{
  const Interval i = {.name = "w1",
                      .ended = OttoBeckmannReasons[w->reason],
                      .lower = w->lower,
                      .upper = w->upper,
                      .gap = w->gap,
                      .iterations = w->iterations,
                      .count = w->count,
                      .history = w->history};

  PetscFunctionBegin;
  PetscCall(Say(record, &i));
  PetscCall(Number(record, "w1_to_atoms", w->to_atoms));
  if (w->reason == OTTO_BECKMANN_LIMIT)
    PetscCall(OttoRecordAdvice(record, "w1_gap",
                               "the interval holds, and may close further: raise w1_iterations"));
  if (w->reason == OTTO_BECKMANN_STAGNATES)
    PetscCall(OttoRecordAdvice(record, "w1_gap",
                               "the interval holds, but no longer closes: more cells, or a larger "
                               "w1_gap"));
  PetscFunctionReturn(0);
}

static PetscErrorCode Sinkhorn(OttoRecord record, const OttoSinkhornResult *k)
{
  PetscFunctionBegin;
  PetscCall(Number(record, "sinkhorn", k->divergence));
  PetscCall(Number(record, "sinkhorn_error", k->error));
  PetscCall(Number(record, "sinkhorn_cost", k->pq.value));
  PetscCall(Number(record, "sinkhorn_epsilon", k->epsilon));
  PetscCall(Number(record, "sinkhorn_marginal", k->marginal));
  PetscCall(Number(record, "sinkhorn_mass", k->pq.mass));
  PetscCall(Number(record, "sinkhorn_iterations", (PetscReal)k->iterations));
  PetscCall(OttoRecordResultText(record, "sinkhorn_ended", OttoSinkhornReasons[k->reason]));
  if (k->reason == OTTO_SINKHORN_LIMIT)
    PetscCall(OttoRecordAdvice(record, "sinkhorn_marginal",
                               "raise sinkhorn_iterations, or sinkhorn_epsilon"));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransportReport(OttoTransportRun *s, const OttoTransportNumbers *n)
{
  PetscFunctionBegin;
  PetscCall(Divergences(s->record, &n->d));
  PetscCall(W2(s->record, &n->w2));
  PetscCall(W1(s->record, &n->w1));
  PetscCall(Sinkhorn(s->record, &n->sinkhorn));
  PetscCall(Number(s->record, "mmd2", n->mmd2));
  PetscCall(Number(s->record, "mmd_time", s->keys.mmd_time));
  PetscCall(Number(s->record, "energy_distance", n->energy_distance));
  PetscCall(Number(s->record, "h_minus_1", n->h_minus_1));
  PetscFunctionReturn(0);
}

/* Vectors of d fields. */
static PetscErrorCode SaveVectors(OttoTransportRun *s, OttoStorage storage)
{
  const PetscInt dim = OttoGridGetInfo(s->grid)->dim;
  Vec v[OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < dim; j++) PetscCall(OttoFieldCreate(s->grid, &v[j]));
  PetscCall(OttoWassersteinGetMap(s->solvers.w2, v));
  PetscCall(OttoStorageWriteVector(storage, 0, 0, "map", "length",
                                   "where the map takes each cell's mass: T(x) - x", v));
  PetscCall(OttoBeckmannGetFlux(s->solvers.w1, v));
  PetscCall(OttoStorageWriteVector(storage, 0, 0, "flux", "length/volume",
                                   "least flux from p to q (W1), its mean in each cell", v));
  for (PetscInt j = 0; j < dim; j++) PetscCall(VecDestroy(&v[j]));
  PetscFunctionReturn(0);
}

static PetscErrorCode SavePotentials(OttoTransportRun *s, OttoStorage storage)
{
  Vec phi, psi, u;

  PetscFunctionBegin;
  PetscCall(OttoWassersteinGetPotentials(s->solvers.w2, &phi, &psi));
  PetscCall(OttoStorageWrite(storage, 0, 0, "phi", "length^2",
                             "Kantorovich potential on p's side, cost |x-y|^2/2", phi));
  PetscCall(OttoStorageWrite(storage, 0, 0, "psi", "length^2",
                             "Kantorovich potential on q's side: phi(x) + psi(y) <= |x-y|^2/2",
                             psi));
  PetscCall(OttoBeckmannGetPotential(s->solvers.w1, &u));
  PetscCall(OttoStorageWrite(storage, 0, 0, "w1_potential", "length",
                             "potential of W1, of slope 1 at most", u));
  PetscFunctionReturn(0);
}

/* ((1-s) id + s T)# p at s = 0 … 1, as samples 1 … of times s. */
static PetscErrorCode SaveFrames(OttoTransportRun *run, OttoStorage storage)
{
  Vec frame;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(run->grid, &frame));
  for (PetscInt k = 0; k < run->frames; k++) {
    const PetscReal at = (PetscReal)k / (PetscReal)(run->frames - 1);
    PetscReal mass;
    PetscCall(OttoWassersteinFrame(run->solvers.w2, at, frame));
    PetscCall(OttoFieldIntegral(run->grid, frame, &mass));
    PetscCall(OttoRecordCheck(run->record, "frame_mass", fabs(mass - 1), at));
    PetscCall(OttoStorageWrite(storage, k + 1, at, "frame", "1/volume",
                               "displacement interpolation from p to q; its time is the share of "
                               "the way",
                               frame));
  }
  PetscCall(VecDestroy(&frame));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransportSave(OttoTransportRun *s)
{
  PetscFunctionBegin;
  if (!s->frames)
    PetscCall(OttoRecordNotApplicable(s->record, "frame_mass", "transport_frames is 0"));
  if (!s->fields) PetscFunctionReturn(0);
  PetscCall(OttoStorageCreate(s->grid, OttoRecordGetDir(s->record), &s->storage));
  PetscCall(OttoStorageWrite(s->storage, 0, 0, "p", "1/volume", "density p", s->p));
  PetscCall(OttoStorageWrite(s->storage, 0, 0, "q", "1/volume", "density q", s->q));
  PetscCall(SavePotentials(s, s->storage));
  PetscCall(SaveVectors(s, s->storage));
  PetscCall(SaveFrames(s, s->storage));
  PetscFunctionReturn(0);
}
