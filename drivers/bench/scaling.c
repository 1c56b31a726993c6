/* Times a sample of dissipation and an implicit step on fewer and more ranks, on one grid and on
 * grids that grow with them, beside memory bandwidth and disk; counts what a sample sends, and
 * says what that makes of it on many more. */
#include "scaling.h"
#include "drivers.h"
#include <otto/options.h>
#include <math.h>
#include <stdio.h>

typedef struct { /* measured on each count of ranks; NaN where it was not asked for */
  PetscReal ranks[OTTO_SCALING_MOST], triad[OTTO_SCALING_MOST], bytes[OTTO_SCALING_MOST];
  PetscReal sample[2][OTTO_SCALING_MOST], step[2][OTTO_SCALING_MOST]; /* s: same grid, growing */
  PetscReal mesh[OTTO_SCALING_MOST], columns[OTTO_SCALING_MOST]; /* a sample on so many columns */
  PetscReal overlap[2][OTTO_SCALING_MOST]; /* a sample of overlapped transforms: slabs, mesh */
  PetscReal overlap_bytes[2][OTTO_SCALING_MOST]; /* and what these hold besides */
  OttoTraffic overlap_sent[2][OTTO_SCALING_MOST];
  OttoTraffic mesh_sent[OTTO_SCALING_MOST], mesh_model[OTTO_SCALING_MOST];
  OttoTraffic sent[OTTO_SCALING_MOST], model[OTTO_SCALING_MOST], step_sent[OTTO_SCALING_MOST];
  PetscReal latency, bandwidth, fields, alone;
} Measured;

static PetscErrorCode Time(OttoGrid grid, PetscInt rounds, OttoScaling *s, Measured *m)
{
  OttoBenchItem items[7 * OTTO_SCALING_MOST];
  PetscErrorCode (*const sample)(void *) = s->sample ? OttoScalingSample : NULL;
  PetscInt count = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->count; i++)
    for (int grows = 0; grows < 2; grows++) {
      OttoScalingCase *c = grows && s->strong[i].ranks > 1 ? &s->weak[i] : &s->strong[i];
      items[count++] = (OttoBenchItem){.run = sample, .context = c, .prepare = OttoScalingApart};
      items[count++] = (OttoBenchItem){.run = s->step ? OttoScalingStep : NULL, .context = c};
    }
  for (PetscInt i = 0; i < s->count; i++)
    items[count++] = (OttoBenchItem){
        .run = sample, .context = OttoScalingOnMesh(s, i), .prepare = OttoScalingApart};
  for (int mesh = 0; mesh < 2; mesh++)
    for (PetscInt i = 0; i < s->count; i++)
      items[count++] = (OttoBenchItem){.run = sample,
                                       .context = mesh ? OttoScalingOnMesh(s, i) : &s->strong[i],
                                       .prepare = OttoScalingOverlap};
  PetscCall(OttoBenchRun(grid, rounds, count, items));
  for (int mesh = 0; mesh < 2; mesh++)
    for (PetscInt i = 0; i < s->count; i++)
      m->overlap[mesh][i] = items[(5 + mesh) * s->count + i].best;
  for (PetscInt i = 0; i < s->count; i++) m->mesh[i] = items[4 * s->count + i].best;
  for (PetscInt i = 0; i < s->count; i++)
    for (int grows = 0; grows < 2; grows++) {
      m->sample[grows][i] = items[4 * i + 2 * grows].best;
      m->step[grows][i] = items[4 * i + 2 * grows + 1].best;
    }
  PetscFunctionReturn(0);
}

/* What the rank of a case that sends most sends, counted and by the model. */
static PetscErrorCode CountSample(OttoScalingCase *c, OttoTraffic *sent, OttoTraffic *model,
                                  PetscReal *columns)
{
  PetscReal facts[4] = {0};

  PetscFunctionBegin;
  PetscCall(OttoScalingCount(OttoScalingSample, c, sent));
  if (c->comm != MPI_COMM_NULL) {
    const OttoGridInfo *g = OttoGridGetInfo(c->grid);
    PetscReal n[OTTO_MAX_DIM];
    for (PetscInt j = 0; j < g->dim; j++) n[j] = (PetscReal)g->n[j];
    const OttoTraffic t = OttoScalingModel(g->dim, n, g->mesh[0], g->mesh[1]);
    PetscCall(
        PetscArraycpy(facts, ((PetscReal[]){t.messages, t.bytes, t.reductions, g->mesh[1]}), 4));
  }
  PetscCallMPI(MPI_Bcast(facts, 4, MPIU_REAL, 0, PETSC_COMM_WORLD));
  *model = (OttoTraffic){.messages = facts[0], .bytes = facts[1], .reductions = facts[2]};
  *columns = facts[3];
  PetscFunctionReturn(0);
}

/* The same of overlapped transforms, which send what others do. */
static PetscErrorCode CountOverlap(OttoScalingCase *c, OttoTraffic *sent, PetscReal *bytes)
{
  PetscFunctionBegin;
  PetscCall(OttoScalingOverlap(c));
  PetscCall(OttoScalingCount(OttoScalingSample, c, sent));
  PetscCall(OttoScalingApart(c));
  *bytes = c->overlap;
  PetscCallMPI(MPI_Bcast(bytes, 1, MPIU_REAL, 0, PETSC_COMM_WORLD));
  PetscFunctionReturn(0);
}

static PetscErrorCode Count(PetscInt rounds, OttoScaling *s, Measured *m)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->count; i++) {
    OttoScalingCase *c = &s->strong[i];
    PetscReal facts[2] = {0, c->bytes};
    m->ranks[i] = c->ranks;
    if (c->comm != MPI_COMM_NULL) PetscCall(OttoBenchTriad(c->comm, 2 * rounds, &facts[0]));
    PetscCallMPI(MPI_Bcast(facts, 2, MPIU_REAL, 0, PETSC_COMM_WORLD));
    m->triad[i] = facts[0];
    m->bytes[i] = s->sample ? facts[1] : NAN;
    if (s->step) PetscCall(OttoScalingCount(OttoScalingStep, c, &m->step_sent[i]));
    if (!s->sample) continue;
    PetscCall(CountSample(c, &m->sent[i], &m->model[i], &m->columns[i]));
    PetscCall(
        CountSample(OttoScalingOnMesh(s, i), &m->mesh_sent[i], &m->mesh_model[i], &m->columns[i]));
    PetscCall(CountOverlap(c, &m->overlap_sent[0][i], &m->overlap_bytes[0][i]));
    PetscCall(
        CountOverlap(OttoScalingOnMesh(s, i), &m->overlap_sent[1][i], &m->overlap_bytes[1][i]));
  }
  PetscFunctionReturn(0);
}

/* One part: what it takes on the same grid and on growing ones. */
static PetscErrorCode ShowTimes(MPI_Comm comm, const char *name, PetscInt count, const Measured *m,
                                const PetscReal same[], const PetscReal growing[])
{
  PetscFunctionBegin;
  if (isnan(same[0])) PetscFunctionReturn(0);
  PetscCall(PetscPrintf(comm, "  %-8s%8s%14s%8s%18s%12s\n", name, "ranks", "same grid, ms", "times",
                        "growing grid, ms", "efficiency"));
  for (PetscInt i = 0; i < count; i++)
    PetscCall(PetscPrintf(comm, "%18g%14.3f%8.2f%18.3f%12.2f\n", (double)m->ranks[i],
                          (double)(1e3 * same[i]), (double)(same[0] / same[i]),
                          (double)(1e3 * growing[i]), (double)(growing[0] / growing[i])));
  PetscFunctionReturn(0);
}

/* A sample in slabs, or on meshes: what the rank sends that sends most, counted and by the model.
 */
static PetscErrorCode ShowSent(MPI_Comm comm, const char *name, PetscInt count, const Measured *m,
                               const PetscReal seconds[], const OttoTraffic sent[],
                               const OttoTraffic model[])
{
  PetscFunctionBegin;
  PetscCall(PetscPrintf(comm, "  %-8s%8s%8s%12s  sends: messages, kB, reductions (model)\n", name,
                        "ranks", "columns", "ms"));
  for (PetscInt i = 0; i < count; i++) {
    const PetscReal columns = sent == m->sent ? 1 : m->columns[i];
    PetscCall(PetscPrintf(comm, "%18g%8g%12.3f  %g (%g), %.1f (%.1f), %g (%g)\n",
                          (double)m->ranks[i], (double)columns, (double)(1e3 * seconds[i]),
                          (double)sent[i].messages, (double)model[i].messages,
                          1e-3 * (double)sent[i].bytes, 1e-3 * (double)model[i].bytes,
                          (double)sent[i].reductions, (double)model[i].reductions));
  }
  PetscFunctionReturn(0);
}

/* A sample with the messages of p under way while q is transformed, beside one after the other. */
static PetscErrorCode ShowOverlap(MPI_Comm comm, PetscInt count, const Measured *m)
{
  PetscFunctionBegin;
  PetscCall(PetscPrintf(comm, "  %-8s%8s%8s%12s%12s%8s%22s\n", "overlap", "ranks", "columns",
                        "off, ms", "on, ms", "times", "takes, MB/rank more"));
  for (int mesh = 0; mesh < 2; mesh++)
    for (PetscInt i = 0; i < count; i++) {
      const PetscReal off = mesh ? m->mesh[i] : m->sample[0][i], on = m->overlap[mesh][i];
      PetscCall(PetscPrintf(comm, "%18g%8g%12.3f%12.3f%8.2f%22.3f\n", (double)m->ranks[i],
                            mesh ? (double)m->columns[i] : 1., (double)(1e3 * off),
                            (double)(1e3 * on), (double)(off / on),
                            (double)(1e-6 * m->overlap_bytes[mesh][i])));
    }
  PetscFunctionReturn(0);
}

static PetscErrorCode Show(MPI_Comm comm, const OttoScaling *s, const Measured *m)
{
  PetscFunctionBegin;
  PetscCall(ShowTimes(comm, "sample", s->count, m, m->sample[0], m->sample[1]));
  PetscCall(ShowTimes(comm, "step", s->count, m, m->step[0], m->step[1]));
  PetscCall(PetscPrintf(comm, "  %-8s%8s%14s%8s%18s%12s\n", "memory", "ranks", "triad, GB/s",
                        "times", "a sample, MB/rank", "x ranks"));
  for (PetscInt i = 0; i < s->count; i++)
    PetscCall(PetscPrintf(comm, "%18g%14.2f%8.2f%18.3f%12.3f\n", (double)m->ranks[i],
                          (double)m->triad[i], (double)(m->triad[i] / m->triad[0]),
                          (double)(1e-6 * m->bytes[i]),
                          (double)(1e-6 * m->bytes[i] * m->ranks[i])));
  if (s->sample) {
    PetscCall(ShowSent(comm, "slabs", s->count, m, m->sample[0], m->sent, m->model));
    PetscCall(ShowSent(comm, "mesh", s->count, m, m->mesh, m->mesh_sent, m->mesh_model));
    PetscCall(ShowOverlap(comm, s->count, m));
  }
  PetscCall(PetscPrintf(
      comm,
      "  fields.h5 of p and q at two samples until the disk has it: %.0f MB/s by all ranks, "
      "%.0f MB/s the same bytes by one without HDF5: %.2f\n",
      (double)m->fields, (double)m->alone, (double)(m->fields / m->alone)));
  PetscFunctionReturn(0);
}

static PetscErrorCode Report(OttoRecord record, const OttoScaling *s, const Measured *m)
{
  const struct {
    const char *name;
    const PetscReal *values;
    PetscReal unit;
    PetscBool asked;
  } lists[] = {{"scaling_ranks", m->ranks, 1, PETSC_TRUE},
               {"scaling_triad_gb_s", m->triad, 1, PETSC_TRUE},
               {"sample_ms_strong", m->sample[0], 1e3, s->sample},
               {"sample_ms_weak", m->sample[1], 1e3, s->sample},
               {"step_ms_strong", m->step[0], 1e3, s->step},
               {"step_ms_weak", m->step[1], 1e3, s->step},
               {"sample_ms_mesh", m->mesh, 1e3, s->sample},
               {"sample_ms_overlap", m->overlap[0], 1e3, s->sample},
               {"sample_ms_mesh_overlap", m->overlap[1], 1e3, s->sample},
               {"overlap_bytes_per_rank", m->overlap_bytes[0], 1, s->sample},
               {"overlap_bytes_per_rank_mesh", m->overlap_bytes[1], 1, s->sample},
               {"mesh_columns", m->columns, 1, s->sample},
               {"sample_bytes_per_rank", m->bytes, 1, s->sample}};
  const struct {
    const char *names[3];
    const OttoTraffic *of;
    PetscBool asked;
  } counts[] = {
      {{"messages_per_sample", "bytes_per_sample", "reductions_per_sample"}, m->sent, s->sample},
      {{"model_messages_per_sample", "model_bytes_per_sample", "model_reductions_per_sample"},
       m->model,
       s->sample},
      {{"messages_per_sample_mesh", "bytes_per_sample_mesh", "reductions_per_sample_mesh"},
       m->mesh_sent,
       s->sample},
      {{"model_messages_per_sample_mesh", "model_bytes_per_sample_mesh",
        "model_reductions_per_sample_mesh"},
       m->mesh_model,
       s->sample},
      {{"messages_per_sample_overlap", "bytes_per_sample_overlap", "reductions_per_sample_overlap"},
       m->overlap_sent[0],
       s->sample},
      {{"messages_per_sample_mesh_overlap", "bytes_per_sample_mesh_overlap",
        "reductions_per_sample_mesh_overlap"},
       m->overlap_sent[1],
       s->sample},
      {{"messages_per_step", "bytes_per_step", "reductions_per_step"}, m->step_sent, s->step}};
  PetscReal values[OTTO_SCALING_MOST];

  PetscFunctionBegin;
  for (size_t k = 0; k < sizeof lists / sizeof lists[0]; k++) {
    if (!lists[k].asked) continue;
    for (PetscInt i = 0; i < s->count; i++) values[i] = lists[k].unit * lists[k].values[i];
    PetscCall(OttoRecordResultList(record, lists[k].name, s->count, values));
  }
  for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++)
    for (int what = 0; what < 3 && counts[k].asked; what++) {
      for (PetscInt i = 0; i < s->count; i++) {
        const OttoTraffic *t = &counts[k].of[i];
        values[i] = what == 0 ? t->messages : what == 1 ? t->bytes : t->reductions;
      }
      PetscCall(OttoRecordResultList(record, counts[k].names[what], s->count, values));
    }
  PetscCall(OttoRecordResult(record, "fields_mb_s", m->fields));
  PetscCall(OttoRecordResult(record, "disk_mb_s", m->alone));
  PetscCall(OttoRecordResult(record, "fields_over_disk", m->fields / m->alone));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDriverBenchScaling(const char *input, PetscBool *passed)
{
  MPI_Comm comm = PETSC_COMM_WORLD;
  OttoScaling s = {0};
  Measured m = {.latency = 2e-6, .bandwidth = 1e9};
  PetscInt64 rounds = 7;
  OttoRecord record;

  PetscFunctionBegin;
  PetscCall(OttoRecordCreate(comm, "bench", input ? input : "scaling", &record));
  PetscCall(OttoOptionsGetInt(NULL, "bench_rounds", 1, 1000, &rounds, NULL));
  PetscCall(OttoOptionsGetReal(NULL, "bench_latency", 1e-12, 1, &m.latency, NULL));
  PetscCall(OttoOptionsGetReal(NULL, "bench_bandwidth", 1, 1e15, &m.bandwidth, NULL));
  PetscCall(OttoOptionsBlame(OttoScalingCreate(comm, &s)));
  PetscCall(OttoOptionsCheckUnused());
  PetscCall(OttoRecordOpen(record, 0, NULL, 0));
  OttoGrid grid = s.whole;
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(Time(grid, (PetscInt)rounds, &s, &m));
  PetscCall(Count((PetscInt)rounds, &s, &m));
  PetscCall(OttoScalingDisk(grid, OttoRecordGetDir(record), PetscMin(3, (PetscInt)rounds),
                            &m.fields, &m.alone));
  PetscCall(PetscPrintf(
      comm, "otto bench scaling: %" PetscInt64_FMT " cells on up to %d rank%s, best of %d\n",
      g->cells, g->size, g->size > 1 ? "s" : "", (int)rounds));
  PetscCall(Show(comm, &s, &m));
  PetscCall(Report(record, &s, &m));
  if (s.sample) {
    const PetscInt last = s.count - 1;
    PetscCall(OttoScalingPredict(record, g, m.sample[0][last] * m.ranks[last],
                                 m.sample[0][0] * m.ranks[0], m.latency, m.bandwidth));
  }
  PetscCall(OttoRecordClose(record, grid, passed));
  PetscCall(OttoScalingDestroy(&s));
  PetscCall(OttoRecordDestroy(&record));
  PetscFunctionReturn(0);
}
