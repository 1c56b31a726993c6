/* Jacobi's elliptic functions of a real argument, for tests of pendulums. */
#pragma once
#include <math.h>

/* sn(u, k) and cn(u, k) for 0 <= k < 1, by descending to k = 0 with the arithmetic-geometric mean
 * (Abramowitz and Stegun 16.4). */
static inline void Jacobi(long double u, long double k, long double *sn, long double *cn)
{
  long double a[32] = {1}, c[32] = {0}, b = sqrtl(1 - k * k), phi;
  int n = 0;

  c[0] = k;
  while (fabsl(c[n]) > 1e-19L && n < 30) {
    a[n + 1] = (a[n] + b) / 2;
    c[n + 1] = (a[n] - b) / 2;
    b = sqrtl(a[n] * b);
    n++;
  }
  phi = ldexpl(a[n] * u, n);
  for (; n > 0; n--) phi = (phi + asinl(c[n] / a[n] * sinl(phi))) / 2;
  *sn = sinl(phi);
  *cn = cosl(phi);
}
