"""jobs/otto_results.py: a run in one line, against the files themselves; numpy and h5py alone."""

import csv
import math
import os
import re
import subprocess

from common import *
from otto_results import UNITS, load

inf, nan = math.inf, math.nan


def a_real_run():
    folder = wells()
    run = load(folder)
    with open(os.path.join(folder, "series.csv")) as file:
        rows = list(csv.DictReader(file))
    expect(list(run.series) == list(rows[0]), "every column by its name")
    expect(run.series["kl"].tolist() == [float(r["kl"]) for r in rows], "kl, every digit")
    expect(run.t.tolist() == run.series["t"].tolist() and len(run.t) == 9, "t")
    with open(os.path.join(folder, "summary.json")) as file:
        summary = json.load(file)
    expect(
        run.driver == "fokker-planck" and run.verdict == summary["verdict"] and run.ranks == 1, "driver, verdict, ranks"
    )
    expect(run.results["relaxation_rates"] == summary["results"]["relaxation_rates"], "results")
    expect([c.name for c in run.checks] == [c["name"] for c in summary["checks"]], "every check, in the run's order")
    mass = next(c for c in summary["checks"] if c["name"] == "mass")
    expect(
        run.checks["mass"].value == mass["value"]
        and run.checks["mass"].bound == mass["bound"]
        and run.checks["mass"].passed
        and run.checks["mass"].meaning == mass["meaning"],
        "a check by its name",
    )
    idle = run.checks["trapezoid"]
    expect(
        idle.value is None and not idle.applied and idle.passed and "beuler" in idle.left_out,
        "a check that never applied",
    )
    with h5py.File(os.path.join(folder, "fields.h5"), "r") as file:
        expect(
            np.array_equal(run.field("p", 8), file["8/p"][...]) and run.field("p", 8).shape == (40, 24), "p at t = 8"
        )
        expect(np.array_equal(run.field("potential", 0.0), file["0/potential"][...]), "the potential at t = 0")
        expect(np.array_equal(run.field("q"), file["8/q"][...]), "the last sample without a time")
        expect(len(run.modes()) == 2 and np.array_equal(run.modes()[1], file["0/mode_2"][...]), "modes")
    expect(run.times == [0.0, 8.0] and run.samples == {0: 0.0, 8: 8.0}, "times that were written")
    x, y = run.axes
    expect(
        len(x) == 40 and len(y) == 24 and abs(x[0] + 2.4 - 0.06) < 1e-14 and abs(y[-1] - 2.5 + 2.5 / 24) < 1e-14,
        "cell centres",
    )
    # moments of the field against the run's own
    mean = np.sum(run.field("p", 8) * x[:, None]) * (4.8 / 40) * (5 / 24)
    expect(abs(mean - run.results["mean_p"][0]) < 1e-9, f"mean of p: {mean} {run.results['mean_p']}")
    with open(os.path.join(folder, "time_error.csv")) as file:
        time = [float(r["kl"]) for r in csv.DictReader(file)]
    with open(os.path.join(folder, "space_error.csv")) as file:
        space = [float(r["kl"]) for r in csv.DictReader(file)]
    both = np.array(time) + np.array(space)
    expect(
        np.allclose(run.error("kl"), both, rtol=1e-15, equal_nan=True) and both[-1] > 0, "errors of stepping and grid"
    )
    expect(run.error("steps") is None, "a column without estimates")
    refused(lambda: run.field("p", 3.3), "no fields at t = 3.3; there are some at 0, 8", "a time that was not written")
    refused(lambda: run.field("chi", 8), "has no field 'chi'; it holds: current_x", "a field that is not there")
    try:
        run.checks["masse"]
    except KeyError as error:
        expect("masse" in str(error) and "mass" in str(error), "a check that is not there names those that are")
    for table in (run.series, run.time_error):
        try:
            table["klx"]
            expect(False, "a column that is not there")
        except KeyError as error:
            expect("'klx'" in str(error) and "kl," in str(error), f"a column that is not there names those that are: {error}")
    for entries in run.errors.values():
        for entry in entries:
            stated = entry["unit"]
            ours = run.unit(entry["column"].split("[")[0])
            expect(
                ours.replace("nats", "1") == stated.replace("nats", "1"), f"unit of {entry['column']}: {ours}, {stated}"
            )


def made_runs():
    t = np.array([0.0, 1.0, 2.0])
    summary = {
        "driver": "dissipation",
        "verdict": "fail",
        "checks": [
            {"name": "rate", "value": 1e-3, "bound": 1e-9, "pass": False, "meaning": "m", "time": 2},
            {
                "name": "gibbs",
                "value": "not applicable",
                "bound": "inf",
                "pass": True,
                "left_out": "why",
                "times_left_out": 3,
            },
        ],
        "results": {"w2_upper": "inf", "low": "-inf", "nothing": None, "list": [1, "inf"], "word": "information"},
        "options": {"p_formula": "inf"},
        "meanings": {
            "w2_upper": {"unit": "length", "sentence": "an upper bound"},
            "word": {"unit": "", "meaning": "a word"},
        },
    }
    run = load(
        made(
            "infinite",
            {"t": t, "kl": np.array([inf, 2, nan])},
            summary,
            errors={
                "space": {"t": t[1:], "kl": np.array([0.25, nan])},
                "time": {"t": t, "kl": np.array([1.0, -0.5, 1])},
            },
        )
    )
    expect(run.series["kl"][0] == inf and math.isnan(run.series["kl"][2]), "infinite and unknown values of the series")
    expect(
        run.results == {"w2_upper": inf, "low": -inf, "nothing": None, "list": [1, inf], "word": "information"},
        "infinities of JSON",
    )
    expect(run.options["p_formula"] == "inf", "options stay text")
    expect(
        [c.name for c in run.checks.failed] == ["rate"] and run.checks["gibbs"].bound == inf,
        "checks that failed; no bound",
    )
    e = run.error("kl")
    expect(
        math.isnan(e[0]) and e[1] == 0.75 and math.isnan(e[2]), f"a row that a table of errors lacks is not known: {e}"
    )
    expect(run.meaning("word") == "a word" and run.unit("word") == "", "or its own meaning, as checks call it")
    expect(
        run.unit("w2_upper") == "length" and run.meaning("w2_upper") == "an upper bound",
        "the run's own unit and sentence",
    )
    expect(
        run.unit("kl") == "nats" == UNITS["kl"] and run.meaning("rate") == "m" and run.meaning("kl") == "",
        "units, sentences",
    )
    torn = made("torn", {"t": t, "kl": t + 1}, {})
    with open(os.path.join(torn, "series.csv"), "a") as file:
        file.write("3,0.1")
    expect(load(torn).series["kl"].tolist() == [1, 2, 3], "a torn last row is left out")
    bare = load(made("bench", None, {"driver": "bench heat", "results": {"floor_ms": 1.0}}))
    expect(
        bare.series == {}
        and len(bare.t) == 0
        and bare.samples == {}
        and bare.times == []
        and not bare.checks
        and bare.time_error == {}
        and bare.error("kl") is None,
        "what a run does not hold is empty",
    )
    refused(lambda: bare.field("p"), "fields.h5: no fields were written", "fields that were not written")
    nested = made("list", {"t": t}, [1])
    refused(lambda: load(nested), "list/summary.json: no JSON object", "a summary that is none")
    with open(os.path.join(nested, "summary.json"), "w") as file:
        file.write('{"driver": ')
    refused(lambda: load(nested), "list/summary.json: ", "a torn summary")
    refused(lambda: load(os.path.join(SCRATCH, "nowhere")), "nowhere: no such folder", "no folder")
    refused(lambda: load(made("empty")), "empty: no run of Otto", "an empty folder")
    broken = made("broken", {"t": t}, {})
    with open(os.path.join(broken, "fields.h5"), "w") as file:
        file.write("no HDF5")
    refused(lambda: load(broken).samples, "broken/fields.h5: ", "a file that is no HDF5")


def told():
    """What the default input says to expect is what its run gives."""
    with open(os.path.join(SOURCE, "inputs", "dissipation", "mixture_2d.yaml")) as file:
        first, last = re.search(r"KL falls from ([0-9.]+) to ([0-9.]+)\.\n", file.read()).groups()
    kl = load(otto("default", "dissipation", "inputs/dissipation/mixture_2d.yaml")).series["kl"]
    expect(f"{kl[0]:.3g}" == first and f"{kl[-1]:.2g}" == last, f"KL falls from {kl[0]} to {kl[-1]}: {first}, {last}")


def light():
    """numpy and h5py alone, and h5py only where a field is read."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from otto_results import load; r = load(sys.argv[2]); r.series, "
        "r.checks; assert not {'matplotlib', 'h5py', 'scipy', 'pandas'} & set(sys.modules); r.field('p'); "
        "assert 'h5py' in sys.modules and 'matplotlib' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, os.path.join(SOURCE, "jobs"), wells()], capture_output=True, text=True
    )
    expect(done.returncode == 0, f"imports: {done.stderr}")


a_real_run()
made_runs()
told()
light()
finish()
