"""Every number of `otto gradient-flow` found another way: energies by sums over all pairs of cells, dissipation and moments
by all faces, W2 of a step by quantiles, errors by runs of other steps and on other grids."""

import math, re

import numpy as np

import reference as ref
from common import expect
from gradient_energy import Energy, gaussian, morse, newtonian, quadratic, w2_line
from otherwise import EPS, LD, Case, compared

DRIVER = "gradient-flow"
PLAIN = ["-check_time", "no", "-check_space", "no", "-output_fields", "all"]
GAUSS = lambda of, mean, sigma: [f"-{of}_density", "gaussian_mixture", f"-{of}_mean", mean, f"-{of}_sigma", sigma]


def judge(c, energy, k, order=0.5, mass=None):
    """A row of the series by the state that it is of."""
    e = energy[k] if isinstance(energy, list) else energy
    p, q = c.fields[k]["p"], c.fields[k].get("q")
    v = c.grid.volume
    columns = ref.densities(p, q, v)
    if q is not None:
        columns.update(ref.divergences(p, q, v, order))
    internal, potential, interaction = e.parts(p)
    sizes = np.abs(e.U(p) + p).sum() * v, abs(potential) + (p * np.abs(np.where(p > 0, e.V, LD(0)))).sum() * v, abs(interaction)
    size = sum(sizes) + (p * np.abs(e.K @ p)).sum() * v
    for name, value in (("", sum((internal, potential, interaction))), ("_internal", internal), ("_potential", potential),
                        ("_interaction", interaction)):
        columns["energy" + name] = (value, size)
    x2 = sum(x.ravel() ** 2 for x in c.grid.mesh())
    columns["second_moment"] = ((x2 * p).sum() * v,) * 2
    loss, rate, moment, _ = e.rates(p)
    worth = rate[1] + loss[0]
    columns["dissipation"] = (loss[0], worth)
    columns["energy_rate"] = (rate[0], worth)
    columns["moment_rate"] = (moment[0], moment[1] + e.virial(p)[1])
    columns["virial"] = e.virial(p)
    if q is not None:
        columns["energy_q"] = (e.total(q), size + np.abs(e.U(q)).sum() * v + abs(e.total(q)))
        loss_q, rate_q, _, _ = e.rates(q)
        columns["dissipation_q"] = (loss_q[0], rate_q[1] + loss_q[0])
    unknown = {u["name"] for u in c.summary.get("not_known", [])}
    for name in [n for n in columns if n in unknown]:
        columns.pop(name)
    # rounding of ξ by cells counts as often as cells are wide: at most a few hundred eps of what is summed
    c.row(k, columns, 1e-12)
    c.moments(k, p, "p")
    if q is not None:
        c.moments(k, q, "q")
    printed = {name: c.series[name][k] for name in ("energy_rate", "dissipation")}
    larger = max(abs(printed["energy_rate"]), printed["dissipation"])
    right = abs(printed["energy_rate"] + printed["dissipation"]) / larger if larger else 0
    c.near("residual", c.series["residual"][k], right, 1e-15, f" in row {k}")


def no_w2(c):
    """Of other schemes than jko and ljko, and before the first step."""
    for name in ("w2_lower", "w2_upper"):
        rows = c.series[name] if c.results["scheme"] in ("implicit", "semi_implicit") else c.series[name][:1]
        expect(all(math.isnan(x) for x in rows), f"{name} is that of steps of jko and ljko: {rows}: {c.what}")
        expect(name in {u["name"] for u in c.summary.get("not_defined", [])}, f"{name} is said not to be defined: {c.what}")


def ends(c, e):
    """What results say of the last state."""
    last = max(c.fields)
    p = c.fields[last]["p"]
    c.result("concentration", e.concentration(p), 1e-13)
    right = ref.moments(c.grid, p)
    for name in ("mean_p", "covariance_p"):
        c.result(name, right[name], 1e-13 * max(float(abs(x)) for x in ref.sizes(c.grid, name)))
    no_w2(c)


def newtons(c):
    """Newton iterations by PETSc's word: of solves that converged, of those that began anew without a line search, of those
    that came to nothing."""
    said = [line for line in c.r.out.split("\n") if line.lstrip().startswith("Nonlinear solve")]
    again = [s for s in said if "DIVERGED_LINE_SEARCH" in s]
    kinds = [s for s in said if "did not" not in s], again, [s for s in said if "did not" in s and s not in again]
    return [[int(s.split()[-1]) for s in kind] for kind in kinds]


def counts(c, steps, rejected=0):
    done, again, failed = newtons(c)
    expect(len(failed) == rejected, f"{len(failed)} solves failed: {c.what}")
    for name, right in (("steps", steps), ("rejected", rejected), ("iterations", sum(done) + sum(again) + sum(failed))):
        c.result(name, right)
        c.near(name, c.series[name][-1], right, 0, " of the last row")


def porous_line():
    """Two densities of mass 1.7 on a line, porous, in a well, repelling each other; by slow mobility."""
    grid = ref.Grid([24], [-1], [2], ["no_flux"])
    V, dt = "x^2+x/2", 0.004
    c = Case(DRIVER, grid, ["-energy_internal", "power", "-energy_m", 2.5, "-temperature", 0.7, "-potential_type", "formula",
                            "-potential_formula", V, "-energy_interaction_type", "gaussian", "-energy_interaction_strength", 0.6,
                            "-energy_interaction_length", 0.5, "-mobility", 0.5, *GAUSS("p", 0.2, 0.4), *GAUSS("q", 0.6, 0.5),
                            "-p_mass", 1.7, "-q_mass", 1.7, "-renyi_order", 0.7, "-time_stop", 5 * dt, "-time_samples", 6, "-ts_dt",
                            dt, "-snes_converged_reason", *PLAIN])
    e = Energy(grid, 2.5, 0.7, V, gaussian(0.6, 0.5), "limited", 0.5)
    c.times([k * dt for k in range(6)])
    for k in range(6):
        judge(c, e, k, 0.7)
        c.near("steps", c.series["steps"][k], k, 0)
    counts(c, 5)
    ends(c, e)
    for name, text in (("scheme", "implicit"), ("internal_energy", "power"), ("potential", "formula"), ("interaction", "gaussian"),
                       ("flow_mobility", "limited")):
        c.result(name, text)


def entropy_plane():
    """Scharfetter and Gummel's fluxes in a plane that is a ring one way, Morse's forces round it."""
    grid = ref.Grid([9, 8], [0, -1], [2, 1], ["no_flux", "periodic"])
    V, dt = "x*(1+0.3*sin(_pi*y))", 0.01
    c = Case(DRIVER, grid, ["-temperature", 1.5, "-potential_type", "formula", "-potential_formula", V, "-energy_interaction_type",
                            "morse", "-energy_interaction_repulsion", 0.8, "-energy_interaction_repulsion_length", 0.4,
                            "-energy_interaction_attraction_length", 1.1, "-p_density", "formula", "-p_formula", "1+0.4*cos(_pi*y)*x",
                            "-q_density", "formula", "-q_formula", "2+x+sin(_pi*y)", "-mobility", "1,0.6", "-p_mass", 1, "-q_mass", 1,
                            "-time_stop", 3 * dt, "-time_samples", 4, "-ts_dt", dt, "-snes_converged_reason", *PLAIN])
    e = Energy(grid, "entropy", 1.5, V, morse(0.8, 0.4, 1, 1.1), "scharfetter_gummel", [1, 0.6])
    for k in range(4):
        judge(c, e, k)
    counts(c, 3)
    ends(c, e)
    c.result("flow_mobility", "scharfetter_gummel")
    c.result("interaction", "morse")
    c.result("internal_energy", "entropy")


def newtonian_planes():
    """Gravity in free space and on a torus; of first order, and of second in time."""
    for boundary, mobility, order in ((["no_flux"] * 2, "upwind", 1), (["periodic"] * 2, "limited", 2)):
        grid = ref.Grid([8, 9], [-1, -1], [1, 1.5], boundary)
        c = Case(DRIVER, grid, ["-energy_internal", "power", "-energy_m", 2, "-energy_interaction_type", "newtonian",
                                "-energy_interaction_strength", 3, "-p_density", "formula", "-p_formula",
                                "2+cos(_pi*x)+sin(2*_pi*y/5)", "-flow_mobility", mobility, "-flow_time_order", order, "-time_stop", 0.02, "-time_samples", 3, "-ts_dt", 0.005,
                                "-snes_converged_reason", *PLAIN, "-check_virial_law_tolerance", 1])
        e = Energy(grid, 2, 1, None, newtonian(3, grid), mobility)
        for k in range(3):
            judge(c, e, k)
        counts(c, 4)
        ends(c, e)
        c.result("interaction", "newtonian")
        c.result("flow_mobility", mobility)


def aggregation_line():
    """Without internal energy: springs and a force that is no power of r two times differentiable."""
    grid = ref.Grid([32], [-2], [2], ["no_flux"])
    for kind, keys, W in (("quadratic", ["-energy_interaction_strength", 1.3], quadratic(1.3)),
                          ("formula", ["-energy_interaction_formula", "r^1.5"], None)):
        if W is None:
            f = lambda r: r**LD(1.5)
            W = type(quadratic(1))(f, lambda r: LD(1.5) * f(r))
        c = Case(DRIVER, grid, ["-energy_internal", "none", "-energy_interaction_type", kind, *keys, *GAUSS("p", 0.3, 0.7),
                                "-time_stop", 0.1, "-time_samples", 3, "-ts_dt", 0.05, "-snes_converged_reason", *PLAIN])
        e = Energy(grid, "none", 1, None, W, "limited")
        for k in range(3):
            judge(c, e, k)
        counts(c, 2)
        ends(c, e)
        c.result("internal_energy", "none")
        c.result("interaction", kind)


def moving_well():
    """A potential that moves: each row has that of its time."""
    grid = ref.Grid([20], [0], [1], ["no_flux"])
    V = "4*(x-0.5)^2*(1+10*t)"
    c = Case(DRIVER, grid, ["-potential_type", "formula", "-potential_formula", V, *GAUSS("p", 0.4, 0.2), "-time_stop", 0.1,
                            "-time_samples", 3, "-ts_dt", 0.01, "-flow_scheme", "semi_implicit", *PLAIN])
    e = [Energy(grid, "entropy", 1, V, None, "scharfetter_gummel", t=t) for t in c.t]
    for k in range(3):
        judge(c, e, k)
    ends(c, e[2])
    c.result("scheme", "semi_implicit")
    c.result("iterations", 10)  # one linear solve a step
    c.result("steps", 10)


def refusals():
    """Steps of second order that a density with edges does not allow, by PETSc's word."""
    grid = ref.Grid([32], [-2], [2], ["no_flux"])
    c = Case(DRIVER, grid, ["-energy_internal", "power", "-energy_m", 3, "-p_density", "box", "-p_lower", -0.5, "-p_upper", 0.5,
                            "-flow_time_order", 2, "-time_stop", 1, "-time_samples", 2, "-ts_dt", 1, "-snes_converged_reason",
                            *PLAIN, "-check_virial_law_tolerance", 1])
    done, _, failed = newtons(c)
    expect(len(failed) > 0, f"some steps are refused: {c.r.out[-500:]}")
    counts(c, len(done), len(failed))


def w2_rows(c, e, tau):
    """W2 of a step and what it is of the energy it loses, a step a row."""
    ratio = LD(0)
    for k in range(1, len(c.t)):
        before, after = c.fields[k - 1]["p"], c.fields[k]["p"]
        right = w2_line(c.grid, before, after)
        low, high = c.series["w2_lower"][k], c.series["w2_upper"][k]
        expect(low <= float(right) * (1 + 1e-12) and float(right) * (1 - 1e-12) <= high, f"{right} in [{low}, {high}]: {c.what}")
        expect(high - low <= 1e-9 * high, f"on a line W2 is exact: [{low}, {high}]: {c.what}")
        compared[DRIVER] |= {"w2_lower", "w2_upper"}
        ratio = max(ratio, right**2 / (2 * tau) / (e.total(before) - e.total(after)))
    return ratio


def minimising(scheme, W=None, keys=(), proves="least"):
    """Steps that move mass by more than four cells, one a row."""
    grid = ref.Grid([128], [-4], [4], ["no_flux"])
    tau = 0.5
    c = Case(DRIVER, grid, ["-flow_scheme", scheme, "-potential_type", "formula", "-potential_formula", "x^2", *GAUSS("p", -1.5, 0.5),
                            "-p_mass", 1.3, "-time_stop", 1, "-time_samples", 3, "-ts_dt", tau, *PLAIN, "-check_virial_law_tolerance", 1,
                            "-check_optimality_tolerance", 0.1, *["-jko_gap", 1e-6] * (scheme == "jko"), *keys])
    mobility = c.results["flow_mobility"]
    e = Energy(grid, "entropy", 1, "x^2", W, mobility)
    for k in range(3):
        judge(c, e, k)
    ratio = w2_rows(c, e, tau)
    said = c.results["jko_ratio"]
    if said is None:
        expect("jko_ratio" in {u["name"] for u in c.summary["not_known"]}, f"jko_ratio is not known, and listed: {c.what}")
        expect(False, f"jko_ratio is to be known here: {c.what}")
    else:
        c.result("jko_ratio", ratio, 1e-9)
    ends(c, e)
    c.result("scheme", scheme)
    if scheme == "jko":
        c.result("jko_certificate", proves)
    c.result("steps", 2)
    c.result("rejected", 0)
    expect(c.results["iterations"] >= 2 and c.series["iterations"][-1] == c.results["iterations"], f"iterations: {c.what}")


def errors():
    """What stepping and grid leave, as tables have it: by runs of steps twice as long, and on half and a quarter of the cells."""
    common = ["-energy_internal", "power", "-energy_m", 2, "-potential_type", "formula", "-potential_formula", "x^2", "-p_density",
              "formula", "-p_formula", "2+cos(_pi*x)", "-q_density", "formula", "-q_formula", "2-cos(_pi*x)", "-time_stop", 0.08,
              "-time_samples", 3, "-output_fields", "all"]
    grid = ref.Grid([32], [-1], [1], ["no_flux"])
    c = Case(DRIVER, grid, [*common, "-ts_dt", 0.01, "-space_tolerance", 1, "-time_tolerance", 1])
    slow = Case(DRIVER, grid, [*common, "-ts_dt", 0.02, "-check_time", "no", "-check_space", "no"])
    coarse = [Case(DRIVER, ref.Grid([32 // s], [-1], [1], ["no_flux"]),
                   [*common, "-ts_dt", 0.01, "-check_time", "no", "-check_space", "no", "-check_virial_law_tolerance", 1])
              for s in (2, 4)]
    means = lambda u, s: u.reshape(-1, s).mean(axis=1)
    tables, worst, numbers = {kind: c.r.errors(kind) for kind in ("time", "space")}, {}, ("energy", "second_moment", "dissipation")
    expect(all(t["t"] == c.t[1:] for t in tables.values()), f"a row of errors after every step: {tables}")
    column = lambda run, name: [LD(x) for x in run.series[name]]
    # p and q count in L1 over their mass, the energy over its range in the whole run; others stand in the table alone
    scale = {"p": LD(1), "q": LD(1), "energy": max(column(c, "energy")) - min(column(c, "energy"))}
    for k in range(1, 3):
        right = {"time": {}, "space": {}}
        for of in "pq":
            right["time"][of] = np.abs(c.fields[k][of] - slow.fields[k][of]).sum() * grid.volume
            right["space"][of] = (0, *(np.abs(means(c.fields[k][of], s) - u.fields[k][of]).sum() * u.grid.volume
                                       for s, u in zip((2, 4), coarse)))
        for name in numbers:
            right["time"][name] = abs(column(c, name)[k] - column(slow, name)[k])
            right["space"][name] = (column(c, name)[k], *(column(u, name)[k] for u in coarse))
        for kind, row in right.items():
            for name, value in row.items():
                if kind == "space":  # src/run/space.c: a third where three grids show second order, else the difference
                    first, second = value[0] - value[1], value[1] - value[2]
                    shown = LD(0.75) <= second / first / 4 <= LD(1.5)
                    value = max(abs(first) / (3 if shown else 1), min(abs(second) / 4, 10 * abs(first)) / 3)
                said = tables[kind][name][k - 1]
                # tables have six digits
                expect(abs(LD(said) - value) <= LD(6e-6) * value + LD(1e-10), f"{kind} error of {name} in row {k}: {said}, not {value}")
                relative = value / scale[name] if name in scale else 0
                if relative > worst.get(kind, (0,))[0]:
                    worst[kind] = (relative, name, c.t[k])
    for kind, (value, name, t) in worst.items():
        c.result(f"{kind}_error", value, 1e-7 * float(value) + 1e-10)
        c.result(f"{kind}_error_column", name)
        c.result(f"{kind}_error_time", t, 1e-12)


def halves():
    """Of second order a third of the difference to steps twice as long."""
    grid = ref.Grid([24], [0], [1], ["no_flux"])
    keys = ["-p_density", "formula", "-p_formula", "1+0.5*cos(_pi*x)", "-flow_time_order", 2, "-time_stop", 0.04, "-time_samples", 2,
            "-check_space", "no", "-output_fields", "all"]
    c, slow = (Case(DRIVER, grid, [*keys, "-ts_dt", dt, *more]) for dt, more in ((0.01, []), (0.02, ["-check_time", "no"])))
    apart = np.abs(c.fields[1]["p"] - slow.fields[1]["p"]).sum() * grid.volume / 3
    said = c.r.errors("time")["p"][0]
    expect(abs(said - float(apart)) <= 6e-6 * float(apart), f"time error of second order: {said}, not {apart}")


def jko():
    """Alone; with a bump, whose spectrum is above 0; with springs, more concave than entropy is convex, T/mass = 0.77: of two
    halves of p at the ends of the box 1.3² 8²/16 = 6.8 against 1.3²/2 times that."""
    minimising("jko")
    minimising("jko", gaussian(2, 0.7), ["-energy_interaction_type", "gaussian", "-energy_interaction_strength", 2,
                                         "-energy_interaction_length", 0.7])
    minimising("jko", quadratic(1), ["-energy_interaction_type", "quadratic"], "stationary")


def ljko():
    minimising("ljko")


def counted(v, out):
    """What `bench gradient_flow` counts, by what it prints; one Newton iteration does it where the fluxes are linear."""
    said = re.search(r"(\d+) Newton and (\d+) Krylov iterations", out)
    expect(said and [int(x) for x in said.groups()] == [v["step_newton"], v["step_krylov"]], f"{said} of a step: {v}")
    said = re.search(r"it took (\d+) of its own", out)
    expect(said and int(said[1]) == v["jko_iterations"] > 0, f"{said} of a step of jko: {v}")
    said = re.search(r"(\d+) bytes per cell", out)
    expect(said and abs(int(said[1]) - v["memory_bytes_per_cell"]) <= 0.5, f"{said} of memory: {v}")
    for name in ("entropy", "m2", "m3"):
        said = re.search(rf"^ *{name} +([\d ]+)$", out, re.M)
        pairs = [x for pair in zip(v[f"newton_{name}"], v[f"krylov_{name}"]) for x in pair]
        expect(said and [int(x) for x in said[1].split()] == pairs, f"{said} of {name}: {pairs}")
        expect(all((x == 1) == (name == "entropy") for x in v[f"newton_{name}"]), f"one iteration does what is linear: {v}")
        expect(all(k >= n for n, k in zip(v[f"newton_{name}"], v[f"krylov_{name}"])), f"a Krylov iteration each: {v}")
        compared["bench"] |= {f"newton_{name}", f"krylov_{name}"}
    expect(v["count_sides"] == [4, 8, 16], f"a grid, its half and its quarter: {v['count_sides']}")
    compared["bench"] |= {"step_newton", "step_krylov", "jko_iterations", "memory_bytes_per_cell", "count_sides"}


CASES = (porous_line, entropy_plane, newtonian_planes, aggregation_line, moving_well, refusals, errors, halves, jko, ljko)
