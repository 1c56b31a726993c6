/* Chains made of another's rates, as that had them without its targets: the same, and the
 * time-reversed one. Of the latter a part θ of an edge to a target is left by √(Q Q') (1 - θ)/θ +
 * π_y Q_yx/π_x by the rule of all chains, which is the reverse of what leaves the target by its
 * end: with that a state of no volume, the chain so made is the reversed one as a whole. */
#include "generator_related.h"
#include "generator_impl.h"

typedef struct {
  OttoGenerator of;
  OttoRelated which;
  Vec log_pi; /* NULL: V is that of `of` */
} Related;

static Related *Data(OttoGenerator s)
{
  return (Related *)s->data;
}

static PetscErrorCode Destroy(OttoGenerator s)
{
  PetscFunctionBegin;
  PetscCall(VecDestroy(&Data(s)->log_pi));
  PetscCall(PetscFree(s->data));
  PetscFunctionReturn(0);
}

/* V = -T log π; in closed cells the largest of the others. */
static PetscErrorCode TakePotential(OttoGenerator s)
{
  PetscReal largest = -INFINITY;
  const PetscScalar *logs;
  PetscScalar *V;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(Data(s)->log_pi, &logs));
  PetscCall(VecGetArray(s->V, &V));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    if (logs[c] > -INFINITY) largest = PetscMax(largest, V[c] = -s->T * logs[c]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPIU_REAL, MPIU_MAX, s->g->comm));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    if (!(logs[c] > -INFINITY)) V[c] = largest;
  PetscCall(VecRestoreArray(s->V, &V));
  PetscCall(VecRestoreArrayRead(Data(s)->log_pi, &logs));
  PetscFunctionReturn(0);
}

static PetscErrorCode SetUp(OttoGenerator s)
{
  OttoGenerator of = Data(s)->of;

  PetscFunctionBegin;
  s->T = of->T;
  s->t = of->t;
  s->driven = of->driven;
  s->one_way = of->one_way;
  s->keeps = of->keeps && !of->absorbs ? PETSC_TRUE : PETSC_FALSE; /* V is -T log π or as it was */
  if (Data(s)->log_pi)
    PetscCall(TakePotential(s));
  else
    PetscCall(VecCopy(of->V, s->V));
  s->swift = of->swift; /* its targets end where the other's do */
  for (PetscInt j = 0; j < s->g->dim; j++) {
    s->end[j] = of->end[j];
    if (s->end[j]) PetscCall(PetscObjectReference((PetscObject)s->end[j]));
  }
  s->room = of->room;
  if (s->room) PetscCall(PetscObjectReference((PetscObject)s->room));
  PetscFunctionReturn(0);
}

typedef struct {
  OttoGenerator s;
  OttoSurrounded log_pi;
} Turning;

/* Rates of edges that lead somewhere, from those copied, and what of z is V's. */
static void Turn(const OttoEdges *e, void *context)
{
  Turning *t = (Turning *)context;
  const PetscBool reversed = Data(t->s)->which == OTTO_RELATED_REVERSED ? PETSC_TRUE : PETSC_FALSE;
  const PetscReal *lx = OttoSurroundedAt(&t->log_pi, e->x),
                  *ly = OttoSurroundedAt(&t->log_pi, e->y);
  PetscReal *up = t->s->up[e->axis] + e->x, *down = t->s->down[e->axis] + e->x;
  PetscReal *force = t->s->force[e->axis] + e->x;
  PetscReal *work = t->s->driven ? t->s->work[e->axis] + e->x : NULL;

  for (PetscInt64 i = 0; i < e->n; i++) {
    if (!(up[i] > 0 || down[i] > 0)) continue;
    const PetscReal rise = ly[i] - lx[i];
    if (work) work[i] = rise;
    if (!reversed) continue;
    const PetscReal log_up = OttoLogRate(down[i], up[i], -force[i]) + rise;
    const PetscReal log_down = OttoLogRate(up[i], down[i], force[i]) - rise;
    up[i] = exp(log_up);
    down[i] = exp(log_down);
    force[i] = 2 * rise - force[i];
  }
}

static PetscErrorCode Copy(OttoGenerator s, OttoGenerator of)
{
  const size_t own = (size_t)s->g->local_cells, edges = own + (size_t)OttoEdgesLowerGhosts(s->g);

  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->g->dim; j++) {
    const size_t size = OttoHaloServes(s->g, j) ? edges : own;
    PetscCall(PetscArraycpy(s->up[j], of->up[j], size));
    PetscCall(PetscArraycpy(s->down[j], of->down[j], size));
    PetscCall(PetscArraycpy(s->force[j], of->force[j], size));
    if (s->driven) PetscCall(PetscArraycpy(s->work[j], of->work[j], size));
    for (size_t c = 0;
         Data(s)->which == OTTO_RELATED_REVERSED && OttoAxisHasLoops(s->g, j) && c < own; c++)
      s->force[j][c] = -s->force[j][c];
  }
  if (!s->absorbs) PetscFunctionReturn(0);
  s->losses = of->losses;
  PetscCall(PetscArraycpy(s->loss, of->loss, (size_t)of->losses));
  PetscCall(PetscArraycpy(s->killed, of->killed, own));
  PetscFunctionReturn(0);
}

static PetscErrorCode Fill(OttoGenerator s)
{
  OttoGenerator of = Data(s)->of;
  Turning t = {.s = s};
  const PetscScalar *logs;

  PetscFunctionBegin;
  PetscCall(of->ops->fill(of)); /* as without targets */
  PetscCall(OttoGeneratorConduct(of));
  PetscCall(Copy(s, of));
  PetscCall(OttoGeneratorTakeTargets(of));
  if (!Data(s)->log_pi) PetscFunctionReturn(0);
  PetscCall(VecGetArrayRead(Data(s)->log_pi, &logs));
  PetscCall(OttoHaloSurround(s->halo, logs, &t.log_pi));
  OttoEdgesWalk(s->g, PETSC_TRUE, Turn, &t);
  PetscCall(OttoHaloRelease(s->halo, &t.log_pi));
  PetscCall(VecRestoreArrayRead(Data(s)->log_pi, &logs));
  PetscFunctionReturn(0);
}

static PetscBool Moves(OttoGenerator s)
{
  (void)s;
  return PETSC_FALSE;
}

static PetscReal Coupling(OttoGenerator s, PetscInt axis)
{
  return OttoGeneratorCoupling(Data(s)->of, axis);
}

static void CouplingRange(OttoGenerator s, PetscInt axis, PetscReal range[2])
{
  OttoGeneratorCouplingRange(Data(s)->of, axis, range);
}

static PetscReal CouplingAt(OttoGenerator s, PetscInt axis, PetscInt64 cell)
{
  return OttoGeneratorCouplingAt(Data(s)->of, axis, cell);
}

static const OttoGeneratorOps related_ops = {.name = "related",
                                             .setup = SetUp,
                                             .moves = Moves,
                                             .fill = Fill,
                                             .coupling = Coupling,
                                             .coupling_range = CouplingRange,
                                             .coupling_at = CouplingAt,
                                             .destroy = Destroy};

PetscErrorCode OttoGeneratorCreateRelated(OttoGenerator of, OttoRelated which, PetscBool faces,
                                          Vec log_pi, OttoGenerator *related)
{
  OttoGenerator s;
  Related *data;

  PetscFunctionBegin;
  PetscCall(OttoGeneratorCreate(of->grid, &s));
  *related = s;
  PetscCall(s->ops->destroy(s));
  PetscCall(PetscNew(&data));
  s->ops = &related_ops;
  s->data = data;
  data->of = of;
  data->which = which;
  data->log_pi = log_pi;
  if (log_pi) PetscCall(PetscObjectReference((PetscObject)log_pi));
  s->absorbs = s->absorbs && faces ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(OttoGeneratorSetUp(s));
  PetscFunctionReturn(0);
}
