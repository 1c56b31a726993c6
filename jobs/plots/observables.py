"""Pictures of what a run observes of its densities: formulas, sets, and mass along the values of a formula."""

import os

import numpy as np

from otto_results import read_table

from .columns import bands, curve, run_title, time_scale
from .panels import COLOURS, GREY, Panel, head, new_figure, stack, title_lines
from .pictures import picked

SHADES = (0.25, 0.45, 0.7, 1.0)  # of the samples drawn, the last one full


def formulas(run):
    """The names of the formulas observed, as the columns have them."""
    return [name[5:] for name in run.series if name.startswith("mean_") and f"variance_{name[5:]}" in run.series]


def own(names):
    """Those of p; <name>_q is the same of q."""
    return [name for name in names if not (name.endswith("_q") and name[:-2] in names)]


def sets(run):
    return [name[12:] for name in run.series if name.startswith("probability_")]


def pictures(run):
    """In the form of pictures()."""
    found = []
    if formulas(run) or sets(run):
        found.append(("observables.png", "Means, variances and probabilities of what was observed", lambda: columns(run)))
    if formulas(run) and run.samples and os.path.exists(run.path("fields.h5")):
        if any(name.startswith("histogram_") for name in fields(run)):
            found.append(("histograms.png", "Mass and free energy along the values of formulas", lambda: along(run)))
    if any(os.path.exists(run.path(name)) for name in ("spectra.csv", "correlations.csv")):
        words = "Autocorrelations, spectral densities and responses in the steady state"
        found.append(("correlations.png", words, lambda: correlations(run)))
    return found


def fields(run):
    import h5py

    with h5py.File(run.path("fields.h5")) as file:
        return list(file[str(max(run.samples))])


def of_both(run, start, name, column):
    """A column of p and, where there is one, of q."""
    made = [curve(run, f"{column}_{name}", start, "p", look=0)]
    if f"{column}_{name}_q" in run.series:
        made.append(curve(run, f"{column}_{name}_q", start, "q", look=1))
    return made


def columns(run):
    scale, panels = time_scale(run), []
    start = scale == "linear"
    for name in own(formulas(run)):
        for column in ("mean", "variance"):
            words = run.meaning(f"{column}_{name}").replace(f"{column} under p of ", "")
            made = of_both(run, start, name, column)
            panels.append(Panel(f"{column} of {name} = {words}"[:90], name + ("²" if column == "variance" else ""), made, log=False, height=1.4))
    names = own(sets(run))
    if names:
        made = [curve(run, f"probability_{name}", start, name, look=k) for k, name in enumerate(names)]
        made += [
            curve(run, f"probability_{name}_q", start, f"{name}, q", look=k, dash="--")
            for k, name in enumerate(names)
            if f"probability_{name}_q" in run.series
        ]
        panels.append(Panel("Probability of the sets", "probability", made, log=False, height=1.9))
    everything = [c for panel in panels for c in panel.curves]
    return stack(run_title(run), panels, scale, [bands(run, everything)])


def draw(axes, run, name, kind):
    """p at some samples, then the steady state."""
    samples = picked(run.samples)
    for shade, sample in zip(SHADES[-len(samples) :], samples):
        x = run.field(f"values_{name}", sample=sample)
        for suffix, colour, label in (("", COLOURS[0], "p"), ("_q", COLOURS[1], "q")):
            if f"{kind}_{name}{suffix}" in fields(run):
                y = run.field(f"{kind}_{name}{suffix}", sample=sample)
                y = np.where(np.isfinite(y), y, np.nan)
                axes.plot(x, y, color=colour, alpha=shade, label=f"{label}, t = {run.samples[sample]:.4g}")
    if f"{kind}_{name}_pi" in fields(run):
        y = run.field(f"{kind}_{name}_pi", sample=samples[-1])
        axes.plot(x, np.where(np.isfinite(y), y, np.nan), color="#111111", linewidth=0.9, linestyle="--", label="steady state")


def reach(axes):
    """A free energy is drawn to 12 T or so above its least value: what is beyond is tails."""
    values = np.concatenate([line.get_ydata() for line in axes.lines] or [np.zeros(1)])
    values = values[np.isfinite(values)]
    if len(values):
        low = values.min()
        high = min(values.max(), low + 4 * max(1e-300, np.median(values) - low))
        axes.set_ylim(low - 0.06 * (high - low), high + 0.06 * (high - low))


def along(run):
    names = own(formulas(run))
    heading = title_lines(run_title(run), 9.6)
    height = 3.0 * len(names) + 0.15 + 0.24 * len(heading)
    figure = new_figure(9.6, height)
    head(figure, heading)
    for k, name in enumerate(names):
        bottom = (height - 0.1 - 0.24 * len(heading) - 3.0 * (k + 1) + 0.55) / height
        for column, (kind, words) in enumerate((("histogram", f"density along {name}"), ("free_energy", "−T log of it"))):
            axes = figure.add_axes((0.08 + 0.49 * column, bottom, 0.4, 2.15 / height))
            draw(axes, run, name, kind)
            meaning = run.meaning(f"mean_{name}").replace("mean under p of ", "")
            axes.set_xlabel(f"{name} = {meaning}"[:60])
            axes.set_title(words, fontsize=11, loc="left")
            axes.set_ylabel("energy" if column else f"1/{name}")
            if column:
                reach(axes)
                axes.legend(frameon=False, fontsize=8.5)
            else:
                axes.set_ylim(bottom=0)
            axes.axhline(0, color=GREY, linewidth=0.6, zorder=0)
    return figure


def correlations(run):
    """C(t) and S(ω) of every formula, with what the response to a force makes of S: −2T Im χ/ω."""
    spectra, lags = (read_table(run.path(f"{name}.csv")) for name in ("spectra", "correlations"))
    names = [name[17:] for name in spectra if name.startswith("spectral_density_")]
    names = names or [name[16:] for name in lags if name.startswith("autocorrelation_")]
    heading = title_lines(run_title(run), 9.6)
    height = 3.0 * len(names) + 0.15 + 0.24 * len(heading)
    figure = new_figure(9.6, height)
    head(figure, heading)
    temperature = float(run.results.get("temperature", 1.0))
    balanced = run.results.get("drift") == "none"
    for k, name in enumerate(names):
        bottom = (height - 0.1 - 0.24 * len(heading) - 3.0 * (k + 1) + 0.55) / height
        left, right = (figure.add_axes((0.09 + 0.49 * i, bottom, 0.39, 2.1 / height)) for i in (0, 1))
        if f"autocorrelation_{name}" in lags:
            left.plot(lags["lag"], lags[f"autocorrelation_{name}"], color=COLOURS[0], marker="o")
            left.axhline(0, color=GREY, linewidth=0.6, zorder=0)
        left.set_title(f"autocorrelation of {name}", fontsize=11, loc="left")
        left.set_xlabel("lag (time)")
        left.set_ylabel(f"{name}²")
        right.set_title(f"spectral density of {name}", fontsize=11, loc="left")
        right.set_xlabel("angular frequency (1/time)")
        right.set_ylabel(f"{name}² (time)")
        if f"spectral_density_{name}" not in spectra:
            continue
        w, density = spectra["frequency"], spectra[f"spectral_density_{name}"]
        order = np.argsort(w)
        w, density, turn = w[order], density[order], spectra[f"response_imaginary_{name}"][order]
        there = w > 0
        right.plot(w[there], density[there], color=COLOURS[0], marker="o", label="S(ω)")
        if balanced:
            by_force = -2 * temperature * turn[there] / w[there]
            right.plot(w[there], by_force, "x", color=COLOURS[1], markersize=9, label="by the response: −2T Im χ/ω")
        if there.any():
            right.set_xscale("log")
            right.set_yscale("log")
        for value in density[~there]:
            right.axhline(value, color=GREY, linestyle="--", linewidth=1, label=f"S(0) = {value:.5g}")
        right.legend(frameon=False, fontsize=8.5, loc="lower left")
    return figure
