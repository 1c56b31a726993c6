/* A program of somebody else's: D_t of p = 1 + ε cos 2πx against q = 1 on the torus, by an
 * installed Otto, against its closed form D_t = log((1+R)/2) + 1 - R, R = √(1 - ε² e^{-8π²t}). */
#include <otto.h>
#include <math.h>
#include <stdio.h>

static PetscErrorCode TemperedKL(OttoGrid grid, Vec p0, Vec q0, PetscReal t, PetscReal *kl)
{
  OttoHeat heat;
  OttoHeatSource source_p, source_q;
  Vec p, q;
  OttoDivergences out;

  PetscFunctionBegin;
  PetscCall(OttoHeatCreate(grid, &heat));
  PetscCall(OttoHeatSetFromOptions(heat));
  PetscCall(OttoHeatSetUp(heat));
  PetscCall(OttoHeatSourceCreate(heat, p0, &source_p));
  PetscCall(OttoHeatSourceCreate(heat, q0, &source_q));
  PetscCall(OttoFieldCreate(grid, &p));
  PetscCall(OttoFieldCreate(grid, &q));
  PetscCall(OttoHeatApply(heat, source_p, t, p, NULL));
  PetscCall(OttoHeatApply(heat, source_q, t, q, NULL));
  const OttoPair pair = {.p = p, .q = q};
  PetscCall(OttoDivergenceCompute(grid, &pair, OTTO_MASK(OTTO_DIVERGENCE_KL), 0.5, &out));
  *kl = out.divergence[OTTO_DIVERGENCE_KL];
  PetscCall(VecDestroy(&p));
  PetscCall(VecDestroy(&q));
  PetscCall(OttoHeatSourceDestroy(&source_p));
  PetscCall(OttoHeatSourceDestroy(&source_q));
  PetscCall(OttoHeatDestroy(&heat));
  PetscFunctionReturn(0);
}

static PetscErrorCode Run(PetscReal t, PetscReal *kl)
{
  char *options[] = {"-grid_n",    "64,5",       "-p_density",
                     "formula",    "-p_formula", "1+0.5*cos(2*_pi*x)",
                     "-q_density", "uniform"};
  OttoGrid grid;
  Vec p0, q0;

  PetscFunctionBegin;
  PetscCall(OttoOptionsInsert(NULL, 8, options));
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &grid));
  PetscCall(OttoGridSetFromOptions(grid));
  PetscCall(OttoGridSetUp(grid));
  PetscCall(OttoDensityCreate(grid, "p_", &p0, NULL));
  PetscCall(OttoDensityCreate(grid, "q_", &q0, NULL));
  PetscCall(TemperedKL(grid, p0, q0, t, kl));
  PetscCall(VecDestroy(&p0));
  PetscCall(VecDestroy(&q0));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  const double t = 0.01, pi = 3.14159265358979323846;
  const double R = sqrt(1 - 0.25 * exp(-8 * pi * pi * t)), expected = log((1 + R) / 2) + 1 - R;
  PetscReal kl = NAN;

  if (OttoInitialize()) return 1;
  if (Run(t, &kl)) fprintf(stderr, "%s\n", OttoErrorMessage());
  printf("Otto %s: D_t = %.15g, closed form %.15g\n", OTTO_VERSION, (double)kl, expected);
  if (OttoFinalize()) return 1;
  return fabs(kl - expected) <= 1e-12 * expected ? 0 : 1; /* a NaN fails */
}
