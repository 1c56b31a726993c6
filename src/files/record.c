#include "core/fault.h"
#include "core/lock.h"
#include "core/part.h"
#include "record_impl.h"
#include "storage_segments.h"
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
static const char *const run_files[] = {"summary.json", /* of a run that has ended */
                                        "series.csv",
                                        "time_error.csv",
                                        "space_error.csv",
                                        "fields.h5",
                                        "fields.xdmf",
                                        "fields_new.h5",
                                        "fields_new.xdmf",
                                        "spectra.csv",
                                        "correlations.csv",
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
  PetscCall(OttoRecordReadBounds(r));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordDestroy(OttoRecord *record)
{
  PetscFunctionBegin;
  if (!*record) PetscFunctionReturn(0);
  if ((*record)->series) fclose((*record)->series);
  OttoLockDrop();
  for (PetscInt i = 0; i < (*record)->results.count; i++)
    PetscCall(PetscFree((*record)->results.at[i].list));
  PetscCall(PetscFree((*record)->results.at));
  PetscCall(PetscFree((*record)->timings.at));
  PetscCall(PetscFree((*record)->unknown.at));
  PetscCall(PetscFree((*record)->undefined.at));
  PetscCall(PetscFree((*record)->checks));
  for (PetscInt i = 0; i < (*record)->table_count; i++)
    PetscCall(OttoErrorTableFree(&(*record)->tables[i]));
  PetscCall(PetscFree2((*record)->first_row, (*record)->last_row));
  PetscCall(PetscFree(*record));
  PetscFunctionReturn(0);
}

MPI_Comm OttoRecordGetComm(OttoRecord record)
{
  return record->comm;
}

PetscInt OttoRecordGetRows(OttoRecord record)
{
  return record->rows;
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

PetscErrorCode OttoRecordResume(OttoRecord record, PetscBool whole)
{
  PetscFunctionBegin;
  record->resumes = whole;
  record->lost = whole ? PETSC_FALSE : PETSC_TRUE;
  PetscFunctionReturn(0);
}

static PetscBool IsCheckpoint(const char *name)
{
  return strncmp(name, "checkpoint.", 11) ? PETSC_FALSE : PETSC_TRUE;
}

/* What a run that goes on does not write anew: fields of the samples it has had. */
static PetscBool Stays(OttoRecord r, const char *name)
{
  PetscBool stays = IsCheckpoint(name);

  for (int i = 0; OttoStorageNames[i]; i++) {
    const size_t n = strlen(OttoStorageNames[i]);
    if (!strncmp(name, OttoStorageNames[i], n) && name[n] == '.') stays = PETSC_TRUE;
  }
  return r->resumes && stays ? PETSC_TRUE : PETSC_FALSE;
}

/* Whether a file of a run may be there. */
static PetscBool MayReplace(OttoRecord r, const char *name)
{
  return r->overwrite || r->resumes || (r->lost && strcmp(name, run_files[0])) ? PETSC_TRUE
                                                                               : PETSC_FALSE;
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
    OttoCheckInput(!whole || MayReplace(r, run_files[i]),
                   "output_dir: %s already holds a run (%s); -output_overwrite yes replaces it%s",
                   r->dir, run_files[i],
                   IsCheckpoint(run_files[i]) ? ", -restart goes on with it" : "");
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
    if (Stays(r, run_files[i])) continue;
    PathIn(r, run_files[i], path, sizeof path);
    const PetscBool gone = unlink(path) ? PETSC_FALSE : PETSC_TRUE;
    OttoCheckInput(gone || errno == ENOENT, "output_dir: cannot replace %s: %s", path,
                   strerror(errno));
    if (gone) replaced = PETSC_TRUE;
  }
  for (int i = 0; OttoStorageNames[i] && !r->resumes; i++)
    OttoCheckInput(!OttoStorageRemoveSegments(r->dir, OttoStorageNames[i], 0, NULL),
                   "output_dir: cannot replace segments of %s.h5 in %s: %s", OttoStorageNames[i],
                   r->dir, strerror(errno));
  PathIn(r, "checkpoint.h5.part", path, sizeof path); /* of a run that was killed */
  unlink(path);
  if (replaced) PetscCall(OttoRecordRemovePictures(r->dir));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordOpen(OttoRecord record, PetscInt count, const OttoColumn columns[],
                              PetscReal bytes)
{
  PetscFunctionBegin;
  record->columns = count;
  record->column = columns;
  PetscCall(OttoAgree(record->comm, record->rank == 0 ? OpenFolder(record, bytes) : 0));
  OttoSignalsFolder(record->dir, run_files);
  for (PetscInt i = 0; record->series && i < count; i++)
    fprintf(record->series, "%s%s", columns[i].name, i + 1 < count ? "," : "\n");
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
  const PetscBool left_out = record->rows == 1 ? OttoFaultIsSet("row") : PETSC_FALSE;
  PetscCall(OttoAgree(record->comm, record->series && !left_out ? WriteRow(record, values) : 0));
  record->rows++;
  snprintf(far, sizeof far, "%" PetscInt_FMT " row%s, to t = %g", record->rows,
           record->rows == 1 ? "" : "s", (double)values[0]);
  OttoSignalsNote(far, NULL);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordStageBegin(OttoRecord record, const char *name)
{
  PetscLogStage stage;

  PetscFunctionBegin;
  PetscCall(OttoNamedFind(&record->timings, name, &record->stage));
  PetscCall(PetscLogStageGetId(name, &stage));
  if (stage < 0) PetscCall(PetscLogStageRegister(name, &stage));
  PetscCall(PetscLogStagePush(stage));
  record->stage_started = MPI_Wtime();
  record->stage_open = PETSC_TRUE;
  OttoSignalsNote(NULL, name);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordStageEnd(OttoRecord record)
{
  PetscFunctionBegin;
  PetscCall(PetscLogStagePop());
  record->timings.at[record->stage].value += MPI_Wtime() - record->stage_started;
  record->stage_open = PETSC_FALSE;
  OttoSignalsNote(NULL, "the run");
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordStop(OttoRecord record, const char *by, PetscInt rows)
{
  PetscFunctionBegin;
  record->stopped = by;
  record->rows_asked = rows;
  if (record->stage_open) PetscCall(OttoRecordStageEnd(record));
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

PetscErrorCode OttoRecordClose(OttoRecord record, OttoGrid grid, PetscBool *passed)
{
  PetscFunctionBegin;
  *passed = PETSC_TRUE;
  PetscCall(OttoRecordCheckKnown(record));
  for (PetscInt i = 0; i < record->check_count; i++)
    if (!OttoCheckPasses(&record->checks[i])) *passed = PETSC_FALSE;
  PetscInt total = 0;
  PetscCall(OttoNamedFind(&record->timings, "total", &total));
  record->timings.at[total].value = MPI_Wtime() - record->started;
  PetscCall(OttoAgree(record->comm, record->rank == 0 ? Finish(record, grid, *passed) : 0));
  if (record->rank == 0) OttoRecordPrintTable(record, grid, *passed);
  PetscFunctionReturn(0);
}
