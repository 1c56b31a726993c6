/*
 * Factorisations kept, one for every shift that recurs. A step by kept factors costs a tenth of a
 * multigrid's; making them costs as much as several. So the first solves with a shift go by
 * multigrid, as many as take as long as the factors, then it is factorised: whatever comes, that
 * costs at most twice what the better of the two would have (Karlin et al. 1988). What decides are
 * counts alone, the same on every rank count and machine.
 */
#include "factors.h"
#include "resolvent_impl.h"
#include <math.h>

/* Relative distance of shifts that the same factors serve: far below what a round of the true
 * residual takes out. */
#define SAME 1e-9
/* Solves after which factors unused may give way to others: not sooner, or shifts that recur in
 * turn would drive one another out. */
#define REST 32

/* The entry of the present shift: its own, or in place of the one unused for longest. */
static OttoShift *Find(OttoLearned *l, PetscReal sigma)
{
  OttoShift *oldest = l->shift;

  for (PetscInt i = 0; i < OTTO_SHIFTS; i++) {
    OttoShift *one = &l->shift[i];
    if (one->sigma > 0 && fabs(one->sigma - sigma) <= SAME * sigma) return one;
    if (one->last < oldest->last) oldest = one;
  }
  *oldest = (OttoShift){.sigma = sigma, .kept = -1};
  return oldest;
}

/* A place for factors: a free one, or that of a shift which has rested; -1: none. */
static PetscInt Place(OttoResolvent s)
{
  OttoLearned *l = &s->learned;
  OttoShift *rests = NULL;
  PetscBool used[OTTO_FACTORS] = {PETSC_FALSE};

  for (PetscInt i = 0; i < OTTO_SHIFTS; i++) {
    OttoShift *one = &l->shift[i];
    if (!(one->sigma > 0) || one->kept < 0) continue;
    used[one->kept] = PETSC_TRUE;
    if (l->solves - one->last > REST && (!rests || one->last < rests->last)) rests = one;
  }
  for (PetscInt k = 0; k < OttoFactorsRoom(s->g, OTTO_FACTORS); k++)
    if (!used[k]) return k;
  if (!rests) return -1;
  const PetscInt place = rests->kept;
  rests->kept = -1;
  rests->solves = 0; /* it has to earn them again */
  return place;
}

static PetscErrorCode SetDiagonal(OttoResolvent s, PetscReal sigma)
{
  PetscFunctionBegin;
  PetscCall(VecCopy(s->diagonal, s->image));
  PetscCall(VecShift(s->image, sigma));
  PetscCall(MatDiagonalSet(s->A, s->image, INSERT_VALUES));
  PetscFunctionReturn(0);
}

/* Factors of the matrix with the entry's own shift, not one that only comes near it: they do not
 * depend on when they are made. */
static PetscErrorCode Make(OttoResolvent s, const OttoShift *shift, OttoKept *k, PetscBool *done)
{
  const PetscBool symmetric =
      OttoResolventWay(s)->gibbs && OttoGeneratorIsConservative(s->generator) ? PETSC_TRUE
                                                                              : PETSC_FALSE;
  MatInfo info;

  PetscFunctionBegin;
  if (k->ksp && k->symmetric != symmetric) PetscCall(KSPDestroy(&k->ksp));
  if (shift->sigma != s->sigma) PetscCall(SetDiagonal(s, shift->sigma));
  PetscCall(OttoFactorise(s->g, s->A, symmetric, &k->ksp, done));
  if (shift->sigma != s->sigma) PetscCall(SetDiagonal(s, s->sigma));
  k->sigma = shift->sigma;
  k->way = s->learned.way;
  k->rates = s->state;
  k->symmetric = symmetric;
  if (!*done) PetscFunctionReturn(0);
  PetscCall(MatGetInfo(s->A, MAT_GLOBAL_SUM, &info));
  PetscCall(OttoFactorsEntries(k->ksp, &k->work));
  k->work /= info.nz_used;
  PetscCall(PetscInfo(s->ksp, "sigma %g is factorised\n", (double)shift->sigma));
  PetscFunctionReturn(0);
}

PetscInt OttoResolventFactorsFrom(OttoResolvent s)
{
  if (s->pinned || s->use == OTTO_FACTORS_NEVER) return -1;
  if (s->use == OTTO_FACTORS_ALWAYS) return 0;
  return OttoFactorsFit(s->g) ? OttoFactorsPay(s->g) : -1;
}

PetscErrorCode OttoResolventKept(OttoResolvent s, const OttoKept **kept)
{
  OttoLearned *l = &s->learned;
  PetscBool done = PETSC_TRUE;

  PetscFunctionBegin;
  *kept = NULL;
  const PetscInt from = OttoResolventFactorsFrom(s);
  if (from < 0) PetscFunctionReturn(0);
  if (l->rates != s->state) {
    PetscCall(PetscArrayzero(l->shift, OTTO_SHIFTS));
    l->unfit = PETSC_FALSE;
    l->rates = s->state;
  }
  if (l->unfit) PetscFunctionReturn(0);
  OttoShift *shift = Find(l, s->sigma);
  shift->solves++;
  shift->last = ++l->solves;
  if (shift->kept < 0 && shift->solves > from) shift->kept = Place(s);
  if (shift->kept < 0) PetscFunctionReturn(0);
  OttoKept *k = &s->kept[shift->kept];
  if (!k->ksp || k->sigma != shift->sigma || k->way != l->way || k->rates != s->state)
    PetscCall(Make(s, shift, k, &done));
  if (!done) OttoResolventGiveUpFactors(s);
  if (done) *kept = k;
  PetscFunctionReturn(0);
}

void OttoResolventGiveUpFactors(OttoResolvent s)
{
  s->learned.unfit = PETSC_TRUE;
}

PetscErrorCode OttoResolventKeptDestroy(OttoResolvent s)
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < OTTO_FACTORS; k++) PetscCall(KSPDestroy(&s->kept[k].ksp));
  PetscFunctionReturn(0);
}

size_t OttoResolventKeptBytes(OttoResolvent s, PetscInt *count)
{
  PetscReal entries = 0, sum = 0;

  *count = 0;
  for (PetscInt k = 0; k < OTTO_FACTORS; k++) {
    if (!s->kept[k].ksp) continue;
    ++*count;
    if (!OttoFactorsEntries(s->kept[k].ksp, &entries))
      sum += entries / (s->kept[k].symmetric ? 2 : 1);
  }
  return (size_t)sum * (sizeof(PetscScalar) + sizeof(PetscInt));
}
