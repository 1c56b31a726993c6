#include "axis_plan.h"
#include "stage_build.h"
#include <math.h>

/* Modes of the trapezoidal rule: 2e^-34.5 = 2e-15 each. */
#define MODES 34.5
/* Of what comes from beyond a window, relative to what is found: e^-36. */
#define BEYOND -36
/* Differences matter up to where the kernel has fallen by e^-38 below that of the farthest pair. */
#define FAR -38
/* Bridges end within so many standard deviations: e^-32 of what is found. */
#define SPREAD 8
/* Places at which a smooth maximum is looked for, to 1e-3 of a logarithm. */
#define SEARCHED 64
/* Spacings that are tried, from the largest downwards: work grows with each further one. */
#define TRIED 8
/* Work by rows of their own, against differences. */
#define ROWS 1.1
/* On logarithms: of a stage before any product, in products, measured; of the tiles of a window
 * only those within so many standard deviations are looked at for long. */
#define LOG_STAGE 190
#define LOG_SPREAD 9.4

static OttoStageEnds EndsOf(const OttoAxisKernel *kernel)
{
  return kernel->boundary == OTTO_BOUNDARY_PERIODIC  ? OTTO_ENDS_PERIODIC
         : kernel->boundary == OTTO_BOUNDARY_NO_FLUX ? OTTO_ENDS_EVEN
                                                     : OTTO_ENDS_ZERO;
}

/* Cells after which a line comes again; 0: never. */
static PetscInt64 PeriodOf(const OttoAxisKernel *kernel)
{
  return kernel->boundary == OTTO_BOUNDARY_PERIODIC  ? kernel->n
         : kernel->boundary == OTTO_BOUNDARY_NO_FLUX ? 2 * kernel->n
                                                     : 0;
}

/* ---- what the trapezoidal rule asks for ---- */

/* log(e^-x I_0(x)) in the digits that a bound needs: Hankel's series, or the mean of e^{x(cos θ -
 * 1)}.
 */
static PetscReal LogBessel(PetscReal x)
{
  PetscReal sum = 0;

  if (x > 12) {
    const PetscReal z = 1 / (8 * x);
    return log1p(z * (1 + z * (4.5 + z * (37.5 + z * 459.375)))) - log(2 * PETSC_PI * x) / 2;
  }
  for (int i = 0; i < 64; i++) sum += exp(x * (cos(2 * PETSC_PI * i / 64) - 1));
  return log(sum / 64);
}

/* The relative error of the rule between kernels of τ = a and b, nodes f cells apart. */
static PetscReal Error(PetscBool lattice, PetscReal f, PetscReal a, PetscReal b)
{
  const PetscReal tau = a + b, of_all = 2 * tau + LogBessel(2 * tau);
  PetscReal sum = 0;

  if (!lattice) /* the bridge's variance is 2ab/(a + b) */
    return 2 * exp(-2 * PETSC_PI * PETSC_PI * (2 * a * b / tau) / (f * f));
  for (int k = 1; 2 * k <= (int)f; k++) {
    const PetscReal rho = sqrt(a * a + b * b + 2 * a * b * cos(2 * PETSC_PI * k / f));
    const PetscReal mode = 2 * exp(2 * rho + LogBessel(2 * rho) - of_all);
    sum += mode;
    if (mode <= 1e-6 * sum) break; /* they fall with k */
  }
  return sum;
}

PetscReal OttoAxisTau1(PetscBool lattice, PetscReal f)
{
  const PetscReal allowed = 2 * exp(-MODES);
  PetscReal low = 0, high = f * f;

  while (Error(lattice, f, high, 2 * high) > allowed) high *= 2;
  while (high - low > 1e-6 * high) {
    const PetscReal middle = (low + high) / 2;
    if (Error(lattice, f, middle, 2 * middle) > allowed)
      low = middle;
    else
      high = middle;
  }
  return high;
}

/* ---- how far to look ---- */

/* Whether the kernel is the same everywhere on a closed line, to e^-300: all differences matter,
 * and tables of the whole line would be long. */
static PetscBool IsFlat(const OttoAxisKernel *kernel, PetscReal tau)
{
  return PeriodOf(kernel) && sqrt(2 * tau) > 4 * (PetscReal)PeriodOf(kernel) ? PETSC_TRUE
                                                                             : PETSC_FALSE;
}

/* The farthest pair of cells, by its nearest images. */
static PetscInt64 Pair(const OttoAxisKernel *kernel)
{
  return PeriodOf(kernel) ? PeriodOf(kernel) / 2 : kernel->n - 1;
}

/* Whether its images are summed by their dual: what is left is nearly flat, and slopes that are
 * small beside what they are slopes of would come out of a narrow last stage with its rounding. */
static PetscBool IsDual(const OttoAxisKernel *kernel, PetscReal tau)
{
  const OttoKernelTable table = {.period = PeriodOf(kernel), .h = 1};

  return OttoKernelIsDual(&table, tau);
}

/* Whether an open line is so short that to look for nodes costs more than they save. */
static PetscBool IsWide(const OttoAxisKernel *kernel, PetscReal tau)
{
  return !PeriodOf(kernel) && sqrt(2 * tau) > 16 * (PetscReal)kernel->n ? PETSC_TRUE : PETSC_FALSE;
}

/* The farthest difference that matters, in cells. */
static PetscErrorCode FindFar(const OttoAxisKernel *kernel, PetscReal tau, PetscInt64 *far)
{
  const PetscInt64 pair = Pair(kernel);
  PetscInt64 length = 2 * pair + 16;

  PetscFunctionBegin;
  *far = IsFlat(kernel, tau) ? pair + 1 : pair; /* a whole period, of an odd one too */
  if (!PeriodOf(kernel) || IsFlat(kernel, tau)) PetscFunctionReturn(0);
  for (;; length *= 2) {
    OttoLineKernel k;
    PetscCall(OttoLineKernelCreate(kernel->lattice, kernel->fill, tau, length, &k));
    const long double least = OttoLineKernelLog(&k, pair) + FAR;
    while (*far < length && OttoLineKernelLog(&k, *far) > least) ++*far;
    PetscCall(OttoLineKernelDestroy(&k));
    if (*far < length) break;
  }
  PetscFunctionReturn(0);
}

/* Of the three kernels along a way of x cells in which a stage goes b of them. */
typedef struct {
  OttoLineKernel whole, one, rest;
  PetscInt64 period, pair, far;
} Ways;

/* The largest share that ways on which the stage goes b cells have in what is found: of all
 * differences x that matter, against the nearest image of the same pair. Up to the farthest pair it
 * grows with x, as bridges get longer. From there on the pair's nearest image comes nearer and what
 * is left, x - b, gets longer once it is positive: the share falls, and has one smooth maximum
 * before. */
static long double Share(const Ways *w, PetscInt64 b)
{
  const PetscInt64 end = PetscMin(w->far, PetscMax(w->pair, b));
  const PetscInt64 step = PetscMax(1, (end - w->pair) / SEARCHED);
  long double most = -INFINITY;

  for (PetscInt64 x = w->pair; x <= end; x += step) {
    const PetscInt64 r = w->period ? x % w->period : x;
    const PetscInt64 nearest = w->period ? PetscMin(r, w->period - r) : x;
    const long double share =
        OttoLineKernelLog(&w->rest, x - b) - OttoLineKernelLog(&w->whole, nearest);
    most = share > most ? share : most;
  }
  return most + OttoLineKernelLog(&w->one, b);
}

/* How far a stage of τ = `part` out of `tau` has to look: where its kernel times what the others
 * need for the rest falls below what is found. */
static PetscErrorCode FindReach(const OttoAxisKernel *kernel, PetscReal tau, PetscReal part,
                                PetscInt64 far, PetscReal *reach)
{
  const PetscReal spread = SPREAD * sqrt(2 * part * (tau - part) / tau);
  const PetscInt64 length = far + 64 + (PetscInt64)(4 * spread);
  Ways w = {.period = PeriodOf(kernel), .pair = Pair(kernel), .far = far};
  PetscInt64 low = (PetscInt64)((PetscReal)w.pair * part / tau), high = length - 1;

  PetscFunctionBegin;
  PetscCall(OttoLineKernelCreate(kernel->lattice, kernel->fill, tau, length, &w.whole));
  PetscCall(OttoLineKernelCreate(kernel->lattice, kernel->fill, part, length, &w.one));
  PetscCall(OttoLineKernelCreate(kernel->lattice, kernel->fill, tau - part, length, &w.rest));
  if (Share(&w, low) <= BEYOND) high = low;
  while (high - low > 1) {
    const PetscInt64 middle = (low + high) / 2;
    if (Share(&w, middle) <= BEYOND)
      high = middle;
    else
      low = middle;
  }
  *reach = (PetscReal)high;
  PetscCall(OttoLineKernelDestroy(&w.whole));
  PetscCall(OttoLineKernelDestroy(&w.one));
  PetscCall(OttoLineKernelDestroy(&w.rest));
  PetscFunctionReturn(0);
}

/* ---- the choice ---- */

/* Nodes f cells apart, if they can stand symmetrically, or all round. */
static PetscBool PlaceNodes(const OttoAxisKernel *kernel, PetscReal f, PetscReal tau1,
                            OttoAxisNodes *c)
{
  const PetscInt64 n = kernel->n, whole = (PetscInt64)f;
  const PetscBool integer = (PetscReal)whole == f ? PETSC_TRUE : PETSC_FALSE;
  const PetscInt64 beyond = (PetscInt64)ceil(SPREAD * sqrt(2 * tau1) / f);

  c->ends = EndsOf(kernel);
  c->start = (f - 1) / 2;
  if (c->ends == OTTO_ENDS_ZERO) {
    if (!integer) return PETSC_FALSE;
    c->count = (n + whole - 1) / whole + 2 * beyond;
    c->start = (PetscReal)((whole - 1) / 2 - whole * beyond);
    return PETSC_TRUE;
  }
  c->count = (PetscInt64)rint((PetscReal)n / f);
  if (integer && n % whole && !(kernel->lattice && c->ends == OTTO_ENDS_EVEN)) return PETSC_FALSE;
  if (!kernel->lattice) return PETSC_TRUE;
  if (c->ends == OTTO_ENDS_PERIODIC) {
    c->start = 0;
    return integer && n % whole == 0 ? PETSC_TRUE : PETSC_FALSE;
  }
  if (integer && whole % 2 && n % whole == 0) return PETSC_TRUE;
  if (!integer || whole < 4 || (2 * n) % whole) return PETSC_FALSE;
  c->count = 2 * n / whole; /* of the doubled line, which has no symmetric ones */
  c->ends = OTTO_ENDS_PERIODIC;
  c->start = 0;
  return PETSC_TRUE;
}

static OttoStagePoints Cells(const OttoAxisKernel *kernel)
{
  return (OttoStagePoints){kernel->n, 1, 0};
}

static OttoStagePoints Nodes(const OttoAxisNodes *c)
{
  return (OttoStagePoints){c->count, c->f, c->start};
}

/* Half a period of differences, in cells, and whether `reach` has all of it. */
static PetscBool Sums(const OttoAxisKernel *kernel, PetscReal *reach)
{
  const PetscInt64 period = PeriodOf(kernel);

  if (!period || 2 * *reach < (PetscReal)period) return PETSC_FALSE;
  *reach = (PetscReal)(period / 2);
  return PETSC_TRUE;
}

/* Multiply-adds of a target. */
static PetscReal StageWork(PetscBool logs, const OttoStagePoints *targets,
                           const OttoStagePoints *sources, OttoStageEnds ends, PetscReal tau,
                           PetscReal reach)
{
  const PetscReal window = (PetscReal)(OTTO_TILE * OttoStageTiles(targets, sources, ends, reach));
  const PetscReal wide = 2 * OTTO_TILE + 2 * LOG_SPREAD * sqrt(2 * tau) / sources->step;

  return logs ? LOG_STAGE + PetscMin(window, wide) : window;
}

/* Fills in what is known once f is; work INFINITY where it does not serve. */
static PetscErrorCode Try(const OttoAxisKernel *kernel, PetscReal tau, PetscInt64 far,
                          PetscBool logs, PetscReal f, OttoAxisNodes *c)
{
  const OttoStagePoints cells = Cells(kernel);

  PetscFunctionBegin;
  *c = (OttoAxisNodes){.f = f, .work = INFINITY};
  if (f == 1) {
    c->reach = (PetscReal)far;
    c->summed = Sums(kernel, &c->reach);
    c->count = kernel->n;
    c->ends = EndsOf(kernel);
    c->work = StageWork(logs, &cells, &cells, c->ends, tau, c->reach);
    PetscFunctionReturn(0);
  }
  if (!PlaceNodes(kernel, f, 0, c)) PetscFunctionReturn(0);
  c->tau1 = OttoAxisTau1(kernel->lattice, f);
  if (tau < 3 * c->tau1) PetscFunctionReturn(0);
  (void)PlaceNodes(kernel, f, c->tau1, c);
  if (c->count >= kernel->n) PetscFunctionReturn(0);
  PetscCall(FindReach(kernel, tau, c->tau1, far, &c->reach1));
  PetscCall(FindReach(kernel, tau, tau - 2 * c->tau1, far, &c->reach));
  c->summed = Sums(kernel, &c->reach);
  const OttoStagePoints nodes = Nodes(c);
  const PetscReal share = (PetscReal)c->count / (PetscReal)kernel->n;
  const PetscReal rows = f == rint(f) ? 1 : ROWS;
  c->work = rows * StageWork(logs, &cells, &nodes, c->ends, c->tau1, c->reach1) +
            share * (rows * StageWork(logs, &nodes, &cells, EndsOf(kernel), c->tau1, c->reach1) +
                     StageWork(logs, &nodes, &nodes, c->ends, tau - 2 * c->tau1, c->reach));
  if (!logs)
    c->work *= (1 + share + share * share) / 3; /* three axes alike: lines get fewer, too */
  PetscFunctionReturn(0);
}

/* The largest whole spacing above `low` up to `high` at which nodes can stand; of the Gaussian on a
 * closed line, which takes any, another where there is none; 0 for none. */
static PetscReal Spacing(const OttoAxisKernel *kernel, PetscReal low, PetscReal high)
{
  OttoAxisNodes c;

  for (PetscReal f = floor(high); f > low; f--)
    if (PlaceNodes(kernel, f, 0, &c)) return f;
  if (kernel->lattice || !PeriodOf(kernel)) return 0;
  const PetscReal f = (PetscReal)kernel->n / ceil((PetscReal)kernel->n / high);
  return f > low ? f : 0;
}

/* The spacing of least work, one of 2^(1 + i/4) or the next below it at which nodes can stand: few,
 * and each from a time on, that a run may keep each for several times. */
static PetscErrorCode Choose(const OttoAxisKernel *kernel, PetscReal tau, PetscInt64 far,
                             PetscBool logs, PetscReal coarsest, OttoAxisNodes *best)
{
  PetscReal most = sqrt(2 * tau) / 2.8; /* σ/f is 2.805 at least (MATHEMATICS 6.6) */
  OttoAxisNodes c;

  PetscFunctionBegin;
  PetscCall(Try(kernel, tau, far, logs, 1, best));
  if (IsDual(kernel, tau) || IsWide(kernel, tau)) PetscFunctionReturn(0);
  if (coarsest > 0) most = PetscMin(most, coarsest);
  most = PetscMin(most, (PetscReal)kernel->n);
  for (int i = (int)ceil(4 * log2(most / 2)), tried = 0; i >= 0 && tried < TRIED; i--) {
    const PetscReal high = exp2(1 + (PetscReal)i / 4),
                    low = i ? exp2(1 + (PetscReal)(i - 1) / 4) : 1;
    const PetscReal f = Spacing(kernel, low, high);
    if (f == 0) continue;
    PetscCall(Try(kernel, tau, far, logs, f, &c));
    if (isfinite(c.work)) tried++;
    if (c.work < best->work) *best = c;
  }
  PetscFunctionReturn(0);
}

/* ---- stages ---- */

/* K, or C: among points of one kind. */
static PetscErrorCode DescribeMiddle(const OttoAxisPlan *plan, OttoStagePart *part)
{
  const OttoAxisNodes *c = &plan->nodes;
  const PetscReal tau = plan->tau - 2 * c->tau1;

  PetscFunctionBegin;
  part->targets = part->sources = c->f == 1 ? Cells(&plan->kernel) : Nodes(c);
  part->ends = c->ends;
  part->reach = c->reach;
  if (c->summed) {
    const PetscInt64 period = (PetscInt64)rint((PetscReal)PeriodOf(&plan->kernel) / c->f);
    PetscCall(OttoLineKernelCreateSum(plan->kernel.lattice, plan->kernel.fill, tau, period, c->f,
                                      &part->kernel));
  } else {
    PetscCall(OttoLineKernelCreate(plan->kernel.lattice, plan->kernel.fill, tau,
                                   4 * (PetscInt64)c->reach + 64 * (PetscInt64)ceil(c->f),
                                   &part->kernel));
  }
  part->kernel.scale *= c->f;
  PetscFunctionReturn(0);
}

/* R, or P. */
static PetscErrorCode DescribeOuter(const OttoAxisPlan *plan, PetscBool back, OttoStagePart *part)
{
  const OttoAxisNodes *c = &plan->nodes;

  PetscFunctionBegin;
  part->targets = back ? Cells(&plan->kernel) : Nodes(c);
  part->sources = back ? Nodes(c) : Cells(&plan->kernel);
  part->ends = back ? c->ends : EndsOf(&plan->kernel);
  part->reach = c->reach1;
  PetscCall(OttoLineKernelCreate(plan->kernel.lattice, plan->kernel.fill, c->tau1,
                                 2 * (PetscInt64)c->reach1 + 64 * (PetscInt64)ceil(c->f),
                                 &part->kernel));
  if (back) part->kernel.scale = c->f;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoAxisPlanPart(const OttoAxisPlan *plan, PetscInt i, PetscInt order,
                                PetscReal shift, OttoStagePart *part)
{
  PetscFunctionBegin;
  if (plan->stages == 1 || i == 1)
    PetscCall(DescribeMiddle(plan, part));
  else
    PetscCall(DescribeOuter(plan, i ? PETSC_TRUE : PETSC_FALSE, part));
  part->kernel.order = order;
  part->kernel.offset = shift;
  part->targets.start += shift;
  part->reach += ceil(fabs(shift));
  PetscFunctionReturn(0);
}

static PetscErrorCode CreateStage(const OttoAxisPlan *plan, PetscInt i, PetscInt order,
                                  OttoStage *stage)
{
  OttoStagePart part;

  PetscFunctionBegin;
  PetscCall(OttoAxisPlanPart(plan, i, order, 0, &part));
  PetscCall(OttoStageCreate(&part, stage));
  PetscCall(OttoLineKernelDestroy(&part.kernel));
  PetscFunctionReturn(0);
}

static PetscErrorCode ChooseAll(const OttoAxisKernel *kernel, PetscReal tau, PetscBool logs,
                                PetscReal coarsest, OttoAxisPlan *plan)
{
  PetscInt64 far = 0;

  PetscFunctionBegin;
  *plan = (OttoAxisPlan){.kernel = *kernel, .tau = tau};
  PetscCall(FindFar(kernel, tau, &far));
  PetscCall(Choose(kernel, tau, far, logs, coarsest, &plan->nodes));
  plan->stages = plan->nodes.f == 1 ? 1 : 3;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoAxisPlanChoose(const OttoAxisKernel *kernel, PetscReal tau, OttoAxisPlan *plan)
{
  PetscFunctionBegin;
  PetscCall(ChooseAll(kernel, tau, PETSC_TRUE, 0, plan));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoAxisPlanCreate(const OttoAxisKernel *kernel, PetscReal tau, PetscReal coarsest,
                                  OttoAxisPlan *plan)
{
  PetscFunctionBegin;
  PetscCall(ChooseAll(kernel, tau, PETSC_FALSE, coarsest, plan));
  for (PetscInt i = 0; i < plan->stages; i++) PetscCall(CreateStage(plan, i, 0, &plan->stage[i]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoAxisPlanDestroy(OttoAxisPlan *plan)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < plan->stages; i++) PetscCall(OttoStageDestroy(&plan->stage[i]));
  plan->stages = 0;
  PetscFunctionReturn(0);
}
