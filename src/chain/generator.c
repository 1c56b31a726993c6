#include <otto/options.h>
#include "generator_impl.h"
#include "core/fault.h"
#include "core/vecmath.h"
#include <math.h>

PetscErrorCode OttoGeneratorCreate(OttoGrid grid, OttoGenerator *generator)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoGenerator s;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
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
  PetscCall(VecDestroy(&s->open));
  PetscCall(PetscFree(s->component));
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

/* Midpoint of the face above cell x, below its neighbour y, on `axis`; one of them is the rank's
 * own. The same number on every rank. */
static void FacePoint(const OttoGridInfo *g, PetscInt64 cell, PetscInt64 y, PetscInt axis,
                      PetscReal x[])
{
  const PetscBool own = cell < g->local_cells ? PETSC_TRUE : PETSC_FALSE;
  PetscInt64 idx[OTTO_MAX_DIM];

  OttoGridCellIndex(g, own ? cell : y, idx);
  if (!own) idx[axis] = (idx[axis] - 1 + g->n[axis]) % g->n[axis];
  for (PetscInt j = 0; j < g->dim; j++) x[j] = OttoGridCentre(g, j, idx[j]);
  x[axis] = g->lower[axis] + (PetscReal)(idx[axis] + 1) * g->h[axis];
}

typedef struct {
  OttoGenerator s;
  OttoSurrounded V, open;
  PetscErrorCode code;
} Filling;

/* Drift and tilt of the potential along `axis` at a face. */
static PetscErrorCode EvaluateDrift(OttoGenerator s, const PetscReal x[], PetscInt axis,
                                    PetscReal *force)
{
  PetscReal f[OTTO_MAX_DIM] = {0};
  char point[160], origin[280];

  PetscFunctionBegin;
  PetscCall(OttoDriftEvaluate(s->drift, x, s->t, f));
  *force = f[axis] + OttoPotentialGetTilt(s->potential)[axis];
  if (isfinite(*force)) PetscFunctionReturn(0);
  OttoGridFormatPoint(s->g->dim, x, point, sizeof point);
  PetscCall(OttoDriftFormatOrigin(s->drift, origin, sizeof origin));
  OttoFail(s->is_setup ? OTTO_ERR_NUMERICAL : OTTO_ERR_INPUT,
           "%s gives %g as component %d at the face %s, t = %g; a drift must be finite", origin,
           isnan(*force) ? NAN : (double)*force, (int)axis + 1, point, (double)s->t);
}

/* The rates of edges must be numbers: (D/h²)|z|. */
static PetscErrorCode CheckForces(OttoGenerator s, const OttoEdges *e, const PetscReal force[])
{
  const PetscReal most = 0.5 * PETSC_MAX_REAL / OttoGeneratorCoupling(s, e->axis);
  PetscReal x[OTTO_MAX_DIM];
  PetscInt64 good = 0;
  char point[160];

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < e->n; i++) good += fabs(force[i]) < most;
  if (good == e->n) PetscFunctionReturn(0);
  for (good = 0; fabs(force[good]) < most;) good++;
  FacePoint(s->g, e->x + good, e->y + good, e->axis, x);
  OttoGridFormatPoint(s->g->dim, x, point, sizeof point);
  OttoFail(s->is_setup ? OTTO_ERR_NUMERICAL : OTTO_ERR_INPUT,
           "the force over the edge along axis %d at %s, %g T, gives rates beyond the doubles; inf "
           "in the potential closes a cell",
           (int)e->axis + 1, point, (double)force[good]);
}

static void FillEdges(const OttoEdges *e, void *context)
{
  Filling *fill = (Filling *)context;
  OttoGenerator s = fill->s;
  const PetscReal *vx = OttoSurroundedAt(&fill->V, e->x), *vy = OttoSurroundedAt(&fill->V, e->y),
                  h = s->g->h[e->axis];
  const PetscReal *ox = s->open ? OttoSurroundedAt(&fill->open, e->x) : NULL;
  const PetscReal *oy = s->open ? OttoSurroundedAt(&fill->open, e->y) : NULL;
  PetscReal *work = (s->driven ? s->work : s->force)[e->axis] + e->x,
            *force = s->force[e->axis] + e->x;
  PetscReal *up = s->up[e->axis] + e->x, *down = s->down[e->axis] + e->x;
  PetscReal x[OTTO_MAX_DIM], f = 0;

  for (PetscInt64 i = 0; i < e->n; i++) work[i] = (vx[i] - vy[i]) / s->T;
  for (PetscInt64 i = 0; s->driven && i < e->n && !fill->code; i++) {
    if (ox && !(ox[i] > 0 && oy[i] > 0)) continue; /* a drift may be anything inside a wall */
    FacePoint(s->g, e->x + i, e->y + i, e->axis, x);
    fill->code = EvaluateDrift(s, x, e->axis, &f);
    force[i] = work[i] + f * h / s->T;
  }
  for (PetscInt64 i = 0; ox && i < e->n; i++)
    if (!(ox[i] > 0 && oy[i] > 0)) work[i] = force[i] = 0;
  if (!fill->code) fill->code = CheckForces(s, e, force);
  FillRates(e->n, OttoGeneratorCoupling(s, e->axis), force, up, down);
  for (PetscInt64 i = 0; ox && i < e->n; i++)
    if (!(ox[i] > 0 && oy[i] > 0)) up[i] = down[i] = 0;
}

/* A periodic axis of one cell: the loop from a cell round to itself, which no walk over edges sees
 * and which moves nothing, carries a current where there is a drift. */
static PetscErrorCode FillLoops(OttoGenerator s, const PetscReal open[])
{
  const OttoGridInfo *g = s->g;
  PetscReal x[OTTO_MAX_DIM], f = 0;

  PetscFunctionBegin;
  for (PetscInt j = 0; s->driven && j < g->dim; j++) {
    PetscReal *force = s->force[j];
    if (!OttoGeneratorHasLoops(s, j)) continue;
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      force[c] = 0;
      if (open && !(open[c] > 0)) continue;
      FacePoint(g, c, c, j, x);
      PetscCall(EvaluateDrift(s, x, j, &f));
      force[c] = f * g->h[j] / s->T;
      const OttoEdges loop = {j, 1, c, c};
      PetscCall(CheckForces(s, &loop, &force[c]));
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorFaceRate(OttoGenerator s, PetscInt64 cell, PetscInt axis, int side,
                                     PetscReal *rate)
{
  const OttoGridInfo *g = s->g;
  PetscReal x[OTTO_MAX_DIM], f = 0, z = 0, low, high;

  PetscFunctionBegin;
  OttoNeed(s->leave, "OttoGeneratorSetUp()"); /* which asks for these rates itself */
  if (g->n[axis] > 1)                         /* half of the nearest inner edge, outwards */
    z = 0.5 * side * s->rates.work[axis][side < 0 ? cell : OttoEdgesNeighbour(g, cell, axis, -1)];
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

static PetscErrorCode FillKilled(OttoGenerator s, const PetscReal open[])
{
  const OttoGridInfo *g = s->g;
  PetscInt64 idx[OTTO_MAX_DIM];
  PetscReal rate = 0;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    s->killed[c] = 0;
    if (open && !(open[c] > 0)) continue;
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

  for (PetscInt64 i = 0; i < e->n && e->x < s->g->local_cells; i++) s->leave[e->x + i] += up[i];
  for (PetscInt64 i = 0; i < e->n && e->y < s->g->local_cells; i++) s->leave[e->y + i] += down[i];
}

/* V at the time last set, finite; `open`. */
static PetscErrorCode EvaluatePotential(OttoGenerator s)
{
  PetscFunctionBegin;
  PetscCall(OttoPotentialEvaluate(s->potential, s->t, s->V));
  PetscCall(OttoGeneratorFindClosed(s));
  PetscFunctionReturn(0);
}

/* All rates from V. */
static PetscErrorCode Fill(OttoGenerator s)
{
  const OttoGridInfo *g = s->g;
  const PetscScalar *V, *open = NULL;
  Filling fill = {.s = s};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(s->V, &V));
  if (s->open) PetscCall(VecGetArrayRead(s->open, &open));
  PetscCall(OttoHaloSurround(s->halo, V, &fill.V));
  if (open) PetscCall(OttoHaloSurround(s->halo, open, &fill.open));
  OttoEdgesWalk(g, PETSC_TRUE, FillEdges, &fill);
  if (!fill.code) fill.code = FillLoops(s, open);
  if (s->absorbing && !fill.code) fill.code = FillKilled(s, open);
  PetscCall(OttoHaloRelease(s->halo, &fill.open));
  PetscCall(OttoHaloRelease(s->halo, &fill.V));
  PetscCall(VecRestoreArrayRead(s->V, &V));
  PetscCall(OttoFaultVec("potential", s->V));
  PetscErrorCode code = OttoAgree(g->comm, fill.code);
  for (PetscInt64 c = 0; c < g->local_cells; c++) s->leave[c] = s->absorbing ? s->killed[c] : 0;
  OttoEdgesWalk(g, PETSC_TRUE, AddLeave, s);
  if (open) PetscCall(VecRestoreArrayRead(s->open, &open));
  s->state++;
  PetscFunctionReturn(code);
}

static PetscErrorCode Allocate(OttoGenerator s)
{
  const size_t own = (size_t)s->g->local_cells, edges = own + (size_t)OttoEdgesLowerGhosts(s->g);

  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->g->dim; j++) {
    const size_t size = OttoHaloServes(s->g, j) ? edges : own;
    PetscCall(PetscCalloc1(size, &s->up[j]));
    PetscCall(PetscCalloc1(size, &s->down[j]));
    PetscCall(PetscCalloc1(size, &s->force[j]));
    if (s->driven) PetscCall(PetscCalloc1(size, &s->work[j]));
    s->rates.up[j] = s->up[j];
    s->rates.down[j] = s->down[j];
    s->rates.force[j] = s->force[j];
    s->rates.work[j] = (s->driven ? s->work : s->force)[j];
  }
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
  PetscCall(OttoFieldCreate(s->grid, &s->V));
  PetscCall(EvaluatePotential(s));
  s->driven =
      OttoDriftExists(s->drift) || OttoPotentialMayTilt(s->potential) ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(OttoGridGetHalo(s->grid, 1, &s->halo));
  PetscCall(OttoAgree(s->g->comm, Allocate(s)));
  PetscCall(OttoGeneratorFindComponents(s));
  PetscCall(Fill(s));
  s->is_setup = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorSetTime(OttoGenerator s, PetscReal t)
{
  PetscFunctionBegin;
  OttoNeedGenerator(s);
  if (t == s->t || !OttoGeneratorIsTimeDependent(s)) PetscFunctionReturn(0);
  s->t = t;
  PetscErrorCode code = EvaluatePotential(s);
  if (!code) code = Fill(s);
  if (code) s->t = NAN; /* half filled: of no time */
  PetscFunctionReturn(code);
}

PetscBool OttoGeneratorIsSetUp(OttoGenerator s)
{
  return s->is_setup;
}
PetscReal OttoGeneratorGetTime(OttoGenerator s)
{
  return s->t;
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
const PetscReal *OttoGeneratorGetTilt(OttoGenerator s)
{
  return OttoPotentialGetTilt(s->potential);
}
Vec OttoGeneratorGetOpen(OttoGenerator s)
{
  return s->open;
}
PetscInt64 OttoGeneratorGetClosed(OttoGenerator s)
{
  return s->closed;
}
PetscInt OttoGeneratorGetComponents(OttoGenerator s)
{
  return s->components;
}
const PetscInt *OttoGeneratorGetComponent(OttoGenerator s)
{
  return s->component;
}
const OttoInput *OttoGeneratorGetPotentialInput(OttoGenerator s)
{
  return OttoPotentialGetInput(s->potential);
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
  OttoNeedGenerator(s);
  for (PetscInt j = 0; j < s->g->dim; j++) {
    largest[j] = 0;
    for (PetscInt64 c = 0; s->g->n[j] > 1 && c < s->g->local_cells; c++)
      largest[j] = PetscMax(largest[j], fabs(s->rates.force[j][c] - s->rates.work[j][c]));
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, largest, (PetscMPIInt)s->g->dim, MPIU_REAL, MPIU_MAX,
                             s->g->comm));
  PetscFunctionReturn(0);
}

PetscBool OttoGeneratorHasLoops(OttoGenerator s, PetscInt axis)
{
  return s->g->n[axis] == 1 && s->g->boundary[axis] == OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE
                                                                              : PETSC_FALSE;
}

PetscErrorCode OttoGeneratorSteepness(OttoGenerator s, PetscReal *peclet, PetscReal *step)
{
  PetscReal most[2] = {0, 0};

  PetscFunctionBegin;
  OttoNeedGenerator(s);
  for (PetscInt j = 0; j < s->g->dim; j++)
    for (PetscInt64 c = 0; s->g->n[j] > 1 && c < s->g->local_cells; c++) {
      most[0] = PetscMax(most[0], fabs(s->rates.force[j][c]));
      most[1] = PetscMax(most[1], fabs(s->rates.work[j][c]));
    }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, most, 2, MPIU_REAL, MPIU_MAX, s->g->comm));
  *peclet = most[0];
  *step = most[1];
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorNorm(OttoGenerator s, PetscReal *norm)
{
  PetscReal most = 0;

  PetscFunctionBegin;
  OttoNeedGenerator(s);
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) most = PetscMax(most, s->leave[c]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPIU_REAL, MPIU_MAX, s->g->comm));
  *norm = 2 * most;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorGibbs(OttoGenerator s, Vec density, Vec log_density)
{
  const OttoGridInfo *g = s->g;
  const PetscScalar *V;
  PetscScalar *pi, *log_pi = NULL;
  PetscReal least, mass;

  PetscFunctionBegin;
  OttoNeedGenerator(s);
  PetscCall(OttoFieldRange(s->grid, s->V, &least, NULL));
  PetscCall(VecGetArrayRead(s->V, &V));
  PetscCall(VecGetArray(density, &pi));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    pi[c] = s->component && s->component[c] < 0 ? 0 : exp((least - V[c]) / s->T);
  PetscCall(VecRestoreArray(density, &pi));
  PetscCall(OttoFieldIntegral(s->grid, density, &mass));
  PetscCall(VecScale(density, 1 / mass));
  PetscCall(OttoFaultVec("pi", density));
  if (log_density) {
    PetscCall(VecGetArray(log_density, &log_pi));
    for (PetscInt64 c = 0; c < g->local_cells; c++)
      log_pi[c] =
          s->component && s->component[c] < 0 ? -INFINITY : (least - V[c]) / s->T - log(mass);
    OttoFaultLogs("pi", g->local_cells, log_pi);
    PetscCall(VecRestoreArray(log_density, &log_pi));
  }
  PetscCall(VecRestoreArrayRead(s->V, &V));
  PetscFunctionReturn(0);
}

size_t OttoGeneratorBytes(OttoGenerator s)
{
  const size_t own = (size_t)s->g->local_cells, ghosts = (size_t)OttoHaloCells(s->halo);
  const size_t arrays = s->driven ? 4 : 3, fields = s->absorbing ? 3 : 2;

  const size_t mask = s->open ? own * (sizeof(PetscReal) + sizeof(PetscInt)) : 0;

  return ((arrays * (size_t)s->g->dim + fields) * own + (arrays + 1) * ghosts) * sizeof(PetscReal) +
         mask;
}
