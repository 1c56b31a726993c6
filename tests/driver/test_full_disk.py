"""ranks: 1
A disk that is full at the start is exit 2, and nothing is written; one that fills during the run is exit 3, and what is there
stays whole: with room again, the run goes on from its checkpoint to the numbers of one that had it all the time. The disk is a
small tmpfs, which root alone may mount."""
import os, re, subprocess, sys, threading, time
from common import *

if os.geteuid() != 0:
    print("skipped: no small disk can be mounted (not root)")
    sys.exit(0)
work = scratch()
disk = os.path.join(work, "disk")
os.mkdir(disk)
if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", disk], capture_output=True).returncode:
    print("skipped: no small disk can be mounted here")
    sys.exit(0)
RUN = ("fokker-planck -grid_n 48,48 -grid_lower -2 -grid_upper 2 -grid_boundary no_flux -time_stop 1 -time_samples 9 -check_space no "
       "-potential_type quadratic -output_fields 0,1 -checkpoint_every 1 -p_density gaussian_mixture -p_mean 0.5,0.5 -p_sigma 0.4").split()
out, filling = os.path.join(disk, "out"), os.path.join(disk, "filling")


def fill():
    """As soon as there is a checkpoint, no byte is free any more."""
    until = time.time() + 60
    while not os.path.exists(os.path.join(out, "checkpoint.previous.h5")) and time.time() < until:
        time.sleep(0.001)
    with open(filling, "wb", buffering=0) as f:
        try:
            while f.write(bytes(1 << 16)):
                pass
        except OSError:
            pass


try:
    whole = run(*RUN)
    sound(whole, "a run with room enough")
    thread = threading.Thread(target=fill)
    thread.start()
    r = run(*RUN, folder=out)
    thread.join()
    expect(r.status == 3 and r.err.startswith("otto: error: ") and r.err.count("\n") == 1, f"full during the run: {r.status} {r.err}")
    expect("No space left" in r.err or "space" in r.err, f"full during the run: says so: {r.err}")
    files = set(os.listdir(out))
    expect("checkpoint.previous.h5" in files or "checkpoint.h5" in files, f"checkpoints stay: {files}")
    expect(not files & {"fields.h5", "summary.json"}, f"nothing half-written has its last name: {files}")
    r = run(*RUN, folder=os.path.join(disk, "another"))
    expect(r.status == 2 and "no space" in r.err and not os.path.exists(r.folder), f"full at the start: {r.status} {r.err}")
    # segments of fields become one file beside them: where there are checkpoints, fields need their room twice
    plain, needed = RUN[:RUN.index("-checkpoint_every")] + RUN[RUN.index("-checkpoint_every") + 2:], {}
    for every, keys in (("checkpoints", RUN), ("none", plain)):
        for fields in ("0,1", "none"):
            r = run(*keys, "-output_fields", fields, folder=os.path.join(disk, "another"))
            expect(r.status == 2, f"full at the start: {r.status} {r.err}")
            needed[every, fields] = float(re.search(r"this run writes ([\d.e+]+) MB", r.err)[1])
    fields = {every: needed[every, "0,1"] - needed[every, "none"] for every in ("checkpoints", "none")}
    expect(abs(fields["checkpoints"] - 2 * fields["none"]) < 0.02 < fields["none"], f"MB of fields: {fields}")  # three digits are said
    os.unlink(filling)
    r = run(*RUN, "-restart", folder=out)
    sound(r, "with room again")
    expect("goes on from checkpoint" in r.out, f"it goes on: {r.out[:200]}")
    for name in ("series.csv", "time_error.csv", "fields.xdmf"):
        expect(open(os.path.join(out, name)).read() == open(os.path.join(whole.folder, name)).read(), f"{name} is the same to the letter")
finally:
    subprocess.run(["umount", disk])
finish()
