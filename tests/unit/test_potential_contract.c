/* ranks: 1 2 3 4
 * Potentials and drifts: a contract for every member of both registries; a single sample against
 * its closed form however far away; what is refused because of the values. */
#define _GNU_SOURCE
#include "density_setup.h"

/* Sets options that member `name` accepts on the grid of MakeUneven(); false where there are none.
 */
static PetscErrorCode SetPotential(const char *name, PetscInt dim, PetscBool *possible)
{
  char dataset[8];

  PetscFunctionBegin;
  *possible = PETSC_TRUE;
  snprintf(dataset, sizeof dataset, "d%d", (int)dim);
  if (!strcmp(name, "none"))
    Set("-potential_type", "none");
  else if (!strcmp(name, "quadratic"))
    Set("-potential_type", "quadratic", "-potential_stiffness", "-3", "-potential_center", "0.2");
  else if (!strcmp(name, "double_well"))
    Set("-potential_type", "double_well", "-potential_height", "2.5", "-potential_center", "0.1");
  else if (!strcmp(name, "periodic_cosine"))
    Set("-potential_type", "periodic_cosine", "-potential_amplitude", "-2", "-potential_periods",
        "3");
  else if (!strcmp(name, "mueller_brown"))
    Set("-potential_type", "mueller_brown", "-potential_scale", "0.05");
  else if (!strcmp(name, "formula"))
    Set("-potential_type", "formula", "-potential_formula", "sin(7*x)*(1+t)-x1^2");
  else if (!strcmp(name, "file"))
    Set("-potential_type", "file", "-potential_path", field_path, "-potential_dataset", dataset);
  else if (!strcmp(name, "samples"))
    Set("-potential_type", "samples", "-potential_path", points_path, "-potential_dataset", dataset,
        "-potential_smoothing", "0.01");
  else
    TestTrue(0, "every member of the registry is in this test");
  PetscCall(PetscOptionsSetValue(NULL, "-potential_seam", "wall")); /* they jump, most of them */
  if (!strcmp(name, "mueller_brown") && dim != 2) *possible = PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* V at time t; all cells of the grid on every rank where `grid` is a rank's own. */
static PetscErrorCode Evaluate(OttoGrid grid, const char *name, PetscReal T, PetscReal t, Vec *V)
{
  OttoPotential potential;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, V));
  PetscCall(OttoPotentialCreate(grid, T, &potential));
  TestTrue(!strcmp(OttoPotentialGetType(potential), name), "the registry's name");
  TestTrue(OttoPotentialIsTimeDependent(potential) == !strcmp(name, "formula"),
           "only the formula moves");
  PetscCall(VecSet(*V, NAN)); /* what was there before does not matter */
  PetscCall(OttoPotentialEvaluate(potential, t, *V));
  PetscCall(OttoPotentialDestroy(&potential));
  PetscFunctionReturn(0);
}

/* Finite; the same on any number of ranks; proportional to T where it is of samples, independent of
 * T otherwise; at another time the same unless it moves. */
static PetscErrorCode PotentialContract(const char *name, PetscInt dim, OttoBoundary b)
{
  OttoGrid grid, alone;
  Vec V, W, whole;
  const PetscScalar *v, *w, *all;
  PetscBool possible = PETSC_TRUE;
  const PetscReal factor = strcmp(name, "samples") ? 1 : 3;
  const PetscBool moves = !strcmp(name, "formula") ? PETSC_TRUE : PETSC_FALSE;
  PetscInt64 moved = 0;

  PetscFunctionBegin;
  PetscCall(MakeUneven(PETSC_COMM_WORLD, dim, contract_n, b, &grid));
  PetscCall(MakeUneven(PETSC_COMM_SELF, dim, contract_n, b, &alone));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(SetPotential(name, dim, &possible));
  if (possible) {
    PetscCall(Evaluate(grid, name, 1, 0, &V));
    PetscCall(Evaluate(grid, name, 3, 0.5, &W));
    PetscCall(Evaluate(alone, name, 1, 0, &whole));
    PetscCall(VecGetArrayRead(V, &v));
    PetscCall(VecGetArrayRead(W, &w));
    PetscCall(VecGetArrayRead(whole, &all));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      const PetscReal expected = all[g->offset + c];
      TestTrue(isfinite(v[c]), "finite");
      /* samples: log p of order 10, of sums in another order; the others: the same operations */
      TestTrue(fabs(v[c] - expected) <= (factor > 1 ? 1e-13 : 0), "on any number of ranks");
      if (w[c] != factor * v[c]) moved++;
    }
    TestTrue(moves ? moved == g->local_cells : moved == 0, "temperature and time");
    PetscCall(VecRestoreArrayRead(V, &v));
    PetscCall(VecRestoreArrayRead(W, &w));
    PetscCall(VecRestoreArrayRead(whole, &all));
    PetscCall(VecDestroy(&V));
    PetscCall(VecDestroy(&W));
    PetscCall(VecDestroy(&whole));
  }
  PetscCall(OttoGridDestroy(&alone));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestPotentials(void)
{
  PetscFunctionBegin;
  for (PetscInt dim = 1; dim <= 3; dim++) {
#define OTTO_MEMBER(name, ...)                                                                     \
  PetscCall(PotentialContract(#name, dim, OTTO_BOUNDARY_PERIODIC));                                \
  PetscCall(PotentialContract(#name, dim, OTTO_BOUNDARY_NO_FLUX));                                 \
  if (strcmp(#name, "samples")) PetscCall(PotentialContract(#name, dim, OTTO_BOUNDARY_ABSORBING));
#include "potential/potential.def"
#undef OTTO_MEMBER
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode SetDrift(const char *name, PetscInt dim, PetscBool *possible)
{
  static char *const formulas[] = {"", "x*t", "x*t, 0-y", "x*t, 0-y, z"};
  static char *const lists[] = {"", "d1", "d2,d2", " d3, d3 ,d3"};

  PetscFunctionBegin;
  *possible = PETSC_TRUE;
  if (!strcmp(name, "none"))
    Set("-drift_type", "none");
  else if (!strcmp(name, "constant"))
    Set("-drift_type", "constant", "-drift_force", "-2.5");
  else if (!strcmp(name, "rotation"))
    Set("-drift_type", "rotation", "-drift_rate", "-2", "-drift_center", "0.5");
  else if (!strcmp(name, "shear"))
    Set("-drift_type", "shear", "-drift_rate", "3", "-drift_center", "0.5");
  else if (!strcmp(name, "formula"))
    Set("-drift_type", "formula", "-drift_formula", formulas[dim]);
  else if (!strcmp(name, "file"))
    Set("-drift_type", "file", "-drift_path", field_path, "-drift_dataset", lists[dim]);
  else
    TestTrue(0, "every member of the registry is in this test");
  if ((!strcmp(name, "rotation") || !strcmp(name, "shear")) && dim < 2) *possible = PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* What is known in cells is what the file has, component by component; no point may be asked. */
static PetscErrorCode CellsContract(OttoGrid grid, OttoDrift drift, PetscInt dim)
{
  const PetscReal x[3] = {0.25, 0.125, -0.5};
  PetscReal force[3];
  PetscInt64 missing;
  PetscBool same;
  char name[8];
  Vec expected;

  PetscFunctionBegin;
  snprintf(name, sizeof name, "d%d", (int)dim);
  PetscCall(OttoFieldCreate(grid, &expected));
  PetscCall(OttoStorageReadMasked(grid, "drift_path", field_path, name, NAN, expected, &missing));
  for (PetscInt j = 0; j < dim; j++) {
    PetscCall(VecEqual(OttoDriftGetCells(drift, j), expected, &same));
    TestTrue(same, "a component of the file");
  }
  TestTrue(OttoDriftExists(drift) && !OttoDriftIsTimeDependent(drift), "a drift at rest");
  TestFails(OttoDriftEvaluate(drift, x, 0, force), OTTO_ERR_STATE, "OttoDriftGetCells()");
  PetscCall(VecDestroy(&expected));
  PetscFunctionReturn(0);
}

/* Fills force[dim] and nothing beyond. A drift round closed loops: none of the members but `none`
 * and `constant` is a gradient (in more than one dimension), and none diverges but the formula. */
static PetscErrorCode DriftContract(const char *name, PetscInt dim)
{
  const PetscReal x[3] = {0.25, 0.125, -0.5}, d = 0.5; /* dyadic: differences are exact */
  PetscReal at[3] = {7, 7, 7}, next[3] = {7, 7, 7}, divergence = 0, curl = 0, y[3];
  PetscBool possible = PETSC_TRUE;
  OttoGrid grid;
  OttoDrift drift = NULL;

  PetscFunctionBegin;
  PetscCall(SetDrift(name, dim, &possible));
  PetscCall(MakeUneven(PETSC_COMM_WORLD, dim, contract_n, OTTO_BOUNDARY_NO_FLUX, &grid));
  PetscErrorCode code = OttoDriftCreate(grid, &drift);
  if (!possible) {
    TestTrue(code == OTTO_ERR_INPUT && strstr(OttoErrorMessage(), "needs 2 or 3 axes"), "1 axis");
    OttoErrorClear();
    PetscCall(OttoDriftDestroy(&drift));
    PetscCall(OttoGridDestroy(&grid));
    PetscFunctionReturn(0);
  }
  PetscCall(code);
  if (OttoDriftGetCells(drift, 0)) {
    PetscCall(CellsContract(grid, drift, dim));
    PetscCall(OttoDriftDestroy(&drift));
    PetscCall(OttoGridDestroy(&grid));
    PetscFunctionReturn(0);
  }
  PetscCall(OttoDriftEvaluate(drift, x, 0.5, at));
  for (PetscInt j = 0; j < dim; j++) {
    for (PetscInt i = 0; i < 3; i++) y[i] = x[i] + (i == j ? d : 0);
    PetscCall(OttoDriftEvaluate(drift, y, 0.5, next));
    divergence += (next[j] - at[j]) / d;
    if (j == 0 && dim > 1) curl += (next[1] - at[1]) / d;
    if (j == 1) curl -= (next[0] - at[0]) / d;
  }
  const char *formula = strcmp(name, "formula") ? NULL : "formula";
  TestTrue(!strcmp(OttoDriftGetType(drift), name), "the registry's name");
  TestTrue(OttoDriftIsTimeDependent(drift) == (formula != NULL), "only the formula moves");
  TestTrue(divergence == (formula ? (PetscReal[]){0, 0.5, -0.5, 0.5}[dim] : 0), "divergence");
  TestTrue(curl == (!strcmp(name, "rotation") ? -4 : !strcmp(name, "shear") ? -3 : 0), "curl");
  for (PetscInt j = 0; j < 3; j++) TestTrue(j < dim ? isfinite(at[j]) : at[j] == 7, "components");
  PetscCall(OttoDriftDestroy(&drift));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestDrifts(void)
{
  PetscFunctionBegin;
  for (PetscInt dim = 1; dim <= 3; dim++) {
#define OTTO_MEMBER(name, ...) PetscCall(DriftContract(#name, dim));
#include "potential/drift.def"
#undef OTTO_MEMBER
  }
  PetscFunctionReturn(0);
}

/* One sample at the centre of a cell, tempered for a tiny time s = τ h²: m cells away along an axis
 * the chain has mass e^{-2τ} I_m(2τ) = e^{-2τ} τ^m/m! (1 + O(τ²)), images add O(τ) of it, and at
 * half a period there are two alike. No call of the heat kernels is used. */
static PetscErrorCode TestOneSample(void)
{
  const double tau[2] = {1e-9, 1e-40}; /* plain and logarithmic path of the exact kernel */
  const PetscInt64 at[2] = {2, 6};
  const PetscReal T = 0.7;

  PetscFunctionBegin;
  for (int k = 0; k < 4; k++) {
    const OttoBoundary b = k & 1 ? OTTO_BOUNDARY_PERIODIC : OTTO_BOUNDARY_NO_FLUX;
    const double small = tau[k / 2];
    char smoothing[32];
    OttoGrid grid;
    OttoPotential potential;
    Vec V;
    const PetscScalar *v;
    PetscReal worst = 0;
    snprintf(smoothing, sizeof smoothing, "%.17g", small / 64);
    Set("-potential_type", "samples", "-potential_path", points_path, "-potential_dataset",
        "dyadic", "-potential_smoothing", smoothing);
    PetscCall(MakeUnit(2, 8, b, &grid));
    const OttoGridInfo *g = OttoGridGetInfo(grid);
    PetscCall(OttoFieldCreate(grid, &V));
    PetscCall(OttoPotentialCreate(grid, T, &potential));
    PetscCall(OttoPotentialEvaluate(potential, 0, V));
    PetscCall(VecGetArrayRead(V, &v));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      PetscInt64 i[OTTO_MAX_DIM];
      double log_p = -log(g->cell_volume);
      OttoGridCellIndex(g, c, i);
      for (int j = 0; j < 2; j++) {
        double m = fabs((double)(i[j] - at[j]));
        if (k & 1) m = PetscMin(m, 8 - m);
        log_p += m * log(small) - lgamma(m + 1) - 2 * small + (k & 1 && m == 4 ? log(2) : 0);
      }
      double off = fabs(v[c] + T * log_p);
      if (!(off <= worst)) worst = off;
    }
    PetscCall(VecRestoreArrayRead(V, &v));
    /* two axes' images of relative size τ; |log p| up to 1100 rounds to a few eps */
    TestTrue(worst <= 3 * small + 2e-12, "a single sample");
    if (!(worst <= 3 * small + 2e-12)) fprintf(stderr, "  off by %g, tau = %g\n", worst, small);
    PetscCall(OttoPotentialDestroy(&potential));
    PetscCall(VecDestroy(&V));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Refuses(OttoBoundary b, PetscReal t, const char *part)
{
  OttoGrid grid;
  OttoPotential potential = NULL;
  Vec V;

  PetscFunctionBegin;
  PetscCall(MakeUnit(2, 10, b, &grid));
  PetscCall(OttoFieldCreate(grid, &V));
  PetscErrorCode code = OttoPotentialCreate(grid, 1, &potential);
  if (!code) code = OttoPotentialEvaluate(potential, t, V);
  TestTrue(code == OTTO_ERR_INPUT && strstr(OttoErrorMessage(), part), part);
  if (!strstr(OttoErrorMessage(), part)) fprintf(stderr, "  it said: %s\n", OttoErrorMessage());
  OttoErrorClear();
  PetscCall(OttoPotentialDestroy(&potential));
  PetscCall(VecDestroy(&V));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestRefusals(void)
{
  const OttoBoundary wall = OTTO_BOUNDARY_NO_FLUX;

  PetscFunctionBegin;
  Set("-potential_type", "samples", "-potential_path", points_path, "-potential_dataset", "inner",
      "-potential_smoothing", "0.01");
  PetscCall(Refuses(OTTO_BOUNDARY_ABSORBING, 0,
                    "samples needs periodic or no_flux axes; axis 1 is absorbing"));
  Set("-potential_type", "samples", "-potential_path", points_path, "-potential_dataset", "inner",
      "-potential_smoothing", "0");
  PetscCall(Refuses(wall, 0, "potential_smoothing: 0"));
  Set("-potential_type", "samples", "-potential_path", points_path, "-potential_smoothing", "1");
  PetscCall(Refuses(wall, 0, "potential_dataset: missing"));
  Set("-potential_type", "samples", "-potential_path", points_path, "-potential_dataset", "outside",
      "-potential_smoothing", "0.01");
  PetscCall(Refuses(wall, 0, "potential_path: point 4 (counted from 1), at (0.4, -0.01)"));
  Set("-potential_type", "samples", "-potential_path", points_path, "-potential_dataset", "d3",
      "-potential_smoothing", "0.01");
  PetscCall(Refuses(wall, 0, "has shape 200 x 3; points on this grid are N x 2"));
  Set("-potential_type", "file", "-potential_path", field_path, "-potential_dataset", "nan");
  PetscCall(Refuses(wall, 0, "gives nan at (0.85, 0.85), t = 0; a potential must be finite"));
  Set("-potential_type", "file", "-potential_path", field_path, "-potential_dataset", "d2");
  PetscCall(Refuses(wall, 0, "has shape 11 x 6; the grid is 10 x 10"));
  Set("-potential_type", "file", "-potential_path", "no.h5", "-potential_dataset", "d2");
  PetscCall(Refuses(wall, 0, "potential_path: cannot read 'no.h5'"));
  /* a formula that fails later only, and values beyond a double from parameters that are finite */
  Set("-potential_type", "formula", "-potential_formula", "x/(2-t)-1/(t-2)^2");
  PetscCall(
      Refuses(wall, 2, "potential_formula: 'x/(2-t)-1/(t-2)^2' gives nan at (0.05, 0.05), t = 2"));
  Set("-potential_type", "double_well", "-potential_center", "1e100");
  PetscCall(Refuses(wall, 0, "potential_type: 'double_well' gives inf at (0.05, 0.05)"));
  Set("-potential_type", "periodic_cosine", "-potential_periods", "1,-1");
  PetscCall(Refuses(wall, 0, "potential_periods: -1 on axis 2"));
  Set("-potential_type", "double_well", "-potential_height", "-1");
  PetscCall(Refuses(wall, 0, "potential_height"));
  PetscCall(PetscOptionsClear(NULL));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain(
      {TestInputs, TestPotentials, TestDrifts, TestOneSample, TestRefusals, TestRemove});
}
