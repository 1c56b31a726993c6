"""labels: units. No unit is special: lengths scaled by s, times by s², energies by any factor, with the temperature:
dimensionless columns keep every digit but for rounding, entropies shift by the logarithm of the scale."""
import math
from common import close, expect, finish, run

MIXTURE = {"p_density": "gaussian_mixture", "L p_sigma": "0.2", "q_density": "gaussian_mixture", "L q_sigma": "0.3"}
LINE = {"grid_n": 48, "L grid_lower": "-1", "L grid_upper": "1", "grid_boundary": "no_flux", "potential_type": "formula",
        "potential_formula": "4*(X^2-0.5)^2+X", "L p_mean": "0.2", "L q_mean": "-0.2", **MIXTURE, "t time_stop": "0.05",
        "time_samples": 3}
PLANE = {**LINE, "grid_n": "20,17", "grid_boundary": "no_flux,periodic", "L grid_lower": "-1,-1", "L grid_upper": "1,1",
         "potential_formula": "4*(X^2-0.5)^2+X+cos(_pi*Y)", "L p_mean": "0.2,0.1", "L q_mean": "-0.2,0.3"}
SPACE = {**PLANE, "grid_n": "8,7,6", "grid_boundary": "no_flux,periodic,no_flux", "L grid_lower": "-1,-1,-1",
         "L grid_upper": "1,1,1", "L p_mean": "0.2,0.1,0", "L q_mean": "-0.2,0.3,0.1"}
CASES = {
    "beuler": {**LINE, "spectrum_count": 2},
    "cn": {**LINE, "ts_type": "cn", "t ts_dt": "0.0005"},
    "bdf": {**LINE, "ts_type": "bdf"},
    "arkimex, adaptive": {**LINE, "ts_type": "arkimex"},
    "absorbing": {**LINE, "grid_boundary": "absorbing", "spectrum_count": 1},
    "absorbing bdf": {**LINE, "grid_boundary": "absorbing", "ts_type": "bdf", "t ts_dt": "0.001"},
    "drift": {**LINE, "drift_type": "constant", "F drift_force": "3", "spectrum_count": 1},
    "plane": {**PLANE, "drift_type": "constant", "F drift_force": "3,2", "t ts_dt": "0.005"},
    "plane by lu": {**PLANE, "drift_type": "constant", "F drift_force": "3,2", "pc_type": "lu", "t ts_dt": "0.005"},
    "plane by ilu": {**PLANE, "pc_type": "bjacobi", "t ts_dt": "0.005"},
    "ring": {**PLANE, "grid_boundary": "periodic", "potential_formula": "cos(_pi*X)", "drift_type": "constant",
             "F drift_force": "30,20", "t ts_dt": "0.005"},
    "space": {**SPACE, "ts_type": "bdf", "t ts_dt": "0.005"},
    "far": {**{k: v for k, v in LINE.items() if "_mean" not in k and "_sigma" not in k}, "p_density": "delta",
            "L p_position": "-0.9", "q_density": "delta", "L q_position": "0.9", "t time_stop": "3e-13", "t ts_dt": "1e-13"},
}
# (length, energy and temperature, mobility): extremes together, none of them a power of 2
SCALES = [(1e-12, 1, 1), (1e12, 1, 1), (3e5, 1e30, 1), (7e-6, 1e-30, 1), (1e12, 1e-30, 1e30)]
# dimension of a column: powers of length and of time, energy
UNITS = {"t": (0, 1, 0), "fisher_rel": (0, -1, 0), "kl_rate": (0, -1, 0), "entropy_rate": (0, -1, 0),
         "production": (0, -1, 0), "production_nonadiabatic": (0, -1, 0), "heat_rate": (0, -1, 1),
         "work_rate": (0, -1, 1), "energy": (0, 0, 1), "energy_absorbed_rate": (0, -1, 1),
         "current_norm": (1, -1, 0)}
MOMENTS = {"mean": 1, "covariance": 2, "resultant": 0}  # powers of length
ROUNDING = {"residual", "production_adiabatic", "iterations"}  # of sums that are 0; Krylov steps may differ by one


def arguments(case, length, energy, mobility):
    time = length * length / (energy * mobility)
    factor = {"L": length, "t": time, "F": energy / length}
    words = ["fokker-planck", "-temperature", repr(float(energy)), "-mobility", repr(float(mobility)), "-output_fields",
             "none", "-check_time", "no", "-check_space", "no"]
    for key, value in case.items():
        if " " in key:
            kind, key = key.split()
            value = ",".join(repr(float(v) * factor[kind]) for v in value.split(","))
        elif key == "potential_formula":
            value = f"{energy!r}*(" + value.replace("X", f"(x/{length!r})").replace("Y", f"(y/{length!r})") + ")"
        words += ["-" + key, value]
    return words, time


def compare(name, case, scale, reference, rates):
    words, time = arguments(case, *scale)
    result = run(*words)
    expect(result.status == reference.status == 0, f"{name} at {scale}: exit {result.status}: {result.err[-300:]}")
    if result.status != 0:
        return
    series, expected = result.series(), reference.series()
    dim = str(case["grid_n"]).count(",") + 1
    grid = reference.summary()["grid"]
    box = [b - a for a, b in zip(grid["lower"], grid["upper"])]
    log = dim * math.log(scale[0])
    for column in expected:
        if column in ROUNDING or (column == "entropy_rate" and case["grid_boundary"] == "absorbing"):
            continue  # the latter shifts by the escape times log, no column
        length, of_time, energy = UNITS.get(column, (MOMENTS.get(column.split("_")[0], 0), 0, 0))
        largest = max((abs(v) for v in expected[column] if math.isfinite(v)), default=0)
        for k, value in enumerate(series[column]):
            value /= scale[0]**length * time**of_time * scale[1]**energy
            if column.startswith("entropy_") and column != "entropy_rate" or column == "cross_entropy":
                value -= log * series["mass_q" if column == "entropy_q" else "mass_p"][k]
            if column in ("min_p", "min_q"):
                value *= scale[0]**dim
            if column == "free_energy":
                value = value / scale[1] + log * series["mass_p"][k]
            right = expected[column][k]
            # sums of a log(...) of some 80; solves of 1e-10, whose last iteration rounding decides
            bound = 1e-12 * (1 + abs(log) + largest) if "entropy" in column or column == "free_energy" else 1e-8 * abs(right)
            if column.split("_")[0] in MOMENTS:  # of the box: a covariance may be 0
                bound = 1e-10 * max(box) ** length
            if name == "far" and column in ("cross_entropy", "fisher_rel", "kl_rate"):
                bound = 1e-6 * abs(right)  # of cells of e^-1000, each found to 1e-5 of itself
            expect(value == right or math.isnan(value) and math.isnan(right) or abs(value - right) <= bound,
                   f"{name} at {scale}: {column}[{k}] {value!r} for {right!r}")
    found = result.summary()["results"].get("relaxation_rates") or []
    expect(len(found) == len(rates), f"{name} at {scale}: {len(rates)} rates")
    for a, b in zip(found, rates):
        close(a * time, b, 1e-9, f"{name} at {scale}: rate")


for name, case in CASES.items():
    reference = run(*arguments(case, 1.0, 1.0, 1.0)[0])
    rates = reference.summary()["results"].get("relaxation_rates") or []
    if name == "far":
        expect(reference.series()["kl"][-1] > 700, "doubles end")
    for scale in SCALES:
        compare(name, case, scale, reference, rates)

# what would be the default of PETSc, 1e-4 in any unit, is coarse: ../shared/cases, `units`; steps of 1e-5 give 0.0206788
units = run("fokker-planck", "-grid_n", 128, "-grid_lower", -4e6, "-grid_upper", 4e6, "-grid_boundary", "no_flux",
            "-potential_type", "quadratic", "-temperature", 1e12, "-p_density", "gaussian_mixture", "-p_mean", 1.5e6,
            "-p_sigma", 4e5, "-q_density", "gaussian_mixture", "-q_mean", 0, "-q_sigma", 4e5, "-time_stop", 2,
            "-time_samples", 3, "-ts_type", "bdf", "-ts_dt", 0.5, "-output_fields", "none").series()
close(units["kl_p_pi"][2], 0.02068, 1e-2, "error control in units of the density")
close(units["kl"][2], 0.02094, 1e-2, "of q likewise")

# p, q and the steady state equal but for rounding, which no unit is spared: `monotone` compares nothing that falls
for words in (("-grid_n", 48, "-grid_upper", 1e-6, "-drift_type", "constant", "-drift_force", 3e6, "-q_density", "uniform",
               "-time_stop", 5e-14), ("-grid_n", 33, "-grid_upper", 1e-10, "-grid_boundary", "no_flux", "-time_stop", 7.5e-22)):
    equal = run("fokker-planck", *words, "-p_density", "uniform", "-time_samples", 3, "-output_fields", "none")
    expect(equal.status == 0, f"p = pi to rounding: exit {equal.status}: {equal.failing()}")
finish()
