/** @file
 * A Cartesian box of 1 to 6 axes, cut into cells, distributed over ranks.
 *
 * Cell centres are lower + (i + 1/2) h on every axis. Arrays are in C order: axis 0 (x) slowest,
 * the last axis fastest. The first two axes are dealt to a mesh of ranks (all ranks on axis 0
 * unless told otherwise): a rank owns a box of cells, whole on the other axes. Globally cells are
 * numbered rank by rank.
 */
#pragma once
#include <otto/family.h>

/** What stands at the two faces of an axis. */
typedef enum {
  OTTO_BOUNDARY_PERIODIC,  /**< DFT; images on the torus */
  OTTO_BOUNDARY_NO_FLUX,   /**< DCT-II; even reflection at the box faces */
  OTTO_BOUNDARY_OPEN,      /**< free space beyond the box (exact heat kernels); mass may leak */
  OTTO_BOUNDARY_ABSORBING, /**< mass that leaves is gone (fokker-planck only) */
  OTTO_BOUNDARY_ABSORBING_LOWER, /**< by the lower face alone; the upper one is no_flux */
  OTTO_BOUNDARY_ABSORBING_UPPER  /**< by the upper face alone */
} OttoBoundary;

/** As they are written: "periodic", "no_flux", "open", "absorbing", "absorbing:no_flux",
 * "no_flux:absorbing", NULL */
PETSC_EXTERN const char *const OttoBoundaries[];
/** Those that both faces of an axis may have, with a sentence each. */
PETSC_EXTERN const OttoFamily OttoBoundaryFamily;

/** Whether the lower (side -1) or upper face (1) absorbs, or any of the two (0). Not
 * collective. */
static inline PetscBool OttoBoundaryAbsorbs(OttoBoundary boundary, int side)
{
  if (boundary == OTTO_BOUNDARY_ABSORBING_LOWER) return side <= 0 ? PETSC_TRUE : PETSC_FALSE;
  if (boundary == OTTO_BOUNDARY_ABSORBING_UPPER) return side >= 0 ? PETSC_TRUE : PETSC_FALSE;
  return boundary == OTTO_BOUNDARY_ABSORBING ? PETSC_TRUE : PETSC_FALSE;
}

/** How cells are dealt to ranks. */
typedef enum {
  OTTO_LAYOUT_BALANCED, /**< planes differ by at most one between ranks, the larger shares first */
  OTTO_LAYOUT_FFTW      /**< FFTW-MPI's default: ceil(n/size) each until they run out */
} OttoLayout;

/** Letters of an axis' name, the end included. */
#define OTTO_AXIS_NAME 32
/** Letters of a unit, the end included. */
#define OTTO_UNIT 32

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
  char unit[OTTO_MAX_DIM][OTTO_UNIT];      /**< of every axis, as text (units.h); empty: none */
  char time_unit[OTTO_UNIT];               /**< of time */
  char energy_unit[OTTO_UNIT];             /**< of potential and temperature */
  PetscMPIInt mesh[2];       /**< ranks along axes 0 and 1; a rank's number is its place on axis
                                0 times mesh[1], plus its place on axis 1 */
  const PetscInt64 *cuts[2]; /**< [mesh + 1]: where the blocks of axes 0 and 1 begin; last: n */
  PetscInt64 first[OTTO_MAX_DIM]; /**< first cell of this rank's box on every axis */
  PetscInt64 local[OTTO_MAX_DIM]; /**< cells of this rank's box on every axis */
  PetscInt64 row_cells;           /**< cells that share their positions on axes 0 and 1 */
  PetscInt64 local_cells;         /**< cells of this rank's box */
  PetscInt64 offset;              /**< cells of the ranks before: global numbers go rank by rank */
  PetscInt64 cells;               /**< in the whole grid */
  PetscReal cell_volume;          /**< product of h */
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

/** Deals the first two axes to a mesh of p0 × p1 ranks, p0·p1 = the communicator's size (default:
 * all on axis 0, or as OttoGridSetFromOptions() says). The engine fftw_mpi takes p1 = 1 alone.
 * Before OttoGridSetUp(), which refuses a mesh that does not fit. Not collective. */
PETSC_EXTERN PetscErrorCode OttoGridSetMesh(OttoGrid grid, PetscMPIInt p0, PetscMPIInt p1);

/** Deals the first two axes at these places instead: cuts[axis][mesh[axis] + 1], from 0 to n, never
 * falling; blocks may be empty. They are copied. After OttoGridSetBox() and OttoGridSetMesh(),
 * before OttoGridSetUp(). Not collective; the same on every rank. */
PETSC_EXTERN PetscErrorCode OttoGridSetCuts(OttoGrid grid, const PetscInt64 *const cuts[2]);

/** Reads grid_n, grid_lower (0), grid_upper (1), grid_boundary (periodic; of an axis whose faces
 * differ lower:upper, each no_flux, also called reflecting, or absorbing), grid_names (x, y, z …),
 * grid_units, time_units and energy_units (none),
 * grid_mesh (auto: the mesh that transforms are estimated to cost least on; all ranks on axis 0
 * where that has as many cells and another saves little, or with OTTO_LAYOUT_FFTW).
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

/** The rank that owns the cell idx[dim], and the cell's number there. Not collective. */
PETSC_EXTERN PetscInt64 OttoGridOwner(const OttoGridInfo *g, const PetscInt64 idx[],
                                      PetscMPIInt *rank);

/** Global number of the cell idx[dim]: as PETSc counts the entries of a field. Not collective. */
PETSC_EXTERN PetscInt64 OttoGridNumber(const OttoGridInfo *g, const PetscInt64 idx[]);

/** The other way round: the indices of the cell of a global number. Not collective. */
PETSC_EXTERN void OttoGridNumberIndex(const OttoGridInfo *g, PetscInt64 number, PetscInt64 idx[]);

/** Writes "(x, y, …)" with 6 digits to `text`, for messages. Not collective. */
PETSC_EXTERN void OttoGridFormatPoint(PetscInt dim, const PetscReal x[], char text[], size_t size);

/** Centre of cell i on an axis. Not collective. */
static inline PetscReal OttoGridCentre(const OttoGridInfo *g, PetscInt axis, PetscInt64 i)
{
  return g->lower[axis] + ((PetscReal)i + 0.5) * g->h[axis];
}
