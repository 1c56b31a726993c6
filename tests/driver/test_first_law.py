"""The first law from the files of a run: dE/dt = work_rate - heat_rate - energy_absorbed_rate closes row by row, and each term is
that of a closed form: traps that move and breathe, a potential that rests, mass that is absorbed, jumps in time."""
import math

from common import close, expect, finish, run, sound

LINE = ["fokker-planck", "-grid_n", 160, "-grid_lower", -5, "-grid_upper", 5, "-grid_boundary", "no_flux", "-output_fields",
        "none", "-check_space", "no", "-potential_type", "formula", "-p_density", "gaussian_mixture"]


def simpson(t, y, k):
    """The integral over rows k-2 … k, evenly apart."""
    return (t[k] - t[k - 2]) / 6 * (y[k - 2] + 4 * y[k - 1] + y[k])


def closes(r, what, bound):
    """E(t_b) - E(t_a) is the integral of the three rates, from the rows alone; relative to the largest term."""
    s = r.series()
    t, E, rates = s["t"], s["energy"], [s[k] for k in ("work_rate", "heat_rate", "energy_absorbed_rate")]
    net = [w - h - a for w, h, a in zip(*rates)]
    for k in range(2, len(t), 2):
        size = max(max(abs(simpson(t, x, k)) for x in rates), abs(E[k] - E[k - 2]), 1e-12)
        off = abs(E[k] - E[k - 2] - simpson(t, net, k)) / size
        expect(off <= bound, f"{what}: first law from rows {k - 2} to {k}: off by {off:.3g} of its largest term, allowed {bound:g}")
    for name in ("first_law", "energy_balance"):
        check = r.check(name)
        expect(check["pass"] and check["value"] is not None and "left_out" not in check, f"{what}: {name}: {check}")
    return s


# A trap k (x - vt)²/2 that moves: the mean trails by v/k (mobility 1); in steady motion work_rate = heat_rate = v²·friction.
# On the way m - vt = -(v/k)(1 - e^{-kt}), work -kv(m - vt), E = (k/2)(variance + (m - vt)²), variance T/k all along.
# Three ranks have the beginning of it: on two cores they take many times as long.
k, v, T = 4.0, 0.8, 0.5
for ranks, stop, samples, steps in ((1, 2, 41, ["-time_tolerance", 1e-4]),
                                    (3, 0.05, 3, ["-ts_type", "cn", "-ts_dt", 0.0025, "-check_time", "no"])):
    r = run(*LINE, "-potential_formula", f"{k / 2}*(x+2-{v}*t)^2", "-temperature", T, "-p_mean", -2, "-p_sigma",
            math.sqrt(T / k), "-time_stop", stop, "-time_samples", samples, *steps, ranks=ranks)
    sound(r, "moving trap")
    s = closes(r, f"moving trap, {ranks} ranks", 2e-3)
    for t, E, work, heat, lost in zip(*(s[n] for n in ("t", "energy", "work_rate", "heat_rate", "energy_absorbed_rate"))):
        lag = v / k * (1 - math.exp(-k * t))
        # second order in h = 1/16: (h/sigma)²/12 of the variance and of the force
        expect(abs(E - (T / 2 + k / 2 * lag**2)) <= 5e-3, f"moving trap: E({t}) = {E}")
        expect(abs(work - k * v * lag) <= 5e-3, f"moving trap: work at {t}: {work}, {k * v * lag}")
        expect(abs(heat - (k * lag) ** 2) <= 5e-3, f"moving trap: heat at {t}: {heat}, {(k * lag) ** 2}")
        expect(lost == 0, "nothing is absorbed")
    if ranks == 1:
        close(s["work_rate"][-1], v * v, 1e-2, "steady motion: friction times v²")
        close(s["heat_rate"][-1], s["work_rate"][-1], 2e-3, "all of it is heat")

# A breathing trap k(t) x²/2, k = 4 + 2 sin(3t): Gaussian, dσ²/dt = -2k σ² + 2T; E = k σ²/2, work k' σ²/2, heat kσ²(k - T/σ²)
# by Runge-Kutta of fourth order.
K, dK = (lambda t: 4 + 2 * math.sin(3 * t)), (lambda t: 6 * math.cos(3 * t))


def rest(t, var):
    return 2 * T - 2 * K(t) * var


r = run(*LINE, "-potential_formula", "(2+sin(3*t))*x^2", "-temperature", T, "-p_mean", 0, "-p_sigma", 0.6, "-time_stop", 1.25,
        "-time_samples", 51, "-time_tolerance", 1e-4)
sound(r, "breathing trap")
s = closes(r, "breathing trap", 2e-3)
var, h = 0.36, 0.025 / 20
for row, t in enumerate(s["t"]):
    for i in range(20 if row else 0):
        at = s["t"][row - 1] + i * h
        a = rest(at, var)
        b = rest(at + h / 2, var + h / 2 * a)
        c = rest(at + h / 2, var + h / 2 * b)
        d = rest(at + h, var + h * c)
        var += h / 6 * (a + 2 * b + 2 * c + d)
    exact = {"energy": K(t) * var / 2, "work_rate": dK(t) * var / 2, "heat_rate": K(t) * (K(t) * var - T)}
    for name, value in exact.items():
        expect(abs(s[name][row] - value) <= 1e-2 * (1 + abs(value)), f"breathing trap: {name} at {t}: {s[name][row]}, {value}")

# A potential that rests works nothing, to the bit; all that energy loses is heat. A constant one has no heat either.
still = closes(run(*LINE, "-potential_formula", "2*x^2", "-p_mean", 1, "-p_sigma", 0.4, "-time_stop", 1, "-time_samples", 41,
                   "-time_tolerance", 1e-4), "at rest", 2e-3)
expect(still["work_rate"] == [0] * 41 and still["energy_absorbed_rate"] == [0] * 41, "no work on what is left alone")
flat = run(*LINE, "-potential_formula", "7", "-p_mean", 1, "-p_sigma", 0.4, "-time_stop", 1, "-time_samples", 5)
for E, work, heat in zip(*(flat.series()[n] for n in ("energy", "work_rate", "heat_rate"))):
    expect(abs(E - 7) <= 1e-12 and work == heat == 0, f"a constant potential: E {E}, work {work}, heat {heat}")
sound(flat, "a constant potential")

# Ornstein-Uhlenbeck on x > 0 with a face that absorbs at 0: two Gaussians, one of them reflected, taken off (V is even). With
# V = x²/2 + c what leaves takes c along: c times the flux p'(0) T. T = 1; mass erf(m/√(2s)) of m = m0 e^{-t}.
c, m0, s0 = 3.0, 1.5, 0.16
error = []


def absorbed(n, *words, ranks=1):
    return run("fokker-planck", "-grid_n", n, "-grid_lower", 0, "-grid_upper", 8, "-grid_boundary", "absorbing", "-output_fields",
            "none", "-check_space", "no", "-potential_type", "formula", "-potential_formula", f"x^2/2+{c}", "-p_density",
            "formula", "-p_formula", f"exp(0-(x-{m0})^2/{2 * s0})-exp(0-(x+{m0})^2/{2 * s0})", "-drift_type",
            "none", *words, ranks=ranks)


for n in (100, 200):
    r = absorbed(n, "-time_stop", 1, "-time_samples", 41, "-time_tolerance", 1e-4)
    sound(r, f"absorbing, {n} cells")
    s = closes(r, f"absorbing, {n} cells", 5e-3)
    start = math.erf(m0 / math.sqrt(2 * s0))
    worst = 0.0
    for row, t in enumerate(s["t"]):
        m, var = m0 * math.exp(-t), 1 + (s0 - 1) * math.exp(-2 * t)
        mass = math.erf(m / math.sqrt(2 * var)) / start
        flux = 2 * m / var * math.exp(-m * m / (2 * var)) / math.sqrt(2 * math.pi * var) / start
        # E - c·mass = ½∫x²p: m² + var of both tails, and their cross terms
        square = (m * m + var) * math.erf(m / math.sqrt(2 * var))
        square += m * math.sqrt(2 * var / math.pi) * math.exp(-m * m / (2 * var))
        E = c * mass + square / start / 2
        worst = max(worst, abs(s["energy_absorbed_rate"][row] - c * flux) / c, abs(s["energy"][row] - E) / c)
    error.append(worst)
expect(error[1] <= 2e-3 and error[0] / error[1] >= 3, f"absorbing: second order in h: {error}")

some = ["-time_stop", 0.1, "-time_samples", 5, "-ts_type", "cn", "-ts_dt", 0.0025, "-check_time", "no"]
one, three = absorbed(100, *some), absorbed(100, *some, ranks=3)
sound(three, "absorbing, on three ranks")
closes(three, "absorbing, on three ranks", 5e-3)
for name in ("energy", "work_rate", "heat_rate", "energy_absorbed_rate", "mass_p", "free_energy", "production"):
    scale = max(map(abs, one.series()[name]))
    for a, b in zip(three.series()[name], one.series()[name]):  # what solves leave
        expect(abs(a - b) <= 1e-10 * scale, f"absorbing, {name} on three ranks: {a!r} against {b!r}")

# A potential that jumps in time between rows: its work is no rate, the row after it says so; elsewhere rates stand.
for text, at, row in (("(t>0.205)*x^2", 0.205, 3), ("x^2+(t>0.55)*x", 0.55, 6), ("x^2*(1+t)+(t<0.34?0:1)*x^4", 0.34, 4)):
    for ranks, size in ((1, ["-time_stop", 1, "-time_samples", 11]),
                        (3 if row == 3 else 2, ["-time_stop", row / 10, "-time_samples", row + 1, "-grid_n", 64])):
        r = run(*LINE, "-potential_formula", text, "-p_mean", 1, "-p_sigma", 0.4, *size, "-check_time", "no", ranks=ranks)
        sound(r, text)
        work, known = r.series()["work_rate"], r.summary()["not_known"]
        expect(math.isnan(work[row]), f"{text}: work of row {row} is not known: {work}")
        expect([e["name"] for e in known] == ["work_rate"] and "jumps in time" in known[0]["why"], f"{text}: {known}")
        expect(f"t = {at:g}" in known[0]["why"], f"{text}: says when: {known[0]['why']}")
        expect("jumps in time" in r.check("first_law").get("left_out", ""), f"{text}: {r.check('first_law')}")
finish()
