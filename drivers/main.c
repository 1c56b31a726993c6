/* The program: otto <driver> [input.yaml] [-key value …] */
#include "drivers.h"
#include <otto/signals.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define LEAST_FILE (8 << 20) /* bytes a file must be allowed to have */

typedef struct {
  const char *name;   /* as typed; "bench heat" is two words */
  const char *second; /* the second word, or NULL */
  PetscErrorCode (*run)(const char *input, PetscBool *passed);
  const char *sentence;
} Driver;

static const Driver drivers[] = {
    {"dissipation", NULL, OttoDriverDissipation,
     "verify dD_t/dt = -I_rel for two densities under the heat flow"},
    {"fokker-planck", NULL, OttoDriverFokkerPlanck,
     "relaxation under a potential, a temperature and a drift; entropy production"},
    {"bench", "heat", OttoDriverBenchHeat,
     "time transforms, divergences, Fisher forms and kernels as ratios within one run"},
    {"bench", "fokker_planck", OttoDriverBenchFokkerPlanck,
     "time an implicit step in multiples of one matrix application"},
};
#define DRIVER_COUNT ((int)(sizeof drivers / sizeof drivers[0]))

/* Both words of a driver's name: with ' ' as typed, with '_' as src/core/options.def lists it. */
static void FullName(const Driver *d, char between, char name[], size_t size)
{
  if (d->second)
    snprintf(name, size, "%s%c%s", d->name, between, d->second);
  else
    snprintf(name, size, "%s", d->name);
}

static PetscErrorCode PrintKeys(const Driver *d)
{
  char name[64], key[64];

  PetscFunctionBegin;
  FullName(d, ' ', name, sizeof name);
  FullName(d, '_', key, sizeof key);
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "otto %s: %s\nKeys: type (default): meaning\n", name,
                        d->sentence));
  PetscCall(OttoOptionsHelp(key));
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
  for (int i = 0; i < DRIVER_COUNT; i++) {
    char name[64];
    FullName(&drivers[i], ' ', name, sizeof name);
    PetscCall(PetscPrintf(comm, "  %-20s %s\n", name, drivers[i].sentence));
  }
  PetscCall(PetscPrintf(comm, "\nExit status: 0 every check passed, 1 a check failed, 2 bad input "
                              "(nothing computed),\n3 a solver, memory or file failure, "
                              "75 stopped in order by a signal."
                              "\n\nExample:\n"
                              "  mpirun -n 4 otto dissipation inputs/dissipation/mixture_2d.yaml "
                              "-grid_n 512,512\n"));
  PetscFunctionReturn(0);
}

static PetscErrorCode PrintNames(const char *title, const char *const names[])
{
  PetscFunctionBegin;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%s\n", title));
  for (int i = 0; names[i]; i++) PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  %s\n", names[i]));
  PetscFunctionReturn(0);
}

static PetscErrorCode PrintDivergences(void)
{
  static const char *const rows[][3] = {
#define X(NAME, name, phi, source) {#name, phi, source},
      OTTO_DIVERGENCE_LIST(X)
#undef X
  };

  PetscFunctionBegin;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "divergence: D(p|q) = int q phi(p/q)\n"));
  for (int i = 0; i < OTTO_DIVERGENCE_COUNT; i++)
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  %-12s phi = %-42s %s\n", rows[i][0], rows[i][1],
                          rows[i][2]));
  PetscFunctionReturn(0);
}

static PetscErrorCode List(const char *family)
{
  static const char *const families[] = {"density",   "heat",  "divergence", "fisher", "engine",
                                         "potential", "drift", "boundary",   NULL};
  PetscBool all = family ? PETSC_FALSE : PETSC_TRUE;

  PetscFunctionBegin;
  for (int i = 0; family; i++) {
    const char *near = OttoNearestName(family, families);
    OttoCheckInput(families[i],
                   "list: '%s' is not one of density, heat, divergence, fisher, engine, potential, "
                   "drift, boundary%s%s",
                   family, near ? "; did you mean " : "", near ? near : "");
    if (!strcmp(family, families[i])) break;
  }
  if (all || !strcmp(family, "density")) PetscCall(OttoDensityList(PETSC_COMM_WORLD));
  if (all || !strcmp(family, "heat")) PetscCall(OttoHeatList(PETSC_COMM_WORLD));
  if (all || !strcmp(family, "divergence")) PetscCall(PrintDivergences());
  if (all || !strcmp(family, "fisher")) PetscCall(PrintNames("fisher_form", OttoFisherForms));
  if (all || !strcmp(family, "engine"))
    PetscCall(PrintNames("transform_engine", OttoTransformEngines));
  if (all || !strcmp(family, "boundary")) PetscCall(PrintNames("grid_boundary", OttoBoundaries));
  if (all || !strcmp(family, "potential")) {
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "potential_type\n"));
    PetscCall(OttoPotentialList(PETSC_COMM_WORLD));
  }
  if (all || !strcmp(family, "drift")) {
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "drift_type\n"));
    PetscCall(OttoDriftList(PETSC_COMM_WORLD));
  }
  PetscFunctionReturn(0);
}

static PetscBool IsHelp(const char *word)
{
  return !strcmp(word, "-help") || !strcmp(word, "--help") || !strcmp(word, "-h") ? PETSC_TRUE
                                                                                  : PETSC_FALSE;
}

static PetscErrorCode FindDriver(int argc, char *argv[], const Driver **driver, int *words)
{
  const char *names[DRIVER_COUNT + 2] = {NULL}, *seconds[DRIVER_COUNT + 1] = {NULL};
  char meant[OTTO_MEANT];
  int count = 0;

  PetscFunctionBegin;
  *driver = NULL;
  for (int i = 0; i < DRIVER_COUNT; i++) {
    const Driver *d = &drivers[i];
    const char *second = argc > 2 ? argv[2] : NULL;
    names[i] = d->name;
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
  names[DRIVER_COUNT] = "list";
  OttoFail(OTTO_ERR_INPUT, "unknown driver '%s'%s; `otto --help` lists them", argv[1],
           OttoDidYouMean(OttoNearestName(argv[1], names), meant));
}

static PetscErrorCode Run(int argc, char *argv[], PetscBool *passed)
{
  const Driver *driver = NULL;
  const char *input = NULL;
  char key[64];
  int words = 2;

  PetscFunctionBegin;
  *passed = PETSC_TRUE;
  if (argc < 2 || IsHelp(argv[1]) || !strcmp(argv[1], "help")) {
    PetscCall(PrintHelp());
    OttoCheckInput(argc >= 2, "no driver given");
    PetscFunctionReturn(0);
  }
  if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-version")) {
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "otto %s (PETSc %d.%d.%d, %d-bit indices)\n",
                          OTTO_VERSION, PETSC_VERSION_MAJOR, PETSC_VERSION_MINOR,
                          PETSC_VERSION_SUBMINOR, (int)(8 * sizeof(PetscInt))));
    PetscFunctionReturn(0);
  }
  if (!strcmp(argv[1], "list")) {
    PetscCall(List(argc > 2 ? argv[2] : NULL));
    PetscFunctionReturn(0);
  }
  PetscCall(FindDriver(argc, argv, &driver, &words));
  for (int i = 2; i < argc; i++) {
    if (!IsHelp(argv[i])) continue;
    for (int k = 0; k < DRIVER_COUNT; k++) { /* "bench -help": all of that first word */
      PetscBool all = i == 2 && !strcmp(drivers[k].name, driver->name) ? PETSC_TRUE : PETSC_FALSE;
      if (all || &drivers[k] == driver) PetscCall(PrintKeys(&drivers[k]));
    }
    PetscFunctionReturn(0);
  }
  if (words < argc && argv[words][0] != '-') input = argv[words++];
  PetscCall(OttoOptionsInsert(input, argc - words, argv + words));
  FullName(driver, '_', key, sizeof key);
  PetscCall(OttoOptionsCheckKeys(key));
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
  code = OttoAgreeSoon(MPI_COMM_WORLD, code); /* the other ranks may be waiting elsewhere */
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (code == OTTO_ERR_STOPPED && rank == 0)
    fprintf(stderr, "otto: %s: %s\n", OttoErrorMessage(), OttoSignalsLeft());
  else if (code && rank == 0)
    fprintf(stderr, "otto: error: %s\n", OttoErrorMessage());
  if (code) {
    OttoSignalsHush(OttoExitStatus(code)); /* all is said */
    PetscOptionsClear(NULL);               /* keys that act at the end */
  }
  if (OttoFinalize()) {
    if (!code && rank == 0) fprintf(stderr, "otto: error: at the end: %s\n", OttoErrorMessage());
    return code ? OttoExitStatus(code) : OTTO_EXIT_FAILURE;
  }
  return code ? OttoExitStatus(code) : passed ? OTTO_EXIT_PASS : OTTO_EXIT_CHECK_FAILED;
}
