/* ranks: 1
 * Maps by formulas: derivatives against closed forms within the error that is stated, which is no
 * excuse; those of inverses; what does not undo is named; differences near where there is no value.
 */
#include "test.h"
#include <otto/diffeomorphism.h>

#define POINTS 200

static const PetscReal scale[] = {1, 2, 0.5};

/* The j-th coordinate of the k-th point, in the box [0.05, 0.95] of sides `scale`. */
static PetscReal At(int k, int j)
{
  const PetscReal u = 0.37 + k * (0.8191725134 - 0.1481289 * j);
  return scale[j] * (0.05 + 0.9 * (u - floor(u)));
}

/* A map of up to three axes with its derivative. */
typedef struct {
  const char *formula, *inverse;
  PetscInt dim;
  void (*derivative)(const PetscReal x[], PetscReal D[]);
  PetscReal allowed; /* error of an entry over the largest: what rounding leaves of differences */
} Case;

static void OfCircle(const PetscReal x[], PetscReal D[])
{
  D[0] = 1 + 0.6 * cos(2 * M_PI * x[0]);
}

/* Möbius' map of the circle: y = atan(2 tan x). */
static void OfMoebius(const PetscReal x[], PetscReal D[])
{
  D[0] = 2 / (PetscSqr(cos(x[0])) + 4 * PetscSqr(sin(x[0])));
}

static void OfPolar(const PetscReal x[], PetscReal D[])
{
  const PetscReal r = exp(x[0]);
  D[0] = r * cos(x[1]);
  D[1] = -r * sin(x[1]);
  D[2] = r * sin(x[1]);
  D[3] = r * cos(x[1]);
}

static void OfSpace(const PetscReal x[], PetscReal D[])
{
  const PetscReal d[] = {3 * x[0] * x[0] + 1, 0, 0, x[1], x[0] + 1, 0, x[1] * x[2], x[0] * x[2],
                         x[0] * x[1] + 5};
  for (int i = 0; i < 9; i++) D[i] = d[i];
}

/* Waves of forty periods in the scale: the first differences see nothing of them. */
static void OfWaves(const PetscReal x[], PetscReal D[])
{
  D[0] = 2 + cos(80 * M_PI * x[0]);
}

/* Whole waves in the first step and halves in the second: both see the mean slope, 2. */
static void OfChance(const PetscReal x[], PetscReal D[])
{
  D[0] = 2 + cos(2 * M_PI / 0.0093 * x[0]);
}

/* Far from the origin, where a coordinate has fewer digits. */
static void OfFar(const PetscReal x[], PetscReal D[])
{
  D[0] = cos(x[0]);
}

static const Case cases[] = {
    {"x + 0.6*sin(2*_pi*x)/(2*_pi)", NULL, 1, OfCircle, 2e-12},
    {"atan(2*tan(x))", "atan(tan(x)/2)", 1, OfMoebius, 2e-12},
    {"exp(x)*cos(y), exp(x)*sin(y)", "ln(x^2 + y^2)/2, atan2(y, x)", 2, OfPolar, 2e-12},
    {"x^3 + x, (x + 1)*y, x*y*z + 5*z", NULL, 3, OfSpace, 2e-12},
    {"2*x + sin(80*_pi*x)/(80*_pi)", NULL, 1, OfWaves, 2e-11},
    {"2*x + sin(2*_pi/0.0093*x)*0.0093/(2*_pi)", NULL, 1, OfChance, 2e-11},
    {"sin(x) + 1e4", NULL, 1, OfFar, 2e-9},
};

static PetscErrorCode Compare(const Case *c)
{
  OttoDiffeomorphism map;
  OttoDiffeomorphismReport report;
  PetscReal D[9], y[3], expected[9], worst = 0;

  PetscFunctionBegin;
  PetscCall(
      OttoDiffeomorphismCreate("map", c->formula, "inverse", c->inverse, c->dim, scale, &map));
  TestTrue(OttoDiffeomorphismHasInverse(map) == (c->inverse != NULL), "whether it has an inverse");
  for (int k = 0; k < POINTS; k++) {
    const PetscReal x[] = {At(k, 0), At(k, 1), At(k, 2)};
    PetscReal most = 0, off = 0;
    PetscCall(OttoDiffeomorphismApply(map, PETSC_FALSE, x, y, D));
    c->derivative(x, expected);
    for (int i = 0; i < c->dim * c->dim; i++) {
      off = PetscMax(off, fabs(D[i] - expected[i]));
      most = PetscMax(most, fabs(expected[i]));
    }
    worst = PetscMax(worst, off / most);
  }
  PetscCall(OttoDiffeomorphismGetReport(map, &report));
  TestClose(worst, 0, c->allowed, c->formula);
  TestTrue(worst <= report.derivative, "the error stated is one");
  TestClose(report.derivative, 0, 50 * c->allowed, "and not much more than it is");
  TestTrue(report.round_trip == 0, "no round trip yet");
  PetscCall(OttoDiffeomorphismDestroy(&map));
  TestTrue(!map, "gone");
  PetscCall(OttoDiffeomorphismDestroy(&map));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestDerivatives(void)
{
  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) PetscCall(Compare(&cases[i]));
  PetscFunctionReturn(0);
}

/* Values and derivatives of inverses in closed form, to what differences leave; y may be x. */
static PetscErrorCode TestInverse(void)
{
  OttoDiffeomorphism map;
  OttoDiffeomorphismReport report;
  PetscReal D[4], y[2], z[2];

  PetscFunctionBegin;
  PetscCall(OttoDiffeomorphismCreate("map", cases[2].formula, "inverse", cases[2].inverse, 2, scale,
                                     &map));
  for (int k = 0; k < POINTS; k++) {
    const PetscReal x[] = {At(k, 0), At(k, 1)};
    PetscCall(OttoDiffeomorphismApply(map, PETSC_FALSE, x, y, NULL));
    TestClose(y[0], exp(x[0]) * cos(x[1]), 1e-14, "x of the image");
    TestClose(y[1], exp(x[0]) * sin(x[1]), 1e-14, "y of the image");
    z[0] = y[0];
    z[1] = y[1];
    PetscCall(OttoDiffeomorphismApply(map, PETSC_TRUE, z, z, D));
    TestClose(z[0], x[0], 1e-13, "x again");
    TestClose(z[1], x[1], 1e-13, "y again");
    /* d(log r, angle)/d(y0, y1) = (y0, y1; −y1, y0)/r² */
    const PetscReal square = y[0] * y[0] + y[1] * y[1];
    const PetscReal expected[] = {y[0] / square, y[1] / square, -y[1] / square, y[0] / square};
    for (int i = 0; i < 4; i++)
      TestTrue(fabs(D[i] - expected[i]) <= 1e-11 / sqrt(square), "derivative of the inverse");
    PetscCall(OttoDiffeomorphismCheck(map, x, NULL, 1e-13));
  }
  PetscCall(OttoDiffeomorphismGetReport(map, &report));
  TestTrue(report.round_trip > 0 && report.round_trip <= 1e-13, "what the round trip left");
  PetscCall(OttoDiffeomorphismDestroy(&map));
  PetscFunctionReturn(0);
}

/* On a circle the nearest image counts, off it not. */
static PetscErrorCode TestCircle(void)
{
  const PetscReal x = 0.75, periods[] = {1};
  OttoDiffeomorphism map;
  OttoDiffeomorphismReport report;

  PetscFunctionBegin;
  PetscCall(OttoDiffeomorphismCreate("map", "x + 0.5", "inverse", "x + 0.5", 1, scale, &map));
  PetscCall(OttoDiffeomorphismCheck(map, &x, periods, 1e-15));
  TestFails(OttoDiffeomorphismCheck(map, &x, NULL, 1e-3), OTTO_ERR_INPUT,
            "inverse does not undo map: (0.75) goes to (1.25) and comes back to (1.75)");
  PetscCall(OttoDiffeomorphismGetReport(map, &report));
  TestClose(report.round_trip, 1, 1e-15, "a whole side");
  PetscCall(OttoDiffeomorphismDestroy(&map));
  /* over the scale: 0.01 of 2 is 0.005 */
  PetscCall(OttoDiffeomorphismCreate("map", "x, y", "inverse", "x, y + 0.01", 2, scale, &map));
  PetscCall(OttoDiffeomorphismCheck(map, (PetscReal[]){0.5, 0.5}, NULL, 0.0051));
  TestFails(OttoDiffeomorphismCheck(map, (PetscReal[]){0.5, 0.5}, NULL, 0.0049), OTTO_ERR_INPUT,
            "(0.5, 0.5) goes to (0.5, 0.5) and comes back to (0.5, 0.51)");
  PetscCall(OttoDiffeomorphismDestroy(&map));
  PetscFunctionReturn(0);
}

/* What has no value or no derivative, and what has one though it has no value near by. */
static PetscErrorCode TestRefused(void)
{
  OttoDiffeomorphism map;
  PetscReal y[2], D[4];
  const PetscReal x[] = {0, 0}, negative[] = {-1, 0.5}, near = 1e-4;

  PetscFunctionBegin;
  TestFails(OttoDiffeomorphismCreate("map", "x +", "inverse", NULL, 1, scale, &map), OTTO_ERR_INPUT,
            "map: 'x +'");
  TestTrue(!map, "nothing is left");
  TestFails(OttoDiffeomorphismCreate("map", "x, y", "inverse", "x", 2, scale, &map), OTTO_ERR_INPUT,
            "inverse: 'x' has 1 component; 2 expected");
  PetscCall(OttoDiffeomorphismCreate("map", "sqrt(x), y^3", "inverse", "x^2, abs(y)^(1/3)", 2,
                                     scale, &map));
  TestFails(OttoDiffeomorphismApply(map, PETSC_FALSE, negative, y, NULL), OTTO_ERR_NUMERICAL,
            "map: no finite value at (-1, 0.5)");
  TestFails(OttoDiffeomorphismApply(map, PETSC_FALSE, x, y, D), OTTO_ERR_NUMERICAL,
            "map: no derivative at (0, 0)");
  TestFails(OttoDiffeomorphismApply(map, PETSC_TRUE, (PetscReal[]){1, 0}, y, D), OTTO_ERR_NUMERICAL,
            "map: a singular derivative, so no inverse, at (1, 0)");
  PetscCall(OttoDiffeomorphismDestroy(&map));
  PetscCall(OttoDiffeomorphismCreate("map", "sqrt(x)", "inverse", NULL, 1, scale, &map));
  TestFails(OttoDiffeomorphismApply(map, PETSC_TRUE, &near, y, NULL), OTTO_ERR_INPUT,
            "inverse: missing");
  /* the first differences go beyond 0 */
  PetscCall(OttoDiffeomorphismApply(map, PETSC_FALSE, &near, y, D));
  TestClose(D[0], 50, 1e-9, "a derivative near the edge: differences over less than 1e-4");
  PetscCall(OttoDiffeomorphismDestroy(&map));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestDerivatives, TestInverse, TestCircle, TestRefused});
}
