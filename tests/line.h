/* An exact kernel along a line, in long double, by all images. */
#pragma once
#include "test.h"
#include "heat/axis_plan.h"
#include "heat/stage_build.h"
#include <stdlib.h>

/* Σ over images of the kernel's derivative, times the data: nothing is left out that is 1e-20 of
 * it. */
static inline void Exactly(const OttoAxisKernel *k, PetscReal tau, PetscInt order,
                           const long double in[], long double out[])
{
  const PetscInt64 n = k->n, most = 2 * n + (PetscInt64)(40 * sqrt(2 * tau)) + 40;
  OttoLineKernel line;

  if (OttoLineKernelCreate(k->lattice, k->fill, tau, most + n, &line)) return;
  line.order = order;
  long double *value = malloc((size_t)(2 * most + 1) * sizeof *value);
  for (PetscInt64 m = -most; m <= most; m++)
    value[m + most] = OttoLineKernelValue(&line, (long double)m);
  for (PetscInt64 i = 0; i < n; i++) {
    out[i] = 0;
    for (PetscInt64 m = -most; m <= most; m++) {
      PetscInt64 j = i - m;
      if (k->boundary == OTTO_BOUNDARY_OPEN && (j < 0 || j >= n)) continue;
      if (k->boundary == OTTO_BOUNDARY_PERIODIC) j = (j % n + n) % n;
      if (k->boundary == OTTO_BOUNDARY_NO_FLUX) {
        j = (j % (2 * n) + 2 * n) % (2 * n);
        if (j >= n) j = 2 * n - 1 - j;
      }
      out[i] += value[m + most] * in[j];
    }
  }
  free(value);
  PetscCallVoid(OttoLineKernelDestroy(&line));
}
