#!/usr/bin/env python3
"""Turns an electrocardiogram into points that `potential_type: samples` and `p_density: samples` read.

  ecg_to_points.py out.h5 [--lag 30]

The record comes with SciPy (Debian: python3-scipy), scipy.misc.electrocardiogram: five minutes of a
real heart at 360 readings a second, in mV, from record 208 (lead MLII) of the MIT-BIH Arrhythmia
Database (Moody and Mark, IEEE Eng. Med. Biol. 20(3):45, 2001; doi 10.13026/C2F305). A point is a
reading and the one `lag` readings later, the usual way to see a state of two numbers in a record of
one. Dataset `points`, 107970 x 2 at the default lag, in mV; `early` and `late` are its halves in time."""
import argparse
import importlib.util
import os
import sys

import h5py
import numpy as np


def read_signal(parser):
    """The record as SciPy ships it: twelve-bit readings, 200 a millivolt about 1024."""
    scipy = importlib.util.find_spec("scipy")
    path = scipy and os.path.join(os.path.dirname(scipy.origin), "misc", "ecg.dat")
    if not path or not os.path.exists(path):
        parser.exit(3, f"{parser.prog}: no electrocardiogram beside SciPy (Debian: python3-scipy)\n")
    with np.load(path) as file:
        return (file["ecg"].astype(float) - 1024) / 200


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output")
    parser.add_argument("--lag", type=int, default=30, help="readings between the two numbers (30)")
    arguments = parser.parse_args()
    signal = read_signal(parser)
    if not 0 < arguments.lag < len(signal):
        parser.error(f"--lag: {arguments.lag} is outside 1 … {len(signal) - 1}")
    points = np.column_stack([signal[:-arguments.lag], signal[arguments.lag:]])
    part = arguments.output + ".part"
    with h5py.File(part, "w") as file:
        file["points"] = points
        file["early"], file["late"] = points[: len(points) // 2], points[len(points) // 2:]
    os.replace(part, arguments.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
