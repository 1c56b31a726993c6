/*
 * Private, but for every folder: hands each line of an axis to a work function, bundle by bundle,
 * whether it is local or not. Kernels, c-transforms and Sinkhorn steps are written once, for a
 * bundle, and know neither ranks nor planes.
 *
 * A line of an axis: the n cells that share their positions on all other axes. Together the ranks
 * see every line once and whole, in any order. Where the mesh cuts the axis, the ranks that share
 * its lines (those of one column of the mesh for axis 0, of one row for axis 1) exchange them, some
 * columns at a time, so that buffers stay small beside a field; a rank without a cell may get
 * lines.
 */
#pragma once
#include <otto/field.h>

/** The lines of one axis of a grid. */
typedef struct _n_OttoAxis *OttoAxis;

/** Some lines side by side, in buffers of their own, which stay in cache: cell i of line j of a
 * field stands at [i·stride + j], j < lines ≤ stride. */
typedef struct {
  const OttoGridInfo *g;
  PetscInt axis;
  PetscInt64 n;      /* cells of a line, 0 … n-1 along the axis */
  PetscInt64 lines;  /* in this bundle */
  PetscInt64 stride; /* depends on the grid alone, not on ranks; a multiple of 16 where there are as
                        many lines */
  PetscReal *const *in;  /* one a field given: zeros beyond `lines`; free to be written over */
  PetscReal *const *out; /* one a field wanted: to be filled, the first `lines` of every row */
  PetscInt64 first;      /* number of line 0 among those of the rank's mesh row or column */
} OttoBundle;

/** What is done to a bundle. Works that do to a line the same operations whichever its place
 * give the same bits on any number of ranks and any mesh. Not collective: a failure ends this
 * rank's work and is agreed afterwards. */
typedef PetscErrorCode (*OttoLineWork)(const OttoBundle *bundle, void *context);

/** As `bundle` below: where lines are exchanged, a work is given all of a round at once, as they
 * stand there. Then nothing beyond `lines` in a row is its own, `stride` is any, and `out` may be
 * `in`. For works that copy lines to a place of their own first. */
#define OTTO_AXIS_STANDING (-1)

/** The axis `axis` of a grid that is set up, for works on at most `width` fields in and as many
 * out. `bundle`: lines of a bundle; 0: as many as the second-level cache holds. Collective. */
PETSC_INTERN PetscErrorCode OttoAxisCreate(OttoGrid grid, PetscInt axis, PetscInt width,
                                           PetscInt64 bundle, OttoAxis *lines);
/** The same of fields of another shape, dealt to the ranks as a grid's are: `g` is a copy of the
 * grid's with other n, first, local, local_cells and cells on axes that the mesh does not cut. It
 * must outlive the lines; nothing else of it is read but comm, rank, size, dim, mesh and cuts.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoAxisCreateShape(const OttoGridInfo *g, PetscInt axis,
                                                PetscInt width, PetscInt64 bundle, OttoAxis *lines);
/** Collective. */
PETSC_INTERN PetscErrorCode OttoAxisDestroy(OttoAxis *lines);

/** Bytes of buffers on this rank, as far as they were needed up to now. Not collective. */
PETSC_INTERN size_t OttoAxisBytes(OttoAxis lines);

/** Does `work` on every line: from in[ins][local_cells] to out[outs][local_cells]. An `out` may be
 * the same array as an `in`; no other overlap. `ins` and `outs` may be 0 (to fill, to look).
 * Collective; a failure of the work on one rank comes back on all, and `out` is undefined then. */
PETSC_INTERN PetscErrorCode OttoAxisApply(OttoAxis lines, PetscInt ins, const PetscReal *const in[],
                                          PetscInt outs, PetscReal *const out[], OttoLineWork work,
                                          void *context);

/** The same of fields. Collective. */
PETSC_INTERN PetscErrorCode OttoAxisApplyFields(OttoAxis lines, PetscInt ins, const Vec in[],
                                                PetscInt outs, const Vec out[], OttoLineWork work,
                                                void *context);

/** Where line `line` of a bundle stands: idx[dim], global, with 0 along the axis itself. Not
 * collective. */
static inline void OttoBundleIndex(const OttoBundle *b, PetscInt64 line, PetscInt64 idx[])
{
  PetscInt64 rest = b->first + line;

  for (PetscInt j = b->g->dim - 1; j >= 0; j--) {
    if (j == b->axis) {
      idx[j] = 0;
      continue;
    }
    idx[j] = b->g->first[j] + rest % b->g->local[j];
    rest /= b->g->local[j];
  }
}
