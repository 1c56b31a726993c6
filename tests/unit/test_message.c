/* ranks: 1 2 3 4
 * What is too much for one message or one write goes in parts, here of five numbers: nothing is
 * lost, twice there, or out of order. */
#include "test.h"
#include "core/message.h"
#include "files/storage_pieces.h"
#include "fixture.h"
#include <otto/halo.h>
#include <stdlib.h>

#define PART 40 /* bytes */

static PetscMPIInt rank, size;

/* A whole number that names who has it and where it stands. */
static PetscReal Name(PetscMPIInt from, PetscMPIInt to, PetscInt64 i)
{
  return (PetscReal)((from * 64 + to) * 4096 + i);
}

static PetscErrorCode TestSizes(void)
{
  PetscMPIInt as = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  const PetscInt64 bytes = OttoMessageBytes((PetscInt64)1 << 20);
  TestTrue(bytes == PART || bytes == (PetscInt64)1 << 20, "a part is as a test wants, or as usual");
  TestTrue(OttoMessageBytes(8) == 8, "and never larger than usual");
  PetscCall(OttoMessageCount(PETSC_MPI_INT_MAX, "cells", &as));
  TestTrue(as == PETSC_MPI_INT_MAX, "MPI's largest number is one");
  TestFails(OttoMessageCount((PetscInt64)PETSC_MPI_INT_MAX + 1, "cells", &as), OTTO_ERR_INPUT,
            "2147483648 cells are more than MPI can count (2147483647)");
  PetscFunctionReturn(0);
}

/* Counts that parts divide, do not, and none. */
static PetscErrorCode TestTogether(void)
{
  const PetscInt64 counts[] = {0, 1, 5, 13, 100};
  PetscReal values[100];

  PetscFunctionBegin;
  for (size_t k = 0; k < PETSC_STATIC_ARRAY_LENGTH(counts); k++) {
    PetscInt64 wrong[3] = {0, 0, 0};
    const PetscMPIInt root = size - 1;
    for (PetscInt64 i = 0; i < 100; i++) values[i] = Name(rank, 0, i);
    PetscCall(
        OttoMessageSpread(values, counts[k] * (PetscInt64)sizeof *values, root, PETSC_COMM_WORLD));
    for (PetscInt64 i = 0; i < 100; i++)
      wrong[0] += !(values[i] == Name(i < counts[k] ? root : rank, 0, i));
    for (PetscInt64 i = 0; i < 100; i++) values[i] = Name(rank, 0, i);
    PetscCall(
        OttoMessageJoin(values, counts[k], sizeof *values, MPIU_REAL, MPIU_MAX, PETSC_COMM_WORLD));
    for (PetscInt64 i = 0; i < 100; i++)
      wrong[1] += !(values[i] == Name(i < counts[k] ? root : rank, 0, i));
    for (PetscInt64 i = 0; i < 100; i++) values[i] = (PetscReal)(i + 1);
    PetscCall(OttoMessageJoinOn(values, counts[k], MPIU_SUM, root, PETSC_COMM_WORLD));
    for (PetscInt64 i = 0; i < 100 && rank == root; i++)
      wrong[2] += !(values[i] == (PetscReal)((i + 1) * (i < counts[k] ? size : 1)));
    TestTrue(wrong[0] == 0, "one rank's values are on all ranks");
    TestTrue(wrong[1] == 0, "the largest are");
    TestTrue(wrong[2] == 0, "sums are where they were wanted");
  }
  PetscFunctionReturn(0);
}

static PetscInt64 CountOf(PetscMPIInt from, PetscMPIInt to)
{
  return (from * 7 + to * 3) % 5 * 13;
}

/* Every pair with sizes of its own, some of them 0 one way or both. */
static PetscErrorCode TestSwap(void)
{
  PetscReal out[52], in[53];
  PetscInt64 wrong = 0;

  PetscFunctionBegin;
  for (PetscMPIInt step = 1; step < size; step++) {
    const PetscMPIInt to = (rank + step) % size, from = (rank - step + size) % size;
    for (PetscInt64 i = 0; i < CountOf(rank, to); i++) out[i] = Name(rank, to, i);
    for (PetscInt64 i = 0; i < 53; i++) in[i] = -1;
    PetscCall(OttoMessageSwap(PETSC_COMM_WORLD, 7, to, out, CountOf(rank, to), from, in,
                              CountOf(from, rank)));
    for (PetscInt64 i = 0; i < 53; i++)
      wrong += !(in[i] == (i < CountOf(from, rank) ? Name(from, rank, i) : -1));
  }
  TestTrue(wrong == 0, "each rank has what it was sent, and no more");
  PetscFunctionReturn(0);
}

/* Boxes of one to four axes inside a dataset, by writing their pieces into an array of it. */
static PetscErrorCode TestPieces(void)
{
  const hsize_t at[4] = {1, 0, 2, 1};
  const hsize_t boxes[][4] = {{3, 2, 4, 3}, {1, 7, 1, 2}, {2, 3, 0, 2}, {6, 1, 1, 1}, {1, 1, 1, 9}};

  PetscFunctionBegin;
  for (size_t k = 0; k < PETSC_STATIC_ARRAY_LENGTH(boxes); k++)
    for (int dim = 1; dim <= 4; dim++) {
      hsize_t values = 1, seen = 0, most = 0;
      PetscInt64 wrong = 0;
      OttoPieces p;
      for (int j = 0; j < dim; j++) values *= boxes[k][j];
      OttoPiecesBegin(&p, dim, at, boxes[k], PART);
      while (OttoPiecesNext(&p)) {
        hsize_t index[4], first = 0, part = 1;
        for (int j = 0; j < dim; j++) { /* where the piece begins among the box's values */
          index[j] = p.from[j] - at[j];
          first = first * boxes[k][j] + index[j];
          part *= p.part[j];
          wrong += index[j] + p.part[j] > boxes[k][j];
        }
        wrong += first != seen || p.before != seen || part != p.values;
        seen += part;
        most = PetscMax(most, part);
      }
      TestTrue(wrong == 0, "pieces follow one another in the order of the box's values");
      TestTrue(seen == values, "together they are the box");
      TestTrue(most <= PART / sizeof(double), "none is larger than was allowed");
      TestTrue(values == 0 || most == OttoPiecesMost(&p), "and the largest is as large as it says");
      TestTrue(values < PART / sizeof(double) || most > 1 || (dim > 1 && boxes[k][dim - 1] == 1) ||
                   values == boxes[k][0] * boxes[k][1],
               "they are not single values where more would go");
    }
  PetscFunctionReturn(0);
}

/* Planes too large for a unit go by rows, and ghosts are the same. */
static PetscErrorCode TestGhosts(void)
{
  const PetscInt64 n[3] = {9, 4, 3};
  PetscReal *numbers = NULL;
  PetscInt64 wrong = 0;
  OttoGrid grid;
  OttoHalo halo;

  PetscFunctionBegin;
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &grid));
  PetscCall(OttoGridSetBox(
      grid, 3, n, (PetscReal[]){0, 0, 0}, (PetscReal[]){1, 1, 1},
      (OttoBoundary[]){OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_PERIODIC}));
  PetscCall(OttoGridSetMesh(grid, size, 1));
  PetscCall(OttoGridSetUp(grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(OttoGridGetHalo(grid, 1, &halo));
  PetscCall(OttoHaloNumbers(halo, &numbers));
  TestTrue(OttoHaloCells(halo) == 2 * 12, "a plane of ghosts on either side");
  for (int side = 0; side < 2; side++) {
    const PetscInt64 plane = side ? g->first[0] + g->local[0] : g->first[0] - 1;
    for (PetscInt64 c = 0; c < 12; c++)
      wrong +=
          !(numbers[g->local_cells + side * 12 + c] == (PetscReal)((plane + n[0]) % n[0] * 12 + c));
  }
  TestTrue(wrong == 0, "they are the cells behind the faces");
  PetscCall(PetscFree(numbers));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  char part[16];

  snprintf(part, sizeof part, "%d", PART);
  setenv("OTTO_TEST_MESSAGE", part, 1);
  return TestMain({TestSizes, TestTogether, TestSwap, TestPieces, TestGhosts});
}
