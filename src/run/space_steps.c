/*
 * A step of V between two centres is known to the grid as a slope from one to the other: it stands
 * at the face, where it may be off by half a cell, and is passed over as a slope is, which is
 * easier, or harder, than a step; two errors of first order that vary with the place of the step
 * within the cell. A step of the mobility likewise. Along every edge the formulas are looked at in
 * a few points; where they are not as they are on the way, in PIECES of it, and a step is what one
 * of these has for itself and keeps in smaller parts. What is no step, but more than a cell can
 * tell (a wall or a pit thinner than it, a slope as steep), counts as one.
 */
#include "space_steps.h"
#include "grid/edges.h"
#include "space_formulas.h"
#include <math.h>
#include <string.h>

#define LEAST 0.02 /* T, or of a logarithm: what steps less matters less than all else */
#define PIECES 32  /* of an edge */
#define OWN 0.3    /* of what all pieces depart from their middle by, in one: no bend */
#define KEPT 0.5   /* of that, after SOME halvings: no slope */
#define SOME 4
#define HALVINGS 24 /* until the place is known */
#define STEEP 0.5   /* T from a straight line: h²V''/8T of wells half as wide as a cell */
#define BENT 0.2    /* of the rise, too: cells tell a slope that is steep all along */
#define HIGH 64     /* T above the lowest cell nothing ever comes to, and steps do not matter */
#define CLIFF 1     /* T from a cell's mean up to its centre: its mass is elsewhere in it */

enum { POTENTIAL, RESISTANCE, WARMTH, ALL }; /* V/T + a log M, that - log M, and log T */

typedef struct {
  OttoGrid grid;
  const OttoGridInfo *g;
  Vec V, T, M[OTTO_GENERATOR_MAX_DIM], open; /* of its cells; V with a T log M; or NULL */
  OttoSpaceFormulas of;
  Vec smooth;             /* V without means, of no formula; NULL: `cells` */
  OttoSurrounded centres; /* of `smooth` */
  OttoSurrounded cells, warmth, room,
      mobility[OTTO_GENERATOR_MAX_DIM]; /* V, T, M of the generator */
  PetscScalar *beside;                  /* NULL: not wanted */
  OttoSurrounded marked; /* cells that steps lie in, of the edges of which factors are wanted */
  PetscScalar *factor[OTTO_GENERATOR_MAX_DIM]; /* NULL: not wanted */
  PetscReal lowest;                            /* V of a cell */
  PetscBool any;
  PetscErrorCode code;
} Search;

/* An edge, up from x, along which the formulas are looked at. */
typedef struct {
  PetscInt axis;
  PetscReal x[OTTO_MAX_DIM];
  PetscReal V[2], M[2], log_T[2]; /* of the cells at its ends; V without a T log M */
  PetscReal line[2];              /* V there, where it is no formula */
  PetscReal from[2];              /* shares of it between which it is followed */
} Way;

static void Put(const Search *s, PetscReal V, PetscReal log_M, PetscReal log_T,
                PetscReal value[ALL])
{
  value[WARMTH] = log_T;
  value[POTENTIAL] = V / s->of.T + s->of.share * log_M;
  value[RESISTANCE] = value[POTENTIAL] - log_M;
}

/* At the share `at` of it, round the box; of a V that is no formula on a straight line. */
static void Look(Search *s, const Way *way, PetscReal at, PetscReal value[ALL])
{
  const PetscInt axis = way->axis;
  const PetscReal length = s->g->upper[axis] - s->g->lower[axis];
  PetscReal x[OTTO_MAX_DIM];
  OttoSpacePoint p;

  for (PetscInt j = 0; j < s->g->dim; j++) x[j] = way->x[j];
  x[axis] += at * s->g->h[axis];
  if (x[axis] > s->g->upper[axis]) x[axis] -= length;
  if (x[axis] < s->g->lower[axis]) x[axis] += length;
  const PetscErrorCode code = OttoSpaceFormulasAt(&s->of, x, axis, &p);
  if (!s->code) s->code = code;
  Put(s, s->of.V ? p.V : (1 - at) * way->line[0] + at * way->line[1], p.log_M, p.log_T, value);
}

/* ---- one edge ---- */

typedef struct {
  PetscReal value[ALL][PIECES + 1];
  PetscInt piece;           /* that has the step; PIECES: there is none; -1: there is a wall */
  PetscReal at[2];          /* shares of the edge just before and after it */
  PetscReal across[2][ALL]; /* and the values there */
} Course;

/* Where piece i begins. */
static PetscReal At(const Way *way, PetscInt i)
{
  return way->from[0] + (way->from[1] - way->from[0]) * (PetscReal)i / PIECES;
}

/* Of what the pieces rise by their middle, and the one that departs most from it: *piece, by
 * *apart; whether that is for itself. */
static PetscBool Depart(const PetscReal value[], PetscInt *piece, PetscReal *apart)
{
  PetscReal rise[PIECES], total = 0;

  for (PetscInt i = 0; i < PIECES; i++) rise[i] = value[i + 1] - value[i];
  if (PetscSortReal(PIECES, rise)) return PETSC_FALSE;
  const PetscReal middle = 0.5 * (rise[PIECES / 2 - 1] + rise[PIECES / 2]);
  *apart = 0;
  for (PetscInt i = 0; i < PIECES; i++) {
    const PetscReal by = value[i + 1] - value[i] - middle;
    total += fabs(by);
    if (fabs(by) <= fabs(*apart)) continue;
    *apart = by;
    *piece = i;
  }
  return fabs(*apart) >= LEAST && fabs(*apart) >= OWN * total ? PETSC_TRUE : PETSC_FALSE;
}

/* Halves the piece until the place of the step is known; whether there is one. */
static PetscBool Narrow(Search *s, const Way *way, PetscInt quantity, PetscReal apart, Course *c)
{
  PetscReal middle[ALL];

  for (int k = 0; k < 2; k++) {
    c->at[k] = At(way, c->piece + k);
    for (int q = 0; q < ALL; q++) c->across[k][q] = c->value[q][c->piece + k];
  }
  for (int i = 0; i < HALVINGS; i++) {
    const PetscReal at = 0.5 * (c->at[0] + c->at[1]);
    Look(s, way, at, middle);
    const PetscReal lower = fabs(middle[quantity] - c->across[0][quantity]);
    const PetscReal upper = fabs(c->across[1][quantity] - middle[quantity]);
    const int k = lower > upper ? 1 : 0; /* the end that moves */
    c->at[k] = at;
    for (int q = 0; q < ALL; q++) c->across[k][q] = middle[q];
    if (i == SOME && !(PetscMax(lower, upper) >= KEPT * fabs(apart))) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

/* What its cells say at an end. */
static void End(const Search *s, const Way *way, int k, PetscReal value[ALL])
{
  Put(s, way->V[k], log(way->M[k]), way->log_T[k], value);
}

/* Points between centres for a quick look: what is thinner than their distance may be missed. */
static PetscInt Points(PetscInt dim)
{
  return dim == 1 ? 31 : dim == 2 ? 7 : 3;
}

/* The most that the formulas depart from a straight line between its ends by: a quick look.
 * *steep: whether that is more than cells tell. */
static PetscReal Bend(Search *s, const Way *way, PetscBool *steep)
{
  const PetscInt points = Points(s->g->dim);
  PetscReal value[ALL], end[2][ALL], most = 0;

  *steep = PETSC_FALSE;
  for (int k = 0; k < 2; k++) Look(s, way, k, end[k]);
  for (PetscInt i = 1; i <= points; i++) {
    const PetscReal at = i / ((PetscReal)points + 1);
    Look(s, way, at, value);
    for (int q = 0; q < ALL; q++) {
      const PetscReal off = fabs(value[q] - (1 - at) * end[0][q] - at * end[1][q]);
      most = PetscMax(most, off);
      if (off >= PetscMax(STEEP, BENT * fabs(end[1][q] - end[0][q]))) *steep = PETSC_TRUE;
    }
  }
  return most;
}

/* The point nearest to the centre of the cell at end k, on the edge's line within that cell, from
 * where its mass may be: *at. Whether there is one. */
static PetscBool Stand(Search *s, const Way *way, int k, PetscReal *at)
{
  PetscReal value[ALL], end[ALL];

  End(s, way, k, end);
  const PetscReal most = end[POTENTIAL] + CLIFF;
  *at = k;
  Look(s, way, *at, value);
  if (value[POTENTIAL] <= most) return PETSC_TRUE;
  for (PetscInt i = 1; i <= PIECES; i++)
    for (int side = -1; side <= 1; side += 2) {
      PetscReal out = k + side * 0.5 * (i - 1) / PIECES, in = k + side * 0.5 * i / PIECES;
      Look(s, way, in, value);
      if (!(value[POTENTIAL] <= most)) continue;
      for (int j = 0; j < HALVINGS; j++) {
        *at = 0.5 * (out + in);
        Look(s, way, *at, value);
        *(value[POTENTIAL] <= most ? &in : &out) = *at;
      }
      *at = in;
      return PETSC_TRUE;
    }
  return PETSC_FALSE;
}

/* Whether the edge has a step: its course in *c. */
static PetscBool Follow(Search *s, const Way *way, Course *c)
{
  PetscReal value[ALL], apart = 0;

  c->piece = -1;
  for (PetscInt i = 0; i <= PIECES; i++) {
    Look(s, way, At(way, i), value);
    for (int q = 0; q < ALL; q++) c->value[q][i] = value[q];
    if (!isfinite(value[POTENTIAL]) || !isfinite(value[RESISTANCE]) || !isfinite(value[WARMTH]))
      return PETSC_FALSE; /* a wall */
  }
  for (int q = 0; q < ALL; q++)
    if (Depart(c->value[q], &c->piece, &apart) && Narrow(s, way, q, apart, c)) return PETSC_TRUE;
  c->piece = PIECES;
  return PETSC_FALSE;
}

/* log of the mean of e^v along a straight line from v = a to b. */
static PetscReal LogMean(PetscReal a, PetscReal b)
{
  const PetscReal d = fabs(b - a);

  if (d > 40) return PetscMax(a, b) - log(d); /* e^d is all of it, and may leave the doubles */
  return PetscMin(a, b) + (d < 1e-9 ? 0.5 * d : log(expm1(d) / d));
}

/* log of the integral of exp(V/T)/M along the edge, M and V = V + a T log M. */
static PetscReal LogResistance(const Way *way, const Course *c)
{
  const PetscReal *r = c->value[RESISTANCE], each = At(way, 1) - At(way, 0);
  PetscReal most = r[0], sum = 0;

  for (PetscInt i = 1; i <= PIECES; i++) most = PetscMax(most, r[i]);
  for (PetscInt i = 0; i < PIECES; i++)
    if (i != c->piece) sum += each * exp(LogMean(r[i], r[i + 1]) - most);
  if (c->piece == PIECES) return most + log(sum);
  const PetscReal from = At(way, c->piece), to = At(way, c->piece + 1);
  sum += (c->at[0] - from) * exp(LogMean(r[c->piece], c->across[0][RESISTANCE]) - most);
  sum += (to - c->at[0]) * exp(LogMean(c->across[1][RESISTANCE], r[c->piece + 1]) - most);
  return most + log(sum);
}

/* ---- all edges ---- */

/* What the edge leads by, of what its cells have it lead by: their mobilities' harmonic mean over
 * the mean of exp(V/T) for a straight V. */
static PetscReal Factor(const Search *s, const Way *way, const Course *c)
{
  PetscReal end[2][ALL];

  for (int k = 0; k < 2; k++) End(s, way, k, end[k]);
  return exp(LogMean(end[0][POTENTIAL], end[1][POTENTIAL]) +
             log(0.5 / way->M[0] + 0.5 / way->M[1]) - LogResistance(way, c));
}

/* Edge i of these. */
static Way WayOf(const Search *s, const OttoEdges *e, PetscInt64 i)
{
  const PetscBool own = e->x < s->g->local_cells ? PETSC_TRUE : PETSC_FALSE;
  Way way = {.axis = e->axis, .M = {1, 1}, .from = {0, 1}};

  for (int k = 0; k < 2; k++) {
    const PetscInt64 cell = (k ? e->y : e->x) + i;
    way.V[k] = *OttoSurroundedAt(&s->cells, cell);
    if (s->of.warmth) way.log_T[k] = log(*OttoSurroundedAt(&s->warmth, cell));
    if (s->of.M) way.M[k] = *OttoSurroundedAt(&s->mobility[e->axis], cell);
    if (s->of.biased)
      way.V[k] -= s->of.share * s->of.T * log(*OttoSurroundedAt(&s->mobility[s->of.first], cell));
    way.line[k] = s->smooth ? *OttoSurroundedAt(&s->centres, cell) : way.V[k];
  }
  OttoGridCellCentre(s->g, (own ? e->x : e->y) + i, way.x);
  if (!own) way.x[e->axis] -= s->g->h[e->axis];
  return way;
}

/* Whether edge i of these leads anywhere. */
static PetscBool IsOpen(const Search *s, const OttoEdges *e, PetscInt64 i)
{
  if (!s->open) return PETSC_TRUE;
  return *OttoSurroundedAt(&s->room, e->x + i) > 0 && *OttoSurroundedAt(&s->room, e->y + i) > 0
             ? PETSC_TRUE
             : PETSC_FALSE;
}

static void FindSteps(const OttoEdges *e, void *context)
{
  Search *s = (Search *)context;
  const PetscInt64 own = s->g->local_cells;
  Course c;

  for (PetscInt64 i = 0; i < e->n && !s->code; i++) {
    if (!IsOpen(s, e, i)) continue;
    const Way way = WayOf(s, e, i);
    if (PetscMin(way.V[0], way.V[1]) > s->lowest + HIGH * s->of.T) continue;
    PetscBool steep;
    if (!(Bend(s, &way, &steep) >= 0.5 * LEAST)) continue;
    if (!Follow(s, &way, &c) && !(c.piece >= 0 && steep)) continue;
    s->any = PETSC_TRUE;
    if (s->beside && e->x < own) s->beside[e->x + i] = 1;
    if (s->beside && e->y < own) s->beside[e->y + i] = 1;
  }
}

/* Of edges that have a step, and of those that lead into a cell that one lies in, whose V is a
 * mean. */
static void FindFactors(const OttoEdges *e, void *context)
{
  Search *s = (Search *)context;
  const PetscReal *x = OttoSurroundedAt(&s->marked, e->x), *y = OttoSurroundedAt(&s->marked, e->y);
  Course c;

  for (PetscInt64 i = 0; i < e->n && !s->code; i++) {
    if (!(x[i] > 0 || y[i] > 0) || !IsOpen(s, e, i)) continue;
    Way way = WayOf(s, e, i);
    if (!Stand(s, &way, 0, &way.from[0]) || !Stand(s, &way, 1, &way.from[1])) continue;
    if (!Follow(s, &way, &c) && c.piece < 0) continue;
    s->factor[e->axis][e->x + i] = Factor(s, &way, &c);
  }
}

/* V of centres, where it is no formula and cells have means of it. */
static PetscErrorCode FindSmooth(Search *s, OttoGenerator of)
{
  OttoPotential potential = NULL;

  PetscFunctionBegin;
  if (s->of.V || OttoPotentialIsOnGrid(OttoGeneratorGetPotentialSource(of))) PetscFunctionReturn(0);
  PetscCall(OttoFieldCreate(s->grid, &s->smooth));
  PetscCall(OttoPotentialCreate(s->grid, s->of.T, &potential));
  PetscCall(OttoPotentialEvaluate(potential, 0, s->smooth));
  PetscCall(OttoPotentialDestroy(&potential));
  PetscFunctionReturn(0);
}

/* The values of cells around ranks' own, or none of them any more. */
static PetscErrorCode Surround(Search *s, PetscBool begin)
{
  Vec field[] = {s->V, s->smooth, s->T, s->open, s->M[0], s->M[1], s->M[2]};
  OttoSurrounded *around[] = {&s->cells,       &s->centres,     &s->warmth,     &s->room,
                              &s->mobility[0], &s->mobility[1], &s->mobility[2]};
  const int count = sizeof field / sizeof field[0];
  OttoHalo halo;

  PetscFunctionBegin;
  PetscCall(OttoGridGetHalo(s->grid, 1, &halo));
  for (int k = 0; k < count; k++) {
    const int i = begin ? k : count - 1 - k;
    if (!field[i]) continue;
    PetscCall(begin ? OttoFieldSurround(halo, field[i], around[i])
                    : OttoFieldRelease(halo, field[i], around[i]));
  }
  PetscFunctionReturn(0);
}

/* Factors of the edges that steps, found in the cells that `beside` has 1 in, come to. */
static PetscErrorCode Weigh(Search *s, Vec beside)
{
  OttoHalo halo;

  PetscFunctionBegin;
  PetscCall(OttoGridGetHalo(s->grid, 1, &halo));
  PetscCall(OttoFieldSurround(halo, beside, &s->marked));
  OttoEdgesWalk(s->g, PETSC_FALSE, FindFactors, s);
  PetscCall(OttoFieldRelease(halo, beside, &s->marked));
  PetscFunctionReturn(0);
}

static PetscErrorCode Find(Search *s, Vec beside, PetscBool *any)
{
  PetscFunctionBegin;
  *any = PETSC_FALSE;
  if (beside) PetscCall(VecZeroEntries(beside));
  if (!s->of.V && !s->of.M && !s->of.warmth) PetscFunctionReturn(0);
  if (beside) PetscCall(VecGetArray(beside, &s->beside));
  PetscCall(OttoFieldRange(s->grid, s->V, &s->lowest, NULL));
  PetscCall(Surround(s, PETSC_TRUE));
  OttoEdgesWalk(s->g, PETSC_TRUE, FindSteps, s);
  if (beside) PetscCall(VecRestoreArray(beside, &s->beside));
  PetscCallMPI(MPI_Allreduce(&s->any, any, 1, MPIU_BOOL, MPI_LOR, s->g->comm));
  if (*any && s->factor[0]) PetscCall(Weigh(s, beside));
  PetscCall(Surround(s, PETSC_FALSE));
  PetscCall(OttoAgree(s->g->comm, s->code));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceStepsFindOf(OttoGrid grid, const OttoSpaceFormulas *of, Vec V, Vec beside,
                                    PetscBool *any)
{
  Search s = {.grid = grid, .g = OttoGridGetInfo(grid), .V = V, .of = *of};

  PetscFunctionBegin;
  PetscCall(Find(&s, beside, any));
  PetscFunctionReturn(0);
}

/* On a generator's grid, of the formulas of `of`; to be freed. */
static PetscErrorCode Begin(OttoGenerator generator, OttoGenerator of, Search *s)
{
  PetscFunctionBegin;
  *s = (Search){.grid = OttoGeneratorGetGrid(generator),
                .V = OttoGeneratorGetPotential(generator),
                .open = OttoGeneratorGetOpen(generator)};
  s->g = OttoGridGetInfo(s->grid);
  PetscCall(OttoSpaceFormulasCreate(of, s->g, &s->of));
  if (s->of.warmth) s->T = OttoGeneratorGetTemperatureField(generator);
  for (PetscInt j = 0; j < s->g->dim && s->of.M; j++)
    s->M[j] = OttoGeneratorGetMobility(generator, j);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceStepsFind(OttoGenerator generator, Vec beside, PetscBool *any)
{
  Search s;

  PetscFunctionBegin;
  PetscCall(Begin(generator, generator, &s));
  const PetscErrorCode code = Find(&s, beside, any);
  PetscCall(OttoSpaceFormulasDestroy(&s.of));
  PetscFunctionReturn(code);
}

/* Whether what the edges lead by is as the formulas say, at all times. */
static PetscBool IsPlain(OttoGenerator of)
{
  const OttoPotential potential = OttoGeneratorGetPotentialSource(of);

  if (OttoGeneratorGetTemperatureField(of) || strcmp(OttoGeneratorGetVelocityType(of), "none"))
    return PETSC_FALSE;
  return potential && (OttoPotentialMayTilt(potential) || OttoPotentialIsTimeDependent(potential))
             ? PETSC_FALSE
             : PETSC_TRUE;
}

PetscErrorCode OttoSpaceStepsConduct(OttoGenerator coarse, OttoGenerator of)
{
  Vec factor[OTTO_GENERATOR_MAX_DIM], beside;
  PetscBool any = PETSC_FALSE;
  Search s;

  PetscFunctionBegin;
  if (!IsPlain(of)) PetscFunctionReturn(0);
  PetscCall(Begin(coarse, of, &s));
  PetscCall(FindSmooth(&s, of));
  PetscCall(OttoFieldCreate(s.grid, &beside));
  for (PetscInt j = 0; j < s.g->dim; j++) {
    PetscCall(OttoFieldCreate(s.grid, &factor[j]));
    PetscCall(VecSet(factor[j], 1));
    PetscCall(VecGetArray(factor[j], &s.factor[j]));
  }
  const PetscErrorCode code = Find(&s, beside, &any);
  for (PetscInt j = 0; j < s.g->dim; j++) PetscCall(VecRestoreArray(factor[j], &s.factor[j]));
  if (!code && any) PetscCall(OttoGeneratorSetConduction(coarse, factor));
  for (PetscInt j = 0; j < s.g->dim; j++) PetscCall(VecDestroy(&factor[j]));
  PetscCall(VecDestroy(&beside));
  PetscCall(VecDestroy(&s.smooth));
  PetscCall(OttoSpaceFormulasDestroy(&s.of));
  PetscFunctionReturn(code);
}
