"""grid_units, time_units and energy_units: texts in place of words in every file and on the terminal, and no number changes."""
import os

from common import expect, finish, needs, run

needs("numpy", "h5py")
import h5py

PLANE = ["-grid_n", "12,9", "-grid_boundary", "periodic, no_flux", "-potential_type", "formula", "-potential_formula",
         "cos(2*_pi*x)+y^2", "-p_density", "uniform", "-q_density", "gaussian_mixture", "-q_mean", "0.4,0.5", "-q_sigma", 0.2,
         "-time_stop", 0.01, "-time_samples", 2, "-spectrum_count", 1, "-output_marginals", "all, pairs", "-mobility_formula", "1+x*(1-x)",
         "-space_tolerance", 10, "-time_tolerance", 1]
UNITS = ["-grid_units", "rad, nm", "-time_units", "ps", "-energy_units", "kJ/mol"]


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def attributes(path, sample="0"):
    with h5py.File(path) as file:
        return {name: (text(data.attrs["units"]), text(data.attrs.get("unit", data.attrs["units"])))
                for name, data in file[sample].items() if "units" in data.attrs}


def table(r, name):
    with open(os.path.join(r.folder, name)) as file:
        return file.read()


plain = run("fokker-planck", *PLANE)
for ranks in (1, 2):
    r = run("fokker-planck", *PLANE, *UNITS, ranks=ranks)
    expect(r.status == plain.status == 0, f"{ranks} ranks: {r.status} {r.err}")
    summary = r.summary()
    expect(summary["grid"]["units"] == ["rad", "nm"] and summary["grid"]["names"] == ["x", "y"], f"{summary['grid']}")
    # what belongs to one axis has its unit; what belongs to none stays a word
    columns = {name: entry["unit"] for name, entry in summary["columns"].items()}
    expect([columns[name] for name in ("mean_p_x", "mean_p_y", "covariance_q_yy", "resultant_p_x")] == ["rad", "nm", "nm^2", "1"],
           "moments")
    expect(columns["t"] == "ps" and columns["kl"] == "nats" and columns["fisher_rel"] == "nats/ps" and columns["min_p"] == "1/(rad nm)"
           and columns["heat_rate"] == "kJ/mol/ps" and columns["current_norm"] == "length/ps", f"{columns}")
    meanings = {name: entry["unit"] for name, entry in summary["meanings"].items()}
    expect(meanings["relaxation_rates"] == "1/ps" and meanings["temperature"] == "kJ/mol" and meanings["potential"] == ""
           and meanings["mobility_least"] == "length^2/((kJ/mol) ps)", f"{meanings}")
    errors = {entry["column"]: entry["unit"] for entries in summary["errors"].values() for entry in entries}
    expect(errors["fisher_rel"] == "nats/ps" and errors["mean_p_y"] == "nm", f"{errors}")
    expect(summary["units"]["1/area"] == "1/(rad nm)" and summary["units"]["energy/time"] == "kJ/mol/ps"
           and "length" not in summary["units"], f"{summary['units']}")
    there = attributes(os.path.join(r.folder, "fields.h5"))
    wanted = {"x": "rad", "y": "nm", "time": "ps", "p": "1/(rad nm)", "q": "1/(rad nm)", "potential": "kJ/mol", "current_x": "1/(ps nm)",
              "current_y": "1/(ps rad)", "mobility_x": "rad^2/((kJ/mol) ps)", "mobility_y": "nm^2/((kJ/mol) ps)",
              "marginal_p_x": "1/rad", "marginal_p_y": "1/nm", "marginal_p_xy": "1/(rad nm)", "steady_state": "1/(rad nm)"}  # fmt: skip
    for name, unit in wanted.items():
        expect(there.get(name) == (unit, unit), f"{name}: {there.get(name)}, not {unit}; {sorted(there)}")
    expect("  1/ps\n" in r.out, "rates on the terminal")
    if ranks == 1:
        for name in ("series.csv", "space_error.csv", "time_error.csv"):
            expect(table(r, name) == table(plain, name), f"{name} is what it was without units")
words = attributes(os.path.join(plain.folder, "fields.h5"))
expect(words["x"] == ("1", "1") and words["p"][0] == "1/volume" and words["time"][0] == "1" and words["current_x"][0] == "1/(time area)",
       f"without: {words}")
expect("units" not in plain.summary() and "units" not in plain.summary()["grid"], "nor in the summary")

# ---- planes of three axes: each has its own two ----
r = run("fokker-planck", "-grid_n", "6,5,4", "-p_density", "uniform", "-time_stop", 0.01, "-time_samples", 2, "-check_space", "no", "-output_marginals", "pairs",
        "-grid_units", "rad,nm,nm")
there = attributes(os.path.join(r.folder, "fields.h5"))
for name, unit in (("marginal_p_xy", "1/(rad nm)"), ("marginal_p_xz", "1/(rad nm)"), ("marginal_p_yz", "1/nm^2")):
    expect(there.get(name) == (unit, unit), f"{name}: {there.get(name)}, not {unit}")

# ---- every driver; one unit for all axes ----
BOTH = ["-grid_n", "16,16", "-p_density", "gaussian_mixture", "-p_mean", "0.4,0.5", "-p_sigma", 0.2, "-grid_units", "\u00c5"]
TWO = [*BOTH, "-q_density", "uniform"]
SOON = ["-time_stop", 0.002, "-time_samples", 2]
for driver, more, column, unit in (
    ("dissipation", [*TWO, "-time_start", 0.001, *SOON], "fisher_rel", "nats/\u00c5^2"),
    ("gradient-flow", [*BOTH, *SOON, "-energy_units", "kT"], "dissipation", "kT/\u00c5^2"),
    ("tempering", [*BOTH, *SOON], "min_p", "1/\u00c5^2"),
    ("convective-entropy", [*BOTH, "-dynamics_type", "torus_automorphism", "-dynamics_matrix", "2,1,1,1", "-dynamics_times", 1, "-smoothing_times", 0.001], "coefficient",
     "nats/\u00c5^2"),
    ("transport", [*TWO, "-time_start", 0.001, *SOON], "kl", "nats"),
):
    r = run(driver, *more, "-time_units", "\u00c5^2", "-space_tolerance", 1e3)
    expect(r.status in (0, 1), f"{driver}: {r.status} {r.err}")
    columns = r.summary()["columns"]
    expect(columns.get(column, {}).get("unit") == unit, f"{driver}: {column} {columns.get(column)}, not {unit}")
    expect(attributes(os.path.join(r.folder, "fields.h5"), sorted(h5py.File(os.path.join(r.folder, "fields.h5")))[0])["x"][0] == "\u00c5",
           f"{driver}: fields")
    if driver == "transport":
        expect(r.summary()["meanings"]["w2_upper"]["unit"] == "\u00c5", "W2 is a length")

# ---- bad input ----
for keys, what in (
    (["-grid_units", "nm,nm,nm"], "grid_units: 3 units for 2 axes; give one for all, or one per axis"),
    (["-grid_units", "nm,"], "grid_units: '' is no unit"),
    (["-grid_units", "1"], "grid_units: '1' is no unit; a text that begins with a letter"),
    (["-grid_units", "\udcc5"], "grid_units: byte 1 is no letter of UTF-8, which units are written in"),
    (["-time_units", "n\udcb5m"], "time_units: byte 2 is no letter of UTF-8"),
    (["-energy_units", "k\udced\udca0\udc80T"], "energy_units: byte 2 is no letter of UTF-8"),
    (["-energy_units", "k\udcf4\udc90\udc80\udc80"], "energy_units: byte 2 is no letter of UTF-8"),
    (["-time_units", "n\udcc2\udc85m"], "time_units: U+0085, at byte 2, is no letter that shows"),
    (["-energy_units", "\udce2\udc80\udcaeT"], "energy_units: U+202E, at byte 1"),
    (["-energy_units", "k\udcf3\udca0\udc80\udc81"], "energy_units: U+E0001, at byte 2"),
    (["-time_units", "2 ns"], "time_units: '2 ns' is no unit"),
    (["-energy_units", 'k"T'], "energy_units: 'k\"T' is no unit"),
    (["-time_units", "x" * 32], "of at most 31 bytes of UTF-8"),
):
    r = run("fokker-planck", *PLANE, *keys, ranks=2 if keys[1] == "1" else 1)
    expect(r.status == 2 and what in r.err and r.err.count("\n") == 1, f"{keys}: {r.status} {r.err}")
    expect(not os.path.exists(r.folder), "nothing is computed")
r = run("dissipation", *TWO, "-time_start", 0.001, *SOON, "-energy_units", "kT")
expect(r.status == 2 and "energy_units" in r.err, f"a run without energies takes none: {r.err}")
finish()
