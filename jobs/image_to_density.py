#!/usr/bin/env python3
"""Turns a picture or an array into a density that `p_density: file` reads.

  image_to_density.py picture.png out.h5 --dataset p
  image_to_density.py picture.png out.h5 --dataset q --shift 12,-5 --size 256,256
  image_to_density.py portrait out.h5 --crop 0:512,88:600 --size 256,256

Reads .png, .jpg and whatever else matplotlib and Pillow read, .npy and .npz, and the raw MRI slice
that comes with matplotlib, s1045.ima.gz (Debian: python-matplotlib-data; the word `mri` finds it, and
`portrait` the photograph of Grace Hopper, grace_hopper.jpg, beside it).
A picture becomes grey; its array has x (left to right) first and y (upwards) second. Values must
not be negative; Otto itself scales them to mass 1."""
import argparse
import gzip
import os
import sys

import h5py
import numpy as np

from fes_to_potential import Parser

SAMPLES = {"mri": "s1045.ima.gz", "portrait": "grace_hopper.jpg"}


def find(name):
    """A picture of Debian's package, or of another matplotlib."""
    path = "/usr/share/matplotlib/mpl-data"
    if not os.path.exists(path):
        import matplotlib

        path = matplotlib.get_data_path()
    return f"{path}/sample_data/{SAMPLES[name]}"


def read(path):
    """The array of a file: pictures turned so that axis 0 is x and axis 1 is y upwards."""
    if path.endswith(".npy"):
        return np.load(path)
    if path.endswith(".npz"):
        arrays = np.load(path)
        return arrays[arrays.files[0]]
    if path.endswith(".ima.gz"):
        with gzip.open(path) as file:
            rows = np.frombuffer(file.read(), ">u2").reshape(256, 256).astype(float)
    else:
        from matplotlib.image import imread

        rows = imread(path).astype(float)
        if rows.ndim == 3:  # luminance (Rec. 709); a transparent pixel counts as dark
            alpha = rows[..., 3] / rows[..., 3].max() if rows.shape[2] == 4 else 1.0
            grey = rows[..., :3] @ [0.2126, 0.7152, 0.0722] if rows.shape[2] > 2 else rows[..., 0]
            rows = grey * alpha
    return rows[::-1].T  # rows run downwards


def resize(a, shape):
    """Means over cells where an axis shrinks by a whole factor, nearest cells otherwise."""
    for axis, n in enumerate(shape):
        old = a.shape[axis]
        if old % n == 0:
            a = a.reshape(a.shape[:axis] + (n, old // n) + a.shape[axis + 1:]).mean(axis=axis + 1)
        else:
            a = np.take(a, (np.arange(n) * 2 + 1) * old // (2 * n), axis=axis)
    return a


def ranges(text):
    """0:512,88:600 as pairs of numbers of cells."""
    return tuple(tuple(int(end) for end in word.split(":")) for word in text.split(","))


def integers(text):
    return tuple(int(word) for word in text.split(","))


def main():
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input")
    parser.add_argument("output", help="HDF5 file; other datasets in it are kept")
    parser.add_argument("--dataset", default="p", help="name of the dataset (p)")
    parser.add_argument("--shift", type=integers, help="cells along x, y, … (periodic)")
    parser.add_argument("--crop", type=ranges, help="cells that are kept along x, y, …, from:to (y upwards); first of all")
    parser.add_argument("--size", type=integers, help="cells along x, y, …")
    parser.add_argument("--invert", action="store_true", help="dark becomes dense")
    a = parser.parse_args()

    try:
        values = np.asarray(read(find(a.input) if a.input in SAMPLES else a.input), float)
    except (OSError, ValueError) as error:
        sys.exit(f"image_to_density.py: {a.input}: {error}")
    if a.crop:
        if len(a.crop) != values.ndim or any(
                len(c) != 2 or not 0 <= c[0] < c[1] <= n for c, n in zip(a.crop, values.shape)):
            sys.exit(f"image_to_density.py: --crop: from:to on each of {values.ndim} axes, within "
                     + ",".join(f"0:{n}" for n in values.shape))
        values = values[tuple(slice(*c) for c in a.crop)]
    if a.invert:
        values = values.max() - values
    if not np.all(np.isfinite(values)) or values.min() < 0 or values.max() == 0:
        sys.exit(f"image_to_density.py: {a.input}: values must be finite, not negative, "
                 f"and not all 0 (smallest {values.min():g}, largest {values.max():g})")
    for name, given in (("size", a.size), ("shift", a.shift)):
        if given and len(given) != values.ndim or name == "size" and given and min(given) < 1:
            sys.exit(f"image_to_density.py: --{name}: {values.ndim} whole numbers, one an axis")
    if a.size:
        values = resize(values, a.size)
    if a.shift:
        values = np.roll(values, a.shift, axis=tuple(range(values.ndim)))
    os.makedirs(os.path.dirname(os.path.abspath(a.output)), exist_ok=True)
    with h5py.File(a.output, "a") as file:
        if a.dataset in file:
            del file[a.dataset]
        file[a.dataset] = values
    sizes = ",".join(str(n) for n in values.shape)
    print(f"{a.output}: dataset {a.dataset}, -grid_n {sizes}")


if __name__ == "__main__":
    main()
