/* ranks: 1 2 3 4; long: 4
 * First passages of small chains, driven and with detailed balance, against dense solves of the
 * chain with faces' midpoints as states of their own. */
#include "passages.h"
#include "chain/relaxation_lapack.h"
#include "dense.h"

#define SETS 4

typedef struct {
  OttoBoundary boundary[2];
  const char *drift;
  OttoPassageMethod method;
  PetscInt sets;
} Case;

static const Case *now;

static PetscInt Sets(const PetscReal x[])
{
  PetscInt set = 0;

  if (x[0] < 0.35 && x[1] < 0.7) set = 1;
  if (hypot(x[0] - 0.75, 0.5 * x[1] - 0.65) < 0.16) set = 2;
  if (x[0] > 0.85 && x[1] < 0.6) set = 3;
  if (x[0] < 0.2 && x[1] > 1.2 && x[1] < 1.7) set = 4;
  return set <= now->sets ? set : 0;
}

/* All sets as bits 1 << set. */
static int All(void)
{
  return (2 << now->sets) - 2;
}

/* The chain without targets, and the label of every cell. */
typedef struct {
  PetscInt n;
  PetscReal *Q, *pi, *killed; /* killed[face · n + cell] */
  PetscReal *births;          /* NULL, or in unit time what begins anew of what faces take: then π
                                 is steady with it, and the reversed chain ends where it began */
  PetscInt *label;
} Dense;

static PetscErrorCode DenseCreate(const Chain *s, Dense *d)
{
  PetscReal *copy, x[OTTO_MAX_DIM];

  PetscFunctionBegin;
  d->n = (PetscInt)s->g->cells;
  d->births = NULL;
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
  PetscCall(PetscFree(d->births));
  PetscFunctionReturn(0);
}

/* Where a chain that faces take begins anew. */
static PetscReal Law(const PetscReal x[])
{
  return 1 + x[0] + sin(3 * x[1]);
}

/* p by Law() of a mass of 1, and the chain that begins anew by it. */
static PetscErrorCode DenseFeed(const Chain *s, Dense *d, Vec p)
{
  PetscReal x[OTTO_MAX_DIM], sum = 0, *Q, *law;
  PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(PetscCalloc2(d->n * d->n, &Q, d->n, &law));
  PetscCall(PetscCalloc1(d->n, &d->births));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    OttoGridCellCentre(s->g, c, x);
    law[s->g->offset + c] = Law(x);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, law, (int)d->n, MPIU_REAL, MPI_SUM, s->g->comm));
  for (PetscInt c = 0; c < d->n; c++) sum += law[c];
  for (PetscInt c = 0; c < d->n; c++) law[c] /= sum;
  PetscCall(VecGetArray(p, &values));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    values[c] = law[s->g->offset + c] / s->g->cell_volume;
  PetscCall(VecRestoreArray(p, &values));
  PetscCall(PetscArraycpy(Q, d->Q, d->n * d->n));
  for (PetscInt c = 0; c < d->n; c++)
    for (int f = 0; f < OTTO_FACES; f++)
      for (PetscInt y = 0; y < d->n; y++) Q[c * d->n + y] += d->killed[f * d->n + c] * law[y];
  DenseSteady(d->n, Q, d->pi);
  for (PetscInt c = 0; c < d->n; c++)
    for (int f = 0; f < OTTO_FACES; f++)
      for (PetscInt y = 0; y < d->n; y++)
        d->births[y] += d->pi[c] * d->killed[f * d->n + c] * law[y];
  PetscCall(PetscFree2(Q, law));
  PetscFunctionReturn(0);
}

/* What ends the chain in a cell but sets, in unit time. */
static PetscReal Ended(const Dense *d, PetscBool back, PetscInt x)
{
  PetscReal sum = 0;

  if (back && d->births) return d->births[x] / d->pi[x];
  for (int f = 0; f < OTTO_FACES; f++) sum += d->killed[f * d->n + x];
  return sum;
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
    if (!in) matrix[x + x * n] += Ended(d, back, x);
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
      PetscCall(Solve(d, PETSC_FALSE, set ? 1 << set : All(), none, b, u));
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
  for (PetscInt channel = 0; channel < OTTO_FACES + now->sets; channel++) {
    PetscReal value[SETS + 1] = {0}, most = 0;
    const PetscReal *b = channel < OTTO_FACES ? d->killed + channel * d->n : none;
    for (PetscInt x = 0; x < d->n; x++) most = PetscMax(most, b[x]);
    if (channel < OTTO_FACES && most == 0) continue;
    if (channel >= OTTO_FACES) value[channel - OTTO_FACES + 1] = 1;
    if (back)
      PetscCall(OttoPassageBackward(passage, channel, q, &report));
    else
      PetscCall(OttoPassageSplitting(passage, channel, q, &report));
    PetscCall(Solve(d, back ? PETSC_TRUE : PETSC_FALSE, All(), value, b, u));
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

/* Of transitions a → b by hand: q⁺, q⁻, flux, share of time that was in a last, and, from where a
 * is entered coming from another set, the probability that b is next over the time to the next. */
typedef struct {
  PetscReal flux, share, rate;
} ByHand;

static PetscErrorCode Hand(const Dense *d, PetscInt a, PetscInt b, PetscReal ahead[],
                           PetscReal back[], ByHand *out)
{
  PetscReal *one, *zero, *time, *next, *came;
  PetscReal to_b[SETS + 1] = {0}, from_a[SETS + 1] = {0}, others[SETS + 1], none[SETS + 1] = {0};
  PetscReal first = 0, mean = 0;

  PetscFunctionBegin;
  PetscCall(PetscCalloc5(d->n, &one, d->n, &zero, d->n, &time, d->n, &next, d->n, &came));
  to_b[b] = from_a[a] = 1;
  for (PetscInt k = 0; k <= SETS; k++) others[k] = k != a;
  for (PetscInt x = 0; x < d->n; x++) one[x] = 1;
  *out = (ByHand){0, 0, 0};
  PetscCall(Solve(d, PETSC_FALSE, All(), to_b, zero, ahead));
  PetscCall(Solve(d, PETSC_TRUE, All(), from_a, zero, back));
  for (PetscInt x = 0; x < d->n && d->births; x++) zero[x] = d->births[x] / d->pi[x];
  PetscCall(Solve(d, PETSC_TRUE, All(), others, zero, came));
  PetscCall(PetscArrayzero(zero, d->n));
  PetscCall(Solve(d, PETSC_FALSE, All() & ~(1 << a), none, one, time));
  PetscCall(Solve(d, PETSC_FALSE, All() & ~(1 << a), to_b, zero, next));
  for (PetscInt x = 0; x < d->n; x++) {
    const PetscReal born = d->births && d->label[x] == a ? d->births[x] : 0;
    first += born * next[x];
    mean += born * time[x];
    out->share += d->pi[x] * back[x];
    for (PetscInt y = 0; y < d->n; y++) {
      if (d->label[x] != a || d->label[y] == a || !Joined(d, x, y)) continue;
      /* through the midpoint a unit of time, from either side */
      const PetscReal from_y = d->pi[y] * ToMidpoint(d, PETSC_FALSE, y, x);
      const PetscReal through = from_y + d->pi[x] * ToMidpoint(d, PETSC_FALSE, x, y);
      const PetscReal on = Onwards(d, PETSC_FALSE, x, y);
      out->flux += through * on * ahead[y];
      first += from_y * came[y] * ((1 - on) * next[x] + on * next[y]);
      mean += from_y * came[y] * ((1 - on) * time[x] + on * time[y]);
    }
  }
  out->rate = first / mean;
  PetscCall(PetscFree5(one, zero, time, next, came));
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
        if (d->label[x] || !Joined(d, x, y) || position[x] == position[y]) continue;
        const PetscReal up = position[y] - position[x];
        const int side = (up > 0) == (fabs(up) == 1) ? 1 : -1; /* round a periodic axis: down */
        const PetscReal scale = 0.5 * g->h[j] * side / g->cell_volume;
        if (d->label[y] == t->a)
          J[x] -= scale * d->pi[x] * ToMidpoint(d, PETSC_TRUE, x, y) * ahead[x];
        else if (d->label[y] == t->b)
          J[x] += scale * d->pi[x] * ToMidpoint(d, PETSC_FALSE, x, y) * back[x];
        else if (!d->label[y])
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
  PetscReal *ahead, *back, *density, flux[5], rounding[5];
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
  PetscReal outside = 0;
  for (PetscInt x = 0; x < d->n; x++)
    if (d->label[x] != b) outside += d->pi[x];
  if (d->births) {
    TestTrue(isnan(t.kac) && isnan(t.kac_of), "Kac's formula is of what goes on for ever");
  } else {
    TestClose(t.kac, t.kac_of, SOLVED, "Kac's formula");
    TestClose(t.kac_of, outside, 1e-12, "time outside B");
  }
  PetscCall(OttoPassageLevelFlux(passage, &t, 5, level, flux, rounding));
  for (int k = 0; k < 5; k++) TestClose(flux[k], hand.flux, SOLVED, "flux through a surface");
  TestTrue(t.of_forward.converged && t.of_backward.converged && t.of_time.converged, "converged");
  if (balanced && now->sets == 2 && !d->births) {
    TestTrue(t.capacity_lower <= hand.flux && hand.flux <= t.capacity_upper * (1 + 1e-13) &&
                 t.capacity_upper - t.capacity_lower <= 1e-9 * hand.flux,
             "capacity encloses the flux");
  } else {
    TestTrue(t.capacity_lower == 0 && isinf(t.capacity_upper),
             "no capacity without balance, or of more sets");
  }
  PetscCall(OttoTransitionFree(&t));
  PetscCall(PetscFree3(ahead, back, density));
  PetscFunctionReturn(0);
}

/* Every pair of sets, and what must hold of all of them. */
static PetscErrorCode CheckRates(const Dense *d, OttoPassage passage)
{
  PetscReal *ahead, *back, shares = 0, born = 0, lost = 0, all = 0;
  OttoTransitionRates t;
  ByHand hand = {0, 0, 0};

  PetscFunctionBegin;
  PetscCall(PetscCalloc2(d->n, &ahead, d->n, &back));
  PetscCall(OttoPassageRates(passage, &t));
  TestTrue(t.sets == now->sets && t.of_time.converged && t.of_probability.converged, "converged");
  TestTrue(t.of_time.relative < 1e-9 && t.of_probability.absolute < 1e-9, "certified");
  for (PetscInt a = 1; a <= t.sets; a++) {
    PetscReal leaves = 0, comes = 0, rate = 0;
    for (PetscInt b = 1; b <= t.sets; b++) {
      const PetscReal out = t.out[a - 1][b - 1], k = t.rate[a - 1][b - 1];
      leaves += out;
      comes += t.out[b - 1][a - 1];
      rate += k;
      if (a == b) {
        TestTrue(out == 0 && t.in[a - 1][a - 1] == 0 && k == 0, "nothing to itself");
        continue;
      }
      PetscCall(Hand(d, a, b, ahead, back, &hand));
      TestClose(hand.rate, hand.flux / hand.share, 1e-10, "two ways by hand"); /* of dgesv */
      TestClose(out, hand.flux, SOLVED, "flux out of A");
      TestClose(t.in[a - 1][b - 1], hand.flux, SOLVED, "flux into B");
      TestClose(k, hand.flux / hand.share, SOLVED, "rate");
      TestClose(t.rate_by_time[a - 1][b - 1], hand.rate, SOLVED, "rate by time");
    }
    TestClose(t.share[a - 1], hand.share, SOLVED, "share of time since A");
    TestClose(comes + t.born[a - 1], leaves + t.lost[a - 1], SOLVED, "as many come as leave");
    shares += t.share[a - 1];
    born += t.born[a - 1];
    lost += t.lost[a - 1];
  }
  TestClose(shares + t.never, 1, SOLVED, "some set was last");
  for (PetscInt x = 0; x < d->n && d->births; x++) all += d->births[x];
  TestClose(born, lost, SOLVED, "what is born in a set is lost from one");
  TestTrue(d->births ? born > 0.1 * all && born < all : born == 0 && t.never == 0, "some are not");
  PetscCall(PetscFree2(ahead, back));
  PetscFunctionReturn(0);
}

/* What faces of the box take leaves no steady state. */
static PetscErrorCode CheckFaces(const Chain *s, OttoPassage passage)
{
  OttoTransitionRates rates;
  OttoPassageReport report;
  OttoTransition t;
  Vec q;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(s->grid, &q));
  TestFails(OttoPassageBackward(passage, OTTO_CHANNEL(1), q, &report), OTTO_ERR_INPUT,
            "leaves no steady state");
  TestFails(OttoPassageTransition(passage, 1, 2, &t), OTTO_ERR_INPUT, "leaves no steady state");
  TestFails(OttoPassageRates(passage, &rates), OTTO_ERR_INPUT, "leaves no steady state");
  PetscCall(VecDestroy(&q));
  PetscFunctionReturn(0);
}

/* Unless it begins anew. */
static PetscErrorCode Feed(const Chain *s, Dense *d, OttoPassage passage)
{
  OttoPassageReport report;
  Vec p;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(s->grid, &p));
  PetscCall(DenseFeed(s, d, p));
  PetscCall(OttoPassageFeed(passage, p, &report));
  TestTrue(report.converged && report.absolute < 1e-9, "a certified steady state");
  PetscCall(VecDestroy(&p));
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
  PetscCall(MakePassage(&s, now->sets, Sets, now->method, &passage));
  PetscCall(CheckTimes(&s, &d, passage));
  PetscCall(CheckSplitting(&s, &d, passage, 0));
  if (now->boundary[0] == A) {
    PetscCall(CheckFaces(&s, passage));
    PetscCall(Feed(&s, &d, passage));
  } else {
    PetscCall(CheckSplitting(&s, &d, passage, 1));
  }
  PetscCall(CheckTransition(&s, &d, passage, 1, 2));
  PetscCall(CheckTransition(&s, &d, passage, now->sets, 1));
  PetscCall(CheckRates(&d, passage));
  PetscCall(OttoPassageDestroy(&passage));
  PetscCall(DenseDestroy(&d));
  PetscCall(OttoResolventDestroy(&s.R));
  PetscCall(OttoGeneratorDestroy(&s.Q));
  PetscFunctionReturn(0);
}

/* On every mesh of the ranks. */
static PetscErrorCode TestCases(void)
{
  static const Case cases[] = {
      {{W, P}, "none", OTTO_PASSAGE_AUTO, 2},     {{W, P}, "none", OTTO_PASSAGE_AUTO, 3},
      {{W, P}, "rotation", OTTO_PASSAGE_AUTO, 2}, {{W, P}, "rotation", OTTO_PASSAGE_AUTO, 4},
      {{W, P}, "none", OTTO_PASSAGE_AUTO, 4},     {{W, P}, "rotation", OTTO_PASSAGE_AGGREGATION, 3},
      {{A, P}, "rotation", OTTO_PASSAGE_AUTO, 3}, {{A, P}, "none", OTTO_PASSAGE_AUTO, 2},
      {{A, P}, "rotation", OTTO_PASSAGE_AUTO, 4},
  };

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
