/* A grid for transforms beside another: other boundaries, other ranks, twice as wide,
 * parts of its cells. */
#include "twin.h"
#include "transform_impl.h"
#include <string.h>

/* Cells dealt evenly to a mesh of ranks, all parts of one to one rank. */
static PetscErrorCode WholeCells(const PetscMPIInt mesh[2], PetscInt parts, OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscInt64 *cuts[2];

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(mesh[0] + 1, &cuts[0], mesh[1] + 1, &cuts[1]));
  for (int j = 0; j < 2; j++) {
    const PetscInt each = j < g->dim ? parts : 1;
    const PetscInt64 cells = g->n[j] / each;
    for (PetscMPIInt r = 0; r <= mesh[j]; r++)
      cuts[j][r] = each * (cells / mesh[j] * r + PetscMin(r, cells % mesh[j]));
  }
  PetscCall(OttoGridSetMesh(grid, mesh[0], mesh[1]));
  PetscCall(OttoGridSetCuts(grid, (const PetscInt64 *const *)cuts));
  PetscCall(PetscFree2(cuts[0], cuts[1]));
  PetscFunctionReturn(0);
}

/* On the mesh of the grid asked about, where the engine serves it. */
static PetscErrorCode LayGrid(const OttoGridInfo *g, OttoGrid grid)
{
  PetscBool meshes;

  PetscFunctionBegin;
  PetscCall(OttoTransformLayGrid(grid));
  PetscCall(OttoTransformServesMeshes(&meshes));
  if (meshes) PetscCall(OttoGridSetMesh(grid, g->mesh[0], g->mesh[1]));
  PetscFunctionReturn(0);
}

/* The twin's grid, dealt as its transform wants it. */
static PetscErrorCode MakeGrid(const OttoGridInfo *g, PetscBool wide, PetscInt parts,
                               OttoGrid *grid)
{
  PetscReal lower[OTTO_MAX_DIM] = {0}, upper[OTTO_MAX_DIM];
  OttoBoundary boundary[OTTO_MAX_DIM];
  PetscInt64 n[OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscBool periodic = g->boundary[j] == OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
    const PetscInt64 times = wide && !periodic ? 2 : 1;
    OttoCheckInput(!OttoBoundaryAbsorbs(g->boundary[j], 0),
                   "grid_boundary: axis %d is absorbing; it must be periodic, no_flux or open",
                   (int)j);
    n[j] = times * parts * g->n[j];
    upper[j] = (PetscReal)times * (g->upper[j] - g->lower[j]);
    boundary[j] = wide || periodic ? OTTO_BOUNDARY_PERIODIC : OTTO_BOUNDARY_NO_FLUX;
  }
  PetscCall(OttoGridCreate(g->comm, grid));
  PetscCall(OttoGridSetBox(*grid, g->dim, n, lower, upper, boundary));
  if (parts == 1)
    PetscCall(LayGrid(g, *grid));
  else
    PetscCall(WholeCells(g->mesh, parts, *grid));
  PetscCall(OttoGridSetUp(*grid));
  PetscFunctionReturn(0);
}

/* The cells of `g`, each with the rank that has it in the twin. */
static PetscErrorCode MakeCut(const OttoGridInfo *g, const OttoGridInfo *twin, PetscInt parts,
                              OttoGrid *cut)
{
  PetscInt64 *cuts[2];

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(twin->mesh[0] + 1, &cuts[0], twin->mesh[1] + 1, &cuts[1]));
  for (int j = 0; j < 2; j++)
    for (PetscMPIInt r = 0; r <= twin->mesh[j]; r++)
      cuts[j][r] = PetscMin(twin->cuts[j][r] / (j < g->dim ? parts : 1), g->n[j]);
  PetscCall(OttoGridCreate(g->comm, cut));
  PetscCall(OttoGridSetBox(*cut, g->dim, g->n, g->lower, g->upper, g->boundary));
  PetscCall(OttoGridSetMesh(*cut, twin->mesh[0], twin->mesh[1]));
  PetscCall(OttoGridSetCuts(*cut, (const PetscInt64 *const *)cuts));
  PetscCall(OttoGridSetUp(*cut));
  PetscCall(PetscFree2(cuts[0], cuts[1]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTwinDestroy(OttoTwin *twin)
{
  PetscFunctionBegin;
  PetscCall(OttoTransformDestroy(&twin->transform));
  if (twin->cut != twin->grid) PetscCall(OttoGridDestroy(&twin->cut));
  PetscCall(OttoGridDestroy(&twin->grid));
  twin->cut = NULL;
  PetscFunctionReturn(0);
}

static PetscErrorCode Make(PetscBool wide, OttoTwin *twin)
{
  const OttoGridInfo *g = OttoGridGetInfo(twin->from);

  PetscFunctionBegin;
  PetscCheck(!wide || twin->parts == 1, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "a wide twin has whole cells");
  PetscCall(MakeGrid(g, wide, twin->parts, &twin->grid));
  if (wide || twin->parts > 1)
    PetscCall(MakeCut(g, OttoGridGetInfo(twin->grid), twin->parts, &twin->cut));
  else
    twin->cut = twin->grid;
  PetscCall(OttoTransformCreate(twin->grid, &twin->transform));
  if (twin->parts == 1)
    PetscCall(OttoTransformSetFromOptions(twin->transform));
  else
    PetscCall(OttoTransformSetType(twin->transform, "own"));
  PetscCall(OttoTransformSetUp(twin->transform));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTwinCreate(OttoGrid from, PetscBool wide, PetscInt parts, OttoTwin *twin)
{
  PetscErrorCode code;

  PetscFunctionBegin;
  memset(twin, 0, sizeof *twin);
  twin->from = from;
  twin->parts = parts;
  code = Make(wide, twin);
  if (code) PetscCall(OttoTwinDestroy(twin));
  PetscFunctionReturn(code);
}

/* Whether both deal every cell to the same rank. */
static PetscBool SameCuts(const OttoGridInfo *a, const OttoGridInfo *b)
{
  for (int j = 0; j < 2; j++)
    if (a->mesh[j] != b->mesh[j] ||
        memcmp(a->cuts[j], b->cuts[j], ((size_t)a->mesh[j] + 1) * sizeof a->cuts[j][0]))
      return PETSC_FALSE;
  return PETSC_TRUE;
}

/* u of one as v of the other: copied where they stand on the same ranks. */
static PetscErrorCode Move(OttoGrid from, const PetscReal u[], OttoGrid to, PetscReal v[])
{
  const OttoGridInfo *a = OttoGridGetInfo(from), *b = OttoGridGetInfo(to);

  PetscFunctionBegin;
  if (SameCuts(a, b))
    memcpy(v, u, (size_t)a->local_cells * sizeof *v);
  else
    PetscCall(OttoFieldMove(from, u, to, v));
  PetscFunctionReturn(0);
}

/* The local cell of `cut` that a local cell of the twin is a part of, or -1. */
static PetscInt64 CellOf(const OttoTwin *twin, PetscInt64 part)
{
  const OttoGridInfo *cut = OttoGridGetInfo(twin->cut), *fine = OttoGridGetInfo(twin->grid);
  PetscInt64 at[OTTO_MAX_DIM], cell = 0;

  OttoGridCellIndex(fine, part, at);
  for (PetscInt j = 0; j < cut->dim; j++) {
    const PetscInt64 i = at[j] / twin->parts;
    if (i >= cut->n[j]) return -1;
    cell = cell * cut->local[j] + i - cut->first[j];
  }
  return cell;
}

/* Along the last axis, from a local cell of the twin on: how many of its cells go together, and how
 * many of these are cells of `cut` in a row. */
static PetscInt64 Run(const OttoTwin *twin, PetscInt64 part, PetscInt64 *inside)
{
  const OttoGridInfo *cut = OttoGridGetInfo(twin->cut), *fine = OttoGridGetInfo(twin->grid);
  const PetscInt last = fine->dim - 1;

  *inside = twin->parts == 1 ? cut->local[last] : 1;
  if (CellOf(twin, part) < 0) *inside = 0;
  return twin->parts == 1 ? fine->local[last] : 1;
}

/* The twin's cells of cells. */
static void Spread(const OttoTwin *twin, const PetscReal own[], PetscReal v[])
{
  const PetscInt64 cells = OttoGridGetInfo(twin->grid)->local_cells;
  PetscInt64 inside;

  for (PetscInt64 c = 0; c < cells;) {
    const PetscInt64 run = Run(twin, c, &inside);
    if (inside) memcpy(v + c, own + CellOf(twin, c), (size_t)inside * sizeof *v);
    memset(v + c + inside, 0, (size_t)(run - inside) * sizeof *v);
    c += run;
  }
}

/* Cells of the twin's, zeros before. */
static void Gather(const OttoTwin *twin, const PetscReal v[], PetscReal own[])
{
  const PetscInt64 cells = OttoGridGetInfo(twin->grid)->local_cells;
  PetscReal share = 1;
  PetscInt64 inside;

  for (PetscInt j = 0; j < OttoGridGetInfo(twin->cut)->dim; j++) share /= (PetscReal)twin->parts;
  for (PetscInt64 c = 0; c < cells;) {
    const PetscInt64 run = Run(twin, c, &inside), cell = CellOf(twin, c);
    for (PetscInt64 i = 0; i < inside; i++) own[cell + i] += share * v[c + i];
    c += run;
  }
}

PetscErrorCode OttoTwinTake(const OttoTwin *twin, const PetscReal u[], Vec v)
{
  const OttoGridInfo *cut = OttoGridGetInfo(twin->cut);
  PetscReal *own = NULL;
  PetscScalar *out;

  PetscFunctionBegin;
  PetscCall(VecGetArrayWrite(v, &out));
  if (twin->cut == twin->grid) {
    PetscCall(Move(twin->from, u, twin->grid, out));
  } else if (SameCuts(OttoGridGetInfo(twin->from), cut)) {
    Spread(twin, u, out);
  } else {
    PetscCall(OttoAgree(cut->comm, PetscMalloc1(PetscMax(1, cut->local_cells), &own)));
    PetscCall(Move(twin->from, u, twin->cut, own));
    Spread(twin, own, out);
    PetscCall(PetscFree(own));
  }
  PetscCall(VecRestoreArrayWrite(v, &out));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTwinGive(const OttoTwin *twin, Vec v, PetscReal u[])
{
  const OttoGridInfo *cut = OttoGridGetInfo(twin->cut);
  PetscReal *own = NULL;
  const PetscScalar *in;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(v, &in));
  if (twin->cut == twin->grid) {
    PetscCall(Move(twin->grid, in, twin->from, u));
  } else if (SameCuts(OttoGridGetInfo(twin->from), cut)) {
    PetscCall(PetscArrayzero(u, cut->local_cells));
    Gather(twin, in, u);
  } else {
    PetscCall(OttoAgree(cut->comm, PetscCalloc1(PetscMax(1, cut->local_cells), &own)));
    Gather(twin, in, own);
    PetscCall(Move(twin->cut, own, twin->from, u));
    PetscCall(PetscFree(own));
  }
  PetscCall(VecRestoreArrayRead(v, &in));
  PetscFunctionReturn(0);
}
