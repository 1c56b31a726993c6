/* The observables of a run, from its keys to columns. */
#include "observables_impl.h"
#include <otto/options.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define THIN 0.01 /* of a set, of which a run speaks */

/* Blanks at both ends go. */
static char *Trim(char *text)
{
  while (isspace((unsigned char)*text)) text++;
  for (size_t n = strlen(text); n && isspace((unsigned char)text[n - 1]); n--) text[n - 1] = 0;
  return text;
}

/* Cuts a copy of a list at the commas that stand in no brackets: part[most]; how many there are. */
static PetscInt Cut(char *text, PetscInt most, char *part[])
{
  PetscInt count = 0, depth = 0;
  char *begin = text;

  for (char *c = text;; c++) {
    if (*c == '(') depth++;
    if (*c == ')') depth--;
    if (*c && (*c != ',' || depth > 0)) continue;
    const PetscBool last = *c ? PETSC_FALSE : PETSC_TRUE;
    *c = 0;
    if (count < most) part[count] = Trim(begin);
    count++;
    begin = c + 1;
    if (last) return count;
  }
}

static PetscErrorCode CheckName(const char *key, const char *name)
{
  PetscBool word = isalpha((unsigned char)name[0]) ? PETSC_TRUE : PETSC_FALSE;

  PetscFunctionBegin;
  for (const char *c = name; *c; c++)
    if (!isalnum((unsigned char)*c) && *c != '_') word = PETSC_FALSE;
  OttoCheckInput(
      word && strlen(name) < OTTO_OBSERVED_NAME,
      "%s: '%.60s' is no name: it must be a word of letters, digits and _, of at most %d "
      "signs, that begins with a letter; a list has pairs: name, formula, name, formula",
      key, name, OTTO_OBSERVED_NAME - 1);
  for (const char *const *is = (const char *const[]){"p", "q", "pi", NULL}; *is; is++) {
    const size_t less = strlen(*is) + 1, size = strlen(name);
    const PetscBool ends =
        size > less && name[size - less] == '_' && !strcmp(name + size - less + 1, *is)
            ? PETSC_TRUE
            : PETSC_FALSE;
    OttoCheckInput(strcmp(name, *is) && !ends,
                   "%s: '%s' would be taken for what is said of %s: it may not be, nor end in _%s",
                   key, name, *is, *is);
  }
  PetscFunctionReturn(0);
}

/* Formula k of either kind, on the grid. */
static PetscErrorCode Add(OttoRunObservables s, PetscBool set, const char *label, const char *text,
                          Vec open, OttoRunObserved *o)
{
  PetscReal *range = o->range;

  PetscFunctionBegin;
  if (set) {
    PetscCall(OttoObservedSetCreate(s->grid, label, text, open, &o->set));
    PetscFunctionReturn(0);
  }
  PetscCall(OttoObservableCreate(s->grid, label, text, open, &o->observable));
  PetscCall(OttoObservableRange(o->observable, range));
  const PetscReal size = PetscMax(fabs(range[0]), fabs(range[1]));
  OttoCheckInput(range[1] - range[0] > 1e-12 * size,
                 "%s: '%.200s' is %g everywhere: there is nothing to observe", label, text,
                 (double)range[0]);
  PetscFunctionReturn(0);
}

/* The pairs of one key. */
static PetscErrorCode Read(OttoRunObservables s, const char *key, const char *text, Vec open)
{
  const PetscBool set = strcmp(key, "observe") ? PETSC_TRUE : PETSC_FALSE;
  PetscInt *count = set ? &s->sets : &s->formulas;
  OttoRunObserved *list = set ? s->set : s->formula;
  char *part[2 * OTTO_MAX_OBSERVED + 1], label[80];

  PetscFunctionBegin;
  PetscCall(PetscStrallocpy(text, set ? &s->set_text : &s->formula_text));
  const PetscInt parts = Cut(set ? s->set_text : s->formula_text, 2 * OTTO_MAX_OBSERVED + 1, part);
  OttoCheckInput(parts % 2 == 0,
                 "%s: '%.200s' has %d parts; it must be pairs: name, formula, name, formula", key,
                 text, (int)parts);
  OttoCheckInput(parts <= 2 * OTTO_MAX_OBSERVED, "%s: %d formulas; there may be %d", key,
                 (int)parts / 2, OTTO_MAX_OBSERVED);
  for (PetscInt k = 0; k < parts / 2; k++) {
    PetscCall(CheckName(key, part[2 * k]));
    for (PetscInt i = 0; i < k; i++)
      OttoCheckInput(strcmp(list[i].name, part[2 * k]), "%s: the name '%s' stands twice", key,
                     part[2 * k]);
    *count = k + 1;
    snprintf(list[k].name, sizeof list[k].name, "%s", part[2 * k]);
    list[k].text = part[2 * k + 1];
    snprintf(label, sizeof label, "%s (%s)", key, list[k].name);
    PetscCall(Add(s, set, label, list[k].text, open, &list[k]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunObservablesCreate(OttoGrid grid, Vec open, OttoRunObservables *observables)
{
  static const char *const keys[] = {"observe", "observe_sets"};
  const char *text[2] = {NULL, NULL};
  OttoRunObservables s;
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  *observables = NULL;
  for (int i = 0; i < 2; i++) PetscCall(OttoOptionsGetText(NULL, keys[i], &text[i]));
  if (!text[0] && !text[1]) PetscFunctionReturn(0);
  PetscCall(PetscNew(&s));
  *observables = s;
  s->grid = grid;
  s->bins = 100;
  if (text[0]) PetscCall(OttoOptionsGetInt(NULL, "observe_bins", 2, 100000, &s->bins, NULL));
  for (int i = 0; i < 2 && !code; i++)
    if (text[i]) code = Read(s, keys[i], text[i], open);
  if (code) PetscCall(OttoRunObservablesDestroy(observables));
  PetscFunctionReturn(code);
}

PetscErrorCode OttoRunObservablesDestroy(OttoRunObservables *observables)
{
  OttoRunObservables s = *observables;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  for (PetscInt k = 0; k < s->formulas; k++)
    PetscCall(OttoObservableDestroy(&s->formula[k].observable));
  for (PetscInt k = 0; k < s->sets; k++) PetscCall(OttoObservedSetDestroy(&s->set[k].set));
  PetscCall(PetscFree(s->formula_text));
  PetscCall(PetscFree(s->set_text));
  PetscCall(PetscFree(*observables));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunObservablesAdmit(OttoRunObservables s, OttoRecord record)
{
  PetscReal part = 0, thin = 0;

  PetscFunctionBegin;
  for (PetscInt k = 0; s && k < s->sets; k++) {
    const OttoRunObserved *o = &s->set[k];
    const PetscInt points = OttoObservedSetPoints(o->set);
    PetscCall(OttoObservedSetVolume(o->set, &part, &thin));
    OttoCheckInput(
        part > 0,
        "observe_sets (%s): '%.200s' holds at none of the points of open cells, %d on a line "
        "over a cell: there is nothing in it, or it is too small for this grid",
        o->name, o->text, (int)points);
    OttoCheckInput(part < 1,
                   "observe_sets (%s): '%.200s' holds everywhere: its probability would be 1",
                   o->name, o->text);
    if (thin > THIN * PetscMin(part, 1 - part))
      PetscCall(OttoRecordAside(
          record, PETSC_TRUE,
          "observe_sets (%s): '%.200s' is thinner in places than the distance "
          "of the points at which it is looked for (%d on a line over a "
          "cell): about %.2g of %s may be missed; the space error says so",
          o->name, o->text, (int)points, (double)(thin / (thin + PetscMin(part, 1 - part))),
          part < 0.5 ? "it" : "what it leaves out"));
  }
  PetscFunctionReturn(0);
}

PetscInt OttoRunObservablesFormulas(OttoRunObservables s)
{
  return s ? s->formulas : 0;
}

OttoObservable OttoRunObservablesGet(OttoRunObservables s, PetscInt k, const char **name)
{
  *name = s->formula[k].name;
  return s->formula[k].observable;
}

PetscInt OttoRunObservablesCount(OttoRunObservables s)
{
  return s ? 2 * s->formulas + s->sets : 0;
}

void OttoRunObservablesColumn(OttoRunObservables s, PetscInt i, PetscInt density, char name[],
                              size_t size, char sentence[], size_t sentence_size)
{
  static const char *const kinds[] = {"mean", "variance", "probability"};
  const PetscBool set = i >= 2 * s->formulas ? PETSC_TRUE : PETSC_FALSE;
  const OttoRunObserved *o = set ? &s->set[i - 2 * s->formulas] : &s->formula[i / 2];
  const char *density_name = density ? "q" : "p", *kind = kinds[set ? 2 : i % 2];

  snprintf(name, size, "%s_%s%s", kind, o->name, density ? "_q" : "");
  if (set)
    snprintf(sentence, sentence_size, "share of the mass of %s where %.120s%s", density_name,
             o->text, strpbrk(o->text, "<>=") ? "" : " is above 0");
  else
    snprintf(sentence, sentence_size, "%s under %s of %.140s", kind, density_name, o->text);
}

const char *OttoRunObservablesUnit(OttoRunObservables s, PetscInt i)
{
  if (i >= 2 * s->formulas) return "1";
  return i % 2 ? "value^2" : "value";
}

PetscErrorCode OttoRunObservablesCompute(OttoRunObservables s, Vec u, PetscReal values[],
                                         PetscReal scale[], PetscReal edge[])
{
  PetscReal width = 0, of_edge = 0;
  PetscInt at = 0;

  PetscFunctionBegin;
  for (PetscInt k = 0; s && k < s->formulas; k++, at += 2) {
    PetscCall(
        OttoObservableMoments(s->formula[k].observable, u, &values[at], &values[at + 1], &width));
    if (edge) edge[at] = edge[at + 1] = 0;
    if (!scale) continue;
    scale[at] = sqrt(width);
    scale[at + 1] = width;
  }
  for (PetscInt k = 0; s && k < s->sets; k++, at++) {
    PetscCall(OttoObservedSetProbability(s->set[k].set, u, &values[at], &of_edge));
    if (scale) scale[at] = 1;
    if (edge) edge[at] = of_edge;
  }
  PetscFunctionReturn(0);
}
