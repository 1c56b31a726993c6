/* The input file: nested keys joined with `_`, plain values, and lists joined with commas. It is
 * walked by libyaml's events, because PETSc's own reader lets repeated keys, further documents and
 * missing values pass without a word, and its errors name no line. */
#include "options_impl.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <yaml.h>

#define INPUT_LIMIT (16 << 20) /* bytes of an input file */
#define KEY_SIZE 128           /* of a joined key; src/core/options.def has none near it */

/* Reads a whole file on rank 0 and hands it to everyone. *text is PetscMalloc'ed. */
static PetscErrorCode ReadFile(const char *path, char **text)
{
  PetscMPIInt rank;
  long long size = -1;
  char reason[200] = "";

  PetscFunctionBegin;
  *text = NULL;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  if (rank == 0) {
    struct stat st;
    /* O_NONBLOCK: a FIFO is no reason to wait for its writer */
    const int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    PetscBool regular = descriptor >= 0 && !fstat(descriptor, &st) && S_ISREG(st.st_mode) &&
                                st.st_size <= INPUT_LIMIT
                            ? PETSC_TRUE
                            : PETSC_FALSE;
    FILE *f = descriptor < 0 ? NULL : fdopen(descriptor, "rb");
    size_t capacity = 65536, used = 0, got = 0;
    char *buffer = malloc(capacity);
    while (f && buffer && regular && (got = fread(buffer + used, 1, capacity - used - 1, f)) > 0) {
      used += got;
      if (capacity - used < 2) buffer = realloc(buffer, capacity *= 2);
    }
    if (!f || !buffer || ferror(f))
      snprintf(reason, sizeof reason, "%s", strerror(errno));
    else if (!regular)
      snprintf(reason, sizeof reason, "it is not a file of at most 16 MiB");
    else if (memchr(buffer, 0, used))
      snprintf(reason, sizeof reason, "it is not a text file");
    else
      size = (long long)used;
    if (f) fclose(f);
    if (size >= 0 && !PetscMalloc1(size + 1, text)) memcpy(*text, buffer, (size_t)size);
    free(buffer);
  }
  PetscCallMPI(MPI_Bcast(&size, 1, MPI_LONG_LONG, 0, PETSC_COMM_WORLD));
  PetscCallMPI(MPI_Bcast(reason, sizeof reason, MPI_CHAR, 0, PETSC_COMM_WORLD));
  OttoCheckInput(size >= 0, "cannot read input file %s: %s", path, reason);
  if (rank) PetscCall(PetscMalloc1(size + 1, text));
  PetscCallMPI(MPI_Bcast(*text, (PetscMPIInt)size, MPI_CHAR, 0, PETSC_COMM_WORLD));
  (*text)[size] = 0;
  PetscFunctionReturn(0);
}

typedef struct {
  char key[KEY_SIZE]; /* joined with the keys above it */
  char *value;        /* NULL where it holds a map */
  int map, line;      /* the number of the map it stands in; from 1 */
} Entry;

typedef struct {
  const char *path, *text;
  yaml_parser_t parser;
  yaml_event_t event; /* the current one */
  PetscSegBuffer entries;
  int maps;
} Reader;

#define Refuse(r, line, format, ...)                                                               \
  OttoFail(OTTO_ERR_INPUT, "%s, line %d: " format, (r)->path, line, ##__VA_ARGS__)

static PetscErrorCode RefuseParse(const Reader *r)
{
  const yaml_parser_t *p = &r->parser;
  int line = (int)p->problem_mark.line + 1;

  PetscFunctionBegin;
  if (p->error == YAML_MEMORY_ERROR) OttoFail(PETSC_ERR_MEM, "reading %s", r->path);
  if (p->error == YAML_READER_ERROR) { /* has no mark, only the bytes read before it */
    line = 1;
    for (size_t i = 0; i < p->problem_offset && r->text[i]; i++) line += r->text[i] == '\n';
  }
  Refuse(r, line, "not valid YAML: %s%s%s", p->context ? p->context : "", p->context ? ", " : "",
         p->problem ? p->problem : "no text");
}

static PetscErrorCode Next(Reader *r)
{
  PetscFunctionBegin;
  yaml_event_delete(&r->event);
  if (!yaml_parser_parse(&r->parser, &r->event)) PetscCall(RefuseParse(r));
  PetscFunctionReturn(0);
}

static int Line(const Reader *r)
{
  return (int)r->event.start_mark.line + 1;
}

/* What would mean something in YAML that is lost here: tags, and references to another place. */
static PetscErrorCode RefuseExtras(const Reader *r)
{
  const yaml_event_t *e = &r->event;
  const yaml_char_t *tag = e->type == YAML_SCALAR_EVENT           ? e->data.scalar.tag
                           : e->type == YAML_MAPPING_START_EVENT  ? e->data.mapping_start.tag
                           : e->type == YAML_SEQUENCE_START_EVENT ? e->data.sequence_start.tag
                                                                  : NULL;

  PetscFunctionBegin;
  if (e->type == YAML_ALIAS_EVENT)
    Refuse(r, Line(r), "*%s: references are not supported; write the value itself",
           (const char *)e->data.alias.anchor);
  if (tag) Refuse(r, Line(r), "tags (%.40s) are not supported", (const char *)tag);
  PetscFunctionReturn(0);
}

/* A scalar's text, "" for a null; it lasts until Next(). */
static PetscErrorCode Text(const Reader *r, const char **text)
{
  static const char *const nulls[] = {"~", "null", "Null", "NULL", NULL};
  const yaml_event_t *e = &r->event;

  PetscFunctionBegin;
  *text = (const char *)e->data.scalar.value;
  if (strlen(*text) != e->data.scalar.length) Refuse(r, Line(r), "\\0 cannot be part of a text");
  for (int i = 0; nulls[i] && e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE; i++)
    if (!strcmp(*text, nulls[i])) *text = "";
  PetscFunctionReturn(0);
}

static PetscErrorCode ReadKey(Reader *r, const Entry *above, int map, Entry **entry)
{
  const char *word;
  Entry *e;

  PetscFunctionBegin;
  PetscCall(RefuseExtras(r));
  if (r->event.type != YAML_SCALAR_EVENT)
    Refuse(r, Line(r), "a key must be a word, not a map or a list");
  PetscCall(Text(r, &word));
  if (!*word) Refuse(r, Line(r), "a key is missing before ':'");
  PetscCall(PetscSegBufferGet(r->entries, 1, entry));
  e = *entry;
  *e = (Entry){.map = map, .line = Line(r)};
  int length =
      snprintf(e->key, sizeof e->key, "%s%s%s", above ? above->key : "", above ? "_" : "", word);
  if (length >= (int)sizeof e->key)
    Refuse(r, e->line, "key %s… is too long; %d letters are allowed", e->key,
           (int)sizeof e->key - 1);
  PetscFunctionReturn(0);
}

static PetscErrorCode Append(PetscSegBuffer buffer, const char *text, size_t count)
{
  char *end;

  PetscFunctionBegin;
  PetscCall(PetscSegBufferGet(buffer, count, &end));
  memcpy(end, text, count);
  PetscFunctionReturn(0);
}

/* Whether a comma stands in no brackets: those of atan2(y, x) belong to the entry. */
static PetscBool HasComma(const char *text)
{
  int depth = 0;

  for (; *text; text++) {
    depth += (*text == '(') - (*text == ')');
    if (*text == ',' && depth <= 0) return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

/* A scalar, or a list of scalars; whatever stands in the list, its events end at its level. */
static PetscErrorCode ReadValue(Reader *r, const Entry *e, PetscSegBuffer joined)
{
  const PetscBool list = r->event.type == YAML_SEQUENCE_START_EVENT ? PETSC_TRUE : PETSC_FALSE;
  const char *text;

  PetscFunctionBegin;
  PetscCall(RefuseExtras(r));
  if (list) PetscCall(Next(r));
  for (int i = 0; !list || r->event.type != YAML_SEQUENCE_END_EVENT; i++) {
    PetscCall(RefuseExtras(r));
    if (r->event.type != YAML_SCALAR_EVENT)
      Refuse(r, Line(r), "key %s: a list holds plain values, neither maps nor lists", e->key);
    PetscCall(Text(r, &text));
    if (!*text && list) Refuse(r, Line(r), "key %s: entry %d has no value", e->key, i + 1);
    if (list && HasComma(text))
      Refuse(r, Line(r), "key %s: entry %d, '%s', holds a comma, which separates entries", e->key,
             i + 1, text);
    if (i) PetscCall(Append(joined, ",", 1));
    PetscCall(Append(joined, text, strlen(text)));
    if (!list) break;
    PetscCall(Next(r));
  }
  PetscCall(Append(joined, "", 1));
  PetscFunctionReturn(0);
}

/* The current event starts the map of key `above` (NULL: the file itself). */
static PetscErrorCode ReadMap(Reader *r, const Entry *above)
{
  const int map = r->maps++;
  PetscSegBuffer joined;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(RefuseExtras(r));
  PetscCall(Next(r));
  if (above && r->event.type == YAML_MAPPING_END_EVENT)
    Refuse(r, above->line, "key %s has no value", above->key);
  while (r->event.type != YAML_MAPPING_END_EVENT) {
    Entry *e = NULL;
    PetscCall(ReadKey(r, above, map, &e));
    PetscCall(Next(r));
    if (r->event.type == YAML_MAPPING_START_EVENT) {
      PetscCall(ReadMap(r, e)); /* no deeper than a key has letters */
    } else {
      PetscCall(PetscSegBufferCreate(1, 256, &joined));
      code = ReadValue(r, e, joined);
      if (!code) code = PetscSegBufferExtractAlloc(joined, &e->value);
      PetscCall(PetscSegBufferDestroy(&joined));
      PetscCall(code);
      if (!*e->value) Refuse(r, e->line, "key %s has no value", e->key);
    }
    PetscCall(Next(r));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode ReadDocument(Reader *r)
{
  PetscFunctionBegin;
  PetscCall(Next(r)); /* the stream */
  PetscCall(Next(r));
  if (r->event.type == YAML_STREAM_END_EVENT) PetscFunctionReturn(0); /* nothing but comments */
  PetscCall(Next(r));
  if (r->event.type != YAML_MAPPING_START_EVENT)
    Refuse(r, Line(r), "an input file holds keys and values, `key: value`");
  PetscCall(ReadMap(r, NULL));
  PetscCall(Next(r)); /* the document's end */
  PetscCall(Next(r));
  if (r->event.type != YAML_STREAM_END_EVENT)
    Refuse(r, Line(r), "a second document starts here; one is allowed");
  PetscFunctionReturn(0);
}

/* PETSc's keys do not distinguish capitals. */
static int ByKey(const void *a, const void *b)
{
  const Entry *x = (const Entry *)a, *y = (const Entry *)b;
  int order = strcasecmp(x->key, y->key);

  return order ? order : x->line - y->line;
}

/* One map has a key once; two maps may share a key, `p: {floor: …}` and `p_density: …`, but not a
 * value's. */
static PetscErrorCode RefuseRepeated(const Reader *r, size_t count, const Entry entries[])
{
  PetscFunctionBegin;
  for (size_t i = 0; i < count; i++)
    for (size_t j = i + 1; j < count && !strcasecmp(entries[i].key, entries[j].key); j++)
      if (entries[i].map == entries[j].map || (entries[i].value && entries[j].value))
        Refuse(r, entries[j].line, "key %s stands on line %d already; once is allowed",
               entries[j].key, entries[i].line);
  PetscFunctionReturn(0);
}

static PetscErrorCode Insert(const Reader *r, size_t count, const Entry entries[])
{
  char name[KEY_SIZE + 1];
  size_t values = 0;

  PetscFunctionBegin;
  for (size_t i = 0; i < count; i++) values += entries[i].value ? 1 : 0;
  OttoCheckInput(values <= OTTO_MAX_KEYS, "%s: %zu keys; at most %d are allowed", r->path, values,
                 OTTO_MAX_KEYS);
  for (size_t i = 0; i < count; i++) {
    if (!entries[i].value) continue;
    snprintf(name, sizeof name, "-%s", entries[i].key);
    PetscCall(PetscOptionsSetValue(NULL, name, entries[i].value));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOptionsInsertFile(const char *path)
{
  Reader r = {.path = path};
  Entry *entries = NULL;
  size_t count = 0;
  char *text = NULL;

  PetscFunctionBegin;
  PetscCall(ReadFile(path, &text));
  r.text = text;
  if (!yaml_parser_initialize(&r.parser)) OttoFail(PETSC_ERR_MEM, "reading %s", path);
  yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, strlen(text));
  PetscCall(PetscSegBufferCreate(sizeof(Entry), 64, &r.entries));
  PetscErrorCode code = ReadDocument(&r);
  PetscCall(PetscSegBufferGetSize(r.entries, &count));
  PetscCall(PetscSegBufferExtractAlloc(r.entries, &entries));
  if (!code && count) qsort(entries, count, sizeof *entries, ByKey);
  if (!code) code = RefuseRepeated(&r, count, entries);
  if (!code) code = Insert(&r, count, entries);
  for (size_t i = 0; i < count; i++) PetscCall(PetscFree(entries[i].value));
  PetscCall(PetscFree(entries));
  PetscCall(PetscSegBufferDestroy(&r.entries));
  yaml_event_delete(&r.event);
  yaml_parser_delete(&r.parser);
  PetscCall(PetscFree(text));
  PetscFunctionReturn(code);
}
