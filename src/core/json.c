#include "json.h"
#include <math.h>

/* Bytes of the UTF-8 character at c, 0 where there is none. */
static int Length(const unsigned char *c)
{
  int n = *c < 0x80 ? 1 : *c >= 0xc2 && *c < 0xe0 ? 2 : *c >= 0xe0 && *c < 0xf0 ? 3 : 0;

  if (*c >= 0xf0 && *c < 0xf5) n = 4;
  for (int i = 1; i < n; i++)
    if ((c[i] & 0xc0) != 0x80) return 0;
  return n;
}

void OttoJsonString(FILE *f, const char *text)
{
  fputc('"', f);
  for (const unsigned char *c = (const unsigned char *)text; *c;) {
    int n = Length(c);
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
