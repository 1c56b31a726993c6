/* Rows of the series, and that they end where steps do not converge. */
#include "problem.h"
#include <math.h>
#include <stdio.h>

/* From t on what is left is not known, after a step that failed. */
static PetscErrorCode Lose(OttoFirstPassageRun *s, PetscReal t)
{
  static const char *const results[] = {"killed_mass", "solve_residual", "survival_integral"};
  OttoSurvival *v = &s->survival;

  PetscFunctionBegin;
  snprintf(v->lost, sizeof v->lost, "%.199s", OttoErrorMessage());
  OttoErrorClear();
  for (PetscInt i = 0; i < v->columns; i++) {
    if (v->of[i] == OTTO_SURVIVAL_t || v->of[i] == OTTO_SURVIVAL_steps) continue;
    const PetscBool share = v->of[i] == OTTO_SURVIVAL_mass_p ? PETSC_TRUE : PETSC_FALSE;
    PetscCall(OttoRecordNotKnown(s->record, v->column[i].name, t, 0,
                                 share ? v->last.mass : INFINITY, v->lost, share));
  }
  for (int i = 0; i < 3; i++)
    PetscCall(OttoRecordNotKnown(s->record, results[i], t, 0, INFINITY, v->lost, PETSC_FALSE));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstPassageRow(OttoFirstPassageRun *s, PetscInt k, PetscReal t, PetscReal all[])
{
  OttoSurvival *v = &s->survival;
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  if (k > 0 && !v->lost[0]) code = OttoSurvivalAdvance(v, t);
  if (code == OTTO_ERR_SOLVER) PetscCall(Lose(s, t));
  if (code && code != OTTO_ERR_SOLVER) PetscFunctionReturn(code);
  if (!v->lost[0]) {
    PetscCall(OttoSurvivalRow(v, s->number[OTTO_FIRST_PASSAGE_passage_time], all));
    OttoFirstPassageSpaceRow(&s->space, all);
    PetscCall(OttoFirstPassageCheckRow(s, all));
    PetscFunctionReturn(0);
  }
  for (PetscInt i = 0; i < OTTO_SURVIVAL_COLUMNS; i++) all[i] = NAN;
  all[OTTO_SURVIVAL_t] = t;
  all[OTTO_SURVIVAL_steps] = (PetscReal)v->steps;
  PetscFunctionReturn(0);
}
