/*
 * Private to transport: Beckmann's problem and what its parts share. Everything stands on a twin
 * grid of 2 or 3 axes (twin.h).
 *
 * A corner of a cell: one of the 2^dim choices of a side of every axis (bit j of its number: the
 * upper side of axis j). There the slopes of a potential towards the neighbours on these sides make
 * a vector, and a flux has a vector beside it. A face of axis j is that above its cell.
 */
#pragma once
#include "beside.h"
#include "transform/twin.h"
#include <otto/beckmann.h>
#include <otto/symbol.h>

struct _n_OttoBeckmann {
  OttoGrid grid;
  PetscReal gap;
  PetscInt limit; /* of iterations */
  PetscBool ready, solved;
  OttoTwin twin;
  const OttoGridInfo *g; /* the twin's facts; in one dimension the grid's own */
  OttoHalo halo;         /* of the twin */
  OttoSymbol poisson;    /* (-Δ)⁻¹ of the 2·dim + 1 point Laplacian */

  Vec difference;       /* p − q, on the grid asked about */
  PetscInt parts;       /* of a cell along every axis, in the twin */
  Vec delta, target;    /* p − q; its means under the interpolation's weights */
  Vec u, ahead, work;   /* potential, extrapolated, right-hand side and solution */
  Vec smooth;           /* the potential's means */
  Vec best_u, returned; /* of the twin's best lower bound; the same on the grid asked about */
  PetscReal *flux;      /* [corners][dim][local cells], from q to p */
  PetscReal *side[2];   /* [dim][local cells] mean of a flux over corners, by side of the axis */
  PetscReal *face;      /* [dim][local cells] flux through the faces above, from p to q */
  PetscReal *best_face; /* of the twin's best upper bound; in one dimension the means over cells */
  PetscReal *room;      /* [rooms][OttoRunCells()] */
  PetscReal tau, sigma; /* steps */
  PetscReal diameter;   /* no two points of the box are further apart */
  PetscReal mass;       /* ∫p */
  PetscReal lower, upper;  /* the best on this twin */
  PetscReal total, defect; /* ∫|δ|; |∫δ| before it was taken away */

  OttoIntervalBounds *history;
  OttoBeckmannResult result;
};

enum { otto_beckmann_rooms = 12 };

static inline PetscInt OttoCorners(const OttoGridInfo *g)
{
  return 1 << g->dim;
}

/* ---- beckmann.c ---- */

/* The twin, of parts of cells, and all that stands on it. Collective. */
PETSC_INTERN PetscErrorCode OttoBeckmannBuild(OttoBeckmann b, PetscInt parts);

/* ---- beckmann_step.c: the iteration ---- */

/* u, flux and steps at the start, from δ. Collective. */
PETSC_INTERN PetscErrorCode OttoBeckmannStart(OttoBeckmann b);
/* One iteration. Collective. */
PETSC_INTERN PetscErrorCode OttoBeckmannStep(OttoBeckmann b);
/* Steps anew, from the sizes of flux and potential. Collective. */
PETSC_INTERN PetscErrorCode OttoBeckmannBalance(OttoBeckmann b);

/* ---- beckmann_bounds.c: what the iterates prove ---- */

typedef struct {
  PetscReal largest; /* slope of the multilinear interpolant, anywhere */
  PetscReal energy;  /* ∫|∇u|² by differences */
  PetscReal length;  /* ∫|∇u|, mean over corners */
} OttoSlopes;

/* The slopes of a potential. Collective. */
PETSC_INTERN PetscErrorCode OttoBeckmannSlopes(OttoBeckmann b, Vec u, OttoSlopes *slopes);
/* v = the cell means of the multilinear interpolant of u, or the adjoint: they are the same.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoBeckmannMeans(OttoBeckmann b, Vec u, Vec v);
/* W1 is at least *lower, by the potential u, which is divided by its slope. Collective. */
PETSC_INTERN PetscErrorCode OttoBeckmannLower(OttoBeckmann b, Vec u, PetscReal *lower);
/* W1 is at most *upper, by the flux of the iteration, made feasible in b->face. Collective. */
PETSC_INTERN PetscErrorCode OttoBeckmannUpper(OttoBeckmann b, PetscReal *upper);

/* flux[dim], fields of the grid asked about: the means over cells of best_face. Collective. */
PETSC_INTERN PetscErrorCode OttoBeckmannCells(OttoBeckmann b, const Vec flux[]);

/* ---- beckmann_line.c: one dimension ---- */

/* W1 exactly, with potential and means of the flux in best_u and best_face, of δ = delta[local
 * cells] on the grid b->g. Collective. */
PETSC_INTERN PetscErrorCode OttoBeckmannLine(OttoBeckmann b, PetscReal *lower, PetscReal *upper);
