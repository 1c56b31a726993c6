/* Text for a terminal. */
#include "record_impl.h"
#include <stdarg.h>
#include <string.h>

/* A text in lines of at most 80 letters, all after the first indented by as many blanks. */
void OttoRecordSay(const char *indent, const char *text)
{
  const int left = (int)strlen(indent);
  int column = printf("%s", indent);

  while (*text) {
    const int word = (int)strcspn(text, " ");
    if (column > left && column + 1 + word > 80) column = printf("\n%*s", left, "") - 1;
    if (column > left) column += printf(" ");
    column += printf("%.*s", word, text);
    text += word + (text[word] == ' ');
  }
  putchar('\n');
}

PetscErrorCode OttoRecordAside(OttoRecord record, PetscBool warning, const char *format, ...)
{
  char text[600];
  va_list arguments;

  PetscFunctionBegin;
  if (record->rank) PetscFunctionReturn(0);
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (record->terminal) printf("\r\033[K"); /* the progress line */
  if (!warning) OttoRecordSay("  ", text);
  fflush(stdout);
  if (warning) fprintf(stderr, "otto: warning: %s\n", text);
  PetscFunctionReturn(0);
}
