/** @file
 * Fields in parallel HDF5, with an Xdmf companion that ParaView opens as it is.
 */
#pragma once
#include <otto/field.h>
#include <otto/keep.h>

/** What was done to the user's own data, so that nothing is left out in silence. */
typedef struct {
  PetscInt64 masked;  /**< cells without a value in the file */
  PetscInt64 points;  /**< samples read */
  PetscInt64 wrapped; /**< of them, brought back into the box round its periodic axes … */
  PetscInt64 turns;   /**< … so often at most */
} OttoInput;

/** Reads dataset `dataset` of HDF5 or NetCDF-4 file `path` into `field`; any integer or float type.
 * What the file says of itself is obeyed:
 *  - scale_factor, add_offset, _Unsigned unpack it; _FillValue, missing_value (and what NetCDF
 *    fills a variable with), valid_range, valid_min and valid_max, and a fill value that is NaN or
 *    stands for chunks never written, say which cells have no value: they become `replacement`, and
 *    *missing says how many there are in all; chunks never written without such a value are
 * refused;
 *  - names of dimensions (HDF5's dimension scales and labels, which NetCDF's dimensions are;
 *    _ARRAY_DIMENSIONS; axes, of a NeXus group too; axisLabels; dims …) say which axis each is
 *    (OttoGridFindAxis(), or CF's attribute axis); single entries beside them are left out. Without
 *    names the shape must be the grid's, x first (files of MATLAB and Octave: x last), and single
 *    entries are left out likewise;
 *  - coordinates (dimension scales, or datasets of the dimensions' or axes' names beside it) must
 * be the cells' centres to a thousandth of a cell or to single precision, and their bounds the
 *    cells' edges; they may run down, and on a periodic axis begin anywhere and end where they
 * began (whose values must then be equal); coordinates of more than one axis (CF) are refused;
 *  - grid_lower and grid_upper, as Otto writes them, must be the grid's.
 * Collective; OTTO_ERR_INPUT, naming `key`, path, dataset and attribute, where anything does not
 * fit or is not understood; or for a missing or unreadable or truncated file, a missing dataset, a
 * wrong shape or type. */
PETSC_EXTERN PetscErrorCode OttoStorageReadMasked(OttoGrid grid, const char *key, const char *path,
                                                  const char *dataset, PetscReal replacement,
                                                  Vec field, PetscInt64 *missing);

/** The same of a dataset that may have one more dimension, time: of that name (or t), or the one
 * that varies slowest where dimensions have no names; its entry `moment`, from 0 on, is read.
 * Collective. */
PETSC_EXTERN PetscErrorCode OttoStorageReadMoment(OttoGrid grid, const char *key, const char *path,
                                                  const char *dataset, PetscInt64 moment,
                                                  PetscReal replacement, Vec field,
                                                  PetscInt64 *missing);

/** How many cells such a dataset has along every axis of the grid, n[dim], whatever the grid has,
 * and how many times: *moments, 0 where it has no dimension of time. Box, names and boundaries are
 * the grid's. Collective. Same errors. */
PETSC_EXTERN PetscErrorCode OttoStorageReadSizes(OttoGrid grid, const char *key, const char *path,
                                                 const char *dataset, PetscInt64 n[],
                                                 PetscInt64 *moments);

/** As OttoStorageReadMasked(), for data that must not be missing anywhere. Collective. */
PETSC_EXTERN PetscErrorCode OttoStorageReadField(OttoGrid grid, const char *key, const char *path,
                                                 const char *dataset, Vec field);

/** Reads an N×dim dataset of points, unpacked likewise and nowhere missing (MATLAB's files: dim×N);
 * each rank gets a consecutive share of them in `*points` (PetscMalloc'ed, [count][dim]). Same
 * errors. Single entries beside the two dimensions are left out; for dim = 1 the N numbers may
 * stand along any dimension of which the others are single (N, N×1, 1×N). Collective on `comm`. */
PETSC_EXTERN PetscErrorCode OttoStorageReadPoints(MPI_Comm comm, const char *key, const char *path,
                                                  const char *dataset, PetscInt dim,
                                                  PetscInt64 *count, PetscReal **points);

/** As OttoStorageReadPoints(), for points in the grid's box, in the order of its axes: names of
 * columns (coordinates of their dimension; attributes columns, axes) are obeyed, names of
 * dimensions (point, dim) tell which counts points, and angles in a unit that is not the box's are
 * refused. Collective. */
PETSC_EXTERN PetscErrorCode OttoStorageReadSamples(OttoGrid grid, const char *key, const char *path,
                                                   const char *dataset, PetscInt64 *count,
                                                   PetscReal **points);

/** Keeps what has been read from the user's files, as sums of the values, or takes it over: what
 * this process has read already, and what it reads from then on, must be the same. Collective;
 * OTTO_ERR_INPUT, naming key, file and dataset, here and where it is read. */
PETSC_EXTERN PetscErrorCode OttoStorageKeepRead(MPI_Comm comm, OttoKeep keep);

/** A file of fields that is being written. */
typedef struct _n_OttoStorage *OttoStorage;

/** Opens `<dir>/fields.h5` for writing under a temporary name. Collective; OTTO_ERR_FILE. Writes
 * the grid (sizes, box, boundary) as attributes of the root group and, of 2 and 3 axes, the corners
 * of cells for viewers (/mesh/nodes). */
PETSC_EXTERN PetscErrorCode OttoStorageCreate(OttoGrid grid, const char *dir, OttoStorage *storage);
/** The same of `<dir>/<name>.h5` and .xdmf, for fields of a grid that is not the run's: name of at
 * most 31 signs. Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoStorageCreateNamed(OttoGrid grid, const char *dir, const char *name,
                                                   OttoStorage *storage);

/** Writes one field as `/<sample>/<name>`, shape grid_n, with attributes name, unit, description
 * (units, long_name and coordinates for CF); the group `/<sample>` carries attribute `time`, and
 * the coordinates of cell centres as dimension scales named as the axes. Collective; OTTO_ERR_FILE.
 */
PETSC_EXTERN PetscErrorCode OttoStorageWrite(OttoStorage storage, PetscInt sample, PetscReal time,
                                             const char *name, const char *unit,
                                             const char *description, Vec field);

/** Writes the components of a vector, component[dim], as `/<sample>/<name>_x`, `_y`, `_z`;
 * fields.xdmf shows them as one vector as well. Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoStorageWriteVector(OttoStorage storage, PetscInt sample,
                                                   PetscReal time, const char *name,
                                                   const char *unit, const char *description,
                                                   const Vec component[]);

/** About how many bytes so many fields at so many samples take. Not collective. */
PETSC_EXTERN PetscReal OttoStorageBytes(OttoGrid grid, PetscInt samples, PetscInt fields);

/** Writes a field that belongs to no one time as `/0/<name>`; fields.xdmf shows it at every time
 * that has fields of its own. Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoStorageWriteTimeless(OttoStorage storage, const char *name,
                                                     const char *unit, const char *description,
                                                     Vec field);

/** Writes values[n of `axis`], which are the same on all ranks, one for every cell along the axis,
 * as
 * `/<sample>/<name>`, shape [n]; otherwise as OttoStorageWrite(). fields.xdmf does not show it.
 * Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoStorageWriteLine(OttoStorage storage, PetscInt sample,
                                                 PetscReal time, PetscInt axis, const char *name,
                                                 const char *unit, const char *description,
                                                 const PetscReal values[]);

/** Writes values[n of axes[0]][n of axes[1]], the same on all ranks, of two axes of the grid, the
 * first before the second, as OttoStorageWriteLine() those of one. Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoStorageWritePlane(OttoStorage storage, PetscInt sample,
                                                  PetscReal time, const PetscInt axes[2],
                                                  const char *name, const char *unit,
                                                  const char *description,
                                                  const PetscReal values[]);

/** Equal bins along what is no axis of the grid. */
typedef struct {
  PetscInt64 count; /**< how many */
  PetscReal lower;  /**< where the first begins */
  PetscReal upper;  /**< where the last ends */
  const char *name; /**< what their middles are called, of at most 63 signs */
} OttoStorageBins;

/** Writes values[bins->count], the same on all ranks, likewise; the middles of the bins stand
 * beside them as a dimension scale. Bins of one name are the same in a file. Collective;
 * OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoStorageWriteBins(OttoStorage storage, PetscInt sample,
                                                 PetscReal time, const OttoStorageBins *bins,
                                                 const char *name, const char *unit,
                                                 const char *description, const PetscReal values[]);

/** Says of one sample what its number does not: attribute `note` of the group `/<sample>`, and in
 * fields.xdmf (plain text, without XML's own signs). Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoStorageNote(OttoStorage storage, PetscInt sample, PetscReal time,
                                            const char *note);

/** Keeps what has been written to the file of this name (OttoStorageCreateNamed()), or takes it
 * over; *storage NULL: nothing has, and where something was kept, it is made. The file that is open
 * is closed and brought to disk and not touched any more: what follows goes into a segment of its
 * own, and OttoStorageClose() makes one file of all, beside them. To take over removes all segments
 * of `dir` that were not kept; the grid may have other ranks. Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoStorageKeep(OttoGrid grid, const char *dir, const char *name,
                                            OttoStorage *storage, OttoKeep keep);

/** Closes the file, renames it to fields.h5, and writes fields.xdmf beside it (grids of 2 and 3
 * axes; for others no xdmf). After a failed write: the first failure again, and no file stays.
 * Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoStorageClose(OttoStorage *storage);
