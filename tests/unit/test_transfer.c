/* ranks: 1 2 3 4
 * Transfers to coarser grids: means of constants, of linear functions and of anything keep their
 * integral; coarse grids on fewer ranks than the fine one; means of exponentials. */
#include "fixture.h"
#include "grid/planes.h"
#include <otto/transfer.h>

typedef struct {
  OttoGrid fine, coarse;
  const OttoGridInfo *g, *c; /* c NULL on ranks without */
  OttoTransfer transfer;
  Vec u, v;
} Pair;

static PetscErrorCode Make(PetscInt dim, const PetscInt64 n[], const PetscInt64 N[], Pair *s)
{
  const PetscReal lower[3] = {-1, 0.5, 3}, upper[3] = {2, 0.75, 10};
  const OttoBoundary boundary[3] = {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_PERIODIC,
                                    OTTO_BOUNDARY_NO_FLUX};

  PetscFunctionBegin;
  PetscCall(MakeBox(dim, n, lower, upper, boundary, &s->fine));
  s->g = OttoGridGetInfo(s->fine);
  PetscCall(OttoGridCoarsen(s->fine, N, &s->coarse));
  s->c = s->coarse ? OttoGridGetInfo(s->coarse) : NULL;
  PetscCall(OttoTransferCreate(s->fine, N, s->coarse, &s->transfer));
  PetscCall(OttoFieldCreate(s->fine, &s->u));
  s->v = NULL;
  if (s->coarse) PetscCall(OttoFieldCreate(s->coarse, &s->v));
  PetscFunctionReturn(0);
}

static PetscErrorCode Free(Pair *s)
{
  PetscFunctionBegin;
  PetscCall(VecDestroy(&s->u));
  PetscCall(VecDestroy(&s->v));
  PetscCall(OttoTransferDestroy(&s->transfer));
  PetscCall(OttoGridCoarseDestroy(&s->coarse));
  PetscCall(OttoGridDestroy(&s->fine));
  PetscFunctionReturn(0);
}

static double One(const double x[])
{
  (void)x;
  return 3.25;
}
static double Linear(const double x[])
{
  return 2 + 3 * x[0] - 5 * x[1] + 0.25 * x[2];
}
static double Rough(const double x[])
{
  return fmod(fabs(7919.3 * x[0] + 104729.7 * x[1] + 15485.9 * x[2]), 1);
}

/* Largest |v - f(centre)|; 0 on ranks without. */
static PetscErrorCode Off(Pair *s, Function f, PetscReal *off)
{
  const PetscScalar *a;

  PetscFunctionBegin;
  *off = 0;
  if (!s->v) PetscFunctionReturn(0);
  PetscCall(VecGetArrayRead(s->v, &a));
  for (PetscInt64 k = 0; k < s->c->local_cells; k++) {
    PetscReal x[OTTO_MAX_DIM] = {0};
    OttoGridCellCentre(s->c, k, x);
    *off = PetscMax(*off, fabs(a[k] - f(x)));
  }
  PetscCall(VecRestoreArrayRead(s->v, &a));
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckMeans(PetscInt dim, const PetscInt64 n[], const PetscInt64 N[],
                                 PetscBool divides)
{
  PetscReal off = 0, before = 0, after = 0;
  Pair s;

  PetscFunctionBegin;
  PetscCall(Make(dim, n, N, &s));
  PetscCall(FillFunction(s.fine, One, s.u));
  PetscCall(OttoTransferMean(s.transfer, s.u, s.v));
  PetscCall(Off(&s, One, &off));
  TestTrue(off < 1e-14, "a constant stays");
  PetscCall(FillFunction(s.fine, Linear, s.u));
  PetscCall(OttoTransferMean(s.transfer, s.u, s.v));
  PetscCall(Off(&s, Linear, &off));
  /* cells that do not fit are constant in each part: linear functions to a fine cell's step */
  TestTrue(off < (divides ? 1e-13 : 3 * s.g->h[0] + 5 * s.g->h[1] + 0.25 * s.g->h[2]),
           "a linear function");
  for (int k = 0; k < 2; k++) {
    PetscCall(FillFunction(s.fine, k ? Rough : Linear, s.u));
    PetscCall(OttoTransferMean(s.transfer, s.u, s.v));
    PetscCall(OttoFieldIntegral(s.fine, s.u, &before));
    if (s.v) PetscCall(OttoFieldIntegral(s.coarse, s.v, &after));
    if (s.v) TestClose(after, before, 1e-14, "the integral is kept");
  }
  PetscCall(Free(&s));
  PetscFunctionReturn(0);
}

#define SIZES(...) ((const PetscInt64[]){__VA_ARGS__})
static PetscErrorCode TestMeans(void)
{
  PetscFunctionBegin;
  PetscCall(CheckMeans(1, SIZES(16), SIZES(8), PETSC_TRUE));
  PetscCall(CheckMeans(1, SIZES(17), SIZES(8), PETSC_FALSE));
  PetscCall(CheckMeans(1, SIZES(8), SIZES(2), PETSC_TRUE)); /* fewer planes than ranks */
  PetscCall(CheckMeans(1, SIZES(11), SIZES(11), PETSC_TRUE));
  PetscCall(CheckMeans(1, SIZES(11), SIZES(1), PETSC_TRUE));
  PetscCall(CheckMeans(1, SIZES(13), SIZES(9), PETSC_FALSE));
  PetscCall(CheckMeans(2, SIZES(12, 10), SIZES(6, 5), PETSC_TRUE));
  PetscCall(CheckMeans(2, SIZES(9, 7), SIZES(4, 3), PETSC_FALSE));
  PetscCall(CheckMeans(2, SIZES(8, 1), SIZES(4, 1), PETSC_TRUE));
  PetscCall(CheckMeans(3, SIZES(8, 6, 10), SIZES(4, 3, 5), PETSC_TRUE));
  PetscCall(CheckMeans(3, SIZES(9, 8, 11), SIZES(2, 4, 5), PETSC_FALSE));
  PetscFunctionReturn(0);
}

typedef PetscErrorCode (*Apply)(OttoTransfer transfer, Vec u, Vec v);

/* n values on a line to N by hand. */
static PetscErrorCode CheckLine(Apply apply, PetscInt64 n, const double u[], PetscInt64 N,
                                const double expected[], PetscReal tolerance, const char *what)
{
  PetscScalar *a;
  const PetscScalar *b;
  Pair s;

  PetscFunctionBegin;
  PetscCall(Make(1, &n, &N, &s));
  PetscCall(VecGetArray(s.u, &a));
  for (PetscInt64 c = 0; c < s.g->local_cells; c++) a[c] = u[OttoGridPlanes(s.g).start + c];
  PetscCall(VecRestoreArray(s.u, &a));
  PetscCall(apply(s.transfer, s.u, s.v));
  if (s.v) {
    PetscCall(VecGetArrayRead(s.v, &b));
    for (PetscInt64 k = 0; k < s.c->local_cells; k++)
      TestClose(b[k], expected[s.c->first[0] + k], tolerance, what);
    PetscCall(VecRestoreArrayRead(s.v, &b));
  }
  PetscCall(Free(&s));
  PetscFunctionReturn(0);
}

/* Means of an odd number of cells, 5 to 2, the middle one shared; and logarithms of means far below
 * the doubles, and with nothing in some cells. */
static PetscErrorCode TestLines(void)
{
  const double u[5] = {1, 20, 300, 4000, 50000};
  const double shares[2] = {(1 + 20 + 150) / 2.5, (150 + 4000 + 50000) / 2.5};
  const double logs[8] = {-2000, -2001, -INFINITY, -3, -INFINITY, -INFINITY, 5000, 4000};
  const double of_means[4] = {-2000 - M_LN2 + 0.31326168751822283405 /* log(1 + 1/e) */, -3 - M_LN2,
                              -INFINITY, 5000 - M_LN2};

  PetscFunctionBegin;
  PetscCall(CheckLine(OttoTransferMean, 5, u, 2, shares, 1e-15, "shares"));
  PetscCall(CheckLine(OttoTransferLogMeanExp, 8, logs, 4, of_means, 1e-14, "log of the mean"));
  PetscFunctionReturn(0);
}

/* Odd sizes in 3D: the exponential of it is the mean of the exponentials. */
static PetscErrorCode TestAgainstMean(void)
{
  const PetscScalar *l;
  PetscScalar *a;
  Vec logs = NULL;
  PetscReal off = 0;
  Pair s;

  PetscFunctionBegin;
  PetscCall(Make(3, SIZES(9, 8, 11), SIZES(4, 4, 5), &s));
  PetscCall(FillFunction(s.fine, Rough, s.u));
  if (s.v) PetscCall(VecDuplicate(s.v, &logs));
  PetscCall(OttoTransferLogMeanExp(s.transfer, s.u, logs));
  PetscCall(VecExp(s.u));
  PetscCall(OttoTransferMean(s.transfer, s.u, s.v));
  if (s.v) {
    PetscCall(VecGetArray(s.v, &a));
    PetscCall(VecGetArrayRead(logs, &l));
    for (PetscInt64 k = 0; k < s.c->local_cells; k++)
      off = PetscMax(off, fabs(exp(l[k]) / a[k] - 1));
    PetscCall(VecRestoreArrayRead(logs, &l));
    PetscCall(VecRestoreArray(s.v, &a));
    TestTrue(off < 1e-14, "exponentials of log means are means of exponentials");
  }
  PetscCall(VecDestroy(&logs));
  PetscCall(Free(&s));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestRefused(void)
{
  Pair s;
  OttoGrid none = NULL;

  PetscFunctionBegin;
  PetscCall(Make(1, SIZES(8), SIZES(4), &s));
  TestFails(OttoGridCoarsen(s.fine, SIZES(9), &none), OTTO_ERR_INPUT, "cannot be made coarser");
  TestFails(OttoGridCoarsen(s.fine, SIZES(0), &none), OTTO_ERR_INPUT, "cannot be made coarser");
  PetscCall(Free(&s));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestMeans, TestLines, TestAgainstMean, TestRefused});
}
