/* The energy of a density and its variation (MATHEMATICS 12.1). */
#include "interaction_impl.h"
#include "internal_impl.h"
#include <otto/options.h>
#include <math.h>

#define BLOCK 512 /* cells at a time */

struct _n_OttoEnergy {
  OttoGrid grid;
  OttoInternal internal;
  OttoPotential potential;
  OttoInteraction interaction; /* NULL: none */
  Vec V;                       /* NULL: 0 */
  Vec convolved;               /* W*ρ; NULL without interaction */
  PetscBool timed;             /* V is that of a time */
};

#define NeedTime(energy) OttoNeed((energy)->timed, "OttoEnergySetTime()")

/* ---- life ---- */

static PetscErrorCode CheckGrid(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);

  PetscFunctionBegin;
  OttoCheckInput(g->dim <= 3, "grid_n: %d axes; energies are those of 1 to 3", (int)g->dim);
  for (PetscInt j = 0; j < g->dim; j++)
    OttoCheckInput(!OttoBoundaryAbsorbs(g->boundary[j], 0),
                   "grid_boundary: axis %d is absorbing; energies need axes that are periodic or "
                   "no_flux",
                   (int)j + 1);
  PetscFunctionReturn(0);
}

static PetscErrorCode Make(OttoEnergy energy)
{
  PetscFunctionBegin;
  PetscCall(OttoInternalCreate(&energy->internal));
  PetscCall(OttoPotentialCreate(energy->grid, energy->internal->T, &energy->potential));
  PetscCall(OttoInteractionCreate(energy->grid, &energy->interaction));
  if (energy->interaction) PetscCall(OttoFieldCreate(energy->grid, &energy->convolved));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoEnergyCreate(OttoGrid grid, OttoEnergy *energy)
{
  OttoEnergy e;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  *energy = NULL;
  PetscCall(CheckGrid(grid));
  PetscCall(PetscNew(&e));
  e->grid = grid;
  PetscErrorCode code = Make(e);
  if (code) PetscCall(OttoEnergyDestroy(&e));
  *energy = e;
  PetscFunctionReturn(code);
}

PetscErrorCode OttoEnergyDestroy(OttoEnergy *energy)
{
  PetscFunctionBegin;
  if (!*energy) PetscFunctionReturn(0);
  PetscCall(OttoInternalDestroy(&(*energy)->internal));
  PetscCall(OttoPotentialDestroy(&(*energy)->potential));
  PetscCall(OttoInteractionDestroy(&(*energy)->interaction));
  PetscCall(VecDestroy(&(*energy)->V));
  PetscCall(VecDestroy(&(*energy)->convolved));
  PetscCall(PetscFree(*energy));
  PetscFunctionReturn(0);
}

OttoGrid OttoEnergyGetGrid(OttoEnergy energy)
{
  return energy->grid;
}

OttoPotential OttoEnergyGetPotential(OttoEnergy energy)
{
  return energy->potential;
}

OttoInternal OttoEnergyGetInternal(OttoEnergy energy)
{
  return energy->internal;
}

OttoInteraction OttoEnergyGetInteraction(OttoEnergy energy)
{
  return energy->interaction;
}

PetscBool OttoEnergyIsTimeDependent(OttoEnergy energy)
{
  return OttoPotentialIsTimeDependent(energy->potential);
}

Vec OttoEnergyGetField(OttoEnergy energy)
{
  return energy->V;
}

/* ---- the potential ---- */

/* Whether V is 0 in every cell. */
static PetscErrorCode IsZero(OttoGrid grid, Vec V, PetscBool *zero)
{
  PetscReal least, most;

  PetscFunctionBegin;
  PetscCall(OttoFieldRange(grid, V, &least, &most));
  *zero = least == 0 && most == 0 ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoEnergySetTime(OttoEnergy energy, PetscReal t)
{
  const PetscBool moves = OttoEnergyIsTimeDependent(energy);
  PetscBool zero = PETSC_FALSE;

  PetscFunctionBegin;
  if (energy->timed && !moves) PetscFunctionReturn(0);
  if (!energy->V) PetscCall(OttoFieldCreate(energy->grid, &energy->V));
  PetscCall(OttoPotentialEvaluate(energy->potential, t, energy->V));
  OttoCheckInput(!OttoPotentialMayTilt(energy->potential),
                 "potential_seam: drift makes a slope a constant force, which has no energy; "
                 "refuse, wall or image");
  if (!moves) PetscCall(IsZero(energy->grid, energy->V, &zero));
  if (zero) PetscCall(VecDestroy(&energy->V));
  energy->timed = PETSC_TRUE;
  PetscFunctionReturn(0);
}

/* ---- the energy ---- */

/* The first cell that is negative or not finite is named. */
static PetscErrorCode CheckCells(const OttoGridInfo *g, const PetscReal rho[])
{
  PetscReal x[OTTO_MAX_DIM];
  char point[160];

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (rho[c] >= 0 && rho[c] <= PETSC_MAX_REAL) continue;
    OttoGridCellCentre(g, c, x);
    OttoGridFormatPoint(g->dim, x, point, sizeof point);
    OttoFail(OTTO_ERR_NUMERICAL, "a density is %g at %s: it has no energy",
             isnan(rho[c]) ? NAN : (double)rho[c], point);
  }
  PetscFunctionReturn(0);
}

/* Sums over cells: U(ρ), V ρ, ½ ρ (W*ρ); V and u may be NULL. */
static void Add(OttoEnergy energy, const PetscReal rho[], const PetscReal V[], const PetscReal u[],
                OttoSum sums[3])
{
  const PetscInt64 cells = OttoGridGetInfo(energy->grid)->local_cells;
  PetscReal values[BLOCK];

  for (PetscInt64 from = 0; from < cells; from += BLOCK) {
    const PetscInt64 n = PetscMin(BLOCK, cells - from);
    OttoInternalEvaluate(energy->internal, OTTO_INTERNAL_VALUE, n, rho + from, values);
    for (PetscInt64 i = 0; i < n; i++) OttoSumAdd(&sums[0], values[i]);
  }
  for (PetscInt64 c = 0; V && c < cells; c++)
    if (rho[c] > 0) OttoSumAdd(&sums[1], V[c] * rho[c]); /* of closed cells: inf, or nothing */
  for (PetscInt64 c = 0; u && c < cells; c++) OttoSumAdd(&sums[2], 0.5 * u[c] * rho[c]);
}

/* ρ's own convolution, where there is an interaction. */
static PetscErrorCode Interact(OttoEnergy energy, Vec rho)
{
  PetscFunctionBegin;
  if (energy->interaction)
    PetscCall(OttoInteractionApply(energy->interaction, rho, energy->convolved));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoEnergyEvaluate(OttoEnergy energy, Vec rho, OttoEnergyParts *parts)
{
  const OttoGridInfo *g = OttoGridGetInfo(energy->grid);
  const PetscScalar *r, *V = NULL, *u = NULL;
  OttoSum sums[3] = {{0, 0}};

  PetscFunctionBegin;
  NeedTime(energy);
  PetscCall(VecGetArrayRead(rho, &r));
  PetscErrorCode code = OttoAgree(g->comm, CheckCells(g, r));
  if (!code) code = Interact(energy, rho);
  if (!code) {
    if (energy->V) PetscCall(VecGetArrayRead(energy->V, &V));
    if (energy->convolved) PetscCall(VecGetArrayRead(energy->convolved, &u));
    Add(energy, r, V, u, sums);
    if (energy->V) PetscCall(VecRestoreArrayRead(energy->V, &V));
    if (energy->convolved) PetscCall(VecRestoreArrayRead(energy->convolved, &u));
  }
  PetscCall(VecRestoreArrayRead(rho, &r));
  PetscCall(code);
  PetscCall(OttoSumReduce(g->comm, 3, sums));
  parts->internal = OttoSumValue(sums[0]) * g->cell_volume;
  parts->potential = OttoSumValue(sums[1]) * g->cell_volume;
  parts->interaction = OttoSumValue(sums[2]) * g->cell_volume;
  for (int i = 1; i < 3; i++) {
    OttoSumAdd(&sums[0], sums[i].hi);
    OttoSumAdd(&sums[0], sums[i].lo);
  }
  parts->total = OttoSumValue(sums[0]) * g->cell_volume;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoEnergyVariation(OttoEnergy energy, Vec rho, Vec xi)
{
  const PetscInt64 cells = OttoGridGetInfo(energy->grid)->local_cells;
  const PetscScalar *r, *V = NULL, *u = NULL;
  PetscScalar *out;

  PetscFunctionBegin;
  NeedTime(energy);
  PetscCall(Interact(energy, rho));
  PetscCall(VecGetArrayRead(rho, &r));
  PetscCall(VecGetArrayWrite(xi, &out));
  if (energy->V) PetscCall(VecGetArrayRead(energy->V, &V));
  if (energy->convolved) PetscCall(VecGetArrayRead(energy->convolved, &u));
  OttoInternalEvaluate(energy->internal, OTTO_INTERNAL_SLOPE, cells, r, out);
  for (PetscInt64 c = 0; c < cells; c++) {
    if (u) out[c] += u[c];
    if (V) out[c] = V[c] == INFINITY ? INFINITY : out[c] + V[c];
  }
  if (energy->V) PetscCall(VecRestoreArrayRead(energy->V, &V));
  if (energy->convolved) PetscCall(VecRestoreArrayRead(energy->convolved, &u));
  PetscCall(VecRestoreArrayWrite(xi, &out));
  PetscCall(VecRestoreArrayRead(rho, &r));
  PetscFunctionReturn(0);
}

size_t OttoEnergyBytes(OttoEnergy energy)
{
  const size_t field = (size_t)OttoGridGetInfo(energy->grid)->local_cells * sizeof(PetscReal);

  return sizeof *energy + sizeof *energy->internal + (energy->V ? field : 0) +
         (energy->convolved ? field : 0) +
         (energy->interaction ? OttoInteractionBytes(energy->interaction) : 0);
}
