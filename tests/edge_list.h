/* A chain built by hand, edge by edge in long double, on every rank whole: the reference for what
 * closed cells, loops and edges of one direction leave. */
#pragma once
#include <otto/generator.h>
#include <math.h>
#include <stdlib.h>

#define EDGE_CELLS 500
#define EDGE_DIM 3

typedef double (*EdgeFunction)(const double x[]);

typedef struct {
  int axis, x, y;          /* cells; a loop where x = y */
  long double up, down, z; /* rates x → y and y → x, log(up/down) */
} HandEdge;

typedef struct {
  int dim, n[EDGE_DIM], cells, count, parts;
  double lower, upper, T, h[EDGE_DIM], volume;
  OttoBoundary boundary[EDGE_DIM];
  EdgeFunction V, drift[EDGE_DIM]; /* V: inf closes a cell; NULL: no drift */
  int part[EDGE_CELLS];            /* of connected cells, by edges; -1: closed */
  HandEdge edge[EDGE_DIM * EDGE_CELLS];
} HandChain;

static inline void HandIndex(const HandChain *s, int c, int i[])
{
  for (int j = s->dim - 1; j >= 0; c /= s->n[j--]) i[j] = c % s->n[j];
}

static inline void HandCentre(const HandChain *s, int c, double x[])
{
  int i[EDGE_DIM];
  HandIndex(s, c, i);
  for (int j = 0; j < s->dim; j++) x[j] = s->lower + (i[j] + 0.5) * s->h[j];
}

/* z/(e^z - 1) */
static inline long double HandBernoulli(long double z)
{
  return fabsl(z) < 1e-8L ? 1 - z / 2 : z / expm1l(z);
}

/* The parts: each cell takes the least number among its neighbours' until none changes. */
static inline void HandParts(HandChain *s)
{
  int changed = 1, names = 0, name[EDGE_CELLS];

  for (int c = 0; c < s->cells; c++) {
    double x[EDGE_DIM];
    HandCentre(s, c, x);
    s->part[c] = isfinite(s->V(x)) ? c : -1;
  }
  while (changed) {
    changed = 0;
    for (int e = 0; e < s->count; e++) {
      int *a = &s->part[s->edge[e].x], *b = &s->part[s->edge[e].y];
      if (*a == *b) continue;
      *a = *b = *a < *b ? *a : *b;
      changed = 1;
    }
  }
  for (int c = 0; c < s->cells; c++)
    if (s->part[c] == c) name[c] = names++;
  for (int c = 0; c < s->cells; c++)
    if (s->part[c] >= 0) s->part[c] = name[s->part[c]];
  s->parts = names;
}

/* Fills edges and parts from the rest; mobility 1. */
static inline void HandFill(HandChain *s)
{
  s->cells = 1;
  s->volume = 1;
  s->count = 0;
  for (int j = 0; j < s->dim; j++) {
    s->h[j] = (s->upper - s->lower) / s->n[j];
    s->cells *= s->n[j];
    s->volume *= s->h[j];
  }
  for (int c = 0; c < s->cells; c++)
    for (int j = 0, stride = s->cells; j < s->dim; j++) {
      int i[EDGE_DIM], y;
      double x[EDGE_DIM], of_x, of_y;
      HandIndex(s, c, i);
      HandCentre(s, c, x);
      stride /= s->n[j];
      y = i[j] + 1 < s->n[j] ? c + stride : c - i[j] * stride;
      if (i[j] + 1 == s->n[j] && s->boundary[j] != OTTO_BOUNDARY_PERIODIC) continue;
      of_x = s->V(x);
      HandCentre(s, y, x);
      of_y = s->V(x);
      if (!isfinite(of_x) || !isfinite(of_y)) continue;
      HandCentre(s, c, x);
      x[j] += 0.5 * s->h[j];
      long double z = ((long double)of_x - of_y) / s->T;
      if (s->drift[j]) z += (long double)s->drift[j](x) * s->h[j] / s->T;
      const long double D = s->T / ((long double)s->h[j] * s->h[j]);
      s->edge[s->count++] = (HandEdge){j, c, y, D * HandBernoulli(-z), D * HandBernoulli(z), z};
    }
  HandParts(s);
}
