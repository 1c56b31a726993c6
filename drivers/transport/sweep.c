#include "sweep.h"
#include "run/pair.h"
#include <otto/options.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const OttoRunColumn columns[OTTO_TRANSPORT_COLUMNS] = {
#define OTTO_COLUMN(name, unit, kind, sentence, value) OTTO_COLUMN_LINE(name, unit, kind, sentence)
#include "series.def"
#undef OTTO_COLUMN
};

static void Row(const OttoTemperedSample *s, PetscReal kl_bound, PetscReal row[])
{
#define OTTO_COLUMN(name, unit, kind, sentence, value)                                             \
  row[OTTO_TRANSPORT_##name] = (PetscReal)(value);
#include "series.def"
#undef OTTO_COLUMN
}

/* Whether any time is asked for. */
static PetscErrorCode IsAsked(PetscBool *asked)
{
  static const char *const keys[] = {"time_start", "time_stop", "time_samples", "time_spacing"};

  PetscFunctionBegin;
  *asked = PETSC_FALSE;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(keys); i++) {
    const char *text;
    PetscCall(OttoOptionsGetText(NULL, keys[i], &text));
    if (text) *asked = PETSC_TRUE;
  }
  PetscFunctionReturn(0);
}

/* The kernel by name, or chosen for these times by what the checks ask for. */
static PetscErrorCode ChooseKernel(OttoRecord record, OttoTransportSweep *s, Vec p, Vec q)
{
  const OttoTimes *times = OttoRunGetTimes(s->run);
  OttoKernelBounds bounds = {.edges = PETSC_FALSE, .kink = 1e-2};

  PetscFunctionBegin;
  PetscCall(OttoHeatCreate(s->grid, &s->heat));
  PetscCall(OttoHeatSetType(s->heat, "auto"));
  PetscCall(OttoHeatSetFromOptions(s->heat));
  OttoCheckInput(OttoHeatIsAuto(s->heat) || OttoHeatIsExact(s->heat),
                 "heat_kernel: %s knows cells to rounding of the largest alone; transport takes "
                 "auto, gaussian_exact or lattice_exact",
                 OttoHeatGetType(s->heat));
  if (OttoHeatIsAuto(s->heat)) {
    PetscCall(OttoRecordBound(record, "mass", &bounds.mass));
    PetscCall(OttoRecordBound(record, "rate", &bounds.rate));
    bounds.divergence = bounds.rate;
    PetscCall(
        OttoTemperedChoose(s->grid, s->heat, p, q, times->count, times->t, &bounds, &s->choice));
  }
  PetscCall(OttoHeatSetUp(s->heat));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransportSweepCreate(OttoRecord record, OttoGrid grid, Vec p, Vec q,
                                        PetscBool smooth, OttoTransportSweep *s)
{
  static const OttoTimesDefaults defaults = {.start_required = PETSC_TRUE,
                                             .spacing = OTTO_SPACING_LOG};
  PetscBool asked;

  PetscFunctionBegin;
  PetscCall(IsAsked(&asked));
  if (!asked) PetscFunctionReturn(0);
  s->grid = grid;
  PetscCall(OttoRunCreate(record, &defaults, &s->run));
  PetscCall(ChooseKernel(record, s, p, q));
  PetscCall(OttoTemperedCreate(grid, s->heat, p, q, smooth, &s->tempering));
  PetscCall(OttoTemperedSetFromOptions(s->tempering));
  PetscCall(OttoRunColumnsCreate(grid, OTTO_TRANSPORT_COLUMNS, columns, 2, &s->columns));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransportSweepDestroy(OttoTransportSweep *s)
{
  PetscFunctionBegin;
  if (s->tempering) PetscCall(OttoTemperedDestroy(&s->tempering));
  if (s->heat) PetscCall(OttoHeatDestroy(&s->heat));
  PetscCall(OttoRunDestroy(&s->run));
  if (s->columns.count) PetscCall(OttoRunColumnsDestroy(&s->columns));
  PetscFunctionReturn(0);
}

/* KL(K_t p|K_t q) ≤ W2²/4t: by the joint convexity of KL it is at most the mean of KL between the
 * kernels at both ends of a plan, which for the continuum's is |x-y|²/4t, or less where they are
 * folded at walls or round the torus. */
static PetscErrorCode CheckBound(OttoRecord record, const OttoTransportSweep *s,
                                 const OttoTemperedSample *now, PetscReal bound)
{
  PetscFunctionBegin;
  if (now->t == 0 || OttoHeatIsLattice(s->heat))
    PetscCall(OttoRecordNotApplicable(
        record, "tempered_bound",
        now->t == 0 ? "t = 0" : "the chain's kernel is not the continuum's (lattice_exact)"));
  else
    PetscCall(OttoRecordCheck(record, "tempered_bound",
                              now->d.divergence[OTTO_DIVERGENCE_KL] / bound - 1, now->t));
  PetscFunctionReturn(0);
}

static PetscErrorCode Check(OttoRecord record, const OttoTransportSweep *s,
                            const OttoTemperedSample *now, PetscReal bound)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  PetscBool open = PETSC_FALSE;
  PetscReal rate;

  PetscFunctionBegin;
  PetscCall(OttoRecordBound(record, "rate", &rate));
  for (PetscInt j = 0; j < g->dim; j++)
    if (g->boundary[j] == OTTO_BOUNDARY_OPEN) open = PETSC_TRUE;
  PetscCall(OttoCheckInequalities(record, now->t, &now->d,
                                  open && now->t > 0 ? "mass leaves an open box" : NULL, NULL));
  if (open && now->t > 0)
    PetscCall(OttoRecordNotApplicable(record, "mass", "mass leaves an open box"));
  else
    PetscCall(OttoRecordCheck(record, "mass",
                              PetscMax(fabs(now->d.mass_p - 1), fabs(now->d.mass_q - 1)), now->t));
  if (isnan(now->residual))
    PetscCall(OttoRecordNotApplicable(record, "rate", "t = 0, or both densities are equal"));
  else if (now->t > 0 && now->d.divergence[OTTO_DIVERGENCE_KL] < OttoPairKnowable(rate))
    PetscCall(OttoRecordNotApplicable(record, "rate", OTTO_PAIR_BELOW));
  else if (now->t > 0 && open && !now->beyond)
    PetscCall(OttoRecordNotApplicable(record, "rate", "kl has a part at an open face"));
  else if (now->t > 0)
    PetscCall(OttoRecordCheck(record, "rate", now->residual, now->t));
  PetscCall(CheckBound(record, s, now, bound));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransportSweepRun(OttoRecord record, OttoTransportSweep *s, PetscReal w2_upper)
{
  OttoTemperedSample now;
  PetscReal row[OTTO_TRANSPORT_COLUMNS + 2 * OTTO_MAX_MOMENTS], t = 0;
  const OttoPair *pair = NULL;
  PetscInt k = 0;
  char said[120];

  PetscFunctionBegin;
  while (OttoRunNext(s->run, &k, &t)) {
    const PetscReal bound = t > 0 ? w2_upper * w2_upper / (4 * t) : INFINITY;
    PetscCall(OttoRecordStageBegin(record, "samples"));
    PetscCall(OttoTemperedTakeSample(s->tempering, t, &now));
    PetscCall(OttoTemperedGetPair(s->tempering, &pair));
    PetscCall(OttoRunColumnsMoments(&s->columns, 0, pair->p, row));
    PetscCall(OttoRunColumnsMoments(&s->columns, 1, pair->q, row));
    PetscCall(OttoRecordStageEnd(record));
    PetscCall(Check(record, s, &now, bound));
    Row(&now, bound, row);
    PetscCall(OttoRunColumnsNotDefined(&s->columns, record, t, row));
    PetscCall(OttoRecordRow(record, row));
    snprintf(said, sizeof said, "t = %-9.4g  KL = %-10.6g  W2^2/4t <= %-10.6g", (double)t,
             (double)now.d.divergence[OTTO_DIVERGENCE_KL], (double)bound);
    PetscCall(OttoRunProgress(s->run, said));
  }
  PetscFunctionReturn(0);
}
