/*
 * What stepping leaves in the moments of p and q.
 *
 * Means and covariances are extrapolated as they are. E exp(2πi x/L) of a periodic axis is a vector
 * z, and what decays to nothing (a density that becomes uniform) has, as all that decays, an error
 * in its exponent that grows with time: 2 z1 - z2 then points the other way round. So its length is
 * extrapolated by its logarithm and its angle as it is, the short way round; where the three runs
 * point so differently that z is passing by 0, the vector is, and its error is a vector's.
 */
#include "stepping_impl.h"
#include "run/extrapolate.h"
#include <math.h>

#define APART (PETSC_PI / 3) /* angles of runs that are no longer one angle */
#define ABSOLUTE 0.02        /* share of the first order's part that an estimate holds at least */

/* The angle from b to a, the short way round. */
static PetscReal Turn(const PetscReal a[2], const PetscReal b[2])
{
  return atan2(a[1] * b[0] - a[0] * b[1], a[0] * b[0] + a[1] * b[1]);
}

/* By how much an error of the vector may turn it. */
static PetscReal Turned(PetscReal error, PetscReal length)
{
  return error < length ? asin(error / length) : PETSC_PI;
}

/* z[k] of dt, 2 dt, 4 dt into the vector to print and the errors of its angle and its length. */
static void ExtrapolateVector(const PetscReal z[3][2], PetscReal value[2], PetscReal error[2])
{
  const PetscReal length[3] = {hypot(z[0][0], z[0][1]), hypot(z[1][0], z[1][1]),
                               hypot(z[2][0], z[2][1])};
  const PetscReal a = Turn(z[0], z[1]), b = Turn(z[1], z[2]);

  if (fabs(a) < APART && fabs(b) < APART && length[0] > 0 && length[1] > 0 && length[2] > 0) {
    const PetscReal angle = atan2(z[0][1], z[0][0]) + a;
    PetscReal R = 0;
    OttoRunExtrapolate(PETSC_TRUE, length, &R, &error[1]);
    error[0] = fabs(2 * a - b) / 3 + ABSOLUTE * fabs(a);
    value[0] = R * cos(angle);
    value[1] = R * sin(angle);
    return;
  }
  PetscReal part[2];
  for (int i = 0; i < 2; i++)
    OttoRunExtrapolate(PETSC_FALSE, (PetscReal[]){z[0][i], z[1][i], z[2][i]}, &value[i], &part[i]);
  error[1] = hypot(part[0], part[1]);
  error[0] = Turned(error[1], hypot(value[0], value[1]));
}

/* Moment i and, of a periodic axis, the next: raw[k] of the runs into the number to print and its
 * estimate, in the column's unit. */
static void Settle(OttoStepping s, PetscInt i, PetscReal off,
                   PetscReal raw[1 + OTTO_BESIDE][OTTO_MAX_MOMENTS], PetscReal error[])
{
  const OttoGridInfo *g = OttoGridGetInfo(s->columns->grid);
  const OttoMoment m = OttoMomentsGet(g, i);
  const PetscReal unit = (g->upper[m.axis[0]] - g->lower[m.axis[0]]) / (2 * PETSC_PI);
  const PetscBool ladder = s->way == OTTO_STEPPING_LADDER ? PETSC_TRUE : PETSC_FALSE;
  const PetscInt last = s->count;

  if (m.kind == OTTO_MOMENT_RESULTANT) return; /* with its direction */
  if (m.kind != OTTO_MOMENT_DIRECTION) {
    const PetscReal v[3] = {raw[0][i], raw[1][i], raw[last][i]};
    error[i] = s->factor * fabs(v[0] - v[1]);
    if (ladder) OttoRunExtrapolate(PETSC_FALSE, v, &raw[0][i], &error[i]);
    return;
  }
  const PetscReal z[3][2] = {
      {raw[0][i], raw[0][i + 1]}, {raw[1][i], raw[1][i + 1]}, {raw[last][i], raw[last][i + 1]}};
  PetscReal found[2];
  if (ladder)
    ExtrapolateVector(z, &raw[0][i], found);
  else {
    const PetscReal turn = fabs(Turn(z[0], z[1])); /* of half a radian, no expansion any more */
    found[0] = s->factor * turn * (1 + PetscMin(1, turn));
    found[1] = s->factor * fabs(hypot(z[0][0], z[0][1]) - hypot(z[1][0], z[1][1]));
  }
  error[i] = unit * PetscMin(PETSC_PI, found[0] + Turned(off, hypot(raw[0][i], raw[0][i + 1])));
  error[i + 1] = found[1] + off;
}

PetscErrorCode OttoSteppingMoments(OttoStepping s, PetscInt density, PetscReal off,
                                   PetscReal values[], PetscReal error[])
{
  PetscReal raw[1 + OTTO_BESIDE][OTTO_MAX_MOMENTS];
  const PetscInt beside = s->lost ? 0 : s->count, count = s->columns->each;

  PetscFunctionBegin;
  PetscCall(OttoMomentsCompute(s->columns->grid, density ? s->law->q : s->law->p, raw[0]));
  for (PetscInt k = 0; k < beside; k++)
    PetscCall(OttoMomentsCompute(s->columns->grid, density ? s->beside[k].q : s->beside[k].p,
                                 raw[k + 1]));
  for (PetscInt i = 0; i < count; i++) error[i] = NAN;
  for (PetscInt i = 0; i < count && beside; i++) Settle(s, i, off, raw, error);
  OttoMomentsValues(OttoGridGetInfo(s->columns->grid), raw[0], values);
  PetscFunctionReturn(0);
}
