/* ranks: 1 2 3
 * Potentials where a periodic axis closes: what jumps is refused with its size, what does not is
 * not; a tilt is the chain of a constant force, to rounding; the nearest image. */
#define _GNU_SOURCE
#include "grid/edges.h"
#include "density_setup.h"
#include <otto/generator.h>

#define P OTTO_BOUNDARY_PERIODIC
#define W OTTO_BOUNDARY_NO_FLUX
#define MOST 40000 /* cells of a file */

static PetscErrorCode Grid(PetscInt dim, const PetscInt64 n[], PetscReal lower, PetscReal upper,
                           const OttoBoundary boundary[], OttoGrid *grid)
{
  const PetscReal low[3] = {lower, lower, lower}, high[3] = {upper, upper, upper};

  PetscFunctionBegin;
  PetscCall(MakeBox(dim, n, low, high, boundary, grid));
  PetscFunctionReturn(0);
}

/* Expects a message. */
static void Says(PetscErrorCode code, PetscErrorCode expected, const char *part)
{
  TestTrue(code == expected, part);
  TestTrue(strstr(OttoErrorMessage(), part) != NULL, part);
  if (!strstr(OttoErrorMessage(), part)) fprintf(stderr, "  it said: %s\n", OttoErrorMessage());
  OttoErrorClear();
}

/* The code of evaluating the options' potential at t = 0; its message stays. */
static PetscErrorCode Evaluate(OttoGrid grid, PetscReal T, Vec V, PetscErrorCode *code)
{
  OttoPotential potential = NULL;
  Vec mine = V;

  PetscFunctionBegin;
  if (!V) PetscCall(OttoFieldCreate(grid, &mine));
  *code = OttoPotentialCreate(grid, T, &potential);
  if (!*code) *code = OttoPotentialEvaluate(potential, 0, mine);
  PetscCall(OttoPotentialDestroy(&potential));
  if (!V) PetscCall(VecDestroy(&mine));
  PetscFunctionReturn(0);
}

typedef struct {
  PetscInt dim;
  PetscInt64 n[3];
  PetscReal lower, upper, T;
  OttoBoundary boundary[3];
  const char *formula, *part; /* part: of the message */
} Jump;

/* The size is V(upper) - V(lower) by hand; the largest of all lines of cells is named. */
static const Jump jumps[] = {
    {1, {64}, 0, 1, 1, {P}, "2*x", " jumps by 2 T where periodic axis 1 closes, at (0), t = 0"},
    {1, {256}, 0, 1, 0.5, {P}, "cos(2*_pi*x)-6*x", "jumps by 12 T"},
    {1, {256}, -M_PI, M_PI, 1, {P}, "5*(x-3)^2", "jumps by 188.5 T"}, /* 5·12π = 60π */
    {1, {2}, 0, 1, 1, {P}, "2*x", "jumps by 2 T"},
    {1, {1}, 0, 1, 1, {P}, "2*x", "jumps by 2 T"},
    {2, {6, 1}, 0, 1, 1, {W, P}, "3*y", "jumps by 3 T where periodic axis 2"},
    {2, {16, 8}, -1, 1, 1, {P, W}, "x*y", "jumps by 1.75 T"}, /* 2y at y = ±7/8 */
    {2, {7, 16}, -1, 1, 0.1, {W, P}, "x+sin(_pi*y)+y^3", "jumps by 20 T where periodic axis 2"},
    {3,
     {5, 6, 7},
     0,
     2,
     1,
     {P, P, P},
     "z*(x>1.5)",
     "jumps by 2 T where periodic axis 3 closes, at (1.8"},
    {3, {5, 6, 7}, 0, 2, 1, {W, P, W}, "0-y^2", "jumps by 4 T where periodic axis 2"},
};

static PetscErrorCode TestJumps(void)
{
  PetscFunctionBegin;
  for (int k = 0; k < (int)(sizeof jumps / sizeof jumps[0]); k++) {
    const Jump *c = &jumps[k];
    PetscErrorCode code = 0;
    OttoGrid grid;
    PetscMPIInt size;
    MPI_Comm_size(PETSC_COMM_WORLD, &size);
    if (c->n[0] < size) continue;
    PetscCall(Grid(c->dim, c->n, c->lower, c->upper, c->boundary, &grid));
    Set("-potential_type", "formula", "-potential_formula", (char *)c->formula);
    PetscCall(Evaluate(grid, c->T, NULL, &code));
    Says(code, OTTO_ERR_INPUT, c->part);
    Set("-potential_type", "formula", "-potential_formula", (char *)c->formula, "-potential_seam",
        "wall");
    PetscCall(Evaluate(grid, c->T, NULL, &code));
    TestTrue(code == 0, "a wall that is asked for");
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* Steep, rough, stepped, but coming back: none is refused; n down to 1. */
static PetscErrorCode TestSmooth(void)
{
  static const char *const formulas[] = {"500*cos(2*_pi*x)",
                                         "40*sin(2*_pi*x+1)+30*cos(6*_pi*x)",
                                         "1e4*exp(20*(cos(2*_pi*(x-0.01))-1))",
                                         "300*(1-2*abs(x-0.5))",
                                         "((x-0.5)^2<0.04) ? 1e4 : 0",
                                         "200*sin(14*_pi*x)^2",
                                         "0.9*x",
                                         "1e3*abs(sin(2*_pi*(x-0.3)))^0.2"};
  static const PetscInt64 sizes[] = {1, 2, 3, 4, 5, 8, 13, 64, 257};

  PetscFunctionBegin;
  for (int k = 0; k < 8; k++)
    for (int i = 0; i < 9; i++) {
      PetscErrorCode code = 0;
      OttoGrid grid;
      int size;
      MPI_Comm_size(PETSC_COMM_WORLD, &size);
      if (sizes[i] < size) continue;
      PetscCall(Grid(1, &sizes[i], 0, 1, (OttoBoundary[]){P}, &grid));
      Set("-potential_type", "formula", "-potential_formula", (char *)formulas[k]);
      PetscCall(Evaluate(grid, 1, NULL, &code));
      if (code) fprintf(stderr, "%s: %s\n", formulas[k], OttoErrorMessage());
      TestTrue(code == 0, "what comes back is no jump");
      OttoErrorClear();
      PetscCall(OttoGridDestroy(&grid));
    }
  PetscFunctionReturn(0);
}

/* The same numbers on all ranks: splitmix64. */
static double Uniform(PetscInt64 seed, PetscInt64 i)
{
  uint64_t z = (uint64_t)seed * 0x9e3779b97f4a7c15u + (uint64_t)i * 0xd1342543de82ef95u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.;
}

/* What a file holds at index i of sizes n, in T. */
typedef double (*Rule)(int k, const PetscInt64 n[], const PetscInt64 i[]);

static double Rough(int k, const PetscInt64 n[], const PetscInt64 i[])
{
  const PetscInt64 at = (i[0] * n[1] + i[1]) * n[2] + i[2];
  return (k % 3 ? 300 : 3) * (Uniform(k, at) + (k % 2 ? Uniform(k + 99, at) : 0));
}
/* Smooth, one to three waves, at any phase, or a bump narrower than a cell or wider, anywhere. */
static double Waves(int k, const PetscInt64 n[], const PetscInt64 i[])
{
  double v = 0;
  for (int j = 0; j < 3; j++) {
    double x = (double)i[j] / (double)n[j], at = x - Uniform(k, 10 + j), d = at - round(at);
    double width = pow(10, -3 * Uniform(k, 20)) * 0.3;
    v += k % 2 ? 1e3 * exp(-d * d / (2 * width * width))
               : 200 * cos(2 * M_PI * ((n[j] > 11 ? 1 + k % 3 : 1) * at));
  }
  return v;
}
/* A ramp along the axis k of three, on top of waves or noise, on a part of the face only. */
static double Ramp(int k, const PetscInt64 n[], const PetscInt64 i[])
{
  const double x = ((double)i[k % 3] + 0.5) / (double)n[k % 3];
  if (i[(k + 1) % 3] != 2) return 0;
  return 100 * x + (k < 3 ? cos(2 * M_PI * x) : Uniform(k, i[0] + 50 * i[1] + 2500 * i[2]));
}

static PetscErrorCode WriteFile(Rule value, int k, const PetscInt64 n[])
{
  static double x[MOST];
  PetscInt64 c = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  if (Rank() == 0) {
    const hsize_t shape[3] = {(hsize_t)n[0], (hsize_t)n[1], (hsize_t)n[2]};
    hid_t file = H5Fcreate(field_path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    for (PetscInt64 i = 0; i < n[0]; i++)
      for (PetscInt64 j = 0; j < n[1]; j++)
        for (PetscInt64 l = 0; l < n[2]; l++) x[c++] = value(k, n, (PetscInt64[]){i, j, l});
    WriteNumbers(file, "V", 3, shape, x);
    H5Fclose(file);
  }
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscFunctionReturn(0);
}

static PetscErrorCode OfFile(Rule value, int k, const PetscInt64 n[], PetscErrorCode *code)
{
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(WriteFile(value, k, n));
  PetscCall(Grid(3, n, 0, 1, (OttoBoundary[]){P, P, P}, &grid));
  Set("-potential_type", "file", "-potential_path", field_path, "-potential_dataset", "V");
  PetscCall(Evaluate(grid, 1, NULL, code));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* Rough or smooth numbers of a file are no jump, ramps are. */
static PetscErrorCode TestFiles(void)
{
  static const PetscInt64 sizes[][3] = {{64, 1, 1}, {13, 17, 1},  {40, 5, 4}, {7, 8, 9},
                                        {3, 4, 25}, {12, 12, 12}, {4, 5, 6}};
  PetscErrorCode code = 0;
  char part[80];

  PetscFunctionBegin;
  for (int k = 0; k < 70; k++) {
    PetscCall(OfFile(Rough, k, sizes[k % 7], &code));
    if (code) fprintf(stderr, "rough %d: %s\n", k, OttoErrorMessage());
    TestTrue(code == 0, "noise is no jump");
    OttoErrorClear();
    PetscCall(OfFile(Waves, k, sizes[k % 7], &code));
    if (code) fprintf(stderr, "waves %d: %s\n", k, OttoErrorMessage());
    TestTrue(code == 0, "waves are no jump");
    OttoErrorClear();
  }
  for (int k = 0; k < 6; k++) {
    PetscCall(OfFile(Ramp, k, (PetscInt64[]){12, 14, 13}, &code));
    snprintf(part, sizeof part, "T where periodic axis %d closes", k % 3 + 1);
    Says(code, OTTO_ERR_INPUT, part);
  }
  PetscFunctionReturn(0);
}

/* ---- a tilt ---- */

static PetscErrorCode MakeChain(OttoGrid grid, OttoGenerator *Q)
{
  PetscFunctionBegin;
  PetscCall(OttoGeneratorCreate(grid, Q));
  PetscCall(OttoGeneratorSetFromOptions(*Q));
  PetscCall(OttoGeneratorSetUp(*Q));
  PetscFunctionReturn(0);
}

/* Largest difference of z and of rates, relative to the largest. */
static PetscErrorCode Compare(OttoGenerator Q, OttoGenerator R, PetscReal *difference)
{
  const OttoRates *a = OttoGeneratorGetRates(Q), *b = OttoGeneratorGetRates(R);
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(Q));
  PetscReal sizes[2] = {0, 0};

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++)
    for (PetscInt64 c = 0; c < g->local_cells + (j ? 0 : OttoEdgesLowerGhosts(g)); c++) {
      sizes[0] = PetscMax(sizes[0], fabs(a->force[j][c] - b->force[j][c]));
      sizes[0] = PetscMax(sizes[0],
                          fabs(a->up[j][c] / PetscMax(b->up[j][c], 1e-9) - 1) * (b->up[j][c] > 0));
      sizes[1] = PetscMax(sizes[1], fabs(b->force[j][c]));
    }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sizes, 2, MPIU_REAL, MPIU_MAX, PETSC_COMM_WORLD));
  TestTrue(sizes[1] > 0.01, "there are forces");
  *difference = sizes[0];
  PetscFunctionReturn(0);
}

typedef struct {
  PetscInt dim;
  PetscInt64 n[3];
  OttoBoundary boundary[3];
  const char *tilted, *f; /* V with its tilt, and the drift beside it */
  const char *V, *both;   /* without, and the drift with the tilt's force */
} Tilt;

static const Tilt tilts[] = {
    {1, {50}, {P}, "cos(2*_pi*x)-6*x", NULL, "cos(2*_pi*x)", "6"},
    {1,
     {9},
     {P},
     "3*sin(4*_pi*x)-6*x*cos(3*t)",
     "sin(2*_pi*x)",
     "3*sin(4*_pi*x)",
     "sin(2*_pi*x)+6*cos(3*t)"},
    {2, {6, 7}, {P, P}, "cos(2*_pi*(x-y))-6*x+2.5*y", NULL, "cos(2*_pi*(x-y))", "6,-2.5"},
    {2, {6, 7}, {W, P}, "cos(2*_pi*y)-6*x+2.5*y", "y, x", "cos(2*_pi*y)-6*x", "y,x-2.5"},
    {3, {5, 1, 4}, {P, P, W}, "z^2-6*x+9*y", "1,2,3", "z^2", "7,-7,3"},
    {3, {4, 2, 3}, {W, P, P}, "t*(y-z)+x", NULL, "x", "0,-t,t"},
    {2,
     {12, 11},
     {P, W},
     "(y>0.3 && y<0.6) ? inf : x*4",
     "0,1",
     "(y>0.3 && y<0.6) ? inf : 0",
     "-4,1"},
};

/* By the rates, at two times. V of order 10 rounds to 1e-15 each, rates to 10 times the force. */
static PetscErrorCode TestTilts(void)
{
  PetscFunctionBegin;
  for (int k = 0; k < 2 * (int)(sizeof tilts / sizeof tilts[0]); k++) {
    const Tilt *c = &tilts[k / 2];
    const PetscReal t = k % 2 ? 0.7 : 0;
    OttoGenerator Q, R;
    OttoGrid grid;
    PetscReal difference = 1;
    PetscMPIInt size;
    MPI_Comm_size(PETSC_COMM_WORLD, &size);
    if (c->n[0] < size) continue;
    PetscCall(Grid(c->dim, c->n, 0, 1, c->boundary, &grid));
    Set("-potential_type", "formula", "-potential_formula", (char *)c->tilted, "-potential_seam",
        "drift", "-temperature", "0.5", "-drift_type", c->f ? "formula" : "none");
    if (c->f) PetscCall(PetscOptionsSetValue(NULL, "-drift_formula", c->f));
    PetscCall(MakeChain(grid, &Q));
    PetscCall(OttoGeneratorSetTime(Q, t));
    Set("-potential_type", "formula", "-potential_formula", (char *)c->V, "-temperature", "0.5",
        "-drift_type", "formula", "-drift_formula", (char *)c->both);
    PetscCall(MakeChain(grid, &R));
    PetscCall(OttoGeneratorSetTime(R, t));
    TestTrue(!OttoGeneratorIsConservative(Q), "a tilt drives the chain");
    PetscCall(Compare(Q, R, &difference));
    TestClose(difference, 0, 1e-13, "a tilt is a constant force");
    PetscCall(OttoGeneratorDestroy(&Q));
    PetscCall(OttoGeneratorDestroy(&R));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* ---- what a file's tilt is found to ---- */

static double Linear(int k, const PetscInt64 n[], const PetscInt64 i[])
{
  (void)k;
  return 5 - 7 * ((double)i[0] + 0.5) / (double)n[0];
}
static double Wavy(int k, const PetscInt64 n[], const PetscInt64 i[])
{
  const double x = ((double)i[0] + 0.5) / (double)n[0];
  return (k ? 0 : -7 * x) + 2 * sin(2 * M_PI * x + 0.4);
}

typedef struct {
  OttoGrid grid;
  OttoPotential potential;
  Vec V;
} Tilted;

/* The potential of a file's numbers, taken as a drift where it jumps. */
static PetscErrorCode TiltOf(Rule value, int k, const PetscInt64 n[], const OttoBoundary boundary[],
                             Tilted *s)
{
  PetscFunctionBegin;
  PetscCall(WriteFile(value, k, n));
  PetscCall(Grid(3, n, 0, 1, boundary, &s->grid));
  Set("-potential_type", "file", "-potential_path", field_path, "-potential_dataset", "V",
      "-potential_seam", "drift");
  PetscCall(OttoFieldCreate(s->grid, &s->V));
  PetscCall(OttoPotentialCreate(s->grid, 1, &s->potential));
  PetscCall(OttoPotentialEvaluate(s->potential, 0, s->V));
  PetscFunctionReturn(0);
}

static PetscErrorCode FreeTilted(Tilted *s)
{
  PetscFunctionBegin;
  PetscCall(OttoPotentialDestroy(&s->potential));
  PetscCall(VecDestroy(&s->V));
  PetscCall(OttoGridDestroy(&s->grid));
  PetscFunctionReturn(0);
}

/* The force of a tilted file: exact for a line, to the fourth order for waves; none without tilt.
 */
static PetscErrorCode TestFileTilt(void)
{
  const struct {
    Rule value;
    int k;
    PetscInt64 n;
    PetscReal force, error;
  } cases[] = {{Linear, 0, 12, 7, 1e-13},
               {Linear, 0, 4, 7, 1e-13},
               /* 35/128 h⁴ V'''' on either side, V'''' ≤ 2·(2π)⁴ */
               {Wavy, 0, 32, 7, 2 * 35. / 128 * 3117 / (32. * 32 * 32 * 32)},
               {Wavy, 0, 128, 7, 2 * 35. / 128 * 3117 / (128. * 128 * 128 * 128)},
               {Wavy, 1, 32, 0, 0},
               {Wavy, 1, 8, 0, 0},
               {Wavy, 1, 5, 0, 0}};

  PetscFunctionBegin;
  for (int c = 0; c < 7; c++) {
    const PetscInt64 n[3] = {cases[c].n, 1, 1};
    Tilted s;
    PetscCall(TiltOf(cases[c].value, cases[c].k, n, (OttoBoundary[]){P, W, W}, &s));
    TestTrue(fabs(OttoPotentialGetTilt(s.potential)[0] - cases[c].force) <= cases[c].error,
             "the force");
    TestTrue(OttoPotentialMayTilt(s.potential) == (cases[c].force != 0), "whether there is a tilt");
    PetscCall(FreeTilted(&s));
  }
  PetscFunctionReturn(0);
}

static double Plane(int k, const PetscInt64 n[], const PetscInt64 i[])
{
  (void)k;
  return 3 * ((double)i[1] + 0.5) / (double)n[1] - 7 * ((double)i[0] + 0.5) / (double)n[0] +
         sin(2 * M_PI * ((double)i[2] + 0.5) / (double)n[2]);
}

/* Along two axes of a file at once, and none along the third; what is left of V is what was put on
 * the planes. */
static PetscErrorCode TestPlane(void)
{
  const PetscInt64 n[3] = {9, 7, 12};
  const PetscScalar *v;
  Tilted s;

  PetscFunctionBegin;
  PetscCall(TiltOf(Plane, 0, n, (OttoBoundary[]){P, P, P}, &s));
  TestClose(OttoPotentialGetTilt(s.potential)[0], 7, 1e-13, "along x");
  TestClose(OttoPotentialGetTilt(s.potential)[1], -3, 1e-13, "along y");
  TestTrue(OttoPotentialGetTilt(s.potential)[2] == 0, "none along z");
  PetscCall(VecGetArrayRead(s.V, &v));
  for (PetscInt64 c = 0; c < OttoGridGetInfo(s.grid)->local_cells; c++)
    /* 3/2 - 7/2: slopes are taken out about the middle of the box */
    TestTrue(fabs(v[c] - (sin(2 * M_PI * ((double)(c % 12) + 0.5) / 12) - 2)) <= 1e-13, "the rest");
  PetscCall(VecRestoreArrayRead(s.V, &v));
  PetscCall(FreeTilted(&s));
  PetscFunctionReturn(0);
}

/* ---- the nearest image ---- */

/* V by hand, and the case ring_quadratic: P(x < -2.5) = 0.3203 of the steady state. */
static PetscErrorCode TestImages(void)
{
  const PetscInt64 n = 256;
  const PetscScalar *v;
  PetscReal sums[2] = {0, 0}, x[OTTO_MAX_DIM];
  PetscErrorCode code = 0;
  OttoGrid grid;
  Vec V;

  PetscFunctionBegin;
  PetscCall(Grid(1, &n, -M_PI, M_PI, (OttoBoundary[]){P}, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(OttoFieldCreate(grid, &V));
  Set("-potential_type", "quadratic", "-potential_stiffness", "10", "-potential_center", "3",
      "-potential_seam", "image");
  PetscCall(Evaluate(grid, 1, V, &code));
  PetscCall(code);
  PetscCall(VecGetArrayRead(V, &v));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    const double d = fmin(fabs(x[0] - 3), fabs(x[0] + 2 * M_PI - 3));
    TestClose(v[c], 5 * d * d, 1e-12, "of the nearest image");
    sums[0] += exp(-v[c]);
    sums[1] += x[0] < -2.5 ? exp(-v[c]) : 0;
  }
  PetscCall(VecRestoreArrayRead(V, &v));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPIU_REAL, MPIU_SUM, PETSC_COMM_WORLD));
  TestTrue(fabs(sums[1] / sums[0] - 0.3203) < 5e-5, "P(x < -2.5) of ring_quadratic");
  Set("-potential_type", "double_well", "-potential_height", "4", "-potential_center", "2.5",
      "-potential_seam", "image");
  PetscCall(Evaluate(grid, 1, V, &code));
  PetscCall(code);
  PetscCall(VecGetArrayRead(V, &v));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    const double d = fmin(fabs(x[0] - 2.5), fabs(x[0] + 2 * M_PI - 2.5));
    TestTrue(fabs(v[c] - 4 * pow(d * d - 1, 2)) <= 1e-12 * (1 + v[c]), "of the nearest image");
  }
  PetscCall(VecRestoreArrayRead(V, &v));
  PetscCall(VecDestroy(&V));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* ---- refusals ---- */

static PetscErrorCode TestRefusals(void)
{
  const PetscInt64 n[2] = {8, 6};
  PetscErrorCode code = 0;
  OttoPotential potential;
  OttoGrid grid;
  Vec V;

  PetscFunctionBegin;
  PetscCall(Grid(2, n, 0, 1, (OttoBoundary[]){P, P}, &grid));
  PetscCall(OttoFieldCreate(grid, &V));
  Set("-potential_type", "formula", "-potential_formula", "9*x*y", "-potential_seam", "drift");
  PetscCall(Evaluate(grid, 1, NULL, &code));
  Says(code, OTTO_ERR_INPUT, "drift does not fit: without its mean slope, potential_formula");
  Set("-potential_type", "formula", "-potential_formula", "9*x", "-potential_seam", "image");
  PetscCall(Evaluate(grid, 1, NULL, &code));
  Says(code, OTTO_ERR_INPUT, "image needs a potential with a centre");
  Set("-potential_type", "none", "-potential_seam", "wal");
  PetscCall(Evaluate(grid, 1, NULL, &code));
  Says(code, OTTO_ERR_INPUT, "did you mean wall");
  Set("-potential_type", "formula", "-potential_formula", "9*x*t");
  PetscCall(OttoPotentialCreate(grid, 1, &potential));
  PetscCall(OttoPotentialEvaluate(potential, 0, V));
  TestFails(OttoPotentialEvaluate(potential, 2, V), OTTO_ERR_NUMERICAL, "jumps by 18 T");
  TestFails(OttoPotentialEvaluate(potential, 2, V), OTTO_ERR_NUMERICAL, "t = 2");
  PetscCall(OttoPotentialEvaluate(potential, 0.1, V)); /* 0.9 T: no jump */
  PetscCall(OttoPotentialDestroy(&potential));
  PetscCall(VecDestroy(&V));
  PetscCall(OttoGridDestroy(&grid));
  PetscCall(PetscOptionsClear(NULL));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestInputs, TestJumps, TestSmooth, TestFiles, TestTilts, TestFileTilt, TestPlane,
                   TestImages, TestRefusals, TestRemove});
}
