/*
 * Dynamical systems of the unit tests: one of each kind and box that it serves, points in the box,
 * and derivatives by differences of what a system does to points.
 */
#pragma once
#include "fixture.h"
#include <otto/dynamics.h>

#define SYSTEM_POINTS 600 /* more than two batches of maps */
#define SYSTEM_WORDS 12

/* A system on a box. */
typedef struct {
  const char *type;
  PetscInt dim;
  PetscReal lower[4], upper[4];
  const char *boundary; /* a letter an axis: p, n or o */
  char *words[SYSTEM_WORDS];
  PetscInt tears; /* it is not smooth at multiples of 1/tears of a side; 0: it is everywhere */
} System;

static const System systems[] = {
    {"torus_automorphism", 2, {0, 0}, {1, 1}, "pp", {"-dynamics_matrix", "2,1,1,1"}, 0},
    {"torus_automorphism", 2, {-1, 2}, {2, 7}, "pp", {"-dynamics_matrix", "3,4,2,3"}, 0},
    {"torus_automorphism",
     3,
     {0, -1, 0.5},
     {1, 1, 1},
     "ppp",
     {"-dynamics_matrix", "0,1,0,0,0,1,1,-1,2"},
     0},
    {"torus_automorphism", 2, {0, 0}, {1, 1}, "pp", {"-dynamics_matrix", "1,1,1,0"}, 0},
    {"standard_map", 2, {0, 0}, {2 * M_PI, 2 * M_PI}, "pp", {"-dynamics_k", "1.3"}, 0},
    {"standard_map", 2, {-1, 3}, {1, 4}, "pp", {NULL}, 0},
    {"standard_map", 2, {-1, 0}, {1, 5}, "po", {"-dynamics_k", "-2"}, 0},
    {"baker", 2, {0, 0}, {1, 1}, "pp", {NULL}, 2},
    {"baker", 2, {-1, 2}, {2, 4}, "nn", {NULL}, 2},
    {"henon", 2, {-1.5, -0.5}, {1.5, 0.5}, "oo", {NULL}, 0},
    {"henon", 2, {-2, -2}, {2, 2}, "nn", {"-dynamics_a", "0.7", "-dynamics_b", "-1"}, 0},
    {"linear", 1, {-1}, {2}, "o", {"-dynamics_matrix", "-1.5"}, 0},
    {"linear", 2, {-1, -1}, {1, 1}, "oo", {"-dynamics_matrix", "1.2,0.3,-0.4,0.8"}, 0},
    {"linear",
     3,
     {-1, -1, -1},
     {1, 1, 1},
     "ono",
     {"-dynamics_matrix", "0.6,-0.8,0,0.8,0.6,0,0,0,-1"},
     0},
    {"linear", 2, {0, 0}, {1, 2}, "pp", {"-dynamics_matrix", "1,0.5,2,2"}, 0},
    {"map",
     1,
     {-0.5},
     {0.5},
     "p",
     {"-dynamics_map", "atan2(1.5*sin(_pi*x), cos(_pi*x))/_pi", "-dynamics_inverse",
      "atan2(sin(_pi*x)/1.5, cos(_pi*x))/_pi"},
     0},
    {"map",
     2,
     {0, -1},
     {1, 1},
     "pp",
     {"-dynamics_map", "x + 0.1*sin(_pi*y), y + 0.2*cos(2*_pi*(x + 0.1*sin(_pi*y)))",
      "-dynamics_inverse", "x - 0.1*sin(_pi*(y - 0.2*cos(2*_pi*x))), y - 0.2*cos(2*_pi*x)"},
     0},
    {"map",
     3,
     {0, 0, 0},
     {1, 1, 1},
     "ono",
     {"-dynamics_map", "exp(x), y^2, x + y + z", "-dynamics_inverse",
      "ln(x), sqrt(y), z - ln(x) - sqrt(y)"},
     0},
    {"map", 1, {0}, {1}, "o", {"-dynamics_map", "x*(1 - x)"}, 0},
    {"double_gyre", 2, {0, 0}, {2, 1}, "nn", {NULL}, 0},
    {"double_gyre",
     2,
     {0, 0},
     {2, 1},
     "oo",
     {"-dynamics_amplitude", "0.3", "-dynamics_epsilon", "0.1", "-dynamics_omega", "2",
      "-dynamics_start", "0.25"},
     0},
    {"abc", 3, {0, 0, 0}, {2 * M_PI, 2 * M_PI, 2 * M_PI}, "ppp", {NULL}, 0},
    {"abc",
     3,
     {-M_PI, 0, 0},
     {M_PI, 4 * M_PI, 2 * M_PI},
     "ppo",
     {"-dynamics_a", "0.5", "-dynamics_b", "-1", "-dynamics_c", "2"},
     0},
    {"taylor_green", 2, {0, 0}, {2 * M_PI, 2 * M_PI}, "pp", {NULL}, 0},
    {"taylor_green",
     3,
     {0, 0, 0},
     {2 * M_PI, 2 * M_PI, 2 * M_PI},
     "ppp",
     {"-dynamics_amplitude", "1.7"},
     0},
    {"pendulum", 2, {-M_PI, -3}, {M_PI, 3}, "po", {NULL}, 0},
    {"pendulum",
     2,
     {-M_PI, -3},
     {M_PI, 3},
     "po",
     {"-dynamics_omega", "1.5", "-dynamics_delta", "0.2"},
     0},
    {"duffing", 2, {-2, -2}, {2, 2}, "oo", {NULL}, 0},
    {"duffing",
     2,
     {-2, -2},
     {2, 2},
     "on",
     {"-dynamics_delta", "0.15", "-dynamics_gamma", "0.3", "-dynamics_omega", "1.2"},
     0},
    {"formula",
     2,
     {0, 0},
     {1, 1},
     "pp",
     {"-dynamics_formula", "sin(2*_pi*y), cos(2*_pi*x)*cos(t)"},
     0},
    {"formula",
     3,
     {-1, -1, -1},
     {1, 1, 1},
     "ooo",
     {"-dynamics_formula", "y*z, -x, exp(z) - x*y"},
     0},
};
#define SYSTEM_COUNT ((int)(sizeof systems / sizeof systems[0]))

/* Options, in place of all earlier ones: "-dynamics_type", "baker", … up to a NULL. */
static inline PetscErrorCode SetSystem(const char *type, char *const words[])
{
  char *all[2 + SYSTEM_WORDS] = {"-dynamics_type", (char *)(uintptr_t)type};
  int count = 2;

  PetscFunctionBegin;
  for (int i = 0; i < SYSTEM_WORDS && words[i]; i++) all[count++] = words[i];
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(OttoOptionsInsert(NULL, count, all));
  PetscFunctionReturn(0);
}

static inline OttoBoundary BoundaryOf(char letter)
{
  return letter == 'p'   ? OTTO_BOUNDARY_PERIODIC
         : letter == 'n' ? OTTO_BOUNDARY_NO_FLUX
         : letter == 'a' ? OTTO_BOUNDARY_ABSORBING
                         : OTTO_BOUNDARY_OPEN;
}

static inline PetscErrorCode MakeSystemGrid(const System *s, OttoGrid *grid)
{
  const PetscInt64 n[OTTO_MAX_DIM] = {7, 5, 6, 3, 3, 3};
  OttoBoundary boundary[OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->dim; j++) boundary[j] = BoundaryOf(s->boundary[j]);
  PetscCall(MakeBox(s->dim, n, s->lower, s->upper, boundary, grid));
  PetscFunctionReturn(0);
}

/* The system with its grid. */
static inline PetscErrorCode MakeSystem(const System *s, OttoGrid *grid, OttoDynamics *d)
{
  PetscFunctionBegin;
  PetscCall(SetSystem(s->type, s->words));
  PetscCall(MakeSystemGrid(s, grid));
  PetscCall(OttoDynamicsCreate(*grid, d));
  PetscFunctionReturn(0);
}

/* Points and what belongs to them, an array a component. */
typedef struct {
  PetscReal at[9][SYSTEM_POINTS];
  PetscReal *of[9];
} Cloud;

static inline void CloudBegin(Cloud *c)
{
  for (int i = 0; i < 9; i++) c->of[i] = c->at[i];
}

static inline void CloudCopy(const Cloud *from, Cloud *to)
{
  *to = *from;
  CloudBegin(to);
}

/* SYSTEM_POINTS points of the box, the same on all ranks. */
static inline void FillPoints(const System *s, Cloud *c)
{
  CloudBegin(c);
  for (PetscInt j = 0; j < s->dim; j++)
    for (PetscInt k = 0; k < SYSTEM_POINTS; k++)
      c->at[j][k] = s->lower[j] + (s->upper[j] - s->lower[j]) * Hash(k, 0.1 + 0.2 * (double)j);
}

/* Whether a point is nearer than `width` of a side to where the system is not smooth. */
static inline PetscBool NearTear(const System *s, const Cloud *c, PetscInt k, PetscReal width)
{
  for (PetscInt j = 0; s->tears > 0 && j < s->dim; j++) {
    const PetscReal u = (c->at[j][k] - s->lower[j]) / (s->upper[j] - s->lower[j]);
    const PetscReal places = u * (PetscReal)s->tears;
    if (fabs(places - round(places)) < width * (PetscReal)s->tears) return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

static inline long double DeterminantOf(PetscInt dim, const Cloud *D, PetscInt k)
{
  long double m[9];

  for (PetscInt i = 0; i < dim * dim; i++) m[i] = D->at[i][k];
  if (dim == 1) return m[0];
  if (dim == 2) return m[0] * m[3] - m[1] * m[2];
  return m[0] * m[4] * m[8] + m[1] * m[5] * m[6] + m[2] * m[3] * m[7] - m[2] * m[4] * m[6] -
         m[1] * m[3] * m[8] - m[0] * m[5] * m[7];
}
