/* ranks: 1 2
 * Formulas: values against the C library, messages with position and word. */
#include "test.h"

static PetscErrorCode Value(const char *text, PetscInt dim, const PetscReal x[], PetscReal t,
                            PetscReal *value)
{
  OttoFormula f;

  PetscFunctionBegin;
  PetscCall(OttoFormulaCreate("p_formula", text, dim, 1, PETSC_TRUE, &f));
  PetscCall(OttoFormulaEvaluate(f, x, t, value));
  PetscCall(OttoFormulaDestroy(&f));
  PetscFunctionReturn(0);
}

/* Every variable, both spellings; the same operations as C does, so only their rounding differs. */
static PetscErrorCode TestValues(void)
{
  const PetscReal x[6] = {0.3, 1.7, -2.5, 4.25, 0.125, 7};
  PetscReal v;

  PetscFunctionBegin;
  PetscCall(Value("x + 10*y + 100*z + 1000*t", 3, x, 0.5, &v));
  TestClose(v, 0.3 + 17 - 250 + 500, 1e-15, "x, y, z, t"); /* a few roundings */
  PetscCall(Value("x1 - 2*x2 + 3*x3 - 4*x4 + 5*x5 - 6*x6", 6, x, 0, &v));
  TestClose(v, 0.3 - 3.4 - 7.5 - 17 + 0.625 - 42, 1e-15, "x1 … x6");
  PetscCall(Value("exp(cos(2*_pi*x))", 1, x, 0, &v));
  TestClose(v, exp(cos(2 * M_PI * 0.3)), 4e-15, "functions and _pi"); /* a few ulp */
  PetscCall(Value("-x^2", 1, x, 0, &v));
  TestClose(v, -0.09, 1e-15, "a power binds more than a sign");
  PetscCall(Value("x < 0.5 && y >= 1 ? _e : 0-1", 2, x, 0, &v));
  TestClose(v, exp(1), 1e-15, "conditions");
  PetscCall(Value("sqrt(0-x)", 1, x, 0, &v));
  TestTrue(v != v, "NaN is handed over");
  PetscCall(Value("1/(x-x)", 1, x, 0, &v));
  TestTrue(v == INFINITY, "inf is handed over");
  PetscFunctionReturn(0);
}

/* A formula keeps its own variables: two of them, many points, several components. */
static PetscErrorCode TestComponents(void)
{
  OttoFormula f, g;
  PetscReal v[3], w[1];

  PetscFunctionBegin;
  PetscCall(OttoFormulaCreate("drift_formula", "0-y, x, 3", 2, 3, PETSC_FALSE, &f));
  PetscCall(OttoFormulaCreate("p_formula", "x", 1, 1, PETSC_FALSE, &g));
  for (int i = 0; i < 20; i++) {
    const PetscReal x[2] = {i, 100 + i}, other = -i;
    PetscCall(OttoFormulaEvaluate(f, x, 0, v));
    PetscCall(OttoFormulaEvaluate(g, &other, 0, w));
    TestTrue(v[0] == -(100. + i) && v[1] == i && v[2] == 3, "components in order");
    TestTrue(w[0] == -i, "the other formula");
  }
  PetscCall(OttoFormulaDestroy(&f));
  PetscCall(OttoFormulaDestroy(&g));
  PetscCall(OttoFormulaDestroy(&g));
  PetscFunctionReturn(0);
}

#define Refused(text, dim, components, part)                                                       \
  do {                                                                                             \
    OttoFormula f_;                                                                                \
    TestFails(OttoFormulaCreate("p_formula", text, dim, components, PETSC_FALSE, &f_),             \
              OTTO_ERR_INPUT, part);                                                               \
    TestTrue(f_ == NULL, "no formula after a failure");                                            \
  } while (0)

static PetscErrorCode TestRefusals(void)
{
  char longer[600];

  PetscFunctionBegin;
  Refused("", 2, 1, "p_formula: the formula is empty");
  Refused(" \n ", 2, 1, "empty");
  Refused(
      "1 + sin(foo)", 2, 1,
      "p_formula: '1 + sin(foo)': unknown name 'foo' at character 9; known are x, y (also x1, x2)");
  Refused("x + z", 2, 1, "unknown name 'z' at character 5");
  Refused("x3", 2, 1, "unknown name 'x3' at character 1");
  Refused("t", 2, 1, "unknown name 't'");
  Refused("x @ y", 2, 1, "character 3");
  Refused("x +", 2, 1, "ends too early, at character 4");
  Refused("(x", 2, 1, "at character 3");
  Refused("x)", 2, 1, "at character 2, near ')'");
  Refused("2 x", 2, 1, "at character 3, near 'x'");
  Refused("sin(x, y)", 2, 1, "near 'sin'");
  Refused("\"text\"", 2, 1, "not a formula");
  Refused("x,,y", 2, 2, "at character 3");
  Refused("x = 1", 2, 1, "'=' at character 3; a comparison is written ==");
  Refused("0.25 < x < 0.75", 2, 1, "in a row, at character 10, would compare the answer");
  Refused("1 + (0 <= x*(1 - y) < 1)", 2, 1, "in a row, at character 21");
  Refused("x == y == 0.5", 2, 1, "in a row, at character 8");
  Refused("x > 0 && 0 < y != x", 2, 1, "a < x && x < b, or (a < x)*(x < b)");
  Refused("x > 0 and y > 0", 2, 1, "in a row, at character 13");
  Refused("x and y", 2, 1, "it is written &&");
  Refused("x**2", 2, 1, "'x**2': '**' at character 2; a power is written ^");
  Refused("cos(2*pi*x)", 2, 1,
          "unknown name 'pi' at character 7; pi is written _pi; known are x, y");
  Refused("pow(x, 2)", 2, 1, "unknown name 'pow' at character 1; a power is written ^");
  Refused("x, y", 2, 1, "has 2 components; 1 expected");
  Refused("x", 2, 2, "has 1 component; 2 expected");
  memset(longer, '(', sizeof longer - 1);
  longer[sizeof longer - 1] = 0;
  Refused(longer, 1, 1, "((((…'");
  /* != and <= are no assignments */
  PetscReal v, x = 0.5;
  PetscCall(Value("x != 1 && x <= 1 && x >= 0 && x == 0.5", 1, &x, 0, &v));
  TestClose(v, 1, 0, "comparisons");
  PetscCall(
      Value("((0 < x) < (x > 0.2)) + (x < 1 ? x > 0 : x < 0) + max(x < 1, x > 0)", 1, &x, 0, &v));
  TestClose(v, 2, 0, "comparisons that do not stand in a row");
  PetscFunctionReturn(0);
}

/* What a refusal lists as functions are functions, of one argument or of two. */
static PetscErrorCode TestFunctions(void)
{
  static const char begin[] = "and the functions ";
  const PetscReal x = 0.5;
  OttoFormula f;
  char list[400], text[64];
  int count = 0;

  PetscFunctionBegin;
  TestTrue(OttoFormulaCreate("p_formula", "nothing", 1, 1, PETSC_FALSE, &f) == OTTO_ERR_INPUT,
           "no name");
  const char *at = strstr(OttoErrorMessage(), begin);
  TestTrue(at != NULL, "functions are listed");
  snprintf(list, sizeof list, "%s", at ? at + sizeof begin - 1 : "");
  OttoErrorClear();
  for (char *name = strtok(list, " "); name; name = strtok(NULL, " "), count++) {
    PetscReal v = NAN;
    snprintf(text, sizeof text, "%s(x%s)", name, strcmp(name, "atan2") ? "" : ", 1");
    PetscErrorCode code = Value(text, 1, &x, 0, &v);
    TestTrue(!code && (v == v || !strcmp(name, "acosh")), text); /* acosh(0.5) is NaN */
    if (code) OttoErrorClear();
  }
  TestTrue(count == 26, "all of muParser's");
  PetscFunctionReturn(0);
}

/* Of one variable that is no coordinate. */
static PetscErrorCode TestVariable(void)
{
  const PetscReal r = 1.5;
  OttoFormula f = NULL;
  PetscReal value;

  PetscFunctionBegin;
  PetscCall(OttoFormulaCreateOf("w_formula", "exp(0-r)+r^2", "r", &f));
  PetscCall(OttoFormulaEvaluate(f, &r, 0, &value));
  TestClose(value, exp(-1.5) + 2.25, 1e-15, "of r");
  TestTrue(!OttoFormulaUsesTime(f), "no time");
  PetscCall(OttoFormulaDestroy(&f));
  TestFails(OttoFormulaCreateOf("w_formula", "x + r", "r", &f), OTTO_ERR_INPUT,
            "w_formula: 'x + r': unknown name 'x' at character 1; known are r, _pi,");
  TestFails(OttoFormulaCreateOf("w_formula", "r, r", "r", &f), OTTO_ERR_INPUT, "has 2 components");
  TestFails(OttoFormulaCreateOf("w_formula", "t", "r", &f), OTTO_ERR_INPUT, "unknown name 't'");
  TestTrue(!f, "nothing is made");
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestValues, TestComponents, TestRefusals, TestFunctions, TestVariable});
}
