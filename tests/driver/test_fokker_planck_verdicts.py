"""Verdicts of fokker-planck: checks that must fail on what is wrong, and none that fails on what is right."""
import math

from common import close, expect, finish, run

METHODS = ("beuler", "cn", "theta", "bdf", "arkimex")
# what is looked at here concerns the chain and its steps as they are
FEW = ["-output_fields", "none", "-check_time", "no", "-check_space", "no"]


def run_fp(*arguments, ranks=1):
    return run("fokker-planck", *arguments, *FEW, ranks=ranks)


def value(r, name):
    return r.check(name)["value"]


def verdict(r, expected, what):
    bad = [c["name"] for c in r.summary()["checks"] if c.get("pass") is False] if r.status in (0, 1) else r.err[-300:]
    expect(r.status == expected, f"{what}: exit {expected}, not {r.status}: {bad}")


# Nothing happens, or all has happened: no verdict fails by rounding.
BOX = ["-grid_boundary", "no_flux"]
GAUSS = ["-p_density", "gaussian_mixture"]
QUIET = {
    "p = q, uniform": ["-grid_n", 32, *BOX, "-p_density", "uniform", "-q_density", "uniform", "-time_stop", 1, "-ts_dt", 0.05],
    "p = q": ["-grid_n", "14,10", *BOX, "-potential_type", "quadratic", *GAUSS, "-p_mean", "0.5,0.4", "-p_sigma", 0.3,
              "-q_density", "gaussian_mixture", "-q_mean", "0.5,0.4", "-q_sigma", 0.3, "-time_stop", 1, "-ts_dt", 0.02],
    "p = pi": ["-grid_n", 32, "-grid_lower", -3, "-grid_upper", 3, *BOX, "-potential_type", "quadratic", "-p_density",
               "formula", "-p_formula", "exp(0-x^2/2)", "-time_stop", 100, "-ts_dt", 1],
    "one cell": ["-grid_n", 1, "-p_density", "uniform", "-q_density", "uniform", "-time_stop", 0.1, "-ts_dt", 0.02],
    "an axis of one cell": ["-grid_n", "16,1", "-p_density", "formula", "-p_formula", "1+0.5*cos(2*_pi*x)", "-q_density",
                            "uniform", "-drift_type", "constant", "-drift_force", "2,0", "-time_stop", 0.1, "-ts_dt", 0.002],
    "tiny steps": ["-grid_n", 32, *BOX, *GAUSS, "-p_mean", 0.3, "-p_sigma", 0.2, "-q_density", "uniform", "-time_stop",
                   1e-9, "-ts_dt", 1e-11],
}
for what, arguments in QUIET.items():
    for method in METHODS:
        r = run_fp(*arguments, "-time_samples", 4, "-ts_type", method)
        verdict(r, 0, f"{what}, {method}")
for method in ("beuler", "cn"):  # far beyond relaxation
    r = run_fp("-grid_n", "16,14", "-grid_lower", -3, "-grid_upper", 3, *BOX, "-potential_type", "double_well", *GAUSS,
               "-p_mean", "1,0", "-p_sigma", 0.4, "-time_stop", 100, "-time_samples", 6, "-ts_dt", 0.02, "-ts_type", method)
    verdict(r, 0, f"relaxed, {method}")
for scale in (1e-9, 1e6):  # other units: temperature and stiffness follow
    r = run_fp("-grid_n", 48, "-grid_lower", -4 * scale, "-grid_upper", 4 * scale, *BOX, "-potential_type", "quadratic",
               "-temperature", scale**2, *GAUSS, "-p_mean", 1.5 * scale, "-p_sigma", 0.6 * scale, "-q_density",
               "gaussian_mixture", "-q_mean", 0, "-q_sigma", 0.6 * scale, "-time_stop", 1, "-time_samples", 3, "-ts_dt", 0.01)
    verdict(r, 0, f"units of {scale}")

# Absorbed mass is integrated, not what is missing: trapezoids of the escape rate with cn, a balance with all; and right to
# the method's order. Exactly: p = uniform, m(t) = sum of the chain's odd sine modes.
N = 24


def left(t):
    """Mass of the chain with faces h/2 beyond the last centres: modes sin(k pi (i+1/2)/N), k odd."""
    m = 0
    for k in range(1, N + 1, 2):
        s = [math.sin(k * math.pi * (i + 0.5) / N) for i in range(N)]
        m += sum(s)**2 / sum(v * v for v in s) / N * math.exp(-4 * N**2 * math.sin(k * math.pi / (2 * N))**2 * t)
    return m


for method, tolerance in (("beuler", 1e-2), ("cn", 1e-4), ("bdf", 1e-3), ("arkimex", 1e-4)):
    r = run_fp("-grid_n", N, "-grid_boundary", "absorbing", "-p_density", "uniform", "-time_stop", 0.05, "-time_samples", 3,
               "-ts_type", method, "-ts_dt", 2e-4, "-ts_adapt_type", "none")
    verdict(r, 0, f"absorbing, {method}")
    close(r.series()["mass_p"][-1], left(0.05), tolerance, f"mass left, {method}")
    close(r.summary()["results"]["killed_mass"], 1 - left(0.05), tolerance, f"mass absorbed, {method}")
    expect(0 <= value(r, "mass") <= 1e-13, f"absorbing, {method}: the balance closes to rounding")
    expect(r.summary()["results"]["mass_drift"] > 0, f"absorbing, {method}: and not by definition")

# Solves that are not good enough are a failure by name, of every method.
for method in METHODS:
    r = run_fp("-grid_n", 32, "-p_density", "delta", "-p_position", 0.3, "-q_density", "delta", "-q_position", 0.7,
               "-time_stop", 0.02, "-time_samples", 3, "-ts_dt", 0.001, "-ksp_rtol", 1e-6, "-ts_type", method)
    verdict(r, 1, f"loose solves, {method}")
    expect(value(r, "solve_residual") > 1e-9, f"loose solves, {method}: {r.check('solve_residual')}")

# A method whose stages are positive and whose steps are not fails by name: theta in the form whose stage lies between.
r = run_fp("-grid_n", 64, "-grid_boundary", "absorbing", "-p_density", "delta", "-p_position", 0.4, "-time_stop", 0.02,
           "-time_samples", 2, "-ts_type", "theta", "-ts_theta_endpoint", "no", "-ts_dt", 0.02, "-ts_max_reject", 1)
verdict(r, 1, "theta, negative")
expect(r.status == 1 and value(r, "positivity") > 0.1, "theta, negative: positivity says so")

# Five hundred and sixty wells 40 T deep, more than boxes, and a drift: pi is right in all of them, and said to be.
r = run_fp("-grid_n", 6144, "-potential_type", "formula", "-potential_formula", "20*cos(2*_pi*560*x)+cos(2*_pi*x)",
           "-drift_type", "constant", "-drift_force", 0.01, "-p_density", "uniform", "-time_stop", 1e-4, "-time_samples", 2)
verdict(r, 0, "560 wells")
error = r.summary()["results"]["steady_error"]
expect(0 < error <= 1e-9 and value(r, "steady_error") == error, f"560 wells: {error}")
for boundary, steady in (("no_flux", True), ("absorbing", False)):
    r = run_fp("-grid_n", 32, "-grid_boundary", boundary, "-potential_type", "quadratic", "-p_density", "uniform", "-time_stop",
               0.01, "-time_samples", 2)
    verdict(r, 0, boundary)
    expect((value(r, "steady_error") != "not applicable") == steady, f"steady_error, {boundary}: {r.check('steady_error')}")
# Steps so long that rounding leaves a residual of 5e-4: KL(p|pi) of one step of implicit Euler on these chains by 90 digits.
# Solves bound the L1 error by 1e-9; the logarithm of a well's mass multiplies it by ten.
for height, dt, exact in ((30, 1e3, 0.6924846806881669), (30, 1e6, 0.6924845467679446), (10, 1e3, 0.6838533393723033),
                          (10, 1e6, 0.05588856673637532)):
    r = run_fp("-grid_n", 1024, "-potential_type", "formula", "-potential_formula", f"{height}*cos(4*_pi*x)", *GAUSS, "-p_mean",
               0.3, "-p_sigma", 0.05, "-time_stop", dt, "-time_samples", 2, "-ts_dt", dt)
    verdict(r, 0, f"a step of {dt:g}")
    expect(r.series()["steps"][-1] == 1, f"a step of {dt:g}: one, not {r.series()['steps']}")
    close(r.series()["kl_p_pi"][-1], exact, 1e-8, f"KL(p|pi), wells of {height}, a step of {dt:g}")

# rounding of the mass, 8e-18 a step here, adds up to 1.5e-13 in 20000 steps: no failure of the check
r = run("fokker-planck", "-grid_n", 16, "-potential_type", "formula", "-potential_formula", "3*sin(2*_pi*x)*sin(300*t)",
        "-p_density", "uniform", "-time_stop", 0.4, "-time_samples", 2, "-ts_dt", 2e-5, "-output_fields", "none",
        "-check_space", "no", "-check_time", "no")
expect("mass" not in r.failing(), f"mass after many steps: {r.series()['mass_p'][-1]!r}")
finish()
