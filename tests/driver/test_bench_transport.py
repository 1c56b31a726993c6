"""bench transport: the names of its figures, and what does not depend on the machine's load."""
from common import *

NAMES = ("poisson_ms", "c_transform_ms", "push_forward_ms", "iteration_ms", "plan_ms", "certificate_ms")
for ranks, grid, boundary in ((1, "32,32", "no_flux"), (2, "12,8,10", "periodic,no_flux,periodic"), (1, "64", "periodic")):
    r = run("bench", "transport", "-grid_n", grid, "-grid_boundary", boundary, "-bench_rounds", "2", ranks=ranks)
    expect(r.status == 0, f"runs on {grid}: {r.err}")
    results = r.summary()["results"]
    expect(os.listdir(r.folder) == ["summary.json"], f"a bench has no series, and nothing to plot: {os.listdir(r.folder)}")
    expect(f"on {ranks} rank" in r.out and "best of 2" in r.out, r.out[:200])
    for name in NAMES:
        expect(results.get(name, 0) > 0, f"{name} is reported")
    close(results["iteration_over_poisson"], results["iteration_ms"] / results["poisson_ms"], 1e-14, "in solutions of Poisson's equation")
    # which of the two takes longer a machine under load does not say
    expect(results["iteration_over_poisson"] > 0 and results["certificate_over_iteration"] > 0, "ratios of times")
    meanings = r.summary()["meanings"]
    expect(all(meanings[name]["unit"] == "ms" for name in NAMES), "in ms")

for grid, boundary, words in (("8,8,8,8", "periodic", "grid_n: 4 axes"), ("8,8", "open", "grid_boundary: open"),
                              ("8,8", "no_flux,absorbing", "grid_boundary: absorbing")):
    r = run("bench", "transport", "-grid_n", grid, "-grid_boundary", boundary)
    expect(r.status == 2 and words in r.err and r.err.strip().count("\n") == 0, f"{grid} {boundary}: {r.status}, {r.err}")
r = run("bench", "transport", "-grid_n", "8,8", "-p_sigma", "1")
expect(r.status == 2 and "p_sigma" in r.err, f"a key of others: {r.err}")
finish()
