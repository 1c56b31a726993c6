/* One stage of an exact kernel on a panel of 16 lines against long double sums, by every
 * instruction set of the machine. ranks: 1 */
#include "test.h"
#include "heat/stage.h"
#include <stdlib.h>

/* Which array of numbers T comes from. */
typedef enum { SAME, SAME_BACKWARDS, TO_COARSE, TO_FINE, ROWS, SHAPES } Shape;
typedef enum { SMOOTH, POINTS, DISCS, DECADES, DATA } Data;

static const char *const keys[] = {"avx512", "avx2", "baseline"};
static const char *const words[] = {"AVX-512", "AVX2 and FMA", "baseline"};

static double Random(uint64_t *state) /* uniform in (0, 1): a fixed sequence */
{
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return ((double)(*state >> 11) + 0.5) * 0x1p-53;
}

static double *Room(PetscInt64 rows)
{
  return aligned_alloc(64, (size_t)rows * OTTO_PANEL * sizeof(double));
}

static PetscInt64 RowsOf(const OttoStage *stage)
{
  return stage->sources + 2 * OTTO_BESIDE;
}

static double Entry(const OttoStage *stage, PetscInt64 block, PetscInt64 i, PetscInt64 j)
{
  return stage->table[stage->offset[block] + i * stage->along + j * stage->across];
}

/* A Gaussian of a source less a target, a little to one side. */
static double Kernel(double sigma, double m)
{
  return (double)expl(-(m - 0.25L) * (m - 0.25L) / (2 * sigma * sigma));
}

/* The largest entry of sources j … end-1 of a tile. */
static double Largest(const OttoStage *stage, PetscInt64 j, PetscInt64 end)
{
  double most = 0;

  for (PetscInt64 block = 0; block < stage->blocks; block++)
    for (PetscInt64 i = 0; i < OTTO_TILE; i++)
      for (PetscInt64 k = j; k < end; k++) most = fmax(most, fabs(Entry(stage, block, i, k)));
  return most;
}

/* What OttoStageComplete() finds, by looking at every entry. */
static void Completed(const OttoStage *stage)
{
  PetscInt64 seen = 0;

  for (PetscInt64 w = 0; w < stage->tiles; w++) {
    const double lower = Largest(stage, 8 * w, 8 * w + 4);
    const double upper = Largest(stage, 8 * w + 4, 8 * w + 8);
    TestTrue(stage->near[w] == fmax(lower, upper), "the largest entry of a tile");
    TestTrue(stage->near_half[w] == fmin(lower, upper), "the largest of its smaller half");
    TestTrue(lower == upper || stage->half[w] == (lower < upper ? 4 : 0), "the other half");
    TestTrue(!w || stage->near[stage->order[w - 1]] >= stage->near[stage->order[w]], "in order");
    seen |= (PetscInt64)1 << stage->order[w] % 60;
  }
  const PetscInt64 phase = (stage->first[0] % 8 + 8) % 8;
  PetscBool same = PETSC_TRUE;
  for (PetscInt64 block = 1; block < stage->blocks; block++)
    if ((stage->first[block] % 8 + 8) % 8 != phase) same = PETSC_FALSE;
  TestTrue(stage->phase == (same ? phase : 0), "where tiles of a panel begin");
  TestTrue(stage->tiles > 60 || seen == ((PetscInt64)1 << stage->tiles) - 1, "every tile");
}

/* Targets at up·a, sources at down·b, a Gaussian of `sigma` sources, windows that reach at least
 * `reach` sources to both sides of a block's targets, and begin `shift` further off. */
static void Make(OttoStage *stage, Shape shape, PetscInt64 targets, PetscInt64 sources,
                 double sigma, PetscInt64 reach, PetscInt64 shift, OttoStageEnds ends)
{
  const PetscInt64 f = 4, up = shape == TO_COARSE ? f : 1, down = shape == TO_FINE ? f : 1;
  const PetscInt64 wide = 7 * up / down + 1, blocks = (targets + 7) / 8;
  reach += shift;
  const PetscInt64 tiles = (wide + 2 * reach + 7) / 8;
  const PetscInt64 far = (8 * tiles + reach) * down + 8 * up + 8;
  const int rows = shape == ROWS, back = shape == SAME_BACKWARDS;

  *stage = (OttoStage){
      .targets = targets, .sources = sources, .ends = ends, .blocks = blocks, .tiles = tiles};
  stage->along = rows ? 8 * tiles : back ? up : -up;
  stage->across = rows ? 1 : back ? -down : down;
  PetscCallAbort(PETSC_COMM_SELF, PetscMalloc1(blocks, &stage->first));
  PetscCallAbort(PETSC_COMM_SELF, PetscMalloc1(blocks, &stage->offset));
  PetscCallAbort(PETSC_COMM_SELF,
                 PetscMalloc1(rows ? 64 * tiles * blocks : 2 * far, &stage->table));
  for (PetscInt64 block = 0; block < blocks; block++) {
    const PetscInt64 first = 8 * block * up / down - reach, least = first * down - 8 * block * up;
    stage->first[block] = first;
    stage->offset[block] = rows ? 64 * tiles * block : back ? far - least : far + least;
    for (PetscInt64 i = 0; rows && i < 8; i++)
      for (PetscInt64 j = 0; j < 8 * tiles; j++)
        stage->table[stage->offset[block] + i * stage->along + j] =
            8 * block + i < targets ? Kernel(sigma, least + j - i) * (1 + 0.1 * (block % 3)) : 0;
  }
  for (PetscInt64 m = -far; !rows && m < far; m++)
    stage->table[far + m] = Kernel(sigma * down, back ? -m : m);
  PetscCallAbort(PETSC_COMM_SELF, OttoStageComplete(stage));
}

static void Fill(Data data, PetscInt64 n, uint64_t seed, double in[])
{
  memset(in, 0, (size_t)n * OTTO_PANEL * sizeof *in);
  for (PetscInt64 line = 0; line < OTTO_PANEL; line++)
    for (PetscInt64 b = 0; b < n; b++) {
      double *at = in + b * OTTO_PANEL + line, x = (double)(b + line) / (double)n;
      if (data == SMOOTH) *at = 1.2 + sin(6.3 * x) + 0.1 * cos(25 * x);
      if (data == POINTS) *at = b == (PetscInt64)(seed + 7 * (uint64_t)line) % n ? 1 : 0;
      if (data == DISCS) *at = llabs(b - n / 3) <= n / 8 + line % 3 ? 0.3 + Random(&seed) : 0;
      if (data == DECADES) *at = pow(10, -250 * Random(&seed));
    }
}

/* What stands in row r, from the line alone. */
static double Beyond(const OttoStage *stage, const double in[], PetscInt64 r, PetscInt64 line)
{
  const PetscInt64 n = stage->sources;

  if (stage->ends == OTTO_ENDS_ZERO && (r < 0 || r >= n)) return 0;
  while (r < 0 || r >= n)
    if (stage->ends == OTTO_ENDS_PERIODIC)
      r += r < 0 ? n : -n;
    else
      r = r < 0 ? -1 - r : 2 * n - 1 - r;
  return in[r * OTTO_PANEL + line];
}

/* out = T in by OttoStageExtend() and OttoStageApply(). */
static void Apply(const OttoStage *stage, const double in[], double out[])
{
  double *panel = Room(RowsOf(stage)), *maxima = Room(stage->sources / 8 + 6);
  double *rows = panel + OTTO_BESIDE * OTTO_PANEL;

  for (PetscInt64 i = 0; i < RowsOf(stage) * OTTO_PANEL; i++) panel[i] = NAN;
  for (PetscInt64 i = 0; i < (stage->sources / 8 + 6) * OTTO_PANEL; i++) maxima[i] = NAN;
  for (PetscInt64 i = 0; i < 8 * stage->blocks * OTTO_PANEL; i++) out[i] = NAN;
  memcpy(rows, in, (size_t)stage->sources * OTTO_PANEL * sizeof *in);
  OttoStageExtend(stage, rows);
  OttoStageApply(stage, rows, out, maxima);
  free(panel);
  free(maxima);
}

/* The largest relative error of any cell. A sum of W terms rounds W times, at random. */
static double Error(const OttoStage *stage, const double in[], const double out[])
{
  double worst = 0;

  for (PetscInt64 a = 0; a < stage->targets; a++)
    for (PetscInt64 line = 0; line < OTTO_PANEL; line++) {
      const PetscInt64 block = a / 8;
      const double got = out[a * OTTO_PANEL + line];
      long double sum = 0;
      for (PetscInt64 j = 0; j < 8 * stage->tiles; j++)
        sum += (long double)Entry(stage, block, a % 8, j) *
               Beyond(stage, in, stage->first[block] + j, line);
      const double error = fabs((double)((got - sum) / (sum > 0 ? sum : 1)));
      if (!(error <= worst)) worst = error; /* a NaN stays */
      if (isnan(error)) return error;
    }
  return worst;
}

static PetscErrorCode TestEnvironment(void)
{
  PetscFunctionBegin;
  setenv("OTTO_VECTORS", "baseline", 1);
  TestTrue(!strcmp(OttoStageVectors(), "baseline"), "OTTO_VECTORS limits the instruction set");
  setenv("OTTO_VECTORS", "avx512", 1);
  TestTrue(!strcmp(OttoStageVectors(), "baseline"), "it is decided once");
  unsetenv("OTTO_VECTORS");
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
  const int wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq");
  OttoStageLimit(NULL);
  if (wide) TestTrue(!strcmp(OttoStageVectors(), "AVX-512"), "the best the machine has");
  OttoStageLimit("avx2");
  if (wide) TestTrue(!strcmp(OttoStageVectors(), "AVX2 and FMA"), "the best up to a limit");
#endif
  OttoStageLimit("nothing known");
  const char *best = OttoStageVectors();
  OttoStageLimit(NULL);
  TestTrue(best == OttoStageVectors(), "what is no instruction set is no limit");
  PetscFunctionReturn(0);
}

/* One case by every instruction set: long double sums, the same bits with and without pruning. */
static void Check(OttoStage *stage, const double in[], const char *what)
{
  const size_t size = (size_t)(8 * stage->blocks * OTTO_PANEL) * sizeof(double);
  const double allowed = 4e-16 * sqrt(8. * (double)stage->tiles);
  double *out = Room(8 * stage->blocks), *whole = Room(8 * stage->blocks);
  double *fused = Room(8 * stage->blocks), *near = stage->near, *near_half = stage->near_half;
  int have = 0;

  Completed(stage);
  stage->near = malloc((size_t)stage->tiles * sizeof *near);
  for (PetscInt64 w = 0; w < stage->tiles; w++) stage->near[w] = 1e300;
  double *all = stage->near;
  for (int set = 0; set < 3; set++) {
    OttoStageLimit(keys[set]);
    if (strcmp(OttoStageVectors(), words[set])) continue; /* the machine does not have it */
    stage->near = near;
    stage->near_half = near_half;
    Apply(stage, in, out);
    stage->near = stage->near_half = all;
    Apply(stage, in, whole);
    TestClose(Error(stage, in, out), 0, allowed, what);
    TestTrue(!memcmp(out, whole, size), "what pruning leaves out changes no bit");
    if (set < 2 && have++) TestTrue(!memcmp(out, fused, size), "fused sets agree to the last bit");
    if (set < 2) memcpy(fused, out, size);
  }
  OttoStageLimit(NULL);
  stage->near = near;
  stage->near_half = near_half;
  free(all);
  free(out);
  free(whole);
  free(fused);
}

/* Lines of 1 … 100 cells, windows also longer than the line, every array of numbers, every end. */
static PetscErrorCode TestSums(void)
{
  const PetscInt64 sizes[] = {1, 2, 7, 8, 9, 16, 23, 40, 61, 100};

  PetscFunctionBegin;
  for (int size = 0; size < 10; size++)
    for (int shape = 0; shape < SHAPES; shape++)
      for (int data = 0; data < DATA; data++) {
        const PetscInt64 n = sizes[size], reach = (PetscInt64[]){13, 40, 24}[(size + data) % 3];
        const PetscInt64 targets = shape == TO_COARSE ? (n + 3) / 4 : shape == TO_FINE ? 4 * n : n;
        const PetscInt64 shift = (size + 3 * shape + data) % 8;
        double *in = Room(n);
        OttoStage stage;
        char what[64];
        Make(&stage, (Shape)shape, targets, n, 3, reach, shift,
             (OttoStageEnds)((size + shape) % 3));
        Fill((Data)data, n, 5, in);
        snprintf(what, sizeof what, "%d sources, shape %d, data %d", (int)n, shape, data);
        Check(&stage, in, what);
        free(in);
        PetscCall(OttoStageDestroy(&stage));
        TestTrue(!stage.table && !stage.first && !stage.order, "nothing is left");
      }
  PetscFunctionReturn(0);
}

/* The whole line in the window, a Gaussian of 3 cells: against the kernel's formula, every cell,
 * wherever in the tiles the masses are. */
static PetscErrorCode TestGaussian(void)
{
  const PetscInt64 n = 90;

  PetscFunctionBegin;
  double *in = Room(n), *out = Room(96);
  for (int trial = 0; trial < 40; trial++) {
    OttoStage stage;
    double worst = 0;
    Make(&stage, SAME, n, n, 3, n, trial % 8, OTTO_ENDS_ZERO);
    Fill(trial % 2 ? POINTS : DECADES, n, (uint64_t)trial, in);
    Apply(&stage, in, out);
    for (PetscInt64 a = 0; a < n; a++)
      for (PetscInt64 line = 0; line < OTTO_PANEL; line++) {
        long double sum = 0;
        for (PetscInt64 b = 0; b < n; b++)
          sum += expl(-(b - a - 0.25L) * (b - a - 0.25L) / 18) * in[b * OTTO_PANEL + line];
        worst = fmax(worst, fabs((double)(out[a * OTTO_PANEL + line] / sum - 1)));
        TestTrue(isfinite(out[a * OTTO_PANEL + line]), "a number");
      }
    TestClose(worst, 0, 1e-14, "a Gaussian over the whole line");
    PetscCall(OttoStageDestroy(&stage));
  }
  free(in);
  free(out);
  PetscFunctionReturn(0);
}

/* A source alone in its line, and its line in the panel, at every cell of every line: windows over
 * every part of the panel's last tile. */
static PetscErrorCode TestAlone(void)
{
  const PetscInt64 n = 19;

  PetscFunctionBegin;
  double *in = Room(n), *out = Room(24);
  for (PetscInt64 cell = 0; cell < n; cell++)
    for (PetscInt64 line = 0; line < OTTO_PANEL; line++) {
      OttoStage stage;
      Make(&stage, SAME, n, n, 30, 22, (cell + line) % 8, OTTO_ENDS_PERIODIC);
      memset(in, 0, (size_t)n * OTTO_PANEL * sizeof *in);
      in[cell * OTTO_PANEL + line] = 3;
      Apply(&stage, in, out);
      TestClose(Error(&stage, in, out), 0, 1e-15, "a source alone");
      PetscCall(OttoStageDestroy(&stage));
    }
  free(in);
  free(out);
  PetscFunctionReturn(0);
}

/* Entries of tiles that cannot matter are made NaN once `near` is known: whoever adds them shows.
 */
static PetscErrorCode TestPruning(void)
{
  const PetscInt64 n = 61;

  PetscFunctionBegin;
  double *in = Room(n), *out = Room(64);
  for (int set = 0; set < 3; set++)
    for (int inside = 0; inside < 2; inside++) {
      OttoStage stage;
      PetscInt64 traps = 0, halves = 0, wrong = 0;
      OttoStageLimit(keys[set]);
      Make(&stage, ROWS, n, n, 3, 80, 0, OTTO_ENDS_PERIODIC);
      Fill(SMOOTH, n, 1, in);
      for (PetscInt64 block = 0; block < stage.blocks; block++)
        for (PetscInt64 w = 0; w < stage.tiles; w++) {
          /* sources within 0.1 … 2.3, sums above 0.75: a tile is left out from e^-39.2 of them */
          const double size = log(stage.near[w]), half = log(stage.near_half[w]);
          PetscInt64 j = (block + w) % 8;
          if (inside ? size < -33 || size > -10 : half > -40) continue;
          if (!inside && size > -40) { /* its farther half alone */
            j = 4 - stage.half[w] + j % 4;
            halves++;
          }
          for (PetscInt64 i = 0; i < OTTO_TILE; i++)
            stage.table[stage.offset[block] + i * stage.along + 8 * w + j] = NAN;
          traps++;
        }
      Apply(&stage, in, out);
      for (PetscInt64 i = 0; i < n * OTTO_PANEL; i++) wrong += isnan(out[i]);
      TestTrue(traps >= (inside ? 1 : stage.blocks * (stage.tiles / 2)), "traps are laid");
      TestTrue(inside || halves > 0, "in halves of tiles too");
      TestTrue(inside ? wrong > 0 : wrong == 0, "far tiles are left out, near ones are not");
      PetscCall(OttoStageDestroy(&stage));
    }
  OttoStageLimit(NULL);
  free(in);
  free(out);
  PetscFunctionReturn(0);
}

/* A factor with negative entries, held against sums of the positive one that are known: what is
 * left out is a share of these, and far tiles are. */
static PetscErrorCode TestBounded(void)
{
  const PetscInt64 n = 61;

  PetscFunctionBegin;
  double *in = Room(n), *known = Room(64), *out = Room(64), *maxima = Room(n);
  double *panel = Room(n + 2 * OTTO_BESIDE), *rows = panel + OTTO_BESIDE * OTTO_PANEL;
  for (int set = 0; set < 3; set++)
    for (int data = 0; data < DATA; data++)
      for (int trap = 0; trap < 2; trap++) {
        OttoStage stage, slope;
        PetscInt64 traps = 0;
        double worst = 0;
        OttoStageLimit(keys[set]);
        Make(&stage, ROWS, n, n, 3, 80, 0, OTTO_ENDS_EVEN);
        Make(&slope, ROWS, n, n, 3, 80, 0, OTTO_ENDS_EVEN);
        for (PetscInt64 block = 0; block < slope.blocks; block++)
          for (PetscInt64 i = 0; i < 8; i++)
            for (PetscInt64 j = 0; j < 8 * slope.tiles; j++)
              slope.table[slope.offset[block] + i * slope.along + j] *=
                  (double)(slope.first[block] + j - 8 * block - i) / 9;
        PetscCall(PetscFree(slope.place)); /* what follows from the table, anew */
        PetscCall(PetscFree(slope.near));
        PetscCall(PetscFree(slope.near_half));
        PetscCall(PetscFree(slope.order));
        PetscCall(PetscFree(slope.half));
        PetscCall(OttoStageComplete(&slope));
        Fill((Data)data, n, 3, in);
        Apply(&stage, in, known);
        OttoStage exact = slope;
        exact.table = malloc((size_t)(64 * slope.tiles * slope.blocks) * sizeof(double));
        memcpy(exact.table, slope.table,
               (size_t)(64 * slope.tiles * slope.blocks) * sizeof(double));
        for (PetscInt64 w = 0; w < slope.tiles && trap && data == SMOOTH; w++) {
          if (log(slope.near[w]) > -41) continue; /* sums above 0.75, sources below 2.3 */
          for (PetscInt64 block = 0; block < slope.blocks; block++, traps++)
            for (PetscInt64 i = 0; i < 8; i++)
              slope.table[slope.offset[block] + i * slope.along + 8 * w + block % 8] = NAN;
        }
        memcpy(rows, in, (size_t)n * OTTO_PANEL * sizeof *in);
        OttoStageExtend(&slope, rows);
        OttoStageApplyBounded(&slope, rows, known, OTTO_STAGE_LOST, out, maxima);
        for (PetscInt64 a = 0; a < n; a++)
          for (PetscInt64 line = 0; line < OTTO_PANEL; line++) {
            long double sum = 0, size = 0;
            for (PetscInt64 j = 0; j < 8 * slope.tiles; j++) {
              const long double add = (long double)Entry(&exact, a / 8, a % 8, j) *
                                      Beyond(&exact, in, exact.first[a / 8] + j, line);
              sum += add;
              size += fabsl(add);
            }
            const double off = (double)(fabsl(out[a * OTTO_PANEL + line] - sum) /
                                        (size + known[a * OTTO_PANEL + line] + 1e-320L));
            if (!(off <= worst)) worst = off;
          }
        TestClose(worst, 0, 4e-16 * sqrt(8. * (double)slope.tiles), "a slope, to the sums' share");
        TestTrue(!trap || data != SMOOTH || traps > slope.blocks * slope.tiles / 2, "far ones");
        free(exact.table);
        PetscCall(OttoStageDestroy(&stage));
        PetscCall(OttoStageDestroy(&slope));
      }
  OttoStageLimit(NULL);
  free(in);
  free(known);
  free(out);
  free(maxima);
  free(panel);
  PetscFunctionReturn(0);
}

/* A line's bits are its own, whatever the fifteen others are. */
static PetscErrorCode TestNeighbours(void)
{
  const PetscInt64 n = 75;
  OttoStage stage;

  PetscFunctionBegin;
  double *in = Room(n), *other = Room(n), *out = Room(80), *beside = Room(80);
  Make(&stage, SAME, n, n, 3, n, 0, OTTO_ENDS_EVEN);
  for (int data = 0; data < DATA; data++)
    for (int others = 0; others < DATA; others++) {
      PetscInt64 differ = 0;
      Fill((Data)data, n, 11, in);
      Fill((Data)others, n, 12, other);
      for (PetscInt64 b = 0; b < n; b++) other[b * OTTO_PANEL + 9] = in[b * OTTO_PANEL + 4];
      Apply(&stage, in, out);
      Apply(&stage, other, beside);
      for (PetscInt64 a = 0; a < n; a++)
        differ += out[a * OTTO_PANEL + 4] != beside[a * OTTO_PANEL + 9];
      TestTrue(differ == 0, "the same bits beside other lines");
    }
  /* a panel without mass */
  memset(in, 0, (size_t)n * OTTO_PANEL * sizeof *in);
  Apply(&stage, in, out);
  TestClose(Error(&stage, in, out), 0, 0, "nothing gives nothing");
  PetscCall(OttoStageDestroy(&stage));
  free(in);
  free(other);
  free(out);
  free(beside);
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestEnvironment, TestSums, TestGaussian, TestAlone, TestPruning, TestBounded,
                   TestNeighbours});
}
