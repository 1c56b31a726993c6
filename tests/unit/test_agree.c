/* ranks: 1 2 3
 * Failures that not all ranks see. `test_agree alone <rank>` fails on one rank alone while the
 * others wait for it elsewhere, in a barrier, or, `… alone <rank> library`, in what looks most like
 * agreement: for tests/driver/test_alone.py, which looks at what comes of it. */
#include "test.h"
#include <otto/signals.h>
#include <stdlib.h>

static PetscErrorCode Fail(PetscMPIInt rank)
{
  PetscFunctionBegin;
  OttoFail(OTTO_ERR_INPUT, "key: rank %d cannot", rank);
}

static PetscErrorCode TestSoon(void)
{
  PetscMPIInt rank, size;
  char said[40];

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  TestTrue(OttoAgreeSoon(PETSC_COMM_WORLD, 0) == 0, "nobody fails");
  for (PetscMPIInt who = 0; who < size; who++) {
    snprintf(said, sizeof said, "key: rank %d cannot", who);
    PetscErrorCode code = OttoAgreeSoon(PETSC_COMM_WORLD, rank >= who ? Fail(rank) : 0);
    TestTrue(code == OTTO_ERR_INPUT, "the failure of one is all ranks'");
    TestTrue(!strcmp(OttoErrorMessage(), said), "with the message of the first");
    TestTrue(OttoErrorAgreed(), "all ranks know");
    OttoErrorClear();
  }
  PetscFunctionReturn(0);
}

/* What PETSc refuses on one rank. */
static PetscErrorCode Refuse(PetscMPIInt rank)
{
  PetscFunctionBegin;
  PetscCheck(rank, PETSC_COMM_SELF, PETSC_ERR_FILE_OPEN, "Cannot open PetscViewer file: y");
  PetscFunctionReturn(0);
}

static PetscErrorCode Read(PetscMPIInt rank)
{
  PetscFunctionBegin;
  OttoOptionsPetsc(PETSC_COMM_WORLD, Refuse(rank));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestOptions(void)
{
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  TestFails(Read(rank), OTTO_ERR_INPUT, "Cannot open PetscViewer file: y");
  PetscFunctionReturn(0);
}

static PetscErrorCode TestStatus(void)
{
  PetscFunctionBegin;
  TestTrue(OttoExitStatus(0) == 0 && OttoExitStatus(OTTO_ERR_INPUT) == 2, "0 and 2");
  TestTrue(OttoExitStatus(OTTO_ERR_FILE) == 3 && OttoExitStatus(PETSC_ERR_MEM) == 3, "3");
  TestTrue(OttoExitStatus(OTTO_ERR_STOPPED) == 75, "75");
  PetscFunctionReturn(0);
}

/* A minimum of 0 on the same communicator, which is no rank's failure. */
static void Library(void)
{
  PetscMPIInt mine = 0, least = 1;
  MPI_Request request;

  MPI_Iallreduce(&mine, &least, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD, &request);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
}

static int Alone(PetscMPIInt who, PetscBool library)
{
  PetscMPIInt rank = 0;
  PetscErrorCode code = OttoInitialize();

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (!code) code = OttoSignalsCatch();
  if (!code) code = OttoAgreeSoon(MPI_COMM_WORLD, 0);
  if (!code && rank == who)
    code = Fail(rank);
  else if (!code && library)
    Library();
  else if (!code)
    MPI_Barrier(MPI_COMM_WORLD); /* who failed does not come here */
  code = OttoAgreeSoon(MPI_COMM_WORLD, code);
  return OttoExitStatus(code);
}

int main(int argc, char *argv[])
{
  if (argc > 2 && !strcmp(argv[1], "alone"))
    return Alone(atoi(argv[2]), argc > 3 ? PETSC_TRUE : PETSC_FALSE);
  return TestMain({TestSoon, TestOptions, TestStatus});
}
