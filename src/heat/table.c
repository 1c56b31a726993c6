/* An axis's kernel from its table: sums over images, and how far it ranges. */
#include "heat_impl.h"
#include <math.h>
#include <stdlib.h>

PetscInt OttoKernelLike(const OttoGridInfo *g, PetscInt j)
{
  PetscInt i = 0;

  while (g->n[i] != g->n[j] || g->h[i] != g->h[j] || g->boundary[i] != g->boundary[j]) i++;
  return i;
}

PetscBool OttoKernelIsDual(const OttoKernelTable *table, PetscReal t)
{
  const PetscReal length = (PetscReal)table->period * table->h;
  return table->period && 4 * PETSC_PI * t > length * length ? PETSC_TRUE : PETSC_FALSE;
}

/* The derivative of given order at index difference m of either sign, without images. */
static long double Branch(const OttoKernelTable *table, PetscInt order, PetscInt64 m)
{
  const PetscInt64 a = m < 0 ? -m : m;
  const long double k = expl(table->log_k[a]);

  if (order == 0) return k;
  if (order == 1) return (m < 0 ? -k : k) * table->slope[a];
  return k * table->curvature[a];
}

long double OttoKernelSum(const OttoKernelTable *table, PetscInt order, PetscInt64 m)
{
  if (table->period && 2 * m > table->period) /* the parity, exact to the last bit */
    return (order == 1 ? -1 : 1) * OttoKernelSum(table, order, table->period - m);
  long double sum = Branch(table, order, m);
  for (PetscInt64 s = 1; s <= table->images; s++) /* odd terms cancel in pairs at half a period */
    sum = sum + Branch(table, order, m - s * table->period) +
          Branch(table, order, m + s * table->period);
  return sum;
}

long double OttoKernelLogSum(const OttoKernelTable *table, PetscInt order, PetscInt64 m,
                             long double *ratio)
{
  const long double *by = order == 1 ? table->slope : table->curvature;
  long double most = -INFINITY, sum = 0, weighted = 0;

  if (table->period && 2 * m > table->period) {
    const long double value = OttoKernelLogSum(table, order, table->period - m, ratio);
    if (order == 1) *ratio = -*ratio;
    return value;
  }
  for (PetscInt64 s = -table->images; s <= table->images; s++)
    most = fmaxl(most, table->log_k[llabs(m - s * table->period)]);
  for (PetscInt64 s = table->images; s >= 0; s--) /* odd terms cancel in pairs at half a period */
    for (int side = 0; side < (s ? 2 : 1); side++) {
      const PetscInt64 at = side ? m + s * table->period : m - s * table->period, a = llabs(at);
      const long double weight = expl(table->log_k[a] - most);
      sum += weight;
      if (order) weighted += order == 1 && at < 0 ? -weight * by[a] : weight * by[a];
    }
  *ratio = order ? weighted / sum : 1;
  return most + logl(sum);
}

PetscReal OttoKernelLogRange(const OttoKernelTable *table)
{
  /* K decreases with distance: farthest apart are half a period, or the whole axis. */
  const PetscInt64 far = table->period ? table->period / 2 : table->n - 1;
  return (PetscReal)(table->log_k[far] - table->log_k[0]);
}
