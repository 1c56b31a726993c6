/*
 * What a potential and a flux prove of W1 (MATHEMATICS 11.4).
 *
 * Below: u is multilinear between centres of cells and constant from the outermost centres to a
 * wall. Between the centres of 2^dim cells every slope is multilinear in the other coordinates, so
 * that ∇u is a mean of its values at the corners, where it is a vector of differences. Its cell
 * means are weights 1/8, 3/4, 1/8 along every axis: half of a cell is half of an interval, where
 * the mean of a linear function is 3/4 of one end and 1/4 of the other.
 *
 * Above: along its own axis a flux is linear in a cell between its faces, constant along the
 * others. |m| is convex along every axis, so that the trapezoidal rule on halves of the cell is at
 * least its integral.
 */
#include "beckmann_impl.h"
#include <math.h>

/* Relative rounding of a bound: differences, quotients, roots, weights and products of a few
 * operations each. */
static const PetscReal rounding = 64 * PETSC_MACHINE_EPSILON;

/* Slopes towards neighbours: slope[side][axis][i]. */
static void Differences(const OttoSurrounded *u, PetscInt64 first, PetscReal beside[],
                        PetscReal *const slope[2][3])
{
  const OttoGridInfo *g = u->g;
  const PetscReal *own = u->own + first;

  for (PetscInt j = 0; j < g->dim; j++)
    for (int s = 0; s < 2; s++) {
      const PetscReal *other = OttoBeside(u, j, s, first, OTTO_BEYOND_MIRROR, beside);
      const PetscReal per = (s ? 1 : -1) / g->h[j];
      for (PetscInt64 i = 0; i < OttoRunCells(g); i++) slope[s][j][i] = per * (other[i] - own[i]);
    }
}

PetscErrorCode OttoBeckmannSlopes(OttoBeckmann b, Vec v, OttoSlopes *slopes)
{
  const OttoGridInfo *g = b->g;
  const PetscInt64 run = OttoRunCells(g);
  const PetscInt corners = OttoCorners(g);
  PetscReal *slope[2][3], largest = 0, *square = b->room + 6 * run;
  OttoSum sums[2] = {{0, 0}, {0, 0}};
  OttoSurrounded u;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++)
    for (int s = 0; s < 2; s++) slope[s][j] = b->room + (2 * j + s) * run;
  PetscCall(OttoFieldSurround(b->halo, v, &u));
  for (PetscInt64 first = 0; first < g->local_cells; first += run) {
    PetscReal energy = 0, length = 0;
    Differences(&u, first, b->room + 7 * run, slope);
    for (PetscInt c = 0; c < corners; c++) {
      for (PetscInt64 i = 0; i < run; i++) square[i] = 0;
      for (PetscInt j = 0; j < g->dim; j++) {
        const PetscReal *s = slope[c >> j & 1][j];
        for (PetscInt64 i = 0; i < run; i++) square[i] += s[i] * s[i];
      }
      for (PetscInt64 i = 0; i < run; i++) {
        energy += square[i];
        length += sqrt(square[i]);
        largest = PetscMax(largest, square[i]);
      }
    }
    OttoSumAdd(&sums[0], energy);
    OttoSumAdd(&sums[1], length);
  }
  PetscCall(OttoFieldRelease(b->halo, v, &u));
  PetscCall(OttoSumReduce(g->comm, 2, sums));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPIU_REAL, MPI_MAX, g->comm));
  slopes->largest = sqrt(largest);
  slopes->energy = OttoSumValue(sums[0]) * g->cell_volume / corners;
  slopes->length = OttoSumValue(sums[1]) * g->cell_volume / corners;
  PetscFunctionReturn(0);
}

/* v = u's means along one axis. */
static PetscErrorCode MeansAlong(OttoBeckmann b, PetscInt axis, Vec u, Vec v)
{
  const OttoGridInfo *g = b->g;
  const PetscInt64 run = OttoRunCells(g);
  OttoSurrounded f;
  PetscScalar *out;

  PetscFunctionBegin;
  PetscCall(OttoFieldSurround(b->halo, u, &f));
  PetscCall(VecGetArrayWrite(v, &out));
  for (PetscInt64 first = 0; first < g->local_cells; first += run) {
    const PetscReal *low = OttoBeside(&f, axis, 0, first, OTTO_BEYOND_MIRROR, b->room);
    const PetscReal *high = OttoBeside(&f, axis, 1, first, OTTO_BEYOND_MIRROR, b->room + run);
    for (PetscInt64 i = 0; i < run; i++)
      out[first + i] = 0.75 * f.own[first + i] + 0.125 * (low[i] + high[i]);
  }
  PetscCall(VecRestoreArrayWrite(v, &out));
  PetscCall(OttoFieldRelease(b->halo, u, &f));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBeckmannMeans(OttoBeckmann b, Vec u, Vec v)
{
  PetscFunctionBegin;
  PetscCheck(u != b->work && v != b->work, PETSC_COMM_SELF, PETSC_ERR_ARG_IDN, "b->work is used");
  PetscCall(VecCopy(u, v));
  for (PetscInt j = 0; j < b->g->dim; j++) {
    PetscCall(VecCopy(v, b->work));
    PetscCall(MeansAlong(b, j, b->work, v));
  }
  PetscFunctionReturn(0);
}

/* ∫u Aδ over the largest slope; less what rounding may have added, of which the largest part is
 * that of Aδ: of u from the middle of its range. The defect of mass may go as far as the diameter.
 */
PetscErrorCode OttoBeckmannLower(OttoBeckmann b, Vec u, PetscReal *lower)
{
  const OttoGridInfo *g = b->g;
  const PetscScalar *a, *d;
  PetscReal range[2] = {-INFINITY, -INFINITY}, half;
  OttoSlopes slopes;
  OttoSum sum = {0, 0};

  PetscFunctionBegin;
  PetscCall(OttoBeckmannSlopes(b, u, &slopes));
  PetscCall(VecGetArrayRead(u, &a));
  PetscCall(VecGetArrayRead(b->target, &d));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    range[0] = PetscMax(range[0], a[c]);
    range[1] = PetscMax(range[1], -a[c]);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, range, 2, MPIU_REAL, MPI_MAX, g->comm));
  const PetscReal middle = (range[0] - range[1]) / 2;
  for (PetscInt64 c = 0; c < g->local_cells; c++) OttoSumAdd(&sum, (a[c] - middle) * d[c]);
  PetscCall(VecRestoreArrayRead(u, &a));
  PetscCall(VecRestoreArrayRead(b->target, &d));
  PetscCall(OttoSumReduce(g->comm, 1, &sum));
  *lower = 0;
  if (!(slopes.largest > 0)) PetscFunctionReturn(0); /* W1 ≥ 0 is all it says */
  half = (range[0] + range[1]) / (2 * slopes.largest);
  *lower = OttoSumValue(sum) * g->cell_volume / slopes.largest - rounding * half * b->total -
           b->defect * b->diameter;
  PetscFunctionReturn(0);
}

/* face: the means over corners, at the faces above, from p to q. */
static PetscErrorCode Faces(OttoBeckmann b)
{
  const OttoGridInfo *g = b->g;
  const PetscInt64 run = OttoRunCells(g), cells = g->local_cells;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) {
    OttoSurrounded low = {.g = g, .own = b->side[0] + j * cells, .ghost = NULL};
    if (OttoHaloServes(g, j)) PetscCall(OttoHaloSurround(b->halo, low.own, &low));
    for (PetscInt64 first = 0; first < cells; first += run) {
      const PetscReal *above = OttoBeside(&low, j, 1, first, OTTO_BEYOND_ZERO, b->room);
      const PetscReal *own = b->side[1] + j * cells + first;
      PetscReal *face = b->face + j * cells + first;
      for (PetscInt64 i = 0; i < run; i++) face[i] = -(own[i] + above[i]);
    }
    if (OttoHaloServes(g, j)) PetscCall(OttoHaloRelease(b->halo, &low));
  }
  PetscFunctionReturn(0);
}

/* work = δ − div face; *left = ∫|work|. */
static PetscErrorCode Missing(OttoBeckmann b, PetscReal *left)
{
  const OttoGridInfo *g = b->g;
  const PetscInt64 run = OttoRunCells(g), cells = g->local_cells;
  OttoSum sum = {0, 0};
  PetscScalar *r;

  PetscFunctionBegin;
  PetscCall(VecCopy(b->delta, b->work));
  PetscCall(VecGetArray(b->work, &r));
  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscReal per = 1 / g->h[j];
    OttoSurrounded face = {.g = g, .own = b->face + j * cells, .ghost = NULL};
    if (OttoHaloServes(g, j)) PetscCall(OttoHaloSurround(b->halo, face.own, &face));
    for (PetscInt64 first = 0; first < cells; first += run) {
      const PetscReal *below = OttoBeside(&face, j, 0, first, OTTO_BEYOND_ZERO, b->room);
      for (PetscInt64 i = 0; i < run; i++) r[first + i] -= per * (face.own[first + i] - below[i]);
    }
    if (OttoHaloServes(g, j)) PetscCall(OttoHaloRelease(b->halo, &face));
  }
  for (PetscInt64 c = 0; c < cells; c++) OttoSumAdd(&sum, fabs(r[c]));
  PetscCall(VecRestoreArray(b->work, &r));
  PetscCall(OttoSumReduce(g->comm, 1, &sum));
  *left = OttoSumValue(sum) * g->cell_volume;
  PetscFunctionReturn(0);
}

/* face −= grad (−Δ)⁻¹ work: the nearest flux in the mean square whose divergence is δ. */
static PetscErrorCode Project(OttoBeckmann b)
{
  const OttoGridInfo *g = b->g;
  const PetscInt64 run = OttoRunCells(g), cells = g->local_cells;
  OttoSurrounded u;

  PetscFunctionBegin;
  PetscCall(OttoTransformApplySymbol(b->twin.transform, b->work, b->poisson, b->work));
  PetscCall(OttoFieldSurround(b->halo, b->work, &u));
  for (PetscInt64 first = 0; first < cells; first += run)
    for (PetscInt j = 0; j < g->dim; j++) {
      const PetscReal *above = OttoBeside(&u, j, 1, first, OTTO_BEYOND_MIRROR, b->room);
      PetscReal *face = b->face + j * cells + first;
      for (PetscInt64 i = 0; i < run; i++) face[i] -= (above[i] - u.own[first + i]) / g->h[j];
    }
  PetscCall(OttoFieldRelease(b->halo, b->work, &u));
  PetscFunctionReturn(0);
}

/* The trapezoidal rule on the halves of a run of cells: at[place][axis][i], 3^dim places. */
static PetscReal RunLength(const OttoGridInfo *g, PetscReal *const at[3][3], PetscReal square[])
{
  static const PetscReal weights[3] = {0.25, 0.5, 0.25};
  PetscInt places = 1;
  PetscReal total = 0;

  for (PetscInt j = 0; j < g->dim; j++) places *= 3;
  for (PetscInt k = 0; k < places; k++) {
    PetscReal weight = 1, part = 0;
    PetscInt rest = k;
    for (PetscInt64 i = 0; i < OttoRunCells(g); i++) square[i] = 0;
    for (PetscInt j = 0; j < g->dim; j++) {
      const PetscReal *m = at[rest % 3][j];
      weight *= weights[rest % 3];
      rest /= 3;
      for (PetscInt64 i = 0; i < OttoRunCells(g); i++) square[i] += m[i] * m[i];
    }
    for (PetscInt64 i = 0; i < OttoRunCells(g); i++) part += sqrt(square[i]);
    total += weight * part;
  }
  return total;
}

/* At most this is ∫|face|, but for rounding. */
static PetscErrorCode Length(OttoBeckmann b, PetscReal *length)
{
  const OttoGridInfo *g = b->g;
  const PetscInt64 run = OttoRunCells(g), cells = g->local_cells;
  PetscReal *at[3][3];
  OttoSurrounded face[3];
  OttoSum sum = {0, 0};

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) {
    for (int k = 0; k < 3; k++) at[k][j] = b->room + (3 * j + k) * run;
    face[j] = (OttoSurrounded){.g = g, .own = b->face + j * cells, .ghost = NULL};
    if (OttoHaloServes(g, j)) PetscCall(OttoHaloSurround(b->halo, face[j].own, &face[j]));
  }
  for (PetscInt64 first = 0; first < cells; first += run) {
    for (PetscInt j = 0; j < g->dim; j++) {
      const PetscReal *low = OttoBeside(&face[j], j, 0, first, OTTO_BEYOND_ZERO, b->room + 9 * run);
      for (PetscInt64 i = 0; i < run; i++) {
        at[0][j][i] = low[i];
        at[2][j][i] = face[j].own[first + i];
        at[1][j][i] = 0.5 * (at[0][j][i] + at[2][j][i]);
      }
    }
    OttoSumAdd(&sum, RunLength(g, at, b->room + 10 * run));
  }
  for (PetscInt j = 0; j < g->dim; j++)
    if (OttoHaloServes(g, j)) PetscCall(OttoHaloRelease(b->halo, &face[j]));
  PetscCall(OttoSumReduce(g->comm, 1, &sum));
  *length = OttoSumValue(sum) * g->cell_volume;
  PetscFunctionReturn(0);
}

/* What the divergence lacks is moved over the box's diameter at most, half of ∫|·| of it; and so is
 * what rounding hides of it, a few units of the faces' flux over h a cell. */
PetscErrorCode OttoBeckmannUpper(OttoBeckmann b, PetscReal *upper)
{
  const OttoGridInfo *g = b->g;
  PetscReal left = 0, length = 0, finest = g->h[0];

  PetscFunctionBegin;
  PetscCall(Faces(b));
  PetscCall(Missing(b, &left));
  for (int pass = 0; pass < 3; pass++) {
    const PetscReal before = left;
    PetscCall(Project(b));
    PetscCall(Missing(b, &left));
    if (left <= rounding * b->total || (pass && left > 0.1 * before)) break;
  }
  PetscCall(Length(b, &length));
  for (PetscInt j = 1; j < g->dim; j++) finest = PetscMin(finest, g->h[j]);
  left += 8 * g->dim * PETSC_MACHINE_EPSILON * length / finest;
  /* the plain sums of a run of n cells: n rounding errors at most */
  *upper = length * (1 + rounding + (PetscReal)OttoRunCells(g) * PETSC_MACHINE_EPSILON) +
           (left / 2 + b->defect + rounding * b->total) * b->diameter;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBeckmannCells(OttoBeckmann b, const Vec flux[])
{
  const OttoGridInfo *g = b->g;
  const PetscInt64 run = OttoRunCells(g), cells = g->local_cells;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) {
    OttoSurrounded face = {.g = g, .own = b->best_face + j * cells, .ghost = NULL};
    PetscScalar *mean;
    if (OttoHaloServes(g, j)) PetscCall(OttoHaloSurround(b->halo, face.own, &face));
    PetscCall(VecGetArrayWrite(b->work, &mean));
    for (PetscInt64 first = 0; first < cells; first += run) {
      const PetscReal *below = OttoBeside(&face, j, 0, first, OTTO_BEYOND_ZERO, b->room);
      for (PetscInt64 i = 0; i < run; i++) mean[first + i] = 0.5 * (face.own[first + i] + below[i]);
    }
    PetscCall(VecRestoreArrayWrite(b->work, &mean));
    if (OttoHaloServes(g, j)) PetscCall(OttoHaloRelease(b->halo, &face));
    PetscCall(VecGetArrayWrite(flux[j], &mean));
    PetscCall(OttoTwinGive(&b->twin, b->work, mean));
    PetscCall(VecRestoreArrayWrite(flux[j], &mean));
  }
  PetscFunctionReturn(0);
}
