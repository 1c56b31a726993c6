/* Named numbers, texts and fields: one list of calls adds them, and takes them over. */
#include <otto/keep.h>
#include <otto/otto.h>
#include <stdio.h>
#include <string.h>

#define NAME 200
#define DEPTH 16

typedef struct {
  char name[NAME];
  OttoKeepKind kind;
  PetscInt64 count;
  void *data; /* numbers or letters */
  Vec vec;
} Entry;

struct _n_OttoKeep {
  OttoKeepDirection direction;
  char within[NAME]; /* names of the objects that have begun, each with its '/' */
  size_t end[DEPTH]; /* where each of them begins */
  PetscInt depth, count, room;
  Entry *entry;
  OttoKeepReadFunction read; /* of fields that are not here */
  PetscErrorCode (*destroy)(void *context);
  void *context;
};

static const char *const kinds[] = {"numbers", "integers", "letters of a text", "letters of a file",
                                    "values of a field"};

PetscErrorCode OttoKeepCreate(OttoKeep *keep)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(keep));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoKeepDestroy(OttoKeep *keep)
{
  PetscFunctionBegin;
  if (!*keep) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < (*keep)->count; i++) {
    PetscCall(PetscFree((*keep)->entry[i].data));
    PetscCall(VecDestroy(&(*keep)->entry[i].vec));
  }
  if ((*keep)->destroy) PetscCall((*keep)->destroy((*keep)->context));
  PetscCall(PetscFree((*keep)->entry));
  PetscCall(PetscFree(*keep));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoKeepSetDirection(OttoKeep keep, OttoKeepDirection direction)
{
  PetscFunctionBegin;
  keep->direction = direction;
  PetscFunctionReturn(0);
}

PetscBool OttoKeepTakes(OttoKeep keep)
{
  return keep->direction == OTTO_KEEP_TAKE ? PETSC_TRUE : PETSC_FALSE;
}

PetscInt OttoKeepGetCount(OttoKeep keep)
{
  return keep->count;
}

PetscErrorCode OttoKeepGetEntry(OttoKeep keep, PetscInt i, OttoKeepEntry *entry)
{
  PetscFunctionBegin;
  PetscCheck(i >= 0 && i < keep->count, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "entry %" PetscInt_FMT " of %" PetscInt_FMT, i, keep->count);
  const Entry *e = &keep->entry[i];
  *entry = (OttoKeepEntry){.name = e->name, .kind = e->kind, .count = e->count, .vec = e->vec};
  if (e->kind == OTTO_KEEP_REALS) entry->reals = e->data;
  if (e->kind == OTTO_KEEP_INTS) entry->ints = e->data;
  if (e->kind == OTTO_KEEP_TEXT || e->kind == OTTO_KEEP_CONTENTS) entry->text = e->data;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoKeepBegin(OttoKeep keep, const char *name, PetscInt i)
{
  const size_t n = strlen(keep->within);

  PetscFunctionBegin;
  PetscCheck(keep->depth < DEPTH && n + strlen(name) + 64 < NAME, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "too long a name: %s%s", keep->within, name);
  keep->end[keep->depth++] = n;
  snprintf(keep->within + n, NAME - n, "%s/", name);
  if (i >= 0)
    snprintf(keep->within + strlen(keep->within), NAME - strlen(keep->within), "%d/", (int)i);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoKeepEnd(OttoKeep keep)
{
  PetscFunctionBegin;
  PetscCheck(keep->depth > 0, PETSC_COMM_SELF, PETSC_ERR_PLIB, "nothing has begun");
  keep->within[keep->end[--keep->depth]] = 0;
  PetscFunctionReturn(0);
}

static Entry *Look(OttoKeep keep, const char *name)
{
  char full[2 * NAME];

  snprintf(full, sizeof full, "%s%s", keep->within, name);
  for (PetscInt i = 0; i < keep->count; i++)
    if (!strcmp(keep->entry[i].name, full)) return &keep->entry[i];
  return NULL;
}

/* A new entry of a name that is not there yet. */
static PetscErrorCode Add(OttoKeep keep, const char *name, OttoKeepKind kind, PetscInt64 count,
                          Entry **entry)
{
  PetscFunctionBegin;
  PetscCheck(!Look(keep, name), PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s%s is kept twice", keep->within,
             name);
  PetscCheck(strlen(keep->within) + strlen(name) < NAME, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "too long a name: %s%s", keep->within, name);
  if (keep->count == keep->room) {
    keep->room = 2 * keep->room + 64;
    PetscCall(PetscRealloc((size_t)keep->room * sizeof *keep->entry, &keep->entry));
  }
  Entry *e = &keep->entry[keep->count];
  *e = (Entry){.kind = kind, .count = count};
  snprintf(e->name, sizeof e->name, "%s", keep->within);
  strncat(e->name, name, sizeof e->name - strlen(e->name) - 1);
  keep->count++;
  *entry = e;
  PetscFunctionReturn(0);
}

/* The entry of a name that is to be of this kind and, unless that is -1, of this many. */
static PetscErrorCode Find(OttoKeep keep, const char *name, OttoKeepKind kind, PetscInt64 count,
                           Entry **entry)
{
  PetscFunctionBegin;
  *entry = Look(keep, name);
  OttoCheckInput(*entry, "nothing of the name %s%s was kept", keep->within, name);
  OttoCheckInput((*entry)->kind == kind && (count < 0 || (*entry)->count == count),
                 "%s%s was kept as %lld %s, not as %lld %s", keep->within, name,
                 (long long)(*entry)->count, kinds[(*entry)->kind], (long long)count, kinds[kind]);
  PetscFunctionReturn(0);
}

/* So many things of so many bytes each, either way. */
static PetscErrorCode Pass(OttoKeep keep, const char *name, OttoKeepKind kind, PetscInt64 count,
                           size_t bytes, void *x)
{
  const size_t size = (size_t)count * bytes;
  Entry *e = NULL;

  PetscFunctionBegin;
  if (OttoKeepTakes(keep)) {
    PetscCall(Find(keep, name, kind, count, &e));
    if (size) memcpy(x, e->data, size);
  } else {
    PetscCall(Add(keep, name, kind, count, &e));
    PetscCall(PetscMalloc(size + 1, &e->data));
    if (size) memcpy(e->data, x, size);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoKeepReals(OttoKeep keep, const char *name, PetscInt64 count, PetscReal x[])
{
  PetscFunctionBegin;
  PetscCall(Pass(keep, name, OTTO_KEEP_REALS, count, sizeof *x, x));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoKeepReal(OttoKeep keep, const char *name, PetscReal *x)
{
  PetscFunctionBegin;
  PetscCall(Pass(keep, name, OTTO_KEEP_REALS, 1, sizeof *x, x));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoKeepInts(OttoKeep keep, const char *name, PetscInt64 count, PetscInt64 i[])
{
  PetscFunctionBegin;
  PetscCall(Pass(keep, name, OTTO_KEEP_INTS, count, sizeof *i, i));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoKeepInt64(OttoKeep keep, const char *name, PetscInt64 *i)
{
  PetscFunctionBegin;
  PetscCall(Pass(keep, name, OTTO_KEEP_INTS, 1, sizeof *i, i));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoKeepInt(OttoKeep keep, const char *name, PetscInt *i)
{
  PetscInt64 wide = *i;

  PetscFunctionBegin;
  PetscCall(OttoKeepInt64(keep, name, &wide));
  *i = (PetscInt)wide;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoKeepBool(OttoKeep keep, const char *name, PetscBool *yes)
{
  PetscInt64 wide = *yes ? 1 : 0;

  PetscFunctionBegin;
  PetscCall(OttoKeepInt64(keep, name, &wide));
  *yes = wide ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoKeepText(OttoKeep keep, const char *name, size_t size, char text[])
{
  Entry *e = NULL;

  PetscFunctionBegin;
  if (!OttoKeepTakes(keep)) {
    PetscCall(Add(keep, name, OTTO_KEEP_TEXT, (PetscInt64)strlen(text), &e));
    PetscCall(PetscStrallocpy(text, (char **)&e->data));
    PetscFunctionReturn(0);
  }
  PetscCall(Find(keep, name, OTTO_KEEP_TEXT, -1, &e));
  OttoCheckInput((size_t)e->count < size, "%s%s was kept as %lld letters, not as fewer than %zu",
                 keep->within, name, (long long)e->count, size);
  memcpy(text, e->data, (size_t)e->count + 1);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoKeepContents(OttoKeep keep, const char *name, char **text)
{
  Entry *e = NULL;

  PetscFunctionBegin;
  if (OttoKeepTakes(keep)) {
    PetscCall(Find(keep, name, OTTO_KEEP_CONTENTS, -1, &e));
    PetscCall(PetscStrallocpy(e->data, text));
  } else {
    PetscCall(Add(keep, name, OTTO_KEEP_CONTENTS, *text ? (PetscInt64)strlen(*text) : 0, &e));
    PetscCall(PetscStrallocpy(*text, (char **)&e->data));
  }
  PetscFunctionReturn(0);
}

/* Whether this rank's part of a vector is as long as that which was kept. */
static PetscErrorCode CheckLocal(OttoKeep keep, const char *name, Vec kept, Vec v)
{
  PetscInt was = 0, is = 0;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(kept, &was));
  PetscCall(VecGetLocalSize(v, &is));
  OttoCheckInput(was == is,
                 "%s%s was kept with %lld values on a rank that now has %lld: its cells were dealt "
                 "to other ranks",
                 keep->within, name, (long long)was, (long long)is);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoKeepVec(OttoKeep keep, const char *name, Vec v)
{
  PetscInt size = 0;
  Entry *e = NULL;

  PetscFunctionBegin;
  PetscCall(VecGetSize(v, &size));
  if (OttoKeepTakes(keep)) {
    PetscCall(Find(keep, name, OTTO_KEEP_VEC, size, &e));
    if (!e->vec) {
      PetscCall(keep->read(e->name, v, keep->context));
      PetscFunctionReturn(0);
    }
    PetscCall(OttoAgree(PetscObjectComm((PetscObject)v), CheckLocal(keep, name, e->vec, v)));
    PetscCall(VecCopy(e->vec, v));
  } else {
    PetscCall(Add(keep, name, OTTO_KEEP_VEC, size, &e));
    PetscCall(VecDuplicate(v, &e->vec));
    PetscCall(VecCopy(v, e->vec));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoKeepSetReader(OttoKeep keep, OttoKeepReadFunction read,
                                 PetscErrorCode (*destroy)(void *context), void *context)
{
  PetscFunctionBegin;
  keep->read = read;
  keep->destroy = destroy;
  keep->context = context;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoKeepExpect(OttoKeep keep, const char *name, PetscInt64 count)
{
  Entry *e = NULL;

  PetscFunctionBegin;
  PetscCheck(keep->read, PETSC_COMM_SELF, PETSC_ERR_ORDER, "%s: nobody reads it", name);
  PetscCall(Add(keep, name, OTTO_KEEP_VEC, count, &e));
  PetscFunctionReturn(0);
}
