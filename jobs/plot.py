#!/usr/bin/env python3
"""Draws a run's results: plot.py OUTPUT_DIR

Reads series.csv, summary.json and fields.h5 of the folder and writes beside them
  divergences.png   divergences and Fisher information against t
  residuals.png     how well the identities hold, with the bounds they are checked against
  fields_<n>.png    densities and log-ratio of up to four of the samples written
and of a fokker-planck run
  relaxation.png    divergences, entropy production and its parts, free energy, entropy, heat, current against t
  fields_<n>.png    densities with potential contours and current, steady state
  modes.png         the slowest relaxation modes, rates and frequencies with the bounds of their errors
  spectrum.png      these rates and frequencies in the complex plane
What a run does not hold is left out."""
import csv
import json
import math
import os
import sys
import textwrap

import matplotlib

matplotlib.use("Agg")
import h5py  # noqa: E402
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from matplotlib import ticker  # noqa: E402

# Okabe and Ito's palette: told apart by every kind of colour vision; markers tell the rest.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
MARKERS = ["o", "s", "^", "v", "D", "P", "X"]
DIVERGENCES = [
    ("kl", "KL(p|q) = $D_t$"),
    ("reverse_kl", "KL(q|p)"),
    ("chi2", r"$\chi^2$"),
    ("hellinger2", "Hellinger$^2$"),
    ("js", "Jensen–Shannon"),
    ("tv", "total variation"),
    ("renyi", "Rényi"),
]
FISHER = [
    ("fisher_rel", r"$I_{\rm rel}(p|q)$"),
    ("fisher_p", "$I(p)$"),
    ("fisher_q", "$I(q)$"),
]
PART = "   ·   "  # between the parts of a title
PLAIN = {
    "font.size": 11,
    "axes.titlesize": 12,
    "legend.fontsize": 10,
    "figure.titlesize": 13,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.5,
    "lines.markersize": 4.5,
    "savefig.dpi": 150,
}


def read_series(path):
    """Columns of series.csv by name, as arrays of floats."""
    with open(path, newline="") as file:
        rows = list(csv.reader(file))
    if not rows:
        return {}
    names, rows = rows[0], [r for r in rows[1:] if len(r) == len(rows[0])]
    columns = {}
    for k, name in enumerate(names):
        try:
            columns[name.strip()] = np.array([float(r[k]) for r in rows])
        except ValueError:
            pass  # a column of words
    return columns


def run_title(summary, folder):
    """The driver, the grid and the kernel, in one line."""
    options = summary.get("options", {})
    grid = summary.get("grid", {})
    sizes = grid.get("n", []) if isinstance(grid, dict) else []
    words = [os.path.basename(os.path.abspath(folder))]
    if sizes:
        words.append(" × ".join(str(n) for n in sizes) + " cells")
    kernel = options.get("heat_kernel", "spectral") if isinstance(options, dict) else None
    results = summary.get("results", {})
    if summary.get("driver") == "fokker-planck":
        words.append(f"{results.get('potential')} potential, {results.get('drift')} drift"
                     .replace("none", "no"))
    if kernel and summary.get("driver", "dissipation") == "dissipation":
        words.append(f"{kernel} kernel")
    return PART.join(words)


def head(figure, title):
    """The title over a figure, broken between its parts where it is wider than that."""
    letters = figure.get_figwidth() * 72 / (0.56 * plt.rcParams["figure.titlesize"])
    lines = []
    for part in title.split(PART):
        if lines and len(lines[-1] + PART + part) <= letters:
            lines[-1] += PART + part
        else:
            lines.append(part)
    figure.suptitle("\n".join(lines))


def usable(columns, name):
    """Whether a column holds anything a logarithmic axis can show at t > 0."""
    t = columns.get("t")
    if t is None or name not in columns:
        return False
    y = columns[name]
    return bool(np.any(np.isfinite(y) & (y > 0) & (t > 0)))


def plain_ticks(axis, low, high):
    """A log axis of less than two decades has next to no powers of ten to label: 1, 2, 5 of each then."""
    if 0 < low and high < 100 * low:
        few = high > 2.5 * low
        axis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5) if few else np.arange(1, 10, 0.5)))
        axis.set_major_formatter(ticker.FuncFormatter(lambda v, _: f"{v:.3g}"))
        axis.set_minor_formatter(ticker.NullFormatter())


def usual_size(columns, wanted):
    """The size that most curves have at t > 0: the median of their largest values."""
    t = columns["t"]
    curves = [columns[name] for name, _ in wanted if usable(columns, name)]
    return float(np.median([y[(t > 0) & np.isfinite(y)].max() for y in curves])) if curves else math.nan


def draw_lines(axes, columns, wanted, start=False):
    """Curves of the columns wanted on log axes; infinite values and zeros are left out, and t = 0 unless
    `start` says that the axis of t is linear."""
    drawn = 0
    t = columns["t"]
    for k, (name, label) in enumerate(wanted):
        if not usable(columns, name):
            continue
        y = np.where(np.isfinite(columns[name]) & (columns[name] > 0), columns[name], np.nan)
        keep = (t > 0) | start
        axes.plot(t[keep], y[keep], color=COLOURS[k % 7], marker=MARKERS[k % 7], label=label)
        drawn += 1
    return drawn


def finish(axes, title, drawn, span=None, x_scale="log"):
    """Scales, labels and a legend beside the curves; says so where nothing can be drawn. What leaves
    `span`, (lowest, highest), leaves the panel."""
    axes.set_title(title, loc="left")
    axes.set_xlabel("t")
    if not drawn:
        axes.text(0.5, 0.5, "nothing finite and positive to draw", ha="center", va="center",
                  transform=axes.transAxes, color="#555555")
        axes.set_xticks([])
        axes.set_yticks([])
        return
    axes.set_xscale(x_scale)
    axes.set_yscale("log")
    if span is not None:
        # A curve that has died down to rounding, or one that starts at 1e100, must not press the others flat.
        y = np.concatenate([line.get_ydata() for line in axes.lines])
        y = y[(y >= span[0]) & (y <= span[1])]
        axes.set_ylim(y.min() / 1.5, y.max() * 1.5)
    plain_ticks(axes.yaxis, *axes.get_ylim())
    if x_scale == "log":
        plain_ticks(axes.xaxis, *axes.get_xlim())
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, borderaxespad=0)


def save(figure, folder, name):
    """Writes a picture beside its final name and renames it: never half a file."""
    path = os.path.join(folder, name)
    figure.savefig(path + ".part", format="png", bbox_inches="tight")
    os.replace(path + ".part", path)
    plt.close(figure)
    print(path)


def at_start(columns, wanted):
    """What the curves cannot show: values at t = 0, the infinite ones spelt out."""
    t = columns["t"]
    if not len(t) or t[0] != 0:
        return ""
    words = []
    for name, label in wanted:
        if name in columns:
            v = columns[name][0]
            words.append(f"{label}: " + ("∞" if v == math.inf else "–" if v != v else f"{v:.4g}"))
    return "at t = 0    " + "    ".join(words) if words else ""


PRODUCTION = [
    ("production", "total $e_p$"),
    ("production_adiabatic", "adiabatic $e_a$"),
    ("production_nonadiabatic", "non-adiabatic $e_{na}$"),
    ("fisher_rel", "dissipation of KL(p|q)"),
]
HIGHEST = 1e5  # times the usual size: what a panel shows
SINGLE = [  # one panel each: no two have a unit or a size in common
    ("free_energy", "Free energy F of p (energy)"),
    ("entropy_p", "Entropy H(p) (nats)"),
    ("heat_rate", "Heat to the bath (energy per time)"),
    ("current_norm", r"Current $\int|J|$ of p (length per time)"),
    ("mass_p", "Mass of p"),
]


def time_scale(columns):
    """Linear where the samples are evenly spaced."""
    steps = np.diff(columns["t"])
    return "linear" if len(steps) < 2 or steps.max() < 1.5 * steps[1:].min() else "log"


def missing_start(columns, wanted, scale):
    """What a log panel cannot show of t = 0, in words."""
    if not len(columns["t"]) or columns["t"][0] != 0:
        return ""
    shown = [(label, columns[name][0]) for name, label in wanted if usable(columns, name)]
    most = math.inf if scale == "log" else HIGHEST * usual_size(columns, wanted)
    words = [label + (" infinite" if v == math.inf else f" {v:.3g}") for label, v in shown
             if scale == "log" or not 0 < v < most]
    return textwrap.fill("not shown, at t = 0: " + ", ".join(words), 110) if words else ""


def draw_single(axes, columns, name, title, scale):
    """One curve by itself; a start far off the rest is put into words, so that the rest can be read."""
    t, y = columns["t"], columns[name]
    keep = np.isfinite(y) & ((t > 0) | (scale == "linear"))
    later = y[np.isfinite(y) & (t > 0)]
    note = ""
    if len(t) and t[0] == 0 and np.isfinite(y[0]) and len(later) > 1:
        reach = np.ptp(np.append(later, y[0]))
        if not keep[0] or reach > 4 * np.ptp(later):
            keep &= t > 0
            note = f"at t = 0: {y[0]:.4g}"
    elif len(t) and t[0] == 0 and not np.isfinite(y[0]):
        note = "at t = 0: infinite"
    axes.plot(t[keep], y[keep], color=COLOURS[0], marker=MARKERS[0])
    axes.set_xscale(scale)
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.set_title(title, loc="left")
    axes.set_xlabel("t" + (f"      ({note})" if note else ""))


def plot_relaxation(columns, title, folder):
    scale = time_scale(columns)
    single = [(name, label) for name, label in SINGLE if name in columns and np.any(np.isfinite(columns[name]))
              and not (name == "mass_p" and np.ptp(columns[name]) < 1e-9)]
    rows = 2 * 3 + 2 * -(-len(single) // 2)
    figure = plt.figure(figsize=(10.5, 1.35 * rows), constrained_layout=True)
    head(figure, title)
    cells = figure.add_gridspec(rows, 2)
    adiabatic = columns.get("production_adiabatic")
    if adiabatic is not None and np.nanmax(np.abs(adiabatic), initial=0) < 1e-10:
        columns = {k: v for k, v in columns.items() if k != "production_adiabatic"}  # rounding of 0
    away = [("kl_p_pi", r"KL(p|$\pi$)"), ("kl_q_pi", r"KL(q|$\pi$)"), ("kl", "KL(p|q)")] + DIVERGENCES[1:5]
    for k, (name, wanted) in enumerate((("Divergences (KL and Jensen–Shannon in nats)", away),
                                        ("Entropy production (nats per time)", PRODUCTION))):
        axes = figure.add_subplot(cells[3 * k:3 * k + 3, :])
        size = usual_size(columns, wanted)
        finish(axes, name, draw_lines(axes, columns, wanted, scale == "linear"), (1e-14 * size, HIGHEST * size), scale)
        note = missing_start(columns, wanted, scale)
        axes.set_xlabel("t" + (f"\n{note}" if note else ""))
    for k, (name, label) in enumerate(single):
        at = 6 + 2 * (k // 2)
        draw_single(figure.add_subplot(cells[at:at + 2, k % 2]), columns, name, label, scale)
    save(figure, folder, "relaxation.png")


def plot_divergences(columns, title, folder):
    def span(wanted):
        size = usual_size(columns, wanted)
        return 1e-18 * size, math.inf

    figure, (upper, lower) = plt.subplots(2, 1, figsize=(9, 8.2), sharex=True,
                                          constrained_layout=True)
    head(figure, title)
    finish(upper, "Divergences", draw_lines(upper, columns, DIVERGENCES), span(DIVERGENCES))
    finish(lower, "Fisher information", draw_lines(lower, columns, FISHER), span(FISHER))
    upper.set_xlabel("")
    notes = [at_start(columns, DIVERGENCES[:1] + DIVERGENCES[4:6]), at_start(columns, FISHER)]
    if any(notes):
        lower.set_xlabel("t\n\n" + "\n".join(n for n in notes if n))
    save(figure, folder, "divergences.png")


def plot_residuals(columns, summary, title, folder):
    """Every residual column, and the bound of the check that it belongs to as a dashed line."""
    labels = {
        "residual": r"pointwise: $|dD_t/dt + I_{\rm rel}|\,/\,I_{\rm rel}$",
        "integral_residual": r"integral: $|\Delta D_t + \int I_{\rm rel}\,dt|\,/\,D_t$",
    }
    names = [n for n in columns if "residual" in n]
    wanted = [(n, labels.get(n, n.replace("_", " "))) for n in names if usable(columns, n)]
    if not wanted:
        return
    figure, axes = plt.subplots(figsize=(9, 4.8), constrained_layout=True)
    head(figure, title)
    # Agreement to the last bit has a place on the axis too.
    least = np.finfo(float).eps / 4
    shown = {n: np.where(columns[n] == 0, least, columns[n]) for n, _ in wanted}
    exact = any(np.any(columns[n][columns["t"] > 0] == 0) for n, _ in wanted)
    drawn = draw_lines(axes, {"t": columns["t"], **shown}, wanted)
    bounds = {}
    for check in summary.get("checks", []):
        name, bound = str(check.get("name", "")), check.get("bound")
        if isinstance(bound, (int, float)) and bound > 0 and (
                name == "rate" or name.startswith("integral_")):
            bounds.setdefault(float(bound), []).append(name)
    for k, (bound, checks) in enumerate(sorted(bounds.items())):
        label = checks[0] if len(checks) == 1 else f"{checks[0]} and {len(checks) - 1} more"
        axes.axhline(bound, color="#666666", linestyle=["--", ":", "-."][k % 3], linewidth=1.2,
                     label=f"bound {bound:.0e}: {label}")
    finish(axes, "How well the identities hold", drawn)
    if exact:
        axes.set_xlabel(f"t\nresiduals that are exactly 0 are drawn at {least:.1g}")
    save(figure, folder, "residuals.png")


def grid_of(file, shape):
    """Lower and upper corner of the box from the root's attributes."""
    dim = len(shape)

    def read(names, default):
        for name in names:
            if name in file.attrs:
                return np.broadcast_to(np.asarray(file.attrs[name], float), (dim,))
        return np.full(dim, default)

    return read(("grid_lower", "lower"), 0.0), read(("grid_upper", "upper"), 1.0)


def flatten(values, h):
    """A picture of at most two axes, and what was done to get it: of 3 axes the middle plane of the
    third; of more the integral over all but the first two, which makes sense of densities only."""
    dim = values.ndim
    if dim <= 2:
        return values, ""
    if dim == 3:
        return values[:, :, values.shape[2] // 2], "middle plane of axis 3"
    others = tuple(range(2, dim))
    return values.sum(axis=others) * np.prod(h[2:]), "axes 3 and up integrated out"


def plot_sample(file, key, lower, upper, title, folder):
    group = file[key]
    if "p" not in group or "q" not in group:
        return
    p, q = group["p"][...], group["q"][...]
    h = (upper - lower) / np.array(p.shape)
    flat_p, how = flatten(p, h)
    flat_q, _ = flatten(q, h)
    if "log_ratio" in group and p.ndim <= 3:
        ratio = flatten(group["log_ratio"][...], h)[0]
        # Otto writes 0 where a density is not resolved.
        ratio = np.where((ratio == 0) & ((flat_p != flat_q) | (flat_p <= 0)), np.nan, ratio)
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.log(flat_p) - np.log(flat_q)
    ratio = np.ma.masked_invalid(ratio)
    time = group.attrs.get("time")
    heading = title + (f"{PART}t = {float(time):.6g}" if time is not None else "")
    if flat_p.ndim == 1:
        figure = draw_1d(flat_p, flat_q, ratio, lower, upper)
    else:
        figure = draw_2d(flat_p, flat_q, ratio, lower, upper)
    head(figure, heading + (f"{PART}{how}" if how else ""))
    save(figure, folder, f"fields_{key}.png")


def draw_1d(p, q, ratio, lower, upper):
    n = len(p)
    x = lower[0] + (np.arange(n) + 0.5) * (upper[0] - lower[0]) / n
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), constrained_layout=True)
    left.plot(x, p, color=COLOURS[0], label="p")
    left.plot(x, q, color=COLOURS[1], linestyle="--", label="q")
    left.set_title("Densities", loc="left")
    left.legend(frameon=False)
    right.plot(x, ratio, color=COLOURS[2])
    right.axhline(0, color="#666666", linewidth=0.8)
    right.set_title("log(p/q)", loc="left")
    for axes in (left, right):
        axes.set_xlabel("x")
    return figure


def add_bar(figure, axes, image):
    """The scale of an image beside it."""
    beside = axes.inset_axes([1.03, 0.0, 0.05, 1.0])
    beside.grid(False)
    bar = figure.colorbar(image, cax=beside)
    bar.ax.tick_params(labelsize=9.5)
    bar.formatter.set_powerlimits((-3, 4))
    bar.update_ticks()


def draw_2d(p, q, ratio, lower, upper):
    """Three maps side by side, each on its own scale: x to the right, y upwards."""
    extent = (lower[0], upper[0], lower[1], upper[1])
    aspect = (extent[3] - extent[2]) / (extent[1] - extent[0])
    stretched = not 0.2 < aspect < 5
    width = 14.5 if aspect <= 1 or stretched else max(14.5 / aspect, 10.0)
    height = (width / 3 - 1.15) * (1 if stretched else aspect) + 1.25
    figure, panels = plt.subplots(1, 3, figsize=(width, height), constrained_layout=True)
    finite = np.abs(ratio.compressed()) if np.ma.count(ratio) else np.zeros(1)
    top = float(finite.max()) or 1.0
    maps = [("p", p, "viridis", None), ("q", q, "viridis", None),
            ("log(p/q)", ratio, "RdBu_r", top)]
    for axes, (name, values, colours, limit) in zip(panels, maps):
        colour_map = plt.get_cmap(colours).copy()
        colour_map.set_bad("#b8b8b8")
        low, high = (-limit, limit) if limit else (min(0.0, float(values.min())), values.max())
        image = axes.imshow(np.ma.masked_invalid(values).T, origin="lower", extent=extent,
                            cmap=colour_map, vmin=low, vmax=high, interpolation="nearest",
                            aspect="auto" if stretched else "equal")
        axes.set_title(name)
        axes.set_xlabel("x")
        axes.grid(False)
        add_bar(figure, axes, image)
    panels[0].set_ylabel("y")
    masked = ratio.size - np.ma.count(ratio)
    if masked:
        share = 100.0 * masked / ratio.size
        panels[2].set_xlabel(f"x\ngrey: infinite or not resolved ({share:.3g} % of cells)")
    return figure


def middle(values):
    """The middle plane of a third axis."""
    return values[:, :, values.shape[2] // 2] if values.ndim == 3 else values


def flow_1d(group, lower, upper):
    p = group["p"][...]
    n = len(p)
    x = lower[0] + (np.arange(n) + 0.5) * (upper[0] - lower[0]) / n
    figure, panels = plt.subplots(1, 3, figsize=(14, 4.2), constrained_layout=True)
    for name, colour, style, label in (("p", 0, "-", "p"), ("q", 1, "--", "q"),
                                       ("steady_state", 6, ":", r"$\pi$")):
        if name in group:
            panels[0].plot(x, group[name][...], color=COLOURS[colour], linestyle=style, label=label)
    panels[0].set_title("Densities", loc="left")
    panels[0].legend(frameon=False)
    panels[1].plot(x, group["current_x"][...], color=COLOURS[2])
    panels[1].axhline(0, color="#666666", linewidth=0.8)
    panels[1].set_title("Current of p", loc="left")
    panels[2].plot(x, group["potential"][...], color=COLOURS[3])
    panels[2].set_title("Potential", loc="left")
    for axes in panels:
        axes.set_xlabel("x")
    return figure


def contours(axes, potential, x, y):
    """Level lines of V, denser near its minimum."""
    low, high = potential.min(), potential.max()
    if high > low:
        levels = low + (high - low) * np.array([0.002, 0.01, 0.03, 0.07, 0.15, 0.3, 0.5, 0.8])
        axes.contour(x, y, potential.T, levels=levels, colors="white", linewidths=0.6, alpha=0.7)


def arrows(axes, group, x, y):
    """At most 20 arrows an axis, only where there is some current; says what their lengths mean."""
    u, v = middle(group["current_x"][...]), middle(group["current_y"][...])
    step = [max(1, -(-n // 20)) for n in u.shape]
    pick = tuple(slice(s // 2, None, s) for s in step)
    u, v, size = u[pick], v[pick], np.hypot(u[pick], v[pick])
    top = size.max()
    if top > 0:
        with np.errstate(divide="ignore", invalid="ignore"):
            length = np.where(size > 1e-3 * top, np.sqrt(size / top) / size, np.nan)
        axes.quiver(x[pick[0]], y[pick[1]], (u * length).T, (v * length).T, color="white",
                    scale=18, width=0.005, pivot="mid")
        axes.set_xlabel("x\n" rf"arrows $\propto\sqrt{{|J|}}$; the longest: $|J|$ = {top:.3g}")


def flow_2d(group, lower, upper):
    """p with its current, q, and the steady state, all over level lines of the potential."""
    potential = middle(group["potential"][...])
    n = potential.shape
    x, y = (lower[j] + (np.arange(n[j]) + 0.5) * (upper[j] - lower[j]) / n[j] for j in (0, 1))
    extent = (lower[0], upper[0], lower[1], upper[1])
    names = [(k, label) for k, label in (("p", "p and its current"), ("q", "q"),
                                         ("steady_state", r"steady state $\pi$")) if k in group]
    aspect = (extent[3] - extent[2]) / (extent[1] - extent[0])
    stretched = not 0.2 < aspect < 5
    width = 4.9 * len(names)
    height = (width / len(names) - 1.15) * (1 if stretched else aspect) + 1.25
    figure, panels = plt.subplots(1, len(names), figsize=(width, min(height, 12)), squeeze=False,
                                  constrained_layout=True)
    for axes, (name, label) in zip(panels[0], names):
        values = middle(group[name][...])
        image = axes.imshow(values.T, origin="lower", extent=extent, cmap="viridis", vmin=0,
                            interpolation="nearest", aspect="auto" if stretched else "equal")
        contours(axes, potential, x, y)
        axes.set_title(label)
        axes.set_xlabel("x")
        if name == "p" and "current_y" in group:
            arrows(axes, group, x, y)
        axes.grid(False)
        add_bar(figure, axes, image)
    panels[0][0].set_ylabel("y")
    return figure


def plot_flow_sample(file, key, lower, upper, title, folder):
    group = file[key]
    figure = (flow_1d if group["p"].ndim == 1 else flow_2d)(group, lower, upper)
    time = group.attrs.get("time")
    words = [title] + ([f"t = {float(time):.6g}"] if time is not None else [])
    words += ["middle plane of axis 3"] if group["p"].ndim == 3 else []
    words += [group.attrs["note"].decode()] if "note" in group.attrs else []
    head(figure, PART.join(words))
    save(figure, folder, f"fields_{key}.png")


def spectrum_of(summary):
    """Rates and frequencies, each with its bound, and whether it is certified; a run may hold less."""
    results = summary.get("results", {})
    rates = results.get("relaxation_rates", [])

    def listed(name, missing):
        values = [missing if v is None else float(v) for v in results.get(name, [])]
        return values + [missing] * (len(rates) - len(values))

    bounds = listed("relaxation_bounds", math.nan), listed("relaxation_frequency_bounds", math.nan)
    certain = not results.get("relaxation_count", "certain").startswith("not")
    return [(float(rate), bound, turn, turn_bound, certain and not math.isinf(bound)) for rate, bound, turn, turn_bound
            in zip(rates, bounds[0], listed("relaxation_frequencies", 0.0), bounds[1])]


def with_bound(value, bound):
    return f"{value:.5g}" + (f" ± {bound:.1g}" if math.isfinite(bound) and bound > 0 else "")


def mode_title(k, spectrum):
    if k >= len(spectrum):
        return f"mode {k + 1}"
    rate, bound, turn, turn_bound, certified = spectrum[k]
    words = f"mode {k + 1}: rate {with_bound(rate, bound)}" + ("" if certified else ", not certified")
    return words + (f"\nfrequency {with_bound(turn, turn_bound)}" if turn > 0 else "")


def plot_spectrum(spectrum, title, folder):
    figure, axes = plt.subplots(figsize=(6.4, 4.4), constrained_layout=True)
    for certified, colour, label in ((True, COLOURS[0], "certified"), (False, COLOURS[1], "not certified")):
        points = [(rate, sign * turn, bound, turn_bound) for rate, bound, turn, turn_bound, known in spectrum
                  if known == certified for sign in ((1, -1) if turn > 0 else (1,))]
        if not points:
            continue
        rates, turns, bounds, turn_bounds = (np.array(v, dtype=float) for v in zip(*points))
        axes.errorbar(rates, turns, xerr=np.where(np.isfinite(bounds), bounds, 0), label=label, color=colour,
                      yerr=np.where(np.isfinite(turn_bounds), turn_bounds, 0), fmt=MARKERS[0 if certified else 2],
                      fillstyle="full" if certified else "none", capsize=3)
    axes.axhline(0, color="0.7", linewidth=0.8, zorder=0)
    axes.set_xlim(left=0)
    axes.set_xlabel("rate, with its bound (1/time)")
    axes.set_ylabel("frequency, with its bound (1/time)")
    axes.legend()
    head(figure, title)
    save(figure, folder, "spectrum.png")


def plot_modes(file, lower, upper, title, folder, spectrum):
    names = sorted((k for k in file["0"] if k.startswith("mode_")), key=lambda k: int(k[5:]))[:6]
    figure, panels = plt.subplots(1, len(names), figsize=(max(5.5, 3.6 * len(names) + 0.7), 3.9), squeeze=False,
                                  constrained_layout=True)
    dim = file["0"][names[0]].ndim
    for axes, name in zip(panels[0], names):
        values = middle(file["0"][name][...])
        k = int(name[5:]) - 1
        if dim == 1:
            x = lower[0] + (np.arange(len(values)) + 0.5) * (upper[0] - lower[0]) / len(values)
            axes.plot(x, values, color=COLOURS[k % 7])
        else:
            image = axes.imshow(values.T, origin="lower", cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto",
                                extent=(lower[0], upper[0], lower[1], upper[1]), interpolation="nearest")
            axes.grid(False)
        axes.set_title(mode_title(k, spectrum))
        axes.set_xlabel("x")
    panels[0][0].set_ylabel("largest value 1" if dim == 1 else "y")
    if dim > 1:
        add_bar(figure, panels[0][-1], image)
    head(figure, title + (f"{PART}middle plane of axis 3" if dim == 3 else ""))
    save(figure, folder, "modes.png")


def plot_flow_fields(path, summary, title, folder):
    with h5py.File(path, "r") as file:
        samples = sorted((k for k in file if k.isdigit() and "p" in file[k]), key=int)
        if samples:
            shape = file[samples[0]]["p"].shape
        elif "0" in file:
            shape = max(file["0"].values(), key=lambda d: d.ndim).shape  # its time and axes have fewer
        else:
            return
        lower, upper = grid_of(file, shape)
        for k in sorted(set(np.linspace(0, len(samples) - 1, min(4, len(samples))).astype(int))):
            plot_flow_sample(file, samples[k], lower, upper, title, folder)
        if "0" in file and any(k.startswith("mode_") for k in file["0"]):
            plot_modes(file, lower, upper, title, folder, spectrum_of(summary))


def plot_fields(path, title, folder):
    with h5py.File(path, "r") as file:
        samples = sorted((k for k in file if k.isdigit()), key=int)
        samples = [k for k in samples if "p" in file[k] and "q" in file[k]]
        if not samples:
            return
        lower, upper = grid_of(file, file[samples[0]]["p"].shape)
        picked = sorted(set(np.linspace(0, len(samples) - 1, min(4, len(samples))).astype(int)))
        for k in picked:
            plot_sample(file, samples[k], lower, upper, title, folder)


def main(arguments):
    if len(arguments) != 2 or arguments[1] in ("-h", "--help"):
        print(__doc__)
        return 0 if len(arguments) == 2 else 2
    folder = arguments[1]
    if not os.path.isdir(folder):
        print(f"plot.py: {folder}: no such folder", file=sys.stderr)
        return 2
    summary_path = os.path.join(folder, "summary.json")
    summary = {}
    if os.path.exists(summary_path):
        with open(summary_path) as file:
            summary = json.load(file)
    title = run_title(summary, folder)
    plt.rcParams.update(PLAIN)
    series = os.path.join(folder, "series.csv")
    if os.path.exists(series):
        columns = read_series(series)
        if "t" in columns and summary.get("driver") == "fokker-planck":
            plot_relaxation(columns, title, folder)
            if spectrum_of(summary):
                plot_spectrum(spectrum_of(summary), title, folder)
        elif "t" in columns:
            plot_divergences(columns, title, folder)
            plot_residuals(columns, summary, title, folder)
    fields = os.path.join(folder, "fields.h5")
    if os.path.exists(fields) and summary.get("driver") == "fokker-planck":
        plot_flow_fields(fields, summary, title, folder)
    elif os.path.exists(fields):
        plot_fields(fields, title, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
