/*
 * Private to src/transport: small parcels for places on other ranks, swapped in rounds of bounded
 * size. Whoever fills them posts what is for others (what is its own it uses at once), and takes
 * what came for it: in the order of ranks, and of a rank's posts.
 */
#pragma once
#include <otto/grid.h>

/** Parcels of a round. */
typedef struct _n_OttoParcels *OttoParcels;

/** Posts until OttoParcelsFull(), or until nothing is left: then it sets *done. It is not called
 * again after that. */
typedef PetscErrorCode (*OttoParcelsPosts)(OttoParcels parcels, void *context, PetscBool *done);

/** Takes one parcel: its place, below 2^53, and values[width]. */
typedef PetscErrorCode (*OttoParcelsTakes)(PetscInt64 place, const PetscReal values[],
                                           void *context);

/** Swaps parcels of `width` reals until no rank has any left. Collective; a failure on one rank is
 * one on all. */
PETSC_INTERN PetscErrorCode OttoParcelsSwap(MPI_Comm comm, PetscInt width, OttoParcelsPosts posts,
                                            OttoParcelsTakes takes, void *context);

/** Posts a parcel. Not collective. */
PETSC_INTERN PetscErrorCode OttoParcelsPost(OttoParcels parcels, PetscMPIInt to, PetscInt64 place,
                                            const PetscReal values[]);

/** Whether a round has enough. Not collective. */
PETSC_INTERN PetscBool OttoParcelsFull(OttoParcels parcels);
