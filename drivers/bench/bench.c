#include "bench.h"
#include <math.h>
#include <stdio.h>

PetscErrorCode OttoBenchRun(OttoGrid grid, PetscInt rounds, PetscInt count, OttoBenchItem items[])
{
  MPI_Comm comm = OttoGridGetInfo(grid)->comm;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < count; i++) items[i].best = items[i].run ? INFINITY : NAN;
  for (PetscInt round = 0; round <= rounds; round++) {
    for (PetscInt i = 0; i < count; i++) {
      if (!items[i].run) continue;
      if (items[i].prepare) PetscCall(items[i].prepare(items[i].context));
      PetscCallMPI(MPI_Barrier(comm));
      PetscReal spent = -MPI_Wtime();
      PetscCall(items[i].run(items[i].context));
      spent += MPI_Wtime();
      PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &spent, 1, MPIU_REAL, MPIU_MAX, comm));
      if (round > 0) items[i].best = PetscMin(items[i].best, spent);
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchReport(OttoRecord record, OttoGrid grid, PetscReal floor, PetscInt count,
                               const OttoBenchItem items[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscReal local = (PetscReal)g->cells / g->size;

  PetscFunctionBegin;
  PetscCall(PetscPrintf(g->comm, "  %-34s %10s %14s %8s\n", "", "ms", "ns/local cell", "floors"));
  for (PetscInt i = 0; i < count; i++) {
    const OttoBenchItem *b = &items[i];
    char name[64];
    snprintf(name, sizeof name, "%s", b->result);
    if (isnan(b->best)) continue;
    PetscCall(PetscPrintf(g->comm, "  %-34s %10.4f %14.2f %8.2f\n", b->name,
                          (double)(1e3 * b->best), (double)(1e9 * b->best / local),
                          (double)(b->best / floor)));
    PetscCall(OttoRecordResult(record, name, b->per_cell ? 1e9 * b->best / local : 1e3 * b->best));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchTriad(MPI_Comm comm, PetscInt rounds, PetscReal *gb_per_s)
{
  const PetscInt n = 8 << 20;
  PetscReal *a, best = INFINITY;
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(OttoAgree(comm, PetscCalloc1(3 * n, &a)));
  PetscReal *b = a + n, *c = b + n;
  for (PetscInt i = 0; i < n; i++) b[i] = c[i] = (PetscReal)i;
  for (PetscInt round = 0; round < rounds; round++) {
    PetscCallMPI(MPI_Barrier(comm));
    PetscReal spent = -MPI_Wtime(), s = 1 + (PetscReal)round;
    for (PetscInt i = 0; i < n; i++) a[i] = b[i] + s * c[i];
    spent += MPI_Wtime();
    if (a[n / 2] < 0) spent = 0; /* the result is used */
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &spent, 1, MPIU_REAL, MPIU_MAX, comm));
    best = PetscMin(best, spent);
  }
  PetscCall(PetscFree(a));
  *gb_per_s = 24e-9 * (PetscReal)n * size / best;
  PetscFunctionReturn(0);
}
