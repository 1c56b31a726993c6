/* The linearised JKO scheme by cells: every face is seen from both of its cells. */
#include "ljko.h"
#include "grid/edges.h"
#include <math.h>

#define MOST_SIDES (2 * OTTO_MAX_DIM)

/* ---- the grid ---- */

static void Neighbours(OttoLjkoScheme *s)
{
  for (PetscInt64 c = 0; c < s->own; c++)
    for (PetscInt k = 0; k < s->sides; k++)
      s->beside[c * s->sides + k] = OttoEdgesNeighbour(s->g, c, k / 2, k % 2 ? 1 : -1);
}

PetscErrorCode OttoLjkoSchemeCreate(OttoGrid grid, const PetscReal mobility[], OttoLjkoScheme *s)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);

  PetscFunctionBegin;
  s->g = g;
  s->sides = 2 * g->dim;
  for (PetscInt j = 0; j < g->dim; j++) s->weight[j] = mobility[j] / PetscSqr(g->h[j]);
  PetscCall(OttoGridGetHalo(grid, 1, &s->halo));
  s->own = g->local_cells;
  s->all = s->own + OttoHaloCells(s->halo);
  PetscCall(OttoAgree(g->comm, PetscMalloc1((size_t)(s->own * s->sides + 1), &s->beside)));
  PetscCall(OttoHaloNumbers(s->halo, &s->number));
  Neighbours(s);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLjkoSchemeDestroy(OttoLjkoScheme *s)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(s->beside));
  PetscCall(PetscFree(s->number));
  PetscFunctionReturn(0);
}

void OttoLjkoClose(OttoLjkoScheme *s, const PetscReal field[])
{
  Neighbours(s); /* cells may open with time */
  for (PetscInt64 c = 0; c < s->own; c++)
    for (PetscInt k = 0; k < s->sides; k++) {
      PetscInt64 *to = &s->beside[c * s->sides + k];
      if (*to >= 0 && (field[c] == INFINITY || field[*to] == INFINITY)) *to = -1;
    }
}

PetscErrorCode OttoLjkoSurround(const OttoLjkoScheme *s, PetscReal u[])
{
  OttoSurrounded ghosts;

  PetscFunctionBegin;
  PetscCall(OttoHaloSurround(s->halo, u, &ghosts));
  PetscCall(PetscArraycpy(u + s->own, ghosts.ghost, s->all - s->own));
  PetscCall(OttoHaloRelease(s->halo, &ghosts));
  PetscFunctionReturn(0);
}

/* ---- A, J, Jᵀ ---- */

void OttoLjkoSpeed(const OttoLjkoScheme *s, const PetscReal phi[], PetscReal speed[])
{
  const PetscInt64 *beside = s->beside;

  for (PetscInt64 c = 0; c < s->own; c++, beside += s->sides) {
    PetscReal sum = 0;
    for (PetscInt k = 0; k < s->sides; k++) {
      if (beside[k] < 0) continue;
      const PetscReal drop = phi[c] - phi[beside[k]];
      if (drop > 0) sum += s->weight[k / 2] * drop * drop;
    }
    speed[c] = sum;
  }
}

void OttoLjkoSlope(const OttoLjkoScheme *s, const PetscReal phi[], const PetscReal x[],
                   PetscReal out[])
{
  const PetscInt64 *beside = s->beside;

  for (PetscInt64 c = 0; c < s->own; c++, beside += s->sides) {
    PetscReal sum = 0;
    for (PetscInt k = 0; k < s->sides; k++) {
      if (beside[k] < 0) continue;
      const PetscReal drop = phi[c] - phi[beside[k]];
      if (drop > 0) sum += s->weight[k / 2] * drop * (x[c] - x[beside[k]]);
    }
    out[c] = x[c] + s->tau * sum;
  }
}

void OttoLjkoBack(const OttoLjkoScheme *s, const PetscReal phi[], const PetscReal x[],
                  PetscReal out[])
{
  const PetscInt64 *beside = s->beside;

  for (PetscInt64 c = 0; c < s->own; c++, beside += s->sides) {
    PetscReal sum = 0;
    for (PetscInt k = 0; k < s->sides; k++) {
      if (beside[k] < 0) continue;
      const PetscReal drop = phi[c] - phi[beside[k]];
      sum += s->weight[k / 2] * drop * (drop > 0 ? x[c] : x[beside[k]]);
    }
    out[c] = x[c] + s->tau * sum;
  }
}

void OttoLjkoCome(const OttoLjkoScheme *s, const PetscReal phi[], const PetscReal rho[],
                  const PetscReal before[], PetscReal out[])
{
  const PetscInt64 *beside = s->beside;

  for (PetscInt64 c = 0; c < s->own; c++, beside += s->sides) {
    PetscReal leaves = 0, comes = 0;
    for (PetscInt k = 0; k < s->sides; k++) {
      if (beside[k] < 0) continue;
      const PetscReal drop = phi[c] - phi[beside[k]];
      if (drop > 0)
        leaves += s->weight[k / 2] * drop;
      else
        comes -= s->weight[k / 2] * drop * rho[beside[k]];
    }
    out[c] = (before[c] + s->tau * comes) / (1 + s->tau * leaves);
  }
}

void OttoLjkoMoment(const OttoLjkoScheme *s, const PetscReal phi[], const PetscReal rho[],
                    PetscReal moment[])
{
  const OttoGridInfo *g = s->g;
  PetscReal x[OTTO_MAX_DIM];
  OttoSum sum[OTTO_MAX_DIM] = {{0, 0}};

  for (PetscInt64 c = 0; c < s->own; c++) {
    OttoGridCellCentre(g, c, x);
    for (PetscInt k = 0; k < s->sides; k++) {
      const PetscInt64 to = s->beside[c * s->sides + k];
      const PetscInt j = k / 2;
      if (to < 0 || g->boundary[j] == OTTO_BOUNDARY_PERIODIC || phi[c] <= phi[to]) continue;
      const PetscReal side = k % 2 ? 1 : -1, face = x[j] + 0.5 * side * g->h[j];
      OttoSumAdd(&sum[j], side * 2 * face * s->weight[j] * g->h[j] * rho[c] * (phi[c] - phi[to]));
    }
  }
  for (PetscInt j = 0; j < g->dim; j++) moment[j] = OttoSumValue(sum[j]) * g->cell_volume;
}

/* ---- the matrix ---- */

/* Whether some cell two steps from this one is another rank's. */
static PetscBool NearAnother(const OttoGridInfo *g, const PetscInt64 at[])
{
  for (PetscInt j = 0; j < g->dim; j++)
    if (g->local[j] < g->n[j] && (at[j] < 2 || at[j] >= g->local[j] - 2)) return PETSC_TRUE;
  return PETSC_FALSE;
}

/* Cells add to rows of other ranks: in the order of these ranks, not that in which messages arrive,
 * so that a run gives the same digits again. A matrix reads it when it is given its type. */
static PetscErrorCode SetType(Mat H)
{
  static const char *const keys[] = {"-matstash_legacy", "-matstash_reproduce"};

  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) PetscCall(PetscOptionsSetValue(NULL, keys[i], "1"));
  PetscCall(MatSetType(H, MATAIJ));
  for (int i = 0; i < 2; i++) PetscCall(PetscOptionsClearValue(NULL, keys[i]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLjkoCreateMatrix(const OttoLjkoScheme *s, Mat *H)
{
  const PetscInt d = s->g->dim, most = 2 * d * d + 2 * d + 1;
  const PetscInt row = (PetscInt)PetscMin((PetscInt64)most, s->g->cells);
  PetscInt *mine, *others;
  PetscInt64 at[OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(OttoAgree(s->g->comm,
                      PetscMalloc2((size_t)(s->own + 1), &mine, (size_t)(s->own + 1), &others)));
  for (PetscInt64 c = 0; c < s->own; c++) {
    OttoHaloPosition(s->g, c, at);
    mine[c] = (PetscInt)PetscMin((PetscInt64)row, s->own);
    others[c] =
        NearAnother(s->g, at) ? (PetscInt)PetscMin((PetscInt64)row, s->g->cells - s->own) : 0;
  }
  PetscCall(MatCreate(s->g->comm, H));
  PetscCall(MatSetSizes(*H, (PetscInt)s->own, (PetscInt)s->own, PETSC_DETERMINE, PETSC_DETERMINE));
  PetscCall(SetType(*H));
  PetscCall(MatXAIJSetPreallocation(*H, 1, mine, others, NULL, NULL));
  /* the first assembly drops what closed cells do not use: they may open with time */
  PetscCall(MatSetOption(*H, MAT_NEW_NONZERO_ALLOCATION_ERR, PETSC_FALSE));
  PetscCall(PetscFree2(mine, others));
  PetscCall(MatSetOption(*H, MAT_SPD, PETSC_TRUE));
  PetscFunctionReturn(0);
}

/* Whether mass leaves cell c for its neighbour; where neither is higher, the one that has more. */
static PetscBool Leaves(const OttoLjkoScheme *s, const PetscReal phi[], const PetscReal rho[],
                        PetscInt64 c, PetscInt64 to)
{
  if (phi[c] != phi[to]) return phi[c] > phi[to] ? PETSC_TRUE : PETSC_FALSE;
  if (rho[c] != rho[to]) return rho[c] > rho[to] ? PETSC_TRUE : PETSC_FALSE;
  return s->number[c] < s->number[to] ? PETSC_TRUE : PETSC_FALSE;
}

/* What cell c adds, as a full matrix over itself and its neighbours; returns how many. */
static PetscInt Block(const OttoLjkoScheme *s, const PetscReal phi[], const PetscReal rho[],
                      PetscReal stiff, PetscInt64 c, PetscInt cells[], PetscScalar block[])
{
  const PetscInt64 *beside = s->beside + c * s->sides;
  PetscReal row[MOST_SIDES + 1] = {1}, face[MOST_SIDES + 1] = {0};
  PetscInt n = 1;

  cells[0] = (PetscInt)s->number[c];
  for (PetscInt k = 0; k < s->sides; k++) {
    const PetscInt64 to = beside[k];
    if (to < 0) continue;
    const PetscReal weight = s->tau * s->weight[k / 2], drop = phi[c] - phi[to];
    cells[n] = (PetscInt)s->number[to];
    row[n] = drop > 0 ? -weight * drop : 0;
    row[0] -= row[n];
    face[n] = Leaves(s, phi, rho, c, to) ? weight * rho[c] : 0;
    face[0] += face[n++];
  }
  for (PetscInt a = 0; a < n; a++)
    for (PetscInt b = 0; b < n; b++) block[a * n + b] = stiff * row[a] * row[b];
  block[0] += face[0];
  for (PetscInt a = 1; a < n; a++) {
    block[a * n + a] += face[a];
    block[a * n] -= face[a];
    block[a] -= face[a];
  }
  return n;
}

PetscErrorCode OttoLjkoFill(const OttoLjkoScheme *s, const PetscReal phi[], const PetscReal rho[],
                            const PetscReal stiff[], Mat H)
{
  PetscScalar block[(MOST_SIDES + 1) * (MOST_SIDES + 1)];
  PetscInt cells[MOST_SIDES + 1];

  PetscFunctionBegin;
  PetscCall(MatZeroEntries(H));
  for (PetscInt64 c = 0; c < s->own; c++) {
    const PetscInt n = Block(s, phi, rho, stiff[c], c, cells, block);
    if (n == 1 && !(stiff[c] > 0)) block[0] = 1; /* closed */
    PetscCall(MatSetValues(H, n, cells, n, cells, block, ADD_VALUES));
  }
  PetscCall(MatAssemblyBegin(H, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(H, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(0);
}
