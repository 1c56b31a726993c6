/*
 * The linear part of an interaction's energy about σ, what it leaves of bounds, and where σ goes.
 * Of a concave energy that is the convex-concave procedure (Pham Dinh and Le Thi 1997), in which σ
 * becomes ρ and the linear part lies above; where W repels, the dual is concave in σ, and σ climbs
 * it (Bredies, Lorenz and Maass 2009; Barzilai and Borwein 1988).
 */
#include "jko_interaction.h"
#include <math.h>

#define SHORTEST 0.001 /* part of the way that σ goes at the least */
#define LONGER 2       /* at most this times what it went before */
#define ROUNDINGS 64   /* of energies that transforms made */

PetscErrorCode OttoJkoInteractionCreate(OttoEnergy energy, OttoJkoInteraction *s)
{
  const OttoGrid grid = OttoEnergyGetGrid(energy);

  PetscFunctionBegin;
  *s = (OttoJkoInteraction){
      .energy = energy, .W = OttoEnergyGetInteraction(energy), .g = OttoGridGetInfo(grid)};
  if (!s->W) PetscFunctionReturn(0);
  PetscCall(OttoFieldCreate(grid, &s->about));
  PetscCall(VecDuplicate(s->about, &s->force));
  PetscCall(VecDuplicate(s->about, &s->rho));
  PetscCall(VecDuplicate(s->about, &s->pull));
  PetscCall(VecDuplicate(s->about, &s->way));
  PetscCall(OttoInteractionConcavity(s->W, &s->concavity));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoJkoInteractionDestroy(OttoJkoInteraction *s)
{
  PetscFunctionBegin;
  PetscCall(VecDestroy(&s->about));
  PetscCall(VecDestroy(&s->force));
  PetscCall(VecDestroy(&s->rho));
  PetscCall(VecDestroy(&s->pull));
  PetscCall(VecDestroy(&s->way));
  PetscFunctionReturn(0);
}

size_t OttoJkoInteractionBytes(const OttoJkoInteraction *s)
{
  return s->W ? 5 * (size_t)s->g->local_cells * sizeof(PetscReal) : 0;
}

/* ∫ u v. */
static PetscErrorCode Inner(const OttoGridInfo *g, Vec u, Vec v, PetscReal *inner)
{
  const PetscScalar *a, *b;
  OttoSum sum = {0, 0};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(u, &a));
  PetscCall(VecGetArrayRead(v, &b));
  for (PetscInt64 c = 0; c < g->local_cells; c++) OttoSumAdd(&sum, a[c] * b[c]);
  PetscCall(VecRestoreArrayRead(v, &b));
  PetscCall(VecRestoreArrayRead(u, &a));
  PetscCall(OttoSumReduce(g->comm, 1, &sum));
  *inner = OttoSumValue(sum) * g->cell_volume;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoJkoInteractionBegin(OttoJkoInteraction *s, PetscReal mass, PetscReal before,
                                       Vec mu)
{
  PetscFunctionBegin;
  if (!s->W) PetscFunctionReturn(0);
  s->mass = mass;
  s->before = before;
  s->moves = 0;
  s->convexity = OttoInternalConvexity(OttoEnergyGetInternal(s->energy), mass,
                                       s->g->cell_volume * (PetscReal)s->g->cells);
  PetscCall(VecCopy(mu, s->about));
  PetscCall(OttoInteractionApply(s->W, s->about, s->force));
  PetscCall(Inner(s->g, s->about, s->force, &s->self));
  s->self *= 0.5;
  PetscFunctionReturn(0);
}

/* The largest, over 0 ≤ L ≤ 2 mass, of ½ range L − ½ convexity L². */
static PetscReal Most(const OttoJkoInteraction *s, PetscReal range, PetscReal convexity)
{
  const PetscReal L = 2 * s->mass;

  if (convexity > 0 && range < 2 * convexity * L) return PetscSqr(range) / (8 * convexity);
  return 0.5 * range * L - 0.5 * convexity * L * L;
}

PetscReal OttoJkoInteractionDoubt(const OttoJkoInteraction *s)
{
  return s->W ? Most(s, 0, s->convexity - s->concavity) : 0;
}

/* How far W*(ρ − σ) ranges over open cells, and the largest |W*ρ|. */
static PetscErrorCode Range(const OttoJkoInteraction *s, const PetscReal field[], PetscReal *range,
                            PetscReal *largest)
{
  PetscReal ends[3] = {-INFINITY, -INFINITY, 0};
  const PetscScalar *now, *was;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(s->pull, &now));
  PetscCall(VecGetArrayRead(s->force, &was));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    if (field[c] == INFINITY) continue;
    const PetscReal u = now[c] - was[c];
    ends[0] = PetscMax(ends[0], u);
    ends[1] = PetscMax(ends[1], -u);
    ends[2] = PetscMax(ends[2], fabs(now[c]));
  }
  PetscCall(VecRestoreArrayRead(s->force, &was));
  PetscCall(VecRestoreArrayRead(s->pull, &now));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, ends, 3, MPIU_REAL, MPIU_MAX, s->g->comm));
  *range = ends[0] + ends[1];
  *largest = ends[2];
  PetscFunctionReturn(0);
}

PetscErrorCode OttoJkoInteractionLook(OttoJkoInteraction *s, const PetscReal p[],
                                      const PetscReal field[], OttoJkoLook *look)
{
  PetscReal own = 0, cross = 0, range = 0, largest = 0;
  PetscScalar *rho;

  PetscFunctionBegin;
  *look = (OttoJkoLook){0, 0, 0, 0};
  if (!s->W) PetscFunctionReturn(0);
  PetscCall(VecGetArrayWrite(s->rho, &rho));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) rho[c] = s->mass * p[c];
  PetscCall(VecRestoreArrayWrite(s->rho, &rho));
  PetscCall(OttoInteractionApply(s->W, s->rho, s->pull));
  PetscCall(Inner(s->g, s->rho, s->pull, &own));
  PetscCall(Inner(s->g, s->rho, s->force, &cross));
  PetscCall(Range(s, field, &range, &largest));
  look->beyond = 0.5 * own - cross;
  look->bend = own - 2 * cross + 2 * s->self;
  const PetscReal rounding = ROUNDINGS * PETSC_MACHINE_EPSILON * largest * s->mass;
  /* about σ, by W alone; and about ρ, by W and U together */
  const PetscReal about = -s->self - 2 * s->concavity * PetscSqr(s->mass);
  const PetscReal here = look->beyond - Most(s, range, s->convexity - s->concavity);
  look->least = PetscMax(about, here) - rounding;
  look->still = look->beyond - Most(s, range, s->convexity) - rounding;
  PetscFunctionReturn(0);
}

/* The part of the way to ρ that σ goes, all of it unless W repels. At first the least that the
 * functional is by its bounds along it; then as if what is left of the way were linear in σ
 * (Barzilai and Borwein 1988), W*way the gradient of the linearised step's dual. */
static PetscErrorCode Part(OttoJkoInteraction *s, const OttoJkoLook *look, PetscReal value,
                           PetscReal *part)
{
  PetscReal pulled[2], kept = 0;

  PetscFunctionBegin;
  *part = 1;
  if (!(look->bend > 0)) PetscFunctionReturn(0);
  if (s->moves == 0 && isfinite(s->before))
    *part = (s->before - value) / look->bend + 0.5;
  else if (s->moves > 0) {
    PetscCall(Inner(s->g, s->way, s->pull, &pulled[0]));
    PetscCall(Inner(s->g, s->way, s->force, &pulled[1]));
    kept = pulled[0] - pulled[1]; /* ⟨way before, W*way now⟩ */
    const PetscReal lost = s->bend - 2 * kept + look->bend;
    *part = PetscMin(lost > 0 ? s->part * (s->bend - kept) / lost : 1, LONGER * s->part);
  }
  *part = PetscMin(1, PetscMax(SHORTEST, *part));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoJkoInteractionMove(OttoJkoInteraction *s, const OttoJkoLook *look,
                                      PetscReal value)
{
  PetscReal part = 1;

  PetscFunctionBegin;
  PetscCall(Part(s, look, value, &part));
  PetscCall(VecWAXPY(s->way, -1, s->about, s->rho));
  s->part = part;
  s->bend = look->bend;
  s->moves++;
  PetscCall(VecAXPBY(s->about, part, 1 - part, s->rho));
  PetscCall(VecAXPBY(s->force, part, 1 - part, s->pull));
  PetscCall(Inner(s->g, s->about, s->force, &s->self));
  s->self *= 0.5;
  PetscFunctionReturn(0);
}
