/* Work on a density: the potential's part, by differences in time of its potential energy. */
#include "work_walk.h"
#include <math.h>

#define LEVELS 9 /* steps of differences */
/* Each of the one before: no simple fraction, or what oscillates looks slow to all of them alike.
 */
#define RATIO 0.6180339887498949

/* slope[levels] of ∫ p V in time over steps that shrink, and rounding[levels], what rounding of V
 * leaves of them; NaN where V is not finite. *gross: Σ of magnitudes over the first step.
 * Collective. */
static PetscErrorCode Slopes(OttoGenerator generator, Vec p, PetscReal t, PetscReal step,
                             PetscInt levels, PetscReal slope[], PetscReal rounding[],
                             PetscReal *gross)
{
  const OttoGrid grid = OttoGeneratorGetGrid(generator);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *of_p, *later, *before;
  OttoSum sums[LEVELS] = {{0, 0}};
  PetscReal size[LEVELS + 1] = {0};
  Vec V[2];

  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) PetscCall(OttoFieldCreate(grid, &V[i]));
  for (PetscInt k = 0; k < levels; k++) {
    const PetscReal tau = step * pow(RATIO, k), back = t > 0 ? tau : 0,
                    wide = (t + tau) - (t - back);
    PetscCall(OttoGeneratorPeekPotential(generator, t + tau, V[0]));
    PetscCall(OttoGeneratorPeekPotential(generator, t - back, V[1]));
    PetscCall(VecGetArrayRead(p, &of_p));
    PetscCall(VecGetArrayRead(V[0], &later));
    PetscCall(VecGetArrayRead(V[1], &before));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      if (of_p[c] == 0) continue; /* closed cells among them */
      OttoSumAdd(&sums[k], of_p[c] * ((later[c] - before[c]) / wide));
      size[k] += fabs(of_p[c]) * (fabs(later[c]) + fabs(before[c])) / wide;
      if (k == 0) size[LEVELS] += fabs(of_p[c]) * (fabs(later[c] - before[c]) / wide);
    }
    PetscCall(VecRestoreArrayRead(V[1], &before));
    PetscCall(VecRestoreArrayRead(V[0], &later));
    PetscCall(VecRestoreArrayRead(p, &of_p));
  }
  PetscCall(OttoSumReduce(g->comm, (int)levels, sums));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, size, LEVELS + 1, MPIU_REAL, MPIU_SUM, g->comm));
  *gross = size[LEVELS] * g->cell_volume;
  for (PetscInt k = 0; k < levels; k++) {
    slope[k] = OttoSumValue(sums[k]) * g->cell_volume;
    rounding[k] = PETSC_MACHINE_EPSILON * size[k] * g->cell_volume;
  }
  for (int i = 0; i < 2; i++) PetscCall(VecDestroy(&V[i]));
  PetscFunctionReturn(0);
}

/* What the plain slopes of smaller steps than k's say against `value`: they should be no further
 * from it than that of k. */
static PetscReal Against(PetscInt count, PetscInt k, PetscReal value, const PetscReal slope[],
                         const PetscReal rounding[])
{
  const PetscReal own = fabs(slope[k] - value);
  PetscReal against = 0;

  for (PetscInt i = k + 1; i < count; i++)
    against = fmax(against, fabs(slope[i] - value) - own - rounding[i]);
  return against;
}

/* The entry of Richardson's table of slope[count] whose neighbours differ least from it; errors are
 * of even powers of the step (power 2) or of all (1). NaN and infinity where there is none. */
static void Extrapolate(PetscInt count, int power, const PetscReal slope[],
                        const PetscReal rounding[], PetscReal *value, PetscReal *error)
{
  PetscReal row[LEVELS], above[LEVELS] = {0};

  *value = NAN;
  *error = INFINITY;
  for (PetscInt k = 0; k < count; k++) {
    row[0] = slope[k];
    for (PetscInt j = 1; j <= k; j++) {
      row[j] = row[j - 1] + (row[j - 1] - above[j - 1]) / (pow(RATIO, -power * (int)j) - 1);
      const PetscReal apart = fmax(fabs(row[j] - row[j - 1]), fabs(row[j] - above[j - 1])) +
                              rounding[k] + Against(count, k, row[j], slope, rounding);
      if (!(apart < *error)) continue;
      *value = row[j];
      *error = apart;
    }
    for (PetscInt j = 0; j <= k; j++) above[j] = row[j];
  }
}

/* `potential`, `unsure` and `gross`. Collective. */
static PetscErrorCode OfPotential(OttoGenerator generator, Vec p, PetscReal t, PetscReal step,
                                  PetscInt differences, OttoWork *out)
{
  const OttoPotential source = OttoGeneratorGetPotentialSource(generator);
  PetscReal slope[LEVELS], rounding[LEVELS];

  PetscFunctionBegin;
  if (!source || !OttoPotentialIsTimeDependent(source)) PetscFunctionReturn(0);
  PetscCall(Slopes(generator, p, t, t > 0 ? PetscMin(step, t) : step, differences, slope, rounding,
                   &out->gross));
  Extrapolate(differences, t > 0 ? 2 : 1, slope, rounding, &out->potential, &out->unsure);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoWorkOfPotential(OttoGenerator generator, Vec p, PetscReal t, PetscReal step,
                                   PetscInt differences, PetscReal *rate, PetscReal *unsure)
{
  OttoWork work = {0};

  PetscFunctionBegin;
  OttoNeedGenerator(generator);
  PetscCheck(differences >= 2 && differences <= LEVELS, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "%d differences", (int)differences);
  PetscCall(OfPotential(generator, p, t, step, differences, &work));
  *rate = work.potential;
  *unsure = work.unsure;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoWorkPotential(OttoGenerator generator, Vec p, PetscReal step, OttoWork *out)
{
  PetscFunctionBegin;
  PetscCall(OfPotential(generator, p, OttoGeneratorGetTime(generator), step, LEVELS, out));
  out->rate = out->potential + out->drift;
  PetscFunctionReturn(0);
}

static void AddCells(const OttoGridInfo *g, const PetscReal p[], OttoWorkWalk *walk)
{
  for (PetscInt64 c = 0; c < g->local_cells; c += OTTO_BLOCK)
    OttoWorkAddCells(c, PetscMin(OTTO_BLOCK, g->local_cells - c), (OttoPlane){.p = p + c}, walk);
}

typedef struct {
  OttoSurrounded p;
  OttoWorkWalk walk;
} Alone;

static void AddEdges(const OttoEdges *e, void *context)
{
  Alone *s = (Alone *)context;
  const OttoPlane x = {.p = OttoSurroundedAt(&s->p, e->x)};
  const OttoPlane y = {.p = OttoSurroundedAt(&s->p, e->y)};

  OttoWorkAddEdges(e, x, y, &s->walk);
}

PetscErrorCode OttoWorkCompute(OttoGenerator generator, Vec p, PetscReal step, OttoWork *out)
{
  const OttoGrid grid = OttoGeneratorGetGrid(generator);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Alone s = {.p = {NULL}};
  OttoHalo halo;
  Vec rate;

  PetscFunctionBegin;
  OttoNeedGenerator(generator);
  PetscCall(OttoFieldCreate(grid, &rate));
  PetscCall(OttoGeneratorApply(generator, p, rate));
  PetscCall(OttoWorkWalkBegin(generator, p, rate, &s.walk, out));
  PetscCall(OttoGridGetHalo(grid, 1, &halo));
  PetscCall(OttoFieldSurround(halo, p, &s.p));
  AddCells(g, s.p.own, &s.walk);
  OttoEdgesWalk(g, PETSC_FALSE, AddEdges, &s);
  PetscCall(OttoFieldRelease(halo, p, &s.p));
  PetscCall(OttoWorkWalkFinish(generator, p, rate, &s.walk, out));
  PetscCall(VecDestroy(&rate));
  PetscCall(OttoWorkPotential(generator, p, step, out));
  PetscFunctionReturn(0);
}
