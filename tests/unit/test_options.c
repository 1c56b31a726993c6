/* ranks: 1 3
 * Options: types, counts, ranges and words of the messages. */
#include "core/options_impl.h"
#include "drivers.h"
#include "test.h"

static PetscErrorCode Given(const char *key, const char *value)
{
  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(PetscOptionsSetValue(NULL, key, value));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestNumbers(void)
{
  PetscReal value = 7, axes[3] = {1, 2, 3}, *list;
  PetscInt64 whole = 0;
  PetscInt count;
  PetscBool set;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReal(NULL, "time_stop", 0, 1, &value, &set));
  TestTrue(!set && value == 7, "an absent key leaves its default alone");
  PetscCall(Given("-time_stop", "2.5e-1"));
  PetscCall(OttoOptionsGetReal("time_", "stop", 0, 1, &value, &set));
  TestTrue(set && value == 0.25, "a number, by prefix and key");
  PetscCall(Given("-time_stop", "2"));
  TestFails(OttoOptionsGetReal(NULL, "time_stop", 0, 1, &value, NULL), OTTO_ERR_INPUT,
            "time_stop: 2");
  PetscCall(Given("-time_stop", "nan"));
  TestFails(OttoOptionsGetReal(NULL, "time_stop", 0, INFINITY, &value, NULL), OTTO_ERR_INPUT,
            "nan");
  PetscCall(Given("-time_stop", "1 2"));
  TestFails(OttoOptionsGetReal(NULL, "time_stop", 0, 3, &value, NULL), OTTO_ERR_INPUT, "'1 2'");
  PetscCall(Given("-time_samples", "4.5"));
  TestFails(OttoOptionsGetInt(NULL, "time_samples", 1, 9, &whole, NULL), OTTO_ERR_INPUT, "whole");
  PetscCall(Given("-grid_lower", "-1, 0.5,2"));
  PetscCall(OttoOptionsGetAxisReals(NULL, "grid_lower", 3, axes, NULL));
  TestTrue(axes[0] == -1 && axes[1] == 0.5 && axes[2] == 2, "one number per axis");
  TestFails(OttoOptionsGetAxisReals(NULL, "grid_lower", 2, axes, NULL), OTTO_ERR_INPUT,
            "3 values for 2 axes");
  PetscCall(Given("-grid_lower", "-pi, 2*_pi/3,sqrt(16)"));
  PetscCall(OttoOptionsGetAxisReals(NULL, "grid_lower", 3, axes, NULL));
  TestTrue(axes[0] == -M_PI && axes[2] == 4, "numbers may be formulas");
  TestClose(axes[1], 2 * M_PI / 3, 1e-15, "of pi");
  PetscCall(Given("-grid_lower", "x"));
  TestFails(OttoOptionsGetAxisReals(NULL, "grid_lower", 2, axes, NULL), OTTO_ERR_INPUT,
            "entry 1 of 'x'");
  PetscCall(Given("-p_mean", "1,,2"));
  TestFails(OttoOptionsGetReals("p_", "mean", &count, &list), OTTO_ERR_INPUT, "entry 2");
  PetscCall(Given("-p_mean", ""));
  TestFails(OttoOptionsGetReals("p_", "mean", &count, &list), OTTO_ERR_INPUT, "p_mean");
  PetscFunctionReturn(0);
}

static PetscErrorCode TestWords(void)
{
  static const char *const names[] = {"spectral", "lattice", "lattice_exact", NULL};
  PetscInt index = -1, count, many[3];
  PetscBool yes = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(Given("-heat_kernel", "lattice"));
  PetscCall(OttoOptionsGetChoice(NULL, "heat_kernel", names, &index, NULL));
  TestTrue(index == 1, "a word of the list, not its prefix or a longer one");
  PetscCall(Given("-heat_kernel", "latice"));
  TestFails(OttoOptionsGetChoice(NULL, "heat_kernel", names, &index, NULL), OTTO_ERR_INPUT,
            "did you mean lattice?");
  PetscCall(Given("-heat_kernel", "lattice,spectral"));
  PetscCall(OttoOptionsGetChoices(NULL, "heat_kernel", names, 3, &count, many));
  TestTrue(count == 2 && many[0] == 1 && many[1] == 0, "a list of words");
  PetscCall(Given("-heat_kernel", "lattice_exact , spectral,lattice"));
  PetscCall(OttoOptionsGetChoices(NULL, "heat_kernel", names, 3, &count, many));
  TestTrue(count == 3 && many[0] == 2 && many[1] == 0 && many[2] == 1, "blanks beside commas");
  TestFails(OttoOptionsGetChoices(NULL, "heat_kernel", names, 2, &count, many), OTTO_ERR_INPUT,
            "more than 2 entries");
  PetscCall(Given("-heat_kernel", "lattice,"));
  TestFails(OttoOptionsGetChoices(NULL, "heat_kernel", names, 3, &count, many), OTTO_ERR_INPUT,
            "''");
  PetscCall(Given("-output_overwrite", "off"));
  yes = PETSC_TRUE;
  PetscCall(OttoOptionsGetBool(NULL, "output_overwrite", &yes, NULL));
  TestTrue(!yes, "off is no");
  PetscCall(Given("-output_overwrite", "maybe"));
  TestFails(OttoOptionsGetBool(NULL, "output_overwrite", &yes, NULL), OTTO_ERR_INPUT, "maybe");
  TestTrue(OttoNearestName("zzzzzzzz", names) == NULL, "nothing is near to nonsense");
  PetscFunctionReturn(0);
}

static PetscErrorCode TestKeys(void)
{
  char *good[] = {"-grid_n", "-4,5", "-p_floor", "0.1", "-log_view"};
  char *stray[] = {"grid_n", "4"};
  char *minus[] = {"-p_formula",        "-x",          "-grid_lower", "-pi,0",
                   "-output_overwrite", "-frobnicate", "-p_floor",    "-1"};
  const char *text;

  PetscFunctionBegin;
  OttoDriversServe();
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(OttoOptionsInsert(NULL, 4, good));
  PetscCall(OttoOptionsGetText(NULL, "grid_n", &text));
  TestTrue(text && !strcmp(text, "-4,5"), "a negative number is a value, not a key");
  PetscCall(OttoOptionsCheckKeys("dissipation"));
  TestFails(OttoOptionsInsert(NULL, 2, stray), OTTO_ERR_INPUT, "unexpected argument 'grid_n'");
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(OttoOptionsInsert(NULL, 8, minus));
  PetscCall(OttoOptionsGetText(NULL, "p_formula", &text));
  TestTrue(text && !strcmp(text, "-x"), "a value that names no key");
  PetscCall(OttoOptionsGetText(NULL, "grid_lower", &text));
  TestTrue(text && !strcmp(text, "-pi,0"), "before a key");
  PetscCall(OttoOptionsGetText(NULL, "output_overwrite", &text));
  TestTrue(text && !*text, "a key that can do without a value");
  PetscCall(OttoOptionsGetText(NULL, "p_floor", &text));
  TestTrue(text && !strcmp(text, "-1"), "a number");
  PetscCall(Given("-gird_n", "4"));
  TestFails(OttoOptionsCheckKeys("dissipation"), OTTO_ERR_INPUT, "did you mean grid_n?");
  PetscCall(Given("-fisher_form", "fd4"));
  TestFails(OttoOptionsCheckKeys("bench_heat"), OTTO_ERR_INPUT, "not used by driver bench_heat");
  PetscCall(Given("-ksp_type", "cg"));
  PetscCall(OttoOptionsCheckKeys("dissipation"));
  TestFails(OttoOptionsCheckUnused(), OTTO_ERR_INPUT, "ksp_type");
  PetscCall(Given("-ts_typ", "cn"));
  TestFails(OttoOptionsCheckUnused(), OTTO_ERR_INPUT, "did you mean ts_type?");
  PetscCall(PetscOptionsClear(NULL));
  PetscFunctionReturn(0);
}

/* A key that several members of a family read has one meaning: -help shows it once. */
static void Agree(const OttoFamily *family)
{
  for (PetscInt i = 0; i < family->count; i++)
    for (const OttoKey *a = family->members[i].keys; a->key; a++)
      for (PetscInt k = 0; k < i; k++)
        for (const OttoKey *b = family->members[k].keys; b->key; b++)
          TestTrue(strcmp(a->key, b->key) ||
                       (!strcmp(a->type, b->type) && !strcmp(a->fallback, b->fallback) &&
                        !strcmp(a->sentence, b->sentence)),
                   a->key);
}

/* Every group has a driver and every driver's groups have keys; no list is longer than its room; a
 * name serves one member. */
static PetscErrorCode TestLists(void)
{
  const OttoFamily *const families[] = {
      &OttoDensityFamily, &OttoHeatFamily,     &OttoTransformFamily,  &OttoPotentialFamily,
      &OttoDriftFamily,   &OttoInternalFamily, &OttoInteractionFamily};
  PetscInt lines = 0;

  PetscFunctionBegin;
  OttoDriversServe();
  for (; OttoOptionsLineAt(lines); lines++) {
    const OttoOptionLine *l = OttoOptionsLineAt(lines);
    PetscBool served = PETSC_FALSE;
    for (PetscInt d = 0; OttoOptionsDriverAt(d); d++)
      if (OttoOptionsServes(l, OttoOptionsDriverAt(d)->name)) served = PETSC_TRUE;
    TestTrue(served, l->key);
    TestTrue(l->sentence[0] && strlen(l->readers) + 1 < sizeof l->readers, l->key);
  }
  TestTrue(lines < OTTO_MAX_LINES, "there is room for every key");
  for (PetscInt d = 0; OttoOptionsDriverAt(d); d++) {
    char groups[400], *rest = groups;
    snprintf(groups, sizeof groups, "%s", OttoOptionsDriverAt(d)->groups);
    for (char *g; (g = strtok_r(rest, " ", &rest));) {
      PetscBool any = PETSC_FALSE;
      for (PetscInt i = 0; i < lines; i++)
        if (OttoOptionsLineAt(i)->group && !strcmp(OttoOptionsLineAt(i)->group, g))
          any = PETSC_TRUE;
      TestTrue(any, g);
    }
  }
  for (size_t f = 0; f < sizeof families / sizeof families[0]; f++) {
    const char *names[OTTO_FAMILY_MAX + 1];
    PetscInt index = -1;
    TestTrue(families[f]->count <= OTTO_FAMILY_MAX, "there is room for every member");
    OttoFamilyNames(families[f], names);
    for (PetscInt i = 0; i < families[f]->count; i++) {
      PetscCall(OttoFamilyFind(families[f], names[i], &index));
      TestTrue(index == i, names[i]);
    }
    const PetscErrorCode code = OttoFamilyFind(families[f], "zzz", &index);
    TestTrue(code == OTTO_ERR_INPUT && strstr(OttoErrorMessage(), families[f]->option),
             families[f]->option);
    OttoErrorClear();
    Agree(families[f]);
  }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestNumbers, TestWords, TestKeys, TestLists});
}
