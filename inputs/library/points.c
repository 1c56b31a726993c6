/*
 * Two point masses under the heat flow, by the library: KL between them is infinite however near
 * they are, tempered it is |a-b|^2/4t. Prints D_t beside this closed form, and dD_t/dt, found from
 * the kernel, beside -I_rel.
 *
 *   ./points                                   or   mpirun -n 2 ./points -grid_n 384,256
 * -q_position 0.1,0
 *
 * Any key of `otto dissipation -help` that grid, heat and densities read may be given.
 */
#include <otto.h>
#include <stdio.h>

static PetscErrorCode Table(MPI_Comm comm, OttoTempered tempering)
{
  OttoTemperedSample s;
  int rank;

  PetscFunctionBegin;
  MPI_Comm_rank(comm, &rank);
  if (rank == 0) printf("%12s %18s %18s %18s %18s\n", "t", "D_t", "D_t t", "dD_t/dt", "-I_rel");
  for (PetscReal t = 3e-4; t < 2e-3; t *= 1.5) {
    PetscCall(OttoTemperedTakeSample(tempering, t, &s)); /* collective: every rank takes part */
    const PetscReal kl = s.d.divergence[OTTO_DIVERGENCE_KL],
                    rate = s.f.dissipation[OTTO_DIVERGENCE_KL];
    if (rank == 0)
      printf("%12.6g %18.12g %18.12g %18.12g %18.12g\n", t, kl, kl * t, s.kl_rate, -rate);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Run(int argc, char *argv[])
{
  char *defaults[] = {
      "-grid_n",        "192,128",        "-grid_lower", "-0.75,-0.5", "-grid_upper", "0.75,0.5",
      "-grid_boundary", "open",           "-p_density",  "delta",      "-q_density",  "delta",
      "-heat_kernel",   "gaussian_exact", "-p_position", "-0.19,0",    "-q_position", "0.2,0"};
  OttoGrid grid;
  OttoHeat heat;
  OttoTempered tempering;
  Vec p0, q0;

  PetscFunctionBegin;
  PetscCall(OttoOptionsInsert(NULL, sizeof defaults / sizeof *defaults, defaults));
  PetscCall(OttoOptionsInsert(NULL, argc - 1, argv + 1)); /* what the user gives wins */
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &grid));
  PetscCall(OttoGridSetFromOptions(grid));
  PetscCall(OttoGridSetUp(grid));
  PetscCall(OttoHeatCreate(grid, &heat));
  PetscCall(OttoHeatSetFromOptions(heat));
  PetscCall(OttoHeatSetUp(heat));
  PetscCall(OttoDensityCreate(grid, "p_", &p0, NULL));
  PetscCall(OttoDensityCreate(grid, "q_", &q0, NULL));
  PetscCall(OttoTemperedCreate(grid, heat, p0, q0, PETSC_FALSE, &tempering));
  PetscCall(Table(PETSC_COMM_WORLD, tempering));
  PetscCall(OttoTemperedDestroy(&tempering));
  PetscCall(VecDestroy(&p0));
  PetscCall(VecDestroy(&q0));
  PetscCall(OttoHeatDestroy(&heat));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(int argc, char *argv[])
{
  if (OttoInitialize()) return 3;
  const PetscErrorCode code = Run(argc, argv);
  if (code) fprintf(stderr, "points: %s\n", OttoErrorMessage());
  return OttoFinalize() || code ? 3 : 0;
}
