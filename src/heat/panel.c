/* Lines of an array to panels and back. */
#include "panel.h"
#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

typedef PetscReal Pair __attribute__((vector_size(16), aligned(8), may_alias));

/* Two reals past the caches, where there is an instruction for it; `to` is aligned to 16 bytes. */
static inline void Stream(Pair value, PetscReal to[])
{
#ifdef __SSE2__
  _mm_stream_pd(to, (__m128d)value);
#else
  *(Pair *)to = value;
#endif
}

/* Cells before the first cache line that starts with a cell. */
static PetscInt64 Head(const PetscReal to[])
{
  return (PetscInt64)((64 - (uintptr_t)to % 64) % 64 / sizeof *to);
}

/* n rows of `width` lines that stand side by side, `stride` reals a row, to columns of a panel. */
static void GatherColumns(PetscInt64 n, PetscInt64 stride, PetscInt64 width, PetscReal scale,
                          const PetscReal from[], PetscReal panel[])
{
  if (width == OTTO_PANEL) {
    for (PetscInt64 i = 0; i < n; i++, from += stride, panel += OTTO_PANEL)
#pragma GCC unroll 16
      for (PetscInt c = 0; c < OTTO_PANEL; c++) panel[c] = scale * from[c];
    return;
  }
  for (PetscInt64 i = 0; i < n; i++, from += stride, panel += OTTO_PANEL)
    for (PetscInt64 c = 0; c < width; c++) panel[c] = scale * from[c];
}

static void ScatterColumns(PetscInt64 n, PetscInt64 stride, PetscInt64 width,
                           const PetscReal panel[], PetscReal to[])
{
  if (width == OTTO_PANEL) {
    for (PetscInt64 i = 0; i < n; i++, to += stride, panel += OTTO_PANEL)
#pragma GCC unroll 16
      for (PetscInt c = 0; c < OTTO_PANEL; c++) to[c] = panel[c];
    return;
  }
  for (PetscInt64 i = 0; i < n; i++, to += stride, panel += OTTO_PANEL)
    for (PetscInt64 c = 0; c < width; c++) to[c] = panel[c];
}

/* Two cells of two lines: transposed. */
static inline void Transpose(const PetscReal from[], PetscInt64 from_stride, PetscReal scale,
                             PetscReal to[], PetscInt64 to_stride)
{
  const Pair a = scale * *(const Pair *)from, b = scale * *(const Pair *)(from + from_stride);
  typedef long long Index __attribute__((vector_size(16)));

  *(Pair *)to = __builtin_shuffle(a, b, (Index){0, 2});
  *(Pair *)(to + to_stride) = __builtin_shuffle(a, b, (Index){1, 3});
}

/* `width` lines of n cells each, one after the other. */
static void GatherLines(PetscInt64 n, PetscInt64 width, PetscReal scale, const PetscReal from[],
                        PetscReal panel[])
{
  PetscInt64 i = 0;

  for (; i + OTTO_TILE <= n; i += OTTO_TILE) { /* a cache line of each */
    PetscInt64 c = 0;
    for (; c + 2 <= width; c += 2)
#pragma GCC unroll 4
      for (PetscInt k = 0; k < OTTO_TILE; k += 2)
        Transpose(from + c * n + i + k, n, scale, panel + (i + k) * OTTO_PANEL + c, OTTO_PANEL);
    for (; c < width; c++)
      for (PetscInt k = 0; k < OTTO_TILE; k++)
        panel[(i + k) * OTTO_PANEL + c] = scale * from[c * n + i + k];
  }
  for (; i < n; i++)
    for (PetscInt64 c = 0; c < width; c++) panel[i * OTTO_PANEL + c] = scale * from[c * n + i];
}

/* Eight cells of two lines. */
static inline void ScatterPair(PetscInt64 n, PetscBool stream, const PetscReal panel[],
                               PetscReal to[])
{
  typedef long long Index __attribute__((vector_size(16)));

#pragma GCC unroll 4
  for (PetscInt k = 0; k < OTTO_TILE; k += 2, panel += 2 * OTTO_PANEL) {
    const Pair a = *(const Pair *)panel, b = *(const Pair *)(panel + OTTO_PANEL);
    const Pair first = __builtin_shuffle(a, b, (Index){0, 2}),
               second = __builtin_shuffle(a, b, (Index){1, 3});
    if (stream) {
      Stream(first, to + k);
      Stream(second, to + n + k);
    } else {
      *(Pair *)(to + k) = first;
      *(Pair *)(to + n + k) = second;
    }
  }
}

static void ScatterCells(PetscInt64 first, PetscInt64 end, PetscInt64 n, PetscInt64 width,
                         const PetscReal panel[], PetscReal to[])
{
  for (PetscInt64 i = first; i < end; i++)
    for (PetscInt64 c = 0; c < width; c++) to[c * n + i] = panel[i * OTTO_PANEL + c];
}

/* Past the caches only whole lines of theirs, where all begin at the same cell. */
static void ScatterLines(PetscInt64 n, PetscInt64 width, PetscBool stream, const PetscReal panel[],
                         PetscReal to[])
{
  PetscInt64 i;

  if (n % OTTO_TILE || (uintptr_t)to % sizeof *to) stream = PETSC_FALSE;
  i = stream ? PetscMin(Head(to), n) : 0;
  ScatterCells(0, i, n, width, panel, to);
  for (; i + OTTO_TILE <= n; i += OTTO_TILE) {
    for (PetscInt64 c = 0; c + 2 <= width; c += 2)
      ScatterPair(n, stream, panel + i * OTTO_PANEL + c, to + c * n + i);
    if (width % 2)
      for (PetscInt64 k = i; k < i + OTTO_TILE; k++)
        to[(width - 1) * n + k] = panel[k * OTTO_PANEL + width - 1];
  }
  ScatterCells(i, n, n, width, panel, to);
}

/* Lines [line, line + width) of an array [outer][n][inner], in the runs that stand side by side. */
static void Gather(PetscInt64 n, PetscInt64 inner, PetscInt64 line, PetscInt64 width,
                   PetscReal scale, const PetscReal in[], PetscReal panel[])
{
  PetscInt64 run;

  if (inner == 1) {
    GatherLines(n, width, scale, in + line * n, panel);
    return;
  }
  for (PetscInt64 c = 0; c < width; c += run) {
    const PetscInt64 a = (line + c) / inner, b = (line + c) % inner;
    run = PetscMin(width - c, inner - b);
    GatherColumns(n, inner, run, scale, in + a * n * inner + b, panel + c);
  }
}

static void Scatter(PetscInt64 n, PetscInt64 inner, PetscInt64 line, PetscInt64 width,
                    PetscBool stream, const PetscReal panel[], PetscReal out[])
{
  PetscInt64 run;

  if (inner == 1) {
    ScatterLines(n, width, stream, panel, out + line * n);
    return;
  }
  for (PetscInt64 c = 0; c < width; c += run) {
    const PetscInt64 a = (line + c) / inner, b = (line + c) % inner;
    run = PetscMin(width - c, inner - b);
    ScatterColumns(n, inner, run, panel + c, out + a * n * inner + b);
  }
}

void OttoPanelsApply(const OttoPanels *p, const OttoPanelWork *w, const PetscReal in[],
                     PetscReal out[])
{
  for (PetscInt64 line = 0; line < p->lines; line += OTTO_PANEL) {
    const PetscInt64 width = PetscMin(OTTO_PANEL, p->lines - line);
    Gather(w->ins, p->inner, line, width, p->scale, in, w->panel);
    if (p->second) Gather(w->outs, p->inner, line, width, 1, p->before, w->second);
    const PetscReal *done = w->work(w->context, width, p->given);
    Scatter(w->outs, p->inner, line, width, p->stream, done, out);
    if (p->second) Scatter(w->outs, p->inner, line, width, PETSC_FALSE, w->second, p->second);
  }
}
