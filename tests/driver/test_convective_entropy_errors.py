"""ranks: 1 2 3; long: 3; processors: 1
Bad input to convective-entropy: exit 2 before anything is computed, one line that names the key, on any number of ranks; and
what only turns out on the way: exit 3, the point named."""

import os, sys

from common import *

RANKS = int(sys.argv[1])
BASE = ["-grid_n", "32,32", "-p_density", "formula", "-p_formula", "1+0.5*cos(2*_pi*x)", "-dynamics_type", "torus_automorphism",
        "-dynamics_matrix", "2,1,1,1", "-dynamics_times", "1,2", "-smoothing_times", "1e-3", "-output_fields", "none"]  # fmt: skip
LINE = ["-grid_n", "64", "-dynamics_matrix", None]


def refuse(arguments, *parts, status=2):
    given = dict(zip(BASE[::2], BASE[1::2])) | dict(zip(arguments[::2], arguments[1::2]))
    ranks = some(RANKS)
    if not ranks:
        return
    result = run("convective-entropy", *[w for pair in given.items() if pair[1] is not None for w in pair], ranks=ranks, timeout=60)
    said, label = result.err.strip(), " ".join(map(str, arguments))
    expect(result.status == status, f"{label}: status {result.status}, not {status}: {said[:300]}")
    expect(said.startswith("otto: error: ") and said.count("\n") == 0, f"{label}: one line, not {said!r}")
    for part in parts:
        expect(part in said, f"{label}: says {part!r}, not {said!r}")
    expect(not os.path.exists(result.folder) or status == 3, f"{label}: no folder")


# the matrix
refuse(["-dynamics_matrix", None], "error: dynamics_matrix: missing", "row by row")
for matrix, determinant in (("2,1,1,2", 3), ("1,1,1,1", 0), ("2,0,0,1", 2)):
    refuse(["-dynamics_matrix", matrix], f"error: dynamics_matrix: determinant {determinant};", "1 or -1")
refuse(["-dynamics_matrix", "2.5,1,1,1"], "error: dynamics_matrix: 2.5", "whole numbers")
refuse(["-dynamics_matrix", "2,1,1"], "error: dynamics_matrix: 3 numbers", "has 4")
refuse(["-dynamics_type", "linear", "-dynamics_matrix", "1,1,1,1"], "error: dynamics_matrix: it cannot be inverted")
refuse(["-dynamics_type", "linear", "-dynamics_matrix", "1.5,0,0,1"], "error: dynamics_matrix: on a torus", "1.5")
refuse(["-dynamics_type", "linear", "-dynamics_matrix", "0", *LINE[:2]], "error: dynamics_matrix: it cannot be inverted")
# the system
refuse(["-dynamics_type", None], "error: dynamics_type: missing; one of torus_automorphism, standard_map")
refuse(["-dynamics_type", "cat"], "error: dynamics_type: 'cat'")
for name, axes in (("henon", "2 axes"), ("standard_map", "2 axes"), ("baker", "2 axes"), ("double_gyre", "2 axes"), ("abc", "3 axes")):
    refuse([*LINE, "-dynamics_type", name], f"error: dynamics_type: {name} has {axes}; grid_n has 1")
refuse(["-grid_n", "8,8,8,8"], "error: grid_n: 4 axes", "1 to 3")
for kind in ("no_flux", "open"):
    refuse(["-grid_boundary", kind], f"error: grid_boundary: {kind} on axis x", "torus_automorphism")
refuse(["-grid_boundary", "absorbing"], "error: grid_boundary: absorbing", "periodic, no_flux or open")
refuse(["-grid_boundary", "periodic,absorbing", "-dynamics_type", "baker", "-dynamics_matrix", None], "error: grid_boundary: absorbing")
for key, value in (("dynamics_typ", "baker"), ("smoothing_time", "1"), ("dynamics_ks", "1")):
    refuse([f"-{key}", value], f"error: unknown key {key}; did you mean")
for key, value in (("q_density", "uniform"), ("time_stop", "1"), ("renyi_order", "2"), ("potential_type", "quadratic")):
    refuse([f"-{key}", value], f"key {key} is not used by driver convective-entropy")
refuse(["-ts_dt", "1"], "error: key ts_dt")
# maps and formulas that a user types
MAP = [*LINE, "-dynamics_type", "map", "-dynamics_map"]
CIRCLE = "x+atan(sin(2*_pi*x)/(5-cos(2*_pi*x)))/_pi"
refuse(MAP[:-1], "error: dynamics_map: missing")
for push in ("auto", "exact", "interpolation"):
    refuse([*MAP, CIRCLE, "-push_forward", push], "error: dynamics_inverse: missing", "remap does not")
refuse([*MAP, CIRCLE, "-push_forward", "remap", "-dynamics_times", "1,-1"], "error: dynamics_times: -1", "dynamics_inverse")
refuse([*MAP, CIRCLE, "-dynamics_inverse", "x"], "error: dynamics_map", "is not undone by dynamics_inverse: (0.118034) goes to (0.16806)")
refuse([*MAP, "x/2", "-dynamics_inverse", "2*x"], "error: dynamics_map: 'x/2' is not periodic on axis x: at (1) the image is (0.5)")
refuse([*MAP, "x,x", "-dynamics_inverse", "x"], "error: dynamics_map: 'x,x' has 2 components")
refuse([*MAP, "w", "-dynamics_inverse", "x"], "error: dynamics_map: 'w': unknown name 'w'")
refuse([*MAP, "log(x-2)", "-dynamics_inverse", "exp(x)+2", "-grid_boundary", "open"], "error: dynamics_map: no finite value at (0.5)")
refuse([*MAP, "x^3", "-dynamics_inverse", "x^(1/3)", "-grid_boundary", "open", "-grid_lower", "-1"], "error: dynamics_inverse: no finite value at (-")
FLOW = [*LINE, "-dynamics_type", "formula", "-dynamics_formula"]
refuse(FLOW[:-1], "error: dynamics_formula: missing")
refuse([*FLOW, "x"], "error: dynamics_formula: 'x' is not periodic on axis x")
refuse([*FLOW, "sin(2*_pi*x)/x"], "error: dynamics_formula: 'sin(2*_pi*x)/x' has no finite velocity at (0)")
refuse([*FLOW, "sin(2*_pi*x"], "error: dynamics_formula", "not a formula")
refuse([*LINE, "-dynamics_type", "file", "-dynamics_path", "/nowhere.h5", "-dynamics_dataset", "u"], "/nowhere.h5")
# times
refuse(["-dynamics_times", None], "error: dynamics_times: missing")
refuse(["-dynamics_times", "1,1.5"], "error: dynamics_times: 1.5", "whole numbers of iterates")
refuse(["-dynamics_times", "1,2,1"], "error: dynamics_times: 1 stands there twice")
refuse(["-dynamics_times", "1e10"], "error: dynamics_times: 1e+10", "1e+09")
for value in ("", "nan", "inf", "1,two"):
    refuse(["-dynamics_times", value], "error: dynamics_times: entry", "is not a finite number")
    refuse(["-smoothing_times", value], "error: smoothing_times: entry", "is not a finite number")
refuse(["-smoothing_times", None], "error: smoothing_times: missing")
for value in ("0", "-0.001"):
    refuse(["-smoothing_times", value], f"error: smoothing_times: {value}; it must be above 0")
refuse(["-smoothing_times", "1e-3,1e-3"], "error: smoothing_times: 0.001 stands there twice")
h = 1 / 32  # widths sqrt(2s): a tenth of a cell, of gaussian_exact one and a half
for kernel, cells in (("auto", 0.1), ("spectral", 0.1), ("lattice", 0.1), ("lattice_exact", 0.1), ("gaussian_exact", 1.5)):
    least = (cells * h) ** 2 / 2
    refuse(["-smoothing_times", 0.99 * least, "-heat_kernel", kernel], "is below what the grid resolves", f"{least:g} at least", f"{cells:g} cells")
for value in ("0", "1", "-1e-3", "small"):
    refuse(["-dynamics_tolerance", value], "error: dynamics_tolerance: ", value)
# how it is carried and blurred
refuse(["-push_forward", "forward"], "error: push_forward: 'forward'", "auto, exact, interpolation, remap")
refuse(["-dynamics_omega", "2"], "key dynamics_omega belongs to dynamics_type: double_gyre, pendulum, duffing; dynamics_type is "
       "torus_automorphism")  # fmt: skip
for value in ("0", "17", "1.5"):
    refuse(["-push_forward_parts", value], f"error: push_forward_parts: ", value)
refuse(["-heat_kernel", "gauss"], "error: heat_kernel: 'gauss'", "auto, gaussian_exact, spectral, lattice_exact, lattice")
for density in (["-p_density", "delta", "-p_position", "0.5,0.5", "-p_formula", None], ["-p_shuffle_block", "4"]):
    refuse([*density, "-push_forward", "exact"], "error: push_forward: exact", "values in cells alone")
refuse(["-output_fields", "7"], "error: output_fields: 7 is not the time of a sample; the nearest is 2")
refuse(["-check_time", "maybe"], "error: check_time: 'maybe'")
refuse(["-check_space", "maybe"], "error: check_space: 'maybe'")
refuse(["-check_mass_tolerance", "-1"], "error: check_mass_tolerance: -1")
refuse(["-p_formula", "x-0.5"], "error: p_formula", "at least 0")
# what turns out on the way: an origin that is none, a velocity without bound
OPEN = ["-grid_boundary", "open", "-p_formula", "exp(-50*(x-0.5)^2)"]
refuse([*MAP, "exp(x)", "-dynamics_inverse", "log(x)", *OPEN], "error: dynamics_inverse: no finite value at (-",
       "; the way there began at (0.", status=3)  # fmt: skip
refuse([*FLOW, "x*x+1", *OPEN], "error: dynamics_type formula: at the point (", status=3)
finish()
