"""The papers of the house keep up with it: docstrings and the API reference, what sources cite, the gallery, what papers
point to, the floors they describe, the man page."""
import glob, os, re, shutil, subprocess, sys, tempfile

SOURCE = os.environ.get("OTTO_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.environ.get("OTTO_BUILD", "")
bad, seen = [], 0


def check(ok, text):
    global seen
    seen += 1
    if not ok:
        bad.append(text)


def read(path):
    with open(os.path.join(SOURCE, path), encoding="utf-8") as file:
        return file.read()


def paths(*patterns):
    found = [f for p in patterns for f in glob.glob(os.path.join(SOURCE, p), recursive=True)]
    return sorted(os.path.relpath(f, SOURCE) for f in found)


# ---- every public function has a docstring, which says who has to call it ----
for path in paths("include/otto/*.h"):
    text = read(path)
    check(text.startswith("/** @file"), f"{path} does not begin with what it is for")
    for doc, function in re.findall(
        r"((?:/\*\*(?:[^*]|\*(?!/))*\*/)?)\n(?:PETSC_EXTERN|static inline) [^;{(]*?\b(\w+)\([^;{]*[;{]", text
    ):
        said = " ".join(doc.replace("\n *", " ").split())
        told = re.search(r"\bCollective\b|\bNot collective\b", said)
        check(told, f"{path}: {function} does not say whether it is collective")

# ---- formulas: every section that is cited stands in MATHEMATICS.md, and all of its literature ----
text = read("src/MATHEMATICS.md")
sections = set(re.findall(r"^#{2,3} (\d+(?:\.\d+)?)\.? ", text, re.M))
cited = 0
SOURCES = "include/**/*.h src/**/*.[ch] src/**/*.def drivers/**/*.[ch] tests/**/*.[ch] tests/**/*.py inputs/**/*.yaml"
for path in paths(*SOURCES.split()):
    code = re.sub(r"\n(?: \*|#)? *", " ", read(path))
    if path != os.path.join("tests", "driver", os.path.basename(__file__)):
        check(not re.search(r"\bMATH(\.md)?\b", code), f"{path} cites MATH, which is src/MATHEMATICS.md")
        for section in re.findall(r"MATHEMATICS (\d+(?:\.\d+)?)", code):
            cited += 1
            check(section in sections, f"{path} cites MATHEMATICS {section}, which is no section of it")
check(cited > 20, f"MATHEMATICS is cited {cited} times")
body, literature = text.split("## Literature")
given = set(re.findall(r"\[([A-Z][A-Za-z]*)\]", literature))
used = {word for words in re.findall(r"\[((?:[A-Z][A-Za-z]*(?:, )?)+)\]", body) for word in words.split(", ")}
check(given == used, f"literature without use: {given - used}; cited and not listed: {used - given}")
for section in re.findall(r"(?<![\w.])(?:of|by|in|:) (\d\.\d)(?![\d.])", body):
    check(section in sections, f"MATHEMATICS.md refers to its section {section}, which is none")

# ---- the gallery: every input, its picture in 60 kB or less, and two sentences ----
gallery = read("inputs/README.md")
for path in paths("inputs/*/*.yaml"):
    folder, name = path.split(os.sep)[1:]
    name = name[: -len(".yaml")]
    part = gallery.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    check(f"({folder}/{name}.yaml): " in part, f"inputs/README.md does not show {path}")
    check(re.search(rf"!\[[^\]]+\]\({folder}/{name}\.png\)", part), f"inputs/README.md has no picture of {path}")
    picture = os.path.join(SOURCE, "inputs", folder, name + ".png")
    size = os.path.getsize(picture) if os.path.exists(picture) else 0
    check(0 < size <= 60_000, f"the picture of {path} takes {size} bytes")

# ---- commands: the inputs that scripts, papers and messages name are there ----
for path in paths("*.md", "src/**/*.[ch]", "drivers/**/*.c", "src/*.md", "inputs/*.md", "tests/*.md", "jobs/**/*.*", "inputs/**/*.yaml"):
    if path.endswith(".png"):
        continue
    for target in re.findall(r"\binputs/[\w-]+/\w+\.(?:yaml|c)\b", read(path)):
        check(os.path.exists(os.path.join(SOURCE, target)), f"{path} names {target}")

# ---- papers: what they point to is there ----
for path in paths("*.md", "src/*.md", "inputs/*.md", "tests/*.md", "jobs/*.md"):
    text = re.sub(r"```.*?```", "", read(path), flags=re.S)
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        if "://" not in target:
            check(os.path.exists(os.path.join(SOURCE, os.path.dirname(path), target)), f"{path} points to {target}")
    for name in re.findall(r"`((?:src|include|drivers|tests|jobs|inputs)/[\w./-]+\.\w+)`(?!, new)", text):
        check(os.path.exists(os.path.join(SOURCE, name)), f"{path} names {name}, which is not there")
    for target, part in re.findall(r"\]\(([^)#\s]*)#([\w-]+)\)", text):
        there = os.path.normpath(os.path.join(os.path.dirname(path), target)) if target else path
        heads = re.findall(r"^#+ (.*)", read(there), re.M)
        heads = {re.sub(r"[^\w -]", "", head).strip().lower().replace(" ", "-") for head in heads}
        check(part in heads, f"{path} points to #{part} of {there}, which has no such part")

# ---- src/README.md: the floors are those of the architecture test, and the files it names are there ----
text = read("src/README.md")
floors = re.search(r"FLOORS = (\[.*?\])", read("tests/driver/test_architecture.py"), re.S).group(1)
floors = [names.split() for names in floors.split('"')[1::2]]
rows = re.findall(r"^\| (\d) \| ([^|]*) \|", text, re.M)
rows = {int(n): re.findall(r"`([a-z]+)/?`", folders) for n, folders in rows}
for i, folders in enumerate(floors):
    check(sorted(rows.get(i, [])) == sorted(folders), f"src/README.md: floor {i} is {folders}, not {rows.get(i)}")
names = {os.path.join(*path.split(os.sep)[-2:]) for path in paths("src/*/*", "drivers/*/*", "drivers/*.*")}
names |= {os.path.basename(name) for name in names}
names |= set(paths("include/otto/*.h", "drivers/*/*.c", "tests/driver/*.py", "drivers/main.c"))
for name in re.findall(r"`([\w/]+\.(?:c|h|def|py))`", text):
    check(name in names, f"src/README.md names {name}, which is not there")

# ---- comments: what they name of Otto's own files is there (a dot before the name: not a file but a field) ----
own = {os.path.basename(path) for path in paths("src/**/*", "include/**/*", "drivers/**/*", "tests/**/*", "jobs/**/*")}
OTHERS = {"netcdf.h"}
for path in paths("include/**/*.h", "src/**/*.[ch]", "src/**/*.def", "drivers/**/*.[ch]", "tests/**/*.[ch]"):
    for comment in re.findall(r"/\*.*?\*/", read(path), re.S):
        text = re.sub(r"\n \* ?", " ", comment)
        for name in re.findall(r"(?<![\w/<>.*-])((?:\w+/)*(?:\w*<\w+>|\w+)\.(?:c|h|def|py))\b", text):
            folder, file = os.path.split(name.replace("<name>", "formula"))
            tops = [os.path.join(SOURCE, top, folder, file) for top in ("", "src", "include", "tests", "drivers")]
            there = any(os.path.exists(top) for top in tops)
            check(there if folder else file in own | OTHERS, f"{path} names {name}, which is not there")

# ---- the API reference comes out without a warning ----
if shutil.which("doxygen") and os.path.exists(os.path.join(BUILD, "Doxyfile")):
    with tempfile.TemporaryDirectory() as scratch:
        given = open(os.path.join(BUILD, "Doxyfile"), encoding="utf-8").read()
        given += f'\nOUTPUT_DIRECTORY = "{scratch}"\n'
        run = subprocess.run(["doxygen", "-"], input=given, cwd=scratch, capture_output=True, text=True)
        check(run.returncode == 0, f"doxygen: {run.returncode}\n{run.stderr}")
        check(os.path.exists(os.path.join(scratch, "html", "grid_8h.html")), "the API reference has no page of grid.h")

# ---- the man page: every driver, key and member of the program's own lists, and nothing that roff complains of ----
page = os.path.join(BUILD, "otto.1")
if os.path.exists(page):
    with open(page, encoding="utf-8") as file:
        man = file.read().replace("\\-", "-").replace("\\e", "\\")

    def says(*words):
        command = [os.path.join(BUILD, "bin", "otto"), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    listed = says("--help").split("Drivers:")[1].split("\n\n")[0]
    drivers = re.findall(r"^  ([a-z][a-z_-]*(?: [a-z_]+)?)  +\S", listed, re.M)
    check(len(drivers) >= 4, f"drivers of --help: {drivers}")
    for driver in drivers:
        part = man.partition(f".SH KEYS OF {driver.upper()}\n")[2].partition("\n.SH ")[0] + "\n"
        listed = re.findall(r"^  (-\w+) +(.*?\)): (.*)", says(*driver.split(), "-help"), re.M)
        check(len(listed) > 5, f"{driver} -help has {len(listed)} keys")
        for key, kind, meaning in listed:
            check(f'.BR {key} "  {kind}"\n{meaning}\n' in part, f"otto.1: {driver} {key} {kind}: {meaning}")
    for line in says("list").splitlines():
        check(line in man, f"otto.1 lacks this line of otto list: {line}")
    if shutil.which("groff"):
        run = subprocess.run(["groff", "-k", "-Tutf8", "-man", "-ww", "-z", page], capture_output=True, text=True)
        check(run.returncode == 0 and not run.stderr, f"groff: {run.returncode} {run.stderr}")

for line in bad:
    print(line)
print(f"{seen} checks, {len(bad)} failed")
sys.exit(1 if bad or not seen else 0)
