/* The generator as a PETSc matrix: W⁻¹ Qᵀ W with W = exp(-V/2T), or 1. Along an edge with force z
 * and conservative part zc, Q_xy w_x/w_y = s e^{(z-zc)/2} and Q_yx w_y/w_x = s e^{-(z-zc)/2}, where
 * s = √(Q_xy Q_yx) = (D/h²) (z/2)/sinh(z/2): nothing large is formed, whatever V. */
#include <otto/generator.h>
#include "edges.h"
#include <math.h>

typedef struct {
  const OttoGridInfo *g;
  const OttoRates *rates;
  PetscBool gibbs;
  Mat M;
  PetscErrorCode code;
} Assembling;

/* Global number of local cell `cell`, planes below and above included. */
static PetscInt Global(const OttoGridInfo *g, PetscInt64 cell)
{
  const PetscInt64 from = g->start * g->plane_cells;

  return (PetscInt)((from + cell + g->cells) % g->cells);
}

static void EntriesOfEdge(const Assembling *a, PetscInt axis, PetscInt64 cell, PetscReal *to_upper,
                          PetscReal *to_lower)
{
  PetscReal up = a->rates->up[axis][cell], down = a->rates->down[axis][cell];
  PetscReal z = a->rates->force[axis][cell], drift = z - a->rates->work[axis][cell];

  if (a->gibbs) {
    PetscReal large = PetscMax(up, down), s = large * exp(-0.5 * fabs(z)); /* large/small = e^|z| */
    up = s * exp(0.5 * drift);
    down = s * exp(-0.5 * drift);
  }
  *to_upper = up;
  *to_lower = down;
}

static PetscErrorCode AddEdges(Assembling *a, const OttoEdges *e)
{
  PetscReal to_upper, to_lower;

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < e->n; i++) {
    PetscInt x = Global(a->g, e->x + i), y = Global(a->g, e->y + i);
    EntriesOfEdge(a, e->axis, e->x + i, &to_upper, &to_lower);
    if (e->x >= 0) PetscCall(MatSetValues(a->M, 1, &x, 1, &y, &to_lower, ADD_VALUES));
    if (e->y < a->g->local_cells)
      PetscCall(MatSetValues(a->M, 1, &y, 1, &x, &to_upper, ADD_VALUES));
  }
  PetscFunctionReturn(0);
}

static void Visit(const OttoEdges *e, void *context)
{
  Assembling *a = (Assembling *)context;
  if (!a->code) a->code = AddEdges(a, e);
}

static PetscErrorCode Entries(Assembling *a)
{
  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < a->g->local_cells; c++) {
    PetscInt x = Global(a->g, c);
    PetscReal diagonal = -a->rates->leave[c];
    PetscCall(MatSetValues(a->M, 1, &x, 1, &x, &diagonal, ADD_VALUES));
  }
  OttoEdgesWalk(a->g, PETSC_TRUE, Visit, a);
  PetscFunctionReturn(a->code);
}

PetscErrorCode OttoGeneratorAssemble(OttoGenerator generator, PetscBool gibbs, Mat *M)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  const PetscInt local = (PetscInt)g->local_cells, row = (PetscInt)(2 * g->dim + 1);

  PetscFunctionBegin;
  if (!*M) {
    PetscCall(MatCreateAIJ(g->comm, local, local, (PetscInt)g->cells, (PetscInt)g->cells, row, NULL,
                           g->size > 1 ? 2 : 0, NULL, M));
  } else {
    PetscCall(MatZeroEntries(*M));
  }
  Assembling a = {g, OttoGeneratorGetRates(generator), gibbs, *M, 0};
  PetscCall(OttoAgree(g->comm, Entries(&a)));
  PetscCall(MatAssemblyBegin(*M, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*M, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(0);
}
