"""ranks: 2 3; labels: long
A rank that stands still for twenty seconds, and cores that others use, make a run slower, never wrong (for two seconds:
tests/driver/test_faults.py)."""
import os, sys
from common import *
from slow import beside_others, stopped

RANKS = int(sys.argv[1])
work = scratch()
GAUSS = "-p_density gaussian_mixture -p_mean 0.5,0.5 -p_sigma 0.4 "
CASES = {
    "heat": "dissipation -grid_n 24,24 -time_start 1e-3 -time_stop 1e-1 -time_samples 8 -q_density uniform -output_fields all " + GAUSS,
    "flow": "fokker-planck -grid_n 16,16 -grid_lower -2 -grid_upper 2 -grid_boundary no_flux -time_stop 0.5 -time_samples 4 "
            "-potential_type quadratic -output_fields all -checkpoint_every 2 -check_space no -check_time no -ts_dt 0.05 -ts_adapt_type none " + GAUSS,
}

for name, line in CASES.items():
    whole = run(*line.split(), ranks=RANKS)
    expect(whole.status in (0, 1), f"{name}: {whole.err}")
    stopped(name, line.split(), RANKS, os.path.join(work, name), whole.folder, 20)
    beside_others(f"{name} beside others", line.split(), RANKS, whole.folder)
finish()
