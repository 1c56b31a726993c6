/* Names of dimensions as other programs than HDF5's own interface write them: attributes of the
 * dataset (_ARRAY_DIMENSIONS of xarray and zarr, axes of NeXus, axisLabels of openPMD …) or of the
 * NeXus group that it stands in (NXdata, https://manual.nexusformat.org/datarules.html); and
 * whether its first index varies fastest (MATLAB, Octave). Rank 0 alone looks. */
#include "storage_impl.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LONGEST 256 /* characters of an attribute that lists names */

hid_t OttoStorageOpenBeside(hid_t object)
{
  char name[512] = "";
  char *slash;

  if (H5Iget_name(object, name, sizeof name) <= 0) return -1;
  name[sizeof name - 1] = 0;
  if (!(slash = strrchr(name, '/'))) return -1;
  slash[slash == name ? 1 : 0] = 0;
  return H5Oopen(object, name, H5P_DEFAULT);
}

PetscBool OttoStorageIsColumnMajor(hid_t data)
{
  hid_t group;
  PetscBool octave;

  if (H5Aexists(data, "MATLAB_class") > 0) return PETSC_TRUE;
  group = OttoStorageOpenBeside(data); /* of a variable's type and value */
  octave = group >= 0 && H5Aexists(group, "OCTAVE_NEW_FORMAT") > 0 ? PETSC_TRUE : PETSC_FALSE;
  if (group >= 0) H5Oclose(group);
  return octave;
}

/* Appends the words of a text, "z:y:x", "[z, y, x]", ["z", "y", "x"], to names. */
static int Split(const char *text, int count, int most, char names[][OTTO_AXIS_NAME])
{
  static const char between[] = " \t\n:,;[]()'\"";

  for (text += strspn(text, between); *text; text += strspn(text, between)) {
    const size_t n = strcspn(text, between);
    if (count < most) snprintf(names[count], OTTO_AXIS_NAME, "%.*s", (int)n, text);
    count++;
    text += n;
  }
  return count;
}

/* Texts of fixed or varying length, read through `read`; object: an attribute or a dataset. */
static int ReadTexts(hid_t object, hid_t type, hid_t space, PetscBool is_attribute, int most,
                     char names[][OTTO_AXIS_NAME])
{
  const hssize_t entries = H5Sget_simple_extent_npoints(space);
  const PetscBool varying = H5Tis_variable_str(type) > 0 ? PETSC_TRUE : PETSC_FALSE;
  const size_t width = H5Tget_size(type);
  char *bytes, text[LONGEST];
  int count = 0;

  if (H5Tget_class(type) != H5T_STRING || entries < 1 || entries > H5S_MAX_RANK ||
      (!varying && width >= LONGEST) || !(bytes = calloc((size_t)entries, width)))
    return -1;
  if ((is_attribute ? H5Aread(object, type, bytes)
                    : H5Dread(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes)) < 0)
    count = -1;
  for (hssize_t i = 0; i < entries && count >= 0; i++) {
    const char *entry = varying ? ((char **)(void *)bytes)[i] : bytes + (size_t)i * width;
    snprintf(text, sizeof text, "%.*s", (int)(varying ? LONGEST - 1 : width), entry ? entry : "");
    if (entries == 1) {
      count = Split(text, 0, most, names);
      break;
    }
    if (count < most) {
      names[count][0] = 0;
      Split(text, 0, 1, &names[count]);
    }
    count++;
  }
  if (varying) H5Dvlen_reclaim(type, space, H5P_DEFAULT, bytes);
  free(bytes);
  return count;
}

int OttoStorageReadNames(hid_t object, const char *attribute, int most,
                         char names[][OTTO_AXIS_NAME])
{
  hid_t source = object, type, space;
  int count;

  if (attribute) {
    if (H5Aexists(object, attribute) <= 0) return 0;
    source = H5Aopen(object, attribute, H5P_DEFAULT);
  }
  type = attribute ? H5Aget_type(source) : H5Dget_type(source);
  space = attribute ? H5Aget_space(source) : H5Dget_space(source);
  count = type < 0 || space < 0
              ? -1
              : ReadTexts(source, type, space, attribute ? PETSC_TRUE : PETSC_FALSE, most, names);
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  if (attribute && source >= 0) H5Aclose(source);
  return count;
}

/* Gives dimension d a name that `source` says. */
static PetscBool Name(const OttoGridInfo *g, const char *what, OttoStorageShape *s, PetscInt d,
                      const char *name, const char *source)
{
  char own[OTTO_AXIS_NAME];

  snprintf(own, sizeof own, "%s", s->d[d].name);
  if (!strcmp(name, ".") || !name[0] || !strcasecmp(name, own)) return PETSC_TRUE; /* NeXus: none */
  if (!own[0]) {
    snprintf(s->d[d].name, sizeof s->d[d].name, "%s", name);
    return PETSC_TRUE;
  }
  if (OttoGridFindAxis(g, name) >= 0 && OttoGridFindAxis(g, name) == OttoGridFindAxis(g, own))
    return PETSC_TRUE;
  OttoStorageBecause(s, "%.270s: attribute %s calls dimension %d '%s', which is '%s' elsewhere",
                     what, source, (int)d + 1, name, own);
  return PETSC_FALSE;
}

static PetscBool NameAll(const OttoGridInfo *g, const char *what, OttoStorageShape *s, int count,
                         char names[][OTTO_AXIS_NAME], const char *source)
{
  if (count < 0 || count != s->dim) {
    OttoStorageBecause(s,
                       "%.270s: attribute %s is not understood: a name for each of %d dimensions "
                       "is expected",
                       what, source, (int)s->dim);
    return PETSC_FALSE;
  }
  for (PetscInt d = 0; d < s->dim; d++)
    if (!Name(g, what, s, d, names[d], source)) return PETSC_FALSE;
  return PETSC_TRUE;
}

/* The last part of a dataset's path. */
static const char *OwnName(hid_t data, char path[], size_t size)
{
  path[0] = 0;
  if (H5Iget_name(data, path, size) <= 0) return "";
  path[size - 1] = 0;
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* NXdata: attribute axes names the dimensions of its signal (and of all of as many), <name>_indices
 * says which one a name belongs to. */
static PetscBool ReadNexus(hid_t data, hid_t group, const OttoGridInfo *g, const char *what,
                           OttoStorageShape *s)
{
  char names[H5S_MAX_RANK][OTTO_AXIS_NAME], signal[1][OTTO_AXIS_NAME] = {""}, path[512], why[200];
  int count = OttoStorageReadNames(group, "axes", H5S_MAX_RANK, names);

  OttoStorageReadNames(group, "signal", 1, signal);
  if (count && (count == s->dim || !strcmp(signal[0], OwnName(data, path, sizeof path))) &&
      !NameAll(g, what, s, count, names, "axes (of its group)"))
    return PETSC_FALSE;
  for (PetscInt j = 0; j < g->dim; j++) {
    char indices[OTTO_AXIS_NAME + 16];
    double at;
    snprintf(indices, sizeof indices, "%s_indices", g->name[j]);
    count = OttoStorageReadNumbers(group, indices, 1, &at, why, sizeof why);
    if (!count) continue;
    if (count < 0 || !(at >= 0 && at < (double)s->dim)) {
      OttoStorageBecause(s, "%.270s: attribute %s of its group is not understood", what, indices);
      return PETSC_FALSE;
    }
    if (!Name(g, what, s, (PetscInt)at, g->name[j], indices)) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

/* openPMD: the axes of a dataset whose first index varies fastest would be turned. */
static PetscBool CheckOrder(hid_t object, const char *what, OttoStorageShape *s)
{
  char order[1][OTTO_AXIS_NAME];

  if (object < 0 || !OttoStorageReadNames(object, "dataOrder", 1, order) ||
      !strcasecmp(order[0], "C"))
    return PETSC_TRUE;
  OttoStorageBecause(s, "%.270s: attribute dataOrder is not understood: C is (x first)", what);
  return PETSC_FALSE;
}

PetscBool OttoStorageAddNames(hid_t data, const OttoGridInfo *g, const char *what,
                              OttoStorageShape *shape)
{
  static const char *const strict[] = {"_ARRAY_DIMENSIONS", "axes", "DimensionNames", "axisLabels",
                                       NULL};
  static const char *const loose[] = {"dims",      "dimensions", "dimension_names",
                                      "dim_names", "axis_names", NULL};
  char names[H5S_MAX_RANK][OTTO_AXIS_NAME];
  PetscBool good = CheckOrder(data, what, shape);
  hid_t group = OttoStorageOpenBeside(data);

  for (int i = 0; good && strict[i]; i++) {
    const int count = OttoStorageReadNames(data, strict[i], H5S_MAX_RANK, names);
    if (count) good = NameAll(g, what, shape, count, names, strict[i]);
  }
  for (int i = 0; good && loose[i]; i++) { /* they may be anything else */
    const int count = OttoStorageReadNames(data, loose[i], H5S_MAX_RANK, names);
    if (count > 0 && count == shape->dim) good = NameAll(g, what, shape, count, names, loose[i]);
  }
  if (good && group >= 0) good = CheckOrder(group, what, shape);
  if (good && group >= 0) good = ReadNexus(data, group, g, what, shape);
  if (group >= 0) H5Oclose(group);
  return good;
}
