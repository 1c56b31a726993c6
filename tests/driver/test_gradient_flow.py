"""otto gradient-flow as a user runs it: closed forms, the same answer from another code, on any number of ranks, and how it
ends where the grid does."""

import math, os

from common import MPIEXEC, alike, close, expect, finish, needs, run, sound

needs("numpy", "h5py")
import h5py
import numpy as np

NONE = ["-output_fields", "none", "-check_space", "no", "-check_time", "no"]
LAST = ["-check_space", "no", "-check_time", "no"]


def go(*arguments, ranks=1, fails=()):
    r = run("gradient-flow", *arguments, ranks=ranks)
    ok = r.status == (1 if fails else 0) and (not fails or r.failing() == set(fails))
    expect(ok, f"{' '.join(map(str, arguments))} on {ranks}: exit {r.status}: {r.err[-300:]}{r.out[-1200:]}")
    return r


def fields(r, name="p"):
    """The last state that was written."""
    with h5py.File(os.path.join(r.folder, "fields.h5")) as f:
        return f[max((k for k in f if k.isdigit()), key=int)][name][()]


# ---- Ornstein and Uhlenbeck: mean and variance by e^-kt and e^-2kt. The chain's forces err by z²/12, z = kxh/T the step of the
# potential, 0.2 at most where p is: the rate by 0.2 %
k, T, m, s = 2.0, 0.5, 1.0, 0.4
r = go("-grid_n", 160, "-grid_lower", -4, "-grid_upper", 4, "-grid_boundary", "no_flux", "-potential_type", "quadratic",
       "-potential_stiffness", k, "-temperature", T, "-p_density", "gaussian_mixture", "-p_mean", m, "-p_sigma", s, "-time_stop", 1,
       "-time_samples", 5, "-ts_dt", 0.01, "-flow_time_order", 2, *NONE)
x = r.series()
for t, mean, variance, second in zip(x["t"], x["mean_p_x"], x["covariance_p_xx"], x["second_moment"]):
    right = T / k + (s * s - T / k) * math.exp(-2 * k * t)
    close(mean, m * math.exp(-k * t), 5e-3, f"mean of an Ornstein-Uhlenbeck process at {t}")
    close(variance, right, 2e-3, f"its variance at {t}")
    close(second, right + mean**2, 2e-3, f"its second moment at {t}")

# ---- heat on a ring: implicit Euler multiplies the chain's wave by 1/(1 + dt λ) a step, to what solves leave
n, dt = 32, 0.002
r = go("-grid_n", n, "-p_density", "formula", "-p_formula", "1+0.5*cos(2*_pi*x)", "-temperature", 0.7, "-time_stop", 0.02,
       "-time_samples", 2, "-ts_dt", dt, *LAST)
decay = 1 + dt * 0.7 * (2 * n * math.sin(math.pi / n)) ** 2
wave = [1 + 0.5 * decay**-10 * math.cos(2 * math.pi * (i + 0.5) / n) for i in range(n)]
expect(max(abs(a - b) for a, b in zip(fields(r), wave)) < 1e-10, "heat on a ring, ten steps of implicit Euler")

# ---- Barenblatt in the plane, m = 2: ρ = τ^-1/2 (C - r²/(16 τ^1/2))+, C = (8π)^-1/2, from τ = 0.1 to 0.3
C = (8 * math.pi) ** -0.5
profile = lambda tau: f"max(0,{C}-(x^2+y^2)/(16*{tau}^0.5))*{tau}^-0.5"
moment = lambda tau: tau**0.5 * 2 * math.pi * (C * (16 * C) ** 2 / 4 - (16 * C) ** 3 / 96)


def barenblatt(n, *more):
    r = go("-grid_n", f"{n},{n}", "-grid_lower", -2, "-grid_upper", 2, "-grid_boundary", "no_flux", "-energy_internal", "power",
           "-energy_m", 2, "-p_density", "formula", "-p_formula", profile(0.1), "-time_stop", 0.2, "-time_samples", 2, "-ts_dt", 0.005,
           "-check_virial_law_tolerance", 1,
           *more, *LAST)
    c = (np.arange(n) + 0.5) * 4 / n - 2
    square = c[:, None] ** 2 + c[None, :] ** 2
    exact = np.maximum(0, C - square / (16 * 0.3**0.5)) * 0.3**-0.5
    p = fields(r)
    front = math.sqrt(square[p > 1e-3 * p.max()].max())
    return np.abs(p - exact).sum() * (4 / n) ** 2, front, r.series()["second_moment"][-1]


# in L1 of the mass: a step of 0.005 leaves 0.6 %, edges of the support 1 % of second order and 3 % of first on 40² cells
errors = {mobility: barenblatt(40, "-flow_mobility", mobility) for mobility in ("limited", "upwind")}
for mobility, most in (("limited", 0.02), ("upwind", 0.08)):
    error, front, second = errors[mobility]
    expect(error < most, f"Barenblatt's solution, {mobility}: L1 error {error}")
    expect(abs(front - 1.786488 * 0.3**0.25) < 0.15, f"its front, {mobility}, to a cell and a half: {front}")
    close(second, moment(0.3), 0.03 if mobility == "limited" else 0.15, f"its second moment, {mobility}")
expect(errors["limited"][0] < 0.5 * errors["upwind"][0], f"second order is clearly better: {errors}")

# ---- a disc that attracts and repels itself, W = r²/2 - log r: uniform, ρ = (M/π)/(1 + ((M/π)/ρ0 - 1) e^-2Mt)
M, R = 1.0, 0.7
r = go("-grid_n", "40,40", "-grid_lower", -1.5, "-grid_upper", 1.5, "-grid_boundary", "no_flux", "-energy_internal", "none",
       "-energy_interaction_type", "formula", "-energy_interaction_formula", "r^2/2-log(r)", "-p_density", "ball", "-p_center", "0,0",
       "-p_radius", R, "-time_stop", 0.5, "-time_samples", 2, "-ts_dt", 0.01, *LAST, "-check_virial_law_tolerance", 0.5)
rho = (M / math.pi) / (1 + ((M / math.pi) / (M / (math.pi * R * R)) - 1) * math.exp(-2 * M * 0.5))
p = fields(r)
close(p[19:21, 19:21].mean(), rho, 0.03, "the density in the middle of a disc (its edge is some cells wide)")
close(r.series()["second_moment"][-1], M * M / (2 * math.pi * rho), 0.03, "its second moment, M R²/2")

# ---- a linear law: the same steps by otto fokker-planck. Both solve to 1e-10 of the mass a step or better
BOTH = ["-grid_n", "24,17", "-grid_lower", "-2,-1", "-grid_upper", "2,2", "-grid_boundary", "no_flux,periodic", "-potential_type",
        "formula", "-potential_formula", "x^2+0.5*x*cos(2*_pi*y/3)", "-temperature", 0.8, "-mobility", "1,0.5", "-p_density",
        "gaussian_mixture", "-p_mean", "0.6,0.5", "-p_sigma", 0.4, "-q_density", "uniform", "-time_stop", 0.2, "-time_samples", 3,
        "-ts_dt", 0.01, "-check_space", "no", "-check_time", "no", "-ksp_rtol", 1e-12]
one, other = go(*BOTH), run("fokker-planck", *BOTH, "-ts_type", "beuler")
sound(other, "fokker-planck")
for name in "pq":
    a, b = fields(one, name), fields(other, name)
    expect(np.abs(a - b).max() <= 1e-9 * b.max(), f"{name} of two codes: {np.abs(a - b).max() / b.max()}")
x, y = one.series(), other.series()
for name in ("kl", "chi2", "js", "tv", "entropy_p", "mass_p", "covariance_p_xx"):
    for a, b in zip(x[name], y[name]):
        close(a, b, 1e-8, f"{name} of two codes")
for a, b, T in zip(x["energy"], y["free_energy"], [0.8] * 3):
    close(a, b, 1e-9, "energy is free energy")
for a, b in zip(x["dissipation"], y["production"]):  # T times the production of entropy
    close(a, 0.8 * b, 1e-7, "dissipation is the production of entropy")

# ---- one law on any number of ranks and meshes
EVERY = ["-grid_n", "18,15", "-grid_lower", -2, "-grid_upper", 2, "-grid_boundary", "no_flux", "-energy_internal", "power", "-energy_m",
         1.7, "-potential_type", "quadratic", "-energy_interaction_type", "gaussian", "-energy_interaction_strength", -0.5,
         "-p_density", "gaussian_mixture", "-p_mean", "0.3,-0.2", "-p_sigma", 0.7, "-p_floor", 0.1, "-q_density", "gaussian_mixture", "-q_mean",
         "-0.3,0", "-q_sigma", 0.8, "-q_floor", 0.1, "-time_stop", 0.05,
         "-time_samples", 3, "-output_fields", "none", "-check_virial_law_tolerance", 1, "-space_tolerance", 1]
alone = go(*EVERY)
for ranks, more in ((2, []), (3, []), (4, ["-grid_mesh", "2,2"])):
    many = go(*EVERY, *more, ranks=ranks)
    alike(many, alone, 1e-10, f"on {ranks} ranks {more}")

# what rounding does to steps of jko stays what it is: by less than a cell, which atoms at centres hardly see, and to an edge that is steep
JKO = ["-grid_lower", -2, "-grid_upper", 2, "-grid_boundary", "no_flux", "-energy_internal", "power", "-potential_type", "quadratic",
       "-p_density", "gaussian_mixture", "-flow_scheme", "jko", "-time_samples", 4, "-check_virial_law_tolerance", 1, *NONE]
SHORT = ["-grid_n", "18,15", "-energy_m", 1.7, "-p_mean", "0.3,-0.2", "-p_sigma", 0.7, "-p_floor", 0.1, "-ts_dt", 0.1, "-time_stop", 0.3]
STEEP = ["-grid_n", "48,40", "-energy_m", 2, "-potential_stiffness", 4, "-p_mean", "0.8,-0.6", "-p_sigma", 0.5, "-ts_dt", 1, "-time_stop", 3]
for what, words, fails in (("short steps", SHORT, []), ("steep edges", STEEP, ["optimality"])):  # to a gap that these cells do not allow
    alone = go(*JKO, *words, fails=fails)
    expect(alone.series()["iterations"][-1] > 0, f"{what} are iterated for")
    for ranks in (2, 3):
        many = go(*JKO, *words, ranks=ranks, fails=fails)
        alike(many, alone, 1e-10, f"{what} of jko on {ranks} ranks")
        expect(many.series()["iterations"] == alone.series()["iterations"], f"{what}: as many iterations on {ranks} ranks")

# ---- a mean field: two densities of a nonlinear law may part, and the run says so
r = go("-grid_n", 48, "-grid_lower", -2, "-grid_upper", 2, "-grid_boundary", "no_flux", "-potential_type", "double_well",
       "-temperature", 0.4, "-energy_interaction_type", "quadratic", "-p_density", "gaussian_mixture", "-p_mean", 0.1, "-p_sigma", 0.6,
       "-q_density", "gaussian_mixture", "-q_mean", -0.1, "-q_sigma", 0.6, "-time_stop", 2, "-time_samples", 3, *NONE)
x = r.series()
expect(x["kl"][-1] > x["kl"][0], f"below the critical temperature two wells are chosen: kl {x['kl']}")
expect("decay is no theorem" in str(r.check("monotone")) or "no theorem" in r.out, f"and nothing says that it should fall: {r.out[-2000:]}")
expect(r.check("monotone")["value"] == "not applicable", f"monotone is no theorem: {r.check('monotone')}")

# ---- springs by the minimising movement: Gaussians stay what they are, the mean rests, σ' is the least of (σ' − σ)²/2τ − T log σ' +
# kσ'²/2. Of p and q, each by itself. Atoms err by h/2 in a width at most, a tenth of it is asked (test_jko.c)
k, T, tau, h = 2.0, 0.5, 0.2, 1 / 32
SPRINGS = ["-grid_n", 320, "-grid_lower", -5, "-grid_upper", 5, "-grid_boundary", "no_flux", "-temperature", T, "-energy_interaction_type",
           "quadratic", "-energy_interaction_strength", k, "-p_density", "gaussian_mixture", "-p_mean", 0.2, "-p_sigma", 1,
           "-q_density", "gaussian_mixture", "-q_mean", -0.4, "-q_sigma", 0.2, "-time_stop", 2 * tau, "-time_samples", 3]
r = go(*SPRINGS, "-flow_scheme", "jko", "-ts_dt", tau, *NONE, fails=["known"])  # kl: q is too narrow
x, factor = r.series(), 1 + k * tau
for of, mean, sigma in (("p", 0.2, 1), ("q", -0.4, 0.2)):
    for row in (1, 2):
        sigma = (sigma + math.sqrt(sigma**2 + 4 * tau * T * factor)) / (2 * factor)
        near = abs(math.sqrt(x[f"covariance_{of}_xx"][row]) - sigma)
        expect(near <= h / 20, f"width of {of} after {row} steps among springs: off by {near}")
        expect(abs(x[f"mean_{of}_x"][row] - mean) <= h / 20, f"the mean of {of} rests: {x[f'mean_{of}_x']}")
results = r.summary()["results"]
expect(results["jko_certificate"] == "stationary" and "stationary" in r.out, f"springs over a wide box: {results['jko_certificate']}")
expect(r.check("optimality")["value"] <= 1e-2 and r.check("jko_inequality")["pass"], f"to its gap: {r.check('optimality')}")
expect("no theorem" in r.out, "two solutions of a nonlinear law may part")
many = go(*SPRINGS, "-flow_scheme", "jko", "-ts_dt", tau, *NONE, ranks=2, fails=["known"])
alike(many, r, 1e-9, "springs by jko on 2 ranks")

# ---- a bump that repels, in the plane: to the flow at first order in tau, as ljko does
BUMP = ["-grid_n", "64,64", "-grid_lower", -2, "-grid_upper", 2, "-grid_boundary", "no_flux", "-temperature", 0.3,
        "-energy_interaction_type", "gaussian", "-energy_interaction_strength", 3, "-energy_interaction_length", 0.5, "-p_density",
        "gaussian_mixture", "-p_mean", "0,0.1", "-p_sigma", 0.4, "-time_stop", 0.4, "-time_samples", 2]
flow = go(*BUMP, "-ts_dt", 0.01, "-flow_time_order", 2, *LAST)
apart = {}
for scheme, tau in (("jko", 0.4), ("jko", 0.2), ("ljko", 0.4)):
    r = go(*BUMP, "-flow_scheme", scheme, "-ts_dt", tau, *["-jko_gap", 2e-2] * (scheme == "jko"), "-check_virial_law_tolerance", 0.3, *LAST)
    apart[scheme, tau] = np.abs(fields(r) - fields(flow)).sum() * (4 / 64) ** 2
    if scheme == "jko":
        expect(r.summary()["results"]["jko_certificate"] == "least", "of a bump every step is the least")
halves = apart["jko", 0.4] / apart["jko", 0.2]
expect(1.4 < halves < 2.6, f"a bump by jko, half the step: {apart}")
expect(apart["ljko", 0.4] < 2 * apart["jko", 0.4], f"by ljko: {apart}")

# ---- Keller and Segel beyond the critical mass: p gathers in a disc of three cells, and the run ends there
r = run("gradient-flow", "-grid_n", "32,32", "-grid_lower", -2, "-grid_upper", 2, "-grid_boundary", "no_flux", "-energy_interaction_type",
        "newtonian", "-p_density", "gaussian_mixture", "-p_mean", "0,0", "-p_sigma", 0.4, "-p_mass", 40, "-time_stop", 1, "-time_samples",
        5, "-check_space", "no", "-check_virial_law_tolerance", 10, "-check_time_error_tolerance", 10)
said, summary = r.err.strip(), r.summary() if os.path.exists(os.path.join(r.folder, "summary.json")) else {}
expect(r.status == 3 and said.startswith("otto: error: concentrated: at t = ") and said.count("\n") == 0, f"concentrated: {r.status} {said}")
expect(summary.get("verdict") == "stopped" and summary["stopped"]["by"] == "concentrated", f"concentrated: {summary.get('stopped')}")
expect(summary["stopped"]["rows"] == len(r.series()["t"]) >= 1, f"the rows up to then: {summary['stopped']}")
expect(not r.failing(), f"no check fails because of it: {r.failing()}")
p = fields(r)
close(p.sum() * (4 / 32) ** 2, 40, 1e-9, "the last state has its mass")
expect(summary["results"]["concentration"] >= 0.5, f"and is concentrated: {summary['results']['concentration']}")
below = go("-grid_n", "24,24", "-grid_lower", -2, "-grid_upper", 2, "-grid_boundary", "no_flux", "-energy_interaction_type", "newtonian",
           "-p_density", "gaussian_mixture", "-p_mean", "0,0", "-p_sigma", 0.4, "-p_mass", 12, "-time_stop", 0.1, "-time_samples", 3,
           *NONE)
x = below.series()
for k in range(3):  # 4M(1 - M/8π) while walls are far: of grids as coarse as this some per cent
    close(x["moment_rate"][k], 48 * (1 - 12 / (8 * math.pi)), 0.08, f"second moment of Keller and Segel's, row {k}")

# ---- the gradient flow of a narrow well on few cells is no collapse
go("-grid_n", 12, "-grid_lower", -1, "-grid_upper", 1, "-grid_boundary", "no_flux", "-potential_type", "quadratic", "-potential_stiffness",
   80, "-p_density", "uniform", "-time_stop", 0.2, "-time_samples", 2, *NONE, "-check_virial_law_tolerance", 1)
finish()
