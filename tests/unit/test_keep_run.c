/* ranks: 1 2 3; long: 3
 * A run that is kept in its middle, taken down, built anew and taken over continues as the one that
 * went on: rows, estimates of their errors, checks and results are the same to the last letter. */
#include "folder.h"
#include "drivers.h"
#include <stdlib.h>
#include <unistd.h>

#define WORDS 80

typedef PetscErrorCode (*Driver)(const char *input, PetscBool *passed);

typedef struct {
  const char *name;
  Driver driver;
  const char *driver_name, *keys;
  PetscInt after; /* the sample after which it is kept */
  PetscReal
      change; /* of energies by keeping, relative; of kl, where p and q are functions of t: 0 */
} Case;

/* The driver as a user's command runs it; what it prints is not looked at. */
static PetscErrorCode Run(const Case *c, const char *out)
{
  char text[2000], *argv[WORDS], *rest = NULL;
  int argc = 0;
  PetscBool passed = PETSC_FALSE;

  PetscFunctionBegin;
  snprintf(text, sizeof text, "%s -output_dir %s/%s", c->keys, folder, out);
  for (char *w = strtok_r(text, " ", &rest); w && argc < WORDS; w = strtok_r(NULL, " ", &rest))
    argv[argc++] = w;
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(OttoOptionsInsert(NULL, argc, argv));
  PetscCall(OttoOptionsCheckKeys(c->driver_name));
  fflush(stdout);
  const int terminal = dup(STDOUT_FILENO);
  if (!freopen("/dev/null", "w", stdout)) PetscFunctionReturn(PETSC_ERR_FILE_OPEN);
  const PetscErrorCode code = c->driver(NULL, &passed);
  fflush(stdout);
  dup2(terminal, STDOUT_FILENO);
  close(terminal);
  PetscCall(code);
  PetscFunctionReturn(0);
}

/* A file of a run, from the first occurrence of `from` to that of `to` (NULL: all). */
static char *Read(const char *out, const char *name, const char *from, const char *to)
{
  char path[200], *text = calloc(1, 1 << 22);

  snprintf(path, sizeof path, "%s/%s/%s", folder, out, name);
  FILE *f = fopen(path, "r");
  if (f) {
    const size_t n = fread(text, 1, (1 << 22) - 1, f);
    text[n] = 0;
    fclose(f);
  }
  char *start = from ? strstr(text, from) : text;
  if (to && strstr(text, to)) *strstr(text, to) = 0;
  memmove(text, start ? start : text, strlen(start ? start : text) + 1);
  char *held =
      strstr(text, "\"memory_bytes_per_cell\""); /* what samples up to now have asked for */
  for (; held && *held && *held != '\n' && *held != ','; held++) *held = ' ';
  return text;
}

/* The same letters, and some. */
static void Same(const Case *c, const char *name, const char *from, const char *to)
{
  char *went_on = Read("went_on", name, from, to), *resumed = Read("resumed", name, from, to),
       what[200];
  size_t at = 0;

  while (went_on[at] && went_on[at] == resumed[at]) at++;
  snprintf(what, sizeof what, "%s: %s, from letter %zu", c->name, name, at);
  TestTrue(at > 0 && went_on[at] == resumed[at], what);
  if (went_on[at] != resumed[at])
    fprintf(stderr, "  went on: %.100s\n  resumed: %.100s\n", went_on + (at > 50 ? at - 50 : 0),
            resumed + (at > 50 ? at - 50 : 0));
  free(went_on);
  free(resumed);
}

/* A column of a series: values[most], and how many there are. */
static PetscInt Column(const char *out, const char *name, PetscReal values[], PetscInt most)
{
  char *text = Read(out, "series.csv", NULL, NULL), *rest = NULL,
       *line = strtok_r(text, "\n", &rest);
  PetscInt column = 0, rows = 0;

  for (char *head = line; head && strncmp(head, name, strlen(name)); column++)
    head = strchr(head, ',') ? strchr(head, ',') + 1 : NULL;
  while ((line = strtok_r(NULL, "\n", &rest)) && rows < most) {
    for (PetscInt i = 0; i < column && line; i++) line = strchr(line, ',') + 1;
    values[rows++] = strtod(line, NULL);
  }
  free(text);
  return rows;
}

/* A run that is kept is the run that is not: methods that begin anew err as they do at the start,
 * solvers to their tolerance. */
static void Alike(const Case *c)
{
  const char *name = c->driver == OttoDriverDissipation         ? "kl,"
                     : c->driver == OttoDriverGradientFlow      ? "energy,"
                     : c->driver == OttoDriverTempering         ? "entropy_new,"
                     : c->driver == OttoDriverConvectiveEntropy ? "upsilon,"
                                                                : "free_energy,";
  PetscReal kept[64], alone[64];
  const PetscInt rows = Column("alone", name, alone, 64), same = Column("went_on", name, kept, 64);

  TestTrue(rows == same && rows > 5, c->name);
  for (PetscInt i = 0; i < rows; i++) {
    if (isnan(alone[i])) /* not known */
      TestTrue(isnan(kept[i]), c->name);
    else
      TestClose(kept[i], alone[i], c->change, c->name);
  }
}

static PetscErrorCode TestCase(const Case *c)
{
  char command[400];
  OttoKeep keep;

  PetscFunctionBegin;
  if (ranks == 1) PetscCall(Run(c, "alone"));
  PetscCall(OttoKeepCreate(&keep));
  PetscCall(OttoRunPlan(keep, c->after));
  PetscCall(Run(c, "went_on"));
  TestTrue(OttoKeepGetCount(keep) > 100, "something was kept");
  PetscCall(OttoRunPlan(keep, -1));
  PetscCall(Run(c, "resumed"));
  PetscCall(OttoKeepDestroy(&keep));
  if (rank) PetscFunctionReturn(0);
  if (ranks == 1) Alike(c);
  Same(c, "series.csv", NULL, NULL);
  Same(c, "space_error.csv", NULL, NULL);
  if (c->driver != OttoDriverDissipation &&
      !strstr(c->keys, "automorphism")) /* no steps to err by */
    Same(c, "time_error.csv", NULL, NULL);
  Same(c, "summary.json", "\"verdict\"", "\"timing\"");
  snprintf(command, sizeof command, "rm -rf %s/alone %s/went_on %s/resumed", folder, folder,
           folder);
  TestTrue(!system(command), command);
  PetscFunctionReturn(0);
}

/* All on one rank; three ranks have every sixth, and two the rest: on two cores, three take eight
 * times as long as two. */
static PetscErrorCode TestCases(const Case cases[], size_t count)
{
  PetscFunctionBegin;
  for (size_t i = 0; i < count; i++)
    if (ranks == 1 || (i % 6 == 1) == (ranks == 3)) PetscCall(TestCase(&cases[i]));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestDissipation(void)
{
#define TWO                                                                                        \
  "-output_fields none -time_stop 0.1 -time_samples 6 "                                            \
  "-p_density gaussian_mixture -p_mean 0.4,0.5 -p_sigma 0.1 -q_density gaussian_mixture "          \
  "-q_mean 0.6,0.5 -q_sigma 0.15 "
#define HEAT(name, keys, after)                                                                    \
  {                                                                                                \
    name, OttoDriverDissipation, "dissipation", keys, after, 0                                     \
  }
  static const Case cases[] = {
      HEAT("auto", TWO "-time_start 1e-3 -grid_n 24,18", 3),
      HEAT("spectral, after t = 0", TWO "-time_start 1e-3 -grid_n 32,32 -heat_kernel spectral", 0),
      HEAT("lattice",
           TWO "-time_start 1e-3 -grid_n 24,18 -heat_kernel lattice -grid_boundary no_flux", 4),
      HEAT("open",
           TWO "-time_start 0.03 -grid_n 40,36 -grid_lower -2 -grid_upper 3 -grid_boundary open "
               "-heat_kernel gaussian_exact",
           2),
      HEAT("unresolved",
           TWO "-time_start 1e-4 -time_stop 1e-3 -grid_n 48,40 -p_sigma 0.03 -q_sigma 0.03 "
               "-heat_kernel lattice "
               "-grid_boundary no_flux",
           3),
      HEAT("a point",
           "-output_fields none -time_start 1e-2 -time_stop 0.1 -time_samples 6 -grid_n 24,24 "
           "-p_density delta -p_position 0.5,0.5 -q_density uniform -heat_kernel lattice_exact",
           3),
  };

  PetscFunctionBegin;
  PetscCall(TestCases(cases, sizeof cases / sizeof *cases));
  PetscFunctionReturn(0);
}

#define BOX                                                                                        \
  "-output_fields none -grid_lower -2 -grid_upper 2 -grid_n 16,12 -grid_boundary no_flux "         \
  "-time_samples 6 "
#define WELL                                                                                       \
  BOX "-potential_type quadratic -potential_stiffness 1,2 -p_density gaussian_mixture "            \
      "-p_mean 0.5,0.5 -p_sigma 0.4 -time_stop 1 "
#define MOVES                                                                                      \
  BOX "-potential_type formula -potential_formula (x-cos(t))^2+y^2 -p_density gaussian_mixture "   \
      "-p_mean 0.5,0.5 -p_sigma 0.4 -time_stop 1 "
#define STEEP                                                                                      \
  BOX "-potential_type quadratic -potential_stiffness 30,20 -p_density delta "                     \
      "-p_position 1.9,1.9 -time_stop 0.05 "
#define SOLVES 1e-8 /* of what solves leave, 1e-10, there are some */
#define BEGINS 1e-3 /* ts_rtol is 1e-4, and methods of higher order begin with the first */
#define AND_Q "-q_density gaussian_mixture -q_mean -0.5,0.3 -q_sigma 0.5 "

static PetscErrorCode TestFokkerPlanck(void)
{
#define FLOW(name, keys, after, change)                                                            \
  {                                                                                                \
    name, OttoDriverFokkerPlanck, "fokker-planck", keys, after, change                             \
  }
  static const Case cases[] = {
      FLOW("ladder", WELL, 2, SOLVES),
      FLOW("ladder, two", WELL AND_Q, 3, SOLVES),
      FLOW("observed",
           WELL AND_Q "-observe r,x^2+y^2,a,atan2(y,x) -observe_sets left,x<0 -output_fields all", 3,
           SOLVES),
      FLOW("steps given", WELL AND_Q "-ts_dt 0.05", 2, SOLVES),
      FLOW("cn", WELL AND_Q "-ts_type cn -ts_dt 0.02", 2, SOLVES),
      FLOW("theta", WELL "-ts_type theta -ts_theta_theta 0.6 -ts_dt 0.03", 3, SOLVES),
      FLOW("bdf", WELL AND_Q "-ts_type bdf", 2, BEGINS),
      FLOW("arkimex", WELL AND_Q "-ts_type arkimex", 4, BEGINS),
      FLOW("bdf, steps given", WELL "-ts_type bdf -ts_adapt_type none -ts_dt 0.02", 1, BEGINS),
      FLOW("absorbing", WELL AND_Q "-grid_boundary absorbing,no_flux", 3, SOLVES),
      FLOW("absorbing faces", WELL AND_Q "-grid_boundary absorbing:no_flux,no_flux:absorbing", 3,
           SOLVES),
      FLOW("absorbing, bdf", WELL AND_Q "-grid_boundary absorbing,no_flux -ts_type bdf", 3, BEGINS),
      FLOW("driven", WELL AND_Q "-drift_type rotation -drift_rate 3", 2, SOLVES),
      FLOW("in time", MOVES AND_Q, 3, SOLVES),
      FLOW("in time, bdf", MOVES "-ts_type bdf", 3, BEGINS),
      FLOW("far tails", STEEP AND_Q, 2, SOLVES),
      FLOW("logarithms", STEEP "-time_stop 5e-11 -ts_dt 5e-12", 3, SOLVES),
      FLOW("noise",
           WELL "-p_sigma 0.15 -q_density gaussian_mixture -q_mean 0.52,0.5 -q_sigma 0.15 "
                "-ts_type bdf -time_stop 0.05",
           2, BEGINS),
      FLOW("single steps", WELL "-time_samples 40 -ts_type bdf -ts_rtol 1e-3", 20, BEGINS),
      FLOW("another way",
           WELL "-mg_levels_pc_type none -mg_levels_ksp_type richardson "
                "-mg_levels_ksp_richardson_scale 100",
           2, SOLVES),
  };

  PetscFunctionBegin;
  PetscCall(TestCases(cases, sizeof cases / sizeof *cases));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestGradientFlow(void)
{
#define DOWN(name, keys, after)                                                                    \
  {                                                                                                \
    name, OttoDriverGradientFlow, "gradient-flow", keys, after, SOLVES                             \
  }
#define POROUS "-energy_internal power -energy_m 2 "
#define STEPS "-flow_scheme jko -ts_dt 0.1 "
  static const Case cases[] = {
      DOWN("adaptive", WELL, 2),
      DOWN("two, nonlinear", WELL AND_Q POROUS "-energy_interaction_type gaussian", 3),
      DOWN("steps given", WELL AND_Q "-ts_dt 0.05", 2),
      DOWN("second order", WELL POROUS "-flow_time_order 2 -ts_dt 0.01", 3),
      DOWN("semi-implicit", WELL AND_Q "-flow_scheme semi_implicit -time_stop 0.1", 2),
      DOWN("in time", MOVES AND_Q, 3),
      DOWN("jko", WELL AND_Q STEPS, 2),
      DOWN("ljko", WELL AND_Q POROUS STEPS "-flow_scheme ljko", 3),
  };

  PetscFunctionBegin;
  PetscCall(TestCases(cases, sizeof cases / sizeof *cases));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestTempering(void)
{
#define TEMPERED(name, keys, after)                                                                \
  {                                                                                                \
    name, OttoDriverTempering, "tempering", keys, after, SOLVES                                    \
  }
#define CIRCLE                                                                                     \
  "-output_fields none -time_samples 6 -time_stop 0.02 -grid_n 32 -p_density gaussian_mixture "    \
  "-p_mean 0.3 -p_sigma 0.1 -coordinates_n 40 "                                                    \
  "-coordinates_formula x+atan(sin(2*_pi*x)/(3-cos(2*_pi*x)))/_pi "                                \
  "-coordinates_inverse x-atan(sin(2*_pi*x)/(3+cos(2*_pi*x)))/_pi "
  static const Case cases[] = {
      TEMPERED("circle", CIRCLE "-metric_type conformal -metric_formula 2+sin(2*_pi*x)", 2),
      TEMPERED("steps given", CIRCLE "-ts_dt 1e-3", 3)};

  PetscFunctionBegin;
  PetscCall(TestCases(cases, sizeof cases / sizeof *cases));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestConvectiveEntropy(void)
{
#define CARRIED(name, keys, after)                                                                 \
  {                                                                                                \
    name, OttoDriverConvectiveEntropy, "convective-entropy",                                       \
        keys "-output_fields none -smoothing_times 2e-3,5e-3 ", after, 0                           \
  }
#define MODE "-p_density formula -p_formula 1+0.5*cos(2*_pi*x) "
  static const Case cases[] = {
      CARRIED("a map",
              MODE "-grid_n 32,24 -dynamics_type torus_automorphism -dynamics_matrix 2,1,1,1 "
                   "-dynamics_times 0,1,2,3,-1,-2 ",
              2),
      CARRIED("a flow",
              MODE "-grid_n 48 -dynamics_type formula -dynamics_formula 0.1*sin(2*_pi*x)+0.2 "
                   "-dynamics_times 0.2,0.5,0.7,1.1,1.5,1.6 ",
              3),
      CARRIED("a flow in time, cells",
              MODE
              "-push_forward interpolation -grid_n 48 -dynamics_type formula "
              "-dynamics_formula 0.1*sin(2*_pi*x)*cos(t) -dynamics_times 0,0.2,0.5,0.7,1.1,1.5 ",
              2),
      CARRIED("remap",
              MODE "-grid_n 48,20 -push_forward remap -dynamics_type taylor_green "
                   "-grid_upper 6.283185307179586 -dynamics_times 0.1,0.2,0.3,0.4,0.5,0.6 ",
              1)};

  PetscFunctionBegin;
  PetscCall(TestCases(cases, sizeof cases / sizeof *cases));
  PetscFunctionReturn(0);
}

static PetscErrorCode Serve(void)
{
  PetscFunctionBegin;
  OttoDriversServe();
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({BeginFolder, Serve, TestDissipation, TestFokkerPlanck, TestGradientFlow,
                   TestTempering, TestConvectiveEntropy, EndFolder});
}
