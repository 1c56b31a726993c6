/* What stepping leaves in what is observed of p and q: means, variances and probabilities are
 * extrapolated as they are, as means and covariances of axes. */
#include "stepping_impl.h"
#include "run/extrapolate.h"
#include <math.h>

PetscErrorCode OttoSteppingObserved(OttoStepping s, PetscInt density, PetscReal values[],
                                    PetscReal error[], PetscReal scale[])
{
  PetscReal raw[1 + OTTO_BESIDE][OTTO_MAX_OBSERVED_COLUMNS];
  const PetscInt beside = s->lost ? 0 : s->count, count = s->columns->observed;
  const OttoRunObservables observables = s->law->observables;

  PetscFunctionBegin;
  PetscCall(
      OttoRunObservablesCompute(observables, density ? s->law->q : s->law->p, raw[0], scale, NULL));
  for (PetscInt k = 0; k < beside; k++)
    PetscCall(OttoRunObservablesCompute(observables, density ? s->beside[k].q : s->beside[k].p,
                                        raw[k + 1], NULL, NULL));
  for (PetscInt i = 0; i < count; i++) {
    values[i] = raw[0][i];
    error[i] = NAN;
    if (!beside) continue;
    const PetscReal v[3] = {raw[0][i], raw[1][i], raw[beside][i]};
    error[i] = s->factor * fabs(v[0] - v[1]);
    if (s->way == OTTO_STEPPING_LADDER) OttoRunExtrapolate(PETSC_FALSE, v, &values[i], &error[i]);
  }
  PetscFunctionReturn(0);
}
