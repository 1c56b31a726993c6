#include "pair.h"
#include "chain/slopes.h"

/* The logarithm of one of the run's densities, NULL where doubles hold it. */
static PetscErrorCode LogOf(const OttoFokkerPlanck *s, Vec v, Vec *log_v)
{
  PetscReal least = 0;
  Vec logs[2];

  PetscFunctionBegin;
  OttoFlowGetLogs(s->flow, &logs[0], &logs[1]);
  *log_v = v == s->p ? logs[0] : v == s->q ? logs[1] : NULL;
  if (v != s->pi) PetscFunctionReturn(0);
  PetscCall(OttoFieldRange(s->grid, v, &least, NULL));
  *log_v = least < OTTO_FAINT_DENSITY ? s->log_pi : NULL;
  PetscFunctionReturn(0);
}

/* The place of p or q in the flow's lists. */
static int Which(const OttoFokkerPlanck *s, Vec v)
{
  return v == s->p ? OTTO_FLOW_P : OTTO_FLOW_Q;
}

PetscErrorCode OttoFokkerPlanckPair(const OttoFokkerPlanck *s, Vec p, Vec q, PetscReal t,
                                    OttoPair *pair)
{
  PetscFunctionBegin;
  *pair = (OttoPair){.p = p, .q = q};
  PetscCall(LogOf(s, p, &pair->log_p));
  PetscCall(LogOf(s, q, &pair->log_q));
  if (t == 0) PetscFunctionReturn(0);
  if (!OttoFlowHasNoise(s->flow)) {
    OttoFlowReport report;
    PetscCall(OttoFlowGetReport(s->flow, &report));
    pair->resolved_p = report.doubtful[Which(s, p)];
    pair->resolved_q = q == s->pi ? 0 : report.doubtful[Which(s, q)];
    PetscFunctionReturn(0);
  }
  PetscCall(OttoFieldRange(s->grid, p, NULL, &pair->resolved_p));
  pair->resolved_p *= OTTO_FLOW_NOISE;
  if (q == s->pi) PetscFunctionReturn(0);
  PetscCall(OttoFieldRange(s->grid, q, NULL, &pair->resolved_q));
  pair->resolved_q *= OTTO_FLOW_NOISE;
  PetscFunctionReturn(0);
}
