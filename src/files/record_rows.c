/* The series as it stands in its file. */
#include "record_impl.h"
#include "core/message.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

PetscErrorCode OttoRecordReadFile(const char *path, char **text)
{
  long size = 0;

  PetscFunctionBegin;
  *text = NULL;
  FILE *f = fopen(path, "r");
  if (!f && errno == ENOENT) PetscFunctionReturn(0);
  if (!f || fseek(f, 0, SEEK_END) || (size = ftell(f)) < 0 || fseek(f, 0, SEEK_SET))
    OttoFail(OTTO_ERR_FILE, "cannot read %s: %s", path, strerror(errno));
  PetscCall(PetscCalloc1((size_t)size + 1, text));
  const size_t got = fread(*text, 1, (size_t)size, f);
  fclose(f);
  if (got != (size_t)size) OttoFail(OTTO_ERR_FILE, "cannot read %s: %s", path, strerror(errno));
  PetscFunctionReturn(0);
}

/* Rank 0's part of OttoRecordReadTimes(). */
static PetscErrorCode ReadTimes(OttoRecord r, PetscInt *count, PetscReal **times)
{
  char path[PETSC_MAX_PATH_LEN + 32], *line = NULL;
  size_t room = 0;

  PetscFunctionBegin;
  snprintf(path, sizeof path, "%s/series.csv.part", r->dir);
  FILE *f = fopen(path, "r");
  if (!f) OttoFail(OTTO_ERR_FILE, "cannot read %s: %s", path, strerror(errno));
  for (PetscInt i = -1; getline(&line, &room, f) > 0; i++) {
    PetscInt commas = 0;
    if (i < 0) continue; /* names of columns */
    for (const char *c = line; *c; c++) commas += *c == ',';
    const PetscBool whole = commas == r->columns - 1 && strchr(line, '\n');
    PetscCall(OttoListGrow(*count, sizeof **times, times));
    (*times)[(*count)++] = whole ? strtod(line, NULL) : NAN;
  }
  free(line);
  fclose(f);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordReadTimes(OttoRecord record, PetscInt *count, PetscReal **times)
{
  PetscFunctionBegin;
  *count = 0;
  *times = NULL;
  PetscCall(OttoAgree(record->comm, record->rank == 0 ? ReadTimes(record, count, times) : 0));
  PetscCallMPI(MPI_Bcast(count, 1, MPIU_INT, 0, record->comm));
  if (record->rank) PetscCall(PetscMalloc1(*count + 1, times));
  PetscCall(OttoMessageSpread(*times, *count * (PetscInt64)sizeof **times, 0, record->comm));
  PetscFunctionReturn(0);
}
