/* A map and its inverse, typed by the user; derivatives by extrapolated differences of the map. */
#include "dynamics_impl.h"
#include <otto/diffeomorphism.h>
#include <otto/options.h>
#include <math.h>

static PetscErrorCode Read(OttoDynamics d)
{
  const OttoGridInfo *g = d->g;
  const char *map, *inverse;
  PetscReal side[DIM];

  PetscFunctionBegin;
  PetscCall(OttoDynamicsGetText("map", &map));
  PetscCall(OttoOptionsGetText("dynamics_", "inverse", &inverse));
  for (PetscInt j = 0; j < g->dim; j++) side[j] = g->upper[j] - g->lower[j];
  PetscCall(OttoDiffeomorphismCreate("dynamics_map", map, "dynamics_inverse", inverse, g->dim, side,
                                     (OttoDiffeomorphism *)&d->data));
  d->invertible = inverse ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

static PetscErrorCode Iterate(OttoDynamics d, PetscBool inverse, PetscInt n, PetscReal *const x[],
                              PetscReal *const derivative[], PetscReal log_jacobian[])
{
  const PetscInt dim = d->g->dim;
  PetscReal from[DIM], to[DIM], D[DIM * DIM];

  PetscFunctionBegin;
  for (PetscInt k = 0; k < n; k++) {
    for (PetscInt j = 0; j < dim; j++) from[j] = x[j][k];
    PetscCall(OttoDiffeomorphismApply((OttoDiffeomorphism)d->data, inverse, from, to,
                                      derivative || log_jacobian ? D : NULL));
    for (PetscInt j = 0; j < dim; j++) x[j][k] = to[j];
    for (PetscInt i = 0; derivative && i < dim * dim; i++) derivative[i][k] = D[i];
    if (log_jacobian) log_jacobian[k] = log(fabs(OttoDeterminant(dim, D)));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode DerivativeError(OttoDynamics d, PetscReal *error, PetscReal *rate)
{
  OttoDiffeomorphismReport report;

  PetscFunctionBegin;
  PetscCall(OttoDiffeomorphismGetReport((OttoDiffeomorphism)d->data, &report));
  *error = *rate = report.derivative; /* log J is a sum over iterates */
  PetscFunctionReturn(0);
}

static PetscErrorCode Destroy(OttoDynamics d)
{
  PetscFunctionBegin;
  PetscCall(OttoDiffeomorphismDestroy((OttoDiffeomorphism *)&d->data));
  PetscFunctionReturn(0);
}

const OttoDynamicsOps OttoDynamicsOps_Map = {
    .key = "map",
    .least = 1,
    .most = DIM,
    .map = PETSC_TRUE,
    .typed = PETSC_TRUE,
    .read = Read,
    .iterate = Iterate,
    .derivative_error = DerivativeError,
    .destroy = Destroy,
};
