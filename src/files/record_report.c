/* The summary, the table of checks and progress: how a record is shown. */
#include "core/json.h"
#include "core/part.h"
#include "record_impl.h"
#include <otto/options.h>
#include <otto/units.h>
#include <errno.h>
#include <math.h>
#include <string.h>

static void WriteList(FILE *f, const PetscReal values[], PetscInt count)
{
  fputc('[', f);
  for (PetscInt i = 0; i < count; i++) {
    fputs(i ? ", " : "", f);
    OttoJsonReal(f, values[i]);
  }
  fputc(']', f);
}

/* Members of an object, after its first. */
static void WriteReal(FILE *f, const char *name, PetscReal value)
{
  fprintf(f, ", \"%s\": ", name);
  OttoJsonReal(f, value);
}

static void WriteText(FILE *f, const char *name, const char *text)
{
  fprintf(f, ", \"%s\": ", name);
  OttoJsonString(f, text);
}

/* Object i of a list begins with its name. */
static void WriteItem(FILE *f, PetscInt i, const char *name)
{
  fputs(i ? ",\n    {\"name\": " : "\n    {\"name\": ", f);
  OttoJsonString(f, name);
}

/* A list of an axis' texts each. */
static void WriteTexts(FILE *f, const char *name, PetscInt count, const char *text, size_t each)
{
  fprintf(f, ", \"%s\": [", name);
  for (PetscInt j = 0; j < count; j++) {
    if (j) fputs(", ", f);
    OttoJsonString(f, text + (size_t)j * each);
  }
  fputs("]", f);
}

/* What became of the words in units, by what they stand for without: for what draws a run. */
static void WriteUnits(FILE *f, const OttoGridInfo *g)
{
  const char *comma = "";
  char text[128];

  if (!OttoUnitsAreGiven(g)) return;
  fputs("  \"units\": {", f);
  for (PetscInt i = 0; OttoUnitPattern(i); i++) {
    OttoUnitFormat(g, -1, OttoUnitPattern(i), text, sizeof text);
    if (!strcmp(text, OttoUnitPattern(i))) continue;
    fputs(comma, f);
    OttoJsonString(f, OttoUnitPattern(i));
    fputs(": ", f);
    OttoJsonString(f, text);
    comma = ", ";
  }
  fputs("},\n", f);
}

static void WriteGrid(FILE *f, const OttoGridInfo *g)
{
  fputs("  \"grid\": {\"n\": [", f);
  for (PetscInt j = 0; j < g->dim; j++) fprintf(f, "%s%" PetscInt64_FMT, j ? ", " : "", g->n[j]);
  fputs("], \"lower\": ", f);
  WriteList(f, g->lower, g->dim);
  fputs(", \"upper\": ", f);
  WriteList(f, g->upper, g->dim);
  fputs(", \"boundary\": [", f);
  for (PetscInt j = 0; j < g->dim; j++)
    fprintf(f, "%s\"%s\"", j ? ", " : "", OttoBoundaries[g->boundary[j]]);
  fputs("]", f);
  WriteTexts(f, "names", g->dim, g->name[0], sizeof g->name[0]);
  if (g->unit[0][0]) WriteTexts(f, "units", g->dim, g->unit[0], sizeof g->unit[0]);
  fprintf(f, ", \"mesh\": [%d, %d]},\n", g->mesh[0], g->mesh[1]);
}

/* The keys of which `is` says yes. */
static void WriteKeys(FILE *f, const char *title, PetscBool (*is)(PetscInt i))
{
  const char *key, *value, *comma = "";

  fprintf(f, "  \"%s\": [", title);
  for (PetscInt i = 0; OttoOptionsGiven(i, &key, &value), key; i++) {
    if (!is(i)) continue;
    fputs(comma, f);
    OttoJsonString(f, key);
    comma = ", ";
  }
  fputs("],\n", f);
}

/* Keys and values as an object; the i-th by `get`. */
static void WriteValues(FILE *f, const char *title,
                        void (*get)(PetscInt, const char **, const char **))
{
  const char *key, *value;

  fprintf(f, "  \"%s\": {", title);
  for (PetscInt i = 0; get(i, &key, &value), key; i++) {
    fputs(i ? ",\n    " : "\n    ", f);
    OttoJsonString(f, key);
    fputs(": ", f);
    OttoJsonString(f, value);
  }
  fputs("\n  },\n", f);
}

/* What was given: the file, all keys and values, which of them stood on the command line, what
 * stood in for the rest, and which of the given this run had no use for. */
static void WriteOptions(FILE *f, const char *input)
{
  fputs("  \"input\": ", f);
  if (input[0])
    OttoJsonString(f, input);
  else
    fputs("null", f);
  fputs(",\n", f);
  WriteValues(f, "options", OttoOptionsGiven);
  WriteKeys(f, "options_command_line", OttoOptionsTyped);
  WriteValues(f, "defaults", OttoOptionsDefaults);
  WriteKeys(f, "options_unused", OttoOptionsUnused);
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
    WriteItem(f, i, c->name);
    if (c->reported)
      WriteReal(f, "value", c->worst);
    else
      WriteText(f, "value", "not applicable");
    WriteReal(f, "bound", c->bound);
    fprintf(f, ", \"pass\": %s", OttoCheckPasses(c) ? "true" : "false");
    if (c->reported) WriteReal(f, "time", c->worst_t);
    if (c->reason[0]) {
      WriteText(f, "left_out", c->reason);
      fprintf(f, ", \"times_left_out\": %d", (int)c->left_out);
    }
    WriteText(f, "meaning", c->meaning);
    fputs("}", f);
  }
  fputs("\n  ],\n", f);
}

static void WriteErrors(FILE *f, const OttoGridInfo *g, OttoRecord r)
{
  if (!r->table_count) return;
  fputs("  \"errors\": {\n", f);
  for (PetscInt i = 0; i < r->table_count; i++) {
    if (i) fputs(",\n", f);
    OttoErrorTableWrite(f, g, r->tables[i]);
  }
  fputs("\n  },\n", f);
}

/* Of what is not defined there is no interval. */
static void WriteUnknown(FILE *f, const char *title, const OttoUnknown list[], PetscInt count,
                         PetscBool interval)
{
  fprintf(f, "  \"%s\": [", title);
  for (PetscInt i = 0; i < count; i++) {
    const OttoUnknown *u = &list[i];
    WriteItem(f, i, u->name);
    WriteReal(f, "from", u->from);
    if (interval) {
      fputs(", \"interval\": ", f);
      WriteList(f, (PetscReal[]){u->low, u->high}, 2);
    }
    fprintf(f, ", \"times\": %d", (int)u->times);
    WriteText(f, "why", u->why);
    fputs("}", f);
  }
  fputs(count ? "\n  ],\n" : "],\n", f);
}

/* By what, and how far the run came. */
static void WriteStopped(FILE *f, OttoRecord r)
{
  fprintf(f,
          "  \"stopped\": {\"by\": \"%s\", \"rows\": %d, \"rows_asked\": %d, \"t\": ", r->stopped,
          (int)r->rows, (int)r->rows_asked);
  OttoJsonReal(f, r->rows ? r->last_row[0] : NAN);
  fputs("},\n", f);
}

PetscErrorCode OttoRecordWriteSummary(OttoRecord r, OttoGrid grid, PetscBool passed)
{
  char part[PETSC_MAX_PATH_LEN + 32], path[PETSC_MAX_PATH_LEN + 32];
  const OttoGridInfo *g = grid ? OttoGridGetInfo(grid) : NULL;
  PetscMPIInt size;

  PetscFunctionBegin;
  snprintf(part, sizeof part, "%s/summary.json.part", r->dir);
  snprintf(path, sizeof path, "%s/summary.json", r->dir);
  PetscCallMPI(MPI_Comm_size(r->comm, &size));
  FILE *f = OttoPartOpen(part);
  if (!f) OttoFail(OTTO_ERR_FILE, "cannot write %s: %s", part, strerror(errno));
  fprintf(f, "{\n  \"driver\": \"%s\",\n  \"version\": \"%s\",\n  \"ranks\": %d,\n", r->driver,
          OTTO_VERSION, size);
  if (g) WriteGrid(f, g);
  if (g) WriteUnits(f, g);
  WriteOptions(f, r->input);
  fprintf(f, "  \"verdict\": \"%s\",\n", r->stopped ? "stopped" : passed ? "pass" : "fail");
  if (r->stopped) WriteStopped(f, r);
  WriteChecks(f, r);
  WriteErrors(f, g, r);
  WriteUnknown(f, "not_known", r->unknown.at, r->unknown.count, PETSC_TRUE);
  WriteUnknown(f, "not_defined", r->undefined.at, r->undefined.count, PETSC_FALSE);
  WriteNamed(f, "results", r->results.at, r->results.count, ",");
  OttoRecordWriteMeanings(f, g, r);
  OttoRecordWriteColumns(f, g, r);
  WriteNamed(f, "timing", r->timings.at, r->timings.count, "");
  fputs("}\n", f);
  int failed = ferror(f);
  if (fclose(f) || failed || rename(part, path))
    OttoFail(OTTO_ERR_FILE, "cannot write %s: %s", path, strerror(errno));
  PetscFunctionReturn(0);
}

/* "between 1 and 2; ", or what bounds it from one side; nothing where nothing does. */
static void Range(const OttoUnknown *u, char text[], size_t size)
{
  const PetscBool below = u->low == -INFINITY, above = u->high == INFINITY;

  if (below && above)
    text[0] = '\0';
  else if (above)
    snprintf(text, size, "at least %.9g; ", (double)u->low);
  else if (below)
    snprintf(text, size, "at most %.9g; ", (double)u->high);
  else
    snprintf(text, size, "between %.9g and %.9g; ", (double)u->low, (double)u->high);
}

/* What is not known, one line each; and the words of the verdict about it. */
static void PrintUnknown(OttoRecord r)
{
  if (r->unknown.count) putchar('\n');
  for (PetscInt i = 0; i < r->unknown.count; i++) {
    const OttoUnknown *u = &r->unknown.at[i];
    char text[512], range[80]; /* a name, a reason (record_impl.h) and what stands between */
    Range(u, range, sizeof range);
    snprintf(text, sizeof text, "not known: %s from t = %.4g: %s%s", u->name, (double)u->from,
             range, u->why);
    OttoRecordSay("  ", text);
  }
}

static void PrintVerdict(OttoRecord r, PetscBool passed, PetscInt good, PetscInt applied)
{
  char text[8192];
  size_t n = (size_t)snprintf(text, sizeof text, "%s", passed ? "PASS" : "FAIL");

  if (r->stopped)
    n = (size_t)snprintf(text, sizeof text, "STOPPED by %s after %d of %d rows", r->stopped,
                         (int)r->rows, (int)r->rows_asked);

  for (PetscInt i = 0; i < r->unknown.count && n < sizeof text - 200; i++)
    n += (size_t)snprintf(text + n, sizeof text - n, "%s%s from t = %.4g",
                          i ? ", " : ", not known: ", r->unknown.at[i].name,
                          (double)r->unknown.at[i].from);
  snprintf(text + n, sizeof text - n, ": %d of %d checks passed%s", (int)good, (int)applied,
           r->stopped ? " so far" : "");
  putchar('\n');
  OttoRecordSay("  ", text);
}

/* "  40 s left", "  12 min left" */
static void Duration(PetscReal seconds, char text[], size_t size)
{
  const char *unit = seconds < 120 ? "s" : seconds < 7200 ? "min" : "h";
  const PetscReal one = seconds < 120 ? 1 : seconds < 7200 ? 60 : 3600;

  snprintf(text, size, "  %.0f %s left", (double)(seconds / one), unit);
}

/* "took 1.8 s on 6 ranks, 2 x 3: integrals 61 %, samples 23 %" */
static void PrintTiming(OttoRecord r, OttoGrid grid)
{
  const OttoGridInfo *g = grid ? OttoGridGetInfo(grid) : NULL;
  const char *comma = ": ";
  PetscReal total = 0;

  for (PetscInt i = 0; i < r->timings.count; i++)
    if (!strcmp(r->timings.at[i].name, "total")) total = r->timings.at[i].value;
  printf("  took %.3g s", (double)total);
  if (g && g->size > 1) printf(" on %d ranks, %d x %d", g->size, g->mesh[0], g->mesh[1]);
  for (PetscInt i = 0; i < r->timings.count; i++) {
    const OttoNamed *n = &r->timings.at[i];
    if (!strcmp(n->name, "total") || !(n->value >= 0.01 * total)) continue;
    printf("%s%s %.0f %%", comma, n->name, (double)(100 * n->value / total));
    comma = ", ";
  }
  putchar('\n');
}

void OttoRecordPrintTable(OttoRecord r, OttoGrid grid, PetscBool passed)
{
  PetscInt failed = 0, applied = 0;

  OttoRecordPrintAnswers(r, grid ? OttoGridGetInfo(grid) : NULL);
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
    putchar('\n');
    if (c->reported && c->left_out) {
      char text[200];
      snprintf(text, sizeof text, "left out %d time%s: %s", (int)c->left_out,
               c->left_out > 1 ? "s" : "", c->reason);
      OttoRecordSay("      ", text);
    } else if (c->reason[0])
      OttoRecordSay("      ", c->reason);
    if (!pass) OttoRecordSay("      ", c->meaning);
    if (!pass && c->advice[0]) OttoRecordSay("   -> ", c->advice);
  }
  PrintUnknown(r);
  if (r->table_count) putchar('\n');
  for (PetscInt i = 0; i < r->table_count; i++) OttoErrorTableSay(r->tables[i]);
  if (r->check_count) {
    if (applied < r->check_count)
      printf("  %d check%s never applied: what %s not tested\n", (int)(r->check_count - applied),
             r->check_count - applied > 1 ? "s" : "",
             r->check_count - applied > 1 ? "they say was" : "it says was");
    PrintVerdict(r, passed, applied - failed, applied);
  }
  PrintTiming(r, grid);
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
    Duration(spent * (PetscReal)(total - done) / (PetscReal)done, left, sizeof left);
  if (record->terminal)
    printf("\r\033[K  [%3d %%] %s%s%s", (int)(100 * done / total), text, left,
           done == total ? "\r\033[K" : "");
  else
    printf("  %3d/%d  %s%s\n", (int)done, (int)total, text, left);
  fflush(stdout);
  PetscFunctionReturn(0);
}
