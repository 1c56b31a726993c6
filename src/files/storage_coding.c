/* What a dataset's attributes say of its numbers, by NetCDF's conventions (NUG, appendix A; CF 8.1
 * and 2.5.1): packing, values that stand for nothing, valid ranges, signs. Whatever else might
 * change a number's meaning is refused by name rather than passed over. */
#include "storage_impl.h"
#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A name of an attribute that means packing or missing values elsewhere, but not in CF: letters
 * only, in small. */
static PetscBool IsNearMiss(const char *name)
{
  static const char *const exact[] = {"scale_factor",  "add_offset", "_FillValue",
                                      "missing_value", "valid_min",  "valid_max",
                                      "valid_range",   "_Unsigned",  NULL};
  static const char *const near[] = {"scale",       "offset",      "scalefactor", "addoffset",
                                     "slope",       "intercept",   "fill",        "fillvalue",
                                     "nodata",      "nodatavalue", "missing",     "missingvalue",
                                     "missingdata", "validmin",    "validmax",    "validrange",
                                     "unsigned",    "scaling",     NULL};
  char letters[32];
  size_t used = 0;

  for (int i = 0; exact[i]; i++)
    if (!strcmp(name, exact[i])) return PETSC_FALSE;
  for (const char *c = name; *c && used + 1 < sizeof letters; c++)
    if (isalpha((unsigned char)*c)) letters[used++] = (char)tolower((unsigned char)*c);
  letters[used] = 0;
  for (int i = 0; near[i]; i++)
    if (!strcmp(letters, near[i])) return PETSC_TRUE;
  return PETSC_FALSE;
}

static herr_t FindNearMiss(hid_t object, const char *name, const H5A_info_t *info, void *context)
{
  char *found = (char *)context;

  (void)object, (void)info;
  if (!IsNearMiss(name)) return 0;
  snprintf(found, 64, "%s", name);
  return 1;
}

typedef struct {
  hid_t data, type;
  H5T_class_t class;
  OttoStorageCoding *c;
  PetscInt64 chunks, unwritten; /* of them, without a value that says so */
  char why[300];
} Reader;

/* A number as the dataset's own type has it; refused where that type has none like it. */
static PetscBool AsStored(Reader *r, const char *name, double *value)
{
  double given = *value;
  union {
    double number;
    unsigned char bytes[32];
  } buffer = {.number = given};

  if (r->class == H5T_FLOAT && isnan(given)) return PETSC_TRUE;
  if (r->class == H5T_FLOAT || r->class == H5T_INTEGER) {
    if (r->c->turn > 0 && given >= r->c->turn / 2) buffer.number = given - r->c->turn;
    if (r->c->turn < 0 && given < 0) buffer.number = given - r->c->turn;
    if (H5Tget_size(r->type) <= sizeof buffer && !isnan(given) &&
        H5Tconvert(H5T_NATIVE_DOUBLE, r->type, 1, buffer.bytes, NULL, H5P_DEFAULT) >= 0 &&
        H5Tconvert(r->type, H5T_NATIVE_DOUBLE, 1, buffer.bytes, NULL, H5P_DEFAULT) >= 0) {
      PetscBool missing;
      OttoStorageCoding plain = {
          .scale = 1, .turn = r->c->turn, .least = -INFINITY, .most = INFINITY};
      *value = OttoStorageDecode(&plain, buffer.number, &missing);
      if (r->c->turn > 0 && given < 0) given += r->c->turn;
      if (r->c->turn < 0 && given >= -r->c->turn / 2) given += r->c->turn;
      /* 1e37 rounds in a float; an integer does not */
      if (fabs(*value - given) <= (r->class == H5T_FLOAT ? 1e-3 * fabs(given) : 0))
        return PETSC_TRUE;
      if (*value == given) return PETSC_TRUE;
    }
  }
  snprintf(r->why, sizeof r->why, "attribute %s is %g, which is no number of the dataset's type",
           name, given);
  return PETSC_FALSE;
}

static PetscBool ReadPacking(Reader *r)
{
  OttoStorageCoding *c = r->c;
  char text[16];
  int found = OttoStorageReadText(r->data, "_Unsigned", text, sizeof text);

  if (found) {
    PetscBool yes = found > 0 && !strcasecmp(text, "true") ? PETSC_TRUE : PETSC_FALSE;
    if (r->class != H5T_INTEGER || (!yes && (found < 0 || strcasecmp(text, "false")))) {
      snprintf(r->why, sizeof r->why,
               "attribute _Unsigned is not understood: it is \"true\" or "
               "\"false\", of integers");
      return PETSC_FALSE;
    }
    PetscReal all = ldexp(1, (int)H5Tget_precision(r->type));
    if (yes && H5Tget_sign(r->type) == H5T_SGN_2) c->turn = all;
    if (!yes && H5Tget_sign(r->type) == H5T_SGN_NONE) c->turn = -all;
  }
  if (OttoStorageReadNumbers(r->data, "scale_factor", 1, &c->scale, r->why, sizeof r->why) < 0 ||
      OttoStorageReadNumbers(r->data, "add_offset", 1, &c->offset, r->why, sizeof r->why) < 0)
    return PETSC_FALSE;
  if (isfinite(c->scale) && c->scale != 0 && isfinite(c->offset)) return PETSC_TRUE;
  snprintf(r->why, sizeof r->why, "attributes scale_factor %g and add_offset %g make no values",
           (double)c->scale, (double)c->offset);
  return PETSC_FALSE;
}

/* Whether an attribute is of single precision and the data of more. */
static PetscBool IsNarrow(const Reader *r, const char *name)
{
  hid_t attribute = H5Aopen(r->data, name, H5P_DEFAULT);
  hid_t type = attribute >= 0 ? H5Aget_type(attribute) : -1;
  PetscBool narrow = PETSC_FALSE;

  if (type >= 0 && H5Tget_class(type) == H5T_FLOAT && H5Tget_size(type) == sizeof(float) &&
      r->class == H5T_FLOAT && H5Tget_size(r->type) > sizeof(float))
    narrow = PETSC_TRUE;
  if (type >= 0) H5Tclose(type);
  if (attribute >= 0) H5Aclose(attribute);
  return narrow;
}

/* A number that stands for nothing. */
static void Add(Reader *r, PetscReal value, PetscBool narrow)
{
  OttoStorageCoding *c = r->c;
  const PetscBool exact = r->class != H5T_FLOAT || !(fabs(value) <= FLT_MAX);

  c->narrow[c->count] = narrow;
  c->single[c->count] = exact ? value : (PetscReal)(float)value;
  c->missing[c->count++] = value;
}

/* The dataset's own fill value, which HDF5 reads where nothing was written. NetCDF gives one to
 * every variable, and writes no attribute where it is the usual one; a program that gives one that
 * is no number means no value. In a dataset that is written in part it stands for what was not. */
static void AddFill(Reader *r, hid_t file)
{
  const PetscBool has_attribute = H5Aexists(r->data, "_FillValue") > 0 ? PETSC_TRUE : PETSC_FALSE;
  OttoStorageCoding *c = r->c;
  OttoStorageFill fill;
  PetscBool missing = PETSC_FALSE;

  OttoStorageReadFill(file, r->data, &fill);
  r->chunks = fill.chunks;
  r->unwritten = fill.unwritten;
  if (!fill.known) return;
  OttoStorageCoding plain = {.scale = 1, .turn = c->turn, .least = -INFINITY, .most = INFINITY};
  const PetscReal value = OttoStorageDecode(&plain, fill.value, &missing); /* with its sign */
  OttoStorageDecode(c, fill.value, &missing);                              /* may be so already */
  if (!missing && fill.given &&
      (fill.unwritten || (!has_attribute && (fill.netcdf || isnan(value))))) {
    Add(r, value, PETSC_FALSE);
    missing = PETSC_TRUE;
  }
  if (missing) r->unwritten = 0;
}

static PetscBool ReadMissing(Reader *r)
{
  static const char *const names[] = {"_FillValue", "missing_value"};
  double v[OTTO_STORAGE_MISSING];

  for (int k = 0; k < 2; k++) {
    int count = OttoStorageReadNumbers(r->data, names[k], k ? OTTO_STORAGE_MISSING - 2 : 1, v,
                                       r->why, sizeof r->why);
    if (count < 0) return PETSC_FALSE;
    const PetscBool narrow = count > 0 ? IsNarrow(r, names[k]) : PETSC_FALSE;
    for (int i = 0; i < count; i++) {
      if (!AsStored(r, names[k], &v[i])) return PETSC_FALSE;
      Add(r, v[i], narrow);
    }
  }
  return PETSC_TRUE;
}

/* NUG: limits of a packed variable are of packed numbers, unless their type is that of the values.
 */
static PetscBool ReadLimits(Reader *r)
{
  static const char *const names[] = {"valid_range", "valid_min", "valid_max"};
  OttoStorageCoding *c = r->c;

  for (int k = 0; k < 3; k++) {
    double v[2] = {NAN, NAN};
    int count = OttoStorageReadNumbers(r->data, names[k], k ? 1 : 2, v, r->why, sizeof r->why);
    if (count < 0) return PETSC_FALSE;
    if (!count) continue;
    if (!k && count < 2) {
      snprintf(r->why, sizeof r->why, "attribute valid_range holds 1 number; 2 are expected");
      return PETSC_FALSE;
    }
    hid_t attribute = H5Aopen(r->data, names[k], H5P_DEFAULT), type = H5Aget_type(attribute);
    PetscBool of_values =
        r->class == H5T_INTEGER && H5Tget_class(type) == H5T_FLOAT ? PETSC_TRUE : PETSC_FALSE;
    H5Tclose(type);
    H5Aclose(attribute);
    for (int i = 0; i < count && !of_values; i++)
      if (!AsStored(r, names[k], &v[i])) return PETSC_FALSE;
    if ((c->least > -INFINITY || c->most < INFINITY) && of_values != c->of_values) {
      snprintf(r->why, sizeof r->why, "attributes valid_min and valid_max are of different types");
      return PETSC_FALSE;
    }
    c->of_values = of_values;
    if (k != 2) c->least = PetscMax(c->least, v[0]);
    if (k != 1) c->most = PetscMin(c->most, v[k ? 0 : 1]);
    if (!(c->least <= c->most)) {
      snprintf(r->why, sizeof r->why, "attribute %s leaves no number valid", names[k]);
      return PETSC_FALSE;
    }
  }
  return PETSC_TRUE;
}

void OttoStorageReadCoding(hid_t file, hid_t data, const char *what, OttoStorageShape *shape)
{
  OttoStorageCoding *c = &shape->coding;
  char near[64] = "";
  hsize_t at = 0;
  Reader r = {.data = data, .type = H5Dget_type(data), .c = c};

  *c = (OttoStorageCoding){.scale = 1, .least = -INFINITY, .most = INFINITY};
  r.class = H5Tget_class(r.type);
  H5Aiterate2(data, H5_INDEX_NAME, H5_ITER_INC, &at, FindNearMiss, near);
  if (near[0])
    snprintf(r.why, sizeof r.why,
             "attribute %s is not understood; CF's names are scale_factor, add_offset, _FillValue, "
             "missing_value, valid_min, valid_max",
             near);
  else if (ReadPacking(&r) && ReadMissing(&r) && ReadLimits(&r))
    AddFill(&r, file);
  shape->chunks = r.chunks;
  shape->unwritten_chunks = r.unwritten;
  if (r.why[0]) OttoStorageBecause(shape, "%.380s: %s", what, r.why);
  if (r.type >= 0) H5Tclose(r.type);
}
