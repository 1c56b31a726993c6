/* dρ/dt by the fluxes of faces, and sums over these. */
#include <otto/field.h>
#include "core/fault.h"
#include "core/vecmath.h"
#include "fluxes_impl.h"

#define LANES 8

/* A compensated sum by lanes (OttoSumAdd()). */
typedef struct {
  PetscReal hi[LANES], lo[LANES];
} Lanes;

typedef struct {
  const OttoFluxCells *cells;
  PetscReal *rate;
  Lanes dissipation, moment[OTTO_MAX_DIM];
} Walk;

OTTO_VECTOR_CLONES static void AddTo(PetscInt64 n, PetscReal sign, const PetscReal *restrict flux,
                                     PetscReal *restrict rate)
{
#pragma omp simd
  for (PetscInt64 i = 0; i < n; i++) rate[i] += sign * flux[i];
}

static void RateOfEdges(const OttoEdges *e, void *context)
{
  Walk *w = (Walk *)context;
  OttoFluxes s = w->cells->fluxes;
  PetscReal flux[OTTO_FACES_AT_ONCE];

  for (PetscInt64 i = 0; i < e->n; i += OTTO_FACES_AT_ONCE) {
    const OttoFaces faces = OttoFluxCellsFaces(w->cells, e, i);
    OttoFaceFluxes(s->mobility, &faces, flux, NULL);
    if (e->x < s->g->local_cells) AddTo(faces.n, -1, flux, w->rate + e->x + i);
    if (e->y < s->g->local_cells) AddTo(faces.n, 1, flux, w->rate + e->y + i);
  }
}

/* v[n] to a sum; n a multiple of the lanes. Products are formed before: contracted with the sums
 * they would not be what these are compensated for. */
OTTO_VECTOR_CLONES static void AddLanes(PetscInt64 n, const PetscReal *restrict v,
                                        Lanes *restrict sum)
{
  for (PetscInt64 i = 0; i < n; i += LANES) {
#pragma omp simd
    for (int k = 0; k < LANES; k++) {
      double hi = sum->hi[k], total = hi + v[i + k], back = total - hi;
      double error = (hi - (total - back)) + (v[i + k] - back);
      sum->lo[k] += error == error ? error : 0;
      sum->hi[k] = total;
    }
  }
}

static OttoSum SumOfLanes(const Lanes *lanes)
{
  OttoSum sum = {0, 0};

  for (int k = 0; k < LANES; k++) {
    OttoSumAdd(&sum, lanes->hi[k]);
    OttoSumAdd(&sum, lanes->lo[k]);
  }
  return sum;
}

/* flux·weight to a sum. */
static void AddProducts(PetscInt64 n, const PetscReal flux[], const PetscReal weight[], Lanes *sum)
{
  PetscReal v[OTTO_FACES_AT_ONCE + LANES];
  PetscInt64 padded = (n + LANES - 1) / LANES * LANES;

  for (PetscInt64 i = 0; i < n; i++) v[i] = flux[i] * weight[i];
  for (PetscInt64 i = n; i < padded; i++) v[i] = 0;
  AddLanes(padded, v, sum);
}

/* Where the faces of a run stand, from its face `from` on. */
static void FacesStand(const OttoGridInfo *g, const OttoEdges *e, PetscInt64 from, PetscInt64 n,
                       PetscReal x[])
{
  PetscInt64 at[OTTO_MAX_DIM], inner = 1;

  for (PetscInt j = g->dim - 1; j > e->axis; j--) inner *= g->local[j];
  OttoGridCellIndex(g, e->x, at); /* an own cell */
  for (PetscInt64 i = 0, k = from / inner, in = from % inner; i < n; i++) {
    x[i] = g->lower[e->axis] + (PetscReal)(at[e->axis] + k + 1) * g->h[e->axis];
    if (++in < inner) continue;
    in = 0;
    k++;
  }
}

static void SumsOfEdges(const OttoEdges *e, void *context)
{
  Walk *w = (Walk *)context;
  OttoFluxes s = w->cells->fluxes;
  PetscReal flux[OTTO_FACES_AT_ONCE], drop[OTTO_FACES_AT_ONCE];

  for (PetscInt64 i = 0; i < e->n; i += OTTO_FACES_AT_ONCE) {
    const OttoFaces faces = OttoFluxCellsFaces(w->cells, e, i);
    OttoFaceFluxes(s->mobility, &faces, flux, drop);
    AddProducts(faces.n, flux, drop, &w->dissipation);
    if (s->g->boundary[e->axis] == OTTO_BOUNDARY_PERIODIC) continue;
    FacesStand(s->g, e, i, faces.n, drop);
    AddProducts(faces.n, flux, drop, &w->moment[e->axis]);
  }
}

static PetscErrorCode Sums(Walk *w, OttoFluxSums *sums)
{
  const OttoGridInfo *g = w->cells->fluxes->g;
  OttoSum total[1 + OTTO_MAX_DIM];

  PetscFunctionBegin;
  OttoEdgesWalk(g, PETSC_FALSE, SumsOfEdges, w);
  total[0] = SumOfLanes(&w->dissipation);
  for (PetscInt j = 0; j < g->dim; j++) total[1 + j] = SumOfLanes(&w->moment[j]);
  PetscCall(OttoSumReduce(g->comm, 1 + g->dim, total));
  *sums = (OttoFluxSums){.dissipation = g->cell_volume * OttoSumValue(total[0])};
  for (PetscInt j = 0; j < g->dim; j++)
    sums->moment[j] = 2 * g->h[j] * g->cell_volume * OttoSumValue(total[1 + j]);
  OttoFault("dissipation", 1, &sums->dissipation);
  OttoFault("moment", g->dim, sums->moment);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFluxesRate(OttoFluxes fluxes, const OttoFluxState *state, Vec rate,
                              OttoFluxSums *sums)
{
  OttoFluxCells cells;
  Walk walk = {.cells = &cells};

  PetscFunctionBegin;
  PetscCall(OttoFluxCellsBegin(fluxes, state, &cells));
  if (rate) {
    PetscCall(VecSet(rate, 0));
    PetscCall(VecGetArray(rate, &walk.rate));
    OttoEdgesWalk(fluxes->g, PETSC_TRUE, RateOfEdges, &walk);
    PetscCall(VecRestoreArray(rate, &walk.rate));
  }
  if (sums) PetscCall(Sums(&walk, sums));
  PetscCall(OttoFluxCellsEnd(&cells));
  PetscFunctionReturn(0);
}
