/** @file
 * What must survive so that a run can go on later as if it had never ended: named numbers, texts
 * and fields that objects add, and take over again.
 *
 * An object has one function, OttoXKeep(x, keep), that lists all its state that decides what comes
 * next. The same list serves both directions: OTTO_KEEP_ADD puts the object's values into the keep,
 * OTTO_KEEP_TAKE puts those of the keep into the object, which then also forgets whatever else it
 * remembers, so that one that goes on and one that is built anew continue alike. What can be found
 * again from what is kept is not kept. Names are made of those of the objects, "steps/beside/1/dt".
 * Whoever stores a keep walks over its entries and knows no driver: an object that lives on some
 * ranks only, rank 0 among them, has entries on those alone, so that rank 0 has them all. A keep
 * that was read from a file (checkpoint.h) knows its numbers and texts on all ranks; fields stay in
 * the file until an object takes them over, on whatever ranks that has.
 */
#pragma once
#include <petscvec.h>

/** Named numbers, texts and fields. */
typedef struct _n_OttoKeep *OttoKeep;

/** Which way values go. */
typedef enum { OTTO_KEEP_ADD, OTTO_KEEP_TAKE } OttoKeepDirection;

/** What an entry is. */
typedef enum {
  OTTO_KEEP_REALS,    /**< numbers, the same on all ranks of their object */
  OTTO_KEEP_INTS,     /**< integers likewise */
  OTTO_KEEP_TEXT,     /**< a short text likewise */
  OTTO_KEEP_CONTENTS, /**< a long text on rank 0, such as the rows of a file */
  OTTO_KEEP_VEC       /**< a vector over the ranks of its object */
} OttoKeepKind;

/** An entry, owned by the keep. */
typedef struct {
  const char *name;       /**< unique */
  OttoKeepKind kind;      /**< what it is */
  PetscInt64 count;       /**< of numbers or letters; of a Vec, its global size */
  const PetscReal *reals; /**< [count], or NULL */
  const PetscInt64 *ints; /**< [count], or NULL */
  const char *text;       /**< [count + 1], or NULL */
  Vec vec;                /**< or NULL */
} OttoKeepEntry;

/** An empty keep, which is added to. Not collective. */
PETSC_EXTERN PetscErrorCode OttoKeepCreate(OttoKeep *keep);
/** Frees it. Collective. */
PETSC_EXTERN PetscErrorCode OttoKeepDestroy(OttoKeep *keep);
/** From now on values go this way. Not collective. */
PETSC_EXTERN PetscErrorCode OttoKeepSetDirection(OttoKeep keep, OttoKeepDirection direction);
/** Whether objects take over. Not collective. */
PETSC_EXTERN PetscBool OttoKeepTakes(OttoKeep keep);
/** How many entries there are, and the i-th. Not collective. */
PETSC_EXTERN PetscInt OttoKeepGetCount(OttoKeep keep);
/** The i-th entry. Not collective. */
PETSC_EXTERN PetscErrorCode OttoKeepGetEntry(OttoKeep keep, PetscInt i, OttoKeepEntry *entry);

/** Names that follow belong to this object, or to the i-th of this name (i < 0: no number), until
 * OttoKeepEnd(). Not collective. */
PETSC_EXTERN PetscErrorCode OttoKeepBegin(OttoKeep keep, const char *name, PetscInt i);
/** Ends what OttoKeepBegin() began last. Not collective. */
PETSC_EXTERN PetscErrorCode OttoKeepEnd(OttoKeep keep);

/** Numbers x[count]. Adding a name that is there is a fault of the program; taking over one that is
 * not there, or is of another kind or size, is OTTO_ERR_INPUT, naming it: also of all that follow.
 * The same on all ranks. Not collective. */
PETSC_EXTERN PetscErrorCode OttoKeepReals(OttoKeep keep, const char *name, PetscInt64 count,
                                          PetscReal x[]);
/** One number. Not collective. */
PETSC_EXTERN PetscErrorCode OttoKeepReal(OttoKeep keep, const char *name, PetscReal *x);
/** Integers i[count]. Not collective. */
PETSC_EXTERN PetscErrorCode OttoKeepInts(OttoKeep keep, const char *name, PetscInt64 count,
                                         PetscInt64 i[]);
/** One integer of PETSc's width. Not collective. */
PETSC_EXTERN PetscErrorCode OttoKeepInt(OttoKeep keep, const char *name, PetscInt *i);
/** One integer of 64 bits. Not collective. */
PETSC_EXTERN PetscErrorCode OttoKeepInt64(OttoKeep keep, const char *name, PetscInt64 *i);
/** Yes or no. Not collective. */
PETSC_EXTERN PetscErrorCode OttoKeepBool(OttoKeep keep, const char *name, PetscBool *yes);
/** A text in a room of `size` letters, its end among them. Not collective. */
PETSC_EXTERN PetscErrorCode OttoKeepText(OttoKeep keep, const char *name, size_t size, char text[]);
/** A long text of rank 0, NULL for none and on all other ranks; taken over, it is new there, and
 * PetscFree() frees it. Not collective. */
PETSC_EXTERN PetscErrorCode OttoKeepContents(OttoKeep keep, const char *name, char **text);
/** The values of a vector. Collective on its ranks. */
PETSC_EXTERN PetscErrorCode OttoKeepVec(OttoKeep keep, const char *name, Vec v);

/** Reads the field of this name, which stands elsewhere, into a vector that takes it over.
 * Collective on the vector's ranks. */
typedef PetscErrorCode (*OttoKeepReadFunction)(const char *name, Vec v, void *context);
/** Where the fields of OttoKeepExpect() come from; `destroy` (or NULL) frees the context with the
 * keep. Not collective. */
PETSC_EXTERN PetscErrorCode OttoKeepSetReader(OttoKeep keep, OttoKeepReadFunction read,
                                              PetscErrorCode (*destroy)(void *context),
                                              void *context);
/** Adds a field of `count` values that the reader has. Not collective. */
PETSC_EXTERN PetscErrorCode OttoKeepExpect(OttoKeep keep, const char *name, PetscInt64 count);
