"""What CONTRIBUTING.md says a density, a potential, a heat kernel, a column and a check cost is all that they cost: its
examples are put into a copy of the sources, which is built and run."""
import json, math, os, re, shlex, shutil, subprocess
from common import *
import common

FENCE = re.compile(r"^`([\w./]+)`, (new|one line[^\n]*|after `([^`]*)`):\n```c\n(.*?)```\n", re.M | re.S)
BUILD = os.environ["OTTO_BUILD"]
text = open(os.path.join(SOURCE, "CONTRIBUTING.md")).read()
chapter = text[text.index("## Adding a member, a column, a check"):]
chapter = chapter[: (re.search(r"\n## ", chapter[5:]) or re.search(r"\Z", chapter[5:])).start() + 5]
parts = {p.split("\n")[0]: p for p in chapter.split("\n### ")[1:]}
expect(list(parts) == ["A density", "A potential", "A heat kernel", "An internal energy", "An interaction", "A dynamical system", "A column", "A check"], f"the examples: {list(parts)}")
copy = os.path.join(scratch(), "otto")
for folder in ("src", "include", "drivers"):
    shutil.copytree(os.path.join(SOURCE, folder), os.path.join(copy, folder))

# ---- the edits, and no other ----
touched = {}
for name, part in parts.items():
    for path, mode, anchor, code in FENCE.findall(part):
        target = os.path.join(copy, path)
        touched.setdefault(name, []).append(path)
        old = "" if mode == "new" else open(target).read()
        expect((mode == "new") != os.path.exists(os.path.join(SOURCE, path)), f"{path}: new or there")
        if anchor:
            expect(old.count(anchor) == 1, f"{path}: {anchor} once")
            code = old.replace(anchor, anchor + "\n" + code.rstrip("\n"))
        open(target, "w").write(code if anchor else old + code)
    expect(part.count("```") == 2 * len(touched.get(name, [])), f"{name}: every block is an edit")
expect({k: len(v) for k, v in touched.items()} == {"A density": 2, "A potential": 2, "A heat kernel": 2, "An internal energy": 2, "An interaction": 2, "A dynamical system": 2, "A column": 1, "A check": 2},
       f"a member is a line and a file, a column a line: {touched}")
edits = {p for paths in touched.values() for p in paths}


# ---- what they reach, compiled as the rest was; the other objects are those of the build ----
def included(path, known):
    """All that a file of the copy includes, itself too."""
    if path not in known:
        known.add(path)
        for name in re.findall(r'#include ["<]([\w./]+)[">]', open(os.path.join(copy, path)).read()):
            for place in (os.path.dirname(path), "src", "include", "drivers"):
                if os.path.exists(os.path.join(copy, place, name)):
                    included(os.path.normpath(os.path.join(place, name)), known)
    return known


commands = {}
for entry in json.load(open(os.path.join(BUILD, "compile_commands.json"))):
    path = os.path.relpath(os.path.join(entry["directory"], entry["file"]), SOURCE)
    commands.setdefault(path, (entry["directory"], shlex.split(entry["command"])))
objects = []
for folder, _, names in os.walk(copy):
    for name in sorted(names):
        path = os.path.relpath(os.path.join(folder, name), copy)
        if not path.endswith(".c") or not included(path, set()) & edits or path == "drivers/main.c":
            continue
        like = path if path in commands else next(p for p in commands if os.path.dirname(p) == os.path.dirname(path))
        where, words = commands[like]
        objects.append(os.path.join(copy, path.replace("/", "_") + ".o"))
        at = words.index("-o")
        words = [w for i, w in enumerate(words) if i not in (at, at + 1) and w not in ("-c", "-MD") and words[i - 1] not in ("-MT", "-MF") and w not in ("-MT", "-MF")]
        # not optimised: half the time
        words = ["-O0" if w.startswith("-O") else w for w in words if w != "-g" and not w.endswith(like)] + ["-c", os.path.join(copy, path), "-o", objects[-1]]
        words = [w.replace(os.path.join(os.path.realpath(SOURCE), ""), copy + os.sep) if w.startswith("-I") and BUILD not in w else w for w in words]
        done = subprocess.run(words, cwd=where, capture_output=True, text=True)
        expect(done.returncode == 0, f"{path} compiles: {done.stderr[:600]}")
link = subprocess.run(["ninja", "-C", BUILD, "-t", "commands", "bin/otto"], capture_output=True, text=True).stdout.strip().split("\n")[-1]
link = link.removeprefix(": && ").removesuffix(" && :")
words = shlex.split(link)
at = words.index("-o")
words = words[:at] + objects + ["-o", os.path.join(copy, "otto.bin")] + words[at + 2:]
done = subprocess.run(words, cwd=BUILD, capture_output=True, text=True)
expect(done.returncode == 0, f"it links: {done.stderr[:600]}")

# ---- and what they give ----
common.OTTO = os.path.join(copy, "otto.bin")
lists, shown = common.run("list").out, common.run("dissipation", "-help").out
for word in ("laplace", "linear", "fourth_order", "fermi", "exponential", "van_der_pol"):
    expect(re.search(rf"^  {word} ", lists, re.M), f"otto list shows {word}")
expect(re.search(r"-p_length +number \(1\): laplace: over which", shown), "-help shows a member's key")
expect(re.search(r"-p_position +numbers \(required\): delta, laplace: ", shown), "-help shows a key of two members once")
expect("check_kl_chi2_tolerance" in shown, "-help shows the check's bound")
loose = [w for c in ("rate", "integral_kl", "integral_reverse_kl", "integral_chi2", "integral_hellinger2", "integral_js", "entropy_rate", "slope")
         for w in (f"-check_{c}_tolerance", "1e-3")]
r = common.run("dissipation", "-grid_n", "128", "-heat_kernel", "fourth_order", "-p_density", "formula", "-p_formula", "exp(cos(2*_pi*x))",
               "-q_density", "formula", "-q_formula", "2+sin(2*_pi*x)", "-time_start", "1e-3", "-time_stop", "1e-2", "-time_samples", "4",
               "-check_space", "no", *loose)
expect(r.status == 0, f"a run by the new kernel: {r.status} {r.err}{r.out[-800:]}")
expect(r.summary()["results"]["heat_kernel"] == "fourth_order", "it was that kernel")
rows = r.series()
for h2, b in zip(rows["hellinger2"], rows["bhattacharyya"]):
    close(b, -math.log1p(-h2), 1e-14, "the new column")
expect(r.check("kl_chi2")["pass"] and r.check("kl_chi2")["value"] < 0, f"the new check: {r.check('kl_chi2')}")
r = common.run("dissipation", "-grid_n", "64", "-heat_kernel", "lattice_exact", "-p_density", "laplace", "-p_position", "0.3", "-p_length", "0.1",
               "-q_density", "uniform", "-time_start", "1e-3", "-time_stop", "1e-2", "-time_samples", "2", "-check_space", "no")
expect(r.status == 0 and r.summary()["results"]["p_density"] == "laplace", f"the new density: {r.status} {r.err}{r.out[-500:]}")
r = common.run("fokker-planck", "-grid_n", "64", "-grid_boundary", "no_flux", "-potential_type", "linear", "-potential_slope", "3", "-p_density",
               "uniform", "-time_stop", "1", "-time_samples", "2", "-check_space", "no", "-check_time", "no", "-ts_dt", "0.1")
expect(r.status == 0 and r.summary()["results"]["potential"] == "linear", f"the new potential: {r.status} {r.err}{r.out[-500:]}")
x = [(i + 0.5) / 64 for i in range(64)]
weight = [math.exp(-3 * v) for v in x]
mean = sum(v * w for v, w in zip(x, weight)) / sum(weight)
close(r.summary()["results"]["mean_p"][0], mean, 0.1, "towards the barometric mean")
r = common.run("gradient-flow", "-grid_n", "64", "-grid_boundary", "no_flux", "-energy_internal", "fermi", "-energy_capacity", "3", "-temperature", "0.1",
               "-energy_interaction_type", "exponential", "-energy_interaction_strength", "-1", "-energy_interaction_length", "0.5", "-p_density",
               "formula", "-p_formula", "1+0.5*cos(2*_pi*x)", "-time_stop", "0.1", "-time_samples", "2", "-check_space", "no", "-ts_dt", "0.05",
               "-time_tolerance", "1")
expect(r.status == 0 and r.summary()["results"]["internal_energy"] == "fermi", f"the new internal energy: {r.status} {r.err}{r.out[-500:]}")
p = [1 + 0.5 * math.cos(2 * math.pi * v) for v in x]
each = [0.1 * 3 * (v / 3 * math.log(v / 3) + (1 - v / 3) * math.log(1 - v / 3)) / 64 for v in p]
close(r.series()["energy_internal"][0], sum(each), 1e-12, "its energy")
cell = -(1 - math.exp(-1 / 128 / 0.5)) * 2 * 0.5 * 64  # W's mean over a cell
pairs = [p[i] * p[j] * (cell if i == j else -math.exp(-abs(x[i] - x[j]) / 0.5)) for i in range(64) for j in range(64)]
close(r.series()["energy_interaction"][0], 0.5 * sum(pairs) / 64**2, 1e-10, "and that of the new interaction")
expect(all(c["pass"] for c in r.summary()["checks"]), "which both go down")
r = common.run("fokker-planck", "-grid_n", "8", "-potential_type", "linaer", "-p_density", "uniform", "-time_stop", "1")
expect(r.status == 2 and "did you mean linear?" in r.err, f"messages know the new name: {r.err}")
finish()
