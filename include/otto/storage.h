/*
 * Level 3: fields in parallel HDF5, with an Xdmf companion that ParaView opens as it is.
 */
#pragma once
#include <otto/field.h>

/** Reads dataset `dataset` of HDF5 file `path` into `field`; any integer or float type; its shape
 * must be the grid's (x first). Collective; OTTO_ERR_INPUT naming `key`, path, dataset and what was
 * found otherwise (missing or unreadable or truncated file, missing dataset, wrong shape or type).
 */
PETSC_EXTERN PetscErrorCode OttoStorageReadField(OttoGrid grid, const char *key, const char *path,
                                                 const char *dataset, Vec field);

/** Reads an N×dim dataset of points; each rank gets a consecutive share of them in `*points`
 * (PetscMalloc'ed, [count][dim]). Same errors. N×1 and, for dim = 1, N alone are accepted. */
PETSC_EXTERN PetscErrorCode OttoStorageReadPoints(MPI_Comm comm, const char *key, const char *path,
                                                  const char *dataset, PetscInt dim,
                                                  PetscInt64 *count, PetscReal **points);

typedef struct _n_OttoStorage *OttoStorage;

/** Opens `<dir>/fields.h5` for writing under a temporary name. Collective; OTTO_ERR_FILE. Writes
 * the grid (sizes, box, boundary) as attributes of the root group. */
PETSC_EXTERN PetscErrorCode OttoStorageCreate(OttoGrid grid, const char *dir, OttoStorage *storage);

/** Writes one field as `/<sample>/<name>`, shape grid_n, with attributes name, unit, description;
 * the group `/<sample>` carries attribute `time`. Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoStorageWrite(OttoStorage storage, PetscInt sample, PetscReal time,
                                             const char *name, const char *unit,
                                             const char *description, Vec field);

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

/** Says of one sample what its number does not: attribute `note` of the group `/<sample>`, and in
 * fields.xdmf (plain text, without XML's own signs). Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoStorageNote(OttoStorage storage, PetscInt sample, PetscReal time,
                                            const char *note);

/** Closes the file, renames it to fields.h5, and writes fields.xdmf beside it (grids of 2 and 3
 * axes; for others no xdmf). After a failed write: the first failure again, and no file stays.
 * Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoStorageClose(OttoStorage *storage);
