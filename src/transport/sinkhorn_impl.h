/*
 * Private to the entropic transport of sinkhorn.h.
 *
 *   sinkhorn.c         the object: options, both densities as atoms, the divergence
 *   sinkhorn_solve.c   one problem: ε downwards, updates, when to stop
 *   sinkhorn_update.c  an update of one potential; what plans and marginals are of two
 *   sinkhorn_bound.c   the dual's value, and how far the optimum can be
 *
 * Potentials are kept as f/ε and g/ε, in nats. λ = ε/ρ (0: marginals hold), κ = 1/(1 + λ). The plan
 * of f and g is π(x, y) = e^{(f + g - |x-y|²)/ε} p(x) q(y); the update of g for f,
 *
 *   g/ε = -κ log Σ_x e^{-|x-y|²/ε} e^{f(x)/ε} p(x),
 *
 * makes the second marginal of π what it should be, q e^{-λ g/ε}, and maximises the dual over g.
 */
#pragma once
#include "anderson.h"
#include <otto/heat.h>
#include <otto/sinkhorn.h>

/* A density as atoms. */
typedef struct {
  PetscReal *mass, *log_mass;   /* [local cells]; log -inf where there is none */
  PetscReal total;              /* of all */
  PetscReal low[OTTO_MAX_DIM];  /* box of the cells with mass, by their numbers … */
  PetscReal high[OTTO_MAX_DIM]; /* … the last included */
} OttoSinkhornAtoms;

/* The kernel e^{-|x-y|²/ε} on the grid. */
typedef struct {
  OttoGrid grid;
  const OttoGridInfo *g;
  OttoHeat heat;
  Vec work;
  PetscReal epsilon, lambda, kappa;
  PetscReal log_norm;      /* log of it over the heat kernel's entry */
  PetscReal largest;       /* of the logarithms that went in and came out, but for -inf */
  PetscInt64 applications; /* up to now */
} OttoSinkhornKernel;

/* OT between two, which may be the same. */
typedef struct {
  const OttoSinkhornAtoms *p, *q;
  PetscReal *f, *g, *image; /* [local cells]: both potentials; the update of f for g */
  OttoSinkhornCost cost;
} OttoSinkhornProblem;

/* When to stop. */
typedef struct {
  PetscReal tolerance; /* of the marginal */
  PetscInt64 most;     /* applications of the kernel in all */
  OttoAnderson *faster;
  PetscReal *before, *safe; /* [local cells]: of the ε before; of the best round */
} OttoSinkhornStop;

struct _n_OttoSinkhorn {
  OttoGrid given;
  const OttoGridInfo *g;
  PetscReal epsilon, reach, tolerance;
  PetscInt64 iterations;
  PetscBool is_setup, is_solved;
  OttoSinkhornKernel kernel;
  OttoSinkhornAtoms atoms[2];
  OttoAnderson faster;
  Vec potential[4];                         /* f, g, f_p, g_q: in nats while it solves */
  PetscReal *image, *before, *safe, *other; /* room */
};

/** λ and κ for ε, and the kernel's norm. Not collective. */
PETSC_INTERN void OttoSinkhornKernelSet(OttoSinkhornKernel *k, PetscReal epsilon, PetscReal reach);

/** out = the update for a potential f of the atoms, in every cell. Collective. */
PETSC_INTERN PetscErrorCode OttoSinkhornUpdate(OttoSinkhornKernel *k,
                                               const OttoSinkhornAtoms *atoms, const PetscReal f[],
                                               PetscReal out[]);
/** g for f; with soft marginals then the constant that f gains, for the best of both, so that the
 * plan's two masses agree; and image = the update of f for g. Collective. */
PETSC_INTERN PetscErrorCode OttoSinkhornRound(OttoSinkhornKernel *k, OttoSinkhornProblem *s);
/** Of n cells: target = p e^{-λf}, and residual = what it is above the first marginal, of f and the
 * update of it for g, given g for f. Not collective. */
PETSC_INTERN void OttoSinkhornResidual(const OttoSinkhornKernel *k, PetscInt64 n,
                                       const PetscReal log_mass[], const PetscReal f[],
                                       const PetscReal image[], PetscReal target[],
                                       PetscReal residual[]);
/** Σ|residual| / Σ target; k->largest is then that of all ranks. Collective. */
PETSC_INTERN PetscErrorCode OttoSinkhornMarginal(OttoSinkhornKernel *k, const OttoSinkhornAtoms *p,
                                                 const PetscReal f[], const PetscReal image[],
                                                 PetscReal *error);
/** What an update's logarithms are wrong by at most. Not collective. */
PETSC_INTERN PetscReal OttoSinkhornRounding(const OttoSinkhornKernel *k);

/** Cost, with its bound, of f, g and image as OttoSinkhornRound() leaves them. Collective. */
PETSC_INTERN PetscErrorCode OttoSinkhornBound(OttoSinkhornKernel *k, OttoSinkhornProblem *s);

/** p against q: to s->f, g and cost, for `epsilon`, from larger ones. Collective. */
PETSC_INTERN PetscErrorCode OttoSinkhornSolvePair(OttoSinkhornKernel *k, PetscReal epsilon,
                                                  PetscReal reach, const OttoSinkhornStop *stop,
                                                  OttoSinkhornProblem *s,
                                                  OttoSinkhornReason *reason);
/** p against itself, with the kernel's ε. Collective. */
PETSC_INTERN PetscErrorCode OttoSinkhornSolveSelf(OttoSinkhornKernel *k,
                                                  const OttoSinkhornStop *stop,
                                                  OttoSinkhornProblem *s,
                                                  OttoSinkhornReason *reason);
