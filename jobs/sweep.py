#!/usr/bin/env python3
"""One input over values of a key, or over the rows of a table of keys:

    sweep.py DRIVER INPUT KEY VALUES [-key value …]
    sweep.py --table TABLE DRIVER INPUT [-key value …]

    jobs/sweep.py convective-entropy inputs/convective-entropy/standard_map_sweep.yaml dynamics_k 0.5,1,2,4

The first line of a table names keys, every other one is a run: words apart by blanks, in quotes where a value has blanks
itself; # begins a comment. Runs the driver once for each, one after another, in otto-out/<driver>-<input name>-<key or
table's name>/<value or row>, and writes there
  sweep.csv     the series of all runs with the values and the exit status in front; 3 (no series) stands alone
  sweep.png     what the driver's module in plots/ has as SWEPT, against the first key that has different numbers, a curve
                for every t (at the last s), or for all that other keys say, at the last t
Takes build/bin/otto; OTTO, or a build folder OTTO_BUILD, names another. A run that is there already is made again. The exit
status is 0, or the worst of the runs'. In parts, for a job array (sweep.sbatch): with --rows TABLE, how many runs those are;
with --row N before --table, the arguments of otto for one of them, each ended by a zero byte; with --gather, sweep.csv and
sweep.png of what is there."""

import csv
import os
import shlex
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
MOST = 5  # times that are drawn
OURS = ("output_dir", "output_overwrite", "restart")  # keys that are no table's


class Sweep:
    """What is run: keys, and of every run their values and the name of its folder in `top`."""

    def __init__(self, driver, path, name, keys, rows, names, more):
        self.keys, self.rows, self.names = keys, rows, names
        self.top = os.path.join("otto-out", f"{driver}-{os.path.splitext(os.path.basename(path))[0]}-{name}")
        self.begin, self.more = [driver, path], list(more)

    def folder(self, row):
        return os.path.join(self.top, self.names[row])

    def arguments(self, row):
        words = [word for key, value in zip(self.keys, self.rows[row]) for word in ("-" + key, value)]
        return [*self.begin, *self.more, *words, "-output_dir", self.folder(row), "-output_overwrite", "yes"]

    def status(self, row):
        """The exit status that stands beside the run's folder; None where it has not ended."""
        try:
            with open(self.folder(row) + ".status") as file:
                return int(file.read())
        except (OSError, ValueError):
            return None


def read_table(path):
    """Keys and rows of a table; a ValueError names the line that is none."""
    keys, rows = None, []
    with open(path) as file:
        for number, line in enumerate(file, 1):
            try:
                words = shlex.split(line, comments=True)
            except ValueError as error:
                raise ValueError(f"{path}: line {number}: {error}") from None
            if not words:
                continue
            if keys is None:
                keys = [word.lstrip("-") for word in words]
                plain = [key.lower() for key in keys]
                for key in plain:
                    if key in OURS or plain.count(key) > 1:
                        raise ValueError(f"{path}: line {number}: {key} is {'given by the sweep itself' if key in OURS else 'there twice'}")
                continue
            if len(words) != len(keys):
                raise ValueError(f"{path}: line {number} has {len(words)} values, the table {len(keys)} keys")
            rows.append(words)
    if not rows:
        raise ValueError(f"{path}: a table is a line of keys and a line a run")
    return keys, rows


def sweep_of(arguments):
    """The sweep that the arguments name."""
    if arguments[0] == "--table":
        keys, rows = read_table(arguments[1])
        name = os.path.splitext(os.path.basename(arguments[1]))[0]
        return Sweep(*arguments[2:4], name, keys, rows, [str(k + 1) for k in range(len(rows))], arguments[4:])
    driver, path, key, values = arguments[:4]
    key, values = key.lstrip("-"), values.split(",")
    return Sweep(driver, path, key, [key], [[value] for value in values], values, arguments[4:])


def run_all(sweep):
    """Makes the runs; their exit statuses stand beside their folders."""
    otto = os.environ.get("OTTO") or os.path.join(os.environ.get("OTTO_BUILD", os.path.join(HERE, "..", "build")), "bin", "otto")
    os.makedirs(sweep.top, exist_ok=True)
    for row, values in enumerate(sweep.rows):
        if os.path.exists(sweep.folder(row) + ".status"):  # of an earlier sweep
            os.unlink(sweep.folder(row) + ".status")
        with open(os.devnull, "w") as nowhere:
            status = subprocess.run([otto, *sweep.arguments(row)], stdout=nowhere).returncode
        with open(sweep.folder(row) + ".status", "w") as file:
            file.write(f"{status}\n")
        what = ", ".join(f"{key} {value}" for key, value in zip(sweep.keys, values))
        print(f"{what}: exit status {status}, {sweep.folder(row)}", flush=True)


def table(sweep, loaded):
    """sweep.csv: every row of every run; columns that a run has not stay empty, and so does what has not ended."""
    names = list(dict.fromkeys(name for run in loaded.values() for name in run.series))
    path = os.path.join(sweep.top, "sweep.csv")
    with open(path + ".part", "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow([*sweep.keys, "status", *names])
        for row, values in enumerate(sweep.rows):
            status = sweep.status(row)
            front = [*values, "" if status is None else status]
            if row not in loaded:
                out.writerow(front + [""] * len(names))
                continue
            series = loaded[row].series
            for k in range(len(next(iter(series.values()), []))):
                out.writerow(front + [f"{series[n][k]:.17g}" if n in series else "" for n in names])
    os.replace(path + ".part", path)


def at(run, name, t):
    """A column at a time, of several rows the last; a result where there is no such column."""
    import numpy as np

    if name not in run.series:
        value = run.results.get(name)
        return float(value) if isinstance(value, (int, float)) else float("nan")
    rows = np.flatnonzero(np.abs(run.t - t) <= 1e-9 * abs(t))
    return float(run.series[name][rows[-1]]) if len(rows) else float("nan")


def when(t, before=""):
    """Words for a time; none for what has none."""
    return f"{before}t = {t:.4g}" if t else ""


def axis_of(sweep, rows):
    """The first key whose values are different numbers, and these; the number of the row where there is none."""
    for k, key in enumerate(sweep.keys):
        try:
            values = [float(sweep.rows[row][k]) for row in rows]
        except ValueError:
            continue
        if len(set(values)) > 1 or len(rows) == 1:
            return k, key, values
    return None, "row", [float(row + 1) for row in rows]


def curves_of(sweep, loaded, axis, x, name):
    """A column against the key: a curve for every t; where other keys differ, too, one for all that they say."""
    import numpy as np
    from plots.panels import Curve

    runs = list(loaded.values())
    others = {}
    for k, row in enumerate(loaded):
        said = [(key, v) for j, (key, v) in enumerate(zip(sweep.keys, sweep.rows[row])) if axis is not None and j != axis]
        others.setdefault(tuple(said), []).append(k)
    differ = [{said[j] for said in others} for j in range(len(next(iter(others))))]
    times = sorted({float(t) for run in runs for t in run.t if t != 0}) if name in runs[0].series else [0.0]
    if times and len(others) > 1:
        found = []
        for look, (said, group) in enumerate(others.items()):
            label = ", ".join(f"{key} {v}" for j, (key, v) in enumerate(said) if len(differ[j]) > 1)
            group = sorted(group, key=lambda k: x[k])
            y = np.array([at(runs[k], name, times[-1]) for k in group])
            found.append(Curve(label + when(times[-1], ", "), np.array([x[k] for k in group]), y, look=look))
        return found
    if not times:
        return []
    order = sorted(range(len(runs)), key=lambda k: x[k])
    some = sorted({k * (len(times) - 1) // max(1, min(MOST, len(times)) - 1) for k in range(min(MOST, len(times)))})
    of = [(times[k], np.array([at(runs[j], name, times[k]) for j in order])) for k in some]
    return [Curve(when(t) or name, np.array([x[j] for j in order]), y, look=look) for look, (t, y) in enumerate(of)]


def picture(sweep, loaded):
    """SWEPT against a key; None where there is nothing to draw."""
    import numpy as np
    from plots.panels import PART, Curve, Panel, log_ticks, stack
    from plots.pictures import of_driver

    runs, panels = list(loaded.values()), []
    module = of_driver(runs[0])
    axis, key, x = axis_of(sweep, list(loaded))
    x = np.array(x)
    for name, words, unit, log in getattr(module, "SWEPT", []):
        curves = curves_of(sweep, loaded, axis, x, name)
        thin = getattr(module, "swept", lambda *_: None)(runs[0], key, name)
        if thin:
            fine = np.linspace(x.min(), x.max(), 100)
            curves.append(Curve(thin[0], fine, np.array([thin[1](v) for v in fine]), kind="thin", dash="--"))
        if any(np.any(np.isfinite(c.y)) for c in curves):
            panels.append(Panel(words, unit, curves, log=log))
    if not panels:
        return None
    scale = "log" if x.min() > 0 and x.max() > 30 * x.min() else "linear"
    heading = PART.join([os.path.basename(sweep.top), " × ".join(map(str, runs[0].grid.get("n", []))) + " cells"])
    figure = stack(heading, panels, scale)
    figure.axes[-1].set_xlabel(key, labelpad=2)
    if scale == "log":
        log_ticks(figure.axes[0].xaxis, *figure.axes[0].get_xlim())
    return figure


def gather(sweep):
    """The table and the picture of the runs that have ended."""
    from otto_results import load
    from plots.pictures import save
    from plots.units import label

    loaded = {row: load(sweep.folder(row)) for row in range(len(sweep.rows)) if sweep.status(row) in (0, 1)}
    table(sweep, loaded)
    print(os.path.join(sweep.top, "sweep.csv"))
    figure = picture(sweep, loaded) if loaded else None
    if figure is not None:
        save(label(figure, next(iter(loaded.values()))), os.path.join(sweep.top, "sweep.png"))
        print(os.path.join(sweep.top, "sweep.png"))


def in_parts(arguments):
    """What sweep.sbatch asks for one by one; None where the arguments ask for a whole sweep."""
    if arguments[0] == "--rows":
        print(len(read_table(arguments[1])[1]))
    elif arguments[0] == "--row":
        sweep, row = sweep_of(arguments[2:]), int(arguments[1]) - 1
        if not 0 <= row < len(sweep.rows):
            raise ValueError(f"{arguments[3]}: no row {row + 1}; it has {len(sweep.rows)}")
        os.makedirs(sweep.top, exist_ok=True)
        sys.stdout.write("".join(word + "\0" for word in (sweep.folder(row), *sweep.arguments(row))))
    elif arguments[0] == "--gather":
        gather(sweep_of(arguments[1:]))
    else:
        return None
    return 0


def main(arguments):
    arguments = arguments[1:]
    needed = {"--rows": 2, "--gather": 5, "--row": 6}.get(arguments[0] if arguments else "", 4)
    if len(arguments) < needed or (len(arguments) - needed) % 2:
        print(__doc__)
        return 2
    sys.path.insert(0, HERE)
    try:
        done = in_parts(arguments)
        if done is not None:
            return done
        import otto_results  # noqa: F401
        import plots.pictures  # noqa: F401

        sweep = sweep_of(arguments)
    except ImportError as error:
        print(f"sweep.py: {error}", file=sys.stderr)
        return 77  # another Python may do
    except (OSError, ValueError) as error:
        print(f"sweep.py: {error}", file=sys.stderr)
        return 2
    run_all(sweep)
    gather(sweep)
    return max(abs(sweep.status(row)) for row in range(len(sweep.rows)))


if __name__ == "__main__":
    sys.exit(main(sys.argv))
