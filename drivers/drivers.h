/* The drivers and the families of members, as main.c, -help and otto list have them. */
#pragma once
#include <otto.h>

/* One function per driver: reads its options, runs, and says whether every check passed. */
#define OTTO_DRIVER(key, first, second, Function, groups, sentence)                                \
  PETSC_EXTERN PetscErrorCode OttoDriver##Function(const char *input, PetscBool *passed);
#include "drivers.def"
#undef OTTO_DRIVER

typedef struct {
  const char *key;    /* its words joined by _ */
  const char *name;   /* as typed; "bench heat" is two words */
  const char *second; /* the second word, or NULL */
  PetscErrorCode (*run)(const char *input, PetscBool *passed);
  const char *sentence;
} OttoDriver;

/** The i-th driver of drivers.def; NULL beyond the last. */
PETSC_EXTERN const OttoDriver *OttoDriverAt(int i);
/** Tells -help and the check of keys which drivers there are: OttoOptionsServe(). */
PETSC_EXTERN void OttoDriversServe(void);
/** otto list: one family, or all (NULL). OTTO_ERR_INPUT. Collective. */
PETSC_EXTERN PetscErrorCode OttoListFamilies(MPI_Comm comm, const char *family);
