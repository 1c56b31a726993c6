/*
 * Private to flow: a step of law ljko, the linearised JKO scheme of Cancès, Gallouët and Todeschi
 * (Numer. Math. 146, 2020). Of all ρ ≥ 0 and fluxes f with ρ − ρⁿ + τ div f = 0 it takes the least
 *
 *   τ/2 Σ_faces h^d f²/(μ ρ_up) + E(ρ),
 *
 * ρ_up that of the cell which mass leaves. With φ, the multiplier of the constraint, f = μ ρ_up
 * (φ_x − φ_y)/h, and s = φ + (τ/2) A(φ) is U'(ρ) + field where ρ > 0, no more elsewhere; A_i = Σ_j
 * μ ((φ_i − φ_j)⁺/h)² over the neighbours j of cell i, so that Σ_faces above is Σ_i ρ_i A_i(φ). Any
 * φ whatever bounds the least value from below by ∫ φ ρⁿ − U*(s − field).
 *
 * By cells, with J x = x + τ Σ_j μ (φ_i − φ_j)⁺ (x_i − x_j)/h², which is the derivative of s:
 *
 *   Jᵀρ = ρⁿ                 mass moves by φ
 *   s(φ) = U'(ρ) + field     where ρ > 0
 *
 *   ljko.c         the law, and what a step was
 *   ljko_scheme.c  A, J, Jᵀ, and the matrix of Newton's method
 *   ljko_newton.c  Newton's method
 *   ljko_krylov.c  its linear equations
 */
#pragma once
#include "gradient.h"
#include <otto/halo.h>
#include <petscsnes.h>

/* The grid as the scheme sees it. Arrays [all] have the ghosts of one layer behind the own cells.
 */
typedef struct {
  const OttoGridInfo *g;
  OttoHalo halo;
  PetscInt sides;                 /* of a cell: twice the axes */
  PetscInt64 own, all;            /* cells, with the ghosts */
  PetscReal weight[OTTO_MAX_DIM]; /* mobility/h² */
  PetscInt64 *beside; /* [own][sides]: the neighbours' numbers, -1 where none is or a cell is closed
                       */
  PetscReal *number;  /* [all]: cells' numbers in matrices */
  PetscReal tau;
} OttoLjkoScheme;

/** For a grid; mobility[dim]. Collective. */
PETSC_INTERN PetscErrorCode OttoLjkoSchemeCreate(OttoGrid grid, const PetscReal mobility[],
                                                 OttoLjkoScheme *scheme);
/** Frees what it has. Collective. */
PETSC_INTERN PetscErrorCode OttoLjkoSchemeDestroy(OttoLjkoScheme *scheme);
/** Cells where field[all] is inf are closed from now on. Not collective. */
PETSC_INTERN void OttoLjkoClose(OttoLjkoScheme *scheme, const PetscReal field[]);
/** Fills the ghosts of u[all]. Collective. */
PETSC_INTERN PetscErrorCode OttoLjkoSurround(const OttoLjkoScheme *scheme, PetscReal u[]);
/** speed[own] = A(φ), phi[all]. Not collective. */
PETSC_INTERN void OttoLjkoSpeed(const OttoLjkoScheme *scheme, const PetscReal phi[],
                                PetscReal speed[]);
/** out[own] = J x, phi[all] and x[all]. Not collective. */
PETSC_INTERN void OttoLjkoSlope(const OttoLjkoScheme *scheme, const PetscReal phi[],
                                const PetscReal x[], PetscReal out[]);
/** out[own] = Jᵀ x: what is left, a time τ before, of mass x that moves by φ. Not collective. */
PETSC_INTERN void OttoLjkoBack(const OttoLjkoScheme *scheme, const PetscReal phi[],
                               const PetscReal x[], PetscReal out[]);
/** out[own] = (before + τ what comes from neighbours)/(1 + τ rate of leaving), before[own]: fixed
 * points solve Jᵀρ = before. Not collective. */
PETSC_INTERN void OttoLjkoCome(const OttoLjkoScheme *scheme, const PetscReal phi[],
                               const PetscReal rho[], const PetscReal before[], PetscReal out[]);
/** moment[dim]: Σ_faces h^d 2 x_face f of axes that have ends, by own cells (to be added over all
 * ranks); 0 of others. Not collective. */
PETSC_INTERN void OttoLjkoMoment(const OttoLjkoScheme *scheme, const PetscReal phi[],
                                 const PetscReal rho[], PetscReal moment[]);
/** A matrix with the pattern of the next. Collective. */
PETSC_INTERN PetscErrorCode OttoLjkoCreateMatrix(const OttoLjkoScheme *scheme, Mat *H);
/** H = Jᵀ diag(stiff) J + τ L, L the Laplacian of weights μ ρ_up/h²; stiff[own], rho[all]. Faces
 * without a direction take the larger ρ. 1 on the diagonal of closed cells, where stiff is 0.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoLjkoFill(const OttoLjkoScheme *scheme, const PetscReal phi[],
                                         const PetscReal rho[], const PetscReal stiff[], Mat H);

/* Newton's method for one step. */
typedef struct {
  OttoLjkoScheme scheme;
  OttoGrid grid;
  OttoEnergy energy;
  OttoInternal U;
  SNES snes;
  PetscBool told; /* the options say how linear equations are solved */
  Mat H;
  Vec x;                                         /* φ as SNES has it */
  Vec middle, force;                             /* ½(ρ + ρⁿ) and W of it; NULL without W */
  PetscReal *phi, *rho, *field, *work;           /* [all] */
  PetscReal *before, *speed, *slack, *stiff, *t; /* [own]; before: ρⁿ */
  PetscReal mass, mean;                          /* of ρⁿ; mean over the open cells */
  PetscReal ground; /* of every cell, added to ρⁿ: an ever smaller part of the mean, at last 0 */
  PetscReal least;  /* ρ is kept above */
  PetscReal lowest; /* ground at last: 0 where U\'(0) = −∞, else what no sum notices */
  PetscReal level;  /* by which U' changes where ρ doubles */
  PetscReal stiffest;      /* S at most */
  PetscReal residual;      /* L1 of both equations in masses, over the mass */
  PetscReal gap;           /* between the energies of ρ and of φ, over mass and level */
  PetscReal rounding;      /* what rounding leaves of the residual */
  PetscReal last;          /* the same an iteration before */
  PetscBool settled;       /* the residual is that of ground 0 */
  PetscInt newton, krylov; /* iterations of the last step */
} OttoLjko;

/** For the energy on its grid; mobility[dim]. Collective. */
PETSC_INTERN PetscErrorCode OttoLjkoCreate(OttoEnergy energy, const PetscReal mobility[],
                                           OttoLjko *s);
/** Frees what it has; may be called of zeros. Collective. */
PETSC_INTERN PetscErrorCode OttoLjkoDestroy(OttoLjko *s);
/** Whether linear solves by factors are the way from the start (`first`: on one axis), or may be
 * tried where multigrid has failed: on grids small enough, unless the options say how to solve. Not
 * collective. */
PETSC_INTERN PetscBool OttoLjkoFactors(const OttoLjko *s, PetscBool first);
/** The linear solver from now on: factors, or multigrid; the options' where they name one.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoLjkoConfigureKrylov(OttoLjko *s, PetscBool factors);
/** φ and ρ of the step of length tau from `before`, at the time the energy is at; *done: they solve
 * its equations, else `reason` says why not. Collective. */
PETSC_INTERN PetscErrorCode OttoLjkoSolve(OttoLjko *s, PetscReal tau, Vec before, PetscBool *done,
                                          char reason[OTTO_FLOW_REASON]);
