/* Private to passage_*.c: what transitions are made of, edge by edge and face by face. */
#pragma once
#include "grid/edges.h"
#include "passage_impl.h"

/* Fields of the chain with all sets as targets, with ghosts. */
typedef struct {
  OttoPassage p;
  const OttoPassageChain *chain;
  PetscInt a, b;  /* channels of A and B */
  Vec logs, q[2]; /* log π, q⁺, w q⁻ (passage_impl.h) */
  Vec product;    /* w q⁻ where w is not 1; else NULL */
  OttoSurrounded log_pi, ahead, back;
} OttoPassing;

/** Of a transition whose q⁺ and q⁻ are known; End() gives all back. Collective. */
PETSC_INTERN PetscErrorCode OttoPassingBegin(OttoPassage p, const OttoTransition *t,
                                             OttoPassing *s);
PETSC_INTERN PetscErrorCode OttoPassingEnd(OttoPassing *s);

/* Own face i of the chain's losses, into B: what enters it on the way from A. */
static inline PetscReal OttoPassingIn(const OttoPassing *s, const OttoLoss *loss)
{
  return exp(s->log_pi.own[loss->cell]) * s->back.own[loss->cell] * loss->rate;
}

/* Own face i of the reversed chain's losses, into A: what leaves A by it on the way to B. */
static inline PetscReal OttoPassingOut(const OttoPassing *s, const OttoLoss *loss)
{
  const PetscInt64 i = loss - OttoGeneratorGetRates(s->chain->way[OTTO_BACK])->loss;

  return exp(s->log_pi.own[loss->cell]) * s->ahead.own[loss->cell] * loss->rate *
         OttoPassageFed(s->p, i);
}

/** currents[n]: with w, π_x q⁻_x Q_xy q⁺_y - π_y q⁻_y Q_yx q⁺_x; terms[n]: the sum of both, NULL:
 * not wanted. Not collective. */
PETSC_INTERN void OttoPassingCurrents(const OttoPassing *s, const OttoEdges *e, PetscInt64 from,
                                      PetscInt64 n, PetscReal currents[], PetscReal terms[]);
/** The reactive current at cell centres, current[dim]. Collective. */
PETSC_INTERN PetscErrorCode OttoPassingCentres(OttoPassing *s, Vec current[]);
/** Bounds of the flux with detailed balance. Collective. */
PETSC_INTERN PetscErrorCode OttoPassingCapacity(OttoPassing *s, PetscReal *lower, PetscReal *upper);
