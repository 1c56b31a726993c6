"""drift_type: file. Where a component is linear its mean over two cells is its value at the face: the run is that of the
formula, its coarser grids, ranks and meshes included."""
import os

from common import alike, expect, finish, needs, run, scratch

needs("numpy", "h5py")
import h5py
import numpy as np

PATH = os.path.join(scratch(), "force.h5")
LOWER, UPPER, N = (-2.0, -1.5, -1.0), (2.0, 1.5, 1.0), (16, 12, 8)


def centres(dim):
    return np.meshgrid(*(lo + (np.arange(n) + 0.5) * (up - lo) / n for lo, up, n in zip(LOWER, UPPER, N[:dim])), indexing="ij")


with h5py.File(PATH, "w") as file:
    for dim in (1, 2, 3):
        x = centres(dim)
        parts = [0.3 - 0.8 * x[0]] + ([1.5 * x[0] + 0.2 * x[1]] if dim > 1 else []) + ([0.5 - x[1]] if dim > 2 else [])
        if dim > 1:
            parts[0] = parts[0] - 1.2 * x[1]
        for name, part in zip("xyz", parts):
            file[f"{dim}{name}"] = part
    rock = np.hypot(*centres(2)) < 0.65  # cuts through coarser cells
    file["rock"] = rock.astype(float)
    for name in "xy":
        file[f"even_{name}"] = np.where(rock, np.nan, {"x": 0.7, "y": -0.4}[name])
        file[f"holes_{name}"] = np.where(rock, np.nan, file[f"2{name}"][...])
FORMULA = {1: "0.3-0.8*x", 2: "0.3-0.8*x-1.2*y, 1.5*x+0.2*y", 3: "0.3-0.8*x-1.2*y, 1.5*x+0.2*y, 0.5-y"}


def keys(dim, *more):
    box = [",".join(map(str, values[:dim])) for values in (N, LOWER, UPPER)]
    return ["fokker-planck", "-grid_n", box[0], "-grid_lower", box[1], "-grid_upper", box[2], "-grid_boundary", "no_flux",
            "-potential_type", "quadratic", "-potential_stiffness", 1, "-p_density", "gaussian_mixture", "-p_mean",
            ",".join(["0.3"] * dim), "-p_sigma", 0.6, "-q_density", "uniform", "-time_stop", 0.2, "-time_samples", 3, "-ts_dt", 0.02,
            "-space_tolerance", 10, "-time_tolerance", 10, *more]  # fmt: skip


def from_file(dim, names="xyz", prefix=None):
    prefix = f"{dim}" if prefix is None else prefix
    return ["-drift_type", "file", "-drift_path", PATH, "-drift_dataset", ", ".join(prefix + name for name in names[:dim])]


for dim, ranks, more in ((1, 1, []), (2, 1, []), (2, 3, []), (2, 4, ["-grid_mesh", "2,2"]), (3, 2, ["-grid_mesh", "1,2"]),
                         (2, 1, ["-grid_boundary", "absorbing,no_flux"])):  # fmt: skip
    formula = run(*keys(dim, "-drift_type", "formula", "-drift_formula", FORMULA[dim], *[m for m in more if "mesh" not in str(m) and
                                                                                       m not in ("2,2", "1,2")]))
    r = run(*keys(dim, *from_file(dim), *more), ranks=ranks)
    what = f"{dim} axes on {ranks} ranks {more}"
    expect(formula.status == r.status == 0, f"{what}: {r.status} {r.err} {formula.err}")
    if "absorbing,no_flux" in more:
        # at a face that absorbs it is the cell's own value, half a cell off: mass that leaves differs by that, of first order in h
        a, b = formula.series()["killed_upper_1"][-1], r.series()["killed_upper_1"][-1]
        expect(0 < abs(a / b - 1) < 0.05, f"{what}: {a} {b}")
        continue
    alike(r, formula, 1e-9, what)
    for name, a in r.errors("space").items():
        b = formula.errors("space")[name]
        size = max([abs(v) for v in b if v == v], default=0) * 1e-6 + 1e-9  # of a mass, and of what is 0, errors are rounding
        expect(all(x == y or abs(x - y) <= size or (x != x and y != y) for x, y in zip(a, b)), f"{what}: coarser grids: {name}")

# ---- closed cells: what the file has there does not matter, and coarser cells take the mean of the open ones ----
stone = ["-potential_mask", f"{PATH}:rock", "-p_closed", "restrict", "-q_closed", "restrict", "-time_stop", 0.8]
whole, holes = run(*keys(2, *from_file(2), *stone)), run(*keys(2, *from_file(2, "xy", "holes_"), *stone))
expect(whole.status == holes.status == 0, f"closed: {holes.status} {holes.err} {whole.err}")
for name in ("series.csv", "space_error.csv"):
    with open(os.path.join(whole.folder, name)) as a, open(os.path.join(holes.folder, name)) as b:
        expect(a.read() == b.read(), f"{name}: nan inside a wall is no matter")
# without a file of its own the mask is in potential_path, whatever the potential; in YAML likewise
yaml, free = os.path.join(scratch(), "stone.yaml"), keys(2, *from_file(2), *stone[2:], "-check_space", "no", "-check_time", "no")
at = free.index("-potential_type")
free[at : at + 4] = []
for kind in ({"type": "none"}, {"type": "formula", "formula": "x^2"}, {"type": "quadratic", "stiffness": 3}):
    typed = [word for key, value in kind.items() for word in (f"-potential_{key}", value)]
    with open(yaml, "w") as file:
        file.write("potential: {" + "".join(f"{key}: {value}, " for key, value in kind.items()) + f"path: {PATH}, mask: rock}}\n")
    beside, inside, named = (run(*free[:1], *more, *free[1:]) for more in (
        [*typed, "-potential_path", PATH, "-potential_mask", "rock"], [yaml], [*typed, *stone[:2]]))  # fmt: skip
    expect(beside.status == inside.status == named.status == 0, f"{kind}: {beside.err}{inside.err}{named.err}")
    expect(beside.series() == inside.series() == named.series(), f"{kind}: the mask of potential_path is that of file:dataset")
# coarse cells that the stone cuts take the mean of what is open of them: of a constant, itself
even, constant = (run(*keys(2, *drift), *stone) for drift in (from_file(2, "xy", "even_"), ["-drift_type", "constant", "-drift_force", "0.7,-0.4"]))
for name in ("kl", "fisher_rel", "mean_p_x"):
    a, b = even.errors("space")[name][-1], constant.errors("space")[name][-1]
    expect(b > 0 and abs(a / b - 1) < 1e-6, f"closed cells: {name} {a} {b}")
expect(holes.summary()["results"]["drift"] == "file", "its name")

# ---- bad input ----
for more, words in (
    (["-drift_type", "file"], "drift_path: missing"),
    (["-drift_type", "file", "-drift_path", PATH], "drift_dataset: missing; give a dataset in the file per axis"),
    (["-drift_type", "file", "-drift_path", PATH, "-drift_dataset", "2x"], "drift_dataset: '2x': 1 names for 2 axes; give one per axis"),
    (["-drift_type", "file", "-drift_path", PATH, "-drift_dataset", "2x,none"], "none"),
    (["-drift_type", "file", "-drift_path", PATH, "-drift_dataset", "2x,1x"], "1x"),
    (["-drift_type", "file", "-drift_path", "no.h5", "-drift_dataset", "2x,2y"], "drift_path: cannot read 'no.h5'"),
    (from_file(2, "xy", "holes_"), "gives nan as component 1 at the face"),
):
    for ranks in (1, 2) if "gives nan" in words else (1,):
        r = run(*keys(2, *more), ranks=ranks)
        expect(r.status == 2 and words in r.err and r.err.count("\n") == 1, f"{words}: {r.status} {r.err}")
        expect(not os.path.exists(r.folder), "nothing is computed")
finish()
