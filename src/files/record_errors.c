/* Tables of error estimates: collected row by row, shown in the summary. */
#include <otto/errors.h>
#include <otto/options.h>
#include <otto/units.h>
#include "core/json.h"
#include "core/part.h"
#include "record_impl.h"
#include <errno.h>
#include <math.h>
#include <string.h>

/* The worst of a column so far. */
typedef struct {
  PetscReal error, relative, t; /* largest absolute, largest relative, and where the latter was */
  PetscBool known;
} Worst;

/* A number of `results`. */
typedef struct {
  char name[64], unit[32];
  OttoErrorKind kind;
  Worst worst;
} Extra;

#define MAX_EXTRAS 128

struct _n_OttoErrorTable {
  OttoRecord record;
  const char *source;
  PetscInt count, extras;
  const OttoErrorColumn *list;
  Worst *worst;
  PetscReal *last; /* [count] of the last row */
  Extra extra[MAX_EXTRAS];
  char reason[160];
  FILE *file; /* rank 0 */
};

static void CheckName(const OttoErrorTable s, char name[], size_t size)
{
  snprintf(name, size, "%s_error", s->source);
}

static void Path(const OttoErrorTable s, const char *end, char path[], size_t size)
{
  snprintf(path, size, "%s/%s_error.csv%s", s->record->dir, s->source, end);
}

PetscErrorCode OttoErrorTableCreate(OttoRecord record, const char *source, PetscInt count,
                                    const OttoErrorColumn list[], OttoErrorTable *table)
{
  char key[96], name[64];
  PetscBool given = PETSC_FALSE;
  PetscReal bound = 0, unused;
  OttoErrorTable s;

  PetscFunctionBegin;
  PetscCheck(record->table_count < OTTO_MAX_TABLES, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "too many tables of errors");
  PetscCall(PetscNew(&s));
  *table = record->tables[record->table_count++] = s;
  s->record = record;
  s->source = source;
  s->count = count;
  s->list = list;
  PetscCall(PetscCalloc2(count, &s->worst, count, &s->last));
  for (PetscInt i = 0; i < count; i++) s->last[i] = NAN;
  CheckName(s, name, sizeof name);
  PetscCall(OttoRecordBound(record, name, &bound));
  unused = bound;
  snprintf(key, sizeof key, "check_%s_tolerance", name);
  PetscCall(OttoOptionsGetReal(NULL, key, 0, INFINITY, &unused, &given));
  snprintf(key, sizeof key, "%s_tolerance", source);
  unused = bound;
  PetscCall(OttoOptionsGetReal(NULL, key, 0, INFINITY, &unused, NULL));
  if (!given) PetscCall(OttoRecordSetBound(record, name, unused));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoErrorTableFree(OttoErrorTable *table)
{
  PetscFunctionBegin;
  if (!*table) PetscFunctionReturn(0);
  if ((*table)->file) fclose((*table)->file);
  PetscCall(PetscFree2((*table)->worst, (*table)->last));
  PetscCall(PetscFree(*table));
  PetscFunctionReturn(0);
}

/* The columns that have estimates, as the header of the file. */
static PetscErrorCode Open(OttoErrorTable s)
{
  char path[PETSC_MAX_PATH_LEN + 64];

  PetscFunctionBegin;
  Path(s, ".part", path, sizeof path);
  s->file = OttoPartOpen(path);
  if (!s->file) OttoFail(OTTO_ERR_FILE, "cannot write %s: %s", path, strerror(errno));
  fputs("t", s->file);
  for (PetscInt i = 0; i < s->count; i++)
    if (s->list[i].kind != OTTO_ERROR_NONE) fprintf(s->file, ",%s", s->list[i].name);
  fputc('\n', s->file);
  PetscFunctionReturn(0);
}

static PetscBool HasError(OttoErrorKind kind)
{
  return kind != OTTO_ERROR_NONE && kind != OTTO_ERROR_KEY ? PETSC_TRUE : PETSC_FALSE;
}

/* A row; error NULL: nothing is known. */
static PetscErrorCode Write(OttoErrorTable s, PetscReal t, const PetscReal value[],
                            const PetscReal error[])
{
  PetscFunctionBegin;
  if (!s->file) PetscCall(Open(s));
  fprintf(s->file, "%.17g", (double)t);
  for (PetscInt i = 0; i < s->count; i++) {
    if (s->list[i].kind == OTTO_ERROR_NONE) continue;
    if (s->list[i].kind == OTTO_ERROR_KEY)
      fprintf(s->file, ",%.17g", (double)(value ? value[i] : NAN));
    else if (error && isfinite(value[i]) && isfinite(error[i]))
      fprintf(s->file, ",%.6g", (double)error[i]);
    else
      fputs(",nan", s->file);
  }
  fputc('\n', s->file);
  if (fflush(s->file) || ferror(s->file))
    OttoFail(OTTO_ERR_FILE, "cannot write %s/%s_error.csv: %s", s->record->dir, s->source,
             strerror(errno));
  PetscFunctionReturn(0);
}

static void Take(Worst *w, OttoErrorKind kind, PetscReal t, PetscReal value, PetscReal error,
                 PetscReal floor)
{
  const PetscReal scale = kind == OTTO_ERROR_SCALED ? floor : PetscMax(fabs(value), floor);

  if (!isfinite(value) || isnan(error)) return;
  const PetscReal relative = error == 0 ? 0 : error / scale;
  w->error = PetscMax(w->error, error);
  if (!w->known || relative > w->relative) {
    w->relative = relative;
    w->t = t;
  }
  w->known = PETSC_TRUE;
}

PetscErrorCode OttoErrorTableAdd(OttoErrorTable s, PetscReal t, const PetscReal value[],
                                 const PetscReal error[], const PetscReal floor[])
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->count; i++) {
    s->last[i] = isfinite(value[i]) && HasError(s->list[i].kind) ? error[i] : NAN;
    if (HasError(s->list[i].kind))
      Take(&s->worst[i], s->list[i].kind, t, value[i], error[i], floor ? floor[i] : 0);
  }
  PetscCall(OttoAgree(s->record->comm, s->record->rank == 0 ? Write(s, t, value, error) : 0));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoErrorTableAddResult(OttoErrorTable s, const char *name, const char *unit,
                                       OttoErrorKind kind, PetscReal t, PetscReal value,
                                       PetscReal error, PetscReal floor)
{
  PetscInt at = 0;

  PetscFunctionBegin;
  while (at < s->extras && strcmp(s->extra[at].name, name)) at++;
  PetscCheck(at < MAX_EXTRAS, PETSC_COMM_SELF, PETSC_ERR_PLIB, "too many errors of results");
  Extra *e = &s->extra[at];
  if (at == s->extras) s->extras++;
  snprintf(e->name, sizeof e->name, "%s", name);
  snprintf(e->unit, sizeof e->unit, "%s", unit);
  e->kind = kind;
  Take(&e->worst, kind, t, value, error, floor);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoErrorTableNotKnown(OttoErrorTable s, PetscReal t, const char *reason)
{
  PetscFunctionBegin;
  if (!s->reason[0]) snprintf(s->reason, sizeof s->reason, "%s", reason);
  if (t < 0) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < s->count; i++) s->last[i] = NAN;
  PetscCall(OttoAgree(s->record->comm, s->record->rank == 0 ? Write(s, t, NULL, NULL) : 0));
  PetscFunctionReturn(0);
}

/* Rank 0's rows; a table that has none yet writes those that were kept. */
static PetscErrorCode ReadRows(OttoErrorTable s, char **text)
{
  char path[PETSC_MAX_PATH_LEN + 64];

  PetscFunctionBegin;
  if (!s->file) PetscFunctionReturn(0);
  Path(s, ".part", path, sizeof path);
  PetscCall(OttoRecordReadFile(path, text));
  PetscFunctionReturn(0);
}

static PetscErrorCode WriteRows(OttoErrorTable s, const char *text)
{
  PetscFunctionBegin;
  if (s->file || !text || !*text) PetscFunctionReturn(0); /* no row as yet: no file */
  PetscCall(Open(s));
  fputs(strchr(text, '\n') ? strchr(text, '\n') + 1 : "", s->file);
  if (fflush(s->file) || ferror(s->file))
    OttoFail(OTTO_ERR_FILE, "cannot write %s/%s_error.csv: %s", s->record->dir, s->source,
             strerror(errno));
  PetscFunctionReturn(0);
}

/* `extra` is filled at the end of a run. */
PetscErrorCode OttoErrorTableKeep(OttoErrorTable s, OttoKeep keep)
{
  const PetscBool first = s->record->rank == 0 ? PETSC_TRUE : PETSC_FALSE;
  char *text = NULL;

  PetscFunctionBegin;
  if (!OttoKeepTakes(keep)) PetscCall(OttoAgree(s->record->comm, first ? ReadRows(s, &text) : 0));
  PetscCall(OttoKeepContents(keep, "rows", &text));
  if (OttoKeepTakes(keep)) PetscCall(OttoAgree(s->record->comm, first ? WriteRows(s, text) : 0));
  PetscCall(PetscFree(text));
  PetscCall(OttoKeepText(keep, "reason", sizeof s->reason, s->reason));
  PetscCall(OttoKeepReals(keep, "last", s->count, s->last));
  for (PetscInt i = 0; i < s->count; i++) {
    Worst *w = &s->worst[i];
    PetscCall(OttoKeepBegin(keep, "worst", i));
    PetscCall(OttoKeepReal(keep, "error", &w->error));
    PetscCall(OttoKeepReal(keep, "relative", &w->relative));
    PetscCall(OttoKeepReal(keep, "t", &w->t));
    PetscCall(OttoKeepBool(keep, "known", &w->known));
    PetscCall(OttoKeepEnd(keep));
  }
  PetscFunctionReturn(0);
}

/* Entry i: a column, or a number of `results`. */
static const Worst *Entry(const OttoErrorTable s, PetscInt i, OttoErrorColumn *column)
{
  if (i < s->count) {
    *column = s->list[i];
    return &s->worst[i];
  }
  const Extra *e = &s->extra[i - s->count];
  *column = (OttoErrorColumn){e->name, e->unit, e->kind};
  return &e->worst;
}

static PetscBool Counts(OttoErrorKind kind)
{
  return kind == OTTO_ERROR_RELATIVE || kind == OTTO_ERROR_SCALED ? PETSC_TRUE : PETSC_FALSE;
}

static const Worst *Largest(const OttoErrorTable s, OttoErrorColumn *column)
{
  const Worst *found = NULL;

  for (PetscInt i = 0; i < s->count + s->extras; i++) {
    OttoErrorColumn here;
    const Worst *w = Entry(s, i, &here);
    if (!Counts(here.kind) || !w->known) continue;
    if (found && !(w->relative > found->relative)) continue;
    found = w;
    *column = here;
  }
  return found;
}

PetscReal OttoErrorTableWorst(OttoErrorTable s)
{
  OttoErrorColumn column;
  const Worst *w = Largest(s, &column);

  return w ? w->relative : NAN;
}

PetscReal OttoErrorTableLast(OttoErrorTable s, const char *column)
{
  for (PetscInt i = 0; i < s->count; i++)
    if (HasError(s->list[i].kind) && !strcmp(s->list[i].name, column)) return s->last[i];
  return NAN;
}

static PetscErrorCode Close(OttoErrorTable s)
{
  char part[PETSC_MAX_PATH_LEN + 64], path[PETSC_MAX_PATH_LEN + 64];

  PetscFunctionBegin;
  if (!s->file) PetscFunctionReturn(0);
  Path(s, ".part", part, sizeof part);
  Path(s, "", path, sizeof path);
  const int failed = fclose(s->file) || rename(part, path);
  s->file = NULL;
  if (failed) OttoFail(OTTO_ERR_FILE, "cannot write %s: %s", path, strerror(errno));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoErrorTableReport(OttoErrorTable s)
{
  char check[64], name[96];
  OttoErrorColumn column = {"", "", OTTO_ERROR_NONE};
  const Worst *w = Largest(s, &column);

  PetscFunctionBegin;
  CheckName(s, check, sizeof check);
  PetscCall(OttoRecordResult(s->record, check, w ? w->relative : NAN));
  if (w) {
    snprintf(name, sizeof name, "%s_column", check);
    PetscCall(OttoRecordResultText(s->record, name, column.name));
    snprintf(name, sizeof name, "%s_time", check);
    PetscCall(OttoRecordResult(s->record, name, w->t));
    PetscCall(OttoRecordCheck(s->record, check, w->relative, w->t));
  }
  const char *reason = s->reason[0] ? s->reason : "nothing could be estimated";
  if (s->reason[0] || !w) PetscCall(OttoRecordNotApplicable(s->record, check, reason));
  if (!w) PetscCall(OttoRecordNotKnown(s->record, check, 0, 0, INFINITY, reason, PETSC_FALSE));
  PetscCall(OttoAgree(s->record->comm, s->record->rank == 0 ? Close(s) : 0));
  PetscFunctionReturn(0);
}

void OttoErrorTableWrite(FILE *f, const OttoGridInfo *g, OttoErrorTable s)
{
  const char *comma = "";
  char unit[128];

  fputs("    ", f);
  OttoJsonString(f, s->source);
  fputs(": [", f);
  for (PetscInt i = 0; i < s->count + s->extras; i++) {
    OttoErrorColumn column;
    const Worst *w = Entry(s, i, &column);
    if (!HasError(column.kind) || !w->known) continue;
    fprintf(f, "%s\n      {\"column\": ", comma);
    OttoJsonString(f, column.name);
    fputs(", \"unit\": ", f);
    OttoUnitFormat(g, -1, column.unit, unit, sizeof unit);
    OttoJsonString(f, unit);
    fputs(", \"error\": ", f);
    OttoJsonReal(f, w->error);
    if (Counts(column.kind)) {
      fputs(", \"relative\": ", f);
      OttoJsonReal(f, w->relative);
      fputs(", \"t\": ", f);
      OttoJsonReal(f, w->t);
    }
    fputs("}", f);
    comma = ",";
  }
  fputs("]", f);
}

/* "stepping: kl_p_pi within 0.4 % at t = 2 (time_error; others in summary.json)" */
void OttoErrorTableSay(OttoErrorTable s)
{
  OttoErrorColumn column = {"", "", OTTO_ERROR_NONE};
  const Worst *w = Largest(s, &column);

  char text[160];

  if (w) {
    snprintf(text, sizeof text,
             "%s_error: within %.2g of %s%s at t = %.4g, the worst of all columns", s->source,
             (double)w->relative, column.kind == OTTO_ERROR_SCALED ? "the scale of " : "",
             column.name, (double)w->t);
    OttoRecordSay("  ", text);
  } else
    printf("  %s_error: not known%s\n", s->source,
           s->reason[0] ? "" : ": nothing could be estimated");
}
