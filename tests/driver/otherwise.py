"""A run whose numbers are compared with numbers found another way, and which names have been."""

import math, os

import h5py
import numpy as np

import reference as ref
from common import expect, run

LD, EPS, PI = np.longdouble, np.finfo(float).eps, math.pi
DRIVERS = ("dissipation", "fokker-planck", "transport", "gradient-flow", "tempering", "convective-entropy", "first-passage", "bench")
seen = {driver: set() for driver in DRIVERS}  # what runs print,
compared = {driver: set() for driver in DRIVERS}  # and what was found otherwise


class Case:
    """A run that passes (or fails the checks named), its rows, results and states."""

    def __init__(self, driver, grid, arguments, fails=()):
        self.driver, self.grid = driver, grid
        self.text = lambda values: ",".join(str(v) for v in values)
        keys = ["-grid_n", self.text(grid.n), "-grid_lower", self.text(map(float, grid.lower)), "-grid_upper",
                self.text(map(float, grid.upper)), "-grid_boundary", self.text(grid.boundary)]
        self.r = run(driver, *keys, *arguments)
        self.what = f"{driver} {' '.join(str(a) for a in arguments)}"
        ok = self.r.status == (1 if fails else 0) and (not fails or self.r.failing() == set(fails))
        expect(ok, f"{self.what}: exit {self.r.status}: {self.r.err[-300:]}{self.r.out[-900:]}")
        has = os.path.exists(os.path.join(self.r.folder, "series.csv"))
        self.series, self.summary = self.r.series() if has else {}, self.r.summary()
        self.results, self.t = self.summary["results"], self.series.get("t", [])
        seen[driver] |= set(self.series) | set(self.results)
        self.fields = {}
        path = os.path.join(self.r.folder, "fields.h5")
        with h5py.File(path) if os.path.exists(path) else h5py.File("none", "w", driver="core", backing_store=False) as f:
            for k in [k for k in f if k.isdigit()]:
                self.fields[int(k)] = {name: np.array(f[k][name], LD).ravel() for name in f[k] if f[k][name].ndim == grid.dim}

    def near(self, name, value, right, allowed, where=""):
        value = math.nan if value is None else float(value)
        ok = value == float(right) or abs(LD(value) - LD(right)) <= LD(allowed)
        expect(ok, f"{name}{where}: {value!r}, found otherwise {float(right)!r}, allowed {float(allowed):.3g}: {self.what}")
        compared[self.driver].add(name)

    def row(self, k, columns, share):
        """A row against name → (value, what a relative error of 1 in every cell adds up to)."""
        for name, (right, weight) in columns.items():
            if name in self.series:
                self.near(name, self.series[name][k], right, share * weight + 16 * EPS * abs(right), f" in row {k}")

    def result(self, name, right, allowed=0.0):
        if isinstance(right, str):
            expect(right in self.results.get(name, ""), f"{name}: {self.results.get(name)!r}, not {right!r}: {self.what}")
            compared[self.driver].add(name)
            return
        values, rights = np.atleast_1d(self.results.get(name, math.nan)), np.atleast_1d(right)
        expect(len(values) == len(rights), f"{name}: {values} for {rights}: {self.what}")
        for i, (a, b) in enumerate(zip(values, rights)):
            self.near(name, a, b, np.broadcast_to(allowed, rights.shape)[i], f"[{i}] of results")

    def moments(self, k, p, of):
        """Means, resultant lengths and covariances of one density of row k."""
        g, x, w = self.grid, [c.ravel() for c in self.grid.mesh()], p / p.sum()
        means = {}
        for j, axis in enumerate("xyz"[: g.dim]):
            if g.boundary[j] == "periodic":
                z = (w * np.exp(2j * PI * (x[j] - g.lower[j]).astype(float) / float(g.length[j]))).sum()
                turn = float(g.lower[j]) + (np.angle(complex(z)) % (2 * PI)) / (2 * PI) * float(g.length[j])
                printed = self.series[f"mean_{of}_{axis}"][k]
                if not math.isnan(printed):  # the faces are one place
                    turn += float(g.length[j]) * round((printed - turn) / float(g.length[j]))
                self.near(f"mean_{of}_{axis}", printed, turn, 1e-12, f" in row {k}")
                self.near(f"resultant_{of}_{axis}", self.series[f"resultant_{of}_{axis}"][k], abs(z), 1e-14, f" in row {k}")
            else:
                means[j] = (w * x[j]).sum()
                self.near(f"mean_{of}_{axis}", self.series[f"mean_{of}_{axis}"][k], means[j], 1e-14, f" in row {k}")
        for i in means:
            for j in [j for j in means if j >= i]:
                name = f"covariance_{of}_{'xyz'[i]}{'xyz'[j]}"
                right = (w * (x[i] - means[i]) * (x[j] - means[j])).sum()
                self.near(name, self.series[name][k], right, 1e-14, f" in row {k}")

    def times(self, right):
        expect(len(right) == len(self.t), f"rows: {self.t}")
        for k, t in enumerate(right):
            self.near("t", self.t[k], t, 4 * EPS * t, f" in row {k}")


# ---- runs of fokker-planck
STEADY = ["-ts_type", "beuler", "-check_time", "no", "-check_space", "no", "-output_fields", "all", "-ksp_converged_reason"]


def judge_rows(c, chains, pi, order=0.5, share=1e-12):
    for k in range(len(c.t)):
        chain = chains[k] if isinstance(chains, list) else chains
        p, q = c.fields[k]["p"], c.fields[k].get("q")
        columns = ref.fokker_planck_row(chain, p, q, pi[k] if isinstance(pi, list) else pi, order)
        c.row(k, columns, share)
        c.moments(k, p, "p")
        if q is not None:
            c.moments(k, q, "q")
            rate, fisher = c.series["kl_rate"][k], c.series["fisher_rel"][k]
            c.near("residual", c.series["residual"][k], abs(rate + fisher) / fisher, 1e-15, f" in row {k}")
