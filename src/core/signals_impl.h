/* Private to signals.c and stop.c. */
#pragma once
#include <otto/signals.h>

/** Whether signals are caught at all. */
PETSC_INTERN PetscBool OttoSignalsCaught(void);
/** The number of the signal that asked this rank to stop, or 0. */
PETSC_INTERN int OttoSignalsAsked(void);
/** Its name, "SIGTERM". */
PETSC_INTERN const char *OttoSignalName(int signal_number);
