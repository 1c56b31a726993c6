/* A small table of a run beside its series, written at once. */
#include "core/part.h"
#include "record_impl.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static PetscErrorCode Write(OttoRecord r, const char *name, PetscInt columns,
                            const char *const heads[], PetscInt rows, const PetscReal values[])
{
  char path[PETSC_MAX_PATH_LEN + 64], part[PETSC_MAX_PATH_LEN + 80];

  PetscFunctionBegin;
  snprintf(path, sizeof path, "%s/%s.csv", r->dir, name);
  snprintf(part, sizeof part, "%s.part", path);
  FILE *f = OttoPartOpen(part);
  if (!f) OttoFail(OTTO_ERR_FILE, "cannot write %s: %s", part, strerror(errno));
  for (PetscInt i = 0; i < columns; i++) fprintf(f, "%s%s", i ? "," : "", heads[i]);
  for (PetscInt k = 0; k < rows * columns; k++)
    fprintf(f, "%s%.17g", k % columns ? "," : "\n", (double)values[k]);
  fputc('\n', f);
  const PetscBool bad = ferror(f) ? PETSC_TRUE : PETSC_FALSE;
  if (fclose(f) || bad || rename(part, path)) {
    unlink(part);
    OttoFail(OTTO_ERR_FILE, "cannot write %s: %s", path, strerror(errno));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordTable(OttoRecord r, const char *name, PetscInt columns,
                               const char *const heads[], PetscInt rows, const PetscReal values[])
{
  PetscFunctionBegin;
  PetscCall(OttoAgree(r->comm, r->rank == 0 ? Write(r, name, columns, heads, rows, values) : 0));
  PetscFunctionReturn(0);
}
