/* What a run of convective-entropy is, what it leaves, and how the coefficient grew. */
#include "problem.h"
#include <math.h>
#include <stdio.h>

PetscErrorCode OttoConvectiveDescribe(OttoConvectiveRun *s)
{
  static const char finer[] = "a finer grid_n, shorter dynamics_times, or a wider density";
  static const char sharper[] = "a smaller dynamics_tolerance, or shorter dynamics_times";
  const char *singular = OttoDynamicsGetSingularity(s->fine.dynamics);
  OttoRecord record = s->record;

  PetscFunctionBegin;
  PetscCall(OttoRecordResultText(record, "dynamics", OttoDynamicsGetType(s->fine.dynamics)));
  PetscCall(OttoRecordResultText(record, "push_forward", OttoPushes[s->fine.settings.push]));
  if (singular)
    PetscCall(OttoRecordAside(record, PETSC_FALSE, "the coefficient is infinite: %s", singular));
  PetscCall(OttoRecordAdvice(record, "resolved", finer));
  PetscCall(OttoRecordAdvice(record, "entropy_law", finer));
  PetscCall(OttoRecordAdvice(record, "space_error",
                             "a finer grid_n, a larger box where error_box is most of "
                             "upsilon_error, shorter dynamics_times, or a wider density"));
  PetscCall(OttoRecordAdvice(record, "mass", "a box that the density stays in, or a finer grid_n"));
  PetscCall(OttoRecordAdvice(record, "coefficient",
                             "a box that the density stays in (what passes its faces is in the "
                             "limit and not in the formula), or a finer grid_n"));
  PetscCall(OttoRecordAdvice(record, "round_trip", sharper));
  PetscCall(OttoRecordAdvice(record, "determinant", sharper));
  PetscCall(OttoRecordAdvice(record, "time_error", sharper));
  PetscFunctionReturn(0);
}

/* Arrays of the cells, and fields of them. */
typedef struct {
  PetscInt dim;
  PetscReal *exponent[OTTO_DYNAMICS_MAX_DIM], *green[OTTO_DYNAMICS_MAX_DIM * OTTO_DYNAMICS_MAX_DIM],
      *direction[OTTO_DYNAMICS_MAX_DIM * OTTO_DYNAMICS_MAX_DIM];
} Fields;

static PetscErrorCode FieldsCreate(const OttoGridInfo *g, PetscBool cauchy_green, Fields *f)
{
  PetscFunctionBegin;
  f->dim = g->dim;
  for (PetscInt i = 0; i < g->dim; i++) PetscCall(PetscMalloc1(g->local_cells, &f->exponent[i]));
  for (PetscInt i = 0; i < g->dim * g->dim; i++) {
    PetscCall(PetscMalloc1(g->local_cells, &f->direction[i]));
    if (cauchy_green) PetscCall(PetscMalloc1(g->local_cells, &f->green[i]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode FieldsDestroy(Fields *f)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < f->dim; i++) PetscCall(PetscFree(f->exponent[i]));
  for (PetscInt i = 0; i < f->dim * f->dim; i++) {
    PetscCall(PetscFree(f->green[i]));
    PetscCall(PetscFree(f->direction[i]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Write(OttoConvectiveRun *s, PetscInt k, const char *name, const char *unit,
                            const char *sentence, const PetscReal values[], Vec field)
{
  PetscScalar *out;

  PetscFunctionBegin;
  PetscCall(VecGetArray(field, &out));
  PetscCall(PetscArraycpy(out, values, OttoGridGetInfo(s->grid)->local_cells));
  PetscCall(VecRestoreArray(field, &out));
  PetscCall(OttoStorageWrite(s->storage, k, s->now.t, name, unit, sentence, field));
  PetscFunctionReturn(0);
}

/* Exponents, the Cauchy–Green tensor and the direction that is stretched most, of one way through
 * time. */
static PetscErrorCode WriteStretching(OttoConvectiveRun *s, PetscInt k, const Fields *f,
                                      const char *way, Vec field)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  char name[128];

  PetscFunctionBegin;
  for (PetscInt i = 0; i < f->dim; i++) {
    snprintf(name, sizeof name, "ftle%s_%d", way, (int)i + 1);
    PetscCall(Write(s, k, name, "1/time",
                    "finite-time Lyapunov exponent, the largest first; nan: masked", f->exponent[i],
                    field));
    snprintf(name, sizeof name, "stretching%s_%s", way, g->name[i]);
    PetscCall(Write(s, k, name, "1", "direction in which the flow map stretches most, at its start",
                    f->direction[i], field));
    for (PetscInt j = i; j < f->dim && s->cauchy_green; j++) {
      snprintf(name, sizeof name, "cauchy_green%s_%s%s", way, g->name[i], g->name[j]);
      PetscCall(Write(s, k, name, "1", "Cauchy-Green tensor D Phi^T D Phi",
                      f->green[i * f->dim + j], field));
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Save(OttoConvectiveRun *s, PetscInt k, Fields *f, Vec field)
{
  const PetscReal t = s->now.t;
  OttoStretching unused;

  PetscFunctionBegin;
  PetscCall(
      OttoStorageWrite(s->storage, k, t, "p", "1/volume", "density p at the start", s->fine.c.phi));
  PetscCall(OttoStorageWrite(s->storage, k, t, "pushed", "1/volume", "p carried to this time",
                             s->fine.c.pushed));
  PetscCall(OttoStorageWrite(s->storage, k, t, "log_jacobian", "1",
                             "log |det D Phi_t| of the point that starts here",
                             s->fine.c.log_jacobian));
  if (t == 0) PetscFunctionReturn(0);
  PetscCall(OttoStretchingCompute(s->fine.forward, t, NULL, f->exponent,
                                  s->cauchy_green ? f->green : NULL, f->direction, &unused));
  PetscCall(WriteStretching(s, k, f, "", field));
  if (!s->fine.back) PetscFunctionReturn(0);
  PetscCall(OttoStretchingCompute(s->fine.back, t, NULL, f->exponent,
                                  s->cauchy_green ? f->green : NULL, f->direction, &unused));
  PetscCall(WriteStretching(s, k, f, "_backward", field));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveSave(OttoConvectiveRun *s, PetscInt k)
{
  Fields fields = {.dim = 0};
  Vec field;

  PetscFunctionBegin;
  if (!OttoRunSaves(s->run)) PetscFunctionReturn(0);
  if (!s->storage) PetscCall(OttoStorageCreate(s->grid, OttoRecordGetDir(s->record), &s->storage));
  PetscCall(OttoFieldCreate(s->grid, &field));
  PetscCall(FieldsCreate(OttoGridGetInfo(s->grid), s->cauchy_green, &fields));
  PetscErrorCode code = Save(s, k, &fields, field);
  PetscCall(FieldsDestroy(&fields));
  PetscCall(VecDestroy(&field));
  PetscFunctionReturn(code);
}

/* The times on that side of the start where the last one is, the longest last: growth is of one way
 * through time, in whatever order they were asked for. */
static PetscInt OneWay(const OttoConvectiveHistory *h, PetscReal t[], PetscReal coefficient[])
{
  PetscInt count = 0;

  for (PetscInt i = 0; i < h->count; i++) {
    if (h->t[i] * h->t[h->count - 1] < 0) continue;
    PetscInt k = count++;
    for (; k > 0 && t[k - 1] > fabs(h->t[i]); k--) {
      t[k] = t[k - 1];
      coefficient[k] = coefficient[k - 1];
    }
    t[k] = fabs(h->t[i]);
    coefficient[k] = h->coefficient[i];
  }
  return count;
}

/* How fast the coefficient grew, beside what theory compares it with. */
static PetscErrorCode ReportGrowth(OttoConvectiveRun *s)
{
  const OttoConvectiveHistory *h = &s->history;
  const PetscInt last = h->count - 1;
  PetscReal *t, *coefficient;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(h->count, &t, h->count, &coefficient));
  PetscCall(OttoRecordResult(s->record, "growth_exponent",
                             OttoConvectiveGrowth(OneWay(h, t, coefficient), t, coefficient)));
  PetscCall(PetscFree2(t, coefficient));
  PetscCall(
      OttoRecordResult(s->record, "growth_contraction", last >= 0 ? h->contraction[last] : NAN));
  PetscCall(
      OttoRecordResult(s->record, "growth_inverse",
                       last >= 0 && h->t[last] != 0 ? h->inverse[last] / fabs(h->t[last]) : NAN));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveReport(OttoConvectiveRun *s)
{
  OttoFlowMapReport flow = {.points = 0};
  PetscReal error = 0;

  PetscFunctionBegin;
  if (s->fine.forward) PetscCall(OttoFlowMapGetReport(s->fine.forward, &flow));
  PetscCall(OttoDynamicsDerivativeError(s->fine.dynamics, &error));
  PetscCall(OttoRecordResultText(s->record, "heat_kernel", s->kernels));
  PetscCall(OttoRecordResult(s->record, "flow_map_steps",
                             flow.points ? (PetscReal)flow.steps / (PetscReal)flow.points : 0));
  PetscCall(OttoRecordResult(s->record, "derivative_error", error));
  PetscCall(OttoRecordResult(s->record, "masked_mass", s->now.start.lost));
  PetscCall(OttoRecordResult(s->record, "push_forward_diffusion", s->now.pushed.diffusion));
  PetscCall(
      OttoRecordResult(s->record, "push_forward_negative", (PetscReal)s->now.pushed.negative));
  PetscCall(ReportGrowth(s));
  PetscCall(OttoConvectiveErrorsReport(&s->errors));
  PetscFunctionReturn(0);
}
