/*
 * Of all monotone plans between p and q shifted by a mass α, atom i of p meets atom j of q in turn:
 * a staircase of pairs (i, j). Along it φ_i + ψ_j = c_ij determines potentials, which are feasible
 * for every pair, as the cost satisfies Monge's condition. On a circle the staircase goes once
 * round, j counted on through the images; ψ gains by it the derivative of the cost by α. Where that
 * changes sign, the mean of both sides' potentials that gains nothing is periodic (MATHEMATICS
 * 11.1).
 */
#include "quantiles.h"
#include "grid/axis.h"

#define HALVINGS 200 /* of the interval of shifts: until no double is between its ends */

/* Two lines of atoms, and a staircase between them. */
typedef struct {
  PetscInt64 n;
  PetscReal half; /* ½h² */
  const PetscReal *p, *q;
  PetscBool circle;
  PetscReal shift; /* of q's levels */
  PetscReal *phi;  /* [n] */
  PetscReal cost;
  PetscReal slope; /* what ψ gains round the circle */
} Stairs;

static PetscReal Cost(const Stairs *s, PetscInt64 i, PetscInt64 j)
{
  const PetscReal apart = (PetscReal)(i - j);

  return s->half * apart * apart;
}

static PetscReal Atom(const Stairs *s, PetscInt64 j)
{
  return s->q[((j % s->n) + s->n) % s->n];
}

/* The atom of q, counted through images, that has level s->shift, and what it has beyond that. */
static PetscInt64 First(const Stairs *s, PetscReal *rest)
{
  const PetscReal turns = PetscFloorReal(s->shift);
  PetscReal level = s->shift - turns;
  PetscInt64 j = 0;

  while (j < s->n - 1 && s->q[j] <= level) level -= s->q[j++];
  *rest = PetscMax(s->q[j] - level, 0);
  return (PetscInt64)turns * s->n + j;
}

/* Walks the staircase. */
static void Walk(Stairs *s)
{
  const PetscInt64 n = s->n;
  PetscReal a = s->p[0], b = s->q[0], start;
  PetscInt64 i = 0, j = 0;
  OttoSum cost = {0, 0};

  if (s->circle) j = First(s, &b);
  const PetscInt64 end = s->circle ? j + n : n - 1;
  PetscReal psi = start = Cost(s, 0, j);
  s->phi[0] = 0;
  while (i < n - 1 || j < end) {
    const PetscBool up = i < n - 1 && (j == end || a <= b); /* the atom of p is spent */
    const PetscReal m = up ? a : b;
    OttoSumAdd(&cost, m * Cost(s, i, j));
    if (up) {
      b = PetscMax(b - m, 0);
      a = s->p[++i];
      s->phi[i] = Cost(s, i, j) - psi;
    } else {
      a = PetscMax(a - m, 0);
      b = Atom(s, ++j);
      psi = Cost(s, i, j) - s->phi[i];
    }
  }
  OttoSumAdd(&cost, a * Cost(s, i, j)); /* on a circle the rest of the first atom, a turn later */
  s->cost = OttoSumValue(cost);
  s->slope = psi - start;
}

/* The shift of least cost, and the potentials there; other[n]: room. */
static void Turn(Stairs *s, PetscReal other[])
{
  PetscReal low = -1, high = 1;
  Stairs at = *s;

  for (at.shift = low; Walk(&at), at.slope > 0; at.shift = low) low *= 2;
  for (at.shift = high; Walk(&at), at.slope < 0; at.shift = high) high *= 2;
  for (int k = 0; k < HALVINGS; k++) {
    at.shift = 0.5 * (low + high);
    if (!(at.shift > low && at.shift < high)) break;
    Walk(&at);
    if (at.slope < 0)
      low = at.shift;
    else
      high = at.shift;
  }
  s->shift = low;
  Walk(s);
  at = *s;
  at.phi = other;
  at.shift = high;
  Walk(&at);
  const PetscReal gap = at.slope - s->slope, share = gap > 0 ? at.slope / gap : 1;
  for (PetscInt64 i = 0; i < s->n; i++) s->phi[i] = share * s->phi[i] + (1 - share) * other[i];
  s->cost = PetscMin(s->cost, at.cost);
}

/* Where q, constant on cells, has reached a level, in cells: at a gap of q its lower or its upper
 * end. *j, *below: an atom of q at or before it, and the level where that begins. */
static PetscReal Quantile(const Stairs *s, PetscReal level, PetscBool upper_end, PetscInt64 last,
                          PetscInt64 *j, PetscReal *below)
{
  while (*j < last) {
    const PetscReal above = *below + Atom(s, *j);
    if (upper_end ? above > level : above >= level) break;
    *below = above;
    ++*j;
  }
  const PetscReal mass = Atom(s, *j), share = mass > 0 ? (level - *below) / mass : 0;
  return (PetscReal)*j + PetscMin(PetscMax(share, 0), 1);
}

/* The same from an atom that is known on, for one level; a gap of q there: its middle. */
static PetscReal Middle(const Stairs *s, PetscReal level, PetscInt64 last, PetscInt64 j,
                        PetscReal below)
{
  const PetscReal low = Quantile(s, level, PETSC_FALSE, last, &j, &below);

  return 0.5 * (low + Quantile(s, level, PETSC_TRUE, last, &j, &below));
}

/* The image of every cell, and of its centre. */
static void Faces(const Stairs *s, PetscReal lower[], PetscReal upper[], PetscReal middle[])
{
  PetscReal rest = s->q[0], level = 0;
  PetscInt64 j = 0;

  if (s->circle) j = First(s, &rest);
  const PetscInt64 last = s->circle ? j + s->n : s->n - 1;
  PetscReal below = rest - Atom(s, j); /* levels from the shift on */
  for (PetscInt64 i = 0; i < s->n; i++) {
    PetscInt64 to = j;
    PetscReal to_below = below;
    lower[i] = Quantile(s, level, PETSC_TRUE, last, &j, &below);
    middle[i] = Middle(s, level + 0.5 * s->p[i], last, j, below);
    level += s->p[i];
    upper[i] = Quantile(s, level, PETSC_FALSE, last, &to, &to_below);
    if (upper[i] < lower[i]) upper[i] = lower[i]; /* no mass */
    if (s->p[i] > 0) middle[i] = PetscMin(PetscMax(middle[i], lower[i]), upper[i]);
  }
}

/* The lines of a bundle of densities, as masses. */
static Stairs Lines(const OttoBundle *b, PetscReal phi[])
{
  const PetscReal h = b->g->h[0];

  for (PetscInt64 i = 0; i < b->n; i++) {
    b->in[0][i] *= h;
    b->in[1][i] *= h;
  }
  return (Stairs){.n = b->n,
                  .half = 0.5 * h * h,
                  .p = b->in[0],
                  .q = b->in[1],
                  .circle = b->g->boundary[0] == OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE,
                  .phi = phi};
}

/* The densities p and q in, phi and the images out. */
static PetscErrorCode Transport(const OttoBundle *b, void *context)
{
  PetscReal *cost = (PetscReal *)context;
  Stairs s = Lines(b, b->out[0]);

  if (s.circle)
    Turn(&s, b->out[1]);
  else
    Walk(&s);
  Faces(&s, b->out[1], b->out[2], b->out[3]);
  *cost = s.cost;
  return 0;
}

PetscErrorCode OttoQuantiles(OttoGrid grid, const PetscReal p[], const PetscReal q[],
                             PetscReal phi[], PetscReal lower[], PetscReal upper[],
                             PetscReal middle[], PetscReal *cost)
{
  PetscReal found = 0; /* by the rank that is handed the line */
  OttoAxis line;

  PetscFunctionBegin;
  PetscCall(OttoAxisCreate(grid, 0, 4, 1, &line));
  PetscCall(OttoAxisApply(line, 2, (const PetscReal *const[]){p, q}, 4,
                          (PetscReal *const[]){phi, lower, upper, middle}, Transport, &found));
  PetscCall(OttoAxisDestroy(&line));
  PetscCallMPI(MPI_Allreduce(&found, cost, 1, MPIU_REAL, MPIU_SUM, OttoGridGetInfo(grid)->comm));
  PetscFunctionReturn(0);
}

/* ---- on the way ---- */

/* Spreads a mass over a piece of the line, in cells. */
static void Spread(const Stairs *s, PetscReal lower, PetscReal upper, PetscReal mass,
                   PetscReal out[])
{
  const PetscReal width = upper - lower;
  const PetscInt64 first = (PetscInt64)PetscFloorReal(width > 0 ? lower : 0.5 * (lower + upper));
  PetscReal left = mass;

  for (PetscInt64 k = first; left != 0; k++) {
    const PetscBool last = !(width > 0) || (PetscReal)(k + 1) >= upper ? PETSC_TRUE : PETSC_FALSE;
    const PetscReal from = PetscMax(lower, (PetscReal)k);
    const PetscReal part = last ? left : mass * (((PetscReal)(k + 1) - from) / width);
    const PetscInt64 cell =
        s->circle ? ((k % s->n) + s->n) % s->n : PetscMax(0, PetscMin(k, s->n - 1));
    out[cell] += PetscMin(part, left);
    left = last ? 0 : PetscMax(left - part, 0);
  }
}

/* A piece of a staircase: what atom i of p, of which `a` is left, sends to atom j of q, of which
 * `b` is, is even on both; out has it at a share of the way. */
static void Move(const Stairs *s, PetscReal share, PetscInt64 i, PetscReal a, PetscInt64 j,
                 PetscReal b, PetscReal mass, PetscReal out[])
{
  const PetscReal p = s->p[i], q = Atom(s, j);

  if (!(mass > 0)) return;
  const PetscReal from = (PetscReal)i + PetscMax(1 - a / p, 0);
  const PetscReal to = (PetscReal)j + (q > 0 ? PetscMax(1 - b / q, 0) : 0.5);
  const PetscReal lower = (1 - share) * from + share * to;
  Spread(s, lower, lower + (1 - share) * mass / p + (q > 0 ? share * mass / q : 0), mass, out);
}

/* Along the staircase, as Walk() goes. */
static void Carry(const Stairs *s, PetscReal share, PetscReal out[])
{
  const PetscInt64 n = s->n;
  PetscReal a = s->p[0], b = s->q[0];
  PetscInt64 i = 0, j = 0;

  if (s->circle) j = First(s, &b);
  const PetscInt64 end = s->circle ? j + n : n - 1;
  while (i < n - 1 || j < end) {
    const PetscBool up = i < n - 1 && (j == end || a <= b) ? PETSC_TRUE : PETSC_FALSE;
    const PetscReal m = up ? a : b;
    Move(s, share, i, a, j, b, m, out);
    a = up ? s->p[++i] : PetscMax(a - m, 0);
    b = up ? PetscMax(b - m, 0) : Atom(s, ++j);
  }
  Move(s, share, i, a, j, b, a, out);
}

/* p, q and room in; the density out. */
static PetscErrorCode Displace(const OttoBundle *b, void *context)
{
  Stairs s = Lines(b, b->out[1]);
  PetscReal *out = b->out[0];

  if (s.circle) Turn(&s, b->out[2]);
  for (PetscInt64 i = 0; i < b->n; i++) out[i] = 0;
  Carry(&s, *(const PetscReal *)context, out);
  for (PetscInt64 i = 0; i < b->n; i++) out[i] /= b->g->h[0];
  return 0;
}

PetscErrorCode OttoQuantilesFrame(OttoGrid grid, const PetscReal p[], const PetscReal q[],
                                  PetscReal share, PetscReal out[], PetscReal *const room[2])
{
  OttoAxis line;

  PetscFunctionBegin;
  PetscCall(OttoAxisCreate(grid, 0, 3, 1, &line));
  PetscCall(OttoAxisApply(line, 2, (const PetscReal *const[]){p, q}, 3,
                          (PetscReal *const[]){out, room[0], room[1]}, Displace, &share));
  PetscCall(OttoAxisDestroy(&line));
  PetscFunctionReturn(0);
}
