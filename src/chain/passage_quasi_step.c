/* A step of inverse iteration for the slowest killed mode, and what it leaves. */
#include "passage_quasi.h"
#include <math.h>

/* v = u scaled to a largest value of 1, in every part of its own: none outgrows the others. */
static PetscErrorCode Next(OttoQuasi *s)
{
  PetscReal *top;
  const PetscScalar *u;
  PetscScalar *v;

  PetscFunctionBegin;
  PetscCall(OttoAgree(s->p->g->comm, PetscCalloc1(s->parts, &top)));
  PetscCall(VecGetArrayRead(s->u, &u));
  PetscCall(VecGetArray(s->v, &v));
  for (PetscInt64 c = 0; c < s->p->g->local_cells; c++) {
    const PetscInt k = s->part ? s->part[c] : 0;
    if (k >= 0) top[k] = PetscMax(top[k], u[c]);
  }
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, top, (PetscMPIInt)s->parts, MPIU_REAL, MPIU_MAX, s->p->g->comm));
  for (PetscInt64 c = 0; c < s->p->g->local_cells; c++) {
    const PetscInt k = s->part ? s->part[c] : 0;
    v[c] = k >= 0 && top[k] > 0 ? u[c] / top[k] : 0;
  }
  PetscCall(VecRestoreArray(s->v, &v));
  PetscCall(VecRestoreArrayRead(s->u, &u));
  PetscCall(PetscFree(top));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoQuasiStep(OttoQuasi *s, OttoPassageReport *report)
{
  PetscFunctionBegin;
  PetscCall(Next(s));
  PetscCall(OttoOccupationSolve(s->chain->of[OTTO_BACK], s->p->method, s->v, 0, s->u, report));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoQuasiRange(const OttoQuasi *s, PetscInt part, PetscReal least[2])
{
  const PetscBool *plays = OttoOccupationPlays(s->chain->of[OTTO_BACK]);
  const PetscScalar *v, *u;

  PetscFunctionBegin;
  least[0] = least[1] = INFINITY;
  PetscCall(VecGetArrayRead(s->v, &v));
  PetscCall(VecGetArrayRead(s->u, &u));
  for (PetscInt64 c = 0; c < s->p->g->local_cells; c++) {
    if (!plays[c] || (s->part && s->part[c] != part)) continue;
    const PetscReal ratio = v[c] / u[c];
    least[0] = ratio >= least[0] ? least[0] : isnan(ratio) ? -INFINITY : ratio;
    least[1] = -ratio >= least[1] ? least[1] : isnan(ratio) ? -INFINITY : -ratio;
  }
  PetscCall(VecRestoreArrayRead(s->u, &u));
  PetscCall(VecRestoreArrayRead(s->v, &v));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, least, 2, MPIU_REAL, MPIU_MIN, s->p->g->comm));
  PetscFunctionReturn(0);
}
