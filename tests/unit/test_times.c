/* ranks: 1 2
 * Times of a run that are given as a list: each is a sample with as many rows as are asked for, in
 * the order of the list; fields are written at the last one, at those of output_fields, or at none.
 */
#include "test.h"
#include <otto/options.h>
#include <otto/run.h>

static const PetscReal list[] = {0, 3, -1.5, 2e-7, 7};
enum { COUNT = sizeof list / sizeof *list };

static PetscErrorCode Create(const char *fields, PetscInt count, PetscInt rows, OttoTimes *times)
{
  char key[] = "-output_fields", text[64], *argv[] = {key, text};

  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  if (fields) {
    snprintf(text, sizeof text, "%s", fields);
    PetscCall(OttoOptionsInsert(NULL, 2, argv));
  }
  PetscErrorCode code = OttoTimesCreateList(count, list, rows, times);
  PetscFunctionReturn(code);
}

static PetscErrorCode TestList(void)
{
  OttoTimes times;

  PetscFunctionBegin;
  for (PetscInt count = 1; count <= COUNT; count++) {
    for (PetscInt rows = 1; rows <= 3; rows++) {
      PetscCall(Create(NULL, count, rows, &times));
      TestTrue(times.count == count && times.samples == count, "every time is a sample");
      TestTrue(times.rows == rows, "with its rows");
      TestTrue(times.start == list[0] && times.stop == list[count - 1], "the first and the last");
      for (PetscInt k = 0; k < count; k++) {
        TestTrue(times.t[k] == list[k] && times.list[k] == list[k], "in the order given");
        TestTrue(times.save[k] == (k == count - 1), "fields at the last time");
      }
      PetscCall(OttoTimesDestroy(&times));
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode TestSaved(void)
{
  static const struct {
    const char *fields;
    PetscBool save[COUNT];
  } cases[] = {{"none", {PETSC_FALSE}},
               {"all", {PETSC_TRUE, PETSC_TRUE, PETSC_TRUE, PETSC_TRUE, PETSC_TRUE}},
               {"-1.5", {PETSC_FALSE, PETSC_FALSE, PETSC_TRUE}},
               {"2e-7,0", {PETSC_TRUE, PETSC_FALSE, PETSC_FALSE, PETSC_TRUE}}};
  OttoTimes times;

  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    PetscCall(Create(cases[i].fields, COUNT, 2, &times));
    for (PetscInt k = 0; k < COUNT; k++)
      TestTrue(times.save[k] == cases[i].save[k], cases[i].fields);
    PetscCall(OttoTimesDestroy(&times));
  }
  TestFails(Create("2.9", COUNT, 2, &times), OTTO_ERR_INPUT, "the nearest is 3");
  PetscCall(OttoTimesDestroy(&times));
  TestFails(Create("some", COUNT, 2, &times), OTTO_ERR_INPUT, "output_fields");
  PetscCall(OttoTimesDestroy(&times));
  PetscCall(PetscOptionsClear(NULL));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestList, TestSaved});
}
