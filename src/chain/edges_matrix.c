#include "edges_matrix.h"

typedef struct {
  const OttoGridInfo *g;
  const OttoEdgesEntries *entries;
  Mat M;
  PetscErrorCode code;
} Assembling;

/* Global number of local cell `cell`, planes below and above included. */
static PetscInt Global(const OttoGridInfo *g, PetscInt64 cell)
{
  const PetscInt64 from = g->start * g->plane_cells;

  return (PetscInt)((from + cell + g->cells) % g->cells);
}

static PetscErrorCode AddEdges(Assembling *a, const OttoEdges *e)
{
  PetscReal to_upper, to_lower;

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < e->n; i++) {
    const PetscInt x = Global(a->g, e->x + i), y = Global(a->g, e->y + i);
    if (!a->entries->edge(e, i, &to_upper, &to_lower, a->entries->context)) continue;
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

static PetscErrorCode AddAll(Assembling *a)
{
  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < a->g->local_cells; c++) {
    const PetscInt x = Global(a->g, c);
    const PetscReal diagonal = a->entries->diagonal(c, a->entries->context);
    PetscCall(MatSetValues(a->M, 1, &x, 1, &x, &diagonal, ADD_VALUES));
  }
  OttoEdgesWalk(a->g, PETSC_TRUE, Visit, a);
  PetscFunctionReturn(a->code);
}

PetscErrorCode OttoEdgesMatrix(const OttoGridInfo *g, const OttoEdgesEntries *entries, Mat *M)
{
  const PetscInt local = (PetscInt)g->local_cells, row = (PetscInt)(2 * g->dim + 1);

  PetscFunctionBegin;
  if (!*M) {
    PetscCall(MatCreateAIJ(g->comm, local, local, (PetscInt)g->cells, (PetscInt)g->cells, row, NULL,
                           g->size > 1 ? 2 : 0, NULL, M));
  } else {
    PetscCall(MatZeroEntries(*M));
  }
  Assembling a = {g, entries, *M, 0};
  PetscCall(OttoAgree(g->comm, AddAll(&a)));
  PetscCall(MatAssemblyBegin(*M, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*M, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(0);
}
