"""What is drawn and told of a run of `otto convective-entropy`. Pictures are functions run -> figure, or None where the
run has nothing for it. The series has a row for every s of every t."""

import math

import numpy as np

from .columns import PART, run_title
from .panels import Curve, Panel, stack

ANSWERED = ["upsilon", "coefficient", "fisher_pushed", "mean_log_jacobian", "ftle_max", "ftle_mean"]
ANSWERED += ["mass_pushed", "thinnest"]  # the first table of a report
GROUPS = [
    ("Coefficient ∂Υ/∂s at s = 0", "nats/length²", ["coefficient"]),
    ("Finite-time Lyapunov exponents", "1/time", ["ftle_max", "ftle_mean"]),
]  # of two runs
SWEPT = [
    ("ftle_mean", "Mean finite-time Lyapunov exponent", "1/time", False),
    ("coefficient", "Coefficient ∂Υ/∂s at s = 0", "nats/length²", True),
    ("upsilon", "Convective entropy Υ, at the last s", "nats", False),
]  # against a key (sweep.py): column, title, unit, whether on a log axis
MOST = 7  # of s: as many as there are colours
ROUNDING = 1e-17  # what is drawn of numbers that agree in every digit


def pictures(run, _):
    """A list of (file name, caption, function of no arguments that returns a figure or None)."""
    found = []
    if all(name in run.series for name in ("t", "s", "upsilon")) and len(run.t):
        caption = "Convective entropy at every s, with its parts, and what it may be off by"
        found.append(("upsilon.png", caption, lambda: upsilon(run)))
        found.append(("growth.png", "How fast its coefficient grows, and what theory compares it with", lambda: growth(run)))
    if run.samples:
        found.append(("densities.png", "The density, and where it is carried", lambda: maps().densities(run)))
        caption = "Where the flow map stretches most, forward and backward, and in which direction"
        found.append(("stretching.png", caption, lambda: maps().stretching(run)))
    return found


def maps():
    from . import convective_entropy_maps

    return convective_entropy_maps


def title(run):
    """What a run is of, beside its grid: the dynamics with its numbers, and how densities were carried."""
    words = [str(run.results.get("dynamics", run.options.get("dynamics_type", "no dynamics"))).replace("_", " ")]
    for key, value in run.options.items():
        name = key.removeprefix("dynamics_")
        if name != key and name not in ("type", "times", "tolerance", "path", "dataset", "time_dataset"):
            words.append(f"{name} {value}".replace("_pi", "π") if len(str(value)) < 24 else f"{name} as given")
    return ", ".join(words)


def swept(run, key, name):
    """What a column is compared with in a sweep of a key: (words, function of its value), or None."""
    if run.results.get("dynamics") == "standard_map" and (key, name) == ("dynamics_k", "ftle_mean"):
        return "ln(K/2), as t and K grow", lambda k: math.log(k / 2) if k > 2 else math.nan
    return None


def smoothings(run):
    """The s of the run, at most seven of them, evenly picked."""
    found = sorted(set(run.series["s"]))
    count = min(MOST, len(found))
    return [found[k] for k in sorted({k * (len(found) - 1) // max(1, count - 1) for k in range(count)})]


def column(run, name):
    return run.series.get(name, np.full(len(run.t), np.nan))


def at_smoothing(run, s, name):
    """t and a column at one s."""
    keep = run.series["s"] == s
    order = np.argsort(run.t[keep])
    return run.t[keep][order], column(run, name)[keep][order]


def once(run, *names):
    """t and columns that are the same for every s: one row of each t."""
    t, first = np.unique(run.t, return_index=True)
    return [t] + [column(run, name)[first] for name in names]


def ticked(figure, t):
    """Ticks where there are samples, where these are few: iterates of a map have nothing between."""
    at = np.unique(t)
    if 1 < len(at) <= 12:
        figure.axes[0].set_xticks(at, [f"{x:.4g}" for x in at])
    return figure


def upsilon(run):
    """Υ against t for every s with its error, its two entropies, and the error with its parts."""
    made, after, before, errors = [], [], [], []
    for k, s in enumerate(smoothings(run)):
        t, y = at_smoothing(run, s, "upsilon")
        error = at_smoothing(run, s, "upsilon_error")[1]
        made.append(Curve(f"s = {s:.3g}", t, y, error, look=k))
        after.append(Curve(f"s = {s:.3g}", t, at_smoothing(run, s, "entropy_blur_after")[1], look=k))
        before.append(Curve("", t, at_smoothing(run, s, "entropy_blur_before")[1], look=k, dash="--"))
        errors.append(Curve(f"s = {s:.3g}", t, np.where(t == 0, np.nan, np.maximum(error, ROUNDING)), look=k, kind="points"))
    panels = [Panel("Convective entropy Υ(s, t)", "nats", made, log=False, height=2.9)]
    panels[0].notes = [unknown(t, made)] if unknown(t, made) else []
    parts = Panel("Entropy: carried, then blurred (full); blurred, then carried (dashed)", "nats", after + before, log=False)
    panels.append(parts)
    if any(np.any(np.isfinite(c.y)) for c in errors):
        panels.append(Panel("What Υ may be off by: grid, flow map, interpolation", "nats", errors, height=1.9))
    words = []
    if any(np.any(np.nan_to_num(c.error) > 0.002 * np.abs(np.nan_to_num(c.y))) for c in made):
        words.append("bands: what Υ may be off by, as estimated")
    return ticked(stack(run_title(run), panels, "linear", words), run.t)


def unknown(t, made):
    """From when on Υ is not printed, in words."""
    gone = [time for k, time in enumerate(t) if all(math.isnan(c.y[k]) for c in made if len(c.y) > k)]
    return f"not known at t = {', '.join(f'{x:.4g}' for x in gone)}: the density is not resolved there" if gone else ""


def fitted(run, t, y):
    """The line through the later half of the logarithms whose slope the run gives, as a function of t; None where there
    is none."""
    slope = run.results.get("growth_exponent")
    known = np.flatnonzero((y > 0) & np.isfinite(y))
    if not isinstance(slope, (int, float)) or not math.isfinite(slope) or len(known) < 3:
        return None
    used = known[-max(3, (len(known) + 1) // 2) :]
    level = float(np.mean(np.log(y[used]) - slope * t[used]))
    return used, lambda x: np.exp(slope * x + level)


def through(exponent, y):
    """exp(exponent), scaled to go through the last of y that is known."""
    known = np.flatnonzero((y > 0) & np.isfinite(y) & np.isfinite(exponent))
    return np.exp(exponent - exponent[known[-1]]) * y[known[-1]] if len(known) else np.full(len(y), np.nan)


def growth(run):
    """The coefficient with what it is compared with, and these as rates."""
    t, y, limit, least, inverse = once(run, "coefficient", "coefficient_limit", "ftle_least", "inverse_norm")
    keep = t != 0
    if not np.any(np.isfinite(y[keep])):
        return growth_of_nothing(run, y)
    t, y, limit, least, inverse = (v[keep] for v in (t, y, limit, least, inverse))
    panel = Panel("Coefficient ∂Υ/∂s at s = 0", "nats/length²", height=3.3, whole=True)
    panel.curves = [Curve("by its formula", t, y, look=0)]
    if np.any(np.isfinite(limit)):
        panel.curves.append(Curve("as the limit of Υ/s", t, limit, look=1, kind="points"))
    fit = fitted(run, t, y)
    if fit:
        used, line = fit
        fine = np.linspace(t[used[0]], t[used[-1]], 40)
        panel.curves.append(Curve(f"fit: exp({run.results['growth_exponent']:.3g} t)", fine, line(fine), kind="thin"))
    contraction = -2 * least * np.abs(t)
    panel.curves.append(Curve("∝ exp(−2λ_min t)", t, through(contraction, y), kind="thin", dash="--"))
    panel.curves.append(Curve("∝ E|DΦ⁻¹|²", t, through(inverse, y), kind="thin", dash=":"))
    sunk = t[np.isfinite(y) & (y <= 0)]
    panel.notes = ["dashed and dotted: scaled to the last point"]
    if len(sunk):
        panel.notes.append(f"not above 0, not drawn, at t = {', '.join(f'{x:.4g}' for x in sunk)}")
    rates = [Curve("−2λ_min", t, -2 * least, look=2), Curve("(1/t) log E|DΦ⁻¹|²", t, inverse / np.abs(t), look=3)]
    if len(t) > 1:
        with np.errstate(invalid="ignore", divide="ignore"):
            step = np.diff(np.log(np.where(y > 0, y, np.nan))) / np.diff(np.abs(t))
        rates.insert(0, Curve("of the coefficient, from t to t", (t[1:] + t[:-1]) / 2, step, look=0, kind="points"))
    below = Panel("As rates", "1/time", rates, log=False, height=2.2)
    if fit:
        slope = float(run.results["growth_exponent"])
        below.bounds = [(slope, f"fit: {slope:.4g}")]
    return ticked(stack(run_title(run), [panel, below], "linear"), t)


def growth_of_nothing(run, y):
    """Of a discontinuous map the coefficient is infinite: exponents are left."""
    t, largest, mean, least = once(run, "ftle_max", "ftle_mean", "ftle_least")
    made = [Curve(w, t, v, look=k) for k, (w, v) in enumerate((("largest", largest), ("mean", mean), ("mean of the least", least)))]
    if not any(np.any(np.isfinite(c.y)) for c in made):
        return None
    panel = Panel("Finite-time Lyapunov exponents", "1/time", made, log=False)
    panel.notes = ["the coefficient is infinite"] if np.any(np.isinf(y)) else []
    return stack(run_title(run), [panel], "linear")
