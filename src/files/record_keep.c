/* What a record has gathered so far: rows, checks, results, what is not known. */
#include "record_impl.h"
#include <errno.h>
#include <string.h>

/* The rows of the series; a record that has none yet writes those that were kept. Rank 0 only. */
static PetscErrorCode ReadSeries(OttoRecord r, char **text)
{
  char path[PETSC_MAX_PATH_LEN + 32];

  PetscFunctionBegin;
  snprintf(path, sizeof path, "%s/series.csv.part", r->dir);
  PetscCall(OttoRecordReadFile(path, text));
  PetscFunctionReturn(0);
}

static PetscErrorCode WriteSeries(OttoRecord r, const char *text)
{
  PetscFunctionBegin;
  if (!text || !r->series) PetscFunctionReturn(0);
  const char *rows = strchr(text, '\n'); /* after the names of columns, which are there */
  if (rows) fputs(rows + 1, r->series);
  if (fflush(r->series) || ferror(r->series))
    OttoFail(OTTO_ERR_FILE, "cannot write %s/series.csv: %s", r->dir, strerror(errno));
  PetscFunctionReturn(0);
}

static PetscErrorCode KeepRows(OttoRecord r, OttoKeep keep)
{
  const PetscBool fresh = r->rows == 0 ? PETSC_TRUE : PETSC_FALSE;
  const PetscBool first = r->rank == 0 ? PETSC_TRUE : PETSC_FALSE;
  char *text = NULL;

  PetscFunctionBegin;
  if (!OttoKeepTakes(keep)) PetscCall(OttoAgree(r->comm, first ? ReadSeries(r, &text) : 0));
  PetscCall(OttoKeepInt(keep, "rows", &r->rows));
  PetscCall(OttoKeepContents(keep, "series", &text));
  if (OttoKeepTakes(keep) && fresh) PetscCall(OttoAgree(r->comm, first ? WriteSeries(r, text) : 0));
  PetscCall(PetscFree(text));
  if (!r->rows) PetscFunctionReturn(0);
  if (!r->first_row) PetscCall(PetscMalloc2(r->columns, &r->first_row, r->columns, &r->last_row));
  PetscCall(OttoKeepReals(keep, "first_row", r->columns, r->first_row));
  PetscCall(OttoKeepReals(keep, "last_row", r->columns, r->last_row));
  PetscFunctionReturn(0);
}

static PetscErrorCode KeepChecks(OttoRecord r, OttoKeep keep)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < r->check_count; i++) {
    OttoCheck *c = &r->checks[i];
    PetscCall(OttoKeepBegin(keep, c->name, -1));
    PetscCall(OttoKeepReal(keep, "worst", &c->worst));
    PetscCall(OttoKeepReal(keep, "time", &c->worst_t));
    PetscCall(OttoKeepInt(keep, "reported", &c->reported));
    PetscCall(OttoKeepInt(keep, "left_out", &c->left_out));
    PetscCall(OttoKeepText(keep, "reason", sizeof c->reason, c->reason));
    PetscCall(OttoKeepEnd(keep));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode KeepNamed(OttoNamedList *list, const char *name, OttoKeep keep)
{
  PetscInt count = list->count, at = 0;

  PetscFunctionBegin;
  PetscCall(OttoKeepBegin(keep, name, -1));
  PetscCall(OttoKeepInt(keep, "count", &count));
  for (PetscInt i = 0; i < count; i++) {
    OttoNamed own = {.value = 0};
    if (i < list->count) own = list->at[i];
    PetscInt length = own.list ? own.count : -1;
    PetscCall(OttoKeepBegin(keep, "entry", i));
    PetscCall(OttoKeepText(keep, "name", sizeof own.name, own.name));
    PetscCall(OttoNamedFind(list, own.name, &at));
    OttoNamed *n = &list->at[at];
    PetscCall(OttoKeepReal(keep, "value", &n->value));
    PetscCall(OttoKeepText(keep, "text", sizeof n->text, n->text));
    PetscCall(OttoKeepInt(keep, "length", &length));
    if (length >= 0 && (!n->list || n->count != length)) {
      PetscCall(PetscFree(n->list));
      PetscCall(PetscMalloc1(length + 1, &n->list));
      n->count = length;
    }
    if (length >= 0) PetscCall(OttoKeepReals(keep, "list", length, n->list));
    PetscCall(OttoKeepEnd(keep));
  }
  PetscCall(OttoKeepEnd(keep));
  PetscFunctionReturn(0);
}

static PetscErrorCode KeepUnknown(OttoUnknownList *list, const char *name, OttoKeep keep)
{
  PetscInt count = list->count;

  PetscFunctionBegin;
  PetscCall(OttoKeepBegin(keep, name, -1));
  PetscCall(OttoKeepInt(keep, "count", &count));
  if (OttoKeepTakes(keep)) list->count = 0;
  for (PetscInt i = 0; i < count; i++) {
    if (OttoKeepTakes(keep)) {
      PetscCall(OttoListGrow(list->count, sizeof *list->at, &list->at));
      list->at[list->count++] = (OttoUnknown){.from = 0};
    }
    OttoUnknown *u = &list->at[i];
    PetscCall(OttoKeepBegin(keep, "entry", i));
    PetscCall(OttoKeepText(keep, "name", sizeof u->name, u->name));
    PetscCall(OttoKeepText(keep, "why", sizeof u->why, u->why));
    PetscCall(OttoKeepReal(keep, "from", &u->from));
    PetscCall(OttoKeepReal(keep, "low", &u->low));
    PetscCall(OttoKeepReal(keep, "high", &u->high));
    PetscCall(OttoKeepInt(keep, "times", &u->times));
    PetscCall(OttoKeepBool(keep, "fails", &u->fails));
    PetscCall(OttoKeepEnd(keep));
  }
  PetscCall(OttoKeepEnd(keep));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordKeep(OttoRecord r, OttoKeep keep)
{
  PetscReal seconds = MPI_Wtime() - r->started;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Bcast(&seconds, 1, MPIU_REAL, 0, r->comm));
  PetscCall(OttoKeepBegin(keep, "record", -1));
  PetscCall(OttoKeepReal(keep, "seconds", &seconds));
  if (OttoKeepTakes(keep)) r->started = MPI_Wtime() - seconds;
  PetscCall(KeepRows(r, keep));
  PetscCall(OttoKeepBegin(keep, "checks", -1));
  PetscCall(KeepChecks(r, keep));
  PetscCall(OttoKeepEnd(keep));
  PetscCall(KeepNamed(&r->results, "results", keep));
  PetscCall(KeepNamed(&r->timings, "timings", keep));
  PetscCall(KeepUnknown(&r->unknown, "not_known", keep));
  PetscCall(KeepUnknown(&r->undefined, "not_defined", keep));
  for (PetscInt i = 0; i < r->table_count; i++) {
    PetscCall(OttoKeepBegin(keep, "errors", i));
    PetscCall(OttoErrorTableKeep(r->tables[i], keep));
    PetscCall(OttoKeepEnd(keep));
  }
  PetscCall(OttoKeepEnd(keep));
  PetscFunctionReturn(0);
}
