/* Private to first-passage: sets in a box, how long until the chain is taken and by which, on one
 * grid; and what is found of it. */
#pragma once
#include <otto/passage.h>
#include <otto/record.h>
#include <otto/sets.h>
#include <otto/storage.h>

/** What may take the chain: faces of the box, then sets. */
#define OTTO_CHANNELS (OTTO_FACES + OTTO_SETS)

/** Level sets of the committor through which what is reactive is counted. */
#define OTTO_PASSAGE_LEVELS 10

/** The problem on one grid. */
typedef struct {
  OttoGrid grid; /* not its own */
  OttoSets sets;
  OttoGenerator generator; /* its targets are those of the part that goes on */
  Vec p;                   /* law of the start, mass 1 */
  PetscInt moments;        /* of the passage time */
  PetscReal off, drive;    /* of the sets' ends (OttoSetsFindEnds()) */
  PetscInt ends;           /* sets that end a passage: all but set_a */
  PetscInt end[OTTO_SETS]; /* their labels */
  OttoPassage passage;     /* to these */
} OttoFirstPassage;

/* Numbers: X(name in `results`, unit, floor of its relative error). Splitting probabilities stand
 * together, in the order of channels; solves certify them to 1e-8 at most, absolutely. Rates stand
 * together as well, by letters. */
#define OTTO_SPLITTING_NUMBERS(X)                                                                  \
  X(splitting_lower_1, "1", 1e-8)                                                                  \
  X(splitting_upper_1, "1", 1e-8)                                                                  \
  X(splitting_lower_2, "1", 1e-8)                                                                  \
  X(splitting_upper_2, "1", 1e-8)                                                                  \
  X(splitting_lower_3, "1", 1e-8)                                                                  \
  X(splitting_upper_3, "1", 1e-8)                                                                  \
  X(splitting_a, "1", 1e-8)                                                                        \
  X(splitting_b, "1", 1e-8)                                                                        \
  X(splitting_c, "1", 1e-8)                                                                        \
  X(splitting_d, "1", 1e-8)
#define OTTO_RATE_NUMBERS(X)                                                                       \
  X(rate_ab, "1/time", 0)                                                                          \
  X(rate_ac, "1/time", 0)                                                                          \
  X(rate_ad, "1/time", 0)                                                                          \
  X(rate_ba, "1/time", 0)                                                                          \
  X(rate_bc, "1/time", 0)                                                                          \
  X(rate_bd, "1/time", 0)                                                                          \
  X(rate_ca, "1/time", 0)                                                                          \
  X(rate_cb, "1/time", 0)                                                                          \
  X(rate_cd, "1/time", 0)                                                                          \
  X(rate_da, "1/time", 0)                                                                          \
  X(rate_db, "1/time", 0)                                                                          \
  X(rate_dc, "1/time", 0)
#define OTTO_FIRST_PASSAGE_NUMBERS(X)                                                              \
  X(passage_time, "time", 0)                                                                       \
  X(passage_time_2, "time^2", 0)                                                                   \
  X(passage_time_3, "time^3", 0)                                                                   \
  X(passage_time_4, "time^4", 0)                                                                   \
  X(passage_time_longest, "time", 0)                                                               \
  X(quasi_stationary_rate, "1/time", 0)                                                            \
  X(committor, "1", 1e-8)                                                                          \
  OTTO_RATE_NUMBERS(X)                                                                             \
  X(reactive_flux, "1/time", 0)                                                                    \
  X(reactive_share, "1", 0)                                                                        \
  OTTO_SPLITTING_NUMBERS(X)

enum {
#define X(name, unit, floor) OTTO_FIRST_PASSAGE_##name,
  OTTO_FIRST_PASSAGE_NUMBERS(X)
#undef X
      OTTO_FIRST_PASSAGE_COUNT
};

/** How long: targets are the sets that end a passage. */
typedef struct {
  Vec u[OTTO_PASSAGE_MOMENTS]; /* moments of the passage time by the cell it starts from */
  Vec pi, log_pi;              /* steady state without targets */
  OttoPassageReport report[OTTO_PASSAGE_MOMENTS];
  OttoQuasiStationary slowest;
  char solver[200];
} OttoFirstPassageTimes;

/** Which way: targets are all sets. */
typedef struct {
  PetscInt channels; /* that take something */
  PetscInt channel[OTTO_CHANNELS];
  PetscBool pairs; /* there are `rates` between all pairs of sets, */
  const char *why; /* or why not */
  PetscBool fed;   /* faces absorb, and what they take begins anew by p */
  OttoTransitionRates rates;
  PetscBool route; /* some transitions lead from set_a to set_b: in `t`, whose `forward` is the
                      committor */
  OttoTransition t;
  PetscInt levels; /* of the committor, through each of which the reactive flux is found */
  PetscReal level[OTTO_PASSAGE_LEVELS], flux[OTTO_PASSAGE_LEVELS], rounding[OTTO_PASSAGE_LEVELS];
  Vec q[OTTO_CHANNELS]; /* unless these two are all, and of two channels or more: splitting
                           probabilities by the cell it starts from */
  OttoPassageReport report[OTTO_CHANNELS];
} OttoFirstPassageWays;

/** Names of the numbers; of splitting probabilities from OTTO_FIRST_PASSAGE_splitting_lower_1 on,
 * faces by OTTO_FACE() and sets by their letters. */
PETSC_INTERN const char *const OttoFirstPassageNames[OTTO_FIRST_PASSAGE_COUNT];

/** The sets of the options and the law of p in a generator that is set up and has no targets, both
 * of which it takes over; closed cells are taken out of both. Sets end where formulas say; `swift`:
 * by rates that are right for times (otto/generator.h). Collective; OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoFirstPassageCreate(OttoGrid grid, OttoGenerator generator,
                                                   const OttoSets *sets, Vec p, PetscInt moments,
                                                   PetscBool swift, OttoFirstPassage *s);
/** Frees it. Collective. */
PETSC_INTERN PetscErrorCode OttoFirstPassageDestroy(OttoFirstPassage *s);

/** Makes targets of what ends a passage, or of all sets, and a passage to them that has read its
 * options. Collective; OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoFirstPassageAim(OttoFirstPassage *s, PetscBool all);
/** All that is found with the one, or the other. Collective; OTTO_ERR_SOLVER. */
PETSC_INTERN PetscErrorCode OttoFirstPassageFindTimes(OttoFirstPassage *s,
                                                      OttoFirstPassageTimes *times);
PETSC_INTERN PetscErrorCode OttoFirstPassageFindWays(OttoFirstPassage *s,
                                                     OttoFirstPassageWays *ways);
/** Frees them. Collective. */
PETSC_INTERN PetscErrorCode OttoFirstPassageTimesFree(OttoFirstPassageTimes *times);
PETSC_INTERN PetscErrorCode OttoFirstPassageWaysFree(OttoFirstPassageWays *ways);

/** Their numbers into number[OTTO_FIRST_PASSAGE_COUNT], whose others stay. Collective. */
PETSC_INTERN PetscErrorCode OttoFirstPassageNumbersOfTimes(const OttoFirstPassage *s,
                                                           const OttoFirstPassageTimes *times,
                                                           PetscReal number[]);
PETSC_INTERN PetscErrorCode OttoFirstPassageNumbersOfWays(const OttoFirstPassage *s,
                                                          const OttoFirstPassageWays *ways,
                                                          PetscReal number[]);
/** Which of the numbers a channel's splitting probability is, and the rate from set a to set b, by
 * their labels. Not collective. */
PETSC_INTERN PetscInt OttoFirstPassageNumberOf(const OttoFirstPassage *s, PetscInt channel);
PETSC_INTERN PetscInt OttoFirstPassageRateOf(const OttoFirstPassage *s, PetscInt a, PetscInt b);
