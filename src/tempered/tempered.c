#include <otto/options.h>
#include <otto/tempered.h>
#include "tempered_impl.h"
#include "core/fault.h"
#include <math.h>

/* With an FFT kernel a cell is resolved where the density exceeds this share of its maximum. */
#define RESOLUTION 1e-14
/* Densities of this OttoHeatRoughness() are smooth: what their spectra cut off does not matter to a
 * slope that is checked to 1e-5. */
#define SMOOTH 1e-8

PetscErrorCode OttoTemperedCreate(OttoGrid grid, OttoHeat heat, Vec p0, Vec q0, PetscBool smooth,
                                  OttoTempered *tempering)
{
  OttoTempered s;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  OttoNeedHeat(heat);
  PetscCall(PetscNew(&s));
  *tempering = s;
  s->grid = grid;
  s->heat = heat;
  s->smooth = smooth;
  s->form = OttoHeatGetFisherForm(heat);
  s->renyi_order = 0.5;
  s->entropy_p0 = NAN;
  s->field[OTTO_TEMPERED_P0] = p0;
  s->field[OTTO_TEMPERED_Q0] = q0;
  PetscCall(PetscObjectReference((PetscObject)p0));
  PetscCall(PetscObjectReference((PetscObject)q0));
  PetscCall(OttoHeatSourceCreate(heat, p0, &s->source_p));
  PetscCall(OttoHeatSourceCreate(heat, q0, &s->source_q));
  if (!OttoHeatIsExact(heat)) {
    PetscReal rough_p, rough_q;
    PetscCall(OttoHeatRoughness(heat, s->source_p, p0, &rough_p));
    PetscCall(OttoHeatRoughness(heat, s->source_q, q0, &rough_q));
    s->smooth = PetscMax(rough_p, rough_q) <= SMOOTH ? PETSC_TRUE : PETSC_FALSE;
    for (PetscInt j = 0; j < OttoGridGetInfo(grid)->dim; j++) /* a tail of one mode says nothing */
      if (OttoGridGetInfo(grid)->n[j] == 2 || OttoGridGetInfo(grid)->n[j] == 3)
        s->smooth = PETSC_FALSE;
  }
  PetscCall(OttoTemperedRatios(s));
  PetscCall(OttoFieldCreate(grid, &s->field[OTTO_TEMPERED_P]));
  PetscCall(OttoFieldCreate(grid, &s->field[OTTO_TEMPERED_Q]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperedDestroy(OttoTempered *tempering)
{
  OttoTempered s = *tempering;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  PetscCall(OttoHeatSourceDestroy(&s->source_p));
  PetscCall(OttoHeatSourceDestroy(&s->source_q));
  for (int i = 0; i < OTTO_TEMPERED_FIELDS; i++) PetscCall(VecDestroy(&s->field[i]));
  PetscCall(PetscFree(*tempering));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperedSetFisherForm(OttoTempered s, OttoFisherForm form)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);

  PetscFunctionBegin;
  PetscCall(OttoHeatCheckFisherForm(s->heat, form));
  for (PetscInt j = 0; j < g->dim; j++)
    OttoCheckInput(form != OTTO_FISHER_FD4 || g->boundary[j] != OTTO_BOUNDARY_OPEN,
                   "fisher_form: %s needs periodic or no_flux axes; axis %d is open",
                   OttoFisherForms[form], (int)j + 1);
  s->form = form;
  s->rated = PETSC_FALSE; /* a sample has its dissipation with them */
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperedSetFromOptions(OttoTempered s)
{
  PetscInt form = s->form;
  PetscBool set;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetChoice(NULL, "fisher_form", OttoFisherForms, &form, &set));
  if (set) PetscCall(OttoTemperedSetFisherForm(s, (OttoFisherForm)form));
  PetscCall(OttoOptionsGetReal(NULL, "renyi_order", 0, INFINITY, &s->renyi_order, &s->renyi_asked));
  OttoCheckInput(s->renyi_order > 0 && isfinite(s->renyi_order),
                 "renyi_order: %g; it must be above 0 and finite (order 1 is kl)",
                 (double)s->renyi_order);
  PetscFunctionReturn(0);
}

OttoFisherForm OttoTemperedGetFisherForm(OttoTempered s)
{
  return s->form;
}

PetscBool OttoTemperedIsSmooth(OttoTempered s)
{
  return s->smooth;
}

PetscErrorCode OttoTemperedMoveTo(OttoTempered s, PetscReal t)
{
  const OttoHeatSource source[2] = {s->source_p, s->source_q};
  PetscBool logs = OttoHeatNeedsLog(s->heat, t);

  PetscFunctionBegin;
  if (s->there && s->t == t) PetscFunctionReturn(0);
  s->there = s->rated = PETSC_FALSE;
  if (logs && !s->field[OTTO_TEMPERED_LOG_P]) {
    PetscCall(OttoFieldCreate(s->grid, &s->field[OTTO_TEMPERED_LOG_P]));
    PetscCall(OttoFieldCreate(s->grid, &s->field[OTTO_TEMPERED_LOG_Q]));
  }
  if (t == 0) { /* the data themselves: a transform pair would round their zeros */
    PetscCall(VecCopy(s->field[OTTO_TEMPERED_P0], s->field[OTTO_TEMPERED_P]));
    PetscCall(VecCopy(s->field[OTTO_TEMPERED_Q0], s->field[OTTO_TEMPERED_Q]));
  } else {
    PetscCall(OttoHeatApplyPair(s->heat, source, t, &s->field[OTTO_TEMPERED_P],
                                logs ? &s->field[OTTO_TEMPERED_LOG_P] : NULL));
    PetscCall(OttoFaultVec("p", s->field[OTTO_TEMPERED_P]));
    PetscCall(OttoFaultVec("q", s->field[OTTO_TEMPERED_Q]));
  }
  s->pair = (OttoPair){.p = s->field[OTTO_TEMPERED_P],
                       .q = s->field[OTTO_TEMPERED_Q],
                       .log_p = logs ? s->field[OTTO_TEMPERED_LOG_P] : NULL,
                       .log_q = logs ? s->field[OTTO_TEMPERED_LOG_Q] : NULL};
  s->derived = s->pair;
  if (!OttoHeatIsExact(s->heat)) {
    PetscReal max_p, max_q;
    PetscCall(OttoFieldRange(s->grid, s->field[OTTO_TEMPERED_P], NULL, &max_p));
    PetscCall(OttoFieldRange(s->grid, s->field[OTTO_TEMPERED_Q], NULL, &max_q));
    s->derived.resolved_p = RESOLUTION * max_p;
    s->derived.resolved_q = RESOLUTION * max_q;
    if (t > 0) s->pair = s->derived; /* the data themselves are exact, their transforms are not */
  }
  s->t = t;
  s->there = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperedGetPair(OttoTempered s, const OttoPair **pair)
{
  PetscFunctionBegin;
  OttoNeed(s->there, "OttoTemperedTakeSample()");
  *pair = &s->pair;
  PetscFunctionReturn(0);
}

/* dD_t/dt and dH/dt by the generator; NaN at t = 0 unless the kernel can apply it to these data. */
static PetscErrorCode Rates(OttoTempered s, OttoTemperedSample *sample)
{
  PetscBool positive = sample->d.min_p > 0 && sample->d.min_q > 0 ? PETSC_TRUE : PETSC_FALSE;
  PetscBool fourier = OttoHeatIsExact(s->heat) ? PETSC_FALSE : PETSC_TRUE;
  Vec rate_p = NULL, rate_q = NULL;

  PetscFunctionBegin;
  sample->kl_rate = sample->entropy_rate_p = sample->entropy_rate_q = NAN;
  sample->lack_p = sample->lack_q = NAN;
  if (s->t == 0 && !(positive && fourier && s->smooth)) PetscFunctionReturn(0);
  PetscCall(OttoTemperedRates(s, &rate_p, &rate_q));
  PetscCall(OttoFisherRateKL(s->grid, &s->derived, rate_p, rate_q, &sample->kl_rate));
  PetscCall(OttoTemperedOpenRates(s, rate_p, rate_q, sample));
  PetscCall(OttoFisherRateEntropy(s->grid, s->field[OTTO_TEMPERED_P], s->pair.log_p,
                                  s->derived.resolved_p, rate_p, &sample->entropy_rate_p,
                                  &sample->lack_p));
  PetscCall(OttoFisherRateEntropy(s->grid, s->field[OTTO_TEMPERED_Q], s->pair.log_q,
                                  s->derived.resolved_q, rate_q, &sample->entropy_rate_q,
                                  &sample->lack_q));
  PetscFunctionReturn(0);
}

/* The mixture (p+q)/2 as a density of its own, for the triangle inequality of √JS. */
static PetscErrorCode JensenShannonToMixture(OttoTempered s, OttoTemperedSample *sample)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const PetscScalar *p, *q, *log_p, *log_q;
  PetscScalar *m;
  Vec mid = NULL, log_mid = NULL;
  OttoDivergences d;

  PetscFunctionBegin;
  PetscCall(OttoTemperedWork(s, 0, &mid));
  PetscCall(VecGetArrayRead(s->field[OTTO_TEMPERED_P], &p));
  PetscCall(VecGetArrayRead(s->field[OTTO_TEMPERED_Q], &q));
  PetscCall(VecGetArray(mid, &m));
  for (PetscInt64 c = 0; c < g->local_cells; c++) m[c] = 0.5 * (p[c] + q[c]);
  PetscCall(VecRestoreArray(mid, &m));
  PetscCall(VecRestoreArrayRead(s->field[OTTO_TEMPERED_Q], &q));
  PetscCall(VecRestoreArrayRead(s->field[OTTO_TEMPERED_P], &p));
  if (s->pair.log_p) {
    PetscCall(OttoTemperedWork(s, 1, &log_mid));
    PetscCall(VecGetArrayRead(s->pair.log_p, &log_p));
    PetscCall(VecGetArrayRead(s->pair.log_q, &log_q));
    PetscCall(VecGetArray(log_mid, &m));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      PetscReal high = PetscMax(log_p[c], log_q[c]), low = PetscMin(log_p[c], log_q[c]);
      m[c] = high - M_LN2 + log1p(exp(low - high));
    }
    PetscCall(VecRestoreArray(log_mid, &m));
    PetscCall(VecRestoreArrayRead(s->pair.log_q, &log_q));
    PetscCall(VecRestoreArrayRead(s->pair.log_p, &log_p));
  }
  /* the mixture is resolved where p or q is */
  PetscReal resolved = 0.5 * PetscMin(s->pair.resolved_p, s->pair.resolved_q);
  OttoPair first = {.p = s->field[OTTO_TEMPERED_P],
                    .q = mid,
                    .log_p = s->pair.log_p,
                    .log_q = log_mid,
                    .resolved_p = s->pair.resolved_p,
                    .resolved_q = resolved};
  OttoPair second = {.p = mid,
                     .q = s->field[OTTO_TEMPERED_Q],
                     .log_p = log_mid,
                     .log_q = s->pair.log_q,
                     .resolved_p = resolved,
                     .resolved_q = s->pair.resolved_q};
  PetscCall(OttoDivergenceCompute(s->grid, &first, OTTO_MASK(OTTO_DIVERGENCE_JS), 0.5, &d));
  sample->js_p_mid = d.divergence[OTTO_DIVERGENCE_JS];
  PetscCall(OttoDivergenceCompute(s->grid, &second, OTTO_MASK(OTTO_DIVERGENCE_JS), 0.5, &d));
  sample->js_mid_q = d.divergence[OTTO_DIVERGENCE_JS];
  PetscFunctionReturn(0);
}

/* Whether sums over cells stand for integrals: not of the grid's own chain, nor of atoms. */
static PetscBool SumsIntegrals(OttoTempered s)
{
  return !OttoHeatIsLattice(s->heat) && (s->smooth || s->t > 0) ? PETSC_TRUE : PETSC_FALSE;
}

/* Integrals over the continuum, of densities that are smooth on the grid. */
static PetscErrorCode Quadrature(OttoTempered s, OttoTemperedSample *sample)
{
  const PetscInt tv = OTTO_DIVERGENCE_TV;

  PetscFunctionBegin;
  if (!SumsIntegrals(s)) PetscFunctionReturn(0);
  PetscCall(OttoDivergenceQuadrature(s->grid, &s->pair, &sample->quadrature));
  sample->d.divergence[tv] += sample->quadrature.tv_correction;
  sample->d.low[tv] += sample->quadrature.tv_correction;
  sample->d.high[tv] += sample->quadrature.tv_correction;
  PetscFunctionReturn(0);
}

/* Where an integrand reaches the face of an open axis a midpoint sum errs by h²/24 times its slope
 * there (Euler and Maclaurin), which over the last cell is taken to be no more than the integrand
 * itself over h; two faces. */
static void AddEdge(OttoGrid grid, OttoTemperedSample *sample)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscReal *D = sample->d.divergence, *edge = sample->edge;
  PetscReal cells = INFINITY; /* edge: the share of the outermost layer times these */

  for (PetscInt j = 0; j < g->dim; j++)
    if (g->boundary[j] == OTTO_BOUNDARY_OPEN) cells = PetscMin(cells, (PetscReal)g->n[j]);
  sample->quadrature.tv_error += edge[OTTO_DIVERGENCE_TV] * D[OTTO_DIVERGENCE_TV] / (12 * cells);
  sample->quadrature.js_error += edge[OTTO_DIVERGENCE_JS] * D[OTTO_DIVERGENCE_JS] / (12 * cells);
}

/* Divergences of what is left of p and q in an open box, whose masses differ, to first order in the
 * rounding of each: Σ q |r - 1| is no more than √2D; and what passes the faces. */
static void AddOutflowRounding(OttoTemperedSample *sample)
{
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT && sample->beyond; k++) {
    const PetscReal D = sample->d.divergence[k];
    if (D < 1) sample->rounding[k] += 8 * PETSC_MACHINE_EPSILON * sqrt(2 * D);
    sample->rounding_dissipation[k] += sample->f.outflow_rounding[k];
  }
}

/* KL(p_0|p_t) and its bounds, by a pass of its own. */
static PetscErrorCode Lost(OttoTempered s, OttoTemperedSample *sample)
{
  Vec log_p0 = NULL;
  OttoDivergences lost;

  PetscFunctionBegin;
  if (s->pair.log_p) { /* both or neither of a pair carries logs */
    PetscCall(OttoTemperedWork(s, 0, &log_p0));
    PetscCall(VecCopy(s->field[OTTO_TEMPERED_P0], log_p0));
    PetscCall(VecLog(log_p0));
  }
  OttoPair pair = {.p = s->field[OTTO_TEMPERED_P0],
                   .q = s->field[OTTO_TEMPERED_P],
                   .log_p = log_p0,
                   .log_q = s->pair.log_p,
                   .resolved_q = s->pair.resolved_p};
  const OttoPairBounds bounds = {0, OttoTemperedLargestLoss(s), -INFINITY,
                                 OttoTemperedBounds(s).log_least_q};
  PetscCall(OttoDivergenceCompute(s->grid, &pair, OTTO_MASK(OTTO_DIVERGENCE_KL), 0.5, &lost));
  PetscCall(
      OttoDivergenceAccount(s->grid, &pair, OTTO_MASK(OTTO_DIVERGENCE_KL), 0.5, &bounds, &lost));
  sample->kl_p0_pt = lost.divergence[OTTO_DIVERGENCE_KL];
  sample->kl_p0_pt_low = lost.low[OTTO_DIVERGENCE_KL];
  sample->kl_p0_pt_high = lost.high[OTTO_DIVERGENCE_KL];
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperedTakeSample(OttoTempered s, PetscReal t, OttoTemperedSample *sample)
{
  PetscBool observed = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(sample, sizeof *sample));
  PetscCall(OttoTemperedMoveTo(s, t));
  sample->t = t;
  PetscCall(OttoTemperedObserve(s, sample, &observed));
  if (observed) {
    /* all of it is there */
  } else if (OttoTemperedFormAt(s, t) == OTTO_FISHER_FD4) {
    PetscCall(OttoFisherFD4WithDivergences(s->grid, &s->pair, OTTO_MASK_ALL, s->renyi_order,
                                           &sample->d, &sample->f));
  } else {
    PetscCall(OttoDivergenceCompute(s->grid, &s->pair, OTTO_MASK_ALL, s->renyi_order, &sample->d));
    if (!s->rated) PetscCall(OttoTemperedFisher(s, 1, &sample->f));
  }
  for (PetscInt j = 0; j < OttoGridGetInfo(s->grid)->dim; j++)
    if (OttoGridGetInfo(s->grid)->boundary[j] == OTTO_BOUNDARY_OPEN &&
        OttoTemperedFormAt(s, t) == OTTO_FISHER_EDGE && OttoHeatIsLattice(s->heat))
      sample->beyond = PETSC_TRUE;
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) /* it is finite at any later time */
    if (isinf(sample->d.divergence[k])) sample->f.dissipation[k] = INFINITY;
  PetscCall(OttoTemperedOpenDissipation(s, sample));
  sample->asked = OTTO_MASK(OTTO_DIVERGENCE_KL);
  if (s->renyi_asked) sample->asked |= OTTO_MASK(OTTO_DIVERGENCE_RENYI);
  sample->renyi_order = s->renyi_order;
  if (t > 0) {
    const OttoPairBounds bounds = OttoTemperedBounds(s);
    PetscCall(OttoDivergenceAccount(s->grid, &s->pair, OTTO_MASK_ALL, s->renyi_order, &bounds,
                                    &sample->d));
    PetscCall(OttoDivergenceNoise(s->grid, &s->pair, s->renyi_order, &sample->d, sample->rounding));
  }
  AddOutflowRounding(sample);
  PetscCall(Quadrature(s, sample));
  PetscCall(OttoDivergenceEdge(s->grid, &s->pair, OTTO_MASK_ALL, s->renyi_order, &sample->d,
                               sample->edge));
  if (SumsIntegrals(s)) AddEdge(s->grid, sample);
  sample->log_min_p = sample->log_min_q = NAN;
  if (s->pair.log_p) {
    PetscCall(OttoFieldRange(s->grid, s->pair.log_p, &sample->log_min_p, NULL));
    PetscCall(OttoFieldRange(s->grid, s->pair.log_q, &sample->log_min_q, NULL));
  }
  if (t > 0 && (!observed || isnan(sample->kl_p0_pt))) PetscCall(Lost(s, sample));
  if (!observed) PetscCall(JensenShannonToMixture(s, sample));
  if (!observed) PetscCall(Rates(s, sample));
  const PetscReal fisher = sample->f.dissipation[OTTO_DIVERGENCE_KL];
  const PetscReal outflow = sample->f.outflow[OTTO_DIVERGENCE_KL];
  sample->residual =
      fisher > 0 ? fabs(sample->kl_rate + fisher + outflow) / PetscMax(fisher, fabs(outflow)) : NAN;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperedKL(OttoTempered s, PetscReal t, PetscReal *kl)
{
  OttoDivergences d;

  PetscFunctionBegin;
  PetscCall(OttoTemperedMoveTo(s, t));
  PetscCall(OttoDivergenceCompute(s->grid, &s->pair, OTTO_MASK(OTTO_DIVERGENCE_KL), 0.5, &d));
  *kl = d.divergence[OTTO_DIVERGENCE_KL];
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperedLogRatio(OttoTempered s, Vec log_ratio)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const PetscScalar *p, *q, *log_p = NULL, *log_q = NULL;
  PetscScalar *ratio;

  PetscFunctionBegin;
  OttoNeed(s->there, "OttoTemperedTakeSample()");
  PetscCall(VecGetArrayRead(s->field[OTTO_TEMPERED_P], &p));
  PetscCall(VecGetArrayRead(s->field[OTTO_TEMPERED_Q], &q));
  if (s->pair.log_p) PetscCall(VecGetArrayRead(s->pair.log_p, &log_p));
  if (s->pair.log_q) PetscCall(VecGetArrayRead(s->pair.log_q, &log_q));
  PetscCall(VecGetArray(log_ratio, &ratio));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscBool known = log_p || (p[c] > s->pair.resolved_p && q[c] > s->pair.resolved_q);
    ratio[c] = !known ? 0 : log_p ? log_p[c] - log_q[c] : log(p[c] / q[c]);
  }
  PetscCall(VecRestoreArray(log_ratio, &ratio));
  if (s->pair.log_q) PetscCall(VecRestoreArrayRead(s->pair.log_q, &log_q));
  if (s->pair.log_p) PetscCall(VecRestoreArrayRead(s->pair.log_p, &log_p));
  PetscCall(VecRestoreArrayRead(s->field[OTTO_TEMPERED_Q], &q));
  PetscCall(VecRestoreArrayRead(s->field[OTTO_TEMPERED_P], &p));
  PetscFunctionReturn(0);
}

size_t OttoTemperedBytes(OttoTempered s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  size_t fields = 0;

  for (int i = 0; i < OTTO_TEMPERED_FIELDS; i++) fields += s->field[i] != NULL;
  return fields * (size_t)g->local_cells * sizeof(PetscScalar) + OttoHeatSourceBytes(s->source_p) +
         OttoHeatSourceBytes(s->source_q);
}

PetscErrorCode OttoTemperedDissipation(OttoTempered s, PetscReal t, PetscReal dissipation[])
{
  OttoFisher f;

  PetscFunctionBegin;
  PetscCall(OttoTemperedMoveTo(s, t));
  PetscCall(OttoTemperedFisher(s, 1, &f));
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) dissipation[k] = f.dissipation[k] + f.outflow[k];
  PetscFunctionReturn(0);
}
