/** @file
 * A Cartesian box of 1 to 6 axes, cut into cells, distributed over ranks.
 *
 * Cell centres are lower + (i + 1/2) h on every axis. Arrays are in C order: axis 0 (x) slowest,
 * the last axis fastest. Axis 0 is distributed: a rank owns `planes` consecutive planes from
 * `start` on, each of `plane_cells` cells (the product of the other sizes).
 */
#pragma once
#include <otto/family.h>

/** What stands at the two faces of an axis. */
typedef enum {
  OTTO_BOUNDARY_PERIODIC, /**< DFT; images on the torus */
  OTTO_BOUNDARY_NO_FLUX,  /**< DCT-II; even reflection at the box faces */
  OTTO_BOUNDARY_OPEN,     /**< free space beyond the box (gaussian_exact only); mass may leak */
  OTTO_BOUNDARY_ABSORBING /**< mass that leaves is gone (fokker-planck only) */
} OttoBoundary;

/** "periodic", "no_flux", "open", "absorbing", NULL */
PETSC_EXTERN const char *const OttoBoundaries[];
/** The same with a sentence each. */
PETSC_EXTERN const OttoFamily OttoBoundaryFamily;

/** How cells are dealt to ranks. */
typedef enum {
  OTTO_LAYOUT_BALANCED, /**< planes differ by at most one between ranks, the larger shares first */
  OTTO_LAYOUT_FFTW      /**< FFTW-MPI's default: ceil(n/size) each until they run out */
} OttoLayout;

/** Letters of an axis' name, the end included. */
#define OTTO_AXIS_NAME 32

/** A grid. */
typedef struct _n_OttoGrid *OttoGrid;

/** What a grid is; read-only, valid while the grid lives. Entries beyond `dim` are n = 1, h = 1. */
typedef struct {
  MPI_Comm comm;                           /**< the ranks that have it */
  PetscMPIInt rank;                        /**< this rank's number among them */
  PetscMPIInt size;                        /**< how many they are */
  PetscInt dim;                            /**< number of axes, 1…6 */
  PetscInt64 n[OTTO_MAX_DIM];              /**< cells per axis */
  PetscReal lower[OTTO_MAX_DIM];           /**< lower face of the box */
  PetscReal upper[OTTO_MAX_DIM];           /**< upper face of the box */
  PetscReal h[OTTO_MAX_DIM];               /**< cell widths */
  OttoBoundary boundary[OTTO_MAX_DIM];     /**< of every axis */
  char name[OTTO_MAX_DIM][OTTO_AXIS_NAME]; /**< x, y, z; beyond three axes x1 … x6; or as given */
  PetscBool named;                         /**< they were given */
  PetscInt64 start;                        /**< first plane of axis 0 this rank owns */
  PetscInt64 planes;                       /**< how many it owns: [start, start + planes) */
  PetscInt64 plane_cells;                  /**< cells per plane: n[1]·…·n[dim-1] */
  PetscInt64 local_cells;                  /**< planes · plane_cells */
  PetscInt64 cells;                        /**< in the whole grid */
  PetscReal cell_volume;                   /**< product of h */
  const PetscInt64 *starts; /**< [size + 1]: first plane of each rank; starts[size] = n[0] */
} OttoGridInfo;

/** Creates an empty grid. Collective on `comm`. */
PETSC_EXTERN PetscErrorCode OttoGridCreate(MPI_Comm comm, OttoGrid *grid);

/** Sets box and sizes. `n`, `lower`, `upper`, `boundary`: one entry per axis, dim of them. Not
 * collective. OTTO_ERR_INPUT: dim outside 1…6, n < 1, upper ≤ lower, not finite. */
PETSC_EXTERN PetscErrorCode OttoGridSetBox(OttoGrid grid, PetscInt dim, const PetscInt64 n[],
                                           const PetscReal lower[], const PetscReal upper[],
                                           const OttoBoundary boundary[]);

/** Names the axes, as files do: names[dim], each a word of letters, digits, _ . and -, unlike the
 * others and unlike any field (p, q, time, potential …). After OttoGridSetBox(). Not collective.
 * OTTO_ERR_INPUT. */
PETSC_EXTERN PetscErrorCode OttoGridSetNames(OttoGrid grid, const char *const names[]);

/** The axis that a file's dimension of this name is, or -1. Capitals do not matter; where the axes
 * were given no names of their own, both x, y, z and x1 … x6 are known. Not collective. */
PETSC_EXTERN PetscInt OttoGridFindAxis(const OttoGridInfo *g, const char *name);

/** Chooses how planes are dealt to ranks (default balanced). Before OttoGridSetUp(). Not
 * collective. */
PETSC_EXTERN PetscErrorCode OttoGridSetLayout(OttoGrid grid, OttoLayout layout);

/** Reads grid_n, grid_lower (0), grid_upper (1), grid_boundary (periodic), grid_names (x, y, z …).
 * Required: grid_n. Not collective. */
PETSC_EXTERN PetscErrorCode OttoGridSetFromOptions(OttoGrid grid);

/** Fixes the ownership. Collective. OTTO_ERR_INPUT where the ranks cannot be served (more ranks
 * than planes, or empty ranks in FFTW's layout), naming the largest rank count that works; or where
 * the cells exceed this PETSc's index type. */
PETSC_EXTERN PetscErrorCode OttoGridSetUp(OttoGrid grid);

/** Frees a grid. Not collective. */
PETSC_EXTERN PetscErrorCode OttoGridDestroy(OttoGrid *grid);

/** Whether OttoGridSetUp() has been called. Not collective. */
PETSC_EXTERN PetscBool OttoGridIsSetUp(OttoGrid grid);
/** Every function that takes a grid and returns an error code fails with OTTO_ERR_STATE before. */
#define OttoNeedGrid(grid) OttoNeed(OttoGridIsSetUp(grid), "OttoGridSetUp()")

/** The facts of a grid that was set up; of another, its ranks' shares are empty. Not collective. */
PETSC_EXTERN const OttoGridInfo *OttoGridGetInfo(OttoGrid grid);

/** Global cell indices of local cell `local` (C order): idx[dim]. Not collective. */
PETSC_EXTERN void OttoGridCellIndex(const OttoGridInfo *g, PetscInt64 local, PetscInt64 idx[]);

/** Coordinates of the centre of local cell `local`: x[dim]. Not collective. */
PETSC_EXTERN void OttoGridCellCentre(const OttoGridInfo *g, PetscInt64 local, PetscReal x[]);

/** Local number of the cell that contains x[dim], or -1 where another rank owns it. A point on the
 * upper face belongs to the last cell. `inside` (may be NULL) is false outside the box. Not
 * collective. */
PETSC_EXTERN PetscInt64 OttoGridLocate(const OttoGridInfo *g, const PetscReal x[],
                                       PetscBool *inside);

/** Writes "(x, y, …)" with 6 digits to `text`, for messages. Not collective. */
PETSC_EXTERN void OttoGridFormatPoint(PetscInt dim, const PetscReal x[], char text[], size_t size);

/** Centre of cell i on an axis. Not collective. */
static inline PetscReal OttoGridCentre(const OttoGridInfo *g, PetscInt axis, PetscInt64 i)
{
  return g->lower[axis] + ((PetscReal)i + 0.5) * g->h[axis];
}
