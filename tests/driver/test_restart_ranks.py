"""processors: 2
A run that was killed on one number of ranks and goes on on another gives the series of one that was never killed, within the
design's tolerance for the ranks themselves: 1e-12 of a column's scale, 1e-10 where solvers are involved. (That a run goes on to
the letter on as many ranks is tests/driver/test_restart.py's.)"""
import os, sys
from common import *

work = scratch()
GAUSS = "-p_density gaussian_mixture -p_mean 0.5,0.5 -p_sigma 0.4 "
BOX = "-grid_lower -2 -grid_upper 2 -grid_n 12,10 -grid_boundary no_flux -potential_type quadratic -potential_stiffness 1,2 "
TIMES = "-time_samples 5 -time_stop 0.8 "
TWO = BOX + TIMES + GAUSS + "-q_density gaussian_mixture -q_mean -0.5,0.3 -q_sigma 0.5 "
PAIR = ("-time_start 1e-3 -time_stop 0.1 -time_samples 5 -p_density gaussian_mixture -p_mean 0.4,0.5 -p_sigma 0.1 "
        "-q_density gaussian_mixture -q_mean 0.6,0.5 -q_sigma 0.15 ")
# name, arguments, what the ranks may change of a column's scale
CASES = (
    # Fronts: q falls to 1e-10 of its largest, and chi2 = sum (p - q)^2/q weighs what is left of a solve there by (p/q)^2, 1e5 and
    # more. Solves that end at their usual 1e-12 of the mass leave 5e-8 of chi2 between 1 and 3 ranks that were never killed, and
    # no more where a run goes on on others; at 1e-15, which is rounding here, it is 5e-12.
    ("porous", "gradient-flow -energy_internal power -energy_m 2 -snes_atol 1e-15 " + TWO, 1e-10),
    ("jko", "gradient-flow -flow_scheme jko -ts_dt 0.1 " + BOX + TIMES + GAUSS, 1e-10),
    ("ljko", "gradient-flow -flow_scheme ljko -ts_dt 0.1 " + BOX + TIMES + GAUSS, 1e-10),
    ("convective-entropy", "convective-entropy -p_density formula -p_formula 1+0.5*cos(2*_pi*x) -smoothing_times 2e-3,5e-3 -grid_n 24,20 "
     "-dynamics_type torus_automorphism -dynamics_matrix 2,1,1,1 -dynamics_times 0,1,2,-1,-2", 1e-12),
    ("transport", "transport -grid_n 16,14 " + PAIR, 1e-10),
    ("tempering", "tempering -time_samples 5 -time_stop 0.02 -grid_n 32 -p_density gaussian_mixture -p_mean 0.3 -p_sigma 0.1 "
     "-metric_type conformal -metric_formula 2+sin(2*_pi*x)", 1e-10),
    ("first-passage", "first-passage -set_a x<-1 -set_b x>1 " + BOX + TIMES + GAUSS, 1e-10),
)
asked = sys.argv[1:]  # by name, by hand

for name, line, tolerance in CASES:
    if asked and name not in asked:
        continue
    arguments = line.split() + ["-checkpoint_every", "1", "-output_fields", "none"]
    whole = run(*arguments)
    expect(whole.status in (0, 1), f"{name}: exit {whole.status}: {whole.err}")
    for before, after in ((1, 3), (2, 1)):
        os.environ["OTTO_TEST_FAULT"] = "checkpoint_renamed:4"
        killed = run(*arguments, ranks=before)
        del os.environ["OTTO_TEST_FAULT"]
        expect(killed.status not in (0, 1), f"{name}: killed on {before} ranks, not {killed.status}")
        r = run(*arguments, "-restart", ranks=after, folder=killed.folder)
        what = f"{name}, on {before} and then {after} ranks"
        expect(r.status == whole.status, f"{what}: exit {r.status}, not {whole.status}: {r.err[-300:]}")
        expect("goes on from" in r.out + r.err, f"{what}: goes on: {r.out[:200]}")
        alike(r, whole, tolerance, what)
        expect(r.failing() == whole.failing(), f"{what}: {r.failing()} fail, not {whole.failing()}")
finish()
