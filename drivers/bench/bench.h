/* Interleaved timings, the best of several rounds, as ratios within one run. */
#pragma once
#include <otto/record.h>
#include <otto/resolvent.h>
#include <otto/tempered.h>
#include <otto/transform.h>
#include "fokker_planck/fokker_planck.h"

typedef struct {
  const char *name;                     /* of the row shown */
  const char *result;                   /* name in `results` */
  PetscErrorCode (*run)(void *context); /* one repetition; collective */
  void *context;
  PetscBool per_cell; /* the result is ns per local cell, else ms */
  PetscReal best;     /* seconds, filled by OttoBenchRun(); the slowest rank's */
  PetscErrorCode (*prepare)(void *context); /* before each, not timed; NULL: nothing */
} OttoBenchItem;

/** An item in ms. */
#define OTTO_BENCH_MS(title, key, function, of)                                                    \
  {                                                                                                \
    .name = (title), .result = (key), .run = (function), .context = (of)                           \
  }
/** … in ns per local cell. */
#define OTTO_BENCH_NS(title, key, function, of)                                                    \
  {                                                                                                \
    .name = (title), .result = (key), .run = (function), .context = (of), .per_cell = PETSC_TRUE   \
  }

/** Runs all items `rounds` times in turn, after one round that does not count, and keeps each one's
 * best time; items whose `run` is NULL are left out (best = NaN). Collective. */
PETSC_EXTERN PetscErrorCode OttoBenchRun(OttoGrid grid, PetscInt rounds, PetscInt count,
                                         OttoBenchItem items[]);

/** Shows the items in ms, ns per local cell and multiples of `floor` seconds, and puts them into
 * `results`. Collective. */
PETSC_EXTERN PetscErrorCode OttoBenchReport(OttoRecord record, OttoGrid grid, PetscReal floor,
                                            PetscInt count, const OttoBenchItem items[]);

/** Memory bandwidth of all ranks together, a = b + s·c on arrays beyond the caches, GB/s (24 bytes
 * an element, McCalpin's STREAM triad). Collective. */
PETSC_EXTERN PetscErrorCode OttoBenchTriad(MPI_Comm comm, PetscInt rounds, PetscReal *gb_per_s);

typedef struct _n_OttoBenchFFTW *OttoBenchFFTW;

/** Plans FFTW-MPI's real transform pair for a periodic grid of 2 or more axes. Collective. */
PETSC_EXTERN PetscErrorCode OttoBenchFFTWCreate(OttoGrid grid, OttoBenchFFTW *bench);
/** One pair, forward and inverse, without a multiplier; `bench` is an OttoBenchFFTW. */
PETSC_EXTERN PetscErrorCode OttoBenchFFTWPair(void *bench);
PETSC_EXTERN PetscErrorCode OttoBenchFFTWDestroy(OttoBenchFFTW *bench);

typedef struct { /* one engine with a field and its spectrum */
  OttoGrid grid;
  OttoTransform engine;
  OttoSpectrum spectrum;
  Vec u;
  PetscReal *table[OTTO_MAX_DIM];
  OttoMultiplier m;
} OttoBenchEngine;

typedef struct { /* a pair of densities and the heat kernels at work on it */
  OttoGrid grid;
  OttoHeat heat, exact;
  OttoHeatSource source_p, source_q, exact_p;
  OttoPair pair;
  Vec score_p, score_q;
  PetscReal t;
} OttoBenchTempered;

/** An engine by name on the grid of the options, with a smooth field. Collective on `comm`. */
PETSC_EXTERN PetscErrorCode OttoBenchEngineCreate(MPI_Comm comm, const char *type,
                                                  OttoLayout layout, OttoBenchEngine *e);
PETSC_EXTERN PetscErrorCode OttoBenchEngineDestroy(OttoBenchEngine *e);

/** Two smooth densities under the spectral kernel alone, for OttoBenchSample(). Collective. */
PETSC_EXTERN PetscErrorCode OttoBenchPairCreate(OttoGrid grid, OttoBenchTempered *s);
/** The same, and the lattice_exact kernel. Collective. */
PETSC_EXTERN PetscErrorCode OttoBenchTemperedCreate(OttoGrid grid, OttoBenchTempered *s);
/** Puts the pair under gaussian_exact instead of both, at a time that its plain path covers: the
 * items that follow are OttoBenchFisherScores() (Tweedie's form then) and the ones that need no
 * kernel. What the other kernels held is freed first. Collective. */
PETSC_EXTERN PetscErrorCode OttoBenchTemperedContinuum(OttoBenchTempered *s);
PETSC_EXTERN PetscErrorCode OttoBenchTemperedDestroy(OttoBenchTempered *s);

#define OTTO_BENCH_SIGMAS 32

typedef struct { /* widths √(2t) of the heat kernel, in cells of the first axis */
  PetscInt count;
  PetscReal sigma[OTTO_BENCH_SIGMAS];
} OttoBenchSigmas;

/** Reads bench_sigma (1.5, 3, 10, 40). OTTO_ERR_INPUT. Not collective. */
PETSC_EXTERN PetscErrorCode OttoBenchSigmasFromOptions(OttoBenchSigmas *sigmas);

/** Shows what both exact kernels cost in applies of the own engine, best of `rounds`, for three
 * kinds of data and these widths; into `results`. Periodic grid. Collective. */
PETSC_EXTERN PetscErrorCode OttoBenchExactKernels(OttoRecord record, OttoBenchEngine *own,
                                                  const OttoBenchSigmas *sigmas, PetscInt rounds);

/** Shows what a sample of dissipation takes beside its two applies, for both exact kernels, best of
 * `rounds`; into `results`. Collective. */
PETSC_EXTERN PetscErrorCode OttoBenchHeatSamples(OttoRecord record, OttoBenchEngine *own,
                                                 PetscInt rounds);

/* The items; `context` is an OttoBenchEngine. Without an engine (idle ranks) nothing is done. */
PETSC_EXTERN PetscErrorCode OttoBenchApply(void *context);
PETSC_EXTERN PetscErrorCode OttoBenchInverse(void *context);

/* The items; `context` is an OttoBenchTempered. */
PETSC_EXTERN PetscErrorCode OttoBenchDivergence(void *context); /* KL and entropies */
PETSC_EXTERN PetscErrorCode OttoBenchFisherFD4(void *context);
PETSC_EXTERN PetscErrorCode OttoBenchFisherEdge(void *context);
PETSC_EXTERN PetscErrorCode OttoBenchFisherScores(void *context); /* of the kernel at work */
PETSC_EXTERN PetscErrorCode OttoBenchSample(void *context); /* all of it, at a new t every time */
PETSC_EXTERN PetscErrorCode OttoBenchExact(void *context);

typedef struct { /* an implicit step of a Fokker-Planck equation */
  OttoGrid grid;
  OttoGenerator generator;
  OttoResolvent resolvent;
  PetscReal dt;
  Vec p, f, x, image;
  Mat A;
  OttoSolveReport report; /* of the last step */
} OttoBenchStep;

/** Generator and resolvent of the options, and a smooth density; without a potential_type one of
 * depth 30 T: 15 T Π cos(2πx). Collective. */
PETSC_EXTERN PetscErrorCode OttoBenchStepCreate(MPI_Comm comm, OttoBenchStep *s);
/** The same on a grid that is set up, which `s` owns from now on. Collective. */
PETSC_EXTERN PetscErrorCode OttoBenchStepCreateOn(OttoGrid grid, OttoBenchStep *s);
PETSC_EXTERN PetscErrorCode OttoBenchStepDestroy(OttoBenchStep *s);
/** Its fields on s->grid, filled, and freed again. Collective. */
PETSC_EXTERN PetscErrorCode OttoBenchStepFields(OttoBenchStep *s);
PETSC_EXTERN PetscErrorCode OttoBenchStepFieldsDestroy(OttoBenchStep *s);
/** p = 1 + 0.8 Π_j sin(1 + 2π(x_j − lower_j)/L_j): not even about any well. Not collective. */
PETSC_INTERN PetscErrorCode OttoBenchWaves(const OttoGridInfo *g, Vec p);
/** Shows whether steps of one size are solved by kept factors, and what these and multigrid take on
 * grids around this one, best of `rounds`; into `results`. Collective. */
PETSC_EXTERN PetscErrorCode OttoBenchCrossover(OttoRecord record, const OttoBenchStep *s,
                                               PetscInt rounds);
/** Bytes of generator and resolvent per cell of the grid. Collective. */
PETSC_EXTERN PetscErrorCode OttoBenchStepBytes(OttoBenchStep *s, PetscReal *per_cell);

/* The items; `context` is an OttoBenchStep. */
PETSC_EXTERN PetscErrorCode OttoBenchStepMatMult(void *context);
PETSC_EXTERN PetscErrorCode OttoBenchStepSolve(void *context); /* implicit Euler, repaired */
PETSC_EXTERN PetscErrorCode OttoBenchStepShift(void *context); /* two new step sizes */
PETSC_EXTERN PetscErrorCode OttoBenchStepSetUp(void *context); /* everything, for new rates */

typedef struct { /* a run's samples: of p alone, and of p and q, with their steady state */
  OttoFokkerPlanck law[2];
  Vec p, q, image, rate[2];
} OttoBenchSamples;

/** The law of the step, with a second density beside the step's own, and its steady state. `step`
 * must outlive it. Collective; OTTO_ERR_SOLVER. */
PETSC_EXTERN PetscErrorCode OttoBenchSamplesCreate(OttoBenchStep *step, OttoBenchSamples *s);
PETSC_EXTERN PetscErrorCode OttoBenchSamplesDestroy(OttoBenchSamples *s);

/* The items; `context` is an OttoBenchSamples. */
PETSC_EXTERN PetscErrorCode OttoBenchSamplesApply(void *context); /* Qᵀp, matrix-free */
PETSC_EXTERN PetscErrorCode OttoBenchSampleOne(void *context);    /* all columns of p */
PETSC_EXTERN PetscErrorCode OttoBenchSampleTwo(void *context);    /* all columns of p and q */
PETSC_EXTERN PetscErrorCode OttoBenchSampleApart(void *context);  /* the latter, not in one go */
