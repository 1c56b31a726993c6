/* Writing fields.h5 by parallel HDF5, and fields.xdmf beside it. Structure (groups, datasets,
 * attributes) is collective; each rank then writes its own planes independently, so that a write
 * that fails on one rank cannot leave the others waiting. */
#include <otto/units.h>
#include "core/part.h"
#include "storage_pieces.h"
#include "storage_write.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

PetscReal OttoStorageBytes(OttoGrid grid, PetscInt samples, PetscInt fields)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);

  return OttoStorageNodesBytes(g) + (PetscReal)samples * (OttoStorageAxesBytes(g) + 16384) +
         (PetscReal)fields * ((PetscReal)g->cells * (PetscReal)sizeof(double) + 4096);
}

static PetscErrorCode Free(OttoStorage *storage)
{
  PetscFunctionBegin;
  PetscCall(PetscFree((*storage)->segments));
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
  OttoStorage s = NULL;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  *storage = NULL;
  PetscCall(OttoStorageNew(grid, dir, name, &s));
  OttoQuiet before = OttoQuietBegin();
  PetscErrorCode code = OttoStorageOpenSegment(s);
  if (code) {
    if (s->file >= 0) H5Fclose(s->file);
    if (OttoGridGetInfo(grid)->rank == 0) unlink(s->part);
    PetscCall(Free(&s));
  }
  OttoQuietEnd(before);
  *storage = s;
  PetscFunctionReturn(code);
}

/* This rank's box. Not collective. */
static PetscBool WriteBox(hid_t data, const OttoGridInfo *g, const PetscScalar values[])
{
  hsize_t at[OTTO_MAX_DIM], count[OTTO_MAX_DIM];

  for (PetscInt j = 0; j < g->dim; j++) {
    at[j] = (hsize_t)g->first[j];
    count[j] = (hsize_t)g->local[j];
  }
  return OttoPiecesWriteBox(data, (int)g->dim, at, count, values);
}

static PetscErrorCode Remember(OttoStorage s, const OttoStorageEntry *entry)
{
  PetscFunctionBegin;
  if (s->count == s->capacity) {
    s->capacity = 2 * s->capacity + 8;
    PetscCall(PetscRealloc((size_t)s->capacity * sizeof(OttoStorageEntry), &s->entries));
  }
  s->entries[s->count] = *entry;
  s->entries[s->count++].segment = s->number;
  PetscFunctionReturn(0);
}

static OttoStorageEntry Entry(const OttoGridInfo *g, PetscInt sample, PetscReal time, PetscInt axis,
                              const char *name, const char *unit, const char *description)
{
  OttoStorageEntry e = {.sample = sample, .time = time, .axis = axis, .other = -1};

  snprintf(e.name, sizeof e.name, "%s", name);
  OttoUnitFormat(g, axis, unit, e.unit, sizeof e.unit);
  snprintf(e.text, sizeof e.text, "%s", description);
  return e;
}

static PetscErrorCode Write(OttoStorage s, const OttoStorageEntry *e, Vec field)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(OttoStorageOpenSegment(s));
  for (PetscInt j = 0; j < g->dim; j++)
    OttoCheckInput(strcmp(e->name, g->name[j]) && strcmp(e->name, "time"),
                   "field '%s' has the name of a coordinate; give it another", e->name);
  PetscCall(OttoStorageReserve(s, OttoStorageEntryBytes(g, e)));
  hid_t data = OttoStorageCreateDataset(s->file, g, e);
  PetscCall(
      OttoStorageAgree(s, data >= 0 ? PETSC_TRUE : PETSC_FALSE, "HDF5 cannot create a dataset"));
  PetscCall(VecGetArrayRead(field, &values));
  PetscBool good = WriteBox(data, g, values);
  PetscCall(VecRestoreArrayRead(field, &values));
  if (H5Dclose(data) < 0) good = PETSC_FALSE;
  PetscCall(OttoStorageAgree(s, good, "HDF5 cannot write a field (no space left?)"));
  PetscCall(Remember(s, e));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStorageWrite(OttoStorage storage, PetscInt sample, PetscReal time,
                                const char *name, const char *unit, const char *description,
                                Vec field)
{
  PetscFunctionBegin;
  OttoQuiet before = OttoQuietBegin();
  const OttoStorageEntry e =
      Entry(OttoGridGetInfo(storage->grid), sample, time, -1, name, unit, description);
  PetscErrorCode code = Write(storage, &e, field);
  OttoQuietEnd(before);
  PetscFunctionReturn(code);
}

PetscErrorCode OttoStorageWriteVector(OttoStorage storage, PetscInt sample, PetscReal time,
                                      const char *name, const char *unit, const char *description,
                                      const Vec component[])
{
  const OttoGridInfo *g = OttoGridGetInfo(storage->grid);
  char part[64], text[200], own[128];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) {
    snprintf(part, sizeof part, "%.50s_%s", name, OttoStorageComponents[j]);
    snprintf(text, sizeof text, "%.150s along %s", description, g->name[j]);
    OttoUnitFormat(g, j, unit, own, sizeof own);
    PetscCall(OttoStorageWrite(storage, sample, time, part, own, text, component[j]));
  }
  OttoStorageEntry e = Entry(g, sample, time, -1, name, unit, description);
  e.vector = PETSC_TRUE;
  PetscCall(Remember(storage, &e));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStorageWriteTimeless(OttoStorage storage, const char *name, const char *unit,
                                        const char *description, Vec field)
{
  return OttoStorageWrite(storage, OTTO_STORAGE_TIMELESS, 0, name, unit, description, field);
}

/* What all ranks have and rank 0 writes: a line, a plane, bins. */
static PetscErrorCode Part(OttoStorage s, const OttoStorageEntry *e, const PetscReal values[])
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  PetscInt64 n[OTTO_MAX_DIM];
  hsize_t at[2] = {0, 0}, count[2];
  PetscBool good = PETSC_TRUE;

  PetscFunctionBegin;
  const PetscInt dim = OttoStorageEntryShape(g, e, n);
  for (PetscInt j = 0; j < dim; j++) count[j] = (hsize_t)n[j];
  PetscCall(OttoStorageOpenSegment(s));
  PetscCall(OttoStorageReserve(s, OttoStorageEntryBytes(g, e)));
  hid_t data = OttoStorageCreateDataset(s->file, g, e);
  PetscCall(
      OttoStorageAgree(s, data >= 0 ? PETSC_TRUE : PETSC_FALSE, "HDF5 cannot create a dataset"));
  if (g->rank == 0) good = OttoPiecesWriteBox(data, (int)dim, at, count, values);
  if (H5Dclose(data) < 0) good = PETSC_FALSE;
  PetscCall(OttoStorageAgree(s, good, "HDF5 cannot write a line (no space left?)"));
  PetscCall(Remember(s, e));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStorageWriteLine(OttoStorage storage, PetscInt sample, PetscReal time,
                                    PetscInt axis, const char *name, const char *unit,
                                    const char *description, const PetscReal values[])
{
  PetscFunctionBegin;
  OttoQuiet before = OttoQuietBegin();
  const OttoStorageEntry e =
      Entry(OttoGridGetInfo(storage->grid), sample, time, axis, name, unit, description);
  PetscErrorCode code = Part(storage, &e, values);
  OttoQuietEnd(before);
  PetscFunctionReturn(code);
}

/* Of a plane, whose area is that of its own two axes. */
static OttoGridInfo Plane(const OttoGridInfo *g, const PetscInt axes[2])
{
  OttoGridInfo plane = *g;

  plane.dim = 2;
  for (int i = 0; i < 2; i++) memcpy(plane.unit[i], g->unit[axes[i]], sizeof plane.unit[i]);
  return plane;
}

PetscErrorCode OttoStorageWritePlane(OttoStorage storage, PetscInt sample, PetscReal time,
                                     const PetscInt axes[2], const char *name, const char *unit,
                                     const char *description, const PetscReal values[])
{
  PetscFunctionBegin;
  OttoQuiet before = OttoQuietBegin();
  const OttoGridInfo plane = Plane(OttoGridGetInfo(storage->grid), axes);
  OttoStorageEntry e = Entry(&plane, sample, time, -1, name, unit, description);
  e.axis = axes[0];
  e.other = axes[1];
  PetscErrorCode code = Part(storage, &e, values);
  OttoQuietEnd(before);
  PetscFunctionReturn(code);
}

PetscErrorCode OttoStorageWriteBins(OttoStorage storage, PetscInt sample, PetscReal time,
                                    const OttoStorageBins *bins, const char *name, const char *unit,
                                    const char *description, const PetscReal values[])
{
  PetscFunctionBegin;
  OttoQuiet before = OttoQuietBegin();
  OttoStorageEntry e =
      Entry(OttoGridGetInfo(storage->grid), sample, time, 0, name, unit, description);
  e.bins = bins->count;
  e.ends[0] = bins->lower;
  e.ends[1] = bins->upper;
  snprintf(e.scale, sizeof e.scale, "%s", bins->name);
  PetscErrorCode code = Part(storage, &e, values);
  OttoQuietEnd(before);
  PetscFunctionReturn(code);
}

static PetscErrorCode Note(OttoStorage s, PetscInt sample, PetscReal time, const char *note)
{
  PetscFunctionBegin;
  PetscCall(OttoStorageOpenSegment(s));
  s->noted = sample;
  s->noted_time = time;
  snprintf(s->note, sizeof s->note, "%s", note);
  PetscCall(OttoStorageWriteNote(s));
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

/* Segments of a checkpoint stay: the run has not ended before its last file is there. */
static PetscErrorCode Finish(OttoStorage s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  PetscBool good = PETSC_TRUE;

  PetscFunctionBegin;
  if (s->failure[0]) {
    PetscCall(OttoStorageAbandonSegment(s));
    PetscCall(OttoStorageFailAgain(s));
  }
  PetscCall(OttoStorageCloseSegment(s));
  if (s->segment_count) PetscCall(OttoStorageMerge(s));
  if (g->rank == 0) {
    good = rename(s->part, s->final) || (s->segment_count && OttoStorageRemoveOthers(s))
               ? PETSC_FALSE
               : PETSC_TRUE;
    if (good && (g->dim == 2 || g->dim == 3)) good = WriteXdmf(s);
  }
  PetscCall(OttoStorageAgree(s, good, "the file or fields.xdmf cannot get its final name"));
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
