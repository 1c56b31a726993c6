#include "potential_impl.h"
#include <otto/formula.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
  const char *name, *key, *parameters, *formula, *source;
  OttoPotentialFill fill;
} Member;

static const Member members[] = {
#define OTTO_POTENTIAL(name, key, parameters, formula, source)                                     \
  {#name, key, parameters, formula, source, OttoPotentialFill_##name},
#include "potential.def"
#undef OTTO_POTENTIAL
};

static const char *const names[] = {
#define OTTO_POTENTIAL(name, key, parameters, formula, source) #name,
#include "potential.def"
#undef OTTO_POTENTIAL
    NULL};

struct _n_OttoPotential {
  OttoGrid grid;
  const Member *member;
  PetscReal T;
  Vec given;                           /* in place of the member's values, or NULL */
  PetscBool time_dependent, evaluated; /* evaluated: finite at one time at least */
};

PetscErrorCode OttoPotentialCreate(OttoGrid grid, PetscReal temperature, OttoPotential *potential)
{
  OttoPotential s;
  PetscInt index = 0;

  PetscFunctionBegin;
  *potential = NULL;
  PetscCall(OttoOptionsGetChoice(NULL, "potential_type", names, &index, NULL));
  PetscCall(PetscNew(&s));
  *potential = s;
  s->grid = grid;
  s->member = &members[index];
  s->T = temperature;
  if (!strcmp(s->member->name, "formula")) {
    const char *text = NULL;
    OttoFormula formula;
    PetscCall(OttoOptionsGetText(NULL, "potential_formula", &text));
    OttoCheckInput(text && *text, "potential_formula: missing; give a formula of the coordinates");
    PetscCall(OttoFormulaCreate("potential_formula", text, OttoGridGetInfo(grid)->dim, 1,
                                PETSC_TRUE, &formula));
    s->time_dependent = OttoFormulaUsesTime(formula);
    PetscCall(OttoFormulaDestroy(&formula));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPotentialDestroy(OttoPotential *potential)
{
  PetscFunctionBegin;
  if (*potential) PetscCall(VecDestroy(&(*potential)->given));
  PetscCall(PetscFree(*potential));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPotentialGetSpring(const OttoGridInfo *g, PetscReal k[], PetscReal c[])
{
  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) {
    k[j] = 1;
    c[j] = 0;
  }
  PetscCall(OttoOptionsGetAxisReals(NULL, "potential_stiffness", g->dim, k, NULL));
  PetscCall(OttoOptionsGetAxisReals(NULL, "potential_center", g->dim, c, NULL));
  PetscFunctionReturn(0);
}

/* What to name in a message about values: the member's own option where it was given. */
static PetscErrorCode FormatOrigin(const Member *member, char text[], size_t size)
{
  const char *given = NULL;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetText(NULL, member->key, &given));
  if (given)
    snprintf(text, size, "%s: '%.200s'", member->key, given);
  else
    snprintf(text, size, "potential_type: '%s'", member->name);
  PetscFunctionReturn(0);
}

/* Refuses the first cell that is not finite. */
static PetscErrorCode CheckCells(OttoPotential s, PetscReal t, const PetscReal values[])
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal x[OTTO_MAX_DIM];
    char point[160], origin[280];
    if (isfinite(values[c])) continue;
    PetscCall(FormatOrigin(s->member, origin, sizeof origin));
    OttoGridCellCentre(g, c, x);
    OttoGridFormatPoint(g->dim, x, point, sizeof point);
    OttoFail(s->evaluated ? OTTO_ERR_NUMERICAL : OTTO_ERR_INPUT,
             "%s gives %g at %s, t = %g; a potential must be finite", origin,
             isnan(values[c]) ? NAN : (double)values[c], point, (double)t);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPotentialEvaluate(OttoPotential s, PetscReal t, Vec V)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(s->given ? VecCopy(s->given, V) : VecZeroEntries(V));
  PetscCall(VecGetArray(V, &values));
  PetscErrorCode code = s->given ? 0 : s->member->fill(s->grid, s->T, t, values);
  if (!code) code = OttoAgree(g->comm, CheckCells(s, t, values));
  PetscCall(VecRestoreArray(V, &values));
  if (!code) s->evaluated = PETSC_TRUE;
  PetscFunctionReturn(code);
}

PetscBool OttoPotentialIsOnGrid(OttoPotential s)
{
  return !strcmp(s->member->name, "file") ? PETSC_TRUE : PETSC_FALSE;
}

PetscErrorCode OttoPotentialSetValues(OttoPotential s, Vec V)
{
  PetscFunctionBegin;
  PetscCall(PetscObjectReference((PetscObject)V));
  PetscCall(VecDestroy(&s->given));
  s->given = V;
  PetscFunctionReturn(0);
}

const char *OttoPotentialGetType(OttoPotential s)
{
  return s->member->name;
}

PetscBool OttoPotentialIsTimeDependent(OttoPotential s)
{
  return s->time_dependent;
}

PetscErrorCode OttoPotentialList(MPI_Comm comm)
{
  PetscFunctionBegin;
  for (int i = 0; names[i]; i++)
    PetscCall(PetscPrintf(comm, "  %-18s %-22s %s (%s)\n", members[i].name, members[i].parameters,
                          members[i].formula, members[i].source));
  PetscFunctionReturn(0);
}
