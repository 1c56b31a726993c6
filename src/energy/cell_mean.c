/*
 * The mean over a box of a function of the distance from its centre (MATHEMATICS 12.1). The 2^d
 * orthants are alike; one is cut into d pyramids with their apex at the centre, x = s y, y on the
 * face x_j = a_j (a the half widths), so that
 *
 *   mean = Σ_j ∫_{y on the face, over its area} ∫_0^1 s^{d−1} f(s |y|) ds.
 *
 * (The volume element is s^{d−1} a_j ds dy.) f is smooth but at 0, where it may grow: panels of s
 * halve towards 0. |y|² = a_j² + … is smooth on the scale a_j: panels of y double from there.
 */
#include "interaction_impl.h"
#include <math.h>
#include <petscdt.h>

#define NODES 16    /* Gauss–Legendre, of a panel */
#define HALVINGS 70 /* of s */
#define DOUBLINGS 64
#define NOTHING 1e-18 /* of the whole: four panels with less in a row are the last */
#define LEFT 1e-13    /* of the whole: what a last panel has where they need not become smaller */
#define SLOWEST 0.95  /* ratio of panels: r^(0.07 − dim) has a mean */

typedef struct {
  PetscReal x[NODES], w[NODES]; /* on [0, 1] */
  OttoRadial f;
  void *context;
  PetscReal slowest; /* largest ratio of a last panel to that before it */
} Rule;

/* ∫_0^1 s^{d−1} f(sR) ds */
static PetscErrorCode Ray(Rule *rule, PetscInt dim, PetscReal R, PetscReal *integral)
{
  PetscReal sum = 0, all = 0, panel = 0, before = 0, width = 0.5;
  int small = 0;

  PetscFunctionBegin;
  for (int k = 0; k < HALVINGS && small < 4; k++, width /= 2) {
    before = panel;
    panel = 0;
    for (int i = 0; i < NODES; i++) {
      const PetscReal s = width * (1 + rule->x[i]);
      PetscReal value = 0;
      PetscCall(rule->f(rule->context, s * R, &value));
      panel += width * rule->w[i] * value * (dim == 1 ? 1 : dim == 2 ? s : s * s);
    }
    sum += panel;
    all += fabs(panel);
    small = all > 0 && fabs(panel) <= NOTHING * all ? small + 1 : 0;
  }
  if (!(fabs(panel) <= LEFT * all)) { /* a power of r: so are the panels that follow */
    const PetscReal ratio = panel / before;
    if (!(fabs(ratio) <= rule->slowest)) rule->slowest = fabs(ratio);
    sum += panel * ratio / (1 - ratio);
  }
  *integral = sum;
  PetscFunctionReturn(0);
}

/* Panels of an axis of a face, from 0 to `end`, on the scale `first`; returns how many. */
static int Panels(PetscReal first, PetscReal end, PetscReal at[DOUBLINGS + 2])
{
  int count = 0;

  at[0] = 0;
  for (PetscReal x = first; x < 0.75 * end && count < DOUBLINGS; x *= 2) at[++count] = x;
  at[++count] = end;
  return count;
}

/* The mean over the face x_j = a_j, 0 ≤ x_k ≤ a_k, of the rays. */
static PetscErrorCode Face(Rule *rule, PetscInt dim, const PetscReal a[], PetscInt j,
                           PetscReal *mean)
{
  PetscReal at[2][DOUBLINGS + 2] = {{0, 1}, {0, 1}}, wide[2] = {1, 1}, ray = 0, sum = 0;
  int panels[2] = {1, 1}, nodes[2] = {1, 1}, axes = 0;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < dim; k++) {
    if (k == j) continue;
    nodes[axes] = NODES;
    wide[axes] = a[k];
    panels[axes] = Panels(a[j], a[k], at[axes]);
    axes++;
  }
  for (int p = 0; p < panels[0] * nodes[0]; p++)
    for (int q = 0; q < panels[1] * nodes[1]; q++) {
      const int index[2] = {p, q};
      PetscReal square = a[j] * a[j], weight = 1;
      for (int k = 0; k < axes; k++) {
        const PetscReal *from = &at[k][index[k] / NODES];
        const int i = index[k] % NODES;
        square += PetscSqr(from[0] + (from[1] - from[0]) * rule->x[i]);
        weight *= (from[1] - from[0]) * rule->w[i] / wide[k];
      }
      PetscCall(Ray(rule, dim, sqrt(square), &ray));
      sum += weight * ray;
    }
  *mean = sum;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoCellMean(PetscInt dim, const PetscReal h[], OttoRadial f, void *context,
                            PetscReal *mean, PetscBool *converged)
{
  Rule rule = {.f = f, .context = context};
  PetscReal a[3], face[3];

  PetscFunctionBegin;
  PetscCall(PetscDTGaussQuadrature(NODES, 0, 1, rule.x, rule.w));
  for (PetscInt j = 0; j < dim; j++) a[j] = h[j] / 2;
  *mean = 0;
  for (PetscInt j = 0; j < dim; j++) {
    if (j > 0 && a[j] == a[0])
      face[j] = face[0];
    else
      PetscCall(Face(&rule, dim, a, j, &face[j]));
    *mean += face[j];
  }
  *converged = rule.slowest <= SLOWEST && isfinite(*mean) ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}
