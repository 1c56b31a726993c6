/* Writing a checkpoint by parallel HDF5: structure (datasets, attributes) is collective, each rank
 * then writes what it has independently, so that a write that fails on one rank cannot leave the
 * others waiting. */
#include "checkpoint_impl.h"
#include "core/message.h"
#include "core/part.h"
#include "shared_name.h"
#include "storage_write.h"
#include <errno.h>
#include <unistd.h>

#define SPARE 65536 /* bytes of names and headers */

typedef struct {
  MPI_Comm comm;
  PetscMPIInt rank;
  const char *path;
  OttoKeep keep;
  OttoPack pack[OTTO_PACKS]; /* rank 0 has their data, all ranks their counts */
  PetscInt count;
  OttoKeptField *field; /* [count], the same on all ranks */
  hid_t file;
} Writer;

static PetscErrorCode Say(const Writer *w, const char *what)
{
  PetscFunctionBegin;
  OttoFail(OTTO_ERR_FILE, "cannot write %s: %s", w->path, what);
}

/* The error of a step, on whichever rank. Collective. */
static PetscErrorCode Agree(const Writer *w, PetscBool good, const char *what)
{
  PetscFunctionBegin;
  PetscCall(OttoAgree(w->comm, good ? 0 : Say(w, what)));
  PetscFunctionReturn(0);
}

/* ---- what there is ---- */

static PetscInt PackOf(const OttoKeepEntry *e)
{
  return e->kind == OTTO_KEEP_REALS  ? OTTO_PACK_REALS
         : e->kind == OTTO_KEEP_INTS ? OTTO_PACK_INTS
         : e->kind == OTTO_KEEP_TEXT ? OTTO_PACK_TEXTS
                                     : OTTO_PACK_CONTENTS;
}

static void Append(OttoPack *p, hsize_t count, const void *data)
{
  if (p->data && count && data)
    memcpy((char *)p->data + p->count * p->width, data, (size_t)count * p->width);
  p->count += count;
}

/* Counts, or where there is room fills. Rank 0. */
static PetscErrorCode Fill(Writer *w)
{
  OttoKeepEntry e;
  char line[OTTO_CHECKPOINT_NAME + 40];

  PetscFunctionBegin;
  w->count = 0;
  for (PetscInt k = 0; k < OTTO_PACKS; k++) w->pack[k].count = 0;
  for (PetscInt i = 0; i < OttoKeepGetCount(w->keep); i++) {
    PetscCall(OttoKeepGetEntry(w->keep, i, &e));
    const void *data = e.reals ? (const void *)e.reals : e.ints ? (const void *)e.ints : e.text;
    const int length =
        snprintf(line, sizeof line, "%d %lld %s\n", (int)e.kind, (long long)e.count, e.name);
    Append(&w->pack[OTTO_PACK_INDEX], (hsize_t)length, line);
    if (e.kind == OTTO_KEEP_VEC)
      w->count++;
    else
      Append(&w->pack[PackOf(&e)], (hsize_t)e.count, data);
  }
  PetscFunctionReturn(0);
}

/* Rank 0. */
static PetscErrorCode List(Writer *w)
{
  PetscInt count = 0;
  OttoKeepEntry e;
  hsize_t at[OTTO_CHECKPOINT_AXES], part[OTTO_CHECKPOINT_AXES];

  PetscFunctionBegin;
  PetscCall(Fill(w));
  for (PetscInt k = 0; k < OTTO_PACKS; k++)
    PetscCall(PetscMalloc((size_t)w->pack[k].count * w->pack[k].width + 1, &w->pack[k].data));
  PetscCall(Fill(w));
  PetscCall(PetscCalloc1(w->count + 1, &w->field));
  for (PetscInt i = 0; i < OttoKeepGetCount(w->keep); i++) {
    PetscCall(OttoKeepGetEntry(w->keep, i, &e));
    if (e.kind == OTTO_KEEP_VEC)
      PetscCall(OttoKeptFieldOf(e.name, e.vec, &w->field[count++], at, part));
  }
  PetscFunctionReturn(0);
}

/* All ranks know what rank 0 has: it has an entry of everything. */
static PetscErrorCode Begin(MPI_Comm comm, const char *path, OttoKeep keep, Writer *w)
{
  PetscInt64 counts[OTTO_PACKS + 1];

  PetscFunctionBegin;
  *w = (Writer){.comm = comm, .path = path, .keep = keep, .file = -1};
  PetscCallMPI(MPI_Comm_rank(comm, &w->rank));
  OttoPacksBegin(w->pack);
  PetscCall(OttoAgree(comm, w->rank == 0 ? List(w) : 0));
  for (PetscInt k = 0; k < OTTO_PACKS; k++) counts[k] = (PetscInt64)w->pack[k].count;
  counts[OTTO_PACKS] = w->count;
  PetscCallMPI(MPI_Bcast(counts, OTTO_PACKS + 1, MPIU_INT64, 0, comm));
  for (PetscInt k = 0; k < OTTO_PACKS; k++) w->pack[k].count = (hsize_t)counts[k];
  w->count = (PetscInt)counts[OTTO_PACKS];
  if (w->rank) PetscCall(PetscCalloc1(w->count + 1, &w->field));
  PetscCall(OttoMessageSpread(w->field, w->count * (PetscInt64)sizeof *w->field, 0, comm));
  PetscFunctionReturn(0);
}

static PetscErrorCode Free(Writer *w)
{
  PetscFunctionBegin;
  PetscCall(OttoPacksFree(w->pack));
  PetscCall(PetscFree(w->field));
  PetscFunctionReturn(0);
}

static PetscReal Bytes(const Writer *w)
{
  PetscReal bytes = SPARE + 2048.0 * (PetscReal)w->count;

  for (PetscInt k = 0; k < OTTO_PACKS; k++)
    bytes += (PetscReal)w->pack[k].count * (PetscReal)w->pack[k].width;
  for (PetscInt i = 0; i < w->count; i++) {
    PetscReal values = 1;
    for (PetscInt j = 0; j < w->field[i].dim; j++) values *= (PetscReal)w->field[i].n[j];
    bytes += values * (PetscReal)sizeof(PetscScalar);
  }
  return bytes;
}

PetscErrorCode OttoCheckpointBytes(MPI_Comm comm, OttoKeep keep, PetscReal *bytes)
{
  Writer w;

  PetscFunctionBegin;
  PetscCall(Begin(comm, "", keep, &w));
  *bytes = Bytes(&w);
  PetscCall(Free(&w));
  PetscFunctionReturn(0);
}

/* ---- the file ---- */

/* "Disk full" is one clean sentence before anything is written. Rank 0. */
static PetscErrorCode Reserve(const Writer *w)
{
  const PetscReal bytes = Bytes(w);
  const int descriptor = OttoPartCreate(w->path);

  PetscFunctionBegin;
  if (descriptor < 0) OttoFail(OTTO_ERR_FILE, "cannot write %s: %s", w->path, strerror(errno));
  const PetscBool room = OttoPartHasRoom(descriptor, (off_t)bytes, bytes);
  const int why = errno;
  close(descriptor);
  if (!room)
    OttoFail(OTTO_ERR_FILE, "cannot write %s: %s (%.4g MB are needed)", w->path, strerror(why),
             (double)bytes / 1e6);
  PetscFunctionReturn(0);
}

/* Of a new format, whose headers have checksums of HDF5's own. */
static PetscErrorCode Open(Writer *w)
{
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  const PetscInt64 version = OTTO_CHECKPOINT_VERSION;

  PetscFunctionBegin;
  PetscCall(OttoSharedNameForget(w->comm, w->path));
  if (H5Pset_fapl_mpio(access, w->comm, MPI_INFO_NULL) >= 0 &&
      H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST) >= 0)
    w->file = H5Fcreate(w->path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
  H5Pclose(access);
  PetscCall(Agree(w, w->file >= 0 ? PETSC_TRUE : PETSC_FALSE, "HDF5 cannot create the file"));
  const PetscBool good =
      OttoStorageWriteNumbers(w->file, "version", H5T_NATIVE_INT64, 0, &version) &&
              OttoStorageWriteText(w->file, "otto_version", OTTO_VERSION)
          ? PETSC_TRUE
          : PETSC_FALSE;
  PetscCall(Agree(w, good, "HDF5 cannot write its attributes"));
  PetscFunctionReturn(0);
}

/* A new dataset, of all ranks at once. */
static hid_t Create(hid_t place, const char *name, hid_t type, int dim, const hsize_t n[])
{
  hid_t plan = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(dim, n, NULL), data = -1;

  H5Pset_fill_time(plan, H5D_FILL_TIME_NEVER); /* every value is written: no zeros first */
  if (space >= 0) data = H5Dcreate2(place, name, type, space, H5P_DEFAULT, plan, H5P_DEFAULT);
  if (space >= 0) H5Sclose(space);
  H5Pclose(plan);
  return data;
}

/* The dataset gets its checksum, of all ranks' parts, and is closed. Collective. */
static PetscErrorCode Finish(const Writer *w, hid_t data, PetscBool good, uint64_t sum)
{
  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_UINT64_T, MPI_SUM, w->comm));
  if (!OttoStorageWriteNumbers(data, "checksum", H5T_NATIVE_UINT64, 0, &sum)) good = PETSC_FALSE;
  if (H5Dclose(data) < 0) good = PETSC_FALSE;
  PetscCall(Agree(w, good, "HDF5 cannot write a dataset (no space left?)"));
  PetscFunctionReturn(0);
}

static PetscErrorCode WritePack(const Writer *w, PetscInt k)
{
  const OttoPack *p = &w->pack[k];
  const hid_t type = OttoPackType(k), data = Create(w->file, p->name, type, 1, &p->count);
  const hsize_t most = OttoRowsAtOnce(p->width);
  PetscBool good = PETSC_TRUE;

  PetscFunctionBegin;
  PetscCall(Agree(w, data >= 0 ? PETSC_TRUE : PETSC_FALSE, "HDF5 cannot create a dataset"));
  for (hsize_t at = 0, count; w->rank == 0 && good && at < p->count; at += count) {
    count = PetscMin(most, p->count - at);
    const hid_t space = H5Screate_simple(1, &p->count, NULL),
                memory = H5Screate_simple(1, &count, NULL);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, &at, NULL, &count, NULL);
    if (H5Dwrite(data, type, memory, space, H5P_DEFAULT, (char *)p->data + at * p->width) < 0)
      good = PETSC_FALSE;
    H5Sclose(memory);
    H5Sclose(space);
  }
  PetscCall(Finish(w, data, good, w->rank ? 0 : OttoCheckpointSum(p->data, p->width, p->count, 0)));
  PetscFunctionReturn(0);
}

/* Of this rank's part, by where its values stand in the field. */
static uint64_t PartSum(const OttoKeptField *f, const hsize_t at[], const hsize_t count[],
                        const PetscScalar values[])
{
  const PetscInt last = (PetscInt)f->dim - 1;
  hsize_t lines = 1, index[OTTO_CHECKPOINT_AXES] = {0};
  uint64_t sum = 0;

  for (PetscInt j = 0; j < last; j++) lines *= count[j];
  for (hsize_t line = 0; line < lines; line++) {
    uint64_t place = 0;
    for (PetscInt j = 0; j <= last; j++)
      place = place * (uint64_t)f->n[j] + at[j] + (j < last ? index[j] : 0);
    sum += OttoCheckpointSum(values + line * count[last], sizeof *values, count[last], place);
    for (PetscInt j = last - 1; j >= 0 && ++index[j] == count[j]; j--) index[j] = 0;
  }
  return sum;
}

/* This rank's entry of that name, or NULL. */
static PetscErrorCode Find(const Writer *w, const char *name, Vec *v)
{
  OttoKeepEntry e;

  PetscFunctionBegin;
  *v = NULL;
  for (PetscInt i = 0; i < OttoKeepGetCount(w->keep) && !*v; i++) {
    PetscCall(OttoKeepGetEntry(w->keep, i, &e));
    if (e.kind == OTTO_KEEP_VEC && !strcmp(e.name, name)) *v = e.vec;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode WritePart(const OttoKeptField *f, Vec v, hid_t data, PetscBool *good,
                                uint64_t *sum)
{
  OttoKeptField mine;
  hsize_t at[OTTO_CHECKPOINT_AXES], count[OTTO_CHECKPOINT_AXES];
  const PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(OttoKeptFieldOf(f->name, v, &mine, at, count));
  PetscCall(VecGetArrayRead(v, &values));
  *good = OttoKeptFieldMove(data, f, at, count, PETSC_TRUE, (PetscScalar *)values);
  *sum = PartSum(f, at, count, values);
  PetscCall(VecRestoreArrayRead(v, &values));
  PetscFunctionReturn(0);
}

static PetscErrorCode WriteField(const Writer *w, hid_t group, PetscInt i)
{
  const OttoKeptField *f = &w->field[i];
  hsize_t n[OTTO_CHECKPOINT_AXES];
  PetscBool good = PETSC_TRUE;
  uint64_t sum = 0;
  char name[32];
  Vec v;

  PetscFunctionBegin;
  snprintf(name, sizeof name, "%lld", (long long)i);
  for (PetscInt j = 0; j < f->dim; j++) n[j] = (hsize_t)f->n[j];
  const hid_t data = Create(group, name, H5T_NATIVE_DOUBLE, (int)f->dim, n);
  PetscCall(Agree(w, data >= 0 ? PETSC_TRUE : PETSC_FALSE, "HDF5 cannot create a dataset"));
  if (!OttoStorageWriteText(data, "name", f->name) ||
      !OttoStorageWriteNumbers(data, "dealt", H5T_NATIVE_INT64, 0, &f->dealt))
    good = PETSC_FALSE;
  PetscCall(Agree(w, good, "HDF5 cannot write an attribute"));
  PetscCall(Find(w, f->name, &v));
  OttoCheckpointFault("checkpoint_field");
  if (v) PetscCall(WritePart(f, v, data, &good, &sum));
  PetscCall(Finish(w, data, good, sum));
  PetscFunctionReturn(0);
}

static PetscErrorCode WriteAll(Writer *w)
{
  hid_t group;

  PetscFunctionBegin;
  PetscCall(OttoAgree(w->comm, w->rank == 0 ? Reserve(w) : 0));
  PetscCall(Open(w));
  for (PetscInt k = 0; k < OTTO_PACKS; k++) PetscCall(WritePack(w, k));
  group = H5Gcreate2(w->file, "fields", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  PetscCall(Agree(w, group >= 0 ? PETSC_TRUE : PETSC_FALSE, "HDF5 cannot create a group"));
  PetscErrorCode code = 0;
  for (PetscInt i = 0; i < w->count && !code; i++) code = WriteField(w, group, i);
  const PetscBool good = H5Gclose(group) < 0 ? PETSC_FALSE : PETSC_TRUE;
  PetscCall(code);
  PetscCall(Agree(w, good && H5Fflush(w->file, H5F_SCOPE_GLOBAL) >= 0 ? PETSC_TRUE : PETSC_FALSE,
                  "HDF5 cannot write the file (no space left?)"));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoCheckpointWriteFile(MPI_Comm comm, const char *path, OttoKeep keep)
{
  Writer w;

  PetscFunctionBegin;
  PetscCall(Begin(comm, path, keep, &w));
  PetscErrorCode code = WriteAll(&w);
  PetscBool closed = PETSC_TRUE;
  if (w.file >= 0 && H5Fclose(w.file) < 0) closed = PETSC_FALSE;
  if (!code) code = Agree(&w, closed, "HDF5 cannot close the file (no space left?)");
  PetscCall(Free(&w));
  PetscFunctionReturn(code);
}
