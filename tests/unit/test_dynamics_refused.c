/* ranks: 1 2
 * What a dynamical system is not: lost points, times it does not know, keys and boxes that do not
 * fit, inverses that do not undo, values that are not finite; each is named. */
#include "systems.h"

/* ---- lost points, times ---- */

static PetscErrorCode TestLost(void)
{
  const System s = {"henon", 2, {-1, -1}, {1, 1}, "no", {NULL}, 0};
  PetscReal at[2][6] = {{-1, 1, 1.001, -1.001, 0, NAN}, {0, 5, 0, 0, -7, 0}}, until;
  const PetscReal *const x[] = {at[0], at[1]};
  const PetscBool expected[] = {PETSC_FALSE, PETSC_FALSE, PETSC_TRUE,
                                PETSC_TRUE,  PETSC_FALSE, PETSC_TRUE};
  PetscBool lost[6] = {PETSC_FALSE};
  OttoGrid grid;
  OttoDynamics d;

  PetscFunctionBegin;
  PetscCall(MakeSystem(&s, &grid, &d));
  PetscCall(OttoDynamicsIsLost(d, 6, x, lost));
  for (int k = 0; k < 6; k++) TestTrue(lost[k] == expected[k], "who left by a no_flux face");
  PetscCall(OttoDynamicsPrepare(d, 3, -1, &until));
  TestTrue(until == -1, "nothing to prepare");
  PetscCall(OttoDynamicsDestroy(&d));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* Bad input, in a sentence that contains `part`; then it is forgotten. */
static void Refuses(PetscErrorCode code, const char *part)
{
  const PetscBool found = strstr(OttoErrorMessage(), part) ? PETSC_TRUE : PETSC_FALSE;

  TestTrue(code == OTTO_ERR_INPUT, part);
  TestTrue(found, part);
  if (!found) fprintf(stderr, "  it said: %s\n", OttoErrorMessage());
  OttoErrorClear();
}

/* dynamics_times of a system: what is read, or what is said. */
static PetscErrorCode Times(const System *s, const char *value, const char *says)
{
  PetscInt count = -1;
  PetscReal *times = NULL;
  OttoGrid grid;
  OttoDynamics d;

  PetscFunctionBegin;
  PetscCall(MakeSystem(s, &grid, &d));
  if (value) PetscCall(PetscOptionsSetValue(NULL, "-dynamics_times", value));
  if (says) {
    Refuses(OttoDynamicsTimes(d, &count, &times), says);
    TestTrue(!times, "nothing is left");
  } else {
    PetscCall(OttoDynamicsTimes(d, &count, &times));
    TestTrue(count == 3 && times[0] == -2 && times[1] == 0 && times[2] == 5, "times as given");
    PetscCall(PetscFree(times));
  }
  PetscCall(OttoDynamicsDestroy(&d));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestTimes(void)
{
  const System map = {"henon", 2, {-1, -1}, {1, 1}, "oo", {NULL}, 0};
  const System flow = {"pendulum", 2, {-M_PI, -1}, {M_PI, 1}, "po", {NULL}, 0};
  const System none = {"map", 1, {0}, {1}, "o", {"-dynamics_map", "x/2"}, 0};

  PetscFunctionBegin;
  PetscCall(Times(&map, "-2,0,5", NULL));
  PetscCall(Times(&flow, "-2,0,5", NULL));
  PetscCall(Times(&map, NULL, "dynamics_times: missing; give numbers of iterates"));
  PetscCall(Times(&flow, NULL, "dynamics_times: missing; give times"));
  PetscCall(Times(&map, "1,2.5", "dynamics_times: 2.5; henon is a map"));
  PetscCall(Times(&map, "1e10", "at most 1e+09 iterates"));
  PetscCall(Times(&flow, "1,2.5,1", "dynamics_times: 1 stands there twice"));
  PetscCall(Times(&flow, "1,inf", "dynamics_times"));
  PetscCall(Times(&flow, "1,x", "dynamics_times"));
  PetscCall(Times(&none, "3,-1", "dynamics_times: -1; a map goes backwards by its inverse"));
  PetscFunctionReturn(0);
}

/* ---- what is refused ---- */

/* That a system is refused, on a grid that is not. */
static PetscErrorCode Refused(System s, const char *says)
{
  OttoGrid grid;
  OttoDynamics d = NULL;

  PetscFunctionBegin;
  PetscCall(SetSystem(s.type, s.words));
  PetscCall(MakeSystemGrid(&s, &grid));
  Refuses(OttoDynamicsCreate(grid, &d), says);
  TestTrue(!d, "nothing is left");
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

#define UNIT(dim)                                                                                  \
  dim, {0, 0, 0},                                                                                  \
  {                                                                                                \
    1, 1, 1                                                                                        \
  }
#define REFUSED(says, ...) PetscCall(Refused((System){__VA_ARGS__}, says))

static PetscErrorCode TestRefused(void)
{
  PetscFunctionBegin;
  REFUSED("dynamics_type", "bakery", UNIT(2), "pp", {NULL}, 0);
  REFUSED("henon has 2 axes; grid_n has 3", "henon", UNIT(3), "ooo", {NULL}, 0);
  REFUSED("henon has 2 axes; grid_n has 1", "henon", UNIT(1), "o", {NULL}, 0);
  REFUSED("torus_automorphism has 2 to 3 axes", "torus_automorphism", UNIT(1), "p",
          {"-dynamics_matrix", "1"}, 0);
  REFUSED("absorbing on axis y", "linear", UNIT(2), "oa", {"-dynamics_matrix", "1,0,0,1"}, 0);
  REFUSED("dynamics_b: 0", "henon", UNIT(2), "oo", {"-dynamics_b", "0"}, 0);
  /* matrices */
  REFUSED("dynamics_matrix: missing", "linear", UNIT(2), "oo", {NULL}, 0);
  REFUSED("dynamics_matrix: missing", "torus_automorphism", UNIT(2), "pp", {NULL}, 0);
  REFUSED("dynamics_matrix: 3 numbers; on 2 axes it has 4", "linear", UNIT(2), "oo",
          {"-dynamics_matrix", "1,2,3"}, 0);
  REFUSED("on 1 axis it has 1", "linear", UNIT(1), "o", {"-dynamics_matrix", "1,2"}, 0);
  REFUSED("it cannot be inverted", "linear", UNIT(2), "oo", {"-dynamics_matrix", "1,2,2,4"}, 0);
  REFUSED("it cannot be inverted", "linear", UNIT(1), "o", {"-dynamics_matrix", "0"}, 0);
  REFUSED("it cannot be inverted", "linear", UNIT(3), "ooo",
          {"-dynamics_matrix", "1,2,3,4,5,6,7,8,9"}, 0);
  REFUSED("determinant 3; on a torus", "torus_automorphism", UNIT(2), "pp",
          {"-dynamics_matrix", "2,1,1,2"}, 0);
  REFUSED("determinant 0; on a torus", "torus_automorphism", UNIT(3), "ppp",
          {"-dynamics_matrix", "1,2,3,4,5,6,7,8,9"}, 0);
  REFUSED("dynamics_matrix: 0.5; torus_automorphism has whole numbers", "torus_automorphism",
          UNIT(2), "pp", {"-dynamics_matrix", "2,0.5,2,1"}, 0);
  REFUSED("whole numbers up to 1e+06", "torus_automorphism", UNIT(2), "pp",
          {"-dynamics_matrix", "1,1e7,0,1"}, 0);
  REFUSED("no_flux on axis y; torus_automorphism", "torus_automorphism", UNIT(2), "pn",
          {"-dynamics_matrix", "2,1,1,1"}, 0);
  REFUSED("determinant 2; on a torus", "linear", UNIT(1), "p", {"-dynamics_matrix", "2"}, 0);
  REFUSED("must be a whole number of times round x, not 0.5", "linear", UNIT(2), "pp",
          {"-dynamics_matrix", "1,0.5,0,1"}, 0);
  /* a cylinder: periodic, but twice round the circle */
  REFUSED("is not undone by its inverse", "linear", UNIT(2), "po", {"-dynamics_matrix", "2,0,0,1"},
          0);
  REFUSED("is not periodic on axis x", "linear", UNIT(2), "po", {"-dynamics_matrix", "1,0,1,1"}, 0);
  /* axes of members */
  REFUSED("no_flux on axis x; standard_map", "standard_map", UNIT(2), "np", {NULL}, 0);
  REFUSED("no_flux on axis y; standard_map is a map of the torus, with periodic axes, the last of "
          "which may be open",
          "standard_map", UNIT(2), "pn", {NULL}, 0);
  REFUSED("open on axis y; baker", "baker", UNIT(2), "po", {NULL}, 0);
  REFUSED("'henon' is not periodic on axis x: at (1, ", "henon", UNIT(2), "po", {NULL}, 0);
  PetscFunctionReturn(0);
}

static PetscErrorCode TestTyped(void)
{
  PetscFunctionBegin;
  REFUSED("dynamics_map: missing", "map", UNIT(1), "o", {NULL}, 0);
  REFUSED("has 1 component; 2 expected", "map", UNIT(2), "oo", {"-dynamics_map", "x"}, 0);
  REFUSED("dynamics_inverse", "map", UNIT(1), "o",
          {"-dynamics_map", "2*x", "-dynamics_inverse", "x/u"}, 0);
  /* the first point of the sample is the middle */
  REFUSED("dynamics_map: '2*x' is not undone by dynamics_inverse: (0.5) goes to (1) and comes back "
          "to (0.333333)",
          "map", UNIT(1), "o", {"-dynamics_map", "2*x", "-dynamics_inverse", "x/3"}, 0);
  REFUSED(
      "is not undone by dynamics_inverse: (0.5) goes to (0.5) and comes back to (0.50", "map",
      UNIT(1), "p",
      {"-dynamics_map", "x + 0.1*sin(2*_pi*x)", "-dynamics_inverse", "x - 0.1*sin(2*_pi*x) + 1e-3"},
      0);
  /* right where it is first tried, not on the other half */
  REFUSED("is not undone by dynamics_inverse: (-0.", "map", 1, {-1}, {1}, "o",
          {"-dynamics_map", "x^2", "-dynamics_inverse", "sqrt(x)"}, 0);
  /* below a half there are no images, but the inverse gives them origins */
  REFUSED("goes backwards to", "map", UNIT(1), "o",
          {"-dynamics_map", "x/2 + 0.5", "-dynamics_inverse", "max(2*x - 1, 0)"}, 0);
  REFUSED("dynamics_map: no finite value at (0)", "map", 1, {-1}, {1}, "o",
          {"-dynamics_map", "ln(x)"}, 0);
  REFUSED("dynamics_map: 'x + 0.3*x' is not periodic on axis x: at (1) the image is (1.3), at the "
          "lower face (0)",
          "map", UNIT(1), "p", {"-dynamics_map", "x + 0.3*x"}, 0);
  PetscFunctionReturn(0);
}

/* Flows on boxes that do not fit them. */
static PetscErrorCode TestFaces(void)
{
  PetscFunctionBegin;
  REFUSED("'pendulum' is not periodic on axis x: at (1, ", "pendulum", UNIT(2), "po", {NULL}, 0);
  REFUSED("'pendulum' is not periodic on axis y", "pendulum", 2, {-M_PI, -1}, {M_PI, 1}, "pp",
          {NULL}, 0);
  REFUSED("'abc' is not periodic on axis z", "abc", 3, {0, 0, 0}, {2 * M_PI, 2 * M_PI, 3}, "ppp",
          {NULL}, 0);
  REFUSED("'duffing' is not periodic on axis x", "duffing", 2, {0, 0}, {2, 1}, "po", {NULL}, 0);
  REFUSED("dynamics_formula: 'x' is not periodic on axis x: at (1) the velocity is (1), at the "
          "lower face (0)",
          "formula", UNIT(1), "p", {"-dynamics_formula", "x"}, 0);
  /* periodic at the start, not later */
  REFUSED("is not periodic on axis x: at (1), t = 0.7", "formula", UNIT(1), "p",
          {"-dynamics_formula", "x*t"}, 0);
  REFUSED("dynamics_formula: '1/x' has no finite velocity at (0), t = 0", "formula", UNIT(1), "p",
          {"-dynamics_formula", "1/x"}, 0);
  PetscFunctionReturn(0);
}

/* A formula that is periodic in the box alone holds beyond it by whole sides. */
static PetscErrorCode TestBeyond(void)
{
  const System s = {"formula", 1, {1}, {3}, "p", {"-dynamics_formula", "(x - 1)*(3 - x)"}, 0};
  PetscReal at[] = {1.5, 3.5, -2.5, 7.5, 1, 3, 5}, v[7], D[7];
  const PetscReal *const x[] = {at};
  OttoGrid grid;
  OttoDynamics d;

  PetscFunctionBegin;
  PetscCall(MakeSystem(&s, &grid, &d));
  PetscCall(OttoDynamicsVelocity(d, 0, 7, x, (PetscReal *[]){v}, (PetscReal *[]){D}));
  for (int k = 0; k < 4; k++) {
    TestTrue(v[k] == 0.75, "the velocity one side on");
    TestClose(D[k], 1, 1e-12, "and its slope: differences of a polynomial");
  }
  for (int k = 4; k < 7; k++) TestTrue(v[k] == 0, "at faces");
  PetscCall(OttoDynamicsDestroy(&d));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestMissing(void)
{
  OttoGrid grid;
  OttoDynamics d;

  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(MakeUnit(2, 4, OTTO_BOUNDARY_PERIODIC, &grid));
  TestFails(OttoDynamicsCreate(grid, &d), OTTO_ERR_INPUT,
            "dynamics_type: missing; one of torus_automorphism");
  PetscCall(OttoGridDestroy(&grid));
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &grid));
  TestFails(OttoDynamicsCreate(grid, &d), OTTO_ERR_STATE, "OttoGridSetUp()");
  PetscCall(OttoGridDestroy(&grid));
  REFUSED("dynamical systems have 1 to 3", "linear", 4, {0}, {1, 1, 1, 1}, "oooo",
          {"-dynamics_matrix", "1"}, 0);
  PetscFunctionReturn(0);
}

/* What has no value is named with the point it came from, far into a batch. */
static PetscErrorCode TestNotFinite(void)
{
  const System map = {"henon", 2, {-1, -1}, {1, 1}, "oo", {NULL}, 0};
  const System flow = {"formula", 2, {-1, -1}, {1, 1}, "oo", {"-dynamics_formula", "ln(x), y"}, 0};
  const System root = {
      "map", 1, {0}, {1}, "o", {"-dynamics_map", "x^2", "-dynamics_inverse", "sqrt(x)"}, 0};
  static Cloud x, v;
  OttoGrid grid;
  OttoDynamics d;

  PetscFunctionBegin;
  FillPoints(&map, &x);
  CloudBegin(&v);
  PetscCall(MakeSystem(&map, &grid, &d));
  x.at[0][517] = 1e200;
  x.at[1][517] = 0.25;
  TestFails(OttoDynamicsIterate(d, 1, SYSTEM_POINTS, x.of, NULL, NULL), OTTO_ERR_NUMERICAL,
            "'henon' leads nowhere from (1e+200, 0.25)");
  x.at[0][3] = 0.5;
  x.at[1][3] = 1e250;
  TestFails(OttoDynamicsIterate(d, -1, SYSTEM_POINTS, x.of, NULL, NULL), OTTO_ERR_NUMERICAL,
            "'henon' cannot be gone backwards from (0.5, 1e+250)");
  PetscCall(OttoDynamicsDestroy(&d));
  PetscCall(OttoGridDestroy(&grid));

  PetscCall(MakeSystem(&flow, &grid, &d));
  for (PetscInt k = 0; k < SYSTEM_POINTS; k++)
    x.at[0][k] = k == 431 ? -0.5 : 0.5, x.at[1][k] = 0.75;
  TestFails(OttoDynamicsVelocity(d, 2.5, SYSTEM_POINTS, (const PetscReal *const *)x.of, v.of, NULL),
            OTTO_ERR_NUMERICAL,
            "dynamics_formula: 'ln(x), y' has no finite velocity at (-0.5, 0.75), t = 2.5");
  PetscCall(OttoDynamicsDestroy(&d));
  PetscCall(OttoGridDestroy(&grid));

  PetscCall(MakeSystem(&root, &grid, &d));
  x.at[0][0] = -0.25;
  TestFails(OttoDynamicsIterate(d, -1, 1, x.of, NULL, NULL), OTTO_ERR_NUMERICAL,
            "dynamics_inverse: no finite value at (-0.25)");
  PetscCall(OttoDynamicsDestroy(&d));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestLost, TestTimes, TestRefused, TestTyped, TestFaces, TestBeyond, TestMissing,
                   TestNotFinite});
}
