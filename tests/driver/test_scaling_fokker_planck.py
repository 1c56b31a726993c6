"""processors: 2; labels: long
An implicit step at 30 T from 64^3 to 192^3, dt 1e-3 to 1e3: iterations that do not grow, and the work of a step in
applications of the matrix, counted in matrix entries (`otto bench fokker_planck` times it as well)."""
from common import *

for dt in ("1e-3", "1", "1e3"):
    iterations = []
    for n in (64, 96, 128, 192):
        r = run("bench", "fokker_planck", "-grid_n", f"{n},{n},{n}", "-bench_dt", dt, "-bench_rounds", "1", ranks=2,
                timeout=600)
        expect(r.status == 0, f"{n}, dt {dt}: runs: {r.err}")
        results = r.summary()["results"]
        expect(results["converged"] == 1, f"{n}, dt {dt}: converges")
        iterations.append(results["iterations"])
        bound = 150 if n & (n - 1) == 0 else 250
        expect(results["applications"] <= bound, f"{n}, dt {dt}: {results['applications']} applications")
        # 497, and 89 more where far tails are mended by aggregation
        expect(results["memory_bytes_per_cell"] <= 620, f"{n}: {results['memory_bytes_per_cell']} bytes per cell")
        print(n, dt, {k: results[k] for k in ("iterations", "applications", "step_over_matmult")}, flush=True)
    expect(max(iterations) - min(iterations) <= 3, f"dt {dt}: iterations {iterations}")
finish()
