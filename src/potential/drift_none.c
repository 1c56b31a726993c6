/* A drift that is none. */
#include "drift_impl.h"

const OttoDriftOps OttoDriftOps_None = {.exists = PETSC_FALSE};
