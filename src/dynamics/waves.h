/* Private to dynamics: sines and cosines of many points, as vector code where they have digits. */
#pragma once
#include "core/vecmath.h"
#include <petscsys.h>

/* One loop serves both: `far` is known when it is compiled. */
static inline __attribute__((always_inline)) void OttoWave(int far, double x, double *sine,
                                                           double *cosine)
{
  if (far) {
    *sine = sin(x);
    *cosine = cos(x);
  } else {
    OttoSinCos(x, sine, cosine);
  }
}

/* Whether one of the n phases scale · x is beyond what OttoSinCos() serves, or not a number. */
static inline __attribute__((always_inline)) int OttoWaveIsFar(PetscInt n, double scale,
                                                               const double *x)
{
  const double most = OTTO_SINCOS_MOST / scale;
  int far = 0;

  for (PetscInt k = 0; k < n; k++) far |= !(fabs(x[k]) < most);
  return far;
}
