"""What is drawn and told of a run of `otto first-passage`. Pictures are functions run -> figure, or None where the run has
nothing for it."""

import math

import numpy as np

from .columns import bands, forces, run_title, time_scale
from .panels import COLOURS, Curve, Panel, head, new_figure, stack, title_lines
from .survival import only_taker, shown, taken

ANSWERED = ["mass_p", "passage_density", "escape_rate", "killed_mass"]  # the first table of a report
GROUPS = [("What has not arrived", "no unit", ["mass_p"]), ("Rates", "1/time", ["passage_density", "escape_rate"])]  # of two runs
SWEPT = [
    ("passage_time", "Mean first-passage time", "time", True),
    ("rate_ab", "Rate from set_a to set_b", "1/time", True),
]  # against a key (sweep.py): column or result, title, unit, whether on a log axis
ENDS = [f"splitting_{end}" for end in "a b c d lower_1 upper_1 lower_2 upper_2 lower_3 upper_3".split()]
BINS = 40  # of the committor


def pictures(run, _):
    """A list of (file name, caption, function of no arguments that returns a figure or None)."""
    found = []
    if run.samples:
        caption = "Mean first-passage time and which end comes first, by the start"
        found.append(("passages.png", caption, lambda: passages(run)))
        if "committor" in run.names(0):
            caption = "Free energy along the committor, and where the reactive flux passes"
            found.append(("free_energy.png", caption, lambda: free_energy(run)))
    if "t" in run.series:
        found.append(("survival.png", "What has not arrived by t, and how fast it does", lambda: survival(run)))
    return found


def passages(run):
    from .first_passage_maps import passages as draw

    return draw(run)


def title(run):
    """What a run is of, beside its grid."""
    time = run.results.get("passage_time")
    return forces(run) + (f", mean time {time:.4g}" if isinstance(time, float) else "")


def survival(run):
    """What is left on a log axis beside the exponential of the slowest rate, and the rate at which it is taken."""
    scale = time_scale(run)
    keep = (run.t > 0) | (scale == "linear")
    left = [shown(run, "mass_p", "left at t", 0, keep)]
    rate, arriving = run.results.get("quasi_stationary_rate"), [shown(run, "escape_rate", "taken of what is left", 1, keep)]
    good = np.flatnonzero(np.isfinite(run.series["mass_p"]) & (run.series["mass_p"] > 0))
    lines = []
    if isinstance(rate, float) and len(good):
        end = good[-1]
        fine = np.geomspace(run.t[keep][0], run.t[end], 200) if scale == "log" else np.linspace(0, run.t[end], 200)
        with np.errstate(over="ignore"):
            tail = run.series["mass_p"][end] * np.exp(-rate * (fine - run.t[end]))
        left.append(Curve(f"slope of the slowest rate {rate:.4g}", fine, tail, kind="thin", dash="--"))
        lines = [(rate, f"slowest rate {rate:.4g}")]
    one = only_taker(run)
    panels = [
        Panel("What has not arrived" + (f" at {one}" if one else ""), "probability", left, height=2.4),
        Panel("Rate at which what is left arrives", "1/time", arriving, bounds=lines, log=False, height=1.8),
    ]
    gone = taken(run, keep)
    if len(gone) > 1:
        panels.append(Panel("Where it has arrived", "probability", gone, log=False, height=1.8, whole=True))
    return stack(run_title(run), panels, scale, [bands(run, left + arriving + gone)])


def within(committor, sets, periodic):
    """How much the committor varies in every cell: √12 times the deviation of its linear function there. Neighbours in sets are
    reached at a face, half a cell away; there is none in closed cells."""
    total = np.zeros(committor.shape)
    for j, around in enumerate(periodic):
        differences, there = [], []
        for step in (1, -1):
            beside = np.roll(sets, -step, axis=j)
            has = beside >= 0
            if not around:
                has[(slice(None),) * j + (-1 if step > 0 else 0,)] = False
            over = step * (np.roll(committor, -step, axis=j) - committor) * np.where(beside > 0, 2, 1)
            differences.append(np.where(has, over, 0))
            there.append(has)
        total += (sum(differences) / np.maximum(there[0] + 1 * there[1], 1)) ** 2
    return np.sqrt(total)


def along(committor, density, sets, volume, temperature, width):
    """-T log of the density of the steady state along the committor, outside of the sets: edges of bins, free energy. A cell's mass
    lies evenly over values `width` wide about the one at its centre."""
    free = sets == 0
    q, w, mass = committor[free], width[free], density[free] * volume
    edges, found, below = np.linspace(0, 1, BINS + 1), np.zeros(BINS), np.zeros(len(q))
    for k in range(BINS):  # by cells, whose parts are small beside none but themselves
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            part = np.where(w > 0, np.clip((edges[k + 1] - q) / w + 0.5, 0, 1), q < edges[k + 1]) if k < BINS - 1 else np.ones(len(q))
        found[k], below = mass @ (part - below), part
    with np.errstate(divide="ignore"):
        return edges, np.where(found > 0, -temperature * np.log(found / np.diff(edges)), math.nan)


def free_energy(run):
    fields = {name: run.field(name, sample=0) for name in ("committor", "steady_state", "sets", "reactive_density") if name in run.names(0)}
    lower, upper = run.box
    volume = np.prod((upper - lower) / np.array(fields["committor"].shape))
    T = float(run.results.get("temperature", 1.0))
    width = within(fields["committor"], fields["sets"], [b == "periodic" for b in run.grid["boundary"]])
    edges, F = along(fields["committor"], fields["steady_state"], fields["sets"], volume, T, width)
    heading = title_lines(run_title(run), 6.4)
    figure = new_figure(6.4, 4.2 + 0.24 * len(heading))
    head(figure, heading)
    h = figure.get_figheight()
    axes = figure.add_axes((0.13, 0.62 / h, 0.83, 3.3 / h))
    axes.stairs(F, edges, color=COLOURS[0], label="steady state", baseline=None)
    if "reactive_density" in fields:
        _, reactive = along(fields["committor"], fields["reactive_density"], fields["sets"], volume, T, width)
        axes.stairs(reactive, edges, color=COLOURS[1], linestyle="--", label="on the way from set_a to set_b", baseline=None)
    axes.set_xlim(0, 1)
    axes.set_xlabel("committor: probability to come to set_b before set_a")
    axes.set_ylabel("−T log of the density along it (energy)")
    axes.legend(frameon=False, loc="lower center")  # beneath the barrier
    return figure
