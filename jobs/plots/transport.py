"""What is drawn and told of a run of `otto transport`. Pictures are functions run -> figure, or None where the run has
nothing for it."""

import math
import os

import numpy as np

from .closed_forms import closed_forms
from .columns import at_start, curve, curves, far_above, run_title, thin, time_scale, units, usual_size
from .names import DIVERGENCES, FISHER, LABELS
from .panels import COLOURS, GREY, WIDTH, Curve, Panel, head, log_ticks, new_figure, stack, title_lines

ANSWERED = DIVERGENCES + ["fisher_rel"]  # the first table of a report
GROUPS = [("Divergences", "nats", DIVERGENCES), ("Fisher information", "nats per time", FISHER)]  # of two runs
CERTIFIED = [("w2", "W₂"), ("w1", "W₁")]  # known as intervals
SWEPT = [
    ("w2_upper", "Wasserstein distance W2, upper bound", "length", False),
    ("w1_upper", "W1, upper bound", "length", False),
]  # against a key (sweep.py): column or result, title, unit, whether on a log axis


def pictures(run, _):
    """A list of (file name, caption, function of no arguments that returns a figure or None)."""
    found = []
    if os.path.exists(run.path("fields.h5")):
        found.append(("transport.png", "p, q, where the map carries p's mass, and the least flux", lambda: fields(run)))
        if run.frames:
            found.append(("frames.png", "On the way from p to q: the displacement interpolation", lambda: frames(run)))
        found.append(("potentials.png", "The potentials that prove the lower bounds", lambda: potentials(run)))
    if "t" in run.series:
        caption = "Dₜ under the heat flow, and what the distances say of it"
        found.append(("tempered.png", caption, lambda: tempered(run)))
    found.append(("intervals.png", "The intervals of W₂ and W₁ as they close", lambda: intervals(run)))
    return found


def fields(run):
    from .transport_maps import fields as draw

    return draw(run)


def frames(run):
    from .transport_maps import frames as draw

    return draw(run)


def potentials(run):
    from .transport_maps import potentials as draw

    return draw(run)


def title(run):
    """What a run is of, beside its grid: p, q, and W2."""
    words = [f"{run.results.get('p_density', 'p')} → {run.results.get('q_density', 'q')}"]
    found = run.interval("w2")
    return " ".join(words).replace("_", " ") + (f", W₂ {between(*found)}" if found else "")


def outwards(value, digits, up):
    """A number of so many digits that is not below it (up), or not above."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    step = 10.0 ** (math.floor(math.log10(abs(value))) + 1 - digits)
    for k in range(3):  # the nearest, or the one beyond it
        text = f"{value + k * step if up else value - k * step:.{digits}g}"
        if (float(text) >= value) if up else (float(text) <= value):
            return text
    return repr(value)


def between(lower, upper):
    """An interval in words, rounded outwards to two digits of its width; one number where it is narrower than 1e-12."""
    if upper - lower <= 1e-12 * abs(upper):
        return f"{upper:.12g}"
    width = (upper - lower) / abs(upper)
    digits = int(min(15, max(3, 2 - math.floor(math.log10(width)))))
    return f"{outwards(lower, digits, False)} … {outwards(upper, digits, True)}"


def gap(name, lower, upper):
    """How far an interval is open, as its key counts: of W2 relative to the square."""
    power = 2 if name == "w2" else 1
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(upper > 0, 1 - (lower / upper) ** power, 0.0)


def asked_gap(run, name):
    """The gap that was asked for: the bound of its check."""
    return next((c.bound for c in run.checks if c.name == name + "_gap" and 0 < c.bound < math.inf), None)


SIDE, WIDE, HIGH = 0.95, 3.6, 2.2  # inches: left of a panel of intervals, its width and height


def intervals(run):
    """Bounds of W2 and W1 against the iterations, and beneath how far they are apart."""
    found = [(k, name, label, run.history(name)) for k, (name, label) in enumerate(CERTIFIED)]
    found = [f for f in found if len(f[3][0]) and f[3][2][-1] - f[3][1][-1] > 1e-12 * abs(f[3][2][-1])]
    if not found:
        return None  # exact from the start
    width = len(found) * (SIDE + WIDE) + 0.2
    heading = title_lines(run_title(run), width)
    height = 0.15 + 0.24 * len(heading) + 0.4 + HIGH + 0.55 + HIGH + 0.6
    figure = new_figure(width, height)
    head(figure, heading)
    for place, (k, name, label, (at, lower, upper)) in enumerate(found):
        x, asked = (place * (SIDE + WIDE) + SIDE) / width, asked_gap(run, name)
        marks = ["v", "^", "o"] if len(at) < 30 else [""] * 3
        top, low = (figure.add_axes((x, y / height, WIDE / width, HIGH / height)) for y in (1.15 + HIGH, 0.6))
        top.fill_between(at, lower, upper, color=COLOURS[k], alpha=0.2, linewidth=0)
        above = "a plan costs" if name == "w2" else "a flux measures"
        top.plot(at, upper, color=COLOURS[k], marker=marks[0], label=above)
        top.plot(at, lower, color=COLOURS[k], marker=marks[1], label="potentials prove", linestyle="--")
        top.set_title(f"{label} is {between(lower[-1], upper[-1])}")
        top.set_ylabel(f"{label} (length)")
        least, most = zoomed(lower, upper)
        top.set_ylim(least, most)
        top.legend(frameon=False)
        apart = gap(name, lower, upper)
        low.plot(at, np.where(apart > 0, apart, np.nan), color=COLOURS[k], marker=marks[2])
        low.set_yscale("log")
        if asked:
            low.axhline(asked, color=GREY, linestyle="--", linewidth=1.1, label=f"asked for: {asked:g}")
            low.legend(frameon=False)
        shown = [g for g in [*apart, asked or 0] if g > 0] or [1.0]
        low.set_ylim(min(shown) / 1.6, max(shown) * 1.6)
        log_ticks(low.yaxis, *low.get_ylim())
        low.set_ylabel("gap of W₂²" if name == "w2" else "gap of W₁")
        ended = str(run.results.get(name + "_ended", ""))
        low.set_xlabel("iterations on this grid" + (f"; ended: {ended}" if ended else ""))
        for axes in (top, low):
            room = max(0.03 * np.ptp(at), 0.5)
            axes.set_xlim(at.min() - room, at.max() + room)
    return figure


def zoomed(lower, upper):
    """Limits that show how an interval ends: what lies beyond four times its last half is cut off."""
    half = len(lower) // 2
    least, most = lower[half:].min(), upper[half:].max()
    room = max(most - least, 1e-9 * abs(most), 1e-300)
    return max(lower.min(), least - 3 * room) - 0.1 * room, min(upper.max(), most + 3 * room) + 0.1 * room


def length(run):
    """sqrt(4t D_t), the distance that tempering sees, beside the distances themselves."""
    t, kl = run.t, run.series.get("kl")
    if kl is None:
        return None
    keep = (t > 0) & np.isfinite(kl) & (kl > 0)
    if not keep.any():
        return None
    panel = Panel("As a distance: √(4t Dₜ), which W₂ is never below", "length", log=False, whole=True, height=2.6)
    panel.curves = [Curve("√(4t Dₜ)", t[keep], np.sqrt(4 * t[keep] * kl[keep]))]
    dashes = iter(["--", ":", "-.", (0, (5, 1, 1, 1, 1, 1))])
    for name, label in CERTIFIED:
        found = run.interval(name)
        if found:  # both ends, which are one line where they are known
            dash = next(dashes)
            panel.curves.append(flat(t[keep], found[1], f"{label} {between(*found)}", dash))
            panel.curves.append(flat(t[keep], found[0], "", dash))
    sinkhorn = run.results.get("sinkhorn")
    if isinstance(sinkhorn, float) and sinkhorn > 0:
        panel.curves.append(flat(t[keep], math.sqrt(sinkhorn), f"√Sinkhorn {math.sqrt(sinkhorn):.5g}", next(dashes)))
    return panel


def flat(t, value, label, dash):
    return Curve(label, np.array([t[0], t[-1]]), np.full(2, value), kind="thin", dash=dash)


def plain(made):
    """Without bands: rows of the sweep have no estimate of their own."""
    for c in made:
        if c.error is not None and not np.isfinite(c.error[c.t > 0]).any():
            c.error = None
    return made


def tempered(run):
    """D_t beside W2²/4t, as a distance beside the others, and all divergences under the heat flow."""
    if not np.any(run.t > 0):
        return None
    known, panels = closed_forms(run), []
    if "kl" in run.series:
        panel = Panel("Dₜ = KL between p and q after the heat flow of time t", "nats", whole=True)
        panel.curves = plain([curve(run, "kl", False, "Dₜ")])
        if "kl_bound" in run.series:
            keep = run.t > 0
            panel.curves.append(Curve("W₂²/4t", run.t[keep], run.series["kl_bound"][keep], kind="thin", dash="--"))
        if "kl" in known:
            panel.curves += thin(known["kl"][0], known["kl"][1], run.t, ":")
        panels += [panel, length(run)]
    made = plain(curves(run, DIVERGENCES, False))
    apart = far_above(made, "chi2")
    main = [c for c in made if not (apart and c.label == LABELS["chi2"])]
    panels.append(
        Panel("Every divergence of the two", units(main), main, reach=(1e-18 * usual_size(main), math.inf), height=2.9)
    )
    if apart:
        panels.append(Panel("χ², on an axis of its own", "no unit", [c for c in made if c not in main], height=1.8))
    if "fisher_rel" in run.series:
        panel = Panel("How fast Dₜ falls", "nats per time", plain(curves(run, ["fisher_rel"], False)))
        if "fisher_rel" in known:
            panel.curves += thin(known["fisher_rel"][0], known["fisher_rel"][1], run.t, ":")
        panels.append(panel)
    notes = [at_start(run, ["kl", "reverse_kl", "chi2", "js", "tv"])]
    return stack(run_title(run), [p for p in panels if p], time_scale(run), notes)


DISTANCES = [  # name, what stands for it, error of the solver
    ("w2", "W₂", ""),
    ("w1", "W₁", ""),
    ("sinkhorn", "Sinkhorn divergence", "sinkhorn_error"),
    ("energy_distance", "energy distance", ""),
    ("mmd2", "MMD²", ""),
    ("h_minus_1", "H⁻¹ norm", ""),
] + [(name, LABELS[name], "") for name in DIVERGENCES]


INTERVALS = {
    "w2": "Wasserstein distance of order 2 between masses at cell centres: the least root mean square way",
    "w1": "Wasserstein distance of order 1 between masses constant on cells: the least mean way",
}


def proved(run, name):
    """What the solver itself says of how far a distance is known."""
    words = []
    found = run.interval(name)
    if found:
        share = float(gap(name, np.array(found[0]), np.array(found[1])))
        of = "W₂²" if name == "w2" else "W₁"
        words.append("exact to rounding" if share < 1e-12 else f"interval; open by {100 * share:.2g} % of {of}")
        other = run.results.get({"w2": "w2_cell_bias", "w1": "w1_to_atoms"}[name])
        kind = {"w2": "constant on cells", "w1": "at cell centres"}[name]
        if isinstance(other, float):
            words.append(f"masses {kind}: up to {other:.2g} more at either end")
    if name == "sinkhorn" and isinstance(run.results.get("sinkhorn_error"), float):
        words.append(f"± {run.results['sinkhorn_error']:.2g}, proven")
        words.append(f"ε = {run.results.get('sinkhorn_epsilon', math.nan):.4g}")
    if name == "mmd2" and isinstance(run.results.get("mmd_time"), float):
        words.append(f"after the heat flow of t = {run.results['mmd_time']:.4g}")
    return "; ".join(words)


def distances(run):
    """Rows of the table of distances: (name, value, how far it is known, the grid's error, unit, what it is, the
    results that it tells). An interval is one value."""
    grid, rows = {e.get("column"): e.get("error") for e in run.errors.get("space", [])}, []
    for name, label, extra in DISTANCES:
        found, value = run.interval(name), run.results.get(name)
        told = [name, name + "_lower", name + "_upper", name + "_gap"] + ([extra] if extra else [])
        if found:
            text = between(*found)
        elif name in run.results:
            text = None if value is None else value
        else:
            continue
        size = sum(found) / 2 if found else value
        unit, sentence = run.unit(name if not found else name + "_upper"), INTERVALS.get(name) or run.meaning(name)
        rows.append((label, text, proved(run, name), (size, grid.get(name, "")), unit, sentence, told))
    return rows


def side_by_side(first, second):
    """Distances of a second run over those of the first, for runs without a series."""
    rows = []
    for name, label, _ in DISTANCES:
        values = [run.interval(name) or (run.results.get(name),) * 2 for run in (first, second)]
        if all(isinstance(v, (int, float)) and math.isfinite(v) and v > 0 for pair in values for v in pair):
            (low, high), (least, most) = values
            rows.append((label, least / high, most / low))
    if not rows:
        return None
    heading = title_lines(f"{second.name} over {first.name}", WIDTH)
    height = 0.15 + 0.24 * len(heading) + 0.3 + 0.3 * len(rows) + 0.7
    figure = new_figure(WIDTH, height)
    head(figure, heading)
    axes = figure.add_axes((1.9 / WIDTH, 0.65 / height, 1 - 2.1 / WIDTH, (0.3 * len(rows) + 0.1) / height))
    for k, (_, low, high) in enumerate(rows):
        axes.plot([low, high], [k, k], color=COLOURS[0], linewidth=5, solid_capstyle="butt", alpha=0.4)
        axes.plot([math.sqrt(low * high)], [k], color=COLOURS[0], marker="o", linestyle="none")
    axes.axvline(1, color=GREY, linewidth=0.8)
    least, most = min([r[1] for r in rows] + [1.0]), max([r[2] for r in rows] + [1.0])
    axes.set_xscale("log")
    room = max(1.15, (most / least) ** 0.05)
    axes.set_xlim(least / room, most * room)
    log_ticks(axes.xaxis, *axes.get_xlim())
    axes.set_yticks(range(len(rows)), [label for label, _, _ in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel("ratio of the two (bars: of intervals)")
    return figure
