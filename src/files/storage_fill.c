/* The fill value of a dataset, which is read where nothing was ever written, and whether that is so
 * anywhere: of chunks HDF5 knows it. NetCDF is known by its marks, which differ from version to
 * version (_NCProperties since 4.4.1), and by its fill values themselves. */
#include "storage_impl.h"
#include <hdf5_hl.h>
#include <string.h>

/* NetCDF's usual fill values (netcdf.h, NC_FILL_*); bytes have none that is taken for missing. */
static PetscBool IsUsualFill(hid_t type, double value)
{
  const size_t size = H5Tget_size(type);
  const PetscBool is_signed = H5Tget_sign(type) == H5T_SGN_2 ? PETSC_TRUE : PETSC_FALSE;

  if (H5Tget_class(type) == H5T_FLOAT) return value == 0x1.ep+122 ? PETSC_TRUE : PETSC_FALSE;
  if (H5Tget_class(type) != H5T_INTEGER || size < 2) return PETSC_FALSE;
  const double all = ldexp(1, 8 * (int)size);
  const double usual =
      size == 8 ? (is_signed ? -all / 2 + 2 : all - 2) : (is_signed ? -all / 2 + 1 : all - 1);
  return value == usual ? PETSC_TRUE : PETSC_FALSE;
}

/* A scale that is a dimension of NetCDF without coordinates says so. */
static herr_t LookForDimension(hid_t data, unsigned dim, hid_t scale, void *context)
{
  char name[64] = "";

  (void)data, (void)dim;
  if (H5DSget_scale_name(scale, name, sizeof name) < 0) return 0;
  if (H5Aexists(scale, "_Netcdf4Dimid") <= 0 && strncmp(name, OTTO_STORAGE_BARE, 20)) return 0;
  *(PetscBool *)context = PETSC_TRUE;
  return 1;
}

static PetscBool IsNetcdf(hid_t file, hid_t data)
{
  static const char *const marks[] = {"_Netcdf4Dimid", "_Netcdf4Coordinates", "_nc3_strict",
                                      "_NCProperties", NULL};
  PetscBool found = PETSC_FALSE;
  hid_t space = H5Dget_space(data);
  const int dim = space < 0 ? 0 : H5Sget_simple_extent_ndims(space);

  if (space >= 0) H5Sclose(space);
  for (int i = 0; marks[i]; i++)
    if (H5Aexists(file, marks[i]) > 0 || H5Aexists(data, marks[i]) > 0) return PETSC_TRUE;
  if (!OttoStorageIsSound(data, dim, "DIMENSION_LIST", H5T_VLEN)) return PETSC_FALSE;
  for (int d = 0; d < dim && !found; d++)
    H5DSiterate_scales(data, (unsigned)d, NULL, LookForDimension, &found);
  return found;
}

static void CountChunks(hid_t data, hid_t plan, OttoStorageFill *fill)
{
  hid_t space = H5Dget_space(data);
  hsize_t n[H5S_MAX_RANK], chunk[H5S_MAX_RANK], written = 0;
  const int dim = space < 0 ? 0 : H5Sget_simple_extent_dims(space, n, NULL);
  double chunks = 1;

  if (dim > 0 && H5Pget_layout(plan) == H5D_CHUNKED &&
      H5Pget_chunk(plan, H5S_MAX_RANK, chunk) == dim &&
      H5Dget_num_chunks(data, space, &written) >= 0) {
    for (int d = 0; d < dim; d++)
      chunks *= chunk[d] ? (double)(n[d] / chunk[d] + (n[d] % chunk[d] ? 1 : 0)) : 0;
    if (written > 0 && chunks < 1e15 && (double)written < chunks) {
      fill->chunks = (PetscInt64)chunks;
      fill->unwritten = fill->chunks - (PetscInt64)written;
    }
  }
  if (space >= 0) H5Sclose(space);
}

void OttoStorageReadFill(hid_t file, hid_t data, OttoStorageFill *fill)
{
  hid_t plan = H5Dget_create_plist(data), type = H5Dget_type(data);
  H5D_fill_value_t kind = H5D_FILL_VALUE_ERROR;

  *fill = (OttoStorageFill){.known = PETSC_FALSE};
  if (plan >= 0 && type >= 0 && H5Pfill_value_defined(plan, &kind) >= 0) {
    CountChunks(data, plan, fill);
    fill->given = kind == H5D_FILL_VALUE_USER_DEFINED ? PETSC_TRUE : PETSC_FALSE;
    fill->known = !fill->given || H5Pget_fill_value(plan, H5T_NATIVE_DOUBLE, &fill->value) >= 0
                      ? PETSC_TRUE
                      : PETSC_FALSE;
    fill->netcdf = fill->given && fill->known && H5Tget_size(type) > 1 &&
                           (IsUsualFill(type, fill->value) || IsNetcdf(file, data))
                       ? PETSC_TRUE
                       : PETSC_FALSE;
  }
  if (type >= 0) H5Tclose(type);
  if (plan >= 0) H5Pclose(plan);
}
