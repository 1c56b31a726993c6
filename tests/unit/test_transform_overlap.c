/* ranks: 1 2 3 4
 * Two spectra at once, one's messages under way while the other is computed: to the bit what one
 * after the other gives, in slabs and on every mesh of the ranks, for every mix of boundaries. */
#include "fixture.h"

typedef struct {
  OttoTransform transform;
  OttoSpectrum spectrum[2];
  Vec v[2], w[2]; /* one after the other, at once */
  PetscReal *table[2][OTTO_MAX_DIM];
  char label[100];
} Pair;

/* Fields that no symmetry protects, and that are nowhere alike. */
static PetscReal Rough(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *which)
{
  (void)dim, (void)x;
  return *which + Hash(cell, 1 + *which);
}

/* Whether both hold the same bits on all ranks. */
static PetscErrorCode Same(OttoGrid grid, Vec a, Vec b, PetscBool *same)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *x, *y;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(a, &x));
  PetscCall(VecGetArrayRead(b, &y));
  int equal = !memcmp(x, y, (size_t)g->local_cells * sizeof *x);
  PetscCall(VecRestoreArrayRead(b, &y));
  PetscCall(VecRestoreArrayRead(a, &x));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &equal, 1, MPI_INT, MPI_LAND, g->comm));
  *same = equal ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* m = exp(-κ²t) along `axis` (-1: none), or -Σκ² times it. */
static OttoMultiplier Multiplier(const OttoGridInfo *g, const Pair *c, PetscInt axis,
                                 PetscBool laplacian)
{
  OttoMultiplier m = {.derivative_axis = axis, .scale = 0.7};

  for (PetscInt j = 0; j < g->dim; j++) {
    m.factor[j] = c->table[0][j];
    if (laplacian) m.addend[j] = c->table[1][j];
  }
  return m;
}

static PetscErrorCode Compare(OttoGrid grid, Pair *c, const OttoMultiplier *m, const char *what)
{
  char text[200];
  PetscBool same;

  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) {
    PetscCall(OttoTransformInverse(c->transform, c->spectrum[i], m, c->v[i]));
    PetscCall(VecSet(c->w[i], NAN));
  }
  PetscCall(OttoTransformInversePair(c->transform, c->spectrum, m, c->w));
  for (int i = 0; i < 2; i++) {
    PetscCall(Same(grid, c->v[i], c->w[i], &same));
    snprintf(text, sizeof text, "%s, %s: field %d is what it is by itself", c->label, what, i);
    TestTrue(same, text);
  }
  PetscFunctionReturn(0);
}

/* It takes room where it does something, and gives it back. */
static PetscErrorCode Switch(OttoGrid grid, Pair *c, PetscBool on)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscBool own =
      !strcmp(OttoTransformGetType(c->transform), "own") ? PETSC_TRUE : PETSC_FALSE;
  const size_t before = OttoTransformBytes(c->transform);

  PetscFunctionBegin;
  PetscCall(OttoTransformSetOverlap(c->transform, on));
  const size_t after = OttoTransformBytes(c->transform);
  PetscInt64 change = (PetscInt64)(on ? after - before : before - after);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &change, 1, MPIU_INT64, MPI_MAX, g->comm));
  TestTrue((change > 0) == (own && g->size > 1), "room for the lines of a second field");
  PetscCall(OttoTransformSetOverlap(c->transform, on));
  TestTrue(OttoTransformBytes(c->transform) == after, "once");
  PetscFunctionReturn(0);
}

static PetscErrorCode Create(OttoGrid grid, const char *engine, PetscBool overlap, Pair *c)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  int used = snprintf(c->label, sizeof c->label, "%s on %d x %d", engine, g->mesh[0], g->mesh[1]);

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++)
    used += snprintf(c->label + used, sizeof c->label - (size_t)used, " %d %s", (int)g->n[j],
                     OttoBoundaries[g->boundary[j]]);
  PetscCall(OttoTransformCreate(grid, &c->transform));
  PetscCall(OttoTransformSetType(c->transform, engine));
  if (overlap) PetscCall(OttoTransformSetOverlap(c->transform, PETSC_TRUE));
  PetscCall(OttoTransformSetUp(c->transform));
  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscInt64 modes = OttoTransformModes(g, j);
    PetscCall(PetscMalloc2(modes, &c->table[0][j], modes, &c->table[1][j]));
    for (PetscInt64 k = 0; k < modes; k++) {
      const PetscReal wave = OttoTransformWavenumber(g, j, k);
      c->table[0][j][k] = exp(-wave * wave * 1e-4);
      c->table[1][j][k] = -wave * wave;
    }
  }
  for (int i = 0; i < 2; i++) {
    PetscCall(Fill(grid, Rough, (PetscReal[]){i}, &c->v[i]));
    PetscCall(OttoFieldCreate(grid, &c->w[i]));
    PetscCall(OttoSpectrumCreate(c->transform, &c->spectrum[i]));
    PetscCall(OttoTransformForward(c->transform, c->v[i], c->spectrum[i]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Destroy(OttoGrid grid, Pair *c)
{
  PetscFunctionBegin;
  for (PetscInt j = 0; j < OttoGridGetInfo(grid)->dim; j++)
    PetscCall(PetscFree2(c->table[0][j], c->table[1][j]));
  for (int i = 0; i < 2; i++) {
    PetscCall(VecDestroy(&c->v[i]));
    PetscCall(VecDestroy(&c->w[i]));
    PetscCall(OttoSpectrumDestroy(&c->spectrum[i]));
  }
  PetscCall(OttoTransformDestroy(&c->transform));
  PetscFunctionReturn(0);
}

static PetscErrorCode RunCase(OttoGrid grid, const char *engine)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscBool same;
  Pair c;

  PetscFunctionBegin;
  PetscCall(Create(grid, engine, PETSC_FALSE, &c));
  OttoMultiplier m = Multiplier(g, &c, -1, PETSC_FALSE);
  PetscCall(Compare(grid, &c, &m, "off"));
  PetscCall(Same(grid, c.w[0], c.w[1], &same));
  TestTrue(!same, "one field is not the other");
  PetscCall(Switch(grid, &c, PETSC_TRUE));
  for (PetscInt axis = -1; axis < g->dim; axis++) {
    m = Multiplier(g, &c, axis, PETSC_FALSE);
    PetscCall(Compare(grid, &c, &m, axis < 0 ? "decay" : "derivative"));
  }
  m = Multiplier(g, &c, -1, PETSC_TRUE);
  PetscCall(Compare(grid, &c, &m, "Laplacian"));
  /* what comes between finds the engine as it was */
  PetscCall(OttoTransformApply(c.transform, c.v[0], &m, c.v[1]));
  PetscCall(OttoTransformForward(c.transform, c.v[1], c.spectrum[0]));
  PetscCall(Compare(grid, &c, &m, "after an apply"));
  PetscCall(Switch(grid, &c, PETSC_FALSE));
  PetscCall(Compare(grid, &c, &m, "off again"));
  PetscCall(Destroy(grid, &c));
  PetscFunctionReturn(0);
}

/* Slabs of either engine, and meshes, where they can deal the cells. */
static PetscErrorCode RunShape(PetscInt dim, const PetscInt64 n[], PetscInt mix)
{
  OttoGrid grid;
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  for (PetscMPIInt across = 1; across <= (dim > 1 ? size : 1); across++) {
    if (size % across || n[0] < size / across || (across > 1 && n[1] < across)) continue;
    PetscCall(MakeWithLayout(dim, n, mix, OTTO_LAYOUT_BALANCED, &grid));
    PetscCall(OttoGridSetMesh(grid, size / across, across));
    PetscCall(OttoGridSetUp(grid));
    PetscCall(RunCase(grid, "own"));
    PetscCall(OttoGridDestroy(&grid));
  }
  if (n[0] % size) PetscFunctionReturn(0);
  PetscCall(MakeWithLayout(dim, n, mix, OTTO_LAYOUT_FFTW, &grid));
  PetscCall(OttoGridSetUp(grid));
  PetscCall(RunCase(grid, "fftw_mpi"));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestShapes(void)
{
  static const struct {
    PetscInt dim;
    PetscInt64 n[4];
  } shapes[] = {{1, {12}}, {2, {7, 12}}, {2, {12, 1}}, {2, {13, 2}}, {3, {7, 6, 5}}};

  PetscFunctionBegin;
  for (size_t s = 0; s < PETSC_STATIC_ARRAY_LENGTH(shapes); s++)
    for (PetscInt mix = 0; mix < 1 << shapes[s].dim; mix++)
      PetscCall(RunShape(shapes[s].dim, shapes[s].n, mix));
  for (PetscInt mix = 0; mix < 16; mix += 5)
    PetscCall(RunShape(4, (PetscInt64[]){4, 3, 2, 5}, mix));
  PetscFunctionReturn(0);
}

/* Many bundles and batches, and more chunks than are under way at a time (four of 2^17 reals; on
 * two ranks a part has five), so that exchanges go on between them; of two axes, and of three on
 * meshes. Asked for before set-up. */
static PetscErrorCode TestLarge(void)
{
  static const struct {
    PetscInt dim;
    PetscInt64 n[3];
  } shapes[] = {{2, {1280, 2048}}, {3, {104, 104, 256}}};
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  for (size_t s = 0; s < PETSC_STATIC_ARRAY_LENGTH(shapes); s++) {
    OttoGrid grid;
    Pair c;
    PetscCall(MakeWithLayout(shapes[s].dim, shapes[s].n, 0, OTTO_LAYOUT_BALANCED, &grid));
    if (shapes[s].dim == 3 && size % 2 == 0) PetscCall(OttoGridSetMesh(grid, size / 2, 2));
    PetscCall(OttoGridSetUp(grid));
    PetscCall(Create(grid, "own", PETSC_TRUE, &c));
    OttoMultiplier m = Multiplier(OttoGridGetInfo(grid), &c, 0, PETSC_FALSE);
    PetscCall(Compare(grid, &c, &m, "large"));
    PetscCall(Destroy(grid, &c));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestShapes, TestLarge});
}
