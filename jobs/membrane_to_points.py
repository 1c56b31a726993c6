#!/usr/bin/env python3
"""Turns a signal into points that `potential_type: samples` and `p_density: samples` read.

  membrane_to_points.py out.h5 [--lag 20]

The signal comes with matplotlib, membrane.dat (Debian: python-matplotlib-data): 12000 readings,
by its name the membrane potential of a neuron; where it is from is not stated. A point is a reading and the one `lag` readings later, the
usual way to see a state of two numbers in a record of one. Dataset `points`, N x 2, in the unit
of the file."""
import argparse
import os
import sys

import h5py
import numpy as np


def find_signal():
    """The record of Debian's package, or of another matplotlib."""
    path = "/usr/share/matplotlib/mpl-data"
    if not os.path.exists(path):
        import matplotlib

        path = matplotlib.get_data_path()
    return path + "/sample_data/membrane.dat"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output")
    parser.add_argument("--lag", type=int, default=20, help="readings between the two numbers (20)")
    arguments = parser.parse_args()
    signal = np.fromfile(find_signal(), np.float32).astype(float)
    if not 0 < arguments.lag < len(signal):
        parser.error(f"--lag: {arguments.lag} is outside 1 … {len(signal) - 1}")
    points = np.column_stack([signal[:-arguments.lag], signal[arguments.lag:]])
    part = arguments.output + ".part"
    with h5py.File(part, "w") as file:
        file["points"] = points
    os.replace(part, arguments.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
