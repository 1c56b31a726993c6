"""Panels of curves against t, one under another on one axis of t. Every size is in inches and nothing moves while a
figure is drawn: it is drawn once."""

import math
import textwrap
from dataclasses import dataclass, field

import numpy as np

# Okabe and Ito's palette: told apart by every kind of colour vision; markers tell the rest.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
MARKERS = ["o", "s", "^", "v", "D", "P", "X"]
GREY = "#666666"
PART = "   ·   "  # between the parts of a title
STYLE = {
    "font.size": 11,
    "axes.titlesize": 12,
    "legend.fontsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.5,
    "lines.markersize": 4.5,
    "axes.formatter.limits": (-3, 5),
}
WIDTH, LEFT, RIGHT = 6.7, 1.0, 0.15
LINE, ROW = 0.2, 0.188  # a line of text, and of a legend


@dataclass
class Curve:
    """y against t. `error`: half the height of a band about it, nan where not known; `kind`: "line" with markers,
    "points" (what is rounding has no course to draw), "thin" (what it is compared with)."""

    label: str
    t: np.ndarray
    y: np.ndarray
    error: object = None
    look: int = 0
    kind: str = "line"
    dash: str = "-"
    marker: str = ""


@dataclass
class Panel:
    title: str
    unit: str  # label of the y axis
    curves: list = field(default_factory=list)
    log: bool = True
    height: float = 2.4
    bounds: list = field(default_factory=list)  # (height, label) of horizontal lines
    reach: tuple = (0.0, np.inf)  # a log axis shows curves between these only
    notes: list = field(default_factory=list)
    whole: bool = False  # thin lines count for the limits of y, too

    @property
    def labels(self):
        return [c.label for c in self.curves if c.label] + [label for _, label in self.bounds]

    @property
    def columns(self):
        """Of the legend: three, or two where labels are long."""
        return 3 if all(len(label) < 20 for label in self.labels) else 2

    @property
    def rows(self):
        """Lines of the legend; one curve alone is named by the title."""
        thin = any(c.kind == "thin" for c in self.curves)
        return -(-len(self.labels) // self.columns) if len(self.labels) > 1 or self.bounds or thin else 0


def new_figure(width, height):
    import matplotlib  # when the first picture is drawn, not before
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    matplotlib.rcParams.update(STYLE)
    figure = Figure(figsize=(width, height), dpi=130)
    FigureCanvasAgg(figure)
    return figure


def title_lines(title, width, size=13):
    """A title broken between its parts where it is wider than a figure."""
    letters, lines = width * 72 / (0.55 * size), []
    for part in title.split(PART):
        if lines and len(lines[-1] + PART + part) <= letters:
            lines[-1] += PART + part
        else:
            lines.append(part)
    return lines


def head(figure, lines, size=13):
    figure.text(0.5, 1 - 0.1 / figure.get_figheight(), "\n".join(lines), ha="center", va="top", fontsize=size)


def power_of_ten(value, _=None):
    """10⁻³, in plain letters: a formula costs ten times as much to draw."""
    exponent = round(math.log10(value)) if value > 0 else 0
    if abs(exponent) <= 1:
        return f"{value:g}"
    return "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def log_ticks(axis, low, high):
    """A log axis of less than two decades has next to no powers of ten to label: 1, 2, 5 of each then."""
    from matplotlib import ticker

    axis.set_minor_locator(ticker.NullLocator())
    axis.set_major_locator(ticker.LogLocator(numticks=8))
    axis.set_major_formatter(ticker.FuncFormatter(power_of_ten))
    if 0 < low and high < 100 * low:
        few = high > 2.5 * low
        axis.set_major_locator(
            ticker.LogLocator(subs=(1, 2, 5) if few else np.arange(1, 10, 1 if high > 1.6 * low else 0.2))
        )
        axis.set_major_formatter(ticker.FuncFormatter(lambda v, _: f"{float(f'{v:.3g}'):g}"))


def drawable(y, log):
    """What an axis can show: matplotlib loses itself near the ends of what doubles hold."""
    return np.isfinite(y) & (np.abs(y) < 1e290) & ((y > 1e-290) | (not log))


def draw_curve(axes, curve, log):
    y = np.where(drawable(curve.y, log), curve.y, np.nan)
    colour = COLOURS[curve.look % 7]
    if curve.kind == "thin":
        axes.plot(curve.t, y, color="#111111", linewidth=0.8, linestyle=curve.dash, label=curve.label, zorder=4)
        return
    style = "none" if curve.kind == "points" else curve.dash
    axes.plot(
        curve.t, y, color=colour, marker=curve.marker or MARKERS[curve.look % 7], linestyle=style, label=curve.label
    )
    if curve.error is None:
        return
    error = np.minimum(np.where(np.isfinite(y), curve.error, 0.0), 1e290)
    low = np.maximum(y - error, 1e-3 * y) if log else y - error
    axes.fill_between(curve.t, low, y + error, color=colour, alpha=0.22, linewidth=0)
    blank = np.isnan(error) & np.isfinite(y)
    axes.plot(
        curve.t[blank],
        y[blank],
        color=colour,
        marker=MARKERS[curve.look % 7],
        markerfacecolor="white",
        linestyle="none",
    )


def band_ends(curve, log):
    """Lower and upper end of a curve's band, and where it has one; of a log axis in decades."""
    known = drawable(curve.y, log) & drawable(curve.error, False)
    y, error = curve.y[known], curve.error[known]
    return (np.log10(np.maximum(y - error, 1e-3 * y)), np.log10(y + error)) if log else (y - error, y + error)


def band_room(curves, end, side, reach, log=False):
    """How much a band is given beyond the end of the curves, below (side -1) or above (1): all it asks for where that is at most
    half of the curves' own height; a wider one, of a linear axis, that leaves the panel at most times not much more than that
    height, and nothing for a few wide places."""
    room = 0.0
    for c in curves:
        if c.error is not None and c.kind != "thin":
            beyond = side * (band_ends(c, log)[side > 0] - end)
            most = float(beyond.max()) if len(beyond) else 0.0
            room = max(room, most if most <= 0.5 * reach else 0.0 if log else float(np.median(beyond)))
    return min(room + (0.05 if log else 0.12) * reach, 1.3 * reach) if room > 0 else 0.0


def set_height(axes, panel):
    """Limits of y: those of the curves themselves, so that neither a band nor a thin line presses them flat, with room for bands
    that need little, and of a linear axis for those that would fill it."""
    curves = [c for c in panel.curves if panel.whole or c.kind != "thin"] or panel.curves
    y = np.concatenate([c.y for c in curves] + [[b for b, _ in panel.bounds]])
    y = y[drawable(y, panel.log)]
    if panel.log:
        y = y[(y >= panel.reach[0]) & (y <= panel.reach[1])]
        axes.set_yscale("log")
        if len(y):
            ends = (math.log10(y.min()), math.log10(y.max()))
            margin = min(max(0.18, 0.05 * (ends[1] - ends[0])), 9)
            below, above = (band_room(curves, ends[side > 0], side, ends[1] - ends[0], True) for side in (-1, 1))
            axes.set_ylim(y.min() / 10 ** max(margin, below), y.max() * 10 ** max(margin, above))
        log_ticks(axes.yaxis, *axes.get_ylim())
    elif len(y):
        reach, size = np.ptp(y), np.abs(y).max()
        if reach <= 1e-12 * size or size < 1e-12:  # constant to rounding, which is no curve
            axes.set_ylim(y.mean() - 0.05 * max(size, 1e-3), y.mean() + 0.05 * max(size, 1e-3))
        else:
            below, above = (band_room(curves, y.max() if side > 0 else y.min(), side, reach) for side in (-1, 1))
            axes.set_ylim(y.min() - max(0.06 * reach, below), y.max() + max(0.06 * reach, above))


def draw_panel(axes, panel):
    drawn = [c for c in panel.curves if np.any(drawable(c.y, panel.log))]
    for curve in drawn:
        draw_curve(axes, curve, panel.log)
    for k, (value, label) in enumerate(panel.bounds):
        axes.axhline(value, color=GREY, linestyle=["--", ":", "-."][k % 3], linewidth=1.1, label=label)
    axes.set_ylabel(panel.unit)
    axes.yaxis.set_label_coords(-(LEFT - 0.2) / (WIDTH - LEFT - RIGHT), 0.5)  # beside the widest of tick labels
    axes.yaxis.get_offset_text().set(x=-0.01, ha="right")  # 1e−5, above them and beside the title
    above = 0.06 + panel.rows * ROW
    axes.text(0, 1 + above / panel.height, panel.title, transform=axes.transAxes, va="bottom", fontsize=12)
    if not drawn:
        axes.text(
            0.5,
            0.5,
            "nothing finite and positive to draw",
            ha="center",
            va="center",
            transform=axes.transAxes,
            color=GREY,
        )
        axes.set_yticks([])
        return
    set_height(axes, panel)
    if panel.rows:
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(-0.01, 1.0),
            ncol=panel.columns,
            frameon=False,
            borderaxespad=0.1,
            columnspacing=1.2,
            handlelength=1.8,
            labelspacing=0.2,
            borderpad=0.1,
        )


def stack(title, panels, scale, notes=()):
    """A figure of panels on one axis of t, `scale` log or linear, with notes beneath."""
    notes = [line for note in notes if note for line in textwrap.wrap(note, 82, break_long_words=False)]
    beneath = [[line for note in p.notes for line in textwrap.wrap(note, 82)] for p in panels]
    gaps = [0.42 + p.rows * ROW + len(lines) * LINE for p, lines in zip(panels, [[]] + beneath[:-1])]
    heading = title_lines(title, WIDTH)
    top = 0.15 + 0.24 * len(heading)
    foot = 0.66 + (len(notes) + len(beneath[-1])) * LINE
    height = top + sum(gaps) + sum(p.height for p in panels) + foot
    figure, first = new_figure(WIDTH, height), None
    head(figure, heading)
    at = height - top
    for k, (panel, gap) in enumerate(zip(panels, gaps)):
        at -= gap + panel.height
        axes = figure.add_axes(
            (LEFT / WIDTH, at / height, 1 - (LEFT + RIGHT) / WIDTH, panel.height / height), sharex=first
        )
        first = first or axes
        draw_panel(axes, panel)
        last = k == len(panels) - 1
        axes.tick_params(labelbottom=last)
        below = 0.5 if last else 0.08
        for n, line in enumerate(beneath[k]):
            axes.text(
                0,
                -(below + n * LINE) / panel.height,
                line,
                transform=axes.transAxes,
                va="top",
                fontsize=9.5,
                color="#444444",
            )
    first.set_xscale(scale)
    if scale == "log":
        log_ticks(first.xaxis, *first.get_xlim())
    axes.set_xlabel("t (time)", labelpad=2)
    for n, line in enumerate(notes):
        figure.text(
            LEFT / WIDTH, (0.1 + (len(notes) - 1 - n) * LINE) / height, line, va="bottom", fontsize=9.5, color="#444444"
        )
    return figure
