"""Times against ranks, of a run of `otto bench scaling`: measured, ideal, and predicted by what is sent."""

import numpy as np

from .panels import PART, Curve, Panel, log_ticks, stack

PARTS = [("sample", "sample of dissipation"), ("step", "implicit step")]


def known(run, ranks, name):
    """A list of the results against its ranks; None where there is none. What is not known is nan."""
    values = run.results.get(name)
    return None if values is None else Curve("", np.array(run.results[ranks], dtype=float), np.array([np.nan if v is None else float(v) for v in values]))


def measured(run, way, ideal):
    """A curve a part with its ideal: of so many times the fewest ranks, `ideal` of these times the time."""
    found = []
    for look, (part, words) in enumerate(PARTS):
        one = known(run, "scaling_ranks", f"{part}_ms_{way}")
        if one is None:
            continue
        best = Curve(f"{words}, ideal", one.t, one.y[0] * ideal(one.t / one.t[0]), look=look, kind="thin", dash="--")
        found += [Curve(words, one.t, one.y, look=look), best]
    return found


def ceiling(run, way):
    """What memory bandwidth alone would leave of it: these ranks together have so many times what the fewest have."""
    triad, found = known(run, "scaling_ranks", "scaling_triad_gb_s"), []
    for look, (part, words) in enumerate(PARTS):
        one = known(run, "scaling_ranks", f"{part}_ms_{way}")
        if one is None or triad is None:
            continue
        work = 1 if way == "strong" else one.t / one.t[0]
        found.append(Curve(f"{words}, by bandwidth", one.t, one.y[0] * work * triad.y[0] / triad.y, look=look, kind="thin", dash=":"))
    return found


def predicted(run, way):
    """A curve a layout, beside what was measured here."""
    here, found = known(run, "scaling_ranks", f"sample_ms_{way}"), []
    for look, (mesh, words) in enumerate((("slab", "slabs"), ("mesh", "the best mesh"))):
        one = known(run, "model_ranks", f"{way}_{mesh}_ms")
        if one is not None and np.any(np.isfinite(one.y)):
            found.append(Curve(words, one.t, one.y, look=look))
    if found and here is not None:
        found.append(Curve("measured here", here.t, here.y, look=2, kind="points"))
    return found


def stacked(run, panels, words):
    cells = " × ".join(str(n) for n in run.grid["n"])
    figure = stack(f"otto bench scaling{PART}{cells} cells{PART}{words}", panels, "log")
    figure.axes[-1].set_xlabel("ranks", labelpad=2)
    log_ticks(figure.axes[-1].xaxis, *figure.axes[-1].get_xlim())
    return figure


def scaling(run):
    """Strong and weak scaling as measured, a panel each."""
    panels = [Panel("The same grid on more ranks", "ms", measured(run, "strong", lambda times: 1 / times) + ceiling(run, "strong"), whole=True),
              Panel("A grid that grows with the ranks", "ms", measured(run, "weak", np.ones_like) + ceiling(run, "weak"), whole=True)]  # fmt: skip
    return stacked(run, panels, f"measured on 1 to {max(run.results['scaling_ranks']):.0f} ranks")


def prediction(run):
    """The same by what is sent, up to many ranks; None where nothing is predicted."""
    words = (("strong", "A sample of the same grid on more ranks"), ("weak", "A sample of a grid that grows with the ranks"))
    panels = [Panel(title, "ms", predicted(run, way)) for way, title in words]
    panels = [panel for panel in panels if panel.curves]
    if not panels:
        return None
    work, latency, bandwidth = (run.results.get(f"model_{name}") for name in ("work_ms", "latency", "bandwidth"))
    said = "" if work is None else f"{PART}{work:.4g} ms of work, {1e6 * latency:.3g} µs a message, {1e-9 * bandwidth:.3g} GB/s a rank"
    return stacked(run, panels, "predicted" + said)
