/* What a dataset of points says of itself: which dimension counts points, which coordinate each
 * column is, and in which unit angles are. Rank 0 alone looks. */
#include "storage_impl.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define Refuse(...)                                                                                \
  do {                                                                                             \
    char reason_[420];                                                                             \
    snprintf(reason_, sizeof reason_, __VA_ARGS__);                                                \
    OttoStorageBecause(s, "%.270s: %s", what, reason_);                                            \
    return PETSC_FALSE;                                                                            \
  } while (0)

/* Whether a name, or its plural, is in the list. */
static PetscBool IsOneOf(const char *name, const char *const list[])
{
  const size_t n = strlen(name);

  for (int i = 0; list[i]; i++) {
    const size_t length = strlen(list[i]);
    if (!strncasecmp(name, list[i], length) &&
        (n == length || (n == length + 1 && (name[n - 1] == 's' || name[n - 1] == 'S'))))
      return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

static PetscBool CountsPoints(const char *name)
{
  static const char *const list[] = {"point",  "sample", "particle", "row",         "event",
                                     "n",      "i",      "id",       "index",       "time",
                                     "t",      "obs",    "draw",     "observation", "frame",
                                     "record", "walker", "chain",    "step",        NULL};
  return IsOneOf(name, list);
}

static PetscBool CountsColumns(const char *name)
{
  static const char *const list[] = {
      "dim",       "axis",   "axes",      "component", "column", "coord", "coordinate", "space",
      "direction", "vector", "dimension", "variable",  "xyz",    "xy",    "feature",    NULL};
  return IsOneOf(name, list);
}

/* Which axis each column is, by names of all of them. Returns whether they are the grid's axes. */
static PetscBool NameColumns(const OttoGridInfo *g, int count, char names[][OTTO_AXIS_NAME],
                             OttoStorageShape *s)
{
  PetscInt axis[OTTO_MAX_DIM];

  if (count != g->dim) return PETSC_FALSE;
  for (PetscInt k = 0; k < g->dim; k++) {
    axis[k] = OttoGridFindAxis(g, names[k]);
    if (axis[k] < 0) return PETSC_FALSE;
    for (PetscInt l = 0; l < k; l++)
      if (axis[l] == axis[k]) return PETSC_FALSE;
  }
  for (PetscInt k = 0; k < g->dim; k++) s->column[k] = axis[k];
  return PETSC_TRUE;
}

/* The names that a dimension's coordinates give to columns: *found where there are any. Numbers may
 * only count. */
static PetscBool ReadColumns(const OttoGridInfo *g, hid_t scale, const char *what,
                             OttoStorageShape *s, PetscInt d, PetscBool *found)
{
  char names[H5S_MAX_RANK][OTTO_AXIS_NAME];
  double x[OTTO_MAX_DIM];
  hid_t space = H5Dget_space(scale);
  const hssize_t entries = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
  const int count = OttoStorageReadNames(scale, NULL, H5S_MAX_RANK, names);

  if (space >= 0) H5Sclose(space);
  *found = PETSC_FALSE;
  if (count > 0) {
    if (!(*found = NameColumns(g, count, names, s)) && s->d[d].n == g->dim)
      Refuse("coordinates of dimension '%.63s' are '%.63s' …: they should name the grid's axes, "
             "each once (grid_names)",
             s->d[d].name, names[0]);
  } else if (entries == g->dim && OttoStorageIsOwn(scale)) {
    if (H5Dread(scale, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, x) < 0) return PETSC_TRUE;
    for (PetscInt k = 0; k < g->dim; k++)
      if (CountsColumns(s->d[d].name) && x[k] != (x[0] == 1) + (double)k)
        Refuse("coordinates of dimension '%.63s' begin with %g and do not count: which columns "
               "they mean is not understood",
               s->d[d].name, x[0]);
  }
  return PETSC_TRUE;
}

/* Attributes that name columns, or dimensions. */
static PetscBool ReadAttributes(hid_t data, const OttoGridInfo *g, const char *what,
                                OttoStorageShape *s)
{
  static const char *const lists[] = {"columns",           "column_names",   "axes", "axisLabels",
                                      "_ARRAY_DIMENSIONS", "DimensionNames", NULL};
  char names[H5S_MAX_RANK][OTTO_AXIS_NAME];

  for (int i = 0; lists[i]; i++) {
    const int count = OttoStorageReadNames(data, lists[i], H5S_MAX_RANK, names);
    if (!count || (count > 0 && NameColumns(g, count, names, s))) continue;
    if (count < 0 || count != s->dim || i < 2)
      Refuse("attribute %s is not understood: names of the grid's axes are expected, each once",
             lists[i]);
    for (PetscInt d = 0; d < s->dim; d++)
      if (!s->d[d].name[0]) snprintf(s->d[d].name, sizeof s->d[d].name, "%s", names[d]);
  }
  return PETSC_TRUE;
}

/* Which of the two dimensions first, second counts columns: by their names, then by their lengths.
 */
static PetscBool FindColumns(const OttoGridInfo *g, const char *what, OttoStorageShape *s,
                             PetscInt first, PetscInt second, PetscBool turned, PetscInt *columns)
{
  const OttoStorageDimension *a = &s->d[first], *b = &s->d[second];
  const int says_first = CountsColumns(a->name) + CountsPoints(b->name),
            says_second = CountsColumns(b->name) + CountsPoints(a->name);

  *columns = turned ? first : second;
  if (says_first > says_second && a->n == g->dim)
    *columns = first;
  else if (says_second > says_first && b->n == g->dim)
    *columns = second;
  else if ((a->name[0] || b->name[0]) && a->n == g->dim && b->n == g->dim)
    Refuse("dimensions '%.63s' and '%.63s' do not say which of them counts points; call them "
           "'point' and 'dim'",
           a->name, b->name);
  return PETSC_TRUE;
}

/* Angles: 360 to a turn, 2π, or 0 where the text is no unit of angles. */
static PetscReal Turn(const char *unit)
{
  static const char *const degrees[] = {
      "deg", "degree", "degrees_east", "degrees_north", "degree_east", "degree_north", "°", NULL};
  static const char *const radians[] = {"rad", "radian", NULL};

  return IsOneOf(unit, degrees) ? 360 : IsOneOf(unit, radians) ? 2 * M_PI : 0;
}

/* Whether a box can be measured in that unit: a periodic one is turns, or a fraction of one; any
 * other is not a turn, a half or a quarter of one, in the other unit. */
static PetscBool FitsUnit(const OttoGridInfo *g, PetscInt j, PetscReal turn)
{
  const PetscReal box = g->upper[j] - g->lower[j], other = turn == 360 ? 2 * M_PI : 360;

  if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC) {
    const PetscReal turns = PetscMax(box / turn, turn / box);
    return fabs(turns - round(turns)) <= 1e-6 * turns ? PETSC_TRUE : PETSC_FALSE;
  }
  for (int part = 1; part <= 4; part *= 2)
    if (fabs(box - other / part) <= 1e-6 * box) return PETSC_FALSE;
  return PETSC_TRUE;
}

static PetscBool CheckUnits(hid_t data, const OttoGridInfo *g, const char *what,
                            OttoStorageShape *s)
{
  static const char *const attributes[] = {"units", "unit", NULL};
  char names[H5S_MAX_RANK][OTTO_AXIS_NAME];

  for (int i = 0; attributes[i]; i++) {
    const int count = OttoStorageReadNames(data, attributes[i], H5S_MAX_RANK, names);
    for (PetscInt k = 0; k < g->dim && (count == 1 || count == g->dim); k++) {
      const char *unit = names[count == 1 ? 0 : k];
      const PetscInt j = s->column[k];
      const PetscReal turn = Turn(unit);
      if (!turn || FitsUnit(g, j, turn)) continue;
      Refuse("attribute %s is '%.40s', in which a turn is %.6g; axis %s of the grid, from %.9g to "
             "%.9g, is in another unit; convert the points, or give the box in it",
             attributes[i], unit, turn, g->name[j], g->lower[j], g->upper[j]);
    }
  }
  return PETSC_TRUE;
}

/* Points of the grid's axes, two or more. */
static PetscBool MatchColumns(hid_t data, const OttoGridInfo *g, const char *what,
                              OttoStorageShape *s, const hid_t scale[])
{
  PetscInt wide[2] = {-1, -1}, columns = -1;

  for (PetscInt d = 0; d < s->dim; d++) {
    if (s->d[d].axis >= 0 && s->d[d].axis < 2) wide[s->d[d].axis] = d;
    s->d[d].used = s->d[d].n;
  }
  if (!ReadAttributes(data, g, what, s)) return PETSC_FALSE;
  const PetscBool turned = wide[0] > wide[1] ? PETSC_TRUE : PETSC_FALSE;
  const PetscInt first = wide[turned], second = wide[!turned];
  for (PetscInt d = 0; d < s->dim; d++) {
    PetscBool found = PETSC_FALSE;
    if (scale[d] >= 0 && !ReadColumns(g, scale[d], what, s, d, &found)) return PETSC_FALSE;
    if (found) columns = d;
  }
  if (first < 0 || second < 0) return PETSC_TRUE; /* refused by its shape */
  if (columns != first && columns != second &&
      !FindColumns(g, what, s, first, second, turned, &columns))
    return PETSC_FALSE;
  s->d[columns].axis = 1;
  s->d[columns == first ? second : first].axis = 0;
  return PETSC_TRUE;
}

/* Rows of `columns` numbers: dimensions in their order, or in MATLAB's. Single entries beside them
 * are left out; a list of single numbers may stand along any dimension. */
static void MatchRows(hid_t data, PetscInt columns, OttoStorageShape *shape)
{
  const PetscBool turned = OttoStorageIsColumnMajor(data);
  const PetscInt wanted = columns == 1 ? 1 : 2;
  PetscInt left = shape->dim, at = 0;

  for (PetscInt d = 0; d < shape->dim; d++) {
    OttoStorageDimension *s = &shape->d[d];
    s->used = s->n;
    if (s->n == 1 && left > wanted) {
      left--;
      continue;
    }
    s->axis = at++;
  }
  for (PetscInt d = 0; turned && d < shape->dim; d++)
    if (shape->d[d].axis >= 0) shape->d[d].axis = left - 1 - shape->d[d].axis;
}

void OttoStorageMatchPoints(hid_t file, hid_t data, const OttoGridInfo *g, PetscInt columns,
                            const char *what, OttoStorageShape *shape)
{
  hid_t scale[H5S_MAX_RANK];

  MatchRows(data, columns, shape);
  for (PetscInt k = 0; k < OTTO_MAX_DIM; k++) shape->column[k] = k;
  if (!g) return;
  for (PetscInt d = 0; d < H5S_MAX_RANK; d++) scale[d] = -1;
  if (OttoStorageNameDimensions(file, data, g, what, shape, scale) &&
      (columns == 1 || MatchColumns(data, g, what, shape, scale)))
    CheckUnits(data, g, what, shape);
  for (PetscInt d = 0; d < H5S_MAX_RANK; d++)
    if (scale[d] >= 0) H5Oclose(scale[d]);
}
