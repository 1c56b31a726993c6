#include "sweep.h"
#include "run/pair.h"
#include <otto/options.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* What of mass, or of kl, at open faces matters: as dissipation has it. */
#define EDGE_SHARE 1e-13

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
  PetscCall(PetscMalloc1(OttoRunGetTimes(s->run)->count, &s->sample));
  PetscCall(OttoRunColumnsCreate(grid, OTTO_TRANSPORT_COLUMNS, columns, 2, &s->columns));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransportSweepDestroy(OttoTransportSweep *s)
{
  PetscFunctionBegin;
  if (s->tempering) PetscCall(OttoTemperedDestroy(&s->tempering));
  if (s->heat) PetscCall(OttoHeatDestroy(&s->heat));
  PetscCall(PetscFree(s->sample));
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
  if (now->t == 0) PetscFunctionReturn(0);
  if (OttoHeatIsLattice(s->heat))
    PetscCall(OttoRecordNotApplicable(record, "tempered_bound",
                                      "the chain's kernel is not the continuum's (lattice_exact)"));
  else
    PetscCall(OttoRecordCheck(record, "tempered_bound",
                              now->d.divergence[OTTO_DIVERGENCE_KL] / bound - 1, now->t));
  PetscFunctionReturn(0);
}

/* Mass of an open box leaks. */
static PetscBool Leaks(const OttoTransportSweep *s, const OttoTemperedSample *now)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);

  for (PetscInt j = 0; j < g->dim; j++)
    if (g->boundary[j] == OTTO_BOUNDARY_OPEN)
      return PetscMin(now->d.mass_p, now->d.mass_q) < 1 - EDGE_SHARE ? PETSC_TRUE : PETSC_FALSE;
  return PETSC_FALSE;
}

static PetscErrorCode CheckRate(OttoRecord record, const OttoTemperedSample *now)
{
  const PetscReal kl = now->d.divergence[OTTO_DIVERGENCE_KL];
  PetscReal bound = 0;

  PetscFunctionBegin;
  PetscCall(OttoRecordBound(record, "rate", &bound));
  if (now->t == 0) PetscFunctionReturn(0);
  if (kl < OttoPairKnowable(bound))
    PetscCall(OttoRecordNotApplicable(record, "rate", OTTO_PAIR_BELOW));
  else if (!now->beyond && now->edge[OTTO_DIVERGENCE_KL] > EDGE_SHARE)
    PetscCall(OttoRecordNotApplicable(record, "rate", "kl has a part at an open face"));
  else
    PetscCall(OttoRecordCheck(record, "rate", now->residual, now->t));
  PetscFunctionReturn(0);
}

static PetscErrorCode Check(OttoRecord record, const OttoTransportSweep *s,
                            const OttoTemperedSample *now, PetscReal bound)
{
  static const char leaks[] = "mass has leaked through an open axis";
  const PetscBool leaked = Leaks(s, now);

  PetscFunctionBegin;
  PetscCall(OttoCheckInequalities(record, now->t, &now->d, leaked ? leaks : NULL, NULL));
  if (leaked)
    PetscCall(OttoRecordNotApplicable(record, "mass", leaks));
  else
    PetscCall(OttoRecordCheck(record, "mass",
                              PetscMax(fabs(now->d.mass_p - 1), fabs(now->d.mass_q - 1)), now->t));
  PetscCall(CheckRate(record, now));
  PetscCall(CheckBound(record, s, now, bound));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransportSweepTake(OttoTransportSweep *s, PetscInt k)
{
  const OttoTimes *times = OttoRunGetTimes(s->run);

  PetscFunctionBegin;
  for (; s->taken <= k; s->taken++)
    PetscCall(OttoTemperedTakeSample(s->tempering, times->t[s->taken], &s->sample[s->taken]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransportSweepRun(OttoRecord record, OttoTransportSweep *s,
                                     const PetscReal *w2_upper)
{
  OttoTemperedSample now;
  PetscReal row[OTTO_TRANSPORT_COLUMNS + 2 * OTTO_MAX_MOMENTS], t = 0;
  const OttoPair *pair = NULL;
  PetscInt k = 0;
  char said[120];

  PetscFunctionBegin;
  while (OttoRunNext(s->run, &k, &t)) {
    const PetscReal bound = t > 0 ? PetscSqr(*w2_upper) / (4 * t) : INFINITY;
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
    s->sample[s->taken++] = now;
    snprintf(said, sizeof said, "t = %-9.4g  KL = %-10.6g  W2^2/4t <= %-10.6g", (double)t,
             (double)now.d.divergence[OTTO_DIVERGENCE_KL], (double)bound);
    PetscCall(OttoRunProgress(s->run, said));
  }
  PetscFunctionReturn(0);
}
