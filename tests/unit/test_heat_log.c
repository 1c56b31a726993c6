/* ranks: 1 2 4; long: 4
 * labels: heat
 * log K_t e^u, logarithms in and out, against sums of long double axis by axis: potentials over
 * tens of thousands of nats, steeper than the kernel, jagged, with true zeros, on every mesh. */
#include "fixture.h"
#include "heat/heat_impl.h"

#define NX 24
#define NY 200

enum { BOWL, HILL, JAGGED, HALF, ONE, NONE, KINDS };

/* log u at a cell; `steep` in nats over the box. */
static PetscReal Data(int kind, PetscReal steep, PetscInt64 i, PetscInt64 j)
{
  const PetscReal x = ((PetscReal)i + 0.5) / NX, y = ((PetscReal)j + 0.5) / NY;
  const PetscReal bowl = steep * ((x - 0.4) * (x - 0.4) + 2 * (y - 0.6) * (y - 0.6));

  switch (kind) {
  case BOWL:
    return bowl;
  case HILL:
    return -bowl;
  case JAGGED:
    return steep * (2 * Hash(NY * i + j, 3) - 1);
  case HALF:
    return (i + j) % 3 == 0 || x + y < 0.7 ? -INFINITY : steep * x * y - 1.5 * steep;
  case ONE:
    return i == 21 && j == 7 ? -steep : -INFINITY;
  default:
    return -INFINITY;
  }
}

/* One axis of the twin: out(a) = log Σ_b K(a, b) e^in(b), entries `stride` apart. */
static void Axis(PetscInt64 n, OttoBoundary boundary, const long double log_k[], PetscInt64 stride,
                 long double line[])
{
  long double in[NY];

  for (PetscInt64 b = 0; b < n; b++) in[b] = line[b * stride];
  for (PetscInt64 a = 0; a < n; a++) {
    long double most = -INFINITY, sum = 0, log_w[2 * NY];
    for (PetscInt64 b = 0; b < n; b++) {
      const PetscInt64 away = a < b ? b - a : a - b;
      log_w[b] = in[b] + log_k[away];
      log_w[n + b] =
          boundary == OTTO_BOUNDARY_NO_FLUX ? in[b] + log_k[a + b + 1] : (long double)-INFINITY;
      most = fmaxl(most, fmaxl(log_w[b], log_w[n + b]));
    }
    for (PetscInt64 b = 0; b < 2 * n && isfinite(most); b++)
      sum += (long double)exp((double)(log_w[b] - most));
    line[a * stride] = isfinite(most) ? most + logl(sum) : (long double)-INFINITY;
  }
}

/* Each rank has every size-th line, and all get all: its long doubles take longer than what is
 * tested. */
static PetscErrorCode Twin(const OttoGridInfo *g, PetscBool lattice, PetscReal t, int kind,
                           PetscReal steep, long double field[])
{
  PetscMPIInt rank, size;

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < NX; i++)
    for (PetscInt64 j = 0; j < NY; j++) field[i * NY + j] = (long double)Data(kind, steep, i, j);
  PetscCallMPI(MPI_Comm_rank(g->comm, &rank));
  PetscCallMPI(MPI_Comm_size(g->comm, &size));
  for (PetscInt axis = 0; axis < 2; axis++) {
    const PetscInt64 n = g->n[axis];
    const PetscBool open = g->boundary[axis] == OTTO_BOUNDARY_OPEN ? PETSC_TRUE : PETSC_FALSE;
    OttoKernelTable k = {.n = n, .h = g->h[axis]};
    k.inputs = g->boundary[axis] == OTTO_BOUNDARY_NO_FLUX ? 2 * n : n;
    k.period = open ? 0 : k.inputs;
    const PetscInt64 room = k.inputs + OttoKernelImages(k.period) * k.period + OTTO_BLOCK_MAX;
    PetscCall(PetscMalloc3(room, &k.log_k, room, &k.slope, room, &k.curvature));
    (lattice ? OttoKernelFill_Lattice : OttoKernelFill_Gaussian)(&k, t);
    long double log_k[2 * NY], ratio;
    for (PetscInt64 m = 0; m < k.inputs; m++) log_k[m] = OttoKernelLogSum(&k, 0, m, &ratio);
    for (PetscInt64 line = 0; line < (axis ? NX : NY); line++) {
      long double *first = field + (axis ? line * NY : line);
      if (line % size == rank)
        Axis(n, g->boundary[axis], log_k, axis ? 1 : NY, first);
      else /* the others' terms of the sum below */
        for (PetscInt64 i = 0; i < n; i++) first[i * (axis ? 1 : NY)] = 0;
    }
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, field, NX * NY, MPI_LONG_DOUBLE, MPI_SUM, g->comm));
    PetscCall(PetscFree3(k.log_k, k.slope, k.curvature));
  }
  PetscFunctionReturn(0);
}

/* The worst error, in units of 1e-13 + 4 eps of the largest finite logarithm, in and out. */
static PetscErrorCode Worst(OttoGrid grid, OttoHeat heat, PetscReal t, int kind, PetscReal steep,
                            const long double twin[], PetscReal *worst)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal largest = kind == NONE ? 0 : steep;
  PetscInt64 at[OTTO_MAX_DIM];
  Vec u, v;
  PetscScalar *a;

  PetscFunctionBegin;
  *worst = 0;
  PetscCall(OttoFieldCreate(grid, &u));
  PetscCall(VecDuplicate(u, &v));
  PetscCall(VecGetArray(u, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellIndex(g, c, at);
    a[c] = Data(kind, steep, at[0], at[1]);
  }
  PetscCall(VecRestoreArray(u, &a));
  PetscCall(OttoHeatApplyLog(heat, u, t, v));
  PetscCall(OttoHeatApplyLog(heat, u, t, u)); /* in place: the same to the bit */
  PetscBool same;
  PetscCall(VecEqual(u, v, &same));
  TestTrue(same || kind == NONE, "in place");
  for (PetscInt64 c = 0; c < NX * NY; c++)
    if (isfinite(twin[c])) largest = PetscMax(largest, (PetscReal)fabsl(twin[c]));
  PetscCall(VecGetArray(v, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellIndex(g, c, at);
    const PetscReal expected = (PetscReal)twin[at[0] * NY + at[1]];
    const PetscReal off = fabs(a[c] - expected) / (1e-13 + 8.9e-16 * largest);
    if (a[c] != expected && !(off <= *worst)) *worst = off;
  }
  PetscCall(VecRestoreArray(v, &a));
  PetscCall(VecDestroy(&u));
  PetscCall(VecDestroy(&v));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestKinds(OttoGrid grid)
{
  const char *const kinds[] = {"bowl", "hill", "jagged", "half", "one cell", "nothing"};
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscBool open = g->boundary[0] == OTTO_BOUNDARY_OPEN ? PETSC_TRUE : PETSC_FALSE;
  long double *twin;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(NX * NY, &twin));
  for (int lattice = 0; lattice < 2; lattice++) {
    OttoHeat heat;
    PetscCall(MakeHeat(grid, lattice ? "lattice_exact" : "gaussian_exact", &heat));
    for (int s = 0; s < 3; s++)
      for (int kind = 0; kind < KINDS; kind++) {
        /* in cells of the long axis, which at 30 goes by coarse nodes */
        const PetscReal sigma = (s == 0 ? 1.5 : s == 1 ? 2.9 : 30) * g->h[1];
        const PetscReal t = sigma * sigma / 2, steep = kind == HILL || kind == BOWL ? 60000 : 2e4;
        PetscReal worst;
        char what[80];
        if (lattice && (open || g->size > 1)) continue; /* its tables are the same there */
        PetscCall(Twin(g, lattice ? PETSC_TRUE : PETSC_FALSE, t, kind, steep, twin));
        PetscCall(Worst(grid, heat, t, kind, steep, twin, &worst));
        (void)snprintf(what, sizeof what, "%s, sigma %g, lattice %d, boundary %d", kinds[kind],
                       (double)(sigma / g->h[1]), lattice, (int)g->boundary[0]);
        TestClose(worst, 0, 1, what);
      }
    PetscCall(OttoHeatDestroy(&heat));
  }
  PetscCall(PetscFree(twin));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestBoundaries(void)
{
  PetscFunctionBegin;
  for (PetscInt b = OTTO_BOUNDARY_PERIODIC; b <= OTTO_BOUNDARY_OPEN; b++)
    PetscCall(OnMeshes(2, (PetscInt64[]){NX, NY},
                       (OttoBoundary[]){(OttoBoundary)b, (OttoBoundary)((b + 2) % 3)}, TestKinds));
  PetscFunctionReturn(0);
}

/* What goes in must be logarithms, and the kernel an exact one. */
static PetscErrorCode TestRefusals(void)
{
  OttoGrid grid;
  OttoHeat heat;
  Vec u;

  PetscFunctionBegin;
  PetscCall(MakeUnit(2, 16, OTTO_BOUNDARY_PERIODIC, &grid));
  PetscCall(OttoFieldCreate(grid, &u));
  PetscCall(MakeHeat(grid, "gaussian_exact", &heat));
  for (int i = 0; i < 2; i++) {
    PetscCall(VecSet(u, 0));
    PetscCall(VecSetValue(u, 0, i ? NAN : INFINITY, INSERT_VALUES)); /* on one rank */
    PetscCall(VecAssemblyBegin(u));
    PetscCall(VecAssemblyEnd(u));
    TestFails(OttoHeatApplyLog(heat, u, 0.01, u), PETSC_ERR_FP, "finite or -inf; 1 are not");
  }
  PetscCall(VecSet(u, 0));
  TestFails(OttoHeatApplyLog(heat, u, 0, u), PETSC_ERR_ARG_OUTOFRANGE, "time 0");
  PetscCall(OttoHeatDestroy(&heat));
  PetscCall(MakeHeat(grid, "spectral", &heat));
  TestFails(OttoHeatApplyLog(heat, u, 0.01, u), PETSC_ERR_SUP, "not through spectral");
  PetscCall(OttoHeatDestroy(&heat));
  PetscCall(VecDestroy(&u));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestBoundaries, TestRefusals});
}
