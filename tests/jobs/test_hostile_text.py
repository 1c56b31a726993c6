"""What text may do to jobs/trajectory_to_generator.py and jobs/fes_to_potential.py: words that Python takes for numbers, marks of
the byte order, headers that do not go with rows, names and units that YAML reads as something else, random damage. Either it is
read rightly, or it is refused in one line with status 2; and what is written, the program reads."""

import json
import math
import os
import random
import subprocess

import h5py
import numpy as np
from common import SOURCE, expect, finish
from converters import folder, script

import fes_to_potential
import trajectory_to_generator
from fes_to_potential import quoted

FOLDER = folder("hostile")
OUT = os.path.join(FOLDER, "out.h5")
GOOD = ("--step", 0.01, "--lag", 0.01, "--cells", 4, "--least", 5)


def path_rows(count=200):
    at = np.random.default_rng(1).standard_normal(count).cumsum() * 0.1
    return [f"{x:.6f}" for x in at - at.mean()]


def write(text, name="in.txt"):
    path = os.path.join(FOLDER, name)
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    return path


def refused(module, words, *arguments):
    status, said, complaint = script(module, *arguments)
    expect(status == 2 and said == "" and complaint.count("\n") == 1 and words in complaint,
           f"'{words}' expected: {status} {complaint}")  # fmt: skip


def drift(*arguments):
    status, said, complaint = script(trajectory_to_generator, *arguments)
    expect(status == 0 and complaint == "", f"{arguments}: {complaint}")
    with h5py.File(OUT) as file:
        return next(file[name][...] for name in file if name.startswith("drift_")), said


def gaps():
    """Late times: what single precision may have left of them is no reason to overlook a row that is missing. Headers that
    say an axis is not periodic are believed."""
    rows = [f"{1e6 + 0.01 * k:.2f} {x}" for k, x in enumerate(path_rows())]
    late = ("--lag", 0.01, "--cells", 4, "--least", 5, "--time-column", 1)
    whole = drift(write("\n".join(rows)), OUT, *late)[1]
    expect("1 trajectories of 200 rows" in whole and "(0 gaps)" in whole, whole)
    missing = drift(write("\n".join(rows[:99] + rows[100:])), OUT, *late)[1]
    expect("2 trajectories of 199 rows" in missing and "(1 gaps)" in missing, f"a row is missing: {missing}")
    head = "#! FIELDS time s\n#! SET min_s -4\n#! SET max_s 4\n"
    timed = head + "{}" + "\n".join(f"{0.01 * k:.2f} {x}" for k, x in enumerate(path_rows()))
    said = drift(write(timed.format("#! SET periodic_s false\n")), OUT, *late[:6])[1]
    expect("s: with two ends, box from" in said and "to 4" not in said, f"not periodic: {said}")
    for word in ("#! SET periodic_s true\n", ""):
        said = drift(write(timed.format(word)), OUT, *late[:6])[1]
        expect("s: periodic, box from -4 to 4" in said, f"'{word}': {said}")
    refused(trajectory_to_generator, "periodic_s: 'perhaps' is neither true nor false",
            write(timed.format("#! SET periodic_s perhaps\n")), OUT, *late[:6])  # fmt: skip
    no_box = timed.replace("#! SET max_s 4\n", "").format("#! SET periodic_s true\n")
    refused(trajectory_to_generator, "without min_s and max_s; give --period", write(no_box), OUT, *late[:6])


def words():
    """Numbers are those of C and Fortran."""
    rows = path_rows()
    wanted = drift(write("\n".join(rows)), OUT, *GOOD)[0]
    for mark in (b"\xef\xbb\xbf", b"\r"[:0]):
        found = drift(write(mark + "\r\n".join(rows).encode()), OUT, *GOOD)[0]
        expect(np.array_equal(found, wanted), "a mark of the byte order, and lines of other systems")
    for word in ("1_5", "٣", "１", "1e1_0", "0x10", "1,5", "½", "1e", "--1", "1d", "1\x1b[31m"):
        refused(trajectory_to_generator, "line 7: '", write("\n".join(rows[:6] + [word] + rows[7:])), OUT, *GOOD)
        surface = [f"{k} {k * k}" for k in range(9)]
        refused(fes_to_potential, "line 4: '", write("\n".join(surface[:3] + ["3 " + word] + surface[4:])), OUT, "--unit", "kT")
    refused(trajectory_to_generator, "line 1: this is no text", write("\n".join(rows).encode("utf-16")), OUT, *GOOD)
    refused(trajectory_to_generator, "numbers must be finite, and below 1e+70", write("\n".join(rows + ["1e200"])), OUT, *GOOD)
    refused(trajectory_to_generator, "#! FIELDS names 3 columns; the rows before have 1",
            write(rows[0] + "\n#! FIELDS time a b\n" + "\n".join(rows[1:])), OUT, *GOOD)  # fmt: skip
    refused(trajectory_to_generator, "1 columns; #! FIELDS names 0", write("#! FIELDS\n" + "\n".join(rows)), OUT, *GOOD)
    refused(trajectory_to_generator, "cells; 10000000 are allowed", write("\n".join(f"{x} {x}" for x in rows)), OUT, *GOOD[:4],
            "--cells", "9999999,9999999")  # fmt: skip
    refused(trajectory_to_generator, "'pi/0' is no number above 0", write("\n".join(rows)), OUT, "--step", "pi/0", *GOOD[2:])
    for unit in ("1nm", "a,b", 'a"b', "a\nb", "\udcc5", "n" * 32, "Å" * 16, "\u2028m"):
        refused(trajectory_to_generator, "--energy-unit: '", write("\n".join(rows)), OUT, *GOOD, "--energy-unit", unit)
    with h5py.File(os.path.join(FOLDER, "complex.h5"), "w") as file:
        file["x"] = np.zeros(20, complex)
    refused(trajectory_to_generator, "it holds no real numbers", os.path.join(FOLDER, "complex.h5") + ":x", OUT, *GOOD)


def otto(keys, name, *more):
    """What the program makes of keys: grid and options."""
    to = os.path.join(FOLDER, name)
    command = [os.path.join(os.environ["OTTO_BUILD"], "bin", "otto"), "fokker-planck", keys, "-p_density", "uniform", "-p_closed",
               "restrict", "-time_stop", "0.1", "-time_samples", "2", "-space_tolerance", "1e9", "-time_tolerance", "1e9",
               "-output_dir", to, "-output_overwrite", *more]  # fmt: skip
    done = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, timeout=100)
    expect(done.returncode in (0, 1), f"{keys}: {done.returncode} {done.stderr}")
    with open(os.path.join(to, "summary.json"), encoding="utf-8") as file:
        return json.load(file)


ODD = ("a: b", "s#", "# s", 'q"uote', "it's", "back\\slash", "[x]", "{s}", "*s", "&s", "!s", "|", ">", "%s", "- s", "null", "true", "~",
       "Ångström", "°", "émile", "日本", "\U0001d465", "a/b", "..", ".", ".", "-", "-", "a,b", "$s$", "\x7f", "s\x85t")  # fmt: skip


def names():
    """Columns of any name: the program reads the keys, and finds the datasets."""
    rows = "\n".join(f"{0.01 * k:.2f} {x}" for k, x in enumerate(path_rows()))
    for k, name in enumerate(name for name in ODD if len(name.split()) == 1):
        if k % 2:
            status, said, complaint = script(trajectory_to_generator, write(f"#! FIELDS time {name}\n{rows}"), OUT, "--lag", 0.01,
                                             "--cells", 4, "--least", 5)  # fmt: skip
            expect(status == 0, f"a column called {name!r}: {complaint}")
            otto(OUT[:-3] + ".yaml", "column")
        else:
            surface = f"#! FIELDS {name} free\n" + "\n".join(f"{k} {k * k / 9}" for k in range(6))
            status, said, complaint = script(fes_to_potential, write(surface), OUT, "--unit", "kT")
            expect(status == 0, f"an axis called {name!r}: {complaint}")
            otto(OUT[:-3] + ".yaml", "axis")


def units():
    """Units of any letters that the program takes come through keys, file and run as they are."""
    path = write("\n".join(path_rows()))
    for unit in ("Å", "°", "a: b", "s #", "it's", "kJ/mol", "a$b$", "a_b^2", "n{m}", "null", "日本", "true", "k[T]", "%"):
        status, said, complaint = script(trajectory_to_generator, path, OUT, *GOOD, "--axis-units", unit, "--energy-unit", unit,
                                         "--time-unit", unit)  # fmt: skip
        expect(status == 0, f"{unit!r}: {complaint}")
        run = otto(OUT[:-3] + ".yaml", "unit", "-output_fields", "0,0.1")
        expect(run["grid"]["units"] == [unit] and run["options"]["energy_units"] == unit, f"{unit!r}: {run['grid']}")
        with h5py.File(OUT) as made, h5py.File(os.path.join(FOLDER, "unit", "fields.h5")) as fields:
            found = [made["x"].attrs["units"], made["V"].attrs["units"], fields["0/x"].attrs["units"]]
            found = [text.decode() if isinstance(text, bytes) else text for text in found]
        expect(found == [unit] * 3, f"{unit!r} in files: {found}")


    for unit in ("å" * 16, "n\x85m", "\u200ens", "k\u202eT", "n\u00a0m", "p\u00ads", "\ufeffs", "a,b"):
        refused(trajectory_to_generator, "is no unit", path, OUT, *GOOD, "--time-unit", unit)
        command = [os.path.join(os.environ["OTTO_BUILD"], "bin", "otto"), "fokker-planck", "-time_units", unit]
        done = subprocess.run([*command, "-grid_n", "4", "-p_density", "uniform", "-time_stop", "1"], cwd=FOLDER, capture_output=True,
                              text=True, timeout=100)  # fmt: skip
        expect(done.returncode == 2 and "time_units: " in done.stderr, f"otto refuses {unit!r}, too: {done.returncode} {done.stderr}")
        told = "31 bytes of UTF-8" if unit[0] == "å" else f"U+{ord(max(unit)):04X}, at byte " if unit != "a,b" else "no unit"
        expect(told in done.stderr, f"{unit!r}: {done.stderr}")


def paths():
    """Files of any name, on the way in and out."""
    for name in ("a: b.h5", "c # d.h5", 'e"f.h5', "it's.h5", "new\nline.h5", "Å°.h5", "back\\slash.h5", "\u2028.h5"):
        source, output = write("\n".join(path_rows()), name[:-3] + ".txt"), os.path.join(FOLDER, name)
        status, said, complaint = script(trajectory_to_generator, source, output, *GOOD)
        expect(status == 0, f"{name!r}: {complaint}")
        run = otto(output[:-3] + ".yaml", "path")
        expect(run["options"]["potential_path"] == output, f"{name!r}: {run['options']['potential_path']!r}")
        if "\n" in name:
            with open(output[:-3] + ".yaml", encoding="utf-8") as file:
                expect(file.readline().startswith("# Drift") and file.readline().startswith("# A run"), "comments are lines")


def quotes():
    """A text in quotes is JSON's, which is YAML's, but for letters beyond the first 65536, which JSON has as two."""
    random.seed(2)
    for _ in range(500):
        text = "".join(chr(random.choice((random.randrange(1, 128), random.randrange(128, 0xd800)))) for _ in range(9))
        word = quoted(text)
        expect((word == text and text.isascii()) or json.loads(word) == text, f"{text!r}: {word}")
        expect(word.isprintable(), f"no letter that is a line's end, or nothing to look at: {word!r}")


def damage():
    """Random damage to good files: a result or one line."""
    random.seed(3)
    head = "#! FIELDS time s t\n#! SET min_s -pi\n#! SET max_s pi\n#! SET periodic_s true\n"
    path = head + "\n".join(f"{0.01 * k:.2f} {x} {math.sin(k / 9):.4f}" for k, x in enumerate(path_rows(120)))
    surface = "#! FIELDS s t free\n#! SET min_s -pi\n#! SET max_s pi\n#! SET nbins_s 4\n#! SET periodic_s true\n" + "\n".join(
        f"{(i - 2) * math.pi / 2:.6f} {j} {i * j}" for i in range(4) for j in range(3))  # fmt: skip
    pieces = ["nan", "inf", "1e999", "-", "#!", "#! FIELDS", "#! SET", "\n", "\n\n", " ", "\t", "\0", "\ufeff", "1_0", "pi/0", "9" * 400, "Å",
              "#! SET min_s", "#! SET max_s -99\n", "#! SET periodic_s\n", "1e300", "-1e300", "@", "0", "e", ".", "\x85", "\x1c"]  # fmt: skip
    counts = {0: 0, 2: 0}
    for k in range(400):
        text = path if k % 2 else surface
        for _ in range(random.choice((1, 1, 2, 5))):
            at, much = random.randrange(len(text)), random.choice((0, 1, 3, 30))
            text = text[:at] + random.choice(pieces) * random.choice((1, 1, 2)) + text[at + much:]
        raw = text.encode()
        if k % 7 == 0:
            at = random.randrange(len(raw))
            raw = raw[:at] + bytes([random.randrange(256)]) + raw[at + 1:]
        module, more = ((trajectory_to_generator, ("--lag", 0.01, "--cells", 2, "--least", 2, "--columns", "s,t")) if k % 2 else
                        (fes_to_potential, ("--unit", "kT", "--columns", "s,t,free")))
        source = write(raw)
        try:
            with np.errstate(all="raise", under="ignore"):
                status, said, complaint = script(module, source, OUT, *more)
        except Exception as error:  # whatever it is, a user would see a traceback
            expect(False, f"case {k}: {type(error).__name__}: {error}: {raw[:3000]!r}")
            continue
        counts[status] = counts.get(status, 0) + 1
        expect(status == 0 or (status == 2 and said == "" and complaint.count("\n") == 1), f"case {k}: {status} {complaint}")
    expect(set(counts) == {0, 2} and min(counts.values()) > 20, f"both happen: {counts}")


for part in (gaps, words, names, units, paths, quotes, damage):
    part()
finish()
