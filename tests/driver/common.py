"""Runs the program as a user would and reads what it leaves behind. Standard library only."""
import atexit, csv, importlib.util, json, math, os, re, shlex, shutil, subprocess, sys, tempfile

SOURCE = os.environ.get("OTTO_SOURCE", os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(SOURCE, "tests"))
from checks import expect, finish

OTTO = os.path.join(os.environ["OTTO_BUILD"], "bin", "otto")
MPIEXEC = shlex.split(os.environ.get("OTTO_MPIEXEC", "mpirun --oversubscribe -q -n"))


def needs(*modules):
    """Starts the test anew under Debian's Python where this one lacks a module (CMake may have found another)."""
    missing = [m for m in modules if importlib.util.find_spec(m) is None]
    if not missing:
        return
    debian = "/usr/bin/python3"
    if os.path.realpath(sys.executable) == os.path.realpath(debian) or not os.path.exists(debian):
        sys.exit(f"{os.path.basename(sys.argv[0])} needs {', '.join(missing)} (Debian: python3-numpy python3-h5py)")
    os.execv(debian, [debian, *sys.argv])


def scratch():
    """A fresh folder, which goes when the test ends."""
    folder = tempfile.mkdtemp(prefix="otto-test-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


class Result:
    def __init__(self, process, folder):
        self.status, self.out, self.err, self.folder = (process.returncode, process.stdout,
                                                        process.stderr, folder)

    def series(self):
        with open(os.path.join(self.folder, "series.csv")) as f:
            rows = list(csv.DictReader(f))
        return {key: [float(row[key]) for row in rows] for key in rows[0]}

    def summary(self):
        with open(os.path.join(self.folder, "summary.json")) as f:
            return json.load(f)

    def errors(self, source):
        """The estimates of each row by column."""
        with open(os.path.join(self.folder, source + "_error.csv")) as f:
            rows = list(csv.DictReader(f))
        return {key: [float(row[key]) for row in rows] for key in rows[0]}

    def failing(self):
        return {c["name"] for c in self.summary()["checks"] if not c["pass"]}

    def check(self, name):
        return next(c for c in self.summary()["checks"] if c["name"] == name)


def environment(ranks):
    """Of a start. One rank needs no mpirun, nor OpenMPI's daemon; without that all runs have the same number, and each needs a
    folder of its own for what OpenMPI keeps under it. Where a rank ends with a status other than 0, mpirun waits for others
    that may have ended already: what ours have to say is said before they finalize."""
    if ranks > 1:
        return os.environ | {"OMPI_MCA_odls_base_sigkill_timeout": "0"}
    return os.environ | {"OMPI_MCA_ess_singleton_isolated": "1", "OMPI_MCA_btl": "self", "OMPI_MCA_orte_tmpdir_base": scratch()}


def run(*arguments, ranks=1, folder=None, timeout=250):
    """otto with arguments; results go to a fresh folder unless one is given."""
    if folder is None:
        folder = os.path.join(scratch(), "out")
    command = (MPIEXEC + [str(ranks)] if ranks > 1 else []) + [OTTO] + [str(a) for a in arguments]
    if arguments and arguments[0] in ("dissipation", "fokker-planck", "transport", "gradient-flow", "tempering", "convective-entropy", "first-passage", "bench"):
        command += ["-output_dir", folder]
    process = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, timeout=timeout,
                             env=environment(ranks))
    # libevent under mpirun says so, now and then, of a rank's pipe that is closed already
    process.stderr = re.sub(r"^\[warn\] Epoll MOD\(\d+\) on fd .*: Bad file descriptor\n?", "", process.stderr, flags=re.M)
    return Result(process, folder)


calls = 0


def over(base, *more):
    """Keys and values with others over them; where these choose another type of something, the base's keys of its own type go."""
    new = dict(zip(more[::2], more[1::2]))
    gone = [chooser[: chooser.rindex("_") + 1] for chooser in ("-p_density", "-q_density", "-potential_type", "-drift_type") if chooser in new]
    old = {key: value for key, value in zip(base[::2], base[1::2]) if not any(key.startswith(prefix) for prefix in gone)}
    return [word for pair in (old | new).items() for word in pair]


def some(ranks):
    """For long lists of cases of one kind, all of which a test sees on one rank: two ranks have every third, which is called
    with `ranks`, and leave out the others (0). Three have all of them again, in the long tests: mpirun takes three times as
    long to start."""
    global calls
    calls += 1
    return ranks if ranks != 2 or calls % 3 == 1 else 0


def sound(r, what, unless=("time_error", "space_error")):
    """Every check passes, or all but those that say how far a step or a grid, chosen coarse, is off."""
    ok = r.status == 0 or (r.status == 1 and r.failing() <= set(unless))
    expect(ok, f"{what}: exit 0, not {r.status}: {r.err[-300:]}{r.out[-900:]}")


def close(value, expected, tolerance, what):
    scale = abs(expected) if expected else 1.0
    expect(value == expected or abs(value - expected) <= tolerance * scale,
           f"{what}: {value!r}, expected {expected!r}, off by {abs(value - expected) / scale:.3g}, "
           f"allowed {tolerance:.3g}")


def alike(r, reference, tolerance, what):
    """The series of two runs of fokker-planck, each column to `tolerance` of its scale; residuals are rounding, iterations
    may differ."""
    grid = reference.summary()["grid"]
    sides = [b - a for a, b in zip(grid["lower"], grid["upper"])]
    series, expected = r.series(), reference.series()
    expect(list(series) == list(expected), f"{what}: the same columns")
    for name in set(series) & set(expected) - {"residual", "iterations", "rejected"}:
        scale = max((abs(v) for v in expected[name] if math.isfinite(v)), default=1) or 1
        if name in ("min_p", "min_q"):  # values of a density in its far tail: the scale is the density's, its mean
            scale = 1 / math.prod(sides)
        if name.startswith("production"):  # its parts, which may be 0
            scale = max(map(abs, expected["production"])) or 1
        power = {"mean": 1, "covariance": 2, "resultant": 0}.get(name.split("_")[0])
        if power is not None:  # a covariance may be 0: the scale is the box's
            scale = max(sides) ** power
        expect(len(series[name]) == len(expected[name]), f"{what}: as many rows")
        for a, b in zip(series[name], expected[name]):
            expect(a == b or (a != a and b != b) or abs(a - b) <= tolerance * scale, f"{what}, {name}: {a!r} against {b!r}")
