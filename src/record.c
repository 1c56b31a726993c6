#include "lock.h"
#include "part.h"
#include "record_impl.h"
#include <otto/options.h>
#include <otto/signals.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* The files of a run, by which a folder is known to hold one. */
static const char *const run_files[] = {"summary.json",
                                        "series.csv",
                                        "time_error.csv",
                                        "space_error.csv",
                                        "fields.h5",
                                        "fields.xdmf",
                                        "checkpoint.h5",
                                        "checkpoint.previous.h5",
                                        NULL};

/* Whether a line can be overwritten. OpenMPI gives its ranks a terminal of their own for stdout
 * even where mpirun writes to a file, but not for stderr; jobs/local.sh, which knows, says so. */
static PetscBool OnTerminal(void)
{
  const char *term = getenv("TERM"), *told = getenv("OTTO_TERMINAL");

  if (!isatty(STDOUT_FILENO) || !term || !strcmp(term, "dumb")) return PETSC_FALSE;
  return isatty(STDERR_FILENO) || (told && !strcmp(told, "1")) ? PETSC_TRUE : PETSC_FALSE;
}

static PetscErrorCode ReadBounds(OttoRecord r)
{
  static const struct {
    const char *driver, *name, *meaning;
    PetscReal bound;
  } all[] = {
#define OTTO_CHECK(driver, name, bound, meaning) {driver, name, meaning, bound},
#include "check.def"
#undef OTTO_CHECK
      {NULL, NULL, NULL, 0}};

  PetscFunctionBegin;
  for (int i = 0; all[i].name; i++) {
    char key[96];
    if (strcmp(all[i].driver, r->driver)) continue;
    PetscCheck(r->check_count < OTTO_MAX_CHECKS, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "too many checks");
    OttoCheck *c = &r->checks[r->check_count++];
    c->name = all[i].name;
    c->meaning = all[i].meaning;
    c->bound = all[i].bound;
    c->worst = -INFINITY;
    snprintf(key, sizeof key, "check_%s_tolerance", c->name);
    PetscCall(OttoOptionsGetReal(NULL, key, 0, INFINITY, &c->bound, NULL));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordCreate(MPI_Comm comm, const char *driver, const char *input,
                                OttoRecord *record)
{
  OttoRecord r;
  const char *dir;

  PetscFunctionBegin;
  PetscCall(PetscNew(&r));
  *record = r;
  r->comm = comm;
  PetscCallMPI(MPI_Comm_rank(comm, &r->rank));
  snprintf(r->driver, sizeof r->driver, "%s", driver);
  snprintf(r->input, sizeof r->input, "%s", input ? input : "");
  r->started = MPI_Wtime();
  r->terminal = OnTerminal();
  PetscCall(OttoOptionsGetText(NULL, "output_dir", &dir));
  if (dir) {
    OttoCheckInput(*dir && strlen(dir) < sizeof r->dir - 32, "output_dir: empty or too long");
    snprintf(r->dir, sizeof r->dir, "%s", dir);
  } else {
    const char *base = input ? strrchr(input, '/') : NULL;
    base = base ? base + 1 : input ? input : "run";
    size_t n = strlen(base);
    if (n > 5 && !strcmp(base + n - 5, ".yaml"))
      n -= 5;
    else if (n > 4 && !strcmp(base + n - 4, ".yml"))
      n -= 4;
    snprintf(r->dir, sizeof r->dir, "otto-out/%s-%.*s", driver, (int)PetscMin(n, 200), base);
  }
  PetscCall(OttoOptionsGetBool(NULL, "output_overwrite", &r->overwrite, NULL));
  PetscCall(ReadBounds(r));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordDestroy(OttoRecord *record)
{
  PetscFunctionBegin;
  if (!*record) PetscFunctionReturn(0);
  if ((*record)->series) fclose((*record)->series);
  OttoLockDrop();
  for (PetscInt i = 0; i < (*record)->result_count; i++)
    PetscCall(PetscFree((*record)->results[i].list));
  for (PetscInt i = 0; i < (*record)->table_count; i++)
    PetscCall(OttoErrorTableFree(&(*record)->tables[i]));
  PetscCall(PetscFree2((*record)->first_row, (*record)->last_row));
  PetscCall(PetscFree(*record));
  PetscFunctionReturn(0);
}

const char *OttoRecordGetDir(OttoRecord record)
{
  return record->dir;
}

static void PathIn(OttoRecord r, const char *name, char path[], size_t size)
{
  snprintf(path, size, "%s/%s", r->dir, name);
}

/* mkdir -p */
static int MakeFolder(const char *dir)
{
  char path[PETSC_MAX_PATH_LEN];
  struct stat st;

  snprintf(path, sizeof path, "%s", dir);
  for (char *c = path + 1; *c; c++) {
    if (*c != '/') continue;
    *c = 0;
    if (mkdir(path, 0777) && errno != EEXIST) return -1;
    *c = '/';
  }
  if (mkdir(path, 0777) && errno != EEXIST) return -1;
  if (stat(path, &st)) return -1;
  errno = ENOTDIR;
  return S_ISDIR(st.st_mode) ? 0 : -1;
}

/* Free bytes where `dir` is or will be: of its nearest ancestor that exists. */
static int FreeBytes(const char *dir, PetscReal *available)
{
  char path[PETSC_MAX_PATH_LEN];
  struct statvfs space;

  snprintf(path, sizeof path, "%s", dir);
  while (statvfs(path, &space)) {
    char *slash = strrchr(path, '/');
    if (errno != ENOENT || !strcmp(path, ".") || !strcmp(path, "/")) return -1;
    if (slash && slash != path)
      *slash = 0;
    else
      snprintf(path, sizeof path, "%s", slash ? "/" : ".");
  }
  *available = (PetscReal)space.f_bavail * (PetscReal)space.f_frsize;
  return 0;
}

/* Rank 0: everything is looked at before anything is touched. */
static PetscErrorCode LookAtFolder(OttoRecord r, PetscReal bytes)
{
  char path[PETSC_MAX_PATH_LEN + 32];
  PetscReal needed = bytes + 131072, available = 0;
  struct stat st;
  struct rlimit limit;

  PetscFunctionBegin;
  for (int i = 0; run_files[i]; i++) {
    PathIn(r, run_files[i], path, sizeof path);
    const PetscBool whole = lstat(path, &st) ? PETSC_FALSE : PETSC_TRUE;
    OttoCheckInput(!whole || r->overwrite,
                   "output_dir: %s already holds a run (%s); -output_overwrite yes replaces it",
                   r->dir, run_files[i]);
    OttoCheckInput(!whole || S_ISREG(st.st_mode),
                   "output_dir: %s is not a file of a run; nothing is replaced", path);
    snprintf(path, sizeof path, "%s/%s.part", r->dir, run_files[i]);
    OttoCheckInput(lstat(path, &st) || S_ISREG(st.st_mode),
                   "output_dir: %s is not a file of a run; nothing is replaced", path);
  }
  OttoCheckInput(!FreeBytes(r->dir, &available), "output_dir: cannot create folder %s: %s", r->dir,
                 strerror(errno));
  OttoCheckInput(available >= needed,
                 "output_dir: no space in %s: this run writes %.3g MB, %.3g MB are free", r->dir,
                 (double)needed / 1e6, (double)available / 1e6);
  OttoCheckInput(getrlimit(RLIMIT_FSIZE, &limit) || bytes <= (PetscReal)limit.rlim_cur,
                 "output_dir: this run writes %.3g MB, a file may have %.3g MB (ulimit -f); see "
                 "output_fields",
                 (double)bytes / 1e6, (double)limit.rlim_cur / 1e6);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordCheckFolder(OttoRecord record, PetscReal bytes)
{
  PetscFunctionBegin;
  PetscCall(OttoAgree(record->comm, record->rank == 0 ? LookAtFolder(record, bytes) : 0));
  PetscFunctionReturn(0);
}

/* Rank 0's part of OttoRecordOpen(). */
static PetscErrorCode OpenFolder(OttoRecord r, PetscReal bytes)
{
  PetscBool replaced = PETSC_FALSE;
  char path[PETSC_MAX_PATH_LEN + 32];

  PetscFunctionBegin;
  PetscCall(LookAtFolder(r, bytes));
  OttoCheckInput(!MakeFolder(r->dir), "output_dir: cannot create folder %s: %s", r->dir,
                 strerror(errno));
  OttoCheckInput(!access(r->dir, W_OK), "output_dir: cannot write into %s: %s", r->dir,
                 strerror(errno));
  PetscCall(OttoLockTake(r->dir));
  PetscCall(LookAtFolder(r, bytes)); /* a run may have ended here meanwhile */
  if (r->columns) {
    PathIn(r, "series.csv.part", path, sizeof path);
    r->series = OttoPartOpen(path);
    OttoCheckInput(r->series, "output_dir: cannot write %s: %s", path, strerror(errno));
  }
  for (int i = 0; run_files[i]; i++) {
    PathIn(r, run_files[i], path, sizeof path);
    const PetscBool gone = unlink(path) ? PETSC_FALSE : PETSC_TRUE;
    OttoCheckInput(gone || errno == ENOENT, "output_dir: cannot replace %s: %s", path,
                   strerror(errno));
    if (gone) replaced = PETSC_TRUE;
  }
  if (replaced) PetscCall(OttoRecordRemovePictures(r->dir));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordOpen(OttoRecord record, PetscInt count, const char *const columns[],
                              PetscReal bytes)
{
  PetscFunctionBegin;
  record->columns = count;
  record->column_names = columns;
  PetscCall(OttoAgree(record->comm, record->rank == 0 ? OpenFolder(record, bytes) : 0));
  OttoSignalsFolder(record->dir, run_files);
  for (PetscInt i = 0; record->series && i < count; i++)
    fprintf(record->series, "%s%s", columns[i], i + 1 < count ? "," : "\n");
  PetscFunctionReturn(0);
}

static PetscErrorCode WriteRow(OttoRecord r, const PetscReal values[])
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < r->columns; i++) {
    if (isnan(values[i]))
      fputs("nan", r->series);
    else
      fprintf(r->series, "%.17g", (double)values[i]);
    fputc(i + 1 < r->columns ? ',' : '\n', r->series);
  }
  if (fflush(r->series) || ferror(r->series))
    OttoFail(OTTO_ERR_FILE, "cannot write %s/series.csv: %s", r->dir, strerror(errno));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordRow(OttoRecord record, const PetscReal values[])
{
  char far[96];

  PetscFunctionBegin;
  PetscCall(OttoRecordKeepRow(record, values));
  PetscCall(OttoAgree(record->comm, record->series ? WriteRow(record, values) : 0));
  record->rows++;
  snprintf(far, sizeof far, "%" PetscInt_FMT " row%s, to t = %g", record->rows,
           record->rows == 1 ? "" : "s", (double)values[0]);
  OttoSignalsNote(far, NULL);
  PetscCall(OttoStopCheck(record->comm));
  PetscFunctionReturn(0);
}

static PetscErrorCode FindCheck(OttoRecord r, const char *name, OttoCheck **check)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < r->check_count; i++) {
    if (strcmp(r->checks[i].name, name)) continue;
    *check = &r->checks[i];
    PetscFunctionReturn(0);
  }
  SETERRQ(PETSC_COMM_SELF, PETSC_ERR_PLIB, "check %s of driver %s is not in check.def", name,
          r->driver);
}

PetscErrorCode OttoRecordCheck(OttoRecord record, const char *name, PetscReal value, PetscReal t)
{
  OttoCheck *c = NULL;

  PetscFunctionBegin;
  PetscCall(FindCheck(record, name, &c));
  c->reported++;
  if (value > c->worst || (isnan(value) && !isnan(c->worst))) {
    c->worst = value;
    c->worst_t = t;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordNotApplicable(OttoRecord record, const char *name, const char *reason)
{
  OttoCheck *c = NULL;

  PetscFunctionBegin;
  PetscCall(FindCheck(record, name, &c));
  c->left_out++;
  if (!c->reason[0]) snprintf(c->reason, sizeof c->reason, "%s", reason);
  PetscFunctionReturn(0);
}

static OttoUnknown *FindUnknown(OttoRecord r, const char *name)
{
  for (PetscInt i = 0; i < r->unknown_count; i++)
    if (!strcmp(r->unknown[i].name, name)) return &r->unknown[i];
  return NULL;
}

PetscErrorCode OttoRecordNotKnown(OttoRecord record, const char *name, PetscReal t, PetscReal low,
                                  PetscReal high, const char *why, PetscBool fails)
{
  OttoUnknown *u = FindUnknown(record, name);

  PetscFunctionBegin;
  if (!u) {
    PetscCheck(record->unknown_count < OTTO_MAX_UNKNOWN, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "too many unknown quantities");
    u = &record->unknown[record->unknown_count++];
    *u = (OttoUnknown){.from = t, .low = low, .high = high};
    snprintf(u->name, sizeof u->name, "%s", name);
    snprintf(u->why, sizeof u->why, "%s", why);
  }
  u->times++;
  if (fails) u->fails = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscBool OttoRecordIsNotKnown(OttoRecord record, const char *name)
{
  return FindUnknown(record, name) ? PETSC_TRUE : PETSC_FALSE;
}

PetscErrorCode OttoRecordAdvice(OttoRecord record, const char *name, const char *advice)
{
  OttoCheck *c = NULL;

  PetscFunctionBegin;
  PetscCall(FindCheck(record, name, &c));
  snprintf(c->advice, sizeof c->advice, "%s", advice);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordBound(OttoRecord record, const char *name, PetscReal *bound)
{
  OttoCheck *c = NULL;

  PetscFunctionBegin;
  PetscCall(FindCheck(record, name, &c));
  *bound = c->bound;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordSetBound(OttoRecord record, const char *name, PetscReal bound)
{
  OttoCheck *c = NULL;

  PetscFunctionBegin;
  PetscCall(FindCheck(record, name, &c));
  c->bound = bound;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordWorst(OttoRecord record, const char *name, PetscReal *worst)
{
  OttoCheck *c = NULL;

  PetscFunctionBegin;
  PetscCall(FindCheck(record, name, &c));
  *worst = c->worst;
  PetscFunctionReturn(0);
}

static PetscErrorCode FindNamed(OttoNamed list[], PetscInt *count, const char *name,
                                OttoNamed **found)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < *count; i++) {
    if (strcmp(list[i].name, name)) continue;
    *found = &list[i];
    PetscFunctionReturn(0);
  }
  PetscCheck(*count < OTTO_MAX_NAMED, PETSC_COMM_SELF, PETSC_ERR_PLIB, "too many results");
  *found = &list[(*count)++];
  snprintf((*found)->name, sizeof(*found)->name, "%s", name);
  PetscFunctionReturn(0);
}

static PetscErrorCode FindResult(OttoRecord r, const char *name, OttoNamed **found)
{
  PetscFunctionBegin;
  PetscCheck(OttoResultHasMeaning(name), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "result %s is not in result.def", name);
  PetscCall(FindNamed(r->results, &r->result_count, name, found));
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
  const PetscInt before = record->result_count;
  OttoNamed *n = NULL;

  PetscFunctionBegin;
  PetscCall(FindResult(record, name, &n));
  if (record->result_count > before || value > n->value || isnan(value)) n->value = value;
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

PetscErrorCode OttoRecordStageBegin(OttoRecord record, const char *name)
{
  PetscLogStage stage;

  PetscFunctionBegin;
  PetscCall(FindNamed(record->timings, &record->timing_count, name, &record->stage));
  PetscCall(PetscLogStageGetId(name, &stage));
  if (stage < 0) PetscCall(PetscLogStageRegister(name, &stage));
  PetscCall(PetscLogStagePush(stage));
  record->stage_started = MPI_Wtime();
  OttoSignalsNote(NULL, name);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordStageEnd(OttoRecord record)
{
  PetscFunctionBegin;
  PetscCall(PetscLogStagePop());
  record->stage->value += MPI_Wtime() - record->stage_started;
  OttoSignalsNote(NULL, "the run");
  PetscFunctionReturn(0);
}

static PetscErrorCode Finish(OttoRecord r, OttoGrid grid, PetscBool passed)
{
  char part[PETSC_MAX_PATH_LEN + 32], path[PETSC_MAX_PATH_LEN + 32];

  PetscFunctionBegin;
  if (r->series) {
    PathIn(r, "series.csv.part", part, sizeof part);
    PathIn(r, "series.csv", path, sizeof path);
    int failed = fclose(r->series) || rename(part, path);
    r->series = NULL;
    if (failed) OttoFail(OTTO_ERR_FILE, "cannot write %s: %s", path, strerror(errno));
  }
  PetscCall(OttoRecordWriteSummary(r, grid, passed));
  OttoLockDrop();
  PetscFunctionReturn(0);
}

/* The check `known` of a driver that has it fails where a quantity that must be known is not; the
 * driver itself may have reported how much is left open of it. */
static PetscErrorCode CheckKnown(OttoRecord r)
{
  PetscInt missing = -1;

  PetscFunctionBegin;
  for (PetscInt i = r->unknown_count - 1; i >= 0; i--)
    if (r->unknown[i].fails) missing = i;
  for (PetscInt i = 0; i < r->check_count; i++) {
    const OttoCheck *c = &r->checks[i];
    if (strcmp(c->name, "known")) continue;
    if (missing >= 0 && (!c->reported || OttoCheckPasses(c)))
      PetscCall(OttoRecordCheck(r, "known", INFINITY, r->unknown[missing].from));
    else if (!c->reported)
      PetscCall(OttoRecordCheck(r, "known", 0, 0));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordClose(OttoRecord record, OttoGrid grid, PetscBool *passed)
{
  PetscFunctionBegin;
  *passed = PETSC_TRUE;
  PetscCall(CheckKnown(record));
  for (PetscInt i = 0; i < record->check_count; i++)
    if (!OttoCheckPasses(&record->checks[i])) *passed = PETSC_FALSE;
  OttoNamed *total = NULL;
  PetscCall(FindNamed(record->timings, &record->timing_count, "total", &total));
  total->value = MPI_Wtime() - record->started;
  PetscCall(OttoAgree(record->comm, record->rank == 0 ? Finish(record, grid, *passed) : 0));
  if (record->rank == 0) OttoRecordPrintTable(record, *passed);
  PetscFunctionReturn(0);
}
