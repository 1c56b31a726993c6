/* ranks: 1 2 3; long: 2
 * Interactions: every member against sums over all pairs of cells in long double, on odd and prime
 * sizes, walls, tori and mixtures, on any mesh; means over the cell at r = 0 against closed forms;
 * the virial against the energy's derivative under dilation.
 */
#define _GNU_SOURCE
#include "density_setup.h"
#include "energy/interaction_impl.h"

typedef long double Real;

/* ---- closed forms ---- */

/* Of W as the tests have it: its value, and its mean over a cell h[dim] where that is known. */
typedef struct {
  const char *name; /* the member */
  Real (*value)(PetscInt dim, Real r);
  Real (*mean)(PetscInt dim, const PetscReal h[]);
} Form;

static Real Quadratic(PetscInt dim, Real r)
{
  (void)dim;
  return -1.5L * r * r / 2;
}

static Real QuadraticMean(PetscInt dim, const PetscReal h[])
{
  Real sum = 0;
  for (PetscInt j = 0; j < dim; j++) sum += (Real)h[j] * h[j] / 12;
  return -1.5L * sum / 2;
}

static Real Gaussian(PetscInt dim, Real r)
{
  (void)dim;
  return -0.7L * expl(-r * r / (2 * 0.3L * 0.3L));
}

static Real GaussianMean(PetscInt dim, const PetscReal h[])
{
  Real product = -0.7L;
  for (PetscInt j = 0; j < dim; j++)
    product *= sqrtl(2 * M_PIl) * 0.3L / h[j] * erfl(h[j] / (2 * sqrtl(2) * 0.3L));
  return product;
}

static Real Newtonian(PetscInt dim, Real r)
{
  return 2 * (dim == 1 ? r / 2 : dim == 2 ? logl(r) / (2 * M_PIl) : -1 / (4 * M_PIl * r));
}

/* Of log r over a rectangle, and of 1/r over a box (MacMillan 1930), from a corner, a[] its sides.
 */
static Real MeanLog(const Real a[])
{
  return logl(a[0] * a[0] + a[1] * a[1]) / 2 - 1.5L + a[0] / a[1] * atanl(a[1] / a[0]) / 2 +
         a[1] / a[0] * atanl(a[0] / a[1]) / 2;
}

static Real MeanInverse(const Real a[])
{
  const Real d = sqrtl(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]);
  Real sum = 0;

  for (int j = 0; j < 3; j++) {
    const Real x = a[j], y = a[(j + 1) % 3], z = a[(j + 2) % 3];
    sum += y * z * asinhl(x / sqrtl(y * y + z * z)) - x * x / 2 * atanl(y * z / (x * d));
  }
  return sum / (a[0] * a[1] * a[2]);
}

static Real NewtonianMean(PetscInt dim, const PetscReal h[])
{
  const Real a[3] = {h[0] / 2, dim > 1 ? h[1] / 2 : 1, dim > 2 ? h[2] / 2 : 1};

  if (dim == 1) return 2 * a[0] / 4;
  return 2 * (dim == 2 ? MeanLog(a) / (2 * M_PIl) : -MeanInverse(a) / (4 * M_PIl));
}

static Real Morse(PetscInt dim, Real r)
{
  (void)dim;
  return 1.2L * expl(-r / 0.2L) - 0.5L * expl(-r / 0.6L);
}

/* Of exp(−b r), a mixture of Gaussians: ∫ b/(2√π) t^{−3/2} exp(−b²/4t) exp(−t r²) dt. In log t the
 * rule of equal steps is exponentially accurate. */
static Real ExponentialMean(PetscInt dim, const PetscReal h[], Real b)
{
  const Real step = 1.L / 32;
  Real sum = 0;

  for (int i = -8 * 32; i < 64 * 32; i++) { /* in units of b² */
    const Real t = b * b * expl(i * step);
    Real product = b / (2 * sqrtl(M_PIl * t)) * expl(-b * b / (4 * t));
    for (PetscInt j = 0; j < dim; j++)
      product *= sqrtl(M_PIl / t) / h[j] * erfl(sqrtl(t) * h[j] / 2);
    sum += product * step;
  }
  return sum;
}

static Real MorseMean(PetscInt dim, const PetscReal h[])
{
  return 1.2L * ExponentialMean(dim, h, 1 / 0.2L) - 0.5L * ExponentialMean(dim, h, 1 / 0.6L);
}

static Real Inverse(PetscInt dim, Real r)
{
  return dim == 1 ? 1 / sqrtl(r) : dim == 2 ? logl(r) : 1 / r;
}

static Real InverseMean(PetscInt dim, const PetscReal h[])
{
  const Real a[3] = {h[0] / 2, dim > 1 ? h[1] / 2 : 1, dim > 2 ? h[2] / 2 : 1};

  return dim == 1 ? 2 / sqrtl(a[0]) : dim == 2 ? MeanLog(a) : MeanInverse(a);
}

static const Form forms[] = {{"quadratic", Quadratic, QuadraticMean},
                             {"gaussian", Gaussian, GaussianMean},
                             {"morse", Morse, MorseMean},
                             {"newtonian", Newtonian, NewtonianMean},
                             {"formula", Inverse, InverseMean}};

/* Options that member `name` accepts, those of the forms above; false for `none`. */
static PetscErrorCode SetInteraction(const char *name, PetscInt dim, const Form **form)
{
  static char *const inverse[] = {"", "r^(-0.5)", "ln(r)", "1/r"};

  PetscFunctionBegin;
  *form = NULL;
  for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
    if (!strcmp(forms[i].name, name)) *form = &forms[i];
  if (!strcmp(name, "none"))
    Set("-energy_interaction_type", "none");
  else if (!strcmp(name, "quadratic"))
    Set("-energy_interaction_type", "quadratic", "-energy_interaction_strength", "-1.5");
  else if (!strcmp(name, "gaussian"))
    Set("-energy_interaction_type", "gaussian", "-energy_interaction_strength", "-0.7",
        "-energy_interaction_length", "0.3");
  else if (!strcmp(name, "morse"))
    Set("-energy_interaction_type", "morse", "-energy_interaction_repulsion", "1.2",
        "-energy_interaction_repulsion_length", "0.2", "-energy_interaction_attraction", "0.5",
        "-energy_interaction_attraction_length", "0.6");
  else if (!strcmp(name, "newtonian"))
    Set("-energy_interaction_type", "newtonian", "-energy_interaction_strength", "2");
  else if (!strcmp(name, "formula"))
    Set("-energy_interaction_type", "formula", "-energy_interaction_formula", inverse[dim]);
  else
    TestTrue(0, "every member of the registry is in this test");
  PetscFunctionReturn(0);
}

/* ---- all pairs ---- */

static const char *member, *engine = "own"; /* what is tested on every mesh */

static PetscReal Density(const OttoGridInfo *g, const PetscInt64 at[])
{
  PetscInt64 cell = 0;

  for (PetscInt j = 0; j < g->dim; j++) cell = cell * g->n[j] + at[j];
  return Hash(cell, 3) * (cell % 3 ? 1 : 1e-3);
}

/* Σ_y W(x − y) ρ(y) · cell volume over all cells y. */
static Real Direct(const OttoGridInfo *g, const Form *form, Real mean, const PetscInt64 x[])
{
  Real sum = 0;

  for (PetscInt64 c = 0; c < g->cells; c++) {
    PetscInt64 y[OTTO_MAX_DIM] = {0}, rest = c;
    Real square = 0;
    for (PetscInt j = g->dim - 1; j >= 0; j--) {
      y[j] = rest % g->n[j];
      rest /= g->n[j];
      PetscInt64 away = x[j] > y[j] ? x[j] - y[j] : y[j] - x[j];
      if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC) away = PetscMin(away, g->n[j] - away);
      square += (Real)away * away * g->h[j] * g->h[j];
    }
    sum += Density(g, y) * (square > 0 ? form->value(g->dim, sqrtl(square)) : mean);
  }
  return sum * g->cell_volume;
}

static PetscErrorCode CheckDirect(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const Form *form;
  OttoInteraction w;
  PetscReal worst = 0, largest = 0;
  PetscScalar *r, *v;
  Vec rho, u;

  PetscFunctionBegin;
  PetscCall(SetInteraction(member, g->dim, &form));
  PetscCall(PetscOptionsSetValue(NULL, "-transform_engine", engine));
  PetscCall(OttoInteractionCreate(grid, &w));
  TestTrue(!w == !form, "there is an interaction, but for none");
  if (!w) PetscFunctionReturn(0);
  TestTrue(!strcmp(OttoInteractionGetType(w), member), "the registry's name");
  PetscCall(OttoFieldCreate(grid, &rho));
  PetscCall(OttoFieldCreate(grid, &u));
  PetscCall(VecGetArray(rho, &r));
  const Real mean = form->mean(g->dim, g->h);
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscInt64 at[OTTO_MAX_DIM];
    OttoGridCellIndex(g, c, at);
    r[c] = Density(g, at);
  }
  PetscCall(VecRestoreArray(rho, &r));
  PetscCall(VecSet(u, NAN)); /* what was there before does not matter */
  PetscCall(OttoInteractionApply(w, rho, u));
  PetscCall(VecGetArray(u, &v));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscInt64 at[OTTO_MAX_DIM];
    OttoGridCellIndex(g, c, at);
    const Real exact = Direct(g, form, mean, at);
    const PetscReal off = (PetscReal)fabsl(v[c] - exact);
    if (!(off <= worst)) worst = off;
    largest = PetscMax(largest, fabs((PetscReal)exact));
  }
  PetscCall(VecRestoreArray(u, &v));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPIU_REAL, MPIU_MAX, g->comm));
  /* transforms round to a few eps of their largest numbers, the sum's and W's */
  TestClose(worst, 0, 1e-13 * (1 + largest), member);
  PetscCall(OttoInteractionApply(w, rho, rho));
  PetscBool same, singular;
  PetscCall(OttoInteractionIsSingular(w, &singular));
  TestTrue(singular == !isfinite(form->value(g->dim, 0)), "whether it is infinite at 0");
  PetscCall(VecEqual(rho, u, &same));
  TestTrue(same, "in place");
  PetscCall(VecDestroy(&rho));
  PetscCall(VecDestroy(&u));
  PetscCall(OttoInteractionDestroy(&w));
  PetscFunctionReturn(0);
}

/* Free space, the torus, and mixtures of both. */
static PetscErrorCode TestDirect(void)
{
  static const PetscInt64 shapes[][3] = {{13}, {8}, {7, 11}, {9, 1}, {5, 6, 7}, {4, 3, 5}};
  static const PetscInt dims[] = {1, 1, 2, 2, 3, 3};
  const OttoBoundary wall = OTTO_BOUNDARY_NO_FLUX, torus = OTTO_BOUNDARY_PERIODIC;
  const OttoBoundary open = OTTO_BOUNDARY_OPEN;
  const OttoBoundary boundaries[][3] = {
      {wall, open, wall}, {torus, torus, torus}, {torus, wall, torus}};

  PetscFunctionBegin;
  for (int s = 0; s < 6; s++)
    for (int b = 0; b < 3; b++) {
#define OTTO_MEMBER(name, ...)                                                                     \
  member = #name;                                                                                  \
  if (b == 0 || strcmp(member, "newtonian"))                                                       \
    PetscCall(OnMeshes(dims[s], shapes[s], boundaries[b], CheckDirect));
#include "energy/interaction.def"
#undef OTTO_MEMBER
    }
  engine = "fftw_mpi"; /* whose blocks of padded planes are no rank's own */
  member = "gaussian";
  if (setenv("XDG_CACHE_HOME", "/proc/none", 1)) OttoFail(PETSC_ERR_SYS, "setenv");
  PetscCall(OnMeshes(dims[2], shapes[2], boundaries[0], CheckDirect));
  engine = "own";
  PetscFunctionReturn(0);
}

/* ---- the virial ---- */

/* Energy and virial of masses Density() in the cells of a box whose sides are 1, 2, … times
 * `scale`; of the virial nothing is asked where it is NULL. */
static PetscErrorCode Dilated(PetscInt dim, const PetscInt64 n[], const OttoBoundary boundary[],
                              PetscReal scale, PetscReal *energy, PetscReal *virial)
{
  PetscReal length[3];
  OttoInteraction w;
  PetscScalar *a, *b;
  OttoSum sum = {0, 0};
  const Form *form;
  OttoGrid grid;
  Vec rho, u;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < dim; j++) length[j] = scale * (1 + (PetscReal)j);
  PetscCall(MakeSides(dim, n, 0.3, length, boundary, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(SetInteraction(member, dim, &form));
  PetscCall(OttoInteractionCreate(grid, &w));
  PetscCall(OttoFieldCreate(grid, &rho));
  PetscCall(OttoFieldCreate(grid, &u));
  PetscCall(VecGetArray(rho, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscInt64 at[OTTO_MAX_DIM];
    OttoGridCellIndex(g, c, at);
    a[c] = Density(g, at) / ((PetscReal)g->cells * g->cell_volume);
  }
  PetscCall(VecRestoreArray(rho, &a));
  PetscCall(OttoInteractionApply(w, rho, u));
  PetscCall(VecGetArray(rho, &a));
  PetscCall(VecGetArray(u, &b));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    OttoSumAdd(&sum, 0.5 * a[c] * b[c] * g->cell_volume);
  PetscCall(VecRestoreArray(rho, &a));
  PetscCall(VecRestoreArray(u, &b));
  PetscCall(OttoSumReduce(g->comm, 1, &sum));
  *energy = OttoSumValue(sum);
  if (virial) {
    const size_t before = OttoInteractionBytes(w);
    PetscCall(OttoInteractionVirial(w, rho, virial));
    const size_t more = OttoInteractionBytes(w) - before;
    TestTrue(more == 0 || more == OttoSymbolBytes(w->W), "bytes of a second symbol, if any");
  }
  PetscCall(VecDestroy(&rho));
  PetscCall(VecDestroy(&u));
  PetscCall(OttoInteractionDestroy(&w));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* All distances times λ: d/dλ ½∬W(λr)ρρ at λ = 1 is half the virial; self-energies take part, as
 * cells grow. */
static PetscErrorCode CheckVirial(PetscInt dim, const PetscInt64 n[], const OttoBoundary boundary[])
{
  const PetscReal step = 1e-3;
  PetscReal E[4], energy, virial, slope;

  PetscFunctionBegin;
  PetscCall(Dilated(dim, n, boundary, 1, &energy, &virial));
  for (int k = 0; k < 4; k++)
    PetscCall(Dilated(dim, n, boundary, 1 + step * (k < 2 ? k - 2 : k - 1), &E[k], NULL));
  slope = (8 * (E[2] - E[1]) - (E[3] - E[0])) / (12 * step);
  /* step⁴/30 of a fifth derivative of order 10 or less, and an eps of E over the step */
  TestClose(virial + 1, 2 * slope + 1, 3e-11, member);
  PetscFunctionReturn(0);
}

static PetscErrorCode TestVirial(void)
{
  static const PetscInt64 shapes[][3] = {{13}, {7, 11}, {5, 6, 7}};
  const OttoBoundary wall = OTTO_BOUNDARY_NO_FLUX, torus = OTTO_BOUNDARY_PERIODIC;
  const OttoBoundary walls[] = {wall, wall, wall}, mixed[] = {torus, wall, torus};
  PetscReal energy, virial = 0;

  PetscFunctionBegin;
  for (PetscInt dim = 1; dim <= 3; dim++) {
#define OTTO_MEMBER(key, ...)                                                                      \
  member = #key;                                                                                   \
  if (strcmp(member, "none")) PetscCall(CheckVirial(dim, shapes[dim - 1], walls));                 \
  if (strcmp(member, "none") && strcmp(member, "newtonian"))                                       \
    PetscCall(CheckVirial(dim, shapes[dim - 1], mixed));
#include "energy/interaction.def"
#undef OTTO_MEMBER
  }
  member = "newtonian";
  PetscCall(Dilated(1, shapes[0], mixed, 1, &energy, &virial));
  TestTrue(isnan(virial), "a torus that is not dilated has no distances of Poisson's equation");
  PetscFunctionReturn(0);
}

/* ---- means over a cell ---- */

static PetscErrorCode Radial(void *context, PetscReal r, PetscReal *value)
{
  const PetscReal *p = context; /* r^p, or exp(−p r) where p[1] is 0 */

  *value = p[1] != 0 ? pow(r, p[0]) : exp(-r * p[0]);
  return 0;
}

/* Cells of sides as unlike as 1 : 20, functions narrower and wider than they are. */
static PetscErrorCode TestMeans(void)
{
  static const PetscReal sides[][3] = {
      {1, 1, 1}, {0.1, 0.1, 0.3}, {1, 0.05, 0.2}, {0.03, 0.5, 0.3}};
  PetscReal mean;
  PetscBool converged;

  PetscFunctionBegin;
  for (int s = 0; Rank() == 0 && s < 4; s++) { /* every rank alone would find the same */
    const PetscReal *h = sides[s];
    PetscReal first = 0;
    for (PetscInt dim = 1; dim <= 3; dim++)
      for (PetscReal b = 1e-3; b < 2e3; b *= 100) {
        PetscReal p[2] = {b, 0};
        PetscCall(OttoCellMean(dim, h, Radial, p, &mean, &converged));
        TestTrue(converged, "it is regular");
        TestClose(mean, (PetscReal)ExponentialMean(dim, h, b), 1e-12, "of exp(-b r)");
      }
    for (PetscInt dim = 1; dim <= 3; dim++)
      for (int power = 0; power < 4; power++) {
        /* ∫_0^a x^p: of one axis alone; of more, the same whichever axis comes first */
        PetscReal p[2] = {(PetscReal[]){-0.9, -0.5, 1, 2}[power], 1};
        const PetscReal a = h[0] / 2, turned[] = {h[dim - 1], h[0], h[1]};
        PetscCall(OttoCellMean(dim, h, Radial, p, &mean, &converged));
        TestTrue(converged, "it has a mean");
        if (dim == 1) TestClose(mean, pow(a, p[0]) / (p[0] + 1), 1e-12, "of a power");
        PetscCall(OttoCellMean(dim, turned, Radial, p, &first, &converged));
        TestClose(mean, first, 1e-12, "axes in another order");
        if (power == 3) {
          PetscReal sum = 0;
          for (PetscInt j = 0; j < dim; j++) sum += h[j] * h[j] / 12;
          TestClose(mean, sum, 1e-13, "of r^2");
        }
      }
    for (PetscInt dim = 1; dim <= 3; dim++) {
      PetscReal p[2] = {-(PetscReal)dim, 1};
      PetscCall(OttoCellMean(dim, h, Radial, p, &mean, &converged));
      TestTrue(!converged, "r^-dim has no mean");
    }
  }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestDirect, TestVirial, TestMeans});
}
