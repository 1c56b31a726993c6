/* The seven sums of every form of Fisher information. */
#pragma once
#include <otto/fisher.h>

typedef enum {
  OTTO_FISHER_P = OTTO_SMOOTH_COUNT, /* after the dissipations, by OttoDivergenceType */
  OTTO_FISHER_Q,
  OTTO_FISHER_COUNT
} OttoFisherIndex;

/* Adds weight·value[] to sums[]. */
static inline void OttoFisherSumAdd(OttoSum sums[], const PetscReal value[], PetscReal weight)
{
  for (PetscInt k = 0; k < OTTO_FISHER_COUNT; k++)
    if (value[k] != 0) OttoSumAdd(&sums[k], weight * value[k]);
}

/* Adds the sums of all ranks, times the cell volume, to *out. Collective. */
PETSC_INTERN PetscErrorCode OttoFisherFinish(OttoGrid grid, OttoSum sums[], OttoFisher *out);

/* Sums over n cells of the weights of fisher.h times |Δs|² (pair), |∇log p|² and |∇log q|², given
 * cell by cell. Not-finite squares are left out, as are cells without p or q. */
PETSC_INTERN void OttoFisherWeigh(PetscInt n, const PetscReal p[], const PetscReal q[],
                                  const PetscReal pair[], const PetscReal of_p[],
                                  const PetscReal of_q[], PetscReal value[OTTO_FISHER_COUNT]);

/* The same for KL alone, the other dissipations 0: no division. */
PETSC_INTERN void OttoFisherWeighKL(PetscInt n, const PetscReal p[], const PetscReal q[],
                                    const PetscReal pair[], const PetscReal of_p[],
                                    const PetscReal of_q[], PetscReal value[OTTO_FISHER_COUNT]);

/* The same from log p and log q, for densities below the range of a double. */
PETSC_INTERN void OttoFisherWeighLogs(PetscInt n, const PetscReal log_p[], const PetscReal log_q[],
                                      const PetscReal pair[], const PetscReal of_p[],
                                      const PetscReal of_q[], PetscReal value[OTTO_FISHER_COUNT]);
