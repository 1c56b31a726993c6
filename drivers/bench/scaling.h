/* What bench scaling counts and times: a sample of dissipation and an implicit step on fewer and
 * more ranks, and the messages of a sample on any number of them. */
#pragma once
#include "bench.h"

#define OTTO_SCALING_MOST 32 /* rank counts of one run */

typedef struct { /* what the busiest rank sends; collective reductions take part of all */
  PetscReal messages, bytes, reductions;
} OttoTraffic;

typedef struct { /* the problem on the first so many ranks; elsewhere comm is MPI_COMM_NULL */
  PetscMPIInt ranks;
  PetscBool is_there; /* of those on a mesh: on all ranks alike */
  MPI_Comm comm;
  OttoGrid grid;          /* of the sample; the step owns one of its own */
  OttoBenchTempered pair; /* its sample; pair.heat NULL: not asked for */
  OttoBenchStep step;     /* step.grid NULL: not asked for */
  PetscReal bytes;        /* allocated for the sample on the rank that has most */
  PetscReal overlap;      /* and for its transform_overlap */
} OttoScalingCase;

typedef struct {  /* every count of ranks: the same grid, on a mesh too, and one that grows */
  OttoGrid whole; /* the options' grid on all ranks */
  PetscInt count;
  OttoScalingCase strong[OTTO_SCALING_MOST], mesh[OTTO_SCALING_MOST], weak[OTTO_SCALING_MOST];
  PetscBool sample, step;
} OttoScaling;

/** Reads bench_ranks (1, 2, 4 … and all) and bench_parts (sample, step), and makes all cases of the
 * options' grid, in slabs: the weak ones have so many times the cells, and the length, along the
 * first axis; of one rank they are the strong one's. Those on a mesh, as square as the ranks allow,
 * are for a sample, of more than one rank. Collective. OTTO_ERR_INPUT. */
PETSC_EXTERN PetscErrorCode OttoScalingCreate(MPI_Comm comm, OttoScaling *s);
PETSC_EXTERN PetscErrorCode OttoScalingDestroy(OttoScaling *s);

/** The i-th count of ranks on a mesh, or in slabs where it has none. Not collective. */
PETSC_EXTERN OttoScalingCase *OttoScalingOnMesh(OttoScaling *s, PetscInt i);

/* The items; `context` is an OttoScalingCase. Ranks outside do nothing. */
PETSC_EXTERN PetscErrorCode OttoScalingOverlap(void *context); /* samples from now on, or … */
PETSC_EXTERN PetscErrorCode OttoScalingApart(void *context);   /* … one density after the other */
PETSC_EXTERN PetscErrorCode OttoScalingSample(void *context);
PETSC_EXTERN PetscErrorCode OttoScalingStep(void *context);

/** What PETSc's log counts while `run` runs once, on the rank that has most (messages of libraries
 * that PETSc calls, hypre's and MUMPS', are not in it). Collective on the world. */
PETSC_EXTERN PetscErrorCode OttoScalingCount(PetscErrorCode (*run)(void *), void *context,
                                             OttoTraffic *traffic);

/** What a sample sends, by counting: of p and q an exchange of the own engine, on a mesh two, one
 * halo of two layers, and the reductions of ranges, divergences and dissipation. A grid of n[dim]
 * cells, all axes periodic, on a mesh p0 × p1. Not collective. */
PETSC_EXTERN OttoTraffic OttoScalingModel(PetscInt dim, const PetscReal n[], PetscReal p0,
                                          PetscReal p1);

/** The mesh p0 × p1 = ranks whose sample takes least by latency (s) and bandwidth (bytes/s), among
 * those that the first two axes can serve; false where there is none. Not collective. */
PETSC_EXTERN PetscBool OttoScalingMesh(PetscInt dim, const PetscReal n[], PetscInt64 ranks,
                                       PetscReal latency, PetscReal bandwidth, PetscReal mesh[2]);

/** Seconds that this traffic takes. Not collective. */
PETSC_EXTERN PetscReal OttoScalingSeconds(const OttoTraffic *t, PetscReal ranks, PetscReal latency,
                                          PetscReal bandwidth);

/** Shows what the model makes of a sample of the grid g, and of one that grows with the ranks along
 * all axes, on 1 … 131072 ranks in slabs and on meshes; into `results`. `work`: s of one rank for
 * g, without messages, as all ranks have it here; `alone`: as one has it. Collective. */
PETSC_EXTERN PetscErrorCode OttoScalingPredict(OttoRecord record, const OttoGridInfo *g,
                                               PetscReal work, PetscReal alone, PetscReal latency,
                                               PetscReal bandwidth);

/** MB/s at which all ranks together write fields.h5 as a run leaves it by default (p and q at two
 * samples, and the mesh), and rank 0 as many bytes alone by write(), both until the disk has them
 * (fsync); best of `rounds`, in folder `dir`, which is left as it was. Collective. OTTO_ERR_FILE.
 */
PETSC_EXTERN PetscErrorCode OttoScalingDisk(OttoGrid grid, const char *dir, PetscInt rounds,
                                            PetscReal *fields, PetscReal *alone);
