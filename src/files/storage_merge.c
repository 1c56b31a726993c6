/* One file of all segments, written anew by the same calls that wrote them: links between datasets
 * and their coordinates, which a copy of objects would leave behind, are then those of a file
 * written at once. Every rank copies its own box, a few planes at a time. */
#include "storage_pieces.h"
#include "storage_write.h"
#include <stdlib.h>

#define ROOM (1 << 24) /* bytes copied at once */

/* This rank's part of a field, or what rank 0 has of anything else. Not collective. */
static PetscBool Copy(hid_t from, hid_t to, const OttoGridInfo *g, const OttoStorageEntry *e)
{
  hsize_t at[OTTO_MAX_DIM] = {0}, count[OTTO_MAX_DIM];
  const PetscBool field = e->axis < 0 ? PETSC_TRUE : PETSC_FALSE;
  PetscInt64 n[OTTO_MAX_DIM];
  PetscBool good = PETSC_TRUE;
  OttoPieces p;

  const PetscInt dim = OttoStorageEntryShape(g, e, n);
  for (PetscInt j = 0; j < dim; j++) {
    at[j] = (hsize_t)(field ? g->first[j] : 0);
    count[j] = (hsize_t)(field ? g->local[j] : g->rank == 0 ? n[j] : 0);
  }
  OttoPiecesBegin(&p, (int)dim, at, count, ROOM);
  double *block = malloc((OttoPiecesMost(&p) + 1) * sizeof *block);
  if (!block) return PETSC_FALSE;
  while (good && OttoPiecesNext(&p))
    good =
        OttoPieceRead(&p, from, block) && OttoPieceWrite(&p, to, block) ? PETSC_TRUE : PETSC_FALSE;
  free(block);
  return good;
}

/* Each rank looks into the segment by itself: reading needs no agreement, and none is asked for
 * where a rank cannot. */
static PetscBool CopyFrom(hid_t source, hid_t to, const OttoGridInfo *g, const OttoStorageEntry *e)
{
  char name[sizeof e->name + 32];

  snprintf(name, sizeof name, "%d/%s", (int)PetscMax(0, e->sample), e->name);
  hid_t from = source < 0 ? -1 : H5Dopen2(source, name, H5P_DEFAULT);
  PetscBool good = from >= 0 ? Copy(from, to, g, e) : PETSC_FALSE;
  if (from >= 0) H5Dclose(from);
  return good;
}

static PetscErrorCode CopyEntries(OttoStorage s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  PetscInt open = -1;
  hid_t source = -1;
  PetscErrorCode code = 0;
  char path[PATH_MAX + 80];

  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->count && !code; i++) {
    const OttoStorageEntry *e = &s->entries[i];
    if (e->vector) continue;
    if (e->segment != open) {
      if (source >= 0) H5Fclose(source);
      OttoStorageSegmentPath(s->dir, s->name, open = e->segment, path, sizeof path);
      source = OttoStorageOpenSerial(path);
    }
    code = OttoStorageReserve(s, OttoStorageEntryBytes(g, e));
    if (code) break;
    hid_t data = OttoStorageCreateDataset(s->file, g, e);
    PetscBool good = data >= 0 ? CopyFrom(source, data, g, e) : PETSC_FALSE;
    if (data >= 0 && H5Dclose(data) < 0) good = PETSC_FALSE;
    code = OttoStorageAgree(s, good, "HDF5 cannot copy a field (no space left?)");
  }
  if (source >= 0) H5Fclose(source);
  PetscFunctionReturn(code);
}

PetscErrorCode OttoStorageMerge(OttoStorage s)
{
  PetscErrorCode code;

  PetscFunctionBegin;
  code = OttoStorageOpenSegment(s);
  if (!code) code = CopyEntries(s);
  if (!code && s->note[0]) code = OttoStorageWriteNote(s);
  if (code) {
    PetscCall(OttoStorageAbandonSegment(s));
    PetscFunctionReturn(code);
  }
  PetscCall(OttoStorageCloseSegment(s));
  PetscFunctionReturn(0);
}
