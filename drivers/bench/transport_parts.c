/* What bench transport times: the ascent of the dual between two smooth mixtures, part by part. */
#include "bench_transport.h"
#include "transport/back_and_forth.h"
#include "transport/boxes.h"
#include "transport/plan.h"
#include <math.h>

#define BEFORE 5 /* iterations before anything is timed, so that maps are maps */

PetscErrorCode OttoBenchPoisson(void *context)
{
  const OttoAscent a = ((OttoBenchTransport *)context)->ascent;
  return OttoTransformApplySymbol(a->transform, a->phi, a->poisson, a->residual);
}

PetscErrorCode OttoBenchCTransform(void *context)
{
  const OttoBenchTransport *t = (OttoBenchTransport *)context;
  const PetscScalar *phi;
  PetscScalar *image;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(t->ascent->phi, &phi));
  PetscCall(VecGetArray(t->image, &image));
  PetscCall(OttoCTransformApply(t->ascent->c, OTTO_C_GRID, phi, image));
  PetscCall(VecRestoreArray(t->image, &image));
  PetscCall(VecRestoreArrayRead(t->ascent->phi, &phi));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchPushForward(void *context)
{
  const OttoAscent a = ((OttoBenchTransport *)context)->ascent;

  PetscFunctionBegin;
  PetscCall(OttoAscentImage(a, OTTO_IMAGE_TARGETS, a->phi));
  PetscCall(PetscArrayzero(a->pushed, a->g->local_cells));
  PetscCall(OttoBoxesDeposit(a->grid, (const PetscReal *const *)a->lower,
                             (const PetscReal *const *)a->upper, a->p, a->pushed));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchIteration(void *context)
{
  return OttoAscentIterate(((OttoBenchTransport *)context)->ascent);
}

PetscErrorCode OttoBenchPlan(void *context)
{
  const OttoAscent a = ((OttoBenchTransport *)context)->ascent;
  PetscReal cost;

  PetscFunctionBegin;
  PetscCall(OttoAscentImage(a, OTTO_IMAGE_TARGETS, a->phi));
  PetscCall(OttoPlanCost(a->grid, NULL, a->p, a->q, (const PetscReal *const *)a->lower,
                         (const PetscReal *const *)a->upper, &cost));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchCertificate(void *context)
{
  OttoCostBounds bounds;

  PetscFunctionBegin;
  PetscCall(OttoCertify(((OttoBenchTransport *)context)->ascent, OTTO_IMAGE_TARGETS, 0, &bounds));
  if (!(0 < bounds.lower && bounds.lower <= bounds.upper))
    OttoFail(OTTO_ERR_NUMERICAL, "bounds of W2 are the wrong way round: %g and %g",
             (double)bounds.lower, (double)bounds.upper);
  PetscFunctionReturn(0);
}

/* A Gaussian about a point of the box, in units of its sides. */
static PetscReal Gaussian(const OttoGridInfo *g, PetscInt64 cell, const PetscReal centre[],
                          PetscReal width)
{
  PetscReal x[OTTO_MAX_DIM], square = 0;

  OttoGridCellCentre(g, cell, x);
  for (PetscInt j = 0; j < g->dim; j++)
    square += PetscSqr((x[j] - g->lower[j]) / (g->upper[j] - g->lower[j]) - centre[j]);
  return exp(-0.5 * square / (width * width));
}

/* Densities of mass 1: two Gaussians, and one, above a floor. */
static PetscErrorCode Fill(OttoAscent a)
{
  static const PetscReal left[3] = {0.3, 0.35, 0.4}, right[3] = {0.7, 0.3, 0.6};
  static const PetscReal middle[3] = {0.5, 0.65, 0.45};
  const OttoGridInfo *g = a->g;
  OttoSum mass[2] = {{0, 0}, {0, 0}};

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    a->p[c] = 0.05 + Gaussian(g, c, left, 0.1) + Gaussian(g, c, right, 0.07);
    a->q[c] = 0.05 + Gaussian(g, c, middle, 0.12);
    OttoSumAdd(&mass[0], a->p[c]);
    OttoSumAdd(&mass[1], a->q[c]);
  }
  PetscCall(OttoSumReduce(g->comm, 2, mass));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    a->p[c] /= OttoSumValue(mass[0]) * g->cell_volume;
    a->q[c] /= OttoSumValue(mass[1]) * g->cell_volume;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchTransportCreate(MPI_Comm comm, OttoBenchTransport *t)
{
  PetscFunctionBegin;
  PetscCall(OttoGridCreate(comm, &t->grid));
  PetscCall(OttoGridSetFromOptions(t->grid));
  PetscCall(OttoGridSetUp(t->grid));
  const OttoGridInfo *g = OttoGridGetInfo(t->grid);
  OttoCheckInput(g->dim <= 3, "grid_n: %d axes: bench transport takes 1 to 3", (int)g->dim);
  for (PetscInt j = 0; j < g->dim; j++)
    OttoCheckInput(g->boundary[j] == OTTO_BOUNDARY_PERIODIC ||
                       g->boundary[j] == OTTO_BOUNDARY_NO_FLUX,
                   "grid_boundary: %s: bench transport takes periodic and no_flux axes",
                   OttoBoundaries[g->boundary[j]]);
  PetscCall(OttoAscentCreate(t->grid, &t->ascent));
  PetscCall(OttoFieldCreate(t->grid, &t->image));
  PetscCall(Fill(t->ascent));
  PetscCall(VecZeroEntries(t->ascent->phi));
  PetscCall(OttoAscentBegin(t->ascent));
  for (PetscInt k = 0; k < BEFORE; k++) PetscCall(OttoAscentIterate(t->ascent));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchTransportDestroy(OttoBenchTransport *t)
{
  PetscFunctionBegin;
  PetscCall(OttoAscentDestroy(&t->ascent));
  PetscCall(VecDestroy(&t->image));
  PetscCall(OttoGridDestroy(&t->grid));
  PetscFunctionReturn(0);
}
