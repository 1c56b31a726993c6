"""Rows of trajectories as trajectory_to_generator.py takes them: text with headers, datasets of HDF5, columns, gaps of times."""

import os
import re

import h5py
import numpy as np

from fes_to_potential import Refused, bound_of, number_of, shown


LARGEST = 1e70  # whose fourth powers are numbers
STRANGE = re.compile(r"[_dD]|[^\0-\x7f]")


class Header:
    """What files say of themselves: names of columns, box and periods; all files must say the same."""

    def __init__(self):
        self.names, self.set, self.count = None, {}, None

    def take(self, path, line, found):
        """A line that begins with #!."""
        if found[:1] == ["FIELDS"]:
            if self.count not in (None, len(found) - 1):
                raise Refused(f"{path}, line {line}: #! FIELDS names {len(found) - 1} columns; the rows before have {self.count}")
            if self.names not in (None, found[1:]):
                raise Refused(f"{path}, line {line}: columns {shown(' '.join(found[1:]))}; before it was {shown(' '.join(self.names))}")
            self.names = found[1:]
        elif found[:1] == ["SET"]:
            if len(found) != 3:
                raise Refused(f"{path}, line {line}: #! SET with a name and a value is expected")
            if self.set.setdefault(found[1], found[2]) != found[2]:
                raise Refused(f"{path}, line {line}: {shown(found[1])} is {shown(found[2])}; before it was {self.set[found[1]]}")

    def number(self, name, axis):
        word = self.set.get(f"{name}_{axis}")
        if word is None:
            return None
        value = bound_of(word)
        if value is None or not abs(value) < LARGEST:
            raise Refused(f"#! SET {name}_{axis}: '{shown(word)}' is not understood")
        return value

    def ring(self, axis):
        """What periodic_axis says; None where it says nothing."""
        word = self.set.get(f"periodic_{axis}")
        found = {None: None, "true": True, "false": False}.get(word and word.lower(), "")
        if found == "":
            raise Refused(f"#! SET periodic_{axis}: '{shown(word)}' is neither true nor false")
        return found

    def column(self, word, key):
        """A column's index, by its name or its number from 1 on."""
        if re.fullmatch(r"[0-9]{1,9}", word):
            if not 1 <= int(word) <= self.count:
                raise Refused(f"{key}: no column {word}; there are {self.count}")
            return int(word) - 1
        if (self.names or []).count(word) != 1:
            raise Refused(f"{key}: no column is called '{shown(word)}': " + (shown(", ".join(self.names)) if self.names else
                          f"none have names; numbers 1 to {self.count} do"))
        return self.names.index(word)


class Rows:
    """The rows of one file: numbers [N, columns], the line of each, and the rows at which trajectories begin."""

    def __init__(self, path, header):
        self.path, self.word, self.lines, self.begins, rows = path, "line", [], [0], []
        try:
            with open(path, encoding="utf-8-sig", errors="replace") as file:  # a mark of the byte order is no number
                for line, text in enumerate(file, 1):
                    if "\0" in text:
                        raise Refused(f"{path}, line {line}: this is no text")
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
            if header.names is not None and len(header.names) != header.count:
                raise Refused(f"{self.path}, line {line}: {len(found)} columns; #! FIELDS names {len(header.names)}")
        if len(found) != header.count:
            raise Refused(f"{self.path}, line {line}: {len(found)} columns; the rows before have {header.count}")
        numbers = []
        for k, word in enumerate(found):
            if STRANGE.search(word):  # letters that Python takes for numbers, 1_5, or Fortran's 1.0D-3
                numbers.append(number_of(word)[0])
            else:
                try:
                    numbers.append(float(word))
                except ValueError:
                    numbers.append(None)
            if numbers[-1] is None:
                raise Refused(f"{self.path}, line {line}: '{shown(word)}' in column {k + 1} is no number")
        return numbers

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
                if file[dataset].dtype.kind not in "iuf":
                    raise Refused(f"{name}: it holds no real numbers")
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
    bad = ~(np.abs(rows.values[:, used]) < LARGEST)
    if bad.any():
        row, k = np.argwhere(bad)[0]
        raise Refused(f"{rows.at(row)}: {rows.values[row, used[k]]} in column {used[k] + 1}; numbers must be finite, and below {LARGEST:g}")
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
