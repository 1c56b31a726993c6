"""Runs to test jobs/ on: real ones of the program, and made ones with what no small run has."""

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile

import h5py
import numpy as np

SOURCE = os.environ.get("OTTO_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path[:0] = [os.path.join(SOURCE, "jobs"), os.path.join(SOURCE, "tests")]
from checks import expect, finish  # noqa: E402,F401

SCRATCH = tempfile.mkdtemp(prefix="otto-jobs-")
atexit.register(shutil.rmtree, SCRATCH, ignore_errors=True)


def refused(function, words, what):
    """The call must raise a ResultsError of one line with these words."""
    from otto_results import ResultsError

    try:
        function()
    except ResultsError as error:
        expect(words in str(error) and "\n" not in str(error), f"{what}: {error}")
    else:
        expect(False, f"{what} is refused")


def otto(name, *arguments):
    """The folder of a real run, made once."""
    folder = os.path.join(SCRATCH, name)
    if not os.path.exists(folder):
        command = [os.path.join(os.environ["OTTO_BUILD"], "bin", "otto")] + [str(a) for a in arguments]
        done = subprocess.run(
            command + ["-output_dir", folder], cwd=SOURCE, capture_output=True, text=True, timeout=250
        )
        expect(done.returncode in (0, 1), f"{name}: status {done.returncode}: {done.stderr}")
    return folder


def points():
    """Two point masses in free space, 0.375 apart: KL = |a-b|²/4t, chi2 up to 1e60."""
    return otto(
        "points",
        "dissipation",
        "-grid_n",
        "48,24",
        "-grid_lower",
        "-0.75,-0.375",
        "-grid_upper",
        "0.75,0.375",
        "-grid_boundary",
        "open",
        "-heat_kernel",
        "gaussian_exact",
        "-p_density",
        "delta",
        "-q_density",
        "delta",
        "-p_position",
        "-0.18,0.01",
        "-q_position",
        "0.19,0.01",
        "-time_start",
        "1.1e-3",
        "-time_stop",
        "2.2e-3",
        "-time_samples",
        5,
        "-check_integral_nodes",
        0,
    )


def mixtures():
    """Two mixtures on a torus under the heat flow."""
    return otto("mixtures", "dissipation", "inputs/dissipation/mixture_2d.yaml", "-grid_n", "64,60", "-time_samples", 7)


def wells():
    """A double well with its rates and modes, barrier 3 T."""
    return otto(
        "wells",
        "fokker-planck",
        "inputs/fokker-planck/double_well_2d.yaml",
        "-grid_n",
        "40,24",
        "-time_stop",
        8,
        "-time_samples",
        9,
        "-spectrum_count",
        2,
        "-ts_dt",
        "0.05",
        "-space_tolerance",
        10,
        "-time_tolerance",
        10,
    )


def write_table(folder, name, columns):
    rows = zip(*columns.values())
    with open(os.path.join(folder, name), "w") as file:
        file.write(",".join(columns) + "\n" + "".join(",".join(f"{v:.17g}" for v in row) + "\n" for row in rows))


def made(name, columns=None, summary=None, fields=None, errors=None, box=(-1.0, 1.0)):
    """A run of given columns, {sample: (time, {field: array})} and tables of errors; its folder."""
    folder = os.path.join(SCRATCH, name)
    os.makedirs(folder)
    if columns is not None:
        write_table(folder, "series.csv", columns)
    for source, table in (errors or {}).items():
        write_table(folder, source + "_error.csv", table)
    if summary is not None:
        with open(os.path.join(folder, "summary.json"), "w") as file:
            json.dump(summary, file)
    if fields:
        with h5py.File(os.path.join(folder, "fields.h5"), "w") as file:
            for sample, (time, values) in fields.items():
                group = file.create_group(str(sample))
                group.attrs["time"] = float(time)
                for key, value in values.items():
                    group[key] = value
                dim = np.ndim(next(iter(values.values())))
            file.attrs["grid_lower"], file.attrs["grid_upper"] = np.full(dim, box[0]), np.full(dim, box[1])
    return folder
