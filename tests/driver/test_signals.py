"""ranks: 1 2
Signals end a run in order: exit 75, one line that says how far it came and what is left, nothing half-written under a
final name; a fault of the program is exit 3 and one line."""
import os, re, shutil, signal, subprocess, sys, tempfile, time
from common import *

RANKS = int(sys.argv[1])
work = tempfile.mkdtemp(prefix="otto-signals-")
FLOW = ("fokker-planck -grid_n 24,24 -grid_lower -3 -grid_upper 3 -grid_boundary no_flux -time_stop 10 "
        "-time_samples 100000 -potential_type quadratic -p_density gaussian_mixture -p_mean 0.5,0.5 -p_sigma 0.5 "
        "-check_space no").split()
HEAT = ("dissipation -grid_n 48,48 -time_start 1e-3 -time_stop 1e-2 -time_samples 100000 -p_density gaussian_mixture "
        "-p_mean 0.5,0.5 -p_sigma 0.2 -q_density uniform -check_space no -output_fields 0,1e-2").split()


def rows(folder):
    try:
        with open(os.path.join(folder, "series.csv.part")) as f:
            return f.read().count("\n") - 1
    except FileNotFoundError:
        return 0


def ranks_of(pid):
    """The ranks below mpirun, or the program itself."""
    if RANKS == 1:
        return [pid]
    found = {}
    for p in os.listdir("/proc"):
        try:
            stat = open(f"/proc/{p}/stat").read().rsplit(")", 1)[1].split() if p.isdigit() else None
            if stat and int(stat[1]) == pid:
                environ = open(f"/proc/{p}/environ").read().split("\0")
                found[next(int(e.split("=")[1]) for e in environ if e.startswith("OMPI_COMM_WORLD_RANK="))] = int(p)
        except (OSError, StopIteration):
            pass
    return [found[r] for r in range(RANKS)]


def stop(arguments, number, rank, label, extra=(), to_mpirun=False):
    """Sends a signal once there are rows; returns status, stderr and the folder."""
    folder = os.path.join(work, label.replace(" ", "-"))
    command = (MPIEXEC + [str(RANKS)] if RANKS > 1 else []) + [OTTO] + arguments + [*extra, "-output_dir", folder]
    p = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    limit = time.time() + 120
    while rows(folder) < 3 and time.time() < limit and p.poll() is None:
        time.sleep(0.05)
    os.kill(p.pid if to_mpirun else ranks_of(p.pid)[rank], number)
    try:
        said = p.communicate(timeout=30)[1]
    except subprocess.TimeoutExpired:
        p.kill()
        said = p.communicate()[1] + " (it hung)"
    return p.returncode, said, folder


for driver, arguments in (("flow", FLOW), ("heat", HEAT)):
    for rank in range(RANKS):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
            name = signal.Signals(number).name
            label = f"{driver} {name} rank {rank}"
            status, said, folder = stop(arguments, number, rank, label)
            expect(status == 75, f"{label}: status {status}, not 75: {said}")
            expect(said.startswith(f"otto: stopped by {name}: ") and said.count("\n") == 1, f"{label}: one line: {said!r}")
            expect(f"{rows(folder)} rows, to t = " in said, f"{label}: how far, {rows(folder)} rows: {said}")
            expect(f"left in {folder}: series.csv.part" in said and "fields.h5" in said, f"{label}: what is left: {said}")
            files = set(os.listdir(folder))
            expect("fields.h5" in files and "fields.h5.part" not in files, f"{label}: fields are whole: {files}")
            expect(not files & {"summary.json", "series.csv", "otto.lock"}, f"{label}: no other final names: {files}")
            last = open(os.path.join(folder, "series.csv.part")).read()
            expect(last.endswith("\n") and len({line.count(",") for line in last.splitlines()}) == 1, f"{label}: rows are whole")
            shutil.rmtree(folder)

# mpirun itself: SIGUSR1 it hands on; the others end it with status 1 whatever a rank does, after our line
if RANKS > 1:
    status, said, folder = stop(HEAT, signal.SIGUSR1, 0, "mpirun USR1", to_mpirun=True)
    expect(status == 75 and said.startswith("otto: stopped by SIGUSR1: "), f"mpirun USR1: {status} {said}")
    status, said, folder = stop(HEAT, signal.SIGTERM, 0, "mpirun TERM", to_mpirun=True)
    # a disk may need longer to close the fields than mpirun leaves: the line then says so
    expect(said.startswith("otto: stopped by SIGTERM") and said.count("\n") == 1 and "left in " + folder in said,
           f"mpirun TERM: {status} {said}")



def environment_of_run(given):
    """Of a run that goes on."""
    folder = tempfile.mkdtemp(dir=work)
    p = subprocess.Popen([OTTO, *HEAT, "-output_dir", folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                         env=given)
    limit = time.time() + 60
    while rows(folder) < 3 and time.time() < limit:
        time.sleep(0.05)
    found = open(f"/proc/{p.pid}/environ").read().split("\0")
    p.kill()
    p.wait()
    return found


# OpenBLAS reads how many threads it may start when it is loaded: one a rank, unless somebody says otherwise
if RANKS == 1:
    bare = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}
    expect("OPENBLAS_NUM_THREADS=1" in environment_of_run(bare), "one thread of the BLAS where nothing is said")
    expect("OPENBLAS_NUM_THREADS=2" in environment_of_run(bare | {"OPENBLAS_NUM_THREADS": "2"}), "or as many as are asked for")

def caught(pid, number):
    """Whether a process has a handler of its own."""
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("SigCgt:"):
            return int(line.split()[1], 16) >> (number - 1) & 1


# before MPI has started, too: nothing is there yet
if RANKS == 1:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
        for seconds in (0, 0.1, 0.3):
            folder = os.path.join(work, "early")
            p = subprocess.Popen([OTTO, *HEAT, "-output_dir", folder], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                 stdin=subprocess.DEVNULL, text=True)
            limit = time.time() + 30  # libraries are loaded before any of ours runs
            while not caught(p.pid, number) and time.time() < limit:
                time.sleep(0.005)
            time.sleep(seconds)
            p.send_signal(number)
            said = p.communicate(timeout=30)[1]
            lines = [line for line in said.splitlines() if line.startswith("otto: stopped by ")]
            label = f"{signal.Signals(number).name} after {seconds} s"
            expect(p.returncode == 75 and len(lines) == 1, f"{label}: {p.returncode} {said!r}")
            shutil.rmtree(folder, ignore_errors=True)

# a fault on any rank
if "sanitize" not in os.environ["OTTO_BUILD"]:
    for rank in range(RANKS):
        for number in (signal.SIGSEGV, signal.SIGABRT):
            label = f"{signal.Signals(number).name} rank {rank}"
            status, said, folder = stop(HEAT, number, rank, label)
            expect(status == 3, f"{label}: status {status}, not 3: {said}")
            # OpenMPI's own line, of a rank that was reading from the memory of the one that died
            said = re.sub(r"^\[\S+:\d+\] Read -1, expected \d+, errno = \d+\n", "", said, flags=re.M)
            expect(said.startswith("otto: error: a fault of the program (" + signal.Signals(number).name) and
                   said.count("\n") == 1 and "left in " + folder in said, f"{label}: one line: {said!r}")
            expect("otto.lock" not in os.listdir(folder), f"{label}: the folder is given back")
shutil.rmtree(work)
finish()
