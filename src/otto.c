#include <otto/otto.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_SIZE 1024

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

/* Keeps the first sentence of a failure; the levels above only pass the code on. Prints nothing:
 * main() prints one line once, on one rank. */
static PetscErrorCode KeepMessage(MPI_Comm comm, int line, const char *function, const char *file,
                                  PetscErrorCode code, PetscErrorType type, const char *text,
                                  void *context)
{
  (void)comm, (void)context;
  if (type == PETSC_ERROR_REPEAT && message[0]) return code;
  agreed = code == OTTO_ERR_INPUT || code == OTTO_ERR_STATE ? PETSC_TRUE : PETSC_FALSE;
  if (code >= OTTO_ERR_INPUT && code <= OTTO_ERR_STATE) {
    snprintf(message, sizeof message, "%s", text ? text : "");
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
  PetscFunctionBegin;
  PetscCall(PetscPopErrorHandler());
  PetscCall(PetscFinalize());
  return 0;
}

PetscErrorCode OttoAgree(MPI_Comm comm, PetscErrorCode local)
{
  PetscMPIInt rank, size, first, code = (PetscMPIInt)local;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  first = local ? rank : size;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &first, 1, MPI_INT, MPI_MIN, comm));
  if (first == size) PetscFunctionReturn(0);
  PetscCallMPI(MPI_Bcast(&code, 1, MPI_INT, first, comm));
  PetscCallMPI(MPI_Bcast(message, MESSAGE_SIZE, MPI_CHAR, first, comm));
  agreed = PETSC_TRUE;
  PetscFunctionReturn((PetscErrorCode)code);
}

int OttoExitStatus(PetscErrorCode code)
{
  return code == 0 ? OTTO_EXIT_PASS : code == OTTO_ERR_INPUT ? OTTO_EXIT_INPUT : OTTO_EXIT_FAILURE;
}

void OttoAbort(PetscErrorCode code)
{
  PetscMPIInt rank = 0;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  fprintf(stderr, "otto: error on rank %d: %s\n", rank, message);
  MPI_Abort(MPI_COMM_WORLD, OttoExitStatus(code));
}
