/*
 * Private to the stages: OttoStageApply() and OttoLogStageApply() compiled per instruction set,
 * from stage_kernel.h and log_kernel.h. GCC turns vectors wider than the target's into scalars, so
 * each set has a file of its own, with vectors of its width.
 */
#pragma once
#include "log_stage.h"
#include "stage.h"

/* Other compilers and machines have the baseline alone, in whatever set they are told to compile
 * for. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define OTTO_STAGE_SETS
PETSC_INTERN void OttoStageApply_AVX512(const OttoStage *stage, const PetscReal in[],
                                        PetscReal out[], PetscReal maxima[]);
PETSC_INTERN void OttoStageApply_AVX2(const OttoStage *stage, const PetscReal in[], PetscReal out[],
                                      PetscReal maxima[]);
PETSC_INTERN void OttoLogStageApply_AVX512(const OttoLogStage *stage, const PetscReal in[],
                                           PetscReal out[], PetscReal mean[], PetscReal room[]);
PETSC_INTERN void OttoLogStageApply_AVX2(const OttoLogStage *stage, const PetscReal in[],
                                         PetscReal out[], PetscReal mean[], PetscReal room[]);
#endif
PETSC_INTERN void OttoStageApply_Baseline(const OttoStage *stage, const PetscReal in[],
                                          PetscReal out[], PetscReal maxima[]);
PETSC_INTERN void OttoLogStageApply_Baseline(const OttoLogStage *stage, const PetscReal in[],
                                             PetscReal out[], PetscReal mean[], PetscReal room[]);
