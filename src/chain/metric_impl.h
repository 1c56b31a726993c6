/* Private to metric*.c: what a metric is, and what its members do. */
#pragma once
#include <otto/formula.h>
#include <otto/metric.h>

/* A member: reads its keys, and says what g is at a point. */
typedef struct {
  const char *name;                     /* registry name; "pushed" */
  const char *key;                      /* what messages name */
  PetscErrorCode failure;               /* of a value that is none: whose fault it is */
  PetscErrorCode (*create)(OttoMetric); /* NULL: nothing to read. Collective */
  PetscErrorCode (*evaluate)(OttoMetric, const PetscReal x[], PetscReal g[]);
} OttoMetricOps;

struct _n_OttoMetric {
  const OttoMetricOps *ops;
  PetscInt dim;
  const OttoGridInfo *g;  /* the box, round whose periodic axes points are brought */
  OttoFormula formula;    /* NULL of members without */
  OttoMetric of;          /* pushed: the metric that is, not its own, */
  OttoDiffeomorphism map; /* and by what */
};

/** Parses metric_formula, `components` of it. Collective; OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoMetricReadFormula(OttoMetric metric, PetscInt components);
/** Makes one of these ops. Not collective. */
PETSC_INTERN PetscErrorCode OttoMetricMake(const OttoMetricOps *ops, OttoGrid grid,
                                           OttoMetric *metric);
/** Refuses one that jumps where a periodic axis closes. Collective; OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoMetricCheckSeams(OttoMetric metric);

#define OTTO_MEMBER(name, Ops, ...) PETSC_INTERN const OttoMetricOps OttoMetricOps_##Ops;
#include "metric.def"
#undef OTTO_MEMBER
