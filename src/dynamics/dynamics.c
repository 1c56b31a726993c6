/* Dynamical systems by name: what they have in common (MATHEMATICS 13.1). */
#include "dynamics_impl.h"
#include <otto/options.h>

static const OttoMember members[] = {
#define OTTO_MEMBER(name, Ops, ...) OTTO_MEMBER_LINE(name, __VA_ARGS__)
#include "dynamics.def"
#undef OTTO_MEMBER
};

static const OttoDynamicsOps *const ops[] = {
#define OTTO_MEMBER(name, Ops, ...) &OttoDynamicsOps_##Ops,
#include "dynamics.def"
#undef OTTO_MEMBER
};

const OttoFamily OttoDynamicsFamily = {"dynamics", "dynamics_type", "dynamics_type",
                                       (PetscInt)(sizeof members / sizeof members[0]), members};

/* ---- life ---- */

static PetscErrorCode CheckAxes(OttoDynamics d)
{
  const OttoDynamicsOps *o = d->ops;
  const PetscInt dim = d->g->dim;

  PetscFunctionBegin;
  OttoCheckInput(dim <= DIM, "grid_n: %d axes; dynamical systems have 1 to %d", (int)dim, DIM);
  for (PetscInt j = 0; j < dim; j++)
    OttoCheckInput(!OttoBoundaryAbsorbs(d->g->boundary[j], 0),
                   "grid_boundary: absorbing on axis %s; dynamical systems know periodic, no_flux "
                   "and open axes",
                   d->g->name[j]);
  if (o->least == o->most)
    OttoCheckInput(dim == o->least, "dynamics_type: %s has %d axes; grid_n has %d", d->type,
                   (int)o->least, (int)dim);
  OttoCheckInput(dim >= o->least && dim <= o->most,
                 "dynamics_type: %s has %d to %d axes; grid_n has %d", d->type, (int)o->least,
                 (int)o->most, (int)dim);
  PetscFunctionReturn(0);
}

static PetscErrorCode Make(OttoDynamics d)
{
  PetscFunctionBegin;
  PetscCall(CheckAxes(d));
  d->autonomous = d->invertible = PETSC_TRUE;
  d->keeps_volume = d->ops->keeps_volume;
  PetscCall(d->ops->read(d));
  PetscCall(OttoDynamicsTry(d));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDynamicsCreate(OttoGrid grid, OttoDynamics *dynamics)
{
  const char *names[OTTO_FAMILY_MAX + 1];
  char all[240];
  PetscInt index = 0;
  PetscBool set;
  OttoDynamics d;

  PetscFunctionBegin;
  *dynamics = NULL;
  OttoNeedGrid(grid);
  PetscCall(OttoFamilyChoose(&OttoDynamicsFamily, NULL, &index, &set));
  OttoFamilyNames(&OttoDynamicsFamily, names);
  OttoJoinNames(names, ", ", all, sizeof all);
  OttoCheckInput(set, "dynamics_type: missing; one of %s", all);
  PetscCall(PetscNew(&d));
  d->ops = ops[index];
  d->type = members[index].name;
  d->grid = grid;
  d->g = OttoGridGetInfo(grid);
  PetscErrorCode code = Make(d);
  if (code) PetscCall(OttoDynamicsDestroy(&d));
  *dynamics = d;
  PetscFunctionReturn(code);
}

PetscErrorCode OttoDynamicsDestroy(OttoDynamics *dynamics)
{
  PetscFunctionBegin;
  if (!*dynamics) PetscFunctionReturn(0);
  if ((*dynamics)->ops->destroy) PetscCall((*dynamics)->ops->destroy(*dynamics));
  PetscCall(PetscFree(*dynamics));
  PetscFunctionReturn(0);
}

/* ---- what it is ---- */

const char *OttoDynamicsGetType(OttoDynamics d)
{
  return d->type;
}

OttoGrid OttoDynamicsGetGrid(OttoDynamics d)
{
  return d->grid;
}

PetscBool OttoDynamicsIsMap(OttoDynamics d)
{
  return d->ops->map;
}

PetscBool OttoDynamicsIsAutonomous(OttoDynamics d)
{
  return d->autonomous;
}

PetscBool OttoDynamicsKeepsVolume(OttoDynamics d)
{
  return d->keeps_volume;
}

const char *OttoDynamicsGetSingularity(OttoDynamics d)
{
  return d->ops->singularity;
}

PetscBool OttoDynamicsIsInvertible(OttoDynamics d)
{
  return d->invertible;
}

PetscReal OttoDynamicsGetStart(OttoDynamics d)
{
  return d->ops->map ? 0 : d->start;
}

size_t OttoDynamicsBytes(OttoDynamics d)
{
  return sizeof *d + (d->ops->bytes ? d->ops->bytes(d) : 0);
}

/* Both figures of all ranks, and of the run that was taken over. */
static PetscErrorCode Differences(OttoDynamics d, PetscReal both[2])
{
  PetscFunctionBegin;
  both[0] = both[1] = 0;
  if (d->ops->derivative_error) PetscCall(d->ops->derivative_error(d, &both[0], &both[1]));
  for (int i = 0; i < 2; i++) both[i] = PetscMax(both[i], d->erred[i]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, both, 2, MPIU_REAL, MPIU_MAX, d->g->comm));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDynamicsDerivativeError(OttoDynamics d, PetscReal *error)
{
  PetscReal both[2];

  PetscFunctionBegin;
  PetscCall(Differences(d, both));
  *error = both[0];
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDynamicsLogJacobianError(OttoDynamics d, PetscReal t, PetscReal *error)
{
  PetscReal both[2];

  PetscFunctionBegin;
  PetscCall(Differences(d, both));
  *error = (PetscReal)d->g->dim * both[1] * fabs(t);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDynamicsKeep(OttoDynamics d, OttoKeep keep)
{
  PetscReal both[2];

  PetscFunctionBegin;
  PetscCall(Differences(d, both));
  PetscCall(OttoKeepReals(keep, "derivative_error", 2, both));
  if (OttoKeepTakes(keep)) PetscCall(PetscArraycpy(d->erred, both, 2));
  PetscFunctionReturn(0);
}
