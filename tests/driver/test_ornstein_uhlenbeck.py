"""ranks: 2
Ornstein-Uhlenbeck from a Gaussian, V = k|x|^2/2: mean m e^-kt, variance T/k + (s^2 - T/k) e^-2kt, KL(p_t|pi) of two
Gaussians; orders in h and in dt over three of each."""
import math, sys

from common import close, expect, finish, run, sound

RANKS = int(sys.argv[1])
K, T = 1.5, 0.9


def exact(mean, sigma, t):
    m = [x * math.exp(-K * t) for x in mean]
    v = T / K + (sigma**2 - T / K) * math.exp(-2 * K * t)
    ratio = v * K / T
    return m, v, (ratio - 1) - math.log(ratio) + 0.5 * sum(x * x for x in m) * K / T


def relax(n, mean, sigma, t, scheme, dt, box=4.5):
    """n per axis; the axes of the box, 5.8 standard deviations of pi wide, hold all but 1e-8 of the mass."""
    r = run("fokker-planck", "-grid_n", ",".join(map(str, n)), "-grid_lower", -box, "-grid_upper", box,
            "-grid_boundary", "no_flux", "-potential_type", "quadratic", "-potential_stiffness", K, "-temperature", T,
            "-p_density", "gaussian_mixture", "-p_mean", ",".join(map(str, mean)), "-p_sigma", sigma, "-time_stop", t,
            "-time_samples", 2, "-ts_type", scheme, "-ts_dt", dt, "-ts_adapt_type", "none", "-ksp_rtol", "1e-12",
            "-output_fields", "none", "-check_time", "no", "-check_space", "no", ranks=RANKS)
    sound(r, f"{scheme} {n} dt {dt}")
    results = r.summary()["results"]
    d = len(n)
    variances = [results["covariance_p"][j * (d + 1)] for j in range(d)]
    return results["mean_p"], variances, r.series()["kl_p_pi"][-1], results["rejected"]


# Second order in h: 2D, far from equilibrium (KL(0) = 1.9), steps of second order short enough to count for nothing
# (an error of (k dt)^2/12 of the exponent, 1e-6). Halving h divides every error by 4: next order, h^2/10 of it.
mean, sigma, t = [0.9, -0.7], 0.45, 0.3
m, v, kl = exact(mean, sigma, t)
errors, values = [], []
for n in (64, 128, 256):
    got_m, got_v, got_kl, rejected = relax([n, n], mean, sigma, t, "cn", 0.002)
    expect(rejected == 0, f"{n}^2: nothing rejected, {rejected}")
    values.append(got_kl)
    errors.append([got_m[0] - m[0], got_m[1] - m[1], got_v[0] - v, got_v[1] - v, got_kl - kl])
for name, coarse, middle, fine in zip(("mean x", "mean y", "variance x", "variance y", "KL(p|pi)"), *errors):
    for order in (math.log2(coarse / middle), math.log2(middle / fine)):
        expect(1.95 <= order <= 2.05, f"{name}: order {order} in h, errors {coarse, middle, fine}")
close(values[2] + (values[2] - values[1]) / 3, kl, 1e-5, "KL(p|pi) extrapolated from 128^2 and 256^2")

# KL(p_t|pi) to 1e-5 at 256^2: the error in h is a share of KL itself, k^2 h^2 t/3T of the exponent (2e-4 here).
mean, sigma = [0.15, -0.1], 0.7
for t in (0.1, 0.6):
    m, v, kl = exact(mean, sigma, t)
    got = relax([256, 256], mean, sigma, t, "cn", 0.005)[2]
    expect(abs(got - kl) <= 1e-5, f"KL(p|pi) at {t}: {got}, exact {kl}, off by {got - kl}")

# The integrator's order in dt, on one grid: differences between dt, dt/2, dt/4 fall by 2^order. Nothing may be rejected,
# which would change dt: methods of higher order make far tails negative where steps are long.
for scheme, order, dt in (("beuler", 1, 0.01), ("cn", 2, 0.01), ("bdf", 2, 0.01), ("arkimex", 3, 0.02)):
    runs = [relax([48], [0.5], 0.7, 0.4, scheme, dt / 2**i) for i in range(3)]
    expect(all(r[3] == 0 for r in runs), f"{scheme}: nothing rejected, {[r[3] for r in runs]}")
    for name, a, b, c in (("mean", *(r[0][0] for r in runs)), ("variance", *(r[1][0] for r in runs))):
        ratio = (a - b) / (b - c)
        expect(ratio > 0 and abs(math.log2(ratio) - order) <= 0.15, f"{scheme}, {name}: ratio {ratio} in dt, {a, b, c}")
finish()
