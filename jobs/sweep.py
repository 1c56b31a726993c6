#!/usr/bin/env python3
"""One input over values of a key: sweep.py DRIVER INPUT KEY VALUES [-key value …]

    jobs/sweep.py convective-entropy inputs/convective-entropy/standard_map_sweep.yaml dynamics_k 0.5,1,2,4

Runs the driver once for every value, one after another, in otto-out/<driver>-<input name>-<key>/<value>, and writes there
  sweep.csv     the series of all runs with the value and the exit status in front; 3 (no series) stands alone
  sweep.png     what the driver's module in plots/ has as SWEPT, against the key, a curve for every t (at the last s)
Takes build/bin/otto; OTTO_BUILD names another build folder. A run that is there already is made again. The exit status is
0, or the worst of the runs'."""

import csv
import os
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
MOST = 5  # times that are drawn


def run_all(driver, path, key, values, more):
    """Makes the runs; a list of (value, exit status, folder)."""
    otto = os.path.join(os.environ.get("OTTO_BUILD", os.path.join(ROOT, "build")), "bin", "otto")
    name = os.path.splitext(os.path.basename(path))[0]
    top, made = os.path.join("otto-out", f"{driver}-{name}-{key}"), []
    for value in values:
        folder = os.path.join(top, value)
        command = [otto, driver, path, *more, "-" + key, value, "-output_dir", folder, "-output_overwrite", "yes"]
        with open(os.devnull, "w") as nowhere:
            status = subprocess.run(command, stdout=nowhere).returncode
        print(f"{key} {value}: exit status {status}, {folder}", flush=True)
        made.append((value, status, folder))
    return top, made


def table(top, key, made, loaded):
    """sweep.csv: every row of every run."""
    names = list(next(iter(loaded.values())).series) if loaded else []
    with open(os.path.join(top, "sweep.csv.part"), "w", newline="") as file:
        out = csv.writer(file)
        out.writerow([key, "status", *names])
        for value, status, _ in made:
            if value not in loaded:
                out.writerow([value, status] + [""] * len(names))
                continue
            series = loaded[value].series
            for row in zip(*(series[n] for n in names)):
                out.writerow([value, status, *(f"{v:.17g}" for v in row)])
    os.replace(os.path.join(top, "sweep.csv.part"), os.path.join(top, "sweep.csv"))


def at(run, name, t):
    """A column at a time, of several rows the last."""
    import numpy as np

    rows = np.flatnonzero(np.abs(run.t - t) <= 1e-9 * abs(t))
    return float(run.series[name][rows[-1]]) if len(rows) and name in run.series else float("nan")


def picture(key, loaded):
    """SWEPT against the key; None where there is nothing to draw."""
    import numpy as np
    from plots.panels import PART, Curve, Panel, log_ticks, stack
    from plots.pictures import of_driver

    runs = list(loaded.values())
    module, x = of_driver(runs[0]), np.array([float(value) for value in loaded])
    times = sorted({float(t) for run in runs for t in run.t if t != 0})
    times = [times[k] for k in sorted({k * (len(times) - 1) // max(1, min(MOST, len(times)) - 1) for k in range(min(MOST, len(times)))})]
    panels = []
    for name, words, unit, log in getattr(module, "SWEPT", []):
        curves = [Curve(f"t = {t:.4g}", x, np.array([at(r, name, t) for r in runs]), look=k) for k, t in enumerate(times)]
        thin = getattr(module, "swept", lambda *_: None)(runs[0], key, name)
        if thin:
            fine = np.linspace(x.min(), x.max(), 100)
            curves.append(Curve(thin[0], fine, np.array([thin[1](v) for v in fine]), kind="thin", dash="--"))
        if any(np.any(np.isfinite(c.y)) for c in curves):
            panels.append(Panel(words, unit, curves, log=log))
    if not panels:
        return None
    scale = "log" if x.min() > 0 and x.max() > 30 * x.min() else "linear"
    heading = PART.join([os.path.basename(os.path.dirname(runs[0].folder)), " × ".join(map(str, runs[0].grid.get("n", []))) + " cells"])
    figure = stack(heading, panels, scale)
    figure.axes[-1].set_xlabel(key, labelpad=2)
    if scale == "log":
        log_ticks(figure.axes[0].xaxis, *figure.axes[0].get_xlim())
    return figure


def main(arguments):
    if len(arguments) < 5 or len(arguments) % 2 == 0:
        print(__doc__)
        return 2
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    driver, path, key, values = arguments[1:5]
    try:
        from otto_results import load
        from plots.pictures import save
    except ImportError as error:
        print(f"sweep.py: {error}", file=sys.stderr)
        return 77  # another Python may do
    top, made = run_all(driver, path, key.lstrip("-"), values.split(","), arguments[5:])
    loaded = {value: load(folder) for value, status, folder in made if status in (0, 1)}
    if os.path.isdir(top):
        table(top, key.lstrip("-"), made, loaded)
        figure = picture(key.lstrip("-"), loaded) if loaded else None
        if figure is not None:
            save(figure, os.path.join(top, "sweep.png"))
            print(os.path.join(top, "sweep.png"))
    return max(abs(status) for _, status, _ in made)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
