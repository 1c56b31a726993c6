/* Every key there is: of options.def by group, of the members of families, of the bounds of checks,
 * and those of PETSc's that are used most. */
#include "options_impl.h"
#include <otto/family.h>
#include <otto/options.h>
#include <stdio.h>
#include <string.h>

/* The lists of members, which stand in the folders of their families: what they say, not what they
 * do. */
#define OTTO_MEMBER(name, Ops, ...) OTTO_MEMBER_LINE(name, __VA_ARGS__)
static const OttoMember densities[] = {
#include "density/density.def"
    {NULL, NULL, NULL, {{NULL, NULL, NULL, NULL}}}};
static const OttoMember kernels[] = {
#include "heat/heat.def"
    {NULL, NULL, NULL, {{NULL, NULL, NULL, NULL}}}};
static const OttoMember engines[] = {
#include "transform/engine.def"
    {NULL, NULL, NULL, {{NULL, NULL, NULL, NULL}}}};
static const OttoMember potentials[] = {
#include "potential/potential.def"
    {NULL, NULL, NULL, {{NULL, NULL, NULL, NULL}}}};
static const OttoMember drifts[] = {
#include "potential/drift.def"
    {NULL, NULL, NULL, {{NULL, NULL, NULL, NULL}}}};
static const OttoMember internals[] = {
#include "energy/internal.def"
    {NULL, NULL, NULL, {{NULL, NULL, NULL, NULL}}}};
static const OttoMember interactions[] = {
#include "energy/interaction.def"
    {NULL, NULL, NULL, {{NULL, NULL, NULL, NULL}}}};
static const OttoMember metrics[] = {
#include "chain/metric.def"
    {NULL, NULL, NULL, {{NULL, NULL, NULL, NULL}}}};
static const OttoMember systems[] = {
#include "dynamics/dynamics.def"
    {NULL, NULL, NULL, {{NULL, NULL, NULL, NULL}}}};
#undef OTTO_MEMBER

/* Where members' keys belong, what they begin with, and the key that chooses, after that. */
static const struct {
  const char *group, *prefix, *chooser;
  const OttoMember *members;
} families[] = {{"density", "%", "density", densities},
                {"heat", "", "heat_kernel", kernels},
                {"heat", "", "transform_engine", engines},
                {"potential", "potential_", "type", potentials},
                {"drift", "drift_", "type", drifts},
                {"energy", "energy_", "internal", internals},
                {"energy", "energy_interaction_", "type", interactions},
                {"metric", "metric_", "type", metrics},
                {"dynamics", "dynamics_", "type", systems}};
#define FAMILIES ((int)(sizeof families / sizeof families[0]))

static OttoOptionLine lines[OTTO_MAX_LINES];
static int line_count, petsc_from; /* lines[petsc_from …] are PETSc's: Otto does not read them */
static const OttoOptionsDriver *drivers;

void OttoOptionsServe(const OttoOptionsDriver list[])
{
  drivers = list;
}

static OttoOptionLine *AddLine(const char *first, const char *rest, OttoOptionLine line)
{
  static OttoOptionLine none;

  if (line_count == OTTO_MAX_LINES) return &none; /* a test counts the lines */
  OttoOptionLine *l = &lines[line_count++];
  *l = line;
  snprintf(l->key, sizeof l->key, "%s%s", first, rest);
  return l;
}

/* A key "%…" is two. */
static void AddBoth(const char *prefix, const char *key, OttoOptionLine line)
{
  if (prefix[0] != '%') {
    AddLine(prefix, key, line);
    return;
  }
  AddLine("p_", key, line);
  AddLine("q_", key, line);
}

/* Which members of a family read a key: "file, samples". */
static void JoinReaders(const OttoMember members[], const char *key, char text[], size_t size)
{
  const char *readers[OTTO_FAMILY_MAX + 1];
  int n = 0;

  for (int i = 0; members[i].name; i++)
    for (const OttoKey *k = members[i].keys; k->key; k++)
      if (!strcmp(k->key, key) && n < OTTO_FAMILY_MAX) readers[n++] = members[i].name;
  readers[n] = NULL;
  OttoJoinNames(readers, ", ", text, size);
}

/* The keys of a group's members, each once, by the first member that has it. */
static void AddMembers(const char *group, const char *title)
{
  for (int f = 0; f < FAMILIES; f++) {
    if (strcmp(families[f].group, group)) continue;
    const int from = line_count;
    for (const OttoMember *m = families[f].members; m->name; m++) {
      for (const OttoKey *k = m->keys; k->key; k++) {
        OttoOptionLine line = {.type = k->type,
                               .fallback = k->fallback,
                               .group = group,
                               .title = title,
                               .sentence = k->sentence,
                               .family = f + 1};
        const char *prefix = families[f].prefix;
        char whole[64];
        int i = from;
        snprintf(whole, sizeof whole, "%s%s", prefix[0] == '%' ? "p_" : prefix, k->key);
        while (i < line_count && strcmp(lines[i].key, whole)) i++;
        if (i < line_count) continue;
        JoinReaders(families[f].members, k->key, line.readers, sizeof line.readers);
        AddBoth(prefix, k->key, line);
      }
    }
  }
}

/* Fills `lines` once. */
static void Expand(void)
{
  const char *title = "";

  if (line_count) return;
#define OTTO_GROUP(group, heading) title = heading;
#define OTTO_MEMBERS(group) AddMembers(#group, title);
#define OTTO_OPTION(in, name, kind, otherwise, says)                                               \
  AddBoth(                                                                                         \
      name[0] == '%' ? "%" : "", name[0] == '%' ? &name[1] : name,                                 \
      (OttoOptionLine){                                                                            \
          .type = kind, .fallback = otherwise, .group = #in, .title = title, .sentence = says});
#include "options.def"
#undef OTTO_OPTION
#undef OTTO_MEMBERS
#undef OTTO_GROUP
#define OTTO_CHECK(of, name, bound, meaning)                                                       \
  AddLine("check_", name "_tolerance",                                                             \
          (OttoOptionLine){.type = "number",                                                       \
                           .fallback = #bound,                                                     \
                           .driver = of,                                                           \
                           .title = "bounds of checks",                                            \
                           .sentence = "bound of the check: " meaning});
#include "check.def"
#undef OTTO_CHECK
  petsc_from = line_count;
#define OTTO_OPTION(in, name, kind, otherwise, says)                                               \
  AddLine("", name,                                                                                \
          (OttoOptionLine){.type = kind, .fallback = otherwise, .group = #in, .sentence = says});
#include "options_petsc.def"
#undef OTTO_OPTION
}

/* Whether a list of words has the word. */
static PetscBool Lists(const char *words, const char *word)
{
  size_t n = strlen(word);

  for (const char *at = words; (at = strstr(at, word)); at += n)
    if ((at == words || at[-1] == ' ') && (at[n] == 0 || at[n] == ' ')) return PETSC_TRUE;
  return PETSC_FALSE;
}

const OttoOptionsDriver *OttoOptionsDriverAt(PetscInt i)
{
  return drivers && drivers[i].name ? &drivers[i] : NULL;
}

PetscBool OttoOptionsServes(const OttoOptionLine *line, const char *driver)
{
  if (line->driver) return strcmp(line->driver, driver) ? PETSC_FALSE : PETSC_TRUE;
  for (PetscInt i = 0; OttoOptionsDriverAt(i); i++) {
    if (strcmp(drivers[i].name, driver)) continue;
    const PetscBool one = /* density alone, p */
        Lists(drivers[i].groups, "one") || Lists(drivers[i].groups, "start");
    if (!strncmp(line->key, "q_", 2) && one) return PETSC_FALSE;
    return Lists(drivers[i].groups, line->group);
  }
  return PETSC_FALSE;
}

const OttoOptionLine *OttoOptionsLineAt(PetscInt i)
{
  Expand();
  return i < line_count ? &lines[i] : NULL;
}

const OttoOptionLine *OttoOptionsLine(const char *key, const char *driver)
{
  const OttoOptionLine *found = NULL;

  Expand();
  for (int i = 0; i < petsc_from; i++) {
    if (strcasecmp(lines[i].key, key)) continue;
    if (!found || (driver && OttoOptionsServes(&lines[i], driver))) found = &lines[i];
  }
  return found;
}

/* What a line's key begins with: "p_" or "q_" for "%". */
static void Prefix(const OttoOptionLine *line, char prefix[], size_t size)
{
  const char *word = families[line->family - 1].prefix;

  snprintf(prefix, size, "%.*s", word[0] == '%' ? 2 : (int)strlen(word),
           word[0] == '%' ? line->key : word);
}

void OttoOptionsChooser(const OttoOptionLine *line, char key[], size_t size)
{
  char prefix[32];

  key[0] = '\0';
  if (!line->family) return;
  Prefix(line, prefix, sizeof prefix);
  snprintf(key, size, "%s%s", prefix, families[line->family - 1].chooser);
}

PetscBool OttoOptionsReads(const OttoOptionLine *line, const char *word, PetscBool otherwise)
{
  char prefix[32];

  if (!line->family) return PETSC_TRUE;
  Prefix(line, prefix, sizeof prefix);
  for (const OttoMember *m = families[line->family - 1].members; m->name; m++) {
    if (strcmp(m->name, word)) continue;
    for (const OttoKey *k = m->keys; k->key; k++)
      if (!strcmp(k->key, line->key + strlen(prefix))) return PETSC_TRUE;
    return PETSC_FALSE;
  }
  return otherwise;
}

void OttoOptionsKnown(const char *driver, PetscBool petsc, const char *known[OTTO_MAX_LINES + 1])
{
  int n = 0;

  Expand();
  for (int i = petsc ? petsc_from : 0; i < line_count; i++)
    if (!driver || OttoOptionsServes(&lines[i], driver)) known[n++] = lines[i].key;
  known[n] = NULL;
}

static const char *const petsc_prefixes[] = {"ts_",  "ksp_", "pc_",  "snes_", "mg_", "mat_",
                                             "eps_", "st_",  "tao_", "log_",  NULL};

PetscBool OttoOptionsIsPetscKey(const char *key)
{
  for (int i = 0; petsc_prefixes[i]; i++)
    if (!strncmp(key, petsc_prefixes[i], strlen(petsc_prefixes[i]))) return PETSC_TRUE;
  return PETSC_FALSE;
}

static PetscErrorCode PrintLine(const OttoOptionLine *l)
{
  PetscFunctionBegin;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  -%-34s %s%s(%s): %s%s%s\n", l->key, l->type,
                        *l->type ? " " : "", l->fallback, l->readers, *l->readers ? ": " : "",
                        l->sentence));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOptionsHelp(const char *driver)
{
  const char *title = "";

  PetscFunctionBegin;
  Expand();
  for (int i = 0; i < line_count; i++) {
    const char *mine =
        i < petsc_from ? lines[i].title : "PETSc's own keys, as PETSc spells them; those used most";
    if (!OttoOptionsServes(&lines[i], driver)) continue;
    if (mine && strcmp(mine, title)) PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%s:\n", mine));
    if (mine) title = mine;
    PetscCall(PrintLine(&lines[i]));
  }
  PetscFunctionReturn(0);
}
