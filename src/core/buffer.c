#define _GNU_SOURCE /* MADV_HUGEPAGE */
#include "buffer.h"
#include "fault.h"
#include <stdlib.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

PetscErrorCode OttoBufferCreate(size_t count, PetscReal **buffer)
{
  const size_t bytes = PetscMax(1, count) * sizeof(PetscReal);
  const size_t page = bytes >= HUGE_PAGE ? HUGE_PAGE : 64;
  void *memory = NULL;

  PetscFunctionBegin;
  *buffer = NULL;
  if (OttoFaultFails("memory") || posix_memalign(&memory, page, (bytes + page - 1) / page * page))
    SETERRQ(PETSC_COMM_SELF, PETSC_ERR_MEM, "a buffer of %.1f MiB", (double)bytes / (1 << 20));
  /* Strided access to a big buffer misses the TLB at every row with pages of 4 KiB. Advice only: a
   * system without huge pages works as well, more slowly. */
  if (page == HUGE_PAGE) (void)madvise(memory, bytes, MADV_HUGEPAGE);
  *buffer = memory;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBufferDestroy(PetscReal **buffer)
{
  PetscFunctionBegin;
  free(*buffer);
  *buffer = NULL;
  PetscFunctionReturn(0);
}
