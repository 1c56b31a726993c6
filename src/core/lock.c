#define _GNU_SOURCE
#include "lock.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static int held = -1;
static char path[PETSC_MAX_PATH_LEN + 16];

void OttoLockDrop(void)
{
  if (held < 0) return;
  unlink(path); /* while it is locked: nobody else's can be meant */
  close(held);
  held = -1;
}

/* A file system of this machine alone, whose locks are seen by all who see its files. */
static PetscBool IsLocal(int descriptor)
{
  static const unsigned long local[] = {0xEF53 /* ext */,         0x58465342 /* xfs */,
                                        0x9123683E /* btrfs */,   0x01021994 /* tmpfs */,
                                        0x794C7630 /* overlay */, 0x2FC12FC1 /* zfs */};
  struct statfs info;

  if (fstatfs(descriptor, &info)) return PETSC_FALSE;
  for (size_t i = 0; i < sizeof local / sizeof local[0]; i++)
    if ((unsigned long)info.f_type == local[i]) return PETSC_TRUE;
  return PETSC_FALSE;
}

typedef struct {
  char host[256];
  long pid;       /* 0: nobody's */
  long job, turn; /* of Slurm, or 0; how often that job had been queued again */
} Owner;

static long NumberOf(const char *variable)
{
  const char *text = getenv(variable);
  return text ? strtol(text, NULL, 10) : 0;
}

/* "host pid job turn" of whoever wrote the file. */
static void ReadOwner(int descriptor, Owner *owner)
{
  char text[400] = "";

  memset(owner, 0, sizeof *owner);
  if (pread(descriptor, text, sizeof text - 1, 0) <= 0) return;
  if (sscanf(text, "%255s %ld %ld %ld", owner->host, &owner->pid, &owner->job, &owner->turn) < 2)
    memset(owner, 0, sizeof *owner);
}

/* What this very job left when its node was lost: Slurm has ended it before it began anew. */
static PetscBool IsOfEarlierTurn(const Owner *owner)
{
  const long job = NumberOf("SLURM_JOB_ID");

  return job > 0 && owner->job == job && owner->turn < NumberOf("SLURM_RESTART_COUNT");
}

static PetscErrorCode Refuse(const char *dir, const Owner *owner, PetscBool certain)
{
  const char *host = owner->host;
  const long pid = owner->pid;

  PetscFunctionBegin;
  OttoCheckInput(host[0] || !certain, "output_dir: %s is another run's, going on now (%s)", dir,
                 path);
  OttoCheckInput(!certain, "output_dir: %s is another run's, going on now: process %ld on %s (%s)",
                 dir, pid, host, path);
  OttoFail(OTTO_ERR_INPUT,
           "output_dir: %s belongs to process %ld on %s; if that no longer runs, remove %s", dir,
           pid, host, path);
}

/* The lock on an open file, or who has it. `again`: the file was removed meanwhile. */
static PetscErrorCode Lock(const char *dir, int descriptor, PetscBool *again)
{
  struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  struct stat opened, there;
  char here[256] = "";
  Owner owner;

  PetscFunctionBegin;
  *again = PETSC_FALSE;
  const int failed = fcntl(descriptor, F_SETLK, &whole) ? errno : 0;
  ReadOwner(descriptor, &owner);
  if (failed == EACCES || failed == EAGAIN) PetscCall(Refuse(dir, &owner, PETSC_TRUE));
  if (fstat(descriptor, &opened) || stat(path, &there) || opened.st_ino != there.st_ino ||
      opened.st_dev != there.st_dev) {
    *again = PETSC_TRUE;
    PetscFunctionReturn(0);
  }
  PetscCall(PetscGetHostName(here, sizeof here));
  /* no lock, or one that may hold on this host alone: what the file says decides */
  const PetscBool same = strcmp(owner.host, here) ? PETSC_FALSE : PETSC_TRUE;
  const pid_t pid = (pid_t)owner.pid;
  const PetscBool alive = pid > 0 && (!kill(pid, 0) || errno == EPERM) && pid != getpid();
  const PetscBool unseen = !same && (failed || !IsLocal(descriptor)); /* by fcntl */
  if (pid && unseen && !IsOfEarlierTurn(&owner)) PetscCall(Refuse(dir, &owner, PETSC_FALSE));
  if (pid && same && failed && alive) PetscCall(Refuse(dir, &owner, PETSC_FALSE));
  char text[400];
  const int n = snprintf(text, sizeof text, "%.255s %ld %ld %ld\n", here, (long)getpid(),
                         NumberOf("SLURM_JOB_ID"), NumberOf("SLURM_RESTART_COUNT"));
  if (ftruncate(descriptor, 0) || pwrite(descriptor, text, (size_t)n, 0) != n)
    OttoFail(OTTO_ERR_INPUT, "output_dir: cannot write %s: %s", path, strerror(errno));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLockTake(const char *dir)
{
  PetscBool again = PETSC_TRUE;

  PetscFunctionBegin;
  OttoLockDrop();
  snprintf(path, sizeof path, "%s/otto.lock", dir);
  while (again) {
    /* O_NONBLOCK: a FIFO of that name is no reason to wait */
    const int descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    struct stat info;
    OttoCheckInput(descriptor >= 0, "output_dir: cannot write %s: %s", path, strerror(errno));
    PetscErrorCode code = 0;
    if (fstat(descriptor, &info) || !S_ISREG(info.st_mode))
      code = OttoRaise(__LINE__, PETSC_FUNCTION_NAME, __FILE__, OTTO_ERR_INPUT,
                       "output_dir: %s is not a file of a run; nothing is replaced", path);
    else
      code = Lock(dir, descriptor, &again);
    if (code || again)
      close(descriptor);
    else
      held = descriptor;
    PetscCall(code);
  }
  PetscFunctionReturn(0);
}
