"""ranks: 1 2; processors: 1
Memory that runs out: under any limit of a process's address space a run passes, or is refused or ends in one line; it
does not hang, and nothing stands under a final name that is not whole."""
import os, resource, shutil, subprocess, sys, tempfile
from common import *

RANKS = int(sys.argv[1])
if "sanitize" in os.environ["OTTO_BUILD"]:
    print("not under the sanitizers: their shadow needs more address space than any limit leaves")
    sys.exit(0)
work = tempfile.mkdtemp(prefix="otto-limits-")
RUNS = {
    "heat": ("dissipation -grid_n 512,400 -heat_kernel spectral -time_start 1e-3 -time_stop 1e-2 -time_samples 2 -p_density "
             "gaussian_mixture -p_mean 0.5,0.5 -p_sigma 0.2 -q_density uniform -check_integral_nodes 0"),
    "flow": ("fokker-planck -grid_n 96,96 -grid_lower -3 -grid_upper 3 -grid_boundary no_flux -time_stop 0.01 -time_samples "
             "2 -potential_type quadratic -p_density gaussian_mixture -p_mean 0.5,0.5 -p_sigma 0.5 -spectrum_count 2"),
}
statuses = set()


def limited(name, megabytes):
    folder = os.path.join(work, f"{name}{megabytes}")
    # mpirun gives no limit of its own to ranks: a shell between sets it
    shell = ["bash", "-c", f'ulimit -v {megabytes * 1024}; exec "$@"', "-"]
    command = (MPIEXEC + [str(RANKS)] if RANKS > 1 else []) + shell + [OTTO, *RUNS[name].split(), "-output_dir", folder]
    p = subprocess.run(command, capture_output=True, text=True, timeout=240)
    label = f"{name} in {megabytes} MB"
    said = p.stderr.strip()
    expect(p.returncode in (0, 1, 2, 3), f"{label}: status {p.returncode}: {said[:300]}")
    if p.returncode > 1:
        lines = [line for line in said.split("\n") if line.startswith("otto: error: ")]
        # what a library prints before it gives up (FFTW's assertion) stands before our line
        expect(len(lines) == 1 and said.count("\n") <= 1, f"{label}: one line, not {said[:500]!r}")
        expect("memory" in said or "ulimit -v" in said, f"{label}: says what is missing: {said[:300]}")
        files = os.listdir(folder) if os.path.exists(folder) else []
        expect(not set(files) & {"summary.json", "series.csv", "otto.lock"}, f"{label}: nothing final: {files}")
        expect(p.returncode == 3 or not files, f"{label}: refused means untouched: {files}")
    statuses.add(p.returncode)
    shutil.rmtree(folder, ignore_errors=True)
    return p.returncode


start = int(sys.argv[2]) if len(sys.argv) > 2 else 450  # MPI itself needs more than 400
for name in RUNS:
    passed = 0
    # on two ranks every second limit
    for megabytes in [*range(start, start + 200, 20 * RANKS), 2000]:
        passed += limited(name, megabytes) <= 1
    expect(passed > 0, f"{name}: with enough it runs")
expect(statuses & {2, 3} and statuses & {0, 1}, f"both were seen: {statuses}")
shutil.rmtree(work)
finish()
