/* What a system must be, tried at points of the box: the same on both faces of a periodic axis, and
 * undone by the inverse that was given. The same points on all ranks. */
#include "dynamics_impl.h"
#include <math.h>
#include <stdio.h>

#define POINTS 128      /* of the box or a face */
#define SAME 1e-9       /* of the largest value, or of a side */
#define ROUND_TRIP 1e-8 /* of a side: what an inverse typed with ten digits leaves */

/* Points, an array an axis. */
typedef struct {
  PetscReal at[DIM][POINTS];
} Points;

/* A Kronecker sequence in the box, as even as random points are not (Roberts 2018). */
static void Sample(const OttoGridInfo *g, Points *p)
{
  static const PetscReal steps[DIM][DIM] = {
      {0.6180339887498949, 0, 0},
      {0.7548776662466927, 0.5698402909980532, 0},
      {0.8191725133961645, 0.6710436067037893, 0.5497004779019703}};

  for (PetscInt j = 0; j < g->dim; j++)
    for (PetscInt k = 0; k < POINTS; k++) {
      const PetscReal u = 0.5 + (PetscReal)k * steps[g->dim - 1][j];
      p->at[j][k] = g->lower[j] + (g->upper[j] - g->lower[j]) * (u - floor(u));
    }
}

static void Arrays(Points *p, PetscReal *x[DIM])
{
  for (PetscInt j = 0; j < DIM; j++) x[j] = p->at[j];
}

static void Format(const OttoGridInfo *g, const Points *p, PetscInt k, char text[160])
{
  PetscReal x[DIM];

  for (PetscInt j = 0; j < g->dim; j++) x[j] = p->at[j][k];
  OttoGridFormatPoint(g->dim, x, text, 160);
}

/* What has no value at a point of the box is bad input. */
static PetscErrorCode AsInput(PetscErrorCode code)
{
  char sentence[600];

  if (code != OTTO_ERR_NUMERICAL) return code;
  snprintf(sentence, sizeof sentence, "%s", OttoErrorMessage());
  OttoErrorClear();
  OttoFail(OTTO_ERR_INPUT, "%s", sentence);
}

/* ---- faces ---- */

/* The values of the system at p: velocities at t, or images, which are not brought into the box. */
static PetscErrorCode ValuesAt(OttoDynamics d, PetscReal t, Points *p, Points *value)
{
  PetscReal *x[DIM], *v[DIM];

  PetscFunctionBegin;
  Arrays(p, x);
  Arrays(value, v);
  if (!d->ops->map) {
    PetscCall(OttoDynamicsVelocity(d, t, POINTS, (const PetscReal *const *)x, v, NULL));
    PetscFunctionReturn(0);
  }
  *value = *p;
  PetscCall(d->ops->iterate(d, PETSC_FALSE, POINTS, v, NULL, NULL));
  PetscFunctionReturn(0);
}

/* How far apart the values a and b are, over what they may be: a velocity by the largest, an image
 * on a circle by the shorter way round it. */
static PetscReal Apart(OttoDynamics d, const Points *a, const Points *b, PetscInt k, PetscReal most)
{
  const OttoGridInfo *g = d->g;
  PetscReal worst = 0;

  for (PetscInt i = 0; i < g->dim; i++) {
    const PetscReal side = g->upper[i] - g->lower[i];
    PetscReal off = a->at[i][k] - b->at[i][k];
    if (d->ops->map && g->boundary[i] == OTTO_BOUNDARY_PERIODIC) off -= side * round(off / side);
    off = fabs(off) / (d->ops->map ? side : most);
    if (!(off <= worst)) worst = off;
  }
  return worst;
}

/* The largest velocity at points of the box, so that one that is 0 on a face but for rounding is
 * compared with that; where one has none, nothing. */
static PetscErrorCode Largest(OttoDynamics d, PetscReal t, PetscReal *most)
{
  Points inside, value;

  PetscFunctionBegin;
  Sample(d->g, &inside);
  const PetscErrorCode code = ValuesAt(d, t, &inside, &value);
  if (code != OTTO_ERR_NUMERICAL) PetscCall(code);
  if (code) OttoErrorClear();
  for (PetscInt i = 0; i < d->g->dim && !code; i++)
    for (PetscInt k = 0; k < POINTS; k++)
      if (fabs(value.at[i][k]) > *most) *most = fabs(value.at[i][k]);
  PetscFunctionReturn(0);
}

static PetscErrorCode CompareFaces(OttoDynamics d, PetscInt j, PetscReal t)
{
  const OttoGridInfo *g = d->g;
  char origin[280], point[160], low[160], high[160], when[40] = "";
  PetscReal most = PETSC_SMALL;
  Points face, lower, upper;

  PetscFunctionBegin;
  if (!d->ops->map) PetscCall(Largest(d, t, &most));
  Sample(g, &face);
  for (PetscInt k = 0; k < POINTS; k++) face.at[j][k] = g->lower[j];
  PetscCall(ValuesAt(d, t, &face, &lower));
  for (PetscInt k = 0; k < POINTS; k++) face.at[j][k] = g->upper[j];
  PetscCall(ValuesAt(d, t, &face, &upper));
  for (PetscInt i = 0; i < g->dim; i++)
    for (PetscInt k = 0; k < POINTS; k++)
      most = PetscMax(most, PetscMax(fabs(lower.at[i][k]), fabs(upper.at[i][k])));
  for (PetscInt k = 0; k < POINTS; k++) {
    if (Apart(d, &lower, &upper, k, most) <= SAME) continue;
    PetscCall(OttoDynamicsFormatOrigin(d, origin, sizeof origin));
    Format(g, &face, k, point);
    Format(g, &lower, k, low);
    Format(g, &upper, k, high);
    if (!d->autonomous) snprintf(when, sizeof when, ", t = %g", (double)t);
    OttoFail(OTTO_ERR_INPUT,
             "%s is not periodic on axis %s: at %s%s %s is %s, at the lower face %s; change the "
             "box, or grid_boundary",
             origin, g->name[j], point, when, d->ops->map ? "the image" : "the velocity", high,
             low);
  }
  PetscFunctionReturn(0);
}

/* A velocity that depends on time, at a few times. */
static PetscErrorCode CheckFaces(OttoDynamics d, PetscInt j)
{
  static const PetscReal after[] = {0, 0.7, 3.1};
  const PetscInt times = d->autonomous || d->ops->prepare ? 1 : 3;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < times; i++) PetscCall(AsInput(CompareFaces(d, j, d->start + after[i])));
  PetscFunctionReturn(0);
}

/* ---- the inverse ---- */

/* There and back from point k, forwards first (steps 1) or backwards (-1). What is no image of any
 * point may have no origin, and nobody comes back from where points are lost. */
static PetscErrorCode TryPoint(OttoDynamics d, int steps, const Points *p, PetscInt k)
{
  PetscReal at[3][DIM] = {{0}}, *x[DIM];
  const OttoGridInfo *g = d->g;
  PetscBool lost = PETSC_FALSE, same = PETSC_TRUE;
  char origin[280], point[3][160];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) at[0][j] = p->at[j][k];
  for (int m = 1; m <= 2; m++) {
    PetscCall(PetscArraycpy(at[m], at[m - 1], DIM));
    for (PetscInt j = 0; j < DIM; j++) x[j] = &at[m][j];
    const PetscErrorCode code = OttoDynamicsIterate(d, m == 1 ? steps : -steps, 1, x, NULL, NULL);
    if (code == OTTO_ERR_NUMERICAL && m == 1 && steps < 0) {
      OttoErrorClear();
      PetscFunctionReturn(0);
    }
    PetscCall(AsInput(code));
    PetscCall(OttoDynamicsIsLost(d, 1, (const PetscReal *const *)x, &lost));
    if (lost && m == 1) PetscFunctionReturn(0);
  }
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscReal off = (at[2][j] - at[0][j]) / (g->upper[j] - g->lower[j]);
    if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC) off -= round(off);
    if (!(fabs(off) <= ROUND_TRIP)) same = PETSC_FALSE;
  }
  if (same) PetscFunctionReturn(0);
  PetscCall(OttoDynamicsFormatOrigin(d, origin, sizeof origin));
  for (int m = 0; m < 3; m++) OttoGridFormatPoint(g->dim, at[m], point[m], sizeof point[m]);
  OttoFail(OTTO_ERR_INPUT, "%s is not undone by %s: %s %s %s and comes back to %s", origin,
           d->ops->typed ? "dynamics_inverse" : "its inverse", point[0],
           steps > 0 ? "goes to" : "goes backwards to", point[1], point[2]);
}

static PetscErrorCode CheckInverse(OttoDynamics d)
{
  Points p;

  PetscFunctionBegin;
  Sample(d->g, &p);
  for (int steps = 1; steps >= -1; steps -= 2)
    for (PetscInt k = 0; k < POINTS; k++) PetscCall(TryPoint(d, steps, &p, k));
  PetscFunctionReturn(0);
}

/* That there are images. */
static PetscErrorCode CheckImages(OttoDynamics d)
{
  PetscReal *x[DIM];
  Points p;

  PetscFunctionBegin;
  Sample(d->g, &p);
  Arrays(&p, x);
  PetscCall(AsInput(OttoDynamicsIterate(d, 1, POINTS, x, NULL, NULL)));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDynamicsTry(OttoDynamics d)
{
  const OttoGridInfo *g = d->g;
  PetscBool periodic = PETSC_FALSE;

  PetscFunctionBegin;
  if (d->ops->periodic) PetscFunctionReturn(0);
  for (PetscInt j = 0; j < g->dim; j++) {
    if (g->boundary[j] != OTTO_BOUNDARY_PERIODIC) continue;
    periodic = PETSC_TRUE;
    PetscCall(CheckFaces(d, j));
  }
  if (!d->ops->map || !(periodic || d->ops->typed)) PetscFunctionReturn(0);
  if (d->invertible)
    PetscCall(CheckInverse(d));
  else
    PetscCall(CheckImages(d));
  PetscFunctionReturn(0);
}
