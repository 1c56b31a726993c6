/* ranks: 1 2
 * Verdicts, and what stands under the final names when. */
#include "test.h"
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static char folder[64];

static PetscErrorCode MakeFolder(void)
{
  PetscMPIInt rank;

  PetscFunctionBegin;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  snprintf(folder, sizeof folder, "/tmp/otto-record-XXXXXX");
  if (rank == 0 && !mkdtemp(folder)) OttoFail(OTTO_ERR_FILE, "mkdtemp");
  PetscCallMPI(MPI_Bcast(folder, sizeof folder, MPI_CHAR, 0, PETSC_COMM_WORLD));
  PetscFunctionReturn(0);
}

static PetscErrorCode RemoveFolder(void)
{
  PetscMPIInt rank;

  PetscFunctionBegin;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  PetscCall(PetscOptionsClear(NULL));
  if (rank == 0) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    TestTrue(system(command) == 0, "cleaned up");
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Open(OttoRecord *record, PetscBool overwrite)
{
  static const OttoColumn columns[] = {{"t", "time", "when"}, {"kl", "nats", "how far"}};
  char dir[96];

  PetscFunctionBegin;
  snprintf(dir, sizeof dir, "%s/run", folder);
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(PetscOptionsSetValue(NULL, "-output_dir", dir));
  if (overwrite) PetscCall(PetscOptionsSetValue(NULL, "-output_overwrite", "yes"));
  PetscCall(OttoRecordCreate(PETSC_COMM_WORLD, "dissipation", NULL, record));
  PetscErrorCode code = OttoRecordOpen(*record, 2, columns, 1000);
  if (code) PetscCall(OttoRecordDestroy(record));
  PetscFunctionReturn(code);
}

static PetscBool Exists(const char *name)
{
  char path[128];
  snprintf(path, sizeof path, "%s/run/%s", folder, name);
  return access(path, F_OK) ? PETSC_FALSE : PETSC_TRUE;
}

static PetscErrorCode TestVerdicts(void)
{
  OttoRecord r;
  PetscBool passed;

  PetscFunctionBegin;
  PetscCall(MakeFolder());
  PetscCall(Open(&r, PETSC_FALSE));
  PetscCall(OttoRecordRow(r, (PetscReal[]){0, INFINITY}));
  PetscCall(OttoRecordCheck(r, "rate", 1e-10, 1));
  PetscCall(OttoRecordNotApplicable(r, "slope", "a reason"));
  TestTrue(!Exists("series.csv") && !Exists("summary.json"), "nothing stands before the run ends");
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD)); /* every rank has looked before rank 0 goes on */
  PetscCall(OttoRecordClose(r, NULL, &passed));
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  TestTrue(passed, "what was reported is below its bound; what does not apply does not fail");
  TestTrue(Exists("series.csv") && Exists("summary.json"), "both stand at the end");
  PetscCall(OttoRecordDestroy(&r));
  TestFails(Open(&r, PETSC_FALSE), OTTO_ERR_INPUT, "already holds a run");
  TestTrue(Exists("series.csv"), "a refused run removes nothing");
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));

  PetscCall(Open(&r, PETSC_TRUE));
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  TestTrue(!Exists("summary.json"), "overwriting begins by removing the old run");
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscCall(OttoRecordCheck(r, "rate", NAN, 1));
  PetscCall(OttoRecordCheck(r, "rate", 1e-12, 2));
  PetscCall(OttoRecordClose(r, NULL, &passed));
  TestTrue(!passed, "a NaN fails, whatever comes after it");
  PetscCall(OttoRecordDestroy(&r));

  PetscCall(Open(&r, PETSC_TRUE));
  PetscCall(OttoRecordCheck(r, "rate", 1e-12, 1));
  PetscCall(OttoRecordCheck(r, "rate", 2e-9, 2));
  PetscCall(OttoRecordClose(r, NULL, &passed));
  TestTrue(!passed, "the worst value counts");
  TestTrue(OttoRecordCheck(r, "no_such_check", 0, 0) != 0, "an unlisted check is a mistake");
  OttoErrorClear();
  PetscCall(OttoRecordDestroy(&r));
  PetscCall(RemoveFolder());
  PetscFunctionReturn(0);
}

/* The worst of each column, relative to the value or to its floor; what is not known says so. */
static PetscErrorCode TestErrors(void)
{
  static const OttoErrorColumn columns[] = {{"t", "time", OTTO_ERROR_NONE},
                                            {"kl", "1", OTTO_ERROR_RELATIVE},
                                            {"entropy_p", "1", OTTO_ERROR_ABSOLUTE},
                                            {"mean_p_x", "length", OTTO_ERROR_SCALED}};
  OttoErrorTable table;
  OttoRecord r;
  PetscBool passed;
  PetscReal worst = 0;

  PetscFunctionBegin;
  for (int k = 0; k < 3; k++) { /* below the bound; above it; nothing known */
    PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
    PetscCall(Open(&r, PETSC_TRUE));
    PetscCall(PetscOptionsSetValue(NULL, "-space_tolerance", "0.02"));
    PetscCall(OttoErrorTableCreate(r, "space", 4, columns, &table));
    PetscCall(OttoErrorTableNotKnown(table, 0, "rough data"));
    if (k < 2) {
      /* a mean counts relative to its scale, however small or large it is itself */
      PetscCall(OttoErrorTableAdd(table, 1, (PetscReal[]){1, 2, 1e-9, 1e-17},
                                  (PetscReal[]){0, k ? 0.05 : 0.03, 7, 1e-16},
                                  (PetscReal[]){0, 0, 0, 1}));
      PetscCall(OttoErrorTableAdd(table, 2, (PetscReal[]){2, 1e-20, 1, 5},
                                  (PetscReal[]){0, 1e-3, NAN, 0.005}, (PetscReal[]){0, 0.1, 0, 1}));
      PetscCall(OttoErrorTableAdd(table, 3, (PetscReal[]){3, INFINITY, 1, NAN},
                                  (PetscReal[]){0, INFINITY, NAN, 1}, (PetscReal[]){0, 0, 0, 1}));
      TestClose(OttoErrorTableWorst(table), k ? 0.025 : 0.015, 1e-15, "relative to the value");
      PetscCall(OttoErrorTableAdd(table, 4, (PetscReal[]){4, 1, 1, 1e9},
                                  (PetscReal[]){0, 0, 0, k ? 0.5 : 0.019},
                                  (PetscReal[]){0, 0, 0, 1}));
      TestClose(OttoErrorTableWorst(table), k ? 0.5 : 0.019, 1e-15, "relative to its scale");
    } else {
      TestTrue(isnan(OttoErrorTableWorst(table)), "nothing known is no zero");
    }
    PetscCall(OttoErrorTableReport(table));
    PetscCall(OttoRecordWorst(r, "space_error", &worst));
    TestTrue(k == 2 || worst == OttoErrorTableWorst(table), "the check takes the worst");
    PetscCall(OttoRecordClose(r, NULL, &passed));
    PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
    TestTrue(passed == (k != 1), "space_tolerance is the bound");
    TestTrue(Exists("space_error.csv"), "every row has its estimates");
    PetscCall(OttoRecordDestroy(&r));
  }
  PetscFunctionReturn(0);
}

/* Whether the file in the folder of the run holds `part`. */
static PetscBool Holds(const char *name, const char *part)
{
  char path[128], text[8192];

  snprintf(path, sizeof path, "%s/run/%s", folder, name);
  FILE *f = fopen(path, "r");
  if (!f) return PETSC_FALSE;
  text[fread(text, 1, sizeof text - 1, f)] = 0;
  fclose(f);
  return strstr(text, part) ? PETSC_TRUE : PETSC_FALSE;
}

/* What is not known stands in the summary with its first time and interval, its value as null; the
 * verdict falls where it had to be known, and there alone. */
static PetscErrorCode TestNotKnown(void)
{
  PetscFunctionBegin;
  PetscCall(MakeFolder());
  for (int fails = 0; fails < 2; fails++) {
    OttoRecord r;
    PetscBool passed;
    PetscCall(Open(&r, PETSC_TRUE));
    PetscCall(OttoRecordRow(r, (PetscReal[]){0.5, NAN}));
    PetscCall(OttoRecordNotKnown(r, "kl", 0.5, -0.25, INFINITY, "far \"tails\"",
                                 fails ? PETSC_TRUE : PETSC_FALSE));
    PetscCall(OttoRecordNotKnown(r, "kl", 0.75, 0, 1, "later", PETSC_FALSE));
    TestTrue(OttoRecordIsNotKnown(r, "kl") && !OttoRecordIsNotKnown(r, "tv"), "which is known");
    PetscCall(OttoRecordNotDefined(r, "mean_q_x", 0.5, "no direction"));
    PetscCall(OttoRecordNotDefined(r, "mean_q_x", 0.75, "later"));
    TestTrue(!OttoRecordIsNotKnown(r, "mean_q_x"), "nothing is missing");
    PetscCall(OttoRecordResult(r, "steps", NAN));
    PetscCall(OttoRecordResultList(r, "mean_p", 2, (PetscReal[]){1, NAN}));
    PetscCall(OttoRecordClose(r, NULL, &passed));
    PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
    TestTrue(passed == !fails, "the check `known` fails where it must be known, and only there");
    TestTrue(Holds("summary.json", "\"not_known\": [\n    {\"name\": \"kl\", \"from\": 0.5, "
                                   "\"interval\": [-0.25, \"inf\"], \"times\": 2, "
                                   "\"why\": \"far \\\"tails\\\"\"}\n  ]"),
             "not_known in the summary");
    TestTrue(Holds("summary.json",
                   "\"not_defined\": [\n    {\"name\": \"mean_q_x\", \"from\": 0.5, "
                   "\"times\": 2, \"why\": \"no direction\"}\n  ]"),
             "not_defined in the summary");
    TestTrue(Holds("summary.json", "\"columns\": {\n    \"t\": {\"unit\": \"time\", \"sentence\": "
                                   "\"when\"},\n    \"kl\": {\"unit\": \"nats\", \"sentence\": "
                                   "\"how far\"}\n  }"),
             "every column with unit and sentence");
    TestTrue(Holds("summary.json", "\"steps\": null"), "a result that is NaN is null");
    TestTrue(Holds("summary.json", "\"mean_p\": [1, null]"), "so it is in a list");
    TestTrue(Holds("series.csv", "0.5,nan"), "and nan in the series");
    PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
    PetscCall(OttoRecordDestroy(&r));
  }
  PetscCall(RemoveFolder());
  PetscFunctionReturn(0);
}

/* Rank 0 writes, and can no longer: at the first row all ranks know, and the folder is given back.
 */
static PetscErrorCode TestFull(void)
{
  OttoRecord r;
  PetscMPIInt rank;
  struct rlimit before, none = {0, 0};

  PetscFunctionBegin;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  snprintf(folder, sizeof folder, "/tmp/otto-record-XXXXXX");
  if (rank == 0 && !mkdtemp(folder)) OttoFail(OTTO_ERR_FILE, "mkdtemp");
  PetscCallMPI(MPI_Bcast(folder, sizeof folder, MPI_CHAR, 0, PETSC_COMM_WORLD));
  PetscCall(Open(&r, PETSC_FALSE));
  TestTrue(rank || Exists("otto.lock"), "the folder is this run's");
  signal(SIGXFSZ, SIG_IGN); /* as OttoSignalsCatch() has it */
  getrlimit(RLIMIT_FSIZE, &before);
  none.rlim_max = before.rlim_max;
  if (rank == 0) setrlimit(RLIMIT_FSIZE, &none);
  PetscErrorCode code = OttoRecordRow(r, (PetscReal[]){0, 1});
  setrlimit(RLIMIT_FSIZE, &before);
  TestTrue(code == OTTO_ERR_FILE && OttoErrorAgreed(), "all ranks know of the first row");
  TestTrue(strstr(OttoErrorMessage(), "series.csv: File too large") != NULL, OttoErrorMessage());
  OttoErrorClear();
  TestTrue(!Exists("series.csv") && !Exists("summary.json"), "nothing has its final name");
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscCall(OttoRecordDestroy(&r));
  if (rank == 0) {
    char command[128];
    TestTrue(!Exists("otto.lock"), "the folder is given back");
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    TestTrue(system(command) == 0, "cleaned up");
  }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestVerdicts, TestErrors, TestNotKnown, TestFull});
}
