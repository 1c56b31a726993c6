"""Random runs against dense references (reference.py), seeds fixed (random_cases.py).

Every printed number of a run that passes is right: rows at t = 0, all rows of implicit Euler in given steps, of a heat
kernel, of any state that was written, relaxation rates; what is not known lies in the interval that is stated.
Estimates of what stepping and grid leave are at least half the true error in 95 of 100 and, where that exceeds 1e-9, at
most 30 times it in 9 of 10. A run may fail its checks (exit 1): then its numbers need not be right.

Usage: test_random.py [--cases first:last] [--case k] [--workers n] [-v]; 40 cases without arguments."""

import argparse, csv, functools, math, multiprocessing, os, shlex, shutil, subprocess, sys, traceback

import common

common.needs("numpy", "h5py")
import h5py
import numpy as np

import random_cases, random_data, reference as ref
from random_tally import Tally

LD = np.longdouble
EPS = np.finfo(float).eps
DIVERGENCES = ref.COLUMNS + ("kl_p_pi", "kl_q_pi")
RATES = (
    "production",
    "production_adiabatic",
    "production_nonadiabatic",
    "fisher_rel",
    "kl_rate",
    "entropy_rate",
    "heat_rate",
    "work_rate",
    "fisher_p",
    "fisher_q",
    "kl_p0_pt",
)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--case", type=int)
    parser.add_argument("--cases", default="0:40")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("-v", action="store_true")
    a = parser.parse_args()
    first, last = map(int, a.cases.split(":")) if a.case is None else (a.case, a.case + 1)
    total = Tally(a.v)
    with multiprocessing.Pool(a.workers) as pool:
        for part in pool.imap(functools.partial(one, a.v), range(first, last)):
            total.add(part)
    sys.exit(total.report())


def one(verbose, number):
    tally = Tally(verbose)
    try:
        Trial(number, tally).judge()
    except Exception:  # the reference's own: told with the case
        tally.refused.append(f"case {number}: {traceback.format_exc()}")
    return tally


class Trial:
    def __init__(self, number, tally):
        self.case, self.tally = random_cases.Case(number), tally
        self.where = f"case {number} ({self.case.driver})"

    def wrong(self, text):
        self.tally.wrong.append(f"{self.where}: {text}")

    def run(self, arguments):
        try:
            return common.run(*arguments, ranks=self.case.ranks, timeout=100)
        except subprocess.TimeoutExpired:
            return None

    def judge(self):
        c, tally = self.case, self.tally
        arguments = c.arguments()
        run = self.run(arguments)
        command = self.command = "otto " + " ".join(shlex.quote(str(a)) for a in arguments)
        tally.count(f"exit {run.status}" if run else "not ended")
        if not run:
            tally.refused.append(f"{self.where}, {c.ranks} ranks: not ended after 100 s\n      {command}")
            return
        if tally.verbose:
            tally.said.append(f"case {c.number}, {c.ranks} ranks: {command}\n  {run.folder}")
        if run.status not in (0, 1):
            tally.refused.append(
                f"{self.where}, {c.ranks} ranks: exit {run.status}: {run.err.strip()[-300:]}\n      {command}"
            )
            return
        self.summary, self.series = run.summary(), run.series()
        self.unknown = {e["name"]: e for e in self.summary.get("not_known", [])}
        with h5py.File(os.path.join(run.folder, "fields.h5")) as f:
            self.fields = [
                [np.array(f[f"{k}/{u}"], LD) if u in f[str(k)] else None for u in "pq"]
                for k in range(len(self.series["t"]))
            ]
        self.p0, self.q0 = self.fields[0]  # as arrays
        self.fields = [[u if u is None else u.ravel() for u in pair] for pair in self.fields]
        self.errors = {kind: self.read_errors(run.folder, kind) for kind in ("time", "space")}
        self.grid = ref.Grid(c.n, c.lower, c.upper, c.kinds)
        if not tally.verbose:
            shutil.rmtree(os.path.dirname(run.folder))
        before = len(tally.wrong)
        if c.driver == "dissipation":
            self.dissipation()
        else:
            self.fokker_planck()
        if run.status == 1:
            failed = [
                f"{x['name']} {x['value']:.3g}" if isinstance(x["value"], float) else x["name"]
                for x in self.summary["checks"]
                if not x["pass"]
            ]
            found = tally.wrong[before:]
            if not all(x["name"] in ("time_error", "space_error") for x in self.summary["checks"] if not x["pass"]):
                del tally.wrong[before:]  # a run that says it failed has warned of them
            tally.alarms.append(
                f"{self.where}: {', '.join(failed)}; "
                f"wrong by the reference: {[f.split(': ', 1)[1] for f in found] or 'nothing'}"
                f"\n      {command}"
            )
        elif len(tally.wrong) > before:
            tally.wrong[-1] += f"\n      {c.ranks} ranks: {command}"

    def read_errors(self, folder, kind):
        path = os.path.join(folder, f"{kind}_error.csv")
        if not os.path.exists(path):
            return None
        with open(path) as f:
            rows = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(f)]
        at = {row["t"]: row for row in rows}
        return [at.get(t, {}) for t in self.series["t"]]

    def compare(self, row, name, truth, tolerance, floor=0.0):
        """One printed number against the truth and what it may be off by."""
        printed = self.series.get(name)
        if printed is None:
            return
        value = printed[row]
        t = self.series["t"][row]
        if math.isnan(value):
            if name in self.unknown:
                self.interval(name, truth, t)
            else:
                self.tally.count("nan")
                self.wrong(f"{name} nan at t = {t:.6g}, right {float(truth):.10g}")
            return
        self.tally.count("numbers compared")
        if math.isinf(value) or np.isinf(truth) or float(abs(truth)) > 1e308:
            if not (value == truth or float(truth) == value):
                self.wrong(f"{name} {value!r} at t = {t:.6g}, right {truth:.12g}")
            return
        if name == "renyi":  # log(mass)/(order - 1): of masses to 1e-12, or that are 1, rounding apart
            floor += (1e-12 if abs(self.series["mass_p"][row] - 1) > 1e-12 else 0.1 * EPS) / abs(self.case.order - 1)
        off = abs(LD(value) - truth)
        allowed = tolerance + (1e-12 if name == "renyi" else 16 * EPS) * abs(truth) + floor
        if not off <= allowed:
            self.wrong(
                f"{name} {value!r} at t = {t:.6g}, right {truth:.17g}, off by {float(off):.3g}, "
                f"allowed {float(allowed):.3g}"
            )

    def interval(self, name, truth, t):
        if abs(t - self.unknown[name]["from"]) > 1e-12 * t:
            return  # the interval is that of the first time
        low, high = self.unknown[name]["interval"]
        low = -math.inf if low in (None, "-inf") else float(low)
        high = math.inf if high in (None, "inf") else float(high)
        self.tally.count("intervals")
        if not low - 1e-12 * abs(low) <= truth <= high + 1e-12 * abs(high):
            self.wrong(f"{name} not known at t = {t:.6g}, said to lie in [{low}, {high}]; right {truth:.12g}")

    # ---- dissipation
    def dissipation(self):
        c, grid = self.case, self.grid
        truth, self.off = [None], {"tv": [], "js": []}
        exact = c.kernel in ("lattice_exact", "gaussian_exact")
        for row, t in enumerate(self.series["t"]):
            scores = None
            form = None
            if t == 0:
                p, q = self.p0, self.q0
                form = "edge" if exact or c.kernel == "lattice" else None
            else:
                factors = [ref.heat_axis(grid, j, c.kernel, t) for j in range(grid.dim)]
                p, q = ref.apply_axes(factors, self.p0), ref.apply_axes(factors, self.q0)
                form = "edge" if c.kernel in ("lattice", "lattice_exact") else None
                if c.kernel == "gaussian_exact":
                    form, scores = "scores", self.scores(factors, t, p, q)
            # exact kernels: 1e-13 of a cell and 4 eps of its logarithm (MATHEMATICS 6.3), twenty times; FFT: of the maximum
            if exact or t == 0:
                share = (
                    1e-12 + 64 * EPS * max(1, float(np.max(np.abs(np.log(np.where(p > 0, p, 1) / p.max())))))
                    if t
                    else 32 * EPS
                )
                columns = ref.dissipation_row(
                    grid, p.ravel(), q.ravel(), c.order, form, self.p0.ravel() if t else None, scores, t
                )
                if t and c.kernel == "gaussian_exact":  # the slope of the printed divergence itself, box and sum as they are
                    slope, weight = self.slope(t)
                    columns["kl_rate"] = (slope, weight + columns["kl_rate"][1])
                for name, (right, weight) in columns.items():
                    if (t == 0 and name == "kl_rate") or (name == "tv" and c.kernel in ("gaussian_exact", "spectral")):
                        continue
                    self.compare(row, name, right, share * weight, share**2)
            else:
                columns = self.fourier_row(row, t, p, q, form)
            if t:
                truth.append({n: (LD(self.series[n][row]), w) for n, (_, w) in columns.items() if n in self.series})
            if c.kernel in ("spectral", "gaussian_exact") and grid.dim < 3:
                self.quadrature(row, t, columns)
        self.judge_quadrature()

        lattice = c.kernel in ("lattice", "lattice_exact")
        if lattice or (c.smooth["p"] and c.smooth["q"]):  # rough data have no spectrum to judge by
            self.space_truth(lambda factor: self.kernel_rows(factor, lattice), truth, lattice)

    def quadrature(self, row, t, columns):
        """tv and js of continuum kernels against sums over cells 16 times (2D: 6 times) smaller."""
        finer, kernel = 16 if self.grid.dim == 1 else 6, self.case.kernel
        if not columns or (
            t == 0 and (kernel != "spectral" or abs(self.series["tv"][row] - float(columns["tv"][0])) < 1e-12)
        ):
            return
        factors = [ref.heat_axis(self.grid, j, kernel, t, finer=finer) for j in range(self.grid.dim)]
        p, q = ref.apply_axes(factors, self.p0).ravel(), ref.apply_axes(factors, self.q0).ravel()
        if min(p.min(), q.min()) <= 0:
            return
        fine = ref.divergences(p, q, self.grid.volume / finer**self.grid.dim)
        for name in ("tv", "js"):
            known = 3 * abs(fine[name][0] - columns[name][0]) / finer**2  # of a kink; js is far better
            off = float(abs(self.series[name][row] - fine[name][0]))
            if not math.isnan(off):
                self.off[name].append((off if off > 2 * known + 1e-12 else 0.0, off / max(float(fine[name][0]), 1e-12)))

    def judge_quadrature(self):
        """What sums over cells miss, by its own estimate or the grid's; a run that fails has said that it is coarse."""
        for name, off in self.off.items():
            if off and self.summary["verdict"] == "pass":
                own = self.summary["results"].get(f"{name}_quadrature_error")
                grid = [row.get(name, math.nan) for row in self.errors["space"] or ()]
                said = [e for e in [math.nan if own is None else float(own)] + grid if not math.isnan(e)]
                error, relative = max(o[0] for o in off), max(o[1] if o[0] else 0.0 for o in off)
                if self.case.kernel != "spectral":  # the estimate holds t = 0, which has no truth here: never too high
                    relative = 0.0
                self.tally.unit("quadrature", self, name, error, relative, max(said) if said else None)

    def slope(self, t):
        """dKL/dt by differences of fourth order, in steps of a thousandth of t, or of what KL takes to change."""

        def kl(u):
            factors = [ref.heat_axis(self.grid, j, self.case.kernel, u) for j in range(self.grid.dim)]
            p, q = ref.apply_axes(factors, self.p0).ravel(), ref.apply_axes(factors, self.q0).ravel()
            return ref.divergences(p, q, self.grid.volume)["kl"][0]

        near = kl(LD(t))
        step = LD(t) / 1000
        change = abs(near - kl(LD(t) + step)) / near
        step /= max(LD(1), 1000 * change)
        slope = (kl(t - 2 * step) - 8 * kl(t - step) + 8 * kl(t + step) - kl(t + 2 * step)) / (12 * step)
        return slope, 1e-1 * abs(slope) + near / t

    def kernel_rows(self, factor, lattice):
        c, grid = self.case, self.grid.refined(factor)
        p, q = (self.refined(name, grid) for name in "pq")
        rows = [None]
        for t in self.series["t"][1:]:
            # the continuum does not end at the faces of open axes
            wide, more = grid.widened(max(1, c.order - 1) * max(grid.length) + 9 * math.sqrt(2 * t))
            if wide.cells > 100000:
                rows.append({})
                continue
            factors = [ref.heat_axis(wide, j, c.kernel, t, float).astype(LD) for j in range(grid.dim)]
            u, v = (ref.apply_axes(factors, np.pad(w, [(m, m) for m in more])).ravel() for w in (p, q))
            row = ref.dissipation_row(wide, u, v, c.order, "edge" if lattice else None) if u.min() > 0 < v.min() else {}
            if not lattice:  # sums over these cells do not know it: quadrature() has more of them
                row.pop("tv", None)
            rows.append(row)
        return rows

    def scores(self, factors, t, p, q):
        out = []
        for u0, u in ((self.p0, p), (self.q0, q)):
            out.append(
                [
                    (
                        ref.apply_axes(
                            [ref.score_axis(self.grid, k, t) if k == j else factors[k] for k in range(self.grid.dim)],
                            u0,
                        )
                        / u
                    ).ravel()
                    for j in range(self.grid.dim)
                ]
            )
        return out

    def fourier_row(self, row, t, p, q, form):
        """FFT kernels: 1e-15 of the maximum in every cell; what that does to a column is found by first order where
        it is small against the cell, and where it is not the run has to say so."""
        c, grid = self.case, self.grid
        columns = ref.dissipation_row(grid, p.ravel(), q.ravel(), c.order, form, self.p0.ravel())
        if min(p.min(), q.min()) <= 0:  # ringing: no densities to compare
            return {}
        share = 50 * EPS * float(max(p.max() / p.min(), q.max() / q.min()))
        if share < 1e-3:
            for name, (truth, weight) in columns.items():
                if name != "tv":
                    self.compare(row, name, truth, share * weight, share**2)
            return columns
        noise = 50 * EPS
        for name in ref.COLUMNS + ("cross_entropy",):  # an error of the size of the unresolved mass is allowed
            truth, weight = columns[name]
            if name != "tv" or c.kernel == "lattice":
                self.compare(row, name, truth, 1e-9 * abs(truth) + 1e-9 * weight, noise)
        return columns

    # ---- fokker-planck
    def chain(self, grid, t):
        """The chain on a grid at a time, with its steady state (None where there is none)."""
        c, chain = self.case, self.chain_alone(grid, t)
        driven = "drift_type" in c.keys
        if c.moves:  # ∂V/∂t by differences of fourth order; V turns once in four intervals or more
            step = LD(self.series["t"][1]) / 10000
            V = lambda k: ref.evaluate(c.potential, grid.mesh(), LD(t) + k * step).ravel()
            chain.slope = (8 * (V(1) - V(-1)) - (V(2) - V(-2))) / (12 * step)
        chain.pi = None if chain.absorbing or (driven and c.moves) else chain.steady() if driven else chain.gibbs()
        return chain

    def fokker_planck(self):
        c, times = self.case, self.series["t"]
        chains = [self.chain(self.grid, t if c.moves else 0) for t in (times if c.moves else times[:1])]
        chains += chains[-1:] * (len(times) - len(chains))
        wells = max(float(np.abs(chain.V / chain.T).max()) for chain in chains)
        # rounding of V/T and of the rates; a steady state that is solved for is right to 1e-11 in every cell
        share = 64 * EPS * (4 + wells) + (1e-12 * self.grid.cells if "drift_type" in c.keys else 0)
        p, q = self.fields[0]
        self.row(chains[0], 0, p, q, share)
        if "ts_type" in c.keys:
            self.printed_states(chains, share)
        right = self.rows_on(self.grid, chains, [p, q], LD)
        scaled = [None] + [self.scaled(chains[r], self.series, r, right[r]) for r in range(1, len(times))]
        self.judge_estimates("time", scaled)
        self.moments("time", chains[-1], self.last[0])
        # the grid is judged where stepping leaves nine tenths of a number that is above what solves leave
        judged = [
            row
            and {
                name: value
                for name, value in row.items()
                if name in now
                and abs(now[name][0] - now[name][1]) < 0.1 * abs(now[name][1])
                and now[name][3] <= 1.01 * abs(now[name][0])
            }
            for row, now in zip(right, scaled)
        ]
        self.space_truth(self.refined_rows, judged)
        if c.steps_each and all(self.series["steps"][k] == k * c.steps_each for k in range(len(times))):
            self.euler(chains, p, q)
        self.spectrum(chains[0])

    def rows_on(self, grid, chains, densities, dtype):
        """Every row after t = 0 of the chain on a grid, and the densities at the end in self.last."""
        times, order = self.series["t"], self.case.order
        step, rows, now = None, [None], densities
        for row in range(1, len(times)):
            if self.case.moves:
                now, values = self.moving(grid, chains[row], times[row - 1], times[row], now)
                rows.append(values)
                continue
            if step is None or abs(times[row] - times[row - 1] - step) > 1e-9 * step:
                step = times[row] - times[row - 1]
                P = chains[row].propagator(LD(times[row]) - LD(times[row - 1]), dtype)
            now = [
                (
                    u
                    if u is None
                    else np.maximum(P.dot(u.astype(dtype)), dtype(1e-300) if dtype is float else 0).astype(LD)
                )
                for u in now
            ]
            rows.append(ref.fokker_planck_row(chains[row], *now, chains[row].pi, order))
        self.last = now
        return rows

    def moving(self, grid, end, a, b, densities):
        """Exponentials of the chain in the middle of 24 and 48 pieces, then h² extrapolated, number by number."""
        found = []
        for pieces in (24, 48):
            now, step = densities, (LD(b) - LD(a)) / pieces
            for k in range(pieces):
                P = self.chain_alone(grid, a + (k + LD(0.5)) * step).propagator(step, float)
                now = [u if u is None else np.maximum(P.dot(u.astype(float)), 1e-300).astype(LD) for u in now]
            found.append((now, ref.fokker_planck_row(end, *now, end.pi, self.case.order)))
        now = [u if u is None else (4 * v - u) / 3 for u, v in zip(found[0][0], found[1][0])]
        now = [u if u is None else np.where(u > 0, u, v) for u, v in zip(now, found[1][0])]
        limit = {
            name: ((4 * found[1][1][name][0] - found[0][1][name][0]) / 3, weight)
            for name, (_, weight) in found[1][1].items()
        }
        return now, limit

    def chain_alone(self, grid, t):
        c = self.case
        return ref.Chain(
            grid,
            lambda x, t: ref.evaluate(c.potential, x, t),
            lambda x, t: [ref.evaluate(f, x, t) for f in c.drift],
            c.T,
            c.mobility,
            t,
        )

    def row(self, chain, row, p, q, share):
        for name, (truth, weight) in ref.fokker_planck_row(chain, p, q, chain.pi, self.case.order).items():
            # the run has ∂V/∂t by differences as well, known to the bound of `known` of all that they add up
            off = max(share, 1e-6) if name == "work_rate" and self.case.moves else share
            self.compare(row, name, truth, off * weight, share**2)

    def printed_states(self, chains, share):
        """The columns are those of the densities that were written, wherever those are all resolved."""
        for row in range(1, len(self.series["t"])):
            p, q = self.fields[row]
            if all(u is None or u.min() > 1e-11 * u.max() for u in (p, q)):
                self.row(chains[row], row, p, q, share)
        chain = chains[-1]
        p, results = self.fields[-1][0], self.summary["results"]
        for name, right in ref.moments(self.grid, p).items():
            for value, truth, size in zip(results[name], right, ref.sizes(self.grid, name)):
                self.near(name, value, truth, 1e-13 * float(size))
        if chain.absorbing:
            escape = (chain.killed * p).sum() / p.sum()
            self.near("escape_rate", results["escape_rate"], escape, 1e-12 * float(chain.killed.max()))
            self.near("killed_mass", results["killed_mass"], 1 - p.sum() * self.grid.volume, 1e-9)
            faces = [f"killed_{side}_{j + 1}" for j in range(self.grid.dim) for side in ("lower", "upper")]
            self.near("killed by faces", sum(self.series[f][-1] for f in faces), results["killed_mass"], 1e-9)

    def near(self, name, value, truth, allowed):
        self.tally.count("numbers compared")
        if not abs(value - float(truth)) <= allowed:
            self.wrong(f"{name} {value!r} of results, right {float(truth)!r}, allowed {allowed:.3g}")

    def scaled(self, chain, series, row, right):
        """What judge_estimates() wants of a row. Solves leave `off` in L1: √(2D) off of a divergence D, off² at
        least; errors count relative to max(|value|, 1e6 off²); of rates, quadratic in p - q as well, times ‖Q‖."""
        off = 10 * max(EPS, self.summary["results"].get("solve_residual", 0))
        norm = float(2 * (chain.matrix().sum(axis=1) + chain.killed).max())
        out = {}
        for name, (truth, weight) in right.items():
            if name not in series or name.startswith("min_"):
                continue
            value = series[name][row]
            energy = self.case.T if name in ("heat_rate", "work_rate") else 1
            unit = (norm if name in RATES else 1) * energy
            small = (
                off * float(weight) + math.sqrt(2 * abs(value) * unit) * off + off * off * unit + 64 * EPS * abs(value)
            )
            scale = max(
                abs(value), 1e6 * off * off * unit, 1e3 * off if name == "tv" else 0, 1e3 * 64 * EPS * float(weight)
            )
            if name in ("entropy_rate", "heat_rate", "work_rate"):  # their terms cancel
                scale = max(scale, series["production"][row] * energy)
            out[name] = (value, truth, small, scale)
        return out

    def refined_rows(self, factor):
        c, grid, times = self.case, self.grid.refined(factor), self.series["t"]
        chains = [self.chain(grid, t) for t in times] if c.moves else [self.chain(grid, 0)] * len(times)
        densities = [
            None if u is None else self.refined(name, grid).ravel()
            for name, u in zip("pq", self.fields[0])
        ]
        return self.rows_on(grid, chains, densities, float)

    # ---- how far the chain is from the continuum
    def refined(self, name, grid):
        """Density p or q on a finer grid: averages over its cells of what the keys say."""
        keys = {k[2:]: v for k, v in self.case.keys.items() if k.startswith(name + "_")}
        return random_data.averages(keys, grid, self.case.smooth[name])

    def space_truth(self, rows_on, coarse, second_order=True):
        """Rows of the continuum by two finer grids, less what is left of h² between them, against the grid's own."""
        c = self.case
        factors = {1: (2, 4), 2: (2, 3), 3: (2, 3)}[c.dim]
        if c.driver == "fokker-planck" and c.moves and c.cells > 20:
            return
        if c.cells * factors[1] ** c.dim > 800 or min(c.n) < 2:
            return
        a, b = (rows_on(f) for f in factors)
        ratio = LD(factors[1]) ** 2 / LD(factors[0]) ** 2
        rows = [None]
        for r in range(1, len(coarse)):
            row = {}
            for name, (value, weight) in coarse[r].items():
                if name not in b[r] or name.startswith("min_"):
                    continue
                fine, finer = a[r][name][0], b[r][name][0]
                limit = (ratio * finer - fine) / (ratio - 1) if second_order else finer
                if (
                    np.isfinite(limit) and np.isfinite(value) and abs(fine - finer) < abs(value - limit) / 2
                ):  # else not known here
                    scale = max(abs(value), 1e-20)
                    if name in ("entropy_rate", "heat_rate", "work_rate"):
                        scale = max(scale, b[r]["production"][0] * (1 if name == "entropy_rate" else c.T))
                    row[name] = (value, limit, abs(limit) * 1e-9 + 64 * EPS * weight, scale)
            rows.append(row)
        self.judge_estimates("space", rows)

    def moments(self, kind, chain, p):
        """Mean and covariance at the end and their estimates, in their own units."""
        table = {e["column"]: e for e in self.summary.get("errors", {}).get(kind, [])}
        results, d = self.summary["results"], chain.grid.dim
        truth = ref.moments(chain.grid, p)
        for i in range(d):
            for name, key, k, j in [("mean_p", f"mean_p[{i + 1}]", i, None)] + [
                ("covariance_p", f"covariance_p[{i + 1},{j + 1}]", i * d + j, j) for j in range(d)
            ]:
                if key not in table or results[name][k] is None:
                    continue
                size = float(chain.grid.length[i] * (1 if j is None else chain.grid.length[j]))
                off = abs(results[name][k] - float(truth[name][k]))
                off = off if off > 1e-11 * size else 0.0
                self.tally.unit(kind, self, key, off, off / size, table[key]["error"])

    def judge_estimates(self, kind, rows):
        """rows[r]: column → (the number, what it should be, what rounding, solves and the reference leave, what the
        error is relative to). A column is a unit: its largest error against its largest estimate, over the rows that
        have one."""
        worst = 0.0
        for name in sorted({n for r in rows if r for n in r}):
            known, unknown = [], 0
            for r, row in enumerate(rows):
                if not row or name not in row:
                    continue
                value, truth, small, scale = (float(x) for x in row[name])
                if not (math.isfinite(value) and math.isfinite(truth)):
                    continue
                off = abs(value - truth)
                off = off if off > small else 0.0
                estimate = self.errors[kind][r].get(name, math.nan) if self.errors[kind] else math.nan
                if math.isnan(estimate):
                    unknown += 1
                else:
                    known.append((off, off / scale, estimate))
            if known:
                error, relative, estimate = (max(column) for column in zip(*known))
                self.tally.unit(kind, self, name, error, relative, estimate)
                worst = max(worst, relative if name in DIVERGENCES + RATES else 0)
            elif unknown:
                self.tally.unit(kind, self, name, 0.0, 0.0, None)
        results = self.summary["results"]
        self.tally.unit(
            kind + " of the case",
            self,
            results.get(f"{kind}_error_column", "-"),
            worst,
            worst,
            results.get(f"{kind}_error"),
        )

    def euler(self, chains, p, q):
        """Implicit Euler in the steps that were asked for: the printed numbers are those of its exact states, to what
        its solves leave (1e-6 of every cell)."""
        times, each = self.series["t"], self.case.steps_each
        solver = ref.Euler(chains[0], times[1] / each)
        for row in range(1, len(times)):
            for k in range(each):
                if self.case.moves:
                    t = times[row - 1] + (times[row] - times[row - 1]) * (k + 1) / each
                    solver = ref.Euler(self.chain_alone(self.grid, t), times[1] / each)
                p = solver.step(p)
                q = q if q is None else solver.step(q)
            self.row(chains[row], row, p, q, 1e-6)

    def spectrum(self, chain):
        wanted = self.case.keys.get("spectrum_count", 0)
        results = self.summary["results"]
        if not wanted:
            return
        right = ref.rates(chain, wanted)
        printed = results.get("relaxation_rates", [])
        bounds = results.get("relaxation_bounds", [1e-4 * abs(x) for x in printed])
        if len(printed) < len(right) and "relaxation_rates" not in self.unknown:
            self.wrong(f"relaxation_rates: {len(printed)} of {len(right)}")
        for k, (value, (truth, frequency, known)) in enumerate(zip(printed, right)):
            if value is None:
                continue
            self.tally.count("rates compared")
            allowed = float(bounds[k] or 0) + known + 1e-13 * abs(truth)
            if not abs(value - truth) <= allowed:
                self.wrong(
                    f"relaxation_rates[{k}] {value!r}, right {truth:.12g} (known to {known:.2g}), "
                    f"allowed {allowed:.2g}; all right: {[float(x[0]) for x in right]}"
                )


if __name__ == "__main__":
    main()
