"""jobs/exact_cost.py: the curves it draws are the numbers of a run of `otto bench heat`, whatever of them there is."""

import subprocess

from common import *

SCRIPT = os.path.join(SOURCE, "jobs", "exact_cost.py")


def script(*arguments):
    done = subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def made(name, results):
    folder = os.path.join(SCRATCH, name)
    os.makedirs(folder)
    with open(os.path.join(folder, "summary.json"), "w") as file:
        json.dump({"driver": "bench", "ranks": 2, "grid": {"n": [8, 6]}, "results": results}, file)
    return folder


def drawn(folder):
    """kernel → {label: (x, y)} of the curves in a figure of the folder's run, and the figure."""
    from otto_results import load
    from plots.exact_cost import exact_cost

    figure, found = exact_cost(load(folder)), {}
    for axes in figure.axes if figure else []:
        title = next(t.get_text() for t in axes.texts if t.get_text().endswith("_exact"))
        found[title] = {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines}
    return found, figure


# A run that has what the script knows, its widths in no order; and one that has a part of it.
results = {"exact_sigma": [3, 1.5, 40], "lattice_exact_mixture_over_own": [1.25, 1.5, 0.5],
           "lattice_exact_points_over_own": [2, 9, 1], "lattice_exact_discs_over_own": [3, 4, 5],
           "gaussian_exact_mixture_over_own": [1, 2, 3], "gaussian_exact_points_over_own": [4, 5, 6],
           "gaussian_exact_discs_over_own": [7, 8, 9]}
curves, figure = drawn(made("whole", results))
expect(set(curves) == {"lattice_exact", "gaussian_exact"}, f"a panel a kernel: {set(curves)}")
expect(curves["lattice_exact"]["two Gaussians"] == ([1.5, 3, 40], [1.5, 1.25, 0.5]), f"{curves['lattice_exact']}")
expect(curves["lattice_exact"]["two point masses"] == ([1.5, 3, 40], [9, 2, 1]), f"{curves['lattice_exact']}")
expect(curves["gaussian_exact"]["two discs, zeros outside"] == ([1.5, 3, 40], [8, 7, 9]), f"{curves['gaussian_exact']}")
expect(list(curves["gaussian_exact"]["an FFT apply"][1]) == [1, 1], "what is compared with")
expect("σ" in figure.axes[-1].get_xlabel() and figure.axes[0].get_xscale() == "log", "against the width")
said = " ".join(t.get_text() for t in figure.texts)
expect("8 × 6 cells" in said and "2 ranks" in said, f"which run: {said}")
curves, _ = drawn(made("part", {k: v for k, v in results.items() if k == "exact_sigma" or k.startswith("gaussian_exact_p")}))
expect(set(curves) == {"gaussian_exact"} and len(curves["gaussian_exact"]) == 2, f"what is not there is left out: {curves}")

# Real runs: widths of the user's own, and those that are none.
run = otto("bench", "bench", "heat", "-grid_n", "16,16", "-bench_sigma", "2,5,1.25")
curves, _ = drawn(run)
for kernel, lines in curves.items():
    expect(len(lines) == 4 and all(x == [1.25, 2, 5] and min(y) > 0 for label, (x, y) in lines.items() if "FFT" not in label),
           f"{kernel}: {lines}")
target = os.path.join(SCRATCH, "cost.png")
status, said = script(run, target)
expect(status == 0 and target in said and open(target, "rb").read(8) == b"\x89PNG\r\n\x1a\n", f"{status}: {said}")
for value, words in (("2,0.1", "bench_sigma: 0.1; each must be 0.2 to 1e6"), (",".join(["2"] * 33), "bench_sigma: 33 widths; at most 32"),
                     ("2,nan", "bench_sigma"), ("two", "bench_sigma")):
    command = [os.path.join(os.environ["OTTO_BUILD"], "bin", "otto"), "bench", "heat", "-grid_n", "16,16", "-bench_sigma", value]
    done = subprocess.run(command + ["-output_dir", os.path.join(SCRATCH, "refused")], capture_output=True, text=True, cwd=SOURCE)
    expect(done.returncode == 2 and words in done.stderr, f"{value}: {done.returncode} {done.stderr}")

# What is no such run.
status, said = script(made("other", {"kl": 1}), target)
expect(status == 2 and "is no run of otto bench heat" in said, f"{status}: {said}")
status, said = script(os.path.join(SCRATCH, "nowhere"), target)
expect(status == 2 and "nowhere" in said and "Traceback" not in said, f"{status}: {said}")
status, said = script()
expect(status == 2 and "exact_cost.py OUTPUT_DIR TARGET.png" in said, f"without arguments: {status}")
finish()
