"""First passages by the program: every number, column and field against dense algebra, closed forms and quadrature; order by
Richardson; ranks and meshes; refusals. numbers_passage.py is the plain way."""
import math, os

from common import close, expect, finish, needs, run, scratch, sound

needs("numpy", "h5py")
import h5py
import numpy as np
from numbers_passage import Chain, Transition


def fields(r):
    with h5py.File(os.path.join(r.folder, "fields.h5")) as f:
        return {name: np.array(f["0"][name]).ravel() for name in f["0"] if f["0"][name].ndim and name not in "xyz"}


def same(value, expected, tolerance, what):
    scale = abs(expected).max()
    off = abs(value - expected).max()
    expect(value.shape == expected.shape and off <= tolerance * scale, f"{what}: off by {off / scale:.3g}, allowed {tolerance:.3g}")


def moments(c, Q, count):
    u = [np.ones(len(c.index))]
    for k in range(1, count + 1):
        u.append(c.solve(Q, k * u[-1]))
    return u[1:]


def exponential(A):
    """exp(A) by scaling and squaring a series (Higham 2005 has better ones)."""
    s = max(0, int(math.log2(max(1e-300, np.abs(A).sum(1).max()))) + 4)
    B, E, term = A / 2.0**s, np.eye(len(A)), np.eye(len(A))
    for k in range(1, 22):
        term = term @ B / k
        E = E + term
    for _ in range(s):
        E = E @ E
    return E


def check_times(r, c, labels, ends, what, times=None):
    """Moments, slowest mode, and the series, of a run of 4 moments. Solves are certified to 1e-8 and are usually better."""
    f, res = fields(r), r.summary()["results"]
    Q, lost = c.rates(labels, ends)
    p, free = f["p"], c.free
    for k, u in enumerate(moments(c, Q, 4)):
        name = "passage_time" + (f"_{k + 1}" if k else "")
        same(f[name], u, 1e-8, f"{what}: field {name}")
        close(res[name], (p * u).sum() * c.volume, 1e-8, f"{what}: {name}")
        if k == 0:
            close(res["passage_time_longest"], u.max(), 1e-8, f"{what}: longest")
    slow, modes = np.linalg.eig(Q[np.ix_(free, free)].T)
    i = slow.real.argmax()
    law = np.zeros(len(c.index))
    law[free] = modes[:, i].real / modes[:, i].real.sum() / c.volume
    close(res["quasi_stationary_rate"], -slow[i].real, 1e-7, f"{what}: slowest rate")
    expect(res["quasi_stationary_lower"] <= -slow[i].real * (1 + 1e-9) and -slow[i].real <= res["quasi_stationary_upper"] * (1 + 1e-9),
           f"{what}: the slowest rate lies in {res['quasi_stationary_lower']}, {res['quasi_stationary_upper']}")
    same(f["quasi_stationary"], law, 1e-5, f"{what}: slowest mode")
    if times is None:
        return
    s, start = r.series(), p * free
    killed = {channel: (p * np.array([l == channel for l in labels])).sum() * c.volume for channel in lost}
    inverse = np.linalg.inv(Q[np.ix_(free, free)])
    for row, t in enumerate(s["t"]):
        left = np.zeros_like(p)
        left[free] = start[free] @ exponential(Q[np.ix_(free, free)] * t)
        spent = np.zeros_like(p)  # ∫ of what is left
        spent[free] = (left[free] - start[free]) @ inverse
        # stepping errs by what the run says, and is held to its tolerance besides, 1e-2
        err = r.errors("time")
        flux = sum((left * rate).sum() for rate in lost.values()) * c.volume
        of = {"mass_p": left.sum() * c.volume, "passage_density": flux, "escape_rate": flux / (left.sum() * c.volume),
              "killed_mass": 1 - left.sum() * c.volume}
        for channel, rate in lost.items():
            of["killed_" + channel] = killed[channel] + (spent * rate).sum() * c.volume
        for name, value in of.items():
            off = abs(s[name][row] - value)
            expect(off <= 2 * err[name][row] + 1e-9 and off <= 2e-2 * max(1, abs(value)),
                   f"{what}: {name} at {t}: {s[name][row]} for {value}, the run says {err[name][row]}")
    close(res["killed_mass"], s["killed_mass"][-1], 0, f"{what}: killed_mass")
    # implicit Euler in the same steps: so many in every interval, the first of which is cut at 2^-6, 2^-5 … of it
    x, area, at, steps = start[free], 0.0, 0.0, [b - a for a, b in zip(s["steps"], s["steps"][1:])]
    expect(steps[0] == 16 * 7 and min(steps) >= 16 and res["steps"] == s["steps"][-1], f"{what}: steps {steps}")
    cuts = [(s["t"][1] * 2.0**-k, 16) for k in range(6, -1, -1)] + list(zip(s["t"][2:], steps[1:]))
    for to, count in cuts:
        for _ in range(int(count)):
            x = np.linalg.solve(np.eye(free.sum()) - (to - at) / count * Q[np.ix_(free, free)].T, x)
            area += x.sum() * (to - at) / count * c.volume
        at = to
    close(res["survival_integral"], area, 1e-9, f"{what}: integral of what is left")


def check_ways(r, c, labels, ends, what):
    """Splitting probabilities."""
    f, res = fields(r), r.summary()["results"]
    Q, lost = c.rates(labels, ends)
    total = 0
    for channel, rate in lost.items():
        q = c.solve(Q, rate) + np.array([l == channel for l in labels])
        same(f["splitting_" + channel], q, 1e-8, f"{what}: field of {channel}")
        close(res["splitting_" + channel], (f["p"] * q).sum() * c.volume, 1e-7, f"{what}: {channel}")
        total += res["splitting_" + channel]
    close(total, 1, 1e-8, f"{what}: some end comes first")


def check_transition(r, c, labels, what):
    f, res = fields(r), r.summary()["results"]
    t = Transition(c, labels)
    for name, value in (("steady_state", t.pi), ("committor", t.forward), ("committor_backward", t.backward), ("reactive_density", t.density)):
        same(f[name], value, 1e-8, f"{what}: field {name}")
    for j, axis in enumerate("xyz"[: len(c.n)]):
        scale = abs(t.current).max()
        off = abs(f["reactive_current_" + axis] - t.current[:, j] * c.free).max()
        expect(off <= 1e-8 * scale, f"{what}: reactive current along {axis} off by {off / scale}")
    for name, value in (("committor", (f["p"] * t.forward).sum() * c.volume), ("rate_ab", t.rate_ab), ("rate_by_time", t.rate_ab),
                        ("rate_ba", t.rate_ba), ("reactive_flux", t.flux_out), ("last_in_a", t.last_in_a), ("last_in_b", 1 - t.last_in_a),
                        ("outside_b", t.outside_b), ("outside_b_kac", t.outside_b), ("reactive_share", t.density.sum() * c.volume)):
        close(res[name], value, 1e-8, f"{what}: {name}")
    for level, flux in zip(res["reactive_levels"], res["reactive_level_flux"]):
        close(flux, t.flux_out, 1e-8, f"{what}: flux through {level}")
    if "capacity_lower" in res:
        for name, side in (("capacity_lower", 1), ("capacity_upper", -1)):
            close(res[name], t.flux_out, 1e-6, f"{what}: {name}")
            expect(side * (t.flux_out - res[name]) >= -1e-9 * t.flux_out, f"{what}: {name} is a bound")


START = ["-p_density", "gaussian_mixture", "-p_sigma", 0.3, "-p_closed", "restrict", "-passage_moments", 4, "-check_space", "no"]

# A plane with a wall of closed cells, once at rest and once with a drift that turns; sets at odd places, one in two parts.
V = "x>0.4&&x<0.6&&y<0.2?inf:x^2-y^2*x+cos(3*y)"
def wall(x, y):
    return math.inf if 0.4 < x < 0.6 and y < 0.2 else x * x - y * y * x + math.cos(3 * y)
def place(x):
    if x[0] < -0.6 and x[1] > 0 or x[1] < -0.8 and abs(x[0]) < 0.3:
        return "a"
    return "b" if (x[0] - 0.9) ** 2 + (x[1] + 0.2) ** 2 < 0.09 else ""
PLANE = ["-grid_n", "13,11", "-grid_lower", "-1,-1.1", "-grid_upper", "1.6,1.1", "-grid_boundary", "no_flux", "-potential_type", "formula",
         "-potential_formula", V, "-temperature", 0.7, "-mobility", 1.5, "-set_a", "(x<0-0.6&&y>0)||(y<0-0.8&&abs(x)<0.3)", "-set_b",
         "0.09-(x-0.9)^2-(y+0.2)^2", "-p_mean", "-0.2,0.3"]
for turn in (0.0, 2.5):
    drift = ["-drift_type", "rotation", "-drift_rate", turn, "-drift_center", "0.1,0.2"] if turn else []
    c = Chain((13, 11), (-1, -1.1), (1.6, 1.1), ("no_flux",) * 2, wall, 0.7, lambda j, x: turn * (-(x[1] - 0.2), x[0] - 0.1)[j], 1.5)
    labels = [place(x) if np.isfinite(v) else "" for x, v in zip(c.x, c.V)]
    r = run("first-passage", *PLANE, *START, *drift, "-time_stop", 3, "-time_samples", 4)
    sound(r, f"plane, drift {turn}")
    check_times(r, c, labels, "b", f"plane, drift {turn}", True)
    check_transition(r, c, labels, f"plane, drift {turn}")
    expect(("capacity_lower" in r.summary()["results"]) == (turn == 0), "bounds of the flux need detailed balance")
    expect(r.check("splitting_sum").get("applied") in (False, 0, None), "two ends")
    if not turn:
        at_rest = r

# The same on ranks and meshes: solves are certified to 1e-8.
for ranks, mesh in ((2, "1,2"), (3, "3,1")):
    other = run("first-passage", *PLANE, *START, "-time_stop", 3, "-time_samples", 4, "-grid_mesh", mesh, ranks=ranks)
    sound(other, f"{ranks} ranks")
    a, b = fields(other), fields(at_rest)
    expect(a.keys() == b.keys(), f"{ranks} ranks: the same fields")
    for name in a:
        same(a[name], b[name], 1e-5 if name == "quasi_stationary" else 1e-8, f"{ranks} ranks: {name}")
    for name, column in at_rest.series().items():
        for u, v in zip(other.series()[name], column):
            expect(u == v or (u != u and v != v) or abs(u - v) <= 1e-8 * max(map(abs, column)), f"{ranks} ranks: {name}: {u}, {v}")

# Space with an absorbing face, a round axis and three sets: who comes first.
def field(x, y, z):
    return 0.5 * x + math.sin(2 * math.pi * y) * 0.3 + z * x
c = Chain((6, 5, 4), 0, 1, ("no_flux:absorbing", "periodic", "no_flux"), field)
labels = ["a" if x[0] < 0.3 and x[1] < 0.5 else "b" if x[2] > 0.8 and x[0] > 0.6 and x[1] > 0.7 else "d" if x[0] > 0.4 and x[1] < 0.2 else "" for x in c.x]
r = run("first-passage", "-grid_n", "6,5,4", "-grid_boundary", "no_flux:absorbing,periodic,no_flux", "-potential_type", "formula",
        "-potential_formula", "0.5*x+0.3*sin(2*_pi*y)+z*x", "-set_a", "x<0.3&&y<0.5", "-set_b", "z>0.8&&x>0.6&&y>0.7", "-set_d",
        "x>0.4 && y<0.2", "-p_mean", "0.4,0.5,0.5", *START, "-time_stop", 0.3, "-time_samples", 3, "-time_start", 0.01, "-time_spacing", "log")
sound(r, "space")
check_times(r, c, labels, "bd", "space", True)
check_ways(r, c, labels, "abd", "space")
close(r.summary()["results"]["committor"], r.summary()["results"]["splitting_b"], 1e-14, "the committor is that of set_b")
expect({"rate_ab", "capacity_lower"}.isdisjoint(r.summary()["results"]), "no rates where a face absorbs")
same(fields(r)["sets"], np.array([{"": 0, "a": 1, "b": 2, "d": 4}[l] for l in labels]), 0, "labels")

# Exit at the right of a walk with a bias: (1 - e^{-vx/D})/(1 - e^{-vL/D}), which these rates have exactly.
v, D, n = 3.0, 0.5, 40
r = run("first-passage", "-grid_n", n, "-grid_boundary", "absorbing", "-drift_type", "constant", "-drift_force", v / D, "-temperature", 1,
        "-mobility", D, "-p_density", "delta", "-p_position", 0.3, "-check_space", "no")
sound(r, "biased walk")
x = (np.arange(n) + 0.5) / n
same(fields(r)["splitting_upper_1"], np.expm1(-v / D * x * D / D) / np.expm1(-v / D), 1e-9, "exit at the right")

# Mean time from -1 to 0.9 in the double well, from a wall at -2, by quadrature; grids whose faces are at 0.9, extrapolated.
def quadrature(beta):
    """β ∫ e^{βV(y)} ∫_{-2}^y e^{-βV(z)} dz dy by Gauss-Legendre on 400 pieces."""
    g, w = np.polynomial.legendre.leggauss(12)
    well = lambda z: (z * z - 1) ** 2
    inner, cuts = 0.0, np.linspace(-2, 0.9, 581)
    total = 0.0
    for lo, hi in zip(cuts[:-1], cuts[1:]):
        y = (lo + hi) / 2 + (hi - lo) / 2 * g
        part = np.array([((yy - lo) / 2 * w * np.exp(-beta * well((yy + lo) / 2 + (yy - lo) / 2 * g))).sum() for yy in y])
        if lo >= -1 - 1e-12:
            total += ((hi - lo) / 2 * w * np.exp(beta * well(y)) * (inner + part)).sum()
        inner += ((hi - lo) / 2 * w * np.exp(-beta * well(y))).sum()
    return beta * total
for beta in (3, 5, 8):
    values = []
    for n in (160, 320, 640):
        r = run("first-passage", "-grid_n", n, "-grid_lower", -2, "-grid_upper", 2, "-grid_boundary", "no_flux", "-potential_type", "formula",
                "-potential_formula", "(x^2-1)^2", "-temperature", f"1/{beta}", "-set_a", "x<0-1.5", "-set_b", "x>0.9",
                "-p_density", "uniform", "-check_space", "no", "-passage_moments", 1)
        sound(r, f"double well {beta}, {n}")
        k = n // 4  # the face at -1
        u = fields(r)["passage_time"]
        values.append((9 * (u[k - 1] + u[k]) - u[k - 2] - u[k + 1]) / 16)  # at the face, to fourth order
    first = [(4 * b - a) / 3 for a, b in zip(values, values[1:])]
    close((16 * first[1] - first[0]) / 15, quadrature(beta), 1e-6, f"double well, beta {beta}")
    order = math.log2((values[0] - values[1]) / (values[1] - values[2]))
    expect(1.9 < order < 2.1, f"double well, beta {beta}: order {order}")

# By symmetry the committor is 1/2 in the middle.
r = run("first-passage", "-grid_n", 81, "-grid_lower", -2, "-grid_upper", 2, "-grid_boundary", "no_flux", "-potential_type", "formula",
        "-potential_formula", "30*(x^2-1)^2", "-set_a", "x<0-0.9", "-set_b", "x>0.9", "-p_density", "delta", "-p_position", 0)
expect(r.failing() <= {"space_error"}, f"30 T: {r.status} {r.err[-300:]}{r.out[-900:]}")
close(r.summary()["results"]["committor"], 0.5, 1e-8, "the committor half way, beside wells of 30 T")
finish()
