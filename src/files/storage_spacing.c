/* Whether coordinates are evenly spaced, and which of them is not. Spacing and start are medians
 * (H. Theil 1950, P. K. Sen 1968): a wrong entry does not move them and so puts no other in the
 * wrong. */
#include "storage_impl.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int Compare(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The lower of the middle ones; sorts them. */
static double Median(PetscInt64 n, double x[])
{
  qsort(x, (size_t)n, sizeof *x, Compare);
  return x[(n - 1) / 2];
}

PetscBool OttoStorageIsEven(PetscInt64 n, const double x[], char text[], size_t size)
{
  const PetscInt64 apart = PetscMax(1, n / 4); /* single precision rounds less, farther apart */
  double *work = malloc((size_t)n * sizeof *work), h, start, largest = 0, worst = 0;
  PetscInt64 off = 0, entry = 0;

  if (!work) return PETSC_TRUE; /* no word about it, then */
  for (PetscInt64 i = 0; i + apart < n; i++) work[i] = (x[i + apart] - x[i]) / (double)apart;
  h = Median(n - apart, work);
  for (PetscInt64 i = 0; i < n; i++) work[i] = x[i] - (double)i * h;
  start = Median(n, work);
  for (PetscInt64 i = 0; i < n; i++) work[i] = fabs(x[i]);
  largest = Median(n, work);
  free(work);
  largest = fmax(largest, fmax(fabs(start), fabs(start + (double)(n - 1) * h)));
  for (PetscInt64 i = 0; i < n; i++) {
    const double from = fabs(x[i] - (start + (double)i * h));
    if (from <= OttoStorageTolerance(fabs(h), largest)) continue;
    off++;
    if (from > worst) worst = from, entry = i;
  }
  if (!off) return PETSC_TRUE;
  int used = snprintf(text, size, ", unevenly (entry %lld is %.9g, %.9g is expected",
                      (long long)entry + 1, x[entry], start + (double)entry * h);
  if (off > 1)
    snprintf(text + used, size - (size_t)used, "; %lld others are off", (long long)off - 1);
  used = (int)strlen(text);
  snprintf(text + used, size - (size_t)used, ")");
  return PETSC_FALSE;
}
