/* Fields of a transition with their ghosts, and its current by edges. */
#include "passing.h"

PetscErrorCode OttoPassingBegin(OttoPassage p, const OttoTransition *t, OttoPassing *s)
{
  OttoPassageChain *chain;
  OttoHalo halo;

  PetscFunctionBegin;
  PetscCall(OttoPassageChainGet(p, p->all, &chain));
  *s = (OttoPassing){.p = p,
                     .chain = chain,
                     .a = OTTO_CHANNEL(t->a),
                     .b = OTTO_CHANNEL(t->b),
                     .logs = p->log_pi,
                     .q = {t->forward, t->backward}};
  if (p->fed) {
    PetscCall(VecDuplicate(t->backward, &s->product));
    PetscCall(VecPointwiseMult(s->product, t->backward, p->fed->weight));
    s->q[1] = s->product;
  }
  PetscCall(OttoGridGetHalo(p->grid, 1, &halo));
  PetscCall(OttoFieldSurround(halo, s->logs, &s->log_pi));
  PetscCall(OttoFieldSurround(halo, s->q[0], &s->ahead));
  PetscCall(OttoFieldSurround(halo, s->q[1], &s->back));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassingEnd(OttoPassing *s)
{
  OttoHalo halo;

  PetscFunctionBegin;
  PetscCall(OttoGridGetHalo(s->p->grid, 1, &halo));
  PetscCall(OttoFieldRelease(halo, s->q[1], &s->back));
  PetscCall(OttoFieldRelease(halo, s->q[0], &s->ahead));
  PetscCall(OttoFieldRelease(halo, s->logs, &s->log_pi));
  PetscCall(VecDestroy(&s->product));
  PetscFunctionReturn(0);
}

void OttoPassingCurrents(const OttoPassing *s, const OttoEdges *e, PetscInt64 from, PetscInt64 n,
                         PetscReal currents[], PetscReal terms[])
{
  const OttoRates *r = OttoGeneratorGetRates(s->chain->way[OTTO_AHEAD]);
  const PetscReal *up = r->up[e->axis] + e->x + from, *down = r->down[e->axis] + e->x + from;
  const PetscReal *lx = OttoSurroundedAt(&s->log_pi, e->x) + from;
  const PetscReal *ly = OttoSurroundedAt(&s->log_pi, e->y) + from;
  const PetscReal *ax = OttoSurroundedAt(&s->ahead, e->x) + from;
  const PetscReal *ay = OttoSurroundedAt(&s->ahead, e->y) + from;
  const PetscReal *bx = OttoSurroundedAt(&s->back, e->x) + from;
  const PetscReal *by = OttoSurroundedAt(&s->back, e->y) + from;

  for (PetscInt64 i = 0; i < n; i++) {
    PetscReal forth = 0, back = 0;
    if (up[i] > 0 || down[i] > 0) {
      forth = exp(lx[i]) * bx[i] * up[i] * ay[i];
      back = exp(ly[i]) * by[i] * down[i] * ax[i];
    }
    currents[i] = forth - back;
    if (terms) terms[i] = forth + back;
  }
}
