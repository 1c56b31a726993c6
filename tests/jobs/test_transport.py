"""Pictures, report and Python's view of runs of otto transport, and the inputs that are made of what Debian ships."""

import math
import re
import subprocess

from common import *
from figures import line, titled
from otto_results import load
from plots import compare, pictures, transport, transport_maps
from plots.report import page

inf, nan = math.inf, math.nan


def texts(figure):
    return [t.get_text() for t in figure.texts] + [t.get_text() for a in figure.axes for t in a.texts]


def labelled(figure, what):
    """Every axis has a name with a unit, finite limits, and all text is inside the picture."""
    figure.canvas.draw()
    for axes in figure.axes:
        expect(axes.get_ylabel() != "", f"{what}: a y axis without a label")
        expect(all(np.isfinite(axes.get_xlim() + axes.get_ylim())), f"{what}: finite axes")
    for text in figure.texts + [t for a in figure.axes for t in [a.title, a.xaxis.label, a.yaxis.label, *a.texts]]:
        box = text.get_window_extent()
        if text.get_text() and box.width:
            expect(box.x0 > -1 and box.x1 < figure.bbox.x1 + 1, f"{what}: '{text.get_text()}' leaves the picture")


def quivers(axes):
    from matplotlib.quiver import Quiver

    return [c for c in axes.collections if isinstance(c, Quiver)]


def discs():
    """A disc that becomes two, of 64 x 64 cells, with three frames."""
    return otto("discs", "transport", "inputs/transport/discs_2d.yaml", "-grid_n", "64,64", "-transport_frames", 3,
                "-transport_gap", "2e-2")  # fmt: skip


def two_points(name, *more):
    """Two point masses, 12 cells apart, in every way."""
    return otto(
        name, "transport", "-grid_n", "48,32", "-grid_upper", "1.5,1", "-grid_boundary", "open", "-p_density", "delta",
        "-p_position", "0.55,0.5", "-q_density", "delta", "-q_position", "0.925,0.5", "-check_space", "no", *more,
    )  # fmt: skip


def results():
    run = load(discs())
    low, high = run.interval("w2")
    expect(low == run.results["w2_lower"] and high == run.results["w2_upper"] and low < high, "an interval")
    expect(run.interval("sinkhorn") is None, "of what has one")
    at, lower, upper = run.history("w2")
    expect(len(at) == len(lower) == len(upper) > 0 and (lower[-1], upper[-1]) == (low, high), "the history ends at it")
    expect([len(part) for part in run.history("nothing")] == [0, 0, 0], "none of what has none")
    expect(list(run.frames.values()) == [0, 0.5, 1] and list(run.samples) == [0], f"frames by share: {run.frames}")
    h = 1 / 64
    for sample in run.frames:
        expect(abs(run.field("frame", sample=sample).sum() * h * h - 1) < 1e-12, "each of mass 1")
    expect(np.allclose(run.field("frame", sample=1), run.field("p", sample=0), atol=1e-9), "the first is p")


def words():
    """Intervals are rounded outwards, to what their width is worth."""
    expect(transport.between(0.390611, 0.390624) == "0.390611 … 0.390624", transport.between(0.390611, 0.390624))
    expect(transport.between(0.21, 0.3999) == "0.21 … 0.4", transport.between(0.21, 0.3999))
    random = np.random.default_rng(3)
    for _ in range(300):
        low = float(random.choice([1, -1]) * 10 ** random.uniform(-30, 30))
        high = low + abs(low) * 10 ** random.uniform(-11, 2)
        ends = [float(part) for part in transport.between(low, high).split(" … ")]
        expect(len(ends) == 2 and ends[0] <= low <= high <= ends[1], f"[{low!r}, {high!r}] becomes {ends}")
        expect(ends[1] - ends[0] <= 1.5 * (high - low), f"[{low!r}, {high!r}] becomes as wide as {ends}")
    expect(transport.between(0.390625, 0.390625) == "0.390625", "what is exact is one number")


def maps():
    run = load(discs())
    names = [name for name, _, _ in pictures.pictures(run)]
    expect(names == ["transport.png", "frames.png", "potentials.png", "intervals.png"], f"what there is: {names}")
    figure = transport.fields(run)
    labelled(figure, "discs")
    tile = titled(figure, "p and its map")
    (arrows,) = quivers(tile)
    start, way = np.array(arrows.XY), np.column_stack([arrows.U, arrows.V])
    expect(5 < len(start) < 120, f"{len(start)} arrows, neither none nor a thicket")
    expect(np.hypot(*(start - 0.5).T).max() < 0.22, "that start in the disc")
    ends = start + way
    near = np.minimum(np.hypot(*(ends - [0.2, 0.5]).T), np.hypot(*(ends - [0.8, 0.5]).T))
    expect(near.max() < 0.19, f"and end in the two, to a gap of 2e-2: {near.max()}")  # radius 0.1414
    expect(np.all(np.sign(way[:, 0]) == np.sign(start[:, 0] - 0.5)), "the left half in the left one")
    expect(tile.get_xlim() == (0, 1) and tile.get_ylim() == (0, 1), "arrows do not widen the box")
    image = tile.images[0].get_array().T
    expect(np.allclose(image, run.field("p", sample=0)), "over p")
    bars = [a.get_ylabel() for a in figure.axes if not a.get_title()]
    expect(bars == ["1/area", "1/area", "|m| (length/area)"], f"units: {bars}")
    figure = transport.frames(run)
    labelled(figure, "frames")
    titles = [a.get_title() for a in figure.axes if a.get_title()]
    expect(titles == ["p", "0.5 of the way", "at the end, near q"], f"frames: {titles}")
    labelled(transport.potentials(run), "potentials")
    lifted = made_of("short", way=0.004)
    (arrows,) = quivers(titled(transport.fields(lifted), "p and its map"))
    longer = [t for t in texts(transport.fields(lifted)) if "× as long" in t]
    factor = float(re.search(r"([\d.]+) ×", (longer or ["0 ×"])[0]).group(1))
    expect(factor > 5 and np.allclose(arrows.U, 0.004 * factor), f"short ways are drawn longer, as it says: {longer}")
    expect(any("moves nothing" in t for t in texts(transport.fields(made_of("still", way=0.0)))), "no way is no arrow")


def made_of(name, way, shape=(40, 30), series=None, box=(-1.0, 1.0), results=None, fields=None):
    """A run whose map moves everything along x by `way`."""
    if not os.path.exists(os.path.join(SCRATCH, name)):
        dim, n = len(shape), int(np.prod(shape))
        p = (1.0 + np.arange(n) % 7).reshape(shape) if fields is None else fields
        every = {"p": p, "q": p, "phi": p - 3, "psi": -p, "w1_potential": 0 * p}
        for k, axis in enumerate("xyz"[:dim]):
            every |= {f"map_{axis}": np.full(shape, way * (k == 0)), f"flux_{axis}": 0 * p + way * (k == 0)}
        grid = {"n": list(shape), "lower": [box[0]] * dim, "upper": [box[1]] * dim, "boundary": ["no_flux"] * dim}
        frames = {1: (0.0, {"frame": p}), 2: (1.0, {"frame": p})}
        summary = {"driver": "transport", "grid": grid, "results": results or {}}
        made(name, series, summary, {0: (0.0, every)} | frames, box=box)
    return load(os.path.join(SCRATCH, name))


def points():
    run = load(two_points("two points", "-time_start", "1.4e-3", "-time_stop", "4e-3", "-time_samples", 5))
    figure = transport.fields(run)
    labelled(figure, "points")
    tile = titled(figure, "p and its map")
    (ring,) = [one for one in tile.lines if one.get_marker() == "o"]
    expect(len(ring.get_xdata()) == 1 and abs(ring.get_xdata()[0] - 17.5 / 32) < 1e-12, "a ring round a single cell")
    (arrows,) = quivers(tile)
    expect(len(arrows.U) == 1 and abs(arrows.U[0] - 0.375) < 1e-9 and abs(arrows.V[0]) < 1e-9, f"one arrow: {arrows.U}")
    figure = transport.tempered(run)
    labelled(figure, "tempered points")
    top = titled(figure, "Dₜ = KL")
    t = run.t[1:]
    expect(np.allclose(line(top, "W₂²/4t").get_ydata(), 0.375**2 / 4 / t, rtol=1e-9), "W2²/4t beside D_t")
    form = line(top, "|a−b|²/4t")
    expect(np.allclose(form.get_ydata(), 0.375**2 / 4 / form.get_xdata(), rtol=1e-12), "and |a-b|²/4t, the same")
    expect(np.array_equal(line(top, "Dₜ").get_ydata(), run.series["kl"][1:]), "D_t as in the series")
    middle = titled(figure, "As a distance")
    expect(np.allclose(line(middle, "√(4t Dₜ)").get_ydata(), 0.375, rtol=1e-3), "as a length it is their distance")
    ends = [one.get_ydata()[0] for one in middle.lines if str(one.get_label()).startswith(("W₂", "W₁", "√S"))]
    expect(len(ends) == 3 and np.allclose(ends, 0.375, rtol=0.06), f"as W2, W1 and the root of Sinkhorn are: {ends}")
    expect(any("at t = 0: KL(p|q) ∞" in text for text in texts(figure)), "what is infinite at t = 0 is said")


def intervals():
    run = load(discs())
    figure = transport.intervals(run)
    labelled(figure, "intervals")
    for name, label in transport.CERTIFIED:
        at, lower, upper = run.history(name)
        axes = titled(figure, f"{label} is ")
        expect(axes is not None, f"a panel of {name}")
        expect(np.array_equal(line(axes, "potentials prove").get_ydata(), lower), f"lower ends of {name}")
        expect(np.array_equal(axes.lines[0].get_ydata(), upper), f"upper ends of {name}")
        expect(axes.get_title() == f"{label} is {transport.between(*run.interval(name))}", f"title of {name}")
    gaps = [a for a in figure.axes if a.get_ylabel().startswith("gap")]
    expect([line(a, "asked").get_ydata()[0] for a in gaps] == [0.02, 0.05], "gaps that were asked for")
    expect(abs(gaps[0].lines[0].get_ydata()[-1] - run.results["w2_gap"]) < 1e-6, "the gap is that of the square")
    exact = {"w2_history_iterations": [0], "w2_history_lower": [1.0], "w2_history_upper": [1.0]}
    expect(transport.intervals(made_of("exact", 0.1, results=exact)) is None, "no picture of what is exact at once")
    one = {"w2_history_iterations": [0], "w2_history_lower": [1.0], "w2_history_upper": [1.1]}
    labelled(transport.intervals(made_of("at once", 0.1, results=one)), "a single bound")


def told():
    """The table of distances: every number of the summary, intervals as intervals."""
    for folder in (discs(), two_points("points told")):
        run = load(folder)
        text = page(run, [])
        answers = text[text.index('<section id="answers"') : text.index("</section>")]
        rows = {r[0]: r for r in (re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in answers.split("<tr>")) if r}
        expect(rows["W₂"][1] == transport.between(*run.interval("w2")), f"W2 as an interval: {rows['W₂']}")
        expect(rows["W₁"][1] == transport.between(*run.interval("w1")) and " … " in rows["W₁"][1], f"W1: {rows['W₁']}")
        names = {"Sinkhorn divergence": "sinkhorn", "MMD²": "mmd2", "energy distance": "energy_distance"}
        for label, name in (names | {"H⁻¹ norm": "h_minus_1", "total variation": "tv"}).items():
            expect(rows[label][1] == f"{run.results[name]:.7g}".replace("-", "−"), f"{name}: {rows[label]}")
        expect(rows["KL(p|q)"][1] == "∞", "what is infinite")
        expect(rows["W₂"][4] == "length" and rows["Sinkhorn divergence"][4] == "length^2", "units")
        others = text[text.index('<section id="results"') :] if 'id="results"' in text else ""
        expect("_history_" not in text.split('<section id="run"')[0], "lists of an iteration are pictures, no table")
        expect("w2_lower" not in answers and "w2_cell_bias" in others, "told once; the rest below")
    error = next(e["error"] for e in load(discs()).errors["space"] if e["column"] == "w1")
    text = page(load(discs()), [])
    expect(f"± {error:.2g}" in text[: text.index("</section>")], "with what the grid errs by")


def two_runs():
    first, second = load(discs()), load(two_points("points beside"))
    figure = compare.overlay(first, second)
    labels = [t.get_text() for t in figure.axes[0].get_yticklabels()]
    figure.canvas.draw()
    expect(labels[:2] == ["W₂", "W₁"] and "KL(p|q)" not in labels, f"distances that both know: {labels}")
    low, high = figure.axes[0].lines[0].get_xdata()
    (a, b), (c, d) = first.interval("w2"), second.interval("w2")
    expect((low, high) == (c / b, d / a), "the second over the first, as an interval")


def shapes():
    """One and three axes, one cell, periodic boxes, hostile numbers: drawn, or left out, never a warning."""
    random = np.random.default_rng(5)
    for case, shape in enumerate([(30,), (1,), (7, 1), (1, 6), (6, 5, 4), (2, 1, 3), (12, 9)]):
        values = random.random(shape) * [1, 1e-300, 1e12][case % 3]
        if case == 6:
            values[:] = 0
        lists = {f"w1_history_{part}": [1, None, 3] for part in ("iterations", "lower", "upper")}
        series = {"t": np.array([0, 1.0]), "kl": np.array([inf, nan])}
        run = made_of(f"shape{case}", 0.3, shape, series, fields=values, results=lists)
        for name, _, draw in pictures.pictures(run):
            figure = draw()
            if figure is not None:
                labelled(figure, f"{shape}, {name}")
    run = made_of("line", 0.3, (30,))
    figure = transport.fields(run)
    to = line(titled(figure, "The map T"), "T(x)").get_ydata()
    expect(np.nanmax(np.abs(to - run.axes[0] - 0.3)) < 1e-12, "the map of one axis as a curve")
    deep = np.zeros((8, 8, 4))
    deep[2, 3, :] = [1, 2, 3, 2]
    run = made_of("deep", 0.25, (8, 8, 4), fields=deep)
    image = titled(transport.fields(run), "p and its map").images[0].get_array().T
    expect(abs(image[2, 3] - 8 * 0.5) < 1e-12, "of three axes the third is integrated out")
    expect("axis 3 integrated out" in " ".join(texts(transport.fields(run))), "which it says")


def blocks():
    """Ways of blocks are those of cells, also where the map tears."""
    random = np.random.default_rng(2)
    p, x, y = 0.5 + random.random((20, 12)), np.arange(20) + 0.5, np.arange(12) + 0.5
    X, Y = np.meshgrid(x, y, indexing="ij")
    d = [np.where(X < 7.4, -5.0, 5.0), 0.25 * Y]
    start, end = transport_maps.ways(p, d, [x, y], 4)
    expect(start.shape == end.shape == (2, 8), f"one of each block of 5 x 6 cells: {start.shape}")
    at = [np.searchsorted(z, s) for z, s in zip((x, y), start)]
    expect(len(set(zip(at[0] // 5, at[1] // 6))) == 8, "each in its own")
    expect(np.array_equal(np.array([x[at[0]], y[at[1]]]), start), "from the centre of a cell")
    expect(np.array_equal(end - start, [c[tuple(at)] for c in d]), "to where it goes: there is no mean of left and right")
    p[:] = 0
    p[3, 4], p[17, 9] = 1, 1e-6
    start, end = transport_maps.ways(p, d, [x, y], 4)
    expect(start.T.tolist() == [[3.5, 4.5]], f"where there is mass, and enough of it: {start.T.tolist()}")


def pictures_and_points():
    """images_2d and samples_2d run through, on the files that jobs/local.sh makes for them."""
    folder = os.path.join(SCRATCH, "input")
    os.makedirs(folder)

    def script(name, *arguments):
        command = [sys.executable, os.path.join(SOURCE, "jobs", name), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=100)

    image, ecg = os.path.join(folder, "images.h5"), os.path.join(folder, "ecg.h5")
    square = ["--crop", "0:512,88:600", "--size", "256,256"]
    done = [
        script("image_to_density.py", "portrait", image, "--dataset", "portrait", *square),
        script("image_to_density.py", "mri", image, "--dataset", "mri"),
    ]
    if all(d.returncode == 0 for d in done):
        with h5py.File(image) as file:
            expect(file["portrait"].shape == file["mri"].shape == (256, 256), "two pictures of one size")
        run = load(otto("images", "transport", "inputs/transport/images_2d.yaml", "-p_path", image, "-q_path", image,
                        "-transport_frames", 2, "-check_space", "no"))  # fmt: skip
        expect(run.verdict == "pass", f"images_2d: {[c.name for c in run.checks.failed]}")
        expect(47 < run.results["w2_lower"] < run.results["w2_upper"] < 49, f"W2 in pixels: {run.interval('w2')}")
        refused = script("image_to_density.py", "portrait", image, "--shift", "-1,2,3")
        expect(refused.returncode == 1 and "--shift: 2 whole numbers" in refused.stderr, f"-1 is no option: {refused.stderr}")
        refused = script("image_to_density.py", "portrait", image, "--crop", "0:513,0:600")
        expect(refused.returncode == 1 and "--crop" in refused.stderr and "0:512" in refused.stderr, refused.stderr)
    else:
        print("no sample pictures beside matplotlib:", done[0].stderr + done[1].stderr)
    if (made := script("ecg_to_points.py", ecg)).returncode == 0:
        with h5py.File(ecg) as file:
            whole = np.concatenate([file["early"][...], file["late"][...]])
            expect(np.array_equal(whole, file["points"][...]), "early and late are the record's halves")
        run = load(otto("samples", "transport", "inputs/transport/samples_2d.yaml", "-p_path", ecg, "-q_path", ecg,
                        "-check_space", "no"))  # fmt: skip
        expect(run.verdict == "pass", f"samples_2d: {[c.name for c in run.checks.failed]}")
        expect(0.29 < run.results["w2_lower"] < run.results["w2_upper"] < 0.32, f"W2 in mV: {run.interval('w2')}")
    else:
        print("no electrocardiogram beside SciPy:", made.stderr)


for part in (results, words, maps, points, intervals, told, two_runs, shapes, blocks, pictures_and_points):
    part()
finish()
