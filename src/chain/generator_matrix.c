/* The generator as a PETSc matrix: Q, or W⁻¹ Qᵀ W with W = exp(-V/2T), or 1. Along an edge with
 * force z and conservative part zc, Q_xy w_x/w_y = s e^{(z-zc)/2} and Q_yx w_y/w_x = s
 * e^{-(z-zc)/2}, where s = √(Q_xy Q_yx) = (D/h²) (z/2)/sinh(z/2): nothing large is formed, whatever
 * V. */
#include <otto/generator.h>
#include "edges_matrix.h"
#include <math.h>

typedef struct {
  const OttoRates *rates;
  PetscBool gibbs, backward;
} Scaled;

static PetscReal Diagonal(PetscInt64 cell, const void *context)
{
  return -((const Scaled *)context)->rates->leave[cell];
}

/* A closed edge has its entries, of 0: rates that change with time may open it. */
static PetscBool Edge(const OttoEdges *e, PetscInt64 i, PetscReal *to_upper, PetscReal *to_lower,
                      const void *context)
{
  const Scaled *s = (const Scaled *)context;
  const PetscReal up = s->rates->up[e->axis][e->x + i], down = s->rates->down[e->axis][e->x + i];
  const PetscReal z = s->rates->force[e->axis][e->x + i];
  const PetscReal drift = z - s->rates->work[e->axis][e->x + i];

  *to_upper = s->backward ? down : up;
  *to_lower = s->backward ? up : down;
  if (s->gibbs) {
    const PetscReal mean = PetscMax(up, down) * exp(-0.5 * fabs(z)); /* large/small = e^|z| */
    *to_upper = mean * exp(0.5 * drift);
    *to_lower = mean * exp(-0.5 * drift);
  }
  return PETSC_TRUE;
}

PetscErrorCode OttoGeneratorAssemble(OttoGenerator generator, PetscBool gibbs, Mat *M)
{
  const Scaled scaled = {OttoGeneratorGetRates(generator), gibbs, PETSC_FALSE};
  const OttoEdgesEntries entries = {Diagonal, Edge, &scaled};

  PetscFunctionBegin;
  OttoNeedGenerator(generator);
  PetscCall(OttoEdgesMatrix(OttoGeneratorGetGrid(generator), &entries, M));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorAssembleBackward(OttoGenerator generator, Mat *M)
{
  const Scaled scaled = {OttoGeneratorGetRates(generator), PETSC_FALSE, PETSC_TRUE};
  const OttoEdgesEntries entries = {Diagonal, Edge, &scaled};

  PetscFunctionBegin;
  OttoNeedGenerator(generator);
  PetscCall(OttoEdgesMatrix(OttoGeneratorGetGrid(generator), &entries, M));
  PetscFunctionReturn(0);
}
