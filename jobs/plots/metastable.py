"""Metastable sets of a run of `otto fokker-planck`: memberships, and which set a place belongs to."""

import numpy as np

from .columns import PART, run_title
from .maps import Tiles, aspect_of, contours, draw_map, flat, flattened
from .panels import COLOURS

MOST = 8  # sets that are drawn, the most probable ones
FAINT = 0.25  # how much of its colour a place keeps that belongs to no set


def memberships(run):
    """The memberships written, the most probable set first: a list of arrays."""
    names = [f"membership_{k + 1}" for k in range(int(run.results.get("metastable_sets") or 0))]
    written = run.names(0) if names and 0 in run.samples else []
    return [run.field(name, sample=0) for name in names if name in written]


def words(run, k):
    """A set and its probability."""
    probability = run.results.get("metastable_probabilities", [])
    if k >= len(probability):
        return f"set {k + 1}"
    return f"set {k + 1}: not known" if probability[k] is None else f"set {k + 1}: {probability[k]:.4g}"


def colours(sets, chi):
    """Red, green and blue of every place: the colour of its set, paler where it belongs to it less."""
    from matplotlib.colors import to_rgb

    palette = np.array([to_rgb(COLOURS[k % len(COLOURS)]) for k in range(len(chi))])
    known = np.isfinite(sets)
    number = np.where(known, sets, 1).astype(int) - 1
    most = np.take_along_axis(np.stack(chi), number[None], 0)[0]
    share = FAINT + (1 - FAINT) * np.clip((np.nan_to_num(most) - 1 / len(chi)) / (1 - 1 / len(chi)), 0, 1)
    image = 1 - share[..., None] * (1 - palette[number])
    image[~known] = 0.77
    return image


def lines(run, chi):
    """One axis: memberships as curves, and the eigenfunctions they are made of."""
    tiles, x = Tiles(run_title(run), 2, 0.9), run.axes[0]
    axes = tiles.tile(0, share_y=False)
    for k, values in enumerate(chi[:MOST]):
        axes.plot(x, values, color=COLOURS[k % len(COLOURS)], label=words(run, k))
    axes.set_ylim(-0.03, 1.03)
    axes.set_ylabel("membership", labelpad=2)
    axes.set_title("metastable sets and their probabilities")
    axes.legend(frameon=False, fontsize=9, loc="center left")
    axes = tiles.tile(1, share_y=False)
    for k in range(len(chi) - 1):
        if k < MOST:
            axes.plot(x, run.field(f"eigenfunction_{k + 1}", sample=0), color=COLOURS[k % len(COLOURS)], label=f"ψ {k + 1}")
    axes.set_ylabel("mean square 1", labelpad=2)
    axes.set_title("slow eigenfunctions")
    axes.legend(frameon=False, fontsize=9)
    for axes in tiles.figure.axes:
        axes.set_xlabel("x (length)", labelpad=2)
    return tiles.figure


def metastable(run):
    """All sets in one map, then the membership of each."""
    chi = memberships(run)
    if len(chi) < 2:
        return None
    if chi[0].ndim == 1:
        return lines(run, chi)
    (lower, upper), dim = run.box, chi[0].ndim
    one, box = np.ones(dim), list(zip(lower, upper))[:2]
    tiles = Tiles(PART.join(w for w in (run_title(run), flattened(dim)) if w), 1 + min(len(chi), MOST), aspect_of(lower, upper), 1)
    axes, sets = tiles.tile(0), flat(run.field("metastable_set", sample=0), one)
    image = colours(sets, [flat(values, one) for values in chi])
    extent = (*box[0], *box[1])
    axes.imshow(image.transpose(1, 0, 2), origin="lower", extent=extent, interpolation="nearest", aspect="auto")
    axes.set_title("metastable sets")
    axes.set_xlabel("x (length)", labelpad=2)
    axes.set_ylabel("y (length)", labelpad=2)
    axes.grid(False)
    if "potential" in run.names(0):
        V = flat(run.field("potential", sample=0), one)
        level = (float(V[np.isfinite(V)].min()), "its minimum")
        contours(tiles, axes, V, level, float(run.results.get("temperature", 1.0)), *run.axes[:2])
    for k, values in enumerate(chi[:MOST]):
        draw_map(tiles, tiles.tile(k + 1), flat(values, one), box, words(run, k), "membership")
    return tiles.figure
