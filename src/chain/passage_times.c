/* Mean times, moments and splitting probabilities: one solve each. */
#include "passage_impl.h"
#include <math.h>
#include <stdio.h>

/* value in own cells that play a part in the chain, 0 elsewhere; where the chain is never absorbed
 * `lost`. */
static PetscErrorCode Finish(OttoPassage p, const OttoPassageChain *chain, int way, PetscReal lost,
                             Vec u)
{
  const PetscBool *plays = OttoOccupationPlays(chain->of[way]);
  const PetscInt *part = OttoGeneratorGetComponent(chain->way[way]);
  PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(VecGetArray(u, &values));
  for (PetscInt64 c = 0; c < p->g->local_cells; c++)
    if (!plays[c]) values[c] = part && part[c] < 0 ? 0 : lost;
  PetscCall(VecRestoreArray(u, &values));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassageMeanTime(OttoPassage p, OttoPassageChain *chain, int way)
{
  Vec one;

  PetscFunctionBegin;
  if (way == OTTO_BACK && p->balanced) {
    PetscCall(OttoPassageMeanTime(p, chain, OTTO_AHEAD));
    chain->time[way] = chain->time[OTTO_AHEAD];
    chain->known[way] = chain->known[OTTO_AHEAD];
    PetscFunctionReturn(0);
  }
  if (chain->time[way]) PetscFunctionReturn(0);
  PetscCall(OttoFieldCreate(p->grid, &chain->time[way]));
  PetscCall(OttoFieldCreate(p->grid, &one));
  PetscCall(VecSet(one, 1));
  PetscCall(
      OttoOccupationSolve(chain->of[way], p->method, one, 0, chain->time[way], &chain->known[way]));
  PetscCall(VecDestroy(&one));
  PetscFunctionReturn(0);
}

/* Whether moment k is finite where the chain plays a part; its report says so where not. */
static PetscErrorCode InDoubles(OttoPassage p, const OttoPassageChain *chain, PetscInt k, Vec u,
                                OttoPassageReport *report, PetscBool *are)
{
  const PetscBool *plays = OttoOccupationPlays(chain->of[OTTO_AHEAD]);
  const PetscScalar *values;

  PetscFunctionBegin;
  *are = PETSC_TRUE;
  PetscCall(VecGetArrayRead(u, &values));
  for (PetscInt64 c = 0; c < p->g->local_cells; c++)
    if (plays[c] && !isfinite(values[c])) *are = PETSC_FALSE;
  PetscCall(VecRestoreArrayRead(u, &values));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, are, 1, MPIU_BOOL, MPI_LAND, p->g->comm));
  if (*are) PetscFunctionReturn(0);
  report->converged = PETSC_FALSE;
  report->relative = report->absolute = report->change = INFINITY;
  snprintf(report->reason, sizeof report->reason,
           "moment %d of the time leaves the range of doubles", (int)k + 1);
  PetscFunctionReturn(0);
}

/* u[k] from u[k-1]; u holds 0 where the chain is never absorbed. */
static PetscErrorCode Moment(OttoPassage p, OttoPassageChain *chain, PetscInt k, Vec u[],
                             OttoPassageReport report[])
{
  Vec b;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(u[k], &b));
  PetscCall(VecCopy(u[k - 1], b));
  PetscCall(VecScale(b, (PetscReal)(k + 1)));
  PetscCall(VecZeroEntries(u[k]));
  PetscCall(OttoOccupationSolve(chain->of[OTTO_AHEAD], p->method, b, 0, u[k], &report[k]));
  PetscCall(VecDestroy(&b));
  const PetscReal before = report[k - 1].relative;
  report[k].relative += before * (1 + report[k].relative);
  PetscReal most = 0;
  PetscCall(OttoFieldRange(p->grid, u[k], NULL, &most));
  report[k].absolute = isfinite(report[k].relative) ? report[k].relative * most : INFINITY;
  if (!report[k - 1].converged) report[k].converged = PETSC_FALSE;
  if (!report[k - 1].converged && !report[k].reason[0])
    PetscCall(PetscStrncpy(report[k].reason, report[k - 1].reason, sizeof report[k].reason));
  PetscFunctionReturn(0);
}

static PetscErrorCode Times(OttoPassage p, OttoPassageChain *chain, PetscInt moments, Vec u[],
                            OttoPassageReport report[])
{
  PetscBool finite = PETSC_TRUE;

  PetscFunctionBegin;
  OttoCheckInput(moments >= 1 && moments <= OTTO_PASSAGE_MOMENTS,
                 "passage_moments: %d; it must be 1 to %d", (int)moments, OTTO_PASSAGE_MOMENTS);
  PetscCall(OttoPassageMeanTime(p, chain, OTTO_AHEAD));
  PetscCall(VecCopy(chain->time[OTTO_AHEAD], u[0]));
  report[0] = chain->known[OTTO_AHEAD];
  PetscCall(InDoubles(p, chain, 0, u[0], &report[0], &finite));
  for (PetscInt k = 1; k < moments; k++) {
    if (finite) {
      PetscCall(Moment(p, chain, k, u, report));
      PetscCall(InDoubles(p, chain, k, u[k], &report[k], &finite));
    } else { /* nothing is known of later ones */
      report[k] = report[k - 1];
      PetscCall(VecSet(u[k], INFINITY));
    }
  }
  for (PetscInt k = 0; k < moments; k++) PetscCall(Finish(p, chain, OTTO_AHEAD, INFINITY, u[k]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassageTimes(OttoPassage p, PetscInt moments, Vec u[],
                                OttoPassageReport report[])
{
  OttoPassageChain *chain;

  PetscFunctionBegin;
  OttoNeedPassage(p);
  PetscCall(OttoPassageChainGet(p, p->all, &chain));
  PetscCall(Times(p, chain, moments, u, report));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassageTimesTo(OttoPassage p, PetscInt set, PetscInt moments, Vec u[],
                                  OttoPassageReport report[])
{
  OttoPassageChain *chain;

  PetscFunctionBegin;
  OttoNeedPassage(p);
  PetscCall(OttoPassageCheckSet(p, set));
  PetscCall(OttoPassageChainGet(p, OTTO_ONE_SET(set), &chain));
  PetscCall(Times(p, chain, moments, u, report));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassageLost(OttoPassage p, PetscInt64 *cells)
{
  OttoPassageChain *chain;

  PetscFunctionBegin;
  OttoNeedPassage(p);
  PetscCall(OttoPassageChainGet(p, p->all, &chain));
  const PetscBool *plays = OttoOccupationPlays(chain->of[OTTO_AHEAD]);
  const PetscInt *part = OttoGeneratorGetComponent(chain->way[OTTO_AHEAD]);
  *cells = 0;
  for (PetscInt64 c = 0; c < p->g->local_cells; c++)
    if (!plays[c] && !(part && part[c] < 0)) ++*cells;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, cells, 1, MPIU_INT64, MPI_SUM, p->g->comm));
  PetscFunctionReturn(0);
}

/* ---- splitting ---- */

/* b: the rate at which channel `face` takes the chain; of a reversed chain that is fed times w
 * there, and by birth. */
static PetscErrorCode Source(OttoPassage p, const OttoPassageChain *chain, int way, PetscInt face,
                             Vec source)
{
  const OttoRates *r = OttoGeneratorGetRates(chain->way[way]);
  PetscScalar *b;

  PetscFunctionBegin;
  PetscCall(VecZeroEntries(source));
  if (face == OTTO_BORN) PetscCall(VecCopy(p->fed->births, source));
  PetscCall(VecGetArray(source, &b));
  for (PetscInt64 i = 0; i < r->losses; i++)
    if (r->loss[i].face == face)
      b[r->loss[i].cell] += r->loss[i].rate * (way == OTTO_BACK ? OttoPassageFed(p, i) : 1);
  PetscCall(VecRestoreArray(source, &b));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassageSplit(OttoPassage p, OttoPassageChain *chain, int way, PetscInt face,
                                Vec *q, OttoPassageReport *report)
{
  PetscReal longest = 0;
  Vec source;

  PetscFunctionBegin;
  if (way == OTTO_BACK && p->balanced && !p->fed) {
    PetscCall(OttoPassageSplit(p, chain, OTTO_AHEAD, face, q, report));
    PetscFunctionReturn(0);
  }
  if (!chain->split[way][face]) {
    PetscCall(OttoPassageMeanTime(p, chain, way));
    PetscCall(OttoFieldRange(p->grid, chain->time[way], NULL, &longest));
    const PetscReal known = chain->known[way].converged ? chain->known[way].relative : INFINITY;
    PetscCall(OttoFieldCreate(p->grid, &source));
    PetscCall(Source(p, chain, way, face, source));
    PetscCall(OttoFieldCreate(p->grid, &chain->split[way][face]));
    PetscCall(OttoOccupationSolve(chain->of[way], p->method, source, longest * (1 + known),
                                  chain->split[way][face], &chain->split_known[way][face]));
    PetscCall(VecDestroy(&source));
  }
  *q = chain->split[way][face];
  *report = chain->split_known[way][face];
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassageMark(OttoPassage p, PetscInt set, PetscReal value, Vec q)
{
  Vec label = OttoGeneratorGetTargetLabels(p->generator);
  const PetscScalar *l, *log_pi;
  PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(label, &l));
  PetscCall(VecGetArrayRead(p->log_pi, &log_pi));
  PetscCall(VecGetArray(q, &values));
  for (PetscInt64 c = 0; c < p->g->local_cells; c++)
    if (l[c] == (PetscReal)set && log_pi[c] > -INFINITY) values[c] = value;
  PetscCall(VecRestoreArray(q, &values));
  PetscCall(VecRestoreArrayRead(p->log_pi, &log_pi));
  PetscCall(VecRestoreArrayRead(label, &l));
  PetscFunctionReturn(0);
}

static PetscErrorCode Channel(OttoPassage p, PetscInt channel, int way, Vec q,
                              OttoPassageReport *report)
{
  OttoPassageChain *chain;
  Vec known;

  PetscFunctionBegin;
  OttoNeedPassage(p);
  PetscCall(OttoPassageChainGet(p, p->all, &chain));
  const OttoRates *r = OttoGeneratorGetRates(chain->way[way]);
  PetscMPIInt absorbs = 0;
  for (PetscInt64 i = 0; i < r->losses; i++)
    if (r->loss[i].face == channel) absorbs = 1;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &absorbs, 1, MPI_INT, MPI_MAX, p->g->comm));
  OttoCheckInput(absorbs, "first passages: channel %d absorbs nothing; there are %d sets%s",
                 (int)channel, (int)OttoGeneratorGetTargets(p->generator),
                 p->faces ? " and faces that absorb" : "");
  PetscCall(OttoPassageSplit(p, chain, way, channel, &known, report));
  PetscCall(VecCopy(known, q));
  if (channel >= OTTO_FACES) PetscCall(OttoPassageMark(p, channel - OTTO_FACES + 1, 1, q));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassageSplitting(OttoPassage p, PetscInt channel, Vec q,
                                    OttoPassageReport *report)
{
  PetscFunctionBegin;
  PetscCall(Channel(p, channel, OTTO_AHEAD, q, report));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassageBackward(OttoPassage p, PetscInt channel, Vec q,
                                   OttoPassageReport *report)
{
  PetscFunctionBegin;
  OttoCheckInput(!p->faces, "first passages: what absorbs at a face of the box leaves no steady "
                            "state, and nothing came from a set for ever");
  OttoNeedSteady(p, "past");
  PetscCall(Channel(p, channel, OTTO_BACK, q, report));
  PetscFunctionReturn(0);
}
