/*
 * U = T ρ^m/(m − 1): slow diffusion for m > 1 (U'(0) = 0: supports stay compact), fast for m < 1
 * (U'(0) = −∞, and U' < 0 everywhere).
 */
#include "internal_impl.h"
#include <otto/options.h>
#include <math.h>

static PetscErrorCode Read(OttoInternal u)
{
  PetscReal m = 0;
  PetscBool set;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReal(NULL, "energy_m", -INFINITY, INFINITY, &m, &set));
  OttoCheckInput(set, "energy_m: missing; give the exponent of energy_internal power");
  OttoCheckInput(m > 0 && m != 1, "energy_m: %g; it must be above 0 and not 1%s", (double)m,
                 m == 1 ? ", where energy_internal is entropy" : "");
  u->m = m;
  PetscFunctionReturn(0);
}

/* ρ^(2 − m) is. */
static PetscBool Spreads(OttoInternal u)
{
  return u->m >= 1 && u->m <= 2 ? PETSC_TRUE : PETSC_FALSE;
}

/* x^p; exact, or rounded once or twice, for the exponents that are met most. */
static inline PetscReal Power(PetscReal x, PetscReal p)
{
  if (p == 1) return x;
  if (p == 2) return x * x;
  if (p == 3) return x * x * x;
  if (p == 0.5) return sqrt(x);
  return p == 0 && isnan(x) ? NAN : pow(x, p);
}

static void Value(OttoInternal u, PetscInt64 n, const PetscReal in[], PetscReal out[])
{
  const PetscReal factor = u->T / (u->m - 1);

  for (PetscInt64 i = 0; i < n; i++) out[i] = factor * Power(in[i], u->m);
}

static void Slope(OttoInternal u, PetscInt64 n, const PetscReal in[], PetscReal out[])
{
  const PetscReal factor = u->T * u->m / (u->m - 1);

  for (PetscInt64 i = 0; i < n; i++) out[i] = factor * Power(in[i], u->m - 1);
}

static void Curvature(OttoInternal u, PetscInt64 n, const PetscReal in[], PetscReal out[])
{
  const PetscReal factor = u->T * u->m;

  for (PetscInt64 i = 0; i < n; i++) out[i] = factor * Power(in[i], u->m - 2);
}

static void Pressure(OttoInternal u, PetscInt64 n, const PetscReal in[], PetscReal out[])
{
  for (PetscInt64 i = 0; i < n; i++) out[i] = u->T * Power(in[i], u->m);
}

/* The ρ of a slope. */
static inline PetscReal Inverse(OttoInternal u, PetscReal s)
{
  const PetscReal ratio = s * (u->m - 1) / (u->T * u->m); /* ρ^(m − 1) */

  if (ratio > 0) return Power(ratio, 1 / (u->m - 1));
  return isnan(ratio) ? NAN : u->m > 1 ? 0 : INFINITY;
}

static void Density(OttoInternal u, PetscInt64 n, const PetscReal in[], PetscReal out[])
{
  for (PetscInt64 i = 0; i < n; i++) out[i] = Inverse(u, in[i]);
}

static void Stiffness(OttoInternal u, PetscInt64 n, const PetscReal in[], PetscReal out[])
{
  for (PetscInt64 i = 0; i < n; i++) {
    const PetscReal rho = Inverse(u, in[i]);
    out[i] = rho > 0 || isnan(rho) ? Power(rho, 2 - u->m) / (u->T * u->m) : 0;
  }
}

const OttoInternalOps OttoInternalOps_Power = {
    .read = Read,
    .spreads = Spreads,
    .parts = {[OTTO_INTERNAL_VALUE] = Value,
              [OTTO_INTERNAL_SLOPE] = Slope,
              [OTTO_INTERNAL_CURVATURE] = Curvature,
              [OTTO_INTERNAL_PRESSURE] = Pressure,
              [OTTO_INTERNAL_DENSITY] = Density,
              [OTTO_INTERNAL_STIFFNESS] = Stiffness},
};
