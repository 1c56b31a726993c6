/*
 * (U(b) − U(a))/(b − a) is the mean of U' over [a, b]: by Gauss and Legendre's rule where the
 * difference would cancel, as it stands elsewhere. With m the middle of a and b and w half their
 * distance, rules of 3 and 5 points err by
 *
 *   3.2e-5 U⁽⁷⁾(m) w⁶   and   4.0e-10 U⁽¹¹⁾(m) w¹⁰,
 *
 * of ρ log ρ 3.8e-3 (w/m)⁶ and 1.5e-4 (w/m)¹⁰. Steep powers change by much before w/m is large, and
 * are then taken as they stand.
 */
#include "discrete_gradient.h"
#include <math.h>

#define BLOCK 256
#define NEAR 0.001    /* of m: three points give all digits, of powers up to 20 as well */
#define WIDE 0.06     /* of m: up to here five points do (1e-16) */
#define CHANGE 0.1    /* of U: beyond it its difference has all digits but one */
#define MEETING 0.001 /* of m: nearer, half of U'' serves as the derivative */

typedef struct {
  int points;
  double node[5], weight[5]; /* of [-1, 1]; weights add to 1 */
} Rule;

static const Rule three = {
    3, {-0.77459666924148337704, 0, 0.77459666924148337704}, {5. / 18, 8. / 18, 5. / 18}};
static const Rule five = {5,
                          {-0.90617984593866399280, -0.53846931010568309104, 0,
                           0.53846931010568309104, 0.90617984593866399280},
                          {0.11846344252809454376, 0.23931433524968323402, 64. / 225,
                           0.23931433524968323402, 0.11846344252809454376}};

/* slope = the mean of U' by a rule. */
static void Mean(OttoInternal internal, const Rule *rule, PetscInt64 n, const PetscReal m[],
                 const PetscReal w[], PetscReal slope[])
{
  PetscReal at[BLOCK], value[BLOCK];

  for (PetscInt64 c = 0; c < n; c++) slope[c] = 0;
  for (int k = 0; k < rule->points; k++) {
    for (PetscInt64 c = 0; c < n; c++) at[c] = m[c] + rule->node[k] * w[c];
    OttoInternalEvaluate(internal, OTTO_INTERNAL_SLOPE, n, at, value);
    for (PetscInt64 c = 0; c < n; c++) slope[c] += rule->weight[k] * value[c];
  }
}

/* A block of cells. */
static void Block(OttoInternal internal, PetscInt64 n, const PetscReal a[], const PetscReal b[],
                  PetscReal slope[], PetscReal curvature[])
{
  PetscReal m[BLOCK], w[BLOCK], of_a[BLOCK], of_b[BLOCK];
  PetscBool all_near = PETSC_TRUE;

  for (PetscInt64 c = 0; c < n; c++) {
    m[c] = 0.5 * (a[c] + b[c]);
    w[c] = 0.5 * (b[c] - a[c]);
    if (!(fabs(w[c]) <= NEAR * m[c])) all_near = PETSC_FALSE;
  }
  Mean(internal, all_near ? &three : &five, n, m, w, slope);
  if (!all_near) {
    OttoInternalEvaluate(internal, OTTO_INTERNAL_VALUE, n, a, of_a);
    OttoInternalEvaluate(internal, OTTO_INTERNAL_VALUE, n, b, of_b);
    for (PetscInt64 c = 0; c < n; c++) {
      const PetscReal change = of_b[c] - of_a[c];
      if (fabs(w[c]) > WIDE * m[c] ||
          (w[c] != 0 && fabs(change) > CHANGE * PetscMax(fabs(of_a[c]), fabs(of_b[c]))))
        slope[c] = change / (2 * w[c]);
    }
  }
  if (!curvature) return;
  OttoInternalEvaluate(internal, OTTO_INTERNAL_CURVATURE, n, m, curvature);
  OttoInternalEvaluate(internal, OTTO_INTERNAL_SLOPE, n, b, of_b);
  for (PetscInt64 c = 0; c < n; c++)
    curvature[c] =
        fabs(w[c]) > MEETING * m[c] ? (of_b[c] - slope[c]) / (2 * w[c]) : 0.5 * curvature[c];
}

void OttoDiscreteGradient(OttoInternal internal, PetscInt64 n, const PetscReal a[],
                          const PetscReal b[], PetscReal slope[], PetscReal curvature[])
{
  for (PetscInt64 c = 0; c < n; c += BLOCK)
    Block(internal, PetscMin(BLOCK, n - c), a + c, b + c, slope + c,
          curvature ? curvature + c : NULL);
}
