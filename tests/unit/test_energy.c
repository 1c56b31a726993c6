/* ranks: 1 2 3; long: 3
 * The energy of a density: its variation against differences of the energy in random directions and
 * under the move of mass from cell to cell, for every internal energy and every interaction; closed
 * forms of its parts; displacement; closed cells; what it holds; what is refused.
 */
#define _GNU_SOURCE
#include "density_setup.h"
#include <malloc.h>

/* Options of an energy: an internal energy, an interaction, a potential (NULL: none). */
static PetscErrorCode SetEnergy(const char *internal, const char *interaction, const char *V)
{
  static const char *const keys[][2] = {{"-temperature", "0.6"},
                                        {"-energy_m", "2.3"},
                                        {"-energy_interaction_repulsion_length", "0.4"},
                                        {"-energy_interaction_attraction_length", "0.9"},
                                        {"-energy_interaction_attraction", "1.7"},
                                        {"-energy_interaction_formula", "sqrt(r) - r^2"}};

  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
    PetscCall(PetscOptionsSetValue(NULL, keys[i][0], keys[i][1]));
  PetscCall(PetscOptionsSetValue(NULL, "-energy_internal", internal));
  PetscCall(PetscOptionsSetValue(NULL, "-energy_interaction_type", interaction));
  if (!V) PetscFunctionReturn(0);
  PetscCall(PetscOptionsSetValue(NULL, "-potential_type", "formula"));
  PetscCall(PetscOptionsSetValue(NULL, "-potential_formula", V));
  PetscFunctionReturn(0);
}

static PetscErrorCode Total(OttoEnergy energy, Vec rho, PetscReal *total)
{
  OttoEnergyParts parts;

  PetscFunctionBegin;
  PetscCall(OttoEnergyEvaluate(energy, rho, &parts));
  *total = parts.total;
  PetscFunctionReturn(0);
}

/* A number of a cell, whatever the mesh. */
static PetscReal CellHash(const OttoGridInfo *g, PetscInt64 local, PetscReal seed)
{
  PetscInt64 at[OTTO_MAX_DIM], cell = 0;

  OttoGridCellIndex(g, local, at);
  for (PetscInt j = 0; j < g->dim; j++) cell = cell * g->n[j] + at[j];
  return Hash(cell, seed);
}

static PetscErrorCode FillHash(OttoGrid grid, PetscReal from, PetscReal to, PetscReal seed, Vec u)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(VecGetArray(u, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) a[c] = from + (to - from) * CellHash(g, c, seed);
  PetscCall(VecRestoreArray(u, &a));
  PetscFunctionReturn(0);
}

/* Mass from the first cell of the grid to its last. */
static PetscErrorCode FillMove(OttoGrid grid, Vec u)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscInt64 first[OTTO_MAX_DIM] = {0}, last[OTTO_MAX_DIM] = {0}, cell;
  PetscMPIInt rank;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) last[j] = g->n[j] - 1;
  PetscCall(VecZeroEntries(u));
  cell = OttoGridOwner(g, first, &rank);
  if (rank == g->rank) PetscCall(VecSetValue(u, (PetscInt)(g->offset + cell), -1, INSERT_VALUES));
  cell = OttoGridOwner(g, last, &rank);
  if (rank == g->rank) PetscCall(VecSetValue(u, (PetscInt)(g->offset + cell), 1, INSERT_VALUES));
  PetscCall(VecAssemblyBegin(u));
  PetscCall(VecAssemblyEnd(u));
  PetscFunctionReturn(0);
}

/* (E(ρ + εη) − E(ρ − εη))/2ε by two ε, right to ε⁴. */
static PetscErrorCode Difference(OttoEnergy energy, Vec rho, Vec eta, PetscReal *difference)
{
  const PetscReal steps[2] = {2e-3, 1e-3};
  PetscReal slopes[2], up = 0, down = 0;
  Vec moved;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(rho, &moved));
  for (int k = 0; k < 2; k++) {
    PetscCall(VecWAXPY(moved, steps[k], eta, rho));
    PetscCall(Total(energy, moved, &up));
    PetscCall(VecWAXPY(moved, -steps[k], eta, rho));
    PetscCall(Total(energy, moved, &down));
    slopes[k] = (up - down) / (2 * steps[k]);
  }
  *difference = slopes[1] + (slopes[1] - slopes[0]) / 3;
  PetscCall(VecDestroy(&moved));
  PetscFunctionReturn(0);
}

static const char *internal_name, *interaction_name;

static PetscErrorCode CheckVariation(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoEnergy energy;
  Vec rho, eta, xi;
  PetscReal slope, difference = 0, size;

  PetscFunctionBegin;
  PetscCall(SetEnergy(internal_name, interaction_name, "3*cos(2*_pi*x)*(1 + t) + 0.4"));
  PetscCall(OttoEnergyCreate(grid, &energy));
  PetscCall(OttoEnergySetTime(energy, 0.25));
  PetscCall(OttoFieldCreate(grid, &rho));
  PetscCall(OttoFieldCreate(grid, &eta));
  PetscCall(OttoFieldCreate(grid, &xi));
  PetscCall(FillHash(grid, 0.5, 1.5, 1, rho));
  PetscCall(VecSet(xi, NAN));
  PetscCall(OttoEnergyVariation(energy, rho, xi));
  for (int direction = 0; direction < 3; direction++) {
    if (direction < 2)
      PetscCall(FillHash(grid, -1, 1, 2 + direction, eta));
    else
      PetscCall(FillMove(grid, eta));
    PetscCall(Difference(energy, rho, eta, &difference));
    PetscCall(VecDot(xi, eta, &slope));
    PetscCall(VecNorm(xi, NORM_1, &size));
    /* E'''''ε⁴/5! is of order 1e-12 of E's size; so is rounding, an eps of E over ε */
    TestClose(slope * g->cell_volume + size * g->cell_volume, (difference + size * g->cell_volume),
              1e-11, "the variation against differences");
  }
  PetscCall(VecDestroy(&rho));
  PetscCall(VecDestroy(&eta));
  PetscCall(VecDestroy(&xi));
  PetscCall(OttoEnergyDestroy(&energy));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestVariation(void)
{
  static const PetscInt64 shapes[][3] = {{17}, {7, 5}, {5, 3, 4}};
  const OttoBoundary wall = OTTO_BOUNDARY_NO_FLUX, torus = OTTO_BOUNDARY_PERIODIC;
  const OttoBoundary boundaries[][3] = {{wall, wall, wall}, {torus, torus, torus}};

  PetscFunctionBegin;
  for (int s = 0; s < 3; s++)
    for (int b = 0; b < 2; b++) {
#define OTTO_MEMBER(key, ...)                                                                      \
  internal_name = s == 1 ? "power" : "entropy";                                                    \
  interaction_name = #key;                                                                         \
  PetscCall(OnMeshes(s + 1, shapes[s], boundaries[b], CheckVariation));
#include "energy/interaction.def"
#undef OTTO_MEMBER
#define OTTO_MEMBER(key, ...)                                                                      \
  internal_name = #key;                                                                            \
  interaction_name = "none";                                                                       \
  PetscCall(OnMeshes(s + 1, shapes[s], boundaries[b], CheckVariation));
#include "energy/internal.def"
#undef OTTO_MEMBER
    }
  PetscFunctionReturn(0);
}

/* ---- closed forms ---- */

/* A grid of 17 × 13 cells of unlike sides. */
static PetscErrorCode MakePlane(OttoBoundary b, OttoGrid *grid)
{
  const PetscInt64 n[] = {17, 13};
  const PetscReal lower[] = {0, 0}, upper[] = {2, 1.5};
  const OttoBoundary boundary[] = {b, b};

  PetscFunctionBegin;
  PetscCall(MakeBox(2, n, lower, upper, boundary, grid));
  PetscFunctionReturn(0);
}

/* A block of 5 × 4 uneven cells that begins at cell (i, j), round the torus. */
static PetscErrorCode FillBlock(OttoGrid grid, PetscInt64 i, PetscInt64 j, Vec rho)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscInt64 at[OTTO_MAX_DIM];
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(VecGetArray(rho, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellIndex(g, c, at);
    const PetscInt64 u = (at[0] - i + g->n[0]) % g->n[0], v = (at[1] - j + g->n[1]) % g->n[1];
    a[c] = u < 5 && v < 4 ? 1 + Hash(5 * v + u, 1) : 0;
  }
  PetscCall(VecRestoreArray(rho, &a));
  PetscFunctionReturn(0);
}

/* Without a potential an energy does not see where a density is: inside walls, round a torus. */
static PetscErrorCode CheckTranslation(const char *interaction, OttoBoundary b)
{
  static const PetscInt64 places[][2] = {{0, 0}, {7, 4}, {12, 9}, {14, 11}}; /* last: over seams */
  PetscReal first = 0, total = 0;
  OttoEnergy energy;
  OttoGrid grid;
  Vec rho;

  PetscFunctionBegin;
  PetscCall(MakePlane(b, &grid));
  PetscCall(OttoFieldCreate(grid, &rho));
  PetscCall(SetEnergy("entropy", interaction, NULL));
  PetscCall(OttoEnergyCreate(grid, &energy));
  PetscCall(OttoEnergySetTime(energy, 0));
  TestTrue(!OttoEnergyGetField(energy), "there is no potential");
  for (int k = 0; k < (b == OTTO_BOUNDARY_PERIODIC ? 4 : 3); k++) {
    PetscCall(FillBlock(grid, places[k][0], places[k][1], rho));
    PetscCall(Total(energy, rho, &total));
    if (k == 0) first = total;
    TestClose(1 + total - first, 1, 1e-13, "the energy of a block, of order 1, wherever it is");
  }
  PetscCall(OttoEnergyDestroy(&energy));
  PetscCall(VecDestroy(&rho));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestTranslation(void)
{
  PetscFunctionBegin;
#define OTTO_MEMBER(key, ...)                                                                      \
  PetscCall(CheckTranslation(#key, OTTO_BOUNDARY_NO_FLUX));                                        \
  PetscCall(CheckTranslation(#key, OTTO_BOUNDARY_PERIODIC));
#include "energy/interaction.def"
#undef OTTO_MEMBER
  PetscFunctionReturn(0);
}

/* A displaced density's energy grows by minus the work of the force: under k|x − c|²/2 by k (mean −
 * c) mass a length, exactly for central differences. Springs between all points do nothing then,
 * and have strength/2 (M ∫|x|²ρ − |∫xρ|²) beside the cells' own M/12 … . */
static PetscErrorCode TestForce(void)
{
  OttoEnergyParts parts[3];
  OttoEnergy energy;
  OttoGrid grid;
  Vec rho;

  PetscFunctionBegin;
  PetscCall(MakePlane(OTTO_BOUNDARY_NO_FLUX, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(OttoFieldCreate(grid, &rho));
  Set("-energy_internal", "power", "-energy_m", "2", "-temperature", "0.5", "-potential_type",
      "quadratic", "-potential_stiffness", "3,2", "-potential_center", "0.2,0.7",
      "-energy_interaction_type", "quadratic", "-energy_interaction_strength", "0.8");
  PetscCall(OttoEnergyCreate(grid, &energy));
  PetscCall(OttoEnergySetTime(energy, 0));
  TestTrue(!OttoEnergyIsTimeDependent(energy), "the potential rests");
  for (int axis = 0; axis < 2; axis++) {
    PetscReal mass, mean[2], covariance[4];
    for (int k = 0; k < 3; k++) {
      PetscCall(FillBlock(grid, 6 + (axis ? 0 : k - 1), 5 + (axis ? k - 1 : 0), rho));
      PetscCall(OttoEnergyEvaluate(energy, rho, &parts[k]));
      TestClose(parts[k].total, parts[k].internal + parts[k].potential + parts[k].interaction,
                1e-15, "the sum");
    }
    PetscCall(FillBlock(grid, 6, 5, rho));
    PetscCall(OttoFieldMoments(grid, rho, &mass, mean, covariance));
    /* sums of 20 terms of order 1, whose differences are divided by h ≈ 0.1 */
    TestClose((parts[2].potential - parts[0].potential) / (2 * g->h[axis]),
              mass * (axis ? 2 * (mean[1] - 0.7) : 3 * (mean[0] - 0.2)), 1e-12, "the force");
    TestClose(parts[2].interaction, parts[0].interaction, 1e-12, "springs displaced");
    TestClose(parts[2].internal, parts[0].internal, 1e-15, "internal energy displaced");
    /* ½ · strength/2 ∬|x − y|² = strength/2 M² tr(covariance), and the diagonal's own mean */
    PetscReal self = 0, square = 0;
    PetscScalar *a;
    PetscCall(VecGetArray(rho, &a));
    for (PetscInt64 c = 0; c < g->local_cells; c++) square += a[c] * a[c];
    PetscCall(VecRestoreArray(rho, &a));
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &square, 1, MPIU_REAL, MPI_SUM, g->comm));
    self = square * PetscSqr(g->cell_volume) * (PetscSqr(g->h[0]) + PetscSqr(g->h[1])) / 12;
    TestClose(parts[1].interaction,
              0.4 * (PetscSqr(mass) * (covariance[0] + covariance[3]) + 0.5 * self), 1e-12,
              "springs by their second moment");
    TestClose(parts[1].internal, 0.5 * square * g->cell_volume, 1e-13, "m = 2: T times the square");
  }
  PetscCall(OttoEnergyDestroy(&energy));
  PetscCall(VecDestroy(&rho));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* ---- closed cells, time ---- */

static PetscErrorCode TestClosed(void)
{
  OttoEnergyParts parts;
  const PetscScalar *x, *V;
  OttoEnergy energy;
  OttoGrid grid;
  Vec rho, xi;

  PetscFunctionBegin;
  PetscCall(MakePlane(OTTO_BOUNDARY_NO_FLUX, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(OttoFieldCreate(grid, &rho));
  PetscCall(OttoFieldCreate(grid, &xi));
  PetscCall(SetEnergy("entropy", "gaussian", "x < 1 ? inf : y + t"));
  PetscCall(OttoEnergyCreate(grid, &energy));
  TestTrue(OttoEnergyIsTimeDependent(energy), "the potential moves");
  TestFails(OttoEnergyEvaluate(energy, rho, &parts), OTTO_ERR_STATE, "OttoEnergySetTime() first");
  TestFails(OttoEnergyVariation(energy, rho, xi), OTTO_ERR_STATE, "OttoEnergySetTime() first");
  PetscCall(OttoEnergySetTime(energy, 0));
  PetscCall(FillBlock(grid, 9, 2, rho)); /* in open cells alone */
  PetscCall(OttoEnergyEvaluate(energy, rho, &parts));
  const PetscReal before = parts.potential;
  TestTrue(isfinite(parts.total), "no mass in closed cells");
  PetscCall(OttoEnergySetTime(energy, 0.5));
  PetscCall(OttoEnergyEvaluate(energy, rho, &parts));
  PetscReal mass;
  PetscCall(OttoFieldIntegral(grid, rho, &mass));
  TestClose(parts.potential - before, 0.5 * mass, 1e-13, "V of another time");
  PetscCall(OttoEnergyVariation(energy, rho, xi));
  PetscCall(VecGetArrayRead(xi, &x));
  PetscCall(VecGetArrayRead(OttoEnergyGetField(energy), &V));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal centre[OTTO_MAX_DIM];
    PetscInt64 at[OTTO_MAX_DIM];
    OttoGridCellCentre(g, c, centre);
    OttoGridCellIndex(g, c, at);
    const PetscBool full = at[0] >= 9 && at[0] < 14 && at[1] >= 2 && at[1] < 6;
    TestTrue((V[c] == INFINITY) == (centre[0] < 1), "closed cells");
    TestTrue(centre[0] < 1 ? x[c] == INFINITY
             : full        ? isfinite(x[c])
                           : x[c] == -INFINITY,
             "the variation is inf in closed cells, -inf in empty ones");
  }
  PetscCall(VecRestoreArrayRead(OttoEnergyGetField(energy), &V));
  PetscCall(VecRestoreArrayRead(xi, &x));
  PetscCall(FillBlock(grid, 6, 2, rho));
  PetscCall(OttoEnergyEvaluate(energy, rho, &parts));
  TestTrue(parts.potential == INFINITY && parts.total == INFINITY, "mass in closed cells");
  PetscCall(VecScale(rho, -1));
  TestFails(OttoEnergyEvaluate(energy, rho, &parts), OTTO_ERR_NUMERICAL, "a density is -1.");
  PetscCall(VecSet(rho, NAN));
  TestFails(OttoEnergyEvaluate(energy, rho, &parts), OTTO_ERR_NUMERICAL,
            "a density is nan at (0.0588235, 0.0576923)");
  PetscCall(OttoEnergyDestroy(&energy));
  PetscCall(VecDestroy(&rho));
  PetscCall(VecDestroy(&xi));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* Values that are given in place of the options'. */
static PetscErrorCode TestGiven(void)
{
  const PetscReal tilt[] = {1, 0};
  OttoEnergyParts parts;
  OttoEnergy energy;
  OttoGrid grid;
  Vec rho, V;

  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(MakePlane(OTTO_BOUNDARY_NO_FLUX, &grid));
  PetscCall(OttoFieldCreate(grid, &rho));
  PetscCall(OttoFieldCreate(grid, &V));
  PetscCall(FillBlock(grid, 3, 2, rho));
  PetscCall(VecSet(V, 2));
  for (int tilted = 0; tilted < 2; tilted++) {
    PetscReal mass;
    PetscCall(OttoEnergyCreate(grid, &energy));
    TestTrue(OttoEnergyGetGrid(energy) == grid, "its grid");
    TestTrue(!OttoEnergyGetInteraction(energy), "no interaction by default");
    PetscCall(OttoPotentialSetValues(OttoEnergyGetPotential(energy), V, tilted ? tilt : NULL));
    if (tilted) {
      TestFails(OttoEnergySetTime(energy, 0), OTTO_ERR_INPUT, "potential_seam: drift");
    } else {
      PetscCall(OttoEnergySetTime(energy, 0));
      PetscCall(OttoEnergyEvaluate(energy, rho, &parts));
      PetscCall(OttoFieldIntegral(grid, rho, &mass));
      TestClose(parts.potential, 2 * mass, 1e-14, "the values given");
    }
    PetscCall(OttoEnergyDestroy(&energy));
  }
  PetscCall(VecDestroy(&rho));
  PetscCall(VecDestroy(&V));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* ---- what it holds, what is refused ---- */

/* What the program has asked for, bytes. */
static double Held(void)
{
  const struct mallinfo2 info = mallinfo2();
  return (double)info.uordblks + (double)info.hblkhd;
}

static PetscErrorCode TestBytes(void)
{
  const PetscInt64 n[] = {150, 130};
  OttoEnergy energy;
  PetscMPIInt size;
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(MakeCube(2, n, 0, 1, OTTO_BOUNDARY_NO_FLUX, &grid));
  for (int k = 0; k < 2; k++) { /* the first time, libraries have room of their own to make */
    PetscCall(SetEnergy("entropy", "gaussian", "x"));
    const double before = Held();
    PetscCall(OttoEnergyCreate(grid, &energy));
    PetscCall(OttoEnergySetTime(energy, 0));
    const double held = Held() - before, said = (double)OttoEnergyBytes(energy);
    if (k && size == 1 && held > 0) { /* messages are MPI's own; valgrind counts nothing here */
      TestTrue(fabs(held - said) <= 0.05 * held, "bytes to 5 %");
      if (!(fabs(held - said) <= 0.05 * held)) fprintf(stderr, "  %g held, %g said\n", held, said);
    }
    PetscCall(OttoEnergyDestroy(&energy));
  }
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode Refuses(OttoGrid grid, PetscErrorCode code, const char *part)
{
  OttoEnergy energy = NULL;

  PetscFunctionBegin;
  PetscErrorCode got = OttoEnergyCreate(grid, &energy);
  if (!got) got = OttoEnergySetTime(energy, 0);
  TestTrue(got == code && strstr(OttoErrorMessage(), part), part);
  if (!strstr(OttoErrorMessage(), part)) fprintf(stderr, "  it said: %s\n", OttoErrorMessage());
  OttoErrorClear();
  PetscCall(OttoEnergyDestroy(&energy));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestRefusals(void)
{
  const PetscInt64 n[] = {5, 4, 3, 2};
  const OttoBoundary mixed[] = {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX};
  const PetscReal lower[] = {0, 0}, upper[] = {1, 1};
  OttoGrid four, absorbing, half, wall, torus;

  PetscFunctionBegin;
  PetscCall(MakeCube(4, n, 0, 1, OTTO_BOUNDARY_NO_FLUX, &four));
  PetscCall(MakeUnit(2, 5, OTTO_BOUNDARY_ABSORBING, &absorbing));
  PetscCall(MakeBox(2, n, lower, upper, mixed, &half));
  PetscCall(MakeUnit(2, 5, OTTO_BOUNDARY_NO_FLUX, &wall));
  PetscCall(MakeUnit(2, 5, OTTO_BOUNDARY_PERIODIC, &torus));
#define REFUSED(grid, part, ...)                                                                   \
  Set(__VA_ARGS__);                                                                                \
  PetscCall(Refuses(grid, OTTO_ERR_INPUT, part))
#define W "-energy_interaction_type"
  REFUSED(four, "grid_n: 4 axes", "-energy_internal", "none");
  REFUSED(absorbing, "grid_boundary: axis 1 is absorbing", "-energy_internal", "none");
  REFUSED(half, "axes must be all periodic, or none", W, "newtonian");
  REFUSED(wall, "energy_interaction_formula: missing", W, "formula");
  REFUSED(wall, "energy_interaction_formula: 'x^2': unknown name 'x' at character 1; known are r,",
          W, "formula", "-energy_interaction_formula", "x^2");
  REFUSED(wall, "energy_interaction_formula: 'r<0.5 ? 1/(r-r) : 1' gives inf at r = 0.2", W,
          "formula", "-energy_interaction_formula", "r<0.5 ? 1/(r-r) : 1");
  REFUSED(wall, "energy_interaction_formula: 'ln(0.7-r)' gives nan at r = 0.8", W, "formula",
          "-energy_interaction_formula", "ln(0.7-r)");
  REFUSED(wall, "energy_interaction_formula: 'r^(-2)' has no mean over a cell about r = 0", W,
          "formula", "-energy_interaction_formula", "r^(-2)");
  REFUSED(wall, "energy_interaction_formula: '1/r^12' has no mean", W, "formula",
          "-energy_interaction_formula", "1/r^12");
  REFUSED(wall, "energy_interaction_length: 0; a length is above 0", W, "gaussian",
          "-energy_interaction_length", "0");
  REFUSED(wall, "energy_interaction_repulsion_length: missing", W, "morse");
  REFUSED(wall, "energy_interaction_attraction_length: missing", W, "morse",
          "-energy_interaction_repulsion_length", "1");
  REFUSED(wall, "energy_interaction_strength", W, "newtonian", "-energy_interaction_strength",
          "inf");
  REFUSED(wall, "did you mean gaussian", W, "gausian");
  REFUSED(wall, "temperature", "-temperature", "0");
  REFUSED(wall, "potential_formula: missing", "-potential_type", "formula");
  REFUSED(torus, "potential_seam: drift", "-potential_type", "formula", "-potential_formula", "9*x",
          "-potential_seam", "drift");
  REFUSED(torus, "potential_seam: drift", "-potential_type", "formula", "-potential_formula",
          "9*x*t", "-potential_seam", "drift");
  REFUSED(torus, "which is a wall", "-potential_type", "formula", "-potential_formula", "90*x");
  PetscCall(OttoGridDestroy(&four));
  PetscCall(OttoGridDestroy(&absorbing));
  PetscCall(OttoGridDestroy(&half));
  PetscCall(OttoGridDestroy(&wall));
  PetscCall(OttoGridDestroy(&torus));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain(
      {TestVariation, TestTranslation, TestForce, TestClosed, TestGiven, TestBytes, TestRefusals});
}
