#include "velocity.h"
#include "core/bernoulli.h"
#include <otto/field.h>
#include <otto/options.h>
#include <math.h>

typedef enum { NONE, HAMILTONIAN, FORMULA } Type;
const char *const OttoVelocityNames[] = {"none", "hamiltonian", "formula", NULL};

PetscErrorCode OttoVelocityDestroy(OttoVelocity *velocity)
{
  OttoVelocity s = *velocity;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  PetscCall(OttoFormulaDestroy(&s->formula));
  for (int i = 0; i < 4; i++) {
    if (s->at[i / 2][i % 2])
      PetscCall(VecRestoreArrayRead(s->corner[i / 2][i % 2], &s->at[i / 2][i % 2]));
    PetscCall(VecDestroy(&s->corner[i / 2][i % 2]));
  }
  PetscCall(PetscFree(*velocity));
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckPlane(const OttoGridInfo *g)
{
  PetscFunctionBegin;
  OttoCheckInput(g->dim >= 2, "velocity_type: hamiltonian needs 2 or 3 axes; grid_n has 1");
  for (PetscInt j = 0; j < 2; j++)
    OttoCheckInput(g->n[j] > 1,
                   "velocity_type: hamiltonian needs more than one cell on axes 1 and 2; axis %d "
                   "has one",
                   (int)j + 1);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoVelocityFromOptions(OttoGrid grid, OttoVelocity *velocity)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const char *text = NULL;
  PetscInt type = NONE;
  PetscBool set = PETSC_FALSE;
  OttoVelocity s;

  PetscFunctionBegin;
  *velocity = NULL;
  PetscCall(OttoOptionsGetText(NULL, "velocity_formula", &text));
  if (text) type = FORMULA;
  PetscCall(OttoOptionsGetChoice(NULL, "velocity_type", OttoVelocityNames, &type, &set));
  OttoCheckInput(type == FORMULA || !text,
                 "velocity_formula: '%.200s'; velocity_type beside it is %s: give one of them",
                 text, OttoVelocityNames[type]);
  OttoCheckInput(type != FORMULA || (text && *text),
                 "velocity_formula: missing; give one component per axis, separated by commas");
  if (type == NONE) PetscFunctionReturn(0);
  if (type == HAMILTONIAN) PetscCall(CheckPlane(g));
  PetscCall(PetscNew(&s));
  *velocity = s;
  s->grid = grid;
  s->g = g;
  if (type == FORMULA)
    PetscCall(OttoFormulaCreate("velocity_formula", text, g->dim, g->dim, PETSC_TRUE, &s->formula));
  PetscFunctionReturn(0);
}

PetscBool OttoVelocityIsHamiltonian(OttoVelocity s)
{
  return s && !s->formula ? PETSC_TRUE : PETSC_FALSE;
}

const char *OttoVelocityType(OttoVelocity s)
{
  return OttoVelocityNames[!s ? NONE : s->formula ? FORMULA : HAMILTONIAN];
}

PetscBool OttoVelocityMoves(OttoVelocity s)
{
  return s && s->formula ? OttoFormulaUsesTime(s->formula) : PETSC_FALSE;
}

size_t OttoVelocityBytes(OttoVelocity s)
{
  return OttoVelocityIsHamiltonian(s) ? 4 * (size_t)s->g->local_cells * sizeof(PetscReal) : 0;
}

PetscErrorCode OttoVelocityEvaluate(OttoVelocity s, const PetscReal x[], PetscReal t, PetscInt axis,
                                    PetscErrorCode code, PetscReal *u)
{
  PetscReal all[OTTO_MAX_DIM] = {0};
  const char *text = "";
  char point[160];

  PetscFunctionBegin;
  PetscCall(OttoFormulaEvaluate(s->formula, x, t, all));
  *u = all[axis];
  if (isfinite(*u)) PetscFunctionReturn(0);
  OttoGridFormatPoint(s->g->dim, x, point, sizeof point);
  PetscCall(OttoOptionsGetText(NULL, "velocity_formula", &text));
  OttoFail(code,
           "velocity_formula: '%.200s' gives %g as component %d at the face %s, t = %g; a velocity "
           "must be finite",
           text, isnan(*u) ? NAN : (double)*u, (int)axis + 1, point, (double)t);
}

#define INTO 1e-10 /* of the velocity beside a wall: what a formula's rounding leaves */

/* Whether nothing is beyond the face of open cell c on a side of the axis: a wall of the box, or a
 * closed cell (*closed). */
static PetscBool IsWall(OttoVelocity s, PetscInt64 c, PetscInt axis, int side,
                        const OttoSurrounded *open, PetscBool *closed)
{
  const PetscInt64 beyond = OttoEdgesNeighbour(s->g, c, axis, side);

  *closed = beyond >= 0 ? PETSC_TRUE : PETSC_FALSE;
  if (beyond >= 0) return open && !(*OttoSurroundedAt(open, beyond) > 0) ? PETSC_TRUE : PETSC_FALSE;
  return OttoBoundaryAbsorbs(s->g->boundary[axis], side) ? PETSC_FALSE : PETSC_TRUE;
}

static PetscErrorCode CheckWall(OttoVelocity s, PetscInt64 c, PetscInt axis, int side, PetscReal t,
                                PetscBool closed, PetscErrorCode code)
{
  PetscReal x[OTTO_MAX_DIM], inside = 0, u = 0;
  char point[160];

  PetscFunctionBegin;
  OttoGridCellCentre(s->g, c, x);
  PetscCall(OttoVelocityEvaluate(s, x, t, axis, code, &inside));
  x[axis] += 0.5 * side * s->g->h[axis];
  if (!closed) x[axis] = side < 0 ? s->g->lower[axis] : s->g->upper[axis];
  PetscCall(OttoVelocityEvaluate(s, x, t, axis, code, &u));
  if (side * u <= INTO * fabs(inside)) PetscFunctionReturn(0);
  OttoGridFormatPoint(s->g->dim, x, point, sizeof point);
  OttoFail(
      code,
      "velocity_formula: %g along axis %d at %s leads into %s, and with the mobility 0 nothing "
      "comes back: it must be 0 there, or %s",
      (double)u, (int)axis + 1, point, closed ? "a closed cell" : "the wall of the box",
      closed ? "the mobility above 0, or velocity_type hamiltonian, which goes round it"
             : "the face absorb or the axis be periodic, of more than one cell");
}

PetscErrorCode OttoVelocityCheckWalls(OttoVelocity s, PetscInt axis, PetscReal t,
                                      const OttoSurrounded *open, PetscErrorCode code)
{
  PetscBool closed = PETSC_FALSE;

  PetscFunctionBegin;
  if (!s || !s->formula) PetscFunctionReturn(0);
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    if (open && !(open->own[c] > 0)) continue;
    for (int side = -1; side <= 1; side += 2)
      if (IsWall(s, c, axis, side, open, &closed))
        PetscCall(CheckWall(s, c, axis, side, t, closed, code));
  }
  PetscFunctionReturn(0);
}

/* ---- corners ---- */

/* Half way from every cell to its neighbour on a side of an axis. */
static PetscErrorCode Half(OttoVelocity s, Vec values, PetscInt axis, int side, Vec out)
{
  OttoSurrounded v;
  PetscScalar *half;
  OttoHalo halo;

  PetscFunctionBegin;
  PetscCall(OttoGridGetHalo(s->grid, 1, &halo));
  PetscCall(OttoFieldSurround(halo, values, &v));
  PetscCall(VecGetArray(out, &half));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    const PetscInt64 beside = OttoEdgesNeighbour(s->g, c, axis, side);
    const PetscInt64 across = OttoEdgesNeighbour(s->g, c, axis, -side);
    if (beside >= 0)
      half[c] = 0.5 * (v.own[c] + *OttoSurroundedAt(&v, beside));
    else if (OttoBoundaryAbsorbs(s->g->boundary[axis], side) && across >= 0)
      half[c] = v.own[c] + 0.5 * (v.own[c] - *OttoSurroundedAt(&v, across));
    else
      half[c] = INFINITY;
    if (isnan(half[c]) || half[c] == -INFINITY) half[c] = INFINITY; /* beside a closed cell */
  }
  PetscCall(VecRestoreArray(out, &half));
  PetscCall(OttoFieldRelease(halo, values, &v));
  PetscFunctionReturn(0);
}

/* +inf where a cell is closed. */
static PetscErrorCode Close(OttoVelocity s, Vec room, Vec V)
{
  const PetscScalar *open;
  PetscScalar *values;

  PetscFunctionBegin;
  if (!room) PetscFunctionReturn(0);
  PetscCall(VecGetArrayRead(room, &open));
  PetscCall(VecGetArray(V, &values));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    if (!(open[c] > 0)) values[c] = INFINITY;
  PetscCall(VecRestoreArray(V, &values));
  PetscCall(VecRestoreArrayRead(room, &open));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoVelocityFollow(OttoVelocity s, PetscReal T, Vec V, Vec room)
{
  Vec walled, half;

  PetscFunctionBegin;
  if (!OttoVelocityIsHamiltonian(s)) PetscFunctionReturn(0);
  s->T = T;
  PetscCall(OttoFieldCreate(s->grid, &walled));
  PetscCall(OttoFieldCreate(s->grid, &half));
  PetscCall(VecCopy(V, walled));
  PetscCall(Close(s, room, walled));
  for (int i = 0; i < 2; i++) {
    PetscCall(Half(s, walled, 0, 2 * i - 1, half));
    for (int j = 0; j < 2; j++) {
      Vec *corner = &s->corner[i][j];
      if (!*corner) PetscCall(OttoFieldCreate(s->grid, corner));
      if (s->at[i][j]) PetscCall(VecRestoreArrayRead(*corner, &s->at[i][j]));
      PetscCall(Half(s, half, 1, 2 * j - 1, *corner));
      PetscCall(VecGetArrayRead(*corner, &s->at[i][j]));
    }
  }
  PetscCall(VecDestroy(&half));
  PetscCall(VecDestroy(&walled));
  PetscFunctionReturn(0);
}

/* ---- flows ---- */

/* exp((v - a)/T) - exp((v - b)/T), relative to itself, of numbers that may be +inf. */
static PetscReal Difference(PetscReal v, PetscReal a, PetscReal b, PetscReal T)
{
  if (a == b) return 0;
  return a < b ? -exp((v - a) / T) * expm1((a - b) / T) : exp((v - b) / T) * expm1((b - a) / T);
}

PetscReal OttoVelocityFlow(OttoVelocity s, PetscInt64 cell, PetscInt axis, int side, PetscReal V)
{
  const int at = side > 0 ? 1 : 0;
  const PetscReal scale = axis < 2 ? s->T / (s->g->h[0] * s->g->h[1]) : 0;

  if (axis == 0) return scale * Difference(V, s->at[at][0][cell], s->at[at][1][cell], s->T);
  if (axis == 1) return scale * Difference(V, s->at[1][at][cell], s->at[0][at][cell], s->T);
  return 0;
}

void OttoVelocityJoin(const PetscReal flow[2], const PetscReal K[2], PetscReal *up, PetscReal *down,
                      PetscReal *force)
{
  const PetscReal w = flow[0] == 0 ? 0 : K[0] >= K[1] ? flow[0] / K[0] : flow[1] / K[1];
  double low, high;

  if (flow[0] == 0 && flow[1] == 0) return;
  if (fabs(w) <= PETSC_MAX_REAL) { /* not NaN, nor infinite */
    OttoBernoulli(fabs(w), &low, &high);
    *up *= w > 0 ? high : low;
    *down *= w > 0 ? low : high;
    *force += w;
    return;
  }
  *up = PetscMax(flow[0], 0);
  *down = PetscMax(-flow[1], 0);
  *force = flow[0] > 0 ? INFINITY : -INFINITY;
}
