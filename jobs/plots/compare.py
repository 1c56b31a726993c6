"""Two runs over one another."""

import numpy as np

from .columns import HIGHEST, curve, curves, rounding, time_scale, units, usual_size
from .fokker_planck import SINGLE, far_start, worth_drawing
from .panels import PART, Curve, Panel, stack
from .pictures import of_driver



def effective(run, key):
    """What a key came to in a run: as the run itself says (its grid, its results), as given, or its default; None where
    it plays no part there."""
    part = key.removeprefix("grid_")
    if key != part and part in run.grid:
        return run.grid[part]
    used = key in run.options and key not in (run.summary.get("options_unused") or [])
    return run.results.get(key, run.options[key] if used else run.defaults.get(key))


def plain(value):
    """A value in a form that is the same for all ways of writing it: 0.10,0.1 is 0.1 an axis, and true is yes."""

    def one(text):
        try:
            return float(text)
        except ValueError:
            return {"true": "yes", "on": "yes", "": "yes", "false": "no", "off": "no"}.get(text.lower(), text)

    parts = value if isinstance(value, list) else str(value).strip("[] ").split(",")
    return [one(str(part).strip()) for part in parts]


def same(key, one, other):
    if one is None or other is None:
        return one is other
    one, other = plain(one), plain(other)
    if key != "grid_n" and 1 in (len(one), len(other)):  # one value for all axes
        return len({*one, *other}) == 1
    return one == other


def words(key, value):
    if value is None:
        return "–"
    parts = [f"{v:g}" if isinstance(v, float) else str(v) for v in (value if isinstance(value, list) else [value])]
    return parts[0] if len(set(parts)) == 1 and key != "grid_n" else ",".join(parts)


def difference(first, second):
    """The keys in which two runs differ, with both values: what each came to, whether it was given or not."""
    left_out = ("output_dir", "output_overwrite")
    found = [f"driver: {first.driver} | {second.driver}"] if first.driver != second.driver else []
    for key in sorted(k for k in set(first.options) | set(second.options) if k not in left_out):
        pair = effective(first, key), effective(second, key)
        if not same(key, *pair):
            found.append(f"{key}: {words(key, pair[0])} | {words(key, pair[1])}")
    return ("they differ in  " + ";  ".join(found)) if found else "their options come to the same"


def dashed(made):
    for c in made:
        c.label, c.dash, c.error = "", "--", np.full(len(c.t), np.nan)
    return made


def apart(first, second, names, start):
    """|second − first| / |first| of columns, at times that both runs have (to 1e-9), as curves without names."""
    near = np.abs(first.t[:, None] - second.t[None, :]) <= 1e-9 * np.abs(first.t[:, None])
    rows, others = np.nonzero(near & ((first.t > 0) | start)[:, None])
    made = []
    for name in names:
        one, other = first.series[name][rows], second.series[name][others]
        known = np.isfinite(one) & np.isfinite(other) & (one != 0)
        known &= ~(rounding(first, name)[rows] | rounding(second, name)[others])
        share = np.abs(other[known] - one[known]) / np.abs(one[known])
        look = curve(first, name, start).look
        made += [Curve("", first.t[rows][known], share, look=look)] if np.any(share > 0) else []
    return made


def overlay(first, second):
    """Columns that both runs have: the first in full lines, the second dashed with hollow markers; under each group how
    far they are apart, which lines over one another do not show."""
    scale = "linear" if time_scale(first) == time_scale(second) == "linear" else "log"
    start, panels = scale == "linear", []
    for title, unit, names in of_driver(first).GROUPS:
        names = [n for n in names if n in second.series and curves(first, [n], start)]
        made = curves(first, names, start)
        for c in made:
            c.error = None
        made += dashed(curves(second, names, start))
        if not made:
            continue
        size = usual_size(made)
        panels.append(Panel(title, units(made, unit), made, reach=(1e-18 * size, HIGHEST**2 * size), height=3.2))
        far = apart(first, second, names, start)
        if far:
            panels.append(Panel("How far these are apart, relative to the first", "no unit", far, height=1.8))
        elif np.intersect1d(first.t, second.t).size:
            panels[-1].notes.append("they are the same in every digit")
    for name, title, unit in SINGLE:
        if name == "current_norm" or not all(worth_drawing(run, name) for run in (first, second)):
            continue
        starts = [far_start(run, name, scale) for run in (first, second)]
        far = any(flag for flag, _ in starts)
        made = [curve(run, name, start and not far, "", look=0) for run in (first, second)]
        made[0].error = None
        dashed(made[1:])
        words = " | ".join(dict.fromkeys(words for _, words in starts if words))
        panels.append(Panel(title + (f" ({words})" if words else ""), unit, made, log=False, height=1.6))
    if not panels:  # no series in common; of two drivers alike what they say without one
        alike = first.driver == second.driver
        return getattr(of_driver(first), "side_by_side", lambda *_: None)(first, second) if alike else None
    return stack(f"{first.name} (full lines){PART}{second.name} (dashed)", panels, scale, [difference(first, second)])
