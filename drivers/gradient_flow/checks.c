/* What must hold at a sample of gradient-flow; of steps see steps.c. */
#include "problem.h"
#include "run/pair.h"
#include <math.h>
#include <string.h>

#define GROWTH_NOISE                                                                               \
  1e-10 /* of a divergence: what solves leave, with residuals of 1e-11 a step                      \
         */

static const char no_theorem[] = "decay is no theorem: two solutions of a nonlinear law may part "
                                 "(interaction, or internal energy "
                                 "other than entropy)";

/* dE/dt by cells is minus the dissipation by faces. */
static PetscErrorCode CheckRate(OttoGradientRun *s, const OttoGradientSample *now)
{
  PetscFunctionBegin;
  if (isinf(now->sums.dissipation) || isinf(now->energy_rate))
    PetscCall(OttoRecordNotApplicable(s->record, "rate",
                                      "mass meets cells without any: the dissipation is infinite"));
  else
    PetscCall(OttoRecordCheck(
        s->record, "rate",
        now->rate_scale > 0 ? fabs(now->energy_rate + now->sums.dissipation) / now->rate_scale : 0,
        now->t));
  PetscFunctionReturn(0);
}

/* The second moment by the fluxes of the grid, and by the continuum's law, relative to the largest
 * that its terms have been: attraction and repulsion are one term, which ends where they balance.
 */
static PetscErrorCode CheckVirial(OttoGradientRun *s, PetscInt k, const OttoGradientSample *now)
{
  PetscBool rough = PETSC_FALSE, any = PETSC_FALSE;
  const OttoGridInfo *g = OttoGridGetInfo(s->law.grid);

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++)
    if (g->boundary[j] != OTTO_BOUNDARY_PERIODIC && g->n[j] > 1) any = PETSC_TRUE;
  /* pressure that jumps between two cells is none of this law's */
  if (s->report[0].point || (k == 0 && !s->report[0].smooth))
    PetscCall(OttoDensityIsRough(s->law.grid, s->law.p, &rough));
  if (!any)
    PetscCall(
        OttoRecordNotApplicable(s->record, "virial_law", "a second moment round a ring is none"));
  else if (isnan(now->virial))
    PetscCall(OttoRecordNotApplicable(s->record, "virial_law",
                                      "closed cells are walls that it does not see"));
  else if (rough || !isfinite(now->moment_rate))
    PetscCall(OttoRecordNotApplicable(
        s->record, "virial_law",
        s->report[0].point ? "p is still as wide as the cell it began in" : "p begins with edges"));
  else {
    s->virial_scale =
        PetscMax(s->virial_scale, PetscMax(now->virial_scale, fabs(now->middle_rate)));
    PetscCall(OttoRecordCheck(
        s->record, "virial_law",
        s->virial_scale > 0 ? fabs(now->middle_rate - now->middle_virial) / s->virial_scale : 0,
        now->t));
  }
  PetscFunctionReturn(0);
}

/* Where decay is a theorem: of two solutions of a linear law. */
static PetscErrorCode CheckMonotone(OttoGradientRun *s, PetscInt k, const OttoGradientSample *now)
{
  PetscFunctionBegin;
  if (!s->law.linear || OttoEnergyIsTimeDependent(s->law.energy) ||
      s->law.scheme != OTTO_SCHEME_IMPLICIT ||
      OttoFluxesGetMobility(OttoFlowGetFluxes(s->law.flow)) != OTTO_MOBILITY_SCHARFETTER_GUMMEL) {
    PetscCall(OttoRecordNotApplicable(s->record, "monotone",
                                      s->law.linear
                                          ? "a theorem of scharfetter_gummel and implicit "
                                            "steps alone"
                                          : no_theorem));
    PetscFunctionReturn(0);
  }
  for (PetscInt i = 0; i < OTTO_DIVERGENCE_COUNT && k > 0; i++) {
    const PetscReal was = s->previous.d.divergence[i], is = now->d.divergence[i];
    if (isfinite(was) && isfinite(is))
      PetscCall(OttoRecordCheck(s->record, "monotone",
                                (is - was - GROWTH_NOISE) / PetscMax(was, GROWTH_NOISE), now->t));
  }
  PetscFunctionReturn(0);
}

static void Patch(PetscReal row[], const char *name)
{
  for (PetscInt i = 0; i < OTTO_GRADIENT_COLUMNS; i++)
    if (!strcmp(OttoGradientColumns[i].column.name, name)) row[i] = NAN;
}

/* Divergences: inequalities between them, and which are known. kl is asked for where densities have
 * no edges; with energies that make some, cells outside decide. */
static PetscErrorCode CheckPair(OttoGradientRun *s, PetscInt k, OttoGradientSample *now,
                                PetscReal row[])
{
  OttoRecord record = s->record;
  const PetscBool entropy =
      OttoInternalTemperature(OttoEnergyGetInternal(s->law.energy)) > 0 ? PETSC_TRUE : PETSC_FALSE;
  const PetscBool same =
      fabs(now->mass[0] - now->mass[1]) <= 1e-9 * now->mass[0] ? PETSC_TRUE : PETSC_FALSE;
  const PetscBool one = same && fabs(now->mass[0] - 1) <= 1e-9 ? PETSC_TRUE : PETSC_FALSE;
  PetscReal bound = 0;

  PetscFunctionBegin;
  PetscCall(OttoRecordBound(record, "known", &bound));
  for (PetscInt i = 0; i < OTTO_DIVERGENCE_COUNT; i++) {
    PetscReal *value = &now->d.divergence[i];
    const PetscBool asked =
        (i == OTTO_DIVERGENCE_KL && entropy) || (i == OTTO_DIVERGENCE_RENYI && s->law.renyi_asked)
            ? PETSC_TRUE
            : PETSC_FALSE;
    PetscCall(OttoRunJudge(record, OttoDivergenceNames[i], asked, bound, now->t, now->d.low[i],
                           now->d.high[i], value));
    if (isnan(*value)) Patch(row, OttoDivergenceNames[i]);
  }
  if (isnan(now->d.divergence[OTTO_DIVERGENCE_KL])) Patch(row, "cross_entropy");
  PetscCall(OttoCheckInequalities(
      record, now->t, &now->d, one ? NULL : "p and q are not of mass 1",
      now->d.unreliable_p > 0 ? "cross-entropy leaves cells out that are not resolved" : NULL));
  PetscCall(CheckMonotone(s, k, now));
  PetscFunctionReturn(0);
}

/* Columns that are nan because there is no such thing. */
static PetscErrorCode SayUndefined(OttoGradientRun *s, const OttoGradientSample *now)
{
  const struct {
    const char *name, *why;
    PetscReal value;
  } may_be[] = {
      {"w2_lower", s->law.tau > 0 ? "no step was taken" : "of jko and ljko", now->w2_lower},
      {"w2_upper", s->law.tau > 0 ? "no step was taken" : "of jko and ljko", now->w2_upper},
      {"residual", "the dissipation is infinite", now->residual},
      {"moment_rate", "infinite forces either way", now->moment_rate},
      {"virial", "closed cells are walls that it does not see", now->virial}};

  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof may_be / sizeof *may_be; i++)
    if (isnan(may_be[i].value))
      PetscCall(OttoRecordNotDefined(s->record, may_be[i].name, now->t, may_be[i].why));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientCheck(OttoGradientRun *s, PetscInt k, OttoGradientSample *now,
                                 PetscReal row[])
{
  static const char *const of_pairs[] = {"gibbs", "pinsker", "hellinger", "js_bound", "monotone"};

  PetscFunctionBegin;
  PetscCall(SayUndefined(s, now));
  PetscCall(CheckRate(s, now));
  PetscCall(CheckVirial(s, k, now));
  if (s->law.q) {
    PetscCall(CheckPair(s, k, now, row));
    PetscFunctionReturn(0);
  }
  for (int i = 0; i < 5 && k == 0; i++)
    PetscCall(OttoRecordNotApplicable(s->record, of_pairs[i], "there is no q_density"));
  PetscFunctionReturn(0);
}
