#include "relaxation_impl.h"
#include <math.h>

/* Cells up to which the whole spectrum is computed: a few seconds. */
#define WHOLE 600
#define WHOLE_SYMMETRIC 1200
#define WIDER 4 /* times that the space is made larger for the sake of a bound */

/* Slowest first also where rates differ by rounding. */
static void Sort(OttoRelaxation *out)
{
  PetscReal *values[] = {out->rate, out->frequency, out->bound, out->frequency_bound,
                         out->residual};

  for (PetscInt k = 1; k < out->count; k++)
    for (PetscInt i = k; i > 0 && out->rate[i] < out->rate[i - 1] * (1 - 1e-9); i--) {
      for (int v = 0; v < 5; v++) {
        const PetscReal swap = values[v][i];
        values[v][i] = values[v][i - 1];
        values[v][i - 1] = swap;
      }
      const Vec mode = out->mode[i];
      out->mode[i] = out->mode[i - 1];
      out->mode[i - 1] = mode;
    }
}

static PetscErrorCode Allocate(PetscInt count, OttoRelaxation *r)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(r, sizeof *r));
  PetscCall(PetscCalloc6(count, &r->rate, count, &r->frequency, count, &r->bound, count,
                         &r->frequency_bound, count, &r->residual, count, &r->mode));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRelaxationFree(OttoRelaxation *relaxation)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < relaxation->count; i++) PetscCall(VecDestroy(&relaxation->mode[i]));
  PetscCall(PetscFree6(relaxation->rate, relaxation->frequency, relaxation->bound,
                       relaxation->frequency_bound, relaxation->residual, relaxation->mode));
  PetscCall(PetscMemzero(relaxation, sizeof *relaxation));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoModesOf(const OttoModeForm *form, const OttoModeSpace *space, PetscInt count,
                           OttoModeCount *known, OttoRelaxation *out)
{
  PetscFunctionBegin;
  PetscCall(Allocate(count, out));
  if (form->symmetric)
    PetscCall(OttoModesSymmetric(form, space, count, known, out));
  else
    PetscCall(OttoModesDriven(form, space, count, known, out));
  Sort(out);
  out->complete = known->complete;
  PetscCall(PetscStrncpy(out->how, known->how, sizeof out->how));
  out->parts = form->zeros;
  PetscFunctionReturn(0);
}

/* With detailed balance bounds always hold; with a drift some may not. */
static PetscBool Open(const OttoModeForm *form, const OttoRelaxation *out)
{
  for (PetscInt k = 0; k < out->count && !form->symmetric; k++)
    if (!isfinite(out->bound[k]) && out->rate[k] > 0) return PETSC_TRUE;
  return PETSC_FALSE;
}

/* A bound that does not hold may be owed to what is left out of the space, too near and not known
 * but for its numerical range: then a larger space, of a small grid in the end all. */
PetscErrorCode OttoModesFind(const OttoModeForm *form, PetscBool whole, PetscInt count,
                             OttoRelaxation *out)
{
  const PetscInt64 cells = OttoGridGetInfo(OttoGeneratorGetGrid(form->generator))->cells;
  OttoModeSpace space = {0};

  PetscFunctionBegin;
  PetscCall(PetscMemzero(out, sizeof *out));
  for (PetscInt wide = 0; wide <= WIDER && (!wide || (out->complete && Open(form, out))); wide++) {
    PetscInt64 of = (count + 2 * wide) << PetscMax(wide - 1, 0);
    OttoModeCount known = {0};
    OttoRelaxation now, before = *out;
    if (whole) of = PetscMin(wide == WIDER ? cells : of, cells);
    if (whole) PetscCall(OttoModeSpaceFree(&space));
    PetscCall((whole ? OttoModeWhole : OttoModeSearch)(form, (PetscInt)of, &space, &known));
    if (!space.size)
      OttoFail(OTTO_ERR_SOLVER, "relaxation rates: no eigenvalue but the zeros was found");
    PetscCall(OttoModesOf(form, &space, count, &known, &now));
    const PetscBool better = !wide || now.complete ? PETSC_TRUE : PETSC_FALSE;
    *out = better ? now : before;
    PetscCall(OttoRelaxationFree(better ? &before : &now));
    if (!better) break;
  }
  PetscCall(OttoModeSpaceFree(&space));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRelaxationCompute(OttoResolvent resolvent, PetscInt count, OttoRelaxation *out)
{
  const OttoGridInfo *g =
      OttoGridGetInfo(OttoGeneratorGetGrid(OttoResolventGetGenerator(resolvent)));
  OttoModeForm form;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(out, sizeof *out));
  OttoCheckInput(count >= 1 && count < g->cells, "spectrum_count: %d; the grid has %g cells",
                 (int)count, (double)g->cells);
  PetscCall(OttoModeOptions(g->comm));
  PetscCall(OttoModeFormCreate(resolvent, NULL, &form));
  const PetscBool whole =
      g->cells <= (form.symmetric ? WHOLE_SYMMETRIC : WHOLE) ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(OttoModesFind(&form, whole, count, out));
  if (whole && out->count > 0 && out->count < count) { /* pairs count once: there are no more */
    count = out->count;
    PetscCall(OttoRelaxationFree(out));
    PetscCall(OttoModesFind(&form, whole, count, out));
    out->all = out->count == count ? PETSC_TRUE : PETSC_FALSE;
  }
  PetscCall(OttoModeFormDestroy(&form));
  PetscFunctionReturn(0);
}

PetscBool OttoRelaxationCertified(const OttoRelaxation *relaxation, PetscInt k)
{
  return relaxation->complete && isfinite(relaxation->bound[k]) ? PETSC_TRUE : PETSC_FALSE;
}

PetscErrorCode OttoRelaxationDifference(const OttoRelaxation *fine, const OttoRelaxation *coarse,
                                        PetscReal difference[])
{
  PetscBool *used;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(coarse->count + 1, &used));
  for (PetscInt k = 0; k < fine->count; k++) {
    PetscInt nearest = -1;
    difference[k] = NAN;
    for (PetscInt j = 0; j < coarse->count; j++) {
      const PetscReal d =
          hypot(fine->rate[k] - coarse->rate[j], fine->frequency[k] - coarse->frequency[j]);
      if (used[j] || difference[k] <= d) continue;
      difference[k] = d;
      nearest = j;
    }
    if (nearest >= 0) used[nearest] = PETSC_TRUE;
  }
  PetscCall(PetscFree(used));
  PetscFunctionReturn(0);
}
