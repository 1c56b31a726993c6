/* One density under one dynamical system on one grid. */
#include "case.h"
#include "core/fault.h"
#include <math.h>
#include <string.h>

const char *const OttoPushes[] = {"exact", "interpolation", "remap", NULL};

/* In the order in which auto asks them. */
const char *const OttoConvectiveKernels[] = {"gaussian_exact", "spectral", "lattice_exact",
                                             "lattice", NULL};
enum { GAUSSIAN, SPECTRAL, LATTICE_EXACT, LATTICE };

#define RESOLVED_SIGMA                                                                             \
  1.5                   /* cells: gaussian_exact's quadrature is spectrally accurate from here on */
#define LEAST_SIGMA 0.1 /* cells: less smoothing than that is none to this grid */

static PetscReal Widest(const OttoGridInfo *g)
{
  PetscReal h = 0;

  for (PetscInt j = 0; j < g->dim; j++)
    if (g->n[j] > 1) h = PetscMax(h, g->h[j]);
  return h;
}

/* Kernels by transforms want no open axis; auto takes lattice only by name. */
static void Serve(OttoConvectiveCase *c)
{
  const OttoGridInfo *g = OttoGridGetInfo(c->grid);
  const PetscReal h = Widest(g);
  PetscBool transforms = PETSC_TRUE;

  for (PetscInt j = 0; j < g->dim; j++)
    if (g->boundary[j] == OTTO_BOUNDARY_OPEN) transforms = PETSC_FALSE;
  for (int i = 0; i < OTTO_CONVECTIVE_KERNELS; i++) {
    const PetscReal sigma = (i == GAUSSIAN ? RESOLVED_SIGMA : LEAST_SIGMA) * h;
    c->first[i] = 0.5 * sigma * sigma;
    if ((i == SPECTRAL || i == LATTICE) && !transforms) c->first[i] = INFINITY;
    if (c->settings.kernel < 0 ? i == LATTICE : i != c->settings.kernel) c->first[i] = INFINITY;
  }
}

PetscErrorCode OttoConvectiveCaseCreate(OttoGrid grid, Vec phi, OttoDensityFunction function,
                                        const OttoConvectiveSettings *settings,
                                        OttoConvectiveCase *c)
{
  PetscFunctionBegin;
  c->grid = grid;
  c->settings = *settings;
  c->function = function;
  c->c.phi = phi;
  PetscCall(OttoDynamicsCreate(grid, &c->dynamics));
  PetscCall(VecDuplicate(phi, &c->c.pushed));
  PetscCall(VecDuplicate(phi, &c->c.log_jacobian));
  if (function) {
    PetscCall(VecDuplicate(phi, &c->c.log_phi));
    PetscCall(VecDuplicate(phi, &c->c.log_pushed));
  }
  Serve(c);
  PetscFunctionReturn(0);
}

static PetscErrorCode ForgetSources(OttoConvectiveCase *c)
{
  PetscFunctionBegin;
  for (int i = 0; i < OTTO_CONVECTIVE_KERNELS; i++)
    PetscCall(OttoConvectiveHeatDestroy(&c->sources[i]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveCaseDestroy(OttoConvectiveCase *c)
{
  PetscFunctionBegin;
  PetscCall(ForgetSources(c));
  for (int i = 0; i < OTTO_CONVECTIVE_KERNELS; i++)
    if (c->heat[i]) PetscCall(OttoHeatDestroy(&c->heat[i]));
  PetscCall(OttoFlowMapDestroy(&c->forward));
  PetscCall(OttoFlowMapDestroy(&c->back));
  PetscCall(OttoDensityFunctionDestroy(&c->function));
  PetscCall(VecDestroy(&c->c.phi));
  PetscCall(VecDestroy(&c->c.log_phi));
  PetscCall(VecDestroy(&c->c.pushed));
  PetscCall(VecDestroy(&c->c.log_pushed));
  PetscCall(VecDestroy(&c->c.log_jacobian));
  PetscCall(OttoDynamicsDestroy(&c->dynamics));
  PetscFunctionReturn(0);
}

/* log φ at the cells' centres, where φ is a function: finite where φ underflows. */
static PetscErrorCode Logarithms(OttoConvectiveCase *c)
{
  PetscScalar *log_phi;

  PetscFunctionBegin;
  PetscCall(VecGetArray(c->c.log_phi, &log_phi));
  PetscErrorCode code =
      OttoDensityFunctionEvaluate(c->function, OttoFlowMapGetCount(c->forward),
                                  OttoFlowMapGetPositions(c->forward), NULL, log_phi);
  PetscCall(VecRestoreArray(c->c.log_phi, &log_phi));
  PetscCall(OttoAgree(OttoGridGetInfo(c->grid)->comm, code));
  PetscFunctionReturn(0);
}

static PetscErrorCode MakeMap(OttoConvectiveCase *c, PetscReal t, OttoFlowMap *map)
{
  PetscFunctionBegin;
  PetscCall(OttoFlowMapCreateCells(c->dynamics, c->grid, t, PETSC_TRUE, map));
  PetscCall(OttoFlowMapSetTolerance(*map, c->settings.tolerance));
  PetscCall(OttoFlowMapSetLeastSteps(*map, c->settings.steps));
  PetscFunctionReturn(0);
}

/* The maps that are carried on from time to time, at the start. */
static PetscErrorCode Begin(OttoConvectiveCase *c)
{
  const PetscReal start = OttoDynamicsGetStart(c->dynamics);

  PetscFunctionBegin;
  if (!c->forward) {
    PetscCall(MakeMap(c, start, &c->forward));
    if (c->function) PetscCall(Logarithms(c));
  }
  if (!c->back && OttoDynamicsIsAutonomous(c->dynamics) && OttoDynamicsIsInvertible(c->dynamics))
    PetscCall(MakeMap(c, start, &c->back));
  PetscFunctionReturn(0);
}

/* The cells' centres, where they were at the start. What is the same at all times is carried on
 * from sample to sample. */
static PetscErrorCode GoBack(OttoConvectiveCase *c, PetscReal t)
{
  const PetscReal start = OttoDynamicsGetStart(c->dynamics);

  PetscFunctionBegin;
  if (!OttoDynamicsIsInvertible(c->dynamics)) PetscFunctionReturn(0);
  if (OttoDynamicsIsAutonomous(c->dynamics)) {
    PetscCall(OttoFlowMapAdvance(c->back, start - t));
    PetscFunctionReturn(0);
  }
  PetscCall(OttoFlowMapDestroy(&c->back));
  PetscCall(MakeMap(c, start + t, &c->back));
  PetscCall(OttoFlowMapAdvance(c->back, start));
  PetscFunctionReturn(0);
}

/* Of the tests: ψ in one cell, and all of it. */
static PetscErrorCode Faults(OttoConvectiveCase *c)
{
  PetscReal factor = 1;

  PetscFunctionBegin;
  PetscCall(OttoFaultVec("p", c->c.pushed));
  OttoFault("pushed", 1, &factor);
  if (factor == 1) PetscFunctionReturn(0);
  PetscCall(VecScale(c->c.pushed, factor));
  if (c->c.log_pushed) PetscCall(VecShift(c->c.log_pushed, log(factor)));
  c->pushed.mass *= factor;
  PetscFunctionReturn(0);
}

static PetscErrorCode Push(OttoConvectiveCase *c, PetscReal t)
{
  const PetscReal start = OttoDynamicsGetStart(c->dynamics);

  PetscFunctionBegin;
  switch (c->settings.push) {
  case OTTO_PUSH_EXACT:
    PetscCall(OttoPushForwardExact(c->grid, c->function, c->back, c->c.pushed, c->c.log_pushed,
                                   &c->pushed));
    break;
  case OTTO_PUSH_INTERPOLATION:
    PetscCall(OttoPushForwardInterpolate(c->grid, c->c.phi, c->back, c->c.pushed, &c->pushed));
    break;
  default:
    PetscCall(OttoPushForwardRemap(c->grid, c->c.phi, c->dynamics, start, start + t,
                                   c->settings.parts, c->settings.tolerance, c->settings.steps,
                                   c->c.pushed, &c->pushed));
  }
  PetscCall(Faults(c));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveCaseAdvance(OttoConvectiveCase *c, PetscReal t)
{
  PetscScalar *log_jacobian;

  PetscFunctionBegin;
  PetscCall(ForgetSources(c));
  PetscCall(Begin(c));
  PetscCall(OttoFlowMapAdvance(c->forward, OttoDynamicsGetStart(c->dynamics) + t));
  PetscCall(GoBack(c, t));
  PetscCall(Push(c, t));
  PetscCall(VecGetArray(c->c.log_jacobian, &log_jacobian));
  PetscCall(PetscArraycpy(log_jacobian, OttoFlowMapGetLogJacobian(c->forward),
                          OttoFlowMapGetCount(c->forward)));
  PetscCall(VecRestoreArray(c->c.log_jacobian, &log_jacobian));
  c->c.derivative = OttoFlowMapGetDerivative(c->forward);
  c->c.lost = OttoFlowMapGetLost(c->forward);
  c->t = t;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveCaseTake(OttoConvectiveCase *c, OttoConvectiveTime *time)
{
  const PetscScalar *phi;

  PetscFunctionBegin;
  memset(time, 0, sizeof *time);
  time->t = c->t;
  time->pushed = c->pushed;
  time->limit = time->limit_error = NAN;
  PetscCall(OttoConvectiveStartCompute(c->grid, &c->c, &time->start));
  PetscCall(OttoConvectiveResolve(c->grid, &c->c, &time->resolution));
  PetscCall(VecGetArrayRead(c->c.phi, &phi));
  PetscCall(OttoStretchingCompute(c->forward, c->t, phi, NULL, NULL, NULL, &time->stretching));
  PetscCall(VecRestoreArrayRead(c->c.phi, &phi));
  PetscCall(OttoFlowMapGetReport(c->forward, &time->forward));
  c->smooth = time->resolution.tail <= OTTO_CONVECTIVE_TAIL ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* The kernel of K_s: the first that serves; by transforms, of its own, smooth data alone. */
static int Kernel(const OttoConvectiveCase *c, PetscReal s)
{
  for (int i = 0; i < OTTO_CONVECTIVE_KERNELS; i++)
    if (s >= c->first[i] && (i != SPECTRAL || c->smooth || c->settings.kernel == SPECTRAL))
      return i;
  return -1;
}

PetscBool OttoConvectiveCaseServes(const OttoConvectiveCase *c, PetscReal s, PetscReal *least)
{
  *least = INFINITY;
  for (int i = 0; i < OTTO_CONVECTIVE_KERNELS; i++) *least = PetscMin(*least, c->first[i]);
  return Kernel(c, s) >= 0 ? PETSC_TRUE : PETSC_FALSE;
}

static PetscErrorCode Prepare(OttoConvectiveCase *c, int i)
{
  PetscFunctionBegin;
  if (!c->heat[i]) {
    PetscCall(OttoHeatCreate(c->grid, &c->heat[i]));
    PetscCall(OttoHeatSetType(c->heat[i], OttoConvectiveKernels[i]));
    PetscCall(OttoHeatSetUp(c->heat[i]));
  }
  if (!c->sources[i])
    PetscCall(OttoConvectiveHeatCreate(c->grid, c->heat[i], &c->c, &c->sources[i]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveCaseAt(OttoConvectiveCase *c, PetscReal s,
                                    OttoConvectiveEntropy *entropy, const char **kernel)
{
  const int i = Kernel(c, s);

  PetscFunctionBegin;
  OttoCheckInput(i >= 0, "smoothing_times: %g is below what the grid resolves", (double)s);
  PetscCall(Prepare(c, i));
  PetscCall(OttoConvectiveAt(c->sources[i], s, entropy));
  if (kernel) *kernel = OttoConvectiveKernels[i];
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveCaseLimit(OttoConvectiveCase *c, OttoConvectiveTime *time)
{
  const int i = isfinite(c->first[SPECTRAL]) && c->smooth ? SPECTRAL : Kernel(c, INFINITY);

  PetscFunctionBegin;
  PetscCall(Prepare(c, i));
  PetscCall(OttoConvectiveLimit(c->sources[i], &time->limit, &time->limit_error));
  PetscFunctionReturn(0);
}

/* This rank's share of the round trip. */
static PetscErrorCode Farthest(const OttoGridInfo *g, OttoFlowMap map, const PetscReal *const x[],
                               PetscReal *error)
{
  const PetscReal *const *y = OttoFlowMapGetPositions(map);
  const PetscBool *lost = OttoFlowMapGetLost(map);

  PetscFunctionBegin;
  *error = 0;
  for (PetscInt64 i = 0; i < OttoFlowMapGetCount(map); i++) {
    for (PetscInt j = 0; j < g->dim && !lost[i]; j++) {
      const PetscReal side = g->upper[j] - g->lower[j];
      PetscReal apart = (y[j][i] - x[j][i]) / side;
      if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC) apart -= round(apart);
      apart = fabs(apart);
      *error = isnan(apart) ? INFINITY : PetscMax(*error, apart);
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveCaseRoundTrip(OttoConvectiveCase *c, PetscInt64 count,
                                           PetscReal *error)
{
  const OttoGridInfo *g = OttoGridGetInfo(c->grid);
  const PetscReal start = OttoDynamicsGetStart(c->dynamics);
  const PetscInt64 every = PetscMax((PetscInt64)1, g->local_cells / count),
                   points = (g->local_cells + every - 1) / every;
  PetscReal *x[OTTO_DYNAMICS_MAX_DIM] = {NULL}, centre[OTTO_MAX_DIM], worst;
  OttoFlowMap map;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) PetscCall(PetscMalloc1(points, &x[j]));
  for (PetscInt64 i = 0; i < points; i++) {
    OttoGridCellCentre(g, i * every, centre);
    for (PetscInt j = 0; j < g->dim; j++) x[j][i] = centre[j];
  }
  PetscCall(OttoFlowMapCreate(c->dynamics, points, (const PetscReal *const *)x, start, PETSC_FALSE,
                              &map));
  PetscCall(OttoFlowMapSetTolerance(map, c->settings.tolerance));
  PetscCall(OttoFlowMapAdvance(map, start + c->t));
  PetscCall(OttoFlowMapAdvance(map, start));
  PetscCall(Farthest(g, map, (const PetscReal *const *)x, &worst));
  PetscCallMPI(MPI_Allreduce(&worst, error, 1, MPIU_REAL, MPI_MAX, g->comm));
  PetscCall(OttoFlowMapDestroy(&map));
  for (PetscInt j = 0; j < g->dim; j++) PetscCall(PetscFree(x[j]));
  PetscFunctionReturn(0);
}

static PetscErrorCode KeepMap(OttoFlowMap map, const char *name, OttoKeep keep)
{
  PetscFunctionBegin;
  if (!map) PetscFunctionReturn(0);
  PetscCall(OttoKeepBegin(keep, name, -1));
  PetscCall(OttoFlowMapKeep(map, keep));
  PetscCall(OttoKeepEnd(keep));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveCaseKeep(OttoConvectiveCase *c, OttoKeep keep)
{
  const PetscBool steady = OttoDynamicsIsAutonomous(c->dynamics);

  PetscFunctionBegin;
  PetscCall(Begin(c));
  PetscCall(OttoKeepReal(keep, "t", &c->t));
  PetscCall(OttoDynamicsKeep(c->dynamics, keep));
  PetscCall(KeepMap(c->forward, "forward", keep));
  PetscCall(KeepMap(steady ? c->back : NULL, "back", keep));
  if (!OttoKeepTakes(keep)) PetscFunctionReturn(0);
  PetscCall(ForgetSources(c));
  for (int i = 0; i < OTTO_CONVECTIVE_KERNELS; i++)
    if (c->heat[i]) PetscCall(OttoHeatDestroy(&c->heat[i]));
  if (!steady) PetscCall(OttoFlowMapDestroy(&c->back));
  PetscFunctionReturn(0);
}
