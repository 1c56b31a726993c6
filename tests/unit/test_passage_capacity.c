/* ranks: 1 2 3
 * The capacity enclosed in deep wells: against the resistance of the network by star-mesh
 * elimination in long double, sums of positive terms (Kennelly 1899; Rosen 1924). */
#include "passages.h"

/* V up to some 500 is rounded to 1e-13 by its formula, and so are conductances, relative. */
#define CLOSE 1e-12
#define NARROW 1e-8
#define DIM OTTO_GENERATOR_MAX_DIM

typedef struct {
  const char *what, *formula;
  PetscReal (*V)(const PetscReal x[]); /* the same, T = 1 */
  PetscInt (*set)(const PetscReal x[]);
  PetscInt dim;
  PetscInt64 n[DIM];
  PetscReal lower[DIM], upper[DIM];
  OttoBoundary boundary[DIM];
} Case;

/* ---- the network ---- */

/* Cells by their position, and two more for A and B; c[k · count + l]. */
typedef struct {
  PetscInt count;
  long double *c, mass;
} Network;

static void Centre(const Case *k, PetscInt64 cell, PetscInt64 at[], PetscReal x[])
{
  for (PetscInt j = k->dim - 1; j >= 0; j--) {
    at[j] = cell % k->n[j];
    cell /= k->n[j];
    x[j] =
        k->lower[j] + ((PetscReal)at[j] + 0.5) * (k->upper[j] - k->lower[j]) / (PetscReal)k->n[j];
  }
}

static long double Bernoulli(long double z)
{
  return z == 0 ? 1 : z / expm1l(z);
}

/* One edge up from cell x along an axis: through a face of a set by halves. */
static void AddEdge(const Case *k, Network *s, PetscInt64 cell, PetscInt axis)
{
  const PetscReal h = (k->upper[axis] - k->lower[axis]) / (PetscReal)k->n[axis];
  PetscInt64 at[DIM], next = 0;
  PetscReal x[DIM], y[DIM];

  Centre(k, cell, at, x);
  if (at[axis] + 1 == k->n[axis] && k->boundary[axis] != P) return;
  at[axis] = (at[axis] + 1) % k->n[axis];
  for (PetscInt j = 0; j < k->dim; j++) next = next * k->n[j] + at[j];
  Centre(k, next, at, y);
  const long double V[] = {k->V(x), k->V(y)}, D = 1 / ((long double)h * h);
  const PetscInt set[] = {k->set(x), k->set(y)};
  PetscInt64 ends[] = {cell, next};
  if (isinf(V[0]) || isinf(V[1]) || (set[0] && set[1])) return;
  long double conducts = D * expl(-V[0]) * Bernoulli(V[1] - V[0]);
  for (int i = 0; i < 2; i++) {
    if (!set[i]) continue;
    ends[i] = s->count - 3 + set[i];
    conducts = 2 * D * expl(-V[!i]) * Bernoulli((V[i] - V[!i]) / 2);
  }
  s->c[ends[0] * s->count + ends[1]] += conducts;
  s->c[ends[1] * s->count + ends[0]] += conducts;
}

/* Every cell is taken out, its neighbours joined by what it joined them by. */
static long double StarMesh(Network *s)
{
  PetscInt *beside, count;
  const PetscInt n = s->count;

  if (PetscMalloc1(n, &beside)) return NAN;
  for (PetscInt x = 0; x < n - 2; x++) {
    long double sum = 0;
    count = 0;
    for (PetscInt y = x + 1; y < n; y++)
      if (s->c[x * n + y] > 0) {
        beside[count++] = y;
        sum += s->c[x * n + y];
      }
    for (PetscInt i = 0; i < count; i++)
      for (PetscInt j = 0; j < count; j++)
        if (i != j)
          s->c[beside[i] * n + beside[j]] +=
              s->c[x * n + beside[i]] / sum * s->c[x * n + beside[j]];
  }
  if (PetscFree(beside)) return NAN;
  return s->c[(n - 2) * n + n - 1];
}

static PetscErrorCode Exact(const Case *k, PetscReal *capacity)
{
  Network s = {.count = 2, .mass = 0};
  PetscInt64 cells = 1, at[DIM];
  PetscReal x[DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < k->dim; j++) cells *= k->n[j];
  s.count += (PetscInt)cells;
  PetscCall(PetscCalloc1(s.count * s.count, &s.c));
  for (PetscInt64 c = 0; c < cells; c++) {
    Centre(k, c, at, x);
    if (!isinf(k->V(x))) s.mass += expl(-(long double)k->V(x));
    for (PetscInt j = 0; j < k->dim; j++) AddEdge(k, &s, c, j);
  }
  *capacity = (PetscReal)(StarMesh(&s) / s.mass);
  PetscCall(PetscFree(s.c));
  PetscFunctionReturn(0);
}

/* ---- cases ---- */

static PetscReal InRow(const PetscReal x[])
{
  return 18 * cos(4 * x[0]);
}
static PetscInt Ends(const PetscReal x[])
{
  return x[0] < -1.9 ? 1 : x[0] > 1.9 ? 2 : 0;
}

static PetscReal Wells(const PetscReal x[])
{
  const PetscReal square = x[0] * x[0] - 1;

  return 36 * square * square + 3 * x[1] * x[1] + 0.5 * x[0];
}
/* The second well is open, and leads nowhere. */
static PetscInt Aside(const PetscReal x[])
{
  if (hypot(x[0] + 1, x[1]) < 0.3) return 1;
  return x[0] > 0.2 && x[0] < 0.4 && x[1] < 0 ? 2 : 0;
}
/* Both are: A and B are corners, e^76 above. What rounding makes of h in wells is then more than
 * all that passes, to Dirichlet's form. */
static PetscInt Corner(const PetscReal x[])
{
  if (x[0] < -1.5 && x[1] < -0.6) return 1;
  return x[0] > 1.5 && x[1] > 0.6 ? 2 : 0;
}

static PetscReal Rough(const PetscReal x[])
{
  return 12 * sin(7 * x[0]) * sin(5 * x[1]) + 6 * cos(11 * x[0] + 3 * x[1]);
}
static PetscReal Deeper(const PetscReal x[])
{
  const PetscReal square = x[0] * x[0] - 1;

  return 64 * square * square + 3 * x[1] * x[1] + 0.5 * x[0];
}
static PetscReal Flat(const PetscReal x[])
{
  return x[0] > 0 && x[0] < 0.5 && x[1] > -0.5 ? INFINITY : 0;
}

static PetscReal Three(const PetscReal x[])
{
  const PetscReal square = x[0] * x[0] - 1;

  return 36 * square * square + 3 * x[1] * x[1] + 6 * cos(3 * x[2]);
}
static PetscInt Balls(const PetscReal x[])
{
  if (x[0] < -0.7 && x[0] > -1.3 && hypot(x[1], x[2]) < 0.5) return 1;
  return x[0] > 0.3 && x[0] < 0.7 && x[1] > 0 ? 2 : 0;
}

static const Case cases[] = {
    {"wells in a row", "18*cos(4*x)", InRow, Ends, 1, {100}, {-2.2}, {2.2}, {W}},
    {"a well aside",
     "36*(x^2-1)^2+3*y^2+0.5*x",
     Wells,
     Aside,
     2,
     {30, 14},
     {-2, -1},
     {2, 1},
     {W, W}},
    {"from a well's edge",
     "36*(x^2-1)^2+3*y^2+0.5*x",
     Wells,
     Corner,
     2,
     {28, 14},
     {-2, -1},
     {2, 1},
     {W, W}},
    {"deeper", "64*(x^2-1)^2+3*y^2+0.5*x", Deeper, Aside, 2, {30, 14}, {-2, -1}, {2, 1}, {W, W}},
    {"many wells",
     "12*sin(7*x)*sin(5*y)+6*cos(11*x+3*y)",
     Rough,
     Corner,
     2,
     {23, 19},
     {-2, -1},
     {2, 1},
     {P, P}},
    {"round closed cells",
     "x>0&&x<0.5&&y>0-0.5?inf:0",
     Flat,
     Corner,
     2,
     {20, 15},
     {-2, -1},
     {2, 1},
     {W, P}},
    {"three axes",
     "36*(x^2-1)^2+3*y^2+6*cos(3*z)",
     Three,
     Balls,
     3,
     {14, 6, 6},
     {-2, -1, -1},
     {2, 1, 1},
     {W, W, P}},
};

static PetscErrorCode TestCases(void)
{
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const Case *k = &cases[i];
    OttoPassage passage;
    OttoTransition t;
    PetscReal exact = 0;
    Chain s;

    PetscCall(ChainCreate(k->dim, k->n, k->lower, k->upper, k->boundary,
                          OPTIONS("-potential_type", "formula", "-potential_formula", k->formula),
                          &s));
    PetscCall(MakePassage(&s, 2, k->set, OTTO_PASSAGE_AUTO, &passage));
    PetscCall(OttoPassageTransition(passage, 1, 2, &t));
    PetscCall(Exact(k, &exact));
    TestClose(t.flux_out, exact, CLOSE, k->what);
    TestTrue(t.capacity_lower <= exact * (1 + CLOSE), "a lower bound");
    TestTrue(t.capacity_upper >= exact * (1 - CLOSE), "an upper bound");
    TestTrue(t.capacity_lower >= exact * (1 - NARROW), "which are narrow");
    const PetscBool blurred = k->V == Wells && k->set == Corner ? PETSC_TRUE : PETSC_FALSE;
    TestTrue(blurred || t.capacity_upper <= exact * (1 + NARROW), "both");
    PetscCall(OttoTransitionFree(&t));
    PetscCall(OttoPassageDestroy(&passage));
    PetscCall(ChainDestroy(&s));
  }
  return 0;
}

int main(void)
{
  return TestMain({TestCases});
}
