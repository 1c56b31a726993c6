"""First passages by the program: closed forms and quadrature, order by Richardson, ranks and meshes. Every number against dense
algebra: numbers_passage.py, by test_numbers.py."""
import math

from common import close, expect, finish, needs, run, sound

needs("numpy", "h5py")
import numpy as np
from numbers_passage import PLANE, bernoulli, fields, same

# The same on ranks and meshes: solves are certified to 1e-8.
at_rest = run("first-passage", *PLANE, "-time_stop", 3, "-time_samples", 4)
sound(at_rest, "plane")
for ranks, mesh in ((2, "1,2"), (3, "3,1")):
    other = run("first-passage", *PLANE, "-time_stop", 3, "-time_samples", 4, "-grid_mesh", mesh, ranks=ranks)
    sound(other, f"{ranks} ranks")
    a, b = fields(other), fields(at_rest)
    expect(a.keys() == b.keys(), f"{ranks} ranks: the same fields")
    for name in a:
        same(a[name], b[name], 1e-5 if name == "quasi_stationary" else 1e-8, f"{ranks} ranks: {name}")
    for name, column in at_rest.series().items():
        for u, v in zip(other.series()[name], column):
            expect(u == v or (u != u and v != v) or abs(u - v) <= 1e-8 * max(map(abs, column)), f"{ranks} ranks: {name}: {u}, {v}")

# Exit at the right of a walk with a bias: (1 - e^{-vx/D})/(1 - e^{-vL/D}), which these rates have exactly.
v, D, n = 3.0, 0.5, 40
r = run("first-passage", "-grid_n", n, "-grid_boundary", "absorbing", "-drift_type", "constant", "-drift_force", v / D, "-temperature", 1,
        "-mobility", D, "-p_density", "delta", "-p_position", 0.3, "-check_space", "no")
sound(r, "biased walk")
x = (np.arange(n) + 0.5) / n
same(fields(r)["splitting_upper_1"], np.expm1(-v / D * x * D / D) / np.expm1(-v / D), 1e-9, "exit at the right")

# Mean time from -1 to 0.9 in the double well, from a wall at -2, by quadrature; grids whose faces are at 0.9, extrapolated.
def quadrature(beta):
    """β ∫ e^{βV(y)} ∫_{-2}^y e^{-βV(z)} dz dy by Gauss-Legendre on 400 pieces."""
    g, w = np.polynomial.legendre.leggauss(12)
    well = lambda z: (z * z - 1) ** 2
    inner, cuts = 0.0, np.linspace(-2, 0.9, 581)
    total = 0.0
    for lo, hi in zip(cuts[:-1], cuts[1:]):
        y = (lo + hi) / 2 + (hi - lo) / 2 * g
        part = np.array([((yy - lo) / 2 * w * np.exp(-beta * well((yy + lo) / 2 + (yy - lo) / 2 * g))).sum() for yy in y])
        if lo >= -1 - 1e-12:
            total += ((hi - lo) / 2 * w * np.exp(beta * well(y)) * (inner + part)).sum()
        inner += ((hi - lo) / 2 * w * np.exp(-beta * well(y))).sum()
    return beta * total
for beta in (3, 5, 8):
    values = []
    for n in (160, 320, 640):
        r = run("first-passage", "-grid_n", n, "-grid_lower", -2, "-grid_upper", 2, "-grid_boundary", "no_flux", "-potential_type", "formula",
                "-potential_formula", "(x^2-1)^2", "-temperature", f"1/{beta}", "-set_a", "x<0-1.5", "-set_b", "x>0.9",
                "-p_density", "uniform", "-check_space", "no", "-passage_moments", 1)
        sound(r, f"double well {beta}, {n}")
        k = n // 4  # the face at -1
        u = fields(r)["passage_time"]
        values.append((9 * (u[k - 1] + u[k]) - u[k - 2] - u[k + 1]) / 16)  # at the face, to fourth order
    first = [(4 * b - a) / 3 for a, b in zip(values, values[1:])]
    close((16 * first[1] - first[0]) / 15, quadrature(beta), 1e-6, f"double well, beta {beta}")
    order = math.log2((values[0] - values[1]) / (values[1] - values[2]))
    expect(1.9 < order < 2.1, f"double well, beta {beta}: order {order}")

# By symmetry the committor is 1/2 in the middle.
r = run("first-passage", "-grid_n", 81, "-grid_lower", -2, "-grid_upper", 2, "-grid_boundary", "no_flux", "-potential_type", "formula",
        "-potential_formula", "30*(x^2-1)^2", "-set_a", "x<0-0.9", "-set_b", "x>0.9", "-p_density", "delta", "-p_position", 0)
expect(r.failing() <= {"space_error"}, f"30 T: {r.status} {r.err[-300:]}{r.out[-900:]}")
close(r.summary()["results"]["committor"], 0.5, 1e-8, "the committor half way, beside wells of 30 T")

# A well of 30 T between the sets, of a potential or of a drift: level sets inside it are crossed e^30 times for once that it is left, which
# rounding hides; on its slopes the flux is the same. So is it from shallow wells, whose two moments are certified together.
for n, T, force in ((64, 0.03, ["-potential_type", "formula", "-potential_formula", "cos(6*_pi*x)"]), (64, 0.3, ["-drift_type", "formula", "-drift_formula", "200*(0.5-x)"]), (50, 0.3, ["-potential_type", "formula", "-potential_formula", "100*(0.5-x)^2"]),
                    (64, 0.1, ["-potential_type", "formula", "-potential_formula", "2*x"]), (50, 0.1, ["-potential_type", "formula", "-potential_formula", "2*x"])):
    r = run("first-passage", "-grid_n", n, "-grid_boundary", "no_flux", *force, "-temperature", T, "-set_a", "x<0.2", "-set_b", "x>0.6" if T == 0.1 else "x>0.8",
            "-p_density", "uniform", "-check_space", "no")
    sound(r, f"{force} on {n} cells")

# Long after nothing is left, not even numbers; of what starts in its target nothing ever is.
for more, left in ((["-p_density", "uniform", "-time_stop", 1e6], [0.7, 0, 0]), (["-p_density", "delta", "-p_position", 1.5, "-time_stop", 3], [0] * 3)):
    r = run("first-passage", "-grid_n", 40, "-grid_lower", -2, "-grid_upper", 2, "-grid_boundary", "no_flux", "-potential_type", "formula",
            "-potential_formula", "(x^2-1)^2", "-temperature", 0.5, "-set_b", "x>0.8", "-check_space", "no", "-check_time", "no",
            "-time_samples", 3, *more)
    sound(r, f"{more}")
    s = r.series()
    expect(all(abs(a - b) < 1e-12 for a, b in zip(s["mass_p"], left)), f"{more}: {s['mass_p']}")
    expect(math.isnan(s["escape_rate"][-1]) and "escape_rate" in {u["name"] for u in r.summary()["not_defined"]}, f"{more}: no rate of nothing")

# Wells of 29 and of 40 T: steps to times of e^29 and e^40, in which rounding would hide what is lost. On few cells by elimination, or, as
# on more, as the slowest mode once what is left is that. What is left is an exponential, of the rate that the mean time, found by solves, has.
for grid, V, T, stop in ((["-grid_n", 320, "-grid_lower", -2, "-grid_upper", 2], "(x^2-1)^2", 0.035, 4e12),
                         (["-grid_n", 640, "-grid_lower", -2, "-grid_upper", 2], "(x^2-1)^2", 0.025, 3e17),
                         (["-grid_n", "32,14", "-grid_lower", "-2,-1", "-grid_upper", "2,1"], "(x^2-1)^2+y^2", 0.035, 4e12),
                         (["-grid_n", "48,14", "-grid_lower", "-2,-1", "-grid_upper", "2,1"], "(x^2-1)^2+y^2", 0.035, 4e12)):
    r = run("first-passage", *grid, "-grid_boundary", "no_flux", "-potential_type", "formula", "-potential_formula", V, "-temperature", T,
            "-set_a", "x<0-0.9", "-set_b", "x>0.9", "-p_density", "box", "-p_lower", "-1.5" + ",-0.5" * (len(V) > 9), "-p_upper",
            "-0.5" + ",0.5" * (len(V) > 9), "-check_space", "no", "-time_start", 10, "-time_stop", stop, "-time_samples", 9, "-time_spacing", "log")
    sound(r, f"{T}, {grid[1]}: a deep well")
    s, res = r.series(), r.summary()["results"]
    for t, left in zip(s["t"], s["mass_p"]):
        close(left, math.exp(-t / res["passage_time"]), 0.01, f"{T}, {grid[1]}: what is left at {t}")  # time_tolerance
    close(s["escape_rate"][-1], 1 / res["passage_time"], 1e-4, f"{T}, {grid[1]}: at the slowest rate")

# Kramers' chain in phase space: position and momentum, friction on the momentum alone. What H carries across a face is a difference
# of T exp(-H/T) at its corners, H the mean of four cells, 0 on the walls; half an edge to a set is Q + sqrt(Q Q').
n, lower, upper, T, gamma = (16, 14), (-2.0, -3.5), (2.0, 3.5), 0.8, 0.6
h = [(b - a) / k for a, b, k in zip(lower, upper, n)]
H = lambda x, y: (x * x - 1) ** 2 + y * y / 2
x, y = (lower[j] + (np.arange(n[j]) + 0.5) * h[j] for j in range(2))
V = H(*np.meshgrid(x, y, indexing="ij"))
pi, psi = np.exp(-V / T), np.zeros((n[0] + 1, n[1] + 1))
psi[1:-1, 1:-1] = T * np.exp(-(V[1:, 1:] + V[1:, :-1] + V[:-1, 1:] + V[:-1, :-1]) / 4 / T)
Q, number = np.zeros((n[0] * n[1],) * 2), np.arange(n[0] * n[1]).reshape(n)
for i in range(n[0]):
    for j in range(n[1]):
        if i + 1 < n[0]:
            flux, a, b = psi[i + 1, j] - psi[i + 1, j + 1], (i, j), (i + 1, j)
            Q[number[a], number[b]] += max(flux, 0) / (pi[a] * h[0] * h[1])
            Q[number[b], number[a]] += max(-flux, 0) / (pi[b] * h[0] * h[1])
        if j + 1 < n[1]:
            flux, a, b = psi[i + 1, j + 1] - psi[i, j + 1], (i, j), (i, j + 1)
            z = (H(x[i], y[j]) - H(x[i], y[j + 1])) / T
            K = pi[a] * gamma * T / h[1] ** 2 * bernoulli(-z)  # of friction and noise, the same both ways
            Q[number[a], number[b]] += K / pi[a] * bernoulli(-flux / (h[0] * h[1]) / K)
            Q[number[b], number[a]] += K / pi[b] * bernoulli(flux / (h[0] * h[1]) / K)
goal = np.repeat(x > 0.8, n[1])
lost = np.where(~goal, ((Q + np.sqrt(Q * Q.T)) * goal).sum(1), 0)
A = Q[np.ix_(~goal, ~goal)]
A = A - np.diag(A.sum(1) + lost[~goal])
u = np.zeros(len(Q))
u[~goal] = np.linalg.solve(-A, np.ones((~goal).sum()))
r = run("first-passage", "-grid_n", "16,14", "-grid_lower", "-2,-3.5", "-grid_upper", "2,3.5", "-grid_boundary", "no_flux", "-potential_type", "formula",
        "-potential_formula", "(x^2-1)^2+y^2/2", "-velocity_type", "hamiltonian", "-mobility", f"0,{gamma}", "-temperature", T, "-set_a",
        "x<0-0.8", "-set_b", "x>0.8", "-p_density", "uniform", "-check_space", "no")
sound(r, "phase space")
same(fields(r)["passage_time"], u, 1e-8, "phase space: mean time")
same(fields(r)["steady_state"], pi.ravel() / pi.sum() / h[0] / h[1], 1e-10, "phase space: exp(-H/T)")
close(r.summary()["results"]["rate_ab"], r.summary()["results"]["rate_ba"], 1e-8, "phase space: the wells are alike")

# set_a lies over the only face that absorbs, which takes the walk out of it, and what it takes begins anew. From a at h = 1/8 a walk comes to
# b before that face with probability 1/4: 1/3 transitions a life; times between faces of cells are the continuum's, h²/8 more from a centre.
for ranks in (1, 2):
    r = run("first-passage", "-grid_n", 8, "-grid_boundary", "absorbing:reflecting", "-set_a", "x<0.125", "-set_b", "x>0.5&&x<0.625", "-p_density",
            "delta", "-p_position", 0.8, "-check_space", "no", ranks=ranks)
    sound(r, f"a set over the face, {ranks} ranks")
    v, in_a, in_b, first = r.summary()["results"], 4 / 3 * 3 / 128, 5 / 16 + 1 / 3 * 33 / 128, 27 / 512 + 1 / 512
    close(v["rate_ab"], 1 / 3 / in_a, 1e-10, "over the face: from a to b")
    close(v["rate_ba"], 4 / 3 / in_b, 1e-10, "over the face: back, and once more a life")
    close(v["last_in_none"], first / (in_a + in_b + first), 1e-10, "over the face: before b was seen")
    close(v["reactive_flux"], 1 / 3 / (in_a + in_b + first), 1e-10, "over the face: a third a life")
    expect(all("faces absorb" in r.check(name)["left_out"] or "face absorbs" in r.check(name)["left_out"] for name in ("kac", "capacity", "committor_symmetry")),
           "over the face: what is of a chain that goes on for ever does not apply")
# Where cells at such a face are closed it takes nothing.
r = run("first-passage", "-grid_n", 16, "-grid_boundary", "absorbing:reflecting", "-potential_type", "formula", "-potential_formula", "x<0.125 ? inf : 0",
        "-p_closed", "restrict", "-p_density", "uniform", "-set_a", "x<0.25", "-set_b", "x>0.5&&x<0.625", "-check_space", "no")
sound(r, "a closed face")
close(r.summary()["results"]["rate_ab"], 1 / (1 / 4 * 1 / 4 / 2 + 1 / 4 * 1 / 8), 1e-10, "a closed face: 1/8 of the box in a behind 1/4 of the way")
expect("last_in_none" not in r.summary()["results"] and r.check("kac")["pass"] and "left_out" not in r.check("kac"), "a closed face: goes on for ever")

# Transport alone along x, at the speed 1: round a ring from one set to the other in the time that the way takes, whatever each cell
# leads to; and out of a channel, cell by cell, in h each, where no steady state is positive and no mode is the slowest.
ALONG = ["-grid_n", "24,6", "-mobility", "0,1", "-velocity_formula", "1,0", "-p_density", "uniform", "-check_space", "no"]
for ranks in (1, 3):
    r = run("first-passage", *ALONG, "-grid_boundary", "periodic,no_flux", "-set_a", "x<0.25", "-set_b", "x>0.5&&x<0.75", ranks=ranks)
    sound(r, f"ring, {ranks} ranks")
    v, q, at = r.summary()["results"], fields(r)["committor"], np.repeat((np.arange(24) + 0.5) / 24, 6)
    same(q, np.where((at > 0.25) & (at < 0.75), 1.0, 0.0), 1e-12, "ring: b comes next, or a does")
    close(v["reactive_flux"], 1, 1e-10, "ring: all that goes round")
    close(v["rate_ab"], 2, 1e-10, "ring: half of it from a to b")
    close(v["rate_ba"], 2, 1e-10, "ring: half from b to a")
    expect(v["velocity"] == "formula" and "first order" in r.summary()["meanings"]["velocity"]["sentence"], f"what moves it, and how: {v['velocity']}")
    r = run("first-passage", *ALONG, "-grid_boundary", "reflecting:absorbing,no_flux", "-passage_moments", 2, "-time_stop", 0.5, "-time_samples", 3, ranks=ranks)
    sound(r, f"channel, {ranks} ranks")
    k = 24 - np.repeat(np.arange(24.0), 6)  # steps at the rate 1/h
    same(fields(r)["passage_time"], k / 24, 1e-9, "channel: mean time")
    same(fields(r)["passage_time_2"], k * (k + 1) / 24**2, 1e-9, "channel: of that many exponentials")
    expect({n["name"] for n in r.summary()["not_known"]} == {"quasi_stationary_rate"}, f"channel: {r.summary()['not_known']}")
    expect("steady_state" not in fields(r) and "quasi_stationary" not in fields(r), "channel: neither field is there")
    r = run("first-passage", *ALONG, "-grid_boundary", "reflecting:absorbing,no_flux", "-velocity_formula", "1+y,0", "-set_b", "x>0.5&&y>0.5", ranks=ranks)
    sound(r, f"two ends, {ranks} ranks")
    # columns one after the other: what a column of cells passes on, with exchange along y
    m, u = 6, 1 + (np.arange(6) + 0.5) / 6
    D = 36.0 * (np.eye(m, k=1) + np.eye(m, k=-1))
    D -= np.diag(D.sum(1))
    into_b, q, all_q = np.arange(m) >= 3, np.zeros(m), []
    for column in range(23, -1, -1):
        M, b, up = D - np.diag(24 * u), np.zeros(m), 24 * u * q  # to the column on the right
        if column >= 12:  # b's cells; an edge in y to b's is a loss over half of it
            M, q_new = M[:3, :3].copy(), np.ones(m)
            M[2, 2] -= 36.0
            b = -up[:3] - np.array([0, 0, 72.0])
            q_new[:3] = np.linalg.solve(M, b)
            q = q_new
        else:
            q = np.linalg.solve(M, -up)
        all_q.insert(0, q)
    same(fields(r)["splitting_b"], np.concatenate(all_q), 1e-8, "two ends: b comes first")
    # one set after the other: from none of the cells that reach the one is the other left to come first, and nothing flows between them
    r = run("first-passage", *ALONG, "-grid_boundary", "absorbing,no_flux", "-set_a", "x>0.25&&x<0.5", "-set_b", "x>0.75", ranks=ranks)
    sound(r, f"a before b, {ranks} ranks")
    same(fields(r)["splitting_b"], np.where(at > 0.5, 1.0, 0.0), 1e-12, "a before b: b comes first behind a alone")
    close(r.summary()["results"]["splitting_a"], 0.5, 1e-10, "a before b: half begin in a or before it")

# Long after next to nothing is left, and errs in its exponent: that is not what a run is judged by. As much as 1e-12 is.
LATE = ["-grid_n", 64, "-grid_boundary", "no_flux", "-set_b", "x>0.75", "-p_density", "gaussian_mixture", "-p_mean", 0.3, "-p_sigma", 0.05, "-time_start",
        0.05, "-time_samples", 12, "-time_spacing", "log", "-time_stop"]
for stop in (12, 160):
    r = run("first-passage", *LATE, stop)
    expect(r.status == 0 and r.summary()["results"]["time_error"] < 0.01, f"to t = {stop}: {r.summary()['results']['time_error']:.3g}, {r.out[-400:]}")
r = run("first-passage", *LATE, 6, "-ts_dt", 0.05)
expect(min(r.series()["mass_p"]) > 1e-12 and r.failing() == {"time_error"}, f"of more than 1e-12 steps that are too long fail: {r.failing()}")

# p is not 0 at an end: what is taken at t = 0 is infinite but for the grid, which no grid converges to. Elsewhere all is judged.
r = run("first-passage", "-grid_n", 64, "-grid_boundary", "no_flux", "-set_b", "x>0.75", "-p_density", "uniform", "-time_stop", 1, "-time_samples", 5)
said = r.errors("space")
expect(r.status == 0 and "infinite" in r.check("space_error").get("left_out", ""), f"uniform: {r.check('space_error')}")
for name in ("passage_density", "escape_rate"):
    expect(math.isnan(said[name][0]) and all(e < 1e-2 for e in said[name][1:]), f"uniform: {name} at t = 0 alone is not known: {said[name]}")
expect(said["mass_p"][0] == 0, "uniform: what is left at t = 0 is exact")
r = run("first-passage", *LATE, 1)
expect("left_out" not in r.check("space_error"), "what starts away from ends has no such row")
finish()
