"""Dependencies go one way: a module includes headers of its own level or below (the design's table)."""
import os, re, sys

SOURCE = os.environ.get("OTTO_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
LEVELS = [["otto", "options"], ["grid", "formula"], ["field", "transfer", "transform", "exchange", "vecmath", "edges"],
          ["density", "moments", "marginals", "divergence", "heat", "storage", "potential", "drift"],
          ["fisher", "generator"], ["tempering", "production", "work", "aggregation", "resolvent", "multigrid", "steady", "relaxation", "flow"], ["record", "errors"], ["run"]]
PRIVATE = {"json": 0, "wide": 0, "bench": 6}  # headers of src/ that are no module's
level = {name: i for i, names in enumerate(LEVELS) for name in names} | PRIVATE
bad, seen = [], 0
for folder in ("include/otto", "src"):
    for name in sorted(os.listdir(os.path.join(SOURCE, folder))):
        if not name.endswith((".c", ".h")):
            continue
        module = name.rsplit(".", 1)[0].split("_")[0]
        if module not in level:
            bad.append(f"{folder}/{name}: module {module} has no level in {os.path.basename(__file__)}")
            continue
        for included in re.findall(r'#include [<"](?:otto/)?(\w+)\.h[>"]',
                                   open(os.path.join(SOURCE, folder, name)).read()):
            target = included.split("_")[0]
            if target in level:
                seen += 1
                if level[target] > level[module]:
                    bad.append(f"{folder}/{name} (level {level[module]}) includes {included} "
                               f"(level {level[target]})")
for line in bad:
    print(line)
print(f"{seen} checks, {len(bad)} failed")
sys.exit(1 if bad or not seen else 0)
