/* ranks: 1 2 3 4
 * Derivatives by differences on every mesh: polynomials of degree 10 exactly, trigonometric ones by
 * the stencil's own symbol, order 10 against smooth functions, NaN as far as stencils reach. */
#include "fixture.h"

/* Σ_k a_k t^k and its derivative, t = x - 0.3, of the first axes along `axis`, times 1 + y of the
 * next axis. */
static const PetscReal coefficient[11] = {2, -1, 3, .5, -2, 1, -.7, 1.5, -.3, .8, 1.2};

static PetscReal Polynomial(PetscInt64 cell, PetscInt dim, const PetscReal x[],
                            const PetscReal *context)
{
  const PetscInt axis = (PetscInt)context[0], order = (PetscInt)context[2];
  const PetscReal t = x[axis] - 0.3, side = 1 + x[(axis + 1) % dim];
  PetscReal sum = 0, power = 1;

  (void)cell;
  for (PetscInt k = 0; k <= order; k++) {
    if (context[1] == 0) sum += coefficient[k] * power;
    if (k > 0) power *= t;
    if (context[1] == 0 && k == 0) power = t;
    if (context[1] == 1 && k < order) sum += (k + 1) * coefficient[k + 1] * power;
  }
  return sum * (dim > 1 ? side : 1);
}

static PetscErrorCode Largest(OttoGrid grid, Vec a, Vec b, PetscReal *off)
{
  PetscFunctionBegin;
  (void)grid;
  PetscCall(VecAXPY(a, -1, b));
  PetscCall(VecNorm(a, NORM_INFINITY, off));
  PetscFunctionReturn(0);
}

/* All cells: the one-sided stencils are exact of degree 10 as well; short lines of degree n - 1. */
static PetscErrorCode CheckPolynomials(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);

  PetscFunctionBegin;
  for (PetscInt axis = 0; axis < g->dim; axis++) {
    PetscReal context[3] = {axis, 0, PetscMin(10, g->n[axis] - 1)}, off;
    Vec u, du, in_place;
    if (g->boundary[axis] == OTTO_BOUNDARY_PERIODIC) continue;
    PetscCall(Fill(grid, Polynomial, context, &u));
    PetscCall(VecDuplicate(u, &du));
    PetscCall(VecDuplicate(u, &in_place));
    PetscCall(VecCopy(u, in_place));
    PetscCall(OttoDifference(grid, u, axis, du));
    PetscCall(OttoDifference(grid, in_place, axis, in_place));
    PetscCall(Largest(grid, in_place, du, &off));
    TestClose(off, 0, 0, "in place");
    context[1] = 1;
    PetscCall(FillValues(grid, Polynomial, context, u));
    PetscCall(VecNorm(u, NORM_INFINITY, &context[0]));
    PetscCall(Largest(grid, du, u, &off));
    /* rounding of values times the weights' sum (below 3000/h at the ends), h >= 1/16 of |u'| */
    TestTrue(off <= 3000 * 16 * 2.2e-16 * context[0], "polynomials");
    PetscCall(VecDestroy(&u));
    PetscCall(VecDestroy(&du));
    PetscCall(VecDestroy(&in_place));
  }
  PetscFunctionReturn(0);
}

/* Of cos(kx) the stencil gives -sin(kx) s(k), s = 2 Σ_m c_m sin(m k h)/h, with the published
 * weights 5/6, -5/21, 5/84, -5/504, 1/1260 of 11 cells; of 5 cells 2/3, -1/12. */
static PetscReal Mode(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *c)
{
  (void)cell, (void)dim;
  return c[1] == 0 ? cos(c[2] * x[(int)c[0]] + 0.4) : -c[3] * sin(c[2] * x[(int)c[0]] + 0.4);
}

static PetscErrorCode CheckModes(OttoGrid grid)
{
  static const PetscReal c11[5] = {5. / 6, -5. / 21, 5. / 84, -5. / 504, 1. / 1260},
                         c5[5] = {2. / 3, -1. / 12, 0, 0, 0};
  const OttoGridInfo *g = OttoGridGetInfo(grid);

  PetscFunctionBegin;
  for (PetscInt axis = 0; axis < g->dim; axis++)
    for (PetscInt mode = 1; mode < 4; mode++) {
      const PetscReal k = 2 * PETSC_PI * mode / (g->upper[axis] - g->lower[axis]);
      const PetscReal *c = g->n[axis] >= 11 ? c11 : c5;
      PetscReal context[4] = {axis, 0, k, 0}, off;
      Vec u, du;
      if (g->boundary[axis] != OTTO_BOUNDARY_PERIODIC) continue;
      TestTrue(g->n[axis] >= 11 || g->n[axis] == 5 || g->n[axis] == 6, "sizes of this test");
      PetscCall(Fill(grid, Mode, context, &u));
      PetscCall(VecDuplicate(u, &du));
      PetscCall(OttoDifference(grid, u, axis, du));
      for (int m = 0; m < 5; m++)
        context[3] += 2 * c[m] * sin((m + 1) * k * g->h[axis]) / g->h[axis];
      context[1] = 1;
      PetscCall(FillValues(grid, Mode, context, u));
      PetscCall(Largest(grid, du, u, &off));
      /* rounding: weights sum to 2.4/h; values err by eps, arguments by eps of 20 */
      TestTrue(off <= 2.4 / g->h[axis] * 20 * 2.2e-16, "modes");
      PetscCall(VecDestroy(&u));
      PetscCall(VecDestroy(&du));
    }
  PetscFunctionReturn(0);
}

/* A NaN in one cell spoils those whose stencils hold it and no other. */
static PetscErrorCode CheckNaN(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);

  PetscFunctionBegin;
  for (int infinite = 0; infinite < 2; infinite++)
    for (PetscInt axis = 0; axis < g->dim; axis++) {
      const PetscInt64 at = g->n[axis] / 2;
      PetscInt64 idx[OTTO_MAX_DIM];
      PetscBool reached[64];
      PetscScalar *a;
      Vec u, du;

      PetscCall(OttoFieldCreate(grid, &u));
      PetscCall(VecDuplicate(u, &du));
      PetscCall(VecGetArray(u, &a));
      for (PetscInt64 c = 0; c < g->local_cells; c++) {
        OttoGridCellIndex(g, c, idx);
        a[c] = idx[axis] == at && idx[(axis + 1) % g->dim] % 2 == 0 ? infinite ? INFINITY : NAN : 1;
        if (g->dim == 1) a[c] = idx[0] == at ? NAN : 1;
      }
      PetscCall(VecRestoreArray(u, &a));
      PetscCall(OttoDifference(grid, u, axis, du));
      for (PetscInt64 i = 0; i < g->n[axis]; i++) {
        const PetscInt64 n = g->n[axis];
        if (g->boundary[axis] == OTTO_BOUNDARY_PERIODIC) {
          const PetscInt64 d = PetscMin((i - at + n) % n, (at - i + n) % n);
          reached[i] = d <= (PetscMin(11, n % 2 ? n : n - 1)) / 2 ? PETSC_TRUE : PETSC_FALSE;
        } else {
          const PetscInt64 w = PetscMin(11, n), first = PetscMax(0, PetscMin(i - w / 2, n - w));
          reached[i] = at >= first && at < first + w ? PETSC_TRUE : PETSC_FALSE;
        }
      }
      PetscCall(VecGetArray(du, &a));
      for (PetscInt64 c = 0; c < g->local_cells; c++) {
        OttoGridCellIndex(g, c, idx);
        const PetscBool spoilt = g->dim == 1 || idx[(axis + 1) % g->dim] % 2 == 0;
        if (spoilt && reached[idx[axis]])
          TestTrue(!isfinite(a[c]), "what a stencil holds that is not finite shows");
        else
          TestTrue(a[c] == 0, "and reaches no further; a constant has no slope");
      }
      PetscCall(VecRestoreArray(du, &a));
      PetscCall(VecDestroy(&u));
      PetscCall(VecDestroy(&du));
    }
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckGrid(OttoGrid grid)
{
  PetscFunctionBegin;
  PetscCall(CheckPolynomials(grid));
  PetscCall(CheckModes(grid));
  PetscCall(CheckNaN(grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestMeshes(void)
{
  static const PetscInt64 sizes[3][3] = {{15, 1, 1}, {13, 5, 1}, {6, 12, 4}};

  PetscFunctionBegin;
  for (PetscInt dim = 1; dim <= 3; dim++)
    for (int turn = 0; turn < 2; turn++) {
      OttoBoundary boundary[3];
      for (PetscInt j = 0; j < dim; j++)
        boundary[j] = (j + turn) % 2 || j == 2 ? OTTO_BOUNDARY_NO_FLUX : OTTO_BOUNDARY_PERIODIC;
      PetscCall(OnMeshes(dim, sizes[dim - 1], boundary, CheckGrid));
    }
  PetscFunctionReturn(0);
}

static PetscReal Smooth(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *c)
{
  const PetscReal e = exp(sin(2 * PETSC_PI * x[0]) + x[0] * c[1]);

  (void)cell, (void)dim;
  return c[0] == 0 ? e : (2 * PETSC_PI * cos(2 * PETSC_PI * x[0]) + c[1]) * e;
}

/* Errors on n and 2n cells fall by 2^10; leading terms only, hence the band. */
static PetscErrorCode TestOrder(void)
{
  PetscFunctionBegin;
  for (int closed = 0; closed < 2; closed++) {
    PetscReal off[2];
    for (int k = 0; k < 2; k++) {
      OttoGrid grid;
      Vec u, du;
      PetscCall(MakeUnit(1, 80 << k, closed ? OTTO_BOUNDARY_PERIODIC : OTTO_BOUNDARY_OPEN, &grid));
      PetscCall(Fill(grid, Smooth, (PetscReal[]){0, closed ? 0 : 1}, &u));
      PetscCall(VecDuplicate(u, &du));
      PetscCall(OttoDifference(grid, u, 0, du));
      PetscCall(FillValues(grid, Smooth, (PetscReal[]){1, closed ? 0 : 1}, u));
      PetscCall(Largest(grid, du, u, &off[k]));
      PetscCall(VecDestroy(&u));
      PetscCall(VecDestroy(&du));
      PetscCall(OttoGridDestroy(&grid));
    }
    const PetscReal order = log2(off[0] / off[1]);
    TestTrue(order > 9 && order < 11, "order 10");
    if (!(order > 9 && order < 11)) fprintf(stderr, "order %g: %g %g\n", order, off[0], off[1]);
  }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestMeshes, TestOrder});
}
