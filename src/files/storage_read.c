/* What has been read from the user's files, as sums of the values: a run that goes on reads them
 * again, and must find what it found when it began. */
#include "checkpoint_impl.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  char *what;          /* key, file, dataset and how many values */
  uint64_t sum;        /* of the values and where they stand */
  PetscBool now, kept; /* read by this process; by the run that is gone on with */
} Input;

static Input *inputs;
static PetscInt input_count;

static PetscErrorCode Forget(void)
{
  for (PetscInt i = 0; i < input_count; i++) free(inputs[i].what);
  free(inputs);
  inputs = NULL;
  input_count = 0;
  return 0;
}

/* The entry of that text; NULL: no memory. */
static Input *Find(const char *what)
{
  for (PetscInt i = 0; i < input_count; i++)
    if (!strcmp(inputs[i].what, what)) return &inputs[i];
  Input *more = realloc(inputs, (size_t)(input_count + 1) * sizeof *more);
  if (!more) return NULL;
  if (!inputs && PetscRegisterFinalize(Forget)) return NULL;
  inputs = more;
  inputs[input_count] = (Input){.what = strdup(what)};
  return inputs[input_count].what ? &inputs[input_count++] : NULL;
}

static PetscErrorCode Refuse(const Input *input)
{
  OttoFail(OTTO_ERR_INPUT,
           "%s: other values than those that the run which restart goes on with began with; give "
           "it that file again, or begin anew without restart",
           input->what);
}

PetscErrorCode OttoStorageNoteRead(MPI_Comm comm, const OttoStorageRead *read, uint64_t sum)
{
  const size_t size = strlen(read->path) + strlen(read->dataset) + 200;
  uint64_t all = 0;
  char *what;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(&sum, &all, 1, MPI_UINT64_T, MPI_SUM, comm));
  PetscCall(PetscMalloc1(size, &what));
  snprintf(what, size, "%.40s: dataset '%s' of '%s' (%lld values%s", read->key, read->dataset,
           read->path, (long long)read->values, read->timed ? ", time " : ")");
  if (read->timed) snprintf(what + strlen(what), 40, "%lld)", (long long)read->moment + 1);
  for (char *c = what; *c; c++)
    if (*c == '\n') *c = ' ';
  Input *input = Find(what);
  PetscCall(PetscFree(what));
  PetscCheck(input, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory");
  if (input->kept && input->sum != all) PetscCall(Refuse(input));
  input->sum = all;
  input->now = PETSC_TRUE;
  PetscFunctionReturn(0);
}

uint64_t OttoStorageSumRows(const PetscReal values[], PetscInt64 rows, PetscInt64 row,
                            PetscInt64 at, PetscInt64 step)
{
  uint64_t sum = 0;

  for (PetscInt64 i = 0; i < rows; i++)
    sum += OttoCheckpointSum(values + i * row, sizeof *values, (hsize_t)row,
                             (uint64_t)(at + i * step));
  return sum;
}

/* A line each: sum and what. */
static PetscErrorCode Write(char **text)
{
  size_t size = 1;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < input_count; i++) size += strlen(inputs[i].what) + 32;
  PetscCall(PetscCalloc1(size, text));
  char *at = *text;
  for (PetscInt i = 0; i < input_count; i++)
    at += sprintf(at, "%016llx %s\n", (unsigned long long)inputs[i].sum, inputs[i].what);
  PetscFunctionReturn(0);
}

/* The same lines: what this process has read already is compared. */
static PetscErrorCode Take(char *text)
{
  PetscFunctionBegin;
  for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
    char *what = NULL;
    *end = 0;
    const uint64_t sum = strtoull(line, &what, 16);
    Input *input = *what == ' ' ? Find(what + 1) : NULL;
    PetscCheck(input, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory");
    if (input->now && input->sum != sum) PetscCall(Refuse(input));
    input->sum = sum;
    input->kept = PETSC_TRUE;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStorageKeepRead(MPI_Comm comm, OttoKeep keep)
{
  PetscMPIInt rank;
  char *text = NULL;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0 && !OttoKeepTakes(keep)) PetscCall(Write(&text));
  PetscCall(OttoKeepContents(keep, "files read", &text));
  PetscErrorCode code = 0;
  if (OttoKeepTakes(keep)) {
    PetscInt64 size = rank == 0 ? (PetscInt64)strlen(text) + 1 : 0;
    PetscCallMPI(MPI_Bcast(&size, 1, MPIU_INT64, 0, comm));
    if (rank) PetscCall(PetscRealloc((size_t)size, &text));
    PetscCallMPI(MPI_Bcast(text, (PetscMPIInt)size, MPI_CHAR, 0, comm));
    code = OttoAgree(comm, Take(text));
  }
  PetscCall(PetscFree(text));
  PetscFunctionReturn(code);
}
