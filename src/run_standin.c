/* Stand-ins for what other branches bring (prod, relax, solve); to be deleted when they are merged.
 */
#include "edges.h"
#include "run_slopes.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static double Phi(int k, double r)
{
  switch (k) {
  case OTTO_DIVERGENCE_KL:
    return r * log(r);
  case OTTO_DIVERGENCE_REVERSE_KL:
    return -log(r);
  case OTTO_DIVERGENCE_CHI2:
    return (r - 1) * (r - 1);
  case OTTO_DIVERGENCE_HELLINGER2:
    return 0.5 * (sqrt(r) - 1) * (sqrt(r) - 1);
  default:
    return 0.5 * (r * log(r) - (r + 1) * log((r + 1) / 2));
  }
}
static double Phi1(int k, double r)
{
  switch (k) {
  case OTTO_DIVERGENCE_KL:
    return log(r) + 1;
  case OTTO_DIVERGENCE_REVERSE_KL:
    return -1 / r;
  case OTTO_DIVERGENCE_CHI2:
    return 2 * (r - 1);
  case OTTO_DIVERGENCE_HELLINGER2:
    return 0.5 * (1 - 1 / sqrt(r));
  default:
    return 0.5 * log(2 * r / (r + 1));
  }
}
typedef struct {
  const OttoGridInfo *g;
  const OttoRates *r;
  const PetscReal *v[3], *below[3], *above[3]; /* p, q/π, log π */
  PetscReal sum[8];
  PetscReal *current[3];
} Walk;
static PetscReal Get(const Walk *w, int i, PetscInt64 c)
{
  if (c < 0) return w->below[i][c + w->g->plane_cells];
  return c < w->g->local_cells ? w->v[i][c] : w->above[i][c - w->g->local_cells];
}
static void EdgePhi(const OttoEdges *e, void *ctx)
{
  Walk *w = (Walk *)ctx;
  for (PetscInt64 i = 0; i < e->n; i++) {
    double px = Get(w, 0, e->x + i), py = Get(w, 0, e->y + i), qx = Get(w, 1, e->x + i),
           qy = Get(w, 1, e->y + i), up = w->r->up[e->axis][e->x + i],
           down = w->r->down[e->axis][e->x + i], a = px / qx, b = py / qy;
    for (int k = 0; k < 5; k++)
      w->sum[k] += qx * up * (Phi(k, a) - Phi(k, b) - Phi1(k, b) * (a - b)) +
                   qy * down * (Phi(k, b) - Phi(k, a) - Phi1(k, a) * (b - a));
  }
}
static PetscErrorCode WalkAll(OttoGenerator gen, int n, Vec f[], OttoEdgesVisit visit, Walk *w)
{
  OttoGrid grid = OttoGeneratorGetGrid(gen);
  OttoHalo halo;
  PetscReal *b[3], *a[3];
  PetscFunctionBegin;
  w->g = OttoGridGetInfo(grid);
  w->r = OttoGeneratorGetRates(gen);
  PetscCall(OttoHaloCreate(grid, 1, &halo));
  for (int i = 0; i < n; i++) {
    PetscCall(VecGetArrayRead(f[i], &w->v[i]));
    PetscCall(PetscMalloc2(w->g->plane_cells, &b[i], w->g->plane_cells, &a[i]));
    PetscCall(OttoHaloExchange(halo, w->v[i], b[i], a[i]));
    w->below[i] = b[i];
    w->above[i] = a[i];
  }
  OttoEdgesWalk(w->g, w->current[0] ? PETSC_TRUE : PETSC_FALSE, visit, w);
  for (int i = 0; i < n; i++) {
    PetscCall(VecRestoreArrayRead(f[i], &w->v[i]));
    PetscCall(PetscFree2(b[i], a[i]));
  }
  PetscCall(OttoHaloDestroy(&halo));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, w->sum, 8, MPIU_REAL, MPIU_SUM, w->g->comm));
  for (int k = 0; k < 8; k++) w->sum[k] *= w->g->cell_volume;
  PetscFunctionReturn(0);
}
PetscErrorCode OttoFisherEdgeRates(OttoGenerator gen, const OttoPair *pair, OttoFisher *out)
{
  Walk w = {0};
  Vec f[2] = {pair->p, pair->q};
  PetscFunctionBegin;
  PetscCall(WalkAll(gen, 2, f, EdgePhi, &w));
  memset(out, 0, sizeof *out);
  for (int k = 0; k < 5; k++) out->dissipation[k] = isnan(w.sum[k]) ? INFINITY : w.sum[k];
  PetscFunctionReturn(0);
}
static void EdgeProduction(const OttoEdges *e, void *ctx)
{
  Walk *w = (Walk *)ctx;
  for (PetscInt64 i = 0; i < e->n; i++) {
    double px = Get(w, 0, e->x + i), py = Get(w, 0, e->y + i), up = w->r->up[e->axis][e->x + i],
           down = w->r->down[e->axis][e->x + i], z = w->r->force[e->axis][e->x + i],
           J = px * up - py * down, lp = log(px) - log(py), lpi = 0;
    if (w->v[2]) lpi = Get(w, 2, e->x + i) - Get(w, 2, e->y + i);
    double s = lp - lpi, si = exp(-s), sd = exp(s);
    w->sum[0] += J * (lp + z);
    w->sum[1] += J * (lpi + z);
    w->sum[2] += px * up * (si - 1 + s) + py * down * (sd - 1 - s);
    w->sum[3] += J * z;
  }
}
static void EdgeCurrent(const OttoEdges *e, void *ctx)
{
  Walk *w = (Walk *)ctx;
  PetscReal h = w->g->h[e->axis];
  for (PetscInt64 i = 0; i < e->n; i++) {
    double J = h * (Get(w, 0, e->x + i) * w->r->up[e->axis][e->x + i] -
                    Get(w, 0, e->y + i) * w->r->down[e->axis][e->x + i]);
    if (e->x + i >= 0) w->current[e->axis][e->x + i] += 0.5 * J;
    if (e->y + i < w->g->local_cells) w->current[e->axis][e->y + i] += 0.5 * J;
  }
}
PetscErrorCode OttoProductionCurrent(OttoGenerator gen, Vec p, Vec current[])
{
  Walk w = {0};
  PetscInt dim = OttoGridGetInfo(OttoGeneratorGetGrid(gen))->dim;
  PetscFunctionBegin;
  for (PetscInt j = 0; j < dim; j++) {
    PetscCall(VecZeroEntries(current[j]));
    PetscCall(VecGetArray(current[j], &w.current[j]));
  }
  PetscCall(WalkAll(gen, 1, &p, EdgeCurrent, &w));
  for (PetscInt j = 0; j < dim; j++) PetscCall(VecRestoreArray(current[j], &w.current[j]));
  PetscFunctionReturn(0);
}
PetscErrorCode OttoProductionCompute(OttoGenerator gen, Vec p, Vec pi, Vec log_pi,
                                     OttoProduction *out)
{
  Walk w = {0};
  Vec f[3] = {p, p, log_pi}, J[3], rate;
  OttoGrid grid = OttoGeneratorGetGrid(gen);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *a, *b, *l = NULL, *c[3];
  PetscReal s[3] = {0};
  PetscFunctionBegin;
  PetscCall(WalkAll(gen, pi ? 3 : 2, f, EdgeProduction, &w));
  PetscCall(OttoFieldCreate(grid, &rate));
  PetscCall(OttoGeneratorApply(gen, p, rate));
  PetscCall(VecGetArrayRead(p, &a));
  PetscCall(VecGetArrayRead(rate, &b));
  if (pi) PetscCall(VecGetArrayRead(log_pi, &l));
  for (PetscInt j = 0; j < g->dim; j++) PetscCall(OttoFieldCreate(grid, &J[j]));
  PetscCall(OttoProductionCurrent(gen, p, J));
  for (PetscInt j = 0; j < g->dim; j++) PetscCall(VecGetArrayRead(J[j], &c[j]));
  for (PetscInt64 i = 0; i < g->local_cells; i++) {
    PetscReal n = 0;
    s[0] -= b[i] * log(a[i]);
    if (l) s[1] += b[i] * (log(a[i]) - l[i]);
    for (PetscInt j = 0; j < g->dim; j++) n += c[j][i] * c[j][i];
    s[2] += sqrt(n);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, s, 3, MPIU_REAL, MPIU_SUM, g->comm));
  out->total = w.sum[0];
  out->adiabatic = pi ? w.sum[1] : NAN;
  out->nonadiabatic = pi ? w.sum[2] : NAN;
  out->flow = w.sum[3];
  out->heat_rate = out->flow * OttoGeneratorGetTemperature(gen);
  out->entropy_rate = s[0] * g->cell_volume;
  out->kl_rate = pi ? s[1] * g->cell_volume : NAN;
  out->current_norm = s[2] * g->cell_volume;
  PetscFunctionReturn(0);
}
PetscErrorCode OttoRelaxationCompute(OttoResolvent r, PetscInt count, OttoRelaxation *x)
{
  (void)r, (void)count;
  memset(x, 0, sizeof *x);
  return PETSC_ERR_SUP;
}
PetscErrorCode OttoRelaxationFree(OttoRelaxation *x)
{
  memset(x, 0, sizeof *x);
  return 0;
}
OttoGenerator OttoRunStandinGenerator;
PetscErrorCode OttoRunStandinSteady(OttoGenerator gen, OttoResolvent r, Vec pi, Vec log_pi,
                                    OttoSteadyReport *report)
{
  PetscReal sigma = 1;
  PetscFunctionBegin;
  memset(report, 0, sizeof *report);
  PetscCall(OttoGeneratorGibbs(gen, pi, log_pi));
  report->closed_form = OttoGeneratorIsConservative(gen);
  if (!report->closed_form) {
    Vec f;
    PetscReal norm = 0;
    PetscScalar *l;
    const PetscScalar *v;
    PetscCall(VecDuplicate(pi, &f));
    for (int i = 0; i < 40; i++) {
      OttoSolveReport sr;
      PetscCall(OttoResolventSetShift(r, sigma));
      PetscCall(VecCopy(pi, f));
      PetscCall(VecScale(f, sigma));
      PetscCall(OttoResolventSolveDensity(r, f, pi, &sr));
      sigma = PetscMax(1e-3, sigma * 0.3);
    }
    PetscCall(OttoGeneratorApply(gen, pi, f));
    PetscCall(VecNorm(f, NORM_1, &report->residual));
    PetscCall(OttoGeneratorNorm(gen, &norm));
    report->residual *= OttoGridGetInfo(OttoGeneratorGetGrid(gen))->cell_volume / norm;
    PetscCall(VecGetArrayRead(pi, &v));
    PetscCall(VecGetArray(log_pi, &l));
    for (PetscInt64 i = 0; i < OttoGridGetInfo(OttoGeneratorGetGrid(gen))->local_cells; i++)
      l[i] = log(v[i]);
    PetscCall(VecRestoreArray(log_pi, &l));
    PetscCall(VecRestoreArrayRead(pi, &v));
    PetscCall(VecDestroy(&f));
  }
  PetscFunctionReturn(0);
}
PetscErrorCode OttoResolventDescribe(OttoResolvent r, char text[], size_t size)
{
  (void)r;
  snprintf(text, size, "stand-in");
  return 0;
}
size_t OttoResolventBytes(OttoResolvent r)
{
  (void)r;
  return 0;
}
PetscErrorCode OttoSteadyState(OttoResolvent r, Vec pi, Vec log_pi, OttoSteadyReport *report)
{
  return OttoRunStandinSteady(OttoRunStandinGenerator, r, pi, log_pi, report);
}
