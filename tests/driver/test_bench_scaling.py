"""bench scaling: what it counts on 1 to 4 ranks, how memory falls with them, and what it refuses."""
import time

from common import *
import numbers_scaling

for ranks, n in ((1, (16, 12)), (2, (16, 12, 10)), (3, (18, 12, 8)), (4, (16, 12))):
    began = time.monotonic()
    r = run("bench", "scaling", "-grid_n", ",".join(map(str, n)), "-bench_rounds", "1", ranks=ranks)
    took = 1e3 * (time.monotonic() - began)
    expect(r.status == 0, f"{ranks} ranks: {r.err}")
    expect(os.listdir(r.folder) == ["summary.json"], f"a bench has no series, and nothing to plot: {os.listdir(r.folder)}")
    numbers_scaling.scaling(r.summary()["results"], r.out, n, ranks, took)

# A sample's memory is a constant and the cells' share. Below 2 MiB a buffer is as large as what it holds; larger ones are rounded up
# to huge pages, which would hide the law on grids that a test can afford.
r = run("bench", "scaling", "-grid_n", "96,48,48", "-bench_rounds", "1", "-bench_parts", "sample", "-bench_ranks", "1,2,4", ranks=4)
v = r.summary()["results"]
expect("step_ms_strong" not in v and "messages_per_step" not in v, "only what was asked for")
one, two, four = v["sample_bytes_per_rank"]
for suffix, fields in (("", 1), ("_mesh", 2)):
    for p, more in zip((1, 2, 4), v[f"overlap_bytes_per_rank{suffix}"]):
        lines = 8 * 50 / 48 * 96 * 48 * 48 / p  # reals of modes of a field
        # on the mesh 1 x 2 some part of 25 columns finds no room where one of 24 was
        expect(more < 1e4 if p == 1 else fields * lines <= more < 1.1 * fields * lines + (fields - 1) * lines / 2,
               f"{p} ranks{suffix}: {more} bytes for overlap, {fields} times {lines}")
constant = 2 * four - two  # of two and four ranks
expect(0 <= constant < 2e6, f"{constant} bytes whatever the ranks: batches of planes, ghosts, tables")
expect(abs(one / (2 * (two - constant)) - 1) < 0.15, f"one rank, which sends nothing, holds {one}; two hold {two} each")

for arguments, words in ((("-grid_n", "8"), "grid_n: bench scaling takes 2 or 3 axes, not 1"),
                         (("-grid_n", "8,8", "-grid_boundary", "no_flux"), "grid_boundary"),
                         (("-grid_n", "8,8", "-bench_ranks", "2"), "bench_ranks: entry 1, 2, is not a whole number from 1 to 1"),
                         (("-grid_n", "8,8", "-bench_ranks", "1,1"), "bench_ranks: entry 2"),
                         (("-grid_n", "8,8", "-bench_parts", "samples"), "sample"),
                         (("-grid_n", "8,8", "-bench_latency", "0"), "bench_latency"),
                         (("-grid_n", "8,8", "-bench_bandwidth", "fast"), "bench_bandwidth")):
    r = run("bench", "scaling", *arguments)
    expect(r.status == 2 and words in r.err and r.err.strip().count("\n") == 0, f"{arguments}: {r.status}, {r.err}")
finish()
