/* Tempered divergences D_t of p and q over the times asked for: the series of transport. */
#pragma once
#include <otto/run.h>
#include <otto/run_columns.h>
#include <otto/tempered.h>

/* The columns but the moments: where each stands in a row, OTTO_TRANSPORT_kl …. */
enum {
#define OTTO_COLUMN(name, ...) OTTO_TRANSPORT_##name,
#include "series.def"
#undef OTTO_COLUMN
  OTTO_TRANSPORT_COLUMNS
};

typedef struct {
  OttoGrid grid;
  OttoRun run; /* NULL: no times are asked for */
  OttoHeat heat;
  OttoKernelChoice choice;
  OttoTempered tempering;
  OttoRunColumns columns;
  PetscInt taken;             /* rows so far */
  OttoTemperedSample *sample; /* [taken] */
} OttoTransportSweep;

/** Reads the times and makes what they need; leaves it empty where there are none. Collective.
 * OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoTransportSweepCreate(OttoRecord record, OttoGrid grid, Vec p, Vec q,
                                                     PetscBool smooth, OttoTransportSweep *s);
/** Frees it. Collective. */
PETSC_INTERN PetscErrorCode OttoTransportSweepDestroy(OttoTransportSweep *s);

/** Samples to the k-th, which are functions of their time, where a run that goes on has none of
 * them yet. Collective. */
PETSC_INTERN PetscErrorCode OttoTransportSweepTake(OttoTransportSweep *s, PetscInt k);

/** All rows, with their checks; *w2_upper: W2 between the atoms is at
 * most this, which a run that goes on knows when its loop has begun. A signal may end
 * them before: OttoRunIsStopped(). Collective. */
PETSC_INTERN PetscErrorCode OttoTransportSweepRun(OttoRecord record, OttoTransportSweep *s,
                                                  const PetscReal *w2_upper);
