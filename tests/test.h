/*
 * What every unit test shares: comparisons that a NaN fails, and a main that counts.
 *
 *   static PetscErrorCode TestSomething(void) { TestClose(value, expected, 1e-12, "what"); … }
 *   int main(void) { return TestMain({TestSomething, TestOther}); }
 */
#pragma once
#include <otto.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static int test_checks, test_failures;

static inline void TestTrue_(int ok, const char *file, int line, const char *what)
{
  test_checks++;
  if (!ok) {
    test_failures++;
    fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
  }
}

/* |value - expected| <= tolerance * |expected| (absolute where expected is 0); NaN fails. */
static inline void TestClose_(double value, double expected, double tolerance, const char *file,
                              int line, const char *what)
{
  double scale = expected == 0 ? 1 : fabs(expected);
  int ok = value == expected || fabs(value - expected) <= tolerance * scale;
  test_checks++;
  if (!ok) {
    test_failures++;
    fprintf(stderr, "%s:%d: failed: %s: %.17g, expected %.17g (off by %.3g of it, allowed %.3g)\n",
            file, line, what, value, expected, fabs(value - expected) / scale, tolerance);
  }
}
#define TestTrue(ok, what) TestTrue_(!!(ok), __FILE__, __LINE__, what)
#define TestClose(value, expected, tolerance, what)                                                \
  TestClose_(value, expected, tolerance, __FILE__, __LINE__, what)

/* Expects `call` to fail with `code` and a message that contains `part`; then forgets it. */
#define TestFails(call, code, part)                                                                \
  do {                                                                                             \
    PetscErrorCode got_ = (call);                                                                  \
    TestTrue(got_ == (code), #call " returns " #code);                                             \
    TestTrue(strstr(OttoErrorMessage(), (part)) != NULL, #call " says: " part);                    \
    if (!strstr(OttoErrorMessage(), (part)))                                                       \
      fprintf(stderr, "  it said: %s\n", OttoErrorMessage());                                      \
    OttoErrorClear();                                                                              \
  } while (0)

typedef PetscErrorCode (*TestFunction)(void);

static inline int TestRun(const TestFunction tests[], int count)
{
  int total[2], mine[2], rank;
  if (OttoInitialize()) return 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  for (int i = 0; i < count; i++) {
    if (tests[i]()) {
      test_failures++;
      fprintf(stderr, "rank %d: test %d ended with: %s\n", rank, i, OttoErrorMessage());
      MPI_Abort(MPI_COMM_WORLD, 1);
    }
  }
  mine[0] = test_checks;
  mine[1] = test_failures;
  MPI_Allreduce(mine, total, 2, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  if (rank == 0) printf("%d checks, %d failed\n", total[0], total[1]);
  if (OttoFinalize()) return 1;
  return total[1] || total[0] == 0 ? 1 : 0;
}
#define TestMain(...)                                                                              \
  TestRun((const TestFunction[])__VA_ARGS__,                                                       \
          sizeof((TestFunction[])__VA_ARGS__) / sizeof(TestFunction))
