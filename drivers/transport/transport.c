/* Two densities compared in every way at once: divergences, optimal transport, and D_t. */
#include "drivers.h"
#include "distances.h"
#include "report.h"

/* All that has no time. */
static PetscErrorCode Compare(OttoTransportRun *s, OttoTransportNumbers *numbers)
{
  PetscFunctionBegin;
  PetscCall(OttoTransportMeasure(&s->solvers, &s->keys, s->record, s->p, s->q, numbers));
  PetscCall(OttoTransportReport(s, numbers));
  PetscCall(OttoTransportCheck(s, numbers));
  PetscCall(OttoRecordStageBegin(s->record, "fields"));
  PetscCall(OttoTransportSave(s));
  PetscCall(OttoRecordStageEnd(s->record));
  PetscFunctionReturn(0);
}

/* D_t, where times are asked for. */
static PetscErrorCode Sweep(OttoTransportRun *s, const OttoTransportNumbers *numbers)
{
  PetscFunctionBegin;
  if (s->sweep.run) {
    const PetscErrorCode code = OttoTransportSweepRun(s->record, &s->sweep, &numbers->w2.upper);
    PetscCall(OttoRunEnd(s->sweep.run, code));
    PetscFunctionReturn(0);
  }
  for (const char *const *name = (const char *const[]){"rate", "tempered_bound", "rows", NULL};
       *name; name++)
    PetscCall(OttoRecordNotApplicable(s->record, *name, "no times are asked for"));
  PetscFunctionReturn(0);
}

/* What the grid errs by. */
static PetscErrorCode Space(OttoTransportRun *s)
{
  PetscFunctionBegin;
  PetscCall(OttoTransportSpaceMeasure(&s->space, &s->keys, &s->sweep, s->p, s->q, s->report,
                                      &s->numbers));
  PetscCall(OttoSpaceReport(&s->space));
  PetscFunctionReturn(0);
}

/* Row by row, then the same on coarser grids. */
static PetscErrorCode SweepAll(OttoTransportRun *s)
{
  PetscFunctionBegin;
  if (!s->sweep.run || !OttoRunResumes(s->sweep.run)) PetscCall(Compare(s, &s->numbers));
  PetscCall(Sweep(s, &s->numbers));
  PetscCall(Space(s));
  PetscFunctionReturn(0);
}

/* Where no times are asked for, a checkpoint stands between the two. */
static PetscErrorCode Parts(OttoTransportRun *s)
{
  PetscReal t = 0;
  PetscInt k = 0;

  PetscFunctionBegin;
  while (OttoRunNext(s->parts, &k, &t)) {
    if (k == 0) PetscCall(Compare(s, &s->numbers));
    if (k == 0) PetscCall(Sweep(s, &s->numbers));
    if (k == 1) PetscCall(Space(s));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDriverTransport(const char *input, PetscBool *passed)
{
  OttoTransportRun s = {0};

  PetscFunctionBegin;
  PetscCall(OttoTransportPrepare(input, &s));
  const OttoRun run = s.parts ? s.parts : s.sweep.run;
  if (s.parts)
    PetscCall(OttoRunEnd(s.parts, Parts(&s)));
  else
    PetscCall(SweepAll(&s));
  PetscCall(OttoStorageClose(&s.storage)); /* a run that has not ended leaves no file's last name */
  if (run)
    PetscCall(OttoRunClose(run, s.grid, passed));
  else
    PetscCall(OttoRecordClose(s.record, s.grid, passed));
  const PetscErrorCode status = run ? OttoRunStatus(run) : 0;
  PetscCall(OttoTransportDestroy(&s));
  PetscFunctionReturn(status);
}
