#include "plan.h"
#include "carry.h"
#include "matching.h"
#include "relay.h"
#include <otto/field.h>

/* Rounds, each a solution of Poisson's equation; the first carry columns far, the others hand them
 * on. Measured on smooth mixtures and on images of 256² and 1024² cells. */
#define CARRIES 2
#define ROUNDS 4
#define LITTLE 1e-6   /* of the mass in wrong places is not worth a round */
#define PROGRESS 0.95 /* what a round leaves of it, at most, for another */

/* Brings columns near to q. */
static PetscErrorCode Approach(OttoGrid grid, const OttoPlanPoisson *poisson, const PetscReal q[],
                               OttoColumns *columns, OttoColumns *spare)
{
  OttoCurrent current;
  PetscReal before = PETSC_INFINITY;
  PetscErrorCode code;

  PetscFunctionBegin;
  code = OttoCurrentCreate(grid, q, &current);
  for (PetscInt k = 0; k < ROUNDS && !code; k++) {
    code = OttoCurrentMissing(&current, columns);
    if (code || !(current.wrong > LITTLE * current.mass)) break;
    if (k >= CARRIES && !(current.wrong < PROGRESS * before)) break;
    before = current.wrong;
    code = poisson->solve(poisson->context, current.delta, current.u);
    if (!code && k < CARRIES) code = OttoCarry(&current, columns, spare);
    if (!code && k >= CARRIES) code = OttoRelay(&current, columns, spare);
  }
  PetscCall(OttoCurrentDestroy(&current));
  PetscFunctionReturn(code);
}

/* Of every column what q has room for stays, the rest is left in it; returns twice the cost of
 * what stays. */
static OttoSum Keep(const OttoGridInfo *g, const PetscReal q[], const OttoColumns *columns)
{
  const PetscInt fields = columns->fields;
  PetscReal *const *sum = columns->sum;
  OttoSum stays = {0, 0};

  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    const PetscReal room = q[c] * g->cell_volume, excess = sum[0][c] - room;
    const PetscReal leaves = excess > 0 ? excess / sum[0][c] : 0;
    OttoSumAdd(&stays, excess > 0 ? room / sum[0][c] * sum[fields - 1][c] : sum[fields - 1][c]);
    sum[0][c] = excess;
    for (PetscInt k = 1; k < fields; k++) sum[k][c] *= leaves;
  }
  return stays;
}

PetscErrorCode OttoPlanCost(OttoGrid grid, const OttoPlanPoisson *poisson, const PetscReal p[],
                            const PetscReal q[], const PetscReal *const lower[],
                            const PetscReal *const upper[], PetscReal *cost)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoColumns columns = {0}, spare = {0};
  PetscErrorCode code;
  OttoSum stays;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  code = OttoColumnsCreate(grid, &columns);
  if (!code) code = OttoColumnsCreate(grid, &spare);
  if (!code) { /* every atom in its own cell, then on its way */
    for (PetscInt64 c = 0; c < g->local_cells; c++) spare.sum[0][c] = p[c] * g->cell_volume;
    code = OttoColumnsSpread(grid, &spare, lower, upper, &columns);
  }
  if (!code && poisson) code = Approach(grid, poisson, q, &columns, &spare);
  if (!code) {
    stays = Keep(g, q, &columns);
    code = OttoSumReduce(g->comm, 1, &stays);
  }
  if (!code) {
    *cost = OttoSumValue(stays) / 2;
    code = OttoMatchExcess(grid, &columns, cost);
  }
  PetscCall(OttoColumnsDestroy(&columns));
  PetscCall(OttoColumnsDestroy(&spare));
  PetscFunctionReturn(code);
}
