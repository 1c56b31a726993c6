"""ranks: 1 2 3; long: 3
What goes wrong on one rank alone, at any moment (no memory, a file or a checkpoint that cannot be read, a number that is none),
ends the run on all of them within ten seconds, by one line and the right status, and leaves no half of a file under a last
name; a rank that stands still for a while makes the run slower, never wrong."""
import os, random, re, shutil, sys, time
from common import *
from slow import series, stopped

needs("numpy", "h5py")
import h5py

RANKS = int(sys.argv[1])
random.seed(RANKS)
work = scratch()
GAUSS = "-p_density gaussian_mixture -p_mean 0.5,0.5 -p_sigma 0.4 "
HEAT = ("dissipation -grid_n 24,24 -time_start 1e-3 -time_stop 1e-1 -time_samples 8 -q_density uniform -output_fields all "
        "-checkpoint_every 2 " + GAUSS).split()
FLOW = ("fokker-planck -grid_n 16,16 -grid_lower -2 -grid_upper 2 -grid_boundary no_flux -time_stop 1 -time_samples 6 "
        "-potential_type quadratic -output_fields all -checkpoint_every 2 " + GAUSS).split()
SLOW = 10  # s: the issue's; a start and an end by mpirun among them


def faulty(label, arguments, **variables):
    """A run in such an environment; how long it took."""
    folder = os.path.join(work, label.replace(" ", "-").replace("@", "-"))
    os.environ.update(variables)
    began = time.time()
    r = run(*arguments, ranks=RANKS, folder=folder, timeout=60)
    for name in variables:
        del os.environ[name]
    return r, time.time() - began


def ended(label, r, seconds, status, words):
    # OpenMPI's own, of ranks that were reading from the memory of one that ended
    said = re.sub(r"^(\[\S+:\d+\] Read -1, .*|otto: warning: OTTO_TEST_FAULT.*)\n", "", r.err, flags=re.M)
    expect(r.status == status, f"{label}: status {r.status}, not {status}: {said[-500:]}")
    expect(said.startswith("otto: error: ") and said.count("\n") == 1, f"{label}: one line: {said!r}")
    expect(words in said, f"{label}: says {words}: {said!r}")
    expect(seconds < SLOW, f"{label}: took {seconds:.1f} s")
    files = set(os.listdir(r.folder)) if os.path.isdir(r.folder) else set()
    for name in files & {"fields.h5", "checkpoint.h5", "checkpoint.previous.h5"}:
        with h5py.File(os.path.join(r.folder, name)) as f:
            f.visititems(lambda _, x: x[()] if isinstance(x, h5py.Dataset) else None)
    if "summary.json" in files:
        r.summary()


whole = {}
for label, arguments in (("heat", HEAT), ("flow", FLOW)):
    whole[label] = run(*arguments, ranks=RANKS)
    expect(whole[label].status in (0, 1), f"{label}: {whole[label].err}")
    # no memory: at the first thing that is asked for, and at random ones of some ten thousand
    failed = 0
    for turn in range(5):
        rank = (0, RANKS - 1, RANKS // 2)[turn % 3]
        which = 1 if turn == 0 else int(10 ** random.uniform(1, 4.5))
        what = f"{label} memory@{rank}:{which}"
        r, seconds = faulty(what, arguments, OTTO_TEST_FAIL=f"memory@{rank}:{which}")
        if r.status in (0, 1):  # it did not ask so often
            continue
        failed += 1
        ended(what, r, seconds, 3, "memory")
        last = r.folder
    expect(failed >= 2, f"{label}: memory failed {failed} times")
    # whichever rank ended it, and whatever it left, its lock among that: the folder is the next run's
    r = run(*arguments, "-output_overwrite", ranks=RANKS, folder=last)
    expect(r.status == whole[label].status, f"{label} in the folder of a run that failed: {r.err}")
    expect(series(r.folder) == series(whole[label].folder), f"{label}: is as any other")
    expect("otto.lock" not in os.listdir(r.folder), f"{label}: and gives the folder back")

# a message that cannot be sent, at once or in the midst, with transforms that overlap and without: requests of others are pending
SPECTRAL = HEAT + ["-heat_kernel", "spectral", "-check_space", "no"]
for rank in range(RANKS) if RANKS > 1 else ():
    for overlap, which in (("no", 1), ("yes", 3), ("yes", 20)):
        what = f"message@{rank}:{which} {overlap}"
        r, seconds = faulty(what, SPECTRAL + ["-transform_overlap", overlap], OTTO_TEST_FAIL=f"message@{rank}:{which}")
        ended(what, r, seconds, 3, "no message")

# a number that is none, on each rank
for rank in range(RANKS):
    r, seconds = faulty(f"nan on {rank}", FLOW, OTTO_TEST_FAULT=f"p@{rank}:nan")
    ended(f"nan on {rank}", r, seconds, 3, "not finite")

# a user's file, and a checkpoint, that one rank cannot read
source = os.path.join(whole["heat"].folder, "fields.h5")
given = [a for a in HEAT]
at = given.index("-p_density")
given[at:at + 6] = ["-p_density", "file", "-p_path", source, "-p_dataset", "1/p"]
for rank in range(RANKS):
    r, seconds = faulty(f"read on {rank}", given, OTTO_TEST_FAIL=f"read@{rank}:1")
    ended(f"read on {rank}", r, seconds, 2, "cannot be read")
r, seconds = faulty("killed", FLOW, OTTO_TEST_FAULT="checkpoint_renamed:2")
kept = os.path.join(work, "kept")
shutil.copytree(r.folder, kept)
expect("otto.lock" in os.listdir(kept), "ranks that were killed leave their lock")
for rank in range(RANKS):
    for which in (1, 3):
        label = f"checkpoint on {rank}, field {which}"
        shutil.rmtree(r.folder)
        shutil.copytree(kept, r.folder)
        again, seconds = faulty("killed", FLOW + ["-restart"], OTTO_TEST_FAIL=f"checkpoint@{rank}:{which}")
        ended(label, again, seconds, 3, "cannot read")
        expect(os.path.exists(os.path.join(r.folder, "checkpoint.previous.h5")), f"{label}: the checkpoint stays")
again = run(*FLOW, "-restart", ranks=RANKS, folder=r.folder)
expect(series(r.folder) == series(whole["flow"].folder), "and serves the next run")
expect("otto.lock" not in os.listdir(r.folder), "which takes the lock over, and gives it back")

# a rank that stands still (for longer, and ranks on cores that others use: tests/driver/test_slow_rank_long.py)
for label, arguments in (("heat", HEAT), ("flow", FLOW)) if RANKS > 1 else ():
    stopped(label, arguments, RANKS, os.path.join(work, label + "-stopped"), whole[label].folder, 2)
finish()
