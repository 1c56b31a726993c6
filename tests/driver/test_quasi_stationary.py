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
finish()
