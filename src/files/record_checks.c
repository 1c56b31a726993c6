/* Checks against their bounds, and what is not known or not defined. */
#include "record_impl.h"
#include <otto/options.h>
#include <math.h>
#include <string.h>

PetscErrorCode OttoRecordReadBounds(OttoRecord r)
{
  static const struct {
    const char *driver, *name, *meaning;
    PetscReal bound;
  } all[] = {
#define OTTO_CHECK(driver, name, bound, meaning) {driver, name, meaning, bound},
#include "core/check.def"
#undef OTTO_CHECK
      {NULL, NULL, NULL, 0}};

  PetscFunctionBegin;
  for (int i = 0; all[i].name; i++) {
    char key[96];
    if (strcmp(all[i].driver, r->driver)) continue;
    PetscCall(OttoListGrow(r->check_count, sizeof *r->checks, &r->checks));
    OttoCheck *c = &r->checks[r->check_count++];
    *c = (OttoCheck){
        .name = all[i].name, .meaning = all[i].meaning, .bound = all[i].bound, .worst = -INFINITY};
    snprintf(key, sizeof key, "check_%s_tolerance", c->name);
    PetscCall(OttoOptionsGetReal(NULL, key, 0, INFINITY, &c->bound, NULL));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode FindCheck(OttoRecord r, const char *name, OttoCheck **check)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < r->check_count; i++) {
    if (strcmp(r->checks[i].name, name)) continue;
    *check = &r->checks[i];
    PetscFunctionReturn(0);
  }
  SETERRQ(PETSC_COMM_SELF, PETSC_ERR_PLIB, "check %s of driver %s is not in check.def", name,
          r->driver);
}

PetscErrorCode OttoRecordCheck(OttoRecord record, const char *name, PetscReal value, PetscReal t)
{
  OttoCheck *c = NULL;

  PetscFunctionBegin;
  PetscCall(FindCheck(record, name, &c));
  c->reported++;
  if (value > c->worst || (isnan(value) && !isnan(c->worst))) {
    c->worst = value;
    c->worst_t = t;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordNotApplicable(OttoRecord record, const char *name, const char *reason)
{
  OttoCheck *c = NULL;

  PetscFunctionBegin;
  PetscCall(FindCheck(record, name, &c));
  c->left_out++;
  if (!c->reason[0]) snprintf(c->reason, sizeof c->reason, "%s", reason);
  PetscFunctionReturn(0);
}

static OttoUnknown *FindUnknown(const OttoUnknownList *list, const char *name)
{
  for (PetscInt i = 0; i < list->count; i++)
    if (!strcmp(list->at[i].name, name)) return &list->at[i];
  return NULL;
}

/* The entry of that name, or a new one. */
static PetscErrorCode NameUnknown(OttoUnknownList *list, const char *name, PetscReal t,
                                  const char *why, OttoUnknown **found)
{
  OttoUnknown *u = FindUnknown(list, name);

  PetscFunctionBegin;
  if (!u) {
    PetscCall(OttoListGrow(list->count, sizeof *list->at, &list->at));
    u = &list->at[list->count++];
    *u = (OttoUnknown){.from = t};
    snprintf(u->name, sizeof u->name, "%s", name);
    snprintf(u->why, sizeof u->why, "%s", why);
  }
  u->times++;
  *found = u;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordNotKnown(OttoRecord record, const char *name, PetscReal t, PetscReal low,
                                  PetscReal high, const char *why, PetscBool fails)
{
  OttoUnknown *u = NULL;

  PetscFunctionBegin;
  PetscCall(NameUnknown(&record->unknown, name, t, why, &u));
  if (u->times == 1) {
    u->low = low;
    u->high = high;
  }
  if (fails) u->fails = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordNotDefined(OttoRecord record, const char *name, PetscReal t,
                                    const char *why)
{
  OttoUnknown *u = NULL;

  PetscFunctionBegin;
  PetscCall(NameUnknown(&record->undefined, name, t, why, &u));
  PetscFunctionReturn(0);
}

PetscBool OttoRecordIsNotKnown(OttoRecord record, const char *name)
{
  return FindUnknown(&record->unknown, name) ? PETSC_TRUE : PETSC_FALSE;
}

PetscErrorCode OttoRecordAdvice(OttoRecord record, const char *name, const char *advice)
{
  OttoCheck *c = NULL;

  PetscFunctionBegin;
  PetscCall(FindCheck(record, name, &c));
  snprintf(c->advice, sizeof c->advice, "%s", advice);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordBound(OttoRecord record, const char *name, PetscReal *bound)
{
  OttoCheck *c = NULL;

  PetscFunctionBegin;
  PetscCall(FindCheck(record, name, &c));
  *bound = c->bound;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordBoundBy(OttoRecord record, const char *name, const char *key)
{
  PetscReal bound = 0, unused;
  PetscBool given = PETSC_FALSE;
  char tolerance[64];

  PetscFunctionBegin;
  PetscCall(OttoRecordBound(record, name, &bound));
  unused = bound;
  snprintf(tolerance, sizeof tolerance, "check_%s_tolerance", name);
  PetscCall(OttoOptionsGetReal(NULL, tolerance, 0, INFINITY, &unused, &given));
  PetscCall(OttoOptionsGetReal(NULL, key, 0, INFINITY, given ? &unused : &bound, NULL));
  if (!given) PetscCall(OttoRecordSetBound(record, name, bound));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordSetBound(OttoRecord record, const char *name, PetscReal bound)
{
  OttoCheck *c = NULL;

  PetscFunctionBegin;
  PetscCall(FindCheck(record, name, &c));
  c->bound = bound;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRecordWorst(OttoRecord record, const char *name, PetscReal *worst)
{
  OttoCheck *c = NULL;

  PetscFunctionBegin;
  PetscCall(FindCheck(record, name, &c));
  *worst = c->worst;
  PetscFunctionReturn(0);
}

/* The check `known` of a driver that has it fails where a quantity that must be known is not; the
 * driver itself may have reported how much is left open of it. */
PetscErrorCode OttoRecordCheckKnown(OttoRecord r)
{
  PetscInt missing = -1;

  PetscFunctionBegin;
  for (PetscInt i = r->unknown.count - 1; i >= 0; i--)
    if (r->unknown.at[i].fails) missing = i;
  for (PetscInt i = 0; i < r->check_count; i++) {
    const OttoCheck *c = &r->checks[i];
    if (strcmp(c->name, "known")) continue;
    if (missing >= 0 && (!c->reported || OttoCheckPasses(c)))
      PetscCall(OttoRecordCheck(r, "known", INFINITY, r->unknown.at[missing].from));
    else if (!c->reported)
      PetscCall(OttoRecordCheck(r, "known", 0, 0));
  }
  PetscFunctionReturn(0);
}

PetscBool OttoCheckPasses(const OttoCheck *check)
{
  return !check->reported || check->worst <= check->bound ? PETSC_TRUE : PETSC_FALSE;
}
