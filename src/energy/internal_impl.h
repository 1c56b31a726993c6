/*
 * Private to energy: what internal energies are.
 */
#pragma once
#include <otto/energy.h>

/* out[n] = a part of U at in[n]; in and out may be the same. */
typedef void (*OttoInternalFunction)(OttoInternal internal, PetscInt64 n, const PetscReal in[],
                                     PetscReal out[]);

/* A member's contract. */
typedef struct {
  PetscBool zero;                       /* U is 0: no temperature is needed */
  PetscBool linear;                     /* ρ∇U'(ρ) = T∇ρ */
  PetscBool (*spreads)(OttoInternal);   /* whether 1/U'' is concave; NULL: it is not */
  PetscErrorCode (*read)(OttoInternal); /* its keys; NULL: it has none. Not collective. */
  OttoInternalFunction parts[OTTO_INTERNAL_STIFFNESS + 1]; /* by OttoInternalPart */
} OttoInternalOps;

#define OTTO_MEMBER(name, Ops, ...) PETSC_INTERN const OttoInternalOps OttoInternalOps_##Ops;
#include "internal.def"
#undef OTTO_MEMBER

struct _n_OttoInternal {
  const char *type; /* registry name */
  const OttoInternalOps *ops;
  PetscReal T, m; /* m: of power */
};

/** The internal energy of energy_internal (entropy), at temperature (1). Not collective.
 * OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoInternalCreate(OttoInternal *internal);
/** Frees it. Not collective. */
PETSC_INTERN PetscErrorCode OttoInternalDestroy(OttoInternal *internal);
