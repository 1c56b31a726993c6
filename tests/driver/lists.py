"""The lists of src/ and drivers/: checks, columns and results by name, wherever their .def files lie."""

import glob, os, re

from common import SOURCE


def lines(macro):
    """(driver, name) of every line of a macro: the driver is its first argument, or the folder that the list is in,
    or "" where it is in neither."""
    found = []
    for path in sorted(glob.glob(os.path.join(SOURCE, "src", "**", "*.def"), recursive=True)) + sorted(
        glob.glob(os.path.join(SOURCE, "drivers", "**", "*.def"), recursive=True)
    ):
        parts = os.path.relpath(path, SOURCE).split(os.sep)
        folder = parts[1].replace("_", "-") if parts[0] == "drivers" else ""
        text = re.sub(r"/\*.*?\*/", "", open(path).read(), flags=re.S)
        for words in re.findall(macro + r'\((\s*"?[\w-]+"?\s*,(?:\s*"[\w-]+"\s*,)*)', text):
            words = re.findall(r'"?[\w-]+"?', words)  # a driver stands in quotes: a column may have its name
            drivers = [w for w in words if w in ('"dissipation"', '"fokker-planck"', '"transport"', '"gradient-flow"', '"tempering"', '"convective-entropy"', '"first-passage"')]
            names = [w.strip('"') for w in words if w not in drivers]
            drivers = [w.strip('"') for w in drivers]
            found.append((drivers[0] if drivers else folder, names[0]))
    return found
