/* Stages by AVX-512: half of the lines at a time (measured faster than all of them). */
#include "stage_sets.h"
#include "core/vecmath.h"
#include <math.h>
#include <string.h>

#ifdef OTTO_STAGE_SETS
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx2,fma")
#define STAGE_APPLY OttoStageApply_AVX512
#define LOG_APPLY OttoLogStageApply_AVX512
#define STAGE_BYTES 64
#define STAGE_TARGETS 8
#define STAGE_VECTORS 1
#include "stage_kernel.h"
#include "log_kernel.h"
#pragma GCC pop_options
#endif
