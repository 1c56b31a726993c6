"""jobs/fields_to_netcdf.py: what it writes is read back by netCDF4, by h5py and by the program, value by value."""

import contextlib
import io
import os
import sys
import warnings
from unittest import mock

import h5py
import numpy as np
from common import SCRATCH, expect, finish, made, mixtures, otto, wells

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of sizes of numpy's types, which another numpy compiled in
    try:
        import netCDF4
    except ImportError:
        print("no Python module netCDF4 (Debian: python3-netcdf4)")
        sys.exit(77)

import fields_to_netcdf
from otto_results import load


def script(run, *arguments, out="out.nc"):
    """Status, the file, what was printed, what was complained of."""
    path = os.path.join(SCRATCH, out)
    said, complaint = io.StringIO(), io.StringIO()
    with mock.patch.object(sys, "argv", ["fields_to_netcdf.py", run, path, *map(str, arguments)]):
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complaint):
            try:
                status = fields_to_netcdf.main()
            except SystemExit as end:
                status = end.code
    return status, path, said.getvalue(), complaint.getvalue()


def opened(run, *arguments):
    status, path, _, complaint = script(run, *arguments)
    expect(status == 0 and complaint == "", f"{arguments}: {complaint}")
    data = netCDF4.Dataset(path)
    data.set_auto_maskandscale(False)
    return data


def refused(run, words, *arguments):
    status, path, _, complaint = script(run, *arguments, out="refused.nc")
    expect(status == 2 and words in complaint and complaint.count("\n") == 1, f"'{words}' expected: {status} {complaint}")
    expect(not os.path.exists(path) and not os.path.exists(path + ".part"), f"{words}: no file stays")


def samples():
    """All samples of a run with q, modes and a potential, in both versions of the format."""
    folder = wells()
    run = load(folder)
    for version in (4, 3):
        with opened(folder, "--format", version) as data:
            expect(data.data_model == {4: "NETCDF4", 3: "NETCDF3_64BIT_OFFSET"}[version], data.data_model)
            expect(data["p"].dimensions == ("time", "x", "y") and data["p"].shape[1:] == (40, 24), f"{data['p']}")
            expect(data["time"][:].tolist() == run.times and len(run.times) > 1, "times")
            expect(data["time_sample"][:].tolist() == list(run.samples), "and numbers of samples")
            for name in run.names(max(run.samples)):
                if name in ("x", "y", "time"):
                    continue
                for k, sample in enumerate(run.samples):
                    same = np.array_equal(data[name][k], run.field(name, sample=sample), equal_nan=True)
                    expect(same, f"version {version}: {name} of sample {sample} to the bit")
                with h5py.File(run.path("fields.h5")) as file:
                    told = [file[str(max(run.samples))][name].attrs[key].decode() for key in ("units", "long_name")]
                expect([data[name].units, data[name].long_name] == told, f"{name}: {told}")
                expect("_FillValue" not in data[name].ncattrs(), f"{name} is in every sample")
            for k, mode in enumerate(run.modes(), 1):
                expect(data[f"mode_{k}"].dimensions == ("x", "y"), "a mode has no time")
                expect(np.array_equal(data[f"mode_{k}"][...], mode), f"mode {k} to the bit")
            for j, name in enumerate(("x", "y")):
                lower, upper = run.box[0][j], run.box[1][j]
                expect(np.abs(data[name][:] - run.axes[j]).max() <= 4e-16 * upper, "cell centres")
                faces = np.linspace(lower, upper, run.grid["n"][j] + 1)
                expect(data[name].bounds == f"{name}_bounds" and data[name].axis == name.upper(), "attributes of an axis")
                pairs = np.column_stack([faces[:-1], faces[1:]])
                expect(np.abs(data[f"{name}_bounds"][...] - pairs).max() < 1e-14 * upper, "faces of cells")
            for key, value in run.options.items():
                expect(data.getncattr(f"option_{key}") == value, f"option {key}")
            expect((data.driver, data.verdict, data.title[:13]) == (run.driver, run.verdict, "fokker-planck"), data.title)


def observed():
    """What runs along the values of a formula stands over the middles of its bins, whose faces are their bounds."""
    folder = otto("observed", "fokker-planck", "-grid_n", "12,9", "-grid_boundary", "no_flux", "-p_density", "uniform", "-q_density", "uniform", "-time_stop", 0.1,
                  "-time_samples", 2, "-check_space", "no", "-check_time", "no", "-observe", "r,x+2*y", "-observe_bins", 6, "-output_marginals", "x,x:y")  # fmt: skip
    run = load(folder)
    with opened(folder) as data:
        expect(data["histogram_r"].dimensions == ("time", "values_r") and data["marginal_p_xy"].dimensions == ("time", "x", "y"), "dimensions")
        for k, sample in enumerate(run.samples):
            for name in ("histogram_r", "histogram_r_q", "free_energy_r_pi", "marginal_p_x", "marginal_p_xy", "p"):
                expect(np.array_equal(data[name][k], run.field(name, sample=sample)), f"{name} to the bit")
        faces = np.arange(7) / 2.0  # 0 to 3
        expect(np.allclose(data["values_r"][:], faces[:-1] + 0.25) and data["values_r"].bounds == "values_r_bounds", "middles of bins")
        expect(np.allclose(data["values_r_bounds"][...], np.column_stack([faces[:-1], faces[1:]]), atol=1e-14), "their faces")
        expect(data["histogram_r"].units == "1/value", data["histogram_r"].units)


def choices():
    """Some times and fields, and what is not there."""
    folder = wells()
    run = load(folder)
    last = run.times[-1]
    with opened(folder, "--times", last, "--fields", "q,p") as data:
        expect(data["p"].shape == (1, 40, 24) and data["time"][:].tolist() == [last], "one time")
        expect(sorted(v for v in data.variables if data[v].ndim == 3) == ["p", "q"], "two fields")
        expect(np.array_equal(data["q"][0], run.field("q", last)), "of that time")
    refused(folder, "--times: no fields at t = 0.123; there are some at 0", "--times", 0.123)
    refused(folder, "--fields: no field 'r'; there are: current_x", "--fields", "p,r")
    refused(folder, "--times: no fields at t = -1.5; there are some at 0", "--times", "-1.5,-1")
    refused(folder, "invalid numbers value", "--times", "now")
    refused(os.path.join(SCRATCH, "nowhere"), "no such file")
    broken = os.path.join(SCRATCH, "broken.h5")
    with open(broken, "w") as file:
        file.write("nothing")
    refused(broken, f"{broken}: ")
    with h5py.File(broken, "w") as file:
        file["p"] = np.ones(3)
    refused(broken, "no file of Otto's fields")
    with h5py.File(broken, "w") as file:
        file.attrs["grid_lower"], file.attrs["grid_upper"] = [0.0], [1.0]
    refused(broken, "no fields in it")
    bare = made("bare", fields={0: (0.0, {"p": np.ones((3, 4))})})
    refused(bare, "/0/p is no field of Otto's on one grid")


def uneven_samples():
    """Samples that lack a field have the fill value there, and infinities stay."""
    folder = os.path.join(SCRATCH, "lacking")
    os.makedirs(folder)
    values = {"p": [0, 2, 5], "extra": [2]}
    with h5py.File(os.path.join(folder, "fields.h5"), "w") as file:
        file.attrs["grid_lower"], file.attrs["grid_upper"] = [0.0, -1.0], [3.0, 1.0]
        for sample in (0, 2, 5):
            group = file.create_group(str(sample))
            group.attrs["time"] = 0.5 * sample
            if sample == 5:
                group.attrs["note"] = "state at failure"
            for name, x in (("x", [0.5, 1.5, 2.5]), ("y", [-0.5, 0.5])):
                group[name] = x
                group[name].make_scale(name)
            for name in values:
                if sample in values[name]:
                    group[name] = np.arange(6.0).reshape(3, 2) + sample
                    group[name][0, 0] = np.inf
                    group[name].attrs["coordinates"] = "time"
                    group[name].dims[0].attach_scale(group["x"])
                    group[name].dims[1].attach_scale(group["y"])
    with opened(folder) as data:
        expect(data["time"][:].tolist() == [0, 1, 2.5], "times")
        expect(data["time"].note == "sample 5: state at failure", "and notes")
        expect(data["extra"]._FillValue == data["extra"][0, 1, 1] == data["extra"][2, 2, 0], "what is lacking is filled")
        expect("title" not in data.ncattrs(), "without a summary nothing is said of the run")
        expect(data["extra"][1].tolist() == [[np.inf, 3], [4, 5], [6, 7]] and data["p"][2, 0, 0] == np.inf, "inf is inf")


    with open(os.path.join(folder, "summary.json"), "w") as file:
        file.write("{")
    refused(folder, "summary.json: ")


def frames():
    """Frames between two densities have a dimension of their own."""
    folder = otto(
        "frames", "transport", "-grid_n", "16,12", "-grid_boundary", "no_flux", "-p_density", "box", "-p_lower", "0.1,0.1",
        "-p_upper", "0.6,0.6", "-q_density", "box", "-q_lower", "0.4,0.3", "-q_upper", "0.9,0.9", "-p_floor", "0.1",
        "-q_floor", "0.1", "-transport_frames", 3, "-check_space", "no")  # fmt: skip
    run = load(folder)
    with opened(folder) as data:
        expect(data["frame"].dimensions == ("share", "x", "y") and data["share"][:].tolist() == [0, 0.5, 1], "shares")
        for k, sample in enumerate(run.frames):
            expect(np.array_equal(data["frame"][k], run.field("frame", sample=sample)), f"frame {k} to the bit")
        expect(data["map_x"].dimensions == ("time", "x", "y") and data["time"][:].tolist() == [0], "the map has one time")


def read_by_otto():
    """A run goes on from the file: the potential to the bit, p to its mass."""
    run = load(mixtures())
    last = run.times[-1]
    status, path, _, complaint = script(run.folder, "--times", last, "--fields", "p,q", out="last.nc")
    expect(status == 0, complaint)
    again = load(otto("again", "dissipation", "inputs/dissipation/mixture_2d.yaml", "-grid_n", "64,60", "-time_samples", 2,
                      "-p_density", "file", "-p_path", path, "-p_dataset", "p", "-q_density", "file", "-q_path", path,
                      "-q_dataset", "q", "-output_fields", 0))  # fmt: skip
    for name in "pq":
        ratio = again.field(name, sample=0) / run.field(name, last)
        # a density is scaled to mass 1, by one number, whose product rounds once
        expect(np.ptp(ratio) <= 4.5e-16, f"{name}: {np.ptp(ratio)}")
        expect(abs(ratio.flat[0] - 1) < 1e-13, f"mass of {name}: {ratio.flat[0] - 1}")
    run = load(wells())
    status, path, _, complaint = script(run.folder, "--times", 0, "--fields", "potential", out="potential.nc")
    expect(status == 0, complaint)
    box = ("-grid_n", "40,24", "-grid_boundary", "no_flux", "-temperature", repr(1 / 3))
    corners = [(f"-grid_{key}", ",".join(repr(float(x)) for x in run.grid[key])) for key in ("lower", "upper")]
    rest = ("-p_density", "uniform", "-time_stop", 0.1, "-time_samples", 2, "-check_space", "no", "-check_time", "no")
    again = load(otto("again_potential", "fokker-planck", *box, *corners[0], *corners[1], "-potential_type", "file",
                      "-potential_path", path, "-potential_dataset", "potential", "-output_fields", 0, *rest))  # fmt: skip
    expect(np.array_equal(again.field("potential"), run.field("potential", sample=0)), "a potential to the bit")


def without_library():
    """Where netCDF4 is missing one line says what Debian calls it."""
    with mock.patch.dict(sys.modules, {"netCDF4": None}):
        status, _, _, complaint = script(wells(), out="none.nc")
    expect(status == 3 and complaint.count("\n") == 1 and "python3-netcdf4" in complaint, f"{status} {complaint}")


for part in (samples, observed, choices, uneven_samples, frames, read_by_otto, without_library):
    part()
finish()
