# What Otto stands on, found with pkg-config or by name; a sentence that says what to install where
# something is missing.
#   Otto::dependencies          MPI and PETSc: in Otto's public headers
#   Otto::private_dependencies  everything else
find_package(PkgConfig REQUIRED)

function(otto_missing what debian module)
  message(FATAL_ERROR "Otto needs ${what}, which was not found. On Debian: apt-get install ${debian}. "
    "On a cluster: module load ${module} (jobs/local.sh lists everything).")
endfunction()

find_package(MPI COMPONENTS C QUIET)
if(NOT MPI_C_FOUND)
  otto_missing("MPI" "libopenmpi-dev openmpi-bin" "openmpi")
endif()

if(OTTO_INDEX_64)
  pkg_search_module(PETSC QUIET IMPORTED_TARGET PETSc64 petsc64)
  if(NOT PETSC_FOUND)
    otto_missing("PETSc with 64-bit indices" "libpetsc64-real-dev" "petsc (64-bit indices)")
  endif()
else()
  pkg_search_module(PETSC QUIET IMPORTED_TARGET PETSc petsc)
  if(NOT PETSC_FOUND)
    otto_missing("PETSc" "libpetsc-real-dev" "petsc")
  endif()
endif()
if(PETSC_VERSION VERSION_LESS 3.18)
  message(FATAL_ERROR "Otto needs PETSc 3.18 or newer; found ${PETSC_VERSION}")
endif()

pkg_check_modules(FFTW QUIET IMPORTED_TARGET fftw3)
if(NOT FFTW_FOUND)
  otto_missing("FFTW" "libfftw3-dev" "fftw")
endif()
find_library(FFTW_MPI_LIBRARY fftw3_mpi HINTS ${FFTW_LIBRARY_DIRS} ${FFTW_LIBDIR})
find_path(FFTW_MPI_INCLUDE fftw3-mpi.h HINTS ${FFTW_INCLUDE_DIRS} ${FFTW_INCLUDEDIR})
if(NOT FFTW_MPI_LIBRARY OR NOT FFTW_MPI_INCLUDE)
  otto_missing("FFTW's MPI library" "libfftw3-mpi-dev" "fftw (with MPI)")
endif()

pkg_search_module(HDF5 QUIET IMPORTED_TARGET hdf5-openmpi hdf5-mpi hdf5_parallel)
if(NOT HDF5_FOUND)
  set(HDF5_PREFER_PARALLEL ON)
  find_package(HDF5 COMPONENTS C QUIET)
  if(NOT HDF5_FOUND OR NOT HDF5_IS_PARALLEL)
    otto_missing("parallel HDF5" "libhdf5-openmpi-dev" "hdf5 (parallel)")
  endif()
  add_library(otto_hdf5 INTERFACE)
  target_include_directories(otto_hdf5 INTERFACE ${HDF5_INCLUDE_DIRS})
  target_link_libraries(otto_hdf5 INTERFACE ${HDF5_LIBRARIES})
  set(otto_hdf5_target otto_hdf5)
else()
  set(otto_hdf5_target PkgConfig::HDF5)
endif()

pkg_check_modules(MUPARSER QUIET IMPORTED_TARGET muparser)
if(NOT MUPARSER_FOUND)
  otto_missing("muParser" "libmuparser-dev" "muparser")
endif()

find_path(RANDOM123_INCLUDE Random123/threefry.h)
if(NOT RANDOM123_INCLUDE)
  otto_missing("Random123" "librandom123-dev" "random123")
endif()

pkg_search_module(CBLAS QUIET IMPORTED_TARGET blas openblas blas-netlib)
find_path(CBLAS_INCLUDE cblas.h HINTS ${CBLAS_INCLUDE_DIRS} ${CBLAS_INCLUDEDIR}
  PATH_SUFFIXES x86_64-linux-gnu openblas)
if(NOT CBLAS_FOUND OR NOT CBLAS_INCLUDE)
  otto_missing("a BLAS with cblas.h" "libopenblas-dev" "openblas")
endif()

add_library(otto_dependencies INTERFACE)
target_link_libraries(otto_dependencies INTERFACE PkgConfig::PETSC MPI::MPI_C)
add_library(Otto::dependencies ALIAS otto_dependencies)

add_library(otto_private_dependencies INTERFACE)
target_include_directories(otto_private_dependencies INTERFACE ${FFTW_MPI_INCLUDE}
  ${RANDOM123_INCLUDE} ${CBLAS_INCLUDE})
target_link_libraries(otto_private_dependencies INTERFACE ${FFTW_MPI_LIBRARY} PkgConfig::FFTW
  ${otto_hdf5_target} PkgConfig::MUPARSER PkgConfig::CBLAS)
add_library(Otto::private_dependencies ALIAS otto_private_dependencies)
