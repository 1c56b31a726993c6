/* A first look at a file by a process of its own: HDF5 may crash, or go round for ever, in a file
 * that is damaged or made to harm; then only that process ends. */
#define _GNU_SOURCE
#include "storage_impl.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE 60 /* s */

/* The child: looks, hands over what it found, and is gone. */
static void Look(OttoStorageLook look, void *context, const void *result, size_t size, int out)
{
  /* handlers are the parent's affair, whatever they do */
  static const int own[] = {SIGSEGV, SIGBUS, SIGFPE,  SIGILL, SIGABRT,
                            SIGALRM, SIGINT, SIGTERM, SIGHUP, SIGUSR1};
  const char *bytes = (const char *)result;
  int nowhere = open("/dev/null", O_WRONLY);

  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) signal(own[i], SIG_DFL);
  if (nowhere >= 0) {
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
  }
  alarm(PATIENCE);
  look(context);
  while (size) {
    ssize_t n = write(out, bytes, size);
    if (n < 0 && errno != EINTR) break;
    if (n > 0) bytes += n, size -= (size_t)n;
  }
  _exit(size ? 1 : 0);
}

OttoStorageTrial OttoStorageTry(OttoStorageLook look, void *context, void *result, size_t size)
{
  int ends[2], status = 0;
  char *bytes = (char *)result;
  size_t left = size;
  pid_t child = -1;

  if (!pipe2(ends, O_CLOEXEC)) {
    child = fork();
    if (child == 0) Look(look, context, result, size, ends[1]);
    close(ends[1]);
    if (child < 0) close(ends[0]);
  }
  if (child < 0) { /* no process to be had: without the precaution */
    look(context);
    return OTTO_STORAGE_SEEN;
  }
  while (left) {
    ssize_t n = read(ends[0], bytes, left);
    if (n == 0 || (n < 0 && errno != EINTR)) break;
    if (n > 0) bytes += n, left -= (size_t)n;
  }
  close(ends[0]);
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (left == 0) return OTTO_STORAGE_SEEN;
  memset(result, 0, size); /* what arrived is half of it */
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? OTTO_STORAGE_ENDLESS
                                                            : OTTO_STORAGE_FATAL;
}
