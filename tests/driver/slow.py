"""Runs whose ranks get less of the machine than they want: one that stands still, and all beside others' work."""
import os, signal, subprocess, sys, time
from common import MPIEXEC, OTTO, environment, expect, run


def parent(pid):
    try:
        return int(open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[1])
    except (OSError, IndexError):
        return 0


def series(folder):
    with open(os.path.join(folder, "series.csv")) as f:
        return f.read()


def stopped(label, arguments, ranks, folder, whole, seconds):
    """One rank stands still for a while in the midst of a run: the others wait, and the rows are those of `whole`."""
    p = subprocess.Popen(MPIEXEC + [str(ranks), OTTO] + arguments + ["-output_dir", folder], stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL, env=environment(ranks))
    while not os.path.exists(os.path.join(folder, "series.csv.part")) and p.poll() is None:
        time.sleep(0.002)
    children = [int(q) for q in os.listdir("/proc") if q.isdigit() and parent(int(q)) == p.pid] if p.poll() is None else []
    one = children[-1] if children else 0
    if one:
        os.kill(one, signal.SIGSTOP)
        time.sleep(seconds)
        expect(p.poll() is None, f"{label}: the others wait")
        os.kill(one, signal.SIGCONT)
    expect(p.wait(timeout=120) in (0, 1) and one, f"{label}: it goes on")
    expect(series(folder) == series(whole), f"{label}: never wrong")


def beside_others(label, arguments, ranks, whole):
    """While as many others as the machine has cores, and one more, never rest."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(len(os.sched_getaffinity(0)) + 1)]
    try:
        r = run(*arguments, ranks=ranks, timeout=800)
        expect(all(o.poll() is None for o in others), f"{label}: the others never rest")
    finally:
        for o in others:
            o.kill()
            o.wait()
    expect(r.status in (0, 1), f"{label}: {r.err}")
    expect(series(r.folder) == series(whole), f"{label}: slower, never wrong")
