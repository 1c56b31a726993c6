/*
 * Private to src/transport: ascent of the Kantorovich dual on one grid, by turns on the potential
 * of p and on that of q (Jacobs and Léger 2020, algorithm 2), begun beyond itself with the momentum
 * of Nesterov (1983).
 */
#pragma once
#include "c_transform.h"
#include "image.h"
#include <otto/symbol.h>

/** The dual problem on one grid, and where its ascent stands. */
typedef struct _n_OttoAscent *OttoAscent;
struct _n_OttoAscent {
  OttoGrid grid;
  const OttoGridInfo *g;
  OttoCTransform c;
  OttoTransform transform;
  OttoSymbol poisson;  /**< 1/λ, λ of the grid's own second differences; 0 for the mean */
  Vec phi, psi;        /**< potentials of p and q (length²); phi = psi^c between iterations */
  Vec before;          /**< phi an iteration ago */
  Vec residual;        /**< of a turn: density − what is pushed there, per mean density; a step */
  PetscReal *p, *q;    /**< [local_cells]: densities of mass 1 */
  PetscReal *pushed;   /**< [local_cells] */
  PetscReal *lower[3]; /**< [dim][local_cells]: the image of cells, by image.h */
  PetscReal *upper[3]; /**< likewise */
  PetscReal step;      /**< of the ascent, per inverse of the mean density */
  PetscReal least;     /**< of the step, unless the value stands still */
  PetscReal momentum;  /**< t of Nesterov (1983): an iteration begins (t − 1)/t' beyond phi */
  PetscReal value;     /**< ∫ φ p + ∫ ψ q (length²): a pair that is feasible, to rounding */
  PetscReal best;      /**< the largest value that an iteration has left */
  PetscInt idle;       /**< iterations since */
};

/** Collective. */
PETSC_EXTERN PetscErrorCode OttoAscentCreate(OttoGrid grid, OttoAscent *a);
/** Collective. */
PETSC_EXTERN PetscErrorCode OttoAscentDestroy(OttoAscent *a);
/** Bytes on this rank. Not collective. */
PETSC_INTERN size_t OttoAscentBytes(OttoAscent a);

/** After phi, p and q were set: phi is made c-concave, psi and the value follow, the step is the
 * first, without momentum. Collective. */
PETSC_EXTERN PetscErrorCode OttoAscentBegin(OttoAscent a);
/** One back-and-forth iteration. Collective. */
PETSC_EXTERN PetscErrorCode OttoAscentIterate(OttoAscent a);
/** psi = phi^c, so that each is the other's c-transform, and the value follows. Collective. */
PETSC_INTERN PetscErrorCode OttoAscentTighten(OttoAscent a);
/** lower and upper become the image of cells under the map of phi or psi. Collective. */
PETSC_EXTERN PetscErrorCode OttoAscentImage(OttoAscent a, OttoImageForm form, Vec potential);
