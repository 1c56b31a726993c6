/* The grid's own chain (rate 1/h² to each neighbour) in Fourier space: its eigenvectors are the DFT
 * and DCT-II modes, its eigenvalues -λ, λ = (2/h)² sin²(κh/2) summed over the axes. */
#include "heat_impl.h"
#include <otto/transform.h>
#include <math.h>

static PetscReal Symbol(const OttoGridInfo *g, PetscInt axis, PetscInt64 k)
{
  PetscReal s = 2 / g->h[axis] * sin(OttoTransformWavenumber(g, axis, k) * g->h[axis] / 2);
  return s * s;
}

const OttoHeatOps OttoHeatOps_Lattice = {
    .boundaries = OTTO_SERVES(OTTO_BOUNDARY_PERIODIC) | OTTO_SERVES(OTTO_BOUNDARY_NO_FLUX),
    .fisher_form = OTTO_FISHER_EDGE,
    .advice = OttoHeatAdvice_Fourier,
    .lattice = PETSC_TRUE,
    .setup = OttoHeatSetUp_Fourier,
    .destroy = OttoHeatDestroy_Fourier,
    .source_create = OttoHeatSourceCreate_Fourier,
    .apply = OttoHeatApply_Fourier,
    .rate = OttoHeatRate_Fourier,
    .overlap = OttoHeatOverlap_Fourier,
    .pair = OttoHeatPair_Fourier,
    .bytes = OttoHeatBytes_Fourier,
    .symbol = Symbol,
};
