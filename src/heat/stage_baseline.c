/* Stages by the instruction set that the compiler was told, vectors of 16 bytes. */
#define STAGE_APPLY OttoStageApply_Baseline
#define LOG_APPLY OttoLogStageApply_Baseline
#define STAGE_BYTES 16
#define STAGE_TARGETS 1
#define STAGE_VECTORS 8
#include "stage_kernel.h"
#include "log_kernel.h"
