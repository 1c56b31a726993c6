/*
 * W1 by Beckmann's problem: intervals that contain what is known exactly, and that close.
 * ranks: 1 3
 */
#include "transport_pairs.h"
#include <otto/beckmann.h>
#include <stdlib.h>

static PetscErrorCode Solve(OttoGrid grid, Vec p, Vec q, PetscReal gap, PetscInt limit,
                            OttoBeckmannResult *r)
{
  OttoBeckmann b;

  PetscFunctionBegin;
  PetscCall(OttoBeckmannCreate(grid, &b));
  PetscCall(OttoBeckmannSetGap(b, gap));
  PetscCall(OttoBeckmannSetIterations(b, limit));
  PetscCall(OttoBeckmannSetUp(b));
  PetscCall(OttoBeckmannSolve(b, p, q, r));
  PetscCall(OttoBeckmannDestroy(&b));
  r->history = NULL;
  PetscFunctionReturn(0);
}

static void Contains(const OttoBeckmannResult *r, PetscReal value, PetscReal slack,
                     const char *what)
{
  TestTrue(r->lower <= value + slack && value - slack <= r->upper, what);
  if (!(r->lower <= value + slack && value - slack <= r->upper))
    fprintf(stderr, "  [%.17g, %.17g] and %.17g, slack %g\n", r->lower, r->upper, value, slack);
}

/* ---- linear programming ---- */

static PetscErrorCode TestPairs(void)
{
  PetscMPIInt size;

  PetscFunctionBegin;
  /* the user's cache is left alone */
  if (setenv("XDG_CACHE_HOME", "/proc/none", 1)) OttoFail(PETSC_ERR_SYS, "setenv");
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  for (int k = 0; k < transport_pairs_count; k++) {
    const TransportPair *pair = &transport_pairs[k];
    /* a cell is a tenth of the way where the way is; noise goes no further than one */
    const PetscBool noise = !strcmp(pair->kind, "noise");
    const PetscInt limit = noise ? 300 : 600;
    const OttoGridInfo *g;
    OttoBeckmannResult r;
    OttoGrid grid;
    Vec p, q;
    PetscCall(TransportGrid(pair, k % 2 ? 1 : size, k % 2 ? size : 1, &grid));
    g = OttoGridGetInfo(grid);
    PetscCall(TransportDensities(pair, grid, &p, &q));
    PetscCall(Solve(grid, p, q, noise ? 0.02 : 0.05, limit, &r));
    Contains(&r, pair->w1, r.to_atoms, "the exact value between atoms");
    TestTrue(r.to_atoms <= 2 * sqrt((g->h[0] * g->h[0] + g->h[1] * g->h[1]) / 12), "to atoms");
    TestTrue(r.lower > 0 && r.lower <= r.upper, "an interval");
    TestTrue(r.gap <= (noise ? 0.15 : 0.1), "it closes");
    if (g->rank == 0 && getenv("SHOW"))
      printf("%s %d: [%.5f %.5f] gap %.4f LP %.5f, %d iterations, %s\n", pair->kind,
             (int)pair->seed, r.lower, r.upper, r.gap, pair->w1, (int)r.iterations,
             OttoBeckmannReasons[r.reason]);
    PetscCall(VecDestroy(&p));
    PetscCall(VecDestroy(&q));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestPairs});
}
