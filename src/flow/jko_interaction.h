/*
 * Private to flow: the interaction of a step of jko. Its energy E_W(ρ) = ½⟨ρ, W*ρ⟩ is replaced by
 * its linear part about a density σ, ⟨W*σ, ρ⟩ − E_W(σ), of which the step has a dual; σ moves
 * towards the ρ that comes of it. MATHEMATICS 12.4.
 */
#pragma once
#include <otto/energy.h>

typedef struct {
  OttoEnergy energy;
  OttoInteraction W; /* NULL: there is none */
  const OttoGridInfo *g;
  Vec about, force;     /* σ, and W*σ */
  Vec rho, pull;        /* the ρ that was looked at last, and W*ρ */
  Vec way;              /* ρ − σ before σ moved last, of which it went … */
  PetscReal part, bend; /* … this part; and ⟨way, W*way⟩ */
  PetscReal self;       /* E_W(σ) */
  PetscReal before;     /* the energy of μ; inf where not known */
  PetscInt moves;       /* of σ in this step */
  PetscReal mass;
  PetscReal concavity; /* ω (energy.h), … */
  PetscReal convexity; /* … and β of the internal energy */
} OttoJkoInteraction;

/* Of a ρ, the density of potentials whose value is D, a lower bound of the functional linearised
 * about σ without its constant: energies to be added. */
typedef struct {
  PetscReal beyond; /* to that functional at ρ: the true one is there */
  PetscReal least;  /* to D: no density of the mass has less of the true functional */
  PetscReal still;  /* to D: none has less of the functional linearised about ρ */
  PetscReal bend;   /* ⟨ρ − σ, W*(ρ − σ)⟩ */
} OttoJkoLook;

/** For `energy`, with nothing in it where that has no interaction. Collective. */
PETSC_INTERN PetscErrorCode OttoJkoInteractionCreate(OttoEnergy energy, OttoJkoInteraction *s);
/** Collective. */
PETSC_INTERN PetscErrorCode OttoJkoInteractionDestroy(OttoJkoInteraction *s);
/** Bytes on this rank. Not collective. */
PETSC_INTERN size_t OttoJkoInteractionBytes(const OttoJkoInteraction *s);

/** A step from mu, of energy `before`, begins: σ = mu. Collective. */
PETSC_INTERN PetscErrorCode OttoJkoInteractionBegin(OttoJkoInteraction *s, PetscReal mass,
                                                    PetscReal before, Vec mu);
/** What the linearisation leaves of certificates at ρ = mass p[local_cells]; `field`: +inf in
 * closed cells, where all densities are 0. Collective. */
PETSC_INTERN PetscErrorCode OttoJkoInteractionLook(OttoJkoInteraction *s, const PetscReal p[],
                                                   const PetscReal field[], OttoJkoLook *look);
/** What `least` costs a bound however near σ is to ρ, where W is more concave than U is convex
 * (energy); else 0. Not collective. */
PETSC_INTERN PetscReal OttoJkoInteractionDoubt(const OttoJkoInteraction *s);
/** σ moves towards the ρ of `look`, at which the true functional is at most `value`; all the way
 * unless W repels there. Collective. */
PETSC_INTERN PetscErrorCode OttoJkoInteractionMove(OttoJkoInteraction *s, const OttoJkoLook *look,
                                                   PetscReal value);
