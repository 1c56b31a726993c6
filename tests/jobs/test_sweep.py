"""jobs/sweep.py over the rows of a table, whole and in the parts that a job array asks for: the arguments of each run, one
table and one picture of all, whatever has ended."""

import csv

from common import *
from figures import line, titled

sys.path.insert(0, os.path.join(SOURCE, "jobs"))
import sweep as module  # noqa: E402
from otto_results import load  # noqa: E402

SCRIPT = os.path.join(SOURCE, "jobs", "sweep.py")
TOP = os.path.join(SCRATCH, "top")
os.makedirs(TOP)
SMALL = ["-heat_kernel", "lattice", "-time_start", "1e-3", "-time_stop", "1e-2", "-time_samples", "3", "-check_integral_nodes", "0",
         "-p_density", "formula", "-q_density", "uniform", "-check_space", "no", "-output_fields", "none"]  # fmt: skip


def write(name, text):
    with open(os.path.join(TOP, name), "w") as file:
        file.write(text)
    return name


def sweep(*words):
    done = subprocess.run([sys.executable, SCRIPT, *words], cwd=TOP, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def read_csv(folder):
    with open(os.path.join(TOP, folder, "sweep.csv"), newline="") as file:
        return list(csv.DictReader(file))


write("in.yaml", "grid: {n: 32}\n")
TABLE = write("two.txt", """# amplitudes on two grids
p_formula               -grid_n   # a key may have its dash
"1 + 0.5*cos(2*_pi*x)"  24        # a value with blanks
'1 + 0.5*cos(2*_pi*x)'  48

"1+0.1*cos(2*_pi*x)"    24
"1+0.1*cos(2*_pi*x)"    x
""")  # fmt: skip


def whole():
    """KL of small waves is a²/4 of 1 + a cos to leading order: the rows are those of the runs that the table says."""
    status, said, error = sweep("--table", TABLE, "dissipation", "in.yaml", *SMALL)
    folder = "otto-out/dissipation-in-two"
    expect(status == 2 and "grid_n x: exit status 2" in said, f"{status} {said} {error}")
    rows = read_csv(folder)
    expect([r["grid_n"] for r in rows] == ["24"] * 4 + ["48"] * 4 + ["24"] * 4 + ["x"], f"{[r['grid_n'] for r in rows]}")
    expect([r["status"] for r in rows] == ["0"] * 12 + ["2"] and rows[-1]["kl"] == "", "statuses")
    first, third = (load(os.path.join(TOP, folder, name)) for name in "13")
    expect(first.grid["n"] == [24] and load(os.path.join(TOP, folder, "2")).grid["n"] == [48], "grids")
    expect([float(r["kl"]) for r in rows[:4]] == list(first.series["kl"]), "rows of the first run")
    ratio = first.series["kl"][0] / third.series["kl"][0]
    expect(abs(ratio / 25 - 1) < 0.05, f"amplitudes 0.5 and 0.1: KL in the ratio {ratio}")  # next order: a²/8 of it

    # against the number that differs, a curve for each of the words, at the last time; a lone point is one, too
    loaded = {row: load(os.path.join(TOP, folder, str(row + 1))) for row in range(3)}
    os.chdir(TOP)
    figure = module.picture(module.sweep_of(["--table", TABLE, "dissipation", "in.yaml"]), loaded)
    panel = titled(figure, "KL(p|q)")
    drawn = line(panel, "p_formula 1 + 0.5*cos(2*_pi*x), t = 0.01")
    expect(list(drawn.get_xdata()) == [24, 48], f"against grid_n: {drawn.get_xdata()}")
    expect(list(drawn.get_ydata()) == [loaded[k].series["kl"][-1] for k in (0, 1)], "KL at the last time")
    expect(len([one for one in panel.lines if len(one.get_xdata()) == 1]) >= 1, "the other amplitude is there")
    expect(os.path.getsize(os.path.join(folder, "sweep.png")) > 10_000, "a picture")


def in_parts():
    """What a job array does: each row's arguments, and what has ended so far in one table and picture."""
    write("one.txt", "p_formula\n'1 + 0.5*cos(2*_pi*x)'\n'1+x'\n1+y\n")
    what = ("--table", "one.txt", "dissipation", "in.yaml", *SMALL)
    expect(sweep("--rows", "one.txt")[1] == "3\n", "three rows")
    for row in (2, 3):
        status, said, _ = sweep("--row", str(row), *what)
        folder, *run = said.split("\0")[:-1]
        expect(status == 0 and folder == f"otto-out/dissipation-in-one/{row}", f"the folder {folder}")
        expect(run[:2] == ["dissipation", "in.yaml"] and run[run.index("-p_formula") + 1] == ["1+x", "1+y"][row - 2], f"{run}")
        done = subprocess.run([os.path.join(os.environ["OTTO_BUILD"], "bin", "otto"), *run], cwd=TOP, capture_output=True)
        with open(os.path.join(TOP, folder + ".status"), "w") as file:
            print(done.returncode, file=file)
    expect(not os.path.exists(os.path.join(TOP, "otto-out/dissipation-in-one/sweep.csv")), "a run gathers nothing")
    status, said, error = sweep("--gather", *what)
    expect(status == 0 and "sweep.png" in said, f"{status} {said} {error}")
    rows = read_csv("otto-out/dissipation-in-one")
    expect([r["status"] for r in rows] == ["", "0", "0", "0", "0", "2"], f"{[r['status'] for r in rows]}")
    expect(rows[0]["kl"] == "" and float(rows[1]["kl"]) > 0, "what has not ended is empty")


def of_results():
    """transport without times has no series: what is drawn is among its results."""
    write("pair.yaml", "grid: {n: 24, boundary: no_flux}\np: {density: formula, formula: '1+x'}\nq: {density: uniform}\n")
    status, said, error = sweep("transport", "pair.yaml", "grid_n", "16,32", "-check_space", "no", "-transport_normalize", "yes")
    expect(status in (0, 1) and "sweep.png" in said, f"{status} {said} {error}")
    os.chdir(TOP)
    parts = module.sweep_of(["transport", "pair.yaml", "grid_n", "16,32"])
    loaded = {row: load(parts.folder(row)) for row in range(2)}
    drawn = titled(module.picture(parts, loaded), "Wasserstein distance W2").lines[0].get_ydata()
    expect(list(drawn) == [loaded[row].results["w2_upper"] for row in range(2)], f"{drawn}")


def refused_ones():
    """What is no table is said in one line, with its number."""
    for text, words in (("", "a line of keys"), ("a b\n", "a line of keys"), ("a b\n1 2\n3\n", "line 3 has 1 values, the table 2 keys"),
                        ("a b -A\n1 2 3\n", "line 1: a is there twice"), ("a output_dir\n1 2\n", "line 1: output_dir is given by the sweep itself"),
                        ("a\n1\n'2\n", "line 3: No closing quotation"),
                        ("a\n'1\n", "No closing quotation")):  # fmt: skip
        write("bad.txt", text)
        status, _, error = sweep("--table", "bad.txt", "dissipation", "in.yaml")
        expect(status == 2 and words in error and error.count("\n") == 1, f"{text!r}: {status} {error}")
    status, _, error = sweep("--table", "none.txt", "dissipation", "in.yaml")
    expect(status == 2 and "none.txt" in error, error)
    for row in ("0", "9"):
        status, _, error = sweep("--row", row, "--table", "one.txt", "dissipation", "in.yaml")
        expect(status == 2 and f"one.txt: no row {row}; it has 3" in error, error)
    for words in ((), ("--rows",), ("--table", "one.txt"), ("--gather", "dissipation", "in.yaml", "x"), ("--row", "1", "--table", "t")):
        expect(sweep(*words)[0] == 2, f"{words} says how it is used")


whole()
in_parts()
of_results()
refused_ones()
finish()
