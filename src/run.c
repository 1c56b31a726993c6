#include <otto/options.h>
#include <otto/run.h>
#include <otto/run_space.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static PetscErrorCode ReadSpan(PetscBool start_required, OttoTimes *times)
{
  static const char *const spacings[] = {"linear", "log", NULL};
  PetscReal start = 0, stop = 0;
  PetscInt64 samples = 17;
  PetscInt spacing = start_required ? 1 : 0;
  PetscBool has_start, has_stop;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReal(NULL, "time_start", 0, INFINITY, &start, &has_start));
  PetscCall(OttoOptionsGetReal(NULL, "time_stop", -INFINITY, INFINITY, &stop, &has_stop));
  PetscCall(OttoOptionsGetInt(NULL, "time_samples", 1, 1000000, &samples, NULL));
  PetscCall(OttoOptionsGetChoice(NULL, "time_spacing", spacings, &spacing, NULL));
  OttoCheckInput(has_start || !start_required, "time_start: missing; give the first time after 0");
  OttoCheckInput(has_stop, "time_stop: missing; give the last time");
  OttoCheckInput(start > 0 || !(start_required || spacing == 1),
                 "time_start: %g; it must be above 0 (the row t = 0 is always there)",
                 (double)start);
  OttoCheckInput(stop > 0, "time_stop: %g; it must be above 0", (double)stop);
  OttoCheckInput(samples > 1 ? stop > start : stop >= start,
                 "time_stop: %g must be above time_start %g", (double)stop, (double)start);
  PetscCall(PetscMalloc2(samples + 1, &times->t, samples + 1, &times->save));
  times->t[0] = 0;
  for (PetscInt k = 0, count = (PetscInt)samples; k < count; k++) {
    PetscReal share = samples > 1 ? (PetscReal)k / (PetscReal)(samples - 1) : 1;
    PetscReal t = spacing == 1 ? exp((1 - share) * log(start) + share * log(stop))
                               : (1 - share) * start + share * stop;
    times->t[k + 1] = k == 0 && samples > 1 ? start : k == samples - 1 ? stop : t;
  }
  times->count = (PetscInt)samples + 1;
  for (PetscInt k = 2; k < times->count; k++)
    OttoCheckInput(isfinite(times->t[k]) && times->t[k] > times->t[k - 1],
                   "time_samples: %d samples from %.17g to %.17g are not distinct numbers",
                   (int)samples, (double)start, (double)stop);
  if (times->t[1] == 0) { /* the first sample is the row t = 0 itself */
    times->count--;
    PetscCall(PetscArraymove(times->t, times->t + 1, times->count));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode ReadSaved(PetscInt first, OttoTimes *times)
{
  const char *text;
  PetscReal *wanted;
  PetscInt count;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < times->count; k++) times->save[k] = PETSC_FALSE;
  PetscCall(OttoOptionsGetText(NULL, "output_fields", &text));
  if (!text) {
    times->save[PetscMin(first, times->count - 1)] = times->save[times->count - 1] = PETSC_TRUE;
    PetscFunctionReturn(0);
  }
  if (!strcmp(text, "none")) PetscFunctionReturn(0);
  if (!strcmp(text, "all")) {
    for (PetscInt k = 0; k < times->count; k++) times->save[k] = PETSC_TRUE;
    PetscFunctionReturn(0);
  }
  PetscCall(OttoOptionsGetReals(NULL, "output_fields", &count, &wanted));
  for (PetscInt i = 0; i < count; i++) {
    PetscInt nearest = 0, k;
    for (k = 0; k < times->count; k++) {
      if (fabs(times->t[k] - wanted[i]) < fabs(times->t[nearest] - wanted[i])) nearest = k;
      if (fabs(times->t[k] - wanted[i]) <= 1e-12 * times->t[k]) break;
    }
    PetscReal near = times->t[nearest], asked = wanted[i];
    if (k == times->count) {
      PetscCall(PetscFree(wanted));
      OttoFail(
          OTTO_ERR_INPUT,
          "output_fields: %.17g is not the time of a sample; the nearest is %.17g (or: all, none)",
          (double)asked, (double)near);
    }
    times->save[k] = PETSC_TRUE;
  }
  PetscCall(PetscFree(wanted));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTimesCreate(PetscBool start_required, OttoTimes *times)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(times, sizeof *times));
  PetscCall(ReadSpan(start_required, times));
  PetscCall(ReadSaved(start_required ? 1 : 0, times));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTimesDestroy(OttoTimes *times)
{
  PetscFunctionBegin;
  PetscCall(PetscFree2(times->t, times->save));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunSaveFields(OttoStorage storage, OttoGrid grid, OttoTempering tempering,
                                 PetscInt number, PetscReal t)
{
  const OttoPair *pair = NULL;
  Vec ratio;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(OttoTemperingGetPair(tempering, &pair));
  PetscCall(
      OttoStorageWrite(storage, number, t, "p", "1/volume", "density p_t = K_t p_0", pair->p));
  PetscCall(
      OttoStorageWrite(storage, number, t, "q", "1/volume", "density q_t = K_t q_0", pair->q));
  PetscCall(OttoFieldCreate(grid, &ratio));
  PetscCall(OttoTemperingLogRatio(tempering, ratio));
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

PetscErrorCode OttoRunDescribe(OttoRecord record, OttoHeat heat, OttoTempering tempering,
                               const OttoDensityReport *p, const OttoDensityReport *q)
{
  static const char exact[] = "use an exact kernel: heat_kernel lattice_exact or gaussian_exact";
  const PetscBool fourier = OttoHeatIsExact(heat) ? PETSC_FALSE : PETSC_TRUE;

  PetscFunctionBegin;
  PetscCall(OttoRecordResultText(record, "heat_kernel", OttoHeatGetType(heat)));
  PetscCall(OttoRecordResultText(record, "fisher_form",
                                 OttoFisherForms[OttoTemperingGetFisherForm(tempering)]));
  PetscCall(OttoRecordResultText(record, "p_density", p->type));
  PetscCall(OttoRecordResultText(record, "q_density", q->type));
  PetscCall(OttoRecordResult(record, "p_normalising_factor", p->factor));
  PetscCall(OttoRecordResult(record, "q_normalising_factor", q->factor));
  if (!fourier && !OttoHeatIsLattice(heat)) {
    static const char narrow[] =
        "gaussian_exact sums over cells: start where the kernel is 1.5 cells wide, t >= 1.1 h^2";
    PetscCall(OttoRecordAdvice(record, "mass", narrow));
    PetscCall(OttoRecordAdvice(record, "rate", narrow));
    PetscCall(OttoRecordAdvice(record, "integral_kl", narrow));
  }
  if (fourier) {
    static const char coarse[] = "if known fails too, use an exact kernel; otherwise "
                                 "refine the grid or start later";
    PetscCall(OttoRecordAdvice(record, "known", exact));
    PetscCall(OttoRecordAdvice(record, "positivity", exact));
    PetscCall(OttoRecordAdvice(record, "rate", coarse));
    PetscCall(OttoRecordAdvice(record, "integral_kl", coarse));
    PetscCall(OttoRecordAdvice(record, "entropy_rate", coarse));
  }
  OttoFisherForm form = OttoTemperingGetFisherForm(tempering);
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
                                   OttoTempering tempering)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal bytes;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  OttoNeedHeat(heat);
  bytes = (PetscReal)(OttoHeatBytes(heat) + OttoTemperingBytes(tempering));
  bytes /= (PetscReal)PetscMax(1, g->local_cells);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &bytes, 1, MPIU_REAL, MPIU_MAX, g->comm));
  PetscCall(OttoRecordResult(record, "memory_bytes_per_cell", bytes));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunCheckMemory(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscBool estimated = OttoSpaceMemory(grid) > 1 ? PETSC_TRUE : PETSC_FALSE;
  PetscReal bytes = estimated ? 168 : 84; /* rough data are set up twice on the same cells */

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  for (PetscInt j = 0; estimated && j < g->dim; j++) /* and what lies outside is integrated */
    if (g->boundary[j] == OTTO_BOUNDARY_OPEN) bytes = 280;
  PetscCall(OttoRunNeedMemory(grid, bytes));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunNeedMemory(OttoGrid grid, PetscReal bytes_per_cell)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const double own = bytes_per_cell * (double)g->local_cells;
  double need = own;
  PetscReal of_node = 0, of_process = 0;
  MPI_Comm node;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCallMPI(MPI_Comm_split_type(g->comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &need, 1, MPI_DOUBLE, MPI_SUM, node));
  PetscCallMPI(MPI_Comm_free(&node));
  OttoFreeMemory(&of_node, &of_process);
  PetscErrorCode code = 0;
  if (!(own <= of_process))
    code =
        OttoRaise(__LINE__, PETSC_FUNCTION_NAME, __FILE__, OTTO_ERR_INPUT,
                  "grid_n: this run needs about %.3g GB on one rank, %.3g GB are left of its limit "
                  "(ulimit -v); use fewer cells or more ranks",
                  own / 1e9, of_process / 1e9);
  else if (!(need <= of_node))
    code =
        OttoRaise(__LINE__, PETSC_FUNCTION_NAME, __FILE__, OTTO_ERR_INPUT,
                  "grid_n: this run needs about %.3g GB on one node, %.3g GB are free there; use "
                  "fewer cells or more nodes",
                  need / 1e9, of_node / 1e9);
  PetscCall(OttoAgree(g->comm, code));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunCheckStart(OttoGrid grid, OttoHeat heat, const OttoTimes *times)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal h = 0;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  if (!OttoHeatIsExact(heat) || OttoHeatIsLattice(heat) || times->count < 2) PetscFunctionReturn(0);
  for (PetscInt j = 0; j < g->dim; j++) /* round one cell, and between its walls, nothing spreads */
    if (g->n[j] > 1 || g->boundary[j] == OTTO_BOUNDARY_OPEN) h = PetscMax(h, g->h[j]);
  OttoCheckInput(
      times->t[1] >= 0.5 * h * h,
      "time_start: %g is too early for heat_kernel gaussian_exact, which sums over cells: "
      "with cells of width %g start at %g (1.1 h^2) or later",
      (double)times->t[1], (double)h, (double)(1.1 * h * h));
  PetscFunctionReturn(0);
}
