/* Private to passage*.c. */
#pragma once
#include "occupation.h"

/* Chains are kept for three choices of targets: all sets, one alone, two of several. */
#define OTTO_PASSAGE_CHAINS 3

/* Functions of the chain, and of the time-reversed one. */
enum { OTTO_AHEAD, OTTO_BACK };

/* The chain with some of its sets as targets, and its reverse: with detailed balance the same. */
typedef struct {
  PetscInt a, b; /* sets that are targets 1 and 2, a < b; b = 0: a alone; a = 0 too: all of them */
  OttoGenerator way[2]; /* the chain, its reverse */
  PetscBool own;        /* they are this one's to destroy */
  OttoOccupation of[2]; /* of functions of either */
  Vec time[2];          /* mean time of either; NULL until it is asked for */
  OttoPassageReport known[2];
} OttoPassageChain;

struct _n_OttoPassage {
  OttoGenerator generator;
  OttoGrid grid;
  const OttoGridInfo *g;
  OttoPassageMethod method;
  PetscBool balanced;  /* detailed balance */
  PetscBool faces;     /* of the box absorb */
  PetscBool transient; /* no π is positive everywhere: transport leads away for good */
  char away[320];      /* then: from where, to where, in words */
  Vec pi, log_pi;      /* NULL before set-up; of a transient chain 0, and 0 in open cells */
  OttoPassageChain *chain[OTTO_PASSAGE_CHAINS];
  PetscInt next; /* of them to be replaced */
};

/** Whether the chain that nothing ends leads from every open cell to every other: else it is
 * transient. Collective. OTTO_ERR_INPUT: open cells in parts, and no π that weighs them. */
PETSC_INTERN PetscErrorCode OttoPassageFindTransient(OttoPassage p);
/** π, whose fields are there. Collective. */
PETSC_INTERN PetscErrorCode OttoPassageFindSteady(OttoPassage p);
/** in[local_cells]: whether an own cell lies in a part of the open cells, those of sets among them,
 * that has cells of both sets. Collective. */
PETSC_INTERN PetscErrorCode OttoPassageShared(OttoPassage p, PetscInt a, PetscInt b,
                                              PetscBool in[]);
/** The chain with set a (b = 0), with sets a < b, or with all (a = b = 0) as targets; kept by the
 * passage until others are asked for. Collective. */
PETSC_INTERN PetscErrorCode OttoPassageChainGet(OttoPassage p, PetscInt a, PetscInt b,
                                                OttoPassageChain **chain);
/** The mean time of the chain (`way` OTTO_AHEAD) or its reverse, chain->time[way]. Collective. */
PETSC_INTERN PetscErrorCode OttoPassageMeanTime(OttoPassage p, OttoPassageChain *chain, int way);
/** The probability that channel `face` of that chain takes it, 0 in all targets: found by
 * certifying with the mean time. Collective. */
PETSC_INTERN PetscErrorCode OttoPassageSplit(OttoPassage p, OttoPassageChain *chain, int way,
                                             PetscInt face, Vec q, OttoPassageReport *report);
/** q = value in the cells of set `set` of the generator that are open but for it. Collective. */
PETSC_INTERN PetscErrorCode OttoPassageMark(OttoPassage p, PetscInt set, PetscReal value, Vec q);
/** OTTO_ERR_INPUT unless there is such a set. Not collective. */
PETSC_INTERN PetscErrorCode OttoPassageCheckSet(OttoPassage p, PetscInt set);
/** OTTO_ERR_INPUT where there is no π: `what` has none either. Not collective. */
#define OttoNeedSteady(p, what)                                                                    \
  OttoCheckInput(!(p)->transient,                                                                  \
                 "first passages: %s: transport leads away for good: there is no " what,           \
                 (p)->away)
/** Fails before OttoPassageSetUp(). */
#define OttoNeedPassage(p) OttoNeed((p)->pi, "OttoPassageSetUp()")
