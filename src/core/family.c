#include <otto/family.h>
#include <otto/options.h>
#include <stdio.h>
#include <string.h>

void OttoFamilyNames(const OttoFamily *family, const char *names[OTTO_FAMILY_MAX + 1])
{
  PetscInt count = PetscMin(family->count, OTTO_FAMILY_MAX);

  for (PetscInt i = 0; i < count; i++) names[i] = family->members[i].name;
  names[count] = NULL;
}

PetscErrorCode OttoFamilyFind(const OttoFamily *family, const char *word, PetscInt *index)
{
  const char *names[OTTO_FAMILY_MAX + 1];

  PetscFunctionBegin;
  OttoFamilyNames(family, names);
  PetscCall(OttoFindName(family->option, word, names, index));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFamilyChoose(const OttoFamily *family, const char *prefix, PetscInt *index,
                                PetscBool *set)
{
  const char *names[OTTO_FAMILY_MAX + 1];

  PetscFunctionBegin;
  OttoFamilyNames(family, names);
  PetscCall(OttoOptionsGetChoice(prefix, family->option, names, index, set));
  PetscFunctionReturn(0);
}

static void JoinKeys(const OttoMember *m, char text[], size_t size)
{
  const char *keys[OTTO_MEMBER_KEYS + 1];
  int n = 0;

  for (; m->keys[n].key; n++) keys[n] = m->keys[n].key;
  keys[n] = NULL;
  OttoJoinNames(keys, ", ", text, size);
}

PetscErrorCode OttoFamilyList(MPI_Comm comm, const OttoFamily *family)
{
  PetscBool any = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(PetscPrintf(comm, "%s\n", family->title));
  for (PetscInt i = 0; i < family->count; i++)
    if (family->members[i].keys[0].key) any = PETSC_TRUE;
  for (PetscInt i = 0; i < family->count; i++) {
    const OttoMember *m = &family->members[i];
    char keys[120] = "", source[120] = "";
    if (any) JoinKeys(m, keys, sizeof keys);
    if (m->source) snprintf(source, sizeof source, " (%s)", m->source);
    if (any)
      PetscCall(PetscPrintf(comm, "  %-18s %-35s %s%s\n", m->name, keys[0] ? keys : "none",
                            m->formula, source));
    else if (m->formula)
      PetscCall(PetscPrintf(comm, "  %-18s %s%s\n", m->name, m->formula, source));
    else
      PetscCall(PetscPrintf(comm, "  %s\n", m->name));
  }
  PetscFunctionReturn(0);
}
