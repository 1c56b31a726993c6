"""The ready inputs of otto gradient-flow keep what their stories say, on coarser grids where those suffice."""

import math
import os

from common import SOURCE, close, expect, finish, needs, run

needs("numpy", "h5py")
import h5py
import numpy as np

EXIT = {"keller_segel_above_2d": 3}  # its story says so; every other ends with 0
seen = set()


def ready(name, *more, ranks=1):
    seen.add(name)
    r = run("gradient-flow", os.path.join(SOURCE, f"inputs/gradient-flow/{name}.yaml"), *more, ranks=ranks)
    due = EXIT.get(name, 0)
    expect(r.status == due, f"{name}: exit {r.status}, not {due}: {r.out[-1200:]}{r.err}")
    expect(not r.failing(), f"{name}: failing {r.failing()}")
    return r, r.series(), r.summary()["results"]


def field(r, sample, name="p"):
    with h5py.File(os.path.join(r.folder, "fields.h5")) as file:
        values = file[f"{sample}/{name}"][...]
        time = float(file[str(sample)].attrs["time"])
    grid = r.summary()["grid"]
    axes = [a + (np.arange(n) + 0.5) * (b - a) / n for n, a, b in zip(grid["n"], grid["lower"], grid["upper"])]
    return time, values, np.meshgrid(*axes, indexing="ij"), float(np.prod([a[1] - a[0] for a in axes]))


def samples(r):
    with h5py.File(os.path.join(r.folder, "fields.h5")) as file:
        return sorted(int(k) for k in file if k.isdigit())


def barenblatt():
    """Front, moment and energy of the exact solution. At 64² the grid's own share is below 2 %: half a cell of the front
    (0.034 of 1), and 2e-3 of sums over a density with a kink."""
    r, s, _ = ready("barenblatt_2d", "-grid_n", "64,64")
    for t, second, energy in zip(s["t"], s["second_moment"], s["energy"]):
        close(second, 1.786488**2 / 3 * math.sqrt(t + 0.1), 5e-3, f"second moment at {t}")
        close(energy, 0.42048252 * math.sqrt(0.1 / (t + 0.1)), 5e-3, f"energy at {t}")
    for k in samples(r):
        t, p, x, h2 = field(r, k)
        radius = math.sqrt((p > 1e-3 * p.max()).sum() * h2 / math.pi)
        expect(abs(radius - 1.786488 * (t + 0.1) ** 0.25) < 0.05, f"front at {t}: {radius}")


def aggregation():
    """A uniform disc stays one. What is inside of 0.8 of its radius errs by the first, jagged disc: 1 % of its mass, which
    the logistic law forgets."""
    r, s, _ = ready("aggregation_2d", "-grid_n", "64,64", "-time_stop", 1.5, "-time_samples", 7,
                    "-output_fields", "0.5,1.5")  # fmt: skip
    for k in samples(r):
        t, p, (x, y), h2 = field(r, k)
        right = 1 / math.pi / (1 + (0.25 - 1) * math.exp(-2 * t))
        inner = p[np.hypot(x, y) < 0.8 / math.sqrt(math.pi * right)]
        expect(abs(inner.mean() / right - 1) < 5e-3, f"density at {t}: {inner.mean()}, not {right}")
        expect(np.ptp(inner) < 5e-3 * right, f"uniform at {t}: {inner.min(), inner.max()}")
    close(s["second_moment"][-1], 0.5 * (1 - 0.75 * math.exp(-3)), 5e-3, "the second moment of that disc")
    check = r.check("virial_law")
    expect(check["times_left_out"] == 1 and "edge" in check["left_out"], f"not of the first disc's edge: {check}")
    scale, worst = 0, 0
    for a, b in list(zip(s["moment_rate"], s["virial"]))[1:]:  # attraction less repulsion is one term, and ends
        scale = max(scale, abs(a), abs(b))
        worst = max(worst, abs(a - b) / scale)
    close(check["value"], worst, 1e-9, "relative to the largest the terms have been")


def keller_segel():
    """The slope of the second moment is a number, below and above the critical mass: to second order in the cell width
    (0.7 % at 96², so 1.5 % at 64²)."""
    r, s, _ = ready("keller_segel_2d", "-grid_n", "64,64", "-time_stop", 0.4, "-time_samples", 5,
                    "-output_fields", "none")  # fmt: skip
    slope = 80 * (1 - 20 / 8 / math.pi)
    close((s["second_moment"][-1] - s["second_moment"][0]) / s["t"][-1], slope, 1.5e-2, "below")
    for virial in s["virial"]:
        close(virial, slope, 1e-3, "the law itself")
    r, s, v = ready("keller_segel_above_2d", "-grid_n", "64,64", "-space_tolerance", 1)
    slope = 160 * (1 - 40 / 8 / math.pi)
    close(s["virial"][0], slope, 1e-3, "the law above")
    close((s["second_moment"][5] - s["second_moment"][0]) / s["t"][5], slope, 5e-2, "above")
    expect("concentrated" in r.err and v["concentration"] >= 0.5, f"why it ended: {r.err} {v['concentration']}")
    summary = r.summary()
    expect(summary["verdict"] == "stopped" and "concentrated" in str(summary["stopped"]), f"{summary['stopped']}")
    expect(len(s["t"]) < 21 and s["t"][-1] < 0.32, f"rows so far: {len(s['t'])}")
    last = samples(r)[-1]
    expect(last == 21, f"the state as one more sample: {samples(r)}")


def mean_of(T):
    """The self-consistent mean, from above, by quadrature over more than the box (its walls move it by less than 1e-6)."""
    x = np.linspace(-4, 4, 20001)
    m = 1.0
    for _ in range(3000):
        w = np.exp(-(x**4 / 4 - m * x) / T)
        m = float((x * w).sum() / w.sum())
    return m


def mean_field():
    r, s, _ = ready("mean_field_bifurcation_1d", "-time_stop", 60, "-time_samples", 31, "-output_fields", "none")
    right = mean_of(0.35)
    close(right, 0.5979, 1e-4, "the mean of the story")
    # slow directions decay as exp(-0.35 t) here; the grid's own steady state is off by h² = 5e-4
    close(s["mean_p_x"][-1], right, 1e-3, "p's mean"), close(s["mean_q_x"][-1], -right, 1e-3, "q's mean")
    expect(s["tv"][-1] > min(s["tv"]) + 0.1, "divergences rise")
    expect("no theorem" in r.out, "which the run says")
    hot, s, _ = ready("mean_field_bifurcation_1d", "-temperature", 0.6)
    expect(abs(s["mean_p_x"][-1]) < 0.03 and abs(s["mean_q_x"][-1]) < 0.04 and s["tv"][-1] < 0.04, "one state when hot")
    critical = 4 * (math.gamma(0.75) / math.gamma(0.25)) ** 2
    close(critical, 0.456947, 1e-6, "the critical temperature of the story")
    expect(mean_of(critical * 1.01) < 0.02 < mean_of(critical * 0.98), "where the mean leaves 0")


def morse():
    r, s, _ = ready("morse_3d", "-grid_n", "24,20,20", "-time_stop", 0.5, "-time_samples", 3, "-space_tolerance", 1,
                    "-check_virial_law_tolerance", 0.2, "-output_fields", "none", ranks=2)  # fmt: skip
    expect(all(a > b for a, b in zip(s["energy"], s["energy"][1:])), "its energy falls")
    expect(abs(s["mean_p_x"][-1]) < 1e-6, "and the mean stays: forces are equal and opposite")


def jko():
    """Gaussians under the entropy, in closed form; V linear: the mean moves by exactly 2 tau. A step within jko_gap
    of the least, 0.004 of its functional, of convexity 1/tau: W2 <= 0.027, which is 0.01 of sigma². 4e-3 is asked."""
    r, s, v = ready("jko_heat_2d")
    sigma = 0.4
    for k in range(1, 5):
        sigma = (sigma + math.sqrt(sigma**2 + 0.4)) / 2
        expect(abs((s["second_moment"][k] - 0.09) / 2 - sigma**2) < 4e-3, f"step {k}: {s['second_moment'][k]}, {sigma**2}")
        expect(s["w2_lower"][k] <= math.sqrt(2) * 0.1 / sigma <= s["w2_upper"][k], f"W2 of step {k}, (s' - s) = tau/s'")
    heat = 0.16 + 2 * 0.4
    expect(0.05 < heat - sigma**2 < 0.1, "heat is ahead, by an amount of first order in tau")
    twice = [0.4]
    for _ in range(8):
        twice.append((twice[-1] + math.sqrt(twice[-1] ** 2 + 0.2)) / 2)
    expect(1.7 < (heat - sigma**2) / (heat - twice[-1] ** 2) < 2.1, "half of it in steps of half the length")
    r, s, v = ready("jko_porous_3d")
    for k in (1, 2):
        # a step's functional, of convexity 1/tau, is within the gap of what it could fall by, 0.9: |shift|²/2tau < 0.005 x 0.9
        # proves the mean to 0.047 a step; less than half of it is asked
        expect(abs(s["mean_p_x"][k] - s["mean_p_x"][0] - 0.5 * k) < 0.02 * k, f"the mean after {k} steps: {s['mean_p_x']}")
    expect(0.3 < v["jko_ratio"] < 1, f"W2²/2tau over the fall: {v['jko_ratio']}")


for part in (barenblatt, aggregation, keller_segel, mean_field, morse, jko):
    part()
there = {name[:-5] for name in os.listdir(os.path.join(SOURCE, "inputs/gradient-flow")) if name.endswith(".yaml")}
expect(seen == there, f"every input: {seen ^ there}")
finish()
