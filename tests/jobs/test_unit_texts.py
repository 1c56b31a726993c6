"""Units that a run was given, as text, on the axes of its pictures, in its report and in NetCDF; without them the words stay."""

import os
import sys

import h5py
from common import SCRATCH, expect, finish, otto

from matplotlib.text import Text
from otto_results import load
from plots.pictures import draw_all, pictures, save
from plots.report import write_report
from plots.units import in_units, label

PLANE = ("fokker-planck", "-grid_n", "16,12", "-grid_boundary", "no_flux", "-potential_type", "formula", "-potential_formula",
         "4*(x-0.5)^2+y", "-p_density", "uniform", "-q_density", "gaussian_mixture", "-q_mean", "0.4,0.5", "-q_sigma", 0.2,
         "-time_stop", 0.1, "-time_samples", 3, "-spectrum_count", 2, "-space_tolerance", 10, "-time_tolerance", 1)  # fmt: skip
LINE = (*PLANE[:2], 16, *PLANE[3:8], "4*(x-0.5)^2", *PLANE[9:14], "0.4", *PLANE[15:])
UNITS = ("-grid_names", "phi,r", "-grid_units", "rad,nm", "-time_units", "ps", "-energy_units", "kJ/mol")


def labels(run):
    """All labels and notes of each picture, by its file."""
    found = {}
    for name, _, function in pictures(run):
        figure = label(function(), run)
        if figure is not None:
            found[name] = [text.get_text() for axes in figure.axes for text in (axes.xaxis.label, axes.yaxis.label, *axes.texts)]
    return found


def words_stay():
    found = labels(load(otto("words", *PLANE)))
    expect({"x (length)", "y (length)", "1/area"} <= set(found["fields_0.png"]), f"{found['fields_0.png']}")
    expect("t (time)" in found["relaxation.png"] and "energy" in found["thermodynamics.png"], f"{found['thermodynamics.png']}")


def two_units():
    run = load(otto("units", *PLANE, *UNITS, "-output_marginals", "phi,phi:r", "-observe", "c,cos(x)", "-observe_frequencies", 1, "-observe_lags", 1))
    found = labels(run)
    expect(found["marginals.png"].count("phi (rad)") >= 2 and "r (nm)" in found["marginals.png"], f"{found['marginals.png']}")
    expect({"1/rad", "1/(rad nm)"} <= set(found["marginals.png"]), f"of the marginals: {found['marginals.png']}")
    expect({"1/c", "kJ/mol"} <= set(found["histograms.png"]), f"along a formula: {found['histograms.png']}")
    expect({"c²", "c² (ps)", "lag (ps)", "angular frequency (1/ps)"} <= set(found["correlations.png"]), f"{found['correlations.png']}")
    expect({"phi (rad)", "r (nm)", "1/(rad nm)"} <= set(found["fields_2.png"]), f"{found['fields_2.png']}")
    # a current's length is that of no one axis where they differ
    expect(any(text.endswith("1/(ps length)") for text in found["fields_0.png"]), f"{found['fields_0.png']}")
    expect({"phi (rad)", "r (nm)", "largest value 1"} <= set(found["modes.png"]), f"{found['modes.png']}")
    expect({"t (ps)", "nats (χ², Hellinger²: no unit)", "nats/ps"} <= set(found["relaxation.png"]), f"{found['relaxation.png']}")
    # ∫|J| is a length per time of neither axis
    expect({"kJ/mol", "kJ/mol/ps", "length/ps"} <= set(found["thermodynamics.png"]), f"{found['thermodynamics.png']}")
    expect(any(text.endswith("(1/ps)") for text in found["spectrum.png"]), f"{found['spectrum.png']}")
    for name, texts in found.items():
        for text in texts:
            expect(text not in ("energy", "t (time)") and "energy per" not in text and "per time" not in text, f"{name}: '{text}' has kept a word")
    with open(write_report(run, draw_all(run, say=lambda _: None)), encoding="utf-8") as page:
        text = page.read()
    expect("kJ/mol" in text and "nats/ps" in text, "the report's tables")


def one_axis():
    found = labels(load(otto("line", *LINE, "-grid_units", "um", "-time_units", "s", "-energy_units", "kT")))
    expect({"x (um)", "1/um", "1/s", "kT"} <= set(found["fields_0.png"]), f"{found['fields_0.png']}")
    alike = load(otto("alike", *PLANE, "-grid_units", "um"))
    found = labels(alike)
    expect({"x (um)", "y (um)", "1/um²"} <= set(found["fields_0.png"]) and "t (time)" in found["relaxation.png"], f"{found}")
    expect(in_units("length² per time", alike) == "um²/time" and in_units("length²", alike) == "um²", "what is not known stays a word")
    expect(in_units("rate, with bounds (1/length)", alike) == "rate, with bounds (1/um)" and in_units("a 1/x b", alike) == "a 1/x b",
           "in brackets, and what is no unit")  # fmt: skip
    timed = load(otto("units", *PLANE, *UNITS))
    expect(in_units("nats per time (χ²: no unit)", timed) == "nats/ps (χ²: no unit)" and in_units("energy of p", timed) == "energy of p",
           "before brackets, and a word in a sentence")  # fmt: skip


def dollars():
    """Units, names of folders and axes are text, not mathematics, wherever a picture has them; powers of ten on its axes are."""
    run = load(otto("$x_{$", *PLANE, "-grid_units", "a$_{$b,a$", "-time_units", "n$s$", "-energy_units", "k^{$T$"))
    for name, _, function in pictures(run):
        figure = label(function(), run)
        if figure is None:
            continue
        save(figure, os.path.join(SCRATCH, "dollar.png"))
        for text in figure.findobj(Text):
            if "$" in text.get_text() and "mathdefault" not in text.get_text():
                expect(not text.get_parse_math(), f"{name}: '{text.get_text()}' is typeset")
    run = load(otto("ticks", *PLANE))
    figure = next(function() for name, _, function in pictures(run) if name == "relaxation.png")
    wide = figure.axes[0].get_position().width
    save(figure, os.path.join(SCRATCH, "ticks.png"))
    ticks = [text for axes in figure.axes for axis in (axes.xaxis, axes.yaxis) for text in axis.get_ticklabels()]
    expect(wide > 0 and ticks and all(text.get_parse_math() for text in ticks), "ticks are left alone")


def netcdf():
    for name, units, wanted in (
        ("units", UNITS, {"time": "ps", "phi": "rad", "r": "nm", "p": "1/(rad nm)", "potential": "kJ/mol", "current_x": "1/(ps nm)"}),
        ("letters", ("-grid_units", "\u00c5,\u00b0", "-time_units", "\u03bcs", "-energy_units", "\u65e5"),
         {"time": "\u03bcs", "x": "\u00c5", "y": "\u00b0", "p": "1/(\u00c5 \u00b0)", "potential": "\u65e5"}),
    ):  # fmt: skip
        for version in (4, 3):
            through(otto(name, *PLANE, *units), version, wanted)


def through(folder, version, wanted):
    """A run's units in fields.h5, and what NetCDF reads after fields_to_netcdf.py."""
    import fields_to_netcdf

    path = os.path.join(SCRATCH, f"units{version}.nc")
    sys.argv = ["fields_to_netcdf.py", folder, path, "--format", str(version)]
    if fields_to_netcdf.main() == 3:
        print("no netCDF4: its units are not looked at")
        return
    from netCDF4 import Dataset

    with Dataset(path) as file:
        units = {name: file[name].units for name in wanted}
    expect(units == wanted, f"format {version}: {units}")
    with h5py.File(os.path.join(folder, "fields.h5")) as file:
        sample = file[min(file)]
        units = {name: sample[name].attrs["units"] for name in wanted}
    expect({name: text.decode() if isinstance(text, bytes) else text for name, text in units.items()} == wanted, f"fields.h5: {units}")


for part in (words_stay, two_units, one_axis, dollars, netcdf):
    part()
finish()
