#include <otto/formula.h>
#include <muParserDLL.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct _n_OttoFormula {
  muParserHandle_t parser;
  PetscInt dim, components;
  const char *variable;         /* its only one; NULL: coordinates */
  muFloat_t x[OTTO_MAX_DIM], t; /* what the parser's variables point at */
};

#define LONGEST 10000    /* characters of a formula */
#define LONGEST_WORD 200 /* of a name or number in it */
#define SHOWN 200        /* characters of a text shown in a message */

/* "x, y (also x1, x2), t", for messages. */
static void ListVariables(OttoFormula f, PetscBool with_time, char list[], size_t size)
{
  const PetscInt dim = f->dim;
  size_t used = 0;

  if (f->variable) {
    snprintf(list, size, "%s", f->variable);
    return;
  }
  for (PetscInt j = 0; j < PetscMin(dim, 3) && used < size; j++)
    used += (size_t)snprintf(list + used, size - used, "%s%c", j ? ", " : "", "xyz"[j]);
  for (PetscInt j = 0; j < dim && used < size; j++)
    used += (size_t)snprintf(list + used, size - used, "%sx%d", j ? ", " : " (also ", (int)j + 1);
  if (used < size) snprintf(list + used, size - used, ")%s", with_time ? ", t" : "");
}

static void DefineVariables(OttoFormula f, PetscBool with_time)
{
  if (f->variable) mupDefineVar(f->parser, f->variable, &f->x[0]);
  for (PetscInt j = 0; !f->variable && j < f->dim; j++) {
    char name[16];
    snprintf(name, sizeof name, "x%d", (int)j + 1);
    mupDefineVar(f->parser, name, &f->x[j]);
    if (j < 3) mupDefineVar(f->parser, (const char *[]){"x", "y", "z"}[j], &f->x[j]);
  }
  if (with_time) mupDefineVar(f->parser, "t", &f->t);
  mupDefineConst(f->parser, "_pi", M_PI); /* muParser 2.3 has 3.141592653589: 3e-13 off */
  mupDefineConst(f->parser, "_e", M_E);
  mupDefineConst(f->parser, "inf", INFINITY); /* a potential's closed cells */
}

/* The first '=' that stands alone: muParser would overwrite a variable. NULL if there is none. */
static const char *FindAssignment(const char *text)
{
  for (const char *c = strchr(text, '='); c; c = strchr(c + 1, '=')) {
    if (c[1] == '=')
      c++; /* == */
    else if (c == text || !strchr("<>!", c[-1]))
      return c;
  }
  return NULL;
}

/* The second of two comparisons in a row, as in a < x < b: muParser compares the first one's
 * answer, 0 or 1, with b. NULL if there is none. What stands between them at the same depth of
 * brackets decides: &&, ||, ?, : and a comma begin anew. */
static const char *FindChain(const char *text)
{
  PetscBool compared[LONGEST + 2] = {PETSC_FALSE}; /* at each depth */
  PetscInt depth = 0;

  for (const char *c = text; *c; c++) {
    if (*c == '(') {
      compared[++depth] = PETSC_FALSE;
    } else if (*c == ')') {
      depth = PetscMax(0, depth - 1);
    } else if (strchr("?:,", *c) || !strncmp(c, "&&", 2) || !strncmp(c, "||", 2)) {
      compared[depth] = PETSC_FALSE;
    } else if (strchr("<>=!", *c)) {
      if (compared[depth]) return c;
      compared[depth] = PETSC_TRUE;
      if (c[1] == '=') c++;
    }
  }
  return NULL;
}

/* muParser's own functions, for messages; a test calls each. */
static const char functions[] =
    "sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp ln "
    "log log2 log10 sqrt abs sign rint min max sum avg";

/* What someone who writes this name may mean. */
static const char *Hint(const char *word)
{
  static const char *const hints[][2] = {{"pi", "; pi is written _pi"},
                                         {"e", "; e is written _e"},
                                         {"pow", "; a power is written ^"},
                                         {"power", "; a power is written ^"},
                                         {"fabs", "; it is called abs"},
                                         {"arctan", "; it is called atan"},
                                         {"arcsin", "; it is called asin"},
                                         {"arccos", "; it is called acos"},
                                         {"arctan2", "; it is called atan2"},
                                         {"np", "; functions stand alone, exp(x)"},
                                         {"numpy", "; functions stand alone, exp(x)"},
                                         {"math", "; functions stand alone, exp(x)"},
                                         {"mod", "; a remainder is x - rint(x)"},
                                         {"infinity", "; it is written inf"},
                                         {"and", "; it is written &&"},
                                         {"or", "; it is written ||"},
                                         {NULL, NULL}};

  for (int i = 0; hints[i][0]; i++)
    if (!strcasecmp(word, hints[i][0])) return hints[i][1];
  return "";
}

/* Turns muParser's last error into ours. Its message and word share one buffer: copy each at once.
 */
static PetscErrorCode SyntaxError(OttoFormula f, const char *key, const char *text,
                                  PetscBool with_time)
{
  enum {
    UNKNOWN_NAME = 1,
    UNEXPECTED_END = 2
  }; /* muParser's ecUNASSIGNABLE_TOKEN, ecUNEXPECTED_EOF */
  const char *cut = strlen(text) > SHOWN ? "…" : "";
  char word[64], list[96];
  int code = mupGetErrorCode(f->parser);
  int at = PetscMin(mupGetErrorPos(f->parser), (int)strlen(text)) + 1; /* it appends a blank */

  PetscFunctionBegin;
  snprintf(word, sizeof word, "%s", mupGetErrorToken(f->parser));
  for (size_t n = strlen(word); n && word[n - 1] == ' '; n--) word[n - 1] = 0;
  ListVariables(f, with_time, list, sizeof list);
  OttoCheckInput(
      code != UNKNOWN_NAME,
      "%s: '%.*s%s': unknown name '%s' at character %d%s; known are %s, _pi, _e, inf and "
      "the functions %s",
      key, SHOWN, text, cut, word, at, Hint(word), list, functions);
  OttoCheckInput(code != UNEXPECTED_END,
                 "%s: '%.*s%s': the formula ends too early, at character %d", key, SHOWN, text, cut,
                 at);
  OttoFail(OTTO_ERR_INPUT, "%s: '%.*s%s': not a formula, at character %d, near '%s'", key, SHOWN,
           text, cut, at, word);
}

/* muParser has room for so much, and writes past its end otherwise. */
static PetscErrorCode CheckLength(const char *key, const char *text)
{
  static const char between[] = " \t\r\n+-*/^(),?:<>=&|!%;";
  const size_t length = strlen(text);

  PetscFunctionBegin;
  OttoCheckInput(length <= LONGEST, "%s: a formula of %zu characters; at most %d are allowed", key,
                 length, LONGEST);
  for (const char *word = text; *word; word += strspn(word, between)) {
    const size_t n = strcspn(word, between);
    OttoCheckInput(n <= LONGEST_WORD,
                   "%s: '%.40s…': a name or number of %zu characters, at character %d; at most %d "
                   "are allowed",
                   key, word, n, (int)(word - text) + 1, LONGEST_WORD);
    word += n;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Parse(OttoFormula f, const char *key, const char *text, PetscBool with_time)
{
  const char *cut = strlen(text) > SHOWN ? "…" : "", *equals = FindAssignment(text);
  const char *stars = strstr(text, "**"), *chain;
  int found = 0;

  PetscFunctionBegin;
  OttoCheckInput(text[strspn(text, " \t\r\n")], "%s: the formula is empty", key);
  PetscCall(CheckLength(key, text));
  OttoCheckInput(!equals, "%s: '%.*s%s': '=' at character %d; a comparison is written ==", key,
                 SHOWN, text, cut, (int)(equals - text) + 1);
  OttoCheckInput(!stars, "%s: '%.*s%s': '**' at character %d; a power is written ^", key, SHOWN,
                 text, cut, (int)(stars - text) + 1);
  chain = FindChain(text);
  OttoCheckInput(!chain,
                 "%s: '%.*s%s': a second comparison in a row, at character %d, would compare the "
                 "answer of the first, 0 or 1; a < x < b is written a < x && x < b, or "
                 "(a < x)*(x < b)",
                 key, SHOWN, text, cut, (int)(chain - text) + 1);
  f->parser = mupCreate(muBASETYPE_FLOAT);
  PetscCheck(f->parser, PETSC_COMM_SELF, PETSC_ERR_MEM, "muParser cannot start");
  DefineVariables(f, with_time);
  mupSetExpr(f->parser, text);
  if (!mupError(f->parser))
    mupEvalMulti(f->parser, &found); /* it parses at the first evaluation */
  else
    found = -1;
  if (found < 0 || mupError(f->parser)) PetscCall(SyntaxError(f, key, text, with_time));
  OttoCheckInput(found == f->components,
                 "%s: '%.*s%s' has %d component%s; %d expected, separated by commas", key, SHOWN,
                 text, cut, found, found == 1 ? "" : "s", (int)f->components);
  PetscFunctionReturn(0);
}

/* Of one variable, or of dim coordinates where it is NULL. */
static PetscErrorCode Create(const char *key, const char *text, const char *variable, PetscInt dim,
                             PetscInt components, PetscBool with_time, OttoFormula *formula)
{
  OttoFormula f;

  PetscFunctionBegin;
  *formula = NULL;
  PetscCall(PetscNew(&f));
  f->variable = variable;
  f->dim = dim;
  f->components = components;
  PetscErrorCode code = Parse(f, key, text, with_time);
  if (code) PetscCall(OttoFormulaDestroy(&f));
  *formula = f;
  PetscFunctionReturn(code);
}

PetscErrorCode OttoFormulaCreate(const char *key, const char *text, PetscInt dim,
                                 PetscInt components, PetscBool with_time, OttoFormula *formula)
{
  PetscFunctionBegin;
  PetscCall(Create(key, text, NULL, dim, components, with_time, formula));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFormulaCreateOf(const char *key, const char *text, const char *variable,
                                   OttoFormula *formula)
{
  PetscFunctionBegin;
  PetscCall(Create(key, text, variable, 1, 1, PETSC_FALSE, formula));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFormulaDestroy(OttoFormula *formula)
{
  PetscFunctionBegin;
  if (!*formula) PetscFunctionReturn(0);
  if ((*formula)->parser) mupRelease((*formula)->parser);
  PetscCall(PetscFree(*formula));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFormulaEvaluate(OttoFormula formula, const PetscReal x[], PetscReal t,
                                   PetscReal value[])
{
  int found = 0;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < formula->dim; j++) formula->x[j] = x[j];
  formula->t = t;
  const muFloat_t *result = mupEvalMulti(formula->parser, &found);
  PetscCheck(!mupError(formula->parser) && found == formula->components, PETSC_COMM_SELF,
             PETSC_ERR_LIB, "muParser failed to evaluate a formula it had parsed");
  for (PetscInt i = 0; i < formula->components; i++) value[i] = result[i];
  PetscFunctionReturn(0);
}

PetscBool OttoFormulaUsesTime(OttoFormula formula)
{
  const muChar_t *name;
  muFloat_t *at;
  int count = mupGetExprVarNum(formula->parser);

  for (int i = 0; i < count; i++) {
    mupGetExprVar(formula->parser, (unsigned)i, &name, &at);
    if (at == &formula->t) return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

void OttoFormatPoint(PetscInt dim, const PetscReal x[], char text[], size_t size)
{
  size_t used = (size_t)snprintf(text, size, "(");

  for (PetscInt j = 0; j < dim && used < size; j++)
    used += (size_t)snprintf(text + used, size - used, "%s%.6g", j ? ", " : "", (double)x[j]);
  if (used < size) snprintf(text + used, size - used, ")");
}

PetscInt OttoFormulaCount(const char *text)
{
  PetscInt depth = 0, count = 1;

  for (; *text; text++) {
    depth += (*text == '(') - (*text == ')');
    count += *text == ',' && depth == 0;
  }
  return count;
}
