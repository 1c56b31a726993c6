/* ranks: 1 2 3 4
 * Storage: round trips, every number type, every way a file can be wrong, a disk that is full. */
#define _GNU_SOURCE
#include "fixture.h"
#include <hdf5.h>
#include <hdf5_hl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[256], path[400];

static PetscMPIInt Rank(void)
{
  PetscMPIInt rank;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  return rank;
}

static const char *In(const char *name)
{
  snprintf(path, sizeof path, "%s/%s", dir, name);
  return path;
}

static PetscErrorCode MakeDir(void)
{
  PetscFunctionBegin;
  const char *base = getenv("TMPDIR");
  snprintf(dir, sizeof dir, "%s/otto-storage-XXXXXX", base ? base : "/tmp");
  if (Rank() == 0) TestTrue(mkdtemp(dir) != NULL, "a directory for the test");
  PetscCallMPI(MPI_Bcast(dir, sizeof dir, MPI_CHAR, 0, PETSC_COMM_WORLD));
  PetscFunctionReturn(0);
}

/* Removes the files named and the directory; it must then be gone: nothing else was left there. */
static PetscErrorCode RemoveDir(int count, const char *const names[])
{
  PetscFunctionBegin;
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  if (Rank() == 0) {
    for (int i = 0; i < count; i++) unlink(In(names[i]));
    TestTrue(rmdir(dir) == 0, "no unfinished file is left behind");
  }
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscFunctionReturn(0);
}
#define RemoveAll(...)                                                                             \
  RemoveDir(sizeof((const char *[])__VA_ARGS__) / sizeof(char *), (const char *const[])__VA_ARGS__)

/* A number that tells every cell from every other. */
static PetscReal Mark(PetscInt64 global, PetscReal scale)
{
  return scale * (1 + (PetscReal)global) / 3;
}

static PetscReal Marked(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *scale)
{
  (void)dim, (void)x;
  return Mark(cell, *scale);
}

/* Every cell of v is what `expected` says of its global number; exactly: nothing rounds. */
static PetscErrorCode Expect(OttoGrid grid, Vec v, PetscReal (*expected)(PetscInt64, PetscReal),
                             PetscReal scale, const char *what)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *a;
  int wrong = 0;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(v, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    wrong += !(a[c] == expected(g->offset + c, scale));
  PetscCall(VecRestoreArrayRead(v, &a));
  TestTrue(wrong == 0, what);
  PetscFunctionReturn(0);
}

/* Tags open and close in order, quotes pair up: well-formed as far as this file goes. */
static int WellFormed(const char *s)
{
  char open[16][32];
  int depth = 0, quotes = 0;

  for (; (s = strchr(s, '<')); s++) {
    const char *end = strchr(s, '>');
    if (!end) return 0;
    for (const char *c = s; c < end && s[1] != '!'; c++) quotes += *c == '"';
    if (quotes % 2) return 0;
    if (s[1] == '?' || s[1] == '!' || end[-1] == '/') continue;
    int n = (int)strcspn(s + 1 + (s[1] == '/'), " >");
    if (s[1] == '/') {
      if (!depth || (int)strlen(open[depth - 1]) != n || strncmp(open[depth - 1], s + 2, (size_t)n))
        return 0;
      depth--;
    } else {
      if (depth == 16) return 0;
      snprintf(open[depth++], 32, "%.*s", n, s + 1);
    }
  }
  return depth == 0;
}

static void CheckXdmf(PetscInt dim)
{
  static char text[20000];
  FILE *f = fopen(In("fields.xdmf"), "r");

  TestTrue(!f == (dim != 2 && dim != 3), "an xdmf for 2 and 3 axes only");
  if (!f) return;
  text[fread(text, 1, sizeof text - 1, f)] = 0;
  fclose(f);
  TestTrue(WellFormed(text), "well-formed XML");
  TestTrue(strstr(text, ">fields.h5:/0/p<") && strstr(text, ">fields.h5:/0/q<") &&
               strstr(text, ">fields.h5:/12/p<"),
           "every dataset appears");
  const char *second = strstr(text, "<Time Value=\"0.10000000000000001\"/>");
  TestTrue(second != NULL, "the second time");
  const char *mode = strstr(text, ">fields.h5:/0/mode_1<");
  TestTrue(mode && mode < second && strstr(second, ">fields.h5:/0/mode_1<"),
           "a timeless field at every time");
  const char *note = strstr(text, "<Information Name=\"note\" Value=\"state at failure\"/>");
  TestTrue(note && note > second && !strstr(note + 1, "<Information"),
           "a note on its sample alone");
  TestTrue(strstr(text, dim == 2 ? "2DSMesh\" Dimensions=\"8 6\""
                                 : "3DSMesh\" Dimensions=\"8 6 4\"") != NULL,
           "points are one more than cells, x first");
  TestTrue(
      strstr(text, dim == 2
                       ? "\"8 6 2\" NumberType=\"Float\" Precision=\"4\" Format=\"HDF\">fields.h5:"
                         "/mesh/nodes<"
                       : "\"8 6 4 3\" NumberType=\"Float\" Precision=\"4\" Format=\"HDF\">"
                         "fields.h5:/mesh/nodes<") != NULL,
      "the corners of cells");
  const char *vector = strstr(text, "Name=\"flow\" AttributeType=\"Vector\"");
  TestTrue(vector && strstr(vector, dim == 2 ? "JOIN($0, $1, 0*$0)" : "JOIN($0, $1, $2)") &&
               strstr(vector, ">fields.h5:/12/flow_x<") && strstr(vector, ">fields.h5:/12/flow_y<"),
           "a vector of its components");
}

/* Corner (i, j, k) lies where its cell begins: X of a viewer is x. */
static void CheckNodes(const OttoGridInfo *g)
{
  hid_t file = H5Fopen(In("fields.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
  hid_t data =
      H5Lexists(file, "mesh", H5P_DEFAULT) > 0 ? H5Dopen2(file, "mesh/nodes", H5P_DEFAULT) : -1;
  static double x[8 * 6 * 4 * 3];
  int at[3] = {0}, wrong = 0, corners = 1;

  TestTrue((data >= 0) == (g->dim == 2 || g->dim == 3), "corners of 2 and 3 axes");
  if (data >= 0) {
    TestTrue(H5Dread(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, x) >= 0, "corners");
    for (PetscInt j = 0; j < g->dim; j++) corners *= (int)g->n[j] + 1;
    for (int i = 0; i < corners; i++) {
      for (PetscInt j = g->dim - 1, rest = i; j >= 0; rest /= (int)g->n[j--] + 1)
        at[j] = (int)(rest % (g->n[j] + 1));
      for (PetscInt j = 0; j < g->dim; j++) /* in single precision */
        wrong += !(fabs(x[i * g->dim + j] - (g->lower[j] + at[j] * g->h[j])) < 1e-6);
    }
    TestTrue(wrong == 0, "every corner");
    H5Dclose(data);
  }
  H5Fclose(file);
}

/* Dimension scales: names and cell centres, of the sample's own group. */
static void CheckScales(const OttoGridInfo *g)
{
  hid_t file = H5Fopen(In("fields.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
  hid_t data = H5Dopen2(file, "/12/p", H5P_DEFAULT);

  for (PetscInt j = 0; j < g->dim; j++) {
    char at[64], name[32] = "";
    double x[8];
    int wrong = 0;
    snprintf(at, sizeof at, "/12/%s", g->name[j]);
    hid_t scale = H5Dopen2(file, at, H5P_DEFAULT);
    TestTrue(scale >= 0 && H5DSis_scale(scale) > 0 && H5DSis_attached(data, scale, (unsigned)j) > 0,
             "a scale for every axis");
    TestTrue(H5DSget_scale_name(scale, name, sizeof name) > 0 && !strcmp(name, g->name[j]),
             "its name");
    H5Dread(scale, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, x);
    for (int i = 0; i < g->n[j]; i++) wrong += !(x[i] == OttoGridCentre(g, j, i));
    TestTrue(wrong == 0, "cell centres");
    H5Dclose(scale);
  }
  hid_t time = H5Dopen2(file, "/12/time", H5P_DEFAULT);
  double t = NAN;
  H5Dread(time, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, &t);
  TestClose(t, 0.1, 0, "time as a coordinate");
  H5Dclose(time);
  H5Dclose(data);
  H5Fclose(file);
}

static void CheckText(hid_t object, const char *name, const char *expected)
{
  char text[100] = "";
  hid_t attribute = H5Aopen(object, name, H5P_DEFAULT), type = H5Aget_type(attribute);

  TestTrue(attribute >= 0 && H5Tget_size(type) < sizeof text, name);
  H5Aread(attribute, type, text);
  TestTrue(!strcmp(text, expected), expected);
  H5Tclose(type);
  H5Aclose(attribute);
}

static double Number(hid_t object, const char *name, int i)
{
  double values[8] = {NAN};
  hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);

  H5Aread(attribute, H5T_NATIVE_DOUBLE, values);
  H5Aclose(attribute);
  return values[i];
}

/* Attributes of what was written, read back serially. */
static void CheckAttributes(const OttoGridInfo *g)
{
  hid_t file = H5Fopen(In("fields.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
  hid_t data = H5Dopen2(file, "/12/p", H5P_DEFAULT), group = H5Gopen2(file, "/12", H5P_DEFAULT);
  hid_t type = H5Dget_type(data), plan = H5Dget_create_plist(data);

  TestTrue(H5Tequal(type, H5T_IEEE_F64LE) > 0 || H5Tequal(type, H5T_IEEE_F64BE) > 0, "float64");
  TestTrue(H5Pget_layout(plan) == H5D_CONTIGUOUS, "contiguous");
  TestClose(Number(group, "time", 0), 0.1, 0, "time");
  TestClose(Number(file, "grid_n", g->dim - 1), (double)g->n[g->dim - 1], 0, "grid_n");
  TestClose(Number(file, "grid_lower", g->dim - 1), g->lower[g->dim - 1], 0, "grid_lower");
  TestClose(Number(file, "grid_upper", 0), g->upper[0], 0, "grid_upper");
  CheckText(file, "otto_version", OTTO_VERSION);
  CheckText(file, "grid_boundary",
            g->dim == 1   ? "periodic"
            : g->dim == 2 ? "periodic,no_flux"
            : g->dim == 3 ? "periodic,no_flux,periodic"
                          : "periodic,no_flux,periodic,no_flux,periodic");
  CheckText(group, "note", "state at failure");
  CheckText(data, "name", "p");
  CheckText(data, "unit", "1/length^d");
  CheckText(data, "description", "density p at this time");
  CheckText(data, "units", "1/length^d");
  CheckText(data, "long_name", "density p at this time");
  CheckText(data, "coordinates", "time");
  CheckText(file, "Conventions", "CF-1.8");
  H5Pclose(plan);
  H5Tclose(type);
  H5Gclose(group);
  H5Dclose(data);
  H5Fclose(file);
}

static PetscErrorCode TestRoundTrip(void)
{
  const PetscInt64 n[5] = {7, 5, 3, 2, 4};

  PetscFunctionBegin;
  for (PetscInt dim = 1; dim <= 5; dim += dim == 3 ? 2 : 1) {
    OttoGrid grid;
    OttoStorage s;
    Vec v, w;
    PetscCall(MakeDir());
    PetscCall(MakeMixed(dim, n, &grid));
    PetscCall(OttoFieldCreate(grid, &v));
    PetscCall(OttoFieldCreate(grid, &w));
    PetscCall(OttoStorageCreate(grid, dir, &s));
    TestTrue(access(In("fields.h5"), F_OK) != 0, "no final name before the end");
    PetscCall(FillValues(grid, Marked, &(PetscReal){1}, v));
    PetscCall(OttoStorageWrite(s, 0, 0, "p", "1/length^d", "density p", v));
    PetscCall(FillValues(grid, Marked, &(PetscReal){-2}, v));
    PetscCall(OttoStorageWrite(s, 0, 0, "q", "1/length^d", "density q", v));
    PetscCall(FillValues(grid, Marked, &(PetscReal){5}, v));
    PetscCall(OttoStorageWriteTimeless(s, "mode_1", "1", "of no one time", v));
    PetscCall(OttoStorageWrite(s, 12, 0.1, "p", "1/length^d", "density p at this time", v));
    PetscCall(OttoStorageWriteVector(s, 12, 0.1, "flow", "1", "a vector", (Vec[]){v, v, v, v, v}));
    PetscCall(OttoStorageNote(s, 12, 0.1, "state at failure"));
    PetscCall(OttoStorageClose(&s));
    TestTrue(s == NULL, "closed");
    PetscCall(OttoStorageClose(&s));
    PetscCall(OttoStorageReadField(grid, "p_path", In("fields.h5"), "/0/q", w));
    PetscCall(Expect(grid, w, Mark, -2, "what was written is read"));
    PetscCall(OttoStorageReadField(grid, "p_path", In("fields.h5"), "12/p", w));
    PetscCall(Expect(grid, w, Mark, 5, "what was written later is read"));
    if (Rank() == 0) {
      CheckAttributes(OttoGridGetInfo(grid));
      CheckXdmf(dim);
      CheckNodes(OttoGridGetInfo(grid));
      CheckScales(OttoGridGetInfo(grid));
      struct stat info;
      TestTrue(!stat(In("fields.h5"), &info) && info.st_blocks * 512 <= info.st_size + 65536,
               "space reserved beyond the end is given back");
    }
    PetscCall(RemoveAll({"fields.h5", "fields.xdmf"}));
    PetscCall(VecDestroy(&v));
    PetscCall(VecDestroy(&w));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* Writes integers 0, 1, … of shape n[dim] as `file_type` from rank 0 alone. */
static void WriteRamp(hid_t file, const char *name, hid_t file_type, int dim, const hsize_t n[],
                      int compressed)
{
  static int ramp[1000];
  hid_t plan = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(dim, n, NULL), data;
  const hsize_t chunk[2] = {3, 2};

  for (int i = 0; i < 1000; i++) ramp[i] = i;
  if (compressed) {
    H5Pset_chunk(plan, 2, chunk);
    H5Pset_deflate(plan, 4);
  }
  data = H5Dcreate2(file, name, file_type, space, H5P_DEFAULT, plan, H5P_DEFAULT);
  TestTrue(H5Dwrite(data, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, ramp) >= 0, name);
  H5Dclose(data);
  H5Sclose(space);
  H5Pclose(plan);
}

static PetscReal Ramp(PetscInt64 global, PetscReal scale)
{
  (void)scale;
  return (PetscReal)global;
}

/* A file with datasets good and bad, written serially by rank 0. */
static void WriteInput(void)
{
  hid_t file = H5Fcreate(In("in.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  hid_t group = H5Gcreate2(file, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  hid_t text = H5Tcopy(H5T_C_S1), record = H5Tcreate(H5T_COMPOUND, 8), space, data;
  const hsize_t n[3] = {11, 3, 1}, wrong[2] = {3, 11};
  const char strings[33][4] = {{0}};

  WriteRamp(file, "float32", H5T_IEEE_F32LE, 2, n, 0);
  WriteRamp(file, "float64_be", H5T_IEEE_F64BE, 2, n, 0);
  WriteRamp(file, "int16", H5T_STD_I16LE, 2, n, 0);
  WriteRamp(file, "uint8", H5T_STD_U8LE, 2, n, 0);
  WriteRamp(group, "int64_zip", H5T_STD_I64LE, 2, n, 1);
  WriteRamp(file, "transposed", H5T_NATIVE_DOUBLE, 2, wrong, 0);
  WriteRamp(file, "line", H5T_NATIVE_DOUBLE, 1, n, 0);
  WriteRamp(file, "deep", H5T_NATIVE_DOUBLE, 3, n, 0);
  H5Tset_size(text, 4);
  space = H5Screate_simple(2, n, NULL);
  data = H5Dcreate2(file, "text", text, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Dwrite(data, text, H5S_ALL, H5S_ALL, H5P_DEFAULT, strings);
  H5Dclose(data);
  H5Tinsert(record, "a", 0, H5T_NATIVE_DOUBLE);
  data = H5Dcreate2(file, "record", record, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Dclose(data);
  H5Sclose(space);
  space = H5Screate(H5S_SCALAR);
  data =
      H5Dcreate2(file, "scalar", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Dclose(data);
  H5Sclose(space);
  H5Tclose(record);
  H5Tclose(text);
  H5Gclose(group);
  H5Fclose(file);
}

static void Truncate(void)
{
  static char bytes[100000];
  FILE *f = fopen(In("in.h5"), "rb");
  size_t n = fread(bytes, 1, sizeof bytes, f);
  fclose(f);
  f = fopen(In("short.h5"), "wb");
  fwrite(bytes, 1, n, f);
  fclose(f);
  TestTrue(truncate(In("short.h5"), (off_t)n - 100) == 0, "truncated");
  f = fopen(In("text.h5"), "wb");
  fputs("this is no HDF5 file\n", f);
  fclose(f);
  f = fopen(In("empty.h5"), "wb");
  fclose(f);
}

static PetscErrorCode TestTypes(void)
{
  static const char *const good[] = {"float32", "float64_be",      "int16",
                                     "/uint8",  "group/int64_zip", "deep"};
  OttoGrid grid;
  Vec v;

  PetscFunctionBegin;
  PetscCall(MakeDir());
  if (Rank() == 0) WriteInput();
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscCall(MakeMixed(2, (PetscInt64[]){11, 3}, &grid));
  PetscCall(OttoFieldCreate(grid, &v));
  for (int i = 0; i < 6; i++) {
    PetscCall(VecSet(v, NAN));
    PetscCall(OttoStorageReadField(grid, "p_path", In("in.h5"), good[i], v));
    PetscCall(Expect(grid, v, Ramp, 0, good[i]));
  }
  PetscCall(RemoveAll({"in.h5"}));
  PetscCall(VecDestroy(&v));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

#define Refused(name, dataset, part)                                                               \
  TestFails(OttoStorageReadField(grid, "p_path", In(name), dataset, v), OTTO_ERR_INPUT, part)

static PetscErrorCode TestRefusals(void)
{
  OttoGrid grid;
  Vec v;
  H5E_auto2_t print = NULL;
  void *context;

  PetscFunctionBegin;
  PetscCall(MakeDir());
  if (Rank() == 0) {
    WriteInput();
    Truncate();
  }
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscCall(MakeMixed(2, (PetscInt64[]){11, 3}, &grid));
  PetscCall(OttoFieldCreate(grid, &v));
  Refused("none.h5", "rho", "p_path: cannot read");
  Refused("none.h5", "rho", "none.h5': No such file");
  Refused("", "rho", "not a file");
  Refused("text.h5", "rho", "text.h5' is not an HDF5 file");
  Refused("empty.h5", "rho", "is not an HDF5 file");
  Refused("short.h5", "float32", "short.h5' is an HDF5 file that is truncated");
  Refused("in.h5", "rho", "in.h5' has no dataset 'rho'; it holds: deep, float32");
  Refused("in.h5", "group/none", "has no dataset 'group/none'");
  Refused("in.h5", "a/b/c", "has no dataset 'a/b/c'");
  Refused("in.h5", "group", "'group' in '");
  Refused("in.h5", "group", "is a group, not a dataset");
  Refused("in.h5", "/", "is a group, not a dataset");
  Refused("in.h5", "transposed", "has shape 3 x 11; the grid is 11 x 3");
  Refused("in.h5", "line", "has shape 11; the grid is 11 x 3");
  Refused("in.h5", "transposed", "its axes reversed (MATLAB, Fortran): permute it");
  Refused("in.h5", "scalar", "has shape a single value");
  Refused("in.h5", "text", "holds strings; integers or floating-point");
  Refused("in.h5", "record", "holds compound records");
  H5Eget_auto2(H5E_DEFAULT, &print, &context);
  TestTrue(print != NULL, "a program's own HDF5 error printing is as it was");
  PetscCall(RemoveAll({"in.h5", "short.h5", "text.h5", "empty.h5"}));
  PetscCall(VecDestroy(&v));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* Shares of points, in order, together the whole dataset. */
static PetscErrorCode CheckPoints(const char *dataset, PetscInt dim, PetscInt64 expected)
{
  PetscInt64 count, before = 0, total;
  PetscReal *x;
  int wrong = 0;

  PetscFunctionBegin;
  PetscCall(
      OttoStorageReadPoints(PETSC_COMM_WORLD, "p_path", In("in.h5"), dataset, dim, &count, &x));
  PetscCallMPI(MPI_Exscan(&count, &before, 1, MPIU_INT64, MPI_SUM, PETSC_COMM_WORLD));
  if (Rank() == 0) before = 0;
  PetscCallMPI(MPI_Allreduce(&count, &total, 1, MPIU_INT64, MPI_SUM, PETSC_COMM_WORLD));
  TestTrue(total == expected, "every point is read once");
  for (PetscInt64 i = 0; i < count * dim; i++) wrong += !(x[i] == (double)(before * dim + i));
  TestTrue(wrong == 0, dataset);
  PetscCall(PetscFree(x));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestPoints(void)
{
  PetscInt64 count;
  PetscReal *x;

  PetscFunctionBegin;
  PetscCall(MakeDir());
  if (Rank() == 0) {
    hid_t file = H5Fcreate(In("in.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    WriteRamp(file, "plane", H5T_IEEE_F32LE, 2, (const hsize_t[]){101, 2}, 0);
    WriteRamp(file, "few", H5T_NATIVE_INT, 2, (const hsize_t[]){1, 3}, 0);
    WriteRamp(file, "line", H5T_NATIVE_DOUBLE, 1, (const hsize_t[]){13}, 0);
    WriteRamp(file, "column", H5T_NATIVE_DOUBLE, 2, (const hsize_t[]){13, 1}, 0);
    WriteRamp(file, "row", H5T_NATIVE_FLOAT, 2, (const hsize_t[]){1, 13}, 0);
    WriteRamp(file, "depth", H5T_NATIVE_INT, 4, (const hsize_t[]){1, 1, 13, 1}, 0);
    WriteRamp(file, "one", H5T_NATIVE_INT, 3, (const hsize_t[]){1, 1, 1}, 0);
    WriteRamp(file, "layers", H5T_NATIVE_INT, 4, (const hsize_t[]){1, 9, 1, 2}, 0);
    WriteRamp(file, "wide", H5T_NATIVE_INT, 2, (const hsize_t[]){2, 9}, 0);
    WriteRamp(file, "none", H5T_NATIVE_DOUBLE, 2, (const hsize_t[]){0, 2}, 0);
    H5Fclose(file);
  }
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscCall(CheckPoints("plane", 2, 101));
  PetscCall(CheckPoints("few", 3, 1)); /* some ranks get none */
  PetscCall(CheckPoints("line", 1, 13));
  PetscCall(CheckPoints("column", 1, 13));
  PetscCall(CheckPoints("row", 1, 13));
  PetscCall(CheckPoints("depth", 1, 13));
  PetscCall(CheckPoints("one", 1, 1));
  PetscCall(CheckPoints("layers", 2, 9)); /* single entries are left out */
#define RefusedPoints(dataset, dim, part)                                                          \
  TestFails(                                                                                       \
      OttoStorageReadPoints(PETSC_COMM_WORLD, "q_path", In("in.h5"), dataset, dim, &count, &x),    \
      OTTO_ERR_INPUT, part)
  RefusedPoints("plane", 3, "has shape 101 x 2; points on this grid are N x 3");
  RefusedPoints("wide", 2, "has shape 2 x 9; points on this grid are N x 2; it looks turned");
  RefusedPoints("line", 2, "has shape 13; points on this grid are N x 2");
  RefusedPoints("plane", 1, "points on this grid are N x 1 or N");
  RefusedPoints("none", 2, "q_path: dataset 'none'");
  RefusedPoints("none", 2, "holds no points");
  PetscCall(RemoveAll({"in.h5"}));
  PetscFunctionReturn(0);
}

/* A limit on the size of files stands for a full disk. On rank 0 it is noticed before anything is
 * written; on another rank alone only its own write fails. Either way all ranks return, and no file
 * stays. */
static PetscErrorCode TestNoSpace(void)
{
  PetscMPIInt size;
  OttoGrid grid;
  OttoStorage s;
  Vec v;

  PetscFunctionBegin;
  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  signal(SIGXFSZ, SIG_IGN);
  PetscCall(MakeMixed(2, (PetscInt64[]){101, 1000}, &grid));
  PetscCall(OttoFieldCreate(grid, &v));
  for (PetscMPIInt limited = 0; limited < size; limited += PetscMax(1, size - 1)) {
    struct rlimit before, limit;
    PetscCall(MakeDir());
    PetscCall(OttoStorageCreate(grid, dir, &s));
    PetscCall(OttoStorageWrite(s, 0, 0, "p", "1", "first", v));
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = 1700000; /* corners and first field are 1.6 MB, two fields are more */
    if (Rank() == limited) setrlimit(RLIMIT_FSIZE, &limit);
    TestFails(OttoStorageWrite(s, 0, 0, "q", "1", "second", v), OTTO_ERR_FILE, "fields.h5.part");
    TestFails(OttoStorageWrite(s, 1, 0, "p", "1", "third", v), OTTO_ERR_FILE, "fields.h5.part");
    setrlimit(RLIMIT_FSIZE, &before);
    PetscErrorCode code = OttoStorageClose(&s);
    TestTrue(OttoErrorAgreed(), "all ranks know");
    TestFails(code, OTTO_ERR_FILE, "cannot write"); /* still the first reason */
    TestTrue(s == NULL, "closed all the same");
    PetscCall(RemoveAll({""}));
  }
  snprintf(dir, sizeof dir, "/no/such/folder");
  TestFails(OttoStorageCreate(grid, dir, &s), OTTO_ERR_FILE,
            "cannot write /no/such/folder/fields.h5.part: No such file");
  PetscCall(VecDestroy(&v));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestRoundTrip, TestTypes, TestRefusals, TestPoints, TestNoSpace});
}
