/* Internal energies: every part of every member against closed forms in long double over the whole
 * range of densities; what they are of each other; what they are at 0 and beyond all slopes; what
 * is refused.
 */
#define _GNU_SOURCE
#include "density_setup.h"
#include "energy/internal_impl.h"

typedef long double Real;

/* A member with its parameters. */
typedef struct {
  const char *name;
  const char *m; /* NULL: not of power */
  PetscReal T;
} Case;

static const Case cases[] = {{"none", NULL, 1},     {"entropy", NULL, 1},  {"entropy", NULL, 0.37},
                             {"power", "2", 1},     {"power", "3", 0.7},   {"power", "1.5", 2},
                             {"power", "1.01", 1},  {"power", "2.7", 0.1}, {"power", "5", 1},
                             {"power", "0.5", 1.3}, {"power", "0.9", 1},   {"power", "0.2", 4}};
#define CASES ((int)(sizeof cases / sizeof cases[0]))

static PetscErrorCode Make(const Case *k, OttoInternal *u)
{
  char T[32];

  PetscFunctionBegin;
  snprintf(T, sizeof T, "%.17g", k->T);
  if (k->m)
    Set("-energy_internal", (char *)(uintptr_t)k->name, "-temperature", T, "-energy_m",
        (char *)(uintptr_t)k->m);
  else
    Set("-energy_internal", (char *)(uintptr_t)k->name, "-temperature", T);
  PetscCall(OttoInternalCreate(u));
  PetscFunctionReturn(0);
}

/* U and its derivatives. */
static Real Derivative(const Case *k, int order, Real rho)
{
  const Real T = k->T, m = k->m ? strtod(k->m, NULL) : 1;

  if (!strcmp(k->name, "none")) return 0;
  if (!k->m) return T * (order == 0 ? rho * logl(rho) : order == 1 ? logl(rho) + 1 : 1 / rho);
  return T / (m - 1) * powl(rho, m - order) * (order == 0 ? 1 : order == 1 ? m : m * (m - 1));
}

static PetscReal Part(OttoInternal u, OttoInternalPart part, PetscReal in)
{
  PetscReal out = in; /* in place */

  OttoInternalEvaluate(u, part, 1, &out, &out);
  return out;
}

#define COUNT 1009 /* of densities: not a multiple of any block */

static void CheckParts(const Case *k, OttoInternal u)
{
  PetscReal rho[COUNT], out[OTTO_INTERNAL_STIFFNESS + 1][COUNT], back[COUNT], stiff[COUNT];
  PetscReal worst[6] = {0};

  for (int i = 0; i < COUNT; i++) /* 1e-30 … 1e20, and around 1 and 1/e where logs vanish */
    rho[i] = i % 3 ? pow(10, -30 + 50. * i / COUNT) : exp(-2 + 3. * i / COUNT);
  for (int part = 0; part <= OTTO_INTERNAL_PRESSURE; part++)
    OttoInternalEvaluate(u, (OttoInternalPart)part, COUNT, rho, out[part]);
  OttoInternalEvaluate(u, OTTO_INTERNAL_DENSITY, COUNT, out[OTTO_INTERNAL_SLOPE], back);
  OttoInternalEvaluate(u, OTTO_INTERNAL_STIFFNESS, COUNT, out[OTTO_INTERNAL_SLOPE], stiff);
  for (int i = 0; i < COUNT; i++) {
    const Real T = k->T, r = rho[i], slope = Derivative(k, 1, r);
    const Real exact[] = {Derivative(k, 0, r), slope, Derivative(k, 2, r),
                          r * slope - Derivative(k, 0, r)};
    /* entropy: relative to T ρ and T where the logarithm vanishes; P = Tρ is no difference */
    const Real scale[] = {k->m ? 0 : T * r, k->m ? 0 : T, 0, k->m ? 0 : T * r};
    for (int part = 0; part < 4; part++) {
      const Real size = fabsl(exact[part]) + scale[part];
      const Real off = size > 0 ? fabsl(out[part][i] - exact[part]) / size : fabsl(out[part][i]);
      if (!(off <= worst[part])) worst[part] = (PetscReal)off;
    }
    if (!strcmp(k->name, "none")) continue;
    /* dρ/ρ = ds/(ρ U''): an ulp of the slope is so many of the density */
    const Real conditioned = fabsl(slope / (r * exact[2])) + 1;
    const Real off = fabsl(back[i] / r - 1) / conditioned;
    const Real off_stiff = fabsl(stiff[i] * exact[2] - 1) / (conditioned * (k->m ? 4 : 1));
    if (!(off <= worst[4])) worst[4] = (PetscReal)off;
    if (!(off_stiff <= worst[5])) worst[5] = (PetscReal)off_stiff;
  }
  /* a few ulp of a double: two roundings beside those of log and exp (2.5 ulp). Of power the
   * exponents m − 1, 2 − m and 1/(m − 1) are rounded, and half an ulp of an exponent is 70 of a
   * power of 1e-30 */
  const PetscReal allowed = k->m ? 2e-14 : 1e-15;
  static const char *const what[] = {"value",    "slope",   "curvature",
                                     "pressure", "density", "stiffness"};
  for (int part = 0; part < 6; part++) {
    TestClose(worst[part], 0, allowed, what[part]);
    if (!(worst[part] <= allowed)) fprintf(stderr, "  of %s %s\n", k->name, k->m ? k->m : "");
  }
}

static PetscErrorCode TestParts(void)
{
  OttoInternal u;

  PetscFunctionBegin;
  for (int i = 0; i < CASES; i++) {
    PetscCall(Make(&cases[i], &u));
    TestTrue(!strcmp(OttoInternalGetType(u), cases[i].name), "the registry's name");
    TestTrue(OttoInternalIsNone(u) == !strcmp(cases[i].name, "none"), "whether it is none");
    TestTrue(OttoInternalTemperature(u) == (strcmp(cases[i].name, "entropy") ? 0 : cases[i].T),
             "temperature of entropy");
    CheckParts(&cases[i], u);
    PetscCall(OttoInternalDestroy(&u));
  }
#define OTTO_MEMBER(key, ...)                                                                      \
  {                                                                                                \
    int found = 0;                                                                                 \
    for (int i = 0; i < CASES; i++) found += !strcmp(cases[i].name, #key);                         \
    TestTrue(found > 0, "every member of the registry is in this test");                           \
  }
#include "energy/internal.def"
#undef OTTO_MEMBER
  PetscFunctionReturn(0);
}

/* What no logarithm gives. */
static PetscErrorCode TestEnds(void)
{
  OttoInternal u;

  PetscFunctionBegin;
  for (int i = 0; i < CASES; i++) {
    const Case *k = &cases[i];
    const PetscReal m = k->m ? atof(k->m) : 1;
    const PetscBool none = !strcmp(k->name, "none") ? PETSC_TRUE : PETSC_FALSE;
    PetscCall(Make(k, &u));
    TestTrue(Part(u, OTTO_INTERNAL_VALUE, 0) == 0, "U(0)");
    TestTrue(Part(u, OTTO_INTERNAL_PRESSURE, 0) == 0, "P(0)");
    TestTrue(Part(u, OTTO_INTERNAL_SLOPE, 0) == (none || m > 1 ? 0 : -INFINITY), "U'(0)");
    TestTrue(Part(u, OTTO_INTERNAL_CURVATURE, 0) == (none || m > 2 ? 0
                                                     : m == 2      ? 2 * k->T
                                                                   : INFINITY),
             "U''(0)");
    TestTrue(Part(u, OTTO_INTERNAL_DENSITY, -INFINITY) == 0, "no density at -inf");
    TestTrue(Part(u, OTTO_INTERNAL_STIFFNESS, -INFINITY) == 0, "nor stiffness");
    TestTrue(Part(u, OTTO_INTERNAL_DENSITY, INFINITY) == INFINITY, "beyond all slopes");
    TestTrue(Part(u, OTTO_INTERNAL_DENSITY, -1e-3) == 0 || (!none && m <= 1), "below U'(0)");
    TestTrue(Part(u, OTTO_INTERNAL_STIFFNESS, -1e-3) == 0 || (!none && m <= 1), "below U'(0)");
    if (none || m < 1) TestTrue(Part(u, OTTO_INTERNAL_DENSITY, 1e-3) == INFINITY, "beyond slopes");
    for (int part = 0; part <= OTTO_INTERNAL_STIFFNESS; part++)
      TestTrue(isnan(Part(u, (OttoInternalPart)part, NAN)), "NaN stays");
    PetscCall(OttoInternalDestroy(&u));
  }
  /* the whole range of doubles */
  PetscCall(Make(&cases[1], &u));
  TestClose(Part(u, OTTO_INTERNAL_SLOPE, 5e-324), 1 - 1074 * (PetscReal)logl(2), 1e-15, "tiny");
  TestClose(Part(u, OTTO_INTERNAL_SLOPE, 0x1p1023), 1 + 1023 * (PetscReal)logl(2), 1e-15, "huge");
  TestClose(Part(u, OTTO_INTERNAL_DENSITY, 1 - 740), (PetscReal)expl(-740), 1e-2, "subnormal");
  TestClose(Part(u, OTTO_INTERNAL_DENSITY, 1 + 705), (PetscReal)expl(705), 1e-15, "near the end");
  PetscCall(OttoInternalDestroy(&u));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestRefusals(void)
{
  OttoInternal u = NULL;

  PetscFunctionBegin;
#define REFUSED(part, ...)                                                                         \
  do {                                                                                             \
    Set(__VA_ARGS__);                                                                              \
    TestFails(OttoInternalCreate(&u), OTTO_ERR_INPUT, part);                                       \
    TestTrue(!u, "nothing is made");                                                               \
  } while (0)
  REFUSED("temperature = 0: it must be positive", "-temperature", "0");
  REFUSED("temperature = -1", "-temperature", "-1", "-energy_internal", "none");
  REFUSED("energy_m: missing", "-energy_internal", "power");
  REFUSED("energy_m: 0; it must be above 0 and not 1", "-energy_internal", "power", "-energy_m",
          "0");
  REFUSED("energy_m: -2", "-energy_internal", "power", "-energy_m", "-2");
  REFUSED("energy_m: 1; it must be above 0 and not 1, where energy_internal is entropy",
          "-energy_internal", "power", "-energy_m", "1");
  REFUSED("energy_m", "-energy_internal", "power", "-energy_m", "inf");
  REFUSED("did you mean entropy", "-energy_internal", "entrop");
  Set("-energy_internal", "none", "-temperature", "0");
  PetscCall(OttoInternalCreate(&u));
  PetscCall(OttoInternalDestroy(&u));
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(OttoInternalCreate(&u));
  TestTrue(OttoInternalTemperature(u) == 1, "entropy at temperature 1 by default");
  PetscCall(OttoInternalDestroy(&u));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestParts, TestEnds, TestRefusals});
}
