/*
 * A density known in cells, carried by a flow map: every cell's centre reads, where it came from,
 * the Lagrange polynomial of the six nearest cells of every axis (MATHEMATICS 13.3).
 *
 * It is that of log phi, which keeps positivity and is exact of a Gaussian, as long as all of the
 * cells are above 0 and polynomials of six and of four agree to within a factor e; where they do
 * not (a jump over many decades, which a polynomial of logarithms overshoots by a power of itself),
 * that of phi, cut off at 0. The difference of six and four says what both err by where the density
 * is smooth; at jumps, where more cells are no better, that of four and two is added.
 */
#include <otto/points.h>
#include <otto/push_forward.h>
#include <math.h>

typedef struct {
  const OttoGridInfo *g;
  OttoFlowMap back;
  PetscInt64 count;           /* cells that came from where something is */
  PetscInt64 *cell;           /* [count] */
  PetscReal *x[OTTO_MAX_DIM]; /* [count]: where from */
  PetscReal *at, *error;      /* [count]: what is read there by six cells, and what it errs by */
  PetscReal *by[3];           /* [count]: phi itself by six, four and two, where it is wanted */
  PetscReal *log_phi;         /* [local_cells] */
} Work;

/* Nothing is known beyond faces that do not close. */
static PetscBool Inside(const OttoGridInfo *g, const PetscReal *const x[], PetscInt64 c)
{
  for (PetscInt j = 0; j < g->dim; j++)
    if (g->boundary[j] != OTTO_BOUNDARY_PERIODIC &&
        !(x[j][c] >= g->lower[j] && x[j][c] <= g->upper[j]))
      return PETSC_FALSE;
  return PETSC_TRUE;
}

static PetscErrorCode Prepare(Work *w, const PetscScalar phi[])
{
  const PetscReal *const *x = OttoFlowMapGetPositions(w->back);
  const PetscBool *lost = OttoFlowMapGetLost(w->back);
  const PetscInt64 cells = w->g->local_cells;

  PetscFunctionBegin;
  PetscCheck(OttoFlowMapGetCount(w->back) == cells, PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ,
             "a map of other points than the cells of the grid");
  PetscCall(PetscMalloc2(cells + 1, &w->at, cells + 1, &w->error));
  PetscCall(PetscMalloc2(cells + 1, &w->cell, cells + 1, &w->log_phi));
  for (PetscInt j = 0; j < w->g->dim; j++) PetscCall(PetscMalloc1(cells + 1, &w->x[j]));
  for (PetscInt64 c = 0; c < cells; c++) {
    w->log_phi[c] = log(phi[c]); /* -inf, or NaN: then the polynomial is NaN */
    if (lost[c] || !Inside(w->g, x, c)) continue;
    for (PetscInt j = 0; j < w->g->dim; j++) w->x[j][w->count] = x[j][c];
    w->cell[w->count++] = c;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Free(Work *w)
{
  PetscFunctionBegin;
  PetscCall(PetscFree2(w->at, w->error));
  PetscCall(PetscFree3(w->by[0], w->by[1], w->by[2]));
  PetscCall(PetscFree2(w->cell, w->log_phi));
  for (PetscInt j = 0; j < w->g->dim; j++) PetscCall(PetscFree(w->x[j]));
  PetscFunctionReturn(0);
}

static PetscBool Trusted(PetscReal log_value, PetscReal log_lower)
{
  return fabs(log_value - log_lower) <= 1 ? PETSC_TRUE : PETSC_FALSE; /* not NaN */
}

/* phi by six, four and two cells. */
static PetscErrorCode ReadPlain(OttoGrid grid, Work *w, OttoPoints six, const PetscScalar phi[])
{
  const PetscInt64 room = w->count + 1;
  OttoPoints four;

  PetscFunctionBegin;
  PetscCall(OttoAgree(w->g->comm, PetscMalloc3(room, &w->by[0], room, &w->by[1], room, &w->by[2])));
  PetscCall(OttoPointsStencilRead(six, phi, w->by[0], NULL));
  PetscCall(OttoPointsCreateStencil(grid, w->count, (const PetscReal *const *)w->x, 4, &four));
  PetscCall(OttoPointsStencilRead(four, phi, w->by[1], w->by[2]));
  PetscCall(OttoPointsDestroy(&four));
  PetscFunctionReturn(0);
}

static PetscErrorCode Read(OttoGrid grid, Work *w, const PetscScalar phi[])
{
  PetscInt64 doubtful = 0;
  OttoPoints six;

  PetscFunctionBegin;
  PetscCall(OttoPointsCreateStencil(grid, w->count, (const PetscReal *const *)w->x, 6, &six));
  PetscCall(OttoPointsStencilRead(six, w->log_phi, w->at, w->error));
  for (PetscInt64 i = 0; i < w->count; i++) doubtful += !Trusted(w->at[i], w->error[i]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &doubtful, 1, MPIU_INT64, MPI_SUM, w->g->comm));
  if (doubtful) PetscCall(ReadPlain(grid, w, six, phi));
  PetscCall(OttoPointsDestroy(&six));
  for (PetscInt64 i = 0; i < w->count; i++) {
    if (Trusted(w->at[i], w->error[i])) {
      w->error[i] = fabs(exp(w->at[i]) - exp(w->error[i]));
      w->at[i] = exp(w->at[i]);
    } else {
      const PetscReal four = w->by[1][i];
      w->at[i] = w->by[0][i];
      w->error[i] = fabs(w->at[i] - four) + fabs(four - w->by[2][i]);
    }
  }
  PetscFunctionReturn(0);
}

/* Divides by J into the cells, and counts what is negative. */
static PetscErrorCode Fill(Work *w, PetscScalar pushed[], OttoPushForwardReport *report)
{
  const PetscReal *log_jacobian = OttoFlowMapGetLogJacobian(w->back);
  PetscReal range[2] = {0, 0}; /* most negative, largest */
  OttoSum error = {0, 0};

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(pushed, w->g->local_cells));
  for (PetscInt64 i = 0; i < w->count; i++) {
    const PetscInt64 c = w->cell[i];
    const PetscReal inverse = exp(log_jacobian[c]), value = w->at[i] * inverse;
    if (value < 0) {
      report->negative++;
      range[0] = PetscMax(range[0], -value);
    }
    range[1] = PetscMax(range[1], value);
    pushed[c] = value < 0 ? 0 : value;
    OttoSumAdd(&error, w->error[i] * inverse * w->g->cell_volume);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &report->negative, 1, MPIU_INT64, MPI_SUM, w->g->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, range, 2, MPIU_REAL, MPI_MAX, w->g->comm));
  PetscCall(OttoSumReduce(w->g->comm, 1, &error));
  report->least = range[0] > 0 ? -range[0] / range[1] : 0;
  report->error = OttoSumValue(error);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPushForwardInterpolate(OttoGrid grid, Vec phi, OttoFlowMap back, Vec pushed,
                                          OttoPushForwardReport *report)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Work w = {.g = g, .back = back};
  const PetscScalar *values;
  PetscScalar *a;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  *report = (OttoPushForwardReport){.mass = 0};
  PetscCall(VecGetArrayRead(phi, &values));
  PetscErrorCode code = OttoAgree(g->comm, Prepare(&w, values));
  if (!code) code = Read(grid, &w, values);
  PetscCall(VecRestoreArrayRead(phi, &values));
  if (!code) {
    PetscCall(VecGetArray(pushed, &a));
    code = Fill(&w, a, report);
    PetscCall(VecRestoreArray(pushed, &a));
  }
  PetscCall(Free(&w));
  PetscCall(code);
  PetscCall(OttoFieldIntegral(grid, pushed, &report->mass));
  PetscFunctionReturn(0);
}
