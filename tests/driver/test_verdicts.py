"""Every check of every driver fails, by name and with exit 1, on a fault in what it checks (OTTO_TEST_FAULT:
src/core/fault.h), and passes on the same case without. Faults: a cell of p or q after the evolution or after a step, of
Q^T p, of pi, of V, of a mode; a divergence as it is returned; a time; a row that is not written."""

import json, os

from common import SOURCE, expect, finish, run
import lists

WELL = ["-grid_n", 48, "-grid_lower", -2, "-grid_upper", 2, "-grid_boundary", "no_flux", "-potential_type", "quadratic"]
PAIR = ["-p_density", "gaussian_mixture", "-p_mean", 0.7, "-p_sigma", 0.4, "-q_density", "gaussian_mixture", "-q_mean", -0.3,
        "-q_sigma", 0.5]
ONE = ["-p_density", "gaussian_mixture", "-p_mean", 0.4, "-p_sigma", 0.2]
WIDE = ["-grid_n", 128, "-grid_lower", -4, "-grid_upper", 4, "-grid_boundary", "no_flux", "-potential_type", "formula",
        "-potential_formula", "x^2", "-p_density", "gaussian_mixture", "-p_mean", -1.5, "-p_sigma", 0.5]
WELLS = ["-grid_n", 40, "-grid_lower", -2, "-grid_upper", 2, "-grid_boundary", "no_flux", "-potential_type", "formula", "-potential_formula",
         "(x^2-1)^2", "-temperature", 0.5, "-p_density", "gaussian_mixture", "-p_mean", -0.5, "-p_sigma", 0.4, "-set_a", "x<0-0.8",
         "-set_b", "x>0.8", "-output_fields", "none"]
UNTIL = ["-time_samples", 3, "-output_fields", "none"]
ALONE = ["-check_time", "no"]  # steps as they are
CARRIED = ["-dynamics_times", "1,2", "-smoothing_times", 1e-3, "-output_fields", "none"]
CASES = {
    "heat": ["dissipation", "-grid_n", 64, "-heat_kernel", "spectral", "-p_density", "formula", "-p_formula",
             "1+0.5*cos(2*_pi*x)", "-q_density", "formula", "-q_formula", "1+0.3*sin(2*_pi*x)+0.1*cos(4*_pi*x)", "-time_start",
             1e-3, "-time_stop", 1e-2, *UNTIL],
    "exact": ["dissipation", "-grid_n", 24, "-heat_kernel", "lattice_exact", "-p_density", "delta", "-p_position", 0.3,
              "-q_density", "uniform", "-time_start", 1e-3, "-time_stop", 1e-2, *UNTIL, "-check_space", "no"],
    "open": ["dissipation", "-grid_n", 24, "-grid_boundary", "open", "-heat_kernel", "lattice_exact", "-p_density", "formula",
             "-p_formula", "exp(3*x)", "-q_density", "formula", "-q_formula", "1+x*(1-x)", "-time_start", 1e-3, "-time_stop",
             1e-2, *UNTIL, "-check_space", "no"],
    "ladder": ["fokker-planck", *WELL, *PAIR, "-time_stop", 0.2, *UNTIL],
    "euler": ["fokker-planck", *WELL, *PAIR, "-time_stop", 0.2, *UNTIL, "-ts_type", "beuler", "-ts_dt", 0.01, *ALONE,
              "-observe", "a, x", "-observe_frequencies", "0,3"],
    "theta": ["fokker-planck", *WELL, *PAIR, "-time_stop", 0.2, *UNTIL, "-ts_type", "theta", "-ts_dt", 0.01, *ALONE],
    "one step": ["fokker-planck", "-grid_n", 32, *ONE, "-time_stop", 1e-3, "-time_samples", 1, "-output_fields", "none",
                 "-ts_type", "beuler", "-ts_dt", 1e-3, *ALONE],
    "driven": ["fokker-planck", "-grid_n", 48, "-potential_type", "periodic_cosine", "-drift_type", "constant", "-drift_force", 3,
               *ONE, "-q_density", "uniform", "-time_stop", 0.02, *UNTIL, "-ts_type", "beuler", "-ts_dt", 1e-3, *ALONE,
               "-spectrum_count", 3],
    "wells": ["fokker-planck", *WELLS[:-6], "-time_stop", 0.02, *UNTIL, "-ts_type", "beuler", "-ts_dt", 1e-2, *ALONE, "-spectrum_count", 2,
              "-space_tolerance", 0.5],
    "moving": ["fokker-planck", "-grid_n", 48, "-potential_type", "formula", "-potential_formula", "cos(2*_pi*x)*(1+t)", *ONE,
               "-time_stop", 0.02, *UNTIL, "-ts_type", "cn", "-ts_dt", 1e-3, *ALONE],
    "absorbed": ["fokker-planck", "-grid_n", 48, "-grid_boundary", "absorbing", *ONE, "-time_stop", 0.02, *UNTIL, "-ts_type",
                 "beuler", "-ts_dt", 1e-3, *ALONE],
    "distances": ["transport", "-grid_n", "24,24", "-grid_boundary", "no_flux", "-p_density", "gaussian_mixture", "-p_mean", "0.4,0.4",
                  "-p_sigma", 0.12, "-q_density", "gaussian_mixture", "-q_mean", "0.55,0.6", "-q_sigma", 0.15, "-transport_frames", 3,
                  "-space_tolerance", 0.5, "-transport_gap", 0.1],
    "sweep": ["transport", "-grid_n", 48, "-p_density", "formula", "-p_formula", "1+0.5*cos(2*_pi*x)", "-q_density", "formula",
              "-q_formula", "1+0.3*sin(2*_pi*x)+0.1*cos(4*_pi*x)", "-heat_kernel", "gaussian_exact", "-time_start", 1e-3,
              "-time_stop", 1e-2, *UNTIL, "-check_space", "no"],
    "implicit": ["gradient-flow", *WELL, *PAIR, "-time_stop", 0.2, *UNTIL, "-ts_dt", 0.01, *ALONE],
    "adaptive": ["gradient-flow", *WELL, *PAIR, "-time_stop", 0.2, *UNTIL, "-check_space", "no"],
    "beside": ["gradient-flow", *WELL, *PAIR, "-time_stop", 0.2, *UNTIL, "-ts_dt", 0.01, "-time_tolerance", 0.1, "-check_space", "no"],
    "porous": ["gradient-flow", *WELL, *ONE, "-energy_internal", "power", "-energy_m", 2, "-energy_interaction_type", "gaussian",
               "-time_stop", 0.2, *UNTIL, "-ts_dt", 0.02, *ALONE],
    "first step": ["gradient-flow", *WELL, *ONE, "-time_stop", 1e-3, "-time_samples", 1, "-output_fields", "none", "-ts_dt", 1e-3,
                   *ALONE, "-check_space", "no"],
    "jko": ["gradient-flow", *WIDE, "-flow_scheme", "jko", "-time_stop", 1, *UNTIL, "-ts_dt", 0.5, *ALONE, "-check_space", "no"],
    "jko with springs": ["gradient-flow", *WIDE, "-flow_scheme", "jko", "-time_stop", 1, *UNTIL, "-ts_dt", 0.5, *ALONE, "-check_space",
                         "no", "-energy_interaction_type", "quadratic", "-energy_interaction_strength", 0.3],
    "ljko": ["gradient-flow", *WIDE, "-flow_scheme", "ljko", "-time_stop", 1, *UNTIL, "-ts_dt", 0.5, *ALONE, "-check_space", "no",
             "-check_virial_law_tolerance", 0.3],  # of first order
    "coordinates": ["tempering", "-grid_n", 64, "-p_density", "gaussian_mixture", "-p_mean", 0.3, "-p_sigma", 0.12, "-time_stop", 0.02,
                    *UNTIL, "-coordinates_formula", "x+atan(sin(2*_pi*x)/(3-cos(2*_pi*x)))/_pi", "-coordinates_inverse",
                    "x-atan(sin(2*_pi*x)/(3+cos(2*_pi*x)))/_pi"],
    "long steps": ["tempering", "-grid_n", 64, "-p_density", "gaussian_mixture", "-p_mean", 0.3, "-p_sigma", 0.12, "-metric_type",
                   "conformal", "-metric_formula", "2+sin(2*_pi*x)", "-time_stop", 0.02, *UNTIL, "-ts_dt", 2.5e-4],
    "torus": ["convective-entropy", "-grid_n", "32,32", "-p_density", "formula", "-p_formula", "1+0.5*cos(2*_pi*(x+y-0.2))", "-dynamics_type",
              "torus_automorphism", "-dynamics_matrix", "2,1,1,1", *CARRIED],
    "wind": ["convective-entropy", "-grid_n", 96, "-p_density", "formula", "-p_formula", "1+0.5*cos(2*_pi*(x-0.2))", "-dynamics_type",
             "formula", "-dynamics_formula", "0.1*sin(2*_pi*x)+0.2", *CARRIED],
    "passage": ["first-passage", *WELLS, "-time_stop", 30, "-time_samples", 7, "-passage_method", "krylov", "-space_tolerance", 0.5],
    "three ends": ["first-passage", *WELLS, "-set_c", "x>0.3&&x<0.5", "-check_space", "no"],
}
# check: (case, fault) …, each of which it has to fail on
FAULTS = {
    "dissipation": {
        "rate": [("heat", "p:1.001")],
        "integral_kl": [("heat", "p:1.001"), ("heat", "kl:1.001"), ("open", "p:1.001")],
        "integral_reverse_kl": [("heat", "q:1.001"), ("heat", "reverse_kl:1.001"), ("open", "q:1.001")],
        "integral_chi2": [("heat", "p:1.001"), ("heat", "chi2:1.001"), ("open", "q:1.001")],
        "integral_hellinger2": [("heat", "p:1.001"), ("heat", "hellinger2:1.001"), ("open", "p:1.001")],
        "integral_js": [("heat", "p:1.001"), ("heat", "js:1.001"), ("open", "p:1.001")],
        "mass": [("heat", "p:1.001"), ("heat", "q:1.001"), ("exact", "q:0.999")],
        "positivity": [("heat", "p:-1"), ("heat", "q:-1"), ("exact", "p:0"), ("exact", "q:-1")],
        "gibbs": [("heat", "kl:1.001"), ("heat", "kl:0")],
        "pinsker": [("heat", "tv:3"), ("heat", "kl:0.5")],
        "hellinger": [("heat", "tv:3"), ("heat", "tv:0.1")],
        "js_bound": [("heat", "js:1e3")],
        "js_metric": [("heat", "js^2")],
        "monotone": [("heat", "p:10"), ("heat", "q:1e-20")],
        "slope": [("heat", "p:1.001")],
        "entropy_rate": [("heat", "p:1.001"), ("heat", "q:1.001")],
        "quadrature": [("heat", "p:3")],
        "known": [("heat", "q:1e-20")],
        "space_error": [("heat", "p:1.5")],
        "rows": [("heat", "row"), ("heat", "times:1.00001")],
    },
    "fokker-planck": {
        "time_error": [("ladder", "q:1e-20")],
        "space_error": [("ladder", "q:1e-20"), ("euler", "p:1.5")],
        "rows": [("ladder", "row"), ("euler", "times:1.00001")],
        "mass": [("euler", "p:1.001"), ("theta", "q:1.001"), ("absorbed", "p:1.001")],
        "positivity": [("one step", "p:-1")],
        "solve_residual": [("euler", "p:1.001"), ("moving", "p:1.001")],
        "steady_error": [("euler", "pi:1.001"), ("driven", "pi:1.001")],
        "steady_change": [("driven", "pi:1.001")],
        "relaxation": [("driven", "mode:1.1")],
        "memberships_range": [("wells", "membership:3")],
        "memberships_sum": [("wells", "membership:1.001")],
        "memberships_mean": [("wells", "membership:1.001")],
        "coarse_rates": [("wells", "membership:1.1")],
        "fluctuation_dissipation": [("euler", "response:1.01")],
        "dissipation_identity": [("euler", "rate:1.001")],
        "trapezoid": [("theta", "p:1.5")],
        "integral": [("euler", "kl:1.001"), ("euler", "p:1.001"), ("euler", "q:1.001"), ("euler", "js:1.001")],
        "implicit_euler": [("driven", "rate:100"), ("euler", "rate:-100")],
        "monotone": [("euler", "p:1.5")],
        "production_sum": [("euler", "pi:1.001"), ("driven", "pi:1.001")],
        "nonadiabatic": [("euler", "rate:1.001"), ("euler", "pi:1.001")],
        "entropy_balance": [("euler", "rate:1.001")],
        "energy_balance": [("euler", "potential:1.001"), ("euler", "rate:1.001")],
        "first_law": [("moving", "potential:1.5")],
        "free_energy": [("euler", "pi:1.001"), ("euler", "kl:1.001")],
        "production_sign": [("euler", "pi:2")],
        "gibbs": [("euler", "kl:1.001"), ("euler", "kl:0")],
        "pinsker": [("euler", "tv:3"), ("euler", "kl:0.01")],
        "hellinger": [("euler", "tv:3"), ("euler", "tv:0.1")],
        "js_bound": [("euler", "js:9")],
        "unreliable_mass": [("theta", "q:1e-20")],
        "known": [("theta", "q:1e-20")],
    },
    "transport": {
        "w2_gap": [("distances", "w2_lower:0.9"), ("distances", "w2_upper:1.1")],
        "w1_gap": [("distances", "w1_lower:0.5"), ("distances", "w1_upper:2")],
        "sinkhorn_marginal": [("distances", "sinkhorn_potential:1.01")],
        "sinkhorn_positive": [("distances", "sinkhorn:-1")],
        "w1_below_w2": [("distances", "w1_lower:3"), ("distances", "w2_upper:0.1")],
        "mean_shift": [("distances", "w2_upper:0.1")],
        "energy_bound": [("distances", "energy_distance:1e3")],
        "frame_mass": [("distances", "frame:1.001")],
        "mass": [("sweep", "p:1.001"), ("sweep", "q:1.001")],
        "gibbs": [("sweep", "kl:1.001"), ("distances", "kl:0")],
        "pinsker": [("sweep", "tv:3"), ("sweep", "kl:0.2")],
        "hellinger": [("sweep", "tv:3"), ("distances", "tv:0.1")],
        "js_bound": [("sweep", "js:1e3")],
        "rate": [("sweep", "p:1.001")],
        "tempered_bound": [("sweep", "kl:100")],
        "rows": [("sweep", "row"), ("sweep", "times:1.00001")],
        "space_error": [("distances", "coarse:3")],
    },
    "gradient-flow": {
        "mass": [("implicit", "p:1.001"), ("implicit", "q:1.001"), ("porous", "p:0.999"), ("jko", "p:1.001"), ("ljko", "p:1.001")],
        "positivity": [("first step", "p:-1")],
        "solve_residual": [("porous", "residual:1e12")],
        "energy_decay": [("implicit", "p:2"), ("porous", "p:30"), ("jko", "p:30")],
        "energy_law": [("implicit", "p:1.001"), ("implicit", "dissipation:1.001"), ("porous", "dissipation:1.001"),
                       ("ljko", "p:1.001")],
        "jko_inequality": [("jko", "w2_upper:3"), ("ljko", "dissipation:5")],
        "optimality": [("jko", "dual:0.9"), ("jko with springs", "dual:0.9"), ("ljko", "dual:0.9")],
        "virial": [("implicit", "p:1.001"), ("porous", "moment:1.001"), ("ljko", "p:1.001")],
        "virial_law": [("implicit", "moment:1.5"), ("porous", "moment:1.5")],
        "rate": [("implicit", "dissipation:1.001"), ("porous", "dissipation:1.001")],
        "monotone": [("implicit", "p:10")],
        "gibbs": [("implicit", "kl:1.001"), ("implicit", "kl:0")],
        "pinsker": [("implicit", "tv:3"), ("implicit", "kl:0.01")],
        "hellinger": [("implicit", "tv:3"), ("implicit", "tv:0.1")],
        "js_bound": [("implicit", "js:9")],
        "known": [("implicit", "q:1e-20")],
        "rows": [("implicit", "row"), ("adaptive", "times:1.00001")],
        "time_error": [("beside", "p:1.5")],
        "space_error": [("implicit", "p:1.5")],
    },
    "tempering": {
        "mass": [("coordinates", "p:1.001"), ("long steps", "p:0.999")],
        "positivity": [("long steps", "least:-1")],
        "second_law": [("coordinates", "riemannian:-1"), ("long steps", "riemannian:-1")],
        "entropy_law": [("coordinates", "mean_log_jacobian:1.01"), ("coordinates", "entropy_new:1.01")],
        "difference_law": [("coordinates", "mean_log_jacobian:1.01"), ("coordinates", "entropy_new:1.01")],
        "riemannian": [("coordinates", "riemannian_new:1.01")],
        "rows": [("coordinates", "row"), ("long steps", "times:1.00001")],
        "time_error": [("long steps", "p:1.1")],
        "space_error": [("long steps", "p:1.1")],
    },
    "convective-entropy": {
        "determinant": [("torus", "derivative:1.001"), ("wind", "derivative:1.001")],
        "round_trip": [("torus", "position:1.001"), ("wind", "position:1.001")],
        "mass": [("torus", "pushed:1.001"), ("wind", "pushed:0.999")],
        "entropy_law": [("torus", "pushed:1.001"), ("wind", "pushed:1.001")],
        "coefficient": [("torus", "derivative:1.01"), ("torus", "pushed:1.001"), ("wind", "pushed:1.001")],
        "resolved": [("torus", "p:1.1"), ("wind", "p:1.1")],
        "rows": [("torus", "row"), ("wind", "times:1.00001")],
        "time_error": [("wind", "beside:1.1")],
        "space_error": [("torus", "beside:2"), ("wind", "beside:2")],
    },
    "first-passage": {
        "solve_error": [("passage", "passage:1.01")],
        "committor_range": [("passage", "committor:4"), ("three ends", "splitting:4")],
        "committor_symmetry": [("passage", "committor:1.01")],
        "splitting_sum": [("three ends", "splitting:1.01"), ("three ends", "share:1.001"), ("passage", "share:1.001")],
        "flux_conservation": [("passage", "level_flux:1.0001"), ("passage", "reactive_flux:0.9999"), ("three ends", "pair_flux:1.0001")],
        "rate_two_ways": [("passage", "rate_by_time:1.0001"), ("three ends", "rate_by_time:1.0001")],
        "kac": [("passage", "kac:0.9999")],
        "capacity": [("passage", "reactive_flux:1.0001"), ("passage", "reactive_flux:0.9999")],
        "known": [("passage", "p:nan")],
        "mass": [("passage", "p:1.001")],
        "passage_two_ways": [("passage", "passage_time:1.001"), ("passage", "quasi_stationary:1.001")],
        "quasi_stationary": [("passage", "quasi_stationary:1.001"), ("passage", "p:1.001")],
        "rows": [("passage", "row"), ("passage", "times:1.00001")],
        "time_error": [("passage", "p:1.1")],
        "space_error": [("passage", "coarse:3")],
    },
}
known = {}


def outcome(case, fault):
    """The run of a case with a fault ("": none): each is run once."""
    if (case, fault) not in known:
        os.environ["OTTO_TEST_FAULT"] = fault
        r = run(*CASES[case])
        said = "OTTO_TEST_FAULT" in r.err
        expect(r.status == (1 if fault else 0), f"{case}, '{fault}': exit {r.status}: {r.err[-300:]}{r.out[-900:]}")
        expect(said == bool(fault), f"{case}, '{fault}': a run that is wrong on purpose says so, others do not: {r.err[-300:]}")
        known[case, fault] = r.summary() if r.status in (0, 1) else None
    return known[case, fault]


def alone(case, fault, name):
    """With every other check that fails told not to, the run still fails, by this one."""
    others = [c for c in outcome(case, fault)["checks"] if not c["pass"] and c["name"] != name]
    r = run(*CASES[case], *[x for c in others for x in (f"-check_{c['name']}_tolerance", 1e300)])
    endless = {c["name"] for c in others if c["value"] in ("inf", None)}
    expect(r.status == 1 and r.failing() - endless == {name}, f"{name} alone, {case}, '{fault}': exit {r.status}, {r.failing()}")


listed = lists.lines("OTTO_CHECK")
expect(len(listed) == len(set(listed)) and len(listed) > 40, f"checks are listed once: {len(listed)}")
for driver, name in listed:
    expect(FAULTS.get(driver, {}).get(name), f"check {name} of {driver} has no fault in {os.path.basename(__file__)}")
for driver, checks in FAULTS.items():
    for name in checks:
        expect((driver, name) in listed, f"{name} is no check of {driver}")
for driver, checks in FAULTS.items():
    for name, faults in checks.items():
        for case, fault in faults:
            expect(CASES[case][0] == driver, f"{case} is no case of {driver}")
            for summary, passes in ((outcome(case, ""), True), (outcome(case, fault), False)):
                row = next((c for c in summary["checks"] if c["name"] == name), {}) if summary else {}
                applies = row.get("value") not in (None, "not applicable")
                expect(applies and row["pass"] is passes,
                       f"{name} of {driver}, {case}, '{'' if passes else fault}': should {'pass' if passes else 'fail'}: {row}")
        os.environ["OTTO_TEST_FAULT"] = faults[0][1]
        alone(*faults[0], name)
        for summary in {case: outcome(case, "") for case, _ in faults}.values():
            named = {c["name"] for c in summary["checks"]} if summary else set()
            expect(named == set(checks), f"checks of a run of {driver} that are not in its list: {named ^ set(checks)}")
# what is built to be used has no faults in it
presets = {p["name"]: p["cacheVariables"] for p in json.load(open(os.path.join(SOURCE, "CMakePresets.json")))["configurePresets"]}
for name, faults in (("release", "OFF"), ("dev", "ON"), ("sanitize", "ON")):
    expect(presets[name].get("OTTO_FAULTS") == faults, f"preset {name}: OTTO_FAULTS {faults}: {presets[name]}")
finish()
