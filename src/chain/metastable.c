#include "metastable_impl.h"
#include "core/fault.h"
#include <math.h>

#define GAP 5      /* rates that differ by less have no gap: free diffusion's differ by 4 */
#define SAME 1e-3  /* rates that differ by less are the same: OttoModeEdge() */
#define EQUAL 1e-6 /* probabilities likewise, for the order of sets */
#define LARGER                                                                                     \
  1e-9 /* by how much another membership must exceed the first to count as the largest */

PetscInt OttoMetastableChoose(const OttoRelaxation *r, PetscInt *at, PetscReal *ratio)
{
  *ratio = 0;
  *at = 0;
  for (PetscInt k = 0; k + 1 < r->count; k++) {
    const PetscReal gap = r->rate[k + 1] / r->rate[k];
    if (!(gap > *ratio * (1 + EQUAL))) continue;
    *ratio = gap;
    *at = k + 1;
  }
  return *ratio >= GAP ? *at + 1 : 0;
}

const char *OttoMetastableWhyNot(OttoGenerator generator, const OttoRelaxation *r)
{
  if (!OttoGeneratorIsConservative(generator))
    return "there is no detailed balance (drift, velocity, or a temperature or noise of place)";
  if (OttoGeneratorIsAbsorbing(generator)) return "faces absorb: there is no steady state";
  if (r && r->parts > 1) return "the grid falls into parts between which nothing passes";
  return NULL;
}

/* Whether the rates are all there are: as many as open cells, with the zeros. */
static PetscErrorCode Everything(OttoGenerator generator, const OttoRelaxation *r, PetscBool *all)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  const OttoRates *rates = OttoGeneratorGetRates(generator);
  PetscInt64 open = 0;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++) open += rates->leave[c] > 0;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &open, 1, MPIU_INT64, MPI_SUM, g->comm));
  *all = r->all || r->count + 1 >= open ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

static PetscErrorCode Refuse(OttoGenerator generator, const OttoRelaxation *r, PetscInt count)
{
  const char *why = OttoMetastableWhyNot(generator, r);
  PetscBool all = PETSC_FALSE;

  PetscFunctionBegin;
  OttoCheckInput(!why, "spectrum_sets: %d; %s, and metastable sets are not defined", (int)count,
                 why);
  PetscCall(Everything(generator, r, &all));
  OttoCheckInput(count >= 0 && count <= r->count + (all ? 1 : 0),
                 "spectrum_sets: %d; so many sets take as many rates, one beyond their own, and "
                 "there are %d: raise spectrum_count",
                 (int)count, (int)r->count);
  OttoCheckInput(count < 2 || count - 1 >= r->count ||
                     r->rate[count - 1] - r->rate[count - 2] > SAME * r->rate[count - 1],
                 "spectrum_sets: %d; rates %d and %d are the same (%g), and their modes belong "
                 "together: another number",
                 (int)count, (int)count - 1, (int)count, (double)r->rate[count - 2]);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoMetastableFree(OttoMetastable *s)
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < s->functions; k++) PetscCall(VecDestroy(&s->function[k]));
  for (PetscInt k = 0; k < s->count; k++) PetscCall(VecDestroy(&s->membership[k]));
  PetscCall(VecDestroy(&s->set));
  PetscCall(PetscFree(s->function));
  PetscCall(PetscFree3(s->membership, s->probability, s->rate));
  PetscCall(PetscFree3(s->share, s->noise, s->place));
  PetscCall(PetscMemzero(s, sizeof *s));
  PetscFunctionReturn(0);
}

/* Open cells in which a function is not known. */
static PetscErrorCode CountUnknown(OttoGenerator generator, OttoMetastable *out)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  const OttoRates *rates = OttoGeneratorGetRates(generator);
  PetscBool *is;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(g->local_cells + 1, &is));
  for (PetscInt k = 0; k < out->functions; k++) {
    const PetscScalar *psi;
    PetscCall(VecGetArrayRead(out->function[k], &psi));
    for (PetscInt64 c = 0; c < g->local_cells; c++)
      if (rates->leave[c] > 0 && !isfinite(psi[c])) is[c] = PETSC_TRUE;
    PetscCall(VecRestoreArrayRead(out->function[k], &psi));
  }
  for (PetscInt64 c = 0; c < g->local_cells; c++) out->unknown += is[c];
  PetscCall(PetscFree(is));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &out->unknown, 1, MPIU_INT64, MPI_SUM, g->comm));
  PetscFunctionReturn(0);
}

/* One over the largest magnitude of every function. */
static PetscErrorCode Scales(OttoModeBasis *b)
{
  PetscFunctionBegin;
  b->scale[0] = 1;
  for (PetscInt j = 1; j < b->m; j++) {
    PetscReal most = 0;
    for (PetscInt64 c = 0; c < b->g->local_cells; c++)
      if (fabs(b->psi[j][c]) > most) most = fabs(b->psi[j][c]);
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPIU_REAL, MPIU_MAX, b->g->comm));
    b->scale[j] = 1 / most;
  }
  PetscFunctionReturn(0);
}

/* The order of the sets: by probability A_0k + Σ π ψ A_jk = A_0k, as ψ_j ⊥ 1; of equal ones by the
 * number of the corner. */
static void Order(PetscInt m, const long double A[], const PetscInt64 vertex[], PetscInt order[])
{
  for (PetscInt k = 0; k < m; k++) {
    order[k] = k;
    for (PetscInt i = k; i > 0; i--) {
      const PetscInt a = order[i - 1], b = order[i];
      const long double more = A[b] - A[a], same = EQUAL * A[a];
      if (!(more > same || (more >= -same && vertex[b] < vertex[a]))) break;
      order[i - 1] = b;
      order[i] = a;
    }
  }
}

/* χ = [1, ψ_1 …] A, in that order, and the set of every cell. */
static PetscErrorCode Fill(const OttoModeBasis *b, const long double A[], const PetscInt order[],
                           OttoMetastable *out)
{
  const PetscInt m = b->m;
  PetscScalar **chi, *set;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(m, &chi));
  for (PetscInt k = 0; k < m; k++) {
    PetscCall(OttoFieldCreate(b->grid, &out->membership[k]));
    PetscCall(VecGetArray(out->membership[k], &chi[k]));
  }
  PetscCall(OttoFieldCreate(b->grid, &out->set));
  PetscCall(VecGetArray(out->set, &set));
  for (PetscInt64 c = 0; c < b->g->local_cells; c++) {
    PetscInt largest = 0;
    for (PetscInt k = 0; k < m; k++) {
      long double value = 0;
      for (PetscInt j = 0; j < m; j++) value += OttoModeBasisAt(b, j, c) * A[j * m + order[k]];
      chi[k][c] = (PetscReal)value;
      if (chi[k][c] > chi[largest][c] + LARGER) largest = k;
    }
    set[c] = OttoModeBasisHas(b, c) ? (PetscReal)largest + 1 : NAN;
    for (PetscInt k = 0; k < m; k++) chi[k][c] = OttoModeBasisHas(b, c) ? chi[k][c] : NAN;
  }
  PetscCall(VecRestoreArray(out->set, &set));
  for (PetscInt k = 0; k < m; k++) PetscCall(VecRestoreArray(out->membership[k], &chi[k]));
  PetscCall(PetscFree(chi));
  PetscFunctionReturn(0);
}

/* Of every set the cell that was its corner. */
static void Places(const OttoGridInfo *g, const PetscInt64 vertex[], const PetscInt order[],
                   OttoMetastable *out)
{
  out->dim = g->dim;
  for (PetscInt k = 0; k < out->count; k++) {
    PetscInt64 number = vertex[order[k]];
    for (PetscInt j = g->dim - 1; j >= 0; j--) {
      out->place[k * g->dim + j] = OttoGridCentre(g, j, number % g->n[j]);
      number /= g->n[j];
    }
  }
}

/* The memberships, of the first m - 1 functions. */
static PetscErrorCode Memberships(OttoGrid grid, Vec log_pi, const Vec noise[], OttoMetastable *out)
{
  const PetscInt m = out->count;
  OttoModeBasis b = {.grid = grid, .g = OttoGridGetInfo(grid), .m = m};
  PetscInt64 *vertex;
  PetscReal *corner;
  long double *A;
  PetscInt *order;

  PetscFunctionBegin;
  PetscCall(PetscCalloc6(m, &b.psi, m, &b.scale, m, &vertex, m * m, &corner, m * m, &A, m, &order));
  for (PetscInt j = 1; j < m; j++) PetscCall(VecGetArrayRead(out->function[j - 1], &b.psi[j]));
  PetscCall(Scales(&b));
  PetscCall(OttoModeCorners(&b, vertex, corner));
  if (!OttoModeInverse(m, corner, A))
    OttoFail(OTTO_ERR_SOLVER, "metastable sets: %d modes do not tell %d sets apart", (int)m - 1,
             (int)m);
  PetscCall(OttoModeFeasible(&b, A));
  Order(m, A, vertex, order);
  PetscCall(Fill(&b, A, order, out));
  Places(b.g, vertex, order, out);
  PetscCall(OttoModeDoubt(&b, log_pi, noise, A, order, out));
  for (PetscInt j = 1; j < m; j++) PetscCall(VecRestoreArrayRead(out->function[j - 1], &b.psi[j]));
  PetscCall(PetscFree6(b.psi, b.scale, vertex, corner, A, order));
  PetscCall(OttoFaultVec("membership", out->membership[0]));
  PetscFunctionReturn(0);
}

static PetscErrorCode Sets(OttoGenerator generator, Vec log_pi, const OttoRelaxation *r,
                           PetscInt count, OttoMetastable *out)
{
  OttoGrid grid = OttoGeneratorGetGrid(generator);
  Vec *noise;

  PetscFunctionBegin;
  out->count = count;
  PetscCall(
      PetscCalloc3(count, &out->membership, count, &out->probability, count * count, &out->rate));
  PetscCall(PetscCalloc3(count, &out->share, count, &out->noise, count * OttoGridGetInfo(grid)->dim,
                         &out->place));
  PetscCall(PetscCalloc1(count, &noise));
  PetscCall(OttoModePolish(generator, log_pi, r, count - 1, out->function, noise));
  PetscCall(Memberships(grid, log_pi, noise, out));
  for (PetscInt j = 0; j + 1 < count; j++) PetscCall(VecDestroy(&noise[j]));
  PetscCall(PetscFree(noise));
  PetscCall(OttoModeCoarse(generator, log_pi, r->rate, out));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoMetastableCompute(OttoGenerator generator, const OttoRelaxation *r,
                                     PetscInt count, OttoMetastable *out)
{
  OttoGrid grid = OttoGeneratorGetGrid(generator);
  OttoModeRest rest = {0};
  Vec pi, log_pi;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(out, sizeof *out));
  OttoNeedGenerator(generator);
  PetscCall(Refuse(generator, r, count));
  PetscCall(OttoFieldCreate(grid, &pi));
  PetscCall(OttoFieldCreate(grid, &log_pi));
  PetscCall(OttoGeneratorGibbs(generator, pi, log_pi));
  PetscCall(PetscCalloc1(r->count, &out->function));
  for (; out->functions < r->count; out->functions++) {
    const PetscInt k = out->functions;
    PetscCall(
        OttoModeFunction(generator, log_pi, r->rate[k], r->mode[k], &rest, &out->function[k]));
  }
  PetscCall(OttoModeRestFree(&rest));
  PetscCall(CountUnknown(generator, out));
  if (count) PetscCall(Sets(generator, log_pi, r, count, out));
  PetscCall(VecDestroy(&pi));
  PetscCall(VecDestroy(&log_pi));
  PetscFunctionReturn(0);
}
