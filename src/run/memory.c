/* Whether a run fits into the memory there is. */
#include <otto/run.h>

PetscErrorCode OttoRunNeedMemory(OttoGrid grid, PetscReal bytes_per_cell)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const double own = bytes_per_cell * (double)g->local_cells;
  double need = own;
  PetscReal of_node = 0, of_process = 0;
  MPI_Comm node;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCallMPI(MPI_Comm_split_type(g->comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &need, 1, MPI_DOUBLE, MPI_SUM, node));
  PetscCallMPI(MPI_Comm_free(&node));
  OttoFreeMemory(&of_node, &of_process);
  PetscErrorCode code = 0;
  if (!(own <= of_process))
    code =
        OttoRaise(__LINE__, PETSC_FUNCTION_NAME, __FILE__, OTTO_ERR_INPUT,
                  "grid_n: this run needs about %.3g GB on one rank, %.3g GB are left of its limit "
                  "(ulimit -v); use fewer cells or more ranks",
                  own / 1e9, of_process / 1e9);
  else if (!(need <= of_node))
    code =
        OttoRaise(__LINE__, PETSC_FUNCTION_NAME, __FILE__, OTTO_ERR_INPUT,
                  "grid_n: this run needs about %.3g GB on one node, %.3g GB are free there; use "
                  "fewer cells or more nodes",
                  need / 1e9, of_node / 1e9);
  PetscCall(OttoAgree(g->comm, code));
  PetscFunctionReturn(0);
}
