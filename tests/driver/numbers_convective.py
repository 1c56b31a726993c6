"""Every number of `otto convective-entropy` found another way: flow maps in closed form or by own steps, entropies by dense
kernels, gradients by hand, errors by runs on other grids and with another tolerance."""

import math, os

import h5py
import numpy as np

import reference as ref
from common import expect, run, scratch
from otherwise import PI, Case, compared

DRIVER = "convective-entropy"
TURN = 2 * PI


kernels = {}


def heat(g, j, kernel, s):
    key = (g.n[j], g.length[j], g.boundary[j], kernel, s)
    if key not in kernels:
        kernels[key] = ref.heat_axis(g, j, kernel, s).astype(float)
    return kernels[key]


class Problem:
    """A density and a map on a grid. phi(x), slope(x): the density (of any mass) and the gradient of its logarithm;
    forward(x, t): images, their derivative [i][j], log J, its gradient, and which are lost; backward(y, t): origins and log J
    there. `fast`: a density whose sums over cells err by less than any power of h."""

    def __init__(self, grid, phi, slope, forward, backward, fast=True):
        self.grid, self.phi, self.slope, self.forward, self.backward, self.fast = grid, phi, slope, forward, backward, fast
        self.times = {}

    def coarser(self, s):
        g = self.grid
        grid = ref.Grid([n // s for n in g.n], g.lower, g.upper, g.boundary)
        return Problem(grid, self.phi, self.slope, self.forward, self.backward, self.fast)

    def at(self, t):
        """All that does not depend on s; fields are kept in self.f."""
        if t not in self.times:
            row = self.find(t)
            self.times[t] = (row, self.f, self.lost, self.masked_mass)
        row, f, self.lost, self.masked_mass = self.times[t]
        self.f = dict(f)
        return dict(row)

    def find(self, t):
        g = self.grid
        x, volume, d = [a.astype(float) for a in g.mesh()], float(g.volume), g.dim
        p = self.phi(x)
        scale = 1 / (p.sum() * volume)
        p = p * scale
        y, D, log_j, slope_j, lost = self.forward(x, t)
        D = np.stack([np.stack([D[i][j] + 0 * x[0] for j in range(d)], -1) for i in range(d)], -2)
        origin, log_j_there = self.backward(x, t)
        inside = np.ones(x[0].shape, bool)
        for j, kind in enumerate(g.boundary):
            if kind == "no_flux":
                inside &= (origin[j] >= float(g.lower[j])) & (origin[j] <= float(g.upper[j]))
        pushed = np.where(inside, self.phi(origin) * scale * np.exp(-log_j_there), 0)
        here, own = ~lost, self.slope(x)
        carried = np.einsum("...ji,...j->...i", np.linalg.inv(D), np.stack([a - b for a, b in zip(own, slope_j)], -1))
        mean = lambda f: float((p * f)[here].sum() * volume)
        sigma = np.linalg.svd(D, compute_uv=False)
        span = abs(t) if t else math.nan
        row = {"mean_log_jacobian": mean(log_j), "fisher": mean(sum(a * a for a in own)), "fisher_pushed": mean((carried**2).sum(-1)),
               "laplacian_log_jacobian": -mean(sum(a * b for a, b in zip(own, slope_j))), "masked": lost.sum(),
               "inverse_norm": math.log(mean(sigma[..., -1] ** -2.0) / mean(1 + 0 * x[0])), "mass_pushed": pushed.sum() * volume,
               "ftle_max": np.log(sigma[..., 0])[here].max() / span, "ftle_mean": np.log(sigma[..., 0])[here].mean() / span,
               "ftle_least": np.log(sigma[..., -1])[here].mean() / span, "tail": self.tail(pushed),
               "thinnest": self.thinnest(p, own, slope_j, carried, log_j, here)}  # fmt: skip
        row["coefficient"] = row["fisher_pushed"] - row["fisher"] - row["laplacian_log_jacobian"]
        self.f = {"p": p, "pushed": pushed, "log_jacobian": log_j + 0 * x[0]}
        if t:
            self.f |= {f"ftle_{i + 1}": np.log(sigma[..., i]) / abs(t) for i in range(d)}
            C = np.einsum("...ki,...kj->...ij", D, D)
            self.f |= {f"cauchy_green_{'xyz'[i]}{'xyz'[j]}": C[..., i, j] for i in range(d) for j in range(i, d)}
        self.lost, self.masked_mass = lost, float(p[lost].sum() * volume)
        return row

    def entropies(self, s, kernel):
        g, volume = self.grid, float(self.grid.volume)
        K = [heat(g, j, kernel, s) for j in range(g.dim)]
        H = lambda u, where: -float(np.where((u > 0) & where, u * np.log(np.where(u > 0, u, 1)), 0).sum() * volume)
        after, before = (ref.apply_axes(K, self.f[name]) for name in ("pushed", "p"))
        there = H(before, ~self.lost) + float((before * self.f["log_jacobian"])[~self.lost].sum() * volume)
        self.inside = [float(u.sum() * volume) for u in (after, before[~self.lost])]  # masses
        after = H(after, np.ones_like(self.lost))
        return {"entropy_blur_after": after, "entropy_blur_before": there, "upsilon": after - there}

    def tail(self, u):
        """Variance in modes above 2/3 of the highest; with ends, by differences of order 20."""
        u, worst = u - u.mean(), 0
        for j, n in enumerate(u.shape):
            if self.grid.boundary[j] == "periodic":
                high = np.abs(np.fft.fftfreq(n, 1 / n)) > 2 / 3 * (n // 2)
                part = (np.abs(np.fft.fft(u, axis=j).compress(high, axis=j)) ** 2).sum() / n
            else:
                order = min(20, n - 1)
                part = ((np.diff(u, order, axis=j) / 2.0**order) ** 2).sum() * n / (n - order)
            worst = max(worst, part / (u**2).sum())
        return worst

    def thinnest(self, p, own, slope_j, carried, log_j, here):
        v = np.stack([a - b for a, b in zip(own, slope_j)], -1)
        q, square = p * np.exp(-log_j), (v**2).sum(-1)
        kappa = math.sqrt((q**2 * square)[here].sum() / ((q - q[here].mean()) ** 2)[here].sum())
        most = np.abs(carried * np.array(self.grid.h, float)).max(-1)
        some = here & (most > 0)
        length, weight = 2 * PI * np.sqrt(square[some]) / (kappa * most[some]), (p * square)[some]
        order = np.argsort(length)
        share = np.cumsum(weight[order]) / weight.sum()
        return length[order][np.searchsorted(share, 1e-3)]


def estimate(fast, v, a, b):
    """src/run/space.c, of a value and the same on half and on a quarter of the cells."""
    first, second = abs(v - a), abs(a - b)
    if fast:
        return first * (math.sqrt(4 * first / second) if second > 4 * first else 1)
    shown = (v - a) != 0 and 0.75 <= (a - b) / (v - a) / 4 <= 1.5
    return max(first / (3 if shown else 1), min(second / 4, 10 * first) / 3)


def box_error(problem, s):
    """Where faces can be passed: the entropy of a missing mass m that is spread over the box and six widths beyond open faces,
    and m more."""
    g = problem.grid
    if all(kind == "periodic" for kind in g.boundary):
        return 0
    volume = math.prod(float(L) + (12 * math.sqrt(2 * s) if kind == "open" else 0) for L, kind in zip(g.length, g.boundary))
    return sum(m * (abs(math.log(volume / m)) + 1) for m in (1 - inside for inside in problem.inside) if m > 1e-13)


def compare(problem, keys, times, smoothing, kernel="spectral", tolerance=1e-9, quadrature=True, fails=(), limit=1e-6, fields=True,
            interpolation=None, tail=1e-6):  # fmt: skip
    """The run against the problem, row by row, each number to `tolerance` of its scale."""
    text = lambda v: ",".join(map(str, v))
    arguments = [*keys, "-dynamics_times", text(times), "-smoothing_times", text(smoothing), "-heat_kernel", kernel, "-output_fields",
                 "all", "-output_cauchy_green", "yes"]  # fmt: skip
    c = Case(DRIVER, problem.grid, arguments, fails)
    rows, worst = [(t, s) for t in times for s in smoothing], (0, 0)
    expect(len(c.t) == len(rows), f"{c.t} of {rows}: {c.what}")
    coarse = [problem.coarser(2), problem.coarser(4)] if quadrature else []
    for k, (t, s) in enumerate(rows):
        right = problem.at(t)
        if interpolation:
            problem.f["pushed"] = interpolation(problem, t)
            right |= {"mass_pushed": problem.f["pushed"].sum() * float(problem.grid.volume), "tail": problem.tail(problem.f["pushed"])}
        right |= problem.entropies(s, kernel)
        c.near("t", c.series["t"][k], t, 0)
        c.near("s", c.series["s"][k], s, 0)
        for name, value in right.items():
            if not (t == 0 and name.startswith("ftle")):
                scale = max(1, abs(value))
                # a sum of squares: what rounds by 1e-13 of the density, times twice its root
                allowed = tail * value + 2e-13 * math.sqrt(value) + 1e-26 if name == "tail" else 1e-6 * value if name == "thinnest" else tolerance * scale
                c.near(name, c.series[name][k], value, allowed, f" in row {k}")
        expect(0 <= c.series["determinant_error"][k] <= 1e-9, f"det D Phi is J: {c.series['determinant_error'][k]}")
        if t:
            found, fisher = c.series["coefficient_limit"][k], right["fisher"] + right["fisher_pushed"]
            c.near("coefficient_limit", found, right["coefficient"], limit * fisher, f" in row {k}")
        parts = [c.series[f"error_{n}"][k] for n in ("quadrature", "flow_map", "interpolation", "box")]
        if t:
            c.near("error_box", parts[3], box_error(problem, s), 1e-6 * parts[3] + 1e-11, f" in row {k}")
        said, right_error = c.series["upsilon_error"][k], sum(parts)  # where a part is not estimated nothing is known of the sum
        expect(math.isnan(said) == math.isnan(right_error), f"upsilon_error {said} of {parts}")
        c.near("upsilon_error", 0 if math.isnan(said) else said, 0 if math.isnan(said) else right_error, 1e-15, f" in row {k}")
        if t and quadrature:
            other = []
            for q in coarse:
                q.at(t)
                other.append(q.entropies(s, kernel)["upsilon"])
            value = estimate(problem.fast, right["upsilon"], *other)
            c.near("error_quadrature", parts[0], value, 1e-3 * value + 1e-12, f" in row {k}")
            worst = max(worst, (value / abs(right["upsilon"]), t))
    for k, t in enumerate(times if fields else ()):
        problem.at(t)
        if interpolation:
            problem.f["pushed"] = interpolation(problem, t)
        for name, value in problem.f.items():
            found, ok = c.fields[k][name].astype(float), ~problem.lost.ravel()
            apart = np.abs(found - value.ravel())[ok if name not in ("p", "pushed") else slice(None)].max()
            expect(apart <= tolerance * (1 + np.abs(value).max()), f"field {name} at t = {t}: {apart} off: {c.what}")
    compared[DRIVER].add("determinant_error")
    if c.results.get("space_error_column") == "upsilon" and quadrature:
        c.result("space_error", worst[0], 1e-3 * worst[0] + 1e-9)
        c.result("space_error_column", "upsilon")
        c.result("space_error_time", worst[1])
    c.result("masked_mass", problem.masked_mass, 1e-12)
    known = [(t, v) for t, v in zip(times, [c.series["coefficient"][i * len(smoothing)] for i in range(len(times))]) if v > 0]
    used = max(3, (len(known) + 1) // 2)
    if len(known) >= used:
        t, v = np.array(known[-used:]).T
        c.result("growth_exponent", np.polyfit(t, np.log(v), 1)[0], 1e-10)
    c.result("growth_contraction", -2 * c.series["ftle_least"][-1], 1e-13)
    c.result("growth_inverse", c.series["inverse_norm"][-1] / abs(times[-1]), 1e-13)
    return c


def torus():
    """A mode under an automorphism, on a box that is not the unit torus."""
    grid = ref.Grid([32, 32], [0, -1], [2, 1], ["periodic", "periodic"])
    M = np.array([[2, 1], [1, 1]])

    def power(t):
        return np.round(np.linalg.matrix_power(M if t > 0 else np.round(np.linalg.inv(M)), abs(t))).astype(int) if t else np.eye(2)

    def image(x, A):  # about the lower corner; wherever on the torus
        u = [x[0], x[1] + 1]
        return [A[i][0] * u[0] + A[i][1] * u[1] + (0, -1)[i] for i in range(2)]

    phi = lambda x: 1 + 0.5 * np.cos(PI * x[0])
    slope = lambda x: [-0.5 * PI * np.sin(PI * x[0]) / phi(x), 0 * x[0]]
    zero = lambda x: [0 * x[0], 0 * x[0]]
    forward = lambda x, t: (image(x, power(t)), power(t), 0 * x[0], zero(x), np.zeros(x[0].shape, bool))
    problem = Problem(grid, phi, slope, forward, lambda y, t: (image(y, power(-t)), 0 * y[0]), fast=False)
    c = compare(problem, ["-p_density", "formula", "-p_formula", "1+0.5*cos(_pi*x)", "-dynamics_type", "torus_automorphism",
                          "-dynamics_matrix", "2,1,1,1", "-check_space_error_tolerance", 10], [0, 1, 2, 3], [1e-3, 1e-2],
                tolerance=1e-8)  # fmt: skip
    c.result("dynamics", "torus_automorphism")
    c.result("push_forward", "exact")
    c.result("heat_kernel", "spectral")
    c.result("flow_map_steps", 3)
    c.result("derivative_error", 0)
    c.result("push_forward_negative", 0)
    # the mode, by hand: the row of t = 2, s = 0.001
    h = lambda e: math.log((1 + math.sqrt(1 - e * e)) / 2) + 1 - math.sqrt(1 - e * e)
    decayed = lambda k2, s: 0.5 * math.exp(-(PI**2) * k2 * s)
    # of a box of area 4 differences of entropies are the same
    c.near("upsilon", c.series["upsilon"][4], h(decayed(1, 1e-3)) - h(decayed(13, 1e-3)), 1e-12)
    expect(all(v == 0 for v in c.series["error_flow_map"]), f"iterates have no steps: {c.series['error_flow_map']}")


# Moebius' maps of the circle, tan πy = k tan πx: their powers are the same with powers of k
K = 1.5
moebius = lambda x, k: x + np.arctan((k - 1) * np.sin(TURN * x) / (k + 1 - (k - 1) * np.cos(TURN * x))) / PI
ellipse = lambda x, k: np.cos(PI * x) ** 2 + (k * np.sin(PI * x)) ** 2
log_slope = lambda x, k: math.log(k) - np.log(ellipse(x, k))
CIRCLE_MAP = ["-dynamics_type", "map", "-dynamics_map", "x+atan(sin(2*_pi*x)/(5-cos(2*_pi*x)))/_pi", "-dynamics_inverse",
              "x-atan(sin(2*_pi*x)/(5+cos(2*_pi*x)))/_pi"]  # fmt: skip


def on_circle(n):
    phi = lambda x: 1 + 0.5 * np.cos(TURN * (x[0] - 0.2))
    slope = lambda x: [-0.5 * TURN * np.sin(TURN * (x[0] - 0.2)) / phi(x)]

    def forward(x, t):
        k = K**t
        slope_j = -TURN * (k * k - 1) * np.sin(PI * x[0]) * np.cos(PI * x[0]) / ellipse(x[0], k)
        J = np.exp(log_slope(x[0], k))
        return [moebius(x[0], k)], [[J]], np.log(J), [slope_j], np.zeros(x[0].shape, bool)

    def backward(y, t):
        x = moebius(y[0], K**-t)
        return [x], log_slope(x, K**t)

    return Problem(ref.Grid([n], [0], [1], ["periodic"]), phi, slope, forward, backward, fast=False)


def circle():
    """A Jacobian that is not constant, forwards and backwards."""
    keys = ["-p_density", "formula", "-p_formula", "1+0.5*cos(2*_pi*(x-0.2))", *CIRCLE_MAP]
    for times in ([1, 2, 3], [-1, -2]):
        c = compare(on_circle(128), keys, times, [2e-4, 1e-3], tolerance=1e-9, quadrature=False, limit=1e-8)
        c.result("flow_map_steps", abs(times[-1]))
        said = c.results["derivative_error"]  # of extrapolated differences: as good as the fields above say
        expect(0 < said < 1e-9, f"derivative_error {said}")
        # that of log J is as large an iterate; it grows with the places where it was asked for
        for t, error in zip(c.series["t"], c.series["error_flow_map"]):
            expect(0.1 * said * abs(t) <= error <= said * abs(t) * (1 + 1e-12), f"t = {t}: error_flow_map {error} of {said}")


class Runge:
    """Points and the variational equation by the classical steps, extrapolated."""

    def __init__(self, velocity, gradient):
        self.velocity, self.gradient = velocity, gradient

    def steps(self, x, a, b, n):
        d, h = len(x), (b - a) / n
        u = np.stack([*x, *(np.full(x[0].shape, float(i == j)) for i in range(d) for j in range(d)), 0 * x[0]])

        def rate(t, u):
            D, G = u[d:-1].reshape(d, d, *x[0].shape), np.array([[g + 0 * x[0] for g in row] for row in self.gradient(u[:d], t)])
            return np.concatenate([np.array(self.velocity(u[:d], t)), np.einsum("ij...,jk...->ik...", G, D).reshape(u[d:-1].shape),
                                   np.einsum("ii...->...", G)[None]])  # fmt: skip

        for i in range(n):
            t = a + i * h
            k1 = rate(t, u)
            k2 = rate(t + h / 2, u + h / 2 * k1)
            k3 = rate(t + h / 2, u + h / 2 * k2)
            k4 = rate(t + h, u + h * k3)
            u = u + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return u

    def carry(self, x, a, b, n=10):
        u, v, w = (self.steps(x, a, b, m) for m in (n, 2 * n, 4 * n))
        first, second = v + (v - u) / 15, w + (w - v) / 15
        u, d = second + (second - first) / 31, len(x)  # of order 6
        return list(u[:d]), [[u[d + i * d + j] for j in range(d)] for i in range(d)], u[-1]


def gyre():
    """The double gyre, between its walls, by own steps; what its tolerance leaves by a run with half of it."""
    A, e, omega = 0.1, 0.25, TURN / 10

    def parts(x, t):
        a = e * np.sin(omega * t)
        return a * x[0] ** 2 + (1 - 2 * a) * x[0], 2 * a * x[0] + 1 - 2 * a, 2 * a

    def velocity(x, t):
        f, f1, _ = parts(x, t)
        return [-PI * A * np.sin(PI * f) * np.cos(PI * x[1]), PI * A * np.cos(PI * f) * np.sin(PI * x[1]) * f1]

    def gradient(x, t):
        f, f1, f2 = parts(x, t)
        s, c, sy, cy = np.sin(PI * f), np.cos(PI * f), np.sin(PI * x[1]), np.cos(PI * x[1])
        return [[-PI * PI * A * c * f1 * cy, PI * PI * A * s * sy],
                [PI * A * sy * (c * f2 - PI * s * f1 * f1), PI * PI * A * c * f1 * cy]]  # fmt: skip

    own = Runge(velocity, gradient)
    phi = lambda x: 1 + 0.5 * np.cos(PI * x[0] / 2) * np.cos(PI * x[1])
    slope = lambda x: [-0.25 * PI * np.sin(PI * x[0] / 2) * np.cos(PI * x[1]) / phi(x),
                       -0.5 * PI * np.cos(PI * x[0] / 2) * np.sin(PI * x[1]) / phi(x)]  # fmt: skip

    def forward(x, t):
        y, D, _ = own.carry(x, 0.0, float(t))
        return y, D, 0 * x[0], [0 * x[0], 0 * x[0]], np.zeros(x[0].shape, bool)

    problem = Problem(ref.Grid([48, 32], [0, 0], [2, 1], ["no_flux", "no_flux"]), phi, slope, forward,
                      lambda y, t: (own.carry(y, float(t), 0.0)[0], 0 * y[0]), fast=False)  # fmt: skip
    keys = ["-p_density", "formula", "-p_formula", "1+0.5*cos(_pi*x/2)*cos(_pi*y)", "-dynamics_type", "double_gyre",
            "-dynamics_tolerance"]  # fmt: skip
    # differences of order 10, on one side at the walls, leave 1e-7 of Fisher informations here
    c = compare(problem, [*keys, 1e-11], [0.5, 1], [4e-3, 2e-2], tolerance=3e-7, limit=1e-4, tail=1e-5)
    c.result("dynamics", "double_gyre")
    expect(max(c.series["determinant_error"]) < 1e-9, f"det D Phi = 1: {c.series['determinant_error']}")
    expect(c.r.check("round_trip")["value"] < 1e-8, f"there and back: {c.r.check('round_trip')}")
    box = ["-grid_n", "48,32", "-grid_upper", "2,1", "-grid_boundary", "no_flux", "-dynamics_times", "0.5,1", "-smoothing_times", "4e-3,2e-2",
           "-heat_kernel", "spectral", "-output_fields", "none"]  # fmt: skip
    # half the tolerance; over a time of more than four steps, which it takes at least
    loose, half = (run(DRIVER, *box, *keys, tolerance, "-dynamics_times", 1.5) for tolerance in (1e-5, 5e-6))
    for k, (a, b) in enumerate(zip(loose.series()["upsilon"], half.series()["upsilon"])):
        c.near("error_flow_map", loose.series()["error_flow_map"][k], 2 * abs(a - b), 1e-15, f" in row {k}")
    # points that are carried by remap err by their steps as well, which are longer: positions alone
    remap = ["-push_forward", "remap", "-heat_kernel", "auto", "-check_space", "no"]
    carried = [run(DRIVER, *box, *keys, tolerance, *remap, "-dynamics_times", 1.5) for tolerance in (1e-8, 5e-9)]
    for k, (a, b) in enumerate(zip(*(r.series()["upsilon"] for r in carried))):
        c.near("error_flow_map", carried[0].series()["error_flow_map"][k], 2 * abs(a - b), 1e-15, f" by remap, in row {k}")
    # a gradient by differences: what they leave in log J on top, at most that of the largest gradient, 0.2 pi
    sine = ["-grid_n", 128, "-p_density", "formula", "-p_formula", "1+0.5*cos(2*_pi*x)", "-dynamics_type", "formula", "-dynamics_formula",
            "0.1*sin(2*_pi*x)", "-dynamics_times", 2, "-smoothing_times", 1e-3, "-output_fields", "none", "-dynamics_tolerance"]  # fmt: skip
    typed = [run(DRIVER, *sine, tolerance) for tolerance in (1e-10, 5e-11)]
    steps = 2 * abs(typed[0].series()["upsilon"][0] - typed[1].series()["upsilon"][0])
    rest, said = typed[0].series()["error_flow_map"][0] - steps, typed[0].summary()["results"]["derivative_error"]
    # what is said relative to the gradient is most where that is nearly 0; as it is, it is far from rounding, and from mattering
    expect(1e-15 < rest < min(1e-11, 2 * said * 0.2 * np.pi), f"differences leave {rest} of {said}")
    worst, column, t = max((2 * abs(a - b) / abs(a), name, t) for name in ("upsilon", "coefficient", "fisher_pushed", "ftle_mean")
                           for a, b, t in zip(loose.series()[name], half.series()[name], loose.series()["t"]))  # fmt: skip
    c.results = loose.summary()["results"]
    c.result("time_error", worst, 1e-9 * worst)
    c.result("time_error_column", column)
    c.result("time_error_time", t)
    expect(max(loose.series()["error_flow_map"]) > 1e-13, f"and it is something: {loose.series()['error_flow_map']}")
    # steps of order 8, whose error per unit time is the tolerance: 2^8 of it are steps of twice the length
    count = c.summary["results"]["flow_map_steps"]
    loose = run(DRIVER, *box, *keys, 256e-11).summary()["results"]["flow_map_steps"]
    expect(1.4 <= count / loose <= 2.8 and 2 <= loose, f"steps: {count} and {loose}")
    compared[DRIVER].add("flow_map_steps")


def walls():
    """A map that takes points out of a box between walls. What flows out with them is in no coefficient by the formula, and in
    the limit: (1 + log phi) times the slope of phi there, 1e-3 of Fisher informations."""
    sigma, A = 0.15, 1.5
    phi = lambda x: sum(np.exp(-((x[0] - k) ** 2) / (2 * sigma**2)) for k in (0, -2, 2))  # the walls reflect it

    def forward(x, t):
        lost = np.abs(x[0]) * A**t > 1
        return [A**t * x[0]], [[A**t]], t * math.log(A) + 0 * x[0], [0 * x[0]], lost

    problem = Problem(ref.Grid([96], [-1], [1], ["no_flux"]), phi, lambda x: [-x[0] / sigma**2], forward,
                      lambda y, t: ([y[0] / A**t], t * math.log(A) + 0 * y[0]))  # fmt: skip
    c = compare(problem, ["-p_density", "gaussian_mixture", "-p_mean", 0, "-p_sigma", sigma, "-dynamics_type", "linear", "-dynamics_matrix", A,
                          "-check_space", "no"], [1], [1e-3], quadrature=False, tolerance=1e-6, limit=1e-2, fields=False,
                fails=["coefficient"])  # fmt: skip
    expect(c.series["masked"] == [32] and c.results["masked_mass"] > 1e-6, f"a third of the cells: {c.series['masked']}")


def lagrange(cells, u, width):
    """What a polynomial through the nearest `width` cells of a ring says at u, in cells from the first centre."""
    n, first = len(cells), np.floor(u).astype(int) - (width // 2 - 1)
    value = np.zeros_like(u)
    for j in range(width):
        w = np.ones_like(u)
        for i in range(width):
            if i != j:
                w *= (u - first - i) / (j - i)
        value += w * cells[(first + j) % n]
    return value


def interpolation():
    """A density that a file has in cells, on the circle: polynomials of six cells, and what four say otherwise."""
    n = 64
    folder = scratch()
    problem = on_circle(n)
    path = os.path.join(folder, "p.h5")
    with h5py.File(path, "w") as f:
        f["p"] = problem.phi([(np.arange(n) + 0.5) / n])
    error = {}

    def read(problem, t):
        x = (np.arange(n) + 0.5) / n
        (origin,), log_j = problem.backward([x], t)
        logs, u = np.log(problem.f["p"]), origin * n - 0.5
        six, four = (np.exp(lagrange(logs, u, width)) for width in (6, 4))
        error[t] = float((np.abs(six - four) * np.exp(-log_j)).sum() / n)
        return six * np.exp(-log_j)

    keys = ["-p_density", "file", "-p_path", path, "-p_dataset", "p", *CIRCLE_MAP, "-check_space", "no"]
    c = compare(problem, keys, [1, 2], [1e-3], quadrature=False, tolerance=1e-6, limit=1e-4, interpolation=read, tail=1e-2)
    c.result("push_forward", "interpolation")
    for k, t in enumerate((1, 2)):  # entropies of distributions at this distance in L1 (Audenaert 2007)
        v = error[t] / 2
        bound = v * math.log(n - 1) - v * math.log(v) - (1 - v) * math.log1p(-v)
        c.near("error_interpolation", c.series["error_interpolation"][k], bound, 1e-6 * bound + 1e-12, f" in row {k}")
    # jumps: what a polynomial leaves below 0
    step = np.where((np.arange(n) > 10) & (np.arange(n) < 30), 1.0, 0)
    with h5py.File(path, "w") as f:
        f["p"] = step
    r = run(DRIVER, "-grid_n", n, *keys, "-dynamics_times", 1, "-smoothing_times", 1e-2)
    (origin,), _ = problem.backward([(np.arange(n) + 0.5) / n], 1)
    below = int((lagrange(step, origin * n - 0.5, 6) < 0).sum())
    said = r.summary()["results"]["push_forward_negative"]
    expect(said == below > 0, f"push_forward_negative: {said}, not {below}")
    expect(r.failing() >= {"resolved"}, f"a jump is not resolved: {r.failing()}")
    compared[DRIVER].add("push_forward_negative")


def remap():
    """What carrying cells adds to the variance of a Gaussian."""
    A = np.array([[1.1, 0.3], [-0.2, 0.9]])
    Sigma = A @ A.T * 0.8**2
    c = Case(DRIVER, ref.Grid([48, 48], [-6, -6], [6, 6], ["open", "open"]),
             ["-p_density", "gaussian_mixture", "-p_mean", "0,0", "-p_sigma", 0.8, "-dynamics_type", "linear", "-dynamics_matrix",
              "1.1,0.3,-0.2,0.9", "-dynamics_times", 1, "-smoothing_times", 0.1, "-push_forward", "remap", "-push_forward_parts", 3,
              "-check_space", "no", "-output_fields", "all", "-check_resolved_tolerance", 1e9, "-check_entropy_law_tolerance", 1])  # fmt: skip
    x, p = np.stack(c.grid.mesh()).astype(float).reshape(2, -1), c.fields[0]["pushed"].astype(float)
    variance = (x * x * p).sum(1) / p.sum()
    added = (variance - np.diag(Sigma)).mean() / 2  # K_s adds 2s an axis
    added -= ((A * A).sum() / 2 - 1) * (1 - 1 / 9) * 0.25**2 / 24  # points in place of cells, which counts as before the map
    c.result("push_forward", "remap")
    c.result("push_forward_diffusion", added, 1e-3 * added)


CASES = (torus, circle, gyre, walls, interpolation, remap)
