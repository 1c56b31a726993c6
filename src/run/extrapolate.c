/* Richardson's extrapolation of a number from runs in steps dt, 2 dt and 4 dt. */
#include "extrapolate.h"
#include <math.h>

#define SECOND                                                                                     \
  0.1 /* share of the square of the first order's part that an estimate holds at least */
#define ABSOLUTE 0.02 /* likewise, of the first order's part of what is extrapolated as it is */
#define UNSURE 1      /* first-order part, relative, from which on an expansion says nothing */

void OttoRunExtrapolate(PetscBool logarithm, const PetscReal v[3], PetscReal *value,
                        PetscReal *error)
{
  const PetscBool same = (v[0] > 0 && v[1] > 0 && v[2] > 0) || (v[0] < 0 && v[1] < 0 && v[2] < 0);

  *value = v[0];
  *error = v[0] == v[1] && v[1] == v[2] ? 0 : NAN;
  if (*error == 0 || !isfinite(v[0]) || !isfinite(v[1]) || !isfinite(v[2])) return;
  if (logarithm && same) {
    const PetscReal b = log(v[1] / v[0]), c = log(v[2] / v[0]);
    const PetscReal second = v[0] * exp(-b), third = v[0] * exp((c - 6 * b) / 3);
    *value = second;
    *error = fabs(third - second) + SECOND * b * b / (1 + 5 * fabs(b)) * fabs(second);
    if (!(fabs(b) < UNSURE)) *error = PetscMax(*error, fabs(second - v[0]));
    return;
  }
  *value = 2 * v[0] - v[1];
  *error = fabs(2 * v[0] - 3 * v[1] + v[2]) / 3 + ABSOLUTE * fabs(v[0] - v[1]);
}
