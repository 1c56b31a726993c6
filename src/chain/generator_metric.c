/* Rates of the heat flow of a metric, MATHEMATICS 14.2: conductances √g g^jj/h² at faces, masses √g
 * at centres. */
#include "core/fault.h"
#include "generator_impl.h"
#include <math.h>

/* Of √(g_ii g_jj): entries off the diagonal up to this are what derivatives by differences err by
 * (diffeomorphism.h); a cross derivative left out changes u by as much, relative. */
#define DIAGONAL 1e-8

typedef struct {
  OttoMetric metric; /* as set; or `own` */
  OttoMetric own;
  PetscReal coupling[DIM];
} Metric;

static Metric *Data(OttoGenerator s)
{
  return (Metric *)s->data;
}

static PetscErrorCode Create(OttoGenerator s)
{
  PetscFunctionBegin;
  PetscCall(PetscNew((Metric **)&s->data));
  PetscFunctionReturn(0);
}

static PetscErrorCode Destroy(OttoGenerator s)
{
  PetscFunctionBegin;
  PetscCall(OttoMetricDestroy(&Data(s)->own));
  PetscCall(PetscFree(s->data));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorSetMetric(OttoGenerator s, OttoMetric metric)
{
  PetscFunctionBegin;
  OttoNeed(s->ops == &OttoGeneratorOps_Metric, "OttoGeneratorSetType() with metric");
  Data(s)->metric = metric;
  PetscFunctionReturn(0);
}

static PetscErrorCode SetFromOptions(OttoGenerator s)
{
  PetscFunctionBegin;
  if (Data(s)->metric) PetscFunctionReturn(0);
  PetscCall(OttoMetricCreate(s->grid, &Data(s)->own));
  Data(s)->metric = Data(s)->own;
  PetscFunctionReturn(0);
}

/* log √g of a diagonal metric, by the sum of the logarithms: products may leave the doubles. */
static PetscReal LogVolume(PetscInt dim, const PetscReal g[])
{
  PetscReal sum = 0;

  for (PetscInt j = 0; j < dim; j++) sum += 0.5 * log(g[j * dim + j]);
  return sum;
}

/* g at a point, which must be diagonal there. */
static PetscErrorCode Diagonal(OttoGenerator s, const PetscReal x[], PetscReal g[])
{
  const PetscInt d = s->g->dim;
  char point[160];

  PetscFunctionBegin;
  PetscCall(OttoMetricEvaluate(Data(s)->metric, x, g));
  for (PetscInt i = 0; i < d; i++)
    for (PetscInt j = i + 1; j < d; j++) {
      const PetscReal angle = g[i * d + j] / sqrt(g[i * d + i] * g[j * d + j]);
      if (fabs(angle) <= DIAGONAL) continue;
      OttoGridFormatPoint(d, x, point, sizeof point);
      OttoFail(
          OTTO_ERR_INPUT,
          "coordinates_formula: axes %d and %d of these coordinates are not orthogonal for the "
          "metric: the cosine of their angle is %g at %s; changes axis by axis and conformal "
          "ones keep a metric diagonal, which its heat flow needs",
          (int)i + 1, (int)j + 1, (double)angle, point);
    }
  PetscFunctionReturn(0);
}

/* (√g g^jj)(x)/h² of axis j. */
static PetscErrorCode Conductance(OttoGenerator s, const PetscReal x[], PetscInt axis,
                                  PetscReal *conductance)
{
  const PetscInt d = s->g->dim;
  PetscReal g[OTTO_MAX_DIM * OTTO_MAX_DIM];
  char point[160];

  PetscFunctionBegin;
  PetscCall(Diagonal(s, x, g));
  *conductance = exp(LogVolume(d, g) - log(g[axis * d + axis])) / (s->g->h[axis] * s->g->h[axis]);
  if (*conductance > 0 && isfinite(*conductance)) PetscFunctionReturn(0);
  OttoGridFormatPoint(d, x, point, sizeof point);
  OttoFail(OTTO_ERR_INPUT,
           "metric_formula: the metric at %s gives rates beyond the doubles along axis %d", point,
           (int)axis + 1);
}

typedef struct {
  OttoGenerator s;
  OttoSurrounded V;
  OttoSum sum[DIM]; /* of the rates of edges that begin in own cells */
  PetscErrorCode code;
} Filling;

static PetscErrorCode FillEdge(const OttoEdges *e, PetscInt64 i, Filling *fill)
{
  OttoGenerator s = fill->s;
  const PetscInt axis = e->axis;
  const PetscReal vx = OttoSurroundedAt(&fill->V, e->x)[i],
                  vy = OttoSurroundedAt(&fill->V, e->y)[i];
  PetscReal x[OTTO_MAX_DIM], c = 0;

  PetscFunctionBegin;
  OttoGeneratorFacePoint(s->g, e->x + i, e->y + i, axis, x);
  PetscCall(Conductance(s, x, axis, &c));
  s->force[axis][e->x + i] = vx - vy; /* log √g_y - log √g_x */
  s->up[axis][e->x + i] = c * exp(vx);
  s->down[axis][e->x + i] = c * exp(vy);
  if (e->x < s->g->local_cells) OttoSumAdd(&fill->sum[axis], c * exp(0.5 * (vx + vy)));
  PetscFunctionReturn(0);
}

static void FillEdges(const OttoEdges *e, void *context)
{
  Filling *fill = (Filling *)context;

  for (PetscInt64 i = 0; i < e->n && !fill->code; i++) fill->code = FillEdge(e, i, fill);
}

static PetscErrorCode FillRates(OttoGenerator s)
{
  const OttoGridInfo *g = s->g;
  const PetscScalar *V;
  Filling fill = {.s = s};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(s->V, &V));
  PetscCall(OttoHaloSurround(s->halo, V, &fill.V));
  OttoEdgesWalk(g, PETSC_TRUE, FillEdges, &fill);
  if (s->absorbs && !fill.code) fill.code = OttoGeneratorFillKilled(s, NULL);
  PetscCall(OttoHaloRelease(s->halo, &fill.V));
  PetscCall(VecRestoreArrayRead(s->V, &V));
  PetscCall(OttoAgree(g->comm, fill.code));
  PetscCall(OttoSumReduce(g->comm, g->dim, fill.sum));
  for (PetscInt j = 0; j < g->dim; j++)
    Data(s)->coupling[j] = OttoSumValue(fill.sum[j]) / (PetscReal)g->cells;
  PetscCall(OttoFaultVec("potential", s->V));
  PetscFunctionReturn(0);
}

static PetscReal Coupling(OttoGenerator s, PetscInt axis)
{
  return Data(s)->coupling[axis];
}

static PetscErrorCode FaceRate(OttoGenerator s, PetscInt64 cell, PetscInt axis, int side,
                               PetscReal *rate)
{
  const PetscScalar *V;
  PetscReal x[OTTO_MAX_DIM], c = 0;

  PetscFunctionBegin;
  OttoGridCellCentre(s->g, cell, x);
  x[axis] = side < 0 ? s->g->lower[axis] : s->g->upper[axis];
  PetscCall(Conductance(s, x, axis, &c));
  PetscCall(VecGetArrayRead(s->V, &V));
  *rate = 2 * c * exp(V[cell]);
  PetscCall(VecRestoreArrayRead(s->V, &V));
  PetscFunctionReturn(0);
}

/* V = -log √g at the centres of own cells. */
static PetscErrorCode FillVolumes(OttoGenerator s, PetscReal V[])
{
  PetscReal x[OTTO_MAX_DIM], g[OTTO_MAX_DIM * OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    OttoGridCellCentre(s->g, c, x);
    PetscCall(Diagonal(s, x, g));
    V[c] = -LogVolume(s->g->dim, g);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode SetUp(OttoGenerator s)
{
  PetscScalar *V;

  PetscFunctionBegin;
  PetscCall(SetFromOptions(s));
  PetscCall(VecGetArray(s->V, &V));
  const PetscErrorCode code = OttoAgree(s->g->comm, FillVolumes(s, V));
  PetscCall(VecRestoreArray(s->V, &V));
  PetscFunctionReturn(code);
}

static PetscBool Moves(OttoGenerator s)
{
  (void)s;
  return PETSC_FALSE;
}

const OttoGeneratorOps OttoGeneratorOps_Metric = {.name = "metric",
                                                  .create = Create,
                                                  .set_from_options = SetFromOptions,
                                                  .setup = SetUp,
                                                  .moves = Moves,
                                                  .fill = FillRates,
                                                  .coupling = Coupling,
                                                  .face_rate = FaceRate,
                                                  .destroy = Destroy};
