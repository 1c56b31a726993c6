#define _GNU_SOURCE
#include "part.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int OttoPartCreate(const char *path)
{
  if (unlink(path) && errno != ENOENT) return -1;
  return open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
}

FILE *OttoPartOpen(const char *path)
{
  const int descriptor = OttoPartCreate(path);
  FILE *f = descriptor < 0 ? NULL : fdopen(descriptor, "w");

  if (descriptor >= 0 && !f) close(descriptor);
  return f;
}
