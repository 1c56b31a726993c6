/* Reading a checkpoint. Every rank opens the file by itself, and asks for what its boxes hold when
 * an object takes it over; rank 0 reads numbers and texts for all. */
#include "checkpoint_impl.h"
#include "core/fault.h"
#include "core/message.h"
#include <stdlib.h>

#define SLAB ((hsize_t)1 << 20) /* values that are looked at in one piece */

typedef struct {
  char path[PETSC_MAX_PATH_LEN + 32];
  hid_t file;
  PetscInt count;
  OttoKeptField *field; /* [count] */
} Reader;

/* What is wrong with a file is no failure of the program: it is said in `why`. Takes no part in
 * what other ranks do. */
typedef struct {
  char *why;
  size_t size;
} Fault;

static PetscBool Wrong(const Fault *fault, const char *format, const char *what)
{
  if (!fault->why[0]) snprintf(fault->why, fault->size, format, what);
  return PETSC_FALSE;
}

/* What one rank has found is known to all. Collective. */
static PetscErrorCode Share(MPI_Comm comm, const Fault *fault)
{
  PetscMPIInt rank, size, first;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  first = fault->why[0] ? rank : size;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &first, 1, MPI_INT, MPI_MIN, comm));
  if (first < size)
    PetscCallMPI(MPI_Bcast(fault->why, (PetscMPIInt)fault->size, MPI_CHAR, first, comm));
  PetscFunctionReturn(0);
}

static PetscBool ReadNumber(hid_t object, const char *name, hid_t type, void *value)
{
  hid_t attribute = H5Aexists(object, name) > 0 ? H5Aopen(object, name, H5P_DEFAULT) : -1;
  hid_t space = attribute < 0 ? -1 : H5Aget_space(attribute);
  const PetscBool good =
      space >= 0 && H5Sget_simple_extent_npoints(space) == 1 && H5Aread(attribute, type, value) >= 0
          ? PETSC_TRUE
          : PETSC_FALSE;

  if (space >= 0) H5Sclose(space);
  if (attribute >= 0) H5Aclose(attribute);
  return good;
}

/* Sizes of a dataset, which is to have `dim` of them (0: as many as it has, at most most). */
static PetscBool ReadSizes(hid_t data, int dim, int most, hsize_t n[], int *found)
{
  hid_t space = H5Dget_space(data);
  const int has = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
  const PetscBool good = has > 0 && has <= most && (dim == 0 || has == dim) &&
                                 H5Sget_simple_extent_dims(space, n, NULL) == has
                             ? PETSC_TRUE
                             : PETSC_FALSE;

  if (space >= 0) H5Sclose(space);
  *found = has;
  return good;
}

/* ---- numbers and texts ---- */

static PetscBool ReadPackData(hid_t data, PetscInt k, OttoPack *p)
{
  uint64_t sum = 0;
  int dim = 0;

  if (!ReadSizes(data, 1, 1, &p->count, &dim) ||
      !ReadNumber(data, "checksum", H5T_NATIVE_UINT64, &sum) ||
      !(p->data = malloc((size_t)p->count * p->width + 1)))
    return PETSC_FALSE;
  ((char *)p->data)[p->count * p->width] = 0;
  if (p->count && H5Dread(data, OttoPackType(k), H5S_ALL, H5S_ALL, H5P_DEFAULT, p->data) < 0)
    return PETSC_FALSE;
  return OttoCheckpointSum(p->data, p->width, p->count, 0) == sum ? PETSC_TRUE : PETSC_FALSE;
}

/* Rank 0: all of them, with their checksums. */
static PetscBool ReadPacks(hid_t file, OttoPack packs[OTTO_PACKS], const Fault *fault)
{
  for (PetscInt k = 0; k < OTTO_PACKS; k++) {
    hid_t data = H5Dopen2(file, packs[k].name, H5P_DEFAULT);
    const PetscBool good = data >= 0 ? ReadPackData(data, k, &packs[k]) : PETSC_FALSE;
    if (data >= 0) H5Dclose(data);
    if (!good) return Wrong(fault, "is damaged (dataset %s)", packs[k].name);
  }
  return PETSC_TRUE;
}

/* All ranks have all but the contents of files. */
static PetscErrorCode SharePacks(MPI_Comm comm, OttoPack packs[OTTO_PACKS])
{
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  for (PetscInt k = 0; k < OTTO_PACKS; k++) {
    OttoPack *p = &packs[k];
    PetscInt64 count = (PetscInt64)p->count;
    PetscCallMPI(MPI_Bcast(&count, 1, MPIU_INT64, 0, comm));
    p->count = (hsize_t)count;
    if (k == OTTO_PACK_CONTENTS) continue;
    PetscErrorCode code = 0;
    if (rank && !(p->data = calloc((size_t)p->count * p->width + 1, 1))) code = PETSC_ERR_MEM;
    PetscCall(OttoAgree(comm, code));
    PetscCall(OttoMessageSpread(p->data, (PetscInt64)(p->count * p->width), 0, comm));
  }
  PetscFunctionReturn(0);
}

/* ---- fields ---- */

/* What the dataset of a field is. */
static PetscBool LookAtField(hid_t data, const char *name, PetscInt64 count, OttoKeptField *field)
{
  hsize_t n[OTTO_CHECKPOINT_AXES];
  PetscInt64 values = 1;
  int dim = 0;

  *field = (OttoKeptField){.dim = 0};
  snprintf(field->name, sizeof field->name, "%s", name);
  if (!ReadSizes(data, 0, OTTO_CHECKPOINT_AXES, n, &dim) || dim < 2 ||
      !ReadNumber(data, "dealt", H5T_NATIVE_INT64, &field->dealt))
    return PETSC_FALSE;
  field->dim = dim;
  for (int j = 0; j < dim; j++) values *= field->n[j] = (PetscInt64)n[j];
  return values == count ? PETSC_TRUE : PETSC_FALSE;
}

/* Sum of this rank's share of a field: consecutive rows of its first two sizes. */
static PetscBool SumShare(hid_t data, const OttoKeptField *f, PetscMPIInt rank, PetscMPIInt size,
                          PetscScalar *room, uint64_t *sum)
{
  hsize_t at[OTTO_CHECKPOINT_AXES] = {0}, count[OTTO_CHECKPOINT_AXES], row = 1;
  const hsize_t rows = (hsize_t)(f->n[0] * f->n[1]);

  for (PetscInt j = 2; j < f->dim; j++) row *= count[j] = (hsize_t)f->n[j];
  const hsize_t last = rows * (hsize_t)(rank + 1) / (hsize_t)size;
  for (hsize_t i = rows * (hsize_t)rank / (hsize_t)size; i < last; i += count[1]) {
    at[0] = i / (hsize_t)f->n[1];
    at[1] = i % (hsize_t)f->n[1];
    count[0] = 1;
    count[1] = PetscMin(PetscMin(PetscMax(SLAB / PetscMax(row, 1), 1), last - i),
                        (hsize_t)f->n[1] - at[1]);
    if (!OttoKeptFieldMove(data, f, at, count, PETSC_FALSE, room)) return PETSC_FALSE;
    *sum += OttoCheckpointSum(room, sizeof *room, count[1] * row, i * row);
  }
  return PETSC_TRUE;
}

/* One field, by all ranks. Collective. */
static PetscErrorCode CheckField(MPI_Comm comm, hid_t group, PetscInt i, OttoKeptField *f,
                                 const char *name, PetscInt64 values, const Fault *fault)
{
  PetscMPIInt rank, size;
  uint64_t sum = 0, kept = 0;
  PetscScalar *room = NULL;
  hsize_t row = 1;
  char number[32];

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  snprintf(number, sizeof number, "%lld", (long long)i);
  const hid_t data = H5Dopen2(group, number, H5P_DEFAULT);
  PetscBool good = data >= 0 && LookAtField(data, name, values, f) &&
                           ReadNumber(data, "checksum", H5T_NATIVE_UINT64, &kept)
                       ? PETSC_TRUE
                       : PETSC_FALSE;
  for (PetscInt j = 2; j < f->dim; j++) row *= (hsize_t)f->n[j];
  if (good) good = (PetscBool) !!(room = malloc((size_t)PetscMax(SLAB, row) * sizeof *room));
  if (good) good = SumShare(data, f, rank, size, room, &sum);
  free(room);
  if (data >= 0) H5Dclose(data);
  if (!good) Wrong(fault, "is damaged (field %s)", name);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_UINT64_T, MPI_SUM, comm));
  if (good && sum != kept) Wrong(fault, "is damaged (values of field %s)", name);
  PetscCall(Share(comm, fault));
  PetscFunctionReturn(0);
}

/* An object takes a field over: this rank's box of it. */
static PetscErrorCode ReadPart(Reader *r, PetscInt i, const OttoKeptField *mine, const hsize_t at[],
                               const hsize_t count[], PetscScalar values[])
{
  const OttoKeptField *f = &r->field[i];
  PetscBool same = f->dim == mine->dim && f->dealt == mine->dealt ? PETSC_TRUE : PETSC_FALSE;
  char name[48];

  PetscFunctionBegin;
  OttoCheckInput(f->dealt == mine->dealt || !f->dealt || !mine->dealt,
                 "%s was kept by %lld ranks, and belongs to those alone; now there are %lld",
                 f->name, (long long)f->dealt, (long long)mine->dealt);
  for (PetscInt j = 0; j < f->dim && same; j++)
    if (f->n[j] != mine->n[j]) same = PETSC_FALSE;
  OttoCheckInput(same, "%s was kept on another grid", f->name);
  snprintf(name, sizeof name, "fields/%lld", (long long)i);
  const hid_t data = H5Dopen2(r->file, name, H5P_DEFAULT);
  const PetscBool good = data >= 0 && !OttoFaultFails("checkpoint")
                             ? OttoKeptFieldMove(data, f, at, count, PETSC_FALSE, values)
                             : PETSC_FALSE;
  if (data >= 0) H5Dclose(data);
  if (!good) OttoFail(OTTO_ERR_FILE, "cannot read %s of %s", f->name, r->path);
  PetscFunctionReturn(0);
}

static PetscErrorCode ReadField(const char *name, Vec v, void *context)
{
  Reader *r = (Reader *)context;
  OttoKeptField mine;
  hsize_t at[OTTO_CHECKPOINT_AXES], count[OTTO_CHECKPOINT_AXES];
  PetscScalar *values;
  PetscInt i = 0;

  PetscFunctionBegin;
  while (i < r->count && strcmp(r->field[i].name, name)) i++;
  PetscCheck(i < r->count, PETSC_COMM_SELF, PETSC_ERR_PLIB, "no field %s", name);
  PetscCall(OttoKeptFieldOf(name, v, &mine, at, count));
  PetscCall(VecGetArrayWrite(v, &values));
  OttoQuiet before = OttoQuietBegin();
  const PetscErrorCode code =
      OttoAgree(PetscObjectComm((PetscObject)v), ReadPart(r, i, &mine, at, count, values));
  OttoQuietEnd(before);
  PetscCall(VecRestoreArrayWrite(v, &values));
  PetscFunctionReturn(code);
}

static PetscErrorCode Close(void *context)
{
  Reader *r = (Reader *)context;

  PetscFunctionBegin;
  if (r->file >= 0) H5Fclose(r->file);
  PetscCall(PetscFree(r->field));
  PetscCall(PetscFree(r));
  PetscFunctionReturn(0);
}

/* ---- the whole ---- */

/* A line of the index: kind, count, name. */
static PetscBool ReadLine(char **line, OttoKeepEntry *e)
{
  char *end = strchr(*line, '\n'), *name = NULL;

  if (!end) return PETSC_FALSE;
  *end = 0;
  e->kind = (OttoKeepKind)strtol(*line, &name, 10);
  e->count = strtoll(name, &name, 10);
  e->name = *name == ' ' ? name + 1 : name;
  *line = end + 1;
  return e->count >= 0 && *name == ' ' && e->kind <= OTTO_KEEP_VEC ? PETSC_TRUE : PETSC_FALSE;
}

/* So much of a pack, from where the last one ended; NULL beyond its end. */
static void *Take(OttoPack *p, hsize_t *at, PetscInt64 count)
{
  char *here = p->data ? (char *)p->data + *at * p->width : NULL;

  *at += (hsize_t)count;
  return *at <= p->count ? here : NULL;
}

static PetscErrorCode AddLetters(OttoKeep keep, const OttoKeepEntry *e, const char *letters)
{
  char *text = NULL;

  PetscFunctionBegin;
  if (letters) {
    PetscCall(PetscMalloc1(e->count + 1, &text));
    memcpy(text, letters, (size_t)e->count);
    text[e->count] = 0;
  }
  if (e->kind == OTTO_KEEP_CONTENTS)
    PetscCall(OttoKeepContents(keep, e->name, &text));
  else if (text)
    PetscCall(OttoKeepText(keep, e->name, (size_t)e->count + 1, text));
  PetscCall(PetscFree(text));
  PetscFunctionReturn(0);
}

/* What the index lists goes into the keep; fields are checked. Collective. */
static PetscErrorCode Fill(MPI_Comm comm, Reader *r, OttoPack packs[OTTO_PACKS], OttoKeep keep,
                           const Fault *fault)
{
  hsize_t at[OTTO_PACKS] = {0};
  char *line = (char *)packs[OTTO_PACK_INDEX].data;
  OttoKeepEntry e = {0};
  PetscInt fields = 0;

  PetscFunctionBegin;
  const hid_t group = H5Gopen2(r->file, "fields", H5P_DEFAULT);
  for (const char *c = line; *c; c++) fields += *c == '\n';
  PetscCall(PetscCalloc1(fields + 1, &r->field));
  if (group < 0) Wrong(fault, "is damaged (%s)", "fields");
  PetscCall(Share(comm, fault));
  while (*line && !fault->why[0]) {
    PetscBool good = ReadLine(&line, &e);
    void *data = NULL;
    if (good && e.kind == OTTO_KEEP_VEC) {
      PetscCall(CheckField(comm, group, r->count, &r->field[r->count], e.name, e.count, fault));
      r->count++;
      PetscCall(OttoKeepExpect(keep, e.name, e.count));
      continue;
    }
    const PetscInt k = e.kind == OTTO_KEEP_REALS  ? OTTO_PACK_REALS
                       : e.kind == OTTO_KEEP_INTS ? OTTO_PACK_INTS
                       : e.kind == OTTO_KEEP_TEXT ? OTTO_PACK_TEXTS
                                                  : OTTO_PACK_CONTENTS;
    if (good) data = Take(&packs[k], &at[k], e.count);
    if (at[k] > packs[k].count) good = PETSC_FALSE;
    if (!good) Wrong(fault, "is damaged (%s)", "index"); /* the same on all ranks */
    if (!good) break;
    if (k == OTTO_PACK_REALS)
      PetscCall(OttoKeepReals(keep, e.name, e.count, (PetscReal *)data));
    else if (k == OTTO_PACK_INTS)
      PetscCall(OttoKeepInts(keep, e.name, e.count, (PetscInt64 *)data));
    else
      PetscCall(AddLetters(keep, &e, (const char *)data));
  }
  if (group >= 0) H5Gclose(group);
  PetscFunctionReturn(0);
}

/* Whether the file is another Otto's: of another form, or of numbers that may be others. It is no
 * less whole for that, and nothing is begun in its place. */
static PetscBool IsOthers(hid_t file, PetscInt64 version, const Fault *fault)
{
  char otto[64] = "", what[120];

  OttoStorageReadText(file, "otto_version", otto, sizeof otto);
  if (version == OTTO_CHECKPOINT_VERSION && !strcmp(otto, OTTO_VERSION)) return PETSC_FALSE;
  snprintf(what, sizeof what, "%.60s (version %lld of the file)", otto, (long long)version);
  Wrong(fault, "is of Otto %s", what);
  return PETSC_TRUE;
}

/* This rank's view of the file. Rank 0 reads all but fields. */
static void OpenOne(Reader *r, PetscMPIInt rank, OttoPack packs[OTTO_PACKS], const Fault *fault,
                    PetscBool *others)
{
  PetscInt64 version = 0;

  r->file = OttoStorageOpenSerial(r->path);
  if (r->file < 0) {
    Wrong(fault, "is damaged, or cut short (%s)", "HDF5 cannot open it");
    return;
  }
  if (!ReadNumber(r->file, "version", H5T_NATIVE_INT64, &version)) {
    Wrong(fault, "is damaged (%s)", "its version");
    return;
  }
  *others = IsOthers(r->file, version, fault);
  if (!*others && rank == 0) ReadPacks(r->file, packs, fault);
}

static PetscErrorCode FreePacks(OttoPack packs[OTTO_PACKS])
{
  for (PetscInt k = 0; k < OTTO_PACKS; k++) free(packs[k].data);
  return 0;
}

PetscErrorCode OttoCheckpointReadFile(MPI_Comm comm, const char *path, OttoKeep *keep, char why[],
                                      size_t size)
{
  const Fault fault = {.why = why, .size = size};
  OttoPack packs[OTTO_PACKS];
  PetscBool others = PETSC_FALSE;
  PetscMPIInt rank;
  Reader *r;

  PetscFunctionBegin;
  *keep = NULL;
  why[0] = 0;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  OttoPacksBegin(packs);
  PetscCall(PetscNew(&r));
  snprintf(r->path, sizeof r->path, "%s", path);
  OpenOne(r, rank, packs, &fault, &others);
  PetscCall(OttoKeepCreate(keep));
  PetscCall(OttoKeepSetReader(*keep, ReadField, Close, r));
  PetscCall(Share(comm, &fault));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &others, 1, MPIU_BOOL, MPI_LOR, comm));
  PetscErrorCode code = 0;
  if (others)
    code = OttoRaise(__LINE__, PETSC_FUNCTION_NAME, __FILE__, OTTO_ERR_INPUT,
                     "restart: %s %s; this is Otto " OTTO_VERSION
                     ", whose numbers may be others: go on with that one, or begin anew without "
                     "restart (output_overwrite)",
                     path, why);
  if (!why[0]) {
    code = SharePacks(comm, packs);
    if (!code) code = Fill(comm, r, packs, *keep, &fault);
  }
  PetscCall(FreePacks(packs));
  if (!code) PetscCall(OttoKeepSetDirection(*keep, OTTO_KEEP_TAKE));
  if (why[0]) PetscCall(OttoStorageEndSilently());
  if (code || why[0]) PetscCall(OttoKeepDestroy(keep));
  PetscFunctionReturn(code);
}
