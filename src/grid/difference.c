/*
 * Derivatives along an axis, line by line: u'_p = sum_j w_pj (u_j - u_p)/h over the cells of a
 * stencil, so that a constant has none, whatever its size. Near the ends of a line that does not
 * close the stencil stands still and the place p in it moves.
 */
#include <otto/difference.h>
#include "axis.h"

#define WIDTH 11 /* cells of a stencil: order 10 */

typedef struct {
  PetscInt64 width;               /* cells of a stencil, at most n */
  PetscBool closed;               /* round a periodic axis */
  PetscReal weight[WIDTH][WIDTH]; /* [place p][cell j], over h; 0 where j = p */
} Stencils;

/* (-1)^(width-1-j) j! (width-1-j)!: the product of j - k over all other nodes k. */
static PetscReal Nodal(PetscInt64 width, PetscInt64 j)
{
  PetscReal product = 1;

  for (PetscInt64 k = 0; k < width; k++)
    if (k != j) product *= (PetscReal)(j - k);
  return product;
}

/* The derivative at node p of the Lagrange polynomial of node j, for nodes 0 … width-1 (Fornberg
 * 1988, table 1 and 3, which have these numbers; whole numbers below 2^53 divided once). */
static void SetWeights(Stencils *s, PetscReal h)
{
  for (PetscInt64 p = 0; p < s->width; p++)
    for (PetscInt64 j = 0; j < s->width; j++)
      s->weight[p][j] =
          j == p ? 0 : Nodal(s->width, p) / (Nodal(s->width, j) * (PetscReal)(p - j) * h);
}

static PetscErrorCode Lines(const OttoBundle *b, void *context)
{
  const Stencils *s = (const Stencils *)context;
  const PetscInt64 half = s->width / 2;

  for (PetscInt64 i = 0; i < b->n; i++) {
    PetscInt64 first = i - half;
    if (!s->closed) first = PetscMax(0, PetscMin(first, b->n - s->width));
    const PetscReal *weight = s->weight[i - first];
    const PetscReal *middle = b->in[0] + i * b->stride;
    PetscReal *out = b->out[0] + i * b->stride;
    for (PetscInt64 l = 0; l < b->lines; l++) out[l] = 0;
    for (PetscInt64 j = 0; j < s->width; j++) {
      const PetscReal *cell = b->in[0] + (first + j + b->n) % b->n * b->stride, w = weight[j];
      for (PetscInt64 l = 0; l < b->lines; l++) out[l] += w * (cell[l] - middle[l]);
    }
  }
  return 0;
}

PetscErrorCode OttoDifference(OttoGrid grid, Vec u, PetscInt axis, Vec du)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Stencils s;
  OttoAxis lines;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(OttoAxisCreate(grid, axis, 1, 0, &lines));
  s.width = PetscMin(WIDTH, g->n[axis]);
  s.closed = g->boundary[axis] == OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
  if (s.closed && s.width % 2 == 0) s.width--; /* as many cells on either side */
  SetWeights(&s, g->h[axis]);
  const PetscErrorCode code = OttoAxisApplyFields(lines, 1, &u, 1, &du, Lines, &s);
  PetscCall(OttoAxisDestroy(&lines));
  PetscFunctionReturn(code);
}
