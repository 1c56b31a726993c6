/* Entropic transport: the object, and the divergence of three problems. */
#include "core/fault.h"
#include "sinkhorn_impl.h"
#include "core/buffer.h"
#include <otto/options.h>
#include <math.h>

/* Relative difference of masses that is none. */
#define SAME_MASS 1e-9

#define LARGEST 1e6    /* ε in squares of the diagonal of the box */
#define EXTREME 1e-250 /* ε/reach² */

const char *const OttoSinkhornReasons[] = {"marginal error reached", "rounding is left",
                                           "iteration limit", NULL};

/* ---- life ---- */

PetscErrorCode OttoSinkhornCreate(OttoGrid grid, OttoSinkhorn *sinkhorn)
{
  OttoSinkhorn s;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(PetscNew(&s));
  *sinkhorn = s;
  s->g = OttoGridGetInfo(grid);
  s->reach = INFINITY;
  s->tolerance = 1e-6;
  s->iterations = 20000;
  PetscReal side = INFINITY;
  for (PetscInt j = 0; j < s->g->dim; j++)
    side = PetscMin(side, s->g->h[j] * (PetscReal)s->g->n[j]);
  s->epsilon = side * side / 256;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSinkhornSetEpsilon(OttoSinkhorn s, PetscReal epsilon)
{
  PetscFunctionBegin;
  PetscCheck(epsilon > 0 && isfinite(epsilon), PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "epsilon %g; it must be finite and above 0", (double)epsilon);
  s->epsilon = epsilon;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSinkhornSetReach(OttoSinkhorn s, PetscReal reach)
{
  PetscFunctionBegin;
  PetscCheck(reach > 0, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "reach %g; it must be above 0",
             (double)reach);
  s->reach = reach;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSinkhornSetStop(OttoSinkhorn s, PetscReal tolerance, PetscInt64 iterations)
{
  PetscFunctionBegin;
  PetscCheck(tolerance > 0 && iterations > 0, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "tolerance %g, %" PetscInt64_FMT " iterations; both must be above 0",
             (double)tolerance, iterations);
  s->tolerance = tolerance;
  s->iterations = iterations;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSinkhornSetFromOptions(OttoSinkhorn s)
{
  const PetscReal least = 1e-300;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReal(NULL, "sinkhorn_epsilon", least, INFINITY, &s->epsilon, NULL));
  PetscCall(OttoOptionsGetReal(NULL, "sinkhorn_reach", least, INFINITY, &s->reach, NULL));
  PetscCall(OttoOptionsGetReal(NULL, "sinkhorn_tolerance", least, 1, &s->tolerance, NULL));
  PetscCall(OttoOptionsGetInt(NULL, "sinkhorn_iterations", 1, PETSC_MAX_INT, &s->iterations, NULL));
  PetscFunctionReturn(0);
}

/* The same cells on the same ranks, walls taken away. */
static PetscErrorCode CreateOpen(const OttoGridInfo *g, OttoGrid *grid)
{
  OttoBoundary boundary[OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) {
    OttoCheckInput(!OttoBoundaryAbsorbs(g->boundary[j], 0),
                   "grid_boundary: absorbing (axis %d) is not possible for transport; periodic, "
                   "no_flux or open",
                   (int)j + 1);
    boundary[j] = g->boundary[j] == OTTO_BOUNDARY_PERIODIC ? g->boundary[j] : OTTO_BOUNDARY_OPEN;
  }
  PetscCall(OttoGridCreate(g->comm, grid));
  PetscCall(OttoGridSetBox(*grid, g->dim, g->n, g->lower, g->upper, boundary));
  PetscCall(OttoGridSetMesh(*grid, g->mesh[0], g->mesh[1]));
  PetscCall(OttoGridSetCuts(*grid, g->cuts));
  PetscCall(OttoGridSetUp(*grid));
  PetscFunctionReturn(0);
}

/* Not collective. */
static PetscErrorCode CreateRoom(OttoSinkhorn s)
{
  const size_t n = (size_t)PetscMax(1, s->g->local_cells);

  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) {
    PetscCall(OttoBufferCreate(n, &s->atoms[i].mass));
    PetscCall(OttoBufferCreate(n, &s->atoms[i].log_mass));
  }
  PetscCall(OttoBufferCreate(n, &s->image));
  PetscCall(OttoBufferCreate(n, &s->before));
  PetscCall(OttoBufferCreate(n, &s->safe));
  PetscCall(OttoBufferCreate(n, &s->other));
  PetscCall(OttoAndersonCreate(s->g->comm, s->g->local_cells, &s->faster));
  PetscFunctionReturn(0);
}

/* Costs are ε times logarithms, which are known to some 1e-13; e^{-λf}, λ = ε/reach², weighs
 * marginals. */
static PetscErrorCode CheckScales(OttoSinkhorn s)
{
  const PetscReal lambda = s->epsilon / (s->reach * s->reach);
  PetscReal square = 0;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->g->dim; j++) square += PetscSqr(s->g->h[j] * (PetscReal)s->g->n[j]);
  OttoCheckInput(s->epsilon <= LARGEST * square,
                 "sinkhorn_epsilon: %g; more than %g squares of the box's diagonal (%g) leave "
                 "nothing but rounding",
                 (double)s->epsilon, LARGEST, (double)(LARGEST * square));
  OttoCheckInput(isinf(s->reach) || (lambda > EXTREME && lambda < 1 / EXTREME),
                 "sinkhorn_reach: %g; sinkhorn_epsilon/reach^2 is %g, which must be within %g and "
                 "%g",
                 (double)s->reach, (double)lambda, EXTREME, 1 / EXTREME);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSinkhornSetUp(OttoSinkhorn s)
{
  OttoSinkhornKernel *k = &s->kernel;

  PetscFunctionBegin;
  if (s->is_setup) PetscFunctionReturn(0);
  PetscCall(CheckScales(s));
  PetscCall(CreateOpen(s->g, &k->grid));
  k->g = OttoGridGetInfo(k->grid);
  PetscCall(OttoHeatCreate(k->grid, &k->heat));
  PetscCall(OttoHeatSetType(k->heat, "gaussian_exact"));
  PetscCall(OttoHeatSetUp(k->heat));
  PetscCall(OttoFieldCreate(k->grid, &k->work));
  for (int i = 0; i < 4; i++) PetscCall(OttoFieldCreate(k->grid, &s->potential[i]));
  PetscCall(OttoAgree(s->g->comm, CreateRoom(s)));
  s->is_setup = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSinkhornDestroy(OttoSinkhorn *sinkhorn)
{
  OttoSinkhorn s = *sinkhorn;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  for (int i = 0; i < 2; i++) {
    PetscCall(OttoBufferDestroy(&s->atoms[i].mass));
    PetscCall(OttoBufferDestroy(&s->atoms[i].log_mass));
  }
  PetscCall(OttoBufferDestroy(&s->image));
  PetscCall(OttoBufferDestroy(&s->before));
  PetscCall(OttoBufferDestroy(&s->safe));
  PetscCall(OttoBufferDestroy(&s->other));
  PetscCall(OttoAndersonDestroy(&s->faster));
  for (int i = 0; i < 4; i++) PetscCall(VecDestroy(&s->potential[i]));
  PetscCall(VecDestroy(&s->kernel.work));
  PetscCall(OttoHeatDestroy(&s->kernel.heat));
  PetscCall(OttoGridDestroy(&s->kernel.grid));
  PetscCall(PetscFree(*sinkhorn));
  PetscFunctionReturn(0);
}

PetscBool OttoSinkhornIsSetUp(OttoSinkhorn s)
{
  return s->is_setup;
}

PetscReal OttoSinkhornGetEpsilon(OttoSinkhorn s)
{
  return s->epsilon;
}

PetscReal OttoSinkhornGetReach(OttoSinkhorn s)
{
  return s->reach;
}

size_t OttoSinkhornBytes(OttoSinkhorn s)
{
  if (!s->is_setup) return sizeof *s;
  return sizeof *s + OttoHeatBytes(s->kernel.heat) + OttoAndersonBytes(&s->faster) +
         13 * (size_t)s->g->local_cells * sizeof(PetscReal);
}

/* ---- a solve ---- */

/* The box of the cells with mass, and the total. */
static PetscErrorCode Survey(const OttoGridInfo *g, OttoSinkhornAtoms *a)
{
  PetscReal range[2 * OTTO_MAX_DIM];
  PetscInt64 at[OTTO_MAX_DIM];
  OttoSum total = {0, 0};

  PetscFunctionBegin;
  for (PetscInt i = 0; i < 2 * OTTO_MAX_DIM; i++) range[i] = -INFINITY;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (!(a->mass[c] > 0)) continue;
    OttoSumAdd(&total, a->mass[c]);
    OttoGridCellIndex(g, c, at);
    for (PetscInt j = 0; j < g->dim; j++) {
      range[2 * j] = PetscMax(range[2 * j], -(PetscReal)at[j]);
      range[2 * j + 1] = PetscMax(range[2 * j + 1], (PetscReal)at[j]);
    }
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, range, 2 * OTTO_MAX_DIM, MPIU_REAL, MPIU_MAX, g->comm));
  PetscCall(OttoSumReduce(g->comm, 1, &total));
  for (PetscInt j = 0; j < g->dim; j++) {
    a->low[j] = -range[2 * j];
    a->high[j] = range[2 * j + 1];
  }
  a->total = OttoSumValue(total);
  PetscFunctionReturn(0);
}

/* A density as atoms; `name` for messages. */
static PetscErrorCode Atoms(const OttoGridInfo *g, const char *name, Vec field,
                            OttoSinkhornAtoms *a)
{
  const PetscScalar *values;
  PetscInt64 wrong = 0;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(field, &values));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (!(values[c] >= 0 && isfinite(values[c]))) wrong++;
    a->mass[c] = values[c] * g->cell_volume;
    a->log_mass[c] = a->mass[c] > 0 ? log(a->mass[c]) : -INFINITY;
  }
  PetscCall(VecRestoreArrayRead(field, &values));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &wrong, 1, MPIU_INT64, MPI_SUM, g->comm));
  OttoCheckInput(!wrong,
                 "%s: negative or not finite in %" PetscInt64_FMT " cells; a density must be "
                 "neither",
                 name, wrong);
  PetscCall(Survey(g, a));
  OttoCheckInput(a->total > 0, "%s: no mass; transport needs some", name);
  PetscFunctionReturn(0);
}

/* With marginals that hold, both masses are the same, to the last bit of a sum. */
static PetscErrorCode Match(OttoSinkhorn s)
{
  const PetscReal p = s->atoms[0].total, q = s->atoms[1].total, by = p / q;

  PetscFunctionBegin;
  if (!isinf(s->reach)) PetscFunctionReturn(0);
  OttoCheckInput(fabs(p - q) <= SAME_MASS * p,
                 "sinkhorn_reach: masses %.10g of p and %.10g of q differ, and with no finite "
                 "reach all of it is moved; normalise them or give a reach",
                 (double)p, (double)q);
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    s->atoms[1].mass[c] *= by;
    s->atoms[1].log_mass[c] += log1p((p - q) / q);
  }
  s->atoms[1].total = p;
  PetscFunctionReturn(0);
}

/* OT(p, q), then OT(p, p) and OT(q, q) with the kernel that is there; f and g in nats. */
static PetscErrorCode Three(OttoSinkhorn s, OttoSinkhornResult *result)
{
  const OttoSinkhornStop stop = {s->tolerance, s->iterations, &s->faster, s->before, s->safe};
  OttoSinkhornCost *cost[3] = {&result->pq, &result->pp, &result->qq};
  OttoSinkhornReason reason[3];
  PetscScalar *f[4];

  PetscFunctionBegin;
  for (int i = 0; i < 4; i++) PetscCall(VecGetArray(s->potential[i], &f[i]));
  for (int i = 0; i < 3; i++) {
    OttoSinkhornProblem problem = {.p = &s->atoms[i == 2],
                                   .q = &s->atoms[i != 1],
                                   .f = f[i ? i + 1 : 0],
                                   .g = i ? s->other : f[1],
                                   .image = s->image};
    if (i)
      PetscCall(OttoSinkhornSolveSelf(&s->kernel, &stop, &problem, &reason[i]));
    else
      PetscCall(
          OttoSinkhornSolvePair(&s->kernel, s->epsilon, s->reach, &stop, &problem, &reason[i]));
    *cost[i] = problem.cost;
    result->marginal = PetscMax(result->marginal, problem.cost.marginal);
    result->reason = PetscMax(result->reason, reason[i]);
  }
  for (int i = 0; i < 4; i++) {
    for (PetscInt64 c = 0; c < s->g->local_cells; c++) f[i][c] *= s->epsilon;
    PetscCall(VecRestoreArray(s->potential[i], &f[i]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSinkhornSolve(OttoSinkhorn s, Vec p, Vec q, OttoSinkhornResult *result)
{
  PetscFunctionBegin;
  OttoNeed(s->is_setup, "OttoSinkhornSetUp()");
  *result = (OttoSinkhornResult){.epsilon = s->epsilon, .reason = OTTO_SINKHORN_CONVERGED};
  s->is_solved = PETSC_FALSE;
  s->kernel.applications = 0;
  PetscCall(Atoms(s->g, "p_density", p, &s->atoms[0]));
  PetscCall(Atoms(s->g, "q_density", q, &s->atoms[1]));
  PetscCall(Match(s));
  PetscCall(Three(s, result));
  const PetscReal off = s->atoms[0].total - s->atoms[1].total;
  const OttoSinkhornCost *pq = &result->pq, *pp = &result->pp, *qq = &result->qq;
  result->divergence = pq->value - (pp->value + qq->value) / 2 + s->epsilon * off * off / 2;
  OttoFault("sinkhorn", 1, &result->divergence);
  result->error = PetscMax(pq->error, (pp->error + qq->error) / 2);
  result->iterations = s->kernel.applications;
  s->is_solved = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSinkhornGetPotentials(OttoSinkhorn s, Vec *f, Vec *g, Vec *f_p, Vec *g_q)
{
  Vec *const out[4] = {f, g, f_p, g_q};

  PetscFunctionBegin;
  OttoNeed(s->is_solved, "OttoSinkhornSolve()");
  for (int i = 0; i < 4; i++)
    if (out[i]) *out[i] = s->potential[i];
  PetscFunctionReturn(0);
}
