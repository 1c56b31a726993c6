"""Pictures, report and Python's view of runs of otto gradient-flow."""

import math
import re

from common import *
from figures import line, titled
from otto_results import load
from plots import compare, gradient_flow, gradient_flow_maps, pictures
from plots.closed_forms import barenblatt_radius
from plots.report import page

inf, nan = math.inf, math.nan


def labelled(figure, what):
    """Every axis has a name with a unit, finite limits, and all text is inside the picture."""
    figure.canvas.draw()
    for axes in figure.axes:
        expect(axes.get_ylabel() != "", f"{what}: a y axis without a label")
        expect(all(np.isfinite(axes.get_xlim() + axes.get_ylim())), f"{what}: finite axes")
        names = [axes.get_legend()] if axes.get_legend() else []
        for text in [axes.title, axes.xaxis.label, axes.yaxis.label, *axes.texts, *names]:
            box = text.get_window_extent()
            words = text.get_text() if hasattr(text, "get_text") else "the legend"
            if words and box.width:
                inside = box.x0 > -1 and box.x1 < figure.bbox.x1 + 1
                expect(inside, f"{what}: '{words}' leaves the picture")


def drop():
    """Barenblatt's solution on 48 x 48 cells."""
    return otto("drop", "gradient-flow", "inputs/gradient-flow/barenblatt_2d.yaml", "-grid_n", "48,48", "-time_samples", 4,
                "-output_fields", "0,0.3,0.6,0.9")  # fmt: skip


def crowd():
    return otto("crowd", "gradient-flow", "inputs/gradient-flow/mean_field_bifurcation_1d.yaml", "-grid_n", 100,
                "-time_stop", 6, "-time_samples", 7, "-output_fields", "0,3,6")  # fmt: skip


def movements():
    return otto("movements", "gradient-flow", "inputs/gradient-flow/jko_heat_2d.yaml", "-grid_n", "64,64", "-ts_dt", 0.4,
                "-time_stop", 0.8, "-time_samples", 3, "-output_fields", "0,0.8")  # fmt: skip


def fronts():
    """The closed form beside the front: of the run's own mass, exponent and first second moment."""
    run = load(drop())
    radius = barenblatt_radius(run, 2)
    for t in (0, 0.3, 0.9):  # the first second moment is that of 48² cells: 1e-3 of it
        expect(abs(radius(t) / (1.786488 * (t + 0.1) ** 0.25) - 1) < 1e-3, f"front at {t}: {radius(t)}")
    figure = gradient_flow.spread(run)
    labelled(figure, "spread")
    axes = titled(figure, "The front")
    dots = line(axes, "of p")
    expect(np.allclose(dots.get_xdata(), [0, 0.3, 0.6, 0.9]), "at the times written")
    off = np.abs(dots.get_ydata() - [radius(t) for t in dots.get_xdata()])
    expect(off.max() < 4.4 / 48, f"within a cell of it: {off}")
    axes = titled(figure, "How fast")
    expect(np.array_equal(line(axes, "by the fluxes").get_ydata(), run.series["moment_rate"]), "the rate by fluxes")
    expect(np.array_equal(axes.lines[1].get_ydata(), run.series["virial"]), "beside the law")
    for m, dim in ((2, 1), (3, 2), (1.5, 3), (4, 3)):  # the profile has the mass and moment it is said to have
        R = 1.3
        x = np.linspace(0, R, 400001)[1:]
        p = 2.0 * np.maximum(1 - (x / R) ** 2, 0) ** (1 / (m - 1))
        shell = 2 * math.pi ** (dim / 2) / math.gamma(dim / 2) * x ** (dim - 1) * (x[1] - x[0])
        mass, second = (p * shell).sum(), (p * shell * x**2).sum()
        made_up = profile(f"profile{m}{dim}", dim, mass, second)
        expect(abs(barenblatt_radius(made_up, m)(0) - R) < 1e-4, f"m = {m}, {dim} axes: {barenblatt_radius(made_up, m)(0)}")
        # and goes as fast as its front does: dR/dt = -T m/(m-1) d(p^(m-1))/dr at the edge
        rate = m / (m - 1) * 2 / R * 2.0 ** (m - 1)
        radius = barenblatt_radius(made_up, m)
        expect(abs((radius(1e-6) - radius(0)) / 1e-6 / rate - 1) < 1e-2, f"m = {m}, {dim} axes: its speed {rate}")


def profile(name, dim, mass, second):
    summary = {"driver": "gradient-flow", "grid": {"n": [4] * dim, "boundary": ["no_flux"] * dim},
               "results": {"potential": "none", "interaction": "none", "internal_energy": "power"}}  # fmt: skip
    return load(made(name, {"t": np.array([0.0]), "mass_p": np.array([mass]), "second_moment": np.array([second])}, summary))


def energies():
    run = load(crowd())
    figure = gradient_flow.energy(run)
    labelled(figure, "energy")
    axes = titled(figure, "The energy falls")
    expect(np.array_equal(line(axes, "energy of p").get_ydata(), run.series["energy"]), "the energy")
    parts = [line(axes, part).get_ydata() for part in ("internal", "potential", "interaction")]
    expect(np.allclose(sum(parts), run.series["energy"], rtol=1e-12), "and its parts, which are all of it")
    expect(np.array_equal(line(axes, "energy of q").get_ydata(), run.series["energy_q"]), "and q's")
    axes = titled(figure, "How fast")
    expect(np.array_equal(line(axes, "dissipation, by faces").get_ydata(), run.series["dissipation"]), "dissipation")
    expect(np.array_equal(line(axes, "−d energy/dt").get_ydata(), -run.series["energy_rate"]), "the rate by cells")
    axes = titled(figure, "How far faces and cells")
    expect(line(axes, "the check").get_ydata()[0] == run.checks["rate"].bound, "with the bound of its check")
    alone = gradient_flow.energy(load(drop()))
    expect(titled(alone, "The energy falls").get_legend() is None, "one part is the whole")


def lines_of_one_axis():
    run = load(crowd())
    figure = gradient_flow.densities(run)
    labelled(figure, "densities of one axis")
    titles = [a.get_title() for a in figure.axes]
    expect(titles == ["p", "q", "What p moves in, at the end"], f"tiles: {titles}")
    for k, t in enumerate((0, 3, 6)):
        expect(np.array_equal(figure.axes[0].lines[k].get_ydata(), run.field("p", t)), f"p at {t}")
        expect(np.array_equal(figure.axes[1].lines[k].get_ydata(), run.field("q", t)), f"q at {t}")
    V, W, both = (one.get_ydata() for one in figure.axes[2].lines)
    expect(np.allclose(V + W, both), "what p moves in is V and W*p")
    names = [name for name, _, _ in pictures.pictures(run)]
    expect("divergences.png" in names and "divergences.png" not in [n for n, _, _ in pictures.pictures(load(drop()))],
           f"divergences of two: {names}")  # fmt: skip
    figure = gradient_flow.divergences(run)
    labelled(figure, "divergences")
    expect(np.array_equal(line(figure.axes[0], "KL(p|q)").get_ydata(), run.series["kl"]), "kl as in the series")


def tiles():
    run = load(drop())
    figure = gradient_flow.densities(run)
    labelled(figure, "densities")
    expect([a.get_title() for a in figure.axes if a.images] == [f"p at t = {t:.4g}" for t in (0, 0.3, 0.6, 0.9)], "tiles")
    image = next(a for a in figure.axes if a.images).images[0].get_array().T
    expect(np.allclose(image, run.field("p", 0.0)), "p as it was written")
    box = gradient_flow_maps.zoomed(run, list(run.samples), ["p"], [(-2.2, 2.2)] * 2)
    expect(box == [(-2.2, 2.2)] * 2, f"the whole box where p fills it: {box}")
    box = gradient_flow_maps.zoomed(run, [0], ["p"], [(-2.2, 2.2)] * 2)
    expect(all(-1.4 < a < -0.9 and 0.9 < b < 1.4 for a, b in box), f"where p is: {box}")


def moved():
    run = load(movements())
    figure = gradient_flow.movement(run)
    labelled(figure, "movement")
    axes = titled(figure, "W₂ of the last step")
    low, high = run.series["w2_lower"][1:], run.series["w2_upper"][1:]
    expect(np.allclose(line(axes, "between p").get_ydata(), (low + high) / 2), "the middle of the interval")
    bottom, top = axes.get_ylim()
    expect(bottom <= low.min() and top >= high.max(), "which is all to be seen")
    axes = titled(figure, "What a step costs")
    fall = line(axes, "what the energy falls").get_ydata()
    expect(np.allclose(fall, -np.diff(run.series["energy"])), "what the energy falls, row by row: a step each")
    expect(np.allclose(line(axes, "W₂²/2τ").get_ydata(), (low**2 + high**2) / 4 / 0.4), "what it costs")
    expect(np.all(high**2 / 0.8 < fall), "is less")
    expect(gradient_flow.movement(load(drop())) is None, "no picture of a scheme without W2")


def told():
    run = load(crowd())
    text = page(run, [])
    answers = text[text.index('<section id="answers"') : text.index("</section>")]
    rows = {r[0]: r for r in (re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in answers.split("<tr>")) if r}
    for label, name in (("energy of p", "energy"), ("its interaction part", "energy_interaction"),
                        ("dissipation of p", "dissipation"), ("KL(p|q)", "kl")):  # fmt: skip
        right = [f"{run.series[name][k]:.6g}".replace("-", "−") for k in (0, -1)]
        expect(rows[label][1:3] == right, f"{name}: {rows[label]}, not {right}")
    expect(rows["energy of p"][4] == "energy" and rows["energy of p"][3].startswith("±"), f"{rows['energy of p']}")
    expect(gradient_flow.title(run) == "entropy + formula potential + quadratic interaction, implicit", "of what it is")
    expect(gradient_flow.title(load(drop())) == "power 2, implicit", gradient_flow.title(load(drop())))


def two_runs():
    figure = compare.overlay(load(drop()), load(crowd()))
    labelled(figure, "two runs")
    expect(titled(figure, "Dissipation") is not None, "dissipation over dissipation")


def shapes():
    """Whatever a run holds, pictures come out: few rows, nothing known, densities of any shape, none at all."""
    random = np.random.default_rng(7)
    every = "energy energy_internal energy_interaction dissipation energy_rate residual second_moment moment_rate virial"
    for case, shape in enumerate([(30,), (1,), (7, 1), (1, 6), (6, 5, 4), (2, 1, 3), (12, 9)]):
        values = random.random(shape) * [1, 1e-300, 1e12][case % 3]
        if case == 6:
            values[:] = 0
        t = np.arange(1 + case % 3) * 0.5
        series = {"t": t} | {name: [np.full(len(t), nan), np.full(len(t), inf), 1 / (1 + t)][case % 3] for name in every.split()}
        series |= {"mass_p": 1 + 0 * t, "steps": t, "w2_lower": 0 * t, "w2_upper": t}
        summary = {"driver": "gradient-flow", "grid": {"n": list(shape), "lower": [-1.0] * len(shape), "upper": [1.0] * len(shape)},
                   "options": {"energy_m": "2", "ts_dt": "0.5"}, "results": {"internal_energy": "power", "scheme": "jko"}}  # fmt: skip
        fields = {k: (0.5 * k, {"p": values, "interaction": values}) for k in range(len(t))}
        run = load(made(f"shape{case}", series, summary, fields))
        for name, _, draw in pictures.pictures(run):
            figure = draw()
            if figure is not None:
                labelled(figure, f"{shape}, {name}")
    run = load(made("nothing", {"t": np.zeros(0)}, {"driver": "gradient-flow"}))
    expect(pictures.pictures(run) == [], "of nothing there is none")


for part in (fronts, energies, lines_of_one_axis, tiles, moved, told, two_runs, shapes):
    part()
finish()
