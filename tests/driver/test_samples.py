"""ranks: 1 2; processors: 1
Points from files: weights, angles that go round, faces that single precision rounds across, points outside; and a potential
whose file has holes."""
import math, os, sys

import common

common.needs("numpy", "h5py")
import h5py
import numpy as np
from common import close, expect, finish, run, scratch, some

RANKS = int(sys.argv[1])
work = scratch()
PI = math.pi
TORUS = ["-grid_n", "10,6", "-grid_lower", "-pi", "-grid_upper", "pi", "-grid_boundary", "periodic"]
BASE = ["-heat_kernel", "lattice_exact", "-time_start", "1e-3", "-time_stop", "2e-3", "-time_samples", "2",
        "-check_integral_nodes", "0", "-check_space", "no", "-q_density", "uniform", "-output_fields", "0"]
count = 0


def file(**datasets):
    """Arguments that name a new file of these datasets; a pair is values and attributes."""
    global count
    count += 1
    path = os.path.join(work, f"in{count}.h5")
    with h5py.File(path, "w") as f:
        for name, value in datasets.items():
            value, attributes = value if isinstance(value, tuple) else (value, {})
            f.create_dataset(name, data=value).attrs.update(attributes)
    return ["-p_density", "samples", "-p_path", path, "-p_dataset", "a"]


def density(arguments, what, grid=TORUS):
    r = run("dissipation", *grid, *BASE, *arguments, ranks=some(RANKS) or 1)
    expect(r.status == 0, f"{what}: status {r.status}: {r.err[-300:]}")
    if r.status:
        return r, np.full((1, 1), np.nan)
    with h5py.File(os.path.join(r.folder, "fields.h5")) as f:
        return r, f["0/p"][...]


def refused(arguments, what, *parts, grid=TORUS):
    ranks = some(RANKS)
    if not ranks:
        return
    r = run("dissipation", *grid, *BASE, *arguments, ranks=ranks)
    expect(r.status == 2 and r.err.strip().count("\n") == 0, f"{what}: refused in one line, not {r.status}: {r.err[-300:]}")
    for part in parts:
        expect(part in r.err, f"{what}: says {part!r}, not {r.err!r}")
    expect(not os.path.exists(r.folder), f"{what}: no folder")


def deposit(points, weights, n, lower, upper):
    """Cloud-in-cell on a torus."""
    p = np.zeros(n)
    h = [(u - l) / k for l, u, k in zip(lower, upper, n)]
    for point, weight in zip(points, weights):
        at = [(x - l) / w - 0.5 for x, l, w in zip(point, lower, h)]
        for i in (0, 1):
            for j in (0, 1):
                a, b = math.floor(at[0]), math.floor(at[1])
                p[(a + i) % n[0], (b + j) % n[1]] += (weight * (1 - abs(at[0] - a - i)) * (1 - abs(at[1] - b - j)))
    return p / (p.sum() * h[0] * h[1])


random = np.random.default_rng(3)
points = random.uniform(-PI, PI, (40, 2))
box = ((10, 6), (-PI, -PI), (PI, PI))
r, p = density(file(a=points), "points")
expect(np.allclose(p, deposit(points, np.ones(40), *box), rtol=1e-12, atol=1e-14), "cloud in cell")
expect(r.summary()["results"]["p_points"] == 40 and r.summary()["results"]["p_wrapped_points"] == 0, "counted")

# Angles from 0 to 2 pi, and further round; in single precision, in degrees, packed.
turns = points + 2 * PI * random.integers(-3, 4, points.shape)
outside = int(np.any((turns < -PI) | (turns > PI), axis=1).sum())
r, p = density(file(a=turns), "angles that go round")
expect(np.allclose(p, deposit(points, np.ones(40), *box), rtol=1e-9, atol=1e-12), "round the torus")
expect(r.summary()["results"]["p_wrapped_points"] == outside, "as many as were outside")
most = int(np.abs(np.floor((turns + PI) / (2 * PI))).max())
expect(f"p_path: {outside} of 40 points lay outside the box" in r.err and f"by up to {most} turns" in r.err, f"said: {r.err!r}")
r, p = density(file(a=points + [2 * PI * 1000, 0]), "a thousand turns")
expect("by up to 1000 turns" in r.err, f"said how many: {r.err!r}")
r, p = density(file(a=np.array([[PI, -PI], [0.1, 0.2]], "f4")), "pi in single precision")
expect(np.allclose(p, deposit([[PI, -PI], [0.1, 0.2]], [1, 1], *box), rtol=1e-5, atol=1e-6), "pi is pi")
degrees = np.round(np.degrees(points) % 360)
r, p = density(file(a=((degrees * 10).astype("i2"), {"scale_factor": 0.1})), "degrees",
               ["-grid_n", "10,6", "-grid_lower", "-180", "-grid_upper", "180"])
expect(np.allclose(p, deposit(degrees, np.ones(40), (10, 6), (-180, -180), (180, 180)), rtol=1e-9, atol=1e-12), "0 to 360 on +-180")
r, p = density(file(a=(points.T, {"MATLAB_class": np.bytes_("double")})), "MATLAB's points")
expect(np.allclose(p, deposit(points, np.ones(40), *box), rtol=1e-12, atol=1e-14), "points of MATLAB stand in columns")

# Columns and dimensions by name.
def named(values, dims=("point", "dim"), names=None, label=False, **attributes):
    arguments = file(a=(values, attributes))
    with h5py.File(arguments[3], "a") as f:
        for i, dim in enumerate(dims):
            if names is not None and dim == "dim":
                f["dim"] = names
                f["dim"].make_scale("dim")
                f["a"].dims[i].attach_scale(f["dim"])
            elif dim:
                f["a"].dims[i].label = dim
    return arguments


TWO = points[:2]
for what, arguments, given in (("columns y, x", named(points[:, ::-1], names=["y", "x"]), points),
                               ("columns y, x as bytes", named(points[:, ::-1], names=[b"y", b"x"]), points),
                               ("rows y, x", named(points.T[::-1], ("dim", "point"), ["y", "x"]), points),
                               ("rows y, x, as many as points", named(TWO.T[::-1], ("dim", "point"), ["y", "x"]), TWO),
                               ("columns, as many as points", named(TWO, names=["x", "y"]), TWO),
                               ("dim, point", named(TWO.T, ("dim", "point")), TWO),
                               ("coordinates, samples", named(points.T, ("coordinates", "samples")), points),
                               ("point, dim", named(TWO), TWO),
                               ("dim counted", named(points, names=[0, 1]), points),
                               ("neither named", named(TWO, (None, None)), TWO),
                               ("attribute columns", named(points[:, ::-1], (), columns=["y", "x"]), points),
                               ("attribute axes", named(points[:, ::-1], (), axes="y:x"), points)):
    r, p = density(arguments, what)
    expect(np.allclose(p, deposit(given, np.ones(len(given)), *box), rtol=1e-12, atol=1e-14), f"{what}: each coordinate on its axis")
refused(named(points, names=["lat", "lon"]), "unknown columns", "dataset 'a'", "coordinates of dimension 'dim' are 'lat'", "grid_names")
refused(named(points, names=["x", "x"]), "x twice", "coordinates of dimension 'dim' are 'x'")
refused(named(points, names=[1, 0]), "counted down", "coordinates of dimension 'dim' begin with 1")
refused(named(TWO, ("a", "b")), "2 x 2 of unknown names", "dimensions 'a' and 'b' do not say which of them counts points")
refused(named(points, (), columns=["u", "v"]), "attribute columns", "attribute columns is not understood")
refused(named(points, (), axes="x:y:z"), "attribute axes", "attribute axes is not understood")

# Angles in another unit than the box.
inside = points / 4
for unit in ("degrees", "deg", "Degree", "degrees_east"):
    refused(file(a=(np.degrees(points), {"units": unit})), unit, "dataset 'a'", f"attribute units is '{unit}', in which a turn is 360",
            "axis x of the grid")
    refused(file(a=(inside, {"unit": unit})), f"{unit} between walls", f"attribute unit is '{unit}'", grid=[*TORUS[:-1], "no_flux"])
DEGREES = ["-grid_n", "10,6", "-grid_lower", "-180", "-grid_upper", "180", "-grid_boundary", "periodic"]
for unit in ("rad", "radians"):
    refused(file(a=(points, {"units": unit})), unit, f"attribute units is '{unit}', in which a turn is 6.28319", grid=DEGREES)
refused(file(a=(points, {"units": ["m", "deg"]})), "a unit for each column", "'deg'", "axis y of the grid")
r, p = density(file(a=(points, {"units": ["rad", "radian"]})), "the box's unit")
r, p = density(file(a=(np.degrees(points), {"units": "degrees"})), "degrees in a box of degrees", DEGREES)
r, p = density(file(a=(inside, {"units": "m"})), "metres")

# Walls: nothing goes round; a face is not missed by the rounding of single precision.
WALLS = [*TORUS[:-1], "no_flux"]
r, p = density(file(a=np.array([[PI, 0.1], [-PI, 0.1]], "f4")), "pi at a wall", WALLS)
if r.status == 0:
    expect(p[9].sum() > 0 and close(p[9].sum(), p[0].sum(), 1e-6, "a point at each wall") is None, "both kept")
    expect(r.summary()["results"]["p_wrapped_points"] == 0, "none went round")
bad = points.copy()
bad[17, 1], bad[30, 0], bad[31, 0] = 3.2, -7, 1e300
refused(file(a=bad), "outside", "p_path: point 18 (counted from 1), at (", "3.2) lies outside the box from (-3.14159, -3.14159)",
        "3 of 40 do", grid=WALLS)
refused(file(a=bad), "too far to know where", "point 32 (counted from 1)", "1 of 40 do")
bad[5, 0] = np.nan
refused(file(a=bad), "nan", "point 6 (counted from 1), at (nan", "2 of 40 do")
refused(file(a=(np.where(np.isnan(bad), -99.0, points), {"_FillValue": -99.0})), "missing", "dataset 'a'", "1 numbers are missing")

# Weights.
weights = random.uniform(0, 3, 40)
r, p = density([*file(a=points, w=weights), "-p_sample_weights", "w"], "weights")
expect(np.allclose(p, deposit(points, weights, *box), rtol=1e-12, atol=1e-14), "each point has its weight")
r, p = density([*file(a=points, w=((weights[:, None] * 1000).astype("i4"), {"scale_factor": 1e-3})), "-p_sample_weights", "w"], "N x 1")
expect(np.allclose(p, deposit(points, np.floor(weights * 1000), *box), rtol=1e-12, atol=1e-14), "packed, in a column")
r, p = density([*file(a=points), "-q_density", "samples", "-q_path", file(a=points, w=weights)[3], "-q_dataset", "a",
                "-q_sample_weights", "w"], "weights of q")
if r.status == 0:
    with h5py.File(os.path.join(r.folder, "fields.h5")) as f:
        expect(np.allclose(f["0/q"][...], deposit(points, weights, *box), rtol=1e-12, atol=1e-14), "q has its own")
refused([*file(a=points, w=weights[:-1]), "-p_sample_weights", "w"], "too few", "p_sample_weights: dataset 'w'", "39 weights for 40 points")
refused([*file(a=points, w=weights - 1), "-p_sample_weights", "w"], "negative", "p_sample_weights: weight ", "of 'w' in '", "' is -")
refused([*file(a=points, w=np.where(weights > 2.9, np.inf, 1)), "-p_sample_weights", "w"], "infinite", "p_sample_weights", "inf")
refused([*file(a=points), "-p_sample_weights", "w"], "none", "p_sample_weights", "no dataset 'w'")
refused([*file(a=points, w=points), "-p_sample_weights", "w"], "pairs", "p_sample_weights: dataset 'w'", "40 x 2")
nothing = file(b=points)
with h5py.File(nothing[3], "a") as f:
    f.create_dataset("a", (40, 2))
refused(nothing, "never written", "p_path: dataset 'a'", "was never written")
refused([*file(a=points, w=0 * weights), "-p_sample_weights", "w"], "all 0", "p_sample_weights: all weights of 'w'", "are 0")
for scale in (1e306, 5e307, 1e-300, 1e-310):
    w = weights * scale
    r, p = density([*file(a=points, w=w), "-p_sample_weights", "w"], f"weights of {scale}")
    w = w / w.max()  # denormal ones have few digits: as they are in the file
    expect(np.allclose(p, deposit(points, w, *box), rtol=1e-12, atol=1e-14), f"weights of {scale}: only their ratios matter")

# A potential with holes: closed cells, counted; where mass lies in them it is refused, as ever.
V = random.uniform(0, 1, (8, 6))
path = os.path.join(work, "potential.nc")
with h5py.File(path, "w") as f:
    hole = V.copy()
    hole[2:4, 1] = hole[7, 5] = 1e30
    f.create_dataset("V", data=hole.T.astype(">f4")).attrs["_FillValue"] = np.float32(1e30)
    f["V"].dims[0].label, f["V"].dims[1].label = "y", "x"
    mask = np.where(hole > 1e3, -1, 0).astype("i1")
    f["mask"], f["holes"] = mask, mask
    f["holes"].attrs["_FillValue"] = np.int8(-1)
    f["plain"] = V.astype("f4")
FLOW = ["-grid_n", "8,6", "-grid_boundary", "no_flux", "-potential_type", "file", "-potential_path", path, "-time_stop", "0.01",
        "-time_samples", "2", "-check_space", "no", "-check_time", "no", "-p_density", "uniform", "-output_fields", "none"]
r = run("fokker-planck", *FLOW, "-potential_dataset", "V", ranks=RANKS)
expect(r.status == 2 and "p_density" in r.err and "3 closed cells" in r.err, f"mass where V has no value: {r.err!r}")
r = run("fokker-planck", *FLOW, "-potential_dataset", "V", "-p_closed", "restrict", ranks=RANKS)
expect(r.status == 0 and r.summary()["results"]["closed_cells"] == 3, f"holes are closed: {r.err}")
expect("potential_path: 3 of 48 cells have no value in the file (fill values); they are closed" in r.err, f"and said to be: {r.err!r}")
expect(r.status == 0 and r.summary()["results"]["potential_masked_cells"] == 3, "counted")
same = run("fokker-planck", *FLOW, "-potential_dataset", "plain", "-potential_mask", "mask", "-p_closed", "restrict", ranks=RANKS)
if expect(same.status == 0, same.err) or same.status == r.status == 0:
    close(r.series()["free_energy"][-1], same.series()["free_energy"][-1], 1e-12, "as the same cells closed by a mask")
r = run("fokker-planck", *FLOW, "-potential_dataset", "plain", "-potential_mask", "holes", "-p_closed", "restrict", ranks=RANKS)
expect(r.status == 2 and "potential_mask: dataset 'holes'" in r.err and "3 cells are missing" in r.err, f"a mask is known: {r.err!r}")

turned = os.path.join(work, "turned.h5")
with h5py.File(turned, "w") as f:
    f["points"], f["same"], f["w"] = points[:, 0] + 2 * PI, points[:, 0], np.ones(40)
ends = []
for dataset, more, wrapped in (("points", [], 40), ("same", ["-potential_sample_weights", "w"], 0)):
    r = run("fokker-planck", "-grid_n", "16", "-grid_lower", "-pi", "-grid_upper", "pi", "-potential_type", "samples", "-potential_path",
            turned, "-potential_dataset", dataset, "-potential_smoothing", "0.1", "-p_density", "uniform", "-time_stop", "0.1",
            "-time_samples", "2", "-check_space", "no", "-check_time", "no", "-output_fields", "none", *more, ranks=RANKS)
    expect(r.status == 0 and r.summary()["results"].get("potential_wrapped_points") == wrapped, f"points of a potential: {r.err}")
    ends.append(r.series()["kl_p_pi"][-1] if r.status == 0 else math.nan)
close(ends[0], ends[1], 1e-9, "the same potential")

# Values that begin with a minus, on the command line and in a file.
WELL = ["fokker-planck", "-grid_n", "64", "-grid_boundary", "no_flux", "-potential_type", "formula", "-temperature", "0.5",
        "-time_stop", "0.5", "-time_samples", "2", "-spectrum_count", "2", "-p_density", "uniform", "-output_fields", "none",
        "-check_time", "no", "-check_space", "no"]


def rates(r, expected, what):
    expect(r.status == 0, f"{what}: {r.err}")
    if r.status == 0:
        for a, b in zip(r.summary()["results"]["relaxation_rates"], expected):
            close(a, b, 2e-6, what)  # the digits given


rates(run(*WELL, "-grid_lower", "-2", "-grid_upper", "2", "-potential_formula", "-x^2 + x^4", ranks=RANKS), (0.845651, 4.60897), "-x^2")
with open(os.path.join(work, "minus.yaml"), "w") as f:
    f.write("potential: {formula: -x^2 + x^4}\ngrid: {lower: -4/2, upper: 2}\n")
rates(run(WELL[0], os.path.join(work, "minus.yaml"), *WELL[1:], ranks=RANKS), (0.845651, 4.60897), "in a file")
r = run(*WELL[:-4], "-grid_lower", "-pi", "-grid_upper", "-pi/2", "-potential_formula", "-cos(x)", "-check_time", "no", "-check_space",
        "no", ranks=RANKS)
expect(r.status == 0, f"-pi: {r.err}")
if r.status == 0:
    close(r.summary()["grid"]["lower"][0], -PI, 1e-15, "-pi is a number")
    close(r.summary()["grid"]["upper"][0], -PI / 2, 1e-15, "-pi/2 is a number")
for words, said in ((["-grid_lower", "-tim_stop", "3"], "unknown key tim_stop; did you mean time_stop?"),
                    (["-output_overwrite", "-frobnicate"], "unknown key frobnicate"),
                    (["-grid_lower", "-frobnicate", "3"], "unknown key frobnicate"),
                    (["-grid_lower", "-x"], "grid_lower: entry 1 of '-x' is not a finite number"),
                    (["-grid_lower", "-1/0"], "grid_lower: entry 1 of '-1/0' is not a finite number"),
                    (["-potential_formula", "-x**2"], "'**' at character 3; a power is written ^"),
                    (["-potential_formula", "-cos(pi*x)"], "unknown name 'pi' at character 6; pi is written _pi"),
                    (["-potential_formula", "-f(x)"], "and the functions sin cos tan")):
    r = run(*WELL, "-potential_formula", "x", *words, ranks=RANKS)
    expect(r.status == 2 and said in r.err, f"{words}: says {said!r}, not {r.err!r}")
finish()
