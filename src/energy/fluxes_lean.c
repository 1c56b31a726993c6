/*
 * Van Leer's limiter (1974) as half a slope in cells: with `below` and `above` the differences of
 * the density to the neighbours of an axis,
 *
 *   lean = below·above/(below + above) where both have one sign, else 0,
 *
 * ρ + lean and ρ − lean are the densities at the two faces: |lean| ≤ min(|below|, |above|), so that
 * these lie within [0, 2ρ]. Beyond walls and towards closed cells the density continues evenly,
 * the difference is 0: for smooth densities without flux through the wall that is right to second
 * order.
 */
#include "core/vecmath.h"
#include "fluxes_impl.h"

OTTO_VECTOR_CLONES static void Leans(PetscInt64 n, OttoFaceEnd x, OttoFaceEnd l, OttoFaceEnd u,
                                     PetscReal *restrict lean)
{
#pragma omp simd
  for (PetscInt64 i = 0; i < n; i++) {
    double r = x.density[i];
    double below = l.field[i] == INFINITY ? 0 : r - l.density[i];
    double above = u.field[i] == INFINITY ? 0 : u.density[i] - r;
    int alike = ((below > 0) & (above > 0)) | ((below < 0) & (above < 0));
    double by = below / (alike ? below + above : 1) * above;
    lean[i] = alike ? by : 0;
  }
}

typedef struct {
  const OttoGridInfo *g;
  const OttoSurrounded *density, *field;
  const PetscReal *none; /* zeros */
} Leaning;

static OttoFaceEnd End(const Leaning *s, PetscInt64 cell, PetscInt64 from)
{
  const PetscReal *field = s->field->g ? OttoSurroundedAt(s->field, cell) + from : s->none;
  return (OttoFaceEnd){.density = OttoSurroundedAt(s->density, cell) + from, .field = field};
}

/* n own cells from x on, those below and above them along the axis. */
static void LeanRun(const Leaning *s, PetscInt64 n, PetscInt64 x, PetscInt64 below,
                    PetscInt64 above, PetscReal lean[])
{
  for (PetscInt64 i = 0; i < n; i += OTTO_FACES_AT_ONCE)
    Leans(PetscMin(OTTO_FACES_AT_ONCE, n - i), End(s, x, i), End(s, below, i), End(s, above, i),
          lean + x + i);
}

/* Along an axis that is whole on every rank; a line has n·inner cells. */
static void LeanLines(const Leaning *s, PetscInt j, PetscInt64 inner, PetscReal lean[])
{
  const OttoGridInfo *g = s->g;
  const PetscBool wraps = g->boundary[j] == OTTO_BOUNDARY_PERIODIC;
  const PetscInt64 line = g->n[j] * inner;

  for (PetscInt64 x = 0; x < g->local_cells; x += line) {
    const PetscInt64 last = x + line - inner;
    const PetscInt64 up = g->n[j] > 1 ? x + inner : x, down = g->n[j] > 1 ? last - inner : last;
    LeanRun(s, inner, x, wraps ? last : x, up, lean);
    if (g->n[j] > 2) LeanRun(s, line - 2 * inner, x + inner, x, x + 2 * inner, lean);
    if (g->n[j] > 1) LeanRun(s, inner, last, down, wraps ? x : last, lean);
  }
}

/* Along an axis with ghosts; those beyond walls are mirror images. */
static void LeanPlanes(const Leaning *s, PetscInt j, PetscReal lean[])
{
  const OttoGridInfo *g = s->g;
  const PetscInt64 planes = g->local[0], rows = j == 0 ? 1 : g->local[1];
  const PetscInt64 run = g->row_cells * (j == 0 ? g->local[1] : 1);

  for (PetscInt64 i = 0; i < planes; i++)
    for (PetscInt64 k = 0; k < rows; k++)
      LeanRun(s, run, OttoHaloRow(g, 1, i, k), OttoHaloRow(g, 1, i - (j == 0), k - (j == 1)),
              OttoHaloRow(g, 1, i + (j == 0), k + (j == 1)), lean);
}

void OttoFluxesLean(OttoFluxes fluxes, const OttoSurrounded *density, const OttoSurrounded *field)
{
  static const PetscReal none[OTTO_FACES_AT_ONCE];
  const OttoGridInfo *g = fluxes->g;
  const Leaning s = {g, density, field, none};
  PetscInt64 inner = 1;

  for (PetscInt j = g->dim - 1; j >= 0; inner *= g->local[j], j--) {
    if (OttoHaloServes(g, j))
      LeanPlanes(&s, j, fluxes->lean[j]);
    else
      LeanLines(&s, j, inner, fluxes->lean[j]);
  }
}
