"""ranks: 1 2; processors: 1
What a file says of itself: packing, missing values, names and order of dimensions, coordinates, boxes. Each is obeyed
(the values that a run starts from are those of numpy), or refused in one line that names file, dataset and attribute."""
import os, sys

import common

common.needs("numpy", "h5py")
import h5py
import numpy as np
from common import expect, finish, run, scratch, some

RANKS = int(sys.argv[1])
work = scratch()
N, LOWER, UPPER = (12, 7), (0.0, -1.0), (3.0, 1.0)
X, Y = (lo + (np.arange(n) + 0.5) * (up - lo) / n for n, lo, up in zip(N, LOWER, UPPER))
PLAIN = np.random.default_rng(7).integers(1, 200, N).astype(float)  # whole numbers: every type holds them
BASE = ["-grid_n", "12,7", "-grid_lower", "0,-1", "-grid_upper", "3,1", "-grid_boundary", "no_flux", "-heat_kernel",
        "lattice_exact", "-time_start", "1e-3", "-time_stop", "2e-3", "-time_samples", "2", "-check_integral_nodes", "0",
        "-check_space", "no", "-q_density", "uniform", "-output_fields", "0"]
RING = ["-grid_boundary", "periodic,no_flux"]
count = 0


class File:
    """A new file; `set` adds a dataset with attributes, and scales or names for its dimensions."""

    def __init__(self, netcdf=False):
        global count
        count += 1
        self.path = os.path.join(work, f"in{count}.nc")
        self.file = h5py.File(self.path, "w")
        if netcdf:
            self.file.attrs["_NCProperties"] = "version=2,netcdf=4.9.0,hdf5=1.10.8"

    def scale(self, name, values, label=None, **attributes):
        d = self.file.create_dataset(name, data=values)
        d.make_scale(label or name)
        d.attrs.update(attributes)
        return d

    def set(self, values, dims=(), name="p", **attributes):
        d = values if isinstance(values, h5py.Dataset) else self.file.create_dataset(name, data=values)
        for k, v in attributes.items():
            d.attrs[k] = v
        for i, dim in enumerate(dims):
            if isinstance(dim, h5py.Dataset):
                d.dims[i].attach_scale(dim)
            elif dim:
                d.dims[i].label = dim
        return self

    def done(self):
        self.file.close()
        return ["-p_density", "file", "-p_path", self.path, "-p_dataset", "p"]


def same(f, expected, what, *more, status=0):
    """A run from this file starts from `expected`, normalised."""
    r = run("dissipation", *BASE, *f.done(), *more, ranks=some(RANKS) or 1)
    expect(r.status == status, f"{what}: status {r.status}: {r.err[-300:]}")
    if r.status != status:
        return r
    with h5py.File(os.path.join(r.folder, "fields.h5")) as out:
        p = out["0/p"][...]
    expected = np.asarray(expected, float)
    expected = expected / (expected.sum() * 6 / 84)
    expect(p.shape == expected.shape and np.abs(p - expected).max() <= 1e-14 * expected.max(),
           f"{what}: the values, off by {np.abs(p - expected).max() if p.shape == expected.shape else p.shape}")
    return r


def refused(f, what, *parts, more=(), arguments=None):
    ranks = some(RANKS)
    if not ranks:
        return
    r = run("dissipation", *BASE, *(arguments or f.done()), *more, ranks=ranks)
    expect(r.status == 2 and r.err.startswith("otto: error: ") and r.err.strip().count("\n") == 0,
           f"{what}: refused in one line, not {r.status}: {r.err[-300:]}")
    for part in (*parts, *([os.path.basename(f.path)] if f else [])):
        expect(part in r.err, f"{what}: says {part!r}, not {r.err!r}")
    expect(not os.path.exists(r.folder), f"{what}: no folder")


# Packing and signs.
same(File().set((PLAIN - 3).astype(">i2"), scale_factor=2.0, add_offset=np.float32(6)), 2 * PLAIN, "packed, big-endian")
same(File().set((PLAIN / 2).astype(np.float32), scale_factor=np.array([4.0])), PLAIN, "scaled float32")
same(File().set(PLAIN.astype(np.uint8).view(np.int8), _Unsigned="true"), PLAIN, "_Unsigned true")
same(File().set((PLAIN.astype(int) - 100).astype(np.int8).view(np.uint8), _Unsigned="false", add_offset=101),
     PLAIN + 1, "_Unsigned false")
refused(File().set(PLAIN, scale_factor="twice"), "a text", "dataset 'p'", "scale_factor", "text")
refused(File().set(PLAIN, scale_factor=[1.0, 2.0]), "two factors", "dataset 'p'", "scale_factor holds 2 numbers")
refused(File().set(PLAIN, scale_factor=0.0), "no scale", "scale_factor 0")
refused(File().set(PLAIN, add_offset=np.nan), "no offset", "add_offset nan")
refused(File().set(PLAIN, _Unsigned="true"), "floats without a sign", "dataset 'p'", "_Unsigned")
refused(File().set(PLAIN.astype(int), _Unsigned="maybe"), "perhaps", "_Unsigned")
for near in ("ScaleFactor", "FillValue", "offset", "Slope", "missing", "fill_value"):
    refused(File().set(PLAIN, **{near: 2.0}), near, "dataset 'p'", f"attribute {near} is not understood", "scale_factor")

# What stands for nothing: mass 0, counted, said.
holes = np.zeros(N, bool)
holes[[0, 3, 11], [6, 2, 0]] = True
WITHOUT = np.where(holes, 0, PLAIN)


def masked(f, what, cells=3, expected=WITHOUT):
    r = same(f, expected, what)
    if r.status == 0:
        expect(r.summary()["results"].get("p_masked_cells") == (cells or None), f"{what}: {cells} cells in the summary")
        expect(f"p_path: {cells} of 84 cells have no value" in r.err, f"{what}: said on the terminal, not {r.err!r}")


masked(File().set(np.where(holes, 1e37, PLAIN).astype(np.float32), _FillValue=np.float64(1e37)), "a fill of another type")
masked(File().set(np.where(holes, np.nan, PLAIN), _FillValue=np.array([np.nan])), "NaN, as xarray has it")
masked(File().set(np.where(holes, -32768, PLAIN - 3).astype("i2"), scale_factor=2.0, add_offset=6.0, _FillValue=np.int16(-32768)),
       "a fill of packed numbers", expected=2 * WITHOUT)
masked(File().set(np.where(holes, 255, PLAIN).astype(np.uint8).view(np.int8), _Unsigned="true", _FillValue=np.int8(-1)),
       "a fill without a sign")
both = np.where(holes, -9.0, PLAIN)
both[5, 5] = -8
masked(File().set(both, missing_value=[-9.0, -8.0]), "several missing values", 4, np.where(both < 0, 0, PLAIN))
masked(File().set(np.where(holes, 250, PLAIN).astype("i2"), valid_range=np.array([0, 200], "i2")), "a valid range")
masked(File().set(np.where(holes, 250, PLAIN).astype("i2"), scale_factor=0.5, valid_max=100.0), "limits of values")
masked(File().set(np.where(holes, -5, PLAIN), valid_min=0.0), "a least value")
f = File(netcdf=True)
masked(f.set(f.file.create_dataset("p", data=np.where(holes, 9.96921e36, PLAIN).astype("f4"), fillvalue=np.float32(9.96921e36))),
       "what NetCDF fills a variable with")
for kind, usual in (("f4", 2.0**122 * 1.875), ("f8", 2.0**122 * 1.875), ("i2", -32767), ("u2", 65535), ("i4", -2147483647), ("u4", 2.0**32 - 1)):
    f = File()  # libraries before 4.4.1 leave no mark of their own on the file
    f.file.create_dataset("p", data=np.where(holes, usual, PLAIN).astype(kind), fillvalue=np.dtype(kind).type(usual))
    masked(f, f"a fill of older NetCDF, {kind}")
bare = "This is a netCDF dimension but not a netCDF variable.    "
for mark in ("_nc3_strict", "_Netcdf4Dimid", "bare"):
    f = File()
    d = f.file.create_dataset("p", data=np.where(holes, -7, PLAIN).astype("i4"), fillvalue=np.int32(-7))
    if mark == "bare":
        f.set(d, (f.scale("x", np.zeros(12, ">f4"), bare + "12"), f.scale("y", np.zeros(7, ">f4"), bare + "7")))
    else:
        (f.file if mark == "_nc3_strict" else d).attrs[mark] = np.int32(1)
    masked(f, f"NetCDF known by {mark}")
f = File()
f.file.create_dataset("p", data=np.maximum(PLAIN, 2), fillvalue=2.0)
same(f, np.maximum(PLAIN, 2), "a fill value in data that are whole")
f = File()
f.file.create_dataset("p", data=np.where(holes, np.nan, PLAIN), fillvalue=np.nan)
masked(f, "a fill that is no number")
through = np.where(holes, np.float64(np.float32(1e20)), PLAIN)
masked(File().set(through, _FillValue=1e20), "double data that were single once")
masked(File().set(through, missing_value=[-1.0, 1e20]), "and for missing_value")
masked(File().set(np.where(holes, 1e20, PLAIN), _FillValue=np.float32(1e20)), "a single attribute of double data")

# Chunks that were never written.
for attributes, fill, seen in (({}, -1.0, True), ({}, 300.0, True), ({}, np.nan, True), ({"_FillValue": 0.0}, None, True), ({"_FillValue": 7.0}, 300.0, True),
                               ({"missing_value": 0.0}, None, True), ({"valid_min": 0.5}, None, True), ({}, None, False)):
    for filters in ({}, {"compression": "gzip"}):
        f, what = File(), f"chunks left out, filled with {fill}, {attributes} {filters}"
        d = f.file.create_dataset("p", N, "f8", chunks=(4, 7), fillvalue=fill, **filters)
        d[:6] = np.maximum(PLAIN[:6], 8)
        if fill is None:
            d[6:8] = 9
        d.attrs.update(attributes)
        if seen:
            there = d[...]
            there[6 if fill is not None else 8:] = 0
            masked(f, what, int((there == 0).sum()), there)
        else:
            refused(f, what, "p_path: dataset 'p'", "1 of its 3 chunks were never written", "_FillValue")
refused(File().set(np.where(holes, np.nan, PLAIN)), "NaN that nothing announces", "gives nan at (0.125, 0.857143)")
refused(File().set(PLAIN.astype("i2"), _FillValue=1e37), "a fill that int16 cannot hold", "dataset 'p'", "_FillValue is 1e+37")
refused(File().set(PLAIN, _FillValue="none"), "a fill in words", "_FillValue", "text")
refused(File().set(PLAIN, valid_range=[5.0]), "half a range", "valid_range")
refused(File().set(PLAIN, valid_range=[5.0, 1.0]), "an empty range", "valid_range")
empty = File().set(np.full(N, -1.0), _FillValue=-1.0)
refused(None, "nothing but holes", "p_path", "no mass", arguments=empty.done())
f = File()
f.file.create_dataset("p", N)
refused(f, "never written", "dataset 'p'", "was never written")

# Names of dimensions.
f = File()
same(f.set(PLAIN.T, (f.scale("y", Y), f.scale("x", X))), PLAIN, "y, x with coordinates")
same(File().set(PLAIN.T, ("Y", "x1")), PLAIN, "labels")
f = File()
same(f.set(PLAIN.T[None], (f.scale("time", [3.0]), f.scale("y", Y), f.scale("x", X))), PLAIN, "time, y, x")
f = File()
same(f.set(PLAIN.T, (f.scale("y", np.zeros(7, ">f4"), bare + "7"), f.scale("x", np.zeros(12, ">f4"), bare + "12"))),
     PLAIN, "NetCDF's dimensions without coordinates")
f = File()
same(f.set(PLAIN.T, (f.scale("lat", Y, axis="Y"), f.scale("lon", X, axis="X"))), PLAIN, "CF's attribute axis")
f = File()
refused(f.set(PLAIN.T, (f.scale("lat", Y), f.scale("lon", X))), "unknown names", "dataset 'p'", "dimension 'l", "DIMENSION_LIST",
        "x, y", "grid_names")
f = File()
r = same(f.set(PLAIN.T, (f.scale("lat", Y), f.scale("lon", X))), PLAIN, "named axes", "-grid_names", "lon, lat")
with h5py.File(os.path.join(r.folder, "fields.h5")) as out:
    expect([list(d) for d in out["0/p"].dims] == [["lon"], ["lat"]], "and named so in the output")
f = File()
line = ["-grid_n", "12", "-grid_lower", "0", "-grid_upper", "3"]
r = run("dissipation", *BASE, *line, *f.set(PLAIN[::-1, 0], (f.scale("phi", X[::-1]),)).done(), ranks=RANKS)
expect(r.status == 0, f"one axis needs no name: {r.err}")
if r.status == 0:
    with h5py.File(os.path.join(r.folder, "fields.h5")) as out:
        expect(np.allclose(out["0/p"][...], PLAIN[:, 0] / PLAIN[:, 0].sum() * 4, rtol=1e-14), "one axis")
f = File()
refused(f.set(PLAIN, (f.scale("x", X), f.scale("x1", Y))), "one axis twice", "dataset 'p'", "DIMENSION_LIST", "axis x")
refused(File().set(PLAIN.T, ("x", "y")), "shapes", "has shape 7 x 12 (x, y); the grid is 12 x 7")
refused(File().set(PLAIN.T[None].repeat(2, 0), ("time", "y", "x")), "two times", "has shape 2 x 7 x 12 (time, y, x)")
same(File().set(PLAIN.T, MATLAB_class=np.bytes_("double")), PLAIN, "MATLAB's order")
f = File().set(PLAIN)
f.file["p"].attrs["DIMENSION_LIST"] = [1, 2]
refused(f, "nonsense", "dataset 'p'", "DIMENSION_LIST")
for names, part in (("a", "1 names for 2 axes"), ("a,a", "two axes"), ("a,b c", "no name"), ("p,q", "name of a field")):
    refused(None, names, "grid_names", part, arguments=["-p_density", "uniform", "-grid_names", names])

# Names said by other conventions; on a square grid nothing else would tell.
SQUARE = PLAIN[:7].copy()
SEVEN = ["-grid_n", "7,7", "-grid_upper", "1.75,1"]
X7 = (np.arange(7) + 0.5) / 4


def square(f, what, expected=SQUARE):
    ranks = some(RANKS)
    if not ranks:
        return
    r = run("dissipation", *BASE, *SEVEN, *(f if isinstance(f, list) else f.done()), ranks=ranks)
    expect(r.status == 0, f"{what}: {r.err[-300:]}")
    if r.status == 0:
        with h5py.File(os.path.join(r.folder, "fields.h5")) as out:
            expect(np.allclose(out["0/p"][...], expected / (expected.sum() / 14), rtol=1e-13), f"{what}: the values")


for attribute, names in (("_ARRAY_DIMENSIONS", ["y", "x"]), ("_ARRAY_DIMENSIONS", '["y", "x"]'), ("axes", "y:x"), ("axes", "[y, x]"),
                         ("axes", ["y", "x"]), ("DimensionNames", "y,x"), ("dim_names", np.array([b"y", b"x"])), ("axisLabels", ["y", "x"])):
    square(File().set(SQUARE.T, **{attribute: names}), f"{attribute} {names}")
    wrong = "x:x" if attribute == "axes" else ["x", "x"]
    refused(File().set(SQUARE.T, **{attribute: wrong}), f"{attribute} twice the same", "two dimensions", more=SEVEN)
square(File().set(SQUARE, dimensions="7x7"), "some other dimensions")
refused(File().set(SQUARE, axes="x"), "one name of two", "dataset 'p'", "attribute axes is not understood", more=SEVEN)
refused(File().set(SQUARE, _ARRAY_DIMENSIONS=[1, 0]), "numbers", "attribute _ARRAY_DIMENSIONS is not understood", more=SEVEN)
refused(File().set(SQUARE, _ARRAY_DIMENSIONS=["lat", "lon"]), "unknown", "dimension 'l", "grid_names", more=SEVEN)
refused(File().set(SQUARE, ("x", "y"), axes=["y", "x"]), "contradiction", "attribute axes calls dimension 1 'y', which is 'x' elsewhere", more=SEVEN)
refused(File().set(SQUARE, dataOrder="F"), "Fortran's order", "attribute dataOrder", more=SEVEN)


def group(values, at="e/p", attributes={}, **siblings):
    f = File()
    f.set(values, name=at)
    folder = f.file[at].parent
    folder.attrs.update(attributes)
    for name, value in siblings.items():
        folder[name] = value
    return [*f.done()[:-1], at]


NX = {"NX_class": "NXdata", "signal": "p"}
square(group(SQUARE.T, attributes={**NX, "axes": ["y", "x"]}, x=X7, y=Y), "NXdata")
square(group(SQUARE.T[::-1], attributes={**NX, "axes": ["y", "x"]}, x=X7, y=Y[::-1]), "NXdata, downwards")
square(group(SQUARE.T, attributes={**NX, "axes": ["y", "."]}), "NXdata, one name")
square(group(SQUARE.T, attributes={**NX, "y_indices": 0, "x_indices": 1}), "NXdata, indices")
refused(None, "indices contradict", "attribute x_indices calls dimension 2 'x', which is 'y' elsewhere", more=SEVEN,
        arguments=group(SQUARE, attributes={**NX, "axes": ["x", "y"], "x_indices": 1}))
refused(None, "axes of a signal", "attribute axes (of its group) is not understood", more=SEVEN,
        arguments=group(SQUARE, attributes={**NX, "axes": ["x", "y", "z"]}))
octave = {"OCTAVE_NEW_FORMAT": np.uint8(1)}
square(group(SQUARE.T, "p/value", octave, type=np.bytes_("matrix")), "Octave's order")

# Coordinates that stand beside a dataset.
square(group(SQUARE[::-1], x=X7[::-1]), "beside it, downwards")
square(group(SQUARE, x=X7, y=Y), "beside it")
square(group(SQUARE, x=np.random.default_rng(1).permutation(7), y=np.zeros(5)), "no coordinates")
refused(None, "another box beside it", "coordinates of dimension 'x' run from 1.125 to 2.625", more=SEVEN, arguments=group(SQUARE, x=1 + X7))
refused(None, "logarithmic", "coordinates of dimension 'y' run from", "unevenly", more=SEVEN, arguments=group(SQUARE, y=np.exp(Y)))
line = ["-grid_n", "12", "-grid_lower", "0", "-grid_upper", "3"]
r = run("dissipation", *BASE, *line, *group(np.arange(1.0, 13), "x"), ranks=RANKS)
expect(r.status == 0, f"a dataset is not its own coordinates: {r.err}")
f = File()
f.file["lon"], f.file["lat"] = np.tile(X[:, None], (1, 7)), np.tile(Y, (12, 1))
refused(f.set(PLAIN, ("x", "y"), coordinates="lon lat"), "a curved grid", "dataset 'p'", "attribute coordinates names 'lon', of 2 dimensions")
f = File()
i = f.scale("i", np.zeros(12, ">f4"), "This is a netCDF dimension but not a netCDF variable.    12")
f.file["where"], f.file["height"] = X[::-1], 3.0
f.file["where"].dims[0].attach_scale(i)
same(f.set(PLAIN[::-1], (i, "y"), coordinates="where height"), PLAIN, "auxiliary coordinates", "-grid_names", "i,y")
for what, edges, said in (("edges", np.stack([X - 0.125, X + 0.125], 1), ""), ("downwards", np.stack([X + 0.125, X - 0.125], 1), ""),
                          ("other edges", np.stack([X, X + 0.25], 1), "cell 1 of 'b' is from 0.125 to 0.375, the grid's from 0 to 0.25"),
                          ("corners", np.zeros((12, 4)), "'b', which is not two numbers a cell")):
    f = File()
    f.file["b"] = edges
    f.set(PLAIN, (f.scale("x", X, bounds="b"),))
    if said:
        refused(f, what, "coordinates of dimension 'x': attribute bounds", said)
    else:
        same(f, PLAIN, what)
f = File()
refused(f.set(PLAIN, (f.scale("lat", X - 1, axis="X"), f.scale("lon", Y, axis="Y"))), "another box by CF", "coordinates of dimension 'lat'",
        """attribute axis = "X" of 'lat' makes it axis x""")
f = File()
refused(f.set(PLAIN, (f.scale("lon", X, axis="Y"), f.scale("lat", Y, axis="X"))), "CF's axes the other way round", "has shape 12 x 7 (lon, lat)",
        "makes it axis")

# Coordinates.
f = File()
same(f.set(PLAIN.T[::-1, ::-1], (f.scale("y", Y[::-1]), f.scale("x", X[::-1]))), PLAIN, "downwards")
f = File()
same(f.set(PLAIN.T, (f.scale("y", Y.astype("f4")), f.scale("x", X.astype(">f4")))), PLAIN, "single precision")
f = File()
same(f.set(PLAIN, (f.scale("x", (X + 20000.1).astype("f4")),)), PLAIN, "single precision far from 0, errs by half a hundredth",
     "-grid_lower", "20000.1,-1", "-grid_upper", "20003.1,1")
f = File()
packed = f.scale("x", np.arange(12).astype("i2"), scale_factor=0.25, add_offset=0.125)
same(f.set(f.file.create_dataset("p", data=PLAIN[::-1].T[:, ::-1], chunks=(3, 5), compression="gzip"), ("y", packed)), PLAIN,
     "packed coordinates, compressed data")
f = File()
same(f.set(np.roll(PLAIN, -5, 0), (f.scale("x", np.roll(X, -5)),)), PLAIN, "a ring that begins elsewhere", *RING)
f = File()
same(f.set(np.roll(PLAIN, -5, 0)[::-1], (f.scale("x", 3 + np.arange(12)[::-1] * 0.25 + X[5]),)), PLAIN,
     "further round and backwards", *RING)
f = File()
ends = np.concatenate([PLAIN, PLAIN[:1]])
same(f.set(ends, (f.scale("x", np.append(X, X[0] + 3)),)), PLAIN, "both ends of a ring", *RING)
f = File()
ends[12, 3] += 1
refused(f.set(ends, (f.scale("x", np.append(X, X[0] + 3)),)), "ends that differ", "dimension 'x'", "differ by 1", more=RING)
refused(File().set(ends), "both ends without coordinates", "has shape 13 x 7", "both ends of a periodic axis?", more=RING)
f = File()
nodes = f.scale("x", np.linspace(0, 3, 12, endpoint=False))
refused(f.set(PLAIN, (nodes,)), "nodes", "dataset 'p'", "coordinates of dimension 'x'", "from 0 to 2.75",
        "grid_lower -0.125 to grid_upper 2.875", "from 0.125 to 2.875")
f = File()
refused(f.set(ends, (f.scale("x", np.linspace(0, 3, 13)),)), "nodes, both ends", "12 cells from grid_lower -0.125", more=RING)
f = File()
uneven = X.copy()
uneven[4] += 0.01
refused(f.set(PLAIN, (f.scale("x", uneven),)), "uneven", "coordinates of dimension 'x'",
        "unevenly (entry 5 is 1.135, 1.125 is expected)")
f = File()
refused(f.set(np.roll(PLAIN, -5, 0), (f.scale("x", np.roll(X, -5)),)), "walls do not roll", "coordinates of dimension 'x'")
f = File()
refused(f.set(PLAIN, (f.scale("x", X + 3),)), "the box beside it", "coordinates of dimension 'x' run from 3.125 to 5.875")
f = File()
refused(f.set(PLAIN, (f.scale("x", np.where(X > 2.8, np.nan, X)),)), "no number", "coordinates of dimension 'x'", "missing")
f = File()
refused(f.set(PLAIN, (f.scale("x", X[:-1]),)), "too few", "coordinates of dimension 'x'", "DIMENSION_LIST")
f = File()
refused(f.set(PLAIN, (f.scale("x", [b"a"] * 12),)), "words", "coordinates of dimension 'x'", "no numbers")
f = File()
f.file["real"] = X
layout = h5py.VirtualLayout(12, "f8")
layout[:] = h5py.VirtualSource(f.file["real"])
virtual = f.file.create_virtual_dataset("x", layout)
virtual.make_scale("x")
refused(f.set(PLAIN, (virtual,)), "a virtual scale", "coordinates of dimension 'x'", "other datasets")

# The box that Otto writes.
first = same(File().set(PLAIN), PLAIN, "plain")
own = ["-p_density", "file", "-p_path", os.path.join(first.folder, "fields.h5"), "-p_dataset", "0/p"]
again = run("dissipation", *BASE, *own, ranks=RANKS)
expect(again.status == 0 and again.series()["kl"] == first.series()["kl"], f"its own file: {again.err}")
refused(None, "another box", "fields.h5", "0/p", "coordinates of dimension 'x'", arguments=[*own, "-grid_upper", "3,1.5", "-grid_lower", "0.1,-1"])
f = File().set(PLAIN)
f.file.attrs.update(grid_lower=[0.0, -1.0], grid_upper=[3.0, 1.5])
refused(f, "another box", "dataset 'p'", "attribute grid_upper is 1.5 on axis y")
f = File().set(PLAIN, grid_lower=np.zeros(3))
refused(f, "a box of more axes", "attribute grid_lower holds 3 numbers")
open(f.path, "wb").write(b"CDF\x01" + bytes(100))
refused(f, "NetCDF 3", "nccopy", arguments=["-p_density", "file", "-p_path", f.path, "-p_dataset", "p"])
finish()
