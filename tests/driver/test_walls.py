"""What stands for infinite: seams, closed cells, high walls, and an axis of one cell; by the program."""
import math, os

from common import close, expect, finish, over, run

RING = ["-grid_n", "256", "-temperature", "0.5", "-time_stop", "2", "-time_samples", "3", "-p_density", "uniform",
        "-potential_type", "formula", "-potential_formula", "cos(2*_pi*x)-6*x", "-output_fields", "none", "-check_time", "no", "-check_space", "no"]
SPRING = ["-grid_n", "256", "-grid_lower", -math.pi, "-grid_upper", math.pi, "-potential_type", "quadratic",
          "-potential_stiffness", "10", "-potential_center", "3", "-time_stop", "2", "-time_samples", "3",
          "-p_density", "uniform", "-output_fields", "none", "-check_time", "no", "-check_space", "no"]


def passed(r, what):
    expect(r.status == 0, f"{what}: exit 0, not {r.status}: {r.err[-300:]}{r.out[-900:]}")


def refused(r, *parts):
    expect(r.status == 2, f"{parts}: exit 2, not {r.status}")
    for part in parts:
        expect(part in r.err, f"says {part!r}, not {r.err!r}")
    expect(not os.path.exists(r.folder), f"{parts}: no folder")


# A washboard: V + 6 x periodic. 43.57 is the production of a constant force 6 (a dense chain of its own).
refused(run("fokker-planck", *RING), "jumps by 12 T", "potential_seam")
tilted = run("fokker-planck", *RING, "-potential_seam", "drift")
passed(tilted, "tilt")
close(tilted.series()["production"][-1], 43.57, 1e-3 / 43.57 * 5, "production of a tilt")  # the digits given
close(tilted.summary()["results"]["seam_force"][0], 6, 1e-13, "its force")
forced = run("fokker-planck", *RING, "-potential_formula", "cos(2*_pi*x)", "-drift_type", "constant", "-drift_force",
             "6", ranks=2)
close(tilted.series()["production"][-1], forced.series()["production"][-1], 1e-9, "as a constant force")
walled = run("fokker-planck", *RING, "-potential_seam", "wall")
passed(walled, "wall")
expect(walled.series()["production"][-1] < 1e-12, "no current through a wall")
expect("forces are steep" in walled.err and "12 T" in walled.err, f"a warning, not {walled.err!r}")
close(walled.summary()["results"]["cell_peclet"], 12, 0.01, "12 T and a cell's step")
close(walled.summary()["results"]["largest_potential_step"], 12, 0.01, "12 T and a cell's step")
expect("forces are steep" not in forced.err and forced.summary()["results"]["cell_peclet"] < 2, "no warning below 2")

# A spring about 3.0 on a ring of angles: 188.5 = 10/2 ((pi+3)^2 - (pi-3)^2).
refused(run("fokker-planck", *SPRING), "potential_stiffness: '10' jumps by 188.5 T")
near = run("fokker-planck", *SPRING, "-potential_seam", "image")
passed(near, "nearest image")
# about 3.0 the variance is 1/10; means and covariances of the box see -3.0 and 3.0 apart:
p, h = [], 2 * math.pi / 256
for i in range(256):
    x = -math.pi + (i + 0.5) * h
    p.append((math.exp(-5 * min(abs(x - 3), abs(x + 2 * math.pi - 3)) ** 2), x))
total = sum(w for w, _ in p)
close(sum(w for w, x in p if x < -2.5) / total, 0.3203, 1e-4, "P(x < -2.5)")
mean = sum(w * x for w, x in p) / total
close(near.summary()["results"]["mean_p"][0], mean, 1e-8, "mean of the steady state")

# A drift along an axis of one cell.
ring = run("fokker-planck", "-grid_n", "8,1", "-p_density", "uniform", "-drift_type", "constant", "-drift_force", "0,5",
           "-time_stop", ".1", "-time_samples", "2", "-output_fields", "none", "-check_time", "no", "-check_space", "no")
passed(ring, "one cell")
for column, value in (("production", 25), ("production_adiabatic", 25), ("heat_rate", 25), ("current_norm", 5),
                      ("production_nonadiabatic", 0)):
    expect(abs(ring.series()[column][-1] - value) <= 1e-12, f"{column} of a loop: {ring.series()[column][-1]}")

# A stone in the way: closed, and 500 or 5000 T high, where the chain is the same outside.
STONE = ["-grid_n", "24,20", "-grid_boundary", "periodic,no_flux", "-potential_type", "formula", "-p_density", "formula",
         "-p_formula", "(x-0.5)^2+(y-0.5)^2<0.04 ? 0 : exp(2*cos(2*_pi*x))", "-time_stop", "0.1", "-time_samples", "3",
         "-ts_type", "beuler", "-ts_dt", "0.005", "-output_fields", "none", "-check_time", "no", "-check_space", "no"]
stone = "(x-0.5)^2+(y-0.5)^2<0.04 ? %s : cos(2*_pi*x)+y"
closed = run("fokker-planck", *STONE, "-potential_formula", stone % "inf", "-spectrum_count", "3", ranks=2)
passed(closed, "closed")
results = closed.summary()["results"]
expect(results["closed_cells"] == 60 and results["components"] == 1, f"60 cells closed: {results['closed_cells']}")
expect(results["cell_peclet"] < 1, "what is closed is not steep")
for height in (500, 5000):
    high = run("fokker-planck", *STONE, "-potential_formula", stone % height)
    passed(high, f"{height} T")
    close(high.series()["kl_p_pi"][-1], closed.series()["kl_p_pi"][-1], 1e-8, f"KL(p|pi) behind {height} T")
    close(high.series()["production"][-1], closed.series()["production"][-1], 1e-8, f"production behind {height} T")
high = run("fokker-planck", *STONE, "-potential_formula", stone % 300, "-spectrum_count", "3")
for a, b in zip(high.summary()["results"]["relaxation_rates"], results["relaxation_rates"]):
    close(a, b, 1e-7, "rates beside 300 T")
for name in ("dissipation_identity", "production_sum", "nonadiabatic", "entropy_balance", "positivity"):
    expect(closed.check(name)["value"] is not None and closed.check(name)["pass"], f"{name} applies beside closed cells")
refused(run("fokker-planck", *over(STONE, "-potential_formula", stone % "inf", "-p_density", "uniform")),
        "p_density: 0.125 of its mass lies in 60 closed cells", "p_closed: restrict")
driven = run("fokker-planck", *over(STONE, "-grid_n", "32,24", "-potential_formula", stone % "inf", "-p_density", "uniform",
             "-p_closed", "restrict", "-drift_type", "constant", "-drift_force", "6,1"), ranks=3)
passed(driven, "driven round a stone")
results = driven.summary()["results"]
close(results["p_restricted"], results["closed_cells"] / 768, 1e-12, "what was taken out")
expect(driven.series()["production_adiabatic"][-1] > 1, "and goes on for ever")

# More closed cells on a rank than boxes to settle a driven state by; the same on two ranks as on one.
ROCK = ["-grid_n", "12,13,11", "-grid_boundary", "periodic,no_flux,periodic", "-p_density", "gaussian_mixture", "-p_mean",
        "0.2,0.2,0.2", "-p_sigma", "0.1", "-p_closed", "restrict", "-drift_type", "constant", "-drift_force", "2,0,1",
        "-potential_type", "formula", "-potential_formula", "(x>0.4 && y>0.4 && z>0.4 && x<0.8) ? inf : y", "-time_stop",
        "0.02", "-time_samples", "2", "-ts_type", "beuler", "-ts_dt", "0.005", "-output_fields", "none", "-check_time",
        "no", "-check_space", "no"]
one, two = run("fokker-planck", *ROCK), run("fokker-planck", *ROCK, ranks=2)
passed(one, "rock")
passed(two, "rock on two ranks")
for column in ("kl_p_pi", "production", "production_adiabatic", "heat_rate", "current_norm", "entropy_p"):
    close(two.series()[column][-1], one.series()[column][-1], 1e-8, f"{column} on two ranks")

# Closing the rest of a box is the smaller box: every column, and rates; the solver takes other iterations.
PART = ["-grid_boundary", "no_flux", "-potential_type", "formula", "-p_density", "box", "-p_lower", "0,0", "-p_upper",
        "0.25,0.5", "-q_density", "formula", "-q_formula", "x>0.5 ? 0 : 1+x*y", "-time_stop", "0.05", "-time_samples", "3",
        "-ts_type", "beuler", "-ts_dt", "0.005", "-output_fields", "none", "-check_time", "no", "-check_space", "no",
        "-spectrum_count", "3"]
for drift in ([], ["-drift_type", "rotation", "-drift_rate", "5"]):
    whole = run("fokker-planck", *PART, *drift, "-grid_n", "24,10", "-potential_formula", "x>0.5 ? inf : 3*x+sin(5*y)")
    small = run("fokker-planck", *PART, *drift, "-grid_n", "12,10", "-grid_upper", "0.5,1", "-potential_formula",
                "3*x+sin(5*y)")
    passed(whole, "a box half closed")
    passed(small, "half a box")
    a, b = whole.series(), small.series()
    for column in a:
        if column in ("steps", "rejected", "iterations", "residual"):
            continue
        scale = max((abs(v) for v in b[column] if math.isfinite(v)), default=1)
        for v, w in zip(a[column], b[column]):
            # solves to 1e-10 in L1, divergences of order 1, logarithms of order 10
            expect(v == w or (v != v and w != w) or abs(v - w) <= 1e-8 * max(scale, 1e-3), f"{column}: {v} and {w}")
    for v, w in zip(whole.summary()["results"]["relaxation_rates"], small.summary()["results"]["relaxation_rates"]):
        close(v, w, 1e-8, "rates of half a box")

# Two chambers: each keeps its mass, and so has the steady state.
ROOMS = ["-grid_n", "40", "-grid_boundary", "no_flux", "-potential_type", "formula", "-potential_formula",
         "abs(x-0.4)<0.05 ? inf : 3*x", "-p_density", "box", "-p_lower", "0", "-p_upper", "0.8", "-p_closed", "restrict",
         "-q_density", "box", "-q_lower", "0.5", "-q_upper", "1", "-time_stop", "2", "-time_samples", "3",
         "-output_fields", "none", "-check_time", "no", "-check_space", "no"]
rooms = run("fokker-planck", *ROOMS, ranks=2)
passed(rooms, "two chambers")
expect(rooms.summary()["results"]["components"] == 2, "two parts")
expect("2 separate parts" in rooms.summary()["results"]["steady_state"], "in words")
expect(rooms.series()["kl_p_pi"][-1] < 1e-12, "p reaches it")
for name in ("production_sum", "nonadiabatic", "entropy_balance"): # once p fills its rooms
    expect(rooms.check(name)["value"] is not None and rooms.check(name)["pass"], f"{name} applies in two chambers")
# q is on the right alone, where π has 14/28 of its mass (p: 14 cells of 28 open ones below 0.8): log 2
close(rooms.series()["kl_q_pi"][-1], math.log(2), 1e-9, "q is not there")
finish()
