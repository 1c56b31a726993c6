/*
 * Private to the heat kernels: the table of operations each kernel fills, and what the exact
 * kernels share.
 *
 *   heat.c       front: names, checks, dispatch
 *   fourier.c    both FFT kernels; spectral.c, lattice.c give their symbols
 *   exact.c      both exact kernels: tables of one time, choice of the path, rates
 *   table.c      one axis of an exact kernel from its table
 *   depth.c      how far K_t p0 falls at least
 *   lattice_exact.c, gaussian_exact.c   the tables
 *   beyond.c     lattice_exact beyond the faces of an open box
 *   points.c     both at points of a product of axes
 *   plain.c      plain path: the stages of a plan (axis_plan.c, stage_build.c; stage.c,
 *                stage_kernel.h by instruction set) on panels of lines (panel.c), down to the nodes
 *                and up again (order.c)
 *   logarithmic.c   logarithmic path: stages on logarithms (log_plan.c, log_stage_build.c), panel
 *                by panel (log_stage.c, log_kernel.h by instruction set)
 */
#pragma once
#include "order.h"
#include "points.h"
#include "shift.h"
#include "grid/beyond.h"
#include <otto/heat.h>
#include <otto/transform.h>

/* Tables extend this far beyond the differences that occur. */
#define OTTO_BLOCK_MAX 64

/**
 * One axis of an exact kernel at one time. The kernel k(m) of an index difference m is symmetric,
 * its derivative k'(m) (along the axis, 1/length) odd, k''(m) even; here are log k, k'/k and k''/k
 * at m = 0 … length-1. What acts on the line is the sum over images,
 *     K(i, j) = Σ_{|s| ≤ images} k(i - j + s·period),   j = 0 … inputs-1,
 * on the line itself (periodic, open) or on the line followed by its mirror image (no-flux: even
 * reflection at both faces). Long double: the tables' own error then never shows.
 */
typedef struct {
  PetscInt64 n;       /* cells of the axis */
  PetscInt64 inputs;  /* n, or 2n on a no-flux axis */
  PetscInt64 period;  /* inputs; 0 on an open axis */
  PetscInt64 images;  /* 0 where the table itself is already summed over images */
  PetscInt64 length;  /* entries in use: inputs + images·period + OTTO_BLOCK_MAX */
  PetscReal h;        /* cell width */
  PetscBool odd_even; /* whether k'/k and k''/k are there (gaussian_exact) */
  long double *log_k, *slope, *curvature;
} OttoKernelTable;

/* Images on either side that matter while 4πt ≤ (period·h)²; beyond it the tables use the dual
 * (Fourier) sum. Relative to the nearest image the s-th is at most exp(-π(s²-s)); the second term
 * serves the heavier tails of the lattice kernel on periods of a few cells. */
static inline PetscInt64 OttoKernelImages(PetscInt64 period)
{
  return period ? 5 + (40 + period - 1) / period : 0;
}

/** Whether the sum over images at time t is taken by its dual: then every term but the first is
 * below exp(-π) and nothing cancels. */
PETSC_INTERN PetscBool OttoKernelIsDual(const OttoKernelTable *table, PetscReal t);

/** Fills a table whose n, inputs, period, h and arrays (room for the longest) are set. t > 0. */
typedef void (*OttoKernelFill)(OttoKernelTable *table, PetscReal t);
PETSC_INTERN void OttoKernelFill_Lattice(OttoKernelTable *table, PetscReal t);
PETSC_INTERN void OttoKernelFill_Gaussian(OttoKernelTable *table, PetscReal t);

/** The first axis with the cells, width and boundary of axis j: they share tables and plans. */
PETSC_INTERN PetscInt OttoKernelLike(const OttoGridInfo *g, PetscInt j);

/** The derivative of given order (0, 1, 2) of the kernel summed over images, at 0 ≤ m < inputs. */
PETSC_INTERN long double OttoKernelSum(const OttoKernelTable *table, PetscInt order, PetscInt64 m);

/** log of the kernel summed over images at 0 ≤ m < inputs, however far below the range of a number,
 * and the derivative of given order over it (1 of order 0). */
PETSC_INTERN long double OttoKernelLogSum(const OttoKernelTable *table, PetscInt order,
                                          PetscInt64 m, long double *ratio);

/** min log K - max log K over all pairs of cells of the axis. */
PETSC_INTERN PetscReal OttoKernelLogRange(const OttoKernelTable *table);

/* What there is of a density at a time. */
typedef enum {
  OTTO_HEAT_DENSITY,
  OTTO_HEAT_SCORE, /* along an axis */
  OTTO_HEAT_RATE
} OttoHeatPart;

typedef struct {
  PetscBool exact, lattice;
  OttoHeatChoice choice;           /* its part in `auto` */
  PetscBool goes_beyond;           /* its identities on an open box ask for the cells beyond it */
  int boundaries;                  /* OTTO_SERVES() of each it serves */
  OttoFisherForm fisher_form;      /* that closes its identities */
  PetscReal first_time, good_time; /* in h²: from when on it means something, and is good; 0: any */
  const OttoHeatAdvice *advice;    /* under failing checks; NULL: none */
  PetscErrorCode (*setup)(OttoHeat);
  PetscErrorCode (*destroy)(OttoHeat);
  PetscErrorCode (*source_create)(OttoHeat, Vec, OttoHeatSource);
  PetscBool (*needs_log)(OttoHeat, PetscReal); /* NULL: never */
  PetscErrorCode (*apply)(OttoHeat, OttoHeatSource, PetscReal, Vec, Vec);
  PetscErrorCode (*apply_log)(OttoHeat, Vec, PetscReal, Vec); /* NULL: not of this kernel */
  PetscErrorCode (*score)(OttoHeat, OttoHeatSource, PetscReal, Vec, Vec, PetscInt, Vec);
  PetscErrorCode (*rate)(OttoHeat, OttoHeatSource, PetscReal, Vec, Vec, Vec);
  /* FFT kernels, of two sources at a time; NULL: one after the other */
  PetscErrorCode (*overlap)(OttoHeat); /* as heat->overlap says; NULL: nothing to do */
  PetscErrorCode (*pair)(OttoHeat, const OttoHeatSource[2], PetscReal, const Vec p[2], OttoHeatPart,
                         PetscInt axis, const Vec out[2]);
  PetscErrorCode (*score_and_rate)(OttoHeat, OttoHeatSource, PetscReal, PetscInt, Vec, Vec);
  size_t (*bytes)(OttoHeat);
  PetscReal (*symbol)(const OttoGridInfo *, PetscInt, PetscInt64); /* FFT kernels: see fourier.c */
  OttoKernelFill fill;                                             /* exact kernels */
} OttoHeatOps;

#define OTTO_SERVES(boundary) (1 << (boundary))

#define OTTO_MEMBER(name, Ops, ...) PETSC_INTERN const OttoHeatOps OttoHeatOps_##Ops;
#include "heat.def"
#undef OTTO_MEMBER
/* Of both FFT kernels. */
PETSC_INTERN const OttoHeatAdvice OttoHeatAdvice_Fourier[];

struct _n_OttoHeat {
  OttoGrid grid;
  const OttoGridInfo *g;
  const OttoHeatOps *ops;
  const char *type; /* its name */
  PetscBool from_options, is_setup, force_log;
  PetscBool overlap;      /* of pairs: asked for */
  const PetscReal *shift; /* NULL, or `at`: see OttoHeatShift() */
  PetscReal at[OTTO_MAX_DIM];
  void *data; /* the implementation's */
};

/* Largest values of a source in blocks of cells: see depth.h. */
typedef struct {
  PetscInt64 size[OTTO_MAX_DIM]; /* cells of a block on every axis */
  PetscReal *most;               /* log of the largest value of each, C order; NULL: not known */
} OttoDepth;

struct _n_OttoHeatSource {
  OttoHeat heat;
  Vec p0;              /* exact kernels: a reference */
  PetscReal scale;     /* exact kernels: the power of two that brings max p0 near 1 */
  PetscReal plain_t;   /* exact kernels: time of the last apply, where doubles held all of it */
  PetscReal log_t;     /* exact kernels: the last time they did not … */
  PetscReal log_range; /* … and how far log p went */
  OttoDepth depth;     /* exact kernels: for the first of them */
  OttoOrderKept plain, logs; /* exact kernels: what both paths have found */
  OttoSpectrum spectrum;     /* FFT kernels */
  OttoBeyond beyond;         /* lattice_exact, open axes: at beyond_t (-1: none) */
  PetscReal beyond_t;
};

/** OttoHeatPointsCreate() of the grid's own chain, `fill` its tables: points are centres of cells,
 * on an open axis beyond the box too. There are no scores and no rates. Not collective. */
PETSC_INTERN PetscErrorCode OttoHeatPointsCreateLattice(OttoGrid grid, PetscReal t,
                                                        OttoKernelFill fill,
                                                        const OttoHeatPointsAxis axis[],
                                                        OttoHeatPoints *points);

/** Frees its arrays. Not collective. */
PETSC_INTERN PetscErrorCode OttoBeyondDestroy(OttoBeyond *beyond);

/** For tests: takes the logarithmic path whatever the range of the kernel (exact kernels). */
PETSC_INTERN void OttoHeatForceLog(OttoHeat heat, PetscBool force);

PETSC_INTERN PetscErrorCode OttoHeatSetUp_Fourier(OttoHeat heat);
PETSC_INTERN PetscErrorCode OttoHeatDestroy_Fourier(OttoHeat heat);
PETSC_INTERN PetscErrorCode OttoHeatSourceCreate_Fourier(OttoHeat heat, Vec p0,
                                                         OttoHeatSource source);
PETSC_INTERN PetscErrorCode OttoHeatApply_Fourier(OttoHeat heat, OttoHeatSource source, PetscReal t,
                                                  Vec p, Vec log_p);
PETSC_INTERN PetscErrorCode OttoHeatScore_Fourier(OttoHeat heat, OttoHeatSource source, PetscReal t,
                                                  Vec p, Vec log_p, PetscInt axis, Vec score);
PETSC_INTERN PetscErrorCode OttoHeatRate_Fourier(OttoHeat heat, OttoHeatSource source, PetscReal t,
                                                 Vec p, Vec log_p, Vec rate);
PETSC_INTERN PetscErrorCode OttoHeatOverlap_Fourier(OttoHeat heat);
PETSC_INTERN PetscErrorCode OttoHeatPair_Fourier(OttoHeat heat, const OttoHeatSource source[2],
                                                 PetscReal t, const Vec p[2], OttoHeatPart part,
                                                 PetscInt axis, const Vec out[2]);
PETSC_INTERN size_t OttoHeatBytes_Fourier(OttoHeat heat);
PETSC_INTERN PetscErrorCode OttoHeatRoughness_Fourier(OttoHeat heat, OttoHeatSource source, Vec p0,
                                                      PetscReal *roughness);

PETSC_INTERN PetscErrorCode OttoHeatSetUp_Exact(OttoHeat heat);
PETSC_INTERN PetscErrorCode OttoHeatDestroy_Exact(OttoHeat heat);
PETSC_INTERN PetscErrorCode OttoHeatSourceCreate_Exact(OttoHeat heat, Vec p0,
                                                       OttoHeatSource source);
PETSC_INTERN PetscBool OttoHeatNeedsLog_Exact(OttoHeat heat, PetscReal t);
PETSC_INTERN PetscErrorCode OttoHeatApply_Exact(OttoHeat heat, OttoHeatSource source, PetscReal t,
                                                Vec p, Vec log_p);
PETSC_INTERN PetscErrorCode OttoHeatApplyLog_Exact(OttoHeat heat, Vec log_u, PetscReal t,
                                                   Vec log_v);
PETSC_INTERN PetscErrorCode OttoHeatScore_Exact(OttoHeat heat, OttoHeatSource source, PetscReal t,
                                                Vec p, Vec log_p, PetscInt axis, Vec score);
PETSC_INTERN PetscErrorCode OttoHeatRate_Exact(OttoHeat heat, OttoHeatSource source, PetscReal t,
                                               Vec p, Vec log_p, Vec rate);
PETSC_INTERN PetscErrorCode OttoHeatScoreAndRate_Exact(OttoHeat heat, OttoHeatSource source,
                                                       PetscReal t, PetscInt axis, Vec score,
                                                       Vec rate);
PETSC_INTERN size_t OttoHeatBytes_Exact(OttoHeat heat);
