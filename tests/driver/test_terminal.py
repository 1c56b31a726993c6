"""What a run says at its end: answers first, with their errors; in 80 columns; every result with unit and meaning."""
import csv, math, os, re, shutil, subprocess, tempfile
from common import OTTO, expect, finish, run


def last_error(r, column):
    """What time_error.csv and space_error.csv say of the last row together."""
    total = 0.0
    for kind in ("time", "space"):
        path = os.path.join(r.folder, f"{kind}_error.csv")
        if os.path.exists(path):
            with open(path) as f:
                total += float(list(csv.DictReader(f))[-1].get(column, "nan"))
    return total


def answers(r, wanted, what):
    """The lines of the closing table against the series."""
    head = r.out.index("its error, about")
    expect(head < r.out.index("worst value"), f"{what}: answers stand before the checks")
    series, t = r.series(), r.series()["t"]
    times = re.findall(r"t = (\S+)", r.out[r.out.rindex("\n", 0, head) : head])
    expect([float(x) for x in times] == [float(f"{t[0]:.6g}"), float(f"{t[-1]:.6g}")], f"{what}: times {times}")
    rows = {line.split()[0]: line.split(None, 3)[1:] for line in r.out[head:r.out.index("worst value")].split("\n")
            if len(line.split()) >= 4}
    for column in wanted:
        first, last, error = rows[column]
        for said, right in ((first, series[column][0]), (last, series[column][-1])):
            expect(float(said) == right or abs(float(said) - right) <= 1e-8 * abs(right), f"{what}: {column} {said}")
        right = last_error(r, column)
        if math.isnan(right):
            expect(error == "not known", f"{what}: error of {column} {error}")
        else:
            right = max(right, 2.3e-16 * abs(series[column][-1]))
            expect(abs(float(error) - right) <= 0.06 * right, f"{what}: error of {column} {error}, right {right}")
    return rows


def meanings(r, what):
    summary = r.summary()
    expect(list(summary["meanings"]) == list(summary["results"]), f"{what}: a meaning for every result, and no other")
    for name, m in summary["meanings"].items():
        expect(len(m["sentence"]) > 8 and "unit" in m, f"{what}: {name}: {m}")
    expect(list(summary["columns"]) == list(r.series()), f"{what}: unit and sentence for every column, and no other")
    for name, m in summary["columns"].items():
        expect(len(m["sentence"]) > 8 and m["unit"], f"{what}: {name}: {m}")
    for kind, entries in summary.get("errors", {}).items():
        for e in entries:
            expect(e["unit"] == summary["columns"].get(e["column"], e)["unit"], f"{what}: {kind}: {e}")
    for name, unit in (("kl", "nats"), ("entropy_p", "nats"), ("chi2", "1"), ("fisher_rel", "nats/time"),
                       ("min_p", "1/volume")):
        expect(summary["columns"][name]["unit"] == unit, f"{what}: {name}: {summary['columns'][name]}")


def narrow(r, what):
    for line in r.out.split("\n"):
        if not line.startswith("results in"):
            expect(len(line) <= 80, f"{what}: {len(line)} columns: {line}")


D = ["dissipation", "-grid_n", "24,20", "-time_start", 1e-3, "-time_stop", 2e-2, "-time_samples", 4, "-output_fields",
     "none", "-p_density", "gaussian_mixture", "-p_mean", "0.4,0.5", "-p_sigma", 0.15, "-q_density", "uniform"]
r = run(*D, "-heat_kernel", "lattice_exact")
rows = answers(r, ("kl", "reverse_kl", "js", "chi2", "hellinger2", "tv", "renyi", "fisher_rel"), "dissipation")
meanings(r, "dissipation"), narrow(r, "dissipation")
share = re.search(r"took (\S+) s: (.*)", r.out)
expect(share and sum(int(x) for x in re.findall(r"(\d+) %", share.group(2))) <= 101, f"shares of time: {share}")

r = run("fokker-planck", "-grid_n", "20,18", "-grid_boundary", "absorbing,no_flux", "-p_density", "uniform", "-drift_type",
        "constant", "-drift_force", "1,0", "-time_stop", 0.1, "-time_samples", 3, "-spectrum_count", 3, "-output_fields",
        "none")
rows = answers(r, ("free_energy", "production"), "absorbing")
expect("kl" not in rows, "what has no value at all is no answer")
for name in ("escape_rate", "killed_mass", "relaxation_rates"):
    line = re.search(rf"^  {name} +(.*)$", r.out, re.M)
    value = r.summary()["results"][name]
    value = value[0] if isinstance(value, list) else value
    expect(line and abs(float(line.group(1).split()[0]) - value) <= 1e-7 * abs(value), f"{name} is an answer: {line}")
    expect(line and line.start() < r.out.index("worst value"), f"{name} before the checks")
meanings(r, "absorbing"), narrow(r, "absorbing")

# not known, and failing: reasons, meaning and advice are wrapped, none is cut off
r = run("dissipation", "-grid_n", 64, "-heat_kernel", "lattice", "-time_start", 1e-4, "-time_stop", 5e-2, "-time_samples",
        3, "-p_density", "gaussian_mixture", "-p_mean", 0.3, "-p_sigma", 0.02, "-q_density", "gaussian_mixture",
        "-q_mean", 0.7, "-q_sigma", 0.02, "-output_fields", "none")
unknown = r.summary()["not_known"]
expect(unknown, "an FFT kernel does not know all of this")
flat = " ".join(r.out.split())
for u in unknown:
    expect(" ".join(u["why"].split()) in flat, f"why {u['name']} is not known is said in full")
for c in r.summary()["checks"]:
    for text in [c.get("left_out", "")] + ([] if c["pass"] else [c["meaning"]]):
        expect(" ".join(text.split()) in flat, f"{c['name']}: {text}")
narrow(r, "not known")
meanings(r, "not known")
b = run("bench", "heat", "-grid_n", "32,32", "-bench_rounds", 7)
expect(b.status == 0, b.err)


def on_terminal(*arguments):
    """What a terminal of 80 columns shows at any time, stderr too: lines, each as it stood before it was written over."""
    command = " ".join(str(a) for a in arguments)
    folder = os.path.join(tempfile.mkdtemp(prefix="otto-terminal-"), "out")
    said = subprocess.run(["script", "-qec", f"stty cols 80; {OTTO} {command} -output_dir {folder}", "/dev/null"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, env=os.environ | {"TERM": "xterm"}, timeout=200).stdout
    shutil.rmtree(os.path.dirname(folder), ignore_errors=True)
    return [re.sub("\x1b\\[[0-9;]*[A-Za-z]", "", part) for part in re.split("[\r\n]+", said)]


# a warning does not hang on the end of a line of progress
steep = on_terminal("fokker-planck -grid_n 12 -grid_boundary no_flux -potential_type quadratic -potential_stiffness 900 "
                    "-potential_center 0.5 -p_density uniform -time_stop 1e-3 -time_samples 3 -output_fields none")
expect(any(re.match(r" +\[ *\d+ %\] t = ", line) for line in steep), f"progress is shown: {steep[:3]}")
expect(any(line.startswith("otto: warning: forces are steep") for line in steep), f"on a line of its own: {steep}")
finish()
