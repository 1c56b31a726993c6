/* Whether the keys that were given are those of the driver, and what holds for those that were not.
 */
#include "options_impl.h"
#include <otto/options.h>
#include <string.h>

/* The driver whose keys were checked last. */
static char checked_driver[64];

const char *OttoOptionsCheckedDriver(void)
{
  return checked_driver;
}

static PetscBool IsGiven(const char *key)
{
  const char *given, *value;

  for (PetscInt i = 0; OttoOptionsGiven(i, &given, &value), given; i++)
    if (!strcasecmp(given, key)) return PETSC_TRUE;
  return PETSC_FALSE;
}

void OttoOptionsDefaults(PetscInt i, const char **key, const char **value)
{
  *key = *value = NULL;
  if (!checked_driver[0]) return; /* a library's own run */
  for (PetscInt j = 0; OttoOptionsLineAt(j) && !*key; j++) {
    const OttoOptionLine *l = OttoOptionsLineAt(j);
    if (!OttoOptionsServes(l, checked_driver) || !strcmp(l->fallback, "required") ||
        IsGiven(l->key))
      continue;
    if (i-- == 0) *key = l->key, *value = l->fallback;
  }
}

/* "driver X; it belongs to: …", every driver that has the key. */
static PetscErrorCode RefuseForeign(const char *key, const char *driver)
{
  const char *owners[OTTO_MAX_LINES + 1];
  char all[200];
  int n = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; OttoOptionsDriverAt(i); i++) {
    const char *name = OttoOptionsDriverAt(i)->name;
    const OttoOptionLine *line = OttoOptionsLine(key, name);
    if (line && OttoOptionsServes(line, name)) owners[n++] = name;
  }
  owners[n] = NULL;
  OttoJoinNames(owners, " ", all, sizeof all);
  OttoFail(OTTO_ERR_INPUT, "key %s is not used by driver %s; it belongs to: %s", key, driver, all);
}

/* It acts at PetscFinalize(), and has been looked at already. */
static PetscErrorCode CheckLogView(void)
{
  const char *value = NULL;
  PetscBool given = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(PetscOptionsFindPair(NULL, NULL, "-log_view", &value, &given));
  if (given) PetscCall(OttoOptionsCheckPetscKey(checked_driver, "log_view", value));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOptionsCheckKeys(const char *driver)
{
  PetscInt count;
  char **names, **values;
  const char *known[OTTO_MAX_LINES + 1];

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(checked_driver, driver, sizeof checked_driver));
  PetscCheck(OttoOptionsDriverAt(0), PETSC_COMM_SELF, PETSC_ERR_ORDER,
             "OttoOptionsServe() has listed no driver yet");
  OttoOptionsKnown(driver, PETSC_FALSE, known);
  PetscCall(CheckLogView());
  PetscCall(PetscOptionsLeftGet(NULL, &count, &names, &values));
  for (PetscInt i = 0; i < count; i++) {
    const OttoOptionLine *line = OttoOptionsLine(names[i], driver);
    if (OttoOptionsIsPetscKey(names[i]))
      PetscCall(OttoOptionsCheckPetscKey(driver, names[i], values[i]));
    if (OttoOptionsIsPetscKey(names[i]) || (line && OttoOptionsServes(line, driver))) continue;
    if (line) PetscCall(RefuseForeign(names[i], driver));
    const char *near = OttoNearestName(names[i], known);
    OttoCheckInput(!near, "unknown key %s; did you mean %s?", names[i], near);
    OttoFail(OTTO_ERR_INPUT, "unknown key %s; `otto %s -help` lists the known ones", names[i],
             driver);
  }
  PetscCall(PetscOptionsLeftRestore(NULL, &count, &names, &values));
  PetscFunctionReturn(0);
}
