/* ranks: 1 2 3
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

  for (int i = -8 * 32; i < 64 * 32; i++) {
    const Real t = expl(i * step);
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

static const char *member; /* what is tested on every mesh */

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
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestDirect});
}
