/* What noise leaves unknown of the divergences of a Fokker-Planck run. */
#include "run/pair.h"
#include "pair.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Range of p/q over cells that are not empty of both. */
static PetscErrorCode Ratios(const OttoFokkerPlanck *s, OttoPairBounds *bounds)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const PetscScalar *p, *q;
  PetscReal range[2] = {-INFINITY, -INFINITY}; /* -low, high */

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(s->p, &p));
  PetscCall(VecGetArrayRead(s->q, &q));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (p[c] == 0 && q[c] == 0) continue;
    range[0] = PetscMax(range[0], -p[c] / q[c]);
    range[1] = PetscMax(range[1], p[c] / q[c]);
  }
  PetscCall(VecRestoreArrayRead(s->q, &q));
  PetscCall(VecRestoreArrayRead(s->p, &p));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, range, 2, MPIU_REAL, MPIU_MAX, g->comm));
  bounds->ratio_low = -range[0];
  bounds->ratio_high = range[1];
  PetscFunctionReturn(0);
}

/* A lower bound of log p_t for a density of mass 1: along d edges whose rates are at least r, out
 * of cells that are left at a rate of at most R, a walker goes with probability e^-Rt (rt)^d/d! at
 * least, and the smallest of these probabilities only grows while rates stay (Rt = d is best). */
static PetscErrorCode LogLeast(const OttoFokkerPlanck *s, PetscReal t, PetscReal *least)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const OttoRates *rates = OttoGeneratorGetRates(s->generator);
  PetscReal range[2] = {-INFINITY, 0}, d = 0; /* -slowest, largest way out */

  PetscFunctionBegin;
  *least = -INFINITY;
  if (OttoGeneratorIsTimeDependent(s->generator)) PetscFunctionReturn(0);
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscInt64 inner = 1;
    for (PetscInt k = j + 1; k < g->dim; k++) inner *= g->local[k];
    d += (PetscReal)(g->n[j] - 1);
    for (PetscInt64 c = 0; c < g->local_cells && g->n[j] > 1; c++) {
      const PetscInt64 at = g->first[j] + c / inner % g->local[j];
      if (at < g->n[j] - 1) /* the way round is not needed */
        range[0] = PetscMax(range[0], -PetscMin(rates->up[j][c], rates->down[j][c]));
    }
  }
  for (PetscInt64 c = 0; c < g->local_cells; c++) range[1] = PetscMax(range[1], rates->leave[c]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, range, 2, MPIU_REAL, MPIU_MAX, g->comm));
  if (d == 0 || !(range[0] < 0)) PetscFunctionReturn(0);
  /* with absorption the smallest probability falls again */
  if (!OttoGeneratorIsAbsorbing(s->generator)) t = PetscMin(t, d / range[1]);
  *least = d * log(-range[0] * t) - range[1] * t - lgamma(d + 1) - log(g->cell_volume);
  PetscFunctionReturn(0);
}

static void Patch(PetscReal row[], const char *name)
{
  for (PetscInt i = 0; i < OTTO_FOKKER_PLANCK_KEPT; i++)
    if (!strcmp(OttoFokkerPlanckColumns[i].column.name, name)) row[i] = NAN;
}

/* Work, where the potential depends on time. */
static PetscErrorCode KnownWork(OttoRecord record, const OttoFokkerPlanck *s,
                                const OttoFokkerPlanckSample *now, PetscReal row[])
{
  const OttoWork *w = &now->work;
  const PetscReal of[] = {w->rate, w->gross, now->production.heat_rate,
                          OttoGeneratorGetTemperature(s->generator) * now->production.total};
  PetscReal bound = 0, most = 0;

  PetscFunctionBegin;
  if (now->jump_t > 0) {
    char why[160];
    snprintf(
        why, sizeof why,
        "the potential jumps in time, at t = %.8g: that work, %.6g, is no rate, and no part of "
        "this one",
        (double)now->jump_t, (double)now->jump);
    PetscCall(
        OttoRecordNotKnown(record, "work_rate", now->t, -INFINITY, INFINITY, why, PETSC_FALSE));
    row[OTTO_FOKKER_PLANCK_work_rate] = NAN;
    PetscFunctionReturn(0);
  }
  PetscCall(OttoRecordBound(record, "known", &bound));
  for (int i = 0; i < 4; i++)
    if (isfinite(of[i])) most = PetscMax(most, fabs(of[i]));
  if (w->unsure <= bound * most) PetscFunctionReturn(0);
  const PetscReal low = isfinite(w->unsure) ? w->rate - w->unsure : -INFINITY;
  const PetscReal high = isfinite(w->unsure) ? w->rate + w->unsure : INFINITY;
  PetscCall(OttoRecordNotKnown(record, "work_rate", now->t, low, high,
                               "the potential changes in time faster than the steps, or jumps",
                               PETSC_FALSE));
  row[OTTO_FOKKER_PLANCK_work_rate] = NAN;
  PetscFunctionReturn(0);
}

/* Columns that are no number for this generator. */
static PetscErrorCode KnownAtAll(OttoRecord record, const OttoFokkerPlanck *s, PetscReal t,
                                 const PetscReal row[])
{
  static const PetscInt columns[] = {
      OTTO_FOKKER_PLANCK_production, OTTO_FOKKER_PLANCK_production_adiabatic,
      OTTO_FOKKER_PLANCK_heat_rate, OTTO_FOKKER_PLANCK_work_rate, OTTO_FOKKER_PLANCK_free_energy};
  const PetscBool one_way = OttoGeneratorIsOneWay(s->generator);

  PetscFunctionBegin;
  if (!one_way && !OttoGeneratorGetTemperatureField(s->generator)) PetscFunctionReturn(0);
  for (int i = 0; i < 5; i++)
    if (isnan(row[columns[i]]))
      PetscCall(OttoRecordNotDefined(record, OttoFokkerPlanckColumns[columns[i]].column.name, t,
                                     one_way && i < 4 ? OTTO_ONE_WAY : OTTO_NO_ONE_T));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunKnownFokkerPlanck(OttoRecord record, const OttoFokkerPlanck *s,
                                        OttoPairBounds *bounds, const OttoFokkerPlanckSample *now,
                                        PetscReal row[])
{
  static const char *const with_kl[] = {"cross_entropy", "fisher_rel", "kl_rate", "residual"};
  OttoDivergences d = now->d;
  PetscReal bound = 0;
  OttoPair pair;

  PetscFunctionBegin;
  PetscCall(KnownAtAll(record, s, now->t, row));
  PetscCall(KnownWork(record, s, now, row));
  if (!s->q) PetscFunctionReturn(0);
  if (now->t == 0) {
    *bounds = (OttoPairBounds){0, INFINITY, -INFINITY, -INFINITY};
    PetscCall(Ratios(s, bounds));
    PetscFunctionReturn(0);
  }
  PetscCall(OttoFokkerPlanckPair(s, s->p, s->q, now->t, &pair));
  PetscCall(LogLeast(s, now->t, &bounds->log_least_p));
  bounds->log_least_q = bounds->log_least_p;
  PetscCall(OttoDivergenceAccount(s->grid, &pair, OTTO_MASK_ALL, s->renyi_order, bounds, &d));
  PetscCall(OttoRecordBound(record, "known", &bound));
  for (PetscInt k = 0; k < OTTO_DIVERGENCE_COUNT; k++) {
    const char *name = OttoDivergenceNames[k];
    const PetscBool asked =
        k == OTTO_DIVERGENCE_KL || (k == OTTO_DIVERGENCE_RENYI && s->renyi_asked) ? PETSC_TRUE
                                                                                  : PETSC_FALSE;
    PetscCall(
        OttoRunJudge(record, name, asked, bound, now->t, d.low[k], d.high[k], &d.divergence[k]));
    if (isnan(d.divergence[k])) Patch(row, name);
  }
  for (int i = 0; i < 4 && isnan(d.divergence[OTTO_DIVERGENCE_KL]); i++) Patch(row, with_kl[i]);
  PetscFunctionReturn(0);
}
