/* Keys and values: the words of a command line, through every option a grid, its densities and a
 * generator read. */
#include "drivers.h"
#include "fuzz.h"

static const char good[] = "-grid_n\n12,10\n-grid_lower\n-3\n-grid_upper\n3,2.5\n-grid_"
                           "boundary\nno_flux\n-p_density\ngaussian_mixture\n"
                           "-p_mean\n0.5,0.5\n-p_sigma\n0.3\n-p_weight\n1\n-p_floor\n1e-3\n-p_"
                           "shuffle_block\n2\n-potential_type\n"
                           "double_well\n-potential_height\n2\n-temperature\n0.4\n-mobility\n1,2\n-"
                           "drift_type\nconstant\n-drift_force\n1,0\n"
                           "-time_start\n0\n-time_stop\n1e-1\n-time_samples\n3\n-output_fields\n0,"
                           "0.1\n-ts_type\nbeuler\n-ksp_rtol\n1e-10\n";
static const char *const words[] = {"\n",
                                    "-",
                                    "--",
                                    "1e309",
                                    "-1",
                                    "0",
                                    "nan",
                                    "inf",
                                    ",",
                                    ",,",
                                    "1e-320",
                                    "99999999999999999999",
                                    "no_flux",
                                    "absorbing",
                                    "periodic",
                                    "open",
                                    "formula",
                                    "uniform",
                                    "delta",
                                    "ball",
                                    "box",
                                    "file",
                                    "samples",
                                    "none",
                                    "all",
                                    "log",
                                    "true",
                                    "%s%n",
                                    "x^2",
                                    "\xff",
                                    "p_",
                                    "q_",
                                    "_",
                                    "-p_formula\nexp(x)\n",
                                    "-q_density\nball\n-q_center\n0,0\n-q_radius\n1\n",
                                    "-p_position\n0,0\n",
                                    "-potential_formula\nx*y\n",
                                    "periodic_cosine"};

static PetscErrorCode Build(void)
{
  OttoGrid grid = NULL;
  OttoGenerator generator = NULL;
  OttoDensityReport report;
  OttoTimes times = {0};
  Vec p = NULL;
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  OttoDriversServe();
  code = OttoOptionsCheckKeys("fokker-planck");
  if (!code) code = OttoTimesCreate(&(OttoTimesDefaults){.spacing = OTTO_SPACING_LINEAR}, &times);
  if (!code) code = OttoGridCreate(PETSC_COMM_WORLD, &grid);
  if (!code) code = OttoGridSetFromOptions(grid);
  if (!code) code = OttoGridSetUp(grid);
  if (!code)
    code = OttoRunNeedMemory(grid, 5000); /* changed sizes may be large: small ones are built */
  if (!code && OttoGridGetInfo(grid)->cells <= 100000) {
    code = OttoDensityCreate(grid, "p_", &p, &report);
    if (!code && OttoGridGetInfo(grid)->dim <= 3) {
      code = OttoGeneratorCreate(grid, &generator);
      if (!code) code = OttoGeneratorSetFromOptions(generator);
      if (!code) code = OttoGeneratorSetUp(generator);
    }
  }
  PetscCall(VecDestroy(&p));
  if (generator) PetscCall(OttoGeneratorDestroy(&generator));
  if (grid) PetscCall(OttoGridDestroy(&grid));
  PetscCall(OttoTimesDestroy(&times));
  PetscFunctionReturn(code);
}

static PetscErrorCode One(int *failed)
{
  char *argv[256];
  int argc = 0;

  PetscFunctionBegin;
  FuzzInput(good, sizeof good - 1, words, sizeof words / sizeof words[0]);
  for (size_t i = 0; i < fuzz_length; i++)
    if (!fuzz_bytes[i]) fuzz_bytes[i] = ' '; /* no word holds a zero */
  fuzz_bytes[PetscMin(fuzz_length, (size_t)FUZZ_ROOM - 1)] = 0;
  char *rest = (char *)fuzz_bytes;
  for (char *word = strsep(&rest, "\n"); word && argc < 255; word = strsep(&rest, "\n"))
    if (*word || argc % 2) argv[argc++] = word;
  argv[argc] = NULL;
  PetscErrorCode code = OttoOptionsInsert(NULL, argc, argv);
  if (!code) code = Build();
  *failed += FuzzJudge(code);
  PetscCall(PetscOptionsClear(NULL));
  PetscFunctionReturn(0);
}

int main(int argc, char *argv[])
{
  return FuzzMain(argc, argv, One);
}
