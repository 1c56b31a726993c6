/* ranks: 1 2 3 4
 * What was kept on some ranks is there again on any others, to the last bit; a file that is damaged
 * anywhere is named and the one before it is used; what cannot be written leaves what is there. */
#include "files/checkpoint_impl.h"
#include "test.h"
#include <hdf5.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define NUMBERS 1000

typedef struct {
  OttoGrid grid, coarse; /* coarse: on the first half of the ranks */
  Vec field, pair, plain, little;
  PetscReal reals[NUMBERS], one;
  PetscInt64 ints[3];
  char text[32], *contents;
} State;

static char dir[256];
static PetscMPIInt rank, ranks;

static const char *In(const char *name)
{
  static char path[2][400];
  static int k;

  k = !k;
  snprintf(path[k], sizeof path[k], "%s/%s", dir, name);
  return path[k];
}

static PetscErrorCode Begin(void)
{
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  strcpy(dir, "/tmp/otto-checkpoint-XXXXXX");
  if (rank == 0) TestTrue(mkdtemp(dir) != NULL, "a folder");
  PetscCallMPI(MPI_Bcast(dir, sizeof dir, MPI_CHAR, 0, PETSC_COMM_WORLD));
  PetscFunctionReturn(0);
}

/* The first `size` ranks; MPI_COMM_NULL on the others. */
static PetscErrorCode First(MPI_Comm of, PetscMPIInt size, MPI_Comm *comm)
{
  PetscMPIInt mine;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(of, &mine));
  PetscCallMPI(MPI_Comm_split(of, mine < size ? 0 : MPI_UNDEFINED, mine, comm));
  PetscFunctionReturn(0);
}

/* ---- what is kept ---- */

static PetscErrorCode MakeGrid(MPI_Comm comm, PetscMPIInt p1, PetscInt64 n0, OttoGrid *grid)
{
  const PetscInt64 n[3] = {n0, 6, 5};
  const PetscReal lower[3] = {0, 0, 0}, upper[3] = {1, 1, 1};
  const OttoBoundary boundary[3] = {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_NO_FLUX,
                                    OTTO_BOUNDARY_NO_FLUX};
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(OttoGridCreate(comm, grid));
  PetscCall(OttoGridSetBox(*grid, 3, n, lower, upper, boundary));
  if (size % p1 == 0) PetscCall(OttoGridSetMesh(*grid, size / p1, p1));
  PetscCall(OttoGridSetUp(*grid));
  PetscFunctionReturn(0);
}

/* Of a cell, whichever rank has it. */
static PetscReal Value(const OttoGridInfo *g, PetscInt64 cell, PetscInt field)
{
  PetscInt64 i[OTTO_MAX_DIM], at = 0;

  OttoGridCellIndex(g, cell, i);
  for (PetscInt j = 0; j < g->dim; j++) at = at * g->n[j] + i[j];
  if (at == 3) return NAN;
  if (at == 4) return -INFINITY;
  if (at == 5) return -0.0;
  return 5e-324 * (at == 6) + (at > 6) * (sin((double)at) + field);
}

static PetscErrorCode Set(OttoGrid grid, PetscInt fields, Vec v)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(VecGetArray(v, &a));
  for (PetscInt k = 0; k < fields; k++)
    for (PetscInt64 c = 0; c < g->local_cells; c++) a[k * g->local_cells + c] = Value(g, c, k);
  PetscCall(VecRestoreArray(v, &a));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestSame(OttoGrid grid, PetscInt fields, Vec v, const char *what)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *a;
  PetscInt64 wrong = 0;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(v, &a));
  for (PetscInt k = 0; k < fields; k++)
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      const PetscReal value = Value(g, c, k);
      wrong += memcmp(&value, &a[k * g->local_cells + c], sizeof value) != 0;
    }
  PetscCall(VecRestoreArrayRead(v, &a));
  TestTrue(wrong == 0, what);
  PetscFunctionReturn(0);
}

/* p1: the mesh, where it fits. full: the values, else others. */
static PetscErrorCode MakeState(MPI_Comm comm, PetscMPIInt p1, PetscBool full, State *s)
{
  PetscMPIInt size, mine;
  MPI_Comm half;

  PetscFunctionBegin;
  *s = (State){.one = full ? 0.1 : 0, .ints = {full ? 1LL << 40 : 0, full ? -3 : 0, 0}};
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCallMPI(MPI_Comm_rank(comm, &mine));
  PetscCall(MakeGrid(comm, p1, 7, &s->grid));
  PetscCall(OttoFieldCreate(s->grid, &s->field));
  const PetscInt local = (PetscInt)OttoGridGetInfo(s->grid)->local_cells;
  PetscCall(VecCreateMPI(comm, 2 * local, PETSC_DETERMINE, &s->pair));
  PetscCall(OttoFieldSetBox(s->grid, 2, s->pair));
  PetscCall(VecCreateMPI(comm, mine + 2, PETSC_DETERMINE, &s->plain));
  PetscCall(First(comm, PetscMax(size / 2, 1), &half));
  if (half != MPI_COMM_NULL) {
    PetscCall(MakeGrid(half, 1, 3, &s->coarse));
    PetscCall(OttoFieldCreate(s->coarse, &s->little));
    PetscCallMPI(MPI_Comm_free(&half)); /* PETSc has its own */
  }
  if (!full) PetscFunctionReturn(0);
  PetscCall(Set(s->grid, 1, s->field));
  PetscCall(Set(s->grid, 2, s->pair));
  if (s->coarse) PetscCall(Set(s->coarse, 1, s->little));
  PetscCall(VecSet(s->plain, mine));
  for (int i = 0; i < NUMBERS; i++) s->reals[i] = sqrt((double)i);
  strcpy(s->text, "four");
  if (mine == 0) PetscCall(PetscStrallocpy("a,b\n1,2\n", &s->contents));
  PetscFunctionReturn(0);
}

static PetscErrorCode FreeState(State *s)
{
  PetscFunctionBegin;
  PetscCall(VecDestroy(&s->field));
  PetscCall(VecDestroy(&s->pair));
  PetscCall(VecDestroy(&s->plain));
  PetscCall(VecDestroy(&s->little));
  PetscCall(OttoGridDestroy(&s->grid));
  PetscCall(OttoGridDestroy(&s->coarse));
  PetscCall(PetscFree(s->contents));
  PetscFunctionReturn(0);
}

static PetscErrorCode Pass(OttoKeep keep, State *s)
{
  PetscFunctionBegin;
  PetscCall(OttoKeepReal(keep, "one", &s->one));
  PetscCall(OttoKeepBegin(keep, "part", 2));
  PetscCall(OttoKeepReals(keep, "numbers", NUMBERS, s->reals));
  PetscCall(OttoKeepReals(keep, "nothing", 0, s->reals));
  PetscCall(OttoKeepVec(keep, "field", s->field));
  PetscCall(OttoKeepInts(keep, "ints", 3, s->ints));
  PetscCall(OttoKeepEnd(keep));
  PetscCall(OttoKeepText(keep, "text", sizeof s->text, s->text));
  if (s->coarse) {
    PetscCall(OttoKeepVec(keep, "little", s->little));
    PetscCall(OttoKeepReal(keep, "of_some", &s->one));
  }
  PetscCall(OttoKeepContents(keep, "contents", &s->contents));
  PetscCall(OttoKeepVec(keep, "pair", s->pair));
  PetscFunctionReturn(0);
}

/* One more checkpoint of the folder. `plain`: with a vector that belongs to these ranks. */
static PetscErrorCode Write(MPI_Comm comm, PetscMPIInt p1, PetscReal one, PetscBool plain)
{
  OttoKeep keep;
  State s;

  PetscFunctionBegin;
  PetscCall(MakeState(comm, p1, PETSC_TRUE, &s));
  s.one = one;
  PetscCall(OttoKeepCreate(&keep));
  PetscCall(Pass(keep, &s));
  if (plain) PetscCall(OttoKeepVec(keep, "plain", s.plain));
  PetscCall(OttoCheckpointWrite(comm, dir, keep));
  PetscCall(OttoKeepDestroy(&keep));
  PetscCall(FreeState(&s));
  PetscFunctionReturn(0);
}

/* What is there is all of it, with `one`; `part` stands in what is said of others. */
static PetscErrorCode TestRead(MPI_Comm comm, PetscMPIInt p1, PetscReal one, const char *file,
                               const char *part)
{
  char said[OTTO_CHECKPOINT_SAID];
  const char *opened = NULL;
  PetscMPIInt mine;
  OttoKeep keep;
  State s;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &mine));
  PetscCall(OttoCheckpointOpen(comm, dir, &keep, &opened, said));
  TestTrue(keep && opened && !strcmp(opened, file), file);
  TestTrue(*part ? strstr(said, part) != NULL : !*said, said);
  if (!keep) PetscFunctionReturn(0);
  PetscCall(MakeState(comm, p1, PETSC_FALSE, &s));
  PetscCall(Pass(keep, &s));
  TestTrue(s.one == one && s.ints[0] == 1LL << 40 && s.ints[1] == -3, "numbers");
  TestTrue(s.reals[999] == sqrt(999.) && s.reals[1] == 1, "many numbers");
  TestTrue(!strcmp(s.text, "four"), "a text, on all ranks");
  TestTrue(mine ? !s.contents : s.contents && !strcmp(s.contents, "a,b\n1,2\n"), "contents");
  PetscCall(TestSame(s.grid, 1, s.field, "a field"));
  PetscCall(TestSame(s.grid, 2, s.pair, "two fields in one vector"));
  if (s.coarse) PetscCall(TestSame(s.coarse, 1, s.little, "a field of some ranks"));
  PetscCall(OttoKeepDestroy(&keep));
  PetscCall(FreeState(&s));
  PetscFunctionReturn(0);
}

/* From any number of ranks to any other, on any mesh of them. */
static PetscErrorCode TestRanks(void)
{
  PetscFunctionBegin;
  for (PetscMPIInt from = 1; from <= ranks; from++)
    for (PetscMPIInt to = 1; to <= ranks; to++) {
      MPI_Comm writers, readers;
      PetscCall(First(PETSC_COMM_WORLD, from, &writers));
      PetscCall(First(PETSC_COMM_WORLD, to, &readers));
      if (writers != MPI_COMM_NULL) PetscCall(Write(writers, 1 + to % 2, 0.5, PETSC_FALSE));
      PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
      if (readers != MPI_COMM_NULL)
        PetscCall(TestRead(readers, 1 + from % 2, 0.5, "checkpoint.h5", ""));
      PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
      if (writers != MPI_COMM_NULL) PetscCallMPI(MPI_Comm_free(&writers));
      if (readers != MPI_COMM_NULL) PetscCallMPI(MPI_Comm_free(&readers));
    }
  PetscCall(OttoCheckpointRemove(PETSC_COMM_WORLD, dir));
  PetscFunctionReturn(0);
}

/* A vector that no grid orders belongs to the ranks that kept it; one of another grid to that. */
static PetscErrorCode TestPlain(void)
{
  char said[OTTO_CHECKPOINT_SAID];
  const char *file;
  PetscReal sum = 0;
  MPI_Comm other;
  OttoGrid grid;
  OttoKeep keep;
  State s;
  Vec v;

  PetscFunctionBegin;
  PetscCall(Write(PETSC_COMM_WORLD, 1, 1, PETSC_TRUE));
  PetscCall(MakeState(PETSC_COMM_WORLD, 1, PETSC_FALSE, &s));
  PetscCall(OttoCheckpointOpen(PETSC_COMM_WORLD, dir, &keep, &file, said));
  PetscCall(OttoKeepVec(keep, "plain", s.plain));
  PetscCall(VecSum(s.plain, &sum));
  PetscReal expected = 0;
  for (PetscMPIInt i = 0; i < ranks; i++) expected += i * (i + 2);
  TestTrue(sum == expected, "a vector of the same ranks");
  TestFails(OttoKeepReal(keep, "two", &sum), OTTO_ERR_INPUT, "nothing of the name two was kept");
  TestFails(OttoKeepVec(keep, "field", s.field), OTTO_ERR_INPUT, "nothing of the name field");
  PetscCall(MakeGrid(PETSC_COMM_WORLD, 1, 14, &grid)); /* as many values */
  PetscCall(OttoFieldCreate(grid, &v));
  TestFails(OttoKeepVec(keep, "pair", v), OTTO_ERR_INPUT, "pair was kept on another grid");
  PetscCall(VecDestroy(&v));
  PetscCall(OttoGridDestroy(&grid));
  PetscCall(OttoKeepDestroy(&keep));
  PetscCall(FreeState(&s));
  PetscCall(First(PETSC_COMM_WORLD, ranks > 1 ? ranks - 1 : 1, &other));
  if (ranks > 1 && other != MPI_COMM_NULL) {
    PetscMPIInt mine;
    PetscInt size = 0;
    PetscCallMPI(MPI_Comm_rank(other, &mine));
    for (PetscMPIInt i = 0; i < ranks; i++) size += i + 2;
    PetscCall(VecCreateMPI(other, PETSC_DECIDE, size, &v));
    PetscCall(OttoCheckpointOpen(other, dir, &keep, &file, said));
    TestFails(OttoKeepVec(keep, "plain", v), OTTO_ERR_INPUT, "belongs to those alone");
    PetscCall(OttoKeepDestroy(&keep));
    PetscCall(VecDestroy(&v));
  }
  if (other != MPI_COMM_NULL) PetscCallMPI(MPI_Comm_free(&other));
  PetscCall(OttoCheckpointRemove(PETSC_COMM_WORLD, dir));
  PetscFunctionReturn(0);
}

/* ---- damage ---- */

static unsigned char *bytes; /* of the newest, on rank 0 */
static long length;

static void Load(const char *name)
{
  FILE *f = fopen(In(name), "rb");

  bytes = NULL;
  length = 0;
  if (!f) return;
  fseek(f, 0, SEEK_END);
  length = ftell(f);
  rewind(f);
  bytes = malloc((size_t)length);
  TestTrue(bytes && fread(bytes, 1, (size_t)length, f) == (size_t)length, "the file is read");
  fclose(f);
}

/* The file with so many bytes, one of them flipped (at < 0: none). */
static void Store(const char *name, long size, long at, int bit)
{
  FILE *f = fopen(In(name), "wb");

  if (at >= 0) bytes[at] ^= (unsigned char)(1 << bit);
  TestTrue(f && fwrite(bytes, 1, (size_t)size, f) == (size_t)size, "the file is written");
  if (f) fclose(f);
  if (at >= 0) bytes[at] ^= (unsigned char)(1 << bit);
}

/* A bit wherever one likes: named, and the older one used; or it stands where nothing is kept, and
 * all is as it was. */
static PetscErrorCode TestFlips(int count, int *noticed)
{
  unsigned seed = 20261130;

  PetscFunctionBegin;
  for (int i = 0; i < count; i++) {
    char said[OTTO_CHECKPOINT_SAID];
    const char *file = NULL;
    OttoKeep keep;
    if (rank == 0) Store("checkpoint.h5", length, rand_r(&seed) % length, rand_r(&seed) % 8);
    PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
    PetscCall(OttoCheckpointOpen(PETSC_COMM_WORLD, dir, &keep, &file, said));
    TestTrue(keep != NULL, "one of them is whole");
    PetscCall(OttoKeepDestroy(&keep));
    const PetscBool older = file && !strcmp(file, "checkpoint.previous.h5");
    if (older) ++*noticed;
    PetscCall(TestRead(PETSC_COMM_WORLD, 1, older ? 1 : 2,
                       older ? "checkpoint.previous.h5" : "checkpoint.h5",
                       older ? "checkpoint.h5 is damaged" : ""));
    PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode TestCut(void)
{
  const double shares[] = {0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.9999};

  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
    if (rank == 0) Store("checkpoint.h5", (long)(shares[i] * (double)length), -1, 0);
    PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
    PetscCall(TestRead(PETSC_COMM_WORLD, 1, 1, "checkpoint.previous.h5",
                       "checkpoint.h5 is damaged, or cut short"));
    PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  }
  PetscFunctionReturn(0);
}

/* Rank 0: an attribute of the file, as bytes of its own type. */
static void SetAttribute(const char *name, const char *attribute, const void *value)
{
  hid_t file = H5Fopen(In(name), H5F_ACC_RDWR, H5P_DEFAULT);
  hid_t at = H5Aopen(file, attribute, H5P_DEFAULT), type = H5Aget_type(at);

  TestTrue(H5Awrite(at, type, value) >= 0, attribute);
  H5Tclose(type);
  H5Aclose(at);
  H5Fclose(file);
}

/* What another Otto has written, its form or its numbers another, is whole: no older file is taken
 * for it, and nothing begins anew. */
static PetscErrorCode TestOthers(void)
{
  char said[OTTO_CHECKPOINT_SAID], older[sizeof OTTO_VERSION] = OTTO_VERSION;
  const long long version = OTTO_CHECKPOINT_VERSION + 1;
  const char *file;
  OttoKeep keep;

  PetscFunctionBegin;
  older[0]++;
  for (int i = 0; i < 2; i++) {
    if (rank == 0) Store("checkpoint.h5", length, -1, 0);
    if (rank == 0 && i == 0) SetAttribute("checkpoint.h5", "version", &version);
    if (rank == 0 && i == 1) SetAttribute("checkpoint.h5", "otto_version", older);
    PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
    TestFails(OttoCheckpointOpen(PETSC_COMM_WORLD, dir, &keep, &file, said), OTTO_ERR_INPUT,
              "checkpoint.h5 is of Otto ");
    TestTrue(!keep, "nothing is opened");
    PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode TestDamage(void)
{
  int noticed = 0;
  char said[OTTO_CHECKPOINT_SAID];
  const char *file;
  OttoKeep keep;

  PetscFunctionBegin;
  PetscCall(OttoCheckpointOpen(PETSC_COMM_WORLD, dir, &keep, &file, said));
  TestTrue(!keep && !file && !*said, "there is none");
  PetscCall(Write(PETSC_COMM_WORLD, 1, 1, PETSC_FALSE));
  PetscCall(Write(PETSC_COMM_WORLD, 1, 2, PETSC_FALSE));
  PetscCall(TestRead(PETSC_COMM_WORLD, 1, 2, "checkpoint.h5", ""));
  if (rank == 0) Load("checkpoint.h5");
  const int count = ranks == 1 ? 400 : 20;
  PetscCall(TestFlips(count, &noticed));
  TestTrue(noticed > count / 2, "most of the file is something that is kept");
  PetscCall(TestCut());
  PetscCall(TestOthers());
  if (rank == 0) unlink(In("checkpoint.h5"));
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscCall(TestRead(PETSC_COMM_WORLD, 1, 1, "checkpoint.previous.h5", ""));
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  if (rank == 0) Store("checkpoint.previous.h5", length / 2, -1, 0);
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscCall(OttoCheckpointOpen(PETSC_COMM_WORLD, dir, &keep, &file, said));
  TestTrue(!keep && strstr(said, "checkpoint.previous.h5 is damaged"), "none is whole");
  free(bytes);
  PetscCall(OttoCheckpointRemove(PETSC_COMM_WORLD, dir));
  PetscFunctionReturn(0);
}

/* ---- what cannot be written ---- */

static PetscErrorCode TestNoRoom(void)
{
  struct rlimit before, little = {1 << 14, 1 << 14};
  OttoKeep keep;
  State s;

  PetscFunctionBegin;
  PetscCall(Write(PETSC_COMM_WORLD, 1, 1, PETSC_FALSE));
  PetscCall(Write(PETSC_COMM_WORLD, 1, 2, PETSC_FALSE));
  PetscCall(MakeState(PETSC_COMM_WORLD, 1, PETSC_TRUE, &s));
  PetscCall(OttoKeepCreate(&keep));
  PetscCall(Pass(keep, &s));
  TestFails(OttoCheckpointWrite(PETSC_COMM_WORLD, "/nowhere/at/all", keep), OTTO_ERR_FILE,
            "cannot write /nowhere/at/all/checkpoint.h5.part");
  getrlimit(RLIMIT_FSIZE, &before);
  little.rlim_max = before.rlim_max;
  setrlimit(RLIMIT_FSIZE, &little);
  TestFails(OttoCheckpointWrite(PETSC_COMM_WORLD, dir, keep), OTTO_ERR_FILE, "cannot write");
  setrlimit(RLIMIT_FSIZE, &before);
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  TestTrue(access(In("checkpoint.h5.part"), F_OK), "nothing half written is left");
  PetscCall(TestRead(PETSC_COMM_WORLD, 1, 2, "checkpoint.h5", ""));
  PetscReal size = 0;
  struct stat info;
  PetscCall(OttoCheckpointBytes(PETSC_COMM_WORLD, keep, &size));
  TestTrue(!stat(In("checkpoint.h5"), &info) && (double)info.st_size <= size,
           "room is asked for all of it");
  PetscCall(OttoKeepDestroy(&keep));
  PetscCall(FreeState(&s));
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscCall(OttoCheckpointRemove(PETSC_COMM_WORLD, dir));
  if (rank == 0) TestTrue(!rmdir(dir), "nothing is left");
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({Begin, TestRanks, TestPlain, TestDamage, TestNoRoom});
}
