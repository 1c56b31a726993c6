"""Opens a run of Otto in Python; numpy and h5py alone.

    from otto_results import load
    run = load("otto-out/dissipation-mixture_2d")
    run.series["kl"]             every column of series.csv, an array with one value a row; run.t is series["t"]
    run.error("kl")              what stepping and grid leave in it, estimated row by row; nan: not known
    run.field("p", t)            a field of fields.h5 at a time that was written (run.times); run.axes: cell centres
    run.results["space_error"]   what summary.json holds; infinities are floats, null is None
    run.interval("w2")           lower and upper bound of a distance, where both are among the results
    run.history("w2")            iterations, lower and upper bounds as they closed
    run.frames                   the frames between two densities: {sample: share of the way}; run.field("frame", sample=1)
    run.checks["rate"].value     every check: name, value, bound, passed, meaning …; for check in run.checks
    run.verdict, run.stopped, run.not_known, run.not_defined, run.grid, run.timing
    run.options, run.defaults    keys that were given, and what stood in for the others
    run.unit("kl"), run.meaning("space_error")
    run.units["1/time"]          what units in these words are where the run was given its own (grid_units, time_units …)

What a run does not hold is empty (series, results, checks, times); what cannot be read is a ResultsError that names
the file. Files are read when they are first asked for."""

import csv
import functools
import json
import math
import os
from dataclasses import dataclass
from typing import Optional

import numpy as np

NATS = ("entropy_p entropy_q cross_entropy kl reverse_kl js renyi kl_p0_pt kl_p_pi kl_q_pi").split()
RATES = (
    "fisher_p fisher_q fisher_rel kl_rate entropy_rate production production_adiabatic " "production_nonadiabatic"
).split()
UNITS = {
    "t": "time",
    "min_p": "1/volume",
    "min_q": "1/volume",
    "free_energy": "energy",
    "energy": "energy",
    "energy_absorbed_rate": "energy/time",
    "heat_rate": "energy/time",
    "current_norm": "length/time",
    "escape_rate": "1/time",
    "relaxation_rates": "1/time",
    "relaxation_bounds": "1/time",
    "relaxation_frequencies": "1/time",
    "relaxation_frequency_bounds": "1/time",
    "implied_timescales": "time",
    "implied_timescale_bounds": "time",
    "metastable_rates": "1/time",
    "mean_p": "length",
    "covariance_p": "length^2",
    "temperature": "energy",
    "memory_bytes_per_cell": "bytes",
    "solver_bytes_per_cell": "bytes",
}
UNITS.update({name: "nats" for name in NATS} | {name: "nats/time" for name in RATES})


class ResultsError(ValueError):
    """A run's file that is missing or cannot be read, named."""


@dataclass(frozen=True)
class Check:
    """One check: `value` is None where it never applied, and `left_out` says why (or why at some samples)."""

    name: str
    value: Optional[float]
    bound: float
    passed: bool
    meaning: str = ""
    time: Optional[float] = None
    left_out: str = ""
    times_left_out: int = 0

    @property
    def applied(self):
        return self.value is not None


class Checks(tuple):
    """The checks in the run's order; checks["rate"] is the one of that name."""

    def __getitem__(self, key):
        if not isinstance(key, str):
            return super().__getitem__(key)
        for check in self:
            if check.name == key:
                return check
        raise KeyError(f"no check {key!r}; there are: {', '.join(c.name for c in self)}")

    @property
    def failed(self):
        return [check for check in self if not check.passed]


class Columns(dict):
    """The columns of a table by name; a name that is none says which there are."""

    def __missing__(self, name):
        raise KeyError(f"no column {name!r}; there are: {', '.join(self) or 'none'}")


def with_infinities(value):
    """JSON has no infinities: summary.json spells them "inf" and "-inf"."""
    if isinstance(value, dict):
        return {k: with_infinities(v) for k, v in value.items()}
    if isinstance(value, list):
        return [with_infinities(v) for v in value]
    return {"inf": math.inf, "-inf": -math.inf}.get(value, value) if isinstance(value, str) else value


def read_table(path):
    """The columns of a CSV file by name, as arrays of floats; columns of words are left out, and so is a last row that
    does not end its line: it is being written, or was torn."""
    if not os.path.exists(path):
        return Columns()
    try:
        with open(path, newline="") as file:
            text = file.read()
        rows = list(csv.reader(text[: text.rfind("\n") + 1].splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ResultsError(f"{path}: {error}") from None
    if not rows:
        return Columns()
    names, columns = [name.strip() for name in rows[0]], Columns()
    rows = [row for row in rows[1:] if len(row) == len(names)]
    for k, name in enumerate(names):
        try:
            columns[name] = np.array([float(row[k]) for row in rows])
        except ValueError:
            pass
    return columns


def as_check(entry):
    value, bound = entry.get("value"), entry.get("bound")
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return Check(
        str(entry.get("name", "")),
        float(value) if number else None,
        float(bound) if isinstance(bound, (int, float)) else math.inf,
        bool(entry.get("pass", False)),
        str(entry.get("meaning", "")),
        entry.get("time"),
        str(entry.get("left_out") or ""),
        int(entry.get("times_left_out") or 0),
    )


class Run:
    """A run's folder; see the head of this file. load() makes one."""

    def __init__(self, folder):
        self.folder = os.fspath(folder)
        self.name = os.path.basename(os.path.abspath(self.folder))

    def path(self, name):
        return os.path.join(self.folder, name)

    @functools.cached_property
    def summary(self):
        path = self.path("summary.json")
        if not os.path.exists(path):
            return {}
        try:
            with open(path) as file:
                summary = json.load(file)
        except (OSError, ValueError) as error:
            raise ResultsError(f"{path}: {error}") from None
        if not isinstance(summary, dict):
            raise ResultsError(f"{path}: no JSON object")
        return {k: v if k in ("options", "defaults") else with_infinities(v) for k, v in summary.items()}

    def _part(self, name, kind):
        value = self.summary.get(name)
        return value if isinstance(value, kind) else kind()

    driver = property(lambda self: self._part("driver", str))
    version = property(lambda self: self._part("version", str))
    verdict = property(lambda self: self._part("verdict", str))
    stopped = property(lambda self: self._part("stopped", dict))  # by which signal and how far; {} unless the verdict is so
    ranks = property(lambda self: self.summary.get("ranks"))
    grid = property(lambda self: self._part("grid", dict))
    units = property(lambda self: self._part("units", dict))  # what length, 1/time … are in the run's units, where it has any
    options = property(lambda self: self._part("options", dict))
    defaults = property(lambda self: self._part("defaults", dict))
    results = property(lambda self: self._part("results", dict))
    meanings = property(lambda self: self._part("columns", dict) | self._part("meanings", dict))
    errors = property(lambda self: self._part("errors", dict))
    timing = property(lambda self: self._part("timing", dict))
    not_known = property(lambda self: self._part("not_known", list))
    not_defined = property(lambda self: self._part("not_defined", list))

    @functools.cached_property
    def checks(self):
        return Checks(as_check(entry) for entry in self._part("checks", list) if isinstance(entry, dict))

    @functools.cached_property
    def series(self):
        return read_table(self.path("series.csv"))

    @property
    def t(self):
        return self.series.get("t", np.zeros(0))

    @functools.cached_property
    def time_error(self):
        return self._aligned("time_error.csv")

    @functools.cached_property
    def space_error(self):
        return self._aligned("space_error.csv")

    def _aligned(self, name):
        """An error table on the rows of the series; nan in rows that it does not have."""
        table = read_table(self.path(name))
        if "t" not in table:
            return table
        keys = [k for k in ("t", "s") if k in table and k in self.series]  # rows of one t differ in s, where there is one
        row = {key: k for k, key in enumerate(zip(*(table[k] for k in keys)))}
        at = [row.get(key, -1) for key in zip(*(self.series[k] for k in keys))]
        return Columns({k: np.append(v, np.nan)[at] for k, v in table.items() if k not in keys} | {k: self.series[k] for k in keys})

    def error(self, name):
        """The estimates of time_error.csv and space_error.csv of a column together: an array with one value a row,
        nan where one of them is not known; None where neither table has the column."""
        parts = [table[name] for table in (self.time_error, self.space_error) if name in table]
        return np.sum(np.abs(parts), axis=0) if parts else None

    def unit(self, name):
        """Unit of a column or a result, "" where none is known; what the run itself says of it comes first."""
        stated = self.meanings.get(name)
        if isinstance(stated, dict) and stated.get("unit"):
            return str(stated["unit"])
        if name in UNITS:
            return UNITS[name]
        for entries in self.errors.values():
            for entry in entries:
                if entry.get("column") == name:
                    return str(entry.get("unit", ""))
        return ""

    def meaning(self, name):
        """The run's own sentence on a column, a result or a check, "" where it has none."""
        stated = self.meanings.get(name)
        if isinstance(stated, dict):
            return str(stated.get("sentence") or stated.get("meaning") or "")
        return next((check.meaning for check in self.checks if check.name == name), "")

    def interval(self, name):
        """The bounds (lower, upper) of a distance, None where the run has not both."""
        ends = [self.results.get(f"{name}_{end}") for end in ("lower", "upper")]
        return tuple(float(e) for e in ends) if all(isinstance(e, (int, float)) for e in ends) else None

    def history(self, name):
        """Iterations, lower and upper bounds of a distance as they closed: three arrays of one length."""
        lists = [self.results.get(f"{name}_history_{part}") or [] for part in ("iterations", "lower", "upper")]
        count = min(len(values) for values in lists)
        return tuple(np.array([math.nan if v is None else v for v in values[:count]], float) for values in lists)

    # fields.h5

    def _open(self):
        import h5py

        path = self.path("fields.h5")
        if not os.path.exists(path):
            raise ResultsError(f"{path}: no such file")
        try:
            return h5py.File(path, "r")
        except OSError as error:
            raise ResultsError(f"{path}: {error}") from None

    @functools.cached_property
    def samples(self):
        """The samples of which fields were written: {sample number: time}."""
        if not os.path.exists(self.path("fields.h5")):
            return {}
        with self._open() as file:
            numbers = sorted(int(k) for k in file if k.isdigit() and "p" in file[k])
            return {k: float(file[str(k)].attrs.get("time", math.nan)) for k in numbers}

    @functools.cached_property
    def frames(self):
        """The frames of the displacement interpolation that were written: {sample number: share of the way}."""
        if not os.path.exists(self.path("fields.h5")):
            return {}
        with self._open() as file:
            numbers = sorted(int(k) for k in file if k.isdigit() and "frame" in file[k])
            return {k: float(file[str(k)].attrs.get("time", math.nan)) for k in numbers}

    @property
    def times(self):
        """The times at which fields were written."""
        return list(self.samples.values())

    def names(self, sample):
        """The fields of a sample (not its time and axes, which stand beside them)."""
        with self._open() as file:
            group = file[str(sample)]
            return sorted(k for k in group if "p" not in group or group[k].ndim == group["p"].ndim)

    def note(self, sample):
        """What is to be said of a sample ("state at failure"), mostly nothing."""
        with self._open() as file:
            note = file[str(sample)].attrs.get("note", b"")
            return note.decode() if isinstance(note, bytes) else str(note)

    def modes(self):
        """The relaxation modes written, slowest first: a list of arrays."""
        with self._open() as file:
            group = file["0"] if "0" in file else {}
            names = sorted((k for k in group if k.startswith("mode_")), key=lambda k: int(k[5:]))
            return [group[k][...] for k in names]

    def sample_at(self, t=None):
        """The number of the sample written at time t (to 1e-12 of it), the last one without t."""
        if not self.samples:
            raise ResultsError(f"{self.path('fields.h5')}: no fields were written")
        if t is None:
            return max(self.samples)
        for sample, time in self.samples.items():
            if abs(time - t) <= 1e-12 * abs(t):
                return sample
        raise ResultsError(
            f"{self.path('fields.h5')}: no fields at t = {t:g}; there are some at "
            + ", ".join(f"{time:.12g}" for time in self.times)
        )

    def field(self, name, t=None, sample=None):
        """A field as an array of shape grid_n, x first: at time t, of a sample, or of the last one."""
        sample = self.sample_at(t) if sample is None else sample
        with self._open() as file:
            group = file.get(str(sample), {})
            if name not in group:
                raise ResultsError(
                    f"{self.path('fields.h5')}: sample {sample} has no field '{name}'; it holds: "
                    + ", ".join(sorted(group))
                )
            return group[name][...]

    @functools.cached_property
    def box(self):
        """Lower and upper corner of the grid's box."""
        if "lower" in self.grid and "upper" in self.grid:
            return np.array(self.grid["lower"], float), np.array(self.grid["upper"], float)
        with self._open() as file:
            first = file[str(min(self.samples))]["p"]
            corner = (file.attrs.get("grid_lower", 0.0), file.attrs.get("grid_upper", 1.0))
            return tuple(np.array(np.broadcast_to(c, (first.ndim,)), float) for c in corner)

    @property
    def axes(self):
        """Cell centres along every axis."""
        shape = self.field("p", sample=min(self.samples)).shape if self.samples else self.grid.get("n", ())
        return [lo + (np.arange(n) + 0.5) * (up - lo) / n for n, lo, up in zip(shape, *self.box)]


def load(folder):
    """Opens a run's folder, the one that holds its summary.json or series.csv."""
    run = Run(folder)
    if not os.path.isdir(run.folder):
        raise ResultsError(f"{run.folder}: no such folder")
    if not any(os.path.exists(run.path(name)) for name in ("summary.json", "series.csv", "fields.h5")):
        raise ResultsError(f"{run.folder}: no run of Otto: it has no summary.json, series.csv or fields.h5")
    run.summary  # a folder whose summary cannot be read is refused here
    return run
