/* Writing fields.h5 by parallel HDF5, and fields.xdmf beside it. Structure (groups, datasets,
 * attributes) is collective; each rank then writes its own planes independently, so that a write
 * that fails on one rank cannot leave the others waiting. */
#include "core/part.h"
#include "storage_write.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* count 0: a scalar. */
PetscBool OttoStorageWriteNumbers(hid_t object, const char *name, hid_t type, hsize_t count,
                                  const void *values)
{
  hid_t space = count ? H5Screate_simple(1, &count, NULL) : H5Screate(H5S_SCALAR), attribute = -1;
  PetscBool good = PETSC_FALSE;

  attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  if (attribute >= 0 && H5Awrite(attribute, type, values) >= 0) good = PETSC_TRUE;
  if (attribute >= 0 && H5Aclose(attribute) < 0) good = PETSC_FALSE;
  H5Sclose(space);
  return good;
}

static PetscBool WriteGrid(hid_t file, const OttoGridInfo *g)
{
  hid_t root = H5Gopen2(file, "/", H5P_DEFAULT);
  char boundary[OTTO_MAX_DIM * 16] = "";
  PetscBool good;

  if (root < 0) return PETSC_FALSE;
  for (PetscInt j = 0; j < g->dim; j++) {
    size_t used = strlen(boundary);
    snprintf(boundary + used, sizeof boundary - used, "%s%s", j ? "," : "",
             OttoBoundaries[g->boundary[j]]);
  }
  good = OttoStorageWriteNumbers(root, "grid_n", H5T_NATIVE_INT64, (hsize_t)g->dim, g->n) &&
                 OttoStorageWriteNumbers(root, "grid_lower", H5T_NATIVE_DOUBLE, (hsize_t)g->dim,
                                         g->lower) &&
                 OttoStorageWriteNumbers(root, "grid_upper", H5T_NATIVE_DOUBLE, (hsize_t)g->dim,
                                         g->upper) &&
                 OttoStorageWriteText(root, "grid_boundary", boundary) &&
                 OttoStorageWriteText(root, "Conventions", "CF-1.8") &&
                 OttoStorageWriteText(root, "source", "Otto " OTTO_VERSION) &&
                 OttoStorageWriteText(root, "otto_version", OTTO_VERSION)
             ? PETSC_TRUE
             : PETSC_FALSE;
  return H5Gclose(root) >= 0 && good ? PETSC_TRUE : PETSC_FALSE;
}

/* Coordinates of all axes. */
static PetscReal AxesBytes(const OttoGridInfo *g)
{
  PetscReal bytes = 0;

  for (PetscInt j = 0; j < g->dim; j++) bytes += (PetscReal)g->n[j] * (PetscReal)sizeof(double);
  return bytes;
}

static PetscReal NodesBytes(const OttoGridInfo *g)
{
  PetscReal bytes = (PetscReal)g->dim * (PetscReal)OttoStorageNodeWidth(g);

  for (PetscInt j = 0; j < g->dim; j++) bytes *= (PetscReal)g->n[j] + 1;
  return g->dim == 2 || g->dim == 3 ? bytes : 0;
}

PetscReal OttoStorageBytes(OttoGrid grid, PetscInt samples, PetscInt fields)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);

  return NodesBytes(g) + (PetscReal)samples * (AxesBytes(g) + 16384) +
         (PetscReal)fields * ((PetscReal)g->cells * (PetscReal)sizeof(double) + 4096);
}

/* The error of a step all ranks took; the code is the same everywhere. Collective. */
static PetscErrorCode Agree(OttoStorage s, PetscBool good, const char *what)
{
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  if (!good)
    code = PetscError(PETSC_COMM_SELF, __LINE__, PETSC_FUNCTION_NAME, __FILE__, OTTO_ERR_FILE,
                      PETSC_ERROR_INITIAL, "cannot write %s: %s", s->part, what);
  code = OttoAgree(OttoGridGetInfo(s->grid)->comm, code);
  if (code && !s->failure[0]) snprintf(s->failure, sizeof s->failure, "%s", OttoErrorMessage());
  PetscFunctionReturn(code);
}

static PetscErrorCode SayFailure(OttoStorage s)
{
  PetscFunctionBegin;
  OttoFail(OTTO_ERR_FILE, "%s", s->failure);
}

/* What went wrong first, once more. Collective. */
static PetscErrorCode FailAgain(OttoStorage s)
{
  PetscFunctionBegin;
  PetscCall(OttoAgree(OttoGridGetInfo(s->grid)->comm, SayFailure(s)));
  PetscFunctionReturn(0);
}

/* Asks for `bytes` more before anything is written: "disk full" is then one clean sentence, where a
 * write that fails half-way leaves HDF5 with a file it cannot close. Collective. */
static PetscErrorCode Reserve(OttoStorage s, PetscReal bytes)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  char why[200] = "";

  PetscFunctionBegin;
  if (g->rank == 0) {
    int descriptor = s->reserved ? open(s->part, O_WRONLY | O_NOFOLLOW) : OttoPartCreate(s->part);
    s->reserved += (off_t)bytes;
    if (descriptor < 0)
      snprintf(why, sizeof why, "%s", strerror(errno));
    else if (!OttoPartHasRoom(descriptor, s->reserved, bytes))
      snprintf(why, sizeof why, "%s (%.4g MB more are needed)", strerror(errno), bytes / 1e6);
    if (descriptor >= 0) close(descriptor);
  }
  PetscCall(Agree(s, why[0] ? PETSC_FALSE : PETSC_TRUE, why));
  PetscFunctionReturn(0);
}

static PetscErrorCode Open(OttoStorage s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  hid_t access = -1;

  PetscFunctionBegin;
  PetscCall(Reserve(s, 1 << 16));
  access = H5Pcreate(H5P_FILE_ACCESS);
  if (H5Pset_fapl_mpio(access, g->comm, MPI_INFO_NULL) >= 0)
    s->file = H5Fcreate(s->part, H5F_ACC_TRUNC, H5P_DEFAULT, access);
  H5Pclose(access);
  PetscCall(Agree(s, s->file >= 0 ? PETSC_TRUE : PETSC_FALSE, "HDF5 cannot create the file"));
  PetscCall(Agree(s, WriteGrid(s->file, g), "HDF5 cannot write the grid's attributes"));
  if (g->dim != 2 && g->dim != 3) PetscFunctionReturn(0);
  PetscCall(Reserve(s, NodesBytes(g) + (1 << 16)));
  PetscCall(Agree(s, OttoStorageWriteNodes(s->file, g), "HDF5 cannot write the corners of cells"));
  PetscFunctionReturn(0);
}

static PetscErrorCode Free(OttoStorage *storage)
{
  PetscFunctionBegin;
  PetscCall(PetscFree((*storage)->entries));
  PetscCall(PetscFree(*storage));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStorageCreate(OttoGrid grid, const char *dir, OttoStorage *storage)
{
  PetscFunctionBegin;
  PetscCall(OttoStorageCreateNamed(grid, dir, "fields", storage));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStorageCreateNamed(OttoGrid grid, const char *dir, const char *name,
                                      OttoStorage *storage)
{
  OttoStorage s;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  *storage = NULL;
  OttoCheckInput(strlen(dir) + 64 < PATH_MAX, "output_dir: the path is too long");
  OttoNeed(strlen(name) < sizeof s->name, "a shorter name");
  PetscCall(PetscNew(&s));
  snprintf(s->name, sizeof s->name, "%s", name);
  s->grid = grid;
  s->file = -1;
  snprintf(s->final, sizeof s->final, "%s/%s.h5", dir, name);
  snprintf(s->part, sizeof s->part, "%s/%s.h5.part", dir, name);
  snprintf(s->xdmf, sizeof s->xdmf, "%s/%s.xdmf", dir, name);
  snprintf(s->xdmf_part, sizeof s->xdmf_part, "%s/%s.xdmf.part", dir, name);
  OttoQuiet before = OttoQuietBegin();
  PetscErrorCode code = Open(s);
  if (code) {
    if (s->file >= 0) H5Fclose(s->file);
    if (OttoGridGetInfo(grid)->rank == 0) unlink(s->part);
    PetscCall(Free(&s));
  }
  OttoQuietEnd(before);
  *storage = s;
  PetscFunctionReturn(code);
}

/* The group of a sample, made with its time when it is new. */
static hid_t SampleGroup(hid_t file, const OttoGridInfo *g, PetscInt sample, PetscReal time)
{
  char name[32];
  hid_t group;

  snprintf(name, sizeof name, "%lld", (long long)sample);
  if (H5Lexists(file, name, H5P_DEFAULT) > 0) return H5Gopen2(file, name, H5P_DEFAULT);
  group = H5Gcreate2(file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  if (group >= 0 && !(OttoStorageWriteNumbers(group, "time", H5T_NATIVE_DOUBLE, 0, &time) &&
                      OttoStorageWriteScales(group, g, time))) {
    H5Gclose(group);
    return -1;
  }
  return group;
}

/* Of axes first … first + dim - 1 of the grid. */
static hid_t CreateDataset(hid_t group, const OttoGridInfo *g, PetscInt first, PetscInt dim,
                           const char *name, const char *unit, const char *description,
                           PetscBool timeless)
{
  hid_t plan = H5Pcreate(H5P_DATASET_CREATE), space, data;
  hsize_t n[OTTO_MAX_DIM];

  for (PetscInt j = 0; j < dim; j++) n[j] = (hsize_t)g->n[first + j];
  space = H5Screate_simple((int)dim, n, NULL);
  H5Pset_fill_time(plan, H5D_FILL_TIME_NEVER); /* every cell is written: no zeros first */
  data = H5Dcreate2(group, name, H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, plan, H5P_DEFAULT);
  H5Sclose(space);
  H5Pclose(plan);
  if (data >= 0 &&
      !(OttoStorageWriteText(data, "name", name) && OttoStorageWriteText(data, "unit", unit) &&
        OttoStorageWriteText(data, "description", description) &&
        OttoStorageWriteText(data, "units", unit) && /* and as CF calls them */
        OttoStorageWriteText(data, "long_name", description) &&
        (timeless || OttoStorageWriteText(data, "coordinates", "time")) &&
        OttoStorageAttachScales(group, data, g, first, dim))) {
    H5Dclose(data);
    return -1;
  }
  return data;
}

/* This rank's box. Not collective. */
static PetscBool WriteBox(hid_t data, const OttoGridInfo *g, const PetscScalar values[])
{
  hid_t space = H5Dget_space(data);
  const hsize_t plane = (hsize_t)(g->local[1] * g->row_cells);
  hsize_t step = OttoRowsAtOnce(plane * sizeof(double)), done = 0;
  hsize_t at[OTTO_MAX_DIM] = {0}, count[OTTO_MAX_DIM];
  PetscBool good = space >= 0 ? PETSC_TRUE : PETSC_FALSE;

  for (PetscInt j = 1; j < g->dim; j++) {
    at[j] = (hsize_t)g->first[j];
    count[j] = (hsize_t)g->local[j];
  }
  for (; good && plane && done < (hsize_t)g->local[0]; done += count[0]) {
    at[0] = (hsize_t)g->first[0] + done;
    count[0] = PetscMin(step, (hsize_t)g->local[0] - done);
    hsize_t cells = count[0] * plane;
    hid_t memory = H5Screate_simple(1, &cells, NULL);
    good = memory >= 0 && H5Sselect_hyperslab(space, H5S_SELECT_SET, at, NULL, count, NULL) >= 0 &&
                   H5Dwrite(data, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT,
                            values + done * plane) >= 0
               ? PETSC_TRUE
               : PETSC_FALSE;
    if (memory >= 0) H5Sclose(memory);
  }
  if (space >= 0) H5Sclose(space);
  return good;
}

static PetscErrorCode Remember(OttoStorage s, PetscInt sample, PetscReal time, const char *name,
                               PetscBool vector)
{
  PetscFunctionBegin;
  if (s->count == s->capacity) {
    s->capacity = 2 * s->capacity + 8;
    PetscCall(PetscRealloc((size_t)s->capacity * sizeof(OttoStorageEntry), &s->entries));
  }
  OttoStorageEntry *e = &s->entries[s->count++];
  e->sample = sample;
  e->time = time;
  e->vector = vector;
  snprintf(e->name, sizeof e->name, "%s", name);
  PetscFunctionReturn(0);
}

static PetscErrorCode Write(OttoStorage s, PetscInt sample, PetscReal time, const char *name,
                            const char *unit, const char *description, Vec field)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const PetscScalar *values;
  hid_t group, data = -1;

  PetscFunctionBegin;
  if (s->failure[0]) PetscCall(FailAgain(s));
  for (PetscInt j = 0; j < g->dim; j++)
    OttoCheckInput(strcmp(name, g->name[j]) && strcmp(name, "time"),
                   "field '%s' has the name of a coordinate; give it another", name);
  PetscCall(Reserve(s, (PetscReal)g->cells * sizeof(double) + AxesBytes(g) + (1 << 16)));
  group = SampleGroup(s->file, g, PetscMax(0, sample), time);
  if (group >= 0)
    data = CreateDataset(group, g, 0, g->dim, name, unit, description,
                         sample == OTTO_STORAGE_TIMELESS ? PETSC_TRUE : PETSC_FALSE);
  if (group >= 0) H5Gclose(group);
  PetscCall(Agree(s, data >= 0 ? PETSC_TRUE : PETSC_FALSE, "HDF5 cannot create a dataset"));
  PetscCall(VecGetArrayRead(field, &values));
  PetscBool good = WriteBox(data, g, values);
  PetscCall(VecRestoreArrayRead(field, &values));
  if (H5Dclose(data) < 0) good = PETSC_FALSE;
  PetscCall(Agree(s, good, "HDF5 cannot write a field (no space left?)"));
  PetscCall(Remember(s, sample, time, name, PETSC_FALSE));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStorageWrite(OttoStorage storage, PetscInt sample, PetscReal time,
                                const char *name, const char *unit, const char *description,
                                Vec field)
{
  PetscFunctionBegin;
  OttoQuiet before = OttoQuietBegin();
  PetscErrorCode code = Write(storage, sample, time, name, unit, description, field);
  OttoQuietEnd(before);
  PetscFunctionReturn(code);
}

PetscErrorCode OttoStorageWriteVector(OttoStorage storage, PetscInt sample, PetscReal time,
                                      const char *name, const char *unit, const char *description,
                                      const Vec component[])
{
  const OttoGridInfo *g = OttoGridGetInfo(storage->grid);
  char part[64], text[200];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) {
    snprintf(part, sizeof part, "%.50s_%s", name, OttoStorageComponents[j]);
    snprintf(text, sizeof text, "%.150s along %s", description, g->name[j]);
    PetscCall(OttoStorageWrite(storage, sample, time, part, unit, text, component[j]));
  }
  PetscCall(Remember(storage, sample, time, name, PETSC_TRUE));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStorageWriteTimeless(OttoStorage storage, const char *name, const char *unit,
                                        const char *description, Vec field)
{
  return OttoStorageWrite(storage, OTTO_STORAGE_TIMELESS, 0, name, unit, description, field);
}

static PetscErrorCode Line(OttoStorage s, PetscInt sample, PetscReal time, PetscInt axis,
                           const char *name, const char *unit, const char *description,
                           const PetscReal values[])
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  PetscBool good = PETSC_TRUE;
  hid_t group, data = -1;

  PetscFunctionBegin;
  if (s->failure[0]) PetscCall(FailAgain(s));
  PetscCall(Reserve(s, (PetscReal)g->n[axis] * sizeof(double) + (1 << 16)));
  group = SampleGroup(s->file, g, sample, time);
  if (group >= 0) data = CreateDataset(group, g, axis, 1, name, unit, description, PETSC_FALSE);
  if (data >= 0 && /* the file's box has more axes */
      !(OttoStorageWriteNumbers(data, "grid_lower", H5T_NATIVE_DOUBLE, 0, &g->lower[axis]) &&
        OttoStorageWriteNumbers(data, "grid_upper", H5T_NATIVE_DOUBLE, 0, &g->upper[axis]))) {
    H5Dclose(data);
    data = -1;
  }
  if (group >= 0) H5Gclose(group);
  PetscCall(Agree(s, data >= 0 ? PETSC_TRUE : PETSC_FALSE, "HDF5 cannot create a dataset"));
  if (g->rank == 0 && H5Dwrite(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
    good = PETSC_FALSE;
  if (H5Dclose(data) < 0) good = PETSC_FALSE;
  PetscCall(Agree(s, good, "HDF5 cannot write a line (no space left?)"));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStorageWriteLine(OttoStorage storage, PetscInt sample, PetscReal time,
                                    PetscInt axis, const char *name, const char *unit,
                                    const char *description, const PetscReal values[])
{
  PetscFunctionBegin;
  OttoQuiet before = OttoQuietBegin();
  PetscErrorCode code = Line(storage, sample, time, axis, name, unit, description, values);
  OttoQuietEnd(before);
  PetscFunctionReturn(code);
}

static PetscErrorCode Note(OttoStorage s, PetscInt sample, PetscReal time, const char *note)
{
  PetscFunctionBegin;
  if (s->failure[0]) PetscCall(FailAgain(s));
  PetscCall(Reserve(s, 1 << 16));
  hid_t group = SampleGroup(s->file, OttoGridGetInfo(s->grid), sample, time);
  PetscBool good =
      group >= 0 && OttoStorageWriteText(group, "note", note) ? PETSC_TRUE : PETSC_FALSE;
  if (group >= 0 && H5Gclose(group) < 0) good = PETSC_FALSE;
  PetscCall(Agree(s, good, "HDF5 cannot write a note"));
  s->noted = sample;
  snprintf(s->note, sizeof s->note, "%s", note);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStorageNote(OttoStorage storage, PetscInt sample, PetscReal time,
                               const char *note)
{
  PetscFunctionBegin;
  OttoQuiet before = OttoQuietBegin();
  PetscErrorCode code = Note(storage, sample, time, note);
  OttoQuietEnd(before);
  PetscFunctionReturn(code);
}

/* Rank 0. Returns whether the file is complete under its final name. */
static PetscBool WriteXdmf(OttoStorage s)
{
  FILE *f = OttoPartOpen(s->xdmf_part);

  if (!f) return PETSC_FALSE;
  OttoStoragePrintXdmf(f, s);
  PetscBool good = ferror(f) ? PETSC_FALSE : PETSC_TRUE;
  if (fclose(f)) good = PETSC_FALSE;
  if (good && rename(s->xdmf_part, s->xdmf)) good = PETSC_FALSE;
  if (!good) unlink(s->xdmf_part);
  return good;
}

static PetscErrorCode Finish(OttoStorage s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  PetscBool good = PETSC_TRUE;

  PetscFunctionBegin;
  if (s->failure[0]) {
    /* HDF5 hangs or crashes where it cannot write what it still holds: make room for that first */
    if (g->rank == 0) good = truncate(s->part, 0) ? PETSC_FALSE : PETSC_TRUE;
    PetscCallMPI(MPI_Barrier(g->comm));
    H5Fclose(s->file);
    if (good && g->rank == 0) unlink(s->part);
    PetscCall(FailAgain(s));
  }
  good = H5Fclose(s->file) >= 0 ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(Agree(s, good, "HDF5 cannot close the file"));
  if (g->rank == 0) {
    struct stat info;
    /* give back what was reserved beyond the end */
    good = !stat(s->part, &info) && !truncate(s->part, info.st_size) && !rename(s->part, s->final)
               ? PETSC_TRUE
               : PETSC_FALSE;
    if (good && (g->dim == 2 || g->dim == 3)) good = WriteXdmf(s);
  }
  PetscCall(Agree(s, good, "the file or fields.xdmf cannot get its final name"));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStorageClose(OttoStorage *storage)
{
  PetscFunctionBegin;
  if (!*storage) PetscFunctionReturn(0);
  OttoQuiet before = OttoQuietBegin();
  PetscErrorCode code = Finish(*storage);
  OttoQuietEnd(before);
  PetscCall(Free(storage));
  PetscFunctionReturn(code);
}
