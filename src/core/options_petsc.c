/* PETSc's own keys: its complaints about their values become one sentence of bad input. */
#include <otto/options.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define SENTENCE 400

static char complaint[SENTENCE]; /* of the innermost function */

/* PETSc raises a failure once, with its text, and repeats it level by level. */
static PetscErrorCode KeepComplaint(MPI_Comm comm, int line, const char *function, const char *file,
                                    PetscErrorCode code, PetscErrorType type, const char *text,
                                    void *context)
{
  (void)comm, (void)line, (void)function, (void)file, (void)context;
  if (type != PETSC_ERROR_INITIAL || complaint[0]) return code;
  snprintf(complaint, sizeof complaint, "%s", text && *text ? text : "PETSc refuses its value");
  return code;
}

/* One line without the pointer to PETSc's web pages, and without a last full stop. */
static void Tidy(char text[])
{
  char *last = strstr(text, "http");
  size_t n;

  if (last) last += strcspn(last, " \n");
  if (last && last[strspn(last, " \n")]) memmove(text, last, strlen(last) + 1);
  for (char *c = text; *c; c++)
    if (*c == '\n') *c = ' ';
  n = strspn(text, " ");
  memmove(text, text + n, strlen(text + n) + 1);
  for (n = strlen(text); n && strchr(" .", text[n - 1]); n--) text[n - 1] = 0;
}

/* Whether `word` stands in `text` with no letter or digit beside it. */
static PetscBool Says(const char *text, const char *word)
{
  size_t n = strlen(word);

  for (const char *at = strstr(text, word); n && at; at = strstr(at + 1, word))
    if ((at == text || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)at[n]))
      return PETSC_TRUE;
  return PETSC_FALSE;
}

/* The keys PETSc can mean, with their values: those it names, or (by_value) whose value it names.
 */
static PetscErrorCode FindCulprits(PetscBool by_value, char found[], size_t size)
{
  char *all, *next, *key = NULL;
  size_t used = 0;

  PetscFunctionBegin;
  found[0] = 0;
  PetscCall(PetscOptionsGetAll(NULL, &all));
  next = all;
  for (char *word = strsep(&next, " "); word; word = strsep(&next, " ")) {
    if (word[0] == '-' && isalpha((unsigned char)word[1])) {
      key = OttoOptionsIsPetscKey(word + 1) ? word + 1 : NULL;
    } else if (key && *word && used < size) {
      if (Says(complaint, by_value ? word : key))
        used += (size_t)snprintf(found + used, size - used, "%s%s: '%s'", used ? " or " : "", key,
                                 word);
      key = NULL;
    }
  }
  PetscCall(PetscFree(all));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOptionsPetscBegin(void)
{
  PetscFunctionBegin;
  complaint[0] = 0;
  PetscCall(PetscPushErrorHandler(KeepComplaint, NULL));
  PetscFunctionReturn(0);
}

/* Every key of PETSc's that was given, where none stands out. */
static PetscErrorCode FindAll(char found[], size_t size)
{
  const char *key, *value;
  size_t used = 0;

  PetscFunctionBegin;
  found[0] = 0;
  for (PetscInt i = 0; OttoOptionsGiven(i, &key, &value), key; i++) {
    if (!OttoOptionsIsPetscKey(key) || !strncmp(key, "log_", 4) || used >= size) continue;
    used += (size_t)snprintf(found + used, size - used, "%s%s", used ? " or " : "", key);
    if (used < size && *value)
      used += (size_t)snprintf(found + used, size - used, ": '%.60s'", value);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOptionsBlame(PetscErrorCode code)
{
  char found[SENTENCE];

  PetscFunctionBegin;
  if (!code || code == PETSC_ERR_MEM || code >= OTTO_ERR_INPUT) PetscFunctionReturn(code);
  snprintf(complaint, sizeof complaint, "%s", OttoErrorMessage());
  char *where = strrchr(complaint, '('); /* PETSc's function and line */
  if (where && where > complaint) where[-1] = 0;
  Tidy(complaint);
  PetscCall(FindCulprits(PETSC_FALSE, found, sizeof found));
  if (!found[0]) PetscCall(FindCulprits(PETSC_TRUE, found, sizeof found));
  if (!found[0]) PetscCall(FindAll(found, sizeof found));
  if (!found[0]) PetscFunctionReturn(code);
  OttoFail(OTTO_ERR_INPUT, "%s: %s", found, complaint);
}

static PetscErrorCode Refuse(PetscErrorCode code)
{
  char found[SENTENCE];

  PetscFunctionBegin;
  PetscCheck(code != PETSC_ERR_MEM, PETSC_COMM_SELF, code, "%s", complaint);
  Tidy(complaint);
  PetscCall(FindCulprits(PETSC_FALSE, found, sizeof found));
  if (!found[0]) PetscCall(FindCulprits(PETSC_TRUE, found, sizeof found));
  if (!found[0]) PetscCall(FindAll(found, sizeof found));
  OttoFail(OTTO_ERR_INPUT, "%s: %s", found[0] ? found : "a key of PETSc's solvers", complaint);
}

PetscErrorCode OttoOptionsPetscEnd(MPI_Comm comm, PetscErrorCode code)
{
  PetscFunctionBegin;
  PetscCall(PetscPopErrorHandler());
  PetscCall(OttoAgreeSoon(comm, code ? Refuse(code) : 0));
  PetscFunctionReturn(0);
}
