/* The law of a run of gradient-flow: its energy, its scheme, its densities. */
#include "gradient_flow.h"
#include <otto/options.h>
#include <math.h>

static const char *const schemes[] = {"implicit", "semi_implicit", "jko", "ljko", NULL};

PetscErrorCode OttoGradientReadScheme(OttoGradientLaw *law)
{
  PetscInt index = 0;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetChoice(NULL, "flow_scheme", schemes, &index, NULL));
  law->scheme = (OttoScheme)index;
  PetscFunctionReturn(0);
}

/* The step of jko and ljko is part of the law. */
static PetscErrorCode ReadStep(OttoGradientLaw *law)
{
  PetscBool given = PETSC_FALSE;

  PetscFunctionBegin;
  if (law->scheme < OTTO_SCHEME_JKO) PetscFunctionReturn(0);
  OttoOptionsPetsc(OttoGridGetInfo(law->grid)->comm,
                   PetscOptionsGetReal(NULL, NULL, "-ts_dt", &law->tau, &given));
  OttoCheckInput(!given || (law->tau > 0 && isfinite(law->tau)),
                 "ts_dt: %g; it must be above 0 and finite", (double)law->tau);
  OttoCheckInput(
      given,
      "ts_dt: missing; %s steps by it, a tau above 0: one in which mass moves 4 cells or "
      "more",
      schemes[law->scheme]);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientLawCreate(OttoGrid grid, Vec V, OttoGradientLaw *law)
{
  PetscFunctionBegin;
  law->grid = grid;
  PetscCall(OttoGradientReadScheme(law));
  PetscCall(ReadStep(law));
  law->renyi_order = 0.5;
  PetscCall(
      OttoOptionsGetReal(NULL, "renyi_order", 0, INFINITY, &law->renyi_order, &law->renyi_asked));
  OttoCheckInput(law->renyi_order > 0 && isfinite(law->renyi_order),
                 "renyi_order: %g; it must be above 0 and finite (order 1 is kl)",
                 (double)law->renyi_order);
  PetscCall(OttoEnergyCreate(grid, &law->energy));
  if (V) PetscCall(OttoPotentialSetValues(OttoEnergyGetPotential(law->energy), V, NULL));
  PetscCall(OttoEnergySetTime(law->energy, 0));
  law->linear = OttoInternalTemperature(OttoEnergyGetInternal(law->energy)) > 0 &&
                        !OttoEnergyGetInteraction(law->energy)
                    ? PETSC_TRUE
                    : PETSC_FALSE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientLawBegin(OttoGradientLaw *law)
{
  static const char *const names[] = {"gradient_flow", "gradient_flow", "jko", "ljko"};

  PetscFunctionBegin;
  PetscCall(OttoFlowCreate(law->grid, &law->flow));
  PetscCall(OttoFlowSetType(law->flow, names[law->scheme]));
  PetscCall(OttoFlowSetEnergy(law->flow, law->energy));
  PetscCall(OttoFlowSetDensities(law->flow, law->p, law->q));
  PetscCall(OttoFlowSetFromOptions(law->flow));
  PetscCall(OttoFlowSetUp(law->flow));
  if (law->tau > 0) PetscCall(OttoFlowSetStep(law->flow, law->tau));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientLawDestroy(OttoGradientLaw *law)
{
  PetscFunctionBegin;
  PetscCall(OttoFlowDestroy(&law->flow));
  PetscCall(OttoEnergyDestroy(&law->energy));
  PetscCall(VecDestroy(&law->p));
  PetscCall(VecDestroy(&law->q));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientInternal(OttoEnergy energy, OttoInternalPart part, Vec rho, Vec out)
{
  const PetscScalar *in;
  PetscScalar *values;
  PetscInt cells;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(rho, &cells));
  PetscCall(VecGetArrayRead(rho, &in));
  PetscCall(VecGetArray(out, &values));
  OttoInternalEvaluate(OttoEnergyGetInternal(energy), part, cells, in, values);
  PetscCall(VecRestoreArray(out, &values));
  PetscCall(VecRestoreArrayRead(rho, &in));
  PetscFunctionReturn(0);
}
