#!/usr/bin/env python3
"""Compares the rungs of jobs/verify.sbatch: verify.py FOLDER

FOLDER/<ranks> are runs of one problem that repeats in a box so many times as long. Prints and writes
  verify.csv    a line a rung: ranks, cells, verdict, the worst residual of dD/dt = -I_rel and its bound, how far the rung is
                from the first (the largest difference of a column over the column's scale), seconds of the samples
  verify.png    these against ranks, where matplotlib is there
The exit status is 0 where all rungs passed and agree to 1e-12 of a column's scale, which is what reductions over another
number of ranks may change; otherwise 1; 2 where there is nothing to compare. Python's standard library alone, but for the
picture."""

import csv
import json
import math
import os
import sys

BOUND = 1e-12
SAME = "mass_p mass_q kl reverse_kl js chi2 hellinger2 tv renyi kl_p0_pt fisher_p fisher_q fisher_rel kl_rate".split()
LONGER = "entropy_p entropy_q cross_entropy".split()  # by log(ranks): the box is so many times as long


def rung(folder, ranks):
    """What the summary and the series of a rung say; None where it did not come to its end."""
    try:
        with open(os.path.join(folder, str(ranks), "summary.json")) as file:
            summary = json.load(file)
        with open(os.path.join(folder, str(ranks), "series.csv"), newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, ValueError):
        return None
    series = {name: [float(row[name]) for row in rows] for name in SAME + LONGER if rows and name in rows[0]}
    rate = next((c for c in summary["checks"] if c["name"] == "rate"), {})
    cells = math.prod(summary["grid"]["n"])
    return {"ranks": ranks, "cells": cells, "verdict": summary["verdict"], "residual": rate.get("value"), "bound": rate.get("bound"),
            "seconds": summary["timing"].get("samples"), "bytes_a_cell": summary["results"].get("memory_bytes_per_cell"),
            "series": series}  # fmt: skip


def apart(one, first):
    """The largest difference of two rungs in a column, over the column's scale, with its name; nan is a difference."""
    worst, column = 0.0, ""
    shift = math.log(one["ranks"] / first["ranks"])
    if not first["series"] or one["series"].keys() != first["series"].keys():
        return math.inf, "columns"
    for name, values in first["series"].items():
        wanted = [value + (shift if name in LONGER else 0) for value in values]
        scale = max(map(abs, wanted)) or 1.0
        got = one["series"][name]
        offs = [abs(a - b) / scale for a, b in zip(got, wanted)] if len(got) == len(wanted) else [math.inf]
        off = math.nan if any(map(math.isnan, offs)) else max(offs)  # max() passes over nan
        if not off <= worst:
            worst, column = off, name
        if math.isnan(worst):
            break
    return worst, column


def picture(rungs, path):
    """Residual and difference beside their bounds, and seconds, against ranks."""
    import numpy as np
    from plots.panels import Curve, Panel, stack
    from plots.pictures import save

    x = np.array([r["ranks"] for r in rungs], dtype=float)
    y = {name: np.array([math.nan if r[name] is None else float(r[name]) for r in rungs]) for name in ("residual", "apart", "seconds")}
    shown = np.maximum(y["apart"], 1e-17)  # no difference at all has no logarithm
    panels = [Panel("Residual of dD/dt = −I_rel, worst of all times", "no unit", [Curve("residual", x, y["residual"])],
                    bounds=[(float(rungs[0]["bound"]), "bound")], whole=True),
              Panel("Difference from the first rung, over a column's scale", "no unit", [Curve("difference", x, shown, look=1)],
                    bounds=[(BOUND, "bound")], whole=True),
              Panel("Time of all samples, as many cells a rank", "s", [Curve("samples", x, y["seconds"], look=2)], log=False)]  # fmt: skip
    figure = stack(f"otto dissipation on {rungs[0]['ranks']} to {rungs[-1]['ranks']} ranks", panels, "log" if len(x) > 1 else "linear")
    figure.axes[-1].set_xlabel("ranks", labelpad=2)
    for axes in figure.axes:
        axes.set_xticks(x, [f"{one:.0f}" for one in x], minor=False)
        axes.set_xticks([], minor=True)
    save(figure, path)


def main(arguments):
    if len(arguments) != 2 or arguments[1] in ("-h", "--help"):
        print(__doc__)
        return 0 if len(arguments) == 2 else 2
    folder = arguments[1]
    names = sorted(int(n) for n in os.listdir(folder) if n.isdigit()) if os.path.isdir(folder) else []
    found = [(ranks, rung(folder, ranks)) for ranks in names]
    rungs = [one for _, one in found if one]
    if not rungs:
        print(f"verify.py: {folder}: no run that came to its end", file=sys.stderr)
        return 2
    right = len(rungs) == len(found)
    columns = ["ranks", "cells", "verdict", "residual", "bound", "apart", "column", "seconds", "bytes_a_cell"]
    for one in rungs:
        one["apart"], one["column"] = apart(one, rungs[0])
        right = right and one["verdict"] == "pass" and one["apart"] <= BOUND
        one["residual"] = one["residual"] if isinstance(one["residual"], (int, float)) else None
        print("  ".join(f"{name} {one[name]:.4g}" if isinstance(one[name], float) else f"{name} {one[name]}" for name in columns))
    for ranks, one in found:
        if one is None:
            print(f"ranks {ranks}: did not come to its end")
    with open(os.path.join(folder, "verify.csv"), "w", newline="") as file:
        out = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        out.writeheader()
        out.writerows(rungs)
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    try:
        picture(rungs, os.path.join(folder, "verify.png"))
    except ImportError as error:
        print(f"verify.py: no picture: {error}")
    print(f"{len(rungs)} of {len(found)} rungs came to their end; " + ("all passed and agree" if right else "NOT all passed and agree"))
    print(f"results in {folder}")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
