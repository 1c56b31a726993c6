"""What divergences are in closed form: two Gaussians (or points) in free space, under the heat flow or in a quadratic
well. Means and variances are per axis; None where a run is no such thing."""

import math

import numpy as np

# keys of fokker-planck under which means and variances move otherwise
OTHERWISE = ("mobility_formula", "mobility_path", "velocity_type", "velocity_formula", "temperature_formula")


def numbers(run, key, default, dim):
    """A key of the run's options as one number an axis."""
    text = str(run.options.get(key, default)).strip("[] ")
    try:
        values = np.array([float(part) for part in text.split(",")])
    except ValueError:
        return None
    return np.full(dim, values[0]) if len(values) == 1 else values if len(values) == dim else None


def gaussian(run, density):
    """Mean and variance of an initial density that is one Gaussian, or a point (a cell's centre, variance 0)."""
    n, (lower, upper) = np.array(run.grid["n"]), run.box
    dim, kind = len(n), run.options.get(density + "_density")
    if float(run.options.get(density + "_floor", 0)) or int(run.options.get(density + "_shuffle_block", 0)):
        return None
    if kind == "delta":
        at = numbers(run, density + "_position", "", dim)
        if at is None:
            return None
        h = (upper - lower) / n
        return lower + (np.clip(np.floor((at - lower) / h), 0, n - 1) + 0.5) * h, np.zeros(dim)
    if kind == "gaussian_mixture":
        mean, sigma = numbers(run, density + "_mean", "", dim), numbers(run, density + "_sigma", "", dim)
        if mean is None or sigma is None or len(str(run.options[density + "_mean"]).split(",")) != dim:
            return None
        return mean, sigma**2
    return None


def free_motion(run):
    """How means and variances move: a function (mean, variance, t) -> both at t, or None where no closed form holds."""
    boundary = run.grid.get("boundary", [])
    if run.driver in ("dissipation", "transport") and boundary and all(b == "open" for b in boundary):
        return lambda mean, variance, t: (mean, variance + 2 * t)
    quadratic = run.options.get("potential_type") == "quadratic" and "potential_mask" not in run.options
    quadratic = quadratic and not any(key in run.options for key in OTHERWISE)
    if run.driver != "fokker-planck" or not quadratic or any("absorbing" in b for b in boundary) or "periodic" in boundary:
        return None
    dim, drift = len(run.grid["n"]), run.options.get("drift_type", "none")
    k, c, m = (
        numbers(run, key, default, dim)
        for key, default in (("potential_stiffness", 1), ("potential_center", 0), ("mobility", 1))
    )
    if k is None or c is None or m is None or np.any(k <= 0) or drift not in ("none", "rotation"):
        return None
    # What turns about the well's own centre turns round Gaussians together: no divergence sees it.
    round_ones = [v for v in (k, m) + tuple(g[1] for g in (gaussian(run, "p"), gaussian(run, "q")) if g)]
    centre = numbers(run, "drift_center", 0, dim)
    if drift == "rotation" and (any(v[0] != v[1] for v in round_ones) or np.any(centre[:2] != c[:2])):
        return None
    steady = float(run.options.get("temperature", 1)) / k

    def move(mean, variance, t):
        fall = np.exp(-k * m * t)
        return c + (mean - c) * fall, steady + (variance - steady) * fall**2

    lower, upper = run.box
    for density in [(c, steady)] + [g for g in (gaussian(run, "p"), gaussian(run, "q")) if g]:
        reach = 4 * np.sqrt(density[1])  # walls further than this touch a Gaussian by less than 1e-4
        if np.any(density[0] - reach < lower) or np.any(density[0] + reach > upper):
            return None
    return move


def between(a, b):
    """Of two Gaussians (mean, variance per axis): KL(a|b) and the relative Fisher information."""
    (m, v), (n, w) = a, b
    kl = 0.5 * np.sum(np.log(w / v) + v / w + (m - n) ** 2 / w - 1)
    return float(kl), float(np.sum(v * (1 / w - 1 / v) ** 2 + (m - n) ** 2 / w**2))


def closed_forms(run):
    """{column: (sentence, function of t > 0)} of the columns kl, reverse_kl, fisher_rel, kl_p_pi that are known."""
    if "n" not in run.grid or "lower" not in run.grid or not (move := free_motion(run)):
        return {}
    p, q = gaussian(run, "p"), gaussian(run, "q")
    points = p and q and not p[1].any() and not q[1].any()
    known = {}
    if p and q:
        at = lambda t: (move(*p, t), move(*q, t))  # noqa: E731
        known["kl"] = ("|a−b|²/4t" if points else "KL(p|q) of Gaussians", lambda t: between(*at(t))[0])
        known["fisher_rel"] = ("|a−b|²/4t²" if points else "I_rel of Gaussians", lambda t: between(*at(t))[1])
        known["reverse_kl"] = ("KL(q|p) of Gaussians", lambda t: between(*at(t)[::-1])[0])
    if p and run.driver == "fokker-planck":
        rest = move(*p, np.inf)
        known["kl_p_pi"] = ("KL(p|π) of Gaussians", lambda t: between(move(*p, t), rest)[0])
    return known


def log_integral(t, rate):
    """The integral of a positive rate from t[0] to every t, t[0] > 0: the rate is taken for a cubic in log-log scale
    between samples (slopes of parabolas through three of them), and summed at 8 Gauss nodes an interval. From
    four rows a decade a rate that dies out exponentially comes out to a part in a thousand."""
    if len(t) < 3:
        return np.concatenate([[0.0], np.cumsum(np.diff(t) * (rate[1:] + rate[:-1]) / 2)])
    s, f = np.log(t), np.log(rate)
    step = np.diff(s)
    secant = np.diff(f) / step
    inner = (step[1:] * secant[:-1] + step[:-1] * secant[1:]) / (step[1:] + step[:-1])
    slope = np.concatenate([[2 * secant[0] - inner[0]], inner, [2 * secant[-1] - inner[-1]]])
    x, weight = np.polynomial.legendre.leggauss(8)
    x = (x + 1) / 2
    h = step[:, None]
    cubic = (
        (1 + 2 * x) * (1 - x) ** 2 * f[:-1, None]
        + x * (1 - x) ** 2 * h * slope[:-1, None]
        + x**2 * (3 - 2 * x) * f[1:, None]
        + x**2 * (x - 1) * h * slope[1:, None]
    )
    with np.errstate(over="ignore", invalid="ignore"):  # rates of 1e300 have no integral that a double holds
        parts = np.exp(cubic + s[:-1, None] + x * h) @ weight / 2 * step
        return np.concatenate([[0.0], np.cumsum(parts)])


def barenblatt_radius(run, m):
    """The front of Barenblatt's solution of the porous medium equation dp/dt = T Laplacian p^m that has p's mass and, at t
    = 0, p's second moment about its mean: a function t -> radius. Another p tends to it. None where there are forces, or
    mobilities other than one."""
    if any(run.results.get(key) != "none" for key in ("potential", "interaction")) or "mobility" in run.options:
        return None
    if "periodic" in run.grid.get("boundary", []) or not len(run.t) or run.t[0] != 0:
        return None
    dim, mass = len(run.grid["n"]), float(run.series["mass_p"][0])
    means = [run.series[name][0] for name in run.series if name.startswith("mean_p")]
    second = float(run.series["second_moment"][0]) - mass * sum(float(mean) ** 2 for mean in means)
    temperature = float(run.options.get("temperature", 1))
    power, beta = 1 / (m - 1), 1 / (dim * (m - 1) + 2)
    kappa = beta * (m - 1) / (2 * m)
    content = np.pi ** (dim / 2) * math.gamma(power + 1) / math.gamma(power + 1 + dim / 2)
    height = (mass * kappa ** (dim / 2) / content) ** (1 / (power + dim / 2))
    unit = math.sqrt(height / kappa)  # the radius at time 1 of its own clock
    first = (math.sqrt(second * (dim + 2 * power + 2) / (dim * mass)) / unit) ** (1 / beta)
    return lambda t: unit * (first + temperature * t) ** beta
