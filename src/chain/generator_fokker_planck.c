/* Rates of a Fokker–Planck equation: otto/generator.h has the formulas. */
#include <otto/options.h>
#include "core/bernoulli.h"
#include "core/fault.h"
#include "generator_fokker_planck.h"
#include "magnitude.h"
#include "temperature.h"
#include <math.h>

const char *const OttoNoiseNames[] = {"klimontovich", "stratonovich", "ito", NULL};

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
  PetscCall(OttoVelocityDestroy(&Data(s)->velocity));
  PetscCall(VecDestroy(&Data(s)->temperature));
  PetscCall(VecDestroy(&Data(s)->warmth));
  PetscCall(PetscFree(s->data));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorSetTemperature(OttoGenerator s, PetscReal T, const PetscReal mobility[])
{
  PetscFunctionBegin;
  OttoNeed(DataOf(s), "OttoGeneratorSetType() with fokker_planck");
  OttoCheckInput(OttoIsRate(T), "temperature: %g; it must be above 0, " OTTO_RATES_SAY, (double)T);
  s->T = T;
  for (PetscInt j = 0; mobility && j < s->g->dim; j++) {
    OttoCheckInput(mobility[j] == 0 || OttoIsRate(mobility[j]),
                   "mobility: %g on axis %d; it must be above 0, " OTTO_RATES_SAY
                   ", or 0 with a velocity",
                   (double)mobility[j], (int)j + 1);
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
    PetscCall(VecCopy(mobility[j], Data(s)->place->given[j]));
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
  PetscCall(OttoTemperatureFromOptions(s->grid, &Data(s)->temperature, &T));
  PetscCall(OttoOptionsGetAxisReals(NULL, "mobility", s->g->dim, mobility, NULL));
  PetscCall(OttoGeneratorSetTemperature(s, T, mobility));
  PetscCall(OttoOptionsGetChoice(NULL, "noise", OttoNoiseNames, &noise, NULL));
  Data(s)->noise = (OttoNoise)noise;
  if (!Data(s)->place) PetscCall(OttoMobilityFromOptions(s->grid, &Data(s)->place));
  PetscCall(OttoPotentialCreate(s->grid, s->T, &Data(s)->potential));
  if (!Data(s)->drift) PetscCall(OttoDriftCreate(s->grid, &Data(s)->drift));
  PetscCall(OttoVelocityFromOptions(s->grid, &Data(s)->velocity));
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

/* Nothing diffuses along it. */
static PetscBool IsStill(OttoGenerator s, PetscInt axis)
{
  return Coupling(s, axis) == 0 ? PETSC_TRUE : PETSC_FALSE;
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

/* The mobility in an own cell. */
static PetscReal MobilityOf(OttoGenerator s, PetscInt axis, PetscInt64 cell)
{
  return CouplingAt(s, axis, cell) * s->g->h[axis] * s->g->h[axis] / s->T;
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
  OttoSurrounded V, open, warmth, f[DIM]; /* f: of a drift that is known in cells */
  PetscErrorCode code;
} Filling;

/* The generator's T over that between two cells. */
static PetscReal Cold(const Filling *fill, PetscInt64 x, PetscInt64 y)
{
  if (!fill->warmth.own) return 1;
  return 0.5 / *OttoSurroundedAt(&fill->warmth, x) + 0.5 / *OttoSurroundedAt(&fill->warmth, y);
}

/* The same of an own cell. */
static PetscReal ColdAt(OttoGenerator s, PetscInt64 cell)
{
  const PetscScalar *warmth;
  PetscReal cold = 1;

  if (!Data(s)->warmth || VecGetArrayRead(Data(s)->warmth, &warmth)) return cold;
  cold = 1 / warmth[cell];
  return VecRestoreArrayRead(Data(s)->warmth, &warmth) ? NAN : cold;
}

/* Drift and tilt of the potential along `axis` at a face; `given`: the drift, where cells have it.
 */
static PetscErrorCode EvaluateDrift(OttoGenerator s, const PetscReal x[], PetscInt axis,
                                    const PetscReal *given, PetscReal *force)
{
  const PetscReal tilt = OttoPotentialGetTilt(Data(s)->potential)[axis];
  PetscReal f[OTTO_MAX_DIM] = {0};
  char point[160], origin[280];

  PetscFunctionBegin;
  if (given)
    f[axis] = *given;
  else
    PetscCall(OttoDriftEvaluate(Data(s)->drift, x, s->t, f));
  *force = f[axis] + tilt;
  const PetscBool idle = *force != 0 && IsStill(s, axis) ? PETSC_TRUE : PETSC_FALSE;
  if (isfinite(*force) && !idle) PetscFunctionReturn(0);
  OttoGridFormatPoint(s->g->dim, x, point, sizeof point);
  PetscCall(OttoDriftFormatOrigin(Data(s)->drift, origin, sizeof origin));
  if (isfinite(*force))
    OttoFail(OttoRatesError(s),
             "%s: the force along axis %d is %g at the face %s, and the mobility 0: it moves "
             "nothing; what no mobility multiplies is a velocity (velocity_formula)",
             tilt != 0 ? "potential_seam: 'drift'" : origin, (int)axis + 1, (double)*force, point);
  OttoFail(OttoRatesError(s),
           "%s gives %g as component %d at the face %s, t = %g; a drift must be finite", origin,
           isnan(*force) ? NAN : (double)*force, (int)axis + 1, point, (double)s->t);
}

/* Of a velocity that is a formula. */
static PetscErrorCode EvaluateVelocity(OttoGenerator s, const PetscReal x[], PetscInt axis,
                                       PetscReal *u)
{
  return OttoVelocityEvaluate(Data(s)->velocity, x, s->t, axis, OttoRatesError(s), u);
}

/* Drift and tilt, times `cold`, at a face where the mobility is M, and what a velocity that is a
 * formula comes to there, as a force. */
static PetscErrorCode EvaluateForce(OttoGenerator s, const PetscReal x[], PetscInt axis,
                                    const PetscReal *given, PetscReal M, PetscReal cold,
                                    PetscReal *force)
{
  const OttoVelocity velocity = Data(s)->velocity;
  PetscReal u = 0;

  PetscFunctionBegin;
  PetscCall(EvaluateDrift(s, x, axis, given, force));
  *force *= cold;
  if (!velocity || OttoVelocityIsHamiltonian(velocity) || !(M > 0)) PetscFunctionReturn(0);
  PetscCall(EvaluateVelocity(s, x, axis, &u));
  *force += u / M;
  PetscFunctionReturn(0);
}

/* The same at a face of one cell alone. */
static PetscErrorCode EvaluateForceOf(OttoGenerator s, const PetscReal x[], PetscInt axis,
                                      PetscInt64 cell, PetscReal *force)
{
  Vec cells = OttoDriftGetCells(Data(s)->drift, axis);
  const PetscReal M = MobilityOf(s, axis, cell), cold = ColdAt(s, cell);
  const PetscScalar *f = NULL;

  PetscFunctionBegin;
  if (cells) PetscCall(VecGetArrayRead(cells, &f));
  PetscErrorCode code = EvaluateForce(s, x, axis, f ? &f[cell] : NULL, M, cold, force);
  if (cells) PetscCall(VecRestoreArrayRead(cells, &f));
  PetscFunctionReturn(code);
}

static PetscReal MobilityAt(OttoGenerator s, PetscInt axis, PetscInt64 edge)
{
  return Data(s)->place ? Data(s)->place->face[axis][edge] : Data(s)->mobility[axis];
}

/* What the velocity adds to edge i, between open cells of these potentials: a flow Φ, relative to
 * both cells' exp(-V/T). Of a formula upwind alone: the rest is a force. */
static PetscErrorCode AddFlow(OttoGenerator s, const OttoEdges *e, PetscInt64 i,
                              const PetscReal V[2])
{
  const OttoVelocity velocity = Data(s)->velocity;
  const PetscInt axis = e->axis;
  const PetscInt64 edge = e->x + i;
  const PetscBool below = e->x >= s->g->local_cells ? PETSC_TRUE : PETSC_FALSE,
                  still = IsStill(s, axis);
  PetscReal x[OTTO_MAX_DIM], flow[2] = {0}, K[2] = {0}, u = 0;

  PetscFunctionBegin;
  if (still) s->force[axis][edge] = 0;
  if (OttoVelocityIsHamiltonian(velocity)) {
    const PetscInt64 cell = below ? e->y + i : edge;
    for (int k = 0; k < 2; k++)
      flow[k] = OttoVelocityFlow(velocity, cell, axis, below ? -1 : 1, V[k]);
    RatesOf(1, Of(s, axis, MobilityAt(s, axis, edge)), &s->work[axis][edge], &K[0], &K[1]);
  } else if (still) {
    OttoGeneratorFacePoint(s->g, edge, e->y + i, axis, x);
    PetscCall(EvaluateVelocity(s, x, axis, &u));
    flow[0] = flow[1] = u / s->g->h[axis];
  }
  OttoVelocityJoin(flow, K, &s->up[axis][edge], &s->down[axis][edge], &s->force[axis][edge]);
  if (s->up[axis][edge] + s->down[axis][edge] <= OTTO_MOST_RATE) PetscFunctionReturn(0);
  OttoFail(OttoRatesError(s), "%s: along axis %d it gives rates beyond 1e100",
           OttoVelocityIsHamiltonian(velocity) ? "velocity_type: hamiltonian" : "velocity_formula",
           (int)axis + 1);
}

static void FillEdges(const OttoEdges *e, void *context)
{
  Filling *fill = (Filling *)context;
  OttoGenerator s = fill->s;
  const PetscReal *vx = OttoSurroundedAt(&fill->V, e->x), *vy = OttoSurroundedAt(&fill->V, e->y),
                  h = s->g->h[e->axis];
  const PetscReal *ox = s->room ? OttoSurroundedAt(&fill->open, e->x) : NULL;
  const PetscReal *oy = s->room ? OttoSurroundedAt(&fill->open, e->y) : NULL;
  PetscReal *work = (s->driven ? s->work : s->force)[e->axis] + e->x,
            *force = s->force[e->axis] + e->x;
  PetscReal *up = s->up[e->axis] + e->x, *down = s->down[e->axis] + e->x;
  const OttoMobility place = Data(s)->place;
  const PetscReal *noise = place && place->force[e->axis] ? place->force[e->axis] + e->x : NULL;
  PetscReal x[OTTO_MAX_DIM], f = 0;
  const PetscBool given = OttoDriftGetCells(Data(s)->drift, e->axis) ? PETSC_TRUE : PETSC_FALSE;
  const PetscReal *fx = given ? OttoSurroundedAt(&fill->f[e->axis], e->x) : NULL;
  const PetscReal *fy = given ? OttoSurroundedAt(&fill->f[e->axis], e->y) : NULL;
  PetscBool flows = Data(s)->velocity ? PETSC_TRUE : PETSC_FALSE;

  for (PetscInt64 i = 0; i < e->n; i++) work[i] = (vx[i] - vy[i]) / s->T;
  for (PetscInt64 i = 0; s->driven && i < e->n && !fill->code; i++) {
    if (ox && !(ox[i] > 0 && oy[i] > 0)) continue; /* a drift may be anything inside a wall */
    OttoGeneratorFacePoint(s->g, e->x + i, e->y + i, e->axis, x);
    const PetscReal cold = Cold(fill, e->x + i, e->y + i);
    const PetscReal mean = given ? 0.5 * fx[i] + 0.5 * fy[i] : 0;
    fill->code = EvaluateForce(s, x, e->axis, given ? &mean : NULL,
                               MobilityAt(s, e->axis, e->x + i), cold, &f);
    force[i] = cold * work[i] + f * h / s->T + (noise ? noise[i] : 0);
  }
  for (PetscInt64 i = 0; ox && i < e->n; i++)
    if (!(ox[i] > 0 && oy[i] > 0)) work[i] = force[i] = 0;
  if (!fill->code) fill->code = OttoForcesCheck(s, e, work, force);
  RatesOf(e->n, place ? Of(s, e->axis, 1) : Coupling(s, e->axis), force, up, down);
  if (place) Multiply(e, place->face[e->axis] + e->x, up, down);
  for (PetscInt64 i = 0; flows && i < e->n && !fill->code; i++)
    if (!ox || (ox[i] > 0 && oy[i] > 0))
      fill->code = AddFlow(s, e, i, (PetscReal[2]){vx[i], vy[i]});
  for (PetscInt64 i = 0; ox && i < e->n; i++)
    if (!(ox[i] > 0 && oy[i] > 0)) up[i] = down[i] = 0;
}

/* A periodic axis of one cell: the loop from a cell round to itself, which no walk over edges sees
 * and which moves nothing, carries a current where there is a drift. */
static PetscErrorCode FillLoops(OttoGenerator s, const PetscReal open[])
{
  const OttoGridInfo *g = s->g;
  const PetscReal none = 0;
  PetscReal x[OTTO_MAX_DIM], f = 0;

  PetscFunctionBegin;
  for (PetscInt j = 0; s->driven && j < g->dim; j++) {
    PetscReal *force = s->force[j];
    if (!OttoAxisHasLoops(g, j)) continue;
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      force[c] = 0;
      if (open && !(open[c] > 0)) continue;
      OttoGeneratorFacePoint(g, c, c, j, x);
      PetscCall(EvaluateForceOf(s, x, j, c, &f));
      force[c] = f * g->h[j] / s->T;
      const OttoEdges loop = {j, 1, c, c};
      PetscCall(OttoForcesCheck(s, &loop, &none, &force[c]));
    }
  }
  PetscFunctionReturn(0);
}

/* Out of a cell by a face of the box that absorbs, where nothing diffuses or a flow goes along. */
static PetscErrorCode FaceFlow(OttoGenerator s, PetscInt64 cell, PetscInt axis, int side,
                               const PetscReal x[], PetscReal half, PetscReal *rate)
{
  const OttoVelocity velocity = Data(s)->velocity;
  PetscReal flow[2] = {0}, K[2] = {0}, u = 0, back = 0, force = 0;
  const PetscScalar *V;

  PetscFunctionBegin;
  if (!OttoVelocityIsHamiltonian(velocity)) {
    if (!IsStill(s, axis)) PetscFunctionReturn(0); /* a force */
    PetscCall(EvaluateVelocity(s, x, axis, &u));
    *rate = PetscMax(side * u, 0) / s->g->h[axis];
    PetscFunctionReturn(0);
  }
  PetscCall(VecGetArrayRead(s->V, &V));
  flow[0] = flow[1] = side * OttoVelocityFlow(velocity, cell, axis, side, V[cell]);
  PetscCall(VecRestoreArrayRead(s->V, &V));
  RatesOf(1, 2 * CouplingAt(s, axis, cell), &half, &K[0], &back);
  OttoVelocityJoin(flow, (PetscReal[2]){K[0], K[0]}, rate, &back, &force);
  PetscFunctionReturn(0);
}

static PetscErrorCode FaceRate(OttoGenerator s, PetscInt64 cell, PetscInt axis, int side,
                               PetscReal *rate)
{
  const OttoGridInfo *g = s->g;
  const PetscReal *noise = Data(s)->place ? Data(s)->place->force[axis] : NULL;
  PetscReal x[OTTO_MAX_DIM], f = 0, z = 0, half = 0, low, high;
  char point[160], origin[280];

  PetscFunctionBegin;
  if (g->n[axis] > 1) { /* half of the nearest inner edge, outwards */
    const PetscInt64 edge = side < 0 ? cell : OttoEdgesNeighbour(g, cell, axis, -1);
    half = 0.5 * side * s->rates.work[axis][edge];
    z = ColdAt(s, cell) * half + (noise ? 0.5 * side * noise[edge] : 0);
  }
  OttoGridCellCentre(g, cell, x);
  x[axis] = side < 0 ? g->lower[axis] : g->upper[axis];
  if (s->driven) {
    PetscCall(EvaluateForceOf(s, x, axis, cell, &f));
    z += side * f * g->h[axis] / (2 * s->T);
  }
  OttoBernoulli(fabs(z), &low, &high);
  *rate = 2 * CouplingAt(s, axis, cell) * (z > 0 ? high : low);
  if (Data(s)->velocity) PetscCall(FaceFlow(s, cell, axis, side, x, half, rate));
  if (*rate <= OTTO_MOST_RATE) PetscFunctionReturn(0);
  PetscCall(OttoForcesFormatOrigin(s, half, z, origin, sizeof origin));
  OttoGridFormatPoint(g->dim, x, point, sizeof point);
  OttoFail(OttoRatesError(s), "%s: at the absorbing face %s it gives rates beyond 1e100", origin,
           point);
}

/* Once V is +inf where cells are closed: D/T as a mobility, T that of the whole. */
static PetscErrorCode SetUpTemperature(OttoGenerator s)
{
  FokkerPlanck *data = Data(s);

  PetscFunctionBegin;
  if (!data->temperature) PetscFunctionReturn(0);
  PetscCall(OttoTemperatureCheck(s->grid, s->V, s->T, data->temperature));
  PetscCall(VecDuplicate(data->temperature, &data->warmth));
  PetscCall(VecCopy(data->temperature, data->warmth));
  PetscCall(VecScale(data->warmth, 1 / s->T));
  if (data->place) PetscFunctionReturn(0);
  data->even = PETSC_TRUE;
  PetscCall(OttoMobilityCreate(s->grid, &data->place));
  for (PetscInt j = 0; j < s->g->dim; j++)
    PetscCall(VecSet(data->place->given[j], data->mobility[j]));
  PetscFunctionReturn(0);
}

/* V at the time last set, finite; `open`. */
static PetscErrorCode EvaluatePotential(OttoGenerator s)
{
  PetscFunctionBegin;
  PetscCall(OttoPotentialEvaluate(Data(s)->potential, s->t, s->V));
  if (!s->is_setup) PetscCall(SetUpTemperature(s));
  const OttoMobility place = Data(s)->place;
  const PetscBool apart = Data(s)->velocity || Data(s)->warmth ? PETSC_TRUE : PETSC_FALSE;
  if (place && !s->is_setup)
    PetscCall(OttoMobilitySetUp(place, 0.5 * Data(s)->noise, apart, s->V, Data(s)->warmth));
  if (place) PetscCall(OttoMobilityAddBias(place, 1, s->T, s->V));
  PetscCall(OttoGeneratorFindClosed(s));
  PetscCall(OttoVelocityFollow(Data(s)->velocity, s->T, s->V, s->room));
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
  if (s->room) PetscCall(VecGetArrayRead(s->room, &open));
  PetscCall(OttoHaloSurround(s->halo, V, &fill.V));
  if (open) PetscCall(OttoHaloSurround(s->halo, open, &fill.open));
  if (Data(s)->warmth) PetscCall(OttoFieldSurround(s->halo, Data(s)->warmth, &fill.warmth));
  for (PetscInt j = 0; j < g->dim; j++)
    if (OttoDriftGetCells(drift, j))
      PetscCall(OttoFieldSurround(s->halo, OttoDriftGetCells(drift, j), &fill.f[j]));
  OttoEdgesWalk(g, PETSC_TRUE, FillEdges, &fill);
  for (PetscInt j = g->dim - 1; j >= 0; j--)
    if (OttoDriftGetCells(drift, j))
      PetscCall(OttoFieldRelease(s->halo, OttoDriftGetCells(drift, j), &fill.f[j]));
  if (!fill.code) fill.code = FillLoops(s, open);
  for (PetscInt j = 0; j < g->dim && !fill.code; j++)
    if (IsStill(s, j))
      fill.code = OttoVelocityCheckWalls(Data(s)->velocity, j, s->t, open ? &fill.open : NULL,
                                         OttoRatesError(s));
  if (s->absorbs && !fill.code) fill.code = OttoGeneratorFillKilled(s, open);
  if (Data(s)->warmth) PetscCall(OttoFieldRelease(s->halo, Data(s)->warmth, &fill.warmth));
  PetscCall(OttoHaloRelease(s->halo, &fill.open));
  PetscCall(OttoHaloRelease(s->halo, &fill.V));
  PetscCall(VecRestoreArrayRead(s->V, &V));
  PetscCall(OttoFaultVec("potential", s->V));
  PetscErrorCode code = OttoAgree(g->comm, fill.code);
  if (open) PetscCall(VecRestoreArrayRead(s->room, &open));
  PetscFunctionReturn(code);
}

static PetscErrorCode SetUp(OttoGenerator s)
{
  FokkerPlanck *data = Data(s);

  PetscFunctionBegin;
  if (!data->potential) PetscCall(OttoPotentialCreate(s->grid, s->T, &data->potential));
  if (!data->drift) PetscCall(OttoDriftCreate(s->grid, &data->drift));
  PetscCall(EvaluatePotential(s));
  PetscCall(OttoCouplingsCheck(s));
  const PetscBool forced = OttoDriftExists(data->drift) || OttoPotentialMayTilt(data->potential) ||
                                   OttoMobilityDrives(data->place) || data->warmth
                               ? PETSC_TRUE
                               : PETSC_FALSE;
  s->driven = forced || data->velocity ? PETSC_TRUE : PETSC_FALSE;
  s->stirred = OttoVelocityIsHamiltonian(data->velocity);
  s->keeps = s->stirred && !forced ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

static size_t Bytes(OttoGenerator s)
{
  const size_t warmth = Data(s)->warmth ? 2 * (size_t)s->g->local_cells * sizeof(PetscReal) : 0;

  return OttoMobilityBytes(Data(s)->place) + OttoVelocityBytes(Data(s)->velocity) + warmth;
}

static PetscBool Moves(OttoGenerator s)
{
  return OttoPotentialIsTimeDependent(Data(s)->potential) ||
         OttoDriftIsTimeDependent(Data(s)->drift) || OttoVelocityMoves(Data(s)->velocity);
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
