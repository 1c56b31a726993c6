/* ranks: 1 2 3
 * Which cells are closed: masks, files and given values against inf in a formula; what is refused.
 */
#define _GNU_SOURCE
#include "closed.h"

/* A boolean as h5py writes it. */
static void WriteBooleans(hid_t file, const char *name, int dim, const hsize_t n[],
                          const signed char values[])
{
  hid_t type = H5Tenum_create(H5T_NATIVE_SCHAR), space = H5Screate_simple(dim, n, NULL);
  H5Tenum_insert(type, "FALSE", &(signed char){0});
  H5Tenum_insert(type, "TRUE", &(signed char){1});
  hid_t data = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Dwrite(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
  H5Dclose(data);
  H5Sclose(space);
  H5Tclose(type);
}

/* Generator of the options on a 12 x 11 box, or the code. */
static PetscErrorCode OfOptions(OttoGrid *grid, OttoGenerator *Q)
{
  const PetscInt64 n[2] = {12, 11};
  const PetscReal zero[2] = {0, 0}, one[2] = {1, 1};

  PetscFunctionBegin;
  PetscCall(MakeBox(2, n, zero, one, (OttoBoundary[]){W, W}, grid));
  PetscCall(OttoGeneratorCreate(*grid, Q));
  PetscCall(OttoGeneratorSetFromOptions(*Q));
  PetscCall(OttoGeneratorSetUp(*Q));
  PetscFunctionReturn(0);
}

/* Five ways to say where the stone is. */
static PetscErrorCode SetMask(int k, char *elsewhere)
{
  PetscFunctionBegin;
  if (k == 0)
    Set("-temperature", "0.7", "-potential_type", "file", "-potential_path", field_path,
        "-potential_dataset", "V", "-potential_mask", "mask");
  else if (k == 1)
    Set("-temperature", "0.7", "-potential_type", "formula", "-potential_formula", "2*x+sin(3*y)",
        "-potential_path", field_path, "-potential_mask", "flags");
  else if (k == 2)
    Set("-temperature", "0.7", "-potential_type", "formula", "-potential_formula", "2*x+sin(3*y)",
        "-potential_mask", elsewhere);
  else if (k == 3)
    Set("-temperature", "0.7", "-potential_type", "file", "-potential_path", field_path,
        "-potential_dataset", "inf");
  else
    Set("-temperature", "0.7", "-potential_type", "file", "-potential_path", "none.h5",
        "-potential_dataset", "V", "-potential_mask", "mask");
  PetscFunctionReturn(0);
}

/* The stone by a mask (of booleans, of numbers; in a file of its own or the potential's), and by
 * values that are given, is the stone by inf, rate by rate. */
static PetscErrorCode TestMasks(void)
{
  static HandChain s;
  static double mask[EDGE_CELLS], V[EDGE_CELLS];
  static signed char flags[EDGE_CELLS];
  char elsewhere[400];
  OttoGrid grid, other;
  OttoGenerator Q, R;
  Vec values;

  PetscFunctionBegin;
  PetscCall(Make(&cases[0], &s, &grid, &Q));
  for (int c = 0; c < s.cells; c++) {
    double x[3];
    HandCentre(&s, c, x);
    mask[c] = s.part[c] < 0 ? -0.5 : 0;
    flags[c] = s.part[c] < 0;
    V[c] = 2 * x[0] + sin(3 * x[1]);
  }
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  if (Rank() == 0) {
    const hsize_t n[2] = {12, 11};
    hid_t file = H5Fcreate(field_path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    for (int c = 0; c < s.cells; c++) V[c] = s.part[c] < 0 ? NAN : V[c]; /* as fill values are */
    WriteNumbers(file, "V", 2, n, V);
    WriteNumbers(file, "mask", 2, n, mask);
    WriteBooleans(file, "flags", 2, n, flags);
    for (int c = 0; c < s.cells; c++) V[c] = s.part[c] < 0 ? INFINITY : V[c];
    WriteNumbers(file, "inf", 2, n, V);
    for (int c = 0; c < s.cells; c++) mask[c] = 1;
    WriteNumbers(file, "all", 2, n, mask);
    mask[7] = NAN;
    WriteNumbers(file, "nan", 2, n, mask);
    H5Fclose(file);
  }
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  snprintf(elsewhere, sizeof elsewhere, "%s:/flags", field_path);
  for (int k = 0; k < 5; k++) {
    const OttoRates *a = OttoGeneratorGetRates(Q), *b;
    PetscCall(SetMask(k, elsewhere));
    if (k < 4) {
      PetscCall(OfOptions(&other, &R));
    } else {
      PetscCall(OttoGeneratorCreate(grid, &R));
      PetscCall(OttoGeneratorSetFromOptions(R));
      TestTrue(OttoPotentialIsOnGrid(OttoGeneratorGetPotentialSource(R)), "a file's");
      for (int c = 0; c < s.cells; c++) {
        double x[3];
        HandCentre(&s, c, x);
        V[c] = Stone(x);
      }
      PetscCall(Field(grid, V, &values));
      PetscCall(
          OttoPotentialSetValues(OttoGeneratorGetPotentialSource(R), values, (PetscReal[]){0, 5}));
      PetscCall(VecDestroy(&values));
      PetscCall(OttoGeneratorSetUp(R));
      TestTrue(!OttoGeneratorIsConservative(R), "the tilt that was given drives");
    }
    b = OttoGeneratorGetRates(R);
    TestTrue(OttoGeneratorGetClosed(R) == OttoGeneratorGetClosed(Q), "closed");
    const OttoGridInfo *g = OttoGridGetInfo(grid);
    for (int j = 0; j < (k == 4 ? 1 : 2); j++)
      for (PetscInt64 c = 0; c < g->local_cells; c++)
        TestTrue(fabs(a->up[j][c] - b->up[j][c]) <= 1e-13 * a->up[j][c], "the same rates");
    PetscCall(OttoGeneratorDestroy(&R));
    if (k < 4) PetscCall(OttoGridDestroy(&other));
  }
  PetscCall(Free(&grid, &Q));
  PetscFunctionReturn(0);
}

static PetscErrorCode Refused(PetscErrorCode expected, const char *part)
{
  OttoGrid grid = NULL;
  OttoGenerator Q = NULL;

  PetscFunctionBegin;
  Says(OfOptions(&grid, &Q), expected, part);
  PetscCall(OttoGeneratorDestroy(&Q));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestRefusals(void)
{
  OttoGrid grid;
  OttoGenerator Q;

  PetscFunctionBegin;
  Set("-potential_type", "formula", "-potential_formula", "inf");
  PetscCall(Refused(OTTO_ERR_INPUT, "all cells are closed"));
  Set("-potential_type", "formula", "-potential_formula", "x<0.5 ? 0-inf : 0");
  PetscCall(Refused(OTTO_ERR_INPUT, "gives -inf at (0.0416667, 0.0454545)"));
  Set("-potential_type", "quadratic", "-potential_center", "1e200");
  PetscCall(Refused(OTTO_ERR_INPUT, "gives inf at"));
  Set("-potential_type", "none", "-potential_mask", "mask");
  PetscCall(Refused(OTTO_ERR_INPUT, "potential_mask: 'mask' is a dataset of which file?"));
  Set("-potential_type", "none", "-potential_mask", "mask", "-potential_path", "none.h5");
  PetscCall(Refused(OTTO_ERR_INPUT, "potential_mask: cannot read 'none.h5'"));
  Set("-potential_type", "none", "-potential_mask", "all", "-potential_path", field_path);
  PetscCall(Refused(OTTO_ERR_INPUT, "all cells are closed"));
  Set("-potential_type", "none", "-potential_mask", "nan", "-potential_path", field_path);
  PetscCall(Refused(OTTO_ERR_INPUT, "potential_mask: dataset 'nan' of '"));
  PetscCall(Refused(OTTO_ERR_INPUT, "' is nan at (0.0416667, 0.681818)"));
  Set("-potential_type", "none", "-potential_mask", "nan:", "-potential_path", field_path);
  PetscCall(Refused(OTTO_ERR_INPUT, "it must be dataset, or file:dataset"));
  Set("-potential_type", "formula", "-potential_formula", "x>0.5 ? 1e308 : 0-1e308");
  PetscCall(Refused(OTTO_ERR_INPUT, "gives rates beyond 1e100"));
  Set("-potential_type", "formula", "-potential_formula", "x>0.5 ? 1e200 : 0", "-temperature",
      "1e-90");
  PetscCall(Refused(OTTO_ERR_INPUT, "gives rates beyond 1e100"));
  Set("-potential_type", "formula", "-potential_formula", "x<0.2+t ? inf : 0");
  PetscCall(OfOptions(&grid, &Q));
  Says(
      OttoGeneratorSetTime(Q, 0.5), OTTO_ERR_NUMERICAL,
      "the cell at (0.208333, 0.0454545) closes at t = 0.5; which cells are closed may not change");
  PetscCall(OttoGeneratorSetTime(Q, 0));
  Says(OttoGeneratorSetTime(Q, -0.1), OTTO_ERR_NUMERICAL, "opens at t = -0.1");
  PetscCall(Free(&grid, &Q));
  PetscCall(PetscOptionsClear(NULL));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestInputs, TestMasks, TestRefusals, TestRemove});
}
