/* What a run found, by name. */
#include "record_impl.h"
#include <math.h>
#include <string.h>

static const OttoMeaning meanings[] = {
#define OTTO_RESULT(name, unit, answer, meaning) {name, unit, meaning, answer},
#include "result.def"
#undef OTTO_RESULT
};
static const struct {
  const char *driver, *name, *sentence;
} own[] = {
#define OTTO_RESULT_OF(driver, name, sentence) {driver, name, sentence},
#include "result_own.def"
#undef OTTO_RESULT_OF
};
#define MEANINGS (sizeof meanings / sizeof meanings[0])

const OttoMeaning *OttoResultMeaning(const char *name)
{
  for (size_t i = 0; i < MEANINGS; i++)
    if (!strcmp(meanings[i].name, name)) return &meanings[i];
  return NULL;
}

const char *OttoResultSentence(const char *driver, const char *name)
{
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
    if (!strcmp(own[i].name, name) && !strcmp(own[i].driver, driver)) return own[i].sentence;
  const OttoMeaning *m = OttoResultMeaning(name);
  return m ? m->meaning : NULL;
}

PetscErrorCode OttoListGrow(PetscInt count, size_t bytes, void *list)
{
  PetscFunctionBegin;
  if (count && (count < 16 || count & (count - 1))) PetscFunctionReturn(0); /* there is room */
  PetscCall(PetscRealloc((size_t)PetscMax(16, 2 * count) * bytes, (void **)list));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoNamedFind(OttoNamedList *list, const char *name, PetscInt *found)
{
  PetscFunctionBegin;
  for (*found = 0; *found < list->count; ++*found)
    if (!strcmp(list->at[*found].name, name)) PetscFunctionReturn(0);
  PetscCall(OttoListGrow(list->count, sizeof *list->at, &list->at));
  OttoNamed *n = &list->at[list->count++];
  *n = (OttoNamed){.value = 0};
  snprintf(n->name, sizeof n->name, "%s", name);
  PetscFunctionReturn(0);
}

static PetscErrorCode FindResult(OttoRecord r, const char *name, OttoNamed **found)
{
  PetscInt i = 0;

  PetscFunctionBegin;
  PetscCheck(OttoResultMeaning(name), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "result %s is not in result.def", name);
  PetscCall(OttoNamedFind(&r->results, name, &i));
  *found = &r->results.at[i];
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordResult(OttoRecord record, const char *name, PetscReal value)
{
  OttoNamed *n = NULL;

  PetscFunctionBegin;
  PetscCall(FindResult(record, name, &n));
  n->value = value;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordResultMost(OttoRecord record, const char *name, PetscReal value)
{
  const PetscInt before = record->results.count;
  OttoNamed *n = NULL;

  PetscFunctionBegin;
  PetscCall(FindResult(record, name, &n));
  if (record->results.count > before || value > n->value || isnan(value)) n->value = value;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordResultText(OttoRecord record, const char *name, const char *text)
{
  OttoNamed *n = NULL;

  PetscFunctionBegin;
  PetscCall(FindResult(record, name, &n));
  snprintf(n->text, sizeof n->text, "%s", text);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordResultList(OttoRecord record, const char *name, PetscInt count,
                                    const PetscReal values[])
{
  OttoNamed *n = NULL;

  PetscFunctionBegin;
  PetscCall(FindResult(record, name, &n));
  PetscCall(PetscFree(n->list));
  PetscCall(PetscMalloc1(count + 1, &n->list));
  PetscCall(PetscArraycpy(n->list, values, count));
  n->count = count;
  PetscFunctionReturn(0);
}
