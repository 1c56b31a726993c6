"""Pictures, report and Python's view of runs of otto first-passage."""

import math

from common import *
from figures import line, titled
from otto_results import load
from plots import first_passage, fokker_planck, pictures
from plots.panels import Curve, Panel, stack
from plots.report import page

WELL = ["-grid_lower", -2, "-grid_upper", 2, "-grid_boundary", "no_flux", "-temperature", 0.5, "-check_space", "no"]


def two():
    return otto("two", "first-passage", "-grid_n", 40, *WELL, "-potential_type", "formula", "-potential_formula", "(x^2-1)^2", "-p_density",
                "gaussian_mixture", "-p_mean", -0.5, "-p_sigma", 0.4, "-set_a", "x<0-0.8", "-set_b", "x>0.8", "-time_stop", 20,
                "-time_samples", 6)  # fmt: skip


def ends():
    return otto("ends", "first-passage", "-grid_n", "16,12", *WELL, "-potential_type", "formula", "-potential_formula", "x>0.2&&y>1?inf:y",
                "-p_density", "uniform", "-p_closed", "restrict", "-set_b", "x<0-1", "-set_c", "x>1&&y<0", "-set_d", "y>1&&x<0&&x>0-0.8")  # fmt: skip


def plane():
    return otto("plane", "first-passage", "-grid_n", "16,12", *WELL, "-potential_type", "quadratic", "-p_density", "uniform", "-set_a",
                "x<0-1", "-set_b", "x>1&&y<0")  # fmt: skip


def curves():
    """What is drawn is what the run says."""
    run = load(two())
    figure = first_passage.survival(run)
    figure.canvas.draw()
    drawn = line(titled(figure, "What has not arrived"), "left at t")
    expect(np.array_equal(drawn.get_ydata(), run.series["mass_p"]), f"what is left: {drawn.get_ydata()}")
    drawn = line(titled(figure, "Rate at which"), "taken of what is left")
    expect(np.array_equal(drawn.get_ydata(), run.series["escape_rate"]), f"its rate: {drawn.get_ydata()}")
    rate = run.results["quasi_stationary_rate"]
    tail = next(l for l in titled(figure, "What has not arrived").get_lines() if "slope" in l.get_label())
    t, y = tail.get_data()
    expect(np.allclose(np.log(y[0] / y[-1]), rate * (t[-1] - t[0])), "the tail falls at the slowest rate")
    expect(math.isclose(y[-1], run.series["mass_p"][-1]), "to what is left at last")
    expect(f"mean time {run.results['passage_time']:.4g}" in first_passage.title(run), first_passage.title(run))


def absorbed():
    """A Fokker-Planck run with absorbing faces: what is left, and what each face has taken; no picture without such faces."""
    plane = ["fokker-planck", "-grid_n", "12,10", "-potential_type", "quadratic", "-p_density", "uniform", "-time_stop", 0.3, "-time_samples",
             4, "-check_space", "no"]  # fmt: skip
    run = load(otto("absorbed", *plane, "-grid_boundary", "absorbing:no_flux,absorbing", "-grid_names", "a,b", "-q_density", "uniform"))
    figure = fokker_planck.survival(run)
    figure.canvas.draw()
    left, gone = (titled(figure, title) for title in ("What is left", "What absorbing faces"))
    for name in "pq":
        expect(np.array_equal(line(left, f"of {name}").get_ydata(), run.series[f"mass_{name}"]), f"mass of {name}")
    words = {"the lower face of a": "lower_1", "the lower face of b": "lower_2", "the upper face of b": "upper_2"}
    drawn = [curve.get_label() for curve in gone.get_lines() if curve.get_label().startswith("by ")]
    expect(sorted(drawn) == sorted("by " + word for word in words), f"each absorbing face, and no other: {drawn}")
    for word, column in words.items():
        expect(np.array_equal(line(gone, "by " + word).get_ydata(), run.series["killed_" + column]), column)
    whole = line(gone, "all together").get_ydata()
    expect(np.allclose(whole + run.series["mass_p"], 1, atol=1e-10), f"nothing is lost: {whole}")
    low, high = gone.get_ylim()
    expect(low <= whole.min() and high >= whole.max(), f"all of it is to be seen: {low} {high}")
    expect("survival.png" in [name for name, _, _ in pictures.pictures(run)], "it is drawn")
    one = load(otto("one", *plane, "-grid_boundary", "absorbing:no_flux,no_flux", "-grid_names", "a,b"))
    titled(fokker_planck.survival(one), "What the lower face of a has taken of p")  # which no legend names
    closed = load(otto("closed", *plane, "-grid_boundary", "no_flux"))
    expect("survival.png" not in [name for name, _, _ in pictures.pictures(closed)], "where something is absorbed")


def along():
    """Free energy along the committor: by hand, of four cells; spread over what a linear committor passes through in each."""
    q, pi, sets = np.array([0.0, 0.013, 0.02, 0.9]), np.array([1.0, 2.0, 3.0, 4.0]), np.array([1, 0, 0, 0])
    edges, F = first_passage.along(q, pi, sets, 0.5, 2.0, np.zeros(4))
    width = 1 / first_passage.BINS
    expect(math.isclose(F[0], -2 * math.log(2.5 / width)), f"two cells in the first bin: {F[0]}")
    expect(math.isclose(F[int(0.9 / width)], -2 * math.log(2 / width)), "one in another")
    expect(np.isnan(F).sum() == first_passage.BINS - 2 and len(edges) == first_passage.BINS + 1, "nothing elsewhere")
    _, F = first_passage.along(q, pi, sets, 0.5, 2.0, np.array([0, 0, 0, 2 * width]))  # half in the bins on its sides, of which it has one and a half
    share = np.exp(-F[-6:-1] / 2) * width / 2
    expect(np.allclose(share[[1, 2]], [0.5, 0.5]) and np.isnan(F[-6]) and np.isnan(F[-3:]).all(), f"a cell at an edge of bins, over both: {share}")
    # 20 cells between two sets, no neighbour beyond the walls: density 1 is 1 along a linear committor, in every bin
    sets = np.r_[1, np.zeros(20), 2]
    q = np.r_[0, (np.arange(20) + 0.5) / 20, 1]
    width = first_passage.within(q, sets, [False])
    expect(np.allclose(width[1:-1], 1 / 20), f"what it passes through in a cell: {width}")
    _, F = first_passage.along(q, np.ones(22), sets, 1 / 20, 1.0, width)
    expect(np.allclose(F, 0, atol=1e-12), f"evenly: {F}")
    # round an axis, and beside a closed cell: the difference that there is counts for both sides
    q = np.array([[0.2, 0.5, 0.3], [0.4, 0.9, 0.0]])
    width = first_passage.within(q, np.array([[0, 0, 0], [0, 0, -1]]), [False, True])
    expect(math.isclose(width[0, 1], math.hypot(0.4, (0.3 - 0.2) / 2)) and math.isclose(width[0, 0], math.hypot(0.2, (0.5 - 0.3) / 2)), f"{width}")
    expect(math.isclose(width[1, 1], math.hypot(0.4, 0.5)), f"beside a closed cell: {width}")


def kinetic():
    """A velocity is told in the titles; what has no value beside one is not drawn, and nothing is complained of (run.sh)."""
    phase = ["-grid_n", "12,10", "-grid_lower", "-2,-3", "-grid_upper", "2,3", "-grid_boundary", "no_flux", "-potential_type", "formula", "-potential_formula",
             "y^2/2+(x^2-1)^2", "-velocity_type", "hamiltonian", "-mobility", "0,1", "-p_density", "uniform", "-check_space", "no"]  # fmt: skip
    for name, more in (("fokker-planck", ["-time_stop", 0.1, "-time_samples", 3, "-check_time", "no"]), ("first-passage", ["-set_a", "x<0-1", "-set_b", "x>1"])):
        run = load(otto("kinetic_" + name, name, *phase, *more))
        words = [text.get_text() for _, _, draw in pictures.pictures(run) for text in draw().texts]
        expect(words and all("hamiltonian velocity" in w for w in words if "potential, no drift" in w), f"{name}: {words}")
        expect(any("hamiltonian velocity" in w for w in words), f"{name}: {words}")


def faces():
    """Faces are called by their axes' names, in every picture; of one alone the title says which."""
    box = ["first-passage", "-grid_n", "10,8", "-p_density", "uniform", "-check_space", "no", "-check_time", "no", "-grid_names", "a,b",
           "-grid_boundary"]  # fmt: skip
    figure = first_passage.passages(load(otto("faces", *box, "no_flux:absorbing,absorbing")))
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    expect(titles[:3] == [f"the {face} comes first" for face in ("upper face of a", "lower face of b", "upper face of b")], f"{titles}")
    run = load(otto("face", *box, "no_flux:absorbing,no_flux", "-time_stop", 0.3, "-time_samples", 3))
    titled(first_passage.survival(run), "What has not arrived at the upper face of a")


def room():
    """A band that would fill its panel has an edge in it; one that is wide in one place does not press a curve flat."""
    t = np.arange(6.0)
    # of ± 3 the middle ends at 5.5, and 12 % beside it; of ± 9 1.3 times the height; else 6 %
    for error, wanted in ((np.full(6, 3.0), 6.1), (np.full(6, 9.0), 11.5), (np.array([900.0, 0, 0, 0, 0, 900]), 5.3), (np.full(6, math.nan), 5.3)):
        low, top = stack("", [Panel("", "", [Curve("", t, t, error)], log=False)], "linear").axes[0].get_ylim()
        expect(math.isclose(top, wanted) and math.isclose(low, 5 - wanted), f"{error}: {low} {top}")
    # what asks for less than half of the height has all of it in the panel, on a log axis too; there a wider one has the usual margin
    for log, y, error, wanted in (
        (False, t, np.array([2.0, 0, 0, 0, 0, 1]), (-2.6, 6.6)),
        (True, 10.0**-t, np.array([9.0, 0, 0, 0, 0, 0.9e-5]), (-6 - 0.25, 1 + 0.25)),
        (True, 10.0**-t, np.array([9999.0, 0, 0, 0, 0, 1e-5]), (-5.25, 0.25)),
    ):
        ends = stack("", [Panel("", "", [Curve("", t, y, error)], log=log)], "linear").axes[0].get_ylim()
        expect(np.allclose(np.log10(ends) if log else ends, wanted), f"{error}: {ends}")


def maps():
    """Of several ends each has a tile, of two one; closed cells are left out, sets are named."""
    figure = first_passage.passages(load(ends()))
    figure.canvas.draw()
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    expect(titles == ["set_b comes first", "set_c comes first", "set_d comes first", "mean time until a passage ends"], f"tiles {titles}")
    image = figure.axes[0].get_images()[0].get_array()
    with_wall = load(ends()).field("sets", sample=0)
    expect((np.ma.getmaskarray(image) == (with_wall < 0).T).all() and (with_wall < 0).any(), "closed cells are grey")
    names = sorted(text.get_text() for text in figure.axes[0].texts if len(text.get_text()) == 1)
    expect(names == ["b", "c", "d"], f"sets {names}")
    figure = first_passage.passages(load(plane()))
    figure.canvas.draw()
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    expect(titles[0].startswith("committor") and titles[-1].startswith("on the way"), f"tiles {titles}")
    expect(any("streamlines" in text.get_text() for axes in figure.axes for text in axes.texts), "and where the current goes")


def told():
    for folder, expected in ((two(), ["passages.png", "free_energy.png", "survival.png"]), (ends(), ["passages.png"]),
                             (plane(), ["passages.png", "free_energy.png"])):  # fmt: skip
        run = load(folder)
        names = [name for name, _, draw in pictures.pictures(run) if draw() is not None]
        expect(names == expected, f"pictures {names}")
        expect(all(pictures.OURS.fullmatch(name) for name in names), "which are known as ours")
        expect("otto first-passage" in page(run, []), "a report of it")


for case in (curves, absorbed, along, kinetic, faces, room, maps, told):
    case()
finish()
