#include "flow_impl.h"

static const OttoMember members[] = {
#define OTTO_MEMBER(name, Ops, ...) OTTO_MEMBER_LINE(name, __VA_ARGS__)
#include "flow.def"
#undef OTTO_MEMBER
};

static const OttoFlowOps *const laws[] = {
#define OTTO_MEMBER(name, Ops, ...) &OttoFlowOps_##Ops,
#include "flow.def"
#undef OTTO_MEMBER
};

const OttoFamily OttoFlowFamily = {"flow", "evolution laws", NULL,
                                   (PetscInt)(sizeof members / sizeof members[0]), members};

PetscErrorCode OttoFlowCreate(OttoGrid grid, OttoFlow *flow)
{
  PetscFunctionBegin;
  *flow = NULL;
  OttoNeedGrid(grid);
  PetscCall(PetscNew(flow));
  (*flow)->grid = grid;
  (*flow)->g = OttoGridGetInfo(grid);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowSetType(OttoFlow s, const char *law)
{
  PetscInt index = 0;

  PetscFunctionBegin;
  PetscCheck(!s->ops, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONGSTATE, "the flow has a law");
  PetscCall(OttoFamilyFind(&OttoFlowFamily, law, &index));
  s->ops = laws[index];
  if (s->ops->create) PetscCall(s->ops->create(s));
  PetscFunctionReturn(0);
}

const char *OttoFlowGetType(OttoFlow s)
{
  return s->ops ? s->ops->name : NULL;
}

PetscErrorCode OttoFlowSetDensities(OttoFlow s, Vec p, Vec q)
{
  PetscFunctionBegin;
  PetscCheck(!s->is_setup, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONGSTATE, "the flow is set up");
  PetscCall(PetscObjectReference((PetscObject)p));
  if (q) PetscCall(PetscObjectReference((PetscObject)q));
  PetscCall(VecDestroy(&s->density[OTTO_FLOW_P]));
  PetscCall(VecDestroy(&s->density[OTTO_FLOW_Q]));
  s->density[OTTO_FLOW_P] = p;
  s->density[OTTO_FLOW_Q] = q;
  s->blocks = q ? 2 : 1;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowSetFromOptions(OttoFlow s)
{
  PetscFunctionBegin;
  OttoNeed(s->ops, "OttoFlowSetType()");
  PetscCall(s->ops->options(s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowSetUp(OttoFlow s)
{
  PetscFunctionBegin;
  if (s->is_setup) PetscFunctionReturn(0);
  OttoNeed(s->ops, "OttoFlowSetType()");
  OttoNeed(s->blocks, "OttoFlowSetDensities()");
  PetscCall(s->ops->setup(s));
  s->is_setup = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscBool OttoFlowIsSetUp(OttoFlow s)
{
  return s->is_setup;
}

PetscErrorCode OttoFlowDestroy(OttoFlow *flow)
{
  OttoFlow s = *flow;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  if (s->ops) PetscCall(s->ops->destroy(s));
  for (PetscInt b = 0; b < MAX_BLOCKS; b++) PetscCall(VecDestroy(&s->density[b]));
  PetscCall(PetscFree(s->times));
  PetscCall(PetscFree(*flow));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowAdvance(OttoFlow s, PetscReal t)
{
  PetscFunctionBegin;
  OttoNeedFlow(s);
  const PetscReal now = OttoFlowGetTime(s);
  PetscCheck(t > now, s->g->comm, PETSC_ERR_ARG_OUTOFRANGE, "time %g is not after %g", (double)t,
             (double)now);
  s->taken = 0;
  PetscCall(s->ops->advance(s, t));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowRest(OttoFlow s)
{
  PetscFunctionBegin;
  OttoNeedFlow(s);
  if (s->ops->rest) PetscCall(s->ops->rest(s));
  PetscFunctionReturn(0);
}

static PetscErrorCode KeepReport(OttoFlowReport *r, OttoKeep keep)
{
  PetscFunctionBegin;
  PetscCall(OttoKeepInt64(keep, "steps", &r->steps));
  PetscCall(OttoKeepInt64(keep, "rejected", &r->rejected));
  PetscCall(OttoKeepInt64(keep, "negative", &r->negative));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowKeep(OttoFlow s, OttoKeep keep)
{
  PetscFunctionBegin;
  OttoNeedFlow(s);
  PetscCall(OttoKeepBegin(keep, "flow", -1));
  PetscCall(OttoKeepReals(keep, "mass", s->blocks, s->mass));
  PetscCall(KeepReport(&s->report, keep));
  PetscCall(s->ops->keep(s, keep));
  PetscCall(OttoKeepEnd(keep));
  if (OttoKeepTakes(keep)) s->taken = 0;
  PetscFunctionReturn(0);
}

static void Logs(OttoFlow s, PetscBool before, Vec *log_p, Vec *log_q)
{
  Vec logs[MAX_BLOCKS] = {NULL, NULL};

  if (s->is_setup && s->ops->logs) s->ops->logs(s, before, logs);
  *log_p = logs[OTTO_FLOW_P];
  *log_q = logs[OTTO_FLOW_Q];
}

void OttoFlowGetLogs(OttoFlow s, Vec *log_p, Vec *log_q)
{
  Logs(s, PETSC_FALSE, log_p, log_q);
}

void OttoFlowGetLogsBefore(OttoFlow s, Vec *log_p, Vec *log_q)
{
  Logs(s, PETSC_TRUE, log_p, log_q);
}

PetscErrorCode OttoFlowGetReport(OttoFlow s, OttoFlowReport *report)
{
  PetscFunctionBegin;
  *report = s->report;
  if (s->is_setup && s->ops->report) PetscCall(s->ops->report(s, report));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowCreateFokkerPlanck(OttoGenerator generator, OttoResolvent resolvent, Vec p,
                                          Vec q, OttoFlow *flow)
{
  PetscFunctionBegin;
  *flow = NULL;
  OttoNeedGenerator(generator);
  PetscCall(OttoFlowCreate(OttoGeneratorGetGrid(generator), flow));
  PetscCall(OttoFlowSetType(*flow, "fokker_planck"));
  PetscCall(OttoFlowSetGenerator(*flow, generator, resolvent));
  PetscCall(OttoFlowSetDensities(*flow, p, q));
  PetscFunctionReturn(0);
}
