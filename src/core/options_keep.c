/* The keys a run was kept with, and which of them may change when it goes on. */
#include "options_impl.h"
#include <otto/options.h>
#include <stdio.h>
#include <string.h>

/* What does not decide numbers, but where they go, how far they go and who finds them. */
static const char *const free_keys[] = {
    "output_dir",       "output_overwrite",  "output_fields", "checkpoint_every",
    "restart",          "time_stop",         "time_samples",  "grid_mesh",
    "transform_engine", "transform_overlap", "log_",          NULL};

const char *const *OttoOptionsFree(void)
{
  return free_keys;
}

static PetscBool IsFree(const char *key)
{
  for (int i = 0; free_keys[i]; i++) {
    const size_t n = strlen(free_keys[i]);
    const PetscBool all = free_keys[i][n - 1] == '_' ? PETSC_TRUE : PETSC_FALSE;
    if (all ? !strncasecmp(key, free_keys[i], n) : !strcasecmp(key, free_keys[i]))
      return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

/* The lines "driver", "key value", "key value" …: a value has no end of line. */
static PetscErrorCode Write(char **text)
{
  const char *key, *value;
  size_t size = strlen(OttoOptionsCheckedDriver()) + 2;

  PetscFunctionBegin;
  for (PetscInt i = 0; OttoOptionsGiven(i, &key, &value), key; i++)
    size += strlen(key) + strlen(value) + 2;
  PetscCall(PetscMalloc1(size, text));
  char *at = *text + sprintf(*text, "%s\n", OttoOptionsCheckedDriver());
  for (PetscInt i = 0; OttoOptionsGiven(i, &key, &value), key; i++) {
    char *line = at;
    at += sprintf(at, "%s %s\n", key, value);
    for (; line < at - 1; line++)
      if (*line == '\n') *line = ' ';
  }
  PetscFunctionReturn(0);
}

/* The same but for spaces. */
static PetscBool Same(const char *a, const char *b)
{
  while (*a || *b) {
    if (*a && strchr(" \n\t", *a))
      a++;
    else if (*b && strchr(" \n\t", *b))
      b++;
    else if (*a++ != *b++)
      return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

/* What holds where a key is not given, as -help says it; NULL of PETSc's keys. */
static const char *Fallback(const char *key)
{
  const OttoOptionLine *line = OttoOptionsLine(key, OttoOptionsCheckedDriver());

  return line ? line->fallback : NULL;
}

/* A value, or NULL where the key was not given: then and now. */
static PetscErrorCode Compare(const char *key, const char *then, const char *now)
{
  const char *fallback = Fallback(key);

  PetscFunctionBegin;
  if (IsFree(key)) PetscFunctionReturn(0);
  if (then && now && Same(then, now)) PetscFunctionReturn(0);
  if (!then && fallback && Same(now, fallback)) PetscFunctionReturn(0);
  if (!now && fallback && Same(then, fallback)) PetscFunctionReturn(0);
  char may[400];
  OttoJoinNames(free_keys, ", ", may, sizeof may);
  OttoFail(OTTO_ERR_INPUT,
           "%s: %.200s; the run that restart goes on with has %.200s. What may change is: %s...",
           key, now ? (*now ? now : "yes") : "not given", then ? (*then ? then : "yes") : "none",
           may);
}

/* The value of a key in such lines, whose ends of lines are zeros, or NULL. */
static const char *Find(const char *lines, const char *end, const char *key)
{
  const size_t n = strlen(key);

  for (; lines < end; lines += strlen(lines) + 1)
    if (!strncasecmp(lines, key, n) && lines[n] == ' ') return lines + n + 1;
  return NULL;
}

static const char *FindGiven(const char *key)
{
  const char *given, *value;

  for (PetscInt i = 0; OttoOptionsGiven(i, &given, &value), given; i++)
    if (!strcasecmp(given, key)) return value;
  return NULL;
}

/* Rank 0. */
static PetscErrorCode CompareAll(char *text)
{
  const char *end = text + strlen(text), *key, *value;
  char name[128];

  PetscFunctionBegin;
  for (char *c = text; *c; c++)
    if (*c == '\n') *c = 0;
  OttoCheckInput(!strcmp(text, OttoOptionsCheckedDriver()),
                 "restart: what was kept is a run of %s, not of %s", text,
                 OttoOptionsCheckedDriver());
  for (const char *line = text + strlen(text) + 1; line < end; line += strlen(line) + 1) {
    snprintf(name, sizeof name, "%.*s", (int)strcspn(line, " "), line);
    PetscCall(Compare(name, Find(line, end, name), FindGiven(name)));
  }
  for (PetscInt i = 0; OttoOptionsGiven(i, &key, &value), key; i++)
    PetscCall(Compare(key, Find(text, end, key), value));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOptionsKeep(MPI_Comm comm, OttoKeep keep)
{
  PetscMPIInt rank;
  char *text = NULL;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0 && !OttoKeepTakes(keep)) PetscCall(Write(&text));
  PetscCall(OttoKeepContents(keep, "options", &text));
  PetscErrorCode code = 0;
  if (OttoKeepTakes(keep)) code = OttoAgree(comm, rank == 0 ? CompareAll(text) : 0);
  PetscCall(PetscFree(text));
  PetscFunctionReturn(code);
}
