"""ranks: 1 2
Checkpoints as a user has them: `restart` goes on from the newest that is whole, or starts afresh and says so; keys that decide
numbers must be the same, others may change, and -help lists them; a signal leaves one, a run that ends well leaves none, one
that fails leaves the last."""
import ctypes, os, re, shutil, signal, subprocess, sys, time
from common import *

RANKS = int(sys.argv[1])
WELL = ("fokker-planck -output_fields none -grid_lower -2 -grid_upper 2 -grid_n 16,12 -grid_boundary no_flux -potential_type quadratic "
        "-potential_stiffness 1,2 -p_density gaussian_mixture -p_mean 0.5,0.5 -p_sigma 0.4 -check_space no -time_stop 1.4 "
        "-time_samples 8 -checkpoint_every 2").split()
work = scratch()


def series(folder, name="series.csv"):
    with open(os.path.join(folder, name)) as f:
        return f.read()


def files(folder):
    return {f for f in os.listdir(folder) if f.startswith("checkpoint")}


def change(arguments, **keys):
    """The same with other values of keys; None leaves one out."""
    new = list(arguments)
    for key, value in keys.items():
        if "-" + key in new:
            at = new.index("-" + key)
            del new[at:at + 2]
        if value is not None:
            new += ["-" + key, str(value)]
    return new


def killed(label, arguments=WELL, point="checkpoint_renamed:2"):
    """A run that was killed inside its second checkpoint, so that it has the first, after two samples."""
    folder = os.path.join(work, label.replace(" ", "-"))
    os.environ["OTTO_TEST_FAULT"] = point
    r = run(*arguments, ranks=RANKS, folder=folder)
    del os.environ["OTTO_TEST_FAULT"]
    expect(r.status not in (0, 1, 2, 3), f"{label}: it was killed")
    return folder


def ends(label, arguments, folder, ranks=RANKS):
    r = run(*arguments, "-restart", ranks=ranks, folder=folder)
    sound(r, label)
    return r


whole = run(*WELL, ranks=RANKS)
sound(whole, "a run with checkpoints")
expect(not files(whole.folder), "a run that ends well leaves no checkpoint")
each = whole if RANKS > 1 else run(*change(WELL, checkpoint_every=1), ranks=RANKS)
for every in ("1h", "0.001s") if RANKS == 1 else ():
    r = run(*change(WELL, checkpoint_every=every), ranks=RANKS)
    expect(series(r.folder) == series(each.folder), f"numbers do not depend on when one is written: {every}")
plain = run(*change(WELL, checkpoint_every=None), ranks=RANKS)
# to what solves leave: ksp_rtol 1e-10 a step, over some 300 of them
for a, b in zip(whole.series()["free_energy"] + each.series()["free_energy"], 2 * plain.series()["free_energy"]):
    close(a, b, 1e-8, "a run with checkpoints is the run without")

# ---- wherever it was killed: the same numbers ----
POINTS = ("checkpoint_field:5", "checkpoint_renamed:1", "checkpoint_closed:2", "checkpoint_field:1", "checkpoint_closed:1",
          "checkpoint_forced:2", "checkpoint_renamed:3")
for point in POINTS if RANKS == 1 else POINTS[:2]:
    folder = killed("at " + point, point=point)
    expect(any(f.endswith(".part") for f in files(folder)), f"{point}: inside the write")
    r = ends(point, WELL, folder)
    expect(series(folder) == series(whole.folder), f"{point}: the series is the same to the letter")
    for name in ("time_error.csv",):
        expect(series(folder, name) == series(whole.folder, name), f"{point}: {name} too")
    same, other = r.summary(), whole.summary()
    expect(same["checks"] == other["checks"], f"{point}: the same checks")
    expect(not files(folder), f"{point}: nothing is left of checkpoints")
    goes_on = "restart: goes on from checkpoint" in re.sub(r"\s+", " ", r.out)
    expect(goes_on != (point in ("checkpoint_field:1", "checkpoint_closed:1", "checkpoint_renamed:1")), f"{point}: says where from: {r.out[:300]}")
folder = killed("other ranks")
alike(ends("other ranks", WELL, folder, ranks=3 - RANKS), whole, 1e-10, "on other ranks")

# ---- none, or none that is whole ----
r = ends("nothing there", WELL, os.path.join(work, "nothing"))
said = re.sub(r"\s+", " ", r.out)
expect("restart: no checkpoint in" in said and "the run starts afresh" in said, "nothing there: says so")
expect(series(r.folder) == series(whole.folder), "nothing there: from the beginning")
r = run(*WELL, "-restart", ranks=RANKS, folder=r.folder)
expect(r.status == 2 and "already holds a run" in r.err, "a run that has ended is not replaced by restart")
folder = killed("damaged", point="checkpoint_renamed:3")
shutil.copy(os.path.join(folder, "checkpoint.previous.h5"), os.path.join(folder, "checkpoint.h5"))
data = bytearray(open(os.path.join(folder, "checkpoint.h5"), "rb").read())
data[len(data) // 2] ^= 16
open(os.path.join(folder, "checkpoint.h5"), "wb").write(data)
r = ends("damaged", WELL, folder)
expect(re.search(r"otto: warning: restart: checkpoint.h5 is damaged.*the run goes on from checkpoint.previous.h5", r.err), f"damaged: named: {r.err}")
expect(series(folder) == series(whole.folder), "damaged: from the one before")
folder = killed("all damaged")
for name in files(folder):
    open(os.path.join(folder, name), "wb").write(b"nothing")
r = ends("all damaged", WELL, folder)
expect("checkpoint.previous.h5 is damaged" in r.err and series(folder) == series(whole.folder), f"all damaged: from the beginning: {r.err}")

folder = killed("no file", point="checkpoint_renamed:3")  # the newest is checkpoint.previous.h5
os.mkfifo(os.path.join(folder, "checkpoint.h5"))
r = run(*WELL, "-restart", ranks=RANKS, folder=folder, timeout=60)
expect(r.status == 2 and "checkpoint.h5 is not a file of a run; nothing is replaced" in r.err, f"a FIFO of that name is none to wait for: {r.status} {r.err}")

# ---- keys ----
for value in () if RANKS > 1 else ("0", "-3", "2.5", "x", "5 days", "0s", "infs", "nan"):
    r = run(*change(WELL, checkpoint_every=value))
    expect(r.status == 2 and "checkpoint_every" in r.err, f"checkpoint_every {value}: refused: {r.status} {r.err}")
folder = killed("keys")
before = {f: open(os.path.join(folder, f), "rb").read() for f in os.listdir(folder) if f != "otto.lock"}
REFUSED = (({"temperature": 2}, ("temperature: 2", "has none")), ({"p_sigma": 0.3}, ("p_sigma: 0.3", "has 0.4")),
                    ({"potential_stiffness": None}, ("potential_stiffness: not given", "has 1,2")),
                    ({"ts_rtol": "1e-5"}, ("ts_rtol: 1e-5",)), ({"time_samples": 7}, ("time_samples", "sample 1 at t = 0.2")),
                    ({"time_samples": 1, "time_start": 1}, ("time_s",)), ({"check_space": "yes"}, ("check_space: yes", "has no")))
for keys, words in REFUSED if RANKS == 1 else REFUSED[:1] + REFUSED[4:5]:
    r = run(*change(WELL, **keys), "-restart", ranks=RANKS, folder=folder)
    expect(r.status in (2, 3) and all(w in r.err for w in words) and r.err.count("\n") == 1, f"{keys}: refused by name: {r.status} {r.err}")
    expect(r.status == 2, f"{keys}: bad input, not {r.status}")
r = run(*WELL, ranks=RANKS, folder=folder)
expect(r.status == 2 and "-restart goes on with it" in r.err, f"without restart the folder holds a run: {r.err}")
r = run("gradient-flow", *WELL[1:], "-restart", ranks=RANKS, folder=folder)
expect(r.status == 2 and "a run of fokker-planck, not of gradient-flow" in r.err, f"another driver: {r.err}")
after = {f: open(os.path.join(folder, f), "rb").read() for f in before}
expect(before == after, f"what is refused touches nothing: {[f for f in before if before[f] != after[f]]}")
longer = change(WELL, time_stop=2, time_samples=11, output_fields="all", temperature="1")
r = ends("longer", longer, folder)
want = run(*change(longer, output_fields="none"), ranks=RANKS)
expect(len(r.series()["t"]) == 11 and r.series()["t"][-1] == 2, "the run may be made longer")
for a, b in zip(r.series()["free_energy"], want.series()["free_energy"]):
    close(a, b, 1e-12, "as one that was that long from the start: its times are the same to rounding")
GROWS = ["gradient-flow", *change(WELL[1:], check_space=None, time_stop=0.7, time_samples=8)] if RANKS == 1 else []
if GROWS:  # which keeps the rows of its errors
    folder = killed("errors", GROWS)
    longer = change(GROWS, time_stop=1, time_samples=11)
    r, want = ends("longer, with errors", longer, folder), run(*longer)
    found, expected = r.errors("space"), want.errors("space")
    expect(len(found["t"]) == len(expected["t"]) > 9, "errors at all times")
    for a, b in zip(found["energy"], expected["energy"]):
        close(a, b, 1e-4, "the same errors: six digits are written")
    for a, b in zip(r.series()["energy"], want.series()["energy"]):
        close(a, b, 1e-9, "to what its solver leaves")
source = open(os.path.join(SOURCE, "src", "core", "options_keep.c")).read()
free = re.findall(r'"(\w+)"', source[source.index("free_keys[]"):source.index("NULL}")])
spoken = subprocess.run([OTTO, "fokker-planck", "-help"], capture_output=True, text=True, env=environment(1)).stdout
line = next(l for l in spoken.split("\n") if l.startswith("  -restart"))
expect(len(free) == 11 and all(key in line for key in free), f"-help lists what may change: {line}")

# ---- files of the user's: the same names, other values ----
HEAT = ("dissipation -grid_n 8,6 -time_start 0.01 -time_stop 0.1 -time_samples 5 -check_space no -checkpoint_every 2 -q_density gaussian_mixture "
        "-q_mean 0.5,0.5 -q_sigma 0.3").split()
made = {}
LINE = change(HEAT, grid_n="8", grid_upper="4", q_density="uniform", q_mean=None, q_sigma=None)
for name, sigma in (("one", 0.2), ("other", 0.21)):
    for axes, keys, mean in (("2", HEAT, "0.4,0.5"), ("1", LINE, "0.4")):
        r = run(*change(keys, checkpoint_every=None, output_fields="0"), "-p_density", "gaussian_mixture", "-p_mean", mean, "-p_sigma", sigma)
        made[name + axes] = os.path.join(r.folder, "fields.h5")
data = os.path.join(work, "data.h5")
WAY = (("p_path", [*HEAT, "-p_density", "file", "-p_dataset", "0/p", "-p_path", data], "2"),
       ("p_path", [*LINE, "-p_density", "samples", "-p_dataset", "0/p", "-p_path", data], "1"),  # heights are taken for points
       ("q_path", [*change(HEAT, q_density="file", q_mean=None, q_sigma=None), "-p_density", "uniform", "-q_dataset", "0/p", "-q_path", data], "2"),
       ("potential_path", [*change(WELL, potential_type="file", potential_stiffness=None, grid_n="8,6", grid_lower=None, grid_upper=None, grid_boundary=None,
                                   potential_seam="drift"), "-potential_path", data, "-potential_dataset", "0/p"], "2"))
for key, line, axes in WAY if RANKS == 1 else WAY[:1]:
    shutil.copy(made["one" + axes], data)
    want = run(*line, ranks=RANKS)
    expect(want.status in (0, 1), f"{key}: {want.err}")
    folder = killed(key + axes, line)
    shutil.copy(made["other" + axes], data)
    r = run(*line, "-restart", ranks=RANKS, folder=folder)
    expect(r.status == 2 and r.err.startswith(f"otto: error: {key}: dataset '0/p' of '{data}'") and r.err.count("\n") == 1 and
           "other values than those" in r.err, f"{key}: another file of the same name is refused: {r.status} {r.err}")
    shutil.copy(made["one" + axes], data)
    r = run(*line, "-restart", ranks=3 - RANKS if key == "q_path" else RANKS, folder=folder)
    expect(r.status == want.status, f"{key}: and with the first one the run goes on: {r.status} {r.err}")
    if key != "q_path":
        expect(series(folder) == series(want.folder), f"{key}: to the same numbers")

# ---- stops ----
LONG = change(WELL, time_samples=141, time_stop=7, checkpoint_every="1h")
long = run(*LONG, ranks=RANKS)
sound(long, "a long run")
folder = os.path.join(work, "stopped")
stops = 0
for _ in range(3):
    command = (MPIEXEC + [str(RANKS)] if RANKS > 1 else []) + [OTTO] + LONG + ["-restart", "-output_dir", folder]
    p = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment(RANKS))
    part, had, limit = os.path.join(folder, "series.csv.part"), 0, time.time() + 60
    while time.time() < limit and p.poll() is None:
        try:
            now = open(part).read().count("\n")
        except OSError:
            now = 0
        had = had or now
        if now > had + 10:
            break
        time.sleep(0.01)
    p.send_signal(signal.SIGUSR1)
    said = p.communicate(timeout=60)[1]
    if p.returncode in (0, 1):
        break
    stops += 1
    expect(p.returncode == 75, f"a stop: exit 75, not {p.returncode}: {said}")
    expect("checkpoint.h5" in files(folder) and "checkpoint.h5" in said, f"a stop leaves a checkpoint, and says so: {said}")
    expect('"stopped"' in open(os.path.join(folder, "summary.json")).read(), "a stop: its summary")
expect(stops > 0, "it was stopped")
if p.returncode not in (0, 1):
    ends("stopped", LONG, folder)
expect(series(folder) == series(long.folder), "stopped and gone on with, the series is the same to the letter")

# ---- transport: its sweep, or the two parts of a run without one ----
TWO = ("transport -grid_n 24,18 -p_density gaussian_mixture -p_mean 0.4,0.5 -p_sigma 0.1 -q_density gaussian_mixture -q_mean 0.6,0.5 "
       "-q_sigma 0.15 -transport_gap 0.05 -checkpoint_every 1").split()
SWEEP = TWO + "-time_start 0.01 -time_stop 0.1 -time_samples 3".split()
for label, keys, names in (("parts", TWO, ()), ("sweep", SWEEP, ("series.csv",))):
    want = run(*keys, ranks=RANKS)
    expect(want.status in (0, 1), f"transport, {label}: {want.err}")
    folder = killed(label, keys, "checkpoint_forced:1" if label == "parts" else "checkpoint_renamed:2")
    if label == "parts":  # a kill a moment later
        os.rename(os.path.join(folder, "checkpoint.h5.part"), os.path.join(folder, "checkpoint.h5"))
    r = run(*keys, "-restart", ranks=RANKS, folder=folder)
    expect("W2 in [" in want.out and "W2 in [" not in r.out, f"transport, {label}: distances are not measured again")
    expect(os.path.exists(os.path.join(folder, "fields.h5")), f"transport, {label}: its fields are there")
    for name in names + ("space_error.csv",):
        expect(series(folder, name) == series(want.folder, name), f"transport, {label}: {name} is the same to the letter")
    for part in ("checks", "results", "verdict", "not_known"):
        expect(r.summary()[part] == want.summary()[part], f"transport, {label}: the same {part}")
    expect(not files(folder), f"transport, {label}: nothing is left")
folder = killed("early", TWO, "checkpoint_closed:1")
r = run(*TWO, "-restart", ranks=RANKS, folder=folder)
expect(r.status in (0, 1), f"files of a run that was killed before its first checkpoint are no hindrance: {r.err}")

# ---- a failure leaves the last ones ----
FAILS = change(WELL, ts_max_steps=150)
r = run(*FAILS, ranks=RANKS)
expect(r.status == 3 and "checkpoint.h5" in files(r.folder), f"a failure leaves them: {r.status} {files(r.folder)} {r.err}")

# ---- a run of anybody's that was killed while it opened a file has left OpenMPI's semaphore of that name taken ----
libc = ctypes.CDLL(None)
for name in ("fields.h5.part", "checkpoint.h5.part"):
    libc.sem_open(f"/OMPIO_{name}".encode(), os.O_CREAT, 0o600, 0)
r = run(*change(WELL, output_fields="all"), ranks=RANKS, timeout=60)
expect(r.status == 0, f"a semaphore that was left taken is no hindrance: {r.status} {r.err}")
finish()
