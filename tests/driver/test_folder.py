"""ranks: 1 2; processors: 1
One run owns its folder; names of any length; what stands in the way of a file is refused, not followed and not waited
for; files that may not become as long as they must."""
import fcntl, os, resource, shutil, subprocess, sys, tempfile, threading
from common import *

RANKS = int(sys.argv[1])
work = tempfile.mkdtemp(prefix="otto-folder-")
BASE = ["-grid_n", "48,40", "-time_start", "1e-3", "-time_stop", "1e-2", "-time_samples", "2", "-p_density",
        "gaussian_mixture", "-p_mean", "0.5,0.5", "-p_sigma", "0.2", "-q_density", "uniform"]


def refused(result, label, *parts):
    said = result.err.strip()
    expect(result.status == 2, f"{label}: status {result.status}, not 2: {said[:300]}")
    expect(said.startswith("otto: error: ") and said.count("\n") == 0, f"{label}: one line, not {said!r}")
    for part in parts:
        expect(part in said, f"{label}: says {part!r}, not {said!r}")


# several runs at once: one runs, and its files are its own
for trial in range(2):
    folder, results = os.path.join(work, f"shared{trial}"), []
    samples = ["-time_samples", "150", "-check_space", "no"]
    threads = [threading.Thread(target=lambda: results.append(run("dissipation", *BASE, *samples, ranks=RANKS,
                                                                  folder=folder))) for _ in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    won = [r for r in results if r.status <= 1]
    expect(len(won) == 1, f"one of three runs has the folder: {[r.status for r in results]} {[r.err for r in results]}")
    for r in results:
        if r not in won:
            expect(r.status == 2 and "output_dir: " + folder in r.err and r.err.count("\n") == 1, f"the others: {r.err!r}")
            expect("is another run's, going on now: process" in r.err or "already holds a run" in r.err, f"say why: {r.err}")
    expect(len(won[0].series()["t"]) == 151, "every row once")
    expect(sorted(os.listdir(folder)) == ["fields.h5", "fields.xdmf", "series.csv", "summary.json"], "and nothing else")

# a lock that somebody holds; one that a run that was killed left; one that another host's run left
folder = os.path.join(work, "held")
os.makedirs(folder)
with open(os.path.join(folder, "otto.lock"), "w") as f:
    fcntl.lockf(f, fcntl.LOCK_EX)
    f.write("elsewhere 4711\n")
    f.flush()
    refused(run("dissipation", *BASE, ranks=RANKS, folder=folder), "held", "process 4711 on elsewhere", "otto.lock")
    expect(os.listdir(folder) == ["otto.lock"], "nothing is touched")
left = run("dissipation", *BASE, ranks=RANKS, folder=folder)
expect(left.status == 0, f"a lock that nobody holds any more is taken over: {left.err}")
expect("otto.lock" not in os.listdir(folder), "and given back")

# what has the name of a file to be
with open(os.path.join(work, "target"), "w") as f:
    f.write("keep")
for kind in ("fifo", "link", "folder"):
    for name in ("series.csv.part", "fields.h5.part", "summary.json.part", "space_error.csv.part", "fields.xdmf.part", "otto.lock"):
        folder = os.path.join(work, f"{kind}-{name}")
        os.makedirs(folder)
        path = os.path.join(folder, name)
        if kind == "fifo":
            os.mkfifo(path)
        elif kind == "link":
            os.symlink(os.path.join(work, "target"), path)
        else:
            os.mkdir(path)
        refused(run("dissipation", *BASE, ranks=RANKS, folder=folder, timeout=60), f"{kind} {name}", "output_dir", path)
        expect(os.listdir(folder) == [name], f"{kind} {name}: nothing else is made")
expect(open(os.path.join(work, "target")).read() == "keep", "links are not followed")
folder = os.path.join(work, "older")
os.makedirs(folder)
with open(os.path.join(folder, "series.csv.part"), "w") as f:
    f.write("older")
os.link(os.path.join(folder, "series.csv.part"), os.path.join(work, "second name"))
expect(run("dissipation", *BASE, ranks=RANKS, folder=folder).status == 0, "what a killed run left is replaced")
expect(open(os.path.join(work, "second name")).read() == "older", "not written over")
os.mkfifo(os.path.join(work, "in.yaml"))
refused(run("dissipation", os.path.join(work, "in.yaml"), *BASE, ranks=RANKS, timeout=60), "input", "in.yaml", "not a file")

# names and paths of any length, relative and absolute
for letters in (90, 101, 200, 230, 250):
    long = run("dissipation", *BASE, ranks=RANKS, folder=os.path.join(work, "x" * letters))
    expect(long.status == 0 and os.path.exists(os.path.join(long.folder, "fields.h5")), f"a name of {letters}: {long.err[:300]}")
for letters in (240, 256, 300, 900):
    path = work
    while len(path) < letters - 52:
        path += "/" + "y" * 50
    path += "/" + "z" * (letters - len(path) - 1)
    long = run("dissipation", *BASE, ranks=RANKS, folder=path)
    expect(len(path) == letters and long.status == 0, f"a path of {letters}: {long.err[:300]}")
refused(run("dissipation", *BASE, ranks=RANKS, folder=os.path.join(work, "x" * 256)), "a name of 256", "File name too long")
refused(run("dissipation", *BASE, ranks=RANKS, folder="x" * 5000), "a name of 5000", "output_dir", "too long")


def limited(size, arguments, label):
    """A run whose files may have `size` bytes; MPI's own are smaller."""
    folder = os.path.join(work, label)
    command = (MPIEXEC + [str(RANKS)] if RANKS > 1 else []) + [OTTO, "dissipation", *arguments, "-output_dir", folder]
    p = subprocess.run(command, capture_output=True, text=True, timeout=200,
                       preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
    return Result(p, folder)


# six fields of 9.6 MB, and 1201 x 1001 corners of cells in single precision
big = [*BASE, "-grid_n", "1200,1000", "-check_space", "no", "-check_integral_nodes", "0"]
refused(limited(8 << 20, big, "limited"), "fields beyond the limit", "output_dir", "67.3 MB", "8.39 MB", "ulimit -f")
for size in (0, 512, 1 << 20, (8 << 20) - 512) if RANKS == 1 else ():  # MPI itself could not start, nor mpirun
    refused(limited(size, big, "limited"), f"a limit of {size}", "ulimit -f", "8192 KB")
expect(not os.path.exists(os.path.join(work, "limited")), "known before anything is made")
expect(limited(8 << 20, BASE, "small").status == 0, "what fits is written")
shutil.rmtree(work)
finish()
