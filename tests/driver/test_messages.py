"""ranks: 1 2 3
What is too much for one message of MPI's, or one write of HDF5's, goes in parts. With parts of a few hundred bytes every driver
gives the same numbers as with whole ones, to the bit: rows, fields, checkpoints, and what goes on from them."""
import os, shutil, sys
from common import *

needs("numpy", "h5py")
import h5py

RANKS = int(sys.argv[1])
work = scratch()
GAUSS = "-p_density gaussian_mixture -p_mean 0.4,0.5 -p_sigma 0.15 "
PAIR = GAUSS + "-q_density gaussian_mixture -q_mean 0.6,0.5 -q_sigma 0.2 "
BOX = "-grid_lower -2 -grid_upper 2 -grid_boundary no_flux -time_stop 0.4 -time_samples 3 -potential_type quadratic "
FIELDS = "-output_fields all -output_marginals all -checkpoint_every 1 "
# Each with what it moves: lines of exact kernels and of both engines, ghosts, points (a flow's, samples'), parcels of mass,
# halves of an interaction's convolution, checkpoints of one field and of several.
CASES = {
    "exact": "dissipation -grid_n 21,18 -heat_kernel gaussian_exact -time_start 4e-3 -time_stop 0.1 -time_samples 3 " + FIELDS + PAIR,
    "open": "dissipation -grid_n 15,12,7 -grid_boundary open -heat_kernel gaussian_exact -time_start 4e-2 -time_stop 0.08 "
            "-time_samples 3 -q_density gaussian_mixture -q_mean 0.6,0.5,0.5 -q_sigma 0.2 -output_fields all "
            "-p_density gaussian_mixture -p_mean 0.4,0.5,0.5 -p_sigma 0.15",
    "own": "dissipation -grid_n 20,18 -heat_kernel spectral -transform_engine own -time_start 1e-3 -time_stop 0.1 -time_samples 3 " + FIELDS + PAIR,
    "fftw": "dissipation -grid_n 24,18 -heat_kernel lattice -transform_engine fftw_mpi -time_start 1e-3 -time_stop 0.1 -time_samples 3 " + FIELDS + PAIR,
    "fokker-planck": "fokker-planck -grid_n 14,10 -spectrum_count 1 " + BOX + FIELDS + PAIR,
    "gradient-flow": "gradient-flow -grid_n 10,8 -energy_interaction_type quadratic -ts_dt 0.2 -check_space no -check_time no " + BOX + FIELDS + GAUSS,
    "jko": "gradient-flow -grid_n 12,10 -flow_scheme jko -ts_dt 0.2 " + BOX + FIELDS + GAUSS,
    "convective-entropy": "convective-entropy -p_density formula -p_formula 1+0.5*cos(2*_pi*x) -smoothing_times 5e-3 -grid_n 16,14 -output_fields all -dynamics_type "
                          "torus_automorphism -dynamics_matrix 2,1,1,1 -dynamics_times 0,1,2 -checkpoint_every 1",
    "transport": "transport -grid_n 16,14 -time_start 1e-3 -time_stop 0.1 -time_samples 3 -transport_frames 3 -checkpoint_every 1 -output_fields all " + PAIR,
}
BYTES = ("200", "24")  # some numbers of a row, and three


def fields(folder):
    found = {}
    path = os.path.join(folder, "fields.h5")
    if os.path.exists(path):
        with h5py.File(path) as f:
            f.visititems(lambda name, x: found.update({name: x[()].tobytes()}) if isinstance(x, h5py.Dataset) else None)
    return found


def same(r, whole, what):
    expect(r.status == whole.status, f"{what}: exit {r.status}, not {whole.status}: {r.err[-300:]}")
    for name in sorted(os.listdir(whole.folder)):
        if name.endswith((".csv", ".xdmf")):
            expect(open(os.path.join(r.folder, name)).read() == open(os.path.join(whole.folder, name)).read(), f"{what}: {name}")
    mine, its = fields(r.folder), fields(whole.folder)
    expect(mine.keys() == its.keys(), f"{what}: the same fields")
    expect(all(mine.get(k) == its[k] for k in its), f"{what}: fields: {[k for k in its if mine.get(k) != its[k]][:5]}")


def parted(size, *arguments, folder=None, fault=None):
    os.environ["OTTO_TEST_MESSAGE"] = size
    if fault:
        os.environ["OTTO_TEST_FAULT"] = fault
    r = run(*arguments, ranks=RANKS, folder=folder)
    for name in ("OTTO_TEST_MESSAGE", "OTTO_TEST_FAULT"):
        os.environ.pop(name, None)
    return r


for turn, (name, line) in enumerate(CASES.items()):
    if RANKS == 3 and turn > 3:  # lines of three ranks, and sums over them
        break
    arguments, size = line.split(), BYTES[turn % 2]
    whole = run(*arguments, ranks=RANKS)
    expect(whole.status in (0, 1), f"{name}: exit {whole.status}: {whole.err}")
    same(parted(size, *arguments), whole, f"{name} in parts of {size} bytes")
    if RANKS == 3 or name not in ("exact", "jko", "fokker-planck", "transport"):
        continue
    # killed with a checkpoint written in parts, which is read in parts of another size, and whole
    r = parted(size, *arguments, fault="checkpoint_renamed:2")
    kept = os.path.join(work, name)
    shutil.copytree(r.folder, kept)
    same(parted("72", *arguments, "-restart", folder=r.folder), whole, f"{name}, which went on, in parts")
    expect("goes on" in (again := run(*arguments, "-restart", ranks=RANKS, folder=kept)).out + again.err, f"{name}: goes on: {again.out[:300]}")
    same(again, whole, f"{name}, which went on, whole")
finish()
