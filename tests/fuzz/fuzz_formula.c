/* Formulas: of three variables and time, of one component and of two. */
#include "fuzz.h"

static const char *const good[] = {
    "exp(-x^2/2 - (y-0.5)^2) + 0.1",          "x > 0 ? sin(2*_pi*x)*cos(t) : -y",
    "sqrt(x*x + y*y + z*z) - min(x, y)",      "0-y, x",
    "((x-0.5)^2+(y-0.5)^2 < 0.04) ? 100 : 0", "1e-3*log(1+exp(x))"};
static const char *const words[] = {"(",     ")",   "((((((((", ",",        "?",    ":",   "^",
                                    "**",    "=",   "==",       "x1",       "x9",   "_pi", "pi",
                                    "inf",   "nan", "1e309",    "0x",       "sin(", "if(", "sum(",
                                    "avg()", "rnd", "\"",       "'",        "\\",   ";",   "!",
                                    "&&",    "||",  "\n",       "\xc3\xa9", "%n%s", " ",   "1e",
                                    ".",     "..",  "-+-",      "atan2(",   "max()"};

static PetscErrorCode One(int *failed)
{
  const char *text = good[FuzzBelow(sizeof good / sizeof good[0])];
  const PetscReal x[] = {0.25, -1.5, 3};
  PetscReal value[2];
  OttoFormula formula = NULL;

  PetscFunctionBegin;
  FuzzInput(text, strlen(text), words, sizeof words / sizeof words[0]);
  if (FuzzBelow(50) == 0) /* long ones as well */
    while (fuzz_length && fuzz_length < 12000)
      FuzzReplace(0, 0, fuzz_bytes, PetscMin(fuzz_length, 500));
  fuzz_bytes[PetscMin(fuzz_length, (size_t)FUZZ_ROOM - 1)] = 0;
  const PetscInt components = 1 + (PetscInt)FuzzBelow(2);
  PetscErrorCode code =
      OttoFormulaCreate("p_formula", (const char *)fuzz_bytes, 3, components, PETSC_TRUE, &formula);
  if (!code) code = OttoFormulaEvaluate(formula, x, 0.5, value);
  *failed += FuzzJudge(code);
  PetscCall(OttoFormulaDestroy(&formula));
  PetscFunctionReturn(0);
}

int main(int argc, char *argv[])
{
  return FuzzMain(argc, argv, One);
}
