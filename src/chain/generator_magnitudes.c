/* Forces, mobilities and temperatures whose rates solvers can use: what is beyond is refused by
 * key. */
#include "generator_fokker_planck.h"
#include "magnitude.h"
#include <math.h>
#include <stdio.h>

/* What makes a force whose part `work` is the potential's. */
PetscErrorCode OttoForcesFormatOrigin(OttoGenerator s, PetscReal work, PetscReal force, char text[],
                                      size_t size)
{
  PetscFunctionBegin;
  if (fabs(work) >= 0.5 * fabs(force)) {
    PetscCall(OttoPotentialFormatOrigin(Data(s)->potential, text, size));
  } else if (OttoDriftExists(Data(s)->drift)) {
    PetscCall(OttoDriftFormatOrigin(Data(s)->drift, text, size));
  } else {
    snprintf(text, size, Data(s)->velocity ? "velocity_formula" : "mobility, temperature");
  }
  PetscFunctionReturn(0);
}

/* The rates of edges, (D/h²)|z|, must be such as solvers can use; work: the potential's share of
 * force. */
PetscErrorCode OttoForcesCheck(OttoGenerator s, const OttoEdges *e, const PetscReal work[],
                               const PetscReal force[])
{
  PetscReal x[OTTO_MAX_DIM], range[2];
  PetscInt64 good = 0;
  char point[160], origin[280];

  PetscFunctionBegin;
  s->ops->coupling_range(s, e->axis, range);
  const PetscReal most = OTTO_MOST_RATE / PetscMax(range[1], OTTO_LEAST_RATE);
  for (PetscInt64 i = 0; i < e->n; i++) good += fabs(force[i]) < most;
  if (good == e->n) PetscFunctionReturn(0);
  for (good = 0; fabs(force[good]) < most;) good++;
  OttoGeneratorFacePoint(s->g, e->x + good, e->y + good, e->axis, x);
  OttoGridFormatPoint(s->g->dim, x, point, sizeof point);
  PetscCall(OttoForcesFormatOrigin(s, work[good], force[good], origin, sizeof origin));
  OttoFail(OttoRatesError(s),
           "%s: the force over the edge along axis %d at %s, %g T, gives rates beyond 1e100; inf "
           "in the potential closes a cell",
           origin, (int)e->axis + 1, point, (double)force[good]);
}

/* What has no mobility needs a velocity that may move it. */
static PetscErrorCode CheckStill(OttoGenerator s)
{
  const OttoVelocity velocity = Data(s)->velocity;
  const char *key = Data(s)->place ? Data(s)->place->key : "mobility";
  PetscInt axes = 0, still = 0, last = 0;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->g->dim; j++) {
    if (s->g->n[j] == 1) continue;
    axes++;
    if (s->ops->coupling(s, j) != 0) continue;
    last = j + 1;
    still++;
    OttoCheckInput(velocity && (j < 2 || !OttoVelocityIsHamiltonian(velocity)),
                   "%s: 0 along axis %d, and %s: nothing moves there; give a mobility above 0 or a "
                   "velocity (velocity_formula)",
                   key, (int)j + 1,
                   velocity ? "velocity_type hamiltonian moves along axes 1 and 2" : "no velocity");
  }
  OttoCheckInput(
      !still ||
              still<
                  axes,
                  "%s: 0 along axis %d%s: what is left is transport alone, of which the grid would "
                  "show its own diffusion; some axis needs a mobility above 0",
                  key, (int)last, still> 1
          ? " as along all others"
          : "");
  s->one_way = still ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* D/h² of what is not still. */
static PetscErrorCode CheckCouplings(OttoGenerator s)
{
  PetscReal range[2];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->g->dim; j++) {
    if (s->g->n[j] == 1 || s->ops->coupling(s, j) == 0) continue;
    s->ops->coupling_range(s, j, range);
    OttoCheckInput(OttoIsRate(range[0]) && OttoIsRate(range[1]),
                   "%s, temperature, grid_n: rates along axis %d, mobility temperature/h^2, are %g "
                   "to %g; they must lie " OTTO_RATES_SAY,
                   Data(s)->place ? Data(s)->place->key : "mobility", (int)j + 1, (double)range[0],
                   (double)range[1]);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoCouplingsCheck(OttoGenerator s)
{
  PetscFunctionBegin;
  PetscCall(CheckStill(s));
  PetscCall(CheckCouplings(s));
  PetscFunctionReturn(0);
}
