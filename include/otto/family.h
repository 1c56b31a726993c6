/** @file
 * Families of members chosen by name: densities, kernels, potentials, drifts, engines …. Each has a
 * list, one line a member:
 *
 *   OTTO_MEMBER(name, Ops, formula, source, {key, type, default, sentence}, …)
 *
 * and one file a member, whose ops say what it is and do what it does. The list is all that -help,
 * `otto list`, the choice by an option and the contract tests read.
 */
#pragma once
#include <otto/otto.h>

/** Most keys of a member. */
#define OTTO_MEMBER_KEYS 6
/** Most members of a family. */
#define OTTO_FAMILY_MAX 32

/** An option that a member reads. */
typedef struct {
  const char *key;      /**< without the family's prefix; NULL after the last */
  const char *type;     /**< in words */
  const char *fallback; /**< its default, or "required" */
  const char *sentence; /**< what it means */
} OttoKey;

/** A member, as its line in the list has it. */
typedef struct {
  const char *name;                   /**< as an option has it */
  const char *formula;                /**< NULL where the name says it all */
  const char *source;                 /**< NULL likewise */
  OttoKey keys[OTTO_MEMBER_KEYS + 1]; /**< ended by a NULL */
} OttoMember;

/** All of them. */
typedef struct {
  const char *name;          /**< as `otto list` has it */
  const char *title;         /**< the option that chooses, or what stands above the list */
  const char *option;        /**< NULL where nothing is chosen by one name */
  PetscInt count;            /**< of members */
  const OttoMember *members; /**< [count] */
} OttoFamily;

/** What a line of a list says, as an element of an OttoMember []. */
#define OTTO_MEMBER_LINE(name, formula, source, ...) {#name, formula, source, {__VA_ARGS__}},

/** The names of the members, ended by NULL. Not collective. */
PETSC_EXTERN void OttoFamilyNames(const OttoFamily *family, const char *names[OTTO_FAMILY_MAX + 1]);
/** The member called `word`. OTTO_ERR_INPUT naming the family's option. Not collective. */
PETSC_EXTERN PetscErrorCode OttoFamilyFind(const OttoFamily *family, const char *word,
                                           PetscInt *index);
/** The member that the family's option under `prefix` (may be NULL) names; *index keeps its default
 * where it is absent. `set` may be NULL. OTTO_ERR_INPUT. Not collective. */
PETSC_EXTERN PetscErrorCode OttoFamilyChoose(const OttoFamily *family, const char *prefix,
                                             PetscInt *index, PetscBool *set);
/** Prints title and members (name, keys, formula, source) on rank 0. Collective. */
PETSC_EXTERN PetscErrorCode OttoFamilyList(MPI_Comm comm, const OttoFamily *family);
