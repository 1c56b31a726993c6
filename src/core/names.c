/* Names in messages: the one place that joins and quotes them. */
#include <otto/options.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

void OttoJoinNames(const char *const names[], const char *between, char text[], size_t size)
{
  size_t used = 0;

  text[0] = 0;
  for (int i = 0; names[i] && used < size; i++)
    used += (size_t)snprintf(text + used, size - used, "%s%s", i ? between : "", names[i]);
}

PetscInt OttoListEntry(const char *list, PetscInt index, char text[], size_t size)
{
  PetscInt count = 0;

  text[0] = 0;
  for (;; count++) {
    const size_t length = strcspn(list, ","), blanks = strspn(list, " \t");
    size_t end = length;
    while (end > blanks && strchr(" \t", list[end - 1])) end--;
    if (count == index && end > blanks)
      snprintf(text, size, "%.*s", (int)(end - blanks), list + blanks);
    if (!list[length]) return count + 1;
    list += length + 1;
  }
}

int OttoUtf8Length(const char *letter)
{
  const unsigned char *c = (const unsigned char *)letter;
  int n = *c < 0x80 ? 1 : *c >= 0xc2 && *c < 0xe0 ? 2 : *c >= 0xe0 && *c < 0xf0 ? 3 : 0;

  if (*c >= 0xf0 && *c < 0xf5) n = 4;
  for (int i = 1; i < n; i++)
    if ((c[i] & 0xc0) != 0x80) return 0;
  /* written longer than need be, halves of UTF-16, beyond the last letter */
  if ((*c == 0xe0 && c[1] < 0xa0) || (*c == 0xed && c[1] > 0x9f)) return 0;
  if ((*c == 0xf0 && c[1] < 0x90) || (*c == 0xf4 && c[1] > 0x8f)) return 0;
  return n;
}

const char *OttoDidYouMean(const char *near, char text[OTTO_MEANT])
{
  text[0] = 0;
  if (near) snprintf(text, OTTO_MEANT, "; did you mean %.64s?", near);
  return text;
}

PetscErrorCode OttoFindName(const char *what, const char *word, const char *const names[],
                            PetscInt *index)
{
  char all[400], meant[OTTO_MEANT];

  PetscFunctionBegin;
  for (PetscInt i = 0; names[i]; i++) {
    if (strcmp(word, names[i])) continue;
    *index = i;
    PetscFunctionReturn(0);
  }
  OttoJoinNames(names, ", ", all, sizeof all);
  OttoFail(OTTO_ERR_INPUT, "%s: '%s' is not one of %s%s", what, word, all,
           OttoDidYouMean(OttoNearestName(word, names), meant));
}

/* Levenshtein's distance; words past 63 letters are cut. */
static int EditDistance(const char *a, const char *b)
{
  int row[64], na = (int)strnlen(a, 63), nb = (int)strnlen(b, 63);

  for (int j = 0; j <= nb; j++) row[j] = j;
  for (int i = 1; i <= na; i++) {
    int diagonal = row[0];
    row[0] = i;
    for (int j = 1; j <= nb; j++) {
      int change =
          diagonal + (tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[j - 1]));
      diagonal = row[j];
      row[j] = PetscMin(change, 1 + PetscMin(row[j], row[j - 1]));
    }
  }
  return row[nb];
}

const char *OttoNearestName(const char *word, const char *const names[])
{
  const char *best = NULL;
  int least = (int)strlen(word) / 3 + 2;

  for (int i = 0; names[i]; i++) {
    int d = EditDistance(word, names[i]);
    if (d >= least) continue;
    least = d;
    best = names[i];
  }
  return best;
}
