/* ranks: 1 2
 * What solves of first passages cost: nearly as many iterations on sixteen times the cells,
 * wherever sets end, on even cells of any level or on odd ones. */
#include "passages.h"

#define FINER 4 /* times the cells of an axis */
/* Iterations on the finer grid, and against those on the coarser one. One gains a factor of 10 to
 * 15: some 11 are enough for 1e-12. First residuals are larger by FINER², an iteration more, and
 * what is left to a further round may take another. Where sets were not seen on coarse levels
 * sixteen times the cells took 21 iterations for 15, and 22 for 14. */
#define MOST 15
#define MOST_DRIVEN 7 /* of two cycles each */
#define GROWTH 1.45
#define APPLICATIONS 160

/* Sets beyond planes across the first axis: at cells that are even on all of a grid's levels; at
 * odd ones; of a last cell, or three of them, which are odd. */
static PetscInt Even(const PetscReal x[])
{
  return x[0] < -1 ? 1 : x[0] > 1 ? 2 : 0;
}
static PetscInt Odd(const PetscReal x[])
{
  return x[0] < -0.9 ? 1 : x[0] > 1.04 ? 2 : 0;
}
static PetscInt Last(const PetscReal x[])
{
  return x[0] < -1.85 ? 1 : x[0] > 1.96 ? 2 : 0;
}
/* Discs. */
static PetscInt Round(const PetscReal x[])
{
  return hypot(x[0] + 1, x[1] + 0.5) < 0.55 ? 1 : hypot(x[0] - 1, x[1] - 0.5) < 0.55 ? 2 : 0;
}
/* None: faces absorb. */
static PetscInt Nothing(const PetscReal x[])
{
  (void)x;
  return 0;
}

typedef struct {
  const char *name;
  PetscInt dim;
  PetscInt64 n;
  OttoBoundary boundary;
  const char *drift;
  PetscInt (*sets)(const PetscReal x[]);
  const char *V;
} Case;

/* A mean time, and the probability that its set is the next. */
static PetscErrorCode Work(const Case *of, PetscInt64 n, OttoPassageReport report[2])
{
  const PetscInt count = of->sets == Nothing ? 0 : 2;
  const PetscReal lower[] = {-2, -2, -2}, upper[] = {2, 2, 2};
  OttoPassage passage;
  Chain s;
  Vec u;

  PetscFunctionBegin;
  PetscCall(ChainCreate(
      of->dim, (PetscInt64[]){n, n, n}, lower, upper, (OttoBoundary[]){of->boundary, W, W},
      OPTIONS("-potential_type", "formula", "-potential_formula", of->V, "-temperature", "0.75",
              "-drift_type", of->drift, "-drift_rate", "3"),
      &s));
  PetscCall(MakePassage(&s, count, of->sets, OTTO_PASSAGE_KRYLOV, &passage));
  PetscCall(OttoFieldCreate(s.grid, &u));
  if (count)
    PetscCall(OttoPassageTimesTo(passage, 2, 1, &u, &report[0]));
  else
    PetscCall(OttoPassageTimes(passage, 1, &u, &report[0]));
  report[1] = report[0];
  if (count) PetscCall(OttoPassageSplitting(passage, OTTO_CHANNEL(2), u, &report[1]));
  PetscCall(VecDestroy(&u));
  PetscCall(OttoPassageDestroy(&passage));
  PetscCall(ChainDestroy(&s));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestGrowth(void)
{
  const char *const flat = "cos(x)*cos(y)"; /* wells are too deep at the box's faces */
  const char *const two = "3*(x^2-1)^2 + 2*(y-x/2)^2";
  const char *const three = "3*(x^2-1)^2 + 2*(y-x/2)^2 + 2*(z+x/2)^2";
  const Case cases[] = {
      {"last", 2, 64, W, "none", Last, flat},     {"round", 2, 64, W, "none", Round, flat},
      {"driven", 2, 64, W, "rotation", Odd, two}, {"faces", 2, 63, A, "none", Nothing, flat},
      {"space", 3, 12, W, "none", Even, three},
  };

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const PetscReal most = strcmp(cases[i].drift, "none") == 0 ? MOST : MOST_DRIVEN;
    OttoPassageReport coarse[2], fine[2];
    PetscCall(Work(&cases[i], cases[i].n, coarse));
    PetscCall(Work(&cases[i], FINER * cases[i].n, fine));
    for (int k = 0; k < 2; k++) {
      TestTrue(coarse[k].converged && fine[k].converged, cases[i].name);
      TestTrue((PetscReal)fine[k].iterations <= GROWTH * (PetscReal)coarse[k].iterations,
               cases[i].name);
      TestTrue((PetscReal)fine[k].iterations <= most, cases[i].name);
      TestTrue(fine[k].applications <= APPLICATIONS, cases[i].name);
    }
  }
  return 0;
}

int main(void)
{
  return TestMain({TestGrowth});
}
