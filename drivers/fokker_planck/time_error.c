/*
 * What stepping leaves in the columns (MATHEMATICS 5.4).
 *
 * Of the ladder's three runs a column has the values v1, v2, v4 at dt, 2 dt, 4 dt: v = v0 + a dt +
 * b dt² …. To second order v0 = 2 v1 - v2, to third (8 v1 - 6 v2 + v4)/3, whose difference is the
 * estimate. What decays (divergences, productions, rates) is extrapolated by its logarithm: (1 + λ
 * dt)^{-2n} has an error that grows with n in the exponent. Columns that are sums of others are
 * made of these, so that the series adds up as its states do.
 */
#include "stepping_impl.h"
#include "run/extrapolate.h"
#include "run/pair.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define SOLVES 10 /* residuals of solves that add up while a disturbance decays */
#define FLOOR                                                                                      \
  1e6 /* times what solves leave: its root, a thousandth, is their share of what is there */

/* Mean rate out of a cell under p. */
static PetscErrorCode MeanRate(const OttoFokkerPlanck *law, PetscReal *rate)
{
  const OttoGridInfo *g = OttoGridGetInfo(law->grid);
  const OttoRates *r = OttoGeneratorGetRates(law->generator);
  const PetscScalar *p;
  PetscReal sums[2] = {0, 0};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(law->p, &p));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    sums[0] += fabs(p[c]) * r->leave[c];
    sums[1] += fabs(p[c]);
  }
  PetscCall(VecRestoreArrayRead(law->p, &p));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPIU_REAL, MPIU_SUM, g->comm));
  *rate = sums[1] > 0 ? sums[0] / sums[1] : 0;
  PetscFunctionReturn(0);
}

/* What the solves may leave of p in L1. */
static PetscReal Off(const OttoFokkerPlanckSample *now)
{
  return SOLVES * PetscMax(now->flow.residual, PETSC_MACHINE_EPSILON);
}

/* What solves and rounding leave of each column. */
static PetscErrorCode Rounding(const OttoFokkerPlanck *law, const OttoRunColumns *columns,
                               const OttoFokkerPlanckSample *now, PetscReal floor[])
{
  const PetscReal off = Off(now);
  PetscReal rate = 0;

  PetscFunctionBegin;
  PetscCall(MeanRate(law, &rate));
  for (PetscInt i = 0; i < columns->own; i++) {
    const char *unit = columns->error[i].unit;
    floor[i] = off * off;                           /* D >= L1²/2 */
    if (strstr(unit, "time")) floor[i] *= 2 * rate; /* Σ Q p (Δ log)² where p is off by Δ log */
  }
  floor[OTTO_FOKKER_PLANCK_tv] = off / sqrt(FLOOR);
  floor[OTTO_FOKKER_PLANCK_renyi] += PETSC_MACHINE_EPSILON / FLOOR; /* a logarithm of a mass of 1 */
  floor[OTTO_FOKKER_PLANCK_heat_rate] *= OttoGeneratorGetTemperature(law->generator);
  floor[OTTO_FOKKER_PLANCK_work_rate] = floor[OTTO_FOKKER_PLANCK_heat_rate];
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFokkerPlanckFloors(const OttoFokkerPlanck *law, const OttoRunColumns *columns,
                                      const OttoFokkerPlanckSample *now, PetscReal floor[])
{
  const PetscReal T = OttoGeneratorGetTemperature(law->generator), total = now->production.total;
  const PetscReal off = Off(now);
  PetscReal rate = 0;

  PetscFunctionBegin;
  PetscCall(MeanRate(law, &rate));
  PetscCall(Rounding(law, columns, now, floor));
  for (PetscInt i = 0; i < columns->own; i++)
    floor[i] = i < OTTO_FOKKER_PLANCK_KEPT ? FLOOR * floor[i] : 1; /* the mass that there was */
  /* dH/dt, heat and work are linear in what the solves leave of p */
  const PetscReal sums = sqrt(FLOOR) * (now->production.noise + now->production.steady_noise);
  const PetscReal linear = sums + sqrt(FLOOR) * off * rate;
  floor[OTTO_FOKKER_PLANCK_production] += sums;
  floor[OTTO_FOKKER_PLANCK_production_adiabatic] += sums;
  floor[OTTO_FOKKER_PLANCK_production_nonadiabatic] += sums;
  floor[OTTO_FOKKER_PLANCK_entropy_rate] = PetscMax(linear, fabs(total));
  floor[OTTO_FOKKER_PLANCK_heat_rate] = floor[OTTO_FOKKER_PLANCK_work_rate] =
      PetscMax(T * linear, T * fabs(total));
  PetscFunctionReturn(0);
}

/* What the residual of the solves alone leaves in a value: of D, its slope, some √(2D), times the
 * L1 error; likewise of what is quadratic in the same way. */
static PetscReal Noise(PetscReal value, PetscReal floor)
{
  return isfinite(value) ? sqrt(2 * fabs(value) * floor) + floor : 0;
}

/* What two runs say of the first one's error. What they differ by is a term of an expansion in dt
 * that may have hardly begun to converge: it is doubled by and by from a tenth of the value on, and
 * where the two are far apart, as they go on at the same ratio. */
static PetscReal Difference(PetscBool logarithm, const PetscReal v[])
{
  const PetscReal d = fabs(v[0] - v[1]);

  if (v[0] == v[1]) return 0;
  if (!logarithm || !isfinite(d)) return d;
  const PetscReal onward = v[0] * v[1] > 0 ? fabs(v[0] * (v[0] / v[1]) - v[0]) : 0;
  return PetscMax(d * (1 + PetscMin(1, 10 * d / fabs(v[0]))), onward);
}

/* Rows of the first run and of those beside it. */
static PetscErrorCode Rows(OttoStepping s, const OttoFokkerPlanckSample *now,
                           PetscReal rows[][OTTO_FOKKER_PLANCK_COLUMNS])
{
  PetscFunctionBegin;
  OttoRunFokkerPlanckRow(now, OTTO_FOKKER_PLANCK_COLUMNS, rows[0]);
  for (PetscInt k = 0; k < s->count && !s->lost; k++) {
    OttoFokkerPlanck law = *s->law;
    OttoFokkerPlanckSample sample;
    law.flow = s->beside[k].flow;
    law.p = s->beside[k].p;
    law.q = s->beside[k].q;
    PetscCall(OttoRunFokkerPlanckSample(&law, now->t, &sample));
    OttoRunFokkerPlanckRow(&sample, OTTO_FOKKER_PLANCK_COLUMNS, rows[k + 1]);
  }
  PetscFunctionReturn(0);
}

/* Sums of columns, of extrapolated ones again the sums, which err by as much as their terms, unless
 * what is absorbed has its part in them; `raw` as the first run has them. */
static void AddUp(const OttoFokkerPlanck *law, const PetscReal raw[], PetscReal row[],
                  PetscReal error[])
{
  const PetscReal T = OttoGeneratorGetTemperature(law->generator);
  const PetscBool kept = OttoGeneratorIsAbsorbing(law->generator) ? PETSC_FALSE : PETSC_TRUE;
  const struct {
    PetscInt sum, first, second;
    PetscReal share; /* of the second */
    PetscBool holds;
  } sums[] = {
      {OTTO_FOKKER_PLANCK_cross_entropy, OTTO_FOKKER_PLANCK_entropy_p, OTTO_FOKKER_PLANCK_kl, 1,
       kept},
      {OTTO_FOKKER_PLANCK_production, OTTO_FOKKER_PLANCK_production_adiabatic,
       OTTO_FOKKER_PLANCK_production_nonadiabatic, 1, PETSC_TRUE},
      {OTTO_FOKKER_PLANCK_entropy_rate, OTTO_FOKKER_PLANCK_production, OTTO_FOKKER_PLANCK_heat_rate,
       -1 / T, kept},
      {OTTO_FOKKER_PLANCK_free_energy, OTTO_FOKKER_PLANCK_free_energy, OTTO_FOKKER_PLANCK_kl_p_pi,
       T, OttoGeneratorKeepsGibbs(law->generator)},
  };

  for (size_t k = 0; k < sizeof sums / sizeof sums[0]; k++) {
    const PetscInt i = sums[k].sum, a = sums[k].first, b = sums[k].second;
    const PetscReal change = (i == a ? 0 : row[a] - raw[a]) + sums[k].share * (row[b] - raw[b]);
    if (!sums[k].holds || !isfinite(raw[i] + change)) continue;
    row[i] = raw[i] + change;
    error[i] = (i == a ? 0 : error[a]) + fabs(sums[k].share) * error[b];
  }
}

/* Moments and what is observed, their estimates, and what these are relative to. */
static PetscErrorCode Moments(OttoStepping s, const OttoFokkerPlanckSample *now, PetscReal row[],
                              PetscReal error[], PetscReal floor[])
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < s->columns->densities; k++) {
    const PetscInt at = OttoRunColumnsAt(s->columns, k);
    const PetscInt seen = OttoRunColumnsObservedAt(s->columns, k);
    PetscCall(OttoSteppingMoments(s, k, now->t > 0 ? Off(now) : 0, row + at, error + at));
    PetscCall(OttoSteppingObserved(s, k, row + seen, error + seen, floor + seen));
  }
  OttoRunColumnsScales(s->columns, row, floor);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSteppingRow(OttoStepping s, const OttoFokkerPlanckSample *now, PetscReal row[])
{
  PetscReal rows[1 + OTTO_BESIDE][OTTO_FOKKER_PLANCK_COLUMNS];
  PetscReal error[OTTO_FOKKER_PLANCK_ROW], floor[OTTO_FOKKER_PLANCK_ROW];
  PetscReal rounding[OTTO_FOKKER_PLANCK_COLUMNS];

  PetscFunctionBegin;
  PetscCall(Rows(s, now, rows));
  PetscCall(PetscArraycpy(row, rows[0], s->columns->own));
  PetscCall(Moments(s, now, row, error, floor));
  if (s->lost || s->way == OTTO_STEPPING_ALONE) {
    if (s->table) PetscCall(OttoErrorTableNotKnown(s->table, now->t, "nothing runs beside it"));
    PetscFunctionReturn(0);
  }
  PetscCall(OttoFokkerPlanckFloors(s->law, s->columns, now, floor));
  PetscCall(Rounding(s->law, s->columns, now, rounding));
  for (PetscInt i = 0; i < s->columns->own; i++) {
    const OttoErrorKind kind = s->columns->error[i].kind;
    const PetscReal v[3] = {rows[0][i], rows[1][i], rows[s->count][i]};
    error[i] = 0;
    if (kind == OTTO_ERROR_NONE) continue;
    if (s->way == OTTO_STEPPING_LADDER)
      OttoRunExtrapolate(kind == OTTO_ERROR_RELATIVE ? PETSC_TRUE : PETSC_FALSE, v, &row[i],
                         &error[i]);
    else
      error[i] = s->factor * Difference(kind == OTTO_ERROR_RELATIVE ? PETSC_TRUE : PETSC_FALSE, v);
    if (now->t > 0) error[i] += kind == OTTO_ERROR_RELATIVE ? Noise(v[0], rounding[i]) : 0;
  }
  if (s->way == OTTO_STEPPING_LADDER) AddUp(s->law, rows[0], row, error);
  if (s->table) PetscCall(OttoErrorTableAdd(s->table, now->t, row, error, floor));
  PetscFunctionReturn(0);
}

/* Numbers of `results` that are found at the end. */
typedef struct {
  PetscReal mean[OTTO_GENERATOR_MAX_DIM];
  PetscReal covariance[OTTO_GENERATOR_MAX_DIM * OTTO_GENERATOR_MAX_DIM];
  PetscReal killed[2], escape;
} Last;

static PetscErrorCode FindLast(const OttoFokkerPlanck *law, OttoFlow flow, Vec p, Last *out)
{
  PetscReal mean[OTTO_MAX_DIM], covariance[OTTO_MAX_DIM * OTTO_MAX_DIM], mass = 0;
  const PetscInt dim = OttoGridGetInfo(law->grid)->dim;
  OttoFlowReport report;

  PetscFunctionBegin;
  PetscCall(OttoFieldMoments(law->grid, p, &mass, mean, covariance));
  PetscCall(PetscArraycpy(out->mean, mean, dim));
  PetscCall(PetscArraycpy(out->covariance, covariance, dim * dim));
  PetscCall(OttoFlowGetReport(flow, &report));
  PetscCall(PetscArraycpy(out->killed, report.absorbed, 2));
  PetscCall(OttoGeneratorEscape(law->generator, p, &out->escape));
  out->escape /= mass;
  PetscFunctionReturn(0);
}

/* One number: into the table, and extrapolated where rows are. */
static PetscErrorCode Settle(OttoStepping s, const char *name, const char *unit, OttoErrorKind kind,
                             const PetscReal v[3], PetscReal *value)
{
  const PetscReal t = OttoFlowGetTime(s->law->flow);
  const PetscBool logarithm = kind == OTTO_ERROR_RELATIVE ? PETSC_TRUE : PETSC_FALSE;
  PetscReal error = s->factor * Difference(logarithm, v);

  PetscFunctionBegin;
  *value = v[0];
  if (s->way == OTTO_STEPPING_LADDER) OttoRunExtrapolate(logarithm, v, value, &error);
  if (s->table) PetscCall(OttoErrorTableAddResult(s->table, name, unit, kind, t, *value, error, 0));
  PetscFunctionReturn(0);
}

static PetscErrorCode SettleMoments(OttoStepping s, const Last last[3])
{
  const PetscInt dim = OttoGridGetInfo(s->law->grid)->dim;
  PetscReal mean[OTTO_GENERATOR_MAX_DIM];
  PetscReal covariance[OTTO_GENERATOR_MAX_DIM * OTTO_GENERATOR_MAX_DIM];
  char name[64];

  PetscFunctionBegin;
  for (PetscInt i = 0; i < dim; i++) {
    const PetscReal v[3] = {last[0].mean[i], last[1].mean[i], last[2].mean[i]};
    snprintf(name, sizeof name, "mean_p[%d]", (int)i + 1);
    PetscCall(Settle(s, name, "length", OTTO_ERROR_ABSOLUTE, v, &mean[i]));
    for (PetscInt j = 0; j < dim; j++) {
      const PetscInt at = i * dim + j;
      const PetscReal w[3] = {last[0].covariance[at], last[1].covariance[at],
                              last[2].covariance[at]};
      snprintf(name, sizeof name, "covariance_p[%d,%d]", (int)i + 1, (int)j + 1);
      PetscCall(Settle(s, name, "length^2", OTTO_ERROR_ABSOLUTE, w, &covariance[at]));
    }
  }
  PetscCall(OttoRecordResultList(s->record, "mean_p", dim, mean));
  PetscCall(OttoRecordResultList(s->record, "covariance_p", dim * dim, covariance));
  PetscFunctionReturn(0);
}

static PetscErrorCode SettleAbsorbed(OttoStepping s, const Last last[3])
{
  static const char *const names[] = {"killed_mass", "killed_mass_q"};
  const PetscReal escape[3] = {last[0].escape, last[1].escape, last[2].escape};
  PetscReal value = 0;

  PetscFunctionBegin;
  if (!OttoGeneratorIsAbsorbing(s->law->generator)) PetscFunctionReturn(0);
  for (int b = 0; b < (s->law->q ? 2 : 1); b++) {
    const PetscReal v[3] = {last[0].killed[b], last[1].killed[b], last[2].killed[b]};
    PetscCall(Settle(s, names[b], "1", OTTO_ERROR_ABSOLUTE, v, &value));
    PetscCall(OttoRecordResult(s->record, names[b], value));
  }
  PetscCall(Settle(s, "escape_rate", "1/time", OTTO_ERROR_RELATIVE, escape, &value));
  PetscCall(OttoRecordResult(s->record, "escape_rate", value));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSteppingReport(OttoStepping s)
{
  static const char *const beside[] = {
      "nothing", "implicit Euler in steps twice and four times as long; numbers are extrapolated",
      "the same in steps twice as long", "the same in steps half as long", "bdf in the same steps"};
  Last last[3];
  PetscReal steps = 0;
  PetscBool together = PETSC_TRUE;

  PetscFunctionBegin;
  PetscCall(OttoRecordResultText(s->record, "stepping_beside", beside[s->way]));
  for (PetscInt k = 0; k < s->count; k++) {
    OttoFlowReport report;
    PetscCall(OttoFlowGetReport(s->beside[k].flow, &report));
    steps += (PetscReal)report.steps;
  }
  PetscCall(OttoRecordResult(s->record, "steps_beside", steps));
  for (PetscInt k = 0; k < s->count; k++)
    if (!OttoSteppingIsAt(s->beside[k].flow, OttoFlowGetTime(s->law->flow))) together = PETSC_FALSE;
  if (s->count && !s->lost && together) {
    PetscCall(FindLast(s->law, s->law->flow, s->law->p, &last[0]));
    for (PetscInt k = 0; k < s->count; k++)
      PetscCall(FindLast(s->law, s->beside[k].flow, s->beside[k].p, &last[k + 1]));
    if (s->count == 1) last[2] = last[1];
    PetscCall(SettleMoments(s, last));
    PetscCall(SettleAbsorbed(s, last));
  }
  if (s->table) PetscCall(OttoErrorTableReport(s->table));
  PetscCall(OttoRecordAdvice(s->record, "time_error",
                             s->way == OTTO_STEPPING_LADDER
                                 ? "a smaller time_tolerance takes shorter steps; a larger one "
                                   "accepts this"
                                 : "take a smaller ts_dt or ts_rtol, or leave steps to "
                                   "time_tolerance (no ts_dt, no ts_type)"));
  PetscFunctionReturn(0);
}
