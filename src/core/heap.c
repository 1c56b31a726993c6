#include "heap.h"
#include "fault.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LINE 64

static PetscErrorCode NoMemory(size_t bytes, int line, const char *function, const char *file)
{
  return PetscError(PETSC_COMM_SELF, line, function, file, PETSC_ERR_MEM, PETSC_ERROR_INITIAL,
                    "no memory for %zu bytes", bytes);
}

static void *Get(size_t bytes)
{
  void *memory = NULL;

  if (OttoFaultFails("memory") || posix_memalign(&memory, LINE, bytes)) return NULL;
  return memory;
}

static PetscErrorCode Allocate(size_t bytes, PetscBool clear, int line, const char *function,
                               const char *file, void **memory)
{
  *memory = bytes ? Get(bytes) : NULL;
  if (bytes && !*memory) return NoMemory(bytes, line, function, file);
  if (bytes && clear) memset(*memory, 0, bytes);
  return 0;
}

static PetscErrorCode Free(void *memory, int line, const char *function, const char *file)
{
  (void)line, (void)function, (void)file;
  free(memory);
  return 0;
}

/* What the C library makes larger it may put anywhere. */
static PetscErrorCode Reallocate(size_t bytes, int line, const char *function, const char *file,
                                 void **memory)
{
  void *more = NULL, *aligned = NULL;

  if (!bytes) {
    free(*memory);
    *memory = NULL;
    return 0;
  }
  if (!OttoFaultFails("memory")) more = realloc(*memory, bytes);
  if (!more) return NoMemory(bytes, line, function, file);
  *memory = more;
  if ((uintptr_t)more % LINE == 0) return 0;
  if (!(aligned = Get(bytes))) return NoMemory(bytes, line, function, file);
  memcpy(aligned, more, bytes);
  free(more);
  *memory = aligned;
  return 0;
}

PetscErrorCode OttoHeapBegin(void)
{
  PetscBool initialized = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(PetscInitialized(&initialized));
  if (!initialized) PetscCall(PetscMallocSet(Allocate, Free, Reallocate));
  PetscFunctionReturn(0);
}
