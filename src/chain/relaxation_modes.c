/* The space of what has been found, and modes under detailed balance: Rayleigh and Ritz, with the
 * bounds of Kato and Temple. */
#include "relaxation_impl.h"
#include "relaxation_lapack.h"
#include "relaxation_quotient.h"
#include "core/fault.h"
#include <math.h>

#define SAME 1e-6   /* eigenvalues that differ by this part of themselves are found together, */
#define NEARBY 4    /* those within so many residuals of the space, */
#define LEAST 1e-13 /* or by less than this */
#define SWEEPS 30

/* Takes from u what it has along basis[n]; twice is enough. *left: the norm after the first pass
 * for a u of norm 1. */
static PetscErrorCode Orthogonalise(PetscInt n, Vec basis[], Vec u, PetscReal *left)
{
  PetscScalar *part;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n + 1, &part));
  for (int pass = 0; pass < 2 && n; pass++) {
    PetscCall(VecMDot(u, n, basis, part));
    for (PetscInt i = 0; i < n; i++) part[i] = -part[i];
    PetscCall(VecMAXPY(u, n, part, basis));
    if (!pass) PetscCall(VecNorm(u, NORM_2, left));
  }
  PetscCall(PetscFree(part));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoModeSpaceAdd(const OttoModeForm *form, OttoModeSpace *s, Vec u)
{
  PetscReal norm = 0, left = 1;

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
  PetscCall(VecNormalize(u, &norm));
  if (norm > 0) PetscCall(Orthogonalise(form->zeros, form->zero, u, &left));
  if (norm > 0 && left > 1e-6) PetscCall(VecNormalize(u, NULL));
  if (norm > 0 && left > 1e-6) PetscCall(Orthogonalise(s->size, s->u, u, &left));
  if (!(norm > 0 && left > 1e-6)) PetscFunctionReturn(0);
  PetscCall(VecNormalize(u, NULL));
  PetscCall(OttoFaultVec("mode", u));
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

PetscErrorCode OttoModeProject(const OttoModeForm *form, const OttoModeSpace *s, PetscReal B[],
                               Vec image[])
{
  const PetscInt m = s->size;
  Vec one = NULL;

  PetscFunctionBegin;
  if (!image && m) PetscCall(VecDuplicate(s->u[0], &one));
  for (PetscInt j = 0; j < m; j++) {
    Vec to = image ? image[j] : one;
    PetscCall(MatMult(form->A, s->u[j], to));
    PetscCall(VecMDot(to, m, s->u, B + j * m));
  }
  for (PetscInt i = 0; i < m && form->symmetric; i++)
    for (PetscInt j = 0; j < i; j++)
      B[i + j * m] = B[j + i * m] = 0.5 * (B[i + j * m] + B[j + i * m]);
  PetscCall(VecDestroy(&one));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoModeResidual(const OttoModeForm *form, PetscBool left, const OttoModeSpace *s,
                                const PetscReal B[], PetscReal *residual)
{
  PetscScalar *part;
  PetscReal norm = 0;
  Vec r;

  PetscFunctionBegin;
  *residual = 0;
  PetscCall(PetscMalloc1(s->size, &part));
  PetscCall(VecDuplicate(form->log_w, &r));
  for (PetscInt j = 0; j < s->size; j++) {
    if (left)
      PetscCall(MatMultTranspose(form->A, s->u[j], r));
    else
      PetscCall(MatMult(form->A, s->u[j], r));
    if (B)
      PetscCall(PetscArraycpy(part, B + j * s->size, s->size));
    else
      PetscCall(VecMDot(r, s->size, s->u, part));
    for (PetscInt i = 0; i < s->size; i++) part[i] = -part[i];
    PetscCall(VecMAXPY(r, s->size, part, s->u));
    PetscCall(VecNorm(r, NORM_2, &norm));
    *residual = hypot(*residual, norm);
  }
  PetscCall(VecDestroy(&r));
  PetscCall(PetscFree(part));
  PetscFunctionReturn(0);
}

/* Eigenvalues, least first, and vectors of symmetric B (changed into them). */
static PetscErrorCode Symmetric(PetscInt m, PetscReal B[], PetscReal values[])
{
  const int n = (int)m, room = 40 * (int)m + 100;
  int info = 0;
  PetscReal *work;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(room, &work));
  dsyev_("V", "U", &n, B, &n, values, work, &room, &info);
  PetscCall(PetscFree(work));
  if (info) OttoFail(OTTO_ERR_SOLVER, "relaxation rates: LAPACK's dsyev says %d", info);
  PetscFunctionReturn(0);
}

void OttoModeSort(PetscInt m, PetscReal re[], PetscReal im[])
{
  for (PetscInt k = 1; k < m; k++)
    for (PetscInt i = k; i > 0; i--) {
      const PetscReal r = re[i], q = im[i], d = re[i - 1] - r, same = 1e-9 * fabs(r);
      if (!(d > same || (d >= -same && fabs(q) < fabs(im[i - 1])))) break;
      re[i] = re[i - 1];
      im[i] = im[i - 1];
      re[i - 1] = r;
      im[i - 1] = q;
    }
}

static PetscErrorCode General(PetscInt m, PetscReal B[], PetscReal re[], PetscReal im[])
{
  const int n = (int)m, room = 40 * (int)m + 100;
  int info = 0, none = 0;
  PetscReal *work;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(room, &work));
  dgees_("N", "N", NULL, &n, B, &n, &none, re, im, NULL, &n, work, &room, NULL, &info);
  PetscCall(PetscFree(work));
  if (info) OttoFail(OTTO_ERR_SOLVER, "relaxation rates: LAPACK's dgees says %d", info);
  OttoModeSort(m, re, im);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoModeRitz(const OttoModeForm *form, const OttoModeSpace *s, PetscReal re[],
                            PetscReal im[])
{
  PetscReal *B;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(s->size * s->size + 1, &B));
  PetscCall(PetscArrayzero(im, s->size));
  PetscCall(OttoModeProject(form, s, B, NULL));
  if (form->symmetric)
    PetscCall(Symmetric(s->size, B, re));
  else
    PetscCall(General(s->size, B, re, im));
  PetscCall(PetscFree(B));
  PetscFunctionReturn(0);
}

PetscInt OttoModeEdge(PetscInt m, const PetscReal re[], const PetscReal im[], PetscInt count,
                      PetscReal *edge)
{
  PetscInt taken = 0;

  for (PetscInt i = 0; i < m; i++) {
    taken += im[i] >= 0; /* what may be two real ones counts as the pair it may be */
    if (taken < count || im[i] > 0) continue;
    const PetscReal next = i + 1 < m ? re[i + 1] : re[i] + 2 * (1e-3 * fabs(re[i]) + 1e-11);
    if (!(next - re[i] > 1e-3 * fabs(next) && next - re[i] > 1e3 * OTTO_MODE_NOISE)) continue;
    *edge = 0.5 * (re[i] + next);
    return i + 1;
  }
  *edge = m ? re[m - 1] : 0;
  return m;
}

/* ---- one mode ---- */

static void AddProducts(PetscInt64 n, const OttoModeEnds *e, OttoSum sum[2])
{
  for (PetscInt64 i = 0; i < n; i++) {
    const PetscReal a = sqrt(e->up[i]), b = sqrt(e->down[i]);
    OttoSumAdd(&sum[0], (a * e->ux[i] - b * e->uy[i]) * (a * e->vx[i] - b * e->vy[i]));
  }
}

PetscErrorCode OttoModeDirichlet(const OttoModeForm *form, Vec u, Vec v, PetscReal *value)
{
  PetscReal both[2];

  PetscFunctionBegin;
  PetscCall(OttoModeQuotient(form, u, v, AddProducts, both));
  *value = both[0];
  PetscFunctionReturn(0);
}

PetscErrorCode OttoModeDensity(const OttoModeForm *form, Vec u, Vec *mode)
{
  OttoGrid grid = OttoGeneratorGetGrid(form->generator);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *values, *logs;
  PetscReal top = -INFINITY, least = 0, most = 0;
  PetscScalar *out;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, mode));
  PetscCall(VecGetArrayRead(u, &values));
  PetscCall(VecGetArrayRead(form->log_w, &logs));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    if (values[c] != 0) top = PetscMax(top, log(fabs(values[c])) + logs[c]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &top, 1, MPIU_REAL, MPIU_MAX, g->comm));
  PetscCall(VecGetArray(*mode, &out));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    out[c] = values[c] != 0 ? copysign(exp(log(fabs(values[c])) + logs[c] - top), values[c]) : 0;
  PetscCall(VecRestoreArray(*mode, &out));
  PetscCall(VecRestoreArrayRead(form->log_w, &logs));
  PetscCall(VecRestoreArrayRead(u, &values));
  PetscCall(OttoFieldRange(grid, *mode, &least, &most));
  PetscCall(VecScale(*mode, 1 / (most >= -least ? most : least)));
  PetscFunctionReturn(0);
}

/* ---- detailed balance ---- */

/* Eigenvalues of a positive matrix to their own relative accuracy (Jacobi; Demmel and Veselić
 * 1992): G becomes diagonal, V [m·m, column by column] its vectors. */
static void Jacobi(PetscInt m, PetscReal G[], PetscReal V[])
{
  PetscBool moved = PETSC_TRUE;

  for (PetscInt i = 0; i < m * m; i++) V[i] = i % (m + 1) == 0;
  for (PetscInt sweep = 0; sweep < SWEEPS && moved; sweep++) {
    moved = PETSC_FALSE;
    for (PetscInt i = 0; i < m; i++)
      for (PetscInt j = i + 1; j < m; j++) {
        const PetscReal off = G[i + j * m], a = G[i + i * m], b = G[j + j * m];
        if (!(fabs(off) > PETSC_MACHINE_EPSILON * sqrt(fabs(a * b)))) continue;
        const PetscReal half = (b - a) / (2 * off);
        const PetscReal t = (half >= 0 ? 1 : -1) / (fabs(half) + hypot(1, half));
        const PetscReal c = 1 / hypot(1, t), s = c * t;
        moved = PETSC_TRUE;
        for (PetscInt k = 0; k < m; k++) {
          const PetscReal gi = G[k + i * m], gj = G[k + j * m], vi = V[k + i * m],
                          vj = V[k + j * m];
          G[k + i * m] = c * gi - s * gj;
          G[k + j * m] = s * gi + c * gj;
          V[k + i * m] = c * vi - s * vj;
          V[k + j * m] = s * vi + c * vj;
        }
        for (PetscInt k = 0; k < m; k++) {
          const PetscReal gi = G[i + k * m], gj = G[j + k * m];
          G[i + k * m] = c * gi - s * gj;
          G[j + k * m] = s * gi + c * gj;
        }
        G[i + j * m] = G[j + i * m] = 0;
        G[i + i * m] = a - t * off;
        G[j + j * m] = b + t * off;
      }
  }
}

/* Ritz vectors from … to-1 and their residuals ‖A x - θ x‖. */
static PetscErrorCode Vectors(const OttoModeForm *form, const OttoModeSpace *s, const PetscReal B[],
                              const PetscReal theta[], PetscInt from, PetscInt to, Vec x[],
                              PetscReal residual[])
{
  Vec r;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(s->u[0], &r));
  for (PetscInt i = from; i < to; i++) {
    PetscCall(VecDuplicate(r, &x[i - from]));
    PetscCall(VecZeroEntries(x[i - from]));
    PetscCall(VecMAXPY(x[i - from], s->size, B + i * s->size, s->u));
    PetscCall(VecNormalize(x[i - from], NULL));
    PetscCall(MatMult(form->A, x[i - from], r));
    PetscCall(VecAXPY(r, -theta[i], x[i - from]));
    PetscCall(VecNorm(r, NORM_2, &residual[i - from]));
  }
  PetscCall(VecDestroy(&r));
  PetscFunctionReturn(0);
}

/* The modes of one bunch of eigenvalues, slowest first, as far as there is room in *out. `off`:
 * what their Rayleigh quotients are off by at most, in units of ‖Q‖₁. */
static PetscErrorCode FillBunch(const OttoModeForm *form, PetscInt m, Vec x[],
                                const PetscReal residual[], PetscReal off, PetscInt wanted,
                                OttoRelaxation *out)
{
  PetscReal *G, *V;
  Vec u;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(m * m, &G, m * m, &V));
  for (PetscInt i = 0; i < m; i++)
    for (PetscInt j = 0; j <= i; j++) {
      PetscCall(OttoModeDirichlet(form, x[i], x[j], &G[i + j * m]));
      G[j + i * m] = G[i + j * m];
    }
  Jacobi(m, G, V);
  PetscCall(VecDuplicate(x[0], &u));
  for (PetscInt done = 0; done < m && out->count < wanted; done++) {
    PetscInt k = 0;
    for (PetscInt i = 1; i < m; i++)
      if (G[i + i * m] < G[k + k * m]) k = i;
    const PetscInt at = out->count++;
    const PetscReal rate = G[k + k * m], unit = form->norm, e = PETSC_MACHINE_EPSILON;
    PetscCall(VecZeroEntries(u));
    PetscCall(VecMAXPY(u, m, V + k * m, x));
    PetscCall(OttoModeDensity(form, u, &out->mode[at]));
    out->rate[at] = rate;
    out->frequency[at] = 0;
    out->residual[at] = residual[k];
    /* rounding of the square roots of up and down: Cauchy and Schwarz over the edges */
    out->bound[at] = (off + form->asymmetry) * unit + 4 * e * sqrt(rate * unit) + 8 * e * rate;
    out->frequency_bound[at] = form->asymmetry * unit;
    if (!(rate > 0)) out->bound[at] = INFINITY;
    G[k + k * m] = INFINITY;
  }
  PetscCall(VecDestroy(&u));
  PetscCall(PetscFree2(G, V));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoModesSymmetric(const OttoModeForm *form, const OttoModeSpace *s, PetscInt count,
                                  OttoModeCount *known, OttoRelaxation *out)
{
  const PetscInt m = s->size;
  PetscReal *B, *theta, *residual, block = 0;
  Vec *x;

  PetscFunctionBegin;
  PetscCall(PetscMalloc4(m * m, &B, m, &theta, m, &residual, m, &x));
  PetscCall(OttoModeProject(form, s, B, NULL));
  /* as many eigenvalues as U has columns are as near to those of B (Kahan 1967) */
  PetscCall(OttoModeResidual(form, PETSC_FALSE, s, B, &block));
  PetscCall(Symmetric(m, B, theta));
  PetscReal margin = known->range - known->edge; /* no eigenvalue moves by more than the residual */
  for (PetscInt i = 0; i < m; i++) margin = PetscMin(margin, fabs(theta[i] - known->edge));
  if (known->complete && !(block + form->asymmetry + OTTO_MODE_NOISE < margin)) {
    known->complete = PETSC_FALSE;
    PetscCall(PetscStrncpy(known->how, OTTO_MODE_CROSSING, sizeof known->how));
  }
  for (PetscInt from = 0, to = 0; from < m && out->count < count; from = to) {
    /* where residuals do not tell eigenvalues apart, only all of them have a gap to the others */
    const PetscReal apart = PetscMax(LEAST, NEARBY * block);
    for (to = from + 1; to < m && theta[to] - theta[to - 1] <= SAME * theta[to] + apart;) to++;
    PetscCall(Vectors(form, s, B, theta, from, to, x, residual));
    PetscReal off = PetscSqr(OTTO_MODE_NOISE), gap = INFINITY;
    for (PetscInt i = 0; i < to - from; i++) off += PetscSqr(residual[i]);
    off = sqrt(off) + OTTO_MODE_NOISE;
    if (from > 0) gap = PetscMin(gap, theta[from] - theta[from - 1] - block);
    if (to < m) gap = PetscMin(gap, theta[to] - theta[to - 1] - block);
    gap = known->complete ? PetscMin(gap, PetscMax(known->range - theta[to - 1], 0)) : 0;
    if (off < 0.25 * gap) off *= off / (gap - off);
    PetscCall(FillBunch(form, to - from, x, residual, off, count, out));
    for (PetscInt i = 0; i < to - from; i++) PetscCall(VecDestroy(&x[i]));
  }
  PetscCall(PetscFree4(B, theta, residual, x));
  PetscFunctionReturn(0);
}
