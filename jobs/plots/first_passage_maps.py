"""Pictures of the fields of `otto first-passage`: times and probabilities by the start, and what is reactive. Of three axes
the middle plane of the third is shown."""

import numpy as np

from .columns import PART, run_title
from .first_passage import ENDS
from .maps import Tiles, aspect_of, draw_map, flat, flattened
from .panels import COLOURS
from .survival import place

LEVELS = np.arange(1, 10) / 10
SHADES = {1: "set_a", 2: "set_b", 3: "set_c", 4: "set_d"}


def probabilities(run):
    """(field, title) of what says which end comes first; of two ends one says it."""
    names = run.names(0)
    if "committor" in names:
        return [("committor", "committor: set_b before set_a")]
    found = [(name, f"{place(run, name[len('splitting_') :])} comes first") for name in ENDS if name in names]
    return found[1:] if len(found) == 2 else found


def open_cells(run, name):
    """A field without its closed cells."""
    return np.where(run.field("sets", sample=0) < 0, np.nan, run.field(name, sample=0))


def passages(run):
    shown = probabilities(run) + [("passage_time", "mean time until a passage ends")]
    if "reactive_density" in run.names(0):
        shown.append(("reactive_density", "on the way from set_a to set_b"))
    lower, upper = run.box
    dim = run.field("passage_time", sample=0).ndim
    title = PART.join(w for w in (run_title(run), flattened(dim)) if w)
    tiles = Tiles(title, len(shown), 0.9 if dim == 1 else aspect_of(lower, upper), 1)
    for k, (name, words) in enumerate(shown):
        draw = line if dim == 1 else plane
        draw(run, tiles, tiles.tile(k, share_y=dim > 1), name, words)
    return tiles.figure


UNITS = {"passage_time": "time", "reactive_density": "1/volume"}


def line(run, tiles, axes, name, words):
    x, sets = run.axes[0], run.field("sets", sample=0)
    axes.plot(x, open_cells(run, name), color=COLOURS[0])
    h = x[1] - x[0] if len(x) > 1 else 1.0
    for label in SHADES:
        for at in x[sets == label]:
            axes.axvspan(at - h / 2, at + h / 2, color="#bbbbbb", alpha=0.5, linewidth=0)
    axes.set_title(words)
    axes.set_xlabel("x (length)", labelpad=2)
    axes.set_ylabel(UNITS.get(name, "probability"), labelpad=2)
    if name == "passage_time":
        tiles.note(axes, "grey: sets")


def outlines(axes, run, x, y):
    """Level lines between sets and the rest, with their names."""
    sets = flat(run.field("sets", sample=0), np.ones(3))
    if min(sets.shape) < 2:
        return
    for label, name in SHADES.items():
        inside = sets == label
        if not inside.any():
            continue
        axes.contour(x, y, inside.T.astype(float), levels=[0.5], colors="black", linewidths=1.1)
        i, j = (int(np.median(k)) for k in np.nonzero(inside))
        axes.text(x[i], y[j], name[-1], ha="center", va="center", fontsize=11, color="white",
                  bbox={"boxstyle": "circle,pad=0.15", "facecolor": "black", "linewidth": 0})  # fmt: skip


def streamlines(tiles, axes, run, x, y):
    """Where the reactive current goes, thicker where there is more of it."""
    u, v = (flat(run.field(f"reactive_current_{a}", sample=0), np.ones(3)) for a in "xy")
    size = np.hypot(u, v)
    if min(u.shape) < 3 or not size.max() > 0:
        return
    weak = size < 1e-3 * size.max()
    u, v = np.where(weak, np.nan, u), np.where(weak, np.nan, v)
    # streamplot asks for steps of one length
    even = [np.linspace(k[0], k[-1], len(k)) for k in (x, y)]
    axes.streamplot(*even, u.T, v.T, color="white", linewidth=0.4 + 1.6 * np.sqrt(size / size.max()).T, density=1.1, arrowsize=0.8)
    tiles.note(axes, "streamlines of the reactive current")


def plane(run, tiles, axes, name, words):
    lower, upper = run.box
    x, y = run.axes[:2]
    box = list(zip(lower, upper))[:2]
    values = flat(open_cells(run, name), np.ones(3))
    draw_map(tiles, axes, values, box, words, UNITS.get(name, "probability"))
    axes.set_xlim(*box[0]), axes.set_ylim(*box[1])
    if name not in UNITS and min(values.shape) > 1:
        axes.contour(x, y, np.ma.masked_invalid(values).T, levels=LEVELS, colors="white", linewidths=0.6)
        tiles.note(axes, "lines: 0.1, 0.2 … 0.9")
    if name == "reactive_density":
        streamlines(tiles, axes, run, x, y)
    outlines(axes, run, x, y)
