"""ranks: 2 3; long: 3; processors: 1
What one rank alone can see is all ranks' failure: bad cells that only the first or only the last rank owns, at every place that
looks at cells; and a rank that fails while the others wait for it elsewhere ends them all, soon and in one line."""
import os, subprocess, sys, tempfile, time
from common import *

RANKS = int(sys.argv[1])
HEAT = ("-grid_n 48,40 -time_start 1e-3 -time_stop 1e-2 -time_samples 2 -p_density gaussian_mixture -p_mean 0.5,0.5 -p_sigma "
        "0.2 -q_density uniform").split()
FLOW = HEAT[:2] + ("-grid_boundary no_flux -time_stop 0.1 -time_samples 2 -p_density gaussian_mixture -p_mean 0.5,0.5 "
                   "-p_sigma 0.2").split()


def refuse(driver, base, arguments, *parts, status=2):
    result = run(driver, *over(base, *arguments), ranks=RANKS, timeout=60)
    said, label = result.err.strip(), " ".join(arguments)
    expect(result.status == status, f"{label}: status {result.status}, not {status}: {said[:300]}")
    expect(said.startswith("otto: error: ") and said.count("\n") == 0, f"{label}: one line, not {said!r}")
    for part in parts:
        expect(part in said, f"{label}: says {part!r}, not {said!r}")
    expect(status == 3 or not os.path.exists(result.folder), f"{label}: no folder")


for where in ("x < 0.03", "x > 0.97"):  # one plane of cells
    for value in ("-1", "0/0", "1/0", "log(0-1)"):
        refuse("dissipation", HEAT, ["-p_density", "formula", "-p_formula", f"({where}) ? {value} : 1"], "p_formula")
        refuse("dissipation", HEAT, ["-q_density", "formula", "-q_formula", f"({where}) ? {value} : 1"], "q_formula")
    refuse("dissipation", HEAT, ["-p_density", "formula", "-p_formula", f"({where}) ? 1e300*1e300 : 1"], "p_formula", "finite")
    for value in ("0/0", "0-1/0", "log(0-1)"):
        refuse("fokker-planck", FLOW, ["-potential_type", "formula", "-potential_formula", f"({where}) ? {value} : 1"], "potential_formula")
        refuse("fokker-planck", FLOW, ["-drift_type", "formula", "-drift_formula", f"({where}) ? {value} : 1, 0"], "drift_")
    refuse("fokker-planck", FLOW, ["-potential_type", "formula", "-potential_formula", f"({where}) ? 1e305 : -1e305", "-temperature", "1e-5"])
    refuse("fokker-planck", FLOW, ["-potential_type", "formula", "-potential_formula", f"({where}) ? inf : 1"], "p_density", "closed cell")
    # during the run: the last good state stays
    refuse("fokker-planck", FLOW, ["-potential_type", "formula", "-potential_formula", f"({where}) ? sqrt(0.05-t) : 1"],
           "time stepping stopped", "potential_formula", status=3)
refuse("fokker-planck", FLOW, ["-grid_boundary", "periodic", "-potential_type", "formula", "-potential_formula", "20*x"], "potential_seam")

# a rank that fails while the others wait for it
tool = os.path.join(os.environ["OTTO_BUILD"], "bin", "test_agree")
for who, where in [(who, where) for who in range(RANKS) for where in ([], ["library"])]:
    start = time.time()
    alone = subprocess.run(MPIEXEC + [str(RANKS), tool, "alone", str(who), *where], capture_output=True, text=True, timeout=60)
    said = alone.stderr.strip()
    expect(alone.returncode == 2, f"rank {who} alone: status {alone.returncode}, not 2: {said}")
    expect(said == f"otto: error: key: rank {who} cannot (rank {who})", f"rank {who} alone: one line: {said!r}")
    expect(time.time() - start < 30, "soon")
finish()
