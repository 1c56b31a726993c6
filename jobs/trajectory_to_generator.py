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
their number (with weights (sum w)^2/sum w^2) over the rows in a lag. On periodic axes increments go the short way round,
row by row. Points outside the box start no increment.

The lag. Both estimates err by a term in tau, besides what noise leaves. The same estimate at twice the lag shows it:
it is written (…_lag_bias) and its size printed. --extrapolate takes it out, twice the one less the other, at the cost of
error bars that are up to 1.6 (drift) and 1.7 times (D) as wide. Cells average: what changes within one is not seen.

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

from fes_to_potential import Parser, Refused, bound_of, names_of, number_of, periods, words

WIDER = {"drift": math.sqrt(2.5), "diffusion": math.sqrt(3)}  # error bars of 2 f(tau) - f(2 tau), at most


class Header:
    """What files say of themselves: names of columns, box and periods; all files must say the same."""

    def __init__(self):
        self.names, self.set, self.count = None, {}, None

    def take(self, path, line, found):
        """A line that begins with #!."""
        if found[:1] == ["FIELDS"]:
            if self.names not in (None, found[1:]):
                raise Refused(f"{path}, line {line}: columns {' '.join(found[1:])}; before it was {' '.join(self.names)}")
            self.names = found[1:]
        elif found[:1] == ["SET"]:
            if len(found) != 3:
                raise Refused(f"{path}, line {line}: #! SET with a name and a value is expected")
            if self.set.setdefault(found[1], found[2]) != found[2]:
                raise Refused(f"{path}, line {line}: {found[1]} is {found[2]}; before it was {self.set[found[1]]}")

    def number(self, name, axis):
        word = self.set.get(f"{name}_{axis}")
        if word is None:
            return None
        value = bound_of(word)
        if value is None:
            raise Refused(f"#! SET {name}_{axis}: '{word}' is not understood")
        return value

    def column(self, word, key):
        """A column's index, by its name or its number from 1 on."""
        if re.fullmatch(r"\d+", word):
            if not 1 <= int(word) <= self.count:
                raise Refused(f"{key}: no column {word}; there are {self.count}")
            return int(word) - 1
        if (self.names or []).count(word) != 1:
            raise Refused(f"{key}: no column is called '{word}': " + (", ".join(self.names) if self.names else
                          f"none have names; numbers 1 to {self.count} do"))
        return self.names.index(word)


class Rows:
    """The rows of one file: numbers [N, columns], the line of each, and the rows at which trajectories begin."""

    def __init__(self, path, header):
        self.path, self.word, self.lines, self.begins, rows = path, "line", [], [0], []
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                for line, text in enumerate(file, 1):
                    found = text.split()
                    if not found or found[0] == "#!":
                        if found:
                            header.take(path, line, found[1:])
                        self.begins.append(len(rows))
                    elif found[0][0] not in "#@":
                        rows.append(self._row(line, found, header))
                        self.lines.append(line)
        except OSError as error:
            raise Refused(f"{path}: {error.strerror}") from None
        if not rows:
            raise Refused(f"{path}: no row of numbers in it")
        self.values = np.array(rows)

    def _row(self, line, found, header):
        if header.count is None:
            header.count = len(found)
            if header.names and len(header.names) != header.count:
                raise Refused(f"{self.path}, line {line}: {len(found)} columns; #! FIELDS names {len(header.names)}")
        if len(found) != header.count:
            raise Refused(f"{self.path}, line {line}: {len(found)} columns; the rows before have {header.count}")
        try:
            return [float(word) for word in found]
        except ValueError:
            for k, word in enumerate(found):
                if number_of(word)[0] is None:
                    raise Refused(f"{self.path}, line {line}: '{word[:40]}' in column {k + 1} is no number") from None
            return [number_of(word)[0] for word in found]  # Fortran's 1.0D-3

    def at(self, row):
        return f"{self.path}, {self.word} {self.lines[row]}"


class Dataset(Rows):
    """The same of a dataset of HDF5, whose rows are counted from 1 through all its trajectories."""

    def __init__(self, name, header):
        self.path, self.word = name, "row"
        path, dataset = name.rsplit(":", 1)
        try:
            with h5py.File(path) as file:
                if not isinstance(file.get(dataset), h5py.Dataset):
                    raise Refused(f"{path}: no dataset '{dataset}' in it; there are: {', '.join(sorted(file))}")
                values = np.asarray(file[dataset][...], float)
        except (OSError, ValueError, TypeError) as error:
            raise Refused(f"{name}: {error}".splitlines()[0]) from None
        if values.ndim not in (1, 2, 3) or not values.size:
            raise Refused(f"{name}: {values.ndim} dimensions, {values.size} numbers; N, N x axes or K x N x axes are wanted")
        if values.ndim == 1:
            values = values[:, None]
        each = values.shape[-2]
        self.values = values.reshape(-1, values.shape[-1])
        self.lines, self.begins = range(1, len(self.values) + 1), range(0, len(self.values), each)
        if header.count not in (None, values.shape[-1]):
            raise Refused(f"{name}: {values.shape[-1]} columns; the files before have {header.count}")
        header.count = values.shape[-1]


def read(path, header):
    is_dataset = ":" in path and not os.path.exists(path) and os.path.exists(path.rsplit(":", 1)[0])
    return Dataset(path, header) if is_dataset else Rows(path, header)


class Columns:
    """Which columns are what."""

    def __init__(self, a, header):
        names = header.names or []
        wanted = a.time_column or ("time" if "time" in names and not a.step else None)
        self.time = None if wanted in (None, "none") else header.column(wanted, "--time-column")
        self.weight = header.column(a.weight_column, "--weight-column") if a.weight_column else None
        if self.time is None and not a.step:
            raise Refused("--step: missing; give the time between rows, or the column of times (--time-column)")
        if self.time is not None and a.step:
            raise Refused("--step: there is a column of times as well; give one of them")
        if a.columns:
            self.axes = [header.column(word, "--columns") for word in a.columns]
        else:
            not_axes = {self.time, self.weight, names.index("time") if "time" in names else None}
            self.axes = [k for k in range(header.count) if k not in not_axes]
        if not 1 <= len(self.axes) <= 3 or len(set(self.axes)) < len(self.axes):
            raise Refused(f"--columns: 1 to 3 columns of coordinates, each once, are expected, not {len(self.axes)}")
        self.names = [names[k] if names else "xyz"[j] for j, k in enumerate(self.axes)]


def check_numbers(rows, columns):
    """Refuses what is not finite in the columns that are used, and weights below 0."""
    used = columns.axes + [k for k in (columns.time, columns.weight) if k is not None]
    bad = ~np.isfinite(rows.values[:, used])
    if bad.any():
        row, k = np.argwhere(bad)[0]
        raise Refused(f"{rows.at(row)}: {rows.values[row, used[k]]} in column {used[k] + 1}; numbers must be finite")
    if columns.weight is not None:
        low = np.flatnonzero(rows.values[:, columns.weight] < 0)
        if len(low):
            raise Refused(f"{rows.at(low[0])}: a weight of {rows.values[low[0], columns.weight]:.9g}; "
                          "weights are not negative")


def spacing(files, columns, a):
    """The time between rows."""
    if columns.time is None:
        return a.step
    gaps = np.concatenate([np.diff(rows.values[:, columns.time]) for rows in files])
    if not (gaps > 0).any():
        raise Refused(f"{files[0].path}: the column of times, {columns.time + 1}, does not grow")
    return float(np.median(gaps[gaps > 0]))


def cut(rows, columns, step):
    """The trajectories of a file, as ranges of its rows; how many gaps of the times there were."""
    begins, gaps = {int(k) for k in rows.begins}, 0
    if columns.time is not None:
        passed = np.diff(rows.values[:, columns.time])
        still = np.flatnonzero(passed == 0)
        if len(still):
            raise Refused(f"{rows.at(still[0] + 1)}: the time, {rows.values[still[0], columns.time]:.12g}, "
                          "is that of the row before")
        # times are printed with few decimals: they may be off by a hundredth of a step, and by what single precision is, if
        # that leaves them in their order
        slack = np.minimum(1e-2 * step + 2**-22 * np.abs(rows.values[1:, columns.time]), 0.4 * step)
        off = np.flatnonzero(np.abs(passed - step) > slack)
        if len(off) > 0.1 * len(passed):
            raise Refused(f"{rows.at(off[0] + 1)}: {passed[off[0]]:.9g} after the row before, where most are {step:.9g} "
                          f"apart ({len(off)} rows are not): rows must be evenly spaced in time")
        gaps = len({int(k) + 1 for k in off} - begins)
        begins |= {int(k) + 1 for k in off}
    ends = sorted(begins | {len(rows.values)})
    return [(i, j) for i, j in zip(ends[:-1], ends[1:]) if j > i], gaps


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
            said = header.set.get(f"periodic_{name}", "").lower()
            ring = said == "true" or said != "false" and low is not None and high is not None
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
            k = np.floor((x[:, j] - self.lower[j]) / self.h[j]).astype(np.int64)
            if self.is_periodic[j]:
                k %= n
            k[(k == n) & (x[:, j] <= self.upper[j])] = n - 1
            inside &= (k >= 0) & (k < n)
            places.append(k.clip(0, n - 1))
        return np.where(inside, np.ravel_multi_index(places, self.n), -1)


class Paths:
    """Trajectories [N, axes], periodic axes unwrapped, and the weights of their rows."""

    def __init__(self, files, columns, step, box):
        self.paths, self.weights, self.gaps, self.wide, self.rows = [], [], 0, 0, 0
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
                self.rows += j - i

    def increments(self, lag):
        """Starts, increments over `lag` rows, and weights, of all trajectories."""
        long = [k for k, x in enumerate(self.paths) if len(x) > lag]
        starts = [self.paths[k][:-lag] for k in long]
        if not long:
            return None
        steps = [self.paths[k][lag:] - self.paths[k][:-lag] for k in long]
        return np.concatenate(starts), np.concatenate(steps), np.concatenate([self.weights[k][:-lag] for k in long])


class Estimate:
    """Drift u [axes, cells], D [axes, cells] and their standard errors at a lag of so many rows; nan where unknown."""

    def __init__(self, box, paths, lag, step, least):
        cells, tau = math.prod(box.n), lag * step
        dim = len(box.n)
        self.drift, self.diffusion = np.full((dim, cells), math.nan), np.full((dim, cells), math.nan)
        self.count, self.independent = np.zeros(cells, np.int64), np.zeros(cells)
        self.drift_error, self.diffusion_error = self.drift.copy(), self.drift.copy()
        self.correlation, self.outside = 0.0, 0
        found = paths.increments(lag)
        if found is None:
            return
        start, move, w = found
        cell = box.cells_of(start)
        self.outside = int((cell < 0).sum())
        inside = (cell >= 0) & (w > 0)
        cell, move, w = cell[inside], move[inside], w[inside]
        mass, square = (np.bincount(cell, v, cells) for v in (w, w * w))
        self.count = np.bincount(cell, minlength=cells)
        self.independent[mass > 0] = mass[mass > 0] ** 2 / square[mass > 0] / lag
        good = (self.independent >= least) & (self.independent > 1)
        n, left = self.independent[good], np.empty_like(move)
        for j in range(dim):
            mean = np.zeros(cells)
            mean[good] = np.bincount(cell, w * move[:, j], cells)[good] / mass[good]
            left[:, j] = move[:, j] - mean[cell]
            spread = np.bincount(cell, w * left[:, j] ** 2, cells)[good] / mass[good] * n / (n - 1)
            self.drift[j, good], self.diffusion[j, good] = mean[good] / tau, spread / (2 * tau)
            self.drift_error[j, good] = np.sqrt(spread / n) / tau
            self.diffusion_error[j, good] = self.diffusion[j, good] * np.sqrt(2 / (n - 1))
        for i in range(dim):
            for j in range(i):
                known = good[cell]
                both = [np.sum((w * left[:, a] * left[:, b])[known]) for a, b in ((i, j), (i, i), (j, j))]
                if both[1] > 0 and both[2] > 0:
                    self.correlation = max(self.correlation, abs(both[0]) / math.sqrt(both[1] * both[2]))


def shifted(box, j, field):
    """The upper neighbours' values along axis j, and whether there is such a neighbour."""
    field = field.reshape(box.n)
    there = np.ones(box.n, bool)
    if not box.is_periodic[j] or box.n[j] == 1:
        there[(slice(None),) * j + (-1,)] = False
    return np.roll(field, -1, j).ravel(), there.ravel()


def largest_part(box, is_open):
    """The cells of the largest part of the open ones that is connected by faces."""
    label = np.where(is_open, np.arange(is_open.size), -1)
    while True:
        before = label.copy()
        for j in range(len(box.n)):
            upper, there = shifted(box, j, np.arange(is_open.size))
            edge = there & is_open & is_open[upper]
            x, y = np.flatnonzero(edge), upper[edge]
            np.maximum.at(label, x, label[y])
            np.maximum.at(label, y, label[x])
        label[is_open] = label[label[is_open]]  # a label's own label is nearer to the end
        if np.array_equal(label, before):
            break
    count = np.bincount(label[is_open], minlength=is_open.size)
    return is_open & (label == count.argmax())


class Fit:
    """The potential, and on periodic axes a constant force, that come nearest to the forces of cells."""

    def __init__(self, box, force, error, is_open, ring):
        self.box, self.ring, self.given, edges = box, ring, np.where(is_open, force, math.nan), []
        for j in range(len(box.n)):
            upper, there = shifted(box, j, np.arange(is_open.size))
            x = np.flatnonzero(there & is_open & is_open[upper])
            y = upper[x]
            drop = box.h[j] / 2 * (force[j, x] + force[j, y])
            edges.append((np.full(len(x), j), x, y, drop, box.h[j] / 2 * np.hypot(error[j, x], error[j, y])))
        self.axis, self.x, self.y, self.drop, self.sigma = (np.concatenate(part) for part in zip(*edges))
        self.open, self.cells = is_open, is_open.size
        self.step = np.array(box.h)[self.axis] * np.array(ring, float)[self.axis]
        self.solve()

    def differences(self, unknown):
        """What V and the constant force make of the edges: V_x - V_y + f h."""
        V, f = unknown[: self.cells], unknown[self.cells:]
        return V[self.x] - V[self.y] + f[self.axis] * self.step

    def gathered(self, edge):
        V = np.bincount(self.x, edge, self.cells) - np.bincount(self.y, edge, self.cells)
        return np.concatenate([V, np.bincount(self.axis, edge * self.step, len(self.box.n))])

    def solve(self):
        """Weighted least squares by conjugate gradients, preconditioned by the diagonal."""
        weight = (np.median(self.sigma) / self.sigma) ** 2
        diagonal = np.bincount(self.x, weight, self.cells) + np.bincount(self.y, weight, self.cells)
        diagonal = np.concatenate([diagonal, np.bincount(self.axis, weight * self.step**2, len(self.box.n))])
        inverse = np.divide(1, diagonal, out=np.zeros_like(diagonal), where=diagonal > 0)
        unknown = np.zeros(self.cells + len(self.box.n))
        residual = self.gathered(weight * self.drop)
        z = inverse * residual
        way, size = z.copy(), residual @ z
        end = 1e-24 * size
        for _ in range(40 * len(unknown)):
            if not size > end:
                break
            image = self.gathered(weight * self.differences(way))
            step = size / (way @ image)
            unknown, residual = unknown + step * way, residual - step * image
            z = inverse * residual
            size, before = residual @ z, size
            way = z + size / before * way
        else:
            raise Refused("the least squares of the potential did not converge: are some cells known by very few rows?")
        V = unknown[: self.cells]
        self.V = np.where(self.open, V - V[self.open].min(), math.inf)
        self.force = unknown[self.cells:] * np.array(self.ring, float)
        self.left = (self.drop - self.differences(unknown)) / self.sigma
        self.freedom = len(self.drop) - int(self.open.sum()) + 1 - sum(self.ring)


def goes_round(box, is_open):
    """Of each periodic axis, whether a line of it is open all the way round."""
    lines = is_open.reshape(box.n)
    return [ring and n > 1 and bool(lines.all(axis=j).any()) for j, (ring, n) in enumerate(zip(box.is_periodic, box.n))]


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

    def __init__(self, a, box, one, bias, is_open, fit):
        drift, diffusion = f"{{}}/{a.time_unit or 'time'}", f"{{}}^2/{a.time_unit or 'time'}"
        axis_units = a.axis_units or ["length"] * len(box.n)
        energy = a.energy_unit or "energy"
        self.all = {"V": (fit.V, energy, "potential that comes nearest to the forces T u/D; inf: closed"),
                    "closed": (1.0 - is_open, "1", "1: no increments to speak of"),
                    "count": (one.count.astype(float), "1", "increments that start in the cell"),
                    "independent": (one.independent, "1", "those of them that do not overlap, by weight")}
        for j, name in enumerate(box.names):
            mean, square = drift.format(axis_units[j]), diffusion.format(axis_units[j])
            M = np.where(is_open, one.diffusion[j], math.nan) / a.temperature
            self.all |= {
                f"force_{name}": (fit.given[j], f"{energy}/{axis_units[j]}", f"T u/D along {name}"),
                f"mobility_{name}": (M, f"{square.replace('/', '/(')} {energy})", f"mobility D/T along {name}"),
                f"drift_{name}": (one.drift[j], mean, f"mean of dx/dt along {name} (Ito)"),
                f"drift_{name}_error": (one.drift_error[j], mean, "its standard error"),
                f"drift_{name}_lag_bias": (bias["drift"][j], mean, "by how much it grows with twice the lag"),
                f"diffusion_{name}": (one.diffusion[j], square, f"diffusion D along {name}"),
                f"diffusion_{name}_error": (one.diffusion_error[j], square, "its standard error"),
                f"diffusion_{name}_lag_bias": (bias["diffusion"][j], square, "by how much it grows with twice the lag"),
            }

    def write(self, a, box, names):
        part = a.output + ".part"
        with h5py.File(part, "w") as file:
            file.attrs["grid_lower"], file.attrs["grid_upper"] = np.array(box.lower), np.array(box.upper)
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
    path = a.output if re.fullmatch(r"[\w./-]+", a.output) else f'"{a.output}"'
    lines = [f"# Drift and mobility of {', '.join(os.path.basename(name) for name in a.input)}, at a lag of {lag:.9g}.",
             "# A run of otto fokker-planck needs beside it, say: p: {density: uniform" +
             (", closed: restrict" if closed else "") + "} and time: {stop: 10, samples: 11}.", "grid:",
             "  n: " + row_of(box.n)]
    if names:
        lines.append("  names: " + row_of(names))
    lines += ["  lower: " + row_of(repr(x) for x in box.lower), "  upper: " + row_of(repr(x) for x in box.upper),
              "  boundary: " + row_of("periodic" if ring else "no_flux" for ring in box.is_periodic)]
    if a.axis_units:
        lines.append("  units: " + row_of(a.axis_units))
    if a.forces:
        lines.append(f"drift: {{type: file, path: {path}, dataset: \"{','.join('force_' + name for name in box.names)}\"}}")
        lines.append(f"potential: {{mask: \"{a.output}:closed\"}}" if closed else "potential: {type: none}")
    else:
        lines.append(f"potential: {{type: file, path: {path}, dataset: V}}")
    if fit.force.any() and not a.forces:
        lines.append("drift: {type: constant, force: " + row_of(repr(float(f)) for f in fit.force) + "}")
    lines += [f"mobility: {{path: {path}, dataset: \"{','.join('mobility_' + name for name in box.names)}\"}}",
              "noise: ito", f"temperature: {a.temperature!r}"]
    if a.energy_unit:
        lines.append(f"energy_units: {a.energy_unit}")
    if a.time_unit:
        lines.append(f"time_units: {a.time_unit}")
    return "\n".join(lines) + "\n"


def say(a, box, paths, one, size, fit, lag, step, is_open):
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
        print(f"the lag's bias in {what} is not known: no trajectory is twice as long" if math.isnan(known) else
              f"the lag's bias in {what}, by twice the lag, is {known:.2g} error bars (root mean square; "
              f"noise alone gives up to {'0.7' if name == 'drift' else '1'}){', taken out' if a.extrapolate else ''}")
    if one.correlation > 4 / math.sqrt(max(n.sum(), 1)) and one.correlation > 0.02:
        print(f"noise along the axes is correlated ({one.correlation:.2g}), which a mobility per axis does not carry")
    for j, f in enumerate(fit.force):
        if fit.ring[j]:
            print(f"constant force round {box.names[j]}: {f:.6g}")
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
    one, double = (Estimate(box, paths, k * lag, step, a.least) for k in (1, 2))
    bias, size = {}, {}
    for name in WIDER:
        bias[name], size[name] = bias_of(one, double, name)
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
    return box, paths, one, bias, size, Fit(box, force, error, is_open, ring), lag, step, is_open


def convert(a):
    """Reads, writes, and says what was found."""
    box, paths, one, bias, size, fit, lag, step, is_open = find(a)
    if a.axis_units and len(a.axis_units) != len(box.n):
        raise Refused(f"--axis-units: {len(box.n)} entries, one an axis, are expected")
    names = names_of([Named(name) for name in box.names])
    made = Datasets(a, box, one, bias, is_open, fit)
    if names and set(names) & set(made.all):
        names = None
    os.makedirs(os.path.dirname(os.path.abspath(a.output)), exist_ok=True)
    made.write(a, box, names)
    with open(a.yaml, "w", encoding="utf-8") as file:
        file.write(snippet(a, box, names, fit, lag * step, not is_open.all()))
    say(a, box, paths, one, size, fit, lag, step, is_open)


def numbers(text):
    values = [bound_of(word) for word in text.split(",")]
    if None in values or not all(map(math.isfinite, values)):
        raise argparse.ArgumentTypeError(f"'{text}' is no list of numbers")
    return values


def whole(text):
    values = [int(word) if re.fullmatch(r"\d{1,7}", word) else 0 for word in text.split(",")]
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
