"""Two runs over one another."""

import numpy as np

from .columns import HIGHEST, curve, curves, time_scale, units, usual_size
from .dissipation import DIVERGENCES, FISHER
from .fokker_planck import AWAY, PRODUCTION, SINGLE
from .panels import PART, Panel, stack

GROUPS = {
    True: [("Divergences", "nats", AWAY), ("Entropy production, and I_rel", "nats per time", PRODUCTION)],
    False: [("Divergences", "nats", DIVERGENCES), ("Fisher information", "nats per time", FISHER)],
}


def difference(first, second):
    """The keys in which two runs differ, with both values."""
    left_out = ("output_dir", "output_overwrite")
    keys = sorted(k for k in set(first.options) | set(second.options) if k not in left_out)
    words = [
        f"{k}: {first.options.get(k, '–')} | {second.options.get(k, '–')}"
        for k in keys
        if first.options.get(k) != second.options.get(k)
    ]
    return ("they differ in  " + ";  ".join(words)) if words else "their options are the same"


def dashed(made):
    for c in made:
        c.label, c.dash, c.error = "", "--", np.full(len(c.t), np.nan)
    return made


def overlay(first, second):
    """Columns that both runs have: the first in full lines, the second dashed with hollow markers."""
    scale = "linear" if time_scale(first) == time_scale(second) == "linear" else "log"
    start, panels = scale == "linear", []
    for title, unit, names in GROUPS[first.driver == "fokker-planck"]:
        names = [n for n in names if n in first.series and n in second.series]
        made = curves(first, names, start)
        for c in made:
            c.error = None
        made += dashed([c for c in curves(second, names, start) if c.label in {m.label for m in made}])
        if made:
            size = usual_size(made)
            panels.append(Panel(title, units(made, unit), made, reach=(1e-18 * size, HIGHEST**2 * size), height=3.2))
    for name, title, unit in SINGLE:
        pair = [run for run in (first, second) if name in run.series and name not in ("mass_p", "current_norm")]
        if len(pair) == 2:
            made = [curve(run, name, start, "") for run in pair]
            made[0].error = None
            dashed(made[1:])
            panels.append(Panel(title, unit, made, log=False, height=1.6))
    if not panels:
        return None
    return stack(f"{first.name} (full lines){PART}{second.name} (dashed)", panels, scale, [difference(first, second)])
