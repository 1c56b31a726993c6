/* A solve: densities looked at and scaled, quantiles or the iteration, and what they say of W2. */
#include "quantiles.h"
#include "core/fault.h"
#include "wasserstein_impl.h"
#include <math.h>

#define WINDOW 50     /* iterations over which a gap must fall … */
#define PROGRESS 0.99 /* … to this of what it was */
#define SAME_MASS 1e-10

/* Costs that are rounding: of squared distances across the box. */
static PetscReal Nothing(const OttoGridInfo *g)
{
  PetscReal across = 0;

  for (PetscInt j = 0; j < g->dim; j++) across += g->upper[j] * g->upper[j];
  return 64 * PETSC_MACHINE_EPSILON * across;
}

/* Masses of p and q, and their values; a value that cannot be used is agreed. */
static PetscErrorCode Look(const OttoGridInfo *g, Vec v, const char *name, PetscReal values[],
                           PetscReal *mass)
{
  PetscErrorCode code = 0;
  const PetscScalar *a;
  OttoSum sum = {0, 0};
  PetscReal x[OTTO_MAX_DIM];
  char text[160];

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(v, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    values[c] = a[c];
    OttoSumAdd(&sum, a[c]);
    if (code || (a[c] >= 0 && isfinite(a[c]))) continue;
    OttoGridCellCentre(g, c, x);
    OttoGridFormatPoint(g->dim, x, text, sizeof text);
    code = OttoRaise(__LINE__, PETSC_FUNCTION_NAME, __FILE__, OTTO_ERR_NUMERICAL,
                     "transport: %s is %g at %s from the lower corner; it must be finite and at "
                     "least 0",
                     name, (double)a[c], text);
  }
  PetscCall(VecRestoreArrayRead(v, &a));
  PetscCall(OttoAgree(g->comm, code));
  PetscCall(OttoSumReduce(g->comm, 1, &sum));
  *mass = OttoSumValue(sum) * g->cell_volume;
  PetscFunctionReturn(0);
}

/* w->p and w->q of mass 1, and the mass that they have. */
static PetscErrorCode TakeDensities(OttoWasserstein w, Vec p, Vec q)
{
  PetscReal mass_p, mass_q;

  PetscFunctionBegin;
  PetscCall(Look(w->g, p, "p", w->p, &mass_p));
  PetscCall(Look(w->g, q, "q", w->q, &mass_q));
  if (!(mass_p > 0 && mass_q > 0 && PetscAbsReal(mass_p - mass_q) <= SAME_MASS * mass_p))
    OttoFail(OTTO_ERR_NUMERICAL,
             "transport: masses %.12g of p and %.12g of q; they must agree to %g and not be 0",
             (double)mass_p, (double)mass_q, SAME_MASS);
  for (PetscInt64 c = 0; c < w->g->local_cells; c++) {
    w->p[c] /= mass_p;
    w->q[c] /= mass_q;
  }
  w->mass = mass_p;
  PetscFunctionReturn(0);
}

/* W2 from bounds of the cost of densities of mass 1. */
static void Say(OttoWasserstein w, PetscInt iteration, OttoCostBounds cost)
{
  OttoWassersteinResult *r = &w->result;
  const PetscReal apart = cost.upper - cost.lower;

  r->dual = 2 * w->mass * cost.lower;
  r->primal = 2 * w->mass * PetscMax(cost.upper, cost.lower);
  r->lower = PetscSqrtReal(r->dual);
  r->upper = PetscSqrtReal(r->primal);
  r->gap = apart <= Nothing(w->g) ? 0 : apart / cost.upper;
  r->iterations = iteration;
}

static PetscErrorCode Remember(OttoWasserstein w)
{
  PetscFunctionBegin;
  if (w->result.count == w->room) {
    w->room = 2 * w->room + 64;
    PetscCall(PetscRealloc((size_t)w->room * sizeof *w->history, &w->history));
  }
  w->history[w->result.count++] =
      (OttoIntervalBounds){w->result.iterations, w->result.lower, w->result.upper};
  w->result.history = w->history;
  PetscFunctionReturn(0);
}

/* (upper² − lower²)/upper². */
static PetscReal GapOf(const OttoIntervalBounds *b)
{
  return (b->upper - b->lower) * (b->upper + b->lower) / (b->upper * b->upper);
}

/* The last entry that is WINDOW iterations old; NULL where none is. */
static const OttoIntervalBounds *WindowAgo(OttoWasserstein w)
{
  const OttoIntervalBounds *found = NULL;

  for (PetscInt k = 0; k < w->result.count; k++)
    if (w->history[k].iteration + WINDOW <= w->result.iterations) found = &w->history[k];
  return found;
}

static PetscBool Judge(PetscInt iteration, OttoCostBounds cost, void *context)
{
  const OttoWasserstein w = (OttoWasserstein)context;
  const OttoIntervalBounds *ago;

  Say(w, iteration, cost);
  if (Remember(w)) return PETSC_TRUE;
  ago = WindowAgo(w);
  w->result.reason = OTTO_WASSERSTEIN_LIMIT;
  if (w->result.gap <= w->gap)
    w->result.reason = OTTO_WASSERSTEIN_REACHED;
  else if (ago && w->result.gap > PROGRESS * GapOf(ago))
    w->result.reason = OTTO_WASSERSTEIN_STAGNATES;
  return w->result.reason != OTTO_WASSERSTEIN_LIMIT;
}

/* phi and psi of a solve by quantiles are exact but for rounding: the dual says what that is. */
static PetscErrorCode SolveQuantiles(OttoWasserstein w)
{
  OttoCostBounds cost;
  OttoSum dual = {0, 0};
  PetscScalar *phi, *psi;
  PetscReal largest[2];

  PetscFunctionBegin;
  PetscCall(VecGetArray(w->phi, &phi));
  PetscCall(VecGetArray(w->psi, &psi));
  PetscCall(
      OttoQuantiles(w->grid, w->p, w->q, phi, w->lower[0], w->upper[0], w->middle, &cost.upper));
  PetscCall(OttoCTransformApply(w->c, OTTO_C_GRID, phi, psi));
  PetscCall(OttoCTransformApply(w->c, OTTO_C_GRID, psi, phi));
  for (PetscInt64 c = 0; c < w->g->local_cells; c++)
    OttoSumAdd(&dual, phi[c] * w->p[c] + psi[c] * w->q[c]);
  PetscCall(VecRestoreArray(w->psi, &psi));
  PetscCall(VecRestoreArray(w->phi, &phi));
  PetscCall(OttoSumReduce(w->g->comm, 1, &dual));
  PetscCall(VecNorm(w->phi, NORM_INFINITY, &largest[0]));
  PetscCall(VecNorm(w->psi, NORM_INFINITY, &largest[1]));
  cost.lower = OttoSumValue(dual) * w->g->cell_volume -
               4 * PETSC_MACHINE_EPSILON * (largest[0] + largest[1]);
  cost.lower = PetscMax(cost.lower, 0);
  Say(w, 0, cost);
  PetscCall(Remember(w));
  w->result.reason = OTTO_WASSERSTEIN_EXACT;
  PetscFunctionReturn(0);
}

/* The iteration, and the map of its best potentials. Those of the grid are rounded to cells, and so
 * is their map; parabolas between cells make it smooth where the densities are. */
static PetscErrorCode SolveBackAndForth(OttoWasserstein w)
{
  const OttoAscent a = OttoLevelsFinest(w->levels);
  const PetscScalar *psi;
  PetscScalar *phi;

  PetscFunctionBegin;
  PetscCall(OttoBackAndForth(w->levels, w->gap, w->iterations, Judge, w, w->phi, w->psi));
  PetscCall(VecGetArrayRead(w->psi, &psi));
  PetscCall(VecGetArray(a->residual, &phi));
  PetscCall(OttoCTransformApply(a->c, OTTO_C_PARABOLIC, psi, phi));
  PetscCall(VecRestoreArray(a->residual, &phi));
  PetscCall(VecRestoreArrayRead(w->psi, &psi));
  PetscCall(OttoAscentImage(a, OTTO_IMAGE_TARGETS, a->residual));
  PetscFunctionReturn(0);
}

/* ∫ φ p = ∫ ψ q: a constant goes from one to the other. */
static PetscErrorCode Centre(OttoWasserstein w)
{
  const PetscScalar *phi, *psi;
  OttoSum apart = {0, 0};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(w->phi, &phi));
  PetscCall(VecGetArrayRead(w->psi, &psi));
  for (PetscInt64 c = 0; c < w->g->local_cells; c++)
    OttoSumAdd(&apart, phi[c] * w->p[c] - psi[c] * w->q[c]);
  PetscCall(VecRestoreArrayRead(w->psi, &psi));
  PetscCall(VecRestoreArrayRead(w->phi, &phi));
  PetscCall(OttoSumReduce(w->g->comm, 1, &apart));
  const PetscReal half = 0.5 * OttoSumValue(apart) * w->g->cell_volume;
  PetscCall(VecShift(w->phi, -half));
  PetscCall(VecShift(w->psi, half));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoWassersteinSolve(OttoWasserstein w, Vec p, Vec q, OttoWassersteinResult *result)
{
  PetscReal spread = 0;

  PetscFunctionBegin;
  OttoNeedWasserstein(w);
  w->solved = PETSC_FALSE;
  w->result = (OttoWassersteinResult){.history = w->history};
  PetscCall(TakeDensities(w, p, q));
  if (w->levels)
    PetscCall(SolveBackAndForth(w));
  else
    PetscCall(SolveQuantiles(w));
  PetscCall(Centre(w));
  for (PetscInt j = 0; j < w->g->dim; j++) spread += w->g->h[j] * w->g->h[j] / 12;
  w->result.cell_bias = 2 * PetscSqrtReal(spread * w->mass);
  w->solved = PETSC_TRUE;
  OttoFault("w2_lower", 1, &w->result.lower);
  OttoFault("w2_upper", 1, &w->result.upper);
  *result = w->result;
  PetscFunctionReturn(0);
}
