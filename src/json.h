/* Private: the few pieces of JSON that a summary needs. */
#pragma once
#include <stdio.h>

/* A quoted string with everything escaped that must be. */
void OttoJsonString(FILE *f, const char *text);
/* A number with 17 digits; "inf", "-inf" and "nan" as strings, which JSON has no numbers for. */
void OttoJsonReal(FILE *f, double value);
