#include "edges_matrix.h"

typedef struct {
  const OttoGridInfo *g;
  const OttoEdgesEntries *entries;
  PetscReal *number; /* of cells and ghosts, in the whole grid */
  Mat M;
  PetscErrorCode code;
} Assembling;

static PetscErrorCode AddEdges(Assembling *a, const OttoEdges *e)
{
  PetscReal to_upper, to_lower;

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < e->n; i++) {
    const PetscInt x = (PetscInt)a->number[e->x + i];
    const PetscInt y = (PetscInt)a->number[e->y + i];
    if (!a->entries->edge(e, i, &to_upper, &to_lower, a->entries->context)) continue;
    if (e->x < a->g->local_cells)
      PetscCall(MatSetValues(a->M, 1, &x, 1, &y, &to_lower, ADD_VALUES));
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
    const PetscInt x = (PetscInt)(a->g->offset + c);
    const PetscReal diagonal = a->entries->diagonal(c, a->entries->context);
    PetscCall(MatSetValues(a->M, 1, &x, 1, &x, &diagonal, ADD_VALUES));
  }
  OttoEdgesWalk(a->g, PETSC_TRUE, Visit, a);
  PetscFunctionReturn(a->code);
}

PetscErrorCode OttoEdgesMatrix(OttoGrid grid, const OttoEdgesEntries *entries, Mat *M)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscInt local = (PetscInt)g->local_cells, row = (PetscInt)(2 * g->dim + 1);
  OttoHalo halo;

  PetscFunctionBegin;
  if (!*M) {
    PetscCall(MatCreateAIJ(g->comm, local, local, (PetscInt)g->cells, (PetscInt)g->cells, row, NULL,
                           2 * ((g->mesh[0] > 1) + (g->mesh[1] > 1)), NULL, M));
  } else {
    PetscCall(MatZeroEntries(*M));
  }
  PetscCall(OttoGridGetHalo(grid, 1, &halo));
  Assembling a = {.g = g, .entries = entries, .M = *M};
  PetscCall(OttoHaloNumbers(halo, &a.number));
  PetscCall(OttoAgree(g->comm, AddAll(&a)));
  PetscCall(PetscFree(a.number));
  PetscCall(MatAssemblyBegin(*M, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*M, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(0);
}
