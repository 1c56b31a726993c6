"""otto tempering as a user runs it: entropies of the heat flow in closed form, the laws of two coordinates at second order, what
is invariant exactly, any number of ranks, and what is refused."""

import math, os

from common import close, expect, finish, needs, over, run

needs("numpy")
import numpy as np

NONE = ["-output_fields", "none"]
QUIET = [*NONE, "-check_space", "no", "-check_time", "no"]
LAWS = ("entropy_law", "difference_law", "riemannian")
# Moebius' map of the circle, tan πy = 2 tan πx
FORWARD, BACKWARD = "{0}+atan(sin(2*_pi*{0})/(3-cos(2*_pi*{0})))/_pi", "{0}-atan(sin(2*_pi*{0})/(3+cos(2*_pi*{0})))/_pi"
TURNED = ["-coordinates_formula", FORWARD.format("x"), "-coordinates_inverse", BACKWARD.format("x")]
BOTH = ["-coordinates_formula", f"{FORWARD.format('x')},{FORWARD.format('y')}", "-coordinates_inverse",
        f"{BACKWARD.format('x')},{BACKWARD.format('y')}"]  # fmt: skip
GAUSS = ["-p_density", "gaussian_mixture", "-p_mean", 0.3, "-p_sigma", 0.1]


def go(*arguments, ranks=1):
    r = run("tempering", *arguments, ranks=ranks)
    expect(r.status == 0, f"{' '.join(map(str, arguments))} on {ranks}: exit {r.status}: {r.err[-300:]}{r.out[-1200:]}")
    return r


def second_order(errors, what, low=3.4, high=4.6):
    """Each of half the width: 4 (1 + O(h²))."""
    for a, b in zip(errors, errors[1:]):
        expect(low <= abs(a / b) <= high, f"{what}: {errors} are not of second order")


# ---- a Gaussian on a circle: entropy and mean of log J by sums over 4096 points, which for analytic functions err by nothing
x = (np.arange(4096) + 0.5) / 4096
log_j = np.log(2 / (np.cos(np.pi * x) ** 2 + 4 * np.sin(np.pi * x) ** 2))


def wrapped(t):
    s2 = 0.01 + 2 * t
    p = sum(np.exp(-((x - 0.3 + k) ** 2) / (2 * s2)) for k in range(-8, 9)) / math.sqrt(2 * math.pi * s2)
    H, E = -(p * np.log(p)).mean(), (p * log_j).mean()
    return {"entropy": H, "mean_log_jacobian": E, "entropy_new": H + E}


off, said = {}, {}
for n in (32, 64, 128):
    r = go("-grid_n", n, *GAUSS, *TURNED, "-time_stop", 0.02, "-time_samples", 3, "-time_tolerance", 1e-4, *NONE)
    s, start = r.series(), wrapped(0)
    for k, t in enumerate(s["t"]):
        right = wrapped(t)
        for name, gained in (("entropy", "tempering_entropy"), ("entropy_new", "tempering_entropy_new")):
            off.setdefault((name, k), []).append(s[name][k] - right[name])
            expect(abs(s[gained][k] - (s[name][k] - s[name][0])) < 1e-13, f"{gained} is what {name} has gained")
        off.setdefault(("mean_log_jacobian", k), []).append(s["mean_log_jacobian"][k] - right["mean_log_jacobian"])
        for name in ("law_residual", "riemannian_difference"):
            off.setdefault((name, k), []).append(s[name][k])
        expect(abs(s["law_residual"][k] - (s["entropy_new"][k] - s["entropy"][k] - s["mean_log_jacobian"][k])) < 1e-14, "the law")
        # a flat metric: entropy per Riemannian volume is entropy
        expect(abs(s["riemannian_entropy"][k] - s["entropy"][k]) < 1e-14, "flat")
    for k in (1, 2):
        for name in ("entropy", "entropy_new", "law_residual", "riemannian_difference"):
            error = abs(off[name, k][-1])
            estimate = r.errors("space")[name][k] + r.errors("time")[name][k]
            expect(0.5 * error - 1e-8 <= estimate <= 30 * error + 1e-6, f"{name} on {n}, row {k}: off by {error}, said {estimate}")
    change = s["mean_log_jacobian"][-1] - s["mean_log_jacobian"][0]
    close(r.summary()["results"]["mean_log_jacobian_change"], change, 1e-12, "what the run says")
    expect("which is not zero in general" in " ".join(r.out.split()), f"the run says so: {r.out[-2500:]}")
    expect(s["tempering_difference"][-1] > 0.1, f"and here it is not: {s['tempering_difference']}")
for k in (1, 2):  # at t = 0 a sum over cells errs by nothing
    for name in ("entropy", "entropy_new", "mean_log_jacobian", "law_residual", "riemannian_difference"):
        second_order(off[name, k], f"{name} in row {k}", 3, 5)
for name in ("entropy", "law_residual"):
    expect(abs(off[name, 0][-1]) < 1e-9, f"{name} at t = 0: {off[name, 0]}")

# ---- heat on a circle of metric f is heat on its arc length s = x + 0.4 sin(2πx)/2π: u = 1 + a e^{-4π²t} cos 2πs
a, turn = 0.8, 2 * math.pi
found = []
for n in (32, 64, 128):
    r = go("-grid_n", n, "-metric_type", "conformal", "-metric_formula", "(1+0.4*cos(2*_pi*x))^2", "-p_density", "formula", "-p_formula",
           "(1+0.4*cos(2*_pi*x))*(1+0.8*cos(2*_pi*x+0.4*sin(2*_pi*x)))", "-time_stop", 0.02, "-time_samples", 2, "-time_tolerance", 1e-4,
           *QUIET)  # fmt: skip
    u = lambda t: 1 + a * math.exp(-(turn**2) * t) * np.cos(turn * x)
    H = lambda t: -(u(t) * np.log(u(t))).mean()
    found.append(r.series()["riemannian_gain"][-1] - (H(0.02) - H(0)))
second_order(found, "entropy on the arc length", 3, 5)
expect(abs(found[-1]) < 1e-3, f"entropy on the arc length: {found}")

# ---- a torus: laws at second order, in the plane
METRIC = ["-metric_type", "conformal", "-metric_formula", "exp(0.6*sin(2*_pi*x)*cos(2*_pi*y))"]
PLANE = ["-p_density", "formula", "-p_formula", "exp(cos(2*_pi*x)+sin(2*_pi*y))", "-time_stop", 0.01, "-time_samples", 2]
laws = {name: [] for name in ("law_residual", "riemannian_difference", "difference_residual")}
for n in (16, 32, 64):
    r = go("-grid_n", f"{n},{n}", *METRIC, *PLANE, *BOTH, "-space_tolerance", 0.5, *NONE)
    for name in laws:
        laws[name].append(r.series()[name][-1])
    for name in LAWS:
        expect(r.check(name)["value"] <= 1.2, f"{name} on {n}²: {r.check(name)}")  # 1 (1 + O(h²)): its error is itself
for name, values in laws.items():
    second_order(values, f"{name} on a torus", 3, 5.5)

# ---- what is invariant exactly: a box of other sides, axes that change places. Sums of 1000 cells round to 1e-14; solves leave 1e-11
# a step and differ
r = go("-grid_n", 48, *GAUSS, "-coordinates_formula", "2*x-1", "-coordinates_inverse", "(x+1)/2", "-coordinates_lower", -1,
       "-coordinates_upper", 1, "-time_stop", 0.01, "-time_samples", 3, *NONE)
s = r.series()
for k in range(3):
    close(s["mean_log_jacobian"][k], math.log(2), 1e-10, "log J is constant")
    expect(abs(s["tempering_difference"][k]) < 1e-8, f"then tempering adds the same: {s['tempering_difference']}")
    expect(abs(s["law_residual"][k]) < 1e-8, f"a box of twice the side: {s['law_residual']}")
r = go("-grid_n", "24,16", "-metric_type", "diagonal", "-metric_formula", "2+cos(2*_pi*y),exp(sin(2*_pi*x))", *PLANE, "-coordinates_formula",
       "y,x", "-coordinates_inverse", "y,x", "-coordinates_n", "16,24", "-space_tolerance", 0.5, *NONE)  # fmt: skip
s = r.series()
expect(max(map(abs, s["law_residual"] + s["riemannian_difference"])) < 1e-8, f"axes that change places: {s['law_residual']}")

# ---- walls: y = x² takes [1, 2] to [1, 4], J = 2x
WALLS = ["-grid_lower", 1, "-grid_upper", 2, "-grid_boundary", "no_flux", "-p_density", "formula", "-p_formula", "1+0.8*cos(_pi*x)",
         "-coordinates_formula", "x^2", "-coordinates_inverse", "sqrt(x)", "-coordinates_lower", 1, "-coordinates_upper", 4]  # fmt: skip
walls = []
for n in (32, 64, 128):
    r = go("-grid_n", n, *WALLS, "-time_stop", 0.05, "-time_samples", 2, *NONE)
    walls.append(r.series()["law_residual"][-1])
second_order(walls, "the law between walls", 3, 5.5)

# ---- where nothing happens: p = √g. Its entropy stays; so does that in other coordinates, but for what the map's grid errs by
r = go("-grid_n", 64, "-metric_type", "conformal", "-metric_formula", "(2+sin(2*_pi*x))^2", "-p_density", "formula", "-p_formula",
       "2+sin(2*_pi*x)", "-time_stop", 0.1, "-time_samples", 3, *NONE)  # fmt: skip
s = r.series()
expect(max(map(abs, s["tempering_entropy"] + s["riemannian_gain"])) < 1e-9, f"the Riemannian volume is stationary: {s['riemannian_gain']}")

# ---- coordinates that begin elsewhere: points come from outside the box, where formulas have no period; walls of p and g are there
CLOSED = ["-metric_type", "conformal", "-metric_formula", "1+12*(x*(1-x))^2", "-p_density", "formula", "-p_formula", "1+9*(x*(1-x))^2", "-space_tolerance", 0.5]
r = go("-grid_n", 40, *CLOSED, "-coordinates_formula", "x+0.35", "-coordinates_inverse", "x-0.35", "-time_stop", 0.02, "-time_samples", 3, *NONE)
s = r.series()  # by 14 whole cells
expect(max(map(abs, s["law_residual"] + s["riemannian_difference"])) < 1e-8, f"a turned circle: {s['law_residual']}")
r = go("-grid_n", 48, *GAUSS, "-coordinates_formula", "1-x", "-coordinates_inverse", "1-x", "-time_stop", 0.02, "-time_samples", 3, *NONE)
s = r.series()
expect(max(map(abs, s["law_residual"] + s["riemannian_difference"])) < 1e-8, f"a circle the other way round: {s['law_residual']}")

# ---- edges of p: cells of new coordinates have the part of it that they have, and laws are held to what edges leave in either
for n, cells in ((40, 40), (48, 48), (31, 22)):
    r = run("tempering", "-grid_n", n, "-p_density", "box", "-p_lower", 0.3, "-p_upper", 0.52, *TURNED, "-coordinates_n", cells,
            "-time_stop", 0.02, "-time_samples", 3, *NONE)  # fmt: skip
    expect(r.status in (0, 1) and r.failing() <= {"space_error"}, f"{n} cells, {cells} new: {r.err}{r.out[-1500:]}")
    # two edges, each of which is put right to 1/32 of a cell, and J within a cell: 2 parts in 100 of 9 cells
    close(r.summary()["results"]["pushed_mass"], 1, 0.02, f"pushed mass on {cells} cells")
    edge = lambda v: v + math.atan(math.sin(2 * math.pi * v) / (3 - math.cos(2 * math.pi * v))) / math.pi
    for name, right, width in (("entropy", math.log(0.22), 0.22), ("mean_log_jacobian", None, None)):
        if right is not None:  # to a cell at either edge
            expect(abs(r.series()[name][0] - right) < 2 / (n * width), f"{name} of a box: {r.series()[name][0]}, not {right}")
    inside = (x > 0.3) & (x < 0.52)
    right = math.log(0.22) + log_j[inside].mean()
    expect(abs(r.series()["entropy_new"][0] - right) < 2 / (cells * (edge(0.52) - edge(0.3))), f"entropy_new: {r.series()['entropy_new'][0]}, {right}")

# ---- ranks. Solves end at 1e-11 of the mass, a hundred of them
case = ["-grid_n", "20,15", *METRIC, *PLANE, *BOTH, "-coordinates_n", "18,16", "-space_tolerance", 0.5, *NONE]
one = go(*case).series()
for ranks, more in ((2, []), (3, []), (2, ["-grid_mesh", "1,2"])):
    other = go(*case, *more, ranks=ranks).series()
    for name, values in one.items():
        apart = max(abs(a - b) for a, b in zip(values, other[name]))
        expect(apart <= 1e-9, f"{name} on {ranks} ranks {more}: {apart} from one")

# ---- what is refused: status 2, one line that names the key, nothing written
CIRCLE = ["-grid_n", 32, *GAUSS, "-time_stop", 0.01]
for keys, says in (
    (["-metric_type", "conformal"], "metric_formula: missing"),
    (["-grid_boundary", "no_flux", "-metric_type", "conformal", "-metric_formula", "x-0.5"], "metric_formula: component 1 of the metric is -0.484375 at (0.015625)"),
    (["-metric_type", "diagonal", "-metric_formula", "1,1"], "metric_formula"),
    (["-metric_type", "spherical"], "metric_type"),
    (["-coordinates_formula", FORWARD.format("x")], "coordinates_inverse: missing"),
    (["-coordinates_n", 20], "key coordinates_n belongs to coordinates_formula; coordinates_formula is none where it is not given"),
    (["-coordinates_upper", 2], "key coordinates_upper belongs to coordinates_formula"),
    (["-coordinates_inverse", "x"], "coordinates_formula: missing beside coordinates_inverse"),
    ([*TURNED[:2], "-coordinates_inverse", "x"], "coordinates_inverse"),
    (["-coordinates_formula", "x/0", "-coordinates_inverse", "x"], "coordinates_formula"),
    (["-coordinates_formula", "x", "-coordinates_inverse", "log(x-2)"], "coordinates_inverse"),
    (["-coordinates_formula", "2*x", "-coordinates_inverse", "x/2"], "coordinates_inverse: a turn round axis 1"),
    ([*TURNED, "-coordinates_upper", 2], "coordinates_formula: a turn round axis 1"),
    ([*TURNED, "-coordinates_upper", 0], "coordinates_upper: 0 on axis 1"),
    ([*TURNED, "-coordinates_n", 0], "coordinates_n: 0 on axis 1"),
    ([*TURNED, "-coordinates_n", 1.5], "coordinates_n: 1.5"),
    # right at the centres of 16 cells, and nowhere else
    (["-grid_n", 16, "-coordinates_formula", "x", "-coordinates_inverse", "x+0.01*sin(32*_pi*x)", "-coordinates_n", 20],
     "coordinates_formula does not undo coordinates_inverse: (0.025) goes to (0.0308779)"),  # fmt: skip
    (["-grid_n", 16, "-grid_boundary", "no_flux", "-coordinates_formula", "x", "-coordinates_inverse", "x-abs(sin(32*_pi*x))",
      "-coordinates_n", 20], "coordinates_inverse: it takes"),  # fmt: skip
    (["-coordinates_formula", "x<0.5 ? x+0.5 : x-0.5", "-coordinates_inverse", "x<0.5 ? x+0.5 : x-0.5"],
     "coordinates_formula: its derivative is known to"),
    (["-coordinates_formula", "x", "-coordinates_inverse", "x", "-coordinates_n", 1e9], "grid_n"),
    (["-metric_type", "conformal", "-metric_formula", "exp(0.1*x)"],
     "metric_formula: component 1 of the metric is 1 at (0) and 1.10517 at (1), which is the same point round the periodic axis 1"),  # fmt: skip
    ([*TURNED, "-p_density", "delta", "-p_position", 0.3], "p_density: delta has values in cells alone"),
    ([*TURNED, "-p_shuffle_block", 4], "p_density"),
    (["-grid_boundary", "absorbing"], "grid_boundary: absorbing on axis 1"),
    (["-ts_type", "cn"], "ts_type: 'cn'"),
    (["-ts_adapt_type", "basic"], "ts_adapt_type"),
    (["-ts_dt", 1e-30], "ts_dt"),
    (["-time_tolerance", 1e-12], "time_tolerance"),
    (["-q_density", "uniform"], "q_density"),
    (["-grid_n", "8,8", "-p_mean", "0.3,0.3", "-coordinates_formula", "x+y,y", "-coordinates_inverse", "x-y,y"],
     "coordinates_formula: axes 1 and 2 of these coordinates are not orthogonal"),  # fmt: skip
    (["-grid_boundary", "no_flux", "-coordinates_formula", "x/2", "-coordinates_inverse", "2*x"], "on a wall of the box"),
    (["-grid_boundary", "no_flux", "-coordinates_formula", "x+1", "-coordinates_inverse", "x-1"], "outside the box"),
):
    r = run("tempering", *over(CIRCLE, *keys))
    line = r.err.strip().splitlines()[-1:] or [""]
    expect(r.status == 2 and says in line[0], f"{keys}: exit {r.status}, {line}, not '{says}'")
    expect(not os.path.exists(r.folder), f"{keys}: nothing is written")

# ---- estimates that are left out are left out aloud
r = go(*CIRCLE, *TURNED, *QUIET)
expect(all(r.check(name)["value"] == "not applicable" for name in (*LAWS, "space_error", "time_error")), f"{r.summary()['checks']}")
expect("never applied" in r.out, r.out[-1500:])
finish()
