#include "grid_impl.h"
#include "mesh.h"
#include <otto/formula.h>
#include <otto/options.h>
#include <otto/units.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const OttoBoundaries[] = {"periodic",          "no_flux",           "open", "absorbing",
                                      "absorbing:no_flux", "no_flux:absorbing", NULL};
static const OttoMember boundaries[] = {
    {"periodic", "the axis closes on itself", NULL, {{NULL}}},
    {"no_flux", "nothing passes the faces (also: reflecting)", NULL, {{NULL}}},
    {"open", "free space beyond the faces", NULL, {{NULL}}},
    {"absorbing",
     "what reaches a face is gone (one face alone: absorbing:no_flux, "
     "no_flux:absorbing)",
     NULL,
     {{NULL}}}};
const OttoFamily OttoBoundaryFamily = {"boundary", "grid_boundary", NULL, 4, boundaries};

PetscErrorCode OttoGridCreate(MPI_Comm comm, OttoGrid *grid)
{
  OttoGrid g;

  PetscFunctionBegin;
  PetscCall(PetscNew(&g));
  g->info.comm = comm;
  PetscCallMPI(MPI_Comm_rank(comm, &g->info.rank));
  PetscCallMPI(MPI_Comm_size(comm, &g->info.size));
  *grid = g;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGridSetBox(OttoGrid grid, PetscInt dim, const PetscInt64 n[],
                              const PetscReal lower[], const PetscReal upper[],
                              const OttoBoundary boundary[])
{
  OttoGridInfo *g = &grid->info;

  PetscFunctionBegin;
  OttoCheckInput(dim >= 1 && dim <= OTTO_MAX_DIM, "grid_n: %d axes given; 1 to %d are possible",
                 (int)dim, OTTO_MAX_DIM);
  g->dim = dim;
  g->cells = 1;
  g->cell_volume = 1;
  for (PetscInt j = 0; j < OTTO_MAX_DIM; j++) {
    g->n[j] = j < dim ? n[j] : 1;
    g->lower[j] = j < dim ? lower[j] : 0;
    g->upper[j] = j < dim ? upper[j] : 1;
    g->boundary[j] = j < dim ? boundary[j] : OTTO_BOUNDARY_PERIODIC;
    if (dim > 3)
      snprintf(g->name[j], sizeof g->name[j], "x%d", (int)j + 1);
    else
      snprintf(g->name[j], sizeof g->name[j], "%c", j < 3 ? "xyz"[j] : '-');
    OttoCheckInput(g->n[j] >= 1,
                   "grid_n: size %" PetscInt64_FMT " on axis %d; it must be at least 1", g->n[j],
                   (int)j + 1);
    OttoCheckInput(isfinite(g->lower[j]) && isfinite(g->upper[j]),
                   "grid_lower, grid_upper: not finite on axis %d", (int)j + 1);
    OttoCheckInput(g->upper[j] > g->lower[j],
                   "grid_upper: %g on axis %d is not above grid_lower %g", (double)g->upper[j],
                   (int)j + 1, (double)g->lower[j]);
    OttoCheckInput(g->n[j] <= PETSC_MAX_INT / g->cells || sizeof(PetscInt) == 8,
                   "grid_n: the grid has more cells than this PETSc can number (%lld); build with "
                   "OTTO_INDEX_64 (PETSc with 64-bit indices)",
                   (long long)PETSC_MAX_INT);
    OttoCheckInput(g->n[j] <= ((PetscInt64)1 << 62) / g->cells, "grid_n: too many cells");
    g->h[j] = (g->upper[j] - g->lower[j]) / (PetscReal)g->n[j];
    g->cells *= g->n[j];
    g->cell_volume *= g->h[j];
  }
  OttoCheckInput(g->cell_volume > 0 && isfinite(g->cell_volume),
                 "grid_lower, grid_upper: the volume of a cell is %g", (double)g->cell_volume);
  PetscFunctionReturn(0);
}

/* What stands beside an axis' coordinates in fields.h5. */
static PetscBool IsField(const char *name)
{
  static const char *const fields[] = {
      "p", "q", "log_ratio", "potential", "open", "time", "steady_state", "metastable_set", NULL};

  for (int i = 0; fields[i]; i++)
    if (!strcmp(name, fields[i])) return PETSC_TRUE;
  return !strncmp(name, "current_", 8) || !strncmp(name, "mobility_", 9) ||
                 !strncmp(name, "mode_", 5) || !strncmp(name, "membership_", 11) ||
                 !strncmp(name, "eigenfunction_", 14) || !strncmp(name, "nodes_", 6)
             ? PETSC_TRUE
             : PETSC_FALSE;
}

/* Whether a name is the one of an axis other than j where none are given. */
static PetscBool IsOtherAxis(const OttoGridInfo *g, PetscInt j, const char *name)
{
  char number[16];

  for (PetscInt k = 0; k < g->dim; k++) {
    snprintf(number, sizeof number, "x%d", (int)k + 1);
    if (k == j) continue;
    if (!strcasecmp(name, number)) return PETSC_TRUE;
    if (k < 3 && strlen(name) == 1 && tolower((unsigned char)name[0]) == "xyz"[k])
      return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

PetscErrorCode OttoGridSetNames(OttoGrid grid, const char *const names[])
{
  OttoGridInfo *g = &grid->info;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscBool word = names[j][0] ? PETSC_TRUE : PETSC_FALSE;
    for (const char *c = names[j]; *c; c++)
      if (!isalnum((unsigned char)*c) && !strchr("_.-", *c)) word = PETSC_FALSE;
    OttoCheckInput(
        word && strlen(names[j]) < OTTO_AXIS_NAME,
        "grid_names: '%.40s' is no name of an axis; letters, digits, _ . and - make one, "
        "of at most %d",
        names[j], OTTO_AXIS_NAME - 1);
    OttoCheckInput(!IsField(names[j]),
                   "grid_names: '%s' is the name of a field that runs write; give the axis another",
                   names[j]);
    OttoCheckInput(!IsOtherAxis(g, j, names[j]),
                   "grid_names: '%s' is what formulas and columns call another axis", names[j]);
    for (PetscInt i = 0; i < j; i++)
      OttoCheckInput(strcasecmp(names[i], names[j]), "grid_names: two axes are called '%s'",
                     names[j]);
  }
  for (PetscInt j = 0; j < g->dim; j++) snprintf(g->name[j], sizeof g->name[j], "%s", names[j]);
  g->named = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscInt OttoGridFindAxis(const OttoGridInfo *g, const char *name)
{
  char number[16];

  for (PetscInt j = 0; j < g->dim; j++) {
    snprintf(number, sizeof number, "x%d", (int)j + 1);
    if (!strcasecmp(name, g->name[j])) return j;
    if (g->named) continue;
    if (!strcasecmp(name, number)) return j;
    if (j < 3 && strlen(name) == 1 && tolower((unsigned char)name[0]) == "xyz"[j]) return j;
  }
  return -1;
}

PetscErrorCode OttoGridSetLayout(OttoGrid grid, OttoLayout layout)
{
  PetscFunctionBegin;
  grid->layout = layout;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGridSetMesh(OttoGrid grid, PetscMPIInt p0, PetscMPIInt p1)
{
  PetscFunctionBegin;
  grid->info.mesh[0] = p0;
  grid->info.mesh[1] = p1;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGridSetCuts(OttoGrid grid, const PetscInt64 *const cuts[2])
{
  PetscFunctionBegin;
  for (int j = 0; j < 2; j++) {
    const size_t count = (size_t)grid->info.mesh[j] + 1;
    PetscCall(PetscFree(grid->cuts[j]));
    PetscCall(PetscMalloc1(count, &grid->cuts[j]));
    PetscCall(PetscArraycpy(grid->cuts[j], cuts[j], count));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode AxisCounts(PetscInt *dim, PetscInt64 n[])
{
  PetscReal *sizes;
  PetscInt count;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReals(NULL, "grid_n", &count, &sizes));
  OttoCheckInput(count > 0,
                 "grid_n: missing; give the number of cells on each axis, such as 256,256");
  OttoCheckInput(count <= OTTO_MAX_DIM, "grid_n: %d axes given; 1 to %d are possible", (int)count,
                 OTTO_MAX_DIM);
  for (PetscInt j = 0; j < count; j++) {
    OttoCheckInput(sizes[j] == floor(sizes[j]) && sizes[j] >= 1 && sizes[j] <= 1e15,
                   "grid_n: %g on axis %d is not a whole number of at least 1", (double)sizes[j],
                   (int)j + 1);
    n[j] = (PetscInt64)sizes[j];
  }
  *dim = count;
  PetscCall(PetscFree(sizes));
  PetscFunctionReturn(0);
}

/* grid_names: one word an axis. */
static PetscErrorCode ReadNames(OttoGrid grid)
{
  const PetscInt dim = grid->info.dim;
  const char *text, *names[OTTO_MAX_DIM];
  char words[OTTO_MAX_DIM][64];
  PetscInt count = 1;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetText(NULL, "grid_names", &text));
  if (!text) PetscFunctionReturn(0);
  for (const char *c = text; *c; c++) count += *c == ',';
  OttoCheckInput(count == dim, "grid_names: %d names for %d axes; give one per axis", (int)count,
                 (int)dim);
  for (PetscInt j = 0; j < dim; j++) {
    text += strspn(text, " ");
    size_t n = strcspn(text, ","), used = n;
    while (used && text[used - 1] == ' ') used--;
    snprintf(words[j], sizeof words[j], "%.*s", (int)PetscMin(used, 63), text);
    names[j] = words[j];
    text += n + (j + 1 < dim);
  }
  PetscCall(OttoGridSetNames(grid, names));
  PetscFunctionReturn(0);
}

/* grid_mesh: auto, or p0,p1. */
static PetscErrorCode ReadMesh(OttoGrid grid)
{
  const OttoGridInfo *g = &grid->info;
  const char *text;
  PetscReal *mesh;
  PetscInt count;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetText(NULL, "grid_mesh", &text));
  grid->choose = !text || !strcmp(text, "auto") ? PETSC_TRUE : PETSC_FALSE;
  if (grid->choose) PetscFunctionReturn(0);
  PetscCall(OttoOptionsGetReals(NULL, "grid_mesh", &count, &mesh));
  OttoCheckInput(count == 2, "grid_mesh: %d numbers given; it takes two, p0,p1, or auto",
                 (int)count);
  for (int j = 0; j < 2; j++)
    OttoCheckInput(mesh[j] == floor(mesh[j]) && mesh[j] >= 1,
                   "grid_mesh: %g is not a whole number of at least 1", (double)mesh[j]);
  OttoCheckInput(mesh[0] * mesh[1] == g->size,
                 "grid_mesh: %g,%g makes %g ranks, but there are %d; p0 times p1 is their number",
                 (double)mesh[0], (double)mesh[1], (double)(mesh[0] * mesh[1]), g->size);
  for (int j = 0; j < 2; j++)
    OttoCheckInput(mesh[j] <= (PetscReal)g->n[j],
                   "grid_mesh: the %" PetscInt64_FMT " cell%s of the %s axis cannot be dealt to "
                   "%g ranks",
                   g->n[j], g->n[j] > 1 ? "s" : "", j ? "second" : "first", (double)mesh[j]);
  PetscCall(OttoGridSetMesh(grid, (PetscMPIInt)mesh[0], (PetscMPIInt)mesh[1]));
  PetscCall(PetscFree(mesh));
  PetscFunctionReturn(0);
}

/* One face, or both: what is written is word[size], up to ':'. */
static PetscErrorCode ReadFace(const char word[], size_t size, OttoBoundary *face)
{
  static const char *const names[] = {"periodic", "no_flux", "open", "absorbing", "reflecting"};

  PetscFunctionBegin;
  for (int i = 0; i < 5; i++) {
    if (strlen(names[i]) != size || strncmp(names[i], word, size)) continue;
    *face = i == 4 ? OTTO_BOUNDARY_NO_FLUX : (OttoBoundary)i;
    PetscFunctionReturn(0);
  }
  OttoFail(OTTO_ERR_INPUT,
           "grid_boundary: '%.*s'; possible: periodic, no_flux (reflecting), open, absorbing, or "
           "lower:upper of an axis whose faces differ, each no_flux or absorbing",
           (int)size, word);
}

/* "absorbing", or "no_flux:absorbing". */
static PetscErrorCode ReadAxis(const char word[], size_t size, OttoBoundary *boundary)
{
  const char *colon = memchr(word, ':', size);
  const size_t first = colon ? (size_t)(colon - word) : size;
  OttoBoundary face[2] = {OTTO_BOUNDARY_PERIODIC};

  PetscFunctionBegin;
  PetscCall(ReadFace(word, first, &face[0]));
  face[1] = face[0];
  if (colon) PetscCall(ReadFace(colon + 1, size - first - 1, &face[1]));
  *boundary = face[0];
  if (face[0] == face[1]) PetscFunctionReturn(0);
  const PetscBool lower = OttoBoundaryAbsorbs(face[0], 0), upper = OttoBoundaryAbsorbs(face[1], 0);
  OttoCheckInput((lower || face[0] == OTTO_BOUNDARY_NO_FLUX) &&
                     (upper || face[1] == OTTO_BOUNDARY_NO_FLUX),
                 "grid_boundary: '%.*s'; faces that differ are no_flux (reflecting) or absorbing, "
                 "periodic and open are both faces of an axis",
                 (int)size, word);
  *boundary = lower ? OTTO_BOUNDARY_ABSORBING_LOWER : OTTO_BOUNDARY_ABSORBING_UPPER;
  PetscFunctionReturn(0);
}

/* grid_boundary, of every axis. */
static PetscErrorCode ReadBoundaries(PetscInt dim, OttoBoundary boundary[])
{
  PetscInt count = 0;
  const char *text;
  char word[64];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < OTTO_MAX_DIM; j++) boundary[j] = OTTO_BOUNDARY_PERIODIC;
  PetscCall(OttoOptionsGetText(NULL, "grid_boundary", &text));
  if (text) count = OttoListEntry(text, 0, word, sizeof word);
  OttoCheckInput(count <= OTTO_MAX_DIM, "grid_boundary: more than %d entries", OTTO_MAX_DIM);
  for (PetscInt j = 0; j < count; j++) {
    OttoListEntry(text, j, word, sizeof word);
    PetscCall(ReadAxis(word, strlen(word), &boundary[j]));
  }
  OttoCheckInput(count <= 1 || count == dim,
                 "grid_boundary: %d given for %d axes; give one for all, or one per axis",
                 (int)count, (int)dim);
  for (PetscInt j = 1; count == 1 && j < dim; j++) boundary[j] = boundary[0];
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGridSetFromOptions(OttoGrid grid)
{
  PetscInt dim = 0;
  PetscInt64 n[OTTO_MAX_DIM];
  PetscReal lower[OTTO_MAX_DIM] = {0}, upper[OTTO_MAX_DIM];
  OttoBoundary boundary[OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(AxisCounts(&dim, n));
  for (PetscInt j = 0; j < dim; j++) upper[j] = 1;
  PetscCall(OttoOptionsGetAxisReals(NULL, "grid_lower", dim, lower, NULL));
  PetscCall(OttoOptionsGetAxisReals(NULL, "grid_upper", dim, upper, NULL));
  PetscCall(ReadBoundaries(dim, boundary));
  PetscCall(OttoGridSetBox(grid, dim, n, lower, upper, boundary));
  PetscCall(ReadNames(grid));
  PetscCall(OttoGridReadUnits(grid));
  PetscCall(ReadMesh(grid));
  PetscFunctionReturn(0);
}

/* The largest rank count ≤ size whose ceil-blocks leave no rank empty. */
static PetscMPIInt LargestFull(PetscInt64 n, PetscMPIInt size)
{
  for (PetscMPIInt r = size; r > 1; r--) {
    PetscInt64 block = (n + r - 1) / r;
    if ((n + block - 1) / block == r) return r;
  }
  return 1;
}

/* Cells of the ranks before. */
static PetscInt64 Offset(const OttoGridInfo *g, PetscMPIInt rank)
{
  const PetscMPIInt place[2] = {rank / g->mesh[1], rank % g->mesh[1]};
  const PetscInt64 *cuts = &g->cuts[0][place[0]];

  return (cuts[0] * g->n[1] + (cuts[1] - cuts[0]) * g->cuts[1][place[1]]) * g->row_cells;
}

static PetscErrorCode Cut(PetscInt64 n, PetscInt64 ranks, OttoLayout layout, PetscInt64 **cuts)
{
  const PetscInt64 block = (n + ranks - 1) / ranks;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(ranks + 1, cuts));
  for (PetscInt64 r = 0; r <= ranks; r++)
    (*cuts)[r] = layout == OTTO_LAYOUT_FFTW ? PetscMin(r * block, n)
                                            : n / ranks * r + PetscMin(r, n % ranks);
  PetscFunctionReturn(0);
}

/* Where the blocks of axes 0 and 1 begin, and this rank's box. */
static PetscErrorCode Deal(OttoGrid grid)
{
  OttoGridInfo *g = &grid->info;
  const PetscMPIInt place[2] = {g->rank / g->mesh[1], g->rank % g->mesh[1]};

  PetscFunctionBegin;
  g->local_cells = g->row_cells = 1;
  for (PetscInt j = 0; j < OTTO_MAX_DIM; j++) {
    g->local[j] = g->n[j];
    if (j < 2) {
      if (!grid->cuts[j]) PetscCall(Cut(g->n[j], g->mesh[j], grid->layout, &grid->cuts[j]));
      g->cuts[j] = grid->cuts[j];
      g->first[j] = g->cuts[j][place[j]];
      g->local[j] = g->cuts[j][place[j] + 1] - g->first[j];
    } else
      g->row_cells *= g->n[j];
    g->local_cells *= g->local[j];
  }
  g->offset = Offset(g, g->rank);
  grid->is_setup = PETSC_TRUE;
  PetscFunctionReturn(0);
}

/* The mesh of a grid that was given none. */
static PetscErrorCode ChooseMesh(OttoGrid grid)
{
  const OttoGridInfo *g = &grid->info;
  PetscMPIInt mesh[2] = {g->size, 1};

  PetscFunctionBegin;
  if (grid->choose && grid->layout == OTTO_LAYOUT_BALANCED) {
    OttoMeshChoose(g, mesh);
    OttoCheckInput(mesh[0],
                   "grid_n: %" PetscInt64_FMT " cells on the first axis and %" PetscInt64_FMT
                   " on the second cannot be dealt to %d ranks; the largest number of ranks that "
                   "works is %d",
                   g->n[0], g->n[1], g->size, OttoMeshLargest(g, g->size));
  }
  PetscCall(OttoGridSetMesh(grid, mesh[0], mesh[1]));
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckMesh(OttoGrid grid)
{
  const OttoGridInfo *g = &grid->info;
  const PetscMPIInt *mesh = g->mesh;

  PetscFunctionBegin;
  OttoCheckInput(mesh[0] >= 1 && mesh[1] >= 1 && mesh[0] <= g->size / mesh[1] &&
                     mesh[0] * mesh[1] == g->size,
                 "grid_mesh: %d,%d is no mesh of %d rank%s", mesh[0], mesh[1], g->size,
                 g->size > 1 ? "s" : "");
  if (grid->layout == OTTO_LAYOUT_FFTW) {
    PetscMPIInt largest = LargestFull(g->n[0], g->size);
    OttoCheckInput(mesh[1] == 1, "grid_mesh: transform_engine fftw_mpi takes all ranks on the "
                                 "first axis");
    OttoCheckInput(largest == g->size,
                   "transform_engine fftw_mpi cannot deal %" PetscInt64_FMT
                   " planes to %d ranks; the "
                   "largest number that works is %d",
                   g->n[0], g->size, largest);
  }
  OttoCheckInput(g->n[0] >= mesh[0],
                 "grid_n: %" PetscInt64_FMT
                 " cells on the first axis cannot be dealt to %d ranks; the "
                 "largest number of ranks that works is %" PetscInt64_FMT,
                 g->n[0], mesh[0], g->n[0]);
  OttoCheckInput(g->n[1] >= mesh[1],
                 "grid_mesh: %" PetscInt64_FMT " cell%s on the second axis cannot be dealt to %d "
                 "ranks",
                 g->n[1], g->n[1] > 1 ? "s" : "", mesh[1]);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGridSetUp(OttoGrid grid)
{
  OttoGridInfo *g = &grid->info;

  PetscFunctionBegin;
  if (grid->is_setup) PetscFunctionReturn(0);
  OttoCheckInput(g->dim > 0, "grid_n: missing");
  if (!g->mesh[0]) PetscCall(ChooseMesh(grid));
  if (!grid->cuts[0]) PetscCall(CheckMesh(grid));
  PetscCall(Deal(grid));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGridDestroy(OttoGrid *grid)
{
  PetscFunctionBegin;
  if (!*grid) PetscFunctionReturn(0);
  if ((*grid)->halos) PetscCall((*grid)->destroy_halos(*grid));
  for (int j = 0; j < 2; j++) PetscCall(PetscFree((*grid)->cuts[j]));
  PetscCall(PetscFree(*grid));
  PetscFunctionReturn(0);
}

PetscBool OttoGridIsSetUp(OttoGrid grid)
{
  return grid->is_setup ? PETSC_TRUE : PETSC_FALSE;
}

const OttoGridInfo *OttoGridGetInfo(OttoGrid grid)
{
  return &grid->info;
}

void OttoGridCellIndex(const OttoGridInfo *g, PetscInt64 local, PetscInt64 idx[])
{
  for (PetscInt j = g->dim - 1; j > 0; j--) {
    idx[j] = g->first[j] + local % g->local[j];
    local /= g->local[j];
  }
  idx[0] = g->first[0] + local;
}

void OttoGridCellCentre(const OttoGridInfo *g, PetscInt64 local, PetscReal x[])
{
  PetscInt64 idx[OTTO_MAX_DIM];

  OttoGridCellIndex(g, local, idx);
  for (PetscInt j = 0; j < g->dim; j++) x[j] = OttoGridCentre(g, j, idx[j]);
}

PetscInt64 OttoGridLocate(const OttoGridInfo *g, const PetscReal x[], PetscBool *inside)
{
  PetscInt64 local = 0;
  PetscBool here = PETSC_TRUE, in = PETSC_TRUE;

  for (PetscInt j = 0; j < g->dim; j++) {
    if (!(x[j] >= g->lower[j] && x[j] <= g->upper[j])) {
      in = PETSC_FALSE;
      continue;
    }
    PetscInt64 i = (PetscInt64)floor((x[j] - g->lower[j]) / g->h[j]);
    i = PetscMax(0, PetscMin(i, g->n[j] - 1));
    i -= g->first[j];
    if (i < 0 || i >= g->local[j]) here = PETSC_FALSE;
    local = local * g->local[j] + i;
  }
  if (inside) *inside = in;
  return in && here ? local : -1;
}

/* The block, of `blocks` that begin at cuts, that cell i is in; empty blocks have no cell. */
static PetscMPIInt Block(const PetscInt64 cuts[], PetscMPIInt blocks, PetscInt64 i)
{
  PetscMPIInt low = 0, high = blocks;

  while (high - low > 1) {
    const PetscMPIInt middle = low + (high - low) / 2;
    if (cuts[middle] <= i)
      low = middle;
    else
      high = middle;
  }
  return low;
}

PetscInt64 OttoGridOwner(const OttoGridInfo *g, const PetscInt64 idx[], PetscMPIInt *rank)
{
  PetscInt64 local = 0;

  *rank = 0;
  for (PetscInt j = 0; j < g->dim; j++) {
    if (j >= 2) {
      local = local * g->n[j] + idx[j];
      continue;
    }
    const PetscMPIInt place = Block(g->cuts[j], g->mesh[j], idx[j]);
    local = local * (g->cuts[j][place + 1] - g->cuts[j][place]) + idx[j] - g->cuts[j][place];
    *rank += place * (j ? 1 : g->mesh[1]);
  }
  return local;
}

PetscInt64 OttoGridNumber(const OttoGridInfo *g, const PetscInt64 idx[])
{
  PetscMPIInt rank = g->rank;
  PetscInt64 own = 0;

  for (PetscInt j = 0; j < g->dim; j++) { /* an own cell, most of the time: without a search */
    const PetscInt64 i = idx[j] - g->first[j];
    if (i < 0 || i >= g->local[j]) rank = -1;
    own = own * g->local[j] + i;
  }
  if (rank >= 0) return g->offset + own;
  const PetscInt64 local = OttoGridOwner(g, idx, &rank);

  return Offset(g, rank) + local;
}

void OttoGridNumberIndex(const OttoGridInfo *g, PetscInt64 number, PetscInt64 idx[])
{
  if (number >= g->offset && number < g->offset + g->local_cells) {
    OttoGridCellIndex(g, number - g->offset, idx);
    return;
  }
  const PetscInt64 slab = g->n[1] * g->row_cells; /* cells that share their position on axis 0 */
  const PetscMPIInt place = Block(g->cuts[0], g->mesh[0], number / slab);
  const PetscInt64 first = g->cuts[0][place], rows = g->cuts[0][place + 1] - first;
  PetscInt64 rest = number - first * slab;
  const PetscMPIInt beside = Block(g->cuts[1], g->mesh[1], rest / (rows * g->row_cells));
  const PetscInt64 start = g->cuts[1][beside], local = g->cuts[1][beside + 1] - start;

  rest -= rows * start * g->row_cells;
  for (PetscInt j = g->dim - 1; j >= 1; j--) {
    const PetscInt64 n = j == 1 ? local : g->n[j];
    idx[j] = rest % n + (j == 1 ? start : 0);
    rest /= n;
  }
  idx[0] = first + rest;
}

void OttoGridFormatPoint(PetscInt dim, const PetscReal x[], char text[], size_t size)
{
  OttoFormatPoint(dim, x, text, size);
}
