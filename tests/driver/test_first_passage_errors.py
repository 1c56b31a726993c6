# processors: 1
"""What otto first-passage refuses, by the key; runs that fail as they should; what does not apply says why."""
import json, os

from common import *

needs("numpy", "h5py")
import h5py
import numpy as np

WELL = ["-grid_n", 40, "-grid_lower", -2, "-grid_upper", 2, "-grid_boundary", "no_flux", "-potential_type", "formula", "-potential_formula",
        "(x^2-1)^2", "-temperature", 0.5]
TWO = ["-set_a", "x<0-0.8", "-set_b", "x>0.8"]
START = ["-p_density", "gaussian_mixture", "-p_mean", -0.5, "-p_sigma", 0.4]


def refused(words, *arguments):
    r = run("first-passage", *arguments)
    expect(r.status == 2 and all(w in r.err for w in words), f"{arguments[-6:]}: {words} not in: {r.status} {r.err}")
    expect(r.err.strip().count("\n") == 0 and not os.path.exists(os.path.join(r.folder, "summary.json")), f"{words}: one line, nothing written: {r.err}")


path = os.path.join(scratch(), "sets.h5")
with h5py.File(path, "w") as f:
    f["in"], f["few"] = np.arange(40) > 30.0, np.ones(39)
for words, more in (
    (["set_b: missing"], START),
    (["set_b: missing"], [*START, "-set_a", "x>1"]),
    (["set_b: "], [*START, "-set_b", "x >"]),
    (["set_b: ", "2 components"], [*START, "-set_b", "x,1"]),
    (["set_b: no cell of the grid"], [*START, "-set_b", "x>7"]),
    (["set_b: every open cell"], [*START, "-set_b", "x<7"]),
    (["set_b: ", "are in set_a as well"], [*START, "-set_a", "x<0.5", "-set_b", "x>0.3"]),
    (["set_a, set_b: they touch, at (0.45)"], [*START, "-set_a", "x<0.5", "-set_b", "x>0.5&&x<1"]),
    (["set_b_path: "], [*START, "-set_b_path", path, "-set_b_dataset", "few"]),
    (["set_b_path: "], [*START, "-set_b_path", path, "-set_b_dataset", "other"]),
    (["set_b: ", "there is a file beside it"], [*START, "-set_b", "x>1", "-set_b_path", path]),
    (["set_e", "did you mean"], [*START, "-set_e", "x>1"]),
    (["passage_moments", "4"], [*START, *TWO, "-passage_moments", 5]),
    (["passage_method"], [*START, *TWO, "-passage_method", "kryloff"]),
    (["p_density"], TWO),
    (["time_stop"], [*START, *TWO, "-time_samples", 3]),
    (["output_fields: '1'"], [*START, *TWO, "-output_fields", 1]),
    (["ts_type: 'cn'"], [*START, *TWO, "-time_stop", 1, "-ts_type", "cn"]),
    (["ts_dt: -1"], [*START, *TWO, "-time_stop", 1, "-ts_dt", -1]),
    (["ts_dt: inf", "finite"], [*START, *TWO, "-time_stop", 1, "-ts_dt", "inf"]),
    (["ts_dt: 1e-30", "1e+30 steps"], [*START, *TWO, "-time_stop", 1, "-ts_dt", 1e-30]),
    (["checkpoint_every", "no times"], [*START, *TWO, "-checkpoint_every", 1]),
):
    refused(words, *WELL, *more)
# beyond a wall of closed cells; a potential that moves; axes
refused(["set_b: cannot be reached from 6 open cells, one of them at (-1.95)"], *WELL[:-4], "-potential_formula", "x>0-1.4&&x<0-1.2?inf:x^2",
        *START, "-p_closed", "restrict", "-set_b", "x>0.8")
refused(["set_b: all 4 cells in it are closed"], *WELL[:-4], "-potential_formula", "x>0-1.4&&x<0-1?inf:x^2", *START, "-p_closed", "restrict",
        "-set_b", "x>0-1.4&&x<0-1")
refused(["p_closed", "closed cells"], *WELL[:-4], "-potential_formula", "x>0-1.4&&x<0-1?inf:x^2", *START, "-set_b", "x>0.8")
refused(["key q_floor is not used by driver first-passage"], *WELL, *START, "-set_b", "x>0.8", "-q_floor", 0.1)
refused(["depend"], *WELL[:-4], "-potential_formula", "x^2+0.1*sin(t)", *START, "-set_b", "x>0.8")
refused(["grid_n: 4 axes"], "-grid_n", "8,8,8,8", "-grid_boundary", "no_flux", "-p_density", "uniform", "-set_b", "x>0.8")
refused(["the open cells fall into 2 parts"], "-grid_n", "16,8", "-grid_boundary", "no_flux", "-p_density", "uniform", "-p_closed", "restrict",
        "-potential_type", "formula", "-potential_formula", "(abs(x-0.5)<0.06)?inf:0", "-drift_type", "formula", "-drift_formula",
        "0,sin(7*x)*y", "-set_b", "y>0.8", "-set_a", "y<0.2")
# magnitudes beyond solvers, by key; forces that keep all out of a set are told from closed cells
for words, *more in (
    (["error: potential_formula: ", "beyond 1e100"], "-potential_formula", "1e200*x", "-set_b", "x>0.8"),
    (["error: potential_formula: ", "beyond 1e100"], "-potential_formula", "abs(x)<0.2?1e308:x", "-set_b", "x>0.8"),
    (["error: drift_formula: ", "beyond 1e100"], "-drift_type", "formula", "-drift_formula", "1e200", "-set_b", "x>0.8"),
    (["error: drift_formula: ", "nan"], "-drift_type", "formula", "-drift_formula", "abs(x)<0.2?0/0:x", "-set_b", "x>0.8"),
    (["error: temperature_formula: ", "1e-100 to 1e100"], "-temperature_formula", "x>0?1e-320:1", "-set_b", "x>0.8"),
    (["error: mobility_formula: ", "1e-100 to 1e100"], "-mobility_formula", "x>0?1e308:1", "-set_b", "x>0.8"),
    (["set_b: cannot be reached: ", "forces keep all out (rates underflow)"], "-potential_formula", "1e20*x", "-set_b", "x>0.8"),
):
    refused(words, *(WELL[:-2] if "-temperature_formula" in more else WELL), *START, *more)
# where transport leads one way a walk follows it: what cannot be reached is named, and why
ONE_WAY = ["-grid_n", "12,4", "-grid_boundary", "no_flux", "-mobility", "0,1", "-velocity_formula", "sin(_pi*x),0", "-p_density", "uniform"]
for words, *more in (
    (["set_a: cannot be reached from set_b: ", "a velocity leads away where the mobility is 0"], "-set_a", "x<0.2", "-set_b", "x>0.5&&x<0.7"),
    (["set_b: cannot be reached from set_a: ", "a velocity leads away"], "-set_b", "x<0.2", "-set_a", "x>0.5&&x<0.7"),
    (["set_b: cannot be reached from 16 open cells, one of them at (0.708333, 0.125): ", "a velocity leads away"], "-set_b", "x>0.5&&x<0.7"),
    (["set_b: cannot be reached: ", "a velocity leads away"], "-set_b", "x<0.2", "-set_c", "x>0.7"),
    (["set_a, set_b: no rates lead from one to the other", "44 open cells, one of them at (0.125, 0.125)"], "-set_a", "x>0.9&&y<0.3", "-set_b", "x>0.9&&y>0.7"),
):
    refused(words, *ONE_WAY, *more)

# Behind a barrier of 260 T the third moment, and all after it, is beyond the doubles.
far = run("first-passage", *WELL[:-6], "-grid_n", 256, "-potential_type", "formula", "-potential_formula", "abs(x)<0.5 ? 260 : 0", "-p_density", "box",
          "-p_lower", -1.5, "-p_upper", -1, "-set_b", "x>1", "-set_a", "x<-1", "-passage_moments", 4, "-check_space", "no")
unknown = {n["name"] for n in far.summary()["not_known"]}
expect(far.status == 1 and far.failing() == {"solve_error"} and unknown == {"passage_time_3", "passage_time_4"},
       f"moments beyond the doubles: {far.status} {far.failing()} {unknown}")
expect("leaves the range of doubles" in " ".join(far.out.split()), f"which the run says: {far.out[-500:]}")

# Of what passes in unit time over 800 T, e^-800 of anything, nothing is known: no bound holds it, and no rate is 0.
none = run("first-passage", *WELL[:-6], "-grid_n", 64, "-potential_type", "formula", "-potential_formula", "abs(x)<0.5 ? 800 : 0", "-p_density", "box",
           "-p_lower", -1.5, "-p_upper", -1, "-set_b", "x>1", "-set_a", "x<-1", "-check_space", "no")
unknown = {n["name"] for n in none.summary()["not_known"]}
expect({"capacity_lower", "capacity_upper", "rate_ab", "rate_ba", "reactive_flux"} <= unknown and none.status == 1, f"no rates: {none.status} {unknown}")
expect(none.check("capacity")["value"] == "not applicable", f"a flux that nothing bounds: {none.check('capacity')}")

# Steps that do not converge: what is left is not known from there on, and all that solves find stands.
r, whole = (run("first-passage", *WELL, *START, *TWO, *more, "-check_space", "no") for more in
            (["-time_stop", 3, "-time_samples", 4, "-ksp_type", "cg", "-ksp_max_it", 1], []))
unknown = {n["name"]: n for n in r.summary()["not_known"]}
expect(r.status == 1 and r.failing() == {"known"} and {"mass_p", "passage_density", "killed_b", "killed_mass"} <= set(unknown),
       f"a series that fails: {r.status} {r.failing()} {set(unknown)} {r.err[-300:]}")
expect("DIVERGED_ITS" in unknown["mass_p"]["why"] and unknown["mass_p"]["from"] == 1, f"since when, and why: {unknown['mass_p']}")
s, a, b = r.series(), r.summary()["results"], whole.summary()["results"]
expect(s["t"] == [0, 1, 2, 3] and 0 < s["mass_p"][0] <= 1, f"rows: {s['t']} {s['mass_p']}")
expect(all(x != x for x in s["mass_p"][1:] + s["escape_rate"][1:]), f"of no number: {s['mass_p']}")
expect(a["killed_mass"] is None and a["survival_integral"] is None, f"what the end would have said: {a['killed_mass']}")
for name in ("passage_time", "passage_time_2", "quasi_stationary_rate", "rate_ab", "committor", "reactive_flux"):
    expect(a[name] == b[name], f"{name} stands: {a[name]}, {b[name]}")
expect(os.path.exists(os.path.join(r.folder, "fields.h5")), "and fields")

# What is no number fails, whatever stands beside it.
for fault, fails, more in (("committor:nan", {"committor_range", "committor_symmetry"}, []), ("level_flux:nan", {"flux_conservation"}, []),
                           ("reactive_flux:nan", {"capacity", "flux_conservation"}, []),
                           ("splitting:nan", {"committor_range", "splitting_sum"}, ["-set_c", "x>0.3&&x<0.5"])):
    os.environ["OTTO_TEST_FAULT"] = fault
    r = run("first-passage", *WELL, *START, *TWO, *more, "-check_space", "no")
    expect(r.status == 1 and fails <= r.failing(), f"{fault}: {r.status} {r.failing()} {r.err[-300:]}")
del os.environ["OTTO_TEST_FAULT"]

# A file's set is the formula's.
by = [run("first-passage", *WELL, *START, *how) for how in (["-set_b", "x>1.1"], ["-set_b_path", path, "-set_b_dataset", "in"])]
for r in by:
    sound(r, "a set")
close(by[1].summary()["results"]["passage_time"], by[0].summary()["results"]["passage_time"], 1e-12, "a file's set")
# on coarser grids, whose faces are elsewhere, as well: the two differ by the cell whose centre is at the end
close(by[1].summary()["results"]["space_error"], by[0].summary()["results"]["space_error"], 0.1, "what it errs by")

# Of sets as thin as a cell coarser grids know both ends, by where in their cells these lie: one, five, and a plate and a disc in a plane.
def mask(name, cells, *how):
    with h5py.File(path, "a") as h5:
        h5[name] = cells
    return run("first-passage", "-grid_n", ",".join(map(str, cells.shape)), "-grid_boundary", "no_flux", "-potential_type", "formula", "-potential_formula",
               "cos(6*x)", "-temperature", 0.7, "-set_b_path", path, "-set_b_dataset", name, "-p_density", "gaussian_mixture", "-p_mean",
               ",".join(["0.3"] * cells.ndim), "-p_sigma", 0.1, "-passage_moments", 1, "-output_fields", "none", *how).summary()["results"]


i = np.arange(64)
u, v = np.meshgrid(np.arange(48), np.arange(48), indexing="ij")
for k, cells in enumerate((i == 48, i == 50, (i >= 48) & (i < 51), (i >= 51) & (i < 55), u == 40, (u - 33.1) ** 2 + (v - 33.1) ** 2 < 46)):
    fine = cells
    for axis in range(cells.ndim):
        fine = np.repeat(fine, 8 if cells.ndim == 1 else 4, axis)
    got, truth = mask(f"thin{k}", cells * 1.0), mask(f"fine{k}", fine * 1.0, "-check_space", "no")
    true = max(abs(got[name] / truth[name] - 1) for name in ("passage_time", "quasi_stationary_rate"))
    expect(0.8 * true < got["space_error"] < (5, 8)[cells.ndim - 1] * true, f"mask {k}: off by {true:.3g}, said {got['space_error']:.3g}")

# Parts that are thinner than a cell, which no cell has: on one axis any, on more as many as make a line; tips are told of.
LINE = ["-grid_n", 64, "-grid_boundary", "no_flux", "-p_density", "gaussian_mixture", "-p_mean", 0.2, "-p_sigma", 0.02]
refused(["set_b: a part", "(0.492188);"], *LINE, "-set_b", "x>0.8 || abs(x-0.5)<0.002")
refused(["set_a: a part", "(0.492188);"], *LINE, "-set_b", "x>0.8", "-set_a", "x<0.1 || abs(x-0.5)<0.002")
refused(["potential_formula: a part", "(0.492188);"], *LINE, "-set_b", "x>0.8", "-potential_type", "formula", "-potential_formula", "abs(x-0.5)<0.002 ? inf : 0")
refused(["set_b: a part", "(0.0078125);"], *LINE[:2], *LINE[4:], "-set_b", "abs(x-0.8)<0.1 || abs(x-0.0156)<0.002")
SQUARE = ["-grid_n", "32,32", "-grid_boundary", "no_flux", "-p_density", "gaussian_mixture", "-p_mean", "0.2,0.4", "-p_sigma", 0.05, "-passage_moments", 1,
          "-check_space", "no"]
refused(["set_b: a part", "(0.484375, 0.015625), and at 31 more edges"], *SQUARE, "-set_b", "x>0.8 || abs(x-0.5)<0.002")
refused(["set_b: a part", "more edges"], *SQUARE, "-set_b", "x>0.8 || abs(x+0.7*y-0.9)<0.002")
for tip, told in ((0.2, "set_b: next to the cell at (0.609375, 0.484375) a tip"), (0.5, "")):
    for ranks in (1, 3) if told else (1,):
        r = run("first-passage", *SQUARE, "-set_b", f"x>0.8 || (x>0.6 && abs(y-0.5)<{tip}*(x-0.6))", ranks=ranks)
        expect(r.status == 0 and told in r.err and ("warning" in r.err) == bool(told), f"a tip of {tip} on {ranks} ranks: {r.status} {r.err}")
for whole in ("x>0.8 || abs(x-0.5)<0.02", "0.02-(x-0.72)^2-(y-0.66)^2", "abs(x-0.7)+abs(y-0.7)<0.1"):
    r = run("first-passage", *SQUARE, "-set_b", whole)
    expect(r.status == 0 and "warning" not in r.err, f"{whole}: {r.status} {r.err}")

# A chain too steep for its solver, steps and cells too coarse: the run says so.
FAR = ["-time_stop", 30, "-time_samples", 7]
good = run("first-passage", *WELL, *START, *TWO, *FAR, "-space_tolerance", 0.5)
expect(good.status == 0, f"all pass: {good.status} {good.err}{good.out[-1500:]}")
split = run("first-passage", *WELL, *START, *TWO, "-set_c", "x>0.3&&x<0.5", "-check_space", "no")
expect(split.status == 0, f"three sets: {split.status} {split.err}{split.out[-1500:]}")
side = run("first-passage", "-grid_n", "20,6", "-grid_boundary", "no_flux", *START[:2], "-p_mean", "0.5,0.5", "-p_sigma", 0.1, "-set_a",
           "x<0.2", "-set_b", "x>0.8", "-set_c", "x>0.6&&x<0.8&&y>0.5", "-potential_type", "formula", "-potential_formula", "x*y",
           "-check_space", "no")
expect(side.status == 0 and "rate_ab" not in side.summary()["results"], f"sets side by side: {side.status} {side.err}")
for fails, more in (("solve_error", ["-passage_method", "krylov", "-temperature", 0.03, "-check_space", "no"]),
                    ("time_error", [*FAR, "-ts_dt", 5, "-check_space", "no"]), ("space_error", ["-space_tolerance", 1e-4])):
    r = run("first-passage", *WELL, *START, *TWO, *more)
    expect(r.status == 1 and fails in r.failing(), f"{fails}: {r.status} {r.failing()} {r.err[-300:]}")

# What does not apply says why.
short = run("first-passage", *WELL, *START, *TWO, "-time_stop", 0.1, "-time_samples", 3, "-check_space", "no")
sound(short, "a short run")
for name, why, r in (("passage_two_ways", "a later one tells", short), ("quasi_stationary", "a later one tells", short),
                     ("mass", "no times are asked for", split), ("kac", "from set_a to set_b, and there are none", split),
                     ("capacity", "set_a and set_b alone", split), ("rate_two_ways", "sets side by side", side),
                     ("committor_range", "there is one end alone", by[0]), ("committor_symmetry", "set_a and set_b alone", split)):
    found = next(c for c in r.summary()["checks"] if c["name"] == name)
    expect(why in json.dumps(found), f"{name}: {found}")
finish()
