/* ranks: 1 2 3
 * fields.h5 of a run that is kept in between equals that of one that is not, object by object, as
 * does that of a run that goes on in another process, on the same ranks or on one; what is younger
 * than what was kept goes, and what was kept is known by its bytes. */
#include "files/storage_segments.h"
#include "fixture.h"
#include "folder.h"
#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[300];

static const char *In(const char *out, const char *name)
{
  snprintf(path, sizeof path, "%s/%s/%s", folder, out, name);
  return path;
}

static PetscErrorCode Folder(const char *out)
{
  PetscFunctionBegin;
  if (rank == 0) TestTrue(!mkdir(In(out, ""), 0700), out);
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscFunctionReturn(0);
}

/* A number that tells every cell from every other. */
static PetscReal Marked(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *scale)
{
  (void)dim, (void)x;
  return *scale * (1 + (PetscReal)cell) / 3;
}

/* What part `part` of a run writes: the times of all parts follow each other, and the last returns
 * to what belongs to no time. */
static PetscErrorCode WritePart(OttoStorage s, OttoGrid grid, int part)
{
  const PetscReal time = 0.1 * part, scale = part + 1;
  PetscReal line[200];
  Vec v;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, &v));
  for (int i = 0; i < 200; i++) line[i] = scale + i;
  PetscCall(FillValues(grid, Marked, &scale, v));
  if (part == 0) PetscCall(OttoStorageWriteTimeless(s, "mode_1", "1", "of no one time", v));
  PetscCall(OttoStorageWrite(s, 5 * part, time, "p", "1/volume", "density p", v));
  PetscCall(OttoStorageWriteVector(s, 5 * part, time, "flow", "1", "", (Vec[]){v, v, v}));
  PetscCall(OttoStorageWriteLine(s, 5 * part, time, 0, "marginal", "1", "a line", line));
  if (part == 2) PetscCall(OttoStorageWriteTimeless(s, "mode_2", "1", "found late", v));
  if (part == 2) PetscCall(OttoStorageNote(s, 10, time, "state at failure"));
  PetscCall(VecDestroy(&v));
  PetscFunctionReturn(0);
}

/* Attributes that hold no links, byte by byte; of links, that there are as many. */
static herr_t SameAttribute(hid_t object, const char *name, const H5A_info_t *info, void *context)
{
  hid_t mine = H5Aopen(object, name, H5P_DEFAULT), type = H5Aget_type(mine), its = -1;
  const H5T_class_t class = H5Tget_class(type);

  (void)info;
  TestTrue(H5Aexists(*(hid_t *)context, name) > 0, name);
  if (H5Aexists(*(hid_t *)context, name) > 0) its = H5Aopen(*(hid_t *)context, name, H5P_DEFAULT);
  if (its >= 0 && class != H5T_VLEN && class != H5T_COMPOUND) {
    char a[1000] = "", b[1000] = "";
    TestTrue(H5Aget_storage_size(mine) == H5Aget_storage_size(its) &&
                 H5Aget_storage_size(mine) < sizeof a,
             name);
    H5Aread(mine, type, a);
    H5Aread(its, type, b);
    TestTrue(!memcmp(a, b, sizeof a), name);
  }
  if (its >= 0) H5Aclose(its);
  H5Tclose(type);
  H5Aclose(mine);
  return 0;
}

static PetscInt CountAttributes(hid_t object)
{
  H5O_info_t info;

  return H5Oget_info(object, &info) < 0 ? -1 : (PetscInt)info.num_attrs;
}

/* Coordinates of every dimension: those beside the dataset. */
static void SameScales(hid_t file, hid_t mine, hid_t its, const char *name)
{
  static const char *const axes[] = {"x", "y", "z"};
  hid_t space = H5Dget_space(mine);
  const int dim = H5Sget_simple_extent_ndims(space);

  H5Sclose(space);
  if (H5DSis_scale(mine) > 0 || !strcmp(name, "mesh/nodes") || strstr(name, "/time")) return;
  for (int j = 0; j < dim && j < 3; j++) {
    char scale_name[100];
    snprintf(scale_name, sizeof scale_name, "%.*s/%s", (int)strcspn(name, "/"), name, axes[j]);
    hid_t scale = H5Dopen2(file, scale_name, H5P_DEFAULT);
    TestTrue(H5DSget_num_scales(mine, (unsigned)j) == 1 &&
                 H5DSget_num_scales(its, (unsigned)j) == 1 &&
                 H5DSis_attached(its, scale, (unsigned)j) > 0,
             name);
    H5Dclose(scale);
  }
}

static void SameData(hid_t mine, hid_t its, const char *name)
{
  static double a[4000], b[4000];
  hid_t spaces[] = {H5Dget_space(mine), H5Dget_space(its)};

  TestTrue(H5Sextent_equal(spaces[0], spaces[1]) > 0 &&
               H5Sget_simple_extent_npoints(spaces[0]) <= 4000,
           name);
  memset(a, 1, sizeof a);
  memset(b, 1, sizeof b);
  TestTrue(H5Dread(mine, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, a) >= 0 &&
               H5Dread(its, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, b) >= 0 &&
               !memcmp(a, b, sizeof a),
           name);
  H5Sclose(spaces[0]);
  H5Sclose(spaces[1]);
}

typedef struct {
  hid_t file;
  int objects;
} Other;

static herr_t SameObject(hid_t root, const char *name, const H5O_info_t *info, void *context)
{
  Other *other = (Other *)context;
  const PetscBool there = H5Oexists_by_name(other->file, name, H5P_DEFAULT) > 0;

  other->objects++;
  TestTrue(there, name);
  if (!there) return 0;
  hid_t mine = H5Oopen(root, name, H5P_DEFAULT), its = H5Oopen(other->file, name, H5P_DEFAULT);
  TestTrue(CountAttributes(mine) == CountAttributes(its), name);
  H5Aiterate2(mine, H5_INDEX_NAME, H5_ITER_INC, NULL, SameAttribute, &its);
  TestTrue(H5Iget_type(mine) == H5Iget_type(its), name);
  if (info->type == H5O_TYPE_DATASET) SameData(mine, its, name);
  if (info->type == H5O_TYPE_DATASET) SameScales(other->file, mine, its, name);
  H5Oclose(mine);
  H5Oclose(its);
  return 0;
}

/* Rank 0: fields.h5 of two folders, both ways round, and their xdmf. */
static void Same(const char *a, const char *b)
{
  char command[400];
  Other other[2] = {{.objects = 0}, {.objects = 0}};

  other[1].file = H5Fopen(In(a, "fields.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
  other[0].file = H5Fopen(In(b, "fields.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
  TestTrue(other[0].file >= 0 && other[1].file >= 0, b);
  for (int i = 0; i < 2 && other[0].file >= 0 && other[1].file >= 0; i++)
    H5Ovisit(other[1 - i].file, H5_INDEX_NAME, H5_ITER_INC, SameObject, &other[i]);
  TestTrue(other[0].objects == other[1].objects && other[0].objects > 20, b);
  for (int i = 0; i < 2; i++)
    if (other[i].file >= 0) H5Fclose(other[i].file);
  snprintf(command, sizeof command, "cmp %s/%s/fields.xdmf %s/%s/fields.xdmf", folder, a, folder,
           b);
  TestTrue(!access(In(a, "fields.xdmf"), F_OK) ? !system(command)
                                               : access(In(b, "fields.xdmf"), F_OK) != 0,
           command);
  snprintf(command, sizeof command, "grep -q marginal %s/%s/fields.xdmf 2>/dev/null", folder, a);
  TestTrue(system(command), "viewers see no lines");
}

/* How many segments are there. */
static int Segments(const char *out)
{
  char command[200];
  int count = -1;

  snprintf(command, sizeof command, "ls %s/%s | grep -c 'fields.*h5.part'", folder, out);
  FILE *p = popen(command, "r");
  if (p && fscanf(p, "%d", &count) != 1) count = -1;
  if (p) pclose(p);
  return count;
}

static void Leave(const char *out, const char *name)
{
  FILE *f = fopen(In(out, name), "w");

  if (f) fputs("of a run that was killed", f);
  if (f) fclose(f);
}

/* Three parts, kept before the parts whose bit is set in `before`; *keep, or NULL: the state after
 * the first two. */
static PetscErrorCode WriteAll(OttoGrid grid, const char *out, int before, OttoKeep *after_two)
{
  OttoStorage s = NULL;
  char dir[200];

  PetscFunctionBegin;
  PetscCall(Folder(out));
  snprintf(dir, sizeof dir, "%s/%s", folder, out);
  PetscCall(OttoStorageCreate(grid, dir, &s));
  for (int part = 0; part < 3; part++) {
    OttoKeep keep = NULL;
    PetscCall(OttoKeepCreate(&keep));
    if (before & 1 << part) PetscCall(OttoStorageKeep(grid, dir, "fields", &s, keep));
    if (before & 1 << part && part == 2 && after_two) *after_two = keep, keep = NULL;
    PetscCall(WritePart(s, grid, part));
    PetscCall(OttoKeepDestroy(&keep));
  }
  PetscCall(OttoStorageClose(&s));
  PetscFunctionReturn(0);
}

/* Goes on after two parts that another process has written, as a driver that begins anew does: it
 * may have opened a file before it takes over. */
static PetscErrorCode GoOn(OttoGrid grid, const char *out, OttoKeep keep, PetscBool began)
{
  OttoStorage s = NULL;
  char dir[200];

  PetscFunctionBegin;
  snprintf(dir, sizeof dir, "%s/%s", folder, out);
  if (began) {
    PetscCall(OttoStorageCreate(grid, dir, &s));
    PetscCall(WritePart(s, grid, 0));
  }
  PetscCall(OttoKeepSetDirection(keep, OTTO_KEEP_TAKE));
  PetscCall(OttoStorageKeep(grid, dir, "fields", &s, keep));
  TestTrue(s != NULL, "a storage is made of what was kept");
  TestTrue(OttoGridGetInfo(grid)->rank || Segments(out) == 2, "younger segments are removed");
  PetscCall(WritePart(s, grid, 2));
  PetscCall(OttoStorageClose(&s));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestOneFile(void)
{
  const PetscInt64 n[3] = {7, 5, 4};
  const PetscReal lower[3] = {0, -1, 2}, upper[3] = {1, 2, 3};
  const OttoBoundary mixed[] = {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX,
                                OTTO_BOUNDARY_PERIODIC};
  char command[200];

  PetscFunctionBegin;
  for (PetscInt dim = 1; dim <= 3; dim++) {
    OttoGrid grid, alone;
    OttoKeep keep = NULL;
    PetscCall(MakeBox(dim, n, lower, upper, mixed, &grid));
    PetscCall(WriteAll(grid, "whole", 0, NULL));
    PetscCall(WriteAll(grid, "thrice", 7, NULL));
    PetscCall(WriteAll(grid, "kept", 6, &keep));
    if (rank == 0) {
      TestTrue(Segments("whole") == 0, "one file, no segments");
      TestTrue(Segments("kept") == 2, "those that were kept stay");
      Same("whole", "thrice");
      Same("whole", "kept");
      Leave("kept", "fields.2.h5.part");
      Leave("kept", "fields.10.h5.part");
      Leave("kept", "fields.h5.part.locktest.0");
      Leave("kept", "fields.1.h5.part.locktest.0");
    }
    PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
    PetscCall(GoOn(grid, "kept", keep, PETSC_FALSE));
    if (rank == 0) Same("whole", "kept");
    if (rank == 0) unlink(In("kept", "fields.h5"));
    PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
    PetscCall(GoOn(grid, "kept", keep, PETSC_TRUE));
    if (rank == 0) { /* one rank goes on where several were */
      Same("whole", "kept");
      unlink(In("kept", "fields.h5"));
      PetscCall(MakeBoxOn(PETSC_COMM_SELF, dim, n, lower, upper, mixed, &alone));
      PetscCall(GoOn(alone, "kept", keep, PETSC_FALSE));
      PetscCall(OttoGridDestroy(&alone));
      Same("whole", "kept");
      TestTrue(!OttoStorageRemoveSegments(In("kept", ""), "fields", 0, NULL) &&
                   Segments("kept") == 0,
               "none stays");
      snprintf(command, sizeof command, "rm -r %s/*", folder);
      TestTrue(!system(command), command);
    }
    PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
    PetscCall(OttoKeepDestroy(&keep));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* Writes one byte of a file, or its end. */
static void Damage(const char *out, const char *name, long at, PetscBool cut)
{
  FILE *f = fopen(In(out, name), "r+");
  int byte = 0;

  TestTrue(f != NULL, name);
  if (!f) return;
  if (cut) TestTrue(!ftruncate(fileno(f), at), "cut");
  fseek(f, at, SEEK_SET);
  if (!cut) byte = fgetc(f);
  fseek(f, at, SEEK_SET);
  if (!cut) fputc(byte ^ 1, f);
  fclose(f);
}

static PetscErrorCode Wrong(OttoKeep keep, const char *expected)
{
  char why[400], dir[200];

  PetscFunctionBegin;
  snprintf(dir, sizeof dir, "%s/kept", folder);
  PetscCall(OttoKeepSetDirection(keep, OTTO_KEEP_TAKE));
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscCall(OttoStorageCheckKept(PETSC_COMM_WORLD, dir, keep, why, sizeof why));
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  TestTrue(expected ? strstr(why, expected) != NULL : !why[0], expected ? expected : why);
  if (expected && !strstr(why, expected)) fprintf(stderr, "it says: %s\n", why);
  PetscFunctionReturn(0);
}

/* A megabyte and more, so that several ranks look at it. */
static PetscErrorCode TestDamage(void)
{
  OttoGrid grid;
  OttoKeep keep = NULL;
  char command[200];

  PetscFunctionBegin;
  PetscCall(MakeUnit(2, 200, OTTO_BOUNDARY_PERIODIC, &grid));
  PetscCall(WriteAll(grid, "kept", 6, &keep));
  PetscCall(Wrong(keep, NULL));
  for (long at = 100; at < 1300000; at += 600000) {
    if (rank == 0) Damage("kept", "fields.h5.part", at, PETSC_FALSE);
    PetscCall(Wrong(keep, "kept/fields.h5.part is not as it was written"));
    if (rank == 0) Damage("kept", "fields.h5.part", at, PETSC_FALSE);
  }
  PetscCall(Wrong(keep, NULL));
  if (rank == 0) Damage("kept", "fields.1.h5.part", 1000, PETSC_TRUE);
  PetscCall(Wrong(keep, "kept/fields.1.h5.part has 1000 bytes, not "));
  if (rank == 0) unlink(In("kept", "fields.1.h5.part"));
  PetscCall(Wrong(keep, "kept/fields.1.h5.part are not there"));
  if (rank == 0) {
    snprintf(command, sizeof command, "rm -r %s/*", folder);
    TestTrue(!system(command), command);
  }
  PetscCall(OttoKeepDestroy(&keep));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* Nothing was written: nothing is made. */
static PetscErrorCode TestNothing(void)
{
  OttoGrid grid;
  OttoKeep keep;
  OttoStorage s = NULL;

  PetscFunctionBegin;
  PetscCall(MakeUnit(1, 16, OTTO_BOUNDARY_PERIODIC, &grid));
  PetscCall(OttoKeepCreate(&keep));
  PetscCall(OttoStorageKeep(grid, folder, "fields", &s, keep));
  TestTrue(!s, "nothing is kept of no storage");
  PetscCall(OttoKeepSetDirection(keep, OTTO_KEEP_TAKE));
  PetscCall(OttoStorageKeep(grid, folder, "fields", &s, keep));
  TestTrue(!s, "and nothing is made of it");
  PetscCall(OttoKeepDestroy(&keep));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({BeginFolder, TestOneFile, TestDamage, TestNothing, EndFolder});
}
