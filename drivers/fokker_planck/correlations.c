/*
 * Spectral densities and autocorrelations of formulas in the steady state, and the response of
 * their means to a small force along them, V - ε A, found by a second generator of that potential:
 * with detailed balance Im χ(ω) = -ω S(ω)/2T and χ(0) = C(0)/T, for the chain as for the continuum
 * (MATHEMATICS 10.2).
 */
#include "correlations.h"
#include "core/fault.h"
#include "run/space_chain.h"
#include <otto/correlation.h>
#include <otto/options.h>
#include <math.h>
#include <stdio.h>

#define MOST 256
#define PUSH                                                                                       \
  1e-4 /* ε times the range of the formula, in units of T: derivatives err by its square */
#define IN_TIME 1e-6
#define NUMBERS 4 /* spectral density, response (real, imaginary part), residual */

PetscErrorCode OttoCorrelationsFromOptions(const OttoFokkerPlanck *law, OttoCorrelations *s)
{
  static const char *const keys[] = {"observe_frequencies", "observe_lags"};
  PetscInt *count[] = {&s->frequencies, &s->lags};
  PetscReal **list[] = {&s->frequency, &s->lag};
  const PetscBool rests =
      !OttoGeneratorIsAbsorbing(law->generator) && !OttoGeneratorIsTimeDependent(law->generator)
          ? PETSC_TRUE
          : PETSC_FALSE;

  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) {
    PetscCall(OttoOptionsGetReals(NULL, keys[k], count[k], list[k]));
    if (!*count[k]) continue;
    OttoCheckInput(OttoRunObservablesFormulas(law->observables),
                   "%s: there is nothing to correlate: observe names no formula", keys[k]);
    OttoCheckInput(rests, "%s: there is no steady state: %s", keys[k],
                   OttoGeneratorIsAbsorbing(law->generator) ? "faces absorb"
                                                            : "forces change in time");
    OttoCheckInput(*count[k] <= MOST, "%s: %d numbers; there may be %d", keys[k], (int)*count[k],
                   MOST);
    for (PetscInt i = 0; i < *count[k]; i++) {
      const PetscReal value = (*list[k])[i];
      OttoCheckInput(k || value != 0 || OttoGeneratorGetComponents(law->generator) == 1,
                     "%s: 0, but the open cells fall into parts: what differs between these never "
                     "decays; it must be above 0",
                     keys[k]);
      OttoCheckInput(isfinite(value) && value >= 0 && (!k || value > (i ? (*list[k])[i - 1] : 0)),
                     "%s: %g; %s", keys[k], (double)value,
                     k ? "lags must be above 0, finite and increasing"
                       : "angular frequencies must be finite and not below 0");
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoCorrelationsFree(OttoCorrelations *s)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(s->frequency));
  PetscCall(PetscFree(s->lag));
  PetscFunctionReturn(0);
}

/* rate = Qᵀπ of the chain whose potential is V - force a. */
static PetscErrorCode Pushed(const OttoFokkerPlanck *law, Vec a, PetscReal force, Vec rate)
{
  const PetscInt dim = OttoGridGetInfo(law->grid)->dim;
  const PetscScalar *open = NULL;
  Vec V, M[OTTO_GENERATOR_MAX_DIM], f[OTTO_GENERATOR_MAX_DIM] = {NULL},
                                    is_open = OttoGeneratorGetOpen(law->generator);
  PetscScalar *values;
  OttoGenerator pushed;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(law->grid, &V));
  PetscCall(OttoGeneratorUnbiasedPotential(law->generator, V));
  PetscCall(VecAXPY(V, -force, a));
  if (is_open) PetscCall(VecGetArrayRead(is_open, &open));
  PetscCall(VecGetArray(V, &values));
  for (PetscInt64 c = 0; c < OttoGridGetInfo(law->grid)->local_cells && open; c++)
    if (open[c] == 0) values[c] = INFINITY;
  PetscCall(VecRestoreArray(V, &values));
  if (is_open) PetscCall(VecRestoreArrayRead(is_open, &open));
  for (PetscInt j = 0; j < dim; j++) M[j] = OttoGeneratorGetMobility(law->generator, j);
  PetscCall(OttoSpaceChainGenerator(law->grid, law->generator, PETSC_FALSE, V, M, f, &pushed));
  PetscCall(OttoGeneratorApply(pushed, law->pi, rate));
  PetscCall(OttoGeneratorDestroy(&pushed));
  PetscCall(VecDestroy(&V));
  PetscFunctionReturn(0);
}

/* What a force along a of strength 1 makes of π in a unit of time. */
static PetscErrorCode ResponseSource(const OttoFokkerPlanck *law, OttoObservable o, Vec source)
{
  const PetscReal T = OttoGeneratorGetTemperature(law->generator);
  Vec a, other;
  PetscReal range[2];

  PetscFunctionBegin;
  PetscCall(OttoObservableRange(o, range));
  const PetscReal force = PUSH * T / (range[1] - range[0]);
  PetscCall(VecDuplicate(source, &a));
  PetscCall(VecDuplicate(source, &other));
  PetscCall(VecCopy(OttoObservableGetValues(o), a));
  PetscCall(VecShift(a, -0.5 * (range[0] + range[1]))); /* potentials have no large constant */
  PetscCall(Pushed(law, a, force, source));
  PetscCall(Pushed(law, a, -force, other));
  PetscCall(VecAXPY(source, -1, other));
  PetscCall(VecScale(source, 0.5 / force));
  PetscCall(VecDestroy(&a));
  PetscCall(VecDestroy(&other));
  PetscFunctionReturn(0);
}

/* Why the theorem does not hold. */
static const char *Unbalanced(OttoGenerator generator)
{
  if (OttoGeneratorKeepsGibbs(generator))
    return "the velocity is a Hamiltonian's: detailed balance holds with momenta turned round "
           "alone";
  return "a drift, a velocity, a temperature of the place or a potential that jumps at a periodic "
         "face leaves no detailed balance";
}

static PetscErrorCode CheckResponse(OttoRecord record, const OttoFokkerPlanck *law, PetscReal omega,
                                    PetscReal variance, PetscReal S, const PetscReal chi[2])
{
  static const char name[] = "fluctuation_dissipation";
  const PetscReal T = OttoGeneratorGetTemperature(law->generator);

  PetscFunctionBegin;
  if (!OttoGeneratorIsConservative(law->generator))
    PetscCall(OttoRecordNotApplicable(record, name, Unbalanced(law->generator)));
  else if (omega > 0)
    PetscCall(OttoRecordCheck(record, name, fabs(S + 2 * T * chi[1] / omega) / S, omega));
  else
    PetscCall(OttoRecordCheck(record, name, fabs(T * chi[0] - variance) / variance, omega));
  PetscFunctionReturn(0);
}

/* The run itself has gone well: what a solver has not found is named, from `at` on. */
static PetscErrorCode NotFound(OttoRecord record, PetscErrorCode code, const char *what,
                               const char *formula, PetscReal at)
{
  char name[80], why[300];

  PetscFunctionBegin;
  if (code != OTTO_ERR_SOLVER) PetscFunctionReturn(code);
  snprintf(name, sizeof name, "%s_%s", what, formula);
  snprintf(why, sizeof why, "%.280s", OttoErrorMessage());
  OttoErrorClear();
  PetscCall(OttoRecordNotKnown(record, name, at, -INFINITY, INFINITY, why, PETSC_TRUE));
  PetscFunctionReturn(0);
}

/* Of formula k: row[i][NUMBERS] of every frequency, and C, error of every lag. */
static PetscErrorCode Formula(OttoRecord record, const OttoFokkerPlanck *law,
                              const OttoCorrelations *s, OttoCorrelation c, OttoObservable o,
                              const char *name, PetscReal spectrum[][NUMBERS], PetscReal C[],
                              PetscReal error[])
{
  PetscReal variance = 0, value[2], chi[2], residual[2];
  Vec a = OttoObservableGetValues(o), source, response;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(law->grid, &source));
  PetscCall(OttoFieldCreate(law->grid, &response));
  PetscCall(OttoCorrelationSource(c, a, source, &variance));
  if (s->frequencies) PetscCall(ResponseSource(law, o, response));
  for (PetscInt i = 0; i < s->frequencies; i++) {
    const PetscReal omega = s->frequency[i];
    PetscErrorCode code = OttoCorrelationTransform(c, a, source, omega, value, &residual[0]);
    if (!code) code = OttoCorrelationTransform(c, a, response, omega, chi, &residual[1]);
    for (PetscInt k = 0; code && k < NUMBERS; k++) spectrum[i][k] = NAN;
    if (code) PetscCall(NotFound(record, code, "spectral_density", name, omega));
    if (code) continue;
    OttoFault("response", 2, chi);
    const PetscReal numbers[] = {2 * value[0], chi[0], chi[1], PetscMax(residual[0], residual[1])};
    PetscCall(PetscArraycpy(spectrum[i], numbers, NUMBERS));
    PetscCall(CheckResponse(record, law, omega, variance, numbers[0], chi));
  }
  if (s->lags) {
    const PetscErrorCode code =
        OttoCorrelationInTime(c, a, source, s->lags, s->lag, IN_TIME, C, error);
    PetscInt first = 0;
    while (first < s->lags - 1 && !isnan(C[first])) first++;
    if (code) PetscCall(NotFound(record, code, "autocorrelation", name, s->lag[first]));
  }
  PetscCall(VecDestroy(&source));
  PetscCall(VecDestroy(&response));
  PetscFunctionReturn(0);
}

/* A table of `rows` keys with `each` numbers of every formula: numbers[formula][row][each]. */
static PetscErrorCode Table(OttoRecord record, const OttoFokkerPlanck *law, const char *file,
                            const char *key, PetscInt rows, const PetscReal keys[], PetscInt each,
                            const char *const words[], const PetscReal numbers[])
{
  const PetscInt formulas = OttoRunObservablesFormulas(law->observables);
  const PetscInt columns = 1 + each * formulas;
  char heads[1 + NUMBERS * OTTO_MAX_OBSERVED][80];
  const char *pointers[1 + NUMBERS * OTTO_MAX_OBSERVED], *name;
  PetscReal *values;

  PetscFunctionBegin;
  if (!rows) PetscFunctionReturn(0);
  PetscCall(PetscMalloc1(rows * columns, &values));
  snprintf(heads[0], sizeof heads[0], "%s", key);
  pointers[0] = heads[0];
  for (PetscInt i = 1; i < columns; i++) {
    OttoRunObservablesGet(law->observables, (i - 1) / each, &name);
    snprintf(heads[i], sizeof heads[i], "%s_%s", words[(i - 1) % each], name);
    pointers[i] = heads[i];
  }
  for (PetscInt k = 0; k < rows; k++) {
    values[k * columns] = keys[k];
    for (PetscInt i = 1; i < columns; i++)
      values[k * columns + i] = numbers[((i - 1) / each * rows + k) * each + (i - 1) % each];
  }
  PetscCall(OttoRecordTable(record, file, columns, pointers, rows, values));
  PetscCall(PetscFree(values));
  PetscFunctionReturn(0);
}

static PetscErrorCode Report(OttoRecord record, const OttoFokkerPlanck *law,
                             const OttoCorrelations *s)
{
  static const char *const of_frequency[] = {"spectral_density", "response_real",
                                             "response_imaginary", "residual"};
  static const char *const of_lag[] = {"autocorrelation", "error"};
  const PetscInt formulas = OttoRunObservablesFormulas(law->observables);
  PetscReal(*spectrum)[NUMBERS], *C, *error, *pairs;
  OttoCorrelation c;
  const char *name;

  PetscFunctionBegin;
  PetscCall(PetscCalloc4(formulas * s->frequencies, &spectrum, s->lags, &C, s->lags, &error,
                         2 * formulas * s->lags, &pairs));
  PetscCall(OttoCorrelationCreate(law->generator, law->pi, &c));
  for (PetscInt k = 0; k < formulas; k++) {
    OttoObservable o = OttoRunObservablesGet(law->observables, k, &name);
    PetscCall(Formula(record, law, s, c, o, name, spectrum + k * s->frequencies, C, error));
    for (PetscInt i = 0; i < s->lags; i++) {
      pairs[2 * (k * s->lags + i)] = C[i];
      pairs[2 * (k * s->lags + i) + 1] = error[i];
    }
  }
  PetscCall(OttoCorrelationDestroy(&c));
  PetscCall(Table(record, law, "spectra", "frequency", s->frequencies, s->frequency, NUMBERS,
                  of_frequency, (const PetscReal *)spectrum));
  PetscCall(Table(record, law, "correlations", "lag", s->lags, s->lag, 2, of_lag, pairs));
  PetscCall(PetscFree4(spectrum, C, error, pairs));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoCorrelationsReport(OttoRecord record, const OttoFokkerPlanck *law,
                                      const OttoCorrelations *s)
{
  PetscFunctionBegin;
  if (!s->frequencies)
    PetscCall(OttoRecordNotApplicable(record, "fluctuation_dissipation",
                                      "no observe_frequencies are given"));
  if (!law->pi || (!s->frequencies && !s->lags)) PetscFunctionReturn(0);
  PetscCall(OttoRecordStageBegin(record, "correlations"));
  const PetscErrorCode code = Report(record, law, s);
  PetscCall(OttoRecordStageEnd(record));
  PetscFunctionReturn(code);
}
