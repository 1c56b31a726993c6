"""Pictures, report and Python's view of runs of otto tempering."""

import math

from common import *
from figures import line, titled
from otto_results import load
from plots import pictures, tempering
from plots.report import page

inf, nan = math.inf, math.nan


def circle():
    return otto("circle", "tempering", "inputs/tempering/circle_coordinates.yaml", "-grid_n", 48)


def alone():
    return otto("alone", "tempering", "-grid_n", "16,16", "-metric_type", "conformal", "-metric_formula", "2+sin(2*_pi*x)",
                "-p_density", "gaussian_mixture", "-p_mean", "0.4,0.5", "-p_sigma", 0.15, "-time_stop", 0.02, "-time_samples", 3)  # fmt: skip


def curves():
    """What is drawn is what the series says."""
    run = load(circle())
    figure = tempering.tempering(run)
    figure.canvas.draw()
    for title, label, name in (
        ("What tempering adds", "H in the box", "tempering_entropy"),
        ("What tempering adds", "H′ in new coordinates", "tempering_entropy_new"),
        ("It depends on the coordinates", "ΔH′ − ΔH", "tempering_difference"),
    ):
        drawn = line(titled(figure, title), label)
        expect(np.array_equal(drawn.get_ydata(), run.series[name]), f"{label}: {drawn.get_ydata()}")
    left = titled(figure, "What is left of the laws")
    drawn = line(left, "H′ − H − E log J")
    expect(np.allclose(drawn.get_ydata(), np.abs(run.series["law_residual"][1:])), "residuals as they are")
    expect(tempering.title(run) == "flat metric, in two coordinates", tempering.title(run))
    figure = tempering.tempering(load(alone()))
    expect(titled(figure, "It depends on the coordinates") is None, "there are no others")
    expect(tempering.title(load(alone())) == "conformal metric", tempering.title(load(alone())))


def told():
    for folder in (circle(), alone()):
        run = load(folder)
        names = [name for name, _, draw in pictures.pictures(run) if draw() is not None]
        expect(names == ["densities.png", "tempering.png"], f"pictures {names}")
        text = page(run, [])
        expect("what tempering adds to it" in text and "otto tempering" in text, "a report of it")


def shapes():
    """Whatever a run holds, pictures come out."""
    for case in range(3):
        t = np.arange(1 + case) * 0.5
        series = {"t": t} | {name: [np.full(len(t), nan), np.full(len(t), inf), 1 / (1 + t)][case]
                             for name in (*tempering.ANSWERED, "mean_log_jacobian", "law_residual", "riemannian_difference",
                                          "riemannian_gain")}  # fmt: skip
        summary = {"driver": "tempering", "grid": {"n": [8], "lower": [0.0], "upper": [1.0]}, "results": {"metric": "flat"}}
        run = load(made(f"tempered{case}", series, summary, {}))
        for name, _, draw in pictures.pictures(run):
            draw()
    expect(pictures.pictures(load(made("nothing", {"t": np.zeros(0)}, {"driver": "tempering"}))) == [], "of nothing there is none")


for part in (curves, told, shapes):
    part()
finish()
