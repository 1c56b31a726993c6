"""ranks: 1 2 3; long: 3; processors: 1
Bad input to fokker-planck: exit 2 before anything is computed, one line, on any number of ranks."""
import os, sys
from common import *

RANKS = int(sys.argv[1])
BASE = ["-grid_n", "16,12", "-grid_lower", "-3", "-grid_upper", "3", "-grid_boundary", "no_flux", "-time_stop", "0.1",
        "-time_samples", "2", "-potential_type", "quadratic", "-p_density", "gaussian_mixture",
        "-p_mean", "0.5,0.5", "-p_sigma", "0.5", "-q_density", "uniform"]


def refuse(arguments, *parts):
    given = dict(zip(BASE[::2], BASE[1::2])) | dict(zip(arguments[::2], arguments[1::2]))
    ranks = some(RANKS)
    if not ranks:
        return
    result = run("fokker-planck", *[w for pair in given.items() for w in pair], ranks=ranks, timeout=60)
    said, label = result.err.strip(), " ".join(arguments)
    expect(result.status == 2, f"{label}: status {result.status}, not 2: {said[:300]}")
    expect(said.startswith("otto: error: ") and said.count("\n") == 0, f"{label}: one line, not {said!r}")
    for part in parts:
        expect(part in said, f"{label}: says {part!r}, not {said!r}")
    expect(not os.path.exists(result.folder), f"{label}: no folder")


refuse(["-temperature", "0"], "temperature", "above 0")
refuse(["-temperature", "-1"], "temperature")
refuse(["-mobility", "1,0"], "mobility", "axis 2")
refuse(["-mobility", "1,1,1"], "mobility", "3 values for 2 axes")
# magnitudes that no solver can square, and what is no number in one cell, by the key that has them
for key, value, *more in (
    ("temperature", "1e308"), ("temperature", "1e-320"), ("mobility", "1e200"), ("mobility", "1e-320"),
    ("mobility_formula", "x>0?1e200:1"), ("mobility_formula", "x>0?1e-320:1"), ("mobility_formula", "x>0&&y>0?0/0:1"),
    ("temperature_formula", "x>0?1e200:1"), ("temperature_formula", "x>0?1e-320:1"), ("temperature_formula", "x>0&&y>0?1/0:1"),
    ("potential_formula", "1e200*x", "-potential_type", "formula"), ("potential_formula", "x>0&&y>0?1e308:x", "-potential_type", "formula"),
    ("potential_formula", "x>0&&y>0?0/0:x", "-potential_type", "formula"), ("potential_formula", "x>0&&y>0?0-1/0:x", "-potential_type", "formula"),
    ("drift_formula", "1e200*x,0", "-drift_type", "formula"), ("drift_formula", "x>0&&y>0?1e308:0,0", "-drift_type", "formula"),
    ("drift_formula", "0,x>0&&y>0?0/0:x", "-drift_type", "formula"), ("velocity_formula", "1e200*y,0"), ("velocity_formula", "1e308,0"),
    ("velocity_formula", "x>0&&y>0?0/0:x,0"), ("potential_stiffness", "1e200", "-potential_type", "quadratic"),
):
    refuse([*more, f"-{key}", value], f"error: {key}: ")
refuse(["-mobility_formula", "x"], "mobility_formula: -2.8125 along axis 1 at (-2.8125, -2.75)", "above 0")
refuse(["-mobility_formula", "1,y-y"], "mobility_formula: 0 along axis 2, and no velocity", "nothing moves there")
refuse(["-mobility_formula", "log(x)"], "mobility_formula: nan along axis 1")
refuse(["-mobility_formula", "1,2,3"], "mobility_formula", "3 components")
refuse(["-mobility_formula", "1+t"], "mobility_formula", "unknown name 't'")
refuse(["-mobility_formula", "1", "-mobility", "2"], "mobility: '2'", "give one of them")
refuse(["-mobility_path", "m.h5"], "mobility_dataset", "missing")
refuse(["-mobility_path", "/nonexistent.h5", "-mobility_dataset", "M"], "/nonexistent.h5")
refuse(["-noise", "itoo"], "noise", "did you mean ito")
refuse(["-potential_type", "quadratc"], "potential_type", "did you mean quadratic")
refuse(["-potential_type", "formula"], "potential_formula", "missing")
refuse(["-potential_type", "formula", "-potential_formula", "exp(x"], "potential_formula", "character")
refuse(["-potential_type", "formula", "-potential_formula", "x*w"], "potential_formula", "w")
refuse(["-potential_type", "formula", "-potential_formula", "x^2 + 3*(0 < y < 1)"], "potential_formula", "in a row, at character 16")
refuse(["-drift_type", "formula", "-drift_formula", "0, 1 > x > y"], "drift_formula", "in a row, at character 10", "x < b")
refuse(["-potential_type", "formula", "-potential_formula", "log(x)"], "potential_formula", "nan", "(-2.8125, -2.75)")
refuse(["-potential_type", "formula", "-potential_formula", "0-1/(x-0.9375)^2"], "potential_formula", "-inf", "(0.9375, ")
refuse(["-potential_type", "formula", "-potential_formula", "1/(x-0.9375)^2"], "p_density", "12 closed cells", "p_closed")
refuse(["-grid_boundary", "periodic", "-potential_center", "1"], "potential_type", "jumps by 6 T", "potential_seam")
refuse(["-potential_seam", "drft"], "potential_seam", "did you mean drift")
refuse(["-potential_mask", "m"], "potential_mask", "of which file")
refuse(["-potential_type", "file", "-potential_path", "/nonexistent.h5", "-potential_dataset", "V"], "/nonexistent.h5")
refuse(["-drift_type", "formula", "-drift_formula", "x"], "drift_formula", "1 component", "2 expected")
refuse(["-drift_type", "formula", "-drift_formula", "x, y, 0"], "drift_formula", "3 components")
refuse(["-drift_type", "formula", "-drift_formula", "x, sqrt(0-1-y*y)"], "drift_", "finite")
refuse(["-drift_type", "constant"], "drift_force", "missing")
refuse(["-grid_boundary", "open"], "grid_boundary", "open")
refuse(["-grid_boundary", "absorbing,no_flux,periodic"], "grid_boundary", "3")
for faces in ("periodic:absorbing", "absorbing:open", "no_flux:periodic"):
    refuse(["-grid_boundary", faces], "grid_boundary", faces, "reflecting")
for faces in ("absorbing:", ":absorbing", "absorbing:no_flux:absorbing", "absorbing :no_flux", "lower:upper"):
    refuse(["-grid_boundary", faces], "grid_boundary", "lower:upper")
refuse(["-grid_n", "8,8,8,8", "-p_mean", "0,0,0,0"], "grid_n", "4 axes")
refuse(["-grid_n", "100000,20000"], "grid_n", "GB")
refuse(["-p_density", "gauss_mixture"], "p_density", "did you mean gaussian_mixture")
refuse(["-q_density", "formula", "-q_formula", "x"], "q_formula", "-2.8125")
refuse(["-ts_type", "euler"], "ts_type", "beuler", "arkimex")
refuse(["-ts_dt", "0"], "ts_dt", "above 0")
refuse(["-ts_dtt", "0.1"], "ts_dtt")
refuse(["-ksp_typ", "cg"], "ksp_typ")
refuse(["-eps_tol", "1e-8"], "eps_tol")
# what PETSc refuses, in one line of ours
for key, value in (("ts_dt", "abc"), ("ksp_type", "bogus"), ("pc_type", "bogus"), ("ksp_rtol", "small"),
                   ("ksp_max_it", "1.5"), ("pc_mg_levels", "0"), ("snes_type", "bogus"), ("ts_max_steps", "many")):
    refuse([f"-{key}", value], f"error: {key}: ", value)
refuse(["-ts_type", "bdf", "-ts_bdf_order", "9"], "error: ts_bdf_order: '9'")
refuse(["-ts_type", "arkimex", "-ts_arkimex_type", "bogus"], "error: ts_arkimex_type: 'bogus'", "Available options")
# what would move the times of the rows, or cannot work
refuse(["-ts_max_steps", "-3"], "ts_max_steps", "-3", "at least 0")
refuse(["-ts_adapt_type", "cfl"], "ts_adapt_type", "'cfl'", "none, basic, dsp")
refuse(["-ts_exact_final_time", "stepover"], "ts_exact_final_time", "time_stop")
refuse(["-ts_init_time", "1"], "ts_init_time", "time_start")
refuse(["-spectrum_count", "-1"], "spectrum_count")
refuse(["-renyi_order", "0"], "renyi_order")
refuse(["-heat_kernel", "spectral"], "heat_kernel", "dissipation")
for tolerance in ("1e-300", "9e-11", "0", "-1"):  # steps so short that the time would not move
    refuse(["-time_tolerance", tolerance], "time_tolerance")
refuse(["-ts_dt", "1e-300"], "ts_dt", "1e-300", "at least", "time_stop")
refuse(["-potential_type", "formula", "-potential_formula", "0*x+inf"], "potential_mask", "all cells are closed")
# the formula of a potential or drift whose type is another would be left out of the run
refuse(["-potential_type", "quadratic", "-potential_formula", "x"], "key potential_formula belongs to potential_type: formula; "
       "potential_type is quadratic")  # fmt: skip
refuse(["-potential_type", "none", "-potential_path", "a.h5"], "key potential_path belongs to potential_type: file, samples")
refuse(["-potential_path", "a.h5", "-potential_mask", "b.h5:m"], "key potential_path belongs to potential_type: file, samples")  # b.h5's mask
refuse(["-observe_bins", "20"], "key observe_bins belongs to observe; observe is none where it is not given")
refuse(["-drift_formula", "1,0"], "key drift_formula belongs to drift_type: formula; drift_type is none where it is not given")
refuse(["-drift_type", "rotation", "-drift_rate", "1", "-drift_force", "1,0"], "key drift_force belongs to drift_type: constant")
refuse(["-time_stop", "0"], "time_stop")
refuse(["-time_stop", "0", "-time_samples", "1"], "time_stop", "above")
refuse(["-output_fields", "0.033"], "output_fields", "nearest")
refuse(["-check_monotone_tolerance", "small"], "check_monotone_tolerance", "not a finite number")
for key, said in (("-ts_view", "TS Object"), ("-ksp_converged_reason", "Linear solve converged"),
                  ("-ts_monitor", "TS dt"), ("-log_view", "Performance Summary")):
    shown = run("fokker-planck", *BASE, key, ranks=RANKS)
    expect(shown.status == 0 and said in shown.out, f"{key} works: {shown.status} {shown.err[-300:]}")
held = run("fokker-planck", *BASE, ranks=RANKS)
expect(held.status == 0, f"the base run passes: {held.out[-900:]}{held.err}")
again = run("fokker-planck", *BASE, "-spectrum_count", "2", ranks=RANKS, folder=held.folder)
expect(again.status == 2 and "output_overwrite" in again.err, "a folder that holds a run is refused: " + again.err)
bench = run("bench", "fokker_planck", "-grid_n", "16,16", "-bench_rounds", 1, "-pc_type", "bogus", ranks=RANKS)
expect(bench.status == 2 and bench.err.strip().count("\n") == 0 and "pc_type: 'bogus'" in bench.err,
       "bench refuses it, too: " + bench.err)
for name in ("fokker_planck", "scaling"):  # which have a potential of their own where none is chosen
    for key, value, member in (("potential_formula", "x^2", "formula"), ("potential_height", "3", "double_well")):
        bench = run("bench", name, "-grid_n", "16,16", "-bench_rounds", 1, f"-{key}", value, ranks=RANKS)
        expect(bench.status == 2 and f"key {key} belongs to potential_type: {member}; potential_type is 15 T cos" in bench.err,
               f"bench {name}: {key} would be left out: {bench.status} {bench.err}")
    bench = run("bench", name, "-grid_n", "16,16", "-bench_rounds", 1, "-potential_type", "formula", "-potential_formula", "x+inf", ranks=RANKS)
    expect(bench.status == 2 and "all cells are closed" in bench.err, f"bench {name} takes the potential: {bench.status} {bench.err}")
finish()
