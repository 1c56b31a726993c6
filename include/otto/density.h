/** @file
 * Initial densities, chosen by name (density.def: one line and one file each).
 */
#pragma once
#include <otto/family.h>
#include <otto/storage.h>

/** What a density turned out to be. */
typedef struct {
  char type[32];       /**< registry name */
  PetscReal factor;    /**< what the raw values were multiplied by to reach the mass (of
                            <prefix>mass, 1) */
  PetscReal mass;      /**< the mass as it was given: the integral of a formula, or of a file's
                          values; 1 of all others, which are probabilities by what they are */
  PetscBool smooth;    /**< whether the density is smooth on the grid (uniform; gaussian_mixture at
                          least 2.7 cells wide on every axis and not shuffled): then the
                          small-time slope of D_t is known */
  PetscBool has_zeros; /**< whether some cell is exactly 0 */
  PetscBool averaged;  /**< whether OttoDensityCreateAverages() has other values: points and edges
                          were put where cells are */
  PetscBool point;     /**< whether all mass is at one point */
  PetscBool on_grid;   /**< whether its values belong to the cells of this grid: read from a file of
                          its shape, or shuffled in blocks of cells; any other can be set up anew on
                          another grid */
  OttoInput input;     /**< what was done to a file's data; cells without a value have no mass */
} OttoDensityReport;

/**
 * The density described by the options under `prefix` ("p_" or "q_"): type and parameters,
 * normalised to mass 1 by the cell sum, then shuffled, then the floor mixed in, then multiplied by
 * the total mass (p_mass, 1). Balls and boxes are
 * the cells whose centre lies inside. Collective.
 *
 * OTTO_ERR_INPUT: a cell negative or not finite (coordinates and value are named), zero mass, a
 * total mass that is not above 0, a position outside the box, parameters that do not match, a file
 * that cannot be read (see storage.h). `report` may be NULL.
 */
PETSC_EXTERN PetscErrorCode OttoDensityCreate(OttoGrid grid, const char *prefix, Vec *density,
                                              OttoDensityReport *report);

/** The same with averages over cells in place of values at centres (delta, spread over the cells
 * nearest to it, ball, box, formula; others as ever): what the rule of cell centres errs by shows
 * against it, whatever grid lines and edges have in common. Collective; errors likewise. */
PETSC_EXTERN PetscErrorCode OttoDensityCreateAverages(OttoGrid grid, const char *prefix,
                                                      Vec *density);

/** Whether a field is rough on its grid: along some axis its largest fourth difference between
 * inner cells exceeds half its largest second difference. A Gaussian of 2.5 cells and more is not;
 * a jump, a kink, a point mass and noise are. Collective. */
PETSC_EXTERN PetscErrorCode OttoDensityIsRough(OttoGrid grid, Vec density, PetscBool *rough);
/** Whether it jumps somewhere (that difference exceeds one and a half times the other, as it does
 * of point masses and of kinks amid a cell), or merely has more detail than the grid has cells for.
 * Collective. */
PETSC_EXTERN PetscErrorCode OttoDensityHasEdges(OttoGrid grid, Vec density, PetscBool *edges);

/** A function of the point x[dim]. Not collective. */
typedef PetscErrorCode (*OttoDensityValue)(const PetscReal x[], const void *context,
                                           PetscReal *value);
/** The mean of f over points spread evenly in local cell `cell`: 32, 8², 4³, 3⁴ … of them. Not
 * collective. Errors are those of f. */
PETSC_EXTERN PetscErrorCode OttoDensityCellMean(const OttoGridInfo *g, PetscInt64 cell,
                                                OttoDensityValue f, const void *context,
                                                PetscReal *mean);

/** A density that can be asked at any point, not in cells alone. */
typedef struct _n_OttoDensityFunction *OttoDensityFunction;

/** The density of the options under `prefix` as a function of the point, scaled and with the floor
 * that OttoDensityCreate() gave it on `grid` (`report`: what that said), so that both agree at the
 * centres of cells. *function is NULL where it has values in cells alone: delta, file, samples,
 * whatever is shuffled. Collective. OTTO_ERR_INPUT. */
PETSC_EXTERN PetscErrorCode OttoDensityFunctionCreate(OttoGrid grid, const char *prefix,
                                                      const OttoDensityReport *report,
                                                      OttoDensityFunction *function);
/** Frees it; NULL is fine. Not collective. */
PETSC_EXTERN PetscErrorCode OttoDensityFunctionDestroy(OttoDensityFunction *function);
/** value[n] (may be NULL) and log_value[n] (may be NULL) at n points x[dim][n] (component j of all
 * points at x[j]), any number of turns round periodic axes. Outside a box on no_flux axes 0; beyond
 * open faces the density goes on, but for `uniform` and a floor, which are uniform on the box.
 * Logarithms of Gaussian mixtures are right to rounding where the value underflows; of a formula
 * they are that of its value. Not collective. OTTO_ERR_NUMERICAL: negative or not finite, or a
 * point that is not finite (key and point are named). */
PETSC_EXTERN PetscErrorCode OttoDensityFunctionEvaluate(OttoDensityFunction function, PetscInt64 n,
                                                        const PetscReal *const x[],
                                                        PetscReal value[], PetscReal log_value[]);

/** The registry. */
PETSC_EXTERN const OttoFamily OttoDensityFamily;
