"""ranks: 1 2 3; long: 3; processors: 1
Bad input: exit 2 before anything is computed, one line that names key, value and what is allowed, on
any number of ranks; nothing is created, nothing hangs."""
import os, re, sys
from common import *

RANKS = int(sys.argv[1])
work = scratch()
BASE = ["-grid_n", "48,40", "-time_start", "1e-3", "-time_stop", "1e-2", "-time_samples", "2",
        "-p_density", "gaussian_mixture", "-p_mean", "0.5,0.5", "-p_sigma", "0.2",
        "-q_density", "uniform"]


def changed(**changes):
    """BASE with keys replaced (None removes)."""
    pairs = dict(zip(BASE[::2], BASE[1::2]))
    if changes.get("p_density", "gaussian_mixture") in ("delta", "formula", "file"):
        changes = {"p_mean": None, "p_sigma": None} | changes
    for key, value in changes.items():
        pairs["-" + key] = value
        if value is None:
            del pairs["-" + key]
    return [word for pair in pairs.items() for word in pair]


def refuse(arguments, *parts):
    ranks = some(RANKS)
    if not ranks:
        return
    result = run("dissipation", *arguments, ranks=ranks, timeout=60)
    said = result.err.strip()
    label = " ".join(str(a) for a in arguments if a not in BASE)[:100]
    expect(result.status == 2, f"{label}: status {result.status}, not 2: {said[:300]}")
    expect(said.startswith("otto: error: ") and said.count("\n") == 0, f"{label}: one line, not {said!r}")
    for part in parts:
        expect(part in said, f"{label}: says {part!r}, not {said!r}")
    expect(not os.path.exists(os.path.join(result.folder, "summary.json")), f"{label}: no summary")


def text_file(name, text):
    path = os.path.join(work, name)
    with open(path, "wb") as f:
        f.write(text if isinstance(text, bytes) else text.encode())
    return path


refuse(changed(grid_m="3"), "grid_m", "did you mean grid_n")
refuse(changed(p_sigmas="0.1"), "p_sigmas", "p_sigma")
refuse(changed(ts_type="beuler"), "ts_type")
refuse(changed(potential_type="quadratic"), "potential_type")
refuse(changed(grid_n=None), "grid_n")
refuse(changed(grid_n="16,x"), "grid_n", "16,x")
refuse(changed(grid_n="16,-4"), "grid_n", "-4")
refuse(changed(grid_n="16,0"), "grid_n")
refuse(changed(grid_n="16.5,4"), "grid_n", "16.5")
refuse(changed(grid_n="2,2,2,2,2,2,2"), "grid_n", "7 axes")
refuse(changed(grid_lower="0,0,0"), "grid_lower", "3 values for 2 axes")
refuse(changed(grid_lower="2"), "grid_upper", "not above")
refuse(changed(grid_upper="1e999"), "grid_upper")
refuse(changed(grid_boundary="wall"), "grid_boundary", "wall", "periodic")
refuse(changed(grid_boundary="open", heat_kernel="spectral"), "grid_boundary", "open", "lattice_exact or gaussian_exact")
refuse(changed(grid_boundary="absorbing"), "absorbing")
refuse(changed(heat_kernel="spectrum"), "heat_kernel", "spectrum", "did you mean spectral")
refuse(changed(fisher_form="tweedie"), "fisher_form", "gaussian_exact")
refuse(changed(time_start=None), "time_start")
refuse(changed(time_start="0"), "time_start")
refuse(changed(time_start="-1"), "time_start")
refuse(changed(time_stop="1e-4"), "time_stop", "time_start")
refuse(changed(time_samples="2.5"), "time_samples", "whole")
refuse(changed(time_samples="0"), "time_samples")
refuse(changed(time_spacing="cubic"), "time_spacing", "linear")
refuse(changed(output_fields="0.0042"), "output_fields", "nearest")
refuse(changed(p_density=None), "p_density", "gaussian_mixture")
refuse(changed(p_density="gauss_mixture"), "p_density", "did you mean gaussian_mixture")
refuse(changed(p_mean="0.5,0.5,0.1"), "p_mean")
refuse(changed(p_mean="0.5,1.5"), "p_mean", "1.5")
refuse(changed(p_weight="0.5,0.5"), "p_weight")
refuse(changed(p_weight="-1"), "p_weight")
refuse(changed(p_sigma="0"), "p_sigma")
refuse(changed(p_sigma="0.1,0.2,0.3"), "p_sigma")
refuse(changed(p_floor="1.5"), "p_floor")
refuse(changed(p_density="delta", p_position="0.5,-0.2"), "p_position")
refuse(changed(p_density="formula", p_formula="exp(x"), "p_formula", "character")
refuse(changed(p_density="formula", p_formula="exp(x*w)"), "p_formula", "w")
refuse(changed(p_density="formula", p_formula="x+z"), "p_formula", "z")
refuse(changed(p_density="formula", p_formula="1 + (0.25<x<0.75)"), "p_formula", "second comparison in a row, at character 12",
       "(a < x)*(x < b)")
refuse(changed(p_density="formula", p_formula="x-0.5"), "p_", "-0.489583", "(0.0104167")
refuse(changed(p_density="formula", p_formula="0*x"), "p_", "mass")
refuse(changed(p_density="formula", p_formula="1/(x-x)"), "p_", "finite")
refuse(changed(p_density="file", p_path="/nonexistent.h5", p_dataset="p"), "p_path", "/nonexistent.h5")
refuse(changed(p_density="file", p_path=text_file("no.h5", "not HDF5 at all"), p_dataset="p"), "no.h5")
# a key of one type while another is chosen would be left out of the run
refuse(changed(p_radius="0.1"), "key p_radius belongs to p_density: ball; p_density is gaussian_mixture")
refuse(changed(q_mean="0.1,0.2"), "key q_mean belongs to q_density: gaussian_mixture; q_density is uniform")
refuse(changed(P_Path="a.h5"), "key p_path belongs to p_density: file, samples; p_density is gaussian_mixture")
refuse([text_file("two.yaml", "p: {density: uniform, sigma: 0.1}\nq: {density: uniform}\n"), *BASE[:8]], "key p_sigma belongs to p_density")
refuse(changed(p_shuffle_block="5"), "p_shuffle_block", "5")
refuse(changed(renyi_order="0"), "renyi_order")
refuse(changed(renyi_order="inf"), "renyi_order")
refuse(changed(check_integral_nodes="2"), "check_integral_nodes")
refuse(changed(check_rate_tolerance="small"), "check_rate_tolerance", "small")
refuse(changed(transform_engine="fft"), "transform_engine", "own")
refuse(changed(transform_overlap="maybe"), "transform_overlap", "maybe")
refuse(changed(time_stop="1.0000000000000002", time_start="1", time_samples="4"), "time_samples")
refuse(changed(time_stop="1e300", time_start="1e-300", grid_lower="-1e308", grid_upper="1e308"), "grid_")
refuse(changed(grid_n="100000,20000"), "grid_n", "GB")
refuse(changed(heat_kernel="gaussian_exact", time_start="1e-9"), "time_start", "1.1 h^2")
refuse(["/dev/zero"], "/dev/zero", "16 MiB")
refuse(["stray", "-grid_n", "4"], "stray")
refuse([text_file("binary.yaml", b"\x00\x01\x02")], "binary.yaml")
refuse(["/nonexistent/input.yaml"], "/nonexistent/input.yaml")
refuse([text_file("typo.yaml", "gird: {n: [16, 12]}\n")], "gird_n", "grid_n")


def refuse_yaml(text, line, *parts):
    """The sentence names file and line; BASE on the command line lacks nothing, so that what is said
    is about the file."""
    refuse([text_file("some.yaml", text), *BASE], f"some.yaml, line {line}: ", *parts)


N = "grid: {n: [16, 12]}\n"
refuse_yaml("grid: {n: [16, 12]\np: [", 2, "not valid YAML", "flow mapping")
refuse_yaml("a:\n\t- 3\n", 2, "not valid YAML", "token")
refuse_yaml(N.encode() + b"\n# \xc3\xa9t\xe9\n", 3, "not valid YAML", "UTF-8")
refuse_yaml("# why\n- 3\n", 2, "key: value")
refuse_yaml("just words\n", 1, "key: value")
refuse_yaml("---\n" + N + "---\n" + N, 3, "second document", "one is allowed")
refuse_yaml(N + "...\n---\n", 3, "second document")
refuse_yaml("grid_n: 4\ntime_stop: 1\ngrid_n: 8\n", 3, "grid_n", "line 1")
refuse_yaml("grid_n: 4\nGRID_N: 8\n", 2, "GRID_N", "line 1")
refuse_yaml("grid:\n  n: 4\n  lower: 0\n  n: 8\n", 4, "grid_n", "line 2")
refuse_yaml("grid: {n: 4}\n\ngrid: {lower: 0}\n", 3, "key grid ", "line 1")
refuse_yaml("grid_n: 4\ngrid: {n: 8}\n", 2, "grid_n", "line 1")
refuse_yaml("p: {shuffle: {seed: 1}}\np_shuffle: {block: 4,\n  seed: 2}", 3, "p_shuffle_seed", "line 1")
refuse_yaml(N + "time:\n  stop:\n  start: 1e-3\n", 3, "time_stop", "no value")
for nothing in ("~", "null", '""', "[]", "{}", "# why", "|"):
    refuse_yaml(N + f"time_stop: {nothing}\n", 2, "time_stop", "no value")
refuse_yaml("time:\n  # stop: 1\ngrid_n: 4\n", 1, "key time ", "no value")
refuse_yaml("p_mean: [0.5,\n  ~]\n", 2, "p_mean", "entry 2", "no value")
refuse_yaml("p_mean: [0.5, [0.1, 0.2]]\n", 1, "p_mean", "plain values")
refuse_yaml("p:\n  mean:\n  - 0.5\n  - x: 0.1\n", 4, "p_mean", "plain values")
refuse_yaml("p_mean: ['0.5,0.5', 0.1]\n", 1, "p_mean", "entry 1", "comma")
refuse_yaml("? [a, b]\n: 3\n", 1, "key must be a word")
refuse_yaml(N + "p: {~: 3}\n", 2, "key is missing")
refuse_yaml("p_mean: &here [0.5, 0.5]\nq_mean: *here\n", 2, "*here", "value itself")
refuse_yaml("grid_n: !!int 16\n", 1, "tags")
refuse_yaml('p_path: "a\\0b"\n', 1, "\\0")
refuse_yaml("a" * 128 + ": 3\n", 1, "too long")
refuse_yaml("a: {" * 64 + "b: 1" + "}" * 64, 1, "too long")

# What is not refused means what it says: BASE's keys in every way YAML has of writing them.
spelled = text_file("ways.yaml", """%YAML 1.1
---   # one document
grid:
  n:
  - 48
  - '40'
time: {"start": 1e-3, stop: 1.0E-2,
       samples: "2"}
p: {density: gaussian_mixture, mean: &unused [0.5, 0.5]}
p_sigma: >-
  0.2
q_density: uniform
output_fields: 'none'
...
""")
ways = run("dissipation", spelled, ranks=RANKS)
expect(ways.status == 0, "every spelling is read: " + ways.err)
meant = {key[1:]: value for key, value in zip(BASE[::2], BASE[1::2])}
meant |= {"time_stop": "1.0E-2", "output_fields": "none", "output_dir": ways.folder}
expect(ways.summary()["options"] == meant, f"as written: {ways.summary()['options']}")
nothing = run("dissipation", text_file("empty.yaml", "# all on the command line\n"), *BASE, ranks=RANKS)
expect(nothing.status == 0, "a file of comments has no keys: " + nothing.err)

# the output folder: below a file, and one that holds a run
blocked = text_file("file", "x")
result = run("dissipation", *BASE, ranks=RANKS, folder=os.path.join(blocked, "out"))
expect(result.status == 2 and "output_dir" in result.err, "folder below a file: " + result.err)
first = run("dissipation", *BASE, ranks=RANKS)
expect(first.status == 0, "the base run passes: " + first.err + first.out[-500:])
again = run("dissipation", *BASE, ranks=RANKS, folder=first.folder)
expect(again.status == 2 and "output_overwrite" in again.err, "a second run is refused: " + again.err)
# what plot.py drew of the old run goes with it; what anybody else put there stays
with open(os.path.join(SOURCE, "jobs", "plot.py")) as f:
    drawn = re.findall(r"^  (\S+\.(?:png|html)) ", f.read(), re.M)
expect({"report.html", "divergences.png", "fields_<n>.png", "spectrum.png"} <= set(drawn), f"plot.py says what it writes: {drawn}")
drawn = [name.replace("<n>", "12") for name in drawn] + ["fields_0.png", "compare_other.png"]
kept = ["mine.png", "fields_a.png", "fields_.png", "fields_1.png.txt", "report.html.txt", "my_report.html", "compare_.png", "notes.txt"]
for name in drawn + kept:
    open(os.path.join(first.folder, name), "w").write("old")
over = run("dissipation", *BASE, ranks=RANKS, folder=first.folder)
expect(over.status == 2 and all(os.path.exists(os.path.join(first.folder, name)) for name in drawn), "a refused run removes no picture")
over = run("dissipation", *BASE, "-output_overwrite", "yes", ranks=RANKS, folder=first.folder)
for name in drawn + kept:
    expect(os.path.exists(os.path.join(first.folder, name)) == (name in kept), f"{name}: {'kept' if name in kept else 'of the old run, removed'}")
os.makedirs(os.path.join(work, "pictures"))
open(os.path.join(work, "pictures", "fields_1.png"), "w").write("keep")
alone = run("dissipation", *BASE, "-output_overwrite", "yes", ranks=RANKS, folder=os.path.join(work, "pictures"))
expect(alone.status == 0 and os.path.exists(os.path.join(work, "pictures", "fields_1.png")), "where no run was, nothing is removed: " + alone.err)
expect(over.status == 0, "unless it may overwrite: " + over.err)
expect(not [f for f in os.listdir(first.folder) if f.endswith(".part")], "nothing half written is left")

os.makedirs(os.path.join(work, "mixed", "fields.h5"))
open(os.path.join(work, "mixed", "series.csv"), "w").write("keep")
mixed = run("dissipation", *BASE, "-output_overwrite", "yes", ranks=RANKS, folder=os.path.join(work, "mixed"))
expect(mixed.status == 2 and "nothing is replaced" in mixed.err, "what is no run is left alone: " + mixed.err)
expect(open(os.path.join(work, "mixed", "series.csv")).read() == "keep", "refused means untouched")

# the program itself
expect(run("disipation").status == 2, "unknown driver")
expect("did you mean dissipation" in run("disipation").err, "nearest driver is named")
help_text = run("--help")
expect(help_text.status == 0 and "dissipation" in help_text.out, "--help")
version = re.search(r"project\(Otto VERSION (\S+)", open(os.path.join(SOURCE, "CMakeLists.txt")).read())[1]
expect(run("--version").out.startswith(f"otto {version} "), "--version is the project's")
expect(re.search(r"; (AVX-512|AVX2 and FMA|baseline)\)$", run("--version").out.strip()), "and names the instruction set of the kernels")
os.environ["OTTO_VECTORS"] = "baseline"
expect("; baseline)" in run("--version").out, "which OTTO_VECTORS limits")
del os.environ["OTTO_VECTORS"]
expect(f"\nversion: {version}\n" in open(os.path.join(SOURCE, "CITATION.cff")).read(), "CITATION.cff's version too")
# every driver's -help: its own keys with its own defaults, PETSc's where a solver reads them, no other driver's
keys = {d: run(*d.split(), "-help").out for d in ("dissipation", "fokker-planck", "gradient-flow", "convective-entropy", "bench heat", "bench fokker_planck",
                                            "bench transport", "bench gradient_flow", "bench dynamics", "bench scaling")}
for d, text in keys.items():
    expect(text.startswith(f"otto {d}: "), f"{d} -help has its own title: {text[:60]}")
    names = [line.split()[0] for line in text.split("\n") if line.startswith("  -")]
    expect(len(names) == len(set(names)) > 5, f"{d} -help: every key once")
    for key, owners in {"-heat_kernel": "dissipation, convective-entropy", "-smoothing_times": "convective-entropy", "-bench_rounds": "bench heat, bench fokker_planck, bench transport, bench gradient_flow, bench dynamics, bench scaling",
                        "-bench_dt": "bench fokker_planck, bench gradient_flow, bench scaling", "-bench_tau": "bench gradient_flow", "-p_sigma": "dissipation, fokker-planck, gradient-flow, convective-entropy",
                        "-temperature": "fokker-planck, gradient-flow, bench fokker_planck, bench gradient_flow, bench scaling", "-ts_dt": "fokker-planck, gradient-flow",
                        "-ksp_rtol": "fokker-planck, bench fokker_planck, bench scaling", "-snes_atol": "gradient-flow, bench gradient_flow", "-eps_tol": "fokker-planck",
                        "-dynamics_tolerance": "convective-entropy, bench dynamics", "-flow_scheme": "gradient-flow, bench gradient_flow", "-energy_m": "gradient-flow, bench gradient_flow", "-p_mass": "gradient-flow"}.items():
        expect((key in names) == (d in owners.split(", ")), f"{d} -help: {key}")
expect("-time_start" in keys["dissipation"] and "open" not in re.search("-grid_boundary.*", keys["fokker-planck"])[0],
       "boundaries of fokker-planck")
for d, default in (("dissipation", "required"), ("fokker-planck", "0"), ("gradient-flow", "0")):
    expect(re.search(rf"-time_start +number \({default}\)", keys[d]), f"{d} -help: default of time_start")
both = run("bench", "-help").out
expect(all(f"otto bench {what}: " in both for what in ("heat", "fokker_planck", "transport", "gradient_flow", "dynamics", "scaling")), "bench -help: all")
expect("lattice_exact" in run("list", "heat").out, "list heat")
finish()
