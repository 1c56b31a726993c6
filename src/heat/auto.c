/* What is to be chosen among the exact kernels once densities are known (OttoTemperedChoose()). */
#include "heat_impl.h"

const OttoHeatOps OttoHeatOps_Auto = {
    .boundaries = OTTO_SERVES(OTTO_BOUNDARY_PERIODIC) | OTTO_SERVES(OTTO_BOUNDARY_NO_FLUX) |
                  OTTO_SERVES(OTTO_BOUNDARY_OPEN),
    .fisher_form = OTTO_FISHER_EDGE,
    .choice = OTTO_CHOICE_OPEN,
};
