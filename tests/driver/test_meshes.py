"""processors: 2
Meshes of ranks: the first two axes dealt to 2 x 2, 3 x 2 or 1 x 3 of them give the series of one rank, to 1e-10 of each
column's scale, the solver's, 1e-12 for the heat flow; files come and go by boxes; ranks may exceed the cells of the first axis;
what does not serve a mesh says so in one line.

With --all every input of fokker-planck and every kernel on every mesh; else one of two axes, one of three, and points of a
file, and a mesh of three ranks at every second."""
import math, os, re, sys

import common
from common import *

common.needs("numpy", "h5py")
import h5py
import numpy as np

work = scratch()
points = os.path.join(work, "points.h5")
with h5py.File(points, "w") as f:  # three clouds in the box of samples_2d
    rng = np.random.default_rng(3)
    f["points"] = np.concatenate([rng.normal(c, 0.05, (400, 2)) for c in ((0.3, 0.3), (0.5, 0.7), (0.7, 0.4))])

SMALL = {
    "rotating_trap_2d": ["-grid_n", "22,17", "-time_stop", "0.5", "-ts_dt", "0.02"],
    "kramers_3d": ["-grid_n", "13,8,6", "-time_stop", "0.6", "-ts_dt", "0.05", "-spectrum_count", "0"],
    "samples_2d": ["-grid_n", "24,22", "-potential_path", points],
    "double_well_2d": ["-grid_n", "25,20"],
    "mueller_brown_2d": ["-grid_n", "26,23"],
    "ou_2d": ["-grid_n", "21,19"],
    "steered_well_2d": ["-grid_n", "20,18"],
}
every = "--all" in sys.argv
for name in list(SMALL) if every else list(SMALL)[:3]:
    case = ["fokker-planck", f"inputs/fokker-planck/{name}.yaml", *SMALL[name], "-time_samples", "3", "-output_fields", "none"]
    reference = run(*case)
    expect(reference.status in (0, 1), f"{name}: {reference.err}")  # a coarse grid: space_error says so
    for ranks, mesh in ((4, "2,2"), (6, "3,2"), (3, "1,3")) if every else ((4, "2,2"), (3, "1,3"))[: 1 + (name == "kramers_3d")]:
        r = run(*case, "-grid_mesh", mesh, ranks=ranks)
        expect(r.status == reference.status, f"{name} on {mesh}: exit {r.status}, not {reference.status}: {r.err[-300:]}")
        if r.status in (0, 1):
            alike(r, reference, 1e-10, f"{name} on {mesh}")
            expect(r.failing() == reference.failing(), f"{name} on {mesh}: {r.failing()} fail")

# A run's fields on a mesh are those of one rank, and may be read on another.
case = ["fokker-planck", "-grid_n", "7,5,3", "-grid_boundary", "no_flux,periodic,no_flux", "-check_space", "no", "-check_time",
        "no", "-p_density", "gaussian_mixture", "-p_mean", "0.3,0.4,0.5", "-p_sigma", "0.3", "-time_stop", "0.01", "-time_samples",
        "2", "-ts_dt", "0.005", "-output_fields", "0,0.01"]
one, four = run(*case), run(*case, "-grid_mesh", "2,2", ranks=4)
with h5py.File(os.path.join(one.folder, "fields.h5")) as a, h5py.File(os.path.join(four.folder, "fields.h5")) as b:
    names = []
    a.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    expect(len(names) > 5, "there are fields")
    for name in names:
        x, y = a[name][...], b[name][...]
        if x.dtype.kind == "f":
            expect(x.shape == y.shape and np.allclose(x, y, rtol=1e-9, atol=1e-9 * np.abs(x).max(initial=0)), f"field {name}")
again = run(case[0], *over(case[1:-2], "-output_fields", "none", "-p_density", "file", "-p_path", os.path.join(four.folder, "fields.h5"),
                           "-p_dataset", "1/p", "-grid_mesh", "1,3"), ranks=3)
expect(again.status in (0, 1), f"a field is read on another mesh: {again.err}")
if again.status in (0, 1):
    close(again.series()["entropy_p"][0], one.series()["entropy_p"][-1], 1e-9, "and is the same")

for mesh, ranks, part in (("2,2", 1, "there are 1"), ("2", 2, "two"), ("auto,2", 2, "grid_mesh"), ("0,2", 2, "whole number"), ("1.5,2", 3, "whole number"),
                          ("1,2", 2, "second axis"), ("2,1", 2, "the 1 cell of the first axis")):
    n = "8,1" if part == "second axis" else "1,8" if "first axis" in part else "8,8"
    r = run("fokker-planck", "-grid_n", n, "-p_density", "uniform", "-time_stop", "1", "-time_samples", "2", "-grid_mesh", mesh,
            ranks=ranks)
    expect(r.status == 2 and r.err.count("\n") == 1 and "grid_mesh" in r.err and part in r.err, f"{mesh}: {r.status} {r.err}")
# The heat flow by every kernel, in two and three dimensions.
PAIR = ["-p_density", "gaussian_mixture", "-p_sigma", "0.15", "-q_density", "gaussian_mixture", "-q_sigma", "0.2", "-output_fields", "none"]
HEAT = [*PAIR, "-time_start", "3e-3", "-time_stop", "6e-3", "-time_samples", "2", "-check_space", "no"]
LATE = [*PAIR, "-time_start", "0.1", "-time_stop", "0.2", "-time_samples", "2"]  # with what lies beyond open faces
MEANS = {2: ["-p_mean", "0.4,0.5", "-q_mean", "0.6,0.45"], 3: ["-p_mean", "0.4,0.5,0.5", "-q_mean", "0.6,0.5,0.4"]}
for turn, (kernel, n, boundary, keys) in enumerate((("spectral", "19,16", "periodic", HEAT), ("lattice", "9,8,10", "no_flux,periodic,no_flux", HEAT),
                                  ("lattice_exact", "17,14", "no_flux", HEAT), ("gaussian_exact", "21,20,20", "open", HEAT),
                                  ("lattice_exact", "9,8", "open", LATE), ("lattice_exact", "6,5,7", "no_flux,periodic,open", LATE),
                                  ("gaussian_exact", "5,6,7", "open,periodic,no_flux", LATE))):  # fmt: skip
    case = ["dissipation", "-grid_n", n, "-grid_boundary", boundary, "-heat_kernel", kernel, *keys, *MEANS[n.count(",") + 1]]
    reference = run(*case)
    expect(reference.status in (0, 1), f"{kernel}: {reference.err}")
    for ranks, mesh in ((4, "2,2"), (3, "1,3"))[: 1 + (every or turn % 2)]:
        r = run(*case, "-grid_mesh", mesh, ranks=ranks)
        expect(r.status == reference.status, f"{kernel} on {mesh}: exit {r.status}: {r.err[-300:]}")
        if kernel in ("spectral", "lattice"):  # one density sent while the other is transformed: the same to the last letter
            again = run(*case, "-grid_mesh", mesh, "-transform_overlap", "yes", ranks=ranks)
            a, b = (open(os.path.join(x.folder, "series.csv")).read() for x in (r, again))
            expect(again.status == r.status and a == b, f"{kernel} on {mesh}: overlapped transforms")
        if r.status in (0, 1):
            series, expected = r.series(), reference.series()
            for name in expected:
                if "residual" in name:  # itself rounding
                    continue
                scale = max((abs(v) for v in expected[name] if math.isfinite(v)), default=1) or 1
                if name.startswith(("mean", "covariance", "min")):  # of densities of mass 1 in a box of 1
                    scale = max(1, scale)
                for a, b in zip(series[name], expected[name]):
                    expect(a == b or (a != a and b != b) or abs(a - b) <= 1e-12 * scale, f"{kernel} on {mesh}, {name}: {a!r}, {b!r}")
            if keys is LATE:
                for a, b in zip(r.errors("space")["kl"], reference.errors("space")["kl"]):  # six digits are written
                    expect((a != a and b != b) or abs(a - b) <= 2e-5 * b, f"{kernel} on {mesh}, error of kl: {a!r}, {b!r}")

# What it takes in memory is asked for before a run: 14 bytes a cell at most, or 28 on a mesh.
HUGE = ["dissipation", "-grid_n", "50000,40000", "-heat_kernel", "spectral", *HEAT, *MEANS[2]]
asked = {}
for mesh in ("2,1", "1,2"):
    for overlap in ("no", "yes"):
        r = run(*HUGE, "-grid_mesh", mesh, "-transform_overlap", overlap, ranks=2)
        said = re.search(r"needs about ([\d.e+]+) GB", r.err)
        expect(r.status == 2 and said, f"a grid beyond the memory: {r.status} {r.err}")
        asked[mesh, overlap] = float(said[1]) if said else math.nan
for mesh, more in (("2,1", 14), ("1,2", 28)):
    expect(abs(asked[mesh, "yes"] - asked[mesh, "no"] - 2 * more) <= 1, f"2e9 cells on {mesh}: {asked}")  # three digits of 270

# A step of jko with an interaction, and transport between two densities.
jko = ["gradient-flow", "-grid_n", "12,10", "-grid_boundary", "no_flux", *PAIR[:4], "-p_mean", "0.4,0.5", "-flow_scheme", "jko", "-ts_dt",
       "0.02", "-time_stop", "0.02", "-time_samples", "2", "-energy_interaction_type", "gaussian", "-energy_interaction_strength", "0.2",
       "-energy_interaction_length", "0.3", "-check_space", "no", "-check_time", "no", "-output_fields", "none"]  # fmt: skip
one, mesh = run(*jko), run(*jko, "-grid_mesh", "1,2", ranks=2)
expect(one.status in (0, 1) and mesh.status == one.status, f"jko on a mesh: {one.status}, {mesh.status}: {one.err} {mesh.err}")
if one.status in (0, 1) and mesh.status in (0, 1):
    for name in ("energy", "energy_interaction", "w2_upper"):
        close(mesh.series()[name][-1], one.series()[name][-1], 1e-9, f"jko on a mesh, {name}")
between = ["transport", "-grid_n", "14,12", "-grid_boundary", "no_flux,periodic", *PAIR, *MEANS[2], "-check_space", "no"]
one, mesh = run(*between), run(*between, "-grid_mesh", "1,2", ranks=2)
expect(one.status in (0, 1) and mesh.status == one.status, f"transport on a mesh: {one.status}, {mesh.status}: {one.err} {mesh.err}")
if one.status in (0, 1) and mesh.status in (0, 1):
    for name in ("w2_lower", "w2_upper", "w1_lower", "w1_upper", "sinkhorn", "mmd2", "energy_distance"):
        close(mesh.summary()["results"][name], one.summary()["results"][name], 1e-8, f"transport on a mesh, {name}")

# auto: more ranks than cells on the first axis are dealt to the second; where no mesh fits, the largest number that does is named.
case = ["dissipation", "-grid_n", "2,9", *HEAT, *MEANS[2], "-heat_kernel", "lattice"]
one, three = run(*case), run(*case, ranks=3)
expect(three.status == one.status, f"2 cells on 3 ranks: {three.status} {three.err}")
if three.status in (0, 1):
    close(three.series()["kl"][-1], one.series()["kl"][-1], 1e-12, "2 cells on 3 ranks")
    expect(three.summary()["grid"]["mesh"] == [1, 3] and "on 3 ranks, 1 x 3" in three.out, f"what was chosen is said: {three.out[-300:]}")
# and so is the finer grid of its estimate, which is the same on any mesh
case = ["dissipation", "-grid_n", "1,9", *PAIR, "-time_start", "3e-3", "-time_stop", "6e-3", "-time_samples", "2", *MEANS[2], "-heat_kernel", "spectral"]
one, three = run(*case), run(*case, ranks=3)
expect(three.status == one.status, f"an estimate of 1 cell on 3 ranks: {three.status}, not {one.status}: {three.err}")
if three.status in (0, 1):
    found, expected = three.errors("space")["kl"], one.errors("space")["kl"]
    for a, b in zip(found, expected):
        close(a, b, 1e-9, "an estimate of 1 cell on 3 ranks")
r = run(*[*case, "-grid_n", "2,9", "-check_space", "no"], "-transform_engine", "fftw_mpi", ranks=3)
expect(r.status == 2 and "fftw_mpi cannot deal 2 planes to 3 ranks" in r.err, f"fftw_mpi has planes alone: {r.status} {r.err}")
r = run(*[*case, "-grid_n", "2,9"], "-transform_engine", "fftw_mpi", "-grid_mesh", "1,3", ranks=3)
expect(r.status == 2 and "grid_mesh: transform_engine fftw_mpi" in r.err, f"and says so of a mesh: {r.status} {r.err}")
r = run("dissipation", "-grid_n", "2,1", *HEAT, *MEANS[2], ranks=3)
expect(r.status == 2 and "the largest number of ranks that works is 2" in r.err, f"no mesh fits: {r.status} {r.err}")
finish()
