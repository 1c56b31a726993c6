/*
 * What sums over cells miss of the integrals of tv and js of smooth densities (MATHEMATICS 2.5).
 *
 * tv. |f|, f = p - q, has a kink where f vanishes, and its midpoint sum is of second order only. On
 * a line along axis k with cells of unit width, a function whose m-th derivative jumps by J_m a
 * part z of a cell beyond a cell centre has (Euler-Maclaurin; Navot 1961)
 *
 *   integral - sum = Σ_m J_m B_(m+1)(1 - z)/(m+1)!,   B Bernoulli's polynomials.
 *
 * In more than one dimension |f| = Σ_k w_k |f| with w_k = (∂_k f)²/|∇f|², so that a line along k
 * does not see what it meets at a grazing angle; each part has its kinks on the lines along its own
 * axis, J_m = 2 ± ∂^m (w_k f), by polynomials through six cells. Through four cells: what it errs
 * by.
 *
 * js. With log(p/q) changing by κ a cell the integrand has branch points where p/q = -1, π/κ cells
 * off the real axis, of the form ½ q κ u log u. The midpoint sum errs by their Fourier coefficients
 * at one over the cell width: amplitude q κ/(2π) e^(-2π²/κ), with the phase of where p = q lies in
 * its cell; the integrand of its dissipation has simple poles there instead.
 */
#include "core/vecmath.h"
#include "divergence_totals.h"
#include "grid/edges.h"
#include <math.h>

#define POINTS 6
#define WIDTH 4      /* ghosts: six cells of a line, and the gradient in the outermost */
#define WIDTH_OPEN 6 /* where no cells lie beyond a face and all six are on one side */
#define PIECE 64     /* edges looked at in one go */

typedef struct {
  const OttoGridInfo *g;
  PetscInt width;                 /* of ghosts */
  OttoSurrounded near[2], far[2]; /* p, q, by 1 and by `width` layers */
  OttoSum fine, coarse, grazing;
  PetscReal square;                                   /* of what the two differ by, line by line */
  OttoSum js[OTTO_MAX_DIM][2], rate[OTTO_MAX_DIM][2]; /* real and imaginary parts, by axis */
} Sums;

/* Position i + step of an axis: wrapped, mirrored, or held at an open face. */
static PetscInt64 Step(const OttoGridInfo *g, PetscInt j, PetscInt64 i, PetscInt64 step)
{
  const PetscInt64 n = g->n[j], period = g->boundary[j] == OTTO_BOUNDARY_PERIODIC ? n : 2 * n;

  i += step;
  if (i >= 0 && i < n) return i;
  if (g->boundary[j] == OTTO_BOUNDARY_OPEN) return i < 0 ? 0 : n - 1;
  i = ((i % period) + period) % period;
  return i < n ? i : 2 * n - 1 - i;
}

/* A cell: its positions from the rank's first on, of other ranks' within its ghosts. */
typedef struct {
  PetscInt64 at[OTTO_MAX_DIM];
} Place;

static Place Move(const OttoGridInfo *g, Place c, PetscInt j, PetscInt64 step)
{
  if (OttoHaloServes(g, j) && g->boundary[j] != OTTO_BOUNDARY_OPEN)
    c.at[j] += step; /* the halo wraps and mirrors */
  else
    c.at[j] = Step(g, j, c.at[j] + g->first[j], step) - g->first[j];
  return c;
}

static void Values(const Sums *s, Place c, PetscReal *p, PetscReal *q)
{
  const PetscInt64 cell = OttoHaloCell(s->g, s->width, c.at);

  *p = *OttoSurroundedAt(&s->far[0], cell);
  *q = *OttoSurroundedAt(&s->far[1], cell);
}

static PetscReal Difference(const Sums *s, Place c)
{
  PetscReal p, q;
  Values(s, c, &p, &q);
  return p - q;
}

/* |∂_k f|^m/Σ_j |∂_j f|^m, for m = 4 and, less smooth where a line grazes, for m = 2; of |∂_j f|.
 */
static void Shares(PetscInt dim, PetscReal slope[], PetscInt k, PetscReal *fourth,
                   PetscReal *second)
{
  PetscReal most = 0, all[2] = {0, 0};

  for (PetscInt j = 0; j < dim; j++) most = PetscMax(most, slope[j]);
  for (PetscInt j = 0; j < dim && most > 0; j++) {
    slope[j] = PetscSqr(slope[j] / most);
    all[0] += slope[j] * slope[j];
    all[1] += slope[j];
  }
  *fourth = most > 0 ? slope[k] * slope[k] / all[0] : 0;
  *second = most > 0 ? slope[k] / all[1] : 0;
}

static void Weights(const Sums *s, Place c, PetscInt k, PetscReal *fourth, PetscReal *second)
{
  PetscReal slope[OTTO_MAX_DIM] = {0};

  for (PetscInt j = 0; j < s->g->dim; j++)
    if (s->g->n[j] > 1)
      slope[j] = fabs(Difference(s, Move(s->g, c, j, 1)) - Difference(s, Move(s->g, c, j, -1))) /
                 s->g->h[j];
  Shares(s->g->dim, slope, k, fourth, second);
}

/* Whether all that is looked at around c is the rank's own, and nothing wraps. */
static PetscBool IsInside(const OttoGridInfo *g, Place c, PetscInt k)
{
  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscInt64 reach = j == k ? WIDTH : 1;
    if (g->n[j] > 1 && (c.at[j] < reach || c.at[j] + reach >= g->local[j])) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

/* f, and f times both weights, at six cells on axis k about own cell `cell`, where IsInside(). */
static void Gather(const Sums *s, PetscInt64 cell, PetscInt k, PetscReal f[], PetscReal fourth[],
                   PetscReal second[])
{
  const OttoGridInfo *g = s->g;
  const PetscReal *p = s->near[0].own, *q = s->near[1].own;
  PetscInt64 stride[OTTO_MAX_DIM], step = 1;

  for (PetscInt j = g->dim - 1; j >= 0; step *= g->local[j], j--) stride[j] = step;
  for (int i = 0; i < POINTS; i++) {
    const PetscInt64 at = cell + (1 - POINTS / 2 + i) * stride[k];
    PetscReal slope[OTTO_MAX_DIM] = {0};
    f[i] = p[at] - q[at];
    fourth[i] = second[i] = 1;
    for (PetscInt j = 0; j < g->dim && g->dim > 1; j++) {
      const PetscInt64 up = at + stride[j], down = at - stride[j];
      if (g->n[j] > 1) slope[j] = fabs((p[up] - q[up]) - (p[down] - q[down])) / g->h[j];
    }
    if (g->dim > 1) Shares(g->dim, slope, k, &fourth[i], &second[i]);
    fourth[i] *= f[i];
    second[i] *= f[i];
  }
}

/* Coefficients of the polynomial with values v[i] at from + i, 0 <= i < n: Newton's, multiplied
 * out. */
static void Interpolate(int n, PetscInt64 from, const PetscReal v[], PetscReal c[])
{
  static const PetscReal inverse[POINTS] = {0, 1, 1. / 2, 1. / 3, 1. / 4, 1. / 5};
  PetscReal d[POINTS];

  for (int i = 0; i < n; i++) d[i] = v[i];
  for (int m = 1; m < n; m++)
    for (int i = n - 1; i >= m; i--) d[i] = (d[i] - d[i - 1]) * inverse[m];
  for (int i = 0; i < POINTS; i++) c[i] = 0;
  for (int m = n - 1; m >= 0; m--) {
    for (int i = n - 1; i >= 1; i--) c[i] = c[i - 1] - (PetscReal)(from + m) * c[i];
    c[0] = d[m] - (PetscReal)(from + m) * c[0];
  }
}

/* The zero in [0, 1] of a polynomial of opposite signs there: Newton's steps, halving where one
 * leaves the bracket. */
static PetscReal Zero(const PetscReal c[])
{
  PetscReal low = 0, high = 1, z = 0.5;

  for (int i = 0; i < 60 && high - low > 1e-15; i++) {
    PetscReal value = 0, slope = 0;
    for (int k = POINTS - 1; k >= 0; k--) {
      slope = slope * z + value;
      value = value * z + c[k];
    }
    if (value == 0) return z;
    if ((value >= 0) == (c[0] >= 0))
      low = z;
    else
      high = z;
    const PetscReal next = z - value / slope, step = fabs(next - z);
    z = next > low && next < high ? next : 0.5 * (low + high);
    if (z == next && step < 1e-14) break;
  }
  return z;
}

/* Σ_m B_(m+1)(1 - z)/(m+1)! c^(m)(z), m = 1 … n-1. */
static PetscReal Kink(int n, const PetscReal c[], PetscReal z)
{
  const PetscReal x = 1 - z, y = x * (x - 1); /* B_m(x) by y and x - 1/2 */
  const PetscReal bernoulli[POINTS - 1] = {
      (y + 1. / 6) / 2, y * (x - 0.5) / 6, (y * y - 1. / 30) / 24,
      (x - 0.5) * y * (y - 1. / 3) / 120, (y * y * (y - 0.5) + 1. / 42) / 720};
  PetscReal d[POINTS], sum = 0;

  for (int i = 0; i < n; i++) d[i] = c[i];
  for (int m = 1; m < n; m++) {
    PetscReal value = 0;
    for (int i = 0; i + 1 < n; i++) d[i] = (i + 1) * d[i + 1]; /* the derivative */
    d[n - 1] = 0;
    for (int i = n - 1; i >= 0; i--) value = value * z + d[i];
    sum += bernoulli[m - 1] * value;
  }
  return sum;
}

/* The correction of one line's part, n values of which begin at `from`, for a kink of its sign at
 * z. */
static PetscReal Correction(int n, PetscInt64 from, const PetscReal part[], PetscReal z,
                            PetscBool falls)
{
  PetscReal c[POINTS];

  Interpolate(n, from, part, c);
  const PetscReal value = Kink(n, c, z);
  return falls ? -value : value;
}

/* Amplitudes of what js and its dissipation miss, per density, for a change κ of log(p/q) a cell:
 * all poles and harmonics. */
static void Amplitudes(PetscReal kappa, PetscReal *js, PetscReal *rate)
{
  const PetscReal x = exp(-2 * PETSC_PI * PETSC_PI / kappa);
  PetscReal power = x;

  *js = *rate = 0;
  for (int k = 1; k <= 20 && power > 0; k++, power *= x) {
    PetscReal all = power / (1 - power * power);
    *js += kappa / (2 * PETSC_PI) * all / (PetscReal)(k * k);
    *rate += 2 * PETSC_PI * kappa * all;
  }
  *js = PetscMin(*js, 0.5); /* no more than the whole of a cell */
}

/* What js and its dissipation miss where log(p/q) changes sign between cells c and next on axis k.
 * With log q of curvature -c, q is e^(cπ²/2κ²) times larger where p/q = -1 than where p = q; beyond
 * κ = c/2 the poles lie farther out than the sum of a Gaussian looks. */
static void AddPoles(Sums *s, Place c, Place next, PetscInt k)
{
  const Place at[4] = {Move(s->g, c, k, -1), c, next, Move(s->g, next, k, 1)};
  PetscReal p[4], q[4], js, rate, curvature = 0;

  for (int i = 0; i < 4; i++) Values(s, at[i], &p[i], &q[i]);
  if (!(p[1] > 0 && p[2] > 0 && q[1] > 0 && q[2] > 0)) return;
  if (q[0] > 0 && q[3] > 0) curvature = PetscMax(0, 0.5 * log(q[1] / q[0] * (q[2] / q[3])));
  const PetscReal first = log(p[1] / q[1]), kappa = fabs(log(p[2] / q[2]) - first);
  const PetscReal share = fabs(first) / kappa, factor = PETSC_PI / kappa;
  if (!(kappa > 0.5 * curvature)) return;
  Amplitudes(kappa, &js, &rate);
  if (js == 0) return;      /* below e^-700, and the factor below may be beyond e^700 */
  const PetscReal density = /* twice: terms beyond the leading one */
      2 * exp((1 - share) * log(q[1]) + share * log(q[2]) + 0.5 * curvature * factor * factor);
  for (int i = 0; i < 2; i++) {
    const PetscReal phase = i ? sin(2 * PETSC_PI * share) : cos(2 * PETSC_PI * share);
    OttoSumAdd(&s->js[k][i], density * js * phase);
    OttoSumAdd(&s->rate[k][i], density * rate / PetscSqr(s->g->h[k]) * phase);
  }
}

static void AddCrossing(Sums *s, PetscInt64 cell, Place c, PetscInt k)
{
  const OttoGridInfo *g = s->g;
  const PetscInt64 at = c.at[k] + g->first[k];
  PetscReal f[POINTS], fourth[POINTS], second[POINTS];
  PetscInt64 from = 1 - POINTS / 2;
  int n = POINTS;

  if (g->boundary[k] == OTTO_BOUNDARY_OPEN) { /* nothing lies beyond */
    n = (int)PetscMin(POINTS, g->n[k]);
    from = PetscMax(-at, PetscMin(from, g->n[k] - n - at));
  }
  const PetscBool inside = IsInside(g, c, k);
  if (inside) Gather(s, cell, k, f, fourth, second);
  for (int i = 0; i < n && !inside; i++) {
    const Place there = Move(g, c, k, from + i);
    f[i] = Difference(s, there);
    fourth[i] = second[i] = 1;
    if (g->dim > 1) Weights(s, there, k, &fourth[i], &second[i]);
    fourth[i] *= f[i];
    second[i] *= f[i];
  }
  const int skip = from < 0 ? 1 : 0; /* one cell less, but not the one at 0 */
  PetscReal of_f[POINTS];
  const PetscBool falls = f[-from] >= 0 ? PETSC_TRUE : PETSC_FALSE;
  Interpolate(n, from, f, of_f);
  const PetscReal z = Zero(of_f);
  Interpolate(n - 1, from + skip, f + skip, of_f);
  const PetscReal near = Zero(of_f);
  const PetscReal fine = Correction(n, from, fourth, z, falls);
  const PetscReal coarse = Correction(n - 1, from + skip, fourth + skip, near, falls);
  OttoSumAdd(&s->fine, fine);
  OttoSumAdd(&s->coarse, coarse);
  if (g->dim > 1) OttoSumAdd(&s->grazing, Correction(n, from, second, z, falls));
  s->square += PetscSqr(fine - coarse);
  AddPoles(s, c, Move(g, c, k, 1), k);
}

static Place PlaceOf(const OttoGridInfo *g, PetscInt64 cell)
{
  Place c = {{0}};

  OttoHaloPosition(g, cell, c.at);
  return c;
}

/* How many of n edges change the sign of p - q. */
OTTO_VECTOR_CLONES static int CountChanges(PetscInt64 n, const double *restrict p0,
                                           const double *restrict q0, const double *restrict p1,
                                           const double *restrict q1)
{
  double count = 0;

#pragma omp simd reduction(+ : count)
  for (PetscInt64 i = 0; i < n; i++) count += (p0[i] >= q0[i]) != (p1[i] >= q1[i]) ? 1 : 0;
  return (int)count;
}

/* Looks for changes of sign along a run of edges: the pass over all cells. */
static void Visit(const OttoEdges *e, void *context)
{
  Sums *s = (Sums *)context;
  const PetscReal *p[2], *q[2];

  for (int k = 0; k < 2; k++) {
    p[k] = OttoSurroundedAt(&s->near[0], k ? e->y : e->x);
    q[k] = OttoSurroundedAt(&s->near[1], k ? e->y : e->x);
  }
  for (PetscInt64 from = 0; from < e->n; from += PIECE) {
    const PetscInt64 end = PetscMin(from + PIECE, e->n);
    int left = CountChanges(end - from, p[0] + from, q[0] + from, p[1] + from, q[1] + from);
    for (PetscInt64 i = from; left && i < end; i++) {
      if ((p[0][i] >= q[0][i]) == (p[1][i] >= q[1][i])) continue;
      AddCrossing(s, e->x + i, PlaceOf(s->g, e->x + i), e->axis);
      left--;
    }
  }
}

static PetscErrorCode Finish(Sums *s, OttoQuadrature *out)
{
  const PetscReal volume = s->g->cell_volume;
  OttoSum all[3] = {s->fine, s->coarse, s->grazing};

  PetscFunctionBegin;
  PetscCall(OttoSumReduce(s->g->comm, 3, all));
  PetscCall(OttoSumReduce(s->g->comm, 2 * OTTO_MAX_DIM, s->js[0]));
  PetscCall(OttoSumReduce(s->g->comm, 2 * OTTO_MAX_DIM, s->rate[0]));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &s->square, 1, MPIU_REAL, MPIU_SUM, s->g->comm));
  const PetscReal fine = OttoSumValue(all[0]), coarse = OttoSumValue(all[1]);
  *out = (OttoQuadrature){.tv_correction = volume * fine};
  const PetscReal grazing = s->g->dim > 1 ? fabs(fine - OttoSumValue(all[2])) : 0;
  out->tv_error = 2 * volume * (PetscMax(fabs(fine - coarse), sqrt(s->square)) + grazing);
  for (PetscInt k = 0; k < s->g->dim; k++) {
    out->js_error += volume * hypot(OttoSumValue(s->js[k][0]), OttoSumValue(s->js[k][1]));
    out->js_rate_error += volume * hypot(OttoSumValue(s->rate[k][0]), OttoSumValue(s->rate[k][1]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDivergenceQuadrature(OttoGrid grid, const OttoPair *pair, OttoQuadrature *out)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Sums s = {.g = g, .width = WIDTH};
  OttoPairArrays own;
  OttoHalo near, far;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  for (PetscInt j = 0; j < g->dim; j++)
    if (g->boundary[j] == OTTO_BOUNDARY_OPEN) s.width = WIDTH_OPEN;
  PetscCall(OttoPairGetArrays(pair, &own));
  PetscCall(OttoGridGetHalo(grid, 1, &near));
  PetscCall(OttoGridGetHalo(grid, s.width, &far));
  for (int f = 0; f < 2; f++) {
    PetscCall(OttoHaloSurround(near, f ? own.q : own.p, &s.near[f]));
    PetscCall(OttoHaloSurround(far, f ? own.q : own.p, &s.far[f]));
  }
  OttoEdgesWalk(g, PETSC_FALSE, Visit, &s);
  PetscCall(Finish(&s, out));
  for (int f = 0; f < 2; f++) {
    PetscCall(OttoHaloRelease(near, &s.near[f]));
    PetscCall(OttoHaloRelease(far, &s.far[f]));
  }
  PetscCall(OttoPairRestoreArrays(pair, &own));
  PetscFunctionReturn(0);
}
