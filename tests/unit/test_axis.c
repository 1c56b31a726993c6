/* ranks: 1 2 3 4 5 6
 * Lines of an axis on every mesh of the ranks: each is handed once, whole and in order; what is
 * written returns to its cells; sums along lines are those of one rank to the bit; a failure on one
 * rank is one on all. */
#include "fixture.h"
#include "grid/axis.h"

#define FIELDS 3 /* at most */

/* A cell's indices as one number, below 1e8. */
static PetscReal Name(const OttoGridInfo *g, const PetscInt64 idx[])
{
  PetscReal name = 0;

  for (PetscInt j = 0; j < g->dim; j++) name = 100 * name + (PetscReal)idx[j];
  return name;
}

/* Field f in the cell of that name; whole. */
static PetscReal Given(PetscReal name, PetscInt f)
{
  return name + 1e9 * (PetscReal)(f + 1);
}

static PetscReal Wanted(PetscReal name, PetscInt f)
{
  return -3 * name - 1e10 * (PetscReal)(f + 1);
}

/* What the work function saw. */
typedef struct {
  PetscInt ins, outs;
  PetscBool standing;
  PetscInt64 wrong;
  PetscInt *seen; /* [cells]: how often the line that begins in this cell was handed */
} Look;

static PetscErrorCode Handed(const OttoBundle *b, void *context)
{
  Look *look = (Look *)context;
  const OttoGridInfo *g = b->g;

  look->wrong += b->n != g->n[b->axis] || b->lines < 1 || b->lines > b->stride;
  for (PetscInt64 l = 0; l < b->stride; l++) {
    PetscInt64 idx[OTTO_MAX_DIM], flat = 0;
    if (l >= b->lines && look->standing) break; /* not the work's */
    if (l >= b->lines) {
      for (PetscInt64 i = 0; i < b->n; i++)
        for (PetscInt f = 0; f < look->ins; f++) look->wrong += b->in[f][i * b->stride + l] != 0;
      continue;
    }
    OttoBundleIndex(b, l, idx);
    for (PetscInt j = 0; j < g->dim; j++) flat = flat * g->n[j] + idx[j];
    look->wrong += idx[b->axis] != 0;
    look->seen[flat]++;
    for (PetscInt64 i = 0; i < b->n; i++) {
      idx[b->axis] = i;
      for (PetscInt f = 0; f < look->ins; f++)
        look->wrong += b->in[f][i * b->stride + l] != Given(Name(g, idx), f);
      for (PetscInt f = 0; f < look->outs; f++)
        b->out[f][i * b->stride + l] = Wanted(Name(g, idx), f);
    }
  }
  for (PetscInt f = 0; f < look->ins && !look->standing; f++) /* a bundle is the work's own */
    for (PetscInt64 i = 0; i < b->n * b->stride; i++) b->in[f][i] = NAN;
  return 0;
}

/* `ins` fields in, `outs` out; with `same` the first of both are the same arrays. */
static PetscErrorCode HandOver(OttoGrid grid, OttoAxis lines, PetscBool standing, PetscInt axis,
                               PetscInt ins, PetscInt outs, PetscBool same)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Vec in[FIELDS], out[FIELDS];
  PetscInt64 idx[OTTO_MAX_DIM], wrong = 0;
  PetscScalar *a;
  Look look = {.ins = ins, .outs = outs, .standing = standing};

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(g->cells, &look.seen));
  for (PetscInt f = 0; f < PetscMax(ins, outs); f++) {
    PetscCall(OttoFieldCreate(grid, &in[f]));
    PetscCall(VecGetArray(in[f], &a));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      OttoGridCellIndex(g, c, idx);
      a[c] = Given(Name(g, idx), f);
    }
    PetscCall(VecRestoreArray(in[f], &a));
    out[f] = in[f];
    if (same) PetscCall(PetscObjectReference((PetscObject)in[f]));
    if (!same) PetscCall(VecDuplicate(in[f], &out[f]));
  }
  PetscCall(OttoAxisApplyFields(lines, ins, in, outs, out, Handed, &look));
  TestTrue(look.wrong == 0, "a bundle holds what it says, in order");
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, look.seen, (int)g->cells, MPIU_INT, MPI_SUM, g->comm));
  for (PetscInt64 c = 0, inner = 1; c < g->cells; c++) {
    if (!c)
      for (PetscInt j = axis + 1; j < g->dim; j++) inner *= g->n[j];
    wrong += look.seen[c] != (c / inner % g->n[axis] == 0);
  }
  TestTrue(wrong == 0, "every line is handed once");
  for (PetscInt f = 0; f < PetscMax(ins, outs); f++) {
    const PetscScalar *given, *written;
    PetscCall(VecGetArrayRead(in[f], &given));
    PetscCall(VecGetArrayRead(out[f], &written));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      OttoGridCellIndex(g, c, idx);
      if (f < outs) wrong += written[c] != Wanted(Name(g, idx), f);
      if (f >= outs || !same) wrong += given[c] != Given(Name(g, idx), f);
    }
    PetscCall(VecRestoreArrayRead(in[f], &given));
    PetscCall(VecRestoreArrayRead(out[f], &written));
    PetscCall(VecDestroy(&in[f]));
    PetscCall(VecDestroy(&out[f]));
  }
  TestTrue(wrong == 0, "what is written returns to its cells, what is read stays");
  PetscCall(PetscFree(look.seen));
  PetscFunctionReturn(0);
}

static PetscErrorCode HandAll(OttoGrid grid, PetscInt axis, PetscInt64 bundle)
{
  static const PetscInt shapes[][2] = {{1, 1}, {2, 1}, {1, 3}, {0, 2}, {2, 0}};
  OttoAxis lines;

  PetscFunctionBegin;
  PetscCall(OttoAxisCreate(grid, axis, FIELDS, bundle, &lines));
  for (size_t k = 0; k < PETSC_STATIC_ARRAY_LENGTH(shapes); k++)
    for (int same = 0; same < 1 + (shapes[k][0] && shapes[k][1]); same++)
      PetscCall(HandOver(grid, lines, bundle < 0 ? PETSC_TRUE : PETSC_FALSE, axis, shapes[k][0],
                         shapes[k][1], same ? PETSC_TRUE : PETSC_FALSE));
  PetscCall(OttoAxisDestroy(&lines));
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckHanded(OttoGrid grid)
{
  static const PetscInt64 bundles[] = {0, 1, 3, 8, OTTO_AXIS_STANDING};

  PetscFunctionBegin;
  for (PetscInt axis = 0; axis < OttoGridGetInfo(grid)->dim; axis++)
    for (size_t b = 0; b < PETSC_STATIC_ARRAY_LENGTH(bundles); b++)
      PetscCall(HandAll(grid, axis, bundles[b]));
  PetscFunctionReturn(0);
}

static const OttoBoundary periodic[4] = {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_PERIODIC,
                                         OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_PERIODIC};

static PetscErrorCode OnAll(OnGrid test)
{
  static const PetscInt64 sizes[][4] = {{7, 1, 1, 1}, {13, 1, 1, 1}, {6, 1, 1, 1}, {6, 7, 1, 1},
                                        {9, 6, 1, 1}, {7, 6, 5, 1},  {6, 9, 1, 1}, {6, 6, 3, 4}};
  static const PetscInt dims[] = {1, 1, 2, 2, 2, 3, 3, 4};

  PetscFunctionBegin;
  for (size_t s = 0; s < PETSC_STATIC_ARRAY_LENGTH(sizes); s++)
    PetscCall(OnMeshes(dims[s], sizes[s], periodic, test));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestHanded(void)
{
  PetscFunctionBegin;
  PetscCall(OnAll(CheckHanded));
  PetscFunctionReturn(0);
}

/* Cuts of n cells such that blocks are empty: all but the last, all but the first, every other. */
static void CutUnevenly(PetscInt64 n, PetscMPIInt blocks, int kind, PetscInt64 cuts[])
{
  for (PetscMPIInt r = 0; r <= blocks; r++) {
    if (kind == 0) cuts[r] = r == blocks ? n : 0; /* all with the last */
    if (kind == 1) cuts[r] = r == 0 ? 0 : n;      /* all with the first */
    if (kind == 2) cuts[r] = (r + 1) / 2 * 2 * n / (2 * ((blocks + 1) / 2)); /* every other */
  }
}

/* More ranks than planes: blocks without a cell on either axis, in front, behind and between. */
static PetscErrorCode CheckEmpty(OttoGrid dealt)
{
  const OttoGridInfo *like = OttoGridGetInfo(dealt);

  PetscFunctionBegin;
  for (int kind = 0; kind < 9; kind++) {
    PetscInt64 first[16], second[16];
    const PetscInt64 *const cuts[2] = {first, second};
    OttoGrid grid;
    CutUnevenly(like->n[0], like->mesh[0], kind % 3, first);
    CutUnevenly(like->n[1], like->mesh[1], kind / 3, second);
    PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &grid));
    PetscCall(OttoGridSetBox(grid, like->dim, like->n, like->lower, like->upper, periodic));
    PetscCall(OttoGridSetMesh(grid, like->mesh[0], like->mesh[1]));
    PetscCall(OttoGridSetCuts(grid, cuts));
    PetscCall(OttoGridSetUp(grid));
    for (PetscInt axis = 0; axis < like->dim; axis++) PetscCall(HandAll(grid, axis, 5));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode TestEmpty(void)
{
  PetscFunctionBegin;
  PetscCall(OnMeshes(2, (PetscInt64[]){6, 7}, periodic, CheckEmpty));
  PetscCall(OnMeshes(3, (PetscInt64[]){6, 6, 2}, periodic, CheckEmpty));
  PetscFunctionReturn(0);
}

/* out[0]: running sums of in[0]·in[1] from cell 0 on; out[1]: the same from cell n-1 down. */
static PetscErrorCode RunningSums(const OttoBundle *b, void *context)
{
  (void)context;
  for (PetscInt64 i = 0; i < b->n; i++) {
    const PetscInt64 up = i * b->stride, down = (b->n - 1 - i) * b->stride;
    for (PetscInt64 l = 0; l < b->lines; l++) {
      b->out[0][up + l] =
          (i ? b->out[0][up - b->stride + l] : 0) + b->in[0][up + l] * b->in[1][up + l];
      b->out[1][down + l] =
          (i ? b->out[1][down + b->stride + l] : 0) + b->in[0][down + l] * b->in[1][down + l];
    }
  }
  return 0;
}

/* Numbers of all signs and sizes, of the cell alone, on a rank's own cells. */
static PetscErrorCode Roughly(OttoGrid grid, PetscReal seed, PetscReal **values)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscInt64 idx[OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(g->local_cells, values));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscInt64 flat = 0;
    OttoGridCellIndex(g, c, idx);
    for (PetscInt j = 0; j < g->dim; j++) flat = flat * g->n[j] + idx[j];
    (*values)[c] = (Hash(flat, seed) - 0.5) * exp(20 * Hash(flat, seed + 1));
  }
  PetscFunctionReturn(0);
}

/* The sums along an axis of a grid, by the work above. */
static PetscErrorCode Sums(OttoGrid grid, PetscInt axis, PetscInt64 bundle, PetscReal *out[2])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal *in[2];
  OttoAxis lines;

  PetscFunctionBegin;
  for (int f = 0; f < 2; f++) {
    PetscCall(Roughly(grid, 1 + f, &in[f]));
    PetscCall(PetscMalloc1(g->local_cells, &out[f]));
  }
  PetscCall(OttoAxisCreate(grid, axis, 2, bundle, &lines));
  PetscCall(
      OttoAxisApply(lines, 2, (const PetscReal *const[]){in[0], in[1]}, 2, out, RunningSums, NULL));
  PetscCall(OttoAxisDestroy(&lines));
  for (int f = 0; f < 2; f++) PetscCall(PetscFree(in[f]));
  PetscFunctionReturn(0);
}

/* The bits of one rank, and those of a loop over the line written out. */
static PetscErrorCode CheckSums(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoGrid alone;
  PetscReal *factor[2];
  PetscInt64 idx[OTTO_MAX_DIM], wrong = 0, unlike = 0;

  PetscFunctionBegin;
  PetscCall(MakeBoxOn(PETSC_COMM_SELF, g->dim, g->n, g->lower, g->upper, g->boundary, &alone));
  for (int f = 0; f < 2; f++) PetscCall(Roughly(alone, 1 + f, &factor[f]));
  for (PetscInt axis = 0; axis < g->dim; axis++)
    for (PetscInt64 bundle = 0; bundle < 3; bundle++) {
      PetscReal *shared[2], *own[2];
      PetscInt64 step = 1;
      for (PetscInt j = axis + 1; j < g->dim; j++) step *= g->n[j];
      PetscCall(Sums(grid, axis, 5 * bundle, shared));
      PetscCall(Sums(alone, axis, 0, own));
      for (PetscInt64 c = 0; c < g->local_cells; c++) {
        PetscInt64 flat = 0;
        PetscReal up = 0, down = 0;
        OttoGridCellIndex(g, c, idx);
        for (PetscInt j = 0; j < g->dim; j++) flat = flat * g->n[j] + idx[j];
        for (PetscInt64 i = 0; i <= idx[axis]; i++)
          up += factor[0][flat + (i - idx[axis]) * step] * factor[1][flat + (i - idx[axis]) * step];
        for (PetscInt64 i = g->n[axis] - 1; i >= idx[axis]; i--)
          down +=
              factor[0][flat + (i - idx[axis]) * step] * factor[1][flat + (i - idx[axis]) * step];
        unlike += shared[0][c] != own[0][flat] || shared[1][c] != own[1][flat];
        wrong += shared[0][c] != up || shared[1][c] != down;
      }
      for (int f = 0; f < 2; f++) {
        PetscCall(PetscFree(shared[f]));
        PetscCall(PetscFree(own[f]));
      }
    }
  TestTrue(unlike == 0, "running sums are those of one rank to the bit");
  TestTrue(wrong == 0, "running sums are those of a loop to the bit");
  for (int f = 0; f < 2; f++) PetscCall(PetscFree(factor[f]));
  PetscCall(OttoGridDestroy(&alone));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestSums(void)
{
  PetscFunctionBegin;
  PetscCall(OnAll(CheckSums));
  PetscFunctionReturn(0);
}

/* Fails at the line that begins in one cell, which one rank alone is handed. */
static PetscErrorCode FailAt(const OttoBundle *b, void *context)
{
  const PetscInt64 *at = (const PetscInt64 *)context;

  for (PetscInt64 l = 0; l < b->lines; l++) {
    PetscInt64 idx[OTTO_MAX_DIM];
    int here = 1;
    OttoBundleIndex(b, l, idx);
    for (PetscInt j = 0; j < b->g->dim; j++) here &= j == b->axis || idx[j] == at[j];
    if (here) SETERRQ(PETSC_COMM_SELF, PETSC_ERR_FP, "the line at %d cannot be served", (int)l);
    for (PetscInt64 i = 0; i < b->n; i++) b->out[0][i * b->stride + l] = 0;
  }
  return 0;
}

static PetscErrorCode CheckFailure(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal *u;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(g->local_cells, &u));
  for (PetscInt axis = 0; axis < g->dim; axis++)
    for (int where = 0; where < 3; where++) {
      PetscInt64 at[OTTO_MAX_DIM];
      OttoAxis lines;
      for (PetscInt j = 0; j < g->dim; j++) at[j] = where * (g->n[j] - 1) / 2;
      PetscCall(OttoAxisCreate(grid, axis, FIELDS, 2, &lines));
      TestFails(OttoAxisApply(lines, 1, (const PetscReal *const[]){u}, 1, &u, FailAt, at),
                PETSC_ERR_FP, "cannot be served");
      TestTrue(OttoErrorMessage()[0] == 0, "the failure was one");
      PetscCall(HandOver(grid, lines, PETSC_FALSE, axis, 2, 2,
                         PETSC_FALSE)); /* and the next call is served */
      PetscCall(OttoAxisDestroy(&lines));
    }
  PetscCall(PetscFree(u));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestFailure(void)
{
  PetscFunctionBegin;
  PetscCall(OnAll(CheckFailure));
  PetscFunctionReturn(0);
}

/* A cell's number in C order over the whole grid. */
static PetscReal Flat(const OttoGridInfo *g, const PetscInt64 idx[])
{
  PetscInt64 flat = 0;

  for (PetscInt j = 0; j < g->dim; j++) flat = flat * g->n[j] + idx[j];
  return (PetscReal)flat;
}

/* Fields hold Flat() and -2 Flat(); they change places. */
static PetscErrorCode Triple(const OttoBundle *b, void *context)
{
  PetscInt64 idx[OTTO_MAX_DIM], *seen = (PetscInt64 *)context;

  seen[0] += b->lines;
  for (PetscInt64 l = 0; l < b->lines; l++) {
    OttoBundleIndex(b, l, idx);
    for (PetscInt64 i = 0; i < b->n; i++) {
      const PetscInt64 at = i * b->stride + l;
      idx[b->axis] = i;
      seen[1] += b->in[0][at] != Flat(b->g, idx);
      b->out[0][at] = 3 * b->in[1][at];
      b->out[1][at] = 3 * b->in[0][at];
    }
  }
  return 0;
}

/* Lines in several rounds: the cells are right, and the buffers of two fields both ways are less
 * than one field of a rank. */
static PetscErrorCode CheckRounds(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal *u[2];

  PetscFunctionBegin;
  for (int f = 0; f < 2; f++) PetscCall(PetscMalloc1(g->local_cells, &u[f]));
  for (PetscInt axis = 0; axis < 2; axis++) {
    OttoAxis lines;
    PetscInt64 wrong = 0, seen[2] = {0, 0}, idx[OTTO_MAX_DIM];
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      OttoGridCellIndex(g, c, idx);
      u[0][c] = Flat(g, idx);
      u[1][c] = -2 * u[0][c];
    }
    PetscCall(OttoAxisCreate(grid, axis, 2, 0, &lines));
    PetscCall(OttoAxisApply(lines, 2, (const PetscReal *const[]){u[0], u[1]}, 2, u, Triple, seen));
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, seen, 2, MPIU_INT64, MPI_SUM, g->comm));
    TestTrue(seen[0] == g->cells / g->n[axis], "rounds hand each line once");
    TestTrue(seen[1] == 0, "lines of a round stand where it says");
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      OttoGridCellIndex(g, c, idx);
      wrong += u[0][c] != -6 * Flat(g, idx);
      wrong += u[1][c] != 3 * Flat(g, idx);
    }
    TestTrue(wrong == 0, "rounds bring each cell its own value");
    TestTrue(OttoAxisBytes(lines) < (size_t)g->local_cells * sizeof(PetscReal),
             "buffers are smaller than a field");
    PetscCall(OttoAxisDestroy(&lines));
  }
  for (int f = 0; f < 2; f++) PetscCall(PetscFree(u[f]));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestRounds(void)
{
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(OnMeshes(3, (PetscInt64[]){61, 127, 80 * size + 1}, periodic, CheckRounds));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestBadCalls(void)
{
  OttoGrid grid;
  OttoAxis lines;
  PetscReal *u[4] = {NULL};

  PetscFunctionBegin;
  PetscCall(MakeUnit(2, 12, OTTO_BOUNDARY_PERIODIC, &grid));
  TestFails(OttoAxisCreate(grid, 2, 1, 0, &lines), PETSC_ERR_ARG_OUTOFRANGE, "axis 2 of 2");
  TestFails(OttoAxisCreate(grid, 0, 0, 0, &lines), PETSC_ERR_ARG_OUTOFRANGE, "0 fields");
  PetscCall(OttoAxisCreate(grid, 0, 3, 0, &lines));
  TestFails(OttoAxisApply(lines, 0, NULL, 4, u, Handed, NULL), PETSC_ERR_ARG_OUTOFRANGE,
            "of at most 3");
  TestFails(OttoAxisApply(lines, 0, NULL, 0, NULL, Handed, NULL), PETSC_ERR_ARG_OUTOFRANGE,
            "0 fields in");
  PetscCall(OttoAxisDestroy(&lines));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestHanded, TestEmpty, TestSums, TestFailure, TestRounds, TestBadCalls});
}
