/* What must hold at a time of convective-entropy, and what is not known there. */
#include "problem.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define LIMIT_KNOWN                                                                                \
  1e-2               /* of the Fisher informations: a limit that is known no better says nothing */
#define UNKNOWN 1e-8 /* mass without a gradient that is let go */
#define ROUND_TRIP_POINTS 4096 /* of a rank, at most about */

static const char rounded[] = "of the most stretched cells the derivative is beyond what numbers "
                              "hold, or of three axes all but its largest part is rounding of that";

/* How far ψ is from what its grid can hold: above 1 it is not resolved. Jumps of a discontinuous
 * map stand in all modes, on any grid. */
static PetscReal Unresolved(const OttoConvectiveRun *s)
{
  const OttoConvectiveResolution *r = &s->now.resolution;
  const PetscReal thin = OTTO_CONVECTIVE_THIN / r->thinnest;

  if (OttoDynamicsGetSingularity(s->fine.dynamics) || s->fine.settings.push == OTTO_PUSH_REMAP)
    return thin;
  return isnan(r->tail) || isnan(thin) ? INFINITY : PetscMax(thin, r->tail / OTTO_CONVECTIVE_TAIL);
}

/* Why ψ does not show at s = 0 what φ became; NULL where it does. */
static const char *Hidden(const OttoConvectiveRun *s)
{
  if (!s->resolved) return "the carried density is not resolved";
  return s->fine.settings.push == OTTO_PUSH_REMAP
             ? "cells carried as points leave ripples until they are blurred"
             : NULL;
}

/* Why the formula of the coefficient has no value; NULL where it has. */
static const char *NoGradient(const OttoConvectiveRun *s)
{
  if (s->now.t == 0 || OttoDynamicsGetSingularity(s->fine.dynamics)) return NULL;
  if (s->now.start.unknown > UNKNOWN)
    return "where p is 0, or points are lost, within five cells, log p/J has no gradient, and of p "
           "more than 1e-8 is there";
  if (s->now.resolution.tail_before > OTTO_CONVECTIVE_TAIL)
    return "the grid does not resolve p itself: where p jumps Fisher informations are infinite";
  return isnan(s->now.stretching.ftle_least) && s->now.forward.lost < s->now.forward.points
             ? rounded
             : NULL;
}

/* The coefficient by its formula, and as a limit. */
static PetscErrorCode CheckCoefficient(OttoConvectiveRun *s)
{
  OttoConvectiveTime *now = &s->now;
  const char *singular = OttoDynamicsGetSingularity(s->fine.dynamics);
  const PetscReal scale = fabs(now->start.fisher_pushed) + fabs(now->start.fisher_phi);

  PetscFunctionBegin;
  if (singular && now->t != 0) {
    now->start.coefficient = INFINITY;
    PetscCall(OttoRecordNotApplicable(s->record, "coefficient", singular));
    PetscFunctionReturn(0);
  }
  if (NoGradient(s))
    now->start.coefficient = now->start.fisher_phi = now->start.fisher_pushed = NAN;
  if (NoGradient(s) && !OttoDynamicsKeepsVolume(s->fine.dynamics)) now->start.laplacian = NAN;
  if (now->t == 0 || Hidden(s) || NoGradient(s)) {
    PetscCall(OttoRecordNotApplicable(s->record, "coefficient",
                                      now->t == 0 ? "nothing has moved at t = 0"
                                      : Hidden(s) ? Hidden(s)
                                                  : NoGradient(s)));
    PetscFunctionReturn(0);
  }
  PetscCall(OttoConvectiveCaseLimit(&s->fine, now));
  if (!(now->limit_error <= LIMIT_KNOWN * scale)) {
    PetscCall(OttoRecordNotApplicable(s->record, "coefficient",
                                      "the limit of upsilon/s is not found to a hundredth"));
    PetscFunctionReturn(0);
  }
  const PetscReal apart = fabs(now->limit - now->start.coefficient) - now->limit_error;
  PetscCall(OttoRecordCheck(s->record, "coefficient", scale > 0 ? PetscMax(apart, 0) / scale : 0,
                            now->t));
  PetscFunctionReturn(0);
}

/* Mass and entropy of ψ by its cells, and by how φ was carried. */
static PetscErrorCode CheckSums(OttoConvectiveRun *s)
{
  const OttoConvectiveStart *start = &s->now.start;
  const PetscReal t = s->now.t;

  PetscFunctionBegin;
  if (s->resolved)
    PetscCall(OttoRecordCheck(s->record, "mass", fabs(s->now.pushed.mass - 1), t));
  else
    PetscCall(OttoRecordNotApplicable(s->record, "mass", Hidden(s)));
  if (Hidden(s))
    PetscCall(OttoRecordNotApplicable(s->record, "entropy_law", Hidden(s)));
  else
    PetscCall(OttoRecordCheck(
        s->record, "entropy_law",
        fabs(start->entropy_pushed - start->entropy_phi - start->mean_log_jacobian), t));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveCheck(OttoConvectiveRun *s)
{
  OttoConvectiveTime *now = &s->now;
  OttoConvectiveHistory *h = &s->history;
  PetscReal trip = 0;

  PetscFunctionBegin;
  const PetscReal unresolved = Unresolved(s);
  s->resolved = unresolved <= 1 ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(OttoRecordCheck(s->record, "resolved", unresolved, now->t));
  PetscCall(OttoRecordCheck(s->record, "determinant", now->forward.determinant, now->t));
  if (OttoDynamicsIsInvertible(s->fine.dynamics)) {
    PetscCall(OttoConvectiveCaseRoundTrip(&s->fine, ROUND_TRIP_POINTS, &trip));
    PetscCall(OttoRecordCheck(s->record, "round_trip", trip, now->t));
  } else
    PetscCall(OttoRecordNotApplicable(s->record, "round_trip", "the map has no inverse"));
  PetscCall(CheckSums(s));
  PetscCall(CheckCoefficient(s));
  h->t[h->count] = now->t;
  h->coefficient[h->count] = now->start.coefficient;
  h->contraction[h->count] = -2 * now->stretching.ftle_least;
  h->inverse[h->count++] = now->t == 0 ? 0 : now->stretching.inverse_norm * fabs(now->t);
  PetscFunctionReturn(0);
}

static const char unresolved_why[] = "the carried density has structures thinner than two cells, "
                                     "or modes that the grid does not have";

/* Columns without a value: those of a density that is not resolved; those that have none. */
static PetscErrorCode SayUnknown(OttoConvectiveRun *s, PetscReal value[])
{
  static const PetscInt unknown[] = {OTTO_CONVECTIVE_upsilon, OTTO_CONVECTIVE_entropy_blur_after};
  static const PetscInt of_it[] = {
      OTTO_CONVECTIVE_upsilon_error,  OTTO_CONVECTIVE_error_quadrature,
      OTTO_CONVECTIVE_error_flow_map, OTTO_CONVECTIVE_error_interpolation,
      OTTO_CONVECTIVE_error_box,      OTTO_CONVECTIVE_coefficient_limit};
  static const PetscInt of_start[] = {OTTO_CONVECTIVE_coefficient, OTTO_CONVECTIVE_fisher_pushed,
                                      OTTO_CONVECTIVE_fisher,
                                      OTTO_CONVECTIVE_laplacian_log_jacobian};
  static const PetscInt exponents[] = {OTTO_CONVECTIVE_ftle_max, OTTO_CONVECTIVE_ftle_mean,
                                       OTTO_CONVECTIVE_ftle_least, OTTO_CONVECTIVE_inverse_norm};
  const PetscReal t = s->now.t;

  PetscFunctionBegin;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(unknown) && !s->resolved; i++) {
    value[unknown[i]] = NAN;
    PetscCall(OttoRecordNotKnown(s->record, OttoConvectiveColumns[unknown[i]].name, t, -INFINITY,
                                 INFINITY, unresolved_why, PETSC_FALSE));
  }
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(of_start) && NoGradient(s); i++)
    if (isnan(value[of_start[i]]))
      PetscCall(OttoRecordNotKnown(s->record, OttoConvectiveColumns[of_start[i]].name, t,
                                   of_start[i] == OTTO_CONVECTIVE_fisher ? 0 : -INFINITY, INFINITY,
                                   NoGradient(s), PETSC_FALSE));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(of_it); i++) {
    if (!s->resolved) value[of_it[i]] = NAN;
    if (isnan(value[of_it[i]]))
      PetscCall(OttoRecordNotDefined(s->record, OttoConvectiveColumns[of_it[i]].name, t,
                                     s->resolved ? "it is not estimated" : unresolved_why));
  }
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(exponents); i++)
    if (isnan(value[exponents[i]]))
      PetscCall(OttoRecordNotDefined(s->record, OttoConvectiveColumns[exponents[i]].name, t,
                                     t == 0 ? "over no time"
                                     : s->now.forward.lost == s->now.forward.points
                                         ? "every cell is masked"
                                         : rounded));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveWriteRow(OttoConvectiveRun *s, OttoConvectiveRow *row)
{
  PetscReal value[OTTO_CONVECTIVE_COLUMNS];

  PetscFunctionBegin;
  OttoConvectiveValues(row, value);
  PetscCall(SayUnknown(s, value));
  PetscCall(OttoRecordRow(s->record, value));
  if (!strstr(s->kernels, row->kernel)) {
    const size_t used = strlen(s->kernels);
    snprintf(s->kernels + used, sizeof s->kernels - used, "%s%s", used ? ", " : "", row->kernel);
  }
  PetscFunctionReturn(0);
}
