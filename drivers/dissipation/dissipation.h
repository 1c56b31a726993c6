/* What the driver dissipation reports of two densities under one heat semigroup: its checks, its
 * row of the series, its fields. */
#pragma once
#include <otto/run.h>
#include <otto/run_columns.h>
#include <otto/tempered.h>

/** Puts NaN where unresolved cells leave more of a divergence open than the bound of check `known`,
 * relative to its value, reports each as not known, and what is left open of those that were asked
 * for to the check. Before OttoRunCheckSample(). Not collective. */
PETSC_EXTERN PetscErrorCode OttoRunKnown(OttoRecord record, OttoTemperedSample *sample);
/** Half the width of what divergence k of a sample may be. */
PETSC_EXTERN PetscReal OttoRunUncertainty(const OttoTemperedSample *sample, PetscInt k);

/** Reports sample k > 0 … of a tempering run to the checks: inequalities, mass, positivity, rate,
 * monotonicity against `previous` (NULL for the first). Not collective. */
PETSC_EXTERN PetscErrorCode OttoRunCheckSample(OttoRecord record, OttoGrid grid, OttoHeat heat,
                                               const OttoTemperedSample *sample,
                                               const OttoTemperedSample *previous);

/** The integral checks between two samples of t > 0; `residual` is KL's. Collective. */
PETSC_EXTERN PetscErrorCode OttoRunCheckIntegral(OttoRecord record, OttoTempered tempering,
                                                 PetscInt nodes, const OttoTemperedSample *a,
                                                 const OttoTemperedSample *b, PetscReal *residual);

/** The slope check at t = 0, given the sample there. Collective. */
PETSC_EXTERN PetscErrorCode OttoRunCheckSlope(OttoRecord record, OttoTempered tempering,
                                              const OttoTemperedSample *at_zero);

/** Writes p, q and log(p/q) of the last sample. Collective. */
PETSC_EXTERN PetscErrorCode OttoRunSaveFields(OttoStorage storage, OttoGrid grid,
                                              OttoTempered tempering, PetscInt number, PetscReal t);

/** About how many bytes a tempering run of these times writes. Not collective. */
PETSC_EXTERN PetscReal OttoRunBytes(OttoGrid grid, const OttoTimes *times);

/** Refuses a grid whose run does not fit into the free memory of a node: 104 bytes per cell with
 * the lattice's kernels, 136 with those of the continuum; with estimates of the grid's error 112
 * (120 by FFT) and 184, with open axes 280. `heat` need not be set up. Collective; OTTO_ERR_INPUT
 * naming grid_n. */
PETSC_EXTERN PetscErrorCode OttoRunCheckMemory(OttoGrid grid, OttoHeat heat);

/** Refuses a first time at which gaussian_exact, named, a sum over cells, means nothing: below
 * h²/2. OTTO_ERR_INPUT naming time_start. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRunCheckStart(OttoGrid grid, OttoHeat heat, const OttoTimes *times);

/** Puts what a tempering run is made of into `results`: kernel, Fisher form, densities and their
 * normalising factors; and sets the advice under failing checks. Collective. */
PETSC_EXTERN PetscErrorCode OttoRunDescribe(OttoRecord record, OttoHeat heat,
                                            OttoTempered tempering, const OttoDensityReport *p,
                                            const OttoDensityReport *q);

/** Puts memory_bytes_per_cell into `results`: what fields, spectra and the kernel hold at the end
 * of a run, on the rank that holds most. Collective. */
PETSC_EXTERN PetscErrorCode OttoRunReportMemory(OttoRecord record, OttoGrid grid, OttoHeat heat,
                                                OttoTempered tempering);

/* The columns of the series but the moments: where each stands in a row, OTTO_DISSIPATION_kl …. */
enum {
#define OTTO_COLUMN(name, ...) OTTO_DISSIPATION_##name,
#include "series.def"
#undef OTTO_COLUMN
  OTTO_DISSIPATION_COLUMNS
};
/* The longest row. */
#define OTTO_DISSIPATION_ROW (OTTO_DISSIPATION_COLUMNS + 2 * OTTO_MAX_MOMENTS)
PETSC_EXTERN const OttoRunColumn OttoDissipationColumns[OTTO_DISSIPATION_COLUMNS];
/** A sample as a row of these columns: row[OTTO_DISSIPATION_COLUMNS]. */
PETSC_EXTERN void OttoRunRow(const OttoTemperedSample *sample, PetscReal integral_residual,
                             PetscReal row[]);
