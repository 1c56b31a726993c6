"""ranks: 1 2; processors: 1
Every error about a file: one line, exit 2, on all ranks alike, that names the key and the file and, where there is one, the cure."""
import os, shutil, subprocess, sys, tempfile

import common

common.needs("numpy", "h5py")
import h5py
import numpy as np
from common import expect, finish, run, some

RANKS = int(sys.argv[1])
work = tempfile.mkdtemp(prefix="otto-file-errors-")
N = (6, 8)
GRID = ["-grid_n", "6,8", "-grid_boundary", "no_flux"]
DENSITY = ["-heat_kernel", "lattice_exact", "-time_start", "1e-3", "-time_stop", "2e-3", "-time_samples", "2",
           "-check_integral_nodes", "0", "-check_space", "no", "-q_density", "uniform", "-output_fields", "0"]
FLOW = ["-time_stop", "0.01", "-time_samples", "2", "-check_space", "no", "-check_time", "no", "-p_density", "uniform",
        "-output_fields", "none"]
random = np.random.default_rng(5)
# Equal numbers: what lzf cannot make smaller it leaves as it is, and such a file is read without it.
LZF = dict(data=np.ones(N), chunks=(3, 4), compression="lzf")
plain, points = random.uniform(1, 2, N), random.uniform(0, 1, (24, 2))


def file(name, *scales, path=None, **datasets):
    """A new file of datasets: an array, or arguments of create_dataset."""
    path = path or os.path.join(work, name + ".h5")
    with h5py.File(path, "w") as f:
        for dataset, values in datasets.items():
            f.create_dataset(dataset, **(values if isinstance(values, dict) else {"data": values}))
        for i, values in enumerate(scales):
            f["a"].dims[i].attach_scale(f.create_dataset("xyz"[i], data=values))
            f["xyz"[i]].make_scale("xyz"[i])
    return path


def attributed(name, values, **attributes):
    path = file(name, a=values)
    with h5py.File(path, "a") as f:
        f["a"].attrs.update(attributes)
    return path


def refilter(name, identity, words):
    """A file whose filter is of another identity and name: one that is not installed."""
    path = file(name, a=LZF)
    with open(path, "rb") as f:
        data = f.read()
    old = b"\x00\x7d\x08\x00\x01\x00\x03\x00lzf\x00\x00\x00\x00\x00"  # identity, length of the name, flags, values, name
    if data.count(old) != 1:
        sys.exit("the filter's message is not where it was")
    with open(path, "wb") as f:
        f.write(data.replace(old, identity.to_bytes(2, "little") + old[2:8] + words.ljust(8, b"\x00")))
    return path


def said(r, what, key, path, *parts):
    expect(r.status == 2 and r.err.startswith(f"otto: error: {key}: ") and r.err.strip().count("\n") == 0,
           f"{what}: refused in one line that begins with {key}, not {r.status}: {r.err[-400:]}")
    for part in (os.path.basename(path), *parts):
        expect(part in r.err, f"{what}: says {part!r}, not {r.err!r}")
    expect(not os.path.exists(r.folder), f"{what}: no folder")


def dissipation(what, kind, path, *parts, key="p_path", more=()):
    said(run("dissipation", *GRID, *DENSITY, "-p_density", kind, "-p_path", path, "-p_dataset", "a", *more,
             ranks=some(RANKS) or 1), what, key, path, *parts)


def fokker_planck(what, kind, path, *parts, key="potential_path", more=()):
    said(run("fokker-planck", *GRID, *FLOW, "-potential_type", kind, "-potential_path", path, "-potential_dataset", "a", *more,
             ranks=some(RANKS) or 1), what, key, path, *parts)


# Axes in another order than the grid's, which only names of dimensions could tell; and the cures that the line gives.
TURNED = "has shape 8 x 6; the grid is 6 x 8; it looks written with its axes reversed (MATLAB, Fortran)"
turned = file("turned", a=plain.T)
dissipation("turned", "file", turned, TURNED, "np.transpose", "dims[0].label = 'y'", "grid_names")
dissipation("a mask", "file", attributed("matlab", plain, MATLAB_class=np.bytes_("double")), "MATLAB_class says that its axes are reversed")
dissipation("in another order", "file", file("cyclic", a=np.ones((4, 6, 8))),
            "has shape 4 x 6 x 8; the grid is 6 x 8 x 4; it looks written with its axes in another order",
            more=["-grid_n", "6,8,4"])
r = run("dissipation", *GRID, *DENSITY, "-p_density", "file", "-p_path", file("other", a=np.ones((8, 7))), "-p_dataset", "a", ranks=RANKS)
expect(r.status == 2 and "looks written" not in r.err, f"other sizes are no other order: {r.err!r}")
dissipation("points in columns", "samples", file("columns", a=points.T), "has shape 2 x 24; points on this grid are N x 2; it looks turned")
with h5py.File(turned, "a") as f:
    f["new"] = np.transpose(f["a"])
    f["a"].dims[0].label = "y"
starts = []
for dataset in ("new", "a"):
    r = run("dissipation", *GRID, *DENSITY, "-p_density", "file", "-p_path", turned, "-p_dataset", dataset, ranks=some(RANKS) or 1)
    if expect(r.status == 0, f"the cure serves: {r.err}") or r.status == 0:
        with h5py.File(os.path.join(r.folder, "fields.h5")) as f:
            starts.append(f["0/p"][...])
expect(len(starts) == 2 and all(np.allclose(p, plain / plain.mean(), rtol=1e-13) for p in starts), "and reads the same density")

# Filters that are not installed: by number, by name, by what the file calls them.
lzf = file("lzf", a=LZF)
dissipation("lzf", "file", lzf, "HDF5's filter 32000 (lzf), which is not installed", "h5repack -f GZIP=4", "compression='gzip'")
dissipation("zstd", "file", refilter("zstd", 32015, b"zst"), "filter 32015 (zstd, 'zst')")
dissipation("of no register", "file", refilter("unknown", 399, b"a\nb"), "filter 399 ('a?b')")
dissipation("points", "samples", file("lzfpoints", a=dict(data=np.full((24, 2), 0.5), compression="lzf")), "filter 32000 (lzf)")
fokker_planck("a potential", "file", lzf, "filter 32000 (lzf)")
r = run("dissipation", *GRID, *DENSITY, "-p_density", "file", "-p_path", file("left", a=dict(data=plain, chunks=(3, 4), compression="lzf")),
        "-p_dataset", "a", ranks=RANKS)
expect(r.status == 0, f"a filter that was left out of every chunk is not needed: {r.err}")
with h5py.File(os.path.join(work, "scale.h5"), "w") as f:
    f["a"] = np.ones((6, 256))
    f.create_dataset("y", data=(np.arange(256) + 0.5) / 256, shuffle=True, compression="lzf").make_scale("y")
    f["a"].dims[1].attach_scale(f["y"])
    f["a"].dims[0].label = "x"
dissipation("coordinates", "file", os.path.join(work, "scale.h5"), "dimension scale 'y'", "filter 32000 (lzf)", more=["-grid_n", "6,256"])
if shutil.which("h5repack"):
    gzip = file("gzip", a=dict(data=plain, chunks=(3, 4), compression="gzip", shuffle=True, fletcher32=True))
    again = os.path.join(work, "again.h5")
    subprocess.run(["h5repack", "-f", "GZIP=4", gzip, again], check=True)
    r = run("dissipation", *GRID, *DENSITY, "-p_density", "file", "-p_path", again, "-p_dataset", "a", ranks=some(RANKS) or 1)
    expect(r.status == 0, f"as the line says: {r.err}")

# Uneven coordinates: the one entry that is wrong, and what it should be.
even = (np.arange(8) + 0.5) / 8


def uneven(*wrong):
    y = even.copy()
    for i, value in wrong:
        y[i] = value
    with h5py.File(os.path.join(work, "uneven.h5"), "w") as f:
        f["a"], f["y"] = plain, y
        f["y"].make_scale("y")
        f["a"].dims[1].attach_scale(f["y"])
        f["a"].dims[0].label = "x"
    return os.path.join(work, "uneven.h5")


dissipation("the last", "file", uneven((7, 0.99)), "unevenly (entry 8 is 0.99, 0.9375 is expected)")
dissipation("the first", "file", uneven((0, -3)), "unevenly (entry 1 is -3, 0.0625 is expected)")
dissipation("one within", "file", uneven((5, 0.6)), "unevenly (entry 6 is 0.6, 0.6875 is expected)")
dissipation("two", "file", uneven((2, 0.32), (4, 0.7)), "unevenly (entry 5 is 0.7, 0.5625 is expected; 1 others are off)")

# Everything else that is said of a file.
bad = points.copy()
bad[17, 1] = 7
for what, kind, path, *parts in (
    ("none", "file", os.path.join(work, "none.h5"), "No such file"),
    ("a folder", "file", work, "not a file"),
    ("no dataset", "file", file("other", b=plain), "no dataset 'a'; it holds: b"),
    ("words", "file", file("words", a=dict(data=np.full(N, b"x"))), "holds strings"),
    ("nan", "file", file("nan", a=np.where(plain > 1.9, np.nan, plain)), "gives nan at"),
    ("negative", "file", file("negative", a=plain - 1.5), "gives -"),
    ("no mass", "file", file("zero", a=0 * plain), "has no mass"),
    ("too much mass", "file", file("huge", a=1e307 * plain), "cannot be scaled"),
    ("packing", "file", attributed("packing", plain, scale_factor=0.0), "scale_factor 0"),
    ("a box", "file", attributed("box", plain, grid_upper=[1.0, 2.0]), "attribute grid_upper is 2 on axis y"),
    ("outside", "samples", file("outside", a=bad), "point 18 (counted from 1)", "1 of 24 do"),
    ("no points", "samples", file("nopoints", a=points[:0]), "holds no points"),
    ("never written", "samples", file("empty", a=dict(shape=(24, 2))), "was never written"),
    ("missing", "samples", attributed("missing", np.where(points > 0.9, -1, points), _FillValue=-1.0), "are missing values"),
):
    dissipation(what, kind, path, *parts)
for what, weights, *parts in (("too few", np.ones(23), "23 weights for 24 points"), ("negative", np.arange(24) - 3.0, "weight 1 (counted"),
                              ("missing", None, "no dataset 'w'"), ("pairs", points, "24 x 2")):
    path = file("weights", a=points, **({} if weights is None else {"w": weights}))
    dissipation(what, "samples", path, *parts, key="p_sample_weights", more=["-p_sample_weights", "w"])
path = file("mask", a=plain, m=np.where(plain > 1.9, np.nan, 0.0), t=np.zeros(N).T)
fokker_planck("mask of nan", "file", path, "dataset 'm'", "is nan at", key="potential_mask", more=["-potential_mask", "m"])
fokker_planck("mask, turned", "file", path, TURNED, key="potential_mask", more=["-potential_mask", "t"])
fokker_planck("V is nan", "file", file("vnan", a=np.where(plain > 1.9, np.nan, plain)), "gives nan at")
SMOOTH = ["-potential_smoothing", "0.01"]
fokker_planck("points outside", "samples", file("voutside", a=bad), "point 18 (counted from 1)", more=SMOOTH)
fokker_planck("no weight", "samples", file("vzero", a=points, w=np.zeros(24)), "all weights of 'w'", "are 0", key="potential_sample_weights",
              more=[*SMOOTH, "-potential_sample_weights", "w"])

# A list may stand along any dimension.
weights = random.uniform(0, 1, 24)
starts = []
for shape in ((24,), (1, 24), (24, 1), (1, 24, 1)):
    path = file("lists", a=points, w=weights.reshape(shape))
    r = run("dissipation", *GRID, *DENSITY, "-p_density", "samples", "-p_path", path, "-p_dataset", "a", "-p_sample_weights", "w",
            ranks=RANKS)
    expect(r.status == 0, f"weights of shape {shape}: {r.err}")
    starts.append(r.series()["kl"] if r.status == 0 else None)
expect(starts.count(starts[0]) == 4 and starts[0], f"the same weights: {starts}")
LINE = ["-grid_n", "8"]
starts = {}
for kind, values in (("samples", points[:, 0]), ("file", plain[0])):
    for shape in ((-1,), (1, -1), (-1, 1)):
        path = file("line", even.reshape(-1), a=values.reshape(shape)) if shape == (-1,) and kind == "file" else file("line", a=values.reshape(shape))
        r = run("dissipation", *GRID, *DENSITY, *LINE, "-p_density", kind, "-p_path", path, "-p_dataset", "a", ranks=RANKS)
        expect(r.status == 0, f"{kind} of shape {shape} on one axis: {r.err}")
        starts.setdefault(kind, []).append(r.series()["kl"] if r.status == 0 else None)
expect(all(s.count(s[0]) == 3 and s[0] for s in starts.values()), f"the same on one axis: {starts}")
column = os.path.join(work, "column.h5")
with h5py.File(column, "w") as f:
    f["a"], f["y"] = plain, even[None, :]
    f["y"].make_scale("y")
    f["a"].dims[1].attach_scale(f["y"])
    f["a"].dims[0].label = "x"
r = run("dissipation", *GRID, *DENSITY, "-p_density", "file", "-p_path", column, "-p_dataset", "a", ranks=RANKS)
expect(r.status == 0, f"coordinates of shape 1 x 8: {r.err}")
finish()
