"""jobs/verify.py and jobs/scaling.py: what they compare and draw is what the runs say, and they notice what is wrong."""

import contextlib
import csv
import io
import math
import shutil

from common import *
from figures import line, titled
from otto_results import load
import scaling as scaling_script
import verify


def script(module, *arguments):
    """Status and words of a script, in this process: a start of Python takes longer than what it does."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = module.main([module.__file__, *arguments])
    return status, said.getvalue()


def read(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def edit(path, change):
    """change(rows, names) of a table in place."""
    rows = read(path)
    change(rows)
    with open(path, "w", newline="") as file:
        out = csv.DictWriter(file, rows[0])
        out.writeheader()
        out.writerows(rows)


LADDER = os.path.join(SCRATCH, "ladder")
for times in (1, 2, 8):  # as jobs/verify.sbatch has them; all on one rank, which the comparison does not know
    otto(f"ladder/{times}", "dissipation", "-grid_n", f"{12 * times},12", "-grid_upper", f"{times},1", "-heat_kernel", "lattice",
         "-time_start", "1e-3", "-time_stop", "1e-2", "-time_samples", 2, "-check_integral_nodes", 0, "-check_space", "no",
         "-output_fields", "none", "-p_density", "formula", "-p_formula", "1+0.5*cos(2*_pi*x)*cos(2*_pi*y)", "-q_density",
         "formula", "-q_formula", "1+0.3*sin(2*_pi*(x+y))")  # fmt: skip


def ladder():
    """Rungs agree, entropies by the logarithm of how often the box repeats: H of p/r on r boxes is H + log r."""
    status, said = script(verify, LADDER)
    expect(status == 0 and "3 of 3 rungs came to their end; all passed and agree" in said, f"{status} {said}")
    rows = read(os.path.join(LADDER, "verify.csv"))
    expect([(r["ranks"], r["cells"], r["verdict"]) for r in rows] == [("1", "144", "pass"), ("2", "288", "pass"), ("8", "1152", "pass")],
           f"{rows}")  # fmt: skip
    expect(all(float(r["apart"]) < 1e-13 and float(r["residual"]) < float(r["bound"]) == 1e-9 for r in rows), f"{rows}")
    runs = [load(os.path.join(LADDER, str(times))) for times in (1, 8)]
    gain = runs[1].series["entropy_p"] - runs[0].series["entropy_p"]
    expect(np.max(np.abs(gain - math.log(8))) < 1e-13, f"log 8: {gain}")
    expect(float(rows[0]["seconds"]) == runs[0].timing["samples"], "seconds of the samples")
    expect(os.path.getsize(os.path.join(LADDER, "verify.png")) > 10_000, "a picture")


def noticed(name, words, change):
    """A copy of the ladder with a change: status 1, and what it says."""
    folder = os.path.join(SCRATCH, name)
    shutil.copytree(LADDER, folder)
    change(folder)
    status, said = script(verify, folder)
    expect(status == 1 and words in said and "NOT all passed and agree" in said, f"{name}: {status} {said}")


def series(column, factor):
    def change(rows):
        rows[1][column] = repr(float(rows[1][column]) * factor)

    return lambda folder: edit(os.path.join(folder, "2", "series.csv"), change)


def failed(folder):
    path = os.path.join(folder, "8", "summary.json")
    with open(path) as file:
        summary = json.load(file)
    summary["verdict"] = "fail"
    with open(path, "w") as file:
        json.dump(summary, file)


def scaling():
    """Speed and what is left of it are ratios of the times to those of the fewest ranks."""
    results = {"scaling_ranks": [1, 2, 4], "sample_ms_strong": [8.0, 4.5, 2.5], "sample_ms_weak": [8.0, 9.0, 10.0],
               "step_ms_strong": [40.0, 25.0, None], "messages_per_sample": [0, 6, 12], "fields_mb_s": 100.0,
               "scaling_triad_gb_s": [10.0, 16.0, 20.0], "model_work_ms": 8.0, "model_latency": 2e-6, "model_bandwidth": 1e9,
               "model_ranks": [1, 64, 4096], "strong_slab_ms": [8.0, 0.5, None], "strong_mesh_ms": [8.0, 0.4, 0.03]}  # fmt: skip
    folder = os.path.join(SCRATCH, "scaling")
    os.makedirs(folder)
    with open(os.path.join(folder, "summary.json"), "w") as file:
        json.dump({"driver": "bench", "ranks": 4, "grid": {"n": [64, 64, 64]}, "results": results}, file)
    status, said = script(scaling_script, folder)
    expect(status == 0 and "scaling.png" in said and "predicted.png" in said, f"{status} {said}")
    rows = read(os.path.join(folder, "scaling.csv"))
    expect([r["ranks"] for r in rows] == ["1", "2", "4"], f"{rows}")
    expect([float(r["sample_times"]) for r in rows] == [1, 8 / 4.5, 8 / 2.5], "how many times as fast")
    expect([float(r["sample_left"]) for r in rows] == [1, 8 / 9, 0.8], "what is left of the speed")
    expect(rows[2]["step_times"] == "" and float(rows[1]["step_times"]) == 1.6, "what is not known stays empty")
    expect([r["messages_per_sample"] for r in rows] == ["0", "6", "12"] and "model_ranks" not in rows[0], "other lists by ranks")
    expect(not any(name.startswith("strong_") for name in rows[0]), "predictions are by other ranks")
    from plots import scaling as drawn

    figure = drawn.scaling(load(folder))
    panel = titled(figure, "The same grid")
    expect(list(line(panel, "sample of dissipation").get_ydata()) == [8, 4.5, 2.5], "times as they are")
    expect(list(line(panel, "sample of dissipation, ideal").get_ydata()) == [8, 4, 2], "half and a quarter")
    weak = titled(figure, "A grid that grows")
    expect(list(line(weak, "sample of dissipation, ideal").get_ydata()) == [8, 8, 8], "as long")
    expect(list(line(panel, "sample of dissipation, by bandwidth").get_ydata()) == [8, 5, 4], "as much faster as they have bandwidth")
    expect(list(line(weak, "sample of dissipation, by bandwidth").get_ydata()) == [8, 10, 16], "twice and four times the bytes")
    figure = drawn.prediction(load(folder))
    expect(list(line(titled(figure, "A sample of the same grid"), "measured here").get_ydata()) == [8, 4.5, 2.5], "beside what was measured")
    said = figure.get_suptitle() if hasattr(figure, "get_suptitle") else figure._suptitle.get_text() if figure._suptitle else ""
    said = said or " ".join(t.get_text() for t in figure.texts)
    expect(all(words in " ".join(said.split()) for words in ("8 ms of work", "2 µs a message", "1 GB/s a rank")), f"its assumptions: {said}")
    best = line(titled(figure, "A sample of the same grid"), "the best mesh")
    expect(list(best.get_xdata()) == [1, 64, 4096] and list(best.get_ydata()) == [8, 0.4, 0.03], "predictions")
    expect(titled(figure, "A sample of a grid that grows") is None, "what is not there is not drawn")
    status, said = script(scaling_script, LADDER + "/1")
    expect(status == 2 and "is no run of otto bench scaling" in said, f"{status} {said}")
    expect(script(scaling_script)[0] == 2 and script(scaling_script, "none")[0] == 2, "how it is used; no such folder")


ladder()
verify.picture = lambda *_: None
noticed("kl", "column kl", series("kl", 1 + 1e-11))
noticed("entropy", "column entropy_p", series("entropy_p", 1.01))
noticed("nan", "apart nan", series("tv", math.nan))
noticed("rows", "apart inf", lambda folder: edit(os.path.join(folder, "8", "series.csv"), lambda rows: rows.pop()))
noticed("verdict", "verdict fail", failed)
noticed("missing", "ranks 2: did not come to its end", lambda folder: os.remove(os.path.join(folder, "2", "summary.json")))
expect(script(verify, SCRATCH + "/none")[0] == 2 and script(verify)[0] == 2, "nothing to compare")
scaling()
finish()
