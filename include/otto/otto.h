/** @file
 * Start and stop, version, failures that all ranks agree on.
 *
 * Every function of the library returns PetscErrorCode and is called through PetscCall(). Three
 * classes of failure exist beside PETSc's own codes; see OttoExitStatus() for what each becomes.
 */
#pragma once
#include <otto/version.h>
#include <petscsys.h>

/** Most axes a grid can have. */
#define OTTO_MAX_DIM 6

/* Codes beyond PETSc's own range. */
#define OTTO_ERR_INPUT 20001     /**< bad input: nothing has been computed; the same on all ranks */
#define OTTO_ERR_NUMERICAL 20002 /**< a value that cannot be used (NaN, negative density) arose */
#define OTTO_ERR_SOLVER 20003    /**< a solver did not converge; a named reason */
#define OTTO_ERR_FILE 20004      /**< a file could not be written or read during the run */
#define OTTO_ERR_STOPPED 20005   /**< a signal asked the run to end, and it did so in order */
#define OTTO_ERR_STATE 20006     /**< called before what must come first; the same on all ranks */

/* Exit statuses of the program; a contract. */
#define OTTO_EXIT_PASS 0         /**< every check passed */
#define OTTO_EXIT_CHECK_FAILED 1 /**< a check failed; results are complete */
#define OTTO_EXIT_INPUT 2        /**< bad input: nothing computed, nothing overwritten */
#define OTTO_EXIT_FAILURE 3      /**< a solver, memory or file failure */
#define OTTO_EXIT_STOPPED 75     /**< stopped in order by a signal */

/** Of a struct whose members have the same type: initialisers must name them. */
#if defined(__GNUC__) && !defined(__clang__)
#define OTTO_DESIGNATED __attribute__((designated_init))
#else
#define OTTO_DESIGNATED
#endif

/** Fail with a code and one printf-style sentence; the sentence is kept, not printed. Use inside
 * any function that returns PetscErrorCode. Where only some ranks can see the failure, follow it by
 * OttoAgree() before the next collective call. */
#define OttoFail(code, ...)                                                                        \
  return OttoRaise(__LINE__, PETSC_FUNCTION_NAME, __FILE__, (code), __VA_ARGS__)

/** What OttoFail() calls; C's own printf formats (PETSc's writes 2 as "2." with %g). Returns
 * `code`. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRaise(int line, const char *function, const char *file,
                                      PetscErrorCode code, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/** Fail with OTTO_ERR_INPUT unless `ok`; the message names key, value and what is allowed. */
#define OttoCheckInput(ok, ...)                                                                    \
  do {                                                                                             \
    if (PetscUnlikely(!(ok))) OttoFail(OTTO_ERR_INPUT, __VA_ARGS__);                               \
  } while (0)

/** Fail with OTTO_ERR_STATE unless `ok`; `first` is the call that was forgotten. */
#define OttoNeed(ok, first)                                                                        \
  do {                                                                                             \
    if (PetscUnlikely(!(ok)))                                                                      \
      OttoFail(OTTO_ERR_STATE, "%s: call %s first", PETSC_FUNCTION_NAME, first);                   \
  } while (0)

/**
 * Starts MPI and PETSc without reading any options file or PETSC_OPTIONS, and installs an error
 * handler that keeps the first message and prints nothing. Collective on MPI_COMM_WORLD.
 * Options are added afterwards with OttoOptionsInsert().
 */
PETSC_EXTERN PetscErrorCode OttoInitialize(void);

/** Stops PETSc and MPI. Collective on MPI_COMM_WORLD. */
PETSC_EXTERN PetscErrorCode OttoFinalize(void);

/**
 * Agrees on a failure. Collective on `comm`.
 *
 * Every rank passes its own result; all ranks return the code of the lowest failing rank and keep
 * that rank's message, or return 0 when none failed. Use it after any step in which one rank alone
 * may fail (allocation, reading, a bad cell), so that no rank is left waiting in a collective call.
 * Where the others do not come for a minute, a rank that failed ends all of them (OttoAbort).
 */
PETSC_EXTERN PetscErrorCode OttoAgree(MPI_Comm comm, PetscErrorCode local);

/**
 * Agrees on a failure that may have left other ranks inside another collective call. As
 * OttoAgree(), but a rank that failed waits a few seconds for the others only: where they do not
 * come it ends all ranks with its own message and exit status (OttoAbort). For the end of a
 * program, and after calls that may fail on one rank alone. Collective on `comm` in the end.
 */
PETSC_EXTERN PetscErrorCode OttoAgreeSoon(MPI_Comm comm, PetscErrorCode local);

/** Bytes that are free: of the node's memory, and of a limit set for this process (ulimit -v);
 * infinite where nothing is known. Not collective. */
PETSC_EXTERN void OttoFreeMemory(PetscReal *of_node, PetscReal *of_process);

/** Takes what the BLAS wants for itself before anybody else does: without it OpenBLAS waits for
 * memory for ever. For programs. Not collective; PETSC_ERR_MEM where a limit leaves less. */
PETSC_EXTERN PetscErrorCode OttoClaimMemory(void);

/** The sentence kept for the last failure ("" if there was none). Not collective. */
PETSC_EXTERN const char *OttoErrorMessage(void);

/** Whether the last failure was agreed on by all ranks, so that all of them are leaving. Not
 * collective. Failures of class OTTO_ERR_STATE count as agreed. */
PETSC_EXTERN PetscBool OttoErrorAgreed(void);

/** Forgets the last failure (tests, or a caller that handled it). Not collective. */
PETSC_EXTERN void OttoErrorClear(void);

/** Exit status of the program for a returned code: 0, OTTO_EXIT_INPUT, OTTO_EXIT_STOPPED or
 * OTTO_EXIT_FAILURE. Not collective. */
PETSC_EXTERN int OttoExitStatus(PetscErrorCode code);

/**
 * Ends all ranks because this one alone failed: the others may be waiting for it in a collective
 * call. Prints the kept message. Collective failures never come here. Not collective.
 */
PETSC_EXTERN void OttoAbort(PetscErrorCode code);
