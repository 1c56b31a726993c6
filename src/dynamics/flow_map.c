#include "flow_map_impl.h"
#include "core/fault.h"
#include <otto/options.h>
#include <math.h>

/* ---- life ---- */

static PetscErrorCode Allocate(OttoFlowMap map, PetscInt64 count, PetscBool derivative)
{
  const PetscInt dim = map->dim;

  PetscFunctionBegin;
  map->count = count;
  for (PetscInt j = 0; j < dim; j++) PetscCall(PetscMalloc1(count, &map->x[j]));
  for (PetscInt i = 0; derivative && i < dim * dim; i++) {
    PetscCall(PetscMalloc1(count, &map->derivative[i]));
    for (PetscInt64 p = 0; p < count; p++) map->derivative[i][p] = i % (dim + 1) == 0;
  }
  PetscCall(PetscCalloc1(count, &map->log_jacobian));
  PetscCall(PetscCalloc1(count, &map->lost));
  PetscFunctionReturn(0);
}

/* Lines of so many points each, every one cut into batches as equal as whole vectors allow. Points
 * of two lines never share steps: what they do does not depend on how lines are dealt to ranks. */
static PetscErrorCode MakeBatches(OttoFlowMap map, PetscInt64 line)
{
  const PetscInt64 width = OTTO_BATCH(map->dim);
  const PetscInt64 parts = (line + width - 1) / width;
  const PetscInt64 part = parts ? ((line + parts - 1) / parts + 7) / 8 * 8 : 1;
  PetscInt64 b = 0;

  PetscFunctionBegin;
  map->batches = line ? map->count / line * ((line + part - 1) / part) : 0;
  PetscCall(PetscMalloc1(map->batches + 1, &map->first));
  PetscCall(PetscCalloc1(map->batches, &map->h));
  for (PetscInt64 from = 0; line && from < map->count; from += line)
    for (PetscInt64 p = 0; p < line; p += part) map->first[b++] = from + p;
  map->first[map->batches] = map->count;
  PetscFunctionReturn(0);
}

static PetscErrorCode Begin(OttoDynamics dynamics, PetscInt64 count, PetscReal t,
                            PetscBool derivative, OttoFlowMap *created)
{
  const OttoGridInfo *g = dynamics->g;
  OttoFlowMap map;

  PetscFunctionBegin;
  PetscCall(PetscNew(&map));
  *created = map;
  map->dynamics = dynamics;
  map->dim = g->dim;
  map->t = t;
  map->tolerance = 1e-10;
  map->least_steps = 1;
  PetscCall(OttoOptionsGetReal(NULL, "dynamics_tolerance", 1e-14, 1e-1, &map->tolerance, NULL));
  map->ends = (PetscBool)(dynamics->ops->is_lost != NULL);
  for (PetscInt j = 0; j < g->dim; j++)
    map->ends = (PetscBool)(map->ends || g->boundary[j] == OTTO_BOUNDARY_NO_FLUX);
  PetscCall(Allocate(map, count, derivative));
  PetscCall(OttoDormandPrinceCreate(dynamics, derivative, &map->batch));
  PetscFunctionReturn(0);
}

/* Who is lost before anything has moved. */
static PetscErrorCode LoseFirst(OttoFlowMap map)
{
  const PetscInt64 most = 1 << 20;

  PetscFunctionBegin;
  for (PetscInt64 p = 0; p < map->count; p += most) {
    const PetscReal *x[DIM];
    for (PetscInt j = 0; j < map->dim; j++) x[j] = map->x[j] + p;
    PetscCall(OttoDynamicsIsLost(map->dynamics, (PetscInt)PetscMin(most, map->count - p), x,
                                 map->lost + p));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowMapCreate(OttoDynamics dynamics, PetscInt64 count,
                                 const PetscReal *const x[], PetscReal t, PetscBool derivative,
                                 OttoFlowMap *map)
{
  PetscErrorCode code;

  PetscFunctionBegin;
  *map = NULL;
  code = Begin(dynamics, count, t, derivative, map);
  if (code) PetscCall(OttoFlowMapDestroy(map));
  PetscCall(OttoAgree(dynamics->g->comm, code));
  for (PetscInt j = 0; j < (*map)->dim; j++) PetscCall(PetscArraycpy((*map)->x[j], x[j], count));
  PetscCall(MakeBatches(*map, count));
  PetscCall(LoseFirst(*map));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowMapCreateCells(OttoDynamics dynamics, OttoGrid grid, PetscReal t,
                                      PetscBool derivative, OttoFlowMap *map)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscErrorCode code;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  *map = NULL;
  code = Begin(dynamics, g->local_cells, t, derivative, map);
  if (code) PetscCall(OttoFlowMapDestroy(map));
  PetscCall(OttoAgree(g->comm, code));
  (*map)->grid = grid;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal centre[OTTO_MAX_DIM];
    OttoGridCellCentre(g, c, centre);
    for (PetscInt j = 0; j < g->dim; j++) (*map)->x[j][c] = centre[j];
  }
  PetscCall(MakeBatches(*map, g->local_cells ? g->local[g->dim - 1] : 0));
  PetscCall(LoseFirst(*map));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowMapDestroy(OttoFlowMap *map)
{
  PetscFunctionBegin;
  if (!*map) PetscFunctionReturn(0);
  for (PetscInt j = 0; j < DIM; j++) PetscCall(PetscFree((*map)->x[j]));
  for (PetscInt i = 0; i < DIM * DIM; i++) PetscCall(PetscFree((*map)->derivative[i]));
  PetscCall(PetscFree((*map)->log_jacobian));
  PetscCall(PetscFree((*map)->lost));
  PetscCall(PetscFree((*map)->first));
  PetscCall(PetscFree((*map)->h));
  PetscCall(OttoDormandPrinceDestroy(&(*map)->batch));
  PetscCall(PetscFree(*map));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowMapSetTolerance(OttoFlowMap map, PetscReal tolerance)
{
  PetscFunctionBegin;
  OttoCheckInput(tolerance >= 1e-14 && tolerance <= 1e-1,
                 "dynamics_tolerance %g: an error per unit time, 1e-14 to 0.1", tolerance);
  map->tolerance = tolerance;
  for (PetscInt64 b = 0; b < map->batches; b++) map->h[b] = 0;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowMapSetLeastSteps(OttoFlowMap map, PetscInt steps)
{
  PetscFunctionBegin;
  OttoCheckInput(steps >= 1, "%d steps to a time: 1 at least", (int)steps);
  map->least_steps = steps;
  PetscFunctionReturn(0);
}

/* ---- carrying ---- */

static PetscErrorCode FlowTo(OttoFlowMap map, PetscReal until)
{
  PetscFunctionBegin;
  for (PetscInt64 b = 0; b < map->batches; b++) PetscCall(OttoFlowMapFlow(map, b, map->t, until));
  PetscFunctionReturn(0);
}

static PetscErrorCode IterateTo(OttoFlowMap map, PetscReal t)
{
  const int step = t > map->t ? 1 : -1;
  const PetscInt64 iterates = (PetscInt64)fabs(t - map->t);

  PetscFunctionBegin;
  for (PetscInt64 b = 0; b < map->batches; b++)
    for (PetscInt64 i = 0; i < iterates; i++) PetscCall(OttoFlowMapIterate(map, b, step));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowMapAdvance(OttoFlowMap map, PetscReal t)
{
  const MPI_Comm comm = map->dynamics->g->comm;

  PetscFunctionBegin;
  OttoCheckInput(!PetscIsInfOrNanReal(t), "dynamics_times %g: a time must be finite", t);
  if (OttoDynamicsIsMap(map->dynamics)) {
    OttoCheckInput(t == rint(t), "dynamics_times %g: iterates of %s are counted by whole numbers",
                   t, OttoDynamicsGetType(map->dynamics));
    PetscErrorCode code = IterateTo(map, t);
    PetscCall(OttoAgree(comm, code));
    map->t = t;
  }
  while (map->t != t) {
    PetscReal until = t;
    PetscErrorCode code;
    PetscCall(OttoDynamicsPrepare(map->dynamics, map->t, t, &until));
    code = FlowTo(map, until);
    PetscCall(OttoAgree(comm, code));
    map->t = until;
  }
  OttoFault("position", map->count, map->x[0]);
  if (map->batch->derivative) OttoFault("derivative", map->count, map->derivative[0]);
  PetscFunctionReturn(0);
}

/* ---- asking ---- */

PetscReal OttoFlowMapGetTime(OttoFlowMap map)
{
  return map->t;
}
OttoDynamics OttoFlowMapGetDynamics(OttoFlowMap map)
{
  return map->dynamics;
}
PetscInt64 OttoFlowMapGetCount(OttoFlowMap map)
{
  return map->count;
}
const PetscReal *const *OttoFlowMapGetPositions(OttoFlowMap map)
{
  return (const PetscReal *const *)map->x;
}
const PetscReal *const *OttoFlowMapGetDerivative(OttoFlowMap map)
{
  return map->batch->derivative ? (const PetscReal *const *)map->derivative : NULL;
}
const PetscReal *OttoFlowMapGetLogJacobian(OttoFlowMap map)
{
  return map->log_jacobian;
}
const PetscBool *OttoFlowMapGetLost(OttoFlowMap map)
{
  return map->lost;
}

/* a d - b c, right to an ulp or two (Kahan; Jeannerod, Louvet and Muller 2013). */
static PetscReal Difference(PetscReal a, PetscReal d, PetscReal b, PetscReal c)
{
  const PetscReal product = b * c;
  return fma(a, d, -product) + fma(-b, c, product);
}

static PetscReal Determinant(OttoFlowMap map, PetscInt64 p)
{
  PetscReal m[DIM * DIM];

  for (PetscInt i = 0; i < map->dim * map->dim; i++) m[i] = map->derivative[i][p];
  if (map->dim == 1) return m[0];
  if (map->dim == 2) return Difference(m[0], m[3], m[1], m[2]);
  return m[0] * Difference(m[4], m[8], m[5], m[7]) - m[1] * Difference(m[3], m[8], m[5], m[6]) +
         m[2] * Difference(m[3], m[7], m[4], m[6]);
}

PetscErrorCode OttoFlowMapGetReport(OttoFlowMap map, OttoFlowMapReport *report)
{
  const MPI_Comm comm = map->dynamics->g->comm;
  PetscInt64 sums[5] = {map->count, 0, map->steps, map->rejected, map->batch->evaluations};
  PetscReal worst = 0;

  PetscFunctionBegin;
  for (PetscInt64 p = 0; p < map->count; p++) {
    sums[1] += map->lost[p];
    if (map->lost[p] || !map->batch->derivative) continue;
    const PetscReal off = fabs(Determinant(map, p) * exp(-map->log_jacobian[p]) - 1);
    /* DΦ may turn an area over (Hénon's b > 0, say) */
    const PetscReal other = fabs(-Determinant(map, p) * exp(-map->log_jacobian[p]) - 1);
    const PetscReal error = PetscMin(off, other);
    worst = error == error ? PetscMax(worst, error) : INFINITY;
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sums, 5, MPIU_INT64, MPI_SUM, comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &worst, 1, MPIU_REAL, MPI_MAX, comm));
  *report = (OttoFlowMapReport){.points = sums[0],
                                .lost = sums[1],
                                .steps = sums[2],
                                .rejected = sums[3],
                                .evaluations = sums[4],
                                .determinant = worst};
  PetscFunctionReturn(0);
}

static PetscErrorCode KeepArray(OttoFlowMap map, OttoKeep keep, const char *name, PetscInt i,
                                PetscReal *values)
{
  Vec v;
  char numbered[32];

  PetscFunctionBegin;
  snprintf(numbered, sizeof numbered, "%s_%d", name, (int)i);
  PetscCall(VecCreateMPIWithArray(map->dynamics->g->comm, 1, (PetscInt)map->count, PETSC_DETERMINE,
                                  values, &v));
  if (map->grid) PetscCall(OttoFieldSetBox(map->grid, 1, v));
  PetscCall(OttoKeepVec(keep, numbered, v));
  PetscCall(VecDestroy(&v));
  PetscFunctionReturn(0);
}

/* Of every point the step of its batch: other ranks may batch them otherwise, and take the least.
 */
static PetscErrorCode KeepSteps(OttoFlowMap map, OttoKeep keep, PetscReal room[])
{
  PetscFunctionBegin;
  for (PetscInt64 b = 0; b < map->batches; b++)
    for (PetscInt64 p = map->first[b]; p < map->first[b + 1]; p++) room[p] = map->h[b];
  PetscCall(KeepArray(map, keep, "step", 0, room));
  for (PetscInt64 b = 0; b < map->batches; b++) {
    map->h[b] = room[map->first[b]];
    for (PetscInt64 p = map->first[b]; p < map->first[b + 1]; p++)
      if (fabs(room[p]) < fabs(map->h[b])) map->h[b] = room[p];
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowMapKeep(OttoFlowMap map, OttoKeep keep)
{
  const MPI_Comm comm = map->dynamics->g->comm;
  PetscInt64 sums[3] = {map->steps, map->rejected, map->batch->evaluations};
  PetscMPIInt rank;
  PetscReal *lost; /* and room for others */

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sums, 3, MPIU_INT64, MPI_SUM, comm));
  PetscCall(OttoKeepReal(keep, "t", &map->t));
  PetscCall(OttoKeepInts(keep, "took", 3, sums));
  for (PetscInt c = 0; c < map->batch->components; c++)
    PetscCall(KeepArray(map, keep, "state", c, OttoFlowMapState(map, c)));
  PetscCall(PetscMalloc1(map->count, &lost));
  PetscCall(KeepSteps(map, keep, lost));
  for (PetscInt64 p = 0; p < map->count; p++) lost[p] = map->lost[p];
  PetscCall(KeepArray(map, keep, "lost", 0, lost));
  for (PetscInt64 p = 0; p < map->count; p++) map->lost[p] = (PetscBool)(lost[p] != 0);
  PetscCall(PetscFree(lost));
  if (OttoKeepTakes(keep)) { /* what all ranks did is from now on what the first did */
    map->steps = rank ? 0 : sums[0];
    map->rejected = rank ? 0 : sums[1];
    map->batch->evaluations = rank ? 0 : sums[2];
  }
  PetscFunctionReturn(0);
}

size_t OttoFlowMapBytes(OttoFlowMap map)
{
  const size_t reals = (size_t)map->batch->components;

  return sizeof *map + OttoDormandPrinceBytes(map->batch) +
         (size_t)map->count * (reals * sizeof(PetscReal) + sizeof(PetscBool)) +
         (size_t)map->batches * (sizeof(PetscInt64) + sizeof(PetscReal));
}
