/*
 * Bernoulli's function B(z) = z/(e^z − 1) and its derivative as branch-free C (vecmath.h): the
 * rates of Scharfetter and Gummel (1969).
 */
#pragma once
#include "core/vecmath.h"

/* B(z) and B(-z) = B(z) + z for z >= 0. */
static inline void OttoBernoulli(double z, double *of_z, double *of_minus_z)
{
  double bounded = z < 700 ? z : 700; /* B(700) = 7e-302 */
  double ratio = bounded / (bounded + OttoExpMinus(bounded)), b = z < 1e-300 ? 1 : ratio;
  *of_z = z < 700 ? b : 0;
  *of_minus_z = *of_z + z;
}

/* (e^-w − 1 + w)/w²: 1/2 at 0, decreasing; -700 < w. */
static inline double OttoExpSecond(double w)
{
  double bounded = w > 700 ? 700 : w < -700 ? -700 : w, tail = OttoExpMinus(-bounded);
  double far = w > 700 ? (w - 1) / w / w : tail / bounded / bounded;
  return fabs(w) < 1e-8 ? 0.5 - w * (1. / 6) : far;
}

/* -B'(z) for z >= 0, where B(z) = low and B(-z) = high: in (0, 1/2], and -B'(-z) = 1 - that. */
static inline double OttoBernoulliFall(double z, double low, double high)
{
  double fall = low * high * OttoExpSecond(z);
  return z < 700 ? fall : 0;
}
