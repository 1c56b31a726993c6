/* ranks: 1 2 3 4 6; long: 2 6
 * One contract for both transform engines, every mix of boundaries, 1 to 4 axes, sizes 1, primes
 * and powers of 2, every mesh of the ranks (of six 3 × 2 and 2 × 3 alone): what a multiplier does
 * to modes, impulses, sums and shifts, against closed forms. */
#include "fixture.h"
#include <stdlib.h>

/* Rounding of a transform pair of these sizes, relative to the maximum: a few eps. */
#define TOLERANCE 4e-15
/* Derivatives, relative to the highest wavenumber, which multiplies the rounding of the forward
 * transform; and the closed forms' own arguments κx ≤ 40 round too. */
#define SLOPE_TOLERANCE 2e-14

typedef struct {
  OttoGrid grid;
  const OttoGridInfo *g;
  OttoTransform transform;
  Vec u, v;
  PetscReal *table[2][OTTO_MAX_DIM]; /* exp(-κ²t), -κ² */
  PetscReal *want, *got, *more;      /* [cells], on every rank */
  char label[120];
} Case;

static PetscReal Wave(const Case *c, PetscInt axis, PetscInt64 k)
{
  /* written out on purpose, not OttoTransformWavenumber() */
  const PetscReal length = c->g->upper[axis] - c->g->lower[axis];
  return (c->g->boundary[axis] == OTTO_BOUNDARY_PERIODIC ? 2 : 1) * PETSC_PI * (PetscReal)k /
         length;
}

static PetscReal HighestWave(const Case *c)
{
  PetscReal highest = 0;
  for (PetscInt j = 0; j < c->g->dim; j++)
    highest = PetscMax(highest, Wave(c, j, OttoTransformModes(c->g, j) - 1));
  return highest;
}

static void Index(const Case *c, PetscInt64 cell, PetscInt64 i[])
{
  for (PetscInt j = c->g->dim - 1; j >= 0; j--, cell /= c->g->n[j + 1]) i[j] = cell % c->g->n[j];
}

/* A field that no symmetry protects; values in [-1, 1]. */
static PetscReal Rough(PetscInt64 cell, PetscInt which)
{
  const PetscReal s = sin(12.9898 * (PetscReal)(cell + 1) + 78.233 * which) * 43758.5453;
  return 2 * (s - floor(s)) - 1;
}

/* Where a local cell stands in a full field. */
static PetscInt64 Place(const Case *c, PetscInt64 local)
{
  PetscInt64 i[OTTO_MAX_DIM], place = 0;
  OttoGridCellIndex(c->g, local, i);
  for (PetscInt j = 0; j < c->g->dim; j++) place = place * c->g->n[j] + i[j];
  return place;
}

static PetscErrorCode Put(const Case *c, const PetscReal full[], Vec u)
{
  PetscScalar *a;
  PetscFunctionBegin;
  PetscCall(VecGetArray(u, &a));
  for (PetscInt64 i = 0; i < c->g->local_cells; i++) a[i] = full[Place(c, i)];
  PetscCall(VecRestoreArray(u, &a));
  PetscFunctionReturn(0);
}

static PetscErrorCode Take(const Case *c, Vec u, PetscReal full[])
{
  const PetscScalar *a;
  PetscFunctionBegin;
  PetscCall(PetscArrayzero(full, c->g->cells));
  PetscCall(VecGetArrayRead(u, &a));
  for (PetscInt64 i = 0; i < c->g->local_cells; i++) full[Place(c, i)] = a[i];
  PetscCall(VecRestoreArrayRead(u, &a));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, full, (int)c->g->cells, MPIU_REAL, MPI_SUM, c->g->comm));
  PetscFunctionReturn(0);
}

/* |got - want| ≤ tolerance in every cell; a NaN fails. */
static void Near(const Case *c, const PetscReal got[], const PetscReal want[], PetscReal tolerance,
                 const char *what)
{
  PetscReal worst = 0;
  char text[256];
  for (PetscInt64 i = 0; i < c->g->cells; i++)
    if (!(fabs(got[i] - want[i]) <= worst)) worst = fabs(got[i] - want[i]);
  snprintf(text, sizeof text, "%s %s: off by %.3g, allowed %.3g", c->label, what, worst, tolerance);
  TestTrue(worst <= tolerance, text);
}

/* got = F^-1 (m · F full) */
static PetscErrorCode Apply(Case *c, const PetscReal full[], const OttoMultiplier *m,
                            PetscReal got[])
{
  PetscFunctionBegin;
  PetscCall(Put(c, full, c->u));
  PetscCall(OttoTransformApply(c->transform, c->u, m, c->v));
  PetscCall(Take(c, c->v, got));
  PetscFunctionReturn(0);
}

static OttoMultiplier One(void)
{
  OttoMultiplier m = {.derivative_axis = -1, .scale = 1};
  return m;
}

static OttoMultiplier Decay(const Case *c)
{
  OttoMultiplier m = One();
  for (PetscInt j = 0; j < c->g->dim; j++) m.factor[j] = c->table[0][j];
  return m;
}

/* m = 1 returns the field, also in place, and leaves its argument alone. */
static PetscErrorCode CheckRoundTrip(Case *c)
{
  const OttoMultiplier one = One();
  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < c->g->cells; i++) c->want[i] = Rough(i, 0);
  PetscCall(Apply(c, c->want, &one, c->got));
  Near(c, c->got, c->want, TOLERANCE, "round trip");
  PetscCall(Take(c, c->u, c->got));
  Near(c, c->got, c->want, 0, "argument unchanged");
  PetscCall(OttoTransformApply(c->transform, c->u, &one, c->u));
  PetscCall(Take(c, c->u, c->got));
  Near(c, c->got, c->want, TOLERANCE, "round trip in place");
  PetscFunctionReturn(0);
}

/* Mode k at every cell centre, or its derivative along `axis`. */
static void Mode(const Case *c, const PetscInt64 k[], PetscInt axis, PetscReal full[])
{
  for (PetscInt64 cell = 0; cell < c->g->cells; cell++) {
    PetscInt64 i[OTTO_MAX_DIM];
    Index(c, cell, i);
    full[cell] = 1;
    for (PetscInt j = 0; j < c->g->dim; j++) {
      const PetscBool periodic = c->g->boundary[j] == OTTO_BOUNDARY_PERIODIC;
      const PetscReal x = ((PetscReal)i[j] + 0.5) * c->g->h[j], phase = periodic ? 0.7 : 0;
      PetscReal wave = Wave(c, j, k[j]);
      if (j != axis) full[cell] *= cos(wave * x + phase);
      /* the derivative of the Nyquist mode of an even axis is set to zero */
      else
        full[cell] *= periodic && 2 * k[j] == c->g->n[j] ? 0 : -wave * sin(wave * x + phase);
    }
  }
}

/* Every mode is an eigenvector of factor × addend × scale; derivatives of modes in closed form. */
static PetscErrorCode CheckModes(Case *c)
{
  const PetscReal scale = -0.37;
  PetscReal norm = 1;
  PetscFunctionBegin;
  for (PetscInt j = 0; j < c->g->dim; j++) norm += PetscSqr(HighestWave(c));
  for (PetscInt trial = 0; trial < (c->g->dim == 1 ? 5 : 3); trial++) {
    PetscInt64 k[OTTO_MAX_DIM];
    PetscReal factor = 1, addend = 0;
    OttoMultiplier m = Decay(c);
    for (PetscInt j = 0; j < c->g->dim; j++) {
      const PetscInt64 modes = OttoTransformModes(c->g, j);
      k[j] = trial == 0 ? modes - 1 : (trial * (2 * j + 3) + trial / 3) % modes;
      factor *= exp(-PetscSqr(Wave(c, j, k[j])) * 1e-3);
      addend -= PetscSqr(Wave(c, j, k[j]));
    }
    for (PetscInt axis = -1; axis < c->g->dim; axis++) {
      const PetscReal tolerance =
          axis < 0 ? TOLERANCE : SLOPE_TOLERANCE * PetscMax(1, HighestWave(c));
      Mode(c, k, -1, c->more);
      Mode(c, k, axis, c->want);
      m.derivative_axis = axis;
      m.scale = 1;
      memset(m.addend, 0, sizeof m.addend);
      for (PetscInt64 i = 0; i < c->g->cells; i++) c->want[i] *= factor;
      PetscCall(Apply(c, c->more, &m, c->got));
      Near(c, c->got, c->want, tolerance, axis < 0 ? "mode decays" : "derivative of a mode");
      m.scale = scale;
      for (PetscInt j = 0; j < c->g->dim; j++) m.addend[j] = c->table[1][j];
      for (PetscInt64 i = 0; i < c->g->cells; i++) c->want[i] *= addend * scale;
      PetscCall(Apply(c, c->more, &m, c->got));
      Near(c, c->got, c->want, tolerance * norm, "Laplacian of a mode");
    }
  }
  PetscFunctionReturn(0);
}

/* exp(tΔ) of a unit impulse at cell `at` of one axis, summed directly over its modes. */
static PetscReal Impulse(const Case *c, PetscInt axis, PetscInt64 i, PetscInt64 at)
{
  const PetscInt64 n = c->g->n[axis];
  const PetscReal *f = c->table[0][axis];
  PetscReal sum = 0;
  for (PetscInt64 k = 0; k < n; k++) {
    if (c->g->boundary[axis] == OTTO_BOUNDARY_PERIODIC)
      sum += f[PetscMin(k, n - k)] * cos(2 * PETSC_PI * (PetscReal)(k * (i - at)) / n);
    else
      sum += (k ? 2 : 1) * f[k] * cos(PETSC_PI * k * (i + 0.5) / n) *
             cos(PETSC_PI * k * (at + 0.5) / n);
  }
  return sum / n;
}

static PetscErrorCode CheckImpulse(Case *c)
{
  const OttoMultiplier m = Decay(c);
  const PetscInt64 cells = c->g->cells, places[] = {0, cells / 2, cells - 1};
  PetscFunctionBegin;
  for (PetscInt p = 0; p < 3; p++) {
    PetscInt64 at[OTTO_MAX_DIM], i[OTTO_MAX_DIM];
    Index(c, places[p], at);
    PetscCall(PetscArrayzero(c->more, cells));
    c->more[places[p]] = 1;
    for (PetscInt64 cell = 0; cell < cells; cell++) {
      Index(c, cell, i);
      c->want[cell] = 1;
      for (PetscInt j = 0; j < c->g->dim; j++) c->want[cell] *= Impulse(c, j, i[j], at[j]);
    }
    PetscCall(Apply(c, c->more, &m, c->got));
    Near(c, c->got, c->want, TOLERANCE, "impulse");
  }
  PetscFunctionReturn(0);
}

/* Linear; commutes with shifts along periodic axes; ⟨u, m u⟩ = ⟨√m u, √m u⟩ (Parseval). */
static PetscErrorCode CheckAlgebra(Case *c)
{
  const OttoMultiplier m = Decay(c);
  OttoMultiplier root = m;
  PetscReal *halves[OTTO_MAX_DIM], left = 0, right = 0;
  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < c->g->cells; i++) c->more[i] = Rough(i, 1);
  PetscCall(Apply(c, c->more, &m, c->want));
  for (PetscInt64 i = 0; i < c->g->cells; i++) left += c->more[i] * c->want[i];
  for (PetscInt j = 0; j < c->g->dim; j++) {
    PetscCall(PetscMalloc1(c->g->n[j], &halves[j]));
    for (PetscInt64 k = 0; k < OttoTransformModes(c->g, j); k++)
      halves[j][k] = sqrt(m.factor[j][k]);
    root.factor[j] = halves[j];
  }
  PetscCall(Apply(c, c->more, &root, c->got));
  for (PetscInt64 i = 0; i < c->g->cells; i++) right += PetscSqr(c->got[i]);
  TestClose(right, left, 1e-13, "Parseval"); /* plain sums of up to a few hundred cells */

  for (PetscInt64 i = 0; i < c->g->cells; i++) c->more[i] = 3 * Rough(i, 1) - 2 * Rough(i, 2);
  PetscCall(Apply(c, c->more, &m, c->got));
  for (PetscInt64 i = 0; i < c->g->cells; i++) c->more[i] = Rough(i, 2);
  for (PetscInt64 i = 0; i < c->g->cells; i++) c->want[i] *= 3;
  PetscCall(Put(c, c->more, c->u));
  PetscCall(OttoTransformApply(c->transform, c->u, &m, c->v));
  PetscCall(Take(c, c->v, c->more));
  for (PetscInt64 i = 0; i < c->g->cells; i++) c->want[i] -= 2 * c->more[i];
  Near(c, c->got, c->want, 10 * TOLERANCE, "linearity");

  for (PetscInt j = 0; j < c->g->dim; j++) {
    PetscInt64 inner = 1;
    if (c->g->boundary[j] != OTTO_BOUNDARY_PERIODIC) continue;
    for (PetscInt l = j + 1; l < c->g->dim; l++) inner *= c->g->n[l];
    PetscCall(Apply(c, c->more, &m, c->want));
    for (PetscInt64 i = 0; i < c->g->cells; i++) {
      const PetscInt64 at = i / inner % c->g->n[j], to = (at + 1) % c->g->n[j];
      c->got[i + (to - at) * inner] = c->more[i];
    }
    PetscCall(Apply(c, c->got, &m, c->got));
    for (PetscInt64 i = 0; i < c->g->cells; i++) {
      const PetscInt64 at = i / inner % c->g->n[j], to = (at + 1) % c->g->n[j];
      c->more[i] = c->got[i + (to - at) * inner];
    }
    Near(c, c->more, c->want, TOLERANCE, "shift");
  }
  for (PetscInt j = 0; j < c->g->dim; j++) PetscCall(PetscFree(halves[j]));
  PetscFunctionReturn(0);
}

/* Forward and Inverse are Apply in two steps, and the spectrum survives any number of inverses. */
static PetscErrorCode CheckSpectrum(Case *c)
{
  OttoSpectrum first, second;
  OttoMultiplier m = Decay(c), one = One();
  PetscFunctionBegin;
  PetscCall(OttoSpectrumCreate(c->transform, &first));
  PetscCall(OttoSpectrumCreate(c->transform, &second));
  for (PetscInt64 i = 0; i < c->g->cells; i++) c->more[i] = Rough(i, 3);
  PetscCall(Put(c, c->more, c->u));
  PetscCall(OttoTransformForward(c->transform, c->u, first));
  PetscCall(VecShift(c->u, 1));
  PetscCall(OttoTransformForward(c->transform, c->u, second));
  for (PetscInt axis = -1; axis < c->g->dim; axis++) {
    const PetscReal slope = axis < 0 ? 1 : PetscMax(1, HighestWave(c));
    m.derivative_axis = axis;
    PetscCall(OttoTransformInverse(c->transform, first, &m, c->v));
    PetscCall(Take(c, c->v, c->want));
    PetscCall(Apply(c, c->more, &m, c->got));
    Near(c, c->got, c->want, TOLERANCE * slope, "forward and inverse as apply");
    PetscCall(OttoTransformInverse(c->transform, first, &one, c->v));
    PetscCall(Take(c, c->v, c->got));
    Near(c, c->got, c->more, TOLERANCE, "spectrum survives");
  }
  for (PetscInt64 i = 0; i < c->g->cells; i++) c->want[i] = c->more[i] + 1;
  PetscCall(OttoTransformInverse(c->transform, second, &one, c->v));
  PetscCall(Take(c, c->v, c->got));
  Near(c, c->got, c->want, 2 * TOLERANCE, "spectra do not meet");
  PetscCall(OttoSpectrumDestroy(&first));
  PetscCall(OttoSpectrumDestroy(&second));
  PetscFunctionReturn(0);
}

/* The other engine on the same grid gives the same numbers to 1e-14 of the maximum; derivatives to
 * that times the highest wavenumber, which multiplies the rounding of the forward transform. */
static PetscErrorCode CheckAgreement(Case *c)
{
  OttoTransform own = c->transform, other;
  OttoMultiplier m = Decay(c);
  PetscFunctionBegin;
  PetscCall(OttoTransformCreate(c->grid, &other));
  PetscCall(OttoTransformSetType(other, "own"));
  PetscCall(OttoTransformSetUp(other));
  for (PetscInt64 i = 0; i < c->g->cells; i++) c->more[i] = Rough(i, 4);
  for (PetscInt axis = -1; axis < c->g->dim; axis++) {
    PetscReal slope = axis < 0 ? 1 : PetscMax(1, HighestWave(c));
    m.derivative_axis = axis;
    PetscCall(Apply(c, c->more, &m, c->got));
    c->transform = other;
    PetscCall(Apply(c, c->more, &m, c->want));
    c->transform = own;
    Near(c, c->got, c->want, 1e-14 * slope, "engines agree");
  }
  PetscCall(OttoTransformDestroy(&other));
  PetscFunctionReturn(0);
}

static PetscErrorCode RunCase(OttoGrid grid, const char *engine)
{
  Case c = {.grid = grid, .g = OttoGridGetInfo(grid)};
  int used;
  PetscFunctionBegin;
  used = snprintf(c.label, sizeof c.label, "%s on %d x %d", engine, c.g->mesh[0], c.g->mesh[1]);
  for (PetscInt j = 0; j < c.g->dim; j++)
    used += snprintf(c.label + used, sizeof c.label - (size_t)used, " %d %s", (int)c.g->n[j],
                     OttoBoundaries[c.g->boundary[j]]);
  PetscCall(OttoTransformCreate(grid, &c.transform));
  PetscCall(OttoTransformSetType(c.transform, engine));
  PetscCall(OttoTransformSetUp(c.transform));
  TestTrue(strcmp(OttoTransformGetType(c.transform), engine) == 0, "engine has its name");
  PetscCall(OttoFieldCreate(grid, &c.u));
  PetscCall(OttoFieldCreate(grid, &c.v));
  PetscCall(PetscMalloc3(c.g->cells, &c.want, c.g->cells, &c.got, c.g->cells, &c.more));
  for (PetscInt j = 0; j < c.g->dim; j++) {
    PetscCall(PetscMalloc2(c.g->n[j] + 1, &c.table[0][j], c.g->n[j] + 1, &c.table[1][j]));
    for (PetscInt64 k = 0; k < OttoTransformModes(c.g, j); k++) {
      const PetscReal wave = OttoTransformWavenumber(c.g, j, k);
      c.table[0][j][k] = exp(-wave * wave * 1e-3);
      c.table[1][j][k] = -wave * wave;
    }
  }
  PetscCall(CheckRoundTrip(&c));
  PetscCall(CheckModes(&c));
  PetscCall(CheckImpulse(&c));
  PetscCall(CheckAlgebra(&c));
  PetscCall(CheckSpectrum(&c));
  if (strcmp(engine, "own")) PetscCall(CheckAgreement(&c));
  for (PetscInt j = 0; j < c.g->dim; j++) PetscCall(PetscFree2(c.table[0][j], c.table[1][j]));
  PetscCall(PetscFree3(c.want, c.got, c.more));
  PetscCall(VecDestroy(&c.u));
  PetscCall(VecDestroy(&c.v));
  PetscCall(OttoTransformDestroy(&c.transform));
  PetscFunctionReturn(0);
}

/* Engine own on every mesh that cuts the second axis and can deal the cells. */
static PetscErrorCode RunMeshes(PetscInt dim, const PetscInt64 n[], PetscInt mix)
{
  PetscMPIInt size;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  for (PetscMPIInt across = 2; across <= size; across++) {
    OttoGrid grid;
    if (size % across || n[0] < size / across || dim < 2 || n[1] < across) continue;
    if (size == 6 && (across == 6 || n[0] == 4)) continue; /* six share two cores: a few */
    PetscCall(MakeWithLayout(dim, n, mix, OTTO_LAYOUT_BALANCED, &grid));
    PetscCall(OttoGridSetMesh(grid, size / across, across));
    PetscCall(OttoGridSetUp(grid));
    PetscCall(RunCase(grid, "own"));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* Both engines where their layouts can deal the planes to the ranks at all. */
static PetscErrorCode RunShape(PetscInt dim, const PetscInt64 n[])
{
  PetscMPIInt size;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  const PetscInt64 block = (n[0] + size - 1) / size;
  for (PetscInt mix = 0; mix < 1 << dim; mix++) {
    OttoGrid grid;
    PetscCall(RunMeshes(dim, n, mix));
    if (n[0] < size || size == 6) continue;
    PetscCall(MakeWithLayout(dim, n, mix, OTTO_LAYOUT_BALANCED, &grid));
    PetscCall(OttoGridSetUp(grid));
    PetscCall(RunCase(grid, "own"));
    PetscCall(OttoGridDestroy(&grid));
    if ((n[0] + block - 1) / block < size) continue;
    PetscCall(MakeWithLayout(dim, n, mix, OTTO_LAYOUT_FFTW, &grid));
    PetscCall(OttoGridSetUp(grid));
    PetscCall(RunCase(grid, "fftw_mpi"));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode TestContract(void)
{
  static const struct {
    PetscInt dim;
    PetscInt64 n[4];
  } shapes[] = {{1, {1}},     {1, {2}},       {1, {7}},        {1, {12}},        {1, {13}},
                {1, {16}},    {2, {7, 12}},   {2, {12, 1}},    {2, {13, 2}},     {2, {4, 16}},
                {2, {1, 13}}, {3, {7, 6, 5}}, {3, {4, 1, 13}}, {4, {4, 3, 2, 5}}};
  PetscFunctionBegin;
  for (size_t s = 0; s < PETSC_STATIC_ARRAY_LENGTH(shapes); s++)
    PetscCall(RunShape(shapes[s].dim, shapes[s].n));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestBadInput(void)
{
  OttoGrid grid;
  OttoTransform transform;
  PetscFunctionBegin;
  PetscCall(MakeBox(2, (PetscInt64[]){7, 4}, (PetscReal[]){0, 0}, (PetscReal[]){1, 1},
                    (OttoBoundary[]){OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_OPEN}, &grid));
  PetscCall(OttoTransformCreate(grid, &transform));
  TestFails(OttoTransformSetType(transform, "fftw"), OTTO_ERR_INPUT, "auto, own, fftw_mpi");
  PetscCall(OttoTransformSetType(transform, "auto"));
  TestTrue(strcmp(OttoTransformGetType(transform), "own") == 0, "auto is own");
  TestFails(OttoTransformSetUp(transform), OTTO_ERR_INPUT, "axis 1 is open");
  PetscCall(OttoTransformDestroy(&transform));
  PetscCall(OttoGridDestroy(&grid));

  /* 5 planes on 3 ranks: balanced 2 2 1 is FFTW's 2 2 1; 13 on 4: 4 3 3 3 against 4 4 4 1 */
  PetscCall(MakeWithLayout(2, (PetscInt64[]){13, 4}, 0, OTTO_LAYOUT_BALANCED, &grid));
  PetscCall(OttoGridSetUp(grid));
  PetscCall(OttoTransformCreate(grid, &transform));
  PetscCall(OttoTransformSetType(transform, "fftw_mpi"));
  if (OttoGridGetInfo(grid)->size == 4)
    TestFails(OttoTransformSetUp(transform), OTTO_ERR_INPUT, "OTTO_LAYOUT_FFTW");
  PetscCall(OttoTransformDestroy(&transform));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestContract, TestBadInput});
}
