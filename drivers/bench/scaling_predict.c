/* What the messages of a sample make of it on 1 … 131072 ranks. */
#include "scaling.h"
#include <math.h>

#define COUNTS 18 /* 2⁰ … 2¹⁷ */

enum { SLAB, MESH, WAYS };
enum { MESSAGES, BYTES, MS, COLUMNS, FIGURES };

static const char *const names[2][WAYS][FIGURES] = {
    {{"strong_slab_messages", "strong_slab_bytes", "strong_slab_ms", NULL},
     {"strong_mesh_messages", "strong_mesh_bytes", "strong_mesh_ms", "strong_mesh_columns"}},
    {{"weak_slab_messages", "weak_slab_bytes", "weak_slab_ms", NULL},
     {"weak_mesh_messages", "weak_mesh_bytes", "weak_mesh_ms", "weak_mesh_columns"}}};

typedef struct {
  PetscInt dim;
  PetscReal work; /* s of one rank for the options' grid */
  PetscReal latency, bandwidth;
} Machine;

/* A sample on `ranks`, of a grid of n[] cells and so much work on each. */
static void Predict(const Machine *m, const PetscReal n[], PetscInt64 ranks, PetscReal work,
                    PetscReal figure[WAYS][FIGURES])
{
  PetscReal mesh[WAYS][2] = {{(PetscReal)ranks, 1}, {NAN, NAN}};

  if ((PetscReal)ranks > n[0]) mesh[SLAB][0] = NAN;
  if (!OttoScalingMesh(m->dim, n, ranks, m->latency, m->bandwidth, mesh[MESH])) mesh[MESH][0] = NAN;
  for (int way = 0; way < WAYS; way++) {
    for (int k = 0; k < FIGURES; k++) figure[way][k] = NAN;
    if (isnan(mesh[way][0])) continue;
    const OttoTraffic t = OttoScalingModel(m->dim, n, mesh[way][0], mesh[way][1]);
    figure[way][MESSAGES] = t.messages;
    figure[way][BYTES] = t.bytes;
    figure[way][MS] =
        1e3 * (work + OttoScalingSeconds(&t, (PetscReal)ranks, m->latency, m->bandwidth));
    figure[way][COLUMNS] = mesh[way][1];
  }
}

/* Cells of a grid that has grown to so many, over those it had, as an FFT counts them: its work a
 * cell. */
static PetscReal Growth(const Machine *m, const OttoGridInfo *g, const PetscReal n[])
{
  PetscReal cells = 1;

  for (PetscInt j = 0; j < m->dim; j++) cells *= n[j];
  return PetscMax(1, log(cells) / log(PetscMax(2, (PetscReal)g->cells)));
}

PetscErrorCode OttoScalingPredict(OttoRecord record, const OttoGridInfo *g, PetscReal work,
                                  PetscReal alone, PetscReal latency, PetscReal bandwidth)
{
  const Machine m = {.dim = g->dim, .work = work, .latency = latency, .bandwidth = bandwidth};
  PetscReal lists[2][WAYS][FIGURES][COUNTS], ranks[COUNTS], figure[WAYS][FIGURES];

  PetscFunctionBegin;
  PetscCall(PetscPrintf(
      g->comm,
      "  predicted, a sample of this grid, and of one that grows with the ranks along all axes: "
      "work of %g ms as measured on all ranks here (%.2f times that of one rank), which grows like "
      "log(cells); %g s a message or a stage of a reduction, %g bytes/s a rank\n"
      "%18s%14s%14s%14s%14s\n",
      (double)(1e3 * work), (double)(work / alone), (double)latency, (double)bandwidth, "ranks",
      "slab, ms", "mesh, ms", "growing: slab", "mesh"));
  for (PetscInt i = 0; i < COUNTS; i++) {
    const PetscInt64 p = (PetscInt64)1 << i;
    PetscReal shown[2 * WAYS];
    ranks[i] = (PetscReal)p;
    for (int grows = 0; grows < 2; grows++) {
      PetscReal n[OTTO_MAX_DIM];
      for (PetscInt j = 0; j < g->dim; j++)
        n[j] = floor((PetscReal)g->n[j] * (grows ? pow((PetscReal)p, 1. / g->dim) : 1));
      Predict(&m, n, p, grows ? m.work * Growth(&m, g, n) : m.work / (PetscReal)p, figure);
      for (int way = 0; way < WAYS; way++) {
        for (int k = 0; k < FIGURES; k++) lists[grows][way][k][i] = figure[way][k];
        shown[WAYS * grows + way] = figure[way][MS];
      }
    }
    PetscCall(PetscPrintf(g->comm, "%18g%14.4g%14.4g%14.4g%14.4g\n", (double)p, (double)shown[0],
                          (double)shown[1], (double)shown[2], (double)shown[3]));
  }
  PetscCall(OttoRecordResult(record, "model_work_ms", 1e3 * work));
  PetscCall(OttoRecordResult(record, "model_latency", latency));
  PetscCall(OttoRecordResult(record, "model_bandwidth", bandwidth));
  PetscCall(OttoRecordResultList(record, "model_ranks", COUNTS, ranks));
  for (int grows = 0; grows < 2; grows++)
    for (int way = 0; way < WAYS; way++)
      for (int k = 0; k < FIGURES; k++)
        if (names[grows][way][k])
          PetscCall(
              OttoRecordResultList(record, names[grows][way][k], COUNTS, lists[grows][way][k]));
  PetscFunctionReturn(0);
}
