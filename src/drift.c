#include <otto/formula.h>
#include <otto/options.h>
#include <otto/potential.h>
#include <string.h>

/* Every drift but a formula is affine: f = constant + slope · (y - c_y) along x, + turn · (x - c_x)
 * along y. */
struct _n_OttoDrift {
  const OttoGridInfo *g;
  PetscInt type;
  PetscReal constant[OTTO_MAX_DIM], slope, turn, center[OTTO_MAX_DIM];
  OttoFormula formula;
};

enum {
#define OTTO_DRIFT(name, parameters, formula, source) DRIFT_##name,
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
  PetscCall(PetscNew(&s));
  *drift = s;
  s->g = OttoGridGetInfo(grid);
  PetscCall(OttoOptionsGetChoice(NULL, "drift_type", names, &s->type, NULL));
  if (s->type == DRIFT_constant) {
    PetscBool set;
    PetscCall(OttoOptionsGetAxisReals(NULL, "drift_force", s->g->dim, s->constant, &set));
    OttoCheckInput(set, "drift_force: missing; give the force, one number an axis");
  } else if (s->type == DRIFT_rotation || s->type == DRIFT_shear) {
    PetscReal rate = 0;
    PetscBool set;
    OttoCheckInput(s->g->dim >= 2, "drift_type: %s needs 2 or 3 axes; grid_n has 1",
                   names[s->type]);
    PetscCall(OttoOptionsGetReal(NULL, "drift_rate", -INFINITY, INFINITY, &rate, &set));
    OttoCheckInput(set, "drift_rate: missing; give the rate of the %s", names[s->type]);
    PetscCall(OttoOptionsGetAxisReals(NULL, "drift_center", s->g->dim, s->center, NULL));
    s->slope = s->type == DRIFT_shear ? rate : -rate;
    s->turn = s->type == DRIFT_shear ? 0 : rate;
  } else if (s->type == DRIFT_formula) {
    const char *text = NULL;
    PetscCall(OttoOptionsGetText(NULL, "drift_formula", &text));
    OttoCheckInput(text && *text, "drift_formula: missing; give %d components", (int)s->g->dim);
    PetscCall(
        OttoFormulaCreate("drift_formula", text, s->g->dim, s->g->dim, PETSC_TRUE, &s->formula));
  }
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
  PetscCall(PetscArraycpy(force, s->constant, s->g->dim));
  if (s->g->dim == 1) PetscFunctionReturn(0);
  force[0] += s->slope * (x[1] - s->center[1]);
  force[1] += s->turn * (x[0] - s->center[0]);
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
  static const char *const rows[][4] = {
#define OTTO_DRIFT(name, parameters, formula, source) {#name, parameters, formula, source},
#include "drift.def"
#undef OTTO_DRIFT
  };

  PetscFunctionBegin;
  for (int i = 0; names[i]; i++)
    PetscCall(PetscPrintf(comm, "  %-18s %-22s %s (%s)\n", rows[i][0], rows[i][1], rows[i][2],
                          rows[i][3]));
  PetscFunctionReturn(0);
}
