"""ranks: 1 2 3; long: 3
Signals end a run in order: exit 75, one line that says how far it came and what is left, all files whole under their final
names, a summary that says `stopped`; a second signal ends it at once, with nothing half-written under a final name; a fault
of the program is exit 3 and one line."""
import csv, fcntl, glob, json, os, re, shutil, signal, subprocess, sys, tempfile, time
from common import *

needs("numpy", "h5py")
import h5py

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


def began(folder):
    return os.path.exists(os.path.join(folder, "series.csv.part"))


def three_rows(folder):
    return rows(folder) >= 3


def second_after_row(folder):
    return rows(folder) >= 1 and (time.sleep(1) or True)


def stop(arguments, number, rank, label, to_mpirun=False, ready=three_rows, again=None, freeze=None):
    """Sends a signal to a rank (None: to all) as soon as the folder is ready, and another of number `again` half a second
    later; rank `freeze` does nothing any more. Returns status, stderr and the folder."""
    folder = os.path.join(work, label.replace(" ", "-"))
    command = (MPIEXEC + [str(RANKS)] if RANKS > 1 else []) + [OTTO] + arguments + ["-output_dir", folder]
    # where mpirun itself or a fault ends the run, the other ranks have a second to say something
    given = os.environ if to_mpirun or number not in SIGNALS else environment(RANKS)
    p = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                         env=given)
    limit = time.time() + 120
    while not ready(folder) and time.time() < limit and p.poll() is None:
        time.sleep(0.02)
    to = [p.pid] if to_mpirun else ranks_of(p.pid) if rank is None else [ranks_of(p.pid)[rank]]
    if freeze is not None:
        os.kill(ranks_of(p.pid)[freeze], signal.SIGSTOP)
    for pid in to:
        os.kill(pid, number)
    if again:
        time.sleep(0.5)
        expect(p.poll() is None, f"{label}: it goes on until it is asked again")
        os.kill(to[0], again)
    try:
        said = p.communicate(timeout=30)[1]
    except subprocess.TimeoutExpired:
        p.kill()
        said = p.communicate()[1] + " (it hung)"
    # OpenMPI's own line, of a rank that was reading from the memory of one that ended
    said = re.sub(r"^\[\S+:\d+\] Read -1, expected \d+, errno = \d+\n", "", said, flags=re.M)
    return p.returncode, said, folder


def stopped_in_order(label, name, status, said, folder, count, before=0):
    """What every run leaves that a signal has ended in order; returns the number of rows. Errors are estimated from the row
    after the first `before` on."""
    expect(status == 75, f"{label}: status {status}, not 75: {said}")
    expect(said.startswith(f"otto: stopped by {name}: ") and said.count("\n") == 1, f"{label}: one line: {said!r}")
    files = set(os.listdir(folder))
    expect({"summary.json", "series.csv"} <= files, f"{label}: final names: {files}")
    expect(not [f for f in files if f.endswith(".part") or f == "otto.lock"], f"{label}: nothing half-written: {files}")
    expect(all(f in said for f in files) and f"left in {folder}: summary.json, series.csv" in said, f"{label}: what is left: {said}")
    table = {}
    for path in glob.glob(os.path.join(folder, "*.csv")):
        with open(path) as f:
            text = f.read()
        expect(text.endswith("\n") and len({line.count(",") for line in text.splitlines()}) == 1, f"{label}: {path}: rows are whole")
        table[os.path.basename(path)] = list(csv.DictReader(text.splitlines()))
    series = table["series.csv"]
    expect({len(v) for k, v in table.items() if k != "series.csv"} <= {len(series) - before}, f"{label}: tables of as many rows: { {k: len(v) for k, v in table.items()} }")
    with open(os.path.join(folder, "summary.json")) as f:
        summary = json.load(f)
    t = float(series[-1]["t"]) if series else None
    expect(summary["verdict"] == "stopped", f"{label}: the summary says so: {summary['verdict']}")
    expect(summary["stopped"] == {"by": name, "rows": len(series), "rows_asked": count, "t": t}, f"{label}: by what, and how far: "
           f"{summary['stopped']}, {len(series)} rows to {t} of {count}")
    expect(not [c["name"] for c in summary["checks"] if not c["pass"]], f"{label}: no check fails because of it")
    check = next(c for c in summary["checks"] if c["name"] == "rows")
    expect(check["value"] != "not applicable", f"{label}: the rows that are there are those asked for")
    expect(t is None or check["time"] <= t * (1 + 1e-12), f"{label}: of a row that is there, at {check['time']}, not beyond {t}")
    if "fields.h5" in files:
        with h5py.File(os.path.join(folder, "fields.h5")) as f:
            for sample in f:
                for name in f[sample] if sample.isdigit() else ():
                    f[sample][name][()]
    return len(series)


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)
for turn, (driver, arguments, count) in enumerate((("flow", FLOW, 100000), ("heat", HEAT, 100001))):
    for rank in [*range(RANKS), None] if RANKS > 1 else [0]:
        for place, number in enumerate(SIGNALS):
            if RANKS > 1 and (place + (RANKS if rank is None else rank) + turn) % 2:
                continue  # one rank has all signals by both drivers; of several each has all of them, two by each driver
            name = signal.Signals(number).name
            label = f"{driver} {name} rank {rank}"
            status, said, folder = stop(arguments, number, rank, label)
            got = stopped_in_order(label, name, status, said, folder, count)
            expect(got >= 3 and f"{got} rows, to t = " in said, f"{label}: how far, {got} rows: {said}")
            with h5py.File(os.path.join(folder, "fields.h5")) as f:
                expect(f["0/p"].shape == f["0/p"][()].shape and f["0"].attrs.keys() is not None, f"{label}: fields are whole")
                if driver == "flow":  # the state it had reached
                    last = f[str(count)]
                    expect(abs(last["p"][()].sum() / last["p"].size * 36 - 1) < 1e-9, f"{label}: the last state has mass 1")
            shutil.rmtree(folder)

# while many steps lead to a sample it ends after the last whole one, with the state that it had reached: a step that was given,
# and three runs side by side with coarser grids
SLOW = [a if a != "100000" else "3" for a in FLOW]
SIDE = [a for a in SLOW[:-2]]
SIDE[SIDE.index("24,24")] = "64,64"
for label, arguments in (("one step after another", SLOW + ["-ts_dt", "1e-6"]),
                         ("side by side", SIDE + ["-time_tolerance", "1e-9"])):
    status, said, folder = stop(arguments, signal.SIGUSR1, RANKS - 1, label, ready=second_after_row)
    stopped_in_order(label, "SIGUSR1", status, said, folder, 3)
    with h5py.File(os.path.join(folder, "fields.h5")) as f:
        expect(f["3/p"].shape == f["0/p"].shape, f"{label}: the state it had reached")

# Moments that one rank has, and three: two have those above.
if RANKS != 2:
    # a flow down an energy, by every scheme: between samples, and with a sample a step
    DOWN = ("gradient-flow -grid_n 24,24 -grid_lower -3 -grid_upper 3 -grid_boundary no_flux -time_stop 10 -time_samples 100001 "
            "-potential_type quadratic -p_density gaussian_mixture -p_mean 0.5,0.5 -p_sigma 0.5 -output_fields 0,10 "
            "-check_virial_law_tolerance 1 -check_time_error_tolerance 1e3 -check_space_error_tolerance 1e3 -space_tolerance 1").split()
    for label, number, more in (("down by implicit steps", signal.SIGTERM, []), ("down by jko", signal.SIGUSR1, ["jko"]),
                                ("down by ljko", signal.SIGTERM, ["ljko"])):
        arguments = DOWN + (["-flow_scheme", *more, "-ts_dt", "1e-4", "-check_optimality_tolerance", "1e3"] if more else [])
        status, said, folder = stop(arguments, number, RANKS - 1, label)
        got = stopped_in_order(label, number.name, status, said, folder, 100001, before=1)
        with h5py.File(os.path.join(folder, "fields.h5")) as f:
            last = f["100001"]
            expect(abs(last["p"][()].sum() / last["p"].size * 36 - 1) < 1e-9, f"{label}: the last state has mass 1")
    FINE = [a if a != "100001" else "2" for a in DOWN] + ["-ts_dt", "1e-5", "-check_time", "no"]
    status, said, folder = stop(FINE, signal.SIGUSR1, 0, "down between samples", ready=second_after_row)
    stopped_in_order("down between samples", "SIGUSR1", status, said, folder, 2, before=1)

    # along a list of times, each with its rows: a wind that never tires
    BLOWN = ("convective-entropy -grid_n 64 -p_density formula -p_formula 1+0.5*cos(2*_pi*x) -dynamics_type formula -dynamics_formula 0.3 "
             "-smoothing_times 1e-3,1e-2 -output_fields 0.1 -dynamics_times").split() + [",".join(f"{k / 10}" for k in range(1, 5001))]
    for number in (signal.SIGTERM, signal.SIGUSR1):
        label = f"along a list, {number.name}"
        status, said, folder = stop(BLOWN, number, RANKS - 1, label)
        got = stopped_in_order(label, number.name, status, said, folder, 10000)
        expect(got >= 3 and got % 2 == 0, f"{label}: all rows of a time: {got}")
        with h5py.File(os.path.join(folder, "fields.h5")) as f:
            expect(abs(f["0/pushed"][()].mean() - 1) < 1e-12, f"{label}: fields are whole")
        shutil.rmtree(folder)

    # quadrature between two samples gives way to the sample that it checks
    LONG = [a if a != "100000" else "3" for a in HEAT] + ["-check_integral_nodes", "64", "-grid_n", "256,256"]
    status, said, folder = stop(LONG, signal.SIGUSR1, 0, "integrals", ready=lambda folder: rows(folder) >= 2)
    stopped_in_order("integrals", "SIGUSR1", status, said, folder, 4)

    # before the folder is opened nothing is written; before the first row what there is says so
    MODES = FLOW + ["-grid_n", "512,512", "-spectrum_count", "60"]
    status, said, folder = stop(MODES, signal.SIGUSR1, 0, "modes", ready=lambda folder: time.sleep(1.5) or True)
    expect(status == 75 and said.endswith(": nothing is written\n") and not os.path.exists(folder), f"modes: {status} {said}")
    STEADY = FLOW + ["-grid_n", "200,200", "-drift_type", "rotation", "-drift_rate", "3", "-output_fields", "none"]
    status, said, folder = stop(STEADY, signal.SIGUSR1, 0, "steady", ready=began)
    stopped_in_order("steady", "SIGUSR1", status, said, folder, 100000)

    # after the last row, while rates are found on coarser grids: all rows are there, and what is not estimated says so
    RATES = SIDE + ["-grid_n", "110,110", "-time_samples", "4", "-drift_type", "rotation", "-drift_rate", "1", "-spectrum_count", "8"]
    status, said, folder = stop(RATES, signal.SIGUSR1, RANKS - 1, "rates", ready=lambda folder: rows(folder) >= 4)
    got = stopped_in_order("rates", "SIGUSR1", status, said, folder, 4)
    with open(os.path.join(folder, "summary.json")) as f:
        estimates = [e["column"] for e in json.load(f)["errors"]["space"]]
    expect(got == 4 and not [name for name in estimates if name.startswith("relaxation")], f"rates: no estimates: {estimates}")

# a second signal ends it at once
for first, second in ((signal.SIGINT, signal.SIGINT), (signal.SIGUSR1, signal.SIGUSR1), (signal.SIGUSR1, signal.SIGTERM)):
    label = f"{first.name} and {second.name}"
    if RANKS == 1:  # a sample takes seconds
        big = HEAT + ["-grid_n", "2048,2048", "-heat_kernel", "spectral"]
        status, said, folder = stop(big, first, 0, label, again=second, ready=lambda folder: rows(folder) >= 2)
    else:  # the others wait for one that does not move
        status, said, folder = stop(HEAT, first, 0, label, again=second, freeze=RANKS - 1)
    expect(status == 75 and said.startswith(f"otto: stopped by {second.name}") and said.count("\n") == 1, f"{label}: {status} {said}")
    files = set(os.listdir(folder))
    expect("series.csv.part" in files and not files & {"summary.json", "series.csv", "fields.h5", "otto.lock"}, f"{label}: {files}")
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

# when all is done and said: a table of PETSc's that nobody reads holds up the end; the status is the run's
if RANKS == 1:
    folder = os.path.join(work, "late")
    p = subprocess.Popen([OTTO, *HEAT, "-time_samples", "2", "-log_view", "-output_dir", folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         stdin=subprocess.DEVNULL)
    fcntl.fcntl(p.stdout, fcntl.F_SETPIPE_SZ, 4096)
    out = b""
    while b"results in" not in out and (more := os.read(p.stdout.fileno(), 200)):
        out += more
    time.sleep(0.5)
    for _ in range(2):
        p.send_signal(signal.SIGTERM)
        time.sleep(0.5)
    said = p.communicate(timeout=30)[1]
    expect(p.returncode in (0, 1) and b"stopped" not in said, f"at the end: {p.returncode} {said!r}")

# a fault on any rank
if "sanitize" not in os.environ["OTTO_BUILD"]:
    for rank in range(RANKS):
        for number in (signal.SIGSEGV, signal.SIGABRT):
            label = f"{signal.Signals(number).name} rank {rank}"
            status, said, folder = stop(HEAT, number, rank, label)
            expect(status == 3, f"{label}: status {status}, not 3: {said}")
            expect(said.startswith("otto: error: a fault of the program (" + signal.Signals(number).name) and
                   said.count("\n") == 1 and "left in " + folder in said, f"{label}: one line: {said!r}")
            expect("otto.lock" not in os.listdir(folder), f"{label}: the folder is given back")
shutil.rmtree(work)
finish()
