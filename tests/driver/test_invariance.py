"""processors: 2
Rank counts 1, 2, 3, 4, 5, 7 and both engines give the same series: to 1e-12 of a column's largest
value (rounding columns, residuals, excepted). Every case on two rank counts above 2, in turn; with --all on all of them."""
import math, sys
from common import *

EXCEPT = ("residual", "integral_residual")
CASES = {
    "spectral": ["-grid_n", "21,16,10", "-heat_kernel", "spectral", "-grid_boundary",
                 "periodic,no_flux,periodic"],
    "lattice": ["-grid_n", "23,18", "-heat_kernel", "lattice", "-p_floor", "0.01", "-q_floor", "0.01"],
    "lattice_exact": ["-grid_n", "17,12,8", "-heat_kernel", "lattice_exact", "-grid_boundary", "no_flux"],
    "gaussian_exact": ["-grid_n", "19,14", "-heat_kernel", "gaussian_exact", "-grid_boundary",
                       "periodic,open"],
    "fd4": ["-grid_n", "21,16", "-fisher_form", "fd4", "-check_rate_tolerance", "1",
            "-check_entropy_rate_tolerance", "1", "-check_integral_kl_tolerance", "1"],
}


def common(d):
    point = lambda v: ",".join([str(v)] * d)
    return ["-time_start", 5e-3, "-time_stop", 2e-2, "-time_samples", 3, "-check_integral_nodes", 0,
            "-p_density", "gaussian_mixture", "-p_mean", point(0.45), "-p_sigma", 0.11,
            "-q_density", "gaussian_mixture", "-q_mean", point(0.55), "-q_sigma", 0.13,
            "-output_fields", "none"]


def compare(name, reference, other, label):
    a, b = reference.series(), other.series()
    expect(list(a) == list(b), f"{name} {label}: the same columns")
    for key in a:
        if key in EXCEPT:
            continue
        finite = [abs(v) for v in a[key] if math.isfinite(v)]
        scale = max(finite) if finite else 1.0
        power = {"mean": 1, "covariance": 2, "resultant": 0}.get(key.split("_")[0])
        if power is not None:  # a covariance may be 0: the scale is the box's
            grid = reference.summary()["grid"]
            scale = max(b - a for a, b in zip(grid["lower"], grid["upper"])) ** power
        for u, v in zip(a[key], b[key]):
            same = u == v or (math.isnan(u) and math.isnan(v)) or abs(u - v) <= 1e-12 * scale
            expect(same, f"{name} {label}: column {key}: {u!r} against {v!r}, scale {scale:.3g}")


MANY = (3, 4, 5, 7)
for turn, (name, case) in enumerate(CASES.items()):
    arguments = ["dissipation"] + case + common(len(case[1].split(",")))
    first = run(*arguments, ranks=1)
    expect(first.status in (0, 1) and "mass" in first.out, f"{name}: {first.err}")
    some_ranks = MANY if "--all" in sys.argv else (MANY[turn % 4], MANY[(turn + 1) % 4])
    for ranks in (2, *some_ranks):
        compare(name, first, run(*arguments, ranks=ranks), f"{ranks} ranks")
    if name in ("spectral", "lattice"):
        for ranks in (1, 2, *some_ranks):
            other = run(*arguments, "-transform_engine", "fftw_mpi", ranks=ranks)
            if other.status == 2:  # FFTW's blocks leave a rank empty: a sentence names what works
                expect("largest number that works" in other.err, f"{name} fftw_mpi {ranks}: {other.err}")
            else:
                compare(name, first, other, f"fftw_mpi on {ranks} ranks")
finish()
