"""processors: 2
A start on many ranks: one of them reads the input and tells the others, no rank has files of its own, and none holds a field
that belongs to all: the first rank's peak memory is the others'."""
import ctypes, glob, re, statistics

from common import *

RANKS = 16
KEYS = ("-heat_kernel", "spectral", "-time_start", "1e-3", "-time_stop", "1e-2", "-time_samples", "2",
        "-p_density", "gaussian_mixture", "-p_mean", "0.5,0.5,0.5", "-p_sigma", "0.2", "-q_density", "uniform", "-check_integral_nodes",
        "0", "-check_space", "no")
# runs the program as its child, and leaves the child's peak memory (kB) in a file of the rank's number
PEAK = """import os, sys
child = os.fork()
if not child:
    os.execv(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(child, 0)
open(os.path.join(sys.argv[1], os.environ["OMPI_COMM_WORLD_RANK"]), "w").write(str(usage.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status))
"""


def peaks(n):
    """Peak memory of every rank in MB, of a run with fields on n cells."""
    folder, out = scratch(), os.path.join(scratch(), "out")
    command = MPIEXEC + [str(RANKS), sys.executable, "-c", PEAK, folder, OTTO, "dissipation", "-grid_n", n, *KEYS, "-output_dir", out]
    process = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, timeout=250, env=environment(RANKS))
    expect(process.returncode == 0, f"{n} on {RANKS} ranks: {process.stderr}{process.stdout[-500:]}")
    expect(sorted(os.listdir(out)) == ["fields.h5", "fields.xdmf", "series.csv", "summary.json"], f"one folder of one run: {os.listdir(out)}")
    return [1e-3 * int(open(os.path.join(folder, str(rank))).read()) for rank in range(RANKS)]


# 2^20 cells: a field is 8.4 MB, each rank's share of all fields (less than 100 bytes a cell) 6 MB. The first rank speaks for the run (records, plans
# that it measures, the file's structure): 3 MB more than the others at most, which is less than any field, and as much on fewer cells.
large, small = peaks("128,128,64"), peaks("32,32,64")
own = [large[0] - statistics.median(large[1:]), small[0] - statistics.median(small[1:])]
print(f"peak memory in MB: rank 0 {large[0]:.1f}, others {min(large[1:]):.1f} to {max(large[1:]):.1f}; 16 times fewer cells: {small[0]:.1f}, "
      f"{min(small[1:]):.1f} to {max(small[1:]):.1f}")
expect(own[0] < own[1] + 3, f"rank 0 holds {own[0]:.1f} MB more than the others, {own[1]:.1f} of a small grid: no field of all")
expect(max(large[1:]) - min(large[1:]) < 4, f"the others hold as much as one another: {large}")
# the check can fail: a whole field on rank 0 would be seen
expect(2**20 * 8e-6 > 2 * 3, "a field is more than what is allowed")



def opened(path, act):
    """How often the file is opened while `act` runs, as Linux's inotify counts it."""
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init1(os.O_NONBLOCK)
    expect(watch >= 0 and libc.inotify_add_watch(watch, path.encode(), 0x20) >= 0, "inotify watches the input")  # IN_OPEN
    result = act()
    try:
        return result, len(os.read(watch, 1 << 16)) // 16  # an event of a file that is watched itself carries no name
    except BlockingIOError:
        return result, 0
    finally:
        os.close(watch)


# One reader, whatever the ranks.
path = os.path.join(scratch(), "input.yaml")
with open(path, "w") as f:
    f.write("grid: {n: [16, 16]}\np: {density: uniform}\nq: {density: formula, formula: 1+x}\ntime: {start: 1e-3, stop: 1e-2, samples: 2}\n")
for ranks in (1, 4):
    r, times = opened(path, lambda: run("dissipation", path, "-check_space", "no", "-check_integral_nodes", "0", ranks=ranks))
    expect(r.status == 0 and times == 1, f"{ranks} ranks open the input {times} times: {r.status} {r.err}")

# Nobody gathers what is distributed: where MPI's and PETSc's words for it stand, what is gathered is small, and why.
SMALL = {"src/chain/relaxation_whole.c": "a dense matrix of a few hundred cells",
         "src/chain/descent_join.c": "an edge for every two wells that touch",
         "src/chain/generator_closed.c": "one number a connected component",
         "src/transport/beckmann_line.c": "a grid of one axis",
         "src/transform/wisdom.c": "plans"}
WORDS = re.compile(r"\bMPI_I?(All)?[Gg]atherv?\(|VecScatterCreateTo(Zero|All)|MatCreateRedundantMatrix|fftw_mpi_gather|DMDACreateNatural")
found = {}
for path in sorted(glob.glob(os.path.join(SOURCE, "src", "*", "*.c")) + glob.glob(os.path.join(SOURCE, "drivers", "**", "*.c"), recursive=True)):
    for line in open(path):
        said = WORDS.search(line)
        # one number a rank is no field
        if said and not re.search(r"MPI_I?(All)?gather\(\S+, 1, ", line, re.I):
            found.setdefault(os.path.relpath(path, SOURCE), line.strip())
expect(set(found) == set(SMALL), f"gathered, and not known to be small: { {k: v for k, v in found.items() if k not in SMALL} }; "
                                 f"known, and not there: {set(SMALL) - set(found)}")
finish()
