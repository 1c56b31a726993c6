"""processors: 2
Meshes of ranks: the first two axes dealt to 2 x 2, 3 x 2 or 1 x 3 of them give the series of one rank, to 1e-10 of each
column's scale, the solver's; files come and go by boxes; what does not serve a mesh says so in one line.

With --all every input of fokker-planck; else one of two axes, one of three, and points of a file."""
import os, sys

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
    for ranks, mesh in ((4, "2,2"), (6, "3,2"), (3, "1,3")) if every else ((4, "2,2"), (3, "1,3")):
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
again = run(*case[:-2], "-output_fields", "none", "-p_density", "file", "-p_path", os.path.join(four.folder, "fields.h5"),
            "-p_dataset", "1/p", "-grid_mesh", "1,3", ranks=3)
expect(again.status in (0, 1), f"a field is read on another mesh: {again.err}")
if again.status in (0, 1):
    close(again.series()["entropy_p"][0], one.series()["entropy_p"][-1], 1e-9, "and is the same")

for mesh, ranks, part in (("2,2", 1, "there are 1"), ("2", 2, "two"), ("0,2", 2, "whole number"), ("1.5,2", 3, "whole number"),
                          ("1,2", 2, "second axis")):
    n = "8,1" if part == "second axis" else "8,8"
    r = run("fokker-planck", "-grid_n", n, "-p_density", "uniform", "-time_stop", "1", "-time_samples", "2", "-grid_mesh", mesh,
            ranks=ranks)
    expect(r.status == 2 and r.err.count("\n") == 1 and "grid_mesh" in r.err and part in r.err, f"{mesh}: {r.status} {r.err}")
r = run("dissipation", "-grid_n", "8,8", "-p_density", "uniform", "-q_density", "uniform", "-time_start", "1", "-time_stop", "2",
        "-time_samples", "2", "-grid_mesh", "1,2", ranks=2)
expect(r.status == 2 and "grid_mesh" in r.err, f"dissipation says that it takes no mesh: {r.status} {r.err}")
finish()
