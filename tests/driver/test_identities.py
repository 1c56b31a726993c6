"""The numbers Otto must reach, through the program: closed forms and identities.

Tolerances are those of the specification: 1e-12 for the closed forms on the torus and of point
masses, 1e-10 for sampled Gaussians, 1e-11 for the integral identity, 1e-9 for the pointwise one."""
import math
from common import *


def torus(kernel):
    """p = 1 + e cos 2πx, q = 1: D_t = ln((1+R)/2) + 1 - R, I_rel = 4π²(1 - R), R = √(1 - e_t²)."""
    for boundary, length in (("periodic", 1.0), ("no_flux", 0.5)): # cos 2πx on [0, 1/2] is a mode too
        r = run("dissipation", "-grid_n", 64, "-grid_upper", length, "-grid_boundary", boundary,
                "-time_start", 1e-3, "-time_stop", 0.05, "-p_density", "formula", "-p_formula",
                "1+0.7*cos(2*_pi*x)", "-q_density", "uniform", "-heat_kernel", kernel, ranks=1)
        expect(r.status == 0, f"torus {boundary}: {r.out[-900:]} {r.err}")
        if kernel == "auto":
            expect(r.summary()["results"]["heat_kernel"] == "gaussian_exact", f"torus {boundary}: sums over cells are integrals")
        s = r.series()
        for t, kl, fisher in zip(s["t"], s["kl"], s["fisher_rel"]):  # t = 0 too: the data are smooth
            e2 = (0.7 * math.exp(-4 * math.pi**2 * t))**2
            less = e2 / (1 + math.sqrt(1 - e2))  # 1 - R without cancellation
            # ln(1 - less/2) + less as a series: less²/8·…, summed with log1p's own tail
            exact = sum(-(less / 2)**k / k for k in range(2, 60)) + less / 2
            close(kl, exact, 1e-12, f"torus {boundary} KL at t={t}")
            if t > 0 or kernel == "spectral":  # at 0 the Gaussian has no scores, and edges err by O(h^2)
                close(fisher, 4 * math.pi**2 * less, 1e-12, f"torus {boundary} I_rel at t={t}")


def gaussian_pair(d, boundary="open", kernel="gaussian_exact", n=64, ranks=1):
    m1, m2 = [0.48, 0.50, 0.52][:d], [0.52, 0.49, 0.50][:d]
    s1, s2 = [0.045, 0.050, 0.040][:d], [0.050, 0.045, 0.045][:d]
    text = lambda v: ",".join(map(str, v))
    r = run("dissipation", "-grid_n", text([n] * d), "-grid_boundary", boundary, "-heat_kernel", kernel,
            "-time_start", 5e-4, "-time_stop", 6e-4, "-time_samples", 2, "-check_integral_nodes",
            6 if d == 3 else 12, "-p_density", "gaussian_mixture", "-p_mean", text(m1), "-p_sigma",
            text(s1), "-q_density", "gaussian_mixture", "-q_mean", text(m2), "-q_sigma", text(s2),
            ranks=ranks)
    sound(r, f"gaussians {d} {kernel}")
    s = r.series()
    for t, kl, fisher in zip(s["t"][1:], s["kl"][1:], s["fisher_rel"][1:]):
        exact = rel = 0.0
        for a, b, u, v in zip(m1, m2, s1, s2):
            v1, v2 = u * u + 2 * t, v * v + 2 * t
            exact += 0.5 * (math.log(v2 / v1) + v1 / v2 + (a - b)**2 / v2 - 1)
            rel += ((a - b) / v2)**2 + (1 / v2 - 1 / v1)**2 * v1
        close(kl, exact, 1e-10, f"gaussians d={d} {kernel} KL at t={t}")
        close(fisher, rel, 1e-10, f"gaussians d={d} {kernel} I_rel at t={t}")


def point_masses():
    r = run("dissipation", "inputs/dissipation/far_deltas_2d.yaml", "-time_samples", 3,
            "-output_fields", "none", "-check_integral_nodes", 5, ranks=2)
    expect(r.status == 0, f"far deltas: {r.out[-1500:]} {r.err}")
    s, a2 = r.series(), (50 / 128)**2
    expect(s["kl"][0] == math.inf, "KL of two point masses is infinite")
    for t, kl, fisher in zip(s["t"][1:], s["kl"][1:], s["fisher_rel"][1:]):
        close(kl, a2 / (4 * t), 1e-12, f"point masses KL at t={t}")
        close(fisher, a2 / (4 * t * t), 1e-12, f"point masses I_rel at t={t}")
    w = run("dissipation", "inputs/dissipation/far_deltas_2d.yaml", "-heat_kernel", "spectral",
            "-grid_boundary", "periodic", "-time_samples", 3, "-output_fields", "none", ranks=2)
    expect(w.status == 1, f"far deltas with an FFT kernel fail: status {w.status} {w.err}")
    expect("use an exact kernel" in w.out, "and the advice is given")


def rough(kernel, ranks, *more):
    r = run("dissipation", *more, "-heat_kernel", kernel, "-output_fields", "none", ranks=ranks)
    sound(r, f"rough {kernel}")
    for name in ("kl", "reverse_kl", "chi2", "hellinger2", "js"):
        c = r.check("integral_" + name)
        expect(c["value"] != "not applicable" and c["value"] <= 1e-11, f"{kernel} integral_{name}: {c}")
    expect(len(r.series()["t"]) >= 18, "at least 16 intervals")


def mixture():
    r = run("dissipation", "inputs/dissipation/mixture_2d.yaml", ranks=2)
    expect(r.status == 0, f"mixture_2d: {r.out[-1500:]} {r.err}")
    expect(r.check("rate")["value"] <= 1e-9, f"mixture_2d pointwise: {r.check('rate')}")
    for name in ("kl", "reverse_kl", "chi2", "hellinger2", "js"):
        expect(r.check("integral_" + name)["value"] <= 1e-11, f"mixture_2d {r.check('integral_' + name)}")
    few = run("dissipation", "inputs/dissipation/mixture_2d.yaml", "-time_samples", 2, ranks=2)
    expect(few.check("integral_kl")["value"] <= 1e-11, "two samples do as well: intervals are halved")


torus("spectral")
torus("auto")
gaussian_pair(1, n=128)
gaussian_pair(2)
gaussian_pair(2, "periodic,no_flux", n=60, ranks=2)
gaussian_pair(3, n=48, ranks=2)
point_masses()
rough("lattice", 2, "inputs/dissipation/rough_discs_2d.yaml")
h = 1 / 64
rough("lattice_exact", 2, "-grid_n", "64,60", "-grid_boundary", "periodic,no_flux", "-time_start",
      h * h / 10, "-time_stop", 0.05, "-time_samples", 17, "-p_density", "delta", "-p_position",
      "0.3,0.4", "-q_density", "delta", "-q_position", "0.6,0.7")
mixture()
finish()
