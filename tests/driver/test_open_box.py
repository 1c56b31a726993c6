"""What lies outside the box of open axes: space_error against closed forms in free space, and wider boxes."""
import math, os, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from common import close, expect, finish, run

ROUNDING = 2e-13  # of a column, or of its scale: no leak shows below


def judge(error, true, what, most):
    expect(error >= 0.5 * true, f"{what}: estimate {error:.3g} of a true error {true:.3g}")
    expect(error <= most * true, f"{what}: estimate {error:.3g}, far above the true {true:.3g}")


def js(distance, t):
    """Of two Gaussians of variance 2t: along the line through them alone, by the midpoint rule."""
    s, n = math.sqrt(2 * t), 20000
    low, high = -12 * s - distance / 2, 12 * s + distance / 2
    h, total = (high - low) / n, 0
    for i in range(n):
        x = low + (i + 0.5) * h
        ratio = -x * distance / (2 * t)
        total += math.exp(-(x + distance / 2) ** 2 / (4 * t)) * (
            math.log(2) + min(ratio, 0) - math.log1p(math.exp(-abs(ratio))))
    return total * h / math.sqrt(4 * math.pi * t)


def points(a, b, t, order):
    """Every column of two point masses in free space (heat kernel, variance 2t an axis)."""
    d, square = len(a), sum((x - y) ** 2 for x, y in zip(a, b))
    kl, entropy = square / (4 * t), 0.5 * d * math.log(4 * math.pi * math.e * t)
    exact = {"kl": kl, "reverse_kl": kl, "chi2": math.expm1(square / (2 * t)), "hellinger2": -math.expm1(-square / (16 * t)),
             "tv": math.erf(math.sqrt(square / t) / 4), "js": js(math.sqrt(square), t), "renyi": order * kl,
             "entropy_p": entropy, "entropy_q": entropy, "cross_entropy": entropy + kl, "fisher_p": d / (2 * t),
             "fisher_q": d / (2 * t), "fisher_rel": kl / t, "kl_rate": -kl / t}
    for density, at in (("p", a), ("q", b)):
        for axis, x in zip("xyz", at):
            exact[f"mean_{density}_{axis}"] = x
            exact[f"covariance_{density}_{2 * axis}"] = 2 * t
    return exact


SCALES = {"mean": 1, "covariance": 2}  # powers of the density's width


def compare(r, rows, exact, what, rounding=ROUNDING):
    """The estimates of a run against what the columns should be; returns how many errors there were to find."""
    e, s, found = r.errors("space"), r.series(), 0
    for k in rows:
        for column, right in exact(s["t"][k]).items():
            value, error = s[column][k], e[column][k]
            if not math.isfinite(right) or abs(right) > 1e200:
                continue
            scale = max(abs(right), (2 * s["t"][k]) ** (SCALES[column.split("_")[0]] / 2) if "_" in column and
                        column.split("_")[0] in SCALES else 1 if column.endswith("entropy") or "entropy_" in column else 0)
            true = abs(value - right)
            if true > rounding * scale:
                found += 1
                # what sums over cells miss of a kink and of what is sharper than a cell is a bound
                sharp = math.inf if true < 1e-6 * scale else 30
                judge(error, true, f"{what}, {column} at {s['t'][k]:.4g}", sharp if column in ("tv", "js") else 2)
            else:
                expect(error <= 1e-6 * scale, f"{what}, {column}: {error:.3g} where nothing is wrong")
    return found


# two point masses at centres of cells: from no leak at all to nearly all of it
CASES = [((160,), 2, (-0.1,), (0.3,), "3"), ((80, 64), 2, (-0.3, 0.03125), (0.4, -0.21875), "0.5"),
         ((24, 20, 16), 2, (-0.2, 0.3, -0.1), (0.3, 0.1, 0.2), "1.5")]
for n, side, a, b, order in CASES:
    h = [side / m for m in n]
    a, b = ([-1 + (math.floor((x + 1) / w) + 0.5) * w for x, w in zip(c, h)] for c in (a, b))
    start = 4.5 * max(h) ** 2
    args = ["dissipation", "-grid_n", ",".join(map(str, n)), "-grid_lower", -1, "-grid_upper", 1, "-grid_boundary",
            "open", "-heat_kernel", "gaussian_exact", "-p_density", "delta", "-p_position", ",".join(map(repr, a)),
            "-q_density", "delta", "-q_position", ",".join(map(repr, b)), "-time_start", repr(start), "-time_stop", 0.8,
            "-time_samples", 6, "-renyi_order", order, "-output_fields", "none", "-check_integral_nodes", 0]
    one = run(*args)
    found = compare(one, range(1, 7), lambda t: points(a, b, t, float(order)), f"{len(n)}-D points")
    expect(found > 60, f"{len(n)}-D: errors to find: {found}")
    expect(one.status == 1 and "space_error" in one.failing(), f"most of the mass outside fails: {one.failing()}")
    three = run(*args, ranks=3)
    first, second = one.errors("space"), three.errors("space")
    for column in first:
        for x, y, value in zip(first[column], second[column], one.series()[column]):
            if math.isfinite(x) or math.isfinite(y):
                expect(abs(x - y) <= 1e-6 * abs(x) + 1e-12 * max(1, abs(value)), f"{column} on 3 ranks: {x} and {y}")

# chi2 lives at 2a - b: beyond the box, where neither p nor q have anything to speak of
r = run("dissipation", "-grid_n", 64, "-grid_upper", 64, "-grid_boundary", "open", "-heat_kernel", "gaussian_exact",
        "-p_density", "delta", "-p_position", 20.5, "-q_density", "delta", "-q_position", 50.5, "-time_start", 5,
        "-time_stop", 8, "-time_samples", 3, "-output_fields", "none")
e, s = r.errors("space"), r.series()
for k in (1, 2, 3):
    right = math.expm1(900 / (2 * s["t"][k]))
    expect(s["chi2"][k] < 0.1 * right, "the box has little of it")
    judge(e["chi2"][k], right - s["chi2"][k], f"chi2 beyond the box at {s['t'][k]:.3g}", 1.1)
    close(s["kl"][k], 900 / (4 * s["t"][k]), 1e-4, "kl has nearly all of it")
expect(r.status == 1 and r.failing() == {"space_error"}, f"fails: {r.failing()}")
expect(r.summary()["results"]["space_error_column"] == "chi2", "by chi2")

# a share of 1e-30 nearer the face, behind a valley: chi2 is all its own, beyond all that the box's chi2 fades to
tiny = run("dissipation", "-grid_n", "64,16", "-grid_upper", "64,16", "-grid_boundary", "open", "-heat_kernel", "gaussian_exact",
           "-p_density", "formula", "-p_formula", "((abs(x-30.5)<0.4)+1e-30*(abs(x-2.5)<0.4))*(abs(y-8.5)<0.4)", "-q_density",
           "delta", "-q_position", "50.5,8.5", "-time_start", 5, "-time_stop", 6, "-time_samples", 2, "-output_fields", "none",
           "-check_integral_nodes", 0)
e, s = tiny.errors("space"), tiny.series()
for k in (1, 2):
    right = sum(u * v * math.exp((x - 50.5) * (y - 50.5) / (2 * s["t"][k])) for x, u in ((30.5, 1), (2.5, 1e-30))
                for y, v in ((30.5, 1), (2.5, 1e-30)))
    expect(right > 100 * s["chi2"][k], "the box has none of it")
    judge(e["chi2"][k], right - s["chi2"][k], f"chi2 behind a valley at {s['t'][k]:.3g}", 1.1)

# p = q: divergences lack nothing, entropies and Fisher information nearly all of it in the end
same = run("dissipation", "-grid_n", 40, "-grid_boundary", "open", "-heat_kernel", "gaussian_exact", "-p_density", "delta",
           "-p_position", 0.5125, "-q_density", "delta", "-q_position", 0.5125, "-time_start", 3e-3, "-time_stop", 20,
           "-time_samples", 6, "-output_fields", "none", "-check_integral_nodes", 0)
e, s = same.errors("space"), same.series()
expect(all(x == 0 for column in ("kl", "reverse_kl", "js", "chi2", "hellinger2", "tv") for x in e[column][1:]), "p = q")
for k in range(2, 7):
    t = s["t"][k]
    for column, right in (("entropy_p", 0.5 * math.log(4 * math.pi * math.e * t)), ("fisher_q", 1 / (2 * t)),
                          ("covariance_p_xx", 2 * t)):
        judge(e[column][k], abs(s[column][k] - right), f"p = q, {column} at {t:.3g}", 2)

# two points between faces of three kinds, whose images count, on the same cells in a wider box
args = ["dissipation", "-grid_boundary", "open,no_flux,periodic", "-heat_kernel", "gaussian_exact", "-p_density", "delta",
        "-p_position", "0.21875,0.0625,0.125", "-q_density", "delta", "-q_position", "0.34375,0.3125,0.875", "-time_start", 0.08,
        "-time_stop", 0.16, "-time_samples", 2, "-output_fields", "none", "-check_integral_nodes", 0]
box = run(*args, "-grid_n", "16,8,8")
free = run(*args, "-grid_n", "208,8,8", "-grid_lower", "-6,0,0", "-grid_upper", "7,1,1", "-check_space", "no")
expect(free.series()["mass_p"][-1] > 1 - 1e-12, "the wider box has all of it")
e, a, b = box.errors("space"), box.series(), free.series()
for k in (1, 2):
    for column in ("kl", "reverse_kl", "chi2", "hellinger2", "renyi", "entropy_q", "cross_entropy", "fisher_p", "fisher_rel",
                   "kl_rate", "mean_p_x", "mean_p_y", "covariance_p_xx", "resultant_p_z"):
        true = abs(a[column][k] - b[column][k])
        if true > 1e-10 * abs(b[column][k]):
            judge(e[column][k], true, f"mixed faces, {column} at {a['t'][k]:.3g}", 1.2)

# two Gaussians, cut off by the box: the same data on the same cells in a wider box, mixed faces, an axis of one cell
COLUMNS = ["kl", "reverse_kl", "js", "chi2", "hellinger2", "renyi", "kl_p0_pt", "entropy_p", "entropy_q", "cross_entropy",
           "fisher_p", "fisher_q", "fisher_rel", "kl_rate"]
# centre of p, of q, their widths; faces and cells of the box, and the wider one's lower, upper, cells
EDGES = [("1-D", 1, ["open"], [40], [-3], [4], [280], ["mean_p_x", "covariance_p_xx", "mean_q_x", "covariance_q_xx"]),
         ("open and periodic", 2, ["open", "periodic"], [32, 24], [-2, 0], [3, 1], [160, 24],
          ["mean_p_x", "covariance_p_xx", "mean_q_y", "resultant_q_y"]),
         ("no_flux, open, open", 3, ["no_flux", "open", "open"], [12, 16, 16], [0, -2, -2], [1, 3, 3], [12, 80, 80],
          ["mean_p_y", "covariance_p_yy", "covariance_p_xy", "covariance_q_yz", "mean_q_x", "covariance_q_xx"])]
for what, dim, faces, n, lower, upper, wide, moments in EDGES:
    cut = "*".join(f"({x}>0 && {x}<1)" for x in "xyz"[:dim])
    p = "exp(0-" + "-".join(f"({x}-{m})^2/0.045" for x, m in zip("xyz"[:dim], (0.2, 0.6, 0.4))) + ")"
    q = "exp(0-" + "-".join(f"({x}-{m})^2/0.08" for x, m in zip("xyz"[:dim], (0.5, 0.3, 0.7))) + ")"
    args = ["dissipation", "-grid_boundary", ",".join(faces), "-heat_kernel", "gaussian_exact", "-p_density", "formula",
            "-q_density", "formula", "-time_start", 0.013, "-time_stop", 0.05, "-time_samples", 3, "-output_fields", "none",
            "-check_integral_nodes", 0]
    box = run(*args, "-grid_n", ",".join(map(str, n)), "-p_formula", p, "-q_formula", q)
    free = run(*args, "-grid_n", ",".join(map(str, wide)), "-grid_lower", ",".join(map(str, lower)), "-grid_upper",
               ",".join(map(str, upper)), "-p_formula", f"{cut}*{p}", "-q_formula", f"{cut}*{q}", "-check_space", "no")
    expect(box.status != 2 and free.status != 2, f"{what}: {box.err}{free.err}")
    expect(free.series()["mass_p"][-1] > 1 - 1e-6, f"{what}: the wider box has all of it")
    e, a, b, found = box.errors("space"), box.series(), free.series(), 0
    for k in (1, 2, 3):
        for column in COLUMNS + moments:
            true = abs(a[column][k] - b[column][k])
            if column not in e or true < 1e-6 * max(1e-2, abs(b[column][k])):
                continue
            found += 1
            # coarser grids err by where they cut the integrand, which is theirs: more than the truth, not less
            judge(e[column][k], true, f"{what}, {column} at {a['t'][k]:.3g}", 30)

    expect(found > 40, f"{what}: errors to find: {found}")

# the ready input passes and says what it lacks; run on, it fails
ready = run("dissipation", "inputs/dissipation/far_deltas_2d.yaml", "-output_fields", "none")
expect(ready.status == 0, f"the ready input passes: {ready.out[-600:]}")
close(ready.summary()["results"]["space_error"], 1 - ready.series()["chi2"][-1] / math.expm1(0.390625 ** 2 / 0.003), 0.1,
      "and says what its chi2 lacks")
on = run("dissipation", "inputs/dissipation/far_deltas_2d.yaml", "-time_stop", 0.01, "-time_samples", 4, "-output_fields", "none")
expect(on.status == 1 and on.failing() == {"space_error"}, f"run on it fails: {on.status} {on.failing()}")
expect(on.summary()["results"]["space_error_column"] == "chi2", "by chi2")

# what is too much already is said where the grid's own error is not known: on few cells, and of rough data
few = run("dissipation", "-grid_n", 7, "-grid_boundary", "open", "-heat_kernel", "gaussian_exact", "-p_density", "formula",
          "-p_formula", "1+x", "-q_density", "uniform", "-time_start", 0.03, "-time_stop", 0.1, "-time_samples", 2,
          "-output_fields", "none")
expect(few.status == 1 and "space_error" in few.failing(), f"few cells: {few.status} {few.failing()}")
expect("fewer than 8" in few.check("space_error")["left_out"], "and why the rest is not known")
early = run("dissipation", "-grid_n", 32, "-grid_upper", 32, "-grid_boundary", "open", "-heat_kernel", "gaussian_exact",
            "-p_density", "delta", "-p_position", 3.5, "-q_density", "delta", "-q_position", 20.5, "-time_start", 1.5,
            "-time_stop", 4, "-time_samples", 2, "-output_fields", "none")
expect(early.status == 1 and early.failing() == {"space_error"}, f"before three cells: {early.status} {early.failing()}")
e = early.errors("space")
expect(math.isfinite(e["chi2"][1]) and math.isnan(e["kl"][1]), "chi2 has an error, kl is not known")

# more axes than points can be had for: said, and what was found is too much already
many = run("dissipation", "-grid_n", "8,8,8,8,8,8", "-grid_upper", 4, "-grid_boundary", "open", "-heat_kernel", "gaussian_exact",
           "-p_density", "uniform", "-q_density", "formula", "-q_formula", "1+0.1*x1", "-time_start", 4, "-time_stop", 8,
           "-time_samples", 2, "-output_fields", "none", "-check_integral_nodes", 0)
expect("too many points" in many.check("space_error").get("left_out", ""), f"six axes: {many.check('space_error')}")
expect(many.status == 1 and "space_error" in many.failing(), f"six axes fail: {many.status} {many.failing()}")
finish()
