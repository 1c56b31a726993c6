"""ranks: 1 2 3; long: 3; processors: 1
Bad input to gradient-flow: exit 2 before anything is computed, one line that names the key, on any number of ranks."""

import os, sys

from common import *

RANKS = int(sys.argv[1])
BASE = ["-grid_n", "24", "-grid_lower", "-3", "-grid_upper", "3", "-grid_boundary", "no_flux", "-time_stop", "0.1", "-time_samples",
        "2", "-p_density", "gaussian_mixture", "-p_mean", "0.5", "-p_sigma", "0.5"]
PLANE = ["-grid_n", "12,12", "-p_mean", "0.5,0.5"]


def refuse(arguments, *parts):
    other = "-p_density" in arguments and "gaussian_mixture" not in arguments  # which has no use for the keys of BASE
    given = dict(zip(BASE[:-4:2] if other else BASE[::2], BASE[1::2])) | dict(zip(arguments[::2], arguments[1::2]))
    ranks = some(RANKS)
    if not ranks:
        return
    result = run("gradient-flow", *[w for pair in given.items() for w in pair], ranks=ranks, timeout=60)
    said, label = result.err.strip(), " ".join(map(str, arguments))
    expect(result.status == 2, f"{label}: status {result.status}, not 2: {said[:300]}")
    expect(said.startswith("otto: error: ") and said.count("\n") == 0, f"{label}: one line, not {said!r}")
    for part in parts:
        expect(part in said, f"{label}: says {part!r}, not {said!r}")
    expect(not os.path.exists(result.folder), f"{label}: no folder")


def potential(text):
    return ["-potential_type", "formula", "-potential_formula", text]


def formula(text):
    return ["-energy_interaction_type", "formula", "-energy_interaction_formula", text]


# the scheme and its steps
refuse(["-flow_scheme", "nonsense"], "error: flow_scheme: 'nonsense'", "implicit, semi_implicit, jko, ljko")
refuse(["-flow_scheme", "implict"], "flow_scheme", "did you mean implicit")
for scheme in ("jko", "ljko"):
    refuse(["-flow_scheme", scheme], "error: ts_dt: missing", scheme)
    refuse(["-flow_scheme", scheme, "-ts_dt", "0"], "error: ts_dt: 0", "above 0")
    refuse(["-flow_scheme", scheme, "-ts_dt", "0.03"], "error: ts_dt: 0.03", "whole numbers of steps")
    refuse(["-flow_scheme", scheme, "-ts_dt", "0.1", "-energy_internal", "none"], "energy_internal: none", scheme)
    refuse(["-flow_scheme", scheme, "-ts_dt", "0.1", "-flow_time_order", "2"], "flow_time_order: 2", "implicit")
refuse(["-flow_scheme", "semi_implicit", "-flow_time_order", "2"], "flow_time_order: 2")
refuse(["-flow_scheme", "jko", "-ts_dt", "0.1", "-mobility", "2"], "mobility: 2", "jko")
refuse(["-flow_scheme", "jko", "-ts_dt", "0.1", "-jko_gap", "0"], "jko_gap: 0")
refuse(["-flow_scheme", "ljko", "-ts_dt", "0.1", "-flow_mobility", "scharfetter_gummel"], "flow_mobility: scharfetter_gummel", "ljko")
for order in ("0", "3", "1.5"):
    refuse(["-flow_time_order", order], "flow_time_order", order)
for dt in ("0", "-1", "abc", "1e-300", "inf"):
    refuse(["-ts_dt", dt], "error: ts_dt: ", dt)
refuse(["-ts_max_steps", "-3"], "ts_max_steps: -3")
for key, value in (("ts_type", "beuler"), ("ts_adapt_type", "none"), ("ts_dtt", "3"), ("snes_type", "newtontr"), ("snes_fd", "yes")):
    refuse([f"-{key}", value], f"error: {key}", "not served")
for key, value in (("snes_max_it", "many"), ("snes_linesearch_type", "bogus"), ("ksp_type", "bogus"), ("pc_type", "bogus"),
                   ("ksp_rtol", "nan")):
    refuse([f"-{key}", value], f"error: {key}: '{value}'")
# the energy
refuse(["-energy_internal", "entropie"], "energy_internal: 'entropie'", "did you mean entropy")
refuse(["-energy_internal", "power"], "error: energy_m: missing")
for m in ("0", "1", "-1"):
    refuse(["-energy_internal", "power", "-energy_m", m], f"error: energy_m: {m};", "above 0 and not 1")
refuse(["-energy_internal", "power", "-energy_m", "nan"], "energy_m: 'nan'")
refuse(["-energy_internal", "power", "-energy_m", "2", "-flow_mobility", "scharfetter_gummel"], "flow_mobility", "entropy")
refuse(["-flow_mobility", "upwnd"], "flow_mobility: 'upwnd'", "did you mean upwind")
for T in ("0", "-1"):
    refuse(["-temperature", T], f"temperature = {T}")
refuse(["-mobility", "0"], "mobility: 0 on axis 1")
refuse(["-mobility", "1,2"], "mobility", "2 values for 1 axes")
refuse([*PLANE, "-energy_interaction_type", "newtonian", "-grid_boundary", "periodic,no_flux"], "energy_interaction_type: newtonian",
       "all periodic, or none")
refuse(["-energy_interaction_type", "gravity"], "energy_interaction_type: 'gravity'", "newtonian")
refuse(["-energy_interaction_type", "formula"], "energy_interaction_formula: missing")
refuse(formula("1/(r-1)"), "energy_interaction_formula: '1/(r-1)' gives inf at r = 1", "finite beyond r = 0")
refuse(formula("log(r-1.1)"), "energy_interaction_formula", "nan")
refuse(formula("1/r"), "energy_interaction_formula", "r = 0", "integrable")  # on a line; in the plane it is
refuse([*PLANE, *formula("1/r^2")], "energy_interaction_formula", "integrable")
refuse(formula("exp(r"), "energy_interaction_formula", "not a formula")
refuse(formula("x"), "energy_interaction_formula", "unknown name 'x'")
refuse(["-energy_interaction_type", "gaussian", "-energy_interaction_length", "0"], "energy_interaction_length: 0")
refuse(["-energy_interaction_type", "morse", "-energy_interaction_repulsion_length", "1"], "energy_interaction_attraction_length: missing")
refuse(["-potential_type", "quadratc"], "potential_type", "did you mean quadratic")
refuse(potential("log(x)"), "potential_formula", "nan")
refuse(["-grid_boundary", "periodic", "-potential_seam", "drift", *potential("3*x")], "potential_seam", "no energy")
# densities
refuse(potential("x>0 ? inf : x"), "error: p_density", "closed cells")
refuse(["-q_density", "uniform", "-p_density", "box", "-p_lower", "-2", "-p_upper", "-1", *potential("x>0 ? inf : x")], "error: q_density",
       "closed cells")
for mass in ("0", "-1"):
    refuse(["-p_mass", mass], f"error: p_mass: {mass};", "above 0")
    refuse(["-q_density", "uniform", "-q_mass", mass], f"error: q_mass: {mass};")
for mass in ("nan", "inf"):
    refuse(["-p_mass", mass], f"p_mass: '{mass}'")
refuse(["-q_density", "nonsense"], "q_density: 'nonsense'")
refuse(["-p_density", "formula", "-p_formula", "x"], "p_formula")
# grid, times, accuracy
for kind in ("open", "absorbing"):
    refuse(["-grid_boundary", kind], f"error: grid_boundary: {kind} on axis 1", "mass is kept")
refuse(["-grid_n", "4,4,4,4", "-p_mean", "0,0,0,0"], "grid_n: 4 axes")
refuse(["-grid_n", "100000,20000", "-p_mean", "0,0"], "grid_n", "GB")
for tolerance in ("1e-12", "0", "-1"):
    refuse(["-time_tolerance", tolerance], "time_tolerance: " + tolerance)
refuse(["-time_stop", "0"], "time_stop")
refuse(["-time_samples", "0"], "time_samples")
refuse(["-output_fields", "0.033"], "output_fields", "nearest")
refuse(["-renyi_order", "0"], "renyi_order")
refuse(["-check_mass_tolerance", "small"], "check_mass_tolerance")
# keys of nobody, and of other drivers
refuse(["-grid_m", "3"], "unknown key grid_m", "did you mean grid_n")
refuse(["-flow_shceme", "jko"], "unknown key flow_shceme", "did you mean flow_scheme")
refuse(["-energy_interaction_range", "3"], "unknown key energy_interaction_range")
# keys of a member that is not chosen
refuse(["-energy_m", "2"], "key energy_m belongs to energy_internal: power; energy_internal is entropy where it is not given")
refuse(["-energy_interaction_strength", "2"], "key energy_interaction_strength belongs to energy_interaction_type: quadratic, gaussian, "
       "newtonian; energy_interaction_type is none where it is not given")  # fmt: skip
refuse(["-energy_interaction_type", "morse", "-energy_interaction_length", "2"], "key energy_interaction_length belongs to", "gaussian;", "is morse")
refuse(["-potential_formula", "x"], "key potential_formula belongs to potential_type: formula; potential_type is none where it is not given")
refuse(["-q_sigma", "2"], "key q_sigma belongs to q_density: gaussian_mixture; q_density is none where it is not given")
refuse(["-q_floor", "0.1"], "key q_floor belongs to q_density: a second density; q_density is none where it is not given")
refuse(["-jko_gap", "1e-3"], "key jko_gap belongs to flow_scheme: jko; flow_scheme is implicit where it is not given")
refuse(["-flow_scheme", "ljko", "-jko_iterations", "9"], "key jko_iterations belongs to flow_scheme: jko; flow_scheme is ljko")
refuse(["-drift_type", "constant"], "key drift_type is not used by driver gradient-flow", "fokker-planck")
refuse(["-heat_kernel", "spectral"], "key heat_kernel", "dissipation")

# what is served works
for arguments, said in ((["-snes_monitor"], "SNES Function norm"), (["-snes_converged_reason"], "Nonlinear solve converged"),
                        (["-snes_view"], "SNES Object"), (["-log_view"], "Performance Summary"), (["-snes_max_it", "20"], "PASS"),
                        (["-ksp_type", "fgmres"], "PASS"), (["-snes_linesearch_type", "l2"], "PASS")):
    r = run("gradient-flow", *BASE, "-energy_internal", "power", "-energy_m", "2", *arguments, "-check_space", "no", ranks=some(RANKS) or 1)
    expect(r.status == 0 and r.err == "" and said in r.out, f"{arguments}: {r.status} {r.err[:300]} {r.out[-600:]}")
# a step that has to end the run: exit 3, one line, the last good state kept
r = run("gradient-flow", *BASE, "-ts_dt", "0.01", "-ts_max_steps", "3", ranks=RANKS)
expect(r.status == 3 and r.err.count("\n") == 1 and "ts_max_steps: 3" in r.err, f"ts_max_steps: {r.status} {r.err}")
expect(r.summary()["verdict"] == "stopped" and len(r.series()["t"]) == 1, f"and what there is is there: {r.summary()['verdict']}")
held = run("gradient-flow", *BASE, "-check_space", "no", ranks=RANKS)
again = run("gradient-flow", *BASE, ranks=RANKS, folder=held.folder)
expect(again.status == 2 and "output_overwrite" in again.err, "a folder that holds a run is refused: " + again.err)
finish()
