/*
 * The first law from sample to sample, by the states of the steps between (MATHEMATICS 8.2). Over a
 * step from (p, V) to (p', V') the product rule holds to rounding:
 *
 *   E' - E = Σ ½(p + p')(V' - V) + Σ ½(V + V')(p' - p).
 *
 * The first sum is the work of the potential. No ∂_tV enters it, and the trapezoidal sum of
 * ∫ p ∂_tV, which work_rate is made of, must be the same. For V linear in time it is, whatever p
 * does; in general they differ by dt³/12 Σ (p ∂³V + 3 p'∂²V): that is dt³/12 |X - Y| where X is
 * what the trapezoidal sum leaves of the integral, and Y the first sum. Each is found by itself
 * from two steps taken as one: those leave six times as much as one, so that a sixth, of equal
 * steps, of how far one step of 2 dt is from two of dt is what two leave. Three times as much is
 * allowed, and a thousandth of the work. Nothing compares the two here: ∂_tV that is wrong by a
 * hundredth is noticed wherever that estimate is less than half of it, and elsewhere the check does
 * not apply.
 *
 * The second sum is dt times that of V and the generator's rates, as the method weighs them
 * (implicit Euler, cn), and what solves leave; at samples, by the check `energy_balance`, drift -
 * heat - absorbed. With the energies that are reported this is E(t_b) - E(t_a).
 *
 * Where steps are too long to tell, what is compared is the work over the end of the last of them,
 * a piece as short as need be, cut into four; p is linear in time there.
 *
 * Where a step's two works are far apart V may jump: halving the step, always towards the half in
 * which V changes more, does not make the change any smaller.
 */
#include "first_law.h"
#include <math.h>

#define DIFFERENCES 5 /* of V in time at every step: over 1 to 1/7 of it */
#define ALLOWED 3     /* times the estimate */
#define SHARE 1e-3    /* of the work, or of what moves: what is allowed in any case */
#define TOLD 5e-3     /* of the work: what may be allowed where the check is to say something */
#define ROUNDING 8    /* epsilons of each of the terms of a sum */
#define FAR 0.1  /* of what V changes: apart by more, the two works of a step are looked into */
#define PARTS 4  /* of a piece of a step that is too long */
#define PIECES 6 /* each a fourth of the one before */
#define HALVINGS 30
#define GONE 1e-3 /* of a step's change: what has become smaller was no jump */

struct _n_OttoFirstLaw {
  OttoRecord record;
  OttoFokkerPlanck *s;
  PetscBool moves, exact; /* V depends on time; steps of implicit Euler or cn */
  Vec V[2], p;            /* moves: V at the last state and at the one before, and p of that */
  PetscReal rate, unsure; /* ∫ p ∂_tV at the last state */
  PetscBool unknown;      /* it was not a number somewhere since the last sample */
  OttoWorkPairs pairs;
  PetscReal energy, middle;      /* E at the last sample; E a mass then, 0 where mass is absorbed */
  PetscReal change;              /* of E since, by steps: work and dt Σ V (Qᵀp) */
  PetscReal size, solves, noise; /* of the second: Σ |…|; what solves and rounding leave */
  PetscReal jump, jump_t;        /* since the last sample */
};

void OttoWorkPairsAdd(OttoWorkPairs *s, const OttoStepWork *step, PetscReal both)
{
  const OttoStepWork *last = &s->last;
  const PetscReal a = last->dt, b = step->dt;
  const PetscReal first = a / 2 * (last->rate[0] + last->rate[1]);
  const PetscReal second = b / 2 * (step->rate[0] + step->rate[1]);

  if (a > 0) {
    const PetscReal rates = fabs((a + b) / 2 * (last->rate[0] + step->rate[1]) - first - second);
    const PetscReal states = fabs(both - last->states - step->states);
    const PetscReal part = (a * a * a + b * b * b) / (3 * a * b * (a + b));
    s->off += fabs(last->states + step->states - first - second);
    s->estimate += part * (rates + states) + a / 2 * (last->unsure[0] + last->unsure[1]) +
                   b / 2 * (step->unsure[0] + step->unsure[1]);
    s->size += fabs(last->states) + fabs(step->states);
    s->noise += (1 + part) * (last->noise + step->noise);
    s->pairs++;
  }
  s->last = *step;
}

PetscBool OttoWorkPairsJudge(OttoWorkPairs *s, PetscReal *value)
{
  const PetscReal least = SHARE * s->size + s->noise, allowed = ALLOWED * s->estimate;
  const PetscBool told = s->off <= least || allowed <= TOLD * s->size ? PETSC_TRUE : PETSC_FALSE;

  *value = s->off == 0 ? 0 : s->off / (allowed + least);
  s->off = s->estimate = s->size = s->noise = 0;
  return told;
}

PetscErrorCode OttoFirstLawCreate(OttoRecord record, OttoFokkerPlanck *s, PetscBool exact,
                                  OttoFirstLaw *law)
{
  PetscReal step = s->interval / 10;
  OttoFirstLaw f;

  PetscFunctionBegin;
  PetscCall(PetscNew(&f));
  *law = f;
  f->record = record;
  f->s = s;
  f->exact = exact;
  f->moves = OttoPotentialIsTimeDependent(OttoGeneratorGetPotentialSource(s->generator));
  if (!f->moves) PetscFunctionReturn(0);
  for (int i = 0; i < 2; i++) PetscCall(OttoFieldCreate(s->grid, &f->V[i]));
  PetscCall(OttoFieldCreate(s->grid, &f->p));
  PetscCall(OttoGeneratorSetTime(s->generator, 0));
  PetscCall(VecCopy(OttoGeneratorGetPotential(s->generator), f->V[0]));
  if (!(step > 0)) PetscCall(TSGetTimeStep(OttoFlowGetTS(s->flow), &step));
  PetscCall(OttoWorkOfPotential(s->generator, s->p, 0, step, 9, &f->rate, &f->unsure));
  PetscFunctionReturn(0);
}

static PetscErrorCode KeepPairs(OttoWorkPairs *s, OttoKeep keep)
{
  PetscFunctionBegin;
  PetscCall(OttoKeepReal(keep, "dt", &s->last.dt));
  PetscCall(OttoKeepReal(keep, "states", &s->last.states));
  PetscCall(OttoKeepReals(keep, "rates", 2, s->last.rate));
  PetscCall(OttoKeepReals(keep, "unsure_rates", 2, s->last.unsure));
  PetscCall(OttoKeepReal(keep, "noise_of_last", &s->last.noise));
  PetscCall(OttoKeepReal(keep, "pairs_off", &s->off));
  PetscCall(OttoKeepReal(keep, "pairs_estimate", &s->estimate));
  PetscCall(OttoKeepReal(keep, "pairs_size", &s->size));
  PetscCall(OttoKeepReal(keep, "pairs_noise", &s->noise));
  PetscCall(OttoKeepInt(keep, "pairs", &s->pairs));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstLawKeep(OttoFirstLaw f, OttoKeep keep)
{
  PetscFunctionBegin;
  PetscCall(OttoKeepBegin(keep, "first_law", -1));
  if (f->moves) {
    PetscCall(OttoKeepVec(keep, "V", f->V[0]));
    PetscCall(OttoKeepVec(keep, "V_before", f->V[1]));
    PetscCall(OttoKeepVec(keep, "p_before", f->p));
  }
  PetscCall(KeepPairs(&f->pairs, keep));
  PetscCall(OttoKeepReal(keep, "rate", &f->rate));
  PetscCall(OttoKeepReal(keep, "unsure", &f->unsure));
  PetscCall(OttoKeepBool(keep, "unknown", &f->unknown));
  PetscCall(OttoKeepReal(keep, "energy", &f->energy));
  PetscCall(OttoKeepReal(keep, "middle", &f->middle));
  PetscCall(OttoKeepReal(keep, "change", &f->change));
  PetscCall(OttoKeepReal(keep, "size", &f->size));
  PetscCall(OttoKeepReal(keep, "solves", &f->solves));
  PetscCall(OttoKeepReal(keep, "noise", &f->noise));
  PetscCall(OttoKeepReal(keep, "jump", &f->jump));
  PetscCall(OttoKeepReal(keep, "jump_t", &f->jump_t));
  PetscCall(OttoKeepEnd(keep));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstLawDestroy(OttoFirstLaw *law)
{
  PetscFunctionBegin;
  if (!*law) PetscFunctionReturn(0);
  for (int i = 0; i < 2; i++) PetscCall(VecDestroy(&(*law)->V[i]));
  PetscCall(VecDestroy(&(*law)->p));
  PetscCall(PetscFree(*law));
  PetscFunctionReturn(0);
}

/* How much V changes from one time to another: Σ over cells of the mean of p there times the
 * change, of its magnitude, and of the magnitudes it is a difference of. Collective. */
static PetscErrorCode Change(OttoFirstLaw f, Vec p, Vec after, Vec from, Vec to, PetscReal out[3])
{
  const OttoGridInfo *g = OttoGridGetInfo(f->s->grid);
  const PetscScalar *a, *b, *early, *late;
  OttoSum sum = {0, 0};

  PetscFunctionBegin;
  out[1] = out[2] = 0;
  PetscCall(VecGetArrayRead(p, &a));
  PetscCall(VecGetArrayRead(after, &b));
  PetscCall(VecGetArrayRead(from, &early));
  PetscCall(VecGetArrayRead(to, &late));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    const PetscReal mean = 0.5 * (a[c] + b[c]);
    if (mean == 0) continue; /* closed cells among them */
    OttoSumAdd(&sum, mean * (late[c] - early[c]));
    out[1] += fabs(mean * (late[c] - early[c]));
    out[2] += fabs(mean) * (fabs(late[c]) + fabs(early[c]));
  }
  PetscCall(VecRestoreArrayRead(to, &late));
  PetscCall(VecRestoreArrayRead(from, &early));
  PetscCall(VecRestoreArrayRead(after, &b));
  PetscCall(VecRestoreArrayRead(p, &a));
  PetscCall(OttoSumReduce(g->comm, 1, &sum));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, out + 1, 2, MPIU_REAL, MPIU_SUM, g->comm));
  out[0] = OttoSumValue(sum);
  for (int k = 0; k < 3; k++) out[k] *= g->cell_volume;
  PetscFunctionReturn(0);
}

/* Whether V jumps between t - dt and t. Collective. */
static PetscErrorCode Jumps(OttoFirstLaw f, PetscReal t, PetscReal dt, Vec p, Vec after,
                            PetscBool *jumps)
{
  PetscReal low = t - dt, high = t, whole[3], part[2][3];
  Vec V[3]; /* at low, between, at high */

  PetscFunctionBegin;
  for (int i = 0; i < 3; i++) PetscCall(OttoFieldCreate(f->s->grid, &V[i]));
  PetscCall(VecCopy(f->V[0], V[0]));
  PetscCall(VecCopy(OttoGeneratorGetPotential(f->s->generator), V[2]));
  PetscCall(Change(f, p, after, V[0], V[2], whole));
  *jumps = whole[1] > 0 ? PETSC_TRUE : PETSC_FALSE;
  for (int k = 0; k < HALVINGS && *jumps; k++) {
    const PetscReal middle = 0.5 * (low + high);
    if (!(middle > low && middle < high)) break;
    PetscCall(OttoGeneratorPeekPotential(f->s->generator, middle, V[1]));
    PetscCall(Change(f, p, after, V[0], V[1], part[0]));
    PetscCall(Change(f, p, after, V[1], V[2], part[1]));
    const int larger = part[1][1] > part[0][1] ? 1 : 0;
    *(larger ? &low : &high) = middle;
    PetscCall(VecCopy(V[1], V[larger ? 0 : 2]));
    const PetscReal noise = ROUNDING * PETSC_MACHINE_EPSILON * part[larger][2];
    if (!(part[larger][1] > GONE * whole[1] + noise)) *jumps = PETSC_FALSE;
    whole[0] = part[larger][0];
  }
  if (*jumps) f->jump_t = high;
  if (*jumps) f->jump += whole[0];
  for (int i = 0; i < 3; i++) PetscCall(VecDestroy(&V[i]));
  PetscFunctionReturn(0);
}

/* What a step is made of: sums over cells. */
enum { WORK, BOTH, MOVED, SIGNED };                  /* signed, compensated */
enum { WORKS, TERMS, BOTH_TERMS, LEFT, MAGNITUDES }; /* of magnitudes */
typedef struct {
  PetscReal sum[SIGNED], size[MAGNITUDES];
} Sums;

/* Collective. */
static PetscErrorCode Sum(OttoFirstLaw f, PetscReal half, Vec p, Vec after, Vec rate, Vec past,
                          Sums *out)
{
  const OttoGridInfo *g = OttoGridGetInfo(f->s->grid);
  Vec now = OttoGeneratorGetPotential(f->s->generator);
  Vec fields[] = {p, after, now, f->moves ? f->V[0] : now, rate, past, f->p, f->V[1]};
  const PetscScalar *v[8] = {NULL};
  const PetscBool pair = f->moves && f->pairs.last.dt > 0 ? PETSC_TRUE : PETSC_FALSE;
  OttoSum sums[SIGNED] = {{0, 0}};
  PetscReal *size = out->size;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(size, MAGNITUDES));
  for (int i = 0; i < 8; i++)
    if (fields[i]) PetscCall(VecGetArrayRead(fields[i], &v[i]));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    const PetscReal x = v[0][c], y = v[1][c], V = v[2][c], was = v[3][c], mean = 0.5 * (V + was);
    const PetscReal moved = half * (v[4][c] + (v[5] ? v[5][c] : 0));
    OttoSumAdd(&sums[MOVED], mean * moved);
    size[LEFT] += fabs((mean - f->middle) * (y - x - moved));
    size[TERMS] += (fabs(x) + fabs(y)) * (fabs(V) + fabs(was));
    if (!f->moves) continue;
    OttoSumAdd(&sums[WORK], 0.5 * (x + y) * (V - was));
    size[WORKS] += fabs(0.5 * (x + y) * (V - was));
    if (!pair) continue;
    OttoSumAdd(&sums[BOTH], 0.5 * (v[6][c] + y) * (V - v[7][c]));
    size[BOTH_TERMS] += (fabs(v[6][c]) + fabs(y)) * (fabs(V) + fabs(v[7][c]));
  }
  for (int i = 0; i < 8; i++)
    if (fields[i]) PetscCall(VecRestoreArrayRead(fields[i], &v[i]));
  PetscCall(OttoSumReduce(g->comm, SIGNED, sums));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, size, MAGNITUDES, MPIU_REAL, MPIU_SUM, g->comm));
  for (int k = 0; k < SIGNED; k++) out->sum[k] = OttoSumValue(sums[k]) * g->cell_volume;
  for (int k = 0; k < MAGNITUDES; k++) size[k] *= g->cell_volume;
  PetscFunctionReturn(0);
}

/* The step's work, by states and by rates. Collective. */
static PetscErrorCode Work(OttoFirstLaw f, PetscReal t, PetscReal dt, const Sums *of, Vec p,
                           Vec after)
{
  const PetscReal eps = ROUNDING * PETSC_MACHINE_EPSILON;
  OttoStepWork step = {.dt = dt,
                       .states = of->sum[WORK],
                       .rate[0] = f->rate,
                       .unsure[0] = f->unsure,
                       .noise = eps * (of->size[TERMS] + of->size[BOTH_TERMS])};
  PetscBool jumps = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(OttoWorkOfPotential(f->s->generator, after, t, dt, DIFFERENCES, &step.rate[1],
                                &step.unsure[1]));
  const PetscReal apart = fabs(step.states - dt / 2 * (step.rate[0] + step.rate[1]));
  const PetscBool known = isfinite(apart + dt * (step.unsure[0] + step.unsure[1]));
  if (!(apart <= FAR * of->size[WORKS] + step.noise)) PetscCall(Jumps(f, t, dt, p, after, &jumps));
  if (known && !jumps)
    OttoWorkPairsAdd(&f->pairs, &step, of->sum[BOTH]);
  else
    f->pairs.last.dt = 0;
  if (!known && !jumps) f->unknown = PETSC_TRUE;
  f->rate = step.rate[1];
  f->unsure = step.unsure[1];
  PetscCall(VecCopy(f->V[0], f->V[1]));
  PetscCall(VecCopy(OttoGeneratorGetPotential(f->s->generator), f->V[0]));
  PetscCall(VecCopy(p, f->p));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstLawStep(OttoFirstLaw f, PetscReal t, PetscReal dt, PetscReal half, Vec p,
                                Vec after, Vec rate, Vec past)
{
  Sums of;

  PetscFunctionBegin;
  if (!f->moves && !f->exact) PetscFunctionReturn(0);
  PetscCall(Sum(f, half, p, after, rate, past, &of));
  f->change += of.sum[WORK] + of.sum[MOVED];
  f->size += fabs(of.sum[MOVED]);
  f->solves += of.size[LEFT];
  f->noise += PETSC_MACHINE_EPSILON * of.size[TERMS];
  if (f->moves) PetscCall(Work(f, t, dt, &of, p, after));
  PetscFunctionReturn(0);
}

/* The last step's end, `length` of it, in parts. Collective. */
static PetscErrorCode Piece(OttoFirstLaw f, PetscReal t, PetscReal dt, PetscReal length, Vec p[],
                            Vec V[], OttoWorkPairs *pairs)
{
  const OttoGenerator generator = f->s->generator;
  OttoStepWork step = {.dt = length / PARTS};
  PetscReal one[3], two[3] = {0, 0, 0};

  PetscFunctionBegin;
  for (int i = 0; i <= PARTS; i++) {
    const PetscReal back = length * (PARTS - i) / PARTS;
    PetscCall(OttoGeneratorPeekPotential(generator, t - back, V[i]));
    PetscCall(VecCopy(f->s->p, p[i]));
    PetscCall(VecAXPBY(p[i], back / dt, 1 - back / dt, f->p));
    step.rate[0] = step.rate[1];
    step.unsure[0] = step.unsure[1];
    PetscCall(OttoWorkOfPotential(generator, p[i], t - back, step.dt, DIFFERENCES, &step.rate[1],
                                  &step.unsure[1]));
    if (i == 0) continue;
    PetscCall(Change(f, p[i - 1], p[i], V[i - 1], V[i], one));
    if (i > 1) PetscCall(Change(f, p[i - 2], p[i], V[i - 2], V[i], two));
    step.states = one[0];
    step.noise = ROUNDING * PETSC_MACHINE_EPSILON * (one[2] + two[2]);
    OttoWorkPairsAdd(pairs, &step, two[0]);
  }
  PetscFunctionReturn(0);
}

/* Where steps are too long. Collective. */
static PetscErrorCode LookCloser(OttoFirstLaw f, PetscReal t, PetscBool *told, PetscReal *value)
{
  const PetscReal dt = f->pairs.last.dt;
  Vec p[PARTS + 1], V[PARTS + 1];

  PetscFunctionBegin;
  if (!(dt > 0)) PetscFunctionReturn(0);
  for (int i = 0; i <= PARTS; i++) PetscCall(OttoFieldCreate(f->s->grid, &p[i]));
  for (int i = 0; i <= PARTS; i++) PetscCall(OttoFieldCreate(f->s->grid, &V[i]));
  for (int k = 0; k < PIECES && !*told; k++) {
    OttoWorkPairs pairs = {.pairs = 0};
    PetscCall(Piece(f, t, dt, dt * pow(PARTS, -k), p, V, &pairs));
    *told = OttoWorkPairsJudge(&pairs, value);
  }
  for (int i = 0; i <= PARTS; i++) PetscCall(VecDestroy(&V[i]));
  for (int i = 0; i <= PARTS; i++) PetscCall(VecDestroy(&p[i]));
  PetscFunctionReturn(0);
}

/* E(t_b) - E(t_a). */
static PetscErrorCode CheckChange(OttoFirstLaw f, const OttoFokkerPlanckSample *now)
{
  const PetscReal off = fabs(now->energy - f->energy - f->change);
  const PetscReal noise =
      ROUNDING * (f->noise + PETSC_MACHINE_EPSILON * (fabs(now->energy) + fabs(f->energy)));

  PetscFunctionBegin;
  if (f->exact)
    PetscCall(OttoRecordCheck(f->record, "first_law",
                              off == 0 ? 0 : off / (SHARE * f->size + f->solves + noise), now->t));
  else if (!f->moves)
    PetscCall(
        OttoRecordNotApplicable(f->record, "first_law",
                                "theta, bdf, arkimex and no work of the potential: `trapezoid` "
                                "says what moves"));
  PetscFunctionReturn(0);
}

/* The work of the potential. */
static PetscErrorCode CheckWork(OttoFirstLaw f, const OttoFokkerPlanckSample *now)
{
  static const char name[] = "first_law";
  const PetscReal unsure = ALLOWED * (f->unsure + now->work.unsure);
  const PetscReal share = SHARE * PetscMax(fabs(f->rate), fabs(now->work.potential));
  const PetscReal off = fabs(f->rate - now->work.potential);
  PetscReal value = 0;

  PetscFunctionBegin;
  PetscBool told = f->pairs.pairs > 0 ? PETSC_TRUE : PETSC_FALSE;
  if (!OttoWorkPairsJudge(&f->pairs, &value)) told = PETSC_FALSE;
  if (!told && !(f->jump_t > 0) && !f->unknown) PetscCall(LookCloser(f, now->t, &told, &value));
  if (f->jump_t > 0)
    PetscCall(OttoRecordNotApplicable(
        f->record, name, "the potential jumps in time: the work of a jump is no rate"));
  else if (f->unknown || !isfinite(off + unsure + value))
    PetscCall(OttoRecordNotApplicable(f->record, name, "the potential has no derivative in time"));
  else if (!told)
    PetscCall(OttoRecordNotApplicable(f->record, name,
                                      "what the potential does in a step is not known to a "
                                      "hundredth: smaller ts_dt, time_tolerance"));
  else
    PetscCall(OttoRecordCheck(f->record, name, value, now->t));
  if (f->jump_t > 0 || !isfinite(off + unsure) || (off > share && unsure > TOLD / SHARE * share))
    PetscFunctionReturn(0);
  /* what is reported is what was summed */
  PetscCall(OttoRecordCheck(f->record, name, off == 0 ? 0 : off / (unsure + share), now->t));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstLawSample(OttoFirstLaw f, OttoFokkerPlanckSample *now)
{
  PetscFunctionBegin;
  if (now->t > 0) {
    PetscCall(CheckChange(f, now));
    if (f->moves) PetscCall(CheckWork(f, now));
  }
  now->jump = f->jump;
  now->jump_t = f->jump_t;
  f->energy = now->energy;
  f->middle = OttoGeneratorIsAbsorbing(f->s->generator) ? 0 : now->energy / now->d.mass_p;
  f->change = f->size = f->solves = f->noise = f->jump = f->jump_t = 0;
  f->unknown = PETSC_FALSE;
  PetscFunctionReturn(0);
}
