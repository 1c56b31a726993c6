#include <otto/generator.h>
#include <otto/options.h>
#include "edges.h"
#include "vecmath.h"
#include <math.h>

#define DIM OTTO_GENERATOR_MAX_DIM

struct _n_OttoGenerator {
  OttoGrid grid;
  const OttoGridInfo *g;
  OttoPotential potential;
  OttoDrift drift;
  PetscBool driven, absorbing, is_setup; /* driven: by a drift */
  PetscReal T, mobility[DIM], t;
  PetscInt64 state;
  Vec V;
  OttoHalo halo;
  PetscReal *ghost[2]; /* planes below and above, of any field */
  PetscReal *up[DIM], *down[DIM], *force[DIM], *work[DIM]; /* [plane_cells + local_cells] */
  PetscReal *killed, *leave;
  OttoRates rates;
};

PetscErrorCode OttoGeneratorCreate(OttoGrid grid, OttoGenerator *generator)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoGenerator s;

  PetscFunctionBegin;
  *generator = NULL;
  OttoCheckInput(g->dim <= DIM, "grid_n: %d axes; a generator has 1 to %d", (int)g->dim, DIM);
  for (PetscInt j = 0; j < g->dim; j++)
    OttoCheckInput(g->boundary[j] != OTTO_BOUNDARY_OPEN,
                   "grid_boundary: axis %d is open; a generator needs periodic, no_flux or "
                   "absorbing axes",
                   (int)j + 1);
  PetscCall(PetscNew(&s));
  *generator = s;
  s->grid = grid;
  s->g = g;
  s->T = 1;
  for (PetscInt j = 0; j < DIM; j++) s->mobility[j] = 1;
  for (PetscInt j = 0; j < g->dim; j++)
    if (g->boundary[j] == OTTO_BOUNDARY_ABSORBING) s->absorbing = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorDestroy(OttoGenerator *generator)
{
  OttoGenerator s = *generator;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  PetscCall(OttoPotentialDestroy(&s->potential));
  PetscCall(OttoDriftDestroy(&s->drift));
  PetscCall(VecDestroy(&s->V));
  PetscCall(OttoHaloDestroy(&s->halo));
  for (PetscInt k = 0; k < 2; k++) PetscCall(PetscFree(s->ghost[k]));
  for (PetscInt j = 0; j < DIM; j++) {
    PetscCall(PetscFree(s->up[j]));
    PetscCall(PetscFree(s->down[j]));
    PetscCall(PetscFree(s->force[j]));
    PetscCall(PetscFree(s->work[j]));
  }
  PetscCall(PetscFree(s->killed));
  PetscCall(PetscFree(s->leave));
  PetscCall(PetscFree(*generator));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorSetTemperature(OttoGenerator s, PetscReal T, const PetscReal mobility[])
{
  PetscFunctionBegin;
  OttoCheckInput(T > 0 && T <= PETSC_MAX_REAL, "temperature: %g; it must be above 0", (double)T);
  s->T = T;
  for (PetscInt j = 0; mobility && j < s->g->dim; j++) {
    OttoCheckInput(mobility[j] > 0 && mobility[j] <= PETSC_MAX_REAL,
                   "mobility: %g on axis %d; it must be above 0", (double)mobility[j], (int)j + 1);
    s->mobility[j] = mobility[j];
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorSetFromOptions(OttoGenerator s)
{
  PetscReal T = s->T, mobility[OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(mobility, s->mobility, DIM));
  PetscCall(OttoOptionsGetReal(NULL, "temperature", -INFINITY, INFINITY, &T, NULL));
  PetscCall(OttoOptionsGetAxisReals(NULL, "mobility", s->g->dim, mobility, NULL));
  PetscCall(OttoGeneratorSetTemperature(s, T, mobility));
  PetscCall(OttoPotentialCreate(s->grid, s->T, &s->potential));
  PetscCall(OttoDriftCreate(s->grid, &s->drift));
  PetscFunctionReturn(0);
}

/* B(z) and B(-z) = B(z) + z for z >= 0, B(z) = z/(e^z - 1). */
static inline void Bernoulli(double z, double *of_z, double *of_minus_z)
{
  double bounded = z < 700 ? z : 700; /* B(700) = 7e-302 */
  double ratio = bounded / (bounded + OttoExpMinus(bounded)), b = z < 1e-300 ? 1 : ratio;
  *of_z = z < 700 ? b : 0;
  *of_minus_z = *of_z + z;
}

OTTO_VECTOR_CLONES static void FillRates(PetscInt64 n, PetscReal scale,
                                         const PetscReal *restrict force, PetscReal *restrict up,
                                         PetscReal *restrict down)
{
#pragma omp simd
  for (PetscInt64 i = 0; i < n; i++) {
    double low, high, z = force[i];
    Bernoulli(fabs(z), &low, &high);
    up[i] = scale * (z > 0 ? high : low);
    down[i] = scale * (z > 0 ? low : high);
  }
}

/* Midpoint of the face above local cell `cell` (possibly in the plane below) on `axis`; the same
 * number on every rank. */
static void FacePoint(const OttoGridInfo *g, PetscInt64 cell, PetscInt axis, PetscReal x[])
{
  PetscInt64 idx[OTTO_MAX_DIM], inner = cell < 0 ? cell + g->plane_cells : cell;

  OttoGridCellIndex(g, inner, idx);
  if (cell < 0) idx[0] = (g->start - 1 + g->n[0]) % g->n[0];
  for (PetscInt j = 0; j < g->dim; j++) x[j] = OttoGridCentre(g, j, idx[j]);
  x[axis] = g->lower[axis] + (PetscReal)(idx[axis] + 1) * g->h[axis];
}

typedef struct {
  OttoGenerator s;
  OttoSurrounded V;
  PetscErrorCode code;
} Filling;

static PetscErrorCode EvaluateDrift(OttoGenerator s, const PetscReal x[], PetscInt axis,
                                    PetscReal *force)
{
  PetscReal f[OTTO_MAX_DIM] = {0};
  char point[160];
  const char *formula = NULL;

  PetscFunctionBegin;
  PetscCall(OttoDriftEvaluate(s->drift, x, s->t, f));
  *force = f[axis];
  if (isfinite(*force)) PetscFunctionReturn(0);
  OttoGridFormatPoint(s->g->dim, x, point, sizeof point);
  if (!strcmp(OttoDriftGetType(s->drift), "formula"))
    PetscCall(OttoOptionsGetText(NULL, "drift_formula", &formula));
  OttoFail(s->is_setup ? OTTO_ERR_NUMERICAL : OTTO_ERR_INPUT,
           "%s: '%.200s' gives %g as component %d at the face %s, t = %g; a drift must be finite",
           formula ? "drift_formula" : "drift_type", formula ? formula : OttoDriftGetType(s->drift),
           isnan(*force) ? NAN : (double)*force, (int)axis + 1, point, (double)s->t);
}

static void FillEdges(const OttoEdges *e, void *context)
{
  Filling *fill = (Filling *)context;
  OttoGenerator s = fill->s;
  const PetscReal *vx = OttoSurroundedAt(&fill->V, e->x), *vy = OttoSurroundedAt(&fill->V, e->y),
                  h = s->g->h[e->axis];
  const PetscInt64 at = e->x + (e->axis ? 0 : s->g->plane_cells);
  PetscReal *work = (s->driven ? s->work : s->force)[e->axis] + at, *force = s->force[e->axis] + at;
  PetscReal x[OTTO_MAX_DIM], f = 0;

  for (PetscInt64 i = 0; i < e->n; i++) work[i] = (vx[i] - vy[i]) / s->T;
  for (PetscInt64 i = 0; s->driven && i < e->n && !fill->code; i++) {
    FacePoint(s->g, e->x + i, e->axis, x);
    fill->code = EvaluateDrift(s, x, e->axis, &f);
    force[i] = work[i] + f * h / s->T;
  }
  FillRates(e->n, OttoGeneratorCoupling(s, e->axis), force, s->up[e->axis] + at,
            s->down[e->axis] + at);
}

PetscErrorCode OttoGeneratorFaceRate(OttoGenerator s, PetscInt64 cell, PetscInt axis, int side,
                                     PetscReal *rate)
{
  const OttoGridInfo *g = s->g;
  PetscInt64 stride = 1;
  PetscReal x[OTTO_MAX_DIM], f = 0, z = 0, low, high;

  PetscFunctionBegin;
  for (PetscInt j = axis + 1; j < g->dim; j++) stride *= g->n[j];
  if (g->n[axis] > 1) /* half of the nearest inner edge, outwards */
    z = 0.5 * side * s->rates.work[axis][side < 0 ? cell : cell - stride];
  if (s->driven) {
    OttoGridCellCentre(g, cell, x);
    x[axis] = side < 0 ? g->lower[axis] : g->upper[axis];
    PetscCall(EvaluateDrift(s, x, axis, &f));
    z += side * f * g->h[axis] / (2 * s->T);
  }
  Bernoulli(fabs(z), &low, &high);
  *rate = 2 * s->mobility[axis] * s->T / PetscSqr(g->h[axis]) * (z > 0 ? high : low);
  PetscFunctionReturn(0);
}

static PetscErrorCode FillKilled(OttoGenerator s)
{
  const OttoGridInfo *g = s->g;
  PetscInt64 idx[OTTO_MAX_DIM];
  PetscReal rate = 0;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    s->killed[c] = 0;
    OttoGridCellIndex(g, c, idx);
    for (PetscInt j = 0; j < g->dim; j++) {
      if (g->boundary[j] != OTTO_BOUNDARY_ABSORBING) continue;
      if (idx[j] == 0) {
        PetscCall(OttoGeneratorFaceRate(s, c, j, -1, &rate));
        s->killed[c] += rate;
      }
      if (idx[j] == g->n[j] - 1) {
        PetscCall(OttoGeneratorFaceRate(s, c, j, 1, &rate));
        s->killed[c] += rate;
      }
    }
  }
  PetscFunctionReturn(0);
}

/* Adds rates out of own cells to `leave`. */
static void AddLeave(const OttoEdges *e, void *context)
{
  OttoGenerator s = (OttoGenerator)context;
  const PetscReal *up = s->rates.up[e->axis] + e->x, *down = s->rates.down[e->axis] + e->x;

  for (PetscInt64 i = 0; i < e->n && e->x >= 0; i++) s->leave[e->x + i] += up[i];
  for (PetscInt64 i = 0; i < e->n && e->y < s->g->local_cells; i++) s->leave[e->y + i] += down[i];
}

static PetscErrorCode Fill(OttoGenerator s)
{
  const OttoGridInfo *g = s->g;
  const PetscScalar *V;
  Filling fill = {.s = s};

  PetscFunctionBegin;
  PetscCall(OttoPotentialEvaluate(s->potential, s->t, s->V));
  PetscCall(VecGetArrayRead(s->V, &V));
  PetscCall(OttoHaloExchange(s->halo, V, s->ghost[0], s->ghost[1]));
  fill.V = (OttoSurrounded){g, V, s->ghost[0], s->ghost[1]};
  OttoEdgesWalk(g, PETSC_TRUE, FillEdges, &fill);
  if (s->absorbing && !fill.code) fill.code = FillKilled(s);
  PetscCall(VecRestoreArrayRead(s->V, &V));
  PetscCall(OttoAgree(g->comm, fill.code));
  for (PetscInt64 c = 0; c < g->local_cells; c++) s->leave[c] = s->absorbing ? s->killed[c] : 0;
  OttoEdgesWalk(g, PETSC_TRUE, AddLeave, s);
  s->state++;
  PetscFunctionReturn(0);
}

static PetscErrorCode Allocate(OttoGenerator s)
{
  const size_t own = (size_t)s->g->local_cells, plane = (size_t)s->g->plane_cells;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->g->dim; j++) {
    const size_t size = own + (j ? 0 : plane);
    PetscCall(PetscCalloc1(size, &s->up[j]));
    PetscCall(PetscCalloc1(size, &s->down[j]));
    PetscCall(PetscCalloc1(size, &s->force[j]));
    if (s->driven) PetscCall(PetscCalloc1(size, &s->work[j]));
    const size_t offset = j ? 0 : plane;
    s->rates.up[j] = s->up[j] + offset;
    s->rates.down[j] = s->down[j] + offset;
    s->rates.force[j] = s->force[j] + offset;
    s->rates.work[j] = (s->driven ? s->work : s->force)[j] + offset;
  }
  for (PetscInt k = 0; k < 2; k++) PetscCall(PetscCalloc1(plane, &s->ghost[k]));
  if (s->absorbing) PetscCall(PetscCalloc1(own, &s->killed));
  PetscCall(PetscCalloc1(own, &s->leave));
  s->rates.killed = s->killed;
  s->rates.leave = s->leave;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorSetUp(OttoGenerator s)
{
  PetscFunctionBegin;
  if (!s->potential) PetscCall(OttoPotentialCreate(s->grid, s->T, &s->potential));
  if (!s->drift) PetscCall(OttoDriftCreate(s->grid, &s->drift));
  s->driven = strcmp(OttoDriftGetType(s->drift), "none") ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(OttoFieldCreate(s->grid, &s->V));
  PetscCall(OttoHaloCreate(s->grid, 1, &s->halo));
  PetscCall(OttoAgree(s->g->comm, Allocate(s)));
  PetscCall(Fill(s));
  s->is_setup = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorSetTime(OttoGenerator s, PetscReal t)
{
  PetscFunctionBegin;
  if (t == s->t || !OttoGeneratorIsTimeDependent(s)) PetscFunctionReturn(0);
  s->t = t;
  PetscErrorCode code = Fill(s);
  if (code) s->t = NAN; /* half filled: of no time */
  PetscFunctionReturn(code);
}

PetscInt64 OttoGeneratorState(OttoGenerator s)
{
  return s->state;
}
OttoGrid OttoGeneratorGetGrid(OttoGenerator s)
{
  return s->grid;
}
const OttoRates *OttoGeneratorGetRates(OttoGenerator s)
{
  return &s->rates;
}
PetscReal OttoGeneratorGetTemperature(OttoGenerator s)
{
  return s->T;
}
PetscReal OttoGeneratorCoupling(OttoGenerator s, PetscInt axis)
{
  return s->mobility[axis] * s->T / (s->g->h[axis] * s->g->h[axis]);
}
OttoPotential OttoGeneratorGetPotentialSource(OttoGenerator s)
{
  return s->potential;
}
Vec OttoGeneratorGetPotential(OttoGenerator s)
{
  return s->V;
}
const char *OttoGeneratorGetPotentialType(OttoGenerator s)
{
  return OttoPotentialGetType(s->potential);
}
const char *OttoGeneratorGetDriftType(OttoGenerator s)
{
  return OttoDriftGetType(s->drift);
}
PetscBool OttoGeneratorIsConservative(OttoGenerator s)
{
  return s->driven ? PETSC_FALSE : PETSC_TRUE;
}
PetscBool OttoGeneratorIsTimeDependent(OttoGenerator s)
{
  return OttoPotentialIsTimeDependent(s->potential) || OttoDriftIsTimeDependent(s->drift);
}
PetscBool OttoGeneratorIsAbsorbing(OttoGenerator s)
{
  return s->absorbing;
}

PetscErrorCode OttoGeneratorLargestDrift(OttoGenerator s, PetscReal largest[])
{
  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->g->dim; j++) {
    largest[j] = 0;
    for (PetscInt64 c = 0; c < s->g->local_cells; c++)
      largest[j] = PetscMax(largest[j], fabs(s->rates.force[j][c] - s->rates.work[j][c]));
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, largest, (PetscMPIInt)s->g->dim, MPIU_REAL, MPIU_MAX,
                             s->g->comm));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorNorm(OttoGenerator s, PetscReal *norm)
{
  PetscReal most = 0;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) most = PetscMax(most, s->leave[c]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPIU_REAL, MPIU_MAX, s->g->comm));
  *norm = 2 * most;
  PetscFunctionReturn(0);
}

typedef struct {
  OttoGenerator s;
  OttoSurrounded p;
  PetscReal *rate;
} Applying;

/* Edges at a time: their currents stay in the first-level cache. */
#define PIECE 512

OTTO_VECTOR_CLONES static void Currents(PetscInt64 n, const PetscReal *restrict up,
                                        const PetscReal *restrict down, const PetscReal *px,
                                        const PetscReal *py, PetscReal *restrict current)
{
#pragma omp simd
  for (PetscInt64 i = 0; i < n; i++) current[i] = up[i] * px[i] - down[i] * py[i];
}

OTTO_VECTOR_CLONES static void AddTo(PetscInt64 n, PetscReal sign,
                                     const PetscReal *restrict current, PetscReal *restrict rate)
{
#pragma omp simd
  for (PetscInt64 i = 0; i < n; i++) rate[i] += sign * current[i];
}

static void ApplyEdges(const OttoEdges *e, void *context)
{
  Applying *a = (Applying *)context;
  const OttoRates *r = &a->s->rates;
  const PetscReal *px = OttoSurroundedAt(&a->p, e->x), *py = OttoSurroundedAt(&a->p, e->y);
  const PetscReal *up = r->up[e->axis] + e->x, *down = r->down[e->axis] + e->x;
  PetscReal current[PIECE];

  for (PetscInt64 i = 0; i < e->n; i += PIECE) {
    PetscInt64 n = PetscMin(PIECE, e->n - i);
    Currents(n, up + i, down + i, px + i, py + i, current);
    if (e->x >= 0) AddTo(n, -1, current, a->rate + e->x + i);
    if (e->y < a->s->g->local_cells) AddTo(n, 1, current, a->rate + e->y + i);
  }
}

PetscErrorCode OttoGeneratorApply(OttoGenerator s, Vec p, Vec rate)
{
  const OttoGridInfo *g = s->g;
  const PetscScalar *values;
  PetscScalar *out;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(p, &values));
  PetscCall(VecGetArray(rate, &out));
  PetscCall(OttoHaloExchange(s->halo, values, s->ghost[0], s->ghost[1]));
  Applying apply = {s, {g, values, s->ghost[0], s->ghost[1]}, out};
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    out[c] = s->killed ? -s->killed[c] * values[c] : 0;
  OttoEdgesWalk(g, PETSC_TRUE, ApplyEdges, &apply);
  PetscCall(VecRestoreArray(rate, &out));
  PetscCall(VecRestoreArrayRead(p, &values));
  PetscFunctionReturn(0);
}

static void InflowEdges(const OttoEdges *e, void *context)
{
  Applying *a = (Applying *)context;
  const OttoRates *r = &a->s->rates;
  const PetscReal *px = OttoSurroundedAt(&a->p, e->x), *py = OttoSurroundedAt(&a->p, e->y);
  const PetscReal *up = r->up[e->axis] + e->x, *down = r->down[e->axis] + e->x;

  for (PetscInt64 i = 0; i < e->n; i++) {
    if (e->x >= 0) a->rate[e->x + i] += down[i] * py[i];
    if (e->y < a->s->g->local_cells) a->rate[e->y + i] += up[i] * px[i];
  }
}

PetscErrorCode OttoGeneratorInflow(OttoGenerator s, Vec p, Vec inflow)
{
  const OttoGridInfo *g = s->g;
  const PetscScalar *values;
  PetscScalar *out;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(p, &values));
  PetscCall(OttoHaloExchange(s->halo, values, s->ghost[0], s->ghost[1]));
  PetscCall(VecSet(inflow, 0));
  PetscCall(VecGetArray(inflow, &out));
  Applying apply = {s, {g, values, s->ghost[0], s->ghost[1]}, out};
  OttoEdgesWalk(g, PETSC_TRUE, InflowEdges, &apply);
  PetscCall(VecRestoreArray(inflow, &out));
  PetscCall(VecRestoreArrayRead(p, &values));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorEscape(OttoGenerator s, Vec p, PetscReal *rate)
{
  const PetscScalar *values;
  OttoSum sum = {0, 0};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(p, &values));
  for (PetscInt64 c = 0; s->killed && c < s->g->local_cells; c++)
    if (s->killed[c] > 0) OttoSumAdd(&sum, s->killed[c] * values[c]);
  PetscCall(VecRestoreArrayRead(p, &values));
  PetscCall(OttoSumReduce(s->g->comm, 1, &sum));
  *rate = OttoSumValue(sum) * s->g->cell_volume;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorGibbs(OttoGenerator s, Vec density, Vec log_density)
{
  const OttoGridInfo *g = s->g;
  const PetscScalar *V;
  PetscScalar *pi, *log_pi = NULL;
  PetscReal least, mass;

  PetscFunctionBegin;
  PetscCall(OttoFieldRange(s->grid, s->V, &least, NULL));
  PetscCall(VecGetArrayRead(s->V, &V));
  PetscCall(VecGetArray(density, &pi));
  for (PetscInt64 c = 0; c < g->local_cells; c++) pi[c] = exp((least - V[c]) / s->T);
  PetscCall(VecRestoreArray(density, &pi));
  PetscCall(OttoFieldIntegral(s->grid, density, &mass));
  PetscCall(VecScale(density, 1 / mass));
  if (log_density) {
    PetscCall(VecGetArray(log_density, &log_pi));
    for (PetscInt64 c = 0; c < g->local_cells; c++) log_pi[c] = (least - V[c]) / s->T - log(mass);
    PetscCall(VecRestoreArray(log_density, &log_pi));
  }
  PetscCall(VecRestoreArrayRead(s->V, &V));
  PetscFunctionReturn(0);
}

size_t OttoGeneratorBytes(OttoGenerator s)
{
  const size_t own = (size_t)s->g->local_cells, plane = (size_t)s->g->plane_cells;
  const size_t arrays = s->driven ? 4 : 3, fields = s->absorbing ? 3 : 2;

  return ((arrays * (size_t)s->g->dim + fields) * own + (arrays + 2) * plane) * sizeof(PetscReal);
}
