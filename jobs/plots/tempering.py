"""What is drawn and told of a run of `otto tempering`. Pictures are functions run -> figure, or None where the run has
nothing for it."""

import numpy as np

from .columns import bands, run_title, time_scale
from .panels import Curve, Panel, stack

ANSWERED = ["entropy", "tempering_entropy", "entropy_new", "tempering_entropy_new", "tempering_difference"]
ANSWERED += ["riemannian_entropy", "mass_p", "min_p"]  # the first table of a report
GROUPS = [("What tempering adds", "nats", ["tempering_entropy", "tempering_entropy_new", "riemannian_gain"])]  # of two runs
LAWS = [
    ("law_residual", "H′ − H − E log J"),
    ("riemannian_difference", "difference per Riemannian volume"),
]
ROUNDING = 1e-17  # what is drawn of numbers that agree in every digit
SWEPT = [
    ("tempering_entropy", "What tempering has added to the entropy", "nats", False),
    ("tempering_entropy_new", "The same in new coordinates", "nats", False),
]  # against a key (sweep.py): column, title, unit, whether on a log axis


def pictures(run, _):
    """A list of (file name, caption, function of no arguments that returns a figure or None)."""
    found = []
    if run.samples:
        found.append(("densities.png", "The density at times that were written", lambda: densities(run)))
    if all(name in run.series for name in ("t", "tempering_entropy")):
        caption = "What tempering adds to the entropy, in the box and in new coordinates, and the laws between them"
        found.append(("tempering.png", caption, lambda: tempering(run)))
    return found


def densities(run):
    from .gradient_flow_maps import densities as draw

    return draw(run)


def title(run):
    """What a run is of, beside its grid."""
    metric = str(run.results.get("metric", ""))
    return f"{metric} metric" + (", in two coordinates" if changed(run) else "")


def changed(run):
    """Whether there are new coordinates."""
    return "entropy_new" in run.series and bool(np.any(np.isfinite(run.series["entropy_new"])))


def shown(run, name, label, look, keep, **more):
    error = run.error(name)
    return Curve(label, run.t[keep], run.series[name][keep], None if error is None else error[keep], look=look, **more)


def law_panel(run, keep):
    """What the grid leaves of laws that hold in the continuum, beside what it is estimated to leave."""
    made, said = [], "lines: the grid's error, estimated"
    for look, (name, label) in enumerate(LAWS):
        made.append(Curve(label, run.t[keep], np.maximum(np.abs(run.series[name][keep]), ROUNDING), look=look, kind="points"))
        error = run.error(name)
        if error is not None:
            made.append(Curve(said, run.t[keep], np.maximum(error[keep], ROUNDING), kind="thin", dash=["-", "--"][look]))
            said = ""
    return Panel("What is left of the laws, on this grid", "nats", made, whole=True, height=2.0)


def tempering(run):
    """What tempering adds to entropies, by how much coordinates differ in it, and what is left of the laws."""
    scale = time_scale(run)
    keep = (run.t > 0) | (scale == "linear")
    added = [shown(run, "tempering_entropy", "H in the box", 0, keep)]
    if not changed(run):
        added.append(shown(run, "riemannian_gain", "per Riemannian volume", 2, keep, dash="--"))
        return stack(run_title(run), [Panel("What tempering adds to the entropy", "nats", added, log=False, height=2.8)], scale,
                     [bands(run, added)])  # fmt: skip
    added.append(shown(run, "tempering_entropy_new", "H′ in new coordinates", 1, keep))
    added.append(shown(run, "riemannian_gain", "per Riemannian volume", 2, keep, dash="--"))
    panels = [Panel("What tempering adds to the entropy", "nats", added, log=False, height=2.8)]
    mean = run.series["mean_log_jacobian"]
    apart = [shown(run, "tempering_difference", "ΔH′ − ΔH", 3, keep)]
    apart.append(Curve("E log J at t, less that at 0", run.t[keep], (mean - mean[0])[keep], kind="thin", dash="--"))
    panels.append(Panel("It depends on the coordinates", "nats", apart, log=False, height=1.8))
    late = run.t > 0
    if np.any(late):
        panels.append(law_panel(run, late))
    return stack(run_title(run), panels, scale, [bands(run, added)])
