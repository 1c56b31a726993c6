/*
 * The c-transform, line by line (MATHEMATICS 11.1). Of w = −φ on a line of n cells, with x = h i
 * and y = h k, k is served by the i where i ↦ ½h²(i−k)² + w_i is least: the parabola ½h²i² + w_i,
 * convexified, has slopes e_i = (i + i')/2 + (w_i' − w_i)/(h²(i' − i)) between neighbours i < i' of
 * its hull (in cells), and k is served by i' from e_i on. So every slope marks the first k that it
 * serves, and a running maximum of marks says who serves whom: no branch that depends on the data.
 */
#include "c_transform.h"
#include "core/vecmath.h"
#include "grid/axis.h"
#include <string.h>

#define ROW 16 /* lines of a bundle */

struct _n_OttoCTransform {
  const OttoGridInfo *g;
  OttoAxis lines[OTTO_MAX_DIM];
  PetscReal *room;            /* a line in, one out, slopes: [most] each */
  PetscInt64 most;            /* positions on a line, its images included */
  int *mark, *vertex, *first; /* [most + 1] */
};

/* What a bundle is to do. */
typedef struct {
  OttoCTransform c;
  OttoCForm form;
  PetscReal sign; /* of what comes in: −1 on the first axis */
} Task;

/* Images of a line that stand before and behind it: half a period reaches every nearest one. */
static PetscInt64 Images(const OttoGridInfo *g, PetscInt axis)
{
  return g->boundary[axis] == OTTO_BOUNDARY_PERIODIC ? (g->n[axis] + 1) / 2 : 0;
}

PetscErrorCode OttoCTransformCreate(OttoGrid grid, OttoCTransform *transform)
{
  OttoCTransform c;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(PetscNew(&c));
  c->g = OttoGridGetInfo(grid);
  for (PetscInt j = 0; j < c->g->dim; j++) {
    /* the last axis stands in memory line after line */
    PetscCall(OttoAxisCreate(grid, j, 1, j == c->g->dim - 1 ? 1 : ROW, &c->lines[j]));
    c->most = PetscMax(c->most, c->g->n[j] + 2 * Images(c->g, j));
  }
  PetscCall(PetscMalloc4(3 * c->most, &c->room, c->most + 1, &c->mark, c->most + 1, &c->vertex,
                         c->most + 1, &c->first));
  *transform = c;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoCTransformDestroy(OttoCTransform *transform)
{
  OttoCTransform c = *transform;

  PetscFunctionBegin;
  if (!c) PetscFunctionReturn(0);
  for (PetscInt j = 0; j < c->g->dim; j++) PetscCall(OttoAxisDestroy(&c->lines[j]));
  PetscCall(PetscFree4(c->room, c->mark, c->vertex, c->first));
  PetscCall(PetscFree(*transform));
  PetscFunctionReturn(0);
}

size_t OttoCTransformBytes(OttoCTransform c)
{
  size_t bytes = (size_t)c->most * (3 * sizeof(PetscReal) + 3 * sizeof(int));

  for (PetscInt j = 0; j < c->g->dim; j++) bytes += OttoAxisBytes(c->lines[j]);
  return bytes;
}

/* Slopes between neighbours; whether they rise all along, so that every cell is on the hull. */
OTTO_VECTOR_CLONES static int Slopes(PetscInt64 n, const PetscReal *restrict w, PetscReal per_h2,
                                     PetscReal *restrict e)
{
  int falls = 0;

  if (n > 1) e[0] = 0.5 + (w[1] - w[0]) * per_h2;
  for (int i = 1; i < (int)n - 1; i++) {
    const PetscReal slope = i + 0.5 + (w[i + 1] - w[i]) * per_h2;
    const PetscReal before = i - 0.5 + (w[i] - w[i - 1]) * per_h2;
    e[i] = slope;
    falls |= !(slope >= before);
  }
  return !falls;
}

/* The first positions k ≥ e from `first` on, 0 … n. */
OTTO_VECTOR_CLONES static void Firsts(PetscInt64 count, const PetscReal *restrict e, int first,
                                      int n, int *restrict k)
{
  const PetscReal last = n;

  for (PetscInt64 v = 0; v < count; v++) {
    PetscReal at = e[v] - first;
    at = at > 0 ? at : 0;
    at = at < last ? at : last;
    const int below = (int)at;
    k[v] = below + (below < at);
  }
}

/* out[k] = ½h²(i − k)² + w_i, i = from[k]. */
OTTO_VECTOR_CLONES static void Evaluate(PetscInt64 n, const int *restrict from, int images,
                                        PetscReal half, const PetscReal *restrict w,
                                        PetscReal *restrict out)
{
  for (int k = 0; k < (int)n; k++) {
    const PetscReal apart = from[k] - (k + images);
    out[k] = half * apart * apart + w[from[k]];
  }
}

/* The lower convex hull (Andrew 1979): its vertices, and their slopes in place of the others'.
 * Returns how many vertices there are. */
static PetscInt64 Hull(PetscInt64 n, const PetscReal w[], PetscReal per_h2, PetscReal e[],
                       int vertex[])
{
  PetscInt64 count = 1;

  vertex[0] = 0;
  for (int i = 1; i < (int)n; i++) {
    PetscReal rise = e[i - 1], run = 1; /* from i − 1, which was pushed last */
    while (count > 1 && !(rise >= e[count - 2] * run)) {
      const int before = vertex[--count - 1];
      run = i - before;
      rise = 0.5 * run * (i + before) + (w[i] - w[before]) * per_h2;
    }
    e[count - 1] = rise / run;
    vertex[count++] = i;
  }
  return count;
}

/* mark[k], k < n: the vertex that serves position first + k. at[count]: room. */
static void Serve(PetscInt64 count, const PetscReal slope[], PetscInt64 first, PetscInt64 n,
                  int at[], int mark[])
{
  int serving = 0;

  Firsts(count - 1, slope, (int)first, (int)n, at);
  memset(mark, 0, (size_t)n * sizeof *mark);
  for (int v = 0; v < (int)count - 1; v++) mark[at[v]] = v + 1; /* mark[n]: serves nobody */
  for (PetscInt64 k = 0; k < n; k++) {
    serving = mark[k] > serving ? mark[k] : serving;
    mark[k] = serving;
  }
}

/* What the parabola through the least of three values and its neighbours, which are higher by a and
 * b, takes off the least. */
static inline PetscReal Dip(PetscReal a, PetscReal b)
{
  const PetscReal sum = a + b, difference = a - b;

  return sum > 0 ? difference * difference / (8 * sum) : 0;
}

/* One line: w[n] with its images before and behind to out[own]. */
static void Line(OttoCTransform c, OttoCForm form, PetscInt64 images, PetscInt64 own, PetscReal h,
                 const PetscReal w[], PetscReal out[])
{
  const PetscInt64 n = own + 2 * images;
  const PetscReal half = 0.5 * h * h, per_h2 = 1 / (h * h);
  PetscReal *e = c->room + 2 * c->most;
  int *mark = c->mark, *vertex = c->vertex;

  if (Slopes(n, w, per_h2, e)) {
    Serve(n, e, images, own, c->first, mark);
  } else {
    Serve(Hull(n, w, per_h2, e, vertex), e, images, own, c->first, mark);
    for (PetscInt64 k = 0; k < own; k++) mark[k] = vertex[mark[k]];
  }
  Evaluate(own, mark, (int)images, half, w, out);
  if (form == OTTO_C_GRID) return;
  for (PetscInt64 k = 0; k < own; k++) {
    const PetscInt64 i = mark[k];
    if (i == 0 || i == n - 1) continue;
    const PetscReal apart = (PetscReal)(i - (k + images));
    const PetscReal a = w[i + 1] - w[i] + half * (2 * apart + 1);
    const PetscReal b = w[i - 1] - w[i] - half * (2 * apart - 1);
    out[k] -= Dip(a, b);
  }
}

static PetscErrorCode Transform(const OttoBundle *b, void *context)
{
  const Task *task = (const Task *)context;
  const OttoCTransform c = task->c;
  const PetscInt64 n = b->n, row = b->stride, images = Images(b->g, b->axis);
  const PetscReal sign = task->sign;
  PetscReal *w = c->room, *out = w + c->most;

  for (PetscInt64 l = 0; l < b->lines; l++) {
    const PetscReal *in = b->in[0] + l;
    if (row == 1)
      for (PetscInt64 i = 0; i < n; i++) w[images + i] = sign * in[i];
    else
      for (PetscInt64 i = 0; i < n; i++) w[images + i] = sign * in[i * row];
    for (PetscInt64 i = 0; i < images; i++) {
      w[i] = w[n + i];
      w[images + n + i] = w[images + i];
    }
    if (row == 1) {
      Line(c, task->form, images, n, b->g->h[b->axis], w, b->out[0]);
      continue;
    }
    Line(c, task->form, images, n, b->g->h[b->axis], w, out);
    for (PetscInt64 i = 0; i < n; i++) b->out[0][i * row + l] = out[i];
  }
  return 0;
}

PetscErrorCode OttoCTransformApply(OttoCTransform c, OttoCForm form, const PetscReal phi[],
                                   PetscReal psi[])
{
  PetscFunctionBegin;
  for (PetscInt j = 0; j < c->g->dim; j++) {
    Task task = {.c = c, .form = form, .sign = j ? 1 : -1};
    PetscCall(OttoAxisApply(c->lines[j], 1, (const PetscReal *const[]){j ? psi : phi}, 1,
                            (PetscReal *const[]){psi}, Transform, &task));
  }
  PetscFunctionReturn(0);
}
