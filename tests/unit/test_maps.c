/* ranks: 1
 * Maps against closed forms: Fibonacci's numbers of the cat map, torsion of finite lattices,
 * another way of the standard map in long double, digits of the baker's, fixed points of Hénon's,
 * rotations, and Möbius' maps of the circle, whose iterates are known. */
#define _GNU_SOURCE
#include "systems.h"

/* ---- one point ---- */

/* A system and a point that it carries, with the derivative of where it goes by where it began. */
typedef struct {
  OttoGrid grid;
  OttoDynamics d;
  PetscReal x[3], D[9], log_jacobian;
} Point;

static PetscErrorCode Begin(const System *s, Point *p)
{
  PetscFunctionBegin;
  memset(p, 0, sizeof *p);
  PetscCall(MakeSystem(s, &p->grid, &p->d));
  PetscFunctionReturn(0);
}

static PetscErrorCode End(Point *p)
{
  PetscFunctionBegin;
  PetscCall(OttoDynamicsDestroy(&p->d));
  PetscCall(OttoGridDestroy(&p->grid));
  PetscFunctionReturn(0);
}

static void Start(const System *s, Point *p, PetscReal x, PetscReal y, PetscReal z)
{
  p->x[0] = x, p->x[1] = y, p->x[2] = z;
  for (PetscInt i = 0; i < s->dim; i++)
    for (PetscInt j = 0; j < s->dim; j++) p->D[i * s->dim + j] = i == j;
  p->log_jacobian = 0;
}

static PetscErrorCode Go(const System *s, Point *p, int steps)
{
  PetscReal *x[3], one[9], *D[9], product[9], log_jacobian;

  PetscFunctionBegin;
  for (int j = 0; j < 3; j++) x[j] = &p->x[j];
  for (int i = 0; i < 9; i++) D[i] = &one[i];
  for (int k = 0; k < abs(steps); k++) {
    PetscCall(OttoDynamicsIterate(p->d, steps > 0 ? 1 : -1, 1, x, D, &log_jacobian));
    p->log_jacobian += log_jacobian;
    for (PetscInt i = 0; i < s->dim; i++)
      for (PetscInt j = 0; j < s->dim; j++) {
        product[i * s->dim + j] = 0;
        for (PetscInt m = 0; m < s->dim; m++)
          product[i * s->dim + j] += one[i * s->dim + m] * p->D[m * s->dim + j];
      }
    for (PetscInt i = 0; i < s->dim * s->dim; i++) p->D[i] = product[i];
  }
  PetscFunctionReturn(0);
}

/* ---- the torus ---- */

/* n iterates of the cat map are the matrix of Fibonacci's numbers F(2n+1), F(2n), F(2n), F(2n-1):
 * whole, so exact; lower corners and sides are binary fractions, so are points. */
static PetscErrorCode TestCat(void)
{
  const System s = {
      "torus_automorphism", 2, {-1, 2}, {1, 6}, "pp", {"-dynamics_matrix", "2,1,1,1"}, 0};
  const PetscReal u = 5. / 64, v = 27. / 64;
  PetscReal f[2] = {1, 0}; /* F(2n - 1), F(2n) */
  Point p;

  PetscFunctionBegin;
  PetscCall(Begin(&s, &p));
  Start(&s, &p, -1 + 2 * u, 2 + 4 * v, 0);
  for (int n = 1; n <= 12; n++) {
    PetscCall(Go(&s, &p, 1));
    f[0] += f[1];
    f[1] += f[0];
    const PetscReal F[4] = {f[0] + f[1], f[1], f[1], f[0]};
    const PetscReal a = F[0] * u + F[1] * v, b = F[2] * u + F[3] * v;
    TestTrue(p.x[0] == -1 + 2 * (a - floor(a)) && p.x[1] == 2 + 4 * (b - floor(b)), "the point");
    /* in the box x is half as long as y */
    TestTrue(p.D[0] == F[0] && p.D[1] == F[1] / 2 && p.D[2] == F[2] * 2 && p.D[3] == F[3],
             "the derivative");
  }
  PetscCall(Go(&s, &p, -12));
  TestTrue(p.x[0] == -1 + 2 * u && p.x[1] == 2 + 4 * v, "and back");
  TestTrue(p.log_jacobian == 0 && OttoDynamicsKeepsVolume(p.d), "volume is kept");
  PetscCall(End(&p));
  PetscFunctionReturn(0);
}

/* Points of denominator 5 come back after 10 iterates of the cat map (Pisano's period of 5 is 20):
 * a fifth is no binary fraction, so to roundings that grow by the square of the golden mean a step,
 * 1e-16 · 2.618^10. */
static PetscErrorCode TestPeriod(void)
{
  const System s = {
      "torus_automorphism", 2, {0, 0}, {1, 1}, "pp", {"-dynamics_matrix", "2,1,1,1"}, 0};
  Point p;

  PetscFunctionBegin;
  PetscCall(Begin(&s, &p));
  for (int i = 0; i < 25; i++) {
    const PetscReal u = (i / 5) / 5., v = (i % 5) / 5.;
    Start(&s, &p, u, v, 0);
    PetscCall(Go(&s, &p, 10));
    TestTrue(fabs(p.x[0] - u - round(p.x[0] - u)) <= 1e-11, "x after a period");
    TestTrue(fabs(p.x[1] - v - round(p.x[1] - v)) <= 1e-11, "y after a period");
  }
  PetscCall(End(&p));
  PetscFunctionReturn(0);
}

/* Three axes, determinant -1, whose inverse is known in whole numbers: 1/64 is exact. */
static PetscErrorCode TestSpace(void)
{
  const System s = {"torus_automorphism",
                    3,
                    {0, 0, 0},
                    {1, 1, 1},
                    "ppp",
                    {"-dynamics_matrix", "1,2,0,0,1,3,1,1,-4"},
                    0};
  /* det = 1 (-4 - 3) - 2 (0 - 3) = -1; inverse of it by cofactors over -1 */
  const PetscReal inverse[9] = {7, -8, -6, -3, 4, 3, 1, -1, -1};
  const PetscReal u[3] = {3. / 64, 11. / 64, 50. / 64};
  Point p;

  PetscFunctionBegin;
  PetscCall(Begin(&s, &p));
  Start(&s, &p, u[0], u[1], u[2]);
  PetscCall(Go(&s, &p, -1));
  for (int i = 0; i < 3; i++) {
    PetscReal sum = 0;
    for (int j = 0; j < 3; j++) sum += inverse[3 * i + j] * u[j];
    TestTrue(p.x[i] == sum - floor(sum), "by the inverse");
  }
  for (int i = 0; i < 9; i++) TestTrue(p.D[i] == inverse[i], "the inverse");
  PetscCall(Go(&s, &p, 1));
  for (int i = 0; i < 3; i++) TestTrue(p.x[i] == u[i], "and back");
  PetscCall(End(&p));
  PetscFunctionReturn(0);
}

/* ---- kicks ---- */

/* Chirikov's own words in long double: five iterates of which each stretches by at most 2 + k. */
static PetscErrorCode TestStandard(void)
{
  const System s = {"standard_map", 2, {1, -2}, {3, 4}, "pp", {"-dynamics_k", "0.9"}, 0};
  Point p;

  PetscFunctionBegin;
  PetscCall(Begin(&s, &p));
  for (int i = 0; i < 50; i++) {
    long double theta = 2 * M_PIl * Hash(i, 0.5), momentum = 2 * M_PIl * Hash(i, 0.7);
    Start(&s, &p, (double)(1 + theta / M_PIl), (double)(-2 + 3 * momentum / M_PIl), 0);
    PetscCall(Go(&s, &p, 5));
    for (int k = 0; k < 5; k++) {
      momentum += 0.9L * sinl(theta);
      theta += momentum;
    }
    const long double x = (p.x[0] - 1) / 2 - theta / (2 * M_PIl);
    const long double y = (p.x[1] + 2) / 6 - momentum / (2 * M_PIl);
    TestTrue(fabsl(x - roundl(x)) <= 1e-13L && fabsl(y - roundl(y)) <= 1e-13L, "as it is written");
    TestClose(p.D[0] * p.D[3] - p.D[1] * p.D[2], 1, 1e-12, "areas are kept");
  }
  /* the fixed point 0: (1 + k, 1; k, 1), of which x is 2, y is 6 long */
  Start(&s, &p, 1, -2, 0);
  PetscCall(Go(&s, &p, 1));
  TestTrue(p.x[0] == 1 && p.x[1] == -2, "a fixed point");
  TestClose(p.D[0], 1.9, 1e-15, "1 + k");
  TestClose(p.D[1], 1. / 3, 1e-15, "1");
  TestClose(p.D[2], 2.7, 1e-15, "k");
  TestClose(p.D[3], 1, 1e-15, "1");
  PetscCall(End(&p));
  PetscFunctionReturn(0);
}

/* Where y is open momentum goes on: once round theta at momentum 2 pi, the side. */
static PetscErrorCode TestCylinder(void)
{
  const System s = {"standard_map", 2, {0, 0}, {1, 1}, "po", {"-dynamics_k", "8"}, 0};
  Point p;

  PetscFunctionBegin;
  PetscCall(Begin(&s, &p));
  Start(&s, &p, 0.25, 3, 0);
  PetscCall(Go(&s, &p, 1));
  TestClose(p.x[1], 3 + 8 / (2 * M_PI), 1e-15, "beyond the box");
  TestClose(p.x[0], 0.25 + 8 / (2 * M_PI) - 1, 1e-14, "round the circle");
  PetscCall(Go(&s, &p, -1));
  TestClose(p.x[1], 3, 1e-14, "back");
  PetscCall(End(&p));
  PetscFunctionReturn(0);
}

/* ---- the baker ---- */

/* The digits of x and y, …y2 y1 . x1 x2…, move on by one place: exact in binary. */
static PetscErrorCode TestBaker(void)
{
  const System s = {"baker", 2, {0, 0}, {1, 1}, "pp", {NULL}, 0};
  const int x = 0x2d3, y = 0x1b7; /* of 10 digits */
  Point p;

  PetscFunctionBegin;
  PetscCall(Begin(&s, &p));
  Start(&s, &p, x / 1024., y / 1024., 0);
  for (int n = 1, a = x, b = y << 10; n <= 10; n++) { /* b has 20 digits */
    PetscCall(Go(&s, &p, 1));
    b = b >> 1 | (a >> 9) << 19;
    a = a << 1 & 1023;
    TestTrue(p.x[0] == a / 1024. && p.x[1] == b / 1048576., "a digit on");
    TestTrue(p.D[0] == ldexp(1, n) && p.D[3] == ldexp(1, -n) && p.D[1] == 0 && p.D[2] == 0,
             "stretched and laid down");
  }
  PetscCall(Go(&s, &p, -10));
  TestTrue(p.x[0] == x / 1024. && p.x[1] == y / 1024. && p.D[0] == 1 && p.D[3] == 1, "and back");
  TestTrue(strstr(OttoDynamicsGetSingularity(p.d), "baker") != NULL,
           "why its coefficient is infinite");
  /* the upper face belongs to the second half */
  Start(&s, &p, 0.999, 1 - 1e-17, 0);
  PetscCall(Go(&s, &p, 1));
  TestTrue(p.x[1] >= 0 && p.x[1] < 1, "in the box");
  PetscCall(End(&p));
  PetscFunctionReturn(0);
}

/* ---- the plane ---- */

/* Hénon's fixed point x = (b - 1 + sqrt((1 - b)^2 + 4 a))/2a, y = b x, where the multipliers are
 * the roots of m^2 + 2 a x m - b. */
static PetscErrorCode TestHenon(void)
{
  const System s = {"henon", 2, {-2, -1}, {2, 1}, "oo", {NULL}, 0};
  const PetscReal x = (0.3 - 1 + sqrt(0.49 + 5.6)) / 2.8;
  Point p;

  PetscFunctionBegin;
  PetscCall(Begin(&s, &p));
  Start(&s, &p, x, 0.3 * x, 0);
  PetscCall(Go(&s, &p, 1));
  TestClose(p.x[0], x, 4e-15, "a fixed point");
  TestClose(p.x[1], 0.3 * x, 4e-15, "a fixed point");
  TestClose(p.D[0] + p.D[3], -2.8 * x, 4e-15, "the sum of the multipliers");
  TestClose(p.D[0] * p.D[3] - p.D[1] * p.D[2], -0.3, 1e-15, "their product");
  TestClose(p.log_jacobian, log(0.3), 1e-15, "areas shrink");
  TestTrue(!OttoDynamicsKeepsVolume(p.d) && !OttoDynamicsGetSingularity(p.d), "what it is");
  PetscCall(Go(&s, &p, -1));
  TestClose(p.log_jacobian, 0, 1e-15, "and back");
  PetscCall(End(&p));
  PetscFunctionReturn(0);
}

/* A turn by 2 pi/7, times 3/2: seven of them are (3/2)^7. */
static PetscErrorCode TestTurn(void)
{
  char matrix[200], *words[] = {"-dynamics_matrix", matrix, NULL};
  const System s = {"linear", 2, {-1, -1}, {1, 1}, "oo", {words[0], words[1]}, 0};
  const PetscReal c = 1.5 * cos(2 * M_PI / 7), q = 1.5 * sin(2 * M_PI / 7), all = pow(1.5, 7);
  Point p;

  PetscFunctionBegin;
  snprintf(matrix, sizeof matrix, "%.17g,%.17g,%.17g,%.17g", c, -q, q, c);
  PetscCall(Begin(&s, &p));
  Start(&s, &p, 0.3, -0.7, 0);
  PetscCall(Go(&s, &p, 7));
  TestClose(p.x[0], 0.3 * all, 1e-14, "x");
  TestClose(p.x[1], -0.7 * all, 1e-14, "y");
  TestClose(p.D[0], all, 1e-14, "the derivative");
  TestTrue(fabs(p.D[1]) <= 1e-14 * all, "the derivative");
  TestClose(p.log_jacobian, 14 * log(1.5), 1e-14, "areas");
  PetscCall(Go(&s, &p, -7));
  TestClose(p.x[0], 0.3, 1e-14, "back");
  TestTrue(!OttoDynamicsKeepsVolume(p.d), "areas grow");
  PetscCall(End(&p));
  snprintf(matrix, sizeof matrix, "%.17g,%.17g,%.17g,%.17g", cos(1), sin(1), sin(1), -cos(1));
  PetscCall(Begin(&s, &p));
  TestTrue(OttoDynamicsKeepsVolume(p.d), "a reflection keeps areas, but for rounding");
  PetscCall(End(&p));
  PetscFunctionReturn(0);
}

/* ---- the circle ---- */

/* tan(pi y) = a tan(pi x): n iterates have a^n. Derivatives are differences, right to some 1e-12
 * of them, of which three are multiplied. */
static PetscErrorCode TestMoebius(void)
{
  const System s = {"map",
                    1,
                    {-0.5},
                    {0.5},
                    "p",
                    {"-dynamics_map", "atan2(1.5*sin(_pi*x), cos(_pi*x))/_pi", "-dynamics_inverse",
                     "atan2(sin(_pi*x)/1.5, cos(_pi*x))/_pi"},
                    0};
  PetscReal error;
  Point p;

  PetscFunctionBegin;
  PetscCall(Begin(&s, &p));
  for (int n = -3; n <= 3; n++)
    for (int k = 0; k < 20; k++) {
      const PetscReal x = -0.5 + Hash(k, 0.3), a = pow(1.5, n);
      const PetscReal slope = a / (PetscSqr(cos(M_PI * x)) + PetscSqr(a * sin(M_PI * x)));
      Start(&s, &p, x, 0, 0);
      PetscCall(Go(&s, &p, n));
      TestTrue(fabs(p.x[0] - atan2(a * sin(M_PI * x), cos(M_PI * x)) / M_PI) <= 1e-14, "iterates");
      TestClose(p.D[0], slope, 1e-11, "their derivative");
      TestTrue(fabs(p.log_jacobian - log(slope)) <= 1e-11, "its logarithm");
    }
  PetscCall(OttoDynamicsDerivativeError(p.d, &error));
  TestTrue(error > 0 && error < 3e-12, "what differences err by is said");
  TestTrue(!OttoDynamicsKeepsVolume(p.d), "lengths change");
  PetscCall(End(&p));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestCat, TestPeriod, TestSpace, TestStandard, TestCylinder, TestBaker, TestHenon,
                   TestTurn, TestMoebius});
}
