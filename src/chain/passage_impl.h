/* Private to passage*.c. */
#pragma once
#include "occupation.h"
#include <otto/halo.h>

/* Chains are kept for so many choices of targets: that of all sets, and the one asked for last. */
#define OTTO_PASSAGE_CHAINS 2
#define OTTO_PASSAGE_CHANNELS (OTTO_FACES + OTTO_PASSAGE_SETS)

/* Beside channels: of a passage that is fed, by birth. */
#define OTTO_BORN OTTO_PASSAGE_CHANNELS

/* Choices of sets as bits. */
#define OTTO_ONE_SET(k) (1u << ((k)-1))

/* Functions of the chain, and of the time-reversed one. */
enum { OTTO_AHEAD, OTTO_BACK };

/* The chain with some of its sets as targets, and its reverse: with detailed balance the same. */
typedef struct {
  unsigned ends;        /* sets that are targets, which keep their numbers; the others are open */
  OttoGenerator way[2]; /* the chain, its reverse */
  PetscBool own;        /* they are this one's to destroy */
  OttoOccupation of[2]; /* of functions of either */
  Vec time[2];          /* mean time of either; NULL until it is asked for */
  OttoPassageReport known[2];
  Vec split[2][OTTO_PASSAGE_CHANNELS + 1]; /* likewise: probability of every channel */
  OttoPassageReport split_known[2][OTTO_PASSAGE_CHANNELS + 1];
} OttoPassageChain;

/* What faces of the box take begins anew. Its steady state is π w; where a passage is not fed w is
 * 1 everywhere, and functions of the reversed chain are probabilities; where it is they are those
 * times w. */
typedef struct {
  Vec weight;         /* w */
  Vec births;         /* by π, in unit time */
  PetscReal *at_face; /* [losses of the reversed chain to all sets] w at faces of sets */
  PetscReal born[OTTO_PASSAGE_SETS]; /* in cells of every set, in unit time */
  PetscReal lost[OTTO_PASSAGE_SETS]; /* taken from them by faces of the box */
} OttoPassageFeeding;

struct _n_OttoPassage {
  OttoGenerator generator;
  OttoGrid grid;
  const OttoGridInfo *g;
  OttoPassageMethod method;
  PetscBool balanced;      /* detailed balance */
  PetscBool faces;         /* of the box absorb */
  PetscBool transient;     /* no π is positive everywhere: transport leads away for good */
  char away[320];          /* then: from where, to where, in words */
  Vec pi, log_pi;          /* NULL before set-up; of a transient chain 0, and 0 in open cells */
  unsigned all;            /* sets */
  OttoPassageFeeding *fed; /* NULL: it is not */
  OttoPassageChain *chain[OTTO_PASSAGE_CHAINS];
};

/** Whether the chain that nothing ends leads from every open cell to every other: else it is
 * transient. Collective. OTTO_ERR_INPUT: open cells in parts, and no π that weighs them. */
PETSC_INTERN PetscErrorCode OttoPassageFindTransient(OttoPassage p);
/** π, whose fields are there. Collective. */
PETSC_INTERN PetscErrorCode OttoPassageFindSteady(OttoPassage p);
/** in[local_cells]: whether an own cell lies in a part of the open cells, those of sets among them,
 * that has cells of two sets or more. Collective. */
PETSC_INTERN PetscErrorCode OttoPassageShared(OttoPassage p, PetscBool in[]);
/** The chain with these sets as targets; kept by the passage until others are asked for, that of
 * all sets until its end. Collective. */
PETSC_INTERN PetscErrorCode OttoPassageChainGet(OttoPassage p, unsigned ends,
                                                OttoPassageChain **chain);
/** The mean time of the chain (`way` OTTO_AHEAD) or its reverse, chain->time[way]. Collective. */
PETSC_INTERN PetscErrorCode OttoPassageMeanTime(OttoPassage p, OttoPassageChain *chain, int way);
/** The probability that channel `face` of that chain takes it, 0 in all targets: found by
 * certifying with the mean time, once; *q is the chain's. Collective. */
PETSC_INTERN PetscErrorCode OttoPassageSplit(OttoPassage p, OttoPassageChain *chain, int way,
                                             PetscInt face, Vec *q, OttoPassageReport *report);
/** q = value in the cells of set `set` of the generator that are open but for it. Collective. */
PETSC_INTERN PetscErrorCode OttoPassageMark(OttoPassage p, PetscInt set, PetscReal value, Vec q);
/** OTTO_ERR_INPUT unless there is such a set. Not collective. */
PETSC_INTERN PetscErrorCode OttoPassageCheckSet(OttoPassage p, PetscInt set);

/* ---- passage_pairs.c ---- */

/** reached[k]: the sets, as bits, to which the chain leads from set k + 1 by way of no other.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoPassageReached(OttoPassage p, unsigned reached[OTTO_PASSAGE_SETS]);
/** OTTO_ERR_INPUT where transitions mean nothing: there is no π, a face of the box absorbs and it
 * is not fed, sets have a face in common. Collective. */
PETSC_INTERN PetscErrorCode OttoPassageCheckPairs(OttoPassage p);
/** u where a set ends that takes `loss` of its cell c, u_c here and u_y beyond: from there the
 * chain of rates r, which has the set open, goes on to y with the probability Q_cy over the rate of
 * the loss, of which that is what comes to y. Not collective. */
PETSC_INTERN PetscReal OttoPassageAtFace(const OttoRates *r, const OttoGridInfo *g,
                                         const OttoSurrounded *u, const OttoLoss *loss);
/** Σ π q h^d of own cells `in`. Collective. */
PETSC_INTERN PetscErrorCode OttoPassageShare(OttoPassage p, Vec q, const PetscBool in[],
                                             PetscReal *share);
/** q: w times the probability, in the steady state, that set `set` was visited last, w in its own
 * cells; a copy. Collective. */
PETSC_INTERN PetscErrorCode OttoPassageLast(OttoPassage p, PetscInt set, Vec q,
                                            OttoPassageReport *report);

/** Frees what feeds it. Collective. */
PETSC_INTERN PetscErrorCode OttoPassageStarve(OttoPassage p);
/** w at face i of the reversed chain to all sets. Not collective. */
static inline PetscReal OttoPassageFed(const struct _n_OttoPassage *p, PetscInt64 i)
{
  return p->fed ? p->fed->at_face[i] : 1;
}

/** OTTO_ERR_INPUT where there is no π: `what` has none either. Not collective. */
#define OttoNeedSteady(p, what)                                                                    \
  OttoCheckInput(!(p)->transient,                                                                  \
                 "first passages: %s: transport leads away for good: there is no " what,           \
                 (p)->away)
/** Fails before OttoPassageSetUp(). */
#define OttoNeedPassage(p) OttoNeed((p)->pi, "OttoPassageSetUp()")
