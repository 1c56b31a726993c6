#include "density_impl.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static const OttoMember members[] = {
#define OTTO_MEMBER(name, Ops, ...) OTTO_MEMBER_LINE(name, __VA_ARGS__)
#include "density.def"
#undef OTTO_MEMBER
};
#define COUNT ((PetscInt)(sizeof members / sizeof members[0]))

static const OttoDensityOps *const ops[] = {
#define OTTO_MEMBER(name, Ops, ...) &OttoDensityOps_##Ops,
#include "density.def"
#undef OTTO_MEMBER
};

const OttoFamily OttoDensityFamily = {"density", "density", "density", COUNT, members};

/* A member as it is used: its line and its ops. */
typedef struct {
  const char *name;
  const OttoDensityOps *ops;
} Member;

PetscErrorCode OttoDensityChoose(const char *prefix, const OttoDensityOps **member,
                                 const char **name)
{
  PetscInt index = 0;
  PetscBool set;
  const char *names[OTTO_FAMILY_MAX + 1];
  char all[200];

  PetscFunctionBegin;
  PetscCall(OttoFamilyChoose(&OttoDensityFamily, prefix, &index, &set));
  OttoFamilyNames(&OttoDensityFamily, names);
  OttoJoinNames(names, ", ", all, sizeof all);
  OttoCheckInput(set, "%sdensity: missing; one of %s", prefix, all);
  *member = ops[index];
  *name = members[index].name;
  PetscFunctionReturn(0);
}

/* Refuses the first cell that is negative or not finite (-0 becomes 0). The lowest failing rank
 * holds the first such cell of the grid. Collective. */
static PetscErrorCode CheckCell(const OttoGridInfo *g, const char *prefix, const Member *member,
                                PetscReal values[])
{
  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (values[c] > 0 && values[c] <= PETSC_MAX_REAL) continue;
    if (values[c] == 0) {
      values[c] = 0;
      continue;
    }
    PetscReal x[OTTO_MAX_DIM];
    char point[160];
    const char *text = NULL;
    PetscCall(OttoOptionsGetText(prefix, member->ops->key, &text));
    OttoGridCellCentre(g, c, x);
    OttoGridFormatPoint(g->dim, x, point, sizeof point);
    OttoFail(OTTO_ERR_INPUT,
             "%s%s: '%.200s' gives %g at %s; a density must be finite and at least 0", prefix,
             member->ops->key, text ? text : "", isnan(values[c]) ? NAN : (double)values[c],
             point); /* no -nan */
  }
  PetscFunctionReturn(0);
}

/* " of 'in.h5'" of a density that a file holds, "" of any other. */
static PetscErrorCode FormatFile(const char *prefix, const Member *member, char text[], size_t size)
{
  const char *path = NULL;

  PetscFunctionBegin;
  text[0] = 0;
  if (!member->ops->of_file) PetscFunctionReturn(0);
  PetscCall(OttoOptionsGetText(prefix, member->ops->key, &path));
  if (path) snprintf(text, size, " of '%.300s'", path);
  PetscFunctionReturn(0);
}

/* Divides by the mass, which is the compensated sum over cells. Collective. */
static PetscErrorCode Normalise(OttoGrid grid, const char *prefix, const Member *member,
                                Vec density, PetscReal *factor)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscScalar *values;
  PetscReal mass;
  char file[320];

  PetscFunctionBegin;
  PetscCall(OttoFieldIntegral(grid, density, &mass));
  PetscCall(FormatFile(prefix, member, file, sizeof file));
  OttoCheckInput(mass > 0, "%s%s: the %s density%s has no mass on this grid: every cell is 0%s",
                 prefix, member->ops->key, member->name, file,
                 file[0] ? "" : " (is it narrower than a cell?)");
  *factor = 1 / mass;
  OttoCheckInput(isfinite(*factor) && *factor > 0,
                 "%s%s: the mass of the %s density%s is %g; it cannot be scaled to 1", prefix,
                 member->ops->key, member->name, file, (double)mass);
  PetscCall(VecGetArray(density, &values));
  for (PetscInt64 c = 0; c < g->local_cells; c++) values[c] /= mass;
  PetscCall(VecRestoreArray(density, &values));
  PetscFunctionReturn(0);
}

/* Everything times the total mass. */
static PetscErrorCode Weigh(const char *prefix, Vec density, OttoDensityReport *report)
{
  PetscReal mass = 1;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReal(prefix, "mass", -INFINITY, INFINITY, &mass, NULL));
  OttoCheckInput(mass > 0, "%smass: %g; a total mass is above 0", prefix, (double)mass);
  report->factor *= mass;
  if (mass != 1) PetscCall(VecScale(density, mass));
  PetscFunctionReturn(0);
}

/* p = (1 - f) p + f uniform. */
static PetscErrorCode AddFloor(OttoGrid grid, const char *prefix, Vec density)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscReal uniform = 1 / ((PetscReal)g->cells * g->cell_volume);
  PetscReal f = 0;
  PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReal(prefix, "floor", 0, 1, &f, NULL));
  OttoCheckInput(f < 1, "%sfloor: 1 leaves nothing of the density; it must be below 1", prefix);
  if (f == 0) PetscFunctionReturn(0);
  PetscCall(VecGetArray(density, &values));
  for (PetscInt64 c = 0; c < g->local_cells; c++) values[c] = (1 - f) * values[c] + f * uniform;
  PetscCall(VecRestoreArray(density, &values));
  PetscFunctionReturn(0);
}

/* raw → valid → mass 1 → shuffled → floor → total mass */
static PetscErrorCode Build(OttoGrid grid, const char *prefix, PetscBool averages,
                            const Member *member, Vec *density, OttoDensityReport *report)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscScalar *values;
  PetscInt64 block = 0, seed = 1;
  PetscReal least, most;
  OttoDensityFacts facts = {.averages = averages};

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetInt(prefix, "shuffle_block", 0, (PetscInt64)1 << 40, &block, NULL));
  PetscCall(OttoOptionsGetInt(prefix, "shuffle_seed", 0, (PetscInt64)1 << 52, &seed, NULL));
  PetscCall(VecGetArray(*density, &values));
  PetscErrorCode code = member->ops->fill(grid, prefix, values, &facts);
  if (!code) code = OttoAgree(g->comm, CheckCell(g, prefix, member, values));
  PetscCall(VecRestoreArray(*density, &values));
  PetscCall(code);
  PetscCall(Normalise(grid, prefix, member, *density, &report->factor));
  report->mass = member->ops->weighs ? 1 / report->factor : 1;
  if (block) {
    PetscCall(OttoDensityShuffle(grid, prefix, block, seed, density));
    if (!member->ops->level) facts.smooth = PETSC_FALSE;
    facts.on_grid = PETSC_TRUE;
  }
  report->smooth = facts.smooth;
  report->on_grid = facts.on_grid;
  report->input = facts.input;
  report->averaged = facts.averaged && !facts.on_grid ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(AddFloor(grid, prefix, *density));
  PetscCall(Weigh(prefix, *density, report));
  PetscCall(OttoFieldRange(grid, *density, &least, &most));
  OttoCheckInput(most <= PETSC_MAX_REAL, "%smass: densities are then beyond all numbers", prefix);
  report->has_zeros = least == 0 ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

static PetscErrorCode Create(OttoGrid grid, const char *prefix, PetscBool averages, Vec *density,
                             OttoDensityReport *report)
{
  OttoDensityReport mine = {.factor = 1};
  Member member = {members[0].name, ops[0]};

  PetscFunctionBegin;
  *density = NULL;
  PetscCall(OttoDensityChoose(prefix, &member.ops, &member.name));
  snprintf(mine.type, sizeof mine.type, "%s", member.name);
  mine.point = member.ops->point;
  PetscCall(OttoFieldCreate(grid, density));
  PetscErrorCode code = Build(grid, prefix, averages, &member, density, &mine);
  if (code) PetscCall(VecDestroy(density));
  if (report) *report = mine;
  PetscFunctionReturn(code);
}

PetscErrorCode OttoDensityCreate(OttoGrid grid, const char *prefix, Vec *density,
                                 OttoDensityReport *report)
{
  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(Create(grid, prefix, PETSC_FALSE, density, report));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDensityCreateAverages(OttoGrid grid, const char *prefix, Vec *density)
{
  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(Create(grid, prefix, PETSC_TRUE, density, NULL));
  PetscFunctionReturn(0);
}
