/* fields.xdmf. A grid of the kind that viewers build themselves from origin and spacing has the
 * array's last axis as X; Otto's is the first. So the corners of cells are written out, and X is x.
 */
#include "storage_write.h"

const char *const OttoStorageComponents[OTTO_MAX_DIM] = {"x", "y", "z", "x4", "x5", "x6"};

/* "64 48", each size enlarged by `more`. */
static void PrintSizes(FILE *f, const OttoGridInfo *g, int more)
{
  for (PetscInt j = 0; j < g->dim; j++)
    fprintf(f, "%s%lld", j ? " " : "", (long long)g->n[j] + more);
}

static void PrintItem(FILE *f, OttoStorage s, const OttoStorageEntry *e, const char *indent,
                      const char *part)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);

  fprintf(f, "%s<DataItem Dimensions=\"", indent);
  PrintSizes(f, g, 0);
  fprintf(f, "\" NumberType=\"Float\" Precision=\"8\" Format=\"HDF\">%s.h5:/%d/%s%s%s</DataItem>\n",
          s->name, (int)PetscMax(0, e->sample), e->name, part ? "_" : "", part ? part : "");
}

/* Viewers know vectors of three components. */
static void PrintVector(FILE *f, OttoStorage s, const OttoStorageEntry *e)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);

  fprintf(f, "          <DataItem ItemType=\"Function\" Function=\"%s\" Dimensions=\"",
          g->dim == 2 ? "JOIN($0, $1, 0*$0)" : "JOIN($0, $1, $2)");
  PrintSizes(f, g, 0);
  fprintf(f, " 3\">\n");
  for (PetscInt j = 0; j < g->dim; j++)
    PrintItem(f, s, e, "            ", OttoStorageComponents[j]);
  fprintf(f, "          </DataItem>\n");
}

static void PrintField(FILE *f, OttoStorage s, const OttoStorageEntry *e)
{
  fprintf(f, "        <Attribute Name=\"%s\" AttributeType=\"%s\" Center=\"Cell\">\n", e->name,
          e->vector ? "Vector" : "Scalar");
  if (e->vector)
    PrintVector(f, s, e);
  else
    PrintItem(f, s, e, "          ", NULL);
  fprintf(f, "        </Attribute>\n");
}

/* One time: entries [first, last) and all timeless ones, so that every time has the same fields,
 * which viewers expect. */
static void PrintSample(FILE *f, OttoStorage s, const OttoStorageEntry *first,
                        const OttoStorageEntry *last)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);

  fprintf(f, "      <Grid Name=\"%d\" GridType=\"Uniform\">\n        <Time Value=\"%.17g\"/>\n",
          (int)PetscMax(0, first->sample), (double)first->time);
  if (s->note[0] && s->noted == first->sample)
    fprintf(f, "        <Information Name=\"note\" Value=\"%s\"/>\n", s->note);
  fprintf(f, "        <Topology TopologyType=\"%dDSMesh\" Dimensions=\"", (int)g->dim);
  PrintSizes(f, g, 1);
  fprintf(f, "\"/>\n        <Geometry GeometryType=\"%s\">\n          <DataItem Dimensions=\"",
          g->dim == 2 ? "XY" : "XYZ");
  PrintSizes(f, g, 1);
  fprintf(f,
          " %d\" NumberType=\"Float\" Precision=\"%d\" "
          "Format=\"HDF\">%s.h5:/mesh/nodes</DataItem>\n"
          "        </Geometry>\n",
          (int)g->dim, (int)OttoStorageNodeWidth(g), s->name);
  for (const OttoStorageEntry *e = first; e < last; e++)
    if (e->axis < 0) PrintField(f, s, e);
  for (PetscInt i = 0; i < s->count && first->sample != OTTO_STORAGE_TIMELESS; i++)
    if (s->entries[i].sample == OTTO_STORAGE_TIMELESS) PrintField(f, s, &s->entries[i]);
  fprintf(f, "      </Grid>\n");
}

/* Whether there is a field among entries [first, last): viewers see no lines. */
static PetscBool HasField(const OttoStorageEntry *first, const OttoStorageEntry *last)
{
  for (const OttoStorageEntry *e = first; e < last; e++)
    if (e->axis < 0) return PETSC_TRUE;
  return PETSC_FALSE;
}

void OttoStoragePrintXdmf(FILE *f, OttoStorage s)
{
  PetscBool timeless_only = PETSC_TRUE;

  fprintf(f, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- Otto " OTTO_VERSION " -->\n"
             "<Xdmf Version=\"3.0\">\n  <Domain>\n"
             "    <Grid Name=\"fields\" GridType=\"Collection\" CollectionType=\"Temporal\">\n");
  for (PetscInt i = 0; i < s->count; i++)
    if (s->entries[i].sample != OTTO_STORAGE_TIMELESS && s->entries[i].axis < 0)
      timeless_only = PETSC_FALSE;
  for (PetscInt i = 0, next; i < s->count; i = next) {
    for (next = i + 1; next < s->count && s->entries[next].sample == s->entries[i].sample;) next++;
    if (s->entries[i].sample == OTTO_STORAGE_TIMELESS && !timeless_only) continue;
    if (HasField(&s->entries[i], &s->entries[next]))
      PrintSample(f, s, &s->entries[i], &s->entries[next]);
  }
  fprintf(f, "    </Grid>\n  </Domain>\n</Xdmf>\n");
}
