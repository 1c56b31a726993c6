/* Numbers as users write them: 0.5, 1e-3, and formulas of numbers and pi, -pi or 2*pi/3, by
 * muParser. */
#include "options_impl.h"
#include <muParserDLL.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define LONGEST 100 /* letters of a formula */

static PetscBool Evaluate(const char *text, PetscReal *value)
{
  muParserHandle_t parser = mupCreate(muBASETYPE_FLOAT);
  PetscBool good = PETSC_FALSE;
  int count = 0;

  if (!parser) return PETSC_FALSE;
  mupDefineConst(parser, "pi", M_PI);
  mupDefineConst(parser, "_pi", M_PI); /* as formulas have it */
  mupSetExpr(parser, text);
  if (!mupError(parser)) {
    const muFloat_t *values = mupEvalMulti(parser, &count); /* "1, 2" is two: muParser's comma */
    good =
        !mupError(parser) && values && count == 1 && isfinite(values[0]) ? PETSC_TRUE : PETSC_FALSE;
    if (good) *value = values[0];
  }
  mupRelease(parser);
  return good;
}

PetscBool OttoOptionsParseNumber(const char *text, size_t length, PetscReal *value)
{
  char entry[LONGEST + 1], *end;

  while (length && isspace((unsigned char)text[length - 1])) length--;
  *value = strtod(text, &end);
  if (end != text && end == text + length) return isfinite(*value) ? PETSC_TRUE : PETSC_FALSE;
  if (length > LONGEST || !length) return PETSC_FALSE;
  snprintf(entry, sizeof entry, "%.*s", (int)length, text);
  return Evaluate(entry, value);
}
