/* Private: the memory that PETSc gives. */
#pragma once
#include <petscsys.h>

/** Before PETSc starts: whatever it gives begins a cache line. Some kernels of BLAS (dasum) add in
 * an order that depends on where an array begins; a run that goes on from a checkpoint, whose heap
 * has another history, would else round otherwise than the one that was killed. Not collective. */
PETSC_INTERN PetscErrorCode OttoHeapBegin(void);
