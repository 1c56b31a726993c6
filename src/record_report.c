/* The summary, the table of checks and progress: how a record is shown. */
#include "json.h"
#include "part.h"
#include "record_impl.h"
#include <otto/options.h>
#include <errno.h>
#include <math.h>
#include <string.h>

PetscBool OttoCheckPasses(const OttoCheck *check)
{
  return !check->reported || check->worst <= check->bound ? PETSC_TRUE : PETSC_FALSE;
}

static void WriteAxes(FILE *f, const char *name, PetscInt dim, const PetscReal values[],
                      const char *end)
{
  fprintf(f, "\"%s\": [", name);
  for (PetscInt j = 0; j < dim; j++) {
    if (j) fputs(", ", f);
    OttoJsonReal(f, values[j]);
  }
  fprintf(f, "]%s", end);
}

static void WriteGrid(FILE *f, OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);

  fputs("  \"grid\": {\"n\": [", f);
  for (PetscInt j = 0; j < g->dim; j++) fprintf(f, "%s%" PetscInt64_FMT, j ? ", " : "", g->n[j]);
  fputs("], ", f);
  WriteAxes(f, "lower", g->dim, g->lower, ", ");
  WriteAxes(f, "upper", g->dim, g->upper, ", ");
  fputs("\"boundary\": [", f);
  for (PetscInt j = 0; j < g->dim; j++)
    fprintf(f, "%s\"%s\"", j ? ", " : "", OttoBoundaries[g->boundary[j]]);
  fputs("]},\n", f);
}

/* What was given, and which of it this run had no use for. */
static void WriteOptions(FILE *f)
{
  const char *key, *value, *comma = "";

  fputs("  \"options\": {", f);
  for (PetscInt i = 0; OttoOptionsGiven(i, &key, &value), key; i++) {
    fputs(i ? ",\n    " : "\n    ", f);
    OttoJsonString(f, key);
    fputs(": ", f);
    OttoJsonString(f, value);
  }
  fputs("\n  },\n  \"options_unused\": [", f);
  for (PetscInt i = 0; OttoOptionsGiven(i, &key, &value), key; i++) {
    if (!OttoOptionsUnused(i)) continue;
    fputs(comma, f);
    OttoJsonString(f, key);
    comma = ", ";
  }
  fputs("],\n", f);
}

static void WriteList(FILE *f, const PetscReal values[], PetscInt count)
{
  fputc('[', f);
  for (PetscInt i = 0; i < count; i++) {
    fputs(i ? ", " : "", f);
    OttoJsonReal(f, values[i]);
  }
  fputc(']', f);
}

static void WriteNamed(FILE *f, const char *title, const OttoNamed list[], PetscInt count,
                       const char *end)
{
  fprintf(f, "  \"%s\": {", title);
  for (PetscInt i = 0; i < count; i++) {
    fputs(i ? ",\n    " : "\n    ", f);
    OttoJsonString(f, list[i].name);
    fputs(": ", f);
    if (list[i].list)
      WriteList(f, list[i].list, list[i].count);
    else if (list[i].text[0])
      OttoJsonString(f, list[i].text);
    else
      OttoJsonReal(f, list[i].value);
  }
  fprintf(f, "%s}%s\n", count ? "\n  " : "", end);
}

static void WriteChecks(FILE *f, OttoRecord r)
{
  fputs("  \"checks\": [", f);
  for (PetscInt i = 0; i < r->check_count; i++) {
    const OttoCheck *c = &r->checks[i];
    fputs(i ? ",\n    {\"name\": " : "\n    {\"name\": ", f);
    OttoJsonString(f, c->name);
    fputs(", \"value\": ", f);
    if (c->reported)
      OttoJsonReal(f, c->worst);
    else
      fputs("\"not applicable\"", f);
    fputs(", \"bound\": ", f);
    OttoJsonReal(f, c->bound);
    fprintf(f, ", \"pass\": %s", OttoCheckPasses(c) ? "true" : "false");
    if (c->reported) {
      fputs(", \"time\": ", f);
      OttoJsonReal(f, c->worst_t);
    }
    if (c->reason[0]) {
      fputs(", \"left_out\": ", f);
      OttoJsonString(f, c->reason);
      fprintf(f, ", \"times_left_out\": %d", (int)c->left_out);
    }
    fputs(", \"meaning\": ", f);
    OttoJsonString(f, c->meaning);
    fputs("}", f);
  }
  fputs("\n  ],\n", f);
}

static void WriteErrors(FILE *f, OttoRecord r)
{
  if (!r->table_count) return;
  fputs("  \"errors\": {\n", f);
  for (PetscInt i = 0; i < r->table_count; i++) {
    if (i) fputs(",\n", f);
    OttoErrorTableWrite(f, r->tables[i]);
  }
  fputs("\n  },\n", f);
}

static void WriteUnknown(FILE *f, OttoRecord r)
{
  fputs("  \"not_known\": [", f);
  for (PetscInt i = 0; i < r->unknown_count; i++) {
    const OttoUnknown *u = &r->unknown[i];
    fputs(i ? ",\n    {\"name\": " : "\n    {\"name\": ", f);
    OttoJsonString(f, u->name);
    fputs(", \"from\": ", f);
    OttoJsonReal(f, u->from);
    fputs(", \"interval\": ", f);
    WriteList(f, (PetscReal[]){u->low, u->high}, 2);
    fprintf(f, ", \"times\": %d, \"why\": ", (int)u->times);
    OttoJsonString(f, u->why);
    fputs("}", f);
  }
  fputs(r->unknown_count ? "\n  ],\n" : "],\n", f);
}

PetscErrorCode OttoRecordWriteSummary(OttoRecord r, OttoGrid grid, PetscBool passed)
{
  char part[PETSC_MAX_PATH_LEN + 32], path[PETSC_MAX_PATH_LEN + 32];
  PetscMPIInt size;

  PetscFunctionBegin;
  snprintf(part, sizeof part, "%s/summary.json.part", r->dir);
  snprintf(path, sizeof path, "%s/summary.json", r->dir);
  PetscCallMPI(MPI_Comm_size(r->comm, &size));
  FILE *f = OttoPartOpen(part);
  if (!f) OttoFail(OTTO_ERR_FILE, "cannot write %s: %s", part, strerror(errno));
  fprintf(f, "{\n  \"driver\": \"%s\",\n  \"version\": \"%s\",\n  \"ranks\": %d,\n", r->driver,
          OTTO_VERSION, size);
  if (grid) WriteGrid(f, grid);
  WriteOptions(f);
  fprintf(f, "  \"verdict\": \"%s\",\n", passed ? "pass" : "fail");
  WriteChecks(f, r);
  WriteErrors(f, r);
  WriteUnknown(f, r);
  WriteNamed(f, "results", r->results, r->result_count, ",");
  WriteNamed(f, "timing", r->timings, r->timing_count, "");
  fputs("}\n", f);
  int failed = ferror(f);
  if (fclose(f) || failed || rename(part, path))
    OttoFail(OTTO_ERR_FILE, "cannot write %s: %s", path, strerror(errno));
  PetscFunctionReturn(0);
}

/* What is not known, one line each; and the words of the verdict about it. */
static void PrintUnknown(OttoRecord r)
{
  if (r->unknown_count) putchar('\n');
  for (PetscInt i = 0; i < r->unknown_count; i++) {
    const OttoUnknown *u = &r->unknown[i];
    printf("  not known: %s from t = %.4g: between %.9g and %.9g; %s\n", u->name, (double)u->from,
           (double)u->low, (double)u->high, u->why);
  }
}

static void PrintVerdict(OttoRecord r, PetscBool passed)
{
  printf("\n  %s", passed ? "PASS" : "FAIL");
  for (PetscInt i = 0; i < r->unknown_count; i++)
    printf("%s%s from t = %.4g", i ? ", " : ", not known: ", r->unknown[i].name,
           (double)r->unknown[i].from);
}

void OttoRecordPrintTable(OttoRecord r, PetscBool passed)
{
  PetscInt failed = 0, applied = 0;

  if (r->check_count) printf("\n  %-24s %12s %12s   verdict\n", "check", "worst value", "bound");
  for (PetscInt i = 0; i < r->check_count; i++) {
    const OttoCheck *c = &r->checks[i];
    PetscBool pass = OttoCheckPasses(c);
    failed += !pass;
    applied += c->reported > 0;
    if (c->reported)
      printf("  %-24s %12.3g %12.3g   %s", c->name, (double)c->worst, (double)c->bound,
             pass ? "pass" : "FAIL");
    else
      printf("  %-24s %12s %12.3g   not applicable", c->name, "-", (double)c->bound);
    if (c->reported && c->left_out)
      printf(" (left out %d times: %s)", (int)c->left_out, c->reason);
    else if (c->reason[0])
      printf(": %s", c->reason);
    putchar('\n');
    if (!pass) printf("      %s\n", c->meaning);
    if (!pass && c->advice[0]) printf("      -> %s\n", c->advice);
  }
  PrintUnknown(r);
  if (r->table_count) putchar('\n');
  for (PetscInt i = 0; i < r->table_count; i++) OttoErrorTableSay(r->tables[i]);
  if (r->check_count) {
    if (applied < r->check_count)
      printf("  %d check%s never applied: what %s not tested\n", (int)(r->check_count - applied),
             r->check_count - applied > 1 ? "s" : "",
             r->check_count - applied > 1 ? "they say was" : "it says was");
    PrintVerdict(r, passed);
    printf(": %d of %d checks passed\n", (int)(applied - failed), (int)applied);
  }
  printf("results in %s\n", r->dir);
  fflush(stdout);
}

PetscErrorCode OttoRecordProgress(OttoRecord record, PetscInt done, PetscInt total,
                                  const char *text)
{
  PetscReal spent = MPI_Wtime() - record->started;

  PetscFunctionBegin;
  if (record->rank) PetscFunctionReturn(0);
  char left[40] = "";
  if (done < total && done > 0)
    snprintf(left, sizeof left, "   about %.0f s left",
             (double)(spent * (PetscReal)(total - done) / (PetscReal)done));
  if (record->terminal)
    printf("\r\033[K  [%3d %%] %s%s%s", (int)(100 * done / total), text, left,
           done == total ? "\r\033[K" : "");
  else
    printf("  %3d/%d  %s%s\n", (int)done, (int)total, text, left);
  fflush(stdout);
  PetscFunctionReturn(0);
}
