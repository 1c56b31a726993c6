#include <otto/signals.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE_SIZE 1024
#define PATIENCE 3       /* seconds that a rank that failed waits for the others */
#define LONG_PATIENCE 60 /* and where they come, but may be busy */

static char message[MESSAGE_SIZE];
static PetscBool agreed;

const char *OttoErrorMessage(void)
{
  return message;
}

PetscBool OttoErrorAgreed(void)
{
  return agreed;
}

void OttoErrorClear(void)
{
  message[0] = 0;
  agreed = PETSC_FALSE;
}

/* PETSc's text is "Memory requested <bytes>" and what it has handed out besides. */
static void SayNoMemory(const char *function, const char *text)
{
  const char *number = text ? strstr(text, "requested ") : NULL;
  double bytes = 0;

  if (number && sscanf(number, "requested %lf", &bytes) == 1)
    snprintf(message, sizeof message, "not enough memory for %.3g MB more (%s); %s", bytes / 1e6,
             function ? function : "?", "use fewer cells (grid_n) or more nodes");
  else
    snprintf(message, sizeof message, "not enough memory%s%s", text && *text ? ": " : "",
             text ? text : "");
}

/* PETSc's allocator passes on what the system's returns, and MUMPS has numbers of its own. */
static PetscBool OfMemory(PetscErrorCode code, const char *file, const char *text)
{
  return code == PETSC_ERR_MEM || (file && strstr(file, "/memory/")) ||
                 (text && (strstr(text, "INFOG(1)=-13") || strstr(text, "INFOG(1)=-9")))
             ? PETSC_TRUE
             : PETSC_FALSE;
}

/* Keeps the first sentence of a failure; the levels above only pass the code on. Prints nothing:
 * main() prints one line once, on one rank. */
static PetscErrorCode KeepMessage(MPI_Comm comm, int line, const char *function, const char *file,
                                  PetscErrorCode code, PetscErrorType type, const char *text,
                                  void *context)
{
  (void)comm, (void)context;
  if (type == PETSC_ERROR_REPEAT && message[0]) return code;
  agreed = code == OTTO_ERR_STATE ? PETSC_TRUE : PETSC_FALSE;
  if (code >= OTTO_ERR_INPUT && code <= OTTO_ERR_STATE) {
    snprintf(message, sizeof message, "%s", text ? text : "");
  } else if (OfMemory(code, file, text)) {
    code = PETSC_ERR_MEM;
    SayNoMemory(function, text);
  } else {
    const char *meaning = NULL;
    if (PetscErrorMessage(code, &meaning, NULL)) meaning = NULL;
    snprintf(message, sizeof message, "%s%s%s (%s, %s:%d)", meaning ? meaning : "PETSc error",
             text && text[0] && text[0] != ' ' ? ": " : "", text && text[0] != ' ' ? text : "",
             function ? function : "?", file ? file : "?", line);
  }
  for (char *c = message; *c; c++)
    if (*c == '\n') *c = ' ';
  return code;
}

PetscErrorCode OttoRaise(int line, const char *function, const char *file, PetscErrorCode code,
                         const char *format, ...)
{
  char text[MESSAGE_SIZE];
  va_list arguments;

  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return PetscError(PETSC_COMM_SELF, line, function, file, code, PETSC_ERROR_INITIAL, "%s", text);
}

PetscErrorCode OttoInitialize(void)
{
  PetscFunctionBegin;
  /* Everything the user says goes through OttoOptionsInsert(): PETSC_OPTIONS and ~/.petscrc would
   * change results unseen. */
  PetscCall(PetscOptionsSetValue(NULL, "-skip_petscrc", NULL));
  if (unsetenv("PETSC_OPTIONS")) OttoFail(PETSC_ERR_SYS, "cannot clear PETSC_OPTIONS");
  PetscCall(PetscInitializeNoArguments());
  PetscCall(PetscOptionsClearValue(NULL, "-skip_petscrc"));
  PetscCall(PetscPopSignalHandler());
  PetscCall(PetscPushErrorHandler(KeepMessage, NULL));
  OttoErrorClear();
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFinalize(void)
{
  /* not PetscCall(): what PETSc does last may fail, in one line of ours and no banner */
  return PetscFinalize();
}

/* Whether the request is done before `seconds` are over; the processor is left to others. */
static PetscErrorCode Await(MPI_Request *request, double seconds, int *done)
{
  const double start = MPI_Wtime();

  PetscFunctionBegin;
  for (*done = 0; !*done;) {
    PetscCallMPI(MPI_Test(request, done, MPI_STATUS_IGNORE));
    if (*done || MPI_Wtime() - start > seconds) break;
    usleep(1000);
  }
  PetscFunctionReturn(0);
}

/* A rank that has not failed has time; one that has knows that others may never come: after
 * `seconds` it ends them all. */
static PetscErrorCode Agree(MPI_Comm comm, PetscErrorCode local, double seconds)
{
  PetscMPIInt rank, size, mine, first = 0, code = (PetscMPIInt)local;
  MPI_Request request;
  int done = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  mine = local ? rank : size;
  PetscCallMPI(MPI_Iallreduce(&mine, &first, 1, MPI_INT, MPI_MIN, comm, &request));
  if (local) {
    PetscCall(Await(&request, seconds, &done));
    if (!done) OttoAbort(local);
  } else {
    PetscCallMPI(MPI_Wait(&request, MPI_STATUS_IGNORE));
  }
  if (first == size) PetscFunctionReturn(0);
  PetscCallMPI(MPI_Bcast(&code, 1, MPI_INT, first, comm));
  PetscCallMPI(MPI_Bcast(message, MESSAGE_SIZE, MPI_CHAR, first, comm));
  agreed = PETSC_TRUE;
  PetscFunctionReturn((PetscErrorCode)code);
}

PetscErrorCode OttoAgree(MPI_Comm comm, PetscErrorCode local)
{
  return Agree(comm, local, LONG_PATIENCE);
}

PetscErrorCode OttoAgreeSoon(MPI_Comm comm, PetscErrorCode local)
{
  return Agree(comm, local, PATIENCE);
}

int OttoExitStatus(PetscErrorCode code)
{
  switch (code) {
  case 0:
    return OTTO_EXIT_PASS;
  case OTTO_ERR_INPUT:
    return OTTO_EXIT_INPUT;
  case OTTO_ERR_STOPPED:
    return OTTO_EXIT_STOPPED;
  default:
    return OTTO_EXIT_FAILURE;
  }
}

void OttoAbort(PetscErrorCode code)
{
  PetscMPIInt rank = 0;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  /* where several fail alike, the first ends them all: one line, not one a rank */
  if (rank) usleep(400000 + 10000 * (useconds_t)PetscMin(rank, 50));
  fprintf(stderr, "otto: error: %s (rank %d)\n", message, rank);
  fflush(stderr);
  OttoSignalsHush(OttoExitStatus(code));
  MPI_Abort(MPI_COMM_WORLD, OttoExitStatus(code));
}
