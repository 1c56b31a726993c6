"""Pictures of the fields of `otto gradient-flow`: p, and q where there is one, at the times that were written. Of three
axes the middle plane of the third is shown."""

import numpy as np

from .columns import PART, run_title
from .maps import Tiles, aspect_of, density_unit, draw_map, flat, flattened, where_mass_lies
from .panels import COLOURS
from .transport_maps import nice

MOST = 6
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)  # of a tile's largest value: level lines


def picked(run):
    """At most six of the samples written, evenly."""
    samples = list(run.samples)
    count = min(MOST, len(samples))
    return [samples[k] for k in sorted({k * (len(samples) - 1) // max(1, count - 1) for k in range(count)})]


def heading(run, dim, last):
    return PART.join(w for w in (run_title(run), flattened(dim), run.note(last)) if w)


def densities(run):
    samples = picked(run)
    if not samples:
        return None
    dim = run.field("p", sample=samples[0]).ndim
    return lines(run, samples) if dim == 1 else tiles_of(run, samples, dim)


def colour(k, count):
    """From blue to red, in the order of time."""
    share = k / max(1, count - 1)
    return (0.9 * share, 0.25, 0.75 - 0.7 * share)


def lines(run, samples):
    """One axis: p, q and the potentials, each time in its own colour."""
    there, (x,) = set(run.names(samples[-1])), run.axes
    shown = [("p", "p", "1/length")] + ([("q", "q", "1/length")] if "q" in there else [])
    forces = [(name, label) for name, label in (("potential", "V"), ("interaction", "W*p")) if name in there]
    tiles = Tiles(heading(run, 1, samples[-1]), len(shown) + bool(forces), 0.9)
    for place, (name, label, unit) in enumerate(shown):
        axes = tiles.tile(place, share_y=False)
        for k, sample in enumerate(samples):
            word = f"t = {run.samples[sample]:.4g}"
            axes.plot(x, run.field(name, sample=sample), color=colour(k, len(samples)), label=word)
        axes.set_title(label)
        axes.set_ylabel(unit, labelpad=2)
        axes.legend(frameon=False, fontsize=9)
    if forces:
        axes = tiles.tile(len(shown), share_y=False)
        total = 0
        for k, (name, label) in enumerate(forces):
            values = run.field(name, sample=samples[-1])
            total = total + values
            axes.plot(x, values, color=COLOURS[2 + k], label=label)
        if len(forces) > 1:
            axes.plot(x, total, color="#111111", linestyle="--", label="V + W*p")
        axes.set_title("What p moves in, at the end")
        axes.set_ylabel("energy", labelpad=2)
        axes.legend(frameon=False, fontsize=9)
    for axes in tiles.figure.axes:
        axes.set_xlabel("x (length)", labelpad=2)
    return tiles.figure


def zoomed(run, samples, names, box):
    """The part of the box that holds nearly all mass at all times, with a margin; the whole box where that is most
    of it."""
    axes, found = run.axes[:2], []
    for sample in samples:
        for name in names:
            values = run.field(name, sample=sample)
            held = values >= where_mass_lies(values)
            for j in (0, 1):
                other = tuple(a for a in range(held.ndim) if a != j)
                at = np.flatnonzero(held.any(axis=other))
                if len(at):
                    found.append((j, axes[j][at[0]], axes[j][at[-1]]))
    limits = []
    for j, (low, high) in enumerate(box):
        ends = [(a, b) for k, a, b in found if k == j] or [(low, high)]
        a, b = min(e[0] for e in ends), max(e[1] for e in ends)
        room = 0.15 * (b - a)
        limits.append((max(low, a - room), min(high, b + room)))
    sides = [b - a for a, b in limits]
    middle, half = [(a + b) / 2 for a, b in limits], max(sides) / 2
    if any(2 * half > 0.8 * (high - low) for low, high in box):
        return box
    return [(max(low, m - half), min(high, m + half)) for m, (low, high) in zip(middle, box)]


def draw_potential(tiles, axes, V, x, y, box):
    """Level lines of V over what is shown, some eight of them, in even steps; says so."""
    inside = V[np.ix_(*[(z >= a) & (z <= b) for z, (a, b) in zip((x, y), box)])]
    inside = inside[np.isfinite(inside)]
    if not inside.size or not np.ptp(inside) > 1e-12 * np.abs(inside).max():
        return
    step = nice(np.ptp(inside) / 8)
    levels = step * np.arange(np.ceil(inside.min() / step), np.floor(inside.max() / step) + 1)
    if not len(levels):
        return
    axes.contour(
        x, y, np.ma.masked_invalid(V).T, levels=levels, colors="white", linewidths=0.6, linestyles="solid", alpha=0.7
    )
    tiles.note(axes, f"white lines: V in steps of {step:g}")


def tiles_of(run, samples, dim):
    """Maps: a tile a time, p first, then q; level lines of the density, and of V where there is one."""
    lower, upper = run.box
    there = set(run.names(samples[-1]))
    names = ["p"] + (["q"] if "q" in there else [])
    if len(names) == 2:
        samples = [samples[k] for k in sorted({0, len(samples) // 2, len(samples) - 1})]
    whole, h = list(zip(lower, upper))[:2], (upper - lower) / np.array(run.grid["n"])
    box = zoomed(run, samples, names, whole)
    shown = [(name, sample) for name in names for sample in samples]
    forced = "potential" in there
    tiles = Tiles(heading(run, dim, samples[-1]), len(shown), aspect_of(*zip(*box)), 2 if forced else 1)
    x, y = run.axes[:2]
    for k, (name, sample) in enumerate(shown):
        axes, values = tiles.tile(k), flat(run.field(name, sample=sample), h)
        draw_map(tiles, axes, values, whole, f"{name} at t = {run.samples[sample]:.4g}", density_unit(dim))
        axes.set_xlim(*box[0])
        axes.set_ylim(*box[1])
        if min(values.shape) < 2 or not values.max() > values.min():
            continue
        levels = [level * values.max() for level in LEVELS if values.min() < level * values.max()]
        if levels:
            axes.contour(x, y, values.T, levels=levels, colors="#ff9d2e", linewidths=0.6)
            words = ", ".join(f"{100 * level / values.max():.0f}" for level in levels)
            tiles.note(axes, f"lines: {words} % of the maximum", 1 if forced else 0)
        if forced:
            draw_potential(tiles, axes, flat(run.field("potential", sample=sample), h), x, y, box)
    return tiles.figure
