/* ranks: 1 2 3 4
 * labels: heat
 * The FFT kernels: single modes in closed form, scores, rates, and the exact kernels as a
 * reference. */
#include "fixture.h"
#include "heat/heat_impl.h"

#define P OTTO_BOUNDARY_PERIODIC
#define N OTTO_BOUNDARY_NO_FLUX

/* max |a - b|; a NaN stays. */
static PetscErrorCode Distance(const OttoGridInfo *g, Vec a, Vec b, PetscReal *worst)
{
  const PetscScalar *x, *y;

  PetscFunctionBegin;
  *worst = 0;
  PetscCall(VecGetArrayRead(a, &x));
  PetscCall(VecGetArrayRead(b, &y));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    if (!(fabs(x[c] - y[c]) <= *worst)) *worst = fabs(x[c] - y[c]);
  PetscCall(VecRestoreArrayRead(b, &y));
  PetscCall(VecRestoreArrayRead(a, &x));
  PetscFunctionReturn(0);
}

/* p = 1 + ε Π_j cos(κ_j (x_j - lower_j) + φ_j), decaying at `decay`; score along each axis, rate.
 */
typedef struct {
  PetscReal kappa[OTTO_MAX_DIM], phase[OTTO_MAX_DIM], amplitude;
} Mode;

static void EvaluateMode(const OttoGridInfo *g, const Mode *m, const PetscReal x[], PetscReal *wave,
                         PetscReal slope[])
{
  *wave = m->amplitude;
  for (PetscInt j = 0; j < g->dim; j++) slope[j] = m->amplitude;
  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscReal angle = m->kappa[j] * (x[j] - g->lower[j]) + m->phase[j];
    *wave *= cos(angle);
    for (PetscInt i = 0; i < g->dim; i++)
      slope[i] *= i == j ? -m->kappa[j] * sin(angle) : cos(angle);
  }
}

static PetscErrorCode CheckMode(PetscInt dim, const PetscInt64 n[], const OttoBoundary b[],
                                PetscBool lattice)
{
  static const PetscReal lengths[] = {1, 2.5, 0.7, 1, 1.3};
  static const PetscInt waves[] = {2, 1, 1, 1, 1};
  OttoGrid grid;
  OttoHeat heat;
  OttoHeatSource source;
  Mode m = {.amplitude = 0.8};
  PetscReal decay = 0, steepest = 0, worst, slope[OTTO_MAX_DIM], x[OTTO_MAX_DIM];
  Vec p0, p, out, expected;
  PetscScalar *v;

  PetscFunctionBegin;
  PetscCall(MakeSides(dim, n, -0.3, lengths, b, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  for (PetscInt j = 0; j < dim; j++) {
    const PetscBool periodic = b[j] == P ? PETSC_TRUE : PETSC_FALSE;
    m.kappa[j] = (periodic ? 2 : 1) * PETSC_PI * waves[j] / lengths[j];
    m.phase[j] = periodic ? 0.4 : 0;
    decay +=
        lattice ? pow(2 / g->h[j] * sin(m.kappa[j] * g->h[j] / 2), 2) : m.kappa[j] * m.kappa[j];
    steepest = PetscMax(steepest, PETSC_PI / g->h[j]);
  }
  const PetscReal t = 0.7 / decay;
  PetscCall(MakeHeat(grid, lattice ? "lattice" : "spectral", &heat));
  TestTrue(!OttoHeatIsExact(heat) && OttoHeatIsLattice(heat) == lattice,
           "what the kernel says it is");
  TestTrue(!OttoHeatNeedsLog(heat, t), "no logarithms");
  PetscCall(OttoFieldCreate(grid, &p0));
  PetscCall(VecDuplicate(p0, &p));
  PetscCall(VecDuplicate(p0, &out));
  PetscCall(VecDuplicate(p0, &expected));
  for (PetscInt pass = 0; pass < 2; pass++) { /* at time 0 the data, then what is expected at t */
    PetscCall(VecGetArray(pass ? expected : p0, &v));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      OttoGridCellCentre(g, c, x);
      EvaluateMode(g, &m, x, &v[c], slope);
      v[c] = 1 + v[c] * (pass ? exp(-decay * t) : 1);
    }
    PetscCall(VecRestoreArray(pass ? expected : p0, &v));
  }
  PetscCall(OttoHeatSourceCreate(heat, p0, &source));
  PetscCall(VecSet(p0, -1)); /* the source keeps its own transform */
  PetscCall(OttoHeatApply(heat, source, t, p, NULL));
  PetscCall(Distance(g, p, expected, &worst));
  TestClose(worst, 0, 1e-14, "a mode decays as exp(-t lambda)"); /* values up to 1.8: a few eps */
  /* ∂p/p and ∂_t p/p ; p ≥ 0.6. A derivative amplifies the rounding of every mode up to π/h. */
  for (PetscInt j = 0; j <= dim; j++) {
    if (j < dim && lattice) continue;
    PetscCall(VecGetArray(expected, &v));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      PetscReal wave;
      OttoGridCellCentre(g, c, x);
      EvaluateMode(g, &m, x, &wave, slope);
      const PetscReal now = exp(-decay * t);
      v[c] = (j < dim ? slope[j] : -decay * wave) * now / (1 + wave * now);
    }
    PetscCall(VecRestoreArray(expected, &v));
    if (j < dim)
      PetscCall(OttoHeatScore(heat, source, t, p, NULL, j, out));
    else
      PetscCall(OttoHeatRate(heat, source, t, p, NULL, out));
    PetscCall(Distance(g, out, expected, &worst));
    TestClose(worst / (j < dim ? steepest : steepest * steepest), 0, 1e-14,
              "score, rate of a mode");
  }
  TestTrue(OttoHeatApply(heat, source, t, p, out) == PETSC_ERR_SUP, "no log p from an FFT kernel");
  OttoErrorClear();
  if (lattice)
    TestTrue(OttoHeatScore(heat, source, t, p, NULL, 0, out) == PETSC_ERR_SUP, "no score");
  OttoErrorClear();
  TestTrue(OttoHeatBytes(heat) > 0, "bytes");
  PetscCall(OttoHeatSourceDestroy(&source));
  PetscCall(VecDestroy(&expected));
  PetscCall(VecDestroy(&out));
  PetscCall(VecDestroy(&p));
  PetscCall(VecDestroy(&p0));
  PetscCall(OttoHeatDestroy(&heat));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestModes(void)
{
  PetscFunctionBegin;
  for (PetscInt lattice = 0; lattice < 2; lattice++) {
    PetscBool l = lattice ? PETSC_TRUE : PETSC_FALSE;
    PetscCall(CheckMode(1, (PetscInt64[]){13}, (OttoBoundary[]){N}, l));
    PetscCall(CheckMode(2, (PetscInt64[]){17, 12}, (OttoBoundary[]){P, N}, l));
    PetscCall(CheckMode(3, (PetscInt64[]){7, 8, 9}, (OttoBoundary[]){P, P, N}, l));
    PetscCall(CheckMode(5, (PetscInt64[]){6, 4, 5, 3, 4}, (OttoBoundary[]){N, P, P, N, P}, l));
  }
  PetscFunctionReturn(0);
}

/* The same field by an FFT kernel and by its exact counterpart, times and rates: p to 1e-14 of the
 * maximum. */
static PetscErrorCode CheckAgreement(PetscInt dim, const PetscInt64 n[], const OttoBoundary b[],
                                     PetscBool lattice)
{
  static const PetscReal ones[] = {1, 1, 1, 1, 1, 1};
  OttoGrid grid;
  OttoHeat heat[2];
  OttoHeatSource source[2];
  Vec p0, p[2], rate[2];
  PetscScalar *v;
  PetscReal worst, most, x[OTTO_MAX_DIM], spacing = 1;

  PetscFunctionBegin;
  PetscCall(MakeSides(dim, n, -0.3, ones, b, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  for (PetscInt j = 0; j < dim; j++) spacing = PetscMin(spacing, g->h[j]);
  PetscCall(OttoFieldCreate(grid, &p0));
  PetscCall(VecGetArray(p0, &v));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    const PetscInt64 cell = g->offset + c;
    OttoGridCellCentre(g, c, x);
    if (lattice) { /* rough: every eleventh cell, no two alike */
      v[c] = cell % 11 == 0 ? 1 + fmod((PetscReal)cell * 0.618, 1) : 0;
    } else { /* smooth to rounding on this grid, periodic and even at the faces */
      v[c] = 1.5;
      for (PetscInt j = 0; j < dim; j++)
        v[c] *= exp(0.5 * cos(2 * PETSC_PI * (x[j] - g->lower[j])));
    }
  }
  PetscCall(VecRestoreArray(p0, &v));
  for (PetscInt i = 0; i < 2; i++) {
    const char *names[2][2] = {{"spectral", "gaussian_exact"}, {"lattice", "lattice_exact"}};
    PetscCall(MakeHeat(grid, names[lattice][i], &heat[i]));
    PetscCall(OttoHeatSourceCreate(heat[i], p0, &source[i]));
    PetscCall(VecDuplicate(p0, &p[i]));
    PetscCall(VecDuplicate(p0, &rate[i]));
  }
  /* the midpoint rule of the continuum kernel wants t ≥ 3.7 h²: exp(-4π²·3.7)… of the Nyquist mode
   */
  const PetscReal times[3] = {(lattice ? 0.1 : 3.7) * spacing * spacing, 0.03, 0.7};
  for (PetscInt k = 0; k < 3; k++) {
    for (PetscInt i = 0; i < 2; i++) {
      PetscCall(OttoHeatApply(heat[i], source[i], times[k], p[i], NULL));
      PetscCall(OttoHeatRate(heat[i], source[i], times[k], p[i], NULL, rate[i]));
      PetscCall(VecPointwiseMult(rate[i], rate[i], p[i]));
    }
    PetscCall(OttoFieldRange(grid, p[0], NULL, &most));
    PetscCall(Distance(g, p[0], p[1], &worst));
    TestClose(worst / most, 0, 1e-14,
              lattice ? "lattice_exact = lattice" : "gaussian_exact = spectral");
    PetscCall(Distance(g, rate[0], rate[1], &worst));
    /* the generator's norm is 4/h² an axis at most, π²/h² in the continuum */
    TestClose(worst / most * spacing * spacing, 0, 1e-13, "rates of both");
  }
  for (PetscInt i = 0; i < 2; i++) {
    PetscCall(OttoHeatSourceDestroy(&source[i]));
    PetscCall(OttoHeatDestroy(&heat[i]));
    PetscCall(VecDestroy(&p[i]));
    PetscCall(VecDestroy(&rate[i]));
  }
  PetscCall(VecDestroy(&p0));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestAgreement(void)
{
  PetscFunctionBegin;
  for (PetscInt lattice = 0; lattice < 2; lattice++) {
    PetscBool l = lattice ? PETSC_TRUE : PETSC_FALSE;
    PetscCall(CheckAgreement(1, (PetscInt64[]){47}, (OttoBoundary[]){P}, l));
    PetscCall(CheckAgreement(2, (PetscInt64[]){31, 42}, (OttoBoundary[]){P, N}, l));
    PetscCall(CheckAgreement(2, (PetscInt64[]){29, 30}, (OttoBoundary[]){N, N}, l));
    PetscCall(CheckAgreement(3, (PetscInt64[]){26, 25, 27}, (OttoBoundary[]){N, P, P}, l));
  }
  PetscFunctionReturn(0);
}

static PetscReal Bumps(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *which)
{
  PetscReal product = 0.5 + 0.3 * *which;

  (void)cell;
  for (PetscInt j = 0; j < dim; j++) product *= cos(2 * PETSC_PI * (1 + *which) * x[j]);
  return 1 + product;
}

enum { APPLY, SCORE, RATE, KINDS };

/* Of a pair at once and of each by itself: the same bits. */
static PetscErrorCode ComparePair(OttoGrid grid, OttoHeat heat, const OttoHeatSource source[2],
                                  int kind, const char *what)
{
  const PetscReal t = 2e-3;
  const Vec *no_logs = NULL;
  Vec p[2], both[2], one;
  PetscReal worst;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, &one));
  for (int i = 0; i < 2; i++) {
    PetscCall(OttoFieldCreate(grid, &p[i]));
    PetscCall(OttoFieldCreate(grid, &both[i]));
    PetscCall(OttoHeatApply(heat, source[i], t, p[i], NULL));
  }
  if (kind == APPLY) PetscCall(OttoHeatApplyPair(heat, source, t, both, no_logs));
  if (kind == SCORE) PetscCall(OttoHeatScorePair(heat, source, t, p, no_logs, 1, both));
  if (kind == RATE) PetscCall(OttoHeatRatePair(heat, source, t, p, no_logs, both));
  for (int i = 0; i < 2; i++) {
    if (kind == APPLY) PetscCall(VecCopy(p[i], one));
    if (kind == SCORE) PetscCall(OttoHeatScore(heat, source[i], t, p[i], NULL, 1, one));
    if (kind == RATE) PetscCall(OttoHeatRate(heat, source[i], t, p[i], NULL, one));
    PetscCall(Distance(OttoGridGetInfo(grid), both[i], one, &worst));
    TestTrue(worst == 0, what);
    PetscCall(VecNorm(one, NORM_INFINITY, &worst));
    TestTrue(worst > 0.1, "and they are not nothing");
  }
  for (int i = 0; i < 2; i++) {
    PetscCall(VecDestroy(&p[i]));
    PetscCall(VecDestroy(&both[i]));
  }
  PetscCall(VecDestroy(&one));
  PetscFunctionReturn(0);
}

/* FFT kernels with overlap and without, and an exact kernel, which has none. */
static PetscErrorCode TestPairs(void)
{
  static const char *const kernels[] = {"spectral", "lattice", "gaussian_exact"};
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  for (int k = 0; k < 3; k++) {
    OttoGrid grid;
    OttoHeat heat;
    OttoHeatSource source[2];
    Vec p0[2];
    PetscCall(MakeSides(2, (PetscInt64[]){20, 18}, 0, (PetscReal[]){1, 1}, (OttoBoundary[]){P, P},
                        &grid));
    PetscCall(OttoHeatCreate(grid, &heat));
    PetscCall(OttoHeatSetType(heat, kernels[k]));
    if (k == 0) PetscCall(OttoHeatSetOverlap(heat, PETSC_TRUE)); /* before set-up, or after it */
    PetscCall(OttoHeatSetUp(heat));
    for (int i = 0; i < 2; i++) {
      PetscCall(Fill(grid, Bumps, (PetscReal[]){i}, &p0[i]));
      PetscCall(OttoHeatSourceCreate(heat, p0[i], &source[i]));
    }
    if (k) {
      TestTrue(OttoHeatOverlapBytes(heat) == 0, "none asked for");
      PetscCall(ComparePair(grid, heat, source, APPLY, "one after the other"));
      PetscCall(OttoHeatSetOverlap(heat, PETSC_TRUE));
    }
    const PetscReal most = OttoHeatOverlapBytes(heat);
    TestTrue((most > 0) == (k < 2 && size > 1), "it changes something for these");
    for (int kind = 0; kind < KINDS; kind++)
      if (kind != SCORE || strcmp(kernels[k], "lattice"))
        PetscCall(ComparePair(grid, heat, source, kind, "at once"));
    TestTrue(OttoHeatApplyPair(heat, source, -1, p0, NULL) == PETSC_ERR_ARG_OUTOFRANGE, "t < 0");
    OttoErrorClear();
    const size_t on = OttoHeatBytes(heat);
    PetscCall(OttoHeatSetOverlap(heat, PETSC_FALSE));
    const PetscReal took =
        (PetscReal)(on - OttoHeatBytes(heat)) / (PetscReal)OttoGridGetInfo(grid)->local_cells;
    TestTrue((took > 0) == (most > 0) && took <= most, "and takes no more than it says");
    for (int i = 0; i < 2; i++) {
      PetscCall(OttoHeatSourceDestroy(&source[i]));
      PetscCall(VecDestroy(&p0[i]));
    }
    PetscCall(OttoHeatDestroy(&heat));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestModes, TestAgreement, TestPairs});
}
