"""The run's own units in place of the words length, time and energy on the axes of a picture: what the run says that they
became (summary.json, `units`) is put there; nothing is composed here."""

import re

# How labels spell what units.c composes; what is not here is spelled alike.
SPELLED = {
    "nats per time": "nats/time",
    "energy per time": "energy/time",
    "length per time": "length/time",
    "length²": "length^2",
    "length² per time": "length^2/time",
    "nats/length²": "nats/length^2",
}
AXIS = re.compile(r"([xyz]) \(length\)")
LAST = re.compile(r"(.*)\(((?:[^()]|\([^()]*\))*)\)", re.S)


def raised(text):
    return text.replace("^2", "²").replace("^3", "³")


def of_axis(run, j):
    """The label of an axis: its name, and its unit where it has one."""
    names, units = run.grid.get("names"), run.grid.get("units")
    name = str(names[j]) if isinstance(names, list) and j < len(names) else "xyz"[j]
    return f"{name} ({raised(str(units[j])) if isinstance(units, list) and j < len(units) else 'length'})"


def in_units(text, run):
    """A label with the run's units: a unit, or words with one in brackets or at their end, or one with words in brackets."""
    axis = AXIS.fullmatch(text)
    if axis:
        return of_axis(run, "xyz".index(axis[1]))
    found = run.units.get(SPELLED.get(text, text))
    if found:
        return raised(found)
    last = LAST.fullmatch(text)
    found = last and run.units.get(SPELLED.get(last[2], last[2]))
    if found:
        return f"{last[1]}({raised(found)})"
    unit, bracket, rest = text.partition(" (")
    if bracket and SPELLED.get(unit, unit) in run.units and "/" in SPELLED.get(unit, unit):
        return f"{raised(run.units[SPELLED.get(unit, unit)])} ({rest}"  # nats per time (tv: no unit)
    head, _, unit = text.partition(" 1/")
    found = unit and run.units.get("1/" + unit)
    return f"{head} {raised(found)}" if found else text


def label(figure, run):
    """Puts them on every axis, scale and note of a figure, which is returned."""
    for axes in figure.axes if figure is not None else ():
        for text in (axes.xaxis.label, axes.yaxis.label, *axes.texts):
            text.set_text(in_units(text.get_text(), run))
    return figure
