/* ranks: 1 2 3 4
 * Sets of cells by formulas and files against rules of the centres; what they make of a chain; what
 * is refused, and by which words. */
#include "chain.h"
#include "folder.h"
#include <hdf5.h>
#include <math.h>
#include <otto/sets.h>

static const PetscReal lower[] = {-1, 0}, upper[] = {2, 1};
static const PetscInt64 sizes[] = {12, 7}; /* centres at -0.875, -0.625 …, and at odd 14ths */
static const OttoBoundary walls[] = {W, W};
#define SPLIT "x>1.1&&x<1.4?inf:x*y"

static PetscErrorCode Make(const OttoBoundary boundary[], const char *const options[], Chain *s,
                           OttoSets *sets)
{
  PetscFunctionBegin;
  PetscCall(ChainCreate(2, sizes, lower, upper, boundary, options, s));
  PetscCall(OttoSetsFromOptions(s->grid, sets));
  PetscCall(OttoSetsAdmit(sets, s->Q));
  PetscFunctionReturn(0);
}

static PetscErrorCode End(Chain *s, OttoSets *sets)
{
  PetscFunctionBegin;
  PetscCall(OttoSetsDestroy(sets));
  PetscCall(ChainDestroy(s));
  PetscFunctionReturn(0);
}

/* By hand: set_b where y > 0.5 left of -0.4, set_d two columns beyond the wall at 1.25. */
static PetscInt Rule(const PetscReal x[])
{
  if (x[0] < -0.4 && x[1] > 0.5) return 1;
  return x[0] > 1.5 ? 2 : 0;
}

static PetscErrorCode TestFormulas(void)
{
  const char *const *keys = OPTIONS("-potential_type", "formula", "-potential_formula", SPLIT,
                                    "-set_b", "min(0-0.4-x, y-0.5)", "-set_d", "x > 1");
  const PetscScalar *label;
  OttoSets sets;
  Chain s;

  PetscCall(Make(walls, keys, &s, &sets));
  TestTrue(sets.count == 2 && sets.letter[0] == 'b' && sets.letter[1] == 'd', "two sets");
  TestTrue(OttoSetsFind(&sets, 'b') == 1 && OttoSetsFind(&sets, 'd') == 2, "by their letters");
  TestTrue(OttoSetsFind(&sets, 'a') == 0 && !sets.on_grid, "no other; of any grid");
  /* two columns of three cells above 0.5; of four columns beyond 1 two are left */
  TestTrue(sets.cells[0] == 6 && sets.cells[1] == 14, "open cells of each");
  PetscCall(VecGetArrayRead(sets.label, &label));
  for (PetscInt64 c = 0; c < s.g->local_cells; c++) {
    PetscReal x[2];
    OttoGridCellCentre(s.g, c, x);
    TestTrue(label[c] == (x[0] > 1 && x[0] < 1.5 ? 0 : Rule(x)), "label of a cell");
  }
  PetscCall(VecRestoreArrayRead(sets.label, &label));
  /* the wall is all that set_d lies beside */
  TestFails(OttoSetsTarget(&sets, 1, (const PetscInt[]){2}, s.Q), OTTO_ERR_INPUT,
            "set_d: cannot be reached: closed cells, or other sets, lie all round it");
  PetscCall(OttoSetsApart(&sets, 1, 2));
  PetscCall(End(&s, &sets));
  return 0;
}

/* A set's number as a target, and what it then absorbs. */
static PetscErrorCode TestTargets(void)
{
  const char *const *keys = OPTIONS("-potential_type", "formula", "-potential_formula", "x*y",
                                    "-set_a", "x < -0.5", "-set_c", "x > 1.5");
  PetscInt64 faces[2] = {0, 0};
  OttoSets sets;
  Chain s;

  PetscCall(Make(walls, keys, &s, &sets));
  PetscCall(OttoSetsTarget(&sets, 2, (const PetscInt[]){2, 1}, s.Q));
  TestTrue(OttoGeneratorGetTargets(s.Q) == 2, "two targets");
  const OttoRates *r = OttoGeneratorGetRates(s.Q);
  for (PetscInt64 i = 0; i < r->losses; i++) {
    PetscReal x[2];
    OttoGridCellCentre(s.g, r->loss[i].cell, x);
    TestTrue(r->loss[i].face == (x[0] > 1 ? OTTO_FACES : OTTO_FACES + 1), "in the order listed");
    faces[x[0] > 1]++;
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, faces, 2, MPIU_INT64, MPI_SUM, PETSC_COMM_WORLD));
  TestTrue(faces[0] == 7 && faces[1] == 7, "a column each");
  PetscCall(OttoSetsTarget(&sets, 1, (const PetscInt[]){2}, s.Q));
  TestTrue(OttoGeneratorGetTargets(s.Q) == 1 && OttoGeneratorGetClosed(s.Q) == 14,
           "of others cells are open");
  PetscCall(End(&s, &sets));
  return 0;
}

static void Write(hid_t file, const char *name, const hsize_t n[], const double values[])
{
  hid_t space = H5Screate_simple(2, n, NULL);
  hid_t data =
      H5Dcreate2(file, name, H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);

  H5Dwrite(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
  H5Dclose(data);
  H5Sclose(space);
}

/* Datasets "in" (the rule above), "nan" (at one cell) and "small". */
static PetscErrorCode WriteFile(const char *path)
{
  const hsize_t n[] = {12, 7}, few[] = {12, 6};
  double in[84];

  PetscFunctionBegin;
  if (rank == 0) {
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    for (int c = 0; c < 84; c++) {
      const PetscReal x[] = {-1 + 0.25 * (c / 7 + 0.5), (c % 7 + 0.5) / 7};
      in[c] = Rule(x) == 1 ? 0.5 : -3 * (c % 2); /* 0 and what lies below it is outside */
    }
    Write(file, "in", n, in);
    Write(file, "small", few, in);
    in[17] = NAN;
    Write(file, "nan", n, in);
    H5Fclose(file);
  }
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscFunctionReturn(0);
}

static PetscErrorCode Refused(const char *const options[])
{
  OttoSets sets = {.count = 0};
  OttoGenerator Q;
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  for (int i = 0; options[i]; i += 2)
    PetscCall(PetscOptionsSetValue(NULL, options[i], options[i + 1]));
  PetscCall(MakeBox(2, sizes, lower, upper, walls, &grid));
  PetscCall(OttoGeneratorCreate(grid, &Q));
  PetscCall(OttoGeneratorSetFromOptions(Q));
  PetscCall(OttoGeneratorSetUp(Q));
  PetscErrorCode code = OttoSetsFromOptions(grid, &sets);
  if (!code) code = OttoSetsAdmit(&sets, Q);
  if (!code && sets.count == 2) code = OttoSetsApart(&sets, 1, 2);
  PetscCall(OttoSetsDestroy(&sets));
  PetscCall(OttoGeneratorDestroy(&Q));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(code);
}

static PetscErrorCode TestFiles(void)
{
  char path[128];
  const PetscScalar *label;
  OttoSets sets;
  Chain s;

  PetscCall(BeginFolder());
  snprintf(path, sizeof path, "%s/sets.h5", folder);
  PetscCall(WriteFile(path));
  PetscCall(Make(walls, OPTIONS("-set_b_path", path, "-set_b_dataset", "in", "-set_d", "x>1.5"), &s,
                 &sets));
  TestTrue(sets.on_grid && sets.count == 2 && sets.cells[0] == 6, "a file's set");
  PetscCall(VecGetArrayRead(sets.label, &label));
  for (PetscInt64 c = 0; c < s.g->local_cells; c++) {
    PetscReal x[2];
    OttoGridCellCentre(s.g, c, x);
    TestTrue(label[c] == Rule(x), "label of a cell");
  }
  PetscCall(VecRestoreArrayRead(sets.label, &label));
  PetscCall(End(&s, &sets));
  TestFails(Refused(OPTIONS("-set_b_path", path, "-set_b_dataset", "nan")), OTTO_ERR_INPUT,
            "set_b_path: dataset 'nan'");
  TestFails(Refused(OPTIONS("-set_b_path", path, "-set_b_dataset", "small")), OTTO_ERR_INPUT,
            "set_b_path: ");
  TestFails(Refused(OPTIONS("-set_b_path", path, "-set_b_dataset", "none")), OTTO_ERR_INPUT,
            "set_b_path: ");
  TestFails(Refused(OPTIONS("-set_b_path", path, "-set_b_dataset", "in", "-set_a", "y>0.8")),
            OTTO_ERR_INPUT, "set_b: 2 of its cells, one of them at (-0.875, 0.928571), are in");
  if (rank == 0) remove(path);
  PetscCall(EndFolder());
  return 0;
}

static PetscErrorCode TestRefused(void)
{
  TestFails(Refused(OPTIONS("-set_a", "x >")), OTTO_ERR_INPUT, "set_a: ");
  TestFails(Refused(OPTIONS("-set_a", "x+t")), OTTO_ERR_INPUT, "unknown name 't'");
  TestFails(Refused(OPTIONS("-set_a", "x, y")), OTTO_ERR_INPUT, "2 components");
  TestFails(Refused(OPTIONS("-set_c", "sqrt(x)")), OTTO_ERR_INPUT,
            "set_c: 'sqrt(x)' is nan at (-0.875, ");
  TestFails(Refused(OPTIONS("-set_a", "x>3")), OTTO_ERR_INPUT,
            "set_a: no cell of the grid has its centre in it");
  TestFails(Refused(OPTIONS("-set_a", "x>-3")), OTTO_ERR_INPUT,
            "set_a: every open cell of the grid is in it");
  TestFails(Refused(OPTIONS("-set_a", "x>0", "-set_d", "x<0")), OTTO_ERR_INPUT,
            "set_a, set_d: every open cell of the grid is in one of them");
  TestFails(Refused(OPTIONS("-set_a", "x>1.1&&x<1.4", "-potential_type", "formula",
                            "-potential_formula", SPLIT)),
            OTTO_ERR_INPUT, "set_a: all 14 cells in it are closed");
  TestFails(Refused(OPTIONS("-set_a", "x>0", "-set_b", "x*x<0.04")), OTTO_ERR_INPUT,
            "set_b: 7 of its cells, one of them at (0.125, 0.0714286), are in set_a as well");
  TestFails(Refused(OPTIONS("-set_a", "x>1", "-set_b", "x<1&&y>0.5")), OTTO_ERR_INPUT,
            "set_a, set_b: they touch, at (0.875, 0.642857) and 2 more faces");
  TestFails(Refused(OPTIONS("-set_a", "x>1", "-set_a_path", "a.h5")), OTTO_ERR_INPUT,
            "set_a: 'x>1'; there is a file beside it (set_a_path)");
  TestFails(Refused(OPTIONS("-set_a", "x>1", "-set_a_dataset", "m")), OTTO_ERR_INPUT,
            "(set_a_dataset): give one of them");
  TestFails(Refused(OPTIONS("-set_a_dataset", "m")), OTTO_ERR_INPUT, "set_a_path: missing");
  TestFails(Refused(OPTIONS("-set_a_path", "m")), OTTO_ERR_INPUT, "set_a_dataset: missing");
  TestFails(Refused(OPTIONS("-set_a_path", "/none.h5", "-set_a_dataset", "m")), OTTO_ERR_INPUT,
            "set_a_path: ");
  PetscCall(Refused(OPTIONS("-set_a", "x>1", "-set_b", "x<0.8"))); /* a column between them */
  return 0;
}

/* Sets that end at faces of coarse cells are the same points; a column that half of them lose is
 * not. */
static PetscErrorCode TestSame(void)
{
  static const char *const formulas[] = {"x<-0.5", "x<-0.3"};
  const PetscInt64 n[] = {6, 7};

  for (int k = 0; k < 2; k++) {
    OttoSets sets, coarse;
    OttoTransfer transfer;
    PetscBool same = PETSC_FALSE;
    OttoGrid grid;
    Chain s;
    PetscCall(Make(walls, OPTIONS("-set_b", formulas[k], "-set_c", "x>1.5&&y>0.9"), &s, &sets));
    PetscCall(OttoGridCoarsen(s.grid, n, &grid));
    PetscCall(OttoTransferCreate(s.grid, n, grid, &transfer));
    PetscCall(OttoSetsCoarsen(&sets, transfer, grid, &coarse));
    PetscCall(OttoSetsAreSame(&sets, transfer, &coarse, &same));
    TestTrue(same == (k == 0 ? PETSC_TRUE : PETSC_FALSE), formulas[k]);
    PetscCall(OttoSetsDestroy(&coarse));
    PetscCall(OttoTransferDestroy(&transfer));
    PetscCall(OttoGridCoarseDestroy(&grid));
    PetscCall(End(&s, &sets));
  }
  return 0;
}

/* Open cells behind a wall, which set_b does not reach into. */
static PetscErrorCode TestCutOff(void)
{
  OttoSets sets;
  Chain s;

  PetscCall(Make(
      walls, OPTIONS("-potential_type", "formula", "-potential_formula", SPLIT, "-set_b", "x<-0.5"),
      &s, &sets));
  TestFails(OttoSetsTarget(&sets, 1, (const PetscInt[]){1}, s.Q), OTTO_ERR_INPUT,
            "set_b: cannot be reached from 14 open cells, one of them at (1.625, 0.0714286)");
  PetscCall(End(&s, &sets));
  return 0;
}

/* On half of the cells: of a formula by their own centres, of a file's where half of a cell is. */
static PetscErrorCode TestCoarser(void)
{
  const PetscInt64 n[] = {6, 3};
  char path[128];

  PetscCall(BeginFolder());
  snprintf(path, sizeof path, "%s/sets.h5", folder);
  PetscCall(WriteFile(path));
  for (int file = 0; file < 2; file++) {
    OttoSets sets, coarse;
    OttoTransfer transfer;
    OttoGrid grid;
    Chain s;
    PetscCall(Make(walls,
                   file ? OPTIONS("-set_b_path", path, "-set_b_dataset", "in", "-set_d", "x>1.5")
                        : OPTIONS("-set_b", "x<-0.4&&y>0.5", "-set_d", "x>1.5"),
                   &s, &sets));
    PetscCall(OttoGridCoarsen(s.grid, n, &grid));
    PetscCall(OttoTransferCreate(s.grid, n, grid, &transfer));
    PetscCall(OttoSetsCoarsen(&sets, transfer, grid, &coarse));
    if (grid) {
      /* one column, of y in (2/3, 1) and, of the formula, not the middle of (1/3, 2/3): of the
       * file's cells there, those above 4/7, two sevenths of its height */
      TestTrue(coarse.count == 2 && coarse.letter[1] == 'd', "the same sets");
      TestTrue(coarse.cells[0] == 1 && coarse.cells[1] == 3, "cells of each");
    }
    PetscBool same = PETSC_TRUE;
    PetscCall(OttoSetsAreSame(&sets, transfer, &coarse, &same));
    TestTrue(!same, "set_b is cut by coarse cells");
    PetscCall(OttoSetsDestroy(&coarse));
    PetscCall(OttoTransferDestroy(&transfer));
    PetscCall(OttoGridCoarseDestroy(&grid));
    PetscCall(End(&s, &sets));
  }
  if (rank == 0) remove(path);
  PetscCall(EndFolder());
  return 0;
}

/* By hand: x = 0.05 y - 0.45 ends set_b in the edges from x = -0.625 up; set_c, from 1.8 on, round
 * a periodic axis at its wall, 2 = -1, which is a face. */
static PetscErrorCode TestEnds(void)
{
  static const OttoBoundary round[] = {OTTO_BOUNDARY_PERIODIC, W};
  PetscReal off = 0, drive = 0, x[2];
  const PetscScalar *end[2];
  OttoSets sets;
  Vec ends[2];
  Chain s;

  PetscCall(Make(round, OPTIONS("-set_b", "x<0.05*y-0.45&&x>0-0.7", "-set_c", "x>1.8"), &s, &sets));
  PetscCall(OttoSetsFindEnds(&sets, s.Q, ends, &off, &drive));
  for (int j = 0; j < 2; j++) PetscCall(VecGetArrayRead(ends[j], &end[j]));
  for (PetscInt64 c = 0; c < s.g->local_cells; c++) {
    PetscReal at = 0.5;
    OttoGridCellCentre(s.g, c, x);
    if (fabs(x[0] + 0.625) < 0.01) at = (0.05 * x[1] - 0.45 - x[0]) / 0.25;
    if (fabs(x[0] + 0.875) < 0.01) at = (0 - 0.7 - x[0]) / 0.25;
    if (fabs(x[0] - 1.625) < 0.01) at = (1.8 - x[0]) / 0.25;
    TestClose(end[0][c], at, 1e-9, "where a set ends along x");
    TestTrue(end[1][c] == 0.5, "along y none does");
  }
  for (int j = 0; j < 2; j++) PetscCall(VecRestoreArrayRead(ends[j], &end[j]));
  for (int j = 0; j < 2; j++) PetscCall(VecDestroy(&ends[j]));
  /* of (1.8 - 1.625)/0.25 = 0.7, (-0.7 + 0.875)/0.25 = 0.7, and 0.7 + 0.2 y at y = 13/14
   */
  TestClose(off, 0.2 + 0.2 * 13 / 14, 1e-9, "the furthest from a face");
  PetscCall(End(&s, &sets));
  PetscCall(Make(walls, OPTIONS("-set_b", "x<0-0.5+1e-13", "-set_c", "x>1.5&&y>4/7"), &s, &sets));
  PetscCall(OttoSetsFindEnds(&sets, s.Q, NULL, &off, &drive));
  TestTrue(off == 0, "at faces but for rounding");
  PetscCall(End(&s, &sets));
  PetscCall(Make(
      walls, OPTIONS("-potential_type", "formula", "-potential_formula", SPLIT, "-set_b", "x>1.6"),
      &s, &sets));
  PetscCall(OttoSetsFindEnds(&sets, s.Q, NULL, &off, &drive));
  TestTrue(off == 0 && drive == 0, "not behind a wall");
  PetscCall(End(&s, &sets));
  for (int set = 0; set < 2; set++) { /* 3 x falls by 0.75 an edge, into set_b alone */
    PetscCall(
        Make(walls,
             OPTIONS("-potential_type", "formula", "-potential_formula", "3*x", "-temperature",
                     "0.5", set ? "-set_c" : "-set_b", set ? "x>1.3" : "x<0-0.45"),
             &s, &sets));
    PetscCall(OttoSetsFindEnds(&sets, s.Q, NULL, &off, &drive));
    TestClose(drive, set ? 0 : 1.5, 1e-12, "what leads into a set");
    PetscCall(End(&s, &sets));
  }
  return 0;
}

int main(void)
{
  return TestMain({TestFormulas, TestTargets, TestFiles, TestRefused, TestCutOff, TestSame,
                   TestCoarser, TestEnds});
}
