/* ranks: 1
 * Stages on logarithms against sums in long double, by every instruction set of the machine: each
 * stage of every kernel, boundary and kind of step, and an axis through all of its stages, of data
 * of any range.
 */
#include "fixture.h"
#include "line.h"
#include "heat/log_stage.h"

static const char *const keys[] = {"avx512", "avx2", "baseline"};
static const char *const words[] = {"AVX-512", "AVX2 and FMA", "baseline"};
static const OttoBoundary boundaries[] = {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX,
                                          OTTO_BOUNDARY_OPEN};
static const OttoKernelFill fills[] = {OttoKernelFill_Gaussian, OttoKernelFill_Lattice};

enum { SMOOTH, POINTS, DISCS, ROUGH, TINY, MIXED, DATA };
static const char *const names[] = {"smooth", "points", "discs", "rough", "tiny", "mixed"};

/* log p of cell i of n, in line `line`. */
static PetscReal Datum(int data, PetscInt64 n, PetscInt64 i, PetscInt64 line)
{
  const PetscReal x = ((PetscReal)i + 0.5) / (PetscReal)n, off = 0.02 * (PetscReal)line;

  if (data == MIXED) return line % 5 == 4 ? -INFINITY : Datum((int)(line % 5), n, i, line);
  if (data == SMOOTH)
    return log(exp(-50 * PetscSqr(x - 0.3 - off)) + 0.2 * exp(-200 * PetscSqr(x - 0.9 + off)));
  if (data == POINTS)
    return i == (n / 5 + line) % n ? 0 : i == (n - 1 - line / 4 + n) % n ? log(1e-3) : -INFINITY;
  if (data == DISCS) return fabs(x - 0.25 - off / 4) < 0.1 ? log(0.5 + Hash(i, line)) : -INFINITY;
  if (data == ROUGH) return log(1e-250) * Hash(i, line);
  return log(1e-300) - Hash(i, line);
}

static PetscReal *Room(size_t numbers)
{
  return aligned_alloc(64, (numbers + 15) / 16 * 16 * sizeof(PetscReal));
}

/* By OttoLogStageExtend() and OttoLogStageApply(). */
static void Apply(const OttoLogStage *s, const PetscReal in[], PetscReal out[], PetscReal mean[])
{
  const PetscInt64 rows = s->before + s->sources + s->after;
  PetscReal *panel = Room((size_t)rows * OTTO_PANEL), *room = Room(OttoLogStageRoom(s));
  PetscReal *at = panel + s->before * OTTO_PANEL;

  for (PetscInt64 i = 0; i < rows * OTTO_PANEL; i++) panel[i] = NAN;
  for (size_t i = 0; i < OttoLogStageRoom(s); i++) room[i] = NAN;
  for (PetscInt64 i = 0; i < 8 * s->blocks * OTTO_PANEL; i++) out[i] = NAN;
  memcpy(at, in, (size_t)s->sources * OTTO_PANEL * sizeof *in);
  OttoLogStageExtend(s, at);
  OttoLogStageApply(s, at, out, mean, room);
  free(panel);
  free(room);
}

/* ---- one stage ---- */

/* log of the data in row r of a panel. */
static PetscReal Beyond(const OttoStagePart *p, const PetscReal in[], PetscInt64 r, PetscInt64 line)
{
  const PetscInt64 n = p->sources.count;

  if (p->ends == OTTO_ENDS_ZERO && (r < 0 || r >= n)) return -INFINITY;
  while (r < 0 || r >= n)
    if (p->ends == OTTO_ENDS_PERIODIC)
      r += r < 0 ? n : -n;
    else
      r = r < 0 ? -1 - r : 2 * n - 1 - r;
  return in[r * OTTO_PANEL + line];
}

typedef struct {
  PetscReal value, mean; /* the largest errors, in units of what is allowed */
} Errors;

/* A term of the derivative over that of the sum, images not cancelling. */
static long double Term(const OttoStagePart *p, long double x)
{
  const long double tau = 2 * (long double)p->kernel.tau;

  return p->kernel.order == 1 ? (fabsl(x) + sqrtl(tau)) / tau : (x * x / tau + 1) / tau;
}

/* Every target of line `line`: log of the sum to eps of itself and 2e-14, the mean to 1e-13 of its
 * terms. */
static void CheckLine(const OttoStagePart *p, const OttoLogStage *s, const PetscReal in[],
                      const PetscReal out[], const PetscReal mean[], PetscInt64 line, Errors *worst)
{
  for (PetscInt64 a = 0; a < s->targets; a++) {
    const PetscInt64 first = s->first[a / 32], end = first + 8 * s->tiles[a / 32];
    const long double x =
        (long double)p->targets.step * (long double)a + (long double)p->targets.start;
    long double most = -INFINITY, sum = 0, weighted = 0, size = 0, ratio;
    for (int pass = 0; pass < 2; pass++)
      for (PetscInt64 b = first; b < end; b++) {
        const PetscReal datum = Beyond(p, in, b, line);
        if (datum == -INFINITY) continue;
        const long double y =
            (long double)p->sources.step * (long double)b + (long double)p->sources.start;
        const long double log_w =
            OttoLineKernelLogValue(&p->kernel, x - y, &ratio) + (long double)datum;
        if (!pass) most = fmaxl(most, log_w);
        if (!pass || log_w < most - 60) continue;
        sum += expl(log_w - most);
        weighted += expl(log_w - most) * ratio;
        size += expl(log_w - most) * Term(p, x - y);
      }
    const PetscReal got = out[a * OTTO_PANEL + line];
    if (sum == 0) {
      TestTrue(got == -INFINITY && (!mean || mean[a * OTTO_PANEL + line] == 0), "nothing");
      continue;
    }
    const long double value = most + logl(sum);
    const PetscReal off = (PetscReal)(fabsl((long double)got - value) /
                                      (2e-14L + (long double)PETSC_MACHINE_EPSILON * fabsl(value)));
    if (!(off <= worst->value)) worst->value = off;
    if (!mean || size == 0) continue;
    const PetscReal way =
        (PetscReal)(fabsl((long double)mean[a * OTTO_PANEL + line] - weighted / sum) /
                    (1e-14L * size / sum));
    if (!(way <= worst->mean)) worst->mean = way;
  }
}

static PetscErrorCode CheckStage(const OttoStagePart *part, int data, const char *what)
{
  OttoLogStage s;
  PetscReal *in, *out, *mean = NULL;
  const PetscInt64 n = part->sources.count;

  PetscFunctionBegin;
  PetscCall(OttoLogStageCreate(part, &s));
  in = Room((size_t)n * OTTO_PANEL);
  out = Room((size_t)s.blocks * 8 * OTTO_PANEL);
  if (part->kernel.order) mean = Room((size_t)s.blocks * 8 * OTTO_PANEL);
  for (PetscInt64 i = 0; i < n; i++)
    for (PetscInt64 line = 0; line < OTTO_PANEL; line++)
      in[i * OTTO_PANEL + line] = Datum(data, n, i, line);
  for (int set = 0; set < 3; set++) {
    Errors worst = {0, 0};
    OttoStageLimit(keys[set]);
    if (strcmp(OttoStageVectors(), words[set])) continue;
    Apply(&s, in, out, mean);
    for (PetscInt64 line = set; line < OTTO_PANEL; line += 7)
      CheckLine(part, &s, in, out, mean, line, &worst);
    TestTrue(worst.value <= 1 && worst.mean <= 1, "log of a sum, and its mean");
    if (!(worst.value <= 1 && worst.mean <= 1))
      fprintf(stderr, "  %s, %s, %s: value %g, mean %g\n", what, names[data], words[set],
              worst.value, worst.mean);
  }
  OttoStageLimit(NULL);
  free(in);
  free(out);
  free(mean);
  PetscCall(OttoLogStageDestroy(&s));
  TestTrue(!s.first && !s.levels, "nothing is left");
  PetscFunctionReturn(0);
}

static PetscErrorCode TestStages(void)
{
  static const PetscInt64 sizes[] = {1, 7, 48, 53, 100, 240};
  static const PetscReal sigmas[] = {0.05, 0.3, 1.5, 3.3, 5.8, 7.5, 13, 60, 3000};
  int parts = 0;

  PetscFunctionBegin;
  for (int size = 0; size < 6; size++)
    for (int i = 0; i < 9; i++)
      for (int b = 0; b < 3; b++)
        for (int lattice = 0; lattice < 2; lattice++) {
          const OttoAxisKernel k = {sizes[size], boundaries[b], lattice ? PETSC_TRUE : PETSC_FALSE,
                                    fills[lattice]};
          OttoAxisPlan plan;
          PetscCall(OttoAxisPlanCreate(&k, PetscSqr(sigmas[i]) / 2, 0, &plan));
          for (PetscInt stage = 0; stage < plan.stages; stage++) {
            const PetscInt last = stage == plan.stages - 1 && !lattice ? 2 : 0;
            for (PetscInt order = 0; order <= last; order++) {
              if (k.n > 8 && parts++ % (k.n > 60 ? 13 : 5)) continue;
              char what[128];
              OttoStagePart part;
              PetscCall(OttoAxisPlanPart(&plan, stage, order, 0, &part));
              snprintf(what, sizeof what,
                       "n %d, boundary %d, lattice %d, sigma %g, stage %d of %d, "
                       "order %d",
                       (int)k.n, b, lattice, sigmas[i], (int)stage, (int)plan.stages, (int)order);
              PetscCall(CheckStage(&part, (parts++ + size) % DATA, what));
              PetscCall(OttoLineKernelDestroy(&part.kernel));
            }
          }
          PetscCall(OttoAxisPlanDestroy(&plan));
        }
  PetscFunctionReturn(0);
}

/* ---- an axis ---- */

static PetscErrorCode CheckAxis(const OttoAxisKernel *k, PetscReal sigma, int data)
{
  const PetscInt64 n = k->n;
  const PetscReal tau = PetscSqr(sigma) / 2;
  PetscReal *now = Room(20000 * OTTO_PANEL), *next = Room(20000 * OTTO_PANEL);
  long double in[512], out[512], worst = 0;
  OttoAxisPlan plan;

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < n; i++)
    for (PetscInt64 line = 0; line < OTTO_PANEL; line++)
      now[i * OTTO_PANEL + line] = Datum(data, n, i, line);
  PetscCall(OttoAxisPlanCreate(k, tau, 0, &plan));
  for (PetscInt i = 0; i < plan.stages; i++) {
    PetscReal *swap = now;
    OttoStagePart part;
    OttoLogStage s;
    PetscCall(OttoAxisPlanPart(&plan, i, 0, 0, &part));
    PetscCall(OttoLogStageCreate(&part, &s));
    PetscCall(OttoLineKernelDestroy(&part.kernel));
    Apply(&s, now, next, NULL);
    PetscCall(OttoLogStageDestroy(&s));
    now = next;
    next = swap;
  }
  PetscCall(OttoAxisPlanDestroy(&plan));
  for (PetscInt64 line = data; line < OTTO_PANEL; line += 7) {
    for (PetscInt64 i = 0; i < n; i++) in[i] = expl((long double)Datum(data, n, i, line));
    Exactly(k, tau, 0, in, out);
    for (PetscInt64 i = 0; i < n; i++) {
      const long double value = logl(out[i]), got = (long double)now[i * OTTO_PANEL + line];
      if (value == (long double)-INFINITY && got == value) continue;
      const long double off =
          fabsl(got - value) / (3e-14L + 3 * (long double)PETSC_MACHINE_EPSILON * fabsl(value));
      if (!(off <= worst)) worst = off;
    }
  }
  TestTrue(worst <= 1, "every cell");
  if (!(worst <= 1))
    fprintf(stderr, "  n %d, boundary %d, lattice %d, sigma %g, %s: %Lg\n", (int)n,
            (int)k->boundary, (int)k->lattice, sigma, names[data], worst);
  free(now);
  free(next);
  PetscFunctionReturn(0);
}

static PetscErrorCode TestAxes(void)
{
  static const PetscInt64 sizes[] = {2, 48, 61, 127, 200, 256};
  static const PetscReal sigmas[] = {0.7, 1.5, 2.2, 3.3, 5.2, 5.7, 7.5, 13};

  PetscFunctionBegin;
  for (int size = 0; size < 6; size++)
    for (int i = 0; i < 8; i++)
      for (int b = 0; b < 3; b++)
        for (int lattice = 0; lattice < 2; lattice++)
          for (int data = 0; data < DATA; data++) {
            const OttoAxisKernel k = {sizes[size], boundaries[b],
                                      lattice ? PETSC_TRUE : PETSC_FALSE, fills[lattice]};
            if (size && (size + 5 * i + b + 3 * lattice + data) % 17) continue;
            if (k.n > 130 && sigmas[i] < 1) continue; /* long double ends at e^-11356 */
            PetscCall(CheckAxis(&k, sigmas[i], data));
          }
  PetscFunctionReturn(0);
}

/* Two masses far apart, midpoints in every place of a group and a tile, slopes that differ by up to
 * hundreds a cell there: each cell has the larger of two sums, and at the midpoint both. */
static PetscErrorCode TestMidpoints(void)
{
  const PetscInt64 n = 400;
  PetscReal *in = Room((size_t)n * OTTO_PANEL), *out = Room((size_t)n * OTTO_PANEL);

  PetscFunctionBegin;
  for (int i = 0; i < 3; i++)
    for (PetscInt64 away = 40; away < n - 20; away += 61) {
      const PetscReal sigma = ((PetscReal[]){0.6, 1.5, 3})[i], tau = PetscSqr(sigma) / 2;
      const OttoAxisKernel k = {n, OTTO_BOUNDARY_OPEN, PETSC_FALSE, fills[0]};
      const long double norm = logl(2 * acosl(-1.0L) * 2 * (long double)tau) / 2;
      long double worst = 0;
      OttoAxisPlan plan;
      OttoStagePart part;
      OttoLogStage s;
      PetscCall(OttoAxisPlanCreate(&k, tau, 0, &plan));
      PetscCall(OttoAxisPlanPart(&plan, 0, 0, 0, &part));
      PetscCall(OttoLogStageCreate(&part, &s));
      for (PetscInt64 j = 0; j < n * OTTO_PANEL; j++) in[j] = -INFINITY;
      for (PetscInt64 line = 0; line < OTTO_PANEL; line++)
        in[line * OTTO_PANEL + line] = in[(line + away + line % 3) * OTTO_PANEL + line] = 0;
      Apply(&s, in, out, NULL);
      for (PetscInt64 line = 0; line < OTTO_PANEL; line++)
        for (PetscInt64 a = 0; a < n; a++) {
          const long double x = a - line, y = a - (line + away + line % 3);
          const long double one = -x * x / (4 * (long double)tau),
                            other = -y * y / (4 * (long double)tau);
          const long double value = fmaxl(one, other) + log1pl(expl(-fabsl(one - other))) - norm;
          const long double off = fabsl((long double)out[a * OTTO_PANEL + line] - value) /
                                  (1e-14L + (long double)PETSC_MACHINE_EPSILON * fabsl(value));
          if (!(off <= worst)) worst = off;
        }
      TestTrue(worst <= 1, "two masses");
      if (!(worst <= 1)) fprintf(stderr, "  sigma %g, %d apart: %Lg\n", sigma, (int)away, worst);
      PetscCall(OttoLogStageDestroy(&s));
      PetscCall(OttoLineKernelDestroy(&part.kernel));
      PetscCall(OttoAxisPlanDestroy(&plan));
    }
  free(in);
  free(out);
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestStages, TestAxes, TestMidpoints});
}
