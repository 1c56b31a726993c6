/*
 * Eigenfunctions of sets right relative to what they are in every set, and how far they may be off.
 *
 * ψ = u/W with u right to rounding of its largest value is noise where ψ is far below its largest:
 * around a rare well's ψ, which is 1/√π_rare there, it is -√π_rare in all others. But ψ ⊥ 1 under
 * π, which says what it is on the mean; and (I - Q/σ)⁻¹ ψ, the mean of ψ where the chain is after a
 * time of rate σ, is what ψ is but for a factor, and takes noise within the sets away, as the chain
 * mixes there in less than 1/σ. The matrix is an M-matrix: terms add up, and rounding stays small
 * relative to what ψ is around a cell.
 */
#include "factors.h"
#include "metastable_impl.h"
#include <math.h>

#define BELOW 1e-2 /* σ over the first rate that is not of the sets */
#define STEPS 6    /* each leaves BELOW of the noise */
#define ROUNDING                                                                                   \
  1e-13 /* of u relative to its largest value, where nothing better is found: modes are sought to  \
           1e-12, and are mostly better by far */
#define EDGE 1e-6 /* least W over that where ψ is largest, at which ψ is u/W */

typedef struct {
  OttoGrid grid;
  const OttoGridInfo *g;
  const OttoRates *rates;
  const PetscScalar *log_pi;
} Place;

/* Σ π a b; of cells in which both are known. b NULL: 1. */
static PetscErrorCode Product(const Place *s, Vec a, Vec b, PetscReal *value)
{
  const PetscScalar *x, *y = NULL;
  OttoSum sum = {0};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(a, &x));
  if (b) PetscCall(VecGetArrayRead(b, &y));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    const PetscReal part = exp(s->log_pi[c]) * s->g->cell_volume * x[c] * (y ? y[c] : 1);
    if (isfinite(part)) OttoSumAdd(&sum, part);
  }
  if (b) PetscCall(VecRestoreArrayRead(b, &y));
  PetscCall(VecRestoreArrayRead(a, &x));
  PetscCall(OttoSumReduce(s->g->comm, 1, &sum));
  *value = OttoSumValue(sum);
  PetscFunctionReturn(0);
}

/* ψ -= Σ π ψ, and again what rounding left of it; then Σ π ψ² = 1. */
static PetscErrorCode Normalise(const Place *s, Vec psi)
{
  PetscReal mean = 0, square = 1;

  PetscFunctionBegin;
  for (int twice = 0; twice < 2; twice++) {
    PetscCall(Product(s, psi, NULL, &mean));
    PetscCall(VecShift(psi, -mean));
  }
  PetscCall(Product(s, psi, psi, &square));
  PetscCall(VecScale(psi, 1 / sqrt(square)));
  PetscFunctionReturn(0);
}

/* change: what a step of (I - Q/σ)⁻¹ has changed of ψ. */
static PetscErrorCode Step(const Place *s, PetscReal sigma, KSP ksp, Vec psi, Vec change)
{
  const PetscScalar *old;
  PetscScalar *right;
  Vec b;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(psi, &b));
  PetscCall(VecCopy(psi, change));
  PetscCall(VecGetArrayRead(psi, &old));
  PetscCall(VecGetArray(b, &right));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    right[c] = s->rates->leave[c] > 0 && isfinite(old[c]) ? old[c] * sigma / s->rates->leave[c] : 0;
  PetscCall(VecRestoreArray(b, &right));
  PetscCall(VecRestoreArrayRead(psi, &old));
  PetscCall(KSPSolve(ksp, b, psi));
  PetscCall(VecDestroy(&b));
  PetscCall(VecGetArray(psi, &right));
  PetscCall(VecGetArrayRead(change, &old));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    if (!isfinite(old[c])) right[c] = NAN; /* closed */
  PetscCall(VecRestoreArrayRead(change, &old));
  PetscCall(VecRestoreArray(psi, &right));
  PetscCall(Normalise(s, psi));
  PetscCall(VecAYPX(change, -1, psi));
  PetscFunctionReturn(0);
}

/* Noise of u, where ψ is not made better. */
static PetscErrorCode Assume(const Place *s, Vec psi, Vec noise)
{
  const PetscScalar *values;
  PetscScalar *out;
  PetscReal most = 0;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(psi, &values));
  PetscCall(VecGetArray(noise, &out));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) most = PetscMax(most, fabs(values[c]));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPIU_REAL, MPIU_MAX, s->g->comm));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    const PetscReal root = exp(0.5 * s->log_pi[c]) * sqrt(s->g->cell_volume);
    out[c] = isfinite(values[c]) ? ROUNDING * PetscMin(1 / root, most / EDGE) : NAN;
  }
  PetscCall(VecRestoreArray(noise, &out));
  PetscCall(VecRestoreArrayRead(psi, &values));
  PetscFunctionReturn(0);
}

/* Whether they are known in every open cell. */
static PetscErrorCode Known(const Place *s, PetscInt count, const Vec psi[], PetscBool *known)
{
  const PetscScalar *values;

  PetscFunctionBegin;
  *known = PETSC_TRUE;
  for (PetscInt j = 0; j < count; j++) {
    PetscCall(VecGetArrayRead(psi[j], &values));
    for (PetscInt64 c = 0; c < s->g->local_cells; c++)
      if (s->rates->leave[c] > 0 && !isfinite(values[c])) *known = PETSC_FALSE;
    PetscCall(VecRestoreArrayRead(psi[j], &values));
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, known, 1, MPIU_BOOL, MPI_LAND, s->g->comm));
  PetscFunctionReturn(0);
}

/* noise += ε Σ π ψ² leave / (σ Σ π ψ²) |ψ|. */
static PetscErrorCode Round(const Place *s, PetscReal sigma, Vec psi, Vec noise)
{
  const PetscScalar *values;
  PetscScalar *out;
  OttoSum leave = {0};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(psi, &values));
  PetscCall(VecGetArray(noise, &out));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    const PetscReal pi = exp(s->log_pi[c]) * s->g->cell_volume;
    if (isfinite(values[c])) OttoSumAdd(&leave, pi * values[c] * values[c] * s->rates->leave[c]);
  }
  PetscCall(OttoSumReduce(s->g->comm, 1, &leave));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    out[c] += PETSC_MACHINE_EPSILON * OttoSumValue(leave) / sigma * fabs(values[c]);
  PetscCall(VecRestoreArray(noise, &out));
  PetscCall(VecRestoreArrayRead(psi, &values));
  PetscFunctionReturn(0);
}

/* What changes leave the functions' span, without which sets are the same: over 1 - ρ, where ρ is
 * what one step leaves of it; and the matrix's own rounding, ε leave/σ of ψ. */
static PetscErrorCode Leave(const Place *s, const OttoRelaxation *r, PetscReal sigma,
                            PetscInt count, const Vec psi[], Vec noise[])
{
  const PetscReal next = r->rate[count];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < count; j++) {
    const PetscReal stays = (sigma + r->rate[j]) / (sigma + next);
    PetscReal part = 0;
    PetscCall(Product(s, noise[j], NULL, &part));
    PetscCall(VecShift(noise[j], -part));
    for (PetscInt i = 0; i < count; i++) {
      PetscCall(Product(s, noise[j], psi[i], &part));
      PetscCall(VecAXPY(noise[j], -part, psi[i]));
    }
    PetscCall(VecAbs(noise[j]));
    PetscCall(VecScale(noise[j], 1 / PetscMax(1 - stays, PETSC_MACHINE_EPSILON)));
    PetscCall(Round(s, sigma, psi[j], noise[j]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoModePolish(OttoGenerator generator, Vec log_pi, const OttoRelaxation *r,
                              PetscInt count, Vec psi[], Vec noise[])
{
  Place s = {.grid = OttoGeneratorGetGrid(generator), .rates = OttoGeneratorGetRates(generator)};
  OttoModeRest rest = {0};
  PetscBool known = PETSC_TRUE, done = PETSC_FALSE;

  PetscFunctionBegin;
  s.g = OttoGridGetInfo(s.grid);
  const PetscReal sigma = count < r->count ? BELOW * r->rate[count] : 0;
  PetscCall(VecGetArrayRead(log_pi, &s.log_pi));
  PetscCall(Known(&s, count, psi, &known));
  if (count && sigma > 0 && known && OttoFactorsFit(s.g)) {
    PetscCall(OttoModeShifted(generator, -sigma, &rest.M));
    PetscCall(OttoFactorise(s.g, rest.M, PETSC_FALSE, &rest.factors, &done));
  }
  for (PetscInt j = 0; j < count; j++) {
    PetscCall(Normalise(&s, psi[j]));
    PetscCall(VecDuplicate(psi[j], &noise[j]));
    for (int k = 0; k < STEPS && done; k++)
      PetscCall(Step(&s, sigma, rest.factors, psi[j], noise[j]));
    if (!done) PetscCall(Assume(&s, psi[j], noise[j]));
  }
  if (done) PetscCall(Leave(&s, r, sigma, count, psi, noise));
  PetscCall(VecRestoreArrayRead(log_pi, &s.log_pi));
  PetscCall(OttoModeRestFree(&rest));
  PetscFunctionReturn(0);
}
