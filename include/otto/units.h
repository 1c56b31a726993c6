/** @file
 * What the user calls the units of the box, of time and of energy, as text, which files and plots
 * carry and nothing converts. Units of results, columns and fields are written in the words length,
 * area, volume, time and energy ("nats/time"); here, and nowhere else, texts take their place.
 */
#pragma once
#include <otto/grid.h>

/** Sets them: length[dim], one an axis; each may be NULL: none. After OttoGridSetBox(). Not
 * collective. OTTO_ERR_INPUT, naming the key: a text is empty, has more than 31 bytes of UTF-8, a
 * letter that does not show, does not begin with a letter, or has a comma, quotes or a backslash in
 * it. */
PETSC_EXTERN PetscErrorCode OttoGridSetUnits(OttoGrid grid, const char *const length[],
                                             const char *time, const char *energy);

/** grid_units (per axis or one for all), time_units and energy_units, where they are given. Not
 * collective; OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoGridReadUnits(OttoGrid grid);

/** Whether any was given. Not collective. */
PETSC_EXTERN PetscBool OttoUnitsAreGiven(const OttoGridInfo *g);

/**
 * `unit` with texts in place of words. `axis`: the one that a quantity belongs to, and `area` that
 * of its faces, the product of the other axes' units (of one axis alone: none); or -1: `area` is
 * that of two axes, and length and area stay words where it matters which axes are meant. A word
 * without a text stays; g NULL: all do. Not collective.
 */
PETSC_EXTERN void OttoUnitFormat(const OttoGridInfo *g, PetscInt axis, const char *unit,
                                 char text[], size_t size);

/** Pattern i of those that plots ask for, NULL beyond the last. Not collective. */
PETSC_INTERN const char *OttoUnitPattern(PetscInt i);
