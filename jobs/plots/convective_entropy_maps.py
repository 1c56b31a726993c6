"""Pictures of the fields of `otto convective-entropy`: the density as it is carried, exponents and stretching directions.
Of three axes the middle plane of the third is shown."""

import numpy as np

from .columns import PART, run_title
from .gradient_flow_maps import LEVELS, colour, picked, zoomed
from .maps import Tiles, aspect_of, density_unit, draw_map, flat, flattened
from .panels import COLOURS

STROKES = 22  # along the longer axis
FAINT = 0.2  # of the largest exponent: below it a direction says little


def heading(run, dim, last):
    return PART.join(w for w in (run_title(run), flattened(dim), run.note(last)) if w)


def densities(run):
    """p, and what it is carried to at up to five of the times written."""
    samples = [k for k in picked(run) if "pushed" in run.names(k)]
    if not samples:
        return None
    shown = [("p", samples[0])] + [("pushed", k) for k in samples if run.samples[k] != 0][-5:]
    dim = run.field("p", sample=samples[0]).ndim
    if dim == 1:
        return lines(run, shown)
    lower, upper = run.box
    whole, h = list(zip(lower, upper))[:2], (upper - lower) / np.array(run.grid["n"])
    box = zoomed(run, [k for _, k in shown], ["p", "pushed"], whole)
    tiles = Tiles(heading(run, dim, samples[-1]), len(shown), aspect_of(*zip(*box)), 1)
    for k, (name, sample) in enumerate(shown):
        axes, values = tiles.tile(k), flat(run.field(name, sample=sample), h)
        words = "p at the start" if name == "p" else f"carried to t = {run.samples[sample]:.4g}"
        draw_map(tiles, axes, values, whole, words, density_unit(dim))
        axes.set_xlim(*box[0])
        axes.set_ylim(*box[1])
        if k == 0 and min(values.shape) > 1:
            levels = [level * values.max() for level in LEVELS if values.min() < level * values.max()]
            if levels and values.max() > values.min():
                axes.contour(*run.axes[:2], values.T, levels=levels, colors="#ff9d2e", linewidths=0.6)
                tiles.note(axes, "lines: " + ", ".join(f"{100 * v / values.max():.0f}" for v in levels) + " % of the maximum")
    return tiles.figure


def lines(run, shown):
    """One axis: each time in its own colour."""
    tiles = Tiles(heading(run, 1, shown[-1][1]), 1, 0.9)
    axes = tiles.tile(0)
    for k, (name, sample) in enumerate(shown):
        word = "p at the start" if name == "p" else f"t = {run.samples[sample]:.4g}"
        axes.plot(run.axes[0], run.field(name, sample=sample), color=colour(k, len(shown)), label=word)
    axes.set_title("The density, carried")
    axes.set_xlabel("x (length)", labelpad=2)
    axes.set_ylabel("1/length", labelpad=2)
    axes.legend(frameon=False, fontsize=9)
    return tiles.figure


def stretched(run):
    """The last sample written that has exponents; None where there is none."""
    there = [k for k in run.samples if "ftle_1" in run.names(k)]
    return there[-1] if there else None


def strokes(tiles, axes, run, sample, way, largest, box):
    """Directions of the largest stretching as strokes without heads, where there is some."""
    names = [f"stretching{way}_{a}" for a in run.grid.get("names", "xyz")[:2]]
    if not all(name in run.names(sample) for name in names):
        names = [f"stretching{way}_{a}" for a in "xy"]
    if not all(name in run.names(sample) for name in names) or not largest > 0:
        return
    h = np.ones(3)
    u, v, ftle = (flat(run.field(name, sample=sample), h) for name in (*names, f"ftle{way}_1"))
    sides = [b - a for a, b in box]
    counts = [max(2, round(STROKES * side / max(sides))) for side in sides]
    pick = tuple(slice(-(-n // c) // 2, None, -(-n // c)) for n, c in zip(u.shape, counts))
    u, v, ftle = u[pick], v[pick], ftle[pick]
    keep = np.isfinite(ftle) & (ftle > FAINT * largest) & np.isfinite(u) & np.isfinite(v)
    x, y = np.meshgrid(run.axes[0][pick[0]], run.axes[1][pick[1]], indexing="ij")
    if not keep.any():
        return
    look = dict(color="white", edgecolor="#202020", linewidth=0.3, pivot="mid", width=0.006)
    axes.quiver(x[keep], y[keep], u[keep], v[keep], angles="xy", headwidth=0, headlength=0, headaxislength=0,
                scale=1.3 * max(counts), **look)  # fmt: skip
    tiles.note(axes, "strokes: the direction of stretching")


def stretching(run):
    """The largest exponent forward and backward with its directions, and log J where it is not the same everywhere."""
    sample = stretched(run)
    if sample is None:
        return None
    dim, t = run.field("ftle_1", sample=sample).ndim, run.samples[sample]
    jacobian = run.field("log_jacobian", sample=sample) if "log_jacobian" in run.names(sample) else np.zeros(1)
    known = jacobian[np.isfinite(jacobian)]
    shown = [("ftle_1", "", f"FTLE of t = 0 to {t:.4g}, by the start"),
             ("ftle_backward_1", "_backward", f"FTLE backward from t = {t:.4g}, by the end")]  # fmt: skip
    shown = [s for s in shown if s[0] in run.names(sample)]
    if known.size and np.ptp(known) > 1e-6:
        shown.append(("log_jacobian", None, "log J, by the start"))
    if dim == 1:
        return stretching_of_a_line(run, sample, shown)
    lower, upper = run.box
    box = list(zip(lower, upper))[:2]
    tiles = Tiles(heading(run, dim, sample), len(shown), aspect_of(lower, upper), 1)
    for k, (name, way, words) in enumerate(shown):
        axes, values = tiles.tile(k), flat(run.field(name, sample=sample), np.ones(dim))
        known = values[np.isfinite(values)]
        if not known.size:
            values, known = np.zeros(values.shape), np.zeros(1)
        limit = float(np.abs(known).max()) if way is None else None
        draw_map(tiles, axes, values, box, words, "no unit" if way is None else "1/time", limit)
        if way is not None and min(values.shape) > 1:
            strokes(tiles, axes, run, sample, way, float(known.max()), box)
    return tiles.figure


def stretching_of_a_line(run, sample, shown):
    tiles = Tiles(heading(run, 1, sample), len(shown), 0.9)
    for k, (name, way, words) in enumerate(shown):
        axes = tiles.tile(k, share_y=False)
        axes.plot(run.axes[0], run.field(name, sample=sample), color=COLOURS[k])
        axes.set_title(words, fontsize=11)
        axes.set_xlabel("x (length)", labelpad=2)
        axes.set_ylabel("no unit" if way is None else "1/time", labelpad=2)
    return tiles.figure
