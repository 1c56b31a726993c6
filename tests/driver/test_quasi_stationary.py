"""Quasi-stationary laws of wells behind a barrier, to be told apart or not, against the chain's own mode in 60 digits."""
import decimal, math
from decimal import Decimal

from common import close, expect, finish, needs, run, sound

needs("numpy", "h5py")
import h5py
import numpy as np

decimal.getcontext().prec = 60
N, LOWER, UPPER = 120, Decimal(-2), Decimal(2)
H = (UPPER - LOWER) / N


def potential(x, barrier, left, right):
    """Two wells at -1 and 1; what parts them, and what keeps each from its face of the box."""
    return (barrier if abs(x) < 1 else Decimal(left if x < 0 else right) / 9) * (x * x - 1) ** 2


def bernoulli(z):
    return Decimal(1) if z == 0 else z / (z.exp() - 1)


def slowest(near, wells):
    """Rate and law of the mode whose rate is nearest to a number: by inverse iteration, T = 1, absorbing faces."""
    V = [potential(LOWER + (i + Decimal(1) / 2) * H, *wells) for i in range(N)]
    z = [V[i + 1] - V[i] for i in range(N - 1)]
    up, down = [bernoulli(d) / H ** 2 for d in z], [bernoulli(-d) / H ** 2 for d in z]
    leave = [(up[i] if i < N - 1 else 0) + (down[i - 1] if i else 0) for i in range(N)]
    leave[0] += 2 * bernoulli(-z[0] / 2) / H ** 2
    leave[-1] += 2 * bernoulli(z[-1] / 2) / H ** 2
    law, shift, rate = [Decimal(1)] * N, Decimal(near) * (1 - Decimal("1e-5")), Decimal(0)
    for _ in range(12):
        pivot, right = [leave[0] - shift], [law[0]]  # (leave - shift) x_i - up x_{i-1} - down x_{i+1} = law
        for i in range(1, N):
            factor = up[i - 1] / pivot[-1]
            pivot.append(leave[i] - shift - factor * down[i - 1])
            right.append(law[i] + factor * right[-1])
        x = [right[-1] / pivot[-1]]
        for i in range(N - 2, -1, -1):
            x.append((right[i] + down[i] * x[-1]) / pivot[i])
        x.reverse()
        rate, law = shift + sum(law) / sum(x), [v / sum(x) for v in x]
    return float(rate), np.array([float(v) for v in law])


def found(barrier, left, right, *more, ranks=1):
    formula = f"abs(x)<1 ? {barrier}*(x^2-1)^2 : (x<0 ? {left} : {right})*(x^2-1)^2/9"
    r = run("first-passage", "-grid_n", N, "-grid_lower", -2, "-grid_upper", 2, "-grid_boundary", "absorbing", "-potential_type", "formula",
            "-potential_formula", formula, "-p_density", "delta", "-p_position", -0.9, "-check_space", "no", *more, ranks=ranks)
    sound(r, f"{barrier}, {left}, {right}")
    with h5py.File(r.folder + "/fields.h5", "r") as f:
        return r, f["0/quasi_stationary"][:] * float(H) if "quasi_stationary" in f["0"] else None


# The slower well is the right one, the left, nearly as slow, far slower; the barrier between higher than those outside, or not.
for wells in ((20, 10, Decimal("10.34")), (30, Decimal("10.34"), 10), (20, 10, Decimal("10.7")), (40, 20, Decimal("20.5")), (12, 10, Decimal("10.5")),
              (8, 10, 10), (60, 40, Decimal("40.3")), (30, 15, Decimal("15.001"))):
    for ranks in (1, 3) if wells[0] in (40, 60) else (1,):
        r, law = found(*wells, ranks=ranks)
        rate, truth = slowest(r.summary()["results"]["quasi_stationary_rate"] or 1e-9, wells)
        close(r.summary()["results"]["quasi_stationary_rate"] or 0, rate, 1e-8, f"{wells}: rate")
        expect(law is not None and abs(law - truth).sum() < 1e-3, f"{wells}: law, off by {None if law is None else abs(law - truth).sum()}")

# Alike, and parted so well that which has how much is rounding's to say: the rate is known, the law not, and is not written.
for wells in ((60, 20, 20), (50, 12, 12)):
    r, law = found(*wells, "-time_stop", 1, "-time_samples", 3)
    rate, _ = slowest(r.summary()["results"]["quasi_stationary_rate"] or 1e-9, wells)
    close(r.summary()["results"]["quasi_stationary_rate"] or 0, rate, 1e-8, f"{wells}: rate")
    unknown = {n["name"]: n["why"] for n in r.summary()["not_known"]}
    expect(law is None and "quasi_stationary_law" in unknown and "quasi_stationary_rate" not in unknown, f"{wells}: no law: {unknown}")
    expect(r.check("quasi_stationary")["value"] == "not applicable", f"{wells}: nothing to compare what is left with")

def dense(V, target):
    """Rate of the slowest mode, its law, and the next rate: T = 1, the symmetric form of a box of unit sides with a set of cells as target."""
    n = len(V)
    B = lambda z: np.where(abs(z) < 1e-9, 1 - z / 2, z / np.where(abs(z) < 1e-9, 1, np.expm1(z)))
    cell, form = np.arange(n * n).reshape(n, n), np.zeros((n * n, n * n))
    for a, b in ((cell[:-1].ravel(), cell[1:].ravel()), (cell[:, :-1].ravel(), cell[:, 1:].ravel())):
        z = V.ravel()[b] - V.ravel()[a]
        up, down = n * n * B(z), n * n * B(-z)
        mean, ends = np.sqrt(up * down), target.ravel()
        both = ~ends[a] & ~ends[b]
        form[a[both], b[both]] = form[b[both], a[both]] = mean[both]
        half = np.where(ends[a] | ends[b], mean, 0)  # a set ends at the face: half an edge
        np.add.at(form, (a, a), -up - half)
        np.add.at(form, (b, b), -down - half)
    free = ~target.ravel()
    rates, modes = np.linalg.eigh(form[np.ix_(free, free)])
    law = np.zeros(n * n)
    law[free] = abs(modes[:, -1]) * np.exp(-V.ravel()[free] / 2)
    return -rates[-1], law.reshape(n, n) / law.sum(), -rates[-2]


# Two wells of a plane on either side of a target: modes beside the two slowest are no further than these from extrapolations.
n, away = 26, 0.2 * 2.3 / 1.3
x, y = np.meshgrid((np.arange(n) + 0.5) / n, (np.arange(n) + 0.5) / n, indexing="ij")
for depth, more, end in ((6, 0, 25 / n), (9, 1e-3, 25 / n), (10, 1e-6, 23 / n)):  # ends at faces
    well = lambda cx, cy, d: d * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 0.02)
    rate, law, second = dense(-well(0.3, 0.5 + away, depth) - well(0.7, 0.5 - away, depth + more), (abs(y - 0.5) < 1 / n) & (x < end))
    expect(second / rate - 1 < 0.03, "the two are alike")
    r = run("first-passage", "-grid_n", f"{n},{n}", "-grid_boundary", "no_flux", "-potential_type", "formula", "-potential_formula",
            f"-{depth}*exp(-((x-0.3)^2+(y-0.5-{away})^2)/0.02)-({depth}+{more})*exp(-((x-0.7)^2+(y-0.5+{away})^2)/0.02)", "-set_b",
            f"abs(y-0.5)<1/{n} && x<{end}", "-p_density", "uniform", "-p_closed", "restrict", "-check_space", "no", "-passage_moments", 1)
    sound(r, f"wells of a plane, {depth} deep")
    close(r.summary()["results"]["quasi_stationary_rate"], rate, 1e-8, f"{depth} deep, a plane: the rate")
    with h5py.File(r.folder + "/fields.h5", "r") as f:
        got = f["0/quasi_stationary"][:] / n**2
    # known to 1e-3 by the run's own word; dense algebra rounds to 1e-15 over the gap
    expect(abs(got - law).sum() < 1e-6, f"{depth} deep, a plane: the law is off by {abs(got - law).sum()}")

# A drift between two faces that absorb: many modes lie near, D (kπ)² above v²/4D.
r = run("first-passage", "-grid_n", 128, "-grid_boundary", "absorbing", "-drift_type", "constant", "-drift_force", 1, "-temperature", 0.02,
        "-p_density", "uniform", "-check_space", "no", "-passage_moments", 1)
sound(r, "a drift")
z = 1 / 128 / 0.02
B = lambda v: v / math.expm1(v)
up, down = 0.02 * 128**2 * B(-z), 0.02 * 128**2 * B(z)
form = np.diag(np.full(128, -up - down)) + np.diag(np.full(127, math.sqrt(up * down)), 1) + np.diag(np.full(127, math.sqrt(up * down)), -1)
form[0, 0] = -up - 2 * 0.02 * 128**2 * B(z / 2)
form[-1, -1] = -down - 2 * 0.02 * 128**2 * B(-z / 2)
close(r.summary()["results"]["quasi_stationary_rate"], -np.linalg.eigvalsh(form)[-1], 1e-8, "a drift: the rate")
finish()
