/** @file
 * How a run ends from outside, or by a fault: in order where it can, always with one line
 * that says what is left on disk, and with an exit status of the contract.
 *
 * SIGINT, SIGTERM, SIGHUP and SIGUSR1 ask: the next OttoStopCheck() fails on all ranks. mpirun
 * kills its ranks a second after it has passed on SIGTERM, so a rank that is asked by it ends
 * itself before that; asked by somebody else it takes its time, and ends at once when asked again.
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
