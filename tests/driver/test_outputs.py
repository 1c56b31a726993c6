"""What a run leaves behind: the contract of series, summary and fields; relabelling; memory."""
import json, math, os, re, subprocess, sys, tempfile
from common import *

COLUMNS = ("t,mass_p,mass_q,min_p,min_q,entropy_p,entropy_q,cross_entropy,kl,reverse_kl,js,chi2,"
           "hellinger2,tv,renyi,kl_p0_pt,fisher_p,fisher_q,fisher_rel,kl_rate,residual").split(",")


def contract():
    r = run("dissipation", "inputs/dissipation/mixture_2d.yaml", "-grid_n", "160,150", "-time_samples", 4,
            ranks=3)
    expect(r.status == 0, r.out[-1000:] + r.err)
    s, summary = r.series(), r.summary()
    expect(list(s)[:len(COLUMNS)] == COLUMNS, "columns of series.csv")
    expect(s["t"][0] == 0 and s["t"].count(0) == 1 and len(s["t"]) == 5, "the row t = 0 comes first, once")
    close(s["t"][1], 1e-4, 0, "time_start"), close(s["t"][-1], 0.05, 0, "time_stop")
    for key in ("driver", "version", "ranks", "grid", "options", "verdict", "checks", "results", "timing"):
        expect(key in summary, f"summary has {key}")
    expect(summary["ranks"] == 3 and summary["verdict"] == "pass", "ranks and verdict")
    expect(summary["grid"]["n"] == [160, 150], "grid in the summary")
    expect(summary["options"]["grid_n"] == "160,150", "options in the summary: the command line wins")
    for c in summary["checks"]:
        expect(set(c) >= {"name", "value", "bound", "pass", "meaning"}, f"check {c}")
    expect("unreliable_mass" in summary["results"], "unreliable_mass among the results")
    with open(os.path.join(r.folder, "fields.xdmf")) as f:
        expect("fields.h5:/1/p" in f.read(), "fields.xdmf points into fields.h5")
    expect(os.path.getsize(os.path.join(r.folder, "fields.h5")) > 6 * 160 * 150 * 8, "fields.h5 holds fields")
    expect(re.search(r"results in .*out$", r.out.strip()), "the folder is named last")
    digits = open(os.path.join(r.folder, "series.csv")).read().split("\n")[2].split(",")[8]
    expect(len(digits.replace(".", "").replace("-", "").lstrip("0")) >= 15, f"17 digits: {digits}")
    # dH/dt = I and relative entropy columns hang together
    close(s["cross_entropy"][2] - s["entropy_p"][2], s["kl"][2], 1e-12, "H(p,q) - H(p) = KL")
    expect(s["kl_p0_pt"][0] == 0 and s["kl_p0_pt"][1] > 0, "kl_p0_pt is 0 at t = 0 and positive after")


def marginals():
    """output_marginals of either driver, read back as densities of one axis: the means and variances of the columns."""
    common = ["-grid_n", "13,10,9", "-grid_boundary", "no_flux", "-p_density", "gaussian_mixture", "-p_mean", "0.6,0.4,0.3",
              "-p_sigma", "0.15,0.2,0.1", "-q_density", "uniform", "-time_start", 1e-3, "-time_stop", 0.01, "-time_samples", 2,
              "-check_space", "no"]
    for driver, more in (("dissipation", ["-heat_kernel", "lattice_exact", "-check_integral_nodes", 0]),
                         ("fokker-planck", ["-ts_dt", 1e-3, "-check_time", "no"])):
        for ranks in (1, 3):
            r = run(driver, *common, *more, "-output_marginals", "z,y,x" if ranks > 1 else "all", ranks=ranks)
            sound(r, f"marginals of {driver}")
            for n, axis in ((13, "x"), (10, "y"), (9, "z")):
                line = run("fokker-planck", "-grid_n", n, "-grid_names", axis, "-grid_boundary", "no_flux", "-p_density", "file", "-p_path",
                           os.path.join(r.folder, "fields.h5"), "-p_dataset", f"2/marginal_p_{axis}", "-q_density", "file",
                           "-q_path", os.path.join(r.folder, "fields.h5"), "-q_dataset", f"2/marginal_q_{axis}",
                           "-time_stop", 1e-3, "-time_samples", 1, "-ts_dt", 1e-3, "-output_fields", "none", "-check_time",
                           "no", "-check_space", "no")
                expect(line.status == 0, f"marginal {axis} of {driver} on {ranks}: {line.err[-300:]}")
                for name in ("mean", "covariance"):
                    for u in "pq":
                        of = f"{name}_{u}_{axis if name == 'mean' else axis * 2}"
                        to = of
                        close(line.series()[to][0], r.series()[of][2], 1e-12, f"{of} of {driver} on {ranks} ranks")
    r = run("fokker-planck", *common, "-output_fields", "none", "-output_marginals", "y:z")
    expect(r.status == 2 and "output_marginals: y:z" in r.err, f"two likewise: {r.err}")
    r = run("fokker-planck", *common, "-output_marginals", "y:x")
    expect(r.status == 2 and "output_marginals" in r.err and "'y:x'" in r.err, f"axes in their order: {r.err}")
    r = run("fokker-planck", *common, "-output_fields", "none", "-output_marginals", "x")
    expect(r.status == 2 and "output_marginals" in r.err, "marginals are written with fields, or refused")
    r = run("fokker-planck", *common, "-output_marginals", "x,w")
    expect(r.status == 2 and "output_marginals" in r.err and "'w'" in r.err, f"an axis that is none: {r.err}")
    first = run("fokker-planck", *common, "-ts_dt", 1e-3, "-check_time", "no", "-output_marginals", "y").folder
    line = run(*("fokker-planck", "-grid_n", 10, "-p_density", "file", "-p_path", os.path.join(first, "fields.h5"), "-p_dataset",
                 "2/marginal_p_x", "-time_stop", 1e-3))
    expect(line.status == 2 and "marginal_p_x" in line.err, f"an axis not asked for is not written: {line.err}")


def moments():
    """Mean and covariance of what was written to fields.h5 and, on periodic axes, angle and length."""
    r = run("fokker-planck", "-grid_n", "24,18", "-grid_lower", "-1,2", "-grid_upper", "1,5", "-grid_boundary",
            "periodic,no_flux", "-p_density", "gaussian_mixture", "-p_mean", "0.95,3", "-p_sigma", "0.2,0.3", "-q_density",
            "uniform", "-time_stop", 0.05, "-time_samples", 3, "-ts_type", "beuler", "-ts_dt", 0.005, ranks=2)
    s = r.series()
    names = [f"{m}_{u}_{a}" for u in "pq" for m, a in (("mean", "x"), ("resultant", "x"), ("mean", "y"), ("covariance", "yy"))]
    expect(list(s)[-8:] == names, f"the last columns: {list(s)[-8:]}")
    for k, t in ((0, 0.0), (-1, 0.05)):  # free diffusion on a ring: R = exp(-(2π/L)²(σ²/2 + t)), the centre stays
        first = s["resultant_p_x"][0] if k else math.exp(-0.5 * (math.pi * 0.2) ** 2)
        n, wave = 24, math.pi
        step = 1 / (1 + 0.005 * (2 - 2 * math.cos(2 * math.pi / n)) * (n / 2) ** 2)  # of the chain, implicit Euler
        close(s["resultant_p_x"][k], first * step ** (round(t / 0.005)), 1e-9, f"resultant length at {t}")
        close(s["mean_p_x"][k], 0.95, 1e-9, f"circular mean at {t}, across the seam")
    results = r.summary()["results"]
    close(s["mean_p_y"][-1], results["mean_p"][1], 1e-12, "the mean of results")
    close(s["covariance_p_yy"][-1], results["covariance_p"][3], 1e-12, "the covariance of results")
    expect(math.isnan(s["mean_q_x"][0]) and s["resultant_q_x"][0] < 1e-12, "a uniform density has no direction")
    close(s["mean_q_y"][-1], 3.5, 1e-12, "q's mean")
    # that is no lack of knowledge: it is listed with the reason, and the verdict does not speak of it
    listed = r.summary()["not_defined"]
    expect([(u["name"], u["from"], u["times"]) for u in listed] == [("mean_q_x", 0, 3)] and
           "no direction" in listed[0]["why"], f"not defined: {listed}")
    expect("mean_q_x" not in r.out and "mean_q_x" not in str(r.summary()["not_known"]),
           f"nothing is unknown: {r.out[-300:]}")
    d = run("dissipation", "-grid_n", "24,18", "-p_density", "gaussian_mixture", "-p_mean", "0.9,0.5", "-p_sigma", 0.1,
            "-q_density", "gaussian_mixture", "-q_mean", "0.3,0.4", "-q_sigma", 0.12, "-heat_kernel", "spectral",
            "-time_start", 1e-3, "-time_stop", 1e-2, "-time_samples", 3, "-output_fields", "none")
    expect(d.summary()["not_defined"] == [], "all directions are there")
    s = d.series()
    for u, mean, sigma in (("p", (0.9, 0.5), 0.1), ("q", (0.3, 0.4), 0.12)):
        for k, t in enumerate(s["t"]):
            for axis, m in zip("xy", mean):
                close(s[f"mean_{u}_{axis}"][k], m, 1e-9, f"mean of {u} at {t}")
                right = math.exp(-2 * math.pi ** 2 * (sigma ** 2 + 2 * t))
                close(s[f"resultant_{u}_{axis}"][k], right, 1e-8, f"resultant of {u} at {t}")


def unused():
    """A key of an input file whose type the command line overrides: a warning, and a line in the summary."""
    left = os.path.join(tempfile.mkdtemp(prefix="otto-outputs-"), "left.yaml")
    with open(left, "w") as f:
        f.write("p: {density: gaussian_mixture, sigma: 0.1}\nQ_Radius: 0.2\n")
    plain = ["dissipation", left, "-grid_n", "16,12", "-time_start", 1e-2, "-time_stop", 5e-2, "-time_samples", 2,
             "-p_density", "uniform", "-q_density", "uniform", "-output_fields", "none"]
    r = run(*plain, "-check_gibbs_tolerance", 1e-9, ranks=2)
    expect(r.status == 0, r.out[-800:] + r.err)
    listed = r.summary()["options_unused"]
    expect(sorted(listed) == ["Q_Radius", "p_sigma"], f"unused keys in the summary: {listed}")
    expect(set(listed) < set(r.summary()["options"]), "they stand among the options as given, too")
    stood_in = r.summary()["defaults"]
    expect(stood_in["renyi_order"] == "0.5" and stood_in["heat_kernel"] == "auto", f"defaults: {stood_in}")
    expect("q_floor" in stood_in and "temperature" not in stood_in, "those of the driver's own keys")
    known = {k.lower() for k in r.summary()["options"]} | {"grid_n", "q_radius"}
    expect(not known & set(stood_in), f"that were not given, and have one: {known & set(stood_in)}")
    typed = r.summary()["options_command_line"]
    expect(sorted([*typed, *listed]) == sorted(r.summary()["options"]), f"all others from the command line: {typed}")
    warned = re.findall(r"otto: warning: key (\S+) is not used", r.err)
    expect(sorted(warned) == sorted(listed), f"one warning each, from one rank: {r.err}")
    plain.remove(left)
    r = run(*plain)
    expect(r.summary()["input"] is None and sorted(r.summary()["options_command_line"]) == sorted(r.summary()["options"]), "all typed")
    expect(r.summary()["options_unused"] == [], "an empty list where all were used")
    path = os.path.join(tempfile.mkdtemp(prefix="otto-outputs-"), 'a "run".yaml')
    with open(path, "w") as f:
        f.write("grid: {n: [8, 6]}\np: {density: uniform}\n")
    s = run(plain[0], path, *plain[1:]).summary()
    expect(s["input"] == path, f"the file as it was given: {s['input']!r}")
    expect(sorted(s["options_command_line"]) == sorted({k[1:] for k in plain[1:] if str(k).startswith("-")} | {"output_dir"}),
           f"keys of the command line, which win: {s['options_command_line']}")
    expect(s["options"]["grid_n"] == "16,12", "won")
    with open(path, "a") as f:
        f.write("time: {stop: 0.06}\ntime_start: 0.02\n")
    s = run("dissipation", path, "-time_samples", 2, "-q_density", "uniform", "-output_fields", "none").summary()
    expect(set(s["options"]) - set(s["options_command_line"]) == {"grid_n", "p_density", "time_stop", "time_start"},
           f"and of the file: {s['options_command_line']}")


def own_words():
    """What a name means of one driver is not what it means of another."""
    r = run("first-passage", "-grid_n", 12, "-grid_boundary", "absorbing", "-p_density", "uniform", "-time_stop", 0.1, "-time_samples", 2)
    expect(r.status in (0, 1), r.err)
    said = {name: entry["sentence"] for name, entry in r.summary()["meanings"].items()}
    expect(said["solver"] == "linear solver of mean times, probabilities and their moments", said["solver"])
    expect(said["time_error"].startswith("largest error that stepping leaves in what has not arrived"), said["time_error"])
    expect(not any("divergence" in said[name] for name in ("time_error", "space_error")), "no divergence is there")
    r = run("fokker-planck", "-grid_n", 12, "-p_density", "uniform", "-time_stop", 0.1, "-time_samples", 2)
    said = {name: entry["sentence"] for name, entry in r.summary()["meanings"].items()}
    expect(said["solver"] == "linear solver of a step" and "divergence" in said["time_error"], "others keep theirs")


def untested():
    """Checks that never applied are counted, not passed over; a tighter bound never turns one off."""
    r = run("dissipation", "-grid_n", 32, "-grid_boundary", "open", "-heat_kernel", "gaussian_exact",
            "-time_start", 0.5, "-time_stop", 5, "-time_samples", 3, "-p_density", "delta", "-p_position",
            0.3, "-q_density", "delta", "-q_position", 0.7)
    expect("never applied" in r.out, "a run that tested no identity says so: " + r.out[-300:])
    expect(r.check("rate")["value"] == "not applicable" and "edge" in r.check("rate")["left_out"], "why")
    strict = run("dissipation", "inputs/dissipation/mixture_2d.yaml", "-grid_n", "64,60", "-time_samples", 3,
                 "-heat_kernel", "spectral", "-check_rate_tolerance", 0)  # the chain's two sums are equal to the last bit
    expect(strict.status == 1 and not strict.check("rate")["pass"], "a bound of 0 fails")
    even = run("dissipation", "-grid_n", "24,24", "-heat_kernel", "lattice_exact", "-time_start", 1e-2,
               "-time_stop", 5e-2, "-time_samples", 2, "-p_density", "uniform", "-q_density", "uniform")
    expect(even.status == 0, "nothing happens to uniform densities: " + even.out[-800:])


def infinities():
    r = run("dissipation", "-grid_n", "16,16", "-heat_kernel", "lattice_exact", "-time_start", 1e-3,
            "-time_stop", 1e-2, "-time_samples", 2, "-p_density", "delta", "-p_position", "0.2,0.2",
            "-q_density", "delta", "-q_position", "0.7,0.7")
    text = open(os.path.join(r.folder, "series.csv")).read().split("\n")[1]
    expect(",inf," in text, "infinite values are written as inf")
    close(r.series()["js"][0], math.log(2), 1e-15, "JS of disjoint supports is log 2")
    close(r.series()["tv"][0], 1, 1e-15, "TV of disjoint supports is 1")


def shuffle():
    """Relabelling blocks of side b: KL(0) unchanged; D_t unchanged for √t ≪ b, different for √t ≳ b.

    b = 16/64 = 0.25. At t = 1e-7, √t/b = 1e-3: only cells at block edges (a share of order √t/b) see
    the difference, so D_t agrees to 1 %; at t = 0.01, √t/b = 0.4: it must differ by far more."""
    base = ["dissipation", "inputs/dissipation/shuffle_2d.yaml", "-grid_n", "64,64", "-time_samples", 2,
            "-time_start", 1e-7, "-time_stop", 0.01, "-output_fields", "none", "-check_integral_nodes", 0]
    a = run(*base, ranks=2)
    b = run(*base, "-p_shuffle_block", 0, "-q_shuffle_block", 0, ranks=2)
    expect(a.status == 0 and b.status == 0, a.out[-800:] + a.err + b.err)
    a, b = a.series()["kl"], b.series()["kl"]
    close(a[0], b[0], 1e-13, "KL at t = 0 does not see the shuffle")
    close(a[1], b[1], 1e-2, "nor does D_t while blocks are wide")
    expect(abs(a[2] - b[2]) > 0.1 * b[2], f"D_t does once they are not: {a[2]} against {b[2]}")


def memory():
    """Documented: at most 80 bytes per cell for the spectral kernel with fd4 (jobs/README.md), so 512³ takes
    10.7 GB. Small grids carry fixed scratch on top, so the test takes one large enough to hide it."""
    r = run("dissipation", "inputs/dissipation/large_3d.yaml", "-grid_n", "64,64,64", "-time_samples", 1,
            "-check_rate_tolerance", 1e-2, "-check_entropy_rate_tolerance", 1e-2, ranks=2)
    expect(r.status == 0, r.out[-1500:] + r.err)
    value = r.summary()["results"]["memory_bytes_per_cell"]
    expect(40 < value <= 84, f"memory per cell: {value}")
    # What a process takes beyond what it takes on few cells is what the refusal of a grid too large reckons with, or
    # somewhat less: with the grid's error and, for point masses as early as that, logarithms.
    points = ["-p_density", "delta", "-p_position", "0.3,0.3,0.3", "-q_density", "delta", "-q_position", "0.6,0.6,0.6",
              "-time_samples", 2, "-check_integral_nodes", 0, "-heat_kernel", "lattice_exact", "-time_start", 2e-5, "-time_stop", 4e-5]
    most = [resident("dissipation", "-grid_n", n, *points) for n in ("16,16,16", "96,96,96")]
    refused = run("dissipation", "-grid_n", "1280,1280,1280", *points)
    said = re.search(r"grid_n: this run needs about ([0-9.e+]+) GB", refused.err)
    expect(refused.status == 2 and said, f"{refused.status}: {refused.err}")
    reckoned, taken = float(said[1]) * 1e9 / 1280**3, (most[1] - most[0]) / (96**3 - 16**3)
    expect(0.7 * reckoned < taken < reckoned, f"{taken} bytes a cell are taken, {reckoned} reckoned with")
    expect(512**3 * reckoned <= 14 * 2**30, f"512³ cells with {reckoned} bytes each")
    # on a mesh that cuts the second axis lines of it change hands, which takes more
    mesh = run("dissipation", "-grid_n", "1280,1280,1280", *points, "-grid_mesh", "1,2", ranks=2)
    said = re.search(r"grid_n: this run needs about ([0-9.e+]+) GB", mesh.err)
    expect(mesh.status == 2 and said and 13 < float(said[1]) * 1e9 / 1280**3 - reckoned < 15, f"{mesh.status}: {mesh.err}")


def resident(*arguments):
    """The most memory that a run on one rank held, bytes."""
    program = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL); " \
              "print(1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    command = [os.path.join(os.environ["OTTO_BUILD"], "bin", "otto")] + [str(a) for a in arguments]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([sys.executable, "-c", program, *command, "-output_dir", os.path.join(folder, "out")],
                              capture_output=True, text=True, timeout=250)
    expect(done.stderr == "", done.stderr)
    return int(done.stdout.split()[-1])


RELAX = ["fokker-planck", "-grid_n", "20,16", "-grid_boundary", "no_flux", "-time_stop", 0.1, "-p_density",
         "gaussian_mixture", "-p_mean", "0.5,0.5", "-p_sigma", 0.2]


def relaxation_times():
    """fokker-planck: fields of t = 0 and of the last sample; one sample is the last, beside the row t = 0."""
    r = run(*RELAX, "-time_samples", 5)
    sound(r, "a coarse relaxation")
    with open(os.path.join(r.folder, "fields.xdmf")) as f:
        expect(re.findall(r"fields.h5:/(\d+)/p<", f.read()) == ["0", "4"], "fields of the first and the last sample")
    expect(len(r.series()["t"]) == 5, "linear times from 0: t = 0 is one of the samples")
    r = run(*RELAX, "-time_samples", 5, "-spectrum_count", 1, "-output_fields", "0.05,0.1", "-mg_levels_ksp_max_it", 2)
    sound(r, "a coarse relaxation")
    with open(os.path.join(r.folder, "fields.xdmf")) as f:
        shown = [re.findall(r"fields.h5:/(\d+/(?:p|mode_1))<", g) for g in f.read().split("<Time ")[1:]]
    expect(shown == [["2/p", "0/mode_1"], ["4/p", "0/mode_1"]], f"a density and the modes at every time: {shown}")
    r = run(*RELAX, "-output_fields", "none", "-ksp_max_it", 1, "-ksp_type", "richardson", "-pc_type", "none")
    with open(os.path.join(r.folder, "fields.xdmf")) as f:
        expect(r.status == 3 and "state at failure" in f.read(), f"the state at a failure says so: {r.status} {r.err}")
    r = run(*RELAX, "-time_samples", 1, "-output_fields", "none")
    expect(r.series()["t"] == [0, 0.1], f"one sample: {r.series()['t']}")
    expect(r.series()["entropy_p"][1] > r.series()["entropy_p"][0] + 0.01, "and time has passed")
    expect(r.check("integral")["pass"] and r.check("monotone")["value"] != "not applicable", "what is checked between")


relaxation_times()
contract()
moments()
marginals()
unused()
own_words()
untested()
infinities()
shuffle()
memory()
finish()
