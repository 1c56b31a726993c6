/* Modes out of an invariant subspace: a small dense eigenproblem, and what is known of each mode.
 */
#include "relaxation_impl.h"
#include "edges.h"
#include <math.h>
#include <slepcds.h>

PetscErrorCode OttoModeSpaceAdd(OttoModeSpace *s, Vec u)
{
  PetscReal before = 0, after = 0;
  PetscScalar *part;

  PetscFunctionBegin;
  if (s->size == s->room) {
    Vec *more;
    const PetscInt room = 2 * s->room + 16;
    PetscCall(PetscCalloc1(room, &more));
    if (s->size) PetscCall(PetscArraycpy(more, s->u, s->size));
    PetscCall(PetscFree(s->u));
    s->u = more;
    s->room = room;
  }
  PetscCall(VecNormalize(u, NULL));
  PetscCall(PetscMalloc1(s->size + 1, &part));
  for (int pass = 0; pass < 2 && s->size; pass++) { /* twice is enough */
    PetscCall(VecMDot(u, s->size, s->u, part));
    for (PetscInt i = 0; i < s->size; i++) part[i] = -part[i];
    PetscCall(VecMAXPY(u, s->size, part, s->u));
    PetscCall(VecNorm(u, NORM_2, pass ? &after : &before));
  }
  PetscCall(PetscFree(part));
  if (s->size && before < 1e-6) PetscFunctionReturn(0);
  PetscCall(VecNormalize(u, NULL));
  PetscCall(VecDuplicate(u, &s->u[s->size]));
  PetscCall(VecCopy(u, s->u[s->size++]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoModeSpaceFree(OttoModeSpace *s)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->size; i++) PetscCall(VecDestroy(&s->u[i]));
  PetscCall(PetscFree(s->u));
  s->size = s->room = 0;
  PetscFunctionReturn(0);
}

/* ---- the small problem ---- */

/* Eigenvalues re + i im of H (m×m, column by column), least real part first, and their vectors:
 * real, or for a pair, whose positive half comes first, real and imaginary part in two columns. */
static PetscErrorCode Dense(PetscInt m, PetscBool symmetric, const PetscScalar H[], PetscReal re[],
                            PetscReal im[], PetscScalar vectors[])
{
  PetscInt leading;
  PetscScalar *a;
  SlepcSC order;
  DS ds;

  PetscFunctionBegin;
  PetscCall(DSCreate(PETSC_COMM_SELF, &ds));
  PetscCall(DSSetType(ds, symmetric ? DSHEP : DSNHEP));
  PetscCall(DSAllocate(ds, m));
  PetscCall(DSSetDimensions(ds, m, 0, 0));
  PetscCall(DSGetLeadingDimension(ds, &leading));
  PetscCall(DSGetArray(ds, DS_MAT_A, &a));
  for (PetscInt j = 0; j < m; j++) PetscCall(PetscArraycpy(a + j * leading, H + j * m, m));
  PetscCall(DSRestoreArray(ds, DS_MAT_A, &a));
  PetscCall(DSSetState(ds, DS_STATE_RAW));
  PetscCall(DSGetSlepcSC(ds, &order));
  *order = (struct _n_SlepcSC){.comparison = SlepcCompareSmallestReal};
  PetscCall(PetscArrayzero(im, m));
  PetscCall(DSSolve(ds, re, im));
  PetscCall(DSSort(ds, re, im, NULL, NULL, NULL));
  PetscCall(DSVectors(ds, DS_MAT_X, NULL, NULL));
  PetscCall(DSGetArray(ds, DS_MAT_X, &a));
  for (PetscInt j = 0; j < m; j++) PetscCall(PetscArraycpy(vectors + j * m, a + j * leading, m));
  PetscCall(DSRestoreArray(ds, DS_MAT_X, &a));
  PetscCall(DSDestroy(&ds));
  PetscFunctionReturn(0);
}

/* Uᵀ A U. */
static PetscErrorCode Project(Mat A, PetscInt m, Vec u[], PetscBool symmetric, PetscScalar H[])
{
  Vec image;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(u[0], &image));
  for (PetscInt j = 0; j < m; j++) {
    PetscCall(MatMult(A, u[j], image));
    PetscCall(VecMDot(image, m, u, H + j * m));
  }
  for (PetscInt i = 0; i < m && symmetric; i++)
    for (PetscInt j = 0; j < i; j++)
      H[i + j * m] = H[j + i * m] = 0.5 * (H[i + j * m] + H[j + i * m]);
  PetscCall(VecDestroy(&image));
  PetscFunctionReturn(0);
}

/* ---- one mode ---- */

typedef struct {
  const OttoRates *rates;
  OttoSurrounded u;
  OttoSum sum;
} Dirichlet;

static void AddSquares(const OttoEdges *e, void *context)
{
  Dirichlet *d = (Dirichlet *)context;
  const PetscReal *up = d->rates->up[e->axis] + e->x, *down = d->rates->down[e->axis] + e->x;
  const PetscReal *ux = OttoSurroundedAt(&d->u, e->x), *uy = OttoSurroundedAt(&d->u, e->y);

  for (PetscInt64 i = 0; i < e->n; i++)
    OttoSumAdd(&d->sum, PetscSqr(sqrt(up[i]) * ux[i] - sqrt(down[i]) * uy[i]));
}

/* The rate of u under detailed balance as a sum of squares over edges, -uᵀMu/uᵀu: no cancellation,
 * however slow. */
static PetscErrorCode DirichletQuotient(OttoGenerator generator, Vec u, PetscReal *rate)
{
  OttoGrid grid = OttoGeneratorGetGrid(generator);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Dirichlet d = {OttoGeneratorGetRates(generator), {g, NULL, NULL, NULL}, {0, 0}};
  PetscReal *ghost = NULL, size = 0;
  OttoHalo halo;

  PetscFunctionBegin;
  PetscCall(OttoAgree(g->comm, PetscCalloc1(2 * g->plane_cells, &ghost)));
  PetscCall(OttoHaloCreate(grid, 1, &halo));
  PetscCall(VecNorm(u, NORM_2, &size));
  PetscCall(VecGetArrayRead(u, &d.u.own));
  PetscCall(OttoHaloExchange(halo, d.u.own, ghost, ghost + g->plane_cells));
  d.u.below = ghost;
  d.u.above = ghost + g->plane_cells;
  OttoEdgesWalk(g, PETSC_FALSE, AddSquares, &d);
  for (PetscInt64 c = 0; d.rates->killed && c < g->local_cells; c++)
    OttoSumAdd(&d.sum, d.rates->killed[c] * PetscSqr(d.u.own[c]));
  PetscCall(VecRestoreArrayRead(u, &d.u.own));
  PetscCall(OttoHaloDestroy(&halo));
  PetscCall(PetscFree(ghost));
  PetscCall(OttoSumReduce(g->comm, 1, &d.sum));
  *rate = OttoSumValue(d.sum) / (size * size);
  PetscFunctionReturn(0);
}

/* ‖Au - κu‖₂/‖u‖₂ for κ = re + i im, u = u_re + i u_im. */
static PetscErrorCode ModeResidual(Mat A, Vec u_re, Vec u_im, PetscReal re, PetscReal im,
                                   PetscReal *residual)
{
  PetscReal first = 0, second = 0, size_re = 0, size_im = 0;
  Vec r;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(u_re, &r));
  PetscCall(VecNorm(u_re, NORM_2, &size_re));
  PetscCall(MatMult(A, u_re, r));
  PetscCall(VecAXPY(r, -re, u_re));
  if (im != 0) PetscCall(VecAXPY(r, im, u_im));
  PetscCall(VecNorm(r, NORM_2, &first));
  if (im != 0) {
    PetscCall(VecNorm(u_im, NORM_2, &size_im));
    PetscCall(MatMult(A, u_im, r));
    PetscCall(VecAXPY(r, -re, u_im));
    PetscCall(VecAXPY(r, -im, u_re));
    PetscCall(VecNorm(r, NORM_2, &second));
  }
  PetscCall(VecDestroy(&r));
  *residual = sqrt((first * first + second * second) / (size_re * size_re + size_im * size_im));
  PetscFunctionReturn(0);
}

/* Density mode W u, its value of largest magnitude 1. */
static PetscErrorCode DensityMode(OttoGrid grid, Vec W, Vec u, Vec mode)
{
  PetscReal least = 0, most = 0;

  PetscFunctionBegin;
  if (W)
    PetscCall(VecPointwiseMult(mode, W, u));
  else
    PetscCall(VecCopy(u, mode));
  PetscCall(OttoFieldRange(grid, mode, &least, &most));
  PetscCall(VecScale(mode, 1 / (most >= -least ? most : least)));
  PetscFunctionReturn(0);
}

/* ---- all of them ---- */

/* The column that is the zero of the steady state: the one that carries mass, of those whose
 * eigenvalue is σ to a thousandth; -1 where there is none. */
static PetscErrorCode FindZero(const OttoModeSpace *s, Vec W, PetscReal sigma, PetscInt m,
                               const PetscReal re[], const PetscReal im[],
                               const PetscScalar vectors[], PetscInt *zero)
{
  PetscReal best = 0, mass = 0, size = 0;
  Vec u;

  PetscFunctionBegin;
  *zero = -1;
  if (s->has_zero || OttoGeneratorIsAbsorbing(s->generator)) PetscFunctionReturn(0);
  PetscCall(VecDuplicate(s->u[0], &u));
  for (PetscInt i = 0; i < m; i++) {
    if (!(fabs(re[i] - sigma) < 1e-3 * sigma && fabs(im[i]) < 1e-3 * sigma)) continue;
    PetscCall(VecZeroEntries(u));
    PetscCall(VecMAXPY(u, m, vectors + i * m, s->u));
    if (W) PetscCall(VecPointwiseMult(u, W, u));
    PetscCall(VecSum(u, &mass));
    PetscCall(VecNorm(u, NORM_1, &size));
    if (*zero >= 0 && fabs(mass) / size <= best) continue;
    best = fabs(mass) / size;
    *zero = i;
  }
  PetscCall(VecDestroy(&u));
  PetscFunctionReturn(0);
}

/* Distance of eigenvalue i to the next that is not the same to a millionth. */
static PetscReal Gap(PetscInt m, const PetscReal re[], PetscReal sigma, PetscInt i)
{
  PetscReal gap = INFINITY;

  for (PetscInt j = 0; j < m; j++) {
    const PetscReal d = fabs(re[j] - re[i]);
    if (d > 1e-6 * fabs(re[i] - sigma)) gap = PetscMin(gap, d);
  }
  return isfinite(gap) ? gap : fabs(re[i] - sigma);
}

static PetscErrorCode Fill(const OttoModeSpace *s, Mat A, Vec W, PetscReal sigma, PetscInt m,
                           PetscReal re, PetscReal im, PetscReal gap, const PetscScalar vector[],
                           OttoRelaxation *out)
{
  const PetscInt at = out->count++;
  PetscReal norm = 0;
  Vec u_re, u_im, *basis = s->u + (s->has_zero ? 1 : 0);

  PetscFunctionBegin;
  PetscCall(VecDuplicate(basis[0], &u_re));
  PetscCall(VecDuplicate(basis[0], &u_im));
  PetscCall(VecZeroEntries(u_re));
  PetscCall(VecZeroEntries(u_im));
  PetscCall(VecMAXPY(u_re, m, vector, basis));
  if (im != 0) PetscCall(VecMAXPY(u_im, m, vector + m, basis));
  out->rate[at] = re - sigma;
  out->frequency[at] = fabs(im);
  if (s->symmetric) PetscCall(DirichletQuotient(s->generator, u_re, &out->rate[at]));
  PetscCall(OttoGeneratorNorm(s->generator, &norm));
  PetscCall(ModeResidual(A, u_re, u_im, sigma + out->rate[at], im, &out->residual[at]));
  const PetscReal off = out->residual[at];
  out->uncertainty[at] = s->symmetric && off < gap ? off * off / gap : off;
  out->uncertainty[at] = out->rate[at] > 0 ? out->uncertainty[at] / out->rate[at] : INFINITY;
  out->residual[at] /= norm;
  PetscCall(VecDuplicate(u_re, &out->mode[at]));
  PetscCall(DensityMode(OttoGeneratorGetGrid(s->generator), W, u_re, out->mode[at]));
  PetscCall(VecDestroy(&u_re));
  PetscCall(VecDestroy(&u_im));
  PetscFunctionReturn(0);
}

/* Slowest first also where rates differ by rounding. */
static void Sort(OttoRelaxation *out)
{
  for (PetscInt k = 1; k < out->count; k++)
    for (PetscInt i = k; i > 0 && out->rate[i] < out->rate[i - 1]; i--) {
      PetscReal *values[] = {out->rate, out->frequency, out->residual, out->uncertainty};
      for (int v = 0; v < 4; v++) {
        const PetscReal swap = values[v][i];
        values[v][i] = values[v][i - 1];
        values[v][i - 1] = swap;
      }
      const Vec mode = out->mode[i];
      out->mode[i] = out->mode[i - 1];
      out->mode[i - 1] = mode;
    }
}

PetscErrorCode OttoModeSpaceSolve(const OttoModeSpace *s, Mat A, Vec W, PetscReal sigma,
                                  PetscInt count, OttoRelaxation *out)
{
  const PetscInt skip = s->has_zero ? 1 : 0, m = s->size - skip;
  PetscReal *re, *im;
  PetscScalar *H, *vectors;
  PetscInt zero = -1;

  PetscFunctionBegin;
  out->count = 0;
  if (m < 1) PetscFunctionReturn(0);
  PetscCall(PetscMalloc4(m, &re, m, &im, m * m, &H, m * m, &vectors));
  PetscCall(Project(A, m, s->u + skip, s->symmetric, H));
  PetscCall(Dense(m, s->symmetric, H, re, im, vectors));
  PetscCall(FindZero(s, W, sigma, m, re, im, vectors, &zero));
  for (PetscInt i = 0; i < m && out->count < count; i++) {
    if (i == zero || im[i] < 0) continue;
    PetscCall(Fill(s, A, W, sigma, m, re[i], im[i], Gap(m, re, sigma, i), vectors + i * m, out));
  }
  Sort(out);
  PetscCall(PetscFree4(re, im, H, vectors));
  PetscFunctionReturn(0);
}
