/* What the host offers: memory. */
#include <otto/otto.h>
#include <math.h>
#include <stdio.h>
#include <petscblaslapack.h>
#include <sys/resource.h>

#define ORDER 128               /* of equations large enough for the BLAS to want its buffer */
#define BLAS_BUFFER (140 << 20) /* bytes: OpenBLAS takes 128 MiB */

/* A number of kB after `name` in a file of /proc; INFINITY where there is none. */
static double ReadKilobytes(const char *path, const char *name)
{
  char line[128], format[64];
  double kib = INFINITY;
  FILE *f = fopen(path, "r");

  snprintf(format, sizeof format, "%s %%lf", name);
  while (f && fgets(line, sizeof line, f))
    if (sscanf(line, format, &kib) == 1) break;
  if (f) fclose(f);
  return 1024 * kib;
}

void OttoFreeMemory(PetscReal *of_node, PetscReal *of_process)
{
  const double used = ReadKilobytes("/proc/self/status", "VmSize:");
  struct rlimit limit;

  *of_node = ReadKilobytes("/proc/meminfo", "MemAvailable:");
  *of_process = INFINITY;
  if (!getrlimit(RLIMIT_AS, &limit) && limit.rlim_cur != RLIM_INFINITY && isfinite(used))
    *of_process = fmax(0, (double)limit.rlim_cur - used);
}

PetscErrorCode OttoClaimMemory(void)
{
  PetscBLASInt n = ORDER, one = 1, info, *pivots;
  PetscScalar *a;
  PetscReal of_node = 0, of_process = 0;

  PetscFunctionBegin;
  OttoFreeMemory(&of_node, &of_process);
  if (of_process < BLAS_BUFFER)
    OttoFail(PETSC_ERR_MEM,
             "%.3g MB are left of the limit of a process (ulimit -v), %.3g MB are needed",
             of_process / 1e6, BLAS_BUFFER / 1e6);
  PetscCall(PetscCalloc2(ORDER * (ORDER + 1), &a, ORDER, &pivots));
  for (int i = 0; i < ORDER; i++) a[i * (ORDER + 1)] = 1;
  LAPACKgesv_(&n, &one, a, &n, pivots, a + ORDER * ORDER, &n, &info);
  PetscCall(PetscFree2(a, pivots));
  PetscFunctionReturn(0);
}
