"""The house: a file includes its own folder of src/ and folders on lower floors, never its neighbours; a private header
crosses a folder only where the list below says so; no two files need each other; a private function stays inside the library
unless a driver calls it; nobody asks for a member's name; no file is past 600 lines (a driver's own, which reads as the
method, 100), no function past 80."""
import glob, os, re, shutil, subprocess, sys

SOURCE = os.environ.get("OTTO_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.environ.get("OTTO_BUILD", "")
# potential stands above density and heat: of samples it is minus T log of a density under the heat kernel
FLOORS = ["core", "grid", "transform files", "density heat information", "potential", "chain energy transport dynamics", "flow tempered", "run", "drivers"]
floor = {folder: i for i, names in enumerate(FLOORS) for folder in names.split()}
# public headers by the folder that has what they declare
PUBLIC = {"core": "otto version options family signals formula keep diffeomorphism", "grid": "grid units halo field points transfer difference", "transform": "transform symbol",
          "files": "storage record errors checkpoint", "density": "density", "heat": "heat", "information": "divergence fisher moments marginals observable observed_set",
          "potential": "potential", "energy": "energy fluxes", "flow": "flow gradient_flow step_theorem", "tempered": "tempered convective_entropy", "dynamics": "dynamics flow_map stretching push_forward", "transport": "interval wasserstein sinkhorn beckmann discrepancy", "run": "run run_columns run_observables",
          "chain": "metric sets generator resolvent steady relaxation metastable correlation passage production dissipation work observer"}
home = {name: folder for folder, names in PUBLIC.items() for name in names.split()}
CROSSING = set("""core/bernoulli.h core/buffer.h core/check.def core/fault.h core/inverse.h core/json.h core/lock.h core/message.h core/part.h core/vecmath.h core/wide.h grid/axis.h grid/edges.h grid/exchange.h grid/planes.h
    density/density_impl.h information/divergence_impl.h information/divergence_noise.h information/fisher_beyond.h information/fisher_edge.h information/fisher_planes.h information/observe.h
    transform/twin.h transform/convolution.h heat/beyond.h heat/points.h heat/shift.h grid/beyond.h
    chain/aggregation.h chain/bregman.h chain/slopes.h run/extrapolate.h run/pair.def run/pair.h run/space.h run/space_chain.h
    transport/ascent.h transport/back_and_forth.h transport/boxes.h transport/levels.h transport/plan.h""".split())
bad, seen, graph = [], 0, {}


def paths(*patterns):
    return sorted(os.path.relpath(f, SOURCE) for p in patterns for f in glob.glob(os.path.join(SOURCE, p), recursive=True))


def folder_of(path):
    parts = path.split(os.sep)
    return home.get(parts[-1][:-2]) if parts[0] == "include" else parts[1] if parts[0] == "src" else "drivers"


# ---- who includes whom ----
for path in paths("include/otto/*.h", "src/*/*.[ch]", "drivers/*.[ch]", "drivers/*/*.[ch]"):
    mine, own = folder_of(path), os.path.dirname(path)
    if mine not in floor:
        bad.append(f"{path}: has no floor in {os.path.basename(__file__)}")
        continue
    for kind, included in re.findall(r'#include ([<"])([\w./]+)[>"]', open(os.path.join(SOURCE, path)).read()):
        if kind == "<" and not included.startswith("otto/"):
            continue
        seen += 1
        if kind == "<":
            target, header = home.get(included[5:-2]), os.path.join("include", included)
        elif "/" not in included:
            target, header = mine, os.path.join(own, included)
            if own == "src" or not os.path.exists(os.path.join(SOURCE, header)) and included != "drivers.h":
                bad.append(f"{path} includes {included}, which is not beside it")
        else:
            inside = os.path.exists(os.path.join(SOURCE, "src", included))
            target, header = (included.split("/")[0] if inside else "drivers"), os.path.join("src" if inside else "drivers", included)
            if path == "src/core/options_keys.c" and included.endswith(".def"):
                continue  # what a list of members says feeds -help; what members do stays on their floor
            if inside and included not in CROSSING:
                bad.append(f"{path} includes {included}: a private header that crosses its folder")
            if not inside and path != "drivers/main.c" and own != "drivers/bench":  # a bench times what a driver does
                bad.append(f"{path} includes {included}: another driver's")
        if target not in floor or floor[target] > floor[mine] or (floor[target] == floor[mine] and target != mine):
            bad.append(f"{path} ({mine}) includes {included} ({target})")
        graph.setdefault(path, set()).add(header)


# ---- planes are known to what moves lines of cells, and to nothing else ----
for path in paths("src/*/*.[ch]", "drivers/*/*.[ch]"):
    seen += 1
    lines_move = folder_of(path) in ("grid", "transform") or path in ("src/heat/points.c")
    if not lines_move and re.search(r"grid/(planes|exchange)\.h|OttoGridPlanes", open(os.path.join(SOURCE, path)).read()):
        bad.append(f"{path} knows planes of axis 0")


def circles(graph):
    """The sets of nodes that reach each other (Tarjan 1972)."""
    number, low, stack, found = {}, {}, [], []

    def visit(v):
        number[v] = low[v] = len(number)
        stack.append(v)
        for w in graph.get(v, ()):
            if w not in number:
                visit(w)
                low[v] = min(low[v], low[w])
            elif w in stack:
                low[v] = min(low[v], number[w])
        if low[v] == number[v]:
            at = stack.index(v)
            if len(stack) - at > 1:
                found.append(sorted(stack[at:]))
            del stack[at:]

    for v in list(graph):
        if v not in number:
            visit(v)
    return found


for found in circles(graph):
    bad.append("include each other: " + ", ".join(found))

# ---- whose functions need whose: the symbols of what was built ----
defined, wanted = {}, {}
for path in paths("src/*/*.c", "drivers/*/*.c") if shutil.which("nm") and BUILD else []:
    target = "otto" if path.startswith("src") else "otto_drivers"
    symbols = subprocess.run(["nm", os.path.join(BUILD, "CMakeFiles", target + ".dir", path + ".o")], capture_output=True, text=True)
    seen += symbols.returncode == 0
    for kind, name in re.findall(r"^\S* +([A-Za-z]) (\w+)$", symbols.stdout, re.M):
        if kind == "U":
            wanted.setdefault(path, set()).add(name)
        elif kind in "TDBRV":
            defined[name] = path
needs = {path: {defined[n] for n in names if n in defined} - {path} for path, names in wanted.items()}
for found in circles(needs):
    bad.append("need each other: " + ", ".join(found))
for path, others in needs.items():
    for other in others:
        mine, theirs = folder_of(path), folder_of(other)
        if floor[theirs] > floor[mine] or (floor[theirs] == floor[mine] and theirs != mine):
            bad.append(f"{path} ({mine}) calls {other} ({theirs})")

# ---- members say in their ops what they are; nobody else asks for their names ----
MEMBERS = {"none", "auto"}  # also words of other options
for path in paths("src/*/*.def"):
    MEMBERS |= set(re.findall(r"^OTTO_MEMBER\((\w+)", open(os.path.join(SOURCE, path)).read(), re.M))
if len(MEMBERS) < 20:
    bad.append("the lists of members are not where this test looks")
NAMES = "|".join(sorted(MEMBERS - {"none", "auto"}))
ASKS = [re.compile(rf'str\w*cmp\([^;{{]*"(?:{NAMES})"', re.I),
        re.compile(r'str\w*cmp\([^;{&|]*(?:GetType\(|GetPotentialType|GetDriftType|(?<!line)->type\b|\.type\b|ops->name|members?\S*name)', re.I),
        re.compile(r"exact\b[^;{]*&&\s*!\s*[^;{&|]*lattice|!\s*[^;{&|]*lattice[^;{&|]*&&[^;{]*exact|!\s*[^;{&|]*exact[^;{&|]*\|\|[^;{&|!]*lattice", re.I)]
for path in paths("src/**/*.[ch]", "drivers/**/*.[ch]"):
    text = open(os.path.join(SOURCE, path)).read()
    seen += 1
    for ask in ASKS:
        for found in ask.finditer(text):
            bad.append(f"{path}:{text.count(chr(10), 0, found.start()) + 1}: asks for a member's name: {found[0][:80]!r}")

# ---- private functions: hidden in a shared library, but for those that drivers call ----
called = set()
for path in paths("drivers/*.[ch]", "drivers/*/*.[ch]"):
    code = re.sub(r"/\*.*?\*/", "", open(os.path.join(SOURCE, path)).read(), flags=re.S)
    called |= set(re.findall(r"\b(Otto\w+)\(", code))
for path in paths("src/*/*.h"):
    text = open(os.path.join(SOURCE, path)).read()
    for declared in re.findall(r"^([A-Za-z_][^\n;{}#()]*\bOtto\w+)\([^{}]*?\)[^{};]*;", text, re.M):
        kind, name = declared.split()[0], re.search(r"\w+$", declared).group()
        if kind in ("typedef", "static"):
            continue
        seen += 1
        wanted_kind = "PETSC_EXTERN" if name in called else "PETSC_INTERN"
        if kind != wanted_kind:
            bad.append(f"{path}: {name} is not {wanted_kind} ({'a driver calls it' if name in called else 'no driver calls it'})")

# ---- sizes ----
for path in paths("include/**/*.h", "src/*/*.[ch]", "drivers/**/*.[ch]"):
    lines = open(os.path.join(SOURCE, path)).read().split("\n")
    if len(lines) > (101 if re.fullmatch(r"drivers/(\w+)/\1\.c", path) else 601):
        bad.append(f"{path} has {len(lines) - 1} lines")
    begun = None
    for i, line in enumerate(lines):
        if line == "{":
            begun = i
        elif line == "}" and begun is not None:
            seen += 1
            if i - begun - 1 > 80:
                bad.append(f"{path}:{begun + 1}: a function of {i - begun - 1} lines")
            begun = None

# A function that takes what has to be set up first says so where it was not: each is called so in tests/unit/test_state.c.
EARLY = {"OttoGrid": "SetUp SetBox SetNames SetUnits SetLayout SetMesh SetCuts SetFromOptions Destroy",
         "OttoGenerator": "SetUp SetType SetTemperature SetFromOptions Destroy",
         "OttoHeat": "SetUp SetType SetFromOptions SetOverlap Destroy",
         "OttoTransform": "SetUp SetType SetFromOptions SetOverlap Destroy LayGrid"}
early = {f"{kind}{verb}" for kind, verbs in EARLY.items() for verb in verbs.split()}
early |= {"OttoRunDescribe", "OttoRecordClose", "OttoRunClose"}  # they ask for names and sizes, no more
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
