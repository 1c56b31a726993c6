"""processors: 2; labels: long; minutes: 120
Every input that ships, at the settings it ships with: it ends as its story says, and no check fails. Other tests run them
coarser, or shorter, and look at their numbers; those runs may pass where the one a user starts does not. Arguments: names of
inputs, or of folders of them; all without."""

import glob
import os
import re
import sys

from common import SOURCE, expect, finish, run

EXIT = {"keller_segel_above_2d": 3}  # its story says so; every other ends with 0


def there(path):
    """The files that an input reads; what is made from data of others does not ship with Otto."""
    with open(path) as f:
        files = re.findall(r"path: ([^,}\s]+)", f.read())
    return all(os.path.exists(os.path.join(SOURCE, name)) for name in files)


def shipped(path):
    folder, name = os.path.basename(os.path.dirname(path)), os.path.basename(path)[:-5]
    if len(sys.argv) > 1 and not {folder, name} & set(sys.argv[1:]):
        return
    if not there(path):
        print(f"{folder}/{name}: its data are not there")
        return
    r = run(folder, path, ranks=2, timeout=800)
    due = EXIT.get(name, 0)
    expect(r.status == due, f"{folder}/{name}: exit {r.status}, not {due}: {r.out[-1500:]}{r.err[-500:]}")
    if r.status in (0, 3):
        expect(not r.failing(), f"{folder}/{name}: failing {r.failing()}")
    print(f"{folder}/{name}: {re.findall('took.*', r.out)}", flush=True)


for path in sorted(glob.glob(os.path.join(SOURCE, "inputs/*/*.yaml"))):
    shipped(path)
finish()
