"""Sets that end between faces, where their formulas say: second order, and space_error against what the grid is truly off by, found
on a fine grid whose faces are at the ends. An estimate from three grids that have all their faces in common would be blind to them."""
import math

from common import close, expect, finish, run, sound

NUMBERS = ("passage_time", "passage_time_2", "passage_time_longest", "quasi_stationary_rate", "committor", "rate_ab", "rate_ba", "reactive_flux",
           "reactive_share")
WELL = ["-grid_boundary", "no_flux", "-potential_type", "formula", "-potential_formula", "((4*x-2)^2-1)^2"]
START = ["-p_density", "formula", "-p_formula", "exp(0-50*(x-0.4)^2)"]


def off(r, truth):
    """What the numbers of a run are off by at most, relative."""
    a, b = r.summary()["results"], truth.summary()["results"]
    return max(abs(a[k] / b[k] - 1) for k in NUMBERS)


# 0.78 and 0.22 are centres of cells of 32, and near none of 16's faces, whose 3/4 and 1/4 all coarser grids have; the others end left
# and right of faces. 400 cells have faces at all, and err by 1e-4. Coarser grids of 16 cells have 8 and 4, which say only that they are
# too few; of others single numbers err less than their kind by chance.
shares, worst = [], {16: 0, 32: 0, 64: 0}
for T in (0.5, 2):
    for ends in ((0.22, 0.78), (0.2, 0.8), (0.27, 0.73), (0.19, 0.77)):
        sets = ["-set_a", f"x<{ends[0]}", "-set_b", f"x>{ends[1]}"]
        truth = run("first-passage", "-grid_n", 400, *WELL, "-temperature", T, *sets, *START, "-check_space", "no")
        sound(truth, f"{ends}: 400")
        for n in worst:
            r = run("first-passage", "-grid_n", n, *WELL, "-temperature", T, *sets, *START)
            sound(r, f"{ends}: {n}")
            true, said = off(r, truth), r.summary()["results"]["space_error"]
            expect(true <= 1.5 * said, f"T = {T}, {ends}, {n} cells: off by {true:.3g}, said {said:.3g}")
            expect(n == 16 or said <= 20 * true, f"T = {T}, {ends}, {n} cells: off by {true:.3g}, said {said:.3g}, far more")
            shares.append(said / true)
            worst[n] = max(worst[n], true)
middle = sorted(shares)[len(shares) // 2]
expect(middle < 4, f"said is {middle:.2g} times what it is, as a rule")
# sets that ended at faces of cells would be off by 0.22, 0.14, 0.03
expect(worst[32] < 0.02 and worst[64] < 5e-3 and worst[16] > 9 * worst[64], f"second order: off by {worst}")

# Row by row: what is left, what is taken, and when.
TIMES = ["-time_start", 0.01, "-time_stop", 0.4, "-time_samples", 6, "-time_spacing", "log", "-ts_dt", 2e-3]
sets = ["-set_a", "x<0.22", "-set_b", "x>0.78"]
truth = run("first-passage", "-grid_n", 400, *WELL, "-temperature", 2, *sets, *START, *TIMES, "-check_space", "no")
for n in (32, 64):  # a row where an error changes its sign may hide half of it
    r = run("first-passage", "-grid_n", n, *WELL, "-temperature", 2, *sets, *START, *TIMES)
    sound(r, f"series: {n}")
    said = r.errors("space")
    for name in ("mass_p", "escape_rate", "killed_b"):
        for k in range(1, len(said["t"])):
            true = abs(r.series()[name][k] - truth.series()[name][k])
            expect(true <= 2 * said[name][k], f"{n} cells, {name}, row {k}: off by {true:.3g}, said {said[name][k]:.3g}")
            expect(said[name][k] <= 5 * true, f"{n} cells, {name}, row {k}: off by {true:.3g}, said {said[name][k]:.3g}, far more")

# Ends at faces of all grids: second order, without anything of the first.
r, truth = (run("first-passage", "-grid_n", n, *WELL, "-temperature", 2, "-set_a", "x<0.25", "-set_b", "x>0.75", *START) for n in (64, 512))
true, said = off(r, truth), r.summary()["results"]["space_error"]
expect(true <= 1.5 * said and said <= 2 * true, f"at faces: off by {true:.3g}, said {said:.3g}")

# Along a force that cells are too coarse for the time is the way over the speed, longer by half a cell, and an end counts in whole
# cells: both of first order. exact: the mean of (b - x)/F - (e^-Fx - e^-Fb)/F².
for force, end, n in ((200, 0.77, 16), (200, 0.79, 16), (200, 0.78, 32), (200, 0.73, 32), (100, 0.76, 32), (50, 0.69, 16), (1000, 0.85, 16), (1000, 0.8, 64),
                      (20, 0.81, 16)):  # fmt: skip
    r = run("first-passage", "-grid_n", n, "-grid_boundary", "no_flux", "-drift_type", "constant", "-drift_force", force, "-set_b", f"x>{end}", "-p_density",
            "box", "-p_lower", 0.25, "-p_upper", 0.5, "-passage_moments", 1, "-check_space_error_tolerance", 1)
    sound(r, f"drift: {n}")
    exact = (end - 0.375) / force + math.exp(-force * end) / force**2 - (math.exp(-force / 4) - math.exp(-force / 2)) / force**3 / 0.25
    res = r.summary()["results"]
    true = abs(res["passage_time"] / exact - 1)
    expect(true <= 1.1 * res["space_error"], f"force {force}, {end}, {n} cells: off by {true:.3g}, said {res['space_error']:.3g}")

# Where nothing diffuses along x at all, round a periodic axis past two ends of a set: the mean and the longest time.
for end, n in ((0.766, 32), (0.7425, 32), (0.758, 64), (0.766, 64), (0.773, 64)):
    r = run("first-passage", "-grid_n", f"{n},8", "-mobility", "0,1", "-grid_boundary", "periodic,no_flux", "-velocity_formula", "1,0", "-set_b",
            f"x>{end} && x<{end + 0.14}", "-p_density", "gaussian_mixture", "-p_mean", "0.3,0.5", "-p_sigma", 0.05, "-passage_moments", 1,
            "-check_space_error_tolerance", 1)  # fmt: skip
    sound(r, f"transport: {n}")
    res = r.summary()["results"]
    true = max(abs(res["passage_time"] / (end - 0.3) - 1), abs(res["passage_time_longest"] / 0.86 - 1))
    expect(true <= res["space_error"], f"transport to {end}, {n} cells: off by {true:.3g}, said {res['space_error']:.3g}")

# On an axis of 8 cells there is one difference alone, which vanishes here: a cell of the way is the least that is said, half of what it is.
r = run("first-passage", "-grid_n", "50,8", "-mobility", "0,1", "-grid_boundary", "no_flux:absorbing,no_flux", "-velocity_formula", "1,0", "-set_b", "x>0.79",
        "-p_density", "formula", "-p_formula", "exp(0-200*(x-0.3)^2)", "-passage_moments", 1, "-check_space_error_tolerance", 1)
said = {e["column"]: e["relative"] for e in r.summary()["errors"]["space"]}["passage_time"]
expect(abs(r.summary()["results"]["passage_time"] / 0.49 - 1) <= 2.1 * said, f"one difference: said {said:.3g}")

# Stairs: discs, and a line aslant. Single numbers may err less than stairs do as a rule, or more: within a factor of 2.
FLAT = ["-grid_boundary", "no_flux", "-p_density", "formula", "-p_formula", "exp(0-20*(x-0.5)^2-20*(y-0.4)^2)", "-passage_moments", 1]
shares = []
for sets in (["-set_a", "0.02-(x-0.3)^2-(y-0.3)^2", "-set_b", "0.03-(x-0.72)^2-(y-0.66)^2"], ["-set_a", "0.02-(x-0.31)^2-(y-0.3)^2", "-set_b", "x+y>1.45"]):
    truth = run("first-passage", "-grid_n", "192,192", *FLAT, *sets, "-check_space", "no")
    for n in (20, 32, 48):
        r = run("first-passage", "-grid_n", f"{n},{n}", *FLAT, *sets)
        sound(r, f"stairs: {n}")
        a, b = r.summary()["results"], truth.summary()["results"]
        true, said = max(abs(a[k] / b[k] - 1) for k in NUMBERS if k in a), a["space_error"]
        expect(true <= 2 * said, f"stairs, {n} cells: off by {true:.3g}, said {said:.3g}")
        expect(said <= 5 * true, f"stairs, {n} cells: off by {true:.3g}, said {said:.3g}, far more")
        shares.append(said / true)

# The same on ranks.
at_rest = a["space_error"]
for ranks, mesh in ((2, "1,2"), (3, "3,1")):
    other = run("first-passage", "-grid_n", "48,48", *FLAT, *sets, "-grid_mesh", mesh, ranks=ranks)
    sound(other, f"{ranks} ranks")
    close(other.summary()["results"]["space_error"], at_rest, 1e-6, f"{ranks} ranks")

# Walls of a formula between faces, which all grids may have at the same wrong place: the stairs of 32, 16 and 8 cells agree on 1/8.
START = ["-p_density", "gaussian_mixture", "-p_mean", 0.45, "-p_sigma", 0.08, "-p_closed", "restrict"]
WALL = ["-grid_boundary", "no_flux", "-set_b", "x>0.75", *START, "-potential_type", "formula", "-potential_formula"]
TIMES_ALONE = ("passage_time", "passage_time_2", "passage_time_longest", "quasi_stationary_rate", "splitting_upper_1", "rate_ab")
for wall, n in ((0.1405, 32), (0.1405, 64), (0.13, 32), (0.15, 16)):
    truth = run("first-passage", "-grid_n", 2000, *WALL, f"x<{wall} ? inf : 0", "-check_space", "no").summary()["results"]
    close(truth["passage_time_longest"], (0.75 - wall) ** 2 / 2, 1e-6, f"wall at {wall}: from it to x = 0.75, in closed form")
    res = run("first-passage", "-grid_n", n, *WALL, f"x<{wall} ? inf : 0", "-check_space_error_tolerance", 1).summary()["results"]
    true = max(abs(res[k] / truth[k] - 1) for k in TIMES_ALONE if k in res)
    expect(true <= 1.5 * res["space_error"], f"wall at {wall}, {n} cells: off by {true:.3g}, said {res['space_error']:.3g}")
    expect(res["space_error"] <= 8 * true, f"wall at {wall}, {n} cells: off by {true:.3g}, said {res['space_error']:.3g}, far more")
said = [run("first-passage", "-grid_n", 64, *WALL, f"x<{w} ? inf : 0").summary()["results"]["space_error"] for w in (0.125, 0.125 + 1e-12)]
expect(said[0] < 1e-3, f"a wall at a face of all grids: {said[0]:.3g}")
close(said[1], said[0], 1e-6, "a wall at a face, but for rounding")

# A channel: what goes through it is as its width, of which cells know no more than their number.
CHANNEL = ["-grid_boundary", "absorbing,no_flux", "-p_density", "gaussian_mixture", "-p_mean", "0.4,0.5", "-p_sigma", 0.04, "-p_closed", "restrict",
           "-potential_type", "formula", "-potential_formula"]
for half in (0.046875, 0.0625, 0.078125):
    formula = f"x>0.5 && x<0.9375 && abs(y-0.5)>{half} ? inf : 0"
    truth = run("first-passage", "-grid_n", "128,128", *CHANNEL, formula, "-check_space", "no").summary()["results"]
    for ranks, mesh in ((1, "1,1"), (2, "1,2")) if half < 0.05 else ((1, "1,1"),):
        r = run("first-passage", "-grid_n", "32,32", *CHANNEL, formula, "-check_space_error_tolerance", 1, "-grid_mesh", mesh, ranks=ranks)
        sound(r, f"channel of {half}, {ranks} ranks")
        res = r.summary()["results"]
        true = abs(res["splitting_upper_1"] / truth["splitting_upper_1"] - 1)
        expect(true <= 1.5 * res["space_error"], f"channel of {half}: off by {true:.3g}, said {res['space_error']:.3g}")
        expect((true > 0.1) == (half != 0.0625), f"channel of {half}: off by {true:.3g}: all three are as wide on 32 cells")
finish()
