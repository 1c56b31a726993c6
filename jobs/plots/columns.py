"""What of a run's columns is drawn: names, the part that is more than rounding, and the bands of their errors."""

import math

import numpy as np

from .names import DIVERGENCES, FISHER, LABELS, PRODUCTION
from .panels import PART, Curve
from .pictures import of_driver

LOOKS = {name: k for names in (DIVERGENCES, FISHER, PRODUCTION) for k, name in enumerate(names)}
LOOKS |= {"kl_p_pi": 6, "kl_q_pi": 5}
# A divergence of the second order in p - q is rounding where the two agree to 1e-14: at its square.
SECOND_ORDER = ("kl", "reverse_kl", "js", "chi2", "hellinger2", "renyi", "kl_p_pi", "kl_q_pi")
FOLLOWS = {"fisher_rel": "kl", "production_nonadiabatic": "kl_p_pi"}  # the rate by which the other falls
HIGHEST = 1e5  # times the usual size: what a panel of a linear t axis shows of the start


def run_title(run):
    """The folder, the grid, and the kernel or the forces, in one line."""
    words = [run.name]
    if run.grid.get("n"):
        words.append(" × ".join(str(n) for n in run.grid["n"]) + " cells")
    words.append(of_driver(run).title(run))
    return PART.join(words)


def forces(run):
    """What moves the walk of a run of a generator."""
    kinds = {kind: str(run.results.get(kind)) for kind in ("potential", "drift")}
    if run.results.get("velocity", "none") != "none":
        kinds["velocity"] = str(run.results["velocity"])
    return ", ".join(f"{name} {kind}" for kind, name in kinds.items()).replace("none", "no")


def rounding(run, name):
    """Where a column is no more than rounding of what it is made of."""
    y = run.series[name]
    solved = run.results.get("solve_residual")
    least = max(1e-28, solved**2 if isinstance(solved, float) else 0.0)
    if name in SECOND_ORDER:
        return np.abs(y) < least
    if name == "tv":
        return np.abs(y) < math.sqrt(least)
    if name in FOLLOWS and FOLLOWS[name] in run.series:
        return rounding(run, FOLLOWS[name])
    if name == "production_adiabatic" and "production" in run.series:
        total = np.abs(run.series["production"])
        balanced = str(run.results.get("steady_state", "")).startswith("exp(-V/T)")  # where it is 0 in exact numbers
        return np.abs(y) < 1e-12 * (np.nanmax(total, initial=0) if balanced else total)
    return np.zeros(len(y), bool)


def curve(run, name, start, label=None, **look):
    """A column as a curve with its band, without what is rounding; t = 0 is part of it on a linear axis of t."""
    t, keep = run.t, (run.t > 0) | start
    y = np.where(rounding(run, name), np.nan, run.series[name])
    error = run.error(name)
    own = LABELS.get(name, name)
    if name == "fisher_rel" and run.driver == "fokker-planck":  # there it stands beside productions
        own, look = "−d KL(p|q)/dt", {"look": 3} | look
    return Curve(
        own if label is None else label,
        t[keep],
        y[keep],
        None if error is None else error[keep],
        **({"look": LOOKS.get(name, 0)} | look),
    )


def curves(run, names, start):
    """The columns of these that hold anything above 0, finite and more than rounding at t > 0, as curves."""
    made = [curve(run, name, start) for name in names if name in run.series]
    return [c for c in made if np.any(np.isfinite(c.y) & (c.y > 0) & (c.t > 0))]


def usual_size(made):
    """The size that most curves have at t > 0: the median of their largest values."""
    largest = sorted(c.y[(c.t > 0) & np.isfinite(c.y)].max() for c in made)
    return float(largest[len(largest) // 2]) if largest else math.nan


def far_above(made, name, decades=10):
    """Whether a column lies more than so many decades above KL at any time: beside it KL would be a flat line."""
    kl, tall = (next((c for c in made if c.label == LABELS[n]), None) for n in ("kl", name))
    if kl is None or tall is None:
        return False
    both = np.isfinite(kl.y) & np.isfinite(tall.y) & (kl.y > 0)
    return bool(np.any(np.log10(np.maximum(tall.y[both], 1e-300)) - np.log10(kl.y[both]) > decades))


def only_rounding(run, names):
    """A sentence on the columns that are 0 to rounding throughout, which are not drawn."""
    words = [
        LABELS.get(name, name)
        for name in names
        if name in run.series and len(run.t) > 1 and np.all(rounding(run, name)[run.t > 0])
    ]
    return ("0 to rounding, not drawn: " + ", ".join(words)) if words else ""


def at_start(run, names, most=-math.inf):
    """What a panel does not show of t = 0, in words: values above `most`, infinite ones."""
    if not len(run.t) or run.t[0] != 0:
        return ""
    words = []
    for name in names:
        v = run.series[name][0] if name in run.series and not rounding(run, name)[0] else math.nan
        if v > most or v == math.inf:
            words.append(f"{LABELS.get(name, name)} " + ("∞" if v == math.inf else f"{v:.4g}"))
    return "at t = 0: " + ", ".join(words) if words else ""


def units(made, base="nats"):
    """The unit of a panel of divergences; those of its curves that have none are named."""
    bare = [c.label for c in made if c.label in (LABELS["hellinger2"], LABELS["chi2"], LABELS["tv"])]
    short = [label.replace(LABELS["tv"], "tv") for label in bare]
    return base + (f" ({', '.join(short)}: no unit)" if bare else "")


def bands(run, made):
    """What bands and hollow markers mean, where there are some."""
    known = [c for c in made if c.error is not None]
    words = []
    if any(np.any(np.nan_to_num(c.error) > 0.002 * np.abs(np.nan_to_num(c.y))) for c in known):
        words.append("bands: what stepping and grid err by, as estimated")
    if any(np.any(np.isnan(c.error) & np.isfinite(c.y)) for c in known):
        words.append("hollow markers: this error is not known")
    return "; ".join(words)


def time_scale(run):
    """Linear where the samples are evenly spaced."""
    steps = np.diff(run.t)
    return "linear" if len(steps) < 2 or steps.max() < 1.5 * steps[1:].min() else "log"


def thin(label, function, t, dash="-"):
    """What curves are compared with, at 60 times between the first and the last of t."""
    t = t[t > 0]
    if not len(t):
        return []
    fine = np.geomspace(t[0], t[-1], 60)
    return [Curve(label, fine, np.array([function(x) for x in fine]), kind="thin", dash=dash)]
