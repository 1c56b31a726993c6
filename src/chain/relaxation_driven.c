/*
 * Modes and bounds without detailed balance. In an orthonormal basis [U, rest] of the complement of
 * the zeros A is [B C; E D]: B = UᵀAU, E what is left of invariance, C the coupling back, and D,
 * whose numerical range lies right of `range`, not known otherwise. With the complex Schur form of
 * B reordered so that an eigenvalue, or a bunch that cannot be told apart, comes first:
 *
 *   condition     1/s = ‖projector‖ ≤ √(1 + (‖C‖/(range - Re λ))²)/s_B
 *   separation    1/sep ≤ 1/sep_B + 1/(range - Re λ) + ‖C‖/(sep_B (range - Re λ))
 *
 * with s_B and sep_B by LAPACK's trsen. Where residual ‖E‖ < s sep/4, eigenvalues move by at most
 * 2‖E‖/s (Bai, Demmel and McKenney 1993; Stewart 1973); asked for is s² sep/40, which leaves room
 * for sep's being an estimate.
 */
#include "relaxation_impl.h"
#include "relaxation_lapack.h"
#include <math.h>

#define BUNCH 32   /* eigenvalues taken together at most */
#define APART 1e-2 /* relative distance from which on they are not */
#define SAFETY 40
#define SLOW 1e-5    /* rates up to this part of ‖Q‖₁ */
#define FAR 30       /* and this much slower than all others are found by their currents */
#define CROSSING 0.1 /* share of what could bring an eigenvalue across the edge */

typedef struct {
  PetscInt m;
  PetscReal *B, *gram;          /* UᵀAU; RᵀR of the residuals R = AU - UB; [m²] by columns */
  PetscReal residual, coupling; /* ‖R‖ and ‖C‖, Frobenius */
  OttoComplex *T, *Z, *value;   /* B = Z T Z*, and its diagonal */
  PetscReal *s;                 /* [m] of single eigenvalues of B: 1/condition */
  PetscBool *used;
  OttoComplex *T2, *Z2, *work;
  PetscReal apart; /* s² sep of the bunch looked at last */
} Driven;

/* ---- what the space leaves out ---- */

static PetscErrorCode Residuals(const OttoModeForm *form, const OttoModeSpace *s, Driven *d)
{
  const PetscInt m = d->m;
  PetscScalar *part;
  PetscReal sum = 0;
  Vec *r;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(m, &r, m, &part));
  for (PetscInt j = 0; j < m; j++) PetscCall(VecDuplicate(s->u[0], &r[j]));
  PetscCall(OttoModeProject(form, s, d->B, r));
  for (PetscInt j = 0; j < m; j++) {
    for (PetscInt i = 0; i < m; i++) part[i] = -d->B[i + j * m];
    PetscCall(VecMAXPY(r[j], m, part, s->u));
  }
  for (PetscInt j = 0; j < m; j++) PetscCall(VecMDot(r[j], m, r, d->gram + j * m));
  for (PetscInt j = 0; j < m; j++) sum += d->gram[j + j * m];
  d->residual = sqrt(sum) + OTTO_MODE_NOISE;
  for (PetscInt j = 0; j < m; j++) PetscCall(VecDestroy(&r[j]));
  PetscCall(PetscFree2(r, part));
  PetscFunctionReturn(0);
}

static PetscErrorCode TakeAway(PetscInt n, Vec basis[], PetscScalar part[], Vec c)
{
  PetscFunctionBegin;
  if (!n) PetscFunctionReturn(0);
  PetscCall(VecMDot(c, n, basis, part));
  for (PetscInt i = 0; i < n; i++) part[i] = -part[i];
  PetscCall(VecMAXPY(c, n, part, basis));
  PetscFunctionReturn(0);
}

static PetscErrorCode Coupling(const OttoModeForm *form, const OttoModeSpace *s, Driven *d)
{
  PetscScalar *part;
  PetscReal sum = 0, norm = 0;
  Vec c;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(d->m + form->zeros, &part));
  PetscCall(VecDuplicate(s->u[0], &c));
  for (PetscInt j = 0; j < d->m; j++) {
    PetscCall(MatMultTranspose(form->A, s->u[j], c));
    PetscCall(TakeAway(d->m, s->u, part, c));
    PetscCall(TakeAway(form->zeros, form->zero, part, c));
    PetscCall(VecNorm(c, NORM_2, &norm));
    sum += norm * norm;
  }
  d->coupling = sqrt(sum) + OTTO_MODE_NOISE;
  PetscCall(VecDestroy(&c));
  PetscCall(PetscFree(part));
  PetscFunctionReturn(0);
}

/* ---- the small problem ---- */

static PetscErrorCode Schur(Driven *d)
{
  const int m = (int)d->m, room = m * m + 40 * m;
  int info = 0, none = 0, found = 0;
  PetscReal *rwork;
  OttoComplex *left, *right;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(2 * m, &rwork, m * m, &left, m * m, &right));
  for (int i = 0; i < m * m; i++) d->T[i] = d->B[i];
  zgees_("V", "N", NULL, &m, d->T, &m, &none, d->value, d->Z, &m, d->work, &room, rwork, NULL,
         &info);
  if (!info)
    ztrevc_("B", "A", NULL, &m, d->T, &m, left, &m, right, &m, &m, &found, d->work, rwork, &info);
  for (int j = 0; j < m && !info; j++) {
    OttoComplex dot = 0;
    PetscReal of_left = 0, of_right = 0;
    for (int i = 0; i < m; i++) {
      const OttoComplex l = left[i + j * m], r = right[i + j * m];
      dot += conj(l) * r;
      of_left += creal(l) * creal(l) + cimag(l) * cimag(l);
      of_right += creal(r) * creal(r) + cimag(r) * cimag(r);
    }
    d->s[j] = cabs(dot) / sqrt(of_left * of_right);
  }
  PetscCall(PetscFree3(rwork, left, right));
  if (info) OttoFail(OTTO_ERR_SOLVER, "relaxation rates: LAPACK's Schur form says %d", info);
  PetscFunctionReturn(0);
}

/* Nothing crosses the line Re λ = edge while the residual is taken away, in proportion: the
 * resolvent of the block triangle on it is bounded by those of B and D. */
static void Cross(const Driven *d, OttoModeCount *known)
{
  const PetscReal of_rest = isfinite(known->range) ? 1 / (known->range - known->edge) : 0;
  PetscReal of_found = 0;

  for (PetscInt j = 0; j < d->m; j++)
    of_found += 1 / (d->s[j] * fabs(creal(d->value[j]) - known->edge));
  const PetscReal all = of_found + of_rest + of_found * d->coupling * of_rest;
  if (!known->complete || d->residual * all < CROSSING) return;
  known->complete = PETSC_FALSE;
  PetscCallVoid(PetscStrncpy(known->how, OTTO_MODE_CROSSING, sizeof known->how));
}

/* Indices of the eigenvalues of B, nearest to b first. */
static void Nearest(const Driven *d, OttoComplex b, PetscInt order[])
{
  for (PetscInt k = 0; k < d->m; k++) {
    PetscInt i = k;
    for (; i > 0 && cabs(d->value[order[i - 1]] - b) > cabs(d->value[k] - b); i--)
      order[i] = order[i - 1];
    order[i] = k;
  }
}

/* ‖A X - X T₁₁‖ of the first c Schur vectors. */
static PetscReal Residual(const Driven *d, PetscInt c)
{
  const PetscInt m = d->m;
  PetscReal sum = 0;

  for (PetscInt k = 0; k < c; k++) {
    const OttoComplex *z = d->Z2 + k * m;
    for (PetscInt i = 0; i < m; i++) {
      OttoComplex row = 0, off = 0;
      for (PetscInt j = 0; j < m; j++) {
        row += d->gram[i + j * m] * z[j];
        off += d->B[i + j * m] * z[j];
      }
      for (PetscInt j = 0; j <= k; j++) off -= d->Z2[i + j * m] * d->T2[j + k * m];
      sum += creal(conj(z[i]) * row) + creal(conj(off) * off);
    }
  }
  return sqrt(PetscMax(sum, 0));
}

/* Bound of b with its c nearest eigenvalues of B taken together; infinite where it does not hold.
 */
static PetscErrorCode Bunch(Driven *d, const OttoModeCount *known, OttoComplex b,
                            const PetscInt order[], PetscInt c, PetscReal *bound,
                            PetscReal *residual)
{
  const int m = (int)d->m, room = m * m + 40 * m;
  PetscReal s = 1, sep = 0, spread = 0, most = -INFINITY;
  int info = 0, moved = 0, *select;
  OttoComplex *value;

  PetscFunctionBegin;
  *bound = INFINITY;
  PetscCall(PetscCalloc2(m, &select, m, &value));
  PetscCall(PetscArraycpy(d->T2, d->T, m * m));
  PetscCall(PetscArraycpy(d->Z2, d->Z, m * m));
  for (PetscInt k = 0; k < c; k++) select[order[k]] = 1;
  for (PetscInt k = 0; k < c; k++) most = PetscMax(most, creal(d->value[order[k]]));
  ztrsen_("B", "V", select, &m, d->T2, &m, d->Z2, &m, value, &moved, &s, &sep, d->work, &room,
          &info);
  PetscCall(PetscFree2(select, value));
  if (info) OttoFail(OTTO_ERR_SOLVER, "relaxation rates: LAPACK's ztrsen says %d", info);
  for (PetscInt k = 0; k < c; k++)
    for (PetscInt j = 0; j <= k; j++) {
      const OttoComplex off = d->T2[j + k * m] - (j == k ? b : 0);
      spread += creal(conj(off) * off);
    }
  *residual = Residual(d, c);
  const PetscReal rho = *residual + OTTO_MODE_NOISE, rest = known->range - most;
  PetscReal inverse = c < m ? 1 / sep : 0;
  if (!(rest > 0) || !known->complete) PetscFunctionReturn(0);
  if (isfinite(rest)) {
    s /= hypot(1, d->coupling / rest);
    inverse += 1 / rest + inverse * d->coupling / rest;
  }
  const PetscReal apart = 1 / inverse - d->residual;
  d->apart = s * s * apart;
  if (rho < d->apart / SAFETY) *bound = sqrt(spread) + 2 * rho / s;
  PetscFunctionReturn(0);
}

/* ---- modes ---- */

/* The density of U z, turned so that its real part is largest. */
static PetscErrorCode Mode(const OttoModeForm *form, const OttoModeSpace *s, const OttoComplex z[],
                           Vec *mode)
{
  OttoComplex square = 0;
  PetscScalar *part;
  Vec u;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(s->size, &part));
  for (PetscInt i = 0; i < s->size; i++) square += z[i] * z[i];
  const OttoComplex turn = cabs(square) > 0 ? csqrt(conj(square) / cabs(square)) : 1;
  for (PetscInt i = 0; i < s->size; i++) part[i] = creal(turn * z[i]);
  PetscCall(VecDuplicate(s->u[0], &u));
  PetscCall(VecZeroEntries(u));
  PetscCall(VecMAXPY(u, s->size, part, s->u));
  PetscCall(OttoModeDensity(form, u, mode));
  PetscCall(VecDestroy(&u));
  PetscCall(PetscFree(part));
  PetscFunctionReturn(0);
}

/* The eigenvector of T₁₁ that belongs to its diagonal entry `place`, in the basis of U, over column
 * `place` of the Schur vectors; where two are the same to rounding, any vector of theirs. */
static void Eigenvector(Driven *d, PetscInt place)
{
  const PetscInt m = d->m;
  OttoComplex v[BUNCH] = {0};
  const OttoComplex b = d->T2[place + place * m];

  v[place] = 1;
  for (PetscInt k = place - 1; k >= 0; k--) {
    const OttoComplex gap = d->T2[k + k * m] - b;
    OttoComplex sum = 0;
    for (PetscInt j = k + 1; j <= place; j++) sum += d->T2[k + j * m] * v[j];
    if (cabs(gap) > 1e-9 * cabs(b) && cabs(gap) > cabs(sum) * 1e-6) v[k] = -sum / gap;
  }
  for (PetscInt i = 0; i < m; i++) {
    OttoComplex z = 0;
    for (PetscInt k = 0; k <= place; k++) z += d->Z2[i + k * m] * v[k];
    d->Z2[i + place * m] = z;
  }
}

static PetscErrorCode FillDriven(const OttoModeForm *form, const OttoModeSpace *s, Driven *d,
                                 const OttoModeCount *known, PetscReal re, PetscReal im,
                                 OttoRelaxation *out)
{
  const PetscBool turns = OttoModeTurns(re, im);
  const OttoComplex b = turns ? re + im * I : re;
  const PetscInt at = out->count++;
  PetscReal bound = INFINITY, residual = 0;
  PetscInt *order, first = 0, place = 0, c = 1;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(d->m, &order));
  Nearest(d, b, order);
  while (first + 1 < d->m && d->used[order[first]]) first++;
  d->used[order[first]] = PETSC_TRUE;
  for (;; c++) {
    PetscCall(Bunch(d, known, b, order, c, &bound, &residual));
    if (isfinite(bound) || c == PetscMin(d->m, BUNCH)) break;
    if (cabs(d->value[order[c]] - b) > APART * cabs(b)) break;
  }
  for (PetscInt k = 0; k < c; k++) place += first < c && order[k] < order[first];
  out->rate[at] = re * form->norm;
  out->frequency[at] = turns ? fabs(im) * form->norm : 0;
  out->bound[at] = out->frequency_bound[at] = re > 0 ? bound * form->norm : INFINITY;
  out->residual[at] = residual;
  Eigenvector(d, place);
  PetscCall(Mode(form, s, d->Z2 + place * d->m, &out->mode[at]));
  PetscCall(PetscFree(order));
  PetscFunctionReturn(0);
}

/* How many of the ordered eigenvalues make a bunch of slow ones. */
static PetscInt Slow(PetscInt m, const PetscReal re[], const PetscReal im[], PetscReal range)
{
  PetscReal most = 0;
  PetscInt slow = 0;

  for (PetscInt i = 0; i < PetscMin(m, BUNCH) && re[i] <= SLOW; i++) {
    PetscReal next = range;
    most = PetscMax(most, hypot(re[i], im[i]));
    for (PetscInt j = i + 1; j < m; j++) next = PetscMin(next, hypot(re[j], im[j]));
    if (next > FAR * most && im[i] <= 0) slow = i + 1;
  }
  return slow;
}

static PetscErrorCode FillSlow(const OttoModeForm *form, const OttoModeSpace *s, Driven *d,
                               const OttoModeCount *known, PetscInt c, PetscInt wanted,
                               OttoRelaxation *out)
{
  PetscReal bound = 0, residual = 0;
  PetscInt *order;
  OttoModeSpace x = {0};
  PetscScalar *part;
  Vec u;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(d->m, &order, d->m, &part));
  Nearest(d, 0, order);
  PetscCall(Bunch(d, known, 0, order, c, &bound, &residual));
  PetscCall(VecDuplicate(form->log_w, &u));
  for (PetscInt k = 0; k < 2 * c && isfinite(bound); k++) { /* real and imaginary parts span it */
    const OttoComplex *z = d->Z2 + (k / 2) * d->m;
    for (PetscInt i = 0; i < d->m; i++) part[i] = k % 2 ? cimag(z[i]) : creal(z[i]);
    PetscCall(VecZeroEntries(u));
    PetscCall(VecMAXPY(u, d->m, part, s->u));
    if (x.size < c) PetscCall(OttoModeSpaceAdd(form, &x, u));
  }
  if (x.size == c) PetscCall(OttoModesSlow(form, &x, d->apart, residual, wanted, out));
  PetscCall(VecDestroy(&u));
  PetscCall(OttoModeSpaceFree(&x));
  PetscCall(PetscFree2(order, part));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoModesDriven(const OttoModeForm *form, const OttoModeSpace *s, PetscInt count,
                               OttoModeCount *known, OttoRelaxation *out)
{
  const PetscInt m = s->size, square = m * m;
  Driven d = {.m = m};
  PetscReal *re, *im;

  PetscFunctionBegin;
  PetscCall(PetscCalloc7(square, &d.B, square, &d.gram, square, &d.T, square, &d.Z, m, &d.value, m,
                         &d.s, m, &d.used));
  PetscCall(PetscMalloc5(square, &d.T2, square, &d.Z2, square + 40 * m, &d.work, m, &re, m, &im));
  PetscCall(Residuals(form, s, &d));
  PetscCall(Coupling(form, s, &d));
  PetscCall(Schur(&d));
  Cross(&d, known);
  PetscCall(OttoModeRitz(form, s, re, im));
  PetscInt slow = form->fits ? Slow(m, re, im, known->range) : 0;
  if (slow) PetscCall(FillSlow(form, s, &d, known, slow, count, out));
  if (!out->count) slow = 0;
  for (PetscInt i = slow; i < m && out->count < count; i++)
    if (!(OttoModeTurns(re[i], im[i]) && im[i] < 0))
      PetscCall(FillDriven(form, s, &d, known, re[i], im[i], out));
  PetscCall(PetscFree5(d.T2, d.Z2, d.work, re, im));
  PetscCall(PetscFree7(d.B, d.gram, d.T, d.Z, d.value, d.s, d.used));
  PetscFunctionReturn(0);
}
