"""What is drawn and told of a run of `otto dissipation`. Pictures are functions run -> figure, or None where the run has
nothing for it."""

import math

import numpy as np

from .closed_forms import closed_forms, log_integral
from .columns import at_start, bands, curve, curves, far_above, run_title, thin, units, usual_size
from .names import DIVERGENCES, FISHER, LABELS
from .panels import Curve, Panel, stack

ANSWERED = DIVERGENCES + ["entropy_p", "entropy_q", "fisher_rel"]  # the first table of a report
GROUPS = [("Divergences", "nats", DIVERGENCES), ("Fisher information", "nats per time", FISHER)]  # of two runs
SWEPT = [
    ("kl", "KL(p|q)", "nats", True),
    ("fisher_rel", "Relative Fisher information", "nats/time", True),
]  # against a key (sweep.py): column, title, unit, whether on a log axis


def pictures(run, fields):
    """A list of (file name, caption, function of no arguments that returns a figure or None)."""
    found = list(fields)
    if "t" in run.series and any(name in run.series for name in ("kl", "js", "tv", "fisher_rel")):
        what = "Divergences and Fisher information against time"
        found.insert(0, ("divergences.png", what, lambda: divergences(run)))
    if "t" in run.series:
        found.append(("residuals.png", "How well the identities hold", lambda: residuals(run)))
    return found


def title(run):
    """What a run is of, beside its grid."""
    return str(run.results.get("heat_kernel", run.options.get("heat_kernel", "auto"))) + " kernel"


def loss(run):
    """D_t beside the integral of I_rel: what one loses the other has, so that their sum stays."""
    t, kl, rate = run.t, run.series.get("kl"), run.series.get("fisher_rel")
    if kl is None or rate is None:
        return None
    rows = np.flatnonzero((t > 0) & np.isfinite(kl) & np.isfinite(rate) & (rate > 0))
    if len(rows) < 2 or np.any(np.diff(rows) != 1):
        return None
    integral, first = log_integral(t[rows], rate[rows]), "the first sample"
    # From t = 0 where the rate there says what it is on the way to the first sample.
    if t[0] == 0 and rows[0] == 1 and np.isfinite(kl[0]) and rate[1] / 2 < rate[0] < 2 * rate[1]:
        parabola = np.polyint(np.polyfit(t[:3], rate[:3], min(2, len(rate[:3]) - 1)))
        integral, first = integral + np.polyval(parabola, t[1]), "0"
    panel = Panel("What Dₜ loses, the integral of its dissipation has gained", "nats", log=False, whole=True)
    panel.curves = [
        curve(run, "kl", False, "Dₜ = KL(p|q)"),
        Curve(f"∫ I_rel from {first} to t", t[rows], integral, look=1),
        Curve("their sum", t[rows], kl[rows] + integral, kind="thin", dash="--"),
    ]
    return panel


def divergences(run):
    made, known = curves(run, DIVERGENCES, False), closed_forms(run)
    notes = [at_start(run, ["kl", "js", "tv"] + FISHER), bands(run, made)]
    panels = [panel for panel in [loss(run)] if panel]
    apart = far_above(made, "chi2")
    main = [c for c in made if not (apart and c.label == LABELS["chi2"])]
    panels.append(Panel("Divergences", units(main), list(main), reach=(1e-18 * usual_size(main), math.inf), height=2.9))
    if "kl" in known:
        panels[-1].curves += thin(known["kl"][0], known["kl"][1], run.t)
    if apart:
        panels.append(Panel("χ², on an axis of its own", "no unit", [c for c in made if c not in main], height=1.8))
    made = curves(run, FISHER, False)
    panels.append(Panel("Fisher information", "nats per time", made, reach=(1e-18 * usual_size(made), math.inf)))
    if "kl_rate" in run.series:
        keep = run.t > 0
        panels[-1].curves.append(Curve("−dDₜ/dt", run.t[keep], -run.series["kl_rate"][keep], kind="thin", dash="--"))
    if "fisher_rel" in known:
        panels[-1].curves += thin(known["fisher_rel"][0], known["fisher_rel"][1], run.t)
    return stack(run_title(run), panels, "log", notes)


def residuals(run):
    """Every residual column as points, with the bounds of the checks that they belong to."""
    labels = {"residual": "|dDₜ/dt + I_rel| / I_rel", "integral_residual": "|ΔDₜ + ∫ I_rel dt| / Dₜ"}
    least = np.finfo(float).eps / 4  # agreement to the last bit has a place on the axis too
    after, panel = run.t > 0, Panel(
        "How well the identities hold", "relative, no unit", height=3
    )
    exact = False
    for name in (n for n in run.series if "residual" in n):
        y = run.series[name][after]
        if np.any(np.isfinite(y)):
            exact |= bool(np.any(y == 0))
            panel.curves.append(
                Curve(
                    labels.get(name, name.replace("_", " ")),
                    run.t[after],
                    np.where(y == 0, least, y),
                    look=len(panel.curves),
                    kind="points",
                )
            )
    if not panel.curves:
        return None
    bounds = {}
    for check in run.checks:
        if check.applied and 0 < check.bound < math.inf and (check.name == "rate" or check.name.startswith("integral_")):
            bounds.setdefault(check.bound, []).append(check.name)
    for bound, names in sorted(bounds.items()):
        panel.bounds.append((bound, f"bound of {names[0]}" + (f" and {len(names) - 1} more" if names[1:] else "")))
    return stack(
        run_title(run), [panel], "log", [f"residuals that are exactly 0 are drawn at {least:.1g}" if exact else ""]
    )
