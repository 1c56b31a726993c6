"""jobs/plots: what is drawn, read back from the figures."""

import math
import subprocess
import time

from common import *
from otto_results import load
from plots import columns, compare, dissipation, fokker_planck, maps, panels, pictures
from plots.closed_forms import between, closed_forms, log_integral

inf, nan = math.inf, math.nan


def texts(figure):
    return [t.get_text() for t in figure.texts] + [t.get_text() for a in figure.axes for t in a.texts]


def titled(figure, start):
    """The panel of that title."""
    return next(
        (
            a
            for a in figure.axes
            if any(t.get_text().startswith(start) for t in a.texts) or a.get_title().startswith(start)
        ),
        None,
    )


def line(axes, label):
    return next((one for one in axes.lines if one.get_label() == label), None)


def named(figure, what):
    """Every axis says what it is, with a unit; panels against t share one."""
    for axes in figure.axes:
        expect(axes.get_ylabel() != "", f"{what}: a y axis without a label: {[t.get_text() for t in axes.texts][:2]}")
    expect(len({tuple(a.get_xlim()) for a in figure.axes}) == 1, f"{what}: panels share their axis")


def far_points():
    """KL = |a-b|²/4t must not be a flat line beside a chi2 of 60 decades."""
    run = load(points())
    figure = dissipation.divergences(run)
    named(figure, "points")
    main, apart = titled(figure, "Divergences"), titled(figure, "χ², on an axis of its own")
    expect(apart is not None and line(apart, "χ²") is not None and line(main, "χ²") is None, "chi2 has its own axis")
    kl, form = line(main, "KL(p|q)"), line(main, "|a−b|²/4t")
    expect(np.array_equal(kl.get_ydata(), run.series["kl"][1:]), "KL as it is in the series")
    low, high = main.get_ylim()
    part = np.ptp(np.log(kl.get_ydata())) / math.log(high / low)
    expect(part > 0.1, f"KL fills {part:.0%} of its axis")
    a, b = (-0.75 + (math.floor((x + 0.75) * 32) + 0.5) / 32 for x in (-0.18, 0.19))
    t = form.get_xdata()
    expect(
        np.allclose(form.get_ydata(), (a - b) ** 2 / 4 / t, rtol=1e-14) and form.get_linewidth() < 1,
        "a thin line |a-b|²/4t",
    )
    expect(
        np.allclose(np.interp(run.t[1:], t, form.get_ydata() * t) / run.t[1:], run.series["kl"][1:], rtol=1e-6),
        "which KL follows",
    )
    rate = line(titled(figure, "Fisher information"), "|a−b|²/4t²")
    expect(np.allclose(rate.get_ydata(), (a - b) ** 2 / 4 / t**2, rtol=1e-14), "and its rate")
    loss = titled(figure, "What Dₜ loses")
    expect(
        "first sample" in "".join(one.get_label() for one in loss.lines),
        "KL is infinite at first: counted from the first sample",
    )
    total = line(loss, "their sum").get_ydata()
    expect(np.allclose(total, total[0], rtol=1e-3), f"their sum stays: {total}")
    expect(any("at t = 0: KL(p|q) ∞" in t for t in texts(figure)), "what is infinite at t = 0 is said")


def loses_what_it_dissipates():
    run = load(mixtures())
    figure = dissipation.divergences(run)
    named(figure, "mixtures")
    loss = titled(figure, "What Dₜ loses")
    falling, rising = line(loss, "Dₜ = KL(p|q)").get_ydata(), line(loss, "∫ I_rel from 0 to t").get_ydata()
    expect(np.all(np.diff(falling) < 0) and np.all(np.diff(rising) > 0), "one falls, the other rises")
    gap = np.abs(falling + rising - run.series["kl"][0]).max() / run.series["kl"][0]
    expect(gap < 5e-3, f"by the same, from 7 rows: {gap:.2g}")
    expect(
        line(titled(figure, "Divergences"), "χ²") is not None and titled(figure, "χ², on") is None,
        "chi2 of ten times KL stays",
    )
    fisher = titled(figure, "Fisher")
    expect(
        np.allclose(line(fisher, "−dDₜ/dt").get_ydata(), line(fisher, "I_rel(p|q)").get_ydata(), rtol=1e-7),
        "-dD/dt over I_rel",
    )
    residual = dissipation.residuals(run)
    marks = [one for one in residual.axes[0].lines if "|" in str(one.get_label())]
    expect(len(marks) == 2 and all(one.get_linestyle() == "None" for one in marks), "rounding is points, no curve")
    bounds = {
        float(one.get_ydata()[0]) for one in residual.axes[0].lines if str(one.get_label()).startswith("bound of")
    }
    expect(bounds == {1e-9, 1e-11}, f"the bounds of the checks: {bounds}")
    summary = {"checks": [{"name": "rate", "value": 1e-12, "bound": 1e-9, "pass": True}]}
    summary["checks"] += [{"name": "integral_kl", "value": "not applicable", "bound": 1e-11, "pass": True}]
    part = load(made("part", {"t": run.t, "residual": run.series["residual"]}, summary))
    marks = [str(one.get_label()) for one in dissipation.residuals(part).axes[0].lines]
    expect([m for m in marks if m.startswith("bound")] == ["bound of rate"], f"bounds of what was checked: {marks}")
    # integrals of what is known: 2/t^3 over decades, and a rate of one exponential
    t = np.geomspace(1e-3, 1, 13)
    expect(
        np.allclose(log_integral(t, 2 / t**3), 1e6 - 1 / t**2, rtol=1e-12, atol=1e-6), "a power is integrated exactly"
    )
    expect(abs(log_integral(t, np.exp(-t))[-1] - math.exp(-1e-3) + math.exp(-1)) < 1e-3, "an exponential to 1e-3")
    known = between((np.array([0.0]), np.array([1.0])), (np.array([2.0]), np.array([4.0])))
    expect(
        np.allclose(known, (0.5 * (math.log(4) + 0.25 + 1 - 1), 1 * (0.25 - 1) ** 2 + 4 / 16)),
        f"KL and I_rel of Gaussians: {known}",
    )


def relaxation():
    run = load(wells())
    figure = fokker_planck.relaxation(run)
    named(figure, "wells")
    main = titled(figure, "Divergences")
    slope = next(one for one in main.lines if str(one.get_label()).startswith("slope 2λ₁"))
    t, y = slope.get_xdata(), slope.get_ydata()
    rate = run.results["relaxation_rates"][0]
    expect(abs(math.log(y[0] / y[-1]) / (t[-1] - t[0]) / (2 * rate) - 1) < 1e-12, "a thin line of slope 2λ₁")
    expect(y[-1] == run.series["kl_p_pi"][-1] and slope.get_linewidth() < 1, "through the last point of KL(p|π)")
    expect(
        line(titled(figure, "Entropy production"), "adiabatic") is None, "an adiabatic production of 1e-16 is no curve"
    )
    expect(any("0 to rounding, not drawn: adiabatic" in t for t in texts(figure)), "and is named")
    figure = fokker_planck.thermodynamics(run)
    named(figure, "thermodynamics of the wells")
    free = titled(figure, "Free energy F of p")
    level = next(one for one in free.lines if str(one.get_label()).startswith("F(π)")).get_ydata()[0]
    V, T = run.field("potential", 0), run.results["temperature"]
    expect(abs(level + T * math.log(np.exp(-V / T).sum() * (4.8 / 40) * (5 / 24))) < 1e-9, f"F(π) = -T log Z: {level}")
    expect(
        "free_energy" not in [t.get_text() for t in free.get_legend().get_texts()], "one curve is named by its title"
    )
    figure = fokker_planck.spectrum(run)
    marks = figure.axes[0].containers[0]
    expect(np.array_equal(marks[0].get_ydata(), run.results["relaxation_rates"]), "rates against their number")
    bars = [s[1][1] - s[0][1] for s in marks[2][0].get_segments()]
    grid = [e["error"] for e in run.errors["space"] if e["column"].startswith("relaxation_rates")]
    expect(np.allclose(bars, 2 * np.array(grid), rtol=1e-6), f"with what the grid errs by: {bars} {grid}")


def error_bands():
    t = np.array([0.0, 1, 2, 3])
    run = load(
        made(
            "bands",
            {"t": t, "kl": np.array([8.0, 4, 2, 1]), "js": np.array([4.0, 2, 1, 0.5])},
            {"driver": "fokker-planck"},
            errors={
                "time": {"t": t, "kl": np.array([0, 0.5, nan, 0.1])},
                "space": {"t": t, "kl": np.array([0, 0.5, 0.2, 0.3])},
            },
        )
    )
    axes = fokker_planck.relaxation(run).axes[0]
    expect(len(axes.collections) == 1, "a band for what has an estimate, none for what has none")
    corners = {(round(x, 12), round(y, 12)) for x, y in axes.collections[0].get_paths()[0].vertices}
    expect({(1.0, 3.0), (1.0, 5.0)} <= corners, f"the band at t = 1 is 4 ± 1, both estimates: {sorted(corners)}")
    last = {(round(x, 12), round(y, 12)) for path in axes.collections[0].get_paths() for x, y in path.vertices}
    expect(
        {(3.0, 0.6), (3.0, 1.4)} <= last and not any(x == 2 for x, _ in last),
        "and none at t = 2, where one is not known",
    )
    hollow = [one for one in axes.lines if one.get_markerfacecolor() == "white" and len(one.get_xdata())]
    expect(len(hollow) == 1 and hollow[0].get_xdata().tolist() == [2.0], "which a hollow marker says")
    figure = fokker_planck.relaxation(run)
    expect("hollow markers: this error is not known" in " ".join(texts(figure)), "in words, too")


def noise():
    """What has died down to rounding is no curve."""
    t = np.linspace(0, 4, 5)
    kl = np.array([1, 1e-10, 1e-20, 1e-30, 1e-31])
    run = load(
        made(
            "noise",
            {"t": t, "kl": kl, "tv": np.sqrt(kl), "fisher_rel": kl * 3, "free_energy": 2 + 1e-16 * t, "entropy_p": t},
            {"driver": "fokker-planck"},
        )
    )
    c = columns.curve(run, "kl", True)
    expect(np.isnan(c.y).tolist() == [False, False, False, True, True], "KL below 1e-28")
    expect(np.isnan(columns.curve(run, "fisher_rel", True).y[3:]).all(), "and its rate")
    expect(np.isnan(columns.curve(run, "tv", True).y).tolist() == [False, False, False, True, True], "tv below 1e-14")
    free = titled(fokker_planck.thermodynamics(run), "Free energy")
    low, high = free.get_ylim()
    expect(high - low > 0.1, f"a constant is flat: its axis reaches from {low} to {high}")
    still = np.ones((6, 5))
    run = load(
        made(
            "still",
            {"t": t},
            {"driver": "fokker-planck", "results": {"temperature": 1.0}},
            {
                0: (
                    0,
                    {
                        "p": still,
                        "q": still * (1 + 1e-16),
                        "steady_state": still,
                        "potential": 0 * still,
                        "current_x": 1e-17 * np.random.rand(6, 5),
                        "current_y": 0 * still,
                    },
                )
            },
        )
    )
    figure = maps.maps(run, 0)
    expect(any("no current: it is 0 to rounding" in t for t in texts(figure)), "no arrows for a current of 1e-17")


def fields():
    n = 40
    x = -1 + (np.arange(n) + 0.5) * 2 / n
    X, Y = np.meshgrid(x, x, indexing="ij")
    p, q = np.exp(-((X + 0.3) ** 2 + Y**2) / 0.02), np.exp(-((X - 0.3) ** 2 + Y**2) / 0.02)
    p, q = p / p.sum(), q / q.sum()
    V = 4 * (X**2 + Y**2) + 7
    fields = {"p": p, "q": q, "log_ratio": np.log(p) - np.log(q)}
    run = load(
        made(
            "spots",
            {"t": np.array([0.0])},
            {"driver": "dissipation"},
            {1: (0.5, fields), 2: (1, {"p": 1 + 0.2 * X, "q": 1 + 0 * X, "log_ratio": np.log(1 + 0.2 * X)})},
        )
    )
    figure = maps.maps(run, 1)
    expect(
        [a.get_ylabel() for a in figure.axes if not a.get_title()] == ["1/area", "1/area", "nats"], "bars have units"
    )
    expect(
        {(a.get_xlabel(), a.get_ylabel()) for a in figure.axes if a.get_title()} == {("x (length)", "y (length)")},
        "axes have, too",
    )
    image = titled(figure, "log(p/q)").images[0]
    shown = ~np.ma.getmaskarray(image.get_array()).T
    held = ((p + q) / 2)[shown].sum()
    expect(
        0.985 < held < 0.9999 and shown.mean() < 0.3,
        f"log(p/q) where {held:.4f} of the mass lie, {shown.mean():.2f} of the box",
    )
    expect(abs(image.get_clim()[1] - np.abs(fields["log_ratio"][shown]).max()) < 1e-12, "its scale is what is shown")
    even = titled(maps.maps(run, 2), "log(p/q)").images[0]
    expect(not np.ma.getmaskarray(even.get_array()).any(), "what is nearly even lies everywhere")
    limits = {(tuple(a.get_xlim()), tuple(a.get_ylim())) for a in figure.axes if a.get_title()}
    expect(len(limits) == 1, f"maps share their axes: {limits}")
    flow = {"p": p, "steady_state": np.exp(-V), "potential": V, "current_x": p * X, "current_y": p}
    run = load(
        made(
            "flow", {"t": np.array([0.0])}, {"driver": "fokker-planck", "results": {"temperature": 0.5}}, {0: (0, flow)}
        )
    )
    figure = maps.maps(run, 0)
    heights = contour_levels(run)
    expect(np.allclose(heights, V.min() + 0.5 * np.arange(1, 11)), f"level lines every T above the minimum: {heights}")
    expect(any("lines: V in steps of T above its minimum, to 10 T" in t for t in texts(figure)), "which it says")
    expect(any("the longest |J| =" in t and "1/(time length)" in t for t in texts(figure)), "arrows have a unit")
    outside = dict(flow, potential=np.where(np.abs(X) > 0.9, -100.0, V))
    del outside["steady_state"]
    run = load(
        made(
            "leaves",
            {"t": np.array([0.0])},
            {"driver": "fokker-planck", "results": {"temperature": 0.5}},
            {0: (0, outside)},
        )
    )
    near = maps.lowest_potential(run, 0, p)
    expect(
        near[1] == "its minimum near p" and 7 <= near[0] < 7.2,
        f"where all leaves in the end: the well, not the pit beyond: {near}",
    )


def hostile():
    """Values at the ends of doubles, infinite and unknown ones, grids one cell wide: drawn or left out, never a warning
    (run.sh turns them into errors) nor an axis that is not finite."""
    random = np.random.default_rng(7)
    names = "kl reverse_kl chi2 fisher_rel kl_rate residual kl_p_pi production free_energy heat_rate mass_p".split()
    odd = np.array([inf, -inf, nan, 0, -1, 1e-30, 5e-324, 1.7e308])
    for case, shape in enumerate([(1,), (4,), (1, 3), (3, 1), (4, 5), (2, 1, 3), (3, 4, 2), (2, 2, 1, 3)] * 2):
        driver = "fokker-planck" if case < 7 else "dissipation"
        n = int(random.integers(1, 6))
        t = np.sort(random.choice([0, 1e-3, 0.01, 0.5, 1, 2, 1e5], n, replace=False))
        series = {"t": t} | {
            c: np.where(random.random(n) < 0.3, random.choice(odd, n), np.exp(random.normal(0, 30, n)))
            for c in names
            if random.random() < 0.8
        }
        fields = {c: random.random(shape) * random.choice([0, 1e-300, 1]) for c in ("p", "q", "steady_state")}
        fields["log_ratio"] = random.choice(odd[:5], shape)
        if driver == "fokker-planck":
            fields |= {
                "potential": np.where(random.random(shape) < 0.2, inf, random.random(shape) * random.choice([1, 1e5]))
            }
            fields |= {f"current_{k}": random.random(shape) - 0.5 for k in "xyz"[: len(shape)]}
        run = load(
            made(
                f"hostile{case}",
                series,
                {
                    "driver": driver,
                    "results": {"temperature": 0.5, "steady_state": "exp(-V/T)", "relaxation_rates": [1.0, 2.5]},
                },
                {0: (0, fields)},
                {"space": {k: np.abs(v) for k, v in series.items()}},
            )
        )
        for name, _, draw in pictures.pictures(run):
            figure = draw()
            if figure is not None:
                figure.canvas.draw()
                expect(
                    all(np.isfinite(a.get_xlim() + a.get_ylim()).all() for a in figure.axes),
                    f"case {case}, {name}: finite axes",
                )


def contour_levels(run):
    """The levels that a map asks for."""
    asked = []

    class Axes:
        text = transAxes = None

        def contour(self, *_, levels, **__):
            asked.extend(levels)

    class Tiles:
        def note(self, *_):
            pass

    V = run.field("potential")
    maps.contours(Tiles(), Axes(), V, maps.lowest_potential(run, 0, run.field("p")), 0.5, *run.axes)
    return np.array(asked)


def two_runs():
    a = load(mixtures())
    b = load(
        otto(
            "wider",
            "dissipation",
            "inputs/dissipation/mixture_2d.yaml",
            "-grid_n",
            "64,60",
            "-time_samples",
            7,
            "-p_sigma",
            "0.12",
        )
    )
    figure = compare.overlay(a, b)
    named(figure, "two runs")
    main = titled(figure, "Divergences")
    full = line(main, "KL(p|q)")
    dashed = [one for one in main.lines if one.get_linestyle() == "--" and one.get_color() == full.get_color()]
    expect(np.array_equal(full.get_ydata(), a.series["kl"][1:]), "the first in full")
    expect(
        any(np.array_equal(one.get_ydata(), b.series["kl"][1:]) for one in dashed),
        "the second dashed, in the same colour",
    )
    noted = " ".join(texts(figure))
    expect("they differ in p_sigma: 0.10,0.08,0.09 | 0.12" in " ".join(noted.split()), f"and in what: {noted}")
    far = next(a for a in figure.axes if any(t.get_text().startswith("How far these") for t in a.texts))
    share = np.abs(b.series["kl"][1:] / a.series["kl"][1:] - 1)
    expect(any(np.allclose(one.get_ydata(), share, rtol=1e-12) for one in far.lines), "and how far they are apart")
    done = plot(a.folder, b.folder)
    expect(done.returncode == 0 and os.path.exists(a.path("compare_wider.png")), "plot.py RUN1 RUN2 writes a picture")


def what_differs():
    """Two runs differ in what their keys come to, not in how, or whether, these were written."""

    def pair(first, second, defaults=({}, {}), unused=((), ()), grid=({}, {}), driver=("dissipation",) * 2):
        count = len(os.listdir(SCRATCH))
        return compare.difference(
            *(
                load(
                    made(
                        f"differs{count}_{k}",
                        {"t": np.zeros(1)},
                        {"driver": driver[k], "options": o, "defaults": defaults[k], "grid": grid[k]}
                        | {"options_unused": list(unused[k]), "results": {"fisher_form": "edge"}},
                    )
                )
                for k, o in enumerate((first, second))
            )
        )

    nothing = "their options come to the same"
    floor = {"p_floor": "0", "check_space": "yes"}
    expect(pair({"p_floor": "0.0", "check_space": "true"}, {}, ({}, floor)) == nothing, "a default that is given")
    expect(pair({"p_floor": "0.1"}, {}, ({}, floor)) == "they differ in  p_floor: 0.1 | 0", "a default on one side")
    expect(pair({"p_sigma": "0.10, 0.1"}, {"p_sigma": "0.1"}) == nothing, "one value for all axes")
    expect(pair({"p_sigma": "0.1,0.2"}, {"p_sigma": "0.1"}) != nothing, "or two")
    expect(pair({"p_radius": "1"}, {}, unused=(["p_radius"], [])) == nothing, "a key that a run has no use for")
    expect(pair({"p_radius": "1"}, {}) == "they differ in  p_radius: 1 | –", "a key without a default")
    expect(pair({"fisher_form": "edge"}, {}, ({}, {"fisher_form": "by kernel"})) == nothing, "what a run chose itself")
    grids = {"n": [8, 8], "lower": [0, 0]}, {"n": [8, 8], "lower": [0, 0]}
    expect(pair({"grid_n": "8,8", "grid_lower": "0"}, {"grid_n": "8, 8"}, grid=grids) == nothing, "the grid as it is")
    grids[1]["n"] = [8]
    expect("grid_n: 8,8 | 8" in pair({"grid_n": "8,8"}, {"grid_n": "8"}, grid=grids), "one axis is not two")
    expect("driver: dissipation | fokker" in pair({}, {}, driver=("dissipation", "fokker-planck")), "the driver")
    run = load(mixtures())
    expect(run.defaults["p_floor"] == "0" and "grid_n" not in run.defaults, "a run keeps its defaults")
    expect(not set(run.defaults) & set(run.options), "of what was not given")


def work():
    """A potential that moves does work: a panel of it, with what the first law leaves for the energy."""
    t, known = np.linspace(0, 1, 5), {"driver": "fokker-planck"}
    columns = {"t": t, "heat_rate": np.cos(t), "work_rate": 2 * np.sin(t) + 1}
    panel = titled(fokker_planck.thermodynamics(load(made("work", columns, known))), "Work done on p")
    expect(np.array_equal(line(panel, "work").get_ydata(), columns["work_rate"]), "work is drawn")
    left = line(panel, "dE/dt = work − heat").get_ydata()
    expect(np.allclose(left, 2 * np.sin(t) + 1 - np.cos(t), rtol=1e-14), "and what is left of it")
    for name, still in (("none", 0 * t), ("rounding", 1e-17 * t), ("unknown", t * nan)):
        figure = fokker_planck.thermodynamics(load(made("work of " + name, columns | {"work_rate": still}, known)))
        expect(titled(figure, "Work") is None and titled(figure, "Heat") is not None, f"work that is {name}: no panel")
    small = panels.Panel("", "energy per time", [panels.Curve("", t, -1.07e-3 * t)], log=False, height=1.6)
    wide = panels.stack("wide", [small], "linear")
    wide.canvas.draw()
    label, ticks = wide.axes[0].yaxis.label, wide.axes[0].get_yticklabels()
    end = label.get_window_extent()
    expect(end.x0 > 0, "the label of an axis is inside the picture")
    expect(all(end.x1 < t.get_window_extent().x0 for t in ticks if t.get_text()), "beside the labels of its ticks")


def plot(*arguments):
    command = [sys.executable, "-W", "error::RuntimeWarning", os.path.join(SOURCE, "jobs", "plot.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=200)


def lazy():
    """Nothing is drawn twice, nor left from an earlier run, nor imported before it is wanted."""
    run, said = load(points()), []
    for left in ("fields_99.png", "relaxation.png"):
        open(run.path(left), "w").close()
    mine = run.path("my own.png")
    open(mine, "w").close()
    first = [os.path.basename(path) for path, _ in pictures.draw_all(run, said.append)]
    expect(
        first == ["divergences.png", "fields_1.png", "fields_5.png", "residuals.png"] and len(said) == 4,
        f"drawn: {first}",
    )
    expect(
        not os.path.exists(run.path("fields_99.png")) and not os.path.exists(run.path("relaxation.png")),
        "old pictures go",
    )
    expect(os.path.exists(mine), "what is not ours stays")
    again = []
    expect(len(pictures.draw_all(run, again.append)) == 4 and not again, f"a second time nothing is drawn: {again}")
    os.utime(run.path("series.csv"), (time.time() + 5,) * 2)
    pictures.draw_all(load(run.folder), again.append)
    expect(len(again) == 4, "after a new run all are")
    code = (
        "import sys; sys.argv = ['plot.py'] + sys.argv[2:]; sys.path.insert(0, %r); import plot; plot.main(sys.argv); "
        "print('matplotlib' in sys.modules)" % os.path.join(SOURCE, "jobs")
    )
    os.utime(run.path("series.csv"), (time.time() - 500,) * 2)
    pictures.draw_all(load(run.folder), again.append)
    for arguments, loaded in ((["--help"], "False"), ([run.folder], "False")):
        done = subprocess.run([sys.executable, "-c", code, "-", *arguments], capture_output=True, text=True)
        expect(
            done.stdout.split()[-1:] == [loaded],
            f"plot.py {arguments}: matplotlib loaded: {done.stdout[-80:]}{done.stderr[-300:]}",
        )
    expect(plot().returncode == 2 and plot("a", "b", "c").returncode == 2, "a wrong number of arguments")
    done = plot(os.path.join(SCRATCH, "nowhere"))
    expect(
        done.returncode == 2 and "nowhere: no such folder" in done.stderr and "Traceback" not in done.stderr,
        "a folder that is not there",
    )
    expect(not [name for name in os.listdir(run.folder) if name.endswith(".part")], "no half-written picture")


far_points()
loses_what_it_dissipates()
relaxation()
error_bands()
noise()
fields()
hostile()
two_runs()
what_differs()
work()
lazy()
finish()
