"""fokker-planck by kept factors, by multigrid, and where factors fail: the same numbers. ranks: 1 2 3"""

import math, os, sys

from common import expect, finish, run

RANKS = int(sys.argv[1]) if len(sys.argv) > 1 else 1
CASE = ["fokker-planck", "-grid_n", "40,36", "-grid_lower", -2, "-grid_upper", 2, "-grid_boundary", "no_flux",
        "-potential_type", "double_well", "-potential_height", 6, "-p_density", "gaussian_mixture",
        "-p_mean", "-1,0.2", "-p_sigma", 0.3, "-q_density", "uniform", "-ts_type", "beuler", "-ts_dt", 0.01,
        "-time_stop", 0.4, "-time_samples", 3, "-spectrum_count", 3, "-output_fields", "none", "-check_space", "no",
        "-check_time", "no",         "-ksp_rtol", 1e-12]


def result(*more, fault=""):
    if fault:
        os.environ["OTTO_TEST_FAULT"] = fault
    r = run(*CASE, *more, ranks=RANKS)
    os.environ.pop("OTTO_TEST_FAULT", None)
    expect(r.status == 0, f"{more} {fault}: exit {r.status}: {r.err}")
    return r


def same(one, other, what):
    """Columns to 1e-9 of their scale: solves leave 1e-12 of the mass. What is rounding itself is left out."""
    compared = 0
    for name in ("kl", "reverse_kl", "tv", "js", "entropy_p", "kl_p_pi", "production", "mass_p", "min_p"):
        a, b = one.series()[name], other.series()[name]
        scale = max(abs(v) for v in a)
        for u, v in zip(a, b):
            expect(math.isfinite(u) and abs(u - v) <= 1e-9 * scale, f"{what}: {name} {u}, {v}")
            compared += 1
    expect(compared == 9 * 3, f"{what}: {compared} numbers")
    a, b = one.summary()["results"]["relaxation_rates"], other.summary()["results"]["relaxation_rates"]
    expect(len(a) == 3 and all(abs(u - v) <= 1e-9 * u for u, v in zip(a, b)), f"{what}: rates {a}, {b}")


kept = result()
expect("factors" in kept.summary()["results"]["solver"], "80 solves with one shift")
grid = result("-pc_type", "mg")
expect("factors" not in grid.summary()["results"]["solver"], "pc_type is the user's choice")
expect(grid.summary()["results"]["iterations"] > 2 * kept.summary()["results"]["iterations"], "a solve by factors is one iteration")
same(kept, grid, "by factors and by multigrid")
failed = result(fault="factor")  # no pivot is large enough: Cholesky fails
if "OTTO_TEST_FAULT" in failed.err:  # a build with faults
    expect("factors" not in failed.summary()["results"]["solver"], "factors that fail are given up")
    same(kept, failed, "where factors fail")
finish()
