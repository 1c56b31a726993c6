"""Gradient flows where something is at its edge: potentials that move, open and close cells, coarse grids on fewer ranks than
the run, steps that are refused, wells so steep that cells run empty, boxes far from the origin, one linear solve a step."""

from common import expect, finish, run

BOX = ["-grid_lower", -2, "-grid_upper", 2, "-grid_boundary", "no_flux"]
GAUSS = ["-p_density", "gaussian_mixture", "-p_mean", 0.3, "-p_sigma", 0.5]
UNTIL = ["-time_stop", 0.1, "-time_samples", 3, "-output_fields", "none"]
BALL = ["-p_density", "ball", "-p_center", -0.8, "-p_radius", 0.7]


def flow(*arguments, ranks=1):
    return run("gradient-flow", *arguments, ranks=ranks, timeout=100)


def value(r, name):
    return r.check(name)["value"] if r.status in (0, 1) else None


# a potential that moves, at second order: both energies are those of the step's own potential
r = flow("-grid_n", 160, "-grid_lower", -5, "-grid_upper", 5, "-grid_boundary", "no_flux", "-potential_type", "formula",
         "-potential_formula", "(1+10*t)*x^2/2", *GAUSS, "-time_stop", 0.3, "-time_samples", 4, "-flow_time_order", 2)
expect(r.status == 0 and value(r, "energy_law") < 1e-10, f"second order under V(t): {r.status} {r.err[-200:]}")

# cells that open with time, and that close over mass: the last is an end in order, at its time
OPENS = ["-potential_type", "formula", "-potential_formula", "x>0.1+10*t?inf:x^2"]
for scheme in ("implicit", "jko", "ljko"):
    r = flow("-grid_n", 32, *BOX, *BALL, *UNTIL, *OPENS, "-flow_scheme", scheme, "-ts_dt", 0.05, "-check_virial_law_tolerance", 1,
             "-space_tolerance", 10, "-time_tolerance", 10)
    expect(r.status == 0, f"cells open, {scheme}: {r.status} {r.err[-300:]}")
for scheme, what in (("implicit", "infinite where there is mass"), ("jko", "slope")):
    r = flow("-grid_n", 32, *BOX, *GAUSS, *UNTIL, "-potential_type", "formula", "-potential_formula", "x^2/(0.05-t)", "-flow_scheme",
             scheme, "-ts_dt", 0.05)
    expect(r.status == 3 and what in r.err and "t = " in r.err, f"all cells close, {scheme}: {r.status} {r.err[-300:]}")
    expect(r.summary()["verdict"] == "stopped" and len(r.series()["t"]) == 1, f"{scheme}: what was found stands")

# a coarser grid has fewer ranks than the run: nobody waits for the others
for scheme in ("jko", "ljko"):
    r = flow("-grid_n", 17, *BOX, *GAUSS, *UNTIL, "-flow_scheme", scheme, "-ts_dt", 0.05, "-space_tolerance", 10, "-time_tolerance", 10,
             "-check_virial_law_tolerance", 1, ranks=5)
    expect(r.status == 0, f"{scheme} on 5 ranks: {r.status} {r.err[-300:]}")

# steps that are refused until they are next to nothing lead to an end, not for ever on
r = flow("-grid_n", 16, *BOX, *GAUSS, *UNTIL, "-pc_type", "none", "-ksp_max_it", 1)
expect(r.status == 3 and "time stepping stopped" in r.err, f"solves that fail: {r.status} {r.err[-200:]}")
r = flow("-grid_n", 64, *BOX, "-energy_internal", "power", "-energy_m", 2, "-p_density", "formula", "-p_formula", "max(0,1-x^2)",
         *UNTIL, "-flow_scheme", "semi_implicit")
expect(r.status in (0, 1, 3), f"one solve a step, from a front: {r.status} {r.err[-200:]}")
# of steps that are refused beside a run nothing is known of what they err by
r = flow("-grid_n", 100, "-grid_lower", -2.5, "-grid_upper", 2.5, "-grid_boundary", "no_flux", "-temperature", 0.4, "-potential_type",
         "formula", "-potential_formula", "x^4-2*x^2", "-energy_interaction_type", "quadratic", "-p_density", "gaussian_mixture",
         "-p_mean", 0.6, "-p_sigma", 0.3, "-time_stop", 0.4, "-time_samples", 3, "-check_space", "no", "-ts_dt", 0.05,
         "-flow_time_order", 2)
unknown = {u["name"] for u in r.summary()["not_known"]} if r.status == 0 else set()
expect("time_error" in unknown, f"refused steps: {r.status} {unknown} {r.err[-200:]}")

# wells so steep that far cells weigh what is left in them, or run empty
for formula, order in (("500*x^2", 2), ("1e4*x^2", 1)):
    r = flow("-grid_n", 200, *BOX, *GAUSS, *UNTIL, "-potential_type", "formula", "-potential_formula", formula, "-flow_time_order",
             order, "-space_tolerance", 1, "-check_time_error_tolerance", 10)  # refused steps count by what p turned
    expect(r.status == 0, f"V = {formula}, order {order}: {r.status} {r.err[-200:]}{r.out[-600:]}")

# one linear solve a step is solved as well as Newton's
r = flow("-grid_n", "18,13", "-grid_lower", -2, "-grid_upper", 2, "-grid_boundary", "no_flux,periodic", "-p_density",
         "gaussian_mixture", "-p_mean", "0.3,0.1", "-p_sigma", 0.5, *UNTIL, "-flow_scheme", "semi_implicit", "-flow_mobility", "limited",
         "-space_tolerance", 1)
expect(r.status == 0 and value(r, "solve_residual") < 1e-11, f"semi_implicit: {r.status} {value(r, 'solve_residual')}")

# moments do not know where the box is
law = []
for x in (0, 1000000):
    r = flow("-grid_n", 64, "-grid_lower", x - 4, "-grid_upper", x + 4, "-grid_boundary", "no_flux", "-p_density", "gaussian_mixture",
             "-p_mean", x + 0.3, "-p_sigma", 0.6, "-time_stop", 0.3, "-time_samples", 3, "-flow_time_order", 2)
    law.append(value(r, "virial_law"))
    expect(r.status == 0, f"box at {x}: {r.status} {r.err[-200:]}")
expect(abs(law[1] / law[0] - 1) < 1e-3, f"virial_law, near and far: {law}")  # what x of 7 digits leaves of a cell's place

# what gathers may be q, and the units may be any
r = flow("-grid_n", "24,24", "-grid_lower", -3, "-grid_upper", 3, "-grid_boundary", "no_flux", "-p_mass", 5, "-q_mass", 60,
         "-energy_interaction_type", "newtonian", "-p_density", "gaussian_mixture", "-p_mean", "0,0", "-p_sigma", 0.8, "-q_density",
         "gaussian_mixture", "-q_mean", "0,0", "-q_sigma", 0.8, "-time_stop", 0.6, "-time_samples", 4, "-check_space", "no")
expect(r.status == 3 and "of q's mass" in r.err, f"q gathers: {r.status} {r.err[-200:]}")
r = flow("-grid_n", 32, *BOX, "-energy_internal", "power", "-energy_m", 2, *GAUSS, "-p_mass", 1e12, "-time_stop", 1e-13, "-time_samples",
         3, "-space_tolerance", 1)
expect(r.status == 0, f"a mass of 1e12: {r.status} {r.err[-200:]}")

# a step that stays, for want of anything better, is no step at rest: springs that push so hard that the ascent does not come near
r = flow("-grid_n", 32, *BOX, *GAUSS, "-time_stop", 0.1, "-time_samples", 2, "-ts_dt", 0.1, "-output_fields", "none", "-check_space",
         "no", "-flow_scheme", "jko", "-jko_iterations", 20, "-energy_interaction_type", "quadratic", "-energy_interaction_strength", -1000)
expect(r.status == 1 and value(r, "optimality") > 0.5, f"a step that finds nothing: {r.status} {r.err[-200:]}")
# one from a flat density on a ring is; where W attracts beyond its critical strength it is stationary and no more
for strength, proves in ((3, "least"), (-30, "stationary")):
    r = flow("-grid_n", 32, *BOX[:4], "-grid_boundary", "periodic", "-p_density", "uniform", "-time_stop", 0.1, "-time_samples", 2,
             "-ts_dt", 0.1, "-output_fields", "none", "-check_space", "no", "-flow_scheme", "jko", "-energy_interaction_type", "gaussian",
             "-energy_interaction_strength", strength)
    expect(r.status == 0 and value(r, "optimality") == "not applicable", f"a step at rest: {r.status} {r.err[-200:]}")
    expect(r.summary()["results"]["jko_certificate"] == proves, f"at rest, strength {strength}: {r.summary()['results']}")
finish()
