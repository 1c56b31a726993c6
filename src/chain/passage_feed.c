/*
 * A passage that is fed: what faces of the box take begins anew by the law p. Its steady state is
 * the occupation density of p over the mean life, ρ = (-Qᵀ)⁻¹p / ∫ p τ, of the chain that has no
 * target but these faces; found as w = ρ/π, a function of the reversed chain.
 */
#include "passage_impl.h"
#include <math.h>
#include <stdio.h>

/* p/π over the mean life. */
static PetscErrorCode Births(OttoPassage p, const OttoPassageChain *chain, Vec law)
{
  const PetscScalar *values, *pi;
  PetscReal life = 0;
  PetscScalar *births;
  Vec product;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(law, &product));
  PetscCall(VecPointwiseMult(product, law, chain->time[OTTO_AHEAD]));
  PetscCall(OttoFieldIntegral(p->grid, product, &life));
  PetscCall(VecDestroy(&product));
  PetscCall(VecGetArrayRead(law, &values));
  PetscCall(VecGetArrayRead(p->pi, &pi));
  PetscCall(VecGetArray(p->fed->births, &births));
  for (PetscInt64 c = 0; c < p->g->local_cells; c++)
    births[c] = values[c] > 0 ? values[c] / pi[c] / life : 0;
  PetscCall(VecRestoreArray(p->fed->births, &births));
  PetscCall(VecRestoreArrayRead(p->pi, &pi));
  PetscCall(VecRestoreArrayRead(law, &values));
  PetscFunctionReturn(0);
}

/* What is born and lost in cells of sets. */
static PetscErrorCode Inside(OttoPassage p, const OttoPassageChain *chain)
{
  const OttoRates *r = OttoGeneratorGetRates(chain->way[OTTO_AHEAD]);
  Vec label = OttoGeneratorGetTargetLabels(p->generator);
  OttoSum sum[2 * OTTO_PASSAGE_SETS] = {{0, 0}};
  const PetscScalar *l, *births, *weight, *pi;

  PetscFunctionBegin;
  if (!label) PetscFunctionReturn(0);
  PetscCall(VecGetArrayRead(label, &l));
  PetscCall(VecGetArrayRead(p->pi, &pi));
  PetscCall(VecGetArrayRead(p->fed->births, &births));
  PetscCall(VecGetArrayRead(p->fed->weight, &weight));
  for (PetscInt64 c = 0; c < p->g->local_cells; c++)
    if (l[c] > 0) OttoSumAdd(&sum[(PetscInt)l[c] - 1], pi[c] * births[c]);
  for (PetscInt64 i = 0; i < r->losses; i++) {
    const PetscInt64 c = r->loss[i].cell;
    if (l[c] > 0)
      OttoSumAdd(&sum[OTTO_PASSAGE_SETS + (PetscInt)l[c] - 1], pi[c] * weight[c] * r->loss[i].rate);
  }
  PetscCall(VecRestoreArrayRead(p->fed->weight, &weight));
  PetscCall(VecRestoreArrayRead(p->fed->births, &births));
  PetscCall(VecRestoreArrayRead(p->pi, &pi));
  PetscCall(VecRestoreArrayRead(label, &l));
  PetscCall(OttoSumReduce(p->g->comm, 2 * OTTO_PASSAGE_SETS, sum));
  for (PetscInt k = 0; k < OTTO_PASSAGE_SETS; k++) {
    p->fed->born[k] = OttoSumValue(sum[k]) * p->g->cell_volume;
    p->fed->lost[k] = OttoSumValue(sum[OTTO_PASSAGE_SETS + k]) * p->g->cell_volume;
  }
  PetscFunctionReturn(0);
}

/* w at the faces of sets, by the reversed chain that has them open. */
static PetscErrorCode AtFaces(OttoPassage p, const OttoPassageChain *open)
{
  const OttoRates *inside = OttoGeneratorGetRates(open->way[OTTO_BACK]);
  OttoPassageChain *all;
  OttoSurrounded w;
  OttoHalo halo;

  PetscFunctionBegin;
  PetscCall(OttoPassageChainGet(p, p->all, &all));
  const OttoRates *r = OttoGeneratorGetRates(all->way[OTTO_BACK]);
  PetscCall(OttoAgree(p->g->comm, PetscCalloc1(r->losses, &p->fed->at_face)));
  PetscCall(OttoGridGetHalo(p->grid, 1, &halo));
  PetscCall(OttoFieldSurround(halo, p->fed->weight, &w));
  for (PetscInt64 i = 0; i < r->losses; i++)
    if (r->loss[i].face >= OTTO_FACES)
      p->fed->at_face[i] = OttoPassageAtFace(inside, p->g, &w, &r->loss[i]);
  PetscCall(OttoFieldRelease(halo, p->fed->weight, &w));
  PetscFunctionReturn(0);
}

/* All that begins ends: else nothing is steady. */
static PetscErrorCode CheckLost(OttoPassage p, const OttoPassageChain *chain,
                                OttoPassageReport *report)
{
  const PetscBool *plays = OttoOccupationPlays(chain->of[OTTO_AHEAD]);
  const PetscInt *part = OttoGeneratorGetComponent(chain->way[OTTO_AHEAD]);
  PetscInt64 lost = 0;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < p->g->local_cells; c++) lost += !plays[c] && !(part && part[c] < 0);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &lost, 1, MPIU_INT64, MPI_SUM, p->g->comm));
  if (lost == 0) PetscFunctionReturn(0);
  report->converged = PETSC_FALSE;
  report->relative = report->absolute = INFINITY;
  snprintf(report->reason, sizeof report->reason,
           "from %" PetscInt64_FMT " open cells no face that absorbs can be reached", lost);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassageFeed(OttoPassage p, Vec law, OttoPassageReport *report)
{
  OttoPassageChain *open;
  PetscReal longest = 0;

  PetscFunctionBegin;
  OttoNeedPassage(p);
  OttoNeedSteady(p, "steady state that begins anew");
  OttoCheckInput(p->faces, "first passages: no face of the box absorbs, and nothing begins anew");
  PetscCall(OttoPassageStarve(p));
  PetscCall(PetscNew(&p->fed));
  PetscCall(OttoFieldCreate(p->grid, &p->fed->weight));
  PetscCall(OttoFieldCreate(p->grid, &p->fed->births));
  PetscCall(OttoPassageChainGet(p, 0, &open));
  PetscCall(OttoPassageMeanTime(p, open, OTTO_AHEAD));
  PetscCall(OttoPassageMeanTime(p, open, OTTO_BACK));
  PetscCall(Births(p, open, law));
  PetscCall(OttoFieldRange(p->grid, open->time[OTTO_BACK], NULL, &longest));
  const OttoPassageReport *known = &open->known[OTTO_BACK];
  PetscCall(OttoOccupationSolve(open->of[OTTO_BACK], p->method, p->fed->births,
                                longest * (1 + (known->converged ? known->relative : INFINITY)),
                                p->fed->weight, report));
  PetscCall(Inside(p, open));
  PetscCall(AtFaces(p, open));
  PetscCall(CheckLost(p, open, report));
  PetscFunctionReturn(0);
}
