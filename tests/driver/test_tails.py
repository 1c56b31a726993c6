"""Far tails and high walls: implicit Euler on 1D chains against the same steps in decimal numbers of 40 digits and any
exponent; walls of 500 T, 5000 T and no way at all agree."""
import functools
from decimal import Decimal, getcontext

from common import close, expect, finish, run

getcontext().prec = 40
D = Decimal


def bernoulli(z):
    return D(1) if z == 0 else z / (z.exp() - 1)


def rates(n, V, force):
    """Q[i] = (up from i to i+1, down from i+1 to i) of a box [0, 1] with walls."""
    h = D(1) / n
    z = [V[i] - V[i + 1] + force * h for i in range(n - 1)]
    return [(bernoulli(-x) / h**2, bernoulli(x) / h**2) for x in z]


def step(p, Q, dt):
    """(1 - dt Q^T) x = p by elimination; no pivots, and no subtraction: every cell is right to itself."""
    n = len(p)
    up, down = [a for a, _ in Q] + [D(0)], [D(0)] + [b for _, b in Q]
    diagonal, right, x = [D(0)] * n, list(p), [D(0)] * n
    rest = D(0)  # of dt down, what does not come back: the diagonal is 1 + dt up + rest, all positive
    for i in range(n):
        if i:
            ratio = dt * up[i - 1] / diagonal[i - 1]
            right[i] += ratio * right[i - 1]
            rest = dt * down[i] * (1 + rest) / diagonal[i - 1]
        diagonal[i] = 1 + dt * up[i] + rest
    for i in reversed(range(n)):
        x[i] = (right[i] + (dt * down[i + 1] * x[i + 1] if i + 1 < n else 0)) / diagonal[i]
    return x


def values(p, q, Q, h):
    kl = sum(a * (a / b).ln() for a, b in zip(p, q)) * h
    reverse = sum(b * (b / a).ln() for a, b in zip(p, q)) * h
    fisher = total = D(0)
    for i, (up, down) in enumerate(Q):
        d = (p[i + 1] * q[i] / (q[i + 1] * p[i])).ln()
        fisher += up * p[i] * (d.exp() - 1 - d) + down * p[i + 1] * ((-d).exp() - 1 + d)
        J = up * p[i] - down * p[i + 1]
        total += J * (up * p[i] / (down * p[i + 1])).ln()
    return {"kl": kl, "reverse_kl": reverse, "fisher_rel": fisher * h, "kl_rate": -fisher * h, "production": total * h}


@functools.cache
def decimals(n, steps, dt, V, force):
    Q = rates(n, [D(v) for v in V], D(force))
    p, q = [D(0)] * n, [D(0)] * n
    p[1], q[n - 2] = D(n), D(n)
    for _ in range(steps):
        p, q = step(p, Q, D(dt)), step(q, Q, D(dt))
    return values(p, q, Q, D(1) / n), min(p)


def against_decimals(name, n, steps, dt, V, formula, force, ranks):
    right, least = decimals(n, steps, dt, tuple(V), force)
    words = ["-potential_type", "formula", "-potential_formula", formula] if formula else []
    words += ["-drift_type", "constant", "-drift_force", force] if force else []
    r = run("fokker-planck", "-grid_n", n, "-grid_boundary", "no_flux", "-p_density", "delta", "-p_position", 1.5 / n,
            "-q_density", "delta", "-q_position", 1 - 1.5 / n, "-time_stop", repr(steps * dt), "-time_samples", 2,
            "-ts_type", "beuler", "-ts_dt", repr(dt), "-check_time", "no", "-check_space", "no", "-output_fields", "none",
            *words, ranks=ranks)
    expect(r.status == 0, f"{name}: exit {r.status}: {r.err[-300:]}{r.out[-1500:]}")
    series = r.series()
    for column, value in right.items():
        # a cell is mended from 1e-4 on, in sums over hundreds of cells; logarithms themselves hold 1e-13
        close(series[column][-1], float(value), 1e-6, f"{name} on {ranks}: {column}")
    expect(series["min_p"][-1] == 0 and least > 0, f"{name}: prints what underflows as 0")
    check = r.check("dissipation_identity")
    expect(check["pass"], f"{name}: the identity by logarithms: {check}")


far = 4.4444444444444447e-11
against_decimals("far tails", 150, 3, far, [0] * 150, None, 0, 1)
against_decimals("far tails", 150, 3, far, [0] * 150, None, 0, 3)
against_decimals("against a drift", 120, 4, 1e-9, [0] * 120, None, 9, 2)
n = 60
xs = [(i + 0.5) / n for i in range(n)]
against_decimals("uphill", n, 3, 1e-3, [900 * x * x for x in xs], "900*x^2", 0, 1)
wall = [2500 if 0.4 < x < 0.6 else 0 for x in xs]
against_decimals("over a wall", n, 3, 1e-3, wall, "((x > 0.4) && (x < 0.6)) ? 2500 : 0", 0, 1)
against_decimals("over a wall with a drift", n, 3, 1e-3, wall, "((x > 0.4) && (x < 0.6)) ? 2500 : 0", 5, 2)


def ring(height, *words):
    return run("fokker-planck", "-grid_n", "28,18", "-grid_boundary", "periodic,no_flux", "-potential_type", "formula",
               "-potential_formula", f"((x-0.5)^2+(y-0.4)^2 < 0.05) ? {height} : cos(2*_pi*x)+y", "-p_density", "box",
               "-p_lower", "0,0", "-p_upper", "0.2,0.9", "-time_stop", 0.1, "-time_samples", 3, "-ts_type", "beuler",
               "-ts_dt", 0.01, "-check_time", "no", "-check_space", "no", "-output_fields", "none", *words)


for words in ((), ("-drift_type", "constant", "-drift_force", "4,1")):
    low, high, closed = (ring(height, *words) for height in (500, 5000, "inf"))
    for r in (low, high, closed):
        expect(r.status == 0, f"walls {words}: exit {r.status}: {r.err[-300:]}{r.out[-1200:]}")
    for column in ("kl_p_pi", "production", "entropy_p", "production_nonadiabatic"):
        for k in (1, 2):  # what is behind 500 T is e^-500; solves of 1e-10
            close(high.series()[column][k], low.series()[column][k], 1e-8, f"5000 T as 500 T: {column}")
            close(closed.series()[column][k], low.series()[column][k], 1e-8, f"closed as 500 T: {column}")
finish()
