/* Which axis each dimension of a dataset is, and in which order its entries come: by the names of
 * dimensions (HDF5's dimension scales and labels, which NetCDF's dimensions are), by their
 * coordinates, and by the grid that Otto itself writes into a file. Rank 0 alone looks. */
#include "storage_impl.h"
#include <hdf5_hl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct {
  hid_t file, data;
  const OttoGridInfo *g;
  const char *what; /* "dataset 'p' of 'in.nc'" */
  OttoStorageShape *shape;
  hid_t scale[H5S_MAX_RANK]; /* the first of each dimension, or -1 */
  PetscInt by_cf; /* the last dimension that is the axis it is by CF's attribute, or -1 */
} Match;

#define Refuse(m, ...)                                                                             \
  do {                                                                                             \
    char reason_[420];                                                                             \
    snprintf(reason_, sizeof reason_, __VA_ARGS__);                                                \
    OttoStorageBecause((m)->shape, "%.270s: %s", (m)->what, reason_);                              \
    return PETSC_FALSE;                                                                            \
  } while (0)

static herr_t TakeScale(hid_t data, unsigned dim, hid_t scale, void *context)
{
  (void)data, (void)dim;
  *(hid_t *)context = scale;
  H5Iinc_ref(scale); /* the iterator closes it */
  return 1;
}

/* The name of a scale: what it calls itself, or its link; NetCDF says of a dimension without
 * coordinates that it is none of its variables. */
static void NameScale(hid_t scale, char name[], size_t size, PetscBool *has_coordinates)
{
  static const char bare[] = OTTO_STORAGE_BARE;
  char link[256] = "", own[256] = "";

  if (H5DSget_scale_name(scale, own, sizeof own) < 0) own[0] = 0;
  own[sizeof own - 1] = 0;
  if (H5Iget_name(scale, link, sizeof link) < 0) link[0] = 0;
  *has_coordinates = strncmp(own, bare, sizeof bare - 1) ? PETSC_TRUE : PETSC_FALSE;
  const char *slash = strrchr(link, '/');
  snprintf(name, size, "%.*s", OTTO_AXIS_NAME - 1,
           own[0] && *has_coordinates ? own
           : slash                    ? slash + 1
                                      : link);
}

/* Names and scales of all dimensions. */
static PetscBool ReadNames(Match *m)
{
  OttoStorageShape *s = m->shape;
  const PetscBool scales = H5Aexists(m->data, "DIMENSION_LIST") > 0 ? PETSC_TRUE : PETSC_FALSE;
  const PetscBool labels = H5Aexists(m->data, "DIMENSION_LABELS") > 0 ? PETSC_TRUE : PETSC_FALSE;

  if (scales && !OttoStorageIsSound(m->data, s->dim, "DIMENSION_LIST", H5T_VLEN))
    Refuse(m, "attribute DIMENSION_LIST is not understood");
  if (labels && !OttoStorageIsSound(m->data, s->dim, "DIMENSION_LABELS", H5T_STRING))
    Refuse(m, "attribute DIMENSION_LABELS is not understood");
  for (PetscInt d = 0; d < s->dim; d++) {
    char label[OTTO_AXIS_NAME] = "";
    PetscBool has_coordinates = PETSC_TRUE;
    if (scales && H5DSiterate_scales(m->data, (unsigned)d, NULL, TakeScale, &m->scale[d]) < 0)
      Refuse(m, "attribute DIMENSION_LIST is damaged at dimension %d", (int)d + 1);
    if (m->scale[d] >= 0)
      NameScale(m->scale[d], s->d[d].name, sizeof s->d[d].name, &has_coordinates);
    if (labels && H5DSget_label(m->data, (unsigned)d, label, sizeof label) > 0)
      snprintf(s->d[d].name, sizeof s->d[d].name, "%.*s", OTTO_AXIS_NAME - 1, label);
    if (m->scale[d] >= 0 && !has_coordinates) {
      H5Oclose(m->scale[d]);
      m->scale[d] = -1;
    }
  }
  return PETSC_TRUE;
}

/* The axis a dimension's coordinates say it is (CF 4: attribute axis), or -1. */
static PetscInt AxisByCF(const Match *m, PetscInt d)
{
  char text[8];

  if (m->g->named || m->scale[d] < 0 ||
      OttoStorageReadText(m->scale[d], "axis", text, sizeof text) <= 0 || strlen(text) != 1)
    return -1;
  return OttoGridFindAxis(m->g, text);
}

/* What CF's attribute says of dimension d, for messages; "" where it says nothing. */
static const char *FormatCF(const Match *m, PetscInt d, char text[], size_t size)
{
  char axis[8] = "";

  text[0] = 0;
  if (d < 0 || OttoGridFindAxis(m->g, m->shape->d[d].name) >= 0 || AxisByCF(m, d) < 0) return text;
  OttoStorageReadText(m->scale[d], "axis", axis, sizeof axis);
  snprintf(text, size, " (attribute axis = \"%s\" of '%s' makes it axis %s)", axis,
           m->shape->d[d].name, m->g->name[AxisByCF(m, d)]);
  return text;
}

static PetscBool RefuseShape(Match *m, const char *hint)
{
  char found[200], wanted[250] = "", by_cf[OTTO_AXIS_NAME * 2 + 60];
  size_t used = 0;

  OttoStorageFormatShape(m->shape, found, sizeof found);
  for (PetscInt j = 0; j < m->g->dim && used < sizeof wanted; j++)
    used += (size_t)snprintf(wanted + used, sizeof wanted - used, "%s%" PetscInt64_FMT,
                             j ? " x " : "", m->g->n[j]);
  OttoStorageBecause(m->shape, "%.270s has shape %.200s; the grid is %.250s%s%s", m->what, found,
                     wanted, FormatCF(m, m->by_cf, by_cf, sizeof by_cf), hint);
  return PETSC_FALSE;
}

/* Takes one entry of the dimension of time, where there are more dimensions than axes: the one of
 * that name, or else the one that varies slowest. */
static PetscBool TakeMoment(Match *m, PetscBool by_order, PetscBool matlab, PetscInt axes,
                            PetscInt *open)
{
  OttoStorageShape *s = m->shape;
  PetscInt time = -1, singles = 0;

  for (PetscInt d = 0; d < s->dim; d++)
    if (s->d[d].axis == -1 && (!strcasecmp(s->d[d].name, "time") || !strcasecmp(s->d[d].name, "t")))
      time = d;
  for (PetscInt d = 0; d < s->dim; d++) singles += s->d[d].axis == -1 && s->d[d].n == 1;
  if (time < 0 && by_order && *open - singles > axes) time = matlab ? s->dim - 1 : 0;
  if (time < 0 || s->d[time].axis != -1) return PETSC_TRUE;
  s->moments = s->d[time].n;
  if (s->moment >= s->moments)
    Refuse(m, "%" PetscInt64_FMT " times (dimension %d); entry %" PetscInt64_FMT " is asked for",
           s->moments, (int)time + 1, s->moment + 1);
  s->d[time].axis = -2; /* left out */
  s->d[time].at = s->moment;
  (*open)--;
  return PETSC_TRUE;
}

/* Dimensions without a name that says more: MATLAB writes its first index last; all others are
 * taken in their order. Single entries are left out where there are more than axes. */
static PetscBool AssignRest(Match *m, PetscBool taken[], PetscBool any_name)
{
  OttoStorageShape *s = m->shape;
  const PetscBool matlab = OttoStorageIsColumnMajor(m->data);
  PetscInt open = 0, axes = 0, unknown = -1;

  for (PetscInt d = 0; d < s->dim; d++) open += s->d[d].axis < 0;
  for (PetscInt j = 0; j < m->g->dim; j++) axes += !taken[j];
  if (s->timed && open > axes && !TakeMoment(m, (PetscBool)!any_name, matlab, axes, &open))
    return PETSC_FALSE;
  for (PetscInt d = 0; d < s->dim && open > axes; d++) {
    if (s->d[d].axis != -1 || s->d[d].n != 1) continue;
    s->d[d].axis = -2; /* left out */
    open--;
  }
  if (open != axes) return RefuseShape(m, "");
  for (PetscInt d = 0; d < s->dim; d++)
    if (s->d[d].axis == -1 && s->d[d].name[0]) unknown = d;
  if (unknown >= 0 && axes > 1) {
    char names[OTTO_MAX_DIM * (OTTO_AXIS_NAME + 2)] = "";
    for (PetscInt j = 0, used = 0; j < m->g->dim && used < (PetscInt)sizeof names; j++)
      used +=
          snprintf(names + used, sizeof names - (size_t)used, "%s%s", j ? ", " : "", m->g->name[j]);
    Refuse(m,
           "dimension '%s' (DIMENSION_LIST) is no axis of this grid: %.200s; grid_names tells "
           "what a file calls the axes, in the grid's order",
           s->d[unknown].name, names);
  }
  PetscInt at = 0;
  for (PetscInt k = 0; k < s->dim; k++) {
    OttoStorageDimension *d = &s->d[matlab && !any_name ? s->dim - 1 - k : k];
    if (d->axis == -1) {
      while (taken[at]) at++;
      d->axis = at;
      taken[at] = PETSC_TRUE;
    } else if (d->axis == -2) {
      d->axis = -1;
    }
  }
  return PETSC_TRUE;
}

static PetscBool AssignAxes(Match *m)
{
  OttoStorageShape *s = m->shape;
  PetscBool taken[OTTO_MAX_DIM] = {PETSC_FALSE}, any_name = PETSC_FALSE;

  for (int by_cf = 0; by_cf < 2; by_cf++)
    for (PetscInt d = 0; d < s->dim; d++) {
      if (s->d[d].name[0]) any_name = PETSC_TRUE;
      if (by_cf && s->d[d].axis >= 0) continue;
      PetscInt j = by_cf ? AxisByCF(m, d) : OttoGridFindAxis(m->g, s->d[d].name);
      s->d[d].axis = j;
      if (j < 0) continue;
      if (by_cf && (m->by_cf < 0 || s->d[d].n != m->g->n[j])) m->by_cf = d;
      if (taken[j]) Refuse(m, "two dimensions (DIMENSION_LIST) are axis %s", m->g->name[j]);
      taken[j] = PETSC_TRUE;
    }
  return AssignRest(m, taken, any_name);
}

/* The box whose cells these coordinates are the centres of, for the message. */
static void SuggestBox(const Match *m, PetscInt d, PetscInt64 n, const double x[], char text[],
                       size_t size)
{
  const PetscInt j = m->shape->d[d].axis;
  const PetscReal h = n > 1 ? (x[n - 1] - x[0]) / (PetscReal)(n - 1) : 0;
  const PetscReal box = m->g->upper[j] - m->g->lower[j];
  PetscReal largest = PetscMax(fabs(x[0]), fabs(x[n - 1]));
  PetscInt64 cells = n;

  text[0] = 0;
  if (n < 2 || !isfinite(h) || h == 0 || !OttoStorageIsEven(n, x, text, size)) return;
  if (m->g->boundary[j] == OTTO_BOUNDARY_PERIODIC &&
      fabs((PetscReal)(n - 1) * fabs(h) - box) <= OttoStorageTolerance(fabs(h), largest))
    cells = n - 1; /* both ends of the ring */
  PetscReal lower = PetscMin(x[0], x[n - 1]) - fabs(h) / 2;
  snprintf(text, size, "; with %lld cells from grid_lower %.9g to grid_upper %.9g they would be",
           (long long)cells, lower, lower + (PetscReal)cells * fabs(h));
}

/* Whether x[n] are the centres of axis j's cells, each once, in a row that may be turned round and,
 * on a ring, may begin anywhere and end where it began. */
static PetscBool FitsCells(const OttoGridInfo *g, PetscInt j, PetscInt64 n, const double x[],
                           PetscInt64 step, PetscInt64 *first)
{
  const PetscBool ring = g->boundary[j] == OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
  const PetscReal h = g->h[j], box = g->upper[j] - g->lower[j];
  PetscReal start = (x[0] - g->lower[j]) / h - 0.5,
            largest = PetscMax(fabs(g->lower[j]), fabs(g->upper[j]));

  if (!(fabs(start) < 1e15)) return PETSC_FALSE;
  PetscInt64 e = llround(start);
  if (!ring && e != (step > 0 ? 0 : n - 1)) return PETSC_FALSE;
  for (PetscInt64 i = 0; i < n; i++) {
    PetscReal off = x[i] - OttoGridCentre(g, j, e + step * i);
    if (ring) off -= box * round(off / box);
    if (!(fabs(off) <= OttoStorageTolerance(h, PetscMax(largest, fabs(x[i]))))) return PETSC_FALSE;
  }
  *first = (e % g->n[j] + g->n[j]) % g->n[j];
  return PETSC_TRUE;
}

/* Reads the coordinates of dimension d; NULL where they cannot be used, with the reason. */
static double *ReadCoordinates(Match *m, PetscInt d)
{
  OttoStorageShape own = {.dim = 1};
  hid_t scale = m->scale[d], type = H5Dget_type(scale), space = H5Dget_space(scale);
  hsize_t n[H5S_MAX_RANK] = {0};
  int dim = H5Sget_simple_extent_ndims(space);
  double *x = NULL;
  char what[OTTO_AXIS_NAME + 40], unreadable[300];
  const char *why = NULL;

  snprintf(what, sizeof what, "coordinates of dimension '%s'", m->shape->d[d].name);
  if (dim > 0) H5Sget_simple_extent_dims(space, n, NULL);
  for (int k = 1; k < dim; k++) { /* single entries beside them are left out */
    if (n[0] == 1)
      n[0] = n[k];
    else if (n[k] != 1)
      dim = -1;
  }
  if (dim < 1 || (PetscInt64)n[0] != m->shape->d[d].n)
    why = "they are not one a cell (DIMENSION_LIST)";
  else if (H5Tget_class(type) != H5T_INTEGER && H5Tget_class(type) != H5T_FLOAT)
    why = "they are no numbers";
  else if (!OttoStorageIsOwn(scale))
    why = "they are put together of other datasets or files";
  else if (!(x = malloc(n[0] * sizeof *x)))
    why = "there is no memory for them";
  else if (H5Dread(scale, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, x) < 0) {
    OttoStorageExplainUnreadable(scale, unreadable, sizeof unreadable);
    snprintf(what, sizeof what, "dimension scale '%s'", m->shape->d[d].name);
    why = unreadable;
  }
  if (!why) OttoStorageReadCoding(m->file, scale, what, &own);
  for (hsize_t i = 0; !why && !own.why[0] && i < n[0]; i++) {
    PetscBool missing;
    x[i] = OttoStorageDecode(&own.coding, x[i], &missing);
    if (missing || !isfinite(x[i])) why = "some are missing";
  }
  if (!why && own.unwritten_chunks) why = "some were never written";
  if (why) OttoStorageBecause(m->shape, "%.270s: %s: %s", m->what, what, why);
  if (!why && own.why[0]) OttoStorageBecause(m->shape, "%.270s: %.380s", m->what, own.why);
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  if (!m->shape->why[0]) return x;
  free(x);
  return NULL;
}

static PetscBool MatchCoordinates(Match *m, PetscInt d)
{
  OttoStorageDimension *s = &m->shape->d[d];
  const PetscInt j = s->axis;
  const OttoGridInfo *g = m->g;
  double *x = ReadCoordinates(m, d);
  PetscBool fits = PETSC_FALSE;
  char bounds[300] = "", by_cf[OTTO_AXIS_NAME * 2 + 60];
  char suggestion[160];

  if (!x) return PETSC_FALSE;
  fits = FitsCells(g, j, s->n, x, s->step = 1, &s->first);
  if (!fits) fits = FitsCells(g, j, s->n, x, s->step = -1, &s->first);
  SuggestBox(m, d, s->n, x, suggestion, sizeof suggestion);
  PetscReal from = x[0], to = x[s->n - 1];
  if (fits) OttoStorageCheckBounds(m->scale[d], g, j, s->n, x, bounds, sizeof bounds);
  free(x);
  if (!fits)
    Refuse(
        m,
        "coordinates of dimension '%s' run from %.9g to %.9g%s; the grid has its %" PetscInt64_FMT
        " cells' centres from %.9g to %.9g on axis %s%s",
        s->name, from, to, suggestion, g->n[j], OttoGridCentre(g, j, 0),
        OttoGridCentre(g, j, g->n[j] - 1), g->name[j], FormatCF(m, d, by_cf, sizeof by_cf));
  if (bounds[0]) Refuse(m, "coordinates of dimension '%s': %s", s->name, bounds);
  return PETSC_TRUE;
}

/* A ring's first and last entry along dimension d are one point: so must their values be. */
static PetscBool CompareEnds(Match *m, PetscInt d)
{
  OttoStorageShape *s = m->shape;
  hsize_t at[H5S_MAX_RANK] = {0}, count[H5S_MAX_RANK], size = 1;
  hid_t space = H5Dget_space(m->data), memory;
  double *ends[2] = {NULL, NULL}, largest = 0, worst = 0;
  PetscBool good = PETSC_TRUE;

  for (PetscInt k = 0; k < s->dim; k++) {
    count[k] = k == d || s->d[k].axis < 0 ? 1 : (hsize_t)s->d[k].n;
    at[k] = s->d[k].axis < 0 ? (hsize_t)s->d[k].at : 0;
    size *= count[k];
  }
  memory = H5Screate_simple(1, &size, NULL);
  for (int end = 0; end < 2 && good; end++) {
    at[d] = end ? (hsize_t)s->d[d].n - 1 : 0;
    ends[end] = malloc(size * sizeof(double));
    good = ends[end] && H5Sselect_hyperslab(space, H5S_SELECT_SET, at, NULL, count, NULL) >= 0 &&
                   H5Dread(m->data, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, ends[end]) >= 0
               ? PETSC_TRUE
               : PETSC_FALSE;
  }
  for (hsize_t i = 0; i < size && good; i++) {
    double a = ends[0][i], b = ends[1][i];
    if (a == b || (isnan(a) && isnan(b))) continue;
    largest = fmax(largest, fmax(fabs(a), fabs(b)));
    worst = fmax(worst, isnan(a - b) ? INFINITY : fabs(a - b));
  }
  free(ends[0]);
  free(ends[1]);
  H5Sclose(memory);
  H5Sclose(space);
  if (!good) {
    char why[400];
    OttoStorageExplainUnreadable(m->data, why, sizeof why);
    OttoStorageBecause(s, "%.270s %s", m->what, why);
    return PETSC_FALSE;
  }
  if (worst > 1e-5 * largest) /* single precision, and decimals cut off */
    Refuse(
        m,
        "dimension '%s' has both ends of a periodic axis, and their values differ by %.3g (of up "
        "to %.3g)",
        s->d[d].name, worst, largest);
  return PETSC_TRUE;
}

static int CompareSizes(const void *a, const void *b)
{
  const PetscInt64 x = *(const PetscInt64 *)a, y = *(const PetscInt64 *)b;
  return (x > y) - (x < y);
}

/* Whether a dataset without names has the grid's sizes in another order: what to do then, or "". */
static const char *TurnedHint(const Match *m, char hint[], size_t size)
{
  const OttoStorageShape *s = m->shape;
  PetscInt64 has[OTTO_MAX_DIM], wants[OTTO_MAX_DIM];
  const PetscInt dim = m->g->dim;
  PetscBool reversed = PETSC_TRUE;

  hint[0] = 0;
  if (s->dim != dim) return hint;
  for (PetscInt d = 0; d < dim; d++) {
    if (s->d[d].name[0]) return hint;
    has[d] = s->d[d].n;
    wants[d] = m->g->n[d];
    if (has[d] != m->g->n[dim - 1 - d]) reversed = PETSC_FALSE;
  }
  if (OttoStorageIsColumnMajor(m->data)) {
    snprintf(hint, size, " and attribute %s says that its axes are reversed",
             H5Aexists(m->data, "MATLAB_class") > 0 ? "MATLAB_class" : "OCTAVE_NEW_FORMAT");
    return hint;
  }
  qsort(has, (size_t)dim, sizeof has[0], CompareSizes);
  qsort(wants, (size_t)dim, sizeof wants[0], CompareSizes);
  if (memcmp(has, wants, (size_t)dim * sizeof has[0])) return hint;
  snprintf(hint, size,
           "; it looks written with its axes %s: permute it (h5py: f['new'] = "
           "np.transpose(f['old'])) or "
           "name its dimensions (h5py: f['old'].dims[0].label = '%s'; grid_names)",
           reversed ? "reversed (MATLAB, Fortran)" : "in another order",
           m->g->name[reversed ? dim - 1 : 0]);
  return hint;
}

static PetscBool MatchEntries(Match *m)
{
  OttoStorageShape *s = m->shape;
  char hint[300];

  for (PetscInt d = 0; d < s->dim; d++) {
    const PetscInt j = s->d[d].axis;
    if (j < 0) continue;
    PetscBool doubled = m->g->boundary[j] == OTTO_BOUNDARY_PERIODIC && s->d[d].n == m->g->n[j] + 1
                            ? PETSC_TRUE
                            : PETSC_FALSE;
    if (s->d[d].n != m->g->n[j] && !(doubled && m->scale[d] >= 0))
      return RefuseShape(m, doubled ? " (both ends of a periodic axis? With its coordinates as "
                                      "dimension scale this could be told)"
                                    : TurnedHint(m, hint, sizeof hint));
    s->d[d].used = m->g->n[j];
    if (m->scale[d] >= 0 && !MatchCoordinates(m, d)) return PETSC_FALSE;
    if (doubled && !CompareEnds(m, d)) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

/* Entries along every axis, a ring's doubled end left out. */
static PetscBool FindSizes(Match *m)
{
  OttoStorageShape *s = m->shape;

  for (PetscInt d = 0; d < s->dim; d++) {
    const PetscInt j = s->d[d].axis;
    if (j < 0) continue;
    s->sizes[j] = s->d[d].n;
    if (m->g->boundary[j] != OTTO_BOUNDARY_PERIODIC || m->scale[d] < 0 || s->d[d].n < 3) continue;
    double *x = ReadCoordinates(m, d);
    if (!x) return PETSC_FALSE;
    const PetscReal box = m->g->upper[j] - m->g->lower[j];
    const PetscReal reach = fabs(x[s->d[d].n - 1] - x[0]), h = box / (PetscReal)(s->d[d].n - 1);
    if (fabs(reach - box) <= OttoStorageTolerance(h, fabs(x[0]))) s->sizes[j]--;
    free(x);
  }
  return PETSC_TRUE;
}

/* The box that Otto writes into its files, and to a dataset of fewer axes beside it. *said: whether
 * the object has one. */
static PetscBool MatchBox(Match *m, hid_t object, PetscBool *said)
{
  static const char *const names[] = {"grid_lower", "grid_upper"};
  const OttoGridInfo *g = m->g;

  for (int k = 0; k < 2; k++) {
    double v[OTTO_MAX_DIM];
    char why[200];
    int count = OttoStorageReadNumbers(object, names[k], OTTO_MAX_DIM, v, why, sizeof why);
    if (count < 0) Refuse(m, "%s", why);
    if (!count) continue;
    *said = PETSC_TRUE;
    if (count != 1 && count != g->dim)
      Refuse(m, "attribute %s holds %d numbers; the grid has %d axes", names[k], count,
             (int)g->dim);
    for (PetscInt j = 0; j < g->dim; j++) {
      PetscReal mine = k ? g->upper[j] : g->lower[j], its = v[count == 1 ? 0 : j];
      if (fabs(its - mine) <= OttoStorageTolerance(g->h[j], fabs(mine))) continue;
      Refuse(m, "attribute %s is %.9g on axis %s; the grid's is %.9g", names[k], its, g->name[j],
             mine);
    }
  }
  return PETSC_TRUE;
}

void OttoStorageMatchGrid(hid_t file, hid_t data, const OttoGridInfo *g, const char *what,
                          OttoStorageShape *shape)
{
  Match m = {.file = file, .data = data, .g = g, .what = what, .shape = shape, .by_cf = -1};

  PetscBool said = PETSC_FALSE;

  for (PetscInt d = 0; d < H5S_MAX_RANK; d++) m.scale[d] = -1;
  if (ReadNames(&m) && OttoStorageAddNames(data, g, what, shape) && AssignAxes(&m) &&
      OttoStorageFindCoordinates(data, g, what, shape, m.scale)) {
    if (shape->sizing)
      FindSizes(&m);
    else if (MatchEntries(&m) && MatchBox(&m, data, &said) && !said)
      MatchBox(&m, file, &said);
  }
  for (PetscInt d = 0; d < H5S_MAX_RANK; d++)
    if (m.scale[d] >= 0) H5Oclose(m.scale[d]);
}

PetscBool OttoStorageNameDimensions(hid_t file, hid_t data, const OttoGridInfo *g, const char *what,
                                    OttoStorageShape *shape, hid_t scale[])
{
  Match m = {.file = file, .data = data, .g = g, .what = what, .shape = shape, .by_cf = -1};

  for (PetscInt d = 0; d < H5S_MAX_RANK; d++) m.scale[d] = -1;
  PetscBool good = ReadNames(&m);
  for (PetscInt d = 0; d < H5S_MAX_RANK; d++) scale[d] = m.scale[d];
  return good;
}

void OttoStorageFormatShape(const OttoStorageShape *shape, char text[], size_t size)
{
  size_t used = (size_t)snprintf(text, size, shape->dim ? "" : "a single value");
  PetscBool any = PETSC_FALSE;

  for (PetscInt d = 0; d < shape->dim && used < size; d++) {
    used += (size_t)snprintf(text + used, size - used, "%s%" PetscInt64_FMT, d ? " x " : "",
                             shape->d[d].n);
    if (shape->d[d].name[0]) any = PETSC_TRUE;
  }
  for (PetscInt d = 0; any && d < shape->dim && used < size; d++)
    used += (size_t)snprintf(text + used, size - used, "%s%s%s", d ? ", " : " (",
                             shape->d[d].name[0] ? shape->d[d].name : "-",
                             d + 1 == shape->dim ? ")" : "");
}
