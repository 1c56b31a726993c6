/** @file
 * How a run ends from outside, or by a fault: in order where it can, always with one line
 * that says what is left on disk, and with an exit status of the contract.
 *
 * SIGINT, SIGTERM, SIGHUP and SIGUSR1 ask: the next OttoStopCheck() fails on all ranks, or the loop
 * over samples ends (OttoStopTake()). Asked again (more than 0.3 s later) a rank ends all of them
 * at once. Whoever sends SIGTERM or SIGHUP kills later: mpirun a second after it has passed it on,
 * so a rank that is asked by it ends itself before that, in order or not; asked by somebody else
 * after ten seconds. SIGUSR1 and SIGINT leave the run all the time that it needs.
 */
#pragma once
#include <otto/otto.h>

/** From here to OttoSignalsCatch() a signal that asks the run to end does so at once, with its line
 * and status; for programs, which call it before OttoInitialize(). `speaks`: of several ranks the
 * one whose line is seen. Not collective. */
PETSC_EXTERN void OttoSignalsCatchEarly(PetscBool speaks);

/** Catches signals from here on; for programs, which call it once after OttoInitialize(). Writing
 * beyond a limit of file size, or into a closed pipe, is an error from then on and no signal.
 * Collective on MPI_COMM_WORLD. */
PETSC_EXTERN PetscErrorCode OttoSignalsCatch(void);

/** Fails with OTTO_ERR_STOPPED on all ranks once any of them was asked to stop. Collective. */
PETSC_EXTERN PetscErrorCode OttoStopCheck(MPI_Comm comm);

/** Whether any rank was asked to stop: *by is then the signal's name ("SIGTERM"), the caller ends
 * in order, and OttoStopCheck() fails no more; otherwise it stays as it was. Collective. */
PETSC_EXTERN PetscErrorCode OttoStopTake(MPI_Comm comm, const char **by);

/** From now on OttoStopCheck() waits, so that what goes on is finished first (OttoStopTake() does
 * not), or does so no longer. Not collective; the same on all ranks. */
PETSC_EXTERN void OttoStopDefer(PetscBool wait);

/** Names the folder and the files, NULL-terminated, that a run may leave there; each may stand
 * there as <name>.part instead. NULL, NULL: none. Not collective. */
PETSC_EXTERN void OttoSignalsFolder(const char *dir, const char *const names[]);

/** How far the run has come ("5 rows, to t = 0.1"), and what it is doing ("samples"); NULL leaves
 * either as it was. Not collective. */
PETSC_EXTERN void OttoSignalsNote(const char *far, const char *doing);

/** "5 rows, to t = 0.1; left in <dir>: series.csv.part". Not collective. */
PETSC_EXTERN const char *OttoSignalsLeft(void);

/** This rank ends all of them now and has said why: signals that this brings about are no longer
 * spoken of, here and on rank 0. Not collective. */
PETSC_EXTERN void OttoSignalsHush(int status);

/** From now on requests to end change nothing: all is done, said and written, and what mpirun sends
 * the others when the first rank ends with a status that is not 0 must not make a stop of it. Not
 * collective. */
PETSC_EXTERN void OttoSignalsDone(void);

/** Whether OttoErrorAgreed(), and on every rank of the program. Not collective. */
PETSC_EXTERN PetscBool OttoErrorAgreedByAll(void);
