"""jobs/trajectory_to_generator.py: paths of equations that are known give their drift and D back within the error bars, the
error bars' size included; the program's steady state on them is the known one; what is no trajectory is refused in one
line."""

import contextlib
import io
import math
import os
import sys
from unittest import mock

import h5py
import numpy as np
from common import SCRATCH, SOURCE, expect, finish, otto

import example_data
import trajectory_to_generator
from otto_results import load

FOLDER = os.path.join(SCRATCH, "trajectory")
os.makedirs(FOLDER)
OUT = os.path.join(FOLDER, "out.h5")


def write(text, name="in.txt"):
    path = os.path.join(FOLDER, name)
    with open(path, "w") as file:
        file.write(text)
    return path


def store(values, name="in.h5"):
    path = os.path.join(FOLDER, name)
    with h5py.File(path, "w") as file:
        file["x"] = values
    return path + ":x"


def script(*arguments):
    """Status, what was printed and what was complained of."""
    said, complaint = io.StringIO(), io.StringIO()
    with mock.patch.object(sys, "argv", ["trajectory_to_generator.py", *map(str, arguments)]):
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complaint):
            try:
                status = trajectory_to_generator.main()
            except SystemExit as end:
                status = end.code
    return status, said.getvalue(), complaint.getvalue()


def made(*arguments):
    """All datasets by name, and what was printed."""
    status, said, complaint = script(*arguments)
    expect(status == 0 and complaint == "", f"{arguments[1:]}: {complaint}")
    with h5py.File(OUT) as file:
        return {name: file[name][...] for name in file}, said


def keys():
    with open(OUT[:-3] + ".yaml") as file:
        return file.read()


def chi2(found, name, truth):
    """Mean square of what is off, in error bars, over the open cells."""
    known = np.isfinite(found["V"]) & np.isfinite(found[name])
    return float(np.mean(((found[name] - truth)[known] / found[name + "_error"][known]) ** 2))


def ornstein(walkers, rows, dt, seed, start=None):
    """[walkers, rows] of dx = -2 x dt + sqrt(2 D) dW, D = 0.5, by Euler-Maruyama: then the lag dt has no bias."""
    random = np.random.default_rng(seed)
    x = random.standard_normal(walkers) * 0.5 if start is None else start
    steps = [x]
    for _ in range(rows - 1):
        x = x - 2 * x * dt + math.sqrt(dt) * random.standard_normal(walkers)
        steps.append(x)
    return np.array(steps).T


def cell_mean(x, function, lower, h, n):
    """The mean of a function over the points that start increments, by cells."""
    k = np.floor((x.ravel() - lower) / h).astype(int)
    inside = (k >= 0) & (k < n)
    count = np.maximum(np.bincount(k[inside], minlength=n), 1)
    return np.bincount(k[inside], function(x.ravel()[inside]), n) / count


def error_bars():
    """At a lag without bias the errors are Gaussian with the error bars that are given: their mean square, over 30 cells,
    lies in 1 ± 0.6 (4.6 standard deviations of sqrt(2/30) each way, the seed being fixed)."""
    x = ornstein(300, 400, 0.01, 1)
    found, said = made(store(x[:, :, None]), OUT, "--step", 0.01, "--lag", 0.01, "--cells", 30, "--lower", -1.2, "--upper", 1.2)
    truth = cell_mean(x[:, :-1], lambda y: -2 * y, -1.2, 0.08, 30)
    expect(0.4 < chi2(found, "drift_x", truth) < 1.6, f"drift: {chi2(found, 'drift_x', truth)}")
    expect(0.4 < chi2(found, "diffusion_x", 0.5) < 1.6, f"D: {chi2(found, 'diffusion_x', 0.5)}")
    expect(chi2(found, "drift_x", -truth) > 10 and chi2(found, "diffusion_x", 0.55) > 3, "which a sign, or a tenth, is out of")
    counts = np.histogram(x[:, :-1], 30, (-1.2, 1.2))[0]
    expect(np.array_equal(found["count"], counts) and np.array_equal(found["independent"], counts), "counts")
    n = found["independent"]
    expect(np.allclose(found["drift_x_error"], np.sqrt(2 * found["diffusion_x"] / (0.01 * n)), rtol=1e-12), "their formula")
    expect(np.allclose(found["diffusion_x_error"], found["diffusion_x"] * np.sqrt(2 / (n - 1)), rtol=1e-12), "that of D")
    expect(np.array_equal(found["mobility_x"], found["diffusion_x"]), "M = D at T = 1")
    outside = np.sum((x[:, :-1] < -1.2) | (x[:, :-1] > 1.2))
    expect(f"{outside} increments start outside the box" in said, said)
    # V'(x) = 4 x by -T u/D: differences of V are means of two forces, whose errors add up from the middle
    V, c = found["V"], found["x"]
    wanted = np.concatenate([[0], np.cumsum(-(0.08 / 2) * (found["drift_x"] / found["diffusion_x"])[:-1]
                                            - 0.04 * (found["drift_x"] / found["diffusion_x"])[1:])])  # fmt: skip
    expect(np.abs(np.ptp(V - wanted)) < 1e-9 and V.min() == 0, f"V is the running sum: {np.ptp(V - wanted)}")
    expect(abs(np.polyfit(c, V, 2)[0] - 2) < 0.15, f"and about 2 x²: {np.polyfit(c, V, 2)}")
    at_two = made(store(x[:, :, None]), OUT, "--step", 0.01, "--lag", 0.01, "--cells", 30, "--lower", -1.2, "--upper", 1.2,
                  "--temperature", 2)[0]  # fmt: skip
    expect(np.allclose(at_two["V"], 2 * V) and np.allclose(at_two["mobility_x"], found["mobility_x"] / 2), "T = 2")
    expect("\ntemperature: 2.0\n" in keys() and "\nnoise: ito\n" in keys(), keys())


def overlapping():
    """At a lag of several rows increments overlap: error bars count them once a lag, which is no less than they are."""
    x = ornstein(300, 400, 0.002, 2)
    box = ("--cells", 20, "--lower", -1, "--upper", 1)
    found = made(store(x[:, :, None]), OUT, "--step", 0.002, "--lag", 0.01, *box)[0]
    # E[x(t + tau) - x | x] of five steps, and their variance
    decay = (1 - 2 * 0.002) ** 5
    spread = 0.002 * (1 - decay**2) / (1 - (1 - 0.004) ** 2) / 0.02
    truth = cell_mean(x[:, :-5], lambda y: (decay - 1) / 0.01 * y, -1, 0.1, 20)
    for name, value in (("drift_x", truth), ("diffusion_x", spread)):
        # variances are smaller by up to a third (D: sums of squares of Brownian increments that overlap)
        expect(0.2 < chi2(found, name, value) < 1.5, f"{name} at a lag of 5 rows: {chi2(found, name, value)}")
    expect(np.allclose(found["independent"] * 5, found["count"]), "one in five")


def lags():
    """Paths by ten inner steps: at the lag the bias is many error bars, and is told; --extrapolate takes it out. The truth is
    the mean over cells by exp(-V), by quadrature."""
    path = os.path.join(FOLDER, "paths.txt")
    with open(path, "w") as file:
        example_data.write_paths(file, 1)
    arguments = ("--step", 0.01, "--lag", 0.01, "--cells", 44, "--lower", -2.2, "--upper", 2.2)
    plain, said = made(path, OUT, *arguments)
    c = plain["x"]
    inner = c[:, None] + 0.1 * ((np.arange(40) + 0.5) / 40 - 0.5)
    weight = np.exp(-example_data.potential(inner))
    weight /= weight.sum(axis=1, keepdims=True)
    truth = {"drift_x": (weight * example_data.drift(inner)).sum(axis=1),
             "diffusion_x": (weight * example_data.diffusion(inner)).sum(axis=1)}  # fmt: skip
    bias = chi2(plain, "diffusion_x", truth["diffusion_x"])
    expect(bias > 10, f"D is biased at this lag: {bias}")
    told = float(said.split("the lag's bias in D, by twice the lag, is ")[1].split()[0])
    expect(0.6 < told / math.sqrt(bias - 1) < 1.6, f"which twice the lag tells: {told} of {math.sqrt(bias)}")
    # from here on the very data of the input: 1000 x 1000 increments
    with open(os.path.join(SOURCE, "jobs", "local.sh")) as file:
        command = file.read().split("example path trajectory_to_generator ")[1].split("\n")[0].split()
    found, said = made(path, OUT, *command)
    expect("taken out" in said and command[:2] == ["--step", "0.01"], said)
    for name, value in truth.items():
        # error bars of 2 f(tau) - f(2 tau) are the largest possible: at most as off as 1 is within 40 cells
        expect(0.2 < chi2(found, name, value) < 1.5, f"{name}, extrapolated: {chi2(found, name, value)}")
        same = 2 * plain[name] - (plain[name] + plain[name + "_lag_bias"])
        expect(np.allclose(found[name], same, equal_nan=True), f"{name} is twice the one less the other")
    steady_state(found)


def steady_state(found):
    """inputs/fokker-planck/trajectory_1d.yaml on them: the stationary density and the slowest rate are about the true ones."""
    run = load(otto("trajectory_1d", "fokker-planck", "inputs/fokker-planck/trajectory_1d.yaml", "-potential_path", OUT,
                    "-mobility_path", OUT))  # fmt: skip
    expect(run.verdict == "pass", f"trajectory_1d: {[c.name for c in run.checks.failed]}")
    is_open = np.isfinite(found["V"])
    estimate, true = np.exp(-found["V"]) / found["mobility_x"], np.exp(-example_data.potential(found["x"]))
    estimate, true = (np.where(is_open, p, 0) / p[is_open].sum() for p in (estimate, true))
    steady = run.field("steady_state") * 0.1
    expect(np.abs(steady - estimate).max() < 1e-9, "exp(-V)/M, as Ito has it")
    kl = float(np.sum(true[is_open] * np.log(true[is_open] / estimate[is_open])))
    expect(abs(run.series["kl_q_pi"][0] / kl - 1) < 1e-6, f"KL(truth|estimate) {kl}")
    # V across the barrier errs by sqrt(h² Σ 2/(D τ n)) = 0.06 and has been seen to: masses of wells by a quarter of that
    expect(0 < kl < 0.006 and np.abs(true - estimate).sum() / 2 < 0.06, f"{kl} {np.abs(true - estimate).sum() / 2}")
    wrong = np.where(is_open, np.exp(-found["V"]), 0)
    wrong /= wrong.sum()
    expect(np.sum(true[is_open] * np.log(true[is_open] / wrong[is_open])) > 0.03, "which exp(-V) alone is far from")
    rates = run.results["relaxation_rates"]
    # 0.32905 of the formula on 352 cells; the error across the barrier is e^0.06
    expect(abs(rates[0] / 0.32905 - 1) < 0.08 and rates[1] > 2, f"{rates}")


def ring(force, wrap, seed=3):
    """Paths on a circle of 360 under V = cos(x) and a constant force, in radians of it; [walkers, rows] in degrees."""
    random = np.random.default_rng(seed)
    x, dt = random.uniform(-math.pi, math.pi, 200), 0.01
    steps = [x]
    for _ in range(600):
        x = x + (np.sin(x) + force) * dt + math.sqrt(2 * dt) * random.standard_normal(200)
        steps.append(x)
    x = np.degrees(np.array(steps).T)
    return (x + 180) % 360 - 180 if wrap else x


def periodic():
    arguments = ("--step", 0.01, "--lag", 0.01, "--cells", 24, "--period", 360)
    plain, said = made(store(ring(1.0, True)[:, :, None]), OUT, *arguments)
    expect("box from -180 to 180" in said and "drift: {type: constant" in keys(), said)
    expect("quarter of a period" not in said, said)
    force, error = (float(word) for word in said.split("constant force round x: ")[1].split()[:3:2])
    # per radian 1, of which 200 x 600 increments know sqrt(2/(0.01 n)) = 0.04
    expect(abs(math.degrees(force) - 1) < 0.15, f"constant force {math.degrees(force)} a radian")
    # a wave of V about it leaves it less well known than that of the whole ring by a half at most
    expect(0.03 < math.degrees(error) < 0.06, f"its error bar {math.degrees(error)}")
    V = plain["V"]
    expect(np.abs(V - V.mean() - np.cos(np.radians(plain["x"]))).max() < 0.25, "V is a cosine")
    again = made(store(ring(1.0, False)[:, :, None]), OUT, *arguments)[0]
    expect(np.allclose(again["drift_x"], plain["drift_x"], rtol=1e-9, atol=1e-6), "unwrapped coordinates are the same")
    bound = made(store(ring(1.0, True)[:, :, None]), OUT, *arguments, "--equilibrium")[0]
    expect("drift:" not in keys() and np.abs(bound["V"] - V).max() > 0.5, "--equilibrium has no force")
    turned = made(store(ring(1.0, True)[:, :, None]), OUT, *arguments, "--lower", 0)[0]
    expect(np.allclose(np.roll(turned["drift_x"], 12), plain["drift_x"], rtol=1e-9) and turned["x"][0] == 7.5, "from 0 on")
    made(store(ring(1.0, True)[:, :, None]), OUT, *arguments)
    run = load(otto("ring", "fokker-planck", OUT[:-3] + ".yaml", "-p_density", "uniform", "-time_stop", 10, "-time_samples", 2,
                    "-space_tolerance", 1, "-time_tolerance", 1, "-output_fields", 10))  # fmt: skip
    # power over temperature of the true equation, f times 2 pi times its stationary flux (Risken 11.3)
    h = 2 * np.pi / 800
    y = h * np.arange(1600)
    rise = np.concatenate([[0], np.cumsum(np.exp(np.cos(y) - y))]) * h  # of e^W, W = cos y - y
    around = np.exp(-np.cos(y[:800]) + y[:800]) * (rise[800:1600] - rise[:800])
    flux = (1 - math.exp(-2 * math.pi)) / (around.sum() * h)
    power = 2 * math.pi * flux
    found = float(run.series["production"][-1])
    expect(abs(found / power - 1) < 0.2, f"production {found}, of the true equation {power}")
    coarse = ring(1.0, True)[:, ::200]
    said = made(store(coarse[:, :, None]), OUT, "--step", 2, "--lag", 2, "--cells", 4, "--period", 360, "--least", 5)[1]
    expect("more than a quarter of a period from the row before" in said, said)


def plane(turn, seed=4):
    """[walkers, rows, 2] of dx = (-x + turn J x) dt + sqrt(2 D_j) dW, D = 1 and 0.5 T."""
    random = np.random.default_rng(seed)
    x, dt = random.standard_normal((400, 2)), 0.01
    steps = [x]
    for _ in range(500):
        force = np.stack([-x[:, 0] - turn * x[:, 1], 0.5 * (-x[:, 1] + turn * x[:, 0])], axis=1)
        x = x + force * dt + np.sqrt([2 * dt, dt]) * random.standard_normal((400, 2))
        steps.append(x)
    return np.array(steps).swapaxes(0, 1)


def misfit(said):
    return float(said.split("explains of the drift is ")[1].split()[0])


def two_axes():
    """A potential of two axes is fitted; what turns is told, and no potential."""
    arguments = ("--step", 0.01, "--lag", 0.01, "--cells", "16,12", "--lower=-3.2,-2.4", "--upper", "3.2,2.4", "--least", 30)
    found, said = made(store(plane(0.0)), OUT, *arguments)
    expect(0.8 < misfit(said) < 1.2, f"V explains the drift but for noise: {misfit(said)}")
    is_open = np.isfinite(found["V"])
    x, y = np.meshgrid(found["x"], found["y"], indexing="ij")
    off = (found["V"] - (x * x + y * y) / 2)[is_open & (x * x + y * y < 3)]
    expect(np.ptp(off) < 0.5, f"V is r²/2: {np.ptp(off)}")
    expect(0.3 < is_open.mean() < 1 and "cells are closed" in said and "closed: restrict" in keys(), said)
    for name, D in (("x", 1.0), ("y", 0.5)):
        value = chi2(found, f"diffusion_{name}", D)
        expect(0.6 < value < 1.5, f"D along {name}: {value}")
    turning = made(store(plane(2.0)), OUT, *arguments)[1]
    expect(misfit(turning) > 2, f"what turns is not explained: {misfit(turning)}")
    forces, _ = made(store(plane(2.0)), OUT, *arguments, "--forces")
    run = load(otto("turning", "fokker-planck", OUT[:-3] + ".yaml", "-p_density", "uniform", "-p_closed", "restrict", "-time_stop", 4,
                    "-time_samples", 2, "-space_tolerance", 100, "-time_tolerance", 10))  # fmt: skip
    expect(run.results["drift"] == "file" and run.results["closed_cells"] == forces["closed"].sum() > 0, "forces, and closed cells")
    # exp(-r²/2) stays, and what turns it costs ∫ p |2 J x|² over D: 4 (x² D + y² D) of either axis' own, 4 (0.5 + 1)
    cost = float(run.series["production_adiabatic"][-1])
    expect(abs(cost / 6 - 1) < 0.2, f"what keeps it turning: {cost}, of the true equation 6")
    mixed = plane(0.0) @ np.array([[1, 0.5], [0, 1]])
    expect("noise along the axes is correlated (0." in made(store(mixed), OUT, *arguments)[1], "correlated noise is told")
    expect("noise along the axes" not in said and "warning" not in said, said)
    run = load(otto("plane", "fokker-planck", OUT[:-3] + ".yaml", "-p_density", "uniform", "-p_closed", "restrict",
                    "-time_stop", 1, "-time_samples", 2, "-space_tolerance", 10, "-time_tolerance", 10))  # fmt: skip
    expect(run.results["closed_cells"] > 0 and run.results["components"] == 1, "closed to the run, and in one piece")


def weights():
    """Rows that weigh 3 count as three; rows of weight 0 not at all."""
    one, other = ornstein(20, 300, 0.01, 5), ornstein(20, 300, 0.01, 6)
    arguments = ("--step", 0.01, "--lag", 0.01, "--cells", 6, "--lower", -0.9, "--upper", 0.9)
    heavy = np.stack([np.concatenate([one, other]), np.repeat([[3.0], [1.0]], 20, axis=0) * np.ones(300)], axis=2)
    found = made(store(heavy), OUT, *arguments, "--weight-column", 2)[0]
    copies = made(store(np.concatenate([one, one, one, other])[:, :, None]), OUT, *arguments)[0]
    expect(np.allclose(found["drift_x"], copies["drift_x"], rtol=1e-12), "drift by weight")
    few, many = found["independent"], copies["independent"]
    expect(np.allclose(found["diffusion_x"] * (few - 1) / few, copies["diffusion_x"] * (many - 1) / many), "D by weight")
    n1, n2 = (np.histogram(x[:, :-1], 6, (-0.9, 0.9))[0] for x in (one, other))
    expect(np.allclose(few, (3 * n1 + n2) ** 2 / (9 * n1 + n2)), "(Σw)²/Σw²")
    heavy[:20, :, 1] = 0
    alone = made(store(other[:, :, None]), OUT, *arguments)[0]
    expect(np.allclose(made(store(heavy), OUT, *arguments, "--weight-column", 2)[0]["drift_x"], alone["drift_x"]), "weight 0")


def texts():
    """The same rows as text, with a header, times, gaps and in several files."""
    x = ornstein(4, 500, 0.01, 7)
    arguments = ("--lag", 0.01, "--cells", 5, "--lower", -0.8, "--upper", 0.8, "--least", 5)
    wanted, said = made(store(x[:, :, None]), OUT, "--step", 0.01, *arguments)
    expect("4 trajectories of 2000 rows" in said, said)
    text = "\n\n".join("\n".join(f"{v:.17g}" for v in row) for row in x)
    found = made(write("# x\n" + text + "\n"), OUT, "--step", 0.01, *arguments)[0]
    expect(np.array_equal(found["drift_x"], wanted["drift_x"]), "blank lines part trajectories")
    files = [write("\n".join(f"{v:.17g}" for v in row), f"{k}.txt") for k, row in enumerate(x)]
    found = made(*files, OUT, "--step", 0.01, *arguments)[0]
    expect(np.array_equal(found["drift_x"], wanted["drift_x"]), "files are trajectories")
    head = "#! FIELDS time s d\n#! SET min_s -pi\n#! SET max_s pi\n#! SET periodic_s true\n"
    rows = [[f"{0.01 * k:.6f} {v:.17g} {k % 7}" for k, v in enumerate(row)] for row in x]
    found, said = made(write("".join(head + "\n".join(part) + "\n" for part in rows)), OUT, "--columns", "s", "--lag", 0.01,
                       "--cells", 20, "--least", 5)  # fmt: skip
    expect("4 trajectories of 2000 rows 0.01 apart (0 gaps)" in said and "s: periodic, box from -3.14159265" in said, said)
    expect("names: [s]" in keys() and "boundary: [periodic]" in keys() and "dataset: mobility_s}" in keys(), keys())
    gaps = rows[0][:200] + rows[0][300:] + rows[1]
    said = made(write(head + "\n".join(gaps)), OUT, "--columns", "2", "--lag", 0.01, "--cells", 20, "--least", 5)[1]
    expect("3 trajectories of 900 rows" in said and "(2 gaps)" in said, f"a gap, and a time that goes back: {said}")
    said = made(write(text), OUT, "--step", 0.01, "--lag", 0.01, "--cells", 5)[1]
    expect("start outside" not in said and f"box from {x.min():.9g} to {x.max():.9g}" in said, f"the box of all points: {said}")
    for signs in (("--lower", "-.8,-.8", "--upper", ".8,.8"), ("--lower", "-pi/4", "--upper", "pi/4"), ("--lower", "-8e-1", "--upper=8e-1"),
                  ("--upper", "pi", "--lower", "-2*pi")):  # fmt: skip
        plane = write("\n".join(f"{v} {w}" for v, w in zip(x[:2].ravel(), x[2:].ravel())))
        said = made(plane, OUT, "--step", 0.01, "--lag", 0.01, "--cells", 3, "--least", 5, *signs)[1]
        low = {"-.8,-.8": -0.8, "-pi/4": -math.pi / 4, "-8e-1": -0.8, "pi": -2 * math.pi}[signs[1]]
        expect(said.count(f"box from {low:.9g} to") == 2, f"{signs}: {said}")
    fortran = text.replace("e-", "D-")
    expect(np.array_equal(made(write(fortran), OUT, "--step", 0.01, *arguments)[0]["drift_x"], wanted["drift_x"]), "1.0D-3")
    with h5py.File(OUT) as file:
        expect(file["V"].dims[0][0].name == "/x" and file["drift_x"].attrs["units"] == "length/time", "scales and units")
    made(write(text), OUT, "--step", 0.01, *arguments, "--axis-units", "nm", "--time-unit", "ps", "--energy-unit", "kT")
    expect("\n  units: [nm]\n" in keys() and "\nenergy_units: kT\ntime_units: ps\n" in keys(), keys())
    with h5py.File(OUT) as file:
        units = [file[name].attrs["units"] for name in ("x", "V", "drift_x", "diffusion_x", "mobility_x", "count")]
    expect(units == ["nm", "kT", "nm/ps", "nm^2/ps", "nm^2/(ps kT)", "1"], f"{units}")


def parts():
    """Cells that are not joined to the largest part are closed; the two parts of a path are cells never seen."""
    x = np.concatenate([ornstein(40, 200, 0.01, 8), 5 + 0.2 * ornstein(10, 200, 0.01, 9)])
    found, said = made(store(x[:, :, None]), OUT, "--step", 0.01, "--lag", 0.01, "--cells", 32, "--lower", -2, "--upper", 6)
    expect(np.isinf(found["V"][16:]).all() and np.isfinite(found["V"][8]) and np.isfinite(found["drift_x"][28]), said)
    expect(np.isnan(found["mobility_x"][28]), "a cell that is closed has no mobility")
    ring_cells = made(store(((x * 20 + 180) % 360 - 180)[:, :, None]), OUT, "--step", 0.01, "--lag", 0.01, "--cells", 40,
                      "--period", 360)[1]  # fmt: skip
    expect("constant force" not in ring_cells, "no force where no way leads round")


def refused(words, *arguments):
    status, said, complaint = script(*arguments)
    expect(status == 2 and said == "" and complaint.count("\n") == 1 and words in complaint,
           f"'{words}' expected: {status} {complaint}")  # fmt: skip


def mutations():
    good = ("--step", 0.01, "--lag", 0.01, "--cells", 5)
    text = [f"{v:.6f} {0.01 * k:.4f} 1" for k, v in enumerate(ornstein(1, 300, 0.01, 10)[0])]

    def broken(line, row):
        return write("\n".join(text[: line - 1] + [row] + text[line:]))

    columns = (*good, "--columns", 1)
    refused("in.txt, line 17: 'abc' in column 1 is no number", broken(17, "abc 0.16 1"), OUT, *columns)
    refused("in.txt, line 17: nan in column 1; numbers must be finite", broken(17, "nan 0.16 1"), OUT, *columns)
    refused("in.txt, line 17: inf in column 1", broken(17, "1e999 0.16 1"), OUT, *columns)
    expect(script(broken(17, "0.1 nan 1"), OUT, *columns)[0] == 0, "a column that is not used may be anything")
    refused("line 17: 2 columns; the rows before have 3", broken(17, "0.1 0.16"), OUT, *columns)
    timed = ("--lag", 0.01, "--cells", 5, "--columns", 1, "--time-column", 2)
    refused("line 17: the time, 0.15, is that of the row before", broken(17, "0.1 0.15 1"), OUT, *timed)
    uneven = write("\n".join(f"{math.sin(k)} {k + (k % 3) * 0.1}" for k in range(300)))
    refused("rows must be evenly spaced in time", uneven, OUT, "--lag", 1, "--cells", 5, "--columns", 1, "--time-column", 2)
    refused("does not grow", write("1 5\n2 4\n"), OUT, *timed)
    refused("line 9: a weight of -1", broken(9, "0.1 0.08 -1"), OUT, *columns, "--weight-column", 3)
    path = write("\n".join(text), "good.txt")
    refused("--step: missing", path, OUT, *good[2:], "--columns", 1)
    refused("--step: there is a column of times as well", path, OUT, *columns, "--time-column", 2)
    refused("--lag: 0.015 is no whole number of steps", path, OUT, "--step", 0.01, "--lag", 0.015, "--cells", 5, "--columns", 1)
    refused("--lag: no trajectory is longer than 400 rows", path, OUT, "--step", 0.01, "--lag", 4, "--cells", 5, "--columns", 1)
    refused("--lag: '0' is no number above 0", path, OUT, "--step", 0.01, "--lag", 0, "--cells", 5)
    refused("'5,0' is no list of whole numbers above 0", path, OUT, *good[:4], "--cells", "5,0")
    refused("--cells: 2 entries for 1 axes", path, OUT, *good[:4], "--cells", "5,5", "--columns", 1)
    refused("no column 4; there are 3", path, OUT, *good, "--columns", 4)
    refused("no column is called 'phi': none have names", path, OUT, *good, "--columns", "phi")
    refused("--columns: 1 to 3 columns of coordinates, each once", path, OUT, *good, "--columns", "1,1")
    refused("x would go from 3 to", path, OUT, *columns, "--lower", 3)
    refused("which has the period 360", path, OUT, *columns, "--period", 360, "--lower", 0, "--upper", 180)
    refused("0 cells have 1000 increments or more", path, OUT, *columns, "--least", 1000)
    refused("0 cells have 10 increments or more that move", write("1\n" * 300, "still.txt"), OUT, *good, "--lower", 0, "--upper", 2)
    refused("--axis-units: 1 entries", path, OUT, *columns, "--axis-units", "nm,nm")
    refused("no row of numbers", write("# nothing\n\n"), OUT, *good)
    refused("No such file", os.path.join(FOLDER, "no.txt"), OUT, *good)
    refused("no dataset 'y' in it; there are: x", store(np.zeros((9, 1)))[:-1] + "y", OUT, *good)
    refused("in.h5:x, row 5: nan in column 1", store(np.array([0, 1, 2, 3, math.nan, 5.0])), OUT, *good)
    refused("dimensions, 16 numbers", store(np.zeros((2, 2, 2, 2))), OUT, *good)
    header = "#! FIELDS time s\n#! SET min_s 0\n#! SET max_s 1\n"
    refused("FIELDS names 2", write(header + "0 1 2\n"), OUT, *good[2:])
    refused("line 5: columns time d; before it was time s", write(header + "0 1\n#! FIELDS time d\n"), OUT, *good[2:])
    refused("line 5: max_s is 2; before it was 1", write(header + "0 1\n#! SET max_s 2\n"), OUT, *good[2:])
    refused("its keys would be written to", path, os.path.join(FOLDER, "out.yaml"), *columns)
    refused("the following arguments are required", path, *columns)
    script(path, OUT, *columns)
    before = os.path.getmtime(OUT)
    refused("no number", broken(17, "abc 0.16 1"), OUT, *columns)
    expect(os.path.getmtime(OUT) == before, "what is refused overwrites nothing")


for part in (error_bars, overlapping, lags, periodic, two_axes, weights, texts, parts, mutations):
    part()
finish()
