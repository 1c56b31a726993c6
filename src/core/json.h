/* Private: the few pieces of JSON that a summary needs. */
#pragma once
#include <otto/otto.h>
#include <stdio.h>

/* A quoted string with everything escaped that must be. */
PETSC_INTERN void OttoJsonString(FILE *f, const char *text);
/* A number with 17 digits; "inf" and "-inf" as strings, which JSON has no numbers for; NaN, not
 * known, as null. */
PETSC_INTERN void OttoJsonReal(FILE *f, double value);
