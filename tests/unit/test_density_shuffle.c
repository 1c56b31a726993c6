/* ranks: 1 2 3 4
 * Blocks of cells permuted: each arrives once and whole, the same on any number of ranks. */
#define _GNU_SOURCE
#include "density_setup.h"

/* The shuffled density of p_formula on rank 0's own copy of the grid: values[cells], normalised so
 * that cell k of the unshuffled one holds k + 1. */
static PetscErrorCode Shuffled(PetscInt dim, const PetscInt64 n[], char *block, char *seed,
                               PetscReal order[])
{
  OttoGrid grid;
  Vec p;
  const PetscScalar *a;
  char formula[400] = "1";
  PetscInt64 cells = 1;

  PetscFunctionBegin;
  PetscCall(MakeUneven(PETSC_COMM_SELF, dim, n, OTTO_BOUNDARY_PERIODIC, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  for (PetscInt j = 0; j < dim; j++) { /* a cell's number from its coordinates, and 1 */
    char term[100];
    PetscInt64 stride = 1;
    for (PetscInt i = j + 1; i < dim; i++) stride *= n[i];
    snprintf(term, sizeof term, " + %d*rint((x%d - (%.17g))/%.17g - 0.5)", (int)stride, (int)j + 1,
             g->lower[j], g->h[j]);
    strcat(formula, term);
    cells *= n[j];
  }
  Set("-p_density", "formula", "-p_formula", formula, "-p_shuffle_block", block, "-p_shuffle_seed",
      seed);
  PetscCall(OttoDensityCreate(grid, "p_", &p, NULL));
  PetscCall(VecGetArrayRead(p, &a));
  for (PetscInt64 c = 0; c < cells; c++)
    order[c] = rint(a[c] * g->cell_volume * (PetscReal)cells * (PetscReal)(cells + 1) / 2) - 1;
  PetscCall(VecRestoreArrayRead(p, &a));
  PetscCall(VecDestroy(&p));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* Every cell arrives once, blocks move as a whole, and not all of them stay. */
static PetscErrorCode CheckShuffle(PetscInt dim, const PetscInt64 n[], PetscInt64 block, char *seed)
{
  static PetscReal order[5000];
  static char seen[5000];
  PetscInt64 cells = 1, moved = 0, torn = 0;
  char text[16];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < dim; j++) cells *= n[j];
  snprintf(text, sizeof text, "%d", (int)block);
  PetscCall(Shuffled(dim, n, text, seed, order));
  memset(seen, 0, sizeof seen);
  for (PetscInt64 c = 0; c < cells; c++) {
    PetscInt64 from = (PetscInt64)order[c], to = c;
    TestTrue(from >= 0 && from < cells && !seen[from]++, "each cell arrives once");
    moved += from != to;
    for (PetscInt j = dim - 1; j >= 0; j--) { /* the place inside a block is kept */
      torn += from % n[j] % block != to % n[j] % block;
      from /= n[j];
      to /= n[j];
    }
    /* the neighbour inside a block along the last axis comes from the neighbour */
    if (c % n[dim - 1] % block) torn += order[c] != order[c - 1] + 1;
  }
  TestTrue(torn == 0, "blocks move as a whole");
  TestTrue(moved > cells / 2, "blocks move");
  PetscFunctionReturn(0);
}

static PetscErrorCode TestShuffle(void)
{
  static PetscReal first[5000], second[5000];
  const PetscInt64 n1[1] = {30}, n2[2] = {12, 18}, n3[3] = {6, 4, 10};
  OttoGrid grid;
  Vec p, q;
  PetscScalar product, before = 0;

  PetscFunctionBegin;
  PetscCall(CheckShuffle(1, n1, 3, "1"));
  PetscCall(CheckShuffle(2, n2, 3, "1"));
  PetscCall(CheckShuffle(2, n2, 1, "7"));
  PetscCall(CheckShuffle(3, n3, 2, "5"));
  PetscCall(Shuffled(2, n2, "3", "1", first));
  PetscCall(Shuffled(2, n2, "3", "2", second));
  TestTrue(memcmp(first, second, 216 * sizeof(PetscReal)) != 0,
           "another seed, another permutation");
  /* on ranks that blocks straddle, cell by cell the same as on one */
  for (PetscInt dim = 1; dim <= 3; dim++) {
    const PetscInt64 *n = dim == 1 ? n1 : dim == 2 ? n2 : n3;
    Set("-p_density", "formula", "-p_formula", "1 + exp(x)", "-p_shuffle_block", "2");
    PetscCall(MakeUneven(PETSC_COMM_WORLD, dim, n, OTTO_BOUNDARY_PERIODIC, &grid));
    PetscCall(OttoDensityCreate(grid, "p_", &p, NULL));
    PetscCall(CompareAlone(grid, OTTO_BOUNDARY_PERIODIC, n, p, 1e-15, "shuffled on ranks"));
    PetscCall(VecDestroy(&p));
    PetscCall(OttoGridDestroy(&grid));
  }
  /* p and q are permuted together: ∫ p q stays */
  for (int shuffle = 0; shuffle < 2; shuffle++) {
    char *block = shuffle ? "3" : "0";
    Set("-p_density", "formula", "-p_formula", "2+sin(5*x*y)", "-q_density", "formula",
        "-q_formula", "x*x+y+3", "-p_shuffle_block", block, "-q_shuffle_block", block,
        "-q_shuffle_seed", "1");
    PetscCall(MakeUneven(PETSC_COMM_WORLD, 2, n2, OTTO_BOUNDARY_PERIODIC, &grid));
    PetscCall(OttoDensityCreate(grid, "p_", &p, NULL));
    PetscCall(OttoDensityCreate(grid, "q_", &q, NULL));
    PetscCall(VecDot(p, q, &product));
    if (shuffle) TestClose(product, before, 1e-13, "p and q move together"); /* 216 roundings */
    before = product;
    PetscCall(VecDestroy(&p));
    PetscCall(VecDestroy(&q));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestShuffle});
}
