/*
 * One axis after the other, the last one first: p(x) = Σ_y k(x - y) p(y) as a logarithm above the
 * largest term. What comes with it are means under the weights k(x - y) p(y) of that sum: of k'/k,
 * the score along the axis; of the scores gathered so far; and of the rate gathered so far plus
 * k''/k. The axis in work is always the slowest of the array, so that sums run over lanes side by
 * side: an array [rest][n] is turned to [n][rest] and summed to [m][rest], whose last axis is the
 * next one. Where an axis is spread over ranks the largest term and the sums are reduced: axis 1 of
 * a mesh among those that share its lines, of which each then has some of its points; axis 0 among
 * all.
 */
#include "heat_impl.h"
#include "core/message.h"
#include "core/vecmath.h"

#define LANES 256
#define TOGETHER 64   /* points whose terms and sums are reduced at once */
#define NEGLIGIBLE 45 /* terms below exp(-45) of the largest are left out */

/* One axis: [points][cells]. */
typedef struct {
  PetscInt64 points, cells;
  PetscReal *log_k, *slope, *curvature;
} Axis;

struct _n_OttoHeatPoints {
  const OttoGridInfo *g;
  PetscReal t;
  Axis axis[OTTO_MAX_DIM];
  MPI_Comm row;           /* ranks that share lines of axis 1; MPI_COMM_NULL: none do */
  PetscInt64 first, last; /* this rank's points of axis 1 are [first, last) */
};

/* Fields as OttoHeatPointsFinish() orders them, but for scores: those of the axes done, last axis
 * first. */
struct _n_OttoHeatPointsPart {
  PetscInt count; /* fields in use */
  PetscReal *field[OTTO_POINTS_VALUES(OTTO_MAX_DIM)];
};

/* Cell j of an axis at distance x, through all its images. */
static void Sum(const OttoGridInfo *g, PetscInt axis, PetscReal t, PetscReal x, PetscInt64 j,
                PetscReal *log_k, PetscReal *slope, PetscReal *curvature)
{
  const PetscBool mirror = g->boundary[axis] == OTTO_BOUNDARY_NO_FLUX ? PETSC_TRUE : PETSC_FALSE;
  const PetscBool open = g->boundary[axis] == OTTO_BOUNDARY_OPEN ? PETSC_TRUE : PETSC_FALSE;
  const PetscReal L = g->upper[axis] - g->lower[axis], period = mirror ? 2 * L : L;
  const PetscReal y = OttoGridCentre(g, axis, j),
                  norm = log(g->h[axis]) - 0.5 * log(4 * PETSC_PI * t);
  const PetscInt64 images = open ? 0 : (PetscInt64)(sqrt(180 * t) / period) + 1;
  PetscReal most = -INFINITY, sum = 0, first = 0, second = 0;

  if (!open && t > period * period) { /* uniform to exp(-4π²) */
    *log_k = log(g->h[axis] / L);
    *slope = *curvature = 0;
    return;
  }
  for (int pass = 0; pass < 2; pass++)
    for (PetscInt64 s = -images; s <= images; s++)
      for (int side = 0; side < (mirror ? 2 : 1); side++) {
        const PetscReal from = side ? 2 * g->lower[axis] - y : y;
        const PetscReal d = x - from + (PetscReal)s * period, exponent = -d * d / (4 * t);
        most = pass ? most : PetscMax(most, exponent);
        const PetscReal weight = pass ? exp(exponent - most) : 0, ratio = -d / (2 * t);
        sum += weight;
        first += weight * ratio;
        second += weight * (ratio * ratio - 1 / (2 * t));
      }
  *log_k = norm + most + log(sum);
  *slope = first / sum;
  *curvature = second / sum;
}

/* Of the chain, at a difference of m cells: the sum over images. */
static PetscReal LogLattice(const OttoKernelTable *table, PetscInt64 m)
{
  const PetscInt64 P = table->period;
  long double ratio;

  return (PetscReal)OttoKernelLogSum(table, 0, P ? (m % P + P) % P : m, &ratio);
}

/* log_k of axis j: on a no-flux axis a cell acts with its mirror image. */
static PetscErrorCode FillLattice(const OttoGridInfo *g, PetscInt j, PetscReal t,
                                  OttoKernelFill fill, const PetscReal x[], Axis *a)
{
  const PetscBool mirror = g->boundary[j] == OTTO_BOUNDARY_NO_FLUX ? PETSC_TRUE : PETSC_FALSE;
  const PetscInt64 inputs = mirror ? 2 * g->n[j] : g->n[j];
  OttoKernelTable table = {.n = g->n[j],
                           .inputs = inputs,
                           .period = g->boundary[j] == OTTO_BOUNDARY_OPEN ? 0 : inputs,
                           .h = g->h[j]};

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(inputs + OttoKernelImages(table.period) * table.period + OTTO_BLOCK_MAX,
                         &table.log_k));
  fill(&table, t);
  for (PetscInt64 i = 0; i < a->points; i++)
    for (PetscInt64 k = 0; k < a->cells; k++) {
      const PetscInt64 at = x ? (PetscInt64)floor((x[i] - g->lower[j]) / g->h[j]) : i;
      const PetscReal near = LogLattice(&table, at - k);
      const PetscReal far = mirror ? LogLattice(&table, at + k + 1) : -INFINITY;
      const PetscReal most = PetscMax(near, far);
      a->log_k[i * a->cells + k] = most + log1p(exp(PetscMin(near, far) - most));
    }
  PetscCall(PetscFree(table.log_k));
  PetscFunctionReturn(0);
}

static void FillGaussian(const OttoGridInfo *g, PetscInt j, PetscReal t, const PetscReal x[],
                         Axis *a)
{
  for (PetscInt64 i = 0; i < a->points; i++)
    for (PetscInt64 k = 0, at = i * a->cells; k < a->cells; k++, at++)
      Sum(g, j, t, x ? x[i] : OttoGridCentre(g, j, i), k, &a->log_k[at], &a->slope[at],
          &a->curvature[at]);
}

/* Axis 1 on a mesh. Collective. */
static PetscErrorCode Share(OttoHeatPoints s)
{
  const OttoGridInfo *g = s->g;
  const PetscMPIInt across = g->mesh[1], place = g->rank % across;
  const PetscInt64 points = g->dim > 1 ? s->axis[1].points : 1;

  PetscFunctionBegin;
  s->row = MPI_COMM_NULL;
  s->first = points * place / across;
  s->last = points * (place + 1) / across;
  if (across > 1) PetscCallMPI(MPI_Comm_split(g->comm, g->rank / across, g->rank, &s->row));
  PetscFunctionReturn(0);
}

/* `fill`: of the chain; NULL: the Gaussian. */
static PetscErrorCode Create(OttoGrid grid, PetscReal t, OttoKernelFill fill,
                             const OttoHeatPointsAxis axis[], OttoHeatPoints *points)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoHeatPoints s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  *points = s;
  s->g = g;
  s->t = t;
  for (PetscInt j = 0; j < g->dim; j++) {
    s->axis[j].points = axis[j].x ? axis[j].count : g->n[j];
    s->axis[j].cells = g->n[j];
  }
  PetscCall(Share(s));
  for (PetscInt j = 0; j < g->dim; j++) {
    Axis *a = &s->axis[j];
    PetscCall(PetscCalloc3(a->points * a->cells, &a->log_k, a->points * a->cells, &a->slope,
                           a->points * a->cells, &a->curvature));
    if (fill)
      PetscCall(FillLattice(g, j, t, fill, axis[j].x, a));
    else
      FillGaussian(g, j, t, axis[j].x, a);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatPointsCreate(OttoGrid grid, PetscReal t, const OttoHeatPointsAxis axis[],
                                    OttoHeatPoints *points)
{
  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(Create(grid, t, NULL, axis, points));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatPointsCreateLattice(OttoGrid grid, PetscReal t, OttoKernelFill fill,
                                           const OttoHeatPointsAxis axis[], OttoHeatPoints *points)
{
  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(Create(grid, t, fill, axis, points));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatPointsDestroy(OttoHeatPoints *points)
{
  PetscFunctionBegin;
  if (!*points) PetscFunctionReturn(0);
  for (PetscInt j = 0; j < OTTO_MAX_DIM; j++) {
    Axis *a = &(*points)->axis[j];
    PetscCall(PetscFree3(a->log_k, a->slope, a->curvature));
  }
  if ((*points)->row != MPI_COMM_NULL) PetscCallMPI(MPI_Comm_free(&(*points)->row));
  PetscCall(PetscFree(*points));
  PetscFunctionReturn(0);
}

OTTO_VECTOR_CLONES
static void Most(PetscInt n, const PetscReal log_p[], PetscReal log_k, PetscReal most[])
{
  for (PetscInt i = 0; i < n; i++) {
    const PetscReal term = log_p[i] + log_k;
    most[i] = term > most[i] ? term : most[i];
  }
}

OTTO_VECTOR_CLONES
static void Weigh(PetscInt n, const PetscReal log_p[], PetscReal log_k, const PetscReal most[],
                  PetscReal weight[], PetscReal sum[])
{
  for (PetscInt i = 0; i < n; i++) {
    weight[i] = OttoExp(log_p[i] + log_k - most[i]);
    sum[i] += weight[i];
  }
}

/* field NULL: zeros. */
OTTO_VECTOR_CLONES
static void Add(PetscInt n, const PetscReal weight[], const PetscReal field[], PetscReal shift,
                PetscReal sum[])
{
  for (PetscInt i = 0; i < n; i++) sum[i] += weight[i] * (shift + (field ? field[i] : 0));
}

/* Lanes of an array [cells][stride] of the axis in work, of this rank's cells. */
typedef struct {
  const Axis *axis;
  PetscInt64 first, cells, stride; /* first: the cell of the axis that the array begins with */
  PetscInt lanes, count;           /* count: of fields */
  const PetscReal *field[OTTO_POINTS_VALUES(OTTO_MAX_DIM)]; /* where the lanes begin */
  PetscReal *highest;                                       /* [cells] log p over the lanes */
} Lanes;

static void SetHighest(Lanes *s)
{
  for (PetscInt64 j = 0; j < s->cells; j++) {
    s->highest[j] = -INFINITY;
    for (PetscInt i = 0; i < s->lanes; i++)
      s->highest[j] = PetscMax(s->highest[j], s->field[0][j * s->stride + i]);
  }
}

/* The largest term at point k. */
static void Largest(const Lanes *s, PetscInt64 k, PetscReal most[])
{
  const PetscReal *log_k = s->axis->log_k + k * s->axis->cells + s->first;

  for (PetscInt i = 0; i < s->lanes; i++) most[i] = -INFINITY;
  for (PetscInt64 j = 0; j < s->cells; j++)
    if (s->highest[j] > -INFINITY) Most(s->lanes, s->field[0] + j * s->stride, log_k[j], most);
}

/* Sums at point k relative to that term: of the weights, and of each field times them, the score of
 * this axis last; sum[(count + 1)][lanes]. Terms of nothing are made 0 of 1. */
static void Sums(const Lanes *s, PetscInt64 k, PetscReal most[], PetscReal sum[])
{
  const PetscInt n = s->lanes;
  const PetscInt64 row = k * s->axis->cells + s->first;
  PetscReal weight[LANES], least = INFINITY;

  for (PetscInt i = 0; i < n; i++) {
    least = PetscMin(least, most[i]);
    if (most[i] == -INFINITY) most[i] = 0;
  }
  for (PetscInt i = 0; i < n * (s->count + 1); i++) sum[i] = 0;
  for (PetscInt64 j = 0; j < s->cells; j++) {
    const PetscReal log_k = s->axis->log_k[row + j];
    if (s->highest[j] == -INFINITY || s->highest[j] + log_k < least - NEGLIGIBLE) continue;
    Weigh(n, s->field[0] + j * s->stride, log_k, most, weight, sum);
    Add(n, weight, s->field[1] ? s->field[1] + j * s->stride : NULL, s->axis->curvature[row + j],
        sum + n);
    for (PetscInt v = 2; v < s->count; v++)
      Add(n, weight, s->field[v] + j * s->stride, 0, sum + v * n);
    Add(n, weight, NULL, s->axis->slope[row + j], sum + s->count * n);
  }
}

/* The point's fields from its sums; out[v]: where its lanes go, which may be those of its sums. */
static void Close(PetscInt n, PetscInt count, const PetscReal most[], const PetscReal sum[],
                  PetscReal *const out[])
{
  for (PetscInt i = 0; i < n; i++) {
    const PetscReal mass = sum[i];
    const PetscBool none = mass > 0 ? PETSC_FALSE : PETSC_TRUE;
    out[0][i] = none ? -INFINITY : most[i] + log(mass);
    for (PetscInt v = 1; v <= count; v++) out[v][i] = none ? 0 : sum[v * n + i] / mass;
  }
}

/* out[b][a] = in[a][b]. */
static void Turn(PetscInt64 a, PetscInt64 b, const PetscReal in[], PetscReal out[])
{
  for (PetscInt64 i = 0; i < a; i++)
    for (PetscInt64 k = 0; k < b; k++) out[k * a + i] = in[i * b + k];
}

/* Field v of [rest][cells] as [cells][rest], in place. */
static PetscErrorCode TurnField(OttoHeatPointsPart s, PetscInt v, PetscInt64 rest, PetscInt64 cells)
{
  PetscReal *turned;

  PetscFunctionBegin;
  if (!s->field[v]) PetscFunctionReturn(0);
  PetscCall(PetscMalloc1(PetscMax(1, rest * cells), &turned));
  Turn(rest, cells, s->field[v], turned);
  PetscCall(PetscFree(s->field[v]));
  s->field[v] = turned;
  PetscFunctionReturn(0);
}

/* Lanes of an axis at points [from, to), of `sums` and `most` all that room is given for: over the
 * ranks that share it, on each of them. */
static PetscErrorCode SumLanes(const Lanes *l, MPI_Comm row, PetscInt64 from, PetscInt64 to,
                               PetscReal most[], PetscReal sum[])
{
  const PetscInt n = l->lanes, sums = (l->count + 1) * n;
  const PetscMPIInt points = (PetscMPIInt)(to - from);

  PetscFunctionBegin;
  for (PetscInt64 k = from; k < to; k++) Largest(l, k, most + (k - from) * n);
  if (row != MPI_COMM_NULL)
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, most, points * n, MPIU_REAL, MPIU_MAX, row));
  for (PetscInt64 k = from; k < to; k++) Sums(l, k, most + (k - from) * n, sum + (k - from) * sums);
  if (row != MPI_COMM_NULL)
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sum, points * sums, MPIU_REAL, MPIU_SUM, row));
  PetscFunctionReturn(0);
}

/* Axis j > 0: [rest][cells here] to [points here][rest]. Collective on ranks that share its lines.
 */
static PetscErrorCode Contract(OttoHeatPoints points, OttoHeatPointsPart s, PetscInt j,
                               PetscInt64 rest)
{
  const OttoGridInfo *g = points->g;
  const Axis *axis = &points->axis[j];
  const MPI_Comm row = j == 1 ? points->row : MPI_COMM_NULL;
  const PetscInt64 first = j == 1 ? points->first : 0, last = j == 1 ? points->last : axis->points;
  const PetscInt64 step = row != MPI_COMM_NULL ? TOGETHER : 1;
  PetscReal *new[OTTO_POINTS_VALUES(OTTO_MAX_DIM)], *out[OTTO_POINTS_VALUES(OTTO_MAX_DIM)];
  PetscReal *most, *sum;
  Lanes l = {
      .axis = axis, .first = g->first[j], .cells = g->local[j], .stride = rest, .count = s->count};

  PetscFunctionBegin;
  for (PetscInt v = 0; v < s->count; v++) PetscCall(TurnField(s, v, rest, l.cells));
  for (PetscInt v = 0; v <= s->count; v++)
    PetscCall(PetscMalloc1(PetscMax(1, rest * (last - first)), &new[v]));
  PetscCall(
      PetscMalloc3(step * (s->count + 1) * LANES, &sum, step * LANES, &most, l.cells, &l.highest));
  for (PetscInt64 from = 0; from < rest; from += LANES) {
    l.lanes = (PetscInt)PetscMin(LANES, rest - from);
    for (PetscInt v = 0; v < s->count; v++) l.field[v] = s->field[v] ? s->field[v] + from : NULL;
    SetHighest(&l);
    for (PetscInt64 k = 0; k < axis->points; k += step) {
      const PetscInt64 end = PetscMin(k + step, axis->points);
      PetscCall(SumLanes(&l, row, k, end, most, sum));
      for (PetscInt64 i = PetscMax(k, first); i < PetscMin(end, last); i++) {
        for (PetscInt v = 0; v <= s->count; v++) out[v] = new[v] + (i - first) * rest + from;
        Close(l.lanes, s->count, most + (i - k) * l.lanes, sum + (i - k) * (s->count + 1) * l.lanes,
              out);
      }
    }
  }
  PetscCall(PetscFree3(sum, most, l.highest));
  for (PetscInt v = 0; v <= s->count; v++) {
    PetscCall(PetscFree(s->field[v]));
    s->field[v] = new[v];
  }
  s->count++;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatPointsStart(OttoHeatPoints points, Vec p0, OttoHeatPointsPart *part)
{
  const OttoGridInfo *g = points->g;
  PetscInt64 rest = g->local_cells;
  const PetscScalar *values;
  OttoHeatPointsPart s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  *part = s;
  PetscCall(PetscMalloc1(PetscMax(1, rest), &s->field[0]));
  PetscCall(VecGetArrayRead(p0, &values));
  for (PetscInt64 c = 0; c < rest; c++) s->field[0][c] = log(values[c]);
  PetscCall(VecRestoreArrayRead(p0, &values));
  s->count = 2; /* rate: NULL, zeros */
  for (PetscInt j = g->dim - 1; j > 0; j--) {
    rest = g->local[j] ? rest / g->local[j] : 0;
    PetscCall(Contract(points, s, j, rest));
    rest *= j == 1 ? points->last - points->first : points->axis[j].points;
  }
  const PetscInt64 columns = g->local[0] ? rest / g->local[0] : 0;
  for (PetscInt v = 0; v < s->count; v++) PetscCall(TurnField(s, v, columns, g->local[0]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatPointsPartDestroy(OttoHeatPointsPart *part)
{
  PetscFunctionBegin;
  if (!*part) PetscFunctionReturn(0);
  for (PetscInt v = 0; v < (*part)->count; v++) PetscCall(PetscFree((*part)->field[v]));
  PetscCall(PetscFree(*part));
  PetscFunctionReturn(0);
}

/* Of columns [from, from + count) those that this rank has: lanes of axis 0, and the first one's
 * number among them. */
static PetscInt OwnColumns(OttoHeatPoints points, OttoHeatPointsPart part, PetscInt64 from,
                           PetscInt count, Lanes *l)
{
  const OttoGridInfo *g = points->g;
  PetscInt64 others = 1;

  for (PetscInt j = 2; j < g->dim; j++) others *= points->axis[j].points;
  const PetscInt64 first = points->first * others, last = points->last * others;
  const PetscInt64 begin = PetscMax(from, first), end = PetscMin(from + count, last);
  *l = (Lanes){.axis = &points->axis[0],
               .first = g->first[0],
               .cells = g->local[0],
               .count = part->count,
               .stride = last - first,
               .lanes = (PetscInt)PetscMax(0, end - begin)};
  for (PetscInt v = 0; v < part->count && l->lanes; v++)
    l->field[v] = part->field[v] ? part->field[v] + (begin - first) : NULL;
  return l->lanes ? (PetscInt)(begin - from) : 0;
}

/* Its sums at all points of axis 0 among those of all columns, 0 where others have them. */
static void OwnSums(const Lanes *l, PetscInt at, PetscInt count, PetscInt fields, PetscReal most[],
                    PetscReal sum[])
{
  PetscReal own[OTTO_POINTS_VALUES(OTTO_MAX_DIM) * LANES];

  for (PetscInt64 k = 0; k < l->axis->points; k++) {
    for (PetscInt i = 0; i < fields * count; i++) sum[k * fields * count + i] = 0;
    if (l->lanes) Sums(l, k, most + k * count + at, own);
    for (PetscInt v = 0; v <= l->count && l->lanes; v++)
      for (PetscInt i = 0; i < l->lanes; i++)
        sum[(k * fields + v) * count + at + i] = own[v * l->lanes + i];
  }
}

PetscErrorCode OttoHeatPointsFinish(OttoHeatPoints points, OttoHeatPointsPart part, PetscInt64 from,
                                    PetscInt count, PetscMPIInt root, PetscReal values[])
{
  const OttoGridInfo *g = points->g;
  const PetscInt64 rows = points->axis[0].points;
  const PetscInt fields = OTTO_POINTS_VALUES(g->dim);
  PetscReal *most, *out[OTTO_POINTS_VALUES(OTTO_MAX_DIM)], *sum = values;
  Lanes l;

  PetscFunctionBegin;
  PetscCheck(count <= LANES, PETSC_COMM_SELF, PETSC_ERR_PLIB, "more than %d columns", LANES);
  const PetscInt at = OwnColumns(points, part, from, count, &l);
  PetscCall(PetscMalloc2(rows * count, &most, PetscMax(1, l.cells), &l.highest));
  for (PetscInt64 i = 0; i < rows * count; i++) most[i] = -INFINITY;
  if (l.lanes) SetHighest(&l);
  for (PetscInt64 k = 0; k < rows && l.lanes; k++) Largest(&l, k, most + k * count + at);
  PetscCall(OttoMessageJoin(most, rows * count, sizeof *most, MPIU_REAL, MPIU_MAX, g->comm));
  OwnSums(&l, at, count, fields, most, sum);
  PetscCall(OttoMessageJoinOn(sum, rows * fields * count, MPIU_SUM, root, g->comm));
  for (PetscInt64 k = 0; k < rows && g->rank == root; k++) {
    PetscReal *own = sum + k * fields * count, last[OTTO_MAX_DIM];
    for (PetscInt v = 0; v < fields; v++) out[v] = own + v * count;
    Close(count, part->count, most + k * count, own, out);
    for (PetscInt i = 0; i < count; i++) { /* scores: the last axis came first */
      for (PetscInt j = 0; j < g->dim; j++) last[j] = out[OTTO_POINTS_SCORE + j][i];
      for (PetscInt j = 0; j < g->dim; j++) out[OTTO_POINTS_SCORE + j][i] = last[g->dim - 1 - j];
    }
  }
  PetscCall(PetscFree2(most, l.highest));
  PetscFunctionReturn(0);
}
