/*
 * Cubic splines on evenly spaced points, as sums of B-splines: twice continuously differentiable,
 * of order 4. Coefficients solve c[i-1] + 4 c[i] + c[i+1] = 6 f[i], by a recursion upwards and one
 * downwards along every line (Unser 1999, box 2), of values that are continued so far beyond both
 * ends that what is cut off there, z^32 with z = sqrt 3 - 2, is below rounding.
 */
#include "spline.h"
#include <math.h>

#define BEYOND 32 /* entries by which a line is continued at either end */
#define PAD 2     /* coefficients kept beyond either end */

PetscInt64 OttoSplineSize(const OttoSplineBox *box)
{
  PetscInt64 size = 1;

  for (PetscInt j = 0; j < box->dim; j++) size *= box->n[j] + 2 * PAD;
  return size;
}

/* f[-BEYOND … n + BEYOND): round a ring, or by polynomials through the last values. */
static void Continue(PetscInt64 n, PetscBool ring, PetscReal f[])
{
  for (PetscInt64 i = 1; i <= BEYOND; i++) {
    if (ring) {
      f[-i] = f[n - i];
      f[n - 1 + i] = f[i - 1];
    } else if (n >= 4) {
      f[-i] = 4 * (f[1 - i] + f[3 - i]) - 6 * f[2 - i] - f[4 - i];
      f[n - 1 + i] = 4 * (f[n - 2 + i] + f[n - 4 + i]) - 6 * f[n - 3 + i] - f[n - 5 + i];
    } else if (n == 3) {
      f[-i] = 3 * (f[1 - i] - f[2 - i]) + f[3 - i];
      f[n - 1 + i] = 3 * (f[n - 2 + i] - f[n - 3 + i]) + f[n - 4 + i];
    } else {
      f[-i] = n == 2 ? 2 * f[1 - i] - f[2 - i] : f[0];
      f[n - 1 + i] = n == 2 ? 2 * f[n - 2 + i] - f[n - 3 + i] : f[0];
    }
  }
}

/* Values of a line into coefficients, in place, f[-PAD … n + PAD). */
static void Filter(PetscInt64 n, PetscBool ring, PetscReal f[])
{
  const PetscReal z = sqrt(3) - 2;
  const PetscInt64 last = n - 1 + BEYOND;

  Continue(n, ring, f);
  for (PetscInt64 i = 1 - BEYOND; i <= last; i++) f[i] += z * f[i - 1];
  f[last] *= z / (z * z - 1);
  for (PetscInt64 i = last - 1; i >= -PAD; i--) f[i] = z * (f[i + 1] - f[i]);
  for (PetscInt64 i = -PAD; i < n + PAD; i++) f[i] *= 6;
}

PetscErrorCode OttoSplineCoefficients(const OttoSplineBox *box, const PetscReal values[],
                                      PetscReal coefficients[])
{
  PetscInt64 size[DIM] = {1, 1, 1}, stride[DIM] = {1, 1, 1}, longest = 0, total, at = 0;
  PetscInt64 cells[DIM] = {1, 1, 1};
  PetscReal *line;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < box->dim; j++) {
    cells[j] = box->n[j];
    size[j] = box->n[j] + 2 * PAD;
    longest = PetscMax(longest, box->n[j]);
  }
  for (PetscInt j = box->dim - 1; j > 0; j--) stride[j - 1] = stride[j] * size[j];
  total = OttoSplineSize(box);
  for (PetscInt64 i = 0; i < total; i++) coefficients[i] = 0;
  const PetscInt64 corner =
      PAD * (stride[0] + (box->dim > 1 ? stride[1] : 0) + (box->dim > 2 ? stride[2] : 0));
  for (PetscInt64 i = 0; i < cells[0]; i++)
    for (PetscInt64 j = 0; j < cells[1]; j++)
      for (PetscInt64 k = 0; k < cells[2]; k++)
        coefficients[corner + i * stride[0] + (box->dim > 1 ? j * stride[1] : 0) +
                     (box->dim > 2 ? k * stride[2] : 0)] = values[at++];
  PetscCall(PetscMalloc1(longest + 2 * BEYOND, &line));
  for (PetscInt axis = 0; axis < box->dim; axis++) {
    /* lines begin where the axis' index is 0: entries of `block` outer runs of `inner` */
    const PetscInt64 inner = stride[axis], outer = total / (inner * size[axis]);
    for (PetscInt64 o = 0; o < outer; o++)
      for (PetscInt64 i = 0; i < inner; i++) {
        PetscReal *c = coefficients + o * inner * size[axis] + i;
        for (PetscInt64 k = 0; k < box->n[axis]; k++) line[BEYOND + k] = c[(k + PAD) * inner];
        Filter(box->n[axis], box->ring[axis], line + BEYOND);
        for (PetscInt64 k = 0; k < size[axis]; k++) c[k * inner] = line[BEYOND - PAD + k];
      }
  }
  PetscCall(PetscFree(line));
  PetscFunctionReturn(0);
}

void OttoSplineLocate(const OttoSplineBox *box, const PetscReal x[], OttoSplinePlace *place)
{
  PetscInt64 first = 0;

  for (PetscInt j = 0; j < box->dim; j++) {
    const PetscReal n = (PetscReal)box->n[j], h = box->h[j];
    PetscReal u = (x[j] - box->lower[j]) / h - 0.5, *w = place->weight[j], *d = place->slope[j];
    if (box->ring[j]) u -= n * floor((u + 0.5) / n);
    const PetscReal span = PetscMin(PetscMax(floor(u), -1), n - 1), s = u - span, r = 1 - s;
    w[0] = r * r * r / 6;
    w[1] = (4 - 3 * s * s * (1 + r)) / 6;
    w[2] = (4 - 3 * r * r * (1 + s)) / 6;
    w[3] = s * s * s / 6;
    d[0] = -r * r / (2 * h);
    d[1] = s * (3 * s - 4) / (2 * h);
    d[2] = -r * (3 * r - 4) / (2 * h);
    d[3] = s * s / (2 * h);
    first = first * (box->n[j] + 2 * PAD) + (span == span ? (PetscInt64)span + 1 : 0);
  }
  place->first = first;
}

void OttoSplineEvaluate(const OttoSplineBox *box, const OttoSplinePlace *place,
                        const PetscReal coefficients[], PetscReal *value, PetscReal gradient[])
{
  static const PetscReal one[4] = {1, 0, 0, 0}, none[4] = {0, 0, 0, 0};
  const PetscInt dim = box->dim;
  const PetscReal *w[DIM] = {one, one, one}, *d[DIM] = {none, none, none};
  PetscInt64 stride[DIM] = {0, 0, 0}, step = 1;
  PetscReal sum[1 + DIM] = {0};

  for (PetscInt j = dim - 1; j >= 0; j--) {
    stride[j] = step;
    step *= box->n[j] + 2 * PAD;
    w[j] = place->weight[j];
    d[j] = place->slope[j];
  }
  for (int i = 0; i < 4; i++)
    for (int j = 0; j < (dim > 1 ? 4 : 1); j++) {
      const PetscReal *c = coefficients + place->first + i * stride[0] + j * stride[1];
      PetscReal along = 0, change = 0;
      for (int k = 0; k < (dim > 2 ? 4 : 1); k++) {
        along += w[2][k] * c[k * stride[2]];
        change += d[2][k] * c[k * stride[2]];
      }
      sum[0] += w[0][i] * w[1][j] * along;
      sum[1] += d[0][i] * w[1][j] * along;
      sum[2] += w[0][i] * d[1][j] * along;
      sum[3] += w[0][i] * w[1][j] * change;
    }
  *value = sum[0];
  for (PetscInt j = 0; gradient && j < dim; j++) gradient[j] = sum[1 + j];
}
