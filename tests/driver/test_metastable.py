"""Metastable sets in a run: how many, what their rates are beside those of first-passage, fields, ranks. labels: relaxation"""
import os

from common import close, expect, finish, needs, run, sound

needs("h5py", "numpy")
import h5py
import numpy as np

SHORT = ["-p_density", "uniform", "-p_closed", "restrict", "-time_samples", 1, "-time_stop", 1e-3, "-ts_type", "beuler", "-ts_dt", 1e-3, "-check_time", "no",
         "-check_space", "no"]
BOX = ["-grid_lower", -2, "-grid_upper", 2, "-grid_boundary", "no_flux", "-potential_type", "formula", "-potential_formula"]
LISTS = ("implied_timescales", "metastable_probabilities", "metastable_rates")


def spectrum(what, *arguments, ranks=1):
    r = run("fokker-planck", *SHORT, *arguments, ranks=ranks)
    sound(r, what)
    return r, r.summary()["results"]


def fields(r):
    with h5py.File(os.path.join(r.folder, "fields.h5")) as f:
        return {name: f["0"][name][...] for name in f["0"]}


def checks(r, applied, what):
    for name in ("memberships_range", "memberships_sum", "coarse_rates"):
        expect((r.check(name)["value"] != "not applicable") == applied, f"{what}: {name} {r.check(name)}")


def against_passages():
    """The rate between two wells is that of passages between their cores; these need not reach far into the wells, so that the
    two differ by parts of what is within a well at all, which goes as T over the barrier."""
    off = []
    for T in (0.3, 0.15):
        well = ["-grid_n", 160, *BOX, "(x^2-1)^2+0.1*x", "-temperature", T]
        _, found = spectrum("two wells", *well, "-spectrum_count", 3)
        r = run("first-passage", *well, "-p_density", "uniform", "-set_a", "x<0-0.9", "-set_b", "x>0.9", "-check_space", "no",
                "-output_fields", "none")
        sound(r, "passages")
        passages = r.summary()["results"]
        rates = found["metastable_rates"]  # the lower well, at -1, is the first
        off.append(max(abs(rates[1] / passages["rate_ab"] - 1), abs(rates[2] / passages["rate_ba"] - 1)))
    expect(off[1] < 0.02 and off[1] < off[0] / 2, f"rates between sets beside those between cores: off by {off}")


def how_many():
    wells = ["-grid_n", 80, *BOX, "6*(x^2-1)^2"]
    r, found = spectrum("by the gap", *wells, "-spectrum_count", 2)
    expect(found["metastable_sets"] == 2 and "largest gap" in found["metastable_choice"], f"{found}")
    checks(r, True, "by the gap")
    r, found = spectrum("as asked", *wells, "-spectrum_count", 3, "-spectrum_sets", 3)
    expect(found["metastable_sets"] == 3 and found["metastable_choice"] == "as spectrum_sets says", f"{found}")
    close(sum(found["metastable_probabilities"]), 1, 1e-12, "three sets have it all")
    r, found = spectrum("one", *wells, "-spectrum_count", 1, "-spectrum_sets", 1)
    expect((fields(r)["membership_1"] == 1).all() and found["metastable_rates"][0] == 0, "one set is everywhere")
    for what, said, arguments in (
            ("none asked for", "spectrum_sets is 0", [*wells, "-spectrum_count", 2, "-spectrum_sets", 0]),
            ("one rate", "none: of one rate there is no gap", [*wells, "-spectrum_count", 1]),
            ("one well", "none: no rate is 3 times the one before", ["-grid_n", 80, *BOX, "8*x^2", "-spectrum_count", 4])):
        r, found = spectrum(what, *arguments)
        there = fields(r)
        expect(found["metastable_sets"] == 0 and said in found["metastable_choice"], f"{what}: {found['metastable_choice']}")
        expect("eigenfunction_1" in there and "membership_1" not in there and "metastable_set" not in there, f"{what}: {list(there)}")
        expect("metastable_rates" not in found and len(found["implied_timescales"]) == len(found["relaxation_rates"]), f"{what}: {found}")
        checks(r, False, what)
    for what, said, arguments in (
            ("a drift", "there is no detailed balance", ["-drift_type", "constant", "-drift_force", 1]),
            ("faces that absorb", "faces absorb", ["-grid_boundary", "absorbing"]),
            ("two rooms", "falls into parts", ["-grid_boundary", "no_flux", "-potential_type", "formula", "-potential_formula",
                                               "abs(x-0.5)<0.1 ? inf : 0"])):
        r, found = spectrum(what, "-grid_n", 40, *arguments, "-spectrum_count", 2)
        expect(found["metastable_sets"] == 0 and said in found["metastable_choice"], f"{what}: {found['metastable_choice']}")
        expect("eigenfunction_1" not in fields(r), f"{what}: no functions")
        checks(r, False, what)
        r = run("fokker-planck", *SHORT, "-grid_n", 40, *arguments, "-spectrum_count", 2, "-spectrum_sets", 2)
        expect(r.status == 2 and "spectrum_sets: 2" in r.err and said in r.err, f"{what}: refused, not {r.status}: {r.err}")
    four = ["-grid_n", "20,20", *BOX, "3*(x^2-1)^2+3*(y^2-1)^2"]
    for what, said, arguments in (
            ("no modes", "give spectrum_count", [*wells, "-spectrum_sets", 2]),
            ("few modes", "take 3 rates, and there are 2", [*wells, "-spectrum_count", 2, "-spectrum_sets", 4]),
            ("half a pair", "rates 1 and 2 are the same", [*four, "-spectrum_count", 3, "-spectrum_sets", 2]),
            ("none", "spectrum_sets", [*wells, "-spectrum_count", 2, "-spectrum_sets", -1])):
        r = run("fokker-planck", *SHORT, *arguments)
        expect(r.status == 2 and said in r.err and r.err.count("\n") == 1, f"{what}: refused, not {r.status}: {r.err}")


def ranks():
    """The same numbers and sets on any ranks and meshes; a stone in the middle belongs to none."""
    case = ["-grid_n", "26,21", *BOX, "(x*x+y*y<0.1) ? inf : 5*(x^2-1)^2+4*(y^2-1)^2+0.3*x+0.2*x*y", "-spectrum_count", 4]
    alone, found = spectrum("alone", *case)
    there = fields(alone)
    open_cells = there["open"] > 0
    expect(found["metastable_sets"] == 4 and 0 < (~open_cells).sum() < 30, f"{found['metastable_choice']}")
    for name in ("eigenfunction_1", "membership_1", "metastable_set"):
        expect((np.isfinite(there[name]) == open_cells).all(), f"{name} is known in open cells alone")
    expect(set(there["metastable_set"][open_cells]) == {1, 2, 3, 4}, "all sets are there")
    for count, mesh in ((2, "2,1"), (3, "1,3"), (4, "2,2")):
        r, other = spectrum(f"mesh {mesh}", *case, "-grid_mesh", mesh, ranks=count)
        for name in LISTS:
            size = max(map(abs, found[name]))
            expect(max(abs(a - b) for a, b in zip(found[name], other[name])) < 1e-10 * size, f"{name} on {mesh}: {other[name]}")
        for name, values in fields(r).items():
            if name.startswith(("eigenfunction", "membership", "metastable")):
                apart = np.nanmax(abs(values - there[name]))
                expect(apart < 1e-8 and (np.isnan(values) == ~open_cells).all(), f"{name} on {mesh}: {apart}")


against_passages()
how_many()
ranks()
finish()
