/* The reactive current: by edges, at cell centres, and through surfaces of equal q⁺. */
#include "passing.h"

#define PIECE 512
/* Of a product of four, each rounded once or twice; and of what cycles of aggregation still change
 * committors by. */
#define ROUNDING (8 * PETSC_MACHINE_EPSILON)
#define CHANGES 4

/* ---- at cell centres ---- */

typedef struct {
  const OttoPassing *s;
  PetscScalar *current[OTTO_GENERATOR_MAX_DIM];
} Centres;

static void AddCurrents(const OttoEdges *e, void *context)
{
  Centres *c = (Centres *)context;
  const OttoGridInfo *g = c->s->p->g;
  PetscScalar *into = c->current[e->axis];
  PetscReal J[PIECE];

  for (PetscInt64 from = 0; from < e->n; from += PIECE) {
    const PetscInt64 n = PetscMin(PIECE, e->n - from);
    OttoPassingCurrents(c->s, e, from, n, J, NULL);
    for (PetscInt64 i = 0; i < n; i++) {
      if (e->x < g->local_cells) into[e->x + from + i] += 0.5 * g->h[e->axis] * J[i];
      if (e->y < g->local_cells) into[e->y + from + i] += 0.5 * g->h[e->axis] * J[i];
    }
  }
}

/* By faces of own cells towards A and B: out of the one, into the other. */
static void AddFaces(Centres *c)
{
  const OttoPassing *s = c->s;
  const OttoRates *ahead = OttoGeneratorGetRates(s->chain->way[OTTO_AHEAD]);
  const OttoRates *back = OttoGeneratorGetRates(s->chain->way[OTTO_BACK]);

  for (int way = 0; way < 2; way++) {
    const OttoRates *r = way == OTTO_AHEAD ? ahead : back;
    for (PetscInt64 i = 0; i < r->losses; i++) {
      const OttoLoss *loss = &r->loss[i];
      const PetscInt axis = loss->through / 2;
      const PetscReal outwards = (loss->through % 2 ? 0.5 : -0.5) * s->p->g->h[axis];
      if (way == OTTO_AHEAD && loss->face == s->b)
        c->current[axis][loss->cell] += outwards * OttoPassingIn(s, loss);
      if (way == OTTO_BACK && loss->face == s->a)
        c->current[axis][loss->cell] -= outwards * OttoPassingOut(s, loss);
    }
  }
}

/* What goes round a periodic axis of one cell. */
static void AddLoops(Centres *c)
{
  const OttoPassing *s = c->s;
  OttoGenerator Q = s->chain->way[OTTO_AHEAD];
  const OttoRates *r = OttoGeneratorGetRates(Q);

  for (PetscInt j = 0; j < s->p->g->dim; j++)
    for (PetscInt64 x = 0; OttoGeneratorHasLoops(Q, j) && x < s->p->g->local_cells; x++)
      c->current[j][x] = exp(s->log_pi.own[x]) * s->back.own[x] * s->ahead.own[x] *
                         OttoGeneratorCouplingAt(Q, j, x) * s->p->g->h[j] * r->force[j][x];
}

PetscErrorCode OttoPassingCentres(OttoPassing *s, Vec current[])
{
  Centres c = {.s = s};

  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->p->g->dim; j++) PetscCall(VecGetArray(current[j], &c.current[j]));
  OttoEdgesWalk(s->p->g, PETSC_TRUE, AddCurrents, &c);
  AddFaces(&c);
  AddLoops(&c);
  for (PetscInt j = 0; j < s->p->g->dim; j++) PetscCall(VecRestoreArray(current[j], &c.current[j]));
  PetscFunctionReturn(0);
}

/* ---- through surfaces ---- */

typedef struct {
  const OttoPassing *s;
  PetscReal level;
  OttoSum flux, terms;
} Surface;

static void AddThrough(const OttoEdges *e, void *context)
{
  Surface *f = (Surface *)context;
  const PetscReal *ax = OttoSurroundedAt(&f->s->ahead, e->x);
  const PetscReal *ay = OttoSurroundedAt(&f->s->ahead, e->y);
  PetscReal J[PIECE], terms[PIECE];

  for (PetscInt64 from = 0; from < e->n; from += PIECE) {
    const PetscInt64 n = PetscMin(PIECE, e->n - from);
    OttoPassingCurrents(f->s, e, from, n, J, terms);
    for (PetscInt64 i = 0; i < n; i++) {
      const PetscBool low_x = ax[from + i] <= f->level, low_y = ay[from + i] <= f->level;
      if (low_x == low_y) continue;
      OttoSumAdd(&f->flux, low_x ? J[i] : -J[i]);
      OttoSumAdd(&f->terms, terms[i]);
    }
  }
}

/* Faces of A have q⁺ = 0, those of B 1. */
static void AddSets(Surface *f)
{
  const OttoPassing *s = f->s;
  const OttoRates *ahead = OttoGeneratorGetRates(s->chain->way[OTTO_AHEAD]);
  const OttoRates *back = OttoGeneratorGetRates(s->chain->way[OTTO_BACK]);

  for (PetscInt64 i = 0; i < ahead->losses; i++) {
    const OttoLoss *loss = &ahead->loss[i];
    if (loss->face == s->b && s->ahead.own[loss->cell] <= f->level)
      OttoSumAdd(&f->flux, OttoPassingIn(s, loss));
  }
  for (PetscInt64 i = 0; i < back->losses; i++) {
    const OttoLoss *loss = &back->loss[i];
    if (loss->face == s->a && s->ahead.own[loss->cell] > f->level)
      OttoSumAdd(&f->flux, OttoPassingOut(s, loss));
  }
}

PetscErrorCode OttoPassageLevelFlux(OttoPassage p, const OttoTransition *t, PetscInt levels,
                                    const PetscReal level[], PetscReal flux[], PetscReal rounding[])
{
  const OttoPassageReport *of[] = {&t->of_forward, &t->of_backward};
  PetscReal relative = ROUNDING;
  OttoPassing s;

  PetscFunctionBegin;
  OttoNeedPassage(p);
  for (int i = 0; i < 2; i++)
    if (of[i]->cycles && of[i]->converged) relative += CHANGES * of[i]->change;
  PetscCall(OttoPassingBegin(p, t, &s));
  for (PetscInt k = 0; k < levels; k++) {
    Surface f = {.s = &s, .level = level[k]};
    OttoEdgesWalk(p->g, PETSC_FALSE, AddThrough, &f);
    AddSets(&f);
    PetscCall(OttoSumReduce(p->g->comm, 1, &f.flux));
    PetscCall(OttoSumReduce(p->g->comm, 1, &f.terms));
    flux[k] = OttoSumValue(f.flux) * p->g->cell_volume;
    rounding[k] = relative * OttoSumValue(f.terms) * p->g->cell_volume;
  }
  PetscCall(OttoPassingEnd(&s));
  PetscFunctionReturn(0);
}
