"""The ready inputs of otto tempering keep what their stories say, on coarser grids where those suffice."""

import math
import os

from common import SOURCE, close, expect, finish, needs, run

needs("numpy", "h5py")
import h5py
import numpy as np

seen = set()


def ready(name, *more):
    seen.add(name)
    r = run("tempering", os.path.join(SOURCE, f"inputs/tempering/{name}.yaml"), *more)
    expect(r.status == 0 and not r.failing(), f"{name}: exit {r.status}: {r.out[-1200:]}{r.err}")
    return r, r.series(), r.summary()["results"]


def circle():
    """The numbers of the story; p tends to 1, and in new coordinates to 1/J, of entropy ln 2 - 2 ln 1.5."""
    r, s, v = ready("circle_coordinates")
    close(s["tempering_entropy"][-1], 1.1054, 1e-4, "added in the box")
    close(s["tempering_entropy_new"][-1], 1.3269, 1e-4, "added in new coordinates")
    close(v["mean_log_jacobian_change"], 0.2215, 1e-3, "the change of E log J")
    expect(abs(s["entropy"][-1] + 0.0014) < 1e-4, f"p is nearly uniform: {s['entropy'][-1]}")
    expect(abs(s["entropy_new"][-1] - (math.log(2) - 2 * math.log(1.5))) < 0.01, f"and nearly 1/J: {s['entropy_new'][-1]}")
    expect(v["space_error"] < 2e-4, f"space_error {v['space_error']}")
    _, coarse, _ = ready("circle_coordinates", "-grid_n", 64)
    for k in range(4, len(s["t"])):  # once the residual has the sign it keeps
        ratio = coarse["law_residual"][k] / s["law_residual"][k]
        expect(3 < ratio < 5, f"four times as much is left on half of the cells: {ratio} in row {k}")


def torus():
    """On half the cells, to 4 times its space_error; later p is the Riemannian volume."""
    r, s, v = ready("conformal_torus", "-grid_n", "48,48")
    for name, right in (("tempering_entropy", 1.684), ("tempering_entropy_new", 2.244), ("riemannian_gain", 2.228)):
        close(s[name][-1], right, 1.5e-3, name)
    expect(all(b >= a for a, b in zip(s["riemannian_entropy"], s["riemannian_entropy"][1:])), "it only rises")
    r, s, v = ready("conformal_torus", "-grid_n", "32,32", "-time_stop", 0.25, "-time_samples", 3, "-output_fields", "0.25")
    with h5py.File(os.path.join(r.folder, "fields.h5")) as f:
        last = f[max((k for k in f if k.isdigit()), key=int)]
        u = last["u"][...]
        close(last["p"][...].sum() / 32**2, 1, 1e-12, "mass")
    expect(np.ptp(u) < 1e-3 * u.mean(), f"p is the Riemannian volume: {u.min()} to {u.max()}")


for part in (circle, torus):
    part()
there = {name[:-5] for name in os.listdir(os.path.join(SOURCE, "inputs/tempering")) if name.endswith(".yaml")}
expect(seen == there, f"every input: {seen ^ there}")
finish()
