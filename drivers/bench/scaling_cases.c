/* The cases of bench scaling, on communicators of the first 1, 2, 4 … ranks. */
#include "scaling.h"
#include <otto/options.h>
#include <malloc.h>
#include <math.h>

/* bench_ranks, or 1, 2, 4 … below all ranks, and these. */
static PetscErrorCode ReadRanks(PetscMPIInt size, OttoScaling *s)
{
  PetscReal *asked = NULL;
  PetscInt count = 0;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReals(NULL, "bench_ranks", &count, &asked));
  OttoCheckInput(count <= OTTO_SCALING_MOST, "bench_ranks: %d entries, more than %d", (int)count,
                 OTTO_SCALING_MOST);
  for (PetscInt i = 0; i < count; i++) {
    OttoCheckInput(asked[i] >= 1 && asked[i] <= size && asked[i] == floor(asked[i]) &&
                       (i == 0 || asked[i] > asked[i - 1]),
                   "bench_ranks: entry %d, %g, is not a whole number from 1 to %d, the ranks of "
                   "this run, above the entry before",
                   (int)i + 1, (double)asked[i], size);
    s->strong[s->count++].ranks = (PetscMPIInt)asked[i];
  }
  PetscCall(PetscFree(asked));
  if (!count) {
    for (PetscMPIInt r = 1; r < size; r *= 2) s->strong[s->count++].ranks = r;
    s->strong[s->count++].ranks = size;
  }
  for (PetscInt i = 0; i < s->count; i++) s->mesh[i].ranks = s->weak[i].ranks = s->strong[i].ranks;
  PetscFunctionReturn(0);
}

static PetscErrorCode ReadParts(OttoScaling *s)
{
  static const char *const names[] = {"sample", "step", NULL};
  PetscInt chosen[2] = {0, 1}, count = 0;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetChoices(NULL, "bench_parts", names, 2, &count, chosen));
  if (!count) count = 2;
  for (PetscInt i = 0; i < count; i++) *(chosen[i] == 0 ? &s->sample : &s->step) = PETSC_TRUE;
  PetscFunctionReturn(0);
}

/* The grid of the options on `comm`, so many times as long along its first axis, with so many ranks
 * along the second. */
static PetscErrorCode Grid(const OttoGridInfo *g, MPI_Comm comm, PetscMPIInt times,
                           PetscMPIInt across, OttoGrid *grid)
{
  PetscMPIInt size;

  PetscInt64 n[OTTO_MAX_DIM];
  PetscReal upper[OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(n, g->n, g->dim));
  PetscCall(PetscArraycpy(upper, g->upper, g->dim));
  n[0] *= times;
  upper[0] = g->lower[0] + times * (g->upper[0] - g->lower[0]);
  PetscCall(OttoGridCreate(comm, grid));
  PetscCall(OttoGridSetBox(*grid, g->dim, n, g->lower, upper, g->boundary));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(OttoGridSetMesh(*grid, size / across, across));
  PetscCall(OttoGridSetUp(*grid));
  PetscFunctionReturn(0);
}

static PetscReal Allocated(void)
{
  const struct mallinfo2 m = mallinfo2();

  return (PetscReal)m.uordblks + (PetscReal)m.hblkhd;
}

static PetscErrorCode Create(const OttoGridInfo *g, PetscMPIInt times, PetscMPIInt across,
                             const OttoScaling *s, OttoScalingCase *c)
{
  OttoGrid own = NULL;

  PetscFunctionBegin;
  if (c->comm == MPI_COMM_NULL) PetscFunctionReturn(0);
  PetscCall(Grid(g, c->comm, times, across, &c->grid));
  if (s->sample) {
    c->bytes = -Allocated();
    PetscCall(OttoBenchPairCreate(c->grid, &c->pair));
    c->bytes += Allocated();
    c->overlap = -Allocated();
    PetscCall(OttoHeatSetOverlap(c->pair.heat, PETSC_TRUE));
    c->overlap += Allocated();
    PetscCall(OttoHeatSetOverlap(c->pair.heat, PETSC_FALSE));
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &c->bytes, 1, MPIU_REAL, MPIU_MAX, c->comm));
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &c->overlap, 1, MPIU_REAL, MPIU_MAX, c->comm));
  }
  if (!s->step || across > 1) PetscFunctionReturn(0);
  PetscCall(Grid(g, c->comm, times, across, &own));
  PetscCall(OttoBenchStepCreateOn(own, &c->step));
  PetscCall(OttoBenchStepSolve(&c->step)); /* settles the form */
  PetscCall(OttoResolventSetFactors(c->step.resolvent, OTTO_FACTORS_NEVER));
  PetscFunctionReturn(0);
}

/* A sample of a small grid, so that what a process allocates once is no case's. */
static PetscErrorCode Settle(MPI_Comm comm, const OttoGridInfo *g)
{
  OttoBenchTempered pair = {0};
  OttoGridInfo small = *g;
  OttoGrid grid = NULL;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) small.n[j] = PetscMax(8, g->size);
  PetscCall(Grid(&small, comm, 1, 1, &grid));
  PetscCall(OttoBenchPairCreate(grid, &pair));
  PetscCall(OttoBenchTemperedDestroy(&pair));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* The ranks along the second axis of a mesh of so many, as square as they allow; 1 where it has not
 * got as many cells. */
static PetscMPIInt Across(const OttoGridInfo *g, PetscMPIInt ranks)
{
  PetscMPIInt along = 1;

  for (PetscMPIInt p = 1; p * p <= ranks; p++)
    if (ranks % p == 0) along = p;
  return ranks / along <= g->n[1] ? ranks / along : 1;
}

static PetscErrorCode Split(MPI_Comm comm, OttoScalingCase *c)
{
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_split(comm, rank < c->ranks ? 0 : MPI_UNDEFINED, rank, &c->comm));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoScalingCreate(MPI_Comm comm, OttoScaling *s)
{
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(ReadRanks(size, s));
  PetscCall(ReadParts(s));
  PetscCall(OttoGridCreate(comm, &s->whole));
  PetscCall(OttoGridSetFromOptions(s->whole));
  PetscCall(OttoGridSetMesh(s->whole, size, 1));
  PetscCall(OttoGridSetUp(s->whole));
  const OttoGridInfo *g = OttoGridGetInfo(s->whole);
  OttoCheckInput(g->dim == 2 || g->dim == 3, "grid_n: bench scaling takes 2 or 3 axes, not %d",
                 (int)g->dim);
  for (PetscInt j = 0; j < g->dim; j++)
    OttoCheckInput(g->boundary[j] == OTTO_BOUNDARY_PERIODIC,
                   "grid_boundary: bench scaling counts messages on periodic grids");
  if (s->sample) PetscCall(Settle(comm, g));
  for (PetscInt i = 0; i < s->count; i++) {
    PetscCall(Split(comm, &s->strong[i]));
    PetscCall(OttoAgree(comm, Create(g, 1, 1, s, &s->strong[i])));
    const PetscMPIInt ranks = s->strong[i].ranks, across = Across(g, ranks);
    s->weak[i].comm = s->mesh[i].comm = MPI_COMM_NULL;
    if (ranks == 1) continue;
    PetscCall(Split(comm, &s->weak[i]));
    PetscCall(OttoAgree(comm, Create(g, ranks, 1, s, &s->weak[i])));
    if (across == 1 || !s->sample) continue;
    s->mesh[i].is_there = PETSC_TRUE;
    PetscCall(Split(comm, &s->mesh[i]));
    PetscCall(OttoAgree(comm, Create(g, 1, across, s, &s->mesh[i])));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Destroy(OttoScalingCase *c)
{
  PetscFunctionBegin;
  if (c->comm == MPI_COMM_NULL) PetscFunctionReturn(0);
  PetscCall(OttoBenchTemperedDestroy(&c->pair));
  PetscCall(OttoBenchStepDestroy(&c->step));
  PetscCall(OttoGridDestroy(&c->grid));
  PetscCallMPI(MPI_Comm_free(&c->comm));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoScalingDestroy(OttoScaling *s)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->count; i++) {
    PetscCall(Destroy(&s->strong[i]));
    PetscCall(Destroy(&s->weak[i]));
    PetscCall(Destroy(&s->mesh[i]));
  }
  PetscCall(OttoGridDestroy(&s->whole));
  PetscFunctionReturn(0);
}

OttoScalingCase *OttoScalingOnMesh(OttoScaling *s, PetscInt i)
{
  return s->mesh[i].is_there ? &s->mesh[i] : &s->strong[i];
}

PetscErrorCode OttoScalingSample(void *context)
{
  OttoScalingCase *c = context;

  PetscFunctionBegin;
  if (c->comm != MPI_COMM_NULL) PetscCall(OttoBenchSample(&c->pair));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoScalingOverlap(void *context)
{
  OttoScalingCase *c = context;

  PetscFunctionBegin;
  if (c->comm != MPI_COMM_NULL) PetscCall(OttoHeatSetOverlap(c->pair.heat, PETSC_TRUE));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoScalingApart(void *context)
{
  OttoScalingCase *c = context;

  PetscFunctionBegin;
  if (c->comm != MPI_COMM_NULL) PetscCall(OttoHeatSetOverlap(c->pair.heat, PETSC_FALSE));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoScalingStep(void *context)
{
  OttoScalingCase *c = context;

  PetscFunctionBegin;
  if (c->comm != MPI_COMM_NULL) PetscCall(OttoBenchStepSolve(&c->step));
  PetscFunctionReturn(0);
}

static OttoTraffic Counters(void)
{
  return (OttoTraffic){.messages = petsc_isend_ct + petsc_send_ct,
                       .bytes = petsc_isend_len + petsc_send_len,
                       .reductions = petsc_allreduce_ct};
}

PetscErrorCode OttoScalingCount(PetscErrorCode (*run)(void *), void *context, OttoTraffic *traffic)
{
  const OttoTraffic before = Counters();

  PetscFunctionBegin;
  PetscCall(run(context));
  const OttoTraffic after = Counters();
  PetscReal most[3] = {after.messages - before.messages, after.bytes - before.bytes,
                       after.reductions - before.reductions};
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, most, 3, MPIU_REAL, MPIU_MAX, PETSC_COMM_WORLD));
  *traffic = (OttoTraffic){.messages = most[0], .bytes = most[1], .reductions = most[2]};
  PetscFunctionReturn(0);
}
