/*
 * Slow modes of a driven chain, far from all others: their eigenvalues to a part of themselves,
 * which a residual, never below rounding of ‖Q‖, does not give. With right and left vectors X and Y
 * of the whole bunch, p = W x and f = y/W,
 *
 *   yᵀAx ‖Q‖₁ = Σ over edges of (f_x - f_y)(p_x Q_xy - p_y Q_yx) + Σ killed f p
 *
 * has no large terms where the modes are slow: f is nearly constant in a well, currents are small
 * on the barriers. What the vectors are off by enters squared: (YᵀX)⁻¹YᵀAX is right to
 * ‖R_x‖‖R_y‖/sep (the two-sided Rayleigh quotient: Ostrowski 1958), and its rounding is summed
 * beside it.
 */
#include "factors.h"
#include "relaxation_impl.h"
#include "relaxation_lapack.h"
#include "relaxation_quotient.h"
#include <math.h>
#include <petscksp.h>

#define SHIFT 1e-8
#define LOGS 600 /* range of log W whose exponentials, and their rates' products, are doubles */
#define STEPS 12 /* of inverse iteration: each takes others down by the quotient, 30 or more */

/* ---- right and left vectors ---- */

/* Steps of inverse iteration on a space, with A or its transpose. */
static PetscErrorCode Iterate(const OttoModeForm *form, KSP ksp, PetscBool left, OttoModeSpace *s)
{
  PetscFunctionBegin;
  for (PetscInt step = 0; step < STEPS; step++) {
    OttoModeSpace next = {0};
    for (PetscInt i = 0; i < s->size; i++) {
      Vec u;
      PetscCall(VecDuplicate(s->u[i], &u));
      if (left)
        PetscCall(KSPSolveTranspose(ksp, s->u[i], u));
      else
        PetscCall(KSPSolve(ksp, s->u[i], u));
      PetscCall(OttoModeSpaceAdd(form, &next, u));
      PetscCall(VecDestroy(&u));
    }
    PetscCall(OttoModeSpaceFree(s));
    *s = next;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Sides(const OttoModeForm *form, OttoModeSpace *x, OttoModeSpace *y)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(form->generator));
  PetscBool done = PETSC_FALSE;
  Mat shifted;
  KSP ksp = NULL;

  PetscFunctionBegin;
  PetscCall(MatDuplicate(form->A, MAT_COPY_VALUES, &shifted));
  PetscCall(MatShift(shifted, SHIFT));
  if (OttoFactorsFit(g)) PetscCall(OttoFactorise(g, shifted, PETSC_FALSE, &ksp, &done));
  if (!done) PetscCall(OttoFactoriseShared(shifted, PETSC_FALSE, &ksp));
  for (PetscInt i = 0; i < x->size; i++) {
    Vec u;
    PetscCall(VecDuplicate(x->u[i], &u));
    PetscCall(VecCopy(x->u[i], u));
    PetscCall(OttoModeSpaceAdd(form, y, u));
    PetscCall(VecDestroy(&u));
  }
  PetscCall(Iterate(form, ksp, PETSC_FALSE, x));
  PetscCall(Iterate(form, ksp, PETSC_TRUE, y));
  PetscCall(KSPDestroy(&ksp));
  PetscCall(MatDestroy(&shifted));
  PetscFunctionReturn(0);
}

/* ---- yᵀAx by currents ---- */

/* f and p are numbers of cells, rounded once: what that moves counts among what the vectors are off
 * by. So only differences round here, of which one factor is small where the other is not. */
static void AddCurrents(PetscInt64 n, const OttoModeEnds *e, OttoSum sum[2])
{
  for (PetscInt64 i = 0; i < n; i++) {
    const PetscReal step = e->ux[i] - e->uy[i];
    const PetscReal ahead = e->up[i] * e->vx[i], back = e->down[i] * e->vy[i];
    OttoSumAdd(&sum[0], step * (ahead - back));
    OttoSumAdd(&sum[1], 4 * PETSC_MACHINE_EPSILON * fabs(step) * (fabs(ahead) + fabs(back)));
  }
}

static PetscErrorCode Quotient(const OttoModeForm *form, Vec f, Vec p, PetscReal *value,
                               PetscReal *rounding)
{
  PetscReal both[2];

  PetscFunctionBegin;
  PetscCall(OttoModeQuotient(form, f, p, AddCurrents, both));
  *value = both[0] / form->norm;
  *rounding = both[1] / form->norm;
  PetscFunctionReturn(0);
}

/* W^sign u of each, new Vecs. */
static PetscErrorCode Weigh(const OttoModeForm *form, const OttoModeSpace *s, PetscReal sign,
                            Vec out[])
{
  Vec W;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(form->log_w, &W));
  PetscCall(VecCopy(form->log_w, W));
  PetscCall(VecScale(W, sign));
  PetscCall(VecExp(W));
  for (PetscInt i = 0; i < s->size; i++) {
    PetscCall(VecDuplicate(W, &out[i]));
    PetscCall(VecPointwiseMult(out[i], W, s->u[i]));
  }
  PetscCall(VecDestroy(&W));
  PetscFunctionReturn(0);
}

/* YᵀAX [c²] and its rounding, Frobenius. */
static PetscErrorCode Numerator(const OttoModeForm *form, const OttoModeSpace *x,
                                const OttoModeSpace *y, PetscReal M[], PetscReal *rounding)
{
  const PetscInt c = x->size;
  PetscReal one = 0;
  Vec *f, *p;

  PetscFunctionBegin;
  *rounding = 0;
  PetscCall(PetscMalloc2(c, &f, c, &p));
  PetscCall(Weigh(form, y, -1, f));
  PetscCall(Weigh(form, x, 1, p));
  for (PetscInt j = 0; j < c; j++)
    for (PetscInt i = 0; i < c; i++) {
      PetscCall(Quotient(form, f[i], p[j], &M[i + j * c], &one));
      *rounding = hypot(*rounding, one);
    }
  for (PetscInt i = 0; i < c; i++) PetscCall(VecDestroy(&f[i]));
  for (PetscInt i = 0; i < c; i++) PetscCall(VecDestroy(&p[i]));
  PetscCall(PetscFree2(f, p));
  PetscFunctionReturn(0);
}

/* M = (YᵀX)⁻¹YᵀAX [c²], and what it is off by at most, Frobenius. */
static PetscErrorCode Block(const OttoModeForm *form, const OttoModeSpace *x,
                            const OttoModeSpace *y, PetscReal apart, PetscReal M[], PetscReal *off)
{
  const int c = (int)x->size;
  PetscReal *G, *inverse, *N, rounding = 0, of_inverse = 0, of_block = 0, right = 0, left = 0;
  int info = 0, *pivots;

  PetscFunctionBegin;
  PetscCall(PetscCalloc4(c * c, &G, c * c, &inverse, c * c, &N, c, &pivots));
  PetscCall(Numerator(form, x, y, N, &rounding));
  for (int j = 0; j < c; j++) PetscCall(VecMDot(x->u[j], c, y->u, G + j * c));
  for (int j = 0; j < c; j++) inverse[j + j * c] = 1;
  dgesv_(&c, &c, G, &c, pivots, inverse, &c, &info);
  for (int i = 0; i < c * c; i++) {
    M[i] = 0;
    for (int k = 0; k < c; k++) M[i] += inverse[i % c + k * c] * N[k + i / c * c];
    of_inverse = hypot(of_inverse, inverse[i]);
    of_block = hypot(of_block, M[i]);
  }
  PetscCall(OttoModeResidual(form, PETSC_FALSE, x, NULL, &right));
  PetscCall(OttoModeResidual(form, PETSC_TRUE, y, NULL, &left));
  right += OTTO_MODE_NOISE;
  left += OTTO_MODE_NOISE;
  *off = of_inverse * (rounding + 4 * right * left / apart +
                       4 * c * PETSC_MACHINE_EPSILON * of_block); /* rounding of the inverse */
  if (info) *off = INFINITY;
  PetscCall(PetscFree4(G, inverse, N, pivots));
  PetscFunctionReturn(0);
}

/* Eigenvalues of M and how far each may be: c ‖E‖/s for any E (Bai, Demmel and McKenney 1993), the
 * union of discs where they overlap. Vectors [c²] as LAPACK's geev has them. */
static PetscErrorCode Discs(PetscInt size, PetscReal M[], PetscReal off, PetscReal re[],
                            PetscReal im[], PetscReal bound[], PetscReal vectors[])
{
  const int c = (int)size, room = 40 * (int)size;
  PetscReal *left, *work, all = 0;
  PetscBool apart = PETSC_TRUE;
  int info = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(c * c, &left, room, &work));
  dgeev_("V", "V", &c, M, &c, re, im, left, &c, vectors, &c, work, &room, &info);
  for (int i = 0; i < c; i++) {
    const int a = im[i] < 0 ? i - 1 : i; /* a pair: real and imaginary part in two columns */
    OttoComplex dot = 0;
    for (int k = 0; k < c; k++) {
      const OttoComplex l =
          im[i] != 0 ? left[k + a * c] - I * left[k + (a + 1) * c] : left[k + a * c];
      const OttoComplex r =
          im[i] != 0 ? vectors[k + a * c] + I * vectors[k + (a + 1) * c] : vectors[k + a * c];
      dot += l * r;
    }
    bound[i] = c * off / cabs(dot); /* both are of norm 1 */
    all += 2 * bound[i];
  }
  for (int i = 0; i < c; i++)
    for (int j = 0; j < i; j++)
      if (!(hypot(re[i] - re[j], im[i] - im[j]) > bound[i] + bound[j])) apart = PETSC_FALSE;
  for (int i = 0; i < c && !apart; i++) bound[i] = all;
  for (int i = 0; i < c && info; i++) bound[i] = INFINITY;
  PetscCall(PetscFree2(left, work));
  PetscFunctionReturn(0);
}

/* The real part of mode i, or of the second of two that may be real its imaginary part. */
static PetscErrorCode Mode(const OttoModeForm *form, const OttoModeSpace *x,
                           const PetscReal vector[], Vec *mode)
{
  Vec u;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(form->log_w, &u));
  PetscCall(VecZeroEntries(u));
  PetscCall(VecMAXPY(u, x->size, vector, x->u));
  PetscCall(OttoModeDensity(form, u, mode));
  PetscCall(VecDestroy(&u));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoModesSlow(const OttoModeForm *form, OttoModeSpace *x, PetscReal apart,
                             PetscReal residual, PetscInt wanted, OttoRelaxation *out)
{
  const PetscInt c = x->size;
  PetscReal *M, *vectors, *re, *im, *bound, off = 0, least = 0;
  PetscBool *done;
  OttoModeSpace y = {0};

  PetscFunctionBegin;
  PetscCall(VecMin(form->log_w, NULL, &least));
  if (least < -LOGS) PetscFunctionReturn(0);
  PetscCall(PetscCalloc6(c * c, &M, c * c, &vectors, c, &re, c, &im, c, &bound, c, &done));
  PetscCall(Sides(form, x, &y));
  if (x->size == c && y.size == c) {
    PetscCall(Block(form, x, &y, apart, M, &off));
    PetscCall(Discs(c, M, off, re, im, bound, vectors));
  }
  for (PetscInt taken = 0; taken < c && x->size == c && y.size == c; taken++) {
    PetscInt i = -1;
    for (PetscInt k = 0; k < c; k++)
      if (!done[k] && (i < 0 || re[k] < re[i])) i = k;
    const PetscBool turns = fabs(im[i]) > bound[i] ? PETSC_TRUE : PETSC_FALSE;
    done[i] = PETSC_TRUE;
    if (out->count == wanted || (turns && im[i] < 0)) continue;
    const PetscInt at = out->count++;
    const PetscReal of = (re[i] > 0 ? bound[i] + (turns ? 0 : fabs(im[i])) : INFINITY) * form->norm;
    out->rate[at] = re[i] * form->norm;
    out->frequency[at] = turns ? fabs(im[i]) * form->norm : 0;
    out->bound[at] = out->frequency_bound[at] = of;
    out->residual[at] = residual;
    PetscCall(Mode(form, x, vectors + i * c, &out->mode[at]));
  }
  PetscCall(OttoModeSpaceFree(&y));
  PetscCall(PetscFree6(M, vectors, re, im, bound, done));
  PetscFunctionReturn(0);
}
