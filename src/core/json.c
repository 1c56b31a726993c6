#include "json.h"
#include <math.h>
#include <otto/options.h>

void OttoJsonString(FILE *f, const char *text)
{
  fputc('"', f);
  for (const unsigned char *c = (const unsigned char *)text; *c;) {
    int n = OttoUtf8Length((const char *)c);
    if (*c == '"' || *c == '\\')
      fprintf(f, "\\%c", *c);
    else if (*c < 0x20)
      fprintf(f, "\\u%04x", *c);
    else if (n)
      fwrite(c, 1, (size_t)n, f);
    else
      fputs("\\ufffd", f); /* a byte that is no text */
    c += n ? n : 1;
  }
  fputc('"', f);
}

void OttoJsonReal(FILE *f, double value)
{
  if (isnan(value))
    fputs("null", f);
  else if (isinf(value))
    fputs(value > 0 ? "\"inf\"" : "\"-inf\"", f);
  else
    fprintf(f, "%.17g", value);
}
