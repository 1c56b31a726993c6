/* A state with its ghosts, face by face. */
#include "fluxes_impl.h"

PetscErrorCode OttoFluxCellsBegin(OttoFluxes s, const OttoFluxState *state, OttoFluxCells *cells)
{
  const OttoGridInfo *g = s->g;

  PetscFunctionBegin;
  *cells = (OttoFluxCells){.fluxes = s, .state = state};
  cells->linear = s->mobility == OTTO_MOBILITY_SCHARFETTER_GUMMEL && !state->slope;
  PetscCall(OttoFieldSurround(s->halo, state->density, &cells->density));
  if (state->slope) PetscCall(OttoFieldSurround(s->halo, state->slope, &cells->slope));
  if (state->field) PetscCall(OttoFieldSurround(s->halo, state->field, &cells->field));
  if (s->mobility != OTTO_MOBILITY_LIMITED) PetscFunctionReturn(0);
  OttoFluxesLean(s, &cells->density, &cells->field);
  for (PetscInt j = 0; j < g->dim; j++) {
    cells->lean[j] = (OttoSurrounded){.g = g, .own = s->lean[j]};
    if (OttoHaloServes(g, j)) PetscCall(OttoHaloSurround(s->halo, s->lean[j], &cells->lean[j]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFluxCellsEnd(OttoFluxCells *cells)
{
  OttoFluxes s = cells->fluxes;
  const OttoFluxState *state = cells->state;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->g->dim; j++) PetscCall(OttoHaloRelease(s->halo, &cells->lean[j]));
  if (state->field) PetscCall(OttoFieldRelease(s->halo, state->field, &cells->field));
  if (state->slope) PetscCall(OttoFieldRelease(s->halo, state->slope, &cells->slope));
  PetscCall(OttoFieldRelease(s->halo, state->density, &cells->density));
  PetscFunctionReturn(0);
}

static const PetscReal *At(const OttoSurrounded *field, PetscInt64 cell, PetscInt64 from)
{
  static const PetscReal none[OTTO_FACES_AT_ONCE];
  return field->g ? OttoSurroundedAt(field, cell) + from : none;
}

static OttoFaceEnd End(const OttoFluxCells *c, PetscInt axis, PetscInt64 cell, PetscInt64 from)
{
  return (OttoFaceEnd){At(&c->density, cell, from), At(&c->slope, cell, from),
                       At(&c->field, cell, from), At(&c->lean[axis], cell, from)};
}

OttoFaces OttoFluxCellsFaces(const OttoFluxCells *c, const OttoEdges *e, PetscInt64 from)
{
  const OttoFluxes s = c->fluxes;
  const PetscReal h = s->g->h[e->axis];

  return (OttoFaces){.n = PetscMin(OTTO_FACES_AT_ONCE, e->n - from),
                     .linear = c->linear,
                     .scale = s->factor[e->axis] / (h * h),
                     .T = s->T,
                     .x = End(c, e->axis, e->x, from),
                     .y = End(c, e->axis, e->y, from)};
}
