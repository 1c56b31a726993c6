/* What lets other programs read fields.h5 with names and coordinates: HDF5's dimension scales,
 * which NetCDF and xarray take for dimensions, CF's attributes, and the corners of cells for
 * viewers. Each sample has scales of its own, so that its group opens alone. */
#include <otto/units.h>
#include "storage_pieces.h"
#include "storage_write.h"
#include <hdf5_hl.h>
#include <math.h>
#include <stdlib.h>

/* A dataset of n numbers that rank 0 writes; n 0: a single one. Returns its handle. */
static hid_t WriteSmall(hid_t group, const OttoGridInfo *g, const char *name, hsize_t n,
                        const double values[])
{
  hid_t space = n ? H5Screate_simple(1, &n, NULL) : H5Screate(H5S_SCALAR), data;

  data = H5Dcreate2(group, name, H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Sclose(space);
  PetscBool good = PETSC_TRUE;
  if (data >= 0 && g->rank == 0) {
    if (n)
      good = OttoPiecesWriteBox(data, 1, &(hsize_t){0}, &n, values);
    else if (H5Dwrite(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
      good = PETSC_FALSE;
  }
  MPI_Bcast(&good, 1, MPIU_BOOL, 0, g->comm); /* the handle is closed by all or by none */
  if (good || data < 0) return data;
  H5Dclose(data);
  return -1;
}

/* As CF has it: of what has none, 1. */
static const char *Unit(const char *given)
{
  return given[0] ? given : "1";
}

static PetscBool WriteAxis(hid_t group, const OttoGridInfo *g, PetscInt j)
{
  double *x = malloc((size_t)g->n[j] * sizeof *x);
  PetscMPIInt enough = x ? 1 : 0;
  char text[80];
  hid_t scale = -1;

  MPI_Allreduce(MPI_IN_PLACE, &enough, 1, MPI_INT, MPI_MIN, g->comm);
  for (PetscInt64 i = 0; enough && i < g->n[j]; i++) x[i] = OttoGridCentre(g, j, i);
  if (enough) scale = WriteSmall(group, g, g->name[j], (hsize_t)g->n[j], x);
  free(x);
  if (scale < 0) return PETSC_FALSE;
  snprintf(text, sizeof text, "%s of cell centres", g->name[j]);
  PetscBool good = H5DSset_scale(scale, g->name[j]) >= 0 &&
                           OttoStorageWriteText(scale, "units", Unit(g->unit[j])) &&
                           OttoStorageWriteText(scale, "long_name", text)
                       ? PETSC_TRUE
                       : PETSC_FALSE;
  if (good && j < 3 && !g->named && g->dim <= 3)
    good = OttoStorageWriteText(scale, "axis", (const char *[]){"X", "Y", "Z"}[j]);
  if (H5Dclose(scale) < 0) good = PETSC_FALSE;
  return good;
}

PetscBool OttoStorageWriteScales(hid_t group, const OttoGridInfo *g, PetscReal time)
{
  const double t = (double)time;

  for (PetscInt j = 0; j < g->dim; j++)
    if (!WriteAxis(group, g, j)) return PETSC_FALSE;
  hid_t data = WriteSmall(group, g, "time", 0, &t);
  if (data < 0) return PETSC_FALSE;
  PetscBool good = OttoStorageWriteText(data, "units", Unit(g->time_unit)) &&
                           OttoStorageWriteText(data, "long_name", "time of this sample")
                       ? PETSC_TRUE
                       : PETSC_FALSE;
  return H5Dclose(data) >= 0 && good ? PETSC_TRUE : PETSC_FALSE;
}

PetscInt OttoStorageEntryShape(const OttoGridInfo *g, const OttoStorageEntry *e, PetscInt64 n[])
{
  if (e->bins) {
    n[0] = e->bins;
    return 1;
  }
  for (PetscInt j = 0; e->axis < 0 && j < g->dim; j++) n[j] = g->n[j];
  if (e->axis < 0) return g->dim;
  n[0] = g->n[e->axis];
  if (e->other >= 0) n[1] = g->n[e->other];
  return e->other >= 0 ? 2 : 1;
}

/* The centres of an entry's bins, unless another entry has brought them. */
static PetscBool WriteBins(hid_t group, const OttoGridInfo *g, const OttoStorageEntry *e)
{
  const PetscReal step = (e->ends[1] - e->ends[0]) / (PetscReal)e->bins;
  char text[120];

  if (H5Lexists(group, e->scale, H5P_DEFAULT) > 0) return PETSC_TRUE;
  double *x = malloc((size_t)e->bins * sizeof *x);
  PetscMPIInt enough = x ? 1 : 0;
  hid_t scale = -1;
  MPI_Allreduce(MPI_IN_PLACE, &enough, 1, MPI_INT, MPI_MIN, g->comm);
  for (PetscInt64 i = 0; enough && i < e->bins; i++)
    x[i] = e->ends[0] + ((PetscReal)i + 0.5) * step;
  if (enough) scale = WriteSmall(group, g, e->scale, (hsize_t)e->bins, x);
  free(x);
  if (scale < 0) return PETSC_FALSE;
  snprintf(text, sizeof text, "%s of the middles of bins", e->scale);
  PetscBool good = H5DSset_scale(scale, e->scale) >= 0 &&
                           OttoStorageWriteText(scale, "units", "1") &&
                           OttoStorageWriteText(scale, "long_name", text)
                       ? PETSC_TRUE
                       : PETSC_FALSE;
  if (H5Dclose(scale) < 0) good = PETSC_FALSE;
  return good;
}

PetscBool OttoStorageAttachScales(hid_t group, hid_t data, const OttoGridInfo *g,
                                  const OttoStorageEntry *e)
{
  PetscInt64 n[OTTO_MAX_DIM];
  const PetscInt count = OttoStorageEntryShape(g, e, n);
  PetscBool good = e->bins ? WriteBins(group, g, e) : PETSC_TRUE;

  for (PetscInt j = 0; j < count && good; j++) {
    const PetscInt axis = e->axis < 0 ? j : j ? e->other : e->axis;
    hid_t scale = H5Dopen2(group, e->bins ? e->scale : g->name[axis], H5P_DEFAULT);
    if (scale < 0 || H5DSattach_scale(data, scale, (unsigned)j) < 0) good = PETSC_FALSE;
    if (scale >= 0) H5Dclose(scale);
  }
  return good;
}

size_t OttoStorageNodeWidth(const OttoGridInfo *g)
{
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscReal largest = PetscMax(fabs(g->lower[j]), fabs(g->upper[j]));
    if (!(g->h[j] >= ldexp(largest, -19) && largest < 1e30 && g->h[j] > 1e-30))
      return sizeof(double);
  }
  return sizeof(float);
}

PetscReal OttoStorageAxesBytes(const OttoGridInfo *g)
{
  PetscReal bytes = 0;

  for (PetscInt j = 0; j < g->dim; j++) bytes += (PetscReal)g->n[j] * (PetscReal)sizeof(double);
  return bytes;
}

PetscReal OttoStorageNodesBytes(const OttoGridInfo *g)
{
  PetscReal bytes = (PetscReal)g->dim * (PetscReal)OttoStorageNodeWidth(g);

  for (PetscInt j = 0; j < g->dim; j++) bytes *= (PetscReal)g->n[j] + 1;
  return g->dim == 2 || g->dim == 3 ? bytes : 0;
}

PetscReal OttoStorageEntryBytes(const OttoGridInfo *g, const OttoStorageEntry *e)
{
  PetscInt64 n[OTTO_MAX_DIM];
  PetscReal numbers = 1;

  for (PetscInt j = OttoStorageEntryShape(g, e, n) - 1; j >= 0; j--) numbers *= (PetscReal)n[j];
  if (e->bins) numbers *= 2;
  return numbers * (PetscReal)sizeof(double) + OttoStorageAxesBytes(g) + (1 << 16);
}

/* Corners of plane i of axis 0: x[(n1 + 1)(n2 + 1)][dim]. */
static void FillPlane(const OttoGridInfo *g, PetscInt64 i, double x[])
{
  const PetscInt64 n1 = g->n[1] + 1, n2 = g->dim == 3 ? g->n[2] + 1 : 1;

  for (PetscInt64 j = 0; j < n1; j++)
    for (PetscInt64 k = 0; k < n2; k++, x += g->dim) {
      const PetscInt64 at[3] = {i, j, k};
      for (PetscInt d = 0; d < g->dim; d++) x[d] = g->lower[d] + (PetscReal)at[d] * g->h[d];
    }
}

/* Planes of corners from this rank's first cell on axis 0 to its last, the upper face with the last
 * of all; of the ranks that share these, the first writes them. Not collective. */
static PetscBool WriteNodePlanes(hid_t data, const OttoGridInfo *g)
{
  hsize_t at[4] = {0}, count[4] = {1, (hsize_t)g->n[1] + 1, (hsize_t)g->n[2] + 1, 0};
  const PetscInt64 last = g->first[0] + g->local[0];
  const PetscInt64 end = g->first[1] ? g->first[0] : last + (last == g->n[0]);

  count[g->dim] = (hsize_t)g->dim;
  double *x = malloc(count[1] * count[2] * (g->dim == 3 ? count[3] : 1) * sizeof *x);
  PetscBool good = x ? PETSC_TRUE : PETSC_FALSE;
  for (PetscInt64 i = g->first[0]; good && i < end; i++) {
    FillPlane(g, i, x);
    at[0] = (hsize_t)i;
    good = OttoPiecesWriteBox(data, (int)g->dim + 1, at, count, x);
  }
  free(x);
  return good;
}

PetscBool OttoStorageWriteNodes(hid_t file, const OttoGridInfo *g)
{
  hid_t group = H5Gcreate2(file, "mesh", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), plan, space, data;
  hsize_t n[4];

  if (group < 0) return PETSC_FALSE;
  for (PetscInt j = 0; j < g->dim; j++) n[j] = (hsize_t)g->n[j] + 1;
  n[g->dim] = (hsize_t)g->dim;
  space = H5Screate_simple((int)g->dim + 1, n, NULL);
  plan = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_fill_time(plan, H5D_FILL_TIME_NEVER);
  data = H5Dcreate2(group, "nodes",
                    OttoStorageNodeWidth(g) == sizeof(float) ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE,
                    space, H5P_DEFAULT, plan, H5P_DEFAULT);
  H5Pclose(plan);
  H5Sclose(space);
  PetscBool good =
      data >= 0 && OttoStorageWriteText(data, "description", "corners of cells, for viewers") &&
              WriteNodePlanes(data, g)
          ? PETSC_TRUE
          : PETSC_FALSE;
  if (data >= 0 && H5Dclose(data) < 0) good = PETSC_FALSE;
  if (H5Gclose(group) < 0) good = PETSC_FALSE;
  return good;
}
