"""Dependencies go one way: a module includes headers of its own level or below (the design's table)."""
import os, re, sys

SOURCE = os.environ.get("OTTO_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
LEVELS = [["otto", "failure", "agree", "options", "signals", "stop"], ["grid", "formula"], ["field", "transfer", "transform", "exchange", "vecmath", "edges"],
          ["density", "moments", "marginals", "divergence", "heat", "storage", "potential", "drift"],
          ["fisher", "generator"], ["tempering", "production", "slopes", "bregman", "dissipation", "work", "aggregation", "resolvent", "multigrid", "steady", "relaxation", "flow"], ["record", "errors"], ["run"]]
PRIVATE = {"json": 0, "wide": 0, "lock": 0, "part": 0, "memory": 0, "bench": 6}  # headers of src/ that are no module's
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
# A function that takes what has to be set up first says so where it was not: each is called so in tests/unit/test_state.c.
EARLY = {"OttoGrid": "SetUp SetBox SetNames SetLayout SetFromOptions Destroy",
         "OttoGenerator": "SetUp SetTemperature SetFromOptions Destroy",
         "OttoHeat": "SetUp SetType SetFromOptions Destroy", "OttoTransform": "SetUp SetType SetFromOptions Destroy"}
early = {f"{kind}{verb}" for kind, verbs in EARLY.items() for verb in verbs.split()}
early |= {"OttoRunDescribe", "OttoRecordClose"}  # they ask for names and sizes, no more
tested = open(os.path.join(SOURCE, "tests", "unit", "test_state.c")).read()
for name in sorted(os.listdir(os.path.join(SOURCE, "include", "otto"))):
    text = open(os.path.join(SOURCE, "include", "otto", name)).read()
    for function, given in re.findall(r"PETSC_EXTERN PetscErrorCode (\w+)\(([^;]*?)\);", text):
        if function not in early and re.search(r"\b(" + "|".join(EARLY) + r") \w+", given):
            seen += 1
            if not re.search(rf"\b{function}\(", tested):
                bad.append(f"{name}: {function} has no line in tests/unit/test_state.c")
for line in bad:
    print(line)
print(f"{seen} checks, {len(bad)} failed")
sys.exit(1 if bad or not seen else 0)
