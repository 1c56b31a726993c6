/*
 * Private to src/transport: ascent of the Kantorovich dual on one grid, by turns on the potential
 * of p and on that of q (Jacobs and Léger 2020, algorithm 2), begun beyond itself with the momentum
 * of Nesterov (1983). Either both densities are given, or p is what a convex functional makes of
 * its potential.
 */
#pragma once
#include "c_transform.h"
#include "image.h"
#include <otto/symbol.h>

/** The dual problem on one grid, and where its ascent stands. */
typedef struct _n_OttoAscent *OttoAscent;

/** An end of the transport that is free: the density p that is worth most to a potential, where
 * transport is paid for by a convex functional of p (Jacobs, Lee and Léger 2021). */
typedef struct {
  /** p[local_cells], ≥ 0 and of mass 1, becomes the minimiser of the functional plus ∫ φ p; *shift
   * the constant with which φ makes that p without a constraint of mass; *value the functional
   * there (length²). Collective. */
  PetscErrorCode (*density)(void *context, const PetscReal phi[], PetscReal p[], PetscReal *shift,
                            PetscReal *value);
  void *context;
} OttoAscentEnd;

struct _n_OttoAscent {
  OttoGrid grid;
  const OttoGridInfo *g;
  OttoCTransform c;
  OttoTransform transform;
  OttoSymbol poisson;   /**< 1/λ, λ of the grid's own second differences; 0 for the mean */
  OttoSymbol climb;     /**< 1/(λ + κ), of a metric that is set; else NULL: poisson serves */
  PetscReal screening;  /**< κ (1/length²) */
  PetscReal *metric[2]; /**< [local_cells] at the ends of p and q, of a metric that is set: its D;
                             else NULL */
  OttoAscentEnd end;    /**< of p; its function NULL where p is given */
  Vec phi, psi;         /**< potentials of p and q (length²); phi = psi^c between iterations */
  Vec before;           /**< phi an iteration ago */
  Vec residual;        /**< of a turn: density − what is pushed there, per mean density; a step */
  PetscReal *p, *q;    /**< [local_cells]: densities of mass 1 */
  PetscReal *pushed;   /**< [local_cells] */
  PetscReal *lower[3]; /**< [dim][local_cells]: the image of cells, by image.h */
  PetscReal *upper[3]; /**< likewise */
  PetscReal most;      /**< the largest density when it began */
  PetscReal step;      /**< of the ascent, per inverse of the mean density */
  PetscReal least;     /**< of the step, unless the value stands still */
  PetscReal momentum;  /**< t of Nesterov (1983): an iteration begins (t − 1)/t' beyond phi */
  PetscReal value; /**< ∫ φ p + ∫ ψ q (length²): a pair that is feasible, to rounding; with a
                        free end what its functional is besides */
  PetscReal functional; /**< that of a free end (length²) */
  PetscReal scale; /**< cost that gains and gaps are compared with at the least (length²); of given
                      ends 0: with the cost itself */
  PetscReal best;  /**< the largest value that an iteration has left */
  PetscInt idle;   /**< iterations since */
  PetscBool careful; /**< a turn of phi that loses is undone: of points, which no box spreads as
                        their plan does, turns of psi see more */
};

/** Collective. */
PETSC_EXTERN PetscErrorCode OttoAscentCreate(OttoGrid grid, OttoAscent *a);
/** Collective. */
PETSC_EXTERN PetscErrorCode OttoAscentDestroy(OttoAscent *a);
/** Bytes on this rank. Not collective. */
PETSC_INTERN size_t OttoAscentBytes(OttoAscent a);

/** The metric in which a dual with a free end climbs from now on, ∫ D (|∇u|² + κ u²), κ =
 * `screening` > 0 (ibid., section 3, with means for D): residuals r become steps D^-½ (λ + κ)^-1
 * D^-½ r. D is the least field, falling nowhere faster than exp(−0.7 √κ |x − y|₁), that is above
 * the density at the end that climbs, above stiff[local_cells] (where the functional's curvature
 * asks for more than κ p, that over κ) and above a thousandth of the largest density: of D that
 * falls faster those steps are longer than the metric's, without a bound beside a vacuum. It is of
 * the p there is, and of a later one where that is larger. Collective. */
PETSC_INTERN PetscErrorCode OttoAscentSetMetric(OttoAscent a, PetscReal screening,
                                                const PetscReal stiff[]);

/** After phi, p and q were set (a free p follows): phi is made c-concave, psi and the value follow,
 * the step is the first, without momentum. Collective. */
PETSC_EXTERN PetscErrorCode OttoAscentBegin(OttoAscent a);
/** One back-and-forth iteration. Collective. */
PETSC_EXTERN PetscErrorCode OttoAscentIterate(OttoAscent a);
/** psi = phi^c, so that each is the other's c-transform, and the value follows. Collective. */
PETSC_INTERN PetscErrorCode OttoAscentTighten(OttoAscent a);
/** lower and upper become the image of cells under the map of phi or psi. Collective. */
PETSC_EXTERN PetscErrorCode OttoAscentImage(OttoAscent a, OttoImageForm form, Vec potential);
