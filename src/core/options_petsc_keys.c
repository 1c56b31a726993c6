/* Which of PETSc's and SLEPc's keys a run serves, before any solver has read them. What is not
 * served is refused by name: what Otto sets itself, what needs a screen or a server, and what acts
 * after the run's end, when nobody can be told of a failure. */
#define _GNU_SOURCE /* FNM_EXTMATCH */
#include "options_impl.h"
#include <otto/options.h>
#include <errno.h>
#include <fnmatch.h>
#include <libgen.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A key that matches the first pattern is served only if it matches the second. */
static const char *const served[][3] = {
    {"log_*", "log_view", "log_view alone is served"},
    {"tao_*", "", "no solver of this program is Tao's"},
    {"eps_*",
     "eps_@(tol|max_it|ncv|mpd|purify|true_residual|krylovschur_restart|krylovschur_locking|view|"
     "view_values|monitor|monitor_all|monitor_conv|converged_reason|error_absolute|error_relative)",
     "what is sought, and how, is set by spectrum_count"},
    {"st_*", "", "the inverse is Otto's own; ksp_ and pc_ keys set how it is applied"},
    {"snes_*", "snes_@(view|monitor|converged_reason)",
     "steps are linear: ksp_ and pc_ keys set how they are solved"},
    {"mat_*", "mat_@(view|inode_limit|no_inode)", "matrices are Otto's own"},
    {"ts_*",
     "ts_@(type|dt|rtol|atol|max_steps|max_reject|max_snes_failures|view|monitor|monitor_frequency|"
     "monitor_cancel|converged_reason|adapt_type|adapt_monitor|adapt_view|adapt_always_accept|"
     "adapt_safety|adapt_reject_safety|adapt_clip|adapt_dt_min|adapt_dt_max|adapt_wnormtype|"
     "adapt_time_step_increase_delay|adapt_dsp_filter|adapt_dsp_pid|adapt_max_ignore|"
     "adapt_scale_solve_failed|theta_theta|theta_endpoint|theta_initial_guess_extrapolate|"
     "bdf_order|bdf_view|arkimex_type|arkimex_fully_implicit|arkimex_initial_guess_extrapolate|"
     "exact_final_time|init_time|max_time|time_span|error_if_step_fails|convergence_estimate)",
     "of ts_ keys those of the methods beuler, cn, theta, bdf and arkimex are served"},
    {"*_@(draw|lg|vtk|saws|python|plot|swarm|dmda|matlab|pause)*", "",
     "nothing is drawn or served"},
    {"*ksp_@(view_diagonal_scale|monitor_error|monitor_solution)", "", "PETSc cannot show it here"},
    {"*_factor_nonzeros_along_diagonal", "", "PETSc fails at it here"},
    {"*@(_mat|operator)_explicit", "", "PETSc cannot show it here"},
};

/* The same of drivers that have flow_scheme, first. */
static const char *const nonlinear[][3] = {
    {"snes_*",
     "snes_@(view|monitor|converged_reason|max_it|atol|max_funcs|linesearch_type|"
     "linesearch_damping|linesearch_max_it|linesearch_order|linesearch_minlambda|"
     "linesearch_monitor|ksp_ew|ksp_ew_version|ksp_ew_rtol0|ksp_ew_rtolmax|ksp_ew_gamma|"
     "ksp_ew_alpha|ksp_ew_alpha2|ksp_ew_threshold)",
     "steps are Newton's: of snes_ keys snes_max_it, snes_atol, snes_linesearch_* and snes_ksp_ew* "
     "set how"},
    {"ts_*", "ts_@(dt|max_steps)", "steps are those of flow_scheme, by ts_dt and ts_max_steps"},
};

static const char *const formats[] = {"",
                                      "default",
                                      "ascii_info",
                                      "ascii_info_detail",
                                      "ascii_matlab",
                                      "ascii_common",
                                      "ascii_index",
                                      "ascii_dense",
                                      "ascii_factor_info",
                                      "ascii_csv",
                                      NULL};

static PetscBool Matches(const char *pattern, const char *key)
{
  return *pattern && !fnmatch(pattern, key, FNM_EXTMATCH) ? PETSC_TRUE : PETSC_FALSE;
}

/* Why a file cannot be written, or NULL; nothing is touched. Rank 0. */
static const char *Unwritable(const char *path)
{
  char folder[PETSC_MAX_PATH_LEN];
  struct stat info;

  if (strlen(path) >= sizeof folder) return "the path is too long";
  if (!stat(path, &info)) {
    if (!S_ISREG(info.st_mode)) return "it is not a file";
    return access(path, W_OK) ? strerror(errno) : NULL;
  }
  strcpy(folder, path);
  return access(dirname(folder), W_OK | X_OK) ? strerror(errno) : NULL;
}

static PetscErrorCode CheckFile(const char *key, const char *path)
{
  PetscMPIInt rank;
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  const char *why = rank == 0 ? Unwritable(path) : NULL;
  if (why)
    code = OttoRaise(__LINE__, PETSC_FUNCTION_NAME, __FILE__, OTTO_ERR_INPUT,
                     "%s: cannot write '%.200s': %s", key, path, why);
  PetscCall(OttoAgree(PETSC_COMM_WORLD, code));
  PetscFunctionReturn(0);
}

/* PETSc's [type]:[file]:[format]:[mode], of which text is served. */
static PetscErrorCode CheckViewer(const char *key, const char *value)
{
  char copy[PETSC_MAX_PATH_LEN], *rest = copy;
  static const char *const booleans[] = {"true", "false", "yes", "no", "on", "off", "1", "0", NULL};

  PetscFunctionBegin;
  for (int i = 0; booleans[i]; i++)
    if (!strcasecmp(value, booleans[i])) PetscFunctionReturn(0);
  OttoCheckInput(strlen(value) < sizeof copy, "%s: '%.60s…' is too long", key, value);
  strcpy(copy, value);
  const char *type = strsep(&rest, ":"), *file = strsep(&rest, ":"), *format = strsep(&rest, ":");
  OttoCheckInput(!*type || !strcmp(type, "ascii"),
                 "%s: '%.100s': text is shown, nothing else: it must be ascii, or :file", key,
                 value);
  PetscBool known = PETSC_FALSE;
  for (int i = 0; format && formats[i] && !known; i++)
    known = strcmp(format, formats[i]) ? PETSC_FALSE : PETSC_TRUE;
  OttoCheckInput(!format || known,
                 "%s: '%.100s': format '%.40s' is not served; ascii_info_detail is", key, value,
                 format);
  OttoCheckInput(!rest || !strcmp(rest, "write") || !strcmp(rest, "append"),
                 "%s: '%.100s': mode '%.40s' is neither write nor append", key, value, rest);
  if (file && *file) PetscCall(CheckFile(key, file));
  PetscFunctionReturn(0);
}

static PetscBool TakesViewer(const char *key)
{
  if (strstr(key, "cancel") || strstr(key, "frequency")) return PETSC_FALSE;
  return strstr(key, "_view") || strstr(key, "monitor") || strstr(key, "reason") ||
                 strstr(key, "error_absolute") || strstr(key, "error_relative")
             ? PETSC_TRUE
             : PETSC_FALSE;
}

/* PETSc takes it, and every comparison with it is false. */
static PetscBool IsNan(const char *value)
{
  char *end;
  const double number = strtod(value, &end);

  return end != value && !*end && isnan(number) ? PETSC_TRUE : PETSC_FALSE;
}

static PetscErrorCode CheckServed(const char *const rule[3], const char *key, const char *value)
{
  PetscFunctionBegin;
  OttoCheckInput(!Matches(rule[0], key) || Matches(rule[1], key), "%s%s%.100s%s: not served; %s",
                 key, value && *value ? ": '" : "", value ? value : "", value && *value ? "'" : "",
                 rule[2]);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOptionsCheckPetscKey(const char *driver, const char *key, const char *value)
{
  const OttoOptionLine *line = OttoOptionsLine("flow_scheme", driver);
  const PetscBool own = line && OttoOptionsServes(line, driver) ? PETSC_TRUE : PETSC_FALSE;
  const size_t rules = sizeof served / sizeof served[0],
               more = sizeof nonlinear / sizeof *nonlinear;

  PetscFunctionBegin;
  for (size_t i = 0; own && i < more; i++) PetscCall(CheckServed(nonlinear[i], key, value));
  for (size_t i = 0; i < rules; i++)
    if (!own || (strncmp(key, "snes_", 5) && strncmp(key, "ts_", 3)))
      PetscCall(CheckServed(served[i], key, value));
  OttoCheckInput(!value || !IsNan(value), "%s: '%.60s' is not a number", key, value);
  if (value && *value && TakesViewer(key)) PetscCall(CheckViewer(key, value));
  PetscFunctionReturn(0);
}
