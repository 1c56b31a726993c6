/* ranks: 1 2 3
 * What is kept comes back as it was, by name, and by a walk over all entries; what is missing, of
 * another size or another kind is refused by name. */
#include "test.h"

typedef struct {
  PetscReal x[3], y;
  PetscInt n;
  PetscInt64 wide[2];
  PetscBool yes;
  char text[16], *contents;
  Vec v;
} State;

static PetscErrorCode Pass(OttoKeep keep, State *s)
{
  PetscFunctionBegin;
  PetscCall(OttoKeepReal(keep, "y", &s->y));
  for (PetscInt i = 0; i < 2; i++) {
    PetscCall(OttoKeepBegin(keep, "part", i));
    PetscCall(OttoKeepReals(keep, "x", 3, s->x));
    PetscCall(OttoKeepBegin(keep, "deep", -1));
    PetscCall(OttoKeepInts(keep, "wide", 2, s->wide));
    PetscCall(OttoKeepEnd(keep));
    PetscCall(OttoKeepBool(keep, "yes", &s->yes));
    PetscCall(OttoKeepEnd(keep));
  }
  PetscCall(OttoKeepInt(keep, "n", &s->n));
  PetscCall(OttoKeepText(keep, "text", sizeof s->text, s->text));
  PetscCall(OttoKeepContents(keep, "contents", &s->contents));
  PetscCall(OttoKeepVec(keep, "v", s->v));
  PetscFunctionReturn(0);
}

static PetscErrorCode MakeVec(PetscInt local, PetscReal value, Vec *v)
{
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCall(VecCreateMPI(PETSC_COMM_WORLD, local, PETSC_DETERMINE, v));
  PetscCall(VecSet(*v, value + rank));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestRefusals(OttoKeep keep)
{
  PetscReal x[4] = {0};
  PetscInt n = 0;
  char little[2];
  Vec v;

  PetscFunctionBegin;
  TestFails(OttoKeepReal(keep, "z", x), OTTO_ERR_INPUT, "nothing of the name z was kept");
  PetscCall(OttoKeepBegin(keep, "part", 1));
  TestFails(OttoKeepReals(keep, "x", 4, x), OTTO_ERR_INPUT,
            "part/1/x was kept as 3 numbers, not as 4 numbers");
  PetscCall(OttoKeepEnd(keep));
  TestFails(OttoKeepInt(keep, "y", &n), OTTO_ERR_INPUT,
            "y was kept as 1 numbers, not as 1 integers");
  TestFails(OttoKeepText(keep, "text", sizeof little, little), OTTO_ERR_INPUT,
            "text was kept as 4 letters");
  PetscCall(MakeVec(3, 0, &v));
  TestFails(OttoKeepVec(keep, "v", v), OTTO_ERR_INPUT, "v was kept as");
  PetscCall(VecDestroy(&v));
  PetscCall(OttoKeepSetDirection(keep, OTTO_KEEP_ADD));
  TestFails(OttoKeepReal(keep, "y", x), PETSC_ERR_PLIB, "y is kept twice");
  PetscFunctionReturn(0);
}

/* The same size in all, dealt otherwise. */
static PetscErrorCode TestLayout(void)
{
  PetscMPIInt rank, ranks;
  OttoKeep keep;
  Vec v, other;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  if (ranks == 1) PetscFunctionReturn(0);
  PetscCall(OttoKeepCreate(&keep));
  PetscCall(MakeVec(5, 1, &v));
  PetscCall(MakeVec(rank == 0 ? 6 : rank == 1 ? 4 : 5, 1, &other));
  PetscCall(OttoKeepVec(keep, "v", v));
  PetscCall(OttoKeepSetDirection(keep, OTTO_KEEP_TAKE));
  TestFails(OttoKeepVec(keep, "v", other), OTTO_ERR_INPUT, "its cells were dealt to other ranks");
  PetscCall(VecDestroy(&v));
  PetscCall(VecDestroy(&other));
  PetscCall(OttoKeepDestroy(&keep));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestBack(void)
{
  State a = {{1, NAN, -INFINITY}, 5e-324, -7, {1LL << 40, -3}, PETSC_TRUE, "four", NULL, NULL};
  State b = {.y = 1};
  PetscInt reals = 0, vecs = 0;
  PetscBool same = PETSC_FALSE;
  OttoKeepEntry e;
  OttoKeep keep;

  PetscFunctionBegin;
  PetscCall(MakeVec(5, 0.1, &a.v));
  PetscCall(MakeVec(5, 0, &b.v));
  PetscCall(PetscStrallocpy("a,b\n1,2\n", &a.contents));
  PetscCall(OttoKeepCreate(&keep));
  PetscCall(Pass(keep, &a));
  a.x[0] = 2; /* a copy was kept */
  PetscCall(VecScale(a.v, 2));
  PetscCall(OttoKeepSetDirection(keep, OTTO_KEEP_TAKE));
  PetscCall(Pass(keep, &b));
  TestTrue(b.x[0] == 1 && isnan(b.x[1]) && b.x[2] == -INFINITY && b.y == 5e-324, "numbers");
  TestTrue(b.n == -7 && b.wide[0] == 1LL << 40 && b.wide[1] == -3 && b.yes, "integers");
  TestTrue(!strcmp(b.text, "four") && b.contents && !strcmp(b.contents, "a,b\n1,2\n"), "texts");
  PetscCall(VecScale(a.v, 0.5));
  PetscCall(VecEqual(a.v, b.v, &same));
  TestTrue(same, "a vector");
  for (PetscInt i = 0; i < OttoKeepGetCount(keep); i++) {
    PetscCall(OttoKeepGetEntry(keep, i, &e));
    reals += e.reals ? (PetscInt)e.count : 0;
    vecs += e.vec ? (PetscInt)e.count : 0;
    if (!strcmp(e.name, "part/1/deep/wide")) TestTrue(e.ints && e.ints[1] == -3, "by its name");
  }
  PetscInt size;
  PetscCall(VecGetSize(a.v, &size));
  TestTrue(reals == 7 && vecs == size && OttoKeepGetCount(keep) == 11, "a walk meets all of it");
  PetscCall(TestRefusals(keep));
  PetscCall(OttoKeepDestroy(&keep));
  PetscCall(VecDestroy(&a.v));
  PetscCall(VecDestroy(&b.v));
  PetscCall(PetscFree(a.contents));
  PetscCall(PetscFree(b.contents));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestBack, TestLayout});
}
