# What Otto stands on, found with pkg-config or by name; a sentence that says what to install where
# something is missing. Read by Otto's own build and, installed beside OttoConfig.cmake, by
# find_package(Otto); there a missing package means that Otto is not found, with the same sentence.
#   Otto::dependencies          MPI and PETSc: in Otto's public headers
#   Otto::private_dependencies  everything else: needed to compile Otto, and to link its static library
# OTTO_PC_REQUIRES and OTTO_PC_LIBS collect the private ones for otto.pc.
macro(otto_missing what debian module)
  set(otto_sentence "Otto needs ${what}, which was not found. On Debian: apt-get install ${debian}. \
On a cluster: module load ${module} (jobs/setup.sh lists everything).")
  if(NOT OTTO_IN_CONFIG)
    message(FATAL_ERROR "${otto_sentence}")
  endif()
  set(Otto_FOUND FALSE)
  set(Otto_NOT_FOUND_MESSAGE "${otto_sentence}")
  return()
endmacro()

find_package(PkgConfig QUIET)
if(NOT PKG_CONFIG_FOUND)
  otto_missing("pkg-config" "pkg-config" "pkgconf")
endif()

find_package(MPI COMPONENTS C QUIET)
if(NOT MPI_C_FOUND)
  otto_missing("MPI" "libopenmpi-dev openmpi-bin" "openmpi")
endif()

# A PETSc of one's own is named by PETSC_DIR and PETSC_ARCH.
if(NOT "$ENV{PETSC_DIR}" STREQUAL "")
  list(APPEND CMAKE_PREFIX_PATH "$ENV{PETSC_DIR}/$ENV{PETSC_ARCH}" "$ENV{PETSC_DIR}")
endif()
if(OTTO_INDEX_64)
  set(otto_petsc "PETSc with 64-bit indices (real, double)" "libpetsc64-real-dev" "petsc/int64")
  pkg_search_module(OTTO_PETSC QUIET IMPORTED_TARGET PETSc64 petsc64 PETSc petsc)
else()
  set(otto_petsc "PETSc (real, double)" "libpetsc-real-dev" "petsc")
  pkg_search_module(OTTO_PETSC QUIET IMPORTED_TARGET PETSc petsc)
endif()
if(OTTO_PETSC_FOUND)
  find_file(OTTO_PETSC_CONF petscconf.h HINTS ${OTTO_PETSC_INCLUDE_DIRS} ${OTTO_PETSC_INCLUDEDIR}
    NO_DEFAULT_PATH)
  mark_as_advanced(OTTO_PETSC_CONF)
  if(OTTO_PETSC_CONF)
    file(STRINGS ${OTTO_PETSC_CONF} otto_petsc_kind
      REGEX "define PETSC_USE_(COMPLEX|REAL_SINGLE|REAL___FLOAT128|64BIT_INDICES)")
    if(otto_petsc_kind MATCHES "COMPLEX|SINGLE|FLOAT128"
       OR (OTTO_INDEX_64 AND NOT otto_petsc_kind MATCHES "64BIT"))
      set(OTTO_PETSC_FOUND FALSE)
    endif()
  endif()
endif()
if(NOT OTTO_PETSC_FOUND)
  otto_missing(${otto_petsc})
endif()
if(OTTO_PETSC_VERSION VERSION_LESS 3.18)
  otto_missing("PETSc 3.18 or newer (this one is ${OTTO_PETSC_VERSION})" "libpetsc-real-dev" "petsc")
endif()

# The SLEPc of the PETSc that was found: Debian has one for each kind of index.
if(OTTO_PETSC_MODULE_NAME MATCHES "64$")
  pkg_search_module(OTTO_SLEPC QUIET IMPORTED_TARGET SLEPc64 slepc64)
else()
  pkg_search_module(OTTO_SLEPC QUIET IMPORTED_TARGET SLEPc slepc)
endif()
if(NOT OTTO_SLEPC_FOUND)
  if(OTTO_INDEX_64)
    otto_missing("SLEPc with 64-bit indices" "libslepc64-real-dev" "slepc/int64")
  endif()
  otto_missing("SLEPc" "libslepc-real-dev" "slepc")
endif()

pkg_check_modules(OTTO_FFTW QUIET IMPORTED_TARGET fftw3)
if(NOT OTTO_FFTW_FOUND)
  otto_missing("FFTW" "libfftw3-dev" "fftw")
endif()
find_library(OTTO_FFTW_MPI_LIBRARY fftw3_mpi HINTS ${OTTO_FFTW_LIBRARY_DIRS} ${OTTO_FFTW_LIBDIR})
find_path(OTTO_FFTW_MPI_INCLUDE fftw3-mpi.h HINTS ${OTTO_FFTW_INCLUDE_DIRS}
  ${OTTO_FFTW_INCLUDEDIR})
mark_as_advanced(OTTO_FFTW_MPI_LIBRARY OTTO_FFTW_MPI_INCLUDE)
if(NOT OTTO_FFTW_MPI_LIBRARY OR NOT OTTO_FFTW_MPI_INCLUDE)
  otto_missing("FFTW's MPI library" "libfftw3-mpi-dev" "fftw (with MPI)")
endif()

pkg_search_module(OTTO_HDF5 QUIET IMPORTED_TARGET hdf5-openmpi hdf5-mpi hdf5_parallel)
if(OTTO_HDF5_FOUND)
  set(otto_hdf5_target PkgConfig::OTTO_HDF5)
  set(OTTO_PC_REQUIRES ${OTTO_HDF5_MODULE_NAME})
  set(OTTO_PC_LIBS)
else()
  set(HDF5_PREFER_PARALLEL ON)
  find_package(HDF5 COMPONENTS C HL QUIET)
  if(NOT HDF5_FOUND OR NOT HDF5_IS_PARALLEL)
    otto_missing("parallel HDF5" "libhdf5-openmpi-dev" "hdf5 (parallel)")
  endif()
  if(NOT TARGET Otto::hdf5)
    add_library(Otto::hdf5 INTERFACE IMPORTED)
    target_include_directories(Otto::hdf5 INTERFACE ${HDF5_INCLUDE_DIRS})
    target_link_libraries(Otto::hdf5 INTERFACE ${HDF5_LIBRARIES})
  endif()
  set(otto_hdf5_target Otto::hdf5)
  set(OTTO_PC_REQUIRES)
  set(OTTO_PC_LIBS ${HDF5_LIBRARIES})
endif()
# Dimension scales are in HDF5's high-level library, which no .pc file names.
find_library(OTTO_HDF5_HL_LIBRARY hdf5_hl HINTS ${OTTO_HDF5_LIBRARY_DIRS} ${OTTO_HDF5_LIBDIR}
  ${HDF5_LIBRARY_DIRS})
find_path(OTTO_HDF5_HL_INCLUDE hdf5_hl.h HINTS ${OTTO_HDF5_INCLUDE_DIRS} ${OTTO_HDF5_INCLUDEDIR}
  ${HDF5_INCLUDE_DIRS})
mark_as_advanced(OTTO_HDF5_HL_LIBRARY OTTO_HDF5_HL_INCLUDE)
if(NOT OTTO_HDF5_HL_LIBRARY OR NOT OTTO_HDF5_HL_INCLUDE)
  otto_missing("HDF5's high-level library" "libhdf5-openmpi-dev" "hdf5 (parallel, with hl)")
endif()
list(PREPEND OTTO_PC_LIBS ${OTTO_HDF5_HL_LIBRARY})

pkg_check_modules(OTTO_MUPARSER QUIET IMPORTED_TARGET muparser)
if(NOT OTTO_MUPARSER_FOUND)
  otto_missing("muParser" "libmuparser-dev" "muparser")
endif()

pkg_check_modules(OTTO_YAML QUIET IMPORTED_TARGET yaml-0.1)
if(NOT OTTO_YAML_FOUND)
  otto_missing("libyaml" "libyaml-dev" "libyaml")
endif()

find_path(OTTO_RANDOM123_INCLUDE Random123/threefry.h)
mark_as_advanced(OTTO_RANDOM123_INCLUDE)
if(NOT OTTO_RANDOM123_INCLUDE)
  otto_missing("Random123" "librandom123-dev" "random123")
endif()

# Debian's `lapack` is whichever one the machine has chosen, the one PETSc uses as well.
pkg_search_module(OTTO_LAPACK QUIET IMPORTED_TARGET lapack openblas lapack-netlib)
if(NOT OTTO_LAPACK_FOUND)
  otto_missing("LAPACK" "libopenblas-dev" "openblas")
endif()

list(APPEND OTTO_PC_REQUIRES fftw3 ${OTTO_SLEPC_MODULE_NAME} muparser yaml-0.1
  ${OTTO_LAPACK_MODULE_NAME})
list(PREPEND OTTO_PC_LIBS ${OTTO_FFTW_MPI_LIBRARY})

if(NOT TARGET Otto::dependencies)
  add_library(Otto::dependencies INTERFACE IMPORTED)
  target_link_libraries(Otto::dependencies INTERFACE PkgConfig::OTTO_PETSC MPI::MPI_C)

  add_library(Otto::private_dependencies INTERFACE IMPORTED)
  target_include_directories(Otto::private_dependencies INTERFACE ${OTTO_FFTW_MPI_INCLUDE}
    ${OTTO_RANDOM123_INCLUDE})
  target_link_libraries(Otto::private_dependencies INTERFACE ${OTTO_FFTW_MPI_LIBRARY}
    PkgConfig::OTTO_FFTW ${OTTO_HDF5_HL_LIBRARY} ${otto_hdf5_target} PkgConfig::OTTO_MUPARSER PkgConfig::OTTO_YAML
    PkgConfig::OTTO_LAPACK PkgConfig::OTTO_SLEPC m)
endif()
