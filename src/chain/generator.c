#include "generator_impl.h"
#include "core/fault.h"
#include <math.h>

static const OttoMember members[] = {
#define OTTO_MEMBER(name, Ops, ...) OTTO_MEMBER_LINE(name, __VA_ARGS__)
#include "generator.def"
#undef OTTO_MEMBER
};

static const OttoGeneratorOps *const types[] = {
#define OTTO_MEMBER(name, Ops, ...) &OttoGeneratorOps_##Ops,
#include "generator.def"
#undef OTTO_MEMBER
};

const OttoFamily OttoGeneratorFamily = {"generator", "Markov generators", NULL,
                                        (PetscInt)(sizeof members / sizeof members[0]), members};

/* Becomes one of type `index`. */
static PetscErrorCode Take(OttoGenerator s, PetscInt index)
{
  PetscFunctionBegin;
  s->ops = types[index];
  PetscCall(s->ops->create(s));
  PetscFunctionReturn(0);
}

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
  for (PetscInt j = 0; j < g->dim; j++)
    if (OttoBoundaryAbsorbs(g->boundary[j], 0)) s->absorbs = PETSC_TRUE;
  PetscCall(Take(s, 0));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorSetType(OttoGenerator s, const char *type)
{
  PetscInt index = 0;

  PetscFunctionBegin;
  PetscCheck(!s->is_setup, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONGSTATE, "the generator is set up");
  PetscCall(OttoFamilyFind(&OttoGeneratorFamily, type, &index));
  if (types[index] == s->ops) PetscFunctionReturn(0);
  PetscCall(s->ops->destroy(s));
  PetscCall(Take(s, index));
  PetscFunctionReturn(0);
}

const char *OttoGeneratorGetType(OttoGenerator s)
{
  return s->ops->name;
}

PetscErrorCode OttoGeneratorDestroy(OttoGenerator *generator)
{
  OttoGenerator s = *generator;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  PetscCall(s->ops->destroy(s));
  PetscCall(VecDestroy(&s->V));
  PetscCall(VecDestroy(&s->room));
  PetscCall(VecDestroy(&s->open));
  PetscCall(VecDestroy(&s->label));
  PetscCall(PetscFree(s->component));
  for (PetscInt j = 0; j < DIM; j++) {
    PetscCall(VecDestroy(&s->end[j]));
    PetscCall(VecDestroy(&s->conduction[j]));
    PetscCall(PetscFree(s->up[j]));
    PetscCall(PetscFree(s->down[j]));
    PetscCall(PetscFree(s->force[j]));
    PetscCall(PetscFree(s->work[j]));
  }
  PetscCall(PetscFree(s->killed));
  PetscCall(PetscFree(s->loss));
  PetscCall(PetscFree(s->leave));
  PetscCall(PetscFree(*generator));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorSetFromOptions(OttoGenerator s)
{
  PetscFunctionBegin;
  PetscCall(s->ops->set_from_options(s));
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

/* All rates at the time last set. */
static PetscErrorCode Fill(OttoGenerator s)
{
  PetscFunctionBegin;
  const PetscErrorCode code = s->ops->fill(s);
  PetscCall(OttoGeneratorConduct(s));
  PetscCall(OttoGeneratorTakeTargets(s));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) s->leave[c] = s->killed ? s->killed[c] : 0;
  OttoEdgesWalk(s->g, PETSC_TRUE, AddLeave, s);
  s->rates.losses = s->losses;
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
  PetscCall(PetscCalloc1(own, &s->leave));
  s->rates.leave = s->leave;
  PetscFunctionReturn(0);
}

/* Room for what is absorbed, by faces of the box and `more` of targets. */
static PetscErrorCode AllocateLosses(OttoGenerator s, PetscInt64 more)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(s->killed));
  PetscCall(PetscFree(s->loss));
  s->losses = 0;
  if (OttoGeneratorIsAbsorbing(s)) {
    PetscCall(PetscCalloc1(s->g->local_cells, &s->killed));
    PetscCall(PetscMalloc1(OttoGeneratorAbsorbingFaces(s->g) + more, &s->loss));
  }
  s->rates.killed = s->killed;
  s->rates.loss = s->loss;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorFollowTargets(OttoGenerator s)
{
  PetscInt64 faces = 0;

  PetscFunctionBegin;
  PetscCall(OttoGeneratorFindOpen(s));
  PetscCall(OttoGeneratorTargetFaces(s, &faces));
  PetscCall(OttoAgree(s->g->comm, AllocateLosses(s, faces)));
  PetscCall(OttoGeneratorFindComponents(s));
  PetscCall(Fill(s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorSetTargets(OttoGenerator s, PetscInt count, Vec label)
{
  PetscFunctionBegin;
  if (label) PetscCall(OttoGeneratorCheckLabels(s, count, label));
  PetscCall(VecDestroy(&s->label));
  s->targets = label ? count : 0;
  if (label) PetscCall(VecDuplicate(label, &s->label));
  if (label) PetscCall(VecCopy(label, s->label));
  if (s->is_setup) PetscCall(OttoGeneratorFollowTargets(s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorSetTargetEnds(OttoGenerator s, const Vec end[], PetscBool swift)
{
  PetscFunctionBegin;
  s->swift = swift;
  for (PetscInt j = 0; j < s->g->dim; j++) {
    if (end) PetscCall(PetscObjectReference((PetscObject)end[j]));
    PetscCall(VecDestroy(&s->end[j]));
    if (end) s->end[j] = end[j];
  }
  if (s->is_setup) PetscCall(OttoGeneratorFollowTargets(s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorSetConduction(OttoGenerator s, const Vec factor[])
{
  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->g->dim; j++) {
    if (factor) PetscCall(PetscObjectReference((PetscObject)factor[j]));
    PetscCall(VecDestroy(&s->conduction[j]));
    if (factor) s->conduction[j] = factor[j];
  }
  if (s->is_setup) PetscCall(OttoGeneratorFollowTargets(s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorSetUp(OttoGenerator s)
{
  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(s->grid, &s->V));
  PetscCall(s->ops->setup(s));
  PetscCall(OttoGridGetHalo(s->grid, 1, &s->halo));
  PetscCall(OttoAgree(s->g->comm, Allocate(s)));
  PetscCall(OttoGeneratorFollowTargets(s));
  s->is_setup = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorSetTime(OttoGenerator s, PetscReal t)
{
  PetscFunctionBegin;
  OttoNeedGenerator(s);
  if (t == s->t || !OttoGeneratorIsTimeDependent(s)) PetscFunctionReturn(0);
  s->t = t;
  PetscErrorCode code = s->ops->move(s);
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
  return s->ops->coupling(s, axis);
}
void OttoGeneratorCouplingRange(OttoGenerator s, PetscInt axis, PetscReal range[2])
{
  range[0] = range[1] = s->ops->coupling(s, axis);
  if (s->ops->coupling_range) s->ops->coupling_range(s, axis, range);
}
PetscReal OttoGeneratorCouplingAt(OttoGenerator s, PetscInt axis, PetscInt64 cell)
{
  return s->ops->coupling_at ? s->ops->coupling_at(s, axis, cell) : s->ops->coupling(s, axis);
}
Vec OttoGeneratorGetPotential(OttoGenerator s)
{
  return s->V;
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
PetscBool OttoGeneratorIsConservative(OttoGenerator s)
{
  return s->driven ? PETSC_FALSE : PETSC_TRUE;
}
PetscBool OttoGeneratorKeepsGibbs(OttoGenerator s)
{
  return !s->driven || s->keeps ? PETSC_TRUE : PETSC_FALSE;
}
PetscBool OttoGeneratorIsOneWay(OttoGenerator s)
{
  return s->one_way;
}
PetscBool OttoGeneratorIsTimeDependent(OttoGenerator s)
{
  return s->ops->moves(s);
}
PetscBool OttoGeneratorIsAbsorbing(OttoGenerator s)
{
  return s->absorbs || s->targets ? PETSC_TRUE : PETSC_FALSE;
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

PetscErrorCode OttoGeneratorLargestSpeed(OttoGenerator s, PetscReal largest[])
{
  PetscFunctionBegin;
  OttoNeedGenerator(s);
  for (PetscInt j = 0; j < s->g->dim; j++) {
    const PetscReal *up = s->up[j], *down = s->down[j];
    largest[j] = 0;
    for (PetscInt64 c = 0; s->g->n[j] > 1 && c < s->g->local_cells; c++) {
      const PetscReal drift = fabs(s->rates.force[j][c] - s->rates.work[j][c]);
      const PetscReal rate = isfinite(drift) ? OttoGeneratorCouplingAt(s, j, c) * drift
                                             : up[c] + down[c]; /* one of them is 0 */
      largest[j] = PetscMax(largest[j], s->g->h[j] * rate);
    }
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, largest, (PetscMPIInt)s->g->dim, MPIU_REAL, MPIU_MAX,
                             s->g->comm));
  PetscFunctionReturn(0);
}

PetscBool OttoGeneratorHasLoops(OttoGenerator s, PetscInt axis)
{
  return OttoAxisHasLoops(s->g, axis);
}

PetscErrorCode OttoGeneratorSteepness(OttoGenerator s, PetscReal *peclet, PetscReal *step)
{
  PetscReal most[2] = {0, 0};

  PetscFunctionBegin;
  OttoNeedGenerator(s);
  for (PetscInt j = 0; j < s->g->dim; j++)
    for (PetscInt64 c = 0; s->g->n[j] > 1 && c < s->g->local_cells; c++) {
      const PetscReal force = fabs((s->stirred ? s->rates.work : s->rates.force)[j][c]);
      if (isfinite(force)) most[0] = PetscMax(most[0], force);
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
  const size_t arrays = s->driven ? 4 : 3, fields = OttoGeneratorIsAbsorbing(s) ? 3 : 2;

  const size_t mask = s->open ? own * (sizeof(PetscReal) + sizeof(PetscInt)) : 0;
  const size_t more = mask + (s->ops->bytes ? s->ops->bytes(s) : 0);

  return ((arrays * (size_t)s->g->dim + fields) * own + (arrays + 1) * ghosts) * sizeof(PetscReal) +
         more;
}
