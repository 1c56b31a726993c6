/*
 * Slopes where a density underflows. Along the flow p changes at the rate u p, u = (Qᵀp)/p relative
 * to itself: with a_φ p and b_φ q no ratio of two small numbers is left,
 *
 *   kl          p log r, q - p              chi2         2 p (r - 1), -(p + q)(r - 1)
 *   reverse_kl  p - q, -q log r             hellinger2   (p - √(pq))/2, (q - √(pq))/2
 *   js          ½ p log(2p/(p+q)), ½ q log(2q/(p+q)).
 */
#include "slopes.h"
#include "grid/edges.h"

/* u of one density, from what arrives: Σ_y Q_yx p_y/p_x. */
typedef struct {
  const OttoGridInfo *g;
  const OttoRates *r;
  OttoSurrounded logs;
  PetscReal *u;
} Relative;

/* rate · e^d; nothing arrives from a cell that is 0, and what is 0 has no rate of its own. */
static PetscReal Arrives(PetscReal rate, PetscReal back, PetscReal z, PetscReal from, PetscReal to)
{
  if (from == -INFINITY || to == -INFINITY) return 0;
  return exp(OttoLogRate(rate, back, z) + from - to);
}

static void AddArrivals(const OttoEdges *e, void *context)
{
  Relative *a = (Relative *)context;
  const PetscReal *up = a->r->up[e->axis] + e->x, *down = a->r->down[e->axis] + e->x;
  const PetscReal *z = a->r->force[e->axis] + e->x;
  const PetscReal *lx = OttoSurroundedAt(&a->logs, e->x), *ly = OttoSurroundedAt(&a->logs, e->y);

  for (PetscInt64 i = 0; i < e->n; i++) {
    if (e->x < a->g->local_cells) a->u[e->x + i] += Arrives(down[i], up[i], -z[i], ly[i], lx[i]);
    if (e->y < a->g->local_cells) a->u[e->y + i] += Arrives(up[i], down[i], z[i], lx[i], ly[i]);
  }
}

/* u where p is faint; elsewhere rate/p. logs: log p, filled where it is not given. */
static PetscErrorCode RelativeRates(OttoGenerator generator, Vec p, Vec log_p, Vec rate,
                                    PetscReal logs[], PetscReal u[])
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  const OttoRates *r = OttoGeneratorGetRates(generator);
  const PetscScalar *values, *given = NULL, *change;
  OttoHalo halo;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(p, &values));
  if (log_p) PetscCall(VecGetArrayRead(log_p, &given));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    logs[c] = given ? given[c] : values[c] > 0 ? log(values[c]) : -INFINITY;
    u[c] = -r->leave[c];
  }
  Relative a = {g, r, {NULL}, u};
  PetscCall(OttoGridGetHalo(OttoGeneratorGetGrid(generator), 1, &halo));
  PetscCall(OttoHaloSurround(halo, logs, &a.logs));
  OttoEdgesWalk(g, PETSC_TRUE, AddArrivals, &a);
  PetscCall(OttoHaloRelease(halo, &a.logs));
  PetscCall(VecGetArrayRead(rate, &change));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    if (values[c] >= OTTO_FAINT_DENSITY) u[c] = change[c] / values[c];
  PetscCall(VecRestoreArrayRead(rate, &change));
  if (log_p) PetscCall(VecRestoreArrayRead(log_p, &given));
  PetscCall(VecRestoreArrayRead(p, &values));
  PetscFunctionReturn(0);
}

/* a_φ p and b_φ q; log r to the accuracy of p - q. */
static void Weights(PetscReal p, PetscReal q, PetscReal lp, PetscReal lq, PetscReal a[],
                    PetscReal b[])
{
  const PetscReal d = p - q;
  const PetscBool near = p > DBL_MIN && q > DBL_MIN && fabs(d) < 0.5 * q ? PETSC_TRUE : PETSC_FALSE;
  const PetscReal log_r = near ? log1p(d / q) : lp - lq, r = fabs(log_r);
  const PetscReal half = -expm1(-0.5 * r), larger = log_r > 0 ? p : q;
  const PetscReal mean = log1p(-0.5 * -expm1(-r)); /* log((p + q)/(2 larger)) */

  a[OTTO_DIVERGENCE_KL] = p * log_r;
  b[OTTO_DIVERGENCE_KL] = -d;
  a[OTTO_DIVERGENCE_REVERSE_KL] = d;
  b[OTTO_DIVERGENCE_REVERSE_KL] = -q * log_r;
  a[OTTO_DIVERGENCE_CHI2] = log_r > 1 ? 2 * exp(lp + log_r) - 2 * p : 2 * p * expm1(log_r);
  b[OTTO_DIVERGENCE_CHI2] =
      log_r > 1 ? q - exp(lp + log_r) : -(p + q) * expm1(log_r); /* q - p²/q */
  a[OTTO_DIVERGENCE_HELLINGER2] = 0.5 * (log_r > 0 ? larger * half : -sqrt(p) * sqrt(q) * half);
  b[OTTO_DIVERGENCE_HELLINGER2] = 0.5 * (log_r > 0 ? -sqrt(p) * sqrt(q) * half : larger * half);
  a[OTTO_DIVERGENCE_JS] = 0.5 * p * ((log_r > 0 ? 0 : -r) - mean);
  b[OTTO_DIVERGENCE_JS] = 0.5 * q * ((log_r > 0 ? -r : 0) - mean);
}

static PetscReal Times(PetscReal slope, PetscReal change)
{
  return change == 0 || slope == 0 ? 0 : slope * change;
}

/* Rounding of u in multiples of that of its terms: a logarithm l is good to |l| ε. */
static PetscReal Rounding(PetscReal p, PetscReal log_p)
{
  return p < OTTO_FAINT_DENSITY ? 1 + fabs(log_p) : 1;
}

/* One cell; values that are 0 add nothing. */
static void AddCell(PetscReal p, PetscReal q, const PetscReal logs[], const PetscReal u[],
                    PetscReal leave, OttoSlopeSums *sums)
{
  const PetscReal of_p = Rounding(p, logs[0]) * (fabs(u[0]) + 2 * leave); /* arrives, and leaves */
  const PetscReal of_q = Rounding(q, logs[1]) * (fabs(u[1]) + 2 * leave);
  PetscReal a[OTTO_SMOOTH_COUNT], b[OTTO_SMOOTH_COUNT];

  Weights(p, q, logs[0], logs[1], a, b);
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    OttoSumAdd(&sums->change[k], Times(a[k], u[0]));
    OttoSumAdd(&sums->change[k], Times(b[k], u[1]));
    sums->square[k] += PetscSqr(Times(a[k], of_p)) + PetscSqr(Times(b[k], of_q));
    sums->largest[k] = PetscMax(sums->largest[k],
                                PetscMax(p > 0 ? fabs(a[k]) / p : 0, q > 0 ? fabs(b[k]) / q : 0));
  }
}

PetscErrorCode OttoSlopesByLogs(OttoGenerator generator, const OttoPair *pair, Vec rate_p,
                                Vec rate_q, OttoSlopes *out)
{
  const OttoGrid grid = OttoGeneratorGetGrid(generator);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscReal *leave = OttoGeneratorGetRates(generator)->leave;
  const PetscInt *part = OttoGeneratorGetComponent(generator); /* -1: closed */
  const PetscScalar *p, *q;
  PetscReal *logs[2], *u[2];
  OttoSlopeSums sums = {0};

  PetscFunctionBegin;
  PetscCall(OttoAgree(g->comm, PetscMalloc4(g->local_cells, &logs[0], g->local_cells, &logs[1],
                                            g->local_cells, &u[0], g->local_cells, &u[1])));
  PetscCall(RelativeRates(generator, pair->p, pair->log_p, rate_p, logs[0], u[0]));
  PetscCall(RelativeRates(generator, pair->q, pair->log_q, rate_q, logs[1], u[1]));
  PetscCall(VecGetArrayRead(pair->p, &p));
  PetscCall(VecGetArrayRead(pair->q, &q));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    const PetscReal of[2] = {logs[0][c], logs[1][c]}, rates[2] = {u[0][c], u[1][c]};
    const PetscBool some = PetscMin(of[0], of[1]) > -INFINITY ? PETSC_TRUE : PETSC_FALSE;
    const PetscBool resolved = (pair->resolved_p == 0 || p[c] > pair->resolved_p) &&
                                       (pair->resolved_q == 0 || q[c] > pair->resolved_q)
                                   ? PETSC_TRUE
                                   : PETSC_FALSE;
    if (part && part[c] < 0) continue;
    if (!some || !resolved)
      sums.left++;
    else
      AddCell(p[c], q[c], of, rates, leave[c], &sums);
  }
  PetscCall(VecRestoreArrayRead(pair->q, &q));
  PetscCall(VecRestoreArrayRead(pair->p, &p));
  PetscCall(PetscFree4(logs[0], logs[1], u[0], u[1]));
  PetscCall(OttoSlopesFinish(grid, &sums, out));
  PetscFunctionReturn(0);
}
