"""Every number of `otto transport` found another way: on a line by sorting, by sums over all pairs of cells and by the
cosines of the box; a flat pair of point masses in two dimensions."""

import math

import numpy as np

import reference as ref
from common import expect
from otherwise import LD, Case, compared


def quantiles(x, p, q):
    """W2² of atoms p, q at x on a line, sorted: the cost of the monotone plan."""
    total, i, j, p, q = LD(0), 0, 0, p.copy(), q.copy()
    while i < len(x) and j < len(x):
        m = min(p[i], q[j])
        total += m * (x[i] - x[j]) ** 2
        p[i], q[j] = p[i] - m, q[j] - m
        if p[i] <= q[j]:
            i += 1
        else:
            j += 1
    return total


def line_w1(grid, p, q):
    """∫|F - G| of densities constant on cells: both are linear in each, and cross at most once there."""
    d = np.concatenate([[LD(0)], np.cumsum((p - q) * grid.volume)])
    a, b = d[:-1], d[1:]
    crossing = a * b < 0
    within = np.where(crossing, (a * a + b * b) / np.where(crossing, np.abs(a) + np.abs(b), 1), np.abs(a) + np.abs(b))
    return (within * grid.h[0] / 2).sum()


def entropic(cost, a, b, epsilon, reach, steps=20000):
    """OT_ε of atoms by plain updates, and the mass of its plan."""
    damp = 1 if math.isinf(reach) else reach**2 / (reach**2 + epsilon)
    f, g = np.zeros(len(a), LD), np.zeros(len(b), LD)

    def soft(h, weights, c):
        z = (h[None, :] - c) / epsilon
        m = z.max(axis=1)
        return -epsilon * (m + np.log((weights[None, :] * np.exp(z - m[:, None])).sum(axis=1)))

    for _ in range(steps):
        new = damp * soft(g, b, cost)
        g2 = damp * soft(new, a, cost.T)
        done = max(np.abs(new - f).max(), np.abs(g2 - g).max()) < 1e-17 * cost.max()
        f, g = new, g2
        if done:
            break
    plan = a[:, None] * b[None, :] * np.exp((f[:, None] + g[None, :] - cost) / epsilon)

    def kl(u, v):
        return (u * np.log(u / v) - u + v).sum()

    value = (plan * cost).sum() + epsilon * kl(plan, a[:, None] * b[None, :])
    if not math.isinf(reach):
        value += reach**2 * (kl(plan.sum(axis=1), a) + kl(plan.sum(axis=0), b))
    return value, plan.sum()


def sinkhorn(cost, a, b, epsilon, reach=math.inf):
    pq, mass = entropic(cost, a, b, epsilon, reach)
    both = entropic(cost, a, a, epsilon, reach)[0] + entropic(cost, b, b, epsilon, reach)[0]
    return pq - both / 2 + epsilon * (a.sum() - b.sum()) ** 2 / 2, pq, mass


def cosines(grid, d):
    """Wavenumbers, and squares of the coefficients of d among the box's cosines, so that they add up to ∫d²."""
    n = grid.n[0]
    k = np.arange(n, dtype=LD)
    basis = np.cos(ref.PI * k[:, None] * (np.arange(n, dtype=LD) + LD(0.5)) / n) * np.sqrt(np.where(k == 0, 1, 2) / LD(n))[:, None]
    return ref.PI * k / grid.length[0], (basis @ d) ** 2 * grid.volume


def interval(c, name, right, allowed):
    """An interval that is exact, or holds what is known; its gap and history are those of its ends."""
    v = c.results
    low, high = v[f"{name}_lower"], v[f"{name}_upper"]
    expect(low <= float(right) * (1 + 1e-13) and float(right) <= high * (1 + 1e-13), f"{right} in [{low}, {high}]: {c.what}")
    expect(high - low <= allowed * high, f"[{low}, {high}] is {allowed} wide at most: {c.what}")
    gap = (high**2 - low**2) / high**2 if name == "w2" else (high - low) / high
    c.result(f"{name}_gap", max(gap, 0), 1e-12)
    for end, value in (("lower", low), ("upper", high)):
        history = v[f"{name}_history_{end}"]
        expect(len(history) == len(v[f"{name}_history_iterations"]), f"{name}: a history of as many {end} ends as iterations")
        expect(not history or history[-1] == value, f"{name}_history_{end} ends at {value}: {history[-3:]}")
    turns = v[f"{name}_history_iterations"]
    expect(turns == sorted(turns) and (not turns or turns[-1] <= v[f"{name}_iterations"]), f"{name}: iterations {turns}")
    compared[c.driver] |= {f"{name}_{part}" for part in ("lower", "upper", "iterations", "history_iterations", "history_lower",
                                                          "history_upper")}


def on_a_line():
    grid = ref.Grid([24], [-1], [2], ["no_flux"])
    p_formula, q_formula = "exp(x)", "3+2*cos(_pi*x)"
    c = Case("transport", grid, ["-p_density", "formula", "-p_formula", p_formula, "-q_density", "formula", "-q_formula", q_formula,
                                 "-transport_normalize", "yes", "-mmd_time", 0.02, "-sinkhorn_epsilon", 0.3, "-renyi_order", 0.7,
                                 "-sinkhorn_tolerance", 1e-11, "-heat_kernel", "lattice_exact", "-time_start", 0.02, "-time_stop",
                                 0.3, "-time_samples", 3, "-check_space", "no"])
    c.times([0, 0.02, math.sqrt(0.02 * 0.3), 0.3])
    x, v = grid.centres(0), grid.volume
    start = [np.exp(x), 3 + 2 * np.cos(ref.PI * x)]
    for of, u in zip("pq", start):
        c.result(f"{of}_normalising_factor", 1 / (u.sum() * v), 1e-13)
        c.result(f"{of}_density", "formula")
    start = [u / (u.sum() * v) for u in start]
    w2 = quantiles(x, start[0] * v, start[1] * v)
    for k, t in enumerate(c.t):
        factors = [ref.heat_axis(grid, 0, "lattice", t)]
        p, q = (ref.apply_axes(factors, u).ravel() if t else u for u in start)
        columns = ref.dissipation_row(grid, p, q, 0.7, "edge")
        for name in ("fisher_p", "fisher_q"):
            columns.pop(name)
        if t == 0:
            columns.pop("kl_rate")
        c.row(k, columns, 1e-12)
        for of, u in (("p", p), ("q", q)):
            c.moments(k, u, of)
        bound = c.series["kl_bound"][k]
        c.near("kl_bound", bound, w2 / (4 * LD(t)) if t else np.inf, 1e-11 * float(w2 / (4 * LD(t))) if t else 0, f" in row {k}")
        if t > 0:
            c.near("residual", c.series["residual"][k], 0, 1e-9, f" in row {k}")
    p, q = start
    for name, (right, weight) in {**ref.divergences(p, q, v, 0.7), **ref.densities(p, q, v)}.items():
        if name in c.results:
            c.result(name, right, 1e-13 * (1 + float(weight)))
    interval(c, "w2", np.sqrt(w2), 1e-12)
    c.result("w2_cell_bias", 2 * grid.h[0] / np.sqrt(LD(12)), 1e-14)
    c.result("w2_iterations", 0)
    c.result("w2_ended", "exact")
    interval(c, "w1", line_w1(grid, p, q), 1e-12)
    c.result("w1_to_atoms", (np.abs(p - q)).sum() * v * grid.h[0] / np.sqrt(LD(12)), 1e-14)
    c.result("w1_iterations", 0)
    c.result("w1_ended", "exact")
    a, b, cost = p * v, q * v, (x[:, None] - x[None, :]) ** 2
    value, of_pq, mass = sinkhorn(cost, a, b, LD("0.3"))
    error = c.results["sinkhorn_error"]
    expect(0 <= error <= 1e-9, f"the error of the divergence: {error}")
    c.result("sinkhorn", value, error + 1e-12)
    c.result("sinkhorn_cost", of_pq, 1e-9)
    c.result("sinkhorn_mass", mass, 1e-10)
    c.result("sinkhorn_epsilon", 0.3, 1e-15)
    expect(0 <= c.results["sinkhorn_marginal"] <= 1e-11 and c.results["sinkhorn_iterations"] > 3, f"{c.results}")
    compared["transport"] |= {"sinkhorn_error", "sinkhorn_marginal", "sinkhorn_iterations"}
    c.result("sinkhorn_ended", "marginal error reached")
    kappa, squares = cosines(grid, p - q)
    c.result("mmd2", (np.exp(-2 * LD("0.02") * kappa**2) * squares).sum(), 1e-14)
    c.result("mmd_time", 0.02)
    c.result("h_minus_1", np.sqrt((squares[1:] / kappa[1:] ** 2).sum()), 1e-13)
    c.result("energy_distance", -((a - b)[:, None] * (a - b)[None, :] * np.abs(x[:, None] - x[None, :])).sum(), 1e-13)
    c.result("heat_kernel", "lattice_exact")


def unbalanced():
    """Masses as the formulas have them, weighed by Sinkhorn alone."""
    grid = ref.Grid([12], [0], [1], ["no_flux"])
    c = Case("transport", grid, ["-p_density", "formula", "-p_formula", "1+x", "-q_density", "formula", "-q_formula", "2-x*x",
                                 "-sinkhorn_reach", 0.5, "-sinkhorn_epsilon", 0.05, "-sinkhorn_tolerance", 1e-11,
                                 "-check_space", "no", "-output_fields", "none"])
    x, v = grid.centres(0), grid.volume
    value, of_pq, mass = sinkhorn((x[:, None] - x[None, :]) ** 2, (1 + x) * v, (2 - x * x) * v, LD("0.05"), 0.5)
    c.result("sinkhorn", value, 1e-9)
    c.result("sinkhorn_cost", of_pq, 1e-9)
    c.result("sinkhorn_mass", mass, 1e-9)
    c.result("w2_ended", "exact")


def two_points():
    """|a - b| on a torus, the short way round, by the iterations; and what a kernel chosen for it says."""
    grid = ref.Grid([16, 24], [0, 0], [2, 3], ["periodic", "no_flux"])
    c = Case("transport", grid, ["-p_density", "delta", "-p_position", "0.1875,0.5625", "-q_density", "delta", "-q_position",
                                 "1.6875,2.3125", "-time_start", 0.05, "-time_stop", 0.1, "-time_samples", 2, "-check_space", "no",
                                 "-transport_frames", 3])
    far = math.hypot(0.5, 1.75)
    interval(c, "w2", far, 1e-2)
    interval(c, "w1", far, 5e-2 + 2 * c.results["w1_to_atoms"] / far)
    c.result("kl", math.inf)
    start = [np.array(u, LD) / grid.volume for u in np.zeros((2, *grid.n))]
    start[0][1, 4] = start[1][13, 18] = 1 / grid.volume
    kernel = c.results["heat_kernel"].split("_")[0]
    for k, t in enumerate(c.t):
        factors = [ref.heat_axis(grid, j, kernel, t) for j in range(2)]
        for of, u in zip("pq", start):
            c.moments(k, (ref.apply_axes(factors, u) if t else u).ravel(), of)
    c.result("heat_kernel", "exact")
    expect("heat_kernel_reason" in c.results, f"{c.results}")
    compared["transport"].add("heat_kernel_reason")


def transport():
    on_a_line()
    unbalanced()
    two_points()
