/* What a run has written so far, as far as a checkpoint needs it: the segments, which are closed
 * and not touched any more, and what stands in them. */
#define _GNU_SOURCE
#include "storage_segments.h"
#include "storage_write.h"
#include <otto/storage.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK (1 << 20) /* bytes summed at once */

const char *const OttoStorageNames[] = {"fields", "fields_new", NULL};

/* Whether `file` is a segment of this name, or that on which MPI-IO tries locks beside it, and its
 * number. */
static PetscBool IsSegment(const char *file, const char *name, PetscInt64 *number)
{
  const size_t n = strlen(name);
  char *end = NULL;

  if (strncmp(file, name, n) || file[n] != '.') return PETSC_FALSE;
  const char *rest = file + n + 1;
  *number = *rest >= '1' && *rest <= '9' ? strtol(rest, &end, 10) : 0;
  if (*number && *end++ != '.') return PETSC_FALSE;
  if (!*number) end = (char *)(uintptr_t)rest;
  if (!strcmp(end, "h5.part.locktest.0")) *number = -1; /* nobody's */
  return !strcmp(end, "h5.part") || *number < 0 ? PETSC_TRUE : PETSC_FALSE;
}

int OttoStorageRemoveSegments(const char *dir, const char *name, PetscInt count,
                              const PetscInt64 numbers[])
{
  DIR *folder = opendir(dir);
  char path[PATH_MAX + 300];
  struct dirent *entry;
  PetscInt64 number;
  int failed = folder ? 0 : errno;

  while (folder && (entry = readdir(folder))) {
    PetscBool needed = PETSC_FALSE;
    if (!IsSegment(entry->d_name, name, &number)) continue;
    for (PetscInt i = 0; i < count; i++)
      if (numbers[i] == number) needed = PETSC_TRUE;
    snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
    if (!needed && unlink(path) && errno != ENOENT) failed = errno;
  }
  if (folder) closedir(folder);
  errno = failed;
  return failed ? -1 : 0;
}

/* Of a block and its place in the file: FNV-1a over words, so that blocks may be summed in any
 * order. */
static uint64_t SumBlock(uint64_t place, const unsigned char bytes[], size_t count)
{
  uint64_t sum = 14695981039346656037u ^ (place * 0x9E3779B97F4A7C15u), word = 0;

  for (size_t i = 0; i < count; i += sizeof word) {
    word = 0;
    memcpy(&word, bytes + i, PetscMin(sizeof word, count - i));
    sum = (sum ^ word) * 1099511628211u;
    sum ^= sum >> 29; /* high bits come down, too */
  }
  return sum;
}

/* Bytes of a file and a sum of them, each rank's blocks by that rank; bytes -1 where it cannot be
 * read. Collective. */
static PetscErrorCode Sum(MPI_Comm comm, const char *path, PetscInt64 *bytes, PetscInt64 *sum)
{
  PetscMPIInt rank, size;
  unsigned char *block = malloc(BLOCK);
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  struct stat info = {.st_size = 0};
  uint64_t total = 0;
  PetscMPIInt good = block && file >= 0 && !fstat(file, &info) ? 1 : 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  for (off_t k = rank; good && k * BLOCK < info.st_size; k += size) {
    const size_t count = (size_t)PetscMin((off_t)BLOCK, info.st_size - k * BLOCK);
    size_t have = 0;
    while (have < count) {
      const ssize_t n = pread(file, block + have, count - have, k * BLOCK + (off_t)have);
      if (n <= 0 && !(n < 0 && errno == EINTR)) break;
      if (n > 0) have += (size_t)n;
    }
    if (have < count) good = 0;
    total += SumBlock((uint64_t)k, block, have);
  }
  if (file >= 0) close(file);
  free(block);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &total, 1, MPI_UINT64_T, MPI_SUM, comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &good, 1, MPI_INT, MPI_MIN, comm));
  *bytes = good ? (PetscInt64)info.st_size : -1;
  *sum = (PetscInt64)total;
  PetscFunctionReturn(0);
}

static PetscBool Sync(const char *path)
{
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  const PetscBool good = file >= 0 && !fsync(file) ? PETSC_TRUE : PETSC_FALSE;

  if (file >= 0) close(file);
  return good;
}

/* The file that is open becomes one that stays. */
static PetscErrorCode Settle(OttoStorage s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  OttoStorageSegment *last;

  PetscFunctionBegin;
  if (s->failure[0]) PetscCall(OttoStorageFailAgain(s));
  if (s->file < 0) PetscFunctionReturn(0);
  PetscCall(OttoStorageCloseSegment(s));
  PetscBool good = Sync(s->part); /* every rank's pages are on its own host */
  if (good && g->rank == 0) good = Sync(s->dir);
  PetscCall(OttoStorageAgree(s, good, "it cannot be brought to disk"));
  PetscCall(PetscRealloc((size_t)(s->segment_count + 1) * sizeof *last, &s->segments));
  last = &s->segments[s->segment_count++];
  last->number = s->number;
  PetscCall(Sum(g->comm, s->part, &last->bytes, &last->sum));
  PetscCall(OttoStorageAgree(s, last->bytes >= 0 ? PETSC_TRUE : PETSC_FALSE, "it cannot be read"));
  PetscFunctionReturn(0);
}

/* Names, units, sentences and scales of all entries, a line each. */
static PetscErrorCode KeepTexts(OttoStorage s, OttoKeep keep)
{
  const size_t most = (size_t)s->count * sizeof(OttoStorageEntry) + 1;
  char *text = NULL, *rest, *at;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(most, &text));
  at = text;
  for (PetscInt i = 0; i < s->count && !OttoKeepTakes(keep); i++) {
    const OttoStorageEntry *e = &s->entries[i];
    at += snprintf(at, most - (size_t)(at - text), "%s\n%s\n%s\n%s\n", e->name, e->unit, e->text,
                   e->scale);
  }
  PetscCall(OttoKeepText(keep, "texts", most, text));
  rest = text;
  for (PetscInt i = 0; i < s->count && OttoKeepTakes(keep); i++) {
    OttoStorageEntry *e = &s->entries[i];
    for (int k = 0; k < 4; k++) {
      const char *line = rest ? strsep(&rest, "\n") : "";
      if (k == 0) snprintf(e->name, sizeof e->name, "%s", line);
      if (k == 1) snprintf(e->unit, sizeof e->unit, "%s", line);
      if (k == 2) snprintf(e->text, sizeof e->text, "%s", line);
      if (k == 3) snprintf(e->scale, sizeof e->scale, "%s", line);
    }
  }
  PetscCall(PetscFree(text));
  PetscFunctionReturn(0);
}

static PetscErrorCode KeepEntries(OttoStorage s, OttoKeep keep)
{
  PetscInt64 *places;
  PetscReal *times;

  PetscFunctionBegin;
  PetscCall(OttoKeepInt(keep, "entries", &s->count));
  if (OttoKeepTakes(keep)) {
    PetscCall(PetscFree(s->entries));
    PetscCall(PetscCalloc1(s->count, &s->entries));
    s->capacity = s->count;
  }
  PetscCall(PetscMalloc2(6 * s->count, &places, 3 * s->count, &times));
  for (PetscInt i = 0; i < s->count; i++) {
    const OttoStorageEntry *e = &s->entries[i];
    const PetscInt64 place[] = {e->sample,         e->axis,  e->segment,
                                e->vector ? 1 : 0, e->other, e->bins};
    const PetscReal at[] = {e->time, e->ends[0], e->ends[1]};
    memcpy(&places[6 * i], place, sizeof place);
    memcpy(&times[3 * i], at, sizeof at);
  }
  PetscCall(OttoKeepInts(keep, "places", 6 * s->count, places));
  PetscCall(OttoKeepReals(keep, "times", 3 * s->count, times));
  for (PetscInt i = 0; i < s->count; i++) {
    OttoStorageEntry *e = &s->entries[i];
    const PetscInt64 *place = &places[6 * i];
    e->sample = (PetscInt)place[0];
    e->axis = (PetscInt)place[1];
    e->segment = (PetscInt)place[2];
    e->vector = place[3] ? PETSC_TRUE : PETSC_FALSE;
    e->other = (PetscInt)place[4];
    e->bins = place[5];
    e->time = times[3 * i];
    memcpy(e->ends, &times[3 * i + 1], sizeof e->ends);
  }
  PetscCall(PetscFree2(places, times));
  PetscCall(KeepTexts(s, keep));
  PetscFunctionReturn(0);
}

static PetscErrorCode KeepSegments(PetscInt *count, OttoStorageSegment **segments, OttoKeep keep)
{
  PetscFunctionBegin;
  PetscCall(OttoKeepInt(keep, "segments", count));
  if (OttoKeepTakes(keep)) {
    PetscCall(PetscFree(*segments));
    PetscCall(PetscCalloc1(*count, segments));
  }
  PetscCall(OttoKeepInts(keep, "files", 3 * *count, (PetscInt64 *)*segments));
  PetscFunctionReturn(0);
}

int OttoStorageRemoveOthers(OttoStorage s)
{
  PetscInt64 *numbers = malloc((size_t)(s->segment_count + 1) * sizeof *numbers);
  int failed = -1;

  for (PetscInt i = 0; numbers && i < s->segment_count; i++) numbers[i] = s->segments[i].number;
  if (numbers) failed = OttoStorageRemoveSegments(s->dir, s->name, s->segment_count, numbers);
  free(numbers);
  return failed;
}

/* Rank 0: what is younger than the checkpoint goes. */
static PetscErrorCode RemoveYounger(OttoStorage s)
{
  PetscFunctionBegin;
  if (OttoStorageRemoveOthers(s))
    OttoFail(OTTO_ERR_FILE, "cannot remove a segment in %s: %s", s->dir, strerror(errno));
  PetscFunctionReturn(0);
}

static PetscErrorCode Pass(OttoStorage s, OttoKeep keep)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);

  PetscFunctionBegin;
  if (!OttoKeepTakes(keep)) PetscCall(Settle(s));
  if (OttoKeepTakes(keep)) PetscCall(OttoStorageAbandonSegment(s)); /* of a start anew */
  PetscCall(KeepSegments(&s->segment_count, &s->segments, keep));
  PetscCall(KeepEntries(s, keep));
  PetscCall(OttoKeepInt(keep, "noted", &s->noted));
  PetscCall(OttoKeepReal(keep, "noted_time", &s->noted_time));
  PetscCall(OttoKeepText(keep, "note", sizeof s->note, s->note));
  if (OttoKeepTakes(keep)) PetscCall(OttoAgree(g->comm, g->rank == 0 ? RemoveYounger(s) : 0));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStorageKeep(OttoGrid grid, const char *dir, const char *name,
                               OttoStorage *storage, OttoKeep keep)
{
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscBool there = *storage ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(OttoKeepBegin(keep, "storage", -1));
  PetscCall(OttoKeepBegin(keep, name, -1));
  PetscCall(OttoKeepBool(keep, "there", &there));
  if (there && !*storage) PetscCall(OttoStorageNew(grid, dir, name, storage));
  OttoQuiet before = OttoQuietBegin();
  if (there) code = Pass(*storage, keep);
  OttoQuietEnd(before);
  PetscCall(code);
  PetscCall(OttoKeepEnd(keep));
  PetscCall(OttoKeepEnd(keep));
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckSegments(MPI_Comm comm, const char *dir, const char *name, OttoKeep keep,
                                    char why[], size_t size)
{
  OttoStorageSegment *segments = NULL;
  PetscBool there = PETSC_FALSE;
  PetscInt count = 0;
  PetscInt64 bytes, sum;
  char path[PATH_MAX + 80];

  PetscFunctionBegin;
  PetscCall(OttoKeepBool(keep, "there", &there));
  if (there) PetscCall(KeepSegments(&count, &segments, keep));
  for (PetscInt i = 0; i < count && !why[0]; i++) {
    OttoStorageSegmentPath(dir, name, (PetscInt)segments[i].number, path, sizeof path);
    PetscCall(Sum(comm, path, &bytes, &sum));
    if (bytes < 0)
      snprintf(why, size, "its fields in %s are not there", path);
    else if (bytes != segments[i].bytes)
      snprintf(why, size, "%s has %lld bytes, not %lld", path, (long long)bytes,
               (long long)segments[i].bytes);
    else if (sum != segments[i].sum)
      snprintf(why, size, "%s is not as it was written", path);
  }
  PetscCall(PetscFree(segments));
  PetscFunctionReturn(0);
}

static PetscErrorCode IsKept(OttoKeep keep, const char *name, PetscBool *kept)
{
  OttoKeepEntry entry;
  char there[64];

  PetscFunctionBegin;
  *kept = PETSC_FALSE;
  snprintf(there, sizeof there, "storage/%s/there", name);
  for (PetscInt i = 0; i < OttoKeepGetCount(keep) && !*kept; i++) {
    PetscCall(OttoKeepGetEntry(keep, i, &entry));
    if (!strcmp(entry.name, there)) *kept = PETSC_TRUE;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStorageCheckKept(MPI_Comm comm, const char *dir, OttoKeep keep, char why[],
                                    size_t size)
{
  PetscBool kept = PETSC_FALSE;

  PetscFunctionBegin;
  why[0] = 0;
  for (int i = 0; OttoStorageNames[i] && !why[0]; i++) {
    PetscCall(IsKept(keep, OttoStorageNames[i], &kept));
    if (!kept) continue;
    PetscCall(OttoKeepBegin(keep, "storage", -1));
    PetscCall(OttoKeepBegin(keep, OttoStorageNames[i], -1));
    PetscCall(CheckSegments(comm, dir, OttoStorageNames[i], keep, why, size));
    PetscCall(OttoKeepEnd(keep));
    PetscCall(OttoKeepEnd(keep));
  }
  PetscFunctionReturn(0);
}
