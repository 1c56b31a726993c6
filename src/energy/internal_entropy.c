/*
 * U = T ρ log ρ: diffusion. Logarithms and exponentials by vecmath.h wherever it serves, by libm
 * elsewhere, cell by cell: what a cell gives does not depend on its neighbours.
 */
#include "internal_impl.h"
#include "core/vecmath.h"

#define BLOCK 128

OTTO_VECTOR_CLONES static void Logs(int n, const PetscReal x[], PetscReal add, PetscReal out[])
{
  for (int i = 0; i < n; i++) {
    const PetscReal bounded = x[i] >= DBL_MIN && x[i] <= DBL_MAX ? x[i] : 1;
    out[i] = OttoLogPlus(bounded, add);
  }
}

OTTO_VECTOR_CLONES static void Exponentials(int n, const PetscReal x[], PetscReal out[])
{
  for (int i = 0; i < n; i++) out[i] = OttoExp(x[i] >= -700 && x[i] <= 700 ? x[i] : 0);
}

/* log[n] = log x + add */
static void AllLogs(int n, const PetscReal x[], PetscReal add, PetscReal out[])
{
  Logs(n, x, add, out);
  for (int i = 0; i < n; i++)
    if (!(x[i] >= DBL_MIN && x[i] <= DBL_MAX)) out[i] = log(x[i]) + add;
}

static void Value(OttoInternal u, PetscInt64 n, const PetscReal in[], PetscReal out[])
{
  PetscReal logs[BLOCK];

  for (PetscInt64 from = 0; from < n; from += BLOCK) {
    const int count = (int)PetscMin(BLOCK, n - from);
    AllLogs(count, in + from, 0, logs);
    for (int i = 0; i < count; i++) {
      const PetscReal rho = in[from + i];
      out[from + i] = rho == 0 ? 0 : u->T * rho * logs[i];
    }
  }
}

static void Slope(OttoInternal u, PetscInt64 n, const PetscReal in[], PetscReal out[])
{
  PetscReal logs[BLOCK];

  for (PetscInt64 from = 0; from < n; from += BLOCK) {
    const int count = (int)PetscMin(BLOCK, n - from);
    AllLogs(count, in + from, 1, logs);
    for (int i = 0; i < count; i++) out[from + i] = u->T * logs[i];
  }
}

static void Curvature(OttoInternal u, PetscInt64 n, const PetscReal in[], PetscReal out[])
{
  for (PetscInt64 i = 0; i < n; i++) out[i] = u->T / fabs(in[i]);
}

static void Pressure(OttoInternal u, PetscInt64 n, const PetscReal in[], PetscReal out[])
{
  for (PetscInt64 i = 0; i < n; i++) out[i] = u->T * in[i];
}

/* e^(s/T − 1), over `divisor` */
static void Densities(OttoInternal u, PetscReal divisor, PetscInt64 n, const PetscReal in[],
                      PetscReal out[])
{
  PetscReal x[BLOCK], powers[BLOCK];

  for (PetscInt64 from = 0; from < n; from += BLOCK) {
    const int count = (int)PetscMin(BLOCK, n - from);
    for (int i = 0; i < count; i++) x[i] = in[from + i] / u->T - 1;
    Exponentials(count, x, powers);
    for (int i = 0; i < count; i++)
      out[from + i] = (fabs(x[i]) <= 700 ? powers[i] : exp(x[i])) / divisor;
  }
}

static void Density(OttoInternal u, PetscInt64 n, const PetscReal in[], PetscReal out[])
{
  Densities(u, 1, n, in, out);
}

static void Stiffness(OttoInternal u, PetscInt64 n, const PetscReal in[], PetscReal out[])
{
  Densities(u, u->T, n, in, out);
}

/* 1/U'' = ρ/T is. */
static PetscBool Spreads(OttoInternal u)
{
  (void)u;
  return PETSC_TRUE;
}

const OttoInternalOps OttoInternalOps_Entropy = {
    .linear = PETSC_TRUE,
    .spreads = Spreads,
    .parts = {[OTTO_INTERNAL_VALUE] = Value,
              [OTTO_INTERNAL_SLOPE] = Slope,
              [OTTO_INTERNAL_CURVATURE] = Curvature,
              [OTTO_INTERNAL_PRESSURE] = Pressure,
              [OTTO_INTERNAL_DENSITY] = Density,
              [OTTO_INTERNAL_STIFFNESS] = Stiffness},
};
