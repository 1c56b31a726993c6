#include "affine.h"

#define AXES 3

/* A symmetric matrix of the axes. */
typedef struct {
  PetscReal at[AXES][AXES];
} Matrix;

/* Means and covariances, from the box's lower corner on. */
typedef struct {
  PetscReal mean[AXES];
  Matrix covariance;
} Moments;

static Matrix Product(const Matrix *a, const Matrix *b)
{
  Matrix c = {{{0}}};

  for (int i = 0; i < AXES; i++)
    for (int j = 0; j < AXES; j++)
      for (int k = 0; k < AXES; k++) c.at[i][j] += a->at[i][k] * b->at[k][j];
  return c;
}

/* Turns rows and columns i and j of `a` so that a_ij becomes 0, and the columns of `v` with them.
 */
static void Rotate(Matrix *a, Matrix *v, int i, int j)
{
  const PetscReal off = a->at[i][j];

  if (off == 0) return;
  const PetscReal theta = (a->at[j][j] - a->at[i][i]) / (2 * off);
  const PetscReal t =
      (theta < 0 ? -1 : 1) / (PetscAbsReal(theta) + PetscSqrtReal(theta * theta + 1));
  const PetscReal c = 1 / PetscSqrtReal(t * t + 1), s = t * c;
  for (int k = 0; k < AXES; k++) {
    const PetscReal x = a->at[k][i], y = a->at[k][j];
    a->at[k][i] = c * x - s * y;
    a->at[k][j] = s * x + c * y;
  }
  for (int k = 0; k < AXES; k++) {
    const PetscReal x = a->at[i][k], y = a->at[j][k];
    a->at[i][k] = c * x - s * y;
    a->at[j][k] = s * x + c * y;
  }
  for (int k = 0; k < AXES; k++) {
    const PetscReal x = v->at[k][i], y = v->at[k][j];
    v->at[k][i] = c * x - s * y;
    v->at[k][j] = s * x + c * y;
  }
}

/* f(a) of a symmetric matrix by Jacobi's rotations: its square root, or the inverse of that. */
static Matrix Root(Matrix a, PetscBool inverse)
{
  Matrix v = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}}, r = {{{0}}};

  for (int sweep = 0; sweep < 12; sweep++) { /* they converge quadratically */
    Rotate(&a, &v, 0, 1);
    Rotate(&a, &v, 0, 2);
    Rotate(&a, &v, 1, 2);
  }
  for (int k = 0; k < AXES; k++) {
    const PetscReal root = PetscSqrtReal(PetscMax(a.at[k][k], 0));
    for (int i = 0; i < AXES; i++)
      for (int j = 0; j < AXES; j++)
        r.at[i][j] += v.at[i][k] * v.at[j][k] * (inverse ? 1 / root : root);
  }
  return r;
}

/* Where cell c stands, from the lower corner on; 0 on periodic axes. */
static void Place(const OttoGridInfo *g, PetscInt64 c, PetscReal x[AXES])
{
  PetscInt64 idx[OTTO_MAX_DIM];

  OttoGridCellIndex(g, c, idx);
  for (PetscInt j = 0; j < AXES; j++) {
    const PetscBool free = j < g->dim && g->boundary[j] != OTTO_BOUNDARY_PERIODIC;
    x[j] = free ? ((PetscReal)idx[j] + 0.5) * g->h[j] : 0;
  }
}

static PetscErrorCode Measure(const OttoGridInfo *g, const PetscReal p[], Moments *m)
{
  OttoSum mean[AXES] = {{0, 0}}, second[AXES * AXES] = {{0, 0}};
  PetscReal x[AXES];

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (!(p[c] > 0)) continue;
    Place(g, c, x);
    for (int j = 0; j < AXES; j++) OttoSumAdd(&mean[j], p[c] * x[j]);
  }
  PetscCall(OttoSumReduce(g->comm, AXES, mean));
  for (int j = 0; j < AXES; j++) m->mean[j] = OttoSumValue(mean[j]) * g->cell_volume;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (!(p[c] > 0)) continue;
    Place(g, c, x);
    for (int i = 0; i < AXES; i++)
      for (int j = 0; j <= i; j++)
        OttoSumAdd(&second[i * AXES + j], p[c] * (x[i] - m->mean[i]) * (x[j] - m->mean[j]));
  }
  PetscCall(OttoSumReduce(g->comm, AXES * AXES, second));
  for (int i = 0; i < AXES; i++)
    for (int j = 0; j <= i; j++)
      m->covariance.at[i][j] = m->covariance.at[j][i] =
          OttoSumValue(second[i * AXES + j]) * g->cell_volume;
  for (PetscInt j = 0; j < AXES; j++) /* of axes without any: a 1 that stays alone */
    m->covariance.at[j][j] += j < g->dim ? g->h[j] * g->h[j] / 12 : g->h[0] * g->h[0];
  PetscFunctionReturn(0);
}

PetscErrorCode OttoAffinePotential(OttoGrid grid, const PetscReal p[], const PetscReal q[],
                                   PetscReal phi[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Moments of_p, of_q;
  PetscReal x[AXES];

  PetscFunctionBegin;
  PetscCall(Measure(g, p, &of_p));
  PetscCall(Measure(g, q, &of_q));
  const Matrix root = Root(of_p.covariance, PETSC_FALSE), back = Root(of_p.covariance, PETSC_TRUE);
  Matrix a = Product(&of_q.covariance, &root);
  a = Root(Product(&root, &a), PETSC_FALSE);
  a = Product(&a, &back);
  a = Product(&back, &a);
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal value = 0;
    Place(g, c, x);
    for (int j = 0; j < AXES; j++) x[j] -= of_p.mean[j];
    for (int i = 0; i < AXES; i++) {
      value += 0.5 * x[i] * x[i] + (of_p.mean[i] - of_q.mean[i]) * x[i];
      for (int j = 0; j < AXES; j++) value -= 0.5 * x[i] * a.at[i][j] * x[j];
    }
    phi[c] = value;
  }
  PetscFunctionReturn(0);
}
