/* What a run of gradient-flow is, what it leaves, and how it went. */
#include "problem.h"
#include <math.h>
#include <stdio.h>

PetscErrorCode OttoGradientDescribe(OttoGradientRun *s)
{
  static const char *const schemes[] = {"implicit", "semi_implicit", "jko", "ljko"};
  static const char finer[] = "the grid is too coarse for this density: a finer grid_n";
  OttoRecord record = s->record;
  OttoEnergy energy = s->law.energy;
  OttoInteraction W = OttoEnergyGetInteraction(energy);

  PetscFunctionBegin;
  PetscCall(OttoRecordResultText(record, "scheme", schemes[s->law.scheme]));
  PetscCall(OttoRecordResultText(record, "internal_energy",
                                 OttoInternalGetType(OttoEnergyGetInternal(energy))));
  PetscCall(OttoRecordResultText(record, "potential",
                                 OttoPotentialGetType(OttoEnergyGetPotential(energy))));
  PetscCall(OttoRecordResultText(record, "interaction", W ? OttoInteractionGetType(W) : "none"));
  PetscCall(
      OttoRecordResultText(record, "flow_mobility",
                           OttoMobilities[OttoFluxesGetMobility(OttoFlowGetFluxes(s->law.flow))]));
  if (OttoEnergyIsTimeDependent(energy))
    PetscCall(
        OttoRecordAside(record, PETSC_FALSE,
                        "the potential depends on time: energy may grow by its work; every step "
                        "is held to the potential of its own time"));
  if (s->law.q && !s->law.linear)
    PetscCall(
        OttoRecordAside(record, PETSC_FALSE,
                        "p and q solve a nonlinear law each: that their divergences fall is no "
                        "theorem here"));
  PetscCall(OttoRecordAdvice(record, "virial_law", finer));
  PetscCall(OttoRecordAdvice(record, "time_error",
                             "smaller steps (time_tolerance, ts_dt), or flow_time_order 2"));
  PetscCall(OttoRecordAdvice(record, "jko_inequality",
                             "a larger tau (ts_dt), a finer grid, or a smaller jko_gap"));
  PetscCall(OttoRecordAdvice(record, "optimality",
                             "more jko_iterations, or a jko_gap that this grid can keep"));
  PetscFunctionReturn(0);
}

static PetscErrorCode SaveRatio(OttoGradientRun *s, PetscInt k, PetscReal t)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->law.grid);
  const PetscScalar *p, *q;
  PetscScalar *out;
  Vec ratio;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(s->law.grid, &ratio));
  PetscCall(VecGetArrayRead(s->law.p, &p));
  PetscCall(VecGetArrayRead(s->law.q, &q));
  PetscCall(VecGetArray(ratio, &out));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    out[c] = p[c] > 0 && q[c] > 0 ? log(p[c] / q[c]) : 0;
  PetscCall(VecRestoreArray(ratio, &out));
  PetscCall(VecRestoreArrayRead(s->law.q, &q));
  PetscCall(VecRestoreArrayRead(s->law.p, &p));
  PetscCall(
      OttoStorageWrite(s->storage, k, t, "log_ratio", "1", "log(p/q), 0 where either is 0", ratio));
  PetscCall(VecDestroy(&ratio));
  PetscFunctionReturn(0);
}

static PetscErrorCode Save(OttoGradientRun *s, PetscInt k, PetscReal t)
{
  OttoEnergy energy = s->law.energy;
  OttoInteraction W = OttoEnergyGetInteraction(energy);
  Vec field;

  PetscFunctionBegin;
  if (!s->storage)
    PetscCall(OttoStorageCreate(s->law.grid, OttoRecordGetDir(s->record), &s->storage));
  PetscCall(OttoEnergySetTime(energy, t));
  PetscCall(OttoStorageWrite(s->storage, k, t, "p", "1/volume", "density p", s->law.p));
  if (s->law.q)
    PetscCall(OttoStorageWrite(s->storage, k, t, "q", "1/volume", "density q", s->law.q));
  if (s->law.q) PetscCall(SaveRatio(s, k, t));
  if (OttoEnergyGetField(energy))
    PetscCall(OttoStorageWrite(s->storage, k, t, "potential", "energy", "potential V",
                               OttoEnergyGetField(energy)));
  if (!W) PetscFunctionReturn(0);
  PetscCall(OttoFieldCreate(s->law.grid, &field));
  PetscCall(OttoInteractionApply(W, s->law.p, field));
  PetscCall(OttoStorageWrite(s->storage, k, t, "interaction", "energy",
                             "W*p, the potential that p makes", field));
  PetscCall(VecDestroy(&field));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientSave(OttoGradientRun *s, PetscInt k, PetscReal t)
{
  PetscFunctionBegin;
  if (!OttoRunSaves(s->run)) PetscFunctionReturn(0);
  PetscCall(Save(s, k, t));
  PetscCall(OttoRunSaveMarginals(s->storage, s->law.grid, OttoRunGetTimes(s->run), k, s->law.p,
                                 s->law.q));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientSaveLast(OttoGradientRun *s, PetscErrorCode code)
{
  const PetscBool between = !code && OttoRunIsStopped(s->run) ? PETSC_TRUE : PETSC_FALSE;
  const PetscInt number = OttoRunGetTimes(s->run)->count;
  const PetscReal t = OttoFlowGetTime(s->law.flow);

  PetscFunctionBegin;
  if (code != OTTO_ERR_SOLVER && code != OTTO_ERR_STOPPED && !between) PetscFunctionReturn(0);
  if (code) code = OttoAgree(OttoGridGetInfo(s->law.grid)->comm, code);
  if (OttoRecordGetRows(s->record) == 0 || (between && OttoRunSaves(s->run)))
    PetscFunctionReturn(0);
  PetscCall(Save(s, number, t));
  PetscCall(OttoStorageNote(s->storage, number, t,
                            s->steps.stopped          ? "where p concentrated"
                            : code == OTTO_ERR_SOLVER ? "state at failure: the last good one"
                                                      : "state when the run was stopped"));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientReport(OttoGradientRun *s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->law.grid);
  PetscReal mean[OTTO_MAX_DIM], covariance[OTTO_MAX_DIM * OTTO_MAX_DIM], mass = 0;
  OttoFlowReport flow;

  PetscFunctionBegin;
  if (OttoRecordGetRows(s->record) == 0) PetscFunctionReturn(0);
  PetscCall(OttoFlowGetReport(s->law.flow, &flow));
  PetscCall(OttoRecordResult(s->record, "steps", (PetscReal)flow.steps));
  PetscCall(OttoRecordResult(s->record, "rejected", (PetscReal)flow.rejected));
  PetscCall(OttoRecordResult(s->record, "iterations", (PetscReal)flow.iterations));
  PetscCall(OttoFieldMoments(s->law.grid, s->law.p, &mass, mean, covariance));
  PetscCall(OttoRecordResultList(s->record, "mean_p", g->dim, mean));
  PetscCall(OttoRecordResultList(s->record, "covariance_p", g->dim * g->dim, covariance));
  PetscCall(OttoGradientStepsReport(&s->steps));
  PetscCall(OttoGradientSteppingReport(s->stepping));
  PetscCall(OttoGradientSpaceReport(&s->space));
  PetscFunctionReturn(0);
}
