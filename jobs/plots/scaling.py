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


def predicted(run, way):
    found = []
    for look, (mesh, words) in enumerate((("slab", "slabs"), ("mesh", "the best mesh"))):
        one = known(run, "model_ranks", f"{way}_{mesh}_ms")
        if one is not None and np.any(np.isfinite(one.y)):
            found.append(Curve(words, one.t, one.y, look=look))
    return found


def scaling(run):
    """Strong and weak scaling, a panel each; where there are predictions, below them, up to many ranks."""
    most = max(run.results["scaling_ranks"])
    panels = [Panel("The same grid on more ranks", "ms", measured(run, "strong", lambda times: 1 / times), whole=True),
              Panel("A grid that grows with the ranks", "ms", measured(run, "weak", np.ones_like), whole=True)]  # fmt: skip
    for way, words in (("strong", "Predicted: a sample of the same grid"), ("weak", "Predicted: a sample of a grid that grows")):
        curves = predicted(run, way)
        if curves:
            panels.append(Panel(words, "ms", curves))
    cells = " × ".join(str(n) for n in run.grid["n"])
    figure = stack(f"otto bench scaling{PART}{cells} cells{PART}measured on 1 to {most} ranks", panels, "log")
    figure.axes[-1].set_xlabel("ranks", labelpad=2)
    log_ticks(figure.axes[-1].xaxis, *figure.axes[-1].get_xlim())
    return figure
