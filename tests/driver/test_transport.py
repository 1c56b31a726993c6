"""Distances of two densities by otto transport: closed forms inside its intervals, what must not change them, and bad input."""

import csv, math, os, random

from common import close, expect, finish, over, run, sound

NONE = ["-output_fields", "none", "-check_space", "no"]


def go(*arguments, ranks=1, status=0):
    r = run("transport", *arguments, ranks=ranks)
    expect(r.status == status, f"{' '.join(map(str, arguments))} on {ranks}: exit {r.status}: {r.err[-300:]}{r.out[-1500:]}")
    return r.summary()["results"] if r.status in (0, 1) else {}


def holds(v, name, right, what, rel=1e-12):
    low, high = v.get(f"{name}_lower", math.nan), v.get(f"{name}_upper", math.nan)
    expect(low <= right * (1 + rel) and right <= high * (1 + rel), f"{what}: {right} in [{low}, {high}]")


def mixture(of, mean, sigma):
    return [f"-{of}_density", "gaussian_mixture", f"-{of}_mean", ",".join(map(str, mean)), f"-{of}_sigma",
            ",".join(map(str, sigma)) if isinstance(sigma, (list, tuple)) else sigma]


def ball(of, centre, radius):
    return [f"-{of}_density", "ball", f"-{of}_center", ",".join(map(str, centre)), f"-{of}_radius", radius]


# ---- a disc moved by whole cells: W1 = W2 = |Δ|, S = |Δ|² at any ε, on every number of ranks
disc = ["-grid_n", "64,48", "-grid_upper", "64,48", "-grid_boundary", "no_flux", *ball("p", (20, 18), 9), *ball("q", (35, 26), 9),
        "-sinkhorn_epsilon", 4]
far = math.hypot(15, 8)
one = go(*disc, *NONE)
holds(one, "w2", far, "W2 of a disc that was moved")
holds(one, "w1", far, "W1 of a disc that was moved")
close(one["sinkhorn"], far**2, 1e-5, "Sinkhorn divergence of a disc that was moved")
expect(abs(one["sinkhorn"] - far**2) <= one["sinkhorn_error"] + 1e-9, f"and within its error {one['sinkhorn_error']}: {one['sinkhorn']}")
fixed = ["-transport_iterations", 5, "-w1_iterations", 20, "-check_w2_gap_tolerance", 2, "-check_w1_gap_tolerance", 2,
         "-transport_gap", 1e-9, "-w1_gap", 1e-9]
few = go(*disc, *fixed, *NONE)
for ranks in (2, 3):
    many = go(*disc, *fixed, *NONE, ranks=ranks)
    for name in ("w2_lower", "w2_upper", "w1_lower", "w1_upper", "sinkhorn", "mmd2", "energy_distance", "h_minus_1", "tv"):
        close(many[name], few[name], 1e-10, f"{name} on {ranks} ranks")

# ---- Gaussians: Bures' formula, energy distance and mmd2 in closed form (2D, isotropic; far from the faces)
a, b, s1, s2 = (0.45, 0.5), (0.57, 0.46), 0.06, 0.045
gauss = ["-grid_n", "96,96", "-grid_boundary", "no_flux", *mixture("p", a, s1), *mixture("q", b, s2), "-mmd_time", 1e-3]
v = go(*gauss, *NONE)
shift2 = (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2
bures = math.sqrt(shift2 + 2 * (s1 - s2) ** 2)
for end, sign in (("lower", -1), ("upper", 1)):
    value = v[f"w2_{end}"] + sign * v["w2_cell_bias"]
    expect((value - bures) * sign >= 0, f"Bures' {bures} in [{v['w2_lower']}, {v['w2_upper']}] and the cells' {v['w2_cell_bias']}")


def overlap(u, w, shift2, t):
    """∫ K_t N(a, u²) K_t N(b, w²) in two dimensions."""
    variance = u * u + w * w + 4 * t
    return math.exp(-shift2 / (2 * variance)) / (2 * math.pi * variance)


mmd2 = overlap(s1, s1, 0, 1e-3) + overlap(s2, s2, 0, 1e-3) - 2 * overlap(s1, s2, shift2, 1e-3)
close(v["mmd2"], mmd2, 1e-9, "mmd2 of Gaussians")
concentric = go("-grid_n", "96,96", "-grid_boundary", "no_flux", *mixture("p", (0.5, 0.5), 0.08), *mixture("q", (0.5, 0.5), 0.05),
                "-transport_gap", 0.1, *NONE)  # four cells of W2: the interval of atoms is wide
right = 0.03 * math.sqrt(math.pi / 2)
expect(concentric["w1_lower"] - concentric["w1_to_atoms"] <= right <= concentric["w1_upper"] + concentric["w1_to_atoms"],
       f"W1 of concentric Gaussians: {right} in {concentric['w1_lower'], concentric['w1_upper']}")
# at a fixed ε the Sinkhorn divergence of two copies of one Gaussian is the square of their distance
copies = go("-grid_n", "64,64", "-grid_boundary", "no_flux", *mixture("p", (0.4, 0.45), 0.06), *mixture("q", (0.6, 0.55), 0.06),
            "-sinkhorn_epsilon", 0.02, *NONE)
close(copies["sinkhorn"], 0.05, 1e-6, "Sinkhorn divergence of two copies")

# ---- one dimension is exact, on a line and on a ring; two points anywhere
for boundary, right in (("no_flux", 0.8125), ("periodic", 0.1875)):
    v = go("-grid_n", 32, "-grid_boundary", boundary, "-p_density", "delta", "-p_position", 0.046875, "-q_density", "delta", "-q_position",
           0.859375, *NONE)
    for name in ("w2", "w1"):
        holds(v, name, right, f"{name} of two points, {boundary}")
        expect(v[f"{name}_upper"] - v[f"{name}_lower"] <= 1e-12, f"{name} is exact, {boundary}: {v[f'{name}_lower'], v[f'{name}_upper']}")
    close(v["energy_distance"], 2 * right, 1e-12, f"energy distance of two points, {boundary}")
    expect(v["kl"] == "inf", f"kl of two points is infinite: {v['kl']}")

# ---- D_t of two points is W2²/4t, and never more than that
points = ["-grid_n", "48,32", "-grid_upper", "48,32", "-grid_boundary", "open", "-p_density", "delta", "-p_position", "18.5,16.5",
          "-q_density", "delta", "-q_position", "28.5,14.5", "-heat_kernel", "gaussian_exact", "-time_start", 2, "-time_stop", 6,
          "-time_samples", 4]
r = run("transport", *points, *NONE)
series, v = r.series(), r.summary()["results"]
holds(v, "w2", math.sqrt(104), "W2 of two points in free space")
for t, kl, bound in list(zip(series["t"], series["kl"], series["kl_bound"]))[1:]:
    close(kl, 104 / (4 * t), 1e-4, f"D_t of two points at {t} (what leaves the box is missing)")
    expect(kl <= bound * (1 + 1e-9), f"D_t {kl} is at most {bound}")

# ---- equal densities are at no distance
v = go("-grid_n", "24,20", *ball("p", (0.5, 0.5), 0.3), *ball("q", (0.5, 0.5), 0.3), *NONE)
for name in ("w2_upper", "w1_upper", "mmd2", "energy_distance", "h_minus_1", "kl", "tv"):
    expect(abs(v[name]) <= 1e-7, f"{name} of equal densities: {v[name]}")
expect(abs(v["sinkhorn"]) <= v["sinkhorn_error"] + 1e-12, f"sinkhorn of equal densities: {v['sinkhorn']}")

# ---- equal but for rounding: every verdict passes, the grid's error too
for grid, p, q in (("32", "exp(x)", "3*exp(x)"), ("16,12", "exp(x+y)", "3*exp(x+y)"), ("16,12", "exp(x+y)", "exp(x+y)")):
    v = go("-grid_n", grid, "-grid_boundary", "no_flux", "-p_density", "formula", "-p_formula", p, "-q_density", "formula", "-q_formula", q,
           "-transport_normalize", "yes", "-output_fields", "none", "-time_start", 1e-3, "-time_stop", 0.1, "-time_samples", 3)
    expect(v["w2_upper"] <= 1e-7 and v["w1_upper"] <= 1e-14, f"{p} and {q} are the same: {v['w2_upper'], v['w1_upper']}")

# ---- nearly equal, and a million sides from the origin: means are compared as the box sees them
r = run("transport", "-grid_n", "16,8", "-grid_lower", "1e6,-1e6", "-grid_upper", "1000001,-999999", "-grid_boundary", "no_flux,periodic",
        "-p_density", "formula", "-p_formula", "2+cos(8*_pi*y)+1e-12*x", "-q_density", "formula", "-q_formula", "2+cos(8*_pi*y)",
        "-transport_normalize", "yes", "-transport_iterations", 0, "-w1_iterations", 1, *NONE)
expect("mean_shift" not in r.failing(), f"means far from the origin: {r.check('mean_shift')}")

# ---- what must change nothing: where the box stands, its unit, the order of axes, which density comes first
base = {"n": (20, 28), "lower": (0, 0), "upper": (5, 7), "p": ((1.6, 2.2), 0.5), "q": ((3.1, 4.4), 0.7)}


def measure(scale=1.0, offset=0.0, swap=False, turn=False):
    def axes(values, f=lambda x: x):
        return ",".join(repr(f(x)) for x in (reversed(values) if turn else values))
    place = lambda x: (x + offset) * scale
    first, second = ("q", "p") if swap else ("p", "q")
    lengths = {"p": base[first], "q": base[second]}
    keys = ["-grid_n", axes(base["n"]), "-grid_lower", axes(base["lower"], place), "-grid_upper", axes(base["upper"], place),
            "-grid_boundary", "no_flux"]
    for of, (mean, sigma) in lengths.items():
        keys += [f"-{of}_density", "gaussian_mixture", f"-{of}_mean", axes(mean, place), f"-{of}_sigma", repr(sigma * scale)]
    return go(*keys, *fixed, *NONE)


plain = measure()
for what, v, scale, tolerance in (("translated by 64", measure(offset=64.0), 1, 1e-10), ("2^-30 as large", measure(2.0**-30), 2.0**-30, 1e-10),
                                  ("2^30 as large", measure(2.0**30), 2.0**30, 1e-10), ("turned", measure(turn=True), 1, 1e-10)):
    for name, power in (("w2_lower", 1), ("w2_upper", 1), ("w1_lower", 1), ("w1_upper", 1), ("sinkhorn", 2), ("energy_distance", 1),
                        ("mmd2", -2), ("h_minus_1", 0), ("kl", 0)):
        close(v[name], plain[name] * scale**power, tolerance, f"{name}, {what}")
back = measure(swap=True)
for name in ("w2", "w1"):
    expect(back[f"{name}_lower"] <= plain[f"{name}_upper"] and plain[f"{name}_lower"] <= back[f"{name}_upper"], f"{name} is symmetric")
for name in ("sinkhorn", "energy_distance", "mmd2", "h_minus_1", "tv", "js"):
    close(back[name], plain[name], 1e-6 if name == "sinkhorn" else 1e-11, f"{name} is symmetric")

# ---- triangles
random.seed(7)
for k in range(3):
    blobs = [((random.uniform(0.25, 0.75), random.uniform(0.25, 0.75)), random.uniform(0.05, 0.15)) for _ in range(3)]
    sides = []
    for i, j in ((0, 1), (1, 2), (0, 2)):
        sides.append(go("-grid_n", "24,24", "-grid_boundary", "no_flux", *mixture("p", *blobs[i]), *mixture("q", *blobs[j]), "-transport_gap", 0.5, "-w1_gap", 0.2, *NONE))
    for name in ("w2", "w1"):
        low, high = sides[2][f"{name}_lower"], sides[0][f"{name}_upper"] + sides[1][f"{name}_upper"]
        expect(low <= high, f"{name}: a triangle: {low} is at most {high}")

# ---- a gap that cannot be reached: exit 1, the interval holds, and says so
r = run("transport", *disc, *NONE, "-transport_gap", 1e-12, "-transport_iterations", 20)
v = r.summary()["results"]
expect(r.status == 1 and r.failing() == {"w2_gap"}, f"a gap of 1e-12: exit {r.status}, {r.failing()}")
holds(v, "w2", far, "the interval that did not close")
expect("interval holds" in r.out, f"and the run says that it holds: {r.out[-900:]}")

# ---- what the grid errs by: distances of a mixture on 64 cells against 512
MIX = ["-grid_boundary", "no_flux", *mixture("p", (0.4,), 0.1), *mixture("q", (0.6,), 0.07), "-output_fields", "none", "-space_tolerance", 1]
coarse, fine = run("transport", "-grid_n", 64, *MIX), go("-grid_n", 512, *MIX, "-check_space", "no")
said = {e["column"]: e["error"] for e in coarse.summary()["errors"]["space"]}
v = coarse.summary()["results"]
for name in ("kl", "chi2", "tv", "sinkhorn", "mmd2", "energy_distance", "h_minus_1"):
    off = abs(v[name] - fine[name])
    expect(said[name] >= 0.5 * off - 1e-12, f"{name} errs by {off}, and says {said[name]}")
    expect(said[name] <= 40 * off + 1e-8, f"{name} errs by {off}, and says {said[name]}: far more")

# ---- the same of D_t, on the chain and between walls
TIMES = ["-heat_kernel", "lattice_exact", "-time_start", 2e-3, "-time_stop", 2e-2, "-time_samples", 3]
coarse, fine = run("transport", "-grid_n", 64, *MIX, *TIMES), run("transport", "-grid_n", 512, *MIX, *TIMES, "-check_space", "no")
with open(os.path.join(coarse.folder, "space_error.csv")) as f:
    said = [{k: float(x) for k, x in row.items()} for row in csv.DictReader(f)]
a, b = coarse.series(), fine.series()
for name in ("kl", "chi2", "js", "fisher_rel", "entropy_p"):
    for k in range(1, 4):
        off = abs(a[name][k] - b[name][k])
        expect(0.5 * off <= said[k][name] <= 30 * off + 1e-9, f"{name} at {a['t'][k]} errs by {off}, and says {said[k][name]}")
    expect(math.isnan(said[1]["w2"]) and said[0]["w2"] >= 0, f"distances have one row: {said[0]['w2']}, {said[1]['w2']}")

# ---- bad input
good = ["-grid_n", "16,16", *ball("p", (0.4, 0.4), 0.2), *ball("q", (0.6, 0.6), 0.2), *NONE]


def refuse(extra, *parts, ranks=1):
    r = run("transport", *over(good, *extra), ranks=ranks)
    said = r.err.strip()
    expect(r.status == 2 and said.startswith("otto: error: ") and said.count("\n") == 0, f"{extra}: exit {r.status}: {said[:300]}")
    for part in parts:
        expect(part in said, f"{extra}: says {part!r}: {said[:300]}")
    expect(not os.path.exists(os.path.join(r.folder, "summary.json")), f"{extra}: no summary")


refuse(["-grid_boundary", "absorbing"], "grid_boundary", "absorbing")
refuse(["-grid_n", "4,4,4,4"], "axes")
refuse(["-transport_gap", 0], "transport_gap")
refuse(["-transport_gap", -1], "transport_gap")
refuse(["-transport_gaps", 0.1], "transport_gaps", "transport_gap")
refuse(["-transport_frames", 1], "transport_frames")
refuse(["-transport_frames", 3], "transport_frames", "output_fields")
refuse(["-sinkhorn_epsilon", 0], "sinkhorn_epsilon")
refuse(["-sinkhorn_reach", 0], "sinkhorn_reach")
refuse(["-sinkhorn_epsilon", 1e20], "sinkhorn_epsilon", "rounding")
for reach in (1e-160, 1e-130, 1e153, 1e160):
    refuse(["-sinkhorn_reach", reach], "sinkhorn_reach")
for side in (1e-155, 1e160):
    refuse(["-grid_n", "9", "-grid_upper", side, "-p_position", side / 2, "-p_density", "delta", "-q_density", "delta", "-q_position", side / 3], "grid_upper")
refuse(["-sinkhorn_tolerance", 0], "sinkhorn_tolerance")
refuse(["-mmd_time", -1], "mmd_time")
refuse(["-w1_gap", 0], "w1_gap")
refuse(["-time_start", 0.1], "time_stop")
refuse(["-time_stop", 0.1], "time_start")
refuse(["-time_start", 0.1, "-time_stop", 0.2, "-heat_kernel", "spectral"], "heat_kernel", "spectral")
refuse(["-output_fields", "0.1"], "output_fields")
refuse(["-q_density", "formula", "-q_formula", "1+x"], "transport_normalize", "mass", ranks=3)
v = go(*good[:2], *ball("p", (0.4, 0.4), 0.2), *NONE, "-q_density", "formula", "-q_formula", "1+x", "-transport_normalize", "yes", "-transport_gap", 0.3, "-w1_gap", 0.2)
close(v["q_normalising_factor"], 1 / 1.5, 1e-12, "the factor is printed")
finish()
