/* ranks: 1 2 3
 * A pair under the heat flow: samples, forms and integrals against closed forms. */
#include "fixture.h"
#include "heat/heat_impl.h"
#include "tempered/tempered_impl.h"

/* 1 + e cos 2πx, the same along y. */
static PetscReal Wave(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *e)
{
  (void)cell, (void)dim;
  return 1 + *e * cos(2 * PETSC_PI * x[0]);
}

typedef struct {
  OttoGrid grid;
  OttoHeat heat;
  Vec p, q;
  OttoTempered tempering;
} Case;

static PetscErrorCode Make(const char *kernel, PetscInt64 n, PetscReal e_p, PetscReal e_q, Case *c)
{
  PetscFunctionBegin;
  PetscCall(MakeBox(2, (PetscInt64[]){n, 4}, (PetscReal[]){0, 0}, (PetscReal[]){1, 1},
                    (OttoBoundary[]){OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX}, &c->grid));
  PetscCall(MakeHeat(c->grid, kernel, &c->heat));
  PetscCall(Fill(c->grid, Wave, &e_p, &c->p));
  PetscCall(Fill(c->grid, Wave, &e_q, &c->q));
  PetscCall(OttoTemperedCreate(c->grid, c->heat, c->p, c->q, PETSC_TRUE, &c->tempering));
  PetscFunctionReturn(0);
}

static PetscErrorCode Free(Case *c)
{
  PetscFunctionBegin;
  PetscCall(OttoTemperedDestroy(&c->tempering));
  PetscCall(VecDestroy(&c->p));
  PetscCall(VecDestroy(&c->q));
  PetscCall(OttoHeatDestroy(&c->heat));
  PetscCall(OttoGridDestroy(&c->grid));
  PetscFunctionReturn(0);
}

/* JS of 1 + a cos and 1 + b cos by the midpoint rule on 4096 points: periodic and analytic, so
 * exact. */
static PetscReal JensenShannon(PetscReal a, PetscReal b)
{
  PetscReal sum = 0;

  for (int i = 0; i < 4096; i++) {
    PetscReal w = cos(2 * PETSC_PI * (i + 0.5) / 4096), p = 1 + a * w, q = 1 + b * w,
              m = (p + q) / 2;
    sum += 0.5 * (p * log(p / m) + q * log(q / m)) / 4096;
  }
  return sum;
}

/* Both halves of the triangle inequality, the rate, and both entropy rates. The cosine of
 * wavelength 1 decays like exp(-4π²t) under the spectral kernel. Tolerances: sums of 64 points
 * carry a few eps; the reference of JS loses eps/JS to cancellation, 1e-12 at most here. */
static PetscErrorCode TestSample(void)
{
  Case c;
  OttoTemperedSample s;
  const PetscReal t = 0.003, decay = exp(-4 * PETSC_PI * PETSC_PI * t), a = 0.9 * decay,
                  b = -0.3 * decay;

  PetscFunctionBegin;
  PetscCall(Make("spectral", 64, 0.9, -0.3, &c));
  TestTrue(OttoTemperedIsSmooth(c.tempering), "a cosine is smooth");
  PetscCall(OttoTemperedTakeSample(c.tempering, t, &s));
  TestClose(s.d.divergence[OTTO_DIVERGENCE_JS], JensenShannon(a, b), 1e-12, "JS(p|q)");
  TestClose(s.js_p_mid, JensenShannon(a, (a + b) / 2), 1e-12, "JS(p|m)");
  TestClose(s.js_mid_q, JensenShannon((a + b) / 2, b), 1e-12, "JS(m|q)");
  TestTrue(s.residual <= 1e-13, "dD/dt = -I_rel");
  /* I(1 + a cos 2πx) = 4π² (1 - √(1-a²)) */
  TestClose(s.f.fisher_p, 4 * PETSC_PI * PETSC_PI * (1 - sqrt(1 - a * a)), 1e-12, "I(p)");
  TestClose(s.entropy_rate_p, s.f.fisher_p, 1e-12, "dH(p)/dt = I(p)");
  TestClose(s.entropy_rate_q, s.f.fisher_q, 1e-12, "dH(q)/dt = I(q)");
  PetscCall(Free(&c));
  PetscFunctionReturn(0);
}

/* The integral of I_rel is D(t_a) - D(t_b), for few nodes and for many: a coarse rule halves. */
static PetscErrorCode TestIntegral(void)
{
  Case c;
  OttoTemperedSample a, b;
  PetscReal integral[OTTO_SMOOTH_COUNT];
  PetscInt few = 0, many = 0;
  const char *kernels[] = {"spectral", "lattice", "lattice_exact"};

  PetscFunctionBegin;
  for (int k = 0; k < 3; k++) {
    PetscCall(Make(kernels[k], 64, 0.8, 0.1, &c)); /* 32 cells leave 2e-10 with spectral */
    PetscCall(OttoTemperedTakeSample(c.tempering, 1e-3, &a));
    PetscCall(OttoTemperedTakeSample(c.tempering, 5e-2, &b));
    for (int nodes = 6; nodes <= 16; nodes += 10) {
      PetscCall(OttoTemperedIntegral(c.tempering, a.t, b.t, nodes, 1e-12, a.d.divergence, integral,
                                     nodes == 6 ? &few : &many));
      for (int i = 0; i < OTTO_SMOOTH_COUNT; i++) /* the bound asked for, and rounding of D */
        TestClose(integral[i] / a.d.divergence[i], 1 - b.d.divergence[i] / a.d.divergence[i], 3e-12,
                  OttoDivergenceNames[i]);
    }
    TestTrue(few > many, "a rule of few nodes needs more pieces");
    PetscCall(Free(&c));
  }
  PetscFunctionReturn(0);
}

/* The off-lattice edge form errs by O(h²), fd4 by O(h⁴): a factor 4 and 16 when h halves, asserted
 * within 10 % (the next orders are h² smaller). */
static PetscErrorCode TestForms(void)
{
  const PetscReal exact =
      4 * PETSC_PI * PETSC_PI * (1 - sqrt(1 - 0.25 * exp(-8e-3 * PETSC_PI * PETSC_PI)));
  PetscReal error[2][2];

  PetscFunctionBegin;
  for (int level = 0; level < 2; level++) {
    for (int form = 0; form < 2; form++) {
      Case c;
      OttoTemperedSample s;
      PetscCall(Make("spectral", level ? 64 : 32, 0.5, 0, &c));
      PetscCall(OttoTemperedSetFisherForm(c.tempering, form ? OTTO_FISHER_FD4 : OTTO_FISHER_EDGE));
      PetscCall(OttoTemperedTakeSample(c.tempering, 1e-3, &s));
      error[form][level] = fabs(s.f.dissipation[OTTO_DIVERGENCE_KL] - exact);
      PetscCall(Free(&c));
    }
  }
  TestClose(error[0][0] / error[0][1], 4, 0.1, "edge is of second order");
  TestClose(error[1][0] / error[1][1], 16, 0.1, "fd4 is of fourth order");
  Case c;
  PetscCall(Make("lattice", 32, 0.5, 0, &c));
  TestFails(OttoTemperedSetFisherForm(c.tempering, OTTO_FISHER_TWEEDIE), OTTO_ERR_INPUT,
            "gaussian_exact");
  PetscCall(Free(&c));
  PetscFunctionReturn(0);
}

/* dKL/dt of the pair by the function of that name. */
static PetscErrorCode KLRate(const Case *c, PetscReal t, const OttoPair *pair, PetscReal *rate)
{
  Vec rates[2];

  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) {
    OttoHeatSource source;
    PetscCall(VecDuplicate(c->p, &rates[i]));
    PetscCall(OttoHeatSourceCreate(c->heat, i ? c->q : c->p, &source));
    PetscCall(OttoHeatRate(c->heat, source, t, i ? pair->q : pair->p, NULL, rates[i]));
    PetscCall(OttoHeatSourceDestroy(&source));
  }
  PetscCall(OttoFisherRateKL(c->grid, pair, rates[0], rates[1], rate));
  for (int i = 0; i < 2; i++) PetscCall(VecDestroy(&rates[i]));
  PetscFunctionReturn(0);
}

/* What a sample with an exact kernel takes in one walk is what the functions of its parts say of
 * the pair it leaves: where p has hardly moved as well, and where p_0 is so near to uniform that
 * entropies would cancel. A sum of positive terms to 1e-12; KL(p_0|p_t), found as a difference
 * where it is a hundredth of its parts or more, likewise. */
static PetscErrorCode TestExactSample(void)
{
  static const char *const kernels[] = {"lattice_exact", "gaussian_exact"};
  static const PetscReal waves[][2] = {{0.9, -0.3}, {1e-5, 1e-6}, {0, 0}};
  static const PetscReal times[] = {1e-3, 5e-3, 5e-2};

  PetscFunctionBegin;
  for (int k = 0; k < 2; k++)
    for (int w = 0; w < 3; w++) {
      Case c;
      PetscCall(Make(kernels[k], 64, waves[w][0], waves[w][1], &c));
      for (int i = 0; i < 3; i++) {
        const OttoPair *pair = NULL;
        OttoTemperedSample s;
        OttoDivergences d;
        OttoFisher f;
        PetscReal rate = NAN;
        PetscCall(OttoTemperedTakeSample(c.tempering, times[i], &s));
        PetscCall(OttoTemperedGetPair(c.tempering, &pair));
        PetscCall(OttoDivergenceCompute(c.grid, pair, OTTO_MASK_ALL, 0.5, &d));
        for (int n = 0; n < OTTO_DIVERGENCE_COUNT; n++)
          if (n == OTTO_DIVERGENCE_RENYI) /* masses differ from 1 by rounding */
            TestClose(s.d.divergence[n] + 1, d.divergence[n] + 1, 1e-12, "renyi");
          else if (n != OTTO_DIVERGENCE_TV) /* of the continuum it is corrected */
            TestClose(s.d.divergence[n], d.divergence[n], 1e-12, OttoDivergenceNames[n]);
        TestTrue(fabs(s.d.entropy_p - d.entropy_p) <= 1e-14,
                 "entropy"); /* 256 terms of both signs */
        PetscCall(OttoDivergenceCompute(c.grid, &(OttoPair){.p = c.p, .q = pair->p},
                                        OTTO_MASK(OTTO_DIVERGENCE_KL), 0.5, &d));
        TestClose(s.kl_p0_pt, d.divergence[OTTO_DIVERGENCE_KL], 1e-12, "KL(p_0|p_t)");
        TestTrue(s.kl_p0_pt_low == s.kl_p0_pt && s.kl_p0_pt_high == s.kl_p0_pt, "and no doubt");
        PetscCall(KLRate(&c, times[i], pair, &rate));
        TestTrue(fabs(s.kl_rate - rate) <= 1e-11 * fabs(rate) + (w ? 1e-18 : 0), "rate of kl");
        if (k == 1) continue; /* its four cells across are not the continuum */
        if (w == 2)
          TestTrue(fabs(s.kl_rate) <= 1e-25, "nothing falls");
        else /* p - q has 1e-16/1e-5 of noise where it is small, second differences 100 times that
              */
          TestClose(s.residual, 0, w ? 1e-8 : 1e-11, "dD/dt = -I_rel");
        PetscCall(OttoFisherEdge(c.grid, pair, &f));
        TestClose(s.f.dissipation[OTTO_DIVERGENCE_KL], f.dissipation[OTTO_DIVERGENCE_KL], 1e-12,
                  "I_rel by edges");
        TestClose(s.f.fisher_p, f.fisher_p, w ? 1e-9 : 1e-12, "I(p) by edges");
      }
      PetscCall(Free(&c));
    }
  PetscFunctionReturn(0);
}

/* A sample of scores and rates found together has the parts that those found apart have, on both
 * paths; and after it those that have none of them: at 0, and by edges at the same time. */
static PetscErrorCode TestBoth(void)
{
  PetscFunctionBegin;
  for (int force = 0; force < 2; force++) {
    Case c;
    const OttoPair *pair = NULL;
    OttoTemperedSample s, other;
    PetscReal dissipation[OTTO_SMOOTH_COUNT], rate;
    OttoFisher f;
    PetscCall(Make("gaussian_exact", 64, 0.9, -0.3, &c));
    OttoHeatForceLog(c.heat, force ? PETSC_TRUE : PETSC_FALSE);
    PetscCall(OttoTemperedTakeSample(c.tempering, 5e-3, &s));
    PetscCall(OttoTemperedGetPair(c.tempering, &pair));
    PetscCall(OttoTemperedDissipation(c.tempering, 5e-3, dissipation)); /* by scores alone */
    for (int k = 0; k < OTTO_SMOOTH_COUNT; k++)
      TestClose(s.f.dissipation[k], dissipation[k], 1e-13, OttoDivergenceNames[k]);
    PetscCall(KLRate(&c, 5e-3, pair, &rate));
    TestClose(s.kl_rate, rate, 1e-11, "rate of kl");
    PetscCall(OttoTemperedTakeSample(c.tempering, 0, &other));
    PetscCall(OttoFisherEdge(c.grid, pair, &f));
    TestClose(other.f.dissipation[OTTO_DIVERGENCE_KL], f.dissipation[OTTO_DIVERGENCE_KL], 1e-12,
              "by edges at 0");
    PetscCall(OttoTemperedTakeSample(c.tempering, 5e-3, &s));
    PetscCall(OttoTemperedSetFisherForm(c.tempering, OTTO_FISHER_EDGE));
    PetscCall(OttoTemperedTakeSample(c.tempering, 5e-3, &other));
    PetscCall(OttoFisherEdge(c.grid, pair, &f));
    TestClose(other.f.dissipation[OTTO_DIVERGENCE_KL], f.dissipation[OTTO_DIVERGENCE_KL], 1e-12,
              "by edges now");
    TestClose(other.kl_rate, s.kl_rate, 1e-11, "and the rate is what it was");
    PetscCall(Free(&c));
  }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestSample, TestIntegral, TestForms, TestExactSample, TestBoth});
}
