/* ranks: 1 2
 * Bounds and counts of relaxation rates: against dense spectra, whichever way they were found; and
 * that a bound which does not hold, or a mode that is missing, is noticed. */
#include "test.h"
#include "chain/relaxation_impl.h"
#include "chain/relaxation_lapack.h"
#include "fokker_planck/fokker_planck.h"
#include <stdlib.h>
#include "chain.h"
#include "dense.h"

/* ---- dense reference ---- */

/* Condition of an eigenvalue: 1/|y*x| of left and right vectors of norm 1 as dgeev has them. */
static double Condition(int n, const double left[], const double right[], const double im[], int i)
{
  const int a = im[i] < 0 ? i - 1 : i;
  OttoComplex dot = 0;

  for (int k = 0; k < n; k++) {
    const OttoComplex l = left[k + a * n] - (im[i] != 0 ? I * left[k + (a + 1) * n] : 0);
    dot += l * (right[k + a * n] + (im[i] != 0 ? I * right[k + (a + 1) * n] : 0));
  }
  return 1 / cabs(dot);
}

/* The spectrum of -Qᵀ from its dense rates, scaled by its own dense steady state where there is
 * one: ordered as the library orders it; of each the condition of the one nearest to it. */
static PetscErrorCode Reference(Chain *s, PetscReal re[], PetscReal im[], PetscReal condition[])
{
  const int n = (int)s->g->cells, room = 40 * n;
  int info = 0;
  PetscReal *left, *right, *first;
  PetscReal *Q = NULL, *copy, *pi, *work, *dense, *diagonal;
  Vec leave;
  VecScatter scatter;
  Vec all;

  PetscFunctionBegin;
  PetscCall(DenseRates(s->Q, n, &Q));
  PetscCall(PetscCalloc5(n * n, &copy, n, &pi, room, &work, n * n, &dense, n, &diagonal));
  PetscCall(PetscArraycpy(copy, Q, n * n));
  DenseSteady(n, copy, pi); /* of the closed box where axes absorb */
  PetscCall(OttoFieldCreate(s->grid, &leave));
  PetscScalar *values;
  PetscCall(VecGetArray(leave, &values));
  PetscCall(PetscArraycpy(values, OttoGeneratorGetRates(s->Q)->leave, s->g->local_cells));
  PetscCall(VecRestoreArray(leave, &values));
  PetscCall(VecScatterCreateToAll(leave, &scatter, &all));
  PetscCall(VecScatterBegin(scatter, leave, all, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecScatterEnd(scatter, leave, all, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecGetArray(all, &values));
  for (int x = 0; x < n; x++)
    for (int y = 0; y < n; y++)
      dense[y + x * n] = x == y ? values[x] : -Q[x * n + y] * sqrt(pi[x] / pi[y]);
  PetscCall(VecRestoreArray(all, &values));
  PetscCall(PetscMalloc3(n * n, &left, n * n, &right, 3 * n, &first));
  dgeev_("V", "V", &n, dense, &n, re, im, left, &n, right, &n, work, &room, &info);
  TestTrue(info == 0, "LAPACK");
  for (int i = 0; i < n; i++) {
    first[i] = re[i];
    first[n + i] = im[i];
    first[2 * n + i] = Condition(n, left, right, im, i);
  }
  OttoModeSort(n, re, im);
  for (int i = 0; i < n; i++) {
    int at = 0;
    for (int k = 1; k < n; k++)
      if (hypot(first[k] - re[i], first[n + k] - im[i]) <
          hypot(first[at] - re[i], first[n + at] - im[i]))
        at = k;
    condition[i] = first[2 * n + at];
  }
  PetscCall(PetscFree3(left, right, first));
  PetscCall(VecScatterDestroy(&scatter));
  PetscCall(VecDestroy(&all));
  PetscCall(VecDestroy(&leave));
  PetscCall(PetscFree5(copy, pi, work, dense, diagonal));
  PetscCall(PetscFree(Q));
  PetscFunctionReturn(0);
}

/* Every eigenvalue of the reference in turn, a pair once. A bound that is condition times residual
 * is no smaller than the reference's condition times what rounding of entries alone leaves. */
static void Against(const OttoRelaxation *r, const OttoModeForm *form, PetscInt n,
                    const PetscReal re[], const PetscReal im[], const PetscReal condition[])
{
  const PetscReal slack = 2e-14 * form->norm; /* the reference: ε‖Q‖ times conditions up to 100 */
  PetscInt k = 0;

  for (PetscInt i = form->zeros; i < n && k < r->count; i++) {
    const PetscReal turn = OttoModeTurns(re[i], im[i]) ? im[i] : 0;
    PetscReal near = INFINITY;
    if (turn < 0) continue;
    TestTrue(fabs(r->rate[k] - re[i]) <= r->bound[k] + slack, "a rate within its bound");
    TestTrue(fabs(r->frequency[k] - turn) <= r->frequency_bound[k] + slack + fabs(im[i] - turn),
             "a frequency within its bound");
    for (PetscInt j = 0; j < n; j++)
      if (j != i) near = PetscMin(near, hypot(re[i] - re[j], im[i] - im[j]));
    if (!form->symmetric && near > 1e-3 * re[i] && re[i] > 1e-4 * form->norm)
      TestTrue(r->bound[k] >= 1.999 * condition[i] * OTTO_MODE_NOISE * form->norm,
               "the condition is in it");
    k++;
  }
  TestTrue(k == r->count, "all compared");
}

/* That nothing outside a space reaches below its range, known from the whole spectrum, is what the
 * inertia of the factorised matrix says as well. */
static PetscErrorCode Agree(const OttoModeForm *form, PetscInt count)
{
  OttoModeSpace space = {0};
  OttoModeCount known = {0};
  PetscInt missing = 0;

  PetscFunctionBegin;
  PetscCall(OttoModeWhole(form, count, &space, &known));
  if (isfinite(known.range))
    PetscCall(OttoModeMissing(form, &space, known.range * (1 - 1e-9), &missing));
  TestTrue(missing == 0, "both counts agree");
  PetscCall(OttoModeSpaceFree(&space));
  PetscFunctionReturn(0);
}

/* ---- random chains ---- */

static double Uniform(unsigned *seed, double from, double to)
{
  *seed = *seed * 1664525u + 1013904223u;
  return from + (to - from) * (double)(*seed >> 8) / 16777216.0;
}

static PetscErrorCode OneChain(unsigned seed)
{
  static const OttoBoundary kinds[3] = {P, W, A};
  unsigned at = seed * 2654435761u + 12345u;
  const PetscInt dim = 1 + (PetscInt)(seed % 3), count = 1 + (PetscInt)(seed % 5);
  PetscInt64 n[3];
  PetscReal lower[3], upper[3], *re, *im, *condition;
  OttoBoundary boundary[3];
  char V[200], f[300];
  OttoRelaxation r;
  Chain s;

  PetscFunctionBegin;
  for (int j = 0; j < 3; j++) {
    n[j] = dim == 1   ? 30 + (int)Uniform(&at, 0, 60)
           : dim == 2 ? 5 + (int)Uniform(&at, 0, 8)
                      : 3 + (int)Uniform(&at, 0, 3);
    lower[j] = Uniform(&at, -2, 0);
    upper[j] = lower[j] + Uniform(&at, 0.5, 3);
    boundary[j] = kinds[(int)Uniform(&at, 0, 3)];
  }
  const double deep = Uniform(&at, 0, 3), hard = seed % 4 ? Uniform(&at, 0, 30) : 0;
  snprintf(V, sizeof V, "%g*(cos(2*x+%g)%s%s)", deep, Uniform(&at, 0, 6),
           dim > 1 ? "+sin(3*y)" : "", dim > 2 ? "+cos(x+2*z)" : "");
  snprintf(f, sizeof f, "%g%s%s", hard, dim > 1 ? "+0*y" : "", "");
  if (dim == 2) snprintf(f, sizeof f, "%g*sin(2*y+1)+1,%g*cos(x)", hard, hard);
  if (dim == 3) snprintf(f, sizeof f, "%g*sin(2*y+1),%g*cos(x+z),%g*sin(y)+2", hard, hard, hard);
  PetscCall(ChainCreate(dim, n, lower, upper, boundary,
                        hard > 0 ? OPTIONS("-potential_type", "formula", "-potential_formula", V,
                                           "-drift_type", "formula", "-drift_formula", f)
                                 : OPTIONS("-potential_type", "formula", "-potential_formula", V),
                        &s));
  PetscCall(PetscMalloc3(s.g->cells, &re, s.g->cells, &im, s.g->cells, &condition));
  PetscCall(Reference(&s, re, im, condition));
  const PetscInt zeros = OttoGeneratorIsAbsorbing(s.Q) ? 0 : 1;
  for (int way = 0; way < 2; way++) {
    OttoModeForm form;
    PetscCall(OttoModeFormCreate(s.R, NULL, &form));
    TestTrue(form.zeros == zeros, "a zero for the steady state");
    PetscCall(OttoModesFind(&form, way ? PETSC_FALSE : PETSC_TRUE, count, &r));
    TestTrue(r.count == count && r.complete, "as many as asked for, and no other before them");
    Against(&r, &form, (PetscInt)s.g->cells, re, im, condition);
    if (!way) PetscCall(Agree(&form, count));
    for (PetscInt k = 0; k < r.count; k++)
      TestTrue(r.bound[k] <= 1e-6 * r.rate[k], "a useful bound");
    PetscCall(OttoRelaxationFree(&r));
    PetscCall(OttoModeFormDestroy(&form));
  }
  PetscCall(PetscFree3(re, im, condition));
  PetscCall(ChainDestroy(&s));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestRandom(void)
{
  PetscCall(OttoModeOptions(PETSC_COMM_WORLD));
  for (unsigned seed = 1; seed <= 40; seed++) PetscCall(OneChain(seed));
  return 0;
}

/* ---- what must be noticed ---- */

static PetscErrorCode Driven200(Chain *s)
{
  return ChainCreate(1, (PetscInt64[]){100}, (PetscReal[]){0}, (PetscReal[]){1},
                     (OttoBoundary[]){W}, OPTIONS("-drift_type", "constant", "-drift_force", "200"),
                     s);
}

/* Without the similarity the same chain has conditions beyond 1e16: LAPACK's values are wrong by
 * half of themselves, its residuals are rounding, and no bound may be given. */
static PetscErrorCode TestPlainForm(void)
{
  OttoModeForm form;
  OttoModeSpace space = {0};
  OttoModeCount known = {0};
  OttoRelaxation r;
  Vec log_w;
  Chain s;

  PetscCall(Driven200(&s));
  PetscCall(OttoFieldCreate(s.grid, &log_w));
  PetscCall(OttoModeFormCreate(s.R, log_w, &form));
  PetscCall(OttoModeWhole(&form, 4, &space, &known));
  PetscCall(OttoModesOf(&form, &space, 4, &known, &r));
  TestTrue(fabs(r.rate[0] - 9250.7407) > 100, "wrong");
  for (PetscInt k = 0; k < r.count; k++) {
    TestTrue(r.residual[k] < 1e-12, "although its residual is small");
    TestTrue(!isfinite(r.bound[k]), "no bound is given");
    TestTrue(!r.complete, "nor is the count said to be certain");
  }
  PetscCall(OttoRelaxationFree(&r));
  PetscCall(OttoModeSpaceFree(&space));
  PetscCall(OttoModeFormDestroy(&form));
  PetscCall(VecDestroy(&log_w));
  PetscCall(ChainDestroy(&s));
  return 0;
}

/* The space without its vector `without`, the others disturbed by `by`. */
static PetscErrorCode Spoil(const OttoModeForm *form, const OttoModeSpace *from, PetscInt without,
                            PetscReal by, OttoModeSpace *to)
{
  Vec u, noise;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(form->log_w, &u));
  PetscCall(VecDuplicate(form->log_w, &noise));
  for (PetscInt i = 0; i < from->size; i++) {
    if (i == without) continue;
    PetscScalar *values;
    PetscInt first = 0;
    PetscCall(VecGetOwnershipRange(noise, &first, NULL));
    PetscCall(VecGetArray(noise, &values));
    PetscInt own = 0;
    PetscCall(VecGetLocalSize(noise, &own));
    for (PetscInt c = 0; c < own; c++) values[c] = sin(1.7 * (double)(first + c) * (double)(i + 1));
    PetscCall(VecRestoreArray(noise, &values));
    PetscCall(VecNormalize(noise, NULL));
    PetscCall(VecCopy(from->u[i], u));
    PetscCall(VecAXPY(u, by, noise));
    PetscCall(OttoModeSpaceAdd(form, to, u));
  }
  PetscCall(VecDestroy(&u));
  PetscCall(VecDestroy(&noise));
  PetscFunctionReturn(0);
}

/* Vectors that are a little off: whatever bound is still given holds; a lot off: none is given for
 * driven chains, whose conditions no longer hold. */
static PetscErrorCode Disturbed(const char *const options[], OttoBoundary boundary)
{
  OttoModeForm form;
  OttoModeSpace space = {0};
  OttoModeCount known = {0};
  OttoRelaxation exact, r;
  Chain s;

  PetscFunctionBegin;
  PetscCall(ChainCreate(2, (PetscInt64[]){14, 12}, (PetscReal[]){0, 0}, (PetscReal[]){1, 1.3},
                        (OttoBoundary[]){boundary, boundary}, options, &s));
  PetscCall(OttoModeFormCreate(s.R, NULL, &form));
  PetscCall(OttoModeWhole(&form, 4, &space, &known));
  PetscCall(OttoModesOf(&form, &space, 4, &known, &exact));
  for (PetscReal by = 1e-12; by < 1; by *= 100) {
    OttoModeSpace off = {0};
    OttoModeCount also = known;
    PetscInt certified = 0;
    PetscCall(Spoil(&form, &space, -1, by, &off));
    PetscCall(OttoModesOf(&form, &off, 4, &also, &r));
    for (PetscInt k = 0; k < r.count; k++) {
      certified += OttoRelaxationCertified(&r, k);
      if (!OttoRelaxationCertified(&r, k)) continue;
      TestTrue(fabs(r.rate[k] - exact.rate[k]) <= r.bound[k] + exact.bound[k],
               "what is given holds");
      TestTrue(r.bound[k] < 1e-4 * r.rate[k] || by > 1e-8, "and is not given away either");
    }
    if (by < 1e-9) TestTrue(certified == 4, "a little off: certified");
    if (by > 1e-3 && !form.symmetric) TestTrue(certified == 0, "far off: not certified");
    PetscCall(OttoRelaxationFree(&r));
    PetscCall(OttoModeSpaceFree(&off));
  }
  PetscCall(OttoRelaxationFree(&exact));
  PetscCall(OttoModeSpaceFree(&space));
  PetscCall(OttoModeFormDestroy(&form));
  PetscCall(ChainDestroy(&s));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestDisturbed(void)
{
  PetscCall(Disturbed(OPTIONS("-potential_type", "formula", "-potential_formula", "2*x*y"), W));
  PetscCall(Disturbed(
      OPTIONS("-drift_type", "formula", "-drift_formula", "10*sin(6*y)+3,10*cos(2*_pi*x)"), P));
  return 0;
}

/* The count: what is taken out of a complete space is missing, one and one more; nothing else is.
 */
static PetscErrorCode TestMissing(void)
{
  static const char *const drifts[2] = {"none", "formula"};

  for (int k = 0; k < 2; k++) {
    OttoModeForm form;
    OttoModeSpace space = {0};
    OttoModeCount known = {0};
    PetscInt missing = 0;
    Chain s;
    PetscCall(ChainCreate(2, (PetscInt64[]){15, 15}, (PetscReal[]){0, 0}, (PetscReal[]){1, 1},
                          (OttoBoundary[]){P, P},
                          OPTIONS("-drift_type", drifts[k], "-drift_formula", "3,0*x+2"), &s));
    PetscCall(OttoModeFormCreate(s.R, NULL, &form));
    TestTrue(form.symmetric == (k == 0), "detailed balance or not");
    PetscCall(OttoModeWhole(&form, 8, &space, &known));
    PetscCall(OttoModeMissing(&form, &space, known.edge, &missing));
    TestTrue(missing == 0, "nothing is missing");
    for (PetscInt i = 0; i < 4; i++) { /* the first four belong to the lowest, fourfold */
      OttoModeSpace some = {0};
      PetscCall(Spoil(&form, &space, i, 0, &some));
      PetscCall(OttoModeMissing(&form, &some, known.edge, &missing));
      TestTrue(missing == 1, "one is missing");
      PetscCall(OttoModeSpaceFree(&some));
    }
    OttoModeSpace nothing = {0};
    PetscCall(OttoModeMissing(&form, &nothing, known.edge, &missing));
    TestTrue(missing == space.size, "all are missing");
    PetscCall(OttoModeSpaceFree(&space));
    PetscCall(OttoModeFormDestroy(&form));
    PetscCall(ChainDestroy(&s));
  }
  return 0;
}

/* Where a factorisation does not fit, a Krylov method finds the same, multiple ones among them, and
 * says that the count is not certain. */
static PetscErrorCode TestTooLarge(void)
{
  static const char *const drifts[2] = {"none", "formula"};

  for (int k = 0; k < 2; k++) {
    OttoModeForm form;
    OttoRelaxation exact, r;
    Chain s;
    PetscCall(ChainCreate(
        2, (PetscInt64[]){16, 16}, (PetscReal[]){0, 0}, (PetscReal[]){1, 1}, (OttoBoundary[]){W, W},
        OPTIONS("-potential_type", "formula", "-potential_formula", "x*y", "-drift_type", drifts[k],
                "-drift_formula", "2*sin(3*y),2*cos(x)"),
        &s));
    PetscCall(OttoModeFormCreate(s.R, NULL, &form));
    PetscCall(OttoModesFind(&form, PETSC_FALSE, 3, &exact));
    TestTrue(exact.complete && exact.count == 3, "factorised: certain");
    form.fits = PETSC_FALSE;
    PetscCall(OttoModesFind(&form, PETSC_FALSE, 3, &r));
    TestTrue(r.count == 3 && !r.complete, "otherwise found, and not certain");
    TestTrue(strstr(r.how, "not certain") && strstr(r.how, "too large"), "in words");
    for (PetscInt i = 0; i < r.count; i++) {
      TestTrue(!OttoRelaxationCertified(&r, i), "not certified");
      /* 1e-10 of an inverse's largest, some 100 times the ones wanted */
      TestClose(r.rate[i], exact.rate[i], 1e-8, "the same rate");
    }
    PetscCall(OttoRelaxationFree(&exact));
    PetscCall(OttoRelaxationFree(&r));
    PetscCall(OttoModeFormDestroy(&form));
    PetscCall(ChainDestroy(&s));
  }
  return 0;
}

/* The verdict: of a spectrum as it is; with a mode missing; with a bound that does not hold; with
 * fewer than asked for; with a bound that is too large. */
static PetscErrorCode Verdict(const OttoRelaxation *r, PetscInt wanted, PetscReal *value)
{
  OttoRecord record;

  PetscFunctionBegin;
  PetscCall(OttoRecordCreate(PETSC_COMM_WORLD, "fokker-planck", NULL, &record));
  PetscCall(OttoRunDescribeRelaxation(record, r, wanted));
  PetscCall(OttoRecordWorst(record, "relaxation", value));
  PetscCall(OttoRecordDestroy(&record));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestVerdict(void)
{
  OttoRelaxation r;
  PetscReal value = 0, limit = 0;
  OttoRecord record;
  Chain s;

  PetscCall(Driven200(&s));
  PetscCall(OttoRelaxationCompute(s.R, 3, &r));
  PetscCall(OttoRecordCreate(PETSC_COMM_WORLD, "fokker-planck", NULL, &record));
  PetscCall(OttoRecordBound(record, "relaxation", &limit));
  PetscCall(OttoRecordDestroy(&record));
  PetscCall(Verdict(&r, 3, &value));
  TestTrue(value > 0 && value < 1e-11, "known: the largest bound over its rate");
  PetscCall(Verdict(&r, 4, &value));
  TestTrue(!(value <= limit), "fewer than asked for");
  r.complete = PETSC_FALSE;
  PetscCall(Verdict(&r, 3, &value));
  TestTrue(!(value <= limit), "one may be missing");
  r.complete = PETSC_TRUE;
  r.bound[1] = INFINITY;
  PetscCall(Verdict(&r, 3, &value));
  TestTrue(!(value <= limit), "a bound that does not hold");
  r.bound[1] = 2 * limit * r.rate[1];
  PetscCall(Verdict(&r, 3, &value));
  TestClose(value, 2 * limit, 1e-12, "a bound that is too large");
  r.bound[1] = 0;
  r.frequency_bound[2] = 3 * limit * r.rate[2];
  PetscCall(Verdict(&r, 3, &value));
  TestClose(value, 3 * limit, 1e-12, "that of a frequency");
  PetscCall(OttoRelaxationFree(&r));
  PetscCall(ChainDestroy(&s));
  return 0;
}

int main(void)
{
  return TestMain(
      {TestRandom, TestPlainForm, TestDisturbed, TestMissing, TestTooLarge, TestVerdict});
}
