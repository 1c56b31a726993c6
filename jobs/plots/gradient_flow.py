"""What is drawn and told of a run of `otto gradient-flow`. Pictures are functions run -> figure, or None where the run
has nothing for it."""

import math

import numpy as np

from .closed_forms import barenblatt_radius
from .columns import at_start, bands, curve, curves, far_above, run_title, time_scale, units, usual_size
from .names import DIVERGENCES, LABELS
from .panels import Curve, Panel, stack

PARTS = [("energy_internal", "internal"), ("energy_potential", "potential"), ("energy_interaction", "interaction")]
ANSWERED = ["energy", *[name for name, _ in PARTS], "dissipation", "second_moment", "mass_p", "min_p"]
ANSWERED += ["energy_q"] + DIVERGENCES  # the first table of a report
GROUPS = [("Dissipation", "energy per time", ["dissipation"]), ("Divergences", "nats", DIVERGENCES)]  # of two runs
ROUNDING = 1e-17  # what is drawn of numbers that agree in every digit
EDGE = 1e-3  # of the largest value: where a support is taken to end
SWEPT = [
    ("energy", "Energy of p", "energy", False),
    ("dissipation", "Rate at which it falls", "energy/time", True),
]  # against a key (sweep.py): column, title, unit, whether on a log axis


def pictures(run, _):
    """A list of (file name, caption, function of no arguments that returns a figure or None)."""
    found = []
    if run.samples:
        found.append(("densities.png", "The densities at times that were written", lambda: densities(run)))
    if all(name in run.series for name in ("t", "energy", "dissipation")):
        found.append(("energy.png", "Energy with its parts, and how fast it falls", lambda: energy(run)))
        found.append(("spread.png", "Second moment, its law, and the front", lambda: spread(run)))
        found.append(("movement.png", "How far each step moves p, and what energy pays for it", lambda: movement(run)))
        if "kl" in run.series:
            found.append(("divergences.png", "Divergences of p and q", lambda: divergences(run)))
    return found


def densities(run):
    from .gradient_flow_maps import densities as draw

    return draw(run)


def title(run):
    """What a run is of, beside its grid: the parts of its energy, and the scheme."""
    internal, m = str(run.results.get("internal_energy", "")), run.options.get("energy_m")
    words = [f"power {m}" if internal == "power" and m is not None else internal]
    words += [f"{run.results.get(key)} {key}" for key in ("potential", "interaction")]
    words = [w for w in words if w and not w.startswith(("none", "None"))]
    return " + ".join(words or ["no energy"]) + f", {run.results.get('scheme', '')}".replace("_", "-")


def column(run, name):
    return run.series.get(name, np.full(len(run.t), np.nan))


def worth(run, name):
    """Whether a column holds anything but zeros."""
    y = column(run, name)
    return bool(np.any(np.isfinite(y) & (y != 0)))


def linear(run, names, scale):
    """Columns as curves on a linear axis; one that is 0 throughout is left out."""
    keep = (run.t > 0) | (scale == "linear")
    made = []
    for k, (name, label) in enumerate(names):
        if worth(run, name):
            error = run.error(name)
            made.append(
                Curve(label, run.t[keep], column(run, name)[keep], None if error is None else error[keep], look=k)
            )
    return made


def energy(run):
    """Energy with its parts; dissipation by faces and the rate by cells; how far these are apart."""
    scale = time_scale(run)
    start, keep = scale == "linear", (run.t > 0) | (scale == "linear")
    parts = [part for part in PARTS if worth(run, part[0])]
    whole = [("energy", "energy of p")]
    if len(parts) > 1:
        parts = [(name, label + " part") for name, label in parts]
        whole += parts
    made = linear(run, whole, scale)
    if worth(run, "energy_q"):
        made.append(Curve("energy of q", run.t[keep], column(run, "energy_q")[keep], look=5, dash="--"))
    panels = [Panel("The energy falls", "energy", made, log=False, height=2.6)]
    falls = [curve(run, "dissipation", start, "dissipation, by faces", look=0)]
    rate = Curve("−d energy/dt, by cells", run.t[keep], -column(run, "energy_rate")[keep], kind="thin", dash="--")
    if worth(run, "dissipation_q"):
        falls.append(curve(run, "dissipation_q", start, "dissipation of q", look=5))
    notes = [at_start(run, ["dissipation"], math.inf if start else 0)]
    panels.append(Panel("How fast", "energy per time", falls + [rate], notes=[n for n in notes if n]))
    residual = np.maximum(column(run, "residual")[keep], ROUNDING)
    if np.any(np.isfinite(residual)):
        points = Curve("", run.t[keep], residual, kind="points", look=3)
        panel = Panel("How far faces and cells are apart, relative", "no unit", [points], height=1.5)
        bound = next((c.bound for c in run.checks if c.name == "rate" and c.applied), None)
        panel.bounds = [(bound, f"the check's bound: {bound:g}")] if bound else []
        panels.append(panel)
    return stack(run_title(run), panels, scale, [bands(run, made)])


def support(run, sample):
    """Radius of the ball that has the volume of p's support; None where p reaches a wall or goes round."""
    p = run.field("p", sample=sample)
    lower, upper = run.box
    held = p > EDGE * p.max()
    for axis in range(p.ndim):
        ends = np.take(held, [0, -1], axis)
        if p.shape[axis] > 1 and ends.any():
            return None
    volume = held.sum() * np.prod((upper - lower) / np.array(p.shape))
    return float((volume / unit_ball(p.ndim)) ** (1 / p.ndim))


def unit_ball(dim):
    return math.pi ** (dim / 2) / math.gamma(dim / 2 + 1)


def front(run):
    """The radius of the support against t, where an internal energy gives it an edge; Barenblatt's profile of p's mass
    and second moment beside it."""
    try:
        m = float(run.options.get("energy_m", 1))
    except ValueError:
        return None
    if run.results.get("internal_energy") != "power" or m <= 1:
        return None
    found = {run.samples[k]: support(run, k) for k in run.samples}
    t = np.array([time for time, radius in found.items() if radius is not None])
    if len(t) < 2:
        return None
    radii = np.array([found[time] for time in t])
    dots = Curve(f"of p: where it is above {EDGE:g} of its maximum", t, radii, kind="points")
    panel = Panel("The front: radius of the ball as large as p's support", "length", [dots], log=False, whole=True)
    known = barenblatt_radius(run, m)
    if known:
        fine = np.linspace(t.min(), t.max(), 80)
        panel.curves.append(Curve("Barenblatt's", fine, np.array([known(x) for x in fine]), kind="thin"))
    return panel


def spread(run):
    """The second moment, the law it follows, and the front."""
    scale = time_scale(run)
    panels = []
    if worth(run, "second_moment"):
        made = linear(run, [("second_moment", "")], scale)
        panels.append(Panel("Second moment ∫|x|² p", "length²", made, log=False, height=1.9))
    if worth(run, "virial"):
        made = linear(run, [("moment_rate", "by the fluxes of faces")], scale)
        keep = (run.t > 0) | (scale == "linear")
        law = "2d∫P − 2∫p x·∇V − ∬ rW′pp, walls"
        made.append(Curve(law, run.t[keep], column(run, "virial")[keep], kind="thin", dash="--"))
        panels.append(Panel("How fast it changes", "length² per time", made, log=False, whole=True, height=1.9))
    edge = front(run)
    panels += [edge] if edge else []
    return stack(run_title(run), panels, scale) if panels else None


def ends(t, low, high):
    """Nothing to see, but room for a band that is known."""
    return [Curve("", t, end, kind="thin", dash="none") for end in (low, high)]


def movement(run):
    """W2 of steps as intervals, and W2²/2τ beside what the energy falls in a step."""
    low, high = column(run, "w2_lower"), column(run, "w2_upper")
    keep = (run.t > 0) & np.isfinite(low) & np.isfinite(high)
    if not keep.any():
        return None
    t, middle, half = run.t[keep], (low[keep] + high[keep]) / 2, (high[keep] - low[keep]) / 2
    lower, upper = run.box
    h = float(np.max((upper - lower) / np.array(run.grid["n"])))
    mass = float(column(run, "mass_p")[0])
    panels = [Panel("W₂ of the last step before each row, as an interval", "length", log=False, whole=True)]
    panels[0].curves = [Curve("between p before and after", t, middle, half), *ends(t, low[keep], high[keep])]
    panels[0].bounds = [(4 * h * math.sqrt(mass), "4 cells, the least judged")]
    steps = np.diff(column(run, "steps"), prepend=0.0)[keep]
    taken = float(run.options.get("ts_dt", math.nan))
    with np.errstate(invalid="ignore"):  # an infinite energy falls by what is not known
        fall = -np.diff(column(run, "energy"), prepend=np.nan)[keep] / np.where(steps > 0, steps, np.nan)
    pays = Curve("what the energy falls" + ("" if np.all(steps == 1) else ", mean of the steps"), t, fall, look=1)
    least, most = (end[keep] ** 2 / (2 * taken) for end in (low, high))
    costs = Curve("W₂²/2τ", t, (least + most) / 2, (most - least) / 2)
    if np.isfinite(taken):
        both = [costs, pays, *ends(t, least, most)]
        panels.append(Panel("What a step costs, and what the energy pays", "energy", both, whole=True))
    return stack(run_title(run), panels, time_scale(run), ["bands: the interval that contains W₂, certified"])


def divergences(run):
    """Divergences of p and q."""
    scale = time_scale(run)
    start = scale == "linear"
    made = curves(run, DIVERGENCES, start)
    apart = far_above(made, "chi2")
    main = [c for c in made if not (apart and c.label == LABELS["chi2"])]
    size = usual_size(main) if main else 0.0
    notes = [at_start(run, DIVERGENCES, math.inf if start else 0)]
    panels = [Panel("Divergences of p and q", units(main), main, reach=(1e-14 * size, math.inf), height=3.1)]
    panels[0].notes = [n for n in notes if n]
    if apart:
        panels.append(Panel("χ², on an axis of its own", "no unit", [c for c in made if c not in main], height=1.8))
    return stack(run_title(run), panels, scale, [bands(run, made)])
