#include "space_error.h"
#include <math.h>

/* What is measured on every grid: name, unit, how errors count, value, below what it is rounding
 * (of rates: over h²). Divergences at any time, from OttoDivergences *d; rates after the heat flow,
 * from OttoTemperedSample *v; distances from OttoTransportNumbers *n, an interval's middle, and
 * relative to what their solvers leave open at least (`across`: the diagonal of the box). */
#define DIVERGENCES(X)                                                                             \
  X(entropy_p, "nats", ABSOLUTE, d->entropy_p, 0)                                                  \
  X(entropy_q, "nats", ABSOLUTE, d->entropy_q, 0)                                                  \
  X(cross_entropy, "nats", ABSOLUTE, d->cross_entropy, 0)                                          \
  X(kl, "nats", RELATIVE, d->divergence[OTTO_DIVERGENCE_KL], 1e-26)                                \
  X(reverse_kl, "nats", RELATIVE, d->divergence[OTTO_DIVERGENCE_REVERSE_KL], 1e-26)                \
  X(js, "nats", RELATIVE, d->divergence[OTTO_DIVERGENCE_JS], 1e-26)                                \
  X(chi2, "1", RELATIVE, d->divergence[OTTO_DIVERGENCE_CHI2], 1e-26)                               \
  X(hellinger2, "1", RELATIVE, d->divergence[OTTO_DIVERGENCE_HELLINGER2], 1e-26)                   \
  X(tv, "1", RELATIVE, d->divergence[OTTO_DIVERGENCE_TV], 1e-13)                                   \
  X(renyi, "nats", RELATIVE, d->divergence[OTTO_DIVERGENCE_RENYI], 1e-26)
#define RATES(X)                                                                                   \
  X(fisher_rel, "nats/time", RELATIVE, v->f.dissipation[OTTO_DIVERGENCE_KL], 1e-26)                \
  X(kl_rate, "nats/time", RELATIVE, v->kl_rate, 1e-26)
#define DISTANCES(X)                                                                               \
  X(w2, "length", RELATIVE, 0.5 * (n->w2.lower + n->w2.upper), 1e-6 * across)                      \
  X(w1, "length", RELATIVE, 0.5 * (n->w1.lower + n->w1.upper), 1e-13 * across)                     \
  X(sinkhorn, "length^2", RELATIVE, n->sinkhorn.divergence, 20 * n->sinkhorn.error)                \
  X(mmd2, "1/volume", RELATIVE, n->mmd2, 1e-26 / volume)                                           \
  X(energy_distance, "length", RELATIVE, n->energy_distance, 1e-26 * across)                       \
  X(h_minus_1, "length/volume^(1/2)", RELATIVE, n->h_minus_1, 1e-13 * across / sqrt(volume))

#define X(name, unit, kind, value, floor) {#name, unit, OTTO_ERROR_##kind},
static const OttoErrorColumn list[] = {DIVERGENCES(X) RATES(X) DISTANCES(X)};
#undef X
#define X(...) +1
enum { EARLIER = 0 DIVERGENCES(X), COUNT = EARLIER RATES(X) DISTANCES(X) };
#undef X

static const char rough_at_first[] =
    "p or q is rough on this grid: divergences are those of its cells, and how far from the "
    "continuum's is not known";
/* coarser cells make other data of points and edges, while this kernel sees nothing but data */
static const char rough_for_continuum[] =
    "p or q is rough on this grid, and gaussian_exact errs by its data alone: what they make of "
    "D_t otto dissipation says";

/* The row of t = 0. Of rough densities no coarser grid says what divergences err by; distances see
 * a cell's width as a width. */
static void First(const OttoTransportNumbers *n, PetscBool rough, PetscReal row[])
{
  const OttoDivergences *d = &n->d;
  PetscInt i = 0;

#define X(name, unit, kind, value, floor) row[i++] = rough ? NAN : value;
  DIVERGENCES(X)
#undef X
#define X(name, unit, kind, value, floor) row[i++] = NAN;
  RATES(X)
#undef X
#define X(name, unit, kind, value, floor) row[i++] = value;
  DISTANCES(X)
#undef X
}

/* The row of a later time. */
static void Later(const OttoTemperedSample *v, PetscReal row[])
{
  const OttoDivergences *d = &v->d;
  PetscInt i = 0;

#define X(name, unit, kind, value, floor) row[i++] = value;
  DIVERGENCES(X)
  RATES(X)
#undef X
  while (i < COUNT) row[i++] = NAN;
}

static void Floors(const OttoGridInfo *g, const OttoTransportNumbers *n, PetscReal floor[])
{
  const PetscReal volume = g->cell_volume * (PetscReal)g->cells;
  PetscReal coupling = 0, across = 0;
  PetscInt i = 0;

  for (PetscInt j = 0; j < g->dim; j++) {
    coupling = PetscMax(coupling, 1 / PetscSqr(g->h[j]));
    across += PetscSqr(g->upper[j] - g->lower[j]);
  }
  across = sqrt(across);
#define X(name, unit, kind, value, least) floor[i++] = least;
  DIVERGENCES(X)
#undef X
#define X(name, unit, kind, value, least) floor[i++] = least * coupling;
  RATES(X)
#undef X
#define X(name, unit, kind, value, least) floor[i++] = least;
  DISTANCES(X)
#undef X
}

PetscErrorCode OttoTransportSpaceCreate(OttoRecord record, OttoGrid grid, Vec p, Vec q,
                                        const OttoDensityReport report[2], OttoSpace *space)
{
  PetscBool rough[2] = {PETSC_FALSE, PETSC_FALSE};

  PetscFunctionBegin;
  PetscCall(OttoSpaceCreate(record, grid, COUNT, list, PETSC_FALSE, space));
  if (!report[0].smooth) PetscCall(OttoDensityIsRough(grid, p, &rough[0]));
  if (!report[1].smooth) PetscCall(OttoDensityIsRough(grid, q, &rough[1]));
  space->rough = rough[0] || rough[1] ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

static PetscReal Widest(const OttoGridInfo *g)
{
  PetscReal h = 0;

  for (PetscInt j = 0; j < g->dim; j++)
    if (g->n[j] > 1) h = PetscMax(h, g->h[j]);
  return h;
}

/* Rows of D_t on a coarser grid, from where its kernel means something. */
static PetscErrorCode LevelTimes(OttoGrid grid, const OttoTransportSweep *sweep, Vec p, Vec q,
                                 PetscReal *rows)
{
  OttoHeat heat = NULL;
  OttoTempered tempering = NULL;
  OttoTemperedSample now;
  PetscReal first = 0, good = 0;

  PetscFunctionBegin;
  PetscErrorCode code = OttoHeatCreate(grid, &heat);
  if (!code) code = OttoHeatSetType(heat, OttoHeatGetType(sweep->heat));
  if (!code) code = OttoHeatSetUp(heat);
  if (!code) code = OttoTemperedCreate(grid, heat, p, q, PETSC_FALSE, &tempering);
  if (!code) code = OttoTemperedSetFromOptions(tempering);
  if (!code) OttoHeatTimes(heat, Widest(OttoGridGetInfo(grid)), &first, &good);
  for (PetscInt k = 1; k < sweep->taken && !code; k++) {
    const PetscReal t = sweep->sample[k].t;
    for (PetscInt i = 0; i < COUNT; i++) rows[k * COUNT + i] = NAN;
    if (t < good) continue;
    code = OttoTemperedTakeSample(tempering, t, &now);
    if (!code) Later(&now, rows + k * COUNT);
  }
  if (tempering) PetscCall(OttoTemperedDestroy(&tempering));
  if (heat) PetscCall(OttoHeatDestroy(&heat));
  PetscFunctionReturn(code);
}

/* All rows of a coarser grid, on the ranks that have it. */
static PetscErrorCode Level(OttoGrid grid, const OttoTransportKeys *keys,
                            const OttoTransportSweep *sweep, PetscBool rough, Vec p, Vec q,
                            PetscReal *rows)
{
  OttoTransportSolvers solvers = {.grid = NULL};
  OttoTransportNumbers numbers;

  PetscFunctionBegin;
  PetscErrorCode code = OttoTransportSolversCreate(grid, keys, &solvers);
  if (!code) code = OttoTransportMeasure(&solvers, keys, NULL, p, q, &numbers);
  if (!code) First(&numbers, rough, rows);
  PetscCall(OttoTransportSolversDestroy(&solvers));
  if (!code && sweep->run) code = LevelTimes(grid, sweep, p, q, rows);
  PetscFunctionReturn(code);
}

/* rows[levels][times][COUNT] into the table. */
static PetscErrorCode Tell(OttoSpace *space, const OttoTransportSweep *sweep,
                           const OttoTransportNumbers *fine, PetscInt times, const PetscReal *rows)
{
  const OttoGridInfo *g = OttoGridGetInfo(space->fine);
  const PetscReal resolved = space->rough ? 4.5 * PetscSqr(Widest(g)) : 0; /* √(2t) = 3h */
  PetscReal row[COUNT], floor[COUNT];

  PetscFunctionBegin;
  Floors(g, fine, floor);
  for (PetscInt k = 0; k < times; k++) {
    const PetscReal t = k ? sweep->sample[k].t : 0;
    if (k)
      Later(&sweep->sample[k], row);
    else
      First(fine, space->rough, row);
    for (PetscInt i = 0; i < space->levels; i++)
      PetscCall(PetscArraycpy(space->row + i * COUNT, rows + (i * times + k) * COUNT, COUNT));
    if (k && space->rough && !OttoHeatIsLattice(sweep->heat))
      PetscCall(OttoErrorTableNotKnown(space->table, t, rough_for_continuum));
    else if (k && t < resolved)
      PetscCall(OttoErrorTableNotKnown(space->table, t, rough_at_first));
    else
      PetscCall(OttoSpaceRow(space, t, row, floor));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransportSpaceMeasure(OttoSpace *space, const OttoTransportKeys *keys,
                                         const OttoTransportSweep *sweep, Vec p, Vec q,
                                         const OttoDensityReport report[2],
                                         const OttoTransportNumbers *fine)
{
  const PetscInt times = sweep->run ? sweep->taken : 1;
  PetscReal *rows;

  PetscFunctionBegin;
  if (!space->table) PetscFunctionReturn(0);
  if (space->rough) PetscCall(OttoRecordAside(space->record, PETSC_FALSE, "%s", rough_at_first));
  PetscCall(OttoRecordStageBegin(space->record, "space"));
  PetscCall(PetscCalloc1(OTTO_SPACE_LEVELS * times * COUNT, &rows));
  for (PetscInt i = 0; i < space->levels; i++) {
    OttoGrid grid = space->level[i].grid;
    Vec a = NULL, b = NULL;
    PetscCall(OttoSpaceDensity(space, i, "p_", p, &report[0], &a));
    if (i < space->levels) PetscCall(OttoSpaceDensity(space, i, "q_", q, &report[1], &b));
    PetscErrorCode code =
        grid && a && b ? Level(grid, keys, sweep, space->rough, a, b, rows + i * times * COUNT) : 0;
    PetscCall(VecDestroy(&a));
    PetscCall(VecDestroy(&b));
    if (i < space->levels) PetscCall(OttoSpaceSurvive(space, i, code));
  }
  if (space->levels)
    PetscCall(Tell(space, sweep, fine, times, rows));
  else
    PetscCall(OttoErrorTableNotKnown(space->table, 0, space->why));
  PetscCall(PetscFree(rows));
  PetscCall(OttoRecordStageEnd(space->record));
  PetscFunctionReturn(0);
}
