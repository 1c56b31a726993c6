/* Densities on what a generator leaves open: mass in closed cells, and in parts that do not meet.
 */
#include <otto/options.h>
#include "generator_impl.h"
#include <math.h>

static PetscErrorCode Refuse(const OttoGridInfo *g, const char *prefix, PetscReal share,
                             PetscInt64 cells, PetscInt64 heaviest)
{
  PetscReal x[OTTO_MAX_DIM];
  char point[160];

  PetscFunctionBegin;
  if (heaviest < 0) PetscFunctionReturn(0);
  OttoGridCellCentre(g, heaviest, x);
  OttoGridFormatPoint(g->dim, x, point, sizeof point);
  OttoFail(OTTO_ERR_INPUT,
           "%sdensity: %.3g of its mass lies in %lld closed cells (the potential is inf there, or "
           "masked), most of it at %s; it must be 0 there; %sclosed: restrict keeps the rest and "
           "scales it to 1",
           prefix, (double)share, (long long)cells, point, prefix);
}

/* Mass (over cell volume) and number of closed cells with mass, the rank's heaviest. */
typedef struct {
  OttoSum inside, outside;
  PetscInt64 cells, heaviest;
} Found;

static PetscErrorCode Find(OttoGenerator s, const PetscReal p[], Found *found)
{
  struct {
    double mass;
    int rank;
  } most = {0, s->g->rank};

  PetscFunctionBegin;
  *found = (Found){.heaviest = -1};
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    OttoSumAdd(s->component[c] < 0 ? &found->outside : &found->inside, p[c]);
    if (s->component[c] >= 0 || !(p[c] > 0)) continue;
    found->cells++;
    if (p[c] > most.mass) found->heaviest = c;
    most.mass = PetscMax(most.mass, p[c]);
  }
  PetscCall(OttoSumReduce(s->g->comm, 1, &found->inside));
  PetscCall(OttoSumReduce(s->g->comm, 1, &found->outside));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &found->cells, 1, MPIU_INT64, MPI_SUM, s->g->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_DOUBLE_INT, MPI_MAXLOC, s->g->comm));
  if (most.rank != s->g->rank) found->heaviest = -1;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorAdmit(OttoGenerator s, const char *prefix, Vec density,
                                  PetscReal *outside)
{
  static const char *const names[] = {"refuse", "restrict", NULL};
  PetscInt restricted = 0;
  PetscScalar *p;
  Found found;

  PetscFunctionBegin;
  OttoNeedGenerator(s);
  *outside = 0;
  PetscCall(OttoOptionsGetChoice(prefix, "closed", names, &restricted, NULL));
  if (!s->open) PetscFunctionReturn(0);
  PetscCall(VecGetArray(density, &p));
  PetscErrorCode code = Find(s, p, &found);
  const PetscReal in = OttoSumValue(found.inside), out = OttoSumValue(found.outside);
  if (!code && found.cells) *outside = out / (in + out);
  if (!code && found.cells && !restricted)
    code = OttoAgree(s->g->comm, Refuse(s->g, prefix, *outside, found.cells, found.heaviest));
  for (PetscInt64 c = 0; !code && found.cells && c < s->g->local_cells; c++)
    p[c] = s->component[c] < 0 ? 0 : p[c] * ((in + out) / in);
  PetscCall(VecRestoreArray(density, &p));
  PetscCall(code);
  OttoCheckInput(in > 0, "%sdensity: all of its mass lies in closed cells", prefix);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorLeast(OttoGenerator s, Vec density, PetscReal *least)
{
  const PetscScalar *p;

  PetscFunctionBegin;
  OttoNeedGenerator(s);
  *least = INFINITY;
  PetscCall(VecGetArrayRead(density, &p));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    if (!s->component || s->component[c] >= 0) *least = PetscMin(*least, p[c]);
  PetscCall(VecRestoreArrayRead(density, &p));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, least, 1, MPIU_REAL, MPIU_MIN, s->g->comm));
  PetscFunctionReturn(0);
}

/* shift[k]: what to add to log π in part k. */
static PetscErrorCode Shifts(OttoGenerator s, const PetscReal p[], const PetscReal log_pi[],
                             PetscReal top[], OttoSum mass[], OttoSum of_p[], PetscReal shift[])
{
  const PetscInt parts = s->components;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < parts; k++) {
    top[k] = -INFINITY;
    mass[k] = of_p[k] = (OttoSum){0, 0};
  }
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    if (s->component[c] >= 0) top[s->component[c]] = PetscMax(top[s->component[c]], log_pi[c]);
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, top, (PetscMPIInt)parts, MPIU_REAL, MPIU_MAX, s->g->comm));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    const PetscInt k = s->component[c];
    if (k < 0) continue;
    OttoSumAdd(&mass[k], exp(log_pi[c] - top[k]));
    OttoSumAdd(&of_p[k], p[c]);
  }
  PetscCall(OttoSumReduce(s->g->comm, parts, mass));
  PetscCall(OttoSumReduce(s->g->comm, parts, of_p));
  for (PetscInt k = 0; k < parts; k++)
    shift[k] = log(OttoSumValue(of_p[k]) / OttoSumValue(mass[k])) - top[k];
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorWeigh(OttoGenerator s, Vec p, Vec pi, Vec log_pi)
{
  const PetscScalar *of_p;
  PetscScalar *values, *logs;
  PetscReal *top, *shift;
  OttoSum *mass, *of_parts;

  PetscFunctionBegin;
  OttoNeedGenerator(s);
  if (s->components == 1) PetscFunctionReturn(0);
  PetscCall(OttoAgree(s->g->comm, PetscMalloc4(s->components, &top, s->components, &shift,
                                               s->components, &mass, s->components, &of_parts)));
  PetscCall(VecGetArrayRead(p, &of_p));
  PetscCall(VecGetArray(pi, &values));
  PetscCall(VecGetArray(log_pi, &logs));
  PetscCall(Shifts(s, of_p, logs, top, mass, of_parts, shift));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    if (s->component[c] < 0) continue;
    logs[c] += shift[s->component[c]]; /* -inf: p is not there, nor gets there */
    values[c] = exp(logs[c]);
  }
  PetscCall(VecRestoreArray(log_pi, &logs));
  PetscCall(VecRestoreArray(pi, &values));
  PetscCall(VecRestoreArrayRead(p, &of_p));
  PetscCall(PetscFree4(top, shift, mass, of_parts));
  PetscFunctionReturn(0);
}
