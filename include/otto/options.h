/** @file
 * Reading options. Thin layer over PETSc's options database that knows every legal key
 * (src/core/options.def, and the lists of members), names the nearest known one for a typing error,
 * and checks type, count and range with a one-line message. A list value is separated by commas. A
 * number may be a formula of numbers and pi: -pi, 2*pi/3.
 *
 * The database is the same on all ranks. What fails, fails with OTTO_ERR_INPUT.
 */
#pragma once
#include <otto/keep.h>
#include <otto/otto.h>

/**
 * Fills PETSc's options database: first the YAML file (if not NULL), then the arguments, which win.
 * Collective on MPI_COMM_WORLD. An argument list is {"-key", "value", …}. A value
 * may begin with '-'; a word that names a key is a key.
 */
PETSC_EXTERN PetscErrorCode OttoOptionsInsert(const char *yaml_path, int argc, char *argv[]);

/** A driver and the groups of keys (src/core/options.def) that it reads. */
typedef struct {
  const char *name;   /**< the words of "bench heat" joined by _ */
  const char *groups; /**< words */
} OttoOptionsDriver;

/** Says which drivers there are, ended by a NULL name; the list must last. Before
 * OttoOptionsCheckKeys() and OttoOptionsHelp(). Not collective. */
PETSC_EXTERN void OttoOptionsServe(const OttoOptionsDriver drivers[]);

/** Refuses every key that is neither among the groups of `driver` nor one of PETSc's
 * (ts_ ksp_ pc_ snes_ mg_ mat_ eps_ st_ tao_ log_ …), naming the nearest known key. Collective on
 * MPI_COMM_WORLD: rank 0 looks whether files that PETSc is to write can be written. */
PETSC_EXTERN PetscErrorCode OttoOptionsCheckKeys(const char *driver);

/** After set-up: refuses PETSc solver keys nothing has read; warns (rank 0, one line a key) of
 * known keys that this configuration does not use, and remembers them for OttoOptionsUnused().
 * Collective on MPI_COMM_WORLD. */
PETSC_EXTERN PetscErrorCode OttoOptionsCheckUnused(void);

/** Prints the keys of `driver` with type, default and one sentence to stdout on rank 0. Not
 * collective. */
PETSC_EXTERN PetscErrorCode OttoOptionsHelp(const char *driver);

/** The value of `-<prefix><key>` as given, or NULL. `prefix` may be NULL. The pointer stays valid
 * while the database is unchanged. Marks the key as used. Not collective. */
PETSC_EXTERN PetscErrorCode OttoOptionsGetText(const char *prefix, const char *key,
                                               const char **text);

/** A real number in [lower, upper] (both finite or infinite; NaN and inf are refused). `*value` is
 * left alone where the key is absent. `set` may be NULL. Not collective. */
PETSC_EXTERN PetscErrorCode OttoOptionsGetReal(const char *prefix, const char *key, PetscReal lower,
                                               PetscReal upper, PetscReal *value, PetscBool *set);

/** A whole number in [lower, upper]. Not collective. */
PETSC_EXTERN PetscErrorCode OttoOptionsGetInt(const char *prefix, const char *key, PetscInt64 lower,
                                              PetscInt64 upper, PetscInt64 *value, PetscBool *set);

/** true/false, yes/no, 1/0; a key without a value is true. Not collective. */
PETSC_EXTERN PetscErrorCode OttoOptionsGetBool(const char *prefix, const char *key,
                                               PetscBool *value, PetscBool *set);

/** A list of real numbers of any length; `*values` is PetscMalloc'ed (PetscFree it), NULL and 0
 * where the key is absent. Not collective. */
PETSC_EXTERN PetscErrorCode OttoOptionsGetReals(const char *prefix, const char *key,
                                                PetscInt *count, PetscReal **values);

/** `dim` real numbers, one per axis, or one for all; `values` keeps its defaults where absent. Not
 * collective. */
PETSC_EXTERN PetscErrorCode OttoOptionsGetAxisReals(const char *prefix, const char *key,
                                                    PetscInt dim, PetscReal values[],
                                                    PetscBool *set);

/** One of `names` (NULL-terminated); `*index` keeps its default where absent. The message lists the
 * names and the nearest one. Not collective. */
PETSC_EXTERN PetscErrorCode OttoOptionsGetChoice(const char *prefix, const char *key,
                                                 const char *const names[], PetscInt *index,
                                                 PetscBool *set);

/** As OttoOptionsGetChoice() for a list of words; at most `max` of them. Not collective. */
PETSC_EXTERN PetscErrorCode OttoOptionsGetChoices(const char *prefix, const char *key,
                                                  const char *const names[], PetscInt max,
                                                  PetscInt *count, PetscInt index[]);

/** The name in `names` (NULL-terminated) nearest to `word` in edit distance, or NULL if none is
 * near (more than a third of its letters wrong). Not collective. */
PETSC_EXTERN const char *OttoNearestName(const char *word, const char *const names[]);

/** Where `word` stands among `names` (NULL-terminated): OTTO_ERR_INPUT where it does not, in one
 * line that begins with `what` and lists the names and the nearest one. Not collective. */
PETSC_EXTERN PetscErrorCode OttoFindName(const char *what, const char *word,
                                         const char *const names[], PetscInt *index);

/** The names (NULL-terminated) with `between` between them; cut where they are longer than text.
 * Not collective. */
PETSC_EXTERN void OttoJoinNames(const char *const names[], const char *between, char text[],
                                size_t size);

/** Entry `index` of a list that commas separate, without blanks around it, cut where it is longer
 * than text. Returns how many entries there are; beyond the last it is empty. Not collective. */
PETSC_EXTERN PetscInt OttoListEntry(const char *list, PetscInt index, char text[], size_t size);

/** Bytes of the letter of UTF-8 that a text goes on with, 1 at its end; 0 where it is none. Not
 * collective. */
PETSC_EXTERN int OttoUtf8Length(const char *letter);

/** Room for "; did you mean near?". */
#define OTTO_MEANT 96
/** "; did you mean near?", or "" where `near` is NULL. Returns text. Not collective. */
PETSC_EXTERN const char *OttoDidYouMean(const char *near, char text[OTTO_MEANT]);

/** The i-th key that was given and its value ("" for none), in no particular order; NULL beyond the
 * last. As they stood after OttoOptionsInsert(). Not collective. */
PETSC_EXTERN void OttoOptionsGiven(PetscInt i, const char **key, const char **value);

/** The i-th key that was not given but has a default for the driver of OttoOptionsCheckKeys(), and
 * that default as -help says it (a value, or words); NULL beyond the last. Not collective. */
PETSC_EXTERN void OttoOptionsDefaults(PetscInt i, const char **key, const char **value);

/** Keeps the driver and the keys that were given, or compares them with those that a run was kept
 * with: what decides its numbers must be the same, given or by default. OTTO_ERR_INPUT, naming the
 * first key that differs with both values, and those that may: output_dir, output_overwrite,
 * output_fields, checkpoint_every, restart, time_stop, time_samples (where the times so far are the
 * same), grid_mesh, transform_engine, transform_overlap, log_…. Collective on `comm`. */
PETSC_EXTERN PetscErrorCode OttoOptionsKeep(MPI_Comm comm, OttoKeep keep);

/** The keys that may differ then, ended by NULL; one that ends in _ stands for all that begin so.
 * Not collective. */
PETSC_EXTERN const char *const *OttoOptionsFree(void);

/** Whether the i-th key that was given stood on the command line, not in the file alone. Not
 * collective. */
PETSC_EXTERN PetscBool OttoOptionsTyped(PetscInt i);

/** Whether OttoOptionsCheckUnused() warned of the i-th key that was given. Not collective. */
PETSC_EXTERN PetscBool OttoOptionsUnused(PetscInt i);

/** Whether `key` (without '-') begins as PETSc's own keys do: ts_ ksp_ pc_ snes_ mg_ mat_ …. Not
 * collective. */
PETSC_EXTERN PetscBool OttoOptionsIsPetscKey(const char *key);

/**
 * Calls a function of PETSc's that reads options, OttoOptionsPetsc(comm, TSSetFromOptions(ts)):
 * what it refuses is bad input, one line with key, value and PETSc's reason, not a failure of the
 * program; one rank's refusal (a file that rank 0 alone opens) is all ranks'. Collective on `comm`.
 * For calls before anything is computed and with options only: the object may be left half made.
 * OTTO_ERR_INPUT.
 */
#define OttoOptionsPetsc(comm, call)                                                               \
  do {                                                                                             \
    PetscCall(OttoOptionsPetscBegin());                                                            \
    PetscCall(OttoOptionsPetscEnd((comm), (call)));                                                \
  } while (0)
/** What OttoOptionsPetsc() calls before: PETSc's complaints are kept from here on. Not collective.
 */
PETSC_EXTERN PetscErrorCode OttoOptionsPetscBegin(void);
/** What it calls after, with the code returned. Collective on `comm`. */
PETSC_EXTERN PetscErrorCode OttoOptionsPetscEnd(MPI_Comm comm, PetscErrorCode code);

/** A failure of PETSc's own while a problem is prepared is owed to its keys, where some were given:
 * returns OTTO_ERR_INPUT with a sentence that names them, and any other code as it is. Not
 * collective. */
PETSC_EXTERN PetscErrorCode OttoOptionsBlame(PetscErrorCode code);
