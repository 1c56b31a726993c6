/* Private: the few pieces of JSON that a summary needs. */
#pragma once
#include <stdio.h>

/* A quoted string with everything escaped that must be. */
void OttoJsonString(FILE *f, const char *text);
/* A number with 17 digits; "inf" and "-inf" as strings, which JSON has no numbers for; NaN, not
 * known, as null. */
void OttoJsonReal(FILE *f, double value);
