/* Units as texts in place of the words length, area, volume, time and energy. */
#include <otto/options.h>
#include <otto/units.h>
#include "grid_impl.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define LONG 256 /* of a product of units */

/* ---- what the user says ---- */

/* The number of a letter of UTF-8 of so many bytes. */
static unsigned long Letter(const char *text, int bytes)
{
  const unsigned char *c = (const unsigned char *)text;
  unsigned long letter = bytes > 1 ? c[0] & (0x7fu >> bytes) : c[0];

  for (int i = 1; i < bytes; i++) letter = letter << 6 | (c[i] & 0x3fu);
  return letter;
}

/* Letters that do not show, or turn round what stands beside them, first to last: controls, spaces
 * other than the usual one, marks of direction, what is private. */
static const unsigned long unseen[][2] = {
    {0x7f, 0xa0},     {0xad, 0xad},     {0x61c, 0x61c},   {0x1680, 0x1680}, {0x180e, 0x180e},
    {0x2000, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f}, {0x3000, 0x3000}, {0xe000, 0xf8ff},
    {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, ~0ul}};

static PetscErrorCode CheckShows(const char *key, const char *text)
{
  PetscFunctionBegin;
  for (const char *c = text; *c; c += OttoUtf8Length(c)) {
    const unsigned long letter = Letter(c, OttoUtf8Length(c));
    for (size_t i = 0; i < sizeof unseen / sizeof unseen[0]; i++)
      OttoCheckInput(letter < unseen[i][0] || letter > unseen[i][1],
                     "%s: U+%04lX, at byte %d, is no letter that shows; units are of such", key,
                     letter, (int)(c - text) + 1);
  }
  PetscFunctionReturn(0);
}

/* A text into unit[OTTO_UNIT]; none where it is NULL. */
static PetscErrorCode SetUnit(const char *key, const char *text, char unit[])
{
  PetscBool good;

  PetscFunctionBegin;
  unit[0] = '\0';
  if (!text) PetscFunctionReturn(0);
  for (const char *c = text; *c; c += OttoUtf8Length(c))
    OttoCheckInput(OttoUtf8Length(c),
                   "%s: byte %d is no letter of UTF-8, which units are written in", key,
                   (int)(c - text) + 1);
  PetscCall(CheckShows(key, text));
  const unsigned char first = (unsigned char)text[0]; /* beyond ASCII: an ångström, a degree */
  good = isalpha(first) || first == '%' || first >= 0x80 ? PETSC_TRUE : PETSC_FALSE;
  for (const char *c = text; *c; c++)
    if (iscntrl((unsigned char)*c) || strchr(",;\"\\", *c)) good = PETSC_FALSE;
  OttoCheckInput(
      good && strlen(text) < OTTO_UNIT,
      "%s: '%.40s' is no unit; a text that begins with a letter makes one, such as nm or "
      "kJ/mol, of at most %d bytes of UTF-8",
      key, text, OTTO_UNIT - 1);
  snprintf(unit, OTTO_UNIT, "%s", text);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGridSetUnits(OttoGrid grid, const char *const length[], const char *time,
                                const char *energy)
{
  OttoGridInfo *g = &grid->info;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++)
    PetscCall(SetUnit("grid_units", length ? length[j] : NULL, g->unit[j]));
  PetscCall(SetUnit("time_units", time, g->time_unit));
  PetscCall(SetUnit("energy_units", energy, g->energy_unit));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGridReadUnits(OttoGrid grid)
{
  const PetscInt dim = grid->info.dim;
  const char *text, *time, *energy, *length[OTTO_MAX_DIM];
  char words[OTTO_MAX_DIM][64];
  PetscInt count = 0;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetText(NULL, "grid_units", &text));
  PetscCall(OttoOptionsGetText(NULL, "time_units", &time));
  PetscCall(OttoOptionsGetText(NULL, "energy_units", &energy));
  if (text) count = OttoListEntry(text, 0, words[0], sizeof words[0]);
  OttoCheckInput(count <= 1 || count == dim,
                 "grid_units: %d units for %d axes; give one for all, or one per axis", (int)count,
                 (int)dim);
  for (PetscInt j = 0; text && j < dim; j++) {
    OttoListEntry(text, count == 1 ? 0 : j, words[j], sizeof words[j]);
    length[j] = words[j];
  }
  PetscCall(OttoGridSetUnits(grid, text ? length : NULL, time, energy));
  PetscFunctionReturn(0);
}

PetscBool OttoUnitsAreGiven(const OttoGridInfo *g)
{
  return g->unit[0][0] || g->time_unit[0] || g->energy_unit[0] ? PETSC_TRUE : PETSC_FALSE;
}

/* ---- what takes the place of a word ---- */

/* The product of the units of all axes but `left`, equal ones as powers: "nm^2 rad". */
static void Product(const OttoGridInfo *g, PetscInt left, char text[])
{
  size_t n = 0;

  text[0] = '\0';
  for (PetscInt j = 0; j < g->dim; j++) {
    const char *unit = g->unit[j];
    PetscInt power = 0, before = 0;
    for (PetscInt k = 0; k < g->dim; k++) {
      if (k == left || strcmp(g->unit[k], unit)) continue;
      power++;
      before += k < j;
    }
    if (j == left || before) continue;
    const PetscBool apart = power > 1 && strpbrk(unit, " /*.^") ? PETSC_TRUE : PETSC_FALSE;
    n += (size_t)snprintf(text + n, LONG - n, "%s%s%s%s", n ? " " : "", apart ? "(" : "", unit,
                          apart ? ")" : "");
    if (power > 1) n += (size_t)snprintf(text + n, LONG - n, "^%d", (int)power);
    n = PetscMin(n, LONG - 1);
  }
}

static PetscBool AxesAgree(const OttoGridInfo *g)
{
  for (PetscInt j = 1; j < g->dim; j++)
    if (strcmp(g->unit[0], g->unit[j])) return PETSC_FALSE;
  return PETSC_TRUE;
}

/* What takes the place of a word of n letters: text[LONG]. Whether anything does. */
static PetscBool Replace(const OttoGridInfo *g, PetscInt axis, const char *word, size_t n,
                         char text[])
{
  const PetscInt one = axis >= 0 ? axis : 0; /* where they agree, any of them */
  const PetscBool known = g->unit[0][0] && (axis >= 0 || AxesAgree(g)) ? PETSC_TRUE : PETSC_FALSE;

  if (n == 4 && !strncmp(word, "time", n)) {
    snprintf(text, LONG, "%s", g->time_unit);
    return g->time_unit[0] ? PETSC_TRUE : PETSC_FALSE;
  }
  if (n == 6 && !strncmp(word, "energy", n)) {
    snprintf(text, LONG, "%s", g->energy_unit);
    return g->energy_unit[0] ? PETSC_TRUE : PETSC_FALSE;
  }
  if (n == 6 && !strncmp(word, "length", n)) {
    snprintf(text, LONG, "%s", g->unit[one]);
    return known;
  }
  if (n == 4 && !strncmp(word, "area", n) && (axis >= 0 || g->dim == 2)) {
    Product(g, axis, text);
    return g->unit[0][0] ? PETSC_TRUE : PETSC_FALSE;
  }
  if (n == 4 && !strncmp(word, "area", n)) {
    snprintf(text, LONG, strpbrk(g->unit[0], " /*.^") ? "(%s)^2" : "%s^2", g->unit[0]);
    return known;
  }
  if (n != 6 || strncmp(word, "volume", n) || !g->unit[0][0]) return PETSC_FALSE;
  Product(g, -1, text);
  return PETSC_TRUE;
}

/* Whether a text needs brackets between these letters. */
static PetscBool NeedsBrackets(const char *text, char before, char after)
{
  const PetscBool product = strpbrk(text, " /*.") ? PETSC_TRUE : PETSC_FALSE;

  if (after == '^') return product || strchr(text, '^') ? PETSC_TRUE : PETSC_FALSE;
  return product && (before == '/' || before == ' ' || after == ' ') ? PETSC_TRUE : PETSC_FALSE;
}

/* "1/(ps )" is 1/ps, where one axis has no area. */
static void Tidy(char text[])
{
  char *open = strchr(text, '('), *shut = open ? strstr(open, " )") : NULL;

  if (!shut) return;
  memmove(shut, shut + 2, strlen(shut + 2) + 1);
  memmove(open, open + 1, strlen(open + 1) + 1);
}

void OttoUnitFormat(const OttoGridInfo *g, PetscInt axis, const char *unit, char text[],
                    size_t size)
{
  char found[LONG];
  size_t n = 0;

  text[0] = '\0';
  for (const char *c = unit; *c && n + 1 < size;) {
    size_t letters = 0;
    while (islower((unsigned char)c[letters])) letters++;
    if (letters && g && Replace(g, axis, c, letters, found)) {
      const PetscBool apart = NeedsBrackets(found, c > unit ? c[-1] : '\0', c[letters]);
      n += (size_t)snprintf(text + n, size - n, apart ? "(%s)" : "%s", found);
    } else {
      letters = PetscMax(letters, 1);
      n += (size_t)snprintf(text + n, size - n, "%.*s", (int)letters, c);
    }
    c += letters;
  }
  if (g) Tidy(text);
}

const char *OttoUnitPattern(PetscInt i)
{
  static const char *const patterns[] = {
      "length",          "time",          "energy",        "1/length",
      "1/area",          "1/volume",      "1/time",        "nats/time",
      "energy/time",     "length/time",   "length^2",      "nats/length^2",
      "1/(time length)", "1/(time area)", "length^2/time", "energy/length"};

  return i < (PetscInt)(sizeof patterns / sizeof patterns[0]) ? patterns[i] : NULL;
}
