#include "potential_impl.h"
#include <math.h>

static const OttoMember members[] = {
#define OTTO_MEMBER(name, Ops, ...) OTTO_MEMBER_LINE(name, __VA_ARGS__)
#include "potential.def"
#undef OTTO_MEMBER
};

static const OttoPotentialOps *const ops[] = {
#define OTTO_MEMBER(name, Ops, ...) &OttoPotentialOps_##Ops,
#include "potential.def"
#undef OTTO_MEMBER
};

const OttoFamily OttoPotentialFamily = {"potential", "potential_type", "potential_type",
                                        (PetscInt)(sizeof members / sizeof members[0]), members};

PetscErrorCode OttoPotentialCreate(OttoGrid grid, PetscReal temperature, OttoPotential *potential)
{
  OttoPotential s;
  PetscInt index = 0;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  *potential = NULL;
  PetscCall(OttoFamilyChoose(&OttoPotentialFamily, NULL, &index, NULL));
  PetscCall(PetscNew(&s));
  *potential = s;
  s->grid = grid;
  s->type = members[index].name;
  s->ops = ops[index];
  s->T = temperature;
  PetscCall(OttoPotentialGetSeam(&s->seam));
  OttoCheckInput(s->seam != OTTO_SEAM_IMAGE || s->ops->traits & OTTO_POTENTIAL_IMAGES,
                 "potential_seam: image needs a potential with a centre, quadratic or double_well; "
                 "potential_type is %s",
                 s->type);
  if (s->ops->moves) PetscCall(s->ops->moves(grid, &s->time_dependent));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPotentialDestroy(OttoPotential *potential)
{
  PetscFunctionBegin;
  if (!*potential) PetscFunctionReturn(0);
  PetscCall(VecDestroy(&(*potential)->mask));
  PetscCall(VecDestroy(&(*potential)->given));
  PetscCall(PetscFree(*potential));
  PetscFunctionReturn(0);
}

/* Refuses the first cell that is neither finite nor closed (mask: NULL, or not 0 there, whatever a
 * file holds in such cells). */
static PetscErrorCode CheckCells(OttoPotential s, PetscReal t, const PetscReal values[],
                                 const PetscReal mask[])
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);

  PetscFunctionBegin;
  const PetscBool closes =
      s->given || s->ops->traits & OTTO_POTENTIAL_CLOSES ? PETSC_TRUE : PETSC_FALSE;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal x[OTTO_MAX_DIM];
    char point[160], origin[280];
    if (isfinite(values[c]) || (closes && values[c] > 0) || (mask && mask[c] != 0)) continue;
    PetscCall(OttoPotentialFormatOrigin(s, origin, sizeof origin));
    OttoGridCellCentre(g, c, x);
    OttoGridFormatPoint(g->dim, x, point, sizeof point);
    OttoFail(s->evaluated ? OTTO_ERR_NUMERICAL : OTTO_ERR_INPUT,
             "%s gives %g at %s, t = %g; a potential must be finite%s", origin,
             isnan(values[c]) ? NAN : (double)values[c], point, (double)t,
             closes ? ", or inf where a cell is closed" : "");
  }
  PetscFunctionReturn(0);
}

/* V as it is given, closed cells at +inf; `check`: all others must be finite. */
static PetscErrorCode Fill(OttoPotential s, PetscReal t, PetscBool check, PetscReal values[])
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const PetscScalar *mask = NULL;

  PetscFunctionBegin;
  if (!s->given) {
    s->input = (OttoInput){0};
    PetscCall(s->ops->fill(s->grid, s->T, t, values, &s->input));
    if (!s->mask) PetscCall(OttoPotentialReadMask(s));
  }
  if (s->mask) PetscCall(VecGetArrayRead(s->mask, &mask));
  PetscErrorCode code = check ? OttoAgree(g->comm, CheckCells(s, t, values, mask)) : 0;
  for (PetscInt64 c = 0; mask && c < g->local_cells; c++)
    if (mask[c] != 0) values[c] = INFINITY;
  if (s->mask) PetscCall(VecRestoreArrayRead(s->mask, &mask));
  PetscFunctionReturn(code);
}

PetscErrorCode OttoPotentialEvaluate(OttoPotential s, PetscReal t, Vec V)
{
  PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(s->given ? VecCopy(s->given, V) : VecZeroEntries(V));
  PetscCall(VecGetArray(V, &values));
  PetscErrorCode code = Fill(s, t, PETSC_TRUE, values);
  if (!code && !s->given) code = OttoPotentialMendSeams(s, t, values);
  PetscCall(VecRestoreArray(V, &values));
  if (!code) s->evaluated = PETSC_TRUE;
  PetscFunctionReturn(code);
}

PetscErrorCode OttoPotentialPeek(OttoPotential s, PetscReal t, Vec V)
{
  PetscReal tilt[OTTO_MAX_DIM];
  PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(tilt, s->tilt, OTTO_MAX_DIM));
  PetscCall(s->given ? VecCopy(s->given, V) : VecZeroEntries(V));
  PetscCall(VecGetArray(V, &values));
  PetscErrorCode code = Fill(s, t, PETSC_FALSE, values), refused = 0;
  if (!code && !s->given && s->seam == OTTO_SEAM_DRIFT)
    refused = OttoPotentialMendSeams(s, t, values);
  PetscCall(VecRestoreArray(V, &values));
  PetscCall(PetscArraycpy(s->tilt, tilt, OTTO_MAX_DIM));
  if (refused == OTTO_ERR_INPUT || refused == OTTO_ERR_NUMERICAL) {
    OttoErrorClear();
    PetscCall(VecSet(V, NAN));
    refused = 0;
  }
  PetscFunctionReturn(code ? code : refused);
}

const PetscReal *OttoPotentialGetTilt(OttoPotential s)
{
  return s->tilt;
}

const OttoInput *OttoPotentialGetInput(OttoPotential s)
{
  return &s->input;
}

const char *OttoPotentialGetType(OttoPotential s)
{
  return s->type;
}

PetscBool OttoPotentialIsOnGrid(OttoPotential s)
{
  const char *mask = NULL;

  if (OttoOptionsGetText(NULL, "potential_mask", &mask)) mask = NULL;
  return mask || s->ops->traits & OTTO_POTENTIAL_ON_GRID ? PETSC_TRUE : PETSC_FALSE;
}

PetscBool OttoPotentialHasWalls(OttoPotential s)
{
  const int traits = OTTO_POTENTIAL_POINTWISE | OTTO_POTENTIAL_CLOSES;

  return !s->given && (s->ops->traits & traits) == traits ? PETSC_TRUE : PETSC_FALSE;
}

PetscErrorCode OttoPotentialSetValues(OttoPotential s, Vec V, const PetscReal tilt[])
{
  PetscFunctionBegin;
  PetscCall(PetscObjectReference((PetscObject)V));
  PetscCall(VecDestroy(&s->given));
  s->given = V;
  for (PetscInt j = 0; j < OttoGridGetInfo(s->grid)->dim; j++) s->tilt[j] = tilt ? tilt[j] : 0;
  PetscFunctionReturn(0);
}

PetscBool OttoPotentialMayTilt(OttoPotential s)
{
  PetscBool tilted =
      s->seam == OTTO_SEAM_DRIFT && s->time_dependent && !s->given ? PETSC_TRUE : PETSC_FALSE;

  for (PetscInt j = 0; j < OTTO_MAX_DIM; j++)
    if (s->tilt[j] != 0) tilted = PETSC_TRUE;
  return tilted;
}

PetscBool OttoPotentialIsTimeDependent(OttoPotential s)
{
  return s->time_dependent;
}
