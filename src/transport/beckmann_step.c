/*
 * Primal–dual iterations (Chambolle and Pock 2011) for
 *
 *   max_u min_m  ∫ u Aδ − <m, Gu> + |m|,
 *
 * m a vector at every corner of every cell, G the slopes there, <·,·> and |·| means over corners;
 * the potential's steps are measured in H¹ (Jacobs, Léger, Li and Osher 2019), where G has norm 1:
 * G*G = −Δ of the 2·dim + 1 point stencil, for every difference stands at 2^dim corners.
 */
#include "beckmann_impl.h"
#include <math.h>

/* flux += τ Gu, then shortened by τ; the means over corners by side. One run of cells: slope[side]
 * [axis][i]; flux and side begin at the run. */
static void Corners(OttoBeckmann b, PetscReal *const slope[2][3], PetscInt64 first,
                    PetscReal length[])
{
  const OttoGridInfo *g = b->g;
  const PetscInt64 run = OttoRunCells(g), cells = g->local_cells;
  const PetscInt dim = g->dim, corners = OttoCorners(g);
  const PetscReal tau = b->tau, share = 1. / corners;

  for (PetscInt c = 0; c < corners; c++) {
    for (PetscInt64 i = 0; i < run; i++) length[i] = 0;
    for (PetscInt j = 0; j < dim; j++) {
      PetscReal *m = b->flux + (c * dim + j) * cells + first;
      const PetscReal *s = slope[c >> j & 1][j];
      for (PetscInt64 i = 0; i < run; i++) {
        m[i] += tau * s[i];
        length[i] += m[i] * m[i];
      }
    }
    for (PetscInt64 i = 0; i < run; i++)
      length[i] = length[i] > tau * tau ? 1 - tau / sqrt(length[i]) : 0;
    for (PetscInt j = 0; j < dim; j++) {
      PetscReal *m = b->flux + (c * dim + j) * cells + first;
      PetscReal *mean = b->side[c >> j & 1] + j * cells + first;
      const PetscBool fresh = (c & ~(1 << j)) == 0 ? PETSC_TRUE : PETSC_FALSE;
      for (PetscInt64 i = 0; i < run; i++) {
        m[i] *= length[i];
        mean[i] = (fresh ? 0 : mean[i]) + share * m[i];
      }
    }
  }
}

/* Every corner's flux, from the slopes of `ahead`. */
static PetscErrorCode Shrink(OttoBeckmann b)
{
  const OttoGridInfo *g = b->g;
  const PetscInt64 run = OttoRunCells(g);
  PetscReal *slope[2][3], *beside = b->room + 7 * run;
  OttoSurrounded u;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++)
    for (int s = 0; s < 2; s++) slope[s][j] = b->room + (2 * j + s) * run;
  PetscCall(OttoFieldSurround(b->halo, b->ahead, &u));
  for (PetscInt64 first = 0; first < g->local_cells; first += run) {
    const PetscReal *own = u.own + first;
    for (PetscInt j = 0; j < g->dim; j++) {
      const PetscReal per = 1 / g->h[j];
      const PetscReal *low = OttoBeside(&u, j, 0, first, OTTO_BEYOND_MIRROR, beside);
      for (PetscInt64 i = 0; i < run; i++) slope[0][j][i] = per * (own[i] - low[i]);
      const PetscReal *high = OttoBeside(&u, j, 1, first, OTTO_BEYOND_MIRROR, beside);
      for (PetscInt64 i = 0; i < run; i++) slope[1][j][i] = per * (high[i] - own[i]);
    }
    Corners(b, slope, first, b->room + 6 * run);
  }
  PetscCall(OttoFieldRelease(b->halo, b->ahead, &u));
  PetscFunctionReturn(0);
}

/* work = Aδ + div of the faces' means: G*m is minus that divergence. Flux through the face above a
 * cell: its own mean at the upper side plus its upper neighbour's at the lower. */
static PetscErrorCode Residual(OttoBeckmann b)
{
  const OttoGridInfo *g = b->g;
  const PetscInt64 run = OttoRunCells(g), cells = g->local_cells;
  const PetscScalar *target;
  OttoSurrounded part[2];
  PetscScalar *r;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(b->target, &target));
  PetscCall(VecGetArrayWrite(b->work, &r));
  memcpy(r, target, (size_t)cells * sizeof *r);
  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscReal per = 1 / g->h[j];
    for (int s = 0; s < 2; s++) {
      part[s] = (OttoSurrounded){.g = g, .own = b->side[s] + j * cells, .ghost = NULL};
      if (OttoHaloServes(g, j)) PetscCall(OttoHaloSurround(b->halo, part[s].own, &part[s]));
    }
    for (PetscInt64 first = 0; first < cells; first += run) {
      const PetscReal *own[2] = {part[0].own + first, part[1].own + first};
      const PetscReal *below = OttoBeside(&part[1], j, 0, first, OTTO_BEYOND_ZERO, b->room);
      const PetscReal *above = OttoBeside(&part[0], j, 1, first, OTTO_BEYOND_ZERO, b->room + run);
      for (PetscInt64 i = 0; i < run; i++)
        r[first + i] += per * (own[1][i] - own[0][i] + above[i] - below[i]);
    }
    if (OttoHaloServes(g, j))
      for (int s = 0; s < 2; s++) PetscCall(OttoHaloRelease(b->halo, &part[s]));
  }
  PetscCall(VecRestoreArrayRead(b->target, &target));
  PetscCall(VecRestoreArrayWrite(b->work, &r));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBeckmannStep(OttoBeckmann b)
{
  PetscFunctionBegin;
  PetscCall(Shrink(b));
  PetscCall(Residual(b));
  PetscCall(OttoTransformApplySymbol(b->twin.transform, b->work, b->poisson, b->work));
  PetscCall(VecAXPY(b->u, b->sigma, b->work));
  PetscCall(VecWAXPY(b->ahead, b->sigma, b->work, b->u)); /* 2u' − u */
  PetscFunctionReturn(0);
}

/* The root of the mean over corners of ∫|m|². */
static PetscErrorCode FluxSize(OttoBeckmann b, PetscReal *size)
{
  const OttoGridInfo *g = b->g;
  const PetscInt64 count = OttoCorners(g) * g->dim * g->local_cells;
  OttoSum sum = {0, 0};

  PetscFunctionBegin;
  for (PetscInt64 first = 0; first < count; first += OttoRunCells(g)) {
    PetscReal part = 0;
    for (PetscInt64 i = 0; i < OttoRunCells(g); i++)
      part += b->flux[first + i] * b->flux[first + i];
    OttoSumAdd(&sum, part);
  }
  PetscCall(OttoSumReduce(g->comm, 1, &sum));
  *size = sqrt(OttoSumValue(sum) * g->cell_volume / OttoCorners(g));
  PetscFunctionReturn(0);
}

/* The rate is ruled by distance² of the start from the optimum in m/τ and in u/σ: steps as the
 * sizes of both; m's way is longer than its size says while it gathers into thin paths, hence twice
 * as much as the start has (measured on discs, Gaussians, points, noise: from 1 to 12 matters by
 * half, for points by a factor of 4). */
static const PetscReal weight = 3;

PetscErrorCode OttoBeckmannBalance(OttoBeckmann b)
{
  OttoSlopes slopes;
  PetscReal size = 0;

  PetscFunctionBegin;
  PetscCall(FluxSize(b, &size));
  PetscCall(OttoBeckmannSlopes(b, b->u, &slopes));
  if (!(size > 0 && slopes.energy > 0)) PetscFunctionReturn(0);
  b->tau = 2 * weight * size / sqrt(slopes.energy);
  b->sigma = 1 / b->tau;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBeckmannStart(OttoBeckmann b)
{
  const OttoGridInfo *g = b->g;
  OttoSlopes slopes;

  PetscFunctionBegin;
  PetscCall(OttoTransformApplySymbol(b->twin.transform, b->target, b->poisson, b->u));
  PetscCall(OttoBeckmannSlopes(b, b->u, &slopes));
  PetscCall(
      PetscMemzero(b->flux, (size_t)(OttoCorners(g) * g->dim * g->local_cells) * sizeof *b->flux));
  /* ∇u is the flux of least ∫|m|²: its mean length, weighted by itself */
  b->tau = weight * slopes.energy / slopes.length;
  b->sigma = 1 / b->tau;
  PetscCall(VecScale(b->u, 1 / slopes.largest));
  PetscCall(VecCopy(b->u, b->ahead));
  PetscFunctionReturn(0);
}
