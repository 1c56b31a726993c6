/* What the host offers: memory. */
#include <otto/otto.h>
#include <math.h>
#include <stdio.h>
#include <sys/resource.h>

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
