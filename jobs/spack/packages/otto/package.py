# For Spack: `spack repo add jobs/spack && spack install otto`; it is built from the clone that this file stands in.
import os

from spack.package import *

try:  # since Spack 1.0 build systems stand in the builtin repository
    from spack_repo.builtin.build_systems.cmake import CMakePackage, generator
except ImportError:
    pass


class Otto(CMakePackage):
    """Probability densities on big grids, and the identities they obey: heat, Fokker-Planck and Wasserstein gradient
    flows on MPI ranks, with every identity between information and geometry checked while they evolve."""

    git = "file://" + os.path.abspath(os.path.join(os.path.dirname(__file__), *[".."] * 4))

    license("BSD-2-Clause")

    version("main", branch="main", preferred=True)

    variant("int64", default=False, description="64-bit indices: more than 2^31 unknowns")
    variant("shared", default=False, description="libotto as a shared library")
    variant("plots", default=True, description="Python with what plots and reports need")

    depends_on("c", type="build")
    depends_on("cmake@3.25:", type="build")
    depends_on("ninja", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("mpi")
    depends_on("petsc@3.18: +mpi+double+hypre+mumps+hdf5~complex")
    depends_on("petsc+int64", when="+int64")
    depends_on("petsc~int64", when="~int64")
    depends_on("slepc@3.18:")
    depends_on("fftw@3.3: +mpi precision=double")
    depends_on("hdf5@1.10: +mpi+hl")
    depends_on("muparser@2:")
    depends_on("libyaml")
    depends_on("random123")
    depends_on("lapack")
    depends_on("python@3.9:", type="run", when="+plots")
    depends_on("py-numpy", type="run", when="+plots")
    depends_on("py-h5py", type="run", when="+plots")
    depends_on("py-matplotlib", type="run", when="+plots")

    generator("ninja")

    def cmake_args(self):
        return [
            self.define("OTTO_TESTS", False),
            self.define_from_variant("OTTO_INDEX_64", "int64"),
            self.define_from_variant("BUILD_SHARED_LIBS", "shared"),
        ]

    @run_after("install")
    @on_package_attributes(run_tests=True)
    def check_version(self):
        Executable(self.prefix.bin.otto)("--version")
