#define _GNU_SOURCE
#include "part.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
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

PetscBool OttoPartHasRoom(int descriptor, off_t total, PetscReal more)
{
  struct statvfs info;
  struct rlimit limit;

  if (!getrlimit(RLIMIT_FSIZE, &limit) && (PetscReal)total > (PetscReal)limit.rlim_cur) {
    errno = EFBIG;
    return PETSC_FALSE;
  }
  if (!fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, total)) return PETSC_TRUE;
  if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG) return PETSC_FALSE;
  if (fstatvfs(descriptor, &info)) return PETSC_TRUE;
  errno = ENOSPC;
  return (PetscReal)info.f_bavail * (PetscReal)info.f_frsize >= more ? PETSC_TRUE : PETSC_FALSE;
}
