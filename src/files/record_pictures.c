/* Pictures and pages that jobs/plot.py made of a run which another one replaces in its folder. They
 * are known by their names; whatever else stands there is left alone. */
#include "record_impl.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What jobs/plot.py writes; a test compares the two. */
static const char *const names[] = {"report.html",
                                    "divergences.png",
                                    "residuals.png",
                                    "relaxation.png",
                                    "thermodynamics.png",
                                    "modes.png",
                                    "spectrum.png",
                                    "transport.png",
                                    "frames.png",
                                    "potentials.png",
                                    "intervals.png",
                                    "tempered.png",
                                    "energy.png",
                                    "densities.png",
                                    "spread.png",
                                    "tempering.png",
                                    "movement.png",
                                    "upsilon.png",
                                    "growth.png",
                                    "stretching.png",
                                    "passages.png",
                                    "survival.png",
                                    "free_energy.png",
                                    "observables.png",
                                    "histograms.png",
                                    "correlations.png",
                                    "marginals.png",
                                    "metastable.png",
                                    NULL};

/* These, fields_<sample>.png and compare_<run>.png. */
static PetscBool IsPicture(const char *name)
{
  const size_t n = strlen(name);

  for (int i = 0; names[i]; i++)
    if (!strcmp(name, names[i])) return PETSC_TRUE;
  if (n < 5 || strcmp(name + n - 4, ".png")) return PETSC_FALSE;
  if (!strncmp(name, "compare_", 8)) return n > 12 ? PETSC_TRUE : PETSC_FALSE;
  return !strncmp(name, "fields_", 7) && n > 11 && strspn(name + 7, "0123456789") == n - 11
             ? PETSC_TRUE
             : PETSC_FALSE;
}

PetscErrorCode OttoRecordRemovePictures(const char *dir)
{
  DIR *folder = opendir(dir);
  char path[PETSC_MAX_PATH_LEN + 300];
  struct dirent *entry;
  struct stat info;
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  OttoCheckInput(folder, "output_dir: cannot read %s: %s", dir, strerror(errno));
  while (!code && (entry = readdir(folder))) {
    if (!IsPicture(entry->d_name)) continue;
    snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
    if (!lstat(path, &info) && S_ISREG(info.st_mode) && unlink(path) && errno != ENOENT)
      code = OttoRaise(__LINE__, PETSC_FUNCTION_NAME, __FILE__, OTTO_ERR_INPUT,
                       "output_dir: cannot replace %s: %s", path, strerror(errno));
  }
  closedir(folder);
  PetscFunctionReturn(code);
}
