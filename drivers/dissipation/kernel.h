/* heat_kernel: auto in a run: what its checks ask for decides, and the run says what was chosen. */
#pragma once
#include <otto/run.h>
#include <otto/tempered.h>

/** Names the kernel of `heat` where it is auto, by the bounds of the run's checks; else
 * choice->kernel is NULL. OTTO_ERR_INPUT for a fisher_form that auto cannot have. Collective. */
PETSC_INTERN PetscErrorCode OttoRunChooseKernel(OttoRecord record, OttoGrid grid, OttoHeat heat,
                                                Vec p0, Vec q0, const OttoTimes *times,
                                                OttoKernelChoice *choice);

/** Puts what was chosen, and why, into `results`, and a line on the terminal. Collective. */
PETSC_INTERN PetscErrorCode OttoRunDescribeKernel(OttoRecord record,
                                                  const OttoKernelChoice *choice);
