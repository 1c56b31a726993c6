/* Input files. */
#include "drivers.h"
#include "fuzz.h"

static const char good[] =
    "# a comment\n%YAML 1.1\n---\ngrid: {n: [24, 20], lower: -3, upper: [3, 2.5], boundary: "
    "no_flux}\n"
    "potential: {type: double_well, height: 2}\ntemperature: 0.4\ntime:\n  stop: 1e-1\n  samples: "
    "\"2\"\n"
    "p:\n  density: gaussian_mixture\n  mean:\n  - 0.5\n  - '0.5'\n  sigma: >-\n    0.3\n"
    "p_formula: |\n  exp(-x^2)\nts: {type: beuler, monitor: yes}\n...\n";
static const char *const words[] = {
    "\n",     ": ",           "- ",     "[",           "]",    "{", "}",
    "&a ",    "*a",           "!!x",    "? ",          "\t",   "'", "\"",
    "|\n",    ">\n",          "---\n",  "...",         "<<: ", "~", "\\0",
    "\xc3",   "\xef\xbb\xbf", "%",      "grid_n: 4\n", "  ",   ",", "#",
    "null\n", "{{{{",         "[[[[[[", "a: {a: "};
static char name[64];

static PetscErrorCode One(int *failed)
{
  PetscFunctionBegin;
  /* the document's beginning may be what comes first */
  const size_t skip = FuzzBelow(2) ? 12 : 0;
  FuzzInput(good + skip, sizeof good - 1 - skip, words, sizeof words / sizeof words[0]);
  FILE *f = fopen(name, "wb");
  if (!f || fwrite(fuzz_bytes, 1, fuzz_length, f) != fuzz_length || fclose(f))
    OttoFail(PETSC_ERR_FILE_OPEN, "cannot write %s", name);
  PetscErrorCode code = OttoOptionsInsert(name, 0, NULL);
  OttoDriversServe();
  if (!code) code = OttoOptionsCheckKeys("fokker-planck");
  *failed += FuzzJudge(code);
  PetscCall(PetscOptionsClear(NULL));
  PetscFunctionReturn(0);
}

int main(int argc, char *argv[])
{
  snprintf(name, sizeof name, "/tmp/otto-fuzz-%d.yaml", (int)getpid());
  const int status = FuzzMain(argc, argv, One);
  unlink(name);
  return status;
}
