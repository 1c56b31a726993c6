"""The recipes that install Otto elsewhere keep up with its build: Spack's package (read with stand-ins for Spack, which is
on no registry of this machine), EasyBuild's, and containers'. Standard library only; hadolint where it is."""

import re
import shutil
import sys
import types

from common import *

JOBS = os.path.join(SOURCE, "jobs")


def read(*path):
    with open(os.path.join(SOURCE, *path)) as file:
        return file.read()


CMAKE = read("CMakeLists.txt")
VERSION = re.search(r"project\(Otto VERSION ([\d.]+)", CMAKE).group(1)
OPTIONS = re.findall(r"^option\((\w+)", CMAKE, re.M)
NEEDED = {  # what src/cmake/OttoDependencies.cmake stops without, and what Spack and EasyBuild call it
    "pkg-config": ("pkgconfig", "pkgconf"), "MPI": ("mpi", None), "PETSc": ("petsc", "PETSc"), "SLEPc": ("slepc", "SLEPc"),
    "FFTW": ("fftw", None), "parallel HDF5": ("hdf5", "HDF5"), "muParser": ("muparser", "muParser"), "libyaml": ("libyaml", "libyaml"),
    "Random123": ("random123", "Random123"), "LAPACK": ("lapack", None),
}  # fmt: skip


def everything_needed():
    """Nothing that CMake asks for is new to the recipes."""
    asked = set(re.findall(r'otto_missing\("([^"(]*?)"', read("src", "cmake", "OttoDependencies.cmake")))
    asked -= {"SLEPc with 64-bit indices", "FFTW's MPI library", "HDF5's high-level library"}  # parts of what has a name
    expect(asked | {"PETSc"} == set(NEEDED), f"CMake asks for {sorted(asked)}")


def spack():
    """The package as Spack would execute it."""
    said = {"depends_on": [], "variant": [], "version": []}

    def directive(name):
        return lambda *words, **more: said.setdefault(name, []).append((words, more))

    class Package:
        def define(self, name, value):
            return name, value

        define_from_variant = define

    stub = types.ModuleType("spack.package")
    for name in ("depends_on", "variant", "version", "license", "generator"):
        setattr(stub, name, directive(name))
    stub.run_after = stub.on_package_attributes = lambda *words, **more: lambda function: function
    stub.CMakePackage, stub.Executable = Package, None
    stub.__all__ = [name for name in vars(stub) if not name.startswith("_")]
    sys.modules["spack"], sys.modules["spack.package"] = types.ModuleType("spack"), stub
    path = os.path.join(JOBS, "spack", "packages", "otto", "package.py")
    scope = {"__file__": path, "__name__": "package"}
    with open(path) as file:
        exec(compile(file.read(), path, "exec"), scope)
    package = scope["Otto"]
    needs = {re.match(r"[\w-]+", words[0]).group(): words[0] for words, _ in said["depends_on"]}
    for cmake, (name, _) in NEEDED.items():
        expect(name in needs, f"Spack: {cmake}")
    least = re.search(r"cmake_minimum_required\(VERSION ([\d.]+)", CMAKE).group(1)
    expect(needs["cmake"] == f"cmake@{least}:", f"Spack: CMake {needs['cmake']}")
    least = re.search(r"VERSION_LESS ([\d.]+)\)\n.*PETSc", read("src", "cmake", "OttoDependencies.cmake")).group(1)
    petsc = " ".join(words[0] for words, _ in said["depends_on"] if words[0].startswith("petsc"))
    expect(f"petsc@{least}:" in petsc and "~complex" in petsc and "+int64" in petsc, f"Spack: {petsc}")
    for name, value in package().cmake_args():
        expect(name in OPTIONS + ["BUILD_SHARED_LIBS"], f"Spack: CMake has no option {name}")
        expect(value is False or value in {words[0] for words, _ in said["variant"]}, f"Spack: no variant {value}")
    clone = package.git.removeprefix("file://")
    expect(os.path.samefile(clone, SOURCE), f"Spack builds {clone}")


def easybuild():
    """EasyBuild's recipes are Python with its constants; theirs of other software were resolved by hand once (eb --dry-run)."""
    for file in sorted(os.listdir(os.path.join(JOBS, "easybuild"))):
        scope = {"SOURCE_TAR_GZ": "%(name)s-%(version)s.tar.gz"}
        exec(compile(read("jobs", "easybuild", file), file, "exec"), scope)
        chain = scope["toolchain"]
        expect(file == f"{scope['name']}-{scope['version']}-{chain['name']}-{chain['version']}.eb", f"EasyBuild finds {file} by its name")
        if scope["name"] != "otto":
            continue
        expect(scope["version"] == VERSION, f"EasyBuild: version {scope['version']}")
        names = {name for name, *_ in scope["dependencies"] + scope["builddependencies"]}
        for cmake, (_, name) in NEEDED.items():
            expect(name is None or name in names, f"EasyBuild: {cmake}")
        for option in re.findall(r"-D(\w+)=", scope["configopts"]):
            expect(option in OPTIONS, f"EasyBuild: CMake has no option {option}")


def commands(text):
    """What is run, without lists of packages' and packages' folders."""
    lines = re.sub(r"\s*\\\n\s*", " ", text).splitlines()
    said = [part.strip() for line in lines for part in re.sub(r"^RUN ", "", line.strip()).split("&&")]
    return [re.sub(r"\S*otto\S*\.deb", "DEB", command) for command in said if re.match(r"cmake|cpack|apt-get", command)]


def containers():
    """What they install is what jobs/setup.sh installs, what they copy is there, and both run the same commands (the image
    is built by tests/install/image.sh)."""
    listed = re.search(r"otto_packages=\((.*?)\)", read("jobs", "setup.sh"), re.S).group(1).split()
    wanted = {name for name in listed if not name.startswith("python")} | {"dpkg-dev", "file"}
    text = {file: read("jobs", "containers", file) for file in ("Dockerfile", "otto.def")}
    for file in text:
        first = re.search(r"--no-install-recommends \\\n(.*?)\n *(?:&&|cd )", text[file], re.S).group(1)
        expect(set(first.replace("\\", " ").split()) == wanted, f"{file} installs {sorted(set(first.split()) ^ wanted)}")
    docker, apptainer = commands(text["Dockerfile"]), commands(text["otto.def"])
    expect(len(docker) == 7 and docker == apptainer, f"the Dockerfile runs {docker}, otto.def {apptainer}")
    copied = re.search(r"%files\n +(.*) /otto/", text["otto.def"]).group(1).split()
    for name in copied:
        expect(os.path.exists(os.path.join(SOURCE, name)), f"otto.def copies {name}")
    for name in re.findall(r"^(?:install\((?:FILES|DIRECTORY) |include\(|configure_file\()([\w.]+)", read("src", "cmake", "OttoPackage.cmake"), re.M):
        expect(name in copied or name == "CPack", f"otto.def does not copy {name}")
    if shutil.which("hadolint"):
        done = subprocess.run(["hadolint", os.path.join(JOBS, "containers", "Dockerfile")], capture_output=True, text=True)
        expect(done.returncode == 0, done.stdout)


everything_needed()
spack()
easybuild()
containers()
finish()
