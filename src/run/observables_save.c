/* What is written of a density along the values of a formula. */
#include "observables_impl.h"
#include <math.h>
#include <stdio.h>

/* density[bins] of u/∫u per unit of the formula. */
static PetscErrorCode Density(OttoRunObservables s, const OttoRunObserved *o, Vec u,
                              PetscReal density[])
{
  const PetscReal width = (o->range[1] - o->range[0]) / (PetscReal)s->bins;
  OttoSum mass = {0, 0};

  PetscFunctionBegin;
  PetscCall(OttoObservableHistogram(o->observable, u, (PetscInt)s->bins, o->range, density));
  for (PetscInt64 i = 0; i < s->bins; i++) OttoSumAdd(&mass, density[i]);
  for (PetscInt64 i = 0; i < s->bins; i++) density[i] /= OttoSumValue(mass) * width;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunObservablesSave(OttoRunObservables s, OttoStorage storage, PetscInt sample,
                                      PetscReal time, Vec u, const char *suffix, const char *what,
                                      PetscReal T)
{
  char name[64], scale[64], text[300];
  PetscReal *values;

  PetscFunctionBegin;
  if (!s || !s->formulas) PetscFunctionReturn(0);
  PetscCall(OttoAgree(OttoGridGetInfo(s->grid)->comm, PetscMalloc1((size_t)s->bins, &values)));
  for (PetscInt k = 0; k < s->formulas; k++) {
    const OttoRunObserved *o = &s->formula[k];
    const OttoStorageBins bins = {s->bins, o->range[0], o->range[1], scale};
    PetscCall(Density(s, o, u, values));
    snprintf(scale, sizeof scale, "values_%s", o->name);
    snprintf(name, sizeof name, "histogram_%s%s", o->name, suffix);
    snprintf(text, sizeof text, "density of %s along %.150s: its mass in bins over their width",
             what, o->text);
    PetscCall(OttoStorageWriteBins(storage, sample, time, &bins, name, "1/value", text, values));
    if (!(T > 0)) continue;
    for (PetscInt64 i = 0; i < s->bins; i++) values[i] = -T * log(values[i]);
    snprintf(name, sizeof name, "free_energy_%s%s", o->name, suffix);
    snprintf(text, sizeof text, "-T log of the density of %s along %.150s", what, o->text);
    PetscCall(OttoStorageWriteBins(storage, sample, time, &bins, name, "energy", text, values));
  }
  PetscCall(PetscFree(values));
  PetscFunctionReturn(0);
}

PetscReal OttoRunObservablesBytes(OttoRunObservables s, PetscInt densities)
{
  const PetscReal each = s ? 16. * (PetscReal)s->bins + 8192 : 0;

  return 2 * each * (PetscReal)(densities * OttoRunObservablesFormulas(s));
}
