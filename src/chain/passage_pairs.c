/* Sets by pairs: which lie side by side, which are joined by open cells, which was visited last. */
#include "grid/edges.h"
#include "passage_impl.h"
#include "reach.h"
#include <math.h>

/* ---- side by side ---- */

typedef struct {
  const OttoGridInfo *g;
  OttoSurrounded label, log_pi;
  int touching[OTTO_PASSAGE_SETS]; /* by the lower set the others, as bits */
} Touching;

static void Touch(const OttoEdges *e, void *context)
{
  Touching *s = (Touching *)context;
  const PetscReal *lx = OttoSurroundedAt(&s->label, e->x), *ly = OttoSurroundedAt(&s->label, e->y);
  const PetscReal *px = OttoSurroundedAt(&s->log_pi, e->x),
                  *py = OttoSurroundedAt(&s->log_pi, e->y);

  for (PetscInt64 i = 0; i < e->n; i++) {
    const PetscInt a = (PetscInt)PetscMin(lx[i], ly[i]), b = (PetscInt)PetscMax(lx[i], ly[i]);
    if (a > 0 && a != b && px[i] > -INFINITY && py[i] > -INFINITY)
      s->touching[a - 1] |= (int)OTTO_ONE_SET(b);
  }
}

/* Two sets that have a face in common, *a < *b; 0 and 0 where there are none. */
static PetscErrorCode FindTouching(OttoPassage p, PetscInt *a, PetscInt *b)
{
  Vec label = OttoGeneratorGetTargetLabels(p->generator);
  Touching s = {.g = p->g};
  OttoHalo halo;

  PetscFunctionBegin;
  *a = *b = 0;
  if (!label) PetscFunctionReturn(0);
  PetscCall(OttoGridGetHalo(p->grid, 1, &halo));
  PetscCall(OttoFieldSurround(halo, label, &s.label));
  PetscCall(OttoFieldSurround(halo, p->log_pi, &s.log_pi));
  OttoEdgesWalk(p->g, PETSC_FALSE, Touch, &s);
  PetscCall(OttoFieldRelease(halo, p->log_pi, &s.log_pi));
  PetscCall(OttoFieldRelease(halo, label, &s.label));
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, s.touching, OTTO_PASSAGE_SETS, MPI_INT, MPI_BOR, p->g->comm));
  for (PetscInt k = 1; k <= OTTO_PASSAGE_SETS && !*a; k++)
    for (PetscInt l = k + 1; l <= OTTO_PASSAGE_SETS && !*a; l++)
      if (s.touching[k - 1] & (int)OTTO_ONE_SET(l)) *a = k, *b = l;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassageAreApart(OttoPassage p, PetscBool *apart)
{
  PetscInt a = 0, b = 0;

  PetscFunctionBegin;
  OttoNeedPassage(p);
  PetscCall(FindTouching(p, &a, &b));
  *apart = a == 0 ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassageCheckPairs(OttoPassage p)
{
  PetscInt a = 0, b = 0;

  PetscFunctionBegin;
  OttoNeedSteady(p, "rate");
  OttoCheckInput(!p->faces || p->fed,
                 "first passages: what absorbs at a face of the box leaves no steady "
                 "state, and nothing passes from set to set for ever");
  PetscCall(FindTouching(p, &a, &b));
  OttoCheckInput(a == 0,
                 "sets %d and %d have a face in common: it would be of both, and nothing passes "
                 "between them",
                 (int)a, (int)b);
  PetscFunctionReturn(0);
}

/* ---- joined ---- */

/* The sets to which the chain leads that has left set a by its faces. */
static PetscErrorCode From(OttoPassage p, const OttoPassageChain *chain, PetscInt a,
                           PetscBool marked[], int *to)
{
  const OttoRates *ahead = OttoGeneratorGetRates(chain->way[OTTO_AHEAD]);
  const OttoRates *back = OttoGeneratorGetRates(chain->way[OTTO_BACK]);

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(marked, p->g->local_cells));
  for (PetscInt64 i = 0; i < back->losses; i++)
    if (back->loss[i].face == OTTO_CHANNEL(a)) marked[back->loss[i].cell] = PETSC_TRUE;
  PetscCall(OttoReach(chain->way[OTTO_AHEAD], OTTO_REACH_ALONG, marked));
  for (PetscInt64 i = 0; i < ahead->losses; i++)
    if (ahead->loss[i].face >= OTTO_FACES && marked[ahead->loss[i].cell])
      *to |= (int)OTTO_ONE_SET(ahead->loss[i].face - OTTO_FACES + 1);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassageReached(OttoPassage p, unsigned reached[OTTO_PASSAGE_SETS])
{
  const PetscInt sets = OttoGeneratorGetTargets(p->generator);
  int to[OTTO_PASSAGE_SETS] = {0};
  OttoPassageChain *chain;
  PetscBool *marked;

  PetscFunctionBegin;
  PetscCall(OttoPassageChainGet(p, p->all, &chain));
  PetscCall(OttoAgree(p->g->comm, PetscMalloc1(p->g->local_cells, &marked)));
  for (PetscInt a = 1; a <= sets; a++) PetscCall(From(p, chain, a, marked, &to[a - 1]));
  PetscCall(PetscFree(marked));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, to, OTTO_PASSAGE_SETS, MPI_INT, MPI_BOR, p->g->comm));
  for (PetscInt k = 0; k < OTTO_PASSAGE_SETS; k++) reached[k] = (unsigned)to[k];
  PetscFunctionReturn(0);
}

/* ---- which was last ---- */

PetscReal OttoPassageAtFace(const OttoRates *r, const OttoGridInfo *g, const OttoSurrounded *u,
                            const OttoLoss *loss)
{
  const PetscInt axis = loss->through / 2;
  const int side = loss->through % 2 ? 1 : -1;
  const PetscInt64 y = OttoEdgesNeighbour(g, loss->cell, axis, side);
  const PetscReal to = side > 0 ? r->up[axis][loss->cell] : r->down[axis][y];
  const PetscReal beyond = PetscMin(to / loss->rate, 1);

  return (1 - beyond) * u->own[loss->cell] + beyond * *OttoSurroundedAt(u, y);
}

PetscErrorCode OttoPassageShare(OttoPassage p, Vec q, const PetscBool in[], PetscReal *share)
{
  const PetscScalar *pi, *values;
  OttoSum sum = {0, 0};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(p->pi, &pi));
  PetscCall(VecGetArrayRead(q, &values));
  for (PetscInt64 c = 0; c < p->g->local_cells; c++)
    if (in[c]) OttoSumAdd(&sum, pi[c] * values[c]);
  PetscCall(VecRestoreArrayRead(q, &values));
  PetscCall(VecRestoreArrayRead(p->pi, &pi));
  PetscCall(OttoSumReduce(p->g->comm, 1, &sum));
  *share = OttoSumValue(sum) * p->g->cell_volume;
  PetscFunctionReturn(0);
}

/* w in the cells of a set. */
static PetscErrorCode MarkWeight(OttoPassage p, PetscInt set, Vec q)
{
  Vec label = OttoGeneratorGetTargetLabels(p->generator);
  const PetscScalar *l, *weight;
  PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(label, &l));
  PetscCall(VecGetArrayRead(p->fed->weight, &weight));
  PetscCall(VecGetArray(q, &values));
  for (PetscInt64 c = 0; c < p->g->local_cells; c++)
    if (l[c] == (PetscReal)set) values[c] *= weight[c];
  PetscCall(VecRestoreArray(q, &values));
  PetscCall(VecRestoreArrayRead(p->fed->weight, &weight));
  PetscCall(VecRestoreArrayRead(label, &l));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassageLast(OttoPassage p, PetscInt set, Vec q, OttoPassageReport *report)
{
  OttoPassageChain *chain;
  Vec known;

  PetscFunctionBegin;
  PetscCall(OttoPassageChainGet(p, p->all, &chain));
  PetscCall(OttoPassageSplit(p, chain, OTTO_BACK, OTTO_CHANNEL(set), &known, report));
  PetscCall(VecCopy(known, q));
  PetscCall(OttoPassageMark(p, set, 1, q));
  if (p->fed) PetscCall(MarkWeight(p, set, q));
  PetscFunctionReturn(0);
}
