"""jobs/fes_to_potential.py: surfaces whose formula is known, as the tools write them, come back as cells of that formula;
the program's steady state on them is the one it has for the formula; what is no grid is refused in one line."""

import contextlib
import io
import math
import os
import subprocess
import sys
from unittest import mock

import h5py
import numpy as np
from common import SCRATCH, SOURCE, expect, finish, otto

import fes_to_potential
from otto_results import load

R = 8.314462618e-3  # kJ/(mol K), CODATA 2018 as printed, to 2e-11
FOLDER = os.path.join(SCRATCH, "fes")
os.makedirs(FOLDER)
OUT = os.path.join(FOLDER, "out.h5")


def write(text, name="in.dat"):
    path = os.path.join(FOLDER, name)
    with open(path, "w") as file:
        file.write(text)
    return path


def script(path, *arguments, out=OUT):
    """Status, what was printed and what was complained of."""
    said, complaint = io.StringIO(), io.StringIO()
    with mock.patch.object(sys, "argv", ["fes_to_potential.py", path, out, *map(str, arguments)]):
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complaint):
            try:
                status = fes_to_potential.main()
            except SystemExit as end:
                status = end.code
    return status, said.getvalue(), complaint.getvalue()


def made(text, *arguments):
    """V, {axis: centres}, (lower, upper), and what was printed."""
    status, said, complaint = script(write(text), *arguments)
    expect(status == 0 and complaint == "", f"{arguments}: {complaint}")
    with h5py.File(OUT) as file:
        data = file["V"]
        axes = {data.dims[j][0].name[1:]: data.dims[j][0][...] for j in range(data.ndim)}
        return data[...], axes, (file.attrs["grid_lower"], file.attrs["grid_upper"]), said


def refused(text, words, *arguments, unit=("--unit", "kT")):
    status, _, complaint = script(write(text), *unit, *arguments)
    expect(status == 2 and complaint.count("\n") == 1 and words in complaint, f"'{words}' expected: {status} {complaint}")


def plumed(function, n, lower, upper, periodic, names, digits="14.9f", header=True, value="file.free"):
    """As sum_hills writes it: the first axis fastest, a blank line after each row, no last point of a periodic axis."""
    lines = ["#! FIELDS " + " ".join(names) + f" {value} " + " ".join("der_" + name for name in names)]
    bounds = {math.pi: "pi", -math.pi: "-pi"}
    for k, name in enumerate(names):
        for end, at in (("min", lower[k]), ("max", upper[k])):
            lines.append(f"#! SET {end}_{name} {bounds.get(at, at)}")
        lines += [f"#! SET nbins_{name} {n[k]}", f"#! SET periodic_{name} {'true' if periodic[k] else 'false'}"]
    h = [(up - lo) / (m if ring else m - 1) for m, lo, up, ring in zip(n, lower, upper, periodic)]
    for index in np.ndindex(*n[::-1]):
        x = [lo + i * d for lo, i, d in zip(lower, index[::-1], h)]
        lines.append(" ".join(f"{number:{digits}}" for number in [*x, function(*x)] + [0.0] * len(n)))
        if index[-1] == n[0] - 1:
            lines.append("")
    return "\n".join(lines if header else lines[:1] + lines[1 + 4 * len(n):]) + "\n"


def rows(*points):
    return "".join(" ".join(str(word) for word in point) + "\n" for point in points)


def angles(x, y):
    return 5 * math.cos(x) + 3 * math.sin(y - x)


TORUS = plumed(angles, (24, 16), (-math.pi,) * 2, (math.pi,) * 2, (True, True), ("phi", "psi"))


def torus():
    """Two angles: no end point, boxes begin half a cell before the first point, and every cell is the formula."""
    V, axes, (lower, upper), said = made(TORUS, "--unit", "kJ/mol", "--temperature", 300)
    expect(V.shape == (24, 16) and list(axes) == ["phi", "psi"], f"{V.shape} {list(axes)}")
    h = 2 * np.pi / np.array([24, 16])
    expect(np.abs(lower + np.pi + h / 2).max() < 1e-15, f"half a cell before the first point: {lower}")
    expect(np.abs(upper - lower - 2 * np.pi).max() < 1e-14, f"a period long: {upper}")
    wanted = np.array([[angles(x, y) for y in axes["psi"]] for x in axes["phi"]]) / (R * 300)
    # nine decimals of values, and of coordinates that are not used where the header has -pi itself
    expect(np.abs(V - wanted).max() < 1e-9, f"V at centres: {np.abs(V - wanted).max()}")
    expect("periodic, the period's last point is not repeated" in said and "kT = 2.4943387" in said, said)
    shuffled = TORUS.splitlines()
    head, body = shuffled[:9], shuffled[9:]
    np.random.default_rng(1).shuffle(body)
    again = made("\n".join(head + body), "--unit", "kJ/mol", "--temperature", 300)[0]
    expect(np.array_equal(V, again), "rows in any order")
    back = made(TORUS, "--unit", "kJ/mol", "--temperature", 300, "--columns", "psi,1,file.free")
    expect(np.array_equal(back[0], V.T) and list(back[1]) == ["psi", "phi"], "columns by name and number, axes in that order")


def ends():
    """Periodic axes without a header: with and without the end point, and with padding, all the same cells."""
    def text(first, last, step=30):
        return rows(*((x, f"{math.cos(math.radians(x)):.12f}", "0.1") for x in range(first, last, step)))
    columns = ("--unit", "kT", "--columns", "1,2", "--period", "360")
    bare = made(text(-180, 180), *columns)
    expect(bare[0].shape == (12,) and "not repeated" in bare[3], bare[3])
    expect(bare[2][0][0] == -195 and bare[2][1][0] == 165, f"box {bare[2]}")
    twice = made(text(-180, 181), *columns)
    expect(np.array_equal(bare[0], twice[0]) and "as one point" in twice[3], twice[3])
    padded = made(text(-270, 300), *columns)
    order = np.roll(padded[0], -3)
    expect(np.abs(order - bare[0]).max() < 1e-12 and "7 beyond a period" in padded[3], padded[3])
    few = made(text(-180, 120), *columns)
    expect(np.isinf(few[0]).sum() == 2 and "2 of 12 points round the period are not" in few[3], few[3])
    open_ended = made(text(-180, 180), "--unit", "kT", "--columns", "1,2")
    expect("two ends" in open_ended[3] and "looks like an angle" in open_ended[3], open_ended[3])
    near = made(text(-180, 180) + "180 -1.000001 0.1\n", *columns)
    expect(np.array_equal(near[0], bare[0]), "of a point that comes twice the first counts")
    radians = rows(*((f"{2 * math.pi * k / 9:.4f}", k * (9 - k)) for k in range(10)))
    expect(made(radians, "--unit", "kT", "--period", "2*pi")[0].tolist() == [k * (9 - k) for k in range(9)], "2*pi")
    jump = text(-180, 180) + "180 0.5 0.1\n"
    refused(jump, "line 13: the point of line 1 again, round the period, with another value: 0.5", *columns[2:])
    refused(text(-180, 181), "not a whole number of spacings", "--columns", "1,2", "--period", "350")
    before = TORUS.replace("\n\n", "\n") + f"{-1.25 * math.pi:.9f} {-math.pi:.9f} -1 0 0\n"
    V, _, (lower, upper), _ = made(before, "--unit", "kT", "--period", "no,no")
    expect(V.shape == (27, 16) and V[0, 0] == -1 and abs(lower[0] + 31 / 24 * math.pi) < 1e-8, f"{V.shape} {lower}")
    expect(np.isinf(V).sum() == 16 * 3 - 1 and abs(upper[0] - 23 / 24 * math.pi) < 1e-8, "a point before the header's box")
    wrong = made(TORUS, "--unit", "kT", "--period", "no,no")
    expect(wrong[3].count("two ends") == 2 and wrong[0].shape == (24, 16), "--period no overrides the header")


def lines_of_one_axis():
    """An axis with ends: the box is half a cell wider, or with --points nodes as wide as the points."""
    text = plumed(lambda d: d * d, (11,), (0.5,), (1.5,), (False,), ("d1",), digits=".17g")
    V, axes, (lower, upper), said = made(text, "--unit", "kT")
    expect(np.abs(V - axes["d1"] ** 2).max() < 1e-15 and V.shape == (11,), "V at centres")
    expect(abs(lower[0] - 0.45) < 1e-15 and abs(upper[0] - 1.55) < 1e-15 and "two ends" in said, f"{lower} {upper}")
    V, axes, (lower, upper), said = made(text, "--unit", "kT", "--points", "nodes")
    # mean of x² over two corners: x² + h²/4, an eighth of the second difference 2 h²
    expect(V.shape == (10,) and np.abs(V - axes["d1"] ** 2 - 0.0025).max() < 1e-15, "means of corners")
    expect(lower[0] == 0.5 and upper[0] == 1.5 and "off by 0.0025 kT" in said, f"{lower} {upper} {said}")
    V, axes, (lower, upper), _ = made(TORUS, "--unit", "kT", "--points", "nodes")
    factor = np.cos(np.pi / 24), np.cos(np.pi / 24 - np.pi / 16), np.cos(np.pi / 24 + np.pi / 16)
    x, y = np.meshgrid(axes["phi"], axes["psi"], indexing="ij")
    # means of a wave over corners: its value times cosines of half its phase along each axis
    wanted = 5 * np.cos(x) * factor[0] + 3 * np.sin(y - x) * (factor[1] + factor[2]) / 2
    expect(V.shape == (24, 16) and np.abs(V - wanted).max() < 2e-9, f"nodes of a torus: {np.abs(V - wanted).max()}")
    expect(np.abs(lower + np.pi).max() < 1e-15 and np.abs(upper - np.pi).max() < 1e-14, "whose box is the torus")
    subset = text.replace("max_d1 1.5", "max_d1 1.7").replace("nbins_d1 11", "nbins_d1 13")
    V, _, (_, upper), said = made(subset, "--unit", "kT")
    expect(V.shape == (13,) and np.isinf(V[11:]).all() and abs(upper[0] - 1.75) < 1e-15, "rows that the header promises")
    expect("0 points are empty bins, 2 are not in the file" in said, said)


def three_axes():
    V, axes, box, _ = made(
        plumed(lambda x, y, z: x + 10 * y + 100 * z * z, (4, 3, 5), (0.0, -1.0, -math.pi), (3.0, 1.0, math.pi),
               (False, False, True), ("a", "b", "c")), "--unit", "kT")  # fmt: skip
    x = np.meshgrid(*axes.values(), indexing="ij")
    expect(V.shape == (4, 3, 5) and np.abs(V - x[0] - 10 * x[1] - 100 * x[2] ** 2).max() < 1e-6, "three axes")
    expect(np.abs(box[0] - [-0.5, -1.5, -1.2 * np.pi]).max() < 1e-14, f"{box}")
    plain = made(rows(*((i, j, k, i + 2 * j - k) for i in range(3) for j in range(2) for k in range(2))),
                 "--unit", "kT", "--columns", "1,2,3,4")  # fmt: skip
    expect(list(plain[1]) == ["x", "y", "z"] and plain[0][2, 1, 0] == 4 and plain[0].shape == (3, 2, 2), "plain columns")


def units():
    """kJ, kcal and eV to kT, and kT in each."""
    text = rows((0, 0.0), (1, 1.5), (2, -2.0))
    of = {"kJ/mol": R, "J/mol": R * 1e3, "kcal/mol": R / 4.184, "eV": 8.617333262e-5}
    for unit, kT in ((unit, k * 310) for unit, k in of.items()):
        V, _, _, said = made(text, "--unit", unit, "--temperature", 310)
        expect(np.abs(V * kT - [0, 1.5, -2]).max() < 1e-9, f"{unit}: {V}")
        with open(OUT[:-3] + ".yaml") as file:
            expect("\ntemperature: 1.0\n" in file.read(), "temperature 1 in units of kT")
        V = made(text, "--unit", unit, "--temperature", 310, "--keep-unit")[0]
        with open(OUT[:-3] + ".yaml") as file:
            temperature = float(file.read().split("\ntemperature: ")[1])
        expect(V.tolist() == [0, 1.5, -2] and abs(temperature / kT - 1) < 1e-9, f"{unit} kept, {temperature}")
        with h5py.File(OUT) as file:
            expect(file["V"].attrs["units"] == unit, "units beside it")
    expect(made(text, "--unit", "kT", "--mintozero")[0].tolist() == [2, 3.5, 0], "--mintozero")
    made(text, "--unit", "kT", "--axis-units", "nm")
    with h5py.File(OUT) as file:
        expect(file["x"].attrs["units"] == "nm", "units of axes")


def wham(x):
    """F = 2x², and the last bin empty."""
    free, weight = (f"{2 * x * x:.6f}", f"{math.exp(-2 * x * x / 0.6):.9f}") if x < 2 else ("inf", "0.000000")
    return f"{x:.6f}", free, "nan", weight, "nan"


WHAM = "#Coor\t\tFree\t\t+/-\t\tProb\t\t+/-\n" + rows(*map(wham, (0.25, 0.75, 1.25, 1.75, 2.25)))
WHAM += "#Window\t\tFree\t\t+/-\n#0\t0.000000\t0.0\n"


def empty_bins():
    V, axes, box, said = made(WHAM, "--unit", "kcal/mol", "--temperature", 300)
    expect(list(axes) == ["Coor"] and box[0][0] == 0 and box[1][0] == 2.5, f"WHAM's bins: {box}")
    expect(np.isinf(V).tolist() == [False] * 4 + [True] and "1 points are empty bins" in said, said)
    expect(abs(V[2] - 2 * 1.25**2 / (R * 300 / 4.184)) < 1e-8, f"{V}")
    # weights are minus logarithms whatever constant WHAM had: exp(-F/0.6) is F/0.6, to nine decimals of 0.006
    V = made(WHAM, "--unit", "kcal/mol", "--temperature", 300, "--columns", "Coor,Prob", "--weights")[0]
    expect(np.abs(V[:3] - 2 * axes["Coor"][:3] ** 2 / 0.6).max() < 1e-6 and np.isinf(V[4]), f"{V}")
    named = made(WHAM, "--unit", "kcal/mol", "--temperature", 300, "--weights")
    expect(np.array_equal(named[0], V) and " of Prob, " in named[3], f"Prob by its name: {named[3]}")
    kept = made(WHAM, "--unit", "kJ/mol", "--temperature", 300, "--columns", "1,4", "--weights", "--keep-unit")[0]
    expect(np.abs(kept[:4] / V[:4] - R * 300).max() < 1e-9, "weights in a unit")
    wham2 = "#X\tY\tFree\tPro\n" + rows(*((x, y, 10 * x + y, 0.1) for x in range(3) for y in range(2)))
    V, axes, _, said = made(wham2, "--unit", "kT")
    expect(V.tolist() == [[0, 1], [10, 11], [20, 21]] and "V of Free" in said, f"WHAM of two axes: {said}")
    V = made(wham2, "--unit", "kT", "--weights")[0]
    expect(np.abs(V + math.log(0.1)).max() < 1e-15 and V.shape == (3, 2), "WHAM of two axes: Pro by its name")
    for header, weights, name in (("# x Prob", (), "Prob"), ("# x Free", ("--weights",), "Free"), ("# x y COUNT", (), "COUNT"),
                                  ("#! FIELDS x y file.free", ("--weights",), "file.free")):  # fmt: skip
        few = header + "\n" + rows(*((x, *range(header.count(" y"))[:1], 1) for x in range(3)))
        if "y" in header:
            few = header + "\n" + rows(*((x, y, 1) for x in range(3) for y in range(2)))
        refused(few, f"column '{name}' is by its name " + ("no weights" if weights else "no free energy"), *weights)
    V = made("# u v F\n" + rows(*((x, y, 10 * x + y) for x in range(3) for y in range(2))), "--unit", "kT")[0]
    expect(V.tolist() == [[0, 1], [10, 11], [20, 21]], "axes called u and v")
    two = rows(*((x, y, "9999999.000000" if x * y == 2 else x + y, 0.5) for x in range(3) for y in range(3)
                 if (x, y) != (0, 0)))  # fmt: skip
    for empty in ("9999999.000000", "nan", "NA", "Inf", "-nan"):
        V, _, _, said = made(two.replace("9999999.000000", empty), "--unit", "kT", "--columns", "1,2,3")
        expect(np.argwhere(np.isinf(V)).tolist() == [[0, 0], [1, 2], [2, 1]], f"{empty}: {V}")
        expect("3 cells are closed (V = inf): 2 points are empty bins, 1 are not in the file" in said, said)
    V = made(two, "--unit", "kT", "--columns", "1,2,3", "--empty", 4)[0]
    expect(np.isinf(V[2, 2]) and V[1, 2] == 9999999, "--empty names another fill instead")
    corners = rows(*((x, y, "nan" if (x, y) == (3, 0) else x + y) for x in range(4) for y in range(4) if x + y))
    V = made(corners, "--unit", "kT", "--columns", "1,2,3", "--points", "nodes")[0]
    wanted = [[math.inf, 2, 3], [2, 3, 4], [math.inf, 4, 5]]
    expect(V.tolist() == wanted, f"a cell with an empty corner is closed: {V}")


def below():
    """Values that begin with a minus are values."""
    said = made(rows(*((x, x) for x in range(4))), "--unit", "kT", "--empty", "-1e9", "--empty", "-.5")[0]
    expect(said.tolist() == [0, 1, 2, 3], "-1e9 is no option")
    refused(rows((0, 1), (1, 2)), "argument --period: '-pi' is neither a period nor no", "--period", "-pi")


def decimals():
    """Coordinates of few decimals; the header's pi is exact."""
    torus = ((90, 4), (-math.pi,) * 2, (math.pi,) * 2, (True, True), ("phi", "psi"))
    text = plumed(angles, *torus, digits="10.3f")
    V, axes, (lower, upper), _ = made(text, "--unit", "kT")
    expect(V.shape == (90, 4) and np.abs(upper - lower - 2 * np.pi).max() < 1e-14, "three decimals with a header")
    plain = plumed(angles, *torus, digits="10.3f", header=False)
    other = made(plain, "--unit", "kT", "--columns", "phi,psi,file.free", "--period", "2*pi,2*pi")
    expect(np.array_equal(other[0], V) and abs(other[2][1][0] - other[2][0][0] - 2 * np.pi) < 1e-14, "and without")
    gap = rows(*((f"{0.1 * k:.1f}", k) for k in range(40) if k not in (3, 4, 17)))
    V = made(gap, "--unit", "kT")[0]
    expect(np.flatnonzero(np.isinf(V)).tolist() == [3, 4, 17] and V[39] == 39, "lines that are missing")
    # half degrees as radians of four decimals: spacings are 0.0087 or 0.0088, and 720 of them go wrong by two points
    fine = made(rows(*((f"{math.radians(k / 2):.4f}", k) for k in range(720))), "--unit", "kT", "--period", "2*pi")[0]
    expect(fine.tolist() == list(range(720)), "many points of few decimals")
    fortran = made(rows(("0.0D+00", "1.0D+01"), ("1.0D+00", "2.5D-01")), "--unit", "kT")[0]
    expect(fortran.tolist() == [10, 0.25], "Fortran's exponents")


def names():
    """A run's own names are not given to axes."""
    for taken in ("p q V", "y x V", "time s V", "nodes_1 b V", "a/b c V", "c c V"):
        text = "# " + taken + "\n" + rows(*((x, y, x + 2 * y) for x in range(2) for y in range(3)))
        _, axes, _, said = made(text, "--unit", "kT")
        expect(list(axes) == ["x", "y"] and "(axis y of the run)" in said, said)
        with open(OUT[:-3] + ".yaml") as file:
            expect("names" not in file.read(), f"{taken}: no grid_names")


def mutations():
    """What a text file suffers, one at a time, is refused with its line."""
    lines = TORUS.splitlines(keepends=True)

    def changed(number, old, new):
        line = lines[number - 1]
        expect(old in line, f"line {number} has {old}: {line}")
        return "".join(lines[:number - 1] + [line.replace(old, new, 1)] + lines[number:])

    first = len(lines) - 16 * 25 + 1  # line of the first row
    point = lines[first + 2].split()
    refused(changed(first + 3, point[0], "-2.5"), f"in.dat, line {first + 3}: phi = -2.5 is not on an evenly spaced")
    refused(changed(first + 3, point[0], "x"), f"line {first + 3}: phi: 'x' is no coordinate")
    refused(changed(first + 3, point[0], "nan"), f"line {first + 3}: phi: 'nan' is no coordinate")
    refused(changed(first + 3, point[2], "1.2.3"), f"line {first + 3}: '1.2.3' is neither a value nor an empty bin")
    refused(changed(first + 3, point[2], "-inf"), f"line {first + 3}: '-inf' is neither")
    refused(changed(first + 3, point[2], "1e999"), f"line {first + 3}: '1e999' is neither")
    refused(changed(first + 3, point[2], ""), f"line {first + 3}: 4 columns; line {first} has 5")
    again = changed(first + 3, point[0], lines[first].split()[0])
    refused(again, f"line {first + 3}: the point of line {first + 1} again")
    refused(TORUS + TORUS, "a second #! FIELDS")
    refused(TORUS + lines[first], f"line {len(lines) + 1}: the point of line {first + 1} again")
    refused(changed(1, "der_psi", ""), "5 columns; #! FIELDS names 4")
    refused(changed(3, "pi", "four"), "line 3: max_phi: 'four' is not understood")
    refused(changed(3, "pi", "-4"), "line 3: max_phi is not above min_phi")
    refused(changed(3, "pi", "3"), "line 3: phi: points are 0.261799388 apart")
    refused(changed(2, "-pi", "-3"), "which does not go with min and max")
    refused(changed(4, "24", "30"), "line 4: nbins_phi is 30; 0.261799388 fits 24 times")
    refused(changed(5, "true", "maybe"), "line 5: periodic_phi: 'maybe' is not understood")
    refused(changed(5, "phi true", "phi"), "line 5: #! SET with a name and a value")
    refused(rows(*((x, 0) for x in (0, 2, 5, 7, 10))), "(more decimals?)")
    refused(rows((0.0, 1), (1.0, 2), (2.05, 3), (3.0, 1), (4.0, 1)), "line 3: x = 2.05 is not on an evenly spaced axis")
    uneven = rows(*((10**k / 8, k) for k in range(9)))
    refused(uneven, "is not on an evenly spaced axis")
    refused(rows((1, 2), (1, 3)), "x is 1 in all rows")
    refused(rows((0, 2), (1, 3), (2, 2), (1, 3)), "line 4: the point of line 2 again")
    refused(rows((0, 2), (1, 3), (2, -2)), "line 3: a weight of -2", "--weights")
    refused(rows((0, "nan"), (1, "inf")), "all bins are empty")
    refused(rows((0, 0, 1, 1), (1, 1, 1, 2)), "4 columns: which are axes", )
    refused(rows((0, 0, 1), (1, 1, 1)), "--columns: no column 4; there are 3", "--columns", "1,2,4")
    refused(rows((0, 0, 1), (1, 1, 1)), "no column is called 'phi': none have names", "--columns", "phi,2,3")
    refused(WHAM, "several columns are called '+/-'", "--columns", "Coor,+/-")
    refused(TORUS, "a column is named twice", "--columns", "phi,phi,file.free")
    refused(TORUS, "1 to 3 axes and a value", "--columns", "phi")
    refused(TORUS, "--period: 2 entries", "--period", "360")
    refused(TORUS, "--axis-units: 2 entries", "--axis-units", "rad")
    refused(TORUS, "'phi' is an axis' name", "--dataset", "phi")
    scattered = rows(*((f"{x:.5f}", f"{y:.5f}", 1) for x, y in np.random.default_rng(3).random((400, 2))))
    refused(scattered, "line ")
    refused("# nothing\n", "no row of numbers")
    refused(TORUS, "--temperature: above 0, in K", unit=("--unit", "kJ/mol"))
    refused(TORUS, "--unit kT needs neither", "--temperature", 300)
    refused(TORUS, "invalid choice", unit=("--unit", "calories"))
    refused(TORUS, "neither a period nor no", "--period", "round,round")
    path = os.path.join(FOLDER, "binary.dat")
    with open(path, "wb") as file:
        file.write(bytes(range(256)))
    expect(script(path, "--unit", "kT")[0] == 2 and "line 1: this is no text" in script(path, "--unit", "kT")[2], "no text")
    with open(path, "wb") as file:
        file.write(b"# distance (\xc5), energy\r\n0 1\r\n1 2\r\n")
    expect(script(path, "--unit", "kT")[0] == 0, "a comment in another encoding, and lines of another system")
    expect("No such file" in script(os.path.join(FOLDER, "no.dat"), "--unit", "kT")[2], "no file")
    before = os.path.getmtime(OUT)
    refused(uneven, "evenly")
    expect(os.path.getmtime(OUT) == before, "what is refused overwrites nothing")


def steady_states():
    """The program's own potential and steady state on the converted text are those of the formula."""
    exact = plumed(angles, (24, 16), (-math.pi,) * 2, (math.pi,) * 2, (True, True), ("phi", "psi"), digits=".17g")
    command = [sys.executable, os.path.join(SOURCE, "jobs", "fes_to_potential.py"), write(exact), OUT]
    command += ["--unit", "kJ/mol", "--temperature", "300"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    expect(done.returncode == 0 and done.stderr == "", done.stderr)
    rest = ("-p_density", "uniform", "-time_stop", 1, "-time_samples", 2, "-check_space", "no", "-check_time", "no",
            "-output_fields", 1)  # fmt: skip
    one = load(otto("fes_file", "fokker-planck", OUT[:-3] + ".yaml", *rest))
    lower, upper = (",".join(repr(float(x)) for x in one.grid[key]) for key in ("lower", "upper"))
    formula = ("-potential_type", "formula", "-potential_formula", f"(5*cos(x)+3*sin(y-x))/{R * 300!r}")
    other = load(otto("fes_formula", "fokker-planck", "-grid_n", "24,16", "-grid_lower", lower, "-grid_upper", upper,
                      *formula, *rest))  # fmt: skip
    for name, bound in (("potential", 1e-9), ("steady_state", 1e-9)):
        # R is printed to 2e-11 of itself, and V is up to 3.2 of it
        a, b = one.field(name), other.field(name)
        expect(np.abs(a - b).max() <= bound * np.abs(b).max(), f"{name}: {np.abs(a - b).max()}")
    x, y = np.meshgrid(*one.axes, indexing="ij")
    gibbs = np.exp(-(5 * np.cos(x) + 3 * np.sin(y - x)) / (R * 300))
    gibbs /= gibbs.sum() * (2 * np.pi) ** 2 / gibbs.size
    expect(np.abs(one.field("steady_state") / gibbs - 1).max() < 1e-9, "which is Gibbs'")

    hole = exact.splitlines(keepends=True)
    hole = "".join(line for k, line in enumerate(hole) if k not in (50, 51, 52, 76))
    V = made(hole, "--unit", "kJ/mol", "--temperature", 300, "--keep-unit")[0]
    closed = load(otto("fes_closed", "fokker-planck", OUT[:-3] + ".yaml", *rest, "-p_closed", "restrict"))
    steady = closed.field("steady_state")
    expect(np.isinf(V).sum() == 4 and np.array_equal(steady == 0, np.isinf(V)), "what is missing is closed to the run")
    ratio = steady[steady > 0] / gibbs[steady > 0]
    expect(np.ptp(ratio) < 1e-9 * ratio.max() and ratio.min() > 1, "the open cells share what there is, at kT in kJ/mol")


for part in (torus, ends, lines_of_one_axis, three_axes, units, empty_bins, below, decimals, names, mutations, steady_states):
    part()
finish()
