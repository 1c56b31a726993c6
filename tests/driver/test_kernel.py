"""heat_kernel: auto: which kernel a run takes and why, and that its identities then hold, for any density and in any box."""
import math, os, random, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from common import expect, finish, needs, run, scratch

needs("numpy", "h5py")
import h5py
import numpy as np

IDENTITIES = ["rate", "integral_kl", "integral_reverse_kl", "integral_chi2", "integral_hellinger2", "integral_js"]
QUIET = ["-output_fields", "none", "-check_space", "no"]


def results(r):
    return r.summary()["results"]


def applies(r, names, what):
    for name in names:
        value = r.check(name)["value"]
        expect(value not in (None, "not applicable"), f"{what}: {name} does not apply")


def both(args, kernel, what, fails):
    """auto takes `kernel` and passes; gaussian_exact fails the checks named."""
    r = run("dissipation", *args, *QUIET)
    found = results(r)
    expect(r.status == 0 and found["heat_kernel"] == kernel, f"{what}: exit {r.status}, {r.failing()}, {found['heat_kernel']}")
    applies(r, IDENTITIES, what)
    expect(f"heat_kernel auto: {kernel}, for " in r.out and found["heat_kernel_reason"].split(" by ")[0] in " ".join(r.out.split()),
           f"{what}: the terminal says it: {r.out[:400]}")
    g = run("dissipation", *args, *QUIET, "-heat_kernel", "gaussian_exact")
    expect(fails <= g.failing() if fails else not g.failing(), f"{what}: gaussian_exact fails {g.failing()}")
    expect("heat_kernel_reason" not in results(g), "a kernel that was named has no reason")
    return found


# ---- a kink of log q inside p's disc, where the nearest image of q's changes: every density is wide and smooth there
folder, rng, n = scratch(), np.random.default_rng(5), (88, 70)
x, y = np.meshgrid(*(np.arange(m) + 0.5 for m in n), indexing="ij")
for name, (a, b), radius in (("p", (22, 20), 9), ("q", (60, 48), 11)):
    disc = np.where((x - a) ** 2 + (y - b) ** 2 < radius**2, rng.random(n), 0)
    with h5py.File(os.path.join(folder, name + ".h5"), "w") as f:
        f["density"] = disc
TORUS = ["-grid_n", "88,70", "-grid_upper", "88,70", "-time_start", 4, "-time_stop", 6, "-time_samples", 2]
DISCS = [w for u in "pq" for w in (f"-{u}_density", "file", f"-{u}_path", os.path.join(folder, u + ".h5"), f"-{u}_dataset", "density")]
found = both(TORUS + DISCS, "lattice_exact", "discs on a torus", {"rate", "integral_kl", "integral_chi2"})
expect(found["quadrature_error"] > 1e3, f"by far: {found['quadrature_error']}")
POINTS = ["-p_density", "delta", "-p_position", "22.5,20.5", "-q_density", "delta", "-q_position", "60.5,48.5"]
both(TORUS + POINTS, "lattice_exact", "points on a torus", {"integral_chi2"})
# symmetric ones, which even against odd cells cannot tell
both(["-grid_n", 64, "-grid_upper", 64, "-time_start", 4, "-time_stop", 6, "-time_samples", 2, "-p_density", "delta", "-p_position",
      16.5, "-q_density", "delta", "-q_position", 48.5], "lattice_exact", "points opposite", {"integral_chi2"})
# the same in free space have no images, and far tails
free = ["-grid_n", "150,96", "-grid_upper", "150,96", "-grid_lower", 0, "-grid_boundary", "open", "-time_start", 2, "-time_stop", 3,
        "-time_samples", 2, "-p_density", "delta", "-p_position", "60.5,48.5", "-q_density", "delta", "-q_position", "92.5,48.5"]
r = run("dissipation", *free, *QUIET)
expect(results(r)["heat_kernel"] == "gaussian_exact" and r.status == 0, f"points in free space: {results(r)}, {r.failing()}")
expect(abs(r.series()["kl"][1] / (32**2 / 8) - 1) < 1e-11, "whose KL is |a - b|^2/4t")

# ---- wide enough in time, or not
SMOOTH = ["-grid_n", 48, "-grid_upper", 48, "-p_density", "formula", "-p_formula", "exp(cos(2*_pi*x/48))", "-q_density", "formula",
          "-q_formula", "2+sin(2*_pi*x/48)"]
for boundary in ("periodic", "no_flux"):
    both(SMOOTH + ["-grid_boundary", boundary, "-time_start", 4, "-time_stop", 60, "-time_samples", 3], "gaussian_exact",
         f"smooth, {boundary}", set())
r = run("dissipation", *SMOOTH, "-time_start", 0.5, "-time_stop", 4, "-time_samples", 2, *QUIET)
expect(results(r)["heat_kernel"] == "lattice_exact" and "narrower than 1.5 cells" in results(r)["heat_kernel_reason"],
       f"too early: {results(r)}")
expect("quadrature_error" not in results(r), "nothing was measured")
# an axis of one cell too has a mass: that of a Gaussian narrower than it is not 1 there
for faces in ("periodic", "no_flux"):
    r = run("dissipation", "-grid_n", "1,55", "-grid_upper", "1000,3000", "-grid_boundary", f"{faces},no_flux", "-p_density", "delta",
            "-p_position", "500,2900", "-q_density", "delta", "-q_position", "500,1000", "-time_start", 5e5, "-time_stop", 2e6,
            "-time_samples", 2, *QUIET)
    expect(r.status == 0 and results(r)["heat_kernel"] == "lattice_exact" and "narrower" in results(r)["heat_kernel_reason"],
           f"one cell, {faces}: {results(r)}, {r.failing()}")
# atoms at the faces of an open box at t = 0 are summed, not integrated: the estimate of the faces' part is for later
r = run("dissipation", "-grid_n", "4,10", "-grid_upper", "4,1", "-grid_boundary", "open,no_flux", "-p_density", "delta", "-p_position",
        "0.5,0.05", "-q_density", "delta", "-q_position", "0.5,0.95", "-time_start", 4, "-time_stop", 8, "-time_samples", 2, *QUIET)
expect(r.status == 0 and results(r)["heat_kernel"] == "gaussian_exact", f"atoms at a face: {results(r)}, {r.failing()}")
r = run("dissipation", *SMOOTH, "-time_start", 2, "-time_stop", 4, "-time_samples", 2, "-fisher_form", "edge", *QUIET)
expect(results(r)["heat_kernel"] == "lattice_exact" and "edge" in results(r)["heat_kernel_reason"], f"edges: {results(r)}")
r = run("dissipation", *SMOOTH, "-time_start", 2, "-time_stop", 4, "-time_samples", 2, "-fisher_form", "tweedie")
expect(r.status == 2 and "fisher_form: tweedie needs heat_kernel gaussian_exact, not auto" in r.err, f"scores: {r.err}")
one, three = (run("dissipation", *TORUS, *POINTS, *QUIET, ranks=k) for k in (1, 3))
a, b = results(one), results(three)
expect(a["heat_kernel"] == b["heat_kernel"] and math.isclose(a["quadrature_error"], b["quadrature_error"], rel_tol=1e-3), "on 3 ranks")

# ---- open boxes that leak from the start: the chain's identities have what passes the faces
for side, (n, faces) in enumerate((("40", "open"), ("1", "open"), ("14,9", "open,open"), ("9,6,7", "open,no_flux,periodic"))):
    d = n.count(",") + 1
    axes = "xyz"[:d]
    r = run("dissipation", "-grid_n", n, "-grid_boundary", faces, "-p_density", "formula", "-p_formula",
            "exp(3*" + "*".join(axes) + ")", "-q_density", "formula", "-q_formula", "1+" + "+".join(axes), "-time_start", 0.01,
            "-time_stop", 2, "-time_samples", 4, *QUIET)
    expect(r.status == 0 and results(r)["heat_kernel"] == "lattice_exact", f"{faces}: {r.failing()}, {results(r)}")
    if n == "1":
        continue
    applies(r, IDENTITIES, faces)
    s = r.series()
    expect(all(abs(k + f + o) < 1e-11 * (f + abs(o)) and o != 0 for k, f, o in
               list(zip(s["kl_rate"], s["fisher_rel"], s["kl_outflow"]))[1:]), f"{faces}: dKL/dt is minus both")
    expect("left_out" not in r.check("rate"), f"{faces}: rate applies throughout")

# ---- any density in any box
LONG = int(os.environ.get("OTTO_TEST_CASES", "24"))
kinds = set()
for case in range(LONG):
    rnd = random.Random(case)
    d = rnd.choice([1, 2, 2, 3])
    n = [rnd.randrange(2, [0, 90, 26, 9][d]) for _ in range(d)]
    axes = "xyz"[:d]
    faces = [rnd.choice(["periodic", "no_flux", "open"]) for _ in range(d)]

    def point():
        return "*".join(f"(abs({a}-{rnd.randrange(m) + 0.5})<0.4)" for a, m in zip(axes, n))

    def formula():
        kind = rnd.choice(["points", "rough", "hill"])
        if kind == "points":
            return f"{point()}+1e-{rnd.randrange(30)}*{point()}"
        if kind == "rough":
            return f"exp(-{rnd.choice([1, 10, 300])}*abs(sin({rnd.uniform(1, 9)}*{axes[0]}+{rnd.uniform(1, 9)}*{axes[-1]})))"
        return "exp(-(" + "+".join(f"(({a}-{rnd.uniform(0, m)})/{rnd.uniform(0.1, 0.6) * m})^2" for a, m in zip(axes, n)) + "))"

    start = rnd.choice([0.02, 1.2, 3, 20]) * rnd.uniform(1, 2)
    r = run("dissipation", "-grid_n", ",".join(map(str, n)), "-grid_upper", ",".join(map(str, n)), "-grid_boundary", ",".join(faces),
            "-p_density", "formula", "-p_formula", formula(), "-q_density", "formula", "-q_formula", formula(), "-time_start", start,
            "-time_stop", start * rnd.uniform(1.5, 40), "-time_samples", 3, *QUIET)
    expect(r.status == 0, f"case {case}: exit {r.status}: {r.err[-200:]} {r.status == 1 and r.failing()}")
    if r.status < 2:
        kinds.add(results(r)["heat_kernel"])
        faulty = [c["left_out"] for c in r.summary()["checks"] if c["name"] in IDENTITIES and "left_out" in c]
        allowed = ("below what rounding", "is infinite", "reaches the edge", "where p or q")
        expect(all(any(a in why for a in allowed) for why in faulty), f"case {case}: left out: {faulty}")
expect(kinds == {"lattice_exact", "gaussian_exact"}, f"both are taken: {kinds}")
finish()
