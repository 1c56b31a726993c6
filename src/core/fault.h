/*
 * Faults of the tests: OTTO_TEST_FAULT=<name>[:<factor>|^<power>] makes a number wrong on purpose,
 * in what is checked and never in a check's own value or bound, so that every check is seen to
 * fail. They are part of builds with OTTO_FAULTS alone (CMakePresets.json), where without that
 * variable nothing changes; a run with one says so on stderr.
 *
 * OTTO_TEST_FAULT=<name>@<rank>… makes it wrong on one rank alone. OTTO_TEST_FAIL=<what>@<rank>:<n>
 * makes something fail there, the n-th time: `memory`, what PETSc or a buffer asks for; `read`, a
 * rank's part of a user's file; `checkpoint`, its part of a field that was kept; `message`, what an
 * exchange sends.
 */
#pragma once
#include <petscvec.h>

#ifdef OTTO_FAULTS
/** From here on things may fail: it is told by one line. Not collective. */
PETSC_INTERN void OttoFaultsBegin(void);
/** Whether this, on this rank, fails now. Not collective. */
PETSC_INTERN PetscBool OttoFaultFails(const char *what);
/** The middle one of v[n] times the factor (1), or to the power, where the fault of that name is
 * set. Not collective: every rank has its own middle. */
PETSC_EXTERN void OttoFault(const char *name, PetscInt64 n, PetscReal v[]);
/** The same of logarithms. Not collective. */
PETSC_INTERN void OttoFaultLogs(const char *name, PetscInt64 n, PetscReal log_v[]);
/** The same of a field's cells on this rank. Not collective. */
PETSC_EXTERN PetscErrorCode OttoFaultVec(const char *name, Vec v);
/** Whether that fault is set: for what is left out. Not collective. */
PETSC_INTERN PetscBool OttoFaultIsSet(const char *name);
#else
static inline void OttoFaultsBegin(void) {}
static inline PetscBool OttoFaultFails(const char *what)
{
  (void)what;
  return PETSC_FALSE;
}
static inline void OttoFault(const char *name, PetscInt64 n, PetscReal v[])
{
  (void)name, (void)n, (void)v;
}
static inline void OttoFaultLogs(const char *name, PetscInt64 n, PetscReal log_v[])
{
  (void)name, (void)n, (void)log_v;
}
static inline PetscErrorCode OttoFaultVec(const char *name, Vec v)
{
  (void)name, (void)v;
  return 0;
}
static inline PetscBool OttoFaultIsSet(const char *name)
{
  (void)name;
  return PETSC_FALSE;
}
#endif
