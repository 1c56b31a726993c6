"""Metastable sets in a run: how many, what their rates are beside those of first-passage, fields, ranks. labels: relaxation"""
import os

from common import close, expect, finish, needs, run, sound

needs("h5py", "numpy")
import h5py
import numpy as np

SHORT = ["-p_density", "uniform", "-p_closed", "restrict", "-time_samples", 1, "-time_stop", 1e-3, "-ts_type", "beuler", "-ts_dt", 1e-3, "-check_time", "no",
         "-check_space", "no"]
BOX = ["-grid_lower", -2, "-grid_upper", 2, "-grid_boundary", "no_flux", "-potential_type", "formula", "-potential_formula"]
# three wells, one so much higher that what the memberships of the others have in it outweighs it
RARE = ["-grid_n", 90, "-grid_lower", -2.8, "-grid_upper", 2.8, "-grid_boundary", "no_flux", "-potential_type", "formula", "-potential_formula",
        "3.5*(1-cos(2*_pi*x/1.4))+0.5*x+exp(6*(abs(x)-2.4))+10/(1+exp(-20*(x-0.7)))", "-temperature", 0.5]
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
            ("one well", "none: no rate is 5 times the one before", ["-grid_n", 80, *BOX, "8*x^2", "-spectrum_count", 4]),
            ("a flat ring", "free diffusion's are 4 times", ["-grid_n", 64, "-grid_boundary", "periodic", "-spectrum_count", 5]),
            ("a flat interval", "free diffusion's are 4 times", ["-grid_n", 64, "-grid_boundary", "no_flux", "-spectrum_count", 5]),
            ("a hat", "none: no rate is 5 times", ["-grid_n", "24,24", *BOX, "4*(x^2+y^2-1)^2", "-spectrum_count", 4]),
            ("overlap", "overlap as those of free diffusion", [*RARE, "-spectrum_count", 3])):
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
            ("few modes", "one beyond their own, and there are 2: raise spectrum_count", [*wells, "-spectrum_count", 2, "-spectrum_sets", 4]),
            ("a pair it may cut", "there are 1: raise spectrum_count", [*four, "-spectrum_count", 1, "-spectrum_sets", 2]),
            ("half a pair", "rates 1 and 2 are the same", [*four, "-spectrum_count", 3, "-spectrum_sets", 2]),
            ("none", "spectrum_sets", [*wells, "-spectrum_count", 2, "-spectrum_sets", -1])):
        r = run("fokker-planck", *SHORT, *arguments)
        expect(r.status == 2 and said in r.err and r.err.count("\n") == 1, f"{what}: refused, not {r.status}: {r.err}")


def rare():
    """A well of probability 1e-19 by itself: what the run says is that of its cells, as sets are crisp, and the rate out of it all there
    is. Of four, of which a mode across is not known in the rare ones, nothing is said, and that fails where they were asked for."""
    well = ["-grid_n", 64, "-grid_lower", -1.6, "-grid_upper", 1.6, "-grid_boundary", "no_flux", "-potential_type", "formula", "-temperature", 0.5]
    r, found = spectrum("a rare well", *well, "-potential_formula", "15*(x^2-1)^2+11*x", "-spectrum_count", 2)
    x = -1.6 + (np.arange(64) + 0.5) * 0.05
    w = np.exp(-2 * (15 * (x**2 - 1) ** 2 + 11 * x - (15 * 0 - 11)))
    p, rates = found["metastable_probabilities"], found["metastable_rates"]
    # crisp to 1e-5, but for the part of it that the few cells about the top have
    close(p[1] / (w[x > 0.3].sum() / w.sum()), 1, 1e-4, "the probability of its cells")
    close(p[1] / 1.2894736190065e-19, 1, 1e-9, "as eigenvectors in 60 digits have it")  # mpmath.eigsy of this chain
    close(rates[2] / found["relaxation_rates"][0], 1, 1e-9, "the rate out of it")
    close(rates[1] / (p[1] * rates[2]), 1, 1e-9, "detailed balance")
    close(found["metastable_crispness"], 1 - 1.2138274688e-5, 1e-9, "crisp")
    expect(r.check("memberships_mean")["value"] < 1e-9, f"{r.check('memberships_mean')}")
    four = ["-grid_n", "64,16", "-grid_lower", "-1.6,-1.8", "-grid_upper", "1.6,1.8", *well[6:], "-potential_formula", "15*(x^2-1)^2+6*x+5*(y^2-1)^2",
            "-spectrum_count", 4]
    r, found = spectrum("rare ones", *four)
    expect(found["metastable_probabilities"][2:] == [None, None] and set(found["metastable_rates"]) == {None}, f"nothing is said: {found}")
    expect(found["metastable_crispness"] is None and r.check("coarse_rates")["value"] == "not applicable", f"nor of what hangs on it: {found}")
    close(found["metastable_probabilities"][0], 0.5, 1e-8, "halves of the main ones")
    r = run("fokker-planck", *SHORT, *four, "-spectrum_sets", 4)
    unknown = {u["name"]: u for u in r.summary()["not_known"]}
    expect({"metastable_probabilities", "metastable_rates", "metastable_crispness"} <= set(unknown), f"{unknown}")
    expect(r.status == 1 and not r.check("known")["pass"], f"four that are not known were asked for: {r.status}")


def order():
    """Sets that are nearly as probable are in another order on coarser grids, and errors are still those of each."""
    r = run("fokker-planck", "-grid_n", 64, "-grid_boundary", "no_flux", "-spectrum_count", 5, "-potential_type", "formula", "-potential_formula",
            "cos(8*_pi*x)", "-temperature", 0.6, "-p_density", "uniform", "-time_stop", 1, "-time_start", 0.5, "-time_samples", 2,
            "-output_fields", "none")
    sound(r, "four wells of a kind")
    worst = r.check("space_error")["value"]
    expect(0 < worst < 0.05, f"of each set the same: {worst}")


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
rare()
order()
ranks()
finish()
