#include "kernel.h"
#include <otto/options.h>
#include <math.h>

static PetscErrorCode Bounds(OttoRecord record, OttoKernelBounds *b)
{
  static const char *const values[] = {"integral_kl", "integral_reverse_kl", "integral_chi2",
                                       "integral_hellinger2", "integral_js"};
  PetscReal bound, other;

  PetscFunctionBegin;
  PetscCall(OttoRecordBound(record, "mass", &b->mass));
  PetscCall(OttoRecordBound(record, "quadrature", &b->kink));
  PetscCall(OttoRecordBound(record, "rate", &b->rate));
  PetscCall(OttoRecordBound(record, "entropy_rate", &other));
  b->rate = PetscMin(b->rate, other);
  b->divergence = b->rate;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(values); i++) {
    PetscCall(OttoRecordBound(record, values[i], &bound));
    b->divergence = PetscMin(b->divergence, bound);
  }
  /* looser bounds make no worse quadrature good, and tighter ones than rounding grants no other
   * kernel either */
  b->mass = PetscMin(1e-12, PetscMax(b->mass, 1e-13));
  b->divergence = PetscMin(1e-11, PetscMax(b->divergence, 1e-12));
  b->rate = PetscMin(1e-9, PetscMax(b->rate, 1e-12));
  b->kink = PetscMin(1e-2, b->kink);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunChooseKernel(OttoRecord record, OttoGrid grid, OttoHeat heat, Vec p0, Vec q0,
                                   const OttoTimes *times, OttoKernelChoice *choice)
{
  PetscInt form = -1;
  PetscBool set = PETSC_FALSE;
  OttoKernelBounds bounds;

  PetscFunctionBegin;
  *choice = (OttoKernelChoice){.kernel = NULL};
  if (!OttoHeatIsAuto(heat)) PetscFunctionReturn(0);
  PetscCall(OttoOptionsGetChoice(NULL, "fisher_form", OttoFisherForms, &form, &set));
  if (set) PetscCall(OttoHeatCheckFisherForm(heat, (OttoFisherForm)form));
  PetscCall(Bounds(record, &bounds));
  bounds.edges = set && form == OTTO_FISHER_EDGE ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(OttoRecordStageBegin(record, "kernel"));
  PetscCall(OttoTemperedChoose(grid, heat, p0, q0, times->count, times->t, &bounds, choice));
  PetscCall(OttoRecordStageEnd(record));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunDescribeKernel(OttoRecord record, const OttoKernelChoice *choice)
{
  PetscFunctionBegin;
  if (!choice->kernel) PetscFunctionReturn(0);
  PetscCall(OttoRecordResultText(record, "heat_kernel_reason", choice->reason));
  if (!isnan(choice->quadrature_error)) {
    PetscCall(OttoRecordResult(record, "quadrature_error", choice->quadrature_error));
    PetscCall(OttoRecordResult(record, "quadrature_error_time", choice->time));
  }
  PetscCall(OttoRecordAside(record, PETSC_FALSE, "heat_kernel auto: %s, for %s", choice->kernel,
                            choice->reason));
  PetscFunctionReturn(0);
}
