"""The ready inputs of otto first-passage keep what their stories say, on coarser grids and with fewer samples where those
suffice."""

import math
import os
import subprocess
import sys

from common import SOURCE, close, expect, finish, needs, run, scratch

needs("numpy", "h5py")
import h5py
import numpy as np

seen = set()


def ready(name, *more):
    seen.add(name)
    r = run("first-passage", os.path.join(SOURCE, f"inputs/first-passage/{name}.yaml"), *more)
    expect(r.status == 0 and not r.failing(), f"{name}: exit {r.status}: {r.out[-1200:]}{r.err}")
    return r, r.summary()["results"]


def field(r, name):
    with h5py.File(os.path.join(r.folder, "fields.h5")) as f:
        return np.array(f["0"][name])


def well():
    """The numbers of the story; the law of the passage time is nearly exponential."""
    r, v = ready("mfpt_double_well_1d")
    close(v["passage_time"], 182.05, 1e-4, "mean time")
    close(v["rate_ab"], 0.005496, 1e-4, "rate")
    close(v["quasi_stationary_rate"], 0.005525, 1e-4, "slowest rate")
    close(v["passage_time_2"] / v["passage_time"] ** 2, 2, 1e-2, "an exponential's second moment")
    kramers = math.pi / math.sqrt(8) * math.exp(5)
    expect(0.88 < kramers / v["passage_time"] < 0.93, f"Kramers says {kramers}")
    s = r.series()
    for t, left in zip(s["t"], s["mass_p"]):
        expect(abs(left - math.exp(-t * v["quasi_stationary_rate"])) < 8e-3, f"{left} is left at {t}")


def mueller_brown():
    """On half the cells, to a few times its space_error."""
    _, v = ready("committor_mueller_brown_2d", "-grid_n", "72,72", "-time_samples", 5, "-space_tolerance", 0.2)
    close(v["committor"], 0.13, 0.1, "from the shallow well")
    close(v["rate_ab"], 1.341, 0.05, "rate")
    close(v["quasi_stationary_rate"], 1.394, 0.05, "slowest rate")


def stone():
    # half of its cells, whose stairs leave 8 % in the rate of the first row: 1 % of it is true
    r, v = ready("channel_with_stone_2d", "-grid_n", "64,32", "-time_samples", 9, "-space_tolerance", 0.1)
    close(v["passage_time"], 0.270, 0.03, "mean time")
    close(v["splitting_upper_1"], 0.359, 0.03, "out at the right")
    expect(v["splitting_upper_1"] < -math.expm1(-0.6) / -math.expm1(-4) - 0.05, "the stone stands in the way")
    close(r.series()["killed_upper_1"][-1], v["splitting_upper_1"], 2e-3, "what the series comes to")
    bare = run("first-passage", os.path.join(SOURCE, "inputs/first-passage/channel_with_stone_2d.yaml"), "-grid_n", "64,8", "-potential_formula",
               "-2*x", "-p_density", "delta", "-p_position", "0.296875,0.5", "-time_samples", 3, "-check_space", "no", "-check_time", "no")
    close(bare.summary()["results"]["splitting_upper_1"], math.expm1(-0.59375) / math.expm1(-4), 1e-8, "without the stone")


def askew():
    r, v = ready("well_3d", "-grid_n", "32,24,24", "-space_tolerance", 0.5)
    close(v["committor"], 0.5, 1e-8, "by symmetry")
    close(v["rate_ab"], v["rate_ba"], 1e-8, "by symmetry")
    close(v["rate_ab"], 0.0370, 0.05, "rate")
    q, n = field(r, "committor"), (32, 24, 24)
    expect(q.shape == n and abs(q + q[::-1, ::-1, ::-1] - 1).max() < 1e-8, "q(-x) = 1 - q(x)")
    expect(q[16, 18, 12] > 0.5 + 1e-3 > 0.5 - 1e-3 > q[15, 5, 12], "level surfaces stand aslant")


def kramers():
    """On a quarter of the cells, first order along x. Turning velocities turns time: what lay behind is what lies ahead then."""
    r, v = ready("kramers_phase_space_2d", "-grid_n", "64,48", "-space_tolerance", 0.5)
    close(v["rate_ab"], 0.0392, 0.1, "rate")
    close(v["quasi_stationary_rate"], 0.0426, 0.1, "slowest rate")
    close(v["committor"], 0.72, 0.02, "with some velocity at the top")
    close(v["rate_ab"], v["rate_ba"], 1e-8, "by symmetry")
    expect(r.check("rate_two_ways")["value"] < 1e-8, "the rate two ways")
    ahead, behind = field(r, "committor"), field(r, "committor_backward")
    expect(abs(behind - (1 - ahead[:, ::-1])).max() < 1e-8, "committor_backward(x, v) = 1 - committor(x, -v)")
    expect(abs(behind - (1 - ahead)).max() > 0.5, "and not 1 - committor(x, v)")
    expect(abs(ahead + ahead[::-1, ::-1] - 1).max() < 1e-8, "committor(-x, -v) = 1 - committor(x, v)")
    along = field(r, "reactive_current_x")
    expect(along[32, 24:36].min() > 0 and along[32, 24:].sum() > 20 * abs(along[32, :24].sum()), "the barrier is crossed at v > 0")


def torsions():
    folder = scratch()
    text, made = os.path.join(folder, "fes.txt"), os.path.join(folder, "angles.h5")
    jobs = os.path.join(SOURCE, "jobs")
    for script in (["example_data.py", "surface", text], ["fes_to_potential.py", text, made, "--unit", "kJ/mol", "--temperature", "300"]):
        subprocess.run([sys.executable, os.path.join(jobs, script[0]), *script[1:]], check=True, stdout=subprocess.DEVNULL)
    r, v = ready("torsions_2d", "-potential_path", made)
    close(v["passage_time"], 22.75, 1e-3, "mean time")
    close(v["committor"], 0.977, 1e-3, "from the basin on the way")
    close(v["rate_ab"], 0.02334, 1e-3, "rate")
    close(v["rate_ba"], 8.849e-5, 1e-3, "and back")
    # both leave a basin about a set that they were in last: equilibrium's masses, of what leans to a and to b
    pi, q = field(r, "steady_state"), field(r, "committor")
    close(v["rate_ba"] / v["rate_ab"], (pi * (1 - q)).sum() / (pi * q).sum(), 1e-8, "the ratio is equilibrium's")
    # psi rises from a to b across the box and falls over its edge: what passes two lines between them is all there is
    along = field(r, "reactive_current_y").sum(0) * 2 * math.pi / 48
    across, over = along[26], -along[4]
    expect(across > over > 0.2 * v["reactive_flux"], f"ways lead across the box ({across}) and over its edge ({over})")
    close(across + over, v["reactive_flux"], 1e-8, "and nowhere else")


for case in (well, mueller_brown, stone, askew, kramers, torsions):
    case()
there = {name[:-5] for name in os.listdir(os.path.join(SOURCE, "inputs/first-passage")) if name.endswith(".yaml")}
expect(seen == there, f"inputs that nothing looks at: {there - seen}")
finish()
