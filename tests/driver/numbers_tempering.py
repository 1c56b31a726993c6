"""Every number of `otto tempering` found another way: the chain of a metric as a dense matrix, implicit Euler in steps of three
lengths by elimination, Jacobians in closed form, entropies by sums in extended precision, errors by runs on other grids."""

import math
import os

import h5py
import numpy as np

import reference as ref
from common import expect
from otherwise import LD, PI, Case

DRIVER = "tempering"
# Moebius' map of a circle of length 1, tan πy = k tan πx, and its inverse, by 1/k
FORWARD, BACKWARD = "{0}+atan(sin(2*_pi*{0})/(3-cos(2*_pi*{0})))/_pi", "{0}-atan(sin(2*_pi*{0})/(3+cos(2*_pi*{0})))/_pi"
forward = lambda x: x + np.arctan(np.sin(2 * PI * x) / (3 - np.cos(2 * PI * x))) / PI
backward = lambda y: y - np.arctan(np.sin(2 * PI * y) / (3 + np.cos(2 * PI * y))) / PI
slope = lambda x, k=2: k / (np.cos(PI * x) ** 2 + (k * np.sin(PI * x)) ** 2)  # of the map; of its inverse with k = 1/2
ABSOLUTE = ("entropy", "entropy_new", "law_residual", "riemannian_difference", "mean_log_jacobian", "tempering_difference",
            "difference_residual", "riemannian_entropy")  # fmt: skip
RELATIVE = ("tempering_entropy", "tempering_entropy_new", "riemannian_gain", "riemannian_gain_new")


def chain(grid, metric):
    """Qᵀ of p and √g in cells: conductances (√g g^jj)(face)/h², metric(x) the diagonal of g."""
    cells = np.arange(grid.cells).reshape(grid.n)
    volume = lambda x: np.sqrt(math.prod(metric(x)))
    w = (volume(grid.mesh()) + 0 * grid.mesh()[0]).ravel()
    Q = np.zeros((grid.cells, grid.cells))
    for j in range(grid.dim):
        face = grid.mesh()
        face[j] = face[j] + grid.h[j] / 2
        c = (volume(face) / metric(face)[j] / grid.h[j] ** 2 + 0 * face[0]).ravel()
        beyond = np.roll(cells, -1, axis=j)
        if grid.boundary[j] != "periodic":
            inner = np.arange(grid.n[j]) < grid.n[j] - 1
            c = c * np.broadcast_to(inner.reshape([-1 if i == j else 1 for i in range(grid.dim)]), grid.n).ravel()
        for x, y, k in zip(cells.ravel(), beyond.ravel(), c):
            for a, b in ((x, y), (y, x)):
                Q[b, a] += k / w[a]
                Q[a, a] -= k / w[a]
    return Q, w


class Law:
    """A density of a box under a metric, from p (scaled to mass 1) on."""

    def __init__(self, grid, metric, p):
        self.grid, (self.Q, self.w) = grid, chain(grid, metric)
        self.mass = p.sum() * grid.volume
        self.p = (p / self.mass).ravel()

    def at(self, dt, steps):
        p = self.p.astype(float)
        for _ in range(steps):
            p = np.linalg.solve(np.eye(len(p)) - dt * self.Q, p)
        return p.astype(LD)

    def entropies(self, p):
        return -(p * np.log(p)).sum() * self.grid.volume, -(p * np.log(p / self.w)).sum() * self.grid.volume


class Problem:
    """One in the box and in Moebius' coordinates of its axes `turned`, on grids of 1/s of the cells."""

    def __init__(self, n, boundary, metric, formula, density, turned=(), n_new=None):
        self.n, self.boundary, self.dim = n, boundary, len(n)
        self.metric, self.formula, self.density, self.turned, self.n_new = metric, formula, density, turned, n_new or n
        names, self.names = "xyz"[: self.dim], "xyz"[: self.dim]
        text = lambda m: ",".join(m.format(a) if j in turned else a for j, a in enumerate(names))
        self.keys = ["-metric_type", *formula, "-p_density", "formula", "-p_formula", density]
        if turned:
            self.keys += ["-coordinates_formula", text(FORWARD), "-coordinates_inverse", text(BACKWARD)]
            self.keys += ["-coordinates_n", ",".join(map(str, self.n_new))]

    def grid(self, n):
        return ref.Grid(n, [0] * self.dim, [1] * self.dim, self.boundary)

    def laws(self, s=1):
        box = self.grid([k // s for k in self.n])
        self.value = lambda x: ref.evaluate(self.density, x)
        laws = [Law(box, self.metric, self.value(box.mesh()))]
        if self.turned:
            back = lambda y: [backward(v) if j in self.turned else v for j, v in enumerate(y)]
            A = lambda y: [slope(v, LD(0.5)) if j in self.turned else LD(1) + 0 * v for j, v in enumerate(y)]
            pushed = lambda y: [g * a**2 for g, a in zip(self.metric(back(y)), A(y))]
            image = self.grid([k // s for k in self.n_new])
            # p is scaled by its cells in the box of the run, not by those of this one
            scale = self.value(self.grid(self.n).mesh()).sum() * self.grid(self.n).volume
            laws.append(Law(image, pushed, self.value(back(image.mesh())) * math.prod(A(image.mesh())) / scale))
        J = math.prod([slope(x) if j in self.turned else LD(1) + 0 * x for j, x in enumerate(box.mesh())])
        return laws, np.log(J + 0 * box.mesh()[0]).ravel()

    def columns(self, states, start, laws, log_j):
        """A row, of one run, from states of both laws."""
        (H, R), p = laws[0].entropies(states[0]), states[0]
        (H0, R0) = laws[0].entropies(start[0])
        row = {"entropy": H, "tempering_entropy": H - H0, "riemannian_entropy": R, "riemannian_gain": R - R0}
        if len(laws) > 1:
            (H1, R1), (S0, S1) = laws[1].entropies(states[1]), laws[1].entropies(start[1])
            E, E0 = (((u * log_j).sum() * laws[0].grid.volume) for u in (p, start[0]))
            row |= {"entropy_new": H1, "tempering_entropy_new": H1 - S0, "riemannian_gain_new": R1 - S1,
                    "mean_log_jacobian": E, "law_residual": H1 - H - E, "riemannian_difference": R1 - S1 - (R - R0),
                    "tempering_difference": H1 - S0 - (H - H0), "difference_residual": H1 - S0 - (H - H0) - (E - E0)}  # fmt: skip
        return row


def estimate(first, second):
    """src/run/space.c, of numbers without a zero: a third where three grids show second order."""
    shown = first != 0 and LD(0.75) <= second / first / 4 <= LD(1.5)
    return max(abs(first) / (3 if shown else 1), min(abs(second) / 4, 10 * abs(first)) / 3)


def new_fields(c, problem, k, laws, states):
    """Fields of new coordinates, in a file of their own."""
    path = os.path.join(c.r.folder, "fields_new.h5")
    expect(os.path.exists(path) == bool(problem.turned), f"{path}: {c.what}")
    if not problem.turned:
        return
    with h5py.File(path) as f:
        expect(list(f.attrs["grid_n"]) == list(problem.n_new), f"cells of new coordinates: {c.what}")
        expect(abs(f[str(k)].attrs["time"] - c.t[k]) <= 1e-12, f"time of fields_new in row {k}: {c.what}")
        for name, right in (("p", states[1]), ("u", states[1] / laws[1].w), ("volume", laws[1].w)):
            apart = np.abs(f[f"{k}/{name}"][...].ravel() - right).max()
            expect(apart < 1e-8 * (1 + np.abs(right).max()), f"new field {name} of row {k} is {apart} off: {c.what}")


def compare(problem, dt, stop, samples, *more, fails=()):
    """The run in steps dt, of which every interval is a multiple of four."""
    c = Case(DRIVER, problem.grid(problem.n),
             [*problem.keys, "-ts_dt", dt, "-time_stop", stop, "-time_samples", samples, "-output_fields", "all", *more], fails)
    c.times(np.linspace(0, stop, samples))
    laws, log_j = problem.laws()
    coarse = [problem.laws(s) for s in (2, 4)]
    table, worst, ratios = {k: c.r.errors(k) for k in ("time", "space")}, {"time": (0,), "space": (0,)}, {}
    for k, t in enumerate(c.t):
        steps = round(t / dt)
        runs = [[law.at(s * dt, steps // s) for law in laws] for s in (1, 2, 4)]
        rows = [problem.columns(states, [law.p for law in laws], laws, log_j) for states in runs]
        other = [problem.columns([law.at(dt, steps) for law in ls], [law.p for law in ls], ls, j) for ls, j in coarse]
        # solves end at 1e-11; entropies of densities whose logarithms are below 10 turn that into 1e-9 at most
        size = 1 + sum(abs(rows[0].get(n, 0)) for n in ("entropy", "entropy_new", "mean_log_jacobian"))
        floor = max(LD(1e-9) * size, rows[0]["riemannian_gain"])
        for name, v in rows[0].items():
            b, d = rows[1][name], rows[2][name]
            row = 2 * v - b
            c.near(name, c.series[name][k], row, 2e-9, f" in row {k}")
            error = {"time": abs(2 * v - 3 * b + d) / 3 + LD(0.02) * abs(v - b),
                     "space": estimate(v - other[0][name], other[0][name] - other[1][name])}  # fmt: skip
            if name in ("law_residual", "difference_residual", "riemannian_difference"):
                ratios.setdefault(name, []).append(max(0, abs(v) - LD(1e-9) * size) / error["space"] if error["space"] else 0)
            for kind, value in error.items():
                said = table[kind][name][k]
                expect(abs(LD(said) - value) <= LD(6e-6) * value + LD(2e-9), f"{kind} error of {name} in row {k}: {said}, not {value}")
                relative = value / max(abs(row if kind == "time" else v), floor)
                if name in RELATIVE and relative > worst[kind][0]:
                    worst[kind] = (relative, name, t)
        for law, state, mass, least in zip(laws, runs[0], ("mass_p", "mass_new"), ("min_p", "min_new")):
            c.near(mass, c.series[mass][k], 1, 1e-12, f" in row {k}")
            c.near(least, c.series[least][k], state.min(), 1e-9, f" in row {k}")
        c.near("steps", c.series["steps"][k], steps, 0, f" in row {k}")
        for name, right in (("p", runs[0][0]), ("u", runs[0][0] / laws[0].w), ("volume", laws[0].w), ("log_jacobian", log_j)):
            if name in c.fields[k]:
                apart = np.abs(c.fields[k][name] - right).max()
                expect(apart < 1e-8 * (1 + np.abs(right).max()), f"field {name} of row {k} is {apart} off: {c.what}")
        new_fields(c, problem, k, laws, runs[0])
        expect(("log_jacobian" in c.fields[k]) == bool(problem.turned), f"fields {list(c.fields[k])}: {c.what}")
    c.result("metric", problem.formula[0])
    c.result("steps", steps)
    c.result("steps_beside", steps // 2 + steps // 4)
    for kind, (value, name, t) in worst.items():
        c.result(f"{kind}_error", value, 1e-6 * float(value) + 1e-8)
        c.result(f"{kind}_error_column", name)
        c.result(f"{kind}_error_time", t, 1e-12)
    if problem.turned:
        c.result("pushed_mass", laws[1].mass, 1e-8)
        c.result("derivative_error", 0, 1e-8)  # what it may err by; log J above is right to as much
        c.result("mean_log_jacobian_change", c.series["mean_log_jacobian"][-1] - c.series["mean_log_jacobian"][0], 1e-12)
        c.result("log_jacobian_range", log_j.max() - log_j.min(), 1e-8)
        for check, name in (("entropy_law", "law_residual"), ("difference_law", "difference_residual"),
                            ("riemannian", "riemannian_difference")):  # fmt: skip
            said, right = c.r.check(check)["value"], float(max(ratios[name]))
            expect(abs(said - right) <= 1e-3 * right + 1e-3, f"check {check}: {said}, not {right}: {c.what}")
    else:
        for name in ABSOLUTE + RELATIVE + ("mass_new", "min_new"):
            if name not in rows[0] and name in c.series:
                expect(all(map(math.isnan, c.series[name])), f"{name} is of new coordinates: {c.what}")
        named = {u["name"] for u in c.summary["not_defined"]}
        expect("entropy_new" in named and "mass_new" in named, f"said to be not defined: {named}")
    return c


COARSE = ["-space_tolerance", 10, "-time_tolerance", 1]


def circle():
    metric = lambda x: [2 + np.sin(2 * PI * x[0])]
    p = Problem([32], ["periodic"], metric, ["conformal", "-metric_formula", "2+sin(2*_pi*x)"], "1+0.8*cos(2*_pi*x)", (0,), [40])
    compare(p, 5e-4, 0.016, 3, *COARSE)


def annulus():
    """Polar coordinates of a ring between walls, r from 1 on; only the angle has new coordinates."""
    metric = lambda x: [LD(1) + 0 * x[0], (1 + x[0]) ** 2]
    p = Problem([16, 16], ["no_flux", "periodic"], metric, ["diagonal", "-metric_formula", "1,(1+x)^2"],
                "2+cos(_pi*x)*sin(2*_pi*y)", (1,))  # fmt: skip
    compare(p, 2e-3, 0.016, 3, *COARSE)


def alone():
    p = Problem([16], ["no_flux"], lambda x: [LD(1) + 0 * x[0]], ["flat"], "1+0.5*cos(_pi*x)")
    compare(p, 2e-3, 0.016, 2, *COARSE)


CASES = (circle, annulus, alone)
