/* Chains with closed cells, loops and edges of one direction, as options and by hand: what
 * test_closed.c and test_closed_masks.c share. */
#pragma once
#include "density_setup.h"
#include "edge_list.h"

#define P OTTO_BOUNDARY_PERIODIC
#define W OTTO_BOUNDARY_NO_FLUX

/* The same functions as text and in C. */
static inline double Stone(const double x[])
{
  return pow(x[0] - 0.5, 2) + pow(x[1] - 0.5, 2) < 0.04 ? INFINITY : 2 * x[0] + sin(3 * x[1]);
}
static inline double Wall(const double x[])
{
  return fabs(x[0] - 0.45) < 0.05 ? INFINITY : 3 * x[0];
}
static inline double Combs(const double x[]) /* many parts, lone cells among them */
{
  return sin(17 * x[0]) * cos(23 * x[1] + 5 * x[0]) > 0.1 ? INFINITY : x[0] * x[1];
}
static inline double Rock(const double x[])
{
  return x[0] > 0.3 && x[1] > 0.3 && x[2] > 0.3 ? INFINITY : x[0] + 2 * x[2];
}
static inline double High(const double x[]) /* rates of one direction on its slope */
{
  return pow(x[0] - 0.5, 2) + pow(x[1] - 0.5, 2) < 0.04 ? 5000 : x[0];
}
static inline double Flat(const double x[])
{
  (void)x;
  return 0;
}
static inline double Slope(const double x[])
{
  return 3 * x[0];
}
static inline double Five(const double x[])
{
  (void)x;
  return 5;
}
static inline double Couette(const double x[])
{
  return 4 * x[1];
}
static inline double
Shear(const double x[]) /* not finite inside the stone's middle: never asked for */
{
  return 4 * x[1] + 0.01 / (pow(x[0] - 0.5, 2) + pow(x[1] - 0.5, 2) < 0.03 ? 0 : 1);
}
#define STONE "((x-0.5)^2+(y-0.5)^2<0.04) ? inf : 2*x+sin(3*y)"
#define SHEAR "4*y+0.01/(((x-0.5)^2+(y-0.5)^2<0.03) ? 0 : 1)"

typedef struct {
  int dim, n[3];
  OttoBoundary boundary[3];
  EdgeFunction V, drift[3];
  const char *text, *drift_text; /* NULL: none */
} Case;

static const Case cases[] = {
    {2, {12, 11}, {W, W}, Stone, {NULL}, STONE, NULL},
    {2, {12, 11}, {P, W}, Stone, {Shear, Five}, STONE, SHEAR ", 5"},
    {1, {20}, {W}, Wall, {NULL}, "(abs(x-0.45)<0.05) ? inf : 3*x", NULL},
    {1, {20}, {P}, Wall, {Five}, "(abs(x-0.45)<0.05) ? inf : 3*x", "5"},
    {2, {20, 6}, {W, P}, Wall, {NULL, Five}, "(abs(x-0.45)<0.05) ? inf : 3*x", "0,5"},
    {2, {20, 19}, {P, P}, Combs, {NULL}, "sin(17*x)*cos(23*y+5*x)>0.1 ? inf : x*y", NULL},
    {2,
     {20, 19},
     {W, P},
     Combs,
     {Five, Couette},
     "sin(17*x)*cos(23*y+5*x)>0.1 ? inf : x*y",
     "5, 4*y"},
    {3,
     {6, 7, 5},
     {P, W, P},
     Rock,
     {Five, NULL, Five},
     "(x>0.3 && y>0.3 && z>0.3) ? inf : x+2*z",
     "5,0,5"},
    {2, {8, 1}, {P, P}, Flat, {NULL, Five}, "0", "0,5"}, /* the case one_cell_axis */
    {2, {7, 2}, {W, P}, Slope, {NULL, Five}, "3*x", "0,5"},
    {3, {3, 1, 4}, {P, P, W}, Flat, {Five, Five, NULL}, "0", "5,5,0"},
    {2, {6, 1}, {P, W}, Flat, {Five, Five}, "0", "5,5"}, /* a wall: no current along y */
    {2, {12, 12}, {W, W}, High, {NULL}, "((x-0.5)^2+(y-0.5)^2<0.04) ? 5000 : x", NULL},
    {2, {12, 12}, {W, P}, High, {Five, Couette}, "((x-0.5)^2+(y-0.5)^2<0.04) ? 5000 : x", "5,4*y"},
};
#define COUNT ((int)(sizeof cases / sizeof cases[0]))

static inline PetscErrorCode Make(const Case *c, HandChain *hand, OttoGrid *grid, OttoGenerator *Q)
{
  const PetscReal zero[3] = {0, 0, 0}, one[3] = {1, 1, 1};
  PetscInt64 n[3];

  PetscFunctionBegin;
  *hand = (HandChain){.dim = c->dim, .lower = 0, .upper = 1, .T = 0.7, .V = c->V};
  for (int j = 0; j < c->dim; j++) {
    n[j] = hand->n[j] = c->n[j];
    hand->boundary[j] = c->boundary[j];
    hand->drift[j] = c->drift[j];
  }
  HandFill(hand);
  Set("-temperature", "0.7", "-potential_type", "formula", "-potential_formula", (char *)c->text,
      "-potential_seam", "wall", "-drift_type", c->drift_text ? "formula" : "none");
  if (c->drift_text) PetscCall(PetscOptionsSetValue(NULL, "-drift_formula", c->drift_text));
  PetscCall(MakeBox(c->dim, n, zero, one, c->boundary, grid));
  PetscCall(OttoGeneratorCreate(*grid, Q));
  PetscCall(OttoGeneratorSetFromOptions(*Q));
  PetscCall(OttoGeneratorSetUp(*Q));
  PetscFunctionReturn(0);
}

static inline PetscErrorCode Free(OttoGrid *grid, OttoGenerator *Q)
{
  PetscFunctionBegin;
  PetscCall(OttoGeneratorDestroy(Q));
  PetscCall(OttoGridDestroy(grid));
  PetscFunctionReturn(0);
}

/* A field with values[] (of all cells). */
static inline PetscErrorCode Field(OttoGrid grid, const double values[], Vec *field)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, field));
  PetscCall(VecGetArray(*field, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) a[c] = values[g->offset + c];
  PetscCall(VecRestoreArray(*field, &a));
  PetscFunctionReturn(0);
}

static inline void Says(PetscErrorCode code, PetscErrorCode expected, const char *part)
{
  TestTrue(code == expected, part);
  TestTrue(strstr(OttoErrorMessage(), part) != NULL, part);
  if (!strstr(OttoErrorMessage(), part)) fprintf(stderr, "  it said: %s\n", OttoErrorMessage());
  OttoErrorClear();
}
