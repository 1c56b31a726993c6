#include "options_impl.h"
#include <otto/options.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG_PATH 100 /* letters */
static PetscBool IsKey(const char *word)
{
  return word[0] == '-' && (isalpha((unsigned char)word[1]) || word[1] == '-') ? PETSC_TRUE
                                                                               : PETSC_FALSE;
}

/* Whether a word names a key, or is a slip of one. */
static PetscBool NamesKey(const char *word)
{
  const char *known[OTTO_MAX_LINES + 1];

  if (OttoOptionsLine(word, NULL) || OttoOptionsIsPetscKey(word)) return PETSC_TRUE;
  for (const char *c = word; *c; c++)
    if (!isalnum((unsigned char)*c) && !strchr("_-.", *c)) return PETSC_FALSE; /* a formula */
  OttoOptionsKnown(NULL, PETSC_FALSE, known);
  return OttoNearestName(word, known) ? PETSC_TRUE : PETSC_FALSE;
}

/* Whether `word`, which stands behind `key`, is its value. One that begins with '-' is, unless it
 * names a key, or the key before can do without (PETSc's own, yes or no), or what follows shows
 * that it has a value itself. */
static PetscBool IsValue(const char *key, const char *word, const char *next)
{
  const OttoOptionLine *line = OttoOptionsLine(key + 1, NULL);

  if (!IsKey(word)) return PETSC_TRUE;
  if (word[1] == '-' || NamesKey(word + 1)) return PETSC_FALSE;
  if (line && (!*line->type || !strcmp(line->type, "yes or no"))) return PETSC_FALSE;
  if (OttoOptionsIsPetscKey(key + 1)) return PETSC_FALSE;
  return next && next[0] != '-' ? PETSC_FALSE : PETSC_TRUE;
}

/* What was given, for the summary: names and values before anything is read, what of it stood on
 * the command line, and what was found to be unused. */
static char **given_names, **given_values;
static PetscBool *given_typed, *given_unused;
static PetscInt given_count;

static PetscErrorCode ForgetGiven(void)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < given_count; i++) {
    PetscCall(PetscFree(given_names[i]));
    PetscCall(PetscFree(given_values[i]));
  }
  PetscCall(PetscFree4(given_names, given_values, given_typed, given_unused));
  given_count = 0;
  PetscFunctionReturn(0);
}

static PetscErrorCode KeepGiven(void)
{
  PetscInt count;
  char **names, **values;

  PetscFunctionBegin;
  if (!given_names) PetscCall(PetscRegisterFinalize(ForgetGiven));
  PetscCall(ForgetGiven());
  PetscCall(PetscOptionsLeftGet(NULL, &count, &names, &values));
  PetscCall(PetscCalloc4(count + 1, &given_names, count + 1, &given_values, count + 1, &given_typed,
                         count + 1, &given_unused));
  for (given_count = 0; given_count < count; given_count++) {
    const char *value = values[given_count];
    PetscCall(PetscStrallocpy(names[given_count], &given_names[given_count]));
    PetscCall(PetscStrallocpy(value ? value : "", &given_values[given_count]));
  }
  PetscCall(PetscOptionsLeftRestore(NULL, &count, &names, &values));
  PetscFunctionReturn(0);
}

void OttoOptionsGiven(PetscInt i, const char **key, const char **value)
{
  *key = i < given_count ? given_names[i] : NULL;
  *value = i < given_count ? given_values[i] : NULL;
}

PetscBool OttoOptionsTyped(PetscInt i)
{
  return i < given_count ? given_typed[i] : PETSC_FALSE;
}

PetscBool OttoOptionsUnused(PetscInt i)
{
  return i < given_count ? given_unused[i] : PETSC_FALSE;
}

/* Marks a key of the command line: PETSc forgets upper and lower case. */
static void MarkTyped(const char *key)
{
  for (PetscInt i = 0; i < given_count; i++)
    if (!strcasecmp(given_names[i], key)) given_typed[i] = PETSC_TRUE;
}

/* OpenMPI's usual components for shared file pointers, which nothing here uses, put paths into 256
 * bytes, whatever their length. It looks for another when the first file is opened; that one leaves
 * files beside those of a run that is killed, so it serves where paths are long alone. */
static PetscErrorCode PrepareLongPaths(const char *input)
{
  const char *key, *value;
  PetscBool any = input && strlen(input) > LONG_PATH ? PETSC_TRUE : PETSC_FALSE;

  PetscFunctionBegin;
  for (PetscInt i = 0; OttoOptionsGiven(i, &key, &value), key; i++)
    if (strlen(value) > LONG_PATH) any = PETSC_TRUE;
  if (any && setenv("OMPI_MCA_sharedfp", "individual", 0))
    OttoFail(PETSC_ERR_SYS, "cannot set up MPI-IO");
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOptionsInsert(const char *yaml_path, int argc, char *argv[])
{
  PetscBool log, is_key[2 * OTTO_MAX_KEYS + 1] = {PETSC_FALSE};

  PetscFunctionBegin;
  if (yaml_path) PetscCall(OttoOptionsInsertFile(yaml_path));
  OttoCheckInput(argc <= 2 * OTTO_MAX_KEYS, "%d words on the command line; at most %d are allowed",
                 argc, 2 * OTTO_MAX_KEYS);
  for (int i = 0; i < argc; i++) {
    OttoCheckInput(IsKey(argv[i]) && isalpha((unsigned char)argv[i][1]),
                   "unexpected argument '%s': keys are written -key value", argv[i]);
    PetscBool has_value = i + 1 < argc
                              ? IsValue(argv[i], argv[i + 1], i + 2 < argc ? argv[i + 2] : NULL)
                              : PETSC_FALSE;
    PetscCall(PetscOptionsSetValue(NULL, argv[i], has_value ? argv[i + 1] : NULL));
    is_key[i] = PETSC_TRUE;
    if (has_value) i++;
  }
  PetscCall(PetscOptionsHasName(NULL, NULL, "-log_view", &log));
  if (log) PetscCall(PetscLogDefaultBegin());
  PetscCall(KeepGiven());
  for (int i = 0; i < argc; i++)
    if (is_key[i]) MarkTyped(argv[i] + 1);
  PetscCall(PrepareLongPaths(yaml_path));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOptionsCheckUnused(void)
{
  PetscInt count;
  char **names, **values;
  const char *known[OTTO_MAX_LINES + 1];

  PetscFunctionBegin;
  OttoOptionsKnown(NULL, PETSC_TRUE, known);
  PetscCall(PetscOptionsLeftGet(NULL, &count, &names, &values));
  for (PetscInt i = 0; i < count; i++) {
    /* PETSc reads these when there is something to show */
    if (OttoOptionsIsPetscKey(names[i]) &&
        (strstr(names[i], "_view") || strstr(names[i], "_converged_reason")))
      continue;
    const char *near = OttoOptionsIsPetscKey(names[i]) ? OttoNearestName(names[i], known) : NULL;
    if (near && !strcasecmp(near, names[i])) near = NULL;
    char meant[OTTO_MEANT];
    OttoCheckInput(!OttoOptionsIsPetscKey(names[i]), "key %s: no solver of this run reads it%s",
                   names[i], OttoDidYouMean(near, meant));
    PetscCall(PetscFPrintf(PETSC_COMM_WORLD, stderr,
                           "otto: warning: key %s is not used by this "
                           "configuration\n",
                           names[i]));
    for (PetscInt j = 0; j < given_count; j++)
      if (!strcmp(names[i], given_names[j])) given_unused[j] = PETSC_TRUE;
  }
  PetscCall(PetscOptionsLeftRestore(NULL, &count, &names, &values));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOptionsGetText(const char *prefix, const char *key, const char **text)
{
  char name[128];
  const char *value = NULL;
  PetscBool set;

  PetscFunctionBegin;
  snprintf(name, sizeof name, "-%s%s", prefix ? prefix : "", key);
  PetscCheck(OttoOptionsLine(name + 1, NULL), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "key %s is not in options.def", name);
  PetscCall(PetscOptionsFindPair(NULL, NULL, name, &value, &set));
  *text = set ? (value ? value : "") : NULL;
  PetscFunctionReturn(0);
}

static const char *Spell(const char *prefix, const char *key)
{
  static char name[128];
  snprintf(name, sizeof name, "%s%s", prefix ? prefix : "", key);
  return name;
}

static PetscErrorCode CheckRange(const char *prefix, const char *key, const char *text,
                                 PetscReal value, PetscReal lower, PetscReal upper)
{
  PetscFunctionBegin;
  if (lower > -PETSC_MAX_REAL && upper < PETSC_MAX_REAL) {
    OttoCheckInput(value >= lower && value <= upper, "%s: %s is outside %g … %g",
                   Spell(prefix, key), text, (double)lower, (double)upper);
  }
  OttoCheckInput(value >= lower, "%s: %s must be at least %g", Spell(prefix, key), text,
                 (double)lower);
  OttoCheckInput(value <= upper, "%s: %s must be at most %g", Spell(prefix, key), text,
                 (double)upper);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOptionsGetReal(const char *prefix, const char *key, PetscReal lower,
                                  PetscReal upper, PetscReal *value, PetscBool *set)
{
  const char *text;
  PetscReal v;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetText(prefix, key, &text));
  if (set) *set = text ? PETSC_TRUE : PETSC_FALSE;
  if (!text) PetscFunctionReturn(0);
  OttoCheckInput(OttoOptionsParseNumber(text, strlen(text), &v),
                 "%s: '%.200s' is not a finite number", Spell(prefix, key), text);
  PetscCall(CheckRange(prefix, key, text, v, lower, upper));
  *value = v;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOptionsGetInt(const char *prefix, const char *key, PetscInt64 lower,
                                 PetscInt64 upper, PetscInt64 *value, PetscBool *set)
{
  PetscReal v = 0;
  PetscBool given;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReal(prefix, key, (PetscReal)lower, (PetscReal)upper, &v, &given));
  if (set) *set = given;
  if (!given) PetscFunctionReturn(0);
  OttoCheckInput(v == floor(v) && fabs(v) < 9e15, "%s: %.17g is not a whole number",
                 Spell(prefix, key), (double)v);
  *value = (PetscInt64)v;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOptionsGetBool(const char *prefix, const char *key, PetscBool *value,
                                  PetscBool *set)
{
  static const char *const words[] = {"true", "false", "yes", "no", "1", "0", "on", "off", NULL};
  const char *text;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetText(prefix, key, &text));
  if (set) *set = text ? PETSC_TRUE : PETSC_FALSE;
  if (!text) PetscFunctionReturn(0);
  if (!*text) {
    *value = PETSC_TRUE;
    PetscFunctionReturn(0);
  }
  for (int i = 0; words[i]; i++) {
    if (strcasecmp(text, words[i])) continue;
    *value = i % 2 == 0 ? PETSC_TRUE : PETSC_FALSE;
    PetscFunctionReturn(0);
  }
  OttoFail(OTTO_ERR_INPUT, "%s: '%s' is neither yes nor no", Spell(prefix, key), text);
}

PetscErrorCode OttoOptionsGetReals(const char *prefix, const char *key, PetscInt *count,
                                   PetscReal **values)
{
  const char *text, *at;
  PetscInt n = 1;

  PetscFunctionBegin;
  *count = 0;
  *values = NULL;
  PetscCall(OttoOptionsGetText(prefix, key, &text));
  if (!text) PetscFunctionReturn(0);
  for (at = text; *at; at++) n += *at == ',';
  PetscCall(PetscMalloc1(n, values));
  at = text;
  for (PetscInt i = 0; i < n; i++) {
    size_t length = strcspn(at, ",");
    if (!OttoOptionsParseNumber(at, length, &(*values)[i])) {
      PetscCall(PetscFree(*values));
      OttoFail(OTTO_ERR_INPUT, "%s: entry %d of '%.200s' is not a finite number",
               Spell(prefix, key), (int)i + 1, text);
    }
    at += length + 1;
  }
  *count = n;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOptionsGetAxisReals(const char *prefix, const char *key, PetscInt dim,
                                       PetscReal values[], PetscBool *set)
{
  PetscInt count;
  PetscReal *given;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReals(prefix, key, &count, &given));
  if (set) *set = count ? PETSC_TRUE : PETSC_FALSE;
  for (PetscInt j = 0; j < dim && (count == 1 || count == dim); j++)
    values[j] = given[count == 1 ? 0 : j];
  PetscCall(PetscFree(given));
  OttoCheckInput(count == 0 || count == 1 || count == dim,
                 "%s: %d values for %d axes; give one for all, or one per axis", Spell(prefix, key),
                 (int)count, (int)dim);
  PetscFunctionReturn(0);
}

static PetscErrorCode FindChoice(const char *prefix, const char *key, const char *word,
                                 const char *const names[], PetscInt *index)
{
  PetscFunctionBegin;
  PetscCall(OttoFindName(Spell(prefix, key), word, names, index));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOptionsGetChoice(const char *prefix, const char *key, const char *const names[],
                                    PetscInt *index, PetscBool *set)
{
  const char *text;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetText(prefix, key, &text));
  if (set) *set = text ? PETSC_TRUE : PETSC_FALSE;
  if (text) PetscCall(FindChoice(prefix, key, text, names, index));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOptionsGetChoices(const char *prefix, const char *key, const char *const names[],
                                     PetscInt max, PetscInt *count, PetscInt index[])
{
  const char *text;
  char word[64];

  PetscFunctionBegin;
  *count = 0;
  PetscCall(OttoOptionsGetText(prefix, key, &text));
  if (text) *count = OttoListEntry(text, 0, word, sizeof word);
  OttoCheckInput(*count <= max, "%s: more than %d entries", Spell(prefix, key), (int)max);
  for (PetscInt i = 0; i < *count; i++) {
    OttoListEntry(text, i, word, sizeof word);
    PetscCall(FindChoice(prefix, key, word, names, &index[i]));
  }
  PetscFunctionReturn(0);
}
