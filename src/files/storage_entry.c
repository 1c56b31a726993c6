/* What stands for one entry in a file of fields: its group, its dataset without values, a note. All
 * of it is structure, which is collective. */
#include "storage_write.h"
#include <stdio.h>

hid_t OttoStorageSampleGroup(hid_t file, const OttoGridInfo *g, PetscInt sample, PetscReal time)
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

static hid_t Dataset(hid_t group, const OttoGridInfo *g, const OttoStorageEntry *e)
{
  hid_t plan = H5Pcreate(H5P_DATASET_CREATE), space, data;
  PetscInt64 sizes[OTTO_MAX_DIM];
  hsize_t n[OTTO_MAX_DIM];
  const PetscInt dim = OttoStorageEntryShape(g, e, sizes);

  for (PetscInt j = 0; j < dim; j++) n[j] = (hsize_t)sizes[j];
  space = H5Screate_simple((int)dim, n, NULL);
  H5Pset_fill_time(plan, H5D_FILL_TIME_NEVER); /* every cell is written: no zeros first */
  data = H5Dcreate2(group, e->name, H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, plan, H5P_DEFAULT);
  H5Sclose(space);
  H5Pclose(plan);
  if (data >= 0 &&
      !(OttoStorageWriteText(data, "name", e->name) &&
        OttoStorageWriteText(data, "unit", e->unit) &&
        OttoStorageWriteText(data, "description", e->text) &&
        OttoStorageWriteText(data, "units", e->unit) && /* and as CF calls them */
        OttoStorageWriteText(data, "long_name", e->text) &&
        (e->sample == OTTO_STORAGE_TIMELESS || OttoStorageWriteText(data, "coordinates", "time")) &&
        OttoStorageAttachScales(group, data, g, e))) {
    H5Dclose(data);
    return -1;
  }
  return data;
}

/* The box of what has not all of the file's axes. */
static PetscBool WriteEnds(hid_t data, const OttoGridInfo *g, const OttoStorageEntry *e)
{
  double lower[2] = {e->ends[0]}, upper[2] = {e->ends[1]};
  const PetscBool plane = !e->bins && e->other >= 0 ? PETSC_TRUE : PETSC_FALSE;

  for (int k = 0; k < (plane ? 2 : 1) && !e->bins; k++) {
    const PetscInt j = k ? e->other : e->axis;
    lower[k] = g->lower[j];
    upper[k] = g->upper[j];
  }
  return OttoStorageWriteNumbers(data, "grid_lower", H5T_NATIVE_DOUBLE, plane ? 2 : 0, lower) &&
                 OttoStorageWriteNumbers(data, "grid_upper", H5T_NATIVE_DOUBLE, plane ? 2 : 0,
                                         upper)
             ? PETSC_TRUE
             : PETSC_FALSE;
}

hid_t OttoStorageCreateDataset(hid_t file, const OttoGridInfo *g, const OttoStorageEntry *e)
{
  hid_t group = OttoStorageSampleGroup(file, g, PetscMax(0, e->sample), e->time), data;

  if (group < 0) return -1;
  data = Dataset(group, g, e);
  if (data >= 0 && e->axis >= 0 && !WriteEnds(data, g, e)) {
    H5Dclose(data);
    data = -1;
  }
  H5Gclose(group);
  return data;
}

PetscErrorCode OttoStorageWriteNote(OttoStorage s)
{
  PetscFunctionBegin;
  PetscCall(OttoStorageReserve(s, 1 << 16));
  hid_t group = OttoStorageSampleGroup(s->file, OttoGridGetInfo(s->grid), s->noted, s->noted_time);
  PetscBool good =
      group >= 0 && OttoStorageWriteText(group, "note", s->note) ? PETSC_TRUE : PETSC_FALSE;
  if (group >= 0 && H5Gclose(group) < 0) good = PETSC_FALSE;
  PetscCall(OttoStorageAgree(s, good, "HDF5 cannot write a note"));
  PetscFunctionReturn(0);
}
