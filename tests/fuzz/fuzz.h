/*
 * A seeded mutator in one process: fuzz_<what> [cases [seed [only]]]. Each case is made of a good
 * input by a few changes and put to the library, which must take it or refuse it in one line, and
 * return. A case that is not taken well is named by its number: `fuzz_<what> 1 seed number` runs it
 * alone, and FUZZ_KEEP=<file> keeps its bytes.
 */
#pragma once
#include <otto.h>
#include <otto/signals.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A case takes milliseconds, but for files in which HDF5 comes to no end: the library waits a
 * minute before it says so. */
#define FUZZ_SECONDS 180
#define FUZZ_ROOM 65536 /* bytes of an input */

static unsigned long long fuzz_state;
static volatile long fuzz_case;
static unsigned char fuzz_bytes[FUZZ_ROOM];
static size_t fuzz_length;

/* Sebastiano Vigna's splitmix64. */
static inline unsigned long long FuzzRandom(void)
{
  unsigned long long z = (fuzz_state += 0x9E3779B97F4A7C15ull);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}
static inline size_t FuzzBelow(size_t n)
{
  return n ? (size_t)(FuzzRandom() % n) : 0;
}

/* No macro: a random number is drawn once. */
static inline size_t FuzzLeast(size_t a, size_t b)
{
  return a < b ? a : b;
}

static inline void FuzzReplace(size_t at, size_t cut, const void *with, size_t n)
{
  if (fuzz_length - cut + n > FUZZ_ROOM) return;
  memmove(fuzz_bytes + at + n, fuzz_bytes + at + cut, fuzz_length - at - cut);
  memmove(fuzz_bytes + at, with, n);
  fuzz_length += n - cut;
}

/* One change: a bit, a byte, a number of several bytes, a piece lost, doubled or moved, or a word
 * that has a meaning in this kind of input. */
static inline void FuzzChange(const char *const words[], size_t count)
{
  static const unsigned long long edges[] = {0,      1,          0x7f,       0x80,       0xff,
                                             0xffff, 0x7fffffff, 0x80000000, 0xffffffff, ~0ull};
  unsigned char piece[512];
  const size_t at = FuzzBelow(fuzz_length), left = fuzz_length - at;
  size_t n = FuzzLeast(left, 1 + FuzzBelow(FuzzBelow(4) ? 8 : 300));

  memcpy(piece, fuzz_bytes + at, n);
  switch (FuzzBelow(count ? 8 : 6)) {
  case 0:
    fuzz_bytes[at] ^= (unsigned char)(1u << FuzzBelow(8));
    break;
  case 1:
    fuzz_bytes[at] = (unsigned char)FuzzBelow(256);
    break;
  case 2:
    n = FuzzLeast(left, (size_t)1 << FuzzBelow(4));
    memcpy(fuzz_bytes + at, &edges[FuzzBelow(sizeof edges / sizeof edges[0])], n);
    break;
  case 3:
    FuzzReplace(at, n, piece, 0);
    break;
  case 4:
    FuzzReplace(at, 0, piece, n);
    break;
  case 5:
    FuzzReplace(FuzzBelow(fuzz_length), 0, piece, n);
    break;
  default: {
    const char *word = words[FuzzBelow(count)];
    FuzzReplace(at, FuzzBelow(2) ? n : 0, word, strlen(word));
  }
  }
}

static inline void FuzzInput(const void *good, size_t length, const char *const words[],
                             size_t count)
{
  fuzz_length = PetscMin(length, (size_t)FUZZ_ROOM / 2);
  memcpy(fuzz_bytes, good, fuzz_length);
  for (size_t k = 1 + FuzzBelow(FuzzBelow(3) ? 3 : 12); k && fuzz_length; k--)
    FuzzChange(words, count);
}

/* Taken, or refused in one line. */
static inline int FuzzJudge(PetscErrorCode code)
{
  const char *said = OttoErrorMessage();
  const int good = !code || (code == OTTO_ERR_INPUT && *said && !strchr(said, '\n'));

  if (!good) printf("case %ld: code %d, '%s'\n", fuzz_case, (int)code, said);
  OttoErrorClear();
  return good ? 0 : 1;
}

static void FuzzEnd(int number)
{
  static char text[] = "case          ended by a signal, or does not end\n";
  long c = fuzz_case;

  for (int i = 12; i > 4; i--, c /= 10) text[i] = c || i == 12 ? (char)('0' + c % 10) : ' ';
  if (write(STDOUT_FILENO, text, sizeof text - 1) < 0) _exit(2);
  (void)number;
  _exit(1);
}

/* Runs `one` on as many cases as the command line says. */
static inline int FuzzMain(int argc, char *argv[], PetscErrorCode (*one)(int *failed))
{
  const long cases = argc > 1 ? atol(argv[1]) : 500, seed = argc > 2 ? atol(argv[2]) : 1;
  const long first = argc > 3 ? atol(argv[3]) : 0;
  int failed = 0;

  setvbuf(stdout, NULL, _IONBF, 0);
  if (OttoInitialize()) return 1;
  signal(SIGALRM, FuzzEnd);
#if !defined(__SANITIZE_ADDRESS__)
  signal(SIGSEGV, FuzzEnd), signal(SIGABRT, FuzzEnd), signal(SIGFPE, FuzzEnd),
      signal(SIGBUS, FuzzEnd);
#endif
  for (fuzz_case = first; fuzz_case < first + cases; fuzz_case++) {
    fuzz_state = (unsigned long long)seed * 1000000007ull + (unsigned long long)fuzz_case;
    alarm(FUZZ_SECONDS);
    if (one(&failed)) {
      printf("case %ld: %s\n", fuzz_case, OttoErrorMessage());
      return 1;
    }
  }
  alarm(0);
  if (getenv("FUZZ_KEEP")) {
    FILE *f = fopen(getenv("FUZZ_KEEP"), "wb");
    if (f) fwrite(fuzz_bytes, 1, fuzz_length, f), fclose(f);
  }
  printf("%ld cases, %d failed\n", cases, failed);
  if (OttoFinalize()) return 1;
  return failed ? 1 : 0;
}
