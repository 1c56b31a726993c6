/* ranks: 1 2
 * Every dynamical system keeps the contract: derivatives are those of what it does to points,
 * inverses undo, determinants are the logarithms that are given; velocities are periodic with the
 * box, and divergence-free where that is said. */
#define _GNU_SOURCE
#include "density_setup.h"
#include "systems.h"

#define WIDTH 1e-3 /* of a side: the step of differences */

/* What a system does to points: velocities at t, or one iterate. */
typedef struct {
  OttoDynamics d;
  PetscReal t;
  int steps; /* of a map */
} Act;

static PetscErrorCode Do(const Act *a, const Cloud *x, Cloud *y, Cloud *derivative)
{
  PetscReal *const *D = derivative ? derivative->of : NULL, until;

  PetscFunctionBegin;
  if (derivative) CloudBegin(derivative);
  CloudCopy(x, y);
  PetscCall(OttoDynamicsPrepare(a->d, a->t, a->t, &until));
  if (OttoDynamicsIsMap(a->d))
    PetscCall(OttoDynamicsIterate(a->d, a->steps, SYSTEM_POINTS, y->of, D, NULL));
  else
    PetscCall(
        OttoDynamicsVelocity(a->d, a->t, SYSTEM_POINTS, (const PetscReal *const *)x->of, y->of, D));
  PetscFunctionReturn(0);
}

/* Differences of order 8 along axis j, for all points: D[i·dim + j]. Images that came back into the
 * box differ by less than half a side. */
static PetscErrorCode Differences(const System *s, const Act *a, const Cloud *x, PetscInt j,
                                  Cloud *D)
{
  static const PetscReal weight[] = {4. / 5, -1. / 5, 4. / 105, -1. / 280};
  const PetscReal h = WIDTH * (s->upper[j] - s->lower[j]);
  static Cloud moved, up, down;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->dim; i++)
    PetscCall(PetscArrayzero(D->at[i * s->dim + j], SYSTEM_POINTS));
  for (int m = 1; m <= 4; m++) {
    CloudCopy(x, &moved);
    for (PetscInt k = 0; k < SYSTEM_POINTS; k++) moved.at[j][k] = x->at[j][k] + m * h;
    PetscCall(Do(a, &moved, &up, NULL));
    for (PetscInt k = 0; k < SYSTEM_POINTS; k++) moved.at[j][k] = x->at[j][k] - m * h;
    PetscCall(Do(a, &moved, &down, NULL));
    for (PetscInt i = 0; i < s->dim; i++)
      for (PetscInt k = 0; k < SYSTEM_POINTS; k++) {
        const PetscReal side = s->upper[i] - s->lower[i];
        PetscReal off = up.at[i][k] - down.at[i][k];
        if (OttoDynamicsIsMap(a->d) && s->boundary[i] == 'p') off -= side * round(off / side);
        D->at[i * s->dim + j][k] += weight[m - 1] * off / h;
      }
  }
  PetscFunctionReturn(0);
}

/* The derivative that is given against differences. Eighth order over steps of 1e-3 of a side
 * leaves some (2 pi 1e-3)^8 of waves of the side's length, below rounding, which is 1e-16/1e-3 of a
 * value in sides: 1e-11 of the largest entry. Differences of formulas, whose own error is some
 * 1e-12, meet values that are larger (exp, squares): the same holds. */
static PetscErrorCode CheckDerivative(const System *s, const Act *a, const Cloud *x)
{
  static Cloud y, again, given, by_differences;
  PetscReal worst = 0, most = 0;
  PetscReal change = 0, size = 0;

  PetscFunctionBegin;
  PetscCall(Do(a, x, &y, &given));
  PetscCall(Do(a, x, &again, NULL));
  CloudBegin(&by_differences);
  for (PetscInt j = 0; j < s->dim; j++) {
    PetscCall(Differences(s, a, x, j, &by_differences));
    for (PetscInt k = 0; k < SYSTEM_POINTS; k++) {
      change = PetscMax(change, fabs(y.at[j][k] - again.at[j][k]));
      size = PetscMax(size, fabs(y.at[j][k]));
    }
  }
  for (PetscInt i = 0; i < s->dim * s->dim; i++)
    for (PetscInt k = 0; k < SYSTEM_POINTS; k++) {
      if (NearTear(s, x, k, 5 * WIDTH)) continue;
      const PetscReal off = fabs(given.at[i][k] - by_differences.at[i][k]);
      if (!(off <= worst)) worst = off;
      most = PetscMax(most, fabs(given.at[i][k]));
    }
  /* fused multiplications may differ: a few roundings */
  TestClose(change / size, 0, 1e-15, "values with derivatives are those without");
  if (!(worst <= 1e-11 * most)) fprintf(stderr, "%s, %d axes:\n", s->type, (int)s->dim);
  TestClose(worst / most, 0, 1e-11, "the derivative against differences");
  PetscFunctionReturn(0);
}

/* ---- flows ---- */

/* Velocities a few sides further on periodic axes, right to the rounding of the point, some 1e-15
 * of a side times the gradient. */
static PetscErrorCode CheckPeriodic(const System *s, const Act *a, const Cloud *x)
{
  static Cloud moved, v, w;
  PetscReal worst = 0, most = 0;

  PetscFunctionBegin;
  CloudCopy(x, &moved);
  for (PetscInt j = 0; j < s->dim; j++)
    for (PetscInt k = 0; s->boundary[j] == 'p' && k < SYSTEM_POINTS; k++)
      moved.at[j][k] += (s->upper[j] - s->lower[j]) * (PetscReal)(k % 5 - 2);
  PetscCall(Do(a, x, &v, NULL));
  PetscCall(Do(a, &moved, &w, NULL));
  for (PetscInt i = 0; i < s->dim; i++)
    for (PetscInt k = 0; k < SYSTEM_POINTS; k++) {
      const PetscReal off = fabs(v.at[i][k] - w.at[i][k]);
      if (!(off <= worst)) worst = off;
      most = PetscMax(most, fabs(v.at[i][k]));
    }
  TestClose(worst / most, 0, 2e-14, "periodic with the box");
  PetscFunctionReturn(0);
}

/* The divergence, against what is said of it: the sum of a few numbers that cancel, to 1e-14 of
 * them (1e-11 where they are differences). */
static PetscErrorCode CheckDivergence(const System *s, const Act *a, const Cloud *x)
{
  static Cloud v, D;
  PetscReal worst = 0, most = 0, error;

  PetscFunctionBegin;
  PetscCall(Do(a, x, &v, &D));
  PetscCall(OttoDynamicsDerivativeError(a->d, &error));
  TestTrue(error >= 0 && error < 1e-10, "differences say what they err by");
  for (PetscInt k = 0; k < SYSTEM_POINTS; k++) {
    PetscReal trace = 0;
    for (PetscInt i = 0; i < s->dim; i++) {
      trace += D.at[i * s->dim + i][k];
      for (PetscInt j = 0; j < s->dim; j++) most = PetscMax(most, fabs(D.at[i * s->dim + j][k]));
    }
    worst = PetscMax(worst, fabs(trace));
  }
  if (OttoDynamicsKeepsVolume(a->d)) TestClose(worst / most, 0, 1e-14, "no divergence");
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckTime(const System *s, OttoDynamics d, const Cloud *x)
{
  static Cloud v, w;
  PetscReal most = 0;

  PetscFunctionBegin;
  PetscCall(Do(&(Act){d, 0.2, 1}, x, &v, NULL));
  PetscCall(Do(&(Act){d, 0.9, 1}, x, &w, NULL));
  for (PetscInt i = 0; i < s->dim; i++)
    for (PetscInt k = 0; k < SYSTEM_POINTS; k++)
      most = PetscMax(most, fabs(v.at[i][k] - w.at[i][k]));
  TestTrue((most == 0) == OttoDynamicsIsAutonomous(d), "whether it depends on time");
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckFlow(const System *s, OttoDynamics d, const Cloud *x)
{
  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) {
    const Act a = {d, 1.3 * i + OttoDynamicsGetStart(d), 1};
    PetscCall(CheckDerivative(s, &a, x));
    PetscCall(CheckPeriodic(s, &a, x));
    PetscCall(CheckDivergence(s, &a, x));
  }
  PetscCall(CheckTime(s, d, x));
  TestTrue(OttoDynamicsIsInvertible(d), "flows can be gone backwards");
  PetscFunctionReturn(0);
}

/* ---- maps ---- */

/* How far apart points are, in sides, the shorter way round. */
static PetscReal Distance(const System *s, const Cloud *x, const Cloud *y)
{
  PetscReal worst = 0;

  for (PetscInt j = 0; j < s->dim; j++)
    for (PetscInt k = 0; k < SYSTEM_POINTS; k++) {
      PetscReal off = (x->at[j][k] - y->at[j][k]) / (s->upper[j] - s->lower[j]);
      if (s->boundary[j] == 'p') off -= round(off);
      if (!(fabs(off) <= worst)) worst = fabs(off);
    }
  return worst;
}

/* Points of periodic axes are in the box, and log |det| is that of the derivative: 1e-13 of a
 * logarithm of products of a few numbers; 1e-10 of derivatives that are inverted differences. */
static PetscErrorCode CheckImage(const System *s, const Act *a, const Cloud *x, Cloud *y, Cloud *D)
{
  static PetscReal logs[SYSTEM_POINTS];
  PetscReal worst = 0, most = 0;
  PetscBool inside = PETSC_TRUE;

  PetscFunctionBegin;
  CloudCopy(x, y);
  CloudBegin(D);
  PetscCall(OttoDynamicsIterate(a->d, a->steps, SYSTEM_POINTS, y->of, D->of, logs));
  for (PetscInt k = 0; k < SYSTEM_POINTS; k++) {
    const PetscReal off = fabs(logs[k] - (double)logl(fabsl(DeterminantOf(s->dim, D, k))));
    if (!(off <= worst)) worst = off;
    most = PetscMax(most, fabs(logs[k]));
    for (PetscInt j = 0; j < s->dim; j++)
      if (s->boundary[j] == 'p' && !(y->at[j][k] >= s->lower[j] && y->at[j][k] < s->upper[j]))
        inside = PETSC_FALSE;
  }
  TestTrue(inside, "points of periodic axes come back into the box");
  TestClose(worst, 0, 1e-13, "log |det| of the derivative");
  TestTrue(!OttoDynamicsKeepsVolume(a->d) || most == 0, "volume is kept");
  PetscFunctionReturn(0);
}

/* There and back: points, and derivatives whose product is 1, to the rounding of a few products of
 * numbers up to 10. Forwards from points of the box; backwards from where they came to, and from
 * points of the box. */
static PetscErrorCode CheckBack(const System *s, OttoDynamics d, const Cloud *x)
{
  static Cloud y, z, D, E;
  PetscReal worst = 0;

  PetscFunctionBegin;
  PetscCall(CheckImage(s, &(Act){d, 0, 1}, x, &y, &D));
  if (!OttoDynamicsIsInvertible(d)) PetscFunctionReturn(0);
  PetscCall(CheckImage(s, &(Act){d, 0, -1}, &y, &z, &E));
  TestClose(Distance(s, x, &z), 0, 1e-14, "back again");
  for (PetscInt k = 0; k < SYSTEM_POINTS; k++)
    for (PetscInt i = 0; i < s->dim; i++)
      for (PetscInt j = 0; j < s->dim; j++) {
        PetscReal sum = i == j ? -1 : 0;
        for (PetscInt m = 0; m < s->dim; m++)
          sum += E.at[i * s->dim + m][k] * D.at[m * s->dim + j][k];
        if (!(fabs(sum) <= worst)) worst = fabs(sum);
      }
  TestClose(worst, 0, 1e-10, "the derivative of the inverse is the inverse of the derivative");
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckMap(const System *s, OttoDynamics d, const Cloud *x)
{
  static Cloud y, z;
  Act a = {d, 0, 1};

  PetscFunctionBegin;
  PetscCall(CheckDerivative(s, &a, x));
  PetscCall(CheckBack(s, d, x));
  TestTrue(OttoDynamicsIsAutonomous(d) && OttoDynamicsGetStart(d) == 0, "maps know no time");
  TestTrue((OttoDynamicsGetSingularity(d) != NULL) == (s->tears > 0), "whether it tears");
  /* one point at a time, in the last of several batches */
  PetscCall(Do(&a, x, &y, NULL));
  CloudCopy(x, &z);
  for (PetscInt k = SYSTEM_POINTS - 3; k < SYSTEM_POINTS; k++) {
    PetscReal *one[3];
    for (PetscInt j = 0; j < s->dim; j++) one[j] = &z.at[j][k];
    PetscCall(OttoDynamicsIterate(d, 1, 1, one, NULL, NULL));
    for (PetscInt j = 0; j < s->dim; j++)
      TestTrue(z.at[j][k] == y.at[j][k], "a point is carried as it is alone");
  }
  if (!OttoDynamicsIsInvertible(d))
    TestFails(OttoDynamicsIterate(d, -1, 1, z.of, NULL, NULL), OTTO_ERR_INPUT,
              "dynamics_inverse: missing");
  PetscFunctionReturn(0);
}

/* ---- the contract ---- */

/* One that takes over what another has found out says what it did: the errors of derivatives at
 * points that it has not seen itself. */
static PetscErrorCode CheckKept(OttoDynamics d)
{
  PetscReal error[2], rate[2];
  OttoDynamics other;
  OttoKeep keep;

  PetscFunctionBegin;
  PetscCall(OttoDynamicsDerivativeError(d, &error[0]));
  PetscCall(OttoDynamicsLogJacobianError(d, -3, &rate[0]));
  PetscCall(OttoKeepCreate(&keep));
  PetscCall(OttoDynamicsKeep(d, keep));
  PetscCall(OttoKeepSetDirection(keep, OTTO_KEEP_TAKE));
  PetscCall(OttoDynamicsCreate(OttoDynamicsGetGrid(d), &other));
  PetscCall(OttoDynamicsKeep(other, keep));
  PetscCall(OttoDynamicsDerivativeError(other, &error[1]));
  PetscCall(OttoDynamicsLogJacobianError(other, -3, &rate[1]));
  TestTrue(error[0] == error[1] && rate[0] == rate[1], "what derivatives err by is kept");
  PetscCall(OttoDynamicsDestroy(&other));
  PetscCall(OttoKeepDestroy(&keep));
  PetscFunctionReturn(0);
}

static PetscErrorCode Check(const System *s)
{
  static Cloud x;
  PetscBool lost[SYSTEM_POINTS] = {PETSC_FALSE};
  OttoGrid grid;
  OttoDynamics d;

  PetscFunctionBegin;
  PetscCall(MakeSystem(s, &grid, &d));
  FillPoints(s, &x);
  TestTrue(!strcmp(OttoDynamicsGetType(d), s->type) && OttoDynamicsGetGrid(d) == grid, s->type);
  TestTrue(OttoDynamicsBytes(d) >= sizeof(PetscReal), "bytes");
  PetscCall(OttoDynamicsIsLost(d, SYSTEM_POINTS, (const PetscReal *const *)x.of, lost));
  for (PetscInt k = 0; k < SYSTEM_POINTS; k++) TestTrue(!lost[k], "a point of the box is there");
  if (OttoDynamicsIsMap(d))
    PetscCall(CheckMap(s, d, &x));
  else
    PetscCall(CheckFlow(s, d, &x));
  PetscCall(CheckKept(d));
  PetscCall(OttoDynamicsDestroy(&d));
  PetscCall(OttoDynamicsDestroy(&d)); /* none: fine */
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* Velocities of 6 x 6 cells at 5 times from 0 to 2. Cubic splines are polynomials between centres
 * of cells, so differences of order 8 are exact there. */
#define FILE_TIMES 5
#define FILE_SIDE 6

static void WriteVelocities(void)
{
  static double u[FILE_TIMES][FILE_SIDE][FILE_SIDE], v[FILE_TIMES][FILE_SIDE][FILE_SIDE],
      t[FILE_TIMES];
  const hsize_t n[] = {FILE_TIMES, FILE_SIDE, FILE_SIDE};
  hid_t file = H5Fcreate(field_path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);

  for (int k = 0; k < FILE_TIMES; k++) {
    t[k] = 2. * k / (FILE_TIMES - 1);
    for (int c = 0; c < FILE_SIDE * FILE_SIDE; c++) {
      u[k][c / FILE_SIDE][c % FILE_SIDE] = Hash(c, 0.4) + t[k] * Hash(c, 0.6);
      v[k][c / FILE_SIDE][c % FILE_SIDE] = Hash(c, 0.8) - t[k];
    }
  }
  WriteNumbers(file, "u", 3, n, &u[0][0][0]);
  WriteNumbers(file, "v", 3, n, &v[0][0][0]);
  WriteNumbers(file, "time", 1, n, t);
  H5Fclose(file);
}

static PetscErrorCode TestContract(void)
{
  const System of_file = {"file",       2,
                          {-1, 0},      {1, 1},
                          "pp",         {"-dynamics_path", field_path, "-dynamics_dataset", "u,v"},
                          2 * FILE_SIDE};
  PetscBool seen[OTTO_FAMILY_MAX] = {PETSC_FALSE};

  PetscFunctionBegin;
  if (Rank() == 0) WriteVelocities();
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  for (int c = 0; c <= SYSTEM_COUNT; c++) {
    const System *s = c < SYSTEM_COUNT ? &systems[c] : &of_file;
    PetscInt index = -1;
    PetscCall(OttoFamilyFind(&OttoDynamicsFamily, s->type, &index));
    seen[index] = PETSC_TRUE;
    PetscCall(Check(s));
  }
  for (PetscInt i = 0; i < OttoDynamicsFamily.count; i++)
    TestTrue(seen[i], OttoDynamicsFamily.members[i].name);
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestInputs, TestContract, TestRemove});
}
