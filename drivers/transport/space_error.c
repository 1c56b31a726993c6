#include "space_error.h"
#include <math.h>

/* What is measured on every grid: name, unit, how errors count, value in OttoTransportNumbers *n,
 * below what it is rounding, or what its solver leaves open (`across`: the diagonal of the box). A
 * distance known as an interval is its middle. Divergences of rough
 * densities are those of the cells, whatever these are: no coarser grid says what they err by.
 * Distances see a cell's width as a width. */
#define DIVERGENCES(X)                                                                             \
  X(entropy_p, "nats", ABSOLUTE, n->d.entropy_p, 0)                                                \
  X(entropy_q, "nats", ABSOLUTE, n->d.entropy_q, 0)                                                \
  X(cross_entropy, "nats", ABSOLUTE, n->d.cross_entropy, 0)                                        \
  X(kl, "nats", RELATIVE, n->d.divergence[OTTO_DIVERGENCE_KL], 1e-26)                              \
  X(reverse_kl, "nats", RELATIVE, n->d.divergence[OTTO_DIVERGENCE_REVERSE_KL], 1e-26)              \
  X(js, "nats", RELATIVE, n->d.divergence[OTTO_DIVERGENCE_JS], 1e-26)                              \
  X(chi2, "1", RELATIVE, n->d.divergence[OTTO_DIVERGENCE_CHI2], 1e-26)                             \
  X(hellinger2, "1", RELATIVE, n->d.divergence[OTTO_DIVERGENCE_HELLINGER2], 1e-26)                 \
  X(tv, "1", RELATIVE, n->d.divergence[OTTO_DIVERGENCE_TV], 1e-13)                                 \
  X(renyi, "nats", RELATIVE, n->d.divergence[OTTO_DIVERGENCE_RENYI], 1e-26)
#define DISTANCES(X)                                                                               \
  X(w2, "length", RELATIVE, 0.5 * (n->w2.lower + n->w2.upper), 1e-6 * across)                      \
  X(w1, "length", RELATIVE, 0.5 * (n->w1.lower + n->w1.upper), 1e-13 * across)                     \
  X(sinkhorn, "length^2", RELATIVE, n->sinkhorn.divergence, 20 * n->sinkhorn.error)                \
  X(mmd2, "1/volume", RELATIVE, n->mmd2, 1e-26 / volume)                                           \
  X(energy_distance, "length", RELATIVE, n->energy_distance, 1e-26 * across)                       \
  X(h_minus_1, "length/volume^(1/2)", RELATIVE, n->h_minus_1, 1e-13 * across / sqrt(volume))

static const OttoErrorColumn smooth[] = {
#define X(name, unit, kind, value, floor) {#name, unit, OTTO_ERROR_##kind},
    DIVERGENCES(X) DISTANCES(X)
#undef X
};
static const OttoErrorColumn rough[] = {
#define X(name, unit, kind, value, floor) {#name, unit, OTTO_ERROR_NONE},
    DIVERGENCES(X)
#undef X
#define X(name, unit, kind, value, floor) {#name, unit, OTTO_ERROR_##kind},
        DISTANCES(X)
#undef X
};
#define COUNT ((PetscInt)PETSC_STATIC_ARRAY_LENGTH(smooth))

static void Row(const OttoTransportNumbers *n, PetscReal row[])
{
  PetscInt i = 0;

#define X(name, unit, kind, value, floor) row[i++] = value;
  DIVERGENCES(X) DISTANCES(X)
#undef X
}

static void Floors(const OttoGridInfo *g, const OttoTransportNumbers *n, PetscReal floor[])
{
  const PetscReal volume = g->cell_volume * (PetscReal)g->cells;
  PetscReal across = 0;
  PetscInt i = 0;

  for (PetscInt j = 0; j < g->dim; j++) across += PetscSqr(g->upper[j] - g->lower[j]);
  across = sqrt(across);
#define X(name, unit, kind, value, least) floor[i++] = least;
  DIVERGENCES(X) DISTANCES(X)
#undef X
}

PetscErrorCode OttoTransportSpaceCreate(OttoRecord record, OttoGrid grid, Vec p, Vec q,
                                        const OttoDensityReport report[2], OttoSpace *space)
{
  PetscBool is_rough[2] = {PETSC_FALSE, PETSC_FALSE};

  PetscFunctionBegin;
  if (!report[0].smooth) PetscCall(OttoDensityIsRough(grid, p, &is_rough[0]));
  if (!report[1].smooth) PetscCall(OttoDensityIsRough(grid, q, &is_rough[1]));
  const PetscBool any = is_rough[0] || is_rough[1] ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(OttoSpaceCreate(record, grid, COUNT, any ? rough : smooth, PETSC_FALSE, space));
  space->rough = any;
  PetscFunctionReturn(0);
}

/* The row of coarser grid i, on the ranks that have it. */
static PetscErrorCode Level(OttoGrid grid, const OttoTransportKeys *keys, Vec p, Vec q,
                            PetscReal row[])
{
  OttoTransportSolvers solvers = {.grid = NULL};
  OttoTransportNumbers numbers;

  PetscFunctionBegin;
  PetscErrorCode code = OttoTransportSolversCreate(grid, keys, &solvers);
  if (!code) code = OttoTransportMeasure(&solvers, keys, NULL, p, q, &numbers);
  if (!code) Row(&numbers, row);
  PetscCall(OttoTransportSolversDestroy(&solvers));
  PetscFunctionReturn(code);
}

PetscErrorCode OttoTransportSpaceMeasure(OttoSpace *space, const OttoTransportKeys *keys, Vec p,
                                         Vec q, const OttoDensityReport report[2],
                                         const OttoTransportNumbers *fine)
{
  PetscReal row[COUNT], floor[COUNT];

  PetscFunctionBegin;
  if (!space->table) PetscFunctionReturn(0);
  if (space->rough)
    PetscCall(
        OttoRecordAside(space->record, PETSC_FALSE,
                        "p or q is rough on this grid: divergences are those of its cells, and "
                        "how far from the continuum's is not known; of distances it is"));
  PetscCall(OttoRecordStageBegin(space->record, "space"));
  Row(fine, row);
  Floors(OttoGridGetInfo(space->fine), fine, floor);
  for (PetscInt i = 0; i < space->levels; i++) {
    OttoGrid grid = space->level[i].grid;
    Vec a = NULL, b = NULL;
    PetscCall(OttoSpaceDensity(space, i, "p_", p, &report[0], &a));
    if (i < space->levels) PetscCall(OttoSpaceDensity(space, i, "q_", q, &report[1], &b));
    PetscErrorCode code =
        grid && a && b ? Level(grid, keys, a, b, space->row + i * space->columns) : 0;
    PetscCall(VecDestroy(&a));
    PetscCall(VecDestroy(&b));
    if (i < space->levels) PetscCall(OttoSpaceSurvive(space, i, code));
  }
  if (space->levels)
    PetscCall(OttoSpaceRow(space, 0, row, floor));
  else
    PetscCall(OttoErrorTableNotKnown(space->table, 0, space->why));
  PetscCall(OttoRecordStageEnd(space->record));
  PetscFunctionReturn(0);
}
