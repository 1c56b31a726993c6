/* ranks: 1 2
 * What a residual certifies of functions of the start, of solutions that are made wrong: never less
 * than the error there is. */
#include "passages.h"
#include "chain/occupation_impl.h"

#define CELLS 30

static PetscInt Ends(const PetscReal x[])
{
  return x[0] < -1 ? 1 : x[0] > 1 ? 2 : 0;
}

typedef struct {
  Chain s;
  OttoPassage passage;
  OttoOccupation o;
  Vec pi, log_pi, b, u, exact;
} Case;

static PetscErrorCode Create(const char *T, Case *c)
{
  PetscFunctionBegin;
  PetscCall(ChainCreate(
      1, (PetscInt64[]){CELLS}, (PetscReal[]){-1.5}, (PetscReal[]){1.5}, (OttoBoundary[]){W},
      OPTIONS("-potential_type", "formula", "-potential_formula", "-(x^2-1)^2", "-temperature", T),
      &c->s));
  PetscCall(MakePassage(&c->s, 2, Ends, OTTO_PASSAGE_AUTO, &c->passage));
  PetscCall(OttoPassageGetSteady(c->passage, &c->pi, &c->log_pi));
  PetscCall(OttoOccupationCreate(c->s.Q, c->s.Q, c->log_pi, &c->o));
  PetscCall(OttoFieldCreate(c->s.grid, &c->b));
  PetscCall(OttoFieldCreate(c->s.grid, &c->u));
  PetscCall(OttoFieldCreate(c->s.grid, &c->exact));
  PetscFunctionReturn(0);
}

static PetscErrorCode Destroy(Case *c)
{
  PetscFunctionBegin;
  PetscCall(VecDestroy(&c->b));
  PetscCall(VecDestroy(&c->u));
  PetscCall(VecDestroy(&c->exact));
  PetscCall(OttoOccupationDestroy(&c->o));
  PetscCall(OttoPassageDestroy(&c->passage));
  PetscCall(ChainDestroy(&c->s));
  PetscFunctionReturn(0);
}

/* u = exact · (1 + δ) in some cells, or everywhere; *relative, *absolute: how far it is. */
static PetscErrorCode Spoil(Case *c, int how, PetscReal delta, PetscReal *relative,
                            PetscReal *absolute)
{
  const PetscScalar *exact;
  PetscScalar *u;
  PetscReal off[2] = {0, 0};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(c->exact, &exact));
  PetscCall(VecGetArray(c->u, &u));
  for (PetscInt64 x = 0; x < c->s.g->local_cells; x++) {
    const PetscInt64 cell = c->s.g->offset + x;
    const PetscReal part = how == 0   ? 1
                           : how == 1 ? cell == CELLS / 2
                                      : sin(0.7 * (PetscReal)cell * (PetscReal)how);
    u[x] = exact[x] * (1 + delta * part);
    if (!(exact[x] > 0)) continue;
    off[0] = PetscMax(off[0], fabs(u[x] / exact[x] - 1));
    off[1] = PetscMax(off[1], fabs(u[x] - exact[x]));
  }
  PetscCall(VecRestoreArray(c->u, &u));
  PetscCall(VecRestoreArrayRead(c->exact, &exact));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, off, 2, MPIU_REAL, MPIU_MAX, PETSC_COMM_WORLD));
  *relative = off[0];
  *absolute = off[1];
  PetscFunctionReturn(0);
}

/* Mean times and a splitting probability. */
static PetscErrorCode TestBounds(void)
{
  const PetscReal deltas[] = {1e-6, -1e-4, 1e-9};
  OttoPassageReport report;
  PetscReal relative = 0, absolute = 0, longest = 0;
  Case c;

  PetscCall(Create("0.5", &c));
  PetscCall(VecSet(c.b, 1));
  PetscCall(OttoOccupationSolve(c.o, OTTO_PASSAGE_AUTO, c.b, 0, c.exact, &report));
  TestTrue(report.converged && report.relative < 1e-11, "solved");
  PetscCall(OttoFieldRange(c.s.grid, c.exact, NULL, &longest));
  for (size_t i = 0; i < sizeof deltas / sizeof deltas[0]; i++)
    for (int how = 0; how < 4; how++) {
      PetscCall(Spoil(&c, how, deltas[i], &relative, &absolute));
      PetscCall(OttoOccupationCertify(c.o, c.b, 0, c.u, &report));
      TestTrue(report.relative >= relative - 1e-11, "the relative error is within its bound");
      TestTrue(report.absolute >= absolute - 1e-11 * longest, "the absolute one as well");
      /* all cells by the same share: b is off by that share, and no less is certified */
      if (how == 0) TestClose(report.relative, fabs(deltas[i]), 1e-3, "and no worse");
    }
  Vec time;
  PetscCall(VecDuplicate(c.exact, &time));
  PetscCall(VecCopy(c.exact, time));
  PetscCall(OttoPassageSplitting(c.passage, OTTO_CHANNEL(2), c.exact, &report));
  PetscScalar *b, *u;
  const OttoRates *r = OttoGeneratorGetRates(c.s.Q);
  PetscCall(VecZeroEntries(c.b));
  PetscCall(VecGetArray(c.b, &b));
  PetscCall(VecGetArray(c.exact, &u));
  for (PetscInt64 i = 0; i < r->losses; i++)
    if (r->loss[i].face == OTTO_CHANNEL(2)) b[r->loss[i].cell] += r->loss[i].rate;
  for (PetscInt64 x = 0; x < c.s.g->local_cells; x++)
    if (!OttoOccupationPlays(c.o)[x]) u[x] = 0;
  PetscCall(VecRestoreArray(c.exact, &u));
  PetscCall(VecRestoreArray(c.b, &b));
  for (size_t i = 0; i < sizeof deltas / sizeof deltas[0]; i++)
    for (int how = 0; how < 4; how++) {
      PetscCall(Spoil(&c, how, deltas[i], &relative, &absolute));
      PetscCall(OttoOccupationCertify(c.o, c.b, longest, c.u, &report));
      TestTrue(report.absolute >= absolute - 1e-11, "a probability is within its bound");
      TestTrue(isinf(report.relative), "nothing relative is known where b is 0");
      PetscCall(OttoOccupationCertify(c.o, c.b, INFINITY, c.u, &report));
      TestTrue(isinf(report.absolute), "nothing is where the mean time is not");
    }
  /* off by a share of the mean time: by the same residual everywhere, which is all there is */
  PetscCall(VecWAXPY(c.u, 1e-6, time, c.exact));
  PetscCall(OttoOccupationCertify(c.o, c.b, longest, c.u, &report));
  TestClose(report.absolute, 1e-6 * longest, 1e-6, "and no worse");
  PetscCall(VecDestroy(&time));
  PetscCall(Destroy(&c));
  return 0;
}

/* A NaN is certified to be nothing. */
static PetscErrorCode TestNaN(void)
{
  OttoPassageReport report = {.applications = 0};
  Case c;

  PetscCall(Create("0.5", &c));
  PetscCall(VecSet(c.b, 1));
  PetscCall(VecSet(c.u, NAN));
  PetscCall(OttoOccupationCertify(c.o, c.b, 0, c.u, &report));
  TestTrue(isinf(report.relative) && isinf(report.absolute) && isinf(report.residual), "not known");
  PetscCall(Destroy(&c));
  return 0;
}

/* In a deep well krylov alone certifies nothing, and says so. */
static PetscErrorCode TestDeep(void)
{
  OttoPassageReport report;
  Case c;

  PetscCall(Create("0.5", &c));
  PetscCall(Destroy(&c));
  PetscCall(ChainCreate(
      1, (PetscInt64[]){200}, (PetscReal[]){-2}, (PetscReal[]){2}, (OttoBoundary[]){W},
      OPTIONS("-potential_type", "formula", "-potential_formula", "40*(x^2-1)^2"), &c.s));
  PetscCall(MakePassage(&c.s, 2, Ends, OTTO_PASSAGE_KRYLOV, &c.passage));
  PetscCall(OttoFieldCreate(c.s.grid, &c.u));
  PetscCall(OttoPassageTimesTo(c.passage, 2, 1, &c.u, &report));
  TestTrue(!report.converged && report.relative > 1e-8 && report.reason[0], "and says so");
  PetscCall(VecDestroy(&c.u));
  PetscCall(OttoPassageDestroy(&c.passage));
  PetscCall(ChainDestroy(&c.s));
  return 0;
}

int main(void)
{
  return TestMain({TestBounds, TestNaN, TestDeep});
}
