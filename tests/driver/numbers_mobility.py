"""Mobilities that depend on place, by the dense chain: every column, every result."""

import os

import h5py
import numpy as np

import reference as ref
from common import scratch
from otherwise import STEADY, Case, judge_rows

NOISES = ("klimontovich", "stratonovich", "ito")


def chain_of(c, potential, drift, T, mobility, noise, t=0, shared=False):
    """`mobility`: the texts of the axes; of a file its values."""
    values = [ref.evaluate(m, c.grid.mesh()) if isinstance(m, str) else m for m in mobility]
    force = lambda x, u: [ref.evaluate(f, x, u) for f in drift]
    a = ref.LD(NOISES.index(noise)) / 2
    return ref.Chain(c.grid, lambda x, u: ref.evaluate(potential, x, u), force, T, values, t, a, shared)


def described(c, mobility, noise, potential, steady):
    values = [ref.evaluate(m, c.grid.mesh()) if isinstance(m, str) else m for m in mobility]
    c.result("noise", noise)
    c.result("velocity", "none")
    c.result("mobility_least", [m.min() for m in values], 1e-15 * 50)
    c.result("mobility_most", [m.max() for m in values], 1e-15 * 50)
    c.result("effective_potential", potential)
    c.result("steady_state", steady)
    for k in c.fields:  # the fields say what was used
        for j, m in enumerate(values):
            c.near("mobility in fields.h5", abs(c.fields[k]["mobility_" + "xyz"[j]] - m.ravel()).max(), 0, 1e-14 * float(m.max()))


def per_axis():
    """A mobility for each axis: what Ito's noise brings is no gradient, and drives a current round and round."""
    grid = ref.Grid([7, 6], [-1, 0], [1, 2], ["no_flux", "periodic"])
    V, M = "x^2/2+cos(_pi*y)/2", ("1+x^2+sin(_pi*y)/2", "0.5+exp(x)*(2+cos(_pi*y))/8")
    for noise in NOISES:
        c = Case("fokker-planck", grid, ["-potential_type", "formula", "-potential_formula", V, "-temperature", 0.7,
                                         "-mobility_formula", ",".join(M), "-noise", noise, "-drift_type", "formula", "-drift_formula",
                                         "0,1+x", "-p_density", "gaussian_mixture", "-p_mean", "0.4,1", "-p_sigma", 0.4, "-q_density",
                                         "formula", "-q_formula", "2+x+cos(_pi*y)/2", "-time_stop", 0.1, "-time_samples", 3, "-ts_dt", 0.025,
                                         "-spectrum_count", 2, *STEADY])
        chain = chain_of(c, V, ("0", "1+x"), 0.7, M, noise)
        judge_rows(c, chain, chain.steady())
        described(c, M, noise, "V", "solved")
        bounds = c.results["relaxation_bounds"]
        for k, (rate, _, known) in enumerate(ref.rates(chain, 2)):
            c.near("relaxation_rates", c.results["relaxation_rates"][k], rate, bounds[k] + known, f"[{k}]")
        c.result("cell_peclet", abs(chain.z).max(), 1e-13)


def shared():
    """One function of place: a T log M is a potential, while another one changes in time."""
    grid = ref.Grid([24], [-1], [1], ["no_flux"])
    V, M = "x*(1+10*t)", ("1/(1+0.6*cos(_pi*x))",)
    for noise in NOISES:
        c = Case("fokker-planck", grid, ["-potential_type", "formula", "-potential_formula", V, "-temperature", 1.5,
                                         "-mobility_formula", *M, "-noise", noise, "-p_density", "gaussian_mixture", "-p_mean", 0.3,
                                         "-p_sigma", 0.3, "-time_stop", 0.1, "-time_samples", 3, "-ts_dt", 0.01, *STEADY])
        chains = []
        for t in c.t:
            chains.append(chain_of(c, V, ("0",), 1.5, M, noise, t, True))
            chains[-1].slope = 10 * grid.centres(0)
        judge_rows(c, chains, [chain.gibbs() for chain in chains], share=1e-9)
        potentials = ("V", "V + T/2 log M", "V + T log M")
        described(c, M, noise, potentials[NOISES.index(noise)], "of the moment")


def from_file():
    """Faces that absorb, and a mobility from a file, for all axes or one each."""
    grid = ref.Grid([7, 6], [-1, 0], [1, 2], ["absorbing", "no_flux"])
    path = os.path.join(scratch(), "mobility.h5")
    x, y = (c.astype(float) for c in grid.mesh())
    values = {"M": 1 + x * x + y, "N": 2 + np.sin(3 * x + y)}
    with h5py.File(path, "w") as f:
        for name, u in values.items():
            f[name] = u
    for noise, names in (("ito", "M"), ("ito", "M, N"), ("stratonovich", "N,M")):
        M = [values[name.strip()] for name in (names.split(",") * 2)[:2]]
        c = Case("fokker-planck", grid, ["-potential_type", "quadratic", "-mobility_path", path, "-mobility_dataset", names, "-noise",
                                         noise, "-p_density", "gaussian_mixture", "-p_mean", "0.4,1", "-p_sigma", 0.4, "-q_density",
                                         "uniform", "-time_stop", 0.1, "-time_samples", 3, "-ts_dt", 0.025, *STEADY])
        chain = chain_of(c, "(x^2+y^2)/2", ("0", "0"), 1, M, noise, 0, names == "M")
        judge_rows(c, chain, None)
        described(c, M, noise, "V + T log M" if names == "M" else "V", "there is none")


def steady():
    """The steady states of the three, in words and by the chain."""
    grid = ref.Grid([16], [-1], [1], ["no_flux"])
    for noise, words in zip(NOISES, ("exp(-V/T)", "exp(-V/T)/sqrt(M)", "exp(-V/T)/M")):
        c = Case("fokker-planck", grid, ["-potential_type", "quadratic", "-mobility_formula", "1+x^2", "-noise", noise, "-p_density",
                                         "uniform", "-time_stop", 0.1, "-time_samples", 2, "-ts_dt", 0.025, *STEADY])
        chain = chain_of(c, "x^2/2", ("0",), 1, ("1+x^2",), noise, 0, True)
        c.result("steady_state", words)
        x = grid.centres(0)
        pi = np.exp(-x * x / 2) * (1 + x * x) ** (-ref.LD(NOISES.index(noise)) / 2)
        judge_rows(c, chain, pi / pi.sum() / grid.volume)
        off = abs(c.fields[0]["steady_state"] - pi / pi.sum() / grid.volume).max()
        c.near("steady_state in fields.h5", off, 0, 1e-14)


def warm():
    """A temperature that depends on place: what it was. Its columns are found by the dense chain in driver/temperature."""
    grid = ref.Grid([24], [-1], [1], ["no_flux"])
    T = "1+x^2/2"
    c = Case("fokker-planck", grid, ["-potential_type", "quadratic", "-temperature_formula", T, "-p_density", "gaussian_mixture",
                                     "-p_mean", 0.3, "-p_sigma", 0.4, "-time_stop", 0.1, "-time_samples", 3, "-ts_dt", 0.0125, *STEADY])
    values = ref.evaluate(T, grid.mesh())
    c.result("temperature_least", values.min(), 1e-14)
    c.result("temperature_most", values.max(), 1e-14)
    c.result("noise", "klimontovich")


CASES = (warm, per_axis, shared, from_file, steady)
