/* ranks: 1 2 3
 * Law gradient_flow: closed forms of Ornstein and Uhlenbeck, the fokker_planck law's own steps, the
 * account of energy, two densities, what is kept, refusals.
 */
#include "watched_descent.h"
#include <otto/generator.h>

static double Bump(const double x[])
{
  return exp(-(x[0] - 1) * (x[0] - 1) / (2 * 0.5 * 0.5));
}

/* ---- closed forms ---- */

/* V = k x²/2 at temperature T: implicit Euler takes the mean to m/(1 + k dt) and the second moment
 * to (M + 2 T dt)/(1 + 2 k dt) in the continuum of space. On the grid the diffusion is
 * (z/2)coth(z/2) T, z = k x h/T: too much by z²/12, of second order in h. */
static PetscErrorCode OrnsteinUhlenbeck(PetscInt64 n, PetscReal *of_mean, PetscReal *of_variance)
{
  const PetscReal k = 1.5, T = 0.8, dt = 0.05;
  PetscReal mass = 0, mean = 0, variance = 0, m = 1, M = 1 + 0.25;
  Descent s;

  PetscFunctionBegin;
  PetscCall(SetKeys((const char *const[]){"-temperature", "0.8", "-potential_type", "quadratic",
                                          "-potential_stiffness", "1.5", "-ts_dt", "0.05", NULL}));
  PetscCall(MakeDescent(1, n, 7, Bump, 1, &s));
  PetscCall(Descend(&s, 0.5));
  PetscCall(OttoFieldMoments(s.grid, s.p, &mass, &mean, &variance));
  for (int i = 0; i < 10; i++) {
    m /= 1 + k * dt;
    M = (M + 2 * T * dt) / (1 + 2 * k * dt);
  }
  *of_mean = fabs(mean - m);
  *of_variance = fabs(variance - (M - m * m));
  TestTrue(s.steps == 10 && s.newton == 1, "ten steps of one iteration");
  TestTrue(s.least > 0, "positive");
  PetscCall(FreeDescent(&s));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestOrnsteinUhlenbeck(void)
{
  PetscReal mean[2], variance[2];

  PetscFunctionBegin;
  PetscCall(OrnsteinUhlenbeck(70, &mean[0], &variance[0]));
  PetscCall(OrnsteinUhlenbeck(140, &mean[1], &variance[1]));
  /* h = 0.1, x about 1: z²/12 = 3e-3 of what is lost of the mean, or of T t, 0.5 and 0.4 */
  TestTrue(mean[1] < 1.5e-3 && variance[1] < 1.2e-3, "mean and variance");
  TestTrue(log2(mean[0] / mean[1]) > 1.8, "of second order in h");
  TestTrue(log2(variance[0] / variance[1]) > 1.8, "of second order in h");
  PetscFunctionReturn(0);
}

/* ---- two codes, one chain ---- */

static PetscReal Two(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *of)
{
  (void)cell, (void)dim;
  return of[0] + exp(-8 * ((x[0] - 0.4) * (x[0] - 0.4) + (x[1] - 0.7) * (x[1] - 0.7)));
}

/* Entropy by scharfetter_gummel is linear: dρ/dt = Qᵀρ, both by implicit Euler. */
static PetscErrorCode TestFokkerPlanck(void)
{
  const PetscInt64 n[2] = {23, 18};
  const PetscReal lower[2] = {0, 0}, upper[2] = {1, 2};
  const OttoBoundary wall[2] = {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_PERIODIC};
  Descent s = {0};
  OttoGenerator Q;
  OttoResolvent R;
  OttoFlow other;
  Vec p, q;
  PetscReal apart = 0, of = 0;

  PetscFunctionBegin;
  PetscCall(SetKeys((const char *const[]){"-temperature", "0.7", "-mobility", "1.5,0.8",
                                          "-potential_type", "formula", "-potential_formula",
                                          "2*cos(3*x)*sin(_pi*y) + 0.3*t*x", "-ts_dt", "0.02",
                                          "-ksp_rtol", "1e-13", NULL}));
  PetscCall(MakeBox(2, n, lower, upper, wall, &s.grid));
  PetscCall(Fill(s.grid, Two, (PetscReal[]){0.1}, &s.p));
  PetscCall(Fill(s.grid, Two, (PetscReal[]){1}, &s.q));
  PetscCall(VecDuplicate(s.p, &p));
  PetscCall(VecDuplicate(s.q, &q));
  PetscCall(VecCopy(s.p, p));
  PetscCall(VecCopy(s.q, q));
  PetscCall(MakeDescentOn(&s));
  PetscCall(OttoFlowAdvance(s.flow, 0.1));
  PetscCall(OttoGeneratorCreate(s.grid, &Q));
  PetscCall(OttoGeneratorSetFromOptions(Q));
  PetscCall(OttoGeneratorSetUp(Q));
  PetscCall(OttoResolventCreate(Q, &R));
  PetscCall(OttoResolventSetFromOptions(R));
  PetscCall(OttoFlowCreateFokkerPlanck(Q, R, p, q, &other));
  PetscCall(OttoFlowSetFromOptions(other));
  PetscCall(OttoFlowSetUp(other));
  PetscCall(OttoFlowAdvance(other, 0.1));
  for (int b = 0; b < 2; b++) {
    PetscCall(VecAXPY(b ? q : p, -1, b ? s.q : s.p));
    PetscCall(VecNorm(b ? q : p, NORM_1, &apart));
    PetscCall(VecNorm(b ? s.q : s.p, NORM_1, &of));
    /* five steps, each right to its L1 residual: 1e-13 and rounding here, 1e-11 at the most there
     */
    TestTrue(apart <= 1e-10 * of, "the fokker_planck law's own steps");
    TestTrue(OttoFlowGetGradientStep(s.flow, b)->newton == 1, "one iteration");
    TestClose(OttoFlowGetGradientStep(s.flow, b)->t, 0.1, 0, "each density has its step");
  }
  PetscCall(OttoFlowDestroy(&other));
  PetscCall(OttoResolventDestroy(&R));
  PetscCall(OttoGeneratorDestroy(&Q));
  PetscCall(VecDestroy(&p));
  PetscCall(VecDestroy(&q));
  PetscCall(FreeDescent(&s));
  PetscFunctionReturn(0);
}

/* ---- the account of energy ---- */

static const struct {
  const char *internal, *m, *mobility, *interaction, *formula;
} energies[] = {
    {"entropy", "2", "scharfetter_gummel", "none", "0"},
    {"entropy", "2", "upwind", "quadratic", "0"},
    {"entropy", "2", "scharfetter_gummel", "formula", "-exp(-r)"},
    {"entropy", "2", "limited", "formula", "exp(-2*r)"},
    {"power", "2", "limited", "none", "0"},
    {"power", "3", "upwind", "formula", "-log(r)"},
    {"power", "0.6", "limited", "formula", "-2/(1 + r)"},
    {"none", "2", "limited", "formula", "r^2/2 - log(r)"},
};

static PetscErrorCode KeysOf(int i, const char *dt, const char *order)
{
  PetscFunctionBegin;
  PetscCall(SetKeys((const char *const[]){
      "-energy_internal", energies[i].internal, "-energy_m", energies[i].m, "-flow_mobility",
      energies[i].mobility, "-energy_interaction_type", energies[i].interaction,
      "-energy_interaction_formula", energies[i].formula, "-potential_type", "formula",
      "-potential_formula", "cos(2*x) + y^2/2", "-ts_dt", dt, "-flow_time_order", order, NULL}));
  PetscFunctionReturn(0);
}

static double Round(const double x[])
{
  return 0.02 + exp(-2 * ((x[0] - 0.3) * (x[0] - 0.3) + x[1] * x[1]));
}

static PetscErrorCode TestAccount(void)
{
  PetscFunctionBegin;
  for (int i = 0; i < 8; i++)
    for (int order = 1; order <= 2; order++) {
      Descent s;
      PetscCall(KeysOf(i, "0.01", order == 1 ? "1" : "2"));
      PetscCall(MakeDescent(2, 20, 2, Round, 1.7, &s));
      PetscCall(Descend(&s, 0.03));
      if (!(s.worst_law <= 1))
        printf("energy %d order %d: law %g\n", i, order, (double)s.worst_law);
      TestTrue(s.worst_law <= 1, "before − after = dt D + remainder");
      TestTrue(s.worst_gain <= 1, "energy falls");
      TestTrue(s.least > 0, "positive");
      /* wrong derivatives, of W or of the mean slope, take from 6 on */
      TestTrue(s.newton <= 5, "Newton's method converges as it should");
      /* of second order the remainder is 0, of first a Bregman divergence */
      TestTrue(order == 2 ? OttoFlowGetGradientStep(s.flow, 0)->remainder == 0
                          : s.negative_remainder <= 1e-15,
               "the remainder");
      /* x_face F summed is x² ∂ρ/∂t by parts, exact but for the residual, 1e-11 of the mass */
      TestTrue(s.worst_moment <= 1e-10, "moments by faces");
      PetscCall(FreeDescent(&s));
    }
  PetscFunctionReturn(0);
}

/* What is reported is E before and after, as the energy itself has them, with V of the end. */
static PetscErrorCode TestEnergies(void)
{
  Descent s;
  OttoEnergyParts e;
  Vec before;

  PetscFunctionBegin;
  PetscCall(SetKeys((const char *const[]){"-potential_type", "formula", "-potential_formula",
                                          "(1 + t)*x^2 + y", "-ts_dt", "0.1", NULL}));
  PetscCall(MakeDescent(2, 16, 2, Round, 1, &s));
  PetscCall(VecDuplicate(s.p, &before));
  PetscCall(VecCopy(s.p, before));
  PetscCall(OttoFlowAdvance(s.flow, 0.1));
  const OttoGradientStep *step = OttoFlowGetGradientStep(s.flow, OTTO_FLOW_P);
  PetscCall(OttoEnergyEvaluate(s.energy, s.p, &e));
  TestClose(step->after, e.total, 1e-14, "energy after, the energy being of the step's end");
  PetscCall(OttoEnergyEvaluate(s.energy, before, &e));
  TestClose(step->before, e.total, 1e-14, "energy before, with V of the end");
  TestClose(step->dt, 0.1, 0, "length");
  TestTrue(isnan(step->w2_lower) && isnan(step->primal), "what the scheme has none of");
  PetscCall(VecDestroy(&before));
  PetscCall(FreeDescent(&s));
  PetscFunctionReturn(0);
}

/* ---- closed cells ---- */

static PetscErrorCode TestClosed(void)
{
  Descent s = {0};
  const PetscInt64 n[2] = {16, 16};
  const PetscScalar *a;
  const PetscScalar *v;
  PetscReal x[OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(SetKeys((const char *const[]){
      "-energy_internal", "power", "-energy_m", "2", "-potential_type", "formula",
      "-potential_formula", "abs(x) < 0.3 && y < 0.5 ? 1/0 : y", "-ts_dt", "0.5", NULL}));
  PetscCall(MakeCube(2, n, -1, 1, OTTO_BOUNDARY_NO_FLUX, &s.grid));
  s.g = OttoGridGetInfo(s.grid);
  PetscScalar *fill;
  PetscCall(OttoFieldCreate(s.grid, &s.p));
  PetscCall(VecGetArray(s.p, &fill));
  for (PetscInt64 c = 0; c < s.g->local_cells; c++) {
    OttoGridCellCentre(s.g, c, x);
    fill[c] = x[0] < -0.5 ? 1 : 0;
  }
  PetscCall(VecRestoreArray(s.p, &fill));
  PetscCall(MakeDescentOn(&s));
  PetscCall(Descend(&s, 2));
  PetscReal passed = 0, all = 0;
  PetscBool empty = PETSC_TRUE;
  PetscCall(VecGetArrayRead(s.p, &a));
  PetscCall(VecGetArrayRead(OttoEnergyGetField(s.energy), &v));
  for (PetscInt64 c = 0; c < s.g->local_cells; c++) {
    OttoGridCellCentre(s.g, c, x);
    if (v[c] == INFINITY && a[c] != 0) empty = PETSC_FALSE;
    if (x[0] > 0.3) passed += s.g->cell_volume * a[c];
  }
  PetscCall(VecRestoreArrayRead(OttoEnergyGetField(s.energy), &v));
  PetscCall(VecRestoreArrayRead(s.p, &a));
  PetscCallMPI(MPI_Allreduce(&passed, &all, 1, MPIU_REAL, MPIU_SUM, s.g->comm));
  TestTrue(empty, "closed cells keep 0");
  TestTrue(all > 0.05, "mass goes round them");
  TestTrue(s.worst_gain <= 1, "energy falls");
  PetscCall(FreeDescent(&s));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestOrnsteinUhlenbeck, TestFokkerPlanck, TestAccount, TestEnergies, TestClosed});
}
