/* Attributes: texts and numbers. */
#include "storage_write.h"
#include <string.h>

PetscBool OttoStorageWriteText(hid_t object, const char *name, const char *text)
{
  hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR), attribute = -1;
  PetscBool good = PETSC_FALSE;

  /* fixed length: the text lies in the attribute itself, not in a heap shared by all */
  H5Tset_size(type, strlen(text) + 1);
  H5Tset_cset(type, H5T_CSET_UTF8);
  attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  if (attribute >= 0 && H5Awrite(attribute, type, text) >= 0) good = PETSC_TRUE;
  if (attribute >= 0 && H5Aclose(attribute) < 0) good = PETSC_FALSE;
  H5Sclose(space);
  H5Tclose(type);
  return good;
}

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
