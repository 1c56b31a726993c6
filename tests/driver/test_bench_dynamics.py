"""bench dynamics: the names of its figures, and what does not depend on the machine's load."""
import math
import re

from common import *

FLOW = ("velocity_ns", "gradient_ns", "step_over_velocities", "step_over_gradients")
ALL = ("positions_ms", "derivatives_ms", "position_step_ns", "derivative_step_ns", "steps_per_point", "memory_bytes_per_cell")


def near(a, b):
    return abs(a - b) <= 1e-12 * abs(b)


for ranks, type_, arguments in ((1, "abc", ("-grid_n", "6,6,32", "-grid_upper", "2*pi")),
                                (2, "double_gyre", ("-grid_n", "16,64", "-grid_upper", "2,1", "-grid_boundary", "no_flux")),
                                (1, "henon", ("-grid_n", "16,16", "-grid_boundary", "open"))):
    flow = type_ != "henon"
    r = run("bench", "dynamics", "-dynamics_type", type_, "-dynamics_times", "3", "-bench_rounds", "1", *arguments, ranks=ranks)
    expect(r.status == 0, f"runs {type_}: {r.err}")
    results, meanings = r.summary()["results"], r.summary()["meanings"]
    expect(os.listdir(r.folder) == ["summary.json"], f"a bench has no series, and nothing to plot: {os.listdir(r.folder)}")
    expect(f"of {type_} on {ranks} rank" in r.out and "best of 1" in r.out, r.out[:200])
    for name in ALL + (FLOW if flow else ()):
        expect(results.get(name, 0) > 0, f"{name} is reported")
        unit = next((u for u in ("ns", "ms") if name.endswith("_" + u)), "byte" if "bytes" in name else "1")
        expect(meanings[name]["unit"] == unit, f"{name} in {unit}")
    cells = math.prod(int(n) for n in arguments[1].split(","))
    taken = results["steps_per_point"] * cells / ranks
    expect(near(results["derivative_step_ns"], 1e6 * results["derivatives_ms"] / taken), f"{type_}: a step")
    if not flow:
        expect(results["steps_per_point"] == 3 and "iterate" in r.out, "three iterates")
        expect(not set(FLOW) & set(results), "maps have no velocity")
        continue
    said = re.search(r"with DΦ: .* times its ([\d.]+) velocities and gradients", r.out)
    # twelve a step, one to begin with, and one for the first step's length; refused steps ask for eleven
    expect(said and 12 < float(said[1]) < 13, f"evaluations a step: {r.out}")
    ratio = results["derivative_step_ns"] / (float(said[1]) * results["gradient_ns"])  # printed with two digits
    expect(abs(results["step_over_gradients"] / ratio - 1) < 1e-3, f"{type_}: {ratio}")

for arguments, words in ((("-grid_n", "8,8,8,8", "-dynamics_type", "abc"), "grid_n: 4 axes"),
                         (("-grid_n", "8,8", "-dynamics_type", "abc"), "grid_n"), (("-grid_n", "8,8",), "dynamics_type: missing"),
                         (("-grid_n", "8,8", "-dynamics_type", "pendulums"), "pendulum"),
                         (("-grid_n", "8,8", "-dynamics_type", "pendulum", "-grid_boundary", "open", "-dynamics_tolerance", "1"),
                          "dynamics_tolerance"),
                         (("-grid_n", "8,8", "-dynamics_type", "pendulum", "-grid_boundary", "open", "-p_sigma", "1"), "p_sigma")):
    r = run("bench", "dynamics", "-dynamics_times", "1", *arguments)
    expect(r.status == 2 and words in r.err and r.err.strip().count("\n") == 0, f"{arguments}: {r.status}, {r.err}")
finish()
