#include "json.h"
#include <math.h>

void OttoJsonString(FILE *f, const char *text)
{
  fputc('"', f);
  for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
    if (*c == '"' || *c == '\\')
      fprintf(f, "\\%c", *c);
    else if (*c < 0x20)
      fprintf(f, "\\u%04x", *c);
    else
      fputc(*c, f);
  }
  fputc('"', f);
}

void OttoJsonReal(FILE *f, double value)
{
  if (isnan(value))
    fputs("\"nan\"", f);
  else if (isinf(value))
    fputs(value > 0 ? "\"inf\"" : "\"-inf\"", f);
  else
    fprintf(f, "%.17g", value);
}
