"""otto convective-entropy as a user runs it: closed forms of tori, Gaussians and circles, exponents of chaotic maps, flows that go
there and back, densities of files, points that leave, any number of ranks."""

import math, os

from common import close, expect, finish, needs, run, scratch

needs("numpy", "h5py")
import h5py
import numpy as np

QUIET = ["-output_fields", "none", "-check_space", "no", "-check_time", "no"]
TURN = 2 * math.pi


def go(*arguments, ranks=1, fails=None, more=QUIET):
    r = run("convective-entropy", *arguments, *more, ranks=ranks)
    ok = r.status == 0 if fails is None else r.status == 1 and r.failing() == set(fails)
    expect(ok, f"{' '.join(map(str, arguments))} on {ranks}: exit {r.status}: {r.err[-300:]}{r.out[-1500:]}")
    return r


def text(values):
    return ",".join(str(v) for v in values)


def rows(r, *names):
    s = r.series()
    return list(zip(*(s[name] for name in names)))


# ---- torus automorphisms take modes to modes, k → M^{-T} k. Sums over cells of log(1 + e cos) on N cells err by (e/2)^(N/gcd)
h = lambda e: math.log((1 + math.sqrt(1 - e * e)) / 2) + 1 - math.sqrt(1 - e * e)
SMALL = 0.1  # its powers leave 1e-12 of what a mode of 21 of 64 cells has


def mode(matrix, k0, t):
    A = np.linalg.inv(matrix).round().astype(int).T
    return np.linalg.matrix_power(A, t) @ k0 if t >= 0 else np.linalg.matrix_power(matrix.T, -t) @ k0


def torus(matrix, n, k0, times, smoothing, kernel, epsilon=SMALL):
    matrix = np.array(matrix)
    names = "xyz"[: len(matrix)]
    phase = "+".join(f"({k})*{a}" for k, a in zip(k0, names))
    r = go("-grid_n", text([n] * len(matrix)), "-p_density", "formula", "-p_formula", f"1+{epsilon}*cos(2*_pi*({phase}))", "-dynamics_type",
           "torus_automorphism", "-dynamics_matrix", text(matrix.ravel()), "-dynamics_times", text(times), "-smoothing_times",
           text(smoothing), "-heat_kernel", kernel)  # fmt: skip
    for t, s, upsilon, coefficient, law in rows(r, "t", "s", "upsilon", "coefficient", "mean_log_jacobian"):
        k = mode(matrix, k0, int(t))
        decayed = lambda q: epsilon * math.exp(-(TURN**2) * s * (q @ q))
        right = h(decayed(np.array(k0))) - h(decayed(k))
        expect(abs(upsilon - right) < 1e-12, f"{matrix.tolist()}, t = {t}, s = {s}: upsilon {upsilon}, not {right}")
        # differences of order 10 of a mode of n/8 cells or more: 1e-8
        right = TURN**2 * (k @ k - np.array(k0) @ k0) * (1 - math.sqrt(1 - epsilon**2))
        expect(abs(coefficient - right) <= 1e-7 * TURN**2 * (k @ k) * epsilon**2, f"t = {t}: coefficient {coefficient}, not {right}")
        expect(abs(law) < 1e-15, f"areas are kept: {law}")
    return r


CAT = [[2, 1], [1, 1]]
torus(CAT, 64, [1, 0], [0, 1, 2, 3, 4, -1, -3], [1e-5, 1e-3, 1e-2], "spectral")
torus(CAT, 32, [1, 1], [1, 2], [1e-3], "auto")
torus([[0, 1], [1, 1]], 32, [1, 0], [1, 2, 3], [2e-3], "gaussian_exact")  # determinant -1
torus([[0, 0, 1], [1, 0, -1], [0, 1, 0]], 16, [1, 0, 0], [1, 2, -1], [1e-3], "spectral")
torus([[1, 1, 0], [0, 1, 1], [0, 0, 1]], 24, [1, 0, 0], [1, 2], [2e-3, 1e-2], "spectral")

# what the run says of growth: coefficients of the cat map, of which a grid needs no carried density, go as e^{2λ}
r = go("-grid_n", "48,48", "-p_density", "formula", "-p_formula", "1+0.1*cos(2*_pi*x)", "-dynamics_type", "torus_automorphism",
       "-dynamics_matrix", "2,1,1,1", "-dynamics_times", text(range(1, 10)), "-smoothing_times", 1e-3, fails=["resolved"])  # fmt: skip
golden = math.log((3 + math.sqrt(5)) / 2)
s = r.series()
ratios = [b / a for a, b in zip(s["coefficient"], s["coefficient"][1:])]
expect(abs(ratios[-1] / math.exp(2 * golden) - 1) < 1e-5, f"ratios of coefficients: {ratios}, to {math.exp(2 * golden)}")
expect(all(abs(v / golden - 1) < 1e-12 for v in s["ftle_max"] + s["ftle_mean"]), f"exponents: {s['ftle_max']}, {golden}")
results = r.summary()["results"]
for name, allowed in (("growth_exponent", 2e-3), ("growth_contraction", 1e-12), ("growth_inverse", 1e-12)):
    close(results[name], 2 * golden, allowed, name)
late = [k for k, t in enumerate(s["t"]) if t >= 5]  # (13, -21) fits into 48 cells, (34, -55) does not
expect(all(math.isnan(s["upsilon"][k]) for k in late) and not math.isnan(s["upsilon"][2]), f"what is not resolved is not printed: {s['upsilon']}")
expect("not known: upsilon" in " ".join(r.out.split()), f"and that is said: {r.out[-1500:]}")

# growth is of one way through time, whatever the order: both ways it is that of the last time's
CATS = ["-dynamics_type", "torus_automorphism", "-dynamics_matrix", "2,1,1,1", "-p_density", "formula", "-p_formula", "1+0.1*cos(2*_pi*x)"]
forward, both, back = (go("-grid_n", "64,64", *CATS, "-dynamics_times", times, "-smoothing_times", 1e-3).summary()["results"]["growth_exponent"]
                       for times in ("1,2,3,4", "-2,3,-1,1,-3,2,4", "4,3,2,1,-1,-2,-3"))  # fmt: skip
expect(both == forward and abs(forward / (2 * golden) - 1) < 0.03, f"growth forwards {forward}, with times before the start {both}")
expect(abs(back / (2 * golden) - 1) < 0.2 and back != forward, f"and backwards {back}")

# ---- where p has no gradient, or jumps, there is no coefficient, however it is carried; Υ there is
for density, push, fails, why in (
    (["ball", "-p_center", "0.5,0.5", "-p_radius", 0.2], "remap", None, "where p is 0"),
    (["ball", "-p_center", "0.5,0.5", "-p_radius", 0.2], "exact", ["resolved"], "where p is 0"),
    (["ball", "-p_center", "0.5,0.5", "-p_radius", 0.2, "-p_floor", 0.5], "remap", None, "the grid does not resolve p itself"),
    (["formula", "-p_formula", "max(0,cos(2*_pi*x))^4"], "exact", None, "where p is 0"),
):  # fmt: skip
    r = go("-grid_n", "128,128", "-p_density", *density, "-dynamics_type", "torus_automorphism", "-dynamics_matrix", "2,1,1,1",
           "-push_forward", push, "-dynamics_times", 1, "-smoothing_times", 1e-2, fails=fails)  # fmt: skip
    s, unknown = r.series(), {u["name"]: u for u in r.summary()["not_known"]}
    expect(all(math.isnan(s[name][0]) for name in ("coefficient", "fisher", "fisher_pushed")), f"{density}: {s['coefficient']}, {s['fisher']}")
    expect(all(why in unknown[name]["why"] for name in ("coefficient", "fisher", "fisher_pushed")), f"{density}: {unknown}")
    expect("laplacian_log_jacobian" not in unknown and s["laplacian_log_jacobian"] == [0], f"areas are kept: {unknown}")
    said = " ".join(r.out.split())
    expect(f"not known: coefficient from t = 1: {why}" in said and "inf and inf" not in said, f"{density}: {said[-1500:]}")
    expect("not known: fisher from t = 1: at least 0; " in said, f"{density}: {said[-1500:]}")
    expect(math.isnan(s["upsilon"][0]) == (fails is not None), f"{density}: upsilon {s['upsilon']}")

# ---- Gaussians under a linear map of the plane and of the line
for A, n in (([[1.2, 0.4], [-0.3, 0.9]], 128), ([[0.8, 0.5], [0, 1.1]], 128), ([[1.25]], 160)):
    A, d = np.array(A), len(A)
    r = go("-grid_n", text([n] * d), "-grid_lower", -16, "-grid_upper", 16, "-grid_boundary", "open", "-p_density", "gaussian_mixture", "-p_mean",
           text([0] * d), "-p_sigma", 1, "-dynamics_type", "linear", "-dynamics_matrix", text(A.ravel()), "-dynamics_times", "-1,1,2",
           "-smoothing_times", "0.1,0.5")  # fmt: skip
    for t, s, upsilon, coefficient, mean, after in rows(r, "t", "s", "upsilon", "coefficient", "mean_log_jacobian", "entropy_blur_after"):
        B = np.linalg.matrix_power(A, int(t)) if t > 0 else np.linalg.inv(A)
        later, before = np.linalg.det(B @ B.T + 2 * s * np.eye(d)), np.linalg.det(B @ B.T) * (1 + 2 * s) ** d
        expect(abs(upsilon - 0.5 * math.log(later / before)) < 1e-10, f"{A.tolist()}, t = {t}, s = {s}: {upsilon}")
        expect(abs(mean - math.log(np.linalg.det(B))) < 1e-10, f"E log J: {mean}")
        expect(abs(after - 0.5 * math.log(later) - d / 2 * math.log(TURN * math.e)) < 1e-10, f"entropy: {after}")
        right = np.trace(np.linalg.inv(B @ B.T)) - d
        expect(abs(coefficient - right) < 1e-8, f"coefficient {coefficient}, not {right}")

# what is blurred out of the box counts as an error, with as much entropy as it may have: Υ itself is of all space
LINE = ["-grid_lower", -1, "-grid_upper", 1, "-grid_boundary", "open", "-p_density", "gaussian_mixture"]
r = go("-grid_n", 256, *LINE, "-p_mean", 0, "-p_sigma", 0.1, "-dynamics_type", "linear", "-dynamics_matrix", 0.5, "-dynamics_times", "1,2",
       "-smoothing_times", "1e-3,1e-2,0.03,0.1,1", fails=["space_error"], more=["-output_fields", "none"])  # fmt: skip
for t, s, upsilon, error, box in rows(r, "t", "s", "upsilon", "upsilon_error", "error_box"):
    v = 0.01 * 0.25**t
    off = abs(upsilon - 0.5 * math.log((v + 2 * s) / (0.25**t * (0.01 + 2 * s))))
    expect(off <= error <= 30 * off + 1e-12, f"t = {t}, s = {s}: {off} off, said to be {error}")
    expect((box > 1e-12) == (s > 1e-3), f"t = {t}, s = {s}: ten and seven widths are in the box: {box}")
table, s = r.errors("space"), r.series()
expect(table["t"] == s["t"] and table["s"] == s["s"], f"rows of the grid's errors: {table['t']}, {table['s']}")
for k, both in enumerate(zip(s["error_quadrature"], s["error_box"])):
    expect(abs(table["upsilon"][k] - sum(both)) <= 1e-5 * sum(both), f"row {k}: {table['upsilon'][k]}, not {both}")
# of an axis too short for coarser grids too, backwards as well
r = go("-grid_n", 6, *CATS[4:], "-dynamics_type", "map", "-dynamics_map", "x+0.25", "-dynamics_inverse", "x-0.25", "-dynamics_times", "-1,1", "-smoothing_times",
       "0.1,0.01", fails=["coefficient"], more=["-output_fields", "none"])  # fmt: skip
table = r.errors("space")
expect(list(zip(table["t"], table["s"])) == rows(r, "t", "s") and all(map(math.isnan, table["upsilon"])), f"what is not known: {table}")
# a flow whose tolerance allows one step for all of the time, and with half of it as well: it errs all the same
w = math.sqrt(2)
for tolerance, times in ((0.1, (0.5, 1)), (1e-3, (0.5, 1, 1.2))):
    for t in times:
        r = go("-grid_n", "160,160", *LINE, "-p_mean", "0,0", "-p_sigma", "0.08,0.1", "-dynamics_type", "formula", "-dynamics_formula", "y,-2*x",
               "-dynamics_times", t, "-smoothing_times", 1e-3, "-dynamics_tolerance", tolerance, more=["-output_fields", "none"])  # fmt: skip
        M = np.array([[math.cos(w * t), math.sin(w * t) / w], [-w * math.sin(w * t), math.cos(w * t)]])
        S, one = np.diag([0.0064, 0.01]), 2e-3 * np.eye(2)
        right = 0.5 * math.log(np.linalg.det(M @ S @ M.T + one) / np.linalg.det(S + one))
        off, error, flow = (abs(rows(r, "upsilon", "upsilon_error", "error_flow_map")[0][k] - (right if k == 0 else 0)) for k in range(3))
        expect(off <= error and 1e-12 < flow <= 30 * off, f"tolerance {tolerance}, t = {t}: {off} off, said to be {flow} of {error}")

# ---- a circle map, tan πy = k tan πx: the coefficient by sums over 4096 points, which for analytic functions err by nothing
FORWARD, BACKWARD = "{0}+atan(sin(2*_pi*{0})/(5-cos(2*_pi*{0})))/_pi", "{0}-atan(sin(2*_pi*{0})/(5+cos(2*_pi*{0})))/_pi"
CIRCLE = ["-dynamics_type", "map", "-dynamics_map", FORWARD.format("x"), "-dynamics_inverse", BACKWARD.format("x")]
x = (np.arange(4096) + 0.5) / 4096


def circle_parts(k, a=0.5, at=0.2):
    """I[ψ], I[φ] and E_φ of Δ log J of an axis with 1 + a cos 2π(x − at)."""
    phi, slope = 1 + a * np.cos(TURN * (x - at)), -a * TURN * np.sin(TURN * (x - at))
    c, e = np.cos(np.pi * x) ** 2, np.sin(np.pi * x) ** 2
    w = c + k * k * e  # log J = log k - log w
    dw, ddw = np.pi * (k * k - 1) * np.sin(TURN * x), 2 * np.pi**2 * (k * k - 1) * np.cos(TURN * x)
    pushed = (phi * ((slope / phi + dw / w) / (k / w)) ** 2).mean()
    return pushed, (slope**2 / phi).mean(), (phi * (-ddw / w + (dw / w) ** 2)).mean()


P = "1+0.5*cos(2*_pi*({0}-0.2))"
r = go("-grid_n", 192, "-p_density", "formula", "-p_formula", P.format("x"), *CIRCLE, "-dynamics_times", "1,2,3,-1,-2", "-smoothing_times", 1e-3)
for t, coefficient, limit in rows(r, "t", "coefficient", "coefficient_limit"):
    pushed, fisher, laplacian = circle_parts(1.5**t)
    expect(abs(coefficient - (pushed - fisher - laplacian)) < 1e-8 * pushed, f"t = {t}: {coefficient}, not {pushed - fisher - laplacian}")
    expect(abs(limit - coefficient) < 1e-6 * pushed, f"t = {t}: as a limit {limit}, not {coefficient}")
# and as a flow, dx/dt = a sin 2πx, whose tan πx grows by e^{2πat}: 0 on the faces but for rounding
r = go("-grid_n", 192, "-p_density", "formula", "-p_formula", P.format("x"), "-dynamics_type", "formula", "-dynamics_formula", "0.1*sin(2*_pi*x)",
       "-dynamics_tolerance", 1e-12, "-dynamics_times", "0.5,1,-1.2", "-smoothing_times", 1e-3)  # fmt: skip
for t, coefficient, furthest in rows(r, "t", "coefficient", "ftle_max"):
    k = math.exp(TURN * 0.1 * t)
    pushed, fisher, laplacian = circle_parts(k)
    expect(abs(coefficient - (pushed - fisher - laplacian)) < 1e-8 * pushed, f"flow, t = {t}: {coefficient}, not {pushed - fisher - laplacian}")
    x0 = math.pi * (0.5 if t < 0 else 0) + math.pi / 384  # the cell that is stretched most, beside 1/2 or 0
    close(furthest, math.log(k / (math.cos(x0) ** 2 + (k * math.sin(x0)) ** 2)) / abs(t), 1e-9, f"flow, t = {t}: largest exponent")
# the same on both axes of a torus: of a product, sums
BOTH = ["-dynamics_type", "map", "-dynamics_map", f"{FORWARD.format('x')},{FORWARD.format('y')}", "-dynamics_inverse",
        f"{BACKWARD.format('x')},{BACKWARD.format('y')}"]  # fmt: skip
r = go("-grid_n", "96,96", "-p_density", "formula", "-p_formula", f"({P.format('x')})*({P.format('y')})", *BOTH, "-dynamics_times", "1,2",
       "-smoothing_times", 1e-3)  # fmt: skip
for t, coefficient in rows(r, "t", "coefficient"):
    pushed, fisher, laplacian = circle_parts(1.5**t)
    expect(abs(coefficient - 2 * (pushed - fisher - laplacian)) < 1e-8 * pushed, f"both axes, t = {t}: {coefficient}")

# ---- the double gyre: areas, and there and back
GYRE = ["-grid_n", "48,32", "-grid_upper", "2,1", "-grid_boundary", "no_flux", "-p_density", "formula", "-p_formula",
        "1+0.5*cos(_pi*x/2)*cos(_pi*y)", "-dynamics_type", "double_gyre", "-smoothing_times", "5e-3,0.02"]  # fmt: skip
r = go(*GYRE, "-dynamics_times", "1,15", "-dynamics_tolerance", 1e-12, fails=["resolved"])
expect(max(r.series()["determinant_error"]) < 1e-9, f"det D Phi: {r.series()['determinant_error']}")
expect(r.check("round_trip")["value"] < 1e-8, f"there and back: {r.check('round_trip')}")
# turned by half a turn about the middle of the box it is the flow with time turned round; that leaves this density as it is
ahead, back = (go(*GYRE, "-dynamics_times", t).series() for t in (1, -1))
for name in set(ahead) - {"t", "determinant_error", "coefficient_limit", "tail"}:
    ok = all(abs(p - q) < 1e-8 * (1 + abs(q)) or (p != p and q != q) for p, q in zip(back[name], ahead[name]))
    expect(ok, f"there and back: {name}: {back[name]} and {ahead[name]}")
# what the grid hardly has is in the limit, too
go(*[a.replace("1+0.5*cos(_pi", "1-0.5*cos(_pi") if isinstance(a, str) else a for a in GYRE], "-dynamics_times", -1)

# ---- the standard map at large K: λ -> ln(K/2) + 1/(K² - 4) (Manos and Robnik 2014). From iterate 2 on orbits are as good as random:
# log|K cos θ| spreads by 0.9, 64² orbits of 6 iterates leave 0.006
for K in (10, 20):
    r = go("-grid_n", "64,64", "-grid_upper", TURN, "-p_density", "uniform", "-dynamics_type", "standard_map", "-dynamics_k", K,
           "-dynamics_times", "2,8", "-smoothing_times", 0.1, "-check_round_trip_tolerance", 1, "-check_determinant_tolerance", 1e300)  # fmt: skip
    m = dict(rows(r, "t", "ftle_mean"))
    found, right = (8 * m[8] - 2 * m[2]) / 6, math.log(K / 2) + 1 / (K * K - 4)
    expect(abs(found - right) < 0.03, f"standard map, K = {K}: exponent {found}, theory {right}")
    # the same by products of derivatives here
    g = (np.arange(64) + 0.5) / 64 * TURN
    theta, p = (a.copy() for a in np.meshgrid(g, g, indexing="ij"))
    D = np.broadcast_to(np.eye(2), theta.shape + (2, 2))
    for t in (1, 2):
        c = K * np.cos(theta)
        D = np.stack([np.stack([1 + c, np.ones_like(c)], -1), np.stack([c, np.ones_like(c)], -1)], -2) @ D
        p = p + K * np.sin(theta)
        theta = theta + p
    right = np.log(np.linalg.svd(D, compute_uv=False)[..., 0]) / 2
    for name, value in (("ftle_mean", right.mean()), ("ftle_max", right.max())):
        close(dict(rows(r, "t", name))[2], value, 1e-11, f"K = {K}: {name}")
expect(all(v == 0 for v in r.series()["coefficient"] + r.series()["upsilon"]) or
       max(map(abs, r.series()["upsilon"])) < 1e-12, f"what is uniform stays so: {r.series()['upsilon']}")  # fmt: skip
# after 25 iterates at K = 20 no point returns, and a determinant of products of so much stretching is rounding
go("-grid_n", "16,16", "-grid_upper", TURN, "-p_density", "uniform", "-dynamics_type", "standard_map", "-dynamics_k", 20, "-dynamics_times",
   25, "-smoothing_times", 0.5, fails=["round_trip", "determinant"])  # fmt: skip

# ---- the baker tears: its coefficient is infinite, and the run says why
r = go("-grid_n", "64,64", "-p_density", "formula", "-p_formula", "1+0.5*cos(2*_pi*x)*cos(2*_pi*y)", "-dynamics_type", "baker",
       "-dynamics_times", "1,-1", "-smoothing_times", "1e-3,1e-2")  # fmt: skip
s = r.series()
expect(all(v == math.inf for v in s["coefficient"]), f"baker: {s['coefficient']}")
expect("tears the square along x = 1/2" in " ".join(r.out.split()), f"and why: {r.out[-2500:]}")
expect(r.check("coefficient")["value"] == "not applicable", f"{r.check('coefficient')}")
expect(all(v > 0 for v in s["upsilon"]) and s["ftle_max"] == [math.log(2)] * 4, f"{s['upsilon']}, {s['ftle_max']}")
# its density is that of a sum by hand: ψ(y) = φ at (x/2 + floor(2y)/2, 2y mod 1)
g = (np.arange(64) + 0.5) / 64
X, Y = np.meshgrid(g, g, indexing="ij")
psi = 1 + 0.5 * np.cos(TURN * (X + np.floor(2 * Y)) / 2) * np.cos(TURN * 2 * Y)
k = np.fft.fftfreq(64, 1 / 64)
blurred = np.fft.ifft2(np.fft.fft2(psi) * np.exp(-(TURN**2) * 1e-2 * (k[:, None] ** 2 + k**2))).real
# gaussian_exact, which is asked at s = 0.01, has what lies between cells; both err by what jumps leave of sums over cells
close(s["entropy_blur_after"][1], -(blurred * np.log(blurred)).mean(), 1e-6, "baker, blurred")

# ---- densities of files and samples: the same as by formula, within what is printed
n, folder = 64, scratch()
g = (np.arange(n) + 0.5) / n
with h5py.File(os.path.join(folder, "in.h5"), "w") as f:
    f["p"] = 1 + 0.5 * np.cos(TURN * (g - 0.2))
    # a cloud that is cos² without noise: points at quantiles
    u, q = (np.arange(40000) + 0.5) / 40000, np.linspace(0, 1, 40001)
    f["points"] = np.interp(u, q - 0.5 / TURN * (np.sin(TURN * (0.2 - q)) - math.sin(TURN * 0.2)), q)[:, None]
GRID = ["-grid_n", n, *CIRCLE, "-dynamics_times", "1,2", "-smoothing_times", "1e-3,5e-3"]
both = ["-output_fields", "none"]
exact = go(*GRID, "-p_density", "formula", "-p_formula", P.format("x"), more=both).series()
FILE = ["-p_density", "file", "-p_path", os.path.join(folder, "in.h5"), "-p_dataset", "p"]
SAMPLES = ["-p_density", "samples", "-p_path", os.path.join(folder, "in.h5"), "-p_dataset", "points"]
r = go(*GRID, *FILE, more=both)
expect(r.summary()["results"]["push_forward"] == "interpolation", "what is known in cells is interpolated")
for a, b, e, part in zip(exact["upsilon"], r.series()["upsilon"], r.series()["upsilon_error"], r.series()["error_interpolation"]):
    expect(abs(a - b) <= e and 0 < part <= e, f"file: {b} and exactly {a}, said to be within {e}")
    expect(abs(a - b) < 1e-6, f"and it is good: {a} {b}")
r = go(*GRID, *SAMPLES, more=both)
for a, b, e in zip(exact["upsilon"], r.series()["upsilon"], r.series()["upsilon_error"]):
    expect(abs(a - b) <= e + 2e-4, f"samples: {b} and exactly {a}, said to be within {e}")  # cloud-in-cell blurs: (πh)²/3 of Υ
# remap: mass is kept to rounding and nothing is negative
r = go("-grid_n", "80,80", "-grid_lower", -10, "-grid_upper", 10, "-grid_boundary", "open", "-p_density", "gaussian_mixture", "-p_mean", "0,0",
       "-p_sigma", 1, "-dynamics_type", "linear", "-dynamics_matrix", "1.2,0.3,-0.1,0.9", "-dynamics_times", 1, "-smoothing_times", 0.5,
       "-push_forward", "remap", "-check_entropy_law_tolerance", 0.1, "-check_coefficient_tolerance", 0.1, "-space_tolerance", 1,
       more=["-output_fields", "all"])  # fmt: skip
A = np.array([[1.2, 0.3], [-0.1, 0.9]])
right = 0.5 * math.log(np.linalg.det(A @ A.T + np.eye(2)) / np.linalg.det(2 * A @ A.T))
s = r.series()
expect(abs(s["mass_pushed"][0] - 1) < 1e-12, f"mass of remap: {s['mass_pushed']}")
expect(abs(s["upsilon"][0] - right) <= s["upsilon_error"][0] < 0.2, f"remap: {s['upsilon']}, exactly {right}, within {s['upsilon_error']}")
with h5py.File(os.path.join(r.folder, "fields.h5")) as f:
    expect(f["0/pushed"][()].min() >= 0, "nothing is negative")
    expect("ftle_1" in f["0"] and not any("cauchy" in name for name in f["0"]), f"no tensor that nobody asked for: {list(f['0'])}")

# ---- points that leave a box between walls are counted, masked, reported
OUT = ["-grid_n", "64,64", "-grid_lower", -1, "-grid_upper", 1, "-grid_boundary", "no_flux", "-p_density", "gaussian_mixture", "-p_mean", "0,0",
       "-dynamics_type", "linear", "-dynamics_matrix", "1.6,0,0,1", "-dynamics_times", 1, "-smoothing_times", 5e-3]  # fmt: skip
r = go(*OUT, "-p_sigma", 0.1, more=["-output_fields", "all", "-check_space", "no"])
lost = int((np.abs((np.arange(64) + 0.5) / 32 - 1) * 1.6 > 1).sum()) * 64
expect(r.series()["masked"] == [lost] and lost > 0, f"masked: {r.series()['masked']}, {lost}")
with h5py.File(os.path.join(r.folder, "fields.h5")) as f:
    expect(int(np.isnan(f["0/ftle_1"][()]).sum()) == lost, "and have no exponent")
expect("masked_mass" in r.out and 0 < r.summary()["results"]["masked_mass"] < 1e-6, f"{r.summary()['results']['masked_mass']}")
r = run("convective-entropy", *OUT, "-p_sigma", 0.4, *QUIET)
expect(r.status == 1 and "mass" in r.failing(), f"a box that loses mass: exit {r.status}, {r.failing()}")
with_open = [a if a != "no_flux" else "open" for a in OUT]
r = go(*with_open, "-p_sigma", 0.1)
expect(r.series()["masked"] == [0], "beyond open faces everything goes on")

# ---- ranks and meshes: sums in another order, solves none
for case, allowed in (
    (["-grid_n", "32,24", "-p_density", "formula", "-p_formula", "1+0.5*cos(2*_pi*(x+y))", "-dynamics_type", "torus_automorphism",
      "-dynamics_matrix", "2,1,1,1", "-dynamics_times", "1,2,-1", "-smoothing_times", "1e-3,1e-2", "-check_space_error_tolerance", 10], 1e-12),
    ([*GYRE, "-dynamics_times", "0.5,1"], 1e-10),
    ([*OUT[2:], "-grid_n", "64,48", "-p_sigma", 0.1, "-check_space", "no"], 1e-10),
):  # fmt: skip
    one = go(*case, more=["-output_fields", "none"]).series()
    EVERY = ((3, None), (4, "2,2"), (2, None), (4, None), (2, "1,2"))
    for ranks, mesh in EVERY if allowed == 1e-12 else EVERY[:2]:
        keys = [*case, "-grid_mesh", mesh] if mesh else case
        other = go(*keys, ranks=ranks, more=["-output_fields", "none"]).series()
        for name, values in one.items():
            scale = max([1, *(abs(v) for v in values if math.isfinite(v))])
            if name in ("coefficient_limit", "error_quadrature", "error_interpolation", "error_box", "upsilon_error"):
                # an extrapolation to s = 0 amplifies rounding; of estimates, their size
                allow = 1e-6 * scale
            else:
                allow = allowed * scale
            ok = all(a == b or (a != a and b != b) or abs(a - b) <= allow for a, b in zip(values, other[name]))
            expect(ok and len(values) == len(other[name]), f"{name} on {ranks} ranks, mesh {mesh}: {other[name]}, on one {values}")
finish()
