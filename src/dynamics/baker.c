/* The baker's map of the unit square: each half of it is stretched along x and laid on the other
 * along y. It tears the square along x = 1/2 (backwards along y = 1/2). */
#include "dynamics_impl.h"
#include <math.h>

static PetscErrorCode Read(OttoDynamics d)
{
  PetscFunctionBegin;
  for (PetscInt j = 0; j < 2; j++)
    OttoCheckInput(d->g->boundary[j] != OTTO_BOUNDARY_OPEN,
                   "grid_boundary: open on axis %s; %s is a map of a square, with periodic or "
                   "no_flux axes",
                   d->g->name[j], d->type);
  PetscFunctionReturn(0);
}

/* Forwards along x, backwards along y the square is stretched: coordinate `a`. */
static PetscErrorCode Iterate(OttoDynamics d, PetscBool inverse, PetscInt n, PetscReal *const x[],
                              PetscReal *const derivative[], PetscReal log_jacobian[])
{
  const OttoGridInfo *g = d->g;
  const PetscInt a = inverse ? 1 : 0, b = 1 - a;
  const PetscReal sa = g->upper[a] - g->lower[a], sb = g->upper[b] - g->lower[b];

  PetscFunctionBegin;
  for (PetscInt k = 0; k < n; k++) {
    const PetscReal u = (x[a][k] - g->lower[a]) / sa, v = (x[b][k] - g->lower[b]) / sb;
    const PetscReal half = u < 0.5 ? 0 : 1;
    x[a][k] = g->lower[a] + sa * (2 * u - half);
    x[b][k] = g->lower[b] + sb * (v + half) / 2;
    if (log_jacobian) log_jacobian[k] = 0;
    if (!derivative) continue;
    derivative[3 * a][k] = 2;
    derivative[3 * b][k] = 0.5;
    derivative[1][k] = derivative[2][k] = 0;
  }
  PetscFunctionReturn(0);
}

const OttoDynamicsOps OttoDynamicsOps_Baker = {
    .least = 2,
    .most = 2,
    .map = PETSC_TRUE,
    .keeps_volume = PETSC_TRUE,
    .periodic = PETSC_TRUE,
    .singularity =
        "baker tears the square along x = 1/2: the density behind it jumps, and its Fisher "
        "information is infinite",
    .read = Read,
    .iterate = Iterate,
};
