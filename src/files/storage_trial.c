/* Reading by a process of its own: HDF5 may crash, or go round for ever, in a file that is damaged
 * or made to harm; then only that process ends.
 *
 * It is forked from a rank of MPI, which some networks do not like (OpenMPI warns of it there), so
 * it does as little as it can: HDF5 without MPI-IO, on a file opened by this process alone, memory
 * (the C library keeps it sound across fork()) and a pipe; no call of MPI (HDF5 asks it whether it
 * runs), PETSc or FFTW, no buffer of another rank, and _exit() rather than what ends a program.
 * HDF5 itself calls MPI when its library starts, so the parent has started it before
 * (OttoQuietBegin()). Memory that a network card writes into stays the parent's on kernels that
 * copy pinned pages for the child (5.12 and later); on older ones the network's own library must be
 * told of forks (RDMAV_FORK_SAFE=1), or OTTO_FORK=no reads without this precaution. So does a rank
 * to which the system gives no process.
 */
#define _GNU_SOURCE
#include "storage_impl.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE 60   /* s */
#define SLOW_DISK 1e7 /* bytes a second */

static PetscBool apart; /* this is a child */

void OttoStorageGoOn(PetscReal bytes)
{
  if (apart) alarm((unsigned)PetscMin(1e9, PATIENCE + bytes / SLOW_DISK));
}

const char *OttoStorageTrialWords(OttoStorageTrial trial)
{
  switch (trial) {
  case OTTO_STORAGE_FATAL:
    return "cannot be read: the file is damaged (HDF5 crashes in it)";
  case OTTO_STORAGE_ENDLESS:
    return "cannot be read: the file is damaged (HDF5 comes to no end in it)";
  case OTTO_STORAGE_KILLED:
    return "cannot be read: the process that read it was killed (is there memory enough?)";
  default:
    return "";
  }
}

static PetscBool Write(int out, const char *bytes, size_t size)
{
  while (size) {
    ssize_t n = write(out, bytes, size);
    if (n < 0 && errno != EINTR) return PETSC_FALSE;
    if (n > 0) bytes += n, size -= (size_t)n;
  }
  return PETSC_TRUE;
}

static PetscBool Read(int in, char *bytes, size_t size)
{
  while (size) {
    ssize_t n = read(in, bytes, size);
    if (n == 0 || (n < 0 && errno != EINTR)) return PETSC_FALSE;
    if (n > 0) bytes += n, size -= (size_t)n;
  }
  return PETSC_TRUE;
}

/* The child: looks, hands over what it found, and is gone. Handlers are the parent's affair,
 * whatever they do; so is an end in order, which is asked of all processes at once. */
static void Look(OttoStorageLook look, void *context, int count, const OttoStorageResult result[],
                 int out)
{
  static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM, SIGPIPE};
  static const int requests[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
  int nowhere = open("/dev/null", O_WRONLY);

  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) signal(faults[i], SIG_DFL);
  for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) signal(requests[i], SIG_IGN);
  if (nowhere >= 0) {
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
  }
  apart = PETSC_TRUE;
  OttoStorageGoOn(0);
  look(context);
  alarm(0); /* from here on it is the parent that takes its time */
  for (int i = 0; i < count; i++)
    if (!Write(out, (const char *)result[i].bytes, result[i].size)) _exit(1);
  _exit(0);
}

static pid_t Fork(void)
{
  const char *wish = getenv("OTTO_FORK");
  return wish && !strcmp(wish, "no") ? -1 : fork();
}

OttoStorageTrial OttoStorageTry(OttoStorageLook look, void *context, int count,
                                const OttoStorageResult result[])
{
  int ends[2], status = 0, arrived = 0;
  pid_t child = -1;

  if (!pipe2(ends, O_CLOEXEC)) {
    child = Fork();
    if (child == 0) Look(look, context, count, result, ends[1]);
    close(ends[1]);
    if (child < 0) close(ends[0]);
  }
  if (child < 0) { /* no process to be had: without the precaution */
    look(context);
    return OTTO_STORAGE_SEEN;
  }
  while (arrived < count && Read(ends[0], (char *)result[arrived].bytes, result[arrived].size))
    arrived++;
  close(ends[0]);
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (arrived == count) return OTTO_STORAGE_SEEN;
  for (int i = 0; i < count; i++) memset(result[i].bytes, 0, result[i].size); /* half of it */
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) return OTTO_STORAGE_ENDLESS;
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? OTTO_STORAGE_KILLED
                                                            : OTTO_STORAGE_FATAL;
}
