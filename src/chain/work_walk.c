/*
 * Work on a density: the drift's part as a sum over edges of J = p_x Q_xy - p_y Q_yx times what z
 * has beside the potential's differences, and what the generator itself does to the energy.
 */
#include "work_walk.h"
#include "core/vecmath.h"

/* Summed in plain accumulators before they enter compensated sums: currents and rates of both signs
 * nearly cancel. */
#define TILE 64

/* What a run of edges is made of. */
typedef struct {
  const double *px, *py, *vx, *vy, *up, *down, *z, *w;
  double T, middle;
} Run;

/* Σ J T (z - w), and the squares of what its terms and those of the energy are made of. */
OTTO_VECTOR_CLONES static double DriftOf(int n, const Run *r, double *square)
{
  const double *px = r->px, *py = r->py, *vx = r->vx, *vy = r->vy, *up = r->up, *down = r->down;
  const double *z = r->z, *w = r->w, T = r->T, middle = r->middle;
  double drift = 0, squares = 0;

#pragma omp simd reduction(+ : drift, squares)
  for (int i = 0; i < n; i++) {
    double there = px[i] * up[i], back = py[i] * down[i], gross = fabs(there) + fabs(back);
    int use = gross > 0; /* closed cells are not */
    double of_z = use ? z[i] : 0, of_w = use ? w[i] : 0;
    double energies = fabs(vx[i] - middle) + fabs(vy[i] - middle);
    double forces = (fabs(of_z) + fabs(of_w)) * (2 + fabs(of_z));
    double term = gross * (energies + T * forces);
    drift += (there - back) * (T * (of_z - of_w));
    squares += use ? term * term : 0;
  }
  *square = squares;
  return drift;
}

void OttoWorkAddEdges(const OttoEdges *e, OttoPlane x, OttoPlane y, void *context)
{
  OttoWorkWalk *s = (OttoWorkWalk *)context;
  const OttoRates *r = s->rates;

  for (PetscInt64 i = 0; i < e->n; i += TILE) {
    const PetscInt64 at = e->x + i;
    const Run run = {x.p + i,
                     y.p + i,
                     OttoSurroundedAt(&s->V, e->x) + i,
                     OttoSurroundedAt(&s->V, e->y) + i,
                     r->up[e->axis] + at,
                     r->down[e->axis] + at,
                     r->force[e->axis] + at,
                     r->work[e->axis] + at,
                     s->T,
                     s->middle};
    PetscReal square;
    OttoSumAdd(&s->drift, DriftOf((int)PetscMin(TILE, e->n - i), &run, &square));
    s->square += square;
  }
}

OTTO_VECTOR_CLONES static double EnergyRate(int n, const double *V, double middle,
                                            const double *rate)
{
  double sum = 0;

#pragma omp simd reduction(+ : sum)
  for (int i = 0; i < n; i++) sum += (V[i] - middle) * rate[i];
  return sum;
}

void OttoWorkAddCells(PetscInt64 cell, PetscInt64 n, OttoPlane x, void *context)
{
  OttoWorkWalk *s = (OttoWorkWalk *)context;
  const PetscReal *V = s->V.own + cell, *killed = s->rates->killed;

  for (PetscInt64 i = 0; i < n; i += TILE)
    OttoSumAdd(&s->change,
               EnergyRate((int)PetscMin(TILE, n - i), V + i, s->middle, s->rate + cell + i));
  for (PetscInt64 i = 0; killed && i < n; i++) {
    const PetscReal absorbed = V[i] * (killed[cell + i] * x.p[i]);
    if (absorbed == 0) continue;
    OttoSumAdd(&s->absorbed, absorbed);
    s->square += PetscSqr(absorbed);
  }
}

/* Loops of periodic axes of one cell: J = p (D/h²) z along z. */
static void AddLoops(OttoGenerator generator, const PetscReal p[], OttoWorkWalk *sums)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  const OttoRates *r = OttoGeneratorGetRates(generator);

  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscReal T = OttoGeneratorGetTemperature(generator);
    for (PetscInt64 c = 0; OttoGeneratorHasLoops(generator, j) && c < g->local_cells; c++) {
      const PetscReal scale = OttoGeneratorCouplingAt(generator, j, c) * T;
      const PetscReal z = r->force[j][c], work = p[c] * scale * z * z;
      OttoSumAdd(&sums->drift, work);
      sums->square += work * work;
    }
  }
}

/* Σ p, Σ V p and Σ |V p| of a few cells. */
OTTO_VECTOR_CLONES static void Energies(PetscInt64 n, const double *p, const double *V,
                                        double sums[3])
{
  double mass = 0, energy = 0, size = 0;

#pragma omp simd reduction(+ : mass, energy, size)
  for (PetscInt64 i = 0; i < n; i++) {
    mass += p[i];
    energy += p[i] * V[i];
    size += fabs(p[i] * V[i]);
  }
  sums[0] = mass;
  sums[1] = energy;
  sums[2] = size;
}

PetscErrorCode OttoWorkWalkBegin(OttoGenerator generator, Vec p, Vec rate, OttoWorkWalk *s,
                                 OttoWork *out)
{
  const OttoGrid grid = OttoGeneratorGetGrid(generator);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *of_p;
  OttoSum sum[3] = {{0, 0}};
  OttoHalo halo;

  PetscFunctionBegin;
  *s = (OttoWorkWalk){.rates = OttoGeneratorGetRates(generator),
                      .T = OttoGeneratorGetTemperature(generator)};
  *out = (OttoWork){0};
  PetscCall(OttoGridGetHalo(grid, 1, &halo));
  PetscCall(OttoFieldSurround(halo, OttoGeneratorGetPotential(generator), &s->V));
  PetscCall(VecGetArrayRead(rate, &s->rate));
  PetscCall(VecGetArrayRead(p, &of_p));
  for (PetscInt64 c = 0; c < g->local_cells; c += OTTO_BLOCK) {
    PetscReal sums[3];
    Energies(PetscMin(OTTO_BLOCK, g->local_cells - c), of_p + c, s->V.own + c, sums);
    for (int k = 0; k < 3; k++) OttoSumAdd(&sum[k], sums[k]);
  }
  PetscCall(VecRestoreArrayRead(p, &of_p));
  PetscCall(OttoSumReduce(g->comm, 3, sum));
  const PetscReal mass = OttoSumValue(sum[0]);
  if (mass > 0 && !s->rates->killed) s->middle = OttoSumValue(sum[1]) / mass;
  out->energy = OttoSumValue(sum[1]) * g->cell_volume;
  out->energy_size = OttoSumValue(sum[2]) * g->cell_volume;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoWorkWalkFinish(OttoGenerator generator, Vec p, Vec rate, OttoWorkWalk *s,
                                  OttoWork *out)
{
  const OttoGrid grid = OttoGeneratorGetGrid(generator);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *of_p;
  OttoHalo halo;

  PetscFunctionBegin;
  PetscCall(VecRestoreArrayRead(rate, &s->rate));
  PetscCall(OttoGridGetHalo(grid, 1, &halo));
  PetscCall(OttoFieldRelease(halo, OttoGeneratorGetPotential(generator), &s->V));
  PetscCall(VecGetArrayRead(p, &of_p));
  AddLoops(generator, of_p, s);
  PetscCall(VecRestoreArrayRead(p, &of_p));
  OttoSum add[3] = {s->drift, s->change, s->absorbed};
  PetscCall(OttoSumReduce(g->comm, 3, add));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &s->square, 1, MPIU_REAL, MPIU_SUM, g->comm));
  out->drift = OttoSumValue(add[0]) * g->cell_volume;
  out->energy_rate = OttoSumValue(add[1]) * g->cell_volume;
  out->absorbed = OttoSumValue(add[2]) * g->cell_volume;
  out->noise = 4 * PETSC_MACHINE_EPSILON * sqrt(s->square) * g->cell_volume;
  /* z is infinite, or that of another T */
  if (OttoGeneratorIsOneWay(generator) || OttoGeneratorGetTemperatureField(generator)) {
    out->drift = OttoGeneratorKeepsGibbs(generator) ? 0 : NAN;
    out->noise = NAN;
  }
  PetscFunctionReturn(0);
}
