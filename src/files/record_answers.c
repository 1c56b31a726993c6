/* What a run is asked for: the first and last value of columns, and results, with unit and meaning.
 */
#include <otto/units.h>
#include "core/json.h"
#include "record_impl.h"
#include <math.h>
#include <string.h>

/* Member i of an object of meanings. */
static void WriteMeaning(FILE *f, const OttoGridInfo *g, PetscInt i, const char *name,
                         const char *unit, const char *sentence)
{
  char text[128];

  OttoUnitFormat(g, -1, unit, text, sizeof text);
  fputs(i ? ",\n    " : "\n    ", f);
  OttoJsonString(f, name);
  fputs(": {\"unit\": ", f);
  OttoJsonString(f, text);
  fputs(", \"sentence\": ", f);
  OttoJsonString(f, sentence);
  fputs("}", f);
}

void OttoRecordWriteMeanings(FILE *f, const OttoGridInfo *g, OttoRecord r)
{
  fputs("  \"meanings\": {", f);
  for (PetscInt i = 0; i < r->results.count; i++) {
    const OttoMeaning *m = OttoResultMeaning(r->results.at[i].name);
    WriteMeaning(f, g, i, m->name, m->unit, OttoResultSentence(r->driver, m->name));
  }
  fprintf(f, "%s},\n", r->results.count ? "\n  " : "");
}

void OttoRecordWriteColumns(FILE *f, const OttoGridInfo *g, OttoRecord r)
{
  fputs("  \"columns\": {", f);
  for (PetscInt i = 0; i < r->columns; i++)
    WriteMeaning(f, g, i, r->column[i].name, r->column[i].unit, r->column[i].sentence);
  fprintf(f, "%s},\n", r->columns ? "\n  " : "");
}

PetscErrorCode OttoRecordAnswers(OttoRecord record, PetscInt count, const char *const columns[])
{
  PetscFunctionBegin;
  record->answer_count = count;
  record->answers = columns;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordKeepRow(OttoRecord r, const PetscReal values[])
{
  PetscFunctionBegin;
  if (!r->first_row) {
    PetscCall(PetscMalloc2(r->columns, &r->first_row, r->columns, &r->last_row));
    PetscCall(PetscArraycpy(r->first_row, values, r->columns));
  }
  PetscCall(PetscArraycpy(r->last_row, values, r->columns));
  PetscFunctionReturn(0);
}

static PetscInt Column(OttoRecord r, const char *name)
{
  PetscInt k = 0;

  while (k < r->columns && strcmp(r->column[k].name, name)) k++;
  return k;
}

/* The sum of what stepping and grid leave in a column's last value, or its last digit; NaN where
 * one is not known. */
static PetscReal LastError(OttoRecord r, const char *column, PetscReal value)
{
  PetscReal sum = r->table_count ? 0 : NAN;

  for (PetscInt i = 0; i < r->table_count; i++) sum += OttoErrorTableLast(r->tables[i], column);
  return sum >= 0 ? PetscMax(sum, PETSC_MACHINE_EPSILON * fabs(value)) : sum;
}

static void PrintNumber(PetscReal value, PetscBool unknown)
{
  if (unknown && isnan(value))
    printf(" %16s", "not known");
  else
    printf(" %16.9g", (double)value);
}

static void PrintColumns(OttoRecord r)
{
  char first[32], last[32];

  if (!r->answer_count || !r->first_row) return;
  snprintf(first, sizeof first, "t = %.6g", (double)r->first_row[0]);
  snprintf(last, sizeof last, "t = %.6g", (double)r->last_row[0]);
  printf("\n  %-22s %16s %16s %16s\n", "", first, last, "its error, about");
  for (PetscInt i = 0; i < r->answer_count; i++) {
    const PetscInt k = Column(r, r->answers[i]);
    const PetscBool unknown = OttoRecordIsNotKnown(r, r->answers[i]);
    if (k == r->columns) continue;
    if (isnan(r->first_row[k]) && isnan(r->last_row[k]) && !unknown) continue; /* no q, no π */
    printf("  %-22s", r->answers[i]);
    PrintNumber(r->first_row[k], unknown);
    PrintNumber(r->last_row[k], unknown);
    const PetscReal error = LastError(r, r->answers[i], r->last_row[k]);
    if (isfinite(error))
      printf(" %16.2g\n", (double)error);
    else
      printf(" %16s\n", "not known");
  }
}

/* A list in lines of at most 80 letters. */
static void PrintList(const char *name, const PetscReal list[], PetscInt count, const char *unit)
{
  int column = printf("  %-22s", name);

  for (PetscInt i = 0; i < count; i++) {
    char text[40];
    if (isnan(list[i]))
      snprintf(text, sizeof text, " %s", "-");
    else
      snprintf(text, sizeof text, " %.8g", (double)list[i]);
    if (column + (int)strlen(text) > 78) column = printf("\n  %-22s", "") - 1;
    column += printf("%s", text);
  }
  if (strcmp(unit, "1") && column + (int)strlen(unit) + 2 <= 80) printf("  %s", unit);
  putchar('\n');
}

void OttoRecordPrintAnswers(OttoRecord r, const OttoGridInfo *g)
{
  char unit[128];
  PetscBool any = PETSC_FALSE;

  PrintColumns(r);
  for (PetscInt i = 0; i < r->results.count; i++) {
    const OttoNamed *n = &r->results.at[i];
    const OttoMeaning *m = OttoResultMeaning(n->name);
    if (!m->answer) continue;
    if (!any) putchar('\n');
    any = PETSC_TRUE;
    OttoUnitFormat(g, -1, m->unit, unit, sizeof unit);
    if (n->list)
      PrintList(n->name, n->list, n->count, unit);
    else
      PrintList(n->name, &n->value, 1, unit);
  }
}
