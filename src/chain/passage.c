/* Life of a passage: π, and chains of chosen targets. */
#include "passage_impl.h"
#include "generator_related.h"
#include <otto/options.h>
#include <stdio.h>

const char *const OttoPassageMethodNames[] = {"auto", "krylov", "aggregation", NULL};

PetscErrorCode OttoPassageCreate(OttoGenerator generator, OttoPassage *passage)
{
  OttoPassage p;

  PetscFunctionBegin;
  OttoNeedGenerator(generator);
  OttoCheckInput(OttoGeneratorIsAbsorbing(generator),
                 "first passages: no set and no face of the box absorbs; set_a, set_b or "
                 "grid_boundary: absorbing is needed");
  OttoCheckInput(!OttoGeneratorIsTimeDependent(generator),
                 "first passages: potential and drift may not depend on time");
  PetscCall(PetscNew(&p));
  *passage = p;
  p->generator = generator;
  p->grid = OttoGeneratorGetGrid(generator);
  p->g = OttoGridGetInfo(p->grid);
  p->balanced = OttoGeneratorIsConservative(generator);
  const PetscErrorCode code = OttoPassageFindTransient(p);
  if (code) PetscCall(OttoPassageDestroy(passage));
  PetscFunctionReturn(code);
}

PetscErrorCode OttoPassageSetMethod(OttoPassage p, OttoPassageMethod method)
{
  PetscFunctionBegin;
  p->method = method;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassageSetFromOptions(OttoPassage p)
{
  PetscInt method = (PetscInt)p->method;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetChoice(NULL, "passage_method", OttoPassageMethodNames, &method, NULL));
  p->method = (OttoPassageMethod)method;
  PetscFunctionReturn(0);
}

/* ---- π ---- */

/* Every set has a face through which it can be reached. */
static PetscErrorCode CheckSets(OttoPassage p)
{
  const OttoRates *r = OttoGeneratorGetRates(p->generator);
  const PetscInt sets = OttoGeneratorGetTargets(p->generator);
  PetscInt64 *faces;

  PetscFunctionBegin;
  OttoCheckInput(sets <= OTTO_PASSAGE_SETS, "first passages: %d sets; there may be %d", (int)sets,
                 OTTO_PASSAGE_SETS);
  p->all = OTTO_ONE_SET(sets + 1) - 1;
  if (!sets) PetscFunctionReturn(0);
  PetscCall(OttoAgree(p->g->comm, PetscCalloc1(sets, &faces)));
  for (PetscInt64 i = 0; i < r->losses; i++)
    if (r->loss[i].face >= OTTO_FACES) faces[r->loss[i].face - OTTO_FACES]++;
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, faces, (PetscMPIInt)sets, MPIU_INT64, MPI_SUM, p->g->comm));
  PetscInt k = 0;
  while (k < sets && faces[k]) k++;
  PetscCall(PetscFree(faces));
  OttoCheckInput(k == sets,
                 "set %d of %d is empty, or none of its cells has a face in common with an open "
                 "cell outside all sets",
                 (int)k + 1, (int)sets);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassageSetUp(OttoPassage p)
{
  PetscFunctionBegin;
  PetscCall(CheckSets(p));
  PetscCall(OttoFieldCreate(p->grid, &p->pi));
  PetscCall(OttoFieldCreate(p->grid, &p->log_pi));
  PetscCall(OttoPassageFindSteady(p));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassageGetSteady(OttoPassage p, Vec *pi, Vec *log_pi)
{
  PetscFunctionBegin;
  *pi = p->transient ? NULL : p->pi;
  *log_pi = p->transient ? NULL : p->log_pi;
  PetscFunctionReturn(0);
}

PetscBool OttoPassageFacesAbsorb(OttoPassage p)
{
  return p->faces;
}

const char *OttoPassageGetTransient(OttoPassage p)
{
  return p->transient ? p->away : NULL;
}

/* ---- chains ---- */

static PetscErrorCode ChainDestroy(OttoPassageChain **chain)
{
  OttoPassageChain *s = *chain;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  const PetscBool one = s->way[OTTO_BACK] == s->way[OTTO_AHEAD] ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(OttoOccupationDestroy(&s->of[OTTO_AHEAD]));
  if (!one) PetscCall(OttoOccupationDestroy(&s->of[OTTO_BACK]));
  for (int way = 0; way < 2; way++) {
    if (way == 0 || !one) PetscCall(VecDestroy(&s->time[way]));
    for (PetscInt i = 0; i <= OTTO_PASSAGE_CHANNELS; i++) PetscCall(VecDestroy(&s->split[way][i]));
  }
  if (s->own && !one) PetscCall(OttoGeneratorDestroy(&s->way[OTTO_BACK]));
  if (s->own) PetscCall(OttoGeneratorDestroy(&s->way[OTTO_AHEAD]));
  PetscCall(PetscFree(*chain));
  PetscFunctionReturn(0);
}

/* Labels of the generator's sets that are targets, the others' 0. NULL: there are none. */
static PetscErrorCode Labels(OttoPassage p, unsigned ends, Vec *label)
{
  Vec of = OttoGeneratorGetTargetLabels(p->generator);
  PetscScalar *l;

  PetscFunctionBegin;
  *label = NULL;
  if (!of) PetscFunctionReturn(0);
  PetscCall(VecDuplicate(of, label));
  PetscCall(VecCopy(of, *label));
  PetscCall(VecGetArray(*label, &l));
  for (PetscInt64 c = 0; c < p->g->local_cells; c++)
    if (l[c] > 0 && !(ends & OTTO_ONE_SET((PetscInt)l[c]))) l[c] = 0;
  PetscCall(VecRestoreArray(*label, &l));
  PetscFunctionReturn(0);
}

/* The chain and, unless balanced, its reverse, scaled by π. */
static PetscErrorCode Build(OttoPassage p, OttoPassageChain *s)
{
  const PetscInt count = OttoGeneratorGetTargets(p->generator);
  Vec label = NULL;

  PetscFunctionBegin;
  s->own = !p->balanced || s->ends != p->all ? PETSC_TRUE : PETSC_FALSE;
  s->way[OTTO_AHEAD] = p->generator;
  if (s->own) {
    PetscCall(Labels(p, s->ends, &label));
    PetscCall(OttoGeneratorCreateRelated(p->generator, OTTO_RELATED_SAME, PETSC_TRUE,
                                         p->balanced || p->transient ? NULL : p->log_pi,
                                         &s->way[OTTO_AHEAD]));
    PetscCall(OttoGeneratorSetTargets(s->way[OTTO_AHEAD], count, label));
  }
  s->way[OTTO_BACK] = s->way[OTTO_AHEAD];
  if (!p->balanced && !p->transient) {
    PetscCall(OttoGeneratorCreateRelated(p->generator, OTTO_RELATED_REVERSED, PETSC_TRUE, p->log_pi,
                                         &s->way[OTTO_BACK]));
    PetscCall(OttoGeneratorSetTargets(s->way[OTTO_BACK], count, label));
  }
  PetscCall(VecDestroy(&label));
  if (p->transient) { /* there is no way back */
    PetscCall(OttoOccupationCreate(s->way[OTTO_AHEAD], NULL, NULL, &s->of[OTTO_AHEAD]));
    s->of[OTTO_BACK] = s->of[OTTO_AHEAD];
    PetscFunctionReturn(0);
  }
  for (int way = 0; way < 2; way++) {
    if (way == OTTO_BACK && p->balanced)
      s->of[way] = s->of[OTTO_AHEAD];
    else
      PetscCall(OttoOccupationCreate(s->way[way], s->way[!way], p->log_pi, &s->of[way]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassageChainGet(OttoPassage p, unsigned ends, OttoPassageChain **chain)
{
  OttoPassageChain **slot = &p->chain[ends == p->all ? 0 : 1];

  PetscFunctionBegin;
  if (*slot && (*slot)->ends != ends) PetscCall(ChainDestroy(slot));
  if (!*slot) {
    PetscCall(PetscNew(slot));
    (*slot)->ends = ends;
    PetscCall(Build(p, *slot));
  }
  *chain = *slot;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassageStarve(OttoPassage p)
{
  PetscFunctionBegin;
  if (!p->fed) PetscFunctionReturn(0);
  PetscCall(VecDestroy(&p->fed->weight));
  PetscCall(VecDestroy(&p->fed->births));
  PetscCall(PetscFree(p->fed->at_face));
  PetscCall(PetscFree(p->fed));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassageDestroy(OttoPassage *passage)
{
  OttoPassage p = *passage;

  PetscFunctionBegin;
  if (!p) PetscFunctionReturn(0);
  for (int i = 0; i < OTTO_PASSAGE_CHAINS; i++) PetscCall(ChainDestroy(&p->chain[i]));
  PetscCall(OttoPassageStarve(p));
  PetscCall(VecDestroy(&p->pi));
  PetscCall(VecDestroy(&p->log_pi));
  PetscCall(PetscFree(*passage));
  PetscFunctionReturn(0);
}

/* ---- what is asked of it ---- */

PetscErrorCode OttoPassageCheckSet(OttoPassage p, PetscInt set)
{
  const PetscInt sets = OttoGeneratorGetTargets(p->generator);

  PetscFunctionBegin;
  OttoCheckInput(set >= 1 && set <= sets, "first passages: set %d; there are %d", (int)set,
                 (int)sets);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassageDescribe(OttoPassage p, char text[], size_t size)
{
  PetscFunctionBegin;
  text[0] = 0;
  for (int i = 0; i < OTTO_PASSAGE_CHAINS && !text[0]; i++)
    if (p->chain[i]) PetscCall(OttoOccupationDescribe(p->chain[i]->of[OTTO_AHEAD], text, size));
  PetscFunctionReturn(0);
}

size_t OttoPassageBytes(OttoPassage p)
{
  const size_t field = (size_t)p->g->local_cells * sizeof(PetscReal);
  size_t sum = (p->pi ? 2 * field : 0) + (p->fed ? 2 * field : 0);

  for (int i = 0; i < OTTO_PASSAGE_CHAINS; i++) {
    const OttoPassageChain *s = p->chain[i];
    if (!s) continue;
    for (int way = 0; way < (s->way[OTTO_BACK] == s->way[OTTO_AHEAD] ? 1 : 2); way++)
      sum += OttoOccupationBytes(s->of[way]) + (s->time[way] ? field : 0) +
             (s->own ? OttoGeneratorBytes(s->way[way]) : 0);
    for (int way = 0; way < 2; way++)
      for (PetscInt k = 0; k <= OTTO_PASSAGE_CHANNELS; k++) sum += s->split[way][k] ? field : 0;
  }
  return sum;
}
