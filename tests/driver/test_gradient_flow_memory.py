"""What a run of gradient-flow is said to need, which is what a grid is refused by, is what it takes: peak memory of a run less
that of a small one, per cell more. Below what is said, so that a run that is let in fits (a tenth is the allocator's), and not below a
quarter of it, so that none is refused that would."""

import os, re, subprocess

from common import OTTO, SOURCE, expect, finish, scratch

RUN = ["gradient-flow", "-grid_lower", "-3", "-grid_upper", "3", "-grid_boundary", "no_flux", "-p_density", "formula", "-time_stop",
       "0.02", "-time_samples", "2", "-ts_dt", "0.01", "-output_fields", "none"]


def peak(arguments):
    """Bytes, and what the run said."""
    process = subprocess.Popen([OTTO, *RUN, *arguments, "-output_dir", os.path.join(scratch(), "out")], cwd=SOURCE, text=True,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read()
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return 1024 * usage.ru_maxrss, said


INTERACTION = ["-energy_interaction_type", "gaussian"]
for name, scheme, more in (("implicit", "implicit", []), ("jko", "jko", []), ("jko with W", "jko", INTERACTION), ("ljko", "ljko", [])):
    for dim, n, small, huge in ((2, 256, 64, 20000), (3, 32, 8, 800)):
        grid = lambda size: ["-grid_n", ",".join([str(size)] * dim), "-flow_scheme", scheme, "-p_formula",
                             "exp(-x^2-y^2" + ("-z^2)" if dim == 3 else ")"), *more]
        most, _ = peak(grid(n))
        least, _ = peak(grid(small))
        taken = (most - least) / (n**dim - small**dim)
        _, said = peak(grid(huge))
        needs = re.search(r"grid_n: this run needs about ([\d.e+]+) GB", said)
        expect(needs, f"{name}, {dim}D: a huge grid is refused: {said}")
        stated = float(needs.group(1)) * 1e9 / huge**dim
        print(f"{name}, {dim}D: {taken:.0f} bytes a cell, {stated:.0f} are said")
        expect(stated / 4 < taken < 1.1 * stated, f"{name}, {dim}D: {taken:.0f} bytes a cell, {stated:.0f} are said")
finish()
