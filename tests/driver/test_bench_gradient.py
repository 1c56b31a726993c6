"""bench gradient_flow: the names of its figures, and what does not depend on the machine's load."""
from common import *

NAMES = ("residual_ms", "step_ms", "interaction_ms", "padded_apply_ms", "jko_step_ms", "iteration_ms")
LISTS = ("newton_entropy", "krylov_entropy", "newton_m2", "krylov_m2", "newton_m3", "krylov_m3")


def near(a, b):
    return abs(a - b) <= 1e-12 * abs(b)


for ranks, grid, boundary in ((1, "12,12,12", "no_flux"), (2, "16,12", "periodic,no_flux"), (1, "32", "no_flux")):
    r = run("bench", "gradient_flow", "-grid_n", grid, "-grid_boundary", boundary, "-bench_rounds", "1", "-bench_sizes", "8,12",
            ranks=ranks)
    expect(r.status == 0, f"runs on {grid}: {r.err}")
    results = r.summary()["results"]
    expect(os.listdir(r.folder) == ["summary.json"], f"a bench has no series, and nothing to plot: {os.listdir(r.folder)}")
    expect(f"on {ranks} rank" in r.out and "best of 1" in r.out and "dt = 0.001" in r.out, r.out[:200])
    for name in NAMES + ("memory_bytes_per_cell",):
        expect(results.get(name, 0) > 0, f"{name} is reported")
    expect(results.get("jko_iterations", -1) >= 0, "as many as there are: none where coarse grids have brought the step")
    meanings = r.summary()["meanings"]
    expect(all(meanings[name]["unit"] == "ms" for name in NAMES), "in ms")
    expect(near(results["step_over_residual"], results["step_ms"] / results["residual_ms"]), "in residuals")
    expect(near(results["interaction_over_apply"], results["interaction_ms"] / results["padded_apply_ms"]), "in transforms")
    expect(near(results["jko_step_over_iteration"], results["jko_step_ms"] / results["iteration_ms"]), "in iterations of W2")
    # one Newton iteration where F is linear in the density
    expect(results["step_newton"] == 1 and 1 <= results["step_krylov"] <= 12, f"a step: {results['step_krylov']}")
    expect(results["count_sides"] == [8, 12], f"sides: {results['count_sides']}")
    for name in LISTS:
        expect(len(results[name]) == 2 and abs(results[name][0] - results[name][1]) <= 3, f"{name}: {results[name]}")
    expect(results["newton_entropy"] == [1, 1], f"Newton, entropy: {results['newton_entropy']}")
    expect(all(2 <= n <= 8 for n in results["newton_m2"] + results["newton_m3"]), f"Newton: {results['newton_m2']}")

# the energy of the options is timed, by jko too; it does not serve one without an internal part
r = run("bench", "gradient_flow", "-grid_n", "16,16", "-bench_rounds", "1", "-bench_sizes", "8", "-bench_dt", "0.01", "-energy_internal",
        "power", "-energy_m", "2", "-energy_interaction_type", "quadratic", "-grid_boundary", "no_flux")
expect(r.status == 0 and "dt = 0.01" in r.out, f"with an interaction: {r.err}")
results = r.summary()["results"]
expect("jko_step_ms" in results and results["step_newton"] >= 3, f"power 2: {results['step_newton']}")
r = run("bench", "gradient_flow", "-grid_n", "16,16", "-bench_rounds", "1", "-bench_sizes", "8", "-bench_dt", "0.01", "-energy_internal",
        "none", "-energy_interaction_type", "quadratic", "-grid_boundary", "no_flux")
expect(r.status == 0 and "jko_step_ms" not in r.summary()["results"], f"without an internal energy: {r.err}")
for arguments, words in ((("-grid_n", "8,8,8,8"), "grid_n: 4 axes"), (("-grid_n", "8,8", "-bench_sizes", "8,9.5"), "bench_sizes: 9.5"),
                         (("-grid_n", "8,8", "-bench_dt", "0"), "bench_dt"), (("-grid_n", "8,8", "-p_sigma", "1"), "p_sigma"),
                         (("-grid_n", "8,8", "-energy_internal", "power"), "energy_m")):
    r = run("bench", "gradient_flow", *arguments)
    expect(r.status == 2 and words in r.err and r.err.strip().count("\n") == 0, f"{arguments}: {r.status}, {r.err}")
finish()
