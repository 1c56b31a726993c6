/*
 * Private, but for every folder: what may be too much for one message of MPI's, or for one call of
 * HDF5's. Both count in ints, and go by such counts to bytes; so what grows with the grid goes in
 * parts.
 *
 * OTTO_TEST_MESSAGE=<bytes>, in builds with OTTO_FAULTS alone, makes the parts as small as a test
 * wants: at least one number each, the same on all ranks. What comes of them is the same to the bit
 * but for sums over three ranks and more, whose order MPI chooses by their number.
 */
#pragma once
#include <otto/otto.h>

/** The most bytes of a part: `usual`, or less where a test says so. Not collective. */
PETSC_INTERN PetscInt64 OttoMessageBytes(PetscInt64 usual);

/** `count` as MPI counts. OTTO_ERR_INPUT, `what` named: it has no such number. Not collective. */
PETSC_INTERN PetscErrorCode OttoMessageCount(PetscInt64 count, const char *what, PetscMPIInt *as);

/** data[bytes] of `root`, on all ranks. Collective. */
PETSC_INTERN PetscErrorCode OttoMessageSpread(void *data, PetscInt64 bytes, PetscMPIInt root,
                                              MPI_Comm comm);

/** values[count], of `type` and `width` bytes each, joined over all ranks by `op`, in place.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoMessageJoin(void *values, PetscInt64 count, size_t width,
                                            MPI_Datatype type, MPI_Op op, MPI_Comm comm);

/** The same of reals, on `root` alone; the others' are spoilt. Collective. */
PETSC_INTERN PetscErrorCode OttoMessageJoinOn(PetscReal values[], PetscInt64 count, MPI_Op op,
                                              PetscMPIInt root, MPI_Comm comm);

/** out[out_count] for rank `to` against in[in_count] of rank `from`, which are this rank's partners
 * of the same step; nothing where both are 0. Collective on those three. */
PETSC_INTERN PetscErrorCode OttoMessageSwap(MPI_Comm comm, PetscMPIInt tag, PetscMPIInt to,
                                            const PetscReal out[], PetscInt64 out_count,
                                            PetscMPIInt from, PetscReal in[], PetscInt64 in_count);
