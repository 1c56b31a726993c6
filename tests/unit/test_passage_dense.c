/* ranks: 1 2 3 4
 * First passages of small chains, driven and with detailed balance, against dense solves of the
 * chain with faces' midpoints as states of their own. */
#include "passages.h"
#include "chain/relaxation_lapack.h"
#include "dense.h"

#define SETS 3

static PetscInt Sets(const PetscReal x[])
{
  if (x[0] < 0.35 && x[1] < 0.7) return 1;
  if (hypot(x[0] - 0.75, 0.5 * x[1] - 0.65) < 0.16) return 2;
  return x[0] > 0.85 && x[1] < 0.6 ? 3 : 0;
}

/* The chain without targets, and the label of every cell. */
typedef struct {
  PetscInt n;
  PetscReal *Q, *pi, *killed; /* killed[face · n + cell] */
  PetscInt *label;
} Dense;

static PetscErrorCode DenseCreate(const Chain *s, Dense *d)
{
  PetscReal *copy, x[OTTO_MAX_DIM];

  PetscFunctionBegin;
  d->n = (PetscInt)s->g->cells;
  PetscCall(DenseRates(s->Q, d->n, &d->Q));
  PetscCall(PetscMalloc1(d->n * d->n, &copy));
  PetscCall(PetscMalloc1(d->n, &d->pi));
  PetscCall(PetscCalloc1(d->n, &d->label));
  PetscCall(PetscCalloc1(OTTO_FACES * d->n, &d->killed));
  const OttoRates *r = OttoGeneratorGetRates(s->Q);
  for (PetscInt64 i = 0; i < r->losses; i++)
    d->killed[r->loss[i].face * d->n + s->g->offset + r->loss[i].cell] = r->loss[i].rate;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, d->killed, (int)(OTTO_FACES * d->n), MPIU_REAL, MPI_SUM,
                             PETSC_COMM_WORLD));
  PetscCall(PetscArraycpy(copy, d->Q, d->n * d->n));
  DenseSteady(d->n, copy, d->pi);
  PetscCall(PetscFree(copy));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    OttoGridCellCentre(s->g, c, x);
    d->label[s->g->offset + c] = Sets(x);
  }
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, d->label, (int)d->n, MPIU_INT, MPI_SUM, PETSC_COMM_WORLD));
  PetscFunctionReturn(0);
}

static PetscErrorCode DenseDestroy(Dense *d)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(d->Q));
  PetscCall(PetscFree(d->pi));
  PetscCall(PetscFree(d->label));
  PetscCall(PetscFree(d->killed));
  PetscFunctionReturn(0);
}

/* Rate from x up to y, of the chain or (back) of the time-reversed one. */
static PetscReal Rate(const Dense *d, PetscBool back, PetscInt x, PetscInt y)
{
  return back ? d->pi[y] * d->Q[y * d->n + x] / d->pi[x] : d->Q[x * d->n + y];
}

/* Share of what is at the midpoint between x and y that goes on to y: as the square roots of the
 * rates, so that both halves in a row are the edge. */
static PetscReal Onwards(const Dense *d, PetscBool back, PetscInt x, PetscInt y)
{
  const PetscReal to_y = sqrt(Rate(d, back, x, y)), to_x = sqrt(Rate(d, back, y, x));

  return to_y / (to_x + to_y);
}

/* Rate from x to the midpoint on the way to y: through it Q = k_xm · Onwards. */
static PetscReal ToMidpoint(const Dense *d, PetscBool back, PetscInt x, PetscInt y)
{
  return Rate(d, back, x, y) / Onwards(d, back, x, y);
}

static PetscBool Joined(const Dense *d, PetscInt x, PetscInt y)
{
  return d->Q[x * d->n + y] > 0 ? PETSC_TRUE : PETSC_FALSE;
}

/* u with -Q u = b outside the sets of `taken` (bits 1 << set), whose faces have u = value[set]. In
 * cells of these u = value as well. Open sets have midpoints at their faces, which change nothing
 * for cells: two halves are the edge. */
static PetscErrorCode Solve(const Dense *d, PetscBool back, int taken, const PetscReal value[],
                            const PetscReal b[], PetscReal u[])
{
  const int n = (int)d->n, one = 1;
  int info = 0, *pivots;
  PetscReal *matrix;

  PetscFunctionBegin;
  PetscCall(PetscCalloc2(n * n, &matrix, n, &pivots));
  for (int x = 0; x < n; x++) {
    const PetscBool in = taken & (1 << d->label[x]) ? PETSC_TRUE : PETSC_FALSE;
    u[x] = in ? value[d->label[x]] : b[x];
    if (in) matrix[x + x * n] = 1;
    for (int f = 0; f < OTTO_FACES && !in; f++) matrix[x + x * n] += d->killed[f * n + x];
    for (int y = 0; y < n && !in; y++) {
      if (!Joined(d, x, y)) continue;
      const PetscBool ends = taken & (1 << d->label[y]) ? PETSC_TRUE : PETSC_FALSE;
      const PetscReal rate = ends ? ToMidpoint(d, back, x, y) : Rate(d, back, x, y);
      matrix[x + x * n] += rate;
      if (ends)
        u[x] += rate * value[d->label[y]];
      else
        matrix[x + y * n] -= rate;
    }
  }
  dgesv_(&n, &one, matrix, &n, pivots, u, &n, &info);
  TestTrue(info == 0, "the dense system is regular");
  PetscCall(PetscFree2(matrix, pivots));
  PetscFunctionReturn(0);
}

static PetscErrorCode Compare(const OttoGridInfo *g, Vec field, const PetscReal exact[],
                              PetscReal tolerance, const char *what)
{
  const PetscScalar *a;
  PetscReal most = 0, off = 0;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->cells; c++) most = PetscMax(most, fabs(exact[c]));
  PetscCall(VecGetArrayRead(field, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    const PetscReal error = fabs(a[c] - exact[g->offset + c]);
    off = error <= off ? off : error;
  }
  PetscCall(VecRestoreArrayRead(field, &a));
  TestTrue(off <= tolerance * most, what);
  if (!(off <= tolerance * most)) printf("%s: off by %g\n", what, off / most);
  PetscFunctionReturn(0);
}

typedef struct {
  OttoBoundary boundary[2];
  const char *drift;
  OttoPassageMethod method;
} Case;

static const Case *now;

/* ---- what is compared ---- */

#define SOLVED 1e-10 /* solves end at 1e-12, of numbers that dgesv has to some 1e-13 */

static PetscErrorCode CheckTimes(const Chain *s, const Dense *d, OttoPassage passage)
{
  PetscReal *b, *u, none[SETS + 1] = {0};
  OttoPassageReport report[OTTO_PASSAGE_MOMENTS];
  Vec moment[OTTO_PASSAGE_MOMENTS];

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(d->n, &b, d->n, &u));
  for (int k = 0; k < OTTO_PASSAGE_MOMENTS; k++) PetscCall(OttoFieldCreate(s->grid, &moment[k]));
  for (PetscInt set = 0; set <= 1; set++) { /* 0: all of them */
    if (set)
      PetscCall(OttoPassageTimesTo(passage, set, OTTO_PASSAGE_MOMENTS, moment, report));
    else
      PetscCall(OttoPassageTimes(passage, OTTO_PASSAGE_MOMENTS, moment, report));
    for (PetscInt x = 0; x < d->n; x++) u[x] = 1;
    for (int k = 0; k < OTTO_PASSAGE_MOMENTS; k++) {
      for (PetscInt x = 0; x < d->n; x++) b[x] = (k + 1) * u[x];
      PetscCall(Solve(d, PETSC_FALSE, set ? 1 << set : 14, none, b, u));
      PetscCall(Compare(s->g, moment[k], u, SOLVED, "a moment of the passage time"));
      TestTrue(report[k].converged && report[k].relative < 1e-9, "certified");
      TestTrue(k == 0 || report[k].relative >= report[k - 1].relative,
               "with what its source is off");
      TestTrue((report[k].cycles == 0) == (now->method == OTTO_PASSAGE_AUTO),
               "by the method meant");
    }
  }
  for (int k = 0; k < OTTO_PASSAGE_MOMENTS; k++) PetscCall(VecDestroy(&moment[k]));
  PetscCall(PetscFree2(b, u));
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckSplitting(const Chain *s, const Dense *d, OttoPassage passage, int back)
{
  PetscReal *none, *u;
  OttoPassageReport report;
  Vec q, sum;

  PetscFunctionBegin;
  PetscCall(PetscCalloc2(d->n, &none, d->n, &u));
  PetscCall(OttoFieldCreate(s->grid, &q));
  PetscCall(OttoFieldCreate(s->grid, &sum));
  for (PetscInt channel = 0; channel < OTTO_FACES + SETS; channel++) {
    PetscReal value[SETS + 1] = {0}, most = 0;
    const PetscReal *b = channel < OTTO_FACES ? d->killed + channel * d->n : none;
    for (PetscInt x = 0; x < d->n; x++) most = PetscMax(most, b[x]);
    if (channel < OTTO_FACES && most == 0) continue;
    if (channel >= OTTO_FACES) value[channel - OTTO_FACES + 1] = 1;
    if (back)
      PetscCall(OttoPassageBackward(passage, channel, q, &report));
    else
      PetscCall(OttoPassageSplitting(passage, channel, q, &report));
    PetscCall(Solve(d, back ? PETSC_TRUE : PETSC_FALSE, 14, value, b, u));
    PetscCall(Compare(s->g, q, u, SOLVED, back ? "which was last" : "which is first"));
    TestTrue(report.converged && report.absolute < 1e-9, "certified");
    PetscCall(VecAXPY(sum, 1, q));
  }
  for (PetscInt x = 0; x < d->n; x++) u[x] = 1;
  PetscCall(Compare(s->g, sum, u, SOLVED, "some it is"));
  PetscCall(VecDestroy(&sum));
  PetscCall(VecDestroy(&q));
  PetscCall(PetscFree2(none, u));
  PetscFunctionReturn(0);
}

/* Of transitions a → b by hand: q⁺, q⁻, flux, share of time that was in a last, k = 1/E_ν τ_b. */
typedef struct {
  PetscReal flux, share, rate;
} ByHand;

static PetscErrorCode Hand(const Dense *d, PetscInt a, PetscInt b, PetscReal ahead[],
                           PetscReal back[], ByHand *out)
{
  PetscReal *one, *zero, *u, to_b[SETS + 1] = {0}, from_a[SETS + 1] = {0}, none[SETS + 1] = {0};
  PetscReal weight = 0, mean = 0;

  PetscFunctionBegin;
  PetscCall(PetscCalloc3(d->n, &one, d->n, &zero, d->n, &u));
  to_b[b] = from_a[a] = 1;
  *out = (ByHand){0, 0, 0};
  PetscCall(Solve(d, PETSC_FALSE, 1 << a | 1 << b, to_b, zero, ahead));
  PetscCall(Solve(d, PETSC_TRUE, 1 << a | 1 << b, from_a, zero, back));
  for (PetscInt x = 0; x < d->n; x++) one[x] = 1;
  PetscCall(Solve(d, PETSC_FALSE, 1 << b, none, one, u));
  for (PetscInt x = 0; x < d->n; x++) {
    out->share += d->pi[x] * back[x];
    for (PetscInt y = 0; y < d->n; y++) {
      if (d->label[x] != a || d->label[y] == a || !Joined(d, x, y)) continue;
      /* through the midpoint a unit of time, from either side */
      const PetscReal from_y = d->pi[y] * ToMidpoint(d, PETSC_FALSE, y, x);
      const PetscReal through = from_y + d->pi[x] * ToMidpoint(d, PETSC_FALSE, x, y);
      const PetscReal on = Onwards(d, PETSC_FALSE, x, y);
      out->flux += through * on * ahead[y];
      weight += from_y * (1 - back[y]);
      mean += from_y * (1 - back[y]) * ((1 - on) * u[x] + on * u[y]);
    }
  }
  out->rate = weight / mean;
  PetscCall(PetscFree3(one, zero, u));
  PetscFunctionReturn(0);
}

/* Σ J/h over cells in a box between A and B is not conserved; what is: through surfaces. The
 * current at centres by hand, half of what passes each of a cell's faces. */
static PetscErrorCode CheckCurrent(const Chain *s, const Dense *d, const OttoTransition *t,
                                   const PetscReal ahead[], const PetscReal back[])
{
  const OttoGridInfo *g = s->g;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscReal *J, *position;
    PetscInt64 idx[OTTO_MAX_DIM];
    PetscCall(PetscCalloc2(d->n, &J, d->n, &position));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      OttoGridCellIndex(g, c, idx);
      position[g->offset + c] = (PetscReal)idx[j];
    }
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, position, (int)d->n, MPIU_REAL, MPI_SUM, g->comm));
    for (PetscInt x = 0; x < d->n; x++)
      for (PetscInt y = 0; y < d->n; y++) {
        const PetscBool open =
            d->label[x] != t->a && d->label[x] != t->b ? PETSC_TRUE : PETSC_FALSE;
        if (!open || !Joined(d, x, y) || position[x] == position[y]) continue;
        const PetscReal up = position[y] - position[x];
        const int side = (up > 0) == (fabs(up) == 1) ? 1 : -1; /* round a periodic axis: down */
        const PetscReal scale = 0.5 * g->h[j] * side / g->cell_volume;
        if (d->label[y] == t->a)
          J[x] -= scale * d->pi[x] * ToMidpoint(d, PETSC_TRUE, x, y) * ahead[x];
        else if (d->label[y] == t->b)
          J[x] += scale * d->pi[x] * ToMidpoint(d, PETSC_FALSE, x, y) * back[x];
        else
          J[x] += scale * (d->pi[x] * back[x] * Rate(d, PETSC_FALSE, x, y) * ahead[y] -
                           d->pi[y] * back[y] * Rate(d, PETSC_FALSE, y, x) * ahead[x]);
      }
    PetscCall(Compare(g, t->current[j], J, SOLVED, "the reactive current at centres"));
    PetscCall(PetscFree2(J, position));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckTransition(const Chain *s, const Dense *d, OttoPassage passage,
                                      PetscInt a, PetscInt b)
{
  const PetscBool balanced = OttoGeneratorIsConservative(s->Q);
  const PetscReal level[5] = {0, 0.1, 0.5, 0.77, 0.999};
  PetscReal *ahead, *back, *density, flux[5];
  OttoTransition t;
  ByHand hand = {0, 0, 0};

  PetscFunctionBegin;
  PetscCall(PetscCalloc3(d->n, &ahead, d->n, &back, d->n, &density));
  PetscCall(OttoPassageTransition(passage, a, b, &t));
  PetscCall(Hand(d, a, b, ahead, back, &hand));
  PetscCall(Compare(s->g, t.forward, ahead, SOLVED, "q+"));
  PetscCall(Compare(s->g, t.backward, back, SOLVED, "q-"));
  for (PetscInt x = 0; x < d->n; x++)
    density[x] = d->pi[x] * ahead[x] * back[x] / s->g->cell_volume;
  PetscCall(Compare(s->g, t.density, density, SOLVED, "reactive density"));
  PetscCall(CheckCurrent(s, d, &t, ahead, back));
  TestClose(t.flux_out, hand.flux, SOLVED, "flux out of A");
  TestClose(t.flux_in, hand.flux, SOLVED, "flux into B");
  TestClose(t.from_a, hand.share, SOLVED, "share of time since A");
  TestClose(t.from_b, 1 - hand.share, SOLVED, "and since B");
  TestClose(t.rate_ab, hand.flux / hand.share, SOLVED, "rate");
  TestClose(t.rate_ba, hand.flux / (1 - hand.share), SOLVED, "rate back");
  TestClose(hand.rate, hand.flux / hand.share, 1e-11, "two ways by hand"); /* of dgesv */
  TestClose(t.rate_by_time, t.rate_ab, SOLVED, "rate two ways");
  TestClose(t.kac, t.kac_of, SOLVED, "Kac's formula");
  PetscReal outside = 0;
  for (PetscInt x = 0; x < d->n; x++)
    if (d->label[x] != b) outside += d->pi[x];
  TestClose(t.kac_of, outside, 1e-12, "time outside B");
  PetscCall(OttoPassageLevelFlux(passage, &t, 5, level, flux));
  for (int k = 0; k < 5; k++) TestClose(flux[k], hand.flux, SOLVED, "flux through a surface");
  TestTrue(t.of_forward.converged && t.of_backward.converged && t.of_time.converged, "converged");
  if (balanced) {
    TestTrue(t.capacity_lower <= hand.flux && hand.flux <= t.capacity_upper * (1 + 1e-13) &&
                 t.capacity_upper - t.capacity_lower <= 1e-9 * hand.flux,
             "capacity encloses the flux");
  } else {
    TestTrue(t.capacity_lower == 0 && isinf(t.capacity_upper), "no capacity without balance");
  }
  PetscCall(OttoTransitionFree(&t));
  PetscCall(PetscFree3(ahead, back, density));
  PetscFunctionReturn(0);
}

/* What faces of the box take leaves no steady state. */
static PetscErrorCode CheckFaces(const Chain *s, OttoPassage passage)
{
  OttoPassageReport report;
  OttoTransition t;
  Vec q;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(s->grid, &q));
  TestFails(OttoPassageBackward(passage, OTTO_CHANNEL(1), q, &report), OTTO_ERR_INPUT,
            "leaves no steady state");
  TestFails(OttoPassageTransition(passage, 1, 2, &t), OTTO_ERR_INPUT, "leaves no steady state");
  PetscCall(VecDestroy(&q));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestOn(OttoGrid grid)
{
  OttoPassage passage;
  Dense d;
  Chain s;

  PetscFunctionBegin;
  PetscCall(ChainOn(grid, &s));
  PetscCall(DenseCreate(&s, &d));
  PetscCall(MakePassage(&s, SETS, Sets, now->method, &passage));
  PetscCall(CheckTimes(&s, &d, passage));
  PetscCall(CheckSplitting(&s, &d, passage, 0));
  if (now->boundary[0] == A) {
    PetscCall(CheckFaces(&s, passage));
  } else {
    PetscCall(CheckSplitting(&s, &d, passage, 1));
    PetscCall(CheckTransition(&s, &d, passage, 1, 2));
    PetscCall(CheckTransition(&s, &d, passage, 3, 1));
  }
  PetscCall(OttoPassageDestroy(&passage));
  PetscCall(DenseDestroy(&d));
  PetscCall(OttoResolventDestroy(&s.R));
  PetscCall(OttoGeneratorDestroy(&s.Q));
  PetscFunctionReturn(0);
}

/* On every mesh of the ranks. */
static PetscErrorCode TestCases(void)
{
  static const Case cases[] = {{{W, P}, "none", OTTO_PASSAGE_AUTO},
                               {{W, P}, "rotation", OTTO_PASSAGE_AUTO},
                               {{W, P}, "rotation", OTTO_PASSAGE_AGGREGATION},
                               {{A, P}, "rotation", OTTO_PASSAGE_AUTO}};

  PetscMPIInt size;

  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    now = &cases[i];
    if (size > 2 && now->method != OTTO_PASSAGE_AUTO) continue; /* cycles talk a lot */
    PetscCall(ChainOptions(OPTIONS("-potential_type", "formula", "-potential_formula",
                                   "3*sin(5*x)*cos(3*y)", "-drift_type", now->drift, "-drift_rate",
                                   "4", "-temperature", "0.9", "-mobility", "1,2")));
    PetscCall(OnMeshes(2, (PetscInt64[]){11, 9}, now->boundary, TestOn));
  }
  return 0;
}

int main(void)
{
  return TestMain({TestCases});
}
