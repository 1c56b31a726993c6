"""ranks: 1 2; processors: 1
PETSc's and SLEPc's keys: what they do not serve, cannot open or cannot do to the simplest problem is bad input, exit 2 in
one line that names the key, before anything is written; what is served works."""
import os, shutil, sys, tempfile
from common import *

RANKS = int(sys.argv[1])
work = tempfile.mkdtemp(prefix="otto-keys-")
os.mkfifo(os.path.join(work, "fifo"))
BASE = ("-grid_n 16,12 -grid_lower -3 -grid_upper 3 -grid_boundary no_flux -time_stop 0.1 -time_samples 2 -potential_type "
        "quadratic -p_density gaussian_mixture -p_mean 0.5,0.5 -p_sigma 0.5 -check_space no").split()


def refuse(arguments, *parts, driver="fokker-planck", base=None):
    ranks = some(RANKS)
    if not ranks:
        return
    result = run(driver, *(BASE if base is None else base), *arguments, ranks=ranks, timeout=60)
    said, label = result.err.strip(), " ".join(arguments)[:100]
    expect(result.status == 2, f"{label}: status {result.status}, not 2: {said[:300]}{result.out[-200:]}")
    expect(said.startswith("otto: error: ") and said.count("\n") == 0, f"{label}: one line, not {said!r}")
    for part in parts:
        expect(part in said, f"{label}: says {part!r}, not {said!r}")
    expect(not os.path.exists(result.folder), f"{label}: no folder")


# viewers: rank 0 alone opens them
nowhere = os.path.join(work, "none", "y")
for key in ("ksp_monitor", "ts_monitor", "ksp_view", "ksp_converged_reason", "mg_levels_ksp_view", "log_view"):
    refuse([f"-{key}", f":{nowhere}"], f"{key}: cannot write '{nowhere}'", "No such file")
refuse(["-ts_monitor", f"ascii:{work}/fifo"], "ts_monitor", "not a file")
refuse(["-ts_monitor", f":{work}"], "ts_monitor", "not a file")
for value in ("socket", "draw", "binary:x", "hdf5:x", "zzz", "vtk:x", "-1"):
    refuse(["-ksp_view", value], f"ksp_view: '{value}'", "ascii")
refuse(["-log_view", "::ascii_xml"], "log_view", "ascii_xml")
refuse(["-log_view", "draw"], "log_view", "draw")
refuse(["-ts_view", "::zzz"], "ts_view", "zzz")
refuse(["-ts_view", "::ascii_info:sideways"], "ts_view", "sideways")
# what nothing here serves, or contradicts what Otto sets
for key, value in (("st_type", "cayley"), ("eps_all", None), ("eps_interval", "0,1"), ("eps_smallest_imaginary", None),
                   ("snes_fd", None), ("snes_type", "newtonls"), ("ts_monitor_draw_solution", None), ("log_trace", "x"),
                   ("ksp_monitor_lg_range", None), ("ksp_plot_eigenvalues", None), ("ksp_view_diagonal_scale", None),
                   ("ts_save_trajectory", None), ("ts_monitor_solution_vtk", "%n%s"), ("tao_type", "lmvm"),
                   ("mg_coarse_pc_factor_nonzeros_along_diagonal", None), ("ksp_monitor_pause_final", None),
                   ("ksp_monitor_python", "os")):
    refuse([f"-{key}"] + ([value] if value else []), f"error: {key}", "not served", value or "")
# read by solvers inside solvers, or at the first step
refuse(["-mg_levels_ksp_type", "zzz"], "mg_levels_ksp_type: 'zzz'", "requested KSP type")
refuse(["-mg_levels_pc_type", "zzz"], "mg_levels_pc_type: 'zzz'")
refuse(["-mg_coarse_pc_type", "zzz"], "mg_coarse_pc_type: 'zzz'")
refuse(["-ts_type", "theta", "-ts_theta_theta", "-1"], "ts_theta_theta: -1", "above 0")
refuse(["-ts_type", "theta", "-ts_theta_theta", "0"], "ts_theta_theta: 0")
refuse(["-ts_type", "bdf", "-ts_adapt_type", "dsp", "-ts_adapt_dsp_filter", "zzz"], "ts_adapt_dsp_filter")
refuse(["-ksp_type", "python"], "ksp_type")
refuse(["-pc_type", "shell"], "pc_type")
big = [a if a != "16,12" else "60,50" for a in BASE] + ["-spectrum_count", "2"]
refuse(["-eps_ncv", "2"], "eps_ncv", "'2'", base=big)
refuse(["-eps_mpd", "-5"], "eps_mpd", "mpd", base=big)
for key in ("ksp_rtol", "ts_rtol", "eps_tol"):
    refuse([f"-{key}", "nan"], f"{key}: 'nan'", "not a number", base=big)
none = run("fokker-planck", *big, "-eps_max_it", "1", ranks=RANKS)
expect(none.status == 3 and none.err.count("\n") == 1 and "no eigenvalue" in none.err, f"no mode converges: {none.status} {none.err}")
# what acts when PETSc ends
for key in ("malloc_debug", "malloc_view", "options_left", "objects_dump", "options_view", "on_error_abort", "info"):
    refuse([f"-{key}"], f"key {key}")
    with open(os.path.join(work, "end.yaml"), "w") as f:
        f.write(f"{key}: yes\n")
    refuse([os.path.join(work, "end.yaml")] + BASE, f"key {key}", base=[])
# more keys than PETSc has room for
refuse([w for i in range(600) for w in (f"-k{i}", "1")], "words on the command line", "400")
with open(os.path.join(work, "many.yaml"), "w") as f:
    f.write("".join(f"k{i}: 1\n" for i in range(600)))
refuse([os.path.join(work, "many.yaml")] + BASE, "many.yaml", "600 keys", "200", base=[])
# beyond muParser's room
for text, part in (("1" + "+x" * 10000, "20001 characters"), ("x+" + "a" * 5000, "5000 characters"), ("1" * 3000, "3000"),
                   ("0x" + "f" * 3000, "3002"), ("'" + "a" * 3000 + "'", "3002")):
    refuse(["-potential_type", "formula", "-potential_formula", text], "potential_formula", part)
deep = run("fokker-planck", *BASE, "-potential_type", "formula", "-potential_formula", "(" * 4900 + "x" + ")" * 4900, ranks=RANKS)
expect(deep.status <= 1, f"a deep formula: {deep.status} {deep.err[:200]}")

# what is served
shown = os.path.join(work, "shown.txt")
for arguments, part in ((["-ksp_monitor", f":{shown}"], "KSP"), (["-ts_monitor", f"ascii:{shown}"], "TS dt"),
                        (["-log_view", f":{shown}"], "Performance Summary"), (["-log_view", f":{shown}:ascii_info_detail"], "Stages")):
    good = run("fokker-planck", *BASE, *arguments, ranks=RANKS)
    expect(good.status == 0 and good.err == "", f"{arguments}: {good.status} {good.err}")
    expect(part in open(shown).read(), f"{arguments}: the file shows it")
once = run("fokker-planck", *BASE, "-ts_monitor", "-ts_dt", "0.05", "-check_time", "no", ranks=RANKS)
expect(once.status == 0 and once.out.count("TS dt") == 3, f"what is tried first is not shown: {once.out.count('TS dt')} lines")
for arguments in (["-ts_type", "bdf"], ["-ts_type", "cn", "-ts_dt", "1e-3"], ["-pc_type", "lu"], ["-ksp_type", "gmres"],
                  ["-ts_type", "arkimex", "-ts_adapt_dt_max", "1e-2"], ["-ksp_rtol", "1e-12"], ["-pc_mg_levels", "2"],
                  ["-mg_levels_ksp_type", "chebyshev"]):
    good = run("fokker-planck", *BASE, *arguments, ranks=RANKS)
    expect(good.status <= 1 and good.err == "", f"{arguments}: {good.status} {good.err}")
# a solver that fails: exit 3, one line, agreed
failed = run("fokker-planck", *BASE, "-ksp_max_it", "1", "-ksp_type", "richardson", "-pc_type", "none", ranks=RANKS)
expect(failed.status == 3 and failed.err.count("\n") == 1, f"a solver that cannot: {failed.status} {failed.err}")
shutil.rmtree(work)
finish()
