/* Private to checkpoint*.c: what the file holds, and its checksums. */
#pragma once
#include "storage_impl.h"
#include <otto/checkpoint.h>

#define OTTO_CHECKPOINT_VERSION 3
#define OTTO_CHECKPOINT_NAME 200 /* letters of an entry's name, the end included */
#define OTTO_CHECKPOINT_AXES (OTTO_MAX_DIM + 1)

/* Entries but fields stand one behind the other in these. */
enum { OTTO_PACK_INDEX, OTTO_PACK_REALS, OTTO_PACK_INTS, OTTO_PACK_TEXTS, OTTO_PACK_CONTENTS };
#define OTTO_PACKS (OTTO_PACK_CONTENTS + 1)

typedef struct {
  const char *name; /* of the dataset */
  size_t width;     /* bytes of a number or letter */
  hsize_t count;
  void *data; /* [count]; of the contents on rank 0 alone */
} OttoPack;

/* A field, as a dataset has it: `n` fields of the grid's cells, or 1 × the vector's size. */
typedef struct {
  char name[OTTO_CHECKPOINT_NAME];
  PetscInt64 dim, n[OTTO_CHECKPOINT_AXES];
  PetscInt64 dealt; /* 0: in the grid's order; else as so many ranks had it */
} OttoKeptField;

/* A value and where it stands, mixed (the finaliser of splitmix64: Steele, Lea, Flood 2014): one to
 * one in the value, so that no single change leaves the sum of all as it was. */
static inline uint64_t OttoCheckpointMix(uint64_t value, uint64_t place)
{
  uint64_t x = value + 0x9e3779b97f4a7c15u * (place + 1);

  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

/* values[count] of 1 or 8 bytes that stand from `place` on. */
static inline uint64_t OttoCheckpointSum(const void *values, size_t width, hsize_t count,
                                         uint64_t place)
{
  const unsigned char *at = (const unsigned char *)values;
  uint64_t sum = 0;

  for (hsize_t i = 0; i < count; i++, at += width) {
    uint64_t bits = *at;
    if (width == sizeof bits) memcpy(&bits, at, sizeof bits);
    sum += OttoCheckpointMix(bits, place + i);
  }
  return sum;
}

/* The type of a pack in memory and in the file. */
static inline hid_t OttoPackType(PetscInt pack)
{
  return pack == OTTO_PACK_REALS  ? H5T_NATIVE_DOUBLE
         : pack == OTTO_PACK_INTS ? H5T_NATIVE_INT64
                                  : H5T_NATIVE_UINT8;
}

/* A fault of the tests (core/fault.h): kills this process when it comes to this point for the time
 * that the fault's factor says (1). */
PETSC_INTERN void OttoCheckpointFault(const char *point);

/* The datasets' names, nothing in them. */
PETSC_INTERN void OttoPacksBegin(OttoPack packs[OTTO_PACKS]);
PETSC_INTERN PetscErrorCode OttoPacksFree(OttoPack packs[OTTO_PACKS]);

/* What a Vec's dataset is, and this rank's part of it: at[dim], count[dim] (count[0] = n[0] parts,
 * one behind the other). Not collective. */
PETSC_INTERN PetscErrorCode OttoKeptFieldOf(const char *name, Vec v, OttoKeptField *field,
                                            hsize_t at[], hsize_t count[]);
/* Moves this rank's part of a dataset, values[…], the way it goes, in calls that MPI-IO can count;
 * whether it went well. Not collective. */
PETSC_INTERN PetscBool OttoKeptFieldMove(hid_t data, const OttoKeptField *field, const hsize_t at[],
                                         const hsize_t count[], PetscBool write,
                                         PetscScalar values[]);

/* Writes a keep into a file of that name and closes it. Collective; OTTO_ERR_FILE. */
PETSC_INTERN PetscErrorCode OttoCheckpointWriteFile(MPI_Comm comm, const char *path, OttoKeep keep);
/* Opens and checks a file: a keep, or NULL and in `why` what is wrong with it. Collective. */
PETSC_INTERN PetscErrorCode OttoCheckpointReadFile(MPI_Comm comm, const char *path, OttoKeep *keep,
                                                   char why[], size_t size);
