/* The words length, area, volume, time and energy give way to what the user calls these units. */
#include "test.h"

static PetscErrorCode Make(PetscInt dim, const char *const length[], const char *time,
                           const char *energy, OttoGrid *grid)
{
  const PetscInt64 n[] = {2, 2, 2};
  const PetscReal lower[] = {0, 0, 0}, upper[] = {1, 1, 1};
  const OttoBoundary boundary[3] = {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_NO_FLUX,
                                    OTTO_BOUNDARY_NO_FLUX};

  PetscFunctionBegin;
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, grid));
  PetscCall(OttoGridSetBox(*grid, dim, n, lower, upper, boundary));
  PetscCall(OttoGridSetUnits(*grid, length, time, energy));
  PetscFunctionReturn(0);
}

static void Becomes(OttoGrid grid, PetscInt axis, const char *unit, const char *expected)
{
  char text[128];

  OttoUnitFormat(OttoGridGetInfo(grid), axis, unit, text, sizeof text);
  TestTrue(!strcmp(text, expected), expected);
  if (strcmp(text, expected)) fprintf(stderr, "  %s became %s\n", unit, text);
}

static PetscErrorCode TestAlike(void)
{
  const char *const nm[] = {"nm", "nm", "nm"};
  OttoGrid grid;

  PetscCall(Make(3, nm, "ps", "kJ/mol", &grid));
  TestTrue(OttoUnitsAreGiven(OttoGridGetInfo(grid)), "given");
  for (PetscInt axis = -1; axis < 3; axis++) {
    Becomes(grid, axis, "nats", "nats");
    Becomes(grid, axis, "1", "1");
    Becomes(grid, axis, "", "");
    Becomes(grid, axis, "length", "nm");
    Becomes(grid, axis, "length^2", "nm^2");
    Becomes(grid, axis, "1/volume", "1/nm^3");
    Becomes(grid, axis, "1/(time area)", "1/(ps nm^2)");
    Becomes(grid, axis, "nats/time", "nats/ps");
    Becomes(grid, axis, "energy/time", "kJ/mol/ps");
    Becomes(grid, axis, "energy/length", "kJ/mol/nm");
    Becomes(grid, axis, "length^2/(energy time)", "nm^2/((kJ/mol) ps)");
    Becomes(grid, axis, "length/volume^(1/2)", "nm/(nm^3)^(1/2)");
    Becomes(grid, axis, "1/energy", "1/(kJ/mol)");
    Becomes(grid, axis, "times lengthy", "times lengthy");
  }
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestUnlike(void)
{
  const char *const two[] = {"rad", "nm"}, *const three[] = {"nm", "rad", "nm"};
  OttoGrid grid;

  PetscCall(Make(2, two, NULL, NULL, &grid));
  Becomes(grid, 0, "length/time", "rad/time");
  Becomes(grid, 1, "length/time", "nm/time");
  Becomes(grid, -1, "length/time", "length/time"); /* of which axis? */
  Becomes(grid, -1, "1/volume", "1/(rad nm)");
  Becomes(grid, -1, "1/area", "1/(rad nm)");        /* that of the plane */
  Becomes(grid, 0, "1/(time area)", "1/(time nm)"); /* that of its faces */
  Becomes(grid, 1, "1/(time area)", "1/(time rad)");
  PetscCall(OttoGridDestroy(&grid));
  PetscCall(Make(3, three, NULL, "kT", &grid));
  Becomes(grid, -1, "1/volume", "1/(nm^2 rad)");
  Becomes(grid, 1, "area", "nm^2");
  Becomes(grid, 2, "1/area", "1/(nm rad)");
  Becomes(grid, -1, "1/area", "1/area");
  Becomes(grid, -1, "energy/time", "kT/time");
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* One axis has faces without an area; units that are products themselves get brackets. */
static PetscErrorCode TestOneAxis(void)
{
  const char *const one[] = {"pm/px"}, *const plane[] = {"mm^2", "mm^2"};
  OttoGrid grid;

  PetscCall(Make(1, one, "ms", NULL, &grid));
  Becomes(grid, 0, "1/(time area)", "1/ms");
  Becomes(grid, 0, "1/volume", "1/(pm/px)");
  Becomes(grid, 0, "length^2/time", "(pm/px)^2/ms");
  PetscCall(OttoGridDestroy(&grid));
  PetscCall(Make(2, plane, NULL, NULL, &grid));
  Becomes(grid, -1, "1/volume", "1/(mm^2)^2");
  Becomes(grid, -1, "1/length", "1/mm^2");
  PetscCall(OttoGridDestroy(&grid));
  PetscCall(Make(1, NULL, NULL, NULL, &grid));
  TestTrue(!OttoUnitsAreGiven(OttoGridGetInfo(grid)), "none given");
  Becomes(grid, 0, "1/(time area)", "1/(time area)");
  PetscCall(OttoGridDestroy(&grid));
  char text[8];
  OttoUnitFormat(NULL, -1, "energy/time", text, sizeof text);
  TestTrue(!strcmp(text, "energy/"), "without a grid words stay, cut where there is no more room");
  PetscFunctionReturn(0);
}

static PetscErrorCode TestMoments(void)
{
  const char *const two[] = {"rad", "nm"};
  const char *const expected[] = {"rad", "nm", "rad^2", "rad nm", "nm^2"};
  OttoGrid grid;
  char text[64];

  PetscCall(Make(2, two, NULL, NULL, &grid));
  TestTrue(OttoMomentsCount(OttoGridGetInfo(grid)) == 5, "two means, three covariances");
  for (PetscInt i = 0; i < 5; i++) {
    OttoMomentsUnit(OttoGridGetInfo(grid), i, text, sizeof text);
    TestTrue(!strcmp(text, expected[i]), expected[i]);
  }
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestRefused(void)
{
  static const char *const wrong[] = {"",     "1",    "2nm",
                                      "/nm",  "n\"m", "n\\m",
                                      "nm\n", "nm;s", "a unit that has far too many letters"};
  OttoGrid grid;

  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    const char *const length[] = {wrong[i]};
    TestFails(Make(1, length, NULL, NULL, &grid), OTTO_ERR_INPUT, "grid_units: '");
    PetscCall(OttoGridDestroy(&grid));
    TestFails(Make(1, NULL, wrong[i], NULL, &grid), OTTO_ERR_INPUT, "time_units: '");
    PetscCall(OttoGridDestroy(&grid));
    TestFails(Make(1, NULL, NULL, wrong[i], &grid), OTTO_ERR_INPUT, "energy_units: '");
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscCall(Make(1, (const char *const[]){"\xc3\x85"}, "%", "kcal mol^-1", &grid)); /* Å */
  Becomes(grid, 0, "length/(energy time)", "\xc3\x85/((kcal mol^-1) %)");
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestAlike, TestUnlike, TestOneAxis, TestMoments, TestRefused});
}
