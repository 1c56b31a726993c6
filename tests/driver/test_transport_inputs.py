"""The ready inputs of otto transport keep what their stories say, and its fields are what the numbers are made of."""

import math
import os

from common import SOURCE, close, expect, finish, needs, run

needs("numpy", "h5py")
import h5py
import numpy as np


def ready(name, *more, ranks=1):
    r = run("transport", os.path.join(SOURCE, f"inputs/transport/{name}.yaml"), *more, ranks=ranks)
    expect(r.status == 0, f"{name}: exit {r.status}: {r.out[-800:]}{r.err}")
    return r, r.summary()["results"]


def inside(v, name, low, high, what):
    expect(low <= v[name + "_lower"] <= v[name + "_upper"] <= high, f"{what}: {v[name + '_lower'], v[name + '_upper']}")


def fields(r, sample=0):
    with h5py.File(os.path.join(r.folder, "fields.h5")) as file:
        group, dim = file[str(sample)], file["0/p"].ndim
        return {k: d[...] for k, d in group.items() if isinstance(d, h5py.Dataset) and d.ndim == dim}


# ---- two points: every number in closed form
r, v = ready("deltas_everything_2d")
far = 50 / 128
for name in ("w2_lower", "w2_upper"):
    close(v[name], far, 1e-12, name)
close(v["sinkhorn"], far**2, 1e-9, "sinkhorn of two points")
close(v["energy_distance"], 2 * far, 1e-12, "energy distance of two points")
low, high = v["w1_lower"] - v["w1_to_atoms"], v["w1_upper"] + v["w1_to_atoms"]
expect(low <= far <= high and v["w1_upper"] - v["w1_lower"] <= 0.05 * v["w1_upper"], f"W1 of two points in {low, high}")
expect(v["tv"] == 1 and all(float(v[k]) == math.inf for k in ("kl", "chi2", "renyi")), "divergences know no distance")
close(v["js"], math.log(2), 1e-14, "js of two points")
s = r.series()
for t, kl, bound in list(zip(s["t"], s["kl"], s["kl_bound"]))[1:]:
    close(kl, far**2 / 4 / t, 1e-9, f"D_t at {t}")
    close(bound, far**2 / 4 / t, 1e-12, f"its bound at {t}")
worst = {c["name"]: c["value"] for c in r.summary()["checks"]}["space_error"]
expect(v["space_error_column"] == "h_minus_1" and 0.1 < worst < 0.2, f"space_error of points: {worst}")

# ---- three dimensions against Bures' formula
r, v = ready("gaussians_3d", "-w1_gap", 0.2, "-check_space", "no", ranks=2)
bures = math.sqrt(0.15**2 + 0.08**2 + 0.02**2 + 0.01**2 + 0.01**2 + 0.005**2)
expect(v["w2_lower"] - v["w2_cell_bias"] <= bures <= v["w2_upper"] + v["w2_cell_bias"], f"Bures' {bures}")
inside(v, "w2", 0.171, 0.174, "W2 of Gaussians, above the formula by what atoms cannot split")

# ---- discs: fields, and what they say
r, v = ready("discs_2d")
inside(v, "w2", 0.2180, 0.2186, "W2 of the discs")
f, h = fields(r), 1 / 256
names = {"p", "q", "phi", "psi", "w1_potential", "map_x", "map_y", "flux_x", "flux_y"}
expect(set(f) == names, f"fields: {sorted(set(f) ^ names)}")
p, q = f["p"] * h * h, f["q"] * h * h
close(p.sum(), 1, 1e-12, "mass of p"), close(q.sum(), 1, 1e-12, "mass of q")
dual = 2 * ((f["phi"] * p).sum() + (f["psi"] * q).sum())
close(dual, v["w2_lower"] ** 2, 1e-9, "the potentials prove the lower bound")
x = (np.arange(256) + 0.5) * h
random = np.random.default_rng(11)
some = random.integers(0, 256, (4, 200000))
cost = 0.5 * ((x[some[0]] - x[some[2]]) ** 2 + (x[some[1]] - x[some[3]]) ** 2)
slack = cost - f["phi"][some[0], some[1]] - f["psi"][some[2], some[3]]
expect(slack.min() >= -1e-12, f"phi(x) + psi(y) <= |x-y|²/2 in 200000 pairs: {slack.min()}")
moved = ((f["map_x"] ** 2 + f["map_y"] ** 2) * p).sum()
expect(abs(math.sqrt(moved) / v["w2_upper"] - 1) < 0.02, f"the map's own cost: {math.sqrt(moved)}")
mean = (f["map_x"] * p).sum() - (x[:, None] * (q - p)).sum()
expect(abs(mean) < 1e-3, f"its mean is the shift of the means: off by {mean}")
u = f["w1_potential"]
rise = max(np.abs(np.diff(u, axis=0)).max(), np.abs(np.diff(u, axis=1)).max()) / h
expect(0.9 < rise <= 1 + 1e-9, f"the potential of W1 has slope 1: {rise}")
expect((u * (p - q)).sum() > 0.98 * v["w1_lower"], "and nearly proves its bound on cells")
length = np.hypot(f["flux_x"], f["flux_y"]).sum() * h * h
expect(0.98 * v["w1_lower"] < length <= v["w1_upper"] * (1 + 1e-12), f"the flux's length: {length}")
with h5py.File(os.path.join(r.folder, "fields.h5")) as file:
    shares = [file[str(k)].attrs["time"] for k in range(1, 7)]
    expect(np.allclose(shares, np.arange(6) / 5), f"frames by share of the way: {shares}")
    units = {k: file[f"0/{k}"].attrs["unit"] for k in names}
units = {k: u.decode() if isinstance(u, bytes) else str(u) for k, u in units.items()}
right = {"phi": "length^2", "w1_potential": "length", "map_x": "length", "p": "1/volume"}
expect(all(units[k] == unit for k, unit in right.items()), f"units of fields: {units}")
centre = [(x[:, None] * fields(r, k)["frame"]).sum() * h * h for k in range(1, 7)]
spread = [((x[:, None] - 0.5) ** 2 * fields(r, k)["frame"]).sum() * h * h for k in range(1, 7)]
expect(np.abs(np.array(centre) - 0.5).max() < 1e-3, f"frames stay about the middle: {centre}")
second = np.diff(spread, 2)
expect(np.all(second > 0) and np.ptp(second) < 0.05 * second.mean(), f"and spread like s², at constant speed: {second}")
end = np.abs(fields(r, 6)["frame"] - f["q"]).sum() * h * h / 2
# boxes overlap at the tear and along edges, and the gap of 2e-3 leaves them where they are
expect(end < 0.3, f"the last is q, to {end} in total variation")

# ---- unbalanced: the reach decides what is carried and what is made
by_reach = {}
for reach in (0.02, 0.15, 0.5):
    r, v = ready("unbalanced_2d", "-sinkhorn_reach", reach, "-check_space", "no", "-output_fields", "none")
    by_reach[reach] = v["sinkhorn"]
    said = "masses 0.999969 of p and 1.49929 of q: sinkhorn weighs them"
    expect(said in " ".join(r.out.split()), f"masses are said: {r.out[:300]}")
close(by_reach[0.15], 0.0168, 5e-3, "sinkhorn at a reach of 0.15")
expect(by_reach[0.02] < by_reach[0.15] < by_reach[0.5], f"a longer reach costs more: {by_reach}")
expect(by_reach[0.15] < 0.1**2 + 0.5 * 0.15**2, "less than to move one blob and to make the other")
inside(v, "w2", 0.304, 0.307, "balanced, both are scaled to mass 1")
finish()
