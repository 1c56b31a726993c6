"""A temperature that depends on place, by the program: moments in closed form in every convention, what has no value, ranks and
meshes, fields, and what is refused."""
import math, os

from common import alike, close, expect, finish, needs, run

needs("numpy", "h5py")
import h5py
import numpy as np

# D = T = 1 + c x² and b = -k x (M = 1): the mean falls at the rate κ = k - 2c (1 - a), its second moment m obeys m' = 2 + (2c - 2κ) m.
# The box is so wide that the walls' part is 1e-5.
K, C, STOP, MEAN, SIGMA = 3.0, 0.2, 0.3, 1.0, 0.5
LINE = ["-grid_n", 400, "-grid_lower", -12, "-grid_upper", 12, "-grid_boundary", "no_flux", "-potential_type", "quadratic",
        "-potential_stiffness", K, "-temperature_formula", f"1+{C}*x^2", "-p_density", "gaussian_mixture", "-p_mean", MEAN, "-p_sigma",
        SIGMA, "-time_stop", STOP, "-time_samples", 2]
for a, noise in zip((0, 0.5, 1), ("klimontovich", "stratonovich", "ito")):
    r = run("fokker-planck", *LINE, "-noise", noise)
    expect(r.status == 0, f"{noise}: {r.status} {r.err[-300:]}{r.out[-900:]}")
    fall = K - 2 * C * (1 - a)
    rate = 2 * C - 2 * fall
    second = (MEAN**2 + SIGMA**2 + 2 / rate) * math.exp(rate * STOP) - 2 / rate
    mean, s = MEAN * math.exp(-fall * STOP), r.series()
    # cells of 0.06 of 0.5: (h/σ)²/8 = 2e-3; neighbouring conventions differ by 6 %
    close(s["mean_p_x"][-1], mean, 3e-3, f"{noise}: mean")
    close(s["covariance_p_xx"][-1], second - mean**2, 5e-3, f"{noise}: variance")
    for name, right in (("mean_p_x", mean), ("covariance_p_xx", second - mean**2)):
        said = r.errors("space")[name][-1] + r.errors("time")[name][-1]
        off = abs(s[name][-1] - right)
        expect(off / 2 <= said + 1e-5, f"{noise}: {name} is off by {off}, the run says {said}")
    summary = r.summary()
    results = summary["results"]
    expect(results["noise"] == noise and results["steady_state"] == "solved", f"{noise}: {results}")
    close(results["temperature_least"], 1 + C * 0.03**2, 1e-12, "least")
    close(results["temperature_most"], 1 + C * 11.97**2, 1e-12, "most")
    close(results["temperature"], 1 + C * (144 - 0.06**2 / 4) / 3, 1e-9, "mean")  # of midpoints
    expect({d["name"] for d in summary["not_defined"]} == {"heat_rate", "work_rate", "free_energy"}, f"{summary['not_defined']}")
    expect(all("no one T" in d["why"] for d in summary["not_defined"]), "why")
    for name in ("heat_rate", "work_rate", "free_energy"):
        expect(all(math.isnan(v) for v in s[name]), f"{name} is not given")
    for name in ("dissipation_identity", "nonadiabatic", "production_sum", "entropy_balance", "steady_error"):
        expect(r.check(name)["pass"] and r.check(name)["value"] is not None, f"{name} applies")
    expect("no one T" in str(r.check("energy_balance")), "energy_balance does not apply")

# On a ring a temperature beside a potential drives a current (Büttiker 1987): J ∮ e^Φ/D = T-weighted, by quadrature. With Φ' = V'/T
# and Klimontovich's flux J = -D (ρ' + Φ' ρ): ρ = e^-Φ (c - J ∫ e^Φ/D), and ρ comes back to itself.
n = 4096
x = (np.arange(n) + 0.5) / n
T, slope = 1 + 0.6 * np.sin(2 * np.pi * x), -2 * np.pi * 0.8 * np.sin(2 * np.pi * x + 1)  # V = 0.8 cos(2πx + 1)
edge = np.concatenate([[0], np.cumsum(slope / T) / n])  # Φ at faces, of second order: 1e-6
phi = 0.5 * (edge[1:] + edge[:-1])
inside = np.concatenate([[0], np.cumsum(np.exp(phi) / T) / n])
total = edge[-1]
# ρ(1) = ρ(0): e^-Φ(1) (c - J I) = c with J = 1
c = -inside[-1] * math.exp(-total) / (1 - math.exp(-total))
rho = np.exp(-phi) * (c - 0.5 * (inside[1:] + inside[:-1]))
J = 1 / rho.mean()
ring = run("fokker-planck", "-grid_n", 128, "-potential_type", "formula", "-potential_formula", "0.8*cos(2*_pi*x+1)", "-temperature_formula",
           "1+0.6*sin(2*_pi*x)", "-p_density", "uniform", "-time_stop", 2, "-time_samples", 2, "-output_fields", "all", "-check_space", "no")
expect(ring.status == 0, f"ring: {ring.status} {ring.err[-300:]}{ring.out[-900:]}")
with h5py.File(os.path.join(ring.folder, "fields.h5")) as h5:
    pi, current, written = (np.array(h5["1"][name]) for name in ("steady_state", "current_x", "temperature"))
expect(abs(pi - (rho * J).reshape(128, 32).mean(1)).max() <= 2e-3 * pi.max(), "steady state of the ring")
expect(abs(current / J - 1).max() <= 3e-3, f"its current: {J}, not {current.min()}, {current.max()}")
expect(abs(written - (1 + 0.6 * np.sin(2 * np.pi * (np.arange(128) + 0.5) / 128))).max() <= 1e-14, "the temperature as a field")
expect(ring.series()["production_adiabatic"][-1] > 1e-3, "which costs entropy")

# Ranks and meshes, with all that may depend on place.
PLANE = ["-grid_n", "24,20", "-grid_lower", -1, "-grid_upper", 1, "-grid_boundary", "periodic,no_flux", "-potential_type", "formula",
         "-potential_formula", "cos(_pi*x)+y^2", "-temperature_formula", "1+0.4*cos(_pi*x)*y", "-mobility_formula",
         "1+0.5*cos(_pi*x)*y, 1+0.3*sin(_pi*x)+y^2", "-noise", "stratonovich", "-p_density", "gaussian_mixture", "-p_mean", "0.2,0.3",
         "-p_sigma", 0.3, "-time_stop", 0.1, "-time_samples", 3, "-ts_type", "beuler", "-ts_dt", 0.02, "-check_time", "no",
         "-check_space", "no", "-output_fields", "none", "-ksp_rtol", 1e-13]
one = run("fokker-planck", *PLANE)
expect(one.status == 0, f"plane: {one.status} {one.err[-300:]}{one.out[-900:]}")
for ranks, mesh in ((3, "auto"), (4, "2,2")):
    r = run("fokker-planck", *PLANE, "-grid_mesh", mesh, ranks=ranks)
    expect(r.status == 0, f"{ranks} ranks: {r.status} {r.err[-300:]}")
    alike(r, one, 1e-10, f"{ranks} ranks")

for arguments, says in ((["-temperature", 1], "give one of them"), (["-temperature_formula", "x"], "must be above 0"),
                        (["-temperature_formula", "log(x)"], "temperature_formula: nan")):
    r = run("fokker-planck", *LINE, *arguments)
    expect(r.status == 2 and says in r.err and r.err.count("\n") == 1 and not os.path.exists(r.folder), f"{arguments}: {r.status} {r.err}")
for driver in ("gradient-flow", "tempering"):
    r = run(driver, "-grid_n", "8,8", "-p_density", "uniform", "-time_stop", 0.1, "-temperature_formula", "1+x")
    expect(r.status == 2 and "temperature_formula" in r.err, f"{driver} takes none: {r.status} {r.err}")
finish()
