/* The exponent by which a coefficient grows. */
#include <otto/convective_entropy.h>
#include <math.h>

PetscReal OttoConvectiveGrowth(PetscInt n, const PetscReal t[], const PetscReal value[])
{
  PetscInt known = 0, skip;
  PetscReal mean_t = 0, mean_log = 0, square = 0, product = 0;

  for (PetscInt i = 0; i < n; i++)
    if (value[i] > 0 && isfinite(value[i])) known++;
  const PetscInt used = PetscMax(3, (known + 1) / 2);
  if (known < used) return NAN;
  for (int pass = 0; pass < 2; pass++) {
    skip = known - used;
    for (PetscInt i = 0; i < n; i++) {
      if (!(value[i] > 0 && isfinite(value[i])) || skip-- > 0) continue;
      if (pass == 0) {
        mean_t += t[i] / (PetscReal)used;
        mean_log += log(value[i]) / (PetscReal)used;
      } else {
        square += PetscSqr(t[i] - mean_t);
        product += (t[i] - mean_t) * (log(value[i]) - mean_log);
      }
    }
  }
  return product / square;
}
