"""Timescales, eigenfunctions and metastable sets of fokker-planck, by NumPy's eigenvectors of the dense chain; what is made of
them is found from the dense matrix, not from edges. tests/unit/test_metastable.c has chains whose sets are known."""
import numpy as np

import reference as ref
from common import expect
from otherwise import EPS, STEADY, Case

WELLS = "3.5*(1-cos(2*_pi*x/1.4))+0.5*x+exp(6*(abs(x)-2.4))"  # three, of different depth
# two, and a pocket 34 T above them that is left more slowly than they are exchanged
POCKET = "x<3.2 ? 4*(1+cos(2*_pi*x/1.6)) : (x<4 ? 8+20*(1-cos(_pi*(x-3.2)/0.8)) : 48-7*(1-cos(2*_pi*(x-4)/0.8)))"


def potential(x):
    return 3.5 * (1 - np.cos(2 * np.pi * x / 1.4)) + 0.5 * x + np.exp(6 * (abs(x) - 2.4))


def pocket(x):
    low, ramp = 4 * (1 + np.cos(2 * np.pi * x / 1.6)), 8 + 20 * (1 - np.cos(np.pi * (x - 3.2) / 0.8))
    return np.where(x < 3.2, low, np.where(x < 4, ramp, 48 - 7 * (1 - np.cos(2 * np.pi * (x - 4) / 0.8))))


def dense(c, V):
    """Q with its diagonal, the weights of the cells, rates and functions of the slowest modes."""
    h, x = float(c.grid.h[0]), np.asarray(c.grid.centres(0), float)
    z = V(x)[:-1] - V(x)[1:]
    z = np.where(abs(z) < 1e-12, 1e-12, z)  # between mirrored cells
    Q = np.zeros((len(x), len(x)))
    k = np.arange(len(x) - 1)
    Q[k, k + 1], Q[k + 1, k] = z / -np.expm1(-z) / h**2, z / np.expm1(z) / h**2
    Q -= np.diag(Q.sum(axis=1))
    w = np.exp(V(x).min() - V(x))
    w /= w.sum()
    values, u = np.linalg.eigh(-(Q * np.sqrt(w[:, None] / w[None, :]) + (Q * np.sqrt(w[:, None] / w[None, :])).T) / 2)
    return Q, w, values[1:], u[:, 1:]


def corners(Y):
    """Rows of Y that are furthest apart: the longest, then the one furthest from all that lie between those found."""
    found = [int(np.argmax(np.linalg.norm(Y, axis=1)))]
    while len(found) < Y.shape[1]:
        base = Y[found[1:]] - Y[found[0]]
        apart = Y - Y[found[0]]
        if len(base):
            apart = apart - np.linalg.lstsq(base.T, apart.T, rcond=None)[0].T @ base
        found.append(int(np.argmax(np.linalg.norm(apart, axis=1))))
    return found


def three_wells():
    c = Case("fokker-planck", ref.Grid([90], [-2.8], [2.8], ["no_flux"]),
             ["-potential_type", "formula", "-potential_formula", WELLS, "-p_density", "uniform", "-time_stop", 1e-3, "-time_samples", 1,
              "-ts_dt", 1e-3, "-spectrum_count", 4, *STEADY])
    Q, w, rates, u = dense(c, potential)
    h, bounds = float(c.grid.h[0]), c.results["relaxation_bounds"]
    known = 1e-13 * abs(Q).max()  # of NumPy's eigenvalues, absolute
    for k in range(4):
        c.near("implied_timescales", c.results["implied_timescales"][k], 1 / rates[k], 2 * known / rates[k] ** 2, f"[{k}]")
        said, rate = c.results["implied_timescale_bounds"][k], c.results["relaxation_rates"][k]
        c.near("implied_timescale_bounds", said, 1 / (rate - bounds[k]) - 1 / rate, EPS / rate, f"[{k}]")
    c.result("metastable_sets", 3)
    c.result("metastable_choice", f"that after the first 2 is {rates[2] / rates[1]:.3g} times them")
    psi = u / np.sqrt(w)[:, None]  # right where w is not tiny
    good = w > 1e-12 * w.max()
    for k in range(4):
        written = np.asarray(c.fields[0][f"eigenfunction_{k + 1}"], float)
        first = np.flatnonzero(abs(u[:, k]) >= 0.5 * abs(u[:, k]).max())[0]
        psi[:, k] *= np.sign(psi[first, k])
        expect(abs(w @ written**2 - 1) < 1e-12 and np.isfinite(written).all(), f"eigenfunction_{k + 1} is of mean square 1")
        expect(abs(written - psi[:, k])[good].max() < 1e-7, f"eigenfunction_{k + 1}: {abs(written - psi[:, k])[good].max()}")
    Y = np.column_stack([np.ones(len(w)), psi[:, 0] / abs(psi[good, 0]).max(), psi[:, 1] / abs(psi[good, 1]).max()])
    A = np.linalg.inv(Y[good][corners(Y[good])])
    A[0] = -(Y[good][:, 1:] @ A[1:]).min(axis=0)
    A /= A[0].sum()
    A = A[:, np.argsort(-A[0])]
    chi = np.column_stack([np.asarray(c.fields[0][f"membership_{k + 1}"], float) for k in range(3)])
    expect(abs(chi - Y @ A)[good].max() < 1e-7, f"memberships: {abs(chi - Y @ A)[good].max()}")
    of = np.asarray(c.fields[0]["metastable_set"], float)
    expect((of == chi.argmax(axis=1) + 1).all() and set(of) == {1, 2, 3}, "the set of a cell is that of its largest membership")
    expect(-1e-13 <= chi.min() and chi.max() <= 1 + 1e-12 and abs(chi.sum(axis=1) - 1).max() < 1e-12, "memberships are those of a partition")
    overlap = chi.T @ (w[:, None] * chi)
    c.result("metastable_probabilities", w @ chi, 1e-12)
    c.result("metastable_crispness", np.mean(np.diag(overlap) / (w @ chi)), 1e-12)
    # sums of Q chi cancel: what is left of them is known to the rounding of the largest rates
    c.result("metastable_rates", np.linalg.solve(overlap, chi.T @ (w[:, None] * (Q @ chi))).ravel(), 1e-13 * abs(Q).max() / (w @ chi).min())
    # most of a well is its set's, and walls and wells beyond tops have no part of it
    x = np.asarray(c.grid.centres(0), float)
    for k, at in enumerate((-1.4, 0, 1.4)):  # the lowest first
        expect(chi[abs(x - at) < 0.2, k].min() > 0.95, f"the well at {at}")


def slow_pocket():
    c = Case("fokker-planck", ref.Grid([96], [0], [4.8], ["no_flux"]),
             ["-potential_type", "formula", "-potential_formula", POCKET, "-p_density", "uniform", "-time_stop", 1e-3, "-time_samples", 1,
              "-ts_dt", 1e-3, "-spectrum_count", 2, *STEADY])
    Q, w, rates, u = dense(c, pocket)
    size = abs(u[:, 1]).max()
    large = (abs(u[:, 1]) / np.sqrt(w))[abs(u[:, 1]) > 1e-3 * size].max()
    tiny = np.sqrt(w) * large < 1e-6 * size
    c.result("eigenfunctions_unknown", int(tiny.sum()))
    second = np.asarray(c.fields[0]["eigenfunction_2"], float)
    expect((np.isnan(second) == tiny).all() and np.isfinite(np.asarray(c.fields[0]["eigenfunction_1"], float)).all(),
           "the second is not known in the pocket, the first everywhere")
    c.result("metastable_sets", 2)
    within = np.asarray(c.grid.centres(0), float) > 4
    c.near("metastable_probabilities", c.results["metastable_probabilities"][1], w[within].sum(), 0.1 * w[within].sum(), "[1]")
    c.near("metastable_rates", c.results["metastable_rates"][2], rates[0], 1e-6 * rates[0], "[2]")  # out of it


CASES = (three_wells, slow_pocket)
