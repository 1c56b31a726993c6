"""What is left of a density and who took the rest: of runs with absorbing faces and of first passages."""

import re

import numpy as np

from .panels import Curve


def shown(run, name, label, look, keep, **more):
    """A column as a curve with its band."""
    error = run.error(name)
    return Curve(label, run.t[keep], run.series[name][keep], None if error is None else error[keep], look=look, **more)


def place(run, end):
    """What the end of a column's or field's name means: a set, or the face of an axis by its name."""
    found = re.fullmatch(r"(lower|upper)_(\d)", end)
    if not found:
        return "set_" + end
    names, j = run.grid.get("names"), int(found[2]) - 1
    axis = str(names[j]) if isinstance(names, list) and j < len(names) else "xyz"[j]
    return f"the {found[1]} face of {axis}"


def takers(run):
    """The columns of those that take mass; of an axis with one absorbing face the other has a column of zeros."""
    return [name for name in run.series if name.startswith("killed_") and name != "killed_mass" and np.any(run.series[name] != 0)]


def only_taker(run):
    """Who takes mass where it is one alone, whom the legend does not name; else ''."""
    names = takers(run)
    return place(run, names[0][len("killed_") :]) if len(names) == 1 else ""


def taken(run, keep):
    """A curve for each who takes mass, and where there are several a thin one of all together."""
    curves = [shown(run, name, "by " + place(run, name[len("killed_") :]), look, keep) for look, name in enumerate(takers(run))]
    if len(curves) > 1:
        curves.append(Curve("all together", run.t[keep], np.sum([c.y for c in curves], axis=0), kind="thin"))
    return curves
