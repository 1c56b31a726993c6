"""Pictures of fields: densities, log-ratio, current, potential, modes. Tiles of one size side by side, on one pair of
axes; every size is in inches."""

import numpy as np

from .columns import PART, run_title
from .fokker_planck import mode_title, rates
from .panels import COLOURS, GREY, head, new_figure, title_lines

TILE, LEFT, BAR = 4.6, 0.75, 1.15  # inches: a tile, what stands left of its map, and right of it
VOLUME = {1: "length", 2: "area", 3: "volume"}
HELD = 0.99  # of the mass: log(p/q) is coloured where it lies
CONTOURS = 10


class Tiles:
    """A figure of `count` tiles, at most three a row; tile(k) makes the axes, all on the same limits."""

    def __init__(self, title, count, aspect, beneath=0):
        self.across, self.count = min(count, 3), count
        self.down = -(-count // 3)
        self.map_width = TILE - LEFT - BAR
        self.map_height = self.map_width * aspect
        heading = title_lines(title, self.across * TILE)
        self.top = 0.16 + 0.24 * len(heading)
        self.row = 0.42 + self.map_height + 0.52 + 0.2 * beneath
        self.width, self.height = self.across * TILE, self.top + self.down * self.row
        self.figure, self.first = new_figure(self.width, self.height), None
        head(self.figure, heading)
        # For report.html, which lays tiles one under another on a narrow screen.
        self.figure.otto_tiles = (self.across, self.down, self.top / self.height)

    def tile(self, k, share_y=True):
        x = (k % 3) * TILE + LEFT
        y = self.height - self.top - (k // 3) * self.row - 0.42 - self.map_height
        axes = self.figure.add_axes(
            (x / self.width, y / self.height, self.map_width / self.width, self.map_height / self.height),
            sharex=self.first,
            sharey=self.first if share_y else None,
        )
        self.first = self.first or axes
        axes.box = (x, y)
        return axes

    def note(self, axes, text, line=0):
        axes.text(
            0,
            -(0.5 + 0.2 * line) / self.map_height,
            text,
            transform=axes.transAxes,
            va="top",
            fontsize=9.5,
            color="#444444",
        )

    def bar(self, axes, image, label):
        """The scale of a map beside it, with its unit."""
        x, y = axes.box
        beside = self.figure.add_axes(
            ((x + self.map_width + 0.1) / self.width, y / self.height, 0.14 / self.width, self.map_height / self.height)
        )
        beside.grid(False)
        bar = self.figure.colorbar(image, cax=beside)
        bar.ax.tick_params(labelsize=9.5)
        bar.formatter.set_powerlimits((-3, 4))
        bar.ax.yaxis.get_offset_text().set(ha="left")  # a power of ten, clear of the map's title
        bar.update_ticks()
        bar.set_label(label, fontsize=10)


def aspect_of(lower, upper):
    """Height over width of a map: the box's, or 3/4 where that would be a strip."""
    aspect = (upper[1] - lower[1]) / (upper[0] - lower[0])
    return aspect if 0.3 < aspect < 3.3 else 0.75


def flat(values, h):
    """A picture of at most two axes: of 3 axes the middle plane of the third; of more the integral over all but the
    first two, which makes sense of densities only."""
    if values.ndim <= 2:
        return values
    if values.ndim == 3:
        return values[:, :, values.shape[2] // 2]
    return values.sum(axis=tuple(range(2, values.ndim))) * np.prod(h[2:])


def flattened(dim):
    """What flat() did, in words."""
    return "" if dim <= 2 else "middle plane of axis 3" if dim == 3 else "axes 3 and up integrated out"


def density_unit(dim):
    return "1/" + VOLUME[2 if dim > 3 else dim]


def where_mass_lies(density):
    """The least value of the cells that hold nearly all of the mass: the fullest ones, `HELD` of it together; no more
    than a hundredth of the largest, so that a density that is nearly even lies everywhere."""
    values = density.ravel()
    values = np.sort(values[:: max(1, values.size // 2_000_000)])[::-1]
    total = np.cumsum(np.maximum(values, 0))
    if not len(total) or not total[-1] > 0:
        return 0.0
    return float(min(values[min(np.searchsorted(total, HELD * total[-1]), len(values) - 1)], values[0] / 100))


def log_ratio(run, sample, p, q, h):
    """log(p/q) masked where it is not resolved, infinite, or of no weight."""
    flat_p, flat_q = flat(p, h), flat(q, h)
    if "log_ratio" in run.names(sample) and p.ndim <= 3:
        ratio = flat(run.field("log_ratio", sample=sample), h)
        # Otto writes 0 where a density is not resolved.
        ratio = np.where((ratio == 0) & ((flat_p != flat_q) | (flat_p <= 0)), np.nan, ratio)
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.log(flat_p) - np.log(flat_q)
    least = where_mass_lies((flat_p + flat_q) / 2 if p.ndim > 3 else (p + q) / 2)
    ratio = np.ma.masked_invalid(np.where((flat_p + flat_q) / 2 >= least, ratio, np.nan))
    if np.ma.count(ratio) and np.abs(ratio).max() < 1e-13:
        ratio = ratio * 0
    return ratio


def draw_map(tiles, axes, values, box, title, unit, limit=None):
    """A map with its scale: from 0 up, or from -limit to limit."""
    (left, right), (bottom, top) = box
    low, high = (-limit, limit) if limit else (min(0.0, float(np.nanmin(values))), float(np.nanmax(values)))
    colours = "RdBu_r" if limit else "viridis"
    image = axes.imshow(
        np.ma.masked_invalid(values).T,
        origin="lower",
        extent=(left, right, bottom, top),
        cmap=colours,
        vmin=low,
        vmax=high,
        interpolation="nearest",
        aspect="auto",
    )
    axes.set_facecolor("#c4c4c4")
    axes.set_title(title)
    axes.set_xlabel("x (length)", labelpad=2)
    axes.set_ylabel("y (length)", labelpad=2)
    axes.grid(False)
    tiles.bar(axes, image, unit)


def lowest_potential(run, sample, p):
    """What level lines count from, and its name: the minimum of V; of a chain that only leaves (V may fall for ever
    beyond the barrier) its minimum where p lies."""
    potential = run.field("potential", sample=sample)
    if "steady_state" in run.names(sample):
        return float(potential[np.isfinite(potential)].min()), "its minimum"
    inside = np.isfinite(potential) & (p >= where_mass_lies(p))
    return float(potential[inside].min()) if inside.any() else 0.0, "its minimum near p"


def contours(tiles, axes, potential, lowest, temperature, x, y):
    """Level lines of V in steps of T above its minimum, as far as ten of them; says so."""
    open_cells = potential[np.isfinite(potential)]
    height = (open_cells.max() - lowest[0]) / temperature if len(open_cells) else 0
    step = 1.0 if height > 2 else 0.25
    count = int(min(CONTOURS, height / step))
    if count < 1 or min(potential.shape) < 2:
        return
    levels = lowest[0] + step * temperature * np.arange(1, count + 1)
    if not np.any((levels > open_cells.min()) & (levels < open_cells.max())):
        return  # of three axes: none of them in this plane
    axes.contour(x, y, np.ma.masked_invalid(potential).T, levels=levels, colors="white", linewidths=0.6, alpha=0.7)
    tiles.note(axes, f"lines: V in steps of {'T' if step == 1 else 'T/4'} above {lowest[1]}, to {step * count:g} T")


def arrows(tiles, axes, run, sample, h, x, y, largest, line):
    """At most 20 arrows an axis, only where there is some current; says what their lengths mean."""
    u, v = flat(run.field("current_x", sample=sample), h), flat(run.field("current_y", sample=sample), h)
    step = [max(1, -(-n // 20)) for n in u.shape]
    pick = tuple(slice(s // 2, None, s) for s in step)
    u, v, size = u[pick], v[pick], np.hypot(u[pick], v[pick])
    top = size.max()
    if not top > 1e-12 * largest:
        tiles.note(axes, "no current: it is 0 to rounding", line)
        return
    with np.errstate(divide="ignore", invalid="ignore"):
        length = np.where(size > 1e-3 * top, np.sqrt(size / top) / size, np.nan)
    axes.quiver(
        x[pick[0]], y[pick[1]], (u * length).T, (v * length).T, color="white", scale=18, width=0.006, pivot="mid"
    )
    unit = "1/(time length)" if run.field("p", sample=sample).ndim == 2 else "1/(time area)"
    tiles.note(axes, f"arrows ∝ √|J|, the longest |J| = {top:.3g} {unit}", line)


def heading(run, sample, dim):
    words = [run_title(run), f"t = {run.samples[sample]:.6g}", flattened(dim), run.note(sample)]
    return PART.join(w for w in words if w)


def rounding_of_current(run, p, h):
    """What a current of rounding alone may reach: terms of it cancel, the largest is T p/h."""
    temperature = run.results.get("temperature", 1.0)
    return float(temperature) * float(np.max(p)) / float(np.min(h))


def maps_1d(run, sample, p, lower, upper):
    fields = run.names(sample)
    x, h = run.axes[0], (upper - lower) / len(p)
    curves = [[("p", p, 0, "-")]]
    for name, colour, style, label in (("q", 1, "--", "q"), ("steady_state", 6, ":", "π")):
        if name in fields:
            curves[0].append((label, run.field(name, sample=sample), colour, style))
    titles = [("Densities", "1/length")]
    if "current_x" in fields:
        current = run.field("current_x", sample=sample)
        none = np.abs(current).max() <= 1e-12 * rounding_of_current(run, p, h)
        curves.append([("J", 0 * current if none else current, 2, "-")])
        titles.append(("Current of p" + (": 0 to rounding" if none else ""), "1/time"))
    elif "q" in fields:
        curves.append(
            [("log(p/q)", log_ratio(run, sample, p, run.field("q", sample=sample), h).filled(np.nan), 2, "-")]
        )
        titles.append((f"log(p/q) where {HELD:.0%} of the mass lie", "nats"))
    if "potential" in fields:
        curves.append([("V", run.field("potential", sample=sample), 3, "-")])
        titles.append(("Potential V", "energy"))
    tiles = Tiles(heading(run, sample, 1), len(curves), 0.9)
    for k, (made, (title, unit)) in enumerate(zip(curves, titles)):
        axes = tiles.tile(k, share_y=False)
        for label, y, colour, style in made:
            axes.plot(x, y, color=COLOURS[colour], linestyle=style, label=label)
        if k == 1:
            axes.axhline(0, color=GREY, linewidth=0.8)
        if len(made) > 1:
            axes.legend(frameon=False)
        axes.set_title(title)
        axes.set_xlabel("x (length)", labelpad=2)
        axes.set_ylabel(unit, labelpad=2)
    return tiles.figure


def maps(run, sample):
    """The densities of a sample beside log(p/q), or beside the steady state over level lines of the potential."""
    lower, upper = run.box
    p, fields = run.field("p", sample=sample), run.names(sample)
    h = (upper - lower) / np.array(p.shape)
    if p.ndim == 1:
        return maps_1d(run, sample, p, lower, upper)
    x, y = run.axes[:2]
    box, unit = list(zip(lower, upper))[:2], density_unit(p.ndim)
    forced = "potential" in fields
    shown = [("p", "p and its current" if "current_y" in fields else "p")]
    shown += [(name, label) for name, label in (("q", "q"), ("steady_state", "steady state π")) if name in fields]
    ratio = not forced and "q" in fields
    lowest = lowest_potential(run, sample, p) if forced else None
    tiles = Tiles(heading(run, sample, p.ndim), len(shown) + ratio, aspect_of(lower, upper), 2 if forced else 1)
    for k, (name, label) in enumerate(shown):
        axes = tiles.tile(k)
        values = p if name == "p" else run.field(name, sample=sample)
        draw_map(tiles, axes, flat(values, h), box, label, unit)
        if forced:
            contours(
                tiles,
                axes,
                flat(run.field("potential", sample=sample), h),
                lowest,
                float(run.results.get("temperature", 1.0)),
                x,
                y,
            )
        if name == "p" and "current_y" in fields:
            arrows(tiles, axes, run, sample, h, x, y, rounding_of_current(run, p, h), 1)
    if ratio:
        axes = tiles.tile(len(shown))
        values = log_ratio(run, sample, p, run.field("q", sample=sample), h)
        top = float(np.abs(values.compressed()).max()) if np.ma.count(values) else 0.0
        draw_map(tiles, axes, values.filled(np.nan), box, "log(p/q)", "nats", top or 1.0)
        same = np.ma.count(values) and not top
        tiles.note(axes, "p = q to rounding" if same else f"grey: outside of {HELD:.0%} of the mass, or not resolved")
    return tiles.figure


def modes(run):
    """The slowest relaxation modes, six of them at most."""
    fields, found, (lower, upper) = run.modes()[:6], rates(run), run.box
    if not fields:
        return None
    dim = fields[0].ndim
    title = PART.join(w for w in (run_title(run), flattened(dim)) if w)
    tiles = Tiles(title, len(fields), aspect_of(lower, upper) if dim > 1 else 0.9)
    for k, values in enumerate(fields):
        axes = tiles.tile(k)
        if dim == 1:
            axes.plot(run.axes[0], values, color=COLOURS[k % 7])
            axes.set_xlabel("x (length)", labelpad=2)
            axes.set_ylabel("largest value 1", labelpad=2)
        else:
            draw_map(tiles, axes, flat(values, np.ones(dim)), list(zip(lower, upper))[:2], "", "largest value 1", 1.0)
        axes.set_title(mode_title(k, found), fontsize=11)
    return tiles.figure
