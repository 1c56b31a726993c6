/*
 * One problem of entropic transport.
 *
 * p against q: alternating updates (Sinkhorn 1967), ε from the square of the box downwards by
 * fours, each from the potentials of those before, extrapolated in ε. Updates alone gain a factor
 * 1 - O(ε/size²) a round for densities that are wide against √ε; combined from the last few
 * (anderson.h) they gain as much in the root of the rounds.
 *
 * p against itself: f ← (f + update of f)/2 (Feydy et al. 2019, Knight et al. 2014): the derivative
 * of an update is -κ times a positive Markov operator, that of the average is between 0 and 1/2.
 */
#include "sinkhorn_impl.h"

#define FACTOR 4        /* from one ε to the next */
#define PASSING 1e-3    /* marginal error at which a larger ε has done its part … */
#define PASSING_MOST 60 /* … and how many rounds it gets */
#define WORSE 2         /* times the least error so far: astray */
#define BETTER 0.99     /* of it is progress … */
#define PATIENCE 20     /* … that is to come in so many rounds */

/* Whether to stop, and why; *done stays false else. */
static OttoSinkhornReason Judge(const OttoSinkhornKernel *k, const OttoSinkhornStop *stop,
                                PetscReal tolerance, PetscReal error, PetscBool *done)
{
  *done = PETSC_TRUE;
  if (error <= tolerance) return OTTO_SINKHORN_CONVERGED;
  if (error <= 2 * OttoSinkhornRounding(k)) return OTTO_SINKHORN_ROUNDING;
  if (k->applications >= stop->most) return OTTO_SINKHORN_LIMIT;
  *done = PETSC_FALSE;
  return OTTO_SINKHORN_LIMIT;
}

/* How a sequence goes. */
typedef struct {
  PetscReal best; /* least error so far, whose image is kept in stop->safe */
  PetscInt since; /* rounds without a better one */
} Course;

/* The next f, from its image under the map whose fixed point it shall be. Where the last few have
 * led astray, from the best image again, alone: errors of updates alone never grow. */
static PetscErrorCode Next(const OttoSinkhornStop *stop, const OttoSinkhornKernel *k,
                           const OttoSinkhornAtoms *p, PetscReal error, Course *course,
                           const PetscReal image[], PetscReal f[])
{
  const PetscInt64 n = k->g->local_cells;

  PetscFunctionBegin;
  if (error < course->best) {
    course->since = error < BETTER * course->best ? 0 : course->since + 1;
    course->best = error;
    PetscCall(PetscArraycpy(stop->safe, image, n));
  } else {
    course->since++;
  }
  if (error <= WORSE * course->best && course->since <= PATIENCE) {
    PetscCall(OttoAndersonStep(stop->faster, p->mass, image, f));
    PetscFunctionReturn(0);
  }
  course->since = 0;
  OttoAndersonForget(stop->faster);
  PetscCall(PetscArraycpy(f, stop->safe, n));
  PetscFunctionReturn(0);
}

/* Rounds with one ε; f, g and image are then as OttoSinkhornRound() leaves them. */
static PetscErrorCode Rounds(OttoSinkhornKernel *k, const OttoSinkhornStop *stop,
                             PetscReal tolerance, PetscInt most, OttoSinkhornProblem *s,
                             OttoSinkhornReason *reason)
{
  Course course = {INFINITY, 0};
  PetscReal error = 0;
  PetscBool done = PETSC_FALSE;

  PetscFunctionBegin;
  OttoAndersonForget(stop->faster);
  for (PetscInt round = 1;; round++) {
    PetscCall(OttoSinkhornRound(k, s));
    PetscCall(OttoSinkhornMarginal(k, s->p, s->f, s->image, &error));
    *reason = Judge(k, stop, tolerance, error, &done);
    if (done || round == most) break;
    PetscCall(Next(stop, k, s->p, error, &course, s->image, s->f));
  }
  if (error > course.best) { /* out of rounds, and astray */
    PetscCall(PetscArraycpy(s->f, stop->safe, k->g->local_cells));
    PetscCall(OttoSinkhornRound(k, s));
  }
  PetscFunctionReturn(0);
}

/* The square of the largest distance that masses may go. */
static PetscReal Farthest(const OttoGridInfo *g, const OttoSinkhornProblem *s)
{
  PetscReal square = 0;

  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscReal low = PetscMin(s->p->low[j], s->q->low[j]);
    const PetscReal high = PetscMax(s->p->high[j], s->q->high[j]);
    PetscReal far = (high - low) * g->h[j];
    if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC)
      far = PetscMin(far, (PetscReal)g->n[j] * g->h[j] / 2);
    square += far * far;
  }
  return square;
}

/* From nats of an ε to those of the next, f of the next one extrapolated from the last two. */
static void Descend(PetscInt64 n, PetscBool two, PetscReal before[], PetscReal f[])
{
  for (PetscInt64 c = 0; c < n; c++) {
    const PetscReal now = f[c], by = two ? now - FACTOR * before[c] : 0;
    before[c] = now;
    f[c] = FACTOR * now + by;
  }
}

PetscErrorCode OttoSinkhornSolvePair(OttoSinkhornKernel *k, PetscReal epsilon, PetscReal reach,
                                     const OttoSinkhornStop *stop, OttoSinkhornProblem *s,
                                     OttoSinkhornReason *reason)
{
  const PetscInt64 n = k->g->local_cells;
  const PetscReal far = Farthest(k->g, s);
  PetscInt levels = 0;
  PetscReal largest = epsilon;

  PetscFunctionBegin;
  for (; largest * FACTOR <= far; largest *= FACTOR) levels++;
  PetscCall(PetscArrayzero(s->f, n));
  for (PetscInt level = levels; level > 0; level--, largest /= FACTOR) {
    OttoSinkhornKernelSet(k, largest, reach);
    PetscCall(Rounds(k, stop, PetscMax(PASSING, stop->tolerance), PASSING_MOST, s, reason));
    Descend(n, level < levels ? PETSC_TRUE : PETSC_FALSE, stop->before, s->f);
  }
  OttoSinkhornKernelSet(k, epsilon, reach);
  PetscCall(Rounds(k, stop, stop->tolerance, 0, s, reason));
  PetscCall(OttoSinkhornBound(k, s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSinkhornSolveSelf(OttoSinkhornKernel *k, const OttoSinkhornStop *stop,
                                     OttoSinkhornProblem *s, OttoSinkhornReason *reason)
{
  const PetscInt64 n = k->g->local_cells;
  Course course = {INFINITY, 0};
  PetscReal error = 0;
  PetscBool done = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(s->f, n));
  OttoAndersonForget(stop->faster);
  for (;;) {
    k->largest = 0;
    PetscCall(OttoSinkhornUpdate(k, s->p, s->f, s->image));
    PetscCall(OttoSinkhornMarginal(k, s->p, s->f, s->image, &error));
    (void)Judge(k, stop, stop->tolerance, error, &done);
    if (done) { /* as a pair, whose one marginal holds, the error is smaller still */
      PetscCall(OttoSinkhornRound(k, s));
      PetscCall(OttoSinkhornMarginal(k, s->p, s->f, s->image, &error));
      *reason = Judge(k, stop, stop->tolerance, error, &done);
      if (done) break;
    }
    for (PetscInt64 c = 0; c < n; c++) s->image[c] = (s->f[c] + s->image[c]) / 2;
    PetscCall(Next(stop, k, s->p, error, &course, s->image, s->f));
  }
  PetscCall(OttoSinkhornBound(k, s));
  PetscFunctionReturn(0);
}
