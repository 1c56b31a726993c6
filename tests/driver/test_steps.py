"""Formulas with steps between centres of cells: space_error against what the grid is truly off by. All grids know the place of a step to half
a cell, may agree on it, and pass over it as over a slope: three grids of the same kind would be blind to that."""
import math

from common import close, expect, finish, run, sound

N = 600  # points of each side of a step, by the midpoint rule: 1e-6


def passage(at, V=lambda x: 0, f=0, M=lambda x: 1, T=lambda x: 1, a=0):
    """Mean time, and that of its square, from p to 1 with a wall at 0: twofold integrals of exp(-V/T)/D^a and its inverse. V where T is 1."""
    x = [at * (i + 0.5) / N for i in range(N)] + [at + (1 - at) * (i + 0.5) / N for i in range(N)]
    w = [at / N] * N + [(1 - at) / N] * N
    p = [math.exp(-50 * (y - 0.4) ** 2) for y in x]
    pi, force = [], 0
    for y, h in zip(x, w):
        pi.append(math.exp(-V(y) / T(y) + force + 0.5 * h * f / T(y)) / (M(y) * T(y)) ** a)
        force += h * f / T(y)
    u, moments = [1] * 2 * N, []
    for k in (1, 2):
        below, slope = 0, []
        for y, h, weight, value in zip(x, w, pi, u):
            slope.append(k * h * (below + 0.5 * h * weight * value) / (M(y) * T(y) * weight))
            below += h * weight * value
        u, above = [], 0
        for s in reversed(slope):
            u.append(above + 0.5 * s)
            above += s
        u.reverse()
        moments.append(sum(a * b * c for a, b, c in zip(u, p, w)) / sum(a * b for a, b in zip(p, w)))
    return moments


def judge(n, right, keys, what, most=20):
    """space_error is not less than 0.7 of what the worst number is off by; *most* times it at most."""
    r = run("first-passage", "-grid_n", n, "-grid_boundary", "no_flux:absorbing", "-p_density", "formula", "-p_formula", "exp(0-50*(x-0.4)^2)",
            "-output_fields", "none", "-check_space_error_tolerance", 9, *keys)
    sound(r, what)
    found = r.summary()["results"]
    true = max(abs(found[name] / value - 1) for name, value in zip(("passage_time", "passage_time_2"), right))
    said = found["space_error"]
    expect(true <= said / 0.7, f"{what}, {n} cells: off by {true:.3g}, said {said:.3g}")
    wide = max(abs(value / found[name] - 1) for name, value in zip(("passage_time", "passage_time_2"), right))  # relative to what is too small
    expect(said <= most * max(true, wide) + 0.01, f"{what}, {n} cells: off by {true:.3g}, said {said:.3g}, far more")
    return true, said / true


# 0.3131 and 0.6253 lie so near to a face of all grids that all put the step there; the others anywhere in a cell.
shares = []
for n, places in ((64, (0.6197, 0.3131, 0.6062)), (32, (0.6253, 0.3021))):
    for at in places:
        where = f"(x>{at})"
        for H in (2.93, -3):
            right = passage(at, V=lambda x: H * (x > at), f=-2)
            true, share = judge(n, right, ["-potential_type", "formula", "-potential_formula", f"2*x+{where}*{H}"], f"V, {H} at {at}")
            shares.append(share)
        slope, up, down = ["-potential_type", "formula", "-potential_formula", "2*x"], math.exp(1.5), math.exp(-1)
        for noise, a in (("klimontovich", 0), ("stratonovich", 0.5), ("ito", 1)):
            right = passage(at, f=-2, M=lambda x: up if x > at else 1, a=a)
            judge(n, right, [*slope, "-mobility_formula", f"{where} ? {up} : 1", "-noise", noise], f"M, {noise}, at {at}")
        for noise, a in (("klimontovich", 0), ("ito", 1)):
            right = passage(at, f=-2, T=lambda x: down if x > at else 1, a=a)
            judge(n, right, [*slope, "-temperature_formula", f"{where} ? {down} : 1", "-noise", noise], f"T, {noise}, at {at}")
middle = sorted(shares)[len(shares) // 2]
expect(middle < 2.5, f"of a step of V what is said is {middle:.2g} times what it is, as a rule")

# Cliffs: what is below one has all the mass of a cell that it cuts, whose centre may be above.
for n, at in ((64, 0.6197), (64, 0.6246), (48, 0.3315), (48, 0.3501)):
    for H in (-17, -8, 17):
        right = passage(at, V=lambda x: H * (x > at), f=-2)
        judge(n, right, ["-potential_type", "formula", "-potential_formula", f"2*x+{H}*(x>{at})"], f"V, {H} at {at}")

# What no cell sees: walls, and a pit, of a fifth of one, between centres; slopes over a third of one, ripples as long as one.
for n, V in ((64, "9*(x>0.6112)*(x<0.6145)"), (32, "6*(x>0.5490)*(x<0.5549)"), (64, "2*x-12*(x>0.6112)*(x<0.6145)"), (64, "4*tanh((x-0.6112)/0.005)"),
             (64, "2*tanh((x-0.6135)/0.003)"), (64, "sin(402.1238592*x)+2*x")):
    truth = run("first-passage", "-grid_n", 5000, "-grid_boundary", "no_flux:absorbing", "-p_density", "formula", "-p_formula", "exp(0-50*(x-0.4)^2)",
                "-output_fields", "none", "-check_space", "no", "-potential_type", "formula", "-potential_formula", V).summary()["results"]
    judge(n, (truth["passage_time"], truth["passage_time_2"]), ["-potential_type", "formula", "-potential_formula", V, "-check_space_error_tolerance", 1e9],
          V)

# The same of a potential that is no formula, and of steps in a force, which are none in V.
for at in (0.3131, 0.6197):
    right = passage(at, V=lambda x: 2 * x * x, M=lambda x: 4 if x > at else 1, a=1)
    judge(64, right, ["-potential_type", "quadratic", "-potential_stiffness", 4, "-potential_center", 0, "-mobility_formula", f"x>{at} ? 4 : 1", "-noise",
                      "ito"], f"M beside a quadratic V, {at}")
    right = passage(at, V=lambda x: 12 * max(0, at - x))
    for name in ("drift", "velocity"):
        judge(64, right, ["-drift_type", "formula"] * (name == "drift") + [f"-{name}_formula", f"x>{at} ? 0 : 12"], f"{name} at {at}", 40)

# A steep slope that cells resolve is no step: second order, as it is said to be.
SLOPE = ["-grid_boundary", "no_flux:absorbing", "-p_density", "uniform", "-output_fields", "none", "-potential_type", "formula", "-potential_formula",
         "3*tanh(12*(x-0.53))"]
steep, fine = (run("first-passage", "-grid_n", n, *SLOPE).summary()["results"]["space_error"] for n in (64, 128))
expect(3 < steep / fine < 5, f"a slope: {steep:.3g} on 64 cells, {fine:.3g} on 128")

# Nor is a wall that grows without end where nothing ever comes to, whatever it bends by there.
MORSE = ["-grid_n", 128, "-grid_upper", 4, "-grid_boundary", "no_flux", "-set_b", "x>2", "-p_density", "gaussian_mixture", "-p_mean", 1, "-p_sigma", 0.1,
         "-output_fields", "none", "-potential_type", "formula", "-potential_formula", "4*(exp(0-8*(x-1))-2*exp(0-4*(x-1)))"]
said = run("first-passage", *MORSE).summary()["results"]["space_error"]
expect(said < 0.005, f"a Morse potential: {said:.3g}, of 0.001 true")

# Nor does a wall of 800 T and more take coarser grids away (exp(800) is no double): every row has its estimate, and they are bad.
for wall in (800, 1e4):
    r = run("fokker-planck", "-grid_n", 64, "-grid_lower", -2, "-grid_upper", 2, "-grid_boundary", "no_flux", "-p_density", "gaussian_mixture", "-p_mean", 0.3,
            "-p_sigma", 0.2, "-time_stop", 0.4, "-time_samples", 3, "-output_fields", "none", "-potential_type", "formula", "-potential_formula",
            f"cos(3*x)+(abs(x)>1.03)*{wall}")
    expect("space_error" in r.failing() and all(math.isfinite(e) for e in r.errors("space")["kl_p_pi"]), f"a wall of {wall} T: {r.failing()}")

# In a plane, aslant, where it cuts cells anyhow, and round; the same on ranks.
PLANE = ["-grid_boundary", "no_flux:absorbing,no_flux", "-p_density", "formula", "-p_formula", "exp(0-30*(x-0.35)^2-30*(y-0.45)^2)", "-output_fields",
         "none", "-passage_moments", 1, "-potential_type", "formula", "-potential_formula"]
for shape in ("x+0.37*y>0.81", "0.06-(x-0.61)^2-(y-0.4)^2>0"):
    formula = f"{shape} ? 4 : 0"
    right = run("first-passage", "-grid_n", "256,256", *PLANE, formula, "-check_space", "no").summary()["results"]["passage_time"]
    for n in (24, 32):
        r = run("first-passage", "-grid_n", f"{n},{n}", *PLANE, formula, "-check_space_error_tolerance", 9)
        sound(r, shape)
        found = r.summary()["results"]
        true, said = abs(found["passage_time"] / right - 1), found["space_error"]
        expect(true <= said / 0.7 and said <= 8 * true, f"{shape}, {n} cells: off by {true:.3g}, said {said:.3g}")
for ranks, mesh in ((2, "1,2"), (3, "3,1")):
    other = run("first-passage", "-grid_n", f"{n},{n}", *PLANE, formula, "-check_space_error_tolerance", 9, "-grid_mesh", mesh, ranks=ranks)
    sound(other, f"{ranks} ranks")
    close(other.summary()["results"]["space_error"], said, 1e-6, f"{ranks} ranks")

# A density on its way over a step, row by row, against a grid that has it at a face, whose error is 1/30.
for at, H in ((0.62, -2), (0.313, 3)):
    DENSITY = ["-grid_boundary", "no_flux", "-p_density", "gaussian_mixture", "-p_mean", 0.4, "-p_sigma", 0.1, "-time_stop", 0.3, "-time_samples", 4,
               "-output_fields", "none", "-potential_type", "formula", "-potential_formula", f"2*x+(x>{at} ? {H} : 0)"]
    truth = run("fokker-planck", "-grid_n", 1000, *DENSITY, "-check_space", "no").series()
    r = run("fokker-planck", "-grid_n", 32, *DENSITY, "-check_space_error_tolerance", 9)
    said, found = r.errors("space"), r.series()
    for name in ("mean_p_x", "covariance_p_xx", "kl_p_pi", "production"):
        for k in (1, 2, 3):
            true = abs(found[name][k] - truth[name][k])
            expect(true <= 2 * said[name][k], f"{name}, row {k}, at {at}: off by {true:.3g}, said {said[name][k]:.3g}")
            expect(said[name][k] <= 20 * true + 2e-3, f"{name}, row {k}, at {at}: off by {true:.3g}, said {said[name][k]:.3g}, far more")

# A gradient flow, whose coarser grids have a step where it is: the run's, at 0.62 beside a face of all, is off by what they do not share.
for at, H, n in ((0.62, 3, 64), (0.313, -2, 32)):
    FLOW = ["-grid_boundary", "no_flux", "-p_density", "gaussian_mixture", "-p_mean", 0.4, "-p_sigma", 0.1, "-time_stop", 0.2, "-time_samples", 3,
            "-output_fields", "none", "-check_time", "no", "-potential_type", "formula", "-potential_formula", f"2*x+(x>{at} ? {H} : 0)"]
    truth = run("gradient-flow", "-grid_n", 1000, *FLOW, "-check_space", "no").series()
    r = run("gradient-flow", "-grid_n", n, *FLOW, "-check_space_error_tolerance", 9)
    sound(r, f"gradient-flow, {at}")
    said, found = r.errors("space"), r.series()
    for name in ("energy", "second_moment"):
        for k in (1, 2):
            true = abs(found[name][-k] - truth[name][-k])
            expect(true <= 1.5 * said[name][-k], f"{name} at {at}: off by {true:.3g}, said {said[name][-k]:.3g}")
            expect(said[name][-k] <= 20 * true + 1e-3, f"{name} at {at}: off by {true:.3g}, said {said[name][-k]:.3g}, far more")
finish()
