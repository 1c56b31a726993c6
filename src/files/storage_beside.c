/* What stands beside a dataset and says where its cells are: coordinates that are not attached to
 * it as dimension scales (datasets of its dimensions' names; CF 5, attribute coordinates), and the
 * edges of cells (CF 7.1, attribute bounds). Rank 0 alone looks. */
#include "storage_impl.h"
#include <hdf5_hl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A dataset of numbers of this name in the group, or -1; its sizes. */
static hid_t OpenNumbers(hid_t group, const char *name, int *dim, hsize_t n[])
{
  hid_t object = -1, type, space;

  *dim = 0;
  if (group < 0 || !name[0] || strchr(name, '/') || H5Lexists(group, name, H5P_DEFAULT) <= 0 ||
      H5Oexists_by_name(group, name, H5P_DEFAULT) <= 0)
    return -1;
  if ((object = H5Oopen(group, name, H5P_DEFAULT)) < 0) return -1;
  if (H5Iget_type(object) == H5I_DATASET && OttoStorageIsOwn(object)) {
    type = H5Dget_type(object);
    space = H5Dget_space(object);
    const H5T_class_t class = H5Tget_class(type);
    if (class == H5T_INTEGER || class == H5T_FLOAT)
      *dim = H5Sget_simple_extent_dims(space, n, NULL);
    H5Sclose(space);
    H5Tclose(type);
  }
  if (*dim > 0) return object;
  H5Oclose(object);
  return -1;
}

/* Whether a dataset's numbers only rise or only fall, as coordinates do. */
static PetscBool IsMonotone(hid_t object, hsize_t n)
{
  double *x = malloc(n * sizeof *x);
  PetscBool good = x && H5Dread(object, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, x) >= 0
                       ? PETSC_TRUE
                       : PETSC_FALSE;

  for (hsize_t i = 1; good && i < n; i++)
    if (!((x[i] - x[i - 1]) * (x[1] - x[0]) > 0)) good = PETSC_FALSE;
  free(x);
  return good;
}

static PetscBool IsSame(hid_t a, hid_t b)
{
  H5O_info_t one, other;
  return H5Oget_info(a, &one) >= 0 && H5Oget_info(b, &other) >= 0 && one.addr == other.addr
             ? PETSC_TRUE
             : PETSC_FALSE;
}

/* A list of n ≥ 2 numbers in a row called as dimension d, or as its axis. */
static void FindList(hid_t data, hid_t group, const OttoGridInfo *g, OttoStorageDimension *s,
                     hid_t *scale)
{
  const char *const names[] = {s->name, g->name[s->axis]};
  hsize_t n[H5S_MAX_RANK];
  int dim;

  for (int k = 0; k < 2 && *scale < 0 && s->n > 1; k++) {
    hid_t object = OpenNumbers(group, names[k], &dim, n);
    if (object < 0) continue;
    if (dim == 1 && (PetscInt64)n[0] == s->n && !IsSame(object, data) && IsMonotone(object, n[0])) {
      *scale = object;
      if (!s->name[0]) snprintf(s->name, sizeof s->name, "%s", names[k]);
    } else {
      H5Oclose(object);
    }
  }
}

static herr_t TakeName(hid_t data, unsigned dim, hid_t scale, void *context)
{
  (void)data, (void)dim;
  return H5Iget_name(scale, (char *)context, 200) > 0 ? 1 : 0;
}

/* The dimension of the dataset that a list of numbers belongs to, by its own scale's name, or -1.
 */
static PetscInt DimensionOf(hid_t object, const OttoStorageShape *s)
{
  char name[200] = "";

  if (OttoStorageIsSound(object, 1, "DIMENSION_LIST", H5T_VLEN))
    H5DSiterate_scales(object, 0, NULL, TakeName, name);
  const char *slash = strrchr(name, '/');
  for (PetscInt d = 0; slash && d < s->dim; d++)
    if (!strcmp(s->d[d].name, slash + 1)) return d;
  return -1;
}

/* CF's auxiliary coordinates: those of one dimension are its coordinates where it has none; those
 * of several would bend the grid. */
static PetscBool ReadAuxiliary(hid_t data, hid_t group, const char *what, OttoStorageShape *s,
                               hid_t scale[])
{
  char names[H5S_MAX_RANK][OTTO_AXIS_NAME];
  const int count = OttoStorageReadNames(data, "coordinates", H5S_MAX_RANK, names);
  hsize_t n[H5S_MAX_RANK];

  for (int i = 0; i < count && i < H5S_MAX_RANK; i++) {
    int dim, wide = 0;
    hid_t object = OpenNumbers(group, names[i], &dim, n);
    for (int k = 0; k < dim; k++) wide += n[k] > 1;
    if (object < 0) continue;
    if (wide > 1)
      OttoStorageBecause(s,
                         "%.270s: attribute coordinates names '%.63s', of %d dimensions (a curved "
                         "grid): that is not understood; cells are those of grid_lower and "
                         "grid_upper",
                         what, names[i], wide);
    const PetscInt d = dim == 1 && wide ? DimensionOf(object, s) : -1;
    if (d >= 0 && s->d[d].axis >= 0 && scale[d] < 0 && (PetscInt64)n[0] == s->d[d].n)
      scale[d] = object;
    else
      H5Oclose(object);
    if (s->why[0]) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

PetscBool OttoStorageFindCoordinates(hid_t data, const OttoGridInfo *g, const char *what,
                                     OttoStorageShape *shape, hid_t scale[])
{
  hid_t group = OttoStorageOpenBeside(data);
  PetscBool good = ReadAuxiliary(data, group, what, shape, scale);

  for (PetscInt d = 0; good && d < shape->dim; d++)
    if (shape->d[d].axis >= 0 && scale[d] < 0) FindList(data, group, g, &shape->d[d], &scale[d]);
  if (group >= 0) H5Oclose(group);
  return good;
}

void OttoStorageCheckBounds(hid_t scale, const OttoGridInfo *g, PetscInt axis, PetscInt64 n,
                            const double x[], char why[], size_t size)
{
  const PetscReal h = g->h[axis], box = g->upper[axis] - g->lower[axis];
  char name[1][OTTO_AXIS_NAME];
  hid_t group, object = -1;
  hsize_t sizes[H5S_MAX_RANK];
  int dim = 0;
  double *b = NULL;

  why[0] = 0;
  if (OttoStorageReadNames(scale, "bounds", 1, name) != 1) return;
  group = OttoStorageOpenBeside(scale);
  object = OpenNumbers(group, name[0], &dim, sizes);
  if (object >= 0 && (dim != 2 || (PetscInt64)sizes[0] != n || sizes[1] != 2))
    snprintf(why, size, "attribute bounds names '%.63s', which is not two numbers a cell", name[0]);
  else if (object >= 0 &&
           (!(b = malloc((size_t)n * 2 * sizeof *b)) ||
            H5Dread(object, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, b) < 0))
    snprintf(why, size, "attribute bounds names '%.63s', which cannot be read", name[0]);
  for (PetscInt64 i = 0; b && !why[0] && i < n; i++)
    for (int side = 0; side < 2; side++) {
      const PetscBool upper = (b[2 * i] < b[2 * i + 1]) == side ? PETSC_TRUE : PETSC_FALSE;
      PetscReal off = b[2 * i + side] - (x[i] + (upper ? h : -h) / 2);
      if (g->boundary[axis] == OTTO_BOUNDARY_PERIODIC) off -= box * round(off / box);
      if (why[0] || fabs(off) <= 2 * OttoStorageTolerance(h, fabs(x[i]) + h)) continue;
      snprintf(
          why, size,
          "attribute bounds: cell %lld of '%.63s' is from %.9g to %.9g, the grid's from %.9g to "
          "%.9g",
          (long long)i + 1, name[0], b[2 * i], b[2 * i + 1], x[i] - h / 2, x[i] + h / 2);
    }
  free(b);
  if (object >= 0) H5Oclose(object);
  if (group >= 0) H5Oclose(group);
}
