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

/* Which of the given keys it is, -1 where it is none; its value. */
static PetscInt FindGiven(const char *key, const char **value)
{
  const char *given;

  for (PetscInt i = 0; OttoOptionsGiven(i, &given, value), given; i++)
    if (!strcasecmp(given, key)) return i;
  return -1;
}

void OttoOptionsDefaults(PetscInt i, const char **key, const char **value)
{
  const char *given;

  *key = *value = NULL;
  if (!checked_driver[0]) return; /* a library's own run */
  for (PetscInt j = 0; OttoOptionsLineAt(j) && !*key; j++) {
    const OttoOptionLine *l = OttoOptionsLineAt(j);
    if (!OttoOptionsServes(l, checked_driver) || !strcmp(l->fallback, "required") ||
        FindGiven(l->key, &given) >= 0)
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

/* potential_mask without a file of its own is in potential_path, whatever the potential. */
static PetscBool MaskReads(const OttoOptionLine *line)
{
  const char *mask = NULL;

  if (strcmp(line->key, "potential_path") || FindGiven("potential_mask", &mask) < 0)
    return PETSC_FALSE;
  return mask && !strchr(mask, ':') ? PETSC_TRUE : PETSC_FALSE;
}

/* Keys that only say more of what another one asks for: without it they would be left out. */
static const struct {
  const char *driver, *key, *other, *value; /* NULL: any */
} beside[] = {{"tempering", "coordinates_lower", "coordinates_formula", NULL},
              {"tempering", "coordinates_upper", "coordinates_formula", NULL},
              {"tempering", "coordinates_n", "coordinates_formula", NULL},
              {"fokker-planck", "observe_bins", "observe", NULL},
              {"gradient-flow", "jko_gap", "flow_scheme", "jko"},
              {"gradient-flow", "jko_iterations", "flow_scheme", "jko"}};

static PetscErrorCode RefuseAlone(const char *name, const OttoOptionLine *line)
{
  const char *value;

  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
    if (strcmp(beside[i].driver, checked_driver) || strcmp(beside[i].key, line->key)) continue;
    const char *other = beside[i].other, *wanted = beside[i].value;
    const PetscInt at = FindGiven(other, &value), key = FindGiven(name, &value);
    const char *chosen = OttoOptionsLine(other, checked_driver)->fallback;
    if (at >= 0) FindGiven(other, &chosen);
    if (at >= 0 && OttoOptionsTyped(at) && !OttoOptionsTyped(key)) continue;
    if (at >= 0 && (!wanted || !strcasecmp(chosen, wanted))) continue;
    OttoFail(OTTO_ERR_INPUT, "key %s belongs to %s%s%s; %s is %s%s", line->key, other,
             wanted ? ": " : "", wanted ? wanted : "", other, chosen,
             at < 0 ? " where it is not given" : "");
  }
  PetscFunctionReturn(0);
}

/* A key of one member of a family while another is chosen would be left out of the run: the formula
 * of a potential whose type is none, say. Of a file whose type the command line overrides that is
 * meant. */
static PetscErrorCode RefuseUnchosen(const char *name, const OttoOptionLine *line)
{
  char chooser[64];
  const char *value, *chosen;

  PetscFunctionBegin;
  OttoOptionsChooser(line, chooser, sizeof chooser);
  if (!strncmp(line->key, "q_", 2) && strcmp(line->key, "q_density")) /* its floor, too */
    PetscCall(PetscStrncpy(chooser, "q_density", sizeof chooser));
  const OttoOptionLine *choice = *chooser ? OttoOptionsLine(chooser, checked_driver) : NULL;
  if (!choice || !OttoOptionsServes(choice, checked_driver)) PetscFunctionReturn(0);
  const PetscInt key = FindGiven(name, &value), at = FindGiven(chooser, &chosen);
  if (at < 0 && !strcmp(choice->fallback, "required"))
    PetscFunctionReturn(0); /* it will be missed */
  if (at >= 0 && OttoOptionsTyped(at) && !OttoOptionsTyped(key)) PetscFunctionReturn(0);
  if (MaskReads(line)) PetscFunctionReturn(0);
  const PetscBool none = at < 0 && !strcmp(choice->fallback, "none") ? PETSC_TRUE : PETSC_FALSE;
  OttoCheckInput(!none && OttoOptionsReads(line, at < 0 ? choice->fallback : chosen, at >= 0),
                 "key %s belongs to %s: %s; %s is %s%s", line->key, chooser,
                 *line->readers ? line->readers : "a second density", chooser,
                 at < 0 ? choice->fallback : chosen, at < 0 ? " where it is not given" : "");
  PetscFunctionReturn(0);
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
    if (line && OttoOptionsServes(line, driver)) {
      PetscCall(RefuseUnchosen(names[i], line));
      PetscCall(RefuseAlone(names[i], line));
    }
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
