"""bench fokker_planck: the names of its figures, and what does not depend on the machine's load."""
from common import *

r = run("bench", "fokker_planck", "-grid_n", "16,16,16", "-bench_rounds", "1")
expect(r.status == 0, f"runs: {r.err}")
results = r.summary()["results"]
expect(os.listdir(r.folder) == ["summary.json"], f"a bench has no series, and nothing to plot: {os.listdir(r.folder)}")
expect("on 1 rank," in r.out, r.out[:200])
for name in ("step_ms", "iterations", "matmult_ms", "step_over_matmult", "setup_over_matmult",
             "sample_one_over_transposed", "sample_two_over_transposed", "memory_bytes_per_cell"):
    expect(results.get(name, 0) > 0, f"{name} is reported")
expect(results["converged"] == 1, "the step converges")
expect(results["form"] == "symmetrised by the Gibbs state", "the form")
# 7 to 11 measured over sizes and steps (test_scaling_fokker_planck); far fewer would mean that nothing was solved
expect(2 <= results["iterations"] <= 14, f"iterations: {results['iterations']}")
expect(results["factors"].startswith("kept factors after 30 "), f"in space factors are dear: {results['factors']}")
expect(results["crossover_cells"] == [16**3, 16**3, 24**3], f"sizes around that: {results['crossover_cells']}")
r = run("bench", "fokker_planck", "-grid_n", "8,8", "-bench_rounds", "1", "-pc_type", "mg")
expect(r.summary()["results"]["factors"].startswith("no factors"), "a preconditioner that is asked for stays")
expect(r.summary()["results"]["crossover_cells"] == [], "a plane of 8 cells has no neighbours in the list")
r = run("bench", "fokker_planck", "-grid_n", "16,16", "-bench_rounds", "1", "-ksp_type", "richardson", "-pc_type", "none",
        "-ksp_max_it", "1")
expect(r.status == 3 and "did not converge: " in r.err, f"a step that does not converge: {r.status}, {r.err}")
expect(r.summary()["results"]["converged"] == 0, "its figures are there")
r = run("bench", "fokker")
expect(r.status == 2 and "heat, fokker_planck" in r.err, f"a wrong name lists the right ones: {r.err}")
finish()
