/* In handlers only what POSIX calls async-signal-safe: write, access, kill, _exit and the like; the
 * text is put together by hand. */
#include "lock.h"
#include "signals_impl.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define TEXT 2048
#define FILES 24
#define UNDER_MPIRUN 850  /* ms from its SIGTERM to our end; it kills after 1000 */
#define ALONE 10000       /* ms from anybody else's SIGTERM or SIGHUP, who may kill later, too */
#define AGAIN 0.3         /* s: signals nearer than that are one request */
#define SPARE (64L << 20) /* bytes; a fault where so many cannot be had is owed to that */
#define STACK (64L << 10)

static const int requests[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
static volatile sig_atomic_t asked, leaving, hushed, hushed_status;
static PetscBool catching;
static PetscMPIInt rank, ranks;
static pid_t first_pid; /* of rank 0, where it runs on this host; or 0 */
static PetscBool under_mpirun;
static struct timespec asked_at;
static char folder[PETSC_MAX_PATH_LEN], far[160], doing[64];
static char paths[FILES][2][PETSC_MAX_PATH_LEN + 64]; /* <name>.part and <name> */
static size_t name_at;                                /* where names begin in paths */

const char *OttoSignalName(int signal_number)
{
  switch (signal_number) {
  case SIGINT:
    return "SIGINT";
  case SIGTERM:
    return "SIGTERM";
  case SIGHUP:
    return "SIGHUP";
  case SIGUSR1:
    return "SIGUSR1";
  case SIGSEGV:
    return "SIGSEGV";
  case SIGBUS:
    return "SIGBUS";
  case SIGFPE:
    return "SIGFPE";
  case SIGILL:
    return "SIGILL";
  case SIGABRT:
    return "SIGABRT";
  default:
    return "a signal";
  }
}

static void Add(char text[], const char *more)
{
  size_t n = strlen(text);
  for (; *more && n + 1 < TEXT; more++) text[n++] = *more;
  text[n] = 0;
}

/* What the run has done and what of it is on disk. */
static void AddLeft(char text[])
{
  PetscBool any = PETSC_FALSE;

  if (!folder[0]) {
    Add(text, "nothing is written");
    return;
  }
  Add(text, far[0] ? far : "no row is complete");
  Add(text, "; left in ");
  Add(text, folder);
  Add(text, ": ");
  for (int i = 0; i < FILES && paths[i][0][0]; i++)
    for (int k = 0; k < 2; k++) {
      if (access(paths[i][k], F_OK)) continue;
      if (any) Add(text, ", ");
      Add(text, paths[i][k] + name_at);
      any = PETSC_TRUE;
    }
  if (!any) Add(text, "nothing");
}

const char *OttoSignalsLeft(void)
{
  static char text[TEXT];
  text[0] = 0;
  AddLeft(text);
  return text;
}

static void Say(const char *text)
{
  if (write(STDERR_FILENO, text, strlen(text)) < 0) return;
}

/* Ends this rank, and by its status all of them; rank 0 speaks for them. */
static void Leave(int signal_number)
{
  static char text[TEXT];

  if (leaving) return;
  leaving = 1;
  if (rank == 0 && !hushed) {
    text[0] = 0;
    Add(text, "otto: stopped by ");
    Add(text, OttoSignalName(signal_number));
    if (doing[0]) Add(text, " during ");
    Add(text, doing);
    Add(text, ": ");
    AddLeft(text);
    Add(text, "\n");
    Say(text);
  }
  OttoLockDrop();
  _exit(hushed ? hushed_status : OTTO_EXIT_STOPPED);
}

static void OnTime(int signal_number)
{
  (void)signal_number;
  Leave(asked);
}

static void SetTimer(long ms)
{
  struct itimerval timer = {{0, 0}, {ms / 1000, ms % 1000 * 1000}};
  setitimer(ITIMER_REAL, &timer, NULL);
}

static void OnRequest(int signal_number, siginfo_t *info, void *context)
{
  struct timespec now;

  (void)context;
  if (hushed) Leave(signal_number);
  clock_gettime(CLOCK_MONOTONIC, &now);
  const double since =
      (double)(now.tv_sec - asked_at.tv_sec) + 1e-9 * (double)(now.tv_nsec - asked_at.tv_nsec);
  if (asked && since > AGAIN) Leave(signal_number);
  if (asked && signal_number == SIGUSR1) return;
  if (signal_number != SIGUSR1 && under_mpirun && info->si_pid == getppid())
    SetTimer(UNDER_MPIRUN);
  else if (signal_number == SIGTERM || signal_number == SIGHUP)
    SetTimer(ALONE);
  asked_at = now;
  asked = signal_number;
}

/* From a rank that ends all of them. */
static void OnHush(int signal_number)
{
  (void)signal_number;
  hushed = 1;
  hushed_status = OTTO_EXIT_FAILURE;
}

#if !defined(__SANITIZE_ADDRESS__) /* which tells more of a fault */
static void OnFault(int signal_number)
{
  static char text[TEXT];
  const struct timespec turn = {0, rank ? 400000000L + 10000000L * PetscMin(rank, 50) : 0};

  if (leaving) _exit(OTTO_EXIT_FAILURE);
  leaving = 1;
  nanosleep(&turn, NULL); /* where all ranks fail alike, the first ends them: one line */
  void *spare = mmap(NULL, SPARE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  text[0] = 0;
  Add(text, "otto: error: ");
  Add(text, spare == MAP_FAILED ? "not enough memory" : "a fault of the program (");
  if (spare != MAP_FAILED) Add(text, OttoSignalName(signal_number));
  Add(text, spare == MAP_FAILED ? " for " : ") in ");
  Add(text, doing[0] ? doing : "the preparation");
  Add(text, "; ");
  AddLeft(text);
  Add(text, "\n");
  if (!hushed) Say(text);
  OttoLockDrop();
  if (rank && first_pid) kill(first_pid, SIGUSR2);
  _exit(OTTO_EXIT_FAILURE);
}

static void CatchFaults(void)
{
  static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
  static char stack[STACK]; /* a fault may be that the other one is full */
  struct sigaction action = {.sa_flags = SA_ONSTACK | SA_NODEFER};

  sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
  action.sa_handler = OnFault;
  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) sigaction(faults[i], &action, NULL);
}
#else
static void CatchFaults(void) {}
#endif

void OttoSignalsHush(int status)
{
  hushed = 1;
  hushed_status = status;
  OttoLockDrop();
  if (rank && first_pid) kill(first_pid, SIGUSR2);
}

void OttoSignalsNote(const char *how_far, const char *what)
{
  if (how_far) strncpy(far, how_far, sizeof far - 1);
  if (what) strncpy(doing, what, sizeof doing - 1);
}

void OttoSignalsFolder(const char *dir, const char *const names[])
{
  folder[0] = far[0] = 0;
  memset(paths, 0, sizeof paths);
  if (!dir || strlen(dir) + 2 > sizeof folder) return;
  for (int i = 0; i < FILES && names[i]; i++) {
    snprintf(paths[i][1], sizeof paths[i][1], "%s/%s", dir, names[i]);
    snprintf(paths[i][0], sizeof paths[i][0], "%s/%s.part", dir, names[i]);
  }
  name_at = strlen(dir) + 1;
  strcpy(folder, dir);
}

/* The process of rank 0, where it can be sent a signal from here. */
static PetscErrorCode FindFirst(void)
{
  struct {
    char host[PETSC_MAX_PATH_LEN];
    pid_t pid;
  } first = {{0}, getpid()};
  char here[sizeof first.host];

  PetscFunctionBegin;
  PetscCall(PetscGetHostName(here, sizeof here));
  memcpy(first.host, here, sizeof here);
  PetscCallMPI(MPI_Bcast(&first, sizeof first, MPI_BYTE, 0, MPI_COMM_WORLD));
  first_pid = strcmp(first.host, here) ? 0 : first.pid;
  PetscFunctionReturn(0);
}

static void OnEarly(int signal_number)
{
  Leave(signal_number);
}

void OttoSignalsCatchEarly(PetscBool speaks)
{
  struct sigaction action = {.sa_flags = SA_RESTART, .sa_handler = OnEarly};

  rank = speaks ? 0 : 1;
  for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
    sigaction(requests[i], &action, NULL);
}

PetscErrorCode OttoSignalsCatch(void)
{
  struct sigaction action = {.sa_flags = SA_RESTART | SA_SIGINFO};

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(MPI_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(MPI_COMM_WORLD, &ranks));
  PetscCall(FindFirst());
  under_mpirun = getenv("OMPI_COMM_WORLD_SIZE") ? PETSC_TRUE : PETSC_FALSE;
  action.sa_sigaction = OnRequest;
  for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
    sigaction(requests[i], &action, NULL);
  action.sa_flags = SA_RESTART;
  action.sa_handler = OnHush;
  sigaction(SIGUSR2, &action, NULL);
  action.sa_handler = OnTime;
  sigaction(SIGALRM, &action, NULL);
  CatchFaults();
  action.sa_flags = 0;
  action.sa_handler = SIG_IGN;
  sigaction(SIGXFSZ, &action, NULL);
  sigaction(SIGPIPE, &action, NULL);
  catching = PETSC_TRUE;
  PetscFunctionReturn(0);
}

void OttoSignalsDone(void)
{
  for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) signal(requests[i], SIG_IGN);
  SetTimer(0);
}

PetscBool OttoSignalsCaught(void)
{
  return catching;
}

int OttoSignalsAsked(void)
{
  return asked;
}
