/*
 * How far the second slowest mode is from the slowest: steps of inverse iteration from the law
 * weighed unlike over the grid. What is left of the difference shrinks in every step by the ratio
 * of the two slowest rates, at last, and by no less before (it is the fastest that goes first).
 */
#include "passage_quasi.h"
#include <math.h>

#define UNLIKE 0.5   /* by which shares are weighed up and down */
#define MOST 8       /* steps, */
#define AT_LEAST 2   /* or these, */
#define FAR 0.5      /* if a step leaves less than this of the difference, */
#define ALIKE 0.02   /* or as much as the step before */
#define NOTHING 1e-7 /* of the law is no difference: solves are certified to 1e-8 */

/* u, weighed by a function that no symmetry of a box keeps. */
static PetscErrorCode Weigh(OttoQuasi *s)
{
  const OttoGridInfo *g = s->p->g;
  PetscReal x[OTTO_MAX_DIM];
  PetscScalar *u;

  PetscFunctionBegin;
  PetscCall(VecGetArray(s->u, &u));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal weight = 0, sum = 0;
    OttoGridCellCentre(g, c, x);
    for (PetscInt j = 0; j < g->dim; j++) {
      const PetscReal share = (x[j] - g->lower[j]) / (g->upper[j] - g->lower[j]);
      weight += (share + 0.3 * share * share) / (j + 1.3);
      sum += 1.3 / (j + 1.3);
    }
    u[c] *= 1 + UNLIKE * (2 * weight / sum - 1);
  }
  PetscCall(VecRestoreArray(s->u, &u));
  PetscFunctionReturn(0);
}

/* What u, made to weigh as the law does, differs by from it: in L2 of π, of the law's norm. */
static PetscErrorCode Differs(OttoQuasi *s, Vec law, PetscReal *by)
{
  PetscScalar own = 0, both = 0, square = 0;

  PetscFunctionBegin;
  PetscCall(VecPointwiseMult(s->r, law, s->p->pi));
  PetscCall(VecDot(s->r, law, &own));
  PetscCall(VecDot(s->r, s->u, &both));
  PetscCall(VecScale(s->u, own / both));
  PetscCall(VecWAXPY(s->v, -1, law, s->u));
  PetscCall(VecPointwiseMult(s->r, s->v, s->p->pi));
  PetscCall(VecDot(s->r, s->v, &square));
  *by = sqrt(square / own);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoQuasiGap(OttoQuasi *s, PetscReal *gap)
{
  PetscReal by = 0, left = 0, shrinks = INFINITY;
  Vec law = s->before[0];
  OttoPassageReport solve;

  PetscFunctionBegin;
  *gap = INFINITY;
  PetscCall(VecCopy(s->u, law));
  PetscCall(Weigh(s));
  PetscCall(Differs(s, law, &by));
  for (PetscInt i = 0; i < MOST && by > NOTHING; i++) {
    PetscCall(OttoQuasiStep(s, &solve));
    PetscCall(Differs(s, law, &left));
    const PetscReal before = shrinks;
    shrinks = left / by;
    by = left;
    *gap = 1 / shrinks - 1;
    if (i + 1 >= AT_LEAST && (shrinks < FAR || fabs(*gap - (1 / before - 1)) <= ALIKE * *gap))
      break;
  }
  PetscCall(VecCopy(law, s->u));
  PetscFunctionReturn(0);
}
