/*
 * Work on a density: differences in time of its potential energy, and the drift's part as a sum
 * over edges of J = p_x Q_xy - p_y Q_yx times what z has beside the potential's differences.
 */
#include <otto/work.h>
#include "grid/edges.h"
#include <math.h>

#define LEVELS 9 /* steps of differences */
/* Each of the one before: no simple fraction, or what oscillates looks slow to all of them alike.
 */
#define RATIO 0.6180339887498949

/* What the ranks add up. */
typedef struct {
  OttoSum drift, energy, absorbed;
  PetscReal square; /* of what each edge's terms are made of */
} Sums;

typedef struct {
  const OttoRates *rates;
  OttoSurrounded p, V;
  PetscReal T, middle; /* energies count from here: it drops out, its rounding does not arise (0
                          where mass is absorbed) */
  Sums *sums;
} Walk;

static void AddRun(const OttoEdges *e, void *context)
{
  Walk *s = (Walk *)context;
  const PetscReal *px = OttoSurroundedAt(&s->p, e->x), *py = OttoSurroundedAt(&s->p, e->y);
  const PetscReal *vx = OttoSurroundedAt(&s->V, e->x), *vy = OttoSurroundedAt(&s->V, e->y);
  const PetscReal *up = s->rates->up[e->axis] + e->x, *down = s->rates->down[e->axis] + e->x;
  const PetscReal *z = s->rates->force[e->axis] + e->x, *w = s->rates->work[e->axis] + e->x;

  for (PetscInt64 i = 0; i < e->n; i++) {
    const PetscReal there = px[i] * up[i], back = py[i] * down[i], f = z[i] - w[i];
    const PetscReal gross = fabs(there) + fabs(back);
    if (gross == 0) continue; /* closed cells among them */
    OttoSumAdd(&s->sums->drift, (there - back) * (s->T * f));
    const PetscReal energies = fabs(vx[i] - s->middle) + fabs(vy[i] - s->middle);
    const PetscReal forces = (fabs(z[i]) + fabs(w[i])) * (2 + fabs(z[i]));
    s->sums->square += PetscSqr(gross * (energies + s->T * forces));
  }
}

/* Loops of periodic axes of one cell: J = p (D/h²) z along z. */
static void AddLoops(OttoGenerator generator, const PetscReal p[], Sums *sums)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  const OttoRates *r = OttoGeneratorGetRates(generator);

  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscReal scale =
        OttoGeneratorCoupling(generator, j) * OttoGeneratorGetTemperature(generator);
    for (PetscInt64 c = 0; OttoGeneratorHasLoops(generator, j) && c < g->local_cells; c++) {
      const PetscReal z = r->force[j][c], work = p[c] * scale * z * z;
      OttoSumAdd(&sums->drift, work);
      sums->square += work * work;
    }
  }
}

/* Σ f·J, Σ V (Qᵀp), Σ V killed p and what rounding leaves of them, of this rank. Collective. */
static PetscErrorCode SumEdges(OttoGenerator generator, Vec p, Sums *sums)
{
  const OttoGrid grid = OttoGeneratorGetGrid(generator);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const OttoRates *rates = OttoGeneratorGetRates(generator);
  Vec V = OttoGeneratorGetPotential(generator), change;
  const PetscScalar *rate;
  PetscReal mean = 0, mass = 0;
  OttoHalo halo;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, &change));
  PetscCall(OttoGeneratorApply(generator, p, change));
  PetscCall(VecDot(p, V, &mean));
  PetscCall(VecSum(p, &mass));
  PetscCall(VecGetArrayRead(change, &rate));
  Walk walk = {.rates = rates,
               .T = OttoGeneratorGetTemperature(generator),
               .middle = mass > 0 && !rates->killed ? mean / mass : 0,
               .sums = sums};
  PetscCall(OttoGridGetHalo(grid, 1, &halo));
  PetscCall(OttoFieldSurround(halo, p, &walk.p));
  PetscCall(OttoFieldSurround(halo, V, &walk.V));
  const PetscReal *of_p = walk.p.own, *of_V = walk.V.own;
  OttoEdgesWalk(g, PETSC_FALSE, AddRun, &walk);
  AddLoops(generator, of_p, sums);
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    const PetscReal absorbed = rates->killed ? rates->killed[c] * of_p[c] : 0;
    OttoSumAdd(&sums->energy, (of_V[c] - walk.middle) * rate[c]);
    OttoSumAdd(&sums->absorbed, of_V[c] * absorbed);
    sums->square += PetscSqr(of_V[c] * absorbed);
  }
  PetscCall(VecRestoreArrayRead(change, &rate));
  PetscCall(OttoFieldRelease(halo, V, &walk.V));
  PetscCall(OttoFieldRelease(halo, p, &walk.p));
  PetscCall(VecDestroy(&change));
  PetscFunctionReturn(0);
}

/* slope[levels] of ∫ p V in time over steps that shrink, and rounding[levels], what rounding of V
 * leaves of them; NaN where V is not finite. *gross: Σ of magnitudes over the first step.
 * Collective. */
static PetscErrorCode Slopes(OttoGenerator generator, Vec p, PetscReal t, PetscReal step,
                             PetscInt levels, PetscReal slope[], PetscReal rounding[],
                             PetscReal *gross)
{
  const OttoGrid grid = OttoGeneratorGetGrid(generator);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const OttoPotential source = OttoGeneratorGetPotentialSource(generator);
  const PetscScalar *of_p, *later, *before;
  OttoSum sums[LEVELS] = {{0, 0}};
  PetscReal size[LEVELS + 1] = {0};
  Vec V[2];

  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) PetscCall(OttoFieldCreate(grid, &V[i]));
  for (PetscInt k = 0; k < levels; k++) {
    const PetscReal tau = step * pow(RATIO, k), back = t > 0 ? tau : 0,
                    wide = (t + tau) - (t - back);
    PetscCall(OttoPotentialPeek(source, t + tau, V[0]));
    PetscCall(OttoPotentialPeek(source, t - back, V[1]));
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
  PetscReal slope[LEVELS], rounding[LEVELS];

  PetscFunctionBegin;
  if (!OttoPotentialIsTimeDependent(OttoGeneratorGetPotentialSource(generator)))
    PetscFunctionReturn(0);
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

PetscErrorCode OttoWorkCompute(OttoGenerator generator, Vec p, PetscReal step, OttoWork *out)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  Sums sums = {{0, 0}, {0, 0}, {0, 0}, 0};

  PetscFunctionBegin;
  OttoNeedGenerator(generator);
  *out = (OttoWork){0};
  PetscCall(SumEdges(generator, p, &sums));
  OttoSum add[3] = {sums.drift, sums.energy, sums.absorbed};
  PetscCall(OttoSumReduce(g->comm, 3, add));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &sums.square, 1, MPIU_REAL, MPIU_SUM, g->comm));
  out->drift = OttoSumValue(add[0]) * g->cell_volume;
  out->energy_rate = OttoSumValue(add[1]) * g->cell_volume;
  out->absorbed = OttoSumValue(add[2]) * g->cell_volume;
  PetscCall(OfPotential(generator, p, OttoGeneratorGetTime(generator), step, LEVELS, out));
  out->rate = out->potential + out->drift;
  out->noise = 4 * PETSC_MACHINE_EPSILON * sqrt(sums.square) * g->cell_volume;
  PetscFunctionReturn(0);
}
