"""ranks: 1 2
A run of any driver that is killed by SIGKILL at any moment, any number of times, and goes on each time, ends with the same
files as one that was never killed: every table to the letter, the summary but for times of the clock, every dataset of
fields.h5 with its attributes, and nothing else in the folder; on other ranks within the design's tolerance. What FFTW finds out
by timing is part of what is kept."""
import glob, os, random, re, shutil, subprocess, sys, time
from common import *

needs("numpy", "h5py")
import h5py, numpy

RANKS = int(sys.argv[1])
random.seed(15)
work = scratch()
os.environ["XDG_CACHE_HOME"] = os.path.join(work, "cache")  # plans that a run has timed are the next one's, too
os.makedirs(os.environ["XDG_CACHE_HOME"])

GAUSS = "-p_density gaussian_mixture -p_mean 0.5,0.5 -p_sigma 0.4 "
BOX = "-grid_lower -2 -grid_upper 2 -grid_n 12,10 -grid_boundary no_flux -time_samples 7 -time_stop 1 -output_fields all "
WELL = BOX + "-potential_type quadratic -potential_stiffness 1,2 " + GAUSS
TWO = WELL + "-q_density gaussian_mixture -q_mean -0.5,0.3 -q_sigma 0.5 "
PAIR = ("-time_start 1e-3 -time_stop 0.1 -time_samples 8 -p_density gaussian_mixture -p_mean 0.4,0.5 -p_sigma 0.1 "
        "-q_density gaussian_mixture -q_mean 0.6,0.5 -q_sigma 0.15 ")
# name, arguments, largest change on other ranks (heat 1e-12 of a column's scale, linear solvers 1e-10), kills on one rank, on two
CASES = (
    ("dissipation", "dissipation -grid_n 20,18 -output_fields all " + PAIR, 1e-12, 8, 3),
    ("spectral", "dissipation -grid_n 30,42 -heat_kernel spectral -output_fields 1e-3,0.1 " + PAIR, 1e-12, 8, 4),
    ("fokker-planck", "fokker-planck -spectrum_count 2 -output_marginals x,x:y -observe r,x^2+y^2 -observe_sets left,x<0 " + TWO, 1e-10, 8, 3),
    ("gradient-flow", "gradient-flow " + TWO, 1e-10, 7, 1),
    ("jko", "gradient-flow " + TWO + "-flow_scheme jko -ts_dt 0.1 -time_stop 0.6", None, 3, 0),
    ("tempering", "tempering -time_samples 7 -time_stop 0.02 -output_fields all -grid_n 32 -p_density gaussian_mixture -p_mean 0.3 "
     "-p_sigma 0.1 -metric_type conformal -metric_formula 2+sin(2*_pi*x)", 1e-10, 5, 0),
    ("convective-entropy", "convective-entropy -p_density formula -p_formula 1+0.5*cos(2*_pi*x) -smoothing_times 2e-3,5e-3 -grid_n 24,20 "
     "-output_fields all -dynamics_type torus_automorphism -dynamics_matrix 2,1,1,1 -dynamics_times 0,1,2,3,-1,-2", None, 6, 0),
    ("transport", "transport -grid_n 16,14 -transport_frames 3 " + PAIR, None, 5, 0),
    ("first-passage", "first-passage -set_a x<-1 -set_b x>1 " + WELL, 1e-10, 4, 1),
)
kills = inside = 0


def start(arguments, folder, ranks=RANKS):
    command = (MPIEXEC + [str(ranks)] if ranks > 1 else []) + [OTTO] + arguments + ["-restart", "-output_dir", folder]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                            env=environment(ranks))


def kill(arguments, folder, takes, seen):
    """Kills all ranks at a random moment of the `takes` seconds that a run needs, or, `seen` a file's name, as soon as it is
    there; whether it had not come to its end."""
    p = start(arguments, folder)
    until = time.time() + (60 if seen else random.uniform(0.05, 0.8) * takes)
    path = os.path.join(folder, seen) if seen else None
    while time.time() < until and p.poll() is None and not (path and os.path.exists(path)):
        time.sleep(0.0005)
    # mpirun's own end is that of its ranks, at once: their parent's death kills none of them
    for pid in (children(p.pid) if RANKS > 1 else []) + [p.pid]:
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            pass
    p.wait()
    return os.path.exists(os.path.join(folder, "checkpoint.h5")) or not os.path.exists(os.path.join(folder, "summary.json"))


def children(parent):
    found = []
    for p in filter(str.isdigit, os.listdir("/proc")):
        try:
            if int(open(f"/proc/{p}/stat").read().rsplit(")", 1)[1].split()[1]) == parent:
                found.append(int(p))
        except (OSError, IndexError):
            pass
    return found


def tables(folder):
    return {f: open(os.path.join(folder, f)).read() for f in os.listdir(folder) if f.endswith((".csv", ".xdmf"))}


def summary(folder):
    """Without what a clock, or the run's own memory, says; keys that only say where and whether it goes on are left out."""
    with open(os.path.join(folder, "summary.json")) as f:
        s = json.load(f)
    for key in ("output_dir", "restart"):
        s["options"].pop(key, None)
    del s["timing"]
    s["results"].pop("memory_bytes_per_cell", None)
    return s


def same_fields(a, b, what):
    """Every object of either file with its attributes; links to coordinates by their names."""
    with h5py.File(a) as f, h5py.File(b) as g:
        names = [[], []]
        f.visit(names[0].append)
        g.visit(names[1].append)
        expect(sorted(names[0]) == sorted(names[1]), f"{what}: the same objects: {set(names[0]) ^ set(names[1])}")
        for name in set(names[0]) & set(names[1]):
            x, y = f[name], g[name]
            plain = [k for k in x.attrs if k not in ("DIMENSION_LIST", "REFERENCE_LIST")]
            expect(list(x.attrs) == list(y.attrs) and all(numpy.array_equal(x.attrs[k], y.attrs[k]) for k in plain), f"{what}: attributes of {name}")
            if isinstance(x, h5py.Dataset):
                expect(x.dtype == y.dtype and x[()].tobytes() == y[()].tobytes(), f"{what}: {name}")
                expect([[d[i].name for i in range(len(d))] for d in x.dims] == [[d[i].name for i in range(len(d))] for d in y.dims],
                       f"{what}: coordinates of {name}")


def same(folder, whole, what):
    mine, its = tables(folder), tables(whole)
    expect(sorted(os.listdir(folder)) == sorted(os.listdir(whole)), f"{what}: the same files: {set(os.listdir(folder)) ^ set(os.listdir(whole))}")
    for name in its:
        expect(mine.get(name) == its[name], f"{what}: {name} is the same to the letter")
    mine, its = summary(folder), summary(whole)
    for key in its:
        expect(mine.get(key) == its[key], f"{what}: {key} of summary.json: " +
               str([(k, mine[key].get(k), its[key][k]) for k in its[key] if mine[key].get(k) != its[key][k]] if isinstance(its[key], dict) else key)[:300])
    if os.path.exists(os.path.join(whole, "fields.h5")):
        same_fields(os.path.join(folder, "fields.h5"), os.path.join(whole, "fields.h5"), what)


def near(folder, whole, tolerance, what):
    """Columns to the tolerance of their scale; residuals, which are rounding, are excepted."""
    rows = [list(csv.DictReader(tables(f)["series.csv"].splitlines())) for f in (folder, whole)]
    expect(len(rows[0]) == len(rows[1]), f"{what}: as many rows")
    for name in rows[1][0]:
        if "residual" in name or name in ("iterations", "rejected"):
            continue
        a, b = (numpy.array([float(r[name]) for r in side]) for side in rows)
        scale = numpy.max(numpy.abs(b[numpy.isfinite(b)]), initial=0) or 1
        if name.split("_")[0] in ("mean", "covariance", "min"):  # which may be 0: the scale is the box's, or a density's mean
            scale = max(scale, 0.1)
        expect(numpy.array_equal(numpy.isfinite(a), numpy.isfinite(b)) and
               numpy.all(numpy.abs(a - b)[numpy.isfinite(b)] <= tolerance * scale), f"{what}, {name}: {a} against {b}")


def go_on(arguments, folder, what, ranks=RANKS):
    p = start(arguments, folder, ranks)
    status = p.wait(timeout=120)
    expect(status in (0, 1), f"{what}: exit {status}")


for name, line, tolerance, alone, on_two in CASES:
    arguments = line.split() + ["-checkpoint_every", "2"]
    wanted = alone if RANKS == 1 else on_two
    if not wanted:
        continue
    whole, folder = os.path.join(work, name + "-whole"), os.path.join(work, name)
    began = time.time()
    go_on(arguments, whole, f"{name}, never killed")
    takes = time.time() - began
    before = kills
    for turn in range(3 * wanted):
        if kills == before + wanted:
            break
        # the first inside a checkpoint, so that one is being written when nothing is there yet; later ones beside one
        seen = ("checkpoint.h5.part", None, "checkpoint.previous.h5")[turn % 3] if turn < 6 else None
        running = kill(arguments, folder, takes, seen)
        kills += running
        inside += os.path.exists(os.path.join(folder, "checkpoint.h5.part"))
        if not running:  # it had ended before: anew
            # all has its last name, and the checkpoints that named them are gone: segments may be left by a kill in that moment
            for part in glob.glob(os.path.join(folder, "fields*.h5.part")):
                os.unlink(part)
            same(folder, whole, f"{name}, after {turn} kills")
            shutil.rmtree(folder)
    other = folder + "-other-ranks"
    if os.path.exists(os.path.join(folder, "checkpoint.h5")) and tolerance:
        shutil.copytree(folder, other)
        go_on(arguments, other, f"{name} on other ranks", ranks=3 - RANKS)
        near(other, whole, tolerance, f"{name} on other ranks")
    go_on(arguments, folder, f"{name}, killed")
    same(folder, whole, f"{name}, killed {wanted} times")
expect(kills >= (50 if RANKS == 1 else 8), f"{kills} kills")
expect(inside >= 3, f"{inside} of them inside the write of a checkpoint")

# another host's wisdom, or none: what was timed before the checkpoint is kept in it
arguments = CASES[1][1].split() + ["-checkpoint_every", "1"]
whole = os.path.join(work, "spectral-whole")
for turn in range(3 if RANKS == 1 else 1):
    folder = os.path.join(work, f"wisdom-{turn}")
    os.environ["XDG_CACHE_HOME"] = os.path.join(work, "cache")
    expect(kill(arguments, folder, 0, "checkpoint.previous.h5"), "killed after a checkpoint")
    os.environ["XDG_CACHE_HOME"] = os.path.join(work, f"cache-{turn}")
    os.makedirs(os.environ["XDG_CACHE_HOME"])
    go_on(arguments, folder, "without a file of wisdom")
    expect(tables(folder)["series.csv"] == tables(whole)["series.csv"], "plans are those that the checkpoint has")

# segments that a checkpoint needs: damaged or lost, it is named and the one before is used
arguments = CASES[0][1].split() + ["-checkpoint_every", "2"]
os.environ["XDG_CACHE_HOME"] = os.path.join(work, "cache")
for turn, (damage, says) in enumerate(() if RANKS > 1 else (("lost", "are not there"), ("cut", "bytes, not"), ("changed", "is not as it was written"))):
    folder = os.path.join(work, f"segment-{damage}")
    expect(kill(arguments, folder, 0, "fields.2.h5.part"), "killed after two checkpoints")
    path = os.path.join(folder, "fields.1.h5.part")
    if damage == "lost":
        os.unlink(path)
    else:
        data = bytearray(open(path, "rb").read())
        data[len(data) // 2] ^= 4
        open(path, "wb").write(data if damage == "changed" else data[:1000])
    r = run(*arguments, "-restart", ranks=RANKS, folder=folder)
    if os.path.exists(os.path.join(folder, "summary.json")):
        same(folder, os.path.join(work, "dissipation-whole"), f"a segment {damage}")
    expect(says in r.err and "fields.1.h5.part" in r.err and "goes on from checkpoint.previous.h5" in r.err, f"a segment {damage}: {r.err}{r.out[-200:]}")
finish()
