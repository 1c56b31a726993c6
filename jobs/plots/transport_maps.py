"""Pictures of the fields of `otto transport`: densities with the map as arrows, frames on the way, the least flux,
potentials. Of three axes the third is integrated out, but for potentials, of which the middle plane is shown."""

import numpy as np

from .columns import PART, run_title
from .maps import HELD, Tiles, aspect_of, draw_map, flat, flattened, where_mass_lies
from .panels import COLOURS, GREY, WIDTH, head, new_figure, title_lines

MOST_FRAMES = 6
LINES = 12  # level lines of a potential
POINTS = 30  # a density that holds its mass on so few cells is marked where they lie
AXES = "xyz"


def heading(run, what=""):
    return PART.join(w for w in (run_title(run), what) if w)


def summed(values, h):
    """Of three axes the integral over the third: what a projection shows."""
    return values.sum(axis=2) * h[2] if values.ndim == 3 else values


def projected(dim):
    return "axis 3 integrated out" if dim == 3 else ""


def grid_of(run, density):
    lower, upper = run.box
    return lower, upper, (upper - lower) / np.array(density.shape)


def vector(run, name, dim, sample=0):
    return [run.field(f"{name}_{AXES[j]}", sample=sample) for j in range(dim)]


def cuts_of(shape, sides, across):
    """Where blocks of cells begin on each axis, about `across` of them along the larger side."""
    count = [max(1, min(n, round(across * s / max(sides)))) for n, s in zip(shape, sides)]
    return [np.arange(c) * n // c for c, n in zip(count, shape)]


def in_blocks(values, cuts):
    """Sums over blocks."""
    return np.add.reduceat(np.add.reduceat(values, cuts[0], axis=0), cuts[1], axis=1)


def ways(p, displacement, axes, across):
    """Where cells go, one of each block that holds mass: starts and ends (two coordinates each). It is the cell nearest
    to the block's centre of mass, of those that hold at least half as much as its fullest; a mean over a block that the
    map tears would point where nothing goes. Blocks that hold next to nothing are left out."""
    side = [abs(x[-1] - x[0]) + (abs(x[1] - x[0]) if len(x) > 1 else 1.0) for x in axes]
    cuts = cuts_of(p.shape, side, across)
    mass = in_blocks(p, cuts)
    order = np.argsort(mass.ravel())[::-1]
    total = np.cumsum(mass.ravel()[order])
    few = order[: 1 + int(np.searchsorted(total, HELD * total[-1]))] if total[-1] > 0 else order[:0]
    start, end = [], []
    for k, m in (divmod(int(b), mass.shape[1]) for b in few if mass.ravel()[b] > 0):
        ends = [list(c[1:]) + [n] for c, n in zip(cuts, p.shape)]
        part = slice(cuts[0][k], ends[0][k]), slice(cuts[1][m], ends[1][m])
        weight, (x, y) = p[part], np.meshgrid(axes[0][part[0]], axes[1][part[1]], indexing="ij")
        centre = [(weight * z).sum() / weight.sum() for z in (x, y)]
        off = np.where(weight >= 0.5 * weight.max(), (x - centre[0]) ** 2 + (y - centre[1]) ** 2, np.inf)
        at = np.unravel_index(np.argmin(off), off.shape)
        start.append((x[at], y[at]))
        end.append((x[at] + displacement[0][part][at], y[at] + displacement[1][part][at]))
    return np.array(start).reshape(-1, 2).T, np.array(end).reshape(-1, 2).T


def nice(factor):
    """The largest of 1, 2, 5, 10, 20 … that is not above it."""
    power = 10 ** np.floor(np.log10(factor))
    return float(power * max(k for k in (1, 2, 5) if k <= factor / power * (1 + 1e-9)))


def draw_ways(tiles, axes, p, displacement, centres):
    """Arrows from cells to where the map carries them; says how long they are drawn."""
    size = max(abs(x[-1] - x[0]) + 1e-300 for x in centres)
    start, end = ways(p, displacement, centres, 16)
    if not start.size:
        return
    length = np.hypot(*(end - start))
    if not length.max() > 1e-9 * size:
        tiles.note(axes, "the map moves nothing")
        return
    usual = float(np.percentile(length, 90))
    if usual > 0.25 * size:  # long ways cross one another: fewer of them
        start, end = ways(p, displacement, centres, 9)
    longer = nice(0.07 * size / usual) if usual < 0.035 * size else 1.0
    way = (end - start) * longer
    axes.quiver(
        *start,
        *way,
        angles="xy",
        scale_units="xy",
        scale=1,
        color="white",
        edgecolor="#202020",
        linewidth=0.7,
        width=0.0085,
        headwidth=3.6,
        headlength=4.2,
        headaxislength=3.8,
        minlength=0.5,
        zorder=5,
    )
    tiles.note(axes, "arrows: where cells go, one of a block" + ("" if longer == 1 else f"; {longer:g} × as long as the way"))


def mark_points(axes, density, centres):
    """Rings round the few cells that hold all of the mass, which alone could hardly be seen."""
    held = np.argwhere(density > 0.01 * density.max())
    if len(held) > POINTS or len(held) * 400 > density.size:
        return
    axes.plot(
        centres[0][held[:, 0]],
        centres[1][held[:, 1]],
        linestyle="none",
        marker="o",
        markersize=11,
        markerfacecolor="none",
        markeredgecolor="#ff9d2e",
        markeredgewidth=1.6,
        zorder=4,
    )


def fields(run):
    """p with its map, q, and the flux of W1."""
    if 0 not in run.samples or "map_x" not in run.names(0):
        return None
    p, q = run.field("p", sample=0), run.field("q", sample=0)
    lower, upper, h = grid_of(run, p)
    dim = p.ndim
    if dim == 1:
        return fields_1d(run, p, q)
    box, centres = list(zip(lower, upper))[:2], run.axes[:2]
    tiles = Tiles(heading(run, projected(dim)), 3, aspect_of(lower, upper), 1)
    flat_p, flat_q = summed(p, h), summed(q, h)
    with np.errstate(divide="ignore", invalid="ignore"):  # of three axes the mean way of what lies over a point
        moved = [np.where(flat_p > 0, summed(p * d, h) / flat_p, 0.0) for d in vector(run, "map", dim)[:2]]
    for k, (values, label) in enumerate(((flat_p, "p and its map"), (flat_q, "q"))):
        axes = tiles.tile(k)
        draw_map(tiles, axes, values, box, label, "1/area")
        mark_points(axes, values, centres)
        if k == 0:
            draw_ways(tiles, axes, flat_p, moved, centres)
    draw_flux(tiles, tiles.tile(2), run, h, box, centres, flat_p.max())
    return tiles.figure


def draw_flux(tiles, axes, run, h, box, centres, densest):
    """|m| of the least flux from p to q, with its direction."""
    dim = len(h)
    u, v = (summed(m, h) for m in vector(run, "flux", dim)[:2])
    size = np.hypot(u, v)
    draw_map(tiles, axes, size, box, "least flux (W₁)", "|m| (length/area)")
    cuts = cuts_of(u.shape, [b - a for a, b in box], 14)
    sums = [in_blocks(u, cuts), in_blocks(v, cuts)]
    total = np.hypot(*sums)
    side = max(b - a for a, b in box)
    if not size.max() > 1e-12 * densest * side:
        tiles.note(axes, "nothing flows")
        return
    weight, flow = in_blocks(size, cuts), total > 0.03 * total.max()
    middle = [in_blocks(size * x, cuts)[flow] / weight[flow] for x in np.meshgrid(*centres, indexing="ij")]
    unit = [s[flow] / total[flow] for s in sums]
    axes.quiver(*middle, *unit, color="white", edgecolor="#202020", linewidth=0.3, scale=20, width=0.007, pivot="mid")
    tiles.note(axes, "arrows: its direction, where there is any")


def fields_1d(run, p, q):
    """p and q; where the map takes x; the flux is F_p - F_q."""
    (x,), tiles = run.axes, Tiles(heading(run), 3, 0.9)
    axes = tiles.tile(0, share_y=False)
    axes.plot(x, p, color=COLOURS[0], label="p")
    axes.plot(x, q, color=COLOURS[1], linestyle="--", label="q")
    axes.set_title("Densities")
    axes.set_ylabel("1/length", labelpad=2)
    axes.legend(frameon=False)
    axes = tiles.tile(1, share_y=False)
    held = p >= where_mass_lies(p)
    to = np.where(held, x + run.field("map_x", sample=0), np.nan)
    few = int(np.sum(np.isfinite(to))) < 4
    axes.plot(x, x, color=GREY, linewidth=0.8, label="where it is")
    axes.plot(x, to, color=COLOURS[2], marker="o" if few else "", label=f"T(x), where {HELD:.0%} of p lie")
    axes.set_title("The map T")
    axes.set_ylabel("T(x) (length)", labelpad=2)
    axes.legend(frameon=False)
    axes = tiles.tile(2, share_y=False)
    axes.plot(x, run.field("flux_x", sample=0), color=COLOURS[3])
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.set_title("The least flux from p to q (W₁)")
    axes.set_ylabel("mass, to the right", labelpad=2)
    for axes in tiles.figure.axes:
        axes.set_xlabel("x (length)", labelpad=2)
    return tiles.figure


def frames_1d(run, shown, words):
    figure = new_figure(WIDTH, 3.9)
    head(figure, title_lines(heading(run), WIDTH))
    axes = figure.add_axes((0.11, 0.15, 0.6, 0.65))
    for k, (values, word) in enumerate(zip(shown, words)):
        colour = (0.9 * k / max(1, len(shown) - 1), 0.25, 0.75 - 0.7 * k / max(1, len(shown) - 1))
        axes.plot(run.axes[0], values, color=colour, label=word)
    axes.set_xlabel("x (length)", labelpad=2)
    axes.set_ylabel("density (1/length)", labelpad=2)
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def frames(run):
    """Frames side by side, six of them at most."""
    numbers, most = list(run.frames), MOST_FRAMES
    if not numbers:
        return None
    count = min(most, len(numbers))
    numbers = [numbers[k * (len(numbers) - 1) // max(1, count - 1)] for k in range(count)]
    shown = [run.field("frame", sample=k) for k in numbers]
    lower, upper, h = grid_of(run, shown[0])
    dim = shown[0].ndim
    words = [f"{run.frames[k]:.3g} of the way" for k in numbers]
    words = ["p" if run.frames[k] == 0 else w for k, w in zip(numbers, words)]
    words = ["at the end, near q" if run.frames[k] == 1 else w for k, w in zip(numbers, words)]
    if dim == 1:
        return frames_1d(run, shown, words)
    box, centres = list(zip(lower, upper))[:2], run.axes[:2]
    tiles = Tiles(heading(run, projected(dim)), count, aspect_of(lower, upper))
    for k, (values, word) in enumerate(zip(shown, words)):
        axes = tiles.tile(k)
        draw_map(tiles, axes, summed(values, h), box, word, "1/area")
        mark_points(axes, summed(values, h), centres)
    return tiles.figure


def potentials(run):
    """phi, psi and W1's potential, each about the middle of its values, with level lines."""
    if 0 not in run.samples:
        return None
    titles = {
        "phi": ("φ of p: T = x − ∇φ", "length²"),
        "psi": ("ψ of q", "length²"),
        "w1_potential": ("u of W₁: |∇u| ≤ 1", "length"),
    }
    there = [name for name in titles if name in run.names(0)]
    if not there:
        return None
    lower, upper = run.box
    dim = run.field(there[0], sample=0).ndim
    tiles = Tiles(heading(run, flattened(dim)), len(there), aspect_of(lower, upper) if dim > 1 else 0.9, 1)
    for k, name in enumerate(there):
        values, (label, unit) = flat(run.field(name, sample=0), np.ones(dim)), titles[name]
        finite = values[np.isfinite(values)]
        values = values - (finite.max() + finite.min()) / 2 if finite.size else values
        top = float(np.abs(values[np.isfinite(values)]).max()) if finite.size else 0.0
        axes = tiles.tile(k, share_y=dim > 1)
        if dim == 1:
            axes.plot(run.axes[0], values, color=COLOURS[k])
            axes.set_title(label)
            axes.set_xlabel("x (length)", labelpad=2)
            axes.set_ylabel(unit, labelpad=0)
            axes.tick_params(axis="y", labelsize=9)
            continue
        draw_map(tiles, axes, values, list(zip(lower, upper))[:2], label, unit, top or 1.0)
        if top > 0 and min(values.shape) > 1:
            levels = np.linspace(-top, top, LINES + 1)[1:-1]
            axes.contour(*run.axes[:2], np.ma.masked_invalid(values).T, levels=levels, colors="#333333", linewidths=0.5)
            tiles.note(axes, f"lines: steps of {levels[1] - levels[0]:.3g}")
    return tiles.figure
