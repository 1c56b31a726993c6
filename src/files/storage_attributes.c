/* Attributes as numbers and texts, and whether what a file says of itself can be asked at all. */
#include "storage_impl.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int OttoStorageReadNumbers(hid_t object, const char *name, int most, double values[], char why[],
                           size_t size)
{
  hid_t attribute, type, space;
  hssize_t count = -1;

  if (H5Aexists(object, name) <= 0) return 0;
  attribute = H5Aopen(object, name, H5P_DEFAULT);
  type = H5Aget_type(attribute);
  space = H5Aget_space(attribute);
  H5T_class_t class = H5Tget_class(type);
  if (class == H5T_INTEGER || class == H5T_FLOAT) count = H5Sget_simple_extent_npoints(space);
  if (class != H5T_INTEGER && class != H5T_FLOAT)
    snprintf(why, size, "attribute %s holds %s; a number is expected", name,
             class == H5T_STRING ? "a text" : "something else");
  else if (count < 1 || count > most)
    snprintf(why, size, "attribute %s holds %lld numbers; %s%d %s expected", name, (long long)count,
             most > 1 ? "1 to " : "", most, most > 1 ? "are" : "is");
  else if (H5Aread(attribute, H5T_NATIVE_DOUBLE, values) < 0)
    snprintf(why, size, "attribute %s cannot be read", name);
  else
    why[0] = 0;
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  if (attribute >= 0) H5Aclose(attribute);
  return why[0] ? -1 : (int)count;
}

int OttoStorageReadText(hid_t object, const char *name, char text[], size_t size)
{
  hid_t attribute, type, space;
  int result = -1;

  text[0] = 0;
  if (H5Aexists(object, name) <= 0) return 0;
  attribute = H5Aopen(object, name, H5P_DEFAULT);
  type = H5Aget_type(attribute);
  space = H5Aget_space(attribute);
  if (H5Tget_class(type) == H5T_STRING && H5Sget_simple_extent_npoints(space) == 1) {
    if (H5Tis_variable_str(type) > 0) {
      char *found = NULL;
      if (H5Aread(attribute, type, &found) >= 0 && found) {
        snprintf(text, size, "%s", found);
        result = 1;
      }
      if (found) H5free_memory(found);
    } else if (H5Tget_size(type) < size && H5Aread(attribute, type, text) >= 0) {
      text[H5Tget_size(type)] = 0;
      result = 1;
    }
  }
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  if (attribute >= 0) H5Aclose(attribute);
  return result;
}

PetscBool OttoStorageIsSound(hid_t data, PetscInt dim, const char *name, H5T_class_t class)
{
  hid_t attribute = H5Aopen(data, name, H5P_DEFAULT), type, space;
  hsize_t n[H5S_MAX_RANK] = {0};
  PetscBool sound = PETSC_FALSE;

  if (attribute < 0) return PETSC_FALSE;
  type = H5Aget_type(attribute);
  space = H5Aget_space(attribute);
  if (H5Tget_class(type) == class && H5Sget_simple_extent_ndims(space) == 1 &&
      H5Sget_simple_extent_dims(space, n, NULL) == 1 && n[0] == (hsize_t)dim) {
    hid_t base = class == H5T_VLEN ? H5Tget_super(type) : -1;
    sound = base < 0 || H5Tget_class(base) == H5T_REFERENCE ? PETSC_TRUE : PETSC_FALSE;
    if (base >= 0) H5Tclose(base);
  }
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  H5Aclose(attribute);
  return sound;
}

PetscBool OttoStorageIsOwn(hid_t data)
{
  hid_t plan = H5Dget_create_plist(data);
  PetscBool own =
      plan >= 0 && H5Pget_layout(plan) != H5D_VIRTUAL && H5Pget_external_count(plan) == 0
          ? PETSC_TRUE
          : PETSC_FALSE;

  if (plan >= 0) H5Pclose(plan);
  return own;
}
