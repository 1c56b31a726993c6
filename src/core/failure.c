#include "failure.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static char message[OTTO_MESSAGE_SIZE];
static PetscBool agreed;

char *OttoFailureText(void)
{
  return message;
}

void OttoFailureIsAgreed(void)
{
  agreed = PETSC_TRUE;
}

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
PetscErrorCode OttoFailureKeep(MPI_Comm comm, int line, const char *function, const char *file,
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
  char text[OTTO_MESSAGE_SIZE];
  va_list arguments;

  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return PetscError(PETSC_COMM_SELF, line, function, file, code, PETSC_ERROR_INITIAL, "%s", text);
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
