/* The grid is cut into blocks; a pseudo-random permutation of them (Fisher and Yates 1938;
 * Durstenfeld 1964) with counter-based numbers (threefry, Salmon et al. 2011) is the same on every
 * rank. */
#include "density_impl.h"
#include <Random123/threefry.h>

/* permutation[count]: which block each block takes its cells from. */
static void Permute(PetscInt64 seed, PetscInt64 count, PetscInt64 permutation[])
{
  const threefry2x64_key_t key = {{(uint64_t)seed, 0}};

  for (PetscInt64 i = 0; i < count; i++) permutation[i] = i;
  for (PetscInt64 i = count - 1; i > 0; i--) {
    threefry2x64_ctr_t counter = {{(uint64_t)i, 0}};
    uint64_t random = threefry2x64(counter, key).v[0];
    /* uniform on 0 … i: the high half of a product; its bias is i/2^64 */
    PetscInt64 k = (PetscInt64)((unsigned __int128)random * (uint64_t)(i + 1) >> 64);
    PetscInt64 swap = permutation[i];
    permutation[i] = permutation[k];
    permutation[k] = swap;
  }
}

/* Global number of the cell whose value moves to local cell `local`. */
static PetscInt64 SourceCell(const OttoGridInfo *g, PetscInt64 block,
                             const PetscInt64 permutation[], PetscInt64 local)
{
  PetscInt64 idx[OTTO_MAX_DIM], place = 0, from;

  OttoGridCellIndex(g, local, idx);
  for (PetscInt j = 0; j < g->dim; j++) place = place * (g->n[j] / block) + idx[j] / block;
  from = permutation[place];
  for (PetscInt j = g->dim - 1; j >= 0; j--) {
    PetscInt64 blocks = g->n[j] / block;
    idx[j] = from % blocks * block + idx[j] % block;
    from /= blocks;
  }
  return OttoGridNumber(g, idx);
}

/* In rows of a block's width along the last axis, which move together; cell by cell where the axis
 * is dealt to ranks, which rows may straddle. */
static PetscErrorCode SourceRows(const OttoGridInfo *g, PetscInt64 block, PetscInt64 seed, IS *rows)
{
  const PetscInt64 width = g->dim > (g->mesh[1] > 1 ? 2 : 1) ? block : 1,
                   count = g->local_cells / width;
  PetscInt64 blocks = 1, *permutation = NULL;
  PetscInt *source = NULL;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) blocks *= g->n[j] / block;
  PetscErrorCode code = PetscMalloc1(blocks, &permutation);
  if (!code) code = PetscMalloc1(PetscMax(1, count), &source);
  PetscCall(OttoAgree(g->comm, code));
  Permute(seed, blocks, permutation);
  for (PetscInt64 r = 0; r < count; r++)
    source[r] = (PetscInt)(SourceCell(g, block, permutation, r * width) / width);
  PetscCall(PetscFree(permutation));
  PetscCall(
      ISCreateBlock(g->comm, (PetscInt)width, (PetscInt)count, source, PETSC_OWN_POINTER, rows));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDensityShuffle(OttoGrid grid, const char *prefix, PetscInt64 block,
                                  PetscInt64 seed, Vec *density)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  IS rows;
  Vec moved;
  VecScatter scatter;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++)
    OttoCheckInput(g->n[j] % block == 0,
                   "%sshuffle_block: %" PetscInt64_FMT " does not divide the %" PetscInt64_FMT
                   " cells of axis %d",
                   prefix, block, g->n[j], (int)j + 1);
  PetscCall(OttoFieldCreate(grid, &moved));
  PetscCall(SourceRows(g, block, seed, &rows));
  PetscCall(VecScatterCreate(*density, rows, moved, NULL, &scatter));
  PetscCall(VecScatterBegin(scatter, *density, moved, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecScatterEnd(scatter, *density, moved, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecScatterDestroy(&scatter));
  PetscCall(ISDestroy(&rows));
  PetscCall(VecDestroy(density));
  *density = moved;
  PetscFunctionReturn(0);
}
