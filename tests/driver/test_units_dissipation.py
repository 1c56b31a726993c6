"""The unit of length changes nothing: all lengths times s, all times times s².

Dimensionless columns keep their digits, entropies shift by d log s, Fisher information and rates scale by
1/s², densities by s^-d. Tolerance 1e-12 of a column's value: means and widths are rounded anew in every
unit (1e-16 of themselves), which log(p/q) of up to 30 magnifies; entropies cancel against their shift."""
import math
from common import *

KEEP = "mass_p mass_q kl reverse_kl js chi2 hellinger2 tv renyi kl_p0_pt".split()
SHIFT = ["entropy_p", "entropy_q", "cross_entropy"]
RATE = ["fisher_p", "fisher_q", "fisher_rel", "kl_rate"]
CASES = {
    "spectral": (2, ["-grid_n", "24,21", "-grid_boundary", "periodic,no_flux"]),
    "lattice": (1, ["-grid_n", "31", "-p_floor", "1e-3", "-q_floor", "1e-3"]),
    "lattice_exact": (3, ["-grid_n", "8,7,6", "-grid_boundary", "no_flux,periodic,no_flux"]),
    "gaussian_exact": (2, ["-grid_n", "26,25", "-grid_boundary", "open,no_flux"]),
}


def sample(kernel, s):
    d, case = CASES[kernel]
    at = lambda v: ",".join(repr(x * s) for x in v[:d])
    late = 0.3 if kernel != "gaussian_exact" else 6e-3  # far into equilibrium: rates of next to nothing
    return run("dissipation", *case, "-grid_upper", repr(s), "-heat_kernel", kernel, "-renyi_order", 2,
               "-p_density", "gaussian_mixture", "-p_mean", at([0.46, 0.55, 0.5]), "-p_sigma", repr(0.1 * s),
               "-q_density", "gaussian_mixture", "-q_mean", at([0.55, 0.45, 0.6]), "-q_sigma", repr(0.12 * s),
               "-time_start", repr(2e-3 * s * s), "-time_stop", repr(late * s * s), "-time_samples", 4,
               "-check_integral_nodes", 6, "-output_fields", "none")


def compare(kernel, s, one, other):
    d, a, b = CASES[kernel][0], one.series(), other.series()
    failed = lambda r: [c["name"] for c in r.summary()["checks"] if not c["pass"]]
    expect(other.status in (0, 1), f"{kernel} {s}: {other.err}")
    expect(failed(one) == failed(other), f"{kernel} {s}: other checks fail: {failed(one)} and {failed(other)}")
    expect([u["name"] for u in one.summary()["not_known"]] == [u["name"] for u in other.summary()["not_known"]],
           f"{kernel} {s}: other quantities are not known")
    for i in range(len(a["t"])):
        floor = a["kl"][i] < 1e-9  # of nearly equal densities only eps/sqrt(2 KL) is known
        for key in KEEP + SHIFT + RATE + ["min_p", "min_q"]:
            u, v, tolerance = a[key][i], b[key][i], 1e-12
            if key in SHIFT:
                mass = b["mass_q" if key == "entropy_q" else "mass_p"][i]  # what has not leaked
                v, tolerance = v - mass * d * math.log(s), 1e-13 * (1 + abs(d * math.log(s))) / max(abs(u), 1e-300)
            elif key in RATE:
                v *= s * s
            elif key not in KEEP:
                v *= s**d
                tolerance = 1e-10  # far tails: up to 60 widths squared times the rounding of a width
            if u == v or (math.isnan(u) and math.isnan(v)):
                continue
            if key.startswith("min") and kernel in ("spectral", "lattice"):
                expect(abs(u - v) <= 1e-13, f"{kernel} {s} {key}: {u} {v}")  # noise: the maximum is 16
                continue
            small = floor and key not in ("mass_p", "mass_q", *SHIFT)
            close(v, u, 1e-3 if small else tolerance, f"{kernel} times {s}: {key} at {a['t'][i]}")


for kernel in CASES:
    one = sample(kernel, 1.0)
    for s in (1e-12, 3e-5, 7e4, 1e12):
        compare(kernel, s, one, sample(kernel, s))
finish()
