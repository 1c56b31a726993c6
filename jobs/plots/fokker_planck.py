"""Pictures of a run of `otto fokker-planck`, each a function run -> figure, or None where it has nothing for it."""

import math
import os

import numpy as np

from . import observables
from .closed_forms import closed_forms
from .columns import (
    HIGHEST,
    at_start,
    bands,
    curve,
    curves,
    far_above,
    forces,
    only_rounding,
    run_title,
    thin,
    time_scale,
    units,
    usual_size,
)
from .names import DIVERGENCES, FROM_REST, LABELS, PRODUCTION
from .panels import COLOURS, GREY, MARKERS, Curve, Panel, head, log_ticks, new_figure, stack, title_lines
from .survival import only_taker, shown, taken

AWAY = FROM_REST + DIVERGENCES[:5]
RATES = PRODUCTION + ["fisher_rel"]
ANSWERED = FROM_REST + DIVERGENCES  # the first table of a report
ANSWERED += ["free_energy", "entropy_p", "production", "heat_rate", "work_rate", "mass_p"]
GROUPS = [("Divergences", "nats", AWAY), ("Entropy production, and how fast KL(p|q) falls", "nats per time", RATES)]
SINGLE = [  # one panel each: no two have a unit or a size in common
    ("free_energy", "Free energy F of p", "energy"),
    ("entropy_p", "Entropy H(p)", "nats"),
    ("heat_rate", "Heat to the bath", "energy per time"),
    ("work_rate", "Work done on p", "energy per time"),
    ("current_norm", "Current ∫|J| of p", "length per time"),
    ("mass_p", "Mass of p", "no unit"),
]
NAMED = 8  # modes whose timescales are written beside them
SWEPT = [
    ("kl", "KL(p|q)", "nats", True),
    ("free_energy", "Free energy F of p", "energy", False),
    ("production", "Entropy production", "nats/time", True),
]  # against a key (sweep.py): column, title, unit, whether on a log axis


def pictures(run, fields):
    """A list of (file name, caption, function of no arguments that returns a figure or None)."""
    found = list(fields)
    if "t" in run.series:
        found[:0] = [
            ("relaxation.png", "Divergences and entropy production against time", lambda: relaxation(run)),
            (
                "thermodynamics.png",
                "Free energy, entropy, heat, work and current against time",
                lambda: thermodynamics(run),
            ),
        ]
        if any(name.startswith("killed_") for name in run.series):
            found.insert(2, ("survival.png", "What is left, and what each absorbing face has taken", lambda: survival(run)))
    found += observables.pictures(run)
    if run.results.get("relaxation_rates"):
        if os.path.exists(run.path("fields.h5")):
            found.append(("modes.png", "The slowest relaxation modes", lambda: draw_modes(run)))
            if (run.results.get("metastable_sets") or 0) > 1:
                caption = "Metastable sets: where the chain stays, and how surely a place belongs there"
                found.append(("metastable.png", caption, lambda: draw_metastable(run)))
        found.append(("spectrum.png", "Relaxation rates with their errors, and the timescales they imply", lambda: spectrum(run)))
    return found


def title(run):
    """What a run is of, beside its grid."""
    return forces(run)


def draw_modes(run):
    from .maps import modes  # which asks here for rates

    return modes(run)


def draw_metastable(run):
    from .metastable import metastable

    return metastable(run)


def rates(run):
    """(rate, bound, frequency, its bound, certified) of every relaxation mode, slowest first."""
    results = run.results
    values = [v for v in results.get("relaxation_rates", []) if isinstance(v, (int, float))]

    def listed(name, missing):
        found = [missing if v is None else float(v) for v in results.get(name, [])]
        return found + [missing] * (len(values) - len(found))

    certain = not str(results.get("relaxation_count", "certain")).startswith("not")
    return [
        (float(rate), bound, turn, turn_bound, certain and not math.isinf(bound))
        for rate, bound, turn, turn_bound in zip(
            values,
            listed("relaxation_bounds", math.nan),
            listed("relaxation_frequencies", 0.0),
            listed("relaxation_frequency_bounds", math.nan),
        )
    ]


def slope(run, name, rate, label, scale):
    """A thin line through the last point of a column that falls as exp(-rate t)."""
    made = curves(run, [name], scale == "linear")
    if not made:
        return []
    good = np.flatnonzero(np.isfinite(made[0].y) & (made[0].y > 0))
    t, end, value = made[0].t, made[0].t[good[-1]], made[0].y[good[-1]]
    fine = np.linspace(t[0], t[-1], 60) if scale == "linear" else np.geomspace(t[0], t[-1], 120)
    with np.errstate(over="ignore"):
        return [Curve(label, fine, value * np.exp(-rate * (fine - end)), kind="thin", dash="--")]


def relaxation(run):
    scale = time_scale(run)
    start = scale == "linear"
    two = "kl" in run.series and bool(np.isfinite(run.series["kl"]).any())
    panels, everything = [], []
    for title, unit, names in (
        ("Divergences", "nats", AWAY),
        ("Entropy production of p" + (", and how fast KL(p|q) falls" if two else ""), "nats per time", RATES),
    ):
        made = curves(run, names, start)
        everything += made
        apart = names is AWAY and far_above(made, "chi2")
        main = [c for c in made if not (apart and c.label == LABELS["chi2"])]
        most = HIGHEST * usual_size(main) if main else math.inf
        shown = [n for n in names if n in run.series and not (apart and n == "chi2")]
        notes = [at_start(run, shown, most if start else 0), only_rounding(run, names)]
        panels.append(
            Panel(
                title,
                units(main, unit),
                list(main),
                reach=(1e-14 * usual_size(main) if main else 0, most),
                height=2.9,
                notes=[n for n in notes if n],
            )
        )
        if apart:
            panels.append(Panel("χ², on an axis of its own", "no unit", [c for c in made if c not in main], height=1.8))
    known = closed_forms(run)
    for name, dash in (("kl_p_pi", "-."), ("kl", "-")):
        if name in known and name in run.series:
            panels[0].curves += thin(known[name][0], known[name][1], run.t, dash)
    found = rates(run)
    if found and "kl_p_pi" in run.series:
        words = f"slope 2λ₁ = {2 * found[0][0]:.4g}" + ("" if found[0][4] else " (not certified)")
        panels[0].curves += slope(run, "kl_p_pi", 2 * found[0][0], words, scale)
    return stack(run_title(run), panels, scale, [bands(run, everything)])


def steady_free_energy(run):
    """F(π) = F(p) - T KL(p|π) at every row, where π = exp(-V/T); otherwise None."""
    need = ("free_energy", "kl_p_pi")
    if not str(run.results.get("steady_state", "")).startswith("exp(-V/T)") or any(n not in run.series for n in need):
        return None
    temperature = run.results.get("temperature", 1.0)
    with np.errstate(invalid="ignore", over="ignore"):
        return run.series["free_energy"] - float(temperature) * run.series["kl_p_pi"]


def worth_drawing(run, name):
    """Whether a quantity of SINGLE is known and says something: mass that goes, work that is done."""
    y = run.series.get(name, np.zeros(0))
    known = y[np.isfinite(y)]
    if name == "work_rate":  # of a potential that stays nothing is left but rounding
        heat = np.abs(run.series.get("heat_rate", np.zeros(0)))  # without a value where a velocity carries mass one way
        return len(known) > 0 and np.abs(known).max() > 1e-12 * np.max(heat[np.isfinite(heat)], initial=0.0)
    return len(known) > 0 and (name != "mass_p" or np.ptp(known) >= 1e-9)


def far_start(run, name, scale):
    """Whether the value at t = 0 lies so far off the rest that it would press it flat; and that value in words for the
    title where the panel does not show it, "" where it does."""
    y = run.series[name]
    later = y[(run.t > 0) & np.isfinite(y)]
    if run.t[0] != 0 or len(later) < 2:
        return False, ""
    with np.errstate(over="ignore"):
        far = not np.isfinite(y[0]) or np.ptp(np.append(later, y[0])) > 4 * np.ptp(later) > 0
    start = "infinite" if math.isinf(y[0]) else "not known" if math.isnan(y[0]) else f"{y[0]:.4g}"
    return bool(far), f"at t = 0: {start}" if far or scale == "log" else ""


def gain(run, scale):
    """dE/dt, what the first law leaves of work, heat and what is absorbed, as a thin line."""
    far = any(far_start(run, name, scale)[0] for name in ("heat_rate", "work_rate"))
    shown = (run.t > 0) | (scale == "linear" and not far)
    with np.errstate(invalid="ignore"):
        rate = run.series["work_rate"] - run.series["heat_rate"]
        taken = run.series["energy_absorbed_rate"] if "energy_absorbed_rate" in run.series else 0 * rate
    label = "dE/dt = work − heat" + (" − absorbed" if np.any(taken != 0) else "")
    return Curve(label, run.t[shown], (rate - taken)[shown], kind="thin")


def thermodynamics(run):
    """One panel a quantity; a start far off the rest is put into words, so that the rest can be read."""
    scale, panels, everything = time_scale(run), [], []
    for name, title, unit in SINGLE:
        if not worth_drawing(run, name):
            continue
        y = run.series[name]
        far, start = far_start(run, name, scale)
        made = [curve(run, name, scale == "linear" and not far, "", look=0)]
        panel = Panel(title + (f" ({start})" if start else ""), unit, made, log=False, height=1.55)
        everything += panel.curves
        if name == "work_rate" and "heat_rate" in run.series:
            panel.curves, panel.whole = [made[0], gain(run, scale)], True
            made[0].label = "work"
        if name == "free_energy" and (rest := steady_free_energy(run)) is not None and np.isfinite(rest[-1]):
            if np.nanmax(rest) - np.nanmin(rest) <= 1e-6 * max(1e-300, np.nanmax(np.abs(y[np.isfinite(y)]))):
                value = 0.0 if abs(rest[-1]) < 1e-12 * np.nanmax(np.abs(y[np.isfinite(y)])) else float(rest[-1])
                panel.bounds = [(value, f"F(π) = {value:.6g}")]
            else:
                panel.curves.append(Curve("F(π) of the moment", run.t, rest, kind="thin"))
        if name == "mass_p" and isinstance(run.results.get("escape_rate"), float):
            rate = run.results["escape_rate"]
            panel.curves += slope(run, "mass_p", rate, f"slope of the escape rate {rate:.5g}", scale)
        panels.append(panel)
    return stack(run_title(run), panels, scale, [bands(run, everything)]) if panels else None


def survival(run):
    """What is left of p (and q) on a log axis beside the exponential of the escape rate, and what each face has taken of p."""
    scale = time_scale(run)
    keep = (run.t > 0) | (scale == "linear")
    left = [shown(run, name, f"of {name[-1]}", k, keep) for k, name in enumerate(("mass_p", "mass_q"))
            if name in run.series and np.isfinite(run.series[name]).any()]  # fmt: skip
    rate = run.results.get("escape_rate")
    beside = slope(run, "mass_p", rate, f"slope of the escape rate {rate:.4g}", scale) if isinstance(rate, float) else []
    gone, one = taken(run, keep), only_taker(run)
    panels = [
        Panel("What is left", "no unit", left + beside, height=2.4),
        Panel(f"What {one} has taken of p" if one else "What absorbing faces have taken of p", "no unit", gone, log=False, height=2.1, whole=True),
    ]
    return stack(run_title(run), panels, scale, [bands(run, left + gone)])


def with_bound(value, bound):
    return f"{value:.5g}" + (f" ± {bound:.1g}" if math.isfinite(bound) and bound > 0 else "")


def mode_title(k, found):
    if k >= len(found):
        return f"mode {k + 1}"
    rate, bound, turn, turn_bound, certified = found[k]
    words = f"mode {k + 1}: rate {with_bound(rate, bound)}" + ("" if certified else ", not certified")
    return words + (f"\nfrequency {with_bound(turn, turn_bound)}" if turn > 0 else "")


def grid_errors(run, count):
    """What the grid errs by in each rate, nan where not known."""
    known = {e.get("column"): e.get("error") for e in run.errors.get("space", [])}
    errors = [known.get(f"relaxation_rates[{k + 1}]") for k in range(count)]
    return np.array([math.nan if e is None else e for e in errors], float)


def spectrum(run):
    """Rates against their number where nothing turns, the complex plane otherwise."""
    found = rates(run)
    if len(found) < 2:
        return None
    heading = title_lines(run_title(run), 6.4)
    figure = new_figure(6.4, 4.2 + 0.24 * len(heading))
    head(figure, heading)
    h = figure.get_figheight()
    axes = figure.add_axes((0.14, 0.62 / h, 0.82, 3.3 / h))
    grid = grid_errors(run, len(found))
    turning = any(f[2] > 0 for f in found)
    for certified, colour, label in ((True, COLOURS[0], "certified"), (False, COLOURS[1], "not certified")):
        picked = [k for k, f in enumerate(found) if f[4] == certified]
        if not picked:
            continue
        points = [(k, sign) for k in picked for sign in ((1, -1) if found[k][2] > 0 else (1,))]
        rate, bound = (np.array([found[k][j] for k, _ in points]) for j in (0, 1))
        size = np.nan_to_num(np.where(np.isfinite(bound), bound, 0)) + np.nan_to_num([grid[k] for k, _ in points])
        look = dict(
            fmt=MARKERS[0 if certified else 2],
            color=colour,
            capsize=3,
            label=label,
            fillstyle="full" if certified else "none",
        )
        if turning:
            turn = np.array([sign * found[k][2] for k, sign in points])
            turn_bound = np.nan_to_num([found[k][3] for k, _ in points], posinf=0)
            axes.errorbar(rate, turn, xerr=size, yerr=turn_bound, **look)
        else:
            axes.errorbar([k + 1 for k, _ in points], rate, yerr=size, **look)
            for k, value in zip(picked, rate) if len(found) <= NAMED else ():
                where = dict(textcoords="offset points", fontsize=9, ha="center", va="bottom")
                axes.annotate(f"{1 / value:.4g}", (k + 1, value), (0, 7), **where)
    bars = "bound" + (" and grid error" if np.any(np.isfinite(grid)) else "")
    if turning:
        axes.axhline(0, color=GREY, linewidth=0.8, zorder=0)
        axes.set_xlim(left=0)
        axes.set_xlabel(f"rate, with {bars} (1/time)")
        axes.set_ylabel("frequency, with bound (1/time)")
    else:
        axes.set_xticks(range(1, len(found) + 1))
        axes.set_xlim(0.6, len(found) + 0.4)
        axes.set_xlabel("mode, slowest first" + (", with its timescale 1/rate (time)" if len(found) <= NAMED else ""))
        axes.set_ylabel(f"rate, with {bars} (1/time)")
        low, high = found[0][0], found[-1][0]
        if low > 0 and high > 10 * low:
            axes.set_yscale("log")
            axes.set_ylim(low / 1.6, high * 1.6)
            log_ticks(axes.yaxis, low / 1.6, high * 1.6)
        else:
            axes.set_ylim(min(0.0, low), 1.12 * high)
    axes.legend(frameon=False, loc="lower right" if not turning else "best")
    return figure
