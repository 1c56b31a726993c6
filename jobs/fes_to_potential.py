#!/usr/bin/env python3
"""Turns a free-energy surface on a grid, in text, into a potential that `potential_type: file` reads.

  fes_to_potential.py fes.dat out.h5 --unit kJ/mol --temperature 300
  fes_to_potential.py pmf.txt out.h5 --unit kcal/mol --temperature 310 --columns 1,2,3 --period 360,360
  fes_to_potential.py free.wham out.h5 --unit kcal/mol --temperature 300 --weights

Reads grids of 1 to 3 axes, a point a line, in any order: PLUMED's (`#! FIELDS` names the columns, `#! SET` box and
periodic axes), plain columns x y F with or without blank lines between rows, WHAM's and AmberTools'. Writes dataset V,
with its axes as dimension scales, and beside it out.yaml, the keys that go with it.

Energies. --unit says what the file holds, --temperature T in K. V is in units of kT and `temperature` 1; with
--keep-unit V stays as it is and `temperature` is kT in that unit. R = 8.31446261815324 J/(mol K), kcal = 4184 J and
eV = 1.602176634e-19 J are exact (CODATA 2018). With --weights the column holds probabilities or counts w instead, and
V = -kT log w; a weight of 0 is an empty bin. Columns are found by the names that a header gives them: Free, fes or pmf
for energies, Prob, count or histogram for weights, the axes before them; one of the other kind is refused.

Points. Each is the centre of a cell (--points centres, the default): V is the file's value, and at both ends of an axis
the box is half a cell wider than the points. Where they are centres of bins (WHAM, histograms) that is the very box.
PLUMED's values stand at nodes from the lower end of the box to the upper; the two half cells beyond are of no account
where V is high there. --points nodes keeps the box: cells lie between points, and V is the mean of a cell's corners,
off by an eighth of second differences, of which the largest is printed. On a periodic axis the box is a period long
either way, and begins half a cell before the first point, or at it.

Periodic axes are those that PLUMED's header calls so, or those that --period gives a number. The last point may be
left out (PLUMED) or be the first one again (others), and bins may go on round the axis (WHAM's padding); coordinates
tell, and it is printed. Values that come twice must agree.

Empty bins become closed cells, V = inf: inf, nan, NA or ? for a value, points that are missing, and WHAM's fill
9999999 (--empty names another)."""
import argparse
import math
import os
import re
import sys

import h5py
import numpy as np

# J/mol, of 1 J/(mol K) · K; an eV is counted by the mole: e N_A.
GAS_CONSTANT = 1.380649e-23 * 6.02214076e23
JOULES = {"J/mol": 1.0, "kJ/mol": 1e3, "kcal/mol": 4184.0, "eV": 1.602176634e-19 * 6.02214076e23}
NUMBER = re.compile(r"[+-]?(\d+\.?(\d*)|\.(\d+))([eEdD]([+-]?\d{1,9}))?", re.A)
EMPTY = {"na", "n/a", "?", "-", "empty", "nan", "-nan", "+nan", "inf", "+inf", "infinity", "+infinity"}
PI = re.compile(r"([+-]?)(\d+\.?\d*|\.\d+)?\*?(pi)?(?:/(\d+\.?\d*))?", re.I | re.A)
# grid_names: no field's name, and no name that axes have without it
# plain words that are no text to YAML
PLAIN = {"true", "false", "yes", "no", "on", "off", "null", "y", "n", ".inf", ".nan"}
FREE = {"free", "fes", "pmf", "file.free", "free_energy"}  # what columns are called, in small letters
WEIGHTS = {"prob", "pro", "probability", "weight", "weights", "count", "counts", "histogram", "hist"}
TAKEN = re.compile(r"[xyz]|x\d+|p|q|log_ratio|potential|open|time|steady_state|(current|mode|nodes)_.*", re.I)


class Refused(Exception):
    """What is wrong with a file, in one line."""


def number_of(word):
    """A number as Python or Fortran writes it, or None; and how many decimals it has."""
    found = NUMBER.fullmatch(word)
    if not found:
        return None, 0
    decimals = len(found[2] or found[3] or "") - int(found[5] or 0)
    return float(re.sub("[dD]", "e", word)), decimals


def bound_of(word):
    """A number that may hold pi: -pi, 2*pi, pi/2, 3.5. None if it is none."""
    found = PI.fullmatch(word)
    if not found or not (found[2] or found[3]):
        value = number_of(word)[0]
        return value
    below = float(found[4] or 1)
    value = float(found[2] or 1) * (math.pi if found[3] else 1) / below if below else math.nan
    return -value if found[1] == "-" else value


def shown(word):
    """A word of a file as a message may hold it: short, and of letters that print."""
    return "".join(letter if letter.isprintable() else "?" for letter in word[:40])


def quoted(text):
    """A text as YAML reads it back, whatever it holds: plain where that is safe, in double quotes with escapes elsewhere."""
    if re.fullmatch(r"[A-Za-z./][\w./-]*", text, re.A) and text.lower() not in PLAIN:
        return text
    escaped = "".join("\\" + letter if letter in '"\\' else letter if letter.isprintable() else
                      f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}" for letter in text)
    return f'"{escaped}"'


def checked_unit(key, text):
    """A unit as grid_units and its like take it."""
    if not text or len(text.encode("utf-8", "replace")) > 31 or not (text[0].isalpha() or text[0] == "%" or text[0] > "\x7f") \
            or not text.isprintable() or set(text) & set(",;\"\\"):
        raise Refused(f"{key}: '{shown(text)}' is no unit; a text that begins with a letter makes one, such as nm or kJ/mol, "
                      "of at most 31 bytes of UTF-8 and of letters that show")
    return text


class Table:
    """The rows of a text file: words, the line each stands in, and what comments say of them."""

    def __init__(self, path):
        self.path, self.rows, self.lines, self.names, self.set = path, [], [], None, {}
        self.is_plumed, last = False, None
        try:
            with open(path, encoding="utf-8-sig", errors="replace") as file:  # an Å in a comment may be of any age
                for line, text in enumerate(file, 1):
                    if "\0" in text:
                        raise self.refuse(line, "this is no text")
                    words = text.split()
                    if not words:
                        continue
                    if words[0] == "#!":
                        self._header(line, words[1:])
                    elif words[0][0] in "#@":
                        if not self.rows:
                            last = text.strip().lstrip("#@").split() or last
                    else:
                        self._row(line, words)
        except OSError as error:
            raise Refused(f"{path}: {error.strerror}") from None
        if not self.rows:
            raise Refused(f"{path}: no row of numbers in it")
        if not self.is_plumed and last and len(last) == len(self.rows[0]) and number_of(last[0])[0] is None:
            self.names = last
        if self.names and len(self.names) != len(self.rows[0]):
            raise self.refuse(self.lines[0], f"{len(self.rows[0])} columns; #! FIELDS names {len(self.names)}")

    def refuse(self, line, why):
        return Refused(f"{self.path}, line {line}: {why}")

    def _header(self, line, words):
        if words[:1] == ["FIELDS"]:
            if self.rows:
                raise self.refuse(line, "a second #! FIELDS after rows: a file of one surface is wanted")
            self.names, self.is_plumed = words[1:], True
        elif words[:1] == ["SET"]:
            if len(words) != 3:
                raise self.refuse(line, "#! SET with a name and a value is expected")
            self.set[words[1]] = (words[2], line)

    def _row(self, line, words):
        if self.rows and len(words) != len(self.rows[0]):
            raise self.refuse(line, f"{len(words)} columns; line {self.lines[0]} has {len(self.rows[0])}")
        self.rows.append(words)
        self.lines.append(line)

    def setting(self, name, axis):
        """#! SET name_axis as a number (periodic: as a truth), None where there is none."""
        if f"{name}_{axis}" not in self.set:
            return None
        word, line = self.set[f"{name}_{axis}"]
        value = {"true": True, "false": False}.get(word.lower()) if name == "periodic" else bound_of(word)
        if value is None:
            raise self.refuse(line, f"{name}_{axis}: '{shown(word)}' is not understood")
        return value

    def column(self, word):
        """A column's index, by its name or its number from 1 on."""
        count = len(self.rows[0])
        if re.fullmatch(r"[0-9]{1,9}", word):
            if not 1 <= int(word) <= count:
                raise self.refuse(self.lines[0], f"--columns: no column {word}; there are {count}")
            return int(word) - 1
        have = self.names or []
        if have.count(word) != 1:
            told = ", ".join(have) if have else f"none have names; numbers 1 to {count} do"
            raise Refused(f"{self.path}: --columns: {'several columns are' if word in have else 'no column is'} "
                          f"called '{word}': {told}")
        return have.index(word)

    def choose(self, weights):
        """The columns of axes and value where --columns does not say: those that the file names, or all of 2 or 3."""
        columns, wrong = self._choose(WEIGHTS if weights else FREE), FREE if weights else WEIGHTS
        name = self.names[columns[-1]] if self.names else ""
        if name.lower() in wrong:
            raise Refused(f"{self.path}: column '{shown(name)}' is by its name " + ("no weights: leave out --weights" if weights else
                          "no free energy: give --weights") + ", or name the columns by --columns")
        return columns

    def _choose(self, wanted):
        count, names = len(self.rows[0]), self.names or []
        if self.is_plumed:
            axes = [k for k, name in enumerate(names) if f"min_{name}" in self.set]
            rest = [k for k in range(count) if k not in axes]
            if axes and rest:
                return axes + ([k for k in rest if names[k].lower() in wanted] or rest)[:1]
        values = [k for k, name in enumerate(names) if name.lower() in FREE | WEIGHTS]
        found = [k for k in values if names[k].lower() in wanted]
        if found and 0 < values[0] < 4:  # axes come before all of them
            return [*range(values[0]), found[0]]
        if count in (2, 3):
            return list(range(count))
        raise self.refuse(self.lines[0], f"{count} columns: which are axes and which is the free energy? "
                          "Give --columns, the axes first")


class Axis:
    """The evenly spaced points of an axis: the first, the spacing, and every row's place among them."""

    def __init__(self, table, name, words, period):
        self.table, self.name = table, name
        numbers = [number_of(word) for word in words]
        for line, word, (value, _) in zip(table.lines, words, numbers):
            if value is None or not abs(value) < 1e150:
                raise table.refuse(line, f"{name}: '{shown(word)}' is no coordinate")
        x = np.array([value for value, _ in numbers])
        self.rounding = 10.0 ** -min(max(decimals for _, decimals in numbers), 15)
        self._fit(x)
        self.is_coarse = self.rounding > self.h / 10  # then only points that are even as they stand will do
        self.rounding = 0 if self.is_coarse else self.rounding
        self._check(x)
        self.period = self._period(period)
        self.is_periodic = self.period is not None
        self.places = np.rint((x - self.first) / self.h).astype(np.int64)
        self._count()

    def _fit(self, x):
        """Spacing and first point: medians first, which a wrong entry does not move, then the points that fit them."""
        u = np.unique(x)
        if len(u) > 1:
            u = u[np.append(True, np.diff(u) > 1e-7 * (u[-1] - u[0]))]
        if len(u) < 2:
            raise self.table.refuse(self.table.lines[0], f"{self.name} is {x[0]:.9g} in all rows: an axis has two "
                                    "points at least")
        h = np.median(np.diff(u))
        far = 2
        while far <= len(u) // 4:  # each time from twice as far, so that what decimals leave in h never makes a spacing
            reach = np.median(u[far:] - u[:-far])
            h = reach / max(1, np.rint(reach / h))
            far *= 2
        turn = np.angle(np.mean(np.exp(2j * np.pi * (u - u[0]) / h)))
        start = u[0] + h * turn / (2 * np.pi)
        k = np.rint((u - start) / h)
        fits = np.abs(u - start - k * h) < 0.1 * h
        if fits.sum() > 1:
            ends = np.flatnonzero(fits)[[0, -1]]
            steps = k[ends[1]] - k[ends[0]]
            h = (u[ends[1]] - u[ends[0]]) / steps if steps else h
            start = u[ends[0]]
        self.h, self.first = h, start + h * min(0, np.rint((u[0] - start) / h))

    def _check(self, x):
        tolerance = 1e-3 * self.h + self.rounding
        off = np.abs(x - self.first - np.rint((x - self.first) / self.h) * self.h)
        wrong = np.flatnonzero(off > tolerance)
        if len(wrong):
            at = wrong[0]
            near = self.first + np.rint((x[at] - self.first) / self.h) * self.h
            raise self.table.refuse(self.table.lines[at], f"{self.name} = {x[at]:.9g} is not on an evenly spaced axis: "
                                    f"points are {self.h:.9g} apart, and the nearest is {near:.9g}"
                                    + (" (more decimals?)" if self.is_coarse else ""))

    def _period(self, period):
        """The axis' period from --period or PLUMED's header, None of an axis that ends; box and header must agree."""
        lower, upper = (self.table.setting(name, self.name) for name in ("min", "max"))
        periodic = self.table.setting("periodic", self.name)
        if lower is not None and upper is not None:
            line = self.table.set[f"max_{self.name}"][1]
            if not upper > lower:
                raise self.table.refuse(line, f"max_{self.name} is not above min_{self.name}")
            steps = np.rint((upper - lower) / self.h)
            slack = 0.02 * self.h + 2 * self.rounding
            off = self.first - lower - np.rint((self.first - lower) / self.h) * self.h
            if steps < 1 or max(abs(upper - lower - steps * self.h), abs(off)) > slack:
                raise self.table.refuse(line, f"{self.name}: points are {self.h:.9g} apart from {self.first:.9g} on, "
                                        f"which does not go with min and max, {lower:.9g} and {upper:.9g}")
            bins = self.table.setting("nbins", self.name)
            if bins is not None and bins - steps not in (0, 1):
                raise self.table.refuse(self.table.set[f"nbins_{self.name}"][1], f"nbins_{self.name} is {bins:g}; "
                                        f"{self.h:.9g} fits {steps:g} times between min and max")
            if period is None and periodic:
                period = upper - lower
            self.h, self.first = (upper - lower) / steps, lower
            self.declared = 0 if period or periodic else int(steps) + 1
        else:
            self.declared = 0
        return period or None

    def _count(self):
        """How many points the axis has, and what is to be said of its ends."""
        low, high = self.places.min(), self.places.max()
        if not self.is_periodic:
            if self.declared and (low < 0 or high >= self.declared):
                at = np.flatnonzero((self.places < 0) | (self.places >= self.declared))[0]
                raise self.table.refuse(self.table.lines[at], f"{self.name} lies outside min and max of the header")
            first = 0 if self.declared else low
            self.first, self.places = self.first + first * self.h, self.places - first
            self.n, self.note = max(int(high - first) + 1, self.declared), ""
            return
        n = round(self.period / self.h)
        if n < 2 or abs(n * self.h - self.period) > 0.02 * self.h + 2 * self.rounding:
            raise self.table.refuse(self.table.lines[0], f"{self.name}: a period of {self.period:.9g} is not a whole "
                                    f"number of spacings, {self.h:.9g}")
        self.h, self.n = self.period / n, n
        extra = int(high - low) + 1 - n
        self.note = ("both ends of the period are in the file, as one point" if extra == 1 else
                     f"points go on for {extra} beyond a period, and are taken once" if extra > 1 else
                     "the period's last point is not repeated" if extra == 0 else
                     f"{-extra} of {n} points round the period are not in the file")
        self.places %= n

    def box(self, nodes):
        """Lower and upper end and number of cells: of cells round the points, or between them."""
        if nodes:
            cells = self.n if self.is_periodic else self.n - 1
            return self.first, self.first + (self.period or cells * self.h), cells
        return self.first - self.h / 2, self.first - self.h / 2 + (self.period or self.n * self.h), self.n


def read_values(table, words, empty):
    """The values, nan where a bin is empty."""
    values = np.empty(len(words))
    for k, word in enumerate(words):
        value = math.nan if word.lower() in EMPTY else number_of(word)[0]
        if value is None or math.isinf(value):
            raise table.refuse(table.lines[k], f"'{shown(word)}' is neither a value nor an empty bin")
        values[k] = math.nan if value in empty else value
    return values


def place(table, axes, values):
    """The values on the grid; nan: an empty bin. How many cells are empty by a row, and how many have none."""
    shape = tuple(axis.n for axis in axes)
    if math.prod(shape) > 64 * len(values) + 4096:
        raise table.refuse(table.lines[0], f"{len(values)} rows for a grid of {' x '.join(map(str, shape))} points: "
                           "these are no rows of a grid")
    at = np.ravel_multi_index([axis.places for axis in axes], shape)
    order = np.argsort(at, kind="stable")
    again = np.flatnonzero(np.diff(at[order]) == 0)
    bound = 1e-5 * np.nanmax(np.abs(values), initial=0)
    for one, other in zip(order[again], order[again + 1]):
        lines = f"the point of line {table.lines[one]} again"
        if all(axis.raw[one] == axis.raw[other] or not axis.is_periodic for axis in axes):
            raise table.refuse(table.lines[other], lines)
        a, b = values[one], values[other]
        if not (abs(a - b) <= bound or math.isnan(a) and math.isnan(b)):
            raise table.refuse(table.lines[other], f"{lines}, round the period, with another value: {b:.9g}, not "
                               f"{a:.9g}")
    grid = np.full(math.prod(shape), math.nan)
    grid[at[::-1]] = values[::-1]  # of a point that comes twice the first counts
    missing = grid.size - len(np.unique(at))
    return grid.reshape(shape), int(np.isnan(grid).sum()) - missing, missing


def to_cells(values, axes):
    """Means over the corners of cells, and how far second differences say that these may be off."""
    error = 0.0
    for j, axis in enumerate(axes):
        line = np.moveaxis(values, j, 0)
        if axis.is_periodic:
            line = np.concatenate([line, line[:2]])
        second = np.abs(line[2:] - 2 * line[1:-1] + line[:-2])
        error += np.nanmax(second, initial=0.0) / 8
        if axis.is_periodic:
            line = line[:-1]
        values = np.moveaxis((line[1:] + line[:-1]) / 2, 0, j)
    return values, error


def read_surface(a):
    """Everything the file says: values (nan: empty), axes, notes."""
    table = Table(a.input)
    columns = [table.column(word) for word in a.columns] if a.columns else table.choose(a.weights)
    if not 2 <= len(columns) <= 4:
        raise Refused(f"{a.input}: --columns: 1 to 3 axes and a value are expected, not {len(columns)} columns")
    if len(set(columns)) < len(columns):
        raise Refused(f"{a.input}: --columns: a column is named twice")
    names = [table.names[k] if table.names else "xyzV"[j] for j, k in enumerate(columns)]
    if a.period and len(a.period) != len(columns) - 1:
        raise Refused(f"{a.input}: --period: {len(columns) - 1} entries, one an axis, are expected")
    axes = []
    for j, k in enumerate(columns[:-1]):
        words = [row[k] for row in table.rows]
        axes.append(Axis(table, names[j], words, a.period[j] if a.period else None))
        axes[-1].raw = [number_of(word)[0] for word in words]
    values = read_values(table, [row[columns[-1]] for row in table.rows], a.empty)
    if a.weights:
        low = np.flatnonzero(values < 0)
        if len(low):
            raise table.refuse(table.lines[low[0]], f"a weight of {values[low[0]]:.9g}: weights are not negative")
        with np.errstate(divide="ignore"):
            values = np.where(values > 0, -np.log(values), math.nan)
    chosen = names[-1] if table.names else f"column {columns[-1] + 1}"
    return axes, *place(table, axes, values), chosen


def names_of(axes):
    """What the run may call the axes; None: x, y, z."""
    names = [axis.name for axis in axes]
    if all(re.fullmatch(r"(?=.*\w)[A-Za-z0-9_.-]{1,31}", n) and not TAKEN.fullmatch(n) for n in names) \
            and len({n.lower() for n in names}) == len(names):
        return names
    return None


def convert(a, values):
    """V, its unit and the temperature that goes with it; what was multiplied by what, in words."""
    if a.unit == "kT":
        return values, "kT", 1.0, "as it is, in units of kT"
    kT = GAS_CONSTANT * a.temperature / JOULES[a.unit]
    said = f"kT = {kT:.9g} {a.unit} at {a.temperature:g} K"
    if a.keep_unit:
        return values * kT if a.weights else values, a.unit, kT, f"in {a.unit}; {said}"
    return values if a.weights else values / kT, "kT", 1.0, f"in units of kT; {said}"


def write(a, V, unit, long_name, names, axes, boxes):
    part = a.output + ".part"
    with h5py.File(part, "w") as file:
        file.attrs["grid_lower"] = np.array([box[0] for box in boxes])
        file.attrs["grid_upper"] = np.array([box[1] for box in boxes])
        data = file.create_dataset(a.dataset, data=V)
        data.attrs["units"], data.attrs["long_name"] = unit, long_name
        for j, (lower, upper, n) in enumerate(boxes):
            name = names[j] if names else "xyz"[j]
            scale = file.create_dataset(name, data=lower + (np.arange(n) + 0.5) * ((upper - lower) / n))
            scale.make_scale(name)
            scale.attrs["long_name"] = f"{axes[j].name} of cell centres"
            if a.axis_units:
                scale.attrs["units"] = a.axis_units[j]
            data.dims[j].attach_scale(scale)
    os.replace(part, a.output)


def snippet(a, names, axes, boxes, temperature, unit, said, closed):
    """The keys that read it."""
    def row(values):
        return "[" + ", ".join(values) + "]"
    grid = ["  n: " + row(str(box[2]) for box in boxes)]
    if names:
        grid.append("  names: " + row(map(quoted, names)))
    grid.append("  lower: " + row(repr(float(box[0])) for box in boxes))
    grid.append("  upper: " + row(repr(float(box[1])) for box in boxes))
    grid.append("  boundary: " + row("periodic" if axis.is_periodic else "no_flux" for axis in axes))
    if a.axis_units:
        grid.append("  units: " + row(map(quoted, a.axis_units)))
    restrict = ", closed: restrict" if closed else ""
    return "\n".join([
        f"# The free energy of {quoted(os.path.basename(a.input))}, {said}.",
        f"# A run of otto fokker-planck needs beside it, say: p: {{density: uniform{restrict}}} and time: {{stop: 10, "
        "samples: 11}.",
        "grid:", *grid,
        f"potential: {{type: file, path: {quoted(a.output)}, dataset: {quoted(a.dataset)}}}",
        f"energy_units: {quoted(unit)}", f"temperature: {temperature!r}", ""])


def periods(text):
    values = []
    for word in text.split(","):
        value = 0.0 if word in ("no", "none", "0") else bound_of(word)
        if value is None or value < 0 or not math.isfinite(value):
            raise argparse.ArgumentTypeError(f"'{word}' is neither a period nor no")
        values.append(value)
    return values


def words(text):
    return text.split(",")


class Parser(argparse.ArgumentParser):
    """A value may begin with a minus, as -1.5,2 or -pi do, and is no option for that; what is wrong is said in one line."""

    def parse_args(self, args=None, namespace=None):
        joined = []
        for word in sys.argv[1:] if args is None else args:
            if joined and re.match(r"-([0-9.]|pi|inf)", word, re.I) and re.fullmatch(r"--[a-z][a-z-]*", joined[-1]):
                joined[-1] += "=" + word
            else:
                joined.append(word)
        return super().parse_args(joined, namespace)

    def error(self, message):
        self.exit(2, f"{self.prog}: {message}\n")


def parse():
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input", help="text file")
    parser.add_argument("output", help="HDF5 file; the keys are written beside it, .yaml for .h5")
    parser.add_argument("--unit", required=True, choices=[*JOULES, "kT"], help="of the free energy in the file")
    parser.add_argument("--temperature", type=float, help="in K; not with --unit kT")
    parser.add_argument("--keep-unit", action="store_true", help="V stays in the file's unit, temperature is kT in it")
    parser.add_argument("--columns", type=words, help="names or numbers (from 1) of the axes, then of the free energy")
    parser.add_argument("--weights", action="store_true", help="the last column holds probabilities or counts")
    parser.add_argument("--period", type=periods, help="an axis' period, or no: 360,no or 2*pi,2*pi")
    parser.add_argument("--points", choices=["centres", "nodes"], default="centres",
                        help="points are centres of cells (default), or corners of cells")
    parser.add_argument("--empty", type=float, action="append", help="a value that stands for an empty bin (9999999)")
    parser.add_argument("--mintozero", action="store_true", help="shift V so that its least value is 0")
    parser.add_argument("--axis-units", type=words, help="units of the axes, carried as text: rad,rad")
    parser.add_argument("--dataset", default="V", help="name of the dataset (V)")
    a = parser.parse_args()
    if a.unit != "kT" and not (a.temperature and a.temperature > 0 and math.isfinite(a.temperature)):
        parser.error(f"--temperature: above 0, in K, is needed with --unit {a.unit}")
    if a.unit == "kT" and (a.temperature is not None or a.keep_unit):
        parser.error("--temperature, --keep-unit: --unit kT needs neither")
    if not re.fullmatch(r"[A-Za-z]\w*", a.dataset) or a.dataset in {"x", "y", "z"}:
        parser.error(f"--dataset: '{a.dataset}' is no name of a dataset")
    a.empty = a.empty or [9999999.0]
    a.yaml = os.path.splitext(a.output)[0] + ".yaml"
    if a.yaml == a.output or os.path.abspath(a.yaml) == os.path.abspath(a.input):
        parser.error(f"{a.output}: its keys would be written to {a.yaml}; give it another name, .h5")
    return a


def convert_file(a):
    """Reads, writes, and says what was found."""
    axes, values, empty, missing, chosen = read_surface(a)
    if a.axis_units and len(a.axis_units) != len(axes):
        raise Refused(f"{a.input}: --axis-units: {len(axes)} entries, one an axis, are expected")
    for unit in a.axis_units or ():
        checked_unit("--axis-units", unit)
    nodes, told = a.points == "nodes", []
    V, unit, temperature, said = convert(a, values)
    if nodes:
        V, error = to_cells(V, axes)
        told.append(f"V at centres is the mean of corners, off by {error:.3g} {unit} at most where V is smooth")
    if not np.isfinite(V).any():
        raise Refused(f"{a.input}: all bins are empty")
    if a.mintozero:
        V = V - np.nanmin(V)
    closed = int(np.isnan(V).sum())
    V = np.where(np.isnan(V), np.inf, V)
    names, boxes = names_of(axes), [axis.box(nodes) for axis in axes]
    if names and a.dataset in names:
        raise Refused(f"{a.input}: --dataset: '{a.dataset}' is an axis' name")
    os.makedirs(os.path.dirname(os.path.abspath(a.output)), exist_ok=True)
    write(a, V, unit, f"free energy ({chosen} of {os.path.basename(a.input)})", names, axes, boxes)
    with open(a.yaml, "w", encoding="utf-8") as file:
        file.write(snippet(a, names, axes, boxes, temperature, unit, said, closed))
    sizes = " x ".join(str(box[2]) for box in boxes)
    print(f"{a.output}: dataset {a.dataset} of {chosen}, {sizes} cells, V {said}; keys in {a.yaml}")
    for j, (axis, (lower, upper, _)) in enumerate(zip(axes, boxes)):
        kind = f"periodic, {axis.note}" if axis.is_periodic else "with two ends"
        alias = "" if names or axis.name == "xyz"[j] else f" (axis {'xyz'[j]} of the run)"
        print(f"{axis.name}{alias}: {kind}; points from {axis.first:.9g}, {axis.h:.9g} apart, are "
              f"{'corners' if nodes else 'centres'} of cells in a box from {lower:.9g} to {upper:.9g}")
        if not axis.is_periodic and any(abs(axis.n * axis.h - p) <= 1.02 * axis.h for p in (360, 2 * math.pi)):
            print(f"{axis.name} looks like an angle; if it is one, give --period")
    if closed:
        print(f"{closed} cells are closed (V = inf): {empty} points are empty bins, {missing} are not in the file")
    for line in told:
        print(line)


def main():
    try:
        convert_file(parse())
    except (Refused, OSError) as refusal:
        print(f"fes_to_potential.py: {refusal}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
