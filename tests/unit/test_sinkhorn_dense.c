/* ranks: 1 2 4; long: 4
 * labels: transport
 * Entropic transport of a few dozen atoms against the primal of its definition, summed over every
 * pair of a dense plan, on every mesh: at any tolerance the optimum lies between value and value +
 * error; potentials, marginals, and the divergence's first variation. */
#include "fixture.h"

#define MOST 42 /* atoms */

/* One problem, dense: on every rank. */
typedef struct {
  PetscInt64 n;
  PetscReal epsilon, rho;
  PetscReal log_k[MOST][MOST];
  PetscReal p[MOST], q[MOST], f[MOST], g[MOST]; /* masses; potentials in nats */
} Dense;

static PetscInt64 Flat(const OttoGridInfo *g, const PetscInt64 at[])
{
  PetscInt64 flat = 0;

  for (PetscInt j = 0; j < g->dim; j++) flat = flat * g->n[j] + at[j];
  return flat;
}

/* A field on every rank, in C order. */
static PetscErrorCode Everywhere(const OttoGridInfo *g, Vec field, PetscReal scale, PetscReal out[])
{
  PetscInt64 at[OTTO_MAX_DIM];
  const PetscScalar *v;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->cells; c++) out[c] = 0;
  PetscCall(VecGetArrayRead(field, &v));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellIndex(g, c, at);
    out[Flat(g, at)] = v[c] * scale;
  }
  PetscCall(VecRestoreArrayRead(field, &v));
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, out, (PetscMPIInt)g->cells, MPIU_REAL, MPIU_SUM, g->comm));
  PetscFunctionReturn(0);
}

/* log of the kernel between two places of an axis: free space, or summed over images. */
static PetscReal AxisKernel(const OttoGridInfo *g, PetscInt j, PetscInt64 by, PetscReal epsilon)
{
  const PetscReal length = (PetscReal)g->n[j] * g->h[j], x = (PetscReal)by * g->h[j];
  PetscReal sum = 0, nearest;

  if (g->boundary[j] != OTTO_BOUNDARY_PERIODIC) return -x * x / epsilon;
  nearest = pow(fabs(x) - length * rint(fabs(x) / length), 2);
  for (int k = -30; k <= 30; k++) sum += exp((nearest - pow(x + k * length, 2)) / epsilon);
  return log(sum) - nearest / epsilon;
}

static void FillKernel(const OttoGridInfo *g, Dense *d)
{
  d->n = g->cells;
  for (PetscInt64 a = 0; a < d->n; a++)
    for (PetscInt64 b = 0; b < d->n; b++) {
      PetscInt64 i = a, k = b;
      d->log_k[a][b] = 0;
      for (PetscInt j = g->dim - 1; j >= 0; j--) {
        d->log_k[a][b] += AxisKernel(g, j, i % g->n[j] - k % g->n[j], d->epsilon);
        i /= g->n[j], k /= g->n[j];
      }
    }
}

/* out(b) = -κ log Σ_a K(a, b) e^{in(a)} mass(a); K is symmetric. */
static PetscReal DenseUpdate(const Dense *d, const PetscReal mass[], const PetscReal in[],
                             PetscReal out[])
{
  const PetscReal kappa = isfinite(d->rho) ? d->rho / (d->rho + d->epsilon) : 1;
  PetscReal change = 0;

  for (PetscInt64 b = 0; b < d->n; b++) {
    PetscReal most = -INFINITY, sum = 0;
    for (PetscInt64 a = 0; a < d->n; a++)
      if (mass[a] > 0) most = fmax(most, d->log_k[a][b] + in[a] + log(mass[a]));
    for (PetscInt64 a = 0; a < d->n; a++)
      if (mass[a] > 0) sum += exp(d->log_k[a][b] + in[a] + log(mass[a]) - most);
    const PetscReal to = -kappa * (most + log(sum));
    change = fmax(change, fabs(to - out[b]));
    out[b] = to;
  }
  return change;
}

static PetscReal Kl(PetscReal w, PetscReal m)
{
  return m > 0 ? (w > 0 ? w * log(w / m) : 0) - w + m : 0;
}

/* Alternating updates to the end, then the primal by its definition. */
static PetscReal DenseCost(Dense *d)
{
  PetscReal cost = 0, second[MOST] = {0};

  for (PetscInt64 a = 0; a < d->n; a++) d->f[a] = d->g[a] = 0;
  for (int i = 0; i < 20000; i++) {
    const PetscReal g = DenseUpdate(d, d->p, d->f, d->g), f = DenseUpdate(d, d->q, d->g, d->f);
    if (fmax(f, g) < 1e-13) break;
  }
  for (PetscInt64 a = 0; a < d->n; a++) {
    PetscReal first = 0;
    for (PetscInt64 b = 0; b < d->n; b++) {
      if (!(d->p[a] > 0 && d->q[b] > 0)) continue;
      const PetscReal w = exp(d->f[a] + d->g[b] + d->log_k[a][b]) * d->p[a] * d->q[b];
      cost += -d->epsilon * d->log_k[a][b] * w + d->epsilon * Kl(w, d->p[a] * d->q[b]);
      first += w;
      second[b] += w;
    }
    if (isfinite(d->rho)) cost += d->rho * Kl(first, d->p[a]);
  }
  for (PetscInt64 b = 0; b < d->n && isfinite(d->rho); b++) cost += d->rho * Kl(second[b], d->q[b]);
  return cost;
}

/* Zeros, and values over some twenty decades; context: a seed. */
static PetscReal Ragged(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *seed)
{
  PetscInt64 place = 0;

  (void)cell;
  for (PetscInt j = 0; j < dim; j++) place = 1000 * place + (PetscInt64)(997 * x[j]);
  const PetscReal u = Hash(place, seed[0]);
  return u < 0.3 ? 0 : exp(-50 * pow(u - 0.3, 2));
}

/* The optimum of what is solved lies where the result says, for every tolerance. */
static PetscErrorCode CheckBounds(OttoGrid grid, const Dense *d, Vec p, Vec q,
                                  const PetscReal cost[3], PetscReal s)
{
  const PetscReal tolerances[] = {0.5, 3e-2, 1e-4, 1e-11};

  PetscFunctionBegin;
  for (int i = 0; i < 4; i++) {
    OttoSinkhorn sinkhorn;
    OttoSinkhornResult r;
    PetscCall(OttoSinkhornCreate(grid, &sinkhorn));
    PetscCall(OttoSinkhornSetEpsilon(sinkhorn, d->epsilon));
    PetscCall(OttoSinkhornSetReach(sinkhorn, sqrt(d->rho)));
    PetscCall(OttoSinkhornSetStop(sinkhorn, tolerances[i], 20000));
    PetscCall(OttoSinkhornSetUp(sinkhorn));
    PetscCall(OttoSinkhornSolve(sinkhorn, p, q, &r));
    const OttoSinkhornCost *found[3] = {&r.pq, &r.pp, &r.qq};
    for (int k = 0; k < 3; k++) {
      const PetscReal slack = 1e-13 * fabs(cost[k]); /* the dense sums' own */
      TestTrue(found[k]->value <= cost[k] + slack, "the dual is below the optimum");
      TestTrue(cost[k] <= found[k]->value + found[k]->error + slack, "which its error reaches");
      if (i == 3) TestClose(found[k]->value, cost[k], 1e-9, "and is the optimum in the end");
    }
    TestTrue(fabs(r.divergence - s) <= r.error + 1e-15, "the divergence, within its error");
    TestTrue(r.marginal <= tolerances[i] || r.reason == OTTO_SINKHORN_ROUNDING, "tolerance");
    if (i == 3) TestClose(r.divergence, s, 1e-8, "the divergence");
    PetscCall(OttoSinkhornDestroy(&sinkhorn));
  }
  PetscFunctionReturn(0);
}

/* f and g as fields: in cells without mass too g is the update of f, and both are the dense ones
 * but for a constant where marginals hold. */
static PetscErrorCode CheckPotentials(OttoGrid grid, const Dense *d, Vec p, Vec q)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal f[MOST], psi[MOST], again[MOST] = {0}, off = 0;
  OttoSinkhorn sinkhorn;
  OttoSinkhornResult r;
  Vec vf, vg;

  PetscFunctionBegin;
  PetscCall(OttoSinkhornCreate(grid, &sinkhorn));
  PetscCall(OttoSinkhornSetEpsilon(sinkhorn, d->epsilon));
  PetscCall(OttoSinkhornSetReach(sinkhorn, sqrt(d->rho)));
  PetscCall(OttoSinkhornSetStop(sinkhorn, 1e-11, 20000));
  PetscCall(OttoSinkhornSetUp(sinkhorn));
  PetscCall(OttoSinkhornSolve(sinkhorn, p, q, &r));
  PetscCall(OttoSinkhornGetPotentials(sinkhorn, &vf, &vg, NULL, NULL));
  PetscCall(Everywhere(g, vf, 1 / d->epsilon, f));
  PetscCall(Everywhere(g, vg, 1 / d->epsilon, psi));
  (void)DenseUpdate(d, d->p, f, again);
  PetscInt64 first = 0;
  while (!(d->p[first] > 0)) first++;
  const PetscReal by = isfinite(d->rho) ? 0 : f[first] - d->f[first];
  for (PetscInt64 a = 0; a < d->n; a++) {
    off = fmax(off, fabs(again[a] - psi[a]));
    if (d->p[a] > 0)
      off = fmax(off, 1e-3 * fabs(f[a] - d->f[a] - by)); /* as the tolerance has it */
  }
  TestClose(off, 0, 1e-9, "potentials");
  PetscCall(OttoSinkhornDestroy(&sinkhorn));
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckProblem(OttoGrid grid, PetscReal epsilon, PetscReal reach)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  static Dense d;
  PetscReal cost[3], masses[2] = {0, 0};
  Vec p, q;

  PetscFunctionBegin;
  d.epsilon = epsilon;
  d.rho = reach * reach;
  FillKernel(g, &d);
  PetscCall(Fill(grid, Ragged, (PetscReal[]){1}, &p));
  PetscCall(Fill(grid, Ragged, (PetscReal[]){2}, &q));
  PetscCall(ToMassOne(grid, p));
  PetscCall(ToMassOne(grid, q));
  PetscCall(VecScale(p, 1.7));
  PetscCall(VecScale(q, isfinite(reach) ? 0.6 : 1.7));
  PetscReal pq[2][MOST];
  PetscCall(Everywhere(g, p, g->cell_volume, pq[0]));
  PetscCall(Everywhere(g, q, g->cell_volume, pq[1]));
  for (int k = 2; k >= 0; k--) { /* p against q last: its potentials stay */
    PetscCall(PetscArraycpy(d.p, pq[k == 2], MOST));
    PetscCall(PetscArraycpy(d.q, pq[k != 1], MOST));
    cost[k] = DenseCost(&d);
  }
  for (PetscInt64 c = 0; c < d.n; c++) masses[0] += d.p[c], masses[1] += d.q[c];
  const PetscReal s =
      cost[0] - (cost[1] + cost[2]) / 2 + epsilon * pow(masses[0] - masses[1], 2) / 2;
  TestTrue(s > 0, "the dense divergence is positive");
  PetscCall(CheckBounds(grid, &d, p, q, cost, s));
  PetscCall(CheckPotentials(grid, &d, p, q));
  PetscCall(VecDestroy(&p));
  PetscCall(VecDestroy(&q));
  PetscFunctionReturn(0);
}

/* On several ranks, whose meshes are several too, one in three. */
static PetscErrorCode Problems(OttoGrid grid)
{
  PetscFunctionBegin;
  for (int e = 0; e < 3; e++)
    for (int k = 0; k < 3; k++)
      if (OttoGridGetInfo(grid)->size == 1 || (e + k) % 3 == 1)
        PetscCall(CheckProblem(grid,
                               e == 0   ? 0.08
                               : e == 1 ? 0.3
                                        : 1,
                               k == 0   ? INFINITY
                               : k == 1 ? 0.4
                                        : 5));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestDense(void)
{
  PetscFunctionBegin;
  for (PetscInt b = OTTO_BOUNDARY_PERIODIC; b <= OTTO_BOUNDARY_OPEN; b++) {
    const OttoBoundary boundary[] = {(OttoBoundary)b, (OttoBoundary)((b + 1) % 3)};
    PetscCall(OnMeshes(1, (PetscInt64[]){25}, boundary, Problems));
    PetscCall(OnMeshes(2, (PetscInt64[]){6, 7}, boundary, Problems));
  }
  PetscFunctionReturn(0);
}

/* ---- the first variation ---- */

static PetscReal Smooth(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *a)
{
  (void)cell, (void)dim;
  return 1 + a[0] * sin(5 * x[0] + a[1]) * cos(4 * x[1]) + a[2] * (cos(7 * x[0]) * x[1]);
}

static PetscErrorCode TestVariation(void)
{
  const PetscReal step = 1e-4;
  OttoGrid grid;
  Vec p, q, by, f, f_p;
  OttoSinkhorn s;
  OttoSinkhornResult r, side[2];
  PetscReal change = 0;

  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) {
    PetscCall(MakeUnit(2, 24, OTTO_BOUNDARY_NO_FLUX, &grid));
    PetscCall(Fill(grid, Smooth, (PetscReal[]){0.6, 0, 0}, &p));
    PetscCall(Fill(grid, Smooth, (PetscReal[]){0.7, 2, 0}, &q));
    PetscCall(ToMassOne(grid, p));
    PetscCall(ToMassOne(grid, q));
    PetscCall(Fill(grid, Smooth, (PetscReal[]){0, 0, 1}, &by)); /* less its mean, if mass is kept */
    PetscCall(OttoFieldIntegral(grid, by, &change));
    PetscCall(VecShift(by, k ? -1 : -change));
    PetscCall(OttoSinkhornCreate(grid, &s));
    PetscCall(OttoSinkhornSetEpsilon(s, 0.02));
    if (k) PetscCall(OttoSinkhornSetReach(s, 0.7));
    PetscCall(OttoSinkhornSetStop(s, 1e-11, 20000));
    PetscCall(OttoSinkhornSetUp(s));
    for (int i = 0; i < 2; i++) {
      Vec moved;
      PetscCall(VecDuplicate(p, &moved));
      PetscCall(VecWAXPY(moved, i ? step : -step, by, p));
      PetscCall(OttoSinkhornSolve(s, moved, q, &side[i]));
      PetscCall(VecDestroy(&moved));
    }
    PetscCall(OttoSinkhornSolve(s, p, q, &r));
    PetscCall(OttoSinkhornGetPotentials(s, &f, NULL, &f_p, NULL));
    const OttoGridInfo *g = OttoGridGetInfo(grid);
    const PetscScalar *a, *b, *c;
    OttoSum sum = {0, 0};
    PetscCall(VecGetArrayRead(f, &a));
    PetscCall(VecGetArrayRead(f_p, &b));
    PetscCall(VecGetArrayRead(by, &c));
    for (PetscInt64 i = 0; i < g->local_cells; i++) {
      const PetscReal rho = 0.49;
      const PetscReal soft = (rho + 0.02) * (expm1(-b[i] / rho) - expm1(-a[i] / rho));
      const PetscReal slope = k ? soft : a[i] - b[i];
      OttoSumAdd(&sum, slope * c[i] * g->cell_volume);
    }
    PetscCall(VecRestoreArrayRead(f, &a));
    PetscCall(VecRestoreArrayRead(f_p, &b));
    PetscCall(VecRestoreArrayRead(by, &c));
    PetscCall(OttoSumReduce(g->comm, 1, &sum));
    /* central differences: third derivatives times step² */
    TestClose((side[1].divergence - side[0].divergence) / (2 * step), OttoSumValue(sum), 1e-5,
              k ? "first variation with a reach" : "first variation");
    PetscCall(OttoSinkhornDestroy(&s));
    PetscCall(VecDestroy(&p));
    PetscCall(VecDestroy(&q));
    PetscCall(VecDestroy(&by));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestDense, TestVariation});
}
