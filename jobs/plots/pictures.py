"""Which pictures a run has, by the module of its driver, and their files. Nothing is drawn before it is wanted."""

import importlib
import os
import re

from .units import label

OURS = re.compile(r"(divergences|residuals|relaxation|thermodynamics|modes|metastable|spectrum|transport|frames|potentials|intervals|tempered|tempering|energy|densities|spread|movement|upsilon|growth|stretching|passages|survival|free_energy|observables|histograms|correlations|marginals|fields_\d+)\.png")
MOST_SAMPLES = 4  # of which fields are drawn, evenly picked


def of_driver(run):
    """The module of the run's driver, plots/<driver>.py, which says what is drawn and told of it: pictures(run, fields),
    title(run), ANSWERED, GROUPS."""
    name = run.driver.replace("-", "_")
    there = os.path.exists(os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}.py"))
    return importlib.import_module(f"plots.{name if re.fullmatch('[a-z_]+', name) and there else 'dissipation'}")


def picked(samples):
    samples, count = list(samples), min(MOST_SAMPLES, len(samples))
    at = [k * (len(samples) - 1) // max(1, count - 1) for k in range(count)]
    return [samples[k] for k in sorted(set(at))]


def draw_maps(run, sample):
    from .maps import maps

    return maps(run, sample)


def fields(run):
    """The maps of some samples, in the form of pictures()."""
    words = (("p", "p"), ("current_x", "its current"), ("q", "q"), ("steady_state", "the steady state"))
    found = []
    for sample in picked(run.samples):
        there = run.names(sample)
        what = [word for name, word in words if name in there]
        what += ["log(p/q)"] if "q" in there and "potential" not in there else []
        caption = f"{', '.join(what)} at t = {run.samples[sample]:.6g}"
        found.append((f"fields_{sample}.png", caption, lambda sample=sample: draw_maps(run, sample)))
    return found


def pictures(run):
    """A list of (file name, caption, function of no arguments that returns a figure or None)."""
    from . import marginals  # which asks of_driver() for titles

    return of_driver(run).pictures(run, fields(run)) + marginals.pictures(run)


def newest_source(run):
    """When the last of what pictures are made of was written: the run's files and these scripts."""
    here = os.path.dirname(os.path.abspath(__file__))
    scripts = [os.path.join(here, name) for name in os.listdir(here) if name.endswith(".py")]
    scripts += [os.path.join(here, "..", name) for name in ("otto_results.py", "plot.py")]
    files = [run.path(n) for n in ("summary.json", "series.csv", "fields.h5", "time_error.csv", "space_error.csv")]
    return max(os.path.getmtime(path) for path in scripts + files if os.path.exists(path))


def as_written(figure):
    """No words of a figure are mathematics: units, names of files and axes, formulas may hold a $. What numbers the axes is
    left alone: matplotlib writes powers of ten that way."""
    texts = [*figure.texts, *(text for legend in figure.legends for text in legend.get_texts())]
    for axes in figure.axes:
        texts += [axes.title, axes.xaxis.label, axes.yaxis.label, *axes.texts, *axes.findobj(lambda artist: artist in (
            axes._left_title, axes._right_title))]
        if axes.get_legend():
            texts += axes.get_legend().get_texts()
    for text in texts:
        text.set_parse_math(False)
    return figure


def save(figure, path):
    """Writes a picture beside its final name and renames it: never half a file."""
    as_written(figure)
    tiles = getattr(figure, "otto_tiles", None)
    figure.savefig(path + ".part", format="png", metadata={"Otto-Tiles": " ".join(map(str, tiles))} if tiles else None)
    os.replace(path + ".part", path)


def draw_all(run, say=print):
    """Draws what is missing or older than the run; what an earlier run in the folder left is removed. The pictures that
    there are then: a list of (path, caption)."""
    newest, there = newest_source(run), []
    wanted = pictures(run)
    for name in os.listdir(run.folder):
        if OURS.fullmatch(name) and name not in {w[0] for w in wanted}:
            os.remove(run.path(name))
    for name, caption, function in wanted:
        path = run.path(name)
        if not os.path.exists(path) or os.path.getmtime(path) < newest:
            figure = label(function(), run)
            if figure is None:
                if os.path.exists(path):
                    os.remove(path)
                continue
            save(figure, path)
            say(path)
        there.append((path, caption))
    return there
