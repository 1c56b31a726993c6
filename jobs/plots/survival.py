"""What is left of a density and who took the rest: of runs with absorbing faces and of first passages."""

import re

import numpy as np

from .panels import Curve


def shown(run, name, label, look, keep, **more):
    """A column as a curve with its band."""
    error = run.error(name)
    return Curve(label, run.t[keep], run.series[name][keep], None if error is None else error[keep], look=look, **more)


def taker(run, name):
    """Who took the mass of a column killed_...: a set, or the face of an axis by its name."""
    found = re.fullmatch(r"killed_(lower|upper)_(\d)", name)
    if not found:
        return "by set_" + name[len("killed_") :]
    names, j = run.grid.get("names"), int(found[2]) - 1
    axis = str(names[j]) if isinstance(names, list) and j < len(names) else "xyz"[j]
    return f"by the {found[1]} face of {axis}"


def taken(run, keep):
    """A curve for each who takes mass, and where there are several a thin one of all together; of an axis with one absorbing
    face the other has a column of zeros."""
    names = [name for name in run.series if name.startswith("killed_") and name != "killed_mass" and np.any(run.series[name] != 0)]
    curves = [shown(run, name, taker(run, name), look, keep) for look, name in enumerate(names)]
    if len(curves) > 1:
        curves.append(Curve("all together", run.t[keep], np.sum([c.y for c in curves], axis=0), kind="thin"))
    return curves
