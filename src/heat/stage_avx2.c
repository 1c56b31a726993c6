/* Stages by AVX2 and fused multiply-add: a quarter of a block at a time. */
#include "stage_sets.h"
#include "core/vecmath.h"
#include <math.h>
#include <string.h>

#ifdef OTTO_STAGE_SETS
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#define STAGE_APPLY OttoStageApply_AVX2
#define LOG_APPLY OttoLogStageApply_AVX2
#define STAGE_BYTES 32
#define STAGE_TARGETS 4
#define STAGE_VECTORS 2
#include "stage_kernel.h"
#include "log_kernel.h"
#pragma GCC pop_options
#endif
