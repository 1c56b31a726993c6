/* Fluxes: what they are of. */
#include "fluxes_impl.h"
#include <otto/options.h>
#include <otto/field.h>

const char *const OttoMobilities[] = {"upwind", "limited", "scharfetter_gummel", NULL};

PetscErrorCode OttoFluxesCreate(OttoEnergy energy, OttoMobility mobility, const PetscReal factor[],
                                OttoFluxes *fluxes)
{
  OttoGrid grid = OttoEnergyGetGrid(energy);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscReal T = OttoInternalTemperature(OttoEnergyGetInternal(energy));
  OttoFluxes s;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  OttoCheckInput(
      mobility != OTTO_MOBILITY_SCHARFETTER_GUMMEL || T > 0,
      "flow_mobility: scharfetter_gummel is for energy_internal entropy at a temperature "
      "above 0; take limited or upwind");
  for (PetscInt j = 0; factor && j < g->dim; j++)
    OttoCheckInput(factor[j] > 0 && factor[j] <= PETSC_MAX_REAL,
                   "mobility: %g on axis %d; it must be above 0", (double)factor[j], (int)j + 1);
  PetscCall(PetscNew(&s));
  s->energy = energy;
  s->grid = grid;
  s->g = g;
  s->mobility = mobility;
  s->T = T;
  for (PetscInt j = 0; j < g->dim; j++) s->factor[j] = factor ? factor[j] : 1;
  *fluxes = s;
  PetscErrorCode code = 0;
  for (PetscInt j = 0; mobility == OTTO_MOBILITY_LIMITED && j < g->dim && !code; j++)
    code = PetscMalloc1((size_t)PetscMax(1, g->local_cells), &s->lean[j]);
  PetscCall(OttoAgree(g->comm, code));
  PetscCall(OttoGridGetHalo(grid, 1, &s->halo));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFluxesCreateFromOptions(OttoEnergy energy, OttoFluxes *fluxes)
{
  static const char *const names[] = {"auto", "upwind", "limited", "scharfetter_gummel", NULL};
  const OttoGridInfo *g = OttoGridGetInfo(OttoEnergyGetGrid(energy));
  const PetscBool entropy = OttoInternalTemperature(OttoEnergyGetInternal(energy)) > 0;
  OttoMobility mobility = entropy ? OTTO_MOBILITY_SCHARFETTER_GUMMEL : OTTO_MOBILITY_LIMITED;
  PetscReal factor[OTTO_MAX_DIM];
  PetscInt index = 0;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) factor[j] = 1;
  PetscCall(OttoOptionsGetChoice(NULL, "flow_mobility", names, &index, NULL));
  if (index) mobility = (OttoMobility)(index - 1);
  PetscCall(OttoOptionsGetAxisReals(NULL, "mobility", g->dim, factor, NULL));
  PetscCall(OttoFluxesCreate(energy, mobility, factor, fluxes));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFluxesDestroy(OttoFluxes *fluxes)
{
  OttoFluxes s = *fluxes;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  for (PetscInt j = 0; j < OTTO_MAX_DIM; j++) {
    PetscCall(PetscFree(s->lean[j]));
    PetscCall(PetscFree(s->push[j]));
  }
  PetscCall(PetscFree(s->slot));
  PetscCall(PetscFree(*fluxes));
  PetscFunctionReturn(0);
}

OttoMobility OttoFluxesGetMobility(OttoFluxes fluxes)
{
  return fluxes->mobility;
}

const PetscReal *OttoFluxesGetFactor(OttoFluxes fluxes)
{
  return fluxes->factor;
}

size_t OttoFluxesBytes(OttoFluxes s)
{
  const size_t cells = (size_t)s->g->local_cells;
  size_t bytes = sizeof *s + (s->slot ? cells * (size_t)s->slots : 0);

  for (PetscInt j = 0; j < s->g->dim; j++) {
    if (s->lean[j]) bytes += cells * sizeof(PetscReal);
    if (s->push[j]) bytes += (cells + (size_t)OttoEdgesLowerGhosts(s->g)) * sizeof(PetscReal);
  }
  return bytes;
}
