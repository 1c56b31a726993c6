"""The driver fokker-planck: closed forms, equilibrium, any step, rank counts, failure."""
import math, os

from common import alike, close, expect, finish, run, sound

INPUTS = "inputs/fokker-planck/"


# Driven ring: e_p tends to f^2/T exactly in the uniform state of a flat ring.
flat = run("fokker-planck", "-grid_n", "64", "-drift_type", "constant", "-drift_force", "3", "-temperature",
           "0.5", "-p_density", "formula", "-p_formula", "1+0.3*cos(2*_pi*x)", "-time_stop", "3",
           "-time_samples", "4", "-ts_dt", "0.05")
sound(flat, "flat ring")
close(flat.series()["production"][-1], 18, 1e-10, "e_p = f^2/T")  # what is left of cos is e^-60
close(flat.series()["heat_rate"][-1], 9, 1e-10, "heat = T e_p")
for work in flat.series()["work_rate"]:
    close(work, 9, 1e-10, "a constant force works at f^2, whatever the density of a flat ring")

# Steering: dV/dt is linear in x, work is dV/dt at the mean of p; first law. Where p and its mean are extrapolated each for
# itself they agree to a time_error; left alone nothing works.
STEER = ["-grid_n", "32,32", "-grid_lower", -4, "-grid_upper", 4, "-grid_boundary", "no_flux", "-temperature", 0.5,
         "-p_density", "gaussian_mixture", "-p_mean", "1.5,0", "-p_sigma", 0.4, "-time_stop", 2, "-time_samples", 5,
         "-output_fields", "none", "-check_space", "no", "-potential_type", "formula"]
MOVING = ["-potential_formula", "2*((x-1.5*cos(2*t))^2 + (y-1.5*sin(2*t))^2)"]
for more, bound in ((["-check_time", "no", "-ts_dt", 0.02], 1e-9), ([], 1e-2)):
    steered = run("fokker-planck", *STEER, *MOVING, *more, ranks=2 if more else 1)
    sound(steered, "steered")
    s = steered.series()
    for t, x, y, work in zip(s["t"], s["mean_p_x"], s["mean_p_y"], s["work_rate"]):
        exact = 12 * (x * math.sin(2 * t) - y * math.cos(2 * t))
        expect(abs(work - exact) <= bound * max(1, abs(exact)), f"work of a moving trap at t = {t}: {work}, not {exact}")
    expect(steered.check("first_law")["pass"] is True, "first law")
still = run("fokker-planck", *STEER, "-potential_formula", "2*(x^2+y^2)")
expect(still.series()["work_rate"] == [0] * 5, "no work on what is left alone")
expect(still.check("first_law")["pass"] is True, "all that energy loses is heat")
jump = run("fokker-planck", *STEER, "-potential_formula", "2*(x-(t<1?0:1))^2+2*y^2", "-check_time", "no")
expect(math.isnan(jump.series()["work_rate"][2]), "a jump in time at t = 1: not known")
expect([e["name"] for e in jump.summary()["not_known"]] == ["work_rate"], "and named")

# Rotating trap: adiabatic production 2 w^2/k in the steady state, second order in h.
error = []
for n in (24, 48):
    r = run("fokker-planck", "-grid_n", f"{n},{n}", "-grid_lower", "-5", "-grid_upper", "5", "-grid_boundary",
            "no_flux", "-potential_type", "quadratic", "-drift_type", "rotation", "-drift_rate", "2",
            "-p_density", "gaussian_mixture", "-p_mean", "0,0", "-p_sigma", "1", "-time_stop", "20",
            "-time_samples", "2", "-ts_dt", "2", "-output_fields", "none")
    sound(r, f"rotating trap {n}")
    error.append(r.series()["production_adiabatic"][-1] - 8)
order = math.log2(abs(error[0] / error[1]))
expect(1.8 <= order <= 2.2, f"rotating trap: order {order}, errors {error}")

# Ornstein-Uhlenbeck by a method of second order: KL(p|pi) of two Gaussians at every sample. Variances
# 1 + (s^2-1) e^-2t, mean m e^-t; h = 10/128: second order leaves 1e-3 of KL.
t_stop, mean, sigma = 1.0, 1.2, 0.6
r = run("fokker-planck", "-grid_n", "128,128", "-grid_lower", "-5", "-grid_upper", "5", "-grid_boundary",
        "no_flux", "-potential_type", "quadratic", "-p_density", "gaussian_mixture", "-p_mean",
        f"{mean},0", "-p_sigma", sigma, "-time_stop", t_stop, "-time_samples", "3", "-ts_type", "bdf",
        "-ts_dt", "0.01", "-output_fields", "none", "-check_time", "no", "-check_space", "no", ranks=2)
sound(r, "Ornstein-Uhlenbeck")
for t, kl in zip(r.series()["t"], r.series()["kl_p_pi"]):
    v = 1 + (sigma**2 - 1) * math.exp(-2 * t)
    exact = (v - 1) - math.log(v) + 0.5 * (mean * math.exp(-t)) ** 2
    close(kl, exact, 5e-3, f"KL(p|pi) at t = {t}")

# Starting at pi: nothing happens in 1000 steps, and mass stays.
r = run("fokker-planck", "-grid_n", "24,24", "-grid_lower", "-3", "-grid_upper", "3", "-grid_boundary",
        "no_flux", "-potential_type", "double_well", "-p_density", "formula", "-p_formula",
        "exp(0-(x^2-1)^2-y^2/2)", "-time_stop", "100", "-time_samples", "3", "-ts_dt", "0.1",
        "-output_fields", "none")
expect(r.status == 0, f"equilibrium: {r.out[-900:]}")
expect(r.series()["steps"][-1] == 1000, "1000 steps")
expect(r.series()["kl_p_pi"][-1] < 1e-18, "equilibrium stays")  # (1e-10)^2 of the solver, and room
expect(r.check("mass")["value"] <= 1e-13, "mass over 1000 steps")

# Any step: no negative cell, everything decays, from a point mass.
for dt in ("1e-6", "1e-2", "1e6"):
    r = run("fokker-planck", "-grid_n", "16,12", "-grid_lower", "-2", "-grid_upper", "2", "-grid_boundary",
            "no_flux,periodic", "-potential_type", "double_well", "-potential_height", "8", "-p_density",
            "delta", "-p_position", "1,0.3", "-q_density", "uniform", "-time_stop", str(3 * float(dt)),
            "-time_samples", "4", "-ts_dt", dt, "-output_fields", "none", ranks=2)
    sound(r, f"dt {dt}")
    expect(min(r.series()["min_p"]) >= 0, f"dt {dt}: no negative cell")
    expect(r.check("monotone")["value"] <= 1e-12, f"dt {dt}: monotone")

# Rank counts: solves alone are others, each to ksp_rtol of its mass, which tails weigh ten times. A ring, a trap that turns, a
# well that leaks in space: one, two and three axes, none of which 5 divides.
PROBLEMS = (
    [INPUTS + "driven_ring_1d.yaml", "-grid_n", "64", "-time_stop", "0.1", "-ts_dt", "0.002"],
    [INPUTS + "rotating_trap_2d.yaml", "-grid_n", "22,17", "-time_stop", "0.5", "-ts_dt", "0.02"],
    [INPUTS + "kramers_3d.yaml", "-grid_n", "13,8,6", "-time_stop", "0.6", "-ts_dt", "0.05", "-spectrum_count", "0"],
)
for problem in PROBLEMS:
    reference = None
    for ranks in (1, 2, 3, 4, 5):  # a line is dealt to four as to three and to five
        if ranks == 4 and problem == PROBLEMS[0]:
            continue
        r = run("fokker-planck", *problem, "-time_samples", "4", "-output_fields", "none", "-ksp_rtol", "1e-12", ranks=ranks)
        sound(r, f"{problem[0]} on {ranks} ranks")
        reference = reference or r
        alike(r, reference, 1e-11, f"{problem[0]} on {ranks} ranks")

# What the divergences lose between samples, by every method and error control, from point masses: an identity.
for how in (["beuler"], ["cn"], ["theta"], ["bdf"], ["bdf", "-ts_adapt_type", "none"], ["bdf", "-ts_bdf_order", "1"], ["arkimex"]):
    r = run("fokker-planck", "-grid_n", "32", "-p_density", "delta", "-p_position", "0.3", "-q_density", "delta",
            "-q_position", "0.7", "-time_stop", "0.02", "-time_samples", "3", "-ts_dt", "0.001", "-ts_type", *how)
    sound(r, "integral, " + " ".join(how))
    # rounding of sums of 32 terms; 1e-4 where the dissipation is off by 1e-4 of itself
    expect(0 <= r.check("integral")["value"] <= 1e-13, f"integral, {how}: {r.check('integral')}")

# chi2's slope leaves the doubles where p/q > 1e154: left out aloud, and the rest holds.
r = run("fokker-planck", "-grid_n", "32,32", "-grid_lower", "-2,-2", "-grid_upper", "2,2", "-grid_boundary", "no_flux",
        "-temperature", "0.02", "-potential_type", "double_well", "-time_stop", "0.2", "-time_samples", "3", "-ts_dt",
        "0.02", "-p_density", "gaussian_mixture", "-p_mean", "0,1.5", "-p_sigma", "0.2")
sound(r, "slopes beyond the doubles")
for name in ("dissipation_identity", "integral"):
    c = r.check(name)
    expect(math.isfinite(c["value"]) and c["times_left_out"] >= 2 and "doubles" in c["left_out"], f"{name} is left out aloud: {c}")

# One sample: the row t = 0, and one at time_stop, of that time.
r = run("fokker-planck", "-grid_n", "32", "-p_density", "formula", "-p_formula", "1+0.3*cos(2*_pi*x)", "-time_stop",
        "0.1", "-time_samples", "1", "-ts_dt", "0.01")
sound(r, "one sample")
expect(r.series()["t"] == [0, 0.1] and r.series()["steps"] == [0, 10], f"one sample: {r.series()['t']}")

# The slowest rates of the double well reach the summary.
r = run("fokker-planck", "-grid_n", "200", "-grid_lower", "-2.5", "-grid_upper", "2.5", "-grid_boundary",
        "no_flux", "-potential_type", "double_well", "-temperature", "0.33333333333333333",
        "-p_density", "uniform", "-time_stop", "1", "-time_samples", "2", "-spectrum_count", "2")
sound(r, "spectrum")
for rate, exact in zip(r.summary()["results"]["relaxation_rates"], (0.08061986083, 3.494905505)):
    close(rate, exact, 2e-3, "relaxation rate")  # second order at h = 1/40

# A ring of two cells is two edges between one pair, balanced together and neither alone: z coth(z/2) of both.
r = run("fokker-planck", "-grid_n", "2,2", "-grid_boundary", "no_flux,periodic", "-drift_type", "constant", "-drift_force",
        "0,5", "-p_density", "uniform", "-time_stop", "1e-3", "-time_samples", "2", "-ts_dt", "1e-3", "-spectrum_count", "3")
round_it = 4 * 2 * 2.5 / math.tanh(1.25)
for rate, exact in zip(r.summary()["results"]["relaxation_rates"], (8, round_it, 8 + round_it)):
    close(rate, exact, 1e-12, "relaxation rate of a ring of two cells")

# A solve that fails: exit 3 with the reason; the last good state is in fields.h5.
r = run("fokker-planck", "-grid_n", "32,32", "-potential_type", "periodic_cosine", "-potential_amplitude", "5",
        "-p_density", "delta", "-p_position", "0.5,0.5", "-time_stop", "1", "-ts_dt", "1", "-ksp_max_it", "1", "-ksp_type", "richardson", "-pc_type", "none")
expect(r.status == 3, f"failure: exit 3, not {r.status}")
expect("t = 0" in r.err and "DIVERGED" in r.err.upper(), f"failure: reason in words: {r.err[:300]}")
expect(os.path.exists(os.path.join(r.folder, "fields.h5")), "failure: the last good state is kept")

# Too few steps allowed: no row gets a state of another time.
r = run("fokker-planck", "-grid_n", "32", "-p_density", "formula", "-p_formula", "1+0.3*cos(2*_pi*x)", "-time_stop",
        "1", "-time_samples", "3", "-ts_dt", "0.1", "-ts_max_steps", "3")
expect(r.status == 3 and "t = 0.3: ts_max_steps: 3" in r.err, f"ts_max_steps: {r.status}, {r.err[:300]}")
expect(os.path.exists(os.path.join(r.folder, "fields.h5")), "ts_max_steps: the last good state is kept")

# Stepping that fails says why: steps too short to tell bdf's times apart, and mass that has all but gone.
r = run("fokker-planck", "-grid_n", "16,8", "-grid_lower", "-2.5,-3", "-grid_upper", "2.5,3", "-grid_boundary", "no_flux",
        "-potential_type", "double_well", "-potential_height", "2", "-temperature", "0.4", "-p_density",
        "gaussian_mixture", "-p_mean", "-1,0.5", "-p_sigma", "0.3", "-time_stop", "2", "-time_samples", "2", "-ts_dt",
        "0.2", "-ts_type", "bdf", "-ts_bdf_order", "6")
expect(r.status == 3 and "too short for the method" in r.err and "beuler" in r.err, f"bdf 6: {r.status}, {r.err[:300]}")
expect(os.path.exists(os.path.join(r.folder, "fields.h5")), "bdf 6: the last good state is kept")
r = run("fokker-planck", "-grid_n", "32", "-grid_boundary", "absorbing", "-p_density", "gaussian_mixture", "-p_mean",
        "0.5", "-p_sigma", "0.1", "-q_density", "uniform", "-time_stop", "1e6", "-time_samples", "3", "-ts_dt", "1000")
expect(r.status == 3 and "nearly all mass has been absorbed" in r.err, f"absorbed: {r.status}, {r.err[:300]}")

# A force that stops being finite on the way: not bad input any more, and the last good state is kept.
for what in ("potential", "drift"):
    r = run("fokker-planck", "-grid_n", "32", "-p_density", "uniform", "-time_stop", "1", "-time_samples", "3", "-ts_dt",
            "0.1", f"-{what}_type", "formula", f"-{what}_formula", "sin(2*_pi*x)*sqrt(0.33-t)", ranks=2)
    expect(r.status == 3, f"{what} becomes nan: exit 3, not {r.status}")
    for part in (f"t = 0.3: {what}_formula: 'sin(2*_pi*x)*sqrt(0.33-t)' gives nan", "(0.", "t = 0.4"):
        expect(part in r.err, f"{what} becomes nan: says {part!r}, not {r.err[:300]}")
    expect(os.path.exists(os.path.join(r.folder, "fields.h5")), f"{what} becomes nan: the last good state is kept")

# A driven ring with barriers of 12 T: that pi has settled is a check of its own, beside its residual.
r = run("fokker-planck", "-grid_n", "64", "-potential_type", "formula", "-potential_formula",
        "6*cos(4*_pi*x)", "-drift_type", "constant", "-drift_force", "1e-12", "-p_density", "formula",
        "-p_formula", "exp(cos(2*_pi*(x-0.2)))", "-time_stop", "0.1", "-time_samples", "2", "-ts_dt", "0.05")
sound(r, "12 T barriers")
expect(r.check("steady_change")["value"] <= 1e-11, "pi has settled")

finish()
