/*
 * A density that is a function of the point, carried by a flow map: every cell's centre asks where
 * it came from (MATHEMATICS 13.3).
 */
#include <otto/push_forward.h>
#include <math.h>

#define SMALL 1e-250 /* a value below it may have lost what 1/J brings back */

static PetscErrorCode Carry(OttoGrid grid, OttoDensityFunction phi, OttoFlowMap back,
                            PetscScalar pushed[], PetscScalar log_pushed[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscReal *log_jacobian = OttoFlowMapGetLogJacobian(back);
  const PetscReal *const *x = OttoFlowMapGetPositions(back);
  const PetscBool *lost = OttoFlowMapGetLost(back);
  const PetscReal *at[OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCheck(OttoFlowMapGetCount(back) == g->local_cells, PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ,
             "a map of other points than the cells of the grid");
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal value = 0, log_value = -INFINITY;
    for (PetscInt j = 0; j < g->dim; j++) at[j] = x[j] + c;
    if (!lost[c]) {
      PetscCall(OttoDensityFunctionEvaluate(phi, 1, at, &value, &log_value));
      log_value += log_jacobian[c]; /* of the way back: -log J */
      value = value > SMALL ? value * exp(log_jacobian[c]) : exp(log_value);
    }
    if (!(value <= PETSC_MAX_REAL)) {
      PetscReal y[OTTO_MAX_DIM];
      char point[160];
      OttoGridCellCentre(g, c, y);
      OttoGridFormatPoint(g->dim, y, point, sizeof point);
      OttoFail(OTTO_ERR_NUMERICAL, "the density carried by the dynamics is %g at %s", (double)value,
               point);
    }
    pushed[c] = value;
    if (log_pushed) log_pushed[c] = log_value;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPushForwardExact(OttoGrid grid, OttoDensityFunction phi, OttoFlowMap back,
                                    Vec pushed, Vec log_pushed, OttoPushForwardReport *report)
{
  PetscScalar *a, *l = NULL;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(VecGetArray(pushed, &a));
  if (log_pushed) PetscCall(VecGetArray(log_pushed, &l));
  const PetscErrorCode code = Carry(grid, phi, back, a, l);
  PetscCall(VecRestoreArray(pushed, &a));
  if (log_pushed) PetscCall(VecRestoreArray(log_pushed, &l));
  PetscCall(OttoAgree(OttoGridGetInfo(grid)->comm, code));
  *report = (OttoPushForwardReport){.mass = 0};
  PetscCall(OttoFieldIntegral(grid, pushed, &report->mass));
  PetscFunctionReturn(0);
}
