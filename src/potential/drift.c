#include <otto/formula.h>
#include <otto/options.h>
#include <otto/potential.h>
#include <math.h>

/* Every drift is affine, f(x) = constant + matrix (x - center), or a formula. */
struct _n_OttoDrift {
  const OttoGridInfo *g;
  PetscInt type;
  PetscReal constant[OTTO_MAX_DIM], center[OTTO_MAX_DIM], matrix[OTTO_MAX_DIM][OTTO_MAX_DIM];
  OttoFormula formula; /* NULL: affine */
};

typedef struct {
  const char *name, *parameters, *formula, *source;
  PetscErrorCode (*set_up)(OttoDrift); /* reads the parameters into a drift of zeros */
} Member;

static PetscErrorCode SetUp_none(OttoDrift s)
{
  PetscFunctionBegin;
  (void)s;
  PetscFunctionReturn(0);
}

static PetscErrorCode SetUp_constant(OttoDrift s)
{
  PetscBool set;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetAxisReals(NULL, "drift_force", s->g->dim, s->constant, &set));
  OttoCheckInput(set, "drift_force: missing; give the force, one number an axis");
  PetscFunctionReturn(0);
}

/* drift_rate and drift_center of a flow in the plane of the first two axes. */
static PetscErrorCode GetPlanar(OttoDrift s, const char *name, PetscReal *rate)
{
  PetscBool set;

  PetscFunctionBegin;
  OttoCheckInput(s->g->dim >= 2, "drift_type: %s needs 2 or 3 axes; grid_n has 1", name);
  PetscCall(OttoOptionsGetReal(NULL, "drift_rate", -INFINITY, INFINITY, rate, &set));
  OttoCheckInput(set, "drift_rate: missing; give the rate of the %s", name);
  PetscCall(OttoOptionsGetAxisReals(NULL, "drift_center", s->g->dim, s->center, NULL));
  PetscFunctionReturn(0);
}

static PetscErrorCode SetUp_rotation(OttoDrift s)
{
  PetscReal rate = 0;

  PetscFunctionBegin;
  PetscCall(GetPlanar(s, "rotation", &rate));
  s->matrix[0][1] = -rate;
  s->matrix[1][0] = rate;
  PetscFunctionReturn(0);
}

static PetscErrorCode SetUp_shear(OttoDrift s)
{
  PetscFunctionBegin;
  PetscCall(GetPlanar(s, "shear", &s->matrix[0][1]));
  PetscFunctionReturn(0);
}

static PetscErrorCode SetUp_formula(OttoDrift s)
{
  const char *text = NULL;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetText(NULL, "drift_formula", &text));
  OttoCheckInput(text && *text, "drift_formula: missing; give %d component%s", (int)s->g->dim,
                 s->g->dim > 1 ? "s" : "");
  PetscCall(
      OttoFormulaCreate("drift_formula", text, s->g->dim, s->g->dim, PETSC_TRUE, &s->formula));
  PetscFunctionReturn(0);
}

static const Member members[] = {
#define OTTO_DRIFT(name, parameters, formula, source)                                              \
  {#name, parameters, formula, source, SetUp_##name},
#include "drift.def"
#undef OTTO_DRIFT
};

static const char *const names[] = {
#define OTTO_DRIFT(name, parameters, formula, source) #name,
#include "drift.def"
#undef OTTO_DRIFT
    NULL};

PetscErrorCode OttoDriftCreate(OttoGrid grid, OttoDrift *drift)
{
  OttoDrift s;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(PetscNew(&s));
  *drift = s;
  s->g = OttoGridGetInfo(grid);
  PetscCall(OttoOptionsGetChoice(NULL, "drift_type", names, &s->type, NULL));
  PetscCall(members[s->type].set_up(s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDriftDestroy(OttoDrift *drift)
{
  PetscFunctionBegin;
  if (!*drift) PetscFunctionReturn(0);
  PetscCall(OttoFormulaDestroy(&(*drift)->formula));
  PetscCall(PetscFree(*drift));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDriftEvaluate(OttoDrift s, const PetscReal x[], PetscReal t, PetscReal force[])
{
  PetscFunctionBegin;
  if (s->formula) {
    PetscCall(OttoFormulaEvaluate(s->formula, x, t, force));
    PetscFunctionReturn(0);
  }
  for (PetscInt i = 0; i < s->g->dim; i++) {
    force[i] = s->constant[i];
    for (PetscInt j = 0; j < s->g->dim; j++) force[i] += s->matrix[i][j] * (x[j] - s->center[j]);
  }
  PetscFunctionReturn(0);
}

const char *OttoDriftGetType(OttoDrift s)
{
  return names[s->type];
}

PetscBool OttoDriftIsTimeDependent(OttoDrift s)
{
  return s->formula ? OttoFormulaUsesTime(s->formula) : PETSC_FALSE;
}

PetscErrorCode OttoDriftList(MPI_Comm comm)
{
  PetscFunctionBegin;
  for (int i = 0; names[i]; i++)
    PetscCall(PetscPrintf(comm, "  %-18s %-22s %s (%s)\n", members[i].name, members[i].parameters,
                          members[i].formula, members[i].source));
  PetscFunctionReturn(0);
}
