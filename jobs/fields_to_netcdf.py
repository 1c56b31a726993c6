#!/usr/bin/env python3
"""Turns the fields of a run into a NetCDF file, for xarray, ncview, Panoply, CDO and what else reads CF.

  fields_to_netcdf.py otto-out/fokker-planck-wells out.nc
  fields_to_netcdf.py otto-out/fokker-planck-wells last.nc --times 20 --fields p,q
  fields_to_netcdf.py otto-out/tempering-metric/fields_new.h5 new.nc --format 3

Takes a run's folder, or a file of fields in it. Every field has the dimensions time (the samples that were written; of
frames between two densities: share) and the axes, in the grid's order and under its names; what belongs to no time
(modes) has the axes alone. Coordinates are the centres of cells, their bounds the faces. Each variable carries its unit
(units) and its sentence (long_name); the keys that the run was given are global attributes option_<key>, beside driver,
verdict and box. Values are those of fields.h5 to the bit. Where a sample lacks a field that others have, it holds
_FillValue.

With one time the file is also one that Otto reads: p_density: file, p_path: last.nc, p_dataset: p.

Needs netCDF4 (Debian: python3-netcdf4). --format 4 (default) is NetCDF-4, which is HDF5; 3 is the classic one with
64-bit offsets, of at most 4 GiB a variable, which Otto does not read."""
import argparse
import json
import math
import os
import sys

import h5py
import numpy as np

from fes_to_potential import Parser

FORMATS = {"3": "NETCDF3_64BIT_OFFSET", "4": "NETCDF4"}
FILL = 9.969209968386869e36  # what NetCDF itself fills doubles with


class Refused(Exception):
    """What is wrong with a file or a wish, in one line."""


def text_of(value):
    return value.decode() if isinstance(value, bytes) else str(value)


class Field:
    """A dataset by name: the samples that have it, its axes, unit and sentence."""

    def __init__(self, name, data):
        self.name, self.samples, self.shape = name, [], data.shape
        self.axes = [data.dims[j][0].name.rsplit("/", 1)[-1] if len(data.dims[j]) else None for j in range(data.ndim)]
        self.unit, self.sentence = (text_of(data.attrs.get(key, b"")) for key in ("units", "long_name"))
        self.is_timed = "coordinates" in data.attrs


def read_fields(file, path):
    """All fields by name, {sample: time}, {axis: (centres, unit, sentence)} of the grid's and of others, in equal bins, and the
    unit of time."""
    samples, fields, axes, unit = {}, {}, {}, "1"
    for number in sorted((key for key in file if key.isdigit()), key=int):
        group = file[number]
        for name, data in group.items():
            if not isinstance(data, h5py.Dataset):
                continue
            if name == "time":
                unit = text_of(data.attrs.get("units", b"1"))
                continue
            if data.attrs.get("CLASS") == b"DIMENSION_SCALE":
                told = [text_of(data.attrs.get(key, b"")) for key in ("units", "long_name")]
                if not np.array_equal(axes.setdefault(name, (data[...], *told))[0], data[...]):
                    raise Refused(f"{path}: axis {name} of sample {number} is not that of the samples before")
                continue
            field = fields.setdefault(name, Field(name, data))
            if field.shape != data.shape or None in field.axes:
                raise Refused(f"{path}: /{number}/{name} is no field of Otto's on one grid")
            field.samples.append(int(number))
        samples[int(number)] = float(group.attrs.get("time", math.nan))
    if not fields:
        raise Refused(f"{path}: no fields in it")
    longest = max((field.axes for field in fields.values()), key=len)
    others = dict.fromkeys(name for field in fields.values() for name in field.axes if name not in longest)
    return samples, fields, [{name: axes[name] for name in names} for names in (longest, others)], unit


def series_of(fields, samples):
    """The dimensions beside the axes: {name: (sentence, samples)}, and which of them each field has. Frames stand at
    samples of their own, which are no times."""
    ways = set(fields["frame"].samples) if "frame" in fields else set()
    times = sorted({k for f in fields.values() if f.is_timed and f.name != "frame" for k in f.samples} or
                   set(samples) - ways)
    dimensions = {"time": ("time of the samples", times)} if times else {}
    if ways:
        dimensions["share"] = ("share of the way from p to q", sorted(ways))
    of = {name: "share" if name == "frame" else "time" if field.is_timed else None for name, field in fields.items()}
    return dimensions, of


def choose(a, path, samples, fields):
    """Leaves only what --times and --fields ask for."""
    if a.fields:
        for name in a.fields:
            if name not in fields:
                raise Refused(f"{path}: --fields: no field '{name}'; there are: {', '.join(sorted(fields))}")
        fields = {name: fields[name] for name in a.fields}
    if a.times:
        keep = set()
        for t in a.times:
            at = {k for k, time in samples.items() if abs(time - t) <= 1e-12 * abs(t)}
            if not at:
                there = ", ".join(f"{time:.12g}" for time in samples.values())
                raise Refused(f"{path}: --times: no fields at t = {t:.12g}; there are some at {there}")
            keep |= at
        for field in fields.values():
            if field.is_timed:
                field.samples = [k for k in field.samples if k in keep]
        fields = {name: field for name, field in fields.items() if field.samples}
        if not fields:
            raise Refused(f"{path}: none of these fields at these times")
    return fields


def write_axes(out, axes, others, used, lower, upper):
    """Coordinates at the centres of cells, and at the middles of bins, with their faces as bounds. The faces of cells are those of
    the box: lower + i h."""
    out.createDimension("bound", 2)
    for j, (name, (centres, unit, sentence)) in enumerate((axes | others).items()):
        if name not in used:
            continue
        n = len(centres)
        out.createDimension(name, n)
        variable = out.createVariable(name, "f8", (name,))
        variable.setncatts({"units": unit or "1", "long_name": sentence or name, "bounds": f"{name}_bounds"})
        if len(axes) <= 3 and name in ("x", "y", "z"):
            variable.axis = name.upper()
        variable[:] = centres
        first, h = (lower[j], (upper[j] - lower[j]) / n) if name in axes else (1.5 * centres[0] - 0.5 * centres[1], centres[1] - centres[0])
        faces = first + np.arange(n + 1) * h
        out.createVariable(f"{name}_bounds", "f8", (name, "bound"))[:] = np.column_stack([faces[:-1], faces[1:]])


def write_series(out, file, dimensions, samples, unit):
    for name, (sentence, numbers) in dimensions.items():
        out.createDimension(name, len(numbers))
        variable = out.createVariable(name, "f8", (name,))
        variable.setncatts({"units": unit if name == "time" else "1", "long_name": sentence})
        if name == "time":
            variable.axis = "T"
        variable[:] = [samples[k] for k in numbers]
        notes = [f"sample {k}: {text_of(file[str(k)].attrs['note'])}" for k in numbers if "note" in file[str(k)].attrs]
        if notes:
            variable.note = "; ".join(notes)
        number = out.createVariable(f"{name}_sample", "i4", (name,))
        number.setncatts({"long_name": "number of the sample in fields.h5 and row of series.csv, from 0"
                          if name == "time" else "number of the sample in fields.h5"})
        number[:] = numbers


def write_field(out, file, field, dimension, numbers):
    """One variable, a sample at a time."""
    lacks = dimension and field.samples != numbers
    variable = out.createVariable(field.name, "f8", ((dimension,) if dimension else ()) + tuple(field.axes),
                                  fill_value=FILL if lacks else None)
    variable.set_auto_maskandscale(False)
    variable.setncatts({"units": field.unit or "1", "long_name": field.sentence or field.name})
    if not dimension:
        variable[...] = file[str(field.samples[0])][field.name][...]
        return
    for k, number in enumerate(numbers):
        variable[k] = file[str(number)][field.name][...] if number in field.samples else np.full(field.shape, FILL)


def write_facts(out, file, path):
    """What the run was, from fields.h5 and the summary beside it, where there is one."""
    out.setncatts({"Conventions": "CF-1.8", "source": text_of(file.attrs.get("source", b"Otto"))})
    for key in ("grid_lower", "grid_upper"):
        out.setncattr(key, np.array(file.attrs[key], float))
    if "grid_boundary" in file.attrs:
        out.grid_boundary = text_of(file.attrs["grid_boundary"])
    summary = os.path.join(os.path.dirname(path), "summary.json")
    if not os.path.exists(summary):
        return
    try:
        with open(summary, encoding="utf-8") as text:
            run = json.load(text)
    except (OSError, ValueError) as error:
        raise Refused(f"{summary}: {error}") from None
    out.title = f"{run.get('driver', '')} {os.path.splitext(os.path.basename(run.get('input') or ''))[0]}".strip()
    for key in ("driver", "verdict"):
        out.setncattr(key, str(run.get(key, "")))
    for key, value in run.get("options", {}).items():
        out.setncattr(f"option_{key}", str(value))


def numbers(text):
    return [float(word) for word in text.split(",")]


def parse():
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", help="a run's folder, or a file of fields in it")
    parser.add_argument("output", help="NetCDF file")
    parser.add_argument("--times", type=numbers, help="only these, of those that were written: 0,1.5")
    parser.add_argument("--fields", type=lambda text: text.split(","), help="only these: p,q")
    parser.add_argument("--format", choices=FORMATS, default="4", help="version of NetCDF (4)")
    return parser.parse_args()


def convert_file(a, Dataset):
    """Reads, writes, and says what was written."""
    path = os.path.join(a.run, "fields.h5") if os.path.isdir(a.run) else a.run
    if not os.path.exists(path):
        raise Refused(f"{path}: no such file")
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise Refused(f"{path}: {error}") from None
    part = a.output + ".part"
    with file:
        if "grid_lower" not in file.attrs or "grid_upper" not in file.attrs:
            raise Refused(f"{path}: no file of Otto's fields: it has no grid_lower and grid_upper")
        samples, fields, (axes, others), unit = read_fields(file, path)
        fields = choose(a, path, samples, fields)
        dimensions, of = series_of(fields, samples)
        used = {name for field in fields.values() for name in field.axes}
        os.makedirs(os.path.dirname(os.path.abspath(a.output)), exist_ok=True)
        try:
            with Dataset(part, "w", format=FORMATS[a.format]) as out:
                write_facts(out, file, path)
                write_series(out, file, dimensions, samples, unit)
                write_axes(out, axes, others, used, file.attrs["grid_lower"], file.attrs["grid_upper"])
                for name, field in fields.items():
                    write_field(out, file, field, of[name], dimensions[of[name]][1] if of[name] else None)
            os.replace(part, a.output)
        finally:
            if os.path.exists(part):
                os.remove(part)
    shape = ", ".join([f"{len(v[1])} {k}s" if k == "share" else f"{len(v[1])} times" for k, v in dimensions.items()]
                      + [f"{len(axes[name][0])} {name}" for name in axes if name in used])
    print(f"{a.output}: {', '.join(sorted(fields))} ({shape})")


def main():
    a = parse()
    try:
        from netCDF4 import Dataset
    except ImportError:
        print("fields_to_netcdf.py: no Python module netCDF4 (Debian: python3-netcdf4)", file=sys.stderr)
        return 3
    try:
        convert_file(a, Dataset)
    except (Refused, OSError, RuntimeError) as refusal:
        print(f"fields_to_netcdf.py: {refusal}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
