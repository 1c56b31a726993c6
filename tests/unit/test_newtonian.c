/* ranks: 1 2 3
 * The Newtonian interaction against Poisson's equation: balls in one, two and three dimensions,
 * smooth (second order, measured) and uniform, by Gauss's law; on a torus the grid's own second
 * differences give the density back; its virial.
 */
#define _GNU_SOURCE
#include "density_setup.h"
#include "energy/interaction_impl.h"
#include <petscdt.h>

static const PetscReal centre[3] = {0.52, 0.47, 0.51}, radius = 0.4, strength = 1.7;

/* ---- Gauss's law ---- */

static PetscReal Smooth(PetscReal s)
{
  return s < radius ? pow(1 - PetscSqr(s / radius), 3) : 0;
}

static PetscReal Uniform(PetscReal s)
{
  return s < radius ? 1 : 0;
}

/* ∫_from^to weight(s) ρ(s) s^power ds, weight 1 or log s, then by panels that halve towards 0. */
static PetscReal Radial(PetscReal (*rho)(PetscReal), int power, PetscBool logarithm, PetscReal from,
                        PetscReal to)
{
  enum { NODES = 12 };
  PetscReal x[NODES], w[NODES], sum = 0;

  if (PetscDTGaussQuadrature(NODES, 0, 1, x, w)) return NAN;
  for (PetscReal end = to; end > from && end > 1e-9; end = PetscMax(from, end / 2)) {
    const PetscReal begin = logarithm ? PetscMax(from, end / 2) : from, wide = end - begin;
    for (int i = 0; i < NODES; i++) {
      const PetscReal s = begin + wide * x[i];
      sum += w[i] * wide * rho(s) * (power > 1 ? s * s : power ? s : 1) * (logarithm ? log(s) : 1);
    }
    if (!logarithm) break; /* a polynomial */
  }
  return sum;
}

/* Shells inside r act as from the centre, of those outside every point sees the same. */
static PetscReal Potential(PetscInt dim, PetscReal (*rho)(PetscReal), PetscReal r)
{
  const PetscReal within = PetscMin(r, radius);
  const PetscReal inside = Radial(rho, (int)dim - 1, PETSC_FALSE, 0, within);

  if (dim == 1) return strength * (r * inside + Radial(rho, 1, PETSC_FALSE, within, radius));
  if (dim == 2) return strength * (log(r) * inside + Radial(rho, 1, PETSC_TRUE, within, radius));
  return -strength * (inside / r + Radial(rho, 1, PETSC_FALSE, within, radius));
}

static PetscReal Distance(PetscInt dim, const PetscReal x[])
{
  PetscReal square = 0;

  for (PetscInt j = 0; j < dim; j++) square += PetscSqr(x[j] - centre[j]);
  return sqrt(square);
}

static PetscReal SmoothAt(PetscInt64 cell, PetscInt dim, const PetscReal x[],
                          const PetscReal *context)
{
  (void)cell, (void)context;
  return Smooth(Distance(dim, x));
}

/* Largest error of W*ρ over the whole box, relative to its range. */
static PetscErrorCode Error(PetscInt dim, PetscInt64 n, PetscBool uniform, PetscReal *error)
{
  char *position[] = {"", "0.52", "0.52,0.47", "0.52,0.47,0.51"};
  PetscReal worst = 0, least = INFINITY, most = -INFINITY, volume[] = {1, 2, M_PI, 4 * M_PI / 3};
  PetscReal (*profile)(PetscReal) = uniform ? Uniform : Smooth;
  OttoInteraction w;
  OttoGrid grid;
  PetscScalar *a;
  Vec rho, u;

  PetscFunctionBegin;
  Set("-energy_interaction_type", "newtonian", "-energy_interaction_strength", "1.7", "-p_density",
      "ball", "-p_center", position[dim], "-p_radius", "0.4");
  PetscCall(MakeUnit(dim, n, OTTO_BOUNDARY_NO_FLUX, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  if (uniform) {
    PetscCall(OttoDensityCreateAverages(grid, "p_", &rho));
    PetscCall(VecScale(rho, volume[dim] * pow(radius, (double)dim)));
  } else {
    PetscCall(Fill(grid, SmoothAt, NULL, &rho));
  }
  PetscCall(OttoFieldCreate(grid, &u));
  PetscCall(OttoInteractionCreate(grid, &w));
  PetscCall(OttoInteractionApply(w, rho, u));
  PetscCall(VecGetArray(u, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal x[OTTO_MAX_DIM];
    OttoGridCellCentre(g, c, x);
    const PetscReal exact = Potential(dim, profile, Distance(dim, x)), off = fabs(a[c] - exact);
    if (!(off <= worst)) worst = off;
    least = PetscMin(least, exact);
    most = PetscMax(most, exact);
  }
  PetscCall(VecRestoreArray(u, &a));
  PetscReal all[3] = {worst, most, -least};
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, all, 3, MPIU_REAL, MPIU_MAX, g->comm));
  *error = all[0] / (all[1] + all[2]);
  PetscCall(OttoInteractionDestroy(&w));
  PetscCall(VecDestroy(&rho));
  PetscCall(VecDestroy(&u));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestBalls(void)
{
  static const PetscInt64 n[] = {0, 40, 24, 12};
  PetscReal coarse = 0, fine = 0;

  PetscFunctionBegin;
  for (PetscInt dim = 1; dim <= 3; dim++) {
    PetscCall(Error(dim, n[dim], PETSC_FALSE, &coarse));
    PetscCall(Error(dim, 2 * n[dim], PETSC_FALSE, &fine));
    const PetscReal order = log2(coarse / fine);
    if (!(order > 1.9 && order < 2.2)) fprintf(stderr, "  %d axes: order %g\n", (int)dim, order);
    TestTrue(order > 1.9 && order < 2.2, "second order where the density is smooth");
    PetscCall(Error(dim, n[dim], PETSC_TRUE, &coarse));
    PetscCall(Error(dim, 2 * n[dim], PETSC_TRUE, &fine));
    /* cells at the edge have their share of it by 32, 8², 4³ points */
    TestTrue(fine < 4e-3 && coarse > 2.8 * fine, "a uniform ball, order 1.5 and more");
  }
  PetscFunctionReturn(0);
}

/* ---- the torus ---- */

/* Its second differences are the density less its mean, its own mean is 0. */
static PetscErrorCode CheckTorus(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoInteraction w;
  OttoHalo halo;
  OttoSurrounded s = {0};
  PetscReal mean, sum, worst = 0, virial;
  PetscScalar *r, *v;
  Vec rho, u;

  PetscFunctionBegin;
  Set("-energy_interaction_type", "newtonian", "-energy_interaction_strength", "-0.6");
  PetscCall(OttoInteractionCreate(grid, &w));
  PetscCall(OttoFieldCreate(grid, &rho));
  PetscCall(OttoFieldCreate(grid, &u));
  PetscCall(VecGetArray(rho, &r));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscInt64 at[OTTO_MAX_DIM], cell = 0;
    OttoGridCellIndex(g, c, at);
    for (PetscInt j = 0; j < g->dim; j++) cell = cell * g->n[j] + at[j];
    r[c] = Hash(cell, 7);
  }
  PetscCall(VecRestoreArray(rho, &r));
  PetscCall(OttoInteractionApply(w, rho, u));
  PetscCall(OttoFieldIntegral(grid, rho, &mean));
  mean /= (PetscReal)g->cells * g->cell_volume;
  PetscCall(OttoFieldIntegral(grid, u, &sum));
  PetscCall(OttoGridGetHalo(grid, 1, &halo));
  PetscCall(VecGetArray(rho, &r));
  PetscCall(VecGetArray(u, &v));
  PetscCall(OttoHaloSurround(halo, v, &s));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal laplacian = 0;
    for (PetscInt j = 0; j < g->dim; j++)
      for (PetscInt side = -1; side <= 1; side += 2) {
        PetscInt64 at[OTTO_MAX_DIM];
        OttoHaloPosition(g, c, at);
        at[j] += side;
        if (!OttoHaloServes(g, j)) at[j] = (at[j] + g->n[j]) % g->n[j];
        laplacian += (*OttoSurroundedAt(&s, OttoHaloCell(g, 1, at)) - v[c]) / PetscSqr(g->h[j]);
      }
    const PetscReal off = fabs(laplacian + 0.6 * (r[c] - mean));
    if (!(off <= worst)) worst = off;
  }
  PetscCall(OttoHaloRelease(halo, &s));
  PetscCall(VecRestoreArray(rho, &r));
  PetscCall(VecRestoreArray(u, &v));
  /* an eps of u ≤ 1 over h², 1000 at most */
  TestClose(worst, 0, 1e-12, "second differences");
  TestClose(sum, 0, 1e-15, "no mean");
  PetscCall(OttoInteractionVirial(w, rho, &virial));
  TestTrue(isnan(virial), "it has no virial");
  PetscCall(VecDestroy(&rho));
  PetscCall(VecDestroy(&u));
  PetscCall(OttoInteractionDestroy(&w));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestTorus(void)
{
  static const PetscInt64 shapes[][3] = {{17}, {12}, {7, 11}, {8, 6}, {5, 6, 7}};
  static const PetscInt dims[] = {1, 1, 2, 2, 3};
  const OttoBoundary torus = OTTO_BOUNDARY_PERIODIC, boundary[] = {torus, torus, torus};

  PetscFunctionBegin;
  for (int s = 0; s < 5; s++) PetscCall(OnMeshes(dims[s], shapes[s], boundary, CheckTorus));
  PetscFunctionReturn(0);
}

/* Of log r: mass² strength/2π, wherever the mass is: what the critical mass 8π T/strength is about.
 */
static PetscErrorCode TestVirial(void)
{
  const PetscReal none = 0;
  PetscReal mass, virial;
  OttoInteraction w;
  OttoGrid grid;
  Vec rho;

  PetscFunctionBegin;
  PetscCall(MakeUnit(2, 9, OTTO_BOUNDARY_NO_FLUX, &grid));
  Set("-energy_interaction_type", "newtonian", "-energy_interaction_strength", "1.7");
  PetscCall(OttoInteractionCreate(grid, &w));
  PetscCall(Fill(grid, SmoothAt, &none, &rho));
  PetscCall(OttoFieldIntegral(grid, rho, &mass));
  PetscCall(OttoInteractionVirial(w, rho, &virial));
  TestClose(virial, strength * mass * mass / (2 * M_PI), 1e-15, "of a logarithm");
  PetscCall(VecDestroy(&rho));
  PetscCall(OttoInteractionDestroy(&w));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestBalls, TestTorus, TestVirial});
}
