"""What `bench scaling` counts, found another way: every rank's messages one by one."""
import math
import re

from common import *

CHUNK = 1 << 20  # bytes of a message of an exchange


def shares(n, parts):
    """Cells of each of `parts` that share n as evenly as they can."""
    return [n // parts + (i < n % parts) for i in range(parts)]


def sent(n, p0, p1):
    """Messages and bytes of the busiest rank in a sample of p and q: every part that goes to another rank, and ghosts two deep."""
    most = (0, 0)
    last = n[-1] // 2 + 1
    for i, own0 in enumerate(shares(n[0], p0)):
        for j, own1 in enumerate(shares(n[1], p1)):
            rest = math.prod(n[2:])
            modes = 2 * last / n[-1]  # reals that stand for a cell
            messages = bytes_ = 0
            # first the lines of axis 1 become whole in a row of the mesh, whose planes behind have been transformed; then those of
            # axis 0 in a column, or, where there are fewer columns behind than ranks in a row, among all
            columns = math.prod(n[2:-1]) * last if len(n) > 2 else 1
            for others, reals in ((p1, modes if len(n) > 2 else 1), (p0 * p1 if columns < p1 else p0, modes)):
                part = own0 * own1 * rest * reals * 8 / others
                messages += (others - 1) * math.ceil(part / CHUNK)
                bytes_ += (others - 1) * part
            near = {((i + a) % p0, (j + b) % p1) for a in (-1, 0, 1) for b in (-1, 0, 1)} - {(i, j)}
            wide0, wide1 = own0 + 4 * (p0 > 1), own1 + 4 * (p1 > 1)
            most = max(most, (messages + len(near), bytes_ + (wide0 * wide1 - own0 * own1) * rest * 8))
    return 2 * most[0], 2 * most[1]


def seconds(n, p0, p1, work, latency, bandwidth):
    messages, bytes_ = sent(n, p0, p1)
    reductions = 5 * math.ceil(math.log2(p0 * p1))
    return work + (messages + reductions) * latency + bytes_ / bandwidth


def scaling(v, out, n, ranks, took, latency=2e-6, bandwidth=1e9):
    """Compares the results of a run on so many ranks that took so many ms; which they were."""
    counts = sorted({1 << i for i in range(20) if 1 << i < ranks} | {ranks})
    expect(v["scaling_ranks"] == counts, f"counts of ranks: {v['scaling_ranks']}")
    times = ("sample_ms_strong", "sample_ms_weak", "sample_ms_mesh", "sample_ms_overlap", "sample_ms_mesh_overlap", "step_ms_strong",
             "step_ms_weak")
    for name in times:
        expect(len(v[name]) == len(counts) and all(0 < x < took for x in v[name]), f"{name}: {v[name]} of {took}")
        expect(all(f"{x:.3f}" in out for x in v[name]), f"{name} is printed: {v[name]}")
    for i, p in enumerate(counts):
        across = next(p // q for q in range(math.isqrt(p), 0, -1) if p % q == 0)
        expect(v["mesh_columns"][i] == across, f"a mesh of {p} ranks, as square as can be: {v['mesh_columns'][i]}")
        for suffix, p1 in (("", 1), ("_mesh", across)):
            messages, bytes_ = sent(n, p // p1, p1)
            model = {k: v[f"model_{k}_per_sample{suffix}"][i] for k in ("messages", "bytes", "reductions")}
            count = {k: v[f"{k}_per_sample{suffix}"][i] for k in ("messages", "bytes", "reductions")}
            expect(count["messages"] == model["messages"] == messages, f"{p} ranks{suffix}: {count}, {messages} messages")
            # rows of an exchange are padded to whole cache lines; shares of columns, and of planes, differ by one where they are not even
            uneven = 0.1 + p / (math.prod(n[1:-1]) * (n[-1] // 2 + 1)) + (n[0] % p > 0) * p / n[0] + (p1 > 1) * p / n[1]
            for b in (count["bytes"], model["bytes"]):
                expect(abs(b - bytes_) <= uneven * bytes_, f"{p} ranks{suffix}: {b} bytes, {bytes_}")
            for k, c in count.items():  # overlapped transforms send the same
                expect(v[f"{k}_per_sample{suffix}_overlap"][i] == c, f"{p} ranks{suffix}: {k} with overlap, {c} without")
            expect(count["reductions"] == model["reductions"] == (5 if p > 1 else 0), f"{p}{suffix}: reductions")
        expect((v["messages_per_step"][i] > 10) == (p > 1) == (v["bytes_per_step"][i] > 1000) == (v["reductions_per_step"][i] > 5),
               f"{p} ranks: a step has many exchanges with neighbours, one rank none")
    cells = math.prod(n)
    # p, q, their spectra and what is exchanged: 5 to 8 doubles a cell, beside tables and batches of planes
    expect(all(40 * cells / p < b < 64 * cells / p + 1e6 for p, b in zip(counts, v["sample_bytes_per_rank"])),
           f"memory of a sample: {v['sample_bytes_per_rank']}")
    # transform_overlap: lines of a second field, rows padded to an odd number of cache lines; on a mesh twice; half a part at most where
    # it is dealt unevenly; nothing on one rank
    for suffix, fields in (("", 1), ("_mesh", 2)):
        for p, across, more in zip(counts, v["mesh_columns"], v[f"overlap_bytes_per_rank{suffix}"]):
            lines = 8 * cells / p * (fields if across > 1 else 1)
            expect(0 <= more < 1e4 if p == 1 else lines < more < 2 * lines + 3e4, f"{p} ranks{suffix}: {more} bytes more, lines {lines}")
            expect(f"{1e-6 * more:.3f}" in out, f"{more} is printed")
    expect(all(1 < x < 1e4 for x in v["scaling_triad_gb_s"]), f"bandwidth: {v['scaling_triad_gb_s']}")
    expect(abs(v["fields_over_disk"] * v["disk_mb_s"] / v["fields_mb_s"] - 1) < 1e-12, "disk")
    expect(8e-6 * cells / v["fields_mb_s"] < 1e-3 * took and 8e-6 * cells / v["disk_mb_s"] < 1e-3 * took, "written within the run")
    work = 1e-3 * v["sample_ms_strong"][-1] * ranks
    expect(abs(v["model_work_ms"] / (1e3 * work) - 1) < 1e-12 and (v["model_latency"], v["model_bandwidth"]) == (latency, bandwidth), "its assumptions")
    expect(f"({v['sample_ms_strong'][-1] * ranks / v['sample_ms_strong'][0]:.2f} times that of one rank)" in out, "and what they say of this machine")
    expect(v["model_ranks"] == [1 << i for i in range(18)], f"predicted: {v['model_ranks']}")
    for way in ("strong", "weak"):
        for i, p in list(enumerate(v["model_ranks"]))[:8]:
            grown = [math.floor(m * (p ** (1 / len(n)) if way == "weak" else 1)) for m in n]
            growth = max(1, math.log(math.prod(grown)) / math.log(cells))  # an FFT's work a cell
            own = work * growth if way == "weak" else work / p
            slab = seconds(grown, p, 1, own, latency, bandwidth) if p <= grown[0] else None
            meshes = [(seconds(grown, p // q, q, own, latency, bandwidth), q) for q in range(1, grown[1] + 1)
                      if p % q == 0 and p // q <= grown[0]]
            for name, best in (("slab", slab), ("mesh", min(meshes)[0] if meshes else None)):
                value = v[f"{way}_{name}_ms"][i]
                # shares that are not even make the busiest rank's messages a little larger than the model's mean
                expect((value is None) == (best is None) and (best is None or abs(value / (1e3 * best) - 1) < 0.05),
                       f"{way}, {name}, {p} ranks: {value} ms, {best and 1e3 * best}")
            for name, mesh in (("slab", (p, 1) if slab else None), ("mesh", meshes and (p // v[f"{way}_mesh_columns"][i],
                                                                                         v[f"{way}_mesh_columns"][i]))):
                if not mesh:
                    continue
                messages, bytes_ = sent(grown, int(mesh[0]), int(mesh[1]))
                expect(v[f"{way}_{name}_messages"][i] <= messages <= 1.3 * v[f"{way}_{name}_messages"][i] + 1, f"{way} {name} {p}: {messages}")
                # shares differ by up to a plane of the few that a rank has
                expect(abs(v[f"{way}_{name}_bytes"][i] - bytes_) <= 0.6 * bytes_, f"{way} {name} {p}: {bytes_} bytes")
    return {name for name in v
            if re.match(r"(strong|weak)_(slab|mesh)_|model_|scaling_|(messages|bytes|reductions)_per_|(sample|step)_ms_(strong|weak|mesh)$|"
                        r"sample_ms_(mesh_)?overlap$|overlap_bytes_per_rank|mesh_columns|sample_bytes|fields_|disk_mb", name)}
