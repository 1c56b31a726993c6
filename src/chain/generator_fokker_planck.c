/* Rates of a Fokker–Planck equation: otto/generator.h has the formulas. */
#include <otto/options.h>
#include "core/bernoulli.h"
#include "core/fault.h"
#include "generator_impl.h"
#include "mobility.h"
#include <math.h>

typedef struct {
  OttoPotential potential;
  OttoDrift drift;
  PetscReal mobility[DIM];
  OttoMobility place; /* in place of these, where it depends on place; or NULL */
  OttoNoise noise;
} FokkerPlanck;

const char *const OttoNoiseNames[] = {"klimontovich", "stratonovich", "ito", NULL};

static FokkerPlanck *Data(OttoGenerator s)
{
  return (FokkerPlanck *)s->data;
}

/* NULL of other types. */
static FokkerPlanck *DataOf(OttoGenerator s)
{
  return s->ops == &OttoGeneratorOps_FokkerPlanck ? Data(s) : NULL;
}

static PetscErrorCode Create(OttoGenerator s)
{
  PetscFunctionBegin;
  PetscCall(PetscNew((FokkerPlanck **)&s->data));
  for (PetscInt j = 0; j < DIM; j++) Data(s)->mobility[j] = 1;
  PetscFunctionReturn(0);
}

static PetscErrorCode Destroy(OttoGenerator s)
{
  PetscFunctionBegin;
  PetscCall(OttoPotentialDestroy(&Data(s)->potential));
  PetscCall(OttoDriftDestroy(&Data(s)->drift));
  PetscCall(OttoMobilityDestroy(&Data(s)->place));
  PetscCall(PetscFree(s->data));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorSetTemperature(OttoGenerator s, PetscReal T, const PetscReal mobility[])
{
  PetscFunctionBegin;
  OttoNeed(DataOf(s), "OttoGeneratorSetType() with fokker_planck");
  OttoCheckInput(T > 0 && T <= PETSC_MAX_REAL, "temperature: %g; it must be above 0", (double)T);
  s->T = T;
  for (PetscInt j = 0; mobility && j < s->g->dim; j++) {
    OttoCheckInput(mobility[j] > 0 && mobility[j] <= PETSC_MAX_REAL,
                   "mobility: %g on axis %d; it must be above 0", (double)mobility[j], (int)j + 1);
    Data(s)->mobility[j] = mobility[j];
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorSetMobility(OttoGenerator s, const Vec mobility[])
{
  PetscFunctionBegin;
  OttoNeed(DataOf(s), "OttoGeneratorSetType() with fokker_planck");
  if (!Data(s)->place) PetscCall(OttoMobilityCreate(s->grid, &Data(s)->place));
  for (PetscInt j = 0; j < s->g->dim; j++)
    PetscCall(VecCopy(mobility[j], Data(s)->place->value[j]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorSetDrift(OttoGenerator s, const Vec f[])
{
  PetscFunctionBegin;
  OttoNeed(DataOf(s), "OttoGeneratorSetType() with fokker_planck");
  PetscCall(OttoDriftDestroy(&Data(s)->drift));
  PetscCall(OttoDriftCreateCells(s->grid, f, &Data(s)->drift));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorSetNoise(OttoGenerator s, OttoNoise noise)
{
  PetscFunctionBegin;
  OttoNeed(DataOf(s), "OttoGeneratorSetType() with fokker_planck");
  Data(s)->noise = noise;
  PetscFunctionReturn(0);
}

static PetscErrorCode SetFromOptions(OttoGenerator s)
{
  PetscReal T = s->T, mobility[OTTO_MAX_DIM];
  PetscInt noise = (PetscInt)Data(s)->noise;

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(mobility, Data(s)->mobility, DIM));
  PetscCall(OttoOptionsGetReal(NULL, "temperature", -INFINITY, INFINITY, &T, NULL));
  PetscCall(OttoOptionsGetAxisReals(NULL, "mobility", s->g->dim, mobility, NULL));
  PetscCall(OttoGeneratorSetTemperature(s, T, mobility));
  PetscCall(OttoOptionsGetChoice(NULL, "noise", OttoNoiseNames, &noise, NULL));
  Data(s)->noise = (OttoNoise)noise;
  if (!Data(s)->place) PetscCall(OttoMobilityFromOptions(s->grid, &Data(s)->place));
  PetscCall(OttoPotentialCreate(s->grid, s->T, &Data(s)->potential));
  if (!Data(s)->drift) PetscCall(OttoDriftCreate(s->grid, &Data(s)->drift));
  PetscFunctionReturn(0);
}

/* D/h² of mobility M along an axis. */
static PetscReal Of(OttoGenerator s, PetscInt axis, PetscReal M)
{
  return M * s->T / (s->g->h[axis] * s->g->h[axis]);
}

static PetscReal Coupling(OttoGenerator s, PetscInt axis)
{
  return Of(s, axis, Data(s)->place ? Data(s)->place->middle[axis] : Data(s)->mobility[axis]);
}

static void CouplingRange(OttoGenerator s, PetscInt axis, PetscReal range[2])
{
  const OttoMobility place = Data(s)->place;

  range[0] = place ? Of(s, axis, place->least[axis]) : Coupling(s, axis);
  range[1] = place ? Of(s, axis, place->most[axis]) : range[0];
}

static PetscReal CouplingAt(OttoGenerator s, PetscInt axis, PetscInt64 cell)
{
  const OttoMobility place = Data(s)->place;
  const PetscScalar *M;
  PetscReal coupling = Coupling(s, axis);

  if (!place || VecGetArrayRead(place->value[axis], &M)) return coupling;
  coupling = Of(s, axis, M[cell]);
  return VecRestoreArrayRead(place->value[axis], &M) ? NAN : coupling;
}

OTTO_VECTOR_CLONES static void RatesOf(PetscInt64 n, PetscReal scale,
                                       const PetscReal *restrict force, PetscReal *restrict up,
                                       PetscReal *restrict down)
{
#pragma omp simd
  for (PetscInt64 i = 0; i < n; i++) {
    double low, high, z = force[i];
    OttoBernoulli(fabs(z), &low, &high);
    up[i] = scale * (z > 0 ? high : low);
    down[i] = scale * (z > 0 ? low : high);
  }
}

/* Rates of edges from cell x on, found for a mobility of 1, for that of their faces. */
static void Multiply(const OttoEdges *e, const PetscReal face[], PetscReal up[], PetscReal down[])
{
  for (PetscInt64 i = 0; i < e->n; i++) {
    up[i] *= face[i];
    down[i] *= face[i];
  }
}

typedef struct {
  OttoGenerator s;
  OttoSurrounded V, open, f[DIM]; /* f: of a drift that is known in cells */
  PetscErrorCode code;
} Filling;

/* Drift and tilt of the potential along `axis` at a face; `given`: the drift, where cells have it.
 */
static PetscErrorCode EvaluateDrift(OttoGenerator s, const PetscReal x[], PetscInt axis,
                                    const PetscReal *given, PetscReal *force)
{
  PetscReal f[OTTO_MAX_DIM] = {0};
  char point[160], origin[280];

  PetscFunctionBegin;
  if (given)
    f[axis] = *given;
  else
    PetscCall(OttoDriftEvaluate(Data(s)->drift, x, s->t, f));
  *force = f[axis] + OttoPotentialGetTilt(Data(s)->potential)[axis];
  if (isfinite(*force)) PetscFunctionReturn(0);
  OttoGridFormatPoint(s->g->dim, x, point, sizeof point);
  PetscCall(OttoDriftFormatOrigin(Data(s)->drift, origin, sizeof origin));
  OttoFail(s->is_setup ? OTTO_ERR_NUMERICAL : OTTO_ERR_INPUT,
           "%s gives %g as component %d at the face %s, t = %g; a drift must be finite", origin,
           isnan(*force) ? NAN : (double)*force, (int)axis + 1, point, (double)s->t);
}

/* The same at a face of one cell alone. */
static PetscErrorCode EvaluateDriftOf(OttoGenerator s, const PetscReal x[], PetscInt axis,
                                      PetscInt64 cell, PetscReal *force)
{
  Vec cells = OttoDriftGetCells(Data(s)->drift, axis);
  const PetscScalar *f = NULL;

  PetscFunctionBegin;
  if (cells) PetscCall(VecGetArrayRead(cells, &f));
  PetscErrorCode code = EvaluateDrift(s, x, axis, f ? &f[cell] : NULL, force);
  if (cells) PetscCall(VecRestoreArrayRead(cells, &f));
  PetscFunctionReturn(code);
}

/* The rates of edges must be numbers: (D/h²)|z|. */
static PetscErrorCode CheckForces(OttoGenerator s, const OttoEdges *e, const PetscReal force[])
{
  PetscReal x[OTTO_MAX_DIM], range[2];
  PetscInt64 good = 0;
  char point[160];

  PetscFunctionBegin;
  CouplingRange(s, e->axis, range);
  const PetscReal most = 0.5 * PETSC_MAX_REAL / range[1];
  for (PetscInt64 i = 0; i < e->n; i++) good += fabs(force[i]) < most;
  if (good == e->n) PetscFunctionReturn(0);
  for (good = 0; fabs(force[good]) < most;) good++;
  OttoGeneratorFacePoint(s->g, e->x + good, e->y + good, e->axis, x);
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
  const OttoMobility place = Data(s)->place;
  const PetscReal *noise = place && place->force[e->axis] ? place->force[e->axis] + e->x : NULL;
  const PetscBool given = OttoDriftGetCells(Data(s)->drift, e->axis) ? PETSC_TRUE : PETSC_FALSE;
  const PetscReal *fx = given ? OttoSurroundedAt(&fill->f[e->axis], e->x) : NULL;
  const PetscReal *fy = given ? OttoSurroundedAt(&fill->f[e->axis], e->y) : NULL;
  PetscReal x[OTTO_MAX_DIM], f = 0;

  for (PetscInt64 i = 0; i < e->n; i++) work[i] = (vx[i] - vy[i]) / s->T;
  for (PetscInt64 i = 0; s->driven && i < e->n && !fill->code; i++) {
    if (ox && !(ox[i] > 0 && oy[i] > 0)) continue; /* a drift may be anything inside a wall */
    OttoGeneratorFacePoint(s->g, e->x + i, e->y + i, e->axis, x);
    const PetscReal mean = given ? 0.5 * fx[i] + 0.5 * fy[i] : 0;
    fill->code = EvaluateDrift(s, x, e->axis, given ? &mean : NULL, &f);
    force[i] = work[i] + f * h / s->T + (noise ? noise[i] : 0);
  }
  for (PetscInt64 i = 0; ox && i < e->n; i++)
    if (!(ox[i] > 0 && oy[i] > 0)) work[i] = force[i] = 0;
  if (!fill->code) fill->code = CheckForces(s, e, force);
  RatesOf(e->n, place ? Of(s, e->axis, 1) : Coupling(s, e->axis), force, up, down);
  if (place) Multiply(e, place->face[e->axis] + e->x, up, down);
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
    if (!OttoAxisHasLoops(g, j)) continue;
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      force[c] = 0;
      if (open && !(open[c] > 0)) continue;
      OttoGeneratorFacePoint(g, c, c, j, x);
      PetscCall(EvaluateDriftOf(s, x, j, c, &f));
      force[c] = f * g->h[j] / s->T;
      const OttoEdges loop = {j, 1, c, c};
      PetscCall(CheckForces(s, &loop, &force[c]));
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode FaceRate(OttoGenerator s, PetscInt64 cell, PetscInt axis, int side,
                               PetscReal *rate)
{
  const OttoGridInfo *g = s->g;
  const PetscReal *noise = Data(s)->place ? Data(s)->place->force[axis] : NULL;
  PetscReal x[OTTO_MAX_DIM], f = 0, z = 0, low, high;

  PetscFunctionBegin;
  if (g->n[axis] > 1) { /* half of the nearest inner edge, outwards */
    const PetscInt64 edge = side < 0 ? cell : OttoEdgesNeighbour(g, cell, axis, -1);
    z = 0.5 * side * (s->rates.work[axis][edge] + (noise ? noise[edge] : 0));
  }
  if (s->driven) {
    OttoGridCellCentre(g, cell, x);
    x[axis] = side < 0 ? g->lower[axis] : g->upper[axis];
    PetscCall(EvaluateDriftOf(s, x, axis, cell, &f));
    z += side * f * g->h[axis] / (2 * s->T);
  }
  OttoBernoulli(fabs(z), &low, &high);
  *rate = 2 * CouplingAt(s, axis, cell) * (z > 0 ? high : low);
  PetscFunctionReturn(0);
}

/* V at the time last set, finite; `open`. */
static PetscErrorCode EvaluatePotential(OttoGenerator s)
{
  const OttoMobility place = Data(s)->place;

  PetscFunctionBegin;
  PetscCall(OttoPotentialEvaluate(Data(s)->potential, s->t, s->V));
  if (place && !s->is_setup) PetscCall(OttoMobilitySetUp(place, 0.5 * Data(s)->noise, s->V));
  if (place) PetscCall(OttoMobilityAddBias(place, 1, s->T, s->V));
  PetscCall(OttoGeneratorFindClosed(s));
  PetscFunctionReturn(0);
}

/* Rates of all edges, from V. */
static PetscErrorCode FillRates(OttoGenerator s)
{
  const OttoGridInfo *g = s->g;
  const OttoDrift drift = Data(s)->drift;
  const PetscScalar *V, *open = NULL;
  Filling fill = {.s = s};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(s->V, &V));
  if (s->open) PetscCall(VecGetArrayRead(s->open, &open));
  PetscCall(OttoHaloSurround(s->halo, V, &fill.V));
  if (open) PetscCall(OttoHaloSurround(s->halo, open, &fill.open));
  for (PetscInt j = 0; j < g->dim; j++)
    if (OttoDriftGetCells(drift, j))
      PetscCall(OttoFieldSurround(s->halo, OttoDriftGetCells(drift, j), &fill.f[j]));
  OttoEdgesWalk(g, PETSC_TRUE, FillEdges, &fill);
  for (PetscInt j = g->dim - 1; j >= 0; j--)
    if (OttoDriftGetCells(drift, j))
      PetscCall(OttoFieldRelease(s->halo, OttoDriftGetCells(drift, j), &fill.f[j]));
  if (!fill.code) fill.code = FillLoops(s, open);
  if (s->absorbing && !fill.code) fill.code = OttoGeneratorFillKilled(s, open);
  PetscCall(OttoHaloRelease(s->halo, &fill.open));
  PetscCall(OttoHaloRelease(s->halo, &fill.V));
  PetscCall(VecRestoreArrayRead(s->V, &V));
  PetscCall(OttoFaultVec("potential", s->V));
  PetscErrorCode code = OttoAgree(g->comm, fill.code);
  if (open) PetscCall(VecRestoreArrayRead(s->open, &open));
  PetscFunctionReturn(code);
}

static PetscErrorCode SetUp(OttoGenerator s)
{
  FokkerPlanck *data = Data(s);

  PetscFunctionBegin;
  if (!data->potential) PetscCall(OttoPotentialCreate(s->grid, s->T, &data->potential));
  if (!data->drift) PetscCall(OttoDriftCreate(s->grid, &data->drift));
  PetscCall(EvaluatePotential(s));
  s->driven = OttoDriftExists(data->drift) || OttoPotentialMayTilt(data->potential) ||
                      OttoMobilityDrives(data->place)
                  ? PETSC_TRUE
                  : PETSC_FALSE;
  PetscFunctionReturn(0);
}

static size_t Bytes(OttoGenerator s)
{
  return OttoMobilityBytes(Data(s)->place);
}

static PetscBool Moves(OttoGenerator s)
{
  return OttoPotentialIsTimeDependent(Data(s)->potential) ||
         OttoDriftIsTimeDependent(Data(s)->drift);
}

const OttoGeneratorOps OttoGeneratorOps_FokkerPlanck = {.name = "fokker_planck",
                                                        .create = Create,
                                                        .set_from_options = SetFromOptions,
                                                        .setup = SetUp,
                                                        .move = EvaluatePotential,
                                                        .moves = Moves,
                                                        .fill = FillRates,
                                                        .coupling = Coupling,
                                                        .coupling_range = CouplingRange,
                                                        .coupling_at = CouplingAt,
                                                        .face_rate = FaceRate,
                                                        .bytes = Bytes,
                                                        .destroy = Destroy};

Vec OttoGeneratorGetMobility(OttoGenerator s, PetscInt axis)
{
  return DataOf(s) && Data(s)->place ? Data(s)->place->value[axis] : NULL;
}
PetscBool OttoGeneratorMobilityIsOnGrid(OttoGenerator s)
{
  return DataOf(s) && Data(s)->place ? Data(s)->place->on_grid : PETSC_FALSE;
}
OttoNoise OttoGeneratorGetNoise(OttoGenerator s)
{
  return DataOf(s) ? Data(s)->noise : OTTO_NOISE_KLIMONTOVICH;
}
PetscBool OttoGeneratorIsBiased(OttoGenerator s)
{
  return DataOf(s) ? OttoMobilityIsBias(Data(s)->place) : PETSC_FALSE;
}

PetscErrorCode OttoGeneratorUnbiasedPotential(OttoGenerator s, Vec V)
{
  PetscFunctionBegin;
  OttoNeed(s->is_setup, "OttoGeneratorSetUp()");
  PetscCall(VecCopy(s->V, V));
  if (DataOf(s)) PetscCall(OttoMobilityAddBias(Data(s)->place, -1, s->T, V));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorPeekPotential(OttoGenerator s, PetscReal t, Vec V)
{
  PetscFunctionBegin;
  OttoNeed(s->is_setup, "OttoGeneratorSetUp()");
  OttoNeed(DataOf(s), "OttoGeneratorSetType() with fokker_planck");
  PetscCall(OttoPotentialPeek(Data(s)->potential, t, V));
  PetscCall(OttoMobilityAddBias(Data(s)->place, 1, s->T, V));
  PetscFunctionReturn(0);
}

OttoPotential OttoGeneratorGetPotentialSource(OttoGenerator s)
{
  return DataOf(s) ? Data(s)->potential : NULL;
}
const PetscReal *OttoGeneratorGetTilt(OttoGenerator s)
{
  static const PetscReal none[OTTO_MAX_DIM] = {0};

  return DataOf(s) ? OttoPotentialGetTilt(Data(s)->potential) : none;
}
const OttoInput *OttoGeneratorGetPotentialInput(OttoGenerator s)
{
  static const OttoInput none;

  return DataOf(s) ? OttoPotentialGetInput(Data(s)->potential) : &none;
}
const char *OttoGeneratorGetPotentialType(OttoGenerator s)
{
  return DataOf(s) ? OttoPotentialGetType(Data(s)->potential) : "none";
}
Vec OttoGeneratorGetDriftCells(OttoGenerator s, PetscInt axis)
{
  return DataOf(s) && Data(s)->drift ? OttoDriftGetCells(Data(s)->drift, axis) : NULL;
}
const char *OttoGeneratorGetDriftType(OttoGenerator s)
{
  return DataOf(s) ? OttoDriftGetType(Data(s)->drift) : "none";
}
