"""The ready inputs of otto convective-entropy keep what their stories say, on coarser grids and fewer times where those
suffice."""

import math
import os

from common import SOURCE, close, expect, finish, needs, run

needs("numpy", "h5py")
import h5py
import numpy as np

seen = set()


def ready(name, *more, ranks=1):
    seen.add(name)
    r = run("convective-entropy", os.path.join(SOURCE, f"inputs/convective-entropy/{name}.yaml"), *more, ranks=ranks)
    expect(r.status == 0 and not r.failing(), f"{name}: exit {r.status}, failing {r.failing()}: {r.out[-1200:]}{r.err}")
    return r, r.series(), r.summary()["results"]


def at(s, name, t, smoothing=None):
    """A column in the row of t, and of s where it depends on it."""
    rows = [k for k in range(len(s["t"])) if abs(s["t"][k] - t) < 1e-9]
    rows = [k for k in rows if smoothing is None or abs(s["s"][k] / smoothing - 1) < 1e-9]
    return s[name][rows[0]]


def h(e):
    """∫(1 + e cos)log(1 + e cos) over a period."""
    root = math.sqrt(1 - e * e)
    return math.log((1 + root) / 2) + 1 - root


def cat():
    """MATHEMATICS 13.4: M^{-T} = (1 -1; -1 2) takes the mode. Υ is a difference of numbers of size 1, of modes whose powers no
    sum over 256² cells takes for a constant: 1e-12. Ratios come to e^2λ as 1/λ^4t does."""
    r, s, v = ready("cat_map", "-output_fields", "none")
    k, square = np.array([1, 0]), 4 * math.pi**2
    for t in range(6):
        first, now = square, square * float(k @ k)
        right = (now - first) * (1 - math.sqrt(1 - 0.81))
        expect(abs(at(s, "coefficient", t) - right) <= 1e-9 * now, f"coefficient at {t}: {at(s, 'coefficient', t)}, not {right}")
        for one in (3e-5, 3e-4, 3e-3, 3e-2):
            right = h(0.9 * math.exp(-one * first)) - h(0.9 * math.exp(-one * now))
            expect(abs(at(s, "upsilon", t, one) - right) < 1e-12, f"t = {t}, s = {one}: {at(s, 'upsilon', t, one)}, not {right}")
        k = np.array([[1, -1], [-1, 2]]) @ k
    exponent = 2 * math.log((3 + math.sqrt(5)) / 2)
    close(at(s, "coefficient", 5) / at(s, "coefficient", 4), math.exp(exponent), 5e-3, "ratio of the last two")
    close(v["growth_exponent"], 1.930, 1e-3, "the fit"), close(v["growth_contraction"], exponent, 1e-9, "-2 lambda_min")
    close(v["growth_inverse"], exponent, 1e-9, "and the mean of squares")
    for one, right in ((3e-5, 0.2321), (3e-4, 0.2262), (3e-3, 0.1766), (3e-2, 0.0191)):
        expect(abs(at(s, "upsilon", 5, one) - right) < 1e-4, f"where it saturates: {one}")


def standard():
    """The coefficient by a sum of its own: I[ψ] = E|D^-T ∇log φ|² over points of the box, by products of the kicks'
    derivatives. A sum over a periodic box: both have it to rounding."""
    r, s, v = ready("standard_map_sweep", "-grid_n", "256,256", "-dynamics_times", "0,1,2,3", "-output_fields", "none")
    n = 400
    x, y = (z.ravel() for z in np.meshgrid(*[2 * math.pi * (np.arange(n) + 0.5) / n] * 2, indexing="ij"))
    p, u = 1 - 0.9 * np.cos(x), 0.9 * np.sin(x) / (1 - 0.9 * np.cos(x))
    w = 0 * u
    started = (p * u * u).mean()
    for t in (1, 2, 3):
        # D = (1 + c 1; c 1) with c = K cos x, det 1: D^-T = (1 -c; -1 1 + c)
        c = 1.5 * np.cos(x)
        y = y + 1.5 * np.sin(x)
        x, u, w = x + y, u - c * w, (1 + c) * w - u
        right = (p * (u * u + w * w)).mean() - started
        close(at(s, "coefficient", t), right, 1e-8, f"coefficient at {t}")
    for t, right in ((1, 0.564), (2, 3.53), (3, 14.2)):
        close(right, at(s, "coefficient", t), 5e-3, f"the story's at {t}")
    expect(abs(at(s, "upsilon", 3, 1e-2) - 0.0626307) < 1e-6, f"Υ: {at(s, 'upsilon', 3, 1e-2)}")
    fixed = math.log((3.5 + math.sqrt(3.5**2 - 4)) / 2)
    expect(abs(fixed - 1.159) < 1e-3, f"the exponent of the fixed point: {fixed}")
    expect(fixed - 1e-2 < at(s, "ftle_max", 3) < fixed + 0.1, f"which the largest tends to: {at(s, 'ftle_max', 3)}")
    expect(at(s, "ftle_mean", 3) < at(s, "ftle_mean", 2) < at(s, "ftle_mean", 1), "the mean falls")


def gyre():
    r, s, v = ready("double_gyre", "-grid_n", "256,128", "-dynamics_times", "0,1,2", "-output_fields", "2")
    close(at(s, "coefficient", 1), 55.93, 1e-3, "coefficient at 1"), close(at(s, "coefficient", 2), 340.3, 1e-3, "at 2")
    expect(at(s, "upsilon", 1, 1e-2) < -0.049 < 0.005 < at(s, "upsilon", 1, 1e-4), "negative where walls are near")
    expect(r.check("determinant")["value"] < 1e-9 and r.check("round_trip")["value"] < 1e-8, "volume, and the way back")
    with h5py.File(os.path.join(r.folder, "fields.h5")) as f:
        group = f[max((k for k in f if k.isdigit()), key=int)]
        ridge = np.unravel_index(np.nanargmax(group["ftle_1"][8:-8, 8:-8]), (240, 112))
        expect(abs((ridge[0] + 8.5) / 128 - 1) < 0.25, f"a ridge between the gyres: {ridge}")
        close(group["pushed"][...].sum() * 2 / 256 / 128, 1, 1e-6, "mass of what was carried")


def abc():
    """0.25 and 0.5 need no fine grid."""
    r, s, v = ready("abc_3d", "-grid_n", "32,32,32", "-dynamics_times", "0,0.25,0.5", "-output_fields", "none", ranks=2)
    close(at(s, "coefficient", 0.25), 0.0714814, 1e-5, "coefficient")
    close(at(s, "coefficient", 0.5), 0.298109, 1e-5, "and at 0.5")
    close(at(s, "ftle_mean", 0.25), 1.119, 1e-3, "mean exponent"), close(at(s, "ftle_max", 0.25), 1.957, 5e-3, "largest")
    close(-at(s, "ftle_least", 0.25), at(s, "ftle_mean", 0.25), 1e-4, "as strong a contraction, in the continuum")


def pendulum():
    """On half of the cells; J = 1, and beside the saddle e^t and e^-t."""
    r, s, v = ready("pendulum_separatrix", "-grid_n", "256,256", "-dynamics_times", "0,0.5,1,1.5,2", "-output_fields", "none")
    for t, right in ((0.5, 6.18), (1, 29.39), (2, 191.35)):
        close(at(s, "coefficient", t), right, 1e-3, f"coefficient at {t}")
    expect(abs(at(s, "ftle_max", 2) - 1) < 1e-3, f"the saddle's exponent: {at(s, 'ftle_max', 2)}")
    for a, b, slope in ((0.5, 1, 0.548), (1, 1.5, 0.66), (1.5, 2, 0.587)):
        found = (at(s, "upsilon", b, 0.1) - at(s, "upsilon", a, 0.1)) / 0.5
        close(found, slope, 1e-2, f"slope of Υ from {a} to {b}")
    linear = 0.5 * math.log((0.16 * math.exp(-1) + 2e-3) * (0.16 * math.exp(1) + 2e-3) / (0.16 + 2e-3) ** 2)
    close(at(s, "upsilon", 0.5, 1e-3), linear, 0.1, "at first that of the linear saddle")


def henon():
    """Of a Gaussian in closed form at t = 1, of the second iterate by sums over it."""
    r, s, v = ready("henon", "-grid_n", "800,400", "-dynamics_times", "0,1", "-output_fields", "none")
    expect(abs(at(s, "mean_log_jacobian", 1) - math.log(0.3)) < 1e-12, "areas shrink by 0.3")
    x = np.linspace(-0.8, 0.8, 801)
    x, y = (z.ravel() for z in np.meshgrid(x, x, indexing="ij"))
    p = np.exp(-(x * x + y * y) / 0.02)
    p /= p.sum()
    u, w, first = -100 * x, -100 * y, 200.0
    found = []
    for t in (1, 2):
        u, w = w, (u + 2.8 * x * w) / 0.3  # D = (-2.8 x, 1; 0.3, 0), so D^-T g = (g_y, (g_x + 2.8 x g_y)/0.3)
        x, y = 1 - 1.4 * x * x + y, 0.3 * x
        found.append((p * (u * u + w * w)).sum() - first)
    close(found[0], 100 + (100 + 4 * 1.96) / 0.09 - 200, 1e-9, "the sum itself")
    close(at(s, "coefficient", 1), found[0], 1e-6, "coefficient at 1")
    expect(abs(found[1] / 109608 - 1) < 1e-5, f"the story's at 2: {found[1]}")
    expect(abs(at(s, "upsilon", 1, 1e-3) - 0.508312) < 1e-5, f"Υ at 1: {at(s, 'upsilon', 1, 1e-3)}")


def alone():
    """One density is carried: keys of a second are refused, and -help has none."""
    for driver, name in (("convective-entropy", "cat_map"), ("tempering", "circle_coordinates")):
        r = run(driver, os.path.join(SOURCE, f"inputs/{driver}/{name}.yaml"), "-q_sigma", 1)
        expect(r.status == 2 and "q_sigma is not used by driver " + driver in r.err, f"{driver}: {r.status} {r.err}")
        r = run(driver, "-help")
        expect("-p_sigma" in r.out and "-q_" not in r.out, f"{driver} -help")


for part in (cat, standard, gyre, abc, pendulum, henon, alone):
    part()
there = {name[:-5] for name in os.listdir(os.path.join(SOURCE, "inputs/convective-entropy")) if name.endswith(".yaml")}
expect(seen == there, f"every input: {seen ^ there}")
finish()
