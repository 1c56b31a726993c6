/*
 * The flux through a face, and its derivatives.
 *
 * Upwind, and limited (van Leer 1974): M = ρ_x + lean_x where ξ falls upwards, else ρ_y − lean_y.
 *
 * Scharfetter and Gummel (1969): with z = (field_y − field_x)/T, α = B(z) ρ_x and β = B(−z) ρ_y,
 *
 *   M = s(z) Λ(ρ_x e^{−z/2}, ρ_y e^{z/2}) = Λ(α, β),   Λ(α, β) = (α − β)/log(α/β),
 *
 * as B(±z) = s(z) e^{∓z/2}; where slope = T log ρ, ξ_x − ξ_y = T log(α/β) and F = (T μ/h)(α − β).
 */
#include "core/bernoulli.h"
#include "fluxes_impl.h"

OTTO_VECTOR_CLONES static void FluxesUpwind(PetscInt64 n, double scale, OttoFaceEnd x,
                                            OttoFaceEnd y, PetscReal *restrict flux,
                                            PetscReal *restrict drop)
{
#pragma omp simd
  for (PetscInt64 i = 0; i < n; i++) {
    double fx = x.field[i], fy = y.field[i], a = x.slope[i] + fx, b = y.slope[i] + fy, d = a - b;
    double up = d > 0 ? x.density[i] + x.lean[i] : y.density[i] - y.lean[i];
    int none = (fx == INFINITY) | (fy == INFINITY) | (up == 0) | ((a == -INFINITY) & (b == a));
    flux[i] = none ? 0 : scale * up * d;
    drop[i] = none ? 0 : d;
  }
}

OTTO_VECTOR_CLONES static void FluxesLinear(PetscInt64 n, double scale, double T, OttoFaceEnd x,
                                            OttoFaceEnd y, PetscReal *restrict flux)
{
  const double rate = scale * T;

#pragma omp simd
  for (PetscInt64 i = 0; i < n; i++) {
    double fx = x.field[i], fy = y.field[i], low, high, force = (fx - fy) / T;
    OttoBernoulli(fabs(force), &low, &high);
    double up = rate * (force > 0 ? high : low), down = rate * (force > 0 ? low : high);
    double f = up * x.density[i] - down * y.density[i];
    flux[i] = ((fx == INFINITY) | (fy == INFINITY)) ? 0 : f;
  }
}

/* log(α/β) by the densities, which may be 0. */
static double LogRatio(double x, double y)
{
  return x >= OTTO_VECTOR_TINY && y >= OTTO_VECTOR_TINY ? OttoLogRatio(x, y) : log(x) - log(y);
}

/* Where F is not 0 the drop has its sign, whatever rounding says near equilibrium. */
static void DropLinear(const OttoFaces *s, const PetscReal flux[], PetscReal drop[])
{
  for (PetscInt64 i = 0; i < s->n; i++) {
    drop[i] = 0;
    if (flux[i] == 0) continue;
    const double z = (s->y.field[i] - s->x.field[i]) / s->T;
    const double d = s->T * (LogRatio(s->x.density[i], s->y.density[i]) - z);
    drop[i] = (d > 0) != (flux[i] > 0) && isfinite(d) ? 0 : d;
  }
}

/* Λ(α, β) and log(α/β), α = B(z) ρ_x, β = B(−z) ρ_y; 0 and anything where one of them is 0. */
static inline double Logarithmic(double force, double rx, double ry, double *alpha, double *beta,
                                 double *log_ratio)
{
  double low, high;
  OttoBernoulli(fabs(force), &low, &high);
  double a = (force > 0 ? high : low) * rx, b = (force > 0 ? low : high) * ry;
  int plain = (a >= OTTO_VECTOR_TINY) & (b >= OTTO_VECTOR_TINY);
  int some = (rx >= OTTO_VECTOR_TINY) & (ry >= OTTO_VECTOR_TINY);
  double by_rates = OttoLogRatio(plain ? a : 1, plain ? b : 1);
  double by_densities = OttoLogRatio(some ? rx : 1, some ? ry : 1) + force;
  double w = plain ? by_rates : by_densities, mean = w == 0 ? a : (a - b) / w;
  *alpha = a;
  *beta = b;
  *log_ratio = w;
  return some ? mean : rx * ry * 0; /* NaN stays */
}

/* With a slope. Where an empty cell has -inf of it, F is its limit, that of slope = T log ρ. */
OTTO_VECTOR_CLONES static void FluxesLogarithmic(PetscInt64 n, double scale, double T,
                                                 OttoFaceEnd x, OttoFaceEnd y,
                                                 PetscReal *restrict flux, PetscReal *restrict drop)
{
#pragma omp simd
  for (PetscInt64 i = 0; i < n; i++) {
    double fx = x.field[i], fy = y.field[i], a = x.slope[i] + fx, b = y.slope[i] + fy, d = a - b;
    double alpha, beta, w;
    double M = Logarithmic((fx - fy) / T, x.density[i], y.density[i], &alpha, &beta, &w);
    int shut = (fx == INFINITY) | (fy == INFINITY), one = a == -INFINITY, other = b == -INFINITY;
    double f = one | other ? scale * T * (alpha - beta) : M == 0 ? 0 : scale * M * d;
    int none = shut | (one & other) | (f == 0);
    flux[i] = none ? 0 : f;
    drop[i] = none ? 0 : d;
  }
}

void OttoFaceFluxes(OttoMobility mobility, const OttoFaces *s, PetscReal flux[], PetscReal drop[])
{
  PetscReal unused[OTTO_FACES_AT_ONCE];
  PetscReal *fall = drop ? drop : unused;

  if (mobility != OTTO_MOBILITY_SCHARFETTER_GUMMEL) {
    FluxesUpwind(s->n, s->scale, s->x, s->y, flux, fall);
  } else if (!s->linear) {
    FluxesLogarithmic(s->n, s->scale, s->T, s->x, s->y, flux, fall);
  } else {
    FluxesLinear(s->n, s->scale, s->T, s->x, s->y, flux);
    if (drop) DropLinear(s, flux, drop);
  }
}

/* The cell that mass leaves has ρ, next (ρ beyond the face) − ρ = after and lean 0 or
 * before·after/(before + after), `before` the difference before the cell, so that lean/after is
 * before's share θ of the sum: ∂lean/∂before = (1 − θ)², ∂lean/∂after = θ². Downwards the same
 * holds of −lean. M = ρ + lean; by ρ, by the next density, and by the one before. */
static inline void DeriveLean(double rho, double next, double lean, double *own, double *beyond,
                              double *before)
{
  double theta = lean == 0 ? 0 : lean / (next - rho), rest = 1 - theta;
  *own = lean == 0 ? 1 : 2 * rest;
  *beyond = theta * theta;
  *before = lean == 0 ? 0 : -rest * rest;
}

OTTO_VECTOR_CLONES static void DeriveUpwind(PetscInt64 n, double scale, OttoFaceEnd x,
                                            OttoFaceEnd y, OttoFaceDerivatives *restrict v)
{
#pragma omp simd
  for (PetscInt64 i = 0; i < n; i++) {
    double fx = x.field[i], fy = y.field[i], a = x.slope[i] + fx, b = y.slope[i] + fy, d = a - b;
    double rx = x.density[i], ry = y.density[i], lean = d > 0 ? x.lean[i] : -y.lean[i];
    double own, beyond, before, M = (d > 0 ? rx : ry) + lean;
    DeriveLean(d > 0 ? rx : ry, d > 0 ? ry : rx, lean, &own, &beyond, &before);
    int none = (fx == INFINITY) | (fy == INFINITY) | ((a == -INFINITY) & (b == a));
    double by = none ? 0 : scale * d;
    v->density_x[i] = by * (d > 0 ? own : beyond);
    v->density_y[i] = by * (d > 0 ? beyond : own);
    v->below_x[i] = d > 0 ? by * before : 0;
    v->above_y[i] = d > 0 ? 0 : by * before;
    v->slope[i] = v->field[i] = none ? 0 : scale * M;
  }
}

OTTO_VECTOR_CLONES static void DeriveLinear(PetscInt64 n, double scale, double T, OttoFaceEnd x,
                                            OttoFaceEnd y, OttoFaceDerivatives *restrict v)
{
  const double rate = scale * T;

#pragma omp simd
  for (PetscInt64 i = 0; i < n; i++) {
    double fx = x.field[i], fy = y.field[i], low, high, force = (fx - fy) / T;
    int shut = (fx == INFINITY) | (fy == INFINITY);
    OttoBernoulli(fabs(force), &low, &high);
    double fall = OttoBernoulliFall(fabs(force), low, high), rise = 1 - fall;
    v->density_x[i] = shut ? 0 : rate * (force > 0 ? high : low);
    v->density_y[i] = shut ? 0 : -rate * (force > 0 ? low : high);
    v->below_x[i] = v->above_y[i] = v->slope[i] = 0;
    v->field[i] = shut ? 0
                       : scale * ((force > 0 ? rise : fall) * x.density[i] +
                                  (force > 0 ? fall : rise) * y.density[i]);
  }
}

/* ∂Λ/∂α = (1 − Λ/α)/w with w = log(α/β), Λ/α = (1 − e^−w)/w; ∂Λ/∂β the same of −w. */
OTTO_VECTOR_CLONES static void DeriveLogarithmic(PetscInt64 n, double scale, double T,
                                                 OttoFaceEnd x, OttoFaceEnd y,
                                                 OttoFaceDerivatives *restrict v)
{
#pragma omp simd
  for (PetscInt64 i = 0; i < n; i++) {
    double fx = x.field[i], fy = y.field[i], a = x.slope[i] + fx, b = y.slope[i] + fy, d = a - b;
    double rx = x.density[i], ry = y.density[i], alpha, beta, w, low, high, force = (fx - fy) / T;
    double M = Logarithmic(force, rx, ry, &alpha, &beta, &w);
    OttoBernoulli(fabs(force), &low, &high);
    double fall = OttoBernoulliFall(fabs(force), low, high), rise = 1 - fall;
    int none = (fx == INFINITY) | (fy == INFINITY) | (a == -INFINITY) | (b == -INFINITY) | (M == 0);
    double by_alpha = OttoExpSecond(w), by_beta = OttoExpSecond(-w), by = none ? 0 : scale * d;
    double force_x = (force > 0 ? rise : fall) * rx, force_y = (force > 0 ? fall : rise) * ry;
    v->density_x[i] = none ? 0 : by * by_alpha * (force > 0 ? high : low);
    v->density_y[i] = none ? 0 : by * by_beta * (force > 0 ? low : high);
    v->below_x[i] = v->above_y[i] = 0;
    v->slope[i] = none ? 0 : scale * M;
    v->field[i] = none ? 0 : scale * (M + d / T * (by_alpha * force_x - by_beta * force_y));
  }
}

void OttoFaceDerive(OttoMobility mobility, const OttoFaces *s, OttoFaceDerivatives *d)
{
  if (mobility != OTTO_MOBILITY_SCHARFETTER_GUMMEL)
    DeriveUpwind(s->n, s->scale, s->x, s->y, d);
  else if (s->linear)
    DeriveLinear(s->n, s->scale, s->T, s->x, s->y, d);
  else
    DeriveLogarithmic(s->n, s->scale, s->T, s->x, s->y, d);
}
