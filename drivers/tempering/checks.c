/* What must hold at every step and at every sample of tempering. */
#include "problem.h"
#include <math.h>

/* A law is held to what the grid errs by in it, as coarser grids say: it must hold to within this
 * many times that. An estimate is not below half of the error (run/space.h). */
#define SMALLEST 1e-300 /* divides nothing by nothing */

/* After every step of the shortest: mass is kept, no cell is negative, and the entropy per
 * Riemannian volume does not fall, a theorem of implicit Euler under detailed balance (Jensen). */
static PetscErrorCode See(OttoTemperingRun *s, int i, PetscReal t, Vec p)
{
  OttoTemperingNumbers now;

  PetscFunctionBegin;
  PetscCall(OttoTemperingMeasure(&s->pair.law[i], p, NULL, &now, NULL));
  const PetscReal mass = s->start.of[i].mass, size = 1 + fabs(now.riemannian);
  PetscCall(OttoRecordCheck(s->record, "mass", fabs(now.mass - mass) / mass, t));
  PetscCall(OttoRecordCheck(s->record, "positivity", PetscMax(0, -now.least) / now.most, t));
  PetscCall(OttoRecordCheck(s->record, "second_law",
                            PetscMax(0, s->riemannian[i] - now.riemannian) / size, t));
  s->riemannian[i] = now.riemannian;
  PetscFunctionReturn(0);
}

static PetscErrorCode SeeBox(OttoFlow flow, PetscReal t_before, PetscReal t, Vec p_before,
                             Vec q_before, Vec p, Vec q, void *context)
{
  PetscFunctionBegin;
  (void)flow, (void)t_before, (void)p_before, (void)q_before, (void)q;
  PetscCall(See((OttoTemperingRun *)context, 0, t, p));
  PetscFunctionReturn(0);
}

static PetscErrorCode SeeNew(OttoFlow flow, PetscReal t_before, PetscReal t, Vec p_before,
                             Vec q_before, Vec p, Vec q, void *context)
{
  PetscFunctionBegin;
  (void)flow, (void)t_before, (void)p_before, (void)q_before, (void)q;
  PetscCall(See((OttoTemperingRun *)context, 1, t, p));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingStepsBegin(OttoTemperingRun *s)
{
  static const OttoFlowStep see[] = {SeeBox, SeeNew};

  PetscFunctionBegin;
  PetscCall(OttoTemperingSampleTake(&s->pair, 0, 0, NULL, &s->start));
  for (PetscInt i = 0; i < s->pair.count; i++) {
    s->riemannian[i] = s->start.of[i].riemannian;
    PetscCall(OttoFlowSetStepFunction(s->pair.law[i].flow[0], see[i], s));
  }
  PetscFunctionReturn(0);
}

/* Columns that are nan because there is no such thing. */
static PetscErrorCode SayUndefined(OttoTemperingRun *s)
{
  static const int of_new[] = {OTTO_TEMPERING_entropy_new,
                               OTTO_TEMPERING_tempering_entropy_new,
                               OTTO_TEMPERING_law_residual,
                               OTTO_TEMPERING_riemannian_difference,
                               OTTO_TEMPERING_mean_log_jacobian,
                               OTTO_TEMPERING_tempering_difference,
                               OTTO_TEMPERING_difference_residual,
                               OTTO_TEMPERING_riemannian_gain_new,
                               OTTO_TEMPERING_mass_new,
                               OTTO_TEMPERING_min_new};

  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof of_new / sizeof of_new[0]; i++)
    PetscCall(OttoRecordNotDefined(s->record, OttoTemperingColumns[of_new[i]].name, 0,
                                   "there is no coordinates_formula"));
  PetscFunctionReturn(0);
}

/* A law: its column, and those that it is the sum or difference of. */
typedef struct {
  const char *check;
  PetscInt column;
  PetscInt part[3];
  PetscReal residual;
} Law;

/* What the grid errs by in a law. Of smooth densities the estimate of the residual says it. Edges
 * of rough ones lie to the cells of either box, of every coarser grid, as they happen to, and may
 * do so alike: what the parts err by is then the least that is said. */
static PetscReal Allowed(const OttoTemperingRun *s, const Law *law)
{
  const PetscReal *error = s->space.space.error;
  PetscReal parts = 0;

  if (!s->space.space.rough) return error[law->column];
  for (int k = 0; k < 3; k++)
    if (law->part[k]) parts += error[law->part[k]];
  return PetscMax(error[law->column], parts);
}

PetscErrorCode OttoTemperingCheck(OttoTemperingRun *s, const OttoTemperingSample *now)
{
  const Law laws[] = {
      {"entropy_law",
       OTTO_TEMPERING_law_residual,
       {OTTO_TEMPERING_entropy, OTTO_TEMPERING_entropy_new, OTTO_TEMPERING_mean_log_jacobian},
       now->law_residual},
      {"difference_law",
       OTTO_TEMPERING_difference_residual,
       {OTTO_TEMPERING_tempering_entropy, OTTO_TEMPERING_tempering_entropy_new,
        OTTO_TEMPERING_mean_log_jacobian},
       now->difference_residual},
      {"riemannian",
       OTTO_TEMPERING_riemannian_difference,
       {OTTO_TEMPERING_riemannian_gain, OTTO_TEMPERING_riemannian_gain_new, 0},
       now->riemannian_difference}};
  const char *why = s->coordinates.map ? "what the grid errs by is not known: see space_error"
                                       : "there is no coordinates_formula";

  PetscFunctionBegin;
  if (!s->coordinates.map && now->t == 0) PetscCall(SayUndefined(s));
  for (int i = 0; i < 3; i++) {
    if (!s->coordinates.map || !s->space.known) {
      PetscCall(OttoRecordNotApplicable(s->record, laws[i].check, why));
      continue;
    }
    /* both runs take the same steps, whose error is the same density in either: the grid's alone */
    const PetscReal error = Allowed(s, &laws[i]);
    const PetscReal off = PetscMax(0, fabs(laws[i].residual) - OttoTemperingRounding(now));
    PetscCall(OttoRecordCheck(s->record, laws[i].check,
                              isnan(laws[i].residual) ? NAN : off / PetscMax(error, SMALLEST),
                              now->t));
  }
  PetscFunctionReturn(0);
}
