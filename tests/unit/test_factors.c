/* ranks: 1 2 3 4
 * When factors are kept: for shifts that recur, on grids where they pay, and for the rates they
 * were made with. A solve by them takes one iteration, by multigrid several.
 */
#include "chain.h"
#include <stdio.h>
#include <string.h>

#define OFTEN 10 /* solves before factors pay, in a plane of few cells */
#define DEAR 30  /* and in space */

static const PetscInt64 plane[2] = {24, 20};
static const PetscReal lower[3] = {-1, -1.5, 0}, upper[3] = {1.5, 1, 2};
static const OttoBoundary walls[3] = {W, W, W};
static Vec f, x;

static PetscReal Bumps(PetscInt64 cell, PetscInt dim, const PetscReal at[],
                       const PetscReal *context)
{
  (void)dim, (void)at, (void)context;
  return 1.1 + sin(1.7 * (PetscReal)(cell + 1) * (PetscReal)(cell + 1));
}

static PetscErrorCode Make(PetscInt dim, const PetscInt64 n[], const char *const options[],
                           Chain *s)
{
  PetscFunctionBegin;
  PetscCall(ChainCreate(dim, n, lower, upper, walls, options, s));
  PetscCall(OttoFieldCreate(s->grid, &f));
  PetscCall(OttoFieldCreate(s->grid, &x));
  PetscCall(FillValues(s->grid, Bumps, NULL, f));
  PetscFunctionReturn(0);
}

static PetscErrorCode Free(Chain *s)
{
  PetscFunctionBegin;
  PetscCall(VecDestroy(&f));
  PetscCall(VecDestroy(&x));
  PetscCall(ChainDestroy(s));
  PetscFunctionReturn(0);
}

/* A solve with a shift, from no guess; whether it was by factors. */
static PetscErrorCode Solve(Chain *s, PetscReal sigma, PetscBool *factors)
{
  OttoSolveReport report;

  PetscFunctionBegin;
  PetscCall(OttoResolventSetShift(s->R, sigma));
  PetscCall(VecSet(x, 0));
  PetscCall(OttoResolventSolve(s->R, f, x, &report));
  TestTrue(report.converged, "converged");
  *factors = report.iterations == 1 ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* `times` solves with a shift are by multigrid, or all by factors. */
static PetscErrorCode Expect(Chain *s, PetscReal sigma, PetscInt times, PetscBool wanted,
                             const char *what)
{
  PetscBool factors = PETSC_FALSE;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < times; i++) {
    PetscCall(Solve(s, sigma, &factors));
    TestTrue(factors == wanted, what);
  }
  PetscFunctionReturn(0);
}

#define POTENTIAL "-potential_type", "formula", "-potential_formula", "8*(x^2-0.5)^2+y^2"

static PetscErrorCode TestRecurring(void)
{
  Chain s;

  PetscCall(Make(2, plane, OPTIONS(POTENTIAL), &s));
  PetscCall(Expect(&s, 3, OFTEN, PETSC_FALSE, "first by multigrid"));
  PetscCall(Expect(&s, 3, 2, PETSC_TRUE, "then by factors"));
  PetscCall(Expect(&s, 3 * (1 + 1e-13), 2, PETSC_TRUE, "which serve a shift equal to rounding"));
  PetscCall(Expect(&s, 3.1, OFTEN, PETSC_FALSE, "another shift is another matter"));
  PetscCall(Expect(&s, 3.1, 1, PETSC_TRUE, "until it has come as often"));
  PetscCall(Expect(&s, 3, 2, PETSC_TRUE, "the first is still there"));
  for (int k = 0; k < 40; k++) /* steps under error control: none recurs */
    PetscCall(Expect(&s, 5 + 0.1 * k, 1, PETSC_FALSE, "a shift seen once is not factorised"));
  PetscCall(Free(&s));
  return 0;
}

/* Five shifts in turn: four are served, and the fifth drives none of them out. */
static PetscErrorCode TestRoom(void)
{
  PetscBool factors[5];
  PetscInt count = 0;
  Chain s;

  PetscCall(Make(2, plane, OPTIONS(POTENTIAL), &s));
  for (int round = 0; round < 20; round++)
    for (int k = 0; k < 5; k++) PetscCall(Solve(&s, 1 << k, &factors[k]));
  for (int k = 0; k < 5; k++) count += factors[k];
  TestTrue(count == 4 && !factors[4], "four shifts are kept");
  /* the others rest: it takes the place of the one unused for longest, which has to earn it anew */
  PetscCall(Expect(&s, 16, 28, PETSC_FALSE, "a place that may be needed again is not given away"));
  PetscCall(Solve(&s, 16, &factors[4]));
  TestTrue(factors[4], "one that has rested is");
  PetscCall(Expect(&s, 1, OFTEN, PETSC_FALSE, "and starts again"));
  PetscCall(Expect(&s, 8, 1, PETSC_TRUE, "the others stay"));
  PetscCall(Free(&s));
  return 0;
}

/* Rates that move take their factors along; what is solved is always the problem of the moment. */
static PetscErrorCode TestMoving(void)
{
  PetscReal norm = 0, of_f = 0;
  Chain s;
  Vec r;

  PetscCall(Make(2, plane,
                 OPTIONS("-potential_type", "formula", "-potential_formula", "(1+t)*(x^2+y^2)"),
                 &s));
  PetscCall(VecDuplicate(f, &r));
  for (int k = 0; k < 3; k++) {
    PetscCall(OttoGeneratorSetTime(s.Q, k));
    PetscCall(Expect(&s, 2, OFTEN, PETSC_FALSE, "new rates begin anew"));
    PetscCall(Expect(&s, 2, 1, PETSC_TRUE, "and have factors of their own"));
    PetscCall(OttoGeneratorApply(s.Q, x, r));
    PetscCall(VecAXPBYPCZ(r, 1, -2, 1, f, x));
    PetscCall(VecNorm(r, NORM_1, &norm));
    PetscCall(VecNorm(f, NORM_1, &of_f));
    TestTrue(norm <= 1e-10 * of_f, "the answer for the rates of the moment");
  }
  PetscCall(VecDestroy(&r));
  PetscCall(Free(&s));
  return 0;
}

/* Not where the user has chosen, and in space on small grids only. */
static PetscErrorCode TestChoice(void)
{
  static const PetscInt64 small[3] = {9, 8, 7}, large[3] = {21, 20, 20};
  Chain s;

  PetscCall(Make(2, plane, OPTIONS(POTENTIAL, "-pc_type", "mg"), &s));
  PetscCall(Expect(&s, 3, 2 * OFTEN, PETSC_FALSE, "pc_type is given: no factors"));
  PetscCall(Free(&s));
  PetscCall(Make(2, plane, OPTIONS(POTENTIAL), &s));
  PetscCall(OttoResolventSetFactors(s.R, OTTO_FACTORS_NEVER));
  PetscCall(Expect(&s, 3, 2 * OFTEN, PETSC_FALSE, "never"));
  PetscCall(OttoResolventSetFactors(s.R, OTTO_FACTORS_ALWAYS));
  PetscCall(Expect(&s, 3, 1, PETSC_TRUE, "always"));
  PetscCall(Free(&s));
  PetscCall(Make(3, small, OPTIONS(POTENTIAL), &s));
  PetscCall(Expect(&s, 3, DEAR, PETSC_FALSE, "in space factors have to be earned for longer"));
  PetscCall(Expect(&s, 3, 1, PETSC_TRUE, "and are"));
  PetscCall(Free(&s));
  PetscCall(Make(3, large, OPTIONS(POTENTIAL), &s));
  PetscCall(Expect(&s, 3, DEAR + 2, PETSC_FALSE, "beyond 8000 cells they do not pay"));
  PetscCall(Free(&s));
  return 0;
}

/* Another resolvent takes over how often shifts have come, and what has been given up. */
static PetscErrorCode TestKept(void)
{
  for (int earlier = 0; earlier < 2; earlier++) { /* one solve before it would be factorised, or by
                                                     factors already */
    OttoResolvent first;
    OttoKeep keep;
    Chain s;
    PetscCall(Make(2, plane, OPTIONS(POTENTIAL), &s));
    PetscCall(Expect(&s, 3, OFTEN - 1 + earlier, PETSC_FALSE, "multigrid at first"));
    if (earlier) PetscCall(Expect(&s, 3, 2, PETSC_TRUE, "then factors"));
    PetscCall(OttoKeepCreate(&keep));
    PetscCall(OttoResolventKeep(s.R, keep));
    PetscCall(OttoKeepSetDirection(keep, OTTO_KEEP_TAKE));
    first = s.R;
    PetscCall(OttoResolventCreate(s.Q, &s.R));
    PetscCall(OttoResolventSetFromOptions(s.R));
    PetscCall(OttoResolventKeep(s.R, keep));
    if (!earlier) PetscCall(Expect(&s, 3, 1, PETSC_FALSE, "the last by multigrid"));
    PetscCall(Expect(&s, 5, 1, PETSC_FALSE, "another shift"));
    PetscCall(Expect(&s, 3, 2, PETSC_TRUE, "factors, by solves of before"));
    PetscCall(OttoResolventDestroy(&first));
    PetscCall(OttoKeepDestroy(&keep));
    PetscCall(Free(&s));
  }
  return 0;
}

int main(void)
{
  return TestMain({TestRecurring, TestRoom, TestMoving, TestChoice, TestKept});
}
