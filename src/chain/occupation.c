/* Life of an occupation, which cells play a part, and the order in which methods are tried. */
#include "occupation_impl.h"
#include "core/fault.h"
#include "reach.h"
#include <math.h>
#include <stdio.h>

#define CERTIFIED 1e-8 /* what a solve is to be certified to */
/* Of it, for what is relative, before another method is tried: moments add up. */
#define SHARE (1. / OTTO_PASSAGE_MOMENTS)
#define CONSERVED                                                                                  \
  5e-11            /* share of the flow between channels that residuals may take: what a driver    \
                      asks of it is 1e-10 */
#define RESTS 1e-8 /* change of a cell in a cycle that is taken for convergence */
#define STEEPEST 1200. /* range of V/T beyond which squares of √π leave the doubles */

/* ---- life ---- */

PetscErrorCode OttoOccupationCreate(OttoGenerator C, OttoGenerator R, Vec log_pi,
                                    OttoOccupation *occupation)
{
  PetscReal ends[2] = {0, 0};
  OttoOccupation s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  *occupation = s;
  s->C = C;
  s->R = R;
  s->grid = OttoGeneratorGetGrid(C);
  s->g = OttoGridGetInfo(s->grid);
  s->log_pi = log_pi;
  s->symmetric = R ? OttoGeneratorIsConservative(R) : PETSC_FALSE;
  if (R) PetscCall(OttoFieldRange(s->grid, OttoGeneratorGetPotential(R), &ends[0], &ends[1]));
  if (R) s->range = (ends[1] - ends[0]) / OttoGeneratorGetTemperature(R);
  PetscCall(OttoAgree(s->g->comm, PetscMalloc1(s->g->local_cells, &s->plays)));
  PetscCall(OttoReachLoss(C, s->plays));
  Vec *fields[] = {&s->residual, &s->image, &s->update, &s->noise};
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
    PetscCall(OttoFieldCreate(s->grid, fields[i]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOccupationDestroy(OttoOccupation *occupation)
{
  OttoOccupation s = *occupation;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  PetscCall(KSPDestroy(&s->ksp));
  PetscCall(OttoMultigridDestroy(&s->multigrid));
  PetscCall(OttoAggregationDestroy(&s->by_grid));
  PetscCall(OttoAggregationDestroy(&s->by_wells));
  PetscCall(MatDestroy(&s->A));
  Vec *fields[] = {&s->W,        &s->unit,  &s->best,   &s->weight,
                   &s->residual, &s->image, &s->update, &s->noise};
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) PetscCall(VecDestroy(fields[i]));
  PetscCall(PetscFree(s->plays));
  PetscCall(PetscFree(*occupation));
  PetscFunctionReturn(0);
}

const PetscBool *OttoOccupationPlays(OttoOccupation s)
{
  return s->plays;
}

size_t OttoOccupationBytes(OttoOccupation s)
{
  const size_t field = (size_t)s->g->local_cells * sizeof(PetscReal);
  size_t sum = 0;

  if (OttoMatrixBytes(s->A, &sum)) sum = 0;
  sum += field * (4 + (s->W ? 4 : 0) + (s->ksp ? 4 : 0));
  if (s->by_grid) sum += OttoAggregationBytes(s->by_grid);
  if (s->by_wells) sum += OttoAggregationBytes(s->by_wells);
  return sum + (s->multigrid ? OttoMultigridBytes(s->multigrid) : 0);
}

PetscErrorCode OttoOccupationDescribe(OttoOccupation s, char text[], size_t size)
{
  KSPType method = NULL;

  PetscFunctionBegin;
  text[0] = 0;
  if (s->ksp) {
    PetscCall(KSPGetType(s->ksp, &method));
    snprintf(text, size, "%s, geometric multigrid of %d levels%s", method,
             (int)OttoMultigridLevels(s->multigrid), s->by_grid ? "; aggregation" : "");
  } else if (s->by_grid) {
    snprintf(text, size, "aggregation");
  }
  PetscFunctionReturn(0);
}

/* ---- the order of methods ---- */

static PetscBool IsCertified(const OttoPassageReport *report, PetscReal unit)
{
  return (unit > 0 ? report->absolute : report->relative) <= CERTIFIED ? PETSC_TRUE : PETSC_FALSE;
}

PetscErrorCode OttoOccupationSolve(OttoOccupation s, OttoPassageMethod method, Vec b,
                                   PetscReal unit, Vec u, OttoPassageReport *report)
{
  PetscFunctionBegin;
  *report = (OttoPassageReport){.relative = INFINITY, .absolute = INFINITY};
  s->lost = 0;
  if (!s->R) method = OTTO_PASSAGE_KRYLOV;
  const PetscBool deep = isinf(unit) || !(s->range <= STEEPEST) ? PETSC_TRUE : PETSC_FALSE;
  if (method == OTTO_PASSAGE_KRYLOV || (method == OTTO_PASSAGE_AUTO && !deep))
    PetscCall(OttoOccupationKrylov(s, b, unit, u, report));
  PetscCall(OttoFaultVec("passage", u));
  PetscCall(OttoOccupationCertify(s, b, unit, u, report));
  report->converged = IsCertified(report, unit) && s->lost <= CONSERVED ? PETSC_TRUE : PETSC_FALSE;
  const PetscBool enough = report->converged && (unit > 0 || report->relative <= SHARE * CERTIFIED)
                               ? PETSC_TRUE
                               : PETSC_FALSE;
  if (method == OTTO_PASSAGE_AGGREGATION || (method == OTTO_PASSAGE_AUTO && !enough)) {
    PetscCall(OttoOccupationAggregate(s, b, u, report));
    PetscCall(OttoOccupationCertify(s, b, unit, u, report));
    report->converged =
        IsCertified(report, unit) || report->change <= RESTS ? PETSC_TRUE : PETSC_FALSE;
  }
  if (!report->converged)
    snprintf(report->reason, sizeof report->reason,
             "the residual is %.2g of the source after %d iterations, and cells change by %.2g in "
             "the last of %d cycles",
             (double)report->residual, (int)report->iterations, (double)report->change,
             (int)report->cycles);
  PetscFunctionReturn(0);
}
