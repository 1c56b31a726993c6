/*
 * What a potential does where a periodic axis closes (MATHEMATICS 4.4). V is sampled at cell
 * centres; over the seam the chain joins the last cell to the first, and a potential that does not
 * come back to itself there is a wall (or a slide) one cell thick.
 *
 * The size of a jump: a function of the coordinates is evaluated at the two faces themselves.
 * Otherwise straight lines through the two cells at either side are prolonged by half a cell to the
 * seam; what curvature makes of that is of the order of the second differences near by, of which
 * the largest of REACH on either side counts: noise from cell to cell, however rough, is then no
 * jump. (Of 200 000 lines of white noise none was one from 12 cells on; with 5 cells 7 in 1000 are,
 * so that on shorter axes the largest of all lines counts.) The slope of a tilt is found to fourth
 * order.
 */
#include "potential_impl.h"
#include <otto/halo.h>
#include <math.h>

#define LEAST 1.      /* T: a smaller jump is no wall */
#define CURVATURES 4. /* of the neighbouring second differences: so is one within these */
#define REACH 8       /* second differences looked at on either side */
#define DEPTH (REACH + 2)
#define SHORT 12       /* cells below which a line alone has too few */
#define CELLS 4        /* least number from which a jump is told from a slope */
#define ROUNDING 1e-13 /* of the largest |V|: no slope */

/* The lines of cells of one axis that begin at the rank's own cells. */
typedef struct {
  const OttoGridInfo *g;
  PetscInt axis;
  PetscInt64 stride;
  PetscInt width;   /* ghosts, where the axis has any */
  PetscBool ghosts; /* whether it has */
  OttoSurrounded V; /* without ghosts where the axis has none */
  PetscReal
      *faces; /* V at the lower and the upper face of all lines of the grid; NULL: not known */
} Lines;

/* V of the cell k after the seam (k >= 0), or -k before it, on the line that begins at `first`. */
static PetscReal At(const Lines *s, PetscInt64 first, PetscInt64 k)
{
  const OttoGridInfo *g = s->g;
  PetscInt64 at[OTTO_MAX_DIM];

  if (!s->ghosts) return s->V.own[first + (k < 0 ? k + g->n[s->axis] : k) * s->stride];
  OttoHaloPosition(g, first, at);
  at[s->axis] = k;
  return *OttoSurroundedAt(&s->V, OttoHaloCell(g, s->width, at));
}

/* Number of the line's lower face in a grid of 2 cells on the axis; the upper is `*step` on. */
static PetscInt64 Face(const Lines *s, PetscInt64 first, PetscInt64 *step)
{
  PetscInt64 idx[OTTO_MAX_DIM], at = 0;

  OttoGridCellIndex(s->g, first, idx);
  *step = 1;
  for (PetscInt j = 0; j < s->g->dim; j++) {
    at = at * (j == s->axis ? 2 : s->g->n[j]) + (j == s->axis ? 0 : idx[j]);
    if (j > s->axis) *step *= s->g->n[j];
  }
  return at;
}

/* V prolonged to the seam from one side (side -1: from below), to order 2, or 4 with what its error
 * may be (the terms of order 3 and 4) in *doubt; nearer cells alone where cells are closed. */
static PetscReal Prolonged(const Lines *s, PetscInt64 first, int side, int order, PetscReal *doubt)
{
  PetscReal v[5] = {0};
  int count = 0;

  for (; count <= order && count < s->g->n[s->axis]; count++) {
    v[count] = At(s, first, side < 0 ? -1 - count : count);
    if (!isfinite(v[count])) break;
  }
  *doubt = 0;
  if (count < 2) return v[0];
  if (order == 2 || count < 4) return 1.5 * v[0] - 0.5 * v[1];
  *doubt = 5. / 16 * fabs(v[0] - 3 * v[1] + 3 * v[2] - v[3]);
  if (count == 5) *doubt += 35. / 128 * fabs(v[0] - 4 * v[1] + 6 * v[2] - 4 * v[3] + v[4]);
  return (35 * v[0] - 35 * v[1] + 21 * v[2] - 5 * v[3]) / 16;
}

/* V below the seam less V above it; NaN where a closed cell lies there or too little is known. */
static PetscReal Jump(const Lines *s, PetscInt64 first, int order, PetscReal *doubt)
{
  PetscReal doubts[2] = {0, 0};
  PetscInt64 step, face;

  *doubt = 0;
  if (!isfinite(At(s, first, 0)) || !isfinite(At(s, first, -1))) return NAN;
  if (s->faces) {
    face = Face(s, first, &step);
    const PetscReal jump = s->faces[face + step] - s->faces[face];
    if (isfinite(jump)) return jump;
  }
  if (s->g->n[s->axis] < CELLS) return NAN;
  const PetscReal jump =
      Prolonged(s, first, -1, order, &doubts[0]) - Prolonged(s, first, 1, order, &doubts[1]);
  *doubt = doubts[0] + doubts[1];
  return jump;
}

/* Largest of the second differences near the seam. */
static PetscReal Curvature(const Lines *s, PetscInt64 first)
{
  PetscReal most = 0;

  for (PetscInt64 k = 0; k < REACH && k + 2 < s->g->n[s->axis]; k++) {
    const PetscReal up = At(s, first, k) - 2 * At(s, first, k + 1) + At(s, first, k + 2);
    const PetscReal down = At(s, first, -1 - k) - 2 * At(s, first, -2 - k) + At(s, first, -3 - k);
    if (isfinite(up)) most = PetscMax(most, fabs(up));
    if (isfinite(down)) most = PetscMax(most, fabs(down));
  }
  return most;
}

/* The next cell after `c` at which a line begins, or -1. */
static PetscInt64 NextLine(const Lines *s, PetscInt64 c)
{
  const OttoGridInfo *g = s->g;

  for (c++; c < g->local_cells; c++) {
    if (g->first[s->axis] + c / s->stride % g->local[s->axis] == 0) return c;
  }
  return -1;
}

/* Largest of all lines, where one alone has too few; else 0. */
static PetscErrorCode CurvatureOfAll(const Lines *s, PetscReal *most)
{
  PetscFunctionBegin;
  *most = 0;
  if (s->faces || s->g->n[s->axis] >= SHORT) PetscFunctionReturn(0);
  for (PetscInt64 c = NextLine(s, -1); c >= 0; c = NextLine(s, c))
    *most = PetscMax(*most, Curvature(s, c));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, most, 1, MPIU_REAL, MPIU_MAX, s->g->comm));
  PetscFunctionReturn(0);
}

/* V at the faces, on every rank alone: few cells, and no rank waits for another. */
static PetscErrorCode FillFaces(OttoPotential p, PetscReal t, Lines *s)
{
  const OttoGridInfo *g = s->g;
  PetscReal lower[OTTO_MAX_DIM], upper[OTTO_MAX_DIM], half;
  PetscInt64 n[OTTO_MAX_DIM], cells = 2;
  OttoGrid faces;
  OttoInput input = {0};

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) {
    half = j == s->axis ? 0.5 * (g->upper[j] - g->lower[j]) : 0;
    n[j] = j == s->axis ? 2 : g->n[j];
    lower[j] = g->lower[j] - half;
    upper[j] = g->upper[j] + half;
    if (j != s->axis) cells *= n[j];
  }
  PetscCall(OttoGridCreate(PETSC_COMM_SELF, &faces));
  PetscCall(OttoGridSetBox(faces, g->dim, n, lower, upper, g->boundary));
  PetscCall(OttoGridSetUp(faces));
  PetscErrorCode code = PetscCalloc1((size_t)cells, &s->faces);
  if (!code) code = p->ops->fill(faces, p->T, t, s->faces, &input);
  PetscCall(OttoGridDestroy(&faces));
  PetscFunctionReturn(code);
}

/* Refuses the largest jump of the axis, if there is one. */
static PetscErrorCode CheckJumps(OttoPotential p, PetscReal t, const Lines *s)
{
  const OttoGridInfo *g = s->g;
  struct {
    double size;
    int rank;
  } worst = {0, g->rank};
  PetscInt64 at = -1;
  PetscReal doubt, curvature, x[OTTO_MAX_DIM];
  char point[160], origin[280];

  PetscFunctionBegin;
  PetscCall(CurvatureOfAll(s, &curvature));
  for (PetscInt64 c = NextLine(s, -1); c >= 0; c = NextLine(s, c)) {
    const PetscReal jump = fabs(Jump(s, c, 2, &doubt));
    if (!(jump > LEAST * p->T && jump > worst.size)) continue;
    if (!(jump > CURVATURES * PetscMax(curvature, Curvature(s, c)))) continue;
    worst.size = jump;
    at = c;
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &worst, 1, MPI_DOUBLE_INT, MPI_MAXLOC, g->comm));
  if (worst.size == 0 || worst.rank != g->rank) PetscFunctionReturn(0);
  OttoGridCellCentre(g, at, x);
  x[s->axis] = g->lower[s->axis];
  OttoGridFormatPoint(g->dim, x, point, sizeof point);
  PetscCall(OttoPotentialFormatOrigin(p, origin, sizeof origin));
  if (p->seam == OTTO_SEAM_DRIFT)
    OttoFail(p->evaluated ? OTTO_ERR_NUMERICAL : OTTO_ERR_INPUT,
             "potential_seam: drift does not fit: without its mean slope, %s still jumps by %.4g T "
             "where periodic axis %d closes, at %s, t = %g: no tilt; wall keeps the jump",
             origin, worst.size / (double)p->T, (int)s->axis + 1, point, (double)t);
  OttoFail(p->evaluated ? OTTO_ERR_NUMERICAL : OTTO_ERR_INPUT,
           "%s jumps by %.4g T where periodic axis %d closes, at %s, t = %g, which is a wall; "
           "potential_seam: wall keeps it, drift makes the mean slope a constant force%s; or make "
           "the axis no_flux",
           origin, worst.size / (double)p->T, (int)s->axis + 1, point, (double)t,
           p->ops->traits & OTTO_POTENTIAL_IMAGES ? ", image takes the centre's nearest image"
                                                  : "");
}

/* Mean slope of the axis, over its lines; 0 where it is rounding, or what extrapolation leaves. */
static PetscErrorCode MeanSlope(const Lines *s, PetscReal largest, PetscReal *slope)
{
  OttoSum sums[3] = {{0, 0}}; /* jumps, doubts, lines */
  const PetscReal length = s->g->upper[s->axis] - s->g->lower[s->axis];
  PetscReal doubt;

  PetscFunctionBegin;
  for (PetscInt64 c = NextLine(s, -1); c >= 0; c = NextLine(s, c)) {
    const PetscReal jump = Jump(s, c, 4, &doubt);
    if (isnan(jump)) continue;
    OttoSumAdd(&sums[0], jump);
    OttoSumAdd(&sums[1], doubt);
    OttoSumAdd(&sums[2], 1);
  }
  PetscCall(OttoSumReduce(s->g->comm, 3, sums));
  const PetscReal jump = OttoSumValue(sums[0]), lines = OttoSumValue(sums[2]);
  *slope = 0;
  if (lines > 0 && fabs(jump) > OttoSumValue(sums[1]) + ROUNDING * lines * largest)
    *slope = jump / lines / length;
  PetscFunctionReturn(0);
}

/* Takes the slope out of V, here and at the faces. */
static void Straighten(const Lines *s, PetscReal slope, PetscReal values[])
{
  const OttoGridInfo *g = s->g;
  const PetscReal length = g->upper[s->axis] - g->lower[s->axis];
  const PetscReal middle = 0.5 * (g->upper[s->axis] + g->lower[s->axis]);
  PetscInt64 idx[OTTO_MAX_DIM], step, face;

  for (PetscInt64 c = 0; slope != 0 && c < g->local_cells; c++) {
    OttoGridCellIndex(g, c, idx);
    values[c] -= slope * (OttoGridCentre(g, s->axis, idx[s->axis]) - middle);
  }
  for (PetscInt64 c = NextLine(s, -1); s->faces && c >= 0; c = NextLine(s, c)) {
    face = Face(s, c, &step);
    s->faces[face + step] -= slope * length;
  }
}

/* V as it is now. */
static PetscErrorCode Look(Lines *s, const PetscReal values[], OttoHalo halo)
{
  PetscFunctionBegin;
  s->V.own = values;
  if (!s->ghosts) PetscFunctionReturn(0);
  PetscCall(OttoHaloRelease(halo, &s->V));
  PetscCall(OttoHaloSurround(halo, values, &s->V));
  PetscFunctionReturn(0);
}

static PetscErrorCode MendAxis(OttoPotential p, PetscReal t, PetscInt axis, PetscReal largest,
                               PetscReal values[])
{
  const OttoGridInfo *g = OttoGridGetInfo(p->grid);
  Lines s = {.g = g, .axis = axis, .stride = 1, .width = (PetscInt)PetscMin(DEPTH, g->n[axis])};
  PetscReal slope = 0;
  PetscErrorCode code = 0;
  OttoHalo halo;

  PetscFunctionBegin;
  for (PetscInt j = axis + 1; j < g->dim; j++) s.stride *= g->local[j];
  s.ghosts = OttoHaloServes(g, axis);
  PetscCall(OttoGridGetHalo(p->grid, s.width, &halo));
  if (p->ops->traits & OTTO_POTENTIAL_POINTWISE) code = FillFaces(p, t, &s);
  code = OttoAgree(g->comm, code);
  if (!code) code = Look(&s, values, halo);
  if (!code && p->seam == OTTO_SEAM_DRIFT) {
    code = MeanSlope(&s, largest, &slope);
    p->tilt[axis] = -slope;
    if (!code) Straighten(&s, slope, values);
    if (!code) code = Look(&s, values, halo);
  }
  if (!code) code = OttoAgree(g->comm, CheckJumps(p, t, &s));
  PetscCall(OttoHaloRelease(halo, &s.V));
  PetscCall(PetscFree(s.faces));
  PetscFunctionReturn(code);
}

PetscErrorCode OttoPotentialMendSeams(OttoPotential s, PetscReal t, PetscReal values[])
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  PetscReal largest = 0;

  PetscFunctionBegin;
  if (s->ops->traits & OTTO_POTENTIAL_PERIODIC) PetscFunctionReturn(0);
  if (s->seam == OTTO_SEAM_WALL || s->seam == OTTO_SEAM_IMAGE) PetscFunctionReturn(0);
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    if (isfinite(values[c])) largest = PetscMax(largest, fabs(values[c]));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPIU_REAL, MPIU_MAX, g->comm));
  for (PetscInt j = 0; j < g->dim; j++)
    if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC) PetscCall(MendAxis(s, t, j, largest, values));
  PetscFunctionReturn(0);
}
