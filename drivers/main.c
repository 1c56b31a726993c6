/* The program: otto <driver> [input.yaml] [-key value …] */
#include "drivers.h"
#include <otto/signals.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define LEAST_FILE (8 << 20) /* bytes a file must be allowed to have */

#define MAX_DRIVERS 64

/* Both words of a driver's name as typed. */
static void FullName(const OttoDriver *d, char name[], size_t size)
{
  snprintf(name, size, "%s%s%s", d->name, d->second ? " " : "", d->second ? d->second : "");
}

static PetscErrorCode PrintKeys(const OttoDriver *d)
{
  char name[64];

  PetscFunctionBegin;
  FullName(d, name, sizeof name);
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "otto %s: %s\nKeys: type (default): meaning\n", name,
                        d->sentence));
  PetscCall(OttoOptionsHelp(d->key));
  PetscFunctionReturn(0);
}

static PetscErrorCode PrintHelp(void)
{
  MPI_Comm comm = PETSC_COMM_WORLD;

  PetscFunctionBegin;
  PetscCall(PetscPrintf(
      comm,
      "Otto %s: evolves probability densities on grids and checks, while they evolve, what\n"
      "information theory and optimal transport say must hold.\n\n"
      "  otto <driver> [input.yaml] [-key value ...]    keys on the command line win over the "
      "file\n"
      "  otto <driver> -help                            the keys of a driver\n"
      "  otto list [family]                             densities, kernels, divergences, engines\n"
      "  otto --help | --version\n\nDrivers:\n",
      OTTO_VERSION));
  for (int i = 0; OttoDriverAt(i); i++) {
    char name[64];
    FullName(OttoDriverAt(i), name, sizeof name);
    PetscCall(PetscPrintf(comm, "  %-20s %s\n", name, OttoDriverAt(i)->sentence));
  }
  PetscCall(PetscPrintf(comm, "\nExit status: 0 every check passed, 1 a check failed, 2 bad input "
                              "(nothing computed),\n3 a solver, memory or file failure, "
                              "75 stopped in order by a signal."
                              "\n\nExample:\n"
                              "  mpirun -n 4 otto dissipation inputs/dissipation/mixture_2d.yaml "
                              "-grid_n 512,512\n"));
  PetscFunctionReturn(0);
}

static PetscBool IsHelp(const char *word)
{
  return !strcmp(word, "-help") || !strcmp(word, "--help") || !strcmp(word, "-h") ? PETSC_TRUE
                                                                                  : PETSC_FALSE;
}

static PetscErrorCode FindDriver(int argc, char *argv[], const OttoDriver **driver, int *words)
{
  const char *names[MAX_DRIVERS + 2] = {NULL}, *seconds[MAX_DRIVERS + 1] = {NULL};
  char meant[OTTO_MEANT];
  int all_count = 0, count = 0;

  PetscFunctionBegin;
  *driver = NULL;
  for (int i = 0; OttoDriverAt(i) && i < MAX_DRIVERS; i++) {
    const OttoDriver *d = OttoDriverAt(i);
    const char *second = argc > 2 ? argv[2] : NULL;
    names[all_count++] = d->name;
    if (strcmp(argv[1], d->name)) continue;
    seconds[count++] = d->second;
    if (d->second && !(second && (!strcmp(second, d->second) || IsHelp(second)))) continue;
    *words = d->second ? 3 : 2;
    *driver = d;
    PetscFunctionReturn(0);
  }
  if (count) {
    char all[200];
    OttoJoinNames(seconds, ", ", all, sizeof all);
    OttoCheckInput(argc > 2, "%s: say which one: %s", argv[1], all);
    OttoFail(OTTO_ERR_INPUT, "%s: '%s' is not one of: %s", argv[1], argv[2], all);
  }
  names[all_count] = "list";
  OttoFail(OTTO_ERR_INPUT, "unknown driver '%s'%s; `otto --help` lists them", argv[1],
           OttoDidYouMean(OttoNearestName(argv[1], names), meant));
}

static PetscErrorCode Run(int argc, char *argv[], PetscBool *passed)
{
  const OttoDriver *driver = NULL;
  const char *input = NULL;
  int words = 2;

  PetscFunctionBegin;
  OttoDriversServe();
  *passed = PETSC_TRUE;
  if (argc < 2 || IsHelp(argv[1]) || !strcmp(argv[1], "help")) {
    PetscCall(PrintHelp());
    OttoCheckInput(argc >= 2, "no driver given");
    PetscFunctionReturn(0);
  }
  if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-version")) {
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "otto %s (PETSc %d.%d.%d, %d-bit indices; %s)\n",
                          OTTO_VERSION, PETSC_VERSION_MAJOR, PETSC_VERSION_MINOR,
                          PETSC_VERSION_SUBMINOR, (int)(8 * sizeof(PetscInt)), OttoHeatVectors()));
    PetscFunctionReturn(0);
  }
  if (!strcmp(argv[1], "list")) {
    PetscCall(OttoListFamilies(PETSC_COMM_WORLD, argc > 2 ? argv[2] : NULL));
    PetscFunctionReturn(0);
  }
  PetscCall(FindDriver(argc, argv, &driver, &words));
  for (int i = 2; i < argc; i++) {
    if (!IsHelp(argv[i])) continue;
    for (int k = 0; OttoDriverAt(k); k++) { /* "bench -help": all of that first word */
      const OttoDriver *d = OttoDriverAt(k);
      PetscBool all = i == 2 && !strcmp(d->name, driver->name) ? PETSC_TRUE : PETSC_FALSE;
      if (all || d == driver) PetscCall(PrintKeys(d));
    }
    PetscFunctionReturn(0);
  }
  if (words < argc && argv[words][0] != '-') input = argv[words++];
  PetscCall(OttoOptionsInsert(input, argc - words, argv + words));
  PetscCall(OttoOptionsCheckKeys(driver->key));
  PetscCall(OttoAgree(PETSC_COMM_WORLD, OttoClaimMemory()));
  PetscCall(driver->run(input, passed));
  PetscFunctionReturn(0);
}

/* OpenBLAS starts its threads when it is loaded, before main(): one a rank, unless told otherwise.
 * Under a limit of memory those it cannot start keep the program from ending. */
static void OneThread(char *argv[])
{
  if (getenv("OPENBLAS_NUM_THREADS") || setenv("OPENBLAS_NUM_THREADS", "1", 0)) return;
  execv("/proc/self/exe", argv); /* where it cannot, the run goes on as it is */
}

/* Whether this is the first of its ranks, as far as their launcher says so before MPI starts. */
static PetscBool IsFirst(void)
{
  static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK",
                                      "SLURM_PROCID"};

  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (getenv(names[i])) return strcmp(getenv(names[i]), "0") ? PETSC_FALSE : PETSC_TRUE;
  return PETSC_TRUE;
}

/* Under a limit of file sizes too small for its shared memory MPI fails in many lines, and the
 * daemon that OpenMPI starts beside a program alone fills the memory with what it says of it. */
static PetscBool MayWrite(void)
{
  struct rlimit limit;

  return getrlimit(RLIMIT_FSIZE, &limit) || limit.rlim_cur == RLIM_INFINITY ||
                 limit.rlim_cur >= LEAST_FILE
             ? PETSC_TRUE
             : PETSC_FALSE;
}

int main(int argc, char *argv[])
{
  PetscBool passed = PETSC_FALSE;
  PetscMPIInt rank = 0;

  OneThread(argv);
  OttoSignalsCatchEarly(IsFirst());
  if (!MayWrite()) {
    if (IsFirst())
      fprintf(stderr, "otto: error: files may not grow beyond a limit here (ulimit -f) that is too "
                      "small for MPI itself; it must be 8192 KB or more\n");
    return OTTO_EXIT_INPUT;
  }
  PetscErrorCode code = OttoInitialize();
  if (code) return OTTO_EXIT_FAILURE;
  code = OttoSignalsCatch();
  if (!code) code = Run(argc, argv, &passed);
  if (!code || !OttoErrorAgreedByAll()) /* the other ranks may be waiting elsewhere */
    code = OttoAgreeSoon(MPI_COMM_WORLD, code);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (code == OTTO_ERR_STOPPED && rank == 0)
    fprintf(stderr, "otto: %s: %s\n", OttoErrorMessage(), OttoSignalsLeft());
  else if (code && rank == 0)
    fprintf(stderr, "otto: error: %s\n", OttoErrorMessage());
  if (code) {
    OttoSignalsHush(OttoExitStatus(code)); /* all is said */
    PetscOptionsClear(NULL);               /* keys that act at the end */
  } else
    OttoSignalsDone();
  if (OttoFinalize()) {
    if (!code && rank == 0) fprintf(stderr, "otto: error: at the end: %s\n", OttoErrorMessage());
    return code ? OttoExitStatus(code) : OTTO_EXIT_FAILURE;
  }
  return code ? OttoExitStatus(code) : passed ? OTTO_EXIT_PASS : OTTO_EXIT_CHECK_FAILED;
}
