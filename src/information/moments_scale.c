/*
 * What an error of a moment is large or small against (MATHEMATICS 9.3). Relative to the value it
 * would depend on where the box begins, and a mean of 0 would fail by rounding; relative to the box
 * nothing would be said of a density that fills a hundredth of it. So it is the density's own
 * width, as of one that is constant in every cell (h²/12 more variance than the cells' centres
 * have): never 0, not for a point mass either.
 *
 * - mean: the standard deviation s of its axis; a twentieth of it moves a Gaussian by 0.02 in tv;
 * - covariance of j and k: s_j s_k, a variance relative to itself;
 * - circular mean: the deviation of one sample's direction, √((1 - R⁴)/2)/R radians (Fisher,
 *   Statistical Analysis of Circular Data, 1993, section 2.3, for a wrapped normal). Of a narrow
 *   density that is s; as R falls to 0 and the direction comes to mean nothing, it goes to
 * infinity;
 * - resultant length R: the circular variance 1 - R, which for a narrow one is that of s².
 */
#include <otto/moments.h>
#include <math.h>

/* R of what is constant in cells of width h. */
static PetscReal Blurred(PetscReal R, PetscReal h, PetscReal L)
{
  const PetscReal u = PETSC_PI * h / L;

  return R * fabs(sin(u)) / u;
}

/* Variances of axes that do not wrap. */
static void Widths(const OttoGridInfo *g, const PetscReal values[], PetscReal square[])
{
  for (PetscInt i = 0; i < OttoMomentsCount(g); i++) {
    const OttoMoment m = OttoMomentsGet(g, i);
    const PetscInt j = m.axis[0];
    if (m.kind == OTTO_MOMENT_COVARIANCE && j == m.axis[1])
      square[j] = PetscMax(values[i], 0) + PetscSqr(g->h[j]) / 12;
  }
}

void OttoMomentsScales(const OttoGridInfo *g, const PetscReal values[], PetscReal scale[])
{
  PetscReal square[OTTO_MAX_DIM] = {0};

  Widths(g, values, square);
  for (PetscInt i = 0; i < OttoMomentsCount(g); i++) {
    const OttoMoment m = OttoMomentsGet(g, i);
    const PetscInt j = m.axis[0], k = m.axis[1];
    const PetscReal L = g->upper[j] - g->lower[j];
    if (m.kind == OTTO_MOMENT_MEAN) scale[i] = sqrt(square[j]);
    if (m.kind == OTTO_MOMENT_COVARIANCE) scale[i] = sqrt(square[j]) * sqrt(square[k]);
    if (m.kind == OTTO_MOMENT_RESULTANT) scale[i] = 1 - Blurred(values[i], g->h[j], L);
    if (m.kind != OTTO_MOMENT_DIRECTION) continue;
    const PetscReal R = Blurred(values[i + 1], g->h[j], L);
    scale[i] = L / (2 * PETSC_PI) * sqrt((1 - PetscSqr(R * R)) / 2) / R;
  }
}

void OttoMomentsNear(const OttoGridInfo *g, const PetscReal raw[], const PetscReal near[],
                     PetscReal values[])
{
  PetscReal re = 0;

  for (PetscInt i = 0; i < OttoMomentsCount(g); i++) {
    const OttoMoment m = OttoMomentsGet(g, i);
    const PetscInt j = m.axis[0];
    const PetscReal L = g->upper[j] - g->lower[j];
    values[i] = m.kind == OTTO_MOMENT_RESULTANT ? hypot(re, raw[i]) : raw[i];
    if (m.kind != OTTO_MOMENT_DIRECTION) continue;
    re = raw[i];
    const PetscReal turn = atan2(raw[i + 1], re) / (2 * PETSC_PI) - (near[i] - g->lower[j]) / L;
    values[i] = near[i] + L * (turn - rint(turn));
  }
}
