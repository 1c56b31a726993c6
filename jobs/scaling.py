#!/usr/bin/env python3
"""Strong and weak scaling as a table and a picture: scaling.py FOLDER

FOLDER is a run of `otto bench scaling`. Writes there
  scaling.csv    a line a number of ranks: its times, how many times as fast as the fewest ranks (the same grid), how much of
                 their speed is left (a grid that grows), what a sample sends, counted and by the model
  scaling.png    times against ranks, with what would be ideal, and what the model predicts of many more"""

import csv
import os
import sys

SPEED = [("sample_ms_strong", "sample_times"), ("step_ms_strong", "step_times")]
LEFT = [("sample_ms_weak", "sample_left"), ("step_ms_weak", "step_left")]


def table(run):
    """The lists by ranks, a column each, and what they say of the fewest ranks."""
    ranks = run.results["scaling_ranks"]
    columns = {"ranks": [int(r) for r in ranks]}
    for name, values in run.results.items():
        if isinstance(values, list) and len(values) == len(ranks) and name != "scaling_ranks" and not name.startswith(("strong_", "weak_", "model_ranks")):
            columns[name] = values
    for name, ratio in SPEED + LEFT:
        if name in columns:
            columns[ratio] = [columns[name][0] / value if value else None for value in columns[name]]
    return columns


def main(arguments):
    if len(arguments) != 2 or arguments[1] in ("-h", "--help"):
        print(__doc__)
        return 0 if len(arguments) == 2 else 2
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    try:
        from otto_results import ResultsError, load
        from plots.pictures import save
        from plots.scaling import scaling

        run = load(arguments[1])
        if not run.results.get("scaling_ranks"):
            print(f"scaling.py: {arguments[1]} is no run of otto bench scaling", file=sys.stderr)
            return 2
    except ImportError as error:
        print(f"scaling.py: {error}", file=sys.stderr)
        return 77  # another Python may do
    except ResultsError as error:
        print(f"scaling.py: {error}", file=sys.stderr)
        return 2
    columns = table(run)
    with open(run.path("scaling.csv"), "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(columns)
        out.writerows(zip(*columns.values()))
    save(scaling(run), run.path("scaling.png"))
    print(run.path("scaling.csv"))
    print(run.path("scaling.png"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
