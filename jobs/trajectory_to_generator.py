#!/usr/bin/env python3
"""Estimates drift and mobility, cell by cell, from trajectories, and writes them as `otto fokker-planck` reads them.

  trajectory_to_generator.py path.dat out.h5 --step 0.01 --lag 0.01 --cells 40 --lower -2 --upper 2
  trajectory_to_generator.py COLVAR out.h5 --lag 2 --cells 36,36 --columns phi,psi
  trajectory_to_generator.py run1.dat run2.dat runs.h5:x out.h5 --step 0.1 --lag 0.2 --cells 60 --period 360

Reads rows of text, a row a time, in order: PLUMED's (`#! FIELDS` names the columns, `#! SET` box and periodic axes) or
plain columns; or datasets of HDF5, file.h5:dataset, of N, N x axes, or several trajectories x N x axes. Each file is
a trajectory; within it a blank line, a second header or a gap of the times begins another. Writes one file of datasets
and beside it out.yaml, the keys that go with it.

The estimate. For dx = u dt + sqrt(2 D) dW (Ito) and a lag tau, an increment x(t + tau) - x(t) from a cell is Gaussian
of mean u tau and variance 2 D tau (Euler-Maruyama). The most likely u is the mean increment over tau, the most likely D
the mean square of what is left over 2 tau (times n/(n - 1), as the mean is taken out), each weighted where rows have
weights. Standard errors: sqrt(2 D/(tau n)) and D sqrt(2/(n - 1)), with n the increments of a cell that do not overlap:
their number (with weights (sum w)^2/sum w^2) over the rows in a lag. These hold where noise is white. Beside them stand
error bars by blocks of consecutive rows (..._error_blocks; --block is their length, by default a 256th of all rows, ten
lags at least), which hold where it is remembered for less than a block, and a warning where these are 1.5 times as large.
V has both, too, of V less its least value: its covariance is that of the forces through the least squares. On periodic axes increments go the short way round,
row by row. Points outside the box start no increment.

The lag. Both estimates err by a term in tau, besides what noise leaves. The same estimate at twice the lag shows it:
it is written (…_lag_bias) and its size printed. --extrapolate takes it out, twice the one less the other, at the cost of
error bars that are up to 1.6 (drift) and 1.7 times (D) as wide. Cells average: what changes within one is not seen.
D and drift at 1, 2 and 4 lags, and the correlations of what is left of increments 1, 2 and 4 lags apart (0 but for chance
where a diffusion made the rows) are printed, written (attributes scan_..., correlation_...), and warned of where they show
noise with a memory, velocities, or noise of the measurement.

What Otto gets. M = D/T per axis (mobility_path, mobility_dataset), `noise: ito`, and a potential V whose force is
b = T u/D: differences between centres are means of the forces of both, on several axes the best fit by weighted least
squares; what no potential explains is printed. On periodic axes V does not come back to itself: the mean slope
becomes a constant force (drift_force), unless --equilibrium says that there is none. With --forces the run takes the
forces themselves (drift_path, drift_dataset), what no potential explains included, and solves for its steady state. Cells of fewer than --least
increments, and those not joined to the largest part of the others, are closed (V = inf)."""
import argparse
import math
import os
import re
import sys

import h5py
import numpy as np

from fes_to_potential import Parser, Refused, bound_of, checked_unit, names_of, periods, quoted, words
from trajectory_fit import MOST_DENSE, Fit, goes_round, largest_part
from trajectory_noise import AHEAD, Noise, block_rows
from trajectory_rows import Columns, Header, check_numbers, cut, read, spacing

MOST_CELLS = 10**7
WIDER = {"drift": math.sqrt(2.5), "diffusion": math.sqrt(3)}  # error bars of 2 f(tau) - f(2 tau), at most


class Box:
    """Cells of a box: lower and upper end, number of cells and period (None: two ends) of each axis."""

    def __init__(self, a, header, columns, files):
        dim = len(columns.axes)
        self.n = self._each(a.cells, dim, "--cells")
        period = self._each(a.period, dim, "--period") if a.period else [None] * dim
        given = [self._each(values, dim, key) if values else [None] * dim
                 for values, key in ((a.lower, "--lower"), (a.upper, "--upper"))]
        self.lower, self.upper, self.is_periodic = [], [], []
        for j, name in enumerate(columns.names):
            low, high = (header.number(end, name) for end in ("min", "max"))
            said, has_ends = header.ring(name), low is not None and high is not None
            if said and not has_ends and period[j] is None:
                raise Refused(f"#! SET periodic_{name}: true, without min_{name} and max_{name}; give --period")
            ring = has_ends and said is not False
            data = np.concatenate([rows.values[:, columns.axes[j]] for rows in files])
            if period[j] is None and ring:
                period[j] = high - low
            if period[j]:
                start = given[0][j] if given[0][j] is not None else low
                start = (-period[j] / 2 if data.min() < 0 else 0.0) if start is None else start
                if given[1][j] is not None and abs(given[1][j] - start - period[j]) > 1e-9 * period[j]:
                    raise Refused(f"--upper: {given[1][j]:.9g} of {name}, which has the period {period[j]:.9g} from {start:.9g}")
                end = start + period[j]
            else:
                start = data.min() if given[0][j] is None else given[0][j]
                end = data.max() if given[1][j] is None else given[1][j]
            if not end > start:
                raise Refused(f"--lower, --upper: {name} would go from {start:.9g} to {end:.9g}")
            self.lower.append(float(start))
            self.upper.append(float(end))
            self.is_periodic.append(bool(period[j]))
        self.h = [(up - lo) / n for lo, up, n in zip(self.lower, self.upper, self.n)]
        self.names = columns.names
        plain = all(re.fullmatch(r"\w[\w.-]{0,30}", name, re.A) for name in self.names) and len(set(self.names)) == dim
        self.tags = self.names if plain else list("xyz"[:dim])  # of datasets
        if math.prod(self.n) > MOST_CELLS:
            raise Refused(f"--cells: {' x '.join(map(str, self.n))} cells; {MOST_CELLS} are allowed")

    @staticmethod
    def _each(values, dim, key):
        if len(values) not in (1, dim):
            raise Refused(f"{key}: {len(values)} entries for {dim} axes; give one for all or one an axis")
        return list(values) * (dim if len(values) == 1 else 1)

    def cells_of(self, x):
        """The cell of each point, -1 outside."""
        places = []
        inside = np.ones(len(x), bool)
        for j, n in enumerate(self.n):
            k = np.floor((x[:, j] - self.lower[j]) / self.h[j])
            k = (np.mod(k, n) if self.is_periodic[j] else k.clip(-1, n + 1)).astype(np.int64)
            k[(k == n) & (x[:, j] <= self.upper[j])] = n - 1
            inside &= (k >= 0) & (k < n)
            places.append(k.clip(0, n - 1))
        return np.where(inside, np.ravel_multi_index(places, self.n), -1)


class Paths:
    """Trajectories [N, axes], periodic axes unwrapped, and the weights of their rows."""

    def __init__(self, files, columns, step, box):
        self.paths, self.weights, self.gaps, self.wide = [], [], 0, 0
        for rows in files:
            ranges, gaps = cut(rows, columns, step)
            self.gaps += gaps
            for i, j in ranges:
                x = rows.values[i:j, columns.axes].copy()
                for k in np.flatnonzero(box.is_periodic):
                    period = box.upper[k] - box.lower[k]
                    x[:, k] = np.unwrap(x[:, k], period=period)
                    self.wide += int((np.abs(np.diff(x[:, k])) > period / 4).sum())
                self.paths.append(x)
                self.weights.append(np.ones(j - i) if columns.weight is None else rows.values[i:j, columns.weight])
        sizes = [len(x) for x in self.paths]
        self.rows, self.begins = sum(sizes), np.cumsum([0, *sizes])
        self.number = np.repeat(np.arange(len(sizes)), sizes)  # of the trajectory, of every row

    def increments(self, lag):
        """Starts, increments over `lag` rows, weights, and the rows of the starts, of all trajectories."""
        long = [k for k, x in enumerate(self.paths) if len(x) > lag]
        starts = [self.paths[k][:-lag] for k in long]
        if not long:
            return None
        steps = [self.paths[k][lag:] - self.paths[k][:-lag] for k in long]
        rows = [np.arange(self.begins[k], self.begins[k + 1] - lag) for k in long]
        return np.concatenate(starts), np.concatenate(steps), np.concatenate([self.weights[k][:-lag] for k in long]), \
            np.concatenate(rows)


class Estimate:
    """Drift u [axes, cells], D [axes, cells] and their standard errors at a lag of so many rows; nan where unknown."""

    def __init__(self, box, paths, lag, step, least):
        cells, tau = math.prod(box.n), lag * step
        dim = len(box.n)
        self.drift, self.diffusion = np.full((dim, cells), math.nan), np.full((dim, cells), math.nan)
        self.count, self.independent = np.zeros(cells, np.int64), np.zeros(cells)
        self.drift_error, self.diffusion_error = self.drift.copy(), self.drift.copy()
        self.correlation, self.outside, self.tau = 0.0, 0, tau
        self.cell, self.row, self.w, self.left = (np.zeros(0, np.int64),) * 2 + (np.zeros(0), np.zeros((0, dim)))
        self.mass, self.good = np.zeros(cells), np.zeros(cells, bool)
        found = paths.increments(lag)
        if found is None:
            return
        start, move, w, row = found
        cell = box.cells_of(start)
        self.outside = int((cell < 0).sum())
        inside = (cell >= 0) & (w > 0)
        cell, move, w = cell[inside], move[inside], w[inside]
        mass, square = (np.bincount(cell, v, cells) for v in (w, w * w))
        self.count = np.bincount(cell, minlength=cells)
        self.independent[mass > 0] = mass[mass > 0] ** 2 / square[mass > 0] / lag
        self.good = good = (self.independent >= least) & (self.independent > 1)
        self.cell, self.row, self.w, self.mass = cell, row[inside], w, mass
        n, left = self.independent[good], np.empty_like(move)
        for j in range(dim):
            mean = np.zeros(cells)
            mean[good] = np.bincount(cell, w * move[:, j], cells)[good] / mass[good]
            left[:, j] = move[:, j] - mean[cell]
            spread = np.bincount(cell, w * left[:, j] ** 2, cells)[good] / mass[good] * n / (n - 1)
            self.drift[j, good], self.diffusion[j, good] = mean[good] / tau, spread / (2 * tau)
            self.drift_error[j, good] = np.sqrt(spread / n) / tau
            self.diffusion_error[j, good] = self.diffusion[j, good] * np.sqrt(2 / (n - 1))
        self.left = left
        for i in range(dim):
            for j in range(i):
                known = good[cell]
                both = [np.sum((w * left[:, a] * left[:, b])[known]) for a, b in ((i, j), (i, i), (j, j))]
                if both[1] > 0 and both[2] > 0:
                    self.correlation = max(self.correlation, abs(both[0]) / math.sqrt(both[1] * both[2]))

    def square(self, j):
        """Of each increment, what its square says of D along axis j: the mean over a cell is D."""
        n = self.independent[self.cell]
        return self.left[:, j] ** 2 * (n / np.where(n > 1, n - 1, 1.0)) / (2 * self.tau)


def extrapolated(one, double):
    """Twice what the lag says less what twice the lag says; the error bars that go with it."""
    for name, wider in WIDER.items():
        setattr(one, name, 2 * getattr(one, name) - getattr(double, name))
        setattr(one, name + "_error", wider * getattr(one, name + "_error"))


def bias_of(one, double, name):
    """The term in the lag by cells, and its root mean square in error bars."""
    bias = getattr(double, name) - getattr(one, name)
    known = np.isfinite(bias) & (getattr(one, name + "_error") > 0)
    size = math.sqrt(np.mean((bias[known] / getattr(one, name + "_error")[known]) ** 2)) if known.any() else math.nan
    return bias, size


class Datasets:
    """What is written, by name: values of cells, unit and sentence; nan where a cell is closed."""

    def __init__(self, a, box, one, bias, is_open, fit, noise):
        time = a.time_unit or "time"
        axis_units = a.axis_units or ["length"] * len(box.n)
        energy = a.energy_unit or "energy"
        self.all = {"V": (fit.V, energy, "potential that comes nearest to the forces T u/D; inf: closed"),
                    "V_error": (fit.error, energy, "standard error of V less V in its lowest cell"),
                    "V_error_blocks": (fit.error_blocks, energy, "the same by blocks of rows"),
                    "blocks": (noise.seen.astype(float), "1", "blocks of rows that saw the cell"),
                    "closed": (1.0 - is_open, "1", "1: no increments to speak of"),
                    "count": (one.count.astype(float), "1", "increments that start in the cell"),
                    "independent": (one.independent, "1", "those of them that do not overlap, by weight")}
        for j, (name, tag) in enumerate(zip(box.names, box.tags)):
            mean, square = f"{axis_units[j]}/{time}", f"{axis_units[j]}^2/{time}"
            M = np.where(is_open, one.diffusion[j], math.nan) / a.temperature
            self.all |= {
                f"force_{tag}": (fit.given[j], f"{energy}/{axis_units[j]}", f"T u/D along {tag}"),
                f"mobility_{tag}": (M, f"{axis_units[j]}^2/({time} {energy})", f"mobility D/T along {tag}"),
                f"drift_{tag}": (one.drift[j], mean, f"mean of dx/dt along {name} (Ito)"),
                f"drift_{tag}_error": (one.drift_error[j], mean, "its standard error"),
                f"drift_{tag}_error_blocks": (noise.drift_error[j], mean, "the same by blocks of rows"),
                f"drift_{tag}_lag_bias": (bias["drift"][j], mean, "by how much it grows with twice the lag"),
                f"diffusion_{tag}": (one.diffusion[j], square, f"diffusion D along {tag}"),
                f"diffusion_{tag}_error": (one.diffusion_error[j], square, "its standard error"),
                f"diffusion_{tag}_error_blocks": (noise.diffusion_error[j], square, "the same by blocks of rows"),
                f"diffusion_{tag}_lag_bias": (bias["diffusion"][j], square, "by how much it grows with twice the lag"),
            }

    def write(self, a, box, names, noise, lag):
        part = a.output + ".part"
        with h5py.File(part, "w") as file:
            file.attrs["grid_lower"], file.attrs["grid_upper"] = np.array(box.lower), np.array(box.upper)
            noise.write(file, box, lag)
            for j in range(len(box.n)):
                name = names[j] if names else "xyz"[j]
                scale = file.create_dataset(name, data=box.lower[j] + (np.arange(box.n[j]) + 0.5) * box.h[j])
                scale.make_scale(name)
                scale.attrs["long_name"] = f"{box.names[j]} of cell centres"
                if a.axis_units:
                    scale.attrs["units"] = a.axis_units[j]
            for key, (values, unit, sentence) in self.all.items():
                data = file.create_dataset(key, data=values.reshape(box.n))
                data.attrs["units"], data.attrs["long_name"] = unit, sentence
                for j in range(len(box.n)):
                    data.dims[j].attach_scale(file[names[j] if names else "xyz"[j]])
        os.replace(part, a.output)


class Named:
    def __init__(self, name):
        self.name = name


def row_of(values):
    return "[" + ", ".join(str(value) for value in values) + "]"


def snippet(a, box, names, fit, lag, closed):
    """The keys that read it."""
    path, forces, mobilities = quoted(a.output), *(quoted(",".join(f"{word}_{tag}" for tag in box.tags))
                                                   for word in ("force", "mobility"))
    lines = [f"# Drift and mobility of {', '.join(quoted(os.path.basename(name)) for name in a.input)}, at a lag of {lag:.9g}.",
             "# A run of otto fokker-planck needs beside it, say: p: {density: uniform" +
             (", closed: restrict" if closed else "") + "} and time: {stop: 10, samples: 11}.", "grid:",
             "  n: " + row_of(box.n)]
    if names:
        lines.append("  names: " + row_of(map(quoted, names)))
    lines += ["  lower: " + row_of(repr(x) for x in box.lower), "  upper: " + row_of(repr(x) for x in box.upper),
              "  boundary: " + row_of("periodic" if ring else "no_flux" for ring in box.is_periodic)]
    if a.axis_units:
        lines.append("  units: " + row_of(map(quoted, a.axis_units)))
    if a.forces:
        lines.append(f"drift: {{type: file, path: {path}, dataset: {forces}}}")
        lines.append(f"potential: {{mask: {quoted(a.output + ':closed')}}}" if closed else "potential: {type: none}")
    else:
        lines.append(f"potential: {{type: file, path: {path}, dataset: V}}")
    if fit.force.any() and not a.forces:
        lines.append("drift: {type: constant, force: " + row_of(repr(float(f)) for f in fit.force) + "}")
    lines += [f"mobility: {{path: {path}, dataset: {mobilities}}}",
              "noise: ito", f"temperature: {a.temperature!r}"]
    if a.energy_unit:
        lines.append(f"energy_units: {quoted(a.energy_unit)}")
    if a.time_unit:
        lines.append(f"time_units: {quoted(a.time_unit)}")
    return "\n".join(lines) + "\n"


def by_blocks(error, digits):
    return "not known by blocks" if math.isnan(error) else f"{error:.{digits}g} by blocks"


def say(a, box, paths, one, size, fit, noise, lag, step, is_open):
    """What was found, in lines."""
    closed = int((~is_open).sum())
    print(f"{a.output}: {' x '.join(map(str, box.n))} cells; {len(paths.paths)} trajectories of {paths.rows} rows "
          f"{step:.9g} apart ({paths.gaps} gaps), lag {lag * step:.9g}; keys in {a.yaml}")
    for j, name in enumerate(box.names):
        print(f"{name}: {'periodic' if box.is_periodic[j] else 'with two ends'}, box from {box.lower[j]:.9g} to "
              f"{box.upper[j]:.9g}")
    if paths.wide:
        print(f"{paths.wide} rows are more than a quarter of a period from the row before: "
              "that they went the short way round is a guess")
    if one.outside:
        print(f"{one.outside} increments start outside the box and are left out")
    if closed:
        few = int((one.count[~is_open] > 0).sum())
        print(f"{closed} cells are closed (V = inf): {closed - few} were never seen, {few} have fewer than {a.least:g} "
              "increments that do not overlap or are not joined to the others")
    n = one.independent[is_open]
    print(f"{int(one.count[is_open].sum())} increments in {int(is_open.sum())} cells, {n.min():.4g} to {n.max():.4g} a cell "
          "that do not overlap")
    wide = max(float(np.nanmax(np.sqrt(2 * one.diffusion[j, is_open] * lag * step))) / h for j, h in enumerate(box.h))
    print(f"an increment is {wide:.2g} cells wide at most" + (": cells average over more than their own" if wide > 1 else ""))
    for name, known in size.items():
        what = "drift" if name == "drift" else "D"
        print(f"the lag's bias in {what} is not known: too few increments of twice the lag" if math.isnan(known) else
              f"the lag's bias in {what}, by twice the lag, is {known:.2g} error bars (root mean square; "
              f"noise alone gives up to {'0.7' if name == 'drift' else '1'}){', taken out' if a.extrapolate else ''}")
    if one.correlation > 4 / math.sqrt(max(n.sum(), 1)) and one.correlation > 0.02:
        print(f"noise along the axes is correlated ({one.correlation:.2g}), which a mobility per axis does not carry")
    for line in noise.say(box, one, is_open):
        print(line)
    for j, f in enumerate(fit.force):
        if fit.ring[j]:
            print(f"constant force round {box.names[j]}: {f:.6g} ± {fit.force_error[j]:.2g} "
                  f"({by_blocks(fit.force_error_blocks[j], 2)})")
    if np.isfinite(fit.error[is_open]).all():
        blocks = fit.error_blocks[is_open & np.isfinite(fit.error_blocks)].max(initial=0) if noise.blocks > 1 else math.nan
        print(f"V less its least value is known to {fit.error[is_open].max():.3g} at worst ({by_blocks(blocks, 3)}), standard errors")
    else:
        print(f"error bars of V are not known: more than {MOST_DENSE} cells are open")
    if fit.freedom > 0:
        print(f"what no potential{' with a constant force' if any(fit.ring) else ''} explains of the drift is "
              f"{math.sqrt(np.sum(fit.left**2) / fit.freedom):.2g} error bars (noise alone gives about 1)")


def find(a):
    """The estimate, the fit and all that is said of them."""
    header = Header()
    files = [read(path, header) for path in a.input]
    columns = Columns(a, header)
    for rows in files:
        check_numbers(rows, columns)
    step = spacing(files, columns, a)
    box = Box(a, header, columns, files)
    paths = Paths(files, columns, step, box)
    lag = round(a.lag / step)
    if lag < 1 or abs(lag * step - a.lag) > 1e-3 * step:
        raise Refused(f"--lag: {a.lag:.9g} is no whole number of steps, rows being {step:.9g} apart")
    if not any(len(x) > lag for x in paths.paths):
        raise Refused(f"--lag: no trajectory is longer than {lag} rows")
    estimates = one, double, _ = [Estimate(box, paths, k * lag, step, a.least) for k in AHEAD]
    bias, size = {}, {}
    for name in WIDER:
        bias[name], size[name] = bias_of(one, double, name)
    rows = block_rows(paths.rows, lag, a.block and max(1, round(a.block / step)))
    noise = Noise(estimates, paths, lag, a.temperature, rows, a.extrapolate)
    if a.extrapolate:
        extrapolated(one, double)
    known = (np.isfinite(one.drift) & (one.diffusion > 0)).all(axis=0)
    if known.sum() < 2:
        raise Refused(f"{', '.join(a.input)}: {int(known.sum())} cells have {a.least:g} increments or more that move: "
                      "more rows, fewer cells or another box are needed")
    is_open = largest_part(box, known)
    with np.errstate(invalid="ignore", divide="ignore"):
        force = a.temperature * one.drift / one.diffusion
        error = a.temperature * np.hypot(one.drift_error / one.diffusion,
                                         one.drift * one.diffusion_error / one.diffusion**2)
    ring = [goes and not a.equilibrium for goes in goes_round(box, is_open)]
    fit = Fit(box, force, error, is_open, ring)
    fit.propagate(error, noise)
    return box, paths, one, bias, size, fit, noise, lag, step, is_open


def convert(a):
    """Reads, writes, and says what was found."""
    for key, units in (("--axis-units", a.axis_units or ()), ("--time-unit", [a.time_unit] if a.time_unit else ()),
                       ("--energy-unit", [a.energy_unit] if a.energy_unit else ())):
        for unit in units:
            checked_unit(key, unit)
    box, paths, one, bias, size, fit, noise, lag, step, is_open = find(a)
    if a.axis_units and len(a.axis_units) != len(box.n):
        raise Refused(f"--axis-units: {len(box.n)} entries, one an axis, are expected")
    names = names_of([Named(name) for name in box.names])
    made = Datasets(a, box, one, bias, is_open, fit, noise)
    if names and set(names) & set(made.all):
        names = None
    os.makedirs(os.path.dirname(os.path.abspath(a.output)), exist_ok=True)
    made.write(a, box, names, noise, lag * step)
    with open(a.yaml, "w", encoding="utf-8") as file:
        file.write(snippet(a, box, names, fit, lag * step, not is_open.all()))
    say(a, box, paths, one, size, fit, noise, lag, step, is_open)


def numbers(text):
    values = [bound_of(word) for word in text.split(",")]
    if None in values or not all(map(math.isfinite, values)):
        raise argparse.ArgumentTypeError(f"'{text}' is no list of numbers")
    return values


def whole(text):
    values = [int(word) if re.fullmatch(r"[0-9]{1,7}", word) else 0 for word in text.split(",")]
    if min(values) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no list of whole numbers above 0")
    return values


def above(text):
    value = bound_of(text)
    if value is None or not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"'{text}' is no number above 0")
    return value


def parse():
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input", nargs="+", help="text, or file.h5:dataset; a trajectory each, or several")
    parser.add_argument("output", help="HDF5 file; the keys are written beside it, .yaml for .h5")
    parser.add_argument("--lag", type=above, required=True, help="tau, a whole number of times between rows")
    parser.add_argument("--cells", type=whole, required=True, help="cells per axis, or one number for all")
    parser.add_argument("--step", type=above, help="time between rows; not where a column has the times")
    parser.add_argument("--time-column", help="name or number (from 1); by default the one called time; or none")
    parser.add_argument("--columns", type=words, help="names or numbers of the coordinates; by default all others")
    parser.add_argument("--weight-column", help="name or number of the column of weights; by default all count alike")
    parser.add_argument("--lower", type=numbers, help="lower end of the box per axis (the header's, or the least)")
    parser.add_argument("--upper", type=numbers, help="upper end (the header's, or the largest)")
    parser.add_argument("--period", type=periods, help="an axis' period, or no: 360,no or 2*pi,2*pi")
    parser.add_argument("--least", type=above, default=10, help="increments that a cell needs (10), above 1")
    parser.add_argument("--block", type=above, help="length, in time, of the blocks of rows that error bars are found by")
    parser.add_argument("--extrapolate", action="store_true", help="to lag 0, from the lag and twice the lag")
    parser.add_argument("--equilibrium", action="store_true", help="no constant force round periodic axes")
    parser.add_argument("--forces", action="store_true", help="the run takes the forces of cells in place of the potential")
    parser.add_argument("--temperature", type=above, default=1.0, help="T in units of V (1: V in units of kT)")
    parser.add_argument("--axis-units", type=words, help="units of the axes, carried as text: nm,rad")
    parser.add_argument("--time-unit", help="unit of time, carried as text: ps")
    parser.add_argument("--energy-unit", help="unit of V and T, carried as text: kT")
    a = parser.parse_args()
    a.yaml = os.path.splitext(a.output)[0] + ".yaml"
    if a.yaml == a.output or os.path.abspath(a.yaml) in map(os.path.abspath, a.input):
        parser.error(f"{a.output}: its keys would be written to {a.yaml}; give it another name, .h5")
    return a


def main():
    try:
        convert(parse())
    except (Refused, OSError) as refusal:
        print(f"trajectory_to_generator.py: {refusal}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
