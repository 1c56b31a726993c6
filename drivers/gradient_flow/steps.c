/* What must hold of every step, whatever its length: each density by itself. */
#include "steps.h"
#include <math.h>
#include <stdio.h>

/* Of a disc in which p is concentrated: three cells across, and its share of the mass beyond what a
 * uniform density has there. */
#define RADIUS 1.5
#define MOST 0.5
#define GATHERED 0.1 /* share that has come since it was least: a peak may change its place */

#define SMALLEST 1e-300 /* divides nothing by nothing */
#define AT_REST 1e-12   /* of the energy: a step that loses less moves nothing */
#define FEWEST 4        /* cells that mass must move for its distance to be known */

static PetscReal WidestCell(const OttoGridInfo *g)
{
  PetscReal h = 0;

  for (PetscInt j = 0; j < g->dim; j++)
    if (g->n[j] > 1) h = PetscMax(h, g->h[j]);
  return h;
}

/* The place of p's maximum, the same on all ranks. */
static PetscErrorCode Peak(const OttoGridInfo *g, Vec p, PetscReal x[])
{
  struct {
    double value;
    int rank;
  } top = {-1, 0};
  const PetscScalar *values;
  PetscInt64 where = 0;
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(g->comm, &rank));
  PetscCall(VecGetArrayRead(p, &values));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    if (values[c] > top.value) {
      top.value = values[c];
      where = c;
    }
  PetscCall(VecRestoreArrayRead(p, &values));
  top.rank = rank;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &top, 1, MPI_DOUBLE_INT, MPI_MAXLOC, g->comm));
  if (top.rank == rank) OttoGridCellCentre(g, where, x);
  PetscCallMPI(MPI_Bcast(x, (PetscMPIInt)g->dim, MPIU_REAL, top.rank, g->comm));
  PetscFunctionReturn(0);
}

/* Share of p's mass within RADIUS cells of its maximum, and of the box. */
static PetscErrorCode Concentration(const OttoGridInfo *g, Vec p, PetscReal *share, PetscReal *box)
{
  PetscReal peak[OTTO_MAX_DIM] = {0}, x[OTTO_MAX_DIM];
  OttoSum sums[3] = {{0, 0}, {0, 0}, {0, 0}};
  const PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(Peak(g, p, peak));
  PetscCall(VecGetArrayRead(p, &values));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal r2 = 0;
    OttoGridCellCentre(g, c, x);
    for (PetscInt j = 0; j < g->dim; j++) {
      PetscReal d = fabs(x[j] - peak[j]), L = g->upper[j] - g->lower[j];
      if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC) d = PetscMin(d, L - d);
      r2 += PetscSqr(d / g->h[j]);
    }
    const PetscBool near = r2 <= (RADIUS + 1e-6) * (RADIUS + 1e-6) ? PETSC_TRUE : PETSC_FALSE;
    if (near) OttoSumAdd(&sums[0], values[c]);
    if (near) OttoSumAdd(&sums[2], 1);
    OttoSumAdd(&sums[1], values[c]);
  }
  PetscCall(VecRestoreArrayRead(p, &values));
  PetscCall(OttoSumReduce(g->comm, 3, sums));
  *share = OttoSumValue(sums[0]) / OttoSumValue(sums[1]);
  *box = OttoSumValue(sums[2]) / (PetscReal)g->cells;
  PetscFunctionReturn(0);
}

/* Energy falls, and by what the scheme says. With a potential that moves, both energies are those
 * of the step's own potential. */
static PetscErrorCode CheckEnergy(OttoGradientSteps *s, PetscInt b, Vec after)
{
  const OttoGradientStep *step = OttoFlowGetGradientStep(s->law->flow, b);
  OttoEnergyParts was = {.total = s->before[b]}, is;

  PetscFunctionBegin;
  PetscCall(OttoGradientEnergy(s->law, after, &is));
  if (isinf(is.total))
    OttoFail(OTTO_ERR_SOLVER, "at t = %g the potential has become infinite where there is mass",
             (double)step->t);
  s->before[b] = is.total;
  const PetscReal level = OttoGradientLevel(s->law, b, &is);
  if (OttoEnergyIsTimeDependent(s->law->energy)) { /* that of the step's own potential */
    was.total = step->before;
    is.total = step->after;
  }
  const PetscReal scale = PetscMax(SMALLEST, level + fabs(was.total)), drop = was.total - is.total;
  if (isfinite(drop) || isnan(drop))
    PetscCall(OttoRecordCheck(s->record, "energy_decay", (-drop - step->slack) / scale, step->t));
  if (s->law->scheme == OTTO_SCHEME_SEMI_IMPLICIT)
    PetscCall(OttoRecordNotApplicable(s->record, "energy_law",
                                      "flow_scheme semi_implicit is no such law"));
  else if (s->law->scheme == OTTO_SCHEME_JKO)
    PetscCall(OttoRecordNotApplicable(s->record, "energy_law", "of jko: see jko_inequality"));
  else if (isinf(step->dissipation) || !isfinite(step->remainder))
    PetscCall(OttoRecordNotApplicable(
        s->record, "energy_law", "a cell has run empty, where the energy's slope is infinite"));
  else if (isfinite(drop) || isnan(drop))
    PetscCall(OttoRecordCheck(
        s->record, "energy_law",
        PetscMax(0, fabs(drop - step->dt * step->dissipation - step->remainder) - step->slack) /
            scale,
        step->t));
  PetscFunctionReturn(0);
}

/* Once a run: what the certificate of a step is not. */
static PetscErrorCode SayStationary(OttoGradientSteps *s, const OttoGradientStep *step)
{
  PetscFunctionBegin;
  if (!s->stationary)
    PetscCall(OttoRecordAside(
        s->record, PETSC_FALSE,
        "t = %g: the interaction is concave, more so than the internal energy is convex: "
        "optimality "
        "proves of such a step that it is stationary (the least of its functional with the "
        "interaction linearised about it), not that none is lower",
        (double)step->t));
  s->stationary = PETSC_TRUE;
  PetscFunctionReturn(0);
}

/* W2²/(2 tau) ≤ the drop of energy, with the end of W2's interval that speaks against it. */
static PetscErrorCode CheckMovement(OttoGradientSteps *s, PetscInt b)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->law->grid);
  const OttoGradientStep *step = OttoFlowGetGradientStep(s->law->flow, b);
  const PetscReal drop = step->before - step->after, h = WidestCell(g);
  const PetscReal low = PetscSqr(step->w2_lower) / (2 * step->dt);
  const PetscReal high = PetscSqr(step->w2_upper) / (2 * step->dt);
  const PetscReal moved = 0.5 * (step->w2_lower + step->w2_upper) / sqrt(s->law->mass[b]);

  PetscFunctionBegin;
  if (s->law->scheme < OTTO_SCHEME_JKO) {
    PetscCall(OttoRecordNotApplicable(s->record, "jko_inequality", "of jko and ljko"));
    PetscCall(OttoRecordNotApplicable(s->record, "optimality", "of jko and ljko"));
    PetscFunctionReturn(0);
  }
  if (s->law->scheme == OTTO_SCHEME_JKO && !step->least) PetscCall(SayStationary(s, step));
  const PetscReal level =
      fabs(step->before) + fabs(step->after) +
      OttoInternalTemperature(OttoEnergyGetInternal(s->law->energy)) * s->law->mass[b];
  PetscReal bound = 0;
  PetscCall(OttoRecordBound(s->record, "optimality", &bound));
  /* what stays for want of anything better is at rest where that is certified */
  const PetscBool certified =
      s->law->scheme != OTTO_SCHEME_JKO || step->gap <= bound ? PETSC_TRUE : PETSC_FALSE;
  if ((!(drop > AT_REST * level) && certified) || h == 0) {
    static const char rest[] = "at rest: the energy falls by no more than rounding";
    PetscCall(OttoRecordNotApplicable(s->record, "jko_inequality", rest));
    PetscCall(OttoRecordNotApplicable(s->record, "optimality", rest));
    PetscFunctionReturn(0);
  }
  PetscCall(OttoRecordCheck(s->record, "optimality",
                            s->law->scheme == OTTO_SCHEME_JKO
                                ? step->gap
                                : (step->primal - step->dual) / PetscMax(drop, SMALLEST),
                            step->t));
  const PetscBool known = moved >= FEWEST * h ? PETSC_TRUE : PETSC_FALSE;
  if (known) {
    s->ratio[0] = PetscMax(s->ratio[0], low / drop);
    s->ratio[1] = PetscMax(s->ratio[1], high / drop);
  } else
    PetscCall(
        OttoRecordNotKnown(s->record, "jko_ratio", step->t, low / drop, high / drop,
                           "a step moves mass by less than 4 cells: a larger tau (ts_dt), or a "
                           "finer grid",
                           PETSC_FALSE));
  if (s->law->scheme == OTTO_SCHEME_LJKO) /* by its own distance */
    PetscCall(OttoRecordCheck(s->record, "jko_inequality",
                              step->dt * step->dissipation / (2 * drop) - 1, step->t));
  else if (known)
    PetscCall(OttoRecordCheck(s->record, "jko_inequality", high / drop - 1, step->t));
  else
    PetscCall(OttoRecordNotApplicable(s->record, "jko_inequality",
                                      "the step moves mass by less than 4 cells"));
  PetscFunctionReturn(0);
}

/* What the second moment changes by is what passes faces. */
static PetscErrorCode CheckMoment(OttoGradientSteps *s, Vec p)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->law->grid);
  const OttoGradientStep *step = OttoFlowGetGradientStep(s->law->flow, OTTO_FLOW_P);
  PetscReal moment[OTTO_MAX_DIM] = {0}, spread[OTTO_MAX_DIM] = {0}, off = 0, scale = 0;
  PetscBool any = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(OttoGradientMoments(s->law->grid, p, moment, spread));
  for (PetscInt j = 0; j < g->dim; j++) {
    if (g->boundary[j] != OTTO_BOUNDARY_PERIODIC && g->n[j] > 1) {
      /* what a solve leaves in cells is weighed by x^2 at most, and squares have digits; relative
       * to the moment about the middle of the box, wherever that is */
      const PetscReal weight = PetscSqr(PetscMax(fabs(g->lower[j]), fabs(g->upper[j])));
      const PetscReal left = step->residual * s->law->mass[0] * weight +
                             8 * PETSC_MACHINE_EPSILON * (moment[j] + s->moment[j]);
      off = PetscMax(off, fabs(moment[j] - s->moment[j] - step->dt * step->moment[j]) - left);
      scale += spread[j];
      any = PETSC_TRUE;
    }
    s->moment[j] = moment[j];
  }
  if (s->law->scheme == OTTO_SCHEME_JKO)
    PetscCall(OttoRecordNotApplicable(s->record, "virial", "jko has no fluxes"));
  else if (!any)
    PetscCall(OttoRecordNotApplicable(s->record, "virial", "a second moment round a ring is none"));
  else
    PetscCall(
        OttoRecordCheck(s->record, "virial", scale > 0 ? PetscMax(0, off) / scale : 0, step->t));
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckDensity(OttoGradientSteps *s, PetscInt b, PetscReal t, Vec rho)
{
  const OttoGradientStep *step = OttoFlowGetGradientStep(s->law->flow, b);
  PetscReal mass = 0, least = 0, most = 0, bound = 0;
  OttoFlowReport report;

  PetscFunctionBegin;
  PetscCall(OttoFieldIntegral(s->law->grid, rho, &mass));
  PetscCall(OttoFieldRange(s->law->grid, rho, &least, &most));
  PetscCall(OttoFlowGetReport(s->law->flow, &report));
  s->rounding = PetscMax(s->rounding, step->rounding);
  /* with what a law made right of it by a factor, which its solves may have left */
  PetscCall(OttoRecordBound(s->record, "mass", &bound));
  const PetscReal made = report.rescaled * PetscMin(1, bound / PetscMax(s->rounding, SMALLEST));
  PetscCall(OttoRecordCheck(s->record, "mass",
                            PetscMax(fabs(mass - s->law->mass[b]) / s->law->mass[b], made), t));
  PetscCall(OttoRecordCheck(s->record, "positivity", PetscMax(0, -least) / most, t));
  /* of very long steps rounding leaves more than any bound: then in units of that */
  PetscCall(OttoRecordBound(s->record, "solve_residual", &bound));
  PetscCall(
      OttoRecordCheck(s->record, "solve_residual",
                      step->residual * PetscMin(1, bound / PetscMax(step->rounding, SMALLEST)), t));
  PetscFunctionReturn(0);
}

/* Whether points can gather without end: where U grows faster than its density (U'(∞) = ∞), and W
 * is finite, the energy holds them apart. */
static PetscErrorCode MayConcentrate(OttoEnergy energy, PetscBool *may)
{
  const OttoInternal U = OttoEnergyGetInternal(energy);
  const PetscReal zero = 0;
  PetscReal density = 0; /* infinite at slope 0: U' is negative everywhere */

  PetscFunctionBegin;
  *may = OttoInternalIsNone(U);
  if (*may) PetscFunctionReturn(0);
  OttoInternalEvaluate(U, OTTO_INTERNAL_DENSITY, 1, &zero, &density);
  *may = isinf(density) ? PETSC_TRUE : PETSC_FALSE;
  if (*may || !OttoEnergyGetInteraction(energy)) PetscFunctionReturn(0);
  PetscCall(OttoInteractionIsSingular(OttoEnergyGetInteraction(energy), may));
  PetscFunctionReturn(0);
}

/* p has gathered where the grid ends: whatever follows is the grid's. */
static PetscErrorCode CheckConcentration(OttoGradientSteps *s, PetscInt b, PetscReal t, Vec p)
{
  PetscReal share = 0, box = 0;

  PetscFunctionBegin;
  PetscCall(Concentration(OttoGridGetInfo(s->law->grid), p, &share, &box));
  const PetscBool gathers = share > s->concentrated[b] * (1 + 1e-9) ? PETSC_TRUE : PETSC_FALSE;
  s->concentrated[b] = share;
  s->least[b] = PetscMin(s->least[b], share);
  if (!s->may_concentrate || !gathers || share < s->least[b] + GATHERED ||
      share < MOST + (1 - MOST) * box)
    PetscFunctionReturn(0);
  s->stopped = PETSC_TRUE;
  OttoFail(
      OTTO_ERR_SOLVER,
      "concentrated: at t = %g %.3g of %s's mass is in a disc of 3 cells about its peak and more "
      "comes: what follows is no solution but the grid's",
      (double)t, (double)share, b ? "q" : "p");
}

static PetscErrorCode See(OttoFlow flow, PetscReal t_before, PetscReal t, Vec p_before,
                          Vec q_before, Vec p, Vec q, void *context)
{
  OttoGradientSteps *s = (OttoGradientSteps *)context;

  PetscFunctionBegin;
  (void)flow, (void)t_before, (void)p_before, (void)q_before;
  for (PetscInt b = 0; b < (q ? 2 : 1); b++) {
    PetscCall(CheckDensity(s, b, t, b ? q : p));
    PetscCall(CheckEnergy(s, b, b ? q : p));
    PetscCall(CheckMovement(s, b));
  }
  PetscCall(CheckMoment(s, p));
  for (PetscInt b = 0; b < (q ? 2 : 1); b++) PetscCall(CheckConcentration(s, b, t, b ? q : p));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientStepsBegin(OttoRecord record, OttoGradientLaw *law, OttoGradientSteps *s)
{
  const Vec both[2] = {law->p, law->q};
  OttoEnergyParts parts;
  PetscReal box = 0;

  PetscFunctionBegin;
  s->record = record;
  s->law = law;
  s->ratio[0] = s->ratio[1] = -INFINITY;
  PetscCall(MayConcentrate(law->energy, &s->may_concentrate));
  for (int b = 0; b < 2; b++) {
    if (!both[b]) continue;
    PetscCall(OttoEnergyEvaluate(law->energy, both[b], &parts));
    s->before[b] = parts.total;
    PetscCall(Concentration(OttoGridGetInfo(law->grid), both[b], &s->concentrated[b], &box));
    s->least[b] = s->concentrated[b];
  }
  PetscCall(OttoGradientMoments(law->grid, law->p, s->moment, NULL));
  PetscCall(OttoFlowSetStepFunction(law->flow, See, s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientStepsReport(OttoGradientSteps *s)
{
  PetscFunctionBegin;
  PetscCall(OttoRecordResult(s->record, "concentration", s->concentrated[0]));
  if (s->law->scheme < OTTO_SCHEME_JKO) PetscFunctionReturn(0);
  if (s->law->scheme == OTTO_SCHEME_JKO)
    PetscCall(
        OttoRecordResultText(s->record, "jko_certificate", s->stationary ? "stationary" : "least"));
  if (isinf(s->ratio[1]) && !OttoRecordIsNotKnown(s->record, "jko_ratio"))
    PetscCall(OttoRecordNotDefined(s->record, "jko_ratio", 0, "no step lost any energy"));
  PetscCall(OttoRecordResult(
      s->record, "jko_ratio",
      OttoRecordIsNotKnown(s->record, "jko_ratio") || isinf(s->ratio[1]) ? NAN : s->ratio[1]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientStepsKeep(OttoGradientSteps *s, OttoKeep keep)
{
  PetscFunctionBegin;
  PetscCall(OttoKeepBegin(keep, "steps", -1));
  PetscCall(OttoKeepReals(keep, "before", 2, s->before));
  PetscCall(OttoKeepReals(keep, "moment", OTTO_MAX_DIM, s->moment));
  PetscCall(OttoKeepReals(keep, "concentrated", 2, s->concentrated));
  PetscCall(OttoKeepReals(keep, "least", 2, s->least));
  PetscCall(OttoKeepReal(keep, "rounding", &s->rounding));
  PetscCall(OttoKeepReals(keep, "ratio", 2, s->ratio));
  PetscCall(OttoKeepBool(keep, "stationary", &s->stationary));
  PetscCall(OttoKeepEnd(keep));
  PetscFunctionReturn(0);
}
