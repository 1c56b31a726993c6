/* What a tempering run is made of, and what it leaves. */
#include "dissipation.h"
#include "run/space.h"
#include <math.h>
#include <stdio.h>

PetscErrorCode OttoRunSaveFields(OttoStorage storage, OttoGrid grid, OttoTempered tempering,
                                 PetscInt number, PetscReal t)
{
  const OttoPair *pair = NULL;
  Vec ratio;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(OttoTemperedGetPair(tempering, &pair));
  PetscCall(
      OttoStorageWrite(storage, number, t, "p", "1/volume", "density p_t = K_t p_0", pair->p));
  PetscCall(
      OttoStorageWrite(storage, number, t, "q", "1/volume", "density q_t = K_t q_0", pair->q));
  PetscCall(OttoFieldCreate(grid, &ratio));
  PetscCall(OttoTemperedLogRatio(tempering, ratio));
  PetscCall(OttoStorageWrite(storage, number, t, "log_ratio", "1",
                             "log(p_t/q_t), 0 where either is below the kernel's resolution",
                             ratio));
  PetscCall(VecDestroy(&ratio));
  PetscFunctionReturn(0);
}

PetscReal OttoRunBytes(OttoGrid grid, const OttoTimes *times)
{
  PetscInt samples = 0;

  for (PetscInt k = 0; k < times->count; k++) samples += times->save[k];
  /* three fields a saved sample; a row of the series has 22 numbers of up to 24 letters */
  return OttoStorageBytes(grid, samples, 3 * samples) + 600 * (PetscReal)times->count +
         OttoRunMarginalBytes(grid, times);
}

PetscErrorCode OttoRunDescribe(OttoRecord record, OttoHeat heat, OttoTempered tempering,
                               const OttoDensityReport *p, const OttoDensityReport *q)
{
  PetscFunctionBegin;
  PetscCall(OttoRecordResultText(record, "heat_kernel", OttoHeatGetType(heat)));
  PetscCall(OttoRecordResultText(record, "fisher_form",
                                 OttoFisherForms[OttoTemperedGetFisherForm(tempering)]));
  PetscCall(OttoRecordResultText(record, "p_density", p->type));
  PetscCall(OttoRecordResultText(record, "q_density", q->type));
  PetscCall(OttoRecordResult(record, "p_normalising_factor", p->factor));
  PetscCall(OttoRecordResult(record, "q_normalising_factor", q->factor));
  for (const OttoHeatAdvice *a = OttoHeatGetAdvice(heat); a->check; a++)
    PetscCall(OttoRecordAdvice(record, a->check, a->sentence));
  OttoFisherForm form = OttoTemperedGetFisherForm(tempering);
  if (form == OTTO_FISHER_FD4 || (form == OTTO_FISHER_EDGE && !OttoHeatIsLattice(heat))) {
    static const char truncated[] =
        "fisher_form fd4 errs by O(h^4), edge by O(h^2) off the lattice "
        "kernels: refine, loosen this bound, or use the default form";
    PetscCall(OttoRecordAdvice(record, "rate", truncated));
    PetscCall(OttoRecordAdvice(record, "integral_kl", truncated));
    PetscCall(OttoRecordAdvice(record, "entropy_rate", truncated));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunReportMemory(OttoRecord record, OttoGrid grid, OttoHeat heat,
                                   OttoTempered tempering)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal bytes;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  OttoNeedHeat(heat);
  bytes = (PetscReal)(OttoHeatBytes(heat) + OttoTemperedBytes(tempering));
  bytes /= (PetscReal)PetscMax(1, g->local_cells);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &bytes, 1, MPIU_REAL, MPIU_MAX, g->comm));
  PetscCall(OttoRecordResult(record, "memory_bytes_per_cell", bytes));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunCheckMemory(OttoGrid grid, OttoHeat heat)
{
  PetscFunctionBegin;
  OttoNeedGrid(grid);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscBool estimated = OttoSpaceMemory(grid) > 1 ? PETSC_TRUE : PETSC_FALSE;
  PetscReal bytes = OttoHeatIsLattice(heat) ? 104 : 136; /* measured, with logarithms: 93, 127 */
  if (estimated) /* half and a quarter of the cells an axis; rough data of the continuum once more,
                    which `auto` leaves to the chain */
    bytes = OttoHeatIsLattice(heat) ? (OttoHeatIsExact(heat) ? 110 : 120)
            : OttoHeatIsAuto(heat)  ? 136
                                    : 184;
  for (PetscInt j = 0; estimated && j < g->dim; j++) /* and what lies outside is integrated */
    if (g->boundary[j] == OTTO_BOUNDARY_OPEN) bytes = 280;
  if (OttoHeatIsAuto(heat) || OttoHeatGetFisherForm(heat) == OTTO_FISHER_TWEEDIE)
    bytes += 16;      /* rates that are found with scores stand beside these: measured */
  if (g->mesh[1] > 1) /* lines of axis 1 that change hands: measured, 5 to 13 and 10 to 28 */
    bytes += OttoHeatIsLattice(heat) ? 14 : 28;
  PetscCall(OttoRunNeedMemory(grid, bytes + OttoHeatOverlapBytes(heat)));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunCheckStart(OttoGrid grid, OttoHeat heat, const OttoTimes *times)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal h = 0, first = 0, good = 0;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  if (times->count < 2) PetscFunctionReturn(0);
  for (PetscInt j = 0; j < g->dim; j++) /* round one cell, and between its walls, nothing spreads */
    if (g->n[j] > 1 || g->boundary[j] == OTTO_BOUNDARY_OPEN) h = PetscMax(h, g->h[j]);
  OttoHeatTimes(heat, h, &first, &good);
  OttoCheckInput(times->t[1] >= first,
                 "time_start: %g is too early for heat_kernel %s, which sums over cells: "
                 "with cells of width %g start at %g (%g h^2) or later",
                 (double)times->t[1], OttoHeatGetType(heat), (double)h, (double)good,
                 (double)(good / (h * h)));
  PetscFunctionReturn(0);
}
