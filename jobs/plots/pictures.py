"""Which pictures a run has: names, captions and what draws them. Nothing is imported or drawn before it is wanted."""

import os
import re

OURS = re.compile(r"(divergences|residuals|relaxation|thermodynamics|modes|spectrum|fields_\d+)\.png")
MOST_SAMPLES = 4  # of which fields are drawn, evenly picked


def draw(module, function, *arguments):
    import importlib

    return getattr(importlib.import_module("plots." + module), function)(*arguments)


def picked(samples):
    samples, count = list(samples), min(MOST_SAMPLES, len(samples))
    at = [k * (len(samples) - 1) // max(1, count - 1) for k in range(count)]
    return [samples[k] for k in sorted(set(at))]


def pictures(run):
    """A list of (file name, caption, function of no arguments that returns a figure or None)."""
    found = []

    def add(name, caption, module, function, *arguments):
        found.append((name, caption, lambda: draw(module, function, run, *arguments)))

    if run.driver == "fokker-planck":
        if "t" in run.series:
            add("relaxation.png", "Divergences and entropy production against time", "fokker_planck", "relaxation")
            add(
                "thermodynamics.png",
                "Free energy, entropy, heat, work and current against time",
                "fokker_planck",
                "thermodynamics",
            )
    elif "t" in run.series and any(name in run.series for name in ("kl", "js", "tv", "fisher_rel")):
        add("divergences.png", "Divergences and Fisher information against time", "dissipation", "divergences")
    for sample in picked(run.samples):
        fields = run.names(sample)
        what = [
            words
            for name, words in (
                ("p", "p"),
                ("current_x", "its current"),
                ("q", "q"),
                ("steady_state", "the steady state"),
            )
            if name in fields
        ]
        what += ["log(p/q)"] if "q" in fields and "potential" not in fields else []
        add(f"fields_{sample}.png", f"{', '.join(what)} at t = {run.samples[sample]:.6g}", "maps", "maps", sample)
    if run.driver == "fokker-planck" and run.results.get("relaxation_rates"):
        if os.path.exists(run.path("fields.h5")):
            add("modes.png", "The slowest relaxation modes", "maps", "modes")
        add("spectrum.png", "Relaxation rates with their errors", "fokker_planck", "spectrum")
    elif run.driver != "fokker-planck" and "t" in run.series:
        add("residuals.png", "How well the identities hold", "dissipation", "residuals")
    return found


def newest_source(run):
    """When the last of what pictures are made of was written: the run's files and these scripts."""
    here = os.path.dirname(os.path.abspath(__file__))
    scripts = [os.path.join(here, name) for name in os.listdir(here) if name.endswith(".py")]
    scripts += [os.path.join(here, "..", name) for name in ("otto_results.py", "plot.py")]
    files = [run.path(n) for n in ("summary.json", "series.csv", "fields.h5", "time_error.csv", "space_error.csv")]
    return max(os.path.getmtime(path) for path in scripts + files if os.path.exists(path))


def save(figure, path):
    """Writes a picture beside its final name and renames it: never half a file."""
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
            figure = function()
            if figure is None:
                if os.path.exists(path):
                    os.remove(path)
                continue
            save(figure, path)
            say(path)
        there.append((path, caption))
    return there
