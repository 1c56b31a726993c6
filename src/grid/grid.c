#include <otto/grid.h>
#include <otto/options.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const OttoBoundaries[] = {"periodic", "no_flux", "open", "absorbing", NULL};
static const OttoMember boundaries[] = {
    {"periodic", "the axis closes on itself", NULL, {{NULL}}},
    {"no_flux", "nothing passes the faces", NULL, {{NULL}}},
    {"open", "free space beyond the faces", NULL, {{NULL}}},
    {"absorbing", "what reaches a face is gone", NULL, {{NULL}}}};
const OttoFamily OttoBoundaryFamily = {"boundary", "grid_boundary", NULL, 4, boundaries};

struct _n_OttoGrid {
  OttoGridInfo info;
  OttoLayout layout;
  PetscInt64 *starts; /* info.starts, owned */
};

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
  g->plane_cells = g->cells / g->n[0];
  OttoCheckInput(g->cell_volume > 0 && isfinite(g->cell_volume),
                 "grid_lower, grid_upper: the volume of a cell is %g", (double)g->cell_volume);
  PetscFunctionReturn(0);
}

/* What stands beside an axis' coordinates in fields.h5. */
static PetscBool IsField(const char *name)
{
  static const char *const fields[] = {"p",    "q",    "log_ratio",    "potential",
                                       "open", "time", "steady_state", NULL};

  for (int i = 0; fields[i]; i++)
    if (!strcmp(name, fields[i])) return PETSC_TRUE;
  return !strncmp(name, "current_", 8) || !strncmp(name, "mode_", 5) || !strncmp(name, "nodes_", 6)
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

PetscErrorCode OttoGridSetFromOptions(OttoGrid grid)
{
  PetscInt dim = 0, count, index[OTTO_MAX_DIM];
  PetscInt64 n[OTTO_MAX_DIM];
  PetscReal lower[OTTO_MAX_DIM] = {0}, upper[OTTO_MAX_DIM];
  OttoBoundary boundary[OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(AxisCounts(&dim, n));
  for (PetscInt j = 0; j < dim; j++) upper[j] = 1;
  PetscCall(OttoOptionsGetAxisReals(NULL, "grid_lower", dim, lower, NULL));
  PetscCall(OttoOptionsGetAxisReals(NULL, "grid_upper", dim, upper, NULL));
  PetscCall(
      OttoOptionsGetChoices(NULL, "grid_boundary", OttoBoundaries, OTTO_MAX_DIM, &count, index));
  OttoCheckInput(count == 0 || count == 1 || count == dim,
                 "grid_boundary: %d given for %d axes; give one for all, or one per axis",
                 (int)count, (int)dim);
  for (PetscInt j = 0; j < dim; j++)
    boundary[j] = count == 0 ? OTTO_BOUNDARY_PERIODIC : (OttoBoundary)index[count == 1 ? 0 : j];
  PetscCall(OttoGridSetBox(grid, dim, n, lower, upper, boundary));
  PetscCall(ReadNames(grid));
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

PetscErrorCode OttoGridSetUp(OttoGrid grid)
{
  OttoGridInfo *g = &grid->info;
  PetscInt64 block = (g->n[0] + g->size - 1) / g->size;

  PetscFunctionBegin;
  if (grid->starts) PetscFunctionReturn(0);
  OttoCheckInput(g->dim > 0, "grid_n: missing");
  if (grid->layout == OTTO_LAYOUT_FFTW) {
    PetscMPIInt largest = LargestFull(g->n[0], g->size);
    OttoCheckInput(largest == g->size,
                   "transform_engine fftw_mpi cannot deal %" PetscInt64_FMT
                   " planes to %d ranks; the "
                   "largest number that works is %d",
                   g->n[0], g->size, largest);
  }
  OttoCheckInput(g->n[0] >= g->size,
                 "grid_n: %" PetscInt64_FMT
                 " cells on the first axis cannot be dealt to %d ranks; the "
                 "largest number of ranks that works is %" PetscInt64_FMT,
                 g->n[0], g->size, g->n[0]);
  PetscCall(PetscMalloc1(g->size + 1, &grid->starts));
  for (PetscMPIInt r = 0; r <= g->size; r++) {
    if (grid->layout == OTTO_LAYOUT_FFTW)
      grid->starts[r] = PetscMin(r * block, g->n[0]);
    else
      grid->starts[r] = (g->n[0] / g->size) * r + PetscMin((PetscInt64)r, g->n[0] % g->size);
  }
  g->starts = grid->starts;
  g->start = g->starts[g->rank];
  g->planes = g->starts[g->rank + 1] - g->start;
  g->local_cells = g->planes * g->plane_cells;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGridDestroy(OttoGrid *grid)
{
  PetscFunctionBegin;
  if (!*grid) PetscFunctionReturn(0);
  PetscCall(PetscFree((*grid)->starts));
  PetscCall(PetscFree(*grid));
  PetscFunctionReturn(0);
}

PetscBool OttoGridIsSetUp(OttoGrid grid)
{
  return grid->starts ? PETSC_TRUE : PETSC_FALSE;
}

const OttoGridInfo *OttoGridGetInfo(OttoGrid grid)
{
  return &grid->info;
}

void OttoGridCellIndex(const OttoGridInfo *g, PetscInt64 local, PetscInt64 idx[])
{
  for (PetscInt j = g->dim - 1; j > 0; j--) {
    idx[j] = local % g->n[j];
    local /= g->n[j];
  }
  idx[0] = g->start + local;
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
    if (j == 0) {
      here = i >= g->start && i < g->start + g->planes ? PETSC_TRUE : PETSC_FALSE;
      i -= g->start;
    }
    local = local * g->n[j] + i;
    if (j == 0) local = i;
  }
  if (inside) *inside = in;
  return in && here ? local : -1;
}

void OttoGridFormatPoint(PetscInt dim, const PetscReal x[], char text[], size_t size)
{
  size_t used = (size_t)snprintf(text, size, "(");

  for (PetscInt j = 0; j < dim && used < size; j++)
    used += (size_t)snprintf(text + used, size - used, "%s%.6g", j ? ", " : "", (double)x[j]);
  if (used < size) snprintf(text + used, size - used, ")");
}
