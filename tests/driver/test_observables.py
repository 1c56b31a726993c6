"""processors: 2
What fokker-planck observes of its densities: means, variances and probabilities against the fields of the same sample and the
closed forms of Ornstein and Uhlenbeck; mass and free energy along a formula against a histogram of the cells cut finely;
ranks and meshes; refusals, key by key."""
import math, os
from common import *

needs("numpy", "h5py")
import h5py, numpy as np

CLOUD = ["-grid_n", "48,40", "-grid_lower", -5, "-grid_upper", 5, "-grid_boundary", "no_flux", "-potential_type", "quadratic",
         "-potential_stiffness", "1,2", "-p_density", "gaussian_mixture", "-p_mean", "1,0.5", "-p_sigma", 0.6,
         "-q_density", "gaussian_mixture", "-q_mean", "-0.5,0.3", "-q_sigma", 0.8, "-temperature", 0.7,
         "-time_stop", 1, "-time_samples", 3, "-output_fields", "all"]
SEEN = ["-observe", "r2, x^2 + y^2, angle, atan2(y, x)", "-observe_sets", "left, x < -0.3, disc, 1 - x^2 - y^2"]
STEADY = ["-ts_dt", 0.02, "-check_time", "no", "-check_space", "no"]  # one run: the series has its numbers as they are


def formulas(x, y):
    return {"r2": x**2 + y**2, "angle": np.arctan2(y, x)}


def centres(f):
    lower, upper, n = f.attrs["grid_lower"], f.attrs["grid_upper"], f["0/p"].shape
    return np.meshgrid(*[lo + (np.arange(k) + 0.5) * (up - lo) / k for lo, up, k in zip(lower, upper, n)], indexing="ij")


def fine(values, x, y, h, m):
    """Points m × m of every cell, with the cell's own value at each."""
    u = (np.arange(m) + 0.5) / m - 0.5
    big = lambda a: np.repeat(np.repeat(a, m, 0), m, 1)
    return big(values), big(x) + h[0] * np.tile(np.repeat(u, 1), x.shape[0])[:, None], big(y) + h[1] * np.tile(u, x.shape[1])[None, :]


def columns():
    r = run("fokker-planck", *CLOUD, *SEEN, *STEADY)
    expect(r.status == 0, f"the run: {r.err[-400:]} {r.out[-800:]}")
    s, said = r.series(), r.summary()["columns"]
    with h5py.File(os.path.join(r.folder, "fields.h5")) as f:
        x, y = centres(f)
        h = [(x[1, 0] - x[0, 0]), (y[0, 1] - y[0, 0])]
        for k in range(len(s["t"])):
            for name, suffix in (("p", ""), ("q", "_q")):
                p = f[f"{k}/{name}"][...]
                w = p / p.sum()
                for key, v in formulas(x, y).items():
                    mean = (w * v).sum()
                    expect(abs(s[f"mean_{key}{suffix}"][k] - mean) <= 1e-14 * np.abs(v).max(), f"mean of {key} under {name}")
                    close(s[f"variance_{key}{suffix}"][k], (w * (v - mean) ** 2).sum(), 1e-12, f"its variance, {name}")
                # the sets by points of another kind: 37 × 37 of a cell; an edge is off by half of 1/16 and of 1/37 of it
                pp, xx, yy = fine(p, x, y, h, 37)
                pp /= pp.sum()
                for key, where, edge in (("left", xx < -0.3, np.abs(x + 0.3) < h[0]), ("disc", xx**2 + yy**2 < 1, np.abs(np.hypot(x, y) - 1) < 1.5 * max(h))):
                    off = 0.5 * (1 / 16 + 1 / 37) * (p * edge).sum() / p.sum()
                    got = s[f"probability_{key}{suffix}"][k]
                    expect(abs(got - pp[where].sum()) <= off, f"probability of {key} under {name}: {got} {pp[where].sum()} {off}")
                    expect(0.003 < got < 0.997, f"a set that says something: {got}")
    for key in ("mean_r2", "variance_r2_q", "probability_disc"):
        expect(key in said and said[key]["sentence"], f"{key} has a sentence")
    expect(said["mean_r2"]["unit"] == "value" and said["probability_disc"]["unit"] == "1", "units")


def histograms():
    """Mass along the values of a formula: all of it, non-negative, and that of cells cut finely; free energy from it."""
    r = run("fokker-planck", *CLOUD, *SEEN, *STEADY, "-observe_bins", 23)
    with h5py.File(os.path.join(r.folder, "fields.h5")) as f:
        x, y = centres(f)
        h = [(x[1, 0] - x[0, 0]), (y[0, 1] - y[0, 0])]
        for name, suffix in (("p", ""), ("q", "_q"), ("steady_state", "_pi")):
            p = f[f"2/{name}"][...]
            pp, xx, yy = fine(p, x, y, h, 24)
            for key in ("r2", "angle"):
                d = f[f"2/histogram_{key}{suffix}"]
                middle = f[f"2/values_{key}"][...]
                lower, upper = d.attrs["grid_lower"], d.attrs["grid_upper"]
                expect(d.shape == (23,) and d.dims[0][0].name.endswith(f"values_{key}"), "bins and their coordinates")
                width = (upper - lower) / 23
                close(middle[3], lower + 3.5 * width, 1e-13, "middles")
                close(d[...].sum() * width, 1, 1e-13, f"all mass of {name} along {key}")
                expect((d[...] >= 0).all(), "no negative mass")
                if key == "r2":  # linear in a cell: off by (h1² + h2²)/4 at most, and all that is near an edge may go over it
                    edges = np.linspace(lower, upper, 24)
                    want, _ = np.histogram(xx**2 + yy**2, edges, weights=pp / pp.sum())
                    near = np.array([(pp * (np.abs(xx**2 + yy**2 - e) < 0.25 * (h[0]**2 + h[1]**2))).sum() for e in edges]) / pp.sum()
                    off = np.abs(d[...] * width - want) - near[1:] - near[:-1]
                    expect(off.max() <= 1e-14 and near.max() < 0.03, f"against cells cut finely: {off.max()} {near.max()}")
                free = f[f"2/free_energy_{key}{suffix}"][...]
                with np.errstate(divide="ignore"):
                    want = -0.7 * np.log(d[...])
                good = np.isfinite(want)
                expect((np.isfinite(free) == good).all() and np.abs(free - want)[good].max() < 1e-12, f"free energy along {key}")
        expect(f["2/histogram_angle_pi"].attrs["unit"] in (b"1/value", "1/value"), "unit")
    r = run("fokker-planck", *CLOUD, "-observe", "x, x, s, x - 0.7*y", *STEADY, "-output_marginals", "x", "-observe_bins", 48)
    with h5py.File(os.path.join(r.folder, "fields.h5")) as f:
        a, b = f["2/histogram_x"][...], f["2/marginal_p_x"][...]
        expect(np.abs(a - b / (b.sum() * 10 / 48)).max() < 1e-13, "along x it is the marginal")
        # what is linear is exact; of the points an edge has those of one layer on the wrong side: 1/64 of cells it passes
        x, y = centres(f)
        pp, xx, yy = fine(f["2/p"][...], x, y, [10 / 48, 10 / 40], 64)
        d = f["2/histogram_s"]
        edges = np.linspace(d.attrs["grid_lower"], d.attrs["grid_upper"], 49)
        expect(abs(edges[-1] - 8.5) < 1e-13 and abs(edges[0] + 8.5) < 1e-13, "the range is that of the box")
        want, _ = np.histogram(xx - 0.7 * yy, edges, weights=pp / pp.sum())
        expect(np.abs(d[...] * (edges[1] - edges[0]) - want).max() < 3e-4, "along a slope")


def closed_forms():
    """dX = -k X dt + sqrt(2T) dW: a Gaussian stays one. Second moments and probabilities within what the run estimates."""
    k, T, m, s0 = np.array([1.0, 2.0]), 0.7, np.array([1.0, 0.5]), 0.36
    r = run("fokker-planck", *CLOUD[:CLOUD.index("-q_density")], *CLOUD[CLOUD.index("-temperature"):], "-grid_n", "80,80", "-observe", "r2, x^2+y^2, xy, x*y", "-observe_sets", "right, x > 0.4")
    expect(r.status == 0, f"{r.err[-300:]} {r.out[-500:]}")
    s, errors = r.series(), (r.errors("time"), r.errors("space"))
    for i, t in enumerate(s["t"]):
        mean, var = m * np.exp(-k * t), T / k + (s0 - T / k) * np.exp(-2 * k * t)
        want = {"mean_r2": (mean**2 + var).sum(), "variance_r2": (2 * var**2 + 4 * mean**2 * var).sum(), "mean_xy": mean.prod(),
                "variance_xy": var.prod() + mean[0] ** 2 * var[1] + mean[1] ** 2 * var[0],
                "probability_right": 0.5 * math.erfc((0.4 - mean[0]) / math.sqrt(2 * var[0]))}
        for name, value in want.items():
            error, said = abs(s[name][i] - value), sum(e[name][i] for e in errors)
            # 1e-8: what lies beyond the box, 6.7 widths from the mean
            expect(error <= 2 * said + 1e-8 and error < 0.03 * max(1, value), f"{name} at {t}: {s[name][i]} for {value}, said to err by {said}")


def edges():
    """Sets whose edges lie anywhere in cells, thin ones between centres among them: a Gaussian's error functions within what is said."""
    below = lambda x, mean, var: 0.5 * math.erfc((mean - x) / math.sqrt(2 * var))
    beyond = []
    for n in (27, 35, 48):
        h = 18 / n
        sets = [(-1.3 + 0.37 * h, 0.9), (0.013 * n, 0.013 * n + 0.05 * h), (0.31, 0.312), (-2 - 0.2 * h, -2 + 0.2 * h), (1, 9), (-9, -0.51),
                (0.26 * h, 0.74 * h), (-0.49 * h, 1.49 * h)]
        r = run("fokker-planck", "-grid_n", n, "-grid_lower", -9, "-grid_upper", 9, "-grid_boundary", "no_flux", "-potential_type", "quadratic",
                "-potential_stiffness", 1.5, "-temperature", 3, "-p_density", "gaussian_mixture", "-p_mean", 1, "-p_sigma", 1.6, "-time_stop", 0.6,
                "-time_samples", 3, "-output_fields", "none", "-space_tolerance", 1, "-observe_sets",
                ", ".join(f"s{i}, x > {a:.17g} && x < {b:.17g}" for i, (a, b) in enumerate(sets)))
        expect(r.status == 0, f"{n}: {r.err[-300:]} {r.out[-500:]}")
        s, errors = r.series(), (r.errors("time"), r.errors("space"))
        for k, t in enumerate(s["t"]):
            mean, var = math.exp(-1.5 * t), 2 + 0.56 * math.exp(-3 * t)
            for i, (a, b) in enumerate(sets):
                want, got = below(b, mean, var) - below(a, mean, var), s[f"probability_s{i}"][k]
                said = sum(e[f"probability_s{i}"][k] for e in errors)
                # 1e-7: the density's tails, 5.3 widths away
                expect(abs(got - want) <= 4 * said + 1e-7 and abs(got / want - 1) < 0.1 and said < 0.5 * want,
                       f"{n} cells, ({a:.3f}, {b:.3f}) at {t}: {got} for {want}, said to err by {said}")
                beyond.append(not abs(got - want) <= 2 * said + 1e-7)
    # 5 of 100, but a set has three times here, which err alike
    expect(sum(beyond) <= 0.08 * len(beyond), f"half the error is said but rarely: not in {sum(beyond)} of {len(beyond)}")
    ring = [*CLOUD, *STEADY, "-time_stop", 0.02, "-output_fields", "none", "-observe_sets"]
    r = run("fokker-planck", *ring, "ring, abs(sqrt(x^2+y^2)-1.2) < 1e-4")
    expect("observe_sets (ring)" in r.err and "thinner" in r.err, f"a thin ring is warned of: {r.err[-300:]}")
    r = run("fokker-planck", *ring, "ring, abs(sqrt(x^2+y^2)-1.2) < 0.02")
    expect(r.status == 0 and "thinner" not in r.err, f"one that is found is not: {r.err[-300:]}")
    for text in ("x > 7", "abs(x-0.1234567) < 1e-9", "x == 0.01"):
        r = run("fokker-planck", *ring, f"left, x < 0, none, {text}")
        expect(r.status == 2 and "observe_sets (none)" in r.err and text in r.err and "none of the points" in r.err, f"{text}: {r.status} {r.err[-300:]}")
    r = run("fokker-planck", *ring, "all, x < 7")
    expect(r.status == 2 and "observe_sets (all)" in r.err and "everywhere" in r.err, f"{r.status} {r.err[-300:]}")


def ranks():
    small = CLOUD + SEEN + ["-grid_n", "24,20", "-time_stop", 0.3]
    base = run("fokker-planck", *small)
    one = base.series()
    seen = [name for name in one if name.split("_")[0] in ("mean", "variance", "probability")]
    expect(len(seen) == 2 * (2 * 2 + 2) + 4, f"columns: {seen}")
    for count, mesh in ((2, "1,2"), (3, "3,1"), (4, "2,2")):
        r = run("fokker-planck", *small, "-grid_mesh", mesh, ranks=count)
        other = r.series()
        for name in seen:
            scale = max(1, max(abs(v) for v in one[name]))
            expect(max(abs(a - b) for a, b in zip(one[name], other[name])) <= 1e-10 * scale, f"{name} on {count} ranks")
        with h5py.File(os.path.join(r.folder, "fields.h5")) as f, h5py.File(os.path.join(base.folder, "fields.h5")) as g:
            for name in ("histogram_r2", "histogram_angle_pi", "histogram_r2_q"):
                expect(np.abs(f[f"2/{name}"][...] - g[f"2/{name}"][...]).max() <= 1e-10, f"{name} on {count} ranks")


def planes():
    """Marginals over two axes: what p and q beside them sum up to, on one rank and on meshes, with coordinates; masses."""
    for ranks, asked, mesh in ((1, "pairs", "auto"), (3, "x:y,y:z,x:z", "3,1"), (4, "pairs,y", "2,2")):
        r = run("fokker-planck", "-grid_n", "13,10,9", "-grid_boundary", "no_flux", "-p_density", "gaussian_mixture", "-p_mean", "0.6,0.4,0.3",
                "-p_sigma", "0.15,0.2,0.1", "-q_density", "uniform", "-time_stop", 0.01, "-time_samples", 2, "-check_space", "no", "-ts_dt", 1e-3,
                "-check_time", "no", "-output_marginals", asked, "-grid_mesh", mesh, ranks=ranks)
        expect(r.status == 0, f"planes on {ranks}: {r.err[-300:]}")
        with h5py.File(os.path.join(r.folder, "fields.h5")) as f:
            for k in (0, 1):
                for u in "pq":
                    p = f[f"{k}/{u}"][...]
                    for a, b, out in ((0, 1, 2), (0, 2, 1), (1, 2, 0)):
                        d = f[f"{k}/marginal_{u}_{'xyz'[a]}{'xyz'[b]}"]
                        want = p.sum(axis=out) / p.shape[out]
                        expect(d.shape == want.shape and np.abs(d[...] - want).max() <= 1e-14 * want.max(), f"{d.name} on {ranks}")
                        expect([os.path.basename(s[0].name) for s in d.dims] == ["xyz"[a], "xyz"[b]], f"coordinates of {d.name}")
                        close(d[...].mean(), r.series()[f"mass_{u}"][k], 1e-13, "mass")
            expect(("marginal_p_y" in f["1"]) == ("y" in asked.split(",")), "lines are asked for by themselves")


OU = ["-grid_n", 96, "-grid_lower", -6, "-grid_upper", 6, "-grid_boundary", "no_flux", "-potential_type", "quadratic",
      "-potential_stiffness", 1.5, "-temperature", 0.8, "-p_density", "gaussian_mixture", "-p_mean", 1, "-p_sigma", 0.5, "-time_stop", 0.1,
      "-time_samples", 2, "-output_fields", "none", *STEADY, "-observe", "x, x, x2, x^2"]
ASKED = ["-observe_frequencies", "0, 0.5, 4, 60", "-observe_lags", "0.1, 0.5, 2"]


def table(r, name):
    with open(os.path.join(r.folder, name + ".csv")) as f:
        rows = [line.split(",") for line in f.read().split("\n") if line]
    return {key: np.array([float(row[i]) for row in rows[1:]]) for i, key in enumerate(rows[0])}


def correlations():
    """Ornstein and Uhlenbeck: of x e^{-kt} T/k and 2T/(k² + ω²), of x² twice as fast; the response to a force."""
    k, T = 1.5, 0.8
    r = run("fokker-planck", *OU, *ASKED)
    expect(r.status == 0, f"{r.err[-300:]} {r.out[-600:]}")
    s, c = table(r, "spectra"), table(r, "correlations")
    w, t, h = s["frequency"], c["lag"], 12 / 96
    expect(list(w) == [0, 0.5, 4, 60] and list(t) == [0.1, 0.5, 2], "as asked")
    for name, rate, size in (("x", k, T / k), ("x2", 2 * k, 2 * (T / k) ** 2)):
        # the grid leaves h²k/T/12 of a rate or so; at 60 the chain's own coarse cells show: h²ω/2T is 0.6
        near = s[f"spectral_density_{name}"][:3] / (2 * size * rate / (rate**2 + w[:3] ** 2))
        expect(np.abs(near - 1).max() < 8 * h * h * k / T / 12, f"spectral density of {name}: {near}")
        chi = size / T * rate / (rate + 1j * w[:3])
        expect(np.abs(s[f"response_real_{name}"][:3] / chi.real - 1).max() < 0.03, f"response of {name}, real")
        expect(np.abs(s[f"response_imaginary_{name}"][1:3] / chi.imag[1:] - 1).max() < 0.03, f"response of {name}, imaginary")
        expect(np.abs(c[f"autocorrelation_{name}"] / (size * np.exp(-rate * t)) - 1).max() < 4 * h * h * k / T / 12 * rate * t.max(), f"C(t) of {name}")
        expect((c[f"error_{name}"] <= 1e-6 * size).all() and (s[f"residual_{name}"] <= 1e-8).all(), "errors")
    good = r.check("fluctuation_dissipation")
    expect(good["pass"] and 0 < good["value"] < 1e-8, f"the check: {good}")
    for count in (2, 3):
        o = run("fokker-planck", *OU, *ASKED, "-grid_n", 24, ranks=count)
        one = run("fokker-planck", *OU, *ASKED, "-grid_n", 24)
        for name in ("spectra", "correlations"):
            a, b = table(one, name), table(o, name)
            for key in a:
                if not key.startswith(("residual", "error")):
                    expect(np.abs(a[key] - b[key]).max() <= 1e-9 * np.abs(a[key]).max(), f"{key} on {count} ranks")
    # a mask, a mobility of place, two axes: the theorem holds for the chain as it is
    r = run("fokker-planck", "-grid_n", "16,12", "-grid_boundary", "no_flux,periodic", "-potential_type", "formula", "-potential_formula",
            "(x<0.3)*(y>0.5) ? inf : 2*x+cos(2*_pi*y)", "-mobility_formula", "1+x*x", "-noise", "ito", "-p_density", "formula", "-p_formula",
            "1-(x<0.3)*(y>0.5)", "-time_stop", 0.01, "-time_samples", 2, "-output_fields", "none", *STEADY, "-observe", "a, x*y, b, sin(2*_pi*y)",
            "-observe_frequencies", "0, 2, 50", "-check_unreliable_mass_tolerance", 1)
    expect(r.status in (0, 1) and r.check("fluctuation_dissipation")["pass"] and r.check("fluctuation_dissipation")["value"] < 1e-7,
           f"closed cells and a mobility: {r.err[-300:]} {r.out[-400:]}")
    r = run("fokker-planck", *CLOUD, *STEADY, "-drift_type", "rotation", "-drift_rate", 2, "-observe", "a, x+y", "-observe_frequencies", "1", "-grid_n", "20,16")
    expect(r.check("fluctuation_dissipation")["value"] == "not applicable" and table(r, "spectra")["spectral_density_a"][0] > 0, "driven: no theorem, but a spectrum")
    first = run("fokker-planck", *OU, *ASKED)
    again = run("fokker-planck", *OU, "-output_overwrite", folder=first.folder)
    expect(again.status == 0 and not os.path.exists(os.path.join(first.folder, "spectra.csv")), "an old run's tables go")


def story():
    """reaction_coordinate_2d, on fewer cells and times: x decays with the chain's slowest rate, the height above the valley's floor
    with the second; the Lorentzian; its variance in the steady state, which has a closed form; free energy; both sets of one well."""
    r = run("fokker-planck", "inputs/fokker-planck/reaction_coordinate_2d.yaml", "-grid_n", "60,66", "-time_stop", 40, "-time_samples", 3, "-ts_dt", 0.25,
            "-check_time", "no", "-check_space", "no")
    expect(r.status == 0, f"{r.err[-300:]} {r.out[-600:]}")
    rates, c, s, last = r.summary()["results"]["relaxation_rates"], table(r, "correlations"), table(r, "spectra"), r.series()
    lag, x, b = c["lag"], c["autocorrelation_x"], c["autocorrelation_b"]
    at = lambda t: int(np.argmin(np.abs(lag - t)))
    # the third rate is beyond 3: from lag 4 on one mode is left, to 1e-4 of what it has
    close(math.log(x[at(4)] / x[at(15)]) / 11, rates[0], 1e-4, "x decays with the slowest rate")
    expect(b[at(3)] < 0.01 * b[at(0.02)] and x[at(3)] > 0.6 * x[at(0.02)], "b forgets, x does not")
    weight = x[at(4)] * math.exp(4 * rates[0])
    close(s["spectral_density_x"][0], 2 * weight / rates[0], 0.01, "the Lorentzian's height: the rest of x decays within its wells")
    close(last["variance_b"][-1], 0.125, 1e-3, "b is Gaussian: T/4, to the square of the cells")
    expect(abs(last["probability_left"][-1] - last["probability_right"][-1]) < 3 * math.exp(-40 * rates[0]), "the wells are alike at the end")
    with h5py.File(os.path.join(r.folder, "fields.h5")) as f:
        k = max(f, key=lambda name: int(name) if name.isdigit() else -1)
        free, at_x = f[f"{k}/free_energy_x_pi"][...], f[f"{k}/values_x"][...]
        well, top = free[np.abs(at_x + 1).argmin()], free[np.abs(at_x).argmin()]
        # the valley is as wide everywhere: what is integrated over y is the barrier itself; bins are half a cell
        close(top - well, 1.5, 0.03, "the barrier along x")
    for fault, name, words in (("correlation_residual:1e30", "autocorrelation_x", "solves leave more than"),):
        os.environ["OTTO_TEST_FAULT"] = fault
        r = run("fokker-planck", *OU, *ASKED)
        del os.environ["OTTO_TEST_FAULT"]
        said = [n for n in r.summary()["not_known"] if n["name"] == name]
        expect(r.status == 1 and said and words in said[0]["why"] and said[0]["from"] == 0.1, f"{fault}: {r.status} {said} {r.out[-300:]}")
        expect(np.isnan(table(r, "correlations")["autocorrelation_x"]).all() and table(r, "spectra")["spectral_density_x"][0] > 0, "the rest stands")
    r = run("fokker-planck", "-grid_n", "16,16", "-grid_lower", -3, "-grid_upper", 3, "-grid_boundary", "no_flux", "-potential_type", "quadratic", "-velocity_type",
            "hamiltonian", "-mobility", "0,1", "-p_density", "gaussian_mixture", "-p_mean", "0.5,0", "-p_sigma", 0.8, "-time_stop", 0.1, "-time_samples", 2,
            "-output_fields", "none", *STEADY, "-observe", "x, x", "-observe_frequencies", 1)
    expect(r.check("fluctuation_dissipation")["value"] == "not applicable" and "Hamiltonian" in r.out and "there is a drift" not in r.out,
           f"a Hamiltonian velocity is called so: {r.status} {r.err[-300:]} {r.out[-1500:]}")


def refusals():
    for arguments, words in (
            (["-observe", "r2"], ["observe:", "pairs"]),
            (["-observe", "r2, x^2 +"], ["observe (r2)", "too early"]),
            (["-observe", "r2, x + w"], ["observe (r2)", "'w'"]),
            (["-observe", "r2, x + t"], ["observe (r2)", "'t'"]),
            (["-observe", "2r, x"], ["observe:", "'2r'"]),
            (["-observe", ", x"], ["observe:", "''"]),
            (["-observe", "a, x, a, y"], ["observe:", "'a' stands twice"]),
            (["-observe", "p_x, x"], ["observe:", "mean_p_x"]),
            (["-observe", "a, x, a_q, y"], ["observe:", "'a_q'"]),
            (["-observe", "a_pi, x, a, y"], ["observe:", "'a_pi'"]),
            (["-observe_sets", "q, x"], ["observe_sets:", "'q'"]),
            (["-observe", "a, 3"], ["observe (a)", "everywhere"]),
            (["-observe", "a, log(x)"], ["observe (a)", "nan", "finite"]),
            (["-observe", ",".join(f"a{i}, x" for i in range(9))], ["observe:", "9 formulas", "8"]),
            (["-observe_sets", "a, sqrt(x)"], ["observe_sets (a)", "nan"]),
            (["-observe_sets", "a, 1 < x < 2"], ["observe_sets (a)", "second comparison"]),
            (["-observe_frequencies", "1"], ["observe_frequencies", "observe names no formula"]),
            (["-observe", "a, x", "-observe_frequencies", "1,-2"], ["observe_frequencies", "-2"]),
            (["-observe", "a, x", "-observe_lags", "1,0.5"], ["observe_lags", "0.5", "increasing"]),
            (["-observe", "a, x", "-observe_lags", "0"], ["observe_lags", "0"]),
            (["-observe", "a, x", "-observe_lags", "1", "-grid_boundary", "absorbing"], ["observe_lags", "absorb"]),
            (["-observe", "a, x", "-observe_frequencies", "1", "-potential_type", "formula", "-potential_formula", "x^2*(1+t)"],
             ["observe_frequencies", "time"]),
            (["-observe", "a, x", "-observe_bins", 1], ["observe_bins", "1"]),
            (["-observe", "a, x", "-observe_bins", 2.5], ["observe_bins", "2.5"])):
        # another potential has no stiffness
        cloud = [a for a in CLOUD if a not in ("-potential_stiffness", "1,2") or "-potential_type" not in arguments]
        r = run("fokker-planck", *cloud, *arguments)
        expect(r.status == 2 and all(w in r.err for w in words) and not os.path.exists(os.path.join(r.folder, "series.csv")),
               f"{arguments}: {r.status} {r.err[-300:]}")


columns()
histograms()
closed_forms()
edges()
ranks()
planes()
correlations()
story()
refusals()
finish()
