"""Pictures, report and Python's view of runs of otto convective-entropy, and sweeps over a key."""

import csv
import math
import re

from common import *
from figures import line, titled
from otto_results import load
from plots import compare, convective_entropy, convective_entropy_maps, pictures
from plots.report import page

inf, nan = math.inf, math.nan


def inside(figure, what):
    """Finite axes with units, and no text that leaves the picture or runs into that of the next tile."""
    figure.canvas.draw()
    for axes in figure.axes:
        expect(axes.get_ylabel() != "", f"{what}: a y axis without a label")
        expect(all(np.isfinite(axes.get_xlim() + axes.get_ylim())), f"{what}: finite axes")
    notes = [t for axes in figure.axes for t in (axes.title, *axes.texts) if t.get_text()]
    boxes = [(t.get_text(), t.get_window_extent()) for t in notes]
    for k, (text, box) in enumerate(boxes):
        expect(box.x0 > -1 and box.x1 < figure.bbox.x1 + 1, f"{what}: '{text}' leaves the picture")
        for other, its in boxes[k + 1 :]:
            expect(not box.overlaps(its), f"{what}: '{text}' runs into '{other}'")


def cat():
    return otto("cat", "convective-entropy", "inputs/convective-entropy/cat_map.yaml", "-grid_n", "64,64", "-dynamics_times", "0,1,2,3",
                "-space_tolerance", 10)  # fmt: skip


def gyre():
    return otto("gyre", "convective-entropy", "inputs/convective-entropy/double_gyre.yaml", "-grid_n", "64,32", "-dynamics_times",
                "0,0.5,1", "-smoothing_times", "1e-3,1e-2", "-output_fields", "all", "-space_tolerance", 10)  # fmt: skip


def fine():
    """Folds that the grid has not got: Υ is not known at the end."""
    return otto("fine", "convective-entropy", "inputs/convective-entropy/standard_map_sweep.yaml", "-grid_n", "32,32", "-dynamics_k", 6,
                "-dynamics_times", "0,1,3", "-space_tolerance", 10, "-output_fields", "none")  # fmt: skip


def torn():
    return otto("torn", "convective-entropy", "-grid_n", "32,32", "-dynamics_type", "baker", "-dynamics_times", "0,1,2", "-p_density",
                "formula", "-p_formula", "1+0.5*cos(2*_pi*x)", "-smoothing_times", "1e-2", "-check_space", "no")  # fmt: skip


def circle():
    """One axis, and a Jacobian that is not the same everywhere."""
    return otto("circle", "convective-entropy", "-grid_n", 64, "-dynamics_type", "formula", "-dynamics_formula", "0.1*cos(2*_pi*x)",
                "-dynamics_times", "0,0.5,1", "-p_density", "formula", "-p_formula", "1+0.5*cos(2*_pi*x)", "-smoothing_times", "1e-2",
                "-output_fields", "all", "-space_tolerance", 10)  # fmt: skip


def curves():
    """What is drawn is what the series says, at every s; errors of the grid belong to the rows of their own s."""
    run = load(cat())
    known = ~np.isnan(run.series["error_quadrature"]) & (run.t > 0)
    whole = (run.series["error_quadrature"] + run.series["error_box"])[known]
    expect(len(set(whole)) > 4 and np.allclose(run.space_error["upsilon"][known], whole, rtol=1e-5), "an error for every s of every t")
    figure = convective_entropy.upsilon(run)
    inside(figure, "upsilon")
    for s, label in ((3e-5, "s = 3e-05"), (3e-2, "s = 0.03")):
        rows = run.series["s"] == s
        drawn = line(titled(figure, "Convective entropy"), label)
        expect(np.array_equal(drawn.get_xdata(), run.t[rows]), f"times at {s}")
        expect(np.array_equal(drawn.get_ydata(), run.series["upsilon"][rows]), f"Υ at {s}: {drawn.get_ydata()}")
        parts = titled(figure, "Entropy:")
        after = line(parts, label).get_ydata()
        expect(np.array_equal(after, run.series["entropy_blur_after"][rows]), f"blurred after, at {s}")
        before = run.series["entropy_blur_before"][rows]
        expect(any(np.array_equal(one.get_ydata(), before) for one in parts.lines), f"and before, at {s}")
        off = line(titled(figure, "What Υ may"), label).get_ydata()[1:]
        expect(np.allclose(off, np.maximum(run.series["upsilon_error"][rows][1:], 1e-17)), f"and its error, at {s}")
    figure = convective_entropy.upsilon(load(fine()))
    words = " ".join(t.get_text() for a in figure.axes for t in a.texts)
    expect("not known at t = 3" in words, f"from when on it is not known: {words}")


def growing():
    """The three comparisons: the fit has the run's slope and goes through the last points, the others through the last."""
    run = load(cat())
    figure = convective_entropy.growth(run)
    inside(figure, "growth")
    axes = titled(figure, "Coefficient")
    rows = run.series["s"] == 3e-5
    t, y = run.t[rows][1:], run.series["coefficient"][rows][1:]
    expect(np.array_equal(line(axes, "by its formula").get_ydata(), y), "the coefficient")
    expect(np.allclose(line(axes, "as the limit").get_ydata(), run.series["coefficient_limit"][rows][1:]), "and its limit")
    fit = line(axes, "fit").get_xydata()
    slope = np.diff(np.log(fit[:, 1])) / np.diff(fit[:, 0])
    expect(np.allclose(slope, run.results["growth_exponent"]), f"slope of the fit: {slope[0]}")
    right = np.polyfit(t, np.log(y), 1)
    expect(abs(slope[0] / right[0] - 1) < 1e-9, f"which is that of least squares: {slope[0]}, {right[0]}")
    expect(abs(np.log(fit[0, 1]) - np.polyval(right, fit[0, 0])) < 1e-9, "and so is its height")
    for label, column in (("∝ exp", -2 * run.series["ftle_least"][rows][1:] * t), ("∝ E", run.series["inverse_norm"][rows][1:])):
        drawn = line(axes, label).get_ydata()
        expect(np.allclose(drawn, y[-1] * np.exp(column - column[-1])), f"{label}: {drawn}")
    rates = titled(figure, "As rates")
    expect(np.allclose(line(rates, "−2λ_min").get_ydata(), 2 * math.log((3 + math.sqrt(5)) / 2)), "as a rate")
    expect(np.allclose(line(rates, "(1/t)").get_ydata(), 2 * math.log((3 + math.sqrt(5)) / 2)), "and the mean of squares")
    figure = convective_entropy.growth(load(torn()))
    expect(titled(figure, "Finite-time") is not None and titled(figure, "Coefficient") is None, "of a torn map exponents alone")


def tiles():
    run = load(gyre())
    figure = convective_entropy_maps.densities(run)
    inside(figure, "densities")
    shown = [a for a in figure.axes if a.images]
    expect([a.get_title() for a in shown] == ["p at the start", "carried to t = 0.5", "carried to t = 1"], "tiles")
    for axes, name, t in zip(shown, ("p", "pushed", "pushed"), (0, 0.5, 1)):
        expect(np.allclose(axes.images[0].get_array().T, run.field(name, t)), f"{name} at {t}")
    figure = convective_entropy_maps.stretching(run)
    inside(figure, "stretching")
    shown = [a for a in figure.axes if a.images]
    expect(len(shown) == 2 and "FTLE backward from t = 1" in shown[1].get_title(), f"{[a.get_title() for a in shown]}")
    for axes, name in zip(shown, ("ftle", "ftle_backward")):
        expect(np.allclose(axes.images[0].get_array().T, run.field(name + "_1", 1.0)), name)
    way = "stretching"
    (arrows,) = [c for c in shown[0].collections if hasattr(c, "U")]
    at = arrows.get_offsets()
    i, j = (np.abs(run.axes[k][:, None] - at[None, :, k]).argmin(axis=0) for k in (0, 1))
    expect(np.allclose(arrows.U, run.field(way + "_x", 1.0)[i, j]), "strokes are the directions where they stand")
    expect(np.all(run.field("ftle_1", 1.0)[i, j] > 0.19 * np.nanmax(run.field("ftle_1", 1.0))), "where there is stretching")
    run = load(circle())
    for name, draw in (("densities", convective_entropy_maps.densities), ("stretching", convective_entropy_maps.stretching)):
        inside(draw(run), "one axis, " + name)
    figure = convective_entropy_maps.stretching(run)
    expect([a.get_title() for a in figure.axes][-1] == "log J, by the start", "log J where it varies")
    expect(np.array_equal(figure.axes[-1].lines[0].get_ydata(), run.field("log_jacobian", 1.0)), "as it was written")


def told():
    run = load(cat())
    names = [name for name, _, draw in pictures.pictures(run) if draw() is not None]
    expect(names == ["upsilon.png", "growth.png", "densities.png", "stretching.png"], f"pictures {names}")
    expect(all(pictures.OURS.fullmatch(name) for name in names), "which are known as ours")
    expect(convective_entropy.title(run) == "torus automorphism, matrix 2,1,1,1", convective_entropy.title(run))
    text = page(run, [])
    answers = text[text.index('<section id="answers"') : text.index("</section>")]
    rows = {r[0]: r for r in (re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in answers.split("<tr>")) if r}
    right = f"{run.series['upsilon'][-1]:.6g}"
    expect(rows["convective entropy Υ at the last s"][2] == right, f"{rows}")
    expect(compare.overlay(run, load(gyre())) is not None, "two runs over one another")


def swept():
    """A table of all rows, a picture, and the worst exit status; a run that was refused stands in the table alone."""
    script, top = os.path.join(SOURCE, "jobs", "sweep.py"), os.path.join(SCRATCH, "sweeps")
    os.makedirs(top)
    input_file = os.path.join(SOURCE, "inputs/convective-entropy/standard_map_sweep.yaml")
    command = [sys.executable, script, "convective-entropy", input_file, "dynamics_k"]
    more = ["-grid_n", "48,48", "-dynamics_times", "0,1,2", "-output_fields", "none", "-space_tolerance", "10"]
    done = subprocess.run(command + ["0.5,4,x", *more], cwd=top, capture_output=True, text=True)
    folder = os.path.join(top, "otto-out", "convective-entropy-standard_map_sweep-dynamics_k")
    expect(done.returncode == 2 and "dynamics_k x: exit status 2" in done.stdout, f"{done.returncode} {done.stdout} {done.stderr}")
    with open(os.path.join(folder, "sweep.csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    expect([r["dynamics_k"] for r in rows] == ["0.5"] * 9 + ["4"] * 9 + ["x"], f"{[r['dynamics_k'] for r in rows]}")
    for value in ("0.5", "4"):
        run = load(os.path.join(folder, value))
        mine = [float(r["coefficient"]) for r in rows if r["dynamics_k"] == value]
        expect(np.array_equal(mine, run.series["coefficient"]), f"rows of {value}")
    expect(os.path.getsize(os.path.join(folder, "sweep.png")) > 10_000, "a picture")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True)
    expect(done.returncode == 2 and "sweep.py DRIVER INPUT" in done.stdout, "without arguments it says what it takes")


def shapes():
    """Whatever a run holds, pictures come out: few rows, nothing known, no exponents, masked cells, none at all."""
    columns = [*convective_entropy.ANSWERED, "entropy_blur_after", "entropy_blur_before", "upsilon_error", "coefficient_limit",
               "ftle_least", "inverse_norm"]  # fmt: skip
    for case, shape in enumerate([(30,), (1,), (7, 1), (6, 5, 4), (12, 9), (9, 12)]):
        t = np.repeat(np.arange(1 + case % 3) * 0.5, 2)
        series = {"t": t, "s": np.tile([0.1, 0.2], len(t) // 2)}
        series |= {name: [np.full(len(t), nan), np.full(len(t), inf), -1 + t][case % 3] for name in columns}
        values = np.random.default_rng(case).random(shape)
        masked = np.full(shape, nan) if case == 4 else values - 0.5
        fields = {0: (0.0, {"p": values, "pushed": values, "log_jacobian": masked})}
        fields[1] = (0.5, fields[0][1] | {"ftle_1": masked, "ftle_backward_1": masked, "stretching_x": values, "stretching_y": values})
        grid = {"n": list(shape), "lower": [-1.0] * len(shape), "upper": [1.0] * len(shape)}
        run = load(made(f"shape{case}", series, {"driver": "convective-entropy", "grid": grid, "results": {"dynamics": "map"}}, fields))
        for name, _, draw in pictures.pictures(run):
            figure = draw()
            if figure is not None:
                figure.canvas.draw()
    expect(pictures.pictures(load(made("nothing", {"t": np.zeros(0)}, {"driver": "convective-entropy"}))) == [], "of nothing there is none")


for part in (curves, growing, tiles, told, swept, shapes):
    part()
finish()
