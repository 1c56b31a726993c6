/*
 * Level 4: the Markov generator Q of a Fokker–Planck equation on the grid,
 *
 *   ∂_t ρ = ∇·( M (T ∇ρ - ρ b) ),   b = -∇V + f,   M = diag(mobility),
 *
 * as rates between neighbouring cells (Scharfetter and Gummel 1969): with z = b·h/T over the edge
 * from x up to y, Q_xy = (M T/h²) B(-z), Q_yx = (M T/h²) B(z), B(z) = z/(e^z - 1). The conservative
 * part of z is (V_x - V_y)/T, so that exp(-V/T) is stationary exactly and detailed balance holds
 * edge by edge; f is taken at the face. Second order in h; positive rates at any Péclet number.
 *
 * Boundaries: periodic; no-flux; absorbing: the density vanishes at the face, h/2 beyond the last
 * centre, and mass leaves at the rate (2 M T/h²) B(-z/2) with z of the nearest inner edge (V is
 * extended linearly) and f at the face. Grids of 1 to 3 axes.
 */
#pragma once
#include <otto/potential.h>
#include <petscmat.h>

#define OTTO_GENERATOR_MAX_DIM 3

typedef struct _n_OttoGenerator *OttoGenerator;

/* The rates at the time last set; read-only, indexed by a cell's local number, each edge under its
 * lower cell; 0 where there is no edge. On axis 0 entries from -plane_cells on exist: the edges
 * that lead into the rank's first plane. */
typedef struct {
  const PetscReal *up[OTTO_GENERATOR_MAX_DIM];   /* from the cell to its upper neighbour */
  const PetscReal *down[OTTO_GENERATOR_MAX_DIM]; /* from the upper neighbour back */
  const PetscReal
      *force[OTTO_GENERATOR_MAX_DIM]; /* z = log(up/down), true where a rate underflows */
  const PetscReal *work[OTTO_GENERATOR_MAX_DIM]; /* conservative part of z: (V_x - V_y)/T */
  const PetscReal *killed; /* [local_cells] rate of absorption; NULL without absorbing axes */
  const PetscReal *leave;  /* [local_cells] total rate out of the cell, absorption included */
} OttoRates;

/** Creates a generator; the grid must be set up. Collective. OTTO_ERR_INPUT: more than 3 axes, an
 * open axis. */
PETSC_EXTERN PetscErrorCode OttoGeneratorCreate(OttoGrid grid, OttoGenerator *generator);
/** Frees a generator. Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorDestroy(OttoGenerator *generator);

/** T > 0 (default 1), in units of energy; mobility[dim] > 0 (default 1). Diffusion along axis j is
 * mobility[j]·T. Before OttoGeneratorSetUp(). Not collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorSetTemperature(OttoGenerator generator, PetscReal T,
                                                        const PetscReal mobility[]);
/** Reads temperature (1) and mobility (1; per axis or one for all), and the potential and drift of
 * the options. OTTO_ERR_INPUT: T or a mobility not above 0. Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorSetFromOptions(OttoGenerator generator);
/** The potential the options describe; NULL before OttoGeneratorSetFromOptions(). */
PETSC_EXTERN OttoPotential OttoGeneratorGetPotentialSource(OttoGenerator generator);
/** Computes the rates at t = 0. Collective. OTTO_ERR_INPUT: V or f not finite somewhere
 * (coordinates and value named). */
PETSC_EXTERN PetscErrorCode OttoGeneratorSetUp(OttoGenerator generator);
/** Moves to time t: computes the rates again where potential or drift depend on time. Collective.
 * OTTO_ERR_NUMERICAL, the same on all ranks: not finite somewhere (named with key, coordinates and
 * t); the rates are then of no time until another is set. */
PETSC_EXTERN PetscErrorCode OttoGeneratorSetTime(OttoGenerator generator, PetscReal t);

/** A number that changes whenever the rates do. */
PETSC_EXTERN PetscInt64 OttoGeneratorState(OttoGenerator generator);
/** The grid it lives on. */
PETSC_EXTERN OttoGrid OttoGeneratorGetGrid(OttoGenerator generator);
/** The rates at the time last set; valid until that changes. Not collective. */
PETSC_EXTERN const OttoRates *OttoGeneratorGetRates(OttoGenerator generator);
/** T, in units of energy. */
PETSC_EXTERN PetscReal OttoGeneratorGetTemperature(OttoGenerator generator);
/** D/h² of an axis, D = mobility·T. */
PETSC_EXTERN PetscReal OttoGeneratorCoupling(OttoGenerator generator, PetscInt axis);
/** largest[dim]: the largest |f h/T| over the edges of every axis; 0 without drift. Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorLargestDrift(OttoGenerator generator,
                                                      PetscReal largest[]);
/** The potential as it stands, one value per cell; do not change it. */
PETSC_EXTERN Vec OttoGeneratorGetPotential(OttoGenerator generator);
/** Registry name of the potential. */
PETSC_EXTERN const char *OttoGeneratorGetPotentialType(OttoGenerator generator);
/** Registry name of the drift; "none" without one. */
PETSC_EXTERN const char *OttoGeneratorGetDriftType(OttoGenerator generator);
/** No drift: detailed balance holds with respect to exp(-V/T). */
PETSC_EXTERN PetscBool OttoGeneratorIsConservative(OttoGenerator generator);
/** Whether potential or drift depend on time. */
PETSC_EXTERN PetscBool OttoGeneratorIsTimeDependent(OttoGenerator generator);
/** Whether some axis absorbs. */
PETSC_EXTERN PetscBool OttoGeneratorIsAbsorbing(OttoGenerator generator);
/** ‖Q‖₁ = 2 max over cells of the rate out. Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorNorm(OttoGenerator generator, PetscReal *norm);

/** rate = Qᵀ p (absorption included), matrix-free: one pass, a halo of one plane, every current
 * added once and subtracted once. p and rate: fields. Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorApply(OttoGenerator generator, Vec p, Vec rate);

/** inflow_y = Σ_x Q_xy p_x: what arrives in a cell, the gain of Qᵀp without its loss. No
 * cancellation for p ≥ 0. Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorInflow(OttoGenerator generator, Vec p, Vec inflow);

/** density = exp(-V/T) normalised to mass 1; log_density (may be NULL) its logarithm, finite where
 * the density underflows. Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorGibbs(OttoGenerator generator, Vec density,
                                               Vec log_density);

/**
 * M = W⁻¹ Qᵀ W as a PETSC AIJ matrix on the grid's layout, rows and columns numbered as the cells.
 * Collective. `gibbs`: W = exp(-V/2T), which makes M symmetric where the drift is conservative and
 * is formed edge by edge without a large number; otherwise W = 1. `*M` NULL: created; else
 * refilled.
 */
PETSC_EXTERN PetscErrorCode OttoGeneratorAssemble(OttoGenerator generator, PetscBool gibbs, Mat *M);

/** Mass absorbed per unit time from density p: Σ killed_x p_x h^d. Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorEscape(OttoGenerator generator, Vec p, PetscReal *rate);

/** Rate at which own cell `cell` loses mass through its absorbing face on one side of `axis` (-1:
 * the lower, 1: the upper face); the caller sees to it that there is one. Not collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorFaceRate(OttoGenerator generator, PetscInt64 cell,
                                                  PetscInt axis, int side, PetscReal *rate);

/** Bytes this rank holds. */
PETSC_EXTERN size_t OttoGeneratorBytes(OttoGenerator generator);
